/**
 * Deletes organizations: asked for by an owner, due after a grace period in which everything can be read, exported and
 * called off, then erased table by table as each module says (`TenantData`). What was done is stored after every step
 * in the step's own transaction, so that a killed process' successor goes on where it was. When no row is left, what the
 * organization has outside of the database is taken away (`TenantContents`), and only then it is over. The audit log stays,
 * without what tells of people; so does this receipt.
 *
 * @since 0.1.0
 */
import { Clock, Context, DateTime, Duration, Effect, Layer, Option, Redacted, Schema } from "effect"
import { SecureRandom } from "effect/crypto"
import { SqlClient } from "effect/sql"
import { createHmac } from "node:crypto"
import { Audit } from "./Audit.ts"
import * as CoreEvents from "./CoreEvents.ts"
import { addressQuarantineDays, deletionGraceDays } from "./CoreSettings.ts"
import { Deletion, DeletionId } from "./Deletion.ts"
import type { DeletionState } from "./Deletion.ts"
import { Events } from "./Events.ts"
import * as Id from "./Id.ts"
import { retire } from "./internal/retiredAddresses.ts"
import * as Jobs from "./Jobs.ts"
import type { OrganizationStatus } from "./Organization.ts"
import { Organizations } from "./Organizations.ts"
import { onPlatform } from "./PlatformAdmins.ts"
import { Conflict, InvalidInput, NotFound } from "./Problem.ts"
import * as Schedules from "./Schedules.ts"
import { Settings } from "./Settings.ts"
import { affectedRows, orDieSql, orUnique, rowLimit, transaction } from "./Sql.ts"
import { Actor, CurrentActor, CurrentOrganization, OrganizationId, systemActor } from "./Tenancy.ts"
import { TenantContents } from "./TenantContents.ts"
import { ErasureCursor, TenantData } from "./TenantData.ts"
import type { ErasedRows } from "./TenantData.ts"

type Acting = CurrentOrganization | CurrentActor

/**
 * The job that erases an organization when its grace period has ended.
 *
 * @category jobs
 * @since 0.1.0
 */
export const erasureJob = Jobs.define({
  name: "core.erase_organization",
  payload: Schema.Struct({ organizationId: OrganizationId, deletionId: DeletionId }),
  maxAttempts: 20
})

/**
 * The job that looks for deletions that are due and have no job (any more).
 *
 * @category jobs
 * @since 0.1.0
 */
export const dueJob = Jobs.define({ name: "core.due_erasures", payload: Schema.Struct({}), maxAttempts: 3 })

/**
 * When it looks: once an hour.
 *
 * @category schedules
 * @since 0.1.0
 */
export const erasureSchedule = Schedules.define({
  name: "core.due_erasures",
  cron: "15 * * * *",
  job: dueJob,
  payload: {}
})

/**
 * @category services
 * @since 0.1.0
 */
export class Deletions extends Context.Service<Deletions, {
  /** The one that is scheduled or under way, or the last one. */
  readonly current: Effect.Effect<Deletion, NotFound, CurrentOrganization>
  /**
   * Schedules the deletion and cancels the organization at once. `confirm` is the organization's address, so that
   * nobody deletes one by mistake.
   */
  readonly request: (options: {
    readonly confirm: string
    readonly reason?: string | undefined
  }) => Effect.Effect<Deletion, Conflict | InvalidInput, Acting>
  /** Calls it off while it is not due yet; the organization is again what it was. */
  readonly cancel: Effect.Effect<Deletion, NotFound | Conflict, Acting>
  /** Does up to `limit` rows or contents of a deletion that is due; `true` when it is over (also when called off). */
  readonly step: (id: DeletionId, organizationId: OrganizationId, limit: number) => Effect.Effect<boolean>
  /** Queues the job of every deletion that is due; returns how many. A job that was given up begins again that way. */
  readonly queueDue: Effect.Effect<number>
}>()("@wicara/core/Deletions") {
  /** @since 0.1.0 */
  static readonly layerSql: Layer.Layer<
    Deletions,
    never,
    SqlClient.SqlClient | Organizations | Settings | TenantData | Jobs.Jobs | Events | Audit
  > = Layer.suspend(() => Layer.effect(Deletions, make))

  /**
   * Does the erasures in the background of the layer's scope.
   *
   * @since 0.1.0
   */
  static readonly layerWorker: Layer.Layer<never, never, Jobs.Jobs | Deletions> = Layer.suspend(() =>
    Layer.merge(
      Jobs.systemWorker(dueJob, () => Effect.flatMap(Deletions, ({ queueDue }) => Effect.asVoid(queueDue))),
      Jobs.systemWorker(
        erasureJob,
        Effect.fnUntraced(function*({ payload }) {
          const deletions = yield* Deletions
          while (!(yield* deletions.step(payload.deletionId, payload.organizationId, rowsPerStep))) {
            yield* Effect.yieldNow
          }
        })
      )
    )
  )
}

