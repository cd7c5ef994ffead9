/**
 * The id of the HTTP request that the running code serves, for logs, the audit log and support.
 *
 * @since 0.1.0
 */
import { Context } from "effect"

/**
 * `undefined` outside of a request.
 *
 * @category references
 * @since 0.1.0
 */
export const RequestId = Context.Reference<string | undefined>("@wicara/core/RequestId", {
  defaultValue: () => undefined
})

/**
 * The header that carries it, in both directions.
 *
 * @category constants
 * @since 0.1.0
 */
export const header = "x-request-id"

/**
 * Whether a client's own id may be taken over: 8 to 120 letters, digits and `_.:-`.
 *
 * @category guards
 * @since 0.1.0
 */
export const isAcceptable = (given: string | ReadonlyArray<string> | undefined): given is string =>
  typeof given === "string" && acceptable.test(given)

const acceptable = /^[\w.:-]{8,120}$/
