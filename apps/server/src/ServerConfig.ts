/**
 * The server's settings, from `WICARA_*` variables with command-line flags laid over them.
 *
 * @since 0.1.0
 */
import type { AwsKmsOptions } from "@wicara/core/AwsKms"
import * as Configuration from "@wicara/core/Configuration"
import * as RateLimit from "@wicara/core/RateLimit"
import * as OutboundAddresses from "@wicara/core/OutboundAddresses"
import * as RequestOrigin from "@wicara/core/RequestOrigin"
import { ByteSize, Context, Duration, Effect, Layer, Option, Redacted, Schema, SchemaTransformation } from "effect"
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

const MasterKeyList = Schema.String.check(
  Schema.makeFilter((text) =>
    text.split(",").every((part) => Buffer.from(part.trim(), "base64").length === 32)
      ? undefined
      : "expected keys of 32 bytes in base64 with commas between them"
  )
).pipe(Schema.decodeTo(
  Schema.Array(Schema.Redacted(Schema.String)),
  SchemaTransformation.transform({
    decode: (text: string): ReadonlyArray<Redacted.Redacted<string>> =>
      text.split(",").map((part) => Redacted.make(part.trim())),
    encode: (keys: ReadonlyArray<Redacted.Redacted<string>>) => keys.map(Redacted.value).join(",")
  })
))

const AddonList = Schema.String.pipe(Schema.decodeTo(
  Schema.Array(Schema.String),
  SchemaTransformation.transform({
    decode: (text: string): ReadonlyArray<string> =>
      text.split(",").map((part) => part.trim()).filter((part) => part !== ""),
    encode: (names: ReadonlyArray<string>) => names.join(",")
  })
))

const Size = Schema.ByteSizeFromString.pipe(
  Schema.decodeTo(
    Schema.Number,
    SchemaTransformation.transform({
      decode: (size: ByteSize.ByteSize) => ByteSize.toNumberUnsafe(size),
      encode: (bytes) => ByteSize.bytes(bytes)
    })
  )
)

const Secret = Schema.NonEmptyString.pipe(Schema.decodeTo(
  Schema.Redacted(Schema.String),
  SchemaTransformation.transform({
    decode: (text: string) => Redacted.make(text),
    encode: Redacted.value
  })
))

const Address = Schema.String.check(
  Schema.makeFilter((text) => /^[^\s:]+:\d{1,5}$/.test(text) ? undefined : "expected <host>:<port>")
)

const SmtpUrl = Schema.String.check(
  Schema.makeFilter((text) =>
    URL.canParse(text) && /^smtps?:$/.test(new URL(text).protocol) && new URL(text).hostname !== ""
      ? undefined
      : "expected smtp://user:password@host:port or smtps://..."
  )
).pipe(Schema.decodeTo(
  Schema.Redacted(Schema.String),
  SchemaTransformation.transform({
    decode: (text: string) => Redacted.make(text),
    encode: Redacted.value
  })
))

const Mailbox = Schema.String.check(
  Schema.makeFilter((text) =>
    /^(?:[^<>@\r\n]{1,100} <[^\s@<>]+@[^\s@<>]+>|[^\s@<>]+@[^\s@<>]+)$/.test(text)
      ? undefined
      : "expected an address, or Name <address>"
  )
)

/** The order of P-256: a private key is below it. */
const curveOrder = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n

const isPrivateKey = (text: string): boolean => {
  if (!/^[A-Za-z0-9_-]{43}$/.test(text)) return false
  const key = BigInt(`0x${Buffer.from(text, "base64url").toString("hex")}`)
  return key > 0n && key < curveOrder
}

const VapidPrivateKey = Schema.String.check(
  Schema.makeFilter((text) => isPrivateKey(text) ? undefined : "expected a private key of P-256 in base64url")
).pipe(Schema.decodeTo(
  Schema.Redacted(Schema.String),
  SchemaTransformation.transform({
    decode: (text: string) => Redacted.make(text),
    encode: Redacted.value
  })
))

const Contact = Schema.String.check(
  Schema.makeFilter((text) =>
    /^mailto:[^\s@<>]+@[^\s@<>]+$/.test(text) || (URL.canParse(text) && new URL(text).protocol === "https:")
      ? undefined
      : "expected mailto:<address> or https://..."
  )
)

const MediaTypes = Schema.String.check(
  Schema.makeFilter((text) =>
    text.split(",").every((type) => /^\s*[a-z]+\/[a-z0-9.+*-]+\s*$/.test(type))
      ? undefined
      : "expected media types with commas between them, such as image/png,audio/*"
  )
)

