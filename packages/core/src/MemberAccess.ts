/**
 * What the members of an organization may do.
 *
 * It is resolved once after each change of roles, groups, teams or what members were given, and remembered by the
 * version that the change raised. Authentication reads the version with the credential, so what is revoked by one
 * process is revoked at the next request to any other.
 *
 * @since 0.1.0
 */
import { Clock, Context, DateTime, Effect, Layer, Option } from "effect"
import * as AccessCondition from "./AccessCondition.ts"
import type { Circumstances } from "./AccessCondition.ts"
import { AccessExplanation, EffectiveAccess } from "./AccessExplanation.ts"
import type { ExplainedRule, RuleVerdict } from "./AccessExplanation.ts"
import * as AccessRules from "./AccessRules.ts"
import type { Catalog, MemberRule, ResolvedMember, Subject } from "./AccessRules.ts"
import { AccessStore } from "./AccessStore.ts"
import type { StoredMember } from "./AccessStore.ts"
import { organization as organizationPermissions } from "./CorePermissions.ts"
import type { RoleKey } from "./Membership.ts"
import * as Permissions from "./Permissions.ts"
import { Forbidden, InvalidInput, NotFound } from "./Problem.ts"
import { definitions as presets, PermissionRegistry } from "./Roles.ts"
import * as Scope from "./Scope.ts"
import type { Resource } from "./Scope.ts"
import { CurrentActor, CurrentOrganization } from "./Tenancy.ts"
import type { Holdings, OrganizationId, UserId } from "./Tenancy.ts"

/**
 * The IP address that the running request came from, for rules that ask for a network.
 *
 * @category references
 * @since 0.1.0
 */
export const ClientAddress = Context.Reference<string | undefined>("@wicara/core/MemberAccess/ClientAddress", {
  defaultValue: () => undefined
})

/**
 * Whether the organization has what a scope names and this package does not keep: everything, unless a server says
 * otherwise.
 *
 * @category references
 * @since 0.1.0
 */
export const ScopeTargets = Context.Reference<{
  readonly hasChannelAccount: (id: Scope.ChannelAccountId) => Effect.Effect<boolean, never, CurrentOrganization>
}>("@wicara/core/MemberAccess/ScopeTargets", {
  defaultValue: () => ({ hasChannelAccount: () => Effect.succeed(true) })
})

/**
 * A member as their credential proves them.
 *
 * @category models
 * @since 0.1.0
 */
export interface ProvenMember {
  readonly organizationId: OrganizationId
  readonly userId: UserId
  readonly role: RoleKey
  /** `AccessStore.version`, read together with the credential. */
  readonly accessVersion: number
}

/**
 * What a member holds, and what of it they may give to others.
 *
 * @category models
 * @since 0.1.0
 */
export interface MemberHoldings extends Holdings {
  readonly grantable: Holdings
}

/**
 * A role to be given to somebody; whoever has no id yet is in no team.
 *
 * @category models
 * @since 0.1.0
 */
export interface Gift {
  readonly role: RoleKey
  readonly scope: Scope.Scope
  readonly userId?: UserId | undefined
}

/**
 * A thing by what permissions can be limited by.
 *
 * @category models
 * @since 0.1.0
 */
export interface NamedResource extends Resource {
  readonly teamId?: Scope.TeamId | undefined
  readonly channelAccountId?: Scope.ChannelAccountId | undefined
  readonly ownerId?: UserId | undefined
}

type Acting = CurrentOrganization | CurrentActor

/**
 * @category services
 * @since 0.1.0
 */
