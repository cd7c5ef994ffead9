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
import { IdempotencyKeyInFlight, IdempotencyKeyReused } from "@wicara/core/Idempotency"
import * as Pagination from "@wicara/core/Pagination"
import { Conflict, InvalidInput, NotFound, Unavailable } from "@wicara/core/Problem"
import { Secrets } from "@wicara/core/Secrets"
import { affectedRows, insertIfAbsent, orDieSql, rowLimit, transaction, varying } from "@wicara/core/Sql"
import { CurrentActor, CurrentOrganization, systemActor } from "@wicara/core/Tenancy"
import type { OrganizationId } from "@wicara/core/Tenancy"
import * as Tokens from "@wicara/core/Tokens"
import { Clock, Context, DateTime, Duration, Effect, Layer, Option, Redacted, Stream } from "effect"
import { SecureRandom } from "effect/crypto"
import { SqlClient } from "effect/sql"
import { createHash } from "node:crypto"
import { BlobFailure, BlobStore, keyOf, parseKey } from "./BlobStore.ts"
import type { ByteRange } from "./BlobStore.ts"
import * as ContentType from "./ContentType.ts"
import { FileDeleted, FileRefused, FileStored, FileUpdated } from "./events.ts"
import { FileId, FileInfected, FileQuotaExceeded, FileTooLarge, FileTypeRefused } from "./File.ts"
import type { FileUsage, StoredFile, UpdateFile } from "./File.ts"
import * as FileName from "./FileName.ts"
import { FilePolicy } from "./FilePolicy.ts"
import { encodeActor, encodeLabels, makeFileRows, searchKey, toFile } from "./internal/fileRows.ts"
import type { FileRow, UploadRow } from "./internal/fileRows.ts"
import * as LinkToken from "./internal/linkToken.ts"
import { ScanFailure, VirusScanner } from "./VirusScanner.ts"

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

const leaseMillis = 90_000
const firstSlice = 1024 * 1024
const maxSlice = 16 * 1024 * 1024
const maxLinkMillis = 7 * 24 * 3_600_000

const away = (detail: string) => new Unavailable({ detail })

const isOthers = <E>(error: E): error is Exclude<E, BlobFailure | ScanFailure> & E =>
  !(error instanceof BlobFailure || error instanceof ScanFailure)

