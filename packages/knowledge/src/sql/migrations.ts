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
export const migrations: MigrationSet = Migrations.make("knowledge", [
  {
    name: "create_items",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS knowledge_items (
        organization_id ${types.id} NOT NULL,
        id ${types.id} NOT NULL,
        kind ${types.text(16)} NOT NULL,
        title ${types.longText} NOT NULL,
        variations ${types.longText} NOT NULL,
        body ${types.longText} NOT NULL,
        language ${types.text(3)} NOT NULL,
        category ${types.text(190)},
        tags ${types.longText} NOT NULL,
        status ${types.text(16)} NOT NULL,
        version INTEGER NOT NULL,
        revision INTEGER NOT NULL,
        external_key ${types.text(190)},
        created_at ${types.instant} NOT NULL,
        updated_at ${types.instant} NOT NULL,
        PRIMARY KEY (organization_id, id)
      ) ${types.tableOptions}`
  },
  Migrations.createIndex({
    name: "knowledge_items_external_key",
    table: "knowledge_items",
    columns: ["organization_id", "external_key"],
    unique: true
  }),
  {
    name: "create_versions",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS knowledge_versions (
        organization_id ${types.id} NOT NULL,
        item_id ${types.id} NOT NULL,
        version INTEGER NOT NULL,
        kind ${types.text(16)} NOT NULL,
        title ${types.longText} NOT NULL,
        variations ${types.longText} NOT NULL,
        body ${types.longText} NOT NULL,
        language ${types.text(3)} NOT NULL,
        content_hash ${types.text(64)} NOT NULL,
        published_at ${types.instant} NOT NULL,
        published_by ${types.longText} NOT NULL,
        PRIMARY KEY (organization_id, item_id, version)
      ) ${types.clustered}`
  },
  {
    name: "create_chunks",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS knowledge_chunks (
        organization_id ${types.id} NOT NULL,
        item_id ${types.id} NOT NULL,
        version INTEGER NOT NULL,
        ordinal INTEGER NOT NULL,
        id ${types.id} NOT NULL,
        content_hash ${types.text(64)} NOT NULL,
        heading_path ${types.longText} NOT NULL,
        text ${types.longText} NOT NULL,
        PRIMARY KEY (organization_id, item_id, version, ordinal),
        FOREIGN KEY (organization_id, item_id, version)
          REFERENCES knowledge_versions (organization_id, item_id, version)
      ) ${types.clustered}`
  },
  Migrations.createIndex({
    name: "knowledge_chunks_id",
    table: "knowledge_chunks",
    columns: ["organization_id", "id"],
    unique: true
  }),
  {
    name: "create_revisions",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS knowledge_revisions (
        organization_id ${types.id} NOT NULL PRIMARY KEY,
        revision ${types.instant} NOT NULL
      ) ${types.tableOptions}`
  }
])
