/**
 * Every failure of every route as problem+json (RFC 9457): one middleware around the whole server, for the typed API
 * and for raw routes alike. A request that can't be read is 400, no such route 404, no such method there 405, a body too
 * large 413, of a wrong type 415, the database away 503; anything else is logged and answered 500 with nothing of its
 * cause but the request's id. It also gives each request its id (`RequestId`, and the header in both directions).
 *
 * @since 0.1.0
 */
import { Cause, Effect, JsonPointer, Option, Predicate, Schema, SchemaIssue } from "effect"
import type { Layer } from "effect"
import {
  FindMyWay,
  HttpBody,
  HttpRouter,
  HttpServerError,
  HttpServerRequest,
  HttpServerRespondable,
  HttpServerResponse,
  Multipart
} from "effect/http"
import { HttpApi, HttpApiError } from "effect/http-api"
import type { HttpApiGroup } from "effect/http-api"
import * as Correlation from "./Correlation.ts"
import * as Id from "./Id.ts"
import { MessageTexts } from "./MessageTexts.ts"
import { InternalError, InvalidRequest, RequestIssue, typeUri, Unavailable } from "./Problem.ts"
import { english, titles } from "./ProblemTexts.ts"
import * as RequestId from "./RequestId.ts"
import { CurrentRequest } from "./RequestLog.ts"
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

const standard = (
  status: number,
  name: keyof typeof titles.messages,
  detail: string,
  headers?: Record<string, string>
): Response => respond(status, name, titles.messages[name].en, detail, headers)

const tooLarge = () => standard(413, "body-too-large", english("tooLarge"))

const unreadable = (detail: string) => standard(400, "unreadable-body", detail)

const noRoute = (detail: string) => standard(404, "no-such-route", detail)

const slots = { Params: "path", Headers: "header", Query: "query", Payload: "body" } as const
const formatIssues = SchemaIssue.makeFormatterStandardSchemaV1()

const pointer = (path: ReadonlyArray<PropertyKey | { readonly key: PropertyKey }> | undefined): string =>
  (path ?? []).map((segment) =>
    `/${JsonPointer.escapeToken(String(Predicate.isObject(segment) ? segment.key : segment))}`
  ).join("")

/** What is wrong, with where. */
const detailOf = (issue: RequestIssue): string => `${issue.in}${issue.pointer}: ${issue.detail}`

const fromSchemaError = (kind: keyof typeof slots, error: Schema.SchemaError) => {
  const errors = formatIssues(error.issue).issues.slice(0, 20).map((issue): RequestIssue => ({
    in: slots[kind],
    pointer: pointer(issue.path),
    detail: issue.message
  }))
  const [first] = errors
  const detail = first === undefined
    ? english("invalidShape")
    : detailOf(first)
  return HttpServerRespondable.toResponse(new InvalidRequest({ detail, errors }))
}

