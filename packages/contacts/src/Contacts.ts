/**
 * Contacts of an organization: found or created by their identities without doubles, however many callers ask at once;
 * merged when two turn out to be one person, and unmerged when they were not.
 *
 * A merge moves nothing: the contact that became part of another points to it, and everything found by an identity
 * follows these pointers. That is why undoing a merge restores both exactly.
 *
 * @since 0.1.0
 */
import { Clock, Context, DateTime, Effect, Layer, Option, Schema } from "effect"
import { SqlClient } from "effect/sql"
import type { Statement } from "effect/sql"
import type { Identity, IdentityKind } from "@wicara/channels/Address"
import type { ChannelAccountId } from "@wicara/channels/ChannelAdapter"
import { Events } from "@wicara/core/Events"
import * as Id from "@wicara/core/Id"
import * as Pagination from "@wicara/core/Pagination"
import type { InvalidInput } from "@wicara/core/Problem"
import { Conflict, NotFound } from "@wicara/core/Problem"
import { affectedRows, insertIfAbsent, joinTransaction, orDieSql, rowLimit, varying } from "@wicara/core/Sql"
import { Actor, CurrentActor, CurrentOrganization } from "@wicara/core/Tenancy"
import { Contact, ContactDetail, ContactId, ContactMerge, ContactMergeId } from "./Contact.ts"
import type { Consent, ConsentPurpose, ConsentSource, UpdateContact } from "./Contact.ts"
import { ConsentChanged, ContactCreated, ContactMerged, ContactUnmerged, ContactUpdated } from "./events.ts"
import { fingerprint } from "./internal/fingerprint.ts"
import * as Phone from "./Phone.ts"

/**
 * What a payload says about a person.
 *
 * @category models
 * @since 0.1.0
 */
export interface ResolveContact {
  readonly channelAccountId: ChannelAccountId
  /** Every identity that the payload names for them. */
  readonly identities: ReadonlyArray<Identity>
  /** The name of their profile. A name that a person entered is not replaced by it. */
  readonly displayName?: string | undefined
}

/**
 * @category models
 * @since 0.1.0
 */
export interface ResolvedContact {
  readonly id: ContactId
  readonly created: boolean
}

/**
 * What limits sending to a contact.
 *
 * @category models
 * @since 0.1.0
 */
export interface OptOuts {
  /** When the customer refused marketing, epoch milliseconds. */
  readonly marketing: Option.Option<number>
  /** When the customer refused all messages they did not ask for, epoch milliseconds. */
  readonly all: Option.Option<number>
}

/**
 * @category services
 * @since 0.1.0
 */
