/**
 * A message in one language as an organization has it.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"

const words = Schema.String.check(Schema.isMaxLength(2000))

/**
 * A text with places in braces, or its forms by the number in `{count}`.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Text = Schema.Union([
  words,
  Schema.Struct({
    zero: Schema.optionalKey(words),
    one: Schema.optionalKey(words),
    two: Schema.optionalKey(words),
    few: Schema.optionalKey(words),
    many: Schema.optionalKey(words),
    other: words
  })
]).annotate({
  identifier: "MessageTextForms",
  description: "A text with places in braces, or its forms by the number in `{count}` as CLDR names them."
})

/**
 * The language of a text, in a path or query.
 *
 * @category schemas
 * @since 0.1.0
 */
export const LanguageTag = Schema.String.check(Schema.isMaxLength(63)).annotate({
  description: "A language of this server.",
  examples: ["id"]
})

/**
 * @category models
 * @since 0.1.0
 */
export class MessageText extends Schema.Class<MessageText>("MessageText")({
  catalogue: Schema.String,
  key: Schema.String,
  language: Schema.String,
  description: Schema.NullOr(Schema.String).annotate({ description: "When it is said." }),
  text: Text.annotate({
    description: "What is said: the organization's own text, or the one that comes with the server."
  }),
  standard: Text.annotate({ description: "The text that comes with the server." }),
  customized: Schema.Boolean.annotate({ description: "Whether the organization has a text of its own." }),
  placeholders: Schema.Array(Schema.String).annotate({
    description: "The places that a text may have, without braces."
  }),
  plural: Schema.Boolean.annotate({ description: "Whether a text may have forms by number." }),
  overridable: Schema.Boolean.annotate({ description: "Whether organizations may replace it." }),
  revision: Schema.Int
}, { description: "A message in one language as an organization has it." }) {}

/**
 * A language in which the platform speaks.
 *
 * @category models
 * @since 0.1.0
 */
export class SpokenLanguage extends Schema.Class<SpokenLanguage>("SpokenLanguage")({
  tag: Schema.String,
  name: Schema.String.annotate({ description: "As its speakers call it." }),
  direction: Schema.Literals(["ltr", "rtl"]),
  complete: Schema.Boolean.annotate({ description: "Whether every message exists in it; others fall back to English." })
}, { description: "A language in which the platform speaks." }) {}
