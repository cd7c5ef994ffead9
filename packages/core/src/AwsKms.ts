/**
 * Master keys that never leave a key management service, which speaks the protocol of AWS KMS (`GenerateDataKey`,
 * `Encrypt`, `Decrypt`, JSON 1.1, Signature Version 4). Each data key is bound to its organization by its encryption
 * context.
 *
 * https://docs.aws.amazon.com/kms/latest/APIReference/
 *
 * @since 0.1.0
 */
import { AwsV4Signer } from "aws4fetch"
import { Clock, DateTime, Effect, Layer, Redacted, Result, Schedule, Schema } from "effect"
import { Base64, Base64Url } from "effect/encoding"
import { HttpClient, HttpClientRequest } from "effect/http"
import { MasterKeyFailure, MasterKeys } from "./MasterKeys.ts"
import type { DataKeyContext } from "./MasterKeys.ts"

/**
 * @category models
 * @since 0.1.0
 */
export interface AwsKmsOptions {
  /** Where the service answers: `https://kms.eu-central-1.amazonaws.com`. */
  readonly endpoint: string
  readonly region: string
  /** The key that wraps from now on: an id, an ARN or an alias. */
  readonly keyId: string
  readonly accessKeyId: string
  readonly secretAccessKey: Redacted.Redacted<string>
  /** Asked before every request, for credentials that are replaced; they come before the two above. */
  readonly credentials?: Effect.Effect<AwsCredentials, { readonly message: string }> | undefined
  /** Keys from before, with which older data keys are opened until they are wrapped again. */
  readonly previous?: MasterKeys["Service"] | undefined
}

/**
 * @category models
 * @since 0.1.0
 */
export interface AwsCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: Redacted.Redacted<string>
  /** Of credentials that hold for a short time. */
  readonly sessionToken?: string | undefined
}

const prefix = "kms:"

const Generated = Schema.Struct({ Plaintext: Schema.String, CiphertextBlob: Schema.String })
const Encrypted = Schema.Struct({ CiphertextBlob: Schema.String })
const Decrypted = Schema.Struct({ Plaintext: Schema.String })
const Refusal = Schema.Struct({ __type: Schema.String, message: Schema.optional(Schema.String) })

/** What the service says of a wrapped key or of its own; anything else may be put right there. */
const reasons: Readonly<Record<string, MasterKeyFailure["reason"]>> = {
  InvalidCiphertextException: "refused",
  IncorrectKeyException: "refused",
  NotFoundException: "unknown-key"
}

/**
 * @category constructors
 * @since 0.1.0
 */
