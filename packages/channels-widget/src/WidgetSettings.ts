/**
 * What an operator configures for one widget, and what of it a visitor's browser gets.
 *
 * @since 0.1.0
 */
import { Effect, Redacted, Schema } from "effect"
import { SecureRandom } from "effect/crypto"
import { Base64Url } from "effect/encoding"
import { Text } from "@wicara/core/MessageText"

/**
 * Text by language tag: `{ "en": "Hello", "id": "Halo" }`.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Translations = Schema.Record(Schema.String, Schema.String.check(Schema.isMaxLength(1000)))
/** @since 0.1.0 */
export type Translations = typeof Translations.Type

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
  locale: Schema.String.pipe(Schema.withDecodingDefaultKey(Effect.succeed("en")))
}).annotate({ identifier: "WidgetSettings" })
/** @since 0.1.0 */
export type WidgetSettings = typeof WidgetSettings.Type

/**
 * An account's credentials: the key that signs visitors' tokens. Changing it signs every visitor out.
 *
 * @category schemas
 * @since 0.1.0
 */
export const WidgetSecrets = Schema.Struct({
  signingKey: Schema.RedactedFromValue(Schema.String.check(Schema.isMinLength(32), Schema.isMaxLength(256)))
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
  texts: Schema.Record(Schema.String, Text)
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
 * The public part of the settings, in the visitor's language where a text has it, else in the account's.
 *
 * @category conversions
 * @since 0.1.0
 */
export const toPublic = (
  settings: WidgetSettings,
  locale: string | undefined
): Omit<PublicSettings, "language" | "direction" | "texts"> => {
  const wanted = locale ?? settings.locale
  return {
    title: textIn(settings.title, wanted, settings.locale),
    greeting: textIn(settings.greeting, wanted, settings.locale),
    color: settings.color,
    mode: settings.mode,
    position: settings.position,
    locale: settings.locale
  }
}

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
