/**
 * Sign-in with Google.
 *
 * @see https://developers.google.com/identity/openid-connect/openid-connect
 * @since 0.1.0
 */
import type { IdentityProvider } from "@wicara/core/IdentityProviders"
import type { Effect, Redacted } from "effect"
import * as OpenIdProvider from "./OpenIdProvider.ts"

/**
 * Google by the client that was registered with it, whose redirect address is `<public URL>/sign-in/callback`.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (client: {
  readonly clientId: string
  readonly clientSecret: Redacted.Redacted<string>
}): Effect.Effect<IdentityProvider> =>
  OpenIdProvider.make({ ...client, id: "google", name: "Google", issuer: "https://accounts.google.com" })
