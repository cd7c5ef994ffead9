/**
 * Other credentials, webhook secrets and webhook addresses for an account, without losing a message: what was valid is
 * taken until the provider uses what follows.
 *
 * @since 0.1.0
 */
import { Clock, Context, DateTime, Effect, Layer } from "effect"
import { SecureRandom } from "effect/crypto"
import { Base64Url } from "effect/encoding"
import { HttpClient } from "effect/http"
import { SqlClient } from "effect/sql"
import { Audit } from "@wicara/core/Audit"
import { Events } from "@wicara/core/Events"
import * as Id from "@wicara/core/Id"
import { Conflict, InvalidInput, NotFound } from "@wicara/core/Problem"
import type { Unavailable } from "@wicara/core/Problem"
import { Secrets } from "@wicara/core/Secrets"
import { orDieSql, transaction } from "@wicara/core/Sql"
import type { CurrentActor, CurrentOrganization } from "@wicara/core/Tenancy"
import type { RotateAccount, Rotation } from "./AccountRotation.ts"
import { ChannelAccounts } from "./ChannelAccounts.ts"
import type { ResolvedAccount } from "./ChannelAccounts.ts"
import type { ChannelAccountId } from "./ChannelAdapter.ts"
import { AccountUpdated } from "./events.ts"
import { checkSecrets, makeAccountSecrets } from "./internal/accountSecrets.ts"
import { makeObserve } from "./internal/observe.ts"
import { makeProviderCalls } from "./internal/providerCalls.ts"
import { makeRotationRows } from "./internal/rotationRows.ts"

/**
 * @category services
 * @since 0.1.0
 */
export class ChannelRotations extends Context.Service<ChannelRotations, {
  /**
   * Rotates, and tells the provider. `Conflict` while the rotation before has not been taken over by the provider: what
   * it still uses would be lost. With `overlapHours: 0` that does not hold anything up.
   */
  readonly rotate: (
    id: ChannelAccountId,
    input: RotateAccount
  ) => Effect.Effect<Rotation, NotFound | InvalidInput | Conflict | Unavailable, CurrentOrganization | CurrentActor>
}>()("@wicara/channels/ChannelRotations") {
  /** @since 0.1.0 */
  static readonly layerSql: Layer.Layer<
    ChannelRotations,
    never,
    SqlClient.SqlClient | ChannelAccounts | Secrets | Events | Audit | HttpClient.HttpClient
  > = Layer.suspend(() => Layer.effect(ChannelRotations, make))
}

const hour = 3_600_000

const newSecret = Effect.sync(() => Base64Url.encode(SecureRandom.randomBytesUnsafe(32)))

const make = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const accounts = yield* ChannelAccounts
  const audit = yield* Audit
  const events = yield* Events
  const secrets = yield* Secrets
  const sealing = makeAccountSecrets(secrets)
  const rotations = makeRotationRows(sql, secrets)
  const calls = makeProviderCalls(yield* HttpClient.HttpClient)
  const observe = makeObserve(sql, accounts, events)

  const renewed = Effect.fnUntraced(function*(account: ResolvedAccount, input: RotateAccount) {
    const own = account.adapter.lifecycle?.ownSecrets ?? []
    if (input.generate === true && own.length === 0) {
      return yield* new Conflict({ detail: "The secrets of this channel are made by its provider: give the new ones." })
    }
    const made: Record<string, string> = {}
    if (input.generate === true) { for (const field of own) made[field] = yield* newSecret }
    return { ...made, ...input.secrets }
  })

  /** The account's row is locked: two rotations come one after the other, and so do a rotation and a change. */
  const write = Effect.fnUntraced(function*(account: ResolvedAccount, input: RotateAccount) {
    const { adapter, id, organizationId } = account
    const now = yield* Clock.currentTimeMillis
    const fields = yield* renewed(account, input)
    const [row] = yield* sql<{ readonly secrets: string }>`SELECT secrets FROM channels_accounts
      WHERE organization_id = ${Id.toBytes(organizationId)} AND id = ${Id.toBytes(id)} AND deleted_at IS NULL
      ${sql.onDialectOrElse({ mysql: () => sql.literal("FOR UPDATE"), orElse: () => sql.literal("") })}`
    if (row === undefined) return yield* NotFound.of("channel account", id)
    const before = yield* Effect.orDie(sealing.open(id, row.secrets))
    const known = yield* Effect.orDie(rotations.find(organizationId, id, now))
    const overlap = (input.overlapHours ?? 24) * hour
    if (known.previous !== null && known.previous.takenOverAt === null && overlap > 0) {
      return yield* new Conflict({ detail: "The provider has not used what the last rotation made yet." })
    }
    const after = { ...before, ...fields }
    yield* checkSecrets(adapter, after)
    yield* sql`UPDATE channels_accounts SET secrets = ${yield* sealing.seal(id, after)}, updated_at = ${now}
      WHERE organization_id = ${Id.toBytes(organizationId)} AND id = ${Id.toBytes(id)}`
    yield* rotations.save(organizationId, id, {
      urlKey: input.url === true ? yield* newSecret : known.urlKey,
      previous: overlap === 0 ? null : { secrets: before, urlKey: known.urlKey },
      until: now + overlap
    }, now)
    yield* observe.row(account)
    // What was refused may be taken now: the account is looked at, and its messages are tried.
    yield* observe.rows.change(organizationId, id, { nextCheckAt: now, expiryTold: 0 })
    yield* accounts.release(id)
    yield* events.append(AccountUpdated, { aggregateId: id, payload: { channelAccountId: id } })
    yield* audit.record({
      action: "channel.account.rotated",
      target: { type: "channel_account", id },
      after: { replaced: Object.keys(fields), url: input.url === true, overlapHours: overlap / hour }
    })
    return overlap === 0 ? null : now + overlap
  })

  return ChannelRotations.of({
    rotate: Effect.fn("ChannelRotations.rotate")(function*(id: ChannelAccountId, input: RotateAccount) {
      if (input.secrets === undefined && input.generate !== true && input.url !== true) {
        return yield* InvalidInput.of("/secrets", "Say what to rotate: credentials, own secrets or the address.")
      }
      const account = yield* accounts.refreshed(id)
      const until = yield* orDieSql(transaction(sql, write(account, input)))
      const rotated = yield* accounts.refreshed(id)
      const { lifecycle } = rotated.adapter
      const told = lifecycle === undefined
        ? "This channel's webhooks are registered by hand."
        : yield* calls.ask(rotated, lifecycle.repair(rotated.webhookUrl, rotated.account), "90 seconds").pipe(
          Effect.match({ onSuccess: () => null, onFailure: ({ reason }) => reason })
        )
      return {
        webhookUrl: rotated.webhookUrl,
        registered: told === null,
        problem: told,
        previousUntil: until === null ? null : DateTime.makeUnsafe(until)
      }
    })
  })
})
