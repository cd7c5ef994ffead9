/**
 * The tables of settings, platform administrators, deletions, invitations and modules.
 *
 * @since 0.1.0
 */
import { createIndex } from "../Migrations.ts"
import type { Migration } from "../Migrations.ts"

/**
 * @category migrations
 * @since 0.1.0
 */
export const organizationMigrations: ReadonlyArray<Migration> = [
  {
    name: "core_settings",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS core_settings (
        organization_id ${types.id} NOT NULL,
        setting_key ${types.text(120)} NOT NULL,
        value ${types.longText} NOT NULL,
        changed_at ${types.instant} NOT NULL,
        PRIMARY KEY (organization_id, setting_key)
      ) ${types.clustered}`
  },
  {
    name: "core_platform_settings",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS core_platform_settings (
        setting_key ${types.text(120)} NOT NULL PRIMARY KEY,
        value ${types.longText} NOT NULL,
        changed_at ${types.instant} NOT NULL
      ) ${types.tableOptions}`
  },
  {
    name: "core_platform_admins",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS core_platform_admins (
        user_id ${types.id} NOT NULL PRIMARY KEY,
        granted_by ${types.longText} NOT NULL,
        granted_at ${types.instant} NOT NULL,
        FOREIGN KEY (user_id) REFERENCES core_users (id)
      ) ${types.tableOptions}`
  },
  {
    // No foreign key: the receipt outlives the organization. `is_open` is 1 until the deletion was cancelled or done,
    // then NULL, so that there is one at a time.
    name: "core_deletions",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS core_deletions (
        organization_id ${types.id} NOT NULL,
        id ${types.id} NOT NULL,
        is_open SMALLINT,
        state ${types.text(16)} NOT NULL,
        reason ${types.longText},
        requested_by ${types.longText} NOT NULL,
        requested_at ${types.instant} NOT NULL,
        due_at ${types.instant} NOT NULL,
        previous_status ${types.text(16)} NOT NULL,
        pseudonym_key ${types.digest},
        erasure_cursor ${types.longText},
        erased ${types.longText} NOT NULL,
        erasing_since ${types.instant},
        ended_at ${types.instant},
        PRIMARY KEY (organization_id, id)
      ) ${types.tableOptions}`
  },
  createIndex({
    name: "core_deletions_open",
    table: "core_deletions",
    columns: ["organization_id", "is_open"],
    unique: true
  }),
  createIndex({ name: "core_deletions_due", table: "core_deletions", columns: ["is_open", "due_at"] }),
  {
    // `is_open` is 1 while it can be accepted or has merely expired, then NULL: one invitation of an address at a time.
    name: "core_invitations",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS core_invitations (
        organization_id ${types.id} NOT NULL,
        id ${types.id} NOT NULL,
        is_open SMALLINT,
        email ${types.text(190)} NOT NULL,
        role ${types.text(63)} NOT NULL,
        token_hash ${types.digest} NOT NULL,
        state ${types.text(16)} NOT NULL,
        invited_by ${types.longText} NOT NULL,
        sends INTEGER NOT NULL,
        created_at ${types.instant} NOT NULL,
        sent_at ${types.instant} NOT NULL,
        expires_at ${types.instant} NOT NULL,
        ended_at ${types.instant},
        PRIMARY KEY (organization_id, id),
        FOREIGN KEY (organization_id) REFERENCES core_organizations (id)
      ) ${types.tableOptions}`
  },
  createIndex({
    name: "core_invitations_open",
    table: "core_invitations",
    columns: ["organization_id", "email", "is_open"],
    unique: true
  }),
  createIndex({ name: "core_invitations_token", table: "core_invitations", columns: ["token_hash"], unique: true }),
  {
    name: "core_module_states",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS core_module_states (
        organization_id ${types.id} NOT NULL,
        module_id ${types.text(63)} NOT NULL,
        enabled SMALLINT NOT NULL,
        changed_at ${types.instant} NOT NULL,
        PRIMARY KEY (organization_id, module_id)
      ) ${types.clustered}`
  },
  {
    name: "core_schedules",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS core_schedules (
        name ${types.text(120)} NOT NULL PRIMARY KEY,
        paused SMALLINT NOT NULL,
        last_run_at ${types.instant},
        next_run_at ${types.instant} NOT NULL
      ) ${types.tableOptions}`
  }
]
