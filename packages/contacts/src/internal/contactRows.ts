import { DateTime, Effect, Option, Schema } from "effect"
import type { SqlClient } from "effect/sql"
import type { IdentityKind } from "@wicara/channels/Address"
import * as Id from "@wicara/core/Id"
import { NotFound } from "@wicara/core/Problem"
import { varying } from "@wicara/core/Sql"
import { Actor, CurrentOrganization } from "@wicara/core/Tenancy"
import { Contact, ContactMerge, Verified } from "../Contact.ts"
import type { Consent, ConsentPurpose, ConsentSource, ContactId, ContactMergeId } from "../Contact.ts"

/** Where an identity is known, and what it is. */
export interface Key {
  readonly scope: string
  readonly kind: IdentityKind
  readonly value: string
}

export interface IdentityRow extends Key {
  readonly contact_id: Uint8Array
  readonly merged_into: Uint8Array | null
  readonly display_name: string | null
  readonly name_source: string | null
  readonly username: string | null
  readonly phone: string | null
}

export interface ContactRow {
  readonly id: Uint8Array
  readonly display_name: string | null
  readonly name_source: string | null
  readonly name_key: string | null
  readonly phone: string | null
  readonly email: string | null
  readonly username: string | null
  readonly language: string | null
  readonly attributes: string
  readonly verified: string | null
  readonly marketing_state: Consent["state"]
  readonly marketing_source: ConsentSource | null
  readonly marketing_changed_at: unknown
  readonly all_state: Consent["state"]
  readonly all_source: ConsentSource | null
  readonly all_changed_at: unknown
  readonly merged_into: Uint8Array | null
  readonly created_at: unknown
  readonly updated_at: unknown
}

export interface MergeRow {
  readonly id: Uint8Array
  readonly contact_id: Uint8Array
  readonly merged_contact_id: Uint8Array
  readonly reason: ContactMerge["reason"]
  readonly evidence: string
  readonly filled: string
  readonly merged_at: unknown
  readonly undone_at: unknown
}

const JsonObjectText = Schema.fromJsonString(Schema.JsonObject)
const decodeObject = Schema.decodeUnknownEffect(JsonObjectText)
export const encodeObject = Schema.encodeSync(JsonObjectText)
export const encodeActor = Schema.encodeSync(Schema.fromJsonString(Schema.toCodecJson(Actor)))

const VerifiedText = Schema.fromJsonString(Verified)
const decodeVerified = Schema.decodeUnknownEffect(VerifiedText)
export const encodeVerified = Schema.encodeSync(VerifiedText)

/** What a merge gave the contact that stays, to be taken back when it is undone. */
const Filled = Schema.Record(Schema.String, Schema.NullOr(Schema.Union([Schema.String, Schema.Number])))
const FilledText = Schema.fromJsonString(Filled)
export const decodeFilled = Schema.decodeUnknownEffect(FilledText)
export const encodeFilled = Schema.encodeSync(FilledText)

export const maxKey = 190

export const bytes = (id: string) => Id.toBytes(id)
export const hex = (id: Uint8Array) => Id.fromBytes<ContactId>(id)

export const nameKey = (name: string | null): string | null =>
  name === null ? null : name.toLowerCase().slice(0, maxKey)

export const keyText = (key: Key) => `${key.scope}\u0000${key.kind}\u0000${key.value}`

