/**
 * The HTTP contract of moving accounts.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { ChannelAccountId } from "@wicara/channels/ChannelAdapter"
import { permissions } from "@wicara/channels/permissions"
import { Authentication } from "@wicara/core/Authentication"
import { Idempotency } from "@wicara/core/Idempotency"
import * as Permissions from "@wicara/core/Permissions"
import { Conflict, InvalidInput, NotFound, Unavailable } from "@wicara/core/Problem"
import { AccountMove } from "../AccountMove.ts"

const params = { id: ChannelAccountId }

/**
 * @category api
 * @since 0.1.0
 */
export class AccountMovesApi extends HttpApiGroup.make("accountMoves")
  .add(
    HttpApiEndpoint.post("start", "/:id/move", {
      params,
      payload: Schema.Struct({ to: ChannelAccountId }).annotate({ identifier: "MoveChannelAccount" }),
      success: AccountMove.pipe(HttpApiSchema.status(202)),
      error: [NotFound, InvalidInput, Conflict, Unavailable]
    }).middleware(Idempotency).annotate(Permissions.Access, Permissions.require(permissions.write)).annotateMerge(
      OpenApi.annotations({
        summary: "Move an account's conversations to another account",
        description: "In the background, and while both are used. Asked again, it says how far it is."
      })
    ),
    HttpApiEndpoint.get("get", "/:id/move", {
      params,
      success: AccountMove,
      error: NotFound
    }).annotate(Permissions.Access, Permissions.require(permissions.read))
      .annotate(OpenApi.Summary, "How far the move away from an account is")
  )
  .middleware(Authentication)
  .prefix("/v1/channel-accounts")
  .annotateMerge(OpenApi.annotations({
    title: "Account moves",
    description: "Another number, session or channel goes on with an account's conversations."
  }))
{}
