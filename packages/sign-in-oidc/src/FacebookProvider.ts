/**
 * Sign-in with Facebook, which is OAuth without OpenID Connect on a server: the code becomes a token, the token is asked
 * who it is of, and forgotten. Facebook does not say that an address is proven, so its accounts are linked by people who
 * are signed in, and not by address.
 *
 * @see https://developers.facebook.com/docs/facebook-login/guides/advanced/manual-flow
 * @since 0.1.0
 */
import { IdentityProviderError } from "@wicara/core/IdentityProviders"
import type { IdentityProvider } from "@wicara/core/IdentityProviders"
import { Effect, Redacted, Schema } from "effect"
import { HttpClient, HttpClientRequest, HttpClientResponse } from "effect/http"
import { createHash, createHmac, timingSafeEqual } from "node:crypto"

const Token = Schema.Struct({ access_token: Schema.NonEmptyString })
const Person = Schema.Struct({
  id: Schema.NonEmptyString,
  name: Schema.optional(Schema.String),
  email: Schema.optional(Schema.String)
})
const Debugged = Schema.Struct({ data: Schema.Struct({ app_id: Schema.String, is_valid: Schema.Boolean }) })

/**
 * Facebook by the app that was registered with it, whose redirect address is `<public URL>/sign-in/callback`.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (options: {
  readonly appId: string
  readonly appSecret: Redacted.Redacted<string>
  /** Of the Graph API; `v23.0` if absent. */
  readonly version?: string | undefined
  /** Where people consent; Facebook's own if absent. */
  readonly dialogUrl?: string | undefined
  /** The Graph API; Facebook's own if absent. */
  readonly graphUrl?: string | undefined
}): Effect.Effect<IdentityProvider, never, HttpClient.HttpClient> =>
  Effect.gen(function*() {
    const client = HttpClient.filterStatusOk(yield* HttpClient.HttpClient)
    const { appId } = options
    const appSecret = Redacted.value(options.appSecret)
    const version = options.version ?? "v23.0"
    const dialog = `${options.dialogUrl ?? "https://www.facebook.com"}/${version}/dialog/oauth`
    const graph = `${options.graphUrl ?? "https://graph.facebook.com"}/${version}`

    const failed = (reason: IdentityProviderError["reason"], message: string) =>
      new IdentityProviderError({ provider: "facebook", reason, message })

    const ask = <A>(
      schema: Schema.Codec<A, unknown>,
      request: HttpClientRequest.HttpClientRequest
    ): Effect.Effect<A, IdentityProviderError> =>
      client.execute(request).pipe(
        Effect.flatMap(HttpClientResponse.schemaBodyJson(schema)),
        Effect.timeout("10 seconds"),
        Effect.mapError((error) => {
          const isOurs = error._tag === "HttpClientError" && error.response !== undefined
          return failed(isOurs || error._tag === "SchemaError" ? "invalid" : "unavailable", error._tag)
        })
      )

    return {
      id: "facebook",
      name: "Facebook",
      authorizationUrl: ({ codeVerifier, redirectUri, state }) =>
        Effect.sync(() => {
          const url = new URL(dialog)
          const parameters = {
            client_id: appId,
            redirect_uri: redirectUri,
            response_type: "code",
            scope: "email,public_profile",
            state,
            code_challenge: createHash("sha256").update(codeVerifier).digest("base64url"),
            code_challenge_method: "S256"
          }
          for (const [key, value] of Object.entries(parameters)) url.searchParams.set(key, value)
          return url.href
        }),
      identify: Effect.fn("FacebookProvider.identify")(function*(parameters, { codeVerifier, redirectUri, state }) {
        const parameter = (name: string) => Redacted.value(parameters[name] ?? Redacted.make(""))
        if (!isSame(parameter("state"), state)) return yield* failed("invalid", "The state is another one")
        const code = parameter("code")
        if (code === "") return yield* failed("refused", parameter("error_reason"))
        const { access_token } = yield* ask(
          Token,
          HttpClientRequest.post(`${graph}/oauth/access_token`).pipe(HttpClientRequest.bodyUrlParams({
            client_id: appId,
            client_secret: appSecret,
            redirect_uri: redirectUri,
            code,
            code_verifier: codeVerifier
          }))
        )
        // A token of another app would say who somebody is there, and not that they signed in here.
        const { data } = yield* ask(
          Debugged,
          HttpClientRequest.get(`${graph}/debug_token`).pipe(
            HttpClientRequest.setUrlParams({ input_token: access_token }),
            HttpClientRequest.bearerToken(`${appId}|${appSecret}`)
          )
        )
        if (!data.is_valid || data.app_id !== appId) return yield* failed("invalid", "The token is of another app")
        const person = yield* ask(
          Person,
          HttpClientRequest.get(`${graph}/me`).pipe(
            HttpClientRequest.setUrlParams({
              fields: "id,name,email",
              appsecret_proof: createHmac("sha256", appSecret).update(access_token).digest("hex")
            }),
            HttpClientRequest.bearerToken(access_token)
          )
        )
        return { subject: person.id, email: person.email, emailVerified: false, name: person.name }
      })
    }
  })

const isSame = (one: string, other: string): boolean => {
  const [a, b] = [Buffer.from(one), Buffer.from(other)]
  return a.length === b.length && timingSafeEqual(a, b)
}
