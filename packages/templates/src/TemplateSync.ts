/**
 * Keeps templates in step with their providers: looks through all of them, on schedule and when asked, and settles what
 * was asked for and is not known to be there yet. Webhooks say the same sooner (`TemplateInbound`).
 *
 * A look is whole or nothing: it is applied when the provider's list has been read to its end, and what is missing from
 * it was deleted. One process at a time looks at a scope; one that dies is followed by another that begins again.
 *
 * @since 0.1.0
 */
import { ChannelAccounts } from "@wicara/channels/ChannelAccounts"
import type { ResolvedAccount } from "@wicara/channels/ChannelAccounts"
import type { ChannelAccountId } from "@wicara/channels/ChannelAdapter"
import type { ProviderTemplate } from "@wicara/channels/ChannelTemplates"
import { ProviderFailure } from "@wicara/channels/ProviderFailure"
import { Audit } from "@wicara/core/Audit"
import type { Events } from "@wicara/core/Events"
import * as Id from "@wicara/core/Id"
import * as Leases from "@wicara/core/Leases"
import { InvalidInput } from "@wicara/core/Problem"
import type { NotFound, Unavailable } from "@wicara/core/Problem"
import { CurrentRunner, leaseId } from "@wicara/core/Runners"
import type { RunnerId } from "@wicara/core/Runners"
import { Signals } from "@wicara/core/Signals"
import { orDieSql, rowLimit, transaction } from "@wicara/core/Sql"
import { CurrentActor, CurrentOrganization, systemActor } from "@wicara/core/Tenancy"
import type { OrganizationId } from "@wicara/core/Tenancy"
import { Array as Arr, Clock, Context, Duration, Effect, FiberSet, Layer, Metric, Result, Stream } from "effect"
import type { HttpClient } from "effect/http"
import { SqlClient } from "effect/sql"
import { makeSubmissions, submissionLease } from "./internal/submissions.ts"
import { noteAccount, requestSync } from "./internal/syncRequests.ts"
import { syncSignal } from "./internal/templateRows.ts"
import type { ScopeKey, TemplateRow } from "./internal/templateRows.ts"
import { english } from "./ProblemDetails.ts"
import { TemplateSyncId } from "./Template.ts"

/**
 * @category models
 * @since 0.1.0
 */
export interface TemplateSyncOptions {
  /** How often all templates are looked at (6 hours). */
  readonly every?: Duration.Input | undefined
  /** How long reading a provider's list may take (3 minutes). */
  readonly timeout?: Duration.Input | undefined
  /** How often to look for work that no signal announced (5 seconds). */
  readonly pollInterval?: Duration.Input | undefined
}

const outcomes = Metric.counter("wicara_template_syncs", { incremental: true })

/**
 * @category services
 * @since 0.1.0
 */
export class TemplateSync extends Context.Service<TemplateSync, {
  /** Has all templates of the account's provider looked at soon. */
  readonly request: (
    id: ChannelAccountId
  ) => Effect.Effect<void, NotFound | Unavailable | InvalidInput, CurrentOrganization | CurrentActor>
  /** Looks at what is due; returns how much that was. */
  readonly runOnce: Effect.Effect<number>
  /** Works until nothing is due. */
  readonly drain: Effect.Effect<void>
  readonly run: Effect.Effect<never>
  /** Ends the leases of a runner that is gone, or all: at the start of a process that is known to be the only one. */
  readonly releaseLeases: (of: RunnerId | "all") => Effect.Effect<void>
}>()("@wicara/templates/TemplateSync") {
  /** @since 0.1.0 */
  static readonly layer = (
    options?: TemplateSyncOptions
  ): Layer.Layer<
    TemplateSync,
    never,
    SqlClient.SqlClient | ChannelAccounts | Events | Signals | Audit | HttpClient.HttpClient
  > => Layer.effect(TemplateSync, make(options ?? {}))

  /**
   * Works in the background of the layer's scope.
   *
   * @since 0.1.0
   */
  static readonly layerWorker: Layer.Layer<never, never, TemplateSync> = Layer.effectDiscard(
    Effect.flatMap(TemplateSync, (sync) => Effect.forkScoped(sync.run))
  )
}

