/**
 * WAHA's HTTP API: WAHA's words, not ours. A call never fails; it says whether an answer came, and if not, whether the
 * request can have reached WAHA.
 *
 * @since 0.1.0
 */
import type { ChannelAccountId } from "@wicara/channels/ChannelAdapter"
import type { OrganizationId } from "@wicara/core/Tenancy"
import { Context, Duration, Effect, Option, Predicate, Redacted, Schema, Scope, Stream } from "effect"
import { HttpClient, HttpClientRequest } from "effect/http"
import type { HttpClientError, HttpClientResponse } from "effect/http"

/**
 * Where a WAHA server is and the key that opens it.
 *
 * @category models
 * @since 0.1.0
 */
export interface Connection {
  /** Without a slash at the end. */
  readonly baseUrl: string
  readonly apiKey: Redacted.Redacted<string>
  /** Whose calls these are; without it they are not logged. */
  readonly caller?: Caller | undefined
}

/**
 * The account that calls.
 *
 * @category models
 * @since 0.1.0
 */
export interface Caller {
  readonly organizationId: OrganizationId
  readonly channelAccountId: ChannelAccountId
  readonly session: string
}

/**
 * A WAHA account as far as calls need it.
 *
 * @category models
 * @since 0.1.0
 */
export interface Reachable {
  readonly id: ChannelAccountId
  readonly organizationId: OrganizationId
  readonly settings: { readonly baseUrl: string; readonly session: string }
  readonly secrets: { readonly apiKey: Redacted.Redacted<string> }
}

/**
 * How an account reaches its WAHA server.
 *
 * @category constructors
 * @since 0.1.0
 */
export const connectionOf = ({ id, organizationId, secrets, settings }: Reachable): Connection => ({
  baseUrl: settings.baseUrl,
  apiKey: secrets.apiKey,
  caller: { organizationId, channelAccountId: id, session: settings.session }
})

/**
 * The call that the running request makes, for whoever logs requests; `undefined` outside of calls.
 *
 * @category references
 * @since 0.1.0
 */
export const CurrentCall = Context.Reference<
  { readonly caller: Caller; readonly method: string; readonly path: string } | undefined
>("@wicara/channels-waha/WahaApi/CurrentCall", { defaultValue: () => undefined })

/**
 * One call. `path` starts with a slash, its parts already encoded (see `path`).
 *
 * @category models
 * @since 0.1.0
 */
export interface Call {
  readonly method: "GET" | "POST" | "PUT" | "DELETE"
  readonly path: string
  readonly query?: Readonly<Record<string, string>>
  readonly body?: Readonly<Record<string, unknown>>
  readonly timeout: Duration.Input
}

/**
 * How a call ended.
 *
 * - `Answered`: with a status; `body` is its JSON, else its text where it says yes, `undefined` when there was none or it
 *   could not be read
 * - `NotSent`: the request surely never reached WAHA
 * - `NoAnswer`: it left, or may have left, and what became of it is not known
 *
 * @category models
 * @since 0.1.0
 */
export type Reply =
  | {
    readonly _tag: "Answered"
    readonly status: number
    readonly body: unknown
    /** From `Retry-After`, milliseconds. */
    readonly retryAfter: number | undefined
  }
  | { readonly _tag: "NotSent"; readonly code: string; readonly reason: string }
  | { readonly _tag: "NoAnswer"; readonly reason: string }

/**
 * A path with its parts encoded: `` path`/api/${session}/lids/${lid}` ``.
 *
 * @category constructors
 * @since 0.1.0
 */
export const path = (strings: TemplateStringsArray, ...values: ReadonlyArray<string>): string =>
  String.raw({ raw: strings }, ...values.map(encodeURIComponent))

const word = /^(?:[a-z]+[a-zA-Z]*(?:-[a-z]+)*|v\d)$/

/**
 * A path without what it names: `/api/{}/chats/{}/messages`.
 *
 * @category conversions
 * @since 0.1.0
 */
export const shapeOf = (path: string, session: string): string => {
  const parts = path.split("/")
  const namesSession = (index: number) => index === 2 || (index === 3 && ["sessions", "files"].includes(parts[2] ?? ""))
  return parts.map((part, index) =>
    part === "" || (word.test(part) && !(part === session && namesSession(index))) ? part : "{}"
  ).join("/")
}

// Failures of resolving, connecting and agreeing on TLS: no byte of the request has left.
const beforeSending = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EADDRNOTAVAIL",
  "UND_ERR_CONNECT_TIMEOUT",
  "CERT_HAS_EXPIRED",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "ERR_TLS_CERT_ALTNAME_INVALID"
])

/** The code of the deepest cause that has one: clients wrap the socket's error in one or more of their own. */
const causeCode = (cause: unknown, depth = 0): string | undefined => {
  if (!Predicate.isObject(cause) || depth > 5) return undefined
  const inner = Predicate.hasProperty(cause, "cause") ? causeCode(cause.cause, depth + 1) : undefined
  if (inner !== undefined) return inner
  return Predicate.hasProperty(cause, "code") && Predicate.isString(cause.code) ? cause.code : undefined
}

/**
 * What a request that failed means.
 *
 * @category conversions
 * @since 0.1.0
 */
