/**
 * `Idempotency-Key` on POST: the same key with the same body has one effect and one answer, however often and from
 * wherever it is repeated. The contract; `Idempotency/Http.ts` implements it.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import { HttpApiError, HttpApiMiddleware } from "effect/http-api"
import { InvalidInput, typeUri } from "./Problem.ts"
import type { CurrentActor, CurrentOrganization } from "./Tenancy.ts"
import { titles } from "./ProblemTexts.ts"

/**
 * The request header with the key: 1 to 190 visible ASCII characters, best a random UUID.
 *
 * @category constants
 * @since 0.1.0
 */
export const header = "idempotency-key"

/**
 * The key was used before with another body or path.
 *
 * @category errors
 * @since 0.1.0
 */
export class IdempotencyKeyReused extends HttpApiError.Problem<IdempotencyKeyReused>()("IdempotencyKeyReused", {
  type: typeUri("idempotency-key-reused"),
  status: 422,
  title: titles.messages["idempotency-key-reused"].en
}, { key: Schema.String }) {}

/**
 * A request with this key is being worked on at this moment; repeat it a little later to get its answer.
 *
 * @category errors
 * @since 0.1.0
 */
export class IdempotencyKeyInFlight extends HttpApiError.Problem<IdempotencyKeyInFlight>()("IdempotencyKeyInFlight", {
  type: typeUri("idempotency-key-in-flight"),
  status: 409,
  title: titles.messages["idempotency-key-in-flight"].en
}, { key: Schema.String }) {}

/**
 * Put it on groups or endpoints whose POSTs create or change something, before `Authentication` (which then wraps it):
 * `.middleware(Idempotency).middleware(Authentication)`. Not for endpoints that wait for other systems: the handler runs
 * inside one transaction, with which its effect and the answer commit together. Not for endpoints that answer with a
 * secret: answers are kept for 24 hours.
 *
 * @category middleware
 * @since 0.1.0
 */
export class Idempotency extends HttpApiMiddleware.Service<Idempotency, {
  requires: CurrentOrganization | CurrentActor
}>()("@wicara/core/Idempotency", {
  error: [IdempotencyKeyReused, IdempotencyKeyInFlight, InvalidInput]
}) {}
