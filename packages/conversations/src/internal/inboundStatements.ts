import type * as InboundEvent from "@wicara/channels/InboundEvent"
import * as Id from "@wicara/core/Id"
import { insertIfAbsent } from "@wicara/core/Sql"
import { DateTime, Effect, Option, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { ConversationId } from "../Conversation.ts"
import { ConversationRated } from "../events.ts"
import * as MessageOrder from "../MessageOrder.ts"
import { eventBase } from "./conversationRows.ts"
import type { Arrival, Transcript } from "./transcript.ts"

const isConversationId = Schema.is(ConversationId)

/** What customers state otherwise than by a message: who they are, and how it was. */
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
    yield* contacts.learn(id, { verified, email, language, attributes })
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

  return { profile, rated }
})
