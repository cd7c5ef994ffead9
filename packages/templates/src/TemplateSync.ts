/**
 * Keeps templates in step with their providers: looks through all of them, on schedule and when asked, and settles what
 * was asked for and is not known to be there yet. Webhooks say the same sooner (`TemplateInbound`).
 *
 * Each page of the provider's list is written with the place of the next one; what is missing from the list was deleted
 * once it has been read to its end. One process at a time looks at a scope; when it dies or the provider goes away, the
 * next attempt goes on from the page that was reached, or begins again when the provider does not know the place any more.
 *
 * @since 0.1.0
 */
import { ChannelAccounts } from "@wicara/channels/ChannelAccounts"
import type { ResolvedAccount } from "@wicara/channels/ChannelAccounts"
import type { ChannelAccountId } from "@wicara/channels/ChannelAdapter"
import type { TemplatePage } from "@wicara/channels/ChannelTemplates"
import { ProviderFailure } from "@wicara/channels/ProviderFailure"
import { Audit } from "@wicara/core/Audit"
import type { Events } from "@wicara/core/Events"
import * as Id from "@wicara/core/Id"
import * as Leases from "@wicara/core/Leases"
import { InvalidInput } from "@wicara/core/Problem"
import type { NotFound, Unavailable } from "@wicara/core/Problem"
import type { RunnerId } from "@wicara/core/Runners"
import { Signals } from "@wicara/core/Signals"
import { orDieSql, rowLimit, transaction } from "@wicara/core/Sql"
import { CurrentActor, CurrentOrganization, systemActor } from "@wicara/core/Tenancy"
import type { OrganizationId } from "@wicara/core/Tenancy"
import { Clock, Context, Duration, Effect, FiberSet, Layer, Metric, Result, Schema } from "effect"
import type { HttpClient } from "effect/http"
import { SqlClient } from "effect/sql"
import { optional } from "./internal/optional.ts"
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
  /** How long a provider may take for an answer (1 minute). */
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
  readonly look: string | null
}

/** How far a look through all templates has come. */
const Look = Schema.Struct({
  run: TemplateSyncId,
  startedAt: Schema.Int,
  /** The provider's place of the next page. */
  after: Schema.optionalKey(Schema.String),
  listed: Schema.Int,
  created: Schema.Int,
  changed: Schema.Int
})
type Look = typeof Look.Type
const LookText = Schema.fromJsonString(Look)
const encodeLook = Schema.encodeSync(LookText)
const decodeLook = Schema.decodeUnknownSync(LookText)

interface Claimed extends ScopeKey {
  readonly lease: Uint8Array
  readonly attempts: number
  readonly look: Look | undefined
}

const batch = 16
/** Looks and creations at a time. */
const most = 16
/** A look that was given up for longer begins again: much of what it has read is old. */
const lookKept = 3_600_000
const runsKept = 90 * 86_400_000
const failureDelay = (attempts: number) => Math.min(30_000 * 2 ** attempts, 3_600_000)

