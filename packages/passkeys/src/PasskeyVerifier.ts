/**
 * What authenticators sign, checked as WebAuthn Level 3 says: challenge, origin, relying party, that its user was there
 * and verified, and the signature. Attestation is not asked for, so no maker of authenticators is preferred.
 *
 * @see https://www.w3.org/TR/webauthn-3/#sctn-rp-operations
 * @since 0.1.0
 */
import { verifyAuthenticationResponse, verifyRegistrationResponse } from "@simplewebauthn/server"
import { WebAuthn } from "@wicara/core/WebAuthn"
import { Effect, Layer, Option, Schema } from "effect"

const common = {
  id: Schema.String,
  rawId: Schema.String,
  type: Schema.Literal("public-key")
}

const decodeRegistration = Schema.decodeUnknownOption(Schema.Struct({
  ...common,
  response: Schema.Struct({
    clientDataJSON: Schema.String,
    attestationObject: Schema.String,
    transports: Schema.optional(Schema.Array(Schema.String))
  })
}))

const decodeAuthentication = Schema.decodeUnknownOption(Schema.Struct({
  ...common,
  response: Schema.Struct({
    clientDataJSON: Schema.String,
    authenticatorData: Schema.String,
    signature: Schema.String
  })
}))

/** Transports that browsers name today; others are of no use to one that does not know them. */
const transports = Schema.Literals(["ble", "cable", "hybrid", "internal", "nfc", "smart-card", "usb"])
const isTransport = Schema.is(transports)

/**
 * The port `WebAuthn` of `@wicara/core`.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer: Layer.Layer<WebAuthn> = Layer.succeed(
  WebAuthn,
  WebAuthn.of({
    isSupported: true,
    verifyRegistration: Effect.fn("PasskeyVerifier.verifyRegistration")(
      function*({ challenge, relyingParty, response }) {
        const decoded = decodeRegistration(response)
        if (Option.isNone(decoded)) return Option.none()
        const { id, rawId, response: { attestationObject, clientDataJSON, transports }, type } = decoded.value
        const verified = yield* Effect.option(Effect.tryPromise(() =>
          verifyRegistrationResponse({
            response: { id, rawId, type, response: { attestationObject, clientDataJSON }, clientExtensionResults: {} },
            expectedChallenge: challenge,
            expectedOrigin: relyingParty.origin,
            expectedRPID: relyingParty.id,
            requireUserVerification: true,
            supportedAlgorithmIDs: [-8, -7, -257]
          })
        ))
        if (Option.isNone(verified) || !verified.value.verified) return Option.none()
        const { credential, credentialBackedUp } = verified.value.registrationInfo
        return Option.some({
          id: credential.id,
          publicKey: credential.publicKey,
          counter: credential.counter,
          transports: (transports ?? []).filter(isTransport),
          backedUp: credentialBackedUp
        })
      }
    ),
    verifyAuthentication: Effect.fn("PasskeyVerifier.verifyAuthentication")(
      function*({ challenge, credential, relyingParty, response }) {
        const decoded = decodeAuthentication(response)
        if (Option.isNone(decoded)) return Option.none()
        const { id, rawId, response: { authenticatorData, clientDataJSON, signature }, type } = decoded.value
        if (id !== credential.id) return Option.none()
        const verified = yield* Effect.option(Effect.tryPromise(() =>
          verifyAuthenticationResponse({
            response: {
              id,
              rawId,
              type,
              response: { authenticatorData, clientDataJSON, signature },
              clientExtensionResults: {}
            },
            expectedChallenge: challenge,
            expectedOrigin: relyingParty.origin,
            expectedRPID: relyingParty.id,
            credential: {
              id: credential.id,
              publicKey: new Uint8Array(credential.publicKey),
              counter: credential.counter
            },
            requireUserVerification: true
          })
        ))
        return Option.isSome(verified) && verified.value.verified && verified.value.authenticationInfo.userVerified
          ? Option.some({ counter: verified.value.authenticationInfo.newCounter })
          : Option.none()
      }
    )
  })
)
