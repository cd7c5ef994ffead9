import { assert, describe, layer } from "@effect/vitest"
import { ApiKeys } from "@wicara/core/ApiKeys"
import { AccessStore } from "@wicara/core/AccessStore"
import { AgentProfiles } from "@wicara/core/AgentProfiles"
import { Audit } from "@wicara/core/Audit"
import { MemberAccess } from "@wicara/core/MemberAccess"
import { Memberships } from "@wicara/core/Memberships"
import { OrganizationRoles } from "@wicara/core/OrganizationRoles"
import { PermissionGroups } from "@wicara/core/PermissionGroups"
import * as Permissions from "@wicara/core/Permissions"
import type { NewRole, RoleRule } from "@wicara/core/Role"
import { RoleAssignments } from "@wicara/core/RoleAssignments"
import type { Scope } from "@wicara/core/Scope"
import { ChannelAccountId } from "@wicara/core/Scope"
import { Teams } from "@wicara/core/Teams"
import { CurrentActor, CurrentOrganization, systemActor } from "@wicara/core/Tenancy"
import type { OrganizationId, UserId } from "@wicara/core/Tenancy"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import { Context, DateTime, Effect, Layer, Option } from "effect"
import { TestClock } from "effect/testing"
import { access as services, as, migrated, newTenant } from "./layers.ts"

const organizationWide = { _tag: "Organization" } as const
const channel = ChannelAccountId.make("0197c6a2-5f0e-7c3d-9b61-0000000000c1")

let counter = 0
const unique = () => `${Date.now().toString(36)}-${++counter}`

const allow = (permissions: ReadonlyArray<string>, more: Partial<RoleRule> = {}): RoleRule => ({
  effect: "allow",
  permissions,
  groups: [],
  scope: "organization",
  ...more
})
const deny = (permissions: ReadonlyArray<string>, more: Partial<RoleRule> = {}): RoleRule => ({
  ...allow(permissions, more),
  effect: "deny"
})

/** Acts as the member with what they really hold now. */
const actingAs = (organizationId: OrganizationId, userId: UserId) => <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const access = yield* MemberAccess
    const store = yield* AccessStore
    const member = Option.getOrThrow(yield* store.member(organizationId, userId))
    const accessVersion = yield* store.version(organizationId)
    const held = yield* access.holdings({ organizationId, userId, role: member.role, accessVersion })
    return yield* effect.pipe(
      Effect.provideService(CurrentOrganization, { id: organizationId }),
      Effect.provideService(CurrentActor, { actor: { _tag: "User", id: userId }, ...held })
    )
  })

const holdingsOf = (organizationId: OrganizationId, userId: UserId) =>
  CurrentActor.pipe(actingAs(organizationId, userId))

const setUp = Effect.gen(function*() {
  const { organization, owner } = yield* newTenant
  const { id } = organization
  const members = yield* Memberships
  const byOwner = as(id, owner.id, "owner")
  const addMember = (role: string) =>
    Effect.map(
      members.add({ email: `${unique()}@example.com`, name: `The ${role}`, role }).pipe(byOwner, Effect.orDie),
      ({ userId }) => userId
    )
  const createRole = (role: Omit<NewRole, "name">) =>
    OrganizationRoles.use((roles) => roles.create({ name: role.key, ...role })).pipe(byOwner, Effect.orDie)
  const give = (userId: UserId, role: string, scope: Scope = organizationWide, until?: DateTime.Utc) =>
    RoleAssignments.use((assignments) =>
      assignments.give({ userId, role, scope, ...(until === undefined ? {} : { validUntil: until }) })
    ).pipe(byOwner, Effect.orDie)
  const team = (name = `Team ${unique()}`) => Teams.use((teams) => teams.create({ name })).pipe(byOwner, Effect.orDie)
  return { id, owner, byOwner, addMember, createRole, give, team }
})

/** How an attempt ends. */
const ending = <A, E extends { readonly _tag: string }, R>(attempt: Effect.Effect<A, E, R>) =>
  Effect.match(attempt, { onFailure: ({ _tag }) => _tag, onSuccess: () => "Success" })

type Attempts = Readonly<
  Record<string, Effect.Effect<string, never, Layer.Success<typeof services> | CurrentOrganization | CurrentActor>>
>

const actions = Effect.gen(function*() {
  const audit = yield* Audit
  return (yield* audit.list({ limit: 50 })).data.map(({ action }) => action)
})

