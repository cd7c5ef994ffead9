/**
 * Any OpenID Connect provider: found by its issuer, authorization code with PKCE, and an ID token whose signature,
 * issuer, audience, nonce and times hold. No token is kept, and none leaves the server.
 *
 * @see https://openid.net/specs/openid-connect-core-1_0.html
 * @since 0.1.0
 */
import { IdentityProviderError } from "@wicara/core/IdentityProviders"
import type { IdentityProvider, ProvidedIdentity } from "@wicara/core/IdentityProviders"
import { Effect, Predicate, Redacted } from "effect"
import * as OAuth from "oauth4webapi"

/**
 * How the server is known at a provider.
 *
 * @category models
 * @since 0.1.0
 */
export interface OpenIdProviderOptions {
  /** Lower-case letters, digits and hyphens; part of every identity's key: never change it. */
  readonly id: string
  /** As it is shown on a button. */
  readonly name: string
  /** Exactly as the provider's metadata name it: `https://login.example.com/realm`. */
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: Redacted.Redacted<string>
  /** `openid email profile` if absent. */
  readonly scope?: string | undefined
  /** Talks to an issuer without TLS: for one on the same machine, in tests. */
  readonly allowInsecure?: boolean | undefined
}

const failure = (provider: string) => (cause: unknown): IdentityProviderError => {
  const message = cause instanceof Error ? cause.message : String(cause)
  if (cause instanceof OAuth.AuthorizationResponseError) {
    return new IdentityProviderError({ provider, reason: "refused", message: `${cause.error}: ${message}` })
  }
  const isAway = cause instanceof TypeError || (Predicate.isObject(cause) && "name" in cause &&
    (cause.name === "TimeoutError" || cause.name === "AbortError"))
  return new IdentityProviderError({ provider, reason: isAway ? "unavailable" : "invalid", message })
}

interface Request {
  readonly signal: AbortSignal
  readonly [OAuth.allowInsecureRequests]: boolean
}

/**
 * A provider by its issuer. Its metadata are asked for at the first sign-in, and again every hour.
 *
 * @category constructors
 * @since 0.1.0
 * @example
 * const provider = yield* OpenIdProvider.make({
 *   id: "acme", name: "Acme", issuer: "https://login.acme.example", clientId: "wicara", clientSecret
 * })
 */
export const make = (options: OpenIdProviderOptions): Effect.Effect<IdentityProvider> =>
  Effect.gen(function*() {
    const { clientId, clientSecret, id, name } = options
    const issuer = new URL(options.issuer)
    const client: OAuth.Client = { client_id: clientId }
    const authentication = OAuth.ClientSecretBasic(Redacted.value(clientSecret))
    const attempt = <A>(run: (request: Request) => Promise<A>) =>
      Effect.tryPromise({
        try: (signal) =>
          run({
            signal: AbortSignal.any([signal, AbortSignal.timeout(10_000)]),
            [OAuth.allowInsecureRequests]: options.allowInsecure ?? false
          }),
        catch: failure(id)
      })
    const [server, forget] = yield* Effect.cachedInvalidateWithTTL(
      attempt((request) =>
        OAuth.discoveryRequest(issuer, request).then((response) => OAuth.processDiscoveryResponse(issuer, response))
      ),
      "1 hour"
    )
    // What failed is not kept for the hour.
    const metadata = Effect.tapError(server, () => forget)

    return {
      id,
      name,
      authorizationUrl: Effect.fn("OpenIdProvider.authorizationUrl")(function*(transaction) {
        const { authorization_endpoint: endpoint } = yield* metadata
        if (endpoint === undefined) {
          const message = "The issuer has no authorization endpoint"
          return yield* new IdentityProviderError({ provider: id, reason: "invalid", message })
        }
        const challenge = yield* Effect.promise(() => OAuth.calculatePKCECodeChallenge(transaction.codeVerifier))
        const url = new URL(endpoint)
        const parameters = {
          client_id: clientId,
          redirect_uri: transaction.redirectUri,
          response_type: "code",
          scope: options.scope ?? "openid email profile",
          state: transaction.state,
          nonce: transaction.nonce,
          code_challenge: challenge,
          code_challenge_method: "S256"
        }
        for (const [key, value] of Object.entries(parameters)) url.searchParams.set(key, value)
        return url.href
      }),
      identify: Effect.fn("OpenIdProvider.identify")(function*(parameters, transaction) {
        const as = yield* metadata
        const answer = new URLSearchParams()
        for (const [key, value] of Object.entries(parameters)) answer.set(key, Redacted.value(value))
        return yield* attempt((request) => {
          const valid = OAuth.validateAuthResponse(as, client, answer, transaction.state)
          return OAuth.authorizationCodeGrantRequest(
            as,
            client,
            authentication,
            valid,
            transaction.redirectUri,
            transaction.codeVerifier,
            request
          ).then((response) =>
            OAuth.processAuthorizationCodeResponse(as, client, response, {
              expectedNonce: transaction.nonce,
              requireIdToken: true
            }).then((tokens) => OAuth.validateApplicationLevelSignature(as, response, request).then(() => tokens))
          ).then((tokens): ProvidedIdentity => {
            const claims = OAuth.getValidatedIdTokenClaims(tokens)
            return {
              subject: claims?.sub ?? "",
              email: Predicate.isString(claims?.["email"]) ? claims["email"] : undefined,
              emailVerified: claims?.["email_verified"] === true,
              name: Predicate.isString(claims?.["name"]) ? claims["name"] : undefined
            }
          })
        })
      })
    }
  })
