/**
 * What organizations ask of their members' sign-in. It holds at the next request, also for sessions that began before:
 * who has one factor only can set up a second one, and nothing else.
 *
 * @since 0.1.0
 */
import { Context, Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { Audit } from "./Audit.ts"
import * as CoreEvents from "./CoreEvents.ts"
import { Events } from "./Events.ts"
import * as Id from "./Id.ts"
import { Conflict } from "./Problem.ts"
import type { SignInPolicy } from "./SecondFactor.ts"
import { CurrentSession } from "./Session.ts"
import { orDieSql, transaction } from "./Sql.ts"
import { CurrentOrganization } from "./Tenancy.ts"
import type { CurrentActor } from "./Tenancy.ts"

/**
 * @category services
 * @since 0.1.0
 */
export class SignInPolicies extends Context.Service<SignInPolicies, {
  readonly current: Effect.Effect<SignInPolicy, never, CurrentOrganization>
  /** `Conflict`: the session that asks has one factor only, and would lock its person out. */
  readonly set: (
    policy: SignInPolicy
  ) => Effect.Effect<SignInPolicy, Conflict, CurrentOrganization | CurrentActor>
}>()("@wicara/core/SignInPolicies") {
  /** @since 0.1.0 */
  static readonly layerSql: Layer.Layer<SignInPolicies, never, SqlClient.SqlClient | Events | Audit> = Layer.effect(
    SignInPolicies,
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const events = yield* Events
      const audit = yield* Audit

      const current = Effect.gen(function*() {
        const { id } = yield* CurrentOrganization
        const [row] = yield* Effect.orDie(
          sql<{ readonly two_factor_required: unknown }>`SELECT two_factor_required FROM core_organizations
            WHERE id = ${Id.toBytes(id)}`
        )
        return { twoFactorRequired: Number(row?.two_factor_required ?? 0) === 1 }
      })

      return SignInPolicies.of({
        current: current.pipe(Effect.withSpan("SignInPolicies.current")),
        set: Effect.fn("SignInPolicies.set")(function*(policy) {
          const { id } = yield* CurrentOrganization
          const session = yield* CurrentSession
          if (policy.twoFactorRequired && session?.hasSecondFactor === false) {
            return yield* new Conflict({
              detail: "Sign in with a second factor yourself first: with one you could not act in the organization."
            })
          }
          return yield* orDieSql(transaction(
            sql,
            Effect.gen(function*() {
              const before = yield* current
              if (before.twoFactorRequired === policy.twoFactorRequired) return before
              yield* sql`UPDATE core_organizations SET two_factor_required = ${policy.twoFactorRequired ? 1 : 0}
                WHERE id = ${Id.toBytes(id)}`
              yield* events.append(CoreEvents.organizationChanged, {
                aggregateId: id,
                payload: { organizationId: id, changed: ["twoFactorRequired"] }
              })
              yield* audit.record({
                action: "organization.changed",
                target: { type: "organization", id },
                before,
                after: policy
              })
              return policy
            })
          ))
        })
      })
    })
  )
}
