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
    name: "create_idempotency",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS core_idempotency (
        organization_id ${types.id} NOT NULL,
        key_hash ${types.text(64)} NOT NULL,
        fingerprint ${types.text(64)} NOT NULL,
        status INTEGER NOT NULL,
        content_type ${types.text(190)} NOT NULL,
        body ${types.bytes} NOT NULL,
        created_at ${types.instant} NOT NULL,
        PRIMARY KEY (organization_id, key_hash)
      ) ${types.tableOptions}`
  },
  createIndex({ name: "core_idempotency_age", table: "core_idempotency", columns: ["created_at"] })
]
