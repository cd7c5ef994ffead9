import { assert, describe, layer } from "@effect/vitest"
import { ApiKeys } from "@wicara/core/ApiKeys"
import { ClientAddress } from "@wicara/core/MemberAccess"
import { Memberships } from "@wicara/core/Memberships"
import { CurrentActor, CurrentOrganization } from "@wicara/core/Tenancy"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import { Effect, Layer, Option } from "effect"
import { TestClock } from "effect/testing"
import { coreApi, coreHandlers, peerHeader, serve } from "./http.ts"
import { as, core, identity, migrated, newTenant, password } from "./layers.ts"

const isValid = (token: string) => Effect.map(ApiKeys.use((keys) => Effect.orDie(keys.verify(token))), Option.isSome)

describe.each(TestDatabase.all)("API keys on $name", (database) => {
  layer(identity.pipe(Layer.provideMerge(migrated(database))))((it) => {
    it.effect("after a rotation both secrets work for a time, then only the new one, and the key is the same", () =>
      Effect.gen(function*() {
        const { organization, owner } = yield* newTenant
        const keys = yield* ApiKeys
        const acting = as(organization.id, owner.id, "owner")
        const made = yield* keys.create({ name: "CRM", scopes: ["contacts:read"] }).pipe(acting)
        const next = yield* keys.rotate(made.apiKey.id, { overlapHours: 2 }).pipe(acting)
        assert.notStrictEqual(next.key, made.key)
        assert.strictEqual(next.apiKey.id, made.apiKey.id)
        assert.strictEqual(next.apiKey.start, next.key.slice(0, 9))
        for (const token of [made.key, next.key]) {
          const verified = Option.getOrThrow(yield* keys.verify(token))
          assert.strictEqual(verified.apiKeyId, made.apiKey.id)
        }
        yield* TestClock.adjust("121 minutes")
        assert.deepStrictEqual([yield* isValid(made.key), yield* isValid(next.key)], [false, true])
        const at = yield* keys.rotate(made.apiKey.id, { overlapHours: 0 }).pipe(acting)
        assert.deepStrictEqual([yield* isValid(next.key), yield* isValid(at.key)], [false, true])
        const last = yield* keys.rotate(made.apiKey.id, {}).pipe(acting)
        yield* keys.revoke(made.apiKey.id).pipe(acting)
        assert.deepStrictEqual([yield* isValid(at.key), yield* isValid(last.key)], [false, false])
        const conflict = yield* Effect.flip(keys.rotate(made.apiKey.id, {}).pipe(acting))
        assert.strictEqual(conflict._tag, "Conflict")
      }))

    it.effect("of two rotations at once one wins, and its secret is the one that works", () =>
      Effect.gen(function*() {
        const { organization, owner } = yield* newTenant
        const keys = yield* ApiKeys
        const acting = as(organization.id, owner.id, "owner")
        const made = yield* keys.create({ name: "CRM", scopes: ["contacts:read"] }).pipe(acting)
        const rotated = yield* Effect.forEach(
          [1, 2, 3, 4],
          () => Effect.option(keys.rotate(made.apiKey.id, { overlapHours: 0 }).pipe(acting)),
          { concurrency: "unbounded" }
        )
        const valid = yield* Effect.filter(
          rotated.filter(Option.isSome).map(({ value }) => value.key),
          isValid
        )
        assert.lengthOf(valid, 1)
      }))

    it.effect("nobody gets a key's secret by rotating it who may do less than it", () =>
      Effect.gen(function*() {
        const { organization, owner } = yield* newTenant
        const keys = yield* ApiKeys
        const made = yield* keys.create({ name: "CRM", scopes: ["billing:update"] }).pipe(
          as(organization.id, owner.id, "owner")
        )
        const refused = yield* Effect.flip(
          keys.rotate(made.apiKey.id, {}).pipe(as(organization.id, owner.id, "agent"))
        )
        assert.strictEqual(refused._tag === "Forbidden" && refused.permission, "billing:update")
        assert.isTrue(yield* isValid(made.key))
        const other = yield* newTenant
        const foreign = yield* Effect.flip(
          keys.rotate(made.apiKey.id, {}).pipe(as(other.organization.id, other.owner.id, "owner"))
        )
        assert.strictEqual(foreign._tag, "NotFound")
      }))

    it.effect("a key with networks works from them alone", () =>
      Effect.gen(function*() {
        const { organization, owner } = yield* newTenant
        const keys = yield* ApiKeys
        const acting = as(organization.id, owner.id, "owner")
        const allowedNetworks = ["203.0.113.0/24", "2001:db8::/32"]
        const made = yield* keys.create({ name: "CRM", scopes: ["contacts:read"], allowedNetworks }).pipe(acting)
        const from = (address: string | undefined) =>
          keys.verify(made.key).pipe(Effect.provideService(ClientAddress, address), Effect.exit)
        for (const address of ["203.0.113.9", "2001:db8:1::5"]) {
          assert.strictEqual((yield* from(address))._tag, "Success")
        }
        for (const address of ["203.0.114.9", "2001:db9::1", undefined]) {
          assert.strictEqual((yield* from(address))._tag, "Failure", address)
        }
        const wrong = yield* Effect.flip(
          keys.change(made.apiKey.id, { allowedNetworks: ["1.2.3.4", "1.2.3.4/64"] }).pipe(acting)
        )
        assert.strictEqual(wrong._tag === "InvalidInput" && wrong.field, "/allowedNetworks/1")
        yield* keys.change(made.apiKey.id, { allowedNetworks: [] }).pipe(acting)
        assert.strictEqual((yield* from("198.51.100.1"))._tag, "Success")
      }))

    it.effect("a key of the organization outlives who made it; a person's own ends with them", () =>
      Effect.gen(function*() {
        const { organization, owner } = yield* newTenant
        const keys = yield* ApiKeys
        const memberships = yield* Memberships
        const acting = as(organization.id, owner.id, "owner")
        const email = `a${owner.id}@example.com`
        const admin = yield* memberships.add({ email, name: "Admin", role: "admin" }).pipe(acting)
        const asAdmin = as(organization.id, admin.userId, "admin")
        const scopes = ["contacts:read"]
        const own = yield* keys.create({ name: "own", scopes }).pipe(asAdmin)
        const machine = yield* keys.create({ name: "machine", scopes, machine: true }).pipe(asAdmin)
        const refused = yield* Effect.flip(
          keys.create({ name: "x", scopes, machine: true }).pipe(as(organization.id, admin.userId, "agent"))
        )
        assert.strictEqual(refused._tag === "Forbidden" && refused.permission, "api-keys:machine")
        // A key that may make keys makes none that nobody is behind, unless it may.
        const byKey = Effect.provideService(CurrentActor, {
          actor: { _tag: "ApiKey", id: machine.apiKey.id },
          permissions: new Set(["contacts:read", "api-keys:write"])
        })
        const child = yield* Effect.flip(
          keys.create({ name: "child", scopes }).pipe(
            byKey,
            Effect.provideService(CurrentOrganization, { id: organization.id })
          )
        )
        assert.strictEqual(child._tag, "Forbidden")
        yield* memberships.remove(admin.userId).pipe(acting)
        assert.deepStrictEqual([yield* isValid(own.key), yield* isValid(machine.key)], [false, true])
      }))
  })

  layer(core.pipe(Layer.provideMerge(migrated(database))), { excludeTestServices: true })((it) => {
    it.effect("over HTTP a key is rotated, changed and limited, and refused from elsewhere", () =>
      Effect.gen(function*() {
        const { email } = yield* newTenant
        const fetch = yield* serve(coreApi, coreHandlers)
        const { body: { token } } = yield* fetch("/v1/sessions", { json: { email, password } })
        const json = { name: "CRM", scopes: ["members:read"], requestsPerMinute: 2 }
        const made = yield* fetch("/v1/api-keys", { token, json })
        assert.strictEqual(made.status, 201)
        assert.deepInclude(made.body.apiKey, { requestsPerMinute: 2, allowedNetworks: [], machine: false })
        const path = `/v1/api-keys/${made.body.apiKey.id}`
        const use = (key: string) => fetch("/v1/members", { token: key, headers: { [peerHeader]: "203.0.113.4" } })
        assert.deepStrictEqual(
          [(yield* use(made.body.key)).status, (yield* use(made.body.key)).status, (yield* use(made.body.key)).status],
          [200, 200, 429]
        )
        const rotated = yield* fetch(`${path}/rotate`, { token, json: { overlapHours: 1 } })
        assert.strictEqual(rotated.status, 200)
        assert.isString(rotated.body.apiKey.previousUntil)
        const changed = yield* fetch(path, {
          token,
          method: "PATCH",
          json: { allowedNetworks: ["198.51.100.0/24"], requestsPerMinute: null }
        })
        assert.deepInclude(changed.body, { requestsPerMinute: null, name: "CRM" })
        assert.strictEqual((yield* use(rotated.body.key)).status, 403)
        const list = yield* fetch("/v1/api-keys", { token })
        for (const secret of [made.body.key, rotated.body.key]) assert.notInclude(list.text, secret)
        const audit = yield* fetch("/v1/audit", { token })
        assert.deepStrictEqual(audit.body.data.slice(0, 3).map(({ action }: any) => action), [
          "api-key.changed",
          "api-key.rotated",
          "api-key.created"
        ])
      }))
  })
})
