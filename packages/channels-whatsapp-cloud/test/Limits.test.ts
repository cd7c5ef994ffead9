import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import type { SendOutcome } from "@wicara/channels/ChannelAdapter"
import * as ErrorTable from "@wicara/channels-whatsapp-cloud/ErrorTable"
import { adapter } from "@wicara/channels-whatsapp-cloud/WhatsAppCloud"
import { makeAccount, phoneNumberId } from "./fixtures/account.ts"
import { textMessage } from "./fixtures/emulator.ts"
import { virtual } from "./fixtures/virtual.ts"

const start = 1_795_000_000_000
const codeOf = (outcome: SendOutcome) => "code" in outcome ? outcome.code : outcome._tag
const to = (value: string) => ({ kind: "phone" as const, value })

const opened = Effect.fnUntraced(function*(limits: Parameters<typeof virtual>[0]) {
  yield* TestClock.setTime(start)
  const world = yield* virtual(limits)
  let count = 0
  return {
    ...world,
    send: (recipient: string, attempt = 0) =>
      world.run(adapter.send(textMessage({ id: `m${++count}`, to: to(recipient), attempt }), world.account)),
    template: (recipient: string) =>
      world.run(adapter.send({
        id: `t${++count}`,
        to: to(recipient),
        content: { type: "template", name: "hello_world", language: "en_US", components: [] }
      }, world.account))
  }
})

describe("what the platform lets a number send", () => {
  it.effect("is as many messages in any second as its throughput, and no more, whenever the second begins", () =>
    Effect.gen(function*() {
      const { send } = yield* opened({ account: { throughput: 20, enforceWindow: false } })
      const accepted: Array<number> = []
      let refusals = 0
      for (let step = 0; step < 40; step++) {
        for (let turn = 0; turn < 3; turn++) {
          const outcome = yield* send(`62811${step}${turn}`)
          if (outcome._tag === "Accepted") accepted.push(start + step * 100)
          else {
            assert.deepInclude(outcome, { _tag: "Retryable", code: "130429" })
            refusals++
          }
        }
        yield* TestClock.adjust(100)
      }
      for (const at of accepted) {
        assert.isAtMost(accepted.filter((one) => one >= at && one < at + 1000).length, 20)
      }
      assert.isAtLeast(accepted.length, 60)
      assert.isAbove(refusals, 0)
    }).pipe(Effect.scoped))

  it.effect("is 45 messages at once to one person, then one in 6 seconds", () =>
    Effect.gen(function*() {
      const { send } = yield* opened({ account: { pairLimit: true, enforceWindow: false } })
      for (let turn = 0; turn < 45; turn++) assert.strictEqual((yield* send("62811"))._tag, "Accepted")
      assert.deepInclude(yield* send("62811"), { _tag: "Retryable", code: "131056", retryAfter: 6_000 })
      assert.strictEqual((yield* send("62822"))._tag, "Accepted")
      yield* TestClock.adjust(5_999)
      assert.strictEqual(codeOf(yield* send("62811")), "131056")
      yield* TestClock.adjust(1)
      assert.strictEqual((yield* send("62811"))._tag, "Accepted")
      assert.strictEqual(codeOf(yield* send("62811")), "131056")
    }).pipe(Effect.scoped))

  it.effect("is so many people in a day whom the business writes to first, by portfolio; who wrote does not count", () =>
    Effect.gen(function*() {
      const { core, send, template } = yield* opened({ account: { dailyRecipients: 250 } })
      for (let person = 0; person < 250; person++) {
        assert.strictEqual((yield* template(`62810${person}`))._tag, "Accepted")
      }
      assert.deepInclude(yield* template("6281999"), { _tag: "Retryable", code: "131048" })
      assert.strictEqual((yield* template("628100"))._tag, "Accepted", "who was written to today may be again")
      yield* core.control.customerWrites({ account: phoneNumberId, from: { phone: "6281999" }, content: "halo" })
      assert.strictEqual((yield* send("6281999"))._tag, "Accepted", "an answer is not business-initiated")
      yield* TestClock.adjust("24 hours")
      assert.strictEqual((yield* template("6281888"))._tag, "Accepted")
    }).pipe(Effect.scoped))

  it.effect("is told by webhook when it changes", () =>
    Effect.gen(function*() {
      const hook = "https://business.example.com/hook"
      const { core, told } = yield* opened({ account: { dailyRecipients: 250, webhookUrl: hook } })
      yield* core.configure(phoneNumberId, { dailyRecipients: 2_000, throughput: 1_000 })
      yield* TestClock.adjust("1 second")
      yield* core.control.deliveries.idle
      const [delivery] = told
      const [event] = yield* adapter.decode(new TextEncoder().encode(delivery?.body), makeAccount())
      assert.deepStrictEqual(event?._tag === "AccountChanged" ? event.facts : undefined, {
        dailyRecipients: 2_000,
        messagesPerSecond: 1_000
      })
    }).pipe(Effect.scoped))
})

describe("the limits that the adapter keeps", () => {
  const pair = { scope: "recipient", messages: 1, per: 6_000, burst: 45 } as const
  const account = (messages: number) => ({ scope: "account", messages, per: 1_000 }) as const

  it("are 80 a second, or what was configured, or what the provider said", () => {
    const { limits } = adapter
    assert.deepStrictEqual(limits?.(makeAccount().settings), [account(80), pair])
    assert.deepStrictEqual(limits?.(makeAccount().settings, { messagesPerSecond: 1_000 }), [account(1_000), pair])
    assert.deepStrictEqual(limits?.(makeAccount({ messagesPerSecond: 20 }).settings, { messagesPerSecond: 80 }), [
      account(20),
      pair
    ])
  })

  it.effect("wait four times as long after every refusal for one person, and twice for other limits", () =>
    Effect.gen(function*() {
      const { send } = yield* opened({ account: { pairLimit: true, enforceWindow: false } })
      for (let turn = 0; turn < 45; turn++) yield* send("62811")
      const waits: Array<number | undefined> = []
      for (const attempt of [0, 1, 2, 3, 4, 7]) {
        const outcome = yield* send("62811", attempt)
        waits.push(outcome._tag === "Retryable" ? outcome.retryAfter : undefined)
      }
      assert.deepStrictEqual(waits, [6_000, 6_000, 16_000, 64_000, 256_000, 3_600_000])
      const throughput = ErrorTable.lookup("130429")
      assert.deepStrictEqual(
        throughput === undefined ? [] : [0, 1, 2, 3].map((attempt) => ErrorTable.waitFor(throughput, attempt)),
        [2_000, 4_000, 8_000, 16_000]
      )
    }).pipe(Effect.scoped))

  it("wait a time for every code that says to try again, never less than its own", () => {
    for (const [code, meaning] of Object.entries(ErrorTable.table)) {
      const waits = [0, 1, 5, 20].map((attempt) => ErrorTable.waitFor(meaning, attempt))
      if (meaning.outcome === "retryable") assert.isAtLeast(waits[0] ?? 0, 1_000, code)
      for (const wait of waits) assert.isAtLeast(wait, meaning.retryAfter ?? 0, code)
      assert.deepStrictEqual([...waits].sort((a, b) => a - b), waits, code)
      assert.isAtMost(Math.max(...waits), 3_600_000, code)
    }
  })
})
