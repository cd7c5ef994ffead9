/**
 * The built-in language model: offline, without a key, deterministic. It answers only prompts of `GroundedAnswer`, only
 * with words of the sources they carry, and says so when those do not cover the question.
 *
 * @since 0.1.0
 */
import { Effect, Layer, Option, Stream } from "effect"
import { AiError, LanguageModel, Model } from "effect/ai"
import type { Response } from "effect/ai"
import * as Evidence from "./Evidence.ts"
import * as GroundedAnswer from "./GroundedAnswer.ts"
import * as Intent from "./Intent.ts"
import * as Language from "./Language.ts"
import * as Phrases from "./Phrases.ts"
import * as TextAnalysis from "./TextAnalysis.ts"

/**
 * The model's name in logs.
 *
 * @category constants
 * @since 0.1.0
 */
export const modelId = "wicara-extractive-1"

/**
 * The confidence from which it answers. Measured: see the package's tests, which print how many questions of the
 * public sets it then answers and declines.
 *
 * @category constants
 * @since 0.1.0
 */
export const defaultThreshold = 0.55

const foreignMargin = 0.15

interface SourcePassage extends Evidence.Passage {
  readonly source: GroundedAnswer.Source
}

type Found = Evidence.Evidence<SourcePassage>

const questionStart =
  /^(?:can|could|do|does|did|is|are|was|will|would|may|should|have|has|what|which|who|whose|where|when|why|how|apa|apakah|bisa|bisakah|boleh|ada|adakah|berapa|kapan|dimana|mana|siapa|bagaimana|gimana|kenapa|mengapa|puedo|puede|pueden|hay|tiene|tienen|que|cual|cuales|cuanto|cuando|donde|como|posso|pode|podem|tem|qual|quais|quanto|quando|onde)\b/u

const wish =
  /\b(?:i want|i need|i would like|id like|help me|tell me|how to|mau|ingin|pengen|minta|tolong|cara|quiero|necesito|quisiera|quero|preciso|gostaria)\b/u

const asksSomething = (text: string): boolean => {
  const folded = Language.fold(text)
  return text.includes("?") || TextAnalysis.questionKinds(text).size > 0 || questionStart.test(folded) ||
    wish.test(folded)
}

const question = (found: Found): string => found.passage.questions[0] ?? found.passage.title

/** The first of one item only: chunks and languages of it say the same. */
const distinct = (list: ReadonlyArray<Found>): ReadonlyArray<Found> => {
  const seen = new Set<string>()
  return list.filter((found) => {
    const key = question(found)
    if (seen.has(key)) return false
    seen.add(key)
    return true
  })
}

/**
 * Decides a request: the pure function behind the model.
 *
 * @category answering
 * @since 0.1.0
 */
export const answer = (request: GroundedAnswer.Request): GroundedAnswer.Answer => {
  const { persona, threshold } = request
  const joined = request.messages.join("\n")
  const names = [persona.name]
  const parts = request.messages.flatMap((message) =>
    Intent.smallTalkOf(message, names) === undefined ? TextAnalysis.sentences(message) : []
  )
    .filter((part) => Intent.smallTalkOf(part, names) === undefined)
  const language = Language.detect(parts.length === 0 ? joined : parts.join(" ")) ??
    Language.fromTag(request.language) ??
    Language.fromTag(persona.languages[0])
  const phrases = request.phrases ??
    Phrases.forLanguage(language ?? persona.languages[0], persona.phrases, persona.name)

  if (request.messages.some((message) => Intent.isHumanRequest(message))) {
    return { verdict: "handover", text: "", citations: [], confidence: 1, reason: "The customer asks for a person." }
  }
  const talk = request.messages.map((message) => Intent.smallTalkOf(message, names)).find((kind) => kind !== undefined)
  if (parts.length === 0 && talk !== undefined) {
    return {
      verdict: "smalltalk",
      text: Phrases.smallTalk(talk, phrases),
      citations: [],
      confidence: 1,
      reason: `Small talk: ${talk}.`
    }
  }

  const passages = request.sources.map((source): SourcePassage => ({
    title: source.title,
    text: source.text,
    questions: source.questions,
    keywords: source.keywords,
    language: Language.fromTag(source.language) ?? Language.detect(`${source.questions.join(" ")} ${source.text}`),
    source
  }))
  const own = passages.filter((passage) => passage.language === undefined || passage.language === language)
  const previous = request.history.findLast((message) =>
    message.role === "customer" && Intent.smallTalkOf(message.text, names) === undefined
  )

  const rank = (text: string): ReadonlyArray<Found> => {
    const preferred = Evidence.rank(text, language, own)
    if ((preferred[0]?.score ?? 0) >= threshold || own.length === passages.length) return preferred
    // Words that match across languages are few, so they must say more where there is knowledge in the customer's own.
    const all = Evidence.rank(text, language, passages)
    return own.length === 0 || (all[0]?.score ?? 0) >= Math.min(1, threshold + foreignMargin) ? all : preferred
  }
  const find = (text: string, before: string | undefined): ReadonlyArray<Found> => {
    const alone = rank(text)
    if ((alone[0]?.score ?? 0) >= threshold || before === undefined) return alone
    const terms = TextAnalysis.terms(text, language)
    const strong = terms.filter((term) => term.weight === 1)
    if (!Intent.isFollowUp(text) && strong.length > 1) return alone
    // What is new in a follow-up must be covered; the question before only says what it is about.
    const together = rank(`${before} ${text}`).filter((found) =>
      strong.every((term) => found.matched.includes(term.surface))
    )
    return (together[0]?.score ?? 0) > (alone[0]?.score ?? 0) ? together : alone
  }

  const whole = find(parts.join(" "), previous?.text)
  const asked = parts.filter(asksSomething)
  const units = asked.length > 1 ? asked.slice(0, 4) : []
  const perUnit = units.map((unit, at) => ({ unit, found: find(unit, units[at - 1] ?? previous?.text) }))
  const covered = perUnit.filter(({ found }) => (found[0]?.score ?? 0) >= threshold)
  const open = perUnit.filter(({ found }) => (found[0]?.score ?? 0) < threshold)

  const answered: ReadonlyArray<{ readonly text: string; readonly found: Found }> = covered.length > 0
    ? covered.flatMap(({ found, unit }) => found[0] === undefined ? [] : [{ text: unit, found: found[0] }])
    : whole[0] !== undefined && whole[0].score >= threshold
    ? [{ text: parts.join(" "), found: whole[0] }]
    : []

  if (answered.length === 0) return declined(whole, request, phrases)

  const quotes = new Map<number, string>()
  for (const { text, found } of answered) {
    const { source } = found.passage
    if (!quotes.has(source.source)) quotes.set(source.source, Evidence.extract(text, language, found.passage))
  }
  const hello = request.history.length === 0 && talk === "greeting" ? `${phrases.hello} ` : ""
  const citations = [...quotes].map(([source, quote]) => ({ source, quote }))
  const confidence = round(Math.min(...answered.map(({ found }) => found.score)))
  const basis = answered.map(({ found }) =>
    `source ${found.passage.source.source} (${question(found)}) covers ${found.matched.join(", ")}`
  )
  const text = hello + [...quotes.values()].join("\n\n")
  const partly = covered.length > 0 && open.length > 0
  return partly
    ? {
      verdict: "handover",
      text,
      citations,
      confidence,
      reason: `Not covered: ${open.map(({ unit }) => unit).join(" / ")}. Covered: ${basis.join("; ")}.`
    }
    : { verdict: "answer", text, citations, confidence, reason: `${sentenceCase(basis.join("; "))}.` }
}

