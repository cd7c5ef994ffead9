/**
 * The widget's tables.
 *
 * @since 0.1.0
 */
import * as Migrations from "@wicara/core/Migrations"

/**
 * `widget_visitors` holds one row per visitor who wrote or was written to, and is what appends to their stream are
 * serialized on; `widget_messages` is the streams, clustered in the order they are read; `widget_sign_outs` is the
 * sessions that were ended before their time.
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
  }),
  // Who the site says the visitor is.
  Migrations.addColumn({
    name: "widget_visitors_external_id",
    table: "widget_visitors",
    column: "external_id",
    type: (types) => types.text(190)
  }),
  // When they answered the form.
  Migrations.addColumn({
    name: "widget_visitors_form_at",
    table: "widget_visitors",
    column: "form_at",
    type: (types) => types.instant
  }),
  // The visitor whose stream goes on with this one's.
  Migrations.addColumn({
    name: "widget_visitors_moved_to",
    table: "widget_visitors",
    column: "moved_to",
    type: (types) => types.id
  }),
  // The conversation that they are asked about.
  Migrations.addColumn({
    name: "widget_visitors_rating_for",
    table: "widget_visitors",
    column: "rating_for",
    type: (types) => types.id
  }),
  // The conversation of which they said it.
  Migrations.addColumn({
    name: "widget_visitors_rated_for",
    table: "widget_visitors",
    column: "rated_for",
    type: (types) => types.id
  }),
  {
    // Sessions whose tokens are not believed any more, until these would have ended by themselves.
    name: "widget_sign_outs",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS widget_sign_outs (
        organization_id ${types.id} NOT NULL,
        channel_account_id ${types.id} NOT NULL,
        session_id ${types.id} NOT NULL,
        expires_at ${types.instant} NOT NULL,
        PRIMARY KEY (organization_id, channel_account_id, session_id)
      ) ${types.tableOptions}`
  },
  Migrations.createIndex({
    name: "widget_sign_outs_expiry",
    table: "widget_sign_outs",
    columns: ["expires_at"]
  })
])
