/**
 * The widget's tables.
 *
 * @since 0.1.0
 */
import * as Migrations from "@wicara/core/Migrations"

/**
 * `widget_visitors` holds one row per visitor who wrote or was written to, and is what appends to their stream are
 * serialized on; `widget_messages` is the streams, clustered in the order they are read.
 *
 * @category migrations
 * @since 0.1.0
 */
export const migrations: Migrations.MigrationSet = Migrations.make("widget", [
  {
    name: "0001_visitors",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS widget_visitors (
        organization_id ${types.id} NOT NULL,
        channel_account_id ${types.id} NOT NULL,
        id ${types.id} NOT NULL,
        last_seq ${types.instant} NOT NULL,
        business_read_seq ${types.instant} NOT NULL,
        visitor_read_seq ${types.instant} NOT NULL,
        business_typing_until ${types.instant} NOT NULL,
        visitor_typing_until ${types.instant} NOT NULL,
        created_at ${types.instant} NOT NULL,
        last_seen_at ${types.instant} NOT NULL,
        PRIMARY KEY (organization_id, channel_account_id, id)
      ) ${types.clustered}`
  },
  {
    name: "0002_messages",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS widget_messages (
        organization_id ${types.id} NOT NULL,
        channel_account_id ${types.id} NOT NULL,
        visitor_id ${types.id} NOT NULL,
        seq ${types.instant} NOT NULL,
        sender ${types.text(10)} NOT NULL,
        message_id ${types.id} NOT NULL,
        reply_to ${types.id},
        content ${types.longText} NOT NULL,
        created_at ${types.instant} NOT NULL,
        PRIMARY KEY (organization_id, channel_account_id, visitor_id, seq),
        FOREIGN KEY (organization_id, channel_account_id, visitor_id)
          REFERENCES widget_visitors (organization_id, channel_account_id, id)
      ) ${types.clustered}`
  },
  Migrations.createIndex({
    name: "widget_messages_by_id",
    table: "widget_messages",
    columns: ["organization_id", "channel_account_id", "visitor_id", "sender", "message_id"],
    unique: true
  })
])
