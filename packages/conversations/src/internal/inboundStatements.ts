import type * as InboundEvent from "@wicara/channels/InboundEvent"
import * as Id from "@wicara/core/Id"
import { insertIfAbsent } from "@wicara/core/Sql"
import { Clock, DateTime, Effect, Option, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { ConversationId } from "../Conversation.ts"
import { ConversationRated, TypingChanged } from "../events.ts"
import * as MessageOrder from "../MessageOrder.ts"
import { eventBase } from "./conversationRows.ts"
import type { Arrival, Transcript } from "./transcript.ts"

const isConversationId = Schema.is(ConversationId)

/** What customers tell otherwise than by a message: who they are, how it was, and that they write one. */
export const makeInboundStatements = Effect.fnUntraced(function*(
  { contacts, conversations, events }: Pick<Transcript, "contacts" | "conversations" | "events">
) {
  const sql = yield* SqlClient.SqlClient

  const profile = Effect.fnUntraced(function*(arrival: Arrival, event: InboundEvent.ProfileStated) {
    const { attributes, consent, email, language, person, verified } = event
    const { id } = yield* contacts.resolve({
      channelAccountId: arrival.channelAccountId,
      identities: person.identities,
      displayName: person.displayName
    })
    const occurredAt = MessageOrder.effectiveTime(event.timestamp, arrival.receivedAt)
    yield* contacts.learn(id, { verified, displayName: person.displayName, email, language, attributes })
    if (consent?.purpose === "marketing") {
      yield* Effect.orDie(contacts.changeConsent({
        contactId: id,
        purpose: "marketing",
        state: "granted",
        source: "form",
        evidence: consent.text,
        occurredAt
      }))
    }
    if (consent?.purpose === "data") {
      yield* contacts.learn(id, {
        verified: false,
        attributes: { consent: { text: consent.text, at: DateTime.formatIso(DateTime.makeUnsafe(occurredAt)) } }
      })
    }
  })

  const rated = Effect.fnUntraced(function*(arrival: Arrival, event: InboundEvent.ConversationRated) {
    const { organizationId } = arrival
    if (!isConversationId(event.conversationId)) return
    const row = yield* conversations.find(organizationId, event.conversationId, true)
    // Another account's conversation is none that could have been asked about.
    if (Option.isNone(row) || row.value.channelAccountId !== arrival.channelAccountId) return
    const at = MessageOrder.effectiveTime(event.timestamp, arrival.receivedAt)
    const key = sql`organization_id = ${Id.toBytes(organizationId)} AND conversation_id = ${Id.toBytes(row.value.id)}`
    const said = {
      score: event.score,
      solved: event.solved === undefined ? null : event.solved ? 1 : 0,
      comment_text: event.comment ?? null,
      rated_at: at
    }
    yield* insertIfAbsent(sql, "conversations_feedback", "conversation_id", [{
      organization_id: Id.toBytes(organizationId),
      conversation_id: Id.toBytes(row.value.id),
      ...said
    }])
    yield* sql`UPDATE conversations_feedback SET ${sql.update(said)} WHERE ${key} AND rated_at <= ${at}`
    yield* events.append(ConversationRated, {
      aggregateId: row.value.id,
      payload: { ...eventBase(row.value), score: event.score, solved: event.solved ?? null }
    })
  })

  const typing = Effect.fnUntraced(function*(arrival: Arrival, { chat, until }: InboundEvent.TypingChanged) {
    // Worked off too late to be true still.
    if (until !== null && until <= (yield* Clock.currentTimeMillis)) return
    const row = yield* conversations.currentByChat(arrival.organizationId, arrival.channelAccountId, chat)
    if (Option.isNone(row)) return
    yield* events.append(TypingChanged, {
      aggregateId: row.value.id,
      payload: { ...eventBase(row.value), until: until === null ? null : DateTime.makeUnsafe(until) }
    })
  })

  return { profile, rated, typing }
})
