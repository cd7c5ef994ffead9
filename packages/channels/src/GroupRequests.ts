/**
 * What is asked of the groups of an account.
 *
 * @since 0.1.0
 */
import { Effect, Schema } from "effect"
import { Identity } from "./Address.ts"

const words = (length: number) => Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(length))

/** A group's id at the provider: the value of its address. @category ids @since 0.1.0 */
export const GroupId = words(190)

/** @category schemas @since 0.1.0 */
export const CreateGroup = Schema.Struct({
  subject: words(128),
  description: Schema.optionalKey(words(2048)),
  /** Where people join by the link alone, nobody can be named. */
  participants: Schema.Array(Identity).check(Schema.isMaxLength(256)).pipe(
    Schema.withDecodingDefaultKey(Effect.succeed([]))
  ),
  /** People who follow its link wait until somebody lets them in. */
  joinApproval: Schema.optionalKey(Schema.Boolean)
}).annotate({ identifier: "CreateChannelGroup" })
/** @since 0.1.0 */
export type CreateGroup = typeof CreateGroup.Type

/** Who is let in, or is not: requests by the provider's names of them. @category schemas @since 0.1.0 */
export const DecideJoinRequests = Schema.Struct({
  approve: Schema.Boolean,
  requests: Schema.NonEmptyArray(words(190)).check(Schema.isMaxLength(100))
}).annotate({ identifier: "DecideChannelGroupJoinRequests" })
/** @since 0.1.0 */
export type DecideJoinRequests = typeof DecideJoinRequests.Type

/** What is absent stays. @category schemas @since 0.1.0 */
export const UpdateGroup = Schema.Struct({
  subject: Schema.optionalKey(words(128)),
  description: Schema.optionalKey(Schema.String.check(Schema.isMaxLength(2048))),
  announceOnly: Schema.optionalKey(Schema.Boolean),
  locked: Schema.optionalKey(Schema.Boolean)
}).annotate({ identifier: "UpdateChannelGroup" })
/** @since 0.1.0 */
export type UpdateGroup = typeof UpdateGroup.Type

/** @category schemas @since 0.1.0 */
export const ChangeParticipants = Schema.Struct({
  action: Schema.Literals(["add", "remove", "promote", "demote"]),
  participants: Schema.NonEmptyArray(Identity).check(Schema.isMaxLength(256))
}).annotate({ identifier: "ChangeChannelGroupParticipants" })
/** @since 0.1.0 */
export type ChangeParticipants = typeof ChangeParticipants.Type
