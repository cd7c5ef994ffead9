/**
 * Fetches the files that customers send and stores them, as a step of its own: a message is there long before its file,
 * and whatever becomes of the file.
 *
 * Each account has so many downloads at a time and no more, so that a provider that hangs holds up nobody else. A
 * download that ends early leaves nothing; one that was stored by a process which died before it could say so expires by
 * itself.
 *
 * @since 0.1.0
 */
import { ChannelAccounts } from "@wicara/channels/ChannelAccounts"
import { MediaUnavailable } from "@wicara/channels/ChannelAdapter"
import type { ChannelAccountId } from "@wicara/channels/ChannelAdapter"
import type { ConversationId } from "@wicara/conversations/Conversation"
import type { MessageId } from "@wicara/conversations/Message"
import { Events } from "@wicara/core/Events"
import * as Id from "@wicara/core/Id"
import { CurrentRunner, holds, leaseId as leaseIdOf } from "@wicara/core/Runners"
import type { RunnerId } from "@wicara/core/Runners"
import { Signals } from "@wicara/core/Signals"
import { affectedRows, isOutage, rowLimit, transaction, varying } from "@wicara/core/Sql"
import { CurrentActor, CurrentOrganization, systemActor } from "@wicara/core/Tenancy"
import type { OrganizationId } from "@wicara/core/Tenancy"
import type { StoredFile } from "@wicara/files/File"
import { Files } from "@wicara/files/Files"
import type { UploadError } from "@wicara/files/Files"
import { Clock, Context, Duration, Effect, FiberSet, Layer, Metric, Schedule, Stream } from "effect"
import { HttpClient } from "effect/http"
import { SqlClient } from "effect/sql"
import { MessageFileFailed, MessageFileStored } from "./events.ts"
import { accountOf, decodeRequest, fetchSignal, fileColumns, nameOf } from "./internal/fileRows.ts"
import type { FileRow } from "./internal/fileRows.ts"

/**
 * @category models
 * @since 0.1.0
 */
export interface MediaFetcherOptions {
  /** Downloads at a time through one account (2). */
  readonly concurrencyPerAccount?: number | undefined
  /** Downloads at a time altogether (16). */
  readonly concurrency?: number | undefined
  /** How long a provider may be silent within a download (30 seconds). */
  readonly idleTimeout?: Duration.Input | undefined
  /** How long one download may take (15 minutes). */
  readonly timeout?: Duration.Input | undefined
  /** How long a file is tried for before it is given up (2 days). */
  readonly keepTrying?: Duration.Input | undefined
  /** How often to look for work that no signal announced (1 second). */
  readonly pollInterval?: Duration.Input | undefined
}

const outcomes = Metric.counter("wicara_media_outcomes", { incremental: true })

/**
 * @category services
 * @since 0.1.0
 */
export class MediaFetcher extends Context.Service<MediaFetcher, {
  /** Begins what is due and may begin now; returns how many files that were, when all of them are done. */
  readonly runOnce: Effect.Effect<number>
  /** Works until nothing is due. */
  readonly drain: Effect.Effect<void>
  /** Works without end; what is in flight when it is interrupted is fetched again by the next one. */
  readonly run: Effect.Effect<never>
  /** Ends the leases of a runner that is gone, or all: at the start of a process that is known to be the only one. */
  readonly releaseLeases: (of: RunnerId | "all") => Effect.Effect<void>
}>()("@wicara/media/MediaFetcher") {
  /** @since 0.1.0 */
  static readonly layer = (
    options?: MediaFetcherOptions
  ): Layer.Layer<
    MediaFetcher,
    never,
    SqlClient.SqlClient | ChannelAccounts | Files | Events | Signals | HttpClient.HttpClient
  > => Layer.effect(MediaFetcher, make(options ?? {}))

  /**
   * Runs the fetcher in the background of the layer's scope.
   *
   * @since 0.1.0
   */
  static readonly layerWorker: Layer.Layer<never, never, MediaFetcher> = Layer.effectDiscard(
    Effect.flatMap(MediaFetcher, (fetcher) => Effect.forkScoped(fetcher.run))
  )
}

/** Two seconds, then twice as long each time, an hour at most: a provider may keep a file for minutes only. */
const retryDelay = (attempts: number) => Math.min(1_000 * 2 ** attempts, 3_600_000)
const accountDelay = 60_000

/** Not here yet, or never; as it is recorded. */
interface Trouble {
  readonly again: boolean
  readonly code: string
  readonly reason: string
  /** Milliseconds. */
  readonly after?: number | undefined
}

const never = (code: string, reason = ""): Trouble => ({ again: false, code, reason })

const troubleOf = (error: MediaUnavailable | UploadError): Trouble => {
  switch (error._tag) {
    case "MediaUnavailable":
      return {
        again: error.kind !== "gone",
        code: error.kind === "later" ? error.code : error.kind,
        reason: error.reason,
        after: Math.max(error.retryAfter ?? 0, error.kind === "account" ? accountDelay : 0)
      }
    case "FileTooLarge":
      return never("too_large", error.detail)
    case "FileTypeRefused":
      return never("type_refused", error.detail)
    case "FileInfected":
      return never("infected", error.detail)
    case "FileQuotaExceeded":
      return never("quota_exceeded", error.detail)
    case "InvalidInput":
      return never("empty", error.detail)
    default:
      return { again: true, code: "not_stored", reason: error.detail ?? "" }
  }
}

