/**
 * What this package hears of others: what people of an organization are told of it, and who is no longer there.
 *
 * @since 0.1.0
 */
import * as CoreEvents from "@wicara/core/CoreEvents"
import * as CoreNotifications from "@wicara/core/CoreNotifications"
import { security } from "@wicara/core/CorePermissions"
import * as EventConsumers from "@wicara/core/EventConsumers"
import * as Events from "@wicara/core/Events"
import type { StoredEvent } from "@wicara/core/Events"
import * as Jobs from "@wicara/core/Jobs"
import { Memberships } from "@wicara/core/Memberships"
import { Notifier } from "@wicara/core/Notification"
import type { UserId } from "@wicara/core/Tenancy"
import { Users } from "@wicara/core/Users"
import { Effect, Layer, Option } from "effect"
import { mailFailed } from "./events.ts"
import * as MailNotifications from "./MailNotifications.ts"
import { cleanupJob } from "./NotificationJobs.ts"
import { Notifications } from "./Notifications.ts"
import { permissions } from "./permissions.ts"

const accepted = Effect.fnUntraced(function*(event: StoredEvent) {
  const { change, invitedBy, userId } = yield* Events.payload(CoreEvents.invitationChanged, event)
  if (change !== "accepted" || invitedBy === undefined || invitedBy === null || userId === undefined) return
  const user = yield* Users.use((users) => users.find(userId))
  if (Option.isNone(user)) return
  const notifier = yield* Notifier
  yield* notifier.notify(CoreNotifications.invitationAccepted, {
    to: { _tag: "Users", userIds: [invitedBy] },
    values: { email: user.value.email },
    dedupeKey: event.id
  })
})

const roleChanged = Effect.fnUntraced(
  function*(event: StoredEvent, userId: UserId, role: string, change: "changed" | "given" | "taken") {
    const notifier = yield* Notifier
    yield* notifier.notify(CoreNotifications.accessChanged, {
      to: { _tag: "Users", userIds: [userId] },
      values: { role, change },
      dedupeKey: event.id
    })
  }
)

/** Told to the person, and when they ask to those who decide. */
const recovering = Effect.fnUntraced(function*(event: StoredEvent) {
  const { step, userId } = yield* Events.payload(CoreEvents.factorRecoveryChanged, event)
  const notifier = yield* Notifier
  yield* notifier.notify(CoreNotifications.factorRecovery, {
    to: { _tag: "Users", userIds: [userId] },
    values: { step },
    dedupeKey: event.id
  })
  const user = yield* Users.use((users) => users.find(userId))
  if (step !== "requested" || Option.isNone(user)) return
  yield* notifier.notify(CoreNotifications.factorRecoveryAsked, {
    to: { _tag: "Holders", permission: security.recover },
    values: { email: user.value.email },
    dedupeKey: event.id,
    except: userId
  })
})

const hour = 3_600_000

/** One an hour says that there is something in the log of mail; what and how much is there. */
const notMailed = Effect.fnUntraced(function*(event: StoredEvent) {
  const { kind } = yield* Events.payload(mailFailed, event)
  const notifier = yield* Notifier
  yield* notifier.notify(MailNotifications.mailFailed, {
    to: { _tag: "Holders", permission: permissions.read },
    values: { kind },
    dedupeKey: String(Math.floor(event.occurredAt.epochMilliseconds / hour))
  })
})

const handle = Effect.fnUntraced(function*(event: StoredEvent) {
  switch (event.type) {
    case CoreEvents.invitationChanged.type:
      return yield* accepted(event)
    case CoreEvents.memberChanged.type: {
      const { role, userId } = yield* Events.payload(CoreEvents.memberChanged, event)
      return yield* roleChanged(event, userId, role, "changed")
    }
    case CoreEvents.roleGiven.type: {
      const { role, userId } = yield* Events.payload(CoreEvents.roleGiven, event)
      return yield* roleChanged(event, userId, role, "given")
    }
    case CoreEvents.roleTaken.type: {
      const { role, userId } = yield* Events.payload(CoreEvents.roleTaken, event)
      return yield* roleChanged(event, userId, role, "taken")
    }
    case CoreEvents.factorRecoveryChanged.type:
      return yield* recovering(event)
    case mailFailed.type:
      return yield* notMailed(event)
  }
})

/** Who is not a member any more has nothing here; who became one again meanwhile keeps it. */
const gone = Effect.fnUntraced(function*(event: StoredEvent) {
  const { userId } = yield* Events.payload(CoreEvents.memberRemoved, event)
  const membership = yield* Memberships.use((memberships) => memberships.find(event.organizationId, userId))
  if (Option.isNone(membership)) yield* Notifications.use((notifications) => notifications.forget(userId))
})

const cleanup = Effect.gen(function*() {
  const notifications = yield* Notifications
  while ((yield* notifications.cleanup(500)) > 0) yield* Effect.yieldNow
})

/**
 * The consumers and the clean-up, in the background of the layer's scope. What happened before they ran for the first
 * time is not told.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer: Layer.Layer<
  never,
  never,
  EventConsumers.EventConsumers | Jobs.Jobs | Notifier | Notifications | Memberships | Users
> = Layer.mergeAll(
  EventConsumers.consume({
    name: "notifications.people",
    types: [
      CoreEvents.invitationChanged.type,
      CoreEvents.memberChanged.type,
      CoreEvents.roleGiven.type,
      CoreEvents.roleTaken.type,
      CoreEvents.factorRecoveryChanged.type,
      mailFailed.type
    ],
    startAt: "now",
    handle
  }),
  EventConsumers.consume({
    name: "notifications.members",
    types: [CoreEvents.memberRemoved.type],
    handle: gone
  }),
  Jobs.systemWorker(cleanupJob, () => cleanup)
)