export class Contacts extends Context.Service<Contacts, {
  /**
   * Finds the contact of these identities or creates it, links identities seen for the first time, and merges contacts
   * that the identities show to be one. Joins the ambient transaction.
   */
  readonly resolve: (person: ResolveContact) => Effect.Effect<ResolvedContact, never, CurrentOrganization>
  /** Links the identity `to` to the contact of `from`: a number changed, a BSUID rotated. `None` when both are unknown. */
  readonly identityChanged: (change: {
    readonly channelAccountId: ChannelAccountId
    readonly from: Identity
    readonly to: Identity
  }) => Effect.Effect<Option.Option<ContactId>, never, CurrentOrganization>
  /** Finds the contact of an identity. */
  readonly findByIdentity: (
    channelAccountId: ChannelAccountId,
    identity: Identity
  ) => Effect.Effect<Option.Option<ContactId>, never, CurrentOrganization>
  readonly get: (id: ContactId) => Effect.Effect<ContactDetail, NotFound, CurrentOrganization>
  /** The newest first; with `search`, those whose name or number begins with it. Merged contacts are left out. */
  readonly list: (
    query: Pagination.PageQuery & { readonly search?: string | undefined }
  ) => Effect.Effect<Pagination.Page<Contact>, InvalidInput, CurrentOrganization>
  readonly update: (id: ContactId, change: UpdateContact) => Effect.Effect<Contact, NotFound, CurrentOrganization>
  /**
   * Records a consent or its withdrawal. One that happened before the last known change is kept in the ledger and
   * changes nothing.
   */
  readonly changeConsent: (change: {
    readonly contactId: ContactId
    readonly purpose: ConsentPurpose
    readonly state: "granted" | "denied"
    readonly source: ConsentSource
    readonly evidence?: string | undefined
    /** When the customer said so, epoch milliseconds; now when absent. */
    readonly occurredAt?: number | undefined
  }) => Effect.Effect<Contact, NotFound, CurrentOrganization>
  /** What a contact, and what it was merged with, refused. Unknown contacts refused nothing. */
  readonly optOuts: (id: ContactId) => Effect.Effect<OptOuts, never, CurrentOrganization>
  /** Makes `other` part of `into`, because a person says that they are one. */
  readonly merge: (into: ContactId, other: ContactId) => Effect.Effect<
    ContactMerge,
    NotFound | Conflict,
    CurrentOrganization
  >
  /** Undoes a merge: both contacts are as they were, with what they learned since. */
  readonly unmerge: (id: ContactMergeId) => Effect.Effect<ContactMerge, NotFound | Conflict, CurrentOrganization>
  /** The merges that a contact is part of, the newest first. */
  readonly merges: (id: ContactId) => Effect.Effect<ReadonlyArray<ContactMerge>, never, CurrentOrganization>
  /** The contact that stands for this one now: itself, or what it was merged into. */
  readonly root: (id: ContactId) => Effect.Effect<ContactId, never, CurrentOrganization>
  /** The contact that stands for this one with all that were merged into it: their conversations are one timeline. */
  readonly family: (
    id: ContactId
  ) => Effect.Effect<readonly [ContactId, ...Array<ContactId>], never, CurrentOrganization>
}>()("@wicara/contacts/Contacts") {
  /**
   * Contacts in SQL.
   *
   * @since 0.1.0
   */
  static readonly layerSql: Layer.Layer<Contacts, never, SqlClient.SqlClient | Events> = Layer.suspend(() =>
    Layer.effect(Contacts, make)
  )
}

interface Key {
  readonly scope: string
  readonly kind: IdentityKind
  readonly value: string
}

interface IdentityRow extends Key {
  readonly contact_id: Uint8Array
  readonly merged_into: Uint8Array | null
  readonly display_name: string | null
  readonly name_source: string | null
  readonly username: string | null
  readonly phone: string | null
}

interface ContactRow {
  readonly id: Uint8Array
  readonly display_name: string | null
  readonly name_source: string | null
  readonly name_key: string | null
  readonly phone: string | null
  readonly email: string | null
  readonly username: string | null
  readonly language: string | null
  readonly attributes: string
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

interface MergeRow {
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
const encodeObject = Schema.encodeSync(JsonObjectText)
const encodeActor = Schema.encodeSync(Schema.fromJsonString(Schema.toCodecJson(Actor)))

/** What a merge gave the contact that stays, to be taken back when it is undone. */
const Filled = Schema.Record(Schema.String, Schema.NullOr(Schema.Union([Schema.String, Schema.Number])))
const FilledText = Schema.fromJsonString(Filled)
const decodeFilled = Schema.decodeUnknownEffect(FilledText)
const encodeFilled = Schema.encodeSync(FilledText)

const maxKey = 190

const bytes = (id: string) => Id.toBytes(id)
const hex = (id: Uint8Array) => Id.fromBytes<ContactId>(id)

const nameKey = (name: string | null): string | null => name === null ? null : name.toLowerCase().slice(0, maxKey)

const keyText = (key: Key) => `${key.scope}\u0000${key.kind}\u0000${key.value}`

/** The places in which an identity is known, the first being the one it is stored under. */
const keysOf = (channelAccountId: ChannelAccountId, identity: Identity): ReadonlyArray<Key> => {
  switch (identity.kind) {
    case "phone": {
      const digits = Phone.digits(identity.value)
      // What is no number tells people apart only where it was seen.
      return Option.isNone(digits)
        ? [{ scope: channelAccountId, kind: "phone", value: fingerprint(identity.value) }]
        : Phone.variants(digits.value).map((value) => ({ scope: "", kind: "phone", value }))
    }
    case "email":
      return [{ scope: "", kind: "email", value: fingerprint(identity.value.toLowerCase()) }]
    default:
      return [{ scope: channelAccountId, kind: identity.kind, value: fingerprint(identity.value) }]
  }
}

/** A username may pass to someone else, so it identifies only those of whom nothing else is known. */
const identifying = (identities: ReadonlyArray<Identity>): ReadonlyArray<Identity> => {
  const lasting = identities.filter((identity) => identity.kind !== "username")
  return lasting.length > 0 ? lasting : identities
}

const make = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const events = yield* Events

