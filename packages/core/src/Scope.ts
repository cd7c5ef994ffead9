/**
 * Where a permission holds: in the whole organization, or for what belongs to a team, came through a channel account,
 * or is the person's own.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import * as Id from "./Id.ts"

/**
 * @category ids
 * @since 0.1.0
 */
export const TeamId = Id.make("TeamId", "A team inside an organization.")
/** @since 0.1.0 */
export type TeamId = typeof TeamId.Type

/**
 * The package of channels keeps them; permissions can be limited to one.
 *
 * @category ids
 * @since 0.1.0
 */
export const ChannelAccountId = Id.make(
  "ChannelAccountId",
  "One connected number, session or website of an organization."
)
/** @since 0.1.0 */
export type ChannelAccountId = typeof ChannelAccountId.Type

/**
 * What a permission can be limited by, as its package declares: the team, the channel account or the owner of the things
 * that it is about.
 *
 * @category models
 * @since 0.1.0
 */
export type ScopeKind = "team" | "channel" | "own"

/**
 * Where a role that is given to a member holds.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Scope = Schema.Union([
  Schema.TaggedStruct("Organization", {}),
  Schema.TaggedStruct("Team", { teamId: TeamId }),
  Schema.TaggedStruct("ChannelAccount", { channelAccountId: ChannelAccountId }),
  Schema.TaggedStruct("Own", {})
]).annotate({
  identifier: "Scope",
  description: "The whole organization, what belongs to one team, what came through one channel account, or one's own."
})
/** @since 0.1.0 */
export type Scope = typeof Scope.Type

/**
 * What a permission is asked about. What is absent or `null` is in no team, came through no account, is nobody's.
 *
 * @category models
 * @since 0.1.0
 */
export interface Resource {
  readonly teamId?: string | null | undefined
  readonly channelAccountId?: string | null | undefined
  readonly ownerId?: string | null | undefined
}

/**
 * How far a rule reaches for one person: to what has all of these properties; an absent one may be anything.
 *
 * @category models
 * @since 0.1.0
 */
export interface Reach {
  /** In one of these teams. */
  readonly teamIds?: ReadonlyArray<string>
  readonly channelAccountId?: string
  readonly ownerId?: string
}

/**
 * The reach of the whole organization.
 *
 * @category constants
 * @since 0.1.0
 */
export const everywhere: Reach = {}

/**
 * Whether the reach is that of the whole organization.
 *
 * @category guards
 * @since 0.1.0
 */
export const isEverywhere = (reach: Reach): boolean =>
  reach.teamIds === undefined && reach.channelAccountId === undefined && reach.ownerId === undefined

/**
 * Whether the thing is within reach.
 *
 * @category guards
 * @since 0.1.0
 */
export const includes = (reach: Reach, resource: Resource): boolean =>
  (reach.ownerId === undefined || reach.ownerId === resource.ownerId) &&
  (reach.channelAccountId === undefined || reach.channelAccountId === resource.channelAccountId) &&
  (reach.teamIds === undefined ||
    (typeof resource.teamId === "string" && reach.teamIds.includes(resource.teamId)))

/**
 * Whether everything within `inner` is within `outer`.
 *
 * @category guards
 * @since 0.1.0
 */
export const covers = (outer: Reach, inner: Reach): boolean =>
  (outer.ownerId === undefined || outer.ownerId === inner.ownerId) &&
  (outer.channelAccountId === undefined || outer.channelAccountId === inner.channelAccountId) &&
  (outer.teamIds === undefined ||
    (inner.teamIds !== undefined && inner.teamIds.every((team) => outer.teamIds?.includes(team) === true)))

/**
 * Whether something can be within both.
 *
 * @category guards
 * @since 0.1.0
 */
export const overlaps = (one: Reach, other: Reach): boolean =>
  (one.ownerId === undefined || other.ownerId === undefined || one.ownerId === other.ownerId) &&
  (one.channelAccountId === undefined || other.channelAccountId === undefined ||
    one.channelAccountId === other.channelAccountId) &&
  (one.teamIds === undefined || other.teamIds === undefined ||
    one.teamIds.some((team) => other.teamIds?.includes(team) === true))
