/**
 * The tables of this package.
 *
 * @since 0.1.0
 */
import * as Migrations from "../Migrations.ts"
import type { MigrationSet } from "../Migrations.ts"
import { eventMigrations } from "./eventMigrations.ts"
import { idempotencyMigrations } from "./idempotencyMigrations.ts"
import { identityMigrations } from "./identityMigrations.ts"
import { secretMigrations } from "./secretMigrations.ts"

/**
 * @category migrations
 * @since 0.1.0
 */
export const migrations: MigrationSet = Migrations.make("core", [
  ...eventMigrations,
  ...secretMigrations,
  ...identityMigrations,
  ...idempotencyMigrations
])
