/** Random organizations, and a judge of what their members may do that is written without looking at the real one. */
import type { AccessCondition, Circumstances } from "@wicara/core/AccessCondition"
import type { HeldRole, Subject } from "@wicara/core/AccessRules"
import type { GroupDefinition } from "@wicara/core/PermissionGroup"
import type { RoleDefinition, RoleRule } from "@wicara/core/Role"
import type { Reach, Resource } from "@wicara/core/Scope"

export interface World {
  readonly permissions: ReadonlyArray<string>
  readonly roles: ReadonlyArray<RoleDefinition>
  readonly groups: ReadonlyArray<GroupDefinition>
  readonly subject: Subject
}

/** Numbers that are the same for the same seed (mulberry32). */
export const makeRandom = (seed: number) => {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
  const below = (n: number) => Math.floor(next() * n)
  return {
    below,
    chance: (p: number) => next() < p,
    pick: <A>(items: ReadonlyArray<A>): A => items[below(items.length)]!,
    some: <A>(items: ReadonlyArray<A>, p: number) => items.filter(() => next() < p)
  }
}
export type Random = ReturnType<typeof makeRandom>

const resources = ["chat", "person", "bill", "x"]
const actions = ["read", "write", "del"]
const permissions = resources.flatMap((resource) => actions.map((action) => `${resource}:${action}`))
const teams = ["t1", "t2", "t3"]
const channels = ["c1", "c2"]
const users = ["me", "other"]
export const noon = Date.UTC(2026, 10, 18, 12) // A Wednesday.

const patternOf = (random: Random) =>
  `${random.chance(0.2) ? "!" : ""}${random.chance(0.25) ? "*" : random.pick(resources)}:${
    random.chance(0.3) ? "*" : random.pick(actions)
  }`

const conditionOf = (random: Random): AccessCondition => ({
  ...(random.chance(0.6)
    ? {
      hours: {
        timezone: "UTC",
        days: random.chance(0.5) ? ["mon", "wed"] : ["tue", "fri", "sun"],
        from: random.pick(["00:00", "09:00", "22:00"]),
        to: random.pick(["06:00", "17:30", "22:00"])
      }
    }
    : {}),
  ...(random.chance(0.4) ? { networks: random.chance(0.5) ? ["10.0.0.0/8"] : ["192.0.2.7", "2001:db8::/32"] } : {})
})

const ruleOf = (random: Random, groups: ReadonlyArray<string>): RoleRule => ({
  effect: random.chance(0.75) ? "allow" : "deny",
  permissions: Array.from({ length: random.below(3) }, () => patternOf(random)),
  groups: random.some(groups, 0.15),
  scope: random.pick(["organization", "organization", "teams", "own"] as const),
  ...(random.chance(0.25) ? { condition: conditionOf(random) } : {})
})

export const makeWorld = (random: Random): World => {
  const groupKeys = ["g0", "g1", "g2", "g3", "g4"]
  const groups = groupKeys.map((key, index): GroupDefinition => ({
    key,
    name: key,
    description: "",
    parentKey: index > 0 && random.chance(0.6) ? groupKeys[random.below(index)]! : null,
    permissions: Array.from({ length: random.below(3) }, () => patternOf(random))
  }))
  const roleKeys = ["r0", "r1", "r2", "r3", "r4", "r5"]
  const roles = roleKeys.map((key, index): RoleDefinition => ({
    key,
    inherits: random.some(roleKeys.slice(0, index), 0.3),
    rules: Array.from({ length: random.below(4) }, () => ruleOf(random, groupKeys))
  }))
  roles.push({
    key: "owner",
    inherits: [],
    rules: [{ effect: "allow", permissions: ["*:*"], groups: [], scope: "organization" }]
  })
  const timeOf = () => random.chance(0.3) ? noon + (random.below(5) - 2) * 3_600_000 : null
  const held = Array.from({ length: random.below(4) }, (_, index): HeldRole => ({
    assignmentId: `a${index}` as never,
    role: random.pick(roleKeys),
    scope: random.pick(
      [
        { _tag: "Organization" },
        { _tag: "Own" },
        { _tag: "Team", teamId: random.pick(teams) as never },
        { _tag: "ChannelAccount", channelAccountId: random.pick(channels) as never }
      ] as const
    ),
    validFrom: timeOf(),
    validUntil: timeOf()
  }))
  const base = random.chance(0.04) ? "owner" : random.pick(roleKeys)
  return {
    permissions,
    roles,
    groups,
    subject: {
      userId: "me",
      teamIds: random.some(teams, 0.4),
      roles: [
        { assignmentId: null, role: base, scope: { _tag: "Organization" }, validFrom: null, validUntil: null },
        ...held
      ]
    }
  }
}

export interface Question {
  readonly permission: string
  readonly resource: Resource
  readonly circumstances: Circumstances
}

