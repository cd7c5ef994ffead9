/**
 * A business phone number in the emulator, with its credentials, callback address and templates.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"

/**
 * A message template. `{{1}}` or `{{name}}` in the texts are parameters.
 *
 * @category models
 * @since 0.1.0
 */
export const Template = Schema.Struct({
  name: Schema.String,
  language: Schema.String,
  category: Schema.Literals(["MARKETING", "UTILITY", "AUTHENTICATION"]),
  status: Schema.String,
  components: Schema.Array(Schema.Record(Schema.String, Schema.Unknown)),
  /** Digits; made here when absent. */
  id: Schema.optionalKey(Schema.String),
  parameter_format: Schema.optionalKey(Schema.Literals(["POSITIONAL", "NAMED"])),
  quality_score: Schema.optionalKey(Schema.Struct({ score: Schema.String })),
  rejected_reason: Schema.optionalKey(Schema.String),
  previous_category: Schema.optionalKey(Schema.String),
  message_send_ttl_seconds: Schema.optionalKey(Schema.Int),
  cta_url_link_tracking_opted_out: Schema.optionalKey(Schema.Boolean),
  library_template_name: Schema.optionalKey(Schema.String)
})
/** @since 0.1.0 */
export type Template = typeof Template.Type

/**
 * What the provider does with a template: its status by an event, its quality, its category, its text.
 *
 * @category models
 * @since 0.1.0
 */
export const TemplateChange = Schema.Struct({
  name: Schema.String,
  language: Schema.String,
  /** `APPROVED`, `PAUSED`, `DISABLED`, `FLAGGED`, `REINSTATED`, … */
  event: Schema.optionalKey(Schema.String),
  reason: Schema.optionalKey(Schema.String),
  /** `FIRST_PAUSE`, `SECOND_PAUSE`, `RATE_LIMITING_PAUSE`, `UNPAUSE`, `DISABLED`. */
  stage: Schema.optionalKey(Schema.String),
  disableDate: Schema.optionalKey(Schema.String),
  quality: Schema.optionalKey(Schema.Literals(["GREEN", "YELLOW", "RED", "UNKNOWN"])),
  category: Schema.optionalKey(Schema.Literals(["MARKETING", "UTILITY", "AUTHENTICATION"])),
  /** What is found to be its correct category, and announced. */
  correctCategory: Schema.optionalKey(Schema.Literals(["MARKETING", "UTILITY", "AUTHENTICATION"])),
  components: Schema.optionalKey(Schema.Array(Schema.Record(Schema.String, Schema.Unknown))),
  /** No webhook tells of it. */
  silent: Schema.optionalKey(Schema.Boolean)
})
/** @since 0.1.0 */
export type TemplateChange = typeof TemplateChange.Type

/**
 * A product of a catalogue, in the platform's words.
 *
 * @category models
 * @since 0.1.0
 */
export const Product = Schema.Struct({
  /** Digits. */
  id: Schema.String,
  /** The seller's own id. */
  retailer_id: Schema.String,
  name: Schema.String,
  description: Schema.optionalKey(Schema.String),
  /** As the platform writes it: `$15.00`. */
  price: Schema.optionalKey(Schema.String),
  currency: Schema.optionalKey(Schema.String),
  availability: Schema.optionalKey(Schema.Literals(["in stock", "out of stock", "preorder", "available for order"])),
  image_url: Schema.optionalKey(Schema.String),
  url: Schema.optionalKey(Schema.String)
})
/** @since 0.1.0 */
export type Product = typeof Product.Type

/** What a template's sends are answered with while they are kept back. @category schemas @since 0.1.0 */
export const TemplateHold = Schema.Literals(["held_for_quality_assessment", "paused"])
/** @since 0.1.0 */
export type TemplateHold = typeof TemplateHold.Type

/**
 * What may be configured; what is left out stays as it was.
 *
 * @category models
 * @since 0.1.0
 */
