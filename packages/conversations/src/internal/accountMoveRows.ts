import { DateTime, Effect } from "effect"
import type { SqlClient } from "effect/sql"
import type { ChannelAccountId } from "@wicara/channels/ChannelAdapter"
import * as Id from "@wicara/core/Id"
import type { OrganizationId } from "@wicara/core/Tenancy"
import { AccountMove } from "../AccountMove.ts"
import type { AccountMoveId } from "../AccountMove.ts"

interface MoveRow {
  readonly id: Uint8Array
  readonly from_account_id: Uint8Array
  readonly to_account_id: Uint8Array
  readonly state: "running" | "done"
  readonly moved: unknown
  readonly left_behind: unknown
  readonly waiting: unknown
  readonly started_at: unknown
  readonly finished_at: unknown
}

const toMove = (row: MoveRow): AccountMove =>
  new AccountMove({
    id: Id.fromBytes(row.id),
    from: Id.fromBytes(row.from_account_id),
    to: Id.fromBytes(row.to_account_id),
    state: row.state,
    moved: Number(row.moved),
    left: Number(row.left_behind),
    waiting: Number(row.waiting),
    startedAt: DateTime.makeUnsafe(Number(row.started_at)),
    finishedAt: row.finished_at === null ? null : DateTime.makeUnsafe(Number(row.finished_at))
  })

/** How many moves one after another are followed. */
const maxSteps = 8

export const makeAccountMoveRows = (sql: SqlClient.SqlClient) => {
  const columns = sql.literal(
    "id, from_account_id, to_account_id, state, moved, left_behind, waiting, started_at, finished_at"
  )
  const fromAccount = (organizationId: OrganizationId, id: ChannelAccountId) =>
    Effect.map(
      sql<MoveRow>`SELECT ${columns} FROM conversations_account_moves
        WHERE organization_id = ${Id.toBytes(organizationId)} AND from_account_id = ${Id.toBytes(id)}`,
      ([row]) => row === undefined ? undefined : toMove(row)
    )
  return {
    fromAccount,

    /** Where an account's conversations go now; `undefined`: they stay. */
    target: Effect.fnUntraced(function*(organizationId: OrganizationId, id: ChannelAccountId) {
      let at = id
      for (let step = 0; step < maxSteps; step++) {
        const move = yield* fromAccount(organizationId, at)
        if (move === undefined) break
        at = move.to
      }
      return at === id ? undefined : at
    }),

    find: (organizationId: OrganizationId, id: AccountMoveId) =>
      Effect.map(
        sql<MoveRow>`SELECT ${columns} FROM conversations_account_moves
          WHERE organization_id = ${Id.toBytes(organizationId)} AND id = ${Id.toBytes(id)}`,
        ([row]) => row === undefined ? undefined : toMove(row)
      ),

    insert: (
      organizationId: OrganizationId,
      move: { readonly id: AccountMoveId; readonly from: ChannelAccountId; readonly to: ChannelAccountId },
      now: number
    ) =>
      sql`INSERT INTO conversations_account_moves ${
        sql.insert({
          organization_id: Id.toBytes(organizationId),
          id: Id.toBytes(move.id),
          from_account_id: Id.toBytes(move.from),
          to_account_id: Id.toBytes(move.to),
          state: "running",
          moved: 0,
          left_behind: 0,
          waiting: 0,
          started_at: now
        })
      }`,

    /** What comes to an account stays there from now on. */
    end: (organizationId: OrganizationId, from: ChannelAccountId) =>
      sql`DELETE FROM conversations_account_moves
        WHERE organization_id = ${Id.toBytes(organizationId)} AND from_account_id = ${Id.toBytes(from)}`,

    counted: (organizationId: OrganizationId, id: AccountMoveId, moved: number) =>
      sql`UPDATE conversations_account_moves SET moved = moved + ${moved}
        WHERE organization_id = ${Id.toBytes(organizationId)} AND id = ${Id.toBytes(id)}`,

    passed: (
      organizationId: OrganizationId,
      id: AccountMoveId,
      pass: { readonly left: number; readonly waiting: number; readonly finishedAt: number | null }
    ) =>
      sql`UPDATE conversations_account_moves SET left_behind = ${pass.left}, waiting = ${pass.waiting}, state = ${
        pass.finishedAt === null ? "running" : "done"
      }, finished_at = ${pass.finishedAt}
        WHERE organization_id = ${Id.toBytes(organizationId)} AND id = ${Id.toBytes(id)} AND state = 'running'`
  }
}
