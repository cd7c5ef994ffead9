/**
 * Groups of permissions, in a tree: a role that is granted a group is granted all that is in it and below it. Every
 * resource is a group of its own permissions, within one of the groups that each organization has; an organization adds
 * its own, anywhere in the tree.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import { Instant } from "./Instant.ts"
import { Name } from "./Organization.ts"

/**
 * `resource:action`, with `*` for either part or both; one that begins with `!` takes back what others of the same list
 * match.
 *
 * @category schemas
 * @since 0.1.0
 */
export const PermissionPattern = Schema.String.check(
  Schema.isMaxLength(130),
  Schema.isPattern(/^!?(?:\*|[a-z][a-z0-9-]*):(?:\*|[a-z][a-z0-9_-]*)$/, { expected: "resource:action" })
).annotate({
  identifier: "PermissionPattern",
  description: "`resource:action`, `*` for either part; with `!` in front it takes back what the others match.",
  examples: ["contacts:*", "!contacts:delete"]
})

/**
 * @category schemas
 * @since 0.1.0
 */
export const PermissionGroupKey = Schema.String.check(
  Schema.isPattern(/^[a-z][a-z0-9-]{0,62}$/, { expected: "a group's key" })
).annotate({ identifier: "PermissionGroupKey", description: "The key of a permission group.", examples: ["service"] })
/** @since 0.1.0 */
export type PermissionGroupKey = typeof PermissionGroupKey.Type

/**
 * A group as rules see it.
 *
 * @category models
 * @since 0.1.0
 */
export interface GroupDefinition {
  readonly key: PermissionGroupKey
  readonly name: string
  readonly description: string
  readonly parentKey: PermissionGroupKey | null
  readonly permissions: ReadonlyArray<string>
}

/**
 * The groups that every organization has; packages say which one their resources are in.
 *
 * @category constants
 * @since 0.1.0
 */
export const system: ReadonlyArray<GroupDefinition> = [
  ["service", "Customer service", "Conversations, contacts and tickets"],
  ["content", "Content", "Knowledge, bots and what they answer with"],
  ["outreach", "Outreach", "Campaigns and templates"],
  ["insight", "Insight", "Analytics and reports"],
  ["administration", "Administration", "The organization, its people, teams, roles and channels"],
  ["security", "Security", "API keys, the audit log and what protects the organization"],
  ["billing", "Billing", "Plans, invoices and payments"],
  ["other", "Other", "Everything else"]
].map(([key = "", name = "", description = ""]) => ({ key, name, description, parentKey: null, permissions: [] }))

/**
 * @category models
 * @since 0.1.0
 */
export class PermissionGroup extends Schema.Class<PermissionGroup>("PermissionGroup")({
  key: PermissionGroupKey,
  name: Schema.String,
  description: Schema.String,
  parentKey: Schema.NullOr(PermissionGroupKey),
  permissions: Schema.Array(PermissionPattern).annotate({ description: "What it names itself." }),
  includes: Schema.Array(Schema.String).annotate({ description: "Every permission in it and below it." }),
  preset: Schema.Boolean.annotate({ description: "Every organization has it, and none can change it." }),
  revision: Schema.Int,
  updatedAt: Schema.NullOr(Instant)
}, { description: "Permissions that are granted at once; groups form a tree." }) {}

const Description = Schema.Trim.check(Schema.isMaxLength(500))
const patterns = Schema.Array(PermissionPattern).check(Schema.isMaxLength(200))

/**
 * @category models
 * @since 0.1.0
 */
export const NewPermissionGroup = Schema.Struct({
  key: PermissionGroupKey,
  name: Name,
  description: Schema.optionalKey(Description),
  parentKey: Schema.optionalKey(Schema.NullOr(PermissionGroupKey)),
  permissions: patterns
})
/** @since 0.1.0 */
export type NewPermissionGroup = typeof NewPermissionGroup.Type

/**
 * What is absent stays as it is.
 *
 * @category models
 * @since 0.1.0
 */
export const PermissionGroupChanges = Schema.Struct({
  name: Schema.optionalKey(Name),
  description: Schema.optionalKey(Description),
  parentKey: Schema.optionalKey(Schema.NullOr(PermissionGroupKey)),
  permissions: Schema.optionalKey(patterns)
})
/** @since 0.1.0 */
export type PermissionGroupChanges = typeof PermissionGroupChanges.Type
