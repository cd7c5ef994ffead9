/**
 * The HTTP contract of connecting accounts: what a wizard needs.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { Authentication } from "@wicara/core/Authentication"
import { Idempotency } from "@wicara/core/Idempotency"
import * as Permissions from "@wicara/core/Permissions"
import { Conflict, InvalidInput, NotFound, Unavailable } from "@wicara/core/Problem"
import { ChannelAccountId } from "../ChannelAdapter.ts"
import { ChannelConnection, ChannelKind, ChannelSetup, ConnectAccount } from "../ChannelConnection.ts"
import { permissions } from "../permissions.ts"

const params = { id: ChannelAccountId }

/**
 * A change of a connection as the stream tells it.
 *
 * @category models
 * @since 0.1.0
 */
export const ConnectionEvent = Schema.Struct({
  id: Schema.String,
  event: Schema.Literals(["connection", "ping"]),
  data: Schema.fromJsonString(Schema.NullOr(ChannelConnection))
}).annotate({ identifier: "ChannelConnectionEvent" })
/** @since 0.1.0 */
export type ConnectionEvent = typeof ConnectionEvent.Type

/**
 * @category api
 * @since 0.1.0
 */
export class ChannelConnectionsApi extends HttpApiGroup.make("channelConnections")
  .add(
    HttpApiEndpoint.get("kinds", "/channels", {
      success: Schema.Struct({ data: Schema.Array(ChannelKind) })
    }).annotate(Permissions.Access, Permissions.require(permissions.read))
      .annotate(OpenApi.Summary, "The channels, and what their accounts need"),
    HttpApiEndpoint.post("connect", "/channel-accounts/:id/connection", {
      params,
      payload: ConnectAccount,
      success: ChannelConnection,
      error: [NotFound, InvalidInput, Conflict, Unavailable]
    }).middleware(Idempotency).annotate(Permissions.Access, Permissions.require(permissions.write))
      .annotate(OpenApi.Summary, "Begin to connect an account, or go on with it"),
    HttpApiEndpoint.get("get", "/channel-accounts/:id/connection", {
      params,
      success: ChannelConnection,
      error: [NotFound, Unavailable]
    }).annotate(Permissions.Access, Permissions.require(permissions.write)).annotateMerge(OpenApi.annotations({
      summary: "How an account stands with its provider",
      description: "With what somebody has to do, such as the text of a QR code. Whoever prefers a picture (`Accept: " +
        "image/png` or `image/svg+xml`) gets the QR code as one, or 404 while there is none to scan."
    })),
    HttpApiEndpoint.get("qr", "/channel-accounts/:id/connection/qr", {
      params,
      success: Schema.Uint8Array.pipe(HttpApiSchema.asUint8Array()),
      error: [NotFound, Unavailable]
    }).annotate(Permissions.Access, Permissions.require(permissions.write)).annotateMerge(OpenApi.annotations({
      summary: "The QR code to scan now",
      description:
        "`Accept`: image/png (unless told otherwise), image/svg+xml, or text/plain for a terminal. 404 while " +
        "there is none to scan."
    })),
    HttpApiEndpoint.get("changes", "/channel-accounts/:id/connection/events", {
      params,
      success: HttpApiSchema.StreamSse({ events: ConnectionEvent }),
      error: [NotFound, Unavailable]
    }).annotate(Permissions.Access, Permissions.require(permissions.write)).annotateMerge(OpenApi.annotations({
      summary: "Follow an account's connection",
      description: "Server-sent events: how it stands now, and after every change. `id` is its revision."
    })),
    HttpApiEndpoint.post("restart", "/channel-accounts/:id/connection/restart", {
      params,
      success: ChannelConnection,
      error: [NotFound, Conflict, Unavailable]
    }).middleware(Idempotency).annotate(Permissions.Access, Permissions.require(permissions.write))
      .annotate(OpenApi.Summary, "Start a connection that failed or hangs once more"),
    HttpApiEndpoint.delete("disconnect", "/channel-accounts/:id/connection", {
      params,
      query: {
        forget: Schema.optionalKey(Schema.Literals(["true", "false"])).annotate({
          description: "The provider also drops the pairing or the subscription."
        })
      },
      success: ChannelConnection,
      error: [NotFound, Conflict, Unavailable]
    }).annotate(Permissions.Access, Permissions.require(permissions.write))
      .annotate(OpenApi.Summary, "End a connection"),
    HttpApiEndpoint.get("setup", "/channel-accounts/:id/setup", {
      params,
      success: ChannelSetup,
      error: [NotFound, Unavailable]
    }).annotate(Permissions.Access, Permissions.require(permissions.read))
      .annotate(OpenApi.Summary, "What was last found in an account's set-up at its provider"),
    HttpApiEndpoint.post("inspect", "/channel-accounts/:id/setup/inspect", {
      params,
      success: ChannelSetup,
      error: [NotFound, Conflict, Unavailable]
    }).middleware(Idempotency).annotate(Permissions.Access, Permissions.require(permissions.write))
      .annotate(OpenApi.Summary, "Look for what is wrong with the set-up now"),
    HttpApiEndpoint.post("repair", "/channel-accounts/:id/setup/repair", {
      params,
      success: ChannelSetup,
      error: [NotFound, Conflict, Unavailable]
    }).middleware(Idempotency).annotate(Permissions.Access, Permissions.require(permissions.write))
      .annotate(OpenApi.Summary, "Mend what can be mended in the set-up")
  )
  .middleware(Authentication)
  .prefix("/v1")
  .annotateMerge(OpenApi.annotations({
    title: "Channel connections",
    description: "Connecting accounts step by step, and what is wrong with them."
  }))
{}
