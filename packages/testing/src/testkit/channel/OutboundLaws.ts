/**
 * What is sent arrives as it was asked for; what the channel does not have is said in words, or refused before anything
 * is sent.
 *
 * @since 0.1.0
 */
import { Effect, Option } from "effect"
import * as Fallback from "@wicara/channels/Fallback"
import { OutboundContent } from "@wicara/channels/MessageContent"
import type { ConnectedAccount } from "./ChannelHarness.ts"
import type { Bench, Law } from "./ChannelLaw.ts"
import { aboutMessage, holds, law, local, mentions, messageOf, reserved, send } from "./ChannelLaw.ts"
import { samples, wordsOf } from "./ChannelSamples.ts"

const kinds: ReadonlyArray<OutboundContent["type"]> = OutboundContent.members.map((member) =>
  member.fields.type.literal
)

const sampleOf = (bench: Bench, kind: OutboundContent["type"]): OutboundContent =>
  bench.harness.samples?.[kind] ?? samples[kind]

const deliver = Effect.fnUntraced(function*(bench: Bench, content: OutboundContent, account: ConnectedAccount) {
  const before = (yield* account.taken).length
  const outcome = yield* send(bench, yield* reserved(bench, messageOf(bench, account, content), account), account)
  return { outcome, taken: (yield* account.taken).slice(before) }
})

const contentDeclared = law(
  "content.declared",
  "every kind that it declares arrives as it was asked for, with every word of it",
  Effect.fnUntraced(function*(bench) {
    const [account] = bench.harness.accounts
    for (const kind of bench.adapter.capabilities.content) {
      const content = sampleOf(bench, kind)
      const { outcome, taken } = yield* deliver(bench, content, account)
      yield* holds(outcome._tag === "Accepted", `${kind} is accepted`, outcome)
      yield* holds(taken.length === 1 && taken[0]?.kind === kind, `the provider has one ${kind}`, taken)
      for (const word of wordsOf(content)) {
        yield* holds(mentions(taken[0]?.raw, word), `${kind} arrives with "${word}"`, taken[0]?.raw)
      }
    }
  })
)

const everyKind = (adapter: Bench["adapter"]) =>
  kinds.every((kind) => adapter.capabilities.content.has(kind)) ? "the channel has every kind of content" : undefined

const undeclared = (bench: Bench) => kinds.filter((kind) => !bench.adapter.capabilities.content.has(kind))

const contentUndeclared = law(
  "content.undeclared",
  "a kind that it does not declare is rejected before anything is sent",
  Effect.fnUntraced(function*(bench) {
    const [account] = bench.harness.accounts
    for (const kind of undeclared(bench)) {
      const asked = bench.network.seen().length
      const { outcome, taken } = yield* deliver(bench, sampleOf(bench, kind), account)
      yield* holds(outcome._tag === "Rejected", `${kind} is rejected`, outcome)
      yield* holds(taken.length === 0, `nothing of ${kind} arrives`, taken)
      const writes = bench.network.seen().slice(asked).filter(({ method }) => method !== "GET")
      yield* holds(writes.length === 0, `nothing of ${kind} leaves`, writes)
    }
  }),
  { exempt: everyKind }
)

const contentFallback = law(
  "content.fallback",
  "a kind that it does not declare reaches the customer in words",
  Effect.fnUntraced(function*(bench) {
    const [account] = bench.harness.accounts
    for (const kind of undeclared(bench)) {
      const content = sampleOf(bench, kind)
      const parts = Option.getOrElse(
        Fallback.plan(content, bench.adapter.capabilities),
        (): ReadonlyArray<OutboundContent> => []
      )
      const words = Fallback.toPlainText(content).split(/\s+/).filter((word) => word !== "")
      yield* holds(parts.length > 0 || words.length === 0, `${kind} has words to fall back to`, content)
      const raw: Array<unknown> = []
      for (const part of parts) {
        const { outcome, taken } = yield* deliver(bench, part, account)
        yield* holds(outcome._tag === "Accepted", `${kind} in words is accepted`, [part, outcome])
        raw.push(...taken.map((one) => one.raw))
      }
      for (const word of words) yield* holds(mentions(raw, word), `${kind} in words says "${word}"`, raw)
    }
  }),
  { exempt: everyKind }
)

