/**
 * Whether somebody is there to answer: a port, for who knows of their people. Without it somebody always is.
 *
 * @since 0.1.0
 */
import { AgentProfiles } from "@wicara/core/AgentProfiles"
import { CurrentOrganization } from "@wicara/core/Tenancy"
import type { OrganizationId } from "@wicara/core/Tenancy"
import { Context, Effect, Layer } from "effect"

/**
 * @category references
 * @since 0.1.0
 */
export const WidgetAttendance = Context.Reference<{
  readonly isSomebodyThere: (organizationId: OrganizationId) => Effect.Effect<boolean>
}>("@wicara/channels-widget/WidgetAttendance", {
  defaultValue: () => ({ isSomebodyThere: () => Effect.succeed(true) })
})

/**
 * Somebody is there while a member says that they are available.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerAgents: Layer.Layer<never, never, AgentProfiles> = Layer.effect(
  WidgetAttendance,
  Effect.map(AgentProfiles, (agents) => ({
    isSomebodyThere: (id: OrganizationId) =>
      agents.list({ availability: "available", limit: 1 }).pipe(
        Effect.map(({ data }) => data.length > 0),
        Effect.provideService(CurrentOrganization, { id }),
        Effect.orDie
      )
  }))
)
