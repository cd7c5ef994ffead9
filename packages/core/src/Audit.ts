/**
 * The audit log: who did what to which thing, and what it was before and after. Records are only ever added, in the
 * transaction of the change, and hold no secret.
 *
 * Each organization's records form a chain: a record's hash covers what it says and the hash before it, so that none can
 * be changed, removed or put between others unnoticed. Who keeps an end of the chain elsewhere can also tell when records
 * are gone from its end.
 *
 * @since 0.1.0
 */
import { Clock, Context, DateTime, Effect, Layer, Option, Predicate, Redacted, Schema, Stream } from "effect"
import { SqlClient } from "effect/sql"
import { createHash } from "node:crypto"
import { AuditId, AuditRecord, AuditVerification } from "./AuditRecord.ts"
import type { AuditFilter } from "./AuditRecord.ts"
import * as Id from "./Id.ts"
import * as Pagination from "./Pagination.ts"
import * as Sorting from "./Sorting.ts"
import type { InvalidInput } from "./Problem.ts"
import { RequestId } from "./RequestId.ts"
import { RequestOrigin } from "./RequestOrigin.ts"
import { insertIfAbsent, joinTransaction, rowLimit } from "./Sql.ts"
import { Actor, CurrentActor, CurrentOrganization } from "./Tenancy.ts"
import type { OrganizationId } from "./Tenancy.ts"

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
 * The end of a chain that somebody kept.
 *
 * @category models
 * @since 0.1.0
 */
export interface AuditAnchor {
  readonly sequence: number
  readonly hash: string
}

/**
 * @category services
 * @since 0.1.0
 */
