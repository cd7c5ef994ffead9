/**
 * An invitation to become a member of an organization.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import * as Id from "./Id.ts"
import { Instant } from "./Instant.ts"
import { RoleKey } from "./Membership.ts"
import { Actor } from "./Tenancy.ts"

/**
 * @category ids
 * @since 0.1.0
 */
export const InvitationId = Id.make("InvitationId", "An invitation to become a member.")
/** @since 0.1.0 */
export type InvitationId = typeof InvitationId.Type

/**
 * `pending` and `expired` ones can be sent again or revoked; the others have ended.
 *
 * @category schemas
 * @since 0.1.0
 */
export const InvitationState = Schema.Literals(["pending", "expired", "accepted", "declined", "revoked"])
/** @since 0.1.0 */
export type InvitationState = typeof InvitationState.Type

/**
 * @category models
 * @since 0.1.0
 */
export class Invitation extends Schema.Class<Invitation>("Invitation")({
  id: InvitationId,
  email: Schema.String,
  role: RoleKey,
  state: InvitationState,
  invitedBy: Actor,
  sends: Schema.Int.annotate({ description: "How often the message was sent." }),
  createdAt: Instant,
  sentAt: Instant,
  expiresAt: Instant,
  endedAt: Schema.NullOr(Instant)
}, { description: "An invitation to become a member." }) {}

/**
 * What the one who has the link sees of it.
 *
 * @category models
 * @since 0.1.0
 */
export class ReceivedInvitation extends Schema.Class<ReceivedInvitation>("ReceivedInvitation")({
  organization: Schema.Struct({ name: Schema.String, slug: Schema.String }),
  email: Schema.String,
  role: RoleKey,
  expiresAt: Instant,
  hasAccount: Schema.Boolean.annotate({
    description: "Whether there is an account with this address; if not, accepting takes a name and a password."
  })
}, { description: "An invitation as the invited person sees it." }) {}
