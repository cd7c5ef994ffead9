import { ChannelAccounts } from "@wicara/channels/ChannelAccounts"
import type { ResolvedAccount } from "@wicara/channels/ChannelAccounts"
import { ChannelAccountId } from "@wicara/channels/ChannelAdapter"
import * as ChannelTemplates from "@wicara/channels/ChannelTemplates"
import { TemplateCategory } from "@wicara/channels/ChannelTemplates"
import type { ProviderFailure } from "@wicara/channels/ProviderFailure"
import { Signals } from "@wicara/core/Signals"
import { transaction } from "@wicara/core/Sql"
import type { Duration } from "effect"
import { Clock, Effect, Result, Schema, Stream } from "effect"
import { HttpClient } from "effect/http"
import type { SqlError } from "effect/sql"
import { makeCall } from "./provider.ts"
import { makeTemplateChanges } from "./templateChanges.ts"
import { decodeComponents, syncSignal } from "./templateRows.ts"
import type { TemplateRow } from "./templateRows.ts"

/** What was asked for, and through which account. */
const Submission = Schema.fromJsonString(Schema.Struct({
  channelAccountId: ChannelAccountId,
  category: TemplateCategory,
  allowCategoryChange: Schema.optionalKey(Schema.Boolean),
  messageSendTtlSeconds: Schema.optionalKey(Schema.Int),
  linkTrackingOptedOut: Schema.optionalKey(Schema.Boolean),
  library: Schema.optionalKey(Schema.Struct({
    name: Schema.String,
    buttons: Schema.optionalKey(Schema.Array(Schema.JsonObject)),
    body: Schema.optionalKey(Schema.JsonObject)
  })),
  attempts: Schema.Int
}))
type Submission = typeof Submission.Type
export const encodeSubmission = Schema.encodeSync(Submission)
const decodeSubmission = Schema.decodeUnknownSync(Submission)

/** How long an attempt holds its row: longer than any answer takes. */
export const submissionLease = 120_000
const giveUpAfter = 86_400_000
const retryDelay = (attempts: number) => Math.min(5_000 * 2 ** attempts, 900_000)

/** That there is such a template already: an attempt before this one may have made it. */
const isThere = ({ code }: ProviderFailure) => code === "2388024"

/**
 * Creates at the provider what was asked for: once. After an attempt whose end nobody knows, the provider is asked by
 * name before another one.
 */
