/**
 * The messages of conversations: a page of history, and what people, programs and the bot send. A message to send is
 * stored with the decision under which it may be sent and an entry of the outbox in one transaction; `OutboxSender`
 * hands it to the provider.
 *
 * @since 0.1.0
 */
import { Array as Arr, Clock, Context, DateTime, Effect, Layer, Option, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { ChannelAccounts } from "@wicara/channels/ChannelAccounts"
import * as Fallback from "@wicara/channels/Fallback"
import type { MessageTarget } from "@wicara/channels/MessageAction"
import { allMediaOf, OutboundContent, withAllMedia } from "@wicara/channels/MessageContent"
import { ContactId } from "@wicara/contacts/Contact"
import type { Contacts } from "@wicara/contacts/Contacts"
import type { Events } from "@wicara/core/Events"
import * as Id from "@wicara/core/Id"
import * as Pagination from "@wicara/core/Pagination"
import { Conflict, InvalidInput, NotFound } from "@wicara/core/Problem"
import type { Forbidden, Unavailable } from "@wicara/core/Problem"
import type { Signals } from "@wicara/core/Signals"
import { joinTransaction, orDieSql, rowLimit } from "@wicara/core/Sql"
import type { Standing } from "@wicara/core/Standing"
import { CurrentActor, CurrentOrganization, systemActor } from "@wicara/core/Tenancy"
import type { UserId } from "@wicara/core/Tenancy"
import * as CanSend from "./CanSend.ts"
import type { Purpose, Verdict } from "./CanSend.ts"
import { CannotSend, ConversationClosed, StaleEpoch } from "./Conversation.ts"
import type { ConversationId } from "./Conversation.ts"
import { ConversationReopened, MessageQueued } from "./events.ts"
import * as Access from "./internal/conversationAccess.ts"
import { eventBase } from "./internal/conversationRows.ts"
import type { ConversationRow } from "./internal/conversationRows.ts"
import { makeJoinRows } from "./internal/joinRows.ts"
import { decodeContent, decodeOptions, toMessage } from "./internal/messageRow.ts"
import type { MessageRow } from "./internal/messageRow.ts"
import { lifecycleOf } from "./internal/ownership.ts"
import { makeSendDecision } from "./internal/sendDecision.ts"
import { makeTranscript } from "./internal/transcript.ts"
import { MessageId } from "./Message.ts"
import type { Author, Message, PollVote, Reaction } from "./Message.ts"
import * as MessageOrder from "./MessageOrder.ts"
import { OutboundFiles } from "./OutboundFiles.ts"
import type { MessageVersion } from "./MessageVersion.ts"
import { permissions } from "./permissions.ts"

/**
 * What was stored to be sent: usually one message, several when the content did not fit into one of the channel.
 *
 * @category models
 * @since 0.1.0
 */
export interface SendResult {
  readonly messages: readonly [Message, ...Array<Message>]
  /** The idempotency key was used before: these are the messages of then. */
  readonly repeated: boolean
}

/**
 * @category models
 * @since 0.1.0
 */
export interface SendOptions {
  readonly conversationId: ConversationId
  readonly content: OutboundContent
  /** The message of this conversation that it answers. */
  readonly replyTo?: MessageId | undefined
  readonly purpose?: Purpose | undefined
  /** Sent once in this conversation, however often it is asked for; at most 150 characters. */
  readonly idempotencyKey?: string | undefined
}

/**
 * @category services
 * @since 0.1.0
 */
export class Messages extends Context.Service<Messages, {
  /**
   * Stores a message of the acting person or program to be sent. A person who writes takes the conversation over, unless
   * someone else already answers there. Joins the ambient transaction.
   */
  readonly send: (
    options: SendOptions
  ) => Effect.Effect<
    SendResult,
    NotFound | Forbidden | InvalidInput | ConversationClosed | CannotSend,
    CurrentOrganization | CurrentActor
  >
  /**
   * Stores a message of the bot to be sent, only if the bot still owns the conversation under the epoch on which it
   * decided. While the account is not connected it waits in the outbox. Joins the ambient transaction.
   */
  readonly sendAsBot: (
    options: SendOptions & { readonly epoch: number; readonly idempotencyKey: string }
  ) => Effect.Effect<
    SendResult,
    NotFound | InvalidInput | ConversationClosed | CannotSend | StaleEpoch,
    CurrentOrganization
  >
  /**
   * Stores a message to be sent that is another one, forwarded: to a conversation of the same channel account, where the
   * channel forwards.
   */
  readonly forward: (
    id: MessageId,
    to: { readonly conversationId: ConversationId }
  ) => Effect.Effect<
    SendResult,
    NotFound | Forbidden | Conflict | Unavailable | InvalidInput | ConversationClosed | CannotSend,
    CurrentOrganization | CurrentActor
  >
  /** Whether content could be sent now. */
  readonly canSend: (
    options: Pick<SendOptions, "conversationId" | "content" | "purpose">
  ) => Effect.Effect<Verdict, NotFound, CurrentOrganization | CurrentActor>
  /** A page of history, the latest first. */
  readonly list: (
    conversationId: ConversationId,
    query: Pagination.PageQuery
  ) => Effect.Effect<Pagination.Page<Message>, NotFound | InvalidInput, CurrentOrganization | CurrentActor>
  readonly get: (id: MessageId) => Effect.Effect<Message, NotFound, CurrentOrganization | CurrentActor>
  /** All versions of a message, the first one first; none of one that was never edited. */
  readonly versions: (
    id: MessageId
  ) => Effect.Effect<ReadonlyArray<MessageVersion>, NotFound, CurrentOrganization | CurrentActor>
}>()("@wicara/conversations/Messages") {
  /**
   * Messages in SQL.
   *
   * @since 0.1.0
   */
  static readonly layerSql: Layer.Layer<
    Messages,
    never,
    SqlClient.SqlClient | Events | Signals | Contacts | ChannelAccounts | Standing
  > = Layer.suspend(() => Layer.effect(Messages, make))
}

const Position = Schema.Struct({ id: MessageId })

const isOutbound = Schema.is(OutboundContent)

const make = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const accounts = yield* ChannelAccounts
  const files = yield* OutboundFiles
  const decide = yield* makeSendDecision
  const transcript = yield* makeTranscript
  const joins = makeJoinRows(sql)
  const { conversations, emptyMessage, events, messages, outbox, ownership, wakeSender, withMessage } = transcript

  const found = Effect.fnUntraced(function*(id: ConversationId, lock: boolean) {
    const organization = yield* CurrentOrganization
    const row = yield* conversations.find(organization.id, id, lock)
    return Option.isSome(row) ? row.value : yield* NotFound.of("conversation", id)
  })

  const foundMessage = Effect.fnUntraced(function*(id: MessageId) {
    const organization = yield* CurrentOrganization
    const row = yield* messages.findById(organization.id, id, false)
    if (Option.isNone(row)) return yield* NotFound.of("message", id)
    if (!(yield* Access.readsAll)) yield* readable(row.value.conversationId, "message", id)
    return row.value
  })

  /** Fails unless the actor may read the conversation: what they may not read is not there. */
  const readable = Effect.fnUntraced(function*(conversationId: ConversationId, resource: string, id: string) {
    const organization = yield* CurrentOrganization
    const row = yield* conversations.find(organization.id, conversationId, false)
    if (Option.isNone(row)) return yield* NotFound.of(resource, id)
    yield* Effect.catchTag(Access.check(permissions.read, row.value, resource, id), "Forbidden", Effect.die)
    return row.value
  })

  const withReactions = Effect.fnUntraced(function*(rows: ReadonlyArray<MessageRow>) {
    const [first] = rows
    if (first === undefined) return []
    const reactions = new Map<string, Array<Reaction>>()
    const votes = new Map<string, ReadonlyArray<PollVote>>()
    // A conversation that was moved has messages of both accounts.
    for (const ofAccount of Object.values(Arr.groupBy(rows, ({ channelAccountId }) => channelAccountId))) {
      const ids = ofAccount.flatMap((row) => row.providerMessageId === null ? [] : [row.providerMessageId])
      for (const row of yield* messages.reactions(first.organizationId, ofAccount[0].channelAccountId, ids)) {
        const list = reactions.get(row.provider_message_id) ?? []
        list.push({ emoji: row.emoji, by: row.reactor === "business" ? "business" : "contact" })
        reactions.set(row.provider_message_id, list)
      }
      const polls = ofAccount.flatMap(({ content, providerMessageId }) =>
        content.type === "poll" && providerMessageId !== null ? [providerMessageId] : []
      )
      for (const row of yield* messages.votes(first.organizationId, ofAccount[0].channelAccountId, polls)) {
        const options = decodeOptions(row.options)
        if (options.length === 0) continue
        const contactId = row.reactor === "business" ? null : ContactId.make(row.reactor)
        votes.set(row.provider_message_id, [...votes.get(row.provider_message_id) ?? [], { contactId, options }])
      }
    }
    return rows.map(({ providerMessageId, ...row }) => {
      const key = providerMessageId ?? ""
      return toMessage({ ...row, providerMessageId }, reactions.get(key) ?? [], votes.get(key) ?? [])
    })
  })

  /** The keys of the parts of one message. */
  const keysOf = (key: string | undefined, parts: number): ReadonlyArray<string | null> =>
    Array.from({ length: parts }, (_, index) => key === undefined ? null : index === 0 ? key : `${key}#${index}`)

  const earlier = Effect.fnUntraced(function*(row: ConversationRow, key: string) {
    const rows = yield* messages.findByIdempotencyKeys(row.organizationId, row.id, [
      key,
      ...Array.from({ length: 32 }, (_, index) => `${key}#${index + 1}`)
    ])
    const [first, ...rest] = yield* withReactions(rows)
    return first === undefined ? undefined : { messages: [first, ...rest] as const, repeated: true }
  })

  const replyTarget = Effect.fnUntraced(function*(row: ConversationRow, replyTo: MessageId | undefined) {
    if (replyTo === undefined) return null
    const target = yield* messages.find(
      { organizationId: row.organizationId, conversationId: row.id, id: replyTo },
      false
    )
    if (Option.isNone(target)) {
      return yield* InvalidInput.of("/replyTo", "There is no such message in this conversation.")
    }
    return target.value.providerMessageId
  })

  /** A message with stored files says what they are, and keeps them. */
  const withFiles = Effect.fnUntraced(function*(message: MessageRow & { readonly content: OutboundContent }) {
    const all = allMediaOf(message.content)
    if (!all.some(({ source }) => source.type === "file")) return message
    const kept = yield* Effect.forEach(
      all,
      (media) =>
        media.source.type !== "file" ? Effect.succeed(media) : Effect.map(
          files.attach(message, media.source.id),
          (known) => media.fileName === undefined ? known : { ...known, fileName: media.fileName }
        )
    )
    return { ...message, content: withAllMedia(message.content, kept) }
  })

  const store = Effect.fnUntraced(function*(
    row: ConversationRow,
    options: SendOptions & { readonly forwardOf?: MessageTarget | undefined },
    author: { readonly kind: Author; readonly userId: UserId | null; readonly epoch: number | null }
  ) {
    if (row.lifecycle === "closed") return yield* new ConversationClosed({ detail: "It was closed for good." })
    const { account, content, onceConnected, verdict } = yield* decide(
      row,
      options.forwardOf === undefined ? options.content : CanSend.forwarded,
      options.purpose ?? "service"
    )
    const plan = account === undefined
      ? Option.none()
      : options.forwardOf !== undefined
      ? Option.some([options.content] as const)
      : Fallback.plan(content, account.adapter.capabilities)
    // People and programs hear at once that the account is down; nobody would hear it from the bot, so its answer waits.
    const deciding = author.kind === "bot" ? onceConnected : verdict
    if (deciding._tag === "TemplateMismatch") return yield* InvalidInput.of(deciding.field, deciding.detail)
    if (deciding._tag !== "Allowed" || Option.isNone(plan)) {
      return yield* new CannotSend({ verdict: deciding, detail: CanSend.describe(deciding) })
    }
    const replyTo = yield* replyTarget(row, options.replyTo)
    const now = yield* Clock.currentTimeMillis
    const keys = keysOf(options.idempotencyKey, plan.value.length)
    // After what is there already, also when the provider's clock is ahead of ours.
    const first = Math.max(now, row.lastMessageAt + 1)
    const planned = plan.value.map((content, index): MessageRow & { readonly content: OutboundContent } => ({
      ...emptyMessage,
      organizationId: row.organizationId,
      conversationId: row.id,
      id: MessageOrder.makeId({ sentAt: first + index, receivedAt: now, index }),
      channelAccountId: row.channelAccountId,
      providerMessageId: null,
      idempotencyKey: keys[index] ?? null,
      direction: "outbound",
      author: author.kind,
      authorId: author.userId,
      content,
      replyTo: index === 0 ? replyTo : null,
      forwarded: options.forwardOf !== undefined,
      forwardOf: options.forwardOf ?? null,
      sentAt: first + index,
      receivedAt: now,
      providerTime: null,
      status: "queued",
      verdict,
      purpose: options.purpose ?? "service",
      epoch: author.epoch
    }))
    const rows = yield* Effect.forEach(planned, withFiles)
    for (const message of rows) yield* messages.insert(message)
    // An answer does not wait behind what was held back before the customer wrote.
    if (row.lastInboundAt !== null) yield* outbox.hurry(rows[0]!, now)
    yield* outbox.insert(rows.map((message) => ({
      organizationId: message.organizationId,
      conversationId: message.conversationId,
      id: message.id,
      channelAccountId: message.channelAccountId,
      author: message.author,
      queuedAt: now
    })))
    const last = rows[rows.length - 1]!
    const reopened = row.lifecycle === "resolved"
    const answered: ConversationRow = {
      ...withMessage(row, last),
      unread: author.kind === "user" ? 0 : row.unread,
      lifecycle: reopened || row.lifecycle === "new" ? lifecycleOf(row.ownership) : row.lifecycle,
      resolvedAt: null
    }
    if (reopened) yield* events.append(ConversationReopened, { aggregateId: row.id, payload: eventBase(row) })
    if (author.kind === "user" && row.ownership !== "human") {
      yield* ownership.change(answered, {
        ownership: "human",
        ownerId: author.userId,
        reason: "reply",
        lifecycle: lifecycleOf("human")
      }, now)
    } else {
      yield* conversations.save(answered)
    }
    yield* events.appendAll(
      MessageQueued,
      rows.map((message) => ({
        aggregateId: row.id,
        payload: { ...eventBase(row), messageId: message.id, author: message.author }
      }))
    )
    yield* wakeSender
    const [head, ...tail] = rows.map((message) => toMessage(message, []))
    return { messages: [head!, ...tail] as const, repeated: false }
  })

  const checkKey = (key: string | undefined): Effect.Effect<void, InvalidInput> =>
    key !== undefined && (key === "" || key.length > 150)
      ? Effect.fail(InvalidInput.of("/idempotencyKey", "Give 1 to 150 characters."))
      : Effect.void

  const authorOf = ({ actor }: CurrentActor["Service"]) =>
    actor._tag === "User"
      ? { kind: "user", userId: actor.id, epoch: null } as const
      : { kind: "api", userId: null, epoch: null } as const

  const send = Effect.fn("Messages.send")(function*(options: SendOptions) {
    yield* checkKey(options.idempotencyKey)
    const author = authorOf(yield* CurrentActor)
    return yield* orDieSql(joinTransaction(
      sql,
      Effect.gen(function*() {
        const row = yield* found(options.conversationId, true)
        yield* Access.check(permissions.reply, row)
        const before = options.idempotencyKey === undefined ? undefined : yield* earlier(row, options.idempotencyKey)
        return before ?? (yield* store(row, options, author))
      })
    ))
  })

  const sendAsBot = Effect.fn("Messages.sendAsBot")(function*(
    options: SendOptions & { readonly epoch: number; readonly idempotencyKey: string }
  ) {
    yield* checkKey(options.idempotencyKey)
    return yield* orDieSql(joinTransaction(
      sql,
      Effect.gen(function*() {
        // The lock is the fence: ownership and epoch can't change between this look and the commit.
        const row = yield* found(options.conversationId, true)
        const before = yield* earlier(row, options.idempotencyKey)
        if (before !== undefined) return before
        if (row.ownership !== "bot" || row.epoch !== options.epoch) {
          return yield* StaleEpoch.of(row.ownership, row.epoch)
        }
        return yield* store(row, options, { kind: "bot", userId: null, epoch: options.epoch }).pipe(
          Effect.provideService(CurrentActor, systemActor("bot"))
        )
      })
    ))
  })

  const forward = Effect.fn("Messages.forward")(
    function*(id: MessageId, { conversationId }: { readonly conversationId: ConversationId }) {
      const author = authorOf(yield* CurrentActor)
      const original = yield* orDieSql(foundMessage(id))
      const { channelAccountId, content, direction, providerMessageId, revokedAt } = original
      return yield* orDieSql(joinTransaction(
        sql,
        Effect.gen(function*() {
          const row = yield* found(conversationId, true)
          yield* Access.check(permissions.reply, row)
          const account = yield* accounts.resolve(channelAccountId)
          if (account.adapter.capabilities.actions?.has("forward") !== true) {
            return yield* new Conflict({ detail: "This channel can't do this to messages that were sent." })
          }
          if (providerMessageId === null || revokedAt !== null || !isOutbound(content)) {
            return yield* new Conflict({ detail: "This message can't be forwarded." })
          }
          if (row.channelAccountId !== channelAccountId) {
            return yield* new Conflict({ detail: "A message is forwarded within its channel account." })
          }
          const from = yield* found(original.conversationId, false)
          const forwardOf = { chat: from.chat, providerMessageId, fromBusiness: direction === "outbound" }
          return yield* store(row, { conversationId, content, forwardOf }, author)
        })
      ))
    }
  )

  const list = Effect.fn("Messages.list")(function*(conversationId: ConversationId, query: Pagination.PageQuery) {
    const organization = yield* CurrentOrganization
    const limit = Pagination.limit(query)
    const before = yield* Pagination.position(Position, query)
    if (!(yield* Access.readsAll)) yield* orDieSql(readable(conversationId, "conversation", conversationId))
    // What became part of the conversation is read in its order of time.
    const whole = yield* Effect.orDie(joins.whole(organization.id, conversationId))
    const pages = yield* Effect.orDie(
      Effect.forEach(whole, (id) => messages.page(organization.id, id, before?.id, limit + 1))
    )
    const rows = whole.length === 1 ? pages[0]! : pages.flat().sort((a, b) => a.id < b.id ? 1 : -1).slice(0, limit + 1)
    if (rows.length === 0) yield* orDieSql(found(conversationId, false))
    const paged = Pagination.page(rows, limit, Position, (row) => ({ id: row.id }))
    return { data: yield* Effect.orDie(withReactions(paged.data)), nextCursor: paged.nextCursor }
  })

  const versions = Effect.fn("Messages.versions")(function*(id: MessageId) {
    const organization = yield* CurrentOrganization
    const message = yield* orDieSql(foundMessage(id))
    const rows = yield* Effect.orDie(sql<{ readonly content: string; readonly written_at: unknown }>`
      SELECT content, written_at FROM conversations_edits
      WHERE organization_id = ${Id.toBytes(organization.id)}
        AND conversation_id = ${Id.toBytes(message.conversationId)} AND message_id = ${Id.toBytes(id)}
      ORDER BY written_at LIMIT ${rowLimit(sql, 200)}`)
    return rows.map((row): MessageVersion => ({
      content: decodeContent(row.content),
      writtenAt: DateTime.makeUnsafe(Number(row.written_at))
    }))
  })

  return Messages.of({
    send,
    sendAsBot,
    forward,
    canSend: Effect.fn("Messages.canSend")(function*(options) {
      const row = yield* orDieSql(readable(options.conversationId, "conversation", options.conversationId))
      return (yield* decide(row, options.content, options.purpose ?? "service")).verdict
    }),
    list,
    get: Effect.fn("Messages.get")(function*(id) {
      const [message] = yield* orDieSql(Effect.flatMap(foundMessage(id), (row) => withReactions([row])))
      return message!
    }),
    versions
  })
})
