import { Array as Arr } from "effect"
import type { SqlClient, Statement } from "effect/sql"
import * as Id from "@wicara/core/Id"
import { padded } from "@wicara/core/Sql"
import type { MessageKey } from "./messageRow.ts"

/**
 * The condition that a table's rows are of these messages, however many.
 *
 * SQLite looks each of them up by its whole key; for a list of ids it reads all of an organization's rows. MySQL and
 * MariaDB look up a list at once, and plan for whole keys longer than they read them: 128 ms for 64 messages, against 2 ms.
 */
export const makeMessageKeys = (sql: SqlClient.SqlClient, table: {
  /** The column of the message's id. */
  readonly id: string
  /** Whether an index leads from the message's id alone; otherwise one leads from its conversation. */
  readonly hasIdIndex: boolean
}) => {
  const id = sql.literal(table.id)
  const ids = (keys: ReadonlyArray<MessageKey>) => sql.in(keys.map((key) => Id.toBytes(key.id)))

  const among = sql.onDialectOrElse({
    mysql: () =>
      table.hasIdIndex
        ? (keys: ReadonlyArray<MessageKey>) => sql`${id} IN ${ids(keys)}`
        // Not by both lists: it would look up each id in each conversation.
        : (keys: ReadonlyArray<MessageKey>) =>
          sql`${sql.in("conversation_id", [...new Set(keys.map((key) => key.conversationId))].map(Id.toBytes))}
            AND CONCAT(${id}) IN ${ids(keys)}`,
    orElse: () => (keys: ReadonlyArray<MessageKey>) =>
      sql`(conversation_id, ${id}) IN (VALUES ${
        sql.csv(padded(keys).map((key) => sql`(${Id.toBytes(key.conversationId)}, ${Id.toBytes(key.id)})`))
      })`
  })

  return (keys: ReadonlyArray<MessageKey>): Statement.Fragment =>
    sql`(${
      sql.or(
        Object.values(Arr.groupBy(keys, (key) => key.organizationId)).map((some) =>
          sql`(organization_id = ${Id.toBytes(some[0].organizationId)} AND ${among(some)})`
        )
      )
    })`
}
