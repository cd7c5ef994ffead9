/**
 * What customers see of an account, read at its provider and changed there.
 *
 * @since 0.1.0
 */
import { Context, Effect, Layer, Stream } from "effect"
import { HttpClient } from "effect/http"
import { Audit } from "@wicara/core/Audit"
import { contentTypeOf } from "@wicara/core/Avatars"
import { Conflict, InvalidInput } from "@wicara/core/Problem"
import type { NotFound, Unavailable } from "@wicara/core/Problem"
import type { CurrentActor, CurrentOrganization } from "@wicara/core/Tenancy"
import { ChannelAccounts } from "./ChannelAccounts.ts"
import type { ResolvedAccount } from "./ChannelAccounts.ts"
import type { ChannelAccountId, MediaUpload } from "./ChannelAdapter.ts"
import type { ChangeProfile, Profile } from "./ChannelProfile.ts"
import { makeProviderCalls, toProblem } from "./internal/providerCalls.ts"

/**
 * @category services
 * @since 0.1.0
 */
export class ChannelProfiles extends Context.Service<ChannelProfiles, {
  /** `Conflict` where the channel has no profiles, or the provider refuses. */
  readonly get: (
    id: ChannelAccountId
  ) => Effect.Effect<Profile, NotFound | Conflict | Unavailable, CurrentOrganization>
  /** Absent fields stay; an empty text clears one. */
  readonly update: (
    id: ChannelAccountId,
    change: ChangeProfile
  ) => Effect.Effect<Profile, NotFound | InvalidInput | Conflict | Unavailable, CurrentOrganization | CurrentActor>
  /**
   * Shows another picture, or none (`null`). PNG or JPEG, 5 MB at most; what the provider makes of it is its own matter
   * (WhatsApp wants it square, 192 pixels or more). `Conflict` where it can't be removed.
   */
  readonly setPicture: (
    id: ChannelAccountId,
    picture: Uint8Array | null
  ) => Effect.Effect<Profile, NotFound | InvalidInput | Conflict | Unavailable, CurrentOrganization | CurrentActor>
}>()("@wicara/channels/ChannelProfiles") {
  /** @since 0.1.0 */
  static readonly layer: Layer.Layer<ChannelProfiles, never, ChannelAccounts | Audit | HttpClient.HttpClient> = Layer
    .suspend(() => Layer.effect(ChannelProfiles, make))
}

/** The largest picture that WhatsApp takes, bytes. */
const maximumPicture = 5 * 1024 * 1024

const upload = (bytes: Uint8Array): Effect.Effect<MediaUpload, InvalidInput> => {
  if (bytes.length > maximumPicture) return Effect.fail(InvalidInput.of("/data", "A profile picture has 5 MB at most."))
  const mimeType = contentTypeOf(bytes)
  if (mimeType !== "image/png" && mimeType !== "image/jpeg") {
    return Effect.fail(InvalidInput.of("/data", "This is no PNG or JPEG picture."))
  }
  const name = mimeType === "image/png" ? "picture.png" : "picture.jpg"
  return Effect.succeed({ name, mimeType, sizeBytes: bytes.length, content: Stream.make(bytes) })
}

const make = Effect.gen(function*() {
  const accounts = yield* ChannelAccounts
  const audit = yield* Audit
  const calls = makeProviderCalls(yield* HttpClient.HttpClient)

  const facetOf = (account: ResolvedAccount) =>
    account.adapter.profile === undefined
      ? Effect.fail(new Conflict({ detail: "Accounts of this channel have no profile." }))
      : Effect.succeed(account.adapter.profile)

  type Change = Parameters<NonNullable<ResolvedAccount["adapter"]["profile"]>["update"]>[0]

  /** Changes it at the provider; `after` is what the audit keeps of that. */
  const changed = Effect.fnUntraced(function*(account: ResolvedAccount, change: Change, after: unknown) {
    const profile = yield* facetOf(account)
    const read = Effect.mapError(calls.ask(account, profile.get(account.account)), toProblem)
    const before = yield* read
    // A picture is uploaded first.
    yield* Effect.mapError(calls.ask(account, profile.update(change, account.account), "90 seconds"), toProblem)
    yield* audit.record({
      action: "channel.account.profile_changed",
      target: { type: "channel_account", id: account.id },
      before,
      after
    })
    return yield* read
  })

  /** `field` is where the request has what can't be changed. */
  const changeable = Effect.fnUntraced(function*(account: ResolvedAccount, name: string, field: string) {
    const known: ReadonlySet<string> = (yield* facetOf(account)).changeable
    if (known.has(name)) return
    return yield* InvalidInput.of(field, `What can be changed here: ${[...known].join(", ")}.`)
  })

  return ChannelProfiles.of({
    get: Effect.fn("ChannelProfiles.get")(function*(id) {
      const account = yield* accounts.resolve(id)
      const profile = yield* facetOf(account)
      return yield* Effect.mapError(calls.ask(account, profile.get(account.account)), toProblem)
    }),
    update: Effect.fn("ChannelProfiles.update")(function*(id, change) {
      const account = yield* accounts.resolve(id)
      for (const name of Object.keys(change)) yield* changeable(account, name, `/${name}`)
      return yield* changed(account, change, change)
    }),
    setPicture: Effect.fn("ChannelProfiles.setPicture")(function*(id, picture) {
      const account = yield* accounts.resolve(id)
      yield* changeable(account, "picture", "/data")
      if (picture === null) return yield* changed(account, { picture }, { picture })
      const file = yield* upload(picture)
      return yield* changed(account, { picture: file }, {
        picture: { mimeType: file.mimeType, sizeBytes: file.sizeBytes }
      })
    })
  })
})
