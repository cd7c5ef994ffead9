/**
 * The tables of this package. Mail about accounts belongs to no organization: its `organization_id` is all zeros.
 *
 * @since 0.1.0
 */
import * as Migrations from "@wicara/core/Migrations"
import type { MigrationSet } from "@wicara/core/Migrations"

/**
 * @category migrations
 * @since 0.1.0
 */
export const migrations: MigrationSet = Migrations.make("notifications", [
  {
    name: "notifications_mail",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS notifications_mail (
        organization_id ${types.id} NOT NULL,
        id ${types.id} NOT NULL,
        kind ${types.text(60)} NOT NULL,
        to_email ${types.text(254)} NOT NULL,
        to_name ${types.text(500)},
        to_user ${types.id},
        locale ${types.text(35)} NOT NULL,
        facts ${types.longText} NOT NULL,
        sealed ${types.longText},
        draft ${types.longText},
        subject ${types.longText},
        template_version ${types.instant},
        state ${types.text(16)} NOT NULL,
        attempts ${types.instant} NOT NULL,
        error ${types.longText},
        created_at ${types.instant} NOT NULL,
        available_at ${types.instant} NOT NULL,
        sent_at ${types.instant},
        expires_at ${types.instant},
        lease_id ${types.id},
        lease_until ${types.instant},
        PRIMARY KEY (organization_id, id)
      ) ${types.tableOptions}`
  },
  Migrations.createIndex({
    name: "notifications_mail_due",
    table: "notifications_mail",
    columns: ["state", "available_at", "organization_id", "id"]
  }),
  Migrations.createIndex({
    name: "notifications_mail_created",
    table: "notifications_mail",
    columns: ["created_at", "organization_id", "id"]
  }),
  {
    // Every version, never altered; the latest applies. One without a text took the organization's back.
    name: "notifications_mail_templates",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS notifications_mail_templates (
        organization_id ${types.id} NOT NULL,
        kind ${types.text(60)} NOT NULL,
        locale ${types.text(8)} NOT NULL,
        version ${types.instant} NOT NULL,
        subject ${types.longText},
        body ${types.longText},
        changed_by ${types.longText} NOT NULL,
        changed_at ${types.instant} NOT NULL,
        PRIMARY KEY (organization_id, kind, locale, version)
      ) ${types.clustered}`
  },
  {
    // One row a person. `facts` are the kind's values, `unread` is 1 or nothing, so that an index counts what is left.
    name: "notifications_items",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS notifications_items (
        organization_id ${types.id} NOT NULL,
        user_id ${types.id} NOT NULL,
        id ${types.id} NOT NULL,
        kind ${types.text(60)} NOT NULL,
        facts ${types.longText} NOT NULL,
        resource ${types.longText},
        in_app SMALLINT NOT NULL,
        unread SMALLINT,
        created_at ${types.instant} NOT NULL,
        read_at ${types.instant},
        PRIMARY KEY (organization_id, user_id, id)
      ) ${types.clustered}`
  },
  Migrations.createIndex({
    name: "notifications_items_unread",
    table: "notifications_items",
    columns: ["organization_id", "user_id", "unread", "id"]
  }),
  Migrations.createIndex({
    name: "notifications_items_created",
    table: "notifications_items",
    columns: ["created_at", "organization_id", "user_id", "id"]
  }),
  {
    // What was told already, also of what its readers deleted since.
    name: "notifications_told",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS notifications_told (
        organization_id ${types.id} NOT NULL,
        digest ${types.digest} NOT NULL,
        created_at ${types.instant} NOT NULL,
        PRIMARY KEY (organization_id, digest)
      ) ${types.clustered}`
  },
  Migrations.createIndex({
    name: "notifications_told_created",
    table: "notifications_told",
    columns: ["created_at", "organization_id", "digest"]
  }),
  {
    // What is to be mailed, and when. A row goes in the transaction that queues its mail.
    name: "notifications_due",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS notifications_due (
        organization_id ${types.id} NOT NULL,
        user_id ${types.id} NOT NULL,
        frequency ${types.text(8)} NOT NULL,
        notification_id ${types.id} NOT NULL,
        due_at ${types.instant} NOT NULL,
        PRIMARY KEY (organization_id, user_id, frequency, notification_id)
      ) ${types.clustered}`
  },
  {
    name: "notifications_preferences",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS notifications_preferences (
        organization_id ${types.id} NOT NULL,
        user_id ${types.id} NOT NULL,
        kind ${types.text(60)} NOT NULL,
        in_app SMALLINT NOT NULL,
        email ${types.text(8)} NOT NULL,
        push SMALLINT NOT NULL,
        PRIMARY KEY (organization_id, user_id, kind)
      ) ${types.clustered}`
  },
  {
    name: "notifications_digest_hours",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS notifications_digest_hours (
        organization_id ${types.id} NOT NULL,
        user_id ${types.id} NOT NULL,
        local_hour SMALLINT NOT NULL,
        PRIMARY KEY (organization_id, user_id)
      ) ${types.clustered}`
  },
  {
    // A subscription's address is as good as a password for showing things on that device: it is sealed.
    name: "notifications_push_subscriptions",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS notifications_push_subscriptions (
        organization_id ${types.id} NOT NULL,
        user_id ${types.id} NOT NULL,
        id ${types.id} NOT NULL,
        endpoint_hash ${types.digest} NOT NULL,
        service ${types.text(253)} NOT NULL,
        sealed ${types.longText} NOT NULL,
        user_agent ${types.text(500)},
        created_at ${types.instant} NOT NULL,
        last_sent_at ${types.instant},
        PRIMARY KEY (organization_id, user_id, id)
      ) ${types.tableOptions}`
  },
  Migrations.createIndex({
    name: "notifications_push_subscriptions_endpoint",
    table: "notifications_push_subscriptions",
    columns: ["endpoint_hash", "organization_id", "user_id"],
    unique: true
  }),
  {
    // One pair for the server: what browsers subscribed with must stay.
    name: "notifications_vapid_keys",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS notifications_vapid_keys (
        id SMALLINT NOT NULL PRIMARY KEY,
        public_key ${types.text(100)} NOT NULL,
        sealed ${types.longText} NOT NULL,
        created_at ${types.instant} NOT NULL
      ) ${types.tableOptions}`
  }
])
