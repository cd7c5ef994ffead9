/** A customer who wrote, and what is answered. */
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { Messages } from "@wicara/conversations/Messages"
import { as, connect, happen, theConversation, transcriptOf, wrote } from "./support.ts"
import type { Connected } from "./support.ts"

export const start = 1_790_000_000_000
export const text = (content: string) => ({ type: "text", text: content } as const)

/** A customer who wrote, ready to be answered. */
export const customer = Effect.fnUntraced(function*(channel?: string) {
  const account = yield* connect(channel)
  yield* happen(account, wrote("m1", "Hello", { at: start }))
  const { id } = yield* theConversation(account.organizationId)
  return { account, conversationId: id }
})

export const at = TestClock.setTime(start)

export const say = (account: Connected, conversationId: never | string, content: string, key?: string) =>
  Effect.flatMap(Messages, (messages) =>
    messages.send({
      conversationId: conversationId as never,
      content: text(content),
      ...(key === undefined ? {} : { idempotencyKey: key })
    })).pipe(as(account.organizationId))

export const answers = Effect.fnUntraced(function*(account: Connected) {
  return (yield* transcriptOf(account.organizationId)).filter((message) => message.direction === "outbound")
})