const make = Effect.fnUntraced(function*(options: TemplateSyncOptions) {
  const sql = yield* SqlClient.SqlClient
  const accounts = yield* ChannelAccounts
  const signals = yield* Signals
  const audit = yield* Audit
  const timeout = Duration.toMillis(options.timeout ?? "1 minute")
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
    if (lease === undefined) return undefined
    const look = row.look === null ? undefined : decodeLook(row.look)
    const now = yield* Clock.currentTimeMillis
    const isOld = look === undefined || now - look.startedAt > lookKept
    return { ...key, lease, attempts: Number(row.attempts), look: isOld ? undefined : look } satisfies Claimed
  })

  const begun = Effect.gen(function*() {
    const startedAt = yield* Clock.currentTimeMillis
    return { run: yield* Id.next(TemplateSyncId), startedAt, listed: 0, created: 0, changed: 0 } satisfies Look
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
    { changed, created, listed, startedAt }: Look,
    deleted: number,
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
        listed,
        created,
        changed,
        deleted,
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

  const finish = Effect.fnUntraced(function*(claimed: Claimed, look: Look) {
    const { startedAt } = look
    // What came into being, or was told of, while the list was read is not missing from it.
    const missing = yield* sql<TemplateRow>`SELECT ${changes.columns} FROM templates_templates
      WHERE ${isScope(claimed)} AND provider_id IS NOT NULL AND NOT status = 'DELETED'
        AND status_at < ${startedAt} AND updated_at < ${startedAt}
        AND (listed_by IS NULL OR NOT listed_by = ${Id.toBytes(look.run)}) ${changes.forUpdate}`
    for (const row of missing) yield* changes.apply(row, { status: "DELETED" }, startedAt, "sync")
    const now = yield* Clock.currentTimeMillis
    yield* sql`UPDATE templates_scopes SET lease_id = NULL, attempts = 0, look = NULL, complete_at = ${startedAt},
        due_at = CASE WHEN requested_at > ${startedAt} THEN ${now} ELSE ${now + every} END
      WHERE ${isScope(claimed)}`
    yield* record(claimed, look, missing.length, undefined)
  })

  /** Writes a page, and from where the look goes on, in this process or in another; after the last, what follows. */
  const applyPage = (claimed: Claimed, look: Look, { next, templates }: TemplatePage, readAt: number) =>
    transaction(
      sql,
      Effect.gen(function*() {
        yield* ensureHeld(claimed)
        const { changed, created } = yield* changes.applyListed(claimed, templates, readAt, Id.toBytes(look.run))
        const { after: _, ...rest } = look
        const reached: Look = {
          ...rest,
          ...optional("after", next),
          listed: look.listed + templates.length,
          created: look.created + created,
          changed: look.changed + changed
        }
        if (next === undefined) yield* finish(claimed, reached)
        else {
          yield* sql`UPDATE templates_scopes SET look = ${encodeLook(reached)} WHERE ${isScope(claimed)}`
          yield* scopes.renew(isScope(claimed), claimed.lease)
        }
        return reached
      })
    )

  /** What was read stays; after a refusal the next look begins anew. */
  const failed = (claimed: Claimed, look: Look, failure: ProviderFailure) =>
    transaction(
      sql,
      Effect.gen(function*() {
        yield* ensureHeld(claimed)
        const now = yield* Clock.currentTimeMillis
        const isLater = failure.kind === "later"
        const delay = isLater ? Math.max(failureDelay(claimed.attempts), failure.retryAfter ?? 0) : 3_600_000
        yield* sql`UPDATE templates_scopes SET lease_id = NULL, attempts = ${claimed.attempts + 1},
            look = ${isLater ? encodeLook(look) : null}, due_at = ${now + delay}
          WHERE ${isScope(claimed)}`
        yield* record(claimed, look, 0, failure)
      })
    )

  const read = (account: ResolvedAccount, { after }: Look) => {
    const { templates } = account.adapter
    return templates === undefined
      ? Effect.fail(new ProviderFailure({ kind: "refused", code: "no_templates", reason: "The channel has none." }))
      : call(account, templates.page({ after }, account.account))
  }

  /** Reads on to the end of the list; else the failure, and how far it came. */
  const readOn = Effect.fnUntraced(function*(claimed: Claimed, account: ResolvedAccount, from: Look) {
    let look = from
    while (true) {
      const readAt = yield* Clock.currentTimeMillis
      const page = yield* Effect.result(read(account, look))
      if (Result.isSuccess(page)) {
        look = yield* applyPage(claimed, look, page.success, readAt)
        if (page.success.next === undefined) return undefined
        continue
      }
      const { kind } = page.failure
      const isLost = look.after !== undefined && (kind === "refused" || kind === "missing")
      if (!isLost) return { look, failure: page.failure }
      look = yield* begun
    }
  })

  const syncScope = Effect.fnUntraced(function*(claimed: Claimed) {
    const account = yield* speaker(claimed)
    // Nobody is connected: the next account that is asks for it again.
    if (account === "none") {
      yield* sql`DELETE FROM templates_scopes WHERE ${isScope(claimed)} AND lease_id = ${claimed.lease}`
      return
    }
    const from = claimed.look ?? (yield* begun)
    const ended = account === "away"
      ? {
        look: from,
        failure: new ProviderFailure({ kind: "later", code: "account", reason: "The account is not usable now." })
      }
      : yield* readOn(claimed, account, from)
    yield* Metric.update(Metric.withAttributes(outcomes, { outcome: ended?.failure.kind ?? "succeeded" }), 1)
    if (ended !== undefined) yield* failed(claimed, ended.look, ended.failure)
  })

  const dueScopes = Effect.gen(function*() {
    const now = yield* Clock.currentTimeMillis
    return yield* sql<ScopeRow>`SELECT organization_id, channel, scope, due_at, attempts, look FROM templates_scopes
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
