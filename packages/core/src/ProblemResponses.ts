/**
 * Every failure of every route as problem+json (RFC 9457): one middleware around the whole server, for the typed API
 * and for raw routes alike. Nothing internal is told: an unexpected error is logged and answered with its request id.
 *
 * @since 0.1.0
 */
import { Cause, Effect, Layer, Option, Predicate, SchemaIssue } from "effect"
import { HttpRouter, HttpServerError, HttpServerRequest, HttpServerRespondable, HttpServerResponse } from "effect/http"
import type { ProblemDetails } from "effect/http"
import { HttpApiError } from "effect/http-api"
import type { HttpApi, HttpApiEndpoint, HttpApiGroup } from "effect/http-api"
import * as Problem from "./Problem.ts"
import { isUnavailable } from "./Sql.ts"

const contentType = "application/problem+json"

const respond = (
  problem: ProblemDetails.ProblemDetails & { readonly status: number },
  headers: Record<string, string> = {}
): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.jsonUnsafe(problem, { status: problem.status, contentType, headers })

const formatIssues = SchemaIssue.makeFormatterStandardSchemaV1()

const slots: Record<HttpApiError.HttpApiSchemaError["kind"], string> = {
  Params: "path",
  Headers: "header",
  Query: "query",
  Body: "body",
  Payload: "body",
  ResponseHeaders: "header"
}

const pointer = (path: ReadonlyArray<PropertyKey | { readonly key: PropertyKey }> | undefined): string =>
  (path ?? []).map((segment) =>
    `/${String(Predicate.isObject(segment) ? segment.key : segment).replaceAll("~", "~0").replaceAll("/", "~1")}`
  ).join("")

const invalidRequest = (error: HttpApiError.HttpApiSchemaError) => {
  const errors = formatIssues(error.cause.issue).issues.slice(0, 20).map((issue) => ({
    in: slots[error.kind],
    pointer: pointer(issue.path),
    detail: issue.message
  }))
  const first = errors[0]
  return respond({
    type: Problem.typeUri("invalid-request"),
    title: "Invalid request",
    status: 400,
    detail: first === undefined
      ? "The request does not have the documented shape."
      : `${first.in}${first.pointer}: ${first.detail}`,
    errors
  })
}

const unreadable = (error: HttpServerError.HttpServerError): Option.Option<HttpServerResponse.HttpServerResponse> => {
  const { reason } = error
  switch (reason._tag) {
    case "RouteNotFound":
      return Option.some(respond({
        type: Problem.typeUri("no-such-route"),
        title: "No such route",
        status: 404,
        detail: `There is no ${reason.request.method} ${reason.request.url.split("?")[0]}.`
      }))
    case "RequestParseError":
      return Option.some(
        reason.reason === "BodyTooLarge"
          ? tooLarge
          : respond({
            type: Problem.typeUri("unreadable-body"),
            title: "Unreadable body",
            status: 400,
            detail: "The body is not what its content type says (malformed JSON, invalid UTF-8, or cut short)."
          })
      )
    default:
      return Option.none()
  }
}

const tooLarge = respond({
  type: Problem.typeUri("body-too-large"),
  title: "Body too large",
  status: 413,
  detail: "The body is larger than this endpoint accepts."
})

const unavailable = respond({
  type: Problem.typeUri("unavailable"),
  title: "Service unavailable",
  status: 503,
  detail: "The database does not answer; nothing was stored. The same request may be repeated."
}, { "retry-after": "2" })

const known = (error: unknown): Effect.Effect<Option.Option<HttpServerResponse.HttpServerResponse>> => {
  if (isUnavailable(error)) return Effect.succeedSome(unavailable)
  if (HttpApiError.HttpApiSchemaError.is(error)) {
    // The server's own answer did not fit its contract: that is a bug here, not in the request.
    return error.kind === "Body" || error.kind === "ResponseHeaders"
      ? Effect.succeedNone
      : Effect.succeedSome(invalidRequest(error))
  }
  if (HttpApiError.HttpApiPayloadTooLarge.is(error)) return Effect.succeedSome(tooLarge)
  if (error instanceof HttpServerError.HttpServerError) return Effect.succeed(unreadable(error))
  if (HttpServerRespondable.isRespondable(error)) {
    return Effect.map(Effect.exit(HttpServerRespondable.toResponse(error)), (exit) =>
      exit._tag === "Success" ? Option.some(exit.value) : Option.none())
  }
  return Effect.succeedNone
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
    if (HttpServerResponse.isHttpServerResponse(error)) return error
    const response = yield* known(error)
    if (Option.isSome(response)) return response.value
  }
  yield* Effect.logError("A request failed unexpectedly", cause)
  return respond({
    type: Problem.typeUri("internal-error"),
    title: "Internal error",
    status: 500,
    detail: "Something unexpected happened. It was logged."
  })
})

interface KnownPath {
  readonly pattern: RegExp
  readonly method: string
}

const knownPaths = (api: HttpApi.HttpApi<string, HttpApiGroup.Constraint>): ReadonlyArray<KnownPath> =>
  Object.values(api.groups as unknown as Record<string, HttpApiGroup.Top>).flatMap((group) =>
    Object.values(group.endpoints as Record<string, HttpApiEndpoint.Top>).map((endpoint) => ({
      method: endpoint.method,
      pattern: new RegExp(`^${endpoint.path.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&").replaceAll(/:[A-Za-z]+/g, "[^/]+")}/?$`)
    }))
  )

const methodNotAllowed = (paths: ReadonlyArray<KnownPath>, request: HttpServerRequest.HttpServerRequest) => {
  const path = request.url.split("?")[0] ?? ""
  const allowed = paths.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method)
  return allowed.length === 0 || allowed.includes(request.method)
    ? Option.none()
    : Option.some(respond({
      type: Problem.typeUri("method-not-allowed"),
      title: "Method not allowed",
      status: 405,
      detail: `${path} answers ${allowed.join(", ")}.`
    }, { allow: allowed.join(", ") }))
}

/**
 * Puts the middleware around every route of the server; `api` tells which paths know other methods (405).
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (
  api: HttpApi.HttpApi<string, HttpApiGroup.Constraint>
): Layer.Layer<never, never, HttpRouter.HttpRouter> => {
  const paths = knownPaths(api)
  return HttpRouter.use((router) =>
    router.addGlobalMiddleware((effect) =>
      Effect.catchCause(effect, (cause) =>
        Cause.hasInterruptsOnly(cause)
          ? Effect.failCause(cause)
          : Effect.flatMap(fromCause(cause), (response) =>
            response.status !== 404
              ? Effect.succeed(response)
              : Effect.map(HttpServerRequest.HttpServerRequest, (request) =>
                Option.getOrElse(methodNotAllowed(paths, request), () => response))))
    )
  )
}
