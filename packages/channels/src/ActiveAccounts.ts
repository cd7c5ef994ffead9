/**
 * The accounts of one channel, whoever they belong to: for what works for all organizations in the background.
 *
 * @since 0.1.0
 */
import * as Id from "@wicara/core/Id"
import { rowLimit } from "@wicara/core/Sql"
import { Effect, Option, Stream } from "effect"
import { SqlClient } from "effect/sql"
import type { ChannelAccountId } from "./ChannelAdapter.ts"

const pageSize = 500

/**
 * The ids of a channel's active accounts, in their order. `ChannelAccounts.lookup` tells the rest.
 *
 * @category streams
 * @since 0.1.0
 */
export const ofChannel = (channel: string): Stream.Stream<ChannelAccountId, never, SqlClient.SqlClient> =>
  Stream.paginate(new Uint8Array(16), (after: Uint8Array) =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const rows = yield* Effect.orDie(sql<{ readonly id: Uint8Array }>`SELECT id FROM channels_accounts
        WHERE channel = ${channel} AND status = 'active' AND deleted_at IS NULL AND id > ${after}
        ORDER BY id LIMIT ${rowLimit(sql, pageSize)}`)
      const last = rows.at(-1)
      return [
        rows.map(({ id }) => Id.fromBytes<ChannelAccountId>(id)),
        last === undefined || rows.length < pageSize ? Option.none() : Option.some(last.id)
      ] as const
    }))
