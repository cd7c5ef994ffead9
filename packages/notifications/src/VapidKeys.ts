/**
 * The pair of keys by which push services know the server. Browsers subscribe with the public one: with another pair
 * every device has to subscribe anew.
 *
 * @since 0.1.0
 */
import { accounts, Secrets } from "@wicara/core/Secrets"
import { insertIfAbsent, transaction } from "@wicara/core/Sql"
import { CurrentOrganization } from "@wicara/core/Tenancy"
import { Clock, Context, Effect, Layer } from "effect"
import type { Redacted } from "effect"
import { SqlClient } from "effect/sql"
import { makePair, pairOf } from "./internal/vapid.ts"
import type { VapidPair } from "./internal/vapid.ts"

/**
 * @category services
 * @since 0.1.0
 */
export class VapidKeys extends Context.Service<VapidKeys, {
  readonly pair: Effect.Effect<VapidPair>
}>()("@wicara/notifications/VapidKeys") {
  /**
   * The pair of a private key that is configured: 32 bytes in base64url.
   *
   * @since 0.1.0
   */
  static readonly layer = (privateKey: Redacted.Redacted<string>): Layer.Layer<VapidKeys> =>
    Layer.sync(VapidKeys, () => VapidKeys.of({ pair: Effect.succeed(pairOf(privateKey)) }))

  /**
   * A pair that is made when it is first asked for, and kept sealed in the database.
   *
   * @since 0.1.0
   */
  static readonly layerSql: Layer.Layer<VapidKeys, never, SqlClient.SqlClient | Secrets> = Layer.suspend(() =>
    Layer.effect(VapidKeys, make)
  )
}

const sealedAt = { table: "notifications_vapid_keys", column: "sealed", id: "1" }

const make = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const secrets = yield* Secrets
  let known: VapidPair | undefined

  const stored = sql<{ readonly sealed: string }>`SELECT sealed FROM notifications_vapid_keys WHERE id = 1`

  /** Of processes that start together one's pair counts. */
  const load = Effect.gen(function*() {
    const [found] = yield* stored
    if (found !== undefined) return pairOf(yield* secrets.open(sealedAt, found.sealed))
    const made = makePair()
    yield* transaction(
      sql,
      Effect.gen(function*() {
        yield* insertIfAbsent(sql, "notifications_vapid_keys", "id", [{
          id: 1,
          public_key: made.publicKey,
          sealed: yield* secrets.seal(sealedAt, made.privateKey),
          created_at: yield* Clock.currentTimeMillis
        }])
      })
    )
    const [kept] = yield* stored
    return kept === undefined ? made : pairOf(yield* secrets.open(sealedAt, kept.sealed))
  }).pipe(Effect.orDie, Effect.provideService(CurrentOrganization, accounts))

  return VapidKeys.of({
    pair: Effect.suspend(() =>
      known === undefined
        ? Effect.tap(load, (pair) =>
          Effect.sync(() => {
            known = pair
          }))
        : Effect.succeed(known)
    )
  })
})
