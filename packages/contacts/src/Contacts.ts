/**
 * Contacts of an organization: found or created by their identities without doubles, however many callers ask at once;
 * merged when two turn out to be one person, and unmerged when they were not.
 *
 * A merge moves nothing: the contact that became part of another points to it, and everything found by an identity
 * follows these pointers. That is why undoing a merge restores both exactly.
 *
 * @since 0.1.0
 */
import { Clock, Context, Effect, Layer, Option, Schema } from "effect"
import { SqlClient } from "effect/sql"
import type { Statement } from "effect/sql"
import type { Identity } from "@wicara/channels/Address"
import type { ChannelAccountId } from "@wicara/channels/ChannelAdapter"
import { Audit } from "@wicara/core/Audit"
import { Events } from "@wicara/core/Events"
import * as Id from "@wicara/core/Id"
import * as Pagination from "@wicara/core/Pagination"
import * as Sorting from "@wicara/core/Sorting"
import { InvalidInput } from "@wicara/core/Problem"
import type { Conflict, NotFound } from "@wicara/core/Problem"
import { joinTransaction, orDieSql, padded, rowLimit, varying } from "@wicara/core/Sql"
import { CurrentActor, CurrentOrganization } from "@wicara/core/Tenancy"
import { ContactDetail, ContactId } from "./Contact.ts"
import type {
  ConsentPurpose,
  ConsentSource,
  Contact,
  ContactMerge,
  ContactMergeId,
  ContactSort,
  UpdateContact
} from "./Contact.ts"
import { ConsentChanged, ContactUpdated } from "./events.ts"
import {
  bytes,
  encodeActor,
  encodeObject,
  hex,
  latestRefusal,
  makeContactRows,
  maxKey,
  nameKey,
  toContact,
  toFields,
  toMerge
} from "./internal/contactRows.ts"
import type { ContactRow, Key, MergeRow, RefusalRow } from "./internal/contactRows.ts"
import { makeContactAudit } from "./internal/contactAudit.ts"
import { makeContactProfiles } from "./internal/contactProfile.ts"
import type { ContactProfile } from "./internal/contactProfile.ts"
import { makeIdentityGraph } from "./internal/identityGraph.ts"

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
  /** The name of their profile. A name that a person entered, or that was vouched for, is not replaced by it. */
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
 * Which contacts to list.
 *
 * @category models
 * @since 0.1.0
 */
export interface ContactsQuery extends Pagination.PageQuery {
  readonly search?: string | undefined
  /** The newest first if absent; not together with `search`. */
  readonly sort?: ContactSort | undefined
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
  /** In the order asked for; with `search`, those whose name or number begins with it, by that. Merged contacts are left out. */
  readonly list: (
    query: ContactsQuery
  ) => Effect.Effect<Pagination.Page<Contact>, InvalidInput, CurrentOrganization>
  readonly update: (id: ContactId, change: UpdateContact) => Effect.Effect<Contact, NotFound, CurrentOrganization>
  /**
   * Keeps what was learned of a contact without anybody's doing here, beside what is known of them. What somebody
   * vouched for is kept as `verified` as well, which no claim changes, and takes its place in the name, the e-mail address
   * and the attributes; a person's own word goes under `stated`, and fills in an e-mail address or a language only where
   * there is none. Joins the ambient transaction.
   */
  readonly learn: (id: ContactId, profile: ContactProfile) => Effect.Effect<void, never, CurrentOrganization>
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
  /** Like `optOuts`, of many at once; contacts that do not exist are missing. */
  readonly optOutsOfAll: (
    ids: ReadonlyArray<ContactId>
  ) => Effect.Effect<ReadonlyMap<ContactId, OptOuts>, never, CurrentOrganization>
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
  static readonly layerSql: Layer.Layer<Contacts, never, SqlClient.SqlClient | Events | Audit> = Layer.suspend(() =>
    Layer.effect(Contacts, make)
  )
}

