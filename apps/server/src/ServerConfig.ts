/**
 * The server's settings, from `WICARA_*` variables with command-line flags laid over them.
 *
 * @since 0.1.0
 */
import type { AwsKmsOptions } from "@wicara/core/AwsKms"
import * as Configuration from "@wicara/core/Configuration"
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
