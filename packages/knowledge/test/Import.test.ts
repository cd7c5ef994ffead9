import { assert, describe, layer } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { Audit } from "@wicara/core/Audit"
import { Events } from "@wicara/core/Events"
import * as Id from "@wicara/core/Id"
import * as Migrations from "@wicara/core/Migrations"
import { Signals } from "@wicara/core/Signals"
import { migrations as coreMigrations } from "@wicara/core/sql/migrations"
import { CurrentActor, CurrentOrganization, OrganizationId, systemActor } from "@wicara/core/Tenancy"
import { KnowledgeImport, limits } from "@wicara/knowledge/KnowledgeImport"
import { KnowledgeItems } from "@wicara/knowledge/KnowledgeItems"
import { KnowledgeSearch } from "@wicara/knowledge/KnowledgeSearch"
import { layerSql } from "@wicara/knowledge/sql/layer"
import { migrations } from "@wicara/knowledge/sql/migrations"
import * as TestDatabase from "@wicara/testing/TestDatabase"

const utf8 = new TextEncoder()

/** Files by their path. */
const importing = (files: Readonly<Record<string, string | Uint8Array>>) =>
  KnowledgeImport.use((imports) =>
    imports.importFiles(
      Object.entries(files).map(([path, content]) => ({
        path,
        bytes: typeof content === "string" ? utf8.encode(content) : content
      }))
    )
  )

const all = Effect.map(KnowledgeItems.use((items) => items.list({ limit: 200 })), (page) => page.data.toReversed())

/** In an organization of its own. */
const inOrganization = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.flatMap(Id.next(OrganizationId), (id) =>
    effect.pipe(
      Effect.provideService(CurrentOrganization, { id }),
      Effect.provideService(CurrentActor, systemActor("test"))
    ))

const outcomes = (report: { readonly rows: ReadonlyArray<{ readonly outcome: string }> }) =>
  report.rows.map(({ outcome }) => outcome)

const demo = new URL("../../../apps/server/src/demo/knowledge/", import.meta.url)

