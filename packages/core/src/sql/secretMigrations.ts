/**
 * The table of wrapped data keys.
 *
 * @since 0.1.0
 */
import type { Migration } from "../Migrations.ts"

/**
 * @category migrations
 * @since 0.1.0
 */
export const secretMigrations: ReadonlyArray<Migration> = [
  {
    name: "core_data_keys",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS core_data_keys (
        organization_id ${types.id} NOT NULL,
        version INTEGER NOT NULL,
        master_key_id ${types.text(190)} NOT NULL,
        wrapped ${types.text(255)} NOT NULL,
        created_at ${types.instant} NOT NULL,
        PRIMARY KEY (organization_id, version)
      ) ${types.tableOptions}`
  }
]

/**
 * @category migrations
 * @since 0.1.0
 */
export const wrappedKeyMigrations: ReadonlyArray<Migration> = [
  {
    // A key management service's wrapped keys may be longer than those made here.
    name: "core_data_keys_wrapped_length",
    run: (sql) =>
      sql.onDialectOrElse({
        mysql: () => sql`ALTER TABLE core_data_keys MODIFY COLUMN wrapped VARCHAR(8192) NOT NULL`,
        orElse: () => sql`SELECT 1`
      })
  }
]
