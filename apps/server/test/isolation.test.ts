import { assert, describe, it, layer } from "@effect/vitest"
import { ApiKeys } from "@wicara/core/ApiKeys"
import { Memberships } from "@wicara/core/Memberships"
import { platformAdmin } from "@wicara/core/PlatformPermission"
import { PermissionRegistry, presets, Roles } from "@wicara/core/Roles"
import { Sessions } from "@wicara/core/Sessions"
import * as Id from "@wicara/core/Id"
import { Context, Effect, Layer } from "effect"
import { SecureRandom } from "effect/crypto"
import { SqlClient } from "effect/sql"
import * as Contract from "./contract.ts"
import type { Caller, Endpoint } from "./contract.ts"
import * as Harness from "./harness.ts"
import type { Tenant } from "./harness.ts"

/** Two organizations that should never meet. */
class Tenants extends Context.Service<Tenants, { readonly a: Tenant; readonly b: Tenant }>()("test/Tenants") {
  static readonly layer = Layer.effect(
    Tenants,
    Effect.gen(function*() {
      return Tenants.of({ a: yield* Harness.newTenant("Acme"), b: yield* Harness.newTenant("Bravo") })
    })
  )
}

const personOf = Effect.fnUntraced(function*(tenant: Tenant, role: Harness.Role) {
  const caller: Caller = { tenant, user: tenant.users[role], token: yield* Harness.tokenOf(tenant, role) }
  return caller
})

const keyOf = Effect.fnUntraced(function*(tenant: Tenant, scopes?: ReadonlyArray<string>) {
  const { key } = yield* Harness.newApiKey(tenant, scopes)
  const caller: Caller = { tenant, user: tenant.users.owner, token: key }
  return caller
})

const said = (answer: Harness.Answer) => `${answer.status} ${answer.text.slice(0, 300)}`

const send = Effect.fnUntraced(function*(endpoint: Endpoint, caller: Caller, naming?: Contract.Naming) {
  const { options, path } = yield* Contract.requestFor(endpoint, caller, naming)
  return yield* Harness.request(path, options)
})

const unknownId = () => SecureRandom.uuidV7Unsafe()

/** Which roles hold which permission; owners hold all of them. A new permission has to be entered here. */
const holders: Readonly<Record<string, ReadonlyArray<Harness.Role>>> = {
  "organization:read": ["admin", "manager", "agent", "viewer"],
  "organization:write": ["admin"],
  "organization:transfer": [],
  "organization:export": ["admin"],
  "organization:delete": [],
  "settings:read": ["admin", "manager"],
  "settings:write": ["admin"],
  "jobs:read": ["admin", "manager"],
  "jobs:write": ["admin"],
  "texts:read": ["admin", "manager"],
  "texts:write": ["admin"],
  "members:read": ["admin", "manager", "agent", "viewer"],
  "members:write": ["admin"],
  "roles:read": ["admin", "manager"],
  "roles:write": ["admin"],
  "teams:read": ["admin", "manager", "agent", "viewer"],
  "teams:write": ["admin"],
  "templates:read": ["admin", "manager", "agent"],
  "templates:write": ["admin", "manager"],
  "webhooks:read": ["admin"],
  "webhooks:write": ["admin"],
  "agents:read": ["admin", "manager", "agent", "viewer"],
  "agents:write": ["admin"],
  "api-keys:read": ["admin"],
  "api-keys:write": ["admin"],
  "api-keys:machine": ["admin"],
  "audit:read": ["admin"],
  "audit:export": ["admin"],
  "security:read": ["admin"],
  "security:recover": ["admin"],
  "security:write": ["admin"],
  "channels:read": ["admin", "manager", "agent", "viewer"],
  "channels:write": ["admin"],
  "contacts:read": ["admin", "manager", "agent"],
  "contacts:write": ["admin", "manager", "agent"],
  "conversations:read": ["admin", "manager", "agent", "viewer"],
  "conversations:reply": ["admin", "manager", "agent"],
  "conversations:assign": ["admin", "manager"],
  "knowledge:read": ["admin", "manager", "agent", "viewer"],
  "knowledge:write": ["admin", "manager"],
  "bots:read": ["admin", "manager", "agent", "viewer"],
  "bots:write": ["admin", "manager"],
  "ai:read": ["admin", "manager"],
  "ai:write": ["admin"],
  "mail:read": ["admin", "manager"],
  "mail:write": ["admin"],
  "files:read": ["admin", "manager", "agent"],
  "files:write": ["admin", "manager", "agent"]
}

