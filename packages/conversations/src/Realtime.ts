/**
 * Events as they happen, for the people of an organization: what of the event log they may see, from where they left
 * off.
 *
 * @since 0.1.0
 */
import { Clock, Context, Effect, Layer, Option, Stream } from "effect"
import type { Duration } from "effect"
import { SqlClient } from "effect/sql"
import { permissions as contactPermissions } from "@wicara/contacts/permissions"
import * as contactEvents from "@wicara/contacts/events"
import { permissions as channelPermissions } from "@wicara/channels/permissions"
import * as channelEvents from "@wicara/channels/events"
import { AccessStore } from "@wicara/core/AccessStore"
import { EventLog } from "@wicara/core/EventLog"
import type { StoredEvent } from "@wicara/core/Events"
import * as Permissions from "@wicara/core/Permissions"
import { CurrentActor, CurrentOrganization } from "@wicara/core/Tenancy"
import type { OrganizationId } from "@wicara/core/Tenancy"
import { ConversationId } from "./Conversation.ts"
import * as conversationEvents from "./events.ts"
import { resourceOf } from "./internal/conversationAccess.ts"
import { makeConversationRows } from "./internal/conversationRows.ts"
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
   * shows that the stream lives. It ends when what members of the organization may do has changed, within a second of
   * the next event or ping: whoever opens it again is asked anew who they are.
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
  }): Layer.Layer<Realtime, never, EventLog | AccessStore | SqlClient.SqlClient> =>
    Layer.effect(
      Realtime,
      Effect.gen(function*() {
        const log = yield* EventLog
        const store = yield* AccessStore
        const conversations = makeConversationRows(yield* SqlClient.SqlClient)
        const versions = new Map<string, { readonly at: number; readonly version: number }>()

        /** The organization's version of access, a second old at most: not a query for each event of each stream. */
        const versionOf = Effect.fnUntraced(function*(organizationId: OrganizationId) {
          const now = yield* Clock.currentTimeMillis
          const known = versions.get(organizationId)
          if (known !== undefined && now - known.at < 1000) return known.version
          const version = yield* store.version(organizationId)
          versions.set(organizationId, { at: now, version })
          return version
        })
        const visible = yield* VisibleEvents
        return Realtime.of({
          stream: Effect.fn("Realtime.stream")(function*(after) {
            const actor = yield* CurrentActor
            const organization = yield* CurrentOrganization
            const opened = yield* store.version(organization.id)
            const seesAll = (type: string) =>
              visible.some((one) => one.type === type && Permissions.holds(actor, one.permission))
            const types = visible.filter(({ permission }) => Permissions.holdsSomewhere(actor, permission)).map((
              one
            ) => one.type)
            /** Of what they may see in part, what is in one of the conversations that they may read. */
            const isVisible = Effect.fnUntraced(function*(event: StoredEvent) {
              if (seesAll(event.type)) return true
              const row = yield* conversations.find(organization.id, ConversationId.make(event.aggregateId), false)
              return Option.exists(row, (one) => Permissions.can(actor, permissions.read, resourceOf(one)))
            }, Effect.orDie)
            /** Whoever holds something else by now opens the stream again, and proves who they are. */
            const isCurrent = () => Effect.map(versionOf(organization.id), (version) => version === opened)
            const from = after !== undefined && /^(0|[1-9][0-9]{0,15})$/.test(after) ? Number(after) : yield* log.head
            let position = from
            const events = log.stream({ after: from, types }).pipe(
              Stream.provideService(CurrentOrganization, organization),
              Stream.filterEffect(isVisible),
              Stream.map((event) => {
                position = event.position
                return toRealtime(event)
              })
            )
            const pings = Stream.map(Stream.tick(options.heartbeat), () => ping(position))
            return Stream.takeWhileEffect(Stream.merge(events, pings), isCurrent)
          })
        })
      })
    )

  /**
   * Over the event log.
   *
   * @since 0.1.0
   */
  static readonly layer: Layer.Layer<Realtime, never, EventLog | AccessStore | SqlClient.SqlClient> = Realtime
    .layerWith({ heartbeat: "15 seconds" })
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
