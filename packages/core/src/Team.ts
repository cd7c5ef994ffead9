/**
 * A team inside an organization.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import { Instant } from "./Instant.ts"
import { Name } from "./Organization.ts"
import { TeamId } from "./Scope.ts"
import { UserId } from "./Tenancy.ts"

const Description = Schema.Trim.check(Schema.isMaxLength(500))

/**
 * @category models
 * @since 0.1.0
 */
export class Team extends Schema.Class<Team>("Team")({
  id: TeamId,
  name: Schema.String,
  description: Schema.String,
  revision: Schema.Int,
  createdAt: Instant,
  updatedAt: Instant
}, { description: "Members who share their work; roles can be given for what belongs to a team." }) {}

/**
 * @category models
 * @since 0.1.0
 */
export const NewTeam = Schema.Struct({ name: Name, description: Schema.optionalKey(Description) })
/** @since 0.1.0 */
export type NewTeam = typeof NewTeam.Type

/**
 * What is absent stays as it is.
 *
 * @category models
 * @since 0.1.0
 */
export const TeamChanges = Schema.Struct({
  name: Schema.optionalKey(Name),
  description: Schema.optionalKey(Description)
})
/** @since 0.1.0 */
export type TeamChanges = typeof TeamChanges.Type

/**
 * @category models
 * @since 0.1.0
 */
export class TeamMember extends Schema.Class<TeamMember>("TeamMember")({
  userId: UserId,
  email: Schema.String,
  name: Schema.String,
  joinedAt: Instant
}) {}
