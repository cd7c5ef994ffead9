/**
 * Who asked too often, and who is kept out.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { Authentication } from "../Authentication.ts"
import { security as permissions } from "../CorePermissions.ts"
import { Idempotency } from "../Idempotency.ts"
import * as Pagination from "../Pagination.ts"
import * as Permissions from "../Permissions.ts"
import { InvalidInput, NotFound } from "../Problem.ts"
import { Block, BlockId, RateLimitViolation } from "../RateLimit.ts"
import { ApiKeyId, UserId } from "../Tenancy.ts"

/**
 * Whom to keep out: one of the organization's users or API keys.
 *
 * @category models
 * @since 0.1.0
 */
export const NewBlock = Schema.Struct({
  scope: Schema.Literals(["user", "api-key"]),
  subject: Schema.Union([UserId, ApiKeyId]).annotate({ description: "The id of the user or API key." }),
  reason: Schema.String.check(Schema.isBetweenLength(1, 255)),
  minutes: Schema.optionalKey(
    Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 525_600 })).annotate({
      description: "For how long; absent: until it is lifted."
    })
  )
})

/**
 * @category api
 * @since 0.1.0
 */
export class RateLimitsApi extends HttpApiGroup.make("rateLimits")
  .add(
    HttpApiEndpoint.get("violations", "/rate-limits/violations", {
      query: Pagination.query,
      success: Pagination.Page(RateLimitViolation),
      error: InvalidInput
    })
      .annotate(Permissions.Access, Permissions.require(permissions.read))
      .annotate(OpenApi.Summary, "Which of the organization's callers broke a limit, the newest first"),
    HttpApiEndpoint.get("blocks", "/blocks", {
      query: Pagination.query,
      success: Pagination.Page(Block),
      error: InvalidInput
    })
      .annotate(Permissions.Access, Permissions.require(permissions.read))
      .annotate(OpenApi.Summary, "Which of the organization's callers are kept out, the newest first"),
    HttpApiEndpoint.post("block", "/blocks", {
      payload: NewBlock,
      success: Block.pipe(HttpApiSchema.status(201)),
      error: [InvalidInput, NotFound]
    })
      .middleware(Idempotency)
      .annotate(Permissions.Access, Permissions.require(permissions.write))
      .annotate(OpenApi.Summary, "Keep a user or an API key out for a time"),
    HttpApiEndpoint.delete("unblock", "/blocks/:blockId", {
      params: { blockId: BlockId },
      success: HttpApiSchema.NoContent,
      error: NotFound
    })
      .annotate(Permissions.Access, Permissions.require(permissions.write))
      .annotate(OpenApi.Summary, "Let somebody in again")
  )
  .middleware(Authentication)
  .prefix("/v1")
  .annotateMerge(OpenApi.annotations({
    title: "Rate limits",
    description: "Who asked too often, and who is kept out for it."
  }))
{}
