import { Clock, Effect, Option } from "effect"
import type { SqlClient, Statement } from "effect/sql"
import type { Schema } from "effect"
import type { Identity } from "@wicara/channels/Address"
import type { ChannelAccountId } from "@wicara/channels/ChannelAdapter"
import type { Events } from "@wicara/core/Events"
import * as Id from "@wicara/core/Id"
import { Conflict } from "@wicara/core/Problem"
import { affectedRows, insertIfAbsent, joinTransaction, orDieSql, varying } from "@wicara/core/Sql"
import { CurrentActor, CurrentOrganization } from "@wicara/core/Tenancy"
import { ContactId, ContactMergeId } from "../Contact.ts"
import type { ContactMerge } from "../Contact.ts"
import type { ResolveContact } from "../Contacts.ts"
import { ContactCreated, ContactMerged, ContactUnmerged, ContactUpdated } from "../events.ts"
import * as Phone from "../Phone.ts"
import {
  bytes,
  decodeFilled,
  encodeActor,
  encodeFilled,
  encodeObject,
  hex,
  keyText,
  maxKey,
  nameKey,
  toMerge
} from "./contactRows.ts"
import type { ContactRow, ContactRows, IdentityRow, Key } from "./contactRows.ts"
import type { ContactAudit } from "./contactAudit.ts"
import { fingerprint } from "./fingerprint.ts"

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

const dedupe = (keys: ReadonlyArray<Key>): ReadonlyArray<Key> => [
  ...new Map(keys.map((key) => [keyText(key), key])).values()
]

const usernameOf = (person: ResolveContact): string | null =>
  person.identities.find((identity) => identity.kind === "username")?.value.slice(0, maxKey) ?? null

/** Who is who: identities, the contacts they belong to, and the merges between these. */
export const makeIdentityGraph = (
  sql: SqlClient.SqlClient,
  events: Events["Service"],
  record: ContactAudit,
  { find, findIdentities, findMerge, found, rootOf }: ContactRows
) => {
  const joined = <A, E, R>(effect: Effect.Effect<A, E, R>) => joinTransaction(sql, effect)

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

  /**
   * Brings the profile's name, username and number up to date where a person did not decide otherwise, and nobody
   * vouched for another name.
   */
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
      root.name_source !== "verified" && root.display_name !== displayName
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
    fill("verified")
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

  /** Whether somebody undid a merge between any of them: what they told apart, a payload does not put together again. */
  const toldApart = Effect.fnUntraced(function*(roots: ReadonlyArray<Uint8Array>) {
    if (roots.length < 2) return false
    const organization = yield* CurrentOrganization
    const undone = yield* varying(
      sql,
      sql`SELECT id FROM contacts_merges WHERE organization_id = ${bytes(organization.id)} AND undone_at IS NOT NULL
        AND ${sql.in("contact_id", roots)} AND ${sql.in("merged_contact_id", roots)} LIMIT 1`
    )
    return undone.length > 0
  })

  /** The one contact of these identities: all are merged into it, unless somebody told them apart. */
  const unite = Effect.fnUntraced(function*(
    rows: ReadonlyArray<IdentityRow>,
    exact: ReadonlyArray<Key>,
    reason: ContactMerge["reason"],
    evidence: Schema.JsonObject,
    now: number
  ) {
    const roots = yield* rootsOf(rows)
    if (!(yield* toldApart(roots))) return yield* mergeAll(roots, reason, evidence, now)
    // Whoever has the very identity, in the order in which the payload names them, and not a variant of it.
    const named = exact.flatMap((key) => rows.find((row) => keyText(row) === keyText(key)) ?? [])[0] ?? rows[0]!
    return yield* rootOf(named.contact_id, named.merged_into)
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
    const together = (rows: ReadonlyArray<IdentityRow>) => unite(rows, stored, "identities", evidenceOf(person), now)
    const before = yield* findIdentities(searched, true)
    if (before.length > 0) {
      yield* link(stored, yield* together(before), now)
      const settled = yield* together(yield* findIdentities(stored, true))
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
      const known = yield* findIdentities(dedupe([...from, ...to]), true)
      if (known.length === 0) return Option.none()
      const root = yield* unite(
        known,
        [...to.slice(0, 1), ...from.slice(0, 1)],
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
      yield* record("contact.merged", hex(intoRoot), { mergeId, contactId: hex(otherRoot) })
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
      yield* record("contact.unmerged", hex(row.contact_id), { mergeId: id, contactId: hex(row.merged_contact_id) })
      return yield* Effect.flatMap(findMerge(id), toMerge)
    })))
  })

  return { resolve, identityChanged, findByIdentity, merge, unmerge }
}
