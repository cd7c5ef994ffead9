/**
 * The HTTP contract of channel accounts.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { Authentication } from "@wicara/core/Authentication"
import { Idempotency } from "@wicara/core/Idempotency"
import * as Pagination from "@wicara/core/Pagination"
import * as Permissions from "@wicara/core/Permissions"
import { Conflict, InvalidInput, NotFound, Unavailable } from "@wicara/core/Problem"
import { ChannelAccount, CreateChannelAccount, UpdateChannelAccount } from "../ChannelAccount.ts"
import { RotateAccount, Rotation } from "../AccountRotation.ts"
import { ChannelAccountId } from "../ChannelAdapter.ts"
import { ChangeProfile, Profile } from "../ChannelProfile.ts"
import { permissions } from "../permissions.ts"

/**
 * What a round trip to the provider found.
 *
 * @category schemas
 * @since 0.1.0
 */
export const TestResult = Schema.Struct({
  status: Schema.Literals(["ok", "warn", "fail"]),
  message: Schema.String
}).annotate({ identifier: "ChannelAccountTest" })

const params = { id: ChannelAccountId }

/**
 * @category api
 * @since 0.1.0
 */
export class ChannelAccountsApi extends HttpApiGroup.make("channelAccounts")
  .add(
    HttpApiEndpoint.get("list", "/", {
      query: Pagination.query,
      success: Pagination.Page(ChannelAccount),
      error: InvalidInput
    }).annotate(Permissions.Access, Permissions.require(permissions.read))
      .annotate(OpenApi.Summary, "The channel accounts"),
    HttpApiEndpoint.post("create", "/", {
      payload: CreateChannelAccount,
      success: ChannelAccount.pipe(HttpApiSchema.status(201)),
      error: [InvalidInput, Conflict]
    }).middleware(Idempotency).annotate(Permissions.Access, Permissions.require(permissions.write))
      .annotate(OpenApi.Summary, "Connect a number, session or website"),
    HttpApiEndpoint.get("get", "/:id", {
      params,
      success: ChannelAccount,
      error: NotFound
    }).annotate(Permissions.Access, Permissions.require(permissions.read))
      .annotate(OpenApi.Summary, "One channel account"),
    HttpApiEndpoint.patch("update", "/:id", {
      params,
      payload: UpdateChannelAccount,
      success: ChannelAccount,
      error: [NotFound, InvalidInput, Conflict]
    }).annotate(Permissions.Access, Permissions.require(permissions.write))
      .annotate(OpenApi.Summary, "Change a channel account"),
    HttpApiEndpoint.delete("delete", "/:id", {
      params,
      success: HttpApiSchema.NoContent,
      error: NotFound
    }).annotate(Permissions.Access, Permissions.require(permissions.write))
      .annotate(OpenApi.Summary, "Remove a channel account"),
    HttpApiEndpoint.post("test", "/:id/test", {
      params,
      success: TestResult,
      error: [NotFound, Unavailable]
    }).annotate(Permissions.Access, Permissions.require(permissions.write))
      .annotate(OpenApi.Summary, "Make a round trip to the provider"),
    HttpApiEndpoint.post("rotate", "/:id/rotation", {
      params,
      payload: RotateAccount,
      success: Rotation,
      error: [NotFound, InvalidInput, Conflict, Unavailable]
    }).middleware(Idempotency).annotate(Permissions.Access, Permissions.require(permissions.write)).annotateMerge(
      OpenApi.annotations({
        summary: "Replace credentials, webhook secrets or the webhook's address",
        description: "What was valid is taken until the provider uses what follows, so that no message is lost."
      })
    ),
    HttpApiEndpoint.get("profile", "/:id/profile", {
      params,
      success: Profile,
      error: [NotFound, Conflict, Unavailable]
    }).annotate(Permissions.Access, Permissions.require(permissions.read))
      .annotate(OpenApi.Summary, "What customers see of an account"),
    HttpApiEndpoint.patch("updateProfile", "/:id/profile", {
      params,
      payload: ChangeProfile,
      success: Profile,
      error: [NotFound, InvalidInput, Conflict, Unavailable]
    }).annotate(Permissions.Access, Permissions.require(permissions.write))
      .annotate(OpenApi.Summary, "Change what customers see of an account"),
    HttpApiEndpoint.put("setPicture", "/:id/profile/picture", {
      params,
      payload: Schema.Struct({
        data: Schema.Uint8ArrayFromBase64.annotate({ description: "PNG or JPEG in base64, 5 MB at most." })
      }),
      success: Profile,
      error: [NotFound, InvalidInput, Conflict, Unavailable]
    }).annotate(Permissions.Access, Permissions.require(permissions.write))
      .annotate(OpenApi.Summary, "Show customers another picture of an account"),
    HttpApiEndpoint.delete("removePicture", "/:id/profile/picture", {
      params,
      success: Profile,
      error: [NotFound, InvalidInput, Conflict, Unavailable]
    }).annotate(Permissions.Access, Permissions.require(permissions.write))
      .annotate(OpenApi.Summary, "Show customers no picture of an account")
  )
  .middleware(Authentication)
  .prefix("/v1/channel-accounts")
  .annotateMerge(OpenApi.annotations({
    title: "Channel accounts",
    description: "Connected numbers, sessions and websites. Credentials go in and never come back."
  }))
{}
