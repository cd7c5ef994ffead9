/**
 * What an operator configures for one widget, and what of it a visitor's browser gets.
 *
 * @since 0.1.0
 */
import { Effect, Redacted, Schema } from "effect"
import { SecureRandom } from "effect/crypto"
import { Base64Url } from "effect/encoding"
import { Text } from "@wicara/core/MessageText"
import { FileId } from "@wicara/files/File"
import { PublicForm, Translations, WidgetForm } from "./WidgetForm.ts"
import { OpeningHours } from "./WidgetHours.ts"

/** @category schemas @since 0.1.0 */
export const ColorMode = Schema.Literals(["auto", "light", "dark"])
/** @since 0.1.0 */
export type ColorMode = typeof ColorMode.Type

const Color = Schema.String.check(
  Schema.isPattern(/^#[0-9a-fA-F]{6}$/, { title: "Color", expected: "a colour as #rrggbb" })
)

/**
 * An origin that may show the widget: `https://shop.example`, `https://*.example.com` for its subdomains, or `*`.
 *
 * @category schemas
 * @since 0.1.0
 */
export const OriginPattern = Schema.String.check(
  Schema.isPattern(/^(\*|https?:\/\/(\*\.)?[a-z0-9.-]+(:\d{1,5})?)$/, {
    title: "OriginPattern",
    expected: "*, an origin such as https://shop.example, or https://*.example.com"
  })
)

/**
 * Addresses of pages: `*` stands for any part, and what has no `*` names one page. Queries and fragments do not count.
 *
 * @category schemas
 * @since 0.1.0
 */
export const UrlPattern = Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(500))

/**
 * What is said beside the closed widget, by itself and once to a visitor.
 *
 * @category schemas
 * @since 0.1.0
 */
export const ProactiveGreeting = Schema.Struct({
  /** Another id is another greeting, also for those who saw this one. */
  id: Schema.String.check(
    Schema.isPattern(/^[a-z0-9-]{1,40}$/, { expected: "lower-case letters, digits and hyphens" })
  ),
  text: Translations,
  /** How long the visitor has been on the page. */
  afterSeconds: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 3600 })),
  /** On which pages; all if absent. */
  urls: Schema.optionalKey(Schema.Array(UrlPattern).check(Schema.isMaxLength(50)))
}).annotate({ identifier: "WidgetProactiveGreeting" })
/** @since 0.1.0 */
export type ProactiveGreeting = typeof ProactiveGreeting.Type

/**
 * What is said when nobody answers.
 *
 * @category schemas
 * @since 0.1.0
 */
export const OfflineSettings = Schema.Struct({
  /** Opening hours; always open if absent. */
  hours: Schema.optionalKey(OpeningHours),
  /** It is offline, too, while no member of the organization is available. */
  whenNobodyIsThere: Schema.Boolean,
  message: Translations,
  /** Asks for an address to answer to. */
  askEmail: Schema.Boolean
}).annotate({ identifier: "WidgetOfflineSettings" })
/** @since 0.1.0 */
export type OfflineSettings = typeof OfflineSettings.Type

/**
 * An account's settings.
 *
 * @category schemas
 * @since 0.1.0
 */
export const WidgetSettings = Schema.Struct({
  /** Where the widget may be shown. Browsers enforce it; other programs can claim any origin. */
  allowedOrigins: Schema.Array(OriginPattern).pipe(Schema.withDecodingDefaultKey(Effect.succeed(["*"]))),
  title: Translations.pipe(Schema.withDecodingDefaultKey(Effect.succeed({}))),
  /** Shown, not sent, before the first message. */
  greeting: Translations.pipe(Schema.withDecodingDefaultKey(Effect.succeed({}))),
  color: Color.pipe(Schema.withDecodingDefaultKey(Effect.succeed("#0f766e"))),
  mode: ColorMode.pipe(Schema.withDecodingDefaultKey(Effect.succeed("auto"))),
  position: Schema.Literals(["right", "left"]).pipe(Schema.withDecodingDefaultKey(Effect.succeed("right"))),
  /** For visitors whose language none of the texts has. */
  locale: Schema.String.pipe(Schema.withDecodingDefaultKey(Effect.succeed("en"))),
  /** A picture among the organization's files, for the head of the panel. */
  logo: Schema.optionalKey(FileId),
  form: Schema.optionalKey(WidgetForm),
  offline: Schema.optionalKey(OfflineSettings),
  greetings: Schema.Array(ProactiveGreeting).check(Schema.isMaxLength(20)).pipe(
    Schema.withDecodingDefaultKey(Effect.succeed([]))
  ),
  /** Visitors may send files. */
  attachments: Schema.Boolean.pipe(Schema.withDecodingDefaultKey(Effect.succeed(true))),
  /** Visitors are asked how it was when their conversation is over. */
  rating: Schema.Boolean.pipe(Schema.withDecodingDefaultKey(Effect.succeed(true))),
  /** The title of the page counts what is not read. */
  unreadInTitle: Schema.Boolean.pipe(Schema.withDecodingDefaultKey(Effect.succeed(true)))
}).annotate({ identifier: "WidgetSettings" })
/** @since 0.1.0 */
export type WidgetSettings = typeof WidgetSettings.Type

const Secret = Schema.RedactedFromValue(Schema.String.check(Schema.isMinLength(32), Schema.isMaxLength(256)))

