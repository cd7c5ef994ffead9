/**
 * A user in an organization, with the role they have there.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import { Instant } from "./Instant.ts"
import type * as Sorting from "./Sorting.ts"
import { UserId } from "./Tenancy.ts"

/**
 * The key of a role.
 *
 * @category schemas
 * @since 0.1.0
 */
export const RoleKey = Schema.String.check(
  Schema.isPattern(/^[a-z][a-z0-9-]{0,62}$/, { expected: "a role's key" })
).annotate({
  identifier: "RoleKey",
  description: "A role's key: `owner`, `admin`, `manager`, `agent` or `viewer`.",
  examples: ["agent"]
})
/** @since 0.1.0 */
export type RoleKey = typeof RoleKey.Type

/**
 * A suspended member keeps role and history and can't act in the organization.
 *
 * @category schemas
 * @since 0.1.0
 */
export const MembershipStatus = Schema.Literals(["active", "suspended"])
/** @since 0.1.0 */
export type MembershipStatus = typeof MembershipStatus.Type

/**
 * What members are sorted by: since when they are one, or their name.
 *
 * @category constants
 * @since 0.1.0
 */
export const memberSorts = ["createdAt", "name"] as const
/** @since 0.1.0 */
export type MemberSort = Sorting.Sort<(typeof memberSorts)[number]>

/**
 * @category models
 * @since 0.1.0
 */
export class Member extends Schema.Class<Member>("Member")({
  userId: UserId,
  kind: Schema.Literals(["person", "machine"]).annotate({
    description: "A machine user belongs to the organization, and acts by its API keys alone."
  }),
  email: Schema.String.annotate({ description: "A machine user's is made up, and gets no mail." }),
  name: Schema.String,
  role: RoleKey,
  status: MembershipStatus,
  createdAt: Instant
}, { description: "A user in an organization, with the role they have there." }) {}
