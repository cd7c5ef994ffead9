/**
 * Idempotency keys in SQL.
 *
 * A key is claimed first, in a transaction of its own and with a lease, so that a repetition meanwhile, in whichever
 * process, is told to come back. Then the handler runs and its answer is stored in one transaction, if the claim still
 * holds: whatever moment a process dies at, either both are there or neither.
 *
 * @since 0.1.0
 */
import { Clock, Effect, Layer, Schedule } from "effect"
import type { Scope } from "effect"
import { HttpServerRequest, HttpServerResponse } from "effect/http"
import { SqlClient } from "effect/sql"
import { createHash } from "node:crypto"
import * as Id from "../Id.ts"
import { header, Idempotency, IdempotencyKeyInFlight, IdempotencyKeyReused } from "../Idempotency.ts"
import { InvalidInput } from "../Problem.ts"
import * as Runners from "../Runners.ts"
import { CurrentRunner } from "../Runners.ts"
import type { RunnerId } from "../Runners.ts"
import { affectedRows, insertIfAbsent, orDieSql, rowLimit, transaction } from "../Sql.ts"
import { CurrentActor, CurrentOrganization } from "../Tenancy.ts"
import type { Actor, OrganizationId } from "../Tenancy.ts"
import * as Tokens from "../Tokens.ts"

/**
 * Answers are kept for 24 hours.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerSql: Layer.Layer<Idempotency, never, SqlClient.SqlClient> = Layer.effect(
  Idempotency,
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    const answers = makeAnswers(sql, yield* Effect.scope, yield* CurrentRunner)

    return Idempotency.of((httpEffect) =>
      Effect.gen(function*() {
        const request = yield* HttpServerRequest.HttpServerRequest
        const key = request.headers[header]
        if (request.method !== "POST" || key === undefined) return yield* httpEffect
        if (!/^[\x21-\x7e]{1,190}$/.test(key)) {
          return yield* InvalidInput.of("Idempotency-Key", "An idempotency key has 1 to 190 visible ASCII characters.")
        }
        const organization = yield* CurrentOrganization
        const { actor } = yield* CurrentActor
        const claim = yield* answers.claim(organization.id, key, hashOfKey(actor, key), yield* fingerprint(request))
        if (HttpServerResponse.isHttpServerResponse(claim)) return claim
        const once = Effect.tap(httpEffect, (response) => answers.store(claim, response))
        return yield* orDieSql(transaction(sql, once)).pipe(Effect.onError(() => answers.release(claim)))
      })
    )
  })
)

/**
 * Forgets answers that are older than 24 hours, at most so many; returns how many.
 *
 * @category maintenance
 * @since 0.1.0
 */
export const cleanup = Effect.fn("Idempotency.cleanup")(function*(limit: number) {
  const sql = yield* SqlClient.SqlClient
  const now = yield* Clock.currentTimeMillis
  const rows = yield* Effect.orDie(sql<{ readonly organization_id: Uint8Array; readonly key_hash: Uint8Array }>`
    SELECT organization_id, key_hash FROM core_idempotency WHERE expires_at <= ${now} LIMIT ${rowLimit(sql, limit)}`)
  for (const row of rows) {
    yield* Effect.orDie(sql`DELETE FROM core_idempotency WHERE organization_id = ${row.organization_id}
      AND key_hash = ${row.key_hash} AND expires_at <= ${now}`)
  }
  return rows.length
})

/**
 * Frees the keys that a runner that is gone had claimed, or all: at the start of a process that is known to be the only
 * one. Whoever is merely slow finds its claim taken over when it is about to store its answer, and takes no effect.
 *
 * @category maintenance
 * @since 0.1.0
 */
export const releaseLeases = Effect.fn("Idempotency.releaseLeases")(function*(of: RunnerId | "all") {
  const sql = yield* SqlClient.SqlClient
  const now = yield* Clock.currentTimeMillis
  // The index by expiry leads to what was claimed in the last minutes, by whatever clock, past a day's answers.
  yield* Effect.orDie(transaction(
    sql,
    sql`UPDATE core_idempotency SET lease_until = ${now}
      WHERE expires_at > ${now + retentionMillis - 10 * leaseMillis} AND status IS NULL AND lease_until > ${now}
        AND ${Runners.holds(sql, of)}`
  ))
})

const leaseMillis = 60_000
/** Until the lease has ended. */
const releaseSchedule = Schedule.spaced("500 millis").pipe(Schedule.upTo({ duration: leaseMillis }))
const retentionMillis = 24 * 3_600_000

const hashOfKey = (actor: Actor, key: string): Uint8Array =>
  Tokens.hash(`${actor._tag}:${actor._tag === "System" ? actor.name : actor.id}\n${key}`)

