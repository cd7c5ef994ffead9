/**
 * Pushes notifications to people's devices: one job a device, so that one that can't be reached holds no other up.
 *
 * @since 0.1.0
 */
import { ConsoleUrl } from "@wicara/core/ConsoleUrl"
import * as Id from "@wicara/core/Id"
import * as Jobs from "@wicara/core/Jobs"
import { MessageTexts } from "@wicara/core/MessageTexts"
import { Organizations } from "@wicara/core/Organizations"
import { CurrentActor, systemActor } from "@wicara/core/Tenancy"
import type { CurrentOrganization } from "@wicara/core/Tenancy"
import { Users } from "@wicara/core/Users"
import { Context, Duration, Effect, Layer, Metric, Option, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { notificationColumns, visible } from "./internal/notificationRows.ts"
import type { NotificationRow } from "./internal/notificationRows.ts"
import { pushJob } from "./NotificationJobs.ts"
import { languageOf, NotificationKinds } from "./NotificationKinds.ts"
import { NotificationRecipients } from "./NotificationRecipients.ts"
import { PushSubscriptions } from "./PushSubscriptions.ts"
import { PushTransport } from "./PushTransport.ts"

type Payload = typeof pushJob.payload.Type

/**
 * The push service could not take the message now.
 *
 * @category errors
 * @since 0.1.0
 */
export class PushDeferred extends Schema.TaggedError<PushDeferred>()("PushDeferred", { reason: Schema.String }) {}

/**
 * What became of a push. `skipped`: the device or its person is gone, may not see it, or read it already.
 *
 * @category models
 * @since 0.1.0
 */
export type PushResult = "accepted" | "gone" | "rejected" | "deferred" | "skipped"

const outcomes = Metric.counter("wicara_push_outcomes", { incremental: true })

/**
 * @category services
 * @since 0.1.0
 */
export class PushSender extends Context.Service<PushSender, {
  /**
   * Pushes one notification to one device. When the push service says when to try again, that is queued; when it does
   * not, this fails and the job is tried again.
   */
  readonly send: (payload: Payload) => Effect.Effect<PushResult, PushDeferred, CurrentOrganization>
}>()("@wicara/notifications/PushSender") {
  /** @since 0.1.0 */
  static readonly layerSql: Layer.Layer<
    PushSender,
    never,
    | SqlClient.SqlClient
    | NotificationKinds
    | NotificationRecipients
    | PushSubscriptions
    | PushTransport
    | Users
    | Organizations
    | Jobs.Jobs
    | MessageTexts
  > = Layer.suspend(() => Layer.effect(PushSender, make))

  /**
   * Does the jobs in the background of the layer's scope.
   *
   * @since 0.1.0
   */
  static readonly layerWorker: Layer.Layer<never, never, PushSender | Jobs.Jobs> = Layer.unwrap(
    Effect.map(PushSender, (sender) =>
      Jobs.worker(pushJob, {
        concurrency: 4,
        handle: ({ attempt, payload }) =>
          sender.send(payload).pipe(
            // It is in their list all the same: nobody has to look into it.
            Effect.catchIf(
              () => attempt >= (pushJob.maxAttempts ?? 1),
              ({ reason }) => Effect.logWarning(`A push message was given up: ${reason}`)
            ),
            Effect.asVoid
          )
      }))
  )
}

const day = 86_400
/** How often a push service may put a message off. */
const mostDeferrals = 5

const encodeText = Schema.encodeSync(Schema.fromJsonString(Schema.Record(Schema.String, Schema.Json)))

const make = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const kinds = yield* NotificationKinds
  const recipients = yield* NotificationRecipients
  const subscriptions = yield* PushSubscriptions
  const transport = yield* PushTransport
  const users = yield* Users
  const organizations = yield* Organizations
  const jobs = yield* Jobs.Jobs
  const texts = yield* MessageTexts
  const consoleUrl = yield* ConsoleUrl
  const columns = notificationColumns(sql)

  /** What the device is to show; none if there is nothing to show to this person (any more). */
  const compose = Effect.fnUntraced(function*({ notificationId, userId }: Payload) {
    const organization = yield* organizations.current
    const user = yield* users.find(userId)
    const held = yield* recipients.holdings(userId)
    if (Option.isNone(user) || user.value.status !== "active" || Option.isNone(held)) return Option.none<string>()
    const [row] = yield* sql<NotificationRow>`SELECT ${columns} FROM notifications_items
      WHERE organization_id = ${Id.toBytes(organization.id)} AND user_id = ${Id.toBytes(userId)}
      AND id = ${Id.toBytes(notificationId)}`
    if (row === undefined || row.read_at !== null) return Option.none<string>()
    const voice = yield* texts.voice(languageOf(texts, user.value, organization))
    return Option.map(
      visible(row, kinds, held.value, { consoleUrl, voice }),
      ({ notification: { body, id, kind, link, title } }) =>
        encodeText({
          id,
          kind,
          title: title.slice(0, 200),
          body: body.slice(0, 500),
          link,
          organization: organization.name
        })
    )
  }, Effect.orDie)

  const later = Effect.fnUntraced(function*(payload: Payload, seconds: number) {
    const deferrals = (payload.deferrals ?? 0) + 1
    const id = `${payload.subscriptionId}/${payload.notificationId}/${deferrals}`
    yield* jobs.enqueue(pushJob, { ...payload, deferrals }, { id, delay: Duration.seconds(Math.min(seconds, day)) })
      .pipe(
        Effect.provideService(CurrentActor, systemActor("notifications"))
      )
  })

  const counted = (result: PushResult) =>
    Effect.as(Metric.update(Metric.withAttributes(outcomes, { outcome: result }), 1), result)

  return PushSender.of({
    send: Effect.fn("PushSender.send")(function*(payload) {
      const { subscriptionId, userId } = payload
      const text = yield* compose(payload)
      const address = yield* subscriptions.address(userId, subscriptionId)
      if (Option.isNone(text) || Option.isNone(address)) return yield* counted("skipped")
      const outcome = yield* transport.send(address.value, {
        text: text.value,
        ttl: day,
        urgency: "high",
        // A second attempt of which nobody heard replaces the first one.
        topic: payload.notificationId.replaceAll("-", "")
      })
      switch (outcome._tag) {
        case "Accepted":
          yield* subscriptions.markSent(userId, subscriptionId)
          return yield* counted("accepted")
        case "Gone":
          yield* subscriptions.forget(userId, subscriptionId)
          return yield* counted("gone")
        case "Rejected":
          yield* Effect.logWarning(`A push message was refused: ${outcome.reason}`)
          return yield* counted("rejected")
        case "Retryable": {
          yield* counted("deferred")
          if (outcome.retryAfterSeconds === null || (payload.deferrals ?? 0) >= mostDeferrals) {
            return yield* new PushDeferred({ reason: outcome.reason })
          }
          yield* later(payload, outcome.retryAfterSeconds)
          return "deferred"
        }
      }
    })
  })
})
