import { assert, describe, layer } from "@effect/vitest"
import { Effect, Layer, Option } from "effect"
import { SqlClient } from "effect/sql"
import { Audit } from "@wicara/core/Audit"
import { Events } from "@wicara/core/Events"
import * as Id from "@wicara/core/Id"
import * as Migrations from "@wicara/core/Migrations"
import { Signals } from "@wicara/core/Signals"
import { migrations as coreMigrations } from "@wicara/core/sql/migrations"
import { CurrentActor, CurrentOrganization, OrganizationId, systemActor } from "@wicara/core/Tenancy"
import type { NewKnowledgeItem } from "@wicara/knowledge/KnowledgeItem"
import { KnowledgeItems } from "@wicara/knowledge/KnowledgeItems"
import { KnowledgeSearch } from "@wicara/knowledge/KnowledgeSearch"
import { KnowledgeStore } from "@wicara/knowledge/KnowledgeStore"
import { layerSql } from "@wicara/knowledge/sql/layer"
import { migrations } from "@wicara/knowledge/sql/migrations"
import * as TestDatabase from "@wicara/testing/TestDatabase"

const as = (id: OrganizationId) => <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  effect.pipe(
    Effect.provideService(CurrentOrganization, { id }),
    Effect.provideService(CurrentActor, systemActor("test"))
  )

const newOrganization = Id.next(OrganizationId)

const inOrganization = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.flatMap(newOrganization, (id) => as(id)(effect))

const article = (title: string, body: string): NewKnowledgeItem => ({ kind: "article", title, body, language: "en" })

const search = (text: string) => KnowledgeSearch.use((service) => service.search({ text, language: "en" }))

const published = Effect.gen(function*() {
  const { id } = yield* CurrentOrganization
  return yield* KnowledgeStore.use((store) => store.published(id))
})

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index)

