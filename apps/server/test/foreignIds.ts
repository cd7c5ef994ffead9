/** Every id of one organization in every place of a request that takes an id, by everyone of another one. */
import { assert, describe, it } from "@effect/vitest"
import { Memberships } from "@wicara/core/Memberships"
import { OrganizationRoles } from "@wicara/core/OrganizationRoles"
import { Sessions } from "@wicara/core/Sessions"
import * as Id from "@wicara/core/Id"
import { WebhookEndpoints } from "@wicara/webhooks/WebhookEndpoints"
import { Effect } from "effect"
import { SecureRandom } from "effect/crypto"
import { SqlClient } from "effect/sql"
import { createHash } from "node:crypto"
import * as Contract from "./contract.ts"
import type { Caller } from "./contract.ts"
import * as Harness from "./harness.ts"
import type { Tenant } from "./harness.ts"

const members = Contract.endpoints.filter(({ credential, stream }) => credential === "member" && !stream)
const slots = members.flatMap((endpoint) => Contract.tenantIds(endpoint).map((slot) => ({ endpoint, slot })))
const brands = [...new Set(slots.map(({ slot }) => slot.brand))]

/** Everyone who may try, by what they are; all but the first few are refused whatever they ask. */
const everyone = Effect.fnUntraced(function*(tenant: Tenant) {
  const memberships = yield* Memberships
  const sessions = yield* Sessions
  const roles = yield* OrganizationRoles
  const people = yield* Effect.forEach(
    Harness.roles,
    (role) => Effect.map(Harness.tokenOf(tenant, role), (token) => [role as string, token] as const)
  )
  const role = yield* roles.create({
    key: "helper",
    name: "Helper",
    rules: [{
      effect: "allow",
      permissions: ["contacts:read", "contacts:write", "conversations:read", "knowledge:read"],
      groups: [],
      scope: "organization"
    }]
  }).pipe(Harness.within(tenant.id))
  const helper = yield* Harness.newMember(tenant, "viewer")
  yield* memberships.change(helper.id, { role: role.key }).pipe(Harness.within(tenant.id))
  const suspended = yield* Harness.newMember(tenant, "admin")
  const suspendedToken = (yield* Harness.newSession(tenant, suspended)).token
  yield* memberships.change(suspended.id, { status: "suspended" }).pipe(Harness.within(tenant.id))
  const ended = yield* Harness.newSession(tenant, tenant.users.owner)
  yield* sessions.revoke(tenant.users.owner.id, ended.session.id)
  return new Map<string, string | undefined>([
    ...people,
    ["a role of the organization's own", (yield* Harness.newSession(tenant, helper)).token],
    ["an API key", (yield* Harness.newApiKey(tenant)).key],
    ["an API key with one scope", (yield* Harness.newApiKey(tenant, ["contacts:read"])).key],
    ["a suspended member", suspendedToken],
    ["an ended session", ended.token],
    ["nobody", undefined]
  ])
}, Effect.orDie)

/** What workers write by the clock, about the accounts that they look after and the leases that they hold. */
const byTheClock = new Set([
  "channels_account_checks",
  "channels_account_days",
  "channels_account_states",
  "conversations_history_checks",
  "conversations_lanes",
  "templates_runs",
  "templates_scopes",
  "waha_analytics_daily",
  "waha_api_requests",
  "waha_contacts",
  "waha_groups",
  "waha_sockets",
  "waha_syncs"
])

/** What checks of accounts, which come by the clock, write into the accounts themselves. */
const checked = new Set(["connection", "health_status", "health_message", "health_checked_at"])

/** A digest of every row that belongs to the organization, by table. */
const digests = Effect.fnUntraced(function*(organizationId: string) {
  const sql = yield* SqlClient.SqlClient
  const tables = yield* sql.onDialectOrElse({
    mysql: () =>
      sql<{ readonly name: string }>`SELECT table_name AS name FROM information_schema.columns
        WHERE table_schema = DATABASE() AND column_name = 'organization_id' ORDER BY table_name`,
    orElse: () =>
      sql<{ readonly name: string }>`SELECT m.name AS name FROM sqlite_master m, pragma_table_info(m.name) c
        WHERE m.type = 'table' AND c.name = 'organization_id' ORDER BY m.name`
  })
  const found: Record<string, string> = {}
  for (const { name } of tables) {
    if (byTheClock.has(name)) continue
    const rows = yield* sql.unsafe(`SELECT * FROM ${name} WHERE organization_id = ?`, [Id.toBytes(organizationId)])
    const texts = rows.map((row) =>
      JSON.stringify(row, (key, value) =>
        name === "channels_accounts" && checked.has(key)
          ? undefined
          : value instanceof Uint8Array
          ? Buffer.from(value).toString("hex")
          : value)
    )
    found[name] = `${rows.length} ${createHash("sha256").update(texts.toSorted().join("\n")).digest("hex")}`
  }
  return found
}, Effect.orDie)

