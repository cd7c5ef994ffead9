/**
 * What the Graph API's error codes mean for a send: whether trying again can help, how long to wait, and who has to do
 * something about it. Titles are Meta's to change and will be dropped; only the codes are relied on.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"

/**
 * Who or what the error is about.
 *
 * - `message`: this message is wrong or not allowed; another one may pass
 * - `recipient`: this person can't or does not want to get it
 * - `template`, `media`: the template or file has to be changed
 * - `account`: the number, business or token is in trouble; nothing passes until somebody acts
 * - `limit`: too much in too short a time
 * - `platform`: a fault of the platform that goes away by itself
 *
 * @category models
 * @since 0.1.0
 */
export const Scope = Schema.Literals(["message", "recipient", "template", "media", "account", "limit", "platform"])
/** @since 0.1.0 */
export type Scope = typeof Scope.Type

/**
 * One row of the table.
 *
 * @category models
 * @since 0.1.0
 */
export interface Meaning {
  readonly outcome: "rejected" | "retryable"
  readonly scope: Scope
  /** Plain words for an operator. */
  readonly reason: string
  /** Wait at least this long before another attempt, milliseconds. */
  readonly retryAfter?: number | undefined
  /** The limit is of everything that is sent through the account, not of what was refused alone. */
  readonly ofAccount?: true | undefined
  /** How the wait grows with every further refusal, instead of doubling. */
  readonly growth?: { readonly first: number; readonly factor: number } | undefined
}

const second = 1_000
const minute = 60 * second

const rejected = (scope: Scope, reason: string): Meaning => ({ outcome: "rejected", scope, reason })
const retryable = (scope: Scope, retryAfter: number, reason: string): Meaning => ({
  outcome: "retryable",
  scope,
  reason,
  retryAfter
})

const tooFast = (retryAfter: number, reason: string): Meaning => ({
  ...retryable("limit", retryAfter, reason),
  ofAccount: true
})

const permission = rejected("account", "The access token lacks a permission for this number or business account")
const username = rejected("account", "The username of the business could not be read or changed")
const migration = rejected("account", "The number could not be migrated to this business account")
const templateText = rejected("template", "The template's text or form is not accepted")
const registration = rejected("account", "The number's two-step code or registration was refused")

/**
 * The documented codes. What is `rejected` with the scope `account` (a token that expired, a blocked or unpaid business) is
 * not the message's fault: nothing passes until somebody acts, so the account's messages wait.
 *
 * @category constants
 * @since 0.1.0
 */
