/**
 * Teams inside an organization, and who is in them.
 *
 * Being in a team gives what the member's roles allow in their teams: only who may do all of that there puts somebody
 * in, or takes them out.
 *
 * @since 0.1.0
 */
import { Clock, Context, DateTime, Effect, Layer, Option } from "effect"
import { SqlClient } from "effect/sql"
import { AccessStore } from "./AccessStore.ts"
import { Audit } from "./Audit.ts"
import * as CoreEvents from "./CoreEvents.ts"
import { teams as permissions } from "./CorePermissions.ts"
import { Events } from "./Events.ts"
import * as Id from "./Id.ts"
import { MemberAccess } from "./MemberAccess.ts"
import * as Pagination from "./Pagination.ts"
import * as Permissions from "./Permissions.ts"
import { Conflict, NotFound } from "./Problem.ts"
import type { Forbidden, InvalidInput } from "./Problem.ts"
import * as Revision from "./Revision.ts"
import type { RevisionMismatch } from "./Revision.ts"
import { TeamId } from "./Scope.ts"
import * as Scope from "./Scope.ts"
import { insertIfAbsent, orDieSql, orUnique, rowLimit, varying } from "./Sql.ts"
import { Team, TeamMember } from "./Team.ts"
import type { NewTeam, TeamChanges } from "./Team.ts"
import { CurrentActor, CurrentOrganization, UserId } from "./Tenancy.ts"

type Acting = CurrentOrganization | CurrentActor

/**
 * @category services
 * @since 0.1.0
 */
export class Teams extends Context.Service<Teams, {
  /** Those that the actor may see, in the order in which they were made; of one member, if asked for. */
  readonly list: (
    query: Pagination.PageQuery & { readonly userId?: UserId | undefined }
  ) => Effect.Effect<Pagination.Page<Team>, InvalidInput, Acting>
  readonly get: (id: TeamId) => Effect.Effect<Team, NotFound, Acting>
  readonly create: (team: NewTeam) => Effect.Effect<Team, Conflict, Acting>
  readonly update: (
    id: TeamId,
    changes: TeamChanges,
    expectedRevision: number | undefined
  ) => Effect.Effect<Team, NotFound | Conflict | Forbidden | RevisionMismatch, Acting>
  /** Removes a team that no role was given for. */
  readonly remove: (
    id: TeamId,
    expectedRevision: number | undefined
  ) => Effect.Effect<void, NotFound | Conflict | Forbidden | RevisionMismatch, Acting>
  /** In the order in which the users were made. */
  readonly members: (
    id: TeamId,
    query: Pagination.PageQuery
  ) => Effect.Effect<Pagination.Page<TeamMember>, NotFound | InvalidInput, Acting>
  /** Puts a member in; it may be repeated. */
  readonly addMember: (
    id: TeamId,
    userId: UserId
  ) => Effect.Effect<void, NotFound | Forbidden, Acting>
  /** Takes a member out; it may be repeated. */
  readonly removeMember: (
    id: TeamId,
    userId: UserId
  ) => Effect.Effect<void, NotFound | Forbidden, Acting>
}>()("@wicara/core/Teams") {
  /** @since 0.1.0 */
  static readonly layerSql: Layer.Layer<
    Teams,
    never,
    SqlClient.SqlClient | AccessStore | MemberAccess | Events | Audit
  > = Layer.suspend(() => Layer.effect(Teams, make))
}

