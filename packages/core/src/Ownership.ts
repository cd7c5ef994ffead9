/**
 * Hands an organization on: another member becomes owner and the one who gives it away takes another role, in one step,
 * so that there is an owner at every moment.
 *
 * @since 0.1.0
 */
import { Context, Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { Audit } from "./Audit.ts"
import * as CoreEvents from "./CoreEvents.ts"
import { Events } from "./Events.ts"
import * as Id from "./Id.ts"
import type { Member, RoleKey } from "./Membership.ts"
import { Memberships } from "./Memberships.ts"
import { Conflict, Forbidden } from "./Problem.ts"
import type { InvalidInput, NotFound } from "./Problem.ts"
import * as Roles from "./Roles.ts"
import { orDieSql, transaction } from "./Sql.ts"
import { CurrentActor, CurrentOrganization } from "./Tenancy.ts"
import type { UserId } from "./Tenancy.ts"
import { english } from "./ProblemTexts.ts"

/**
 * @category services
 * @since 0.1.0
 */
export class Ownership extends Context.Service<Ownership, {
  /** Makes an active member the owner instead of the caller, who stays with the role `keep` (`admin` if absent). */
  readonly transfer: (options: {
    readonly to: UserId
    readonly keep?: RoleKey | undefined
  }) => Effect.Effect<
    Member,
    NotFound | Conflict | InvalidInput | Forbidden,
    CurrentOrganization | CurrentActor
  >
}>()("@wicara/core/Ownership") {
  /** @since 0.1.0 */
  static readonly layerSql: Layer.Layer<
    Ownership,
    never,
    SqlClient.SqlClient | Memberships | Events | Audit
  > = Layer.effect(
    Ownership,
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const members = yield* Memberships
      const events = yield* Events
      const audit = yield* Audit

      return Ownership.of({
        transfer: Effect.fn("Ownership.transfer")(function*({ keep = "admin", to }) {
          const organization = yield* CurrentOrganization
          const { actor } = yield* CurrentActor
          if (actor._tag !== "User") {
            return yield* new Forbidden({ permission: "", detail: english("peopleOnly") })
          }
          if (actor.id === to) return yield* new Conflict({ detail: "You are the owner already." })
          const from = actor.id
          return yield* orDieSql(transaction(
            sql,
            Effect.gen(function*() {
              // Held until the commit, so that of two who give it away at once one reads what the other did.
              yield* sql`UPDATE core_organizations SET membership_version = membership_version + 1
                WHERE id = ${Id.toBytes(organization.id)}`
              const giver = yield* members.get(from)
              if (giver.role !== Roles.owner.key) {
                return yield* new Forbidden({ permission: "", detail: "Only an owner hands the organization on." })
              }
              const receiver = yield* members.get(to)
              if (receiver.status !== "active") {
                return yield* new Conflict({ detail: "A suspended member can't be the owner." })
              }
              const owner = yield* members.change(to, { role: Roles.owner.key })
              yield* members.change(from, { role: keep })
              yield* events.append(CoreEvents.ownershipTransferred, {
                aggregateId: organization.id,
                payload: { from, to }
              })
              yield* audit.record({
                action: "organization.ownership_transferred",
                target: { type: "organization", id: organization.id },
                before: { owner: from },
                after: { owner: to }
              })
              return owner
            })
          ))
        })
      })
    })
  )
}
