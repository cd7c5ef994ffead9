/**
 * What API keys got after their table: rotation, networks, limits of their own, and keys of the organization itself.
 *
 * @since 0.1.0
 */
import { addColumn, createIndex } from "../Migrations.ts"
import type { Migration } from "../Migrations.ts"

const table = "core_api_keys"

/**
 * @category migrations
 * @since 0.1.0
 */
export const apiKeyMigrations: ReadonlyArray<Migration> = [
  addColumn({ name: "core_api_keys_previous_hash", table, column: "previous_hash", type: (types) => types.digest }),
  addColumn({ name: "core_api_keys_previous_until", table, column: "previous_until", type: (types) => types.instant }),
  addColumn({ name: "core_api_keys_rotated_at", table, column: "rotated_at", type: (types) => types.instant }),
  addColumn({
    name: "core_api_keys_allowed_networks",
    table,
    column: "allowed_networks",
    type: (types) => types.longText
  }),
  addColumn({
    name: "core_api_keys_requests_per_minute",
    table,
    column: "requests_per_minute",
    type: (_types, sql) => sql.literal("INTEGER")
  }),
  addColumn({
    name: "core_api_keys_is_machine",
    table,
    column: "is_machine",
    type: (_types, sql) => sql.literal("SMALLINT NOT NULL DEFAULT 0")
  }),
  createIndex({ name: "core_api_keys_previous", table, columns: ["previous_hash"] })
]
