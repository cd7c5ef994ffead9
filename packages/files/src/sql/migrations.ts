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
export const migrations: MigrationSet = Migrations.make("files", [
  {
    // A row is there before its content and goes before it: what has no row is nobody's.
    name: "files_files",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS files_files (
        organization_id ${types.id} NOT NULL,
        id ${types.id} NOT NULL,
        state ${types.text(16)} NOT NULL,
        name ${types.text(255)} NOT NULL,
        content_type ${types.text(120)},
        size ${types.instant},
        checksum ${types.digest},
        title ${types.longText},
        description ${types.longText},
        labels ${types.longText} NOT NULL,
        search_key ${types.longText} NOT NULL,
        created_by ${types.longText} NOT NULL,
        created_at ${types.instant} NOT NULL,
        updated_at ${types.instant} NOT NULL,
        expires_at ${types.instant},
        upload_key ${types.digest},
        reserved ${types.instant} NOT NULL,
        lease_id ${types.id},
        lease_until ${types.instant},
        PRIMARY KEY (organization_id, id)
      ) ${types.tableOptions}`
  },
  Migrations.createIndex({
    name: "files_files_upload",
    table: "files_files",
    columns: ["organization_id", "upload_key"],
    unique: true
  }),
  Migrations.createIndex({
    name: "files_files_uploading",
    table: "files_files",
    columns: ["lease_until", "organization_id", "id"]
  }),
  Migrations.createIndex({
    name: "files_files_expires",
    table: "files_files",
    columns: ["expires_at", "organization_id", "id"]
  }),
  {
    name: "files_usage",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS files_usage (
        organization_id ${types.id} NOT NULL PRIMARY KEY,
        files ${types.instant} NOT NULL,
        bytes ${types.instant} NOT NULL,
        quota ${types.instant}
      ) ${types.tableOptions}`
  },
  {
    // Who needs a file: while there is one, it stays.
    name: "files_holds",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS files_holds (
        organization_id ${types.id} NOT NULL,
        file_id ${types.id} NOT NULL,
        holder ${types.text(190)} NOT NULL,
        held_at ${types.instant} NOT NULL,
        PRIMARY KEY (organization_id, file_id, holder),
        FOREIGN KEY (organization_id, file_id) REFERENCES files_files (organization_id, id)
      ) ${types.tableOptions}`
  },
  {
    // Contents whose rows are gone, until they are gone too.
    name: "files_removals",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS files_removals (
        organization_id ${types.id} NOT NULL,
        file_id ${types.id} NOT NULL,
        removed_at ${types.instant} NOT NULL,
        PRIMARY KEY (organization_id, file_id)
      ) ${types.tableOptions}`
  },
  {
    name: "files_link_keys",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS files_link_keys (
        organization_id ${types.id} NOT NULL PRIMARY KEY,
        sealed ${types.longText} NOT NULL,
        created_at ${types.instant} NOT NULL
      ) ${types.tableOptions}`
  },
  // What the file was made of, and as what: a thumbnail of a picture.
  Migrations.addColumn({
    name: "files_files_derived_from",
    table: "files_files",
    column: "derived_from",
    type: (types) => types.id
  }),
  Migrations.addColumn({
    name: "files_files_derived_as",
    table: "files_files",
    column: "derived_as",
    type: (types) => types.text(16)
  }),
  Migrations.createIndex({
    name: "files_files_derived",
    table: "files_files",
    columns: ["organization_id", "derived_from", "derived_as"],
    unique: true
  })
])
