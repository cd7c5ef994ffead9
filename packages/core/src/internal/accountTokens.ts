/** Tokens that a link in a message carries: stored as a hash, good for one purpose, for a while, once. */
import { Clock, Effect, Option } from "effect"
import type { Redacted } from "effect"
import type { SqlClient } from "effect/sql"
import * as Id from "../Id.ts"
import { affectedRows, rowLimit } from "../Sql.ts"
import type { UserId } from "../Tenancy.ts"
import * as Tokens from "../Tokens.ts"

/** What a token was given out for. */
export interface AccountToken {
  readonly userId: UserId
  readonly email: string
}

export type Purpose = "reset_password" | "verify_email" | "recover_factor" | "stop_recovery"

interface TokenRow {
  readonly user_id: Uint8Array
  readonly email: string
}

export const make = (sql: SqlClient.SqlClient) => {
  const add = (purpose: Purpose, { email, userId }: AccountToken, lifetimeMillis: number) =>
    Effect.gen(function*() {
      const token = Tokens.makeWith("wl_", "account token")
      const now = yield* Clock.currentTimeMillis
      yield* Effect.orDie(sql`INSERT INTO core_account_tokens ${
        sql.insert({
          token_hash: Tokens.hash(token),
          purpose,
          user_id: Id.toBytes(userId),
          email,
          created_at: now,
          expires_at: now + lifetimeMillis
        })
      }`)
      return { token, expiresAt: now + lifetimeMillis }
    })

  return {
    /** A new token beside the person's earlier ones of the purpose. */
    add,

    /** A new token in place of the person's earlier ones of the purpose. */
    create: (purpose: Purpose, account: AccountToken, lifetimeMillis: number) =>
      Effect.andThen(
        Effect.orDie(
          sql`DELETE FROM core_account_tokens WHERE user_id = ${Id.toBytes(account.userId)} AND purpose = ${purpose}`
        ),
        add(purpose, account, lifetimeMillis)
      ),

    /** Whose token it is, without using it up. */
    peek: (purpose: Purpose, token: Redacted.Redacted<string>) =>
      Effect.gen(function*() {
        const now = yield* Clock.currentTimeMillis
        const [row] = yield* Effect.orDie(sql<TokenRow>`SELECT user_id, email FROM core_account_tokens
        WHERE token_hash = ${Tokens.hash(token)} AND purpose = ${purpose} AND expires_at > ${now}`)
        return row === undefined
          ? Option.none<AccountToken>()
          : Option.some<AccountToken>({ userId: Id.fromBytes<UserId>(row.user_id), email: row.email })
      }),

    /** Uses a token up; of any number that do at once, one is told that it was good. */
    use: (purpose: Purpose, token: Redacted.Redacted<string>) =>
      Effect.gen(function*() {
        const now = yield* Clock.currentTimeMillis
        const deleted = yield* Effect.orDie(affectedRows(sql`DELETE FROM core_account_tokens
        WHERE token_hash = ${Tokens.hash(token)} AND purpose = ${purpose} AND expires_at > ${now}`))
        return deleted === 1
      }),

    cleanup: Effect.fnUntraced(function*(limit: number) {
      const now = yield* Clock.currentTimeMillis
      const rows = yield* Effect.orDie(
        sql<{ readonly token_hash: Uint8Array }>`SELECT token_hash FROM core_account_tokens
        WHERE expires_at <= ${now} LIMIT ${rowLimit(sql, limit)}`
      )
      for (const { token_hash } of rows) {
        yield* Effect.orDie(sql`DELETE FROM core_account_tokens WHERE token_hash = ${token_hash}`)
      }
      return rows.length
    })
  }
}