  const forUpdate = sql.onDialectOrElse({ mysql: () => sql.literal("FOR UPDATE"), orElse: () => sql.literal("") })

  const columns = sql.literal(
    "id, display_name, name_source, name_key, phone, email, username, language, attributes, marketing_state, marketing_source, " +
      "marketing_changed_at, all_state, all_source, all_changed_at, merged_into, created_at, updated_at"
  )
  const mergeColumns = sql.literal("id, contact_id, merged_contact_id, reason, evidence, filled, merged_at, undone_at")

  const joined = <A, E, R>(effect: Effect.Effect<A, E, R>) => joinTransaction(sql, effect)

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

  const insertContact = Effect.fnUntraced(function*(person: ResolveContact, now: number) {
    const organization = yield* CurrentOrganization
    const id = yield* Id.next(ContactId)
    const phone = person.identities.find((identity) => identity.kind === "phone")
    const email = person.identities.find((identity) => identity.kind === "email")
    const displayName = person.displayName ?? null
    yield* sql`INSERT INTO contacts_contacts ${
      sql.insert({
        organization_id: bytes(organization.id),
        id: bytes(id),
        display_name: displayName,
        name_source: displayName === null ? null : "profile",
        name_key: nameKey(displayName),
        phone: phone === undefined ? null : Option.getOrNull(Phone.digits(phone.value)),
        email: email === undefined || email.value.length > maxKey ? null : email.value,
        username: usernameOf(person),
        attributes: "{}",
        marketing_state: "unknown",
        all_state: "unknown",
        created_at: now,
        updated_at: now
      })
    }`
    return bytes(id)
  })

  const link = Effect.fnUntraced(function*(keys: ReadonlyArray<Key>, contactId: Uint8Array, now: number) {
    const organization = yield* CurrentOrganization
    // In one order everywhere, so that two callers wait for each other instead of locking each other out.
    const sorted = [...keys].sort((a, b) => keyText(a) < keyText(b) ? -1 : 1)
    yield* insertIfAbsent(
      sql,
      "contacts_identities",
      "contact_id",
      sorted.map((key) => ({
        organization_id: bytes(organization.id),
        ...key,
        contact_id: contactId,
        first_seen_at: now
      }))
    )
  })

  /** Brings the profile's name, username and number up to date where a person did not decide otherwise. */
  const refresh = Effect.fnUntraced(function*(
    root: ContactRow | IdentityRow,
    rootId: Uint8Array,
    person: ResolveContact,
    now: number
  ) {
    const organization = yield* CurrentOrganization
    const changes: Array<Statement.Fragment> = []
    const fields: Array<string> = []
    const { displayName } = person
    if (
      displayName !== undefined && displayName !== "" && root.name_source !== "person" &&
      root.display_name !== displayName
    ) {
      changes.push(
        sql`display_name = ${displayName}`,
        sql`name_key = ${nameKey(displayName)}`,
        sql`name_source = ${"profile"}`
      )
      fields.push("displayName")
    }
    const username = usernameOf(person)
    if (username !== null && username !== root.username) {
      changes.push(sql`username = ${username}`)
      fields.push("username")
    }
    const phone = person.identities.find((identity) => identity.kind === "phone")
    const digits = phone === undefined ? null : Option.getOrNull(Phone.digits(phone.value))
    if (digits !== null && root.phone === null) {
      changes.push(sql`phone = ${digits}`)
      fields.push("phone")
    }
    if (changes.length === 0) return
    yield* sql`UPDATE contacts_contacts SET updated_at = ${now}, ${sql.csv(changes)}
      WHERE organization_id = ${bytes(organization.id)} AND id = ${rootId}`
    yield* events.append(ContactUpdated, { aggregateId: hex(rootId), payload: { contactId: hex(rootId), fields } })
  })