/** The digests once the workers have nothing left to do for the organization. */
const settled = Effect.fnUntraced(function*(organizationId: string) {
  let before = yield* digests(organizationId)
  while (true) {
    yield* Effect.sleep("2 seconds")
    const now = yield* digests(organizationId)
    if (JSON.stringify(now) === JSON.stringify(before)) return now
    before = now
  }
})

/** The suite on one database: each is a file of its own, which take as long side by side as one alone. */
export const foreignIds = (database: Harness.DatabaseName) =>
  describe.runIf(Harness.databases.includes(database))(`everything of another organization on ${database}`, () => {
    it.live("is neither told nor changed, whoever asks and wherever its ids are put", () =>
      Effect.gen(function*() {
        const a = yield* Harness.newTenant("Acme")
        const b = yield* Harness.newTenant("Bravo")
        const of = Effect.fnUntraced(function*(tenant: Tenant) {
          const caller: Caller = { tenant, user: tenant.users.owner, token: yield* Harness.tokenOf(tenant, "owner") }
          return caller
        })
        const [acme, bravo] = [yield* of(a), yield* of(b)]
        const theirs = yield* Effect.forEach(brands, (brand) =>
          Effect.map(Contract.make(brand, bravo), (id) => ({ brand, id })))
        // Or their deliveries are tried again and again: nobody listens there.
        const hooks = yield* WebhookEndpoints
        for (const { id } of (yield* hooks.list({ limit: 200 }).pipe(Harness.within(b.id))).data) {
          yield* hooks.update(id, { enabled: false }).pipe(Harness.within(b.id))
        }
        const callers = yield* everyone(a)
        const before = yield* settled(b.id)
        assert.isAbove(Object.keys(before).length, 20)

        const faults: Array<string> = []
        let sent = 0
        for (const { endpoint, slot } of slots) {
          // Everything else in the request is the caller's own, so that only the foreign id can be what is refused.
          const placeholder = SecureRandom.uuidV7Unsafe()
          const { options, path } = yield* Contract.requestFor(endpoint, acme, new Map([[slot, placeholder]]))
          const { json, ...rest } = options as Harness.RequestOptions
          const text = json === undefined ? undefined : JSON.stringify(json)
          const tries = [...callers].flatMap(([name, token]) =>
            theirs.map((their) => ({ name, token, ...their }))
          )
          yield* Effect.forEach(tries, ({ brand, id, name, token }) =>
            Effect.gen(function*() {
              const answer = yield* Harness.request(path.replace(placeholder, id), {
                ...rest,
                token,
                within: 30_000,
                ...(text === undefined
                  ? {}
                  : { body: text.replaceAll(placeholder, id), headers: { "content-type": "application/json" } })
              })
              sent += 1
              const isEmpty = slot.slot === "query" && answer.status === 200 && answer.body?.data?.length === 0
              const isRefused = answer.status >= 400 && answer.status < 500 &&
                Harness.problemFault(answer) === undefined
              if (!isEmpty && !isRefused) {
                const what = `${endpoint.key} with a ${brand} in ${slot.at.join(".")} by ${name}`
                faults.push(`${what}: ${answer.status} ${answer.text.slice(0, 200)}`)
              }
            }), { concurrency: 16, discard: true })
        }
        assert.deepStrictEqual(faults.slice(0, 20), [])
        assert.deepStrictEqual(yield* settled(b.id), before)
        assert.deepStrictEqual((yield* Harness.TestServer).errors, [])
        assert.isAbove(sent, 10_000)
      }).pipe(Effect.provide(Harness.layer(database))), 600_000)
  })
