/**
 * Knowledge search beside MiniSearch and SQLite's FTS5 on the same questions: how often the right document is among
 * the first five (recall@5), and how far up it stands (MRR@10). Then how well `answerableConfidence` tells questions that
 * the knowledge answers from those it has nothing on, and how long an index of 10,000 parts and a search in it take.
 *
 * The public sets are all of `../shared/data/derived` beside the repository and are skipped where it is absent; the
 * questions on the demo's knowledge are `data/support_questions.jsonl`. Exits with 1 when ours ranks worse on any set.
 *
 * `node retrieval.ts`
 */
import { SqliteClient } from "@effect/sql-sqlite-node"
import { Effect, Layer, Option, Schema } from "effect"
import MiniSearch from "minisearch"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { DatabaseSync } from "node:sqlite"
import { Audit } from "@wicara/core/Audit"
import { Events } from "@wicara/core/Events"
import * as Id from "@wicara/core/Id"
import * as Migrations from "@wicara/core/Migrations"
import { Signals } from "@wicara/core/Signals"
import { migrations as coreMigrations } from "@wicara/core/sql/migrations"
import { CurrentActor, CurrentOrganization, OrganizationId, systemActor } from "@wicara/core/Tenancy"
import * as Chunking from "@wicara/knowledge/Chunking"
import { KnowledgeImport } from "@wicara/knowledge/KnowledgeImport"
import { answerableConfidence, KnowledgeSearch } from "@wicara/knowledge/KnowledgeSearch"
import * as Language from "@wicara/knowledge/Language"
import { layerSql } from "@wicara/knowledge/sql/layer"
import { migrations } from "@wicara/knowledge/sql/migrations"
import { LexicalIndex } from "../packages/knowledge/src/internal/lexicalIndex.ts"

const sharedFolder = new URL("../../shared/data/", import.meta.url)
const demoFolder = new URL("../apps/server/src/demo/knowledge/", import.meta.url)

interface Document {
  readonly language: string
  /** Whether the title is a question. */
  readonly asks: boolean
  readonly title: string
  readonly body: string
}

interface Question {
  readonly text: string
  /** The place of the document that answers it. */
  readonly document: number
}

interface RetrievalSet {
  readonly name: string
  readonly documents: ReadonlyArray<Document>
  readonly questions: ReadonlyArray<Question>
  /** `undefined` when documents of several languages are asked together, and the question's must be told from it. */
  readonly language: string | undefined
}

type Rank = (question: string) => ReadonlyArray<number>

interface Quality {
  readonly recall: number
  readonly reciprocalRank: number
}

// --- sets ------------------------------------------------------------------------------------------------------------

const readLines = <S extends Schema.Decoder<unknown>>(row: S, file: URL): ReadonlyArray<S["Type"]> => {
  const decode = Schema.decodeUnknownSync(Schema.fromJsonString(row))
  return readFileSync(file, "utf8").split("\n").filter((line) => line.trim() !== "").map((line) => decode(line))
}

const PublicRow = Schema.Struct({
  question: Schema.optionalKey(Schema.String),
  title: Schema.optionalKey(Schema.String),
  passage: Schema.optionalKey(Schema.String),
  answers: Schema.optionalKey(Schema.Array(Schema.String)),
  queries: Schema.Array(Schema.String)
})

/** All that are there, and by name those that are not. */
const publicNames = (): ReadonlyArray<string> => {
  const folder = new URL("derived/", sharedFolder)
  const present = existsSync(folder)
    ? readdirSync(folder).filter((name) => name.endsWith(".jsonl")).map((name) => name.slice(0, -6))
    : []
  return [...new Set(["covidfaq_en", "facqa_id", "xquad_en", ...present])].toSorted()
}

const publicSet = (name: string): Option.Option<RetrievalSet> => {
  const file = new URL(`derived/${name}.jsonl`, sharedFolder)
  if (!existsSync(file)) return Option.none()
  const language = /_([a-z]{2,3})$/.exec(name)?.[1]
  const rows = readLines(PublicRow, file)
  return Option.some({
    name,
    language,
    documents: rows.map((row) => {
      const body = row.passage ?? row.answers?.join("\n") ?? ""
      return {
        language: language ?? Language.tagOf(body),
        asks: row.question !== undefined,
        title: row.question ?? row.title?.replaceAll("_", " ") ?? "",
        body
      }
    }),
    questions: rows.flatMap((row, document) => row.queries.map((text) => ({ text, document })))
  })
}

const supportQuestions = readLines(
  Schema.Struct({ language: Schema.String, file: Schema.String, question: Schema.String }),
  new URL("data/support_questions.jsonl", import.meta.url)
)

const demoFiles = ["en", "id"].flatMap((language) =>
  readdirSync(new URL(`${language}/`, demoFolder)).toSorted().map((name) => ({
    language,
    path: `${language}/${name}`,
    bytes: readFileSync(new URL(`${language}/${name}`, demoFolder))
  }))
)

