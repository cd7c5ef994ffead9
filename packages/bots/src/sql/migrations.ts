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
export const migrations: MigrationSet = Migrations.make("bots", [
  {
    // `everywhere` is 1 for the bot of all other accounts, else NULL, which is no duplicate of NULL.
    name: "bots_bots",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS bots_bots (
        organization_id ${types.id} NOT NULL,
        id ${types.id} NOT NULL,
        status ${types.text(16)} NOT NULL,
        everywhere SMALLINT,
        persona ${types.longText} NOT NULL,
        knowledge ${types.longText} NOT NULL,
        ai_provider_id ${types.id},
        settings ${types.longText} NOT NULL,
        created_at ${types.instant} NOT NULL,
        updated_at ${types.instant} NOT NULL,
        PRIMARY KEY (organization_id, id)
      ) ${types.tableOptions}`
  },
  Migrations.createIndex({
    name: "bots_bots_everywhere",
    table: "bots_bots",
    columns: ["organization_id", "everywhere"],
    unique: true
  }),
  {
    name: "bots_accounts",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS bots_accounts (
        organization_id ${types.id} NOT NULL,
        channel_account_id ${types.id} NOT NULL,
        bot_id ${types.id} NOT NULL,
        PRIMARY KEY (organization_id, bot_id, channel_account_id),
        FOREIGN KEY (organization_id, bot_id) REFERENCES bots_bots (organization_id, id)
      ) ${types.tableOptions}`
  },
  // One bot an account.
  Migrations.createIndex({
    name: "bots_accounts_account",
    table: "bots_accounts",
    columns: ["organization_id", "channel_account_id"],
    unique: true
  }),
  {
    // The work list. `due_at` is NULL while there is nothing to do, and the end of the lease while a worker has it.
    name: "bots_turns",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS bots_turns (
        organization_id ${types.id} NOT NULL,
        conversation_id ${types.id} NOT NULL,
        channel_account_id ${types.id} NOT NULL,
        due_at ${types.instant},
        first_at ${types.instant} NOT NULL,
        arrivals INTEGER NOT NULL,
        lease_id ${types.id},
        attempts INTEGER NOT NULL,
        memory ${types.longText} NOT NULL,
        PRIMARY KEY (organization_id, conversation_id)
      ) ${types.tableOptions}`
  },
  Migrations.createIndex({
    name: "bots_turns_work",
    table: "bots_turns",
    columns: ["due_at", "organization_id", "conversation_id"]
  }),
  {
    // Every message that came to a bot, once; `turn_id` is NULL until a turn has dealt with it.
    name: "bots_turn_messages",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS bots_turn_messages (
        organization_id ${types.id} NOT NULL,
        conversation_id ${types.id} NOT NULL,
        message_id ${types.id} NOT NULL,
        turn_id ${types.id},
        arrived_at ${types.instant} NOT NULL,
        PRIMARY KEY (organization_id, conversation_id, message_id)
      ) ${types.clustered}`
  },
  Migrations.createIndex({
    name: "bots_turn_messages_turn",
    table: "bots_turn_messages",
    columns: ["organization_id", "conversation_id", "turn_id"]
  }),
  {
    name: "bots_turn_log",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS bots_turn_log (
        organization_id ${types.id} NOT NULL,
        id ${types.id} NOT NULL,
        bot_id ${types.id} NOT NULL,
        conversation_id ${types.id},
        epoch INTEGER,
        outcome ${types.text(16)} NOT NULL,
        reason ${types.text(24)} NOT NULL,
        explanation ${types.longText} NOT NULL,
        verdict ${types.text(16)},
        confidence DOUBLE PRECISION,
        language ${types.text(16)},
        question ${types.longText} NOT NULL,
        reply ${types.longText},
        sources ${types.longText} NOT NULL,
        problems ${types.longText} NOT NULL,
        tool_calls ${types.longText} NOT NULL,
        prompt ${types.longText},
        response ${types.longText},
        ai_provider_id ${types.id},
        model ${types.text(190)},
        input_tokens INTEGER,
        output_tokens INTEGER,
        cached_input_tokens INTEGER,
        cost_amount ${types.text(64)},
        cost_currency ${types.text(3)},
        latency INTEGER NOT NULL,
        attempts INTEGER NOT NULL,
        message_ids ${types.longText} NOT NULL,
        reply_message_id ${types.id},
        created_at ${types.instant} NOT NULL,
        PRIMARY KEY (organization_id, id)
      ) ${types.clustered}`
  },
  Migrations.createIndex({
    name: "bots_turn_log_conversation",
    table: "bots_turn_log",
    columns: ["organization_id", "conversation_id", "id"]
  }),
  Migrations.createIndex({
    name: "bots_turn_log_bot",
    table: "bots_turn_log",
    columns: ["organization_id", "bot_id", "id"]
  })
])
