/**
 * What an account may do beside sending, and how much of it was done: counted in the database, so that all processes keep
 * one count. The pace of messages is `WahaPacing`'s.
 *
 * @since 0.1.0
 */
import { ChannelAccounts } from "@wicara/channels/ChannelAccounts"
import type { ChannelAccountId } from "@wicara/channels/ChannelAdapter"
import type { Conflict, NotFound, Unavailable } from "@wicara/core/Problem"
import { TooManyRequests } from "@wicara/core/Problem"
import { affectedRows, insertIfAbsent } from "@wicara/core/Sql"
import type { CurrentOrganization } from "@wicara/core/Tenancy"
import { Clock, Context, DateTime, Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { columnsOf, isOf, ownAccount } from "./internal/ownAccount.ts"
import type { AccountKey } from "./internal/ownAccount.ts"
import { WahaPacing } from "./WahaPacing.ts"
import { LimitKind } from "./WahaRequest.ts"
import type { LimitUse } from "./WahaRequest.ts"

/**
 * @category services
 * @since 0.1.0
 */
export class WahaLimits extends Context.Service<WahaLimits, {
  /** Counts one, unless as many as are allowed were counted in this span of time. */
  readonly take: (key: AccountKey, kind: LimitKind) => Effect.Effect<void, TooManyRequests>
  /** What is allowed, and what was used now. */
  readonly list: (
    id: ChannelAccountId
  ) => Effect.Effect<ReadonlyArray<LimitUse>, NotFound | Conflict | Unavailable, CurrentOrganization>
}>()("@wicara/channels-waha/WahaLimits") {
  /**
   * @since 0.1.0
   */
  static readonly layerSql: Layer.Layer<
    WahaLimits,
    never,
    SqlClient.SqlClient | ChannelAccounts | WahaPacing
  > = Layer.suspend(() => Layer.effect(WahaLimits, make))
}

const minute = 60
const day = 86_400

/**
 * How much of each, in how many seconds.
 *
 * @category constants
 * @since 0.1.0
 */
export const limits: Readonly<Record<LimitKind, { readonly allowed: number; readonly perSeconds: number }>> = {
  number_checks: { allowed: 100, perSeconds: day },
  presence_subscriptions: { allowed: 20, perSeconds: day },
  followed_chats: { allowed: 200, perSeconds: day },
  group_joins: { allowed: 5, perSeconds: day },
  group_refreshes: { allowed: 12, perSeconds: day },
  management_requests: { allowed: 120, perSeconds: minute }
}

const kinds = LimitKind.literals

/** When the span of time that it is now began, epoch milliseconds: spans follow each other from the epoch on. */
const windowOf = (now: number, perSeconds: number) => now - now % (perSeconds * 1000)

interface Row {
  readonly kind: string
  readonly window_start: unknown
  readonly used: unknown
}

const make = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const accounts = yield* ChannelAccounts
  const pacing = yield* WahaPacing

  const claim = (key: AccountKey, kind: LimitKind, start: number) =>
    // MySQL assigns from left to right: the count still sees the earlier span.
    affectedRows(sql`UPDATE waha_rate_limits
      SET used = CASE WHEN window_start < ${start} THEN 1 ELSE used + 1 END, window_start = ${start}
      WHERE ${isOf(sql, key)} AND kind = ${kind}
        AND (window_start < ${start} OR (window_start = ${start} AND used < ${limits[kind].allowed}))`)

  const take = Effect.fn("WahaLimits.take")(function*(key: AccountKey, kind: LimitKind) {
    const { perSeconds } = limits[kind]
    const now = yield* Clock.currentTimeMillis
    const start = windowOf(now, perSeconds)
    if ((yield* Effect.orDie(claim(key, kind, start))) === 1) return
    yield* Effect.orDie(
      insertIfAbsent(sql, "waha_rate_limits", "used", [{ ...columnsOf(key), kind, window_start: 0, used: 0 }])
    )
    if ((yield* Effect.orDie(claim(key, kind, start))) === 1) return
    return yield* new TooManyRequests({
      detail: `This account has done as much of this as it may (${kind}).`,
      retryAfterSeconds: Math.ceil((start + perSeconds * 1000 - now) / 1000)
    })
  })

  const list = Effect.fn("WahaLimits.list")(function*(id: ChannelAccountId) {
    const { organizationId } = yield* ownAccount(accounts, id)
    const { enabled, messages, newContacts } = yield* pacing.status(id)
    const now = yield* Clock.currentTimeMillis
    const rows = yield* Effect.orDie(sql<Row>`SELECT kind, window_start, used FROM waha_rate_limits
      WHERE ${isOf(sql, { organizationId, channelAccountId: id })}`)
    const endOf = (perSeconds: number) => DateTime.makeUnsafe(windowOf(now, perSeconds) + perSeconds * 1000)
    const paced = (kind: "messages" | "new_contacts", used: number, allowed: number): LimitUse => ({
      kind,
      allowed: enabled ? allowed : null,
      used,
      perSeconds: day,
      resetsAt: endOf(day)
    })
    return [
      paced("messages", messages.sent, messages.allowed),
      paced("new_contacts", newContacts.reached, newContacts.allowed),
      ...kinds.map((kind): LimitUse => {
        const { allowed, perSeconds } = limits[kind]
        const row = rows.find((one) => one.kind === kind && Number(one.window_start) === windowOf(now, perSeconds))
        return { kind, allowed, used: Number(row?.used ?? 0), perSeconds, resetsAt: endOf(perSeconds) }
      })
    ]
  })

  return WahaLimits.of({ take, list })
})