export const table: Readonly<Record<string, Meaning>> = {
  "0": rejected("account", "The access token was not accepted"),
  "1": retryable("platform", 5 * second, "The platform failed without saying why"),
  "2": retryable("platform", 5 * second, "The platform is temporarily unavailable"),
  "3": rejected("account", "The app has not the capability or permission for this call"),
  "4": tooFast(minute, "The app made too many calls"),
  "10": permission,
  "17": tooFast(minute, "The user behind the access token made too many calls"),
  "33": rejected("account", "The number's id is not known, or was deleted"),
  "100": rejected("message", "A parameter is not supported or misspelled"),
  "102": rejected("account", "The access token's session is over"),
  "104": rejected("account", "No access token was sent"),
  "190": rejected("account", "The access token is invalid or has expired"),
  "368": rejected("account", "The business account is blocked for a policy violation"),
  "803": rejected("account", "The number's id is not known, or was deleted"),
  "80007": tooFast(minute, "The business account made too many calls"),
  "130429": tooFast(2 * second, "The number sends faster than its throughput allows"),
  "130472": rejected("recipient", "The recipient is in a platform experiment and gets no marketing messages"),
  "130497": rejected("account", "The business may not message people in this country"),
  "131000": retryable("platform", 5 * second, "The platform failed to send for an unknown reason"),
  "131005": permission,
  "131008": rejected("message", "A required parameter is missing"),
  "131009": rejected("message", "A parameter has a value that is not allowed"),
  "131016": retryable("platform", 10 * second, "A service of the platform is temporarily unavailable"),
  "131021": rejected("recipient", "The recipient is the sending number itself"),
  "131026": rejected(
    "recipient",
    "The message can't be delivered: not on WhatsApp, an old app, or terms not accepted"
  ),
  "131031": rejected("account", "The business account is locked or restricted"),
  "131037": rejected("account", "The number's display name is not approved yet"),
  "131042": rejected("account", "Payment for the business account is not in order"),
  "131045": rejected("account", "The number is not registered, or its certificate is wrong"),
  "131047": rejected("recipient", "More than 24 hours since the recipient's last message: only a template may be sent"),
  "131048": tooFast(15 * minute, "The number's messages were blocked or reported as spam too often"),
  "131049": rejected("recipient", "The platform holds back marketing to this person; not before 24 hours have passed"),
  "131050": rejected("recipient", "The recipient has stopped marketing messages from this business"),
  "131051": rejected("message", "The message type is not supported"),
  "131052": rejected("media", "The media file could not be downloaded"),
  "131053": rejected("media", "The media file could not be uploaded: its type or size is not allowed"),
  "131055": rejected("message", "The call is not allowed for this number"),
  "131056": {
    ...retryable("limit", 6 * second, "Too many messages to the same person in a short time"),
    // The platform asks for 4^n seconds.
    growth: { first: second, factor: 4 }
  },
  "131057": retryable("platform", minute, "The number is in maintenance, for instance a throughput upgrade"),
  "131060": rejected("message", "The message's content is not available"),
  "131062": rejected("recipient", "This kind of message can't be sent to a business-scoped user id"),
  "132000": rejected("template", "The number of parameters is not the template's"),
  "132001": rejected("template", "The template does not exist in this language, or is not approved"),
  "132005": rejected("template", "The template's text with its parameters is too long"),
  "132007": rejected("template", "The template's content violates a policy"),
  "132012": rejected("template", "A parameter has not the form that the template wants"),
  "132015": rejected("template", "The template is paused for low quality"),
  "132016": rejected("template", "The template was paused too often and is disabled for good"),
  "132018": rejected("template", "A parameter has line breaks, tabs or many spaces, or is not one of the template's"),
  "132068": rejected("template", "The flow is blocked"),
  "132069": retryable("limit", 10 * minute, "The flow is throttled to ten messages an hour"),
  "133000": retryable("account", minute, "An earlier deregistration of the number did not finish"),
  "133004": retryable("platform", 10 * second, "The server is temporarily unavailable"),
  "133005": registration,
  "133006": registration,
  "133008": registration,
  "133009": registration,
  "133010": rejected("account", "The number is not registered"),
  "133015": registration,
  "133016": retryable("account", 15 * minute, "The number was registered and deregistered too often"),
  "134011": rejected("account", "The terms of WhatsApp payments are not accepted"),
  "134100": rejected("message", "Only marketing messages can be sent through this call"),
  "134101": retryable("template", 10 * minute, "The template is still being synchronised"),
  "134102": rejected("template", "The template can't be used"),
  "135000": rejected("message", "The request's parameters are not accepted"),
  "136024": rejected("message", "The code could not be sent"),
  "136025": rejected("message", "The code is wrong or has expired"),
  "138000": rejected("message", "Calls are not enabled for this number"),
  "138001": rejected("recipient", "The person can't be called"),
  "138003": rejected("message", "The call exists already"),
  "138005": retryable("limit", minute, "Too many calls in a short time"),
  "138006": rejected("recipient", "The person did not allow the business to call"),
  "138009": rejected("recipient", "The person was asked for calls too often"),
  "200005": rejected("account", "Template insights are not available"),
  "200006": rejected("account", "Template insights can't be switched off"),
  "200007": rejected("account", "Template insights are not enabled"),
  "1752041": rejected("account", "The business is already being onboarded"),
  "2388001": migration,
  "2388012": migration,
  "2388019": rejected("template", "The business account has as many templates as it may"),
  "2388040": templateText,
  "2388047": templateText,
  "2388072": templateText,
  "2388073": templateText,
  "2388103": migration,
  "2388293": templateText,
  "2388299": templateText,
  "2494100": retryable("platform", minute, "The account is in maintenance"),
  "2593079": rejected("account", "Template insights are not available"),
  "2593085": rejected("account", "The business account can't be used for this"),
  "2593107": rejected("account", "Too many synchronisations were asked for"),
  "2593108": rejected("account", "The synchronisation was asked for too late")
}

/** The person stopped marketing messages of the business. @category constants @since 0.1.0 */
export const stoppedMarketing = "131050"

/**
 * What a code means; `undefined` when it is not documented. Codes 200 to 299 are one family of missing permissions,
 * 147001 to 147004 one of usernames.
 *
 * @category getters
 * @since 0.1.0
 * @example
 * ErrorTable.lookup("131047")?.outcome // => "rejected"
 */
export const lookup = (code: string): Meaning | undefined => {
  if (Object.hasOwn(table, code)) return table[code]
  const number = Number(code)
  if (number >= 200 && number <= 299) return permission
  if (number >= 147001 && number <= 147004) return username
  return undefined
}

/** Nothing is asked again later than this after a refusal. */
const longestWait = 60 * minute

/**
 * How long to wait after a message was refused, milliseconds; `attempt` is how often it was tried before.
 *
 * @category getters
 * @since 0.1.0
 */
export const waitFor = ({ growth, retryAfter = 0, scope }: Meaning, attempt: number): number =>
  growth !== undefined
    ? Math.max(retryAfter, Math.min(longestWait, growth.first * growth.factor ** attempt))
    : scope === "limit"
    ? Math.max(retryAfter, Math.min(longestWait, retryAfter * 2 ** attempt))
    : retryAfter
