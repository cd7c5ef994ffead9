import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type { Layer, Scope } from "effect"
import { HttpClient } from "effect/http"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import type { ConversationId } from "@wicara/conversations/Conversation"
import { Messages } from "@wicara/conversations/Messages"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import { connectSender, hear, say, sendDue, sending, writeTo } from "./fixtures/sending.ts"
import type { Sender, World } from "./fixtures/sending.ts"
import { virtual } from "./fixtures/virtual.ts"

const start = 1_795_000_000_000

/** Status, why it is held, the error, and whether it stalled, of the business' messages. */
const shown = (sender: Sender, conversation: ConversationId) =>
  Messages.use((messages) => messages.list(conversation, { limit: 200 })).pipe(
    sender.within,
    Effect.map(({ data }) =>
      data.toReversed().map(({ error, held, stalledAt, status }) => [
        status,
        held,
        error?.code ?? null,
        stalledAt !== null
      ])
    )
  )

const told = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql<{ readonly type: string }>`SELECT type FROM core_events
    WHERE type IN ('conversation.message.held', 'conversation.message.stalled', 'conversation.message.status_changed')
    ORDER BY id`
  return rows.map(({ type }) => type.replace("conversation.message.", ""))
})

describe.each(TestDatabase.all)("a template's message that WhatsApp keeps back, on $name", (database) => {
  const test = <A, E>(
    body: (world: World) => Effect.Effect<A, E, Layer.Success<ReturnType<typeof sending>> | Scope.Scope>
  ) =>
    Effect.gen(function*() {
      yield* TestClock.setTime(start)
      const world = yield* virtual()
      const client = yield* world.run(HttpClient.HttpClient)
      return yield* body(world).pipe(Effect.provide(sending(database.layer, client)))
    }).pipe(Effect.scoped)

  it.effect("is shown as held and told of, is not taken for stalled, and goes when it is released", () =>
    test((world) =>
      Effect.gen(function*() {
        const sender = yield* connectSender(world, "700100", { templateHold: "held_for_quality_assessment" })
        const conversation = yield* writeTo(sender, "62811")
        yield* sendDue
        const held = [["accepted", "quality_assessment", null, false]]
        assert.deepStrictEqual(yield* shown(sender, conversation), held)
        assert.deepStrictEqual(yield* told, ["held"])
        yield* TestClock.adjust("1 hour")
        yield* sendDue
        yield* hear(world, [sender])
        assert.deepStrictEqual(yield* shown(sender, conversation), held)
        assert.strictEqual(yield* world.core.release("700100", "send"), 1)
        yield* TestClock.adjust("1 minute")
        yield* hear(world, [sender])
        assert.deepStrictEqual(yield* shown(sender, conversation), [["read", null, null, false]])
        assert.deepStrictEqual(yield* told, ["held", "status_changed", "status_changed", "status_changed"])
        assert.strictEqual(yield* world.core.release("700100", "send"), 0)
      })
    ))

  it.effect("fails when WhatsApp drops it, each for its own organization, and what is no template goes", () =>
    test((world) =>
      Effect.gen(function*() {
        const paused = yield* connectSender(world, "700100", { templateHold: "paused" })
        const other = yield* connectSender(world, "700200", { templateHold: "held_for_quality_assessment" })
        const mine = yield* writeTo(paused, "62811")
        const theirs = yield* writeTo(other, "62811")
        yield* world.core.control.customerWrites({ account: "700100", from: { phone: "62811" }, content: "halo" })
        yield* hear(world, [paused, other])
        yield* say(paused, mine, { type: "text", text: "Baik" })
        yield* sendDue
        yield* world.core.release("700100", "drop")
        yield* TestClock.adjust("1 minute")
        yield* hear(world, [paused, other])
        assert.deepStrictEqual((yield* shown(paused, mine)).filter(([status]) => status !== null), [
          ["failed", null, "132015", false],
          ["accepted", null, null, false]
        ])
        assert.deepStrictEqual(yield* shown(other, theirs), [["accepted", "quality_assessment", null, false]])
      })
    ))
})
