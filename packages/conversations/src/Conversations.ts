/**
 * Conversations of an organization: the inbox, and who answers in each.
 *
 * A conversation is owned by the bot, a person or nobody. Every change of hands raises its epoch under a lock, and
 * whoever acts for the bot names the epoch on which it decided: an answer that was being prepared when a person took
 * over is refused, not sent.
 *
 * Permissions can be limited to a team's, an account's or one's own conversations: others are not found, and not listed.
 *
 * @since 0.1.0
 */
import { Clock, Context, Effect, Layer, Option } from "effect"
import type { SqlError } from "effect/sql"
import { SqlClient } from "effect/sql"
import type { Address } from "@wicara/channels/Address"
import type { ChannelAccountId } from "@wicara/channels/ChannelAdapter"
import { ChannelAccounts } from "@wicara/channels/ChannelAccounts"
import type { ContactId } from "@wicara/contacts/Contact"
import { Contacts } from "@wicara/contacts/Contacts"
import { Audit } from "@wicara/core/Audit"
import type { Events } from "@wicara/core/Events"
import * as Pagination from "@wicara/core/Pagination"
import * as Sorting from "@wicara/core/Sorting"
import type * as Permissions from "@wicara/core/Permissions"
import { InvalidInput, NotFound } from "@wicara/core/Problem"
import type { Forbidden, Unavailable } from "@wicara/core/Problem"
import type { TeamId } from "@wicara/core/Scope"
import type { Signals } from "@wicara/core/Signals"
import { joinTransaction, orDieSql } from "@wicara/core/Sql"
import { CurrentActor, CurrentOrganization } from "@wicara/core/Tenancy"
import type { UserId } from "@wicara/core/Tenancy"
import { Assignees } from "./Assignees.ts"
import { ConversationClosed, ConversationId, StaleEpoch } from "./Conversation.ts"
import type { Conversation, ConversationSort, Lifecycle, Ownership } from "./Conversation.ts"
import { ConversationPolicy } from "./ConversationPolicy.ts"
import {
  ConversationClosed as ClosedEvent,
  ConversationRead,
  ConversationResolved,
  ConversationTeamChanged
} from "./events.ts"
import * as Access from "./internal/conversationAccess.ts"
import { eventBase, toConversation } from "./internal/conversationRows.ts"
import type { ConversationRow } from "./internal/conversationRows.ts"
import { lifecycleOf } from "./internal/ownership.ts"
import type { OwnershipChange } from "./internal/ownership.ts"
import { makeTranscript } from "./internal/transcript.ts"
import { permissions } from "./permissions.ts"

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
  readonly teamId?: TeamId | undefined
  readonly sort?: ConversationSort | undefined
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

type Acting = CurrentOrganization | CurrentActor
type ChangeError = NotFound | StaleEpoch | ConversationClosed

/**
 * @category services
 * @since 0.1.0
 */
