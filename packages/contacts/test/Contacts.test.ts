import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Option } from "effect"
import { SqlClient } from "effect/sql"
import type { Identity } from "@wicara/channels/Address"
import { ChannelAccountId } from "@wicara/channels/ChannelAdapter"
import { Contacts } from "@wicara/contacts/Contacts"
import { Audit } from "@wicara/core/Audit"
import * as Id from "@wicara/core/Id"
import { transaction } from "@wicara/core/Sql"
import { CurrentActor, UserId } from "@wicara/core/Tenancy"
import type { CurrentOrganization } from "@wicara/core/Tenancy"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import { actingFor, count, eventTypes, layer, organization } from "./support.ts"

const phone = (value: string): Identity => ({ kind: "phone", value })
const lid = (value: string): Identity => ({ kind: "lid", value })
const bsuid = (value: string): Identity => ({ kind: "bsuid", value })

describe.each(TestDatabase.all)("Contacts on $name", (database) => {
  const TestLayer = layer(database.layer)

  it.effect("creates a contact without a phone number and finds it again", () =>
    Effect.gen(function*() {
      const contacts = yield* Contacts
      const { account, id } = yield* organization
      const person = { channelAccountId: account, identities: [bsuid("ID.1349")], displayName: "Sari" }
      const first = yield* contacts.resolve(person).pipe(actingFor(id))
      const second = yield* contacts.resolve(person).pipe(actingFor(id))
      assert.isTrue(first.created)
      assert.deepStrictEqual(second, { id: first.id, created: false })
      const detail = yield* contacts.get(first.id).pipe(actingFor(id))
      assert.isNull(detail.phone)
      assert.strictEqual(detail.displayName, "Sari")
      assert.deepStrictEqual(detail.identities, [{ kind: "bsuid", value: "ID.1349", channelAccountId: account }])
      assert.deepStrictEqual(yield* eventTypes, ["contact.created"])
    }).pipe(Effect.provide(TestLayer)))

  it.live("makes one contact of 32 callers at once, through two services", () =>
    Effect.gen(function*() {
      const contacts = yield* Contacts
      const other = yield* Effect.provide(Contacts, Layer.fresh(Contacts.layerSql))
      const { account, id } = yield* organization
      const resolved = yield* Effect.forEach(
        Array.from({ length: 32 }, (_, index) => index),
        (index) =>
          (index % 2 === 0 ? contacts : other).resolve({
            channelAccountId: account,
            // Every caller knows the number and another part of the rest, in another order.
            identities: index % 3 === 0
              ? [phone("628111"), lid("42")]
              : index % 3 === 1
              ? [lid("42"), bsuid("ID.9"), phone("628111")]
              : [phone("628111")]
          }).pipe(actingFor(id)),
        { concurrency: "unbounded" }
      )
      assert.strictEqual(new Set(resolved.map((one) => one.id)).size, 1)
      assert.strictEqual(resolved.filter((one) => one.created).length, 1)
      assert.strictEqual(yield* count("contacts_contacts"), 1)
      assert.strictEqual(yield* count("contacts_identities"), 3)
      assert.deepStrictEqual((yield* eventTypes).filter((type) => type === "contact.created").length, 1)
    }).pipe(Effect.provide(TestLayer)))

  it.live("makes one contact when concurrent callers each know only a part", () =>
    Effect.gen(function*() {
      const contacts = yield* Contacts
      const { account, id } = yield* organization
      const parts: ReadonlyArray<ReadonlyArray<Identity>> = [
        [phone("628111")],
        [lid("42")],
        [bsuid("ID.9")],
        [phone("628111"), lid("42")],
        [lid("42"), bsuid("ID.9")]
      ]
      yield* Effect.forEach(
        Array.from({ length: 30 }, (_, index) => parts[index % parts.length]!),
        (identities) => contacts.resolve({ channelAccountId: account, identities }).pipe(actingFor(id)),
        { concurrency: "unbounded" }
      )
      const roots = yield* Effect.forEach(parts, (identities) =>
        contacts.resolve({ channelAccountId: account, identities }).pipe(actingFor(id)))
      assert.strictEqual(
        new Set(roots.map((root) =>
          root.id
        )).size,
        1
      )
    }).pipe(Effect.provide(TestLayer)))

  it.effect("keeps the same numbers, visitors and ids of two organizations apart", () =>
    Effect.gen(function*() {
      const contacts = yield* Contacts
      const one = yield* organization
      const two = yield* organization
      const identities: ReadonlyArray<Identity> = [phone("628111"), lid("42"), { kind: "visitor", value: "v1" }]
      const first = yield* contacts.resolve({ channelAccountId: one.account, identities }).pipe(actingFor(one.id))
      const second = yield* contacts.resolve({ channelAccountId: one.account, identities }).pipe(actingFor(two.id))
      assert.notStrictEqual(first.id, second.id)
      const attempts: ReadonlyArray<Effect.Effect<unknown, { readonly _tag: string }, CurrentOrganization>> = [
        contacts.get(first.id),
        contacts.update(first.id, { displayName: "Mine" }),
        contacts.changeConsent({ contactId: first.id, purpose: "all", state: "denied", source: "api" }),
        contacts.merge(second.id, first.id)
      ]
      for (const attempt of attempts) {
        assert.strictEqual((yield* Effect.flip(attempt).pipe(actingFor(two.id)))._tag, "NotFound")
      }
      const listed = yield* contacts.list({ search: "628" }).pipe(actingFor(two.id))
      assert.deepStrictEqual(listed.data.map((contact) => contact.id), [second.id])
    }).pipe(Effect.provide(TestLayer)))

  it.effect("knows a number in the whole organization, but a LID, BSUID or visitor only in its account", () =>
    Effect.gen(function*() {
      const contacts = yield* Contacts
      const { account, id } = yield* organization
      const otherAccount = yield* Id.next(ChannelAccountId)
      const resolve = (channelAccountId: ChannelAccountId, identity: Identity) =>
        Effect.map(contacts.resolve({ channelAccountId, identities: [identity] }).pipe(actingFor(id)), (one) => one.id)
      assert.strictEqual(yield* resolve(account, phone("628111")), yield* resolve(otherAccount, phone("+62 8111")))
      for (const identity of [lid("42"), bsuid("ID.1"), { kind: "visitor", value: "v" } as const]) {
        assert.notStrictEqual(yield* resolve(account, identity), yield* resolve(otherAccount, identity))
      }
    }).pipe(Effect.provide(TestLayer)))

  it.effect("links an identity that is seen for the first time beside a known one", () =>
    Effect.gen(function*() {
      const contacts = yield* Contacts
      const { account, id } = yield* organization
      const resolve = (...identities: ReadonlyArray<Identity>) =>
        contacts.resolve({ channelAccountId: account, identities }).pipe(actingFor(id))
      const first = yield* resolve(lid("42"))
      assert.strictEqual((yield* resolve(lid("42"), phone("628111"))).id, first.id)
      assert.strictEqual((yield* resolve(phone("628111"))).id, first.id)
      assert.strictEqual((yield* contacts.get(first.id).pipe(actingFor(id))).phone, "+628111")
      assert.strictEqual(yield* count("contacts_contacts"), 1)
    }).pipe(Effect.provide(TestLayer)))

  it.effect("finds one contact under the national variants of a number", () =>
    Effect.gen(function*() {
      const contacts = yield* Contacts
      const { account, id } = yield* organization
      const resolve = (value: string) =>
        contacts.resolve({ channelAccountId: account, identities: [phone(value)] }).pipe(actingFor(id))
      for (
        const [one, other] of [["5511987654321", "551187654321"], ["5215512345678", "525512345678"], [
          "5491123456789",
          "541123456789"
        ]]
      ) {
        assert.strictEqual((yield* resolve(one!)).id, (yield* resolve(other!)).id)
      }
      assert.strictEqual(yield* count("contacts_contacts"), 3)
    }).pipe(Effect.provide(TestLayer)))

  it.effect("does not take people without any usable identity for one another", () =>
    Effect.gen(function*() {
      const contacts = yield* Contacts
      const { account, id } = yield* organization
      const resolve = (...identities: ReadonlyArray<Identity>) =>
        Effect.map(contacts.resolve({ channelAccountId: account, identities }).pipe(actingFor(id)), (one) => one.id)
      assert.strictEqual(yield* resolve(phone("123")), yield* resolve(phone("123")))
      assert.notStrictEqual(yield* resolve(phone("123")), yield* resolve(phone("anonymous")))
      const long = "x".repeat(500)
      assert.notStrictEqual(yield* resolve(bsuid(`${long}1`)), yield* resolve(bsuid(`${long}2`)))
      const username: Identity = { kind: "username", value: "sari" }
      assert.strictEqual(yield* resolve(username), yield* resolve(username))
      assert.notStrictEqual(yield* resolve(username, bsuid("ID.2")), yield* resolve(username, bsuid("ID.3")))
    }).pipe(Effect.provide(TestLayer)))

  it.effect("merges two known contacts that one payload shows to be one, with the evidence, and undoes it exactly", () =>
    Effect.gen(function*() {
      const contacts = yield* Contacts
      const { account, id } = yield* organization
      const resolve = (identities: ReadonlyArray<Identity>, displayName?: string) =>
        contacts.resolve({ channelAccountId: account, identities, displayName }).pipe(actingFor(id))
      const elder = yield* resolve([phone("628111")])
      const younger = yield* resolve([lid("42")], "Sari")
      const beforeElder = yield* contacts.get(elder.id).pipe(actingFor(id))
      const beforeYounger = yield* contacts.get(younger.id).pipe(actingFor(id))

      const both = yield* resolve([phone("628111"), lid("42")])
      assert.strictEqual(both.id, elder.id)
      assert.strictEqual((yield* resolve([lid("42")])).id, elder.id)
      assert.deepStrictEqual(yield* contacts.family(younger.id).pipe(actingFor(id)), [elder.id, younger.id])
      const merged = yield* contacts.get(elder.id).pipe(actingFor(id))
      assert.strictEqual(merged.displayName, "Sari")
      assert.deepStrictEqual(merged.identities.map((identity) => identity.kind).sort(), ["lid", "phone"])
      const [merge] = yield* contacts.merges(elder.id).pipe(actingFor(id))
      assert.deepStrictEqual(merge!.evidence["identities"], [{ kind: "phone", value: "628111" }, {
        kind: "lid",
        value: "42"
      }])
      assert.deepStrictEqual((yield* contacts.list({}).pipe(actingFor(id))).data.map((one) => one.id), [elder.id])

      yield* contacts.unmerge(merge!.id).pipe(actingFor(id))
      const withoutTimes = (contact: typeof beforeElder) => ({ ...contact, updatedAt: null })
      assert.deepStrictEqual(withoutTimes(yield* contacts.get(elder.id).pipe(actingFor(id))), withoutTimes(beforeElder))
      assert.deepStrictEqual(
        withoutTimes(yield* contacts.get(younger.id).pipe(actingFor(id))),
        withoutTimes(beforeYounger)
      )
      assert.strictEqual((yield* resolve([lid("42")])).id, younger.id)
      assert.strictEqual((yield* Effect.flip(contacts.unmerge(merge!.id).pipe(actingFor(id))))._tag, "Conflict")
      assert.includeMembers([...(yield* eventTypes)], ["contact.merged", "contact.unmerged"])
    }).pipe(Effect.provide(TestLayer)))

  it.live("keeps apart whom a person told apart, whatever payloads say of them afterwards", () =>
    Effect.gen(function*() {
      const contacts = yield* Contacts
      const { account, id } = yield* organization
      const resolve = (identities: ReadonlyArray<Identity>) =>
        Effect.map(
          contacts.resolve({ channelAccountId: account, identities }).pipe(actingFor(id)),
          (resolved) => resolved.id
        )
      const elder = yield* resolve([phone("5511987654321")])
      const younger = yield* resolve([lid("42")])
      assert.strictEqual(yield* resolve([phone("5511987654321"), lid("42")]), elder)
      const [merge] = yield* contacts.merges(elder).pipe(actingFor(id))
      yield* contacts.unmerge(merge!.id).pipe(actingFor(id))
      // The payload that put them together comes again, many times at once, and so does a variant of the number.
      const again = yield* Effect.all(
        Array.from({ length: 8 }, () => resolve([lid("42"), phone("551187654321")])),
        { concurrency: "unbounded" }
      )
      assert.deepStrictEqual([...new Set(again)], [younger])
      assert.strictEqual(yield* resolve([phone("5511987654321"), lid("42")]), elder)
      const changed = yield* contacts.identityChanged({
        channelAccountId: account,
        from: phone("5511987654321"),
        to: lid("42")
      }).pipe(actingFor(id))
      assert.deepStrictEqual(changed, Option.some(younger))
      assert.lengthOf(
        (yield* contacts.merges(elder).pipe(actingFor(id))).filter(({ undoneAt }) => undoneAt === null),
        0
      )
      assert.lengthOf((yield* contacts.list({}).pipe(actingFor(id))).data, 2)
      // A person may still decide otherwise; then it holds for payloads, too.
      yield* contacts.merge(elder, younger).pipe(actingFor(id))
      assert.strictEqual(yield* resolve([lid("42")]), elder)
    }).pipe(Effect.provide(TestLayer)))

  it.effect("follows chains of merges, and a person may merge and not merge twice", () =>
    Effect.gen(function*() {
      const contacts = yield* Contacts
      const { account, id } = yield* organization
      const resolve = (identity: Identity) =>
        Effect.map(contacts.resolve({ channelAccountId: account, identities: [identity] }).pipe(actingFor(id)), (one) =>
          one.id)
      const a = yield* resolve(phone("620001"))
      const b = yield* resolve(phone("620002"))
      const c = yield* resolve(phone("620003"))
      yield* contacts.merge(b, c).pipe(actingFor(id))
      yield* contacts.merge(a, b).pipe(actingFor(id))
      assert.strictEqual(yield* resolve(phone("620003")), a)
      assert.strictEqual(yield* contacts.root(c).pipe(actingFor(id)), a)
      assert.deepStrictEqual([...(yield* contacts.family(b).pipe(actingFor(id)))].sort(), [a, b, c].sort())
      assert.strictEqual((yield* Effect.flip(contacts.merge(c, a).pipe(actingFor(id))))._tag, "Conflict")
    }).pipe(Effect.provide(TestLayer)))

  it.effect("keeps one contact when the provider says that an identity became another", () =>
    Effect.gen(function*() {
      const contacts = yield* Contacts
      const { account, id } = yield* organization
      const resolve = (...identities: ReadonlyArray<Identity>) =>
        Effect.map(contacts.resolve({ channelAccountId: account, identities }).pipe(actingFor(id)), (one) => one.id)
      const changed = (from: Identity, to: Identity) =>
        contacts.identityChanged({ channelAccountId: account, from, to }).pipe(actingFor(id))
      const first = yield* resolve(bsuid("ID.1"))
      assert.deepStrictEqual(yield* changed(bsuid("ID.1"), bsuid("ID.2")), Option.some(first))
      assert.deepStrictEqual(yield* changed(bsuid("ID.1"), bsuid("ID.2")), Option.some(first))
      assert.strictEqual(yield* resolve(bsuid("ID.2")), first)
      // The news may come after the first message under the new identity.
      const early = yield* resolve(bsuid("ID.3"))
      assert.notStrictEqual(early, first)
      yield* changed(bsuid("ID.2"), bsuid("ID.3"))
      assert.strictEqual(yield* resolve(bsuid("ID.3")), first)
      assert.deepStrictEqual(yield* changed(lid("unknown"), lid("also unknown")), Option.none())
      const moved = yield* resolve(phone("628111"))
      yield* changed(phone("628111"), phone("628222"))
      assert.strictEqual((yield* contacts.get(moved).pipe(actingFor(id))).phone, "+628222")
    }).pipe(Effect.provide(TestLayer)))

  it.effect("takes a changed profile name, but never over the name that a person entered", () =>
    Effect.gen(function*() {
      const contacts = yield* Contacts
      const { account, id } = yield* organization
      const resolve = (displayName: string) =>
        contacts.resolve({ channelAccountId: account, identities: [phone("628111")], displayName }).pipe(actingFor(id))
      const { id: contact } = yield* resolve("Sari")
      yield* resolve("Sari W")
      const name = Effect.map(contacts.get(contact).pipe(actingFor(id)), (one) => one.displayName)
      assert.strictEqual(yield* name, "Sari W")
      yield* contacts.update(contact, { displayName: "Ibu Sari" }).pipe(actingFor(id))
      yield* resolve("sari 🌸")
      assert.strictEqual(yield* name, "Ibu Sari")
    }).pipe(Effect.provide(TestLayer)))

  it.effect("what somebody did is in the audit log, without what it says of the customer", () =>
    Effect.gen(function*() {
      const contacts = yield* Contacts
      const { account, id } = yield* organization
      const userId = yield* Id.next(UserId)
      const acting = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
        effect.pipe(
          Effect.provideService(CurrentActor, { actor: { _tag: "User", id: userId }, permissions: new Set<string>() }),
          actingFor(id)
        )
      const [one, other] = yield* Effect.forEach(
        ["628111", "628222"],
        (number) =>
          contacts.resolve({ channelAccountId: account, identities: [phone(number)], displayName: "Sari" }).pipe(acting)
      )
      yield* contacts.update(one!.id, { displayName: "Ibu Sari", email: "sari@example.com" }).pipe(acting)
      const consent = { contactId: one!.id, purpose: "all", state: "denied", source: "person" } as const
      yield* contacts.changeConsent(consent).pipe(acting)
      const merge = yield* contacts.merge(one!.id, other!.id).pipe(acting)
      yield* contacts.unmerge(merge.id).pipe(acting)
      // The customer's own word is an event, and nothing that a member did.
      yield* contacts.changeConsent({ ...consent, state: "granted", source: "keyword" }).pipe(actingFor(id))
      const { data } = yield* Audit.use((audit) => audit.list({})).pipe(actingFor(id))
      assert.deepStrictEqual(
        data.map(({ action, actor, target }) => [action, actor._tag === "User" && actor.id, target?.id]).toReversed(),
        ["contact.changed", "contact.consent-changed", "contact.merged", "contact.unmerged"].map((action) => [
          action,
          userId,
          one!.id
        ])
      )
      assert.notInclude(JSON.stringify(data), "Sari")
      assert.notInclude(JSON.stringify(data), "sari@")
    }).pipe(Effect.provide(TestLayer)))

  it.effect("records consent with source, time and evidence; an older change changes nothing", () =>
    Effect.gen(function*() {
      const contacts = yield* Contacts
      const { account, id } = yield* organization
      const { id: contactId } = yield* contacts.resolve({ channelAccountId: account, identities: [phone("628111")] })
        .pipe(
          actingFor(id)
        )
      const change = (purpose: "marketing" | "all", state: "granted" | "denied", occurredAt: number) =>
        contacts.changeConsent({ contactId, purpose, state, source: "keyword", evidence: "STOP", occurredAt }).pipe(
          actingFor(id)
        )
      const optOuts = contacts.optOuts(contactId).pipe(actingFor(id))
      assert.deepStrictEqual(yield* optOuts, { marketing: Option.none(), all: Option.none() })
      yield* change("all", "denied", 2000)
      yield* change("all", "granted", 1000)
      assert.deepStrictEqual(yield* optOuts, { marketing: Option.none(), all: Option.some(2000) })
      yield* change("marketing", "denied", 2500)
      yield* change("all", "granted", 3000)
      assert.deepStrictEqual(yield* optOuts, { marketing: Option.some(2500), all: Option.none() })
      assert.strictEqual(yield* count("contacts_consents"), 4)
      const stranger = yield* organization
      assert.deepStrictEqual(yield* contacts.optOuts(contactId).pipe(actingFor(stranger.id)), {
        marketing: Option.none(),
        all: Option.none()
      })
    }).pipe(Effect.provide(TestLayer)))

  it.effect("keeps a refusal when the contact that refused becomes part of another", () =>
    Effect.gen(function*() {
      const contacts = yield* Contacts
      const { account, id } = yield* organization
      const resolve = (identity: Identity) =>
        Effect.map(contacts.resolve({ channelAccountId: account, identities: [identity] }).pipe(actingFor(id)), (one) =>
          one.id)
      const a = yield* resolve(phone("620001"))
      const b = yield* resolve(phone("620002"))
      yield* contacts.changeConsent({ contactId: b, purpose: "all", state: "denied", source: "keyword", occurredAt: 5 })
        .pipe(
          actingFor(id)
        )
      yield* contacts.merge(a, b).pipe(actingFor(id))
      assert.deepStrictEqual((yield* contacts.optOuts(a).pipe(actingFor(id))).all, Option.some(5))
      assert.deepStrictEqual((yield* contacts.optOuts(b).pipe(actingFor(id))).all, Option.some(5))
    }).pipe(Effect.provide(TestLayer)))

  it.effect("lists the newest first and finds by the beginning of a name or a number, page by page", () =>
    Effect.gen(function*() {
      const contacts = yield* Contacts
      const { account, id } = yield* organization
      const made: Array<string> = []
      for (
        const [number, name] of [["620001", "Ani"], ["620002", "Sari"], ["620003", "sarah"], ["630004", "Saro"], [
          "620005",
          "Sa%_"
        ]]
      ) {
        made.push(
          (yield* contacts.resolve({ channelAccountId: account, identities: [phone(number!)], displayName: name! })
            .pipe(
              actingFor(id)
            )).id
        )
      }
      const pages = Effect.fnUntraced(function*(search: string | undefined) {
        const found: Array<string | null> = []
        let cursor: string | undefined
        do {
          const page = yield* contacts.list({ search, limit: 2, cursor }).pipe(actingFor(id))
          found.push(...page.data.map((contact) => contact.displayName))
          cursor = page.nextCursor ?? undefined
        } while (cursor !== undefined)
        return found
      })
      assert.deepStrictEqual(yield* pages(undefined), ["Sa%_", "Saro", "sarah", "Sari", "Ani"])
      assert.deepStrictEqual(yield* pages("SAR"), ["sarah", "Sari", "Saro"])
      assert.deepStrictEqual(yield* pages("+62 00"), ["Ani", "Sari", "sarah", "Sa%_"])
      assert.deepStrictEqual(yield* pages("Sa%"), ["Sa%_"])
      assert.deepStrictEqual(yield* pages("x"), [])
    }).pipe(Effect.provide(TestLayer)))

  it.effect("leaves nothing behind when the caller's transaction rolls back", () =>
    Effect.gen(function*() {
      const contacts = yield* Contacts
      const sql = yield* SqlClient.SqlClient
      const { account, id } = yield* organization
      yield* Effect.exit(transaction(
        sql,
        Effect.andThen(
          contacts.resolve({ channelAccountId: account, identities: [phone("628111")] }).pipe(actingFor(id)),
          Effect.fail("no")
        )
      ))
      assert.strictEqual(yield* count("contacts_contacts"), 0)
      assert.strictEqual(yield* count("contacts_identities"), 0)
      assert.deepStrictEqual(yield* eventTypes, [])
    }).pipe(Effect.provide(TestLayer)))
})
