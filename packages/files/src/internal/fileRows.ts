import * as Id from "@wicara/core/Id"
import { NotFound } from "@wicara/core/Problem"
import { affectedRows, insertIfAbsent } from "@wicara/core/Sql"
import { Actor } from "@wicara/core/Tenancy"
import type { OrganizationId } from "@wicara/core/Tenancy"
import { Clock, DateTime, Effect, Schema } from "effect"
import type { SqlClient } from "effect/sql"
import { StoredFile } from "../File.ts"
import type { FileId } from "../File.ts"

export interface FileRow {
  readonly id: Uint8Array
  readonly name: string
  readonly content_type: string
  readonly size: unknown
  readonly checksum: Uint8Array
  readonly title: string | null
  readonly description: string | null
  readonly labels: string
  readonly created_by: string
  readonly created_at: unknown
  readonly updated_at: unknown
  readonly expires_at: unknown
}

/** A row whose content is on its way. */
export interface UploadRow {
  readonly organization_id: Uint8Array
  readonly id: Uint8Array
  readonly lease_id: Uint8Array
}

const Labels = Schema.fromJsonString(Schema.Array(Schema.String))
const decodeLabels = Schema.decodeUnknownSync(Labels)
export const encodeLabels = Schema.encodeSync(Labels)
const ActorText = Schema.fromJsonString(Actor)
const decodeActor = Schema.decodeUnknownSync(ActorText)
export const encodeActor = Schema.encodeSync(ActorText)

const instant = (value: unknown) => DateTime.makeUnsafe(Number(value))

export const toFile = (row: FileRow): StoredFile =>
  new StoredFile({
    id: Id.fromBytes<FileId>(row.id),
    name: row.name,
    contentType: row.content_type,
    size: Number(row.size),
    checksum: Buffer.from(row.checksum).toString("hex"),
    title: row.title,
    description: row.description,
    labels: decodeLabels(row.labels),
    createdBy: decodeActor(row.created_by),
    createdAt: instant(row.created_at),
    updatedAt: instant(row.updated_at),
    expiresAt: row.expires_at === null ? null : instant(row.expires_at)
  })

/** What `search` looks in. */
export const searchKey = (name: string, title: string | null, labels: ReadonlyArray<string>): string =>
  [name, title ?? "", ...labels].join("\n").toLowerCase()

export const makeFileRows = (sql: SqlClient.SqlClient) => {
  const forUpdate = sql.onDialectOrElse({ mysql: () => sql.literal("FOR UPDATE"), orElse: () => sql.literal("") })
  const columns = sql.literal(
    "id, name, content_type, size, checksum, title, description, labels, created_by, created_at, updated_at, expires_at"
  )

  /** A file that is there; what is still being sent is not. */
  const found = Effect.fnUntraced(function*(organizationId: OrganizationId, id: FileId, lock = false) {
    const [row] = yield* sql<FileRow>`SELECT ${columns} FROM files_files
      WHERE organization_id = ${Id.toBytes(organizationId)} AND id = ${Id.toBytes(id)} AND state = 'ready'
      ${lock ? forUpdate : sql.literal("")}`
    return row === undefined ? yield* NotFound.of("file", id) : row
  })

  const isHeld = (organizationId: Uint8Array, id: Uint8Array) =>
    Effect.map(
      sql`SELECT 1 FROM files_holds WHERE organization_id = ${organizationId} AND file_id = ${id} LIMIT 1`,
      (rows) => rows.length > 0
    )

  /** Takes so many bytes of the quota, if there are as many left. */
  const take = (organizationId: Uint8Array, bytes: number, quota: number) =>
    Effect.map(
      affectedRows(sql`UPDATE files_usage SET bytes = bytes + ${bytes}
        WHERE organization_id = ${organizationId} AND bytes + ${bytes} <= COALESCE(quota, ${quota})`),
      (changed) => changed > 0
    )

  const ensureUsage = (organizationId: Uint8Array) =>
    insertIfAbsent(sql, "files_usage", "organization_id", [
      { organization_id: organizationId, files: 0, bytes: 0, quota: null }
    ])

  const count = (organizationId: Uint8Array, change: { readonly files: number; readonly bytes: number }) =>
    sql`UPDATE files_usage SET files = files + ${change.files}, bytes = bytes + ${change.bytes}
      WHERE organization_id = ${organizationId}`

  const removeLater = Effect.fnUntraced(function*(organizationId: Uint8Array, id: Uint8Array) {
    yield* insertIfAbsent(sql, "files_removals", "file_id", [{
      organization_id: organizationId,
      file_id: id,
      removed_at: yield* Clock.currentTimeMillis
    }])
  })

  /** Ends an upload that came to nothing: gives back what it reserved. Says whether the lease was still the upload's. */
  const abandon = Effect.fnUntraced(function*(upload: UploadRow, expiredBy?: number) {
    const mine = sql`organization_id = ${upload.organization_id} AND id = ${upload.id} AND state = 'uploading'
      AND lease_id = ${upload.lease_id} ${
      expiredBy === undefined ? sql.literal("") : sql`AND lease_until <= ${expiredBy}`
    }`
    const [row] = yield* sql<
      { readonly reserved: unknown }
    >`SELECT reserved FROM files_files WHERE ${mine} ${forUpdate}`
    if (row === undefined) return false
    yield* sql`DELETE FROM files_files WHERE ${mine}`
    yield* count(upload.organization_id, { files: 0, bytes: -Number(row.reserved) })
    yield* removeLater(upload.organization_id, upload.id)
    return true
  })

  /** Removes a file with all that was made of it. */
  const remove = Effect.fnUntraced(function*(organizationId: Uint8Array, id: Uint8Array, size: number) {
    const derived = yield* sql<{ readonly id: Uint8Array; readonly size: unknown }>`SELECT id, size FROM files_files
      WHERE organization_id = ${organizationId} AND derived_from = ${id}`
    for (const one of derived) {
      yield* sql`DELETE FROM files_holds WHERE organization_id = ${organizationId} AND file_id = ${one.id}`
      yield* removeOne(organizationId, one.id, Number(one.size))
    }
    yield* removeOne(organizationId, id, size)
  })

  const removeOne = Effect.fnUntraced(function*(organizationId: Uint8Array, id: Uint8Array, size: number) {
    yield* sql`DELETE FROM files_files WHERE organization_id = ${organizationId} AND id = ${id}`
    yield* count(organizationId, { files: -1, bytes: -size })
    yield* removeLater(organizationId, id)
  })

  return { columns, forUpdate, found, isHeld, take, ensureUsage, count, abandon, remove }
}
