/**
 * The error answers of the Graph API.
 *
 * @see https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes
 * @since 0.1.0
 */

/**
 * A refused request: what is answered.
 *
 * @category models
 * @since 0.1.0
 */
export interface GraphFailure {
  readonly _tag: "GraphFailure"
  readonly status: number
  readonly code: number
  readonly subcode?: number | undefined
  readonly title: string
  readonly details?: string | undefined
}

const known: Readonly<Record<number, readonly [status: number, title: string]>> = {
  0: [401, "AuthException"],
  1: [400, "API Unknown"],
  2: [503, "API Service"],
  3: [500, "API Method"],
  4: [400, "API Too Many Calls"],
  10: [403, "Permission Denied"],
  33: [400, "Parameter value is not valid"],
  100: [400, "Invalid parameter"],
  104: [401, "An access token is required to request this resource"],
  190: [401, "Error validating access token"],
  200: [403, "API Permission"],
  368: [403, "Temporarily blocked for policies violations"],
  2500: [400, "Unknown path components"],
  80007: [400, "Rate limit issues"],
  130429: [400, "Rate limit hit"],
  130472: [400, "User's number is part of an experiment"],
  130497: [403, "Business account is restricted from messaging users in this country."],
  131000: [500, "Something went wrong"],
  131005: [403, "Access denied"],
  131008: [400, "Required parameter is missing"],
  131009: [400, "Parameter value is not valid"],
  131016: [500, "Service unavailable"],
  131021: [400, "Recipient cannot be sender"],
  131026: [400, "Message undeliverable"],
  131031: [403, "Account has been locked"],
  131037: [400, "Display name approval needed"],
  131042: [400, "Business eligibility payment issue"],
  131045: [500, "Incorrect certificate"],
  131047: [400, "Re-engagement message"],
  131048: [400, "Spam rate limit hit"],
  131049: [400, "This message was not delivered to maintain healthy ecosystem engagement."],
  131050: [400, "User has stopped marketing messages"],
  131051: [400, "Unsupported message type"],
  131052: [400, "Media download error"],
  131053: [400, "Media upload error"],
  131055: [400, "Method not allowed"],
  131056: [400, "(Business Account, Consumer Account) pair rate limit hit"],
  131057: [500, "Account in maintenance mode"],
  131060: [400, "Message content unavailable"],
  131062: [400, "Business-scoped user id is not supported for this message type"],
  132000: [400, "Number of parameters does not match the expected number of params"],
  132001: [404, "Template name does not exist in the translation"],
  132005: [400, "Translated text too long"],
  132007: [400, "Template format character policy violated"],
  132012: [400, "Parameter format does not match format in the created template"],
  132015: [400, "Template is paused"],
  132016: [400, "Template is disabled"],
  132018: [400, "There's an issue with the parameters in your template"],
  132068: [400, "Flow is in blocked state"],
  132069: [400, "Flow is in throttled state"],
  133000: [500, "Incomplete deregistration"],
  133004: [503, "Server temporarily unavailable"],
  133005: [400, "Two step verification PIN Mismatch"],
  133006: [400, "Phone number re-verification needed"],
  133008: [400, "Too Many two step verification PIN Guesses"],
  133009: [400, "Two step verification PIN Guessed Too Fast"],
  133010: [400, "Phone number not registered"],
  133015: [400, "Please wait a few minutes before attempting to register this phone number"],
  133016: [400, "Account register deregister rate limit exceeded"],
  134011: [400, "WhatsApp Payments terms of service has not been accepted"],
  134100: [400, "Only marketing messages supported"],
  134101: [400, "Template is still syncing"],
  134102: [500, "Template unavailable for use"],
  135000: [400, "Generic user error"],
  136024: [400, "Request code error"],
  136025: [400, "Verify code error"],
  138000: [400, "Calling not enabled"],
  138006: [400, "No approved call permission found"],
  138009: [400, "Call permission request limit hit"],
  1752041: [400, "Duplicate Request"],
  2593107: [400, "Synchronization Request limit exceeded"],
  2593108: [400, "Synchronization Request made outside of allowed time window"]
}

/**
 * @category constructors
 * @since 0.1.0
 */
export const make = (
  code: number,
  details?: string,
  options: { readonly subcode?: number; readonly status?: number } = {}
): GraphFailure => {
  const [status, title] = known[code] ?? [400, "Unknown error"]
  return {
    _tag: "GraphFailure",
    status: options.status ?? status,
    code,
    title,
    ...(details === undefined ? undefined : { details }),
    ...(options.subcode === undefined ? undefined : { subcode: options.subcode })
  }
}

const messageOf = ({ code, details, title }: GraphFailure) => {
  if (code === 2500) return details ?? title
  return `(#${code}) ${code === 100 ? details ?? title : title}`
}

/**
 * The answer's body.
 *
 * @category conversions
 * @since 0.1.0
 */
export const body = (failure: GraphFailure, traceId: string) => ({
  error: {
    message: messageOf(failure),
    type: "OAuthException",
    code: failure.code,
    ...(failure.subcode === undefined ? undefined : { error_subcode: failure.subcode }),
    ...(failure.details === undefined
      ? undefined
      : { error_data: { messaging_product: "whatsapp", details: failure.details } }),
    fbtrace_id: traceId
  }
})

/**
 * The same problem as it comes in a failed status.
 *
 * @category conversions
 * @since 0.1.0
 */
export const inStatus = (failure: GraphFailure) => ({
  code: failure.code,
  title: failure.title,
  message: failure.title,
  error_data: { details: failure.details ?? failure.title },
  href: "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/"
})
