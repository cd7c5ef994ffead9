/**
 * Who a bot is to customers. Safe in a browser: the sentences that it replaces do not come along with it.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"

/**
 * Some of the sentences of a language, to replace the defaults.
 *
 * @category schemas
 * @since 0.1.0
 */
export const PartialPhrases = Schema.Struct({
  greeting: Schema.optionalKey(Schema.String),
  hello: Schema.optionalKey(Schema.String),
  thanks: Schema.optionalKey(Schema.String),
  farewell: Schema.optionalKey(Schema.String),
  acknowledgement: Schema.optionalKey(Schema.String),
  howAreYou: Schema.optionalKey(Schema.String),
  identity: Schema.optionalKey(Schema.String),
  notCovered: Schema.optionalKey(Schema.String),
  partlyCovered: Schema.optionalKey(Schema.String),
  handover: Schema.optionalKey(Schema.String),
  unavailable: Schema.optionalKey(Schema.String),
  unreadable: Schema.optionalKey(Schema.String),
  offTopic: Schema.optionalKey(Schema.String),
  clarify: Schema.optionalKey(Schema.String),
  didYouMean: Schema.optionalKey(Schema.String)
}).annotate({ identifier: "PartialBotPhrases" })
/** @since 0.1.0 */
export type PartialPhrases = typeof PartialPhrases.Type

/**
 * Who answers, and how it speaks.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Persona = Schema.Struct({
  name: Schema.String,
  tone: Schema.optionalKey(Schema.String),
  /** What the organization asks of its bot, in plain words. */
  instructions: Schema.optionalKey(Schema.String),
  /** BCP 47 tags; the first is spoken when the customer's language can't be told. */
  languages: Schema.NonEmptyArray(Schema.String),
  /** Sentences of its own, by language. */
  phrases: Schema.optionalKey(Schema.Record(Schema.String, PartialPhrases))
}).annotate({ identifier: "BotPersona" })
/** @since 0.1.0 */
export type Persona = typeof Persona.Type
