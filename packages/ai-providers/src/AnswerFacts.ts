/**
 * What is told of an answer beside its words. Safe in a browser: no model comes along with it.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"

/**
 * What to do with the customer's messages.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Verdict = Schema.Literals(["answer", "clarify", "handover", "off_topic", "smalltalk"])
/** @since 0.1.0 */
export type Verdict = typeof Verdict.Type

/**
 * A tool call of a turn, for the log.
 *
 * @category schemas
 * @since 0.1.0
 */
export const ToolCall = Schema.Struct({
  name: Schema.String,
  params: Schema.Unknown,
  result: Schema.Unknown,
  isFailure: Schema.Boolean
})
/** @since 0.1.0 */
export type ToolCall = typeof ToolCall.Type

/**
 * Tokens of all calls of a turn. A part that the provider did not report is `null`.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Usage = Schema.Struct({
  inputTokens: Schema.NullOr(Schema.Int),
  outputTokens: Schema.NullOr(Schema.Int),
  cachedInputTokens: Schema.NullOr(Schema.Int)
}).annotate({ identifier: "AiUsage" })
/** @since 0.1.0 */
export type Usage = typeof Usage.Type
