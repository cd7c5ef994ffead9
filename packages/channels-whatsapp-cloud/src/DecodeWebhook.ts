/**
 * Gives Meta's webhooks our meaning. Nothing is lost: every element of `messages`, `statuses`, `errors`,
 * `message_echoes` and `user_preferences`, and every other change, yields at least one event that carries it as `raw`.
 *
 * @since 0.1.0
 */
import { Option, Result, Schema } from "effect"
import type { InboundEvent } from "@wicara/channels/InboundEvent"
import { accountFields, accountNews, ofOneBusinessAccount } from "./internal/decodeAccount.ts"
import { call, callStatus } from "./internal/decodeCalls.ts"
import { groupChanged } from "./internal/decodeGroups.ts"
import { historyChunk, historyMessage, stateSync } from "./internal/decodeHistory.ts"
import { accountProblem, automaticEvent, echoed, preference, received, status } from "./internal/decodeMessages.ts"
import { baseOf, instant, unknown } from "./internal/event.ts"
import type { Change, Decode } from "./internal/event.ts"
import { idIdentity } from "./internal/people.ts"
import * as Webhook from "./Webhook.ts"

const decodeJson = Schema.decodeUnknownResult(Schema.fromJsonString(Schema.Unknown))
const decodeEnvelope = Schema.decodeUnknownOption(Webhook.Envelope)
const decodeEntry = Schema.decodeUnknownOption(Webhook.Entry)
const decodeChange = Schema.decodeUnknownOption(Webhook.Change)
const decodeValue = Schema.decodeUnknownOption(Webhook.Value)
const decodeContact = Schema.decodeUnknownOption(Webhook.Contact)
const decodeUserIdUpdate = Schema.decodeUnknownOption(Webhook.UserIdUpdate)

/**
 * The account that the webhook was sent to: one callback address may get the events of several.
 *
 * @category models
 * @since 0.1.0
 */
export interface Receiver {
  readonly phoneNumberId: string
  readonly businessAccountId: string
}

/**
 * The events of a webhook body. Never fails: a body that is not JSON is one `Unknown` event of kind `malformed`.
 *
 * @category decoding
 * @since 0.1.0
 */
export const decodeWebhook = (body: Uint8Array, receiver: Receiver): ReadonlyArray<InboundEvent> => {
  const text = new TextDecoder().decode(body)
  const json = decodeJson(text)
  if (Result.isFailure(json)) return [unknown("malformed", text)]
  const envelope = decodeEnvelope(json.success)
  if (Option.isNone(envelope)) return [unknown("malformed", json.success)]
  if (envelope.value.object !== "whatsapp_business_account") {
    return [unknown(`object.${envelope.value.object}`, json.success)]
  }
  return envelope.value.entry.flatMap((raw) => decodeOneEntry(raw, receiver))
}

const decodeOneEntry = (raw: unknown, receiver: Receiver): ReadonlyArray<InboundEvent> => {
  const entry = decodeEntry(raw)
  if (Option.isNone(entry) || entry.value.changes === undefined || entry.value.changes.length === 0) {
    return [unknown("entry", raw)]
  }
  const time = instant(entry.value.time)
  return entry.value.changes.flatMap((rawChange) => {
    const change = decodeChange(rawChange)
    return Option.isNone(change)
      ? [unknown("change", rawChange)]
      : decodeOneChange({ raw: rawChange, time, ...change.value }, entry.value.id, receiver)
  })
}

const decodeOneChange = (
  change: Change,
  entryId: string | undefined,
  receiver: Receiver
): ReadonlyArray<InboundEvent> => {
  const { field, raw } = change
  const value = Option.getOrElse(decodeValue(change.value), (): Webhook.Value => ({}))
  const phoneNumberId = value.metadata?.phone_number_id
  const parts = partsOf(field, value)
  if (phoneNumberId !== undefined && phoneNumberId !== receiver.phoneNumberId) {
    return parts.length === 0
      ? [unknown("other_number", raw)]
      : parts.map((part) => unknown("other_number", part.raw))
  }
  if (parts.length > 0) {
    const contacts = (value.contacts ?? []).flatMap((contact) => Option.toArray(decodeContact(contact)))
    return parts.flatMap((part) => part.decode(part.raw, contacts))
  }
  if (field === "user_id_update") return userIdUpdate(change, value)
  if (accountFields.has(field)) {
    return ofOneBusinessAccount.has(field) && entryId !== undefined && entryId !== receiver.businessAccountId
      ? [unknown("other_account", raw)]
      : [accountNews(change)]
  }
  return [unknown(field, raw)]
}

interface Part {
  readonly raw: unknown
  readonly decode: Decode
}

const partsOf = (field: string, value: Webhook.Value): ReadonlyArray<Part> => {
  const each = (raws: ReadonlyArray<unknown> | undefined, decode: Decode): ReadonlyArray<Part> =>
    (raws ?? []).map((raw) => ({ raw, decode }))
  const problems = each(value.errors, accountProblem)
  switch (field) {
    case "messages":
      return [...each(value.messages, received), ...each(value.statuses, status), ...problems]
    case "smb_message_echoes":
    case "message_echoes":
      return [...each(value.message_echoes, echoed), ...problems]
    case "user_preferences":
      return each(value.user_preferences, preference)
    case "history":
      return [
        ...each(value.history, historyChunk),
        ...each(value.messages, historyMessage(value.metadata?.display_phone_number)),
        ...problems
      ]
    case "smb_app_state_sync":
      return [...each(value.state_sync, stateSync), ...problems]
    case "calls":
      return [...each(value.calls, call), ...each(value.statuses, callStatus), ...problems]
    case "automatic_events":
      return each(value.automatic_events, automaticEvent)
    default:
      return groupFields.has(field) ? [...each(value.groups, groupChanged), ...problems] : []
  }
}

const groupFields = new Set([
  "group_lifecycle_update",
  "group_participants_update",
  "group_participant_update",
  "group_settings_update",
  "group_status_update"
])

const userIdUpdate = (change: Change, value: Webhook.Value): ReadonlyArray<InboundEvent> => {
  const updates = Array.isArray(value.user_id_update) ? value.user_id_update : [value.user_id_update]
  const events = updates.flatMap((raw): ReadonlyArray<InboundEvent> => {
    const update = Option.getOrUndefined(decodeUserIdUpdate(raw))
    const pairs = [["bsuid", update?.user_id], ["parent_bsuid", update?.parent_user_id]] as const
    const changes = pairs.flatMap(([kind, pair]): ReadonlyArray<InboundEvent> => {
      const [from] = idIdentity(kind, pair?.previous)
      const [to] = idIdentity(kind, pair?.current)
      return from === undefined || to === undefined
        ? []
        : [{ _tag: "IdentityChanged", ...baseOf(raw, update?.timestamp), from, to }]
    })
    return changes.length > 0 || raw === undefined ? changes : [unknown("user_id_update", raw)]
  })
  return events.length > 0 ? events : [unknown("user_id_update", change.raw)]
}