const rowsPerStep = 1000
const dayMillis = 86_400_000
const hourMillis = 3_600_000

const make = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const organizations = yield* Organizations
  const settings = yield* Settings
  const data = yield* TenantData
  const jobs = yield* Jobs.Jobs
  const events = yield* Events
  const audit = yield* Audit
  const contents = yield* TenantContents

  const columns = sql.literal(`organization_id, id, state, reason, requested_by, requested_at, due_at, previous_status,
    pseudonym_key, erasure_cursor, erased, ended_at`)

  const open = Effect.fnUntraced(function*(organizationId: OrganizationId) {
    const [row] = yield* sql<DeletionRow>`SELECT ${columns} FROM core_deletions
      WHERE organization_id = ${Id.toBytes(organizationId)} AND is_open = 1`
    return Option.fromUndefinedOr(row)
  })

  const byId = Effect.fnUntraced(function*(organizationId: OrganizationId, id: DeletionId) {
    const [row] = yield* sql<DeletionRow>`SELECT ${columns} FROM core_deletions
      WHERE organization_id = ${Id.toBytes(organizationId)} AND id = ${Id.toBytes(id)}`
    return Option.fromUndefinedOr(row)
  })

  const request = Effect.fnUntraced(
    function*(options: { readonly confirm: string; readonly reason?: string | undefined }) {
      const { id: organizationId } = yield* CurrentOrganization
      const { actor } = yield* CurrentActor
      const organization = yield* organizations.current
      if (options.confirm !== organization.slug) {
        return yield* InvalidInput.of("/confirm", `Repeat the organization's address, "${organization.slug}".`)
      }
      if (Option.isSome(yield* Effect.orDie(open(organizationId)))) {
        return yield* new Conflict({ detail: "The deletion of this organization is scheduled already." })
      }
      const id = yield* Id.next(DeletionId)
      const now = yield* Clock.currentTimeMillis
      const grace = yield* settings.getPlatform(deletionGraceDays)
      const dueAt = now + grace * dayMillis
      yield* sql`INSERT INTO core_deletions ${
        sql.insert({
          organization_id: Id.toBytes(organizationId),
          id: Id.toBytes(id),
          is_open: 1,
          state: "scheduled",
          reason: options.reason ?? null,
          requested_by: encodeActor(actor),
          requested_at: now,
          due_at: dueAt,
          previous_status: organization.status,
          pseudonym_key: null,
          erasure_cursor: null,
          erased: encodeErased({}),
          erasing_since: null,
          ended_at: null
        })
      }`
      yield* organizations.setStatus("cancelled")
      yield* events.append(CoreEvents.deletionScheduled, {
        aggregateId: organizationId,
        payload: { organizationId, dueAt }
      })
      yield* audit.record({
        action: "organization.deletion_scheduled",
        target: { type: "organization", id: organizationId },
        after: { dueAt: DateTime.makeUnsafe(dueAt), reason: options.reason ?? null }
      })
      yield* jobs.enqueueSystem(erasureJob, { organizationId, deletionId: id }, {
        id,
        delay: Duration.millis(dueAt - now)
      })
      return toDeletion(Option.getOrThrow(yield* byId(organizationId, id)))
    }
  )

  const cancel = Effect.gen(function*() {
    const { id: organizationId } = yield* CurrentOrganization
    const row = yield* Effect.orDie(open(organizationId))
    if (Option.isNone(row)) {
      return yield* new NotFound({
        resource: "deletion",
        id: organizationId,
        detail: "No deletion of this organization is scheduled."
      })
    }
    const now = yield* Clock.currentTimeMillis
    const cancelled = yield* affectedRows(sql`UPDATE core_deletions
      SET state = 'cancelled', is_open = NULL, ended_at = ${now}
      WHERE organization_id = ${row.value.organization_id} AND id = ${row.value.id} AND state = 'scheduled'`)
    if (cancelled === 0) return yield* new Conflict({ detail: "The erasure has begun and can't be called off." })
    yield* organizations.setStatus(row.value.previous_status as OrganizationStatus)
    yield* events.append(CoreEvents.deletionCancelled, { aggregateId: organizationId, payload: { organizationId } })
    yield* audit.record({
      action: "organization.deletion_cancelled",
      target: { type: "organization", id: organizationId }
    })
    return toDeletion(Option.getOrThrow(yield* byId(organizationId, Id.fromBytes(row.value.id))))
  })

  /** From when on it can't be called off; makes the key of the pseudonyms. */
  const begin = (row: DeletionRow, now: number) =>
    affectedRows(sql`UPDATE core_deletions
      SET state = 'erasing', erasing_since = ${now}, pseudonym_key = ${Buffer.from(SecureRandom.randomBytesUnsafe(32))}
      WHERE organization_id = ${row.organization_id} AND id = ${row.id} AND state = 'scheduled' AND due_at <= ${now}`)

  const finish = Effect.fnUntraced(function*(row: DeletionRow, now: number) {
    const organizationId = Id.fromBytes<OrganizationId>(row.organization_id)
    // Jobs name their organization in their envelope only.
    yield* sql`DELETE FROM core_jobs
      WHERE element LIKE ${`%"organizationId":"${organizationId}"%`} AND queue_name <> ${erasureJob.name}`
    const [organization] = yield* sql<{ readonly slug: string }>`SELECT slug FROM core_organizations
      WHERE id = ${row.organization_id}`
    if (organization !== undefined) {
      const days = yield* settings.getPlatform(addressQuarantineDays)
      yield* retire(sql, organization.slug, now + days * dayMillis)
    }
    yield* sql`DELETE FROM core_users WHERE machine_of = ${row.organization_id}`
    yield* sql`DELETE FROM core_organizations WHERE id = ${row.organization_id}`
    yield* sql`UPDATE core_deletions
      SET state = 'done', is_open = NULL, ended_at = ${now}, pseudonym_key = NULL, erasure_cursor = NULL
      WHERE organization_id = ${row.organization_id} AND id = ${row.id}`
    yield* onPlatform(audit.record({
      action: "organization.erased",
      target: { type: "organization", id: organizationId },
      after: decodeErased(row.erased)
    }))
  })

  /** The deletion, held until the commit: two workers take turns. */
  const held = Effect.fnUntraced(function*(id: DeletionId, organizationId: OrganizationId) {
    yield* sql`UPDATE core_deletions SET is_open = is_open
      WHERE organization_id = ${Id.toBytes(organizationId)} AND id = ${Id.toBytes(id)}`
    return Option.getOrUndefined(yield* byId(organizationId, id))
  })

  const add = (row: DeletionRow, more: ErasedRows) => {
    const total = { ...decodeErased(row.erased) }
    for (const [table, rows] of Object.entries(more)) total[table] = (total[table] ?? 0) + rows
    return encodeErased(total)
  }

  /** Whether there is more to do: rows, or (when none is left) contents. */
  const eraseRows = Effect.fnUntraced(function*(id: DeletionId, organizationId: OrganizationId, limit: number) {
    const row = yield* held(id, organizationId)
    if (row === undefined) return "over"
    const now = yield* Clock.currentTimeMillis
    if (row.state === "scheduled") {
      // Called too early, or in the very moment in which it was called off: the next look decides.
      return (yield* begin(row, now)) === 0 ? "over" : "rows"
    }
    if (row.state !== "erasing") return "over"
    const key = Redacted.make(row.pseudonym_key ?? new Uint8Array(32))
    const result = yield* data.erase(organizationId, {
      limit,
      after: row.erasure_cursor === null ? undefined : decodeCursor(row.erasure_cursor),
      pseudonym: pseudonymOf(key)
    })
    const cursor = result.next?.cursor === undefined ? null : encodeCursor(result.next.cursor)
    yield* sql`UPDATE core_deletions SET erased = ${add(row, result.erased)}, erasure_cursor = ${cursor}
      WHERE organization_id = ${row.organization_id} AND id = ${row.id}`
    return result.next === null ? "contents" : "rows"
  })

  /** Outside of any transaction, since a store may take its time. */
  const removeContents = Effect.fnUntraced(function*(organizationId: OrganizationId, limit: number) {
    const removed: Record<string, number> = {}
    let left = limit
    for (const { name, remove } of contents) {
      while (left > 0) {
        const count = yield* Effect.orDie(remove(organizationId, left))
        if (count === 0) break
        removed[name] = (removed[name] ?? 0) + count
        left -= count
      }
    }
    return { removed, isDone: left > 0 }
  })

  const settle = Effect.fnUntraced(
    function*(id: DeletionId, organizationId: OrganizationId, done: Effect.Success<ReturnType<typeof removeContents>>) {
      const row = yield* held(id, organizationId)
      if (row === undefined || row.state !== "erasing") return true
      const erased = add(row, done.removed)
      yield* sql`UPDATE core_deletions SET erased = ${erased}
        WHERE organization_id = ${row.organization_id} AND id = ${row.id}`
      if (done.isDone) yield* finish({ ...row, erased }, yield* Clock.currentTimeMillis)
      return done.isDone
    }
  )

  const step = Effect.fnUntraced(function*(id: DeletionId, organizationId: OrganizationId, limit: number) {
    const next = yield* transaction(sql, eraseRows(id, organizationId, limit))
    if (next !== "contents") return next === "over"
    const done = yield* removeContents(organizationId, limit)
    return yield* transaction(sql, settle(id, organizationId, done))
  })

  return Deletions.of({
    current: Effect.gen(function*() {
      const { id } = yield* CurrentOrganization
      const [row] = yield* Effect.orDie(sql<DeletionRow>`SELECT ${columns} FROM core_deletions
        WHERE organization_id = ${Id.toBytes(id)} ORDER BY id DESC LIMIT 1`)
      if (row === undefined) {
        return yield* new NotFound({
          resource: "deletion",
          id,
          detail: "No deletion of this organization was asked for."
        })
      }
      return toDeletion(row)
    }).pipe(Effect.withSpan("Deletions.current")),
    request: Effect.fn("Deletions.request")((options) =>
      transaction(sql, request(options)).pipe(
        orUnique(() => new Conflict({ detail: "The deletion of this organization is scheduled already." }))
      )
    ),
    cancel: orDieSql(transaction(sql, cancel)).pipe(Effect.withSpan("Deletions.cancel")),
    step: Effect.fn("Deletions.step")((id, organizationId, limit) =>
      Effect.orDie(step(id, organizationId, limit)).pipe(
        Effect.provideService(CurrentActor, systemActor("erasure"))
      )
    ),
    queueDue: Effect.gen(function*() {
      const now = yield* Clock.currentTimeMillis
      const due = yield* Effect.orDie(sql<Pick<DeletionRow, "organization_id" | "id">>`SELECT organization_id, id
        FROM core_deletions WHERE is_open = 1 AND due_at <= ${now} ORDER BY due_at LIMIT ${rowLimit(sql, 100)}`)
      for (const row of due) {
        const deletionId = Id.fromBytes<DeletionId>(row.id)
        yield* jobs.enqueueSystem(
          erasureJob,
          { organizationId: Id.fromBytes<OrganizationId>(row.organization_id), deletionId },
          { id: `${deletionId}/${Math.floor(now / hourMillis)}` }
        )
      }
      return due.length
    }).pipe(Effect.withSpan("Deletions.queueDue"))
  })
})

