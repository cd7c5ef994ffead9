/**
 * What is done to a message that was sent reaches that message, and has an outcome like any send.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import type { MessageAction } from "@wicara/channels/MessageAction"
import type { OutboundContent } from "@wicara/channels/MessageContent"
import type { Bench, Law } from "./ChannelLaw.ts"
import {
  aboutMessage,
  holds,
  law,
  local,
  messageOf,
  possible,
  reserved,
  send,
  strikeAll,
  textOf
} from "./ChannelLaw.ts"

// There is no message to act on where its id is not known.
const needs = ["outcome.accepted"]

const offering = (flag: MessageAction["type"] | "editCaption" | "forward"): Pick<Law, "exempt" | "needs"> => ({
  exempt: ({ capabilities }) =>
    capabilities.actions?.has(flag) === true ? undefined : `the channel does not offer to ${flag}`,
  needs
})

/** A message of the first account's, as its provider has it: a text, unless something else is asked for. */
const sent = Effect.fnUntraced(function*(bench: Bench, content?: OutboundContent) {
  const [account] = bench.harness.accounts
  const message = content === undefined ? textOf(bench, account) : messageOf(bench, account, content)
  const outcome = yield* send(bench, yield* reserved(bench, message, account), account)
  const id = outcome._tag === "Accepted" ? outcome.providerMessageId : null
  yield* holds(id !== null, "a message is sent, and has an id", outcome)
  return { chat: account.customer, providerMessageId: id ?? "", fromBusiness: true }
})

/** Does it, and holds what left against the words that have to be in it. */
const done = Effect.fnUntraced(function*(bench: Bench, action: MessageAction, ...words: ReadonlyArray<string>) {
  const [account] = bench.harness.accounts
  const target = yield* sent(bench)
  const asked = bench.network.seen().length
  const outcome = yield* bench.adapter.act?.(target, action, account.account) ?? Effect.undefined
  yield* holds(outcome?._tag === "Accepted", `${action.type} is accepted`, outcome)
  const told = local(bench) || aboutMessage(bench, asked, [target.providerMessageId, ...words])
  yield* holds(told, "the provider is told which message, and what", bench.network.seen().slice(asked))
  return bench.network.seen().slice(asked).filter(({ method }) => method !== "GET")
    .map(({ body, method, url }) => `${method} ${url} ${body}`.replaceAll(target.providerMessageId, ""))
})

/** The two ways of an action differ in what leaves for the provider. */
const bothWays = (flag: "pin" | "star", on: MessageAction, off: MessageAction) =>
  law(
    `actions.${flag}`,
    `a ${flag} reaches its message, and is taken off again`,
    Effect.fnUntraced(function*(bench) {
      const one = yield* done(bench, on)
      const other = yield* done(bench, off)
      yield* holds(local(bench) || one.join() !== other.join(), "the provider is told another thing", [one, other])
    }),
    offering(flag)
  )

const edit = law(
  "actions.edit",
  "an edit reaches its message with the new words",
  Effect.fnUntraced(function*(bench) {
    yield* done(bench, { type: "edit", text: `Edited ${bench.next()}.` }, "Edited")
  }),
  offering("edit")
)

const margin = 5_000

const editWithin = law(
  "actions.edit_within",
  "a text can be edited for as long as is declared",
  Effect.fnUntraced(function*(bench) {
    const [account] = bench.harness.accounts
    const { act, capabilities } = bench.adapter
    const time = capabilities.editWithin ?? 0
    yield* holds(Number.isSafeInteger(time) && time > margin, "it is a time in milliseconds", time)
    const target = yield* sent(bench)
    const [taken] = (yield* account.taken).slice(-1)
    yield* holds(account.shown !== undefined, "the harness shows what customers see (`shown`)")
    if (taken === undefined || account.shown === undefined) return
    yield* TestClock.adjust(time - margin)
    const text = `Edited at last ${bench.next()}.`
    const outcome = yield* act?.(target, { type: "edit", text }, account.account) ?? Effect.undefined
    yield* holds(outcome?._tag === "Accepted", "shortly before its end it is accepted", outcome)
    const shown = yield* account.shown(taken)
    yield* holds(shown === text, "and the customer sees it", shown)
  }),
  {
    needs: ["actions.edit"],
    exempt: ({ capabilities }) =>
      capabilities.actions?.has("edit") !== true
        ? "the channel does not offer to edit"
        : capabilities.editWithin === undefined
        ? "texts can be edited without end"
        : undefined
  }
)

