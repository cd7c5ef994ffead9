/**
 * Rate limits: what every request is counted against, who broke a limit, and who is kept out for it.
 *
 * A request is decided in this process, without asking anyone. The processes of a server settle with each other through
 * `RateLimitStore`: each lets through at most a tenth of a limit before it hears what the others did. So `n` processes
 * let through at most `limit + n * limit / 10` of a burst where one would let through `limit`; what was too much is owed
 * and repaid, so that over time the limit is exact. Who is refused costs no exchange at all. When the store is away, each
 * process holds the limits alone.
 *
 * @since 0.1.0
 */
import { Clock, Context, DateTime, Duration, Effect, Layer, Metric, Option, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { Audit } from "./Audit.ts"
import * as Id from "./Id.ts"
import * as LocalLimits from "./internal/localLimits.ts"
import * as Pagination from "./Pagination.ts"
import { NotFound, TooManyRequests } from "./Problem.ts"
import type { InvalidInput } from "./Problem.ts"
import { Block, BlockId, CurrentPolicy, RateLimitViolation, ViolationId } from "./RateLimit.ts"
import type { Decision, RateLimit, Scope } from "./RateLimit.ts"
import { RateLimitStore } from "./RateLimitStore.ts"
import { accounts } from "./Secrets.ts"
import { affectedRows, rowLimit, transaction } from "./Sql.ts"
import { CurrentOrganization } from "./Tenancy.ts"
import type { CurrentActor, OrganizationId } from "./Tenancy.ts"
import { english } from "./ProblemTexts.ts"

/**
 * Whose requests are counted.
 *
 * @category models
 * @since 0.1.0
 */
export interface Subject {
  readonly scope: Scope
  /** An address, or the id of who asks. */
  readonly subject: string
  /** Whose administrators see its violations; none for addresses. */
  readonly organizationId?: OrganizationId | undefined
  /** A limit of its own, where it is lower than the policy's. */
  readonly rateLimit?: RateLimit | undefined
}

/**
 * What is to be kept out, and for how long.
 *
 * @category models
 * @since 0.1.0
 */
export interface NewBlock {
  readonly scope: Scope
  readonly subject: string
  readonly reason: string
  /** Absent: until it is lifted. */
  readonly duration?: Duration.Duration | undefined
}

/**
 * What the limits said to the request that the running code serves, for its answer's headers.
 *
 * @category references
 * @since 0.1.0
 */
export const RequestDecisions = Context.Reference<Array<Decision> | undefined>(
  "@wicara/core/RateLimits/RequestDecisions",
  { defaultValue: () => undefined }
)

/**
 * @category services
 * @since 0.1.0
 */
export class RateLimits extends Context.Service<RateLimits, {
  /** Counts a request for each of the subjects, in order, until one is refused. */
  readonly take: (subjects: ReadonlyArray<Subject>) => Effect.Effect<void, TooManyRequests>
  /** One decision, without what follows from it; for what is no HTTP request. */
  readonly decide: (subject: Subject, requests?: number) => Effect.Effect<Decision>
  /** Who broke a limit, the newest first: of the organization, or of addresses within `Secrets.accounts`. */
  readonly violations: (
    query: Pagination.PageQuery
  ) => Effect.Effect<Pagination.Page<RateLimitViolation>, InvalidInput, CurrentOrganization>
  /** Who is kept out now, the newest first. */
  readonly blocks: (
    query: Pagination.PageQuery
  ) => Effect.Effect<Pagination.Page<Block>, InvalidInput, CurrentOrganization>
  /** Keeps somebody out, in every process within five seconds: an address, or the organization's user or API key. */
  readonly block: (block: NewBlock) => Effect.Effect<Block, NotFound, CurrentOrganization | CurrentActor>
  readonly unblock: (id: BlockId) => Effect.Effect<void, NotFound, CurrentOrganization | CurrentActor>
  /** Writes at once what would be written within the next second. */
  readonly flush: Effect.Effect<void>
  /** Deletes blocks that have ended and violations of more than 30 days ago, at most so many; returns how many. */
  readonly cleanup: (limit: number) => Effect.Effect<number>
}>()("@wicara/core/RateLimits") {
  /** @since 0.1.0 */
  static readonly layer: Layer.Layer<RateLimits, never, SqlClient.SqlClient | RateLimitStore | Audit> = Layer.effect(
    RateLimits,
    Effect.suspend(() => make)
  )

  /**
   * With the limits shared in the database.
   *
   * @since 0.1.0
   */
  static readonly layerSql: Layer.Layer<RateLimits, never, SqlClient.SqlClient | Audit> = RateLimits.layer.pipe(
    Layer.provide(RateLimitStore.layerSql)
  )
}

interface Violation {
  readonly id: ViolationId
  readonly organizationId: OrganizationId
  readonly scope: Scope
  readonly subject: string
  readonly rateLimit: RateLimit
  readonly firstAt: number
  lastAt: number
  refused: number
  written: number
}

const refusedRequests = Metric.counter("wicara_requests_refused", { incremental: true })

const make = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const audit = yield* Audit
  const policy = yield* CurrentPolicy
  const violations = new Map<string, Violation>()
  /** Until when each is kept out. */
  let keptOut: ReadonlyMap<string, number> = new Map()
  let keptOutReadAt = Number.NEGATIVE_INFINITY

  const readBlocks = Effect.gen(function*() {
    const now = yield* Clock.currentTimeMillis
    if (now - keptOutReadAt < refreshMillis) return
    const rows = yield* sql<BlockedRow>`SELECT organization_id, scope, subject, expires_at FROM core_blocks
      WHERE expires_at IS NULL OR expires_at > ${now}`
    keptOut = new Map(rows.map(({ expires_at, organization_id, scope, subject }) => [
      keyOf({ organizationId: Id.fromBytes<OrganizationId>(organization_id), scope, subject }),
      expires_at === null ? Number.POSITIVE_INFINITY : Number(expires_at)
    ]))
    keptOutReadAt = now
  })

  const insertBlock = Effect.fnUntraced(
    function*(organizationId: OrganizationId, { duration, reason, scope, subject }: NewBlock) {
      const id = yield* Id.next(BlockId)
      const now = yield* Clock.currentTimeMillis
      const expiresAt = duration === undefined ? null : now + Duration.toMillis(duration)
      const row: BlockRow = {
        id: Id.toBytes(id),
        scope,
        subject: subject.slice(0, 190),
        reason: reason.slice(0, 255),
        created_at: now,
        expires_at: expiresAt
      }
      yield* sql`INSERT INTO core_blocks ${sql.insert({ organization_id: Id.toBytes(organizationId), ...row })}`
      yield* sql.afterCommit(Effect.sync(() => {
        keptOut = new Map(keptOut).set(keyOf({ organizationId, scope, subject }), expiresAt ?? Number.POSITIVE_INFINITY)
      }))
      return toBlock(row)
    }
  )

  const writeViolation = Effect.fnUntraced(function*(violation: Violation) {
    const { firstAt, id, lastAt, organizationId, rateLimit, refused, scope, subject } = violation
    if (violation.written === 0) {
      yield* sql`INSERT INTO core_rate_limit_violations ${
        sql.insert({
          organization_id: Id.toBytes(organizationId),
          id: Id.toBytes(id),
          scope,
          subject,
          rate_limit: rateLimit.limit,
          window_millis: rateLimit.windowMillis,
          refused,
          first_at: firstAt,
          last_at: lastAt
        })
      }`
    } else {
      yield* sql`UPDATE core_rate_limit_violations SET refused = ${refused}, last_at = ${lastAt}
        WHERE organization_id = ${Id.toBytes(organizationId)} AND id = ${Id.toBytes(id)}`
    }
    violation.written = refused
  })

  const isBlockable = (violation: Violation) =>
    policy.blockAfter > 0 && violation.scope !== "organization" && violation.refused >= policy.blockAfter

  const settle = Effect.gen(function*() {
    const now = yield* Clock.currentTimeMillis
    for (const [key, violation] of violations) {
      if (violation.refused > violation.written) yield* writeViolation(violation)
      if (isBlockable(violation)) {
        yield* insertBlock(violation.organizationId, {
          scope: violation.scope,
          subject: violation.subject,
          reason: `${violation.refused} requests over the limit within ten minutes`,
          duration: policy.blockFor
        })
        violations.delete(key)
      } else if (now - violation.firstAt >= recordMillis) violations.delete(key)
    }
    yield* readBlocks
  }).pipe(
    Effect.catchCause((cause) => Effect.logWarning("Broken rate limits could not be recorded; trying again", cause))
  )

  const local = yield* LocalLimits.make(yield* RateLimitStore, yield* Effect.scope, settle)

  const rateLimitOf = ({ rateLimit, scope }: Subject) =>
    rateLimit === undefined
      ? policy[scope]
      : Option.some(Option.match(policy[scope], { onNone: () => rateLimit, onSome: (most) => slower(rateLimit, most) }))

  const decide = (subject: Subject, rateLimit: RateLimit, requests: number) =>
    Effect.map(local.take(keyOf(subject), rateLimit, requests), (taken): Decision => ({
      scope: subject.scope,
      rateLimit,
      ...taken
    }))

  const refuse = Effect.fnUntraced(function*(subject: Subject, decision: Decision, detail: string) {
    const key = keyOf(subject)
    const now = yield* Clock.currentTimeMillis
    const known = violations.get(key)
    if (known === undefined && violations.size < maximumViolations) {
      violations.set(key, {
        id: yield* Id.next(ViolationId),
        organizationId: subject.organizationId ?? accounts.id,
        scope: subject.scope,
        subject: subject.subject.slice(0, 190),
        rateLimit: decision.rateLimit,
        firstAt: now,
        lastAt: now,
        refused: 1,
        written: 0
      })
      yield* local.wake
    } else if (known !== undefined) {
      known.refused += 1
      known.lastAt = now
      if (known.refused === policy.blockAfter) yield* local.wake
    }
    yield* Metric.update(Metric.withAttributes(refusedRequests, { scope: subject.scope }), 1)
    return yield* new TooManyRequests({
      retryAfterSeconds: Math.max(1, Math.ceil(decision.retryAfterMillis / 1000)),
      detail
    })
  })

  const takeOne = Effect.fnUntraced(function*(subject: Subject) {
    const now = yield* Clock.currentTimeMillis
    if (now - keptOutReadAt >= refreshMillis) yield* local.wake
    const blockedUntil = keptOut.get(keyOf(subject))
    const rateLimit = rateLimitOf(subject)
    if (blockedUntil !== undefined && blockedUntil > now) {
      const retryAfterMillis = Math.min(blockedUntil - now, 86_400_000)
      return yield* new TooManyRequests({
        retryAfterSeconds: Math.max(1, Math.ceil(retryAfterMillis / 1000)),
        detail: `This ${nouns[subject.scope]} is kept out for a time, because it asked too often.`
      })
    }
    if (Option.isNone(rateLimit)) return
    const decision = yield* decide(subject, rateLimit.value, 1)
    const decisions = yield* RequestDecisions
    decisions?.push(decision)
    if (!decision.isAllowed) {
      const { limit, windowMillis } = rateLimit.value
      const detail = english("tooOften", {
        limit: String(limit),
        seconds: String(windowMillis / 1000),
        caller: nouns[subject.scope]
      })
      return yield* refuse(subject, decision, detail)
    }
  })

  const isOwn = Effect.fnUntraced(function*(organizationId: OrganizationId, { scope, subject }: NewBlock) {
    if (scope !== "user" && scope !== "api-key") return true
    const rows = yield* scope === "user"
      ? sql`SELECT 1 FROM core_memberships WHERE organization_id = ${Id.toBytes(organizationId)}
        AND user_id = ${Id.toBytes(subject)}`
      : sql`SELECT 1 FROM core_api_keys WHERE organization_id = ${Id.toBytes(organizationId)}
        AND id = ${Id.toBytes(subject)}`
    return rows.length > 0
  })

  return RateLimits.of({
    take: (subjects) =>
      subjects.length === 1 && subjects[0] !== undefined
        ? takeOne(subjects[0])
        : Effect.forEach(subjects, takeOne, { discard: true }),
    decide: (subject, requests = 1) =>
      Option.match(rateLimitOf(subject), {
        onNone: () => Effect.succeed(unlimited(subject.scope)),
        onSome: (rateLimit) => decide(subject, rateLimit, requests)
      }),
    violations: Effect.fn("RateLimits.violations")(function*(query) {
      const { id } = yield* CurrentOrganization
      const before = yield* Pagination.position(ViolationId, query)
      const limit = Pagination.limit(query)
      const rows = yield* Effect.orDie(sql<ViolationRow>`SELECT id, scope, subject, rate_limit, window_millis, refused,
        first_at, last_at FROM core_rate_limit_violations WHERE organization_id = ${Id.toBytes(id)}
        ${before === undefined ? sql.literal("") : sql`AND id < ${Id.toBytes(before)}`}
        ORDER BY id DESC LIMIT ${rowLimit(sql, limit + 1)}`)
      return Pagination.page(rows.map(toViolation), limit, ViolationId, (violation) => violation.id)
    }),
    blocks: Effect.fn("RateLimits.blocks")(function*(query) {
      const { id } = yield* CurrentOrganization
      const before = yield* Pagination.position(BlockId, query)
      const limit = Pagination.limit(query)
      const now = yield* Clock.currentTimeMillis
      const rows = yield* Effect.orDie(sql<BlockRow>`SELECT id, scope, subject, reason, created_at, expires_at
        FROM core_blocks WHERE organization_id = ${Id.toBytes(id)} AND (expires_at IS NULL OR expires_at > ${now})
        ${before === undefined ? sql.literal("") : sql`AND id < ${Id.toBytes(before)}`}
        ORDER BY id DESC LIMIT ${rowLimit(sql, limit + 1)}`)
      return Pagination.page(rows.map(toBlock), limit, BlockId, (block) => block.id)
    }),
    block: Effect.fn("RateLimits.block")(function*(block) {
      const { id } = yield* CurrentOrganization
      if (!(yield* Effect.orDie(isOwn(id, block)))) return yield* NotFound.of(block.scope, block.subject)
      return yield* Effect.orDie(transaction(
        sql,
        Effect.tap(insertBlock(id, block), (made) =>
          audit.record({
            action: "block.created",
            target: { type: "block", id: made.id },
            after: { scope: made.scope, subject: made.subject, reason: made.reason, expiresAt: made.expiresAt }
          }))
      ))
    }),
    unblock: Effect.fn("RateLimits.unblock")(function*(blockId) {
      const { id } = yield* CurrentOrganization
      const removed = yield* Effect.orDie(transaction(
        sql,
        Effect.gen(function*() {
          const where = sql`organization_id = ${Id.toBytes(id)} AND id = ${Id.toBytes(blockId)}`
          const [row] = yield* sql<BlockRow>`SELECT id, scope, subject, reason, created_at, expires_at
            FROM core_blocks WHERE ${where}`
          if (row === undefined || (yield* affectedRows(sql`DELETE FROM core_blocks WHERE ${where}`)) === 0) return
          yield* audit.record({
            action: "block.lifted",
            target: { type: "block", id: blockId },
            before: { scope: row.scope, subject: row.subject, reason: row.reason }
          })
          return row
        })
      ))
      if (removed === undefined) return yield* NotFound.of("block", blockId)
      const rest = new Map(keptOut)
      rest.delete(keyOf({ ...removed, organizationId: id }))
      keptOut = rest
    }),
    flush: local.flush,
    cleanup: Effect.fn("RateLimits.cleanup")(function*(limit) {
      const now = yield* Clock.currentTimeMillis
      const ended = yield* Effect.orDie(sql<Keys>`SELECT organization_id, id FROM core_blocks
        WHERE expires_at <= ${now - retentionMillis} LIMIT ${rowLimit(sql, limit)}`)
      const old = yield* Effect.orDie(sql<Keys>`SELECT organization_id, id FROM core_rate_limit_violations
        WHERE last_at <= ${now - retentionMillis} LIMIT ${rowLimit(sql, limit)}`)
      const remove = (table: string) => (row: Keys) =>
        Effect.orDie(sql`DELETE FROM ${sql(table)} WHERE organization_id = ${row.organization_id} AND id = ${row.id}`)
      yield* Effect.forEach(ended, remove("core_blocks"), { discard: true })
      yield* Effect.forEach(old, remove("core_rate_limit_violations"), { discard: true })
      return Math.max(ended.length, old.length)
    })
  })
})

