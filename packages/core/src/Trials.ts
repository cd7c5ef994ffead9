/**
 * Trials that end: three days before, those who may change the organization are reminded; at the end it is suspended, so
 * that everything can be read and exported, nothing changes and nothing is sent, until the platform makes it active.
 *
 * @since 0.1.0
 */
import { Clock, Context, DateTime, Effect, Layer, Schema } from "effect"
import { SqlClient } from "effect/sql"
import * as CoreNotifications from "./CoreNotifications.ts"
import { organization as permissions } from "./CorePermissions.ts"
import * as CoreSettings from "./CoreSettings.ts"
import * as Id from "./Id.ts"
import * as Jobs from "./Jobs.ts"
import { Notifier } from "./Notification.ts"
import { Organizations } from "./Organizations.ts"
import { InvalidInput } from "./Problem.ts"
import * as Schedules from "./Schedules.ts"
import { Settings } from "./Settings.ts"
import { affectedRows, rowLimit, transaction } from "./Sql.ts"
import { CurrentActor, CurrentOrganization, systemActor } from "./Tenancy.ts"
import type { OrganizationId } from "./Tenancy.ts"

const dayMillis = 86_400_000
const batchSize = 200

/**
 * How long before its end people are reminded of it, in milliseconds.
 *
 * @category constants
 * @since 0.1.0
 */
export const reminderMillis = 3 * dayMillis

/**
 * When a trial ends that is set now: then, which has to be later, or after `organizations.trial_days` days.
 *
 * @category constructors
 * @since 0.1.0
 */
export const endOf = Effect.fnUntraced(function*(endsAt: DateTime.Utc | undefined) {
  const now = yield* DateTime.now
  if (endsAt === undefined) {
    const days = yield* Settings.use((settings) => settings.getPlatform(CoreSettings.trialDays))
    return DateTime.add(now, { days })
  }
  if (DateTime.isGreaterThan(endsAt, now)) return endsAt
  return yield* InvalidInput.of("/trialEndsAt", "A trial ends later than now.")
})

/**
 * @category services
 * @since 0.1.0
 */
export class Trials extends Context.Service<Trials, {
  /** Ends what is over and reminds of what soon is; each once, whatever processes do it at the same time. */
  readonly sweep: Effect.Effect<{ readonly ended: number; readonly reminded: number }>
}>()("@wicara/core/Trials") {
  /** @since 0.1.0 */
  static readonly layerSql: Layer.Layer<Trials, never, SqlClient.SqlClient | Organizations | Notifier> = Layer.effect(
    Trials,
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const organizations = yield* Organizations
      const notifier = yield* Notifier

      interface Due {
        readonly id: Uint8Array
        readonly trial_ends_at: unknown
      }

      /** Does it for a trial that still ends then; `false`: another process did, or it does not end then any more. */
      const once = (
        due: Due,
        isTold: boolean,
        work: Effect.Effect<void, never, CurrentOrganization | CurrentActor>
      ) => {
        const id = Id.fromBytes<OrganizationId>(due.id)
        return transaction(
          sql,
          Effect.gen(function*() {
            const now = yield* Clock.currentTimeMillis
            const taken = yield* affectedRows(sql`UPDATE core_organizations SET trial_told_at = ${now}
              WHERE id = ${due.id} AND status = 'trial' AND trial_ends_at = ${Number(due.trial_ends_at)}
                ${isTold ? sql.literal("") : sql`AND trial_told_at IS NULL`}`)
            if (taken === 0) return false
            yield* work.pipe(
              Effect.provideService(CurrentOrganization, { id }),
              Effect.provideService(CurrentActor, systemActor("trials"))
            )
            return true
          })
        ).pipe(Effect.orDie)
      }

      const tell = (endsAt: number, daysLeft: number) =>
        notifier.notify(daysLeft === 0 ? CoreNotifications.trialEnded : CoreNotifications.trialEnding, {
          to: { _tag: "Holders", permission: permissions.write },
          values: { days: daysLeft },
          dedupeKey: `${endsAt}`
        })

      const end = (due: Due) => {
        const endsAt = Number(due.trial_ends_at)
        return once(
          due,
          true,
          Effect.andThen(
            organizations.setStatus("suspended", {
              reason: "The trial ended.",
              trialEndsAt: DateTime.makeUnsafe(endsAt)
            }),
            tell(endsAt, 0)
          )
        )
      }

      const remind = Effect.fnUntraced(function*(due: Due) {
        const endsAt = Number(due.trial_ends_at)
        const now = yield* Clock.currentTimeMillis
        return yield* once(due, false, tell(endsAt, Math.max(1, Math.ceil((endsAt - now) / dayMillis))))
      })

      const all = Effect.fnUntraced(function*(due: Effect.Effect<ReadonlyArray<Due>>, work: typeof end) {
        let done = 0
        while (true) {
          const rows = yield* due
          const results = yield* Effect.forEach(rows, work)
          done += results.filter((one) => one).length
          if (rows.length < batchSize) return done
        }
      })

      return Trials.of({
        sweep: Effect.gen(function*() {
          const now = yield* Clock.currentTimeMillis
          const ended = yield* all(
            Effect.orDie(sql<Due>`SELECT id, trial_ends_at FROM core_organizations
              WHERE status = 'trial' AND trial_ends_at <= ${now}
              ORDER BY trial_ends_at LIMIT ${rowLimit(sql, batchSize)}`),
            end
          )
          const reminded = yield* all(
            Effect.orDie(sql<Due>`SELECT id, trial_ends_at FROM core_organizations
              WHERE status = 'trial' AND trial_ends_at > ${now} AND trial_ends_at <= ${now + reminderMillis}
                AND trial_told_at IS NULL
              ORDER BY trial_ends_at LIMIT ${rowLimit(sql, batchSize)}`),
            remind
          )
          return { ended, reminded }
        }).pipe(Effect.withSpan("Trials.sweep"))
      })
    })
  )
}

/**
 * @category jobs
 * @since 0.1.0
 */
export const trialJob = Jobs.define({ name: "core.trials", payload: Schema.Struct({}), maxAttempts: 3 })

/**
 * @category schedules
 * @since 0.1.0
 */
export const trialSchedule = Schedules.define({
  name: "core.trials",
  cron: "*/5 * * * *",
  job: trialJob,
  payload: {}
})

/**
 * Does the job that `trialSchedule` queues.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerWorker: Layer.Layer<never, never, Jobs.Jobs | Trials> = Jobs.systemWorker(
  trialJob,
  () => Effect.flatMap(Trials, ({ sweep }) => Effect.asVoid(sweep))
)