const make = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const events = yield* Events
  const record = makeContactAudit(yield* Audit)
  const rows = makeContactRows(sql)
  const { columns, familyOf, find, found, mergeColumns, rootOf } = rows
  const graph = makeIdentityGraph(sql, events, record, rows)
  const joined = <A, E, R>(effect: Effect.Effect<A, E, R>) => joinTransaction(sql, effect)

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

  const sorted = Effect.fnUntraced(function*(query: Pagination.PageQuery, sort: ContactSort) {
    const organization = yield* CurrentOrganization
    const limit = Pagination.limit(query)
    const { field, isDescending } = Sorting.parts(sort)
    const after = yield* Sorting.position(query, sort)
    const keyset: Sorting.Keyset = {
      column: field === "name" ? "name_key" : undefined,
      isNullable: true,
      isDescending,
      id: "id",
      after: after === undefined ? undefined : { key: after.key, id: bytes(ContactId.make(after.id)) }
    }
    const rows = yield* Effect.orDie(
      Sorting.read(sql, keyset, limit + 1, (where, rest) =>
        sql<ContactRow>`SELECT ${columns} FROM contacts_contacts
        WHERE organization_id = ${bytes(organization.id)} AND ${where} AND merged_into IS NULL ${rest}`)
    )
    const { data, nextCursor } = Pagination.page(
      rows,
      limit,
      Sorting.Position,
      (row) => ({ sort, key: field === "name" ? row.name_key : null, id: hex(row.id) })
    )
    return { data: yield* Effect.forEach(data, toContact), nextCursor }
  })

  const list = Effect.fn("Contacts.list")(function*(
    query: ContactsQuery
  ) {
    const organization = yield* CurrentOrganization
    const organizationId = bytes(organization.id)
    const limit = Pagination.limit(query)
    const search = (query.search ?? "").trim()
    if (search === "") return yield* sorted(query, query.sort ?? "-createdAt")
    if (query.sort !== undefined) return yield* InvalidInput.of("sort", "What is found has an order of its own.")
    const after = yield* Pagination.position(Position, query)
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
        yield* record("contact.changed", id, { fields: Object.keys(change) })
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
          yield* record("contact.consent-changed", change.contactId, { purpose: change.purpose, state: change.state })
        }
      }
      return yield* Effect.flatMap(found(change.contactId), toContact)
    })))
  })

  const refusals = sql.literal("marketing_state, marketing_changed_at, all_state, all_changed_at")

  /** Of contacts who are one person: what any of them refused last. */
  const optOutsOfFamily = Effect.fnUntraced(function*(row: Pick<ContactRow, "id" | "merged_into">) {
    const organization = yield* CurrentOrganization
    const rows = yield* varying(
      sql,
      sql<RefusalRow>`SELECT ${refusals} FROM contacts_contacts WHERE organization_id = ${bytes(organization.id)}
        AND ${sql.in("id", yield* familyOf(yield* rootOf(row.id, row.merged_into)))}`
    )
    return { marketing: latestRefusal(rows, "marketing"), all: latestRefusal(rows, "all") }
  })

  const optOutsOfAll = Effect.fn("Contacts.optOutsOfAll")(function*(ids: ReadonlyArray<ContactId>) {
    const known = new Map<ContactId, OptOuts>()
    if (ids.length === 0) return known
    const organizationId = bytes((yield* CurrentOrganization).id)
    // One column after the other: for either of them SQLite would read all contacts of the organization.
    const near = (column: "id" | "merged_into") =>
      varying(
        sql,
        sql<RefusalRow & Pick<ContactRow, "id" | "merged_into">>`
          SELECT id, merged_into, ${refusals} FROM contacts_contacts
          WHERE organization_id = ${organizationId} AND ${sql.in(column, padded(ids).map(bytes))}`
      )
    const merged = new Set((yield* near("merged_into")).map((row) => hex(row.merged_into!)))
    for (const row of yield* near("id")) {
      const id = hex(row.id) as ContactId
      known.set(
        id,
        row.merged_into === null && !merged.has(id)
          ? { marketing: latestRefusal([row], "marketing"), all: latestRefusal([row], "all") }
          : yield* optOutsOfFamily(row)
      )
    }
    return known
  }, Effect.orDie)

  const optOuts = Effect.fn("Contacts.optOuts")((id: ContactId) =>
    Effect.map(optOutsOfAll([id]), (known) => known.get(id) ?? { marketing: Option.none(), all: Option.none() })
  )

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
    ...graph,
    get,
    list,
    update,
    learn: makeContactProfiles(sql, events, rows),
    changeConsent,
    optOuts,
    optOutsOfAll,
    merges,
    root,
    family
  })
})