export const AccountInput = Schema.Struct({
  businessAccountId: Schema.optionalKey(Schema.String),
  displayPhoneNumber: Schema.optionalKey(Schema.String),
  verifiedName: Schema.optionalKey(Schema.String),
  quality: Schema.optionalKey(Schema.Literals(["GREEN", "YELLOW", "RED", "UNKNOWN"])),
  accessToken: Schema.optionalKey(Schema.String),
  appSecret: Schema.optionalKey(Schema.String),
  verifyToken: Schema.optionalKey(Schema.String),
  /** Where webhooks go; `null`: nowhere. */
  webhookUrl: Schema.optionalKey(Schema.NullOr(Schema.String)),
  /** Of its business account: those of the other numbers there, too. */
  templates: Schema.optionalKey(Schema.Array(Template)),
  /** When new templates are judged, and which names are rejected; the others are approved. */
  templateReview: Schema.optionalKey(Schema.Struct({ after: Schema.Number, reject: Schema.Array(Schema.String) })),
  /**
   * How many more pages of template lists are answered; what is read beyond that is answered when this is raised. `null`,
   * the default: all.
   */
  templatePages: Schema.optionalKey(Schema.NullOr(Schema.Int)),
  /** Keep back what is sent with templates, until it is released; `null`, the default: send it. */
  templateHold: Schema.optionalKey(Schema.NullOr(TemplateHold)),
  /** Whether the terms of the Marketing Messages API were signed; they are by default. */
  marketingTerms: Schema.optionalKey(Schema.Boolean),
  /** Refuse free-form messages outside the 24-hour window; on by default. */
  enforceWindow: Schema.optionalKey(Schema.Boolean),
  /** One message in 6 s to the same person, 45 at once on credit; off by default. */
  pairLimit: Schema.optionalKey(Schema.Boolean),
  /** Messages in any second; `null`, the default: no limit. */
  throughput: Schema.optionalKey(Schema.NullOr(Schema.Int)),
  /** People that the business may write to first in 24 hours; `null`, the default: no limit. */
  dailyRecipients: Schema.optionalKey(Schema.NullOr(Schema.Int)),
  /** The business portfolio of the business account; made from its id unless given. */
  portfolioId: Schema.optionalKey(Schema.NullOr(Schema.String)),
  /** The catalogue that the business account is connected with; `null`, the default: none. */
  catalog: Schema.optionalKey(
    Schema.NullOr(Schema.Struct({ id: Schema.String, name: Schema.String, products: Schema.Array(Product) }))
  ),
  /** What the token may do; everything by default. */
  permissions: Schema.optionalKey(Schema.Array(Schema.String)),
  /** When the token ends, epoch milliseconds; `null`, the default: never. */
  tokenExpiresAt: Schema.optionalKey(Schema.NullOr(Schema.Number)),
  /** The app that the token belongs to; its webhooks go to `webhookUrl` unless it was subscribed with another one. */
  appId: Schema.optionalKey(Schema.String),
  /** Whether the app gets webhooks of the business account. */
  subscribed: Schema.optionalKey(Schema.Boolean),
  /** Whether the number may send; registering needs its two-step PIN. */
  registered: Schema.optionalKey(Schema.Boolean),
  /** The two-step PIN; `null`: none yet. */
  pin: Schema.optionalKey(Schema.NullOr(Schema.String)),
  /** Whether people can call it, until that is set through the API; not by default. */
  calling: Schema.optionalKey(Schema.Boolean),
  /** Whether a code that was sent there proved that the number is the business's. */
  codeStatus: Schema.optionalKey(Schema.Literals(["VERIFIED", "NOT_VERIFIED", "EXPIRED"])),
  /** The code that was sent to the number last, and until when it is good, epoch milliseconds. */
  sentCode: Schema.optionalKey(Schema.NullOr(Schema.Struct({ code: Schema.String, until: Schema.Number }))),
  /** How the review of its display name stands. */
  nameStatus: Schema.optionalKey(Schema.String),
  /** Phone numbers that are not on WhatsApp: accepted, then failed. */
  unreachable: Schema.optionalKey(Schema.Array(Schema.String))
})
/** @since 0.1.0 */
export type AccountInput = typeof AccountInput.Type

/** A callback address and the token that it was verified with. @category models @since 0.1.0 */
export interface Callback {
  readonly url: string
  readonly verifyToken: string
}

/**
 * @category models
 * @since 0.1.0
 */
export type CloudAccount = Required<Omit<AccountInput, "templates">> & {
  /** The display name that is under review. */
  readonly requestedName: string | null
  /** Where the number's webhooks go instead, and those of all of its business account. */
  readonly callbacks: { readonly number: Callback | null; readonly business: Callback | null }
  /** The phone number id: the account's name everywhere. */
  readonly id: string
}

/**
 * What every business account starts with.
 *
 * @category constants
 * @since 0.1.0
 */
export const firstTemplate: Template = {
  name: "hello_world",
  language: "en_US",
  category: "UTILITY",
  status: "APPROVED",
  components: [{ type: "BODY", text: "Hello, this is a test of the connection." }]
}

/**
 * A new account.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (id: string): CloudAccount => ({
  id,
  businessAccountId: `9${id}`,
  displayPhoneNumber: "15550000000",
  verifiedName: "Emulated business",
  quality: "GREEN",
  accessToken: `token-${id}`,
  appSecret: `secret-${id}`,
  verifyToken: `verify-${id}`,
  webhookUrl: null,
  templateReview: { after: 60_000, reject: [] },
  templatePages: null,
  templateHold: null,
  marketingTerms: true,
  enforceWindow: true,
  pairLimit: false,
  throughput: null,
  dailyRecipients: null,
  portfolioId: null,
  catalog: null,
  permissions: ["whatsapp_business_messaging", "whatsapp_business_management", "catalog_management"],
  tokenExpiresAt: null,
  appId: `7${id}`,
  subscribed: true,
  registered: true,
  pin: null,
  calling: false,
  codeStatus: "VERIFIED",
  nameStatus: "APPROVED",
  sentCode: null,
  requestedName: null,
  callbacks: { number: null, business: null },
  unreachable: []
})

/**
 * Where the webhooks of a number go now: its own callback address, else that of its business account, else the app's.
 * Nowhere when no app is subscribed.
 *
 * @category getters
 * @since 0.1.0
 */
export const callbackOf = ({ callbacks, subscribed, webhookUrl }: CloudAccount): string | null =>
  subscribed ? callbacks.number?.url ?? callbacks.business?.url ?? webhookUrl : null

/**
 * The business portfolio of an account's business account.
 *
 * @category getters
 * @since 0.1.0
 */
export const portfolioOf = ({ businessAccountId, portfolioId }: CloudAccount): string =>
  portfolioId ?? `8${businessAccountId}`

/**
 * The platform's name for how many people a business may write to first.
 *
 * @category getters
 * @since 0.1.0
 */
export const tierOf = ({ dailyRecipients }: CloudAccount): string =>
  dailyRecipients === null
    ? "TIER_UNLIMITED"
    : `TIER_${dailyRecipients >= 1_000 ? `${Math.floor(dailyRecipients / 1_000)}K` : dailyRecipients}`
