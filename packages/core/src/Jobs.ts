/**
 * Work that outlives the request which asked for it: a job is stored with who asked and for which organization, and done
 * at least once, by whichever process runs its worker, however often processes die meanwhile. Handlers are idempotent by
 * the job's id.
 *
 * @since 0.1.0
 */
import { Cause, Context, Duration, Effect, Layer, Schema } from "effect"
import type { Schedule } from "effect"
import { PersistedQueue } from "effect/persistence"
import { SqlClient } from "effect/sql"
import type { SqlError } from "effect/sql"
import * as Correlation from "./Correlation.ts"
import * as PausedQueues from "./internal/pausedQueues.ts"
import { JobBatchId } from "./JobBatch.ts"
import { JobBatchCounts } from "./JobBatchCounts.ts"
import { platform } from "./PlatformAdmins.ts"
import { Actor, CurrentActor, CurrentOrganization, OrganizationId } from "./Tenancy.ts"

/**
 * A kind of job. Payloads carry ids and small facts, not bodies.
 *
 * @category models
 * @since 0.1.0
 */
export interface JobDefinition<
  Payload extends Schema.ConstraintCodec<unknown, unknown> = Schema.ConstraintCodec<unknown, unknown>
> {
  /** Dotted, of the package that does it: `knowledge.import`. Never change it once released. */
  readonly name: string
  readonly payload: Payload
  /** Attempts before the job is given up; 10 if absent. */
  readonly maxAttempts?: number | undefined
  /** How long to wait after the n-th failure; from a second doubling to five minutes if absent. */
  readonly retrySchedule?: Schedule.Schedule<unknown, number> | undefined
}

/**
 * @category constructors
 * @since 0.1.0
 * @example
 * const importArticles = Jobs.define({ name: "knowledge.import", payload: Schema.Struct({ importId: ImportId }) })
 */
export const define = <Payload extends Schema.ConstraintCodec<unknown, unknown>>(
  definition: JobDefinition<Payload>
): JobDefinition<Payload> => definition

/**
 * How a job is queued.
 *
 * @category models
 * @since 0.1.0
 */
export interface EnqueueOptions {
  /** A job with the id of an earlier one, also of one that is done, is not queued again. */
  readonly id?: string | undefined
  /** How long to wait before the first attempt. */
  readonly delay?: Duration.Input | undefined
  /** The batch that counts the job, as `JobBatches` adds it. */
  readonly batch?: JobBatchId | undefined
}

/**
 * A queued job, as its handler sees it.
 *
 * @category models
 * @since 0.1.0
 */
export interface JobRun<Payload> {
  readonly id: string
  /** 1 for the first attempt. */
  readonly attempt: number
  readonly payload: Payload
}

/**
 * A job that is queued later, and by whoever has it.
 *
 * @category models
 * @since 0.1.0
 */
export interface QueuedJob {
  readonly definition: JobDefinition
  readonly payload: unknown
}

/**
 * @category constructors
 * @since 0.1.0
 */
export const queued = <Payload extends Schema.ConstraintCodec<unknown, unknown>>(
  definition: JobDefinition<Payload>,
  payload: Payload["Type"]
): QueuedJob => ({ definition, payload })

/** What makes a job due at once, as if it had never been tried: the assignments of an `UPDATE` of `core_jobs`. */
export const afresh = "state = 'pending', attempts = 0, visible_at = created_at"

interface Envelope {
  readonly organizationId: OrganizationId | null
  readonly actor: Actor
  /** The request and trace that queued it. */
  readonly correlation?: string | undefined
  readonly batch?: JobBatchId | undefined
  readonly payload: unknown
}

/**
 * @category services
 * @since 0.1.0
 */
