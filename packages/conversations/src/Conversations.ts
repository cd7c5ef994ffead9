/**
 * Conversations of an organization: the inbox, and who answers in each.
 *
 * A conversation is owned by the bot, a person or nobody. Every change of hands raises its epoch under a lock, and
 * whoever acts for the bot names the epoch on which it decided: an answer that was being prepared when a person took
 * over is refused, not sent.
 *
 * @since 0.1.0
 */
import { Clock, Context, Effect, Layer, Option, Schema } from "effect"
import type { SqlError } from "effect/sql"
import { SqlClient } from "effect/sql"
import type { Address } from "@wicara/channels/Address"
import type { ChannelAccountId } from "@wicara/channels/ChannelAdapter"
import { ChannelAccounts } from "@wicara/channels/ChannelAccounts"
import type { ContactId } from "@wicara/contacts/Contact"
import { Contacts } from "@wicara/contacts/Contacts"
import type { Events } from "@wicara/core/Events"
import * as Pagination from "@wicara/core/Pagination"
import { InvalidInput, NotFound } from "@wicara/core/Problem"
import type { Unavailable } from "@wicara/core/Problem"
import type { Signals } from "@wicara/core/Signals"
import { joinTransaction, orDieSql } from "@wicara/core/Sql"
import { CurrentActor, CurrentOrganization } from "@wicara/core/Tenancy"
import type { UserId } from "@wicara/core/Tenancy"
import { Assignees } from "./Assignees.ts"
import { ConversationClosed, ConversationId, StaleEpoch } from "./Conversation.ts"
import type { Conversation, Lifecycle, Ownership } from "./Conversation.ts"
import { ConversationPolicy } from "./ConversationPolicy.ts"
import { ConversationClosed as ClosedEvent, ConversationRead, ConversationResolved } from "./events.ts"
import { eventBase, toConversation } from "./internal/conversationRows.ts"
import type { ConversationRow } from "./internal/conversationRows.ts"
import { lifecycleOf } from "./internal/ownership.ts"
import type { OwnershipChange } from "./internal/ownership.ts"
import { makeTranscript } from "./internal/transcript.ts"

/**
 * Which conversations to list.
 *
 * @category models
 * @since 0.1.0
 */
export interface InboxQuery extends Pagination.PageQuery {
  readonly lifecycle?: Lifecycle | undefined
  readonly ownership?: Ownership | undefined
  readonly channelAccountId?: ChannelAccountId | undefined
  readonly ownerId?: UserId | undefined
}

/**
 * Why a conversation changes hands, and the epoch it must still have.
 *
 * @category models
 * @since 0.1.0
 */
export interface ChangeOptions {
  readonly reason?: string | undefined
  /** Fails with `StaleEpoch` when the conversation has changed hands since. */
  readonly epoch?: number | undefined
}

type ChangeError = NotFound | StaleEpoch | ConversationClosed

/**
 * @category services
 * @since 0.1.0
 */
