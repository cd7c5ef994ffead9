/**
 * What every route of the emulated WAHA server does first: the key, the body, the session.
 *
 * @since 0.1.0
 */
import { Effect, Option, Predicate, Schema } from "effect"
import { HttpRouter, HttpServerRequest, HttpServerResponse } from "effect/http"
import * as Failure from "./WahaFailure.ts"
import type { WahaFailure } from "./WahaFailure.ts"
import * as Requests from "./WahaRequests.ts"
import type { WahaServer } from "./WahaServer.ts"
import type { WahaSession } from "./WahaSession.ts"

/**
 * A request whose key was accepted.
 *
 * @category models
 * @since 0.1.0
 */
export interface Call {
  readonly request: HttpServerRequest.HttpServerRequest
  readonly params: Readonly<Record<string, string | undefined>>
  readonly query: (name: string) => string | undefined
  readonly body: Readonly<Record<string, unknown>>
  /** The session that the path, the body or the query names. */
  readonly sessionName: string | undefined
  /** The session that the key is limited to; `*` for none. */
  readonly scope: string
}

/** Answers a call: a response, or a value to send as JSON (`undefined` sends nothing). @category models @since 0.1.0 */
export type Handler = (call: Call) => Effect.Effect<unknown, WahaFailure>

const decodeJson = Schema.decodeUnknownOption(Schema.fromJsonString(Schema.Unknown))

const failure = ({ body, status }: WahaFailure) => HttpServerResponse.jsonUnsafe(body, { status })

const readBody = Effect.fnUntraced(function*(request: HttpServerRequest.HttpServerRequest) {
  if (request.method === "GET") return {}
  const text = yield* Effect.orElseSucceed(request.text, () => "")
  if (text === "") return {}
  const json = Option.getOrUndefined(decodeJson(text))
  return Predicate.isReadonlyObject(json)
    ? json as Readonly<Record<string, unknown>>
    : yield* Effect.fail(Failure.nest(400, "Unexpected token in JSON", "Bad Request"))
})

const firstOf = (value: string | ReadonlyArray<string> | undefined) => typeof value === "object" ? value[0] : value

const documented = (server: WahaServer, body: unknown, query: ReadonlyArray<string>) =>
  Effect.flatMap(
    Effect.all([HttpServerRequest.HttpServerRequest, HttpRouter.RouteContext]),
    ([{ method }, { route }]) => {
      const request = Requests.of(method, route.path)
      return request === undefined
        ? Effect.void
        : Effect.fromResult(Requests.check(request, { body, query }, server.strict))
    }
  )

/**
 * A route behind the API key, answered with `status` when it succeeds. What the documentation does not allow is refused
 * before the handler sees it.
 *
 * @category constructors
 * @since 0.1.0
 */
export const guarded = (server: WahaServer, status: number, handler: Handler) =>
  Effect.gen(function*() {
    const request = yield* HttpServerRequest.HttpServerRequest
    const search = yield* HttpServerRequest.ParsedSearchParams
    const params = yield* HttpRouter.params
    const query = (name: string) => firstOf(search[name])
    const scope = server.sessions.scopeOf(request.headers["x-api-key"] ?? query("x-api-key"))
    if (scope === undefined) return failure(Failure.unauthorized)
    const body = yield* readBody(request)
    const named = params["session"] ?? body["session"] ?? body["name"] ?? query("session")
    const sessionName = typeof named === "string" ? named : undefined
    if (scope !== "*" && sessionName !== undefined && sessionName !== scope) return failure(Failure.forbidden)
    yield* documented(server, body, Object.keys(search).filter((name) => name !== "x-api-key"))
    const answer = yield* handler({ request, params, query, body, sessionName, scope })
    if (HttpServerResponse.isHttpServerResponse(answer)) return answer
    return answer === undefined
      ? HttpServerResponse.empty({ status })
      : HttpServerResponse.jsonUnsafe(answer, { status })
  }).pipe(Effect.catchTag("WahaFailure", (refused) => Effect.succeed(failure(refused))))

/**
 * The session of a call.
 *
 * @category getters
 * @since 0.1.0
 */
export const sessionOf = (server: WahaServer, call: Call): Effect.Effect<WahaSession, WahaFailure> => {
  const session = call.sessionName === undefined ? undefined : server.sessions.get(call.sessionName)
  return session === undefined ? Effect.fail(Failure.sessionNotFound) : Effect.succeed(session)
}

/**
 * The same, if it works now.
 *
 * @category getters
 * @since 0.1.0
 */
export const workingSession = (server: WahaServer, call: Call): Effect.Effect<WahaSession, WahaFailure> =>
  Effect.flatMap(sessionOf(server, call), (session) =>
    session.status === "WORKING"
      ? Effect.succeed(session)
      : Effect.fail(Failure.sessionStatus(session.name, session.status)))

/**
 * The body of a call, with the fields that WAHA does not know dropped.
 *
 * @category decoding
 * @since 0.1.0
 */
export const decode = <A, I>(schema: Schema.Codec<A, I>) => {
  const parse = Schema.decodeUnknownEffect(schema)
  return (call: Call): Effect.Effect<A, WahaFailure> =>
    Effect.mapError(parse(call.body), (error) => Failure.validation(error.message.split("\n")))
}

/**
 * What is answered where there is no route.
 *
 * @category layers
 * @since 0.1.0
 */
export const unknownPath = HttpRouter.add(
  "*",
  "/*",
  (request) => Effect.succeed(failure(Failure.nest(404, `Cannot ${request.method} ${request.url}`, "Not Found")))
)

/** A text alone, which is not sent as JSON. @category constructors @since 0.1.0 */
export const text = (value: string) => HttpServerResponse.text(value, { contentType: "text/html; charset=utf-8" })

/** A whole number of a query. @category getters @since 0.1.0 */
export const integer = (text: string | undefined, byDefault: number): number => {
  const value = Number(text ?? byDefault)
  return Number.isSafeInteger(value) && value >= 0 ? value : byDefault
}

/** The part of a list that a call asks for. @category getters @since 0.1.0 */
export const page = <A>(call: Call, all: ReadonlyArray<A>): ReadonlyArray<A> => {
  const offset = integer(call.query("offset"), 0)
  return all.slice(offset, offset + integer(call.query("limit"), 100))
}