  const mergeInto = Effect.fnUntraced(function*(
    intoId: Uint8Array,
    otherId: Uint8Array,
    reason: ContactMerge["reason"],
    evidence: Schema.JsonObject,
    now: number
  ) {
    const organization = yield* CurrentOrganization
    const organizationId = bytes(organization.id)
    const into = Option.getOrThrow(yield* find(intoId, true))
    const other = Option.getOrThrow(yield* find(otherId, true))
    const filled: Record<string, string | number | null> = {}
    const fill = (column: keyof ContactRow) => {
      if (into[column] === null && other[column] !== null) filled[column] = String(other[column])
    }
    fill("phone")
    fill("email")
    fill("username")
    fill("language")
    if (into.display_name === null && other.display_name !== null) {
      filled["display_name"] = other.display_name
      filled["name_source"] = other.name_source
      filled["name_key"] = nameKey(other.display_name)
    }
    const mergeId = yield* Id.next(ContactMergeId)
    yield* sql`UPDATE contacts_contacts SET merged_into = ${intoId}, updated_at = ${now}
      WHERE organization_id = ${organizationId} AND id = ${otherId}`
    if (Object.keys(filled).length > 0) {
      yield* sql`UPDATE contacts_contacts SET updated_at = ${now}, ${
        sql.csv(Object.entries(filled).map(([column, value]) => sql`${sql(column)} = ${value}`))
      } WHERE organization_id = ${organizationId} AND id = ${intoId}`
    }
    yield* sql`INSERT INTO contacts_merges ${
      sql.insert({
        organization_id: organizationId,
        id: bytes(mergeId),
        contact_id: intoId,
        merged_contact_id: otherId,
        reason,
        evidence: encodeObject(evidence),
        filled: encodeFilled(filled),
        merged_at: now
      })
    }`
    yield* events.append(ContactMerged, {
      aggregateId: hex(intoId),
      payload: { contactId: hex(intoId), mergedContactId: hex(otherId), mergeId }
    })
    return mergeId
  })

  /** Merges all into the oldest, and returns it. */
  const mergeAll = Effect.fnUntraced(function*(
    roots: ReadonlyArray<Uint8Array>,
    reason: ContactMerge["reason"],
    evidence: Schema.JsonObject,
    now: number
  ) {
    const [oldest, ...others] = [...roots].sort((a, b) => hex(a) < hex(b) ? -1 : 1)
    for (const other of others) yield* mergeInto(oldest!, other, reason, evidence, now)
    return oldest!
  })

  const rootsOf = Effect.fnUntraced(function*(rows: ReadonlyArray<IdentityRow>) {
    const roots = new Map<string, Uint8Array>()
    for (const row of rows) {
      const root = yield* rootOf(row.contact_id, row.merged_into)
      roots.set(hex(root), root)
    }
    return [...roots.values()]
  })

  const evidenceOf = (person: Pick<ResolveContact, "channelAccountId" | "identities">): Schema.JsonObject => ({
    channelAccountId: person.channelAccountId,
    identities: person.identities.map((identity) => ({ kind: identity.kind, value: identity.value }))
  })

  const settle = Effect.fnUntraced(function*(
    person: ResolveContact,
    stored: ReadonlyArray<Key>,
    searched: ReadonlyArray<Key>
  ) {
    const organization = yield* CurrentOrganization
    const organizationId = bytes(organization.id)
    const now = yield* Clock.currentTimeMillis
    const before = yield* rootsOf(yield* findIdentities(searched, true))
    if (before.length > 0) {
      const root = yield* mergeAll(before, "identities", evidenceOf(person), now)
      yield* link(stored, root, now)
      const after = yield* rootsOf(yield* findIdentities(stored, true))
      const settled = after.length > 1 ? yield* mergeAll(after, "identities", evidenceOf(person), now) : root
      const row = yield* find(settled)
      if (Option.isSome(row)) yield* refresh(row.value, settled, person, now)
      return { id: hex(settled), created: false }
    }
    const created = yield* insertContact(person, now)
    yield* link(stored, created, now)
    // Whoever linked an identity first has won; a loser's contact was never seen by anyone.
    const rows = yield* findIdentities(stored, true)
    const others = (yield* rootsOf(rows)).filter((root) => hex(root) !== hex(created))
    if (others.length > 0) {
      const root = yield* mergeAll(others, "identities", evidenceOf(person), now)
      yield* sql`UPDATE contacts_identities SET contact_id = ${root}
        WHERE organization_id = ${organizationId} AND contact_id = ${created}`
      yield* sql`DELETE FROM contacts_contacts WHERE organization_id = ${organizationId} AND id = ${created}`
      return { id: hex(root), created: false }
    }
    yield* events.append(ContactCreated, { aggregateId: hex(created), payload: { contactId: hex(created) } })
    return { id: hex(created), created: true }
  })

