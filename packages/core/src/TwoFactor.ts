/**
 * The second factor of an account: one-time codes of an authenticator app, and recovery codes for the day it is lost.
 *
 * A code is good for the 30 seconds that it is shown for, and once: of any number of requests with the same code one
 * succeeds. Each of the ten recovery codes has 120 random bits and works once.
 *
 * @since 0.1.0
 */
import { Clock, Context, DateTime, Effect, Layer, Option, Redacted } from "effect"
import { SecureRandom } from "effect/crypto"
import { SqlClient } from "effect/sql"
import * as Id from "./Id.ts"
import { Conflict, InvalidInput } from "./Problem.ts"
import * as Secrets from "./Secrets.ts"
import { TwoFactorSetup, TwoFactorStatus } from "./SecondFactor.ts"
import { affectedRows, orDieSql, transaction } from "./Sql.ts"
import { CurrentOrganization } from "./Tenancy.ts"
import type { UserId } from "./Tenancy.ts"
import * as Tokens from "./Tokens.ts"
import * as Totp from "./Totp.ts"

/**
 * What a code turned out to be. `stale`: it was right until a moment ago.
 *
 * @category models
 * @since 0.1.0
 */
export type CodeResult = "accepted" | "wrong" | "used" | "stale"

/**
 * @category services
 * @since 0.1.0
 */