const fingerprint = Effect.fnUntraced(function*(request: HttpServerRequest.HttpServerRequest) {
  const type = request.headers["content-type"] ?? ""
  // Not the host: the same server may be asked by several names, and at another port after its next start.
  const path = request.originalUrl.replace(/^[a-z]+:\/\/[^/?#]*/i, "")
  const hash = createHash("sha256").update(`${request.method} ${path}\n${type}\n`)
  // The parts of a multipart body are streams that can be read once: its length has to do.
  if (type.startsWith("multipart/")) hash.update(request.headers["content-length"] ?? "")
  else hash.update(new Uint8Array(yield* Effect.orDie(request.arrayBuffer)))
  return new Uint8Array(hash.digest())
})

interface Claim {
  readonly organizationId: Uint8Array
  readonly key: string
  readonly keyHash: Uint8Array
  readonly leaseId: Uint8Array
}

interface AnswerRow {
  readonly fingerprint: Uint8Array
  readonly lease_id: Uint8Array
  readonly lease_until: unknown
  readonly expires_at: unknown
  readonly status: unknown
  readonly content_type: string | null
  readonly body: Uint8Array | null
}

const makeAnswers = (sql: SqlClient.SqlClient, scope: Scope.Scope, runner: RunnerId) => {
  const read = (claim: Claim) =>
    Effect.map(
      sql<AnswerRow>`SELECT fingerprint, lease_id, lease_until, expires_at, status, content_type, body
        FROM core_idempotency WHERE organization_id = ${claim.organizationId} AND key_hash = ${claim.keyHash}`,
      (rows) => rows[0]
    )

  /** Gives the key back when the request failed, and so took no effect; later, when the database is away now. */
  const release = (claim: Claim) => {
    const remove = sql`DELETE FROM core_idempotency
      WHERE organization_id = ${claim.organizationId} AND key_hash = ${claim.keyHash}
      AND lease_id = ${claim.leaseId} AND status IS NULL`
    const later = Effect.ignoreCause(Effect.retry(remove, releaseSchedule))
    return Effect.catchCause(remove, () => Effect.forkIn(later, scope))
  }

  /** Writes the claim and reads what is there then. A write whose answer got lost may have been made all the same. */
  const attempt = <A, E>(claim: Claim, write: Effect.Effect<A, E>) =>
    Effect.onError(Effect.andThen(write, read(claim)), () => release(claim))

  const isOurs = (claim: Claim, row: AnswerRow | undefined) =>
    row !== undefined && row.status === null && Tokens.isSameHash(row.lease_id, claim.leaseId)

  const inFlight = (key: string) =>
    new IdempotencyKeyInFlight({ key, detail: "Repeat the request a little later to get its answer." })

  return {
    /** The claim on the key, or the answer that its first request got. */
    claim: (organizationId: OrganizationId, key: string, keyHash: Uint8Array, fingerprint: Uint8Array) =>
      orDieSql(Effect.gen(function*() {
        const now = yield* Clock.currentTimeMillis
        const leaseId = Runners.leaseId(runner)
        const claim: Claim = { organizationId: Id.toBytes(organizationId), key, keyHash, leaseId }
        const fresh = {
          fingerprint,
          lease_id: leaseId,
          lease_until: now + leaseMillis,
          expires_at: now + retentionMillis,
          status: null,
          content_type: null,
          body: null
        }
        const row = yield* attempt(
          claim,
          insertIfAbsent(sql, "core_idempotency", "key_hash", [
            { organization_id: claim.organizationId, key_hash: keyHash, ...fresh }
          ])
        )
        if (isOurs(claim, row)) return claim
        if (row === undefined) return yield* inFlight(key)
        const isExpired = Number(row.expires_at) <= now
        if (!isExpired && !Tokens.isSameHash(row.fingerprint, fingerprint)) {
          const detail = "This key was used for another request; use a new key, or repeat that request unchanged."
          return yield* new IdempotencyKeyReused({ key, detail })
        }
        if (!isExpired && row.status !== null) return replay(row)
        if (!isExpired && Number(row.lease_until) > now) return yield* inFlight(key)
        // Its answer is too old, or who claimed it died: take it over, unless somebody else just did.
        const taken = yield* attempt(
          claim,
          sql`UPDATE core_idempotency SET ${sql.update(fresh)}
            WHERE organization_id = ${claim.organizationId} AND key_hash = ${keyHash} AND lease_id = ${row.lease_id}
            AND ${isExpired ? sql`expires_at <= ${now}` : sql`status IS NULL`}`
        )
        return isOurs(claim, taken) ? claim : yield* inFlight(key)
      })),

    /** Stores the answer, in the handler's transaction. */
    store: (claim: Claim, response: HttpServerResponse.HttpServerResponse) =>
      Effect.gen(function*() {
        const { body } = response
        if (body._tag !== "Uint8Array" && body._tag !== "Empty") {
          return yield* Effect.die(
            new Error("An endpoint with idempotency keys must answer with a body that can be stored")
          )
        }
        const stored = yield* affectedRows(sql`UPDATE core_idempotency SET ${
          sql.update({
            status: response.status,
            content_type: body._tag === "Uint8Array" ? body.contentType : null,
            body: body._tag === "Uint8Array" ? body.body : null
          })
        } WHERE organization_id = ${claim.organizationId} AND key_hash = ${claim.keyHash}
          AND lease_id = ${claim.leaseId} AND status IS NULL`)
        if (stored === 0) return yield* inFlight(claim.key)
      }),

    release
  }
}

const replay = (row: AnswerRow): HttpServerResponse.HttpServerResponse => {
  const options = { status: Number(row.status), headers: { "idempotency-replayed": "true" } }
  return row.body === null
    ? HttpServerResponse.empty(options)
    : HttpServerResponse.uint8Array(row.body, { ...options, contentType: row.content_type ?? "application/json" })
}
