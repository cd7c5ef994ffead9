import { assert, describe, layer } from "@effect/vitest"
import { Organizations } from "@wicara/core/Organizations"
import { PlatformAdmins } from "@wicara/core/PlatformAdmins"
import { CurrentActor, systemActor } from "@wicara/core/Tenancy"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import { Effect, Layer } from "effect"
import { coreApi, coreHandlers, serve } from "./http.ts"
import { as, core, migrated, newTenant, password } from "./layers.ts"

const system = Effect.provideService(CurrentActor, systemActor("test"))

describe.each(TestDatabase.all)("The HTTP API of organizations on $name", (database) => {
  layer(core.pipe(Layer.provideMerge(migrated(database))))((it) => {
    const signIn = Effect.gen(function*() {
      const tenant = yield* newTenant
      const fetch = yield* serve(coreApi, coreHandlers)
      const { body } = yield* fetch("/v1/sessions", { json: { email: tenant.email, password } })
      return { ...tenant, fetch, token: body.token as string }
    })

    const signInAsAdmin = Effect.gen(function*() {
      const one = yield* signIn
      yield* PlatformAdmins.use((admins) => admins.grant(one.owner.id)).pipe(system)
      return one
    })

    it.effect("settings are listed, set and reset by those who may", () =>
      Effect.gen(function*() {
        const { fetch, organization, owner, token } = yield* signIn
        const listed = yield* fetch("/v1/settings", { token })
        assert.include(listed.body.data.map((one: { readonly key: string }) => one.key), "invitations.days")
        const path = "/v1/settings/invitations.days"
        const set = yield* fetch(path, { token, method: "PUT", json: { value: 3 } })
        assert.deepStrictEqual([set.status, set.body.value, set.body.source], [200, 3, "organization"])
        const wrong = yield* fetch(path, { token, method: "PUT", json: { value: 1000 } })
        assert.deepStrictEqual([wrong.status, wrong.body.field], [422, "/value"])
        assert.strictEqual((yield* fetch(path, { token, method: "DELETE" })).body.value, 7)
        assert.strictEqual((yield* fetch("/v1/settings/no.such", { token })).status, 404)
        const branding = { displayName: "Acme", primaryColor: "#112233" }
        yield* fetch("/v1/settings/organization.branding", { token, method: "PUT", json: { value: branding } })
        const open = yield* fetch(`/v1/public/organizations/${organization.slug}`)
        assert.deepStrictEqual(open.body, {
          name: organization.name,
          slug: organization.slug,
          locale: "en",
          direction: "ltr",
          branding
        })
        assert.strictEqual((yield* fetch("/v1/public/organizations/nobody")).status, 404)
        yield* Organizations.use((all) => all.setStatus("suspended")).pipe(as(organization.id, owner.id, "owner"))
        assert.strictEqual((yield* fetch(path, { token, method: "PUT", json: { value: 3 } })).status, 403)
        assert.strictEqual((yield* fetch(path, { token })).status, 200)
      }))

    it.effect("people make organizations where the platform lets them, and act in each without a new login", () =>
      Effect.gen(function*() {
        const { fetch, token } = yield* signIn
        const admin = yield* signInAsAdmin
        const json = { name: "Second company" }
        assert.strictEqual((yield* fetch("/v1/organizations", { token, json })).status, 403)
        const put = (key: string, value: unknown) =>
          admin.fetch(`/v1/platform/settings/${key}`, { token: admin.token, method: "PUT", json: { value } })
        assert.strictEqual((yield* put("organizations.self_service", true)).status, 200)
        yield* put("organizations.initial_status", "trial")
        yield* put("organizations.default_timezone", "Asia/Jakarta")
        const made = yield* fetch("/v1/organizations", { token, json, headers: { "idempotency-key": "one" } })
        const again = yield* fetch("/v1/organizations", { token, json, headers: { "idempotency-key": "one" } })
        assert.deepStrictEqual([made.status, again.body.id], [201, made.body.id])
        assert.deepStrictEqual(
          [made.body.status, made.body.timezone, made.body.slug],
          ["trial", "Asia/Jakarta", "second-company"]
        )
        const switched = yield* fetch("/v1/sessions/switch", { token, json: { organizationId: made.body.id } })
        const current = yield* fetch("/v1/organizations/current", { token: switched.body.token })
        assert.strictEqual(current.body.id, made.body.id)
        assert.strictEqual((yield* fetch("/v1/organizations", { token })).body.data.length, 2)
      }))

    it.effect("an owner hands the organization on, exports it, deletes it and calls that off", () =>
      Effect.gen(function*() {
        const { fetch, organization, token } = yield* signIn
        const heir = yield* fetch("/v1/members", {
          token,
          json: { email: `heir-${organization.slug}@example.com`, name: "Heir", role: "admin", password }
        })
        const exported = yield* fetch("/v1/organizations/current/export", { token })
        const lines = exported.text.trimEnd().split("\n")
        assert.strictEqual(exported.headers.get("content-type"), "application/x-ndjson")
        assert.strictEqual(lines.at(-1), "{\"complete\":true}")
        assert.lengthOf(lines.filter((line) => line.includes("\"core_memberships\"")), 2)
        assert.notInclude(exported.text, "key_hash")
        const path = "/v1/organizations/current/deletion"
        assert.strictEqual((yield* fetch(path, { token })).status, 404)
        const wrong = yield* fetch(path, { token, json: { confirm: "wrong" } })
        assert.deepStrictEqual([wrong.status, wrong.body.field], [422, "/confirm"])
        const requested = yield* fetch(path, {
          token,
          json: { confirm: organization.slug, reason: "No longer needed" }
        })
        assert.deepStrictEqual([requested.status, requested.body.state], [201, "scheduled"])
        assert.strictEqual((yield* fetch("/v1/organizations/current", { token })).body.status, "cancelled")
        assert.strictEqual((yield* fetch("/v1/organizations/current/export", { token })).status, 200)
        assert.strictEqual((yield* fetch(path, { token, method: "DELETE" })).body.state, "cancelled")
        const transferred = yield* fetch("/v1/organizations/current/owner", { token, json: { to: heir.body.userId } })
        assert.deepStrictEqual([transferred.status, transferred.body.role], [200, "owner"])
        assert.strictEqual((yield* fetch("/v1/me", { token })).body.role, "admin")
        for (const json of [{ confirm: organization.slug }]) {
          assert.strictEqual((yield* fetch(path, { token, json })).status, 403)
        }
      }))

    it.effect("modules are listed and switched off, and their endpoints are then refused", () =>
      Effect.gen(function*() {
        const { fetch, token } = yield* signIn
        const listed = yield* fetch("/v1/modules", { token })
        assert.deepStrictEqual(
          listed.body.data.map((one: Record<string, unknown>) => [one["id"], one["optional"], one["enabled"]]),
          [["core", false, true], ["other", false, true]]
        )
        const refused = yield* fetch("/v1/modules/core", { token, method: "PUT", json: { enabled: false } })
        assert.strictEqual(refused.status, 409)
      }))

    it.effect("a platform administrator acts in another organization by naming it and saying why", () =>
      Effect.gen(function*() {
        const { fetch, organization, owner, token } = yield* signInAsAdmin
        const other = yield* signIn
        const headers = (reason?: string) => ({
          "wicara-organization": other.organization.id,
          ...(reason === undefined ? {} : { "wicara-reason": reason })
        })
        const unsaid = yield* fetch("/v1/members", { token, headers: headers() })
        assert.deepStrictEqual([unsaid.status, unsaid.body.permission], [403, "platform:admin"])
        assert.strictEqual((yield* fetch("/v1/members", { token, headers: headers("x") })).status, 403)
        const reason = encodeURIComponent("Cliente não recebe mensagens")
        const members = yield* fetch("/v1/members", { token, headers: headers(reason) })
        assert.deepStrictEqual(members.body.data.map((one: { readonly userId: string }) => one.userId), [
          other.owner.id
        ])
        const renamed = yield* fetch("/v1/organizations/current", {
          token,
          method: "PATCH",
          json: { name: "Renamed by support" },
          headers: headers("Ticket 4711")
        })
        assert.strictEqual(renamed.status, 200)
        const audit = (yield* other.fetch("/v1/audit", { token: other.token })).body.data.slice(0, 3)
        assert.deepStrictEqual(audit.map((one: Record<string, unknown>) => [one["action"], one["actor"]]), [
          ["organization.changed", { _tag: "User", id: owner.id }],
          ["platform.acted", { _tag: "User", id: owner.id }],
          ["platform.acted", { _tag: "User", id: owner.id }]
        ])
        assert.deepStrictEqual(
          [audit[1].target.id, audit[1].after.reason, audit[2].after.reason],
          ["organizations.updateCurrent", "Ticket 4711", "Cliente não recebe mensagens"]
        )
        // What they decide for an organization themselves they change there.
        const set = yield* fetch("/v1/settings/modules.available", {
          token,
          method: "PUT",
          json: { value: [] },
          headers: headers("Plan downgraded")
        })
        assert.strictEqual(set.status, 200)
        assert.strictEqual((yield* fetch("/v1/organizations/current", { token })).body.id, organization.id)
        // Others who try learn nothing.
        for (const id of [organization.id, "0197c6a2-5f0e-7c3d-9b61-3f1f0a2f4b10"]) {
          const refused = yield* other.fetch("/v1/members", {
            token: other.token,
            headers: { "wicara-organization": id, "wicara-reason": "curiosity" }
          })
          assert.deepStrictEqual(
            [refused.status, refused.body.detail],
            [403, "Only platform administrators act in other organizations."]
          )
        }
      }))

    it.effect("a platform administrator suspends an organization with a reason, and nobody else sees the platform", () =>
      Effect.gen(function*() {
        const { fetch, owner, token } = yield* signInAsAdmin
        const other = yield* signIn
        const path = `/v1/platform/organizations/${other.organization.id}`
        for (const refused of ["/v1/platform/organizations", path, "/v1/platform/settings", "/v1/platform/audit"]) {
          assert.strictEqual((yield* other.fetch(refused, { token: other.token })).status, 403)
        }
        assert.strictEqual((yield* fetch(path, { token })).body.id, other.organization.id)
        const json = { status: "suspended", reason: "Invoice 12 is not paid" }
        const status = `${path}/status`
        assert.strictEqual((yield* fetch(status, { token, method: "PUT", json })).body.status, "suspended")
        assert.strictEqual((yield* other.fetch("/v1/members", { token: other.token })).status, 200)
        const [record] = (yield* other.fetch("/v1/audit", { token: other.token })).body.data
        assert.deepStrictEqual(record.after, { status: "suspended", reason: json.reason })
        const back = { status: "active", reason: "Paid" }
        assert.strictEqual((yield* fetch(status, { token, method: "PUT", json: back })).body.status, "active")
        const admins = `/v1/platform/admins/${other.owner.id}`
        assert.strictEqual((yield* fetch(admins, { token, method: "PUT", json: {} })).status, 200)
        assert.strictEqual((yield* other.fetch(path, { token: other.token })).status, 200)
        assert.strictEqual((yield* fetch(`/v1/platform/admins/${owner.id}`, { token, method: "DELETE" })).status, 409)
        assert.strictEqual((yield* fetch(admins, { token, method: "DELETE" })).status, 204)
        assert.strictEqual((yield* other.fetch(path, { token: other.token })).status, 403)
        const audit = (yield* fetch("/v1/platform/audit", { token })).body.data
        assert.deepStrictEqual(audit.slice(0, 2).map((one: { readonly action: string }) => one.action), [
          "platform.admin_revoked",
          "platform.admin_granted"
        ])
        const modules = yield* fetch("/v1/platform/modules", { token })
        assert.include(modules.body.data[0].routes, "platform")
        assert.include(modules.body.data[0].tables, "core_memberships")
      }))
  })
})