const make = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const store = yield* AccessStore
  const access = yield* MemberAccess
  const events = yield* Events
  const audit = yield* Audit

  const columns = sql.literal("id, name, description, revision, created_at, updated_at")

  const find = Effect.fnUntraced(function*(id: TeamId) {
    const organization = yield* CurrentOrganization
    const actor = yield* CurrentActor
    const [row] = yield* Effect.orDie(sql<TeamRow>`SELECT ${columns} FROM core_teams
      WHERE organization_id = ${Id.toBytes(organization.id)} AND id = ${Id.toBytes(id)}`)
    // What they may not see is not there.
    return row === undefined || !Permissions.can(actor, permissions.read, { teamId: id })
      ? yield* NotFound.of("team", id)
      : toTeam(row)
  })

  const taken = (name: string) => new Conflict({ detail: `There is a team "${name}" already.` })

  const told = Effect.fnUntraced(function*(
    action: "created" | "changed" | "removed",
    id: TeamId,
    before: Team | undefined,
    after: Team | undefined
  ) {
    yield* events.append(CoreEvents.teamChanged, { aggregateId: id, payload: { teamId: id, change: action } })
    yield* audit.record({
      action: `team.${action}`,
      target: { type: "team", id },
      ...(before === undefined ? {} : { before: { name: before.name, description: before.description } }),
      ...(after === undefined ? {} : { after: { name: after.name, description: after.description } })
    })
  })

  const membersOf = Effect.fnUntraced(function*(id: TeamId) {
    const organization = yield* CurrentOrganization
    const rows = yield* sql<{ readonly user_id: Uint8Array }>`SELECT user_id FROM core_team_members
      WHERE organization_id = ${Id.toBytes(organization.id)} AND team_id = ${Id.toBytes(id)}`
    return rows.map((row) => Id.fromBytes<UserId>(row.user_id))
  })

  const checkMember = Effect.fnUntraced(function*(userId: UserId) {
    const organization = yield* CurrentOrganization
    if (Option.isNone(yield* store.member(organization.id, userId))) return yield* NotFound.of("member", userId)
  })

  /** Puts the member in or takes them out, unless that is how it is. */
  const changeMembers = Effect.fnUntraced(function*(
    id: TeamId,
    userId: UserId,
    action: "joined" | "left",
    isMember: boolean
  ) {
    const organization = yield* CurrentOrganization
    const key = sql`organization_id = ${Id.toBytes(organization.id)} AND team_id = ${Id.toBytes(id)}
      AND user_id = ${Id.toBytes(userId)}`
    const [present] = yield* sql`SELECT user_id FROM core_team_members WHERE ${key}`
    if ((present !== undefined) === isMember) return
    yield* access.checkTeam(userId, id)
    if (isMember) {
      yield* insertIfAbsent(sql, "core_team_members", "user_id", [{
        organization_id: Id.toBytes(organization.id),
        team_id: Id.toBytes(id),
        user_id: Id.toBytes(userId),
        joined_at: yield* Clock.currentTimeMillis
      }])
    } else yield* sql`DELETE FROM core_team_members WHERE ${key}`
    yield* events.append(CoreEvents.teamMembersChanged, {
      aggregateId: id,
      payload: { teamId: id, userId, change: action }
    })
    yield* audit.record({ action: `team.member-${action}`, target: { type: "team", id }, after: { userId } })
  })

  return Teams.of({
    list: Effect.fn("Teams.list")(function*(query) {
      const organization = yield* CurrentOrganization
      const actor = yield* CurrentActor
      const after = yield* Pagination.position(TeamId, query)
      const limit = Pagination.limit(query)
      const reach = Permissions.reach(actor, permissions.read)
      const visible = reach === "all" ? undefined : [...new Set(reach.allow.flatMap(({ teamIds }) => teamIds ?? []))]
      if (visible?.length === 0 && reach !== "all" && !reach.allow.some(Scope.isEverywhere)) {
        return { data: [], nextCursor: null }
      }
      const filters = [
        sql`organization_id = ${Id.toBytes(organization.id)}`,
        ...(after === undefined ? [] : [sql`id > ${Id.toBytes(after)}`]),
        ...(reach === "all" || reach.allow.some(Scope.isEverywhere) || visible === undefined
          ? []
          : [sql.in("id", visible.map(Id.toBytes))]),
        ...(query.userId === undefined ? [] : [
          sql`id IN (SELECT team_id FROM core_team_members WHERE organization_id = ${Id.toBytes(organization.id)}
            AND user_id = ${Id.toBytes(query.userId)})`
        ])
      ]
      const rows = yield* Effect.orDie(varying(
        sql,
        sql<TeamRow>`SELECT ${columns} FROM core_teams WHERE ${sql.and(filters)}
          ORDER BY id LIMIT ${rowLimit(sql, limit + 1)}`
      ))
      const page = Pagination.page(rows.map(toTeam), limit, TeamId, (team) => team.id)
      return {
        ...page,
        data: page.data.filter((team) => Permissions.can(actor, permissions.read, { teamId: team.id }))
      }
    }),
    get: Effect.fn("Teams.get")(find),
    create: Effect.fn("Teams.create")(function*(input) {
      const organization = yield* CurrentOrganization
      const now = yield* Clock.currentTimeMillis
      const id = yield* Id.next(TeamId)
      const at = DateTime.makeUnsafe(now)
      const team = new Team({
        id,
        name: input.name,
        description: input.description ?? "",
        revision: 1,
        createdAt: at,
        updatedAt: at
      })
      yield* store.changing(
        organization.id,
        Effect.gen(function*() {
          yield* sql`INSERT INTO core_teams ${
            sql.insert({
              organization_id: Id.toBytes(organization.id),
              id: Id.toBytes(id),
              name: team.name,
              description: team.description,
              revision: 1,
              created_at: now,
              updated_at: now
            })
          }`.pipe(orUnique(() => taken(input.name)))
          yield* told("created", id, undefined, team)
        })
      )
      return team
    }),
    update: Effect.fn("Teams.update")(function*(id, changes, expectedRevision) {
      const organization = yield* CurrentOrganization
      const now = yield* Clock.currentTimeMillis
      return yield* store.changing(
        organization.id,
        Effect.gen(function*() {
          const before = yield* find(id)
          yield* Permissions.checkFor(permissions.write, { teamId: id })
          yield* Revision.check(expectedRevision, before.revision)
          const after = new Team({
            ...before,
            name: changes.name ?? before.name,
            description: changes.description ?? before.description,
            revision: before.revision + 1,
            updatedAt: DateTime.makeUnsafe(now)
          })
          yield* sql`UPDATE core_teams SET name = ${after.name}, description = ${after.description},
              revision = ${after.revision}, updated_at = ${now}
            WHERE organization_id = ${Id.toBytes(organization.id)} AND id = ${Id.toBytes(id)}`.pipe(
            orUnique(() => taken(after.name))
          )
          yield* told("changed", id, before, after)
          return after
        })
      )
    }),
    remove: Effect.fn("Teams.remove")(function*(id, expectedRevision) {
      const organization = yield* CurrentOrganization
      yield* store.changing(
        organization.id,
        orDieSql(Effect.gen(function*() {
          const before = yield* find(id)
          yield* Permissions.check(permissions.write)
          yield* Revision.check(expectedRevision, before.revision)
          const given = yield* sql`SELECT id FROM core_role_assignments
            WHERE organization_id = ${Id.toBytes(organization.id)} AND scope_id = ${Id.toBytes(id)} LIMIT 1`
          if (given.length > 0) {
            return yield* new Conflict({ detail: "Roles were given for this team; take them back first." })
          }
          for (const userId of yield* membersOf(id)) yield* changeMembers(id, userId, "left", false)
          yield* sql`DELETE FROM core_teams
            WHERE organization_id = ${Id.toBytes(organization.id)} AND id = ${Id.toBytes(id)}`
          yield* told("removed", id, before, undefined)
        }))
      )
    }),
    members: Effect.fn("Teams.members")(function*(id, query) {
      const organization = yield* CurrentOrganization
      yield* find(id)
      const after = yield* Pagination.position(UserId, query)
      const limit = Pagination.limit(query)
      const rows = yield* Effect.orDie(sql<TeamMemberRow>`SELECT t.user_id, u.email, u.name, t.joined_at
        FROM core_team_members t JOIN core_users u ON u.id = t.user_id
        WHERE t.organization_id = ${Id.toBytes(organization.id)} AND t.team_id = ${Id.toBytes(id)}
        ${after === undefined ? sql.literal("") : sql`AND t.user_id > ${Id.toBytes(after)}`}
        ORDER BY t.user_id LIMIT ${rowLimit(sql, limit + 1)}`)
      return Pagination.page(rows.map(toTeamMember), limit, UserId, ({ userId }) => userId)
    }),
    addMember: Effect.fn("Teams.addMember")(function*(id, userId) {
      const organization = yield* CurrentOrganization
      yield* store.changing(
        organization.id,
        orDieSql(Effect.gen(function*() {
          yield* find(id)
          yield* Permissions.checkFor(permissions.write, { teamId: id })
          yield* checkMember(userId)
          yield* changeMembers(id, userId, "joined", true)
        }))
      )
    }),
    removeMember: Effect.fn("Teams.removeMember")(function*(id, userId) {
      const organization = yield* CurrentOrganization
      yield* store.changing(
        organization.id,
        orDieSql(Effect.gen(function*() {
          yield* find(id)
          yield* Permissions.checkFor(permissions.write, { teamId: id })
          yield* checkMember(userId)
          yield* changeMembers(id, userId, "left", false)
        }))
      )
    })
  })
})

interface TeamRow {
  readonly id: Uint8Array
  readonly name: string
  readonly description: string
  readonly revision: unknown
  readonly created_at: unknown
  readonly updated_at: unknown
}

interface TeamMemberRow {
  readonly user_id: Uint8Array
  readonly email: string
  readonly name: string
  readonly joined_at: unknown
}

const toTeam = (row: TeamRow): Team =>
  new Team({
    id: Id.fromBytes<TeamId>(row.id),
    name: row.name,
    description: row.description,
    revision: Number(row.revision),
    createdAt: DateTime.makeUnsafe(Number(row.created_at)),
    updatedAt: DateTime.makeUnsafe(Number(row.updated_at))
  })

const toTeamMember = (row: TeamMemberRow): TeamMember =>
  new TeamMember({
    userId: Id.fromBytes<UserId>(row.user_id),
    email: row.email,
    name: row.name,
    joinedAt: DateTime.makeUnsafe(Number(row.joined_at))
  })
