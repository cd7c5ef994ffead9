/**
 * The server's settings, from `WICARA_*` variables with command-line flags laid over them.
 *
 * @since 0.1.0
 */
import * as Configuration from "@wicara/core/Configuration"
import { Context, Effect, Layer, Option, Redacted, Schema, SchemaTransformation } from "effect"
import * as Path from "node:path"

const Port = Schema.NumberFromString.check(
  Schema.makeFilter((port) =>
    Number.isInteger(port) && port >= 0 && port <= 65_535 ? undefined : "expected a TCP port, 0 to 65535"
  )
)

const Switch = Schema.String.check(
  Schema.makeFilter((text) => ["true", "false", "1", "0"].includes(text) ? undefined : "expected true or false")
).pipe(
  Schema.decodeTo(
    Schema.Boolean,
    SchemaTransformation.transform({ decode: (text) => text === "true" || text === "1", encode: String })
  )
)

const DatabaseUrl = Schema.String.check(
  Schema.makeFilter((text) =>
    text.startsWith("file:") || (text.startsWith("mysql://") && URL.canParse(text) && new URL(text).pathname.length > 1)
      ? undefined
      : "expected file:<path> or mysql://user:password@host:port/database"
  )
)

const HttpUrl = Schema.String.check(
  Schema.makeFilter((text) =>
    URL.canParse(text) && /^https?:$/.test(new URL(text).protocol) ? undefined : "expected an http or https URL"
  )
)

const MasterKey = Schema.String.check(
  Schema.makeFilter((text) =>
    Buffer.from(text, "base64").length === 32 ? undefined : "expected 32 bytes in base64 (openssl rand -base64 32)"
  )
).pipe(Schema.decodeTo(
  Schema.Redacted(Schema.String),
  SchemaTransformation.transform({
    decode: (text: string) => Redacted.make(text),
    encode: Redacted.value
  })
))

const LogLevel = Schema.Literals(["debug", "info", "warn", "error", "none"])

/**
 * Every setting with its documentation.
 *
 * @category settings
 * @since 0.1.0
 */
export const settings = {
  host: Configuration.define({
    name: "WICARA_HOST",
    schema: Schema.NonEmptyString,
    default: "127.0.0.1",
    description: "The address to listen on; `0.0.0.0` for every interface."
  }),
  port: Configuration.define({
    name: "WICARA_PORT",
    schema: Port,
    default: 3000,
    description: "The TCP port to listen on; 0 takes a free one."
  }),
  publicUrl: Configuration.defineOptional({
    name: "WICARA_PUBLIC_URL",
    schema: HttpUrl,
    description: "The URL under which providers and browsers reach this server; `http://<host>:<port>` when absent."
  }),
  dataDir: Configuration.define({
    name: "WICARA_DATA_DIR",
    schema: Schema.NonEmptyString,
    default: "data",
    description: "The folder of the embedded database, the master key and local files."
  }),
  databaseUrl: Configuration.defineOptional({
    name: "WICARA_DATABASE_URL",
    schema: DatabaseUrl,
    secret: true,
    defaultText: "file:<data dir>/wicara.db",
    description: "`file:<path>` for the embedded SQLite database, or `mysql://user:password@host:port/database`."
  }),
  databaseConnections: Configuration.define({
    name: "WICARA_DATABASE_CONNECTIONS",
    schema: Schema.NumberFromString.check(
      Schema.makeFilter((n) => Number.isInteger(n) && n >= 2 && n <= 256 ? undefined : "expected 2 to 256")
    ),
    default: 12,
    description: "Connections to MySQL. Few are faster than many."
  }),
  masterKey: Configuration.defineOptional({
    name: "WICARA_MASTER_KEY",
    schema: MasterKey,
    secret: true,
    defaultText: "made on the first run, kept in <data dir>/master.key",
    description: "32 bytes in base64 that encrypt every stored secret; required when the database is MySQL."
  }),
  demo: Configuration.define({
    name: "WICARA_DEMO",
    schema: Switch,
    default: false,
    description: "Seeds a demo organization, starts the bundled emulators and serves `/demo`. `npm start` turns it on."
  }),
  logLevel: Configuration.define({
    name: "WICARA_LOG_LEVEL",
    schema: LogLevel,
    default: "warn",
    description: "The least severe log lines to print: debug, info, warn, error or none."
  }),
  workers: Configuration.define({
    name: "WICARA_WORKERS",
    schema: Switch,
    default: true,
    description:
      "Whether this process also runs the workers (inbound, bots, outbox, events); off for HTTP-only processes."
  })
} as const

/**
 * The settings as the server uses them.
 *
 * @category models
 * @since 0.1.0
 */
export interface Values extends Configuration.Values<typeof settings> {
  /** Absolute. */
  readonly dataDir: string
  readonly database:
    | { readonly kind: "sqlite"; readonly file: string }
    | { readonly kind: "mysql"; readonly url: Redacted.Redacted }
}

/**
 * @category services
 * @since 0.1.0
 */
export class ServerConfig extends Context.Service<ServerConfig, Values>()("@wicara/server/ServerConfig") {
  /** Reads and checks `variables`. */
  static readonly layer = (
    variables: Readonly<Record<string, string | undefined>>
  ): Layer.Layer<ServerConfig, Configuration.ConfigurationError> => Layer.effect(ServerConfig, load(variables))
}

/**
 * Reads and checks `variables`.
 *
 * @category running
 * @since 0.1.0
 */
export const load = Effect.fnUntraced(function*(variables: Readonly<Record<string, string | undefined>>) {
  const values = yield* Configuration.load(
    settings,
    Object.fromEntries(Object.entries(variables).filter(([name]) => !name.startsWith("WICARA_TEST_")))
  )
  const dataDir = Path.resolve(values.dataDir)
  const url = Option.getOrElse(values.databaseUrl, () => `file:${Path.join(dataDir, "wicara.db")}`)
  if (url.startsWith("mysql://") && Option.isNone(values.masterKey)) {
    return yield* new Configuration.ConfigurationError({
      setting: settings.masterKey.name,
      message: "WICARA_MASTER_KEY is required when the database is MySQL: 32 bytes in base64 (openssl rand -base64 32)"
    })
  }
  return {
    ...values,
    dataDir,
    database: url.startsWith("mysql://")
      ? { kind: "mysql" as const, url: Redacted.make(url) }
      : { kind: "sqlite" as const, file: Path.resolve(url.slice("file:".length)) }
  }
})
