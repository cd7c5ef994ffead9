/**
 * First contents of an organization that are written once: fixtures, examples, what a new version brings along. What
 * people then change or delete is never written again.
 *
 * @since 0.1.0
 */
import { Clock, Effect, Option } from "effect"
import { SqlClient } from "effect/sql"
import * as Id from "./Id.ts"
import { orDieSql, orUnique, transaction } from "./Sql.ts"
import { CurrentOrganization } from "./Tenancy.ts"

/**
 * Runs the effect unless one of this name (at most 190 characters) succeeded for the organization before, in this
 * process or another; `None` when it had. The effect and the note that it succeeded are one transaction: a seed that
 * fails, or whose process is killed, left nothing behind and runs again the next time.
 *
 * @category combinators
 * @since 0.1.0
 */
export const once = Effect.fn("Seeds.once")(function*<A, E, R>(name: string, seed: Effect.Effect<A, E, R>) {
  const sql = yield* SqlClient.SqlClient
  const organization = yield* CurrentOrganization
  const key = { organization_id: Id.toBytes(organization.id), name }
  const planted = yield* Effect.orDie(sql`SELECT name FROM core_seeds
    WHERE organization_id = ${key.organization_id} AND name = ${name}`)
  if (planted.length > 0) return Option.none<A>()
  return yield* transaction(
    sql,
    Effect.gen(function*() {
      // Written first, so that another process waits here until this one is done.
      const isFirst = yield* sql`INSERT INTO core_seeds ${
        sql.insert({ ...key, planted_at: yield* Clock.currentTimeMillis })
      }`.pipe(Effect.as(true), orUnique(() => false), Effect.catch(Effect.succeed))
      return isFirst ? Option.some(yield* seed) : Option.none<A>()
    })
  ).pipe(orDieSql)
})
