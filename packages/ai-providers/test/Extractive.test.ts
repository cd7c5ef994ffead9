import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema, Stream } from "effect"
import { LanguageModel } from "effect/ai"
import * as Evidence from "@wicara/ai-providers/Evidence"
import * as Extractive from "@wicara/ai-providers/Extractive"
import * as GroundedAnswer from "@wicara/ai-providers/GroundedAnswer"
import type { Persona } from "@wicara/ai-providers/Persona"
import * as Groundedness from "@wicara/ai-providers/Groundedness"
import * as Intent from "@wicara/ai-providers/Intent"
import * as Language from "@wicara/ai-providers/Language"
import * as TextAnalysis from "@wicara/ai-providers/TextAnalysis"
import * as SupportKnowledge from "@wicara/testing/SupportKnowledge"
import { report, shared } from "./shared.ts"

const source = (entry: SupportKnowledge.SupportEntry, at: number): GroundedAnswer.Source => ({
  source: at + 1,
  kind: "knowledge",
  itemId: entry.id,
  chunkId: entry.id,
  version: 1,
  hash: "",
  title: entry.title,
  text: entry.text,
  questions: entry.questions,
  language: entry.language,
  score: 1
})

/** The entries that share the most rare words with a question: what a search would hand over. */
const retrieve = (question: string, language: Language.Language, count = 8): ReadonlyArray<GroundedAnswer.Source> => {
  const terms = TextAnalysis.terms(question, language)
  return SupportKnowledge.entries.filter((entry) => entry.language === language)
    .map((entry) => {
      const index = TextAnalysis.index([entry.title, ...entry.questions, entry.text].join(" "), language)
      return {
        entry,
        score: terms.reduce((sum, term) => sum + term.weight * TextAnalysis.containment(term, language, index), 0)
      }
    })
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score)
    .slice(0, count)
    .map(({ entry }, at) => source(entry, at))
}

const persona: Persona = { name: "Lina", languages: ["en", "id", "es", "pt"] }

const request = (
  messages: string | readonly [string, ...Array<string>],
  sources: ReadonlyArray<GroundedAnswer.Source>,
  rest: Partial<GroundedAnswer.Request> = {}
): GroundedAnswer.Request => ({
  persona,
  language: null,
  history: [],
  messages: typeof messages === "string" ? [messages] : messages,
  sources,
  threshold: Extractive.defaultThreshold,
  clarify: false,
  ...rest
})

const ask = (question: string, language: Language.Language = "en") =>
  Extractive.answer(request(question, retrieve(question, language)))