export class MemberAccess extends Context.Service<MemberAccess, {
  /** What the member holds now, as they ask. */
  readonly holdings: (member: ProvenMember) => Effect.Effect<MemberHoldings>
  /** The member as who acts now, without a request of theirs; none for who is no member, or suspended. */
  readonly actor: (userId: UserId) => Effect.Effect<Option.Option<CurrentActor["Service"]>, never, CurrentOrganization>
  /** What a member may do now; nothing while they are suspended. */
  readonly effective: (userId: UserId) => Effect.Effect<EffectiveAccess, NotFound, CurrentOrganization>
  /** Why a member may or may not do something, to the thing that is named or in the whole organization. */
  readonly explain: (question: {
    readonly userId: UserId
    readonly permission: string
    readonly resource?: NamedResource | undefined
    /** From where they would ask. */
    readonly address?: string | undefined
  }) => Effect.Effect<AccessExplanation, NotFound | InvalidInput, CurrentOrganization>
  /** The organization's roles and groups, with those that every organization has. */
  readonly catalog: Effect.Effect<Catalog, never, CurrentOrganization>
  /** Fails unless the actor holds, for good, all that the role allows there. */
  readonly checkGive: (gift: Gift) => Effect.Effect<void, Forbidden, Acting>
  /** Fails unless the actor holds, for good, all that the member's roles allow: only then may they take it away. */
  readonly checkManage: (userId: UserId) => Effect.Effect<void, Forbidden, Acting>
  /** Fails unless the actor holds all that members gain there by being in the team. */
  readonly checkTeam: (userId: UserId, teamId: Scope.TeamId) => Effect.Effect<void, Forbidden, Acting>
  /** Fails unless the actor holds all that the change of roles or groups gives and takes. */
  readonly checkChange: (before: Catalog, after: Catalog) => Effect.Effect<void, Forbidden, CurrentActor>
}>()("@wicara/core/MemberAccess") {
  /** @since 0.1.0 */
  static readonly layer: Layer.Layer<MemberAccess, never, AccessStore | PermissionRegistry> = Layer.suspend(() =>
    Layer.effect(MemberAccess, make)
  )
}

/** What is in a map of the most recently made things. */
const remember = <A>(map: Map<string, A>, key: string, value: A, most: number) => {
  if (map.size >= most) {
    const oldest = map.keys().next()
    if (oldest.done !== true) map.delete(oldest.value)
  }
  map.set(key, value)
  return value
}

const rememberedMembers = 20_000
const rememberedOrganizations = 5000

interface RememberedCatalog {
  readonly version: number
  readonly catalog: Catalog
  /** Of members who have a role, and nothing beside it that would make a difference. */
  readonly plain: Map<string, ResolvedMember>
}

