import { assert, describe, it, layer } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { readdirSync, readFileSync } from "node:fs"
import { Audit } from "@wicara/core/Audit"
import { Events } from "@wicara/core/Events"
import * as Id from "@wicara/core/Id"
import * as Migrations from "@wicara/core/Migrations"
import { Signals } from "@wicara/core/Signals"
import { migrations as coreMigrations } from "@wicara/core/sql/migrations"
import { CurrentActor, CurrentOrganization, OrganizationId, systemActor } from "@wicara/core/Tenancy"
import * as Chunking from "@wicara/knowledge/Chunking"
import { KnowledgeImport } from "@wicara/knowledge/KnowledgeImport"
import { KnowledgeItems } from "@wicara/knowledge/KnowledgeItems"
import { KnowledgeSearch } from "@wicara/knowledge/KnowledgeSearch"
import { layerSql } from "@wicara/knowledge/sql/layer"
import { migrations } from "@wicara/knowledge/sql/migrations"
import * as TestDatabase from "@wicara/testing/TestDatabase"

const demo = new URL("../../../apps/server/src/demo/knowledge/", import.meta.url)
const demoFiles = ["en", "id"].flatMap((language) =>
  readdirSync(new URL(`${language}/`, demo)).toSorted().map((name) => ({
    path: `${language}/${name}`,
    bytes: readFileSync(new URL(`${language}/${name}`, demo))
  }))
)

const servicesOn = (database: TestDatabase.TestDatabase) =>
  layerSql.pipe(
    Layer.provideMerge(Layer.mergeAll(Events.layerSql, Audit.layerSql)),
    Layer.provideMerge(Layer.effectDiscard(Effect.orDie(Migrations.run([coreMigrations, migrations])))),
    Layer.provideMerge(database.layer),
    Layer.provideMerge(Signals.layer)
  )

const inOrganization = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.flatMap(Id.next(OrganizationId), (id) =>
    effect.pipe(
      Effect.provideService(CurrentOrganization, { id }),
      Effect.provideService(CurrentActor, systemActor("test"))
    ))

const importDemo = KnowledgeImport.use((imports) => imports.importFiles(demoFiles))

const titles = (text: string, language?: string) =>
  Effect.map(
    KnowledgeSearch.use((search) => search.search({ text, language, limit: 3 })),
    (hits) => hits.map((hit) => hit.title)
  )

const absurd = [
  "",
  " \n\t ",
  "?!… ---",
  "the",
  "apa yang di",
  "\u0000\u0001",
  "\ud800 lone \udfff",
  "👩‍👩‍👧‍👦 🤷",
  "%_' OR 1=1; -- \"*\" NEAR(a b)",
  "__proto__ constructor toString",
  "漢字とかな 你好 สวัสดี مرحبا שלום",
  "a".repeat(200_000),
  "word ".repeat(40_000),
  "e\u0301".repeat(5000)
]

describe("Search", () => {
  it.live(
    "ranks the same, with the same scores and in the same order, on every database",
    () =>
      Effect.gen(function*() {
        const questions = [
          "my internet is slow",
          "how do I pay",
          "bayar tagihan",
          "lampu LOS merah",
          "refund",
          "router",
          "internet",
          "Rp 50.000",
          "qris",
          "zzz",
          "where is the office in Bandung?",
          "pemasangan"
        ]
        const rankings = yield* Effect.forEach(TestDatabase.all, (database) =>
          inOrganization(Effect.gen(function*() {
            yield* importDemo
            const search = yield* KnowledgeSearch
            return yield* Effect.forEach([...questions, ...absurd], (text) =>
              Effect.map(search.search({ text, limit: 50 }), (hits) =>
                hits.map((hit) => [
                  hit.language,
                  hit.title,
                  hit.headingPath,
                  hit.contentHash,
                  hit.score,
                  hit.coverage,
                  hit.matchedTerms
                ])))
          })).pipe(Effect.provide(servicesOn(database))))
        assert.isAbove(rankings[0]?.[0]?.length ?? 0, 5)
        for (const ranking of rankings) assert.deepStrictEqual(ranking, rankings[0])
      }),
    60_000
  )

  it("cuts a text of blanks, brackets or dashes in a moment", () => {
    const began = performance.now()
    for (
      const text of [
        `# a${" ".repeat(500_000)}b`,
        `a${" ".repeat(500_000)}b`,
        `# ${"[".repeat(500_000)}`,
        `${"- ".repeat(250_000)}x`,
        `${"#".repeat(500_000)} x`,
        `${"[".repeat(500_000)}\n===`,
        "\n".repeat(500_000)
      ]
    ) Chunking.chunk(text)
    assert.isBelow(performance.now() - began, 5000)
  })
})

