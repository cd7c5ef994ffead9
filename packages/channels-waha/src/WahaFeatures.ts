/**
 * What a paired number offers beyond messages: asked of WAHA once a day at most, and kept. WAHA has no call for business
 * profiles and catalogues, so they are never offered; labels tell a business account from another.
 *
 * @since 0.1.0
 */
import type { ChannelAccounts } from "@wicara/channels/ChannelAccounts"
import type { ChannelAccountId } from "@wicara/channels/ChannelAdapter"
import type { Audit } from "@wicara/core/Audit"
import { Unavailable } from "@wicara/core/Problem"
import { insertIfAbsent, transaction } from "@wicara/core/Sql"
import { Clock, Context, DateTime, Effect, Layer } from "effect"
import type { HttpClient } from "effect/http"
import { SqlClient } from "effect/sql"
import * as Failure from "./Failure.ts"
import type { Feature, FeatureName } from "./WahaFeature.ts"
import { makeManaged } from "./internal/managed.ts"
import type { Reads } from "./internal/managed.ts"
import { columnsOf, isOf } from "./internal/ownAccount.ts"
import type { Account } from "./Waha.ts"
import * as WahaApi from "./WahaApi.ts"
import type { WahaLimits } from "./WahaLimits.ts"

/**
 * @category services
 * @since 0.1.0
 */
export class WahaFeatures extends Context.Service<WahaFeatures, {
  /** Asked now if that is more than a day ago. */
  readonly list: (id: ChannelAccountId) => Reads<ReadonlyArray<Feature>>
}>()("@wicara/channels-waha/WahaFeatures") {
  /**
   * @since 0.1.0
   */
  static readonly layerSql: Layer.Layer<
    WahaFeatures,
    never,
    ChannelAccounts | Audit | WahaLimits | SqlClient.SqlClient | HttpClient.HttpClient
  > = Layer.suspend(() => Layer.effect(WahaFeatures, make))
}

interface Row {
  readonly feature: FeatureName
  readonly offered: unknown
  readonly reason: string | null
  readonly checked_at: unknown
}

const toFeature = (row: Row): Feature => ({
  feature: row.feature,
  offered: Number(row.offered) === 1,
  reason: row.reason,
  checkedAt: DateTime.makeUnsafe(Number(row.checked_at))
})

const freshFor = 86_400_000

const noCall = "WAHA has no call for it"

const make = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const { own, reply } = yield* makeManaged

  const probe = Effect.fnUntraced(function*(account: Account, path: string, query?: Readonly<Record<string, string>>) {
    const answer = yield* reply(account, { method: "GET", path, ...(query === undefined ? {} : { query }) })
    if (answer._tag === "Answered" && answer.status < 300) return { offered: 1, reason: null }
    const failure = Failure.fromReply(answer)
    return failure.kind === "refused" || failure.kind === "missing"
      ? { offered: 0, reason: failure.reason }
      : yield* new Unavailable({ detail: "WAHA does not answer now." })
  })

  const check = Effect.fnUntraced(function*(account: Account) {
    const { session } = account.settings
    return [
      { feature: "labels", ...(yield* probe(account, WahaApi.path`/api/${session}/labels`)) },
      { feature: "channels", ...(yield* probe(account, WahaApi.path`/api/${session}/channels`)) },
      { feature: "screenshot", ...(yield* probe(account, "/api/screenshot", { session })) },
      { feature: "business_profile", offered: 0, reason: noCall },
      { feature: "catalogue", offered: 0, reason: noCall }
    ]
  })

  return WahaFeatures.of({
    list: Effect.fn("WahaFeatures.list")(function*(id) {
      const account = yield* own(id)
      const key = { organizationId: account.organizationId, channelAccountId: id }
      const stored = sql<Row>`SELECT feature, offered, reason, checked_at FROM waha_business_features
        WHERE ${isOf(sql, key)} ORDER BY feature`
      const now = yield* Clock.currentTimeMillis
      const known = yield* Effect.orDie(stored)
      if (known.length > 0 && known.every(({ checked_at }) => now - Number(checked_at) < freshFor)) {
        return known.map(toFeature)
      }
      const found = yield* check(account)
      yield* Effect.orDie(transaction(
        sql,
        Effect.forEach(found, ({ feature, ...rest }) =>
          Effect.gen(function*() {
            const values = { ...rest, checked_at: now }
            yield* insertIfAbsent(sql, "waha_business_features", "feature", [{ ...columnsOf(key), feature, ...values }])
            yield* sql`UPDATE waha_business_features SET ${sql.update(values)}
              WHERE ${isOf(sql, key)} AND feature = ${feature}`
          }), { discard: true })
      ))
      return (yield* Effect.orDie(stored)).map(toFeature)
    })
  })
})
