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
  components: Schema.Array(Schema.Record(Schema.String, Schema.Unknown))
})
/** @since 0.1.0 */
export type Template = typeof Template.Type

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
  templates: Schema.optionalKey(Schema.Array(Template)),
  /** Refuse free-form messages outside the 24-hour window; on by default. */
  enforceWindow: Schema.optionalKey(Schema.Boolean),
  /** One message in 6 s to the same person, 45 at once on credit; off by default. */
  pairLimit: Schema.optionalKey(Schema.Boolean),
  /** Messages a second; `null`, the default: no limit. */
  throughput: Schema.optionalKey(Schema.NullOr(Schema.Int)),
  /** Phone numbers that are not on WhatsApp: accepted, then failed. */
  unreachable: Schema.optionalKey(Schema.Array(Schema.String))
})
/** @since 0.1.0 */
export type AccountInput = typeof AccountInput.Type

/**
 * @category models
 * @since 0.1.0
 */
export type CloudAccount = Required<AccountInput> & {
  /** The phone number id: the account's name everywhere. */
  readonly id: string
}

/**
 * A new account; every account starts with the approved template `hello_world`.
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
  templates: [{
    name: "hello_world",
    language: "en_US",
    category: "UTILITY",
    status: "APPROVED",
    components: [{ type: "BODY", text: "Hello, this is a test of the connection." }]
  }],
  enforceWindow: true,
  pairLimit: false,
  throughput: null,
  unreachable: []
})
