/**
 * The handlers of `NotificationsApi`.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import { HttpEffect, HttpServerResponse } from "effect/http"
import { HttpApi, HttpApiBuilder } from "effect/http-api"
import { self } from "../internal/notificationRows.ts"
import { NotificationPreferences } from "../NotificationPreferences.ts"
import { Notifications } from "../Notifications.ts"
import { NotificationStream } from "../NotificationStream.ts"
import { PushSubscriptions } from "../PushSubscriptions.ts"
import { PushTransport } from "../PushTransport.ts"
import { NotificationsApi } from "./Api.ts"

const streamHeaders = HttpEffect.appendPreResponseHandler((_request, response) =>
  Effect.succeed(HttpServerResponse.setHeaders(response, {
    "cache-control": "no-store, no-transform",
    // Proxies of the nginx family would hold events back until their buffer is full.
    "x-accel-buffering": "no"
  }))
)

/**
 * @category layers
 * @since 0.1.0
 */
export const layer = HttpApiBuilder.group(
  HttpApi.make("wicara").add(NotificationsApi),
  "notifications",
  Effect.fn(function*(handlers) {
    const notifications = yield* Notifications
    const preferences = yield* NotificationPreferences
    const live = yield* NotificationStream
    const subscriptions = yield* PushSubscriptions
    const push = yield* PushTransport
    return handlers.handleAll({
      list: ({ query: { unread, ...query } }) =>
        notifications.list({ ...query, ...(unread === undefined ? {} : { unread: unread === "true" }) }),
      unread: () => Effect.map(notifications.unread, (unread) => ({ unread })),
      stream: ({ headers, query }) =>
        Effect.andThen(streamHeaders, live.stream(headers["last-event-id"] ?? query.after)),
      preferences: () => Effect.flatMap(self, preferences.get),
      choose: ({ params, payload }) => Effect.flatMap(self, (me) => preferences.choose(me, params.kind, payload)),
      reset: ({ params }) => Effect.flatMap(self, (me) => preferences.reset(me, params.kind)),
      chooseDigestHour: ({ payload }) =>
        Effect.flatMap(self, (me) => preferences.chooseDigestHour(me, payload.digestHour)),
      pushKey: () => Effect.map(push.publicKey, (publicKey) => ({ publicKey })),
      pushSubscriptions: () => Effect.map(Effect.flatMap(self, subscriptions.list), (data) => ({ data })),
      subscribe: ({ headers, payload }) =>
        Effect.flatMap(self, (me) => subscriptions.register(me, payload, headers["user-agent"])),
      unsubscribe: ({ params }) => Effect.flatMap(self, (me) => subscriptions.remove(me, params.id)),
      get: ({ params }) => notifications.get(params.id),
      markRead: ({ params }) => notifications.markRead(params.id),
      markUnread: ({ params }) => notifications.markUnread(params.id),
      markAllRead: ({ payload }) => Effect.map(notifications.markAllRead(payload.upTo), (marked) => ({ marked })),
      remove: ({ params }) => notifications.remove(params.id)
    })
  })
)
