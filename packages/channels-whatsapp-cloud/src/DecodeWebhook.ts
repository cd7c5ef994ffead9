/**
 * Gives Meta's webhooks our meaning. Nothing is lost: every element of `messages`, `statuses`, `errors`,
 * `message_echoes` and `user_preferences`, and every other change, yields at least one event that carries it as `raw`.
 *
 * @since 0.1.0
 */
import { Option, Result, Schema } from "effect"
import type { Address, Identity } from "@wicara/channels/Address"
import type { InboundEvent, Participant, ProviderError } from "@wicara/channels/InboundEvent"
import { decodeContent } from "./DecodeContent.ts"
import * as ErrorTable from "./ErrorTable.ts"
import { accountFields, accountNews, ofOneBusinessAccount } from "./internal/decodeAccount.ts"
import { baseOf, instant, unknown } from "./internal/event.ts"
import type { Change } from "./internal/event.ts"
import { optional } from "./internal/optional.ts"
import { addressOf, idIdentity, nonEmpty, phoneIdentity, username } from "./internal/people.ts"
import * as Webhook from "./Webhook.ts"

const decodeJson = Schema.decodeUnknownResult(Schema.fromJsonString(Schema.Unknown))
const decodeEnvelope = Schema.decodeUnknownOption(Webhook.Envelope)
const decodeEntry = Schema.decodeUnknownOption(Webhook.Entry)
const decodeChange = Schema.decodeUnknownOption(Webhook.Change)
const decodeValue = Schema.decodeUnknownOption(Webhook.Value)
const decodeContact = Schema.decodeUnknownOption(Webhook.Contact)
const decodeMessage = Schema.decodeUnknownOption(Webhook.Message)
const decodeStatus = Schema.decodeUnknownOption(Webhook.Status)
const decodeProblem = Schema.decodeUnknownOption(Webhook.Problem)
const decodePreference = Schema.decodeUnknownOption(Webhook.Preference)
const decodeUserIdUpdate = Schema.decodeUnknownOption(Webhook.UserIdUpdate)
const isStatus = Schema.is(Schema.Literals(["sent", "delivered", "read", "played", "failed"]))

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
  readonly decode: (raw: unknown, contacts: ReadonlyArray<Webhook.Contact>) => ReadonlyArray<InboundEvent>
}

const partsOf = (field: string, value: Webhook.Value): ReadonlyArray<Part> => {
  const each = (raws: ReadonlyArray<unknown> | undefined, decode: Part["decode"]): ReadonlyArray<Part> =>
    (raws ?? []).map((raw) => ({ raw, decode }))
  switch (field) {
    case "messages":
      return [
        ...each(value.messages, received),
        ...each(value.statuses, status),
        ...each(value.errors, accountProblem)
      ]
    case "smb_message_echoes":
    case "message_echoes":
      return [...each(value.message_echoes, echoed), ...each(value.errors, accountProblem)]
    case "user_preferences":
      return each(value.user_preferences, preference)
    default:
      return []
  }
}

const received: Part["decode"] = (raw, contacts) => {
  const decoded = decodeMessage(raw)
  if (Option.isNone(decoded)) return [unknown("message", raw)]
  const message = decoded.value
  const identities = sendersIdentities(message, contacts)
  const base = baseOf(raw, message.timestamp)
  if (message.id === undefined || identities === undefined) return [unknown("message", raw)]
  const sender: Participant = { identities, ...optional("displayName", contactOf(message, contacts)?.profile?.name) }
  const chat: Address = message.group_id !== undefined
    ? { kind: "group", value: message.group_id }
    : addressOf(identities[0])
  const change = changeOf(message, { ...base, providerMessageId: message.id, chat, sender, fromBusiness: false })
  if (change !== undefined) return [change]
  return [
    {
      _tag: "MessageReceived",
      ...base,
      providerMessageId: message.id,
      chat,
      sender,
      content: decodeContent(message),
      ...optional("replyTo", message.context?.id),
      ...(message.context?.forwarded === true || message.context?.frequently_forwarded === true
        ? { forwarded: true }
        : undefined),
      ...optional("referral", message.referral ?? undefined)
    },
    ...identityChanges(message, base)
  ]
}

