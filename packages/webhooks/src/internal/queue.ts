import { affectedRows, varying } from "@wicara/core/Sql"
import { Effect } from "effect"
import type { SqlClient } from "effect/sql"
import { isEndpoint, ofEndpoint } from "./rows.ts"
import type { EndpointKey } from "./rows.ts"

/** The signal that is raised when there may be something to deliver. */
export const deliverySignal = "webhooks"

/** SQLite allows 32,766 parameters in a statement. */
const lanesAtOnce = 500

/**
 * The work list: whoever adds to it or takes from it holds the row of the endpoint until the transaction ends, so that
 * none is left waiting for one that has just arrived.
 */
export const makeQueue = (sql: SqlClient.SqlClient) => {
  /** Has the endpoint looked at, and holds its row; `false`: there is none any more that keeps anything. */
  const wake = (key: EndpointKey, now: number) =>
    Effect.map(
      affectedRows(sql`UPDATE webhooks_endpoints
        SET due_at = CASE
          WHEN lease_id IS NOT NULL OR due_at <= ${now} THEN due_at
          WHEN not_before > ${now} THEN not_before
          ELSE ${now}
        END
        WHERE ${isEndpoint(sql, key)} AND NOT state = 'disabled'`),
      (found) => found > 0
    )

  /** Makes the first pending delivery of each lane due, unless it waits for its next attempt already. */
  const promote = Effect.fnUntraced(function*(key: EndpointKey, lanes: ReadonlyArray<string>, now: number) {
    for (let start = 0; start < lanes.length; start += lanesAtOnce) {
      const some = lanes.slice(start, start + lanesAtOnce)
      const first = yield* varying(
        sql,
        sql<{ readonly lane: string; readonly position: unknown }>`SELECT lane, MIN(position) AS position
          FROM webhooks_deliveries WHERE ${ofEndpoint(sql, key)} AND state = 'pending' AND ${sql.in("lane", some)}
          GROUP BY lane`
      )
      if (first.length === 0) continue
      yield* varying(
        sql,
        sql`UPDATE webhooks_deliveries SET due_at = ${now}
          WHERE ${ofEndpoint(sql, key)} AND state = 'pending' AND due_at IS NULL
          AND ${sql.in("lane", first.map(({ lane }) => lane))}
          AND ${sql.in("position", first.map(({ position }) => Number(position)))}`
      )
    }
  })

  /** What has not arrived is not tried any more. */
  const discard = (key: EndpointKey, now: number) =>
    sql`UPDATE webhooks_deliveries SET state = 'discarded', due_at = NULL, finished_at = ${now}, updated_at = ${now}
      WHERE ${ofEndpoint(sql, key)} AND state = 'pending'`

  return { discard, promote, wake }
}
