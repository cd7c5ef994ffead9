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
export const migrations: MigrationSet = Migrations.make("ai", [
  {
    name: "ai_providers",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS ai_providers (
        organization_id ${types.id} NOT NULL,
        id ${types.id} NOT NULL,
        kind ${types.text(64)} NOT NULL,
        name ${types.text(190)} NOT NULL,
        model ${types.text(190)} NOT NULL,
        settings ${types.longText} NOT NULL,
        secret ${types.longText},
        price ${types.longText},
        is_default SMALLINT NOT NULL,
        revision ${types.id} NOT NULL,
        created_at ${types.instant} NOT NULL,
        updated_at ${types.instant} NOT NULL,
        PRIMARY KEY (organization_id, id)
      ) ${types.tableOptions}`
  }
])
