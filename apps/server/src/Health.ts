/**
 * Whether the server can do its work: the database answers, and the work lists move.
 *
 * @since 0.1.0
 */
import { InboundEvents } from "@wicara/channels/InboundEvents"
import { EventConsumers } from "@wicara/core/EventConsumers"
import { Cause, Clock, Context, Effect, Layer, Option } from "effect"
import { SqlClient } from "effect/sql"
import { ServerConfig } from "./ServerConfig.ts"

/**
 * One thing that was looked at.
 *
 * @category models
 * @since 0.1.0
 */
export interface HealthCheck {
  readonly name: string
  readonly status: "ok" | "fail"
  readonly message: string
}

/**
 * @category models
 * @since 0.1.0
 */
export interface HealthReport {
  readonly status: "ok" | "fail"
  readonly checks: ReadonlyArray<HealthCheck>
}

/** Work that is older than this, in milliseconds, means that nobody works on it. */
const stuckAfter = 60_000

/**
 * @category services
 * @since 0.1.0
 */
export class Health extends Context.Service<Health, {
  readonly check: Effect.Effect<HealthReport>
}>()("@wicara/server/Health") {
  static readonly layer = Layer.effect(
    Health,
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const inbound = yield* InboundEvents
      const consumers = yield* EventConsumers
      const config = yield* ServerConfig

      const checked = (name: string, check: Effect.Effect<string, string>): Effect.Effect<HealthCheck> =>
        check.pipe(
          Effect.timeoutOrElse({ duration: "2 seconds", orElse: () => Effect.fail("no answer within 2 seconds") }),
          Effect.matchCause({
            onSuccess: (message): HealthCheck => ({ name, status: "ok", message }),
            onFailure: (cause): HealthCheck => {
              const error = Cause.squash(cause)
              return { name, status: "fail", message: typeof error === "string" ? error : "it does not answer" }
            }
          })
        )

      const database = checked(
        "database",
        Effect.as(Effect.mapError(sql`SELECT 1`, () => "it does not answer"), "it answers")
      )

      const inboundMoves = checked(
        "inbound",
        Effect.gen(function*() {
          const backlog = yield* inbound.backlog
          const now = yield* Clock.currentTimeMillis
          const age = Option.match(backlog.oldestReceivedAt, { onNone: () => 0, onSome: (at) => now - at })
          return age > stuckAfter
            ? yield* Effect.fail(
              `the oldest of ${backlog.pending} waiting deliveries is ${Math.round(age / 1000)} s old`
            )
            : `${backlog.pending} waiting, ${backlog.dead} given up`
        })
      )

      let lags: ReadonlyMap<string, { readonly position: number; readonly since: number }> = new Map()
      const eventsMove = checked(
        "events",
        Effect.gen(function*() {
          const now = yield* Clock.currentTimeMillis
          const status = yield* consumers.status
          lags = new Map(status.map((one) => {
            const before = lags.get(one.name)
            const same = before !== undefined && before.position === one.position && one.lag > 0
            return [one.name, { position: one.position, since: same ? before.since : now }]
          }))
          const stuck = status.find((one) => one.lag > 0 && now - (lags.get(one.name)?.since ?? now) > stuckAfter)
          return stuck === undefined
            ? `${status.length} consumers, at most ${Math.max(0, ...status.map((one) => one.lag))} events behind`
            : yield* Effect.fail(`the consumer ${stuck.name} is ${stuck.lag} events behind and does not move`)
        })
      )

      return Health.of({
        check: Effect.gen(function*() {
          const first = yield* database
          const checks = first.status === "fail" || !config.workers
            ? [first]
            : [first, ...(yield* Effect.all([inboundMoves, eventsMove]))]
          return { status: checks.every((check) => check.status === "ok") ? "ok" : "fail", checks }
        })
      })
    })
  )
}