export class Audit extends Context.Service<Audit, {
  /** Records within the ambient transaction. */
  readonly record: (entry: AuditEntry) => Effect.Effect<void, never, CurrentOrganization | CurrentActor>
  /** The newest first, unless it is asked for the other way round. */
  readonly list: (
    query: Pagination.PageQuery & AuditFilter & { readonly sort?: Sorting.Sort<"at"> | undefined }
  ) => Effect.Effect<Pagination.Page<AuditRecord>, InvalidInput, CurrentOrganization>
  /** The oldest first, page by page as they are taken. */
  readonly stream: (filter: AuditFilter) => Stream.Stream<AuditRecord, never, CurrentOrganization>
  /** Looks at every record of the organization; `anchor` is an end of the chain that was kept. */
  readonly verify: (anchor?: AuditAnchor) => Effect.Effect<AuditVerification, never, CurrentOrganization>
}>()("@wicara/core/Audit") {
  /** @since 0.1.0 */
  static readonly layerSql: Layer.Layer<Audit, never, SqlClient.SqlClient> = Layer.effect(
    Audit,
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient

      const columns = sql.literal(
        "id, actor, action, target_type, target_id, value_before, value_after, request_id, address, user_agent, at, " +
          "sequence, content_hash, hash, erased"
      )

      const lockHead = (organizationId: Uint8Array) =>
        Effect.map(
          sql.onDialectOrElse({
            mysql: () =>
              sql<HeadRow>`SELECT sequence, hash FROM core_audit_heads
                WHERE organization_id = ${organizationId} FOR UPDATE`,
            orElse: () =>
              sql<HeadRow>`SELECT sequence, hash FROM core_audit_heads WHERE organization_id = ${organizationId}`
          }),
          (rows) => rows[0]
        )

      /** Whoever adds to the chain holds its end until the transaction ends: links are neither lost nor forked. */
      const append = Effect.fnUntraced(function*(organizationId: OrganizationId, content: Content) {
        const organization = Id.toBytes(organizationId)
        let head = yield* lockHead(organization)
        if (head === undefined) {
          yield* insertIfAbsent(sql, "core_audit_heads", "organization_id", [
            { organization_id: organization, sequence: 0, hash: genesis(organizationId) }
          ])
          head = yield* lockHead(organization)
        }
        if (head === undefined) return yield* Effect.die(new Error("The audit chain has no head"))
        const sequence = Number(head.sequence) + 1
        const contentHash = hashOfContent(organizationId, content)
        const hash = link(head.hash, sequence, contentHash)
        yield* sql`INSERT INTO core_audit ${
          sql.insert({ organization_id: organization, ...content, sequence, content_hash: contentHash, hash })
        }`
        yield* sql`UPDATE core_audit_heads SET sequence = ${sequence}, hash = ${hash}
          WHERE organization_id = ${organization}`
      })

      const where = (organizationId: OrganizationId, filter: AuditFilter) => {
        const prefix = filter.action?.endsWith("*") === true ? filter.action.slice(0, -1) : undefined
        return sql.and([
          sql`organization_id = ${Id.toBytes(organizationId)}`,
          ...(filter.actor === undefined ? [] : [sql`actor_id = ${filter.actor}`]),
          ...(filter.action === undefined || prefix !== undefined ? [] : [sql`action = ${filter.action}`]),
          ...(prefix === undefined ? [] : [sql`action >= ${prefix} AND action < ${`${prefix}\u{ffff}`}`]),
          ...(filter.targetType === undefined ? [] : [sql`target_type = ${filter.targetType}`]),
          ...(filter.targetId === undefined ? [] : [sql`target_id = ${filter.targetId}`]),
          ...(filter.from === undefined ? [] : [sql`at >= ${DateTime.toEpochMillis(filter.from)}`]),
          ...(filter.to === undefined ? [] : [sql`at < ${DateTime.toEpochMillis(filter.to)}`])
        ])
      }

      const pageAfter = (organizationId: OrganizationId, filter: AuditFilter, after: AuditId | undefined) =>
        Effect.orDie(sql<AuditRow>`SELECT ${columns} FROM core_audit WHERE ${where(organizationId, filter)}
          ${after === undefined ? sql.literal("") : sql`AND id > ${Id.toBytes(after)}`}
          ORDER BY id LIMIT ${rowLimit(sql, streamPage)}`)

      return Audit.of({
        record: Effect.fn("Audit.record")(function*(entry) {
          const organization = yield* CurrentOrganization
          const { actor } = yield* CurrentActor
          const requestId = yield* RequestId
          const origin = yield* RequestOrigin
          const content: Content = {
            id: Id.toBytes(yield* Id.next(AuditId)),
            actor: encodeActor(actor),
            actor_id: actor._tag === "System" ? actor.name : actor.id,
            action: entry.action,
            target_type: entry.target.type,
            target_id: entry.target.id,
            value_before: entry.before === undefined ? null : encodeJson(mask(entry.before)),
            value_after: entry.after === undefined ? null : encodeJson(mask(entry.after)),
            request_id: requestId?.slice(0, 120) ?? null,
            address: origin?.address ?? null,
            user_agent: origin?.userAgent?.slice(0, 255) ?? null,
            at: yield* Clock.currentTimeMillis
          }
          yield* Effect.orDie(joinTransaction(sql, append(organization.id, content)))
        }),
        list: Effect.fn("Audit.list")(function*(query) {
          const organization = yield* CurrentOrganization
          const sort = query.sort ?? "-at"
          const after = yield* Sorting.position(query, sort)
          const limit = Pagination.limit(query)
          const keyset: Sorting.Keyset = {
            column: undefined,
            isDescending: Sorting.parts(sort).isDescending,
            id: "id",
            after: after === undefined ? undefined : { key: null, id: Id.toBytes(after.id) }
          }
          const rows = yield* Effect.orDie(
            Sorting.read(sql, keyset, limit + 1, (position, rest) =>
              sql<AuditRow>`SELECT ${columns} FROM core_audit
              WHERE ${where(organization.id, query)} AND ${position} ${rest}`)
          )
          return Pagination.page(rows.map(toRecord), limit, Sorting.Position, ({ id }) => ({ sort, key: null, id }))
        }),
        stream: (filter) =>
          Stream.unwrap(Effect.map(CurrentOrganization, (organization) =>
            Stream.paginate(
              undefined as AuditId | undefined,
              (after) =>
                Effect.map(pageAfter(organization.id, filter, after), (rows) => {
                  const records = rows.map(toRecord)
                  const last = records.at(-1)
                  return [records, last === undefined ? Option.none() : Option.some(last.id)] as const
                })
            ))),
        verify: Effect.fn("Audit.verify")(function*(anchor) {
          const { id } = yield* CurrentOrganization
          const organization = Id.toBytes(id)
          // The end first: what is added meanwhile comes after it.
          const [end] = yield* Effect.orDie(sql<HeadRow>`SELECT sequence, hash FROM core_audit_heads
            WHERE organization_id = ${organization}`)
          const checker = makeChecker(id, anchor)
          const until = end === undefined ? 0 : Number(end.sequence)
          let after = 0
          while (true) {
            const rows = yield* Effect.orDie(sql<AuditRow>`SELECT ${columns} FROM core_audit
              WHERE organization_id = ${organization} AND sequence > ${after} AND sequence <= ${until}
              ORDER BY sequence LIMIT ${rowLimit(sql, streamPage)}`)
            for (const row of rows) checker.add(row)
            const last = rows.at(-1)
            if (last === undefined) break
            after = Number(last.sequence)
          }
          const [first] = yield* Effect.orDie(sql<{ readonly id: Uint8Array }>`SELECT id FROM core_audit
            WHERE organization_id = ${organization} AND sequence = 1`)
          const unchained = yield* Effect.orDie(sql<{ readonly id: Uint8Array }>`SELECT id FROM core_audit
            WHERE organization_id = ${organization} AND sequence IS NULL ORDER BY id`)
          return checker.end(
            end,
            unchained.length,
            unchained.filter((row) => first !== undefined && Buffer.compare(row.id, first.id) > 0).length
          )
        })
      })
    })
  )
}

const streamPage = 500

