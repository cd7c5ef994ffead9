/**
 * The tables of WhatsApp Cloud API accounts.
 *
 * @since 0.1.0
 */
import * as Migrations from "@wicara/core/Migrations"

/**
 * `whatsapp_cloud_accounts` says to which business portfolio an account belongs; `whatsapp_cloud_portfolios` how many
 * people it may write to first within 24 hours (-1: as many as it likes; null: not known) and how many it did;
 * `whatsapp_cloud_reached` whom, by a digest of the address, until the 24 hours are over, with the last message that went
 * to them and, for when it is not delivered, the time of the one before.
 *
 * @category migrations
 * @since 0.1.0
 */
export const migrations: Migrations.MigrationSet = Migrations.make("whatsapp_cloud", [
  {
    name: "0001_accounts",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS whatsapp_cloud_accounts (
        organization_id ${types.id} NOT NULL,
        channel_account_id ${types.id} NOT NULL,
        portfolio_id ${types.text(40)} NOT NULL,
        read_at ${types.instant} NOT NULL,
        PRIMARY KEY (organization_id, channel_account_id)
      ) ${types.tableOptions}`
  },
  {
    name: "0002_portfolios",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS whatsapp_cloud_portfolios (
        organization_id ${types.id} NOT NULL,
        portfolio_id ${types.text(40)} NOT NULL,
        daily_recipients INTEGER,
        said_at ${types.instant} NOT NULL,
        reached INTEGER NOT NULL,
        revision INTEGER NOT NULL,
        PRIMARY KEY (organization_id, portfolio_id)
      ) ${types.tableOptions}`
  },
  {
    name: "0003_reached",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS whatsapp_cloud_reached (
        organization_id ${types.id} NOT NULL,
        portfolio_id ${types.text(40)} NOT NULL,
        customer ${types.digest} NOT NULL,
        reached_at ${types.instant} NOT NULL,
        PRIMARY KEY (organization_id, portfolio_id, customer)
      ) ${types.tableOptions}`
  },
  Migrations.createIndex({
    name: "whatsapp_cloud_reached_time",
    table: "whatsapp_cloud_reached",
    columns: ["organization_id", "portfolio_id", "reached_at"]
  }),
  Migrations.addColumn({
    name: "whatsapp_cloud_reached_message",
    table: "whatsapp_cloud_reached",
    column: "message_id",
    type: (types) => types.text(64)
  }),
  Migrations.addColumn({
    name: "whatsapp_cloud_reached_before",
    table: "whatsapp_cloud_reached",
    column: "before_at",
    type: (types) => types.instant
  }),
  Migrations.createIndex({
    name: "whatsapp_cloud_reached_messages",
    table: "whatsapp_cloud_reached",
    columns: ["organization_id", "message_id"]
  })
])