describe.each(TestDatabase.all)("Knowledge on $name", (database) => {
  const services = layerSql.pipe(
    Layer.provideMerge(Layer.mergeAll(Events.layerSql, Audit.layerSql)),
    Layer.provideMerge(Layer.effectDiscard(Effect.orDie(Migrations.run([coreMigrations, migrations])))),
    Layer.provideMerge(database.layer),
    Layer.provideMerge(Signals.layer)
  )

  layer(services, { excludeTestServices: true })((it) => {
    it.effect("two organizations with equal keys and titles never meet", () =>
      Effect.gen(function*() {
        const items = yield* KnowledgeItems
        const [one, other] = yield* Effect.all([newOrganization, newOrganization])
        const mine = yield* as(one)(items.upsert("refunds", article("Refunds", "We refund within seven days.")))
        const theirs = yield* as(other)(items.upsert("refunds", article("Refunds", "We never refund.")))
        assert.deepStrictEqual([mine.outcome, theirs.outcome], ["imported", "imported"])
        const [cited] = yield* as(one)(search("refunds"))
        assert.isDefined(cited)

        yield* as(other)(Effect.gen(function*() {
          const id = mine.item.id
          for (
            const attempt of [
              items.get(id),
              items.versions(id),
              items.update(id, { body: "Stolen." }),
              items.publish(id),
              items.unpublish(id),
              items.delete(id),
              items.chunk(cited.chunkId)
            ]
          ) {
            assert.strictEqual((yield* Effect.flip(Effect.asVoid(attempt)))._tag, "NotFound")
          }
          assert.deepStrictEqual((yield* items.list({})).data.map((item) => item.id), [theirs.item.id])
          assert.deepStrictEqual((yield* search("refunds")).map((hit) => hit.text), ["We never refund."])
          yield* items.upsert("refunds", article("Refunds", "Ask the shop."))
          yield* items.delete(theirs.item.id)
          assert.deepStrictEqual(yield* search("refunds"), [])
        }))

        assert.deepStrictEqual(yield* as(one)(items.get(mine.item.id)), mine.item)
        assert.deepStrictEqual(yield* as(one)(search("refunds")), [cited])
        assert.strictEqual((yield* as(one)(items.versions(mine.item.id))).length, 1)
      }))

    it.effect("the storage itself keeps to the organization it is given", () =>
      Effect.gen(function*() {
        const items = yield* KnowledgeItems
        const store = yield* KnowledgeStore
        const [one, other] = yield* Effect.all([newOrganization, newOrganization])
        const { item } = yield* as(one)(items.upsert("k", article("Title", "Text.")))
        const [chunk] = yield* store.published(one)
        assert.isDefined(chunk)
        assert.isTrue(Option.isNone(yield* store.find(other, item.id)))
        assert.isTrue(Option.isNone(yield* store.findByExternalKey(other, "k")))
        assert.isTrue(Option.isNone(yield* store.chunk(other, chunk.chunk.id)))
        assert.isFalse(yield* store.replace(other, item, item.revision))
        assert.isFalse(yield* store.remove(other, item.id))
        assert.deepStrictEqual(yield* store.versions(other, item.id), [])
        assert.deepStrictEqual(yield* store.published(other), [])
        assert.strictEqual(yield* store.revision(other), 0)
        assert.deepStrictEqual(yield* store.find(one, item.id), Option.some(item))
      }))

    it.effect("an update by key leaves what it does not name as it is", () =>
      inOrganization(Effect.gen(function*() {
        const items = yield* KnowledgeItems
        const full = {
          ...article("Refunds", "Within seven days."),
          variations: ["Money back?"],
          category: "billing",
          tags: ["money", "refund"],
          status: "draft"
        } as const
        const { item } = yield* items.upsert("refunds", full)
        const bare: NewKnowledgeItem = { kind: "article", title: "Refunds", body: "Within seven days." }
        assert.strictEqual((yield* items.upsert("refunds", bare)).outcome, "skipped")
        const changed = yield* items.upsert("refunds", { ...bare, body: "Within nine days." })
        assert.deepStrictEqual(
          { ...changed, item: { ...changed.item } },
          {
            outcome: "updated",
            item: { ...item, body: "Within nine days.", revision: item.revision + 1, updatedAt: changed.item.updatedAt }
          }
        )
        assert.deepStrictEqual(yield* published, [])
        const cleared = yield* items.upsert("refunds", { ...bare, category: null, tags: [], variations: [] })
        const { category, tags, variations } = cleared.item
        assert.deepStrictEqual({ category, tags, variations }, { category: null, tags: [], variations: [] })
      })))

    it.effect("every published edit makes a version, and what an older one's citation says stays", () =>
      inOrganization(Effect.gen(function*() {
        const items = yield* KnowledgeItems
        const { id } = yield* items.create(article("Prices", "# Home\n\nRp 100.\n\n# Office\n\nRp 900."))
        const first = (yield* published).map(({ chunk }) => chunk)
        assert.deepStrictEqual(first.map((chunk) => [chunk.headingPath, chunk.text, chunk.ordinal]), [
          [["Home"], "Rp 100.", 0],
          [["Office"], "Rp 900.", 1]
        ])
        yield* items.update(id, { body: "# Home\n\nRp 120.\n\n# Office\n\nRp 900." })
        yield* items.update(id, { title: "New prices" })
        yield* items.update(id, { tags: ["price"] })
        yield* items.unpublish(id)
        yield* items.update(id, { body: "A draft." })
        assert.deepStrictEqual((yield* items.versions(id)).map(({ title, version }) => [version, title]), [
          [3, "New prices"],
          [2, "Prices"],
          [1, "Prices"]
        ])
        const again = yield* items.publish(id)
        assert.strictEqual(again.version, 4)
        yield* items.delete(id)

        const versions = yield* items.versions(id)
        assert.deepStrictEqual(versions.map(({ body, version }) => [version, body]), [
          [4, "A draft."],
          [3, "# Home\n\nRp 120.\n\n# Office\n\nRp 900."],
          [2, "# Home\n\nRp 120.\n\n# Office\n\nRp 900."],
          [1, "# Home\n\nRp 100.\n\n# Office\n\nRp 900."]
        ])
        assert.strictEqual(new Set(versions.map((version) => version.contentHash)).size, 4)
        for (const chunk of first) assert.deepStrictEqual(yield* items.chunk(chunk.id), chunk)
      })))

    it.effect("every change is an event of its item and a record of the audit log, in the same transaction", () =>
      inOrganization(Effect.gen(function*() {
        const items = yield* KnowledgeItems
        const sql = yield* SqlClient.SqlClient
        const { id } = yield* items.create({ ...article("Prices", "Rp 100."), status: "draft" })
        yield* items.update(id, { body: "Rp 120." })
        yield* items.publish(id)
        yield* items.update(id, { body: "Rp 130." })
        yield* items.update(id, { tags: ["price"] })
        yield* items.unpublish(id)
        yield* items.delete(id)
        const rows = yield* sql<
          { readonly type: string; readonly payload: string }
        >`SELECT type, payload FROM core_events
          WHERE organization_id = ${Id.toBytes((yield* CurrentOrganization).id)} ORDER BY id`
        assert.deepStrictEqual(
          rows.map(({ payload, type }) => [type, payload]),
          [
            ["created", 0],
            ["updated", 0],
            ["published", 1],
            ["published", 2],
            ["updated", 2],
            ["unpublished", 2],
            ["deleted", 2]
          ].map(([type, version]) => [`knowledge.item.${type}`, JSON.stringify({ itemId: id, version })])
        )
        const records = yield* Audit.use((audit) => audit.list({}))
        assert.deepStrictEqual(
          records.data.map(({ action, target }) => [action, target.id]).toReversed(),
          ["created", "updated", "published", "updated", "updated", "unpublished", "deleted"]
            .map((action) => [`knowledge.item.${action}`, id])
        )
      })))

    it.effect(
      "sixteen that change an item at once lose nothing, and versions have no gaps",
      () =>
        inOrganization(Effect.gen(function*() {
          const items = yield* KnowledgeItems
          const { id } = yield* items.create(article("Counter", "Begin."))
          const changed = yield* Effect.forEach(
            numbers(16),
            (n) => items.update(id, { body: `Body ${n}.` }),
            { concurrency: "unbounded" }
          )
          assert.deepStrictEqual(
            changed.map((item) => item.revision).toSorted((a, b) => a - b),
            numbers(16).map((n) => n + 2)
          )
          const versions = yield* items.versions(id)
          assert.deepStrictEqual(versions.map(({ version }) => version), numbers(17).map((n) => 17 - n))
          assert.strictEqual(new Set(versions.map(({ body }) => body)).size, 17)
          const item = yield* items.get(id)
          assert.deepStrictEqual([item.version, item.revision, item.body], [17, 17, versions[0]?.body])
          assert.deepStrictEqual((yield* published).map(({ chunk }) => chunk.text), [item.body])
        })),
      60_000
    )

    it.effect(
      "of those who change the same revision at once one succeeds, the others learn the current one",
      () =>
        inOrganization(Effect.gen(function*() {
          const items = yield* KnowledgeItems
          const { id, revision } = yield* items.create(article("Title", "Text."))
          const results = yield* Effect.forEach(
            numbers(8),
            (n) => Effect.result(items.update(id, { body: `Text ${n}.` }, revision)),
            { concurrency: "unbounded" }
          )
          const failures = results.flatMap((result) => result._tag === "Failure" ? [result.failure] : [])
          assert.deepStrictEqual(
            failures.map((error) => error._tag === "RevisionMismatch" ? error.currentRevision : error._tag),
            numbers(7).map(() => 2)
          )
          assert.strictEqual((yield* items.update(id, { body: "At last." }, 2)).revision, 3)
        })),
      60_000
    )

    it.effect("thirty-two that import the same key at once make one item", () =>
      inOrganization(Effect.gen(function*() {
        const items = yield* KnowledgeItems
        const results = yield* Effect.forEach(
          numbers(32),
          () => items.upsert("same", article("Same", "The same text.")),
          { concurrency: "unbounded" }
        )
        assert.strictEqual(results.filter(({ outcome }) => outcome === "imported").length, 1)
        assert.strictEqual(results.filter(({ outcome }) => outcome === "skipped").length, 31)
        assert.strictEqual(new Set(results.map(({ item }) => item.id)).size, 1)
        const [item, ...rest] = (yield* items.list({})).data
        assert.deepStrictEqual([item?.version, item?.revision, rest.length], [1, 1, 0])
        assert.strictEqual((yield* published).length, 1)
      })), 60_000)

    it.effect(
      "thirty-two that import different texts under one key at once all succeed, in some order",
      () =>
        inOrganization(Effect.gen(function*() {
          const items = yield* KnowledgeItems
          const results = yield* Effect.forEach(
            numbers(32),
            (n) => items.upsert("same", article("Same", `Text ${n}.`)),
            { concurrency: "unbounded" }
          )
          assert.strictEqual(new Set(results.map(({ item }) => item.id)).size, 1)
          const [item, ...rest] = (yield* items.list({})).data
          assert.deepStrictEqual([item?.version, rest.length], [32, 0])
        })),
      60_000
    )

    it.effect("keys differ by their letters' case, not by spaces around them", () =>
      inOrganization(Effect.gen(function*() {
        const items = yield* KnowledgeItems
        assert.strictEqual((yield* items.upsert("Key", article("A", "A."))).outcome, "imported")
        assert.strictEqual((yield* items.upsert("key", article("A", "A."))).outcome, "imported")
        assert.strictEqual((yield* items.upsert(" key ", article("A", "A."))).outcome, "skipped")
        const error = yield* Effect.flip(items.create({ ...article("A", "A."), externalKey: "key " }))
        assert.strictEqual(error._tag, "Conflict")
      })))

    it.effect("what is unpublished or deleted is not found any more, by any process", () =>
      inOrganization(Effect.gen(function*() {
        const items = yield* KnowledgeItems
        const store = yield* KnowledgeStore
        // Another process: an index of its own over the same tables.
        const elsewhere = yield* Effect.provide(KnowledgeSearch, KnowledgeSearch.layer).pipe(
          Effect.provideService(KnowledgeStore, store)
        )
        const found = (text: string) =>
          Effect.map(
            Effect.all([search(text), elsewhere.search({ text, language: "en" })]),
            (both) => both.map((hits) => hits.map((hit) => hit.text))
          )
        const { id } = yield* items.create(article("Refunds", "Within seven days."))
        assert.deepStrictEqual(yield* found("refunds"), [["Within seven days."], ["Within seven days."]])
        yield* items.update(id, { body: "Within ten days." })
        assert.deepStrictEqual(yield* found("refunds"), [["Within ten days."], ["Within ten days."]])
        yield* items.unpublish(id)
        assert.deepStrictEqual(yield* found("refunds"), [[], []])
        yield* items.publish(id)
        assert.deepStrictEqual(yield* found("refunds"), [["Within ten days."], ["Within ten days."]])
        yield* items.delete(id)
        assert.deepStrictEqual(yield* found("refunds"), [[], []])
      })))

    it.effect("a failure after the write undoes the item, its version and the search index's revision", () =>
      Effect.gen(function*() {
        const items = yield* KnowledgeItems
        const store = yield* KnowledgeStore
        const id = yield* newOrganization
        const failed = yield* Effect.exit(
          as(id)(store.atomically(
            Effect.andThen(items.create(article("Refunds", "Seven days.")), Effect.die("a crash"))
          ))
        )
        assert.strictEqual(failed._tag, "Failure")
        assert.strictEqual(yield* store.revision(id), 0)
        assert.deepStrictEqual(yield* as(id)(search("refunds")), [])
        assert.deepStrictEqual((yield* as(id)(items.list({}))).data, [])
      }))

    it.effect(
      "an article of a million characters is kept whole and found by what stands at its end",
      () =>
        inOrganization(Effect.gen(function*() {
          const items = yield* KnowledgeItems
          const filling = "The fibre goes from the pole to the house, under the street and along the wall. "
          const end = "\n\nThe zeppelin lands at noon."
          const body = filling.repeat(13_000).slice(0, 1_000_000 - end.length) + end
          const { id } = yield* items.create(article("Everything", body))
          assert.strictEqual((yield* items.get(id)).body, body)
          const [hit] = yield* search("when does the zeppelin land")
          assert.include(hit?.text, "The zeppelin lands at noon.")
          assert.isTrue((yield* published).every(({ chunk }) => chunk.text.length <= 2000))
        })),
      60_000
    )

    it.effect(
      "an article of more sections than a statement has parameters for is kept",
      () =>
        inOrganization(Effect.gen(function*() {
          const items = yield* KnowledgeItems
          const body = numbers(9000).map((n) => `# S${n}\n\nText ${n}.`).join("\n\n")
          yield* items.create(article("Sections", body))
          const chunks = (yield* published).map(({ chunk }) => chunk)
          assert.strictEqual(chunks.length, 9000)
          assert.deepStrictEqual([chunks[8999]?.headingPath, chunks[8999]?.text], [["S8999"], "Text 8999."])
        })),
      60_000
    )
  })
})
