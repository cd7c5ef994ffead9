/**
 * What a visitor does in their session: write, read back, follow.
 *
 * @since 0.1.0
 */
import { Clock, Context, Effect, Layer, Option, Stream } from "effect"
import type { Duration } from "effect"
import * as Pagination from "@wicara/core/Pagination"
import { InvalidInput } from "@wicara/core/Problem"
import type { TooManyRequests, Unavailable } from "@wicara/core/Problem"
import type { VisitorRef } from "./Visitor.ts"
import { CurrentVisitor } from "./Visitor.ts"
import { VisitorLimits } from "./VisitorLimits.ts"
import type { PostMessage } from "./Widget/Api.ts"
import { isFormDue } from "./internal/identities.ts"
import { WidgetFeed } from "./WidgetFeed.ts"
import * as WidgetFiles from "./WidgetFiles.ts"
import * as WidgetHistory from "./WidgetHistory.ts"
import { makeIngest } from "./internal/ingest.ts"
import * as WidgetInbound from "./WidgetInbound.ts"
import type { EventCursor, WidgetEvent, WidgetMessage } from "./WidgetMessage.ts"
import { WidgetStore } from "./WidgetStore.ts"

/** How long the visitor's typing holds without being repeated, milliseconds. */
const visitorTypingMillis = 10_000
/** How long what the people who answer are told of it holds; it is told again that often. */
const toldMillis = 30_000
const tellEveryMillis = 20_000
/** Nobody types so fast that it would be news more often. */
const newsMillis = 2000
/** Messages in one read of a stream. */
const streamBatch = 100
/** A connection ends then, so that a revoked token or a disabled account is noticed. */
const streamMillis = 15 * 60 * 1000
/** Replies that one read mark can settle; older ones stay as they are. */
const readBatch = 200

/**
 * @category services
 * @since 0.1.0
 */