  const resolve = Effect.fn("Contacts.resolve")(function*(person: ResolveContact) {
    const candidates = identifying(person.identities).map((identity) => keysOf(person.channelAccountId, identity))
    const stored = dedupe(candidates.flatMap((keys) => keys.slice(0, 1)))
    const searched = dedupe(candidates.flat())
    // The common case takes one query: everyone named is known as one contact, and nothing about them is new.
    const known = yield* findIdentities(searched, false)
    const present = new Set(known.map(keyText))
    const first = known[0]
    if (
      first !== undefined && stored.every((key) => present.has(keyText(key))) &&
      known.every((row) => row.merged_into === null && hex(row.contact_id) === hex(first.contact_id))
    ) {
      const now = yield* Clock.currentTimeMillis
      yield* joined(refresh(first, first.contact_id, person, now))
      return { id: hex(first.contact_id), created: false }
    }
    return yield* joined(settle(person, stored, searched))
  }, Effect.orDie)

  const identityChanged = Effect.fn("Contacts.identityChanged")(function*(change: {
    readonly channelAccountId: ChannelAccountId
    readonly from: Identity
    readonly to: Identity
  }) {
    const from = keysOf(change.channelAccountId, change.from)
    const to = keysOf(change.channelAccountId, change.to)
    const organization = yield* CurrentOrganization
    return yield* joined(Effect.gen(function*() {
      const now = yield* Clock.currentTimeMillis
      const roots = yield* rootsOf(yield* findIdentities(dedupe([...from, ...to]), true))
      if (roots.length === 0) return Option.none()
      const root = yield* mergeAll(
        roots,
        "identity_changed",
        { channelAccountId: change.channelAccountId, from: { ...change.from }, to: { ...change.to } },
        now
      )
      yield* link(dedupe([...from.slice(0, 1), ...to.slice(0, 1)]), root, now)
      const [fromKey] = from
      const [toKey] = to
      if (fromKey?.kind === "phone" && toKey?.kind === "phone") {
        yield* sql`UPDATE contacts_contacts SET phone = ${toKey.value}, updated_at = ${now}
          WHERE organization_id = ${bytes(organization.id)} AND id = ${root} AND phone = ${fromKey.value}`
      }
      return Option.some(hex(root))
    }))
  }, Effect.orDie)

  const findByIdentity = Effect.fn("Contacts.findByIdentity")(function*(
    channelAccountId: ChannelAccountId,
    identity: Identity
  ) {
    const [row] = yield* findIdentities(keysOf(channelAccountId, identity), false)
    return row === undefined ? Option.none() : Option.some(hex(yield* rootOf(row.contact_id, row.merged_into)))
  }, Effect.orDie)

  const get = Effect.fn("Contacts.get")(function*(id: ContactId) {
    const organization = yield* CurrentOrganization
    const row = yield* orDieSql(found(id))
    const family = row.merged_into === null ? yield* Effect.orDie(familyOf(row.id)) : [row.id]
    const identities = yield* Effect.orDie(varying(
      sql,
      sql<Key>`SELECT scope, kind, value FROM contacts_identities
        WHERE organization_id = ${bytes(organization.id)} AND ${sql.in("contact_id", family)}
        ORDER BY first_seen_at, scope, kind, value LIMIT ${rowLimit(sql, 200)}`
    ))
    return new ContactDetail({
      ...(yield* toFields(row)),
      identities: identities.map((identity) => ({
        kind: identity.kind,
        value: identity.value,
        channelAccountId: identity.scope === "" ? null : identity.scope as ChannelAccountId
      }))
    })
  })

