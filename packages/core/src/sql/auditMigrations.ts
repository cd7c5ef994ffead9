/**
 * The chain of the audit log, and from where its records come.
 *
 * @since 0.1.0
 */
import { addColumn, createIndex } from "../Migrations.ts"
import type { Migration } from "../Migrations.ts"

const table = "core_audit"

/**
 * @category migrations
 * @since 0.1.0
 */
export const auditMigrations: ReadonlyArray<Migration> = [
  addColumn({ name: "core_audit_sequence", table, column: "sequence", type: (types) => types.instant }),
  addColumn({ name: "core_audit_content_hash", table, column: "content_hash", type: (types) => types.digest }),
  addColumn({ name: "core_audit_hash", table, column: "hash", type: (types) => types.digest }),
  addColumn({ name: "core_audit_actor_id", table, column: "actor_id", type: (types) => types.text(190) }),
  addColumn({ name: "core_audit_address", table, column: "address", type: (types) => types.text(64) }),
  addColumn({ name: "core_audit_user_agent", table, column: "user_agent", type: (types) => types.text(255) }),
  addColumn({
    name: "core_audit_erased",
    table,
    column: "erased",
    type: (_types, sql) => sql.literal("SMALLINT NOT NULL DEFAULT 0")
  }),
  createIndex({ name: "core_audit_chain", table, columns: ["organization_id", "sequence"], unique: true }),
  createIndex({ name: "core_audit_target", table, columns: ["organization_id", "target_type", "target_id", "id"] }),
  createIndex({ name: "core_audit_by_actor", table, columns: ["organization_id", "actor_id", "id"] }),
  createIndex({ name: "core_audit_by_action", table, columns: ["organization_id", "action", "id"] }),
  {
    // The end of each organization's chain, which whoever adds to it holds until the end of their transaction.
    name: "core_audit_heads",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS core_audit_heads (
        organization_id ${types.id} NOT NULL PRIMARY KEY,
        sequence BIGINT NOT NULL,
        hash ${types.digest} NOT NULL
      ) ${types.tableOptions}`
  }
]