const members = Contract.endpoints.filter(({ credential }) => credential === "member")
const visitors = Contract.endpoints.filter(({ credential }) => credential === "visitor")
// Those who run the server see every organization, and nobody else gets that far.
const foreign = members.filter(({ access }) => access.permission !== platformAdmin.name).flatMap((endpoint) =>
  Contract.tenantIds(endpoint).map((slot) => ({
    endpoint,
    slot,
    name: `${endpoint.key} (${slot.slot} ${slot.at.join(".")})`
  }))
)

describe("the contract", () => {
  it("has no case for an endpoint that does not exist", () => {
    assert.deepStrictEqual(Contract.staleCases, [])
  })
})

for (const database of Harness.databases) {
  const server = Tenants.layer.pipe(Layer.provideMerge(Harness.layer(database)))

  layer(server, { excludeTestServices: true, timeout: "60 seconds" })(`two organizations on ${database}`, (it) => {
    it.effect.each(foreign)(
      "what another organization has is not found: $name",
      ({ endpoint, slot }) =>
        Effect.gen(function*() {
          const { a, b } = yield* Tenants
          const owner = yield* personOf(b, "owner")
          // What only accounts of one channel have names one of these itself.
          const special = yield* Contract.caseOf(endpoint).path?.(owner) ?? Effect.succeed({})
          const named = Object.entries(special).find(([key]) => slot.slot === "path" && key === slot.at[0])?.[1]
          const naming = new Map([[slot, named ?? (yield* Contract.make(slot.brand, owner))]])
          const refused = slot.slot === "path" ? [404] : [404, 422]
          const isRefused = (answer: Harness.Answer) =>
            (refused.includes(answer.status) && Harness.problemFault(answer) === undefined) ||
            (slot.slot === "query" && answer.status === 200 && answer.body.data.length === 0)
          for (const stranger of [yield* personOf(a, "owner"), yield* keyOf(a)]) {
            const denied = yield* send(endpoint, stranger, naming)
            const { personal } = Contract.caseOf(endpoint)
            if (personal !== undefined && stranger.token.startsWith("wk_")) {
              yield* Harness.expectProblem(denied, personal)
            } else assert.isTrue(isRefused(denied), `a stranger is answered ${said(denied)}`)
          }
          const invented = yield* send(endpoint, yield* personOf(a, "owner"), new Map([[slot, unknownId()]]))
          assert.isTrue(isRefused(invented), `for an id that nobody has: ${said(invented)}`)
          if (Contract.caseOf(endpoint).related?.includes(slot.at.join(".")) === true) return
          const own = yield* send(endpoint, owner, naming)
          assert.isTrue(Contract.isSuccess(endpoint, own.status), `its own organization is answered ${said(own)}`)
        })
    )

    it.effect.each(members)("everyone may do what their permissions say: $key", (endpoint) =>
      Effect.gen(function*() {
        const { a } = yield* Tenants
        const granted = yield* Roles
        const scopes = ["organization:read"]
        const callers = [
          ...(yield* Effect.forEach(Harness.roles, (role) =>
            Effect.map(
              personOf(a, role),
              (caller) => ({ name: role as string, caller, held: granted.permissions(role) })
            ))),
          { name: "an API key", caller: yield* keyOf(a, scopes), held: new Set(scopes) }
        ]
        const { permission } = endpoint.access
        for (const { caller, held, name } of callers) {
          const answer = yield* send(endpoint, caller)
          const { personal } = Contract.caseOf(endpoint)
          if (permission !== null && !held.has(permission)) {
            yield* Harness.expectProblem(answer, 403, name)
            assert.strictEqual(answer.body.permission, permission, name)
          } else if (personal !== undefined && name === "an API key") {
            yield* Harness.expectProblem(answer, personal, name)
          } else assert.isTrue(Contract.isSuccess(endpoint, answer.status), `${name} is answered ${said(answer)}`)
        }
      }))

    it.effect.each(members)("nobody without a valid credential: $key", (endpoint) =>
      Effect.gen(function*() {
        const { a } = yield* Tenants
        const apiKeys = yield* ApiKeys
        const sessions = yield* Sessions
        const caller = yield* personOf(a, "owner")
        const { options, path } = yield* Contract.requestFor(endpoint, caller)
        const revokedKey = yield* Harness.newApiKey(a)
        yield* apiKeys.revoke(revokedKey.apiKey.id).pipe(Harness.within(a.id))
        const ended = yield* Harness.newSession(a, a.users.owner)
        yield* sessions.revoke(a.users.owner.id, ended.session.id)
        const { key } = yield* Harness.newApiKey(a)
        const mistyped = `${key.slice(0, -1)}${key.endsWith("A") ? "B" : "A"}`
        const credentials: Readonly<Record<string, Record<string, string>>> = {
          "no credential": {},
          "an empty one": { authorization: "" },
          garbage: { authorization: "Bearer garbage" },
          "another scheme": { authorization: `Basic ${Buffer.from(`a:${key}`).toString("base64")}` },
          "an unknown session": { authorization: `Bearer ws_${"A".repeat(43)}` },
          "a mistyped key": { authorization: `Bearer ${mistyped}` },
          "a revoked key": { authorization: `Bearer ${revokedKey.key}` },
          "an ended session": { authorization: `Bearer ${ended.token}` }
        }
        for (const [name, headers] of Object.entries(credentials)) {
          const answer = yield* Harness.request(path, { ...options, token: undefined, headers })
          yield* Harness.expectProblem(answer, 401, name)
          assert.match(answer.headers.get("www-authenticate") ?? "", /^Bearer/, name)
        }
      }).pipe(Effect.orDie))

    it.effect.each(visitors)("nobody without a visitor's token: $key", (endpoint) =>
      Effect.gen(function*() {
        const { a } = yield* Tenants
        const caller = yield* personOf(a, "owner")
        const { options, path } = yield* Contract.requestFor(endpoint, caller)
        const visitor = yield* Harness.newVisitor((yield* Harness.newWidgetAccount(a)).id)
        const other = yield* Harness.newVisitor((yield* Harness.newWidgetAccount(a)).id)
        const parts = visitor.token.split(".")
        const tokens: Readonly<Record<string, string | undefined>> = {
          "no token": undefined,
          garbage: "garbage",
          "a member's session": caller.token,
          "an API key": (yield* Harness.newApiKey(a)).key,
          "a token with another's signature": [...parts.slice(0, -1), other.token.split(".").at(-1)].join("."),
          "a token with another's claims": [...other.token.split(".").slice(0, -1), parts.at(-1)].join(".")
        }
        for (const [name, token] of Object.entries(tokens)) {
          yield* Harness.expectProblem(yield* Harness.request(path, { ...options, token }), 401, name)
          if (token === undefined) continue
          const inQuery = `${path}?token=${encodeURIComponent(token)}`
          yield* Harness.expectProblem(yield* Harness.request(inQuery, { ...options, token: undefined }), 401, name)
        }
        for (
          const { key, method, path } of members.filter(({ method, path }) => method === "GET" && !path.includes(":"))
        ) {
          yield* Harness.expectProblem(yield* Harness.request(path, { method, token: visitor.token }), 401, key)
        }
      }))

    it.effect("only a widget account opens sessions for visitors", () =>
      Effect.gen(function*() {
        const { a } = yield* Tenants
        const accounts = [unknownId(), (yield* Harness.newCloudAccount(a)).id, (yield* Harness.newWahaAccount(a)).id]
        for (const id of accounts) {
          yield* Harness.expectProblem(yield* Harness.request(`/v1/widget/${id}/sessions`, { json: {} }), 404)
        }
      }))

    it.effect("visitors of two organizations with the same message ids read their own messages only", () =>
      Effect.gen(function*() {
        const { a, b } = yield* Tenants
        const id = unknownId()
        const write = Effect.fnUntraced(function*(tenant: Tenant, text: string) {
          const account = yield* Harness.newWidgetAccount(tenant)
          const { token } = yield* Harness.newVisitor(account.id)
          yield* Harness.expectStatus(yield* Harness.request("/v1/widget/messages", { token, json: { id, text } }), 202)
          return token
        })
        const tokens = { Acme: yield* write(a, "I am with Acme"), Bravo: yield* write(b, "I am with Bravo") }
        for (const [name, token] of Object.entries(tokens)) {
          const { body } = yield* Harness.request("/v1/widget/messages", { token })
          const ours = body.data.filter((message: any) => message.id === id)
          assert.deepStrictEqual(ours.map((message: any) => message.content.text), [`I am with ${name}`])
        }
      }))

    it.effect("a visitor's token means nothing to another organization's widget", () =>
      Effect.gen(function*() {
        const { a, b } = yield* Tenants
        const visitor = yield* Harness.newVisitor((yield* Harness.newWidgetAccount(a)).id)
        const account = yield* Harness.newWidgetAccount(b)
        const opened = yield* Harness.request(`/v1/widget/${account.id}/sessions`, { json: { token: visitor.token } })
        yield* Harness.expectStatus(opened, 200)
        assert.notStrictEqual(opened.body.visitorId, visitor.visitorId)
      }))

    it.effect("the same number, customer and message in two organizations are two of each", () =>
      Effect.gen(function*() {
        const { a, b } = yield* Tenants
        const sql = yield* SqlClient.SqlClient
        const phoneNumberId = `1777${Harness.unique()}`
        const webhook = Harness.cloudText({ phoneNumberId, from: "6281234500001", id: "wamid.SAME", text: "Hello" })
        const accounts = [
          yield* Harness.newCloudAccount(a, phoneNumberId),
          yield* Harness.newCloudAccount(b, phoneNumberId)
        ]
        const [ofA, ofB] = accounts.map(({ id }) => `/v1/inbound/${id}`)
        const [secretA, secretB] = accounts.map(({ appSecret }) => appSecret)
        const stored = Effect.map(
          sql<{ readonly organization_id: Uint8Array }>`SELECT organization_id FROM channels_inbound_events
            WHERE ${sql.in("channel_account_id", accounts.map(({ id }) => Id.toBytes(id)))}`,
          (rows) => rows.map((row) => Id.fromBytes(row.organization_id)).toSorted()
        )
        yield* Harness.expectProblem(yield* Harness.request(`${ofA}`, Harness.signedCloud(webhook, `${secretB}`)), 401)
        yield* Harness.expectProblem(yield* Harness.request(`${ofB}`, Harness.signedCloud(webhook, `${secretA}`)), 401)
        assert.deepStrictEqual(yield* stored, [])
        for (const _ of [1, 2]) {
          yield* Harness.expectStatus(yield* Harness.request(`${ofA}`, Harness.signedCloud(webhook, `${secretA}`)), 200)
          yield* Harness.expectStatus(yield* Harness.request(`${ofB}`, Harness.signedCloud(webhook, `${secretB}`)), 200)
        }
        assert.deepStrictEqual(yield* stored, [a.id, b.id].toSorted())
        const seen = yield* Effect.forEach([a, b], (tenant, index) =>
          Effect.gen(function*() {
            const token = yield* Harness.tokenOf(tenant, "owner")
            const inbox = `/v1/conversations?channelAccountId=${accounts[index]?.id}`
            const { body: { data: [conversation] } } = yield* Harness.eventually(
              Harness.request(inbox, { token }),
              ({ body }) => body.data.length === 1 && body.data[0].unread === 1
            )
            const messages = yield* Harness.request(`/v1/conversations/${conversation.id}/messages`, { token })
            const received = messages.body.data.filter((message: any) => message.direction === "inbound")
            assert.deepStrictEqual(received.map((message: any) => message.providerMessageId), ["wamid.SAME"])
            const contacts = yield* Harness.request(`/v1/contacts?search=6281234500001`, { token })
            assert.deepStrictEqual(contacts.body.data.map((contact: any) => contact.id), [conversation.contactId])
            return conversation.contactId
          }))
        assert.strictEqual(new Set(seen).size, 2)
      }))

    it.effect("the roles hold exactly the permissions that this table names", () =>
      Effect.gen(function*() {
        const registry = yield* PermissionRegistry
        const granted = yield* Roles
        const actual = Object.fromEntries(registry.all.map(({ name }) => [
          name,
          Harness.roles.filter((role) => role !== "owner" && granted.permissions(role).has(name))
        ]))
        assert.deepStrictEqual(actual, holders)
        for (const { name } of registry.all) assert.isTrue(granted.permissions("owner").has(name))
      }))

    it.effect("a permission's resource is a plural, or one of these, of which there is one or no number", () =>
      Effect.gen(function*() {
        const { all } = yield* PermissionRegistry
        const patterns = presets.flatMap(({ grants }) => grants.map((grant) => grant.replace("!", "")))
        const names = [...all.map(({ name }) => name), ...patterns]
        const uncounted = ["*", "ai", "audit", "automation", "billing", "knowledge", "mail", "organization", "security"]
        for (const name of names) assert.match(name, /^([a-z]+(-[a-z]+)*|\*):([a-z]+(-[a-z]+)*|\*)$/)
        const resources = new Set(names.map((name) => name.split(":")[0]!))
        assert.deepStrictEqual([...resources].filter((name) => !name.endsWith("s") && !uncounted.includes(name)), [])
        for (const name of uncounted) assert.isFalse(resources.has(`${name}s`), `${name} has a plural too`)
      }))

    it.effect("a suspended member and a member who was removed are strangers at once", () =>
      Effect.gen(function*() {
        const { a } = yield* Tenants
        const memberships = yield* Memberships
        const [suspended, removed] = [yield* Harness.newMember(a, "admin"), yield* Harness.newMember(a, "admin")]
        const tokens = [yield* Harness.newSession(a, suspended), yield* Harness.newSession(a, removed)]
        for (const { token } of tokens) {
          yield* Harness.expectStatus(yield* Harness.request("/v1/members", { token }), 200)
        }
        yield* memberships.change(suspended.id, { status: "suspended" }).pipe(Harness.within(a.id))
        yield* memberships.remove(removed.id).pipe(Harness.within(a.id))
        for (const { token } of tokens) {
          yield* Harness.expectProblem(yield* Harness.request("/v1/members", { token }), 401)
        }
      }).pipe(Effect.orDie))
  })
}
