/**
 * The tables of rate limits, their violations and the senders that are kept out.
 *
 * @since 0.1.0
 */
import { createIndex } from "../Migrations.ts"
import type { Migration } from "../Migrations.ts"

/**
 * @category migrations
 * @since 0.1.0
 */
export const limitMigrations: ReadonlyArray<Migration> = [
  {
    // `used_until` in microseconds of the database server's clock.
    name: "core_rate_limits",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS core_rate_limits (
        bucket ${types.digest} NOT NULL PRIMARY KEY,
        used_until BIGINT NOT NULL
      ) ${types.clustered}`
  },
  createIndex({ name: "core_rate_limits_until", table: "core_rate_limits", columns: ["used_until"] }),
  {
    // An address belongs to no organization: its rows have the id of zeros.
    name: "core_rate_limit_violations",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS core_rate_limit_violations (
        organization_id ${types.id} NOT NULL,
        id ${types.id} NOT NULL,
        scope ${types.text(32)} NOT NULL,
        subject ${types.text(190)} NOT NULL,
        rate_limit INTEGER NOT NULL,
        window_millis BIGINT NOT NULL,
        refused BIGINT NOT NULL,
        first_at ${types.instant} NOT NULL,
        last_at ${types.instant} NOT NULL,
        PRIMARY KEY (organization_id, id)
      ) ${types.clustered}`
  },
  createIndex({
    name: "core_rate_limit_violations_subject",
    table: "core_rate_limit_violations",
    columns: ["organization_id", "scope", "subject", "last_at"]
  }),
  createIndex({
    name: "core_rate_limit_violations_last",
    table: "core_rate_limit_violations",
    columns: ["last_at"]
  }),
  {
    name: "core_blocks",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS core_blocks (
        organization_id ${types.id} NOT NULL,
        id ${types.id} NOT NULL,
        scope ${types.text(32)} NOT NULL,
        subject ${types.text(190)} NOT NULL,
        reason ${types.text(255)} NOT NULL,
        created_at ${types.instant} NOT NULL,
        expires_at ${types.instant},
        PRIMARY KEY (organization_id, id)
      ) ${types.tableOptions}`
  },
  createIndex({ name: "core_blocks_expiry", table: "core_blocks", columns: ["expires_at"] })
]
