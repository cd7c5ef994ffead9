import type { Events } from "@wicara/core/Events"
import { joinTransaction } from "@wicara/core/Sql"
import { CurrentOrganization } from "@wicara/core/Tenancy"
import { Clock, Effect } from "effect"
import type { Schema } from "effect"
import type { SqlClient } from "effect/sql"
import type { ContactId } from "../Contact.ts"
import { ContactUpdated } from "../events.ts"
import { bytes, encodeObject, toContact } from "./contactRows.ts"
import type { ContactRows } from "./contactRows.ts"

/** What was learned of a contact. */
export interface ContactProfile {
  readonly verified: boolean
  readonly email?: string | undefined
  readonly language?: string | undefined
  readonly attributes?: Schema.JsonObject | undefined
}

/** More than any form has: what strangers can add to a contact ends somewhere. */
const maxStated = 100

const isObject = (value: unknown): value is Schema.JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const withStated = (before: Schema.JsonObject, said: Schema.JsonObject): Schema.JsonObject => {
  const stated = before["stated"]
  const known = isObject(stated) ? stated : {}
  const room = maxStated - Object.keys(known).length
  const added = Object.entries(said).filter(([key]) => !(key in known)).slice(0, Math.max(0, room))
  const changed = Object.entries(said).filter(([key]) => key in known)
  return { ...before, stated: { ...known, ...Object.fromEntries([...changed, ...added]) } }
}

/** @see Contacts.learn */
export const makeContactProfiles = (sql: SqlClient.SqlClient, events: Events["Service"], rows: ContactRows) =>
  Effect.fn("Contacts.learn")(function*(id: ContactId, profile: ContactProfile) {
    const organization = yield* CurrentOrganization
    yield* joinTransaction(
      sql,
      Effect.gen(function*() {
        const before = yield* Effect.flatMap(rows.found(id, true), toContact)
        const { attributes: said = {}, verified } = profile
        const { stated: _, ...proved } = said
        const email = profile.email !== undefined && (verified || before.email === null) ? profile.email : before.email
        const language = profile.language !== undefined && before.language === null ? profile.language : before.language
        const attributes = Object.keys(said).length === 0
          ? before.attributes
          : verified
          // The person's own word keeps its name.
          ? { ...before.attributes, ...proved }
          : withStated(before.attributes, said)
        const fields = [
          ...(email === before.email ? [] : ["email"]),
          ...(language === before.language ? [] : ["language"]),
          ...(encodeObject(attributes) === encodeObject(before.attributes) ? [] : ["attributes"])
        ]
        if (fields.length === 0) return
        const now = yield* Clock.currentTimeMillis
        yield* sql`UPDATE contacts_contacts SET email = ${email}, language = ${language},
            attributes = ${encodeObject(attributes)}, updated_at = ${now}
          WHERE organization_id = ${bytes(organization.id)} AND id = ${bytes(id)}`
        yield* events.append(ContactUpdated, { aggregateId: id, payload: { contactId: id, fields } })
      })
    ).pipe(Effect.orDie)
  })
