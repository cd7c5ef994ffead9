/**
 * The tables of this package.
 *
 * @since 0.1.0
 */
import * as Migrations from "../Migrations.ts"
import type { MigrationSet } from "../Migrations.ts"
import { accessMigrations } from "./accessMigrations.ts"
import { addonMigrations } from "./addonMigrations.ts"
import { apiKeyMigrations } from "./apiKeyMigrations.ts"
import { auditMigrations } from "./auditMigrations.ts"
import { eventMigrations } from "./eventMigrations.ts"
import { idempotencyMigrations } from "./idempotencyMigrations.ts"
import { factorRecoveryMigrations } from "./factorRecoveryMigrations.ts"
import { identityMigrations } from "./identityMigrations.ts"
import { jobMigrations } from "./jobMigrations.ts"
import { messageMigrations } from "./messageMigrations.ts"
import { organizationMigrations } from "./organizationMigrations.ts"
import { limitMigrations } from "./limitMigrations.ts"
import { requestMigrations } from "./requestMigrations.ts"
import { runnerMigrations } from "./runnerMigrations.ts"
import { secretMigrations, wrappedKeyMigrations } from "./secretMigrations.ts"
import { signInMigrations } from "./signInMigrations.ts"

/**
 * @category migrations
 * @since 0.1.0
 */
export const migrations: MigrationSet = Migrations.make("core", [
  ...eventMigrations,
  ...secretMigrations,
  ...identityMigrations,
  ...idempotencyMigrations,
  ...runnerMigrations,
  {
    name: "core_api_keys_plural_scopes",
    run: (sql) =>
      sql`UPDATE core_api_keys
        SET scopes = REPLACE(REPLACE(scopes, '"conversation:', '"conversations:'), '"bot:', '"bots:')`
  },
  ...signInMigrations,
  ...accessMigrations,
  ...organizationMigrations,
  ...limitMigrations,
  ...apiKeyMigrations,
  ...wrappedKeyMigrations,
  ...auditMigrations,
  ...requestMigrations,
  Migrations.addColumn({
    name: "core_events_correlation",
    table: "core_events",
    column: "correlation",
    type: (types) => types.text(190)
  }),
  ...jobMigrations,
  ...messageMigrations,
  ...addonMigrations,
  // The pages of an organization's members in the order in which they joined it.
  Migrations.createIndex({
    name: "core_memberships_by_time",
    table: "core_memberships",
    columns: ["organization_id", "created_at", "user_id"]
  }),
  // What somebody's data was wanted for.
  Migrations.addColumn({
    name: "core_requests_purpose",
    table: "core_requests",
    column: "purpose",
    type: (types) => types.text(500)
  }),
  {
    name: "core_seeds",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS core_seeds (
        organization_id ${types.id} NOT NULL,
        name ${types.text(190)} NOT NULL,
        planted_at ${types.instant} NOT NULL,
        PRIMARY KEY (organization_id, name)
      ) ${types.tableOptions}`
  },
  ...factorRecoveryMigrations,
  // The pages of an organization's members by name: no index reaches over two tables.
  Migrations.addColumn({
    name: "core_memberships_user_name",
    table: "core_memberships",
    column: "user_name",
    type: (types) => types.text(120)
  }),
  {
    name: "core_memberships_user_names",
    run: (sql) =>
      sql`UPDATE core_memberships SET user_name = (SELECT u.name FROM core_users u WHERE u.id = core_memberships.user_id)
        WHERE user_name IS NULL`
  },
  Migrations.createIndex({
    name: "core_memberships_by_name",
    table: "core_memberships",
    columns: ["organization_id", "user_name", "user_id"]
  }),
  Migrations.addColumn({
    name: "core_organizations_trial_ends_at",
    table: "core_organizations",
    column: "trial_ends_at",
    type: (types) => types.instant
  }),
  Migrations.addColumn({
    name: "core_organizations_trial_told_at",
    table: "core_organizations",
    column: "trial_told_at",
    type: (types) => types.instant
  }),
  Migrations.createIndex({
    name: "core_organizations_trials",
    table: "core_organizations",
    columns: ["status", "trial_ends_at"]
  })
])
