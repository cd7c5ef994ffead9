import { Clock, Effect } from "effect"
import type { SqlClient } from "effect/sql"
import type { Events } from "@wicara/core/Events"
import * as Id from "@wicara/core/Id"
import { affectedRows, joinTransaction, orDieSql } from "@wicara/core/Sql"
import { CurrentOrganization } from "@wicara/core/Tenancy"
import type { AccountConnection } from "../ChannelAccount.ts"
import type { AccountHealth, ChannelAccountId } from "../ChannelAdapter.ts"
import { AccountConnectionChanged } from "../events.ts"
import type { AccountKey } from "./accountRows.ts"

/** What the provider said about a connection. */
export interface ConnectionChange {
  readonly connection: AccountConnection
  readonly kind: string
  readonly detail: string | undefined
}

export interface HoldRow {
  readonly code: string
  readonly reason: string
  readonly held_since: unknown
  readonly probe_at: unknown
}

/** 30 s, 1 min, 2 min, 4 min, then 5 minutes. */
const probeDelay = (probes: number): number => Math.min(30_000 * 2 ** probes, 300_000)

/** How accounts stand with their providers, and which of them are refused, so that their messages wait. */
export const makeAccountHolds = (
  sql: SqlClient.SqlClient,
  events: Events["Service"],
  forget: (id: ChannelAccountId) => Effect.Effect<void>
) => {
  const deleteHold = (row: AccountKey) =>
    Effect.map(
      affectedRows(sql`DELETE FROM channels_account_holds
        WHERE organization_id = ${row.organization_id} AND channel_account_id = ${row.id}`),
      (deleted) => deleted > 0
    )

  /** Ends the hold; what the provider thinks of the account is open again. */
  const freed = Effect.fnUntraced(function*(row: AccountKey) {
    if (!(yield* deleteHold(row))) return
    yield* sql`UPDATE channels_accounts SET connection = 'unknown', health_status = NULL, health_message = NULL,
        health_checked_at = NULL
      WHERE organization_id = ${row.organization_id} AND id = ${row.id} AND connection = 'needs_action'`
  })

  const release = Effect.fn("ChannelAccounts.release")(function*(id: ChannelAccountId) {
    const organization = yield* CurrentOrganization
    const row = { organization_id: Id.toBytes(organization.id), id: Id.toBytes(id) }
    yield* joinTransaction(sql, freed(row)).pipe(orDieSql)
    yield* forget(id)
  })

  /** Writes the connection, and an event if that is news. */
  const setConnection = Effect.fnUntraced(function*(id: ChannelAccountId, change: ConnectionChange) {
    const organization = yield* CurrentOrganization
    const now = yield* Clock.currentTimeMillis
    const [before] = yield* sql<{ readonly connection: AccountConnection }>`SELECT connection FROM channels_accounts
      WHERE organization_id = ${Id.toBytes(organization.id)} AND id = ${Id.toBytes(id)}`
    const changed = yield* affectedRows(sql`UPDATE channels_accounts
      SET connection = ${change.connection}, updated_at = ${now}
      WHERE organization_id = ${Id.toBytes(organization.id)} AND id = ${Id.toBytes(id)} AND deleted_at IS NULL
        AND connection <> ${change.connection}`)
    if (changed === 0) return
    yield* events.append(AccountConnectionChanged, {
      aggregateId: id,
      payload: {
        channelAccountId: id,
        connection: change.connection,
        ...(before === undefined ? {} : { previous: before.connection }),
        kind: change.kind,
        detail: change.detail ?? null
      }
    })
    yield* forget(id)
  })

  const recordConnection = Effect.fn("ChannelAccounts.recordConnection")(function*(
    id: ChannelAccountId,
    change: ConnectionChange
  ) {
    const organization = yield* CurrentOrganization
    const write = Effect.gen(function*() {
      yield* setConnection(id, change)
      if (change.connection !== "connected") return
      const row = { organization_id: Id.toBytes(organization.id), id: Id.toBytes(id) }
      if (yield* deleteHold(row)) yield* forget(id)
    })
    yield* Effect.orDie(joinTransaction(sql, write))
  })

  const setHealth = Effect.fnUntraced(function*(id: ChannelAccountId, { message, status }: AccountHealth) {
    const organization = yield* CurrentOrganization
    yield* sql`UPDATE channels_accounts SET health_status = ${status}, health_message = ${message},
        health_checked_at = ${yield* Clock.currentTimeMillis}
      WHERE organization_id = ${Id.toBytes(organization.id)} AND id = ${Id.toBytes(id)}`
  })

  const hold = Effect.fn("ChannelAccounts.hold")(function*(
    id: ChannelAccountId,
    { code, reason }: { readonly code: string; readonly reason: string }
  ) {
    const organization = yield* CurrentOrganization
    const now = yield* Clock.currentTimeMillis
    const key = { organization_id: Id.toBytes(organization.id), channel_account_id: Id.toBytes(id) }
    const write = Effect.gen(function*() {
      // The account's row serializes those who are refused at the same time.
      const accounts = yield* sql`SELECT id FROM channels_accounts
        WHERE organization_id = ${key.organization_id} AND id = ${key.channel_account_id} AND deleted_at IS NULL
        ${sql.onDialectOrElse({ mysql: () => sql.literal("FOR UPDATE"), orElse: () => sql.literal("") })}`
      if (accounts.length === 0) return false
      yield* setHealth(id, { status: "fail", message: reason })
      const [known] = yield* sql<{ readonly probe_at: unknown; readonly probes: unknown }>`
        SELECT probe_at, probes FROM channels_account_holds
        WHERE organization_id = ${key.organization_id} AND channel_account_id = ${key.channel_account_id}`
      if (known === undefined) {
        yield* sql`INSERT INTO channels_account_holds ${
          sql.insert({
            ...key,
            code: code.slice(0, 190),
            reason,
            held_since: now,
            probe_at: now + probeDelay(0),
            probes: 0
          })
        }`
        yield* setConnection(id, { connection: "needs_action", kind: code.slice(0, 190), detail: reason })
      } else if (Number(known.probe_at) <= now) {
        const probes = Number(known.probes) + 1
        yield* sql`UPDATE channels_account_holds SET code = ${code.slice(0, 190)}, reason = ${reason},
            probe_at = ${now + probeDelay(probes)}, probes = ${probes}
          WHERE organization_id = ${key.organization_id} AND channel_account_id = ${key.channel_account_id}`
      }
      return known === undefined
    })
    const isNew = yield* Effect.orDie(joinTransaction(sql, write))
    yield* forget(id)
    if (isNew) yield* Effect.logError(`The provider refuses the channel account ${id}, its messages wait: ${reason}`)
  })

  const endHold = Effect.fn("ChannelAccounts.endHold")(function*(id: ChannelAccountId, sentAt: number) {
    const organization = yield* CurrentOrganization
    const write = Effect.gen(function*() {
      const ended = yield* affectedRows(sql`DELETE FROM channels_account_holds
        WHERE organization_id = ${Id.toBytes(organization.id)} AND channel_account_id = ${Id.toBytes(id)}
          AND held_since <= ${sentAt}`)
      if (ended === 0) return
      yield* setHealth(id, { status: "ok", message: "Messages are accepted again." })
      yield* setConnection(id, { connection: "connected", kind: "accepted", detail: "Messages are accepted again." })
    })
    yield* Effect.orDie(joinTransaction(sql, write))
    yield* forget(id)
  })

  return { deleteHold, freed, release, recordConnection, hold, endHold }
}
