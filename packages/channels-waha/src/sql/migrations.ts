/**
 * The tables of WAHA accounts.
 *
 * @since 0.1.0
 */
import * as Migrations from "@wicara/core/Migrations"

/**
 * `waha_pacing` holds what an account has written today and its brake, one row an account; `waha_first_contacts` the
 * people it wrote to before they wrote, by conversation, and whether they answered; `waha_sockets` the process that
 * reads an account's socket; `waha_lids` the hidden ids that were seen, with the phone number or when to ask for it;
 * `waha_api_requests` the log of what was asked of WAHA; `waha_rate_limits` what was used of each limit;
 * `waha_analytics_daily` the figures of each day; `waha_contacts` and
 * `waha_groups` what was read of an account's address book and groups, `waha_syncs` how far that came;
 * `waha_business_features` what a number offers; `waha_followed_chats` whose presence is followed, `waha_chats` what is
 * archived on the phone, `waha_labels` its labels and `waha_chat_labels` which chats have them.
 *
 * @category migrations
 * @since 0.1.0
 */
export const migrations: Migrations.MigrationSet = Migrations.make("waha", [
  {
    name: "0001_pacing",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS waha_pacing (
        organization_id ${types.id} NOT NULL,
        channel_account_id ${types.id} NOT NULL,
        since ${types.instant} NOT NULL,
        counted_day INTEGER NOT NULL,
        messages INTEGER NOT NULL,
        new_contacts INTEGER NOT NULL,
        next_at ${types.instant} NOT NULL,
        brake_code ${types.text(40)},
        brake_reason ${types.longText},
        braked_until ${types.instant},
        revision INTEGER NOT NULL,
        PRIMARY KEY (organization_id, channel_account_id)
      ) ${types.tableOptions}`
  },
  {
    name: "0002_first_contacts",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS waha_first_contacts (
        organization_id ${types.id} NOT NULL,
        channel_account_id ${types.id} NOT NULL,
        conversation_id ${types.id} NOT NULL,
        address_kind ${types.text(20)} NOT NULL,
        address ${types.text(190)} NOT NULL,
        contacted_at ${types.instant} NOT NULL,
        answered_at ${types.instant},
        PRIMARY KEY (organization_id, channel_account_id, conversation_id)
      ) ${types.tableOptions}`
  },
  Migrations.createIndex({
    name: "waha_first_contacts_address",
    table: "waha_first_contacts",
    columns: ["organization_id", "channel_account_id", "address_kind", "address"]
  }),
  Migrations.createIndex({
    name: "waha_first_contacts_time",
    table: "waha_first_contacts",
    columns: ["organization_id", "channel_account_id", "contacted_at"]
  }),
  {
    name: "0003_sockets",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS waha_sockets (
        organization_id ${types.id} NOT NULL,
        channel_account_id ${types.id} NOT NULL,
        lease_id ${types.id},
        leased_until ${types.instant} NOT NULL,
        PRIMARY KEY (organization_id, channel_account_id)
      ) ${types.tableOptions}`
  },
  {
    name: "0004_lids",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS waha_lids (
        organization_id ${types.id} NOT NULL,
        channel_account_id ${types.id} NOT NULL,
        lid ${types.text(40)} NOT NULL,
        phone ${types.text(40)},
        attempts INTEGER NOT NULL,
        due_at ${types.instant},
        PRIMARY KEY (organization_id, channel_account_id, lid)
      ) ${types.tableOptions}`
  },
  // What is due comes first, whoever it belongs to.
  Migrations.createIndex({
    name: "waha_lids_due",
    table: "waha_lids",
    columns: ["due_at", "organization_id", "channel_account_id", "lid"]
  }),
  {
    name: "0005_api_requests",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS waha_api_requests (
        organization_id ${types.id} NOT NULL,
        id ${types.id} NOT NULL,
        channel_account_id ${types.id} NOT NULL,
        method ${types.text(10)} NOT NULL,
        path ${types.text(190)} NOT NULL,
        outcome ${types.text(16)} NOT NULL,
        status INTEGER,
        error ${types.text(60)},
        duration_millis INTEGER NOT NULL,
        asked_at ${types.instant} NOT NULL,
        PRIMARY KEY (organization_id, id)
      ) ${types.tableOptions}`
  },
  Migrations.createIndex({
    name: "waha_api_requests_account",
    table: "waha_api_requests",
    columns: ["organization_id", "channel_account_id", "id"]
  }),
  Migrations.createIndex({
    name: "waha_api_requests_day",
    table: "waha_api_requests",
    columns: ["organization_id", "channel_account_id", "asked_at"]
  }),
  // What is no longer kept is old, whoever it belongs to.
  Migrations.createIndex({ name: "waha_api_requests_age", table: "waha_api_requests", columns: ["asked_at"] }),
  {
    name: "0006_rate_limits",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS waha_rate_limits (
        organization_id ${types.id} NOT NULL,
        channel_account_id ${types.id} NOT NULL,
        kind ${types.text(40)} NOT NULL,
        window_start ${types.instant} NOT NULL,
        used INTEGER NOT NULL,
        PRIMARY KEY (organization_id, channel_account_id, kind)
      ) ${types.tableOptions}`
  },
  {
    name: "0007_analytics_daily",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS waha_analytics_daily (
        organization_id ${types.id} NOT NULL,
        channel_account_id ${types.id} NOT NULL,
        day INTEGER NOT NULL,
        received INTEGER NOT NULL,
        sent INTEGER NOT NULL,
        delivered INTEGER NOT NULL,
        messages_read INTEGER NOT NULL,
        failed INTEGER NOT NULL,
        new_contacts INTEGER NOT NULL,
        requests INTEGER NOT NULL,
        request_errors INTEGER NOT NULL,
        checks INTEGER NOT NULL,
        checks_failed INTEGER NOT NULL,
        PRIMARY KEY (organization_id, channel_account_id, day)
      ) ${types.tableOptions}`
  },
  {
    name: "0008_contacts",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS waha_contacts (
        organization_id ${types.id} NOT NULL,
        channel_account_id ${types.id} NOT NULL,
        chat_id ${types.text(120)} NOT NULL,
        phone ${types.text(40)},
        name ${types.text(190)},
        push_name ${types.text(190)},
        in_address_book SMALLINT NOT NULL,
        blocked SMALLINT NOT NULL,
        synced_at ${types.instant} NOT NULL,
        PRIMARY KEY (organization_id, channel_account_id, chat_id)
      ) ${types.tableOptions}`
  },
  {
    name: "0009_groups",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS waha_groups (
        organization_id ${types.id} NOT NULL,
        channel_account_id ${types.id} NOT NULL,
        chat_id ${types.text(120)} NOT NULL,
        subject ${types.text(190)} NOT NULL,
        description ${types.longText},
        announce_only SMALLINT,
        locked SMALLINT,
        join_approval SMALLINT,
        members ${types.longText} NOT NULL,
        synced_at ${types.instant} NOT NULL,
        PRIMARY KEY (organization_id, channel_account_id, chat_id)
      ) ${types.tableOptions}`
  },
  {
    name: "0010_syncs",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS waha_syncs (
        organization_id ${types.id} NOT NULL,
        channel_account_id ${types.id} NOT NULL,
        kind ${types.text(16)} NOT NULL,
        started_at ${types.instant} NOT NULL,
        position INTEGER NOT NULL,
        seen INTEGER NOT NULL,
        reason ${types.longText},
        finished_at ${types.instant},
        touched_at ${types.instant} NOT NULL,
        PRIMARY KEY (organization_id, channel_account_id, kind)
      ) ${types.tableOptions}`
  },
  {
    name: "0011_business_features",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS waha_business_features (
        organization_id ${types.id} NOT NULL,
        channel_account_id ${types.id} NOT NULL,
        feature ${types.text(40)} NOT NULL,
        offered SMALLINT NOT NULL,
        reason ${types.longText},
        checked_at ${types.instant} NOT NULL,
        PRIMARY KEY (organization_id, channel_account_id, feature)
      ) ${types.tableOptions}`
  },
  {
    name: "0012_followed_chats",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS waha_followed_chats (
        organization_id ${types.id} NOT NULL,
        channel_account_id ${types.id} NOT NULL,
        chat_id ${types.text(120)} NOT NULL,
        wrote_at ${types.instant} NOT NULL,
        followed_at ${types.instant},
        PRIMARY KEY (organization_id, channel_account_id, chat_id)
      ) ${types.tableOptions}`
  },
  Migrations.createIndex({
    name: "waha_followed_chats_wrote",
    table: "waha_followed_chats",
    columns: ["organization_id", "channel_account_id", "wrote_at"]
  }),
  {
    name: "0013_chats",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS waha_chats (
        organization_id ${types.id} NOT NULL,
        channel_account_id ${types.id} NOT NULL,
        chat_id ${types.text(120)} NOT NULL,
        archived SMALLINT NOT NULL,
        changed_at ${types.instant} NOT NULL,
        PRIMARY KEY (organization_id, channel_account_id, chat_id)
      ) ${types.tableOptions}`
  },
  Migrations.createIndex({
    name: "waha_chats_archived",
    table: "waha_chats",
    columns: ["organization_id", "channel_account_id", "archived", "chat_id"]
  }),
  {
    name: "0014_labels",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS waha_labels (
        organization_id ${types.id} NOT NULL,
        channel_account_id ${types.id} NOT NULL,
        label_id ${types.text(60)} NOT NULL,
        name ${types.text(190)},
        color ${types.text(20)},
        deleted SMALLINT NOT NULL,
        changed_at ${types.instant} NOT NULL,
        PRIMARY KEY (organization_id, channel_account_id, label_id)
      ) ${types.tableOptions}`
  },
  {
    name: "0015_chat_labels",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS waha_chat_labels (
        organization_id ${types.id} NOT NULL,
        channel_account_id ${types.id} NOT NULL,
        chat_id ${types.text(120)} NOT NULL,
        label_id ${types.text(60)} NOT NULL,
        added SMALLINT NOT NULL,
        changed_at ${types.instant} NOT NULL,
        PRIMARY KEY (organization_id, channel_account_id, chat_id, label_id)
      ) ${types.tableOptions}`
  },
  Migrations.createIndex({
    name: "waha_chat_labels_label",
    table: "waha_chat_labels",
    columns: ["organization_id", "channel_account_id", "label_id", "added", "chat_id"]
  }),
  // Who has not written for long is forgotten, whoever it was that they wrote to.
  Migrations.createIndex({ name: "waha_followed_chats_age", table: "waha_followed_chats", columns: ["wrote_at"] })
])
