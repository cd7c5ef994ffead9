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
export const migrations: MigrationSet = Migrations.make("webhooks", [
  {
    // The work list: an endpoint is due when one of its deliveries is, and leased as a whole. Its slot keeps an
    // organization to so many.
    name: "webhooks_endpoints",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS webhooks_endpoints (
        organization_id ${types.id} NOT NULL,
        id ${types.id} NOT NULL,
        slot INTEGER NOT NULL,
        url ${types.text(2000)} NOT NULL,
        description ${types.text(500)} NOT NULL,
        events ${types.longText} NOT NULL,
        ordered SMALLINT NOT NULL,
        payload_version INTEGER NOT NULL,
        header_names ${types.longText} NOT NULL,
        headers ${types.longText},
        secret ${types.longText} NOT NULL,
        previous_secret ${types.longText},
        previous_until ${types.instant},
        state ${types.text(16)} NOT NULL,
        state_reason ${types.text(16)},
        enabled_at ${types.instant} NOT NULL,
        failures INTEGER NOT NULL,
        failing_since ${types.instant},
        last_success_at ${types.instant},
        last_failure_at ${types.instant},
        not_before ${types.instant} NOT NULL,
        due_at ${types.instant},
        lease_id ${types.id},
        created_at ${types.instant} NOT NULL,
        updated_at ${types.instant} NOT NULL,
        PRIMARY KEY (organization_id, id),
        UNIQUE (organization_id, slot)
      ) ${types.tableOptions}`
  },
  Migrations.createIndex({
    name: "webhooks_endpoints_due",
    table: "webhooks_endpoints",
    columns: ["due_at", "organization_id", "id"]
  }),
  {
    // `due_at` is set of the first of its lane only, while it is pending.
    name: "webhooks_deliveries",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS webhooks_deliveries (
        organization_id ${types.id} NOT NULL,
        id ${types.id} NOT NULL,
        endpoint_id ${types.id} NOT NULL,
        event_id ${types.id},
        type ${types.text(190)} NOT NULL,
        ordering_key ${types.text(190)} NOT NULL,
        lane ${types.text(190)} NOT NULL,
        position BIGINT NOT NULL,
        state ${types.text(16)} NOT NULL,
        due_at ${types.instant},
        tries INTEGER NOT NULL,
        attempts INTEGER NOT NULL,
        last_status INTEGER,
        last_error ${types.text(60)},
        created_at ${types.instant} NOT NULL,
        updated_at ${types.instant} NOT NULL,
        finished_at ${types.instant},
        replayed_at ${types.instant},
        PRIMARY KEY (organization_id, id),
        UNIQUE (organization_id, endpoint_id, event_id)
      ) ${types.tableOptions}`
  },
  Migrations.createIndex({
    name: "webhooks_deliveries_due",
    table: "webhooks_deliveries",
    columns: ["organization_id", "endpoint_id", "due_at"]
  }),
  Migrations.createIndex({
    name: "webhooks_deliveries_lane",
    table: "webhooks_deliveries",
    columns: ["organization_id", "endpoint_id", "state", "lane", "position"]
  }),
  Migrations.createIndex({
    name: "webhooks_deliveries_endpoint",
    table: "webhooks_deliveries",
    columns: ["organization_id", "endpoint_id", "id"]
  }),
  Migrations.createIndex({
    name: "webhooks_deliveries_state",
    table: "webhooks_deliveries",
    columns: ["organization_id", "state", "id"]
  }),
  Migrations.createIndex({
    name: "webhooks_deliveries_kept",
    table: "webhooks_deliveries",
    columns: ["updated_at"]
  }),
  {
    name: "webhooks_attempts",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS webhooks_attempts (
        organization_id ${types.id} NOT NULL,
        delivery_id ${types.id} NOT NULL,
        attempt INTEGER NOT NULL,
        at ${types.instant} NOT NULL,
        duration_millis INTEGER NOT NULL,
        status INTEGER,
        error ${types.text(60)},
        response ${types.longText},
        PRIMARY KEY (organization_id, delivery_id, attempt)
      ) ${types.clustered}`
  }
])