  const Position = Schema.Struct({ key: Schema.NullOr(Schema.String), id: ContactId })

  const list = Effect.fn("Contacts.list")(function*(
    query: Pagination.PageQuery & { readonly search?: string | undefined }
  ) {
    const organization = yield* CurrentOrganization
    const organizationId = bytes(organization.id)
    const limit = Pagination.limit(query)
    const after = yield* Pagination.position(Position, query)
    const search = (query.search ?? "").trim()
    const page = Effect.fnUntraced(function*(
      rows: ReadonlyArray<ContactRow>,
      keyOf: (row: ContactRow) => string | null
    ) {
      const { data, nextCursor } = Pagination.page(
        rows,
        limit,
        Position,
        (row) => ({ key: keyOf(row), id: hex(row.id) })
      )
      return { data: yield* Effect.forEach(data, toContact), nextCursor }
    })
    if (search === "") {
      const rows = yield* Effect.orDie(sql<ContactRow>`SELECT ${columns} FROM contacts_contacts
        WHERE organization_id = ${organizationId} AND merged_into IS NULL
          ${after === undefined ? sql.literal("") : sql`AND id < ${bytes(after.id)}`}
        ORDER BY id DESC LIMIT ${rowLimit(sql, limit + 1)}`)
      return yield* page(rows, () => null)
    }
    const digits = /^[+\d][\d\s().-]*$/.test(search) ? search.replace(/\D/g, "") : ""
    const column = sql(digits === "" ? "name_key" : "phone")
    const prefix = digits === "" ? search.toLowerCase().slice(0, maxKey) : digits
    const from = after?.key ?? prefix
    const rows = yield* Effect.orDie(sql<ContactRow>`SELECT ${columns} FROM contacts_contacts
      WHERE organization_id = ${organizationId} AND ${column} >= ${from} AND ${column} < ${`${prefix}\u{10FFFF}`}
        ${after === undefined ? sql.literal("") : sql`AND (${column} > ${from} OR id > ${bytes(after.id)})`}
        AND merged_into IS NULL
      ORDER BY ${column}, id LIMIT ${rowLimit(sql, limit + 1)}`)
    return yield* page(rows, (row) => digits === "" ? row.name_key : row.phone)
  })

  const update = Effect.fn("Contacts.update")(function*(id: ContactId, change: UpdateContact) {
    const organization = yield* CurrentOrganization
    const changes: Array<Statement.Fragment> = []
    if (change.displayName !== undefined) {
      changes.push(
        sql`display_name = ${change.displayName}`,
        sql`name_key = ${nameKey(change.displayName)}`,
        sql`name_source = ${change.displayName === null ? null : "person"}`
      )
    }
    if (change.email !== undefined) changes.push(sql`email = ${change.email}`)
    if (change.language !== undefined) changes.push(sql`language = ${change.language}`)
    if (change.attributes !== undefined) changes.push(sql`attributes = ${encodeObject(change.attributes)}`)
    return yield* orDieSql(joined(Effect.gen(function*() {
      const now = yield* Clock.currentTimeMillis
      yield* found(id, true)
      if (changes.length > 0) {
        yield* sql`UPDATE contacts_contacts SET updated_at = ${now}, ${sql.csv(changes)}
          WHERE organization_id = ${bytes(organization.id)} AND id = ${bytes(id)}`
        yield* events.append(ContactUpdated, {
          aggregateId: id,
          payload: { contactId: id, fields: Object.keys(change) }
        })
      }
      return yield* Effect.flatMap(found(id), toContact)
    })))
  })