const make = Effect.gen(function*() {
  const store = yield* AccessStore
  const registry = yield* PermissionRegistry
  const targets = yield* ScopeTargets
  const permissions = registry.all.map(({ name }) => name)
  const catalogs = new Map<string, RememberedCatalog>()
  const members = new Map<
    string,
    { readonly version: number; readonly role: string; readonly member: ResolvedMember }
  >()

  const load = Effect.fnUntraced(function*(organizationId: OrganizationId) {
    const roles = yield* store.roles(organizationId)
    const groups = yield* store.groups(organizationId)
    return AccessRules.makeCatalog({
      roles: [...presets, ...roles],
      groups: [...registry.groups, ...groups],
      permissions
    })
  })

  const catalogAt = Effect.fnUntraced(function*(organizationId: OrganizationId, version: number) {
    const known = catalogs.get(organizationId)
    if (known !== undefined && known.version === version) return known
    const catalog = yield* load(organizationId)
    catalogs.delete(organizationId)
    return remember(catalogs, organizationId, { version, catalog, plain: new Map() }, rememberedOrganizations)
  })

  const catalog = Effect.flatMap(CurrentOrganization, ({ id }) => load(id))

  const subjectOf = (userId: UserId, member: StoredMember): Subject => ({
    userId,
    teamIds: member.teamIds,
    roles: [
      { assignmentId: null, role: member.role, scope: { _tag: "Organization" }, validFrom: null, validUntil: null },
      ...member.assignments
    ]
  })

  const resolve = (known: RememberedCatalog, subject: Subject): ResolvedMember => {
    const [membership] = subject.roles
    const isPlain = membership !== undefined && subject.roles.length === 1 &&
      known.catalog.rulesOf(membership.role).every((rule) => rule.scope === "organization")
    if (!isPlain) return AccessRules.resolve(known.catalog, subject)
    const shared = known.plain.get(membership.role)
    if (shared !== undefined) return shared
    const made = AccessRules.resolve(known.catalog, subject)
    known.plain.set(membership.role, made)
    return made
  }

  const resolved = Effect.fnUntraced(function*(proven: ProvenMember) {
    const { accessVersion: version, organizationId, role, userId } = proven
    const key = organizationId + userId
    const remembered = members.get(key)
    if (remembered !== undefined && remembered.version === version && remembered.role === role) return remembered.member
    const known = yield* catalogAt(organizationId, version)
    const stored = yield* store.member(organizationId, userId)
    const member: StoredMember = Option.isSome(stored)
      ? { ...stored.value, role }
      : { role, status: "active", teamIds: [], assignments: [] }
    members.delete(key)
    return remember(
      members,
      key,
      { version, role, member: resolve(known, subjectOf(userId, member)) },
      rememberedMembers
    ).member
  })

  const circumstances = Effect.gen(function*() {
    const now = yield* Clock.currentTimeMillis
    const address = yield* ClientAddress
    return { now, address } satisfies Circumstances
  })

  const memberOf = Effect.fnUntraced(function*(userId: UserId) {
    const { id } = yield* CurrentOrganization
    const member = yield* store.member(id, userId)
    return Option.isSome(member) ? member.value : yield* NotFound.of("member", userId)
  })

  const checkTargets = Effect.fnUntraced(function*({ channelAccountId, ownerId, teamId }: NamedResource) {
    const { id } = yield* CurrentOrganization
    if (teamId !== undefined && !(yield* store.hasTeam(id, teamId))) {
      return yield* InvalidInput.of("teamId", "There is no such team.")
    }
    if (channelAccountId !== undefined && !(yield* targets.hasChannelAccount(channelAccountId))) {
      return yield* InvalidInput.of("channelAccountId", "There is no such channel account.")
    }
    if (ownerId !== undefined && Option.isNone(yield* store.member(id, ownerId))) {
      return yield* InvalidInput.of("ownerId", "There is no such member.")
    }
  })

  const grantableOf = (actor: CurrentActor["Service"]): Holdings => actor.grantable ?? actor

  const checkCovered = (
    actor: CurrentActor["Service"],
    rules: Iterable<Pick<MemberRule, "names" | "reach">>
  ): Effect.Effect<void, Forbidden> => {
    const grantable = grantableOf(actor)
    for (const { names, reach } of rules) {
      if (reach === undefined) continue
      for (const name of names) {
        if (!Permissions.covers(grantable, name, reach)) return Effect.fail(Forbidden.of(name))
      }
    }
    return Effect.void
  }

  const isAllow = (rule: { readonly effect: "allow" | "deny" }) => rule.effect === "allow"

  const checkOwnership = (role: RoleKey) =>
    role === AccessRules.ownerKey ? Permissions.check(organizationPermissions.transfer) : Effect.void

  const checkRules = Effect.fnUntraced(function*(subject: Subject) {
    const actor = yield* CurrentActor
    for (const { role } of subject.roles) yield* checkOwnership(role)
    yield* checkCovered(actor, AccessRules.rulesOf(yield* catalog, subject).filter(isAllow))
  })

  const heldNow = (member: ResolvedMember) =>
    Effect.map(circumstances, (now): MemberHoldings => {
      const held = member.holdings(now)
      return { permissions: held.permissions, bits: held.bits, scoped: held.scoped, grantable: member.grantable(now) }
    })

  return MemberAccess.of({
    holdings: (proven) => Effect.flatMap(resolved(proven), heldNow),
    actor: Effect.fn("MemberAccess.actor")(function*(userId) {
      const { id } = yield* CurrentOrganization
      const stored = yield* store.member(id, userId)
      if (Option.isNone(stored) || stored.value.status !== "active") return Option.none()
      const member = AccessRules.resolve(yield* catalog, subjectOf(userId, stored.value))
      return Option.some({ actor: { _tag: "User", id: userId }, ...(yield* heldNow(member)) })
    }),
    effective: Effect.fn("MemberAccess.effective")(function*(userId) {
      const stored = yield* memberOf(userId)
      const subject = subjectOf(userId, stored)
      const at = yield* circumstances
      const held = stored.status === "active"
        ? AccessRules.resolve(yield* catalog, subject).holdings(at)
        : { permissions: new Set<string>() }
      return toEffective(subject, held, at.now)
    }),
    explain: Effect.fn("MemberAccess.explain")(function*({ address, permission, resource, userId }) {
      if (!registry.has(permission)) {
        return yield* InvalidInput.of("permission", `There is no permission "${permission}".`)
      }
      const stored = yield* memberOf(userId)
      if (resource !== undefined) yield* checkTargets(resource)
      const at: Circumstances = { now: yield* Clock.currentTimeMillis, address: address ?? (yield* ClientAddress) }
      return explain(yield* catalog, subjectOf(userId, stored), stored.status, permission, resource, at)
    }),
    catalog,
    checkGive: Effect.fn("MemberAccess.checkGive")(function*({ role, scope, userId }) {
      const { id } = yield* CurrentOrganization
      const member = userId === undefined ? Option.none() : yield* store.member(id, userId)
      yield* checkRules({
        // Whoever is added has no id yet: only who holds it everywhere can give what would be their own.
        userId: userId ?? "nobody",
        teamIds: Option.isSome(member) ? member.value.teamIds : [],
        roles: [{ assignmentId: null, role, scope, validFrom: null, validUntil: null }]
      })
    }),
    checkManage: Effect.fn("MemberAccess.checkManage")(function*(userId) {
      const { id } = yield* CurrentOrganization
      const member = yield* store.member(id, userId)
      if (Option.isSome(member)) yield* checkRules(subjectOf(userId, member.value))
    }),
    checkTeam: Effect.fn("MemberAccess.checkTeam")(function*(userId, teamId) {
      const { id } = yield* CurrentOrganization
      const member = yield* store.member(id, userId)
      if (Option.isNone(member)) return
      const subject = { ...subjectOf(userId, member.value), teamIds: [teamId] }
      const rules = AccessRules.rulesOf(yield* catalog, subject).filter((rule) => rule.scope === "teams")
      // What a rule denies there is given when they leave, and taken when they come.
      yield* checkCovered(yield* CurrentActor, rules)
    }),
    checkChange: Effect.fn("MemberAccess.checkChange")(function*(before, after) {
      const actor = yield* CurrentActor
      yield* checkCovered(actor, changedRules(before, after).map(({ names }) => ({ names, reach: Scope.everywhere })))
    })
  })
})

