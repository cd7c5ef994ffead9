/**
 * What stands between a channel and people: takes webhooks in, keeps conversations, and sends. The scenarios are played
 * against it, and against the naive one here, which has the faults that products of this kind are known for.
 *
 * @since 0.1.0
 */
import { Effect, Result } from "effect"
import type { Scope } from "effect"
import { HttpClient } from "effect/http"
import type { Account, AccountHealth, InboundRequest, OutboundMessage } from "@wicara/channels/ChannelAdapter"
import type { AnyChannelAdapter } from "@wicara/channels/ChannelRegistry"
import type { Address } from "@wicara/channels/Address"
import type { InboundEvent } from "@wicara/channels/InboundEvent"
import * as MessageContent from "@wicara/channels/MessageContent"
import { messageId } from "./ChannelLaw.ts"

/**
 * One line of a conversation.
 *
 * @category models
 * @since 0.1.0
 */
export interface Line {
  readonly from: "customer" | "business"
  readonly words: string
  /** Epoch milliseconds. */
  readonly at: number
  /** How far a line of the business came: `sent`, `delivered`, `read`, `failed` and what lies before. */
  readonly status: string | null
  /** The provider's code, where it failed. */
  readonly code: string | null
  /** The provider took it, and has not said for too long what became of it. */
  readonly stalled: boolean
}

/**
 * @category models
 * @since 0.1.0
 */
export interface Pipeline {
  /** A request arrives; whether it is acknowledged. */
  readonly receive: (request: InboundRequest) => Effect.Effect<boolean>
  /** Does everything that is due now. */
  readonly work: Effect.Effect<void>
  /** The account is connected again: what is done then, beside the usual work. */
  readonly reconnected: Effect.Effect<void>
  /** Answers in the latest conversation; whether that was allowed. A person answers, unless it is the bot. */
  readonly answer: (
    words: string,
    options?: { readonly by?: "bot"; readonly purpose?: "marketing" }
  ) => Effect.Effect<boolean>
  /** Every conversation, its lines oldest first. */
  readonly conversations: Effect.Effect<ReadonlyArray<ReadonlyArray<Line>>>
  /** How the account is. */
  readonly health: Effect.Effect<AccountHealth["status"]>
}

/**
 * Builds a pipeline for one account of an adapter.
 *
 * @category models
 * @since 0.1.0
 */
export type MakePipeline = (
  adapter: AnyChannelAdapter,
  account: Account<unknown, unknown>
) => Effect.Effect<Pipeline, never, HttpClient.HttpClient | Scope.Scope>

interface Queued {
  readonly message: OutboundMessage
  readonly line: { -readonly [Key in keyof Line]: Line[Key] }
}

/**
 * The pipeline that is written first: marks a delivery as seen before it is handled, knows people by their number, shows
 * lines as they come, believes what it was last told, and sends again whatever did not work.
 *
 * @category constructors
 * @since 0.1.0
 */
export const naive: MakePipeline = Effect.fnUntraced(function*(adapter, account) {
  const client = yield* HttpClient.HttpClient
  const seen = new Set<string>()
  const chats = new Map<string, Array<Queued["line"]>>()
  const byId = new Map<string, Queued["line"]>()
  const queue: Array<Queued> = []
  let latest: { readonly phone: string; readonly to: Address } | undefined
  let told: AccountHealth["status"] = "ok"
  let busy = false
  let ids = 0

  const linesOf = (phone: string) => {
    const lines = chats.get(phone) ?? []
    chats.set(phone, lines)
    return lines
  }

  const handle = (event: InboundEvent) => {
    switch (event._tag) {
      case "MessageReceived":
      case "MessageEchoed": {
        const { identities } = event._tag === "MessageReceived" ? event.sender : event.recipient
        const phone = identities.find(({ kind }) => kind === "phone")?.value
        if (phone === undefined) return
        latest = { phone, to: { kind: "phone", value: phone } }
        const words = MessageContent.toText(event.content)
        linesOf(phone).push({
          from: "customer",
          words,
          at: event.timestamp ?? 0,
          status: null,
          code: null,
          stalled: false
        })
        return
      }
      case "StatusChanged": {
        const line = byId.get(event.providerMessageId)
        if (line !== undefined && event.status !== "failed") line.status = event.status
        return
      }
      case "AccountChanged":
        told = event.state === undefined || event.state === "connected" ? "ok" : "fail"
    }
  }

  return {
    receive: Effect.fnUntraced(function*(request) {
      if (Result.isFailure(yield* Effect.result(adapter.verify(request, account)))) return false
      const named = yield* Effect.result(adapter.identify(request))
      if (Result.isFailure(named)) return false
      if (seen.has(named.success.dedupeKey)) return true
      seen.add(named.success.dedupeKey)
      if (busy) return true
      busy = true
      return yield* Effect.yieldNow.pipe(
        Effect.andThen(adapter.decode(request.body, account)),
        Effect.map((events) => {
          for (const event of events) handle(event)
          return true
        }),
        Effect.catchDefect(() => Effect.succeed(false)),
        Effect.ensuring(Effect.sync(() => {
          busy = false
        }))
      )
    }),
    work: Effect.gen(function*() {
      for (let attempts = 0; attempts < 100 && queue.length > 0; attempts++) {
        const next = queue.shift()
        if (next === undefined) return
        const outcome = yield* adapter.send(next.message, account)
        if (outcome._tag === "Retryable" || outcome._tag === "Unknown") queue.push(next)
        else if (outcome._tag === "AccountRefused") next.line.status = "failed"
        else next.line.status = "sent"
        if (outcome._tag === "Accepted" && outcome.providerMessageId !== null) {
          byId.set(outcome.providerMessageId, next.line)
        }
      }
    }).pipe(Effect.provideService(HttpClient.HttpClient, client)),
    reconnected: Effect.void,
    answer: (words) =>
      Effect.sync(() => {
        if (latest === undefined) return false
        const line: Queued["line"] = { from: "business", words, at: 0, status: "queued", code: null, stalled: false }
        linesOf(latest.phone).push(line)
        queue.push({ line, message: { id: messageId(++ids), to: latest.to, content: { type: "text", text: words } } })
        return true
      }),
    conversations: Effect.sync(() => Array.from(chats.values(), (lines) => lines.map((line) => ({ ...line })))),
    health: Effect.sync(() => told)
  }
})