/** How old what a process knows of blocks may be. */
const refreshMillis = 5000
/** A record of a broken limit covers at most so long. */
const recordMillis = 600_000
const retentionMillis = 30 * 86_400_000
/** Of more senders at once than these it is not recorded who they were. */
const maximumViolations = 10_000

const nouns: Readonly<Record<Scope, string>> = {
  address: "address",
  "sign-in": "address that signs in",
  user: "user",
  "api-key": "API key",
  organization: "organization",
  heavy: "caller of this kind of endpoint",
  visitor: "visitor"
}

/** An organization's callers are its own: what it says of them holds nowhere else. */
const keyOf = (
  { organizationId, scope, subject }: {
    readonly organizationId?: OrganizationId | undefined
    readonly scope: string
    readonly subject: string
  }
) => `${scope}:${organizationId ?? accounts.id}:${subject}`

const slower = (one: RateLimit, other: RateLimit): RateLimit =>
  one.limit / one.windowMillis <= other.limit / other.windowMillis ? one : other

const unlimited = (scope: Scope): Decision => ({
  scope,
  isAllowed: true,
  rateLimit: { limit: Number.POSITIVE_INFINITY, windowMillis: 1000 },
  remaining: Number.POSITIVE_INFINITY,
  resetMillis: 0,
  retryAfterMillis: 0
})

