/**
 * Sign-in with accounts elsewhere.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { Authentication } from "../Authentication.ts"
import { LinkConfirmationRequired, LinkedIdentity, ProviderRefused, ProviderStart } from "../LinkedIdentity.ts"
import * as Permissions from "../Permissions.ts"
import { Conflict, Forbidden, NotFound, TooManyRequests, Unauthorized } from "../Problem.ts"
import {
  OrganizationRequired,
  ReauthenticationRequired,
  SecondFactorRequired,
  SessionTransport,
  SignedIn
} from "../Session.ts"
import { OrganizationId } from "../Tenancy.ts"

const provider = Schema.String.check(Schema.isMaxLength(63)).annotate({ description: "The provider's id." })

/**
 * What the browser came back with.
 *
 * @category models
 * @since 0.1.0
 */
export const ProviderAnswer = Schema.Struct({
  flow: Schema.String.check(Schema.isMaxLength(64)),
  parameters: Schema.Record(Schema.String, Schema.String.check(Schema.isMaxLength(4096))).annotate({
    description: "All parameters of the address `/sign-in/callback` that the provider sent the browser to."
  })
})

const steps = [Unauthorized, Forbidden, TooManyRequests, OrganizationRequired, SecondFactorRequired] as const

/**
 * @category api
 * @since 0.1.0
 */
export class ProviderSignInApi extends HttpApiGroup.make("providers")
  .add(
    HttpApiEndpoint.get("listLinked", "/me/identities", {
      success: Schema.Struct({ data: Schema.Array(LinkedIdentity) }),
      error: Forbidden
    }).annotate(OpenApi.Summary, "The accounts elsewhere that sign in to the own one"),
    HttpApiEndpoint.post("startLink", "/me/identities/:provider/start", {
      params: { provider },
      success: ProviderStart,
      error: [NotFound, ProviderRefused, ReauthenticationRequired, Forbidden]
    }).annotate(OpenApi.Summary, "Begin to link an account elsewhere"),
    HttpApiEndpoint.post("link", "/me/identities", {
      payload: ProviderAnswer,
      success: LinkedIdentity.pipe(HttpApiSchema.status(201)),
      error: [Conflict, Unauthorized, ProviderRefused, ReauthenticationRequired, Forbidden]
    }).annotate(OpenApi.Summary, "Link the account elsewhere that the browser came back from"),
    HttpApiEndpoint.delete("unlink", "/me/identities/:provider", {
      params: { provider },
      success: HttpApiSchema.NoContent,
      error: [NotFound, Conflict, ReauthenticationRequired, Forbidden]
    }).annotate(OpenApi.Summary, "Unlink an account elsewhere")
  )
  .annotateEndpoints(Permissions.Access, Permissions.member)
  .annotateEndpoints(Permissions.AllowInactive, true)
  .annotateEndpoints(Permissions.AllowOneFactor, true)
  .middleware(Authentication)
  .add(
    HttpApiEndpoint.get("list", "/sign-in/providers", {
      success: Schema.Struct({ data: Schema.Array(Schema.Struct({ id: Schema.String, name: Schema.String })) })
    })
      .annotate(Permissions.Access, Permissions.open)
      .annotate(OpenApi.Summary, "With what one can sign in beside passwords and passkeys"),
    HttpApiEndpoint.post("start", "/sign-in/providers/:provider/start", {
      params: { provider },
      payload: Schema.Struct({
        transport: Schema.optionalKey(SessionTransport),
        organizationId: Schema.optionalKey(OrganizationId)
      }),
      success: ProviderStart,
      error: [NotFound, ProviderRefused, Forbidden]
    })
      .annotate(Permissions.Access, Permissions.open)
      .annotate(OpenApi.Summary, "Begin to sign in with an account elsewhere"),
    HttpApiEndpoint.post("signIn", "/sign-in/providers/callback", {
      payload: ProviderAnswer,
      success: SignedIn.pipe(HttpApiSchema.status(201)),
      error: [...steps, ProviderRefused, LinkConfirmationRequired]
    })
      .annotate(Permissions.Access, Permissions.open)
      .annotate(OpenApi.Summary, "Sign in with the account elsewhere that the browser came back from"),
    HttpApiEndpoint.post("confirmLink", "/sign-in/providers/link", {
      payload: Schema.Struct({ challenge: Schema.String.check(Schema.isMaxLength(64)) }),
      success: SignedIn.pipe(HttpApiSchema.status(201)),
      error: [...steps, Conflict]
    })
      .annotate(Permissions.Access, Permissions.open)
      .annotate(OpenApi.Summary, "Confirm that an account elsewhere may sign in to the one here, and sign in")
  )
  .prefix("/v1")
  .annotateMerge(OpenApi.annotations({
    title: "Sign-in providers",
    description: "Sign-in with accounts elsewhere."
  }))
{}
