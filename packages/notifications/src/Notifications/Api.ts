/**
 * The HTTP contract of notifications: what one was told, live too, and how one wants to be told.
 *
 * @since 0.1.0
 */
import { Authentication } from "@wicara/core/Authentication"
import { Idempotency } from "@wicara/core/Idempotency"
import { NotificationChannels } from "@wicara/core/Notification"
import * as Pagination from "@wicara/core/Pagination"
import * as Permissions from "@wicara/core/Permissions"
import { Forbidden, InvalidInput, NotFound } from "@wicara/core/Problem"
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import {
  DigestHour,
  Notification,
  NotificationEvent,
  NotificationId,
  NotificationKind,
  NotificationPreference,
  NotificationSettings,
  Unread
} from "../Notification.ts"
import { NewPushSubscription, PushSubscription, PushSubscriptionId } from "../PushSubscription.ts"

const params = { id: NotificationId }
const kind = { kind: NotificationKind }

/**
 * @category api
 * @since 0.1.0
 */
export class NotificationsApi extends HttpApiGroup.make("notifications")
  .add(
    HttpApiEndpoint.get("list", "/notifications", {
      query: {
        ...Pagination.query,
        unread: Schema.optional(
          Schema.Literals(["true", "false"]).annotate({
            description: "Only those that were not read, or only those that were."
          })
        )
      },
      success: Pagination.Page(Notification),
      error: [Forbidden, InvalidInput]
    }).annotate(OpenApi.Summary, "What one was told, the newest first"),
    HttpApiEndpoint.get("unread", "/notifications/unread", {
      success: Schema.Struct({ unread: Unread }),
      error: Forbidden
    }).annotate(OpenApi.Summary, "How much of it one has not read"),
    HttpApiEndpoint.get("stream", "/notifications/stream", {
      query: {
        after: Schema.optional(
          Schema.String.check(Schema.isMaxLength(20)).annotate({
            description: "The `id` of the last event seen; from now on when absent."
          })
        )
      },
      headers: { "last-event-id": Schema.optional(Schema.String) },
      success: HttpApiSchema.StreamSse({ events: NotificationEvent }),
      error: Forbidden
    }).annotateMerge(OpenApi.annotations({
      summary: "Follow one's own notifications",
      description: "Server-sent events, once each and in order. A stream that ends is opened again with " +
        "`Last-Event-ID`: nothing in between is missed."
    })),
    HttpApiEndpoint.get("preferences", "/notification-preferences", {
      success: NotificationSettings,
      error: Forbidden
    }).annotate(OpenApi.Summary, "How one is told of every kind"),
    HttpApiEndpoint.put("choose", "/notification-preferences/:kind", {
      params: kind,
      payload: NotificationChannels,
      success: NotificationPreference,
      error: [Forbidden, NotFound, InvalidInput]
    }).annotate(OpenApi.Summary, "Choose how one is told of a kind"),
    HttpApiEndpoint.delete("reset", "/notification-preferences/:kind", {
      params: kind,
      success: NotificationPreference,
      error: [Forbidden, NotFound]
    }).annotate(OpenApi.Summary, "Take the choice for a kind back"),
    HttpApiEndpoint.put("chooseDigestHour", "/notifications/digest-hour", {
      payload: Schema.Struct({ digestHour: DigestHour }),
      success: NotificationSettings,
      error: Forbidden
    }).annotate(OpenApi.Summary, "Choose when the daily digest comes"),
    HttpApiEndpoint.get("pushKey", "/notifications/push/key", {
      success: Schema.Struct({
        publicKey: Schema.String.annotate({
          description: "The `applicationServerKey` that browsers subscribe with, in base64url."
        })
      })
    }).annotate(OpenApi.Summary, "What to subscribe to push messages with"),
    HttpApiEndpoint.get("pushSubscriptions", "/notifications/push/subscriptions", {
      success: Schema.Struct({ data: Schema.Array(PushSubscription) }),
      error: Forbidden
    }).annotate(OpenApi.Summary, "The browsers on which one gets push messages"),
    HttpApiEndpoint.post("subscribe", "/notifications/push/subscriptions", {
      headers: { "user-agent": Schema.optional(Schema.String) },
      payload: NewPushSubscription,
      success: PushSubscription.pipe(HttpApiSchema.status(201)),
      error: [Forbidden, InvalidInput]
    }).middleware(Idempotency).annotate(OpenApi.Summary, "Get push messages on this browser"),
    HttpApiEndpoint.delete("unsubscribe", "/notifications/push/subscriptions/:id", {
      params: { id: PushSubscriptionId },
      success: HttpApiSchema.NoContent,
      error: [Forbidden, NotFound]
    }).annotate(OpenApi.Summary, "Get no more push messages on a browser"),
    HttpApiEndpoint.get("get", "/notifications/:id", {
      params,
      success: Notification,
      error: [Forbidden, NotFound]
    }).annotate(OpenApi.Summary, "One notification"),
    HttpApiEndpoint.post("markRead", "/notifications/:id/read", {
      params,
      success: Notification,
      error: [Forbidden, NotFound]
    }).middleware(Idempotency).annotate(OpenApi.Summary, "Mark it as read"),
    HttpApiEndpoint.post("markUnread", "/notifications/:id/unread", {
      params,
      success: Notification,
      error: [Forbidden, NotFound]
    }).middleware(Idempotency).annotate(OpenApi.Summary, "Mark it as unread"),
    HttpApiEndpoint.post("markAllRead", "/notifications/read", {
      payload: Schema.Struct({
        upTo: Schema.optionalKey(NotificationId.annotate({
          description: "The newest that one has seen: what came after it stays unread. All, if absent."
        }))
      }),
      success: Schema.Struct({ marked: Schema.Int }),
      error: [Forbidden, InvalidInput]
    }).middleware(Idempotency).annotate(OpenApi.Summary, "Mark all as read"),
    HttpApiEndpoint.delete("remove", "/notifications/:id", {
      params,
      success: HttpApiSchema.NoContent,
      error: [Forbidden, NotFound]
    }).annotate(OpenApi.Summary, "Delete it")
  )
  .middleware(Authentication)
  .prefix("/v1")
  .annotateEndpoints(Permissions.Access, Permissions.member)
  .annotateMerge(OpenApi.annotations({
    title: "Notifications",
    description: "What one was told, and how one wants to be told."
  }))
{}
