/** What is cleared away of files by itself. */
import { Audit } from "@wicara/core/Audit"
import { Events } from "@wicara/core/Events"
import * as Id from "@wicara/core/Id"
import { rowLimit, varying } from "@wicara/core/Sql"
import { CurrentActor, CurrentOrganization, systemActor } from "@wicara/core/Tenancy"
import type { OrganizationId } from "@wicara/core/Tenancy"
import { Clock, DateTime, Effect, Option } from "effect"
import { SqlClient } from "effect/sql"
import { BlobStore, parseKey } from "../BlobStore.ts"
import { FileDeleted } from "../events.ts"
import type { FileId } from "../File.ts"
import type { Files } from "../Files.ts"
import { described, makeContents, storeFailed, target } from "./fileContents.ts"
import { makeFileRows, toFile } from "./fileRows.ts"
import type { UploadRow } from "./fileRows.ts"

type Service = Pick<Files["Service"], "cleanup" | "sweep">

export const makeCleanups = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const blobs = yield* BlobStore
  const events = yield* Events
  const audit = yield* Audit
  const rows = makeFileRows(sql)
  const { abandon, changing, removeContent } = yield* makeContents

  const service: Service = {
    cleanup: Effect.fn("Files.cleanup")(function*(limit) {
      const now = yield* Clock.currentTimeMillis
      let total = 0
      const dead = yield* Effect.orDie(sql<UploadRow>`SELECT organization_id, id, lease_id FROM files_files
        WHERE lease_until <= ${now} AND state = 'uploading' LIMIT ${rowLimit(sql, limit)}`)
      for (const row of dead) if (yield* abandon(row, now)) total += 1

      const expired = yield* Effect.orDie(
        sql<{ readonly organization_id: Uint8Array; readonly id: Uint8Array }>`SELECT organization_id, id
          FROM files_files WHERE expires_at <= ${now} AND state = 'ready' LIMIT ${rowLimit(sql, limit)}`
      )
      for (const row of expired) {
        const organization = { id: Id.fromBytes<OrganizationId>(row.organization_id) }
        const id = Id.fromBytes<FileId>(row.id)
        const removed = yield* changing(Effect.gen(function*() {
          const file = toFile(yield* rows.found(organization.id, id, true))
          if (file.expiresAt === null || DateTime.toEpochMillis(file.expiresAt) > now) return false
          if (yield* rows.isHeld(row.organization_id, row.id)) {
            yield* sql`UPDATE files_files SET expires_at = NULL
              WHERE organization_id = ${row.organization_id} AND id = ${row.id}`
            return false
          }
          yield* rows.remove(row.organization_id, row.id, file.size)
          yield* audit.record({ action: "file.expired", target: target(id), before: described(file) })
          yield* events.append(FileDeleted, { aggregateId: id, payload: { fileId: id, size: file.size } })
          return true
        })).pipe(
          Effect.catchTag("NotFound", () => Effect.succeed(false)),
          Effect.provideService(CurrentOrganization, organization),
          Effect.provideService(CurrentActor, systemActor("files"))
        )
        if (removed) total += 1
      }

      const gone = yield* Effect.orDie(
        sql<{ readonly organization_id: Uint8Array; readonly file_id: Uint8Array }>`SELECT organization_id, file_id
          FROM files_removals LIMIT ${rowLimit(sql, limit)}`
      )
      yield* Effect.forEach(gone, (row) =>
        removeContent(row.organization_id, row.file_id).pipe(
          Effect.catchTag("BlobFailure", ({ message }) =>
            Effect.logWarning(`The content of a deleted file is still there: ${message}`))
        ))
      return total
    }),
    sweep: Effect.gen(function*() {
      let after = Option.none<string>()
      let removed = yield* blobs.cleanup
      while (true) {
        const page = yield* blobs.list(after)
        const ours = page.keys.flatMap((key) => {
          const parsed = parseKey(key)
          return parsed === undefined ? [] : [{ key, ...parsed }]
        })
        for (let from = 0; from < ours.length; from += 200) {
          const some = ours.slice(from, from + 200)
          const known = yield* Effect.orDie(varying(
            sql,
            sql<{ readonly organization_id: Uint8Array; readonly id: Uint8Array }>`SELECT organization_id, id
              FROM files_files WHERE ${
              sql.or(some.map((one) => sql`(organization_id = ${one.organizationId} AND id = ${one.fileId})`))
            }`
          ))
          const keys = new Set(known.map((row) => `${Id.fromBytes(row.organization_id)}/${Id.fromBytes(row.id)}`))
          for (const { key } of some) {
            if (keys.has(key)) continue
            yield* blobs.delete(key)
            removed += 1
          }
        }
        if (Option.isNone(page.next)) return removed
        after = page.next
      }
    }).pipe(Effect.catch(storeFailed), Effect.withSpan("Files.sweep"))
  }
  return service
})
