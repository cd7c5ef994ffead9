/**
 * What a message of a kind says in a language. A text has placeholders (`{{link}}`), paragraphs (an empty line between
 * them), lists (lines that begin with `- `) and buttons (`[Open]({{link}})` as a paragraph of its own). The HTML is made
 * of it; what a placeholder stands for is never read as either.
 *
 * @since 0.1.0
 */
import { Instant } from "@wicara/core/Instant"
import { Actor } from "@wicara/core/Tenancy"
import { Schema } from "effect"

/**
 * The languages of mail.
 *
 * @category schemas
 * @since 0.1.0
 */
export const MailLocale = Schema.Literals(["en", "id", "es", "pt"])
/** @since 0.1.0 */
export type MailLocale = typeof MailLocale.Type

/**
 * The nearest language there is: `pt-BR` is `pt`, and what is unknown is English.
 *
 * @category constructors
 * @since 0.1.0
 */
export const nearestLocale = (tag: string): MailLocale => {
  const language = tag.toLowerCase().split(/[-_]/)[0]
  return MailLocale.literals.find((locale) => locale === language) ?? "en"
}

/**
 * @category models
 * @since 0.1.0
 */
export const MailText = Schema.Struct({
  subject: Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(200), Schema.isPattern(/^[^\r\n]*$/)),
  body: Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(20_000))
}).annotate({ identifier: "MailText" })
/** @since 0.1.0 */
export type MailText = typeof MailText.Type

/**
 * @category schemas
 * @since 0.1.0
 */
export const MailKindName = Schema.String.check(
  Schema.isPattern(/^[a-z][a-z0-9_]{0,59}$/, { expected: "the name of a kind of mail" })
)

/**
 * The text that applies: the organization's, or the one that comes with the server.
 *
 * @category models
 * @since 0.1.0
 */
export class MailTemplate extends Schema.Class<MailTemplate>("MailTemplate")({
  kind: MailKindName,
  locale: MailLocale,
  ...MailText.fields,
  /** Counts the organization's changes, those that took a text back too; 0 if there was none. */
  revision: Schema.Int,
  /** Whether it is the organization's own. */
  customized: Schema.Boolean,
  /** What `{{...}}` may name in it. */
  placeholders: Schema.Array(Schema.String),
  /** Those of them that must be in the body, because the message is worth nothing without. */
  required: Schema.Array(Schema.String)
}) {}

/**
 * A change of a text, kept for good.
 *
 * @category models
 * @since 0.1.0
 */
export class MailTemplateVersion extends Schema.Class<MailTemplateVersion>("MailTemplateVersion")({
  version: Schema.Int,
  /** Null: the organization's text was taken back. */
  text: Schema.NullOr(MailText),
  changedBy: Actor,
  changedAt: Instant
}) {}

/**
 * A message as its reader would see it, with made-up facts.
 *
 * @category models
 * @since 0.1.0
 */
export const MailPreview = Schema.Struct({
  subject: Schema.String,
  text: Schema.String,
  html: Schema.String
}).annotate({ identifier: "MailPreview" })
/** @since 0.1.0 */
export type MailPreview = typeof MailPreview.Type