export const withoutAnswer = ({ reason }: HttpClientError.HttpClientError): Reply => {
  switch (reason._tag) {
    case "InvalidUrlError":
      return { _tag: "NotSent", code: "invalid_url", reason: "The base URL of the account is not a URL" }
    case "EncodeError":
      return { _tag: "NotSent", code: "encode_error", reason: "The request could not be encoded" }
    case "TransportError": {
      const code = causeCode(reason.cause)
      return code !== undefined && beforeSending.has(code)
        ? { _tag: "NotSent", code, reason: `WAHA can't be reached: ${code}` }
        : { _tag: "NoAnswer", reason: `The connection to WAHA broke: ${code ?? "no code"}` }
    }
    default:
      return { _tag: "NoAnswer", reason: "WAHA's answer could not be read" }
  }
}

const decodeJson = Schema.decodeUnknownOption(Schema.fromJsonString(Schema.Unknown))

const readBody = (response: HttpClientResponse.HttpClientResponse) =>
  response.text.pipe(
    Effect.timeoutOption("20 seconds"),
    Effect.map(Option.getOrElse(() => "")),
    // A text alone is not sent as JSON (the code of an invitation).
    Effect.map((text) =>
      Option.getOrElse(decodeJson(text), () => text !== "" && response.status < 300 ? text : undefined)
    ),
    // The status has been read: a body that breaks off takes nothing from it.
    Effect.orElseSucceed(() => undefined)
  )

const retryAfterOf = (response: HttpClientResponse.HttpClientResponse): number | undefined => {
  const value = response.headers["retry-after"]
  return value !== undefined && /^\d{1,6}$/.test(value) ? Number(value) * 1000 : undefined
}

const naming = ({ caller }: Connection, method: string, path: string) => <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.provideService(
    effect,
    CurrentCall,
    caller === undefined ? undefined : { caller, method, path: shapeOf(path, caller.session) }
  )

/**
 * Makes a call with the account's key.
 *
 * @category calls
 * @since 0.1.0
 */
export const request = Effect.fnUntraced(
  function*(connection: Connection, call: Call) {
    const client = yield* HttpClient.HttpClient
    const outgoing = HttpClientRequest.make(call.method)(`${connection.baseUrl}${call.path}`, {
      acceptJson: true,
      headers: { "x-api-key": Redacted.value(connection.apiKey) },
      ...(call.query === undefined ? {} : { urlParams: call.query })
    })
    const answered = yield* client.execute(
      call.body === undefined ? outgoing : HttpClientRequest.bodyJsonUnsafe(outgoing, call.body)
    ).pipe(naming(connection, call.method, call.path), Effect.timeoutOption(call.timeout))
    if (Option.isNone(answered)) {
      const millis = Duration.toMillis(call.timeout)
      return { _tag: "NoAnswer" as const, reason: `WAHA did not answer within ${millis} ms` }
    }
    const response = answered.value
    return {
      _tag: "Answered" as const,
      status: response.status,
      body: yield* readBody(response),
      retryAfter: retryAfterOf(response)
    }
  },
  (effect): Effect.Effect<Reply, never, HttpClient.HttpClient> =>
    Effect.catch(effect, (error) => Effect.succeed(withoutAnswer(error)))
)

/**
 * A file that is being read.
 *
 * @category models
 * @since 0.1.0
 */
export interface OpenedFile {
  readonly _tag: "Opened"
  /** Fails when the connection breaks. */
  readonly content: Stream.Stream<Uint8Array, { readonly reason: string }>
  readonly sizeBytes: number | undefined
  readonly mimeType: string | undefined
}

const broken = { reason: "The connection broke before the end of the file" }

/**
 * Opens a file that WAHA keeps, or that it put into a store of its own. Only WAHA itself gets the key. `timeout` is for
 * the answer to begin; the scope ends the download.
 *
 * @category calls
 * @since 0.1.0
 */
export const open = Effect.fnUntraced(
  function*(connection: Connection, url: string, timeout: Duration.Input) {
    const scope = yield* Scope.Scope
    const client = HttpClient.transformResponse(
      HttpClient.withScope(yield* HttpClient.HttpClient),
      Effect.provideService(Scope.Scope, scope)
    )
    const isOwn = url.startsWith(`${connection.baseUrl}/`)
    const outgoing = HttpClientRequest.get(url, {
      headers: isOwn ? { "x-api-key": Redacted.value(connection.apiKey) } : {}
    })
    const answered = yield* client.execute(outgoing).pipe(
      // A store of WAHA's own is not WAHA.
      naming(isOwn ? connection : { ...connection, caller: undefined }, "GET", url.slice(connection.baseUrl.length)),
      Effect.timeoutOption(timeout)
    )
    if (Option.isNone(answered)) {
      return { _tag: "NoAnswer" as const, reason: "WAHA did not begin to send the file in time" }
    }
    const response = answered.value
    if (response.status !== 200) {
      return {
        _tag: "Answered" as const,
        status: response.status,
        body: yield* readBody(response),
        retryAfter: retryAfterOf(response)
      }
    }
    const length = response.headers["content-length"]
    return {
      _tag: "Opened" as const,
      content: Stream.mapError(response.stream, () => broken),
      sizeBytes: length !== undefined && /^\d{1,15}$/.test(length) ? Number(length) : undefined,
      mimeType: response.headers["content-type"]
    }
  },
  (effect): Effect.Effect<OpenedFile | Reply, never, HttpClient.HttpClient | Scope.Scope> =>
    Effect.catch(effect, (error) => Effect.succeed(withoutAnswer(error)))
)
