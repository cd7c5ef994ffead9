import { assert, describe, it as test, layer } from "@effect/vitest"
import { ApiKeys } from "@wicara/core/ApiKeys"
import { Audit } from "@wicara/core/Audit"
import { module } from "@wicara/core/CoreModule"
import * as CoreSettings from "@wicara/core/CoreSettings"
import { Deletions } from "@wicara/core/Deletions"
import type { Deletion } from "@wicara/core/Deletion"
import * as Id from "@wicara/core/Id"
import { Memberships } from "@wicara/core/Memberships"
import * as Module from "@wicara/core/Module"
import { ModuleRegistry } from "@wicara/core/Module"
import { Entitlements, Modules } from "@wicara/core/Modules"
import { Organizations } from "@wicara/core/Organizations"
import { Ownership } from "@wicara/core/Ownership"
import { PlatformAdmins } from "@wicara/core/PlatformAdmins"
import { Settings } from "@wicara/core/Settings"
import { Standing } from "@wicara/core/Standing"
import { CurrentActor, systemActor } from "@wicara/core/Tenancy"
import type { OrganizationId } from "@wicara/core/Tenancy"
import { TenantData } from "@wicara/core/TenantData"
import { Users } from "@wicara/core/Users"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import { Effect, Layer, Option, Stream } from "effect"
import { SqlClient } from "effect/sql"
import { as, core, migrated, modules, newTenant } from "./layers.ts"

const system = Effect.provideService(CurrentActor, systemActor("test"))

const actions = Effect.gen(function*() {
  return (yield* Audit.use((audit) => audit.list({ limit: 200 }))).data
})

