/**
 * The tables of this package.
 *
 * @since 0.1.0
 */
import * as Migrations from "@wicara/core/Migrations"
import type { Migration, MigrationSet } from "@wicara/core/Migrations"

/** What each person last said about a message, known by its provider id: whether it is known here or not. */
const saidAbout = (table: string, column: string, length: number): Migration => ({
  name: table,
  run: (sql, types) =>
    sql`CREATE TABLE IF NOT EXISTS ${sql(table)} (
      organization_id ${types.id} NOT NULL,
      channel_account_id ${types.id} NOT NULL,
      provider_message_id ${types.text(190)} NOT NULL,
      reactor ${types.text(36)} NOT NULL,
      ${sql(column)} ${types.text(length)},
      reacted_at ${types.instant} NOT NULL,
      PRIMARY KEY (organization_id, channel_account_id, provider_message_id, reactor)
    ) ${types.tableOptions}`
})

/**
 * @category migrations
 * @since 0.1.0
 */
export const migrations: MigrationSet = Migrations.make("conversations", [
  {
    name: "conversations_conversations",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS conversations_conversations (
        organization_id ${types.id} NOT NULL,
        id ${types.id} NOT NULL,
        channel_account_id ${types.id} NOT NULL,
        contact_id ${types.id} NOT NULL,
        chat_kind ${types.text(16)} NOT NULL,
        chat_value ${types.text(190)} NOT NULL,
        is_current SMALLINT,
        lifecycle ${types.text(16)} NOT NULL,
        ownership ${types.text(8)} NOT NULL,
        owner_id ${types.id},
        epoch INTEGER NOT NULL,
        ownership_reason ${types.text(190)},
        ownership_changed_at ${types.instant} NOT NULL,
        last_message_at ${types.instant} NOT NULL,
        last_inbound_at ${types.instant},
        preview ${types.text(300)} NOT NULL,
        preview_direction ${types.text(8)} NOT NULL,
        unread INTEGER NOT NULL,
        opened_at ${types.instant} NOT NULL,
        resolved_at ${types.instant},
        PRIMARY KEY (organization_id, id),
        FOREIGN KEY (organization_id, contact_id) REFERENCES contacts_contacts (organization_id, id),
        FOREIGN KEY (organization_id, channel_account_id) REFERENCES channels_accounts (organization_id, id)
      ) ${types.tableOptions}`
  },
  // One current conversation a chat: NULL, for the former ones, is no duplicate of NULL.
  Migrations.createIndex({
    name: "conversations_conversations_chat",
    table: "conversations_conversations",
    columns: ["organization_id", "channel_account_id", "chat_kind", "chat_value", "is_current"],
    unique: true
  }),
  Migrations.createIndex({
    name: "conversations_conversations_inbox",
    table: "conversations_conversations",
    columns: ["organization_id", "last_message_at", "id"]
  }),
  Migrations.createIndex({
    name: "conversations_conversations_ownership",
    table: "conversations_conversations",
    columns: ["organization_id", "ownership", "last_message_at", "id"]
  }),
  Migrations.createIndex({
    name: "conversations_conversations_lifecycle",
    table: "conversations_conversations",
    columns: ["organization_id", "lifecycle", "last_message_at", "id"]
  }),
  Migrations.createIndex({
    name: "conversations_conversations_contact",
    table: "conversations_conversations",
    columns: ["organization_id", "contact_id", "last_message_at", "id"]
  }),
  {
    name: "conversations_messages",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS conversations_messages (
        organization_id ${types.id} NOT NULL,
        conversation_id ${types.id} NOT NULL,
        id ${types.id} NOT NULL,
        channel_account_id ${types.id} NOT NULL,
        provider_message_id ${types.text(190)},
        idempotency_key ${types.text(190)},
        direction ${types.text(8)} NOT NULL,
        author ${types.text(8)} NOT NULL,
        author_id ${types.id},
        contact_id ${types.id},
        content ${types.longText} NOT NULL,
        reply_to ${types.text(190)},
        forwarded SMALLINT NOT NULL,
        referral ${types.longText},
        sent_at ${types.instant} NOT NULL,
        received_at ${types.instant} NOT NULL,
        provider_time ${types.instant},
        status ${types.text(10)},
        status_rank SMALLINT NOT NULL,
        delivered_at ${types.instant},
        read_at ${types.instant},
        error ${types.longText},
        pricing ${types.longText},
        verdict ${types.longText},
        purpose ${types.text(10)},
        epoch INTEGER,
        edited_at ${types.instant},
        revoked_at ${types.instant},
        PRIMARY KEY (organization_id, conversation_id, id),
        FOREIGN KEY (organization_id, conversation_id) REFERENCES conversations_conversations (organization_id, id)
      ) ${types.clustered}`
  },
  Migrations.createIndex({
    name: "conversations_messages_provider",
    table: "conversations_messages",
    columns: ["organization_id", "channel_account_id", "provider_message_id"],
    unique: true
  }),
  Migrations.createIndex({
    name: "conversations_messages_idempotency",
    table: "conversations_messages",
    columns: ["organization_id", "conversation_id", "idempotency_key"],
    unique: true
  }),
  Migrations.createIndex({
    name: "conversations_messages_id",
    table: "conversations_messages",
    columns: ["organization_id", "id"]
  }),
  {
    name: "conversations_outbox",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS conversations_outbox (
        organization_id ${types.id} NOT NULL,
        conversation_id ${types.id} NOT NULL,
        message_id ${types.id} NOT NULL,
        channel_account_id ${types.id} NOT NULL,
        author ${types.text(8)} NOT NULL,
        state ${types.text(8)} NOT NULL,
        attempts INTEGER NOT NULL,
        queued_at ${types.instant} NOT NULL,
        available_at ${types.instant} NOT NULL,
        deadline_at ${types.instant},
        lease_id ${types.id},
        PRIMARY KEY (organization_id, conversation_id, message_id),
        FOREIGN KEY (organization_id, conversation_id, message_id)
          REFERENCES conversations_messages (organization_id, conversation_id, id)
      ) ${types.clustered}`
  },
  // The work list of every organization's account.
  Migrations.createIndex({
    name: "conversations_outbox_work",
    table: "conversations_outbox",
    columns: ["available_at", "channel_account_id", "organization_id", "conversation_id", "message_id"]
  }),
  {
    // Statuses, edits and revocations of messages whose provider id is not known here yet.
    name: "conversations_early_changes",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS conversations_early_changes (
        organization_id ${types.id} NOT NULL,
        channel_account_id ${types.id} NOT NULL,
        provider_message_id ${types.text(190)} NOT NULL,
        change_key ${types.text(40)} NOT NULL,
        payload ${types.longText} NOT NULL,
        received_at ${types.instant} NOT NULL,
        PRIMARY KEY (organization_id, channel_account_id, provider_message_id, change_key)
      ) ${types.tableOptions}`
  },
  Migrations.createIndex({
    name: "conversations_early_changes_age",
    table: "conversations_early_changes",
    columns: ["received_at"]
  }),
  saidAbout("conversations_reactions", "emoji", 64),
  {
    // Every version of an edited message, the first one included.
    name: "conversations_edits",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS conversations_edits (
        organization_id ${types.id} NOT NULL,
        conversation_id ${types.id} NOT NULL,
        message_id ${types.id} NOT NULL,
        written_at ${types.instant} NOT NULL,
        content ${types.longText} NOT NULL,
        PRIMARY KEY (organization_id, conversation_id, message_id, written_at),
        FOREIGN KEY (organization_id, conversation_id, message_id)
          REFERENCES conversations_messages (organization_id, conversation_id, id)
      ) ${types.tableOptions}`
  },
  Migrations.addColumn({
    name: "conversations_conversations_team_id",
    table: "conversations_conversations",
    column: "team_id",
    type: (types) => types.id
  }),
  // What a person sees who may see only a team's, an account's or their own: a page is one range of an index.
  Migrations.createIndex({
    name: "conversations_conversations_team",
    table: "conversations_conversations",
    columns: ["organization_id", "team_id", "last_message_at", "id"]
  }),
  Migrations.createIndex({
    name: "conversations_conversations_owner",
    table: "conversations_conversations",
    columns: ["organization_id", "owner_id", "last_message_at", "id"]
  }),
  Migrations.createIndex({
    name: "conversations_conversations_account",
    table: "conversations_conversations",
    columns: ["organization_id", "channel_account_id", "last_message_at", "id"]
  }),
  Migrations.addColumn({
    name: "conversations_outbox_correlation",
    table: "conversations_outbox",
    column: "correlation",
    type: (types) => types.text(190)
  }),
  // 1 for what was kept from the past and nobody was told of.
  Migrations.addColumn({
    name: "conversations_messages_historical",
    table: "conversations_messages",
    column: "historical",
    type: (_, sql) => sql.literal("SMALLINT")
  }),
  {
    // What the customer said of a conversation: once for each.
    name: "conversations_feedback",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS conversations_feedback (
        organization_id ${types.id} NOT NULL,
        conversation_id ${types.id} NOT NULL,
        score SMALLINT NOT NULL,
        solved SMALLINT,
        comment_text ${types.longText},
        rated_at ${types.instant} NOT NULL,
        PRIMARY KEY (organization_id, conversation_id),
        FOREIGN KEY (organization_id, conversation_id) REFERENCES conversations_conversations (organization_id, id)
      ) ${types.tableOptions}`
  },
  {
    // Which process sends an account's messages, so that it alone keeps to the account's rate.
    name: "conversations_lanes",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS conversations_lanes (
        organization_id ${types.id} NOT NULL,
        channel_account_id ${types.id} NOT NULL,
        lease_id ${types.id},
        leased_until ${types.instant} NOT NULL,
        settled SMALLINT NOT NULL,
        PRIMARY KEY (organization_id, channel_account_id)
      ) ${types.tableOptions}`
  },
  {
    // Messages of limits over a long time, counted by parts of it.
    name: "conversations_send_counts",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS conversations_send_counts (
        organization_id ${types.id} NOT NULL,
        channel_account_id ${types.id} NOT NULL,
        per ${types.instant} NOT NULL,
        counted_at ${types.instant} NOT NULL,
        sent INTEGER NOT NULL,
        PRIMARY KEY (organization_id, channel_account_id, per, counted_at)
      ) ${types.tableOptions}`
  },
  {
    // Until when what was sent to a recipient is paid for, where the provider limits that.
    name: "conversations_pairs",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS conversations_pairs (
        organization_id ${types.id} NOT NULL,
        conversation_id ${types.id} NOT NULL,
        paid_until ${types.instant} NOT NULL,
        PRIMARY KEY (organization_id, conversation_id)
      ) ${types.tableOptions}`
  },
  Migrations.createIndex({
    name: "conversations_pairs_paid",
    table: "conversations_pairs",
    columns: ["paid_until"]
  }),
  {
    // Until when an account's history was compared with what is stored.
    name: "conversations_history_checks",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS conversations_history_checks (
        organization_id ${types.id} NOT NULL,
        channel_account_id ${types.id} NOT NULL,
        checked_until ${types.instant} NOT NULL,
        PRIMARY KEY (organization_id, channel_account_id)
      ) ${types.tableOptions}`
  },
  {
    name: "conversations_history_gaps",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS conversations_history_gaps (
        organization_id ${types.id} NOT NULL,
        channel_account_id ${types.id} NOT NULL,
        id ${types.id} NOT NULL,
        since_at ${types.instant} NOT NULL,
        until_at ${types.instant} NOT NULL,
        messages INTEGER NOT NULL,
        unanswered INTEGER NOT NULL,
        found_at ${types.instant} NOT NULL,
        PRIMARY KEY (organization_id, channel_account_id, id)
      ) ${types.tableOptions}`
  },
  Migrations.addColumn({
    name: "conversations_messages_stalled",
    table: "conversations_messages",
    column: "stalled_at",
    type: (types) => types.instant
  }),
  {
    // Messages that their providers took, and by when these have to say something of them.
    name: "conversations_awaited",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS conversations_awaited (
        organization_id ${types.id} NOT NULL,
        conversation_id ${types.id} NOT NULL,
        message_id ${types.id} NOT NULL,
        due_at ${types.instant} NOT NULL,
        PRIMARY KEY (organization_id, conversation_id, message_id)
      ) ${types.clustered}`
  },
  Migrations.createIndex({
    name: "conversations_awaited_due",
    table: "conversations_awaited",
    columns: ["due_at"]
  }),
  {
    name: "conversations_account_moves",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS conversations_account_moves (
        organization_id ${types.id} NOT NULL,
        id ${types.id} NOT NULL,
        from_account_id ${types.id} NOT NULL,
        to_account_id ${types.id} NOT NULL,
        state ${types.text(16)} NOT NULL,
        moved INTEGER NOT NULL,
        left_behind INTEGER NOT NULL,
        waiting INTEGER NOT NULL,
        started_at ${types.instant} NOT NULL,
        finished_at ${types.instant},
        PRIMARY KEY (organization_id, id)
      ) ${types.tableOptions}`
  },
  Migrations.createIndex({
    name: "conversations_account_moves_from",
    table: "conversations_account_moves",
    columns: ["organization_id", "from_account_id"],
    unique: true
  }),
  Migrations.addColumn({
    name: "conversations_messages_product",
    table: "conversations_messages",
    column: "product",
    type: (types) => types.longText
  }),
  Migrations.addColumn({
    name: "conversations_messages_forward_of",
    table: "conversations_messages",
    column: "forward_of",
    type: (types) => types.text(600)
  }),
  Migrations.addColumn({
    name: "conversations_messages_pinned_until",
    table: "conversations_messages",
    column: "pinned_until",
    type: (types) => types.instant
  }),
  Migrations.addColumn({
    name: "conversations_messages_starred",
    table: "conversations_messages",
    column: "starred",
    type: (_, sql) => sql.literal("SMALLINT")
  }),
  // What people chose in polls.
  saidAbout("conversations_votes", "options", 4000),
  {
    // Whether customers are writing now, as their provider tells it.
    name: "conversations_presences",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS conversations_presences (
        organization_id ${types.id} NOT NULL,
        conversation_id ${types.id} NOT NULL,
        typing SMALLINT NOT NULL,
        last_seen_at ${types.instant},
        changed_at ${types.instant} NOT NULL,
        PRIMARY KEY (organization_id, conversation_id)
      ) ${types.tableOptions}`
  },
  // The figures of an account's days.
  Migrations.createIndex({
    name: "conversations_messages_account_sent",
    table: "conversations_messages",
    columns: ["organization_id", "channel_account_id", "sent_at"]
  }),
  {
    // Conversations that became part of another one, because the contacts that they were with turned out to be one.
    name: "conversations_joins",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS conversations_joins (
        organization_id ${types.id} NOT NULL,
        conversation_id ${types.id} NOT NULL,
        merge_id ${types.id} NOT NULL,
        into_id ${types.id} NOT NULL,
        lifecycle ${types.text(16)} NOT NULL,
        ownership ${types.text(8)} NOT NULL,
        owner_id ${types.id},
        chat_kind ${types.text(16)} NOT NULL,
        chat_value ${types.text(190)} NOT NULL,
        joined_at ${types.instant} NOT NULL,
        undone_at ${types.instant},
        PRIMARY KEY (organization_id, conversation_id, merge_id),
        FOREIGN KEY (organization_id, conversation_id) REFERENCES conversations_conversations (organization_id, id),
        FOREIGN KEY (organization_id, into_id) REFERENCES conversations_conversations (organization_id, id)
      ) ${types.tableOptions}`
  },
  Migrations.createIndex({
    name: "conversations_joins_into",
    table: "conversations_joins",
    columns: ["organization_id", "into_id"]
  }),
  Migrations.createIndex({
    name: "conversations_joins_merge",
    table: "conversations_joins",
    columns: ["organization_id", "merge_id"]
  }),
  // When it failed for a reason that passes: it was not sent, and may be sent again.
  Migrations.addColumn({
    name: "conversations_messages_resendable",
    table: "conversations_messages",
    column: "resendable_at",
    type: (types) => types.instant
  }),
  Migrations.createIndex({
    name: "conversations_messages_resendable_account",
    table: "conversations_messages",
    columns: ["organization_id", "channel_account_id", "resendable_at", "id"]
  }),
  // Whose first conversation through an account began on a day.
  Migrations.createIndex({
    name: "conversations_conversations_opened",
    table: "conversations_conversations",
    columns: ["organization_id", "channel_account_id", "opened_at"]
  }),
  // What is known of a conversation, such as the page that it was written from.
  Migrations.addColumn({
    name: "conversations_conversations_attributes",
    table: "conversations_conversations",
    column: "attributes",
    type: (types) => types.longText
  }),
  // Why a provider keeps back a message that it took.
  Migrations.addColumn({
    name: "conversations_messages_held",
    table: "conversations_messages",
    column: "held",
    type: (types) => types.text(32)
  })
])
