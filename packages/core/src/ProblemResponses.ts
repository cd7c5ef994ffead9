/**
 * Every failure of every route as problem+json (RFC 9457): one middleware around the whole server, for the typed API
 * and for raw routes alike. A request that can't be read is 400, no such route 404, no such method there 405, a body too
 * large 413, of a wrong type 415, the database away 503; anything else is logged and answered 500 with nothing of its
 * cause but the request's id. It also gives each request its id (`RequestId`, and the header in both directions).
 *
 * @since 0.1.0
 */
import { Cause, Effect, JsonPointer, Predicate, Schema, SchemaIssue } from "effect"
import type { Layer } from "effect"
import {
  FindMyWay,
  HttpRouter,
  HttpServerError,
  HttpServerRequest,
  HttpServerRespondable,
  HttpServerResponse,
  Multipart
} from "effect/http"
import { HttpApi, HttpApiError } from "effect/http-api"
import type { HttpApiGroup } from "effect/http-api"
import * as Id from "./Id.ts"
import { InternalError, InvalidRequest, typeUri, Unavailable } from "./Problem.ts"
import type { RequestIssue } from "./Problem.ts"
import * as RequestId from "./RequestId.ts"
import { isUnavailable } from "./Sql.ts"

type Response = HttpServerResponse.HttpServerResponse

/**
 * A problem as a response, for raw routes; `name` is the last segment of its type.
 *
 * @category constructors
 * @since 0.1.0
 */
export const respond = (
  status: number,
  name: string,
  title: string,
  detail: string,
  headers: Record<string, string> = {}
): Response =>
  HttpServerResponse.jsonUnsafe(
    { type: typeUri(name), title, status, detail },
    { status, contentType: "application/problem+json", headers }
  )

const tooLarge = () =>
  respond(413, "body-too-large", "Body too large", "The body is larger than this endpoint accepts.")

const unreadable = (detail: string) => respond(400, "unreadable-body", "Unreadable body", detail)

const noRoute = (detail: string) => respond(404, "no-such-route", "No such route", detail)

const slots = { Params: "path", Headers: "header", Query: "query", Payload: "body" } as const
const formatIssues = SchemaIssue.makeFormatterStandardSchemaV1()

const pointer = (path: ReadonlyArray<PropertyKey | { readonly key: PropertyKey }> | undefined): string =>
  (path ?? []).map((segment) =>
    `/${JsonPointer.escapeToken(String(Predicate.isObject(segment) ? segment.key : segment))}`
  ).join("")

const fromSchemaError = (kind: keyof typeof slots, error: Schema.SchemaError) => {
  const errors = formatIssues(error.issue).issues.slice(0, 20).map((issue): RequestIssue => ({
    in: slots[kind],
    pointer: pointer(issue.path),
    detail: issue.message
  }))
  const [first] = errors
  const detail = first === undefined
    ? "The request does not have the documented shape."
    : `${first.in}${first.pointer}: ${first.detail}`
  return HttpServerRespondable.toResponse(new InvalidRequest({ detail, errors }))
}

const fromServerError = ({ reason }: HttpServerError.HttpServerError): Effect.Effect<Response> | undefined => {
  switch (reason._tag) {
    case "RouteNotFound":
      return Effect.succeed(noRoute(`There is no ${reason.request.method} ${reason.request.url.split("?")[0]}.`))
    case "RequestParseError":
      return Effect.succeed(
        reason.reason === "BodyTooLarge"
          ? tooLarge()
          : unreadable("The body can't be read: it may have been cut short.")
      )
    default:
      return undefined
  }
}

const fromMultipartError = ({ reason }: Multipart.MultipartError): Effect.Effect<Response> | undefined => {
  if (reason._tag === "InternalError") return undefined
  return Effect.succeed(reason._tag === "Parse" ? unreadable("The multipart body is malformed.") : tooLarge())
}

/** The answer to an error that is known; `undefined` for a bug. */
const fromError = (error: unknown): Effect.Effect<Response> | undefined => {
  if (HttpServerResponse.isHttpServerResponse(error)) return Effect.succeed(error)
  if (isUnavailable(error)) {
    const detail = "The database does not answer; nothing was stored. The same request may be repeated."
    return Effect.andThen(
      Effect.logWarning("The database does not answer", error.message),
      HttpServerRespondable.toResponse(new Unavailable({ detail }))
    )
  }
  if (HttpApiError.HttpApiSchemaError.is(error)) {
    // That the server's own answer does not fit its contract is a bug here, not in the request.
    return error.kind === "Body" || error.kind === "ResponseHeaders"
      ? undefined
      : fromSchemaError(error.kind, error.cause)
  }
  if (HttpApiError.HttpApiPayloadTooLarge.is(error)) return Effect.succeed(tooLarge())
  if (error instanceof HttpServerError.HttpServerError) return fromServerError(error)
  if (error instanceof Multipart.MultipartError) return fromMultipartError(error)
  // A body of a few kilobytes of "[" would otherwise look like a bug of the server's.
  if (error instanceof RangeError && error.message.includes("call stack")) {
    return Effect.succeed(unreadable("The body is nested too deeply."))
  }
  return HttpServerRespondable.isRespondable(error) ? HttpServerRespondable.toResponse(error) : undefined
}