interface Keys {
  readonly organization_id: Uint8Array
  readonly id: Uint8Array
}

interface ViolationRow {
  readonly id: Uint8Array
  readonly scope: string
  readonly subject: string
  readonly rate_limit: unknown
  readonly window_millis: unknown
  readonly refused: unknown
  readonly first_at: unknown
  readonly last_at: unknown
}

interface BlockRow {
  readonly id: Uint8Array
  readonly scope: string
  readonly subject: string
  readonly reason: string
  readonly created_at: unknown
  readonly expires_at: unknown
}

interface BlockedRow {
  readonly organization_id: Uint8Array
  readonly scope: string
  readonly subject: string
  readonly expires_at: unknown
}

const decodeScope = Schema.decodeUnknownSync(RateLimitViolation.fields.scope)

const toViolation = (row: ViolationRow): RateLimitViolation =>
  new RateLimitViolation({
    id: Id.fromBytes<ViolationId>(row.id),
    scope: decodeScope(row.scope),
    subject: row.subject,
    limit: Number(row.rate_limit),
    windowSeconds: Number(row.window_millis) / 1000,
    refused: Number(row.refused),
    firstAt: DateTime.makeUnsafe(Number(row.first_at)),
    lastAt: DateTime.makeUnsafe(Number(row.last_at))
  })

const toBlock = (row: BlockRow): Block =>
  new Block({
    id: Id.fromBytes<BlockId>(row.id),
    scope: decodeScope(row.scope),
    subject: row.subject,
    reason: row.reason,
    createdAt: DateTime.makeUnsafe(Number(row.created_at)),
    expiresAt: row.expires_at === null ? null : DateTime.makeUnsafe(Number(row.expires_at))
  })