const round = (value: number): number => Math.round(value * 1000) / 1000

const sentenceCase = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1)

const declined = (
  ranked: ReadonlyArray<Found>,
  request: GroundedAnswer.Request,
  phrases: Phrases.Phrases
): GroundedAnswer.Answer => {
  const best = ranked[0]
  const confidence = round(best?.score ?? 0)
  if (best === undefined || best.matched.length === 0) {
    const terms = TextAnalysis.terms(request.messages.join(" "), undefined)
    return terms.length === 0 && request.clarify
      ? {
        verdict: "clarify",
        text: phrases.clarify,
        citations: [],
        confidence: 0,
        reason: "The message does not say what is asked."
      }
      : {
        verdict: "off_topic",
        text: "",
        citations: [],
        confidence,
        reason: "No source names any of the words that the question is about."
      }
  }
  const missing = best.missing.length === 0 ? "the match is weak" : `nothing about ${best.missing.join(", ")}`
  const reason = `The best source, "${question(best)}", covers ${best.matched.join(", ")} only: ${missing}.`
  if (request.clarify && best.score >= 0.35) {
    const options = distinct(ranked.filter((found) => found.score >= 0.6 * best.score && found.matched.length > 0))
      .slice(0, 3)
    return {
      verdict: "clarify",
      text: `${phrases.didYouMean}\n${options.map((found) => `- ${question(found)}`).join("\n")}`,
      citations: options.map((found) => ({ source: found.passage.source.source, quote: question(found) })),
      confidence,
      reason
    }
  }
  return { verdict: "handover", text: "", citations: [], confidence, reason }
}

const respond = (options: LanguageModel.ProviderOptions, method: string) =>
  Option.match(GroundedAnswer.fromPrompt(options.prompt), {
    onNone: () =>
      Effect.fail(AiError.make({
        module: "Extractive",
        method,
        reason: new AiError.InvalidRequestError({
          parameter: "prompt",
          description: "The extractive model answers prompts of GroundedAnswer only"
        })
      })),
    onSome: (request) =>
      Effect.sync(() => {
        const decided = answer(request)
        return options.responseFormat.type === "json" ? GroundedAnswer.answerToText(decided) : decided.text
      })
  })

const finish = {
  type: "finish",
  reason: "stop",
  usage: {
    inputTokens: { uncached: 0, total: 0, cacheRead: 0, cacheWrite: 0 },
    outputTokens: { total: 0, text: 0, reasoning: 0 }
  }
} as const

/**
 * @category constructors
 * @since 0.1.0
 */
export const make: Effect.Effect<LanguageModel.LanguageModel> = LanguageModel.make({
  generateText: (options) =>
    Effect.map(respond(options, "generateText"), (text): Array<Response.PartEncoded> => [
      { type: "response-metadata", modelId },
      { type: "text", text },
      finish
    ]),
  streamText: (options) =>
    Stream.unwrap(Effect.map(respond(options, "streamText"), (text) => {
      const parts: Array<Response.StreamPartEncoded> = [
        { type: "response-metadata", modelId },
        { type: "text-start", id: "0" },
        ...(text.match(/\S*\s*/g) ?? []).filter((delta) => delta !== "").map((delta): Response.StreamPartEncoded => ({
          type: "text-delta",
          id: "0",
          delta
        })),
        { type: "text-end", id: "0" },
        finish
      ]
      return Stream.fromIterable(parts)
    })),
  supportsSystemMessagesInHistory: Effect.succeed(true)
})

/**
 * The built-in model as the `LanguageModel` of the context.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer: Layer.Layer<LanguageModel.LanguageModel> = Layer.effect(LanguageModel.LanguageModel, make)

/**
 * The same with its provider and model name, for telemetry.
 *
 * @category constructors
 * @since 0.1.0
 */
export const model = Model.make("wicara", modelId, layer)