const captionEdit = law(
  "actions.edit_caption",
  "an edit of what was said under a file reaches its message, or is said not to be possible before anything is done",
  Effect.fnUntraced(function*(bench) {
    const [account] = bench.harness.accounts
    const target = yield* sent(bench)
    const asked = bench.network.seen().length
    const action = { type: "edit", text: `Edited ${bench.next()}.`, caption: true } as const
    const outcome = yield* bench.adapter.act?.(target, action, account.account) ?? Effect.undefined
    const seen = bench.network.seen().slice(asked)
    if (outcome?._tag === "Rejected" && outcome.code === "not_supported") {
      return yield* holds(seen.every(({ method }) => method === "GET"), "nothing was done", seen)
    }
    yield* holds(outcome?._tag === "Accepted", "it is accepted", outcome)
    const told = local(bench) || aboutMessage(bench, asked, [target.providerMessageId, "Edited"])
    yield* holds(told, "the provider is told which message, and what", seen)
  }),
  offering("editCaption")
)

const vote = law(
  "actions.vote",
  "a vote reaches its poll with what was chosen, or is said not to be possible",
  Effect.fnUntraced(function*(bench) {
    const [account] = bench.harness.accounts
    const options = ["On Monday", "On Tuesday"]
    const polls = bench.adapter.capabilities.content.has("poll")
    const target = yield* sent(bench, polls ? { type: "poll", question: "When?", options, multiple: false } : undefined)
    const asked = bench.network.seen().length
    const action = { type: "vote", options: ["On Tuesday"] } as const
    const outcome = yield* bench.adapter.act?.(target, action, account.account) ?? Effect.undefined
    const told = local(bench) || aboutMessage(bench, asked, [target.providerMessageId, "On Tuesday"])
    yield* holds(told, "the provider is told which poll, and what", bench.network.seen().slice(asked))
    const lacking = outcome?._tag === "Rejected" && outcome.code === "not_supported"
    yield* holds(lacking || outcome?._tag === "Accepted", "it is accepted", outcome)
  }),
  offering("vote")
)

const deletion = law(
  "actions.delete",
  "a message is deleted at the provider",
  Effect.fnUntraced(function*(bench) {
    yield* done(bench, { type: "delete" })
  }),
  offering("delete")
)

const forward = law(
  "actions.forward",
  "a forwarded message names the one that it is",
  Effect.fnUntraced(function*(bench) {
    const [account] = bench.harness.accounts
    const forwardOf = yield* sent(bench)
    const asked = bench.network.seen().length
    const message = messageOf(bench, account, { type: "text", text: "Hello" })
    const outcome = yield* send(bench, yield* reserved(bench, { ...message, forwardOf }, account), account)
    yield* holds(outcome._tag === "Accepted", "it is accepted", outcome)
    const told = local(bench) || aboutMessage(bench, asked, [forwardOf.providerMessageId])
    yield* holds(told, "the provider is told which message", bench.network.seen().slice(asked))
  }),
  offering("forward")
)

const outcomes = law(
  "actions.outcomes",
  "without a connection nothing was done, and silence says nothing",
  Effect.fnUntraced(function*(bench) {
    if (local(bench)) return
    const [account] = bench.harness.accounts
    const { act, capabilities } = bench.adapter
    const actions: ReadonlyArray<MessageAction> = [
      { type: "edit", text: "Edited" },
      { type: "delete" },
      { type: "pin", seconds: 86_400 },
      { type: "star", on: true }
    ]
    const target = yield* sent(bench)
    for (const action of actions.filter(({ type }) => capabilities.actions?.has(type) === true)) {
      for (const fault of yield* possible(bench, "refused", "lost_answer", "unanswered", "bad_gateway")) {
        yield* strikeAll(bench, fault)
        const outcome = yield* act?.(target, action, account.account) ?? Effect.undefined
        const wanted = fault === "refused" ? "Retryable" : "Unknown"
        yield* holds(outcome?._tag === wanted, `${action.type} with ${fault} is ${wanted}`, outcome)
        yield* strikeAll(bench, undefined)
      }
    }
  }),
  { exempt: ({ act }) => act === undefined ? "the channel does nothing to messages that were sent" : undefined, needs }
)

/** @category laws @since 0.1.0 */
export const laws: ReadonlyArray<Law> = [
  edit,
  editWithin,
  captionEdit,
  deletion,
  bothWays("pin", { type: "pin", seconds: 86_400 }, { type: "pin", seconds: null }),
  bothWays("star", { type: "star", on: true }, { type: "star", on: false }),
  vote,
  outcomes,
  forward
]
