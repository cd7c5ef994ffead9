/**
 * The settings of this package.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import { Branding, Locale, TimeZone } from "./Organization.ts"
import * as Settings from "./Settings.ts"

/**
 * @category settings
 * @since 0.1.0
 */
export const branding = Settings.define({
  key: "organization.branding",
  schema: Branding,
  default: {},
  description: "How the organization looks to its customers: name, logo, colours, addresses."
})

/**
 * @category settings
 * @since 0.1.0
 */
export const selfService = Settings.feature({
  key: "organizations.self_service",
  scope: "platform",
  default: false,
  description: "Whether everybody who is signed in may make organizations."
})

/**
 * @category settings
 * @since 0.1.0
 */
export const initialStatus = Settings.define({
  key: "organizations.initial_status",
  scope: "platform",
  schema: Schema.Literals(["trial", "active"]),
  default: "active",
  description: "The state that organizations begin in which people make themselves."
})

/**
 * @category settings
 * @since 0.1.0
 */
export const trialDays = Settings.define({
  key: "organizations.trial_days",
  scope: "platform",
  schema: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 365 })),
  default: 14,
  description: "Days that a trial takes unless its end is said."
})

/**
 * @category settings
 * @since 0.1.0
 */
export const defaultTimeZone = Settings.define({
  key: "organizations.default_timezone",
  scope: "platform",
  schema: TimeZone,
  default: "UTC",
  description: "The time zone of new organizations that name none."
})

/**
 * @category settings
 * @since 0.1.0
 */
export const defaultLocale = Settings.define({
  key: "organizations.default_locale",
  scope: "platform",
  schema: Locale,
  default: "en",
  description: "The language of new organizations that name none."
})

/**
 * @category settings
 * @since 0.1.0
 */
export const deletionGraceDays = Settings.define({
  key: "organizations.deletion_grace_days",
  scope: "platform",
  schema: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 365 })),
  default: 30,
  description: "Days between the request to delete an organization and the erasure of its data."
})

/**
 * @category settings
 * @since 0.1.0
 */
export const addressQuarantineDays = Settings.define({
  key: "organizations.address_quarantine_days",
  scope: "platform",
  schema: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 3650 })),
  default: 90,
  description: "Days after the erasure of an organization for which nobody else gets its address."
})

/**
 * @category settings
 * @since 0.1.0
 */
export const invitationDays = Settings.define({
  key: "invitations.days",
  schema: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 90 })),
  default: 7,
  description: "Days that an invitation can be accepted."
})

/**
 * @category settings
 * @since 0.1.0
 */
export const invitationDomains = Settings.define({
  key: "invitations.domains",
  schema: Schema.Array(
    Schema.String.check(Schema.isPattern(/^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/, {
      expected: "a domain in lower case"
    }))
  ).check(Schema.isMaxLength(50)),
  default: [],
  description: "The domains of addresses that may be invited; any address if there is none."
})

/**
 * @category settings
 * @since 0.1.0
 */
export const availableModules = Settings.define({
  key: "modules.available",
  scope: "platform-per-organization",
  schema: Schema.NullOr(Schema.Array(Schema.String.check(Schema.isMaxLength(63)))),
  default: null,
  description: "The optional modules that the organization may switch on; all if null."
})

/**
 * All of them.
 *
 * @category settings
 * @since 0.1.0
 */
export const settings: ReadonlyArray<Settings.Setting> = [
  branding,
  selfService,
  initialStatus,
  trialDays,
  defaultTimeZone,
  defaultLocale,
  deletionGraceDays,
  addressQuarantineDays,
  invitationDays,
  invitationDomains,
  availableModules
]
