import type { Address } from "@wicara/channels/Address"
import type * as InboundEvent from "@wicara/channels/InboundEvent"
import * as Id from "@wicara/core/Id"
import { insertIfAbsent } from "@wicara/core/Sql"
import { DateTime, Effect, Option } from "effect"
import type { SqlClient } from "effect/sql"
import { ChatArchived, ChatLabelChanged, LabelChanged, TypingChanged } from "../events.ts"
import { eventBase } from "./conversationRows.ts"
import type { Arrival, Transcript } from "./transcript.ts"

/** Nobody is told of as writing for longer, unless it is told again; milliseconds. */
export const typingFor = 25_000

/** What providers tell of chats beside their messages: who is there, and how the account's own app keeps them. */
export const makeInboundChats = (
  sql: SqlClient.SqlClient,
  { contacts, conversations, events }: Pick<Transcript, "contacts" | "conversations" | "events">
) => {
  /** The conversation of a chat, also where it goes on under another identity of the same person; none is opened. */
  const conversationOf = Effect.fnUntraced(function*({ channelAccountId, organizationId }: Arrival, chat: Address) {
    const current = yield* conversations.currentByChat(organizationId, channelAccountId, chat)
    if (Option.isSome(current)) return current.value
    if (chat.kind === "group" || chat.kind === "newsletter" || chat.kind === "broadcast") return undefined
    const person = yield* contacts.findByIdentity(channelAccountId, { ...chat, kind: chat.kind })
    if (Option.isNone(person)) return undefined
    const family = yield* contacts.family(person.value)
    return Option.getOrUndefined(
      yield* conversations.latestByContacts(organizationId, channelAccountId, family, "current")
    )
  })

  const presence = Effect.fnUntraced(function*(arrival: Arrival, event: InboundEvent.PresenceChanged) {
    const row = yield* conversationOf(arrival, event.chat)
    if (row === undefined) return
    const at = event.timestamp ?? arrival.receivedAt
    const typing = event.people.some(({ presence }) => presence === "typing" || presence === "recording")
    const seen = event.people.flatMap(({ lastSeenAt, presence }) =>
      lastSeenAt !== undefined ? [lastSeenAt] : presence === "offline" ? [] : [at]
    )
    const key = { organization_id: Id.toBytes(row.organizationId), conversation_id: Id.toBytes(row.id) }
    const isIt = sql`organization_id = ${key.organization_id} AND conversation_id = ${key.conversation_id}`
    yield* insertIfAbsent(sql, "conversations_presences", "conversation_id", [{
      ...key,
      typing: 0,
      last_seen_at: null,
      changed_at: 0
    }])
    const [known] = yield* sql<
      { readonly typing: unknown; readonly last_seen_at: unknown; readonly changed_at: unknown }
    >`
      SELECT typing, last_seen_at, changed_at FROM conversations_presences WHERE ${isIt}`
    if (known === undefined || Number(known.changed_at) > at) return
    const lastSeenAt = Math.max(Number(known.last_seen_at ?? 0), ...seen)
    yield* sql`UPDATE conversations_presences SET ${
      sql.update({ typing: typing ? 1 : 0, last_seen_at: lastSeenAt === 0 ? null : lastSeenAt, changed_at: at })
    } WHERE ${isIt}`
    if (typing === (Number(known.typing) === 1)) return
    yield* events.append(TypingChanged, {
      aggregateId: row.id,
      payload: { ...eventBase(row), until: typing ? DateTime.makeUnsafe(at + typingFor) : null }
    })
  })

  const changed = Effect.fnUntraced(function*(
    arrival: Arrival,
    event: InboundEvent.ChatLabelChanged | InboundEvent.ChatArchived
  ) {
    const row = yield* conversationOf(arrival, event.chat)
    if (row === undefined) return
    const base = eventBase(row)
    if (event._tag === "ChatArchived") {
      yield* events.append(ChatArchived, { aggregateId: row.id, payload: { ...base, archived: event.archived } })
      return
    }
    const { labelId, name } = event
    yield* events.append(ChatLabelChanged, {
      aggregateId: row.id,
      payload: { ...base, labelId, name: name ?? null, added: event.added }
    })
  })

  const label = ({ channelAccountId }: Arrival, { color, deleted, labelId, name }: InboundEvent.LabelChanged) =>
    events.append(LabelChanged, {
      aggregateId: channelAccountId,
      payload: { channelAccountId, labelId, name: name ?? null, color: color ?? null, deleted }
    })

  return { presence, changed, label }
}