export class Conversations extends Context.Service<Conversations, {
  readonly get: (id: ConversationId) => Effect.Effect<Conversation, NotFound, CurrentOrganization>
  /** The inbox: the latest message first. */
  readonly list: (
    query: InboxQuery
  ) => Effect.Effect<Pagination.Page<Conversation>, InvalidInput, CurrentOrganization>
  /** A contact's conversations, with those of the contacts merged into it. */
  readonly ofContact: (
    contactId: ContactId,
    query: Pagination.PageQuery
  ) => Effect.Effect<Pagination.Page<Conversation>, NotFound | InvalidInput, CurrentOrganization>
  /** Finds the current conversation of a chat, or opens one, because the business wants to write first. */
  readonly start: (chat: {
    readonly channelAccountId: ChannelAccountId
    readonly to: Address
    readonly displayName?: string | undefined
  }) => Effect.Effect<Conversation, NotFound | Unavailable | InvalidInput, CurrentOrganization>
  /** The acting person answers from now on; nothing that the bot still has to say is sent. */
  readonly takeOver: (
    id: ConversationId,
    options?: ChangeOptions
  ) => Effect.Effect<Conversation, ChangeError | InvalidInput, CurrentOrganization | CurrentActor>
  /** Another person answers from now on. */
  readonly assign: (
    id: ConversationId,
    userId: UserId,
    options?: ChangeOptions
  ) => Effect.Effect<Conversation, ChangeError | InvalidInput, CurrentOrganization>
  /** The bot passes the conversation to the queue. Joins the ambient transaction. */
  readonly handOver: (handOver: {
    readonly conversationId: ConversationId
    /** The epoch on which the bot decided. */
    readonly epoch: number
    readonly reason: string
  }) => Effect.Effect<Conversation, ChangeError, CurrentOrganization>
  /** The bot answers again. */
  readonly handBack: (
    id: ConversationId,
    options?: ChangeOptions
  ) => Effect.Effect<Conversation, ChangeError, CurrentOrganization>
  /** The person who answers puts the conversation into the queue. */
  readonly release: (
    id: ConversationId,
    options?: ChangeOptions
  ) => Effect.Effect<Conversation, ChangeError, CurrentOrganization>
  /** The matter is settled. The customer's next message opens the conversation again, with its first owner. */
  readonly resolve: (
    id: ConversationId,
    options?: ChangeOptions
  ) => Effect.Effect<Conversation, ChangeError, CurrentOrganization>
  /** Ends the conversation for good; the customer's next message opens another one. */
  readonly close: (
    id: ConversationId,
    options?: ChangeOptions
  ) => Effect.Effect<Conversation, NotFound | StaleEpoch, CurrentOrganization>
  /** A person has seen what the customer wrote. */
  readonly markRead: (id: ConversationId) => Effect.Effect<Conversation, NotFound, CurrentOrganization>
}>()("@wicara/conversations/Conversations") {
  /**
   * Conversations in SQL.
   *
   * @since 0.1.0
   */
  static readonly layerSql: Layer.Layer<
    Conversations,
    never,
    SqlClient.SqlClient | Events | Signals | Contacts | ChannelAccounts | Assignees
  > = Layer.suspend(() => Layer.effect(Conversations, make))
}

const Position = Schema.Struct({ at: Schema.Int, id: ConversationId })

