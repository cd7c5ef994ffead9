/**
 * Webhooks as they arrived: stored once under their delivery's key before they are acknowledged, then worked off in
 * batches under a lease. The table is its own work list.
 *
 * @since 0.1.0
 */
import { Context, Effect, Layer } from "effect"
import type { Duration, Option } from "effect"
import { SqlClient } from "effect/sql"
import * as Id from "@wicara/core/Id"
import type { Unavailable } from "@wicara/core/Problem"
import { CurrentRunner } from "@wicara/core/Runners"
import type { RunnerId } from "@wicara/core/Runners"
import { Signals } from "@wicara/core/Signals"
import type { OrganizationId } from "@wicara/core/Tenancy"
import type { ChannelAccountId } from "./ChannelAdapter.ts"
import { makeIngest } from "./internal/inboundIngest.ts"
import { makeWorkList } from "./internal/inboundWorkList.ts"
import type { LeaseLost } from "./LeaseLost.ts"

/**
 * @category ids
 * @since 0.1.0
 */
export const InboundEventId = Id.make("InboundEventId", "One stored webhook delivery.")
/** @since 0.1.0 */
export type InboundEventId = typeof InboundEventId.Type

/**
 * A delivery to store.
 *
 * @category models
 * @since 0.1.0
 */
export interface IncomingEvent {
  readonly organizationId: OrganizationId
  readonly channelAccountId: ChannelAccountId
  /** The same delivery repeated has the same key. */
  readonly dedupeKey: string
  /** The exact bytes that arrived. */
  readonly body: Uint8Array
}

/**
 * A stored delivery that this process holds until its lease ends.
 *
 * @category models
 * @since 0.1.0
 */
export interface ClaimedEvent {
  readonly organizationId: OrganizationId
  readonly channelAccountId: ChannelAccountId
  readonly id: InboundEventId
  /** Epoch milliseconds. */
  readonly receivedAt: number
  readonly body: Uint8Array
  /** How often it failed before. */
  readonly attempts: number
  readonly leaseId: Uint8Array
}

/**
 * How many deliveries wait, and since when.
 *
 * @category models
 * @since 0.1.0
 */
export interface InboundBacklog {
  /** Waiting or leased, at most 10,000 are counted. */
  readonly pending: number
  /** Given up, at most 10,000 are counted. */
  readonly dead: number
  /** When the oldest pending one arrived, epoch milliseconds. */
  readonly oldestReceivedAt: Option.Option<number>
}

/**
 * Limits of ingestion and of retries.
 *
 * @category models
 * @since 0.1.0
 */
export interface InboundEventsOptions {
  /** Deliveries in one transaction (256). */
  readonly maxBatch?: number | undefined
  /** Deliveries that may wait for a transaction before new ones are refused (4096). */
  readonly maxWaiting?: number | undefined
  /** Bytes that may wait for a transaction before new ones are refused (64 MiB). */
  readonly maxWaitingBytes?: number | undefined
  /** How long a batch may fill while deliveries come at the same time (2 milliseconds). */
  readonly gatherFor?: Duration.Input | undefined
  /** How long a transaction may take before its callers are refused (10 seconds). */
  readonly commitTimeout?: Duration.Input | undefined
  /** Failures after which an event is given up (10). */
  readonly maxAttempts?: number | undefined
}

/**
 * The topic of `Signals` that is raised when deliveries were stored.
 *
 * @category constants
 * @since 0.1.0
 */
export const signal = "inbound-events"

/**
 * @category services
 * @since 0.1.0
 */
export class InboundEvents extends Context.Service<InboundEvents, {
  /**
   * Stores a delivery, unless its key is stored already, and returns when that is durable. Concurrent calls share a
   * transaction. Fails when the database is away or too many deliveries wait: nothing was acknowledged then, and the
   * provider will deliver again.
   */
  readonly ingest: (event: IncomingEvent) => Effect.Effect<void, Unavailable>
  /** Takes up to `limit` due deliveries, oldest first; others see them again when the lease has ended. */
  readonly claim: (options: {
    readonly limit: number
    readonly leaseFor: Duration.Input
  }) => Effect.Effect<ReadonlyArray<ClaimedEvent>>
  /**
   * Marks deliveries as worked off. Call it in the transaction of their effects: it fails when one of the leases was
   * lost, and then nothing of it must stay.
   */
  readonly complete: (
    events: ReadonlyArray<{ readonly event: ClaimedEvent; readonly unknownKinds: number }>
  ) => Effect.Effect<void, LeaseLost>
  /** Records a failure: the delivery is due again later, or given up (kept and counted). */
  readonly fail: (event: ClaimedEvent, reason: string) => Effect.Effect<"retry" | "dead">
  /** Some of the deliveries to an account that wait for their work, other than those; none when there are no others. */
  readonly waiting: (
    account: { readonly organizationId: OrganizationId; readonly channelAccountId: ChannelAccountId },
    except: ReadonlySet<InboundEventId>
  ) => Effect.Effect<ReadonlyArray<{ readonly id: InboundEventId; readonly body: Uint8Array }>>
  /** Gives deliveries back, due at once or after a while, without counting a failure. */
  readonly release: (
    events: ReadonlyArray<ClaimedEvent>,
    options?: { readonly after?: Duration.Input | undefined }
  ) => Effect.Effect<void>
  /** Ends the leases of a runner that is gone, or all: at the start of a process that is known to be the only one. */
  readonly releaseLeases: (of: RunnerId | "all") => Effect.Effect<void>
  /** Makes given-up deliveries of one organization due again, at most `limit`; returns how many. */
  readonly retryDead: (organizationId: OrganizationId, limit: number) => Effect.Effect<number>
  /** Deletes deliveries worked off before an instant (epoch milliseconds), at most `limit`; returns how many. */
  readonly purge: (options: { readonly before: number; readonly limit: number }) => Effect.Effect<number>
  readonly backlog: Effect.Effect<InboundBacklog>
}>()("@wicara/channels/InboundEvents") {
  /**
   * Deliveries in SQL, with the default limits.
   *
   * @since 0.1.0
   */
  static readonly layerSql: Layer.Layer<InboundEvents, never, SqlClient.SqlClient | Signals> = Layer.suspend(() =>
    InboundEvents.layerSqlWith({})
  )

  /**
   * Deliveries in SQL, with limits of your own.
   *
   * @since 0.1.0
   */
  static readonly layerSqlWith = (
    options: InboundEventsOptions
  ): Layer.Layer<InboundEvents, never, SqlClient.SqlClient | Signals> =>
    Layer.effect(
      InboundEvents,
      Effect.gen(function*() {
        const sql = yield* SqlClient.SqlClient
        const signals = yield* Signals
        const notify = signals.notify(signal)
        const runner = yield* CurrentRunner
        const ingest = yield* makeIngest(sql, notify, options)
        return InboundEvents.of({ ingest, ...makeWorkList(sql, notify, runner, options) })
      })
    )
}
