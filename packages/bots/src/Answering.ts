/**
 * How a bot decides what to do with what a customer wrote: from the knowledge it finds, with the organization's model,
 * whose answer is believed only after it was checked against its sources. Nothing is sent or stored here.
 *
 * @since 0.1.0
 */
import { Context, Duration, Effect, Layer, Option } from "effect"
import { AiError } from "effect/ai"
import type { Prompt } from "effect/ai"
import * as AiPrice from "@wicara/ai-providers/AiPrice"
import type { AiProviderId } from "@wicara/ai-providers/AiProvider"
import { AiProviders } from "@wicara/ai-providers/AiProviders"
import type * as AnswerFacts from "@wicara/ai-providers/AnswerFacts"
import * as GroundedAnswer from "@wicara/ai-providers/GroundedAnswer"
import * as Groundedness from "@wicara/ai-providers/Groundedness"
import * as Intent from "@wicara/ai-providers/Intent"
import * as Language from "@wicara/ai-providers/Language"
import * as Phrases from "@wicara/ai-providers/Phrases"
import * as TextAnalysis from "@wicara/ai-providers/TextAnalysis"
import * as MessageContent from "@wicara/channels/MessageContent"
import * as OptOutKeywords from "@wicara/conversations/OptOutKeywords"
import { MessageTexts } from "@wicara/core/MessageTexts"
import type { Unavailable } from "@wicara/core/Problem"
import type { CurrentOrganization } from "@wicara/core/Tenancy"
import type { Bot } from "./Bot.ts"
import { BotTools } from "./BotTools.ts"
import type { ToolScope } from "./BotTools.ts"
import type { TurnReason, TurnSource } from "./BotTurn.ts"
import { clip } from "./internal/reading.ts"
import { Retrieval } from "./Retrieval.ts"
import type { Retrieved } from "./Retrieval.ts"

/**
 * What a turn answers.
 *
 * @category models
 * @since 0.1.0
 */
export interface TurnInput {
  readonly bot: Bot
  /** The customer's messages that are not answered yet, oldest first. */
  readonly messages: ReadonlyArray<MessageContent.MessageContent>
  readonly history: ReadonlyArray<GroundedAnswer.HistoryMessage>
  /** What is known of the customer's language. */
  readonly language: string | null
  /** The bot asked back in its last turn. */
  readonly clarifying: boolean
  readonly conversation: ToolScope["conversation"]
}

/**
 * What the model was asked and answered.
 *
 * @category models
 * @since 0.1.0
 */
export interface ModelCall {
  readonly aiProviderId: AiProviderId | null
  readonly model: string
  readonly verdict: AnswerFacts.Verdict
  readonly confidence: number
  readonly usage: AnswerFacts.Usage
  readonly cost: AiPrice.AiCost | null
  readonly latency: number
  readonly prompt: string
  readonly response: string
}

/**
 * What to do: say something and stay (`reply`), say something and pass on to people (`handover`), or nothing.
 *
 * @category models
 * @since 0.1.0
 */
export interface Decision {
  readonly action: "reply" | "handover" | "nothing"
  readonly reason: TurnReason
  readonly explanation: string
  /** What the customer reads. */
  readonly text: string | null
  readonly language: string | null
  /** What the customer said, as one text. */
  readonly question: string
  readonly sources: ReadonlyArray<TurnSource>
  readonly problems: ReadonlyArray<Groundedness.Problem>
  readonly toolCalls: ReadonlyArray<AnswerFacts.ToolCall>
  /** `null` when the model was not needed. */
  readonly call: ModelCall | null
}

/**
 * @category services
 * @since 0.1.0
 */
export class Answering extends Context.Service<Answering, {
  /** Decides. It fails only when the model does, so that the caller may try again. */
  readonly decide: (
    input: TurnInput
  ) => Effect.Effect<Decision, AiError.AiError | Unavailable, CurrentOrganization>
}>()("@wicara/bots/Answering") {
  /** @since 0.1.0 */
  static readonly layer: Layer.Layer<Answering, never, Retrieval | AiProviders | MessageTexts> = Layer.suspend(() =>
    Layer.effect(Answering, make)
  )
}

/** A message's words; `silent` ones need no answer, `unreadable` ones need a person. */
const read = (
  content: MessageContent.MessageContent
): { readonly text: string; readonly kind: "text" | "silent" | "unreadable" } => {
  const text = clip(MessageContent.toText(content).trim())
  // What the platform notes of a call or a group is nothing that the customer said.
  if (content.type === "system") return { text: "", kind: "silent" }
  if (text !== "") return { text, kind: "text" }
  switch (content.type) {
    case "sticker":
      return { text, kind: "silent" }
    case "text":
      return { text, kind: "silent" }
    default:
      return { text, kind: "unreadable" }
  }
}

/**
 * The language that the customer is answered in.
 *
 * @category decisions
 * @since 0.1.0
 */
