/**
 * Delivers what is due. One process at a time has an endpoint, by a lease on its row, and delivers several of its lanes at
 * once; endpoints do not wait for each other, nor do lanes. Within a lane the next delivery begins when the one before has
 * arrived or was given up, and each write names the lease, so that a process which lost it changes nothing.
 *
 * What a process that died had sent and not written down is sent again, with the same `webhook-id`.
 *
 * @since 0.1.0
 */
import { Audit } from "@wicara/core/Audit"
import { EventLog } from "@wicara/core/EventLog"
import { Events } from "@wicara/core/Events"
import * as Id from "@wicara/core/Id"
import * as Leases from "@wicara/core/Leases"
import type { RunnerId } from "@wicara/core/Runners"
import { Secrets } from "@wicara/core/Secrets"
import { Signals } from "@wicara/core/Signals"
import { affectedRows, rowLimit, transaction } from "@wicara/core/Sql"
import { CurrentActor, CurrentOrganization, systemActor } from "@wicara/core/Tenancy"
import type { OrganizationId } from "@wicara/core/Tenancy"
import { Clock, Context, Duration, Effect, FiberSet, Latch, Layer, Metric, Random, Redacted } from "effect"
import { SqlClient } from "effect/sql"
import { WebhookEndpointStopped } from "./events.ts"
import { makeBodies } from "./internal/bodies.ts"
import { deliverySignal, makeQueue } from "./internal/queue.ts"
import {
  decodeHeaders,
  deliveryColumns,
  endpointColumns,
  isEndpoint,
  ofEndpoint,
  sealedAt,
  webhookIdOf
} from "./internal/rows.ts"
import type { DeliveryRow, EndpointKey, EndpointRow } from "./internal/rows.ts"
import type { WebhookEndpointId } from "./WebhookEndpoint.ts"
import * as WebhookSignature from "./WebhookSignature.ts"
import { WebhookTransport } from "./WebhookTransport.ts"
import type { WebhookOutcome } from "./WebhookTransport.ts"

/**
 * @category models
 * @since 0.1.0
 */
export interface WebhookSenderOptions {
  /** How long to wait after each failed attempt, by a fifth more or less; after the last of them it is given up. */
  readonly backoff?: ReadonlyArray<Duration.Input> | undefined
  /** Deliveries to one endpoint at a time (8). */
  readonly concurrency?: number | undefined
  /** Endpoints at a time, of this process (512). */
  readonly endpoints?: number | undefined
  /** How long nothing may arrive until an endpoint is paused (3 days). */
  readonly pauseAfter?: Duration.Input | undefined
  /** How long a lease is (30 seconds). */
  readonly leaseFor?: Duration.Input | undefined
  /** How often to look for work that no signal announced (1 second). */
  readonly pollInterval?: Duration.Input | undefined
}

/**
 * The waits after failed attempts.
 *
 * @category constants
 * @since 0.1.0
 */
export const backoff: ReadonlyArray<Duration.Input> = [
  "5 seconds",
  "30 seconds",
  "2 minutes",
  "10 minutes",
  "1 hour",
  "6 hours",
  "24 hours"
]

const outcomes = Metric.counter("wicara_webhook_attempts", { incremental: true })

/**
 * @category services
 * @since 0.1.0
 */
export class WebhookSender extends Context.Service<WebhookSender, {
  /** Delivers what is due now; returns to how many endpoints. */
  readonly runOnce: Effect.Effect<number>
  /** Works until nothing is due. */
  readonly drain: Effect.Effect<void>
  readonly run: Effect.Effect<never>
  /** Ends the leases of a runner that is gone, or all: at the start of a process that is known to be the only one. */
  readonly releaseLeases: (of: RunnerId | "all") => Effect.Effect<void>
}>()("@wicara/webhooks/WebhookSender") {
  /** @since 0.1.0 */
  static readonly layer = (
    options?: WebhookSenderOptions
  ): Layer.Layer<
    WebhookSender,
    never,
    SqlClient.SqlClient | EventLog | Events | Secrets | Audit | Signals | WebhookTransport
  > => Layer.effect(WebhookSender, make(options ?? {}))

  /**
   * Works in the background of the layer's scope.
   *
   * @since 0.1.0
   */
  static readonly layerWorker: Layer.Layer<never, never, WebhookSender> = Layer.effectDiscard(
    Effect.flatMap(WebhookSender, (sender) => Effect.forkScoped(sender.run))
  )
}

