/**
 * What the emulated model says when no reply was scripted: it answers from the sources in the prompt, as a good model
 * would, by counting shared words; deterministic.
 *
 * @since 0.1.0
 */
import { Option, Schema } from "effect"
import { textOf } from "./ChatCompletions.ts"
import type { Request } from "./ChatCompletions.ts"

/**
 * What the emulated model says next.
 *
 * @category models
 * @since 0.1.0
 */
export const Reply = Schema.Struct({
  text: Schema.optionalKey(Schema.String),
  /** Sent as JSON text. */
  json: Schema.optionalKey(Schema.Unknown),
  toolCalls: Schema.optionalKey(Schema.Array(Schema.Struct({ name: Schema.String, arguments: Schema.Unknown }))),
  reasoning: Schema.optionalKey(Schema.String),
  refusal: Schema.optionalKey(Schema.String),
  finishReason: Schema.optionalKey(Schema.String),
  /** Milliseconds before it answers. */
  delay: Schema.optionalKey(Schema.Int)
}).annotate({ identifier: "OpenAiReply" })
/** @since 0.1.0 */
export type Reply = typeof Reply.Type

const Sources = Schema.fromJsonString(Schema.Array(Schema.Struct({
  source: Schema.Int,
  title: Schema.String,
  questions: Schema.optionalKey(Schema.Array(Schema.String)),
  text: Schema.String
})))
const decodeSources = Schema.decodeUnknownOption(Sources)
const decodeMessages = Schema.decodeUnknownOption(Schema.fromJsonString(Schema.Array(Schema.String)))

const tagged = (text: string, tag: string): string | undefined =>
  new RegExp(`<${tag}>\\s*([\\s\\S]*?)\\s*</${tag}>`).exec(text)?.[1]

const stop = new Set(
  "a an the is are was do does did i you we my your our me it in on of to for with and or how what when where which who can could please have has be at from there this that apa apakah berapa saya anda yang di ke dari untuk dengan dan atau bisa cara ada kapan bagaimana"
    .split(" ")
)

const wordsOf = (text: string): ReadonlyArray<string> =>
  (text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []).filter((word) => !stop.has(word)).map((word) =>
    word.replace(/s$/, "")
  )

/**
 * The reply to a request: an answer in the shape that it asks for.
 *
 * @category constructors
 * @since 0.1.0
 */
export const answerFromSources = (request: Request): Reply => {
  const last = request.messages.findLast((message) => message.role === "user" && textOf(message).includes("<sources>"))
  if (last === undefined) {
    const said = request.messages.findLast((message) => message.role === "user")
    const text = `You said: ${said === undefined ? "" : textOf(said)}`
    return request.response_format === undefined || request.response_format.type === "text"
      ? { text }
      : { json: { text } }
  }
  const text = textOf(last)
  const sources = Option.getOrElse(decodeSources(tagged(text, "sources")), () => [])
  const messages = Option.getOrElse(decodeMessages(tagged(text, "customer_messages")), () => [])
  const asked = wordsOf(messages.join(" "))
  const scored = sources.map((source) => {
    const known = new Set(wordsOf([source.title, ...(source.questions ?? []), source.text].join(" ")))
    return { source, score: asked.length === 0 ? 0 : asked.filter((word) => known.has(word)).length / asked.length }
  }).sort((a, b) => b.score - a.score)
  const best = scored[0]
  return {
    json: best === undefined || best.score < 0.5
      ? { verdict: "handover", text: "", citations: [], confidence: best?.score ?? 0, reason: "No source answers it." }
      : {
        verdict: "answer",
        text: best.source.text,
        citations: [{ source: best.source.source, quote: best.source.text }],
        confidence: best.score,
        reason: `Source ${best.source.source} answers it.`
      }
  }
}
