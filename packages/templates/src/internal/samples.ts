import type { ResolvedAccount } from "@wicara/channels/ChannelAccounts"
import { MediaUnavailable } from "@wicara/channels/ChannelAdapter"
import type { ChannelTemplates } from "@wicara/channels/ChannelTemplates"
import type { ProviderFailure } from "@wicara/channels/ProviderFailure"
import * as Id from "@wicara/core/Id"
import { Conflict, InvalidInput, Unavailable } from "@wicara/core/Problem"
import type { CurrentOrganization } from "@wicara/core/Tenancy"
import { FileId } from "@wicara/files/File"
import { Files } from "@wicara/files/Files"
import { Effect, Schema, Stream } from "effect"
import { english } from "../ProblemDetails.ts"
import type { TemplateComponent } from "../TemplateDefinition.ts"
import type { makeCall } from "./provider.ts"

export type Facet = ChannelTemplates<unknown, unknown>

/** Why the provider did not do it, to whoever asked; and what of it is to blame. */
export const refusal = (failure: ProviderFailure, pointer = "/components"): InvalidInput | Unavailable | Conflict => {
  switch (failure.kind) {
    case "later":
      return new Unavailable({ detail: english("providerAway") })
    case "account":
      return new Conflict({ detail: english("accountRefused", { reason: failure.reason }) })
    default:
      return failure.code === "2388024"
        ? new Conflict({ detail: english("exists") })
        : InvalidInput.of(pointer, english("refusedByProvider", { reason: failure.reason }))
  }
}

type Sampled = Effect.Effect<unknown, InvalidInput | Unavailable | Conflict, CurrentOrganization>

const toJson = Schema.decodeUnknownSync(Schema.Array(Schema.JsonObject))

/** Hands over the files that headers show as examples; what the provider gives for them takes their place. */
export const makeSamples = Effect.gen(function*() {
  const files = yield* Files

  const upload = Effect.fnUntraced(function*(
    id: string,
    pointer: string,
    { account, facet }: { readonly account: ResolvedAccount; readonly facet: Facet },
    call: ReturnType<typeof makeCall>
  ) {
    if (facet.uploadSample === undefined) return yield* InvalidInput.of(pointer, english("noSampleUpload"))
    if (!Id.isCanonical(id)) return yield* InvalidInput.of(pointer, english("sampleNotFound"))
    const { file, read } = yield* Effect.mapError(
      files.content(FileId.make(id)),
      () => InvalidInput.of(pointer, english("sampleNotFound"))
    )
    const content = Stream.mapError(
      read(),
      ({ detail }) => new MediaUnavailable({ kind: "later", code: "unavailable", reason: detail ?? "" })
    )
    const sample = { name: file.name, mimeType: file.contentType, sizeBytes: file.size, content }
    return yield* Effect.mapError(
      call(account, facet.uploadSample(sample, account.account)),
      (failure) => refusal(failure)
    )
  })

  return Effect.fnUntraced(function*(
    components: ReadonlyArray<TemplateComponent>,
    through: { readonly account: ResolvedAccount; readonly facet: Facet },
    call: ReturnType<typeof makeCall>
  ) {
    const one = (component: TemplateComponent, pointer: string): Sampled => {
      if (component.type === "CAROUSEL") {
        const cards = Effect.forEach(component.cards, (card, place) => {
          const parts = Effect.forEach(
            card.components,
            (part, at) => one(part, `${pointer}/cards/${place}/components/${at}`)
          )
          return Effect.map(parts, (components) => ({ components }))
        })
        return Effect.map(cards, (cards) => ({ ...component, cards }))
      }
      if (component.type !== "HEADER" || component.example?.header_file === undefined) return Effect.succeed(component)
      const { header_file, ...example } = component.example
      return Effect.map(
        upload(header_file, `${pointer}/example/header_file`, through, call),
        (handle) => ({ ...component, example: { ...example, header_handle: [handle] } })
      )
    }
    return toJson(yield* Effect.forEach(components, (component, index) => one(component, `/components/${index}`)))
  })
})
