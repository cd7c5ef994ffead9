/**
 * The audit log as text: JSON lines or CSV (RFC 4180).
 *
 * @since 0.1.0
 */
import { DateTime, Effect, Schema, Stream } from "effect"
import { Csv } from "effect/encoding"
import { Audit } from "./Audit.ts"
import { AuditRecord } from "./AuditRecord.ts"
import type { AuditFilter } from "./AuditRecord.ts"
import type { CurrentActor, CurrentOrganization } from "./Tenancy.ts"

/**
 * @category models
 * @since 0.1.0
 */
export type Format = "jsonl" | "csv"

const columns = [
  "sequence",
  "at",
  "actor",
  "actorId",
  "action",
  "targetType",
  "targetId",
  "before",
  "after",
  "requestId",
  "address",
  "userAgent",
  "id",
  "hash"
] as const

const encodeLine = Schema.encodeSync(Schema.fromJsonString(Schema.toCodecJson(AuditRecord)))
const encodeJson = Schema.encodeSync(Schema.fromJsonString(Schema.Json))

// A cell that begins like a formula is one to a spreadsheet, whoever wrote it.
const cell = (text: string | null): string => (text === null ? "" : /^[=+\-@\t\r]/.test(text) ? `'${text}` : text)

const row = (
  { action, actor, address, after, at, before, hash, id, requestId, sequence, target, userAgent }: AuditRecord
) => ({
  sequence: sequence === null ? "" : String(sequence),
  at: DateTime.formatIso(at),
  actor: actor._tag,
  actorId: cell(actor._tag === "System" ? actor.name : actor.id),
  action: cell(action),
  targetType: cell(target.type),
  targetId: cell(target.id),
  before: before === null ? "" : cell(encodeJson(before)),
  after: after === null ? "" : cell(encodeJson(after)),
  requestId: cell(requestId),
  address: cell(address),
  userAgent: cell(userAgent),
  id,
  hash: hash ?? ""
})

/**
 * The text of the records, as they are read; that it was taken is itself recorded, before it.
 *
 * @category exports
 * @since 0.1.0
 */
export const text = Effect.fn("AuditExport.text")(function*(format: Format, filter: AuditFilter) {
  const audit = yield* Audit
  yield* audit.record({ action: "audit.exported", target: { type: "audit", id: "all" }, after: { format, ...filter } })
  const records = audit.stream(filter)
  const texts: Stream.Stream<string, never, CurrentOrganization> = format === "jsonl"
    ? Stream.map(records, (record) => `${encodeLine(record)}\n`)
    : Stream.map(records, row).pipe(Stream.pipeThroughChannel(Csv.encodeString({ columns, headers: true })))
  return texts
}) satisfies (
  format: Format,
  filter: AuditFilter
) => Effect.Effect<Stream.Stream<string, never, CurrentOrganization>, never, Audit | CurrentOrganization | CurrentActor>
