/**
 * The table of the add-ons that are, or once were, installed, what tells machine users from people, and the addresses
 * of organizations that are gone.
 *
 * @since 0.1.0
 */
import { addColumn, createIndex } from "../Migrations.ts"
import type { Migration } from "../Migrations.ts"

/**
 * @category migrations
 * @since 0.1.0
 */
export const addonMigrations: ReadonlyArray<Migration> = [
  {
    // `declared` is what it said of its tables; `kept_at` when somebody decided to keep them after it was removed.
    name: "core_addons",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS core_addons (
        id ${types.text(63)} NOT NULL PRIMARY KEY,
        name ${types.text(120)} NOT NULL,
        version ${types.text(63)} NOT NULL,
        declared ${types.longText} NOT NULL,
        kept_at ${types.instant},
        noted_at ${types.instant} NOT NULL
      ) ${types.tableOptions}`
  },
  {
    // For how long nobody else gets the address of an organization that was erased.
    name: "core_retired_addresses",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS core_retired_addresses (
        address_hash ${types.digest} NOT NULL,
        retired_until ${types.instant} NOT NULL,
        PRIMARY KEY (address_hash)
      ) ${types.tableOptions}`
  },
  // The organization that a machine user belongs to; a person belongs to none.
  addColumn({ name: "core_users_machine_of", table: "core_users", column: "machine_of", type: (types) => types.id }),
  createIndex({ name: "core_users_machines", table: "core_users", columns: ["machine_of"] })
]
