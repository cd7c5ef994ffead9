/**
 * Roles, permission groups and assignments in SQL.
 *
 * @since 0.1.0
 */
import { Effect, Layer, Option, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { AccessStore } from "../AccessStore.ts"
import type { StoredAssignment, StoredGroup, StoredMember, StoredRole } from "../AccessStore.ts"
import * as Id from "../Id.ts"
import { PermissionPattern } from "../PermissionGroup.ts"
import { RoleKey } from "../Membership.ts"
import { RoleRule } from "../Role.ts"
import type { Scope } from "../Scope.ts"
import { orDieSql, rowLimit, transaction } from "../Sql.ts"
import { Actor } from "../Tenancy.ts"
import type { OrganizationId } from "../Tenancy.ts"

const Keys = Schema.fromJsonString(Schema.Array(RoleKey))
const Rules = Schema.fromJsonString(Schema.Array(RoleRule))
const Patterns = Schema.fromJsonString(Schema.Array(PermissionPattern))
const ActorJson = Schema.fromJsonString(Actor)

const encodeKeys = Schema.encodeSync(Keys)
const decodeKeys = Schema.decodeUnknownSync(Keys)
const encodeRules = Schema.encodeSync(Rules)
const decodeRules = Schema.decodeUnknownSync(Rules)
const encodePatterns = Schema.encodeSync(Patterns)
const decodePatterns = Schema.decodeUnknownSync(Patterns)
const encodeActor = Schema.encodeSync(ActorJson)
const decodeActor = Schema.decodeUnknownSync(ActorJson)

/**
 * @category layers
 * @since 0.1.0
 */
export const layer: Layer.Layer<AccessStore, never, SqlClient.SqlClient> = Layer.effect(
  AccessStore,
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient

    const assignmentColumns = sql.literal(
      "id, user_id, role_key, scope_kind, scope_id, valid_from, valid_until, reason, created_by, created_at"
    )

    /** Updates the row with the key; inserts it when there is none. Within `changing` nobody is in between. */
    const upsert = (
      table: string,
      keyColumn: string,
      organizationId: OrganizationId,
      key: string,
      changing: Record<string, unknown>,
      fixed: Record<string, unknown>
    ) =>
      Effect.gen(function*() {
        const where = sql`organization_id = ${Id.toBytes(organizationId)} AND ${sql(keyColumn)} = ${key}`
        const [existing] = yield* sql`SELECT revision FROM ${sql(table)} WHERE ${where}`
        yield* existing === undefined
          ? sql`INSERT INTO ${sql(table)} ${
            sql.insert(
              { organization_id: Id.toBytes(organizationId), [keyColumn]: key, ...changing, ...fixed } as never
            )
          }`
          : sql`UPDATE ${sql(table)} SET ${sql.update(changing as never)} WHERE ${where}`
      })

    return AccessStore.of({
      changing: (organizationId, change) =>
        orDieSql(transaction(
          sql,
          Effect.andThen(
            sql`UPDATE core_organizations SET membership_version = membership_version + 1
              WHERE id = ${Id.toBytes(organizationId)}`,
            change
          )
        )),
      version: (organizationId) =>
        Effect.orDie(Effect.map(
          sql<{ readonly version: unknown }>`SELECT membership_version AS version FROM core_organizations
            WHERE id = ${Id.toBytes(organizationId)}`,
          ([row]) => Number(row?.version ?? 0)
        )),
      roles: (organizationId) =>
        Effect.orDie(Effect.map(
          sql<RoleRow>`SELECT role_key, name, description, inherits, rules, revision, updated_at FROM core_roles
            WHERE organization_id = ${Id.toBytes(organizationId)} ORDER BY role_key`,
          (rows) => rows.map(toRole)
        )),
      saveRole: (organizationId, role) =>
        Effect.orDie(upsert("core_roles", "role_key", organizationId, role.key, {
          name: role.name,
          description: role.description,
          inherits: encodeKeys(role.inherits),
          rules: encodeRules(role.rules),
          revision: role.revision,
          updated_at: role.updatedAt
        }, { created_at: role.updatedAt })),
      removeRole: (organizationId, key) =>
        Effect.orDie(Effect.asVoid(sql`DELETE FROM core_roles
          WHERE organization_id = ${Id.toBytes(organizationId)} AND role_key = ${key}`)),
      isRoleUsed: (organizationId, key) =>
        Effect.orDie(Effect.gen(function*() {
          const members = yield* sql`SELECT user_id FROM core_memberships
            WHERE organization_id = ${Id.toBytes(organizationId)} AND role = ${key} LIMIT 1`
          if (members.length > 0) return true
          const given = yield* sql`SELECT id FROM core_role_assignments
            WHERE organization_id = ${Id.toBytes(organizationId)} AND role_key = ${key} LIMIT 1`
          return given.length > 0
        })),
      groups: (organizationId) =>
        Effect.orDie(Effect.map(
          sql<GroupRow>`SELECT group_key, name, description, parent_key, permissions, revision, updated_at
            FROM core_permission_groups WHERE organization_id = ${Id.toBytes(organizationId)} ORDER BY group_key`,
          (rows) => rows.map(toGroup)
        )),
      saveGroup: (organizationId, group) =>
        Effect.orDie(upsert("core_permission_groups", "group_key", organizationId, group.key, {
          name: group.name,
          description: group.description,
          parent_key: group.parentKey,
          permissions: encodePatterns(group.permissions),
          revision: group.revision,
          updated_at: group.updatedAt
        }, { created_at: group.updatedAt })),
      removeGroup: (organizationId, key) =>
        Effect.orDie(Effect.asVoid(sql`DELETE FROM core_permission_groups
          WHERE organization_id = ${Id.toBytes(organizationId)} AND group_key = ${key}`)),
      hasTeam: (organizationId, id) =>
        Effect.orDie(Effect.map(
          sql`SELECT id FROM core_teams WHERE organization_id = ${Id.toBytes(organizationId)} AND id = ${
            Id.toBytes(id)
          }`,
          (rows) => rows.length > 0
        )),
      member: (organizationId, userId) =>
        Effect.orDie(Effect.gen(function*() {
          const [member] = yield* sql<{ readonly role: string; readonly status: string }>`
            SELECT role, status FROM core_memberships
            WHERE organization_id = ${Id.toBytes(organizationId)} AND user_id = ${Id.toBytes(userId)}`
          if (member === undefined) return Option.none()
          const teams = yield* sql<{ readonly team_id: Uint8Array }>`SELECT team_id FROM core_team_members
            WHERE organization_id = ${Id.toBytes(organizationId)} AND user_id = ${Id.toBytes(userId)} ORDER BY team_id`
          const assignments = yield* sql<AssignmentRow>`SELECT ${assignmentColumns} FROM core_role_assignments
            WHERE organization_id = ${Id.toBytes(organizationId)} AND user_id = ${Id.toBytes(userId)} ORDER BY id`
          return Option.some<StoredMember>({
            role: member.role,
            status: member.status === "active" ? "active" : "suspended",
            teamIds: teams.map((row) => Id.fromBytes(row.team_id)),
            assignments: assignments.map(toAssignment)
          })
        })),
      assignments: (organizationId, query) =>
        Effect.orDie(Effect.map(
          sql<AssignmentRow>`SELECT ${assignmentColumns} FROM core_role_assignments WHERE ${
            sql.and([
              sql`organization_id = ${Id.toBytes(organizationId)}`,
              ...(query.userId === undefined ? [] : [sql`user_id = ${Id.toBytes(query.userId)}`]),
              ...(query.role === undefined ? [] : [sql`role_key = ${query.role}`]),
              ...(query.after === undefined ? [] : [sql`id > ${Id.toBytes(query.after)}`])
            ])
          } ORDER BY id LIMIT ${rowLimit(sql, query.limit)}`,
          (rows) => rows.map(toAssignment)
        )),
      assignment: (organizationId, id) =>
        Effect.orDie(Effect.map(
          sql<AssignmentRow>`SELECT ${assignmentColumns} FROM core_role_assignments
            WHERE organization_id = ${Id.toBytes(organizationId)} AND id = ${Id.toBytes(id)}`,
          ([row]) => row === undefined ? Option.none() : Option.some(toAssignment(row))
        )),
      addAssignment: (organizationId, assignment) =>
        Effect.orDie(Effect.asVoid(sql`INSERT INTO core_role_assignments ${
          sql.insert({
            organization_id: Id.toBytes(organizationId),
            id: Id.toBytes(assignment.assignmentId),
            user_id: Id.toBytes(assignment.userId),
            role_key: assignment.role,
            scope_kind: assignment.scope._tag,
            scope_id: scopeId(assignment.scope),
            valid_from: assignment.validFrom,
            valid_until: assignment.validUntil,
            reason: assignment.reason,
            created_by: encodeActor(assignment.createdBy),
            created_at: assignment.createdAt
          })
        }`)),
      removeAssignment: (organizationId, id) =>
        Effect.orDie(Effect.asVoid(sql`DELETE FROM core_role_assignments
          WHERE organization_id = ${Id.toBytes(organizationId)} AND id = ${Id.toBytes(id)}`))
    })
  })
)

