/**
 * The problems that any endpoint may answer with, so that the API's description and its clients know them. What makes
 * them is `ProblemResponses`; this only declares them: `HttpApi.make("wicara").add(...).middleware(RequestProblems)`.
 *
 * @since 0.1.0
 */
import { Layer } from "effect"
import { HttpApiMiddleware } from "effect/http-api"
import { InternalError, InvalidRequest, TooManyRequests, Unavailable } from "./Problem.ts"

/**
 * @category middleware
 * @since 0.1.0
 */
export class RequestProblems extends HttpApiMiddleware.Service<RequestProblems>()("@wicara/core/RequestProblems", {
  error: [InvalidRequest, TooManyRequests, Unavailable, InternalError]
}) {
  /** @since 0.1.0 */
  static readonly layer: Layer.Layer<RequestProblems> = Layer.succeed(RequestProblems, (httpEffect) => httpEffect)
}
