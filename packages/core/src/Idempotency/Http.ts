/**
 * Idempotency keys in SQL. The handler and the record of its answer commit in one transaction, so a crash between the
 * effect and the answer leaves either both or neither.
 *
 * @since 0.1.0
 */
import { Clock, Effect, Layer, Option } from "effect"
import { HttpServerRequest, HttpServerResponse } from "effect/http"
import { SqlClient } from "effect/sql"
import { createHash } from "node:crypto"
import * as Id from "../Id.ts"
import { Idempotency, IdempotencyKeyInFlight, IdempotencyKeyReused } from "../Idempotency.ts"
import { InvalidInput } from "../Problem.ts"
import { transaction } from "../Sql.ts"
import { CurrentActor, CurrentOrganization } from "../Tenancy.ts"
import type { Actor } from "../Tenancy.ts"

const retentionMillis = 24 * 60 * 60 * 1000

interface StoredAnswer {
  readonly fingerprint: string
  readonly status: number
  readonly content_type: string
  readonly body: Uint8Array
}

const sha256 = (...parts: ReadonlyArray<string | Uint8Array>): string => {
  const hash = createHash("sha256")
  for (const part of parts) hash.update(part).update("\u0000")
  return hash.digest("hex")
}

const actorKey = (actor: Actor): string => actor._tag === "System" ? `System:${actor.name}` : `${actor._tag}:${actor.id}`

const bodyOf = (response: HttpServerResponse.HttpServerResponse): Effect.Effect<Uint8Array> => {
  switch (response.body._tag) {
    case "Empty":
      return Effect.succeed(new Uint8Array())
    case "Uint8Array":
      return Effect.succeed(response.body.body)
    default:
      return Effect.die(new Error("An endpoint with idempotency keys must answer with a body that can be stored"))
  }
}

const replay = (answer: StoredAnswer): HttpServerResponse.HttpServerResponse =>
  answer.body.byteLength === 0
    ? HttpServerResponse.empty({ status: answer.status, headers: { "idempotency-replayed": "true" } })
    : HttpServerResponse.uint8Array(answer.body, {
      status: Number(answer.status),
      contentType: answer.content_type,
      headers: { "idempotency-replayed": "true" }
    })

/**
 * Answers are kept for 24 hours.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer: Layer.Layer<Idempotency, never, SqlClient.SqlClient> = Layer.effect(
  Idempotency,
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    const inFlight = new Set<string>()
    return Idempotency.of((httpEffect) =>
      Effect.gen(function*() {
        const request = yield* HttpServerRequest.HttpServerRequest
        const key = request.headers["idempotency-key"]
        if (key === undefined || request.method !== "POST") return yield* httpEffect
        if (key.length === 0 || key.length > 190) {
          return yield* InvalidInput.of("Idempotency-Key", "An idempotency key has 1 to 190 characters.")
        }
        const { id: organizationId } = yield* CurrentOrganization
        const { actor } = yield* CurrentActor
        const organization = Id.toBytes(organizationId)
        const keyHash = sha256(actorKey(actor), key)
        const body = yield* Effect.orDie(request.arrayBuffer)
        const fingerprint = sha256(request.method, request.originalUrl, new Uint8Array(body))
        const lane = `${organizationId}:${keyHash}`
        if (inFlight.has(lane)) {
          return yield* new IdempotencyKeyInFlight({ key, detail: "Repeat the request a little later to get its answer." })
        }
        const stored = sql<StoredAnswer>`SELECT fingerprint, status, content_type, body FROM core_idempotency
          WHERE organization_id = ${organization} AND key_hash = ${keyHash}`.pipe(
          Effect.map((rows) => Option.fromUndefinedOr(rows[0])),
          Effect.orDie
        )
        const answer = (known: StoredAnswer) =>
          known.fingerprint === fingerprint
            ? Effect.succeed(replay(known))
            : Effect.fail(
              new IdempotencyKeyReused({
                key,
                detail: "This key was used for another request; use a new key, or repeat that request unchanged."
              })
            )
        /** Takes the key; a repeat in another process waits here until this one has committed, and then finds it taken. */
        const take = Effect.fnUntraced(function*(now: number) {
          yield* sql`DELETE FROM core_idempotency WHERE organization_id = ${organization} AND key_hash = ${keyHash}
            AND created_at < ${now - retentionMillis}`
          yield* sql`INSERT INTO core_idempotency ${
            sql.insert({
              organization_id: organization,
              key_hash: keyHash,
              fingerprint,
              status: 0,
              content_type: "",
              body: Buffer.alloc(0),
              created_at: now
            })
          }`
          return true
        }, Effect.catchTag("SqlError", (error) => error.reason._tag === "UniqueViolation" ? Effect.succeed(false) : Effect.die(error)))
        const once = Effect.gen(function*() {
          const taken = yield* take(yield* Clock.currentTimeMillis)
          if (!taken) {
            const known = yield* stored
            return Option.isSome(known)
              ? yield* answer(known.value)
              : yield* new IdempotencyKeyInFlight({ key, detail: "Repeat the request a little later to get its answer." })
          }
          const response = yield* httpEffect
          const bytes = yield* bodyOf(response)
          yield* Effect.orDie(sql`UPDATE core_idempotency SET status = ${response.status},
            content_type = ${response.headers["content-type"] ?? "application/json"}, body = ${Buffer.from(bytes)}
            WHERE organization_id = ${organization} AND key_hash = ${keyHash}`)
          return response
        })
        return yield* Effect.acquireUseRelease(
          Effect.sync(() => inFlight.add(lane)),
          () => transaction(sql, once),
          () => Effect.sync(() => inFlight.delete(lane))
        ).pipe(Effect.catchTag("SqlError", Effect.die))
      })
    )
  })
)

/**
 * Forgets answers that are older than their retention; returns nothing.
 *
 * @category maintenance
 * @since 0.1.0
 */
export const cleanup = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const now = yield* Clock.currentTimeMillis
  yield* Effect.orDie(sql`DELETE FROM core_idempotency WHERE created_at < ${now - retentionMillis}`)
})