describe("Extractive", () => {
  it("answers what the knowledge covers, in the language of the question, with the source it used", () => {
    let right = 0
    let wrong = 0
    for (const question of SupportKnowledge.answered) {
      const sources = retrieve(question.text, question.language)
      const answer = Extractive.answer(request(question.text, sources))
      if (answer.verdict !== "answer") continue
      const cited = answer.citations.map((citation) => sources.find((one) => one.source === citation.source)?.itemId)
      if (cited.includes(`${question.topic}-${question.language}`)) right++
      else wrong++
      assert.isTrue(Groundedness.verify(answer, sources, [question.text]).grounded, question.text)
    }
    const total = SupportKnowledge.answered.length
    report(
      `support knowledge: ${right} of ${total} answered rightly, ${wrong} from another entry, ${
        total - right - wrong
      } declined`
    )
    assert.isAtLeast(right / total, 0.9)
    assert.isAtMost(wrong / total, 0.03)
  })

  it("declines questions near the subject that the knowledge does not cover, and all others", () => {
    for (const question of [...SupportKnowledge.nearby, ...SupportKnowledge.unrelated]) {
      const answer = ask(question.text, question.language)
      assert.notStrictEqual(answer.verdict, "answer", `${question.text} => ${answer.text}`)
      assert.strictEqual(answer.text, "")
    }
  })

  it("declines the out-of-scope questions of clinc150", () => {
    const text = shared("data/clinc150/data_full.json")
    if (text === undefined) return
    const rows = Schema.Array(Schema.Tuple([Schema.String, Schema.String]))
    const data = Schema.decodeUnknownSync(
      Schema.fromJsonString(Schema.Struct({ oos_test: rows, oos_val: rows, oos_train: rows }))
    )(text)
    const questions = [...data.oos_test, ...data.oos_val, ...data.oos_train].map(([question]) => question)
    const answered = questions.filter((question) => ask(question).verdict === "answer")
    report(
      `clinc150 oos_*: ${questions.length - answered.length} of ${questions.length} declined (${
        (100 - (100 * answered.length) / questions.length).toFixed(2)
      } %)`
    )
    assert.isAtMost(answered.length / questions.length, 0.01, answered.join(" | "))
  })

  it("finds the passage and the sentence in articles", () => {
    for (const [name, language] of [["xquad_en", "en"], ["facqa_id", "id"]] as const) {
      const text = shared(`data/derived/${name}.jsonl`)
      if (text === undefined) continue
      const Row = Schema.fromJsonString(Schema.Struct({
        doc_id: Schema.String,
        passage: Schema.String,
        queries: Schema.Array(Schema.String),
        gold_answers: Schema.optionalKey(Schema.Array(Schema.Unknown))
      }))
      const rows = text.trim().split("\n").slice(0, 120).map((line) => Schema.decodeUnknownSync(Row)(line))
      const passages = rows.map((row) => ({ id: row.doc_id, title: "", text: row.passage, questions: [], language }))
      const indexed = passages.map((passage) => ({ passage, index: TextAnalysis.index(passage.text, language) }))
      let asked = 0
      let answered = 0
      let right = 0
      for (const row of rows) {
        for (const query of row.queries.slice(0, 2)) {
          asked++
          const terms = TextAnalysis.terms(query, language)
          const near = indexed
            .map(({ index, passage }) => ({
              passage,
              score: terms.reduce((sum, term) => sum + TextAnalysis.containment(term, language, index), 0)
            }))
            .sort((a, b) => b.score - a.score).slice(0, 8).map(({ passage }) => passage)
          const best = Evidence.rank(query, language, near)[0]
          if (best === undefined || best.score < Extractive.defaultThreshold) continue
          answered++
          if (best.passage.id === row.doc_id) right++
        }
      }
      report(
        `${name}: answered ${answered} of ${asked}, ${
          ((100 * right) / answered).toFixed(1)
        } % of them from the right passage`
      )
      assert.isAtLeast(right / answered, 0.75)
    }
  })

  it("hands over when a person is asked for, in four languages", () => {
    for (
      const text of [
        "can I talk to a human?",
        "please connect me with an agent",
        "I want to speak to someone about my bill",
        "mau bicara dengan admin",
        "tolong sambungkan ke cs",
        "saya ingin ngobrol sama orang",
        "quiero hablar con una persona",
        "páseme con un asesor por favor",
        "quero falar com um atendente",
        "preciso falar com uma pessoa"
      ]
    ) {
      const answer = ask(text)
      assert.strictEqual(answer.verdict, "handover", text)
      assert.include(answer.reason, "person")
    }
    for (
      const text of [
        "how do I contact customer service?",
        "I don't want to talk to an agent",
        "berapa biaya admin?",
        "no quiero hablar con un agente",
        "am I talking to a real person?"
      ]
    ) assert.isFalse(Intent.isHumanRequest(text), text)
  })

  it("answers greetings and thanks in the customer's language", () => {
    const cases: ReadonlyArray<readonly [string, string]> = [
      ["hi Lina!", "Hello! I'm Lina. How can I help you?"],
      ["selamat pagi kak", "Halo! Saya Lina. Ada yang bisa saya bantu?"],
      ["hola, buenas tardes", "¡Hola! Soy Lina. ¿En qué puedo ayudarle?"],
      ["bom dia", "Olá! Sou Lina. Como posso ajudar?"],
      ["terima kasih banyak", "Sama-sama! Kalau ada yang lain, silakan tulis saja."],
      ["are you a bot?", "I'm Lina, an automated assistant. If you would rather talk to a person, just say so."]
    ]
    for (const [text, expected] of cases) {
      const answer = ask(text)
      assert.strictEqual(answer.verdict, "smalltalk", text)
      assert.strictEqual(answer.text, expected)
    }
    const own = Extractive.answer(
      request("hello", [], {
        persona: { ...persona, phrases: { en: { greeting: "Welcome to Lintang, {name} here." } } }
      })
    )
    assert.strictEqual(own.text, "Welcome to Lintang, Lina here.")
  })

  it("tells a hosted model who it is to be: name, tone, languages and what the organization asks of it", () => {
    const written = JSON.stringify(
      GroundedAnswer.prompt(request("hello", [], {
        persona: { name: "Budi", tone: "warm and brief", languages: ["id"], instructions: "Never promise a date." }
      }))
    )
    for (const part of ["Budi", "warm and brief", "Never promise a date."]) assert.include(written, part)
  })

  it("answers all questions of a burst, and hands over the part that is not covered", () => {
    const sources = [
      ...retrieve("router included", "en", 3),
      ...retrieve("pay bill", "en", 3).map((one) => ({ ...one, source: one.source + 3 }))
    ]
    const both = Extractive.answer(request(["hi", "is the router included?", "and how can I pay my bill?"], sources))
    assert.strictEqual(both.verdict, "answer")
    assert.include(both.text, "Wi-Fi 6 router")
    assert.include(both.text, "virtual account")
    assert.strictEqual(both.citations.length, 2)
    assert.isTrue(both.text.startsWith("Hello!"))
    const part = Extractive.answer(request(["is the router included?", "do you sell iphones?"], sources))
    assert.strictEqual(part.verdict, "handover")
    assert.include(part.text, "Wi-Fi 6 router")
    assert.include(part.reason, "do you sell iphones?")
  })

  it("understands a follow-up from the question before it", () => {
    const sources = retrieve("how long is the contract for business", "en")
    const alone = Extractive.answer(request("and is a fixed ip included?", sources))
    const after = Extractive.answer(
      request("and for business?", retrieve("how long is the contract for business", "en"), {
        history: [{ role: "customer", text: "how long does the contract run?" }, { role: "bot", text: "…" }]
      })
    )
    assert.strictEqual(after.verdict, "answer")
    assert.include(after.text, "24 months")
    assert.strictEqual(alone.verdict, "answer")
    const uncovered = Extractive.answer(
      request("and for netflix?", sources, { history: [{ role: "customer", text: "how long does the contract run?" }] })
    )
    assert.notStrictEqual(uncovered.verdict, "answer")
  })

  it("prefers a source in the customer's language and falls back to another that answers", () => {
    const en = retrieve("how can i pay with QRIS", "en", 2)
    const id = retrieve("bayar pakai QRIS", "id", 2).map((one) => ({ ...one, source: one.source + 2 }))
    const answer = Extractive.answer(request("bisa bayar tagihan pakai QRIS?", [...en, ...id]))
    assert.include(answer.text, "Pembayaran")
    const only = Extractive.answer(request("¿puedo pagar la factura con QRIS?", en))
    assert.strictEqual(only.verdict, "answer")
    assert.include(only.text, "QRIS")
  })

  it("asks back once when it is told to, with what may be meant", () => {
    const sources = retrieve("wifi router password", "en")
    const answer = Extractive.answer(request("wifi cost", sources, { clarify: true }))
    if (answer.verdict === "clarify") assert.include(answer.text, "Do you mean:")
    const nothing = Extractive.answer(request("what?", sources, { clarify: true }))
    assert.strictEqual(nothing.verdict, "clarify")
    assert.strictEqual(Extractive.answer(request("what?", sources)).verdict, "off_topic")
  })

  it("gives the same answer to the same request", () => {
    const one = request("how much is the 50 mbps plan?", retrieve("how much is the 50 mbps plan?", "en"))
    assert.deepStrictEqual(Extractive.answer(one), Extractive.answer(one))
  })

  it.effect("is a language model: structured, plain and streamed", () =>
    Effect.gen(function*() {
      const one = request("is the router included?", retrieve("is the router included?", "en"))
      const generated = yield* GroundedAnswer.generate(one)
      assert.strictEqual(generated.answer.verdict, "answer")
      assert.strictEqual(generated.modelId, Extractive.modelId)
      assert.deepStrictEqual(generated.usage, { inputTokens: 0, outputTokens: 0, cachedInputTokens: 0 })
      const plain = yield* LanguageModel.generateText({ prompt: GroundedAnswer.prompt(one) })
      assert.strictEqual(plain.text, generated.answer.text)
      const parts = yield* Stream.runCollect(LanguageModel.streamText({ prompt: GroundedAnswer.prompt(one) }))
      assert.strictEqual(
        parts.filter((part) => part.type === "text-delta").map((part) => part.delta).join(""),
        plain.text
      )
      const other = yield* Effect.flip(LanguageModel.generateText({ prompt: "Write a poem" }))
      assert.strictEqual(other.reason._tag, "InvalidRequestError")
    }).pipe(Effect.provide(Extractive.layer)))
})

