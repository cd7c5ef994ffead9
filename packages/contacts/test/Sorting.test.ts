import { assert, describe, it } from "@effect/vitest"
import { Effect, Random, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { ContactId, contactSorts } from "@wicara/contacts/Contact"
import { Contacts } from "@wicara/contacts/Contacts"
import * as Id from "@wicara/core/Id"
import * as Sorting from "@wicara/core/Sorting"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import { actingFor, layer, organization } from "./support.ts"

const sorts = contactSorts.flatMap((field) => [field, `-${field}`] as const)

/** Contacts with few different names, and some without one. */
const addSome = Effect.fnUntraced(function*(organizationId: string, count: number) {
  const sql = yield* SqlClient.SqlClient
  const rows: Array<Record<string, unknown>> = []
  for (let n = 0; n < count; n++) {
    const name = yield* Random.nextIntBetween(0, 6)
    rows.push({
      organization_id: Id.toBytes(organizationId),
      id: Id.toBytes(yield* Id.next(ContactId)),
      display_name: name === 0 ? null : `Name ${name}`,
      name_key: name === 0 ? null : `name ${name}`,
      attributes: "{}",
      marketing_state: "unknown",
      all_state: "unknown",
      created_at: 0,
      updated_at: 0
    })
  }
  yield* sql`INSERT INTO contacts_contacts ${sql.insert(rows as never)}`.unprepared
  return rows.map((row) => Id.fromBytes(row["id"] as Uint8Array))
}, Effect.orDie)

describe.each(TestDatabase.all)("The order of contacts on $name", (database) => {
  const TestLayer = layer(database.layer)

  it.live.each(sorts)(
    "each contact is listed once in the order %s while others are added",
    (sort) =>
      Effect.gen(function*() {
        const contacts = yield* Contacts
        for (let round = 0; round < 4; round++) {
          const { id } = yield* organization
          yield* addSome((yield* organization).id, 20)
          const there = yield* addSome(id, 40)
          const listed: Array<{ readonly id: string; readonly displayName: string | null }> = []
          let cursor: string | undefined
          while (true) {
            const limit = yield* Random.nextIntBetween(1, 9)
            const page = yield* contacts.list({ sort, limit, cursor }).pipe(actingFor(id))
            listed.push(...page.data)
            if (page.nextCursor === null) break
            cursor = page.nextCursor
            if (listed.length < 200) yield* addSome(id, 2)
          }
          const ids = listed.map((one) => one.id)
          assert.strictEqual(new Set(ids).size, ids.length)
          assert.deepStrictEqual(there.filter((one) => !ids.includes(one)), [])
          const keys = listed.map((one) => (sort.endsWith("name") ? one.displayName ?? "" : "") + one.id)
          const expected = keys.toSorted()
          assert.deepStrictEqual(keys, sort.startsWith("-") ? expected.toReversed() : expected)
        }
      }).pipe(Effect.provide(TestLayer))
  )

  it.effect("a field that a list is not sorted by is refused with those that are allowed", () =>
    Effect.gen(function*() {
      const parameter = Schema.Struct({ sort: Sorting.parameter(contactSorts, "-createdAt") })
      const error = yield* Effect.flip(Schema.decodeUnknownEffect(parameter)({ sort: "phone" }))
      for (const allowed of sorts) assert.include(error.message, `"${allowed}"`)
      assert.include(error.message, "sort")
      assert.deepStrictEqual(yield* Schema.decodeUnknownEffect(parameter)({ sort: "-name" }), { sort: "-name" })
    }))

  it.live("a cursor is refused in another order, and so is an order of what was searched for", () =>
    Effect.gen(function*() {
      const contacts = yield* Contacts
      const { id } = yield* organization
      yield* addSome(id, 5)
      const cursor = (yield* contacts.list({ sort: "name", limit: 2 }).pipe(actingFor(id))).nextCursor ?? ""
      const refused = yield* Effect.flip(contacts.list({ sort: "-name", limit: 2, cursor }).pipe(actingFor(id)))
      assert.include(JSON.stringify(refused), "sort=name")
      const searched = yield* Effect.flip(contacts.list({ sort: "name", search: "na" }).pipe(actingFor(id)))
      assert.strictEqual(searched._tag, "InvalidInput")
    }).pipe(Effect.provide(TestLayer)))

  it.live("every page is read from an index and nothing is sorted", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const { id } = yield* organization
      for (let n = 0; n < 4; n++) yield* addSome(id, 500)
      const analyze = sql.onDialectOrElse({ mysql: () => "ANALYZE TABLE contacts_contacts", orElse: () => "ANALYZE" })
      yield* sql`${sql.literal(analyze)}`.unprepared
      const after = { key: "name 3", id: Id.toBytes(yield* Id.next(ContactId)) }
      for (const sort of sorts) {
        const { field, isDescending } = Sorting.parts(sort)
        const column = field === "name" ? "name_key" : undefined
        for (const position of [undefined, after, { ...after, key: null }]) {
          const keyset = { column, isNullable: true, isDescending, id: "id", after: position }
          for (const { orderBy, where } of Sorting.ranges(sql, keyset)) {
            const statement = sql`SELECT id, attributes FROM contacts_contacts
              WHERE organization_id = ${Id.toBytes(id)} AND ${where} AND merged_into IS NULL
              ORDER BY ${orderBy} LIMIT 51`
            const explain = sql.literal(
              sql.onDialectOrElse({ mysql: () => "EXPLAIN", orElse: () => "EXPLAIN QUERY PLAN" })
            )
            const plan = JSON.stringify(yield* sql`${explain} ${statement}`.unprepared)
            assert.notMatch(plan, /filesort|TEMP B-TREE|SCAN contacts|"type":"ALL"/i, `${sort}: ${plan}`)
          }
        }
      }
    }).pipe(Effect.provide(TestLayer)))
})
