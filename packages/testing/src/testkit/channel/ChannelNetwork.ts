/**
 * The network between an adapter and its provider, with faults at will. They are made in the client, so they are the same
 * for every provider and need no support of its.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import { HttpClient, HttpClientError, HttpClientResponse } from "effect/http"
import type { HttpClientRequest } from "effect/http"

/**
 * What happens to one request:
 *
 * - `refused`: no connection; it surely never left
 * - `lost_request`: the connection breaks before the provider reads it
 * - `lost_answer`: the provider acts, and the connection breaks before its answer
 * - `unheard`: it hangs, and the provider never gets it
 * - `unanswered`: the provider acts, and never answers
 * - `bad_gateway`: the provider acts, and something in between answers 502 with a page
 * - `garbled`: the provider acts, and its answer arrives as half a JSON text with status 500
 *
 * @category models
 * @since 0.1.0
 */
export type Fault =
  | "refused"
  | "lost_request"
  | "lost_answer"
  | "unheard"
  | "unanswered"
  | "bad_gateway"
  | "garbled"

/** Every fault. @category constants @since 0.1.0 */
export const faults: ReadonlyArray<Fault> = [
  "refused",
  "lost_request",
  "lost_answer",
  "unheard",
  "unanswered",
  "bad_gateway",
  "garbled"
]

/**
 * Decides on the fault of a request by its number, counted from 1 since the plan was made.
 *
 * @category models
 * @since 0.1.0
 */
export type Plan = (request: number) => Fault | undefined

/**
 * Disturbs what an adapter does.
 *
 * @category models
 * @since 0.1.0
 */
export interface Disturbance {
  /** The faults that it can make. */
  readonly faults: ReadonlyArray<Fault>
  readonly plan: (plan: Plan) => void
  /** How many requests will never be answered, and how many are under way, those included. */
  readonly hanging: () => number
  readonly underWay: () => number
}

/**
 * A request as the adapter made it.
 *
 * @category models
 * @since 0.1.0
 */
export interface SeenRequest {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: string
}

/**
 * @category models
 * @since 0.1.0
 */
export interface ChannelNetwork extends Disturbance {
  readonly client: HttpClient.HttpClient
  /** Every request so far, also those that never left. */
  readonly seen: () => ReadonlyArray<SeenRequest>
}

const utf8 = new TextDecoder()

const bodyOf = (request: HttpClientRequest.HttpClientRequest): string =>
  request.body._tag === "Uint8Array" ? utf8.decode(request.body.body) : ""

/** The answer with all of its body: the clock stands still until it is there, also when it comes through a socket. */
const whole = (response: HttpClientResponse.HttpClientResponse) =>
  Effect.map(response.arrayBuffer, (body) =>
    HttpClientResponse.fromWeb(
      response.request,
      new Response(body.byteLength === 0 ? null : body, { status: response.status, headers: response.headers })
    ))

const broken = (request: HttpClientRequest.HttpClientRequest, code: string) =>
  Effect.fail(
    new HttpClientError.HttpClientError({
      reason: new HttpClientError.TransportError({ request, cause: Object.assign(new Error(code), { code }) })
    })
  )

/**
 * @category constructors
 * @since 0.1.0
 */
export const make = (inner: HttpClient.HttpClient): ChannelNetwork => {
  const seen: Array<SeenRequest> = []
  let plan: Plan = () => undefined
  let number = 0
  let hanging = 0
  let underWay = 0
  const hang = Effect.acquireUseRelease(
    Effect.sync(() => {
      hanging++
    }),
    () => Effect.never,
    () =>
      Effect.sync(() => {
        hanging--
      })
  )
  const acted = (request: HttpClientRequest.HttpClientRequest) => Effect.ignore(inner.execute(request))
  const answer = (request: HttpClientRequest.HttpClientRequest, status: number, body: string, type: string) =>
    HttpClientResponse.fromWeb(request, new Response(body, { status, headers: { "content-type": type } }))
  const execute = (request: HttpClientRequest.HttpClientRequest, fault: Fault | undefined) => {
    switch (fault) {
      case undefined:
        return Effect.flatMap(inner.execute(request), whole)
      case "refused":
        return broken(request, "ECONNREFUSED")
      case "lost_request":
        return broken(request, "ECONNRESET")
      case "lost_answer":
        return Effect.andThen(acted(request), broken(request, "ECONNRESET"))
      case "unheard":
        return hang
      case "unanswered":
        return Effect.andThen(acted(request), hang)
      case "bad_gateway":
        return Effect.as(acted(request), answer(request, 502, "<html><h1>Bad gateway</h1></html>", "text/html"))
      case "garbled":
        return Effect.as(acted(request), answer(request, 500, "{\"messages\":[{\"id\":", "application/json"))
    }
  }
  return {
    client: HttpClient.make((request, url) =>
      Effect.suspend(() => {
        seen.push({ method: request.method, url: url.href, headers: request.headers, body: bodyOf(request) })
        underWay++
        return Effect.ensuring(
          execute(request, plan(++number)),
          Effect.sync(() => {
            underWay--
          })
        )
      })
    ),
    faults,
    plan: (next) => {
      plan = next
      number = 0
    },
    hanging: () => hanging,
    underWay: () => underWay,
    seen: () => seen
  }
}
