import { describe, layer } from "@effect/vitest"
import { Effect } from "effect"
import type { Layer } from "effect"
import { Conversations } from "@wicara/conversations/Conversations"
import { Messages } from "@wicara/conversations/Messages"
import { EventConsumers } from "@wicara/core/EventConsumers"
import * as HandoverScenarios from "@wicara/testing/testkit/complaints/HandoverScenarios"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import * as support from "./support.ts"
import { agent, answer, as, conversationsOf, repliesOf, say, setUp, theConversation } from "./support.ts"

type Services = Layer.Success<ReturnType<typeof support.layer>>

/** This package as the desk of the scenarios. */
const desk = Effect.gen(function*() {
  const services = yield* Effect.context<Services>()
  const setup = yield* setUp()
  const run = <A, E>(effect: Effect.Effect<A, E, Services>) => Effect.orDie(Effect.provideContext(effect, services))
  const byAgent = as(setup.organizationId, agent)
  const conversation = theConversation(setup)
  return {
    customerWrites: (words) => run(say(setup, words)),
    takeOver: run(Effect.gen(function*() {
      const { id } = yield* conversation
      yield* Conversations.use((conversations) => conversations.takeOver(id)).pipe(byAgent)
    })),
    personWrites: (text) =>
      run(Effect.gen(function*() {
        const { id: conversationId } = yield* conversation
        yield* Messages.use((messages) => messages.send({ conversationId, content: { type: "text", text } })).pipe(
          byAgent
        )
      })),
    handBack: run(Effect.gen(function*() {
      const { id } = yield* conversation
      yield* Conversations.use((conversations) => conversations.handBack(id)).pipe(byAgent)
      yield* EventConsumers.use((consumers) => consumers.settled)
      yield* answer
    })),
    said: run(repliesOf(setup)),
    waits: run(Effect.map(conversationsOf(setup), ([one]) => one?.lifecycle === "escalated"))
  } satisfies HandoverScenarios.Desk
})

describe.each(TestDatabase.all)("bots on $name", (database) => {
  layer(support.layer(database.layer), { excludeTestServices: true })((it) => {
    it.effect.each(HandoverScenarios.all.map((one) => [`${one.complaint}: ${one.title}`, one] as const))(
      "stand complaint %s",
      ([, { play }]) => Effect.flatMap(desk, play)
    )
  })
})
