/**
 * Who acts in an organization, and with which role.
 *
 * Nobody gives or takes away more than they hold themselves, only those who may transfer the organization decide who its
 * owners are, and the last active owner stays.
 *
 * @since 0.1.0
 */
import { Clock, Context, DateTime, Effect, Layer, Option } from "effect"
import type { Redacted } from "effect"
import { SqlClient } from "effect/sql"
import { Audit } from "./Audit.ts"
import * as CoreEvents from "./CoreEvents.ts"
import { Events } from "./Events.ts"
import * as Id from "./Id.ts"
import { MemberAccess } from "./MemberAccess.ts"
import { Member } from "./Membership.ts"
import type { MembershipStatus, MemberSort, RoleKey } from "./Membership.ts"
import * as Pagination from "./Pagination.ts"
import { Conflict, InvalidInput, NotFound } from "./Problem.ts"
import type { Forbidden } from "./Problem.ts"
import * as Roles from "./Roles.ts"
import * as Sorting from "./Sorting.ts"
import { insertIfAbsent, orDieSql, transaction } from "./Sql.ts"
import { CurrentOrganization } from "./Tenancy.ts"
import type { CurrentActor, OrganizationId, UserId } from "./Tenancy.ts"
import type { User } from "./User.ts"
import { Users } from "./Users.ts"
import { english } from "./ProblemTexts.ts"

/**
 * A member to be: an existing user by address, or a new one with a name (and a password, to sign in at once).
 *
 * @category models
 * @since 0.1.0
 */
export interface NewMember {
  readonly email: string
  readonly role: RoleKey
  readonly name?: string | undefined
  readonly password?: Redacted.Redacted<string> | undefined
}

/**
 * A member's role where they act, as authentication needs it.
 *
 * @category models
 * @since 0.1.0
 */
export interface MembershipOf {
  readonly role: RoleKey
  readonly status: MembershipStatus
}

type Acting = CurrentOrganization | CurrentActor

/**
 * @category services
 * @since 0.1.0
 */
