/**
 * Files of an organization. A content is streamed in: counted against the quota, hashed and looked at as it comes, stored,
 * scanned, and only then a file. Whatever ends that early leaves nothing behind.
 *
 * A row is made before its content and goes before its content. So a content without a row is nobody's, and may be
 * cleared away at any time without asking who is sending what just now.
 *
 * @since 0.1.0
 */
import { Audit } from "@wicara/core/Audit"
import { Events } from "@wicara/core/Events"
import * as Id from "@wicara/core/Id"
import type { IdempotencyKeyInFlight, IdempotencyKeyReused } from "@wicara/core/Idempotency"
import * as Pagination from "@wicara/core/Pagination"
import { Conflict } from "@wicara/core/Problem"
import type { InvalidInput, NotFound, Unavailable } from "@wicara/core/Problem"
import type { Secrets } from "@wicara/core/Secrets"
import { insertIfAbsent, orDieSql, rowLimit } from "@wicara/core/Sql"
import { CurrentOrganization } from "@wicara/core/Tenancy"
import type { CurrentActor, OrganizationId } from "@wicara/core/Tenancy"
import { Clock, Context, Effect, Layer, Option, Stream } from "effect"
import type { DateTime, Duration } from "effect"
import { SqlClient } from "effect/sql"
import { BlobStore, keyOf } from "./BlobStore.ts"
import type { ByteRange } from "./BlobStore.ts"
import { FileDeleted, FileUpdated } from "./events.ts"
import { FileId } from "./File.ts"
import type {
  FileInfected,
  FileQuotaExceeded,
  FileTooLarge,
  FileTypeRefused,
  FileUsage,
  StoredFile,
  UpdateFile
} from "./File.ts"
import * as FileName from "./FileName.ts"
import { makeDerived } from "./internal/derivedFiles.ts"
import { makeCleanups } from "./internal/fileCleanups.ts"
import { described, makeContents, storeFailed, target } from "./internal/fileContents.ts"
import { makeLinks } from "./internal/fileLinks.ts"
import { encodeLabels, makeFileRows, searchKey, toFile } from "./internal/fileRows.ts"
import type { FileRow } from "./internal/fileRows.ts"
import { makeUpload } from "./internal/fileUploads.ts"
import { makeUsage } from "./internal/fileUsage.ts"
import type { VirusScanner } from "./VirusScanner.ts"

/**
 * @category models
 * @since 0.1.0
 */
export interface UploadFile<E = never, R = never> {
  readonly name: string
  readonly content: Stream.Stream<Uint8Array, E, R>
  /** Bytes, if they are known beforehand: what is too much is then refused at once. */
  readonly size?: number | undefined
  /** The file goes by itself after this, unless something holds it. */
  readonly expiresIn?: Duration.Input | undefined
  /** The same key with the same content gives the same file; with another content it is refused. */
  readonly idempotencyKey?: string | undefined
}

/**
 * Everything that may be wrong with an upload.
 *
 * @category errors
 * @since 0.1.0
 */
export type UploadError =
  | FileTooLarge
  | FileQuotaExceeded
  | FileTypeRefused
  | FileInfected
  | InvalidInput
  | IdempotencyKeyReused
  | IdempotencyKeyInFlight
  | Unavailable

/**
 * A file to be read.
 *
 * @category models
 * @since 0.1.0
 */
export interface FileContent {
  readonly file: StoredFile
  /** All of it, or some. The file may be deleted meanwhile; then the stream fails. */
  readonly read: (range?: ByteRange) => Stream.Stream<Uint8Array, Unavailable>
}

/**
 * @category services
 * @since 0.1.0
 */