/** A text of so many characters, in words that are all different. */
const longText = (length: number): string => {
  let text = ""
  for (let word = 1; text.length < length; word++) text += `${text === "" ? "" : " "}w${word}`
  return text.slice(0, length - 1) + "x"
}

const lengthLimit = law(
  "limits.text",
  "a text of the declared length arrives whole, and a longer one in parts",
  Effect.fnUntraced(function*(bench) {
    const [account] = bench.harness.accounts
    const { capabilities } = bench.adapter
    const text = longText(Math.max(2, capabilities.maxTextLength))
    const { outcome, taken } = yield* deliver(bench, { type: "text", text }, account)
    yield* holds(outcome._tag === "Accepted", `a text of ${text.length} characters is accepted`, outcome)
    yield* holds(mentions(taken[0]?.raw, text), "it arrives whole", taken[0]?.raw)
    const longer = longText(Math.ceil(capabilities.maxTextLength * 2.5))
    const parts = Option.getOrElse(
      Fallback.plan({ type: "text", text: longer }, capabilities),
      (): ReadonlyArray<OutboundContent> => []
    )
    yield* holds(parts.length >= 2, "a longer text has several parts", parts.length)
    for (const part of parts) {
      const sent = yield* deliver(bench, part, account)
      yield* holds(sent.outcome._tag === "Accepted", "every part is accepted", sent.outcome)
      yield* holds(part.type === "text" && mentions(sent.taken[0]?.raw, part.text), "every part arrives whole")
    }
  })
)

const choiceLimits = law(
  "limits.choices",
  "as many buttons and rows as it declares arrive, and more of them in words",
  Effect.fnUntraced(function*(bench) {
    const [account] = bench.harness.accounts
    const { capabilities } = bench.adapter
    const choice = (number: number) => ({ id: `choice-${number}`, title: `Choice ${number}` })
    const choices = (count: number) => Array.from({ length: count }, (_, index) => choice(index + 2))
    const contents = (count: number): ReadonlyArray<readonly [boolean, number, OutboundContent]> => [
      [capabilities.content.has("buttons"), capabilities.maxButtons, {
        type: "buttons",
        body: "Which?",
        buttons: [choice(1), ...choices(capabilities.maxButtons - 1 + count)]
      }],
      [capabilities.content.has("list"), capabilities.maxListRows, {
        type: "list",
        body: "Which?",
        button: "Show",
        sections: [{ rows: [choice(1), ...choices(capabilities.maxListRows - 1 + count)] }]
      }]
    ]
    for (const [declared, most, content] of contents(0)) {
      if (!declared) continue
      const { outcome, taken } = yield* deliver(bench, content, account)
      yield* holds(outcome._tag === "Accepted", `${most} choices of ${content.type} are accepted`, outcome)
      yield* holds(taken[0]?.kind === content.type, `they arrive as ${content.type}`, taken)
      yield* holds(mentions(taken[0]?.raw, `Choice ${most}`), "with the last of them", taken[0]?.raw)
    }
    for (const [declared, most, content] of contents(1)) {
      if (!declared) continue
      const plan = Option.getOrElse(Fallback.plan(content, capabilities), (): ReadonlyArray<OutboundContent> => [])
      const raw: Array<unknown> = []
      for (const part of plan) {
        const { outcome, taken } = yield* deliver(bench, part, account)
        yield* holds(outcome._tag === "Accepted", `one more choice than ${most} is accepted in words`, outcome)
        raw.push(...taken.map((one) => one.raw))
      }
      yield* holds(mentions(raw, `${most + 1}. Choice ${most + 1}`), "they arrive as a numbered list", raw)
    }
  }),
  {
    exempt: ({ capabilities }) =>
      capabilities.content.has("buttons") || capabilities.content.has("list")
        ? undefined
        : "the channel has neither buttons nor lists"
  }
)

