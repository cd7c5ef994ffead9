/**
 * The sign-in providers and the list of breached passwords that the server is configured with.
 *
 * @since 0.1.0
 */
import { IdentityProviders } from "@wicara/core/IdentityProviders"
import * as PasswordPolicy from "@wicara/core/PasswordPolicy"
import * as FacebookProvider from "@wicara/sign-in-oidc/FacebookProvider"
import * as GoogleProvider from "@wicara/sign-in-oidc/GoogleProvider"
import * as OpenIdProvider from "@wicara/sign-in-oidc/OpenIdProvider"
import { Effect, Layer, Option } from "effect"
import { ServerConfig } from "./ServerConfig.ts"

const layerProviders = Layer.effect(
  IdentityProviders,
  Effect.gen(function*() {
    const config = yield* ServerConfig
    const google = Option.all({ clientId: config.googleClientId, clientSecret: config.googleClientSecret })
    const facebook = Option.all({ appId: config.facebookAppId, appSecret: config.facebookAppSecret })
    const oidc = Option.all({
      issuer: config.oidcIssuer,
      clientId: config.oidcClientId,
      clientSecret: config.oidcClientSecret
    })
    const made = [
      Option.map(google, GoogleProvider.make),
      Option.map(facebook, FacebookProvider.make),
      Option.map(oidc, (client) =>
        OpenIdProvider.make({
          ...client,
          id: "oidc",
          name: config.oidcName,
          allowInsecure: client.issuer.startsWith("http:")
        }))
    ]
    return yield* Effect.all(made.flatMap(Option.toArray))
  })
)

const layerBreached = Layer.effect(
  PasswordPolicy.BreachedPasswords,
  Effect.gen(function*() {
    const { breachedPasswordsUrl } = yield* ServerConfig
    if (Option.isSome(breachedPasswordsUrl)) return yield* PasswordPolicy.rangeService(breachedPasswordsUrl.value)
    return yield* PasswordPolicy.BreachedPasswords
  })
)

/**
 * @category layers
 * @since 0.1.0
 */
export const layer = Layer.merge(layerProviders, layerBreached)