describe.each(TestDatabase.all)("Access control on $name", (database) => {
  layer(services.pipe(Layer.provideMerge(migrated(database))))("roles and groups", (it) => {
    it.effect("a role of one's own inherits, grants groups, and denies what others grant", () =>
      Effect.gen(function*() {
        const { addMember, byOwner, createRole, give, id } = yield* setUp
        const groups = yield* PermissionGroups
        const roles = yield* OrganizationRoles
        yield* groups.create({
          key: "front-desk",
          name: "Front desk",
          parentKey: "service",
          permissions: ["billing:read"]
        }).pipe(byOwner)
        const lead = yield* createRole({
          key: "lead",
          inherits: ["viewer"],
          rules: [allow(["!contacts:delete"], { groups: ["service"] })]
        })
        assert.includeMembers([...lead.permissions], [
          "conversations:assign",
          "contacts:export",
          "billing:read",
          "analytics:export"
        ])
        assert.notInclude(lead.permissions, "contacts:delete")
        yield* createRole({ key: "no-export", rules: [deny(["*:export"])] })
        const user = yield* addMember("lead")
        assert.isTrue(Permissions.holds(yield* holdingsOf(id, user), "contacts:export"))
        yield* give(user, "no-export")
        const held = yield* holdingsOf(id, user)
        assert.isFalse(Permissions.holdsSomewhere(held, "contacts:export"))
        assert.isFalse(Permissions.holdsSomewhere(held, "analytics:export"))
        assert.isTrue(Permissions.holds(held, "contacts:import"))
        const listed = yield* roles.list.pipe(byOwner)
        assert.deepStrictEqual(listed.map(({ key }) => key), [
          "owner",
          "admin",
          "manager",
          "agent",
          "viewer",
          "lead",
          "no-export"
        ])
        assert.deepStrictEqual(listed.map(({ preset }) => preset).lastIndexOf(true), 4)
      }))

    it.effect("what a group gains, the roles that are granted it gain, in the groups below it too", () =>
      Effect.gen(function*() {
        const { addMember, byOwner, createRole, id } = yield* setUp
        const groups = yield* PermissionGroups
        yield* groups.create({ key: "top", name: "Top", permissions: [] }).pipe(byOwner)
        yield* groups.create({ key: "below", name: "Below", parentKey: "top", permissions: ["ai:read"] }).pipe(byOwner)
        yield* createRole({ key: "topper", rules: [allow([], { groups: ["top"] })] })
        const user = yield* addMember("topper")
        assert.deepStrictEqual([...(yield* holdingsOf(id, user)).permissions], ["ai:read"])
        yield* groups.update("below", { permissions: ["ai:*", "knowledge:read"] }, undefined).pipe(byOwner)
        assert.sameMembers([...(yield* holdingsOf(id, user)).permissions], ["ai:read", "ai:write", "knowledge:read"])
        yield* groups.update("below", { parentKey: null }, undefined).pipe(byOwner)
        assert.isEmpty([...(yield* holdingsOf(id, user)).permissions])
        const used = yield* groups.remove("top", undefined).pipe(byOwner, Effect.flip)
        assert.strictEqual(used._tag, "Conflict")
        yield* groups.remove("below", undefined).pipe(byOwner)
        assert.strictEqual((yield* groups.get("below").pipe(byOwner, Effect.flip))._tag, "NotFound")
      }))

    it.effect("nothing inherits itself, over however many roles or groups", () =>
      Effect.gen(function*() {
        const { byOwner, createRole } = yield* setUp
        const roles = yield* OrganizationRoles
        const groups = yield* PermissionGroups
        yield* createRole({ key: "a" })
        yield* createRole({ key: "b", inherits: ["a"] })
        yield* createRole({ key: "c", inherits: ["b", "viewer"] })
        for (const inherits of [["a"], ["b"], ["viewer", "c"]]) {
          const refused = yield* roles.update("a", { inherits }, undefined).pipe(byOwner, Effect.flip)
          assert.isTrue(refused._tag === "InvalidInput" && refused.field === "/inherits", inherits.join())
        }
        yield* groups.create({ key: "g1", name: "1", permissions: [] }).pipe(byOwner)
        yield* groups.create({ key: "g2", name: "2", parentKey: "g1", permissions: [] }).pipe(byOwner)
        yield* groups.create({ key: "g3", name: "3", parentKey: "g2", permissions: [] }).pipe(byOwner)
        for (const parentKey of ["g1", "g3"]) {
          const refused = yield* groups.update("g1", { parentKey }, undefined).pipe(byOwner, Effect.flip)
          assert.isTrue(refused._tag === "InvalidInput" && refused.field === "/parentKey", parentKey)
        }
      }))

    it.effect("two who close a cycle from both ends at once don't", () =>
      Effect.gen(function*() {
        const { byOwner, createRole } = yield* setUp
        const roles = yield* OrganizationRoles
        yield* createRole({ key: "x" })
        yield* createRole({ key: "y" })
        const results = yield* Effect.all([
          Effect.exit(roles.update("x", { inherits: ["y"] }, undefined).pipe(byOwner)),
          Effect.exit(roles.update("y", { inherits: ["x"] }, undefined).pipe(byOwner))
        ], { concurrency: "unbounded" })
        assert.lengthOf(results.filter((exit) => exit._tag === "Success"), 1)
      }))

    it.effect("of two who edit the same role one is told that it changed, and its change is not lost", () =>
      Effect.gen(function*() {
        const { byOwner, createRole } = yield* setUp
        const roles = yield* OrganizationRoles
        const made = yield* createRole({ key: "shared" })
        const results = yield* Effect.forEach(
          ["one", "two", "three", "four"],
          (description) => Effect.result(roles.update("shared", { description }, made.revision).pipe(byOwner)),
          { concurrency: "unbounded" }
        )
        const winners = results.filter((result) => result._tag === "Success")
        assert.lengthOf(winners, 1)
        for (const result of results) {
          if (result._tag === "Failure") {
            assert.isTrue(result.failure._tag === "RevisionMismatch" && result.failure.currentRevision === 2)
          }
        }
        const now = yield* roles.get("shared").pipe(byOwner)
        assert.deepStrictEqual([now.revision, now.description], [2, winners[0]?.success.description])
        assert.strictEqual((yield* roles.remove("shared", 1).pipe(byOwner, Effect.flip))._tag, "RevisionMismatch")
        yield* roles.remove("shared", 2).pipe(byOwner)
      }))

    it.effect("a role that is had, given or inherited stays, and so do those of every organization", () =>
      Effect.gen(function*() {
        const { addMember, byOwner, createRole, give } = yield* setUp
        const roles = yield* OrganizationRoles
        for (const key of ["had", "given", "inherited", "unused"]) yield* createRole({ key })
        yield* createRole({ key: "heir", inherits: ["inherited"] })
        yield* addMember("had")
        yield* give(yield* addMember("viewer"), "given")
        for (const key of ["had", "given", "inherited", "viewer", "owner"]) {
          assert.strictEqual((yield* roles.remove(key, undefined).pipe(byOwner, Effect.flip))._tag, "Conflict", key)
        }
        assert.strictEqual(
          (yield* roles.update("agent", { name: "x" }, undefined).pipe(byOwner, Effect.flip))._tag,
          "Conflict"
        )
        assert.strictEqual(
          (yield* roles.create({ key: "admin", name: "x" }).pipe(byOwner, Effect.flip))._tag,
          "Conflict"
        )
        yield* roles.remove("unused", undefined).pipe(byOwner)
        assert.strictEqual((yield* roles.remove("unused", undefined).pipe(byOwner, Effect.flip))._tag, "NotFound")
      }))

    it.effect("what names no permission, group or role is refused, and says where", () =>
      Effect.gen(function*() {
        const { byOwner } = yield* setUp
        const roles = yield* OrganizationRoles
        const attempts: ReadonlyArray<readonly [Omit<NewRole, "key" | "name">, string]> = [
          [{ inherits: ["viewer", "nobody"] }, "/inherits/1"],
          [{ rules: [allow(["contacts:read", "contacts:raed"])] }, "/rules/0/permissions/1"],
          [{ rules: [allow([]), allow([], { groups: ["servce"] })] }, "/rules/1/groups/0"]
        ]
        for (const [role, field] of attempts) {
          const refused = yield* roles.create({ key: "wrong", name: "Wrong", ...role }).pipe(byOwner, Effect.flip)
          assert.isTrue(refused._tag === "InvalidInput" && refused.field === field, field)
        }
      }))

    it.effect("every change is told as an event and written to the audit log", () =>
      Effect.gen(function*() {
        const { addMember, byOwner, createRole, give, team } = yield* setUp
        const user = yield* addMember("viewer")
        yield* createRole({ key: "r" })
        yield* OrganizationRoles.use((roles) => roles.update("r", { name: "R" }, 1)).pipe(byOwner)
        const { id } = yield* give(user, "r")
        yield* RoleAssignments.use((assignments) => assignments.take(id)).pipe(byOwner)
        yield* OrganizationRoles.use((roles) => roles.remove("r", undefined)).pipe(byOwner)
        const groups = yield* PermissionGroups
        yield* groups.create({ key: "g", name: "G", permissions: [] }).pipe(byOwner)
        yield* groups.update("g", { name: "GG" }, undefined).pipe(byOwner)
        yield* groups.remove("g", undefined).pipe(byOwner)
        const teams = yield* Teams
        const { id: teamId } = yield* team()
        yield* teams.addMember(teamId, user).pipe(byOwner)
        yield* teams.removeMember(teamId, user).pipe(byOwner)
        yield* teams.update(teamId, { description: "x" }, undefined).pipe(byOwner)
        yield* teams.remove(teamId, undefined).pipe(byOwner)
        yield* AgentProfiles.use((profiles) => profiles.update(user, { capacity: 2 }, undefined)).pipe(byOwner)
        assert.deepStrictEqual((yield* actions.pipe(byOwner)).slice(0, 14).toReversed(), [
          "role.created",
          "role.changed",
          "role.given",
          "role.taken",
          "role.removed",
          "permission-group.created",
          "permission-group.changed",
          "permission-group.removed",
          "team.created",
          "team.member-joined",
          "team.member-left",
          "team.changed",
          "team.removed",
          "agent-profile.changed"
        ])
      }))
  })

  layer(services.pipe(Layer.provideMerge(migrated(database))))("what members hold", (it) => {
    it.effect("a role given for a team, a channel account or one's own holds there and nowhere else", () =>
      Effect.gen(function*() {
        const { addMember, createRole, give, id, team } = yield* setUp
        yield* createRole({ key: "guest" })
        const user = yield* addMember("guest")
        const [one, two] = [yield* team(), yield* team()]
        yield* give(user, "agent", { _tag: "Team", teamId: one.id })
        yield* give(user, "viewer", { _tag: "ChannelAccount", channelAccountId: channel })
        yield* give(user, "manager", { _tag: "Own" })
        const held = yield* holdingsOf(id, user)
        assert.isFalse(Permissions.holds(held, "conversations:read"))
        assert.isTrue(Permissions.can(held, "conversations:reply", { teamId: one.id }))
        assert.isFalse(Permissions.can(held, "conversations:reply", { teamId: two.id }))
        assert.isTrue(Permissions.can(held, "conversations:read", { teamId: two.id, channelAccountId: channel }))
        assert.isFalse(Permissions.can(held, "conversations:reply", { channelAccountId: channel }))
        assert.isTrue(Permissions.can(held, "conversations:assign", { ownerId: user }))
        assert.isFalse(Permissions.can(held, "conversations:assign", { teamId: one.id }))
      }))

    it.effect("a rule for one's teams follows who is in them", () =>
      Effect.gen(function*() {
        const { addMember, byOwner, createRole, id, team } = yield* setUp
        yield* createRole({ key: "teammate", rules: [allow(["conversations:*"], { scope: "teams" })] })
        const user = yield* addMember("teammate")
        const { id: teamId } = yield* team()
        const can = Effect.map(holdingsOf(id, user), (held) => Permissions.can(held, "conversations:read", { teamId }))
        assert.isFalse(yield* can)
        const teams = yield* Teams
        yield* teams.addMember(teamId, user).pipe(byOwner)
        yield* teams.addMember(teamId, user).pipe(byOwner)
        assert.isTrue(yield* can)
        assert.deepStrictEqual((yield* teams.members(teamId, {}).pipe(byOwner)).data.map((one) => one.userId), [user])
        yield* teams.removeMember(teamId, user).pipe(byOwner)
        assert.isFalse(yield* can)
      }))

    it.effect("a role given for a time begins and ends by the clock alone", () =>
      Effect.gen(function*() {
        const { addMember, byOwner, id } = yield* setUp
        const assignments = yield* RoleAssignments
        const user = yield* addMember("viewer")
        const now = yield* DateTime.now
        yield* assignments.give({
          userId: user,
          role: "agent",
          scope: organizationWide,
          validFrom: DateTime.add(now, { hours: 1 }),
          validUntil: DateTime.add(now, { hours: 2 })
        }).pipe(byOwner)
        const replies = Effect.map(holdingsOf(id, user), (held) => Permissions.holds(held, "conversations:reply"))
        const active = assignments.list({ userId: user }).pipe(
          byOwner,
          Effect.map(({ data }) => data.map((one) => one.active))
        )
        assert.deepStrictEqual([yield* replies, yield* active], [false, [false]])
        yield* TestClock.adjust("1 hour")
        assert.deepStrictEqual([yield* replies, yield* active], [true, [true]])
        yield* TestClock.adjust("59 minutes")
        assert.isTrue(yield* replies)
        yield* TestClock.adjust("1 minute")
        assert.deepStrictEqual([yield* replies, yield* active], [false, [false]])
        const past = yield* assignments.give({
          userId: user,
          role: "agent",
          scope: organizationWide,
          validUntil: DateTime.add(now, { hours: 1 })
        }).pipe(byOwner, Effect.flip)
        assert.isTrue(past._tag === "InvalidInput" && past.field === "/validUntil")
      }))

    it.effect("what one process revokes, another one that had it resolved no longer allows", () =>
      Effect.gen(function*() {
        const { addMember, byOwner, createRole, give, id } = yield* setUp
        yield* createRole({ key: "exporter", rules: [allow(["contacts:export"])] })
        const user = yield* addMember("viewer")
        const given = yield* give(user, "exporter")
        // The services of another process: caches of its own over the same tables.
        const other = yield* Layer.build(Layer.fresh(MemberAccess.layer))
        const exports = Effect.gen(function*() {
          const store = yield* AccessStore
          const access = Context.get(other, MemberAccess)
          const accessVersion = yield* store.version(id)
          const held = yield* access.holdings({ organizationId: id, userId: user, role: "viewer", accessVersion })
          return Permissions.holds(held, "contacts:export")
        })
        assert.isTrue(yield* exports)
        yield* RoleAssignments.use((assignments) => assignments.take(given.id)).pipe(byOwner)
        assert.isFalse(yield* exports)
        yield* give(user, "exporter")
        assert.isTrue(yield* exports)
        yield* OrganizationRoles.use((roles) => roles.update("exporter", { rules: [] }, undefined)).pipe(byOwner)
        assert.isFalse(yield* exports)
      }))

    it.effect("owners are denied nothing, so that nobody is locked out", () =>
      Effect.gen(function*() {
        const { createRole, give, id, owner } = yield* setUp
        yield* createRole({ key: "nothing", rules: [deny(["*:*"])] })
        yield* give(owner.id, "nothing")
        assert.isTrue(Permissions.holds(yield* holdingsOf(id, owner.id), "organization:transfer"))
      }))

    it.effect("a key holds what its scopes and the person behind it have in common, where that person holds it", () =>
      Effect.gen(function*() {
        const { addMember, byOwner, createRole, give, id } = yield* setUp
        const keys = yield* ApiKeys
        const members = yield* Memberships
        const user = yield* addMember("admin")
        const made = yield* keys.create({ name: "k", scopes: ["conversations:read", "ai:read"] }).pipe(
          actingAs(id, user)
        )
        yield* createRole({ key: "guest" })
        yield* members.change(user, { role: "guest" }).pipe(byOwner)
        yield* give(user, "agent", { _tag: "Own" })
        const verified = Option.getOrThrow(yield* keys.verify(made.key))
        assert.isFalse(Permissions.holdsSomewhere(verified, "ai:read"))
        assert.isFalse(Permissions.holdsSomewhere(verified, "conversations:reply"))
        assert.isFalse(Permissions.holds(verified, "conversations:read"))
        assert.isTrue(Permissions.can(verified, "conversations:read", { ownerId: user }))
      }))

    it.effect("says why somebody can, and why they can't", () =>
      Effect.gen(function*() {
        const { addMember, byOwner, createRole, give, owner, team } = yield* setUp
        const access = yield* MemberAccess
        const { id: teamId } = yield* team()
        yield* createRole({ key: "base", inherits: ["viewer"] })
        yield* createRole({ key: "quiet", rules: [deny(["conversations:reply"])] })
        const user = yield* addMember("base")
        const why = (permission: string, resource?: { readonly teamId: typeof teamId }) =>
          access.explain({ userId: user, permission, resource }).pipe(byOwner, Effect.orDie)
        assert.deepInclude(yield* why("conversations:read"), {
          allowed: true,
          sentence: "Yes: the role \"base\", which they have as a member, inherits from \"viewer\" what allows it."
        })
        assert.deepInclude(yield* why("contacts:delete"), {
          allowed: false,
          somewhere: false,
          sentence: "No: none of their roles allows it."
        })
        const given = yield* give(
          user,
          "agent",
          { _tag: "Team", teamId },
          DateTime.add(yield* DateTime.now, { hours: 1 })
        )
        const everywhere = yield* why("conversations:reply")
        assert.deepInclude(everywhere, { allowed: false, somewhere: true })
        assert.deepStrictEqual(everywhere.rules.map(({ verdict }) => verdict), ["out-of-reach"])
        const there = yield* why("conversations:reply", { teamId })
        assert.isTrue(there.allowed)
        assert.deepInclude(there.rules[0], { role: "agent", assignmentId: given.id, verdict: "counts" })
        yield* give(user, "quiet")
        assert.deepInclude(yield* why("conversations:reply", { teamId }), {
          allowed: false,
          sentence: "No: the role \"quiet\", given to them, denies it."
        })
        yield* TestClock.adjust("2 hours")
        assert.deepStrictEqual((yield* why("conversations:reply", { teamId })).rules.map((rule) => rule.verdict), [
          "expired",
          "counts"
        ])
        yield* Memberships.use((members) => members.change(user, { status: "suspended" })).pipe(byOwner)
        assert.deepInclude(yield* why("conversations:read"), {
          allowed: false,
          sentence: "No: their membership is suspended."
        })
        const ofOwner = yield* access.explain({ userId: owner.id, permission: "audit:read" }).pipe(byOwner)
        assert.deepInclude(ofOwner, { allowed: true, sentence: "Yes: owners may do everything." })
        const unknown = yield* access.explain({ userId: user, permission: "no:thing" }).pipe(byOwner, Effect.flip)
        assert.isTrue(unknown._tag === "InvalidInput" && unknown.field === "permission")
      }))

    it.effect("who leaves the organization leaves nothing behind that a return would bring back", () =>
      Effect.gen(function*() {
        const { addMember, byOwner, give, id, team } = yield* setUp
        const members = yield* Memberships
        const user = yield* addMember("viewer")
        const { email } = yield* members.get(user).pipe(byOwner)
        const { id: teamId } = yield* team()
        yield* give(user, "manager")
        yield* Teams.use((teams) => teams.addMember(teamId, user)).pipe(byOwner)
        yield* AgentProfiles.use((profiles) => profiles.update(user, { capacity: 1 }, undefined)).pipe(byOwner)
        yield* members.remove(user).pipe(byOwner)
        yield* members.add({ email, role: "viewer" }).pipe(byOwner)
        assert.isFalse(Permissions.holdsSomewhere(yield* holdingsOf(id, user), "knowledge:write"))
        assert.isEmpty((yield* Teams.use((teams) => teams.list({ userId: user })).pipe(byOwner)).data)
        assert.strictEqual((yield* AgentProfiles.use((profiles) => profiles.get(user)).pipe(byOwner)).revision, 0)
      }))
  })

  layer(services.pipe(Layer.provideMerge(migrated(database))))("nobody gives more than they hold", (it) => {
    it.effect("not by a role, a group, what a role inherits, or a role given", () =>
      Effect.gen(function*() {
        const { addMember, byOwner, createRole, id } = yield* setUp
        const roles = yield* OrganizationRoles
        const groups = yield* PermissionGroups
        const assignments = yield* RoleAssignments
        const members = yield* Memberships
        yield* createRole({ key: "hr", rules: [allow(["members:*", "roles:*", "contacts:read", "teams:*"])] })
        yield* createRole({ key: "mine", rules: [allow([], { groups: ["tools"] })] }).pipe(Effect.exit)
        yield* groups.create({ key: "tools", name: "Tools", permissions: ["contacts:read"] }).pipe(byOwner)
        yield* createRole({ key: "toolful", rules: [allow([], { groups: ["tools"] })] })
        yield* createRole({ key: "muted", rules: [allow(["contacts:read"]), deny(["contacts:export"])] })
        const hr = yield* addMember("hr")
        const friend = yield* addMember("toolful")
        const admin = yield* addMember("admin")
        const byHr = actingAs(id, hr)
        const attempts: Attempts = {
          "a role": ending(roles.create({ key: "evil", name: "E", rules: [allow(["contacts:*"])] })),
          "what a role inherits": ending(roles.create({ key: "evil", name: "E", inherits: ["admin"] })),
          "a group within a role": ending(
            roles.create({ key: "evil", name: "E", rules: [allow([], { groups: ["service"] })] })
          ),
          "more for a group": ending(groups.update("tools", { permissions: ["contacts:*"] }, undefined)),
          "a group moved above others": ending(groups.create({
            key: "more",
            name: "M",
            parentKey: "tools",
            permissions: ["billing:read"]
          })),
          "less denied": ending(roles.update("muted", { rules: [allow(["contacts:read"])] }, undefined)),
          "more denied": ending(roles.update("toolful", { rules: [deny(["contacts:export"])] }, undefined)),
          "a role given": ending(assignments.give({ userId: friend, role: "viewer", scope: organizationWide })),
          "a role given for something": ending(assignments.give({ userId: hr, role: "agent", scope: { _tag: "Own" } })),
          "a role as a member": ending(members.change(friend, { role: "manager" })),
          "somebody new": ending(members.add({ email: `${unique()}@example.com`, name: "N", role: "agent" })),
          "a role taken from who holds more": ending(members.change(admin, { role: "toolful" })),
          "a denial for who holds more": ending(
            assignments.give({ userId: admin, role: "muted", scope: organizationWide })
          )
        }
        for (const [name, attempt] of Object.entries(attempts)) {
          assert.strictEqual(yield* attempt.pipe(byHr), "Forbidden", name)
        }
        yield* roles.create({ key: "reader", name: "R", rules: [allow(["contacts:read"])] }).pipe(byHr)
        yield* assignments.give({ userId: friend, role: "reader", scope: organizationWide }).pipe(byHr)
        assert.isTrue(Permissions.holds(yield* holdingsOf(id, friend), "contacts:read"))
      }))

    it.effect("not what they hold for a time, under a condition, or in one team only", () =>
      Effect.gen(function*() {
        const { addMember, byOwner, createRole, give, id, team } = yield* setUp
        const assignments = yield* RoleAssignments
        const { id: teamId } = yield* team()
        const { id: otherId } = yield* team()
        yield* createRole({ key: "hr", rules: [allow(["members:*"])] })
        yield* createRole({
          key: "daytime",
          rules: [allow(["billing:read"], {
            condition: {
              hours: {
                timezone: "UTC",
                days: ["mon", "tue", "wed", "thu", "fri", "sat", "sun"],
                from: "00:00",
                to: "00:00"
              }
            }
          })]
        })
        yield* createRole({ key: "pays", rules: [allow(["billing:read"])] })
        yield* createRole({ key: "reads", rules: [allow(["conversations:read"])] })
        yield* createRole({ key: "guest" })
        const hr = yield* addMember("hr")
        const other = yield* addMember("guest")
        yield* give(hr, "manager", organizationWide, DateTime.add(yield* DateTime.now, { days: 1 }))
        yield* give(hr, "daytime")
        assert.isTrue(Permissions.holds(yield* holdingsOf(id, hr), "billing:read"))
        assert.isTrue(Permissions.holds(yield* holdingsOf(id, hr), "conversations:read"))
        const give2 = (role: string, scope: Scope) =>
          assignments.give({ userId: other, role, scope }).pipe(actingAs(id, hr))
        for (const role of ["pays", "reads"]) {
          assert.strictEqual((yield* Effect.flip(give2(role, organizationWide)))._tag, "Forbidden", role)
        }
        yield* give(hr, "reads", { _tag: "Team", teamId })
        assert.strictEqual((yield* Effect.flip(give2("reads", { _tag: "Team", teamId: otherId })))._tag, "Forbidden")
        assert.strictEqual((yield* Effect.flip(give2("reads", { _tag: "Own" })))._tag, "Forbidden")
        yield* give2("reads", { _tag: "Team", teamId })
        assert.isTrue(Permissions.can(yield* holdingsOf(id, other), "conversations:read", { teamId }))
        assert.strictEqual(
          (yield* assignments.give({ userId: other, role: "owner", scope: organizationWide }).pipe(
            byOwner,
            Effect.flip
          ))._tag,
          "InvalidInput"
        )
      }))

    it.effect("not by a key that outlives what they hold for a time", () =>
      Effect.gen(function*() {
        const { addMember, byOwner, give, id } = yield* setUp
        const keys = yield* ApiKeys
        const user = yield* addMember("viewer")
        yield* give(user, "admin", organizationWide, DateTime.add(yield* DateTime.now, { hours: 1 }))
        const acting = actingAs(id, user)
        const scopes = ["contacts:export"]
        const machine = yield* keys.create({ name: "M", scopes, machine: true }).pipe(acting, Effect.flip)
        assert.strictEqual(machine._tag, "Forbidden")
        const ofOwner = yield* keys.create({ name: "O", scopes }).pipe(byOwner)
        const rotated = yield* keys.rotate(ofOwner.apiKey.id, {}).pipe(acting, Effect.flip)
        assert.strictEqual(rotated._tag, "Forbidden")
        // A key of their own ends with what they hold.
        const own = yield* keys.create({ name: "P", scopes }).pipe(acting)
        assert.deepStrictEqual([...Option.getOrThrow(yield* keys.verify(own.key)).permissions], scopes)
        yield* TestClock.adjust("1 hour")
        assert.isEmpty([...Option.getOrThrow(yield* keys.verify(own.key)).permissions])
      }))

    it.effect("a team's lead keeps their own team, and takes nobody's permissions or their own team further", () =>
      Effect.gen(function*() {
        const { addMember, byOwner, createRole, give, id, team } = yield* setUp
        const teams = yield* Teams
        const { id: mine } = yield* team()
        const { id: theirs } = yield* team()
        yield* createRole({
          key: "teammate",
          rules: [allow(["conversations:*", "teams:read"], { scope: "teams" })]
        })
        yield* createRole({ key: "lead", rules: [allow(["teams:write"])] })
        const lead = yield* addMember("teammate")
        const agent = yield* addMember("teammate")
        const manager = yield* addMember("manager")
        yield* teams.addMember(mine, lead).pipe(byOwner)
        yield* give(lead, "lead", { _tag: "Team", teamId: mine })
        const byLead = actingAs(id, lead)
        assert.deepStrictEqual((yield* teams.list({}).pipe(byLead)).data.map((one) => one.id), [mine])
        assert.strictEqual((yield* teams.get(theirs).pipe(byLead, Effect.flip))._tag, "NotFound")
        assert.strictEqual(
          (yield* teams.update(theirs, { name: "x" }, undefined).pipe(byLead, Effect.flip))._tag,
          "NotFound"
        )
        yield* teams.addMember(mine, agent).pipe(byLead)
        yield* teams.update(mine, { description: "Ours" }, undefined).pipe(byLead)
        // In the hands of an organization-wide lead, it is still their own teams' permissions that they give.
        yield* give(lead, "lead")
        yield* give(lead, "viewer")
        assert.strictEqual((yield* teams.addMember(theirs, lead).pipe(byLead, Effect.flip))._tag, "Forbidden")
        assert.strictEqual((yield* teams.addMember(theirs, agent).pipe(byLead, Effect.flip))._tag, "Forbidden")
        yield* teams.addMember(theirs, manager).pipe(byLead)
        assert.isFalse(Permissions.can(yield* holdingsOf(id, lead), "conversations:reply", { teamId: theirs }))
      }))

    it.effect("a role given for a team keeps the team, and names of teams are unique", () =>
      Effect.gen(function*() {
        const { addMember, byOwner, give, team } = yield* setUp
        const teams = yield* Teams
        const { id: teamId, name } = yield* team()
        const given = yield* give(yield* addMember("viewer"), "agent", { _tag: "Team", teamId })
        assert.strictEqual((yield* teams.remove(teamId, undefined).pipe(byOwner, Effect.flip))._tag, "Conflict")
        assert.strictEqual((yield* teams.create({ name }).pipe(byOwner, Effect.flip))._tag, "Conflict")
        const other = yield* team()
        assert.strictEqual((yield* teams.update(other.id, { name }, 1).pipe(byOwner, Effect.flip))._tag, "Conflict")
        assert.strictEqual(
          (yield* teams.update(other.id, { name: "x" }, 7).pipe(byOwner, Effect.flip))._tag,
          "RevisionMismatch"
        )
        yield* RoleAssignments.use((assignments) => assignments.take(given.id)).pipe(byOwner)
        yield* teams.remove(teamId, undefined).pipe(byOwner)
      }))

    it.effect("roles, groups, teams and what was given belong to one organization", () =>
      Effect.gen(function*() {
        const one = yield* setUp
        const two = yield* setUp
        yield* one.createRole({ key: "ours", rules: [allow(["audit:read"])] })
        yield* PermissionGroups.use((groups) => groups.create({ key: "ours", name: "O", permissions: [] })).pipe(
          one.byOwner
        )
        const user = yield* one.addMember("ours")
        const { id: teamId } = yield* one.team()
        const given = yield* one.give(user, "viewer")
        const stranger = yield* two.addMember("viewer")
        const failures: Attempts = {
          role: ending(OrganizationRoles.use((roles) => roles.get("ours"))),
          group: ending(PermissionGroups.use((groups) => groups.get("ours"))),
          team: ending(Teams.use((teams) => teams.get(teamId))),
          assignment: ending(RoleAssignments.use((assignments) => assignments.take(given.id))),
          access: ending(MemberAccess.use((access) => access.effective(user))),
          profile: ending(AgentProfiles.use((profiles) => profiles.update(user, { capacity: 1 }, undefined))),
          "a stranger in a team": ending(Teams.use((teams) => teams.addMember(teamId, stranger)))
        }
        for (const [name, failure] of Object.entries(failures)) {
          assert.strictEqual(yield* failure.pipe(two.byOwner), "NotFound", name)
        }
        assert.strictEqual(
          (yield* Teams.use((teams) => teams.addMember(teamId, stranger)).pipe(one.byOwner, Effect.flip))._tag,
          "NotFound"
        )
        const wrong: ReadonlyArray<readonly [string, Scope, UserId, string]> = [
          ["ours", organizationWide, stranger, "/role"],
          ["viewer", { _tag: "Team", teamId }, stranger, "/scope/teamId"],
          ["viewer", organizationWide, user, "/userId"]
        ]
        for (const [role, scope, userId, field] of wrong) {
          const refused = yield* RoleAssignments.use((assignments) => assignments.give({ userId, role, scope })).pipe(
            two.byOwner,
            Effect.flip
          )
          assert.isTrue(refused._tag === "InvalidInput" && refused.field === field, field)
        }
        yield* two.createRole({ key: "ours", rules: [allow(["ai:read"])] })
        assert.deepStrictEqual([...(yield* holdingsOf(one.id, user)).permissions].includes("ai:read"), false)
      }))
  })

  layer(services.pipe(Layer.provideMerge(migrated(database))))("agents", (it) => {
    it.effect("are found by what they know and speak, whether they are there, and their team", () =>
      Effect.gen(function*() {
        const { addMember, byOwner, team } = yield* setUp
        const profiles = yield* AgentProfiles
        const [rani, budi, third] = [yield* addMember("agent"), yield* addMember("agent"), yield* addMember("agent")]
        yield* profiles.update(rani, {
          skills: [{ name: "billing", level: 4 }, { name: "router", level: 2 }],
          languages: ["id-ID", "en"],
          capacity: 5,
          availability: "available"
        }, undefined).pipe(byOwner)
        yield* profiles.update(budi, {
          skills: [{ name: "bill", level: 1 }],
          languages: ["EN-us"],
          availability: "away"
        }, 0).pipe(byOwner)
        const { id: teamId } = yield* team()
        yield* Teams.use((teams) => teams.addMember(teamId, budi)).pipe(byOwner)
        const found = (query: Parameters<typeof profiles.list>[0]) =>
          profiles.list(query).pipe(byOwner, Effect.map(({ data }) => data.map(({ userId }) => userId)))
        assert.deepStrictEqual(yield* found({}), [rani, budi])
        assert.deepStrictEqual(yield* found({ skill: "billing" }), [rani])
        assert.deepStrictEqual(yield* found({ skill: "bill" }), [budi])
        assert.deepStrictEqual(yield* found({ language: "id" }), [rani])
        assert.deepStrictEqual(yield* found({ language: "en" }), [rani, budi])
        assert.deepStrictEqual(yield* found({ language: "en-US" }), [budi])
        assert.deepStrictEqual(yield* found({ availability: "available" }), [rani])
        assert.deepStrictEqual(yield* found({ teamId }), [budi])
        const empty = yield* profiles.get(third).pipe(byOwner)
        assert.deepStrictEqual([empty.revision, empty.availability, empty.capacity], [0, "offline", null])
        const stale = yield* profiles.update(rani, { capacity: 1 }, 0).pipe(byOwner, Effect.flip)
        assert.isTrue(stale._tag === "RevisionMismatch" && stale.currentRevision === 1)
        const results = yield* Effect.forEach(
          [1, 2, 3],
          (capacity) => Effect.exit(profiles.update(third, { capacity }, 0).pipe(byOwner)),
          { concurrency: "unbounded" }
        )
        assert.lengthOf(results.filter((exit) => exit._tag === "Success"), 1)
        yield* Memberships.use((members) => members.change(rani, { status: "suspended" })).pipe(byOwner)
        assert.notInclude(yield* found({}), rani)
      }))

    it.effect("the system and the command line may give anything", () =>
      Effect.gen(function*() {
        const { addMember, id } = yield* setUp
        const user = yield* addMember("viewer")
        yield* RoleAssignments.use((assignments) =>
          assignments.give({ userId: user, role: "admin", scope: organizationWide })
        ).pipe(
          Effect.provideService(CurrentOrganization, { id }),
          Effect.provideService(CurrentActor, systemActor("cli"))
        )
        assert.isTrue(Permissions.holds(yield* holdingsOf(id, user), "members:write"))
      }))
  })
})