export const makeSubmissions = Effect.fnUntraced(function*(timeout: Duration.Input) {
  const accounts = yield* ChannelAccounts
  const signals = yield* Signals
  const changes = yield* makeTemplateChanges
  const call = makeCall(yield* HttpClient.HttpClient, timeout)
  const { sql } = changes

  const keyOf = (row: TemplateRow) => ({ organizationId: row.organization_id, channel: row.channel, scope: row.scope })

  /** The row, if this attempt still holds it; locked. */
  const held = (row: TemplateRow) =>
    Effect.map(
      sql<TemplateRow>`SELECT ${changes.columns} FROM templates_templates
        WHERE organization_id = ${row.organization_id} AND id = ${row.id} AND lease_id = ${row.lease_id}
        ${changes.forUpdate}`,
      ([found]) => found
    )

  const whileHeld = <E, R>(
    row: TemplateRow,
    write: (current: TemplateRow) => Effect.Effect<unknown, E, R>
  ): Effect.Effect<void, E | SqlError.SqlError, R> =>
    Effect.asVoid(transaction(
      sql,
      Effect.flatMap(held(row), (current) => current === undefined ? Effect.void : Effect.asVoid(write(current)))
    ))

  const accepted = (
    row: TemplateRow,
    answer: { readonly id: string; readonly status: string; readonly category: string }
  ) =>
    Effect.gen(function*() {
      const now = yield* Clock.currentTimeMillis
      yield* whileHeld(row, (current) =>
        Effect.andThen(
          changes.apply(
            current,
            { providerId: answer.id, status: answer.status, category: answer.category },
            now,
            "here"
          ),
          changes.settled(current)
        ))
    })

  const refused = (row: TemplateRow, failure: { readonly reason: string }) =>
    Effect.gen(function*() {
      const now = yield* Clock.currentTimeMillis
      yield* whileHeld(row, (current) =>
        Effect.andThen(
          changes.apply(current, { status: "REFUSED", reason: failure.reason }, now, "here"),
          changes.settled(current)
        ))
    })

  const postpone = (
    row: TemplateRow,
    submission: Submission,
    failure: { readonly reason: string; readonly retryAfter?: number }
  ) =>
    Effect.gen(function*() {
      const now = yield* Clock.currentTimeMillis
      if (now - Number(row.status_at) >= giveUpAfter) return yield* refused(row, failure)
      const due = now + Math.max(retryDelay(submission.attempts), failure.retryAfter ?? 0)
      yield* whileHeld(row, () =>
        sql`UPDATE templates_templates SET due_at = ${due}, lease_id = NULL,
            submission = ${encodeSubmission({ ...submission, attempts: submission.attempts + 1 })}
          WHERE organization_id = ${row.organization_id} AND id = ${row.id}`)
      yield* signals.notify(syncSignal)
    })

  /** One attempt of a row that is held; what became of it is written. */
  const create = Effect.fnUntraced(function*(row: TemplateRow, account: ResolvedAccount) {
    const submission = decodeSubmission(row.submission)
    const templates = account.adapter.templates
    if (templates === undefined) {
      return yield* Effect.as(refused(row, { reason: "The channel has no templates." }), undefined)
    }
    const answer = yield* Effect.result(call(
      account,
      templates.create({
        name: row.name,
        language: row.language,
        category: submission.category,
        parameterFormat: row.parameter_format,
        components: decodeComponents(row.components),
        allowCategoryChange: submission.allowCategoryChange,
        messageSendTtlSeconds: submission.messageSendTtlSeconds,
        linkTrackingOptedOut: submission.linkTrackingOptedOut,
        library: submission.library
      }, account.account)
    ))
    if (Result.isSuccess(answer)) {
      yield* accepted(row, answer.success)
      return undefined
    }
    const failure = answer.failure
    // After an attempt that may have arrived, this is its trace; whether it is ours, a look at the list says.
    if (isThere(failure) && submission.attempts > 0) yield* postpone(row, submission, failure)
    else if (failure.kind === "later") yield* postpone(row, submission, failure)
    else yield* refused(row, failure)
    return failure
  })

  /** Asks whether the provider has it by now, and creates it if not. */
  const settle = Effect.fnUntraced(function*(row: TemplateRow) {
    const submission = decodeSubmission(row.submission)
    const resolved = yield* Effect.result(accounts.resolve(submission.channelAccountId))
    if (Result.isFailure(resolved)) {
      return yield* resolved.failure._tag === "NotFound"
        ? refused(row, { reason: "The channel account was removed." })
        : postpone(row, submission, { reason: resolved.failure.detail ?? "" })
    }
    const account = resolved.success
    const templates = account.adapter.templates
    if (templates === undefined) return yield* refused(row, { reason: "The channel has no templates." })
    const startedAt = yield* Clock.currentTimeMillis
    const listed = yield* Effect.result(
      call(account, Stream.runCollect(ChannelTemplates.list(templates, account.account, { name: row.name })))
    )
    if (Result.isFailure(listed)) return yield* postpone(row, submission, listed.failure)
    const found = listed.success.find(({ language }) => language === row.language)
    if (found === undefined) {
      yield* create(
        { ...row, submission: encodeSubmission({ ...submission, attempts: submission.attempts + 1 }) },
        account
      )
      return
    }
    yield* whileHeld(row, (current) => changes.applyListed(keyOf(current), [found], startedAt, null))
  })

  return { changes, call, create, settle }
})