/**
 * The problem that answers a failed request.
 *
 * @category conversions
 * @since 0.1.0
 */
export const fromCause = Effect.fnUntraced(function*(cause: Cause.Cause<unknown>) {
  for (const reason of cause.reasons) {
    const error = Cause.isFailReason(reason) ? reason.error : Cause.isDieReason(reason) ? reason.defect : undefined
    const response = fromError(error)
    if (response !== undefined) return yield* response
  }
  yield* Effect.logError("A request failed unexpectedly", cause)
  const requestId = (yield* RequestId.RequestId) ?? ""
  return yield* HttpServerRespondable.toResponse(
    new InternalError({ requestId, detail: "Something unexpected happened. It was logged." })
  )
})

type Paths = FindMyWay.Router<true>

const knownPaths = <Id extends string, Groups extends HttpApiGroup.Constraint>(
  api: HttpApi.HttpApi<Id, Groups>
): Paths => {
  const paths = FindMyWay.make<true>()
  HttpApi.reflect(api, {
    onGroup: () => {},
    onEndpoint: ({ endpoint }) => paths.on(endpoint.method, endpoint.path as FindMyWay.PathInput, true)
  })
  return paths
}

const methods = ["GET", "POST", "PUT", "PATCH", "DELETE"]

const methodNotAllowed = (paths: Paths, request: HttpServerRequest.HttpServerRequest): Response | undefined => {
  const allowed = methods.filter((method) => paths.find(method, request.url) !== undefined)
  if (allowed.length === 0 || allowed.includes(request.method)) return undefined
  const allow = allowed.join(", ")
  const path = request.url.split("?")[0]
  return respond(405, "method-not-allowed", "Method not allowed", `${path} answers ${allow}.`, { allow })
}

/** What the framework refuses by itself has no problem in its body. */
const fromBareRefusal = (response: Response, paths: Paths, request: HttpServerRequest.HttpServerRequest): Response => {
  const isProblem = response.body._tag !== "Empty" && !response.body.contentType?.startsWith("text/plain")
  if (response.status < 400 || (isProblem && response.status !== 404)) return response
  switch (response.status) {
    case 404:
      return methodNotAllowed(paths, request) ??
        (response.body._tag === "Empty" ? noRoute("There is nothing here.") : response)
    case 413:
      return tooLarge()
    case 415: {
      const type = request.headers["content-type"]?.split(";")[0] ?? "a body without a content type"
      return respond(415, "unsupported-media-type", "Unsupported media type", `This endpoint does not take ${type}.`)
    }
    default:
      return response
  }
}

const decodeRetryAfter = Schema.decodeUnknownResult(
  Schema.fromJsonString(Schema.Struct({ retryAfterSeconds: Schema.Int }))
)

const retryAfter = (response: Response): string => {
  if (response.body._tag !== "Uint8Array") return "1"
  const decoded = decodeRetryAfter(new TextDecoder().decode(response.body.body))
  return String(decoded._tag === "Success" ? decoded.success.retryAfterSeconds : 1)
}

const withHeaders = (response: Response, requestId: string): Response => {
  const headers: Record<string, string> = { [RequestId.header]: requestId }
  if (response.status === 401 && response.headers["www-authenticate"] === undefined) {
    headers["www-authenticate"] = "Bearer"
  }
  if ((response.status === 429 || response.status === 503) && response.headers["retry-after"] === undefined) {
    headers["retry-after"] = retryAfter(response)
  }
  return HttpServerResponse.setHeaders(response, headers)
}

const idOf = (request: HttpServerRequest.HttpServerRequest): Effect.Effect<string> => {
  const given = request.headers[RequestId.header]
  return given !== undefined && /^[\w.:-]{8,120}$/.test(given) ? Effect.succeed(given) : Id.next(Schema.String)
}

/**
 * Puts the middleware around every route of the server, and around the middleware that is added after it; `api` tells
 * which paths know other methods (405).
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = <Id extends string, Groups extends HttpApiGroup.Constraint>(
  api: HttpApi.HttpApi<Id, Groups>
): Layer.Layer<never, never, HttpRouter.HttpRouter> => {
  const paths = knownPaths(api)
  return HttpRouter.use((router) =>
    router.addGlobalMiddleware((effect) =>
      Effect.flatMap(
        HttpServerRequest.HttpServerRequest,
        (request) =>
          Effect.flatMap(idOf(request), (requestId) =>
            effect.pipe(
              Effect.catchCause((cause) => Cause.hasInterruptsOnly(cause) ? Effect.failCause(cause) : fromCause(cause)),
              Effect.map((response) => withHeaders(fromBareRefusal(response, paths, request), requestId)),
              Effect.provideService(RequestId.RequestId, requestId),
              Effect.annotateLogs({ requestId })
            ))
      )
    )
  )
}
