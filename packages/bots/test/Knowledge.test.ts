import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Schema } from "effect"
import * as Fs from "node:fs"
import { Answering } from "@wicara/bots/Answering"
import { Bots } from "@wicara/bots/Bots"
import * as KnowledgeRetrieval from "@wicara/bots/KnowledgeRetrieval"
import type { BotId } from "@wicara/bots/Bot"
import type { OrganizationId } from "@wicara/core/Tenancy"
import { KnowledgeItems } from "@wicara/knowledge/KnowledgeItems"
import { layerSql } from "@wicara/knowledge/sql/layer"
import * as Migrations from "@wicara/core/Migrations"
import { migrations as knowledgeMigrations } from "@wicara/knowledge/sql/migrations"
import * as SupportKnowledge from "@wicara/testing/SupportKnowledge"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import { as, layer, setUp } from "./support.ts"

/** Bots over a real knowledge base instead of the tests' library. */
const withKnowledge = (database: TestDatabase.TestDatabase) =>
  Layer.fresh(Answering.layer).pipe(
    Layer.provideMerge(KnowledgeRetrieval.layer),
    Layer.provideMerge(layerSql),
    Layer.provideMerge(Layer.effectDiscard(Effect.orDie(Migrations.run([knowledgeMigrations])))),
    Layer.provideMerge(layer(database.layer))
  )

const learn = (organizationId: OrganizationId) =>
  Effect.gen(function*() {
    const items = yield* KnowledgeItems
    const ids = new Map<string, string>()
    for (const entry of SupportKnowledge.entries) {
      const [question, ...variations] = entry.questions
      const item = yield* items.create({
        kind: question === undefined ? "article" : "question",
        title: question ?? entry.title,
        variations,
        body: entry.text,
        language: entry.language,
        tags: entry.id.startsWith("business") ? ["business"] : ["home"]
      })
      ids.set(item.id, entry.id)
    }
    return ids
  }).pipe(as(organizationId))

const decide = Effect.fnUntraced(function*(organizationId: OrganizationId, botId: BotId, question: string) {
  const answering = yield* Answering
  const bots = yield* Bots
  const bot = yield* bots.get(botId).pipe(as(organizationId))
  return yield* answering.decide({
    bot,
    messages: [{ type: "text", text: question }],
    history: [],
    language: null,
    clarifying: false,
    conversation: null
  }).pipe(as(organizationId))
})

describe.each(TestDatabase.all)("Bots with a knowledge base on $name", (database) => {
  it.live("answer what it covers, cite the item and its version, and decline the rest", () =>
    Effect.gen(function*() {
      const setup = yield* setUp()
      const ids = yield* learn(setup.organizationId)
      let right = 0
      let wrong = 0
      for (const question of SupportKnowledge.answered) {
        const decision = yield* decide(setup.organizationId, setup.botId, question.text)
        if (decision.reason !== "answered") continue
        const cited = decision.sources.filter((source) => source.cited)
        assert.isTrue(cited.every((source) => source.version === 1 && source.hash.length === 64))
        if (cited.some((source) => ids.get(source.itemId) === `${question.topic}-${question.language}`)) right++
        else wrong++
      }
      const total = SupportKnowledge.answered.length
      console.log(
        `${database.name}: ${right} of ${total} answered rightly, ${wrong} from another entry, ${
          total - right - wrong
        } handed over`
      )
      assert.isAtLeast(right / total, 0.9)
      assert.isAtMost(wrong / total, 0.03)
      for (const question of [...SupportKnowledge.nearby, ...SupportKnowledge.unrelated]) {
        const decision = yield* decide(setup.organizationId, setup.botId, question.text)
        assert.strictEqual(decision.action, "handover", `${question.text} => ${decision.text}`)
      }
    }).pipe(Effect.provide(withKnowledge(database))))

  it.live("read only what their settings allow, and follow what is edited", () =>
    Effect.gen(function*() {
      const items = yield* KnowledgeItems
      const bots = yield* Bots
      const setup = yield* setUp()
      const ids = yield* learn(setup.organizationId)
      yield* bots.update(setup.botId, { knowledge: { tags: ["business"] } }).pipe(as(setup.organizationId))
      const limited = yield* decide(setup.organizationId, setup.botId, "is the router included?")
      assert.notStrictEqual(limited.reason, "answered")
      yield* bots.update(setup.botId, { knowledge: {} }).pipe(as(setup.organizationId))
      const [id] = [...ids].find(([, entry]) => entry === "router-en") ?? []
      const item = (yield* items.list({ limit: 200 }).pipe(as(setup.organizationId))).data.find((one) => one.id === id)
      assert.isDefined(item)
      if (item === undefined) return
      yield* items.update(item.id, { body: "Yes, **every** plan includes a [router](https://lintang.example/router)." })
        .pipe(as(setup.organizationId))
      const edited = yield* decide(setup.organizationId, setup.botId, "is the router included?")
      assert.strictEqual(edited.text, "Yes, every plan includes a router (https://lintang.example/router).")
      assert.strictEqual(edited.sources.find((source) => source.cited)?.version, 2)
    }).pipe(Effect.provide(withKnowledge(database))))
})

const shared = new URL("../../../../shared/data/clinc150/data_full.json", import.meta.url)

describe("Bots and questions about anything", () => {
  it.live("hand over the out-of-scope questions of clinc150", () =>
    Effect.gen(function*() {
      if (!Fs.existsSync(shared)) return console.log("skipped: ../shared/data/clinc150 is not present")
      const rows = Schema.Array(Schema.Tuple([Schema.String, Schema.String]))
      const data = Schema.decodeUnknownSync(
        Schema.fromJsonString(Schema.Struct({ oos_test: rows, oos_val: rows, oos_train: rows }))
      )(
        Fs.readFileSync(shared, "utf8")
      )
      const questions = [...data.oos_test, ...data.oos_val, ...data.oos_train].map(([question]) => question)
      const setup = yield* setUp()
      yield* learn(setup.organizationId)
      const answered: Array<string> = []
      for (const question of questions) {
        const decision = yield* decide(setup.organizationId, setup.botId, question)
        if (decision.action !== "handover") answered.push(`${question} => ${decision.reason}: ${decision.text}`)
      }
      console.log(
        `clinc150 oos_*: ${questions.length - answered.length} of ${questions.length} handed over (${
          (100 - (100 * answered.length) / questions.length).toFixed(2)
        } %)`
      )
      assert.isAtMost(answered.length / questions.length, 0.01, answered.join("\n"))
    }).pipe(Effect.provide(withKnowledge({ name: "sqlite", layer: TestDatabase.layerSqlite }))), 120_000)
})
