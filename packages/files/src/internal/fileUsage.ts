/** How much an organization has stored. */
import * as Id from "@wicara/core/Id"
import { CurrentOrganization } from "@wicara/core/Tenancy"
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { FilePolicy } from "../FilePolicy.ts"

export const makeUsage = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const policy = yield* FilePolicy

  return Effect.gen(function*() {
    const organization = yield* CurrentOrganization
    const [row] = yield* Effect.orDie(
      sql<{ readonly files: unknown; readonly bytes: unknown; readonly quota: unknown }>`SELECT files, bytes, quota
        FROM files_usage WHERE organization_id = ${Id.toBytes(organization.id)}`
    )
    return {
      files: Number(row?.files ?? 0),
      bytes: Number(row?.bytes ?? 0),
      quota: row?.quota == null ? policy.quota : Number(row.quota)
    }
  }).pipe(Effect.withSpan("Files.usage"))
})
