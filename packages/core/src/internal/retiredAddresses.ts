/**
 * Addresses of organizations that are gone. Nobody else gets one for a time, so that links to it don't lead to somebody
 * else from one day to the next. What is kept is a digest: it says nothing of who was there.
 */
import { Clock, Effect } from "effect"
import type { SqlClient } from "effect/sql"
import { createHash } from "node:crypto"
import { insertIfAbsent } from "../Sql.ts"

const digest = (slug: string) => createHash("sha256").update(slug).digest()

export const retire = Effect.fnUntraced(function*(sql: SqlClient.SqlClient, slug: string, until: number) {
  const now = yield* Clock.currentTimeMillis
  yield* sql`DELETE FROM core_retired_addresses WHERE retired_until <= ${now}`
  if (until <= now) return
  yield* insertIfAbsent(sql, "core_retired_addresses", "address_hash", [{
    address_hash: digest(slug),
    retired_until: until
  }])
})

export const isRetired = Effect.fnUntraced(function*(sql: SqlClient.SqlClient, slug: string) {
  const now = yield* Clock.currentTimeMillis
  const rows = yield* sql`SELECT retired_until FROM core_retired_addresses
    WHERE address_hash = ${digest(slug)} AND retired_until > ${now}`
  return rows.length > 0
})