describe.each(TestDatabase.all)("Import on $name", (database) => {
  const services = layerSql.pipe(
    Layer.provideMerge(Layer.mergeAll(Events.layerSql, Audit.layerSql)),
    Layer.provideMerge(Layer.effectDiscard(Effect.orDie(Migrations.run([coreMigrations, migrations])))),
    Layer.provideMerge(database.layer),
    Layer.provideMerge(Signals.layer)
  )

  layer(services)((it) => {
    it.effect("a Markdown file is one item, described by its front matter", () =>
      inOrganization(Effect.gen(function*() {
        const report = yield* importing({
          "en/refunds.md":
            "---\r\ntitle: \"Refunds: how\"\r\nlanguage: en-GB\r\ncategory: billing\r\ntags: [refund, money back]\r\nauthor: X\r\n---\r\n\r\nWe refund within 7 days.\r\n",
          "en/hours.md": "# Opening hours\n\nWe open at 8.",
          "en/slow-internet.markdown": "Restart the router.",
          "en/los.md":
            "---\nquestion: Why is LOS red?\nvariations:\n  - red light\n  - LOS lamp\n---\nThe fibre is cut.",
          "en/rule.md": "A text.\n\n---\n\nnot: front matter"
        })
        assert.deepStrictEqual(outcomes(report), ["imported", "imported", "imported", "imported", "imported"])
        assert.deepStrictEqual(report.warnings, [{ source: "en/refunds.md", reason: "Not taken over: \"author\"" }])
        const items = yield* all
        assert.deepStrictEqual(items.map((item) => [item.kind, item.title, item.category, item.status]), [
          ["article", "Refunds: how", "billing", "published"],
          ["article", "Opening hours", null, "published"],
          ["article", "Slow internet", null, "published"],
          ["question", "Why is LOS red?", null, "published"],
          ["article", "Rule", null, "published"]
        ])
        assert.deepStrictEqual(items[0]?.tags, ["refund", "money back"])
        assert.strictEqual(items[0]?.language, "en")
        assert.strictEqual(items[0]?.body, "We refund within 7 days.")
        assert.deepStrictEqual(items[3]?.variations, ["red light", "LOS lamp"])
        const [hit] = yield* KnowledgeSearch.use((search) => search.search({ text: "when do I get my refund?" }))
        assert.strictEqual(hit?.title, "Refunds: how")
      })))

    it.effect("a CSV row is one item: quotes, line breaks in cells, a byte order mark and CRLF", () =>
      inOrganization(Effect.gen(function*() {
        const report = yield* importing({
          "faq.csv": "\uFEFFQuestion,Answer,Variations,Tags\r\n" +
            "\"How much, and when?\",\"Rp 199.000\r\nBefore the \"\"10th\"\"\",what does it cost|price?,\"price;bill\"\r\n" +
            "\r\n" +
            "Where?,In Bandung,,\r\n",
          "semicolons.csv": "title;content\nAddress;Jalan Braga 1, Bandung\n"
        })
        assert.deepStrictEqual(
          report.rows.map(({ line, outcome, title }) => [line, outcome, title]),
          [[2, "imported", "How much, and when?"], [5, "imported", "Where?"], [2, "imported", "Address"]]
        )
        const [first, , third] = yield* all
        assert.strictEqual(first?.body, "Rp 199.000\nBefore the \"10th\"")
        assert.strictEqual(first?.kind, "question")
        assert.deepStrictEqual(first?.variations, ["what does it cost", "price?"])
        assert.deepStrictEqual(first?.tags, ["price", "bill"])
        assert.deepStrictEqual([third?.kind, third?.body], ["article", "Jalan Braga 1, Bandung"])
      })))

    it.effect("JSON is a list or has one under items; JSON Lines has an item a line", () =>
      inOrganization(Effect.gen(function*() {
        const report = yield* importing({
          "a.json": JSON.stringify([{ key: 7, question: "Q1", answer: "A1", variations: ["Q one"] }]),
          "b.json": JSON.stringify({
            items: [{ title: "T", content: "C", tags: "x, y", status: "draft" }, "no object"]
          }),
          "c.jsonl": "{\"question\":\"Q2\",\"answer\":\"A2\"}\n\n{broken\n{\"question\":\"Q3\",\"answer\":true}"
        })
        assert.deepStrictEqual(
          report.rows.map(({ line, outcome, reason }) => [line, outcome, reason]),
          [
            [undefined, "imported", undefined],
            [undefined, "imported", undefined],
            [undefined, "failed", "Item 2: An item must be an object"],
            [1, "imported", undefined],
            [3, "failed", "The line is not valid JSON"],
            [4, "imported", undefined]
          ]
        )
        const items = yield* all
        assert.deepStrictEqual(items.map((item) => item.externalKey).slice(0, 1), ["7"])
        assert.deepStrictEqual([items[1]?.status, items[1]?.tags], ["draft", ["x", "y"]])
      })))

    it.effect("importing again skips what is the same, and updates what changed as a new version", () =>
      inOrganization(Effect.gen(function*() {
        const files = {
          "faq.csv": "question,answer\nWhere?,Bandung\nWhen?,At 8\n",
          "hours.md": "---\ntitle: Hours\n---\nFrom 8."
        }
        yield* importing(files)
        const before = yield* all
        const again = yield* importing({ ...files, "faq.csv": files["faq.csv"].replaceAll("\n", "\r\n") })
        assert.deepStrictEqual([again.imported, again.updated, again.skipped, again.failed], [0, 0, 3, 0])
        assert.deepStrictEqual(yield* all, before)
        const changed = yield* importing({
          "faq.csv": "question,answer\nWHEN?,At 9\nWhere?,Bandung\nWho?,We\n",
          "./hours.md": "---\ntitle: Opening hours\n---\nFrom 9."
        })
        assert.deepStrictEqual(outcomes(changed), ["updated", "skipped", "imported", "updated"])
        const after = yield* all
        assert.deepStrictEqual(after.map(({ title, version }) => [title, version]), [
          ["Where?", 1],
          ["WHEN?", 2],
          ["Opening hours", 2],
          ["Who?", 1]
        ])
        assert.deepStrictEqual(after.slice(0, 3).map(({ id }) => id), before.map(({ id }) => id))
      })))

    it.effect("equal files of two organizations are apart", () =>
      Effect.gen(function*() {
        const files = { "faq.json": JSON.stringify([{ id: "1", question: "Q", answer: "A" }]) }
        const reports = yield* Effect.forEach([1, 2], () => inOrganization(importing(files)))
        assert.deepStrictEqual(reports.map(outcomes), [["imported"], ["imported"]])
        assert.notStrictEqual(reports[0]?.rows[0]?.itemId, reports[1]?.rows[0]?.itemId)
      }))

    it.effect("a row that can't be imported says where and why, and keeps no other from being imported", () =>
      inOrganization(Effect.gen(function*() {
        const report = yield* importing({
          "faq.csv": [
            "question,answer,language",
            "Good?,Yes,en",
            "Blank?,   ,en",
            ",An answer,en",
            "Unquoted?,One, two,en",
            "Quote \"inside,Broken,en",
            "Still read?,Yes,en",
            "Language?,Yes,12",
            "good?,Another,en",
            "Short?,Yes",
            "\"Never closed,Broken,en",
            "The end?,Yes,en"
          ].join("\n")
        })
        assert.deepStrictEqual(report.rows.map(({ line, outcome, title }) => [line, outcome, title]), [
          [2, "imported", "Good?"],
          [3, "failed", "Blank?"],
          [4, "failed", undefined],
          [5, "failed", undefined],
          [6, "failed", undefined],
          [7, "imported", "Still read?"],
          [8, "failed", "Language?"],
          [9, "failed", "good?"],
          [10, "imported", "Short?"],
          [11, "failed", undefined],
          [12, "imported", "The end?"]
        ])
        const reasons = report.rows.flatMap(({ line, reason }) => reason === undefined ? [] : [`${line} ${reason}`])
        assert.include(reasons[0], "The answer is blank")
        assert.include(reasons[1], "The question is blank")
        assert.include(reasons[2], "4 cells for 3 columns")
        assert.include(reasons[3], "quote")
        assert.include(reasons[4], "\"language\": ")
        assert.include(reasons[5], "faq.csv, line 2")
        assert.include(reasons[6], "Unterminated")
        assert.lengthOf(yield* all, 4)
      })))

    it.effect("a file that can't be read fails alone", () =>
      inOrganization(Effect.gen(function*() {
        const row = "Q,A\n"
        const report = yield* importing({
          "latin1.csv": new Uint8Array([...utf8.encode("question,answer\nCaf"), 0xe9, ...utf8.encode("?,Yes\n")]),
          "columns.csv": "name,phone\nA,1\n",
          "twice.csv": "question,answer,answer\nA,B,C\n",
          "header.csv": "question,answer\n",
          "empty.md": " \n",
          "blank.md": "---\ntitle: Only a title\n---\n\n",
          "front.md": "---\ntitle: [broken\n---\nText",
          "broken.json": "[{]",
          "number.json": "1",
          "page.html": "<p>",
          "big.md": "a".repeat(limits.file + 1),
          "many.csv": `question,answer\n${row.repeat(limits.rows + 1)}`,
          "long.md": `---\ntitle: ${"a".repeat(1001)}\n---\nText`,
          "key.json": JSON.stringify([{ key: "k".repeat(191), question: "Q", answer: "A" }]),
          "good.md": "Good."
        })
        const last = report.rows.at(-1)
        assert.deepStrictEqual([last?.source, last?.outcome], ["good.md", "imported"])
        assert.deepStrictEqual([report.rows.length, report.failed, report.imported], [15, 14, 1])
        const reason = (source: string) => report.rows.find((one) => one.source === source)?.reason ?? ""
        assert.include(reason("latin1.csv"), "UTF-8")
        assert.include(reason("columns.csv"), "\"question\" and \"answer\"")
        assert.include(reason("twice.csv"), "\"answer\"")
        assert.include(reason("header.csv"), "no rows")
        assert.include(reason("empty.md"), "empty")
        assert.include(reason("blank.md"), "blank")
        assert.include(reason("front.md"), "front matter")
        assert.include(reason("broken.json"), "JSON")
        assert.include(reason("number.json"), "list")
        assert.include(reason("page.html"), ".md")
        assert.include(reason("big.md"), "bytes")
        assert.include(reason("many.csv"), "20000")
        assert.include(reason("long.md"), "\"title\"")
        assert.include(reason("key.json"), "\"externalKey\"")
        assert.lengthOf(yield* all, 1)
      })))

    it.effect("a file of broken rows is given up with a line that says so", () =>
      inOrganization(Effect.gen(function*() {
        const report = yield* importing({ "faq.csv": `question,answer\n${"a\"b,c\n".repeat(200)}` })
        assert.strictEqual(report.failed, 101)
        assert.include(report.rows.at(-1)?.reason, "not read from here on")
        assert.strictEqual(report.rows.at(-1)?.line, 102)
      })))

    it.effect("every file of the demo is imported, and nothing twice", () =>
      inOrganization(Effect.gen(function*() {
        assert.isTrue(existsSync(demo))
        const files = Object.fromEntries(
          readdirSync(demo, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".md"))
            .map((path) => [path, readFileSync(new URL(path, demo))])
        )
        const report = yield* importing(files)
        assert.deepStrictEqual(report.rows.filter(({ outcome }) => outcome !== "imported"), [])
        assert.deepStrictEqual(report.warnings, [])
        assert.isAtLeast(report.imported, 58)
        assert.strictEqual((yield* importing(files)).skipped, report.imported)
        for (const item of yield* all) assert.include(["en", "id"], item.language)
      })))
  })
})
