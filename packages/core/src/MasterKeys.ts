/**
 * The keys that wrap every organization's data key: a port, with keys that the application brings (a file, the
 * environment) here, and those of a key management service in `AwsKms`. They are never stored in the database.
 *
 * @since 0.1.0
 */
import { Clock, Context, Effect, Layer, Redacted, Result, Schema } from "effect"
import { Aead, SecureRandom } from "effect/crypto"
import { Base64Url } from "effect/encoding"
import { createHash } from "node:crypto"
import type { OrganizationId } from "./Tenancy.ts"

/**
 * What a wrapped data key is bound to: it unwraps for nothing else.
 *
 * @category models
 * @since 0.1.0
 */
export interface DataKeyContext {
  readonly organizationId: OrganizationId
  readonly version: number
}

/**
 * Keys as text (32 bytes in base64 or base64url), by id; `current` is the one that wraps from now on.
 *
 * @category models
 * @since 0.1.0
 */
export interface KeyRing {
  readonly current: string
  readonly keys: Readonly<Record<string, Redacted.Redacted<string>>>
}

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
 * A data key that can't be wrapped or unwrapped: the master key is not there (`unknown-key`), the wrapped key was changed
 * or made for something else (`refused`), or the service that has the key does not answer (`unavailable`).
 *
 * @category errors
 * @since 0.1.0
 */
