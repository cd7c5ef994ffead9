/**
 * The port to WebAuthn: the two checks of what an authenticator signed. `@wicara/passkeys` provides it.
 *
 * @since 0.1.0
 */
import { Context, Effect, Layer } from "effect"
import type { Option, Schema } from "effect"

/**
 * Where the signature has to be made.
 *
 * @category models
 * @since 0.1.0
 */
export interface RelyingParty {
  /** The host name of `PublicUrl`. */
  readonly id: string
  /** `PublicUrl` as a browser names the origin. */
  readonly origin: string
}

/**
 * What is kept of a passkey to check its signatures.
 *
 * @category models
 * @since 0.1.0
 */
export interface WebAuthnCredential {
  /** base64url. */
  readonly id: string
  /** COSE. */
  readonly publicKey: Uint8Array
  readonly counter: number
  /** How a browser reaches it: `internal`, `hybrid`, `usb`. */
  readonly transports: ReadonlyArray<string>
}

/**
 * A passkey whose registration holds.
 *
 * @category models
 * @since 0.1.0
 */
export interface RegisteredCredential extends WebAuthnCredential {
  /** It is kept in an account of its maker's, and not bound to one device. */
  readonly backedUp: boolean
}

/**
 * @category services
 * @since 0.1.0
 */
export class WebAuthn extends Context.Service<WebAuthn, {
  readonly isSupported: boolean
  /** The new passkey, if the response is to this challenge and its user was verified. */
  readonly verifyRegistration: (options: {
    readonly response: Schema.Json
    /** base64url. */
    readonly challenge: string
    readonly relyingParty: RelyingParty
  }) => Effect.Effect<Option.Option<RegisteredCredential>>
  /** The new counter, if the response is to this challenge, signed by the passkey, and its user was verified. */
  readonly verifyAuthentication: (options: {
    readonly response: Schema.Json
    /** base64url. */
    readonly challenge: string
    readonly relyingParty: RelyingParty
    readonly credential: WebAuthnCredential
  }) => Effect.Effect<Option.Option<{ readonly counter: number }>>
}>()("@wicara/core/WebAuthn") {
  /**
   * No passkeys: nothing verifies.
   *
   * @since 0.1.0
   */
  static readonly layerNone: Layer.Layer<WebAuthn> = Layer.succeed(
    WebAuthn,
    WebAuthn.of({
      isSupported: false,
      verifyRegistration: () => Effect.succeedNone,
      verifyAuthentication: () => Effect.succeedNone
    })
  )
}