export class Jobs extends Context.Service<Jobs, {
  /** Queues a job within the ambient transaction, if there is one; returns its id. */
  readonly enqueue: <Payload extends Schema.ConstraintCodec<unknown, unknown>>(
    definition: JobDefinition<Payload>,
    payload: Payload["Type"],
    options?: EnqueueOptions
  ) => Effect.Effect<string, never, CurrentOrganization | CurrentActor>
  /** Queues a job of the server itself, for no organization. */
  readonly enqueueSystem: <Payload extends Schema.ConstraintCodec<unknown, unknown>>(
    definition: JobDefinition<Payload>,
    payload: Payload["Type"],
    options?: EnqueueOptions
  ) => Effect.Effect<string>
  /** A job as the queue stores it, for the current organization (the platform's own jobs have none) and actor. */
  readonly encode: (
    job: QueuedJob
  ) => Effect.Effect<
    { readonly queue: string; readonly element: Schema.Json },
    never,
    CurrentOrganization | CurrentActor
  >
  /** Waits for the next job of a kind, while its queue is not paused, and does it; what the handler fails with is tried again later. */
  readonly take: <Payload extends Schema.ConstraintCodec<unknown, unknown>, E, R>(
    definition: JobDefinition<Payload>,
    handle: (run: JobRun<Payload["Type"]>, envelope: Omit<Envelope, "payload">) => Effect.Effect<void, E, R>
  ) => Effect.Effect<void, E, R>
  /** Forgets jobs that were done more than a week ago. */
  readonly cleanup: Effect.Effect<void>
}>()("@wicara/core/Jobs") {
  /**
   * The queue in `core_jobs`.
   *
   * @since 0.1.0
   */
  static readonly layerSql: Layer.Layer<Jobs | JobBatchCounts, SqlError.SqlError, SqlClient.SqlClient> = Layer.unwrap(
    Effect.map(SqlClient.SqlClient, (sql) =>
      Layer.effect(Jobs, make).pipe(
        Layer.provideMerge(JobBatchCounts.layerSql),
        Layer.provide(layerQueue(sql))
      ))
  )
}

const layerQueue = (sql: SqlClient.SqlClient) => {
  const store = PersistedQueue.layerStoreSql({ tableName: "core_jobs" })
  const layer = PersistedQueue.layer.pipe(Layer.provideMerge(store))
  // The store makes its tables when it is built. On MySQL processes that start together do it one after another.
  return sql.onDialectOrElse({
    mysql: () =>
      Layer.unwrap(Effect.gen(function*() {
        const scope = yield* Effect.scope
        return yield* Effect.scoped(Effect.gen(function*() {
          const connection = yield* sql.reserve
          yield* connection.executeUnprepared(
            "SELECT GET_LOCK(CONCAT(LEFT(DATABASE(), 40), '.wicara_jobs'), 60)",
            [],
            undefined
          )
          yield* Effect.addFinalizer(() =>
            Effect.ignore(
              connection.executeUnprepared(
                "SELECT RELEASE_LOCK(CONCAT(LEFT(DATABASE(), 40), '.wicara_jobs'))",
                [],
                undefined
              )
            )
          )
          return Layer.succeedContext(yield* Layer.buildWithScope(layer, scope))
        }))
      })),
    orElse: () => layer
  })
}

const defaultAttempts = 10

const maximumPayload = 60_000

const envelopeOf = (definition: JobDefinition) =>
  Schema.Struct({
    organizationId: Schema.NullOr(OrganizationId),
    actor: Actor,
    correlation: Schema.optional(Schema.String),
    batch: Schema.optional(JobBatchId),
    payload: definition.payload
  })

const make = Effect.gen(function*() {
  const factory = yield* PersistedQueue.PersistedQueueFactory
  const store = yield* PersistedQueue.PersistedQueueStore
  const whileRunning = yield* PausedQueues.make(yield* SqlClient.SqlClient)
  const counts = yield* JobBatchCounts
  const queues = new WeakMap<JobDefinition, Queue>()

  const queueOf = Effect.fnUntraced(function*(definition: JobDefinition) {
    const existing = queues.get(definition)
    if (existing !== undefined) return existing
    const schema = envelopeOf(definition)
    const queue = yield* factory.make({
      name: definition.name,
      schema,
      maxAttempts: definition.maxAttempts ?? defaultAttempts,
      retrySchedule: definition.retrySchedule
    })
    const made: Queue = { queue, encode: Schema.encodeSync(Schema.fromJsonString(Schema.toCodecJson(schema))) }
    queues.set(definition, made)
    return made
  })

  /** The envelope, if what the queue stores of it is not too large. */
  const sealed = Effect.fnUntraced(function*(definition: JobDefinition, work: Envelope, options?: EnqueueOptions) {
    const { encode } = yield* queueOf(definition)
    const correlation = yield* Correlation.current
    const envelope = {
      ...work,
      ...(correlation === null ? {} : { correlation }),
      ...(options?.batch === undefined ? {} : { batch: options.batch })
    }
    if (encode(envelope).length > maximumPayload) {
      return yield* Effect.die(
        new Error(`The payload of a ${definition.name} job is too large: store it, and carry its id`)
      )
    }
    return envelope
  })

  const offer = Effect.fnUntraced(function*(definition: JobDefinition, work: Envelope, options?: EnqueueOptions) {
    const { queue } = yield* queueOf(definition)
    return yield* Effect.orDie(queue.offer(yield* sealed(definition, work, options), options))
  })

  return Jobs.of({
    enqueue: Effect.fn("Jobs.enqueue")(function*(definition, payload, options) {
      const organization = yield* CurrentOrganization
      const { actor } = yield* CurrentActor
      return yield* offer(definition, { organizationId: organization.id, actor, payload }, options)
    }),
    enqueueSystem: Effect.fn("Jobs.enqueueSystem")((definition, payload, options) =>
      offer(definition, { organizationId: null, actor: { _tag: "System", name: definition.name }, payload }, options)
    ),
    encode: Effect.fnUntraced(function*({ definition, payload }) {
      const { id } = yield* CurrentOrganization
      const { actor } = yield* CurrentActor
      const { encode } = yield* queueOf(definition)
      const envelope = yield* sealed(definition, { organizationId: id === platform ? null : id, actor, payload })
      return { queue: definition.name, element: decodeJson(encode(envelope)) }
    }),
    take: Effect.fnUntraced(function*(definition, handle) {
      const { queue } = yield* queueOf(definition)
      yield* whileRunning(
        definition.name,
        (claimed) =>
          queue.take(({ actor, batch, correlation, organizationId, payload }, { attempts, id }) => {
            const work = handle({ id, attempt: attempts, payload }, { organizationId, actor })
            const isLastAttempt = attempts >= (definition.maxAttempts ?? defaultAttempts)
            const counted = batch === undefined
              ? work
              : counts.around(
                { organizationId: organizationId ?? platform, batchId: batch },
                { id, isLastAttempt },
                work
              )
            return Effect.mapError(
              Effect.andThen(claimed, counted).pipe(
                Effect.withSpan(`Jobs.${definition.name}`, { attributes: { jobId: id, attempt: attempts } }),
                Correlation.resume(correlation)
              ),
              (error) => ({ _tag: "Handler" as const, error })
            )
          })
      ).pipe(Effect.catch((error) => error._tag === "Handler" ? Effect.fail(error.error) : Effect.die(error)))
    }),
    cleanup: Effect.orDie(store.cleanup({ timeToLive: Duration.days(7), failedTimeToLive: Duration.days(90) }))
  })
})

