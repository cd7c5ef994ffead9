/**
 * The table of the request log.
 *
 * @since 0.1.0
 */
import { createIndex } from "../Migrations.ts"
import type { Migration } from "../Migrations.ts"

const table = "core_requests"

/**
 * @category migrations
 * @since 0.1.0
 */
export const requestMigrations: ReadonlyArray<Migration> = [
  {
    // What nobody proved to be of an organization has the id of zeros.
    name: "core_requests",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS core_requests (
        organization_id ${types.id} NOT NULL,
        id ${types.id} NOT NULL,
        request_id ${types.text(120)},
        actor ${types.longText},
        actor_id ${types.text(190)},
        method ${types.text(10)} NOT NULL,
        path ${types.text(512)} NOT NULL,
        endpoint ${types.text(120)},
        status INTEGER NOT NULL,
        outcome ${types.text(16)} NOT NULL,
        duration_millis INTEGER NOT NULL,
        address ${types.text(64)},
        user_agent ${types.text(255)},
        subject_type ${types.text(63)},
        subject_id ${types.text(190)},
        subject_access ${types.text(16)},
        at ${types.instant} NOT NULL,
        keep_until ${types.instant} NOT NULL,
        PRIMARY KEY (organization_id, id)
      ) ${types.clustered}`
  },
  createIndex({
    name: "core_requests_subject",
    table,
    columns: ["organization_id", "subject_type", "subject_id", "id"]
  }),
  createIndex({ name: "core_requests_actor", table, columns: ["organization_id", "actor_id", "id"] }),
  createIndex({ name: "core_requests_keep", table, columns: ["keep_until"] })
]
