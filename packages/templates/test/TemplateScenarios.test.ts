import { describe, layer } from "@effect/vitest"
import { Conversations } from "@wicara/conversations/Conversations"
import { Messages } from "@wicara/conversations/Messages"
import { OutboxSender } from "@wicara/conversations/OutboxSender"
import { TemplateSync } from "@wicara/templates/TemplateSync"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import * as TemplateScenarios from "@wicara/testing/testkit/complaints/TemplateScenarios"
import { WhatsAppCloudEmulator } from "@wicara/testing/WhatsAppCloudEmulator"
import { Effect } from "effect"
import type { Layer } from "effect"
import * as support from "./support.ts"
import { as, connect, list, settle } from "./support.ts"

type Services = Layer.Success<ReturnType<typeof support.layer>>

/** This package as the desk of the scenarios. */
const desk = Effect.gen(function*() {
  const services = yield* Effect.context<Services>()
  const run = <A, E>(effect: Effect.Effect<A, E, Services>) => Effect.orDie(Effect.provideContext(effect, services))
  const account = yield* connect()
  const inside = as(account.organizationId)
  return {
    number: account.number,
    settle: run(Effect.andThen(OutboxSender.use((sender) => sender.drain), settle)),
    look: run(TemplateSync.use((sync) => sync.request(account.channelAccountId)).pipe(inside)),
    templates: run(list(account)),
    send: (name, body) =>
      run(
        Effect.gen(function*() {
          const { id: conversationId } = yield* Conversations.use((conversations) =>
            conversations.start({
              channelAccountId: account.channelAccountId,
              to: { kind: "phone", value: TemplateScenarios.customer }
            })
          )
          return yield* Messages.use((messages) =>
            messages.send({
              conversationId,
              content: { type: "template", name, language: "id", components: [], parameters: { body } }
            })
          ).pipe(Effect.isSuccess)
        }).pipe(inside)
      )
  } satisfies TemplateScenarios.Desk
})

describe.each(TestDatabase.all)("templates on $name", (database) => {
  layer(support.layer(database.layer, `scenarios-${database.name}`), { excludeTestServices: true })((it) => {
    it.effect.each(TemplateScenarios.all.map((one) => [`${one.complaint}: ${one.title}`, one] as const))(
      "stand complaint %s",
      ([, { play }]) =>
        Effect.gen(function*() {
          yield* play(yield* desk, yield* WhatsAppCloudEmulator)
        }).pipe(Effect.scoped)
    )
  })
})
