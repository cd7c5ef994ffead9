import { assert, describe, layer } from "@effect/vitest"
import { ApiKeys } from "@wicara/core/ApiKeys"
import { Audit } from "@wicara/core/Audit"
import { Memberships } from "@wicara/core/Memberships"
import { RoleAssignments } from "@wicara/core/RoleAssignments"
import { CurrentActor, CurrentOrganization, systemActor } from "@wicara/core/Tenancy"
import { Users } from "@wicara/core/Users"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import { Effect, Layer, Option, Redacted } from "effect"
import { SqlClient } from "effect/sql"
import { access, as, identity, migrated, newTenant } from "./layers.ts"

const held = (key: string) =>
  Effect.map(
    ApiKeys.use((keys) => Effect.orDie(keys.verify(key))),
    Option.map(({ permissions }) => [...permissions].toSorted())
  )

const within = (id: typeof CurrentOrganization.Service.id) => <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  effect.pipe(
    Effect.provideService(CurrentOrganization, { id }),
    Effect.provideService(CurrentActor, systemActor("test"))
  )

describe.each(TestDatabase.all)("Machine users on $name", (database) => {
  layer(access.pipe(Layer.provideMerge(identity), Layer.provideMerge(migrated(database))))((it) => {
    it.effect("are members of their own kind, whose keys outlive who made them", () =>
      Effect.gen(function*() {
        const { organization, owner } = yield* newTenant
        const memberships = yield* Memberships
        const keys = yield* ApiKeys
        const inside = within(organization.id)
        const admin = yield* memberships.add({ email: `${organization.slug}@wicara.example`, name: "A", role: "admin" })
          .pipe(inside)
        const asAdmin = as(organization.id, admin.userId, "admin")
        const robot = yield* memberships.addMachine({ name: "CRM", role: "viewer" }).pipe(asAdmin)
        assert.deepInclude(robot, { kind: "machine", name: "CRM", role: "viewer", status: "active" })
        const listed = yield* memberships.list({}).pipe(inside)
        assert.deepStrictEqual(
          listed.data.map(({ kind, userId }) => [userId, kind]).toSorted(),
          [[owner.id, "person"], [admin.userId, "person"], [robot.userId, "machine"]].toSorted()
        )
        const made = yield* keys.createOf(robot.userId, { name: "Key", scopes: ["members:read"] }).pipe(asAdmin)
        assert.deepStrictEqual((yield* keys.listOf(robot.userId).pipe(inside)).map(({ id }) => id), [made.apiKey.id])
        yield* memberships.remove(admin.userId).pipe(inside)
        assert.deepStrictEqual(yield* held(made.key), Option.some(["members:read"]))

        yield* memberships.change(robot.userId, { status: "suspended" }).pipe(inside)
        assert.deepStrictEqual(yield* held(made.key), Option.none())
        yield* memberships.change(robot.userId, { status: "active" }).pipe(inside)
        assert.deepStrictEqual(yield* held(made.key), Option.some(["members:read"]))

        yield* memberships.remove(robot.userId).pipe(inside)
        assert.deepStrictEqual(yield* held(made.key), Option.none())
        const gone = yield* Effect.flip(memberships.get(robot.userId).pipe(inside))
        assert.strictEqual(gone._tag, "NotFound")
        assert.isTrue(Option.isNone(yield* (yield* Users).find(robot.userId)))
        const revoked = yield* keys.list({}).pipe(inside)
        assert.isNotNull(revoked.data.find(({ id }) => id === made.apiKey.id)?.revokedAt)
        const audited = yield* Audit.use((audit) => audit.list({ limit: 50 })).pipe(inside)
        assert.includeMembers(audited.data.map(({ action }) => action), [
          "machine-user.added",
          "api-key.created",
          "member.changed",
          "member.removed"
        ])
      }))

    it.effect("never hold more by a key than their roles allow, now and later", () =>
      Effect.gen(function*() {
        const { organization } = yield* newTenant
        const memberships = yield* Memberships
        const assignments = yield* RoleAssignments
        const keys = yield* ApiKeys
        const inside = within(organization.id)
        const robot = yield* memberships.addMachine({ name: "CRM", role: "viewer" }).pipe(inside)
        const more = { name: "Key", scopes: ["members:read", "members:write"] }
        const refused = yield* Effect.flip(keys.createOf(robot.userId, more).pipe(inside))
        assert.deepInclude(refused, { _tag: "InvalidInput", field: "/scopes/1" })
        const given = yield* assignments.give({
          userId: robot.userId,
          role: "admin",
          scope: { _tag: "Organization" }
        }).pipe(inside)
        const { key } = yield* keys.createOf(robot.userId, more).pipe(inside)
        assert.deepStrictEqual(yield* held(key), Option.some(["members:read", "members:write"]))
        yield* assignments.take(given.id).pipe(inside)
        assert.deepStrictEqual(yield* held(key), Option.some(["members:read"]))
        const viewer = yield* memberships.add({
          email: `v-${organization.slug}@wicara.example`,
          name: "V",
          role: "viewer"
        })
          .pipe(inside)
        // Nor does one who holds less make a key of one who holds more.
        yield* memberships.change(robot.userId, { role: "admin" }).pipe(inside)
        const byViewer = yield* Effect.flip(
          keys.createOf(robot.userId, more).pipe(as(organization.id, viewer.userId, "viewer"))
        )
        assert.deepInclude(byViewer, { _tag: "Forbidden", permission: "members:write" })
        const byOther = yield* Effect.flip(
          memberships.addMachine({ name: "X", role: "admin" }).pipe(as(organization.id, viewer.userId, "viewer"))
        )
        assert.strictEqual(byOther._tag, "Forbidden")
        for (
          const owner of [
            memberships.addMachine({ name: "X", role: "owner" }),
            memberships.change(robot.userId, { role: "owner" })
          ]
        ) assert.deepInclude(yield* Effect.flip(inside(owner)), { _tag: "InvalidInput", field: "/role" })
        const person = yield* Effect.flip(keys.createOf(viewer.userId, more).pipe(inside))
        assert.strictEqual(person._tag, "NotFound")
      }))

    it.effect("are nobody's account: no password, no address, no other organization", () =>
      Effect.gen(function*() {
        const { organization } = yield* newTenant
        const other = yield* newTenant
        const memberships = yield* Memberships
        const users = yield* Users
        const keys = yield* ApiKeys
        const inside = within(organization.id)
        const robot = yield* memberships.addMachine({ name: "CRM", role: "admin" }).pipe(inside)
        const secret = Redacted.make("a password of some length")
        yield* users.setPassword(robot.userId, secret, "/password")
        assert.isFalse(yield* users.hasPassword(robot.userId))
        assert.isTrue(Option.isNone(yield* users.verify(robot.email, secret)))
        assert.isTrue(Option.isNone(yield* users.findByEmail(robot.email)))
        const added = yield* Effect.flip(
          memberships.add({ email: robot.email, role: "viewer" }).pipe(within(other.organization.id))
        )
        assert.strictEqual(added._tag, "InvalidInput")
        const elsewhere = within(other.organization.id)
        for (
          const foreign of [
            yield* Effect.flip(
              keys.createOf(robot.userId, { name: "Key", scopes: ["members:read"] }).pipe(elsewhere)
            ),
            yield* Effect.flip(keys.listOf(robot.userId).pipe(elsewhere)),
            yield* Effect.flip(memberships.remove(robot.userId).pipe(elsewhere))
          ]
        ) assert.strictEqual(foreign._tag, "NotFound")
        const sql = yield* SqlClient.SqlClient
        assert.lengthOf(yield* sql`SELECT id FROM core_users WHERE email = ${robot.email} AND password_hash IS NULL`, 1)
      }))
  })
})
