/**
 * Why a provider did not do what it was asked to do beside sending.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"

/**
 * The provider did not do it, or can't be reached.
 *
 * - `later`: it may in a while (a limit, a fault of the platform, no connection); it may also have done it
 * - `account`: not before somebody mends the account (credentials that expired, a permission that is missing, a session
 *   that is not there)
 * - `missing`: what it was asked about does not exist at the provider
 * - `refused`: not like this; `reason` says what is wrong with the request
 *
 * @category errors
 * @since 0.1.0
 */
export class ProviderFailure extends Schema.TaggedError<ProviderFailure>()("ProviderFailure", {
  kind: Schema.Literals(["later", "account", "missing", "refused"]),
  /** The provider's code, or the adapter's word. */
  code: Schema.String,
  reason: Schema.String,
  /** Wait at least this long, milliseconds. */
  retryAfter: Schema.optionalKey(Schema.Number)
}) {}
