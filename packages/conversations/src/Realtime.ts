/**
 * Events as they happen, for the people of an organization: what of the event log they may see, from where they left
 * off.
 *
 * @since 0.1.0
 */
import { Context, Effect, Layer, Stream } from "effect"
import type { Duration } from "effect"
import { permissions as contactPermissions } from "@wicara/contacts/permissions"
import * as contactEvents from "@wicara/contacts/events"
import { permissions as channelPermissions } from "@wicara/channels/permissions"
import * as channelEvents from "@wicara/channels/events"
import { EventLog } from "@wicara/core/EventLog"
import type { StoredEvent } from "@wicara/core/Events"
import * as Permissions from "@wicara/core/Permissions"
import { CurrentActor, CurrentOrganization } from "@wicara/core/Tenancy"
import * as conversationEvents from "./events.ts"
import { permissions } from "./permissions.ts"
import type { RealtimeEvent } from "./RealtimeEvent.ts"

/**
 * Event types by the permission that their readers need.
 *
 * @category models
 * @since 0.1.0
 */
export type Visible = ReadonlyArray<{ readonly type: string; readonly permission: Permissions.Permission }>

const typesOf = (definitions: object, permission: Permissions.Permission): Visible =>
  Object.values(definitions).map((definition: { readonly type: string }) => ({ type: definition.type, permission }))

/**
 * Which events the stream tells to whom: those of conversations, contacts and channel accounts, unless another value is
 * provided.
 *
 * @category services
 * @since 0.1.0
 */
export const VisibleEvents = Context.Reference<Visible>("@wicara/conversations/Realtime/VisibleEvents", {
  defaultValue: () => [
    ...typesOf(conversationEvents, permissions.read),
    ...typesOf(contactEvents, contactPermissions.read),
    ...typesOf(channelEvents, channelPermissions.read)
  ]
})

/**
 * @category services
 * @since 0.1.0
 */
export class Realtime extends Context.Service<Realtime, {
  /**
   * The events that the actor may see: those after a position, or from now on. Every 15 seconds without one, a `ping`
   * shows that the stream lives.
   */
  readonly stream: (
    after: string | undefined
  ) => Effect.Effect<Stream.Stream<RealtimeEvent>, never, CurrentOrganization | CurrentActor>
}>()("@wicara/conversations/Realtime") {
  /**
   * Over the event log, with another heartbeat.
   *
   * @since 0.1.0
   */
  static readonly layerWith = (options: {
    readonly heartbeat: Duration.Input
  }): Layer.Layer<Realtime, never, EventLog> =>
    Layer.effect(
      Realtime,
      Effect.gen(function*() {
        const log = yield* EventLog
        const visible = yield* VisibleEvents
        return Realtime.of({
          stream: Effect.fn("Realtime.stream")(function*(after) {
            const actor = yield* CurrentActor
            const organization = yield* CurrentOrganization
            const types = visible.filter(({ permission }) => Permissions.holds(actor, permission.name)).map((one) =>
              one.type
            )
            const from = after !== undefined && /^(0|[1-9][0-9]{0,15})$/.test(after) ? Number(after) : yield* log.head
            let position = from
            const events = log.stream({ after: from, types }).pipe(
              Stream.provideService(CurrentOrganization, organization),
              Stream.map((event) => {
                position = event.position
                return toRealtime(event)
              })
            )
            const pings = Stream.map(Stream.tick(options.heartbeat), () => ping(position))
            return Stream.merge(events, pings)
          })
        })
      })
    )

  /**
   * Over the event log.
   *
   * @since 0.1.0
   */
  static readonly layer: Layer.Layer<Realtime, never, EventLog> = Realtime.layerWith({ heartbeat: "15 seconds" })
}

const toRealtime = (event: StoredEvent): RealtimeEvent => ({
  id: String(event.position),
  event: event.type,
  data: {
    eventId: event.id,
    aggregateId: event.aggregateId,
    payload: event.payload,
    occurredAt: event.occurredAt
  }
})

const ping = (position: number): RealtimeEvent => ({ id: String(position), event: "ping", data: null })
