/** What stands between files and their contents: how a store's failure is told, and how contents are taken away. */
import * as Id from "@wicara/core/Id"
import { Unavailable } from "@wicara/core/Problem"
import { orDieSql, transaction } from "@wicara/core/Sql"
import type { OrganizationId } from "@wicara/core/Tenancy"
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { BlobFailure, BlobStore, keyOf } from "../BlobStore.ts"
import type { FileId, StoredFile } from "../File.ts"
import { ScanFailure } from "../VirusScanner.ts"
import { makeFileRows } from "./fileRows.ts"
import type { UploadRow } from "./fileRows.ts"

export const away = (detail: string) => new Unavailable({ detail })

const isOthers = <E>(error: E): error is Exclude<E, BlobFailure | ScanFailure> & E =>
  !(error instanceof BlobFailure || error instanceof ScanFailure)

/** What the caller's stream fails with stays; that a service is away becomes a 503, with the reason in the log. */
export const storeFailed = <E>(error: E): Effect.Effect<never, Exclude<E, BlobFailure | ScanFailure> | Unavailable> => {
  if (isOthers(error)) return Effect.fail(error)
  return error instanceof ScanFailure
    ? Effect.andThen(
      Effect.logError(`A file could not be scanned: ${error.message}`),
      away("The virus scanner can't look into this file now. Nothing was changed; try again later.")
    )
    : Effect.andThen(
      Effect.logError("The store of files failed", error),
      away("The store does not answer. Nothing was changed; try again later.")
    )
}

/** What the audit log says of a file. */
export const target = (id: FileId) => ({ type: "file", id })
export const described = ({ contentType, description, labels, name, size, title }: StoredFile) => ({
  name,
  contentType,
  size,
  title,
  description,
  labels
})

export const makeContents = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const blobs = yield* BlobStore
  const rows = makeFileRows(sql)
  const changing = <A, E, R>(effect: Effect.Effect<A, E, R>) => orDieSql(transaction(sql, effect))

  /** Takes contents away whose rows are gone. What fails is tried again at the next clean-up. */
  const removeContent = Effect.fnUntraced(function*(organizationId: Uint8Array, fileId: Uint8Array) {
    yield* blobs.delete(keyOf(Id.fromBytes<OrganizationId>(organizationId), Id.fromBytes<FileId>(fileId)))
    yield* Effect.orDie(
      sql`DELETE FROM files_removals WHERE organization_id = ${organizationId} AND file_id = ${fileId}`
    )
  })

  const abandon = (upload: UploadRow, expiredBy?: number) =>
    Effect.gen(function*() {
      const ours = yield* changing(rows.abandon(upload, expiredBy))
      if (ours) yield* Effect.ignoreCause(removeContent(upload.organization_id, upload.id))
      return ours
    })

  return { changing, removeContent, abandon }
})
