import type { Events } from "@wicara/core/Events"
import { joinTransaction } from "@wicara/core/Sql"
import { CurrentOrganization } from "@wicara/core/Tenancy"
import { Clock, DateTime, Effect } from "effect"
import type { Schema } from "effect"
import type { SqlClient } from "effect/sql"
import type { Contact, ContactId, Verified } from "../Contact.ts"
import { ContactUpdated } from "../events.ts"
import * as Stated from "../Stated.ts"
import { bytes, encodeObject, encodeVerified, nameKey, toContact } from "./contactRows.ts"
import type { ContactRows } from "./contactRows.ts"

/** What was learned of a contact. */
export interface ContactProfile {
  readonly verified: boolean
  /** Of a verified profile: a profile's own name is the resolver's to keep. */
  readonly displayName?: string | undefined
  readonly email?: string | undefined
  readonly language?: string | undefined
  readonly attributes?: Schema.JsonObject | undefined
}

/** What is vouched for by now; the same as before where this adds nothing to it. */
const withProof = (
  before: Verified | null,
  profile: ContactProfile,
  proved: Schema.JsonObject,
  now: number
): Verified => {
  const known = before ?? { displayName: null, email: null, attributes: {} }
  const next = {
    displayName: profile.displayName ?? known.displayName,
    email: profile.email ?? known.email,
    attributes: { ...known.attributes, ...proved }
  }
  const isSame = before !== null && next.displayName === before.displayName && next.email === before.email &&
    encodeObject(next.attributes) === encodeObject(before.attributes)
  return isSame ? before : { ...next, changedAt: DateTime.makeUnsafe(now) }
}

const proofText = (verified: Contact["verified"]) => verified === null ? null : encodeVerified(verified)

/** @see Contacts.learn */
export const makeContactProfiles = (sql: SqlClient.SqlClient, events: Events["Service"], rows: ContactRows) =>
  Effect.fn("Contacts.learn")(function*(id: ContactId, profile: ContactProfile) {
    const organization = yield* CurrentOrganization
    yield* joinTransaction(
      sql,
      Effect.gen(function*() {
        const row = yield* rows.found(id, true)
        const before = yield* toContact(row)
        const now = yield* Clock.currentTimeMillis
        const { attributes: said = {}, verified } = profile
        const { stated: _, ...proved } = said
        const email = profile.email !== undefined && (verified || before.email === null) ? profile.email : before.email
        const language = profile.language !== undefined && before.language === null ? profile.language : before.language
        const attributes = Object.keys(said).length === 0
          ? before.attributes
          : verified
          // The person's own word keeps its name.
          ? { ...before.attributes, ...proved }
          : Stated.add(before.attributes, said)
        const isNamed = verified && profile.displayName !== undefined && row.name_source !== "person"
        const displayName = isNamed ? profile.displayName : before.displayName
        const proof = verified ? withProof(before.verified, profile, proved, now) : before.verified
        const fields = [
          ...(displayName === before.displayName ? [] : ["displayName"]),
          ...(email === before.email ? [] : ["email"]),
          ...(language === before.language ? [] : ["language"]),
          ...(encodeObject(attributes) === encodeObject(before.attributes) ? [] : ["attributes"]),
          ...(proof === before.verified ? [] : ["verified"])
        ]
        if (fields.length === 0) return
        yield* sql`UPDATE contacts_contacts SET email = ${email}, language = ${language},
            attributes = ${encodeObject(attributes)}, verified = ${proofText(proof)}, updated_at = ${now}${
          isNamed
            ? sql`, display_name = ${displayName}, name_key = ${nameKey(displayName)}, name_source = 'verified'`
            : sql.literal("")
        }
          WHERE organization_id = ${bytes(organization.id)} AND id = ${bytes(id)}`
        yield* events.append(ContactUpdated, { aggregateId: id, payload: { contactId: id, fields } })
      })
    ).pipe(Effect.orDie)
  })