const make = Effect.fnUntraced(function*(options: MediaFetcherOptions) {
  const sql = yield* SqlClient.SqlClient
  const accounts = yield* ChannelAccounts
  const files = yield* Files
  const events = yield* Events
  const signals = yield* Signals
  const httpClient = yield* HttpClient.HttpClient
  const runner = yield* CurrentRunner
  const columns = fileColumns(sql)

  const perAccount = options.concurrencyPerAccount ?? 2
  const total = options.concurrency ?? 16
  const timeout = Duration.toMillis(options.timeout ?? "15 minutes")
  const keepTrying = Duration.toMillis(options.keepTrying ?? "2 days")
  const idleTimeout = options.idleTimeout ?? "30 seconds"
  const leaseFor = timeout + 60_000

  const inFlight = new Map<ChannelAccountId, number>()
  let running = 0

  const keyOf = (row: FileRow) =>
    sql`organization_id = ${row.organization_id} AND conversation_id = ${row.conversation_id}
      AND message_id = ${row.message_id}`

  /** Takes a due file; nothing if somebody else was faster. */
  const claim = Effect.fnUntraced(function*(row: FileRow) {
    const now = yield* Clock.currentTimeMillis
    const lease = leaseIdOf(runner)
    const taken = yield* affectedRows(sql`UPDATE media_files
      SET lease_id = ${lease}, due_at = ${now + leaseFor}, attempts = attempts + 1
      WHERE ${keyOf(row)} AND state = 'waiting' AND due_at = ${Number(row.due_at)}`)
    return taken === 0 ? undefined : { ...row, lease_id: lease, attempts: Number(row.attempts) + 1 }
  })

  const eventBase = (row: FileRow) => ({
    conversationId: Id.fromBytes<ConversationId>(row.conversation_id),
    messageId: Id.fromBytes<MessageId>(row.message_id),
    channelAccountId: accountOf(row)
  })

  const counted = (outcome: string) => Metric.update(Metric.withAttributes(outcomes, { outcome }), 1)

  const keep = Effect.fnUntraced(function*(row: FileRow, file: StoredFile) {
    yield* transaction(
      sql,
      Effect.gen(function*() {
        const ours = yield* affectedRows(sql`UPDATE media_files SET ${
          sql.update({
            state: "stored",
            file_id: Id.toBytes(file.id),
            name: file.name,
            content_type: file.contentType,
            size: file.size,
            failure_code: null,
            failure_reason: null,
            due_at: null,
            lease_id: null
          })
        } WHERE ${keyOf(row)} AND lease_id = ${row.lease_id}`)
        // Whoever has it now stores it again; this one expires.
        if (ours === 0) return
        const base = eventBase(row)
        yield* files.hold(file.id, `message:${base.messageId}`)
        yield* events.append(MessageFileStored, {
          aggregateId: base.conversationId,
          payload: { ...base, fileId: file.id, contentType: file.contentType, size: file.size }
        })
      })
    )
    yield* counted("stored")
  })

  const postpone = Effect.fnUntraced(function*(row: FileRow, { after = 0, again, code, reason }: Trouble) {
    const now = yield* Clock.currentTimeMillis
    const attempts = Number(row.attempts)
    const isOver = !again || now - Number(row.created_at) >= keepTrying
    yield* transaction(
      sql,
      Effect.gen(function*() {
        const ours = yield* affectedRows(sql`UPDATE media_files SET ${
          sql.update({
            state: isOver ? "failed" : "waiting",
            failure_code: isOver && again ? "given_up" : code.slice(0, 60),
            failure_reason: reason.slice(0, 500),
            due_at: isOver ? null : now + Math.max(after, retryDelay(attempts)),
            lease_id: null
          })
        } WHERE ${keyOf(row)} AND lease_id = ${row.lease_id}`)
        if (ours === 0 || !isOver) return
        const base = eventBase(row)
        yield* events.append(MessageFileFailed, {
          aggregateId: base.conversationId,
          payload: { ...base, code: again ? "given_up" : code }
        })
      })
    )
    yield* counted(isOver ? "failed" : "postponed")
  })

  const silent = new MediaUnavailable({ kind: "later", code: "silent", reason: "The provider fell silent." })

  const fetch = Effect.fnUntraced(function*(row: FileRow) {
    const resolved = yield* accounts.resolve(accountOf(row)).pipe(
      Effect.mapError((problem) =>
        problem._tag === "NotFound"
          ? new MediaUnavailable({ kind: "gone", code: "no_account", reason: "The channel account was removed." })
          : new MediaUnavailable({ kind: "later", code: "unavailable", reason: problem.detail ?? "" })
      )
    )
    const { account, adapter } = resolved
    if (adapter.fetchMedia === undefined) {
      return yield* new MediaUnavailable({ kind: "gone", code: "not_offered", reason: "This channel offers no files." })
    }
    const request = decodeRequest(row.request)
    const download = yield* adapter.fetchMedia(request, account).pipe(
      Effect.catchDefect((defect) =>
        Effect.andThen(
          Effect.logError(`The channel ${adapter.id} failed while fetching a file`, defect),
          new MediaUnavailable({ kind: "later", code: "adapter", reason: "The adapter failed." })
        )
      )
    )
    const mimeType = download.mimeType ?? request.media.mimeType
    return yield* files.upload({
      name: download.fileName ?? request.media.fileName ?? nameOf(row.kind, mimeType),
      content: Stream.timeoutOrElse(download.content, { duration: idleTimeout, orElse: () => Stream.fail(silent) }),
      size: download.sizeBytes,
      // Until something holds it.
      expiresIn: "1 day"
    })
  }, Effect.scoped)

  // What is known must be recorded, also when the database is away for a moment.
  const recorded = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    effect.pipe(
      Effect.sandbox,
      Effect.retry({ while: isOutage, times: 6, schedule: Schedule.exponential("100 millis") }),
      Effect.catch(Effect.failCause),
      Effect.uninterruptible
    )

  const work = (row: FileRow) =>
    fetch(row).pipe(
      Effect.timeoutOrElse({ duration: timeout, orElse: () => Effect.fail(silent) }),
      Effect.matchEffect({
        onSuccess: (file) => recorded(keep(row, file)),
        onFailure: (error) => recorded(postpone(row, troubleOf(error)))
      }),
      Effect.onInterrupt(() => giveBack(row)),
      Effect.provideService(CurrentOrganization, { id: Id.fromBytes<OrganizationId>(row.organization_id) }),
      Effect.provideService(CurrentActor, systemActor("media")),
      Effect.provideService(HttpClient.HttpClient, httpClient),
      Effect.catchCause((cause) =>
        Effect.logWarning(`The file of message ${Id.fromBytes(row.message_id)} could not be fetched`, cause)
      )
    )

  const giveBack = (row: FileRow) =>
    Effect.ignore(sql`UPDATE media_files SET lease_id = NULL, due_at = ${0}, attempts = ${Number(row.attempts) - 1}
      WHERE ${keyOf(row)} AND lease_id = ${row.lease_id}`)

  /** What is due of accounts that have room. */
  const due = Effect.fnUntraced(function*() {
    const now = yield* Clock.currentTimeMillis
    const full = [...inFlight].flatMap(([id, count]) => count >= perAccount ? [Id.toBytes(id)] : [])
    return yield* varying(
      sql,
      sql<FileRow>`SELECT ${columns} FROM media_files WHERE due_at <= ${now}
        ${full.length === 0 ? sql.literal("") : sql`AND NOT ${sql.in("channel_account_id", full)}`}
        ORDER BY due_at LIMIT ${rowLimit(sql, total)}`
    )
  })

  const begin = Effect.fnUntraced(function*(fibers: FiberSet.FiberSet<void>) {
    let begun = 0
    for (const row of yield* due()) {
      const account = accountOf(row)
      const count = inFlight.get(account) ?? 0
      if (running >= total || count >= perAccount) continue
      const claimed = yield* claim(row)
      if (claimed === undefined) continue
      begun += 1
      running += 1
      inFlight.set(account, count + 1)
      yield* FiberSet.run(
        fibers,
        Effect.ensuring(
          work(claimed),
          Effect.suspend(() => {
            running -= 1
            const left = (inFlight.get(account) ?? 1) - 1
            if (left === 0) inFlight.delete(account)
            else inFlight.set(account, left)
            return signals.notify(fetchSignal)
          })
        )
      )
    }
    return begun
  })

  const runOnce = Effect.scoped(Effect.gen(function*() {
    const fibers = yield* FiberSet.make<void>()
    const begun = yield* Effect.orDie(begin(fibers))
    yield* FiberSet.awaitEmpty(fibers)
    return begun
  })).pipe(Effect.withSpan("MediaFetcher.runOnce"))

  const run = Effect.scoped(Effect.gen(function*() {
    const fibers = yield* FiberSet.make<void>()
    return yield* begin(fibers).pipe(
      Effect.andThen(signals.wait(fetchSignal, options.pollInterval ?? "1 second")),
      Effect.catchCause((cause) =>
        Effect.andThen(
          Effect.logWarning("Files could not be looked for; trying again", cause),
          Effect.sleep("5 seconds")
        )
      ),
      Effect.forever
    )
  }))

  return MediaFetcher.of({
    runOnce,
    drain: Effect.asVoid(Effect.repeat(runOnce, { until: (begun) => begun === 0 })),
    run,
    releaseLeases: (of) =>
      Effect.asVoid(Effect.orDie(sql`UPDATE media_files SET lease_id = NULL, due_at = ${0}
        WHERE state = 'waiting' AND ${holds(sql, of)}`))
  })
})
