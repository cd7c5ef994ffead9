/**
 * Who can be given a conversation.
 *
 * @since 0.1.0
 */
import { Context, Effect, Layer, Option } from "effect"
import { AccessStore } from "@wicara/core/AccessStore"
import { Memberships } from "@wicara/core/Memberships"
import type { TeamId } from "@wicara/core/Scope"
import { CurrentOrganization } from "@wicara/core/Tenancy"
import type { UserId } from "@wicara/core/Tenancy"

/**
 * @category services
 * @since 0.1.0
 */
export class Assignees extends Context.Service<Assignees, {
  /** Whether this person may own conversations of the current organization. */
  readonly includes: (userId: UserId) => Effect.Effect<boolean, never, CurrentOrganization>
  /** Whether the current organization has this team. */
  readonly hasTeam: (teamId: TeamId) => Effect.Effect<boolean, never, CurrentOrganization>
}>()("@wicara/conversations/Assignees") {
  /**
   * The organization's active members, and its teams.
   *
   * @since 0.1.0
   */
  static readonly layer: Layer.Layer<Assignees, never, Memberships | AccessStore> = Layer.effect(
    Assignees,
    Effect.gen(function*() {
      const memberships = yield* Memberships
      const store = yield* AccessStore
      return Assignees.of({
        hasTeam: Effect.fn("Assignees.hasTeam")(function*(teamId) {
          const organization = yield* CurrentOrganization
          return yield* store.hasTeam(organization.id, teamId)
        }),
        includes: Effect.fn("Assignees.includes")(function*(userId) {
          const organization = yield* CurrentOrganization
          const membership = yield* memberships.find(organization.id, userId)
          return Option.exists(membership, ({ status }) => status === "active")
        })
      })
    })
  )
}