/**
 * An account's credentials.
 *
 * @category schemas
 * @since 0.1.0
 */
export const WidgetSecrets = Schema.Struct({
  /** Signs visitors' tokens. Changing it signs every visitor out, unless the one before is kept beside it. */
  signingKey: Secret,
  /** What was signed with it stays good. */
  previousSigningKey: Schema.optionalKey(Secret),
  /** With it the site proves who is signed in there (`VisitorIdentity`); without it nobody's identity is believed. */
  identityKey: Schema.optionalKey(Secret),
  /** The key before: believed as well, until every server of the site has the new one. */
  previousIdentityKey: Schema.optionalKey(Secret)
})
/** @since 0.1.0 */
export type WidgetSecrets = typeof WidgetSecrets.Type

/**
 * A new signing key of 256 random bits.
 *
 * @category constructors
 * @since 0.1.0
 */
export const newSigningKey: Effect.Effect<Redacted.Redacted> = Effect.sync(() =>
  Redacted.make(Base64Url.encode(SecureRandom.randomBytesUnsafe(32)))
)

/**
 * The settings that a visitor's browser gets, with texts in its language.
 *
 * @category schemas
 * @since 0.1.0
 */
export const PublicSettings = Schema.Struct({
  title: Schema.NullOr(Schema.String),
  greeting: Schema.NullOr(Schema.String),
  color: Color,
  mode: ColorMode,
  position: Schema.Literals(["right", "left"]),
  /** The language the widget should use when the page asks for none. */
  locale: Schema.String,
  /** The language of what it says itself: the first of those that the browser wants and the server knows. */
  language: Schema.String,
  direction: Schema.Literals(["ltr", "rtl"]),
  /** What it says otherwise than by itself: the organization's own words, or all of a language that it does not have. */
  texts: Schema.Record(Schema.String, Text),
  /** Where the logo is; null without one. */
  logo: Schema.NullOr(Schema.String),
  form: Schema.NullOr(PublicForm),
  greetings: Schema.Array(Schema.Struct({
    id: Schema.String,
    text: Schema.String,
    afterSeconds: Schema.Int,
    urls: Schema.NullOr(Schema.Array(UrlPattern))
  })),
  attachments: Schema.Boolean,
  unreadInTitle: Schema.Boolean
}).annotate({ identifier: "WidgetPublicSettings" })
/** @since 0.1.0 */
export type PublicSettings = typeof PublicSettings.Type

const textIn = (texts: Translations, locale: string, fallback: string): string | null => {
  const language = (tag: string) => tag.toLowerCase().split("-")[0]
  const byTag = new Map(Object.entries(texts).map(([tag, text]) => [tag.toLowerCase(), text]))
  return byTag.get(locale.toLowerCase()) ?? byTag.get(language(locale) ?? "") ??
    byTag.get(fallback.toLowerCase()) ?? byTag.get(language(fallback) ?? "") ?? null
}

/**
 * Text in the wanted language, else in the account's, else none.
 *
 * @category conversions
 * @since 0.1.0
 */
export const textFor = (settings: WidgetSettings, texts: Translations, locale: string | undefined): string | null =>
  textIn(texts, locale ?? settings.locale, settings.locale)

const formFor = (settings: WidgetSettings, form: WidgetForm, locale: string | undefined): PublicForm => {
  const text = (texts: Translations, otherwise: string) => textFor(settings, texts, locale) ?? otherwise
  return {
    intro: form.intro === undefined ? null : textFor(settings, form.intro, locale),
    required: form.required,
    fields: form.fields.map(({ key, kind, label, options, required }) => ({
      key,
      kind,
      required,
      label: text(label, key),
      ...(options === undefined
        ? {}
        : { options: options.map(({ label, value }) => ({ value, label: text(label, value) })) })
    })),
    consent: form.consent === undefined ? null : {
      text: text(form.consent.text, ""),
      purpose: form.consent.purpose,
      required: form.consent.required
    }
  }
}

/**
 * The public part of the settings, in the visitor's language where a text has it, else in the account's.
 *
 * @category conversions
 * @since 0.1.0
 */
export const toPublic = (
  settings: WidgetSettings,
  locale: string | undefined
): Omit<PublicSettings, "language" | "direction" | "texts" | "logo"> => ({
  title: textFor(settings, settings.title, locale),
  greeting: textFor(settings, settings.greeting, locale),
  color: settings.color,
  mode: settings.mode,
  position: settings.position,
  locale: settings.locale,
  form: settings.form === undefined ? null : formFor(settings, settings.form, locale),
  greetings: settings.greetings.flatMap(({ afterSeconds, id, text, urls }) => {
    const said = textFor(settings, text, locale)
    return said === null ? [] : [{ id, text: said, afterSeconds, urls: urls ?? null }]
  }),
  attachments: settings.attachments,
  unreadInTitle: settings.unreadInTitle
})

/**
 * Whether a page of this origin may use the widget. A request without an `Origin` header comes from no web page.
 *
 * @category predicates
 * @since 0.1.0
 */
export const allowsOrigin = (settings: WidgetSettings, origin: string | undefined): boolean =>
  origin === undefined || settings.allowedOrigins.some((pattern) => {
    if (pattern === "*" || pattern === origin) return true
    const [scheme, rest] = pattern.split("://*.")
    return rest !== undefined && origin.startsWith(`${scheme}://`) && origin.endsWith(`.${rest}`)
  })