export const makeContactRows = (sql: SqlClient.SqlClient) => {
  const forUpdate = sql.onDialectOrElse({ mysql: () => sql.literal("FOR UPDATE"), orElse: () => sql.literal("") })

  const columns = sql.literal(
    "id, display_name, name_source, name_key, phone, email, username, language, attributes, verified, marketing_state, " +
      "marketing_source, marketing_changed_at, all_state, all_source, all_changed_at, merged_into, created_at, updated_at"
  )
  const mergeColumns = sql.literal("id, contact_id, merged_contact_id, reason, evidence, filled, merged_at, undone_at")

  const findIdentities = Effect.fnUntraced(function*(keys: ReadonlyArray<Key>, lock: boolean) {
    const organization = yield* CurrentOrganization
    if (keys.length === 0) return []
    return yield* varying(
      sql,
      sql<IdentityRow>`SELECT i.scope, i.kind, i.value, i.contact_id, c.merged_into, c.display_name, c.name_source,
          c.username, c.phone
        FROM contacts_identities i
        JOIN contacts_contacts c ON c.organization_id = i.organization_id AND c.id = i.contact_id
        WHERE i.organization_id = ${bytes(organization.id)} AND ${
        sql.or(keys.map((key) => sql`(i.scope = ${key.scope} AND i.kind = ${key.kind} AND i.value = ${key.value})`))
      } ${lock ? forUpdate : sql.literal("")}`
    )
  })

  const find = Effect.fnUntraced(function*(id: Uint8Array, lock = false) {
    const organization = yield* CurrentOrganization
    const rows = yield* sql<ContactRow>`SELECT ${columns} FROM contacts_contacts
      WHERE organization_id = ${bytes(organization.id)} AND id = ${id} ${lock ? forUpdate : sql.literal("")}`
    return Option.fromUndefinedOr(rows[0])
  })

  const found = (id: ContactId, lock = false) =>
    Effect.flatMap(
      find(bytes(id), lock),
      Option.match({
        onNone: () => Effect.fail(NotFound.of("contact", id)),
        onSome: Effect.succeed
      })
    )

  /** Follows merges from a contact to the one that stands for it. */
  const rootOf = Effect.fnUntraced(function*(id: Uint8Array, mergedInto: Uint8Array | null) {
    let current = id
    let next = mergedInto
    while (next !== null) {
      current = next
      const row: Option.Option<ContactRow> = yield* find(current)
      next = Option.isSome(row) ? row.value.merged_into : null
    }
    return current
  })

  const familyOf = Effect.fnUntraced(function*(root: Uint8Array) {
    const organization = yield* CurrentOrganization
    const family = [root]
    let generation = [root]
    while (generation.length > 0) {
      const rows = yield* varying(
        sql,
        sql<{ readonly id: Uint8Array }>`SELECT id FROM contacts_contacts
          WHERE organization_id = ${bytes(organization.id)} AND ${sql.in("merged_into", generation)}`
      )
      generation = rows.map((row) => row.id)
      family.push(...generation)
    }
    return family
  })

  const findMerge = Effect.fnUntraced(function*(id: ContactMergeId, lock = false) {
    const organization = yield* CurrentOrganization
    const rows = yield* sql<MergeRow>`SELECT ${mergeColumns} FROM contacts_merges
      WHERE organization_id = ${bytes(organization.id)} AND id = ${bytes(id)} ${lock ? forUpdate : sql.literal("")}`
    const row = rows[0]
    return row === undefined ? yield* NotFound.of("contact merge", id) : row
  })

  return { columns, mergeColumns, findIdentities, find, found, rootOf, familyOf, findMerge }
}

export type ContactRows = ReturnType<typeof makeContactRows>

export type RefusalRow = Pick<
  ContactRow,
  "marketing_state" | "marketing_changed_at" | "all_state" | "all_changed_at"
>

export const latestRefusal = (rows: ReadonlyArray<RefusalRow>, purpose: ConsentPurpose): Option.Option<number> => {
  const refusals = rows
    .filter((row) => (purpose === "all" ? row.all_state : row.marketing_state) === "denied")
    .map((row) => Number(purpose === "all" ? row.all_changed_at : row.marketing_changed_at))
  return refusals.length === 0 ? Option.none() : Option.some(Math.max(...refusals))
}

const toConsent = (state: Consent["state"], source: ConsentSource | null, changedAt: unknown): Consent => ({
  state,
  source,
  changedAt: changedAt === null ? null : DateTime.makeUnsafe(Number(changedAt))
})

export const toFields = Effect.fnUntraced(function*(row: ContactRow) {
  return {
    id: hex(row.id),
    displayName: row.display_name,
    phone: row.phone === null ? null : `+${row.phone}`,
    email: row.email,
    username: row.username,
    language: row.language,
    attributes: yield* Effect.orDie(decodeObject(row.attributes)),
    verified: row.verified === null ? null : yield* Effect.orDie(decodeVerified(row.verified)),
    consent: {
      marketing: toConsent(row.marketing_state, row.marketing_source, row.marketing_changed_at),
      all: toConsent(row.all_state, row.all_source, row.all_changed_at)
    },
    mergedInto: row.merged_into === null ? null : hex(row.merged_into),
    createdAt: DateTime.makeUnsafe(Number(row.created_at)),
    updatedAt: DateTime.makeUnsafe(Number(row.updated_at))
  }
})

export const toContact = (row: ContactRow) => Effect.map(toFields(row), (fields) => new Contact(fields))

export const toMerge = Effect.fnUntraced(function*(row: MergeRow) {
  return new ContactMerge({
    id: Id.fromBytes(row.id),
    contactId: hex(row.contact_id),
    mergedContactId: hex(row.merged_contact_id),
    reason: row.reason,
    evidence: yield* Effect.orDie(decodeObject(row.evidence)),
    mergedAt: DateTime.makeUnsafe(Number(row.merged_at)),
    undoneAt: row.undone_at === null ? null : DateTime.makeUnsafe(Number(row.undone_at))
  })
})