const identityOf = (rule: AccessRules.FlatRule): string =>
  `${rule.effect} ${rule.scope} ${JSON.stringify(rule.condition ?? null)} ${[...rule.names].toSorted().join()}`

/** Rules that roles have in one catalog and not in the other; of new roles only what they allow. */
const changedRules = (before: Catalog, after: Catalog): ReadonlyArray<AccessRules.FlatRule> =>
  [...new Set([...before.roles.keys(), ...after.roles.keys()])].flatMap((role) => {
    const [old, fresh] = [before.rulesOf(role), after.rulesOf(role)]
    const [oldOnes, freshOnes] = [new Set(old.map(identityOf)), new Set(fresh.map(identityOf))]
    const changed = [
      ...old.filter((rule) => !freshOnes.has(identityOf(rule))),
      ...fresh.filter((rule) => !oldOnes.has(identityOf(rule)))
    ]
    return before.roles.has(role) && after.roles.has(role)
      ? changed
      : changed.filter(({ effect }) => effect === "allow")
  })

const toInstant = (millis: number | null) => millis === null ? null : DateTime.makeUnsafe(millis)

const toReach = (reach: Scope.Reach) => ({
  ...(reach.teamIds === undefined ? {} : { teamIds: reach.teamIds.map((id) => Scope.TeamId.make(id)) }),
  ...(reach.channelAccountId === undefined
    ? {}
    : { channelAccountId: Scope.ChannelAccountId.make(reach.channelAccountId) }),
  ...(reach.ownerId === undefined ? {} : { ownerId: reach.ownerId as UserId })
})

const toEffective = (subject: Subject, held: Holdings, now: number): EffectiveAccess =>
  new EffectiveAccess({
    userId: subject.userId as UserId,
    teamIds: subject.teamIds.map((id) => Scope.TeamId.make(id)),
    roles: subject.roles.map(({ assignmentId, role, scope, validFrom, validUntil }) => ({
      role,
      assignmentId,
      scope,
      validFrom: toInstant(validFrom),
      validUntil: toInstant(validUntil),
      active: AccessRules.isValidAt({ validFrom, validUntil }, now)
    })),
    permissions: [
      ...[...held.permissions].map((permission) => ({ permission, everywhere: true, allow: [], deny: [] })),
      ...[...held.scoped ?? []].map(([permission, { allow, deny }]) => ({
        permission,
        everywhere: false,
        allow: allow.map(toReach),
        deny: deny.map(toReach)
      }))
    ].toSorted((one, other) => (one.permission < other.permission ? -1 : 1))
  })