const fromServerError = ({ reason }: HttpServerError.HttpServerError): Effect.Effect<Response> | undefined => {
  switch (reason._tag) {
    case "RouteNotFound":
      return Effect.succeed(
        noRoute(english("noSuchRoute", { method: reason.request.method, path: reason.request.url.split("?")[0] ?? "" }))
      )
    case "RequestParseError":
      return Effect.succeed(
        reason.reason === "BodyTooLarge"
          ? tooLarge()
          : unreadable(english("cutShort"))
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
    return Effect.andThen(
      Effect.logWarning("The database does not answer", error.message),
      HttpServerRespondable.toResponse(new Unavailable({ detail: english("databaseAway") }))
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
    new InternalError({ requestId, detail: english("internal") })
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
  const path = request.url.split("?")[0] ?? ""
  return standard(405, "method-not-allowed", english("methodNotAllowed", { path, methods: allow }), { allow })
}

/** What the framework refuses by itself has no problem in its body. */
const fromBareRefusal = (response: Response, paths: Paths, request: HttpServerRequest.HttpServerRequest): Response => {
  const isProblem = response.body._tag !== "Empty" && !response.body.contentType?.startsWith("text/plain")
  if (response.status < 400 || (isProblem && response.status !== 404)) return response
  switch (response.status) {
    case 404:
      return methodNotAllowed(paths, request) ??
        (response.body._tag === "Empty" ? noRoute(english("nothingHere")) : response)
    case 413:
      return tooLarge()
    case 415: {
      const type = request.headers["content-type"]?.split(";")[0] ?? "a body without a content type"
      return standard(415, "unsupported-media-type", english("wrongMediaType", { type }))
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

const Problem = Schema.StructWithRest(
  Schema.Struct({ type: Schema.String, detail: Schema.optionalKey(Schema.String) }),
  [Schema.Record(Schema.String, Schema.Json)]
)
const decodeProblem = Schema.decodeUnknownOption(Schema.fromJsonString(Problem))
const decoder = new TextDecoder()

/** What would ask the database for the caller's language when it is away, or when too much is asked of it already. */
const isBusy = (status: number) => status === 429 || status >= 500

const Errors = Schema.Array(RequestIssue)
const decodeErrors = Schema.decodeUnknownOption(Errors)

/** A problem's details, those of each thing that is wrong with a request among them. */
const translated = (problem: typeof Problem.Type, say: (english: string) => string) => {
  const errors = Option.getOrElse(decodeErrors(problem["errors"]), (): ReadonlyArray<RequestIssue> => [])
  const [first] = errors
  if (first === undefined) return problem.detail === undefined ? {} : { detail: say(problem.detail) }
  return {
    detail: detailOf({ ...first, detail: say(first.detail) }),
    errors: errors.map((issue) => ({ ...issue, detail: say(issue.detail) }))
  }
}

/** A problem in the language of who asked: its title, and its detail where that is one of those that are known. */
const inLanguage = Effect.fnUntraced(function*(
  texts: MessageTexts["Service"],
  response: Response,
  request: HttpServerRequest.HttpServerRequest
) {
  const { body } = response
  if (response.status < 400 || body._tag !== "Uint8Array" || body.contentType !== "application/problem+json") {
    return response
  }
  const known = isBusy(response.status) ? undefined : yield* CurrentRequest
  const language = yield* texts.negotiate(request.headers["accept-language"], known ?? {}).pipe(
    Effect.catchCause(() => Effect.succeed("en"))
  )
  if (language === "en") return response
  const problem = Option.getOrUndefined(decodeProblem(decoder.decode(body.body)))
  const title = problem === undefined ? undefined : texts.problemTitle(problem.type.slice(typeUri("").length), language)
  if (problem === undefined || title === undefined) return response
  const details = translated(problem, (english) => texts.problemDetail(english, language) ?? english)
  return HttpServerResponse.setBody(
    response,
    HttpBody.jsonUnsafe({ ...problem, title, ...details }, "application/problem+json")
  ).pipe(HttpServerResponse.setHeaders({ "content-language": language, vary: "Accept-Language" }))
})

const idOf = (request: HttpServerRequest.HttpServerRequest): Effect.Effect<string> => {
  const given = request.headers[RequestId.header]
  return RequestId.isAcceptable(given) ? Effect.succeed(given) : Id.next(Schema.String)
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
  return HttpRouter.use(Effect.fnUntraced(function*(router) {
    // Without it everything is said in English.
    const texts = Option.getOrUndefined(yield* Effect.serviceOption(MessageTexts))
    yield* router.addGlobalMiddleware((effect) =>
      Effect.flatMap(
        HttpServerRequest.HttpServerRequest,
        (request) =>
          Effect.flatMap(idOf(request), (requestId) =>
            effect.pipe(
              Effect.catchCause((cause) => Cause.hasInterruptsOnly(cause) ? Effect.failCause(cause) : fromCause(cause)),
              Effect.map((response) => fromBareRefusal(response, paths, request)),
              Effect.flatMap((response) =>
                texts === undefined ? Effect.succeed(response) : inLanguage(texts, response, request)
              ),
              Effect.map((response) => withHeaders(response, requestId)),
              Effect.provideService(RequestId.RequestId, requestId),
              Effect.annotateLogs({ requestId }),
              Correlation.continueFrom(request.headers)
            ))
      )
    )
  }))
}
