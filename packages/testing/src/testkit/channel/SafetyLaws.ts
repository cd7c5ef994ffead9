/**
 * Secrets stay secret, accounts stay apart, and an account's health is what a round trip shows.
 *
 * @since 0.1.0
 */
import { Cause, Clock, Effect, Exit } from "effect"
import type { HttpClient } from "effect/http"
import { inspect } from "node:util"
import type { Law } from "./ChannelLaw.ts"
import { holds, law, messageId, reserved, send, strikeAll, takenWith, textOf } from "./ChannelLaw.ts"
import { secretsOf } from "./DeclarationLaws.ts"

const secretsHidden = law(
  "secrets.hidden",
  "no secret is in an outcome, an error, a log or an address",
  Effect.fnUntraced(function*(bench) {
    const { adapter, harness, network } = bench
    const [account] = harness.accounts
    const said: Array<unknown> = []
    const expired = { ...account, account: harness.expired }
    const note = (effect: Effect.Effect<unknown, unknown, HttpClient.HttpClient>) =>
      Effect.map(Effect.exit(effect), (exit) => {
        said.push(Exit.isSuccess(exit) ? exit.value : [Cause.pretty(exit.cause), exit.cause.reasons])
      })
    const target = { chat: account.customer, providerMessageId: "KIT1", emoji: "🙏", typing: true, on: true }
    for (const fault of [undefined, ...network.faults]) {
      for (const sender of [account, expired]) {
        const message = yield* reserved(bench, textOf(bench, account), sender)
        yield* strikeAll(bench, fault)
        const acts: ReadonlyArray<Effect.Effect<unknown, unknown, HttpClient.HttpClient> | undefined> = [
          adapter.send(message, sender.account),
          adapter.test(sender.account),
          adapter.reconcile?.(message, sender.account),
          adapter.react?.(target, sender.account),
          adapter.act?.({ ...target, fromBusiness: true }, { type: "edit", text: "Hello" }, sender.account),
          adapter.markRead?.(target, sender.account),
          adapter.typing?.(target, sender.account)
        ]
        for (const act of acts) if (act !== undefined) yield* note(act)
        yield* strikeAll(bench, undefined)
      }
    }
    const body = account.wrote({ id: messageId(bench.next()), text: "Hello", at: 1_790_000_000_000 })
    const unsigned = { headers: { "x-signature": "00" }, query: {}, body }
    yield* note(adapter.verify(unsigned, account.account))
    yield* note(adapter.identify({ ...unsigned, body: new Uint8Array() }))
    yield* note(adapter.decode(body, account.account))
    const texts = [
      ...said.map((one) => inspect(one, { depth: 12 })),
      ...bench.logs,
      ...network.seen().map(({ url }) => url)
    ]
    const secrets = [account.account, harness.expired].flatMap((one) => secretsOf(adapter, one))
    yield* holds(secretsOf(adapter, account.account).length > 0, "an account has secrets, and they can be stored")
    for (const secret of secrets) {
      const leak = texts.find((text) => text.includes(secret) || text.includes(encodeURIComponent(secret)))
      yield* holds(leak === undefined, "a secret is told", leak)
    }
  })
)

const accountsApart = law(
  "accounts.apart",
  "two accounts never mix, however their messages interleave",
  Effect.fnUntraced(function*(bench) {
    const rounds = Array.from({ length: 10 }, (_, index) => index)
    const sent = yield* Effect.forEach(rounds, (round) =>
      Effect.gen(function*() {
        const account = bench.harness.accounts[round % 2 === 0 ? 0 : 1]
        const message = yield* reserved(bench, textOf(bench, account), account)
        const outcome = yield* send(bench, message, account)
        return { account, message, outcome }
      }), { concurrency: "unbounded" })
    for (const { account, message, outcome } of sent) {
      const words = message.content.type === "text" ? message.content.text : ""
      yield* holds(outcome._tag === "Accepted", "every message is accepted", outcome)
      yield* holds((yield* takenWith(account, words)).length === 1, "it is at its own account, once", words)
      const [one, two] = bench.harness.accounts
      const other = account === one ? two : one
      yield* holds((yield* takenWith(other, words)).length === 0, "and not at the other", words)
    }
  })
)

const health = law(
  "health.round_trip",
  "test tells an account that works from one that does not",
  Effect.fnUntraced(function*(bench) {
    const { adapter, harness } = bench
    const works = yield* adapter.test(harness.accounts[0].account)
    yield* holds(works.status !== "fail" && works.message.trim() !== "", "a working account is well", works)
    const expired = yield* adapter.test(harness.expired)
    yield* holds(expired.status === "fail" && expired.message.trim() !== "", "expired credentials are told", expired)
  })
)

const healthFaults = law(
  "health.faults",
  "a provider that can't be reached fails the test in time",
  Effect.fnUntraced(function*(bench) {
    for (const fault of bench.network.faults) {
      yield* strikeAll(bench, fault)
      const began = yield* Clock.currentTimeMillis
      const exit = yield* Effect.exit(bench.adapter.test(bench.harness.accounts[0].account))
      const took = (yield* Clock.currentTimeMillis) - began
      yield* holds(Exit.isSuccess(exit) && exit.value.status === "fail", `${fault}: the test fails`, exit)
      yield* holds(took <= 60_000, `${fault}: within a minute`, took)
    }
  })
)

/** @category laws @since 0.1.0 */
export const laws: ReadonlyArray<Law> = [secretsHidden, accountsApart, health, healthFaults]
