/**
 * The tables of the event log and its consumers.
 *
 * @since 0.1.0
 */
import { createIndex } from "../Migrations.ts"
import type { Migration } from "../Migrations.ts"

/**
 * @category migrations
 * @since 0.1.0
 */
export const eventMigrations: ReadonlyArray<Migration> = [
  {
    name: "core_events",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS core_events (
        organization_id ${types.id} NOT NULL,
        id ${types.id} NOT NULL,
        type ${types.text(190)} NOT NULL,
        aggregate_id ${types.text(190)} NOT NULL,
        payload ${types.longText} NOT NULL,
        occurred_at ${types.instant} NOT NULL,
        PRIMARY KEY (organization_id, id)
      ) ${types.clustered}`
  },
  {
    // Committed events without a position yet, in the order in which they were appended: the insertion order on SQLite,
    // the database server's clock on MySQL (one clock for all processes, and later for whoever waited for a row lock).
    name: "core_events_pending",
    run: (sql, types) =>
      sql.onDialectOrElse({
        mysql: () =>
          sql`CREATE TABLE IF NOT EXISTS core_events_pending (
            event_id ${types.id} NOT NULL PRIMARY KEY,
            organization_id ${types.id} NOT NULL,
            type ${types.text(190)} NOT NULL,
            appended_at BIGINT NOT NULL
          ) ${types.tableOptions}`,
        orElse: () =>
          sql`CREATE TABLE IF NOT EXISTS core_events_pending (
            appended_at INTEGER PRIMARY KEY,
            event_id ${types.id} NOT NULL,
            organization_id ${types.id} NOT NULL,
            type ${types.text(190)} NOT NULL
          )`
      })
  },
  createIndex({
    name: "core_events_pending_order",
    table: "core_events_pending",
    columns: ["appended_at", "event_id"]
  }),
  {
    name: "core_event_positions",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS core_event_positions (
        position BIGINT NOT NULL PRIMARY KEY,
        organization_id ${types.id} NOT NULL,
        event_id ${types.id} NOT NULL,
        type ${types.text(190)} NOT NULL
      ) ${types.clustered}`
  },
  createIndex({
    name: "core_event_positions_organization",
    table: "core_event_positions",
    columns: ["organization_id", "position"]
  }),
  {
    name: "core_event_sequencer",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS core_event_sequencer (
        id SMALLINT NOT NULL PRIMARY KEY,
        position BIGINT NOT NULL,
        turn ${types.id} NOT NULL
      ) ${types.tableOptions}`
  },
  {
    name: "core_event_cursors",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS core_event_cursors (
        consumer ${types.text(190)} NOT NULL PRIMARY KEY,
        position BIGINT NOT NULL,
        lease_id ${types.id},
        lease_until ${types.instant} NOT NULL
      ) ${types.tableOptions}`
  },
  {
    name: "core_event_failures",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS core_event_failures (
        consumer ${types.text(190)} NOT NULL,
        position BIGINT NOT NULL,
        attempts INTEGER NOT NULL,
        error ${types.longText} NOT NULL,
        failed_at ${types.instant} NOT NULL,
        PRIMARY KEY (consumer, position)
      ) ${types.tableOptions}`
  }
]
