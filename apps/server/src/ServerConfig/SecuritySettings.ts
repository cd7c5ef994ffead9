/**
 * What seals secrets, whom the server believes and calls, and how much is let in.
 *
 * @since 0.1.0
 */
import * as Configuration from "@wicara/core/Configuration"
import * as HostList from "@wicara/core/HostList"
import * as OutboundAddresses from "@wicara/core/OutboundAddresses"
import * as RateLimit from "@wicara/core/RateLimit"
import * as RequestOrigin from "@wicara/core/RequestOrigin"
import { Duration, Option, Redacted, Schema, SchemaTransformation } from "effect"
import { Count, HttpUrl, redacted, Secret } from "./Texts.ts"

const MasterKey = redacted(Schema.String.check(
  Schema.makeFilter((text) =>
    Buffer.from(text, "base64").length === 32 ? undefined : "expected 32 bytes in base64 (openssl rand -base64 32)"
  )
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

/**
 * @category settings
 * @since 0.1.0
 */
export const securitySettings = {
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
  kmsCredentialsFile: Configuration.defineOptional({
    name: "WICARA_KMS_CREDENTIALS_FILE",
    schema: Schema.NonEmptyString,
    description: "A file with the key management service's credentials, as `WICARA_FILES_S3_CREDENTIALS_FILE` has them."
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
  trustedProxies: Configuration.define({
    name: "WICARA_TRUSTED_PROXIES",
    schema: RequestOrigin.TrustedProxies,
    default: RequestOrigin.loopback,
    defaultText: "loopback",
    description:
      "Whose `X-Forwarded-For` and `X-Forwarded-Host` are believed: addresses and networks separated by commas, or `loopback`, `private`, `none`."
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
  outboundOnly: Configuration.defineOptional({
    name: "WICARA_OUTBOUND_ONLY",
    schema: HostList.HostList,
    defaultText: "no list",
    description:
      "All that organizations may have called: names (`graph.facebook.com`, `*.whatsapp.net`), addresses and networks " +
      "separated by commas. What is not public has to be in `WICARA_OUTBOUND_ALLOW` too."
  }),
  plainHosts: Configuration.define({
    name: "WICARA_PLAIN_HOSTS",
    schema: HostList.HostList,
    default: HostList.none,
    defaultText: "none",
    description:
      "To which hosts beside this machine connections may be unencrypted: names, addresses and networks separated by " +
      "commas, or `private`, `all`, `none`. Everywhere else TLS is required and certificates are verified."
  }),
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
