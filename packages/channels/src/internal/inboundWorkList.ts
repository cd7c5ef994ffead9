import { Array as Arr, Clock, Duration, Effect, Metric, Option } from "effect"
import type { SqlClient } from "effect/sql"
import * as Id from "@wicara/core/Id"
import * as Runners from "@wicara/core/Runners"
import type { RunnerId } from "@wicara/core/Runners"
import { affectedRows, padded, rowLimit, transaction, varying } from "@wicara/core/Sql"
import type { OrganizationId } from "@wicara/core/Tenancy"
import type { ClaimedEvent, InboundEventId, InboundEvents, InboundEventsOptions } from "../InboundEvents.ts"
import { LeaseLost } from "../LeaseLost.ts"
import { deadState, doneState, pendingState } from "./inboundStates.ts"

const retriedTotal = Metric.counter("wicara_inbound_retried", { incremental: true })
const deadTotal = Metric.counter("wicara_inbound_dead", { incremental: true })

const maxUpdateRows = 64
const maxClaimBytes = 16 * 1024 * 1024

interface EventRow {
  readonly organization_id: Uint8Array
  readonly id: Uint8Array
  readonly channel_account_id: Uint8Array
  readonly received_at: unknown
  readonly body: Uint8Array
  readonly attempts: unknown
}

interface KeyRow {
  readonly organization_id: Uint8Array
  readonly id: Uint8Array
}