export const askOf = (random: Random): Question => ({
  permission: random.pick(permissions),
  resource: {
    teamId: random.chance(0.7) ? random.pick(teams) : null,
    channelAccountId: random.chance(0.9) ? random.pick(channels) : undefined,
    ownerId: random.chance(0.7) ? random.pick(users) : null
  },
  circumstances: {
    now: noon + (random.below(9) - 4) * 1_800_000 + random.below(7) * 86_400_000,
    address: random.pick([undefined, "10.1.2.3", "192.0.2.7", "192.0.2.8", "2001:db8:1::5", "::ffff:10.9.9.9"])
  }
})

export const reachOf = (random: Random): Reach => ({
  ...(random.chance(0.5) ? { teamIds: random.chance(0.7) ? [random.pick(teams)] : ["t1", "t2"] } : {}),
  ...(random.chance(0.3) ? { channelAccountId: random.pick(channels) } : {}),
  ...(random.chance(0.3) ? { ownerId: random.pick(users) } : {})
})

/** Everything that can be asked about. */
export const allResources: ReadonlyArray<Resource> = [null, ...teams].flatMap((teamId) =>
  [null, ...channels].flatMap((channelAccountId) =>
    [null, ...users].map((ownerId) => ({ teamId, channelAccountId, ownerId }))
  )
)

// The judge. It asks every rule one after another, and remembers nothing.

const glob = (pattern: string, name: string) => new RegExp(`^${pattern.replaceAll("*", "[^:]*")}$`).test(name)

const listNames = (list: ReadonlyArray<string>, name: string): boolean => {
  let named = false
  for (const pattern of list) {
    if (pattern[0] === "!") {
      if (glob(pattern.substring(1), name)) return false
    } else named = named || glob(pattern, name)
  }
  return named
}

const groupNames = (world: World, key: string, name: string): boolean => {
  for (const group of world.groups) {
    // Is this group the one, or somewhere below it?
    let at: GroupDefinition | undefined = group
    while (at !== undefined && at.key !== key) at = world.groups.find((one) => one.key === at?.parentKey)
    if (at !== undefined && listNames(group.permissions, name)) return true
  }
  return false
}

const ruleNames = (world: World, rule: RoleRule, name: string): boolean => {
  for (const pattern of rule.permissions) if (pattern[0] === "!" && glob(pattern.substring(1), name)) return false
  for (const pattern of rule.permissions) if (pattern[0] !== "!" && glob(pattern, name)) return true
  for (const key of rule.groups) if (groupNames(world, key, name)) return true
  return false
}

const inTime = (from: string, to: string, clock: string) =>
  from < to ? clock >= from && clock < to : clock >= from || clock < to

const conditionHolds = (condition: RoleRule["condition"], { address, now }: Circumstances): boolean => {
  if (condition?.hours !== undefined) {
    const { days, from, to } = condition.hours
    const iso = new Date(now).toISOString()
    const clock = iso.substring(11, 16)
    // After midnight the hours are those of the day before.
    const day = from >= to && clock < from ? new Date(now - 86_400_000) : new Date(now)
    const name = day.toUTCString().substring(0, 3).toLowerCase()
    if (!inTime(from, to, clock) || !(days as ReadonlyArray<string>).includes(name)) return false
  }
  if (condition?.networks !== undefined) {
    const first = condition.networks[0]
    if (address === undefined) return false
    if (first === "10.0.0.0/8") return /^(::ffff:)?10\./.test(address)
    return address === "192.0.2.7" || address.startsWith("2001:db8:")
  }
  return true
}

const ruleCounts = (
  world: World,
  rule: RoleRule,
  held: HeldRole,
  { circumstances, permission, resource }: Question
): boolean => {
  const { teamIds, userId } = world.subject
  if (held.validFrom !== null && circumstances.now < held.validFrom) return false
  if (held.validUntil !== null && circumstances.now >= held.validUntil) return false
  if (!ruleNames(world, rule, permission) || !conditionHolds(rule.condition, circumstances)) return false
  const { scope } = held
  if (scope._tag === "Team" && scope.teamId !== resource.teamId) return false
  if (scope._tag === "ChannelAccount" && scope.channelAccountId !== resource.channelAccountId) return false
  if (scope._tag === "Own" && resource.ownerId !== userId) return false
  if (rule.scope === "own" && resource.ownerId !== userId) return false
  if (rule.scope === "teams" && !teamIds.some((team) => team === resource.teamId)) return false
  return true
}

export const judge = (world: World, question: Question): boolean => {
  let allowed = false
  let denied = false
  for (const held of world.subject.roles) {
    if (held.role === "owner" && held.assignmentId === null) return true
    const visit = (key: string): void => {
      for (const role of world.roles) {
        if (role.key !== key) continue
        for (const rule of role.rules) {
          if (!ruleCounts(world, rule, held, question)) continue
          if (rule.effect === "deny") denied = true
          else allowed = true
        }
        for (const parent of role.inherits) visit(parent)
      }
    }
    visit(held.role)
  }
  return allowed && !denied
}