export const languageOf = (
  input: Pick<TurnInput, "bot" | "history" | "language">,
  question: string,
  texts: Pick<MessageTexts["Service"], "lookup">
): string => {
  const said = input.history.filter((message) => message.role === "customer").map((message) => message.text)
  return Language.detect(question) ?? Language.detect(said.slice(-3).join("\n")) ?? texts.lookup([input.language]) ??
    input.bot.persona.languages[0]
}

/**
 * What the bot says in its own words: as its persona has it, else as the organization, else as it comes with the server.
 *
 * @category decisions
 * @since 0.1.0
 */
export const phrasesOf = ({ persona }: Bot, language: string, texts: Pick<MessageTexts["Service"], "speak">) =>
  Effect.map(
    texts.speak(Phrases.phrases, language),
    (spoken) => Phrases.forLanguage(language, persona.phrases, persona.name, spoken)
  )

const contains = (text: string, phrase: string): boolean =>
  ` ${TextAnalysis.words(text).join(" ")} `.includes(` ${TextAnalysis.words(phrase).join(" ")} `)

const toTurnSources = (
  sources: ReadonlyArray<GroundedAnswer.Source>,
  citations: GroundedAnswer.Answer["citations"]
): ReadonlyArray<TurnSource> =>
  sources.map((source): TurnSource => {
    const citation = citations.find((one) => one.source === source.source)
    return {
      source: source.source,
      kind: source.kind,
      itemId: source.itemId,
      chunkId: source.chunkId,
      version: source.version,
      hash: source.hash,
      title: source.title,
      score: source.score,
      cited: citation !== undefined,
      quote: citation?.quote ?? null
    }
  })

const promptText = (prompt: Prompt.Prompt): string =>
  prompt.content.map((message) => {
    const text = typeof message.content === "string"
      ? message.content
      : message.content.map((part) => {
        switch (part.type) {
          case "text":
          case "reasoning":
            return part.text
          case "tool-call":
            return `[calls ${part.name}]`
          case "tool-result":
            return `[result of ${part.name}]`
          default:
            return `[${part.type}]`
        }
      }).join("\n")
    return `${message.role}:\n${text}`
  }).join("\n\n")