  const changeConsent: Contacts["Service"]["changeConsent"] = Effect.fn("Contacts.changeConsent")(function*(change) {
    const organization = yield* CurrentOrganization
    const organizationId = bytes(organization.id)
    const actor = yield* Effect.serviceOption(CurrentActor)
    return yield* orDieSql(joined(Effect.gen(function*() {
      const now = yield* Clock.currentTimeMillis
      const occurredAt = change.occurredAt ?? now
      const row = yield* found(change.contactId, true)
      const last = change.purpose === "all" ? row.all_changed_at : row.marketing_changed_at
      const state = change.purpose === "all" ? row.all_state : row.marketing_state
      yield* sql`INSERT INTO contacts_consents ${
        sql.insert({
          organization_id: organizationId,
          contact_id: row.id,
          id: bytes(yield* Id.next(Schema.String)),
          purpose: change.purpose,
          state: change.state,
          source: change.source,
          evidence: change.evidence ?? null,
          actor: Option.isSome(actor) ? encodeActor(actor.value.actor) : null,
          occurred_at: occurredAt,
          recorded_at: now
        })
      }`
      if (last === null || Number(last) <= occurredAt) {
        const prefix = change.purpose
        yield* sql`UPDATE contacts_contacts SET ${sql(`${prefix}_state`)} = ${change.state},
            ${sql(`${prefix}_source`)} = ${change.source}, ${sql(`${prefix}_changed_at`)} = ${occurredAt},
            updated_at = ${now}
          WHERE organization_id = ${organizationId} AND id = ${row.id}`
        if (state !== change.state) {
          yield* events.append(ConsentChanged, {
            aggregateId: change.contactId,
            payload: {
              contactId: change.contactId,
              purpose: change.purpose,
              state: change.state,
              source: change.source
            }
          })
        }
      }
      return yield* Effect.flatMap(found(change.contactId), toContact)
    })))
  })

  const optOuts = Effect.fn("Contacts.optOuts")(function*(id: ContactId) {
    const organization = yield* CurrentOrganization
    const organizationId = bytes(organization.id)
    const near = yield* sql<ContactRow>`SELECT ${columns} FROM contacts_contacts
      WHERE organization_id = ${organizationId} AND (id = ${bytes(id)} OR merged_into = ${bytes(id)})`
    const self = near.find((row) => hex(row.id) === id)
    if (self === undefined) return { marketing: Option.none(), all: Option.none() }
    const alone = near.length === 1 && self.merged_into === null
    const rows = alone ? near : yield* varying(
      sql,
      sql<ContactRow>`SELECT ${columns} FROM contacts_contacts WHERE organization_id = ${organizationId}
        AND ${sql.in("id", yield* familyOf(yield* rootOf(self.id, self.merged_into)))}`
    )
    return { marketing: latestRefusal(rows, "marketing"), all: latestRefusal(rows, "all") }
  }, Effect.orDie)

  const findMerge = Effect.fnUntraced(function*(id: ContactMergeId, lock = false) {
    const organization = yield* CurrentOrganization
    const rows = yield* sql<MergeRow>`SELECT ${mergeColumns} FROM contacts_merges
      WHERE organization_id = ${bytes(organization.id)} AND id = ${bytes(id)} ${lock ? forUpdate : sql.literal("")}`
    const row = rows[0]
    return row === undefined ? yield* NotFound.of("contact merge", id) : row
  })

  const merge = Effect.fn("Contacts.merge")(function*(into: ContactId, other: ContactId) {
    const actor = yield* Effect.serviceOption(CurrentActor)
    return yield* orDieSql(joined(Effect.gen(function*() {
      const now = yield* Clock.currentTimeMillis
      for (const id of [into, other].sort()) yield* found(id, true)
      const intoRow = yield* found(into)
      const otherRow = yield* found(other)
      const intoRoot = yield* rootOf(intoRow.id, intoRow.merged_into)
      const otherRoot = yield* rootOf(otherRow.id, otherRow.merged_into)
      if (hex(intoRoot) === hex(otherRoot)) return yield* new Conflict({ detail: "These are one contact already." })
      const mergeId = yield* mergeInto(
        intoRoot,
        otherRoot,
        "person",
        Option.isSome(actor) ? { actor: encodeActor(actor.value.actor) } : {},
        now
      )
      return yield* Effect.flatMap(findMerge(mergeId), toMerge)
    })))
  })