const echoed: Part["decode"] = (raw, contacts) => {
  const decoded = decodeMessage(raw)
  if (Option.isNone(decoded)) return [unknown("message_echo", raw)]
  const message = decoded.value
  const identities = nonEmpty([
    ...phoneIdentity(message.to),
    ...idIdentity("bsuid", message.to_user_id),
    ...idIdentity("parent_bsuid", message.to_parent_user_id)
  ])
  if (message.id === undefined || identities === undefined) return [unknown("message_echo", raw)]
  const name = contacts.length === 1 ? contacts[0]?.profile?.name : undefined
  const recipient: Participant = { identities, ...optional("displayName", name) }
  const chat = addressOf(identities[0])
  const base = baseOf(raw, message.timestamp)
  const change = changeOf(message, {
    ...base,
    providerMessageId: message.id,
    chat,
    sender: recipient,
    fromBusiness: true
  })
  return [
    change ?? {
      _tag: "MessageEchoed",
      ...base,
      providerMessageId: message.id,
      chat,
      recipient,
      source: "phone",
      content: decodeContent(message),
      ...optional("replyTo", message.context?.id)
    }
  ]
}

/** A reaction, edit or revoke: a change of another message rather than a message. */
const changeOf = (
  message: Webhook.Message,
  about: {
    readonly raw: unknown
    readonly timestamp?: number
    readonly providerMessageId: string
    readonly chat: Address
    readonly sender: Participant
    readonly fromBusiness: boolean
  }
): InboundEvent | undefined => {
  const { providerMessageId, ...rest } = about
  switch (message.type) {
    case "reaction": {
      const target = message.reaction?.message_id
      const emoji = message.reaction?.emoji
      return target === undefined ? undefined : {
        _tag: "ReactionChanged",
        ...rest,
        providerMessageId,
        targetProviderMessageId: target,
        emoji: emoji === undefined || emoji === "" ? null : emoji
      }
    }
    case "edit": {
      const target = message.edit?.original_message_id
      return target === undefined ? undefined : {
        _tag: "MessageEdited",
        ...rest,
        targetProviderMessageId: target,
        content: decodeContent(message.edit?.message ?? {})
      }
    }
    case "revoke": {
      const target = message.revoke?.original_message_id
      if (target === undefined) return undefined
      const { sender: _, ...revoked } = rest
      return { _tag: "MessageRevoked", ...revoked, targetProviderMessageId: target }
    }
    default:
      return undefined
  }
}

/**
 * What a system message says about identities: `user_changed_number` names the new number and, since August 2026, the
 * old and new user ids; `user_changed_user_id` only the ids.
 */
const identityChanges = (
  message: Webhook.Message,
  base: { readonly raw: unknown; readonly timestamp?: number }
): ReadonlyArray<InboundEvent> => {
  const { system } = message
  if (message.type !== "system" || system === undefined) return []
  const changed = (from: ReadonlyArray<Identity>, to: ReadonlyArray<Identity>): ReadonlyArray<InboundEvent> => {
    const [one] = from
    const [other] = to
    return one === undefined || other === undefined || (one.kind === other.kind && one.value === other.value)
      ? []
      : [{ _tag: "IdentityChanged", ...base, from: one, to: other }]
  }
  return [
    ...(system.type === "user_changed_number" || system.type === "customer_changed_number"
      ? changed(phoneIdentity(message.from), phoneIdentity(system.wa_id ?? system.new_wa_id))
      : []),
    ...changed(
      idIdentity("bsuid", system.previous_user_id ?? message.from_user_id),
      idIdentity("bsuid", system.user_id)
    ),
    ...changed(
      idIdentity("parent_bsuid", system.previous_parent_user_id ?? message.from_parent_user_id),
      idIdentity("parent_bsuid", system.parent_user_id)
    )
  ]
}