type SendOutcome = WebhookOutcome | { readonly _tag: "Unanswered"; readonly error: "no_event" | "too_large" }

/** A body that is larger is not sent: events carry ids and small facts. */
const longestBody = 262_144
/** What a receiver may ask to wait for. */
const longestWait = 86_400_000
/** Failures in a row after which an endpoint is tried with one delivery at a time. */
const cautiousAfter = 5
const batch = 64

const isArrived = (outcome: SendOutcome) => outcome._tag === "Answered" && outcome.status >= 200 && outcome.status < 300

const errorOf = (outcome: SendOutcome) => {
  if (outcome._tag === "Unanswered") return outcome.error
  if (isArrived(outcome)) return null
  return outcome.status >= 300 && outcome.status < 400 ? "redirect" : "http"
}

const make = Effect.fnUntraced(function*(options: WebhookSenderOptions) {
  const sql = yield* SqlClient.SqlClient
  const secrets = yield* Secrets
  const events = yield* Events
  const audit = yield* Audit
  const signals = yield* Signals
  const transport = yield* WebhookTransport
  const bodies = makeBodies(yield* EventLog)
  const { discard, promote } = makeQueue(sql)
  const waits = (options.backoff ?? backoff).map((wait) => Duration.toMillis(wait))
  const concurrency = options.concurrency ?? 8
  const mostEndpoints = options.endpoints ?? 512
  const pauseAfter = Duration.toMillis(options.pauseAfter ?? "3 days")
  const leaseFor = Duration.toMillis(options.leaseFor ?? "30 seconds")
  const pollInterval = options.pollInterval ?? "1 second"
  const leases = yield* Leases.make(sql, { table: "webhooks_endpoints", until: "due_at", leaseFor })

  const load = (key: EndpointKey, lease: Uint8Array) =>
    Effect.map(
      sql<EndpointRow>`SELECT ${endpointColumns(sql)} FROM webhooks_endpoints
        WHERE ${isEndpoint(sql, key)} AND lease_id = ${lease}`,
      ([row]) => row
    )

  const post = Effect.fnUntraced(function*(endpoint: EndpointRow, row: DeliveryRow): Effect.fn.Return<
    SendOutcome,
    never,
    CurrentOrganization
  > {
    const body = yield* bodies.of(row)
    if (body === undefined) return { _tag: "Unanswered", error: "no_event" }
    if (Buffer.byteLength(body) > longestBody) return { _tag: "Unanswered", error: "too_large" }
    const now = yield* Clock.currentTimeMillis
    const endpointId = Id.fromBytes<WebhookEndpointId>(endpoint.id)
    const open = (column: "secret" | "previous_secret" | "headers", sealed: string) =>
      Effect.orDie(secrets.open(sealedAt(endpointId, column), sealed))
    const overlaps = endpoint.previous_secret !== null && Number(endpoint.previous_until) > now
    const signing = [
      yield* open("secret", endpoint.secret),
      ...(overlaps && endpoint.previous_secret !== null
        ? [yield* open("previous_secret", endpoint.previous_secret)]
        : [])
    ]
    const custom = endpoint.headers === null
      ? {}
      : decodeHeaders(Redacted.value(yield* open("headers", endpoint.headers)))
    const content = { id: webhookIdOf(row), timestamp: String(Math.floor(now / 1000)), body }
    return yield* transport.post({
      url: endpoint.url,
      body,
      headers: {
        ...custom,
        "user-agent": "Wicara-Webhooks/1",
        "webhook-id": content.id,
        "webhook-timestamp": content.timestamp,
        "webhook-signature": WebhookSignature.header(content, signing)
      }
    })
  })

  /** Nothing is delivered there until somebody enables it again. */
  const stop = Effect.fnUntraced(
    function*(endpoint: EndpointRow, reason: "failing" | "gone", since: number, now: number) {
      const endpointId = Id.fromBytes<WebhookEndpointId>(endpoint.id)
      const state = reason === "gone" ? "disabled" : "paused"
      const stopped = yield* affectedRows(sql`UPDATE webhooks_endpoints
      SET state = ${state}, state_reason = ${reason}, updated_at = ${now}
      WHERE ${isEndpoint(sql, endpoint)} AND state = 'active'`)
      if (stopped === 0) return
      if (reason === "gone") yield* discard(endpoint, now)
      const host = new URL(endpoint.url).host
      yield* events.append(WebhookEndpointStopped, {
        aggregateId: endpointId,
        payload: { endpointId, reason, host, failingSince: since }
      })
      yield* audit.record({
        action: `webhook.endpoint.${state}`,
        target: { type: "webhook_endpoint", id: endpointId },
        before: { state: endpoint.state },
        after: { state, reason }
      })
    }
  )

  /** Writes down what became of an attempt, if the endpoint still is ours. */
  const settle = Effect.fnUntraced(function*(
    endpoint: EndpointRow,
    lease: Uint8Array,
    row: DeliveryRow,
    startedAt: number,
    outcome: SendOutcome
  ) {
    const now = yield* Clock.currentTimeMillis
    const arrived = isArrived(outcome)
    const retryAfter = outcome._tag === "Answered" ? Math.min(outcome.retryAfterMillis ?? 0, longestWait) : 0
    const isSlow = outcome._tag === "Answered" && (outcome.status === 429 || outcome.status === 503)
    const held = yield* affectedRows(
      arrived
        ? sql`UPDATE webhooks_endpoints SET last_success_at = ${now}, failing_since = NULL, failures = 0
            WHERE ${isEndpoint(sql, endpoint)} AND lease_id = ${lease}`
        : sql`UPDATE webhooks_endpoints SET last_failure_at = ${now}, failures = failures + 1,
              failing_since = CASE WHEN failing_since IS NULL THEN ${startedAt} ELSE failing_since END,
              not_before = ${isSlow && retryAfter > 0 ? now + retryAfter : 0}
            WHERE ${isEndpoint(sql, endpoint)} AND lease_id = ${lease}`
    )
    if (held === 0) return
    const tries = Number(row.tries) + 1
    const wait = outcome._tag === "Unanswered" && (outcome.error === "no_event" || outcome.error === "too_large")
      ? undefined
      : waits[tries - 1]
    const again = arrived || wait === undefined
      ? null
      : now + Math.max(Math.round(wait * (yield* Random.nextBetween(0.8, 1.2))), retryAfter)
    const changed = yield* affectedRows(sql`UPDATE webhooks_deliveries SET ${
      sql.update({
        state: arrived ? "delivered" : again === null ? "failed" : "pending",
        due_at: again,
        tries,
        attempts: Number(row.attempts) + 1,
        last_status: outcome._tag === "Answered" ? outcome.status : null,
        last_error: errorOf(outcome),
        updated_at: now,
        finished_at: again === null ? now : null
      } as never)
    } WHERE organization_id = ${row.organization_id} AND id = ${row.id} AND state = 'pending'`)
    // Somebody disabled the endpoint meanwhile.
    if (changed === 0) return
    yield* sql`INSERT INTO webhooks_attempts ${
      sql.insert({
        organization_id: row.organization_id,
        delivery_id: row.id,
        attempt: Number(row.attempts) + 1,
        at: startedAt,
        duration_millis: now - startedAt,
        status: outcome._tag === "Answered" ? outcome.status : null,
        error: errorOf(outcome),
        response: outcome._tag === "Answered" ? outcome.response : null
      })
    }`
    if (again === null) yield* promote(endpoint, [row.lane], now)
    if (arrived) return
    const [{ failing_since: since } = { failing_since: startedAt }] = yield* sql<Pick<EndpointRow, "failing_since">>`
      SELECT failing_since FROM webhooks_endpoints WHERE ${isEndpoint(sql, endpoint)}`
    if (outcome._tag === "Answered" && outcome.status === 410) {
      yield* stop(endpoint, "gone", Number(since), now)
    } else if (now - Number(since) >= pauseAfter) yield* stop(endpoint, "failing", Number(since), now)
  })

  const attempt = Effect.fnUntraced(function*(endpoint: EndpointRow, lease: Uint8Array, row: DeliveryRow) {
    const startedAt = yield* Clock.currentTimeMillis
    const outcome = yield* post(endpoint, row)
    yield* Metric.update(Metric.withAttributes(outcomes, { outcome: errorOf(outcome) ?? "delivered" }), 1)
    yield* transaction(sql, settle(endpoint, lease, row, startedAt, outcome))
  })

  const ready = Effect.fnUntraced(function*(key: EndpointKey, limit: number) {
    const now = yield* Clock.currentTimeMillis
    return yield* sql<DeliveryRow>`SELECT ${deliveryColumns(sql)} FROM webhooks_deliveries
      WHERE ${ofEndpoint(sql, key)} AND due_at <= ${now} ORDER BY due_at, position LIMIT ${rowLimit(sql, limit)}`
  })

  /** Gives the endpoint back, due with the next of its deliveries; `false`: there is one already. */
  const finish = (key: EndpointKey, lease: Uint8Array) =>
    transaction(
      sql,
      Effect.gen(function*() {
        if (!(yield* leases.isHeld(isEndpoint(sql, key), lease))) return true
        const endpoint = yield* load(key, lease)
        const [next] = yield* sql<{ readonly due_at: unknown }>`SELECT MIN(due_at) AS due_at FROM webhooks_deliveries
          WHERE ${ofEndpoint(sql, key)} AND due_at IS NOT NULL`
        const now = yield* Clock.currentTimeMillis
        const isStopped = endpoint?.state !== "active" || next === undefined || next.due_at === null
        const due = isStopped ? null : Math.max(Number(next.due_at), Number(endpoint.not_before))
        if (due !== null && due <= now) return false
        yield* sql`UPDATE webhooks_endpoints SET lease_id = NULL, due_at = ${due} WHERE ${isEndpoint(sql, key)}`
        return true
      })
    )

  const serve = Effect.fnUntraced(function*(key: EndpointKey, lease: Uint8Array) {
    const fibers = yield* FiberSet.make<void>()
    const ended = yield* Latch.make(false)
    const busy = new Set<string>()
    const begin = (endpoint: EndpointRow, row: DeliveryRow) => {
      busy.add(row.lane)
      return FiberSet.run(
        fibers,
        attempt(endpoint, lease, row).pipe(
          // It stays due, and is tried again when the lease is.
          Effect.catchCause((cause) => Effect.logWarning("A webhook could not be delivered; trying again", cause)),
          Effect.ensuring(Effect.suspend(() => {
            busy.delete(row.lane)
            return ended.open
          }))
        )
      )
    }
    while (true) {
      yield* ended.close
      const endpoint = yield* load(key, lease)
      if (endpoint === undefined) return
      const now = yield* Clock.currentTimeMillis
      const most = Number(endpoint.failures) >= cautiousAfter ? 1 : concurrency
      if (endpoint.state === "active" && busy.size < most && Number(endpoint.not_before) <= now) {
        // What ended while this was read may still be in it.
        const were = new Set(busy)
        for (const row of yield* ready(key, most + were.size)) {
          if (busy.size < most && !were.has(row.lane) && !busy.has(row.lane)) yield* begin(endpoint, row)
        }
      }
      if (busy.size > 0) yield* Effect.timeoutOption(ended.await, pollInterval)
      else if (yield* finish(key, lease)) return
    }
  }, Effect.scoped)

  /** Ends when the lease is lost. */
  const keep = (key: EndpointKey, lease: Uint8Array): Effect.Effect<void> =>
    Effect.gen(function*() {
      let until = (yield* Clock.currentTimeMillis) + leaseFor
      while (true) {
        yield* Effect.sleep(leaseFor / 3)
        const now = yield* Clock.currentTimeMillis
        const kept = yield* leases.renew(isEndpoint(sql, key), lease).pipe(Effect.orElseSucceed(() => undefined))
        if (kept === false || (kept === undefined && now >= until)) return
        if (kept === true) until = now + leaseFor
      }
    })

  const isServed = (key: EndpointKey, lease: Uint8Array) =>
    Effect.raceFirst(serve(key, lease), keep(key, lease)).pipe(
      Effect.provideService(CurrentOrganization, { id: Id.fromBytes<OrganizationId>(key.organization_id) }),
      Effect.provideService(CurrentActor, systemActor("webhooks")),
      // What was on its way is sent again by who comes next, with the same id.
      Effect.onInterrupt(() => Effect.ignoreCause(leases.giveBack(isEndpoint(sql, key), lease, 0))),
      Effect.catchCause((cause) =>
        Effect.andThen(
          Effect.logWarning("An endpoint's webhooks could not be delivered; trying again", cause),
          Effect.ignoreCause(
            Effect.flatMap(
              Clock.currentTimeMillis,
              (now) => leases.giveBack(isEndpoint(sql, key), lease, now + 1000)
            )
          )
        )
      )
    )

  let serving = 0

  const beginDue = Effect.fnUntraced(function*(fibers: FiberSet.FiberSet<void>) {
    const now = yield* Clock.currentTimeMillis
    const rows = yield* sql<EndpointKey>`SELECT organization_id, id FROM webhooks_endpoints
      WHERE due_at <= ${now} ORDER BY due_at, organization_id, id LIMIT ${rowLimit(sql, batch)}`
    let begun = 0
    for (const key of rows) {
      if (serving >= mostEndpoints) break
      const lease = yield* leases.claim(isEndpoint(sql, key))
      if (lease === undefined) continue
      begun += 1
      serving += 1
      yield* FiberSet.run(
        fibers,
        isServed(key, lease).pipe(
          Effect.ensuring(Effect.suspend(() => {
            serving -= 1
            return signals.notify(deliverySignal)
          })),
          Effect.asVoid
        )
      )
    }
    return begun
  })

  const runOnce = Effect.scoped(Effect.gen(function*() {
    const fibers = yield* FiberSet.make<void>()
    const begun = yield* Effect.orDie(beginDue(fibers))
    yield* FiberSet.awaitEmpty(fibers)
    return begun
  })).pipe(Effect.withSpan("WebhookSender.runOnce"))

  return WebhookSender.of({
    runOnce,
    drain: Effect.asVoid(Effect.repeat(runOnce, { until: (done) => done === 0 })),
    run: Effect.scoped(Effect.gen(function*() {
      const fibers = yield* FiberSet.make<void>()
      return yield* beginDue(fibers).pipe(
        // A full batch: there may be more.
        Effect.flatMap((begun) => begun === batch ? Effect.void : signals.wait(deliverySignal, pollInterval)),
        Effect.catchCause((cause) =>
          Effect.andThen(
            Effect.logWarning("Webhooks could not be looked for; trying again", cause),
            Effect.sleep("1 second")
          )
        ),
        Effect.forever
      )
    })),
    releaseLeases: leases.release
  })
})
