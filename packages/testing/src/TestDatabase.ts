/**
 * Databases for tests: SQLite in memory, and a private schema on a real MySQL or MariaDB server.
 *
 * @since 0.1.0
 */
import { MysqlClient } from "@effect/sql-mysql2"
import { SqliteClient } from "@effect/sql-sqlite-node"
import { Config, Effect, Layer, Redacted } from "effect"
import { SecureRandom } from "effect/crypto"
import type { SqlClient } from "effect/sql"

/**
 * A test database of one kind.
 *
 * @category models
 * @since 0.1.0
 */
export interface TestDatabase {
  readonly name: "sqlite" | "mysql"
  /** A fresh, empty database for each build of the layer. */
  readonly layer: Layer.Layer<SqlClient.SqlClient>
}

/**
 * SQLite in memory.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerSqlite: Layer.Layer<SqlClient.SqlClient> = SqliteClient.layer({ filename: ":memory:" }).pipe(
  Layer.orDie
)

/**
 * A schema of its own on the server at `TEST_MYSQL_URL` (default `mysql://root@127.0.0.1:3306`), dropped when the layer
 * closes.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerMysql: Layer.Layer<SqlClient.SqlClient> = Layer.unwrap(Effect.gen(function*() {
  const base = yield* Config.String("TEST_MYSQL_URL").pipe(Config.withDefault("mysql://root@127.0.0.1:3306"))
  const name = `wicara_test_${SecureRandom.uuidV7Unsafe().replaceAll("-", "")}`
  const admin = Layer.orDie(MysqlClient.layer({ url: Redacted.make(new URL("/", base).toString()), maxConnections: 1 }))
  const onServer = (statement: string) =>
    MysqlClient.MysqlClient.pipe(
      Effect.flatMap((sql) => sql.unsafe(statement).unprepared),
      Effect.provide(admin),
      Effect.orDie
    )
  yield* Effect.acquireRelease(
    onServer(`CREATE DATABASE ${name} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`),
    () => onServer(`DROP DATABASE IF EXISTS ${name}`)
  )
  return MysqlClient.layer({ url: Redacted.make(new URL(`/${name}`, base).toString()), maxConnections: 8 })
})).pipe(Layer.orDie)

/**
 * The databases that suites run on: `describe.each(TestDatabase.all)`. `WICARA_TEST_DATABASE=sqlite` (or `mysql`) runs
 * one alone; any other value fails, so that a typing error can't select nothing.
 *
 * @category constants
 * @since 0.1.0
 */
export const all: ReadonlyArray<TestDatabase> = (() => {
  const both: ReadonlyArray<TestDatabase> = [
    { name: "sqlite", layer: layerSqlite },
    { name: "mysql", layer: layerMysql }
  ]
  const selected = process.env["WICARA_TEST_DATABASE"]
  if (selected === undefined || selected === "" || selected === "all") return both
  const one = both.filter((database) => database.name === selected)
  if (one.length === 0) throw new Error(`WICARA_TEST_DATABASE is "${selected}": expected sqlite, mysql or all`)
  return one
})()
