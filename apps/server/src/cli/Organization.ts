/**
 * Acting for an organization from the command line.
 *
 * @since 0.1.0
 */
import { Organizations } from "@wicara/core/Organizations"
import { CurrentActor, CurrentOrganization, systemActor } from "@wicara/core/Tenancy"
import { Effect, Option } from "effect"
import { Flag } from "effect/cli"
import { fail } from "./Output.ts"

/**
 * `--org <slug>`.
 *
 * @category flags
 * @since 0.1.0
 */
export const org = Flag.String("org").pipe(Flag.withDescription("The organization's slug"))

/**
 * The actor that commands are recorded as in the audit log.
 *
 * @category constants
 * @since 0.1.0
 */
export const actor = systemActor("cli")

/**
 * Runs the effect in the organization with the slug, as the command line.
 *
 * @category running
 * @since 0.1.0
 */
export const within = (slug: string) => <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const organizations = yield* Organizations
    const organization = yield* organizations.findBySlug(slug)
    if (Option.isNone(organization)) return yield* fail(`There is no organization "${slug}" (wicara org list)`)
    return yield* effect.pipe(
      Effect.provideService(CurrentOrganization, { id: organization.value.id }),
      Effect.provideService(CurrentActor, actor)
    )
  })
