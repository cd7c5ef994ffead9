/**
 * From roles, groups and what a member was given to what they may do: pure, and the same for every storage.
 *
 * A permission is held for a thing when some rule that counts allows it there and none that counts denies it there. A
 * rule counts when its role is the member's or given to them, now is within the time that it was given for, and its
 * condition holds. Owners hold everything.
 *
 * @since 0.1.0
 */
import * as AccessCondition from "./AccessCondition.ts"
import type { Circumstances } from "./AccessCondition.ts"
import * as PermissionBits from "./internal/permissionBits.ts"
import type { GroupDefinition } from "./PermissionGroup.ts"
import type { RoleAssignmentId, RoleDefinition, RoleRule, RuleScope } from "./Role.ts"
import * as Scope from "./Scope.ts"
import type { Reach } from "./Scope.ts"
import type { Holdings, ScopedHolding } from "./Tenancy.ts"

/**
 * The key of the role that nothing is denied to.
 *
 * @category constants
 * @since 0.1.0
 */
export const ownerKey = "owner"

const matches = (pattern: string, name: string): boolean => {
  const [resource, action] = pattern.split(":")
  const [ofResource, ofAction] = name.split(":")
  return (resource === "*" || resource === ofResource) && (action === "*" || action === ofAction)
}

/**
 * Whether a list of patterns names the permission: one of them matches it, and none that begins with `!` does.
 *
 * @category guards
 * @since 0.1.0
 */
export const isNamed = (patterns: ReadonlyArray<string>, name: string): boolean =>
  patterns.some((pattern) => !pattern.startsWith("!") && matches(pattern, name)) &&
  !patterns.some((pattern) => pattern.startsWith("!") && matches(pattern.slice(1), name))

/**
 * Keys that lead back to where they began, along `next`; `undefined` when none do.
 *
 * @category guards
 * @since 0.1.0
 */
export const cycleFrom = (
  start: string,
  next: (key: string) => ReadonlyArray<string>
): ReadonlyArray<string> | undefined => {
  const seen = new Set<string>()
  const walk = (key: string, path: ReadonlyArray<string>): ReadonlyArray<string> | undefined => {
    for (const following of next(key)) {
      if (following === start) return [...path, following]
      if (seen.has(following)) continue
      seen.add(following)
      const found = walk(following, [...path, following])
      if (found !== undefined) return found
    }
    return undefined
  }
  return walk(start, [start])
}

/**
 * One rule of a role or of what it inherits, with the permissions that it comes to.
 *
 * @category models
 * @since 0.1.0
 */
export interface FlatRule {
  /** From the role to the one whose rule it is. */
  readonly path: ReadonlyArray<string>
  /** Its place among the rules of that role. */
  readonly index: number
  readonly effect: "allow" | "deny"
  readonly names: ReadonlySet<string>
  readonly scope: RuleScope
  readonly condition: AccessCondition.AccessCondition | undefined
}

/**
 * An organization's roles and groups over the permissions that there are.
 *
 * @category models
 * @since 0.1.0
 */
export interface Catalog {
  readonly roles: ReadonlyMap<string, RoleDefinition>
  readonly groups: ReadonlyMap<string, GroupDefinition>
  readonly permissions: ReadonlyArray<string>
  /** The rules of a role with all that it inherits; none of a role that does not exist. */
  readonly rulesOf: (role: string) => ReadonlyArray<FlatRule>
  /** The permissions in a group and below it. */
  readonly namesOfGroup: (key: string) => ReadonlySet<string>
  /** The permissions that a rule comes to. */
  readonly namesOfRule: (rule: Pick<RoleRule, "groups" | "permissions">) => ReadonlySet<string>
}

/**
 * @category constructors
 * @since 0.1.0
 */
