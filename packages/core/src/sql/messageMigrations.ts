/**
 * The tables of organizations' own texts.
 *
 * @since 0.1.0
 */
import type { Migration } from "../Migrations.ts"

/**
 * A text that was taken back stays as NULL, so that its revision only grows. `core_message_changes` counts an
 * organization's changes: what a process knows of them holds as long as the number does.
 *
 * @category migrations
 * @since 0.1.0
 */
export const messageMigrations: ReadonlyArray<Migration> = [
  {
    name: "core_message_overrides",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS core_message_overrides (
        organization_id ${types.id} NOT NULL,
        catalogue ${types.text(63)} NOT NULL,
        message_key ${types.text(120)} NOT NULL,
        language ${types.text(35)} NOT NULL,
        text ${types.longText},
        revision INTEGER NOT NULL,
        changed_at ${types.instant} NOT NULL,
        PRIMARY KEY (organization_id, catalogue, message_key, language)
      ) ${types.clustered}`
  },
  {
    name: "core_message_changes",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS core_message_changes (
        organization_id ${types.id} NOT NULL PRIMARY KEY,
        changes INTEGER NOT NULL
      ) ${types.tableOptions}`
  }
]
