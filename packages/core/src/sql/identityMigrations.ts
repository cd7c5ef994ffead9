/**
 * The tables of organizations, users, memberships, sessions and API keys.
 *
 * @since 0.1.0
 */
import { createIndex } from "../Migrations.ts"
import type { Migration } from "../Migrations.ts"

/**
 * @category migrations
 * @since 0.1.0
 */
export const identityMigrations: ReadonlyArray<Migration> = [
  {
    name: "core_organizations",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS core_organizations (
        id ${types.id} NOT NULL PRIMARY KEY,
        name ${types.text(120)} NOT NULL,
        slug ${types.text(63)} NOT NULL,
        timezone ${types.text(64)} NOT NULL,
        locale ${types.text(35)} NOT NULL,
        status ${types.text(16)} NOT NULL,
        membership_version BIGINT NOT NULL,
        created_at ${types.instant} NOT NULL
      ) ${types.tableOptions}`
  },
  createIndex({ name: "core_organizations_slug", table: "core_organizations", columns: ["slug"], unique: true }),
  {
    name: "core_users",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS core_users (
        id ${types.id} NOT NULL PRIMARY KEY,
        email ${types.text(190)} NOT NULL,
        name ${types.text(120)} NOT NULL,
        password_hash ${types.text(255)},
        status ${types.text(16)} NOT NULL,
        created_at ${types.instant} NOT NULL
      ) ${types.tableOptions}`
  },
  createIndex({ name: "core_users_email", table: "core_users", columns: ["email"], unique: true }),
  {
    name: "core_memberships",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS core_memberships (
        organization_id ${types.id} NOT NULL,
        user_id ${types.id} NOT NULL,
        role ${types.text(63)} NOT NULL,
        status ${types.text(16)} NOT NULL,
        created_at ${types.instant} NOT NULL,
        PRIMARY KEY (organization_id, user_id),
        FOREIGN KEY (organization_id) REFERENCES core_organizations (id),
        FOREIGN KEY (user_id) REFERENCES core_users (id)
      ) ${types.tableOptions}`
  },
  createIndex({ name: "core_memberships_user", table: "core_memberships", columns: ["user_id", "organization_id"] }),
  {
    name: "core_sessions",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS core_sessions (
        id ${types.id} NOT NULL PRIMARY KEY,
        token_hash ${types.digest} NOT NULL,
        user_id ${types.id} NOT NULL,
        organization_id ${types.id} NOT NULL,
        ip ${types.text(64)},
        user_agent ${types.text(255)},
        created_at ${types.instant} NOT NULL,
        last_seen_at ${types.instant} NOT NULL,
        expires_at ${types.instant} NOT NULL
      ) ${types.tableOptions}`
  },
  createIndex({ name: "core_sessions_token", table: "core_sessions", columns: ["token_hash"], unique: true }),
  createIndex({ name: "core_sessions_user", table: "core_sessions", columns: ["user_id", "id"] }),
  createIndex({ name: "core_sessions_expiry", table: "core_sessions", columns: ["expires_at"] }),
  {
    // By the digest of the address, so that addresses without an account are counted like the others and not stored.
    name: "core_login_attempts",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS core_login_attempts (
        account ${types.digest} NOT NULL PRIMARY KEY,
        attempts INTEGER NOT NULL,
        window_ends_at ${types.instant} NOT NULL
      ) ${types.tableOptions}`
  },
  createIndex({ name: "core_login_attempts_window", table: "core_login_attempts", columns: ["window_ends_at"] }),
  {
    name: "core_api_keys",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS core_api_keys (
        organization_id ${types.id} NOT NULL,
        id ${types.id} NOT NULL,
        name ${types.text(120)} NOT NULL,
        key_start ${types.text(16)} NOT NULL,
        key_hash ${types.digest} NOT NULL,
        scopes ${types.longText} NOT NULL,
        created_by ${types.longText} NOT NULL,
        created_by_user ${types.id},
        created_at ${types.instant} NOT NULL,
        expires_at ${types.instant},
        last_used_at ${types.instant},
        revoked_at ${types.instant},
        PRIMARY KEY (organization_id, id),
        FOREIGN KEY (organization_id) REFERENCES core_organizations (id)
      ) ${types.tableOptions}`
  },
  createIndex({ name: "core_api_keys_hash", table: "core_api_keys", columns: ["key_hash"], unique: true }),
  {
    // No foreign key: the log outlives what it tells of.
    name: "core_audit",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS core_audit (
        organization_id ${types.id} NOT NULL,
        id ${types.id} NOT NULL,
        actor ${types.longText} NOT NULL,
        action ${types.text(120)} NOT NULL,
        target_type ${types.text(63)} NOT NULL,
        target_id ${types.text(190)} NOT NULL,
        value_before ${types.longText},
        value_after ${types.longText},
        request_id ${types.text(120)},
        at ${types.instant} NOT NULL,
        PRIMARY KEY (organization_id, id)
      ) ${types.clustered}`
  }
]