interface RoleRow {
  readonly role_key: string
  readonly name: string
  readonly description: string
  readonly inherits: string
  readonly rules: string
  readonly revision: unknown
  readonly updated_at: unknown
}

interface GroupRow {
  readonly group_key: string
  readonly name: string
  readonly description: string
  readonly parent_key: string | null
  readonly permissions: string
  readonly revision: unknown
  readonly updated_at: unknown
}

interface AssignmentRow {
  readonly id: Uint8Array
  readonly user_id: Uint8Array
  readonly role_key: string
  readonly scope_kind: string
  readonly scope_id: Uint8Array | null
  readonly valid_from: unknown
  readonly valid_until: unknown
  readonly reason: string | null
  readonly created_by: string
  readonly created_at: unknown
}

const toRole = (row: RoleRow): StoredRole => ({
  key: row.role_key,
  name: row.name,
  description: row.description,
  inherits: decodeKeys(row.inherits),
  rules: decodeRules(row.rules),
  revision: Number(row.revision),
  updatedAt: Number(row.updated_at)
})

const toGroup = (row: GroupRow): StoredGroup => ({
  key: row.group_key,
  name: row.name,
  description: row.description,
  parentKey: row.parent_key,
  permissions: decodePatterns(row.permissions),
  revision: Number(row.revision),
  updatedAt: Number(row.updated_at)
})

const scopeId = (scope: Scope): Uint8Array | null =>
  scope._tag === "Team"
    ? Id.toBytes(scope.teamId)
    : scope._tag === "ChannelAccount"
    ? Id.toBytes(scope.channelAccountId)
    : null

const toScope = (kind: string, id: Uint8Array | null): Scope => {
  if (kind === "Team" && id !== null) return { _tag: "Team", teamId: Id.fromBytes(id) }
  if (kind === "ChannelAccount" && id !== null) return { _tag: "ChannelAccount", channelAccountId: Id.fromBytes(id) }
  return kind === "Organization" ? { _tag: "Organization" } : { _tag: "Own" }
}

const toAssignment = (row: AssignmentRow): StoredAssignment => ({
  assignmentId: Id.fromBytes(row.id),
  userId: Id.fromBytes(row.user_id),
  role: row.role_key,
  scope: toScope(row.scope_kind, row.scope_id),
  validFrom: row.valid_from === null ? null : Number(row.valid_from),
  validUntil: row.valid_until === null ? null : Number(row.valid_until),
  reason: row.reason,
  createdBy: decodeActor(row.created_by),
  createdAt: Number(row.created_at)
})
