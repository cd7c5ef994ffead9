import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Exit, Layer, Scope } from "effect"
import { TestClock } from "effect/testing"
import { SqlClient } from "effect/sql"
import * as InboundHandlers from "@wicara/channels/InboundHandlers"
import * as SendGate from "@wicara/channels/SendGate"
import * as Id from "@wicara/core/Id"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import { WahaPacing } from "@wicara/channels-waha/WahaPacing"
import { connect, services } from "./support.ts"

const start = 20_000 * 86_400_000
const hour = 3_600_000
const ConversationId = Id.make("ConversationId", "A conversation.")

type Connected = Effect.Success<ReturnType<typeof connect>>

describe.each(TestDatabase.all)("WahaPacing on $name", (database) => {
  const layer = WahaPacing.layerEnforced.pipe(
    Layer.provideMerge(WahaPacing.layerSql),
    Layer.provideMerge(services(database.layer))
  )

  const message = Effect.fnUntraced(
    function*(account: Connected, phone: string, more: Partial<SendGate.GatedMessage> = {}) {
      const gated: SendGate.GatedMessage = {
        account: account.resolved,
        message: { id: phone, to: { kind: "phone", value: phone }, content: { type: "text", text: "Halo" } },
        conversationId: yield* Id.next(ConversationId),
        author: "api",
        purpose: "service",
        attempts: 0,
        queuedAt: start,
        lastInboundAt: null,
        ...more
      }
      return gated
    }
  )

  const ask = Effect.fnUntraced(function*(account: Connected, gated: SendGate.GatedMessage) {
    return yield* account.within(SendGate.ask(yield* SendGate.SendGates, gated))
  })

  const hear = Effect.fnUntraced(
    function*(account: Connected, event: Parameters<InboundHandlers.InboundHandler["handle"]>[0]) {
      const arrival = { organizationId: account.organizationId, channelAccountId: account.id, receivedAt: start }
      for (const { handle } of yield* InboundHandlers.InboundHandlers) yield* account.within(handle(event, arrival))
    }
  )

  const hearFrom = (account: Connected, phone: string) =>
    hear(account, {
      _tag: "MessageReceived",
      providerMessageId: phone,
      chat: { kind: "phone", value: phone },
      sender: { identities: [{ kind: "lid", value: "88" }, { kind: "phone", value: phone }] },
      content: { type: "text", text: "Ya" },
      raw: {}
    })

  const restriction = {
    _tag: "AccountChanged",
    kind: "account_restricted",
    state: "needs_action",
    detail: "463",
    raw: {}
  } as const

  const braked = Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    const rows = yield* sql<{ readonly total: unknown }>`SELECT COUNT(*) AS total FROM core_events
      WHERE type = 'waha.account.braked'`
    return Number(rows[0]?.total)
  })

  it.effect("counts together whatever process asks: no more people are reached than a day allows", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(start)
      const account = yield* connect({ pacing: { warmUpDays: 0, newContactsPerDay: 4, messagesPerMinute: 600 } })
      const other = yield* connect({ pacing: { warmUpDays: 0, newContactsPerDay: 4, messagesPerMinute: 600 } })
      const scope = yield* Effect.scope
      const second = yield* Layer.buildWithScope(
        Layer.fresh(WahaPacing.layerSql),
        yield* Scope.fork(scope)
      )
      const processes = [yield* WahaPacing, Context.get(second, WahaPacing)]
      let went = 0
      for (let round = 0; round < 12; round++) {
        yield* TestClock.adjust("1 second")
        const asked = yield* Effect.forEach(
          processes,
          (pacing, index) =>
            Effect.flatMap(message(account, `62813${round}${index}`), (gated) => account.within(pacing.ask(gated))),
          {
            concurrency: "unbounded"
          }
        )
        // Both at once: one distance, one message.
        assert.isAtMost(asked.filter(({ _tag }) => _tag === "Go").length, 1)
        went += asked.filter(({ _tag }) => _tag === "Go").length
      }
      assert.strictEqual(went, 4)
      assert.strictEqual((yield* ask(other, yield* message(other, "62900")))._tag, "Go")
    }).pipe(Effect.scoped, Effect.provide(layer)))

  it.effect("never holds an answer back, counts nobody twice, and leaves those alone who want no pace", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(start)
      const account = yield* connect({ pacing: { warmUpDays: 0, newContactsPerDay: 1 } })
      const first = yield* message(account, "62813")
      assert.strictEqual((yield* ask(account, first))._tag, "Go")
      yield* TestClock.adjust("1 minute")
      assert.strictEqual((yield* ask(account, first))._tag, "Go")
      const stranger = yield* message(account, "62814")
      const held = yield* ask(account, stranger)
      assert(held._tag === "Wait" && held.code === "new_contact_cap")
      const answer = yield* message(account, "62815", { lastInboundAt: start - hour })
      assert.strictEqual((yield* ask(account, answer))._tag, "Go")
      const late = yield* ask(account, { ...stranger, lastInboundAt: start - 25 * hour })
      assert.strictEqual(late._tag, "Wait")
      const pacing = yield* WahaPacing
      const status = yield* account.within(pacing.status(account.id))
      assert.deepStrictEqual(status.newContacts, { reached: 1, allowed: 1 })
      assert.deepStrictEqual(status.messages, { sent: 2, allowed: 200 })
      const free = yield* connect({ pacing: { enabled: false } })
      for (let index = 0; index < 30; index++) {
        assert.strictEqual((yield* ask(free, yield* message(free, `63${index}`)))._tag, "Go")
      }
    }).pipe(Effect.provide(layer)))

  it.effect("brakes when people don't answer, tells of it once, and goes on when it is released", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(start)
      const account = yield* connect({ pacing: { warmUpDays: 0, newContactsPerDay: 100, messagesPerMinute: 600 } })
      for (let index = 0; index < 12; index++) {
        yield* TestClock.adjust("1 second")
        assert.strictEqual((yield* ask(account, yield* message(account, `62813${index}`)))._tag, "Go")
      }
      yield* hearFrom(account, "628130")
      // This one is known by a hidden id alone, until its number is found.
      yield* hear(account, {
        _tag: "ContactChanged",
        participant: { identities: [{ kind: "lid", value: "88" }, { kind: "phone", value: "628131" }] },
        raw: {}
      })
      yield* TestClock.adjust("25 hours")
      const gated = yield* message(account, "62899")
      const held = yield* ask(account, gated)
      assert(held._tag === "Wait" && held.code === "unanswered_ratio")
      assert.include(held.reason, "10 of 12")
      yield* TestClock.adjust("1 minute")
      yield* ask(account, gated)
      assert.strictEqual(yield* braked, 1)
      const well = { status: "ok", message: "Connected" } as const
      const health = account.within(SendGate.health(account.resolved, well))
      const shown = yield* health
      assert.strictEqual(shown.status, "warn")
      assert.match(shown.message, /^The number writes to nobody .* until 2024-.*10 of 12/)
      const gone = { status: "fail", message: "The session is FAILED" } as const
      assert.deepStrictEqual(yield* account.within(SendGate.health(account.resolved, gone)), gone)
      const pacing = yield* WahaPacing
      assert.strictEqual((yield* account.within(pacing.status(account.id))).brake?.code, "unanswered_ratio")
      const stranger = yield* connect()
      assert.isTrue(Exit.isFailure(yield* Effect.exit(stranger.within(pacing.release(account.id)))))
      yield* account.within(pacing.release(account.id))
      assert.isNull((yield* account.within(pacing.status(account.id))).brake)
      assert.strictEqual((yield* ask(account, gated))._tag, "Go")
      assert.deepStrictEqual(yield* health, well)
    }).pipe(Effect.provide(layer)))

  it.effect("brakes when WhatsApp says that the number is restricted, once however often it is said", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(start)
      const account = yield* connect()
      yield* Effect.forEach([1, 2, 3], () => hear(account, restriction), { concurrency: "unbounded" })
      assert.strictEqual(yield* braked, 1)
      const gated = yield* message(account, "62899")
      const held = yield* ask(account, gated)
      assert(held._tag === "Wait" && held.code === "account_restricted" && held.until === start + 24 * hour)
      assert.strictEqual((yield* ask(account, { ...gated, lastInboundAt: start - hour }))._tag, "Go")
      yield* TestClock.adjust("24 hours")
      assert.strictEqual((yield* ask(account, gated))._tag, "Go")
      yield* hear(account, restriction)
      assert.strictEqual(yield* braked, 2)
    }).pipe(Effect.provide(layer)))

  it.effect("brakes for as long as WhatsApp says, and not for what is over or only a warning", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(start)
      const account = yield* connect()
      const gated = yield* message(account, "62899")
      const until = Effect.map(ask(account, gated), (decision) => decision._tag === "Wait" ? decision.until : 0)
      const capping = { ...restriction, kind: "message_capping", detail: "CAPPED 100/100" }
      yield* hear(account, { _tag: "AccountChanged", kind: "message_capping", detail: "FIRST_WARNING 80/100", raw: {} })
      yield* hear(account, { ...capping, until: start - 1 })
      assert.strictEqual(yield* braked, 0)
      yield* hear(account, { ...capping, until: start + 40 * hour })
      assert.strictEqual(yield* until, start + 40 * hour)
      // Shorter ones and those without an end change nothing; a longer one does.
      yield* hear(account, { ...restriction, until: start + hour })
      yield* hear(account, restriction)
      assert.strictEqual(yield* until, start + 40 * hour)
      yield* hear(account, { ...restriction, kind: "reachout_timelock", until: start + 72 * hour })
      assert.strictEqual(yield* until, start + 72 * hour)
      yield* TestClock.adjust("72 hours")
      assert.strictEqual((yield* ask(account, gated))._tag, "Go")
    }).pipe(Effect.provide(layer)))
})
