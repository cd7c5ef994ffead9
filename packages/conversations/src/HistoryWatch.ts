/**
 * When providers' history is compared with what is stored: every quarter of an hour, and as soon as an account is
 * connected again. One process does it, however many there are.
 *
 * @since 0.1.0
 */
import { Effect, Layer, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { ChannelAccountId } from "@wicara/channels/ChannelAdapter"
import { ChannelRegistry } from "@wicara/channels/ChannelRegistry"
import { AccountConnectionChanged } from "@wicara/channels/events"
import * as EventConsumers from "@wicara/core/EventConsumers"
import * as Events from "@wicara/core/Events"
import * as Id from "@wicara/core/Id"
import * as Jobs from "@wicara/core/Jobs"
import * as Schedules from "@wicara/core/Schedules"
import { varying } from "@wicara/core/Sql"
import { CurrentActor, CurrentOrganization, systemActor } from "@wicara/core/Tenancy"
import type { OrganizationId } from "@wicara/core/Tenancy"
import { HistoryChecks } from "./HistoryChecks.ts"

/**
 * Compares one account.
 *
 * @category jobs
 * @since 0.1.0
 */
export const checkJob = Jobs.define({
  name: "conversations.check-history",
  payload: Schema.Struct({ channelAccountId: ChannelAccountId }),
  maxAttempts: 3
})

/**
 * Queues the comparison of every account whose provider tells of the past.
 *
 * @category jobs
 * @since 0.1.0
 */
export const checkAllJob = Jobs.define({
  name: "conversations.check-histories",
  payload: Schema.Struct({}),
  maxAttempts: 3
})

/**
 * When: every quarter of an hour.
 *
 * @category schedules
 * @since 0.1.0
 */
export const checkSchedule = Schedules.define({
  name: "conversations.check-histories",
  cron: "7,22,37,52 * * * *",
  job: checkAllJob,
  payload: {}
})

const enqueue = (organizationId: OrganizationId, channelAccountId: ChannelAccountId, key: string) =>
  Effect.flatMap(
    Jobs.Jobs,
    (jobs) => jobs.enqueue(checkJob, { channelAccountId }, { id: `${channelAccountId}/${key}` })
  ).pipe(
    Effect.provideService(CurrentOrganization, { id: organizationId }),
    Effect.provideService(CurrentActor, systemActor("history"))
  )

/**
 * Queues one comparison an account; the same `key` queues none twice.
 *
 * @category running
 * @since 0.1.0
 */
export const checkAll = Effect.fn("HistoryWatch.checkAll")(function*(key: string) {
  const sql = yield* SqlClient.SqlClient
  const registry = yield* ChannelRegistry
  const channels = registry.all.filter(({ history }) => history !== undefined).map(({ id }) => id)
  if (channels.length === 0) return
  const rows = yield* Effect.orDie(varying(
    sql,
    sql<{ readonly organization_id: Uint8Array; readonly id: Uint8Array }>`SELECT organization_id, id
      FROM channels_accounts WHERE deleted_at IS NULL AND status = 'active' AND ${sql.in("channel", channels)}`
  ))
  for (const row of rows) yield* enqueue(Id.fromBytes(row.organization_id), Id.fromBytes(row.id), key)
})

/**
 * Does the jobs in the background of the layer's scope.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer: Layer.Layer<
  never,
  never,
  Jobs.Jobs | HistoryChecks | ChannelRegistry | EventConsumers.EventConsumers | SqlClient.SqlClient
> = Layer.mergeAll(
  Jobs.worker(checkJob, {
    handle: ({ payload }) =>
      Effect.flatMap(HistoryChecks, (checks) => checks.check(payload.channelAccountId)).pipe(
        Effect.asVoid,
        // Gone, or without its credentials: the next one is queued when it is back.
        Effect.catchTags({ NotFound: () => Effect.void, Unavailable: () => Effect.void })
      ),
    concurrency: 2
  }),
  Jobs.systemWorker(checkAllJob, ({ id }) => checkAll(id)),
  EventConsumers.consume({
    name: "conversations.history",
    types: [AccountConnectionChanged.type],
    startAt: "now",
    handle: Effect.fnUntraced(function*(event) {
      const { channelAccountId, connection } = yield* Events.payload(AccountConnectionChanged, event)
      if (connection === "connected") yield* enqueue(event.organizationId, channelAccountId, event.id)
    })
  })
)