export const makeCatalog = (options: {
  readonly roles: Iterable<RoleDefinition>
  readonly groups: Iterable<GroupDefinition>
  readonly permissions: ReadonlyArray<string>
}): Catalog => {
  const roles = new Map(Array.from(options.roles, (role) => [role.key, role]))
  const groups = new Map(Array.from(options.groups, (group) => [group.key, group]))
  const children = new Map<string, Array<string>>()
  for (const { key, parentKey } of groups.values()) {
    if (parentKey !== null) children.set(parentKey, [...(children.get(parentKey) ?? []), key])
  }
  const flat = new Map<string, ReadonlyArray<FlatRule>>()
  const ofGroup = new Map<string, ReadonlySet<string>>()

  const named = (patterns: ReadonlyArray<string>) => options.permissions.filter((name) => isNamed(patterns, name))

  const namesOfGroup = (key: string): ReadonlySet<string> => {
    const known = ofGroup.get(key)
    if (known !== undefined) return known
    const names = new Set<string>()
    const seen = new Set<string>()
    const add = (one: string) => {
      const group = groups.get(one)
      if (group === undefined || seen.has(one)) return
      seen.add(one)
      for (const name of named(group.permissions)) names.add(name)
      for (const child of children.get(one) ?? []) add(child)
    }
    add(key)
    ofGroup.set(key, names)
    return names
  }

  const namesOfRule = (rule: Pick<RoleRule, "groups" | "permissions">) => {
    const excluded = rule.permissions.filter((pattern) => pattern.startsWith("!")).map((pattern) => pattern.slice(1))
    return new Set(
      [...named(rule.permissions), ...rule.groups.flatMap((group) => [...namesOfGroup(group)])]
        .filter((name) => !excluded.some((pattern) => matches(pattern, name)))
    )
  }

  const rulesOf = (key: string): ReadonlyArray<FlatRule> => {
    const known = flat.get(key)
    if (known !== undefined) return known
    const rules: Array<FlatRule> = []
    const seen = new Set<string>()
    const add = (one: string, path: ReadonlyArray<string>) => {
      const role = roles.get(one)
      if (role === undefined || seen.has(one)) return
      seen.add(one)
      for (const [index, rule] of role.rules.entries()) {
        rules.push({
          path,
          index,
          effect: rule.effect,
          names: namesOfRule(rule),
          scope: rule.scope,
          condition: rule.condition
        })
      }
      for (const parent of role.inherits) add(parent, [...path, parent])
    }
    add(key, [key])
    flat.set(key, rules)
    return rules
  }

  return { roles, groups, permissions: options.permissions, rulesOf, namesOfGroup, namesOfRule }
}

/**
 * A role that a member has: as a member (`assignmentId` is null), or given beside that.
 *
 * @category models
 * @since 0.1.0
 */
export interface HeldRole {
  readonly assignmentId: RoleAssignmentId | null
  readonly role: string
  readonly scope: Scope.Scope
  /** Epoch milliseconds. */
  readonly validFrom: number | null
  readonly validUntil: number | null
}

/**
 * A member with all their roles.
 *
 * @category models
 * @since 0.1.0
 */
export interface Subject {
  readonly userId: string
  readonly teamIds: ReadonlyArray<string>
  readonly roles: ReadonlyArray<HeldRole>
}

/**
 * A rule in the hands of one member.
 *
 * @category models
 * @since 0.1.0
 */
export interface MemberRule extends FlatRule {
  readonly held: HeldRole
  /** `undefined`: it reaches nothing, such as a team's rule for who is in none. */
  readonly reach: Reach | undefined
}

/**
 * How far a rule reaches for the member; `undefined` when it reaches nothing.
 *
 * @category constructors
 * @since 0.1.0
 */
export const reachOf = (
  rule: RuleScope,
  scope: Scope.Scope,
  member: { readonly userId: string; readonly teamIds: ReadonlyArray<string> }
): Reach | undefined => {
  const teams = rule === "teams" ? member.teamIds : undefined
  const teamIds = scope._tag === "Team"
    ? teams === undefined || teams.includes(scope.teamId) ? [scope.teamId] : []
    : teams
  if (teamIds?.length === 0) return undefined
  return {
    ...(teamIds === undefined ? {} : { teamIds }),
    ...(scope._tag === "ChannelAccount" ? { channelAccountId: scope.channelAccountId } : {}),
    ...(rule === "own" || scope._tag === "Own" ? { ownerId: member.userId } : {})
  }
}

/**
 * Every rule of the member's roles.
 *
 * @category constructors
 * @since 0.1.0
 */
export const rulesOf = (catalog: Catalog, subject: Subject): ReadonlyArray<MemberRule> =>
  subject.roles.flatMap((held) =>
    catalog.rulesOf(held.role).map((rule) => ({ ...rule, held, reach: reachOf(rule.scope, held.scope, subject) }))
  )

/**
 * Whether the member is an owner, who holds everything.
 *
 * @category guards
 * @since 0.1.0
 */
export const isOwner = (subject: Subject): boolean =>
  subject.roles.some(({ assignmentId, role }) => assignmentId === null && role === ownerKey)