/** The deliveries as work: claimed under leases, completed, put off, given up. */
export const makeWorkList = (
  sql: SqlClient.SqlClient,
  notify: Effect.Effect<void>,
  runner: RunnerId,
  options: InboundEventsOptions
): Omit<InboundEvents["Service"], "ingest"> => {
  const maxAttempts = options.maxAttempts ?? 10

  // One `id IN (...)` an organization: what both databases answer with point look-ups.
  const keyed = (keys: ReadonlyArray<KeyRow>) =>
    sql.or(
      Object.values(Arr.groupBy(keys, (key) => Id.fromBytes(key.organization_id))).map((group) =>
        sql`(organization_id = ${group[0].organization_id} AND ${sql.in("id", padded(group.map((key) => key.id)))})`
      )
    )

  const claim = Effect.fn("InboundEvents.claim")(function*(claimOptions: {
    readonly limit: number
    readonly leaseFor: Duration.Input
  }) {
    const now = yield* Clock.currentTimeMillis
    const until = now + Duration.toMillis(Duration.fromInputUnsafe(claimOptions.leaseFor))
    const found = yield* sql<KeyRow & { readonly body_bytes: unknown }>`SELECT organization_id, id, body_bytes
      FROM channels_inbound_events
      WHERE state = ${pendingState} AND available_at <= ${now}
      ORDER BY available_at, organization_id, id LIMIT ${rowLimit(sql, claimOptions.limit)}`
    if (found.length === 0) return []
    let bytes = 0
    const due = found.filter((row, index) => {
      bytes += Number(row.body_bytes)
      return index === 0 || bytes <= maxClaimBytes
    })
    const leaseId = Runners.leaseId(runner)
    yield* transaction(
      sql,
      varying(
        sql,
        sql`UPDATE channels_inbound_events SET lease_id = ${leaseId}, available_at = ${until}
          WHERE ${keyed(due)} AND state = ${pendingState} AND available_at <= ${now}`
      )
    )
    const rows = yield* varying(
      sql,
      sql<EventRow>`SELECT organization_id, id, channel_account_id, received_at, body, attempts
        FROM channels_inbound_events WHERE ${keyed(due)} AND lease_id = ${leaseId} AND state = ${pendingState}`
    )
    return rows
      .map((row): ClaimedEvent => ({
        organizationId: Id.fromBytes(row.organization_id),
        channelAccountId: Id.fromBytes(row.channel_account_id),
        id: Id.fromBytes(row.id),
        receivedAt: Number(row.received_at),
        body: row.body,
        attempts: Number(row.attempts),
        leaseId
      }))
      .sort((a, b) => a.receivedAt - b.receivedAt || (a.id < b.id ? -1 : 1))
  }, Effect.orDie)

  const complete = Effect.fnUntraced(function*(
    events: ReadonlyArray<{ readonly event: ClaimedEvent; readonly unknownKinds: number }>
  ) {
    const now = yield* Clock.currentTimeMillis
    const groups = Object.values(
      Arr.groupBy(
        events,
        ({ event, unknownKinds }) => `${event.organizationId} ${Id.fromBytes(event.leaseId)} ${unknownKinds}`
      )
    )
    for (const group of groups) {
      const { event, unknownKinds } = group[0]
      for (const chunk of Arr.chunksOf(group, maxUpdateRows)) {
        const changed = yield* Effect.orDie(affectedRows(sql`UPDATE channels_inbound_events
          SET state = ${doneState}, lease_id = NULL, available_at = ${now}, unknown_kinds = ${unknownKinds}
          WHERE organization_id = ${Id.toBytes(event.organizationId)}
            AND ${sql.in("id", padded(chunk.map((one) => Id.toBytes(one.event.id))))}
            AND lease_id = ${event.leaseId} AND state = ${pendingState}`))
        if (changed !== chunk.length) return yield* new LeaseLost()
      }
    }
  })

  const fail = Effect.fn("InboundEvents.fail")(function*(event: ClaimedEvent, reason: string) {
    const now = yield* Clock.currentTimeMillis
    const attempts = event.attempts + 1
    const givenUp = attempts >= maxAttempts
    yield* transaction(
      sql,
      sql`UPDATE channels_inbound_events
        SET state = ${givenUp ? deadState : pendingState}, attempts = ${attempts}, lease_id = NULL,
          available_at = ${now + (givenUp ? 0 : retryDelay(attempts))}, error = ${reason.slice(0, 8000)}
        WHERE organization_id = ${Id.toBytes(event.organizationId)} AND id = ${Id.toBytes(event.id)}
          AND lease_id = ${event.leaseId} AND state = ${pendingState}`
    )
    yield* Metric.update(givenUp ? deadTotal : retriedTotal, 1)
    return givenUp ? "dead" as const : "retry" as const
  }, Effect.orDie)

  const release = Effect.fn("InboundEvents.release")(function*(
    events: ReadonlyArray<ClaimedEvent>,
    releaseOptions?: { readonly after?: Duration.Input | undefined }
  ) {
    const after = releaseOptions?.after
    const availableAt = after === undefined
      ? sql.literal("received_at")
      : sql`${(yield* Clock.currentTimeMillis) + Duration.toMillis(Duration.fromInputUnsafe(after))}`
    const groups = Object.values(
      Arr.groupBy(events, (event) => `${event.organizationId} ${Id.fromBytes(event.leaseId)}`)
    )
    for (const group of groups) {
      yield* transaction(
        sql,
        varying(
          sql,
          sql`UPDATE channels_inbound_events SET lease_id = NULL, available_at = ${availableAt}
            WHERE organization_id = ${Id.toBytes(group[0].organizationId)}
              AND ${sql.in("id", group.map((event) => Id.toBytes(event.id)))}
              AND lease_id = ${group[0].leaseId} AND state = ${pendingState}`
        )
      )
    }
    if (events.length > 0 && after === undefined) yield* notify
  }, Effect.orDie)

  const waiting: InboundEvents["Service"]["waiting"] = Effect.fn("InboundEvents.waiting")(
    function*({ channelAccountId, organizationId }, except) {
      // Without an order: it would be read from the key, where what was worked off lies too.
      const all = yield* sql<{ readonly id: Uint8Array }>`SELECT id FROM channels_inbound_events
        WHERE state = ${pendingState} AND organization_id = ${Id.toBytes(organizationId)}
          AND channel_account_id = ${Id.toBytes(channelAccountId)}`
      const others = all.filter(({ id }) => !except.has(Id.fromBytes(id))).slice(0, maxUpdateRows)
      if (others.length === 0) return []
      const rows = yield* varying(
        sql,
        sql<{ readonly id: Uint8Array; readonly body: Uint8Array }>`SELECT id, body FROM channels_inbound_events
          WHERE organization_id = ${Id.toBytes(organizationId)} AND ${sql.in("id", others.map(({ id }) => id))}`
      )
      return rows.map(({ body, id }) => ({ id: Id.fromBytes<InboundEventId>(id), body }))
    },
    Effect.orDie
  )

  const releaseLeases = Effect.fn("InboundEvents.releaseLeases")(function*(of: RunnerId | "all") {
    // What is leased is due when its lease ends: the index need not be read where work merely waits.
    const ended = yield* Effect.orDie(transaction(
      sql,
      affectedRows(sql`UPDATE channels_inbound_events SET lease_id = NULL, available_at = received_at
        WHERE state = ${pendingState} AND available_at > ${yield* Clock.currentTimeMillis}
          AND ${Runners.holds(sql, of)}`)
    ))
    if (ended > 0) yield* notify
  })

  const retryDead = Effect.fn("InboundEvents.retryDead")(function*(organizationId: OrganizationId, limit: number) {
    const now = yield* Clock.currentTimeMillis
    const rows = yield* sql<KeyRow>`SELECT organization_id, id FROM channels_inbound_events
      WHERE state = ${deadState} AND organization_id = ${Id.toBytes(organizationId)}
      ORDER BY available_at LIMIT ${rowLimit(sql, limit)}`
    if (rows.length === 0) return 0
    yield* transaction(
      sql,
      varying(
        sql,
        sql`UPDATE channels_inbound_events SET state = ${pendingState}, attempts = 0, available_at = ${now}
          WHERE ${keyed(rows)} AND state = ${deadState}`
      )
    )
    yield* notify
    return rows.length
  }, Effect.orDie)

  const purge = Effect.fn("InboundEvents.purge")(function*(purgeOptions: {
    readonly before: number
    readonly limit: number
  }) {
    const rows = yield* sql<KeyRow>`SELECT organization_id, id FROM channels_inbound_events
      WHERE state = ${doneState} AND available_at < ${purgeOptions.before}
      ORDER BY available_at LIMIT ${rowLimit(sql, purgeOptions.limit)}`
    if (rows.length === 0) return 0
    yield* transaction(
      sql,
      varying(sql, sql`DELETE FROM channels_inbound_events WHERE ${keyed(rows)} AND state = ${doneState}`)
    )
    return rows.length
  }, Effect.orDie)

  const count = (state: number) =>
    sql<{ readonly total: unknown }>`SELECT COUNT(*) AS total FROM (
      SELECT 1 FROM channels_inbound_events WHERE state = ${state} LIMIT 10000) bounded`

  const backlog = Effect.gen(function*() {
    const pending = yield* count(pendingState)
    const given = yield* count(deadState)
    const oldest = yield* sql<{ readonly received_at: unknown }>`SELECT received_at FROM channels_inbound_events
      WHERE state = ${pendingState} ORDER BY available_at LIMIT 1`
    return {
      pending: Number(pending[0]?.total ?? 0),
      dead: Number(given[0]?.total ?? 0),
      oldestReceivedAt: Option.map(Arr.head(oldest), (row) => Number(row.received_at))
    }
  }).pipe(Effect.orDie, Effect.withSpan("InboundEvents.backlog"))

  return { claim, complete, fail, waiting, release, releaseLeases, retryDead, purge, backlog }
}

/** 1 s, 4 s, 16 s ... at most an hour. */
const retryDelay = (attempts: number): number => Math.min(1000 * 4 ** (attempts - 1), 3_600_000)