export class MasterKeyFailure extends Schema.TaggedError<MasterKeyFailure>()("MasterKeyFailure", {
  reason: Schema.Literals(["unknown-key", "refused", "unavailable"]),
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

const canonical = (text: Redacted.Redacted<string>) =>
  Redacted.value(text).trim().replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "")

/**
 * The id of a key, which follows from the key and tells nothing of it.
 *
 * @category conversions
 * @since 0.1.0
 */
export const idOf = (key: Redacted.Redacted<string>): string =>
  `k${createHash("sha256").update(`wicara master key\n${canonical(key)}`).digest("hex").slice(0, 12)}`

/**
 * A ring of the current key and those before it, the latest first. What was wrapped when keys had no ids of their own
 * (`master`) opens with the oldest.
 *
 * @category constructors
 * @since 0.1.0
 */
export const ring = (
  current: Redacted.Redacted<string>,
  previous: ReadonlyArray<Redacted.Redacted<string>> = []
): KeyRing => ({
  current: idOf(current),
  keys: {
    master: previous.at(-1) ?? current,
    ...Object.fromEntries([current, ...previous].map((key) => [idOf(key), key]))
  }
})

/**
 * @category services
 * @since 0.1.0
 */
export class MasterKeys extends Context.Service<MasterKeys, {
  /** The id of the key that wraps from now on. */
  readonly current: Effect.Effect<string>
  /** Whether a key is at hand. */
  readonly has: (keyId: string) => Effect.Effect<boolean>
  /** A new data key of 32 bytes, and it wrapped by the current key. */
  readonly generate: (
    context: DataKeyContext
  ) => Effect.Effect<{ readonly keyId: string; readonly key: Uint8Array; readonly wrapped: string }, MasterKeyFailure>
  /** A data key wrapped by the current key. */
  readonly wrap: (
    key: Uint8Array,
    context: DataKeyContext
  ) => Effect.Effect<{ readonly keyId: string; readonly wrapped: string }, MasterKeyFailure>
  readonly unwrap: (
    keyId: string,
    wrapped: string,
    context: DataKeyContext
  ) => Effect.Effect<Uint8Array, MasterKeyFailure>
}>()("@wicara/core/MasterKeys") {
  /**
   * @since 0.1.0
   */
  static readonly layer = (ring: KeyRing): Layer.Layer<MasterKeys, MasterKeyInvalid> =>
    MasterKeys.layerFrom(Effect.succeed(ring))

  /**
   * Keys that are read again when a data key is wrapped by one that is not known yet (at most once a second), and once a
   * minute before a new data key is made: a rotation needs no restart.
   *
   * @since 0.1.0
   */
  static readonly layerFrom = <E>(load: Effect.Effect<KeyRing, E>): Layer.Layer<MasterKeys, E | MasterKeyInvalid> =>
    Layer.effect(MasterKeys, makeFrom(load)).pipe(
      Layer.provide(Aead.layerWebCrypto),
      Layer.provide(SecureRandom.layerWebCrypto)
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

interface Keys {
  readonly current: string
  readonly keys: ReadonlyMap<string, Aead.Key>
}

const parse = Effect.fnUntraced(function*({ current, keys: texts }: KeyRing) {
  const keys = new Map<string, Aead.Key>()
  for (const [keyId, text] of Object.entries(texts)) {
    const invalid = new MasterKeyInvalid({ keyId, message: `Master key "${keyId}" is not 32 bytes in base64` })
    const bytes = Base64Url.decode(canonical(text))
    if (Result.isFailure(bytes)) return yield* invalid
    keys.set(keyId, yield* Effect.mapError(Aead.key(Aead.aes256Gcm, bytes.success), () => invalid))
  }
  if (!keys.has(current)) {
    return yield* new MasterKeyInvalid({
      keyId: current,
      message: `The current master key "${current}" is not among the keys`
    })
  }
  return { current, keys } satisfies Keys
})

const makeFrom = Effect.fnUntraced(function*<E>(load: Effect.Effect<KeyRing, E>) {
  const aead = yield* Aead.Aead
  let ring: Keys = yield* Effect.flatMap(load, parse)
  let loadedAt = yield* Clock.currentTimeMillis

  /** What can't be read again now is read again later: the keys that are known stay. */
  const reload = (olderThanMillis: number) =>
    Effect.flatMap(Clock.currentTimeMillis, (now) => {
      if (now - loadedAt < olderThanMillis) return Effect.void
      loadedAt = now
      return Effect.matchCauseEffect(Effect.flatMap(load, parse), {
        onSuccess: (keys) =>
          Effect.sync(() => {
            ring = keys
          }),
        onFailure: (cause) => Effect.logWarning("The master keys could not be read again", cause)
      })
    })

  const find = Effect.fnUntraced(function*(keyId: string) {
    if (!ring.keys.has(keyId)) yield* reload(1000)
    return ring.keys.get(keyId)
  })

  const currentKey = Effect.gen(function*() {
    yield* reload(60_000)
    const key = ring.keys.get(ring.current)
    return key === undefined ? yield* unknownKey(ring.current) : { keyId: ring.current, key }
  })

  const wrap = Effect.fnUntraced(function*(dataKey: Uint8Array, bound: DataKeyContext) {
    const { key, keyId } = yield* currentKey
    const nonce = SecureRandom.randomBytesUnsafe(key.algorithm.nonceLength)
    const ciphertext = yield* Effect.orDie(aead.encrypt(key, dataKey, { nonce, aad: aadOf(bound) }))
    const sealed = new Uint8Array(nonce.length + ciphertext.length)
    sealed.set(nonce)
    sealed.set(ciphertext, nonce.length)
    return { keyId, wrapped: Base64Url.encode(sealed) }
  })

  return MasterKeys.of({
    current: Effect.sync(() => ring.current),
    has: (keyId) => Effect.map(find(keyId), (key) => key !== undefined),
    wrap,
    generate: Effect.fnUntraced(function*(bound) {
      const key = SecureRandom.randomBytesUnsafe(32)
      return { key, ...(yield* wrap(key, bound)) }
    }),
    unwrap: Effect.fnUntraced(function*(keyId, wrapped, bound) {
      const key = yield* find(keyId)
      if (key === undefined) return yield* unknownKey(keyId)
      const refused = new MasterKeyFailure({ reason: "refused", keyId, message: "This is not a data key of this key" })
      const bytes = Base64Url.decode(wrapped)
      const { nonceLength } = key.algorithm
      if (Result.isFailure(bytes) || bytes.success.length < nonceLength) return yield* refused
      return yield* Effect.mapError(
        aead.decrypt(key, bytes.success.subarray(nonceLength), {
          nonce: bytes.success.subarray(0, nonceLength),
          aad: aadOf(bound)
        }),
        () => refused
      )
    })
  })
})

const unknownKey = (keyId: string) =>
  new MasterKeyFailure({ reason: "unknown-key", keyId, message: `There is no master key "${keyId}"` })

const utf8 = new TextEncoder()

const aadOf = ({ organizationId, version }: DataKeyContext) =>
  utf8.encode(["data-key", organizationId, String(version)].join("\u0000"))