const decodeJson = Schema.decodeUnknownSync(Schema.fromJsonString(Schema.Json))

interface Queue {
  readonly queue: PersistedQueue.PersistedQueue<Envelope>
  readonly encode: (envelope: Envelope) => string
}

/**
 * Does the jobs of a kind in the background of the layer's scope, `concurrency` at a time (one if absent), each for the
 * organization and as the actor that queued it.
 *
 * @category layers
 * @since 0.1.0
 */
export const worker = <Payload extends Schema.ConstraintCodec<unknown, unknown>, E, R>(
  definition: JobDefinition<Payload>,
  options: {
    readonly handle: (run: JobRun<Payload["Type"]>) => Effect.Effect<void, E, R>
    readonly concurrency?: number | undefined
  }
): Layer.Layer<never, never, Jobs | Exclude<Exclude<R, CurrentOrganization>, CurrentActor>> =>
  runWorker(definition, options.concurrency ?? 1, (run, { actor, organizationId }) => {
    if (organizationId === null) return Effect.die(new Error(`A ${definition.name} job needs an organization`))
    return options.handle(run).pipe(
      Effect.provideService(CurrentOrganization, { id: organizationId }),
      // What the actor may do was checked when the job was queued.
      Effect.provideService(CurrentActor, { actor, permissions: new Set(["*"]) })
    )
  })

/**
 * Does the server's own jobs of a kind, one at a time.
 *
 * @category layers
 * @since 0.1.0
 */
export const systemWorker = <Payload extends Schema.ConstraintCodec<unknown, unknown>, E, R>(
  definition: JobDefinition<Payload>,
  handle: (run: JobRun<Payload["Type"]>) => Effect.Effect<void, E, R>
): Layer.Layer<never, never, Jobs | R> => runWorker(definition, 1, handle)

const runWorker = <Payload extends Schema.ConstraintCodec<unknown, unknown>, E, R>(
  definition: JobDefinition<Payload>,
  concurrency: number,
  handle: (run: JobRun<Payload["Type"]>, envelope: Omit<Envelope, "payload">) => Effect.Effect<void, E, R>
): Layer.Layer<never, never, Jobs | R> =>
  Layer.effectDiscard(Effect.gen(function*() {
    const jobs = yield* Jobs
    const next = jobs.take(definition, handle).pipe(
      Effect.catchCause((cause) =>
        Effect.andThen(
          Effect.logWarning(`A ${definition.name} job failed`, cause),
          // The queue itself fails while the database is away, and is tried again less eagerly than the next job.
          cause.reasons.every(Cause.isFailReason) ? Effect.void : Effect.sleep("1 second")
        )
      ),
      Effect.forever
    )
    yield* Effect.forEach(Array.from({ length: concurrency }), () => Effect.forkScoped(next), { discard: true })
  }))