describe("Groundedness", () => {
  const [plans] = SupportKnowledge.entries.filter((entry) => entry.id === "plans-en").map(source)
  const sources = plans === undefined ? [] : [plans]
  const answer = (text: string, rest: Partial<GroundedAnswer.Answer> = {}): GroundedAnswer.Answer => ({
    verdict: "answer",
    text,
    citations: [{ source: 1 }],
    confidence: 0.9,
    reason: "",
    ...rest
  })
  const kinds = (given: GroundedAnswer.Answer, messages: ReadonlyArray<string> = []) =>
    Groundedness.verify(given, sources, messages).problems.map((problem) => problem.kind)

  it("accepts a paraphrase that keeps to its source", () => {
    assert.deepStrictEqual(
      kinds(answer("The Lintang 50 plan gives you 50 Mbps for Rp 329.000 a month, tax included.")),
      []
    )
    assert.deepStrictEqual(
      kinds(answer("Hi! Lintang 30 costs Rp 249,000 a month. Can I help you with anything else?")),
      []
    )
  })

  it("refuses invented numbers, links, sentences, sources and quotes", () => {
    assert.deepStrictEqual(kinds(answer("Lintang 50 costs Rp 299,000 a month.")), ["number_not_in_source"])
    assert.deepStrictEqual(kinds(answer("Order Lintang 50 (50 Mbps) at https://lintang.example/order")), [
      "link_not_in_source"
    ])
    assert.deepStrictEqual(
      kinds(answer("Lintang 50 has 50 Mbps. Netflix premium and a smart television are free forever.")),
      ["unsupported_sentence"]
    )
    assert.deepStrictEqual(kinds(answer("Lintang 50 has 50 Mbps.", { citations: [{ source: 7 }] })), [
      "unknown_source",
      "no_citation"
    ])
    assert.deepStrictEqual(kinds(answer("Lintang 50 has 50 Mbps.", { citations: [] })), ["no_citation"])
    assert.deepStrictEqual(
      kinds(answer("Lintang 50 has 50 Mbps.", { citations: [{ source: 1, quote: "Lintang 50 is the best plan" }] })),
      ["quote_not_in_source"]
    )
  })

  it("lets the customer's own numbers be said back", () => {
    assert.deepStrictEqual(
      kinds(answer("For 4 people Lintang 100 with 100 Mbps is a home plan."), ["we are 4 people"]),
      []
    )
  })

  it("asks for quotes where answer and source have different languages", () => {
    const text = "Paket Lintang 50 dengan kecepatan 50 Mbps harganya Rp 329.000 per bulan."
    assert.deepStrictEqual(kinds(answer(text)), ["quote_missing"])
    assert.deepStrictEqual(
      kinds(answer(text, { citations: [{ source: 1, quote: "Lintang 50 (50 Mbps) for Rp 329,000 a month" }] })),
      []
    )
    assert.deepStrictEqual(
      kinds(
        answer("Harga paket Lintang 50 adalah Rp 300.000 untuk satu bulan.", {
          citations: [{ source: 1, quote: "Lintang 50 (50 Mbps)" }]
        })
      ),
      ["number_not_in_source"]
    )
  })
})

