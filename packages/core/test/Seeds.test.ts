import { assert, describe, it } from "@effect/vitest"
import * as Id from "@wicara/core/Id"
import * as Seeds from "@wicara/core/Seeds"
import { CurrentOrganization, OrganizationId } from "@wicara/core/Tenancy"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import { Effect, Exit, Option } from "effect"
import { SqlClient } from "effect/sql"
import { migrated } from "./layers.ts"

describe.each(TestDatabase.all)("Seeds on $name", (database) => {
  const note = (organizationId: OrganizationId, name: string) =>
    Effect.flatMap(
      SqlClient.SqlClient,
      (sql) =>
        sql`INSERT INTO core_settings ${
          sql.insert({ organization_id: Id.toBytes(organizationId), setting_key: name, value: "1", changed_at: 0 })
        }`
    )

  const notes = (organizationId: OrganizationId) =>
    Effect.flatMap(SqlClient.SqlClient, (sql) =>
      Effect.map(
        sql`SELECT setting_key FROM core_settings WHERE organization_id = ${Id.toBytes(organizationId)}`,
        (rows) => rows.length
      ))

  it.effect("each seed is planted once in an organization, by whichever process comes first", () =>
    Effect.gen(function*() {
      const one = yield* Id.next(OrganizationId)
      const other = yield* Id.next(OrganizationId)
      const plant = (id: OrganizationId) =>
        Seeds.once("examples", note(id, "planted")).pipe(Effect.provideService(CurrentOrganization, { id }))
      const planted = yield* Effect.all(Array.from({ length: 16 }, () => plant(one)), { concurrency: 16 })
      assert.strictEqual(planted.filter(Option.isSome).length, 1)
      assert.strictEqual(yield* notes(one), 1)
      // What was planted may be deleted, and stays so.
      const sql = yield* SqlClient.SqlClient
      yield* sql`DELETE FROM core_settings WHERE organization_id = ${Id.toBytes(one)}`
      assert.isTrue(Option.isNone(yield* plant(one)))
      assert.strictEqual(yield* notes(one), 0)
      assert.isTrue(Option.isSome(yield* plant(other)))
      assert.strictEqual(yield* notes(other), 1)
    }).pipe(Effect.provide(migrated(database))))

  it.effect("a seed that fails leaves nothing behind and is planted the next time", () =>
    Effect.gen(function*() {
      const id = yield* Id.next(OrganizationId)
      const plant = <A, E, R>(then: Effect.Effect<A, E, R>) =>
        Seeds.once("examples", Effect.andThen(note(id, "planted"), then)).pipe(
          Effect.provideService(CurrentOrganization, { id })
        )
      assert.isTrue(Exit.isFailure(yield* Effect.exit(plant(Effect.fail("broken")))))
      assert.strictEqual(yield* notes(id), 0)
      assert.isTrue(Option.isSome(yield* plant(Effect.void)))
      assert.strictEqual(yield* notes(id), 1)
    }).pipe(Effect.provide(migrated(database))))
})
