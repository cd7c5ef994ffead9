import { assert, describe, it, layer } from "@effect/vitest"
import { Authentication } from "@wicara/core/Authentication"
import * as AuthenticationClient from "@wicara/core/Authentication/Client"
import { verifyAccess } from "@wicara/core/Authentication/Http"
import { Organizations } from "@wicara/core/Organizations"
import * as Permissions from "@wicara/core/Permissions"
import { PermissionRegistry } from "@wicara/core/Roles"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import { Effect, Layer, Logger, Redacted, References } from "effect"
import { HttpServer } from "effect/http"
import { HttpApi, HttpApiEndpoint, HttpApiGroup, HttpApiTest } from "effect/http-api"
import { CoreApi } from "../src/Api.ts"
import { coreApi, coreHandlers, serve } from "./http.ts"
import { as, core, migrated, newTenant, password } from "./layers.ts"

const allow = (permission: string) => ({
  effect: "allow",
  permissions: [permission],
  groups: [],
  scope: "organization"
})
let counter = 0

const unknownId = "0197c6a2-5f0e-7c3d-9b61-3f1f0a2f4b10"

describe.each(TestDatabase.all)("The HTTP API on $name", (database) => {
  layer(core.pipe(Layer.provideMerge(migrated(database))))((it) => {
    const signIn = Effect.gen(function*() {
      const tenant = yield* newTenant
      const fetch = yield* serve(coreApi, coreHandlers)
      const { body, status } = yield* fetch("/v1/sessions", { json: { email: tenant.email, password } })
      assert.strictEqual(status, 201)
      return { ...tenant, fetch, token: body.token as string, session: body.session as { readonly id: string } }
    })

    it.effect("one signs in, sees who one is, and signs out", () =>
      Effect.gen(function*() {
        const { fetch, organization, owner, token } = yield* signIn
        const me = yield* fetch("/v1/me", { token })
        assert.strictEqual(me.status, 200)
        assert.deepStrictEqual(me.body.actor, { _tag: "User", id: owner.id })
        assert.strictEqual(me.body.user.email, owner.email)
        assert.strictEqual(me.body.organization.id, organization.id)
        assert.strictEqual(me.body.role, "owner")
        assert.include(me.body.permissions, "members:write")
        assert.notInclude(me.text, "argon2")
        assert.strictEqual((yield* fetch("/v1/sessions/current", { method: "DELETE", token })).status, 204)
        assert.strictEqual((yield* fetch("/v1/me", { token })).status, 401)
      }))

    it.effect("a wrong password, no token and a foreign token are 401 and say how to sign in", () =>
      Effect.gen(function*() {
        const { email, fetch } = yield* signIn
        const answers = [
          yield* fetch("/v1/sessions", { json: { email, password: "wrong" } }),
          yield* fetch("/v1/me"),
          yield* fetch("/v1/me", { token: "ws_x" }),
          yield* fetch("/v1/me", { headers: { authorization: "Basic eDp5" } })
        ]
        for (const answer of answers) {
          assert.strictEqual(answer.status, 401)
          assert.strictEqual(answer.headers.get("content-type"), "application/problem+json")
          assert.strictEqual(answer.headers.get("www-authenticate"), "Bearer")
          assert.strictEqual(answer.body.type, "https://wicara.dev/problems/unauthorized")
        }
      }))

    it.effect("what somebody may not do is refused, and noted with who tried what from where", () =>
      Effect.gen(function*() {
        const notes: Array<Record<string, unknown>> = []
        const logger = Logger.make(({ fiber, logLevel }) => {
          if (logLevel === "Warn") notes.push({ ...fiber.getRef(References.CurrentLogAnnotations) })
        })
        const { fetch, organization, token } = yield* signIn.pipe(Effect.provide(Logger.layer([logger])))
        const key = yield* fetch("/v1/api-keys", { token, json: { name: "Key", scopes: ["members:read"] } })
        const headers = { "x-request-id": "request-of-a-stranger" }
        const refused = yield* fetch("/v1/members", {
          token: key.body.key,
          headers,
          json: { email: "x@x.example", role: "viewer" }
        })
        assert.strictEqual(refused.status, 403)
        const { actor, endpoint, organizationId, permission, requestId } = notes.at(-1) ?? {}
        assert.deepStrictEqual({ actor, endpoint, organizationId, permission, requestId }, {
          actor: `ApiKey ${key.body.apiKey.id}`,
          endpoint: "members.add",
          organizationId: organization.id,
          permission: "members:write",
          requestId: "request-of-a-stranger"
        })
        assert.lengthOf(notes, 1, "it was judged once, though it could have come as a cookie")
        assert.notInclude(JSON.stringify(notes), key.body.key)
      }))

    it.effect("a body that trickles in is given up", () =>
      Effect.gen(function*() {
        const { fetch } = yield* signIn
        const trickle = new ReadableStream<Uint8Array<ArrayBuffer>>({
          start: (controller) => controller.enqueue(new TextEncoder().encode("{\"email\":"))
        })
        const answer = yield* fetch("/v1/sessions", {
          method: "POST",
          body: trickle,
          headers: { "content-type": "application/json" }
        })
        assert.deepStrictEqual([answer.status, answer.headers.get("connection")], [408, "close"])
        assert.strictEqual(answer.body.title, "Request too slow")
      }))

    it.effect("too many wrong passwords are 429 and say when to try again", () =>
      Effect.gen(function*() {
        const { email, fetch } = yield* signIn
        for (let n = 0; n < 10; n++) yield* fetch("/v1/sessions", { json: { email, password: "wrong" } })
        const locked = yield* fetch("/v1/sessions", { json: { email, password } })
        assert.strictEqual(locked.status, 429)
        assert.isAtLeast(Number(locked.headers.get("retry-after")), 890)
      }))

    it.effect("members are added, changed and removed; what belongs to others is not found", () =>
      Effect.gen(function*() {
        const one = yield* signIn
        const two = yield* signIn
        const { fetch, token } = one
        const email = `m${one.owner.id}@example.com`
        const added = yield* fetch("/v1/members", { token, json: { email, name: "M", role: "agent", password } })
        assert.strictEqual(added.status, 201)
        const path = `/v1/members/${added.body.userId}`
        assert.strictEqual(
          (yield* fetch(path, { token, method: "PATCH", json: { role: "viewer" } })).body.role,
          "viewer"
        )
        const foreign = { token: two.token }
        for (const method of ["GET", "DELETE"]) {
          assert.strictEqual((yield* fetch(path, { ...foreign, method })).status, 404)
        }
        assert.strictEqual((yield* fetch(path, { ...foreign, method: "PATCH", json: { role: "viewer" } })).status, 404)
        assert.strictEqual((yield* fetch(`/v1/members/${unknownId}`, { token })).status, 404)
        const list = yield* fetch("/v1/members?limit=1", { token })
        assert.lengthOf(list.body.data, 1)
        assert.isString(list.body.nextCursor)
        const asViewer = yield* fetch("/v1/sessions", { json: { email, password } })
        const forbidden = yield* fetch("/v1/members", {
          token: asViewer.body.token,
          json: { email: "x@y.zz", role: "viewer" }
        })
        assert.strictEqual(forbidden.status, 403)
        assert.strictEqual(forbidden.body.permission, "members:write")
        assert.strictEqual((yield* fetch("/v1/audit", { token: asViewer.body.token })).status, 403)
        assert.strictEqual((yield* fetch(path, { token, method: "DELETE" })).status, 204)
        assert.strictEqual((yield* fetch("/v1/me", { token: asViewer.body.token })).status, 401)
        const audit = yield* fetch("/v1/audit", { token })
        assert.deepStrictEqual(
          audit.body.data.slice(0, 2).map((record: { readonly action: string }) => record.action),
          ["member.removed", "session.created"]
        )
      }))

    it.effect("an API key is shown once and does what its scopes say", () =>
      Effect.gen(function*() {
        const { fetch, token } = yield* signIn
        const two = yield* signIn
        const json = { name: "CRM", scopes: ["members:read"] }
        const made = yield* fetch("/v1/api-keys", { token, json })
        assert.strictEqual(made.status, 201)
        const key = made.body.key as string
        assert.strictEqual((yield* fetch("/v1/members", { token: key })).status, 200)
        assert.strictEqual((yield* fetch("/v1/api-keys", { token: key })).status, 403)
        assert.strictEqual((yield* fetch("/v1/sessions", { token: key })).status, 403)
        assert.strictEqual((yield* fetch("/v1/me", { token: key })).body.user, null)
        assert.notInclude((yield* fetch("/v1/api-keys", { token })).text, key)
        const path = `/v1/api-keys/${made.body.apiKey.id}`
        assert.strictEqual((yield* fetch(path, { token: two.token, method: "DELETE" })).status, 404)
        assert.strictEqual((yield* fetch(path, { token, method: "DELETE" })).status, 204)
        assert.strictEqual((yield* fetch("/v1/members", { token: key })).status, 401)
      }))

    it.effect("a changed password ends the other sessions", () =>
      Effect.gen(function*() {
        const { email, fetch, token } = yield* signIn
        const other = yield* fetch("/v1/sessions", { json: { email, password } })
        const next = "another good password"
        const wrong = yield* fetch("/v1/me/password", { token, json: { current: "wrong", next } })
        assert.deepStrictEqual([wrong.status, wrong.body.field], [422, "/current"])
        const short = yield* fetch("/v1/me/password", { token, json: { current: password, next: "short" } })
        assert.deepStrictEqual([short.status, short.body.errors[0].pointer], [400, "/next"])
        assert.notInclude(short.text, "short\"")
        assert.strictEqual((yield* fetch("/v1/me/password", { token, json: { current: password, next } })).status, 204)
        assert.strictEqual((yield* fetch("/v1/me", { token })).status, 200)
        assert.strictEqual((yield* fetch("/v1/me", { token: other.body.token })).status, 401)
        assert.strictEqual((yield* fetch("/v1/sessions", { json: { email, password: next } })).status, 201)
      }))

    it.effect("a suspended organization can be read and not changed", () =>
      Effect.gen(function*() {
        const { fetch, organization, owner, token } = yield* signIn
        const acting = as(organization.id, owner.id, "owner")
        const setStatus = (status: "suspended" | "cancelled" | "active") =>
          Organizations.use((organizations) => organizations.setStatus(status)).pipe(acting)
        const writes: ReadonlyArray<readonly [string, string, unknown]> = [
          ["POST", "/v1/members", { email: "new@example.com", name: "New", role: "agent" }],
          ["PATCH", "/v1/organizations/current", { name: "Other" }],
          ["POST", "/v1/api-keys", { name: "CRM", scopes: ["members:read"] }]
        ]
        for (const status of ["suspended", "cancelled"] as const) {
          yield* setStatus(status)
          for (const [method, path, json] of writes) {
            const answer = yield* fetch(path, { token, method, json })
            assert.deepStrictEqual(
              [answer.status, answer.body.type, answer.body.organizationStatus],
              [403, "https://wicara.dev/problems/organization-inactive", status]
            )
          }
          for (const path of ["/v1/me", "/v1/organizations", "/v1/sessions", "/v1/members", "/v1/audit"]) {
            assert.strictEqual((yield* fetch(path, { token })).status, 200)
          }
        }
        yield* setStatus("active")
        assert.strictEqual((yield* fetch("/v1/members", { token, json: writes[0]![2] })).status, 201)
        yield* setStatus("suspended")
        assert.strictEqual((yield* fetch("/v1/sessions/current", { token, method: "DELETE" })).status, 204)
      }))

    it.effect("an organization is renamed, and roles show what they grant", () =>
      Effect.gen(function*() {
        const { fetch, organization, token } = yield* signIn
        const renamed = yield* fetch("/v1/organizations/current", {
          token,
          method: "PATCH",
          json: { name: "  Renamed  ", timezone: "Asia/Jakarta", locale: "id-ID" }
        })
        assert.deepStrictEqual([renamed.status, renamed.body.name, renamed.body.id], [200, "Renamed", organization.id])
        for (const json of [{ timezone: "Mars/Olympus" }, { locale: "no locale" }, { slug: "www" }, { name: " " }]) {
          const invalid = yield* fetch("/v1/organizations/current", { token, method: "PATCH", json })
          assert.strictEqual(invalid.status, 400)
          assert.strictEqual(invalid.body.errors[0].pointer, `/${Object.keys(json)[0]}`)
        }
        const roles = yield* fetch("/v1/roles", { token })
        assert.deepStrictEqual(
          roles.body.data.map((role: { readonly key: string }) => role.key),
          ["owner", "admin", "manager", "agent", "viewer"]
        )
      }))

    it.effect("what is taken from a role or a member is gone at their next request", () =>
      Effect.gen(function*() {
        const { fetch, token } = yield* signIn
        const json = { key: `desk-${counter++}`, name: "Desk", rules: [allow("members:read"), allow("audit:read")] }
        const role = yield* fetch("/v1/roles", { token, json })
        assert.strictEqual(role.status, 201, role.text)
        const email = `desk${counter++}-${json.key}@example.com`
        const added = yield* fetch("/v1/members", { token, json: { email, name: "D", role: json.key, password } })
        assert.strictEqual(added.status, 201, added.text)
        const theirs = (yield* fetch("/v1/sessions", { json: { email, password } })).body.token as string
        const statusOf = (path: string) => Effect.map(fetch(path, { token: theirs }), ({ status }) => status)
        assert.deepStrictEqual([yield* statusOf("/v1/members"), yield* statusOf("/v1/audit")], [200, 200])
        const path = `/v1/roles/${json.key}`
        const { headers } = yield* fetch(path, { token })
        const change = { token, method: "PATCH", json: { rules: [allow("members:read")] } }
        const first = yield* fetch(path, { ...change, headers: { "if-match": headers.get("etag") ?? "" } })
        assert.deepStrictEqual([first.status, first.headers.get("etag")], [200, "\"2\""])
        const second = yield* fetch(path, { ...change, headers: { "if-match": headers.get("etag") ?? "" } })
        assert.deepStrictEqual([second.status, second.body.type, second.body.currentRevision], [
          412,
          "https://wicara.dev/problems/revision-mismatch",
          2
        ])
        assert.deepStrictEqual([yield* statusOf("/v1/members"), yield* statusOf("/v1/audit")], [200, 403])
        const given = yield* fetch("/v1/role-assignments", {
          token,
          json: { userId: added.body.userId, role: "admin", scope: { _tag: "Organization" } }
        })
        assert.strictEqual(yield* statusOf("/v1/audit"), 200)
        yield* fetch(`/v1/role-assignments/${given.body.id}`, { token, method: "DELETE" })
        assert.strictEqual(yield* statusOf("/v1/audit"), 403)
        const me = yield* fetch("/v1/me", { token: theirs })
        assert.deepStrictEqual(me.body.permissions, ["members:read"])
        const query = "permission=audit:read"
        const why = yield* fetch(`/v1/members/${added.body.userId}/access/explanation?${query}`, { token })
        assert.deepStrictEqual([why.status, why.body.allowed, why.body.sentence], [
          200,
          false,
          "No: none of their roles allows it."
        ])
      }))

    it.effect("permissions say which groups include them, and a condition that means nothing is refused", () =>
      Effect.gen(function*() {
        const { fetch, token } = yield* signIn
        const groups = yield* fetch("/v1/permission-groups", { token })
        const service = groups.body.data.find(({ key }: { readonly key: string }) => key === "service")
        assert.includeMembers(service.includes, ["contacts:read", "conversations:reply"])
        const permissions = yield* fetch("/v1/permissions", { token })
        const reply = permissions.body.data.find(({ name }: { readonly name: string }) =>
          name === "conversations:reply"
        )
        assert.deepStrictEqual(reply.scopes, ["team", "channel", "own"])
        assert.includeMembers(reply.groups, ["service", "conversations"])
        for (const condition of [{ networks: ["10.0.0.0/99"] }, { hours: { timezone: "UTC" } }]) {
          const rules = [{ ...allow("audit:read"), condition }]
          const refused = yield* fetch("/v1/roles", { token, json: { key: "nowhere", name: "N", rules } })
          assert.strictEqual(refused.status, 400, refused.text)
        }
      }))

    it.effect("the typed client signs requests with its token", () =>
      Effect.gen(function*() {
        const { organization, token } = yield* signIn
        const client = yield* HttpApiTest.groups(CoreApi, ["members", "organizations"]).pipe(
          Effect.provide(AuthenticationClient.layer(Redacted.make(token)))
        )
        assert.strictEqual((yield* client.organizations.current({})).id, organization.id)
        assert.lengthOf((yield* client.members.list({ query: {} })).data, 1)
        const missing = yield* Effect.flip(client.members.get({ params: { userId: organization.id as never } }))
        assert.strictEqual(missing._tag, "NotFound")
        const anonymous = yield* HttpApiTest.groups(CoreApi, ["organizations"]).pipe(
          Effect.provide(AuthenticationClient.layer(Effect.succeed(undefined)))
        )
        assert.strictEqual((yield* Effect.flip(anonymous.organizations.current({})))._tag, "Unauthorized")
      }).pipe(Effect.provide(Layer.merge(coreHandlers, HttpServer.layerServices))))
  })
})