describe.each(TestDatabase.all)("Search on $name", (database) => {
  layer(servicesOn(database), { excludeTestServices: true })((it) => {
    it.effect(
      "finds what customers ask for, with their spelling, affixes and short forms",
      () =>
        inOrganization(Effect.gen(function*() {
          yield* importDemo
          const expected: ReadonlyArray<readonly [string, string]> = [
            ["i forgot my wifi pasword", "Change the Wi-Fi name or password"],
            ["what is the cost of instalation", "Installation: cost, date and what to prepare"],
            ["how can I get a refnud", "Refunds and double payments"],
            ["moving to a new house", "Moving house"],
            ["pembayarannya lewat apa", "Cara membayar"],
            ["saya mau membayar", "Cara membayar"],
            ["biaya memasang", "Pemasangan: biaya, jadwal, dan persiapan"],
            ["internetku lambat sekali", "Internet saya lambat"],
            ["berlangganan gimana caranya", "Cara berlangganan"],
            ["PINDAH RUMAH!!!", "Pindah rumah"]
          ]
          for (const [text, title] of expected) assert.include(yield* titles(text), title, text)
        })),
      60_000
    )

    it.effect("compares words without their accents, and Spanish by its stems", () =>
      inOrganization(Effect.gen(function*() {
        const items = yield* KnowledgeItems
        const body = "Llámenos por teléfono."
        yield* items.create({ kind: "question", title: "¿Cómo cancelo la suscripción?", body })
        yield* items.create({ kind: "question", title: "¿Cuándo llega mi pedido?", body: "En tres días." })
        yield* items.create({ kind: "article", title: "Café Zürich", body: "Naïve crème brûlée.", language: "en" })
        assert.deepStrictEqual(
          (yield* Effect.map(KnowledgeItems.use((all) => all.list({})), (page) => page.data)).map((item) =>
            item.language
          ),
          ["en", "es", "es"]
        )
        for (const text of ["cancelar suscripcion", "CANCELAR SUSCRIPCIÓN", "quiero cancelar mis suscripciones"]) {
          assert.strictEqual((yield* titles(text, "es"))[0], "¿Cómo cancelo la suscripción?", text)
        }
        assert.strictEqual((yield* titles("¿dónde están mis pedidos?"))[0], "¿Cuándo llega mi pedido?")
        for (const text of ["cafe zurich", "Cafe\u0301 Zu\u0308rich", "creme brulee"]) {
          assert.strictEqual((yield* titles(text, "en"))[0], "Café Zürich", text)
        }
      })))

    it.effect(
      "answers empty and absurd questions with an ordered list, or nothing",
      () =>
        inOrganization(Effect.gen(function*() {
          yield* importDemo
          const search = yield* KnowledgeSearch
          for (const text of absurd) {
            const hits = yield* search.search({ text, limit: 50 })
            assert.deepStrictEqual(hits.map((hit) => hit.score), hits.map((hit) => hit.score).toSorted((a, b) => b - a))
            assert.isTrue(hits.every((hit) => Number.isFinite(hit.score) && hit.coverage >= 0 && hit.coverage <= 1))
          }
          for (const text of absurd.slice(0, 3)) assert.deepStrictEqual(yield* search.search({ text }), [])
          assert.strictEqual((yield* search.search({ text: "internet", limit: -1 })).length, 1)
          assert.isAtMost((yield* search.search({ text: "internet", limit: 1e9 })).length, 50)
        })),
      60_000
    )

    it.effect("filters by tag and category before it counts", () =>
      inOrganization(Effect.gen(function*() {
        yield* importDemo
        const search = yield* KnowledgeSearch
        const tagged = yield* search.search({ text: "internet router bill", tags: ["static ip"], limit: 1 })
        assert.deepStrictEqual(tagged.map((hit) => hit.title), ["Static IP address and port forwarding"])
        const none = yield* search.search({ text: "router", tags: ["static ip"], categories: ["billing"] })
        assert.deepStrictEqual(none, [])
      })))

    it.effect("finds in a category what is filed below it", () =>
      inOrganization(Effect.gen(function*() {
        const items = yield* KnowledgeItems
        const search = yield* KnowledgeSearch
        for (const category of ["billing", "billing/refunds", "billings", null]) {
          yield* items.create({ kind: "article", title: "Money back", body: `Filed under ${category}.`, category })
        }
        const filed = (categories: ReadonlyArray<string>) =>
          Effect.map(
            search.search({ text: "money back", categories }),
            (hits) => hits.map((hit) => hit.text).toSorted()
          )
        assert.deepStrictEqual(yield* filed(["billing"]), ["Filed under billing.", "Filed under billing/refunds."])
        assert.deepStrictEqual(yield* filed(["billing/refunds"]), ["Filed under billing/refunds."])
        assert.deepStrictEqual(yield* filed(["bill"]), [])
        assert.lengthOf(yield* filed([]), 4)
      })))

    it.effect("has nothing for an organization without knowledge", () =>
      inOrganization(Effect.gen(function*() {
        assert.deepStrictEqual(yield* titles("internet"), [])
      })))
  })
})