const status: Part["decode"] = (raw) => {
  const decoded = decodeStatus(raw)
  if (Option.isNone(decoded) || decoded.value.id === undefined) return [unknown("status", raw)]
  const { id, status } = decoded.value
  if (!isStatus(status)) return [unknown(status === undefined ? "status" : `status.${status}`, raw)]
  return [{
    _tag: "StatusChanged",
    ...baseOf(raw, decoded.value.timestamp),
    providerMessageId: id,
    status,
    ...optional("callbackData", decoded.value.biz_opaque_callback_data),
    ...optional("error", firstProblem(decoded.value.errors)),
    ...optional("pricing", decoded.value.pricing ?? undefined),
    ...optional("recipient", recipientOf(decoded.value))
  }]
}

const recipientOf = (status: typeof Webhook.Status.Type): Address | undefined => {
  if (status.recipient_type === "group" && status.recipient_id !== undefined) {
    return { kind: "group", value: status.recipient_id }
  }
  const [identity] = [...phoneIdentity(status.recipient_id), ...idIdentity("bsuid", status.recipient_user_id)]
  return identity === undefined ? undefined : addressOf(identity)
}

const firstProblem = (errors: ReadonlyArray<unknown> | undefined): ProviderError | undefined => {
  const problem = errors?.[0] === undefined ? undefined : Option.getOrUndefined(decodeProblem(errors[0]))
  return problem === undefined ? undefined : providerError(problem)
}

const providerError = (problem: typeof Webhook.Problem.Type): ProviderError => ({
  code: problem.code ?? "unknown",
  title: problem.title ?? problem.message ?? "",
  ...optional("details", problem.error_data?.details)
})

const accountProblem: Part["decode"] = (raw) => {
  const problem = Option.map(decodeProblem(raw), providerError)
  if (Option.isNone(problem)) return [unknown("error", raw)]
  const { code, details, title } = problem.value
  return [{
    _tag: "AccountChanged",
    raw,
    kind: "error",
    ...(ErrorTable.lookup(code)?.scope === "account" ? { state: "needs_action" as const } : undefined),
    detail: `${code}: ${details ?? title}`
  }]
}

const preference: Part["decode"] = (raw) => {
  const decoded = Option.getOrUndefined(decodePreference(raw))
  const [identity] = [...phoneIdentity(decoded?.wa_id), ...idIdentity("bsuid", decoded?.user_id)]
  const value = decoded?.value
  return [
    identity !== undefined && decoded?.category === "marketing_messages" && (value === "stop" || value === "resume")
      ? { _tag: "MarketingPreferenceChanged", ...baseOf(raw, decoded.timestamp), identity, value }
      : unknown("user_preferences", raw)
  ]
}

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

const contactOf = (
  message: Webhook.Message,
  contacts: ReadonlyArray<Webhook.Contact>
): Webhook.Contact | undefined =>
  contacts.find((contact) =>
    (message.from_user_id !== undefined && contact.user_id === message.from_user_id) ||
    (message.from !== undefined && contact.wa_id === message.from)
  ) ?? (contacts.length === 1 ? contacts[0] : undefined)

const sendersIdentities = (message: Webhook.Message, contacts: ReadonlyArray<Webhook.Contact>) => {
  const contact = contactOf(message, contacts)
  return nonEmpty([
    ...phoneIdentity(message.from),
    ...phoneIdentity(contact?.wa_id),
    ...idIdentity("bsuid", message.from_user_id ?? contact?.user_id ?? message.system?.user_id),
    ...idIdentity("parent_bsuid", message.from_parent_user_id ?? contact?.parent_user_id),
    ...username(contact?.profile?.username)
  ])
}
