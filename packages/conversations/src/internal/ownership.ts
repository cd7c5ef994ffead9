import { Effect, Option } from "effect"
import type { SqlClient } from "effect/sql"
import type { Events } from "@wicara/core/Events"
import { CurrentActor } from "@wicara/core/Tenancy"
import type { UserId } from "@wicara/core/Tenancy"
import type { Lifecycle, Ownership } from "../Conversation.ts"
import { MessageStatusChanged, OwnershipChanged } from "../events.ts"
import { eventBase } from "./conversationRows.ts"
import type { ConversationRow, ConversationRows } from "./conversationRows.ts"
import type { MessageRows } from "./messageRows.ts"
import type { OutboxRows } from "./outboxRows.ts"

/** Where a conversation stands that has this owner. */
export const lifecycleOf = (ownership: Ownership): Lifecycle =>
  ownership === "bot" ? "bot_active" : ownership === "human" ? "transferred" : "escalated"

export interface OwnershipChange {
  readonly ownership: Ownership
  readonly ownerId: UserId | null
  readonly reason: string | null
  readonly lifecycle: Lifecycle
}

export const makeOwnership = (options: {
  readonly sql: SqlClient.SqlClient
  readonly events: Events["Service"]
  readonly conversations: ConversationRows
  readonly messages: MessageRows
  readonly outbox: OutboxRows
}) => {
  const { conversations, events, messages, outbox } = options

  /**
   * Gives a locked conversation to someone, under a new epoch. What the bot said and nobody has begun to send is taken
   * back when a person takes over: they decide what is said now.
   */
  const change = Effect.fnUntraced(function*(row: ConversationRow, to: OwnershipChange, now: number) {
    const changed: ConversationRow = {
      ...row,
      ownership: to.ownership,
      ownerId: to.ownerId,
      epoch: row.epoch + 1,
      ownershipReason: to.reason === null ? null : to.reason.slice(0, 190),
      ownershipChangedAt: now,
      lifecycle: to.lifecycle
    }
    yield* conversations.save(changed)
    const acting = Option.map(yield* Effect.serviceOption(CurrentActor), ({ actor }) => actor)
    yield* events.append(OwnershipChanged, {
      aggregateId: row.id,
      payload: {
        ...eventBase(row),
        ownership: to.ownership,
        previous: row.ownership,
        epoch: changed.epoch,
        ownerId: to.ownerId,
        reason: changed.ownershipReason,
        by: Option.match(acting, { onNone: () => null, onSome: (actor) => actor._tag === "User" ? actor.id : null })
      }
    })
    if (to.ownership === "human") {
      for (const id of yield* outbox.cancelBot(row.organizationId, row.id)) {
        yield* messages.advance({ organizationId: row.organizationId, conversationId: row.id, id }, {
          status: "failed",
          at: now,
          error: { code: "superseded", title: "A person took over before it was sent." }
        })
        yield* events.append(MessageStatusChanged, {
          aggregateId: row.id,
          payload: { ...eventBase(row), messageId: id, status: "failed", errorCode: "superseded" }
        })
      }
    }
    return changed
  })

  return { change }
}
