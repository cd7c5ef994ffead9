/**
 * The SQL client of the configured database: embedded SQLite or MySQL.
 *
 * @since 0.1.0
 */
import { MysqlClient } from "@effect/sql-mysql2"
import { ConfigurationError } from "@wicara/core/Configuration"
import { Cause, Effect, FileSystem, Layer, Option, Redacted } from "effect"
import type { Config } from "effect"
import type { SqlClient, SqlError } from "effect/sql"
import * as Path from "node:path"
import * as Credentials from "./Credentials.ts"
import * as MysqlWire from "./MysqlWire.ts"
import { ServerConfig, settings } from "./ServerConfig.ts"
import type { Values } from "./ServerConfig.ts"
import * as SqliteGroupCommit from "./SqliteGroupCommit.ts"

const pragmas = (busyMillis: number) => [
  `PRAGMA busy_timeout = ${busyMillis}`,
  "PRAGMA foreign_keys = ON",
  "PRAGMA temp_store = MEMORY",
  "PRAGMA cache_size = -65536",
  "PRAGMA wal_autocheckpoint = 4000"
]

const layerSqlite = (file: string, busyMillis: number) =>
  SqliteGroupCommit.layer({ filename: file, pragmas: pragmas(busyMillis) }).pipe(
    Layer.provide(Layer.effectDiscard(Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      yield* fs.makeDirectory(Path.dirname(file), { recursive: true })
    }))),
    // Whatever it is that keeps the file from being one, the driver does not name it.
    Layer.catchCause((cause) => {
      const error = Cause.squash(cause)
      const reason = error instanceof Error ? error.message.split("\n")[0] : String(error)
      return Layer.effectContext(Effect.fail(
        new ConfigurationError({
          setting: settings.databaseUrl.name,
          message: `${settings.databaseUrl.name}: ${file} can't be opened as a database: ${reason}`
        })
      ))
    })
  )

const silence: MysqlWire.Silence = { greeting: 4000, answer: 7000, pause: 1000 }

/** Nothing is sent to a server whose certificate was not signed for its name by somebody who is trusted. */
const verified = () => ({ verifyIdentity: true, minVersion: "TLSv1.2" })

const layerMysql = (
  { databasePasswordFile }: Values,
  { tls, url }: Extract<Values["database"], { readonly kind: "mysql" }>,
  options: { readonly maxConnections: number; readonly silence: MysqlWire.Silence | undefined }
) =>
  MysqlClient.layer({
    maxConnections: options.maxConnections,
    poolConfig: {
      uri: Redacted.value(url),
      ...(tls ? { ssl: verified() } : {}),
      stream: MysqlWire.streams({
        silence: options.silence,
        password: Option.getOrUndefined(Option.map(databasePasswordFile, Credentials.passwordNow))
      })
    }
  })

type Clients = Layer.Layer<
  SqlClient.SqlClient,
  Config.ConfigError | ConfigurationError | SqlError.SqlError,
  FileSystem.FileSystem
>

/**
 * The client that the configuration asks for. Fails when the database can't be reached at all.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = Layer.unwrap(
  Effect.map(ServerConfig, (config): Clients =>
    config.database.kind === "sqlite"
      // Waiting for another process's lock stops this one, with all who wait for it in turn, so it is done in small
      // parts: what writes is repeated.
      ? layerSqlite(config.database.file, 5)
      : layerMysql(config, config.database, { maxConnections: config.databaseConnections, silence }))
)

/**
 * The same with all patience, for a program that does nothing else meanwhile: what changes a large table takes long.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerPatient = Layer.unwrap(
  Effect.map(ServerConfig, (config): Clients =>
    config.database.kind === "sqlite"
      ? layerSqlite(config.database.file, 10_000)
      : layerMysql(config, config.database, { maxConnections: 2, silence: undefined }))
)
