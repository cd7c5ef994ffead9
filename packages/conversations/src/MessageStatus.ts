/**
 * How far a message of the business came. Statuses arrive late, twice and in any order, and only ever move forward: the
 * status of a message is the furthest one that was ever reported.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"

/**
 * In the order in which later ones win:
 *
 * - `queued`: stored, not attempted
 * - `sending`: being handed to the provider
 * - `unknown`: it may have been handed over; asked about, never blindly sent again
 * - `accepted`: the provider has it
 * - `sent`: it left the provider
 * - `failed`: refused; gives way to a proof of delivery
 * - `delivered`, `read`, `played`: on the customer's device, seen, listened to
 *
 * @category schemas
 * @since 0.1.0
 */
export const MessageStatus = Schema.Literals([
  "queued",
  "sending",
  "unknown",
  "accepted",
  "sent",
  "failed",
  "delivered",
  "read",
  "played"
]).annotate({ identifier: "MessageStatus" })
/** @since 0.1.0 */
export type MessageStatus = typeof MessageStatus.Type

/**
 * The place of a status in that order: `0` is `queued`.
 *
 * @category accessors
 * @since 0.1.0
 */
export const rank = (status: MessageStatus): number => MessageStatus.literals.indexOf(status)

/**
 * The further of two statuses: the same whatever the order in which they came, and however often.
 *
 * @category combinators
 * @since 0.1.0
 * @example
 * MessageStatus.join("read", "delivered") // => "read"
 */
export const join = (one: MessageStatus, other: MessageStatus): MessageStatus => rank(one) >= rank(other) ? one : other

/**
 * Whether the provider surely has the message, so that sending it once more would double it.
 *
 * @category guards
 * @since 0.1.0
 */
export const isHandedOver = (status: MessageStatus): boolean => rank(status) >= rank("accepted")
