/**
 * Notifications as they come, for the person that they are for, in whichever process they are connected to: over the
 * event log, from where they left off.
 *
 * @since 0.1.0
 */
import { AccessStore } from "@wicara/core/AccessStore"
import * as CoreEvents from "@wicara/core/CoreEvents"
import { EventLog } from "@wicara/core/EventLog"
import * as Events from "@wicara/core/Events"
import type { StoredEvent } from "@wicara/core/Events"
import type { Forbidden } from "@wicara/core/Problem"
import { CurrentOrganization } from "@wicara/core/Tenancy"
import type { CurrentActor, OrganizationId, UserId } from "@wicara/core/Tenancy"
import { Clock, Context, Effect, Layer, Option, Stream } from "effect"
import type { Duration } from "effect"
import { notificationsChanged, notificationsCreated } from "./events.ts"
import { self } from "./internal/notificationRows.ts"
import type { NotificationEvent, NotificationId } from "./Notification.ts"
import { Notifications } from "./Notifications.ts"

/**
 * @category services
 * @since 0.1.0
 */
export class NotificationStream extends Context.Service<NotificationStream, {
  /**
   * One's own, after a position, or from now on. Every 15 seconds without one a `ping` shows that the stream lives. It
   * ends when what members of the organization may do has changed: whoever opens it again is asked anew who they are.
   */
  readonly stream: (after: string | undefined) => Effect.Effect<
    Stream.Stream<NotificationEvent>,
    Forbidden,
    CurrentOrganization | CurrentActor
  >
}>()("@wicara/notifications/NotificationStream") {
  /**
   * With another heartbeat.
   *
   * @since 0.1.0
   */
  static readonly layerWith = (options: {
    readonly heartbeat: Duration.Input
  }): Layer.Layer<NotificationStream, never, EventLog | AccessStore | Notifications> =>
    Layer.suspend(() => Layer.effect(NotificationStream, make(options.heartbeat)))

  /** @since 0.1.0 */
  static readonly layer: Layer.Layer<NotificationStream, never, EventLog | AccessStore | Notifications> =
    NotificationStream.layerWith({ heartbeat: "15 seconds" })
}

/** After these it is looked at once whether the stream may go on. */
const ofAccess: ReadonlySet<string> = new Set([
  CoreEvents.memberChanged.type,
  CoreEvents.memberRemoved.type,
  CoreEvents.roleChanged.type,
  CoreEvents.roleGiven.type,
  CoreEvents.roleTaken.type,
  CoreEvents.teamMembersChanged.type
])

const types = [notificationsCreated.type, notificationsChanged.type, ...ofAccess]

/** Whether an event is somebody's, and which notification it is about. */
const concerning = Effect.fnUntraced(function*(event: StoredEvent, userId: UserId) {
  if (ofAccess.has(event.type)) return undefined
  if (event.type === notificationsChanged.type) {
    const changed = yield* Events.payload(notificationsChanged, event)
    return changed.userId === userId ? { id: undefined } : undefined
  }
  const { recipients } = yield* Events.payload(notificationsCreated, event)
  const mine = recipients.find((one) => one.userId === userId)
  return mine === undefined ? undefined : { id: mine.notificationId as NotificationId | undefined }
})

const make = Effect.fnUntraced(function*(heartbeat: Duration.Input) {
  const log = yield* EventLog
  const store = yield* AccessStore
  const notifications = yield* Notifications
  const versions = new Map<OrganizationId, { readonly at: number; readonly version: number }>()

  /** The organization's version of access, a second old at most: not a query for each event of each stream. */
  const versionOf = Effect.fnUntraced(function*(id: OrganizationId) {
    const now = yield* Clock.currentTimeMillis
    const known = versions.get(id)
    if (known !== undefined && now - known.at < 1000) return known.version
    const version = yield* store.version(id)
    versions.set(id, { at: now, version })
    return version
  })

  return NotificationStream.of({
    stream: Effect.fn("NotificationStream.stream")(function*(after) {
      const userId = yield* self
      const organization = yield* CurrentOrganization
      const opened = yield* store.version(organization.id)
      const from = after !== undefined && /^(0|[1-9][0-9]{0,15})$/.test(after) ? Number(after) : yield* log.head
      let position = from

      const tell = Effect.fnUntraced(function*(event: StoredEvent) {
        const about = yield* concerning(event, userId)
        if (about === undefined) return Option.none<NotificationEvent>()
        const seen = yield* notifications.seenBy(userId, about.id)
        // Deleted since, or no longer theirs to see: the count is news all the same.
        const kind = seen.notification === null ? "changed" as const : "notification" as const
        return Option.some<NotificationEvent>({ id: String(event.position), event: kind, data: seen })
      })

      const told = log.stream({ after: from, types }).pipe(
        Stream.mapEffect((event) =>
          Effect.gen(function*() {
            if (ofAccess.has(event.type)) versions.delete(organization.id)
            const one = yield* tell(event)
            position = event.position
            return one
          })
        ),
        Stream.provideService(CurrentOrganization, organization)
      )
      const pings = Stream.map(
        Stream.tick(heartbeat),
        () => Option.some<NotificationEvent>({ id: String(position), event: "ping", data: null })
      )
      const isCurrent = () => Effect.map(versionOf(organization.id), (version) => version === opened)
      return Stream.merge(told, pings).pipe(
        Stream.takeWhileEffect(isCurrent),
        Stream.flatMap((one) => Stream.fromIterable(Option.toArray(one)))
      )
    })
  })
})
