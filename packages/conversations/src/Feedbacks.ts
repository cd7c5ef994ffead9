/**
 * What customers said of conversations.
 *
 * @since 0.1.0
 */
import * as Id from "@wicara/core/Id"
import type { NotFound } from "@wicara/core/Problem"
import { CurrentOrganization } from "@wicara/core/Tenancy"
import type { CurrentActor } from "@wicara/core/Tenancy"
import { Context, DateTime, Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import type { ConversationId } from "./Conversation.ts"
import { Conversations } from "./Conversations.ts"
import { Feedback } from "./Feedback.ts"

interface FeedbackRow {
  readonly score: unknown
  readonly solved: unknown
  readonly comment_text: string | null
  readonly rated_at: unknown
}

/**
 * @category services
 * @since 0.1.0
 */
export class Feedbacks extends Context.Service<Feedbacks, {
  /** What was said of a conversation that the caller may read, if anything was. */
  readonly get: (id: ConversationId) => Effect.Effect<Feedback, NotFound, CurrentOrganization | CurrentActor>
}>()("@wicara/conversations/Feedbacks") {
  /** @since 0.1.0 */
  static readonly layerSql: Layer.Layer<Feedbacks, never, SqlClient.SqlClient | Conversations> = Layer.effect(
    Feedbacks,
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const conversations = yield* Conversations
      return Feedbacks.of({
        get: Effect.fn("Feedbacks.get")(function*(id) {
          const organization = yield* CurrentOrganization
          yield* conversations.get(id)
          const [row] = yield* Effect.orDie(sql<FeedbackRow>`SELECT score, solved, comment_text, rated_at
            FROM conversations_feedback
            WHERE organization_id = ${Id.toBytes(organization.id)} AND conversation_id = ${Id.toBytes(id)}`)
          return new Feedback({
            conversationId: id,
            score: row === undefined ? null : Number(row.score),
            solved: row === undefined || row.solved === null ? null : Number(row.solved) === 1,
            comment: row?.comment_text ?? null,
            ratedAt: row === undefined ? null : DateTime.makeUnsafe(Number(row.rated_at))
          })
        })
      })
    })
  )
}
