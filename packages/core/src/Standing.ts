/**
 * What an organization may do in its state: a trial, until its end, all that an active one may; then it is suspended (see
 * `Trials`). The one table that the API, senders, bots and workers ask.
 *
 * | | trial, active | suspended | cancelled |
 * |---|---|---|---|
 * | sign in, read, export | yes | yes | yes |
 * | change anything | yes | no | no |
 * | send to customers, also by bots, jobs and campaigns | yes | no | no |
 * | webhooks stored, acknowledged and worked off | yes | yes | yes, until the data is erased |
 *
 * @since 0.1.0
 */
import { Context, Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import * as Id from "./Id.ts"
import type { OrganizationStatus } from "./Organization.ts"
import type { OrganizationId } from "./Tenancy.ts"

/**
 * What goes on in a state.
 *
 * @category models
 * @since 0.1.0
 */
export interface Allowance {
  /** Members and keys may read, and export. */
  readonly read: boolean
  /** Members and keys may change things. */
  readonly write: boolean
  /** Messages go out, and bots answer. */
  readonly send: boolean
  /** What providers and visitors deliver is stored and shown. */
  readonly receive: boolean
}

const everything: Allowance = { read: true, write: true, send: true, receive: true }
const listening: Allowance = { read: true, write: false, send: false, receive: true }

/**
 * The table.
 *
 * @category constants
 * @since 0.1.0
 */
export const allowances: Readonly<Record<OrganizationStatus, Allowance>> = {
  trial: everything,
  active: everything,
  suspended: listening,
  cancelled: listening
}

/**
 * @category services
 * @since 0.1.0
 */
export class Standing extends Context.Service<Standing, {
  /** The state as it is committed now; an organization that does not exist (any more) is `cancelled`. */
  readonly of: (organizationId: OrganizationId) => Effect.Effect<OrganizationStatus>
}>()("@wicara/core/Standing") {
  /** @since 0.1.0 */
  static readonly layerSql: Layer.Layer<Standing, never, SqlClient.SqlClient> = Layer.effect(
    Standing,
    Effect.map(SqlClient.SqlClient, (sql) =>
      Standing.of({
        of: Effect.fnUntraced(function*(organizationId) {
          const [row] = yield* Effect.orDie(
            sql<{ readonly status: string }>`SELECT status FROM core_organizations WHERE id = ${
              Id.toBytes(organizationId)
            }`
          )
          return row === undefined ? "cancelled" : row.status as OrganizationStatus
        })
      }))
  )

  /**
   * For those who keep their organizations elsewhere, and for tests: every organization is in the given state.
   *
   * @since 0.1.0
   */
  static readonly layerConstant = (status: OrganizationStatus): Layer.Layer<Standing> =>
    Layer.succeed(Standing, Standing.of({ of: () => Effect.succeed(status) }))
}

/**
 * Whether messages may go out for an organization now.
 *
 * @category guards
 * @since 0.1.0
 */
export const maySend = (organizationId: OrganizationId): Effect.Effect<boolean, never, Standing> =>
  Effect.flatMap(Standing, (standing) => Effect.map(standing.of(organizationId), (status) => allowances[status].send))
