/**
 * What visitors are asked before they write. Safe in a browser.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"

/**
 * Text by language tag: `{ "en": "Hello", "id": "Halo" }`.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Translations = Schema.Record(Schema.String, Schema.String.check(Schema.isMaxLength(1000)))
/** @since 0.1.0 */
export type Translations = typeof Translations.Type

const Key = Schema.String.check(
  Schema.isPattern(/^[a-z][a-zA-Z0-9_]{0,39}$/, { expected: "a letter, then letters, digits and underscores" })
)

/**
 * How a field is filled in. The answer to one of kind `name` or `email` becomes the contact's, where it has none.
 *
 * @category schemas
 * @since 0.1.0
 */
export const FieldKind = Schema.Literals(["name", "email", "phone", "text", "long_text", "choice", "checkbox"])
/** @since 0.1.0 */
export type FieldKind = typeof FieldKind.Type

const field = <Text extends Schema.Top>(text: Text) => ({
  /** Under which the answer is kept. */
  key: Key,
  kind: FieldKind,
  label: text,
  required: Schema.Boolean,
  /** Of a field of kind `choice`: what is kept, and what it is called. */
  options: Schema.optionalKey(
    Schema.Array(
      Schema.Struct({ value: Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(200)), label: text })
    )
      .check(Schema.isMinLength(1), Schema.isMaxLength(50))
  )
})

const unique = Schema.makeFilter<ReadonlyArray<{ readonly key: string }>>(
  (fields) => new Set(fields.map(({ key }) => key)).size === fields.length || "two fields have the same key"
)
const withOptions = Schema.makeFilter<ReadonlyArray<{ readonly kind: FieldKind; readonly options?: unknown }>>(
  (fields) =>
    fields.every(({ kind, options }) => (kind === "choice") === (options !== undefined)) ||
    "a field of kind \"choice\" has options, and no other has"
)

/**
 * What the visitor agrees to: `data`, that it is kept what they say; `marketing`, that they are written to.
 *
 * @category schemas
 * @since 0.1.0
 */
export const ConsentPurpose = Schema.Literals(["data", "marketing"])

const consent = <Text extends Schema.Top>(text: Text) =>
  Schema.Struct({
    text,
    purpose: ConsentPurpose,
    required: Schema.Boolean
  })

/**
 * The form as an operator configures it.
 *
 * @category schemas
 * @since 0.1.0
 */
export const WidgetForm = Schema.Struct({
  intro: Schema.optionalKey(Translations),
  fields: Schema.Array(Schema.Struct(field(Translations))).check(Schema.isMaxLength(20), unique, withOptions),
  /** Nothing is taken from a visitor who has not answered it. */
  required: Schema.Boolean,
  /** Those whom the site vouches for are asked, too. */
  askVerified: Schema.optionalKey(Schema.Boolean),
  consent: Schema.optionalKey(consent(Translations))
}).annotate({ identifier: "WidgetForm" })
/** @since 0.1.0 */
export type WidgetForm = typeof WidgetForm.Type

/**
 * The form as a visitor gets it, in their language.
 *
 * @category schemas
 * @since 0.1.0
 */
export const PublicForm = Schema.Struct({
  intro: Schema.NullOr(Schema.String),
  fields: Schema.Array(Schema.Struct(field(Schema.String))),
  required: Schema.Boolean,
  consent: Schema.NullOr(consent(Schema.String))
}).annotate({ identifier: "WidgetPublicForm" })
/** @since 0.1.0 */
export type PublicForm = typeof PublicForm.Type

/** Characters in one answer. @category constants @since 0.1.0 */
export const maxAnswerLength = 2000

/** An answer: a text, or whether a box is ticked. @category schemas @since 0.1.0 */
export const Answer = Schema.Union([Schema.String.check(Schema.isMaxLength(maxAnswerLength)), Schema.Boolean])
/** @since 0.1.0 */
export type Answer = typeof Answer.Type

/** @category schemas @since 0.1.0 */
export const Answers = Schema.Record(Schema.String, Answer)
/** @since 0.1.0 */
export type Answers = typeof Answers.Type
