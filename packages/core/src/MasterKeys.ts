/**
 * The keys that wrap every organization's data key. The application brings them; they are never stored in the database.
 *
 * @since 0.1.0
 */
import { Context, Effect, Layer, Redacted, Result, Schema } from "effect"
import { Aead, SecureRandom } from "effect/crypto"
import { Base64Url } from "effect/encoding"

/**
 * A master key that is not 32 bytes in base64 or base64url, or the current id names none of them.
 *
 * @category errors
 * @since 0.1.0
 */
export class MasterKeyInvalid extends Schema.TaggedError<MasterKeyInvalid>()("MasterKeyInvalid", {
  keyId: Schema.String,
  message: Schema.String
}) {}

/**
 * A new random key, to be kept where the database is not.
 *
 * @category constructors
 * @since 0.1.0
 */
export const generate: Effect.Effect<Redacted.Redacted<string>> = Effect.sync(() =>
  Redacted.make(Base64Url.encode(SecureRandom.randomBytesUnsafe(32)), { label: "master key" })
)

/**
 * The master keys by id: one wraps new data keys, the others still open older ones.
 *
 * @category services
 * @since 0.1.0
 */
export class MasterKeys extends Context.Service<MasterKeys, {
  readonly current: string
  readonly keys: ReadonlyMap<string, Aead.Key>
}>()("@wicara/core/MasterKeys") {
  /**
   * Keys as text (32 bytes in base64 or base64url), by id; `current` is the one that wraps from now on.
   *
   * @since 0.1.0
   */
  static readonly layer = (options: {
    readonly current: string
    readonly keys: Readonly<Record<string, Redacted.Redacted<string>>>
  }): Layer.Layer<MasterKeys, MasterKeyInvalid> =>
    Layer.effect(
      MasterKeys,
      Effect.gen(function*() {
        const keys = new Map<string, Aead.Key>()
        for (const [keyId, text] of Object.entries(options.keys)) {
          const url = Redacted.value(text).trim().replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "")
          const invalid = new MasterKeyInvalid({
            keyId,
            message: `Master key "${keyId}" is not 32 bytes in base64`
          })
          const bytes = Base64Url.decode(url)
          if (Result.isFailure(bytes)) return yield* invalid
          keys.set(keyId, yield* Effect.mapError(Aead.key(Aead.aes256Gcm, bytes.success), () => invalid))
        }
        if (!keys.has(options.current)) {
          return yield* new MasterKeyInvalid({
            keyId: options.current,
            message: `The current master key "${options.current}" is not among the keys`
          })
        }
        return MasterKeys.of({ current: options.current, keys })
      })
    )

  /**
   * A random key that dies with the process.
   *
   * @since 0.1.0
   */
  static readonly layerTest: Layer.Layer<MasterKeys> = Layer.unwrap(
    Effect.map(generate, (key) => MasterKeys.layer({ current: "test", keys: { test: key } }))
  ).pipe(Layer.orDie)
}
