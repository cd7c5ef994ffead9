/** The surveys of an organization. */
import type { ConversationId } from "@wicara/conversations/Conversation"
import { Audit } from "@wicara/core/Audit"
import { Events } from "@wicara/core/Events"
import * as Id from "@wicara/core/Id"
import { InvalidInput, NotFound } from "@wicara/core/Problem"
import { Settings } from "@wicara/core/Settings"
import { insertIfAbsent, orDieSql, transaction } from "@wicara/core/Sql"
import { CurrentOrganization } from "@wicara/core/Tenancy"
import type { CurrentActor } from "@wicara/core/Tenancy"
import { Clock, Context, DateTime, Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { answered, scale } from "./declarations.ts"
import { Survey } from "./Survey.ts"
import type { Answer, Summary } from "./Survey.ts"

export class Surveys extends Context.Service<Surveys, {
  /** Opens the survey of a conversation; a second time it changes nothing. */
  readonly open: (id: ConversationId) => Effect.Effect<void, never, CurrentOrganization>
  readonly list: Effect.Effect<ReadonlyArray<Survey>, never, CurrentOrganization>
  readonly summary: Effect.Effect<typeof Summary.Type, never, CurrentOrganization>
  readonly answer: (
    id: ConversationId,
    answer: Answer
  ) => Effect.Effect<Survey, NotFound | InvalidInput, CurrentOrganization | CurrentActor>
}>()("@wicara/example-addon-satisfaction/Surveys") {
  static readonly layerSql: Layer.Layer<Surveys, never, SqlClient.SqlClient | Settings | Events | Audit> = Layer
    .suspend(() => Layer.effect(Surveys, make))
}

interface SurveyRow {
  readonly conversation_id: Uint8Array
  readonly opened_at: unknown
  readonly score: unknown
  readonly comment_text: string | null
}

const toSurvey = (row: SurveyRow): Survey =>
  new Survey({
    conversationId: Id.fromBytes<ConversationId>(row.conversation_id),
    openedAt: DateTime.makeUnsafe(Number(row.opened_at)),
    score: row.score === null ? null : Number(row.score),
    comment: row.comment_text
  })

const make = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const settings = yield* Settings
  const events = yield* Events
  const audit = yield* Audit
  const columns = sql.literal("conversation_id, opened_at, score, comment_text")

  const find = Effect.fnUntraced(function*(id: ConversationId) {
    const organization = yield* CurrentOrganization
    const [row] = yield* Effect.orDie(sql<SurveyRow>`SELECT ${columns} FROM satisfaction_surveys
      WHERE organization_id = ${Id.toBytes(organization.id)} AND conversation_id = ${Id.toBytes(id)}`)
    return row === undefined ? yield* NotFound.of("survey", id) : toSurvey(row)
  })

  return Surveys.of({
    open: Effect.fn("Surveys.open")(function*(id) {
      const organization = yield* CurrentOrganization
      yield* Effect.orDie(insertIfAbsent(sql, "satisfaction_surveys", "conversation_id", [{
        organization_id: Id.toBytes(organization.id),
        conversation_id: Id.toBytes(id),
        opened_at: yield* Clock.currentTimeMillis
      }]))
    }),
    list: Effect.gen(function*() {
      const organization = yield* CurrentOrganization
      const rows = yield* Effect.orDie(sql<SurveyRow>`SELECT ${columns} FROM satisfaction_surveys
        WHERE organization_id = ${Id.toBytes(organization.id)} ORDER BY conversation_id DESC LIMIT 100`)
      return rows.map(toSurvey)
    }),
    summary: Effect.gen(function*() {
      const organization = yield* CurrentOrganization
      const [row] = yield* Effect.orDie(
        sql<{ readonly surveys: unknown; readonly answered: unknown; readonly total: unknown }>`
          SELECT COUNT(*) AS surveys, COUNT(score) AS answered, SUM(score) AS total FROM satisfaction_surveys
          WHERE organization_id = ${Id.toBytes(organization.id)}`
      )
      const count = Number(row?.answered ?? 0)
      return {
        surveys: Number(row?.surveys ?? 0),
        answered: count,
        average: count === 0 ? null : Number(row?.total) / count,
        scale: yield* settings.get(scale)
      }
    }),
    answer: Effect.fn("Surveys.answer")(function*(id, { comment, score }) {
      const organization = yield* CurrentOrganization
      const best = yield* settings.get(scale)
      if (score > best) return yield* InvalidInput.of("/score", `The best score is ${best}.`)
      return yield* orDieSql(transaction(
        sql,
        Effect.gen(function*() {
          const before = yield* find(id)
          yield* sql`UPDATE satisfaction_surveys SET ${sql.update({ score, comment_text: comment ?? null })}
            WHERE organization_id = ${Id.toBytes(organization.id)} AND conversation_id = ${Id.toBytes(id)}`
          yield* events.append(answered, { aggregateId: id, payload: { conversationId: id, score } })
          yield* audit.record({
            action: "satisfaction.answered",
            target: { type: "conversation", id },
            before: { score: before.score },
            after: { score }
          })
          return yield* find(id)
        })
      ))
    })
  })
})