/**
 * Whether the time that the role was given for has come and not passed.
 *
 * @category guards
 * @since 0.1.0
 */
export const isValidAt = (held: Pick<HeldRole, "validFrom" | "validUntil">, now: number): boolean =>
  (held.validFrom === null || held.validFrom <= now) && (held.validUntil === null || now < held.validUntil)

/**
 * What is held by rules that count.
 *
 * @category constructors
 * @since 0.1.0
 */
export const holdingsOf = (rules: ReadonlyArray<Pick<MemberRule, "effect" | "names" | "reach">>): Holdings => {
  const allow = new Map<string, Array<Reach>>()
  const deny = new Map<string, Array<Reach>>()
  for (const { effect, names, reach } of rules) {
    if (reach === undefined) continue
    const byName = effect === "allow" ? allow : deny
    for (const name of names) {
      const reaches = byName.get(name)
      if (reaches === undefined) byName.set(name, [reach])
      else reaches.push(reach)
    }
  }
  const permissions = new Set<string>()
  const scoped = new Map<string, ScopedHolding>()
  for (const [name, reaches] of allow) {
    const denied = deny.get(name) ?? []
    const kept = reaches.filter((reach) => !denied.some((one) => Scope.covers(one, reach)))
    if (kept.length === 0) continue
    const whole = kept.some(Scope.isEverywhere)
    const relevant = denied.filter((one) => kept.some((reach) => Scope.overlaps(one, reach)))
    if (whole && relevant.length === 0) permissions.add(name)
    else scoped.set(name, { allow: whole ? [Scope.everywhere] : kept, deny: relevant })
  }
  return { permissions, bits: PermissionBits.make(permissions), ...(scoped.size === 0 ? {} : { scoped }) }
}

/**
 * What a member may do, resolved as far as it can be before it is asked: `holdings` and `grantable` cost one look when
 * nothing depends on the time or on circumstances, and are remembered for each combination otherwise.
 *
 * @category models
 * @since 0.1.0
 */
export interface ResolvedMember {
  readonly holdings: (circumstances: Circumstances) => Holdings
  /** What they may give to others: what they hold for good and without a condition. */
  readonly grantable: (circumstances: Circumstances) => Holdings
}

const varies = (rule: MemberRule): boolean =>
  rule.condition !== undefined || rule.held.validFrom !== null || rule.held.validUntil !== null

/**
 * Whether the rule counts.
 *
 * @category guards
 * @since 0.1.0
 */
export const counts = (rule: MemberRule, circumstances: Circumstances): boolean =>
  isValidAt(rule.held, circumstances.now) &&
  (rule.condition === undefined || AccessCondition.holds(rule.condition, circumstances))

/** For good: allowed without a condition and without an end, and denied by nothing, whether it counts now or not. */
const isGrantable = (rule: MemberRule, now: number): boolean =>
  rule.effect === "deny"
    ? rule.held.validUntil === null || now < rule.held.validUntil
    : rule.condition === undefined && rule.held.validUntil === null &&
      (rule.held.validFrom === null || rule.held.validFrom <= now)

const maximumRemembered = 64

/**
 * @category constructors
 * @since 0.1.0
 */
export const resolve = (catalog: Catalog, subject: Subject): ResolvedMember => {
  if (isOwner(subject)) {
    const all: Holdings = {
      permissions: new Set(catalog.permissions),
      bits: PermissionBits.make(catalog.permissions)
    }
    return { holdings: () => all, grantable: () => all }
  }
  const rules = rulesOf(catalog, subject)
  const fixed = rules.filter((rule) => !varies(rule))
  const varying = rules.filter(varies)
  if (varying.length === 0) {
    const all = holdingsOf(fixed)
    return { holdings: () => all, grantable: () => all }
  }
  const remembering = (isIn: (rule: MemberRule, circumstances: Circumstances) => boolean) => {
    const remembered = new Map<string, Holdings>()
    return (circumstances: Circumstances): Holdings => {
      const counted = varying.filter((rule) => isIn(rule, circumstances))
      const key = counted.map((rule) => varying.indexOf(rule)).join()
      const known = remembered.get(key)
      if (known !== undefined) return known
      const made = holdingsOf([...fixed, ...counted])
      if (remembered.size >= maximumRemembered) remembered.clear()
      remembered.set(key, made)
      return made
    }
  }
  return {
    holdings: remembering(counts),
    grantable: remembering((rule, { now }) => isGrantable(rule, now))
  }
}