describe.each(TestDatabase.all)("Organizations on $name", (database) => {
  layer(core.pipe(Layer.provideMerge(migrated(database))))("settings", (it) => {
    it.effect("a setting is the organization's own, else the platform's, else the default", () =>
      Effect.gen(function*() {
        const [one, two] = [yield* newTenant, yield* newTenant]
        const settings = yield* Settings
        const ofOne = as(one.organization.id, one.owner.id, "owner")
        const ofTwo = as(two.organization.id, two.owner.id, "owner")
        const days = settings.get(CoreSettings.invitationDays)
        assert.strictEqual(yield* days.pipe(ofOne), 7)
        yield* settings.setPlatform("invitations.days", 14).pipe(system)
        assert.strictEqual((yield* settings.set("invitations.days", 3).pipe(ofOne)).source, "organization")
        assert.deepStrictEqual([yield* days.pipe(ofOne), yield* days.pipe(ofTwo)], [3, 14])
        assert.strictEqual((yield* settings.find("invitations.days").pipe(ofTwo)).source, "platform")
        yield* settings.reset("invitations.days").pipe(ofOne)
        assert.strictEqual(yield* days.pipe(ofOne), 14)
        assert.strictEqual((yield* settings.resetPlatform("invitations.days").pipe(system)).value, 7)
        const [reset, set] = yield* actions.pipe(ofOne)
        assert.deepStrictEqual(
          [reset?.before, set?.after],
          [{ value: 3, source: "organization" }, { value: 3, source: "organization" }]
        )
      }))

    it.effect("a value that the declaration does not allow is refused, and says what was expected", () =>
      Effect.gen(function*() {
        const { organization, owner } = yield* newTenant
        const settings = yield* Settings
        const acting = as(organization.id, owner.id, "owner")
        for (
          const [key, value] of [
            ["invitations.days", 0],
            ["invitations.days", "7"],
            ["invitations.domains", ["not a domain"]],
            ["organization.branding", { primaryColor: "red" }],
            ["organization.branding", { logoUrl: "http://plain.example/logo.png" }]
          ] as const
        ) {
          const error = yield* Effect.flip(settings.set(key, value).pipe(acting))
          assert.strictEqual(error._tag === "InvalidInput" && error.field, "/value")
        }
        assert.strictEqual((yield* Effect.flip(settings.set("no.such", 1).pipe(acting)))._tag, "NotFound")
        const branding = { displayName: "Acme", primaryColor: "#112233" }
        yield* settings.set("organization.branding", branding).pipe(acting)
        assert.deepStrictEqual(yield* settings.get(CoreSettings.branding).pipe(acting), branding)
      }))

    it.effect("what the platform decides for an organization is not for its owner to change", () =>
      Effect.gen(function*() {
        const { organization, owner } = yield* newTenant
        const settings = yield* Settings
        const acting = as(organization.id, owner.id, "owner")
        assert.strictEqual((yield* Effect.flip(settings.set("modules.available", []).pipe(acting)))._tag, "Forbidden")
        const ofServer = settings.set("organizations.self_service", true).pipe(acting)
        assert.strictEqual((yield* Effect.flip(ofServer))._tag, "NotFound")
        const listed = (yield* settings.list.pipe(acting)).map(({ key }) => key)
        assert.include(listed, "modules.available")
        assert.notInclude(listed, "organizations.self_service")
      }))
  })

  layer(core.pipe(Layer.provideMerge(migrated(database))))("ownership", (it) => {
    it.effect("an organization is handed on in one step, and never without an owner", () =>
      Effect.gen(function*() {
        const { organization, owner } = yield* newTenant
        const members = yield* Memberships
        const ownership = yield* Ownership
        const acting = as(organization.id, owner.id, "owner")
        const add = (name: string) =>
          members.add({ email: `${name}-${organization.slug}@example.com`, name, role: "agent" }).pipe(acting)
        const [heir, other] = [yield* add("heir"), yield* add("other")]
        yield* members.change(other.userId, { status: "suspended" }).pipe(acting)
        assert.strictEqual((yield* Effect.flip(ownership.transfer({ to: other.userId }).pipe(acting)))._tag, "Conflict")
        assert.strictEqual((yield* Effect.flip(ownership.transfer({ to: owner.id }).pipe(acting)))._tag, "Conflict")
        const attempts = yield* Effect.all(
          [1, 2, 3].map(() => Effect.result(ownership.transfer({ to: heir.userId, keep: "manager" }).pipe(acting))),
          { concurrency: "unbounded" }
        )
        assert.lengthOf(attempts.filter(({ _tag }) => _tag === "Success"), 1)
        const roles = (yield* members.list({}).pipe(acting)).data.map(({ role, userId }) => [userId, role])
        assert.sameDeepMembers(roles, [[owner.id, "manager"], [heir.userId, "owner"], [other.userId, "agent"]])
        const back = ownership.transfer({ to: owner.id }).pipe(as(organization.id, owner.id, "manager"))
        assert.strictEqual((yield* Effect.flip(back))._tag, "Conflict")
        const [record] = yield* actions.pipe(acting)
        assert.strictEqual(record?.action, "organization.ownership_transferred")
      }))
  })

  const erase = Effect.fnUntraced(function*({ id, organizationId }: Deletion, limit: number) {
    const deletions = yield* Deletions
    let steps = 0
    while (!(yield* deletions.step(id, organizationId, limit))) steps++
    return steps
  })

  const rowsOf = Effect.fnUntraced(function*(table: string, id: OrganizationId) {
    const sql = yield* SqlClient.SqlClient
    return yield* sql<
      Record<string, unknown>
    >`SELECT organization_id FROM ${sql(table)} WHERE organization_id = ${Id.toBytes(id)}`
  })

  layer(core.pipe(Layer.provideMerge(migrated(database))))("deletion", (it) => {
    it.effect("is asked for with the organization's address, cancels it at once and can be called off", () =>
      Effect.gen(function*() {
        const { organization, owner } = yield* newTenant
        const deletions = yield* Deletions
        const organizations = yield* Organizations
        const standing = yield* Standing
        const acting = as(organization.id, owner.id, "owner")
        yield* organizations.setStatus("trial").pipe(acting)
        const wrong = yield* Effect.flip(deletions.request({ confirm: "something-else" }).pipe(acting))
        assert.strictEqual(wrong._tag === "InvalidInput" && wrong.field, "/confirm")
        const requested = yield* Effect.all(
          [1, 2].map(() => Effect.result(deletions.request({ confirm: organization.slug }).pipe(acting))),
          { concurrency: "unbounded" }
        )
        assert.lengthOf(requested.filter(({ _tag }) => _tag === "Success"), 1)
        assert.strictEqual(yield* standing.of(organization.id), "cancelled")
        const current = yield* deletions.current.pipe(acting)
        assert.strictEqual(current.dueAt.epochMilliseconds - current.requestedAt.epochMilliseconds, 30 * 86_400_000)
        // Its time has not come: a worker that comes too early does nothing.
        assert.isTrue(yield* deletions.step(current.id, organization.id, 100))
        assert.lengthOf(yield* rowsOf("core_memberships", organization.id), 1)
        assert.strictEqual((yield* deletions.cancel.pipe(acting)).state, "cancelled")
        assert.strictEqual(yield* standing.of(organization.id), "trial")
        assert.strictEqual((yield* Effect.flip(deletions.cancel.pipe(acting)))._tag, "NotFound")
        yield* deletions.request({ confirm: organization.slug }).pipe(acting)
      }))

    it.effect("nobody else gets the address of an erased organization for a time, by itself or by name", () =>
      Effect.gen(function*() {
        const settings = yield* Settings
        const organizations = yield* Organizations
        const deletions = yield* Deletions
        yield* settings.setPlatform("organizations.deletion_grace_days", 0).pipe(system)
        yield* settings.setPlatform("organizations.address_quarantine_days", 30).pipe(system)
        const [gone, stays] = [yield* newTenant, yield* newTenant]
        const { slug } = gone.organization
        const request = yield* deletions.request({ confirm: slug }).pipe(
          as(gone.organization.id, gone.owner.id, "owner")
        )
        yield* erase(request, 1000)
        const acting = as(stays.organization.id, stays.owner.id, "owner")
        const create = organizations.create({ name: "New", slug }, stays.owner.id).pipe(system)
        assert.strictEqual((yield* Effect.flip(create))._tag, "Conflict")
        assert.strictEqual((yield* Effect.flip(organizations.update({ slug }).pipe(acting)))._tag, "Conflict")
        const named = yield* organizations.create({ name: slug }, stays.owner.id).pipe(system)
        assert.match(named.slug, new RegExp(`^${slug}-[0-9a-f]{6}$`))
        const sql = yield* SqlClient.SqlClient
        const dayMillis = 86_400_000
        // Pollers of the server would look at every moment of a clock that is moved by days.
        const pass = (days: number) =>
          sql`UPDATE core_retired_addresses SET retired_until = retired_until - ${days * dayMillis}`
        yield* pass(29)
        assert.strictEqual((yield* Effect.flip(create))._tag, "Conflict")
        yield* pass(1)
        assert.strictEqual((yield* create).slug, slug)
        yield* settings.resetPlatform("organizations.address_quarantine_days").pipe(system)
      }))

    it.effect("erases everything of one organization in small steps, and nothing of another", () =>
      Effect.gen(function*() {
        const settings = yield* Settings
        yield* settings.setPlatform("organizations.deletion_grace_days", 0).pipe(system)
        const [gone, stays] = [yield* newTenant, yield* newTenant]
        const members = yield* Memberships
        const keys = yield* ApiKeys
        const fill = Effect.fnUntraced(function*({ organization, owner }: typeof gone) {
          const acting = as(organization.id, owner.id, "owner")
          for (let n = 0; n < 25; n++) {
            const member = yield* members.add({
              email: `m${n}-${organization.slug}@example.com`,
              name: `Member ${n}`,
              role: "agent"
            }).pipe(acting)
            yield* members.change(member.userId, { role: "viewer" }).pipe(acting)
          }
          yield* keys.create({ name: "CRM", scopes: ["members:read"] }).pipe(acting)
          yield* settings.set("invitations.days", 3).pipe(acting)
          yield* members.addMachine({ name: "CRM", role: "viewer" }).pipe(acting)
        })
        yield* fill(gone)
        yield* fill(stays)
        const acting = as(gone.organization.id, gone.owner.id, "owner")
        const before = yield* actions.pipe(acting)
        const exported = yield* TenantData.use((data) => Stream.runCollect(data.export(gone.organization.id)))
        const deletions = yield* Deletions
        const request = yield* deletions.request({ confirm: gone.organization.slug, reason: "Moved to another town" })
          .pipe(acting)
        // Two workers at once, each of them stopping after every few rows.
        const steps = yield* Effect.all([erase(request, 7), erase(request, 7)], { concurrency: "unbounded" })
        assert.isAbove(steps[0] + steps[1], 10)

        const receipt = yield* deletions.current.pipe(acting)
        assert.deepStrictEqual([receipt.state, receipt.reason], ["done", null])
        assert.strictEqual(receipt.erased["core_memberships"], 27)
        assert.strictEqual(receipt.erased["core_api_keys"], 1)
        assert.isTrue((yield* Organizations.use((all) => all.find(gone.organization.id)))._tag === "None")
        for (const { erase, table } of module.data) {
          const [left, others] = [
            yield* rowsOf(table, gone.organization.id),
            yield* rowsOf(table, stays.organization.id)
          ]
          if (erase === "delete") assert.lengthOf(left, 0, table)
          if (["core_memberships", "core_api_keys", "core_settings", "core_audit", "core_events"].includes(table)) {
            assert.isNotEmpty(others, table)
          }
        }
        // Its machine users are gone, and people stay who they are.
        const sql = yield* SqlClient.SqlClient
        assert.deepStrictEqual(
          yield* sql`SELECT id FROM core_users WHERE machine_of = ${Id.toBytes(gone.organization.id)}`,
          []
        )
        assert.isTrue(Option.isSome(yield* Users.use((users) => users.find(gone.owner.id))))

        // The trail is whole: every record is in its place, without the people in it.
        const { erased, isIntact, problems, records } = yield* Audit.use((audit) => audit.verify()).pipe(acting)
        assert.deepStrictEqual([isIntact, problems], [true, []])
        assert.strictEqual(erased, records)

        const after = yield* actions.pipe(acting)
        const old = new Map(before.map((record) => [record.id, record]))
        const kept = after.filter(({ id }) => old.has(id))
        assert.lengthOf(kept, before.length)
        const text = JSON.stringify(after)
        assert.notInclude(text, gone.owner.id)
        assert.notInclude(text, "@example.com")
        const pseudonyms = new Map<string, Set<string>>()
        for (const record of kept) {
          const original = old.get(record.id)!
          assert.strictEqual(record.action, original.action)
          if (original.target.type !== "member") continue
          pseudonyms.set(
            original.target.id,
            (pseudonyms.get(original.target.id) ?? new Set()).add(record.target.id)
          )
        }
        // Whoever was the same is still the same, and nobody knows who.
        assert.isTrue([...pseudonyms.values()].every((set) => set.size === 1))
        assert.strictEqual(new Set([...pseudonyms.values()].flatMap((set) => [...set])).size, pseudonyms.size)
        assert.deepStrictEqual(kept.find(({ action }) => action === "member.added")?.after, {
          email: "[erased]",
          role: "[erased]"
        })

        const tables = new Map<string, number>()
        for (const { table } of exported) tables.set(table, (tables.get(table) ?? 0) + 1)
        assert.deepStrictEqual(
          [tables.get("core_memberships"), tables.get("core_api_keys"), tables.get("core_audit")],
          [27, 1, before.length]
        )
        const key = exported.find(({ table }) => table === "core_api_keys")
        assert.strictEqual(key?.row["name"], "CRM")
        assert.notProperty(key?.row, "key_hash")
        assert.notProperty(key?.row, "organization_id")
      }))

    it.effect("goes on after a crash where it was", () =>
      Effect.gen(function*() {
        yield* Settings.use((settings) => settings.setPlatform("organizations.deletion_grace_days", 0)).pipe(system)
        const { organization, owner } = yield* newTenant
        const acting = as(organization.id, owner.id, "owner")
        const keys = yield* ApiKeys
        for (let n = 0; n < 12; n++) yield* keys.create({ name: `Key ${n}`, scopes: ["members:read"] }).pipe(acting)
        const deletions = yield* Deletions
        const request = yield* deletions.request({ confirm: organization.slug }).pipe(acting)
        const [original] = yield* actions.pipe(acting)
        for (let n = 0; n < 3; n++) assert.isFalse(yield* deletions.step(request.id, organization.id, 5))
        assert.strictEqual((yield* Effect.flip(deletions.cancel.pipe(acting)))._tag, "Conflict")
        // Another process, which has nothing but the database.
        const other = yield* Layer.build(Layer.fresh(Deletions.layerSql))
        yield* erase(request, 5).pipe(Effect.provide(other))
        const records = yield* actions.pipe(acting)
        const actors = new Set(
          records.filter(({ actor }) => actor._tag === "User").map(({ actor }) => JSON.stringify(actor))
        )
        assert.strictEqual(actors.size, 1)
        assert.notInclude([...actors].join(), owner.id)
        assert.strictEqual(records.find(({ id }) => id === original!.id)?.action, original!.action)
      }))

    it.effect("finds what is due, also when its job was given up", () =>
      Effect.gen(function*() {
        const settings = yield* Settings
        const { organization, owner } = yield* newTenant
        const deletions = yield* Deletions
        yield* settings.resetPlatform("organizations.deletion_grace_days").pipe(system)
        const acting = as(organization.id, owner.id, "owner")
        const due = yield* deletions.queueDue
        const request = yield* deletions.request({ confirm: organization.slug }).pipe(acting)
        assert.strictEqual(yield* deletions.queueDue, due)
        const sql = yield* SqlClient.SqlClient
        yield* sql`UPDATE core_deletions SET due_at = 0 WHERE id = ${Id.toBytes(request.id)}`
        assert.strictEqual(yield* deletions.queueDue, due + 1)
      }))
  })

  layer(core.pipe(Layer.provideMerge(migrated(database))))("data", (it) => {
    it.effect("a table with an organization_id that says nothing of its erasure stops the server", () =>
      Effect.gen(function*() {
        const data = yield* TenantData
        yield* data.verify
        const sql = yield* SqlClient.SqlClient
        yield* sql`CREATE TABLE crm_notes (organization_id VARBINARY(16) NOT NULL, id VARBINARY(16) NOT NULL)`
        const error = yield* Effect.flip(data.verify)
        assert.deepStrictEqual([error.undeclared, error.missing], [["crm_notes"], []])
        assert.include(error.message, "crm_notes")
        yield* sql`DROP TABLE crm_notes`
      }))
  })

  const optional = Layer.orDie(ModuleRegistry.layer([
    module,
    Module.make({ id: "notes", name: "Notes", description: "Notes.", optional: { enabledByDefault: true } }),
    Module.make({
      id: "reminders",
      name: "Reminders",
      description: "Reminders of notes.",
      requires: ["notes"],
      optional: { enabledByDefault: false }
    })
  ]))

  const withModules = Modules.layerSql.pipe(
    Layer.provideMerge(Entitlements.layerSettings),
    Layer.provide(optional),
    Layer.fresh,
    Layer.provideMerge(core),
    Layer.provideMerge(migrated(database))
  )

  layer(withModules)("modules", (it) => {
    it.effect("an organization switches optional modules on and off, with what they need", () =>
      Effect.gen(function*() {
        const [one, two] = [yield* newTenant, yield* newTenant]
        const all = yield* Modules
        const ofOne = as(one.organization.id, one.owner.id, "owner")
        const states = Effect.map(all.list, (list) => list.filter((m) => m.enabled).map(({ id }) => id))
        assert.deepStrictEqual(yield* states.pipe(ofOne), ["core", "notes"])
        assert.isTrue((yield* all.enable("reminders").pipe(ofOne)).enabled)
        const needed = yield* Effect.flip(all.disable("notes").pipe(ofOne))
        assert.include(needed.detail, "Reminders")
        yield* all.disable("reminders").pipe(ofOne)
        yield* all.disable("notes").pipe(ofOne)
        assert.deepStrictEqual(yield* states.pipe(ofOne), ["core"])
        assert.strictEqual((yield* Effect.flip(all.enable("reminders").pipe(ofOne)))._tag, "Conflict")
        assert.strictEqual((yield* Effect.flip(all.disable("core").pipe(ofOne)))._tag, "Conflict")
        assert.strictEqual((yield* Effect.flip(all.enable("nothing").pipe(ofOne)))._tag, "NotFound")
        assert.isTrue(yield* all.isEnabled(two.organization.id, "notes"))
        assert.isFalse(yield* all.isEnabled(one.organization.id, "notes"))
        assert.deepStrictEqual((yield* actions.pipe(ofOne)).slice(0, 2).map(({ action }) => action), [
          "module.changed",
          "module.changed"
        ])
      }))

    it.effect("a module that the plan does not include does not work, whatever was chosen before", () =>
      Effect.gen(function*() {
        const { organization, owner } = yield* newTenant
        const all = yield* Modules
        const settings = yield* Settings
        const acting = as(organization.id, owner.id, "owner")
        yield* all.enable("reminders").pipe(acting)
        yield* settings.setPlatform("modules.available", ["notes"]).pipe(system)
        assert.isFalse(yield* all.isEnabled(organization.id, "reminders"))
        assert.strictEqual((yield* Effect.flip(all.enable("reminders").pipe(acting)))._tag, "NotInPlan")
        // The organization has more than others.
        yield* settings.set("modules.available", ["notes", "reminders"]).pipe(system, acting)
        assert.isTrue(yield* all.isEnabled(organization.id, "reminders"))
        assert.isFalse(yield* all.isEnabled((yield* newTenant).organization.id, "reminders"))
      }))
  })

  layer(core.pipe(Layer.provideMerge(migrated(database))))("platform administrators", (it) => {
    it.effect("are named by each other, and nobody leaves the platform without one", () =>
      Effect.gen(function*() {
        const [one, two] = [yield* newTenant, yield* newTenant]
        const admins = yield* PlatformAdmins
        yield* admins.grant(one.owner.id).pipe(system)
        const asOne = as(one.organization.id, one.owner.id, "owner")
        assert.isTrue(yield* admins.has(one.owner.id))
        assert.isFalse(yield* admins.has(two.owner.id))
        assert.strictEqual((yield* Effect.flip(admins.revoke(one.owner.id).pipe(asOne)))._tag, "Conflict")
        yield* admins.grant(two.owner.id).pipe(asOne)
        yield* admins.grant(two.owner.id).pipe(asOne)
        assert.sameMembers((yield* admins.list).map(({ userId }) => userId), [one.owner.id, two.owner.id])
        yield* admins.revoke(two.owner.id).pipe(asOne)
        assert.strictEqual((yield* Effect.flip(admins.revoke(two.owner.id).pipe(asOne)))._tag, "NotFound")
      }))
  })
})

describe("ModuleRegistry", () => {
  const build = (...all: ReadonlyArray<Module.Module>) =>
    Effect.flip(Effect.scoped(Layer.build(ModuleRegistry.layer(all))))
  const plain = { name: "A", description: "A module." }

  test.effect("modules that contradict each other, or miss one, make no server", () =>
    Effect.gen(function*() {
      const [a, b] = [Module.make({ id: "aa", ...plain }), Module.make({ id: "bb", ...plain, requires: ["aa"] })]
      yield* Effect.scoped(Layer.build(ModuleRegistry.layer([a, b])))
      assert.deepStrictEqual((yield* build(b, a)).problems, ["bb needs aa before it"])
      assert.deepStrictEqual((yield* build(b)).problems, ["bb needs aa before it"])
      assert.deepStrictEqual((yield* build(a, a)).problems, ["two have the name aa"])
      const settings = [CoreSettings.invitationDays]
      assert.deepStrictEqual((yield* build({ ...a, settings }, { ...b, settings })).problems, [
        "two have the setting invitations.days"
      ])
      yield* Effect.scoped(Layer.build(modules))
    }))
})
