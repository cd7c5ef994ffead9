/**
 * The typed client of the whole HTTP API. It runs wherever there is an `HttpClient`: in Node, in a worker, in a browser.
 *
 * @since 0.1.0
 */
import { VisitorAuthentication } from "@wicara/channels-widget/Widget/Api"
import * as AuthenticationClient from "@wicara/core/Authentication/Client"
import { Context, Duration, Effect, Layer } from "effect"
import type { Redacted } from "effect"
import { HttpClientRequest } from "effect/http"
import type { HttpClient } from "effect/http"
import { HttpApiClient, HttpApiMiddleware } from "effect/http-api"
import { Api } from "./Api.ts"
import * as IdempotencyKey from "./IdempotencyKey.ts"
import { repeating } from "./internal/repeating.ts"

/**
 * A token, or an effect that reads the current one before each call (`undefined`: send none).
 *
 * @category models
 * @since 0.1.0
 */
export type Token = Redacted.Redacted<string> | Effect.Effect<Redacted.Redacted<string> | undefined>

/**
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** Where the server is, without `/v1`; the page's own origin by default. */
  readonly baseUrl?: URL | string | undefined
  /** An API key (`wk_...`) or a session token (`ws_...`); none by default, which is enough to sign in. */
  readonly token?: Token | undefined
  /** A widget visitor's token, for the endpoints of `widget`. */
  readonly visitorToken?: Token | undefined
  /**
   * How often a call is repeated when the server is away, busy (429) or unavailable (503); 4 by default. Only what can
   * be repeated without a second effect is: GET, PUT, DELETE, and the POSTs that take an idempotency key.
   */
  readonly repeats?: number | undefined
  /** The longest `Retry-After` that is waited for; 30 seconds by default. A longer one is the caller's to see. */
  readonly maxWait?: Duration.Input | undefined
}

const layerVisitor = (token: Token) =>
  HttpApiMiddleware.layerClient(
    VisitorAuthentication,
    Effect.fnUntraced(function*({ next, request }) {
      const current = Effect.isEffect(token) ? yield* token : token
      return yield* next(current === undefined ? request : HttpClientRequest.bearerToken(request, current))
    })
  )

const none = Effect.succeed(undefined)

/**
 * Every endpoint as a function: `client.<group>.<endpoint>({ params, query, payload })`. Failures are the endpoint's
 * problems by their `_tag`, `HttpClientError` for what never got an answer, and `SchemaError` for an answer that is not
 * the API's.
 *
 * @category services
 * @since 0.1.0
 */
export class Client extends Context.Service<Client, HttpApiClient.ForApi<typeof Api>>()("@wicara/client/Client") {
  /**
   * A client with the token; needs an `HttpClient` (`FetchHttpClient.layer`, `NodeHttpClient.layerUndici`).
   *
   * @since 0.1.0
   */
  static readonly make = (
    options: Options = {}
  ): Effect.Effect<HttpApiClient.ForApi<typeof Api>, never, HttpClient.HttpClient> =>
    HttpApiClient.make(Api, {
      baseUrl: options.baseUrl,
      transformClient: repeating({
        times: options.repeats ?? 4,
        maxWait: Duration.fromInputUnsafe(options.maxWait ?? "30 seconds")
      })
    }).pipe(
      Effect.provide(Layer.mergeAll(
        AuthenticationClient.layer(options.token ?? none),
        layerVisitor(options.visitorToken ?? none),
        IdempotencyKey.layer
      ))
    )

  /**
   * The client as a service.
   *
   * @since 0.1.0
   */
  static readonly layer = (options: Options = {}): Layer.Layer<Client, never, HttpClient.HttpClient> =>
    Layer.effect(Client, Client.make(options))
}
