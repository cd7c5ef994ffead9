/**
 * The SQL client of the configured database: embedded SQLite or MySQL.
 *
 * @since 0.1.0
 */
import { MysqlClient } from "@effect/sql-mysql2"
import { SqliteClient } from "@effect/sql-sqlite-node"
import { Effect, FileSystem, Layer } from "effect"
import type { Config } from "effect"
import type { PlatformError } from "effect/PlatformError"
import { SqlClient } from "effect/sql"
import type { SqlError } from "effect/sql"
import * as Path from "node:path"
import { ServerConfig } from "./ServerConfig.ts"

// WAL with full synchronisation: an acknowledged commit survives a power cut.
const pragmas = [
  "PRAGMA busy_timeout = 10000",
  "PRAGMA synchronous = FULL",
  "PRAGMA foreign_keys = ON",
  "PRAGMA temp_store = MEMORY",
  "PRAGMA cache_size = -65536",
  "PRAGMA wal_autocheckpoint = 4000"
]

const layerSqlite = (file: string) =>
  Layer.effectDiscard(Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    yield* Effect.forEach(pragmas, (pragma) => sql.unsafe(pragma).unprepared, { discard: true })
  })).pipe(
    Layer.provideMerge(SqliteClient.layer({ filename: file })),
    Layer.provide(Layer.effectDiscard(Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      yield* fs.makeDirectory(Path.dirname(file), { recursive: true })
    })))
  )

/**
 * The client that the configuration asks for. Fails when the database can't be reached at all.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = Layer.unwrap(
  Effect.map(
    ServerConfig,
    (
      config
    ): Layer.Layer<
      SqlClient.SqlClient,
      Config.ConfigError | PlatformError | SqlError.SqlError,
      FileSystem.FileSystem
    > =>
      config.database.kind === "sqlite"
        ? layerSqlite(config.database.file)
        : MysqlClient.layer({ url: config.database.url, maxConnections: config.databaseConnections })
  )
)