describe("verifyAccess", () => {
  it.effect("every endpoint of this package declares who may call it", () =>
    Effect.gen(function*() {
      const registry = yield* PermissionRegistry
      yield* verifyAccess(CoreApi, registry)
    }).pipe(Effect.provide(PermissionRegistry.layer([]))))

  it.effect("an endpoint without access, without authentication or with an unknown permission is named", () =>
    Effect.gen(function*() {
      const known = Permissions.define("x", { read: "Read" })
      const parted = Permissions.define("y", { read: "Read" }, { scopes: ["own"] })
      const api = HttpApi.make("wicara").add(
        HttpApiGroup.make("things").add(
          HttpApiEndpoint.get("undeclared", "/a"),
          HttpApiEndpoint.get("fine", "/b").annotate(Permissions.Access, Permissions.require(known.read)),
          HttpApiEndpoint.get("whole", "/f").annotate(Permissions.Access, Permissions.requireScoped(known.read)),
          HttpApiEndpoint.get("part", "/g").annotate(Permissions.Access, Permissions.requireScoped(parted.read)),
          HttpApiEndpoint.get("mistyped", "/c").annotate(Permissions.Access, {
            permission: "x:raed",
            anyMember: false
          })
        ).middleware(Authentication),
        HttpApiGroup.make("open").add(
          HttpApiEndpoint.get("anyone", "/d").annotate(Permissions.Access, Permissions.open),
          HttpApiEndpoint.get("unguarded", "/e").annotate(Permissions.Access, Permissions.member)
        )
      )
      const error = yield* Effect.flip(verifyAccess(api, yield* PermissionRegistry))
      assert.deepStrictEqual(error.endpoints, [
        "things.undeclared",
        "things.whole",
        "things.mistyped",
        "open.unguarded"
      ])
    }).pipe(Effect.provide(PermissionRegistry.layer([
      Permissions.define("x", { read: "Read" }),
      Permissions.define("y", { read: "Read" }, { scopes: ["own"] })
    ]))))
})
