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
export const migrations: MigrationSet = Migrations.make("media", [
  {
    // Its own work list: a row waits while `due_at` says when. A message has one file at most.
    name: "media_files",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS media_files (
        organization_id ${types.id} NOT NULL,
        conversation_id ${types.id} NOT NULL,
        message_id ${types.id} NOT NULL,
        channel_account_id ${types.id} NOT NULL,
        state ${types.text(8)} NOT NULL,
        kind ${types.text(16)} NOT NULL,
        request ${types.longText} NOT NULL,
        file_id ${types.id},
        name ${types.text(255)},
        content_type ${types.text(190)},
        size ${types.instant},
        attempts INTEGER NOT NULL,
        failure_code ${types.text(60)},
        failure_reason ${types.text(500)},
        due_at ${types.instant},
        lease_id ${types.id},
        created_at ${types.instant} NOT NULL,
        PRIMARY KEY (organization_id, conversation_id, message_id)
      ) ${types.clustered}`
  },
  Migrations.createIndex({
    name: "media_files_due",
    table: "media_files",
    columns: ["due_at", "channel_account_id", "organization_id", "conversation_id", "message_id"]
  }),
  Migrations.createIndex({
    name: "media_files_message",
    table: "media_files",
    columns: ["organization_id", "message_id"]
  }),
  {
    // Where a provider has a file by now, so that it is handed over once for many messages.
    name: "media_uploads",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS media_uploads (
        organization_id ${types.id} NOT NULL,
        channel_account_id ${types.id} NOT NULL,
        file_id ${types.id} NOT NULL,
        source ${types.longText} NOT NULL,
        expires_at ${types.instant} NOT NULL,
        PRIMARY KEY (organization_id, channel_account_id, file_id)
      ) ${types.tableOptions}`
  },
  {
    // What is made of the picture of a message; pixels.
    name: "media_thumbnails",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS media_thumbnails (
        organization_id ${types.id} NOT NULL,
        conversation_id ${types.id} NOT NULL,
        message_id ${types.id} NOT NULL,
        state ${types.text(8)} NOT NULL,
        file_id ${types.id},
        picture_width INTEGER,
        picture_height INTEGER,
        width INTEGER,
        height INTEGER,
        failure ${types.text(60)},
        created_at ${types.instant} NOT NULL,
        PRIMARY KEY (organization_id, conversation_id, message_id)
      ) ${types.clustered}`
  },
  {
    // What is said or written in the file of a message.
    name: "media_texts",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS media_texts (
        organization_id ${types.id} NOT NULL,
        conversation_id ${types.id} NOT NULL,
        message_id ${types.id} NOT NULL,
        state ${types.text(8)} NOT NULL,
        kind ${types.text(16)} NOT NULL,
        reader ${types.text(40)} NOT NULL,
        text ${types.longText},
        language ${types.text(40)},
        truncated INTEGER NOT NULL,
        failure ${types.text(60)},
        created_at ${types.instant} NOT NULL,
        PRIMARY KEY (organization_id, conversation_id, message_id)
      ) ${types.clustered}`
  }
])
