/**
 * The providers that people may sign in with.
 *
 * @since 0.1.0
 */
import * as Configuration from "@wicara/core/Configuration"
import { Schema } from "effect"
import { HttpUrl, Secret } from "./Texts.ts"

/**
 * @category settings
 * @since 0.1.0
 */
export const signInSettings = {
  googleClientId: Configuration.defineOptional({
    name: "WICARA_GOOGLE_CLIENT_ID",
    schema: Schema.NonEmptyString,
    description: "Lets people sign in with Google; register the redirect address `<public URL>/sign-in/callback` there."
  }),
  googleClientSecret: Configuration.defineOptional({
    name: "WICARA_GOOGLE_CLIENT_SECRET",
    schema: Secret,
    secret: true,
    description: "The secret of the Google client."
  }),
  facebookAppId: Configuration.defineOptional({
    name: "WICARA_FACEBOOK_APP_ID",
    schema: Schema.NonEmptyString,
    description:
      "Lets people sign in with Facebook; register the redirect address `<public URL>/sign-in/callback` there."
  }),
  facebookAppSecret: Configuration.defineOptional({
    name: "WICARA_FACEBOOK_APP_SECRET",
    schema: Secret,
    secret: true,
    description: "The secret of the Facebook app."
  }),
  oidcIssuer: Configuration.defineOptional({
    name: "WICARA_OIDC_ISSUER",
    schema: HttpUrl,
    description:
      "Lets people sign in with an OpenID Connect provider of your own: its issuer, exactly as it names itself."
  }),
  oidcName: Configuration.define({
    name: "WICARA_OIDC_NAME",
    schema: Schema.NonEmptyString,
    default: "Single sign-on",
    description: "What the button of that provider says."
  }),
  oidcClientId: Configuration.defineOptional({
    name: "WICARA_OIDC_CLIENT_ID",
    schema: Schema.NonEmptyString,
    description: "The client at that provider, whose redirect address is `<public URL>/sign-in/callback`."
  }),
  oidcClientSecret: Configuration.defineOptional({
    name: "WICARA_OIDC_CLIENT_SECRET",
    schema: Secret,
    secret: true,
    description: "The secret of that client."
  }),
  breachedPasswordsUrl: Configuration.defineOptional({
    name: "WICARA_BREACHED_PASSWORDS_URL",
    schema: HttpUrl,
    description:
      "Refuses passwords known from breaches: `https://api.pwnedpasswords.com` (which learns five of 40 digits of a hash) or a copy of it. A list of common passwords is always checked."
  })
} as const
