/**
 * The port to sign-in with an account elsewhere (OpenID Connect, OAuth): an adapter is a value that knows one provider,
 * the server has a list of them. `@wicara/sign-in-oidc` makes them.
 *
 * @since 0.1.0
 */
import { Context, Schema } from "effect"
import type { Effect, Redacted } from "effect"

/**
 * What belongs to one sign-in alone, and is checked when the browser comes back.
 *
 * @category models
 * @since 0.1.0
 */
export interface IdentityTransaction {
  readonly state: string
  readonly nonce: string
  /** The secret of PKCE (RFC 7636). */
  readonly codeVerifier: string
  /** A page of the console, exactly as it is registered with the provider. */
  readonly redirectUri: string
}

/**
 * Who somebody is at a provider.
 *
 * @category models
 * @since 0.1.0
 */
export interface ProvidedIdentity {
  /** Never given to somebody else by this provider. */
  readonly subject: string
  readonly email: string | undefined
  /** The provider vouches that they read this address. */
  readonly emailVerified: boolean
  readonly name: string | undefined
}

/**
 * The provider refused, can't be reached, or what it said does not hold.
 *
 * @category errors
 * @since 0.1.0
 */
export class IdentityProviderError extends Schema.TaggedError<IdentityProviderError>()("IdentityProviderError", {
  provider: Schema.String,
  reason: Schema.Literals(["refused", "unavailable", "invalid"]),
  message: Schema.String
}) {}

/**
 * One provider.
 *
 * @category models
 * @since 0.1.0
 */
export interface IdentityProvider {
  /** Lower-case letters, digits and hyphens; part of every identity's key: never change it. */
  readonly id: string
  /** As it is shown on a button. */
  readonly name: string
  /** Where to send the browser. */
  readonly authorizationUrl: (transaction: IdentityTransaction) => Effect.Effect<string, IdentityProviderError>
  /** Who came back, from the parameters that the provider gave the browser. */
  readonly identify: (
    parameters: Readonly<Record<string, Redacted.Redacted<string>>>,
    transaction: IdentityTransaction
  ) => Effect.Effect<ProvidedIdentity, IdentityProviderError>
}

/**
 * The server's providers; none by default.
 *
 * @category references
 * @since 0.1.0
 */
export const IdentityProviders = Context.Reference<ReadonlyArray<IdentityProvider>>("@wicara/core/IdentityProviders", {
  defaultValue: () => []
})