export class Conversations extends Context.Service<Conversations, {
  readonly get: (id: ConversationId) => Effect.Effect<Conversation, NotFound, Acting>
  /** The inbox: the latest message first, unless `sort` says otherwise. */
  readonly list: (
    query: InboxQuery
  ) => Effect.Effect<Pagination.Page<Conversation>, InvalidInput, Acting>
  /** A contact's conversations, with those of the contacts merged into it. */
  readonly ofContact: (
    contactId: ContactId,
    query: Pagination.PageQuery
  ) => Effect.Effect<Pagination.Page<Conversation>, NotFound | InvalidInput, Acting>
  /** Finds the current conversation of a chat, or opens one, because the business wants to write first. */
  readonly start: (chat: {
    readonly channelAccountId?: ChannelAccountId | undefined
    /** In place of an account: the default one of this channel. */
    readonly channel?: string | undefined
    readonly to: Address
    readonly displayName?: string | undefined
  }) => Effect.Effect<Conversation, NotFound | Forbidden | Unavailable | InvalidInput, Acting>
  /** The acting person answers from now on; nothing that the bot still has to say is sent. */
  readonly takeOver: (
    id: ConversationId,
    options?: ChangeOptions
  ) => Effect.Effect<Conversation, ChangeError | Forbidden | InvalidInput, Acting>
  /** Another person answers from now on. */
  readonly assign: (
    id: ConversationId,
    userId: UserId,
    options?: ChangeOptions
  ) => Effect.Effect<Conversation, ChangeError | Forbidden | InvalidInput, Acting>
  /** The conversation belongs to the team from now on, or to none. */
  readonly assignTeam: (
    id: ConversationId,
    teamId: TeamId | null
  ) => Effect.Effect<Conversation, NotFound | Forbidden | InvalidInput, Acting>
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
  ) => Effect.Effect<Conversation, ChangeError | Forbidden, Acting>
  /** The person who answers puts the conversation into the queue. */
  readonly release: (
    id: ConversationId,
    options?: ChangeOptions
  ) => Effect.Effect<Conversation, ChangeError | Forbidden, Acting>
  /** The matter is settled. The customer's next message opens the conversation again, with its first owner. */
  readonly resolve: (
    id: ConversationId,
    options?: ChangeOptions
  ) => Effect.Effect<Conversation, ChangeError | Forbidden, Acting>
  /** Ends the conversation for good; the customer's next message opens another one. */
  readonly close: (
    id: ConversationId,
    options?: ChangeOptions
  ) => Effect.Effect<Conversation, NotFound | Forbidden | StaleEpoch, Acting>
  /** A person has seen what the customer wrote. */
  readonly markRead: (id: ConversationId) => Effect.Effect<Conversation, NotFound | Forbidden, Acting>
}>()("@wicara/conversations/Conversations") {
  /**
   * Conversations in SQL.
   *
   * @since 0.1.0
   */
  static readonly layerSql: Layer.Layer<
    Conversations,
    never,
    SqlClient.SqlClient | Events | Signals | Contacts | ChannelAccounts | Assignees | Audit
  > = Layer.suspend(() => Layer.effect(Conversations, make))
}