interface ScopeRow {
  readonly organization_id: Uint8Array
  readonly channel: string
  readonly scope: string
  readonly due_at: unknown
  readonly attempts: unknown
}

interface Claimed extends ScopeKey {
  readonly lease: Uint8Array
  readonly attempts: number
}

interface Counts {
  listed: number
  created: number
  changed: number
  deleted: number
}

const batch = 16
/** Looks and creations at a time. */
const most = 16
const applySize = 100
const runsKept = 90 * 86_400_000
const failureDelay = (attempts: number) => Math.min(30_000 * 2 ** attempts, 3_600_000)

const make = Effect.fnUntraced(function*(options: TemplateSyncOptions) {
  const sql = yield* SqlClient.SqlClient
  const accounts = yield* ChannelAccounts
  const signals = yield* Signals
  const audit = yield* Audit
  const runner = yield* CurrentRunner
  const timeout = Duration.toMillis(options.timeout ?? "3 minutes")
  const every = Duration.toMillis(options.every ?? "6 hours")
  const { call, changes, settle } = yield* makeSubmissions(timeout)
  const scopes = yield* Leases.make(sql, { table: "templates_scopes", until: "due_at", leaseFor: timeout + 60_000 })
  const submissions = yield* Leases.make(sql, {
    table: "templates_templates",
    until: "due_at",
    leaseFor: Math.max(submissionLease, 3 * timeout)
  })

  const inOrganization = (organizationId: Uint8Array) => <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    effect.pipe(
      Effect.provideService(CurrentOrganization, { id: Id.fromBytes<OrganizationId>(organizationId) }),
      Effect.provideService(CurrentActor, systemActor("templates"))
    )

  const isScope = ({ channel, organizationId, scope }: ScopeKey) =>
    sql`organization_id = ${organizationId} AND channel = ${channel} AND scope = ${scope}`

  const claimScope = Effect.fnUntraced(function*(row: ScopeRow) {
    const key = { organizationId: row.organization_id, channel: row.channel, scope: row.scope }
    // As it was read: another process may have been through with it since.
    const lease = yield* scopes.claim(sql`${isScope(key)} AND due_at = ${Number(row.due_at)}`)
    return lease === undefined ? undefined : { ...key, lease, attempts: Number(row.attempts) }
  })

  /** Any account that can speak for the scope. */
  const speaker = Effect.fnUntraced(function*(key: ScopeKey) {
    const rows = yield* sql<{ readonly channel_account_id: Uint8Array }>`SELECT channel_account_id
      FROM templates_accounts WHERE ${isScope(key)} ORDER BY channel_account_id`
    let away = false
    for (const row of rows) {
      const found = yield* Effect.result(accounts.resolve(Id.fromBytes<ChannelAccountId>(row.channel_account_id)))
      if (Result.isFailure(found)) away ||= found.failure._tag === "Unavailable"
      else if (found.success.status === "active") return found.success
    }
    return away ? "away" : "none"
  })

  const record = Effect.fnUntraced(function*(
    claimed: Claimed,
    startedAt: number,
    counts: Counts,
    failure: { readonly code: string; readonly reason: string } | undefined
  ) {
    const now = yield* Clock.currentTimeMillis
    yield* sql`INSERT INTO templates_runs ${
      sql.insert({
        organization_id: claimed.organizationId,
        id: Id.toBytes(yield* Id.next(TemplateSyncId)),
        channel: claimed.channel,
        scope: claimed.scope,
        started_at: startedAt,
        finished_at: now,
        ...counts,
        failure_code: failure?.code.slice(0, 60) ?? null,
        failure_reason: failure?.reason.slice(0, 500) ?? null
      })
    }`
    yield* sql`DELETE FROM templates_runs
      WHERE organization_id = ${claimed.organizationId} AND finished_at < ${now - runsKept}`
  })

  /** Fails, by undoing what this transaction did, once another process has the scope. */
  const ensureHeld = (claimed: Claimed) =>
    Effect.flatMap(
      scopes.isHeld(isScope(claimed), claimed.lease),
      (isHeld) => isHeld ? Effect.void : Effect.fail("lost" as const)
    )

  const applyAll = Effect.fnUntraced(function*(
    claimed: Claimed,
    listed: ReadonlyArray<ProviderTemplate>,
    startedAt: number
  ) {
    const run = leaseId(runner)
    const counts: Counts = { listed: listed.length, created: 0, changed: 0, deleted: 0 }
    for (const part of Arr.chunksOf(listed, applySize)) {
      const results = yield* transaction(
        sql,
        Effect.andThen(
          ensureHeld(claimed),
          changes.applyListed(claimed, part, startedAt, run)
        )
      )
      counts.created += results.created
      counts.changed += results.changed
    }
    yield* transaction(
      sql,
      Effect.gen(function*() {
        yield* ensureHeld(claimed)
        // What came into being while the list was read is not missing from it.
        const missing = yield* sql<TemplateRow>`SELECT ${changes.columns} FROM templates_templates
          WHERE ${isScope(claimed)} AND provider_id IS NOT NULL AND NOT status = 'DELETED'
            AND status_at < ${startedAt} AND (listed_by IS NULL OR NOT listed_by = ${run}) ${changes.forUpdate}`
        for (const row of missing) yield* changes.apply(row, { status: "DELETED" }, startedAt, "sync")
        const now = yield* Clock.currentTimeMillis
        yield* sql`UPDATE templates_scopes SET lease_id = NULL, attempts = 0, complete_at = ${startedAt},
            due_at = CASE WHEN requested_at > ${startedAt} THEN ${now} ELSE ${now + every} END
          WHERE ${isScope(claimed)}`
        counts.deleted = missing.length
        yield* record(claimed, startedAt, counts, undefined)
      })
    )
    return counts
  })

  const failed = (claimed: Claimed, startedAt: number, failure: ProviderFailure) =>
    transaction(
      sql,
      Effect.gen(function*() {
        yield* ensureHeld(claimed)
        const now = yield* Clock.currentTimeMillis
        const delay = failure.kind === "later"
          ? Math.max(failureDelay(claimed.attempts), failure.retryAfter ?? 0)
          : 3_600_000
        yield* sql`UPDATE templates_scopes SET lease_id = NULL, attempts = ${claimed.attempts + 1},
            due_at = ${now + delay}
          WHERE ${isScope(claimed)}`
        yield* record(claimed, startedAt, { listed: 0, created: 0, changed: 0, deleted: 0 }, failure)
      })
    )

  const look = (account: ResolvedAccount) => {
    const { templates } = account.adapter
    return templates === undefined
      ? Effect.fail(new ProviderFailure({ kind: "refused", code: "no_templates", reason: "The channel has none." }))
      : call(account, Stream.runCollect(templates.list(account.account)))
  }

  const syncScope = Effect.fnUntraced(function*(claimed: Claimed) {
    const startedAt = yield* Clock.currentTimeMillis
    const account = yield* speaker(claimed)
    // Nobody is connected: the next account that is asks for it again.
    if (account === "none") {
      return yield* sql`DELETE FROM templates_scopes WHERE ${isScope(claimed)} AND lease_id = ${claimed.lease}`
    }
    const listed = account === "away"
      ? Result.fail(new ProviderFailure({ kind: "later", code: "account", reason: "The account is not usable now." }))
      : yield* Effect.result(look(account))
    yield* Metric.update(
      Metric.withAttributes(outcomes, { outcome: Result.isSuccess(listed) ? "succeeded" : listed.failure.kind }),
      1
    )
    return yield* Result.isSuccess(listed)
      ? applyAll(claimed, listed.success, startedAt)
      : failed(claimed, startedAt, listed.failure)
  })

  const dueScopes = Effect.gen(function*() {
    const now = yield* Clock.currentTimeMillis
    return yield* sql<ScopeRow>`SELECT organization_id, channel, scope, due_at, attempts FROM templates_scopes
      WHERE due_at <= ${now} ORDER BY due_at LIMIT ${rowLimit(sql, batch)}`
  })

  const dueSubmissions = Effect.gen(function*() {
    const now = yield* Clock.currentTimeMillis
    return yield* sql<TemplateRow>`SELECT ${changes.columns} FROM templates_templates
      WHERE due_at <= ${now} ORDER BY due_at LIMIT ${rowLimit(sql, batch)}`
  })

  const claimSubmission = Effect.fnUntraced(function*(row: TemplateRow) {
    const lease = yield* submissions.claim(
      sql`organization_id = ${row.organization_id} AND id = ${row.id} AND due_at = ${Number(row.due_at)}`
    )
    return lease === undefined ? undefined : { ...row, lease_id: lease }
  })

  let running = 0

  /** Works on it beside the others: a provider that hangs holds up nobody else. */
  const begin = <E>(
    fibers: FiberSet.FiberSet<void>,
    organizationId: Uint8Array,
    what: string,
    work: Effect.Effect<unknown, E, CurrentOrganization | CurrentActor>
  ) => {
    running += 1
    return FiberSet.run(
      fibers,
      work.pipe(
        inOrganization(organizationId),
        Effect.catchCause((cause) => Effect.logWarning(`The templates of ${what} could not be looked at`, cause)),
        Effect.ensuring(Effect.suspend(() => {
          running -= 1
          return signals.notify(syncSignal)
        })),
        Effect.asVoid
      )
    )
  }

  const beginDue = Effect.fnUntraced(function*(fibers: FiberSet.FiberSet<void>) {
    let begun = 0
    for (const row of yield* dueSubmissions) {
      const claimed = running < most ? yield* claimSubmission(row) : undefined
      if (claimed === undefined) continue
      begun += 1
      yield* begin(fibers, claimed.organization_id, claimed.name, settle(claimed))
    }
    for (const row of yield* dueScopes) {
      const claimed = running < most ? yield* claimScope(row) : undefined
      if (claimed === undefined) continue
      begun += 1
      yield* begin(fibers, claimed.organizationId, claimed.scope, syncScope(claimed))
    }
    return begun
  })

  const runOnce = Effect.scoped(Effect.gen(function*() {
    const fibers = yield* FiberSet.make<void>()
    const begun = yield* Effect.orDie(beginDue(fibers))
    yield* FiberSet.awaitEmpty(fibers)
    return begun
  })).pipe(Effect.withSpan("TemplateSync.runOnce"))

  const run = Effect.scoped(Effect.gen(function*() {
    const fibers = yield* FiberSet.make<void>()
    return yield* beginDue(fibers).pipe(
      Effect.andThen(signals.wait(syncSignal, options.pollInterval ?? "5 seconds")),
      Effect.catchCause((cause) =>
        Effect.andThen(
          Effect.logWarning("Templates could not be looked for; trying again", cause),
          Effect.sleep("5 seconds")
        )
      ),
      Effect.forever
    )
  }))

  return TemplateSync.of({
    request: Effect.fn("TemplateSync.request")(function*(id) {
      const account = yield* accounts.resolve(id)
      const key = yield* orDieSql(transaction(
        sql,
        Effect.gen(function*() {
          const noted = yield* noteAccount(sql, account)
          if (noted.key === undefined) return undefined
          yield* requestSync(sql, noted.key)
          yield* audit.record({
            action: "template.sync_requested",
            target: { type: "channel_account", id },
            after: { channel: noted.key.channel, scope: noted.key.scope }
          })
          return noted.key
        })
      ))
      if (key === undefined) {
        return yield* InvalidInput.of("/channelAccountId", english("noTemplatesOnChannel"))
      }
      yield* signals.notify(syncSignal)
    }),
    runOnce,
    drain: Effect.asVoid(Effect.repeat(runOnce, { until: (done) => done === 0 })),
    run,
    releaseLeases: (of) => Effect.andThen(scopes.release(of), submissions.release(of))
  })
})
