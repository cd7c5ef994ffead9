/**
 * Coming back without a lost second factor: what the person asks for, and what their organizations decide.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { Authentication } from "../Authentication.ts"
import { security } from "../CorePermissions.ts"
import { FactorRecovery, FactorRecoveryId, Identification, MemberFactorRecovery } from "../FactorRecovery.ts"
import { Idempotency } from "../Idempotency.ts"
import * as Pagination from "../Pagination.ts"
import * as Permissions from "../Permissions.ts"
import { Conflict, Forbidden, InvalidInput, NotFound, TooManyRequests, Unauthorized } from "../Problem.ts"
import * as Secret from "../Secret.ts"
import { ReauthenticationRequired } from "../Session.ts"

const one = { factorRecoveryId: FactorRecoveryId }
const token = Schema.Struct({ token: Secret.Input })

/**
 * @category api
 * @since 0.1.0
 */
export class FactorRecoveriesApi extends HttpApiGroup.make("factorRecoveries")
  .add(
    HttpApiEndpoint.get("list", "/factor-recoveries", {
      query: Pagination.query,
      success: Pagination.Page(MemberFactorRecovery),
      error: InvalidInput
    }).annotate(OpenApi.Summary, "Members who lost their second factor and wait to be let back in, the newest first"),
    HttpApiEndpoint.post("approve", "/factor-recoveries/:factorRecoveryId/approve", {
      params: one,
      payload: Schema.Struct({ identifiedBy: Identification }),
      success: MemberFactorRecovery,
      error: [NotFound, Conflict, Forbidden, ReauthenticationRequired]
    })
      .middleware(Idempotency)
      .annotate(OpenApi.Summary, "Approve that a member's lost second factor is taken away")
      .annotate(
        OpenApi.Description,
        "When every organization of the person has approved, a day passes in which they are told and may stop it; then " +
          "their one-time codes, recovery codes and passkeys are taken away and all their sessions end. You have to hold " +
          "all that the member may do, and can't approve your own."
      ),
    HttpApiEndpoint.post("refuse", "/factor-recoveries/:factorRecoveryId/refuse", {
      params: one,
      payload: Schema.Struct({
        reason: Schema.Trim.check(Schema.isBetweenLength(3, 500)).annotate({
          description: "Told by the organization's audit log."
        })
      }),
      success: HttpApiSchema.NoContent,
      error: [NotFound, Conflict, Forbidden, ReauthenticationRequired]
    })
      .middleware(Idempotency)
      .annotate(OpenApi.Summary, "Refuse it, also once it is approved: the second factor stays")
  )
  .annotateEndpoints(Permissions.Access, Permissions.require(security.recover))
  .annotateEndpoints(Permissions.AllowInactive, true)
  .add(
    HttpApiEndpoint.get("own", "/me/two-factor/recovery", {
      success: FactorRecovery,
      error: [NotFound, Forbidden]
    })
      .annotate(Permissions.Access, Permissions.member)
      .annotate(Permissions.AllowInactive, true)
      .annotate(Permissions.AllowOneFactor, true)
      .annotate(OpenApi.Summary, "The recovery of the own second factor that is under way"),
    HttpApiEndpoint.delete("stopOwn", "/me/two-factor/recovery", {
      success: HttpApiSchema.NoContent,
      error: [NotFound, Forbidden]
    })
      .annotate(Permissions.Access, Permissions.member)
      .annotate(Permissions.AllowInactive, true)
      .annotate(Permissions.AllowOneFactor, true)
      .annotate(OpenApi.Summary, "Stop the recovery of the own second factor")
  )
  .middleware(Authentication)
  .add(
    HttpApiEndpoint.post("request", "/factor-recoveries", {
      payload: Schema.Struct({
        challenge: Schema.String.annotate({ description: "Of the problem that asked for the second factor." })
      }),
      success: HttpApiSchema.Empty(202),
      error: [Unauthorized, TooManyRequests]
    })
      .annotate(Permissions.Access, Permissions.open)
      .annotate(OpenApi.Summary, "Send a link to whoever lost the second factor that a sign-in asks for"),
    HttpApiEndpoint.post("confirm", "/factor-recoveries/confirm", {
      payload: token,
      success: HttpApiSchema.NoContent,
      error: InvalidInput
    })
      .annotate(Permissions.Access, Permissions.open)
      .annotate(OpenApi.Summary, "Ask the own organizations, with the link's token"),
    HttpApiEndpoint.post("stop", "/factor-recoveries/stop", {
      payload: token,
      success: HttpApiSchema.NoContent,
      error: InvalidInput
    })
      .annotate(Permissions.Access, Permissions.open)
      .annotate(OpenApi.Summary, "Stop it with the token of the message that told of it")
  )
  .prefix("/v1")
  .annotateMerge(OpenApi.annotations({
    title: "Factor recoveries",
    description: "Coming back without a lost second factor."
  }))
{}
