import { assert, describe, layer } from "@effect/vitest"
import { ApiKeys } from "@wicara/core/ApiKeys"
import * as Audit from "@wicara/core/Audit"
import * as CoreEvents from "@wicara/core/CoreEvents"
import { EventLog } from "@wicara/core/EventLog"
import * as Id from "@wicara/core/Id"
import type { Member } from "@wicara/core/Membership"
import { Memberships } from "@wicara/core/Memberships"
import { Slug } from "@wicara/core/Organization"
import { Organizations } from "@wicara/core/Organizations"
import { Passwords } from "@wicara/core/Passwords"
import * as Roles from "@wicara/core/Roles"
import { Sessions } from "@wicara/core/Sessions"
import { SignIn } from "@wicara/core/SignIn"
import { columnTypes } from "@wicara/core/Sql"
import { migrations } from "@wicara/core/sql/migrations"
import { CurrentActor, systemActor, UserId } from "@wicara/core/Tenancy"
import * as Tokens from "@wicara/core/Tokens"
import { Email } from "@wicara/core/User"
import * as Sorting from "@wicara/core/Sorting"
import { Users } from "@wicara/core/Users"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import { DateTime, Effect, Layer, Option, Redacted, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { as, core, identity, migrated, newTenant, password } from "./layers.ts"

const wrong = Redacted.make("not the password")
const right = Redacted.make(password)

describe.each(TestDatabase.all)("Identity on $name", (database) => {
  layer(core.pipe(Layer.provideMerge(migrated(database))))("organizations and members", (it) => {
    it.effect("an address belongs to one user, however it is written", () =>
      Effect.gen(function*() {
        const users = yield* Users
        const user = yield* users.create({ email: "Ayu@Example.com", name: "Ayu" })
        assert.strictEqual(user.email, "ayu@example.com")
        const error = yield* Effect.flip(users.create({ email: "ayu@EXAMPLE.com ", name: "Other" }))
        assert.strictEqual(error._tag, "Conflict")
        assert.strictEqual(Option.getOrThrow(yield* users.findByEmail(" AYU@example.com")).id, user.id)
      }))

    it.effect("an organization gets an address from its name, and a taken or reserved one is not used twice", () =>
      Effect.gen(function*() {
        const { owner } = yield* newTenant
        const organizations = yield* Organizations
        const create = (name: string, slug?: string) =>
          organizations.create({ name, ...(slug === undefined ? {} : { slug }) }, owner.id).pipe(
            Effect.provideService(CurrentActor, systemActor("test"))
          )
        assert.strictEqual((yield* create("PT Água & Co.")).slug, "pt-agua-co")
        assert.match((yield* create("PT Água & Co.")).slug, /^pt-agua-co-[0-9a-f]{6}$/)
        assert.match((yield* create("Admin")).slug, /^admin-[0-9a-f]{6}$/)
        assert.strictEqual((yield* Effect.flip(create("Other", "pt-agua-co")))._tag, "Conflict")
        for (const slug of ["www", "a", "-abc", "ab--cd", "Abc", "a".repeat(64)]) {
          yield* Effect.flip(Schema.decodeUnknownEffect(Slug)(slug))
        }
      }))

    it.effect("a change of the organization is stored, told as an event and written to the audit log", () =>
      Effect.gen(function*() {
        const { organization, owner } = yield* newTenant
        const { organization: other } = yield* newTenant
        const organizations = yield* Organizations
        const acting = as(organization.id, owner.id, "owner")
        const changed = yield* organizations.update({ name: "New name", timezone: "Asia/Jakarta" }).pipe(acting)
        assert.strictEqual(changed.name, "New name")
        assert.strictEqual(
          (yield* Effect.flip(organizations.update({ slug: other.slug }).pipe(acting)))._tag,
          "Conflict"
        )
        const log = yield* EventLog
        yield* log.flush
        const events = yield* log.read({ organizationId: organization.id, after: 0, limit: 10 })
        assert.deepStrictEqual(
          events.map((event) => event.type),
          [CoreEvents.organizationCreated.type, CoreEvents.organizationChanged.type]
        )
        const audit = yield* Audit.Audit
        const [record] = (yield* audit.list({}).pipe(acting)).data
        assert.strictEqual(record?.action, "organization.changed")
        assert.deepStrictEqual(record?.before, { name: organization.name, timezone: "UTC" })
        assert.deepStrictEqual(record?.after, { name: "New name", timezone: "Asia/Jakarta" })
      }))

    it.effect("a member is added by address, as a new or an existing user", () =>
      Effect.gen(function*() {
        const [one, two] = [yield* newTenant, yield* newTenant]
        const members = yield* Memberships
        const acting = as(one.organization.id, one.owner.id, "owner")
        const added = yield* members.add({ email: "budi@example.com", name: "Budi", role: "agent" }).pipe(acting)
        const existing = yield* members.add({ email: two.email.toUpperCase(), role: "viewer" }).pipe(acting)
        assert.strictEqual(existing.userId, two.owner.id)
        assert.strictEqual(
          (yield* members.add({ email: "budi@example.com", role: "agent" }).pipe(acting, Effect.flip))._tag,
          "Conflict"
        )
        const nameless = yield* members.add({ email: "nobody@example.com", role: "agent" }).pipe(acting, Effect.flip)
        assert.strictEqual(nameless._tag === "InvalidInput" && nameless.field, "/name")
        const roleless = yield* members.add({ email: "x@example.com", name: "X", role: "king" }).pipe(
          acting,
          Effect.flip
        )
        assert.strictEqual(roleless._tag === "InvalidInput" && roleless.field, "/role")
        const first = yield* members.list({ limit: 2 }).pipe(acting)
        const second = yield* members.list({ limit: 2, cursor: first.nextCursor ?? "" }).pipe(acting)
        const listed = [...first.data, ...second.data].map((member) => member.userId)
        assert.sameMembers(listed, [one.owner.id, two.owner.id, added.userId])
        assert.isNull(second.nextCursor)
      }))

    it.effect("each member is listed once in every order, whatever the pages' size, and a cursor fits one order alone", () =>
      Effect.gen(function*() {
        const [{ organization, owner }, other] = [yield* newTenant, yield* newTenant]
        const members = yield* Memberships
        const acting = as(organization.id, owner.id, "owner")
        const names = ["Cici", "Adi", "Budi", "Adi", "Budi", "Adi"]
        for (const [n, name] of names.entries()) {
          yield* members.add({ email: `sorted${n}.${organization.slug}@example.com`, name, role: "viewer" }).pipe(
            acting
          )
        }
        const newcomer = { email: `sorted.${organization.slug}@example.org`, name: "Zaki", role: "viewer" }
        yield* members.add(newcomer).pipe(as(other.organization.id, other.owner.id, "owner"))
        // Two joined at the same time.
        yield* SqlClient.SqlClient.use((sql) => sql`UPDATE core_memberships SET created_at = 5 WHERE role = 'viewer'`)
        for (const sort of ["createdAt", "-createdAt", "name", "-name"] as const) {
          const listed: Array<Member> = []
          let cursor: string | undefined
          do {
            const page = yield* members.list({ sort, limit: 2, cursor }).pipe(acting)
            listed.push(...page.data)
            cursor = page.nextCursor ?? undefined
          } while (cursor !== undefined)
          assert.strictEqual(new Set(listed.map(({ userId }) => userId)).size, 7, sort)
          const keys = listed.map((one) =>
            (sort.endsWith("name") ? one.name : String(DateTime.toEpochMillis(one.createdAt)).padStart(15, "0")) +
            one.userId
          )
          const expected = keys.toSorted((a, b) => a < b ? -1 : 1)
          assert.deepStrictEqual(keys, sort.startsWith("-") ? expected.toReversed() : expected, sort)
        }
        const { nextCursor } = yield* members.list({ sort: "name", limit: 2 }).pipe(acting)
        const mixed = yield* members.list({ limit: 2, cursor: nextCursor ?? "" }).pipe(acting, Effect.flip)
        assert.strictEqual(mixed._tag, "InvalidInput")
      }))

    it.effect("a new name has its place in the list, and a page by name is read from an index", () =>
      Effect.gen(function*() {
        const { organization, owner } = yield* newTenant
        const other = yield* newTenant
        const members = yield* Memberships
        const users = yield* Users
        const sql = yield* SqlClient.SqlClient
        const acting = as(organization.id, owner.id, "owner")
        for (const name of ["Budi", "Cici"]) {
          yield* members.add({ email: `${name}.${organization.slug}@example.com`, name, role: "viewer" }).pipe(acting)
        }
        yield* members.add({ email: other.email, role: "viewer" }).pipe(acting)
        yield* users.update(other.owner.id, { name: "Adi" })
        const { data } = yield* members.list({ sort: "name", limit: 3 }).pipe(acting)
        assert.deepStrictEqual(data.map(({ name }) => name), ["Adi", "Budi", "Cici"])
        const elsewhere = yield* members.list({ sort: "name" }).pipe(as(other.organization.id, other.owner.id, "owner"))
        assert.deepStrictEqual(elsewhere.data.map(({ name }) => name), ["Adi"])

        // Enough of them that a plan by size would not sort.
        const row = (n: number) => ({
          id: Id.toBytes(Id.fromBytes(Uint8Array.of(...new Uint8Array(12), 0xff, 0, n >> 8, n & 255))),
          email: `many${n}.${organization.slug}@example.com`,
          name: `Many ${n}`,
          status: "active",
          created_at: 0
        })
        const many = Array.from({ length: 1500 }, (_, n) => row(n))
        yield* sql`INSERT INTO core_users ${sql.insert(many as never)}`
        yield* sql`INSERT INTO core_memberships ${
          sql.insert(many.map(({ id, name }) => ({
            organization_id: Id.toBytes(organization.id),
            user_id: id,
            role: "viewer",
            status: "active",
            user_name: name,
            created_at: 0
          })) as never)
        }`
        const analyze = sql.onDialectOrElse({
          mysql: () => "ANALYZE TABLE core_memberships, core_users",
          orElse: () => "ANALYZE"
        })
        yield* sql`${sql.literal(analyze)}`.unprepared
        const explain = sql.literal(
          sql.onDialectOrElse({ mysql: () => "EXPLAIN", orElse: () => "EXPLAIN QUERY PLAN" })
        )
        for (const isDescending of [false, true]) {
          const keyset = {
            column: "m.user_name",
            isDescending,
            id: "m.user_id",
            after: { key: "Many 700", id: Id.toBytes(owner.id) }
          }
          for (const { orderBy, where } of Sorting.ranges(sql, keyset)) {
            const plan = JSON.stringify(
              yield* sql`${explain} SELECT m.user_id, u.email FROM core_memberships m JOIN core_users u
                ON u.id = m.user_id WHERE m.organization_id = ${Id.toBytes(organization.id)} AND ${where}
                ORDER BY ${orderBy} LIMIT 51`.unprepared
            )
            assert.include(plan, "core_memberships_by_name")
            assert.notMatch(plan, /filesort|TEMP B-TREE|SCAN m\b|"type":"ALL"/i, plan)
          }
        }
      }))

    it.effect("members of another organization are not found", () =>
      Effect.gen(function*() {
        const [one, two] = [yield* newTenant, yield* newTenant]
        const members = yield* Memberships
        const acting = as(one.organization.id, one.owner.id, "owner")
        for (
          const attempt of [
            Effect.asVoid(members.get(two.owner.id)),
            Effect.asVoid(members.change(two.owner.id, { role: "viewer" })),
            members.remove(two.owner.id)
          ]
        ) {
          assert.strictEqual((yield* attempt.pipe(acting, Effect.flip))._tag, "NotFound")
        }
      }))

    it.effect("nobody gives or takes more than they hold", () =>
      Effect.gen(function*() {
        const { organization, owner } = yield* newTenant
        const members = yield* Memberships
        const byOwner = as(organization.id, owner.id, "owner")
        const admin = yield* members.add({ email: `a${owner.id}@example.com`, name: "A", role: "admin" }).pipe(byOwner)
        const manager = yield* members.add({ email: `m${owner.id}@example.com`, name: "M", role: "manager" }).pipe(
          byOwner
        )
        const byAdmin = as(organization.id, admin.userId, "admin")
        const byManager = as(organization.id, manager.userId, "manager")
        const failures = [
          members.add({ email: "new@example.com", name: "N", role: "owner" }).pipe(byAdmin),
          members.change(admin.userId, { role: "owner" }).pipe(byAdmin),
          members.change(owner.id, { role: "viewer" }).pipe(byAdmin),
          members.remove(owner.id).pipe(byAdmin),
          members.change(manager.userId, { role: "admin" }).pipe(byManager),
          members.remove(admin.userId).pipe(byManager)
        ]
        for (const failure of failures) assert.strictEqual((yield* Effect.flip(failure))._tag, "Forbidden")
        assert.strictEqual((yield* members.change(manager.userId, { role: "agent" }).pipe(byAdmin)).role, "agent")
      }))

    it.effect("the last active owner can't be removed, demoted or suspended", () =>
      Effect.gen(function*() {
        const { organization, owner } = yield* newTenant
        const members = yield* Memberships
        const acting = as(organization.id, owner.id, "owner")
        for (
          const attempt of [
            members.remove(owner.id),
            Effect.asVoid(members.change(owner.id, { role: "admin" })),
            Effect.asVoid(members.change(owner.id, { status: "suspended" }))
          ]
        ) {
          assert.strictEqual((yield* attempt.pipe(acting, Effect.flip))._tag, "Conflict")
        }
        assert.strictEqual((yield* members.get(owner.id).pipe(acting)).role, "owner")
      }))

    it.effect("of two owners who remove each other at once one stays", () =>
      Effect.gen(function*() {
        const { organization, owner } = yield* newTenant
        const members = yield* Memberships
        const byOne = as(organization.id, owner.id, "owner")
        const other = yield* members.add({ email: `o${owner.id}@example.com`, name: "O", role: "owner" }).pipe(byOne)
        const results = yield* Effect.all([
          Effect.exit(members.remove(other.userId).pipe(byOne)),
          Effect.exit(members.change(owner.id, { role: "viewer" }).pipe(as(organization.id, other.userId, "owner")))
        ], { concurrency: "unbounded" })
        assert.lengthOf(results.filter((exit) => exit._tag === "Success"), 1)
        const { data } = yield* members.list({}).pipe(byOne)
        assert.lengthOf(data.filter((member) => member.role === "owner"), 1)
      }))

    it.effect("the audit log holds no secret and shows an organization only its own records", () =>
      Effect.gen(function*() {
        const [one, two] = [yield* newTenant, yield* newTenant]
        const audit = yield* Audit.Audit
        const acting = as(one.organization.id, one.owner.id, "owner")
        yield* audit.record({
          action: "channel.changed",
          target: { type: "channel", id: "1" },
          after: {
            name: "x",
            accessToken: "EAAG1",
            nested: [{ appSecret: "shh", at: DateTime.makeUnsafe(0) }],
            password: Redacted.make("p"),
            whole: Redacted.make("q"),
            apiKey: null
          }
        }).pipe(acting)
        const first = yield* audit.list({ limit: 1 }).pipe(acting)
        assert.deepStrictEqual(first.data[0]?.after, {
          name: "x",
          accessToken: "[secret]",
          nested: [{ appSecret: "[secret]", at: "1970-01-01T00:00:00.000Z" }],
          password: "[secret]",
          whole: "[secret]",
          apiKey: null
        })
        const rest = yield* audit.list({ cursor: first.nextCursor ?? "" }).pipe(acting)
        assert.deepStrictEqual(rest.data.map((record) => record.action), ["organization.created"])
        assert.lengthOf((yield* audit.list({}).pipe(as(two.organization.id, two.owner.id, "owner"))).data, 1)
      }))
  })

  layer(identity.pipe(Layer.provideMerge(migrated(database))))("sessions and keys", (it) => {
    it.effect("the right password signs in, a wrong one and an unknown address fail alike", () =>
      Effect.gen(function*() {
        const { email, organization, owner } = yield* newTenant
        const sessions = yield* Sessions
        const signIn = yield* SignIn
        const signedIn = yield* signIn.withPassword({ email: email.toUpperCase(), password: right }, { ip: "10.0.0.1" })
        assert.match(signedIn.token, /^ws_[A-Za-z0-9_-]{43}$/)
        assert.strictEqual(signedIn.organization.id, organization.id)
        const verified = Option.getOrThrow(yield* sessions.verify(signedIn.token))
        assert.deepStrictEqual([verified.userId, verified.organizationId, verified.role], [
          owner.id,
          organization.id,
          "owner"
        ])
        const first = yield* Effect.flip(signIn.withPassword({ email, password: wrong }))
        const second = yield* Effect.flip(signIn.withPassword({ email: "nobody@example.com", password: wrong }))
        assert.deepStrictEqual({ ...first }, { ...second })
        assert.isTrue(Option.isNone(yield* sessions.verify(`${signedIn.token.slice(0, -1)}_`)))
        const sql = yield* SqlClient.SqlClient
        const rows = yield* sql<
          { readonly token_hash: Uint8Array }
        >`SELECT token_hash FROM core_sessions WHERE user_id = ${Id.toBytes(owner.id)}`
        assert.deepStrictEqual(rows.map((row) => Buffer.from(row.token_hash)), [
          Buffer.from(Tokens.hash(signedIn.token))
        ])
      }))

    it.effect("ten wrong passwords lock the account for fifteen minutes, however many are tried at once", () =>
      Effect.gen(function*() {
        const { email } = yield* newTenant
        const signIn = yield* SignIn
        const tries = yield* Effect.forEach(
          Array.from({ length: 25 }),
          () => Effect.flip(signIn.withPassword({ email, password: wrong })),
          { concurrency: "unbounded" }
        )
        assert.lengthOf(tries.filter((error) => error._tag === "Unauthorized"), 10)
        const locked = yield* Effect.flip(signIn.withPassword({ email, password: right }))
        assert.isTrue(locked._tag === "TooManyRequests" && locked.retryAfterSeconds === 900)
        yield* TestClock.adjust("14 minutes")
        assert.strictEqual(
          (yield* Effect.flip(signIn.withPassword({ email, password: right })))._tag,
          "TooManyRequests"
        )
        yield* TestClock.adjust("1 minute")
        yield* signIn.withPassword({ email, password: right })
        assert.strictEqual((yield* Effect.flip(signIn.withPassword({ email, password: wrong })))._tag, "Unauthorized")
      }))

    it.effect("a member of several organizations says which, and can switch", () =>
      Effect.gen(function*() {
        const [one, two] = [yield* newTenant, yield* newTenant]
        const three = yield* newTenant
        const members = yield* Memberships
        const sessions = yield* Sessions
        const signIn = yield* SignIn
        yield* members.add({ email: one.email, role: "agent" }).pipe(as(two.organization.id, two.owner.id, "owner"))
        const asked = yield* Effect.flip(signIn.withPassword({ email: one.email, password: right }))
        assert.isTrue(asked._tag === "OrganizationRequired")
        if (asked._tag === "OrganizationRequired") {
          assert.sameMembers(asked.organizations.map(({ id }) => id), [one.organization.id, two.organization.id])
        }
        const inTwo = yield* signIn.withPassword({
          email: one.email,
          password: right,
          organizationId: two.organization.id
        })
        assert.strictEqual(inTwo.role, "agent")
        const inOne = yield* sessions.switchTo(one.owner.id, one.organization.id)
        assert.strictEqual(Option.getOrThrow(yield* sessions.verify(inOne.token)).role, "owner")
        assert.strictEqual(Option.getOrThrow(yield* sessions.verify(inTwo.token)).organizationId, two.organization.id)
        assert.strictEqual(
          (yield* Effect.flip(sessions.switchTo(one.owner.id, three.organization.id)))._tag,
          "NotFound"
        )
        const foreign = signIn.withPassword({
          email: one.email,
          password: right,
          organizationId: three.organization.id
        })
        assert.strictEqual((yield* Effect.flip(foreign))._tag, "Forbidden")
      }))

    it.effect("a session lasts while it is used, ninety days at most", () =>
      Effect.gen(function*() {
        const { email } = yield* newTenant
        const sessions = yield* Sessions
        const signIn = yield* SignIn
        const used = yield* signIn.withPassword({ email, password: right })
        const unused = yield* signIn.withPassword({ email, password: right })
        for (let day = 0; day < 89; day += 10) {
          assert.isTrue(Option.isSome(yield* sessions.verify(used.token)), `day ${day}`)
          yield* TestClock.adjust("10 days")
        }
        assert.isTrue(Option.isNone(yield* sessions.verify(used.token)))
        assert.isTrue(Option.isNone(yield* sessions.verify(unused.token)))
        assert.isAbove(yield* sessions.cleanup(100), 1)
      }))

    it.effect("what is taken away is gone at the next request", () =>
      Effect.gen(function*() {
        const { organization, owner } = yield* newTenant
        const members = yield* Memberships
        const sessions = yield* Sessions
        const signIn = yield* SignIn
        const acting = as(organization.id, owner.id, "owner")
        const email = `agent${owner.id}@example.com`
        const member = yield* members.add({ email, name: "Agent", role: "agent", password: right }).pipe(acting)
        const { token } = yield* signIn.withPassword({ email, password: right })
        const role = Effect.map(sessions.verify(token), Option.map((session) => session.role))
        assert.deepStrictEqual(yield* role, Option.some("agent"))
        yield* members.change(member.userId, { role: "viewer" }).pipe(acting)
        assert.deepStrictEqual(yield* role, Option.some("viewer"))
        yield* members.change(member.userId, { status: "suspended" }).pipe(acting)
        assert.deepStrictEqual(yield* role, Option.none())
        yield* members.change(member.userId, { status: "active" }).pipe(acting)
        assert.deepStrictEqual(yield* role, Option.none())
        yield* members.remove(member.userId).pipe(acting)
        assert.deepStrictEqual(yield* role, Option.none())
      }))

    it.effect("sessions are listed and revoked by their owner alone", () =>
      Effect.gen(function*() {
        const [one, two] = [yield* newTenant, yield* newTenant]
        const sessions = yield* Sessions
        const signIn = yield* SignIn
        const device = { ip: "10.0.0.7", userAgent: "x".repeat(500) }
        const first = yield* signIn.withPassword({ email: one.email, password: right }, device)
        const second = yield* signIn.withPassword({ email: one.email, password: right })
        const listed = yield* sessions.list(one.owner.id, {})
        assert.deepStrictEqual(listed.data.map(({ id }) => id), [second.session.id, first.session.id])
        assert.deepStrictEqual(
          listed.data.map(({ ip, userAgent }) => [ip, userAgent]),
          [[null, null], [device.ip, device.userAgent.slice(0, 255)]]
        )
        assert.strictEqual((yield* Effect.flip(sessions.revoke(two.owner.id, first.session.id)))._tag, "NotFound")
        yield* sessions.revoke(one.owner.id, first.session.id)
        assert.isTrue(Option.isNone(yield* sessions.verify(first.token)))
        yield* sessions.revokeOthers(one.owner.id, second.session.id)
        assert.isTrue(Option.isSome(yield* sessions.verify(second.token)))
        yield* sessions.revokeOthers(one.owner.id, undefined)
        assert.isTrue(Option.isNone(yield* sessions.verify(second.token)))
      }))

    it.effect("a key has its scopes, never more than its creator, and ends with revocation or expiry", () =>
      Effect.gen(function*() {
        const { organization, owner } = yield* newTenant
        const keys = yield* ApiKeys
        const acting = as(organization.id, owner.id, "owner")
        const made = yield* keys.create({ name: "CRM", scopes: ["contacts:read", "contacts:write"] }).pipe(acting)
        assert.match(made.key, /^wk_[A-Za-z0-9_-]{49}$/)
        const verified = Option.getOrThrow(yield* keys.verify(made.key))
        assert.deepStrictEqual([...verified.permissions], ["contacts:read", "contacts:write"])
        const tooMuch = yield* keys.create({ name: "x", scopes: ["billing:update"] }).pipe(
          as(organization.id, owner.id, "agent"),
          Effect.flip
        )
        assert.strictEqual(tooMuch._tag, "Forbidden")
        const unknown = yield* keys.create({ name: "x", scopes: ["contacts:read", "no:thing"] }).pipe(
          acting,
          Effect.flip
        )
        assert.strictEqual(unknown._tag === "InvalidInput" && unknown.field, "/scopes/1")
        const expiresAt = DateTime.add(yield* DateTime.now, { hours: 1 })
        const short = yield* keys.create({ name: "short", scopes: ["contacts:read"], expiresAt }).pipe(acting)
        assert.isTrue(Option.isSome(yield* keys.verify(short.key)))
        yield* TestClock.adjust("61 minutes")
        assert.isTrue(Option.isNone(yield* keys.verify(short.key)))
        assert.isTrue(Option.isSome(yield* keys.verify(made.key)))
        yield* keys.revoke(made.apiKey.id).pipe(acting)
        assert.isTrue(Option.isNone(yield* keys.verify(made.key)))
        const listed = (yield* keys.list({}).pipe(acting)).data
        assert.deepStrictEqual(listed.map(({ name }) => name), ["short", "CRM"])
        assert.isNotNull(listed[1]?.revokedAt)
        assert.isNotNull(listed[1]?.lastUsedAt)
        assert.notInclude(JSON.stringify(listed), made.key.slice(12))
      }))

    it.effect("a key made when resources still had singular names keeps its scopes", () =>
      Effect.gen(function*() {
        const { organization, owner } = yield* newTenant
        const keys = yield* ApiKeys
        const sql = yield* SqlClient.SqlClient
        const scopes = ["conversations:read", "bots:write", "contacts:read"]
        const made = yield* keys.create({ name: "CRM", scopes }).pipe(as(organization.id, owner.id, "owner"))
        const before = JSON.stringify(scopes).replace("conversations", "conversation").replace("bots", "bot")
        yield* sql`UPDATE core_api_keys SET scopes = ${before} WHERE id = ${Id.toBytes(made.apiKey.id)}`
        const migration = migrations.migrations.find(({ name }) => name === "core_api_keys_plural_scopes")!
        for (const _ of ["once", "again"]) {
          yield* migration.run(sql, columnTypes(sql))
          const verified = Option.getOrThrow(yield* keys.verify(made.key))
          assert.deepStrictEqual([...verified.permissions], scopes)
        }
      }))

    it.effect("a key follows the role of the person behind it, also through a key that it made", () =>
      Effect.gen(function*() {
        const { organization, owner } = yield* newTenant
        const members = yield* Memberships
        const keys = yield* ApiKeys
        const byOwner = as(organization.id, owner.id, "owner")
        const admin = yield* members.add({ email: `k${owner.id}@example.com`, name: "K", role: "admin" }).pipe(byOwner)
        const scopes = ["contacts:read", "contacts:delete", "api-keys:write"]
        const parent = yield* keys.create({ name: "parent", scopes }).pipe(as(organization.id, admin.userId, "admin"))
        const asKey = yield* keys.create({ name: "child", scopes: ["contacts:delete"] }).pipe(
          Effect.provideService(CurrentActor, {
            actor: { _tag: "ApiKey", id: parent.apiKey.id },
            permissions: new Set(scopes)
          }),
          as(organization.id, owner.id, "owner")
        )
        assert.isTrue(Option.isSome(yield* keys.verify(asKey.key)))
        yield* members.change(admin.userId, { role: "agent" }).pipe(byOwner)
        assert.deepStrictEqual([...Option.getOrThrow(yield* keys.verify(parent.key)).permissions], ["contacts:read"])
        assert.deepStrictEqual([...Option.getOrThrow(yield* keys.verify(asKey.key)).permissions], [])
        yield* members.remove(admin.userId).pipe(byOwner)
        assert.isTrue(Option.isNone(yield* keys.verify(parent.key)))
        assert.isTrue(Option.isNone(yield* keys.verify(asKey.key)))
      }))

    it.effect("keys of another organization can't be revoked", () =>
      Effect.gen(function*() {
        const [one, two] = [yield* newTenant, yield* newTenant]
        const keys = yield* ApiKeys
        const made = yield* keys.create({ name: "x", scopes: ["contacts:read"] }).pipe(
          as(one.organization.id, one.owner.id, "owner")
        )
        const error = yield* keys.revoke(made.apiKey.id).pipe(
          as(two.organization.id, two.owner.id, "owner"),
          Effect.flip
        )
        assert.strictEqual(error._tag, "NotFound")
        assert.isTrue(Option.isSome(yield* keys.verify(made.key)))
      }))
  })
})

describe("Passwords", () => {
  layer(Passwords.layer)((it) => {
    it.effect("a hash is argon2id at the floor, salted, and verifies only its password", () =>
      Effect.gen(function*() {
        const passwords = yield* Passwords
        const [one, two] = [yield* passwords.hash(right), yield* passwords.hash(right)]
        assert.isTrue(one.startsWith("$argon2id$v=19$m=19456,t=2,p=1$"))
        assert.notStrictEqual(one, two)
        assert.isTrue(yield* passwords.verify(right, one))
        assert.isFalse(yield* passwords.verify(wrong, one))
        assert.isFalse(yield* passwords.verify(right, "not a hash"))
        assert.isFalse(yield* passwords.verify(right, null))
        assert.isFalse(passwords.isOutdated(one))
        assert.isTrue(passwords.isOutdated("$argon2id$v=19$m=4096,t=1,p=1$AAAA$BBBB"))
      }))

    it.effect("an account that does not exist takes as long as one that does", () =>
      Effect.gen(function*() {
        const passwords = yield* Passwords
        const hash = yield* passwords.hash(right)
        yield* passwords.verify(wrong, null)
        const time = (stored: string | null) =>
          Effect.gen(function*() {
            const started = performance.now()
            for (let n = 0; n < 8; n++) yield* passwords.verify(wrong, stored)
            return performance.now() - started
          })
        const [known, unknown] = [yield* time(hash), yield* time(null)]
        assert.isBelow(Math.max(known, unknown) / Math.min(known, unknown), 3)
      }))
  })
})

describe("Tokens", () => {
  layer(Layer.empty)((it) => {
    it.effect("kinds are told apart and a mistyped key is refused by its checksum", () =>
      Effect.sync(() => {
        const key = Redacted.value(Tokens.makeApiKey())
        const session = Redacted.value(Tokens.makeSession())
        assert.strictEqual(Tokens.kind(key), "api-key")
        assert.strictEqual(Tokens.kind(session), "session")
        const typo = key.slice(0, 10) + (key[10] === "a" ? "b" : "a") + key.slice(11)
        for (const text of [typo, key.slice(0, -1), `${session}x`, "", "wk_", "ws_", "Bearer x"]) {
          assert.isUndefined(Tokens.kind(text))
        }
      }))
  })
})

describe("Roles", () => {
  layer(core.pipe(Layer.provideMerge(migrated(TestDatabase.all[0]!))))((it) => {
    it.effect("the presets follow the matrix", () =>
      Effect.gen(function*() {
        const roles = yield* Roles.Roles
        const registry = yield* Roles.PermissionRegistry
        const of = (role: string) => [...roles.permissions(role)]
        assert.sameMembers(of("owner"), registry.all.map(({ name }) => name))
        assert.sameMembers(
          of("admin"),
          of("owner").filter((name) => name !== "organization:transfer" && name !== "organization:delete")
        )
        assert.includeMembers(of("manager"), [
          "conversations:assign",
          "contacts:import",
          "campaigns:execute",
          "knowledge:write",
          "bots:write",
          "ai:read"
        ])
        assert.isEmpty(
          of("manager").filter((name) => /^(billing|api-keys|audit):|^(members|channels|ai):write/.test(name))
        )
        assert.sameMembers(of("agent"), [
          "conversations:read",
          "conversations:reply",
          "contacts:read",
          "contacts:write",
          "knowledge:read",
          "bots:read",
          "channels:read",
          "members:read",
          "teams:read",
          "agents:read",
          "organization:read"
        ])
        assert.sameMembers(of("viewer"), [
          "conversations:read",
          "analytics:read",
          "analytics:export",
          "knowledge:read",
          "bots:read",
          "channels:read",
          "members:read",
          "teams:read",
          "agents:read",
          "organization:read"
        ])
        assert.isEmpty(of("unknown"))
      }))

    it.effect.prop(
      "every user id survives the round trip through bytes",
      { id: UserId },
      ({ id }) =>
        Effect.sync(() => {
          assert.strictEqual(Id.fromBytes(Id.toBytes(id)), id)
          assert.lengthOf(Id.toBytes(id), 16)
        })
    )

    it.effect("an e-mail address is trimmed and lowered, and what is none is refused", () =>
      Effect.gen(function*() {
        const decode = Schema.decodeUnknownEffect(Email)
        assert.strictEqual(yield* decode("  Rani.Putri@Example.CO.id "), "rani.putri@example.co.id")
        for (const text of ["", "a", "a@b", "a b@c.de", "a@b@c.de", "@b.de", "a@.de", `${"a".repeat(190)}@b.de`]) {
          yield* Effect.flip(decode(text))
        }
      }))
  })
})
