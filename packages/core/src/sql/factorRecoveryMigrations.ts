/**
 * The tables of recoveries of a lost second factor: one of the account, one of the organizations that decide.
 *
 * @since 0.1.0
 */
import { createIndex } from "../Migrations.ts"
import type { Migration } from "../Migrations.ts"

/**
 * @category migrations
 * @since 0.1.0
 */
export const factorRecoveryMigrations: ReadonlyArray<Migration> = [
  {
    // `is_open` is 1 or null, so that one unique index allows one that is open and any number that are over.
    name: "core_factor_recoveries",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS core_factor_recoveries (
        id ${types.id} NOT NULL PRIMARY KEY,
        user_id ${types.id} NOT NULL,
        is_open SMALLINT,
        state ${types.text(16)} NOT NULL,
        requested_at ${types.instant} NOT NULL,
        expires_at ${types.instant} NOT NULL,
        due_at ${types.instant},
        ended_at ${types.instant},
        ip ${types.text(64)},
        user_agent ${types.text(255)},
        credentials_changed_at ${types.instant},
        by_platform SMALLINT NOT NULL,
        FOREIGN KEY (user_id) REFERENCES core_users (id)
      ) ${types.tableOptions}`
  },
  createIndex({
    name: "core_factor_recoveries_open",
    table: "core_factor_recoveries",
    columns: ["user_id", "is_open"],
    unique: true
  }),
  createIndex({
    name: "core_factor_recoveries_due",
    table: "core_factor_recoveries",
    columns: ["is_open", "requested_at"]
  }),
  {
    name: "core_factor_recovery_approvals",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS core_factor_recovery_approvals (
        organization_id ${types.id} NOT NULL,
        recovery_id ${types.id} NOT NULL,
        approved_by ${types.longText} NOT NULL,
        identified_by ${types.text(500)} NOT NULL,
        approved_at ${types.instant} NOT NULL,
        PRIMARY KEY (organization_id, recovery_id),
        FOREIGN KEY (recovery_id) REFERENCES core_factor_recoveries (id)
      ) ${types.tableOptions}`
  },
  createIndex({
    name: "core_factor_recovery_approvals_of",
    table: "core_factor_recovery_approvals",
    columns: ["recovery_id"]
  })
]