const isNamed = (resource: Resource | undefined): resource is Resource =>
  resource !== undefined && Object.values(resource).some((value) => value !== undefined)

const verdictOf = (rule: MemberRule, resource: Resource | undefined, at: Circumstances): RuleVerdict => {
  const { validFrom, validUntil } = rule.held
  if (validFrom !== null && at.now < validFrom) return "not-yet-valid"
  if (validUntil !== null && at.now >= validUntil) return "expired"
  if (rule.condition !== undefined && !AccessCondition.holds(rule.condition, at)) return "condition-not-met"
  if (rule.reach === undefined) return "out-of-reach"
  // In the whole organization: what denies a part of it counts, what allows a part of it does not.
  const reaches = isNamed(resource)
    ? Scope.includes(rule.reach, resource)
    : rule.effect === "deny" || Scope.isEverywhere(rule.reach)
  return reaches ? "counts" : "out-of-reach"
}

const becauseOf: Readonly<Record<Exclude<RuleVerdict, "counts">, string>> = {
  "not-yet-valid": "which is not valid yet",
  expired: "which is not valid any more",
  "condition-not-met": "but its condition does not hold now",
  "out-of-reach": "but not there"
}

const placeOf = (scope: Scope.Scope): string => {
  switch (scope._tag) {
    case "Organization":
      return ""
    case "Team":
      return ` for team ${scope.teamId}`
    case "ChannelAccount":
      return ` for channel account ${scope.channelAccountId}`
    case "Own":
      return " for what is their own"
  }
}

const sentenceOf = (rule: MemberRule, verdict: RuleVerdict): string => {
  const from = rule.path.at(-1)
  const role = `The role "${rule.held.role}", ${
    rule.held.assignmentId === null ? "which they have as a member" : `given to them${placeOf(rule.held.scope)}`
  },${from === rule.held.role ? "" : ` inherits from "${from}" what`}`
  const within = rule.scope === "organization"
    ? ""
    : rule.scope === "teams"
    ? " in their teams"
    : " for what is their own"
  const effect = rule.effect === "allow" ? "allows it" : "denies it"
  return verdict === "counts" ? `${role} ${effect}${within}.` : `${role} ${effect}${within}, ${becauseOf[verdict]}.`
}

const explain = (
  catalog: Catalog,
  subject: Subject,
  status: StoredMember["status"],
  permission: string,
  resource: Resource | undefined,
  at: Circumstances
): AccessExplanation => {
  const userId = subject.userId as UserId
  const rules = AccessRules.rulesOf(catalog, subject).filter(({ names }) => names.has(permission)).map((rule) => {
    const verdict = verdictOf(rule, resource, at)
    return { rule, verdict, sentence: sentenceOf(rule, verdict) }
  })
  const explained = rules.map(({ rule, sentence, verdict }): ExplainedRule => ({
    effect: rule.effect,
    verdict,
    role: rule.held.role,
    inheritedFrom: rule.path.length > 1 ? rule.path.at(-1) ?? null : null,
    rule: rule.index,
    assignmentId: rule.held.assignmentId,
    reach: rule.reach === undefined ? null : toReach(rule.reach),
    sentence
  }))
  if (status !== "active") {
    const sentence = "No: their membership is suspended."
    return new AccessExplanation({ userId, permission, allowed: false, somewhere: false, sentence, rules: explained })
  }
  const held = AccessRules.resolve(catalog, subject).holdings(at)
  const allowed = isNamed(resource) ? Permissions.can(held, permission, resource) : Permissions.holds(held, permission)
  const somewhere = Permissions.holdsSomewhere(held, permission)
  const answer = (): string => {
    if (AccessRules.isOwner(subject)) return "Yes: owners may do everything."
    const counting = (effect: "allow" | "deny") =>
      rules.find((one) => one.rule.effect === effect && one.verdict === "counts")
    if (allowed) return `Yes: ${lowerFirst(counting("allow")?.sentence ?? "")}`
    const denied = counting("deny")
    if (denied !== undefined) return `No: ${lowerFirst(denied.sentence)}`
    const close = rules.find(({ rule }) => rule.effect === "allow")
    return close === undefined ? "No: none of their roles allows it." : `No: ${lowerFirst(close.sentence)}`
  }
  return new AccessExplanation({ userId, permission, allowed, somewhere, sentence: answer(), rules: explained })
}

const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1)