export class Memberships extends Context.Service<Memberships, {
  /** In the order in which the users were made. */
  readonly list: (
    query: Pagination.PageQuery & { readonly sort?: MemberSort | undefined }
  ) => Effect.Effect<Pagination.Page<Member>, InvalidInput, CurrentOrganization>
  readonly get: (userId: UserId) => Effect.Effect<Member, NotFound, CurrentOrganization>
  readonly find: (organizationId: OrganizationId, userId: UserId) => Effect.Effect<Option.Option<MembershipOf>>
  readonly add: (member: NewMember) => Effect.Effect<Member, Conflict | InvalidInput | Forbidden, Acting>
  /** A machine user, which belongs to the organization and never signs in; it is no owner. */
  readonly addMachine: (machine: {
    readonly name: string
    readonly role: RoleKey
  }) => Effect.Effect<Member, InvalidInput | Forbidden, Acting>
  readonly change: (
    userId: UserId,
    changes: { readonly role?: RoleKey | undefined; readonly status?: MembershipStatus | undefined }
  ) => Effect.Effect<Member, NotFound | Conflict | InvalidInput | Forbidden, Acting>
  readonly remove: (userId: UserId) => Effect.Effect<void, NotFound | Conflict | Forbidden, Acting>
}>()("@wicara/core/Memberships") {
  /** @since 0.1.0 */
  static readonly layerSql: Layer.Layer<
    Memberships,
    never,
    SqlClient.SqlClient | Users | MemberAccess | Events | Audit
  > = Layer.effect(
    Memberships,
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const users = yield* Users
      const access = yield* MemberAccess
      const events = yield* Events
      const audit = yield* Audit

      const select = sql.literal(`SELECT m.user_id, u.machine_of, u.email, u.name, m.role, m.status, m.created_at
        FROM core_memberships m JOIN core_users u ON u.id = m.user_id`)

      const get = Effect.fnUntraced(function*(userId: UserId) {
        const { id } = yield* CurrentOrganization
        const [row] = yield* Effect.orDie(sql<MemberRow>`${select}
          WHERE m.organization_id = ${Id.toBytes(id)} AND m.user_id = ${Id.toBytes(userId)}`)
        return row === undefined ? yield* NotFound.of("member", userId) : toMember(row)
      })

      const checkRole = Effect.fnUntraced(function*(role: RoleKey) {
        const { roles } = yield* access.catalog
        if (!roles.has(role)) return yield* InvalidInput.of("/role", `There is no role "${role}".`)
      })

      const checkGive = (role: RoleKey, userId?: UserId) =>
        access.checkGive({ role, scope: { _tag: "Organization" }, userId })

      /** Holds the organization's row until the commit, so that changes of who is an owner come one after another. */
      const lock = Effect.gen(function*() {
        const { id } = yield* CurrentOrganization
        yield* sql`UPDATE core_organizations SET membership_version = membership_version + 1 WHERE id = ${
          Id.toBytes(id)
        }`
      })

      const checkOwnerLeft = Effect.gen(function*() {
        const { id } = yield* CurrentOrganization
        const owners = yield* sql`SELECT user_id FROM core_memberships
          WHERE organization_id = ${Id.toBytes(id)} AND role = ${Roles.owner.key} AND status = 'active' LIMIT 1`
        if (owners.length === 0) {
          return yield* new Conflict({ detail: english("lastOwner") })
        }
      })

      const checkMachineRole = (role: RoleKey) =>
        role === Roles.owner.key ? InvalidInput.of("/role", "A machine user is no owner.") : Effect.void

      const join = Effect.fnUntraced(function*({ kind, role, user }: {
        readonly user: User
        readonly kind: Member["kind"]
        readonly role: RoleKey
      }) {
        const { id } = yield* CurrentOrganization
        const now = yield* Clock.currentTimeMillis
        yield* insertIfAbsent(sql, "core_memberships", "user_id", [{
          organization_id: Id.toBytes(id),
          user_id: Id.toBytes(user.id),
          role,
          status: "active",
          user_name: user.name,
          created_at: now
        }])
        yield* events.append(CoreEvents.memberAdded, { aggregateId: user.id, payload: { userId: user.id, role } })
        yield* audit.record({
          action: kind === "machine" ? "machine-user.added" : "member.added",
          target: { type: "member", id: user.id },
          after: { ...(kind === "machine" ? { name: user.name } : { email: user.email }), role }
        })
        return new Member({
          userId: user.id,
          kind,
          email: user.email,
          name: user.name,
          role,
          status: "active",
          createdAt: DateTime.makeUnsafe(now)
        })
      })

      return Memberships.of({
        list: Effect.fn("Memberships.list")(function*(query) {
          const { id } = yield* CurrentOrganization
          const sort = query.sort ?? "createdAt"
          const { field, isDescending } = Sorting.parts(sort)
          const after = yield* Sorting.position(query, sort)
          const limit = Pagination.limit(query)
          const keyset: Sorting.Keyset = {
            column: field === "name" ? "m.user_name" : "m.created_at",
            isDescending,
            id: "m.user_id",
            after: after === undefined ? undefined : { key: after.key, id: Id.toBytes(after.id) }
          }
          const rows = yield* Effect.orDie(
            Sorting.read(
              sql,
              keyset,
              limit + 1,
              (where, rest) =>
                sql<MemberRow>`${select} WHERE m.organization_id = ${Id.toBytes(id)} AND ${where} ${rest}`
            )
          )
          return Pagination.page(rows.map(toMember), limit, Sorting.Position, ({ createdAt, name, userId }) => ({
            sort,
            key: field === "name" ? name : DateTime.toEpochMillis(createdAt),
            id: userId
          }))
        }),
        get: Effect.fn("Memberships.get")(get),
        find: Effect.fn("Memberships.find")(function*(organizationId, userId) {
          const rows = yield* Effect.orDie(sql<{ readonly role: string; readonly status: string }>`
            SELECT role, status FROM core_memberships
            WHERE organization_id = ${Id.toBytes(organizationId)} AND user_id = ${Id.toBytes(userId)}`)
          return Option.map(
            Option.fromUndefinedOr(rows[0]),
            (row): MembershipOf => ({ role: row.role, status: toStatus(row.status) })
          )
        }),
        add: Effect.fn("Memberships.add")(function*(member) {
          const { id } = yield* CurrentOrganization
          yield* checkRole(member.role)
          yield* checkGive(member.role)
          const existing = yield* users.findByEmail(member.email)
          if (Option.isNone(existing) && member.name === undefined) {
            return yield* InvalidInput.of("/name", "There is no user with this address yet: a new one needs a name.")
          }
          if (Option.isSome(existing) && member.password !== undefined) {
            return yield* InvalidInput.of(
              "/password",
              "There is a user with this address already: their password stays."
            )
          }
          return yield* orDieSql(transaction(
            sql,
            Effect.gen(function*() {
              const user = Option.isSome(existing)
                ? existing.value
                : yield* users.create({ email: member.email, name: member.name ?? "", password: member.password })
              yield* lock
              yield* checkRole(member.role)
              const [present] = yield* sql`SELECT user_id FROM core_memberships
                WHERE organization_id = ${Id.toBytes(id)} AND user_id = ${Id.toBytes(user.id)}`
              if (present !== undefined) {
                return yield* new Conflict({ detail: english("memberAlready", { email: user.email }) })
              }
              return yield* join({ user, kind: "person", role: member.role })
            })
          ))
        }),
        addMachine: Effect.fn("Memberships.addMachine")(function*({ name, role }) {
          const { id } = yield* CurrentOrganization
          yield* checkMachineRole(role)
          yield* checkRole(role)
          yield* checkGive(role)
          return yield* orDieSql(transaction(
            sql,
            Effect.gen(function*() {
              const user = yield* users.createMachine(id, name)
              yield* lock
              yield* checkRole(role)
              return yield* join({ user, kind: "machine", role })
            })
          ))
        }),
        change: Effect.fn("Memberships.change")(function*(userId, changes) {
          const { id } = yield* CurrentOrganization
          return yield* orDieSql(transaction(
            sql,
            Effect.gen(function*() {
              yield* lock
              const member = yield* get(userId)
              if (changes.role !== undefined) {
                if (member.kind === "machine") yield* checkMachineRole(changes.role)
                yield* checkRole(changes.role)
                yield* checkGive(changes.role, userId)
              }
              yield* access.checkManage(userId)
              const role = changes.role ?? member.role
              const status = changes.status ?? member.status
              if (role === member.role && status === member.status) return member
              yield* sql`UPDATE core_memberships SET role = ${role}, status = ${status}
                WHERE organization_id = ${Id.toBytes(id)} AND user_id = ${Id.toBytes(userId)}`
              yield* checkOwnerLeft
              if (status !== "active") {
                yield* sql`DELETE FROM core_sessions
                  WHERE user_id = ${Id.toBytes(userId)} AND organization_id = ${Id.toBytes(id)}`
              }
              yield* events.append(CoreEvents.memberChanged, { aggregateId: userId, payload: { userId, role, status } })
              yield* audit.record({
                action: "member.changed",
                target: { type: "member", id: userId },
                before: { role: member.role, status: member.status },
                after: { role, status }
              })
              return new Member({ ...member, role, status })
            })
          ))
        }),
        remove: Effect.fn("Memberships.remove")(function*(userId) {
          const { id } = yield* CurrentOrganization
          yield* orDieSql(transaction(
            sql,
            Effect.gen(function*() {
              yield* lock
              const member = yield* get(userId)
              yield* access.checkManage(userId)
              for (
                const table of [
                  "core_role_assignments",
                  "core_team_members",
                  "core_agent_profiles",
                  "core_memberships"
                ]
              ) {
                yield* sql`DELETE FROM ${sql(table)}
                  WHERE organization_id = ${Id.toBytes(id)} AND user_id = ${Id.toBytes(userId)}`
              }
              yield* checkOwnerLeft
              if (member.kind === "machine") {
                // Nobody else has it, and its keys go with it.
                yield* sql`UPDATE core_api_keys SET revoked_at = ${yield* Clock
                  .currentTimeMillis}, previous_hash = NULL,
                  previous_until = NULL
                  WHERE organization_id = ${Id.toBytes(id)} AND created_by_user = ${Id.toBytes(userId)}
                    AND revoked_at IS NULL`
                yield* sql`DELETE FROM core_users WHERE id = ${Id.toBytes(userId)} AND machine_of = ${Id.toBytes(id)}`
              }
              yield* sql`DELETE FROM core_sessions
                WHERE user_id = ${Id.toBytes(userId)} AND organization_id = ${Id.toBytes(id)}`
              yield* events.append(CoreEvents.memberRemoved, { aggregateId: userId, payload: { userId } })
              yield* audit.record({
                action: "member.removed",
                target: { type: "member", id: userId },
                before: { email: member.email, role: member.role }
              })
            })
          ))
        })
      })
    })
  )
}

interface MemberRow {
  readonly user_id: Uint8Array
  readonly machine_of: Uint8Array | null
  readonly email: string
  readonly name: string
  readonly role: string
  readonly status: string
  readonly created_at: unknown
}

const toStatus = (status: string): MembershipStatus => (status === "active" ? "active" : "suspended")

const toMember = (row: MemberRow): Member =>
  new Member({
    userId: Id.fromBytes<UserId>(row.user_id),
    kind: row.machine_of === null ? "person" : "machine",
    email: row.email,
    name: row.name,
    role: row.role,
    status: toStatus(row.status),
    createdAt: DateTime.makeUnsafe(Number(row.created_at))
  })