export class Files extends Context.Service<Files, {
  /** Stores a file as it is read. */
  readonly upload: <E, R>(
    file: UploadFile<E, R>
  ) => Effect.Effect<StoredFile, E | UploadError, R | CurrentOrganization | CurrentActor>
  /**
   * Stores what was made of a file, once for each purpose (`thumbnail`): it counts to the quota, is in no list, and goes
   * with its original.
   */
  readonly derive: <E, R>(
    original: FileId,
    as: string,
    file: Pick<UploadFile<E, R>, "name" | "content" | "size">
  ) => Effect.Effect<StoredFile, E | UploadError | NotFound, R | CurrentOrganization | CurrentActor>
  readonly get: (id: FileId) => Effect.Effect<StoredFile, NotFound, CurrentOrganization>
  /** The newest first; with `search`, those in whose name, title or labels it occurs. */
  readonly list: (
    query: Pagination.PageQuery & { readonly search?: string | undefined }
  ) => Effect.Effect<Pagination.Page<StoredFile>, InvalidInput, CurrentOrganization>
  readonly update: (
    id: FileId,
    change: UpdateFile
  ) => Effect.Effect<StoredFile, NotFound, CurrentOrganization | CurrentActor>
  readonly content: (id: FileId) => Effect.Effect<FileContent, NotFound, CurrentOrganization>
  /** Deletes a file and its content, unless something holds it. */
  readonly delete: (id: FileId) => Effect.Effect<void, NotFound | Conflict, CurrentOrganization | CurrentActor>
  /** Something needs the file: it is neither deleted nor does it expire. Joins the ambient transaction. */
  readonly hold: (id: FileId, holder: string) => Effect.Effect<void, NotFound, CurrentOrganization>
  /** Something does not need the file any more. */
  readonly release: (id: FileId, holder: string) => Effect.Effect<void, never, CurrentOrganization>
  /** A token by which anybody may read the file for a time of at most 7 days. */
  readonly link: (id: FileId, options: {
    readonly expiresIn: Duration.Input
    /** Shown in the browser, if it is of a kind that is safe there, instead of saved. */
    readonly inline?: boolean | undefined
  }) => Effect.Effect<
    { readonly token: string; readonly expiresAt: DateTime.Utc },
    NotFound | InvalidInput,
    CurrentOrganization | CurrentActor
  >
  /**
   * Links that show files in the browser, along with what the caller reads anyway: the audit log says nothing of them.
   * Files that are not there are left out.
   */
  readonly shownLinks: (
    ids: ReadonlyArray<FileId>,
    options: { readonly expiresIn: Duration.Input }
  ) => Effect.Effect<
    ReadonlyMap<FileId, { readonly token: string; readonly expiresAt: DateTime.Utc }>,
    never,
    CurrentOrganization
  >
  /** The file of a token that was signed here and has not expired. */
  readonly openLink: (token: string) => Effect.Effect<FileContent & { readonly inline: boolean }, NotFound>
  /** Makes all links of the organization worthless. */
  readonly revokeLinks: Effect.Effect<void, never, CurrentOrganization | CurrentActor>
  readonly usage: Effect.Effect<FileUsage, never, CurrentOrganization>
  /** Gives the organization a quota of its own, bytes; none takes it back. */
  readonly setQuota: (
    bytes: Option.Option<number>
  ) => Effect.Effect<FileUsage, never, CurrentOrganization | CurrentActor>
  /**
   * Clears away what uploads that were cut off left, files that have expired, and contents whose files are gone; at most
   * so many of each. Returns how many.
   */
  readonly cleanup: (limit: number) => Effect.Effect<number>
  /** Looks at every content of the store and clears away those that have no file. Returns how many. */
  readonly sweep: Effect.Effect<number, Unavailable>
}>()("@wicara/files/Files") {
  /**
   * Rows in SQL, contents in the blob store.
   *
   * @since 0.1.0
   */
  static readonly layerSql: Layer.Layer<
    Files,
    never,
    SqlClient.SqlClient | BlobStore | VirusScanner | Events | Audit | Secrets
  > = Layer.suspend(() => Layer.effect(Files, make))
}

