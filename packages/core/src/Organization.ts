/**
 * A tenant.
 *
 * @since 0.1.0
 */
import { DateTime, Option, Result, Schema } from "effect"
import { Instant } from "./Instant.ts"
import { OrganizationId } from "./Tenancy.ts"

/**
 * Names that addresses of the product itself need.
 *
 * @category constants
 * @since 0.1.0
 */
export const reservedSlugs: ReadonlySet<string> = new Set([
  "about",
  "account",
  "accounts",
  "admin",
  "administrator",
  "api",
  "app",
  "apps",
  "assets",
  "auth",
  "beta",
  "billing",
  "blog",
  "cdn",
  "console",
  "dashboard",
  "demo",
  "dev",
  "docs",
  "email",
  "files",
  "ftp",
  "health",
  "help",
  "home",
  "hooks",
  "imap",
  "internal",
  "live",
  "localhost",
  "login",
  "logout",
  "mail",
  "me",
  "media",
  "metrics",
  "new",
  "news",
  "ns1",
  "ns2",
  "openapi",
  "pop",
  "privacy",
  "public",
  "register",
  "root",
  "security",
  "settings",
  "signup",
  "smtp",
  "staging",
  "static",
  "status",
  "store",
  "support",
  "system",
  "team",
  "terms",
  "test",
  "v1",
  "webhooks",
  "widget",
  "wicara",
  "www"
])

/**
 * The part of an address that names an organization: 3 to 63 lower-case letters, digits and inner hyphens.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Slug = Schema.String.check(
  Schema.isPattern(/^[a-z0-9](?:[a-z0-9]|-(?!-)){1,61}[a-z0-9]$/, {
    expected: "3 to 63 lower-case letters, digits and single inner hyphens"
  }),
  Schema.makeFilter((slug: string) => !reservedSlugs.has(slug), { expected: "a name that is not reserved" })
).annotate({ identifier: "Slug", description: "Unique; usable as a subdomain.", examples: ["acme-internet"] })

/**
 * An IANA time zone.
 *
 * @category schemas
 * @since 0.1.0
 */
export const TimeZone = Schema.String.check(
  Schema.isMaxLength(64),
  Schema.makeFilter((zone: string) => Option.isSome(DateTime.zoneMakeNamed(zone)), { expected: "an IANA time zone" })
).annotate({ identifier: "TimeZone", description: "An IANA time zone.", examples: ["Asia/Jakarta"] })

const isLocale = (locale: string) => Result.isSuccess(Result.try(() => new Intl.Locale(locale)))

/**
 * A BCP 47 language tag.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Locale = Schema.String.check(
  Schema.isMaxLength(35),
  Schema.makeFilter(isLocale, { expected: "a BCP 47 language tag" })
).annotate({ identifier: "Locale", description: "A BCP 47 language tag.", examples: ["id-ID"] })

/**
 * A name that people gave.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Name = Schema.Trim.check(Schema.isBetweenLength(1, 120))

const Color = Schema.String.check(Schema.isPattern(/^#[0-9a-f]{6}$/i, { expected: "a colour as #rrggbb" }))

const HttpsUrl = Schema.String.check(
  Schema.isMaxLength(2048),
  Schema.makeFilter((url: string) => URL.canParse(url) && new URL(url).protocol === "https:", {
    expected: "an https URL"
  })
)

/**
 * How an organization looks to its customers: in e-mail, in the widget, on its sign-in page. What is absent is the
 * platform's.
 *
 * @category models
 * @since 0.1.0
 */
export const Branding = Schema.Struct({
  displayName: Schema.optionalKey(Name),
  logoUrl: Schema.optionalKey(HttpsUrl),
  primaryColor: Schema.optionalKey(Color),
  accentColor: Schema.optionalKey(Color),
  website: Schema.optionalKey(HttpsUrl),
  supportEmail: Schema.optionalKey(Schema.String.check(
    Schema.isMaxLength(190),
    Schema.isPattern(/^[^\s@]+@[^\s@]+\.[^\s@]+$/, { expected: "an e-mail address" })
  ))
}).annotate({ identifier: "Branding" })
/** @since 0.1.0 */
export type Branding = typeof Branding.Type

/**
 * What the state allows is in `Standing`.
 *
 * @category schemas
 * @since 0.1.0
 */
export const OrganizationStatus = Schema.Literals(["trial", "active", "suspended", "cancelled"])
/** @since 0.1.0 */
export type OrganizationStatus = typeof OrganizationStatus.Type

/**
 * @category models
 * @since 0.1.0
 */
export class Organization extends Schema.Class<Organization>("Organization")({
  id: OrganizationId,
  name: Schema.String,
  slug: Schema.String,
  timezone: Schema.String,
  locale: Schema.String,
  status: OrganizationStatus,
  trialEndsAt: Schema.NullOr(Instant).annotate({
    description:
      "When the trial ends, or ended that the organization is suspended after; null: it has no end, or is over."
  }),
  createdAt: Instant
}, { description: "A tenant: one company with its members and data." }) {}

/**
 * What anybody may know of an organization whose address they have.
 *
 * @category models
 * @since 0.1.0
 */
export class PublicOrganization extends Schema.Class<PublicOrganization>("PublicOrganization")({
  name: Schema.String,
  slug: Schema.String,
  locale: Schema.String,
  direction: Schema.Literals(["ltr", "rtl"]).annotate({ description: "In which its language is written." }),
  branding: Branding
}, { description: "What a sign-in page or a widget shows of an organization." }) {}

/**
 * What a new organization is made of; a slug is made from the name when there is none.
 *
 * @category models
 * @since 0.1.0
 */
export const NewOrganization = Schema.Struct({
  name: Name,
  slug: Schema.optionalKey(Slug),
  timezone: Schema.optionalKey(TimeZone),
  locale: Schema.optionalKey(Locale),
  status: Schema.optionalKey(OrganizationStatus),
  trialEndsAt: Schema.optionalKey(Schema.NullOr(Instant))
})
/** @since 0.1.0 */
export type NewOrganization = typeof NewOrganization.Type

/**
 * What members who may change the organization can change of it.
 *
 * @category models
 * @since 0.1.0
 */
export const OrganizationChanges = Schema.Struct({
  name: Schema.optionalKey(Name),
  slug: Schema.optionalKey(Slug),
  timezone: Schema.optionalKey(TimeZone),
  locale: Schema.optionalKey(Locale)
})
/** @since 0.1.0 */
export type OrganizationChanges = typeof OrganizationChanges.Type