/** What the caller's stream fails with stays; that a service is away becomes a 503, with the reason in the log. */
const storeFailed = <E>(error: E): Effect.Effect<never, Exclude<E, BlobFailure | ScanFailure> | Unavailable> => {
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

const make = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const blobs = yield* BlobStore
  const scanner = yield* VirusScanner
  const events = yield* Events
  const audit = yield* Audit
  const secrets = yield* Secrets
  const policy = yield* FilePolicy
  const rows = makeFileRows(sql)
  const linkKeys = new Map<string, Uint8Array>()
  const changing = <A, E, R>(effect: Effect.Effect<A, E, R>) => orDieSql(transaction(sql, effect))

  const target = (id: FileId) => ({ type: "file", id })
  const described = ({ contentType, description, labels, name, size, title }: StoredFile) => ({
    name,
    contentType,
    size,
    title,
    description,
    labels
  })

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

  /** What the same idempotency key was used for: that file, if this is the same content. */
  const repeated = Effect.fnUntraced(function*<E, R>(file: UploadFile<E, R>, key: string, existing: FileRow) {
    const hash = createHash("sha256")
    yield* Stream.runForEach(file.content, (chunk) => Effect.sync(() => hash.update(chunk)))
    if (Tokens.isSameHash(hash.digest(), existing.checksum)) return toFile(existing)
    const detail = "This key was used for another file; use a new key, or repeat that request unchanged."
    return yield* new IdempotencyKeyReused({ key, detail })
  })

  /** The row of an upload that begins, or of the earlier one with its key. */
  const begin = Effect.fnUntraced(function*(file: UploadFile<unknown, unknown>, name: string, reserve: number) {
    const organization = yield* CurrentOrganization
    const { actor } = yield* CurrentActor
    const now = yield* Clock.currentTimeMillis
    const organizationId = Id.toBytes(organization.id)
    const id = yield* Id.next(FileId)
    const upload: UploadRow = {
      organization_id: organizationId,
      id: Id.toBytes(id),
      lease_id: Id.toBytes(yield* Id.next(FileId))
    }
    const uploadKey = file.idempotencyKey === undefined
      ? null
      : Tokens.hash(`${actor._tag}:${actor._tag === "System" ? actor.name : actor.id}\n${file.idempotencyKey}`)
    return yield* changing(Effect.gen(function*() {
      yield* rows.ensureUsage(organizationId)
      yield* insertIfAbsent(sql, "files_files", "id", [{
        ...upload,
        state: "uploading",
        name,
        labels: encodeLabels([]),
        search_key: searchKey(name, null, []),
        created_by: encodeActor(actor),
        created_at: now,
        updated_at: now,
        expires_at: file.expiresIn === undefined ? null : now + Duration.toMillis(file.expiresIn),
        upload_key: uploadKey,
        reserved: reserve,
        lease_until: now + leaseMillis
      }])
      if (uploadKey !== null) {
        const [earlier] = yield* sql<
          FileRow & UploadRow & { readonly state: string; readonly lease_until: unknown }
        >`SELECT ${rows.columns}, organization_id, state, lease_id, lease_until FROM files_files
          WHERE organization_id = ${organizationId} AND upload_key = ${uploadKey}`
        if (earlier !== undefined && Id.fromBytes(earlier.id) !== id) return { _tag: "Earlier", earlier } as const
      }
      if (!(yield* rows.take(organizationId, reserve, policy.quota))) {
        return yield* FileQuotaExceeded.of((yield* usage).quota)
      }
      return { _tag: "New", id, upload } as const
    }))
  })

  /** What is counted, hashed and looked at while a content passes. */
  const inspect = <E, R>(
    content: Stream.Stream<Uint8Array, E, R>,
    upload: UploadRow,
    name: string,
    reserved: number
  ) => {
    const hash = createHash("sha256")
    const state = { size: 0, reserved, head: new Uint8Array(0), type: Option.none<string>() }

    const recognize = Effect.suspend(() => {
      const type = ContentType.detect(state.head, name)
      state.type = Option.some(type)
      return ContentType.isAmong(type, policy.types) ? Effect.void : Effect.fail(FileTypeRefused.of(type))
    })

    const reserve = Effect.fnUntraced(function*(bytes: number) {
      const now = yield* Clock.currentTimeMillis
      const taken = yield* changing(Effect.gen(function*() {
        const ours = yield* affectedRows(sql`UPDATE files_files
          SET reserved = reserved + ${bytes}, lease_until = ${now + leaseMillis}
          WHERE organization_id = ${upload.organization_id} AND id = ${upload.id} AND lease_id = ${upload.lease_id}
          AND state = 'uploading'`)
        if (ours === 0) return yield* away("The upload stood still for too long. Nothing was changed; try again later.")
        if (!(yield* rows.take(upload.organization_id, bytes, policy.quota))) {
          return yield* FileQuotaExceeded.of((yield* usage).quota)
        }
        return bytes
      }))
      state.reserved += taken
    })

    const checked = Stream.tap(content, (chunk) =>
      Effect.gen(function*() {
        state.size += chunk.length
        if (state.size > policy.maxSize) return yield* FileTooLarge.of(policy.maxSize)
        hash.update(chunk)
        if (state.head.length <= ContentType.sniffLength) {
          state.head = new Uint8Array(
            Buffer.concat([state.head, chunk.subarray(0, ContentType.sniffLength + 1 - state.head.length)])
          )
          if (state.head.length > ContentType.sniffLength) yield* recognize
        }
        if (state.size > state.reserved) {
          const missing = state.size - state.reserved
          yield* reserve(Math.max(missing, Math.min(state.reserved, maxSlice, policy.maxSize - state.reserved)))
        }
      }))

    return {
      content: checked,
      finish: Effect.gen(function*() {
        if (state.size === 0) return yield* InvalidInput.of("/file", "The file is empty.")
        if (Option.isNone(state.type)) yield* recognize
        return {
          size: state.size,
          reserved: state.reserved,
          checksum: new Uint8Array(hash.digest()),
          contentType: Option.getOrElse(state.type, () => ContentType.unknown)
        }
      })
    }
  }

  /** While contents are stored and scanned, nobody may take the upload for dead. */
  const keepLease = (upload: UploadRow) =>
    Effect.gen(function*() {
      yield* Effect.sleep(leaseMillis / 3)
      const now = yield* Clock.currentTimeMillis
      yield* sql`UPDATE files_files SET lease_until = ${
        now + leaseMillis
      } WHERE organization_id = ${upload.organization_id}
        AND id = ${upload.id} AND lease_id = ${upload.lease_id} AND state = 'uploading'`
    }).pipe(Effect.ignoreCause, Effect.forever, Effect.forkScoped)

  const refuseInfected = Effect.fnUntraced(function*(id: FileId, name: string, signature: string) {
    yield* changing(Effect.gen(function*() {
      yield* audit.record({ action: "file.refused", target: target(id), after: { name, signature } })
      yield* events.append(FileRefused, { aggregateId: id, payload: { fileId: id, name, signature } })
    }))
    return yield* FileInfected.of(signature)
  })

  const receive = Effect.fnUntraced(
    function*<E, R>(file: UploadFile<E, R>, name: string, id: FileId, upload: UploadRow, reserved: number) {
      const organization = yield* CurrentOrganization
      const key = keyOf(organization.id, id)
      const inspected = inspect(file.content, upload, name, reserved)
      yield* keepLease(upload)
      yield* Effect.catch(blobs.put(key, inspected.content), storeFailed)
      const found = yield* inspected.finish
      const verdict = yield* Effect.catch(scanner.scan(blobs.get(key)), storeFailed)
      if (verdict._tag === "Infected") return yield* refuseInfected(id, name, verdict.signature)
      return yield* changing(Effect.gen(function*() {
        const now = yield* Clock.currentTimeMillis
        const kept = yield* affectedRows(sql`UPDATE files_files SET ${
          sql.update({
            state: "ready",
            content_type: found.contentType,
            size: found.size,
            checksum: found.checksum,
            reserved: 0,
            lease_id: null,
            lease_until: null,
            updated_at: now
          })
        } WHERE organization_id = ${upload.organization_id} AND id = ${upload.id} AND lease_id = ${upload.lease_id}
          AND state = 'uploading'`)
        if (kept === 0) return yield* away("The upload stood still for too long. Nothing was changed; try again later.")
        yield* rows.count(upload.organization_id, { files: 1, bytes: found.size - found.reserved })
        const stored = toFile(yield* rows.found(organization.id, id).pipe(Effect.catchTag("NotFound", Effect.die)))
        yield* audit.record({ action: "file.stored", target: target(id), after: described(stored) })
        yield* events.append(FileStored, {
          aggregateId: id,
          payload: { fileId: id, contentType: found.contentType, size: found.size }
        })
        return stored
      }))
    }
  )

  const upload: Files["Service"]["upload"] = Effect.fn("Files.upload")(function*(file) {
    const name = FileName.clean(file.name)
    const reserve = Math.min(Math.max(file.size ?? firstSlice, 1), policy.maxSize)
    if (file.size !== undefined && file.size > policy.maxSize) return yield* FileTooLarge.of(policy.maxSize)
    while (true) {
      const begun = yield* begin(file, name, reserve)
      if (begun._tag === "New") {
        return yield* receive(file, name, begun.id, begun.upload, reserve).pipe(
          Effect.scoped,
          Effect.onError(() => Effect.ignoreCause(abandon(begun.upload)))
        )
      }
      const { earlier } = begun
      const key = file.idempotencyKey ?? ""
      if (earlier.state === "ready") return yield* repeated(file, key, earlier)
      const now = yield* Clock.currentTimeMillis
      // Whoever sent it before died: its place is free once its lease has ended.
      if (Number(earlier.lease_until) > now || !(yield* abandon(earlier, now))) {
        const detail = "Repeat the request a little later to get its answer."
        return yield* new IdempotencyKeyInFlight({ key, detail })
      }
    }
  })

  const get = Effect.fn("Files.get")(function*(id: FileId) {
    const organization = yield* CurrentOrganization
    return toFile(yield* orDieSql(rows.found(organization.id, id)))
  })

  const usage = Effect.gen(function*() {
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

  const linkLocation = { table: "files_link_keys", column: "sealed", id: "" }

  const readLinkKey = Effect.fnUntraced(function*() {
    const organization = yield* CurrentOrganization
    const [row] = yield* Effect.orDie(sql<{ readonly sealed: string }>`SELECT sealed FROM files_link_keys
      WHERE organization_id = ${Id.toBytes(organization.id)}`)
    if (row === undefined) return Option.none<Uint8Array>()
    const known = linkKeys.get(row.sealed)
    if (known !== undefined) return Option.some(known)
    const text = yield* Effect.orDie(secrets.open(linkLocation, row.sealed))
    const key = new Uint8Array(Buffer.from(Redacted.value(text), "base64url"))
    linkKeys.set(row.sealed, key)
    return Option.some(key)
  })

  const linkKey = Effect.fnUntraced(function*() {
    const organization = yield* CurrentOrganization
    const existing = yield* readLinkKey()
    if (Option.isSome(existing)) return existing.value
    const secret = Redacted.make(Buffer.from(SecureRandom.randomBytesUnsafe(32)).toString("base64url"))
    yield* changing(Effect.gen(function*() {
      yield* insertIfAbsent(sql, "files_link_keys", "organization_id", [{
        organization_id: Id.toBytes(organization.id),
        sealed: yield* secrets.seal(linkLocation, secret),
        created_at: yield* Clock.currentTimeMillis
      }])
    }))
    return Option.getOrThrow(yield* readLinkKey())
  })

  const noLink = new NotFound({
    resource: "file link",
    id: "",
    detail: "This link is unknown, has expired, or its file is gone."
  })

  return Files.of({
    upload,
    get,
    usage,
    content,
    list: Effect.fn("Files.list")(function*(query) {
      const organization = yield* CurrentOrganization
      const before = yield* Pagination.position(FileId, query)
      const limit = Pagination.limit(query)
      const search = (query.search ?? "").trim().toLowerCase().replace(/[!%_]/g, "!$&")
      const found = yield* Effect.orDie(sql<FileRow>`SELECT ${rows.columns} FROM files_files
        WHERE organization_id = ${Id.toBytes(organization.id)} AND state = 'ready'
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
    link: Effect.fn("Files.link")(function*(id, options) {
      const organization = yield* CurrentOrganization
      const file = yield* get(id)
      const millis = Duration.toMillis(options.expiresIn)
      if (millis < 1000 || millis > maxLinkMillis) {
        return yield* InvalidInput.of("/expiresInSeconds", "A link holds for 1 second to 7 days.")
      }
      const key = yield* linkKey()
      const expiresAt = (yield* Clock.currentTimeMillis) + millis
      yield* audit.record({
        action: "file.link_created",
        target: target(id),
        after: { expiresAt: DateTime.makeUnsafe(expiresAt) }
      })
      const token = LinkToken.sign(key, {
        organizationId: Id.toBytes(organization.id),
        fileId: Id.toBytes(id),
        expiresAt,
        inline: options.inline === true && ContentType.isInline(file.contentType)
      })
      return { token, expiresAt: DateTime.makeUnsafe(expiresAt) }
    }),
    openLink: Effect.fn("Files.openLink")(function*(token) {
      const claims = LinkToken.parse(token)
      if (claims === undefined) return yield* noLink
      const organization = { id: Id.fromBytes<OrganizationId>(claims.organizationId) }
      const within = Effect.provideService(CurrentOrganization, organization)
      const key = yield* readLinkKey().pipe(within)
      if (Option.isNone(key) || !LinkToken.isSigned(key.value, token)) return yield* noLink
      if (claims.expiresAt <= (yield* Clock.currentTimeMillis)) return yield* noLink
      const file = yield* get(Id.fromBytes<FileId>(claims.fileId)).pipe(within, Effect.mapError(() => noLink))
      return { ...contentOf(organization.id, file), inline: claims.inline }
    }),
    revokeLinks: Effect.gen(function*() {
      const organization = yield* CurrentOrganization
      yield* changing(Effect.gen(function*() {
        yield* sql`DELETE FROM files_link_keys WHERE organization_id = ${Id.toBytes(organization.id)}`
        yield* audit.record({
          action: "file.links_revoked",
          target: { type: "organization", id: organization.id }
        })
      }))
    }).pipe(Effect.withSpan("Files.revokeLinks")),
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
  })
})
