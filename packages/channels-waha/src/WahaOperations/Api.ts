/**
 * The HTTP contract of the session and the server of WAHA accounts.
 *
 * @since 0.1.0
 */
import { ChannelAccountId } from "@wicara/channels/ChannelAdapter"
import { permissions } from "@wicara/channels/permissions"
import { Authentication } from "@wicara/core/Authentication"
import { Idempotency } from "@wicara/core/Idempotency"
import * as Permissions from "@wicara/core/Permissions"
import { Conflict, InvalidInput, NotFound, TooManyRequests, Unavailable } from "@wicara/core/Problem"
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { Feature } from "../WahaFeature.ts"
import { Channel, Key, KeyId, KeyInput, NewKey, Server, WahaChannelId } from "../ManagedAccount.ts"

const params = { id: ChannelAccountId }
const ofKey = { ...params, keyId: KeyId }
const error = [NotFound, Conflict, InvalidInput, TooManyRequests, Unavailable] as const
const List = <S extends Schema.Constraint>(item: S) => Schema.Struct({ data: Schema.Array(item) })
const reads = Permissions.require(permissions.read)
const writes = Permissions.require(permissions.write)

/**
 * @category api
 * @since 0.1.0
 */
export class WahaOperationsApi extends HttpApiGroup.make("wahaOperations")
  .add(
    HttpApiEndpoint.get("channels", "/channels", { params, success: List(Channel), error })
      .annotate(Permissions.Access, reads)
      .annotate(OpenApi.Summary, "The channels that the number follows or owns"),
    HttpApiEndpoint.get("channel", "/channels/:channelId", {
      params: { ...params, channelId: WahaChannelId },
      success: Channel,
      error
    }).annotate(Permissions.Access, reads)
      .annotate(OpenApi.Summary, "A channel"),
    HttpApiEndpoint.get("screenshot", "/screenshot", {
      params,
      success: Schema.Uint8Array.pipe(HttpApiSchema.asUint8Array()),
      error
    }).annotate(Permissions.Access, writes).annotateMerge(OpenApi.annotations({
      summary: "What the session's browser shows, as PNG",
      description: "It shows chats, so it takes the right to change the account, and is audited."
    })),
    HttpApiEndpoint.get("features", "/features", { params, success: List(Feature), error })
      .annotate(Permissions.Access, reads)
      .annotate(OpenApi.Summary, "What the number offers: labels, channels, business profile, catalogue"),
    HttpApiEndpoint.get("server", "/server", { params, success: Server, error })
      .annotate(Permissions.Access, reads)
      .annotate(OpenApi.Summary, "The version and engine of the WAHA server, and since when it runs"),
    HttpApiEndpoint.get("keys", "/keys", { params, success: List(Key), error })
      .annotate(Permissions.Access, writes)
      .annotate(OpenApi.Summary, "The keys of WAHA that open this session alone"),
    HttpApiEndpoint.post("createKey", "/keys", {
      params,
      payload: KeyInput,
      success: NewKey.pipe(HttpApiSchema.status(201)),
      error
    }).middleware(Idempotency).annotate(Permissions.Access, writes)
      .annotate(OpenApi.Summary, "Make a key that opens this session alone; it is shown this once"),
    HttpApiEndpoint.put("updateKey", "/keys/:keyId", { params: ofKey, payload: KeyInput, success: Key, error })
      .annotate(Permissions.Access, writes)
      .annotate(OpenApi.Summary, "Change what a key may do"),
    HttpApiEndpoint.delete("deleteKey", "/keys/:keyId", { params: ofKey, success: HttpApiSchema.NoContent, error })
      .annotate(Permissions.Access, writes)
      .annotate(OpenApi.Summary, "Delete a key; never the one that the account itself uses")
  )
  .middleware(Authentication)
  .prefix("/v1/channel-accounts/:id/waha")
  .annotateMerge(OpenApi.annotations({
    title: "Session and server of WAHA accounts",
    description: "Channels, screenshots, the server's version, and keys that open the session."
  }))
{}
