import { describe, it } from "@effect/vitest"
import { Clock, Effect, Layer } from "effect"
import { TestClock } from "effect/testing"
import * as InboundHandlers from "@wicara/channels/InboundHandlers"
import * as SendGate from "@wicara/channels/SendGate"
import * as Id from "@wicara/core/Id"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import * as PacingScenarios from "@wicara/testing/testkit/complaints/PacingScenarios"
import { WahaPacing } from "@wicara/channels-waha/WahaPacing"
import { connect, services } from "./support.ts"

const ConversationId = Id.make("ConversationId", "A conversation.")

/** This package as the desk of the scenarios: a number with the cautious defaults. */
const desk = Effect.gen(function*() {
  yield* TestClock.setTime(20_000 * 86_400_000)
  const account = yield* connect()
  const gates = yield* SendGate.SendGates
  const handlers = yield* InboundHandlers.InboundHandlers
  const goes = Effect.fnUntraced(function*(phone: string, lastInboundAt: number | null) {
    const decision = yield* account.within(SendGate.ask(gates, {
      account: account.resolved,
      message: { id: phone, to: { kind: "phone", value: phone }, content: { type: "text", text: "Halo" } },
      conversationId: yield* Id.next(ConversationId),
      author: "api",
      purpose: "service",
      attempts: 0,
      queuedAt: yield* Clock.currentTimeMillis,
      lastInboundAt
    }))
    return decision._tag === "Go"
  })
  return {
    writes: (phone) => goes(phone, null),
    answers: (phone) => Effect.flatMap(Clock.currentTimeMillis, (now) => goes(phone, now - 1_000)),
    restricted: Effect.gen(function*() {
      const arrival = {
        organizationId: account.organizationId,
        channelAccountId: account.id,
        receivedAt: yield* Clock.currentTimeMillis
      }
      const event = {
        _tag: "AccountChanged",
        kind: "account_restricted",
        state: "needs_action",
        detail: "463",
        raw: {}
      } as const
      for (const { handle } of handlers) yield* account.within(handle(event, arrival))
    }),
    health: account.within(SendGate.health(account.resolved, { status: "ok", message: "Connected" })).pipe(
      Effect.provideService(SendGate.SendGates, gates),
      Effect.map(({ status }) => status === "ok" ? "ok" as const : "warn" as const)
    )
  } satisfies PacingScenarios.Desk
})

describe.each(TestDatabase.all)("numbers paired through WAHA on $name", (database) => {
  const layer = WahaPacing.layerEnforced.pipe(
    Layer.provideMerge(WahaPacing.layerSql),
    Layer.provideMerge(services(database.layer))
  )
  it.effect.each(PacingScenarios.all.map((one) => [`${one.complaint}: ${one.title}`, one] as const))(
    "stand complaint %s",
    ([, { play }]) => Effect.flatMap(desk, play).pipe(Effect.provide(layer))
  )
})
