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
export const migrations: MigrationSet = Migrations.make("contacts", [
  {
    name: "contacts_contacts",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS contacts_contacts (
        organization_id ${types.id} NOT NULL,
        id ${types.id} NOT NULL,
        display_name ${types.longText},
        name_source ${types.text(8)},
        name_key ${types.text(190)},
        phone ${types.text(20)},
        email ${types.text(190)},
        username ${types.text(190)},
        language ${types.text(35)},
        attributes ${types.longText} NOT NULL,
        marketing_state ${types.text(8)} NOT NULL,
        marketing_source ${types.text(16)},
        marketing_changed_at ${types.instant},
        all_state ${types.text(8)} NOT NULL,
        all_source ${types.text(16)},
        all_changed_at ${types.instant},
        merged_into ${types.id},
        created_at ${types.instant} NOT NULL,
        updated_at ${types.instant} NOT NULL,
        PRIMARY KEY (organization_id, id)
      ) ${types.tableOptions}`
  },
  Migrations.createIndex({
    name: "contacts_contacts_name",
    table: "contacts_contacts",
    columns: ["organization_id", "name_key", "id"]
  }),
  Migrations.createIndex({
    name: "contacts_contacts_phone",
    table: "contacts_contacts",
    columns: ["organization_id", "phone", "id"]
  }),
  Migrations.createIndex({
    name: "contacts_contacts_merged",
    table: "contacts_contacts",
    columns: ["organization_id", "merged_into"]
  }),
  {
    name: "contacts_identities",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS contacts_identities (
        organization_id ${types.id} NOT NULL,
        scope ${types.text(36)} NOT NULL,
        kind ${types.text(16)} NOT NULL,
        value ${types.text(190)} NOT NULL,
        contact_id ${types.id} NOT NULL,
        first_seen_at ${types.instant} NOT NULL,
        PRIMARY KEY (organization_id, scope, kind, value),
        FOREIGN KEY (organization_id, contact_id) REFERENCES contacts_contacts (organization_id, id)
      ) ${types.tableOptions}`
  },
  Migrations.createIndex({
    name: "contacts_identities_contact",
    table: "contacts_identities",
    columns: ["organization_id", "contact_id"]
  }),
  {
    name: "contacts_merges",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS contacts_merges (
        organization_id ${types.id} NOT NULL,
        id ${types.id} NOT NULL,
        contact_id ${types.id} NOT NULL,
        merged_contact_id ${types.id} NOT NULL,
        reason ${types.text(32)} NOT NULL,
        evidence ${types.longText} NOT NULL,
        filled ${types.longText} NOT NULL,
        merged_at ${types.instant} NOT NULL,
        undone_at ${types.instant},
        PRIMARY KEY (organization_id, id),
        FOREIGN KEY (organization_id, contact_id) REFERENCES contacts_contacts (organization_id, id),
        FOREIGN KEY (organization_id, merged_contact_id) REFERENCES contacts_contacts (organization_id, id)
      ) ${types.tableOptions}`
  },
  {
    // Every change of a consent, never altered: what a complaint is answered with.
    name: "contacts_consents",
    run: (sql, types) =>
      sql`CREATE TABLE IF NOT EXISTS contacts_consents (
        organization_id ${types.id} NOT NULL,
        contact_id ${types.id} NOT NULL,
        id ${types.id} NOT NULL,
        purpose ${types.text(16)} NOT NULL,
        state ${types.text(8)} NOT NULL,
        source ${types.text(16)} NOT NULL,
        evidence ${types.longText},
        actor ${types.longText},
        occurred_at ${types.instant} NOT NULL,
        recorded_at ${types.instant} NOT NULL,
        PRIMARY KEY (organization_id, contact_id, id),
        FOREIGN KEY (organization_id, contact_id) REFERENCES contacts_contacts (organization_id, id)
      ) ${types.clustered}`
  },
  // What somebody vouched for.
  Migrations.addColumn({
    name: "contacts_contacts_verified",
    table: "contacts_contacts",
    column: "verified",
    type: (types) => types.longText
  })
])
