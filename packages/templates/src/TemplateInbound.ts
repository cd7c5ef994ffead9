/**
 * What providers tell of templates by webhook: in any order, twice, of templates that nobody knows here yet. It is
 * written in the transaction that marks the webhook as done.
 *
 * @since 0.1.0
 */
import { ChannelAccounts } from "@wicara/channels/ChannelAccounts"
import * as InboundHandlers from "@wicara/channels/InboundHandlers"
import type { Events } from "@wicara/core/Events"
import { Signals } from "@wicara/core/Signals"
import { Effect, Result } from "effect"
import type { Layer } from "effect"
import type { SqlClient } from "effect/sql"
import { noteAccount, requestSync } from "./internal/syncRequests.ts"
import { makeTemplateChanges } from "./internal/templateChanges.ts"
import { syncSignal } from "./internal/templateRows.ts"

/** An event says what happened; these are followed by the status that another word names. */
const statusAfter = (event: string): string => event === "REINSTATED" || event === "UNARCHIVED" ? "APPROVED" : event

const make = Effect.gen(function*() {
  const accounts = yield* ChannelAccounts
  const signals = yield* Signals
  const changes = yield* makeTemplateChanges
  const { sql } = changes

  return InboundHandlers.on(["TemplateChanged"], (event, arrival) =>
    Effect.gen(function*() {
      const account = yield* Effect.result(accounts.resolve(arrival.channelAccountId))
      if (Result.isFailure(account)) return
      const { key } = yield* noteAccount(sql, account.success)
      if (key === undefined) return
      const lookAgain = Effect.andThen(requestSync(sql, key), signals.notify(syncSignal))
      const row = yield* changes.findTold(key, event)
      // Of a template that is not here, or of an earlier one of the same name, the list says more.
      if (row === undefined) return yield* lookAgain
      const at = event.timestamp ?? arrival.receivedAt
      const { category, nextCategory, nextCategoryAt, quality, status } = event
      const reason = event.reason === "NONE" ? null : event.reason
      const sameSecond = Math.floor(at / 1000) === Math.floor(Number(row.status_at) / 1000)
      yield* changes.apply(
        row,
        {
          ...(row.provider_id === null ? { providerId: event.templateId } : undefined),
          ...(status === undefined
            ? undefined
            : { status: statusAfter(status), reason, stage: event.stage ?? null, endsAt: event.endsAt ?? null }),
          ...(category === undefined ? undefined : { category }),
          nextCategory,
          nextCategoryAt,
          ...(quality === undefined ? undefined : { quality })
        },
        at,
        "webhook"
      )
      if (row.status === "SUBMITTING" && status !== undefined) yield* changes.settled(row)
      // The provider's clock does not say which of the two came last.
      const isUnclear = sameSecond && status !== undefined && statusAfter(status) !== row.status
      if (event.componentsChanged === true || isUnclear) yield* lookAgain
    }).pipe(Effect.orDie))
})

/**
 * Adds the handler to those of the layers beneath.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer: Layer.Layer<never, never, SqlClient.SqlClient | ChannelAccounts | Events | Signals> =
  InboundHandlers.layer(make)