describe("TextAnalysis", () => {
  it("reads words as people write them", () => {
    assert.deepStrictEqual(TextAnalysis.words("Wi-Fi's 50Mbps, Rp1.500.000 or 1,500,000.50 — 5G"), [
      "wifi",
      "50",
      "mbps",
      "rp",
      "1500000",
      "or",
      "1500000.5",
      "5g"
    ])
  })

  it("splits sentences but not numbers and abbreviations", () => {
    assert.deepStrictEqual(
      TextAnalysis.sentences("It costs 1.5 million, e.g. for Mr. Smith. Why? Because.\n- one\n- two"),
      [
        "It costs 1.5 million, e.g. for Mr. Smith.",
        "Why?",
        "Because.",
        "- one",
        "- two"
      ]
    )
  })

  it("stems the forms of one word alike", () => {
    const pairs: ReadonlyArray<readonly [Language.Language, string, string]> = [
      ["en", "payments", "payment"],
      ["en", "installing", "installation"],
      ["en", "cities", "city"],
      ["id", "pembayaran", "membayar"],
      ["id", "dipasang", "pemasangan"],
      ["id", "routernya", "router"],
      ["es", "facturas", "factura"],
      ["pt", "instalações", "instalação"]
    ]
    for (const [language, one, other] of pairs) {
      assert.strictEqual(
        TextAnalysis.terms(one, language)[0]?.stem,
        TextAnalysis.terms(other, language)[0]?.stem,
        `${one} / ${other}`
      )
    }
  })

  it("tells the languages apart", () => {
    const cases: ReadonlyArray<readonly [string, Language.Language]> = [
      ["How can I pay my bill?", "en"],
      ["Bagaimana cara membayar tagihan?", "id"],
      ["¿Cómo puedo pagar mi factura?", "es"],
      ["Como posso pagar a minha fatura?", "pt"],
      ["berapa harganya kak", "id"],
      ["quiero hablar con alguien", "es"],
      ["preciso falar com alguém", "pt"]
    ]
    for (const [text, language] of cases) assert.strictEqual(Language.detect(text), language, text)
    assert.isUndefined(Language.detect("QRIS 50 Mbps"))
  })
})
