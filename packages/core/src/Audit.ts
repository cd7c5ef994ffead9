/**
 * The audit log: who did what to which thing, and what it was before and after. Records are only ever added, in the
 * transaction of the change, and hold no secret.
 *
 * @since 0.1.0
 */
import { Clock, Context, DateTime, Effect, Layer, Predicate, Redacted, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { AuditId, AuditRecord } from "./AuditRecord.ts"
import * as Id from "./Id.ts"
import * as Pagination from "./Pagination.ts"
import type { InvalidInput } from "./Problem.ts"
import { RequestId } from "./RequestId.ts"
import { rowLimit } from "./Sql.ts"
import { Actor, CurrentActor, CurrentOrganization } from "./Tenancy.ts"

/**
 * What to record. `before` and `after` are plain values; what their names say is secret is masked.
 *
 * @category models
 * @since 0.1.0
 */
export interface AuditEntry {
  /** `resource.action`, in the past tense of the events: `member.changed`. */
  readonly action: string
  readonly target: { readonly type: string; readonly id: string }
  readonly before?: unknown
  readonly after?: unknown
}

const secretName =
  /pass(?:word|phrase)|secret|token|authorization|credential|cookie|private|(?:api|access|master|signing)[-_]?key/i

/**
 * A value as JSON without secrets: redacted values, and fields whose name says that they hold one.
 *
 * @category constructors
 * @since 0.1.0
 */
export const mask = (value: unknown): Schema.Json => {
  if (value === null || value === undefined) return null
  if (Redacted.isRedacted(value)) return "[secret]"
  if (DateTime.isDateTime(value)) return DateTime.formatIso(value)
  if (Predicate.isString(value) || Predicate.isBoolean(value)) return value
  if (Predicate.isNumber(value)) return Number.isFinite(value) ? value : String(value)
  if (Predicate.isBigInt(value)) return String(value)
  if (Predicate.isIterable(value)) return Array.from(value, mask)
  if (!Predicate.isObject(value)) return null
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== undefined && !Predicate.isFunction(member))
      .map(([name, member]) => [name, secretName.test(name) && member !== null ? "[secret]" : mask(member)])
  )
}

/**
 * @category services
 * @since 0.1.0
 */
export class Audit extends Context.Service<Audit, {
  /** Records within the ambient transaction. */
  readonly record: (entry: AuditEntry) => Effect.Effect<void, never, CurrentOrganization | CurrentActor>
  /** The newest first. */
  readonly list: (
    query: Pagination.PageQuery
  ) => Effect.Effect<Pagination.Page<AuditRecord>, InvalidInput, CurrentOrganization>
}>()("@wicara/core/Audit") {
  /** @since 0.1.0 */
  static readonly layerSql: Layer.Layer<Audit, never, SqlClient.SqlClient> = Layer.effect(
    Audit,
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient

      return Audit.of({
        record: Effect.fn("Audit.record")(function*(entry) {
          const organization = yield* CurrentOrganization
          const { actor } = yield* CurrentActor
          const requestId = yield* RequestId
          yield* Effect.orDie(sql`INSERT INTO core_audit ${
            sql.insert({
              organization_id: Id.toBytes(organization.id),
              id: Id.toBytes(yield* Id.next(AuditId)),
              actor: encodeActor(actor),
              action: entry.action,
              target_type: entry.target.type,
              target_id: entry.target.id,
              value_before: entry.before === undefined ? null : encodeJson(mask(entry.before)),
              value_after: entry.after === undefined ? null : encodeJson(mask(entry.after)),
              request_id: requestId?.slice(0, 120) ?? null,
              at: yield* Clock.currentTimeMillis
            })
          }`)
        }),
        list: Effect.fn("Audit.list")(function*(query) {
          const organization = yield* CurrentOrganization
          const before = yield* Pagination.position(AuditId, query)
          const limit = Pagination.limit(query)
          const rows = yield* Effect.orDie(sql<AuditRow>`SELECT id, actor, action, target_type, target_id, value_before,
            value_after, request_id, at FROM core_audit WHERE organization_id = ${Id.toBytes(organization.id)}
            ${before === undefined ? sql.literal("") : sql`AND id < ${Id.toBytes(before)}`}
            ORDER BY id DESC LIMIT ${rowLimit(sql, limit + 1)}`)
          return Pagination.page(rows.map(toRecord), limit, AuditId, (record) => record.id)
        })
      })
    })
  )
}

const encodeActor = Schema.encodeSync(Schema.fromJsonString(Actor))
const decodeActor = Schema.decodeUnknownSync(Schema.fromJsonString(Actor))
const encodeJson = Schema.encodeSync(Schema.fromJsonString(Schema.Json))
const decodeJson = Schema.decodeUnknownSync(Schema.fromJsonString(Schema.Json))

interface AuditRow {
  readonly id: Uint8Array
  readonly actor: string
  readonly action: string
  readonly target_type: string
  readonly target_id: string
  readonly value_before: string | null
  readonly value_after: string | null
  readonly request_id: string | null
  readonly at: unknown
}

const toRecord = (row: AuditRow): AuditRecord =>
  new AuditRecord({
    id: Id.fromBytes<AuditId>(row.id),
    actor: decodeActor(row.actor),
    action: row.action,
    target: { type: row.target_type, id: row.target_id },
    before: row.value_before === null ? null : decodeJson(row.value_before),
    after: row.value_after === null ? null : decodeJson(row.value_after),
    requestId: row.request_id,
    at: DateTime.makeUnsafe(Number(row.at))
  })
