import { assert, describe, layer } from "@effect/vitest"
import { Audit } from "@wicara/core/Audit"
import * as AuditExport from "@wicara/core/AuditExport"
import * as Id from "@wicara/core/Id"
import { RequestOrigin } from "@wicara/core/RequestOrigin"
import { transaction } from "@wicara/core/Sql"
import { CurrentActor, CurrentOrganization, OrganizationId, systemActor, UserId } from "@wicara/core/Tenancy"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import { DateTime, Effect, Layer, Stream } from "effect"
import { SqlClient } from "effect/sql"
import { coreApi, coreHandlers, peerHeader, serve } from "./http.ts"
import { core, migrated, newTenant, password } from "./layers.ts"

const newOrganization = Effect.map(Id.next(OrganizationId), (id) => ({
  id,
  bytes: Id.toBytes(id),
  within: <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    effect.pipe(
      Effect.provideService(CurrentOrganization, { id }),
      Effect.provideService(CurrentActor, systemActor("test"))
    )
}))

const record = (action: string, target = "1", after?: unknown) =>
  Audit.use((audit) => audit.record({ action, target: { type: "thing", id: target }, after }))
const verify = (anchor?: { readonly sequence: number; readonly hash: string }) =>
  Audit.use((audit) => audit.verify(anchor))
const kinds = (
  found: { readonly problems: ReadonlyArray<{ readonly kind: string; readonly sequence: number | null }> }
) => found.problems.map(({ kind, sequence }) => [kind, sequence])