/** What a record's hash covers, as it is stored. */
interface Content {
  readonly id: Uint8Array
  readonly actor: string
  readonly actor_id: string
  readonly action: string
  readonly target_type: string
  readonly target_id: string
  readonly value_before: string | null
  readonly value_after: string | null
  readonly request_id: string | null
  readonly address: string | null
  readonly user_agent: string | null
  readonly at: number
}

const encodeParts = Schema.encodeSync(Schema.fromJsonString(Schema.Array(Schema.NullOr(Schema.String))))

const sha256 = (...parts: ReadonlyArray<string | Uint8Array>): Uint8Array => {
  const hash = createHash("sha256")
  for (const part of parts) hash.update(part)
  return new Uint8Array(hash.digest())
}

const genesis = (organizationId: OrganizationId) => sha256(`wicara audit\n${organizationId}`)

const hashOfContent = (organizationId: OrganizationId, content: Omit<Content, "actor_id">): Uint8Array =>
  sha256(encodeParts([
    organizationId,
    Id.fromBytes(content.id),
    content.actor,
    content.action,
    content.target_type,
    content.target_id,
    content.value_before,
    content.value_after,
    content.request_id,
    content.address,
    content.user_agent,
    String(content.at)
  ]))

const link = (before: Uint8Array, sequence: number, contentHash: Uint8Array): Uint8Array =>
  sha256(before, `\n${sequence}\n`, contentHash)

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex")

type Problems = AuditVerification["problems"]

const makeChecker = (organizationId: OrganizationId, anchor: AuditAnchor | undefined) => {
  const problems: Array<Problems[number]> = []
  let hash = genesis(organizationId)
  let sequence = 0
  let records = 0
  let erased = 0
  let anchored = anchor === undefined || anchor.sequence === 0
  const report = (kind: Problems[number]["kind"], at: number | null, detail: string) => {
    if (problems.length < 100) problems.push({ kind, sequence: at, detail })
  }
  return {
    add: (row: AuditRow) => {
      const at = Number(row.sequence)
      records += 1
      if (at !== sequence + 1) {
        report("missing", sequence + 1, `Between ${sequence} and ${at} records are missing.`)
        // From here on the chain is looked at by itself.
        hash = new Uint8Array()
      }
      const isErased = Number(row.erased) === 1
      if (isErased) erased += 1
      const contentHash = row.content_hash ?? new Uint8Array()
      if (!isErased && hex(hashOfContent(organizationId, { ...row, at: Number(row.at) })) !== hex(contentHash)) {
        report("changed", at, `Record ${Id.fromBytes(row.id)} does not say what it said.`)
      }
      const stored = row.hash ?? new Uint8Array()
      if (hash.length > 0 && hex(link(hash, at, contentHash)) !== hex(stored)) {
        report("moved", at, `Record ${Id.fromBytes(row.id)} does not follow the one before it.`)
      }
      if (anchor !== undefined && anchor.sequence === at) {
        anchored = anchor.hash === hex(stored)
        if (!anchored) report("head", at, "The chain is another one than when its end was kept.")
      }
      hash = stored
      sequence = at
    },
    end: (head: HeadRow | undefined, unchained: number, inserted: number): AuditVerification => {
      if (
        head !== undefined && (Number(head.sequence) !== sequence || (sequence > 0 && hex(head.hash) !== hex(hash)))
      ) {
        report("head", Number(head.sequence), `The chain ends at ${sequence} and not at ${Number(head.sequence)}.`)
      }
      if (head === undefined && anchor !== undefined && anchor.sequence > 0) {
        report("head", anchor.sequence, "There is no chain any more.")
      } else if (!anchored && anchor !== undefined && anchor.sequence > sequence) {
        report("head", anchor.sequence, `The chain ends at ${sequence}, before the end that was kept.`)
      }
      if (inserted > 0) report("inserted", null, `${inserted} records stand outside of the chain.`)
      return new AuditVerification({
        isIntact: problems.length === 0,
        records,
        unchained,
        erased,
        head: head === undefined ? null : { sequence: Number(head.sequence), hash: hex(head.hash) },
        problems
      })
    }
  }
}

const encodeActor = Schema.encodeSync(Schema.fromJsonString(Actor))
const decodeActor = Schema.decodeUnknownSync(Schema.fromJsonString(Actor))
const encodeJson = Schema.encodeSync(Schema.fromJsonString(Schema.Json))
const decodeJson = Schema.decodeUnknownSync(Schema.fromJsonString(Schema.Json))

interface HeadRow {
  readonly sequence: unknown
  readonly hash: Uint8Array
}

interface AuditRow extends Omit<Content, "actor_id" | "at"> {
  readonly at: unknown
  readonly sequence: unknown
  readonly content_hash: Uint8Array | null
  readonly hash: Uint8Array | null
  readonly erased: unknown
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
    address: row.address,
    userAgent: row.user_agent,
    at: DateTime.makeUnsafe(Number(row.at)),
    sequence: row.sequence === null ? null : Number(row.sequence),
    hash: row.hash === null ? null : hex(row.hash)
  })