const make = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const contacts = yield* Contacts
  const accounts = yield* ChannelAccounts
  const assignees = yield* Assignees
  const policy = yield* ConversationPolicy
  const audit = yield* Audit
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
    const sort = query.sort ?? "-lastMessageAt"
    const { isDescending } = Sorting.parts(sort)
    const after = yield* Sorting.position(query, sort)
    const filter = {
      lifecycle: query.lifecycle,
      ownership: query.ownership,
      channelAccountId: query.channelAccountId,
      ownerId: query.ownerId,
      teamId: query.teamId,
      contactIds,
      after: after === undefined ? undefined : { at: Number(after.key), id: ConversationId.make(after.id) },
      isDescending,
      limit: limit + 1
    }
    const readable = yield* Access.readable
    const rows = readable === "all"
      ? yield* Effect.orDie(conversations.inbox(organization.id, filter))
      : merged(
        yield* Effect.orDie(Effect.forEach(
          readable.allow,
          (within) => conversations.inbox(organization.id, { ...filter, within, without: readable.deny }),
          { concurrency: 4 }
        )),
        isDescending,
        limit + 1
      )
    const paged = Pagination.page(
      rows,
      limit,
      Sorting.Position,
      (row) => ({ sort, key: row.lastMessageAt, id: row.id })
    )
    return { data: paged.data.map(toConversation), nextCursor: paged.nextCursor }
  })

  const record = (action: string, row: ConversationRow, changed: ConversationRow) =>
    changed === row ? Effect.void : audit.record({
      action: `conversation.${action}`,
      target: { type: "conversation", id: row.id },
      before: responsibility(row),
      after: responsibility(changed)
    })

  /** Changes a locked conversation, if the actor may and it still has the epoch that was asked for. */
  const changing = <E, R>(
    id: ConversationId,
    action: string,
    permission: Permissions.Permission,
    epoch: number | undefined,
    change: (row: ConversationRow, now: number) => Effect.Effect<ConversationRow, E | SqlError.SqlError, R>
  ) =>
    orDieSql(joinTransaction(
      sql,
      Effect.gen(function*() {
        const row = yield* found(id, true)
        yield* Access.check(permission, row)
        const changed = yield* unlessStale(row, epoch, change)
        yield* record(action, row, changed)
        return toConversation(changed)
      })
    ))

  const unlessStale = Effect.fnUntraced(function*<E, R>(
    row: ConversationRow,
    epoch: number | undefined,
    change: (row: ConversationRow, now: number) => Effect.Effect<ConversationRow, E | SqlError.SqlError, R>
  ) {
    if (epoch !== undefined && row.epoch !== epoch) return yield* StaleEpoch.of(row.ownership, row.epoch)
    return yield* change(row, yield* Clock.currentTimeMillis)
  })

  const giveTo = (
    id: ConversationId,
    action: string,
    permission: Permissions.Permission,
    options: ChangeOptions | undefined,
    to: Pick<OwnershipChange, "ownership" | "ownerId">
  ) =>
    changing(
      id,
      action,
      permission,
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

  const through = Effect.fnUntraced(function*(chat: {
    readonly channelAccountId?: ChannelAccountId | undefined
    readonly channel?: string | undefined
  }) {
    if (chat.channelAccountId !== undefined && chat.channel === undefined) return chat.channelAccountId
    if (chat.channel === undefined || chat.channelAccountId !== undefined) {
      return yield* InvalidInput.of("/channelAccountId", "Give either an account or a channel.")
    }
    const account = yield* accounts.defaultOf(chat.channel)
    return Option.isSome(account)
      ? account.value.id
      : yield* InvalidInput.of("/channel", "This channel has no default account.")
  })

  const start = Effect.fn("Conversations.start")(function*(chat: {
    readonly channelAccountId?: ChannelAccountId | undefined
    readonly channel?: string | undefined
    readonly to: Address
    readonly displayName?: string | undefined
  }) {
    const organization = yield* CurrentOrganization
    const { kind, value } = chat.to
    if (kind === "group" || kind === "newsletter" || kind === "broadcast" || kind === "username") {
      return yield* InvalidInput.of("/to/kind", "A conversation is started with one person, by an address of theirs.")
    }
    if (value === "" || value.length > 190) return yield* InvalidInput.of("/to/value", "Give 1 to 190 characters.")
    const channelAccountId = yield* through(chat)
    yield* accounts.resolve(channelAccountId)
    return yield* orDieSql(joinTransaction(
      sql,
      Effect.gen(function*() {
        const contact = yield* contacts.resolve({
          channelAccountId,
          identities: [{ kind, value }],
          displayName: chat.displayName
        })
        const row = yield* transcript.open({
          organizationId: organization.id,
          channelAccountId,
          chat: chat.to,
          contactId: contact.id,
          sentAt: yield* Clock.currentTimeMillis,
          by: "business"
        })
        yield* Access.check(permissions.reply, row)
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
    get: Effect.fn("Conversations.get")((id) =>
      orDieSql(Effect.gen(function*() {
        const row = yield* found(id, false)
        // Who may read it may read it: nothing more is asked for, so the other refusal can't happen.
        yield* Effect.catchTag(Access.check(permissions.read, row), "Forbidden", Effect.die)
        return toConversation(row)
      }))
    ),
    list: Effect.fn("Conversations.list")((query) => page(query, undefined)),
    ofContact: Effect.fn("Conversations.ofContact")(function*(contactId, query) {
      yield* contacts.get(contactId)
      return yield* page({ limit: query.limit, cursor: query.cursor }, yield* contacts.family(contactId))
    }),
    start,
    takeOver: Effect.fn("Conversations.takeOver")(function*(id, options) {
      const { actor } = yield* CurrentActor
      if (actor._tag !== "User") return yield* InvalidInput.of("/", "Only a person can take a conversation over.")
      return yield* giveTo(id, "taken-over", permissions.reply, options, { ownership: "human", ownerId: actor.id })
    }),
    assign: Effect.fn("Conversations.assign")(function*(id, userId, options) {
      yield* orDieSql(Effect.flatMap(found(id, false), (row) => Access.check(permissions.assign, row)))
      if (!(yield* assignees.includes(userId))) {
        return yield* InvalidInput.of("/userId", "This person is not an active member of the organization.")
      }
      return yield* giveTo(id, "assigned", permissions.assign, options, { ownership: "human", ownerId: userId })
    }),
    assignTeam: Effect.fn("Conversations.assignTeam")(function*(id, teamId) {
      yield* orDieSql(Effect.flatMap(found(id, false), (row) => Access.check(permissions.assign, row)))
      if (teamId !== null && !(yield* assignees.hasTeam(teamId))) {
        return yield* InvalidInput.of("/teamId", "There is no such team.")
      }
      return yield* orDieSql(joinTransaction(
        sql,
        Effect.gen(function*() {
          const row = yield* found(id, true)
          yield* Access.check(permissions.assign, row)
          if (row.teamId === teamId) return toConversation(row)
          const changed = { ...row, teamId }
          yield* conversations.save(changed)
          yield* events.append(ConversationTeamChanged, {
            aggregateId: id,
            payload: { ...eventBase(row), teamId, previous: row.teamId }
          })
          yield* record("given-to-team", row, changed)
          return toConversation(changed)
        })
      ))
    }),
    handOver: Effect.fn("Conversations.handOver")(function*({ conversationId, epoch, reason }) {
      return yield* orDieSql(joinTransaction(
        sql,
        Effect.gen(function*() {
          const row = yield* found(conversationId, true)
          const handedOver = yield* unlessStale(
            row,
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
          return toConversation(handedOver)
        })
      ))
    }),
    handBack: Effect.fn("Conversations.handBack")((id, options) =>
      giveTo(id, "handed-back", permissions.reply, options, { ownership: "bot", ownerId: null })
    ),
    release: Effect.fn("Conversations.release")((id, options) =>
      giveTo(id, "released", permissions.reply, options, { ownership: "nobody", ownerId: null })
    ),
    resolve: Effect.fn("Conversations.resolve")((id, options) =>
      changing(
        id,
        "resolved",
        permissions.reply,
        options?.epoch,
        (row, now) => row.lifecycle === "closed" ? closed : end(row, now, "resolved", options?.reason ?? null)
      )
    ),
    close: Effect.fn("Conversations.close")((id, options) =>
      changing(
        id,
        "closed",
        permissions.reply,
        options?.epoch,
        (row, now) => end(row, now, "closed", options?.reason ?? null)
      )
    ),
    markRead: Effect.fn("Conversations.markRead")((id) =>
      orDieSql(joinTransaction(
        sql,
        Effect.gen(function*() {
          const row = yield* found(id, true)
          yield* Access.check(permissions.reply, row)
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

/** Whose a conversation is, as the audit log shows it. */
const responsibility = ({ lifecycle, ownerId, ownership, teamId }: ConversationRow) => ({
  lifecycle,
  ownership,
  ownerId,
  teamId
})

/** Pages of the same list, as one page of it. */
const merged = (
  pages: ReadonlyArray<ReadonlyArray<ConversationRow>>,
  isDescending: boolean,
  limit: number
): ReadonlyArray<ConversationRow> => {
  const [only] = pages
  if (pages.length === 1 && only !== undefined) return only
  const rows = new Map(pages.flat().map((row) => [row.id, row]))
  const sorted = [...rows.values()]
    .toSorted((one, other) => one.lastMessageAt - other.lastMessageAt || (one.id < other.id ? -1 : 1))
  return (isDescending ? sorted.toReversed() : sorted).slice(0, limit)
}

const closed = new ConversationClosed({ detail: "It was closed for good." })