describe.each(TestDatabase.all)("The audit log on $name", (database) => {
  layer(Audit.layerSql.pipe(Layer.provideMerge(migrated(database))), { excludeTestServices: true })((it) => {
    it.effect("records made at once by many make one chain, and those of a rolled back transaction are not in it", () =>
      Effect.gen(function*() {
        const [one, two] = [yield* newOrganization, yield* newOrganization]
        const sql = yield* SqlClient.SqlClient
        yield* Effect.forEach(Array.from({ length: 60 }, (_, n) => n), (n) => {
          const { within } = n % 3 === 0 ? two : one
          const work = Effect.andThen(record("thing.changed", String(n)), record("thing.moved", String(n)))
          return n % 5 === 0
            ? Effect.ignore(transaction(sql, Effect.andThen(work, Effect.fail("no")))).pipe(within)
            : transaction(sql, work).pipe(within)
        }, { concurrency: 12 })
        for (const [{ within }, records] of [[one, 64], [two, 32]] as const) {
          const found = yield* verify().pipe(within)
          assert.deepInclude(found, { isIntact: true, records, unchained: 0, erased: 0 })
          assert.strictEqual(found.head?.sequence, records)
        }
      }))

    it.effect("whatever is changed, removed, moved or put in is found", () =>
      Effect.gen(function*() {
        const sql = yield* SqlClient.SqlClient
        const damaged = Effect.fnUntraced(function*(damage: (bytes: Uint8Array) => Effect.Effect<unknown, unknown>) {
          const { bytes, within } = yield* newOrganization
          for (let n = 1; n <= 5; n++) yield* record("thing.changed", String(n), { n }).pipe(within)
          assert.isTrue((yield* verify().pipe(within)).isIntact)
          yield* Effect.orDie(damage(bytes))
          const found = yield* verify().pipe(within)
          assert.isFalse(found.isIntact)
          return kinds(found)
        })
        for (
          const [column, value] of [
            ["action", "thing.deleted"],
            ["value_after", "{\"n\":4}"],
            ["at", 1],
            ["target_id", "9"],
            ["address", "203.0.113.1"]
          ] as const
        ) {
          const found = yield* damaged((bytes) =>
            sql`UPDATE core_audit SET ${sql(column)} = ${value} WHERE organization_id = ${bytes} AND sequence = 3`
          )
          assert.deepStrictEqual(found, [["changed", 3]], column)
        }
        assert.deepStrictEqual(
          yield* damaged((bytes) => sql`DELETE FROM core_audit WHERE organization_id = ${bytes} AND sequence = 3`),
          [["missing", 3]]
        )
        assert.deepStrictEqual(
          yield* damaged((bytes) => sql`DELETE FROM core_audit WHERE organization_id = ${bytes} AND sequence = 5`),
          [["head", 5]]
        )
        const swapped = yield* damaged((bytes) =>
          Effect.gen(function*() {
            for (const [from, to] of [[2, 100], [3, 2], [100, 3]] as const) {
              yield* sql`UPDATE core_audit SET sequence = ${to} WHERE organization_id = ${bytes} AND sequence = ${from}`
            }
          })
        )
        assert.deepStrictEqual(swapped[0], ["moved", 2])
        const inserted = yield* damaged((bytes) =>
          Effect.gen(function*() {
            yield* sql`INSERT INTO core_audit ${
              sql.insert({
                organization_id: bytes,
                id: Id.toBytes(yield* Id.next(OrganizationId)),
                actor: "{\"_tag\":\"System\",\"name\":\"x\"}",
                action: "thing.faked",
                target_type: "thing",
                target_id: "1",
                at: 1
              })
            }`
          })
        )
        assert.deepStrictEqual(inserted, [["inserted", null]])
      }))

    it.effect("an end of the chain that was kept shows that a whole chain was cut or made anew", () =>
      Effect.gen(function*() {
        const sql = yield* SqlClient.SqlClient
        const { bytes, within } = yield* newOrganization
        for (let n = 1; n <= 4; n++) yield* record("thing.changed", String(n)).pipe(within)
        const { head } = yield* verify().pipe(within)
        assert.isNotNull(head)
        if (head === null) return
        yield* record("thing.changed", "5").pipe(within)
        assert.isTrue((yield* verify(head).pipe(within)).isIntact)
        // Who may write the tables removes the end and corrects the head: nothing but the kept end shows it.
        yield* sql`DELETE FROM core_audit WHERE organization_id = ${bytes} AND sequence > 3`
        yield* sql`UPDATE core_audit_heads SET sequence = 3, hash = (SELECT hash FROM core_audit
          WHERE organization_id = ${bytes} AND sequence = 3) WHERE organization_id = ${bytes}`
        assert.isTrue((yield* verify().pipe(within)).isIntact)
        assert.deepStrictEqual(kinds(yield* verify(head).pipe(within)), [["head", 4]])
        yield* record("thing.other", "4").pipe(within)
        assert.deepStrictEqual(kinds(yield* verify(head).pipe(within)), [["head", 4]])
      }))

    it.effect("records from before the chain are told, and the chain begins after them", () =>
      Effect.gen(function*() {
        const sql = yield* SqlClient.SqlClient
        const { bytes, within } = yield* newOrganization
        yield* sql`INSERT INTO core_audit ${
          sql.insert({
            organization_id: bytes,
            id: Id.toBytes(yield* Id.next(OrganizationId)),
            actor: "{\"_tag\":\"System\",\"name\":\"x\"}",
            action: "thing.old",
            target_type: "thing",
            target_id: "1",
            at: 1
          })
        }`
        yield* record("thing.new").pipe(within)
        assert.deepInclude(yield* verify().pipe(within), { isIntact: true, records: 1, unchained: 1 })
        const { data } = yield* Audit.use((audit) => audit.list({})).pipe(within)
        assert.deepStrictEqual(data.map(({ action, sequence }) => [action, sequence]), [["thing.new", 1], [
          "thing.old",
          null
        ]])
      }))

    it.effect("filters and pages find the records, with where they came from", () =>
      Effect.gen(function*() {
        const { id, within } = yield* newOrganization
        const userId = yield* Id.next(UserId)
        const byUser = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
          effect.pipe(
            Effect.provideService(CurrentActor, {
              actor: { _tag: "User", id: userId },
              permissions: new Set<string>()
            }),
            Effect.provideService(CurrentOrganization, { id }),
            Effect.provideService(RequestOrigin, { address: "203.0.113.8", isLocal: false, userAgent: "curl/8" })
          )
        for (let n = 0; n < 6; n++) yield* record(n % 2 === 0 ? "thing.changed" : "thing.moved", String(n)).pipe(within)
        yield* record("other.made", "x").pipe(byUser)
        const list = (query: Parameters<Audit["Service"]["list"]>[0]) =>
          Effect.map(Audit.use((audit) => audit.list(query)).pipe(within), ({ data }) => data)
        assert.lengthOf(yield* list({ action: "thing.*" }), 6)
        assert.lengthOf(yield* list({ action: "thing.moved" }), 3)
        assert.lengthOf(yield* list({ targetType: "thing", targetId: "3" }), 1)
        assert.lengthOf(yield* list({ actor: "test" }), 6)
        const [mine] = yield* list({ actor: userId })
        assert.deepInclude(mine, { action: "other.made", address: "203.0.113.8", userAgent: "curl/8" })
        assert.lengthOf(yield* list({ to: DateTime.makeUnsafe(1000) }), 0)
        assert.lengthOf(yield* list({ from: DateTime.makeUnsafe(1000) }), 7)
        const first = yield* Audit.use((audit) => audit.list({ action: "thing.*", limit: 4 })).pipe(within)
        const rest = yield* Audit.use((audit) =>
          audit.list({ action: "thing.*", limit: 4, cursor: first.nextCursor ?? undefined })
        ).pipe(within)
        assert.deepStrictEqual([first.data.length, rest.data.length, rest.nextCursor], [4, 2, null])
      }))

    it.effect("an export has every record once, as lines and as cells that no spreadsheet runs", () =>
      Effect.gen(function*() {
        const { within } = yield* newOrganization
        yield* Effect.forEach(Array.from({ length: 620 }, (_, n) => n), (n) => record("thing.made", String(n))).pipe(
          within
        )
        yield* record("thing.named", "=HYPERLINK(1)", { text: "a \"b\", c\nd" }).pipe(within)
        const read = (format: AuditExport.Format) =>
          Effect.gen(function*() {
            const parts = yield* Stream.runCollect(yield* AuditExport.text(format, { action: "thing.*" }))
            return parts.join("")
          }).pipe(within)
        const lines = (yield* read("jsonl")).trimEnd().split("\n").map((line) => JSON.parse(line))
        assert.lengthOf(lines, 621)
        assert.strictEqual(new Set(lines.map(({ sequence }) => sequence)).size, 621)
        const csv = yield* read("csv")
        assert.match(csv, /^sequence,at,actor,actorId,action,/)
        assert.include(csv, ",'=HYPERLINK(1),")
        assert.include(csv, "\"{\"\"text\"\":\"\"a \\\"\"b\\\"\", c\\nd\"\"}\"")
        const exported = yield* Audit.use((audit) => audit.list({ action: "audit.exported" })).pipe(within)
        assert.lengthOf(exported.data, 2)
      }))
  })

  layer(core.pipe(Layer.provideMerge(migrated(database))), { excludeTestServices: true })((it) => {
    it.effect("over HTTP it is filtered, exported and verified by those who may, each their own organization's", () =>
      Effect.gen(function*() {
        const [one, two] = [yield* newTenant, yield* newTenant]
        const fetch = yield* serve(coreApi, coreHandlers)
        const headers = { [peerHeader]: "203.0.113.21", "user-agent": "test" }
        const signIn = (email: string) =>
          Effect.map(fetch("/v1/sessions", { headers, json: { email, password } }), ({ body }) => body.token as string)
        const [token, foreign] = [yield* signIn(one.email), yield* signIn(two.email)]
        const key = yield* fetch("/v1/api-keys", { token, headers, json: { name: "CRM", scopes: ["audit:read"] } })
        const listed = yield* fetch("/v1/audit?action=api-key.*", { token })
        assert.lengthOf(listed.body.data, 1)
        assert.deepInclude(listed.body.data[0], { address: "203.0.113.21", userAgent: "test" })
        assert.lengthOf((yield* fetch("/v1/audit?action=api-key.*", { token: foreign })).body.data, 0)
        const csv = yield* fetch("/v1/audit/export?format=csv", { token })
        assert.strictEqual(csv.headers.get("content-type"), "text/csv; charset=utf-8")
        assert.include(csv.text, key.body.apiKey.id)
        assert.notInclude((yield* fetch("/v1/audit/export", { token: foreign })).text, key.body.apiKey.id)
        assert.strictEqual((yield* fetch("/v1/audit/export", { token: key.body.key })).status, 403)
        const verified = yield* fetch("/v1/audit/verify", { token })
        assert.isTrue(verified.body.isIntact)
        const { hash, sequence } = verified.body.head
        assert.isTrue((yield* fetch(`/v1/audit/verify?sequence=${sequence}&hash=${hash}`, { token })).body.isIntact)
        const wrong = yield* fetch(`/v1/audit/verify?sequence=${sequence}&hash=${"0".repeat(64)}`, { token })
        assert.deepStrictEqual(wrong.body.problems[0].kind, "head")
        assert.strictEqual((yield* fetch("/v1/audit?from=yesterday", { token })).status, 400)
      }))
  })
})