const supportSet = (): RetrievalSet => {
  const places = new Map(demoFiles.map(({ path }, index) => [path, index]))
  return {
    name: "support_en_id",
    language: undefined,
    documents: demoFiles.map(({ bytes, language }) => {
      const [, head = "", body = ""] = /^---\n([\s\S]*?)\n---\n([\s\S]*)$/.exec(bytes.toString("utf8")) ?? []
      const title = /^title: *"?(.*?)"? *$/m.exec(head)?.[1] ?? ""
      return { language, asks: false, title, body: body.trim() }
    }),
    questions: supportQuestions.map(({ file, language, question }) => {
      const document = places.get(`${language}/${file}`)
      if (document === undefined) throw new Error(`There is no ${language}/${file} for "${question}"`)
      return { text: question, document }
    })
  }
}

// --- contenders ------------------------------------------------------------------------------------------------------

const ours = ({ documents, language }: RetrievalSet): Rank => {
  const index = new LexicalIndex()
  for (const [place, { asks, body, language, title }] of documents.entries()) {
    index.put({
      itemId: String(place),
      language,
      asks,
      titles: title === "" ? [] : [title],
      chunks: Chunking.chunk(body).map((chunk, ordinal) => ({ ...chunk, chunkId: `${place}.${ordinal}`, ordinal }))
    })
  }
  return (question) =>
    index.search({ text: question, language, limit: 10, perItem: 1 }).map((hit) => Number(hit.itemId))
}

const miniSearch = (
  { documents }: RetrievalSet,
  options: { readonly prefix?: boolean; readonly fuzzy?: number; readonly boost?: Record<string, number> }
): Rank => {
  const index = new MiniSearch<{ readonly id: number; readonly title: string; readonly body: string }>({
    fields: ["title", "body"]
  })
  index.addAll(documents.map(({ body, title }, id) => ({ id, title, body })))
  return (question) => index.search(question, options).slice(0, 10).map((hit) => Number(hit.id))
}

const fts5 = ({ documents }: RetrievalSet): Rank => {
  const database = new DatabaseSync(":memory:")
  database.exec("CREATE VIRTUAL TABLE f USING fts5(title, body, tokenize = 'porter unicode61')")
  const insert = database.prepare("INSERT INTO f (rowid, title, body) VALUES (?, ?, ?)")
  documents.forEach(({ body, title }, index) => insert.run(index + 1, title, body))
  const select = database.prepare("SELECT rowid FROM f WHERE f MATCH ? ORDER BY bm25(f, 2.0, 1.0) LIMIT 10")
  return (question) => {
    const terms = question.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []
    if (terms.length === 0) return []
    return select.all(terms.map((term) => `"${term}"`).join(" OR ")).map((row) => Number(row["rowid"]) - 1)
  }
}

const measure = (rank: Rank, questions: ReadonlyArray<Question>): Quality => {
  let recalled = 0
  let reciprocals = 0
  for (const { document, text } of questions) {
    const place = rank(text).indexOf(document)
    if (place >= 0 && place < 5) recalled++
    if (place >= 0 && place < 10) reciprocals += 1 / (place + 1)
  }
  return { recall: recalled / questions.length, reciprocalRank: reciprocals / questions.length }
}

const better = (one: Quality, other: Quality): Quality =>
  other.recall + other.reciprocalRank > one.recall + one.reciprocalRank ? other : one

// --- tables ----------------------------------------------------------------------------------------------------------

const print = (line: string): void => {
  process.stdout.write(`${line}\n`)
}

const row = (cells: ReadonlyArray<string | number>): void => print(`| ${cells.join(" | ")} |`)

/** Whether ours is at least as good as the better of the two, on every set. */
const compare = (): boolean => {
  row(["Set", "Documents", "Questions", "Measure", "Wicara", "MiniSearch", "FTS5", "Ratio to the better"])
  row(["---", "---:", "---:", "---", "---:", "---:", "---:", "---:"])
  let holds = true
  const sets = [
    ...publicNames().map((name) => ({ name, set: publicSet(name) })),
    { name: "support_en_id", set: Option.some(supportSet()) }
  ]
  for (const { name, set } of sets) {
    if (Option.isNone(set)) {
      row([name, "not present, skipped", "", "", "", "", "", ""])
      continue
    }
    const { documents, questions } = set.value
    const us = measure(ours(set.value), questions)
    const mini = better(
      measure(miniSearch(set.value, {}), questions),
      measure(miniSearch(set.value, { prefix: true, fuzzy: 0.2, boost: { title: 2 } }), questions)
    )
    const fts = measure(fts5(set.value), questions)
    for (const [label, measured] of [["recall@5", "recall"], ["MRR@10", "reciprocalRank"]] as const) {
      const ratio = us[measured] / Math.max(mini[measured], fts[measured])
      if (ratio < 1) holds = false
      row([
        name,
        documents.length,
        questions.length,
        label,
        us[measured].toFixed(4),
        mini[measured].toFixed(4),
        fts[measured].toFixed(4),
        `${ratio.toFixed(3)}${ratio < 1 ? " (below)" : ""}`
      ])
    }
  }
  return holds
}

