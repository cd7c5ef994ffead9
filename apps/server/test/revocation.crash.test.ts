/** Two servers in processes of their own on one database: what is taken away through one is gone at the other. */
import { assert, describe, it } from "@effect/vitest"
import { OrganizationRoles } from "@wicara/core/OrganizationRoles"
import { Memberships } from "@wicara/core/Memberships"
import { Effect } from "effect"
import * as Harness from "./harness.ts"
import type { Tenant } from "./harness.ts"
import * as Program from "./program.ts"

const listening = Effect.fnUntraced(function*(variables: Harness.Place["variables"]) {
  const program = yield* Program.start(["serve"], variables)
  return (yield* program.prints(/listens on (http:\/\/\S+)/))[1] ?? ""
})

/** What somebody may do with contacts, and nothing else. */
const rules = (permission: string) => [
  { effect: "allow" as const, permissions: [permission], groups: [], scope: "organization" as const }
]

interface Taken {
  readonly what: string
  /** Who may ask for the contacts until then. */
  readonly grant: (tenant: Tenant) => Effect.Effect<
    {
      readonly token: string
      /** The request that takes it away. */
      readonly revoke: { readonly method: string; readonly path: string; readonly json?: unknown }
    },
    never,
    Effect.Services<ReturnType<typeof newReader>> | Effect.Services<ReturnType<typeof Harness.newApiKey>>
  >
  readonly status: number
}

/** A member whose role reads contacts by one rule. */
const newReader = Effect.fnUntraced(function*(tenant: Tenant) {
  const memberships = yield* Memberships
  const roles = yield* OrganizationRoles
  const make = (key: string, permission: string) =>
    roles.create({ key, name: key, rules: rules(permission) }).pipe(Harness.within(tenant.id))
  const role = yield* make(`reader-${Harness.unique()}`, "contacts:read")
  const other = yield* make(`other-${Harness.unique()}`, "knowledge:read")
  const user = yield* Harness.newMember(tenant, "viewer")
  yield* memberships.change(user.id, { role: role.key }).pipe(Harness.within(tenant.id))
  const { session, token } = yield* Harness.newSession(tenant, user)
  return { user, token, session, role, other }
}, Effect.orDie)

const taken: ReadonlyArray<Taken> = [
  {
    what: "a role",
    grant: (tenant) =>
      Effect.map(newReader(tenant), ({ other, token, user }) => ({
        token,
        revoke: { method: "PATCH", path: `/v1/members/${user.id}`, json: { role: other.key } }
      })),
    status: 403
  },
  {
    what: "a permission of a role",
    grant: (tenant) =>
      Effect.map(newReader(tenant), ({ role, token }) => ({
        token,
        revoke: { method: "PATCH", path: `/v1/roles/${role.key}`, json: { rules: rules("knowledge:read") } }
      })),
    status: 403
  },
  {
    what: "a session",
    grant: (tenant) =>
      Effect.map(newReader(tenant), ({ token, user }) => ({
        token,
        revoke: { method: "DELETE", path: `/v1/members/${user.id}/sessions` }
      })),
    status: 401
  },
  {
    what: "an API key",
    grant: (tenant) =>
      Effect.map(Harness.newApiKey(tenant, ["contacts:read"]), ({ apiKey, key }) => ({
        token: key,
        revoke: { method: "DELETE", path: `/v1/api-keys/${apiKey.id}` }
      })),
    status: 401
  },
  {
    what: "a suspended membership",
    grant: (tenant) =>
      Effect.map(newReader(tenant), ({ token, user }) => ({
        token,
        revoke: { method: "PATCH", path: `/v1/members/${user.id}`, json: { status: "suspended" } }
      })),
    status: 401
  },
  {
    what: "a membership",
    grant: (tenant) =>
      Effect.map(newReader(tenant), ({ token, user }) => ({
        token,
        revoke: { method: "DELETE", path: `/v1/members/${user.id}` }
      })),
    status: 401
  }
]

describe.each(Harness.databases)("two servers on one database (%s)", (database) => {
  it.live(
    "refuse at the next request what was taken away through the other",
    () =>
      Effect.gen(function*() {
        const place = yield* Harness.makePlace(database)
        yield* Effect.gen(function*() {
          const tenant = yield* Harness.newTenant("Acme")
          const one = yield* listening(place.variables)
          const other = yield* listening({ ...place.variables, WICARA_WORKERS: "false" })
          const signedIn = yield* Harness.requestTo(one, "/v1/sessions", {
            json: { email: tenant.users.owner.email, password: Harness.password }
          })
          yield* Harness.expectStatus(signedIn, 201)
          const owner = { token: signedIn.body.token }
          for (const { grant, status, what } of taken) {
            for (const [here, there] of [[one, other], [other, one]] as const) {
              const { revoke, token } = yield* grant(tenant)
              const contacts = (base: string) => Harness.requestTo(base, "/v1/contacts", { token })
              // Often enough that both have all of it at hand.
              for (const base of [there, here, there, here, there]) {
                yield* Harness.expectStatus(yield* contacts(base), 200, what)
              }
              const { path, ...rest } = revoke
              const revoked = yield* Harness.requestTo(here, path, { ...owner, ...rest })
              assert.include([200, 204], revoked.status, `${what}: ${revoked.text}`)
              yield* Harness.expectProblem(yield* contacts(there), status, `${what}, elsewhere`)
              yield* Harness.expectProblem(yield* contacts(here), status, `${what}, here`)
            }
          }
        }).pipe(Effect.provide(Harness.layerAt(place)))
      }),
    180_000
  )
})
