/**
 * Who can be given a conversation.
 *
 * @since 0.1.0
 */
import { Context, Effect, Layer, Option } from "effect"
import { Memberships } from "@wicara/core/Memberships"
import { CurrentOrganization } from "@wicara/core/Tenancy"
import type { UserId } from "@wicara/core/Tenancy"

/**
 * @category services
 * @since 0.1.0
 */
export class Assignees extends Context.Service<Assignees, {
  /** Whether this person may own conversations of the current organization. */
  readonly includes: (userId: UserId) => Effect.Effect<boolean, never, CurrentOrganization>
}>()("@wicara/conversations/Assignees") {
  /**
   * The organization's active members.
   *
   * @since 0.1.0
   */
  static readonly layer: Layer.Layer<Assignees, never, Memberships> = Layer.effect(
    Assignees,
    Effect.map(Memberships, (memberships) =>
      Assignees.of({
        includes: Effect.fn("Assignees.includes")(function*(userId) {
          const organization = yield* CurrentOrganization
          const membership = yield* memberships.find(organization.id, userId)
          return Option.exists(membership, ({ status }) => status === "active")
        })
      }))
  )
}