export class WidgetMessages extends Context.Service<WidgetMessages, {
  /** Takes a message once, however often it is sent: answers when it is durable. */
  readonly post: (
    message: PostMessage
  ) => Effect.Effect<WidgetMessage, TooManyRequests | Unavailable | InvalidInput, CurrentVisitor>
  /** The conversation, newest first. */
  readonly list: (
    query: Pagination.PageQuery
  ) => Effect.Effect<Pagination.Page<WidgetMessage>, InvalidInput, CurrentVisitor>
  /** Every message after the cursor, once and in order, and the states that hold; without an end of its own. */
  readonly events: (after: EventCursor) => Effect.Effect<Stream.Stream<WidgetEvent>, never, CurrentVisitor>
  readonly setTyping: (on: boolean) => Effect.Effect<void, never, CurrentVisitor>
  /** The visitor has read the stream up to here: replies become `read`. */
  readonly markRead: (upTo: EventCursor) => Effect.Effect<void, Unavailable, CurrentVisitor>
}>()("@wicara/channels-widget/WidgetMessages") {
  /** With another heartbeat. */
  static readonly layerWith = (options: { readonly heartbeat: Duration.Input }) =>
    Layer.effect(
      WidgetMessages,
      Effect.gen(function*() {
        const store = yield* WidgetStore
        const feed = yield* WidgetFeed
        const limits = yield* VisitorLimits
        const files = yield* WidgetFiles.WidgetFiles
        const ingest = yield* makeIngest

        const current = Effect.map(CurrentVisitor, ({ account, visitorId }) => ({
          organizationId: account.organizationId,
          visitor: { channelAccountId: account.id, visitorId } satisfies VisitorRef
        }))

        const toWidget = Effect.gen(function*() {
          const { account } = yield* CurrentVisitor
          return WidgetHistory.toWidgetMessage(WidgetFiles.linksOf(account, yield* Clock.currentTimeMillis))
        })

        /** Fails unless this visitor may write now; says who the site says they are. */
        const admit = Effect.fnUntraced(function*() {
          const { account, verified, visitorId } = yield* CurrentVisitor
          const { form } = account.settings
          if (!verified && form?.required !== true) return undefined
          const [state] = yield* store.states(account.organizationId, account.id, [visitorId])
          if (form?.required === true && isFormDue(account.settings, state, verified)) {
            return yield* InvalidInput.of("/form", "The form has to be answered before the first message.")
          }
          return verified ? state?.externalId ?? undefined : undefined
        })

        const post = Effect.fn("WidgetMessages.post")(function*(message: PostMessage) {
          const { organizationId, visitor } = yield* current
          const shown = yield* toWidget
          const present = yield* store.find(organizationId, visitor, "visitor", message.id)
          if (present !== undefined) return shown(present)
          const userId = yield* admit()
          yield* limits.take(organizationId, visitor)
          const { fileId, id, replyTo, text, ...rest } = message
          const attached = fileId === undefined ? undefined : yield* files.attach(fileId)
          const at = yield* Clock.currentTimeMillis
          const event: WidgetInbound.VisitorWrote = {
            type: "message",
            visitorId: visitor.visitorId,
            at,
            id,
            text: text.trim() === "" ? "" : text,
            ...rest,
            ...(replyTo === undefined ? {} : { replyTo }),
            ...(userId === undefined ? {} : { userId }),
            ...(attached === undefined ? {} : { attached })
          }
          // Taken in first: what the visitor's transcript shows is certain to be worked on. The other way round, a crash
          // in between would show as sent what nobody will ever read.
          yield* ingest(event)
          const { message: stored } = yield* store.append(organizationId, visitor, {
            id,
            from: "visitor",
            content: WidgetInbound.toContent(event),
            replyTo: replyTo ?? null,
            createdAt: at
          })
          yield* feed.wake(organizationId, visitor)
          return shown(stored)
        })

        const list = Effect.fn("WidgetMessages.list")(function*(query: Pagination.PageQuery) {
          const { organizationId, visitor } = yield* current
          const before = yield* WidgetHistory.position(query)
          const { account } = yield* CurrentVisitor
          return yield* WidgetHistory.page(store, organizationId, visitor, {
            before,
            limit: Pagination.limit(query),
            linkOf: WidgetFiles.linksOf(account, yield* Clock.currentTimeMillis)
          })
        })

        interface Position {
          readonly seq: number
          readonly businessRead: number
          readonly typingUntil: number
          readonly ratingFor: string | null
          /** More messages wait: read on without listening. */
          readonly more: boolean
        }

        const events = Effect.fnUntraced(function*(after: EventCursor) {
          const { organizationId, visitor } = yield* current
          const { account } = yield* CurrentVisitor
          const stateNow = Effect.map(
            store.states(organizationId, visitor.channelAccountId, [visitor.visitorId]),
            ([state]) => state
          )
          const startedAt = yield* Clock.currentTimeMillis
          // Asked before the answer begins, so that a database that is away is a 503 and not a broken stream.
          const first = yield* stateNow
          const asked = Number(after)
          const start: Position = {
            // A cursor from beyond the end is from before the stream was trimmed away or restored: all of it is new.
            seq: first !== undefined && asked <= first.lastSeq ? asked : 0,
            businessRead: 0,
            typingUntil: 0,
            ratingFor: null,
            more: true
          }

          const stream = Stream.unwrap(Effect.map(feed.subscribe(organizationId, visitor), (subscription) =>
            Stream.paginate(
              start,
              Effect.fnUntraced(function*(position: Position): Effect.fn.Return<
                readonly [ReadonlyArray<WidgetEvent>, Option.Option<Position>]
              > {
                const now = yield* Clock.currentTimeMillis
                if (now - startedAt > streamMillis) return [[], Option.none()]
                const news = position.more ? "changed" : yield* subscription.next(options.heartbeat)
                if (news === "draining") return [[], Option.none()]
                if (news === "quiet") return [[{ event: "ping", data: {} }], Option.some(position)]
                yield* subscription.clear
                const state = yield* stateNow
                const messages = state !== undefined && state.lastSeq > position.seq
                  ? yield* store.after(organizationId, visitor, position.seq, streamBatch)
                  : []
                const businessRead = state?.businessReadSeq ?? 0
                const typingUntil = state !== undefined && state.businessTypingUntil > now
                  ? state.businessTypingUntil
                  : 0
                const ratingFor = state === undefined || state.ratingFor === state.ratedFor ? null : state.ratingFor
                const made: ReadonlyArray<WidgetEvent> = [
                  ...messages.map(WidgetHistory.toWidgetMessage(WidgetFiles.linksOf(account, now))).map((
                    data
                  ): WidgetEvent => ({
                    id: data.eventId,
                    event: "message",
                    data
                  })),
                  ...(businessRead > position.businessRead
                    ? [{ event: "read", data: { upTo: String(businessRead) } } as const]
                    : []),
                  ...(typingUntil !== position.typingUntil
                    ? [
                      {
                        event: "typing",
                        data: { on: typingUntil > 0, forMillis: Math.max(0, typingUntil - now) }
                      } as const
                    ]
                    : []),
                  ...(ratingFor !== position.ratingFor
                    ? [{ event: "rating", data: { conversationId: ratingFor } } as const]
                    : [])
                ]
                return [
                  made,
                  Option.some({
                    seq: messages[messages.length - 1]?.seq ?? position.seq,
                    businessRead,
                    typingUntil,
                    ratingFor,
                    more: messages.length === streamBatch
                  })
                ]
              })
            )))

          return stream.pipe(
            // Servers and proxies hold the headers back until there is a body: begin with one.
            Stream.prepend([{ event: "ping", data: {} } as const]),
            Stream.catchCause((cause) =>
              Stream.fromEffectDrain(Effect.logWarning("A widget's event stream ended early", cause))
            )
          )
        })

        const setTyping = Effect.fn("WidgetMessages.setTyping")(function*(on: boolean) {
          const { organizationId, visitor } = yield* current
          const now = yield* Clock.currentTimeMillis
          const [state] = yield* store.states(organizationId, visitor.channelAccountId, [visitor.visitorId])
          // Of those who never wrote there is no conversation in which it could be shown.
          if (state === undefined) {
            return
          }
          yield* store.update(organizationId, visitor, {
            visitorTypingUntil: on ? now + visitorTypingMillis : 0,
            lastSeenAt: now
          })
          const before = state.visitorTypingUntil > now
          if (!on && !before) {
            return
          }
          const kind = !on ? "off" : before ? "on" : "begun"
          const span = kind === "on" ? tellEveryMillis : newsMillis
          yield* ingest({
            type: "typing",
            key: `${kind}:${Math.floor(now / span)}`,
            visitorId: visitor.visitorId,
            until: on ? now + toldMillis : null,
            at: now
          }).pipe(Effect.catchTag("Unavailable", () =>
            Effect.void))
        })

        const markRead = Effect.fn("WidgetMessages.markRead")(function*(upTo: EventCursor) {
          const { organizationId, visitor } = yield* current
          const [state] = yield* store.states(organizationId, visitor.channelAccountId, [visitor.visitorId])
          const seq = Math.min(Number(upTo), state?.lastSeq ?? 0)
          if (state === undefined || seq <= state.visitorReadSeq) {
            return
          }
          const messages = yield* store.before(organizationId, visitor, seq + 1, readBatch)
          const ids = messages.flatMap((message) =>
            message.from === "business" && message.seq > state.visitorReadSeq ? [message.id] : []
          )
          const at = yield* Clock.currentTimeMillis
          if (ids.length > 0) {
            yield* ingest({ type: "read", visitorId: visitor.visitorId, ids, upTo: seq, at })
          }
          yield* store.update(organizationId, visitor, { visitorReadSeq: seq, lastSeenAt: at })
        })

        return WidgetMessages.of({ post, list, events, setTyping, markRead })
      })
    )

  /** A heartbeat every 15 seconds. */
  static readonly layer = this.layerWith({ heartbeat: "15 seconds" })
}