const make = Effect.gen(function*() {
  const retrieval = yield* Retrieval
  const providers = yield* AiProviders
  const toolsOf = yield* BotTools
  const spokenTexts = yield* MessageTexts

  /** Sources for the question, and for the question before it when this one only builds on it. */
  const retrieve = Effect.fnUntraced(function*(input: TurnInput, question: string, language: string) {
    const { knowledge, settings } = input.bot
    const search = (text: string) => retrieval.search({ text, language, limit: settings.sources, knowledge })
    const own = yield* search(question)
    const before = input.history.findLast((message) =>
      message.role === "customer" && Intent.smallTalkOf(message.text) === undefined
    )
    const strong = TextAnalysis.terms(question, Language.fromTag(language)).filter((term) => term.weight === 1)
    const follows = before !== undefined && (strong.length < 2 || Intent.isFollowUp(question))
    const together = follows ? yield* search(`${before.text}\n${question}`) : []
    const merged = new Map<string, Retrieved>()
    for (let at = 0; at < Math.max(own.length, together.length); at++) {
      for (const source of [own[at], together[at]]) {
        if (source !== undefined && !merged.has(source.chunkId)) merged.set(source.chunkId, source)
      }
    }
    return [...merged.values()].slice(0, settings.sources + (follows ? 4 : 0))
      .map((source, at): GroundedAnswer.Source => ({ ...source, source: at + 1 }))
  })

  const ask = Effect.fnUntraced(function*(input: TurnInput, request: GroundedAnswer.Request) {
    const model = yield* providers.resolve(input.bot.aiProviderId)
    const toolkit = yield* toolsOf({ bot: input.bot, conversation: input.conversation })
    const limit = Duration.millis(input.bot.settings.timeLimit)
    const generated = yield* GroundedAnswer.generate(request, { toolkit }).pipe(
      Effect.provide(model.layer),
      Effect.timeoutOrElse({
        duration: limit,
        orElse: () =>
          Effect.fail(AiError.make({
            module: "Answering",
            method: "decide",
            reason: new AiError.InternalProviderError({ description: `No answer within ${Duration.format(limit)}` })
          }))
      })
    )
    const call: ModelCall = {
      aiProviderId: model.providerId,
      model: generated.modelId ?? model.model,
      verdict: generated.answer.verdict,
      confidence: Math.min(1, Math.max(0, generated.answer.confidence)),
      usage: generated.usage,
      cost: model.price === null ? null : AiPrice.cost(model.price, generated.usage),
      latency: generated.latency,
      prompt: promptText(generated.prompt),
      response: generated.responseText
    }
    return { generated, call }
  })

  return Answering.of({
    decide: Effect.fn("Answering.decide")(function*(input) {
      const { persona, settings } = input.bot
      const messages = input.messages.map(read)
      const texts = messages.filter((message) => message.kind === "text").map((message) => message.text)
      const question = texts.join("\n")
      const language = languageOf(input, question, spokenTexts)
      const phrases = yield* phrasesOf(input.bot, language, spokenTexts)
      const base = { language, question, sources: [], problems: [], toolCalls: [], call: null }
      const nothing = (reason: TurnReason, explanation: string): Decision => ({
        ...base,
        action: "nothing",
        reason,
        explanation,
        text: null
      })
      const handover = (reason: TurnReason, explanation: string, text: string): Decision => ({
        ...base,
        action: "handover",
        reason,
        explanation,
        text
      })

      const [first, ...rest] = texts
      if (first === undefined) {
        return messages.some((message) => message.kind === "unreadable")
          ? handover("unreadable", "The message has no words.", phrases.unreadable)
          : nothing("nothing_to_answer", "There is nothing to answer.")
      }
      if (texts.every((text) => Option.contains(OptOutKeywords.match(text), "stop"))) {
        return nothing("opt_out", "The customer ended messages.")
      }
      const phrase = settings.handoverPhrases.find((one) => contains(question, one))
      if (phrase !== undefined) return handover("phrase", `The customer wrote "${phrase}".`, phrases.handover)
      const names = [persona.name]
      if (texts.some((text) => Intent.isHumanRequest(text))) {
        return handover("requested", "The customer asks for a person.", phrases.handover)
      }

      // The most telling kind: "hi … thanks" is thanks.
      const talk = texts.map((text) => Intent.smallTalkOf(text, names))
      const kind = talk.findLast((one) => one !== undefined && one !== "acknowledgement") ?? talk[0]
      if (kind !== undefined && talk.every((one) => one !== undefined)) {
        return {
          ...base,
          action: "reply",
          reason: "small_talk",
          explanation: `Small talk: ${kind}.`,
          text: Phrases.smallTalk(kind, phrases)
        }
      }

      const sources = yield* retrieve(input, question, language)
      const request: GroundedAnswer.Request = {
        persona,
        language,
        history: input.history,
        messages: [first, ...rest],
        sources,
        threshold: settings.threshold,
        clarify: settings.clarifyFirst && !input.clarifying,
        phrases
      }
      const { call, generated } = yield* ask(input, request)
      const { answer } = generated
      const text = answer.text.trim()
      const decided = {
        ...base,
        sources: toTurnSources(generated.sources, answer.citations),
        toolCalls: generated.toolCalls,
        call
      }
      const verify = () => Groundedness.verify(answer, generated.sources, texts)
      const pass = (
        reason: TurnReason,
        explanation: string,
        problems: ReadonlyArray<Groundedness.Problem> = []
      ): Decision => ({ ...decided, action: "handover", reason, explanation, problems, text: phrases.notCovered })

      switch (answer.verdict) {
        case "answer": {
          if (text === "") return pass("ungrounded", "The model gave no text.")
          const check = verify()
          if (!check.grounded) {
            return pass(
              "ungrounded",
              `The answer is not supported by its sources: ${describe(check.problems)}.`,
              check.problems
            )
          }
          if (call.confidence < settings.threshold) {
            return pass(
              "low_confidence",
              `The confidence is ${call.confidence}, below ${settings.threshold}. ${answer.reason}`
            )
          }
          return { ...decided, action: "reply", reason: "answered", explanation: answer.reason, text }
        }
        case "handover": {
          const check = text === "" ? undefined : verify()
          return check?.grounded === true
            ? {
              ...decided,
              action: "handover",
              reason: "partly_covered",
              explanation: answer.reason,
              text: `${text}\n\n${phrases.partlyCovered}`
            }
            : pass("not_covered", answer.reason, check?.problems ?? [])
        }
        case "clarify":
          return request.clarify && text !== "" &&
              free(text, [...texts, ...sources.flatMap((one) => [one.title, ...one.questions])])
            ? { ...decided, action: "reply", reason: "clarified", explanation: answer.reason, text }
            : pass("unclear", answer.reason)
        case "off_topic":
          return settings.offTopic === "decline"
            ? { ...decided, action: "reply", reason: "declined", explanation: answer.reason, text: phrases.offTopic }
            : pass("off_topic", answer.reason)
        case "smalltalk":
          // It needs no source, so it must state nothing that would need one.
          return text !== "" && text.length <= 400 && free(text, texts)
            ? { ...decided, action: "reply", reason: "small_talk", explanation: answer.reason, text }
            : pass("unclear", answer.reason)
      }
    })
  })
})

const describe = (problems: ReadonlyArray<Groundedness.Problem>): string =>
  problems.slice(0, 5).map((problem) =>
    `${problem.kind.replaceAll("_", " ")}${problem.detail === "" ? "" : ` (${problem.detail.slice(0, 120)})`}`
  )
    .join(", ")

/** Whether a text has no number and no link beyond those in the given texts. */
const free = (text: string, known: ReadonlyArray<string>): boolean => {
  const numbers = new Set(known.flatMap((one) => TextAnalysis.words(one).filter((word) => /^\d/.test(word))))
  return !/https?:|www\.|@/i.test(text) &&
    TextAnalysis.words(text).every((word) => !/^\d/.test(word) || numbers.has(word))
}