const addressRefused = law(
  "address.refused",
  "an address that it can't write to is rejected before anything is sent",
  Effect.fnUntraced(function*(bench) {
    const [account] = bench.harness.accounts
    const message = { ...messageOf(bench, account, samples.text), to: bench.harness.stranger }
    const outcome = yield* send(bench, message, account)
    yield* holds(outcome._tag === "Rejected", "it is rejected", outcome)
    yield* holds(bench.network.seen().length === 0, "nothing leaves", bench.network.seen())
    yield* holds((yield* account.taken).length === 0, "nothing arrives")
  })
)

const reactions = law(
  "extras.reactions",
  "a reaction goes to its message, and can be taken back",
  Effect.fnUntraced(function*(bench) {
    const [account] = bench.harness.accounts
    const { react } = bench.adapter
    if (react === undefined) return
    for (const emoji of ["🙏", null]) {
      const asked = bench.network.seen().length
      const outcome = yield* react({ chat: account.customer, providerMessageId: "KITREACTED1", emoji }, account.account)
      const told = local(bench) || aboutMessage(bench, asked, emoji === null ? ["KITREACTED1"] : ["KITREACTED1", emoji])
      yield* holds(told, "the provider is told the message and the emoji", bench.network.seen().slice(asked))
      yield* holds(outcome._tag !== "AccountRefused", "it is not held against the account", outcome)
    }
    yield* Effect.sync(() => bench.network.plan(() => "refused"))
    const unsent = yield* react({ chat: account.customer, providerMessageId: "KIT1", emoji: "🙏" }, account.account)
    yield* holds(local(bench) || unsent._tag === "Retryable", "it has an outcome like any send", unsent)
  }),
  { exempt: ({ capabilities }) => capabilities.reactions ? undefined : "the channel has no reactions" }
)

const reading = law(
  "extras.reading",
  "a message is marked as read, and nothing fails when that does",
  Effect.fnUntraced(function*(bench) {
    const [account] = bench.harness.accounts
    const { markRead } = bench.adapter
    if (markRead === undefined) return
    const target = { chat: account.customer, providerMessageId: "KITREAD1", typing: bench.adapter.capabilities.typing }
    yield* markRead(target, account.account)
    const told = local(bench) || aboutMessage(bench, 0, ["KITREAD1"])
    yield* holds(told, "the provider is told which message", bench.network.seen())
    for (const fault of bench.network.faults) {
      yield* Effect.sync(() => bench.network.plan(() => fault))
      yield* markRead(target, account.account)
    }
  }),
  { exempt: ({ capabilities }) => capabilities.readReceipts ? undefined : "the channel has no read receipts" }
)

const typing = law(
  "extras.typing",
  "typing is shown and hidden, and nothing fails when that does",
  Effect.fnUntraced(function*(bench) {
    const [account] = bench.harness.accounts
    const { typing } = bench.adapter
    if (typing === undefined) return
    for (const on of [true, false]) {
      const asked = bench.network.seen().length
      yield* typing({ chat: account.customer, on }, account.account)
      const told = local(bench) || bench.network.seen().length > asked
      yield* holds(told, "the provider is told", bench.network.seen())
      for (const fault of bench.network.faults) {
        yield* Effect.sync(() => bench.network.plan(() => fault))
        yield* typing({ chat: account.customer, on }, account.account)
      }
      yield* Effect.sync(() => bench.network.plan(() => undefined))
    }
  }),
  {
    exempt: (adapter) =>
      adapter.typing === undefined ? "typing shows with a message that is read, or not at all" : undefined
  }
)

/** @category laws @since 0.1.0 */
export const laws: ReadonlyArray<Law> = [
  contentDeclared,
  contentUndeclared,
  contentFallback,
  lengthLimit,
  choiceLimits,
  addressRefused,
  reactions,
  reading,
  typing
]