/** The same id has the same pseudonym; without the key nobody finds the one from the other. */
const pseudonymOf = (key: Redacted.Redacted<Uint8Array>) => (id: string): string => {
  const bytes = createHmac("sha256", Redacted.value(key)).update(id).digest().subarray(0, 16)
  bytes[6] = (bytes[6]! & 0x0f) | 0x80
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  return Id.fromBytes(bytes)
}

const encodeActor = Schema.encodeSync(Schema.fromJsonString(Actor))
const decodeActor = Schema.decodeUnknownSync(Schema.fromJsonString(Actor))
const ErasedText = Schema.fromJsonString(Schema.Record(Schema.String, Schema.Int))
const encodeErased = Schema.encodeSync(ErasedText)
const decodeErased = Schema.decodeUnknownSync(ErasedText)
const encodeCursor = Schema.encodeSync(Schema.fromJsonString(ErasureCursor))
const decodeCursor = Schema.decodeUnknownSync(Schema.fromJsonString(ErasureCursor))

interface DeletionRow {
  readonly organization_id: Uint8Array
  readonly id: Uint8Array
  readonly state: string
  readonly reason: string | null
  readonly requested_by: string
  readonly requested_at: unknown
  readonly due_at: unknown
  readonly previous_status: string
  readonly pseudonym_key: Uint8Array | null
  readonly erasure_cursor: string | null
  readonly erased: string
  readonly ended_at: unknown
}

const instant = (value: unknown) => DateTime.makeUnsafe(Number(value))

const toDeletion = (row: DeletionRow): Deletion =>
  new Deletion({
    id: Id.fromBytes<DeletionId>(row.id),
    organizationId: Id.fromBytes<OrganizationId>(row.organization_id),
    state: row.state as DeletionState,
    reason: row.reason,
    requestedBy: decodeActor(row.requested_by),
    requestedAt: instant(row.requested_at),
    dueAt: instant(row.due_at),
    erased: decodeErased(row.erased),
    endedAt: row.ended_at === null ? null : instant(row.ended_at)
  })
