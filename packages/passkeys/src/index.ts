/**
 * Passkeys (WebAuthn) for the sign-in of `@wicara/core`.
 *
 * @since 0.1.0
 */
export * as PasskeyVerifier from "./PasskeyVerifier.ts"
