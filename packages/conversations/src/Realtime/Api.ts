/**
 * The HTTP contract of the event stream.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { Authentication } from "@wicara/core/Authentication"
import * as Permissions from "@wicara/core/Permissions"
import { RealtimeEvent } from "../RealtimeEvent.ts"

/**
 * @category api
 * @since 0.1.0
 */
export class RealtimeApi extends HttpApiGroup.make("realtime")
  .add(
    HttpApiEndpoint.get("events", "/events", {
      query: {
        after: Schema.optional(
          Schema.String.check(Schema.isMaxLength(20)).annotate({
            description: "The `id` of the last event seen; from now on when absent."
          })
        )
      },
      headers: { "last-event-id": Schema.optional(Schema.String) },
      success: HttpApiSchema.StreamSse({ events: RealtimeEvent })
    }).annotate(Permissions.Access, Permissions.member).annotateMerge(OpenApi.annotations({
      summary: "Follow what happens",
      description: "Server-sent events of the types that the caller may see, once each and in order. A stream that " +
        "ends is opened again with `Last-Event-ID`: nothing in between is missed."
    }))
  )
  .middleware(Authentication)
  .prefix("/v1")
  .annotateMerge(OpenApi.annotations({ title: "Events", description: "What happens, as it happens." }))
{}
