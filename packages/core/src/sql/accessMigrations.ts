/**
 * The tables of roles, permission groups, what members were given, teams and agents.
 *
 * @since 0.1.0
 */
import { createIndex } from "../Migrations.ts"
import type { Migration } from "../Migrations.ts"

/**
 * @category migrations
 * @since 0.1.0
 */
export const accessMigrations: ReadonlyArray<Migration> = [
  {
    name: "core_roles",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS core_roles (
        organization_id ${types.id} NOT NULL,
        role_key ${types.text(63)} NOT NULL,
        name ${types.text(120)} NOT NULL,
        description ${types.text(500)} NOT NULL,
        inherits ${types.longText} NOT NULL,
        rules ${types.longText} NOT NULL,
        revision INTEGER NOT NULL,
        created_at ${types.instant} NOT NULL,
        updated_at ${types.instant} NOT NULL,
        PRIMARY KEY (organization_id, role_key),
        FOREIGN KEY (organization_id) REFERENCES core_organizations (id)
      ) ${types.tableOptions}`
  },
  {
    name: "core_permission_groups",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS core_permission_groups (
        organization_id ${types.id} NOT NULL,
        group_key ${types.text(63)} NOT NULL,
        name ${types.text(120)} NOT NULL,
        description ${types.text(500)} NOT NULL,
        parent_key ${types.text(63)},
        permissions ${types.longText} NOT NULL,
        revision INTEGER NOT NULL,
        created_at ${types.instant} NOT NULL,
        updated_at ${types.instant} NOT NULL,
        PRIMARY KEY (organization_id, group_key),
        FOREIGN KEY (organization_id) REFERENCES core_organizations (id)
      ) ${types.tableOptions}`
  },
  {
    name: "core_teams",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS core_teams (
        organization_id ${types.id} NOT NULL,
        id ${types.id} NOT NULL,
        name ${types.text(120)} NOT NULL,
        description ${types.text(500)} NOT NULL,
        revision INTEGER NOT NULL,
        created_at ${types.instant} NOT NULL,
        updated_at ${types.instant} NOT NULL,
        PRIMARY KEY (organization_id, id),
        FOREIGN KEY (organization_id) REFERENCES core_organizations (id)
      ) ${types.tableOptions}`
  },
  createIndex({ name: "core_teams_name", table: "core_teams", columns: ["organization_id", "name"], unique: true }),
  {
    name: "core_team_members",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS core_team_members (
        organization_id ${types.id} NOT NULL,
        team_id ${types.id} NOT NULL,
        user_id ${types.id} NOT NULL,
        joined_at ${types.instant} NOT NULL,
        PRIMARY KEY (organization_id, team_id, user_id),
        FOREIGN KEY (organization_id, team_id) REFERENCES core_teams (organization_id, id),
        FOREIGN KEY (organization_id, user_id) REFERENCES core_memberships (organization_id, user_id)
      ) ${types.tableOptions}`
  },
  createIndex({
    name: "core_team_members_user",
    table: "core_team_members",
    columns: ["organization_id", "user_id", "team_id"]
  }),
  {
    name: "core_role_assignments",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS core_role_assignments (
        organization_id ${types.id} NOT NULL,
        id ${types.id} NOT NULL,
        user_id ${types.id} NOT NULL,
        role_key ${types.text(63)} NOT NULL,
        scope_kind ${types.text(16)} NOT NULL,
        scope_id ${types.id},
        valid_from ${types.instant},
        valid_until ${types.instant},
        reason ${types.text(500)},
        created_by ${types.longText} NOT NULL,
        created_at ${types.instant} NOT NULL,
        PRIMARY KEY (organization_id, id),
        FOREIGN KEY (organization_id, user_id) REFERENCES core_memberships (organization_id, user_id)
      ) ${types.tableOptions}`
  },
  createIndex({
    name: "core_role_assignments_user",
    table: "core_role_assignments",
    columns: ["organization_id", "user_id", "id"]
  }),
  createIndex({
    name: "core_role_assignments_role",
    table: "core_role_assignments",
    columns: ["organization_id", "role_key", "id"]
  }),
  createIndex({
    name: "core_role_assignments_scope",
    table: "core_role_assignments",
    columns: ["organization_id", "scope_id"]
  }),
  createIndex({
    name: "core_memberships_role",
    table: "core_memberships",
    columns: ["organization_id", "role"]
  }),
  {
    name: "core_agent_profiles",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS core_agent_profiles (
        organization_id ${types.id} NOT NULL,
        user_id ${types.id} NOT NULL,
        skills ${types.longText} NOT NULL,
        languages ${types.longText} NOT NULL,
        capacity INTEGER,
        availability ${types.text(16)} NOT NULL,
        availability_changed_at ${types.instant} NOT NULL,
        revision INTEGER NOT NULL,
        updated_at ${types.instant} NOT NULL,
        PRIMARY KEY (organization_id, user_id),
        FOREIGN KEY (organization_id, user_id) REFERENCES core_memberships (organization_id, user_id)
      ) ${types.tableOptions}`
  }
]