export class TwoFactor extends Context.Service<TwoFactor, {
  readonly status: (userId: UserId) => Effect.Effect<TwoFactorStatus>
  readonly isEnabled: (userId: UserId) => Effect.Effect<boolean>
  /** A new key, which counts for nothing until a code made with it was given. */
  readonly begin: (userId: UserId, account: string) => Effect.Effect<TwoFactorSetup, Conflict>
  /** Turns the second factor on with a code of the new key, and gives the recovery codes. */
  readonly confirm: (userId: UserId, code: string) => Effect.Effect<ReadonlyArray<string>, Conflict | InvalidInput>
  /** Whether it was on. */
  readonly disable: (userId: UserId) => Effect.Effect<boolean>
  /** New recovery codes in place of all earlier ones. */
  readonly renewRecoveryCodes: (userId: UserId) => Effect.Effect<ReadonlyArray<string>, Conflict>
  /** Uses a one-time code up. */
  readonly useCode: (userId: UserId, code: string) => Effect.Effect<CodeResult>
  /** Uses a recovery code up. */
  readonly useRecoveryCode: (userId: UserId, code: string) => Effect.Effect<CodeResult>
}>()("@wicara/core/TwoFactor") {
  /** @since 0.1.0 */
  static readonly layerSql: Layer.Layer<TwoFactor, never, SqlClient.SqlClient | Secrets.Secrets> = Layer.effect(
    TwoFactor,
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const secrets = yield* Secrets.Secrets

      const location = (userId: UserId): Secrets.SecretLocation => ({
        table: "core_totp",
        column: "sealed_key",
        id: userId
      })

      const find = (userId: UserId) =>
        Effect.map(
          sql<TotpRow>`SELECT sealed_key, last_step, confirmed_at FROM core_totp WHERE user_id = ${Id.toBytes(userId)}`,
          (rows) => Option.fromUndefinedOr(rows[0])
        )

      const openKey = (userId: UserId, row: TotpRow) =>
        secrets.open(location(userId), row.sealed_key).pipe(
          Effect.orDie,
          Effect.provideService(CurrentOrganization, Secrets.accounts)
        )

      const isEnabled = (userId: UserId) =>
        Effect.map(Effect.orDie(find(userId)), (row) => Option.isSome(row) && row.value.confirmed_at !== null)

      /** Only the first of several requests with a step moves it on. */
      const useStep = (userId: UserId, step: number) =>
        Effect.map(
          affectedRows(sql`UPDATE core_totp SET last_step = ${step}
            WHERE user_id = ${Id.toBytes(userId)} AND last_step < ${step}`),
          (changed) => changed === 1
        )

      const giveRecoveryCodes = Effect.fnUntraced(function*(userId: UserId) {
        const codes = Array.from(
          { length: 10 },
          () => Totp.toBase32(SecureRandom.randomBytesUnsafe(15)).toLowerCase().match(/.{4}/g)?.join("-") ?? ""
        )
        yield* sql`DELETE FROM core_recovery_codes WHERE user_id = ${Id.toBytes(userId)}`
        yield* sql`INSERT INTO core_recovery_codes ${
          sql.insert(
            codes.map((code) => ({
              user_id: Id.toBytes(userId),
              code_hash: hashOfRecoveryCode(userId, code),
              used_at: null
            })) as never
          )
        }`
        return codes
      })

      return TwoFactor.of({
        status: Effect.fn("TwoFactor.status")(function*(userId) {
          const row = Option.getOrUndefined(yield* Effect.orDie(find(userId)))
          const codes = yield* Effect.orDie(
            sql`SELECT code_hash FROM core_recovery_codes WHERE user_id = ${Id.toBytes(userId)} AND used_at IS NULL`
          )
          const confirmedAt = row?.confirmed_at ?? null
          return new TwoFactorStatus({
            enabled: confirmedAt !== null,
            enabledAt: confirmedAt === null ? null : DateTime.makeUnsafe(Number(confirmedAt)),
            recoveryCodesLeft: confirmedAt === null ? 0 : codes.length
          })
        }),
        isEnabled: Effect.fn("TwoFactor.isEnabled")(isEnabled),
        begin: Effect.fn("TwoFactor.begin")(function*(userId, account) {
          const key = Totp.makeKey()
          const sealed = yield* secrets.seal(location(userId), key).pipe(
            Effect.provideService(CurrentOrganization, Secrets.accounts)
          )
          const now = yield* Clock.currentTimeMillis
          yield* orDieSql(transaction(
            sql,
            Effect.gen(function*() {
              yield* sql`DELETE FROM core_totp WHERE user_id = ${Id.toBytes(userId)} AND confirmed_at IS NULL`
              if (yield* isEnabled(userId)) return yield* alreadyOn
              yield* sql`INSERT INTO core_totp ${
                sql.insert({
                  user_id: Id.toBytes(userId),
                  sealed_key: sealed,
                  last_step: 0,
                  created_at: now,
                  confirmed_at: null
                })
              }`
            })
          ))
          return new TwoFactorSetup({ key: Redacted.value(key), uri: Totp.uri({ key, issuer: "Wicara", account }) })
        }),
        confirm: Effect.fn("TwoFactor.confirm")(function*(userId, code) {
          const row = Option.getOrUndefined(yield* Effect.orDie(find(userId)))
          if (row === undefined) {
            return yield* new Conflict({ detail: "Ask for a key first, and add it to an authenticator app." })
          }
          if (row.confirmed_at !== null) return yield* alreadyOn
          const now = yield* Clock.currentTimeMillis
          const step = Totp.stepAt(now)
          if (!Totp.matches(yield* openKey(userId, row), step, code)) {
            return yield* InvalidInput.of("/code", "This is not the code that the app shows now.")
          }
          return yield* orDieSql(transaction(
            sql,
            Effect.gen(function*() {
              const confirmed = yield* affectedRows(sql`UPDATE core_totp SET confirmed_at = ${now}, last_step = ${step}
                WHERE user_id = ${Id.toBytes(userId)} AND confirmed_at IS NULL AND sealed_key = ${row.sealed_key}`)
              if (confirmed === 0) return yield* alreadyOn
              return yield* giveRecoveryCodes(userId)
            })
          ))
        }),
        disable: Effect.fn("TwoFactor.disable")(function*(userId) {
          return yield* orDieSql(transaction(
            sql,
            Effect.gen(function*() {
              const removed = yield* affectedRows(sql`DELETE FROM core_totp WHERE user_id = ${Id.toBytes(userId)}`)
              yield* sql`DELETE FROM core_recovery_codes WHERE user_id = ${Id.toBytes(userId)}`
              return removed > 0
            })
          ))
        }),
        renewRecoveryCodes: Effect.fn("TwoFactor.renewRecoveryCodes")(function*(userId) {
          if (!(yield* isEnabled(userId))) {
            return yield* new Conflict({ detail: "The second factor is not turned on." })
          }
          return yield* orDieSql(transaction(sql, giveRecoveryCodes(userId)))
        }),
        useCode: Effect.fn("TwoFactor.useCode")(function*(userId, code) {
          const row = Option.getOrUndefined(yield* Effect.orDie(find(userId)))
          if (row === undefined || row.confirmed_at === null) return "wrong"
          const key = yield* openKey(userId, row)
          const step = Totp.stepAt(yield* Clock.currentTimeMillis)
          if (!Totp.matches(key, step, code)) return Totp.matches(key, step - 1, code) ? "stale" : "wrong"
          return (yield* Effect.orDie(useStep(userId, step))) ? "accepted" : "used"
        }),
        useRecoveryCode: Effect.fn("TwoFactor.useRecoveryCode")(function*(userId, code) {
          if (!(yield* isEnabled(userId))) return "wrong"
          const now = yield* Clock.currentTimeMillis
          const used = yield* Effect.orDie(affectedRows(sql`UPDATE core_recovery_codes SET used_at = ${now}
            WHERE user_id = ${Id.toBytes(userId)} AND code_hash = ${hashOfRecoveryCode(userId, code)}
            AND used_at IS NULL`))
          return used === 1 ? "accepted" : "wrong"
        })
      })
    })
  )
}

const alreadyOn = new Conflict({ detail: "The second factor is turned on already." })

const hashOfRecoveryCode = (userId: UserId, code: string): Uint8Array =>
  Tokens.hash(`${userId}\n${code.toLowerCase().replaceAll(/[^a-z2-7]/g, "")}`)

interface TotpRow {
  readonly sealed_key: string
  readonly last_step: unknown
  readonly confirmed_at: unknown
}
