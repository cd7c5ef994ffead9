/**
 * Receives files: a row is made, the content counted, hashed and looked at as it comes, stored, scanned, and only then a
 * file.
 */
import { Audit } from "@wicara/core/Audit"
import { Events } from "@wicara/core/Events"
import * as Id from "@wicara/core/Id"
import { IdempotencyKeyInFlight, IdempotencyKeyReused } from "@wicara/core/Idempotency"
import { InvalidInput } from "@wicara/core/Problem"
import { affectedRows, insertIfAbsent } from "@wicara/core/Sql"
import { CurrentActor, CurrentOrganization } from "@wicara/core/Tenancy"
import * as Tokens from "@wicara/core/Tokens"
import { Clock, Duration, Effect, Option, Stream } from "effect"
import { SqlClient } from "effect/sql"
import { createHash } from "node:crypto"
import { BlobStore, keyOf } from "../BlobStore.ts"
import * as ContentType from "../ContentType.ts"
import { FileRefused, FileStored } from "../events.ts"
import { FileId, FileInfected, FileQuotaExceeded, FileTooLarge, FileTypeRefused } from "../File.ts"
import * as FileName from "../FileName.ts"
import { FilePolicy } from "../FilePolicy.ts"
import type { Files, UploadFile } from "../Files.ts"
import { VirusScanner } from "../VirusScanner.ts"
import { away, described, makeContents, storeFailed, target } from "./fileContents.ts"
import { encodeActor, encodeLabels, makeFileRows, searchKey, toFile } from "./fileRows.ts"
import type { FileRow, UploadRow } from "./fileRows.ts"
import { makeUsage } from "./fileUsage.ts"

const leaseMillis = 90_000
const firstSlice = 1024 * 1024
const maxSlice = 16 * 1024 * 1024

export const makeUpload = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const blobs = yield* BlobStore
  const scanner = yield* VirusScanner
  const events = yield* Events
  const audit = yield* Audit
  const policy = yield* FilePolicy
  const usage = yield* makeUsage
  const rows = makeFileRows(sql)
  const { abandon, changing } = yield* makeContents

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

  return upload
})