const Sentences = Schema.Array(Schema.Tuple([Schema.String, Schema.String]))
const OutOfScope = Schema.fromJsonString(
  Schema.Struct({ oos_train: Sentences, oos_val: Sentences, oos_test: Sentences })
)

/** Questions that a bot would answer, by the confidence of the most confident hit. */
const separate = Effect.gen(function*() {
  const search = yield* KnowledgeSearch
  yield* KnowledgeImport.use((imports) => imports.importFiles(demoFiles))
  const answerable = (questions: ReadonlyArray<string>) =>
    Effect.map(
      Effect.forEach(questions, (text) => search.search({ text })),
      (all) => all.filter((hits) => hits.some((hit) => hit.confidence >= answerableConfidence)).length
    )
  const share = (count: number, of: number) => `${count} of ${of} (${((100 * count) / of).toFixed(1)} %)`

  row([
    "Questions on the demo's knowledge",
    `Confidence ${answerableConfidence} or more`,
    `Below ${answerableConfidence}`
  ])
  row(["---", "---:", "---:"])
  for (const language of ["en", "id"]) {
    const asked = supportQuestions.filter((one) => one.language === language).map((one) => one.question)
    const found = yield* answerable(asked)
    row([`in scope, ${language}`, share(found, asked.length), share(asked.length - found, asked.length)])
  }
  const file = new URL("clinc150/data_full.json", sharedFolder)
  if (!existsSync(file)) return row(["out of scope, clinc150", "not present, skipped", ""])
  const sentences = yield* Schema.decodeUnknownEffect(OutOfScope)(readFileSync(file, "utf8"))
  for (const part of ["oos_train", "oos_val", "oos_test"] as const) {
    const asked = sentences[part].map(([text]) => text)
    const found = yield* answerable(asked)
    row([`out of scope, clinc150 ${part}`, share(found, asked.length), share(asked.length - found, asked.length)])
  }
})

const parts = 10_000

/** What a large organization costs: 10,000 parts made of the demo's sentences, each with a word of its own. */
const time = (): void => {
  const sentences = { en: new Array<string>(), id: new Array<string>() }
  for (const { body, language } of supportSet().documents) {
    sentences[language === "id" ? "id" : "en"].push(...body.split(/(?<=[.!?])\s+|\n+/).filter((one) => one.length > 20))
  }
  const items = Array.from({ length: parts }, (_, place) => {
    const language = place % 2 === 0 ? "en" : "id"
    const own = sentences[language]
    const text = [1, 7, 31, 101, 211].map((step) => own[(place * step) % own.length]).join(" ")
    return {
      itemId: String(place),
      language,
      asks: false,
      titles: [`Part ${place}`],
      chunks: [{ chunkId: String(place), ordinal: 0, headingPath: [], text: `${text} X${place}` }]
    }
  })
  const index = new LexicalIndex()
  const began = performance.now()
  for (const item of items) index.put(item)
  const built = performance.now() - began
  const questions = supportQuestions.map(({ question }) => question)
  for (const text of questions) index.search({ text, limit: 5, perItem: 1 })
  const times = [...questions, ...questions, ...questions].map((text) => {
    const start = performance.now()
    index.search({ text, limit: 5, perItem: 1 })
    return performance.now() - start
  }).toSorted((a, b) => a - b)
  const at = (share: number) => times[Math.floor(share * (times.length - 1))] ?? 0
  const characters = items.reduce((sum, { chunks }) => sum + (chunks[0]?.text.length ?? 0), 0) / parts
  row([`${parts} parts of ${Math.round(characters)} characters`, "Measured", "At most"])
  row(["---", "---:", "---:"])
  row(["indexing all of them", `${built.toFixed(0)} ms`, "1000 ms"])
  row(["a search, median", `${at(0.5).toFixed(2)} ms`, "5 ms"])
  row(["a search, 99 of 100", `${at(0.99).toFixed(2)} ms`, ""])
}

const services = layerSql.pipe(
  Layer.provide([Events.layerSql, Audit.layerSql]),
  Layer.provide(Layer.effectDiscard(Migrations.run([coreMigrations, migrations]))),
  Layer.provide([SqliteClient.layer({ filename: ":memory:" }), Signals.layer])
)

const program = Effect.gen(function*() {
  if (!compare()) process.exitCode = 1
  print("")
  time()
  print("")
  const id = yield* Id.next(OrganizationId)
  yield* separate.pipe(
    Effect.provideService(CurrentOrganization, { id }),
    Effect.provideService(CurrentActor, systemActor("bench")),
    Effect.provide(services)
  )
})

await Effect.runPromise(program)