const RedisUrl = Schema.String.check(
  Schema.makeFilter((text) =>
    URL.canParse(text) && /^rediss?:$/.test(new URL(text).protocol)
      ? undefined
      : "expected redis://host:port or rediss://host:port"
  )
)

const rateLimit = (scope: RateLimit.Scope, description: string) => {
  const byDefault = RateLimit.defaultPolicy[scope]
  return Configuration.define({
    name: `WICARA_RATE_LIMIT_${scope.toUpperCase().replaceAll("-", "_")}`,
    schema: RateLimit.FromText,
    default: byDefault,
    defaultText: Option.match(byDefault, { onNone: () => "off", onSome: RateLimit.toText }),
    description
  })
}

const Count = Schema.NumberFromString.check(
  Schema.makeFilter((n) => Number.isInteger(n) && n >= 0 ? undefined : "expected a whole number, 0 or more")
)

/** Where the demo's emulators are. */
export const withThisMachine = (addresses: OutboundAddresses.OutboundAddresses) =>
  OutboundAddresses.union(addresses, OutboundAddresses.thisMachine)

const rateLimitSettings = {
  rateLimitAddress: rateLimit(
    "address",
    "Requests of one address (IPv6: of one /64 network), such as `600/minute`; `off` for no limit."
  ),
  rateLimitSignIn: rateLimit("sign-in", "Attempts to sign in from one address."),
  rateLimitUser: rateLimit("user", "Requests of one user in one organization."),
  rateLimitApiKey: rateLimit("api-key", "Requests of one API key, unless it has a limit of its own."),
  rateLimitOrganization: rateLimit("organization", "Requests of all users and API keys of one organization."),
  rateLimitHeavy: rateLimit("heavy", "Requests of one user or API key to endpoints that cost much, such as exports."),
  rateLimitVisitor: rateLimit("visitor", "Messages of one visitor in the widget."),
  rateLimitBlockAfter: Configuration.define({
    name: "WICARA_RATE_LIMIT_BLOCK_AFTER",
    schema: Count,
    default: RateLimit.defaultPolicy.blockAfter,
    description: "Refused requests within ten minutes after which an address, user or API key is kept out; 0 for never."
  }),
  rateLimitBlockMinutes: Configuration.define({
    name: "WICARA_RATE_LIMIT_BLOCK_MINUTES",
    schema: Count,
    default: Duration.toMinutes(RateLimit.defaultPolicy.blockFor),
    description: "For how many minutes it is kept out."
  })
} as const
const ClientSecret = Schema.NonEmptyString.pipe(Schema.decodeTo(
  Schema.Redacted(Schema.String),
  SchemaTransformation.transform({
    decode: (text: string) => Redacted.make(text),
    encode: Redacted.value
  })
))

