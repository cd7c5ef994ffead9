/** Short-lived, single-use steps of signing in: what a client continues with is random, and only its hash is stored. */
import { Clock, Effect, Option, Redacted, Schema } from "effect"
import type { SqlClient } from "effect/sql"
import * as Id from "../Id.ts"
import { affectedRows, rowLimit } from "../Sql.ts"
import type { UserId } from "../Tenancy.ts"
import * as Tokens from "../Tokens.ts"

const maximumAttempts = 5
const lifetimeMillis = 10 * 60_000

/** One kind of step, with what is remembered between its requests. */
export interface Step<State> {
  readonly name: string
  readonly state: Schema.Codec<State, Schema.Json>
}

/** A step that is waiting for its answer. */
export interface Challenge<State> {
  readonly userId: UserId | undefined
  readonly state: State
}

interface ChallengeRow {
  readonly user_id: Uint8Array | null
  readonly state: string
}

export const make = (sql: SqlClient.SqlClient) => {
  const codec = <State>(step: Step<State>) => Schema.fromJsonString(step.state)

  return {
    create: <State>(step: Step<State>, challenge: Challenge<State>) =>
      Effect.gen(function*() {
        const token = Tokens.makeWith("wc_", "sign-in challenge")
        const now = yield* Clock.currentTimeMillis
        yield* Effect.orDie(sql`INSERT INTO core_sign_in_challenges ${
          sql.insert({
            token_hash: Tokens.hash(token),
            step: step.name,
            user_id: challenge.userId === undefined ? null : Id.toBytes(challenge.userId),
            state: Schema.encodeSync(codec(step))(challenge.state),
            attempts: 0,
            expires_at: now + lifetimeMillis
          })
        }`)
        return Redacted.value(token)
      }),

    /** The challenge, counting one more answer to it; none once it was answered rightly, five times, or expired. */
    attempt: <State>(step: Step<State>, token: string) =>
      Effect.gen(function*() {
        const hash = Tokens.hash(token)
        const now = yield* Clock.currentTimeMillis
        const counted = yield* Effect.orDie(affectedRows(sql`UPDATE core_sign_in_challenges
          SET attempts = attempts + 1 WHERE token_hash = ${hash} AND step = ${step.name}
          AND attempts < ${maximumAttempts} AND expires_at > ${now}`))
        if (counted === 0) return Option.none<Challenge<State>>()
        const [row] = yield* Effect.orDie(
          sql<ChallengeRow>`SELECT user_id, state FROM core_sign_in_challenges WHERE token_hash = ${hash}`
        )
        if (row === undefined) return Option.none<Challenge<State>>()
        return Option.some<Challenge<State>>({
          userId: row.user_id === null ? undefined : Id.fromBytes<UserId>(row.user_id),
          state: Schema.decodeUnknownSync(codec(step))(row.state)
        })
      }),

    /** Which step a token waits for. */
    stepOf: (token: string) =>
      Effect.map(
        Effect.orDie(
          sql<{ readonly step: string }>`SELECT step FROM core_sign_in_challenges
            WHERE token_hash = ${Tokens.hash(token)}`
        ),
        (rows) => rows[0]?.step
      ),

    /** Takes the challenge away; of any number that do at once, one is told that it was there. */
    consume: (token: string) =>
      Effect.map(
        Effect.orDie(
          affectedRows(sql`DELETE FROM core_sign_in_challenges WHERE token_hash = ${Tokens.hash(token)}`)
        ),
        (deleted) => deleted === 1
      ),

    /** Takes all challenges of a person away. */
    forget: (userId: UserId) =>
      Effect.orDie(sql`DELETE FROM core_sign_in_challenges WHERE user_id = ${Id.toBytes(userId)}`),

    cleanup: Effect.fnUntraced(function*(limit: number) {
      const now = yield* Clock.currentTimeMillis
      const rows = yield* Effect.orDie(
        sql<{ readonly token_hash: Uint8Array }>`SELECT token_hash FROM core_sign_in_challenges
          WHERE expires_at <= ${now} LIMIT ${rowLimit(sql, limit)}`
      )
      for (const { token_hash } of rows) {
        yield* Effect.orDie(sql`DELETE FROM core_sign_in_challenges WHERE token_hash = ${token_hash}`)
      }
      return rows.length
    })
  }
}
