/**
 * The server's settings, from `WICARA_*` variables with command-line flags laid over them.
 *
 * @since 0.1.0
 */
import type { AwsKmsOptions } from "@wicara/core/AwsKms"
import * as Configuration from "@wicara/core/Configuration"
import * as HostList from "@wicara/core/HostList"
import type * as RateLimit from "@wicara/core/RateLimit"
import * as OutboundAddresses from "@wicara/core/OutboundAddresses"
import { Context, Duration, Effect, Layer, Option, Redacted } from "effect"
import * as Path from "node:path"
import { messageSettings } from "./ServerConfig/MessageSettings.ts"
import { operationSettings } from "./ServerConfig/OperationSettings.ts"
import { securitySettings } from "./ServerConfig/SecuritySettings.ts"
import { signInSettings } from "./ServerConfig/SignInSettings.ts"
import { storageSettings } from "./ServerConfig/StorageSettings.ts"

/** Where the demo's emulators are. */
export const withThisMachine = (addresses: OutboundAddresses.OutboundAddresses) =>
  OutboundAddresses.union(addresses, OutboundAddresses.thisMachine)

/**
 * Every setting with its documentation.
 *
 * @category settings
 * @since 0.1.0
 */
export const settings = {
  ...operationSettings,
  ...storageSettings,
  ...securitySettings,
  ...signInSettings,
  ...messageSettings
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
  readonly kms: Omit<AwsKmsOptions, "previous" | "credentials"> | undefined
  readonly database:
    | { readonly kind: "sqlite"; readonly file: string }
    | { readonly kind: "mysql"; readonly url: Redacted.Redacted; readonly tls: boolean }
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

/** A setting that another one needs. */
const require = (
  setting: Configuration.Setting<unknown>,
  value: Option.Option<unknown>,
  by: { readonly name: string }
) =>
  Option.isSome(value) ? Effect.void : Effect.fail(
    new Configuration.ConfigurationError({
      setting: setting.name,
      message: `${setting.name} is required when ${by.name} is set`
    })
  )

/** What of the configuration would be called without encryption. */
const encrypted = Effect.fnUntraced(function*(values: Configuration.Values<typeof settings>) {
  const hostOf = (text: string) => new URL(text).hostname
  const plainUrl = (setting: { readonly name: string }, value: Option.Option<string>, instead: string) =>
    Option.isSome(value) && /^(?:http|redis):/.test(value.value)
      ? [{ name: setting.name, host: hostOf(value.value), instead }]
      : []
  const https = "use https"
  const found = [
    ...plainUrl(settings.redisUrl, values.redisUrl, "use rediss://"),
    ...plainUrl(settings.filesS3Endpoint, values.filesS3Endpoint, https),
    ...plainUrl(settings.kmsEndpoint, values.kmsEndpoint, https),
    ...plainUrl(settings.otlpEndpoint, values.otlpEndpoint, https),
    ...plainUrl(settings.oidcIssuer, values.oidcIssuer, https),
    ...plainUrl(settings.breachedPasswordsUrl, values.breachedPasswordsUrl, https),
    ...Option.match(values.filesClamAv, {
      onNone: () => [],
      onSome: (address) => [{
        name: settings.filesClamAv.name,
        host: address.slice(0, address.lastIndexOf(":")),
        instead: "reach it through a tunnel that ends on this machine"
      }]
    }),
    ...(Option.contains(values.databaseTls, false) && Option.isSome(values.databaseUrl)
        && values.databaseUrl.value.startsWith("mysql:")
      ? [{
        name: settings.databaseUrl.name,
        host: hostOf(values.databaseUrl.value),
        instead: `leave ${settings.databaseTls.name} out`
      }]
      : [])
  ].find(({ host }) => !mayBePlain(values.plainHosts, host))
  if (found === undefined) return
  return yield* new Configuration.ConfigurationError({
    setting: found.name,
    message:
      `${found.name}: the connection to ${found.host} would not be encrypted: ${found.instead}, or name the host ` +
      `in ${settings.plainHosts.name} if its network can be trusted`
  })
})

/** Whether nobody listens between this process and the host, or the operator accepts that. */
export const mayBePlain = (plainHosts: HostList.HostList, host: string): boolean =>
  HostList.isThisMachine(host) || HostList.has(plainHosts, host)

/** Whether the connections to MySQL are encrypted. */
const tlsOf = (values: Configuration.Values<typeof settings>, url: string): boolean =>
  Option.getOrElse(values.databaseTls, () => !mayBePlain(values.plainHosts, new URL(url).hostname))

const outboundOf = ({ demo, outboundAllow, outboundOnly, plainHosts }: Configuration.Values<typeof settings>) =>
  OutboundAddresses.restrict(demo ? withThisMachine(outboundAllow) : outboundAllow, {
    only: Option.getOrUndefined(outboundOnly),
    plain: plainHosts
  })

const kmsOf = Effect.fnUntraced(function*(values: Configuration.Values<typeof settings>) {
  if (Option.isNone(values.kmsKeyId)) return undefined
  if (Option.isNone(values.kmsCredentialsFile)) {
    yield* require(settings.kmsAccessKeyId, values.kmsAccessKeyId, settings.kmsKeyId)
    yield* require(settings.kmsSecretAccessKey, values.kmsSecretAccessKey, settings.kmsKeyId)
  }
  return {
    endpoint: Option.getOrElse(values.kmsEndpoint, () => `https://kms.${values.kmsRegion}.amazonaws.com`),
    region: values.kmsRegion,
    keyId: values.kmsKeyId.value,
    accessKeyId: Option.getOrElse(values.kmsAccessKeyId, () => ""),
    secretAccessKey: Option.getOrElse(values.kmsSecretAccessKey, () => Redacted.make(""))
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
  if (Option.isSome(values.filesS3Bucket) && Option.isNone(values.filesS3CredentialsFile)) {
    yield* require(settings.filesS3AccessKeyId, values.filesS3AccessKeyId, settings.filesS3Bucket)
    yield* require(settings.filesS3SecretAccessKey, values.filesS3SecretAccessKey, settings.filesS3Bucket)
  }
  yield* encrypted(values)
  return {
    ...values,
    outboundAllow: outboundOf(values),
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
      ? { kind: "mysql" as const, url: Redacted.make(url), tls: tlsOf(values, url) }
      : { kind: "sqlite" as const, file: Path.resolve(url.slice("file:".length)) }
  }
})
