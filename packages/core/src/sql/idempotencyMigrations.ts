/**
 * The table of answers given to requests with an idempotency key.
 *
 * @since 0.1.0
 */
import { createIndex } from "../Migrations.ts"
import type { Migration } from "../Migrations.ts"

/**
 * @category migrations
 * @since 0.1.0
 */
export const idempotencyMigrations: ReadonlyArray<Migration> = [
  {
    name: "core_idempotency",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS core_idempotency (
        organization_id ${types.id} NOT NULL,
        key_hash ${types.digest} NOT NULL,
        fingerprint ${types.digest} NOT NULL,
        lease_id ${types.id} NOT NULL,
        lease_until ${types.instant} NOT NULL,
        expires_at ${types.instant} NOT NULL,
        status INTEGER,
        content_type ${types.text(120)},
        body ${types.bytes},
        PRIMARY KEY (organization_id, key_hash)
      ) ${types.tableOptions}`
  },
  createIndex({ name: "core_idempotency_expiry", table: "core_idempotency", columns: ["expires_at"] })
]
