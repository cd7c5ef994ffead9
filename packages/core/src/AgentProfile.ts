/**
 * What is known of a member who answers customers: skills, languages, how much they take on, whether they are there.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import { Instant } from "./Instant.ts"
import { Locale } from "./Organization.ts"
import { UserId } from "./Tenancy.ts"

/**
 * @category schemas
 * @since 0.1.0
 */
export const SkillName = Schema.String.check(
  Schema.isPattern(/^[a-z0-9][a-z0-9-]{0,62}$/, { expected: "lower-case letters, digits and hyphens" })
).annotate({ identifier: "SkillName", examples: ["billing"] })

/**
 * @category schemas
 * @since 0.1.0
 */
export const Skill = Schema.Struct({
  name: SkillName,
  level: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 5 })).annotate({
    description: "From 1, learning it, to 5, others ask them."
  })
}).annotate({ identifier: "Skill" })
/** @since 0.1.0 */
export type Skill = typeof Skill.Type

/**
 * @category schemas
 * @since 0.1.0
 */
export const Availability = Schema.Literals(["available", "busy", "away", "offline"])
/** @since 0.1.0 */
export type Availability = typeof Availability.Type

/**
 * @category models
 * @since 0.1.0
 */
export class AgentProfile extends Schema.Class<AgentProfile>("AgentProfile")({
  userId: UserId,
  name: Schema.String,
  skills: Schema.Array(Skill),
  languages: Schema.Array(Locale),
  capacity: Schema.NullOr(Schema.Int).annotate({
    description: "How many conversations they take on at once; null: as many as come."
  }),
  availability: Availability,
  availabilityChangedAt: Schema.NullOr(Instant),
  revision: Schema.Int.annotate({ description: "0 until something is said of them." }),
  updatedAt: Schema.NullOr(Instant)
}, { description: "What a member who answers customers knows, speaks and has time for." }) {}

/**
 * What is absent stays as it is.
 *
 * @category models
 * @since 0.1.0
 */
export const AgentProfileChanges = Schema.Struct({
  skills: Schema.optionalKey(Schema.Array(Skill).check(Schema.isMaxLength(50))),
  languages: Schema.optionalKey(Schema.Array(Locale).check(Schema.isMaxLength(20))),
  capacity: Schema.optionalKey(Schema.NullOr(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 1000 })))),
  availability: Schema.optionalKey(Availability)
})
/** @since 0.1.0 */
export type AgentProfileChanges = typeof AgentProfileChanges.Type
