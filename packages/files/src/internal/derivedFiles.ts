/** Files that were made of others, as a thumbnail of a picture: they are counted, and go with what they were made of. */
import * as Id from "@wicara/core/Id"
import { insertIfAbsent } from "@wicara/core/Sql"
import { CurrentOrganization } from "@wicara/core/Tenancy"
import { Clock, Effect } from "effect"
import { SqlClient } from "effect/sql"
import type { FileId, StoredFile } from "../File.ts"
import type { Files } from "../Files.ts"
import { makeContents } from "./fileContents.ts"
import { makeFileRows, toFile } from "./fileRows.ts"
import type { FileRow } from "./fileRows.ts"

export const makeDerived = Effect.fnUntraced(function*(upload: Files["Service"]["upload"]) {
  const sql = yield* SqlClient.SqlClient
  const rows = makeFileRows(sql)
  const { changing } = yield* makeContents

  const existing = Effect.fnUntraced(function*(original: FileId, as: string) {
    const organization = yield* CurrentOrganization
    const [row] = yield* sql<FileRow>`SELECT ${rows.columns} FROM files_files
      WHERE organization_id = ${Id.toBytes(organization.id)} AND derived_from = ${Id.toBytes(original)}
      AND derived_as = ${as}`
    return row === undefined ? undefined : toFile(row)
  })

  /** Binds a stored file to its original, unless there is one already: then that is it, and this one goes. */
  const bind = Effect.fnUntraced(function*(original: FileId, as: string, file: StoredFile) {
    const organization = yield* CurrentOrganization
    yield* rows.found(organization.id, original, true)
    const earlier = yield* existing(original, as)
    if (earlier !== undefined) {
      yield* rows.remove(Id.toBytes(organization.id), Id.toBytes(file.id), file.size)
      return earlier
    }
    yield* sql`UPDATE files_files SET derived_from = ${Id.toBytes(original)}, derived_as = ${as}, expires_at = NULL
      WHERE organization_id = ${Id.toBytes(organization.id)} AND id = ${Id.toBytes(file.id)}`
    yield* insertIfAbsent(sql, "files_holds", "holder", [{
      organization_id: Id.toBytes(organization.id),
      file_id: Id.toBytes(file.id),
      holder: `file:${original}`,
      held_at: yield* Clock.currentTimeMillis
    }])
    return toFile(yield* rows.found(organization.id, file.id))
  })

  const derive: Files["Service"]["derive"] = Effect.fn("Files.derive")(function*(original, as, file) {
    const organization = yield* CurrentOrganization
    const earlier = yield* changing(
      Effect.andThen(rows.found(organization.id, original), existing(original, as))
    )
    if (earlier !== undefined) return earlier
    const stored = yield* upload({ ...file, expiresIn: "1 hour" })
    return yield* changing(bind(original, as, stored))
  })

  return derive
})
