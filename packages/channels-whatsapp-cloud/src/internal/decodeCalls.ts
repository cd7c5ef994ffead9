import { Option, Predicate, Schema } from "effect"
import type { CallChanged } from "@wicara/channels/InboundEvent"
import * as Webhook from "../Webhook.ts"
import { baseOf, unknown } from "./event.ts"
import type { Decode } from "./event.ts"
import { optional } from "./optional.ts"
import { addressOf, idIdentity, nonEmpty, phoneIdentity, username } from "./people.ts"

const decodeCall = Schema.decodeUnknownOption(Webhook.Call)
const decodeCallStatus = Schema.decodeUnknownOption(Webhook.Status)

/** A call that begins to ring or ended. @internal */
export const call: Decode = (raw, contacts) => {
  const one = Option.getOrUndefined(decodeCall(raw))
  const direction = one?.direction === "BUSINESS_INITIATED" ? "outbound" : "inbound"
  const contact = contacts.length === 1 ? contacts[0] : undefined
  const identities = nonEmpty([
    ...phoneIdentity(direction === "inbound" ? one?.from : one?.to),
    ...phoneIdentity(contact?.wa_id),
    ...idIdentity("bsuid", (direction === "inbound" ? one?.from_user_id : one?.to_user_id) ?? contact?.user_id),
    ...idIdentity("parent_bsuid", contact?.parent_user_id),
    ...username(contact?.profile?.username)
  ])
  const status = statusOf(one, direction)
  if (one?.id === undefined || identities === undefined || status === undefined) return [unknown("call", raw)]
  return [{
    _tag: "CallChanged",
    ...baseOf(raw, one.timestamp),
    callId: one.id,
    chat: addressOf(identities[0]),
    participant: { identities, ...optional("displayName", contact?.profile?.name) },
    direction,
    status,
    video: false,
    ...optional("duration", one.duration)
  }]
}

const statusOf = (
  one: typeof Webhook.Call.Type | undefined,
  direction: CallChanged["direction"]
): CallChanged["status"] | undefined => {
  switch (one?.event) {
    case "connect":
      return "ringing"
    case "terminate": {
      if (one.duration !== undefined && one.duration > 0) return "ended"
      const word = Array.isArray(one.status) ? one.status[0] : one.status
      if (word === "REJECTED") return "rejected"
      // Nobody took it: a call of the customer that we missed, or one of ours that came to nothing.
      return direction === "inbound"
        ? "missed"
        : Predicate.isString(word) && word.toUpperCase() === "COMPLETED"
        ? "ended"
        : "failed"
    }
    default:
      return undefined
  }
}

const reached: Readonly<Record<string, CallChanged["status"]>> = {
  RINGING: "ringing",
  ACCEPTED: "accepted",
  REJECTED: "rejected"
}

/** How far a call of ours came. @internal */
export const callStatus: Decode = (raw) => {
  const one = Option.getOrUndefined(decodeCallStatus(raw))
  const status = reached[one?.status?.toUpperCase() ?? ""]
  const identities = nonEmpty([
    ...phoneIdentity(one?.recipient_id),
    ...idIdentity("bsuid", one?.recipient_user_id),
    ...idIdentity("parent_bsuid", one?.parent_recipient_user_id)
  ])
  if (one?.id === undefined || identities === undefined || status === undefined) return [unknown("call", raw)]
  return [{
    _tag: "CallChanged",
    ...baseOf(raw, one.timestamp),
    callId: one.id,
    chat: addressOf(identities[0]),
    participant: { identities },
    direction: "outbound",
    status,
    video: false
  }]
}