const make = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const blobs = yield* BlobStore
  const events = yield* Events
  const audit = yield* Audit
  const rows = makeFileRows(sql)
  const { changing, removeContent } = yield* makeContents
  const upload = yield* makeUpload
  const derive = yield* makeDerived(upload)
  const usage = yield* makeUsage
  const { cleanup, sweep } = yield* makeCleanups

  const get = Effect.fn("Files.get")(function*(id: FileId) {
    const organization = yield* CurrentOrganization
    return toFile(yield* orDieSql(rows.found(organization.id, id)))
  })

  const contentOf = (organizationId: OrganizationId, file: StoredFile): FileContent => ({
    file,
    read: (range) =>
      Stream.catch(
        blobs.get(keyOf(organizationId, file.id), range),
        (error) => Stream.fromEffect(storeFailed(error))
      )
  })

  const content = Effect.fn("Files.content")(function*(id: FileId) {
    const organization = yield* CurrentOrganization
    return contentOf(organization.id, yield* get(id))
  })

  const { link, openLink, revokeLinks, shownLinks } = yield* makeLinks({ get, contentOf })

  return Files.of({
    upload,
    derive,
    get,
    usage,
    content,
    list: Effect.fn("Files.list")(function*(query) {
      const organization = yield* CurrentOrganization
      const before = yield* Pagination.position(FileId, query)
      const limit = Pagination.limit(query)
      const search = (query.search ?? "").trim().toLowerCase().replace(/[!%_]/g, "!$&")
      const found = yield* Effect.orDie(sql<FileRow>`SELECT ${rows.columns} FROM files_files
        WHERE organization_id = ${Id.toBytes(organization.id)} AND state = 'ready' AND derived_from IS NULL
        ${before === undefined ? sql.literal("") : sql`AND id < ${Id.toBytes(before)}`}
        ${search === "" ? sql.literal("") : sql`AND search_key LIKE ${`%${search}%`} ESCAPE '!'`}
        ORDER BY id DESC LIMIT ${rowLimit(sql, limit + 1)}`)
      return Pagination.page(found.map(toFile), limit, FileId, ({ id }) => id)
    }),
    update: Effect.fn("Files.update")(function*(id, change) {
      const organization = yield* CurrentOrganization
      return yield* changing(Effect.gen(function*() {
        const before = toFile(yield* rows.found(organization.id, id, true))
        const name = change.name === undefined ? before.name : FileName.clean(change.name)
        const title = change.title === undefined ? before.title : change.title
        const labels = change.labels ?? before.labels
        yield* sql`UPDATE files_files SET ${
          sql.update({
            name,
            title,
            description: change.description === undefined ? before.description : change.description,
            labels: encodeLabels(labels),
            search_key: searchKey(name, title, labels),
            updated_at: yield* Clock.currentTimeMillis
          })
        } WHERE organization_id = ${Id.toBytes(organization.id)} AND id = ${Id.toBytes(id)}`
        const after = toFile(yield* rows.found(organization.id, id))
        yield* audit.record({
          action: "file.updated",
          target: target(id),
          before: described(before),
          after: described(after)
        })
        yield* events.append(FileUpdated, { aggregateId: id, payload: { fileId: id } })
        return after
      }))
    }),
    delete: Effect.fn("Files.delete")(function*(id) {
      const organization = yield* CurrentOrganization
      const organizationId = Id.toBytes(organization.id)
      const fileId = Id.toBytes(id)
      yield* changing(Effect.gen(function*() {
        const file = toFile(yield* rows.found(organization.id, id, true))
        if (yield* rows.isHeld(organizationId, fileId)) {
          return yield* new Conflict({ detail: "Something still needs this file." })
        }
        yield* rows.remove(organizationId, fileId, file.size)
        yield* audit.record({ action: "file.deleted", target: target(id), before: described(file) })
        yield* events.append(FileDeleted, { aggregateId: id, payload: { fileId: id, size: file.size } })
      }))
      yield* Effect.ignoreCause(removeContent(organizationId, fileId), { log: "Warn" })
    }),
    hold: Effect.fn("Files.hold")(function*(id, holder) {
      const organization = yield* CurrentOrganization
      yield* changing(Effect.gen(function*() {
        yield* rows.found(organization.id, id, true)
        yield* insertIfAbsent(sql, "files_holds", "holder", [{
          organization_id: Id.toBytes(organization.id),
          file_id: Id.toBytes(id),
          holder,
          held_at: yield* Clock.currentTimeMillis
        }])
      }))
    }),
    release: Effect.fn("Files.release")(function*(id, holder) {
      const organization = yield* CurrentOrganization
      yield* Effect.orDie(sql`DELETE FROM files_holds WHERE organization_id = ${Id.toBytes(organization.id)}
        AND file_id = ${Id.toBytes(id)} AND holder = ${holder}`)
    }),
    link,
    shownLinks,
    openLink,
    revokeLinks,
    setQuota: Effect.fn("Files.setQuota")(function*(bytes) {
      const organization = yield* CurrentOrganization
      const organizationId = Id.toBytes(organization.id)
      return yield* changing(Effect.gen(function*() {
        yield* rows.ensureUsage(organizationId)
        const before = yield* usage
        yield* sql`UPDATE files_usage SET quota = ${Option.getOrNull(bytes)} WHERE organization_id = ${organizationId}`
        const after = yield* usage
        yield* audit.record({
          action: "file.quota_changed",
          target: { type: "organization", id: organization.id },
          before: { quota: before.quota },
          after: { quota: after.quota }
        })
        return after
      }))
    }),
    cleanup,
    sweep
  })
})