const make = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const contacts = yield* Contacts
  const accounts = yield* ChannelAccounts
  const assignees = yield* Assignees
  const policy = yield* ConversationPolicy
  const transcript = yield* makeTranscript
  const { conversations, ownership } = transcript
  const events = transcript.events

  const found = Effect.fnUntraced(function*(id: ConversationId, lock: boolean) {
    const organization = yield* CurrentOrganization
    const row = yield* conversations.find(organization.id, id, lock)
    return Option.isSome(row) ? row.value : yield* NotFound.of("conversation", id)
  })

  const page = Effect.fnUntraced(function*(
    query: InboxQuery,
    contactIds: ReadonlyArray<ContactId> | undefined
  ) {
    const organization = yield* CurrentOrganization
    const limit = Pagination.limit(query)
    const before = yield* Pagination.position(Position, query)
    const rows = yield* Effect.orDie(conversations.inbox(organization.id, {
      lifecycle: query.lifecycle,
      ownership: query.ownership,
      channelAccountId: query.channelAccountId,
      ownerId: query.ownerId,
      contactIds,
      before,
      limit: limit + 1
    }))
    const paged = Pagination.page(rows, limit, Position, (row) => ({ at: row.lastMessageAt, id: row.id }))
    return { data: paged.data.map(toConversation), nextCursor: paged.nextCursor }
  })

  /** Changes a locked conversation, if it still has the epoch that was asked for. */
  const changing = <E, R>(
    id: ConversationId,
    epoch: number | undefined,
    change: (row: ConversationRow, now: number) => Effect.Effect<ConversationRow, E | SqlError.SqlError, R>
  ) =>
    orDieSql(joinTransaction(
      sql,
      Effect.gen(function*() {
        const row = yield* found(id, true)
        if (epoch !== undefined && row.epoch !== epoch) return yield* StaleEpoch.of(row.ownership, row.epoch)
        return toConversation(yield* change(row, yield* Clock.currentTimeMillis))
      })
    ))

  const giveTo = (
    id: ConversationId,
    options: ChangeOptions | undefined,
    to: Pick<OwnershipChange, "ownership" | "ownerId">
  ) =>
    changing(
      id,
      options?.epoch,
      Effect.fnUntraced(function*(row, now) {
        if (row.lifecycle === "closed") return yield* closed
        return yield* ownership.change(
          { ...row, resolvedAt: null },
          { ...to, reason: options?.reason ?? null, lifecycle: lifecycleOf(to.ownership) },
          now
        )
      })
    )

  const start = Effect.fn("Conversations.start")(function*(chat: {
    readonly channelAccountId: ChannelAccountId
    readonly to: Address
    readonly displayName?: string | undefined
  }) {
    const organization = yield* CurrentOrganization
    const { kind, value } = chat.to
    if (kind === "group" || kind === "newsletter" || kind === "broadcast" || kind === "username") {
      return yield* InvalidInput.of("/to/kind", "A conversation is started with one person, by an address of theirs.")
    }
    if (value === "" || value.length > 190) return yield* InvalidInput.of("/to/value", "Give 1 to 190 characters.")
    yield* accounts.resolve(chat.channelAccountId)
    return yield* orDieSql(joinTransaction(
      sql,
      Effect.gen(function*() {
        const contact = yield* contacts.resolve({
          channelAccountId: chat.channelAccountId,
          identities: [{ kind, value }],
          displayName: chat.displayName
        })
        const row = yield* transcript.open({
          organizationId: organization.id,
          channelAccountId: chat.channelAccountId,
          chat: chat.to,
          contactId: contact.id,
          sentAt: yield* Clock.currentTimeMillis,
          by: "business"
        })
        return toConversation(row)
      })
    ))
  })

  const end = Effect.fnUntraced(
    function*(row: ConversationRow, now: number, lifecycle: "resolved" | "closed", reason: string | null) {
      if (row.lifecycle === lifecycle) return row
      const ended = yield* ownership.change(
        { ...row, resolvedAt: now, unread: 0, isCurrent: lifecycle === "closed" ? false : row.isCurrent },
        { ownership: policy.initialOwnership, ownerId: null, reason, lifecycle },
        now
      )
      yield* events.append(lifecycle === "closed" ? ClosedEvent : ConversationResolved, {
        aggregateId: row.id,
        payload: eventBase(row)
      })
      return ended
    }
  )

  return Conversations.of({
    get: Effect.fn("Conversations.get")((id) => orDieSql(Effect.map(found(id, false), toConversation))),
    list: Effect.fn("Conversations.list")((query) => page(query, undefined)),
    ofContact: Effect.fn("Conversations.ofContact")(function*(contactId, query) {
      yield* contacts.get(contactId)
      return yield* page({ limit: query.limit, cursor: query.cursor }, yield* contacts.family(contactId))
    }),
    start,
    takeOver: Effect.fn("Conversations.takeOver")(function*(id, options) {
      const { actor } = yield* CurrentActor
      if (actor._tag !== "User") return yield* InvalidInput.of("/", "Only a person can take a conversation over.")
      return yield* giveTo(id, options, { ownership: "human", ownerId: actor.id })
    }),
    assign: Effect.fn("Conversations.assign")(function*(id, userId, options) {
      yield* orDieSql(found(id, false))
      if (!(yield* assignees.includes(userId))) {
        return yield* InvalidInput.of("/userId", "This person is not an active member of the organization.")
      }
      return yield* giveTo(id, options, { ownership: "human", ownerId: userId })
    }),
    handOver: Effect.fn("Conversations.handOver")(function*({ conversationId, epoch, reason }) {
      return yield* changing(
        conversationId,
        epoch,
        Effect.fnUntraced(function*(row, now) {
          if (row.lifecycle === "closed") return yield* closed
          if (row.ownership !== "bot") return yield* StaleEpoch.of(row.ownership, row.epoch)
          return yield* ownership.change(
            row,
            { ownership: "nobody", ownerId: null, reason, lifecycle: lifecycleOf("nobody") },
            now
          )
        })
      )
    }),
    handBack: Effect.fn("Conversations.handBack")((id, options) =>
      giveTo(id, options, { ownership: "bot", ownerId: null })
    ),
    release: Effect.fn("Conversations.release")((id, options) =>
      giveTo(id, options, { ownership: "nobody", ownerId: null })
    ),
    resolve: Effect.fn("Conversations.resolve")((id, options) =>
      changing(
        id,
        options?.epoch,
        (row, now) => row.lifecycle === "closed" ? closed : end(row, now, "resolved", options?.reason ?? null)
      )
    ),
    close: Effect.fn("Conversations.close")((id, options) =>
      changing(id, options?.epoch, (row, now) => end(row, now, "closed", options?.reason ?? null))
    ),
    markRead: Effect.fn("Conversations.markRead")((id) =>
      orDieSql(joinTransaction(
        sql,
        Effect.gen(function*() {
          const row = yield* found(id, true)
          if (row.unread === 0) return toConversation(row)
          const read = { ...row, unread: 0 }
          yield* conversations.save(read)
          yield* events.append(ConversationRead, { aggregateId: id, payload: eventBase(row) })
          return toConversation(read)
        })
      ))
    )
  })
})

const closed = new ConversationClosed({ detail: "It was closed for good." })
