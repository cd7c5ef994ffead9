/**
 * Makes one conversation of two with the same customer at one account, when their contacts turn out to be one person: a
 * hidden id was linked to a number. Else both would go on, each answered by somebody else.
 *
 * The one that a person answers goes on; among those that nobody answers, that in the queue before the bot's, and then
 * the one that was written in last. The other one is closed, and its messages are read as part of the one that goes on, in
 * their order of time. The bot's turn in it is stale. Nothing is moved: when the merge is undone, both are as they were,
 * and what was written meanwhile stays where it was written.
 *
 * @since 0.1.0
 */
import { Array as Arr, Clock, Effect, Option } from "effect"
import { SqlClient } from "effect/sql"
import type { ContactId, ContactMergeId } from "@wicara/contacts/Contact"
import { Audit } from "@wicara/core/Audit"
import { orDieSql, transaction } from "@wicara/core/Sql"
import { CurrentOrganization } from "@wicara/core/Tenancy"
import { ConversationJoined } from "./events.ts"
import { eventBase } from "./internal/conversationRows.ts"
import type { ConversationRow } from "./internal/conversationRows.ts"
import { makeJoinRows } from "./internal/joinRows.ts"
import { lifecycleOf } from "./internal/ownership.ts"
import { makeTranscript } from "./internal/transcript.ts"
import { isOver } from "./Conversation.ts"

const order = ["bot", "nobody", "human"] as const

/** Which of two goes on comes first. */
const compare = (one: ConversationRow, other: ConversationRow): number =>
  Number(isOver(one)) - Number(isOver(other)) ||
  order.indexOf(other.ownership) - order.indexOf(one.ownership) ||
  other.lastMessageAt - one.lastMessageAt ||
  (one.id < other.id ? -1 : 1)

const joined = "joined"

/**
 * Joins what a merge brought together, and takes it apart again.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const audit = yield* Audit
  const { contacts, conversations, events, ownership } = yield* makeTranscript
  const joins = makeJoinRows(sql)

  const tell = (into: ConversationRow, other: ConversationRow, mergeId: ContactMergeId, isJoined: boolean) =>
    Effect.andThen(
      events.append(ConversationJoined, {
        aggregateId: into.id,
        payload: { ...eventBase(into), otherConversationId: other.id, mergeId, joined: isJoined }
      }),
      audit.record({
        action: isJoined ? "conversation.joined" : "conversation.separated",
        target: { type: "conversation", id: into.id },
        after: { conversationId: other.id, mergeId }
      })
    )

  /** Makes `other` part of `into`; both are locked. */
  const joinOne = Effect.fnUntraced(function*(
    into: ConversationRow,
    other: ConversationRow,
    mergeId: ContactMergeId,
    now: number
  ) {
    yield* joins.insert({
      organizationId: into.organizationId,
      id: other.id,
      mergeId,
      into: into.id,
      lifecycle: other.lifecycle,
      ownership: other.ownership,
      ownerId: other.ownerId,
      chat: into.chat
    }, now)
    const over = { ...other, isCurrent: false, unread: 0, lifecycle: "closed", resolvedAt: now } as const
    if (into.ownership === "human") {
      // What the bot said in it and nobody has begun to send is taken back, as when a person takes over.
      yield* ownership.change(over, {
        ownership: "human",
        ownerId: into.ownerId,
        reason: joined,
        lifecycle: over.lifecycle
      }, now)
    } else {
      yield* conversations.save({
        ...over,
        ownership: "nobody",
        ownerId: null,
        epoch: other.epoch + 1,
        ownershipReason: joined,
        ownershipChangedAt: now
      })
    }
    const wroteLast = (other.lastInboundAt ?? 0) > (into.lastInboundAt ?? 0)
    const isLater = other.lastMessageAt > into.lastMessageAt
    const whole: ConversationRow = {
      ...into,
      // Answers go to the address that the customer last wrote from.
      chat: wroteLast ? other.chat : into.chat,
      lastInboundAt: wroteLast ? other.lastInboundAt : into.lastInboundAt,
      lastMessageAt: isLater ? other.lastMessageAt : into.lastMessageAt,
      preview: isLater ? other.preview : into.preview,
      previewDirection: isLater ? other.previewDirection : into.previewDirection,
      unread: into.unread + other.unread,
      teamId: into.teamId ?? other.teamId
    }
    yield* conversations.save(whole)
    yield* tell(whole, other, mergeId, true)
    // The bot goes on with what it was asked in its own conversation; what it was asked in the other one people see.
    const isUnanswered = !isOver(other) && other.ownership === "bot" && other.previewDirection === "inbound"
    return into.ownership === "bot" && isUnanswered
      ? yield* ownership.change(whole, {
        ownership: "nobody",
        ownerId: null,
        reason: joined,
        lifecycle: lifecycleOf("nobody")
      }, now)
      : whole
  })

  const join = Effect.fn("ConversationJoins.join")(function*(mergeId: ContactMergeId, contactId: ContactId) {
    const organization = yield* CurrentOrganization
    yield* orDieSql(transaction(
      sql,
      Effect.gen(function*() {
        const family = yield* contacts.family(contactId)
        const rows = yield* conversations.currentByContacts(organization.id, family)
        const now = yield* Clock.currentTimeMillis
        for (const ofAccount of Object.values(Arr.groupBy(rows, ({ channelAccountId }) => channelAccountId))) {
          const [first, ...others] = [...ofAccount].sort(compare)
          let into = first!
          for (const other of others) into = yield* joinOne(into, other, mergeId, now)
        }
      })
    ))
  })

  const separate = Effect.fn("ConversationJoins.separate")(function*(mergeId: ContactMergeId) {
    const organization = yield* CurrentOrganization
    yield* orDieSql(transaction(
      sql,
      Effect.gen(function*() {
        const now = yield* Clock.currentTimeMillis
        for (const row of yield* joins.ofMerge(organization.id, mergeId)) {
          for (const id of [row.id, row.into].sort()) yield* conversations.find(organization.id, id, true)
          const other = Option.getOrUndefined(yield* conversations.find(organization.id, row.id, true))
          const into = Option.getOrUndefined(yield* conversations.find(organization.id, row.into, true))
          yield* joins.undo(row, now)
          if (other === undefined || into === undefined) continue
          const isMoved = into.chat.kind === other.chat.kind && into.chat.value === other.chat.value &&
            Option.isNone(yield* conversations.currentByChat(organization.id, into.channelAccountId, row.chat))
          const back = isMoved ? { ...into, chat: row.chat } : into
          if (isMoved) yield* conversations.save(back)
          // Somebody else may have begun to write from its address.
          const taken = yield* conversations.currentByChat(organization.id, other.channelAccountId, other.chat)
          yield* conversations.save({
            ...other,
            isCurrent: Option.isNone(taken),
            lifecycle: Option.isNone(taken) ? row.lifecycle : "closed",
            resolvedAt: row.lifecycle === "resolved" ? other.resolvedAt : null,
            ownership: row.ownership,
            ownerId: row.ownerId,
            epoch: other.epoch + 1,
            ownershipReason: "separated",
            ownershipChangedAt: now
          })
          yield* tell(back, other, mergeId, false)
        }
      })
    ))
  })

  return { join, separate }
})