const Headers = Schema.String.check(
  Schema.makeFilter((text) =>
    text.split(",").every((pair) => /^\s*[\w-]+=[^,]*$/.test(pair)) ? undefined : "expected <name>=<value>,..."
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
  consoleUrl: Configuration.defineOptional({
    name: "WICARA_CONSOLE_URL",
    schema: HttpUrl,
    description: "The URL below which the console's pages are; without it, what people are told has no links to them."
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
    description:
      "32 bytes in base64 that encrypt every stored secret; required when the database is MySQL, unless a KMS has the key."
  }),
  masterKeyPrevious: Configuration.define({
    name: "WICARA_MASTER_KEY_PREVIOUS",
    schema: MasterKeyList,
    default: [],
    defaultText: "",
    secret: true,
    description: "Master keys from before, separated by commas, until `wicara secrets rotate` has replaced them."
  }),
  kmsKeyId: Configuration.defineOptional({
    name: "WICARA_KMS_KEY_ID",
    schema: Schema.NonEmptyString,
    description: "The master key in a key management service with AWS KMS's protocol: an id, an ARN or an alias."
  }),
  kmsEndpoint: Configuration.defineOptional({
    name: "WICARA_KMS_ENDPOINT",
    schema: HttpUrl,
    defaultText: "https://kms.<region>.amazonaws.com",
    description: "Where the key management service answers."
  }),
  kmsRegion: Configuration.define({
    name: "WICARA_KMS_REGION",
    schema: Schema.NonEmptyString,
    default: "us-east-1",
    description: "The region of the key management service."
  }),
  kmsAccessKeyId: Configuration.defineOptional({
    name: "WICARA_KMS_ACCESS_KEY_ID",
    schema: Schema.NonEmptyString,
    description: "The id of the access key to the key management service."
  }),
  kmsSecretAccessKey: Configuration.defineOptional({
    name: "WICARA_KMS_SECRET_ACCESS_KEY",
    schema: Secret,
    secret: true,
    description: "The secret of that access key."
  }),
  demo: Configuration.define({
    name: "WICARA_DEMO",
    schema: Switch,
    default: false,
    description: "Seeds a demo organization, starts the bundled emulators and serves `/demo`. `npm start` turns it on."
  }),
  trustedProxies: Configuration.define({
    name: "WICARA_TRUSTED_PROXIES",
    schema: RequestOrigin.TrustedProxies,
    default: RequestOrigin.loopback,
    defaultText: "loopback",
    description:
      "Whose `X-Forwarded-For` is believed: addresses and networks separated by commas, or `loopback`, `private`, `none`."
  }),
  metricsFrom: Configuration.define({
    name: "WICARA_METRICS_FROM",
    schema: RequestOrigin.TrustedProxies,
    default: RequestOrigin.privateNetworks,
    defaultText: "private",
    description:
      "Who may read `/metrics`: addresses and networks separated by commas, or `loopback`, `private`, `none` but this machine."
  }),
  outboundAllow: Configuration.define({
    name: "WICARA_OUTBOUND_ALLOW",
    schema: OutboundAddresses.OutboundAddresses,
    default: OutboundAddresses.publicOnly,
    defaultText: "none",
    description:
      "What organizations may have called beyond the public internet, such as a WAHA server beside this one: names (`waha`, " +
      "`*.internal.example`), addresses and networks separated by commas, or `loopback`, `private`, `all`, `none`."
  }),
  redisUrl: Configuration.defineOptional({
    name: "WICARA_REDIS_URL",
    schema: RedisUrl,
    secret: true,
    description: "`redis://host:port`, where the processes share their rate limits; in the database when absent."
  }),
  ...rateLimitSettings,
  logLevel: Configuration.define({
    name: "WICARA_LOG_LEVEL",
    schema: LogLevel,
    default: "warn",
    description: "The least severe log lines to print: debug, info, warn, error or none."
  }),
  googleClientId: Configuration.defineOptional({
    name: "WICARA_GOOGLE_CLIENT_ID",
    schema: Schema.NonEmptyString,
    description: "Lets people sign in with Google; register the redirect address `<public URL>/sign-in/callback` there."
  }),
  googleClientSecret: Configuration.defineOptional({
    name: "WICARA_GOOGLE_CLIENT_SECRET",
    schema: ClientSecret,
    secret: true,
    description: "The secret of the Google client."
  }),
  facebookAppId: Configuration.defineOptional({
    name: "WICARA_FACEBOOK_APP_ID",
    schema: Schema.NonEmptyString,
    description:
      "Lets people sign in with Facebook; register the redirect address `<public URL>/sign-in/callback` there."
  }),
  facebookAppSecret: Configuration.defineOptional({
    name: "WICARA_FACEBOOK_APP_SECRET",
    schema: ClientSecret,
    secret: true,
    description: "The secret of the Facebook app."
  }),
  oidcIssuer: Configuration.defineOptional({
    name: "WICARA_OIDC_ISSUER",
    schema: HttpUrl,
    description:
      "Lets people sign in with an OpenID Connect provider of your own: its issuer, exactly as it names itself."
  }),
  oidcName: Configuration.define({
    name: "WICARA_OIDC_NAME",
    schema: Schema.NonEmptyString,
    default: "Single sign-on",
    description: "What the button of that provider says."
  }),
  oidcClientId: Configuration.defineOptional({
    name: "WICARA_OIDC_CLIENT_ID",
    schema: Schema.NonEmptyString,
    description: "The client at that provider, whose redirect address is `<public URL>/sign-in/callback`."
  }),
  oidcClientSecret: Configuration.defineOptional({
    name: "WICARA_OIDC_CLIENT_SECRET",
    schema: ClientSecret,
    secret: true,
    description: "The secret of that client."
  }),
  breachedPasswordsUrl: Configuration.defineOptional({
    name: "WICARA_BREACHED_PASSWORDS_URL",
    schema: HttpUrl,
    description:
      "Refuses passwords known from breaches: `https://api.pwnedpasswords.com` (which learns five of 40 digits of a hash) or a copy of it. A list of common passwords is always checked."
  }),
  logFormat: Configuration.define({
    name: "WICARA_LOG_FORMAT",
    schema: Schema.Literals(["text", "json"]),
    default: "text",
    description: "How log lines are written: `text` (`name=value` pairs) or `json` (one object a line)."
  }),
  otlpEndpoint: Configuration.defineOptional({
    name: "OTEL_EXPORTER_OTLP_ENDPOINT",
    schema: HttpUrl,
    description:
      "Where traces, metrics and logs go by OTLP over HTTP, such as `http://collector:4318`; nowhere when absent."
  }),
  otlpHeaders: Configuration.defineOptional({
    name: "OTEL_EXPORTER_OTLP_HEADERS",
    schema: Headers,
    secret: true,
    description: "Headers that the collector asks for, such as `authorization=Bearer ...`, with commas between them."
  }),
  otlpServiceName: Configuration.define({
    name: "OTEL_SERVICE_NAME",
    schema: Schema.NonEmptyString,
    default: "wicara",
    description: "How the server is named in what is exported."
  }),
  workers: Configuration.define({
    name: "WICARA_WORKERS",
    schema: Switch,
    default: true,
    description:
      "Whether this process also runs the workers (inbound, bots, outbox, events); off for HTTP-only processes."
  }),
  smtpUrl: Configuration.defineOptional({
    name: "WICARA_SMTP_URL",
    schema: SmtpUrl,
    secret: true,
    description:
      "The mail server: `smtp://user:password@host:587` (STARTTLS) or `smtps://...` (TLS). Without one mail stays in the log."
  }),
  mailFrom: Configuration.defineOptional({
    name: "WICARA_MAIL_FROM",
    schema: Mailbox,
    description: "Whom mail comes from, `Wicara <no-reply@example.com>`; required when there is a mail server."
  }),
  vapidPrivateKey: Configuration.defineOptional({
    name: "WICARA_VAPID_PRIVATE_KEY",
    schema: VapidPrivateKey,
    defaultText: "made by itself",
    secret: true,
    description:
      "By which push services know the server: a private key of P-256, 32 bytes in base64url. Without one the server makes one, and keeps it sealed in the database."
  }),
  vapidSubject: Configuration.defineOptional({
    name: "WICARA_VAPID_SUBJECT",
    schema: Contact,
    defaultText: "WICARA_PUBLIC_URL, else WICARA_MAIL_FROM",
    description:
      "Whom a push service asks when something is wrong: `mailto:admin@example.com` or `https://example.com`."
  }),
  addons: Configuration.define({
    name: "WICARA_ADDONS",
    schema: AddonList,
    default: [],
    defaultText: "none",
    description:
      "Add-ons to load: names of installed packages, or paths, with commas between them. See [add-ons](addons.md)."
  }),
  filesDir: Configuration.defineOptional({
    name: "WICARA_FILES_DIR",
    schema: Schema.NonEmptyString,
    defaultText: "<data dir>/files",
    description:
      "The folder of files, unless they are in a bucket. Several processes share one folder, or use a bucket."
  }),
  filesMaxSize: Configuration.define({
    name: "WICARA_FILES_MAX_SIZE",
    schema: Size,
    default: 64 * 1024 * 1024,
    defaultText: "64 MiB",
    description: "The size of the largest file."
  }),
  filesQuota: Configuration.define({
    name: "WICARA_FILES_QUOTA",
    schema: Size,
    default: 5 * 1024 * 1024 * 1024,
    defaultText: "5 GiB",
    description: "How much an organization may store, unless it has a quota of its own (`wicara files quota`)."
  }),
  sendUnknownSeconds: Configuration.define({
    name: "WICARA_SEND_UNKNOWN_SECONDS",
    schema: Count,
    default: 300,
    description:
      "For how many seconds the provider is asked what became of a message whose sending had no answer, before its conversation goes to people."
  }),
  filesTypes: Configuration.defineOptional({
    name: "WICARA_FILES_TYPES",
    schema: MediaTypes,
    defaultText: "pictures, sound, video, documents and plain text",
    description: "The media types that are taken, found by the content: `image/png,audio/*,application/pdf`."
  }),
  filesS3Bucket: Configuration.defineOptional({
    name: "WICARA_FILES_S3_BUCKET",
    schema: Schema.NonEmptyString,
    description: "Keeps files in this bucket instead of a folder; needs both keys of the bucket too."
  }),
  filesS3Endpoint: Configuration.defineOptional({
    name: "WICARA_FILES_S3_ENDPOINT",
    schema: HttpUrl,
    defaultText: "https://s3.<region>.amazonaws.com",
    description: "Where the bucket's service answers, if it is not Amazon's."
  }),
  filesS3Region: Configuration.define({
    name: "WICARA_FILES_S3_REGION",
    schema: Schema.NonEmptyString,
    default: "us-east-1",
    description: "The bucket's region."
  }),
  filesS3Prefix: Configuration.defineOptional({
    name: "WICARA_FILES_S3_PREFIX",
    schema: Schema.NonEmptyString,
    description: "What every key in the bucket begins with, such as `wicara/`."
  }),
  filesS3AccessKeyId: Configuration.defineOptional({
    name: "WICARA_FILES_S3_ACCESS_KEY_ID",
    schema: Schema.NonEmptyString,
    description: "The id of the key that may read and write the bucket."
  }),
  filesS3SecretAccessKey: Configuration.defineOptional({
    name: "WICARA_FILES_S3_SECRET_ACCESS_KEY",
    schema: Secret,
    secret: true,
    description: "The key that may read and write the bucket."
  }),
  filesClamAv: Configuration.defineOptional({
    name: "WICARA_FILES_CLAMAV",
    schema: Address,
    description: "`<host>:<port>` of a ClamAV daemon that every file has to pass; without it files are not scanned."
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
  readonly rateLimits: RateLimit.Policy
  /** The key management service that has the master key, if one has. */
  readonly kms: Omit<AwsKmsOptions, "previous"> | undefined
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

const kmsOf = Effect.fnUntraced(function*(values: Configuration.Values<typeof settings>) {
  if (Option.isNone(values.kmsKeyId)) return undefined
  const missing = Option.isNone(values.kmsAccessKeyId)
    ? settings.kmsAccessKeyId
    : Option.isNone(values.kmsSecretAccessKey)
    ? settings.kmsSecretAccessKey
    : undefined
  if (missing !== undefined || Option.isNone(values.kmsAccessKeyId) || Option.isNone(values.kmsSecretAccessKey)) {
    const { name } = missing ?? settings.kmsKeyId
    return yield* new Configuration.ConfigurationError({
      setting: name,
      message: `${name} is required when WICARA_KMS_KEY_ID is set`
    })
  }
  return {
    endpoint: Option.getOrElse(values.kmsEndpoint, () => `https://kms.${values.kmsRegion}.amazonaws.com`),
    region: values.kmsRegion,
    keyId: values.kmsKeyId.value,
    accessKeyId: values.kmsAccessKeyId.value,
    secretAccessKey: values.kmsSecretAccessKey.value
  }
})

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
  const kms = yield* kmsOf(values)
  if (url.startsWith("mysql://") && Option.isNone(values.masterKey) && kms === undefined) {
    return yield* new Configuration.ConfigurationError({
      setting: settings.masterKey.name,
      message: "WICARA_MASTER_KEY is required when the database is MySQL: 32 bytes in base64 (openssl rand -base64 32)"
    })
  }
  if (Option.isSome(values.smtpUrl) && Option.isNone(values.mailFrom)) {
    return yield* new Configuration.ConfigurationError({
      setting: settings.mailFrom.name,
      message: "WICARA_MAIL_FROM is required when WICARA_SMTP_URL is set: Wicara <no-reply@example.com>"
    })
  }
  const keys = [settings.filesS3AccessKeyId, settings.filesS3SecretAccessKey] as const
  const missing = [Option.isNone(values.filesS3AccessKeyId), Option.isNone(values.filesS3SecretAccessKey)].indexOf(true)
  if (Option.isSome(values.filesS3Bucket) && missing >= 0) {
    const { name } = keys[missing]!
    return yield* new Configuration.ConfigurationError({
      setting: name,
      message: `${name} is required when WICARA_FILES_S3_BUCKET is set`
    })
  }
  return {
    ...values,
    outboundAllow: values.demo ? withThisMachine(values.outboundAllow) : values.outboundAllow,
    kms,
    dataDir,
    rateLimits: {
      address: values.rateLimitAddress,
      "sign-in": values.rateLimitSignIn,
      user: values.rateLimitUser,
      "api-key": values.rateLimitApiKey,
      organization: values.rateLimitOrganization,
      heavy: values.rateLimitHeavy,
      visitor: values.rateLimitVisitor,
      blockAfter: values.rateLimitBlockAfter,
      blockFor: Duration.minutes(values.rateLimitBlockMinutes)
    },
    database: url.startsWith("mysql://")
      ? { kind: "mysql" as const, url: Redacted.make(url) }
      : { kind: "sqlite" as const, file: Path.resolve(url.slice("file:".length)) }
  }
})
