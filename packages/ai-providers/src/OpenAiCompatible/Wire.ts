/**
 * What chat completions look like on the wire. Answers are read tolerantly: servers leave out, null or repeat almost
 * anything, so only what is used is named and nearly all of it may be missing.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"

const nullish = <S extends Schema.Top>(schema: S) => Schema.optional(Schema.NullOr(schema))

/** A text, or the parts of one. */
const Content = Schema.Union([
  Schema.String,
  Schema.Array(Schema.Struct({ type: nullish(Schema.String), text: nullish(Schema.String) }))
])

/** @category schemas @since 0.1.0 */
export const Usage = Schema.Struct({
  prompt_tokens: nullish(Schema.Number),
  completion_tokens: nullish(Schema.Number),
  total_tokens: nullish(Schema.Number),
  prompt_tokens_details: nullish(Schema.Struct({ cached_tokens: nullish(Schema.Number) })),
  completion_tokens_details: nullish(Schema.Struct({ reasoning_tokens: nullish(Schema.Number) }))
})
/** @since 0.1.0 */
export type Usage = typeof Usage.Type

/** A tool call, or a fragment of one in a stream. @category schemas @since 0.1.0 */
export const ToolCall = Schema.Struct({
  index: nullish(Schema.Number),
  id: nullish(Schema.String),
  function: nullish(Schema.Struct({
    name: nullish(Schema.String),
    // Some servers send the arguments decoded.
    arguments: nullish(Schema.Union([Schema.String, Schema.JsonObject]))
  }))
})
/** @since 0.1.0 */
export type ToolCall = typeof ToolCall.Type

/** A message, or what a chunk adds to it. @category schemas @since 0.1.0 */
export const Message = Schema.Struct({
  content: nullish(Content),
  reasoning_content: nullish(Schema.String),
  reasoning: nullish(Schema.Union([Schema.String, Schema.Unknown])),
  refusal: nullish(Schema.String),
  tool_calls: nullish(Schema.Array(ToolCall))
})
/** @since 0.1.0 */
export type Message = typeof Message.Type

/** The `error` member of an error body. @category schemas @since 0.1.0 */
export const ErrorDetail = Schema.Struct({
  message: nullish(Schema.String),
  type: nullish(Schema.String),
  param: nullish(Schema.Unknown),
  code: nullish(Schema.Union([Schema.String, Schema.Number]))
})
/** @since 0.1.0 */
export type ErrorDetail = typeof ErrorDetail.Type

/** An error body: `{ error: { ... } }`, or `{ error: "..." }`, or `{ message: "..." }`. @category schemas @since 0.1.0 */
export const ErrorBody = Schema.Struct({
  error: nullish(Schema.Union([ErrorDetail, Schema.String])),
  message: nullish(Schema.String)
})
/** @since 0.1.0 */
export type ErrorBody = typeof ErrorBody.Type

const envelope = {
  id: nullish(Schema.String),
  created: nullish(Schema.Number),
  model: nullish(Schema.String),
  usage: nullish(Usage),
  error: nullish(Schema.Union([ErrorDetail, Schema.String]))
}

/** A whole answer. @category schemas @since 0.1.0 */
export const Completion = Schema.Struct({
  ...envelope,
  choices: nullish(Schema.Array(Schema.Struct({
    message: nullish(Message),
    finish_reason: nullish(Schema.String)
  })))
})
/** @since 0.1.0 */
export type Completion = typeof Completion.Type

/** One event of a streamed answer. @category schemas @since 0.1.0 */
export const Chunk = Schema.Struct({
  ...envelope,
  choices: nullish(Schema.Array(Schema.Struct({
    delta: nullish(Message),
    finish_reason: nullish(Schema.String)
  })))
})
/** @since 0.1.0 */
export type Chunk = typeof Chunk.Type

/**
 * The text of a message's content, whichever form it has.
 *
 * @category accessors
 * @since 0.1.0
 */
export const contentText = (content: Message["content"]): string =>
  content === undefined || content === null
    ? ""
    : typeof content === "string"
    ? content
    : content.map((part) => part.text ?? "").join("")

/**
 * What a reasoning model thought, where the server tells.
 *
 * @category accessors
 * @since 0.1.0
 */
export const reasoningText = (message: Message): string =>
  message.reasoning_content ?? (typeof message.reasoning === "string" ? message.reasoning : "")