export const make = Effect.fnUntraced(function*(options: AwsKmsOptions) {
  const client = yield* HttpClient.HttpClient
  const current = `${prefix}${options.keyId}`
  const failure = (reason: MasterKeyFailure["reason"], message: string) =>
    new MasterKeyFailure({ reason, keyId: current, message })

  const call = Effect.fnUntraced(function*<A>(
    action: "GenerateDataKey" | "Encrypt" | "Decrypt",
    schema: Schema.Codec<A, unknown>,
    body: Readonly<Record<string, unknown>>
  ) {
    const now = DateTime.makeUnsafe(yield* Clock.currentTimeMillis)
    const credentials: AwsCredentials = options.credentials === undefined
      ? options
      : yield* Effect.mapError(options.credentials, ({ message }) => failure("unavailable", message))
    const signed = yield* Effect.promise(() =>
      new AwsV4Signer({
        method: "POST",
        url: options.endpoint,
        headers: { "content-type": "application/x-amz-json-1.1", "x-amz-target": `TrentService.${action}` },
        body: encodeBody(body),
        accessKeyId: credentials.accessKeyId,
        secretAccessKey: Redacted.value(credentials.secretAccessKey),
        ...(credentials.sessionToken === undefined ? {} : { sessionToken: credentials.sessionToken }),
        service: "kms",
        region: options.region,
        datetime: DateTime.formatIso(now).replaceAll(/[:-]|\.\d{3}/g, "")
      }).sign()
    )
    const request = HttpClientRequest.make("POST")(signed.url.toString(), {
      headers: Object.fromEntries(signed.headers)
    }).pipe(HttpClientRequest.bodyText(encodeBody(body), "application/x-amz-json-1.1"))
    const { status, text } = yield* client.execute(request).pipe(
      Effect.flatMap((response) => Effect.map(response.text, (text) => ({ status: response.status, text }))),
      Effect.timeout("5 seconds"),
      Effect.mapError(() => failure("unavailable", "The key management service does not answer"))
    )
    if (status !== 200) {
      const refusal = Schema.decodeUnknownOption(Schema.fromJsonString(Refusal))(text)
      const type = refusal._tag === "Some" ? refusal.value.__type.split("#").at(-1) ?? "" : `HTTP ${status}`
      return yield* failure(reasons[type] ?? "unavailable", `${action}: ${type}`)
    }
    return yield* Effect.mapError(
      Schema.decodeUnknownEffect(Schema.fromJsonString(schema))(text),
      () => failure("unavailable", `${action}: the answer can't be read`)
    )
  }, (effect) =>
    Effect.retry(effect, {
      while: ({ reason }) => reason === "unavailable",
      times: 3,
      schedule: Schedule.jittered(Schedule.exponential("100 millis"))
    }))

  const bytesOf = (base64: string) =>
    Effect.fromResult(Base64.decode(base64)).pipe(
      Effect.mapError(() => failure("unavailable", "The answer can't be read"))
    )

  return MasterKeys.of({
    current: Effect.succeed(current),
    has: (keyId) =>
      keyId.startsWith(prefix) ? Effect.succeed(true) : options.previous?.has(keyId) ?? Effect.succeed(false),
    generate: Effect.fnUntraced(function*(context) {
      const answer = yield* call("GenerateDataKey", Generated, {
        KeyId: options.keyId,
        KeySpec: "AES_256",
        EncryptionContext: contextOf(context)
      })
      return { keyId: current, key: yield* bytesOf(answer.Plaintext), wrapped: toUrl(answer.CiphertextBlob) }
    }),
    wrap: Effect.fnUntraced(function*(key, context) {
      const answer = yield* call("Encrypt", Encrypted, {
        KeyId: options.keyId,
        Plaintext: Base64.encode(key),
        EncryptionContext: contextOf(context)
      })
      return { keyId: current, wrapped: toUrl(answer.CiphertextBlob) }
    }),
    unwrap: Effect.fnUntraced(function*(keyId, wrapped, context) {
      if (!keyId.startsWith(prefix)) {
        if (options.previous !== undefined) return yield* options.previous.unwrap(keyId, wrapped, context)
        return yield* new MasterKeyFailure({
          reason: "unknown-key",
          keyId,
          message: `There is no master key "${keyId}"`
        })
      }
      const blob = Base64Url.decode(wrapped)
      if (Result.isFailure(blob)) return yield* failure("refused", "This is not a wrapped key")
      const answer = yield* call("Decrypt", Decrypted, {
        KeyId: keyId.slice(prefix.length),
        CiphertextBlob: Base64.encode(blob.success),
        EncryptionContext: contextOf(context)
      })
      return yield* bytesOf(answer.Plaintext)
    })
  })
})

/**
 * @category layers
 * @since 0.1.0
 */
export const layer = (options: AwsKmsOptions): Layer.Layer<MasterKeys, never, HttpClient.HttpClient> =>
  Layer.effect(MasterKeys, make(options))

const encodeBody = Schema.encodeSync(Schema.fromJsonString(Schema.Record(Schema.String, Schema.Unknown)))

const contextOf = ({ organizationId, version }: DataKeyContext) => ({
  "wicara:organization": organizationId,
  "wicara:data-key": String(version)
})

const toUrl = (base64: string) => base64.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "")
