/**
 * The tables of this package.
 *
 * @since 0.1.0
 */
import * as Migrations from "@wicara/core/Migrations"
import type { MigrationSet } from "@wicara/core/Migrations"

/**
 * @category migrations
 * @since 0.1.0
 */
export const migrations: MigrationSet = Migrations.make("templates", [
  {
    // One row for each name and language of a scope (a WhatsApp business account). Names are too long for a key.
    name: "templates_templates",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS templates_templates (
        organization_id ${types.id} NOT NULL,
        id ${types.id} NOT NULL,
        channel ${types.text(64)} NOT NULL,
        scope ${types.text(190)} NOT NULL,
        natural_key ${types.digest} NOT NULL,
        name ${types.text(512)} NOT NULL,
        language ${types.text(32)} NOT NULL,
        provider_id ${types.text(64)},
        category ${types.text(64)} NOT NULL,
        status ${types.text(64)} NOT NULL,
        status_at ${types.instant} NOT NULL,
        quality ${types.text(32)},
        quality_at ${types.instant} NOT NULL,
        category_at ${types.instant} NOT NULL,
        parameter_format ${types.text(16)} NOT NULL,
        components ${types.longText} NOT NULL,
        reason ${types.text(500)},
        stage ${types.text(64)},
        ends_at ${types.instant},
        revision INTEGER NOT NULL,
        listed_by ${types.id},
        submission ${types.longText},
        due_at ${types.instant},
        lease_id ${types.id},
        created_at ${types.instant} NOT NULL,
        updated_at ${types.instant} NOT NULL,
        PRIMARY KEY (organization_id, id),
        UNIQUE (organization_id, natural_key)
      ) ${types.tableOptions}`
  },
  Migrations.createIndex({
    name: "templates_templates_scope",
    table: "templates_templates",
    columns: ["organization_id", "channel", "scope", "id"]
  }),
  Migrations.createIndex({
    name: "templates_templates_due",
    table: "templates_templates",
    columns: ["due_at", "organization_id", "id"]
  }),
  {
    // A change that is told of twice, or by webhook and by a look through all, is here once.
    name: "templates_history",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS templates_history (
        organization_id ${types.id} NOT NULL,
        template_id ${types.id} NOT NULL,
        at ${types.instant} NOT NULL,
        kind ${types.text(16)} NOT NULL,
        value_to ${types.text(190)} NOT NULL,
        value_from ${types.text(190)},
        reason ${types.text(500)},
        source ${types.text(16)} NOT NULL,
        PRIMARY KEY (organization_id, template_id, at, kind, value_to)
      ) ${types.tableOptions}`
  },
  {
    name: "templates_accounts",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS templates_accounts (
        organization_id ${types.id} NOT NULL,
        channel_account_id ${types.id} NOT NULL,
        channel ${types.text(64)} NOT NULL,
        scope ${types.text(190)} NOT NULL,
        PRIMARY KEY (organization_id, channel_account_id)
      ) ${types.tableOptions}`
  },
  {
    // The work list of looks through all templates: a scope is due again and again.
    name: "templates_scopes",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS templates_scopes (
        organization_id ${types.id} NOT NULL,
        channel ${types.text(64)} NOT NULL,
        scope ${types.text(190)} NOT NULL,
        due_at ${types.instant} NOT NULL,
        requested_at ${types.instant} NOT NULL,
        lease_id ${types.id},
        attempts INTEGER NOT NULL,
        complete_at ${types.instant},
        PRIMARY KEY (organization_id, channel, scope)
      ) ${types.tableOptions}`
  },
  Migrations.createIndex({
    name: "templates_scopes_due",
    table: "templates_scopes",
    columns: ["due_at", "organization_id", "channel", "scope"]
  }),
  {
    name: "templates_runs",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS templates_runs (
        organization_id ${types.id} NOT NULL,
        id ${types.id} NOT NULL,
        channel ${types.text(64)} NOT NULL,
        scope ${types.text(190)} NOT NULL,
        started_at ${types.instant} NOT NULL,
        finished_at ${types.instant} NOT NULL,
        listed INTEGER NOT NULL,
        created INTEGER NOT NULL,
        changed INTEGER NOT NULL,
        deleted INTEGER NOT NULL,
        failure_code ${types.text(60)},
        failure_reason ${types.text(500)},
        PRIMARY KEY (organization_id, id)
      ) ${types.tableOptions}`
  },
  Migrations.addColumn({
    name: "templates_scopes_look",
    table: "templates_scopes",
    column: "look",
    type: (types) => types.longText
  }),
  Migrations.addColumn({
    name: "templates_templates_next_category",
    table: "templates_templates",
    column: "next_category",
    type: (types) => types.text(64)
  }),
  Migrations.addColumn({
    name: "templates_templates_next_category_at",
    table: "templates_templates",
    column: "next_category_at",
    type: (types) => types.instant
  }),
  Migrations.addColumn({
    name: "templates_templates_pauses",
    table: "templates_templates",
    column: "pauses",
    type: (_, sql) => sql.literal("INTEGER")
  }),
  Migrations.addColumn({
    name: "templates_templates_ttl",
    table: "templates_templates",
    column: "ttl_seconds",
    type: (_, sql) => sql.literal("INTEGER")
  }),
  Migrations.addColumn({
    name: "templates_templates_untracked",
    table: "templates_templates",
    column: "untracked",
    type: (_, sql) => sql.literal("INTEGER")
  }),
  Migrations.addColumn({
    name: "templates_templates_library",
    table: "templates_templates",
    column: "library",
    type: (types) => types.text(512)
  })
])
