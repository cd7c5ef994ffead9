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
export const migrations: MigrationSet = Migrations.make("channels", [
  {
    name: "channels_accounts",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS channels_accounts (
        organization_id ${types.id} NOT NULL,
        id ${types.id} NOT NULL,
        channel ${types.text(64)} NOT NULL,
        name ${types.text(190)} NOT NULL,
        external_key ${types.text(190)},
        settings ${types.longText} NOT NULL,
        secrets ${types.longText},
        status ${types.text(16)} NOT NULL,
        connection ${types.text(16)} NOT NULL,
        health_status ${types.text(8)},
        health_message ${types.longText},
        health_checked_at ${types.instant},
        created_at ${types.instant} NOT NULL,
        updated_at ${types.instant} NOT NULL,
        deleted_at ${types.instant},
        PRIMARY KEY (organization_id, id)
      ) ${types.tableOptions}`
  },
  // The inbound route knows an account by its id alone: the organization follows from it.
  Migrations.createIndex({ name: "channels_accounts_id", table: "channels_accounts", columns: ["id"], unique: true }),
  Migrations.createIndex({
    name: "channels_accounts_external",
    table: "channels_accounts",
    columns: ["organization_id", "channel", "external_key"],
    unique: true
  }),
  {
    name: "channels_inbound_events",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS channels_inbound_events (
        organization_id ${types.id} NOT NULL,
        id ${types.id} NOT NULL,
        channel_account_id ${types.id} NOT NULL,
        dedupe_key ${types.text(190)} NOT NULL,
        received_at ${types.instant} NOT NULL,
        body ${types.bytes} NOT NULL,
        body_bytes INTEGER NOT NULL,
        state SMALLINT NOT NULL,
        attempts INTEGER NOT NULL,
        available_at ${types.instant} NOT NULL,
        lease_id ${types.id},
        unknown_kinds INTEGER NOT NULL,
        error ${types.longText},
        PRIMARY KEY (organization_id, id)
      ) ${types.tableOptions}`
  },
  Migrations.createIndex({
    name: "channels_inbound_events_dedupe",
    table: "channels_inbound_events",
    columns: ["organization_id", "channel_account_id", "dedupe_key"],
    unique: true
  }),
  // The work list of every organization: what is due comes first, whoever it belongs to.
  Migrations.createIndex({
    name: "channels_inbound_events_work",
    table: "channels_inbound_events",
    columns: ["state", "available_at", "organization_id", "id"]
  }),
  {
    name: "channels_account_holds",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS channels_account_holds (
        organization_id ${types.id} NOT NULL,
        channel_account_id ${types.id} NOT NULL,
        code ${types.text(190)} NOT NULL,
        reason ${types.longText} NOT NULL,
        held_since ${types.instant} NOT NULL,
        probe_at ${types.instant} NOT NULL,
        probes INTEGER NOT NULL,
        PRIMARY KEY (organization_id, channel_account_id)
      ) ${types.tableOptions}`
  },
  // What the organization allows itself, below what the provider allows.
  Migrations.addColumn({
    name: "channels_accounts_limits",
    table: "channels_accounts",
    column: "limits",
    type: (types) => types.longText
  }),
  Migrations.addColumn({
    name: "channels_accounts_is_default",
    table: "channels_accounts",
    column: "is_default",
    type: (_, sql) => sql.literal("SMALLINT")
  }),
  // One default account a channel: NULL, for the others, is no duplicate of NULL.
  Migrations.createIndex({
    name: "channels_accounts_default",
    table: "channels_accounts",
    columns: ["organization_id", "channel", "is_default"],
    unique: true
  }),
  {
    name: "channels_account_facts",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS channels_account_facts (
        organization_id ${types.id} NOT NULL,
        channel_account_id ${types.id} NOT NULL,
        facts ${types.longText} NOT NULL,
        said_at ${types.instant} NOT NULL,
        PRIMARY KEY (organization_id, channel_account_id)
      ) ${types.tableOptions}`
  },
  {
    // Where each account stands with its provider, and when it is looked at next: the checks' own work list.
    name: "channels_account_states",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS channels_account_states (
        organization_id ${types.id} NOT NULL,
        channel_account_id ${types.id} NOT NULL,
        state ${types.longText},
        revision INTEGER NOT NULL,
        changed_at ${types.instant},
        asked_at ${types.instant},
        failure ${types.longText},
        failures INTEGER NOT NULL,
        method ${types.text(16)},
        connecting_until ${types.instant},
        connected_at ${types.instant},
        restarts INTEGER NOT NULL,
        restart_at ${types.instant},
        findings ${types.longText},
        inspected_at ${types.instant},
        expires_at ${types.instant},
        expiry_told INTEGER NOT NULL,
        next_check_at ${types.instant} NOT NULL,
        lease_id ${types.id},
        PRIMARY KEY (organization_id, channel_account_id)
      ) ${types.tableOptions}`
  },
  Migrations.createIndex({
    name: "channels_account_states_work",
    table: "channels_account_states",
    columns: ["next_check_at", "organization_id", "channel_account_id"]
  }),
  {
    // Those that were connected before there were checks.
    name: "channels_account_states_begin",
    run: (sql) =>
      sql`INSERT INTO channels_account_states
          (organization_id, channel_account_id, revision, failures, restarts, expiry_told, next_check_at)
        SELECT a.organization_id, a.id, 0, 0, 0, 0, 0 FROM channels_accounts a
        WHERE a.deleted_at IS NULL AND NOT EXISTS (SELECT 1 FROM channels_account_states s
          WHERE s.organization_id = a.organization_id AND s.channel_account_id = a.id)`
  },
  {
    name: "channels_account_checks",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS channels_account_checks (
        organization_id ${types.id} NOT NULL,
        channel_account_id ${types.id} NOT NULL,
        id ${types.id} NOT NULL,
        status ${types.text(8)} NOT NULL,
        message ${types.longText} NOT NULL,
        connection ${types.text(16)} NOT NULL,
        took_millis INTEGER NOT NULL,
        checked_at ${types.instant} NOT NULL,
        PRIMARY KEY (organization_id, channel_account_id, id)
      ) ${types.clustered}`
  },
  Migrations.createIndex({
    name: "channels_account_checks_age",
    table: "channels_account_checks",
    columns: ["checked_at"]
  }),
  {
    name: "channels_account_days",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS channels_account_days (
        organization_id ${types.id} NOT NULL,
        channel_account_id ${types.id} NOT NULL,
        day INTEGER NOT NULL,
        checks INTEGER NOT NULL,
        failed INTEGER NOT NULL,
        took_millis ${types.instant} NOT NULL,
        PRIMARY KEY (organization_id, channel_account_id, day)
      ) ${types.tableOptions}`
  },
  {
    // The webhook's key in its address, and what was valid before a rotation until the provider uses what follows.
    name: "channels_account_rotations",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS channels_account_rotations (
        organization_id ${types.id} NOT NULL,
        channel_account_id ${types.id} NOT NULL,
        url_key ${types.longText},
        previous ${types.longText},
        previous_until ${types.instant},
        taken_over_at ${types.instant},
        rotated_at ${types.instant} NOT NULL,
        PRIMARY KEY (organization_id, channel_account_id)
      ) ${types.tableOptions}`
  },
  // The number that somebody is pairing by a code.
  Migrations.addColumn({
    name: "channels_account_states_phone",
    table: "channels_account_states",
    column: "phone",
    type: (types) => types.text(20)
  })
])