  const unmerge = Effect.fn("Contacts.unmerge")(function*(id: ContactMergeId) {
    const organization = yield* CurrentOrganization
    const organizationId = bytes(organization.id)
    return yield* orDieSql(joined(Effect.gen(function*() {
      const now = yield* Clock.currentTimeMillis
      const row = yield* findMerge(id, true)
      if (row.undone_at !== null) return yield* new Conflict({ detail: "This merge was undone already." })
      yield* sql`UPDATE contacts_merges SET undone_at = ${now} WHERE organization_id = ${organizationId} AND id = ${row.id}`
      const changed = yield* affectedRows(sql`UPDATE contacts_contacts SET merged_into = NULL, updated_at = ${now}
        WHERE organization_id = ${organizationId} AND id = ${row.merged_contact_id} AND merged_into = ${row.contact_id}`)
      if (changed === 0) return yield* new Conflict({ detail: "The contacts were merged differently since." })
      // Only what nobody changed since is taken back.
      for (const [column, value] of Object.entries(yield* Effect.orDie(decodeFilled(row.filled)))) {
        yield* sql`UPDATE contacts_contacts SET ${sql(column)} = NULL
          WHERE organization_id = ${organizationId} AND id = ${row.contact_id} AND ${sql(column)} = ${value}`
      }
      yield* events.append(ContactUnmerged, {
        aggregateId: hex(row.contact_id),
        payload: { contactId: hex(row.contact_id), restoredContactId: hex(row.merged_contact_id), mergeId: id }
      })
      return yield* Effect.flatMap(findMerge(id), toMerge)
    })))
  })

  const merges = Effect.fn("Contacts.merges")(function*(id: ContactId) {
    const organization = yield* CurrentOrganization
    const rows = yield* sql<MergeRow>`SELECT ${mergeColumns} FROM contacts_merges
      WHERE organization_id = ${bytes(organization.id)} AND (contact_id = ${bytes(id)} OR merged_contact_id = ${
      bytes(id)
    })
      ORDER BY id DESC LIMIT ${rowLimit(sql, 200)}`
    return yield* Effect.forEach(rows, toMerge)
  }, Effect.orDie)

  const root = Effect.fn("Contacts.root")(function*(id: ContactId) {
    const row = yield* find(bytes(id))
    return Option.isNone(row) ? id : hex(yield* rootOf(row.value.id, row.value.merged_into))
  }, Effect.orDie)

  const family = Effect.fn("Contacts.family")(function*(id: ContactId) {
    const [first, ...rest] = yield* Effect.orDie(familyOf(bytes(yield* root(id))))
    return [hex(first!), ...rest.map(hex)] as const
  })

  return Contacts.of({
    resolve,
    identityChanged,
    findByIdentity,
    get,
    list,
    update,
    changeConsent,
    optOuts,
    merge,
    unmerge,
    merges,
    root,
    family
  })
})

const dedupe = (keys: ReadonlyArray<Key>): ReadonlyArray<Key> => [
  ...new Map(keys.map((key) => [keyText(key), key])).values()
]

const usernameOf = (person: ResolveContact): string | null =>
  person.identities.find((identity) => identity.kind === "username")?.value.slice(0, maxKey) ?? null

const latestRefusal = (rows: ReadonlyArray<ContactRow>, purpose: ConsentPurpose): Option.Option<number> => {
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

const toFields = Effect.fnUntraced(function*(row: ContactRow) {
  return {
    id: hex(row.id),
    displayName: row.display_name,
    phone: row.phone === null ? null : `+${row.phone}`,
    email: row.email,
    username: row.username,
    language: row.language,
    attributes: yield* Effect.orDie(decodeObject(row.attributes)),
    consent: {
      marketing: toConsent(row.marketing_state, row.marketing_source, row.marketing_changed_at),
      all: toConsent(row.all_state, row.all_source, row.all_changed_at)
    },
    mergedInto: row.merged_into === null ? null : hex(row.merged_into),
    createdAt: DateTime.makeUnsafe(Number(row.created_at)),
    updatedAt: DateTime.makeUnsafe(Number(row.updated_at))
  }
})

const toContact = (row: ContactRow) => Effect.map(toFields(row), (fields) => new Contact(fields))

const toMerge = Effect.fnUntraced(function*(row: MergeRow) {
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
