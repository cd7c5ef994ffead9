import { Effect, Schema } from "effect"
import type { SqlClient } from "effect/sql"
import * as Id from "@wicara/core/Id"
import type { Secrets } from "@wicara/core/Secrets"
import type { OrganizationId } from "@wicara/core/Tenancy"
import type { ChannelAccountId } from "../ChannelAdapter.ts"
import { makeAccountSecrets } from "./accountSecrets.ts"

/** What was valid before a rotation. */
export const Previous = Schema.Struct({ secrets: Schema.JsonObject, urlKey: Schema.NullOr(Schema.String) })
const decodePrevious = Schema.decodeUnknownEffect(Previous)

/** The key in the address of an account's webhook, and what still is valid beside what is valid now. */
export interface Rotation {
  readonly urlKey: string | null
  readonly previous: (typeof Previous.Type & { readonly until: number; readonly takenOverAt: number | null }) | null
}

const none: Rotation = { urlKey: null, previous: null }

/** How long after the provider began to use what is new the old is taken: what it repeats by then it has signed before. */
const takeOverTime = 600_000

export const makeRotationRows = (sql: SqlClient.SqlClient, secrets: Secrets["Service"]) => {
  const sealing = makeAccountSecrets(secrets)
  const at = (organizationId: OrganizationId, id: ChannelAccountId) =>
    sql`organization_id = ${Id.toBytes(organizationId)} AND channel_account_id = ${Id.toBytes(id)}`
  return {
    find: Effect.fnUntraced(function*(organizationId: OrganizationId, id: ChannelAccountId, now: number) {
      const [row] = yield* Effect.orDie(
        sql<
          {
            readonly url_key: string | null
            readonly previous: string | null
            readonly previous_until: unknown
            readonly taken_over_at: unknown
          }
        >`SELECT url_key, previous, previous_until, taken_over_at FROM channels_account_rotations
          WHERE ${at(organizationId, id)}`
      )
      if (row === undefined) return none
      const urlKey = row.url_key === null ? null : yield* sealing.openUrlKey(id, row.url_key)
      const until = Number(row.previous_until ?? 0)
      if (row.previous === null || until <= now) return { urlKey, previous: null }
      const previous = yield* Effect.flatMap(sealing.openPrevious(id, row.previous), decodePrevious)
      const takenOverAt = row.taken_over_at === null ? null : Number(row.taken_over_at)
      return { urlKey, previous: { ...previous, until, takenOverAt } }
    }),

    save: Effect.fnUntraced(function*(
      organizationId: OrganizationId,
      id: ChannelAccountId,
      rotation: {
        readonly urlKey: string | null
        readonly previous: typeof Previous.Type | null
        readonly until: number
      },
      now: number
    ) {
      const columns = {
        url_key: rotation.urlKey === null ? null : yield* sealing.sealUrlKey(id, rotation.urlKey),
        previous: rotation.previous === null ? null : yield* sealing.sealPrevious(id, { ...rotation.previous }),
        previous_until: rotation.previous === null ? null : rotation.until,
        taken_over_at: null,
        rotated_at: now
      }
      const known = yield* sql`SELECT rotated_at FROM channels_account_rotations WHERE ${at(organizationId, id)}`
      yield* known.length === 0
        ? sql`INSERT INTO channels_account_rotations ${
          sql.insert({ organization_id: Id.toBytes(organizationId), channel_account_id: Id.toBytes(id), ...columns })
        }`
        : sql`UPDATE channels_account_rotations SET ${
          sql.csv(Object.entries(columns).map(([column, value]) => sql`${sql(column)} = ${value}`))
        } WHERE ${at(organizationId, id)}`
    }),

    /** The provider uses what is new. */
    takeOver: (organizationId: OrganizationId, id: ChannelAccountId, now: number) =>
      sql`UPDATE channels_account_rotations SET taken_over_at = ${now},
          previous_until = CASE WHEN previous_until < ${now + takeOverTime} THEN previous_until
            ELSE ${now + takeOverTime} END
        WHERE ${at(organizationId, id)} AND taken_over_at IS NULL AND previous IS NOT NULL`,

    forget: (organizationId: OrganizationId, id: ChannelAccountId) =>
      sql`DELETE FROM channels_account_rotations WHERE ${at(organizationId, id)}`,

    /** Forgets what is no longer valid. */
    purge: (now: number) =>
      sql`UPDATE channels_account_rotations SET previous = NULL, previous_until = NULL
        WHERE previous IS NOT NULL AND previous_until <= ${now}`
  }
}
