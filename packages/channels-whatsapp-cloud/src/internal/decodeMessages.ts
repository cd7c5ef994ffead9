import { Option, Schema } from "effect"
import type { Address, Identity } from "@wicara/channels/Address"
import type { InboundEvent, Participant, ProviderError } from "@wicara/channels/InboundEvent"
import { decodeContent } from "../DecodeContent.ts"
import * as ErrorTable from "../ErrorTable.ts"
import * as Webhook from "../Webhook.ts"
import { baseOf, unknown } from "./event.ts"
import type { Decode } from "./event.ts"
import { optional } from "./optional.ts"
import { addressOf, idIdentity, nonEmpty, phoneIdentity, username } from "./people.ts"

const decodeMessage = Schema.decodeUnknownOption(Webhook.Message)
const decodeStatus = Schema.decodeUnknownOption(Webhook.Status)
const decodeProblem = Schema.decodeUnknownOption(Webhook.Problem)
const decodePayment = Schema.decodeUnknownOption(Webhook.Payment)
const decodeAutomaticEvent = Schema.decodeUnknownOption(Webhook.AutomaticEvent)
const decodePreference = Schema.decodeUnknownOption(Webhook.Preference)
const isStatus = Schema.is(Schema.Literals(["sent", "delivered", "read", "played", "failed"]))

/** @internal */
export const received: Decode = (raw, contacts) => {
  const decoded = decodeMessage(raw)
  if (Option.isNone(decoded)) return [unknown("message", raw)]
  const message = decoded.value
  const sender = senderOf(message, contacts)
  const base = baseOf(raw, message.timestamp)
  if (message.id === undefined || sender === undefined) return [unknown("message", raw)]
  const chat: Address = message.group_id !== undefined
    ? { kind: "group", value: message.group_id }
    : addressOf(sender.identities[0])
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
      ...originOf(message)
    },
    ...identityChanges(message, base)
  ]
}

/** What a message answers, asks about or comes from. @internal */
export const originOf = (message: Webhook.Message) => ({
  ...optional("replyTo", message.context?.id),
  ...(message.context?.forwarded === true || message.context?.frequently_forwarded === true
    ? { forwarded: true }
    : undefined),
  ...optional("referral", message.referral ?? undefined),
  ...optional("product", productOf(message))
})

const productOf = ({ context }: Webhook.Message) => {
  const { catalog_id: catalogId, product_retailer_id: productId } = context?.referred_product ?? {}
  return catalogId === undefined || productId === undefined ? undefined : { catalogId, productId }
}

/** @internal */
export const echoed: Decode = (raw, contacts) => {
  const decoded = decodeMessage(raw)
  if (Option.isNone(decoded)) return [unknown("message_echo", raw)]
  const message = decoded.value
  const recipient = participant([
    ...phoneIdentity(message.to),
    ...idIdentity("bsuid", message.to_user_id),
    ...idIdentity("parent_bsuid", message.to_parent_user_id)
  ], contacts.length === 1 ? contacts[0] : undefined)
  if (message.id === undefined || recipient === undefined) return [unknown("message_echo", raw)]
  const chat: Address = message.group_id !== undefined
    ? { kind: "group", value: message.group_id }
    : addressOf(recipient.identities[0])
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
      return { _tag: "MessageRevoked", ...rest, targetProviderMessageId: target }
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

/** @internal */
export const status: Decode = (raw, contacts) => {
  const decoded = decodeStatus(raw)
  if (Option.isNone(decoded) || decoded.value.id === undefined) return [unknown("status", raw)]
  const { id, status, type } = decoded.value
  if (type === "payment" || decoded.value.payment !== undefined) return [payment(decoded.value, raw)]
  if (!isStatus(status)) return [unknown(status === undefined ? "status" : `status.${status}`, raw)]
  const base = baseOf(raw, decoded.value.timestamp)
  const error = firstProblem(decoded.value.errors)
  const recipient = recipientOf(decoded.value)
  const told: InboundEvent = {
    _tag: "StatusChanged",
    ...base,
    providerMessageId: id,
    status,
    ...optional("callbackData", decoded.value.biz_opaque_callback_data),
    ...optional("error", error),
    ...optional("pricing", decoded.value.pricing ?? undefined),
    ...optional("recipient", recipient),
    ...optional("participant", participantOf(decoded.value)),
    ...optional("contact", namedIn(decoded.value, contacts))
  }
  const [stopped] = error?.code !== ErrorTable.stoppedMarketing || recipient?.kind === "group"
    ? []
    : [...phoneIdentity(decoded.value.recipient_id), ...idIdentity("bsuid", decoded.value.recipient_user_id)]
  return stopped === undefined
    ? [told]
    : [told, { _tag: "MarketingPreferenceChanged", ...base, identity: stopped, value: "stop" }]
}

const participantOf = (status: typeof Webhook.Status.Type): Identity | undefined =>
  [
    ...phoneIdentity(status.recipient_participant_id),
    ...idIdentity("bsuid", status.recipient_participant_user_id)
  ][0]

/** Whom the webhook names beside the status, and with which other identities. */
const namedIn = (
  status: typeof Webhook.Status.Type,
  contacts: ReadonlyArray<Webhook.Contact>
): Participant | undefined => {
  const contact = contacts.find(({ user_id, wa_id }) =>
    (wa_id !== undefined && wa_id === status.recipient_id) ||
    (user_id !== undefined && user_id === status.recipient_user_id)
  )
  return contact === undefined ? undefined : participant([
    ...phoneIdentity(status.recipient_id),
    ...phoneIdentity(contact.wa_id),
    ...idIdentity("bsuid", status.recipient_user_id),
    ...idIdentity("parent_bsuid", status.parent_recipient_user_id)
  ], contact)
}

/** Somebody by the identities that a payload names, and those of the contact beside it. */
const participant = (
  identities: ReadonlyArray<Identity>,
  contact: Webhook.Contact | undefined
): Participant | undefined => {
  const all = nonEmpty([
    ...identities,
    ...idIdentity("bsuid", identities.some(({ kind }) => kind === "bsuid") ? undefined : contact?.user_id),
    ...idIdentity("parent_bsuid", contact?.parent_user_id),
    ...username(contact?.profile?.username)
  ])
  return all === undefined ? undefined : {
    identities: all,
    ...optional("displayName", contact?.profile?.name),
    ...optional("keyHash", contact?.identity_key_hash)
  }
}

/** A payment in a chat. It is nothing that was said, and no receipt of a message: the account's news in words. */
const payment = (status: typeof Webhook.Status.Type, raw: unknown): InboundEvent => {
  const part = Option.getOrUndefined(decodePayment(status.payment))
  const amount = part?.total_amount ?? part?.amount
  return {
    _tag: "AccountChanged",
    ...baseOf(raw, status.timestamp),
    kind: "payment",
    detail: [
      status.status,
      part?.reference_id,
      amount?.value === undefined ? undefined : `${amount.value / (amount.offset ?? 1)} ${part?.currency ?? ""}`.trim(),
      status.recipient_id
    ].filter((word) => word !== undefined).join(" ")
  }
}

/** @internal */
export const automaticEvent: Decode = (raw) => {
  const one = Option.getOrUndefined(decodeAutomaticEvent(raw))
  return one?.event_name === undefined
    ? [unknown("automatic_events", raw)]
    : [{
      _tag: "AccountChanged",
      ...baseOf(raw, one.timestamp),
      kind: "automatic_events",
      detail: [one.event_name, one.id].filter((word) => word !== undefined).join(" ")
    }]
}

const recipientOf = (status: typeof Webhook.Status.Type): Address | undefined => {
  const group = status.group_id ?? (status.recipient_type === "group" ? status.recipient_id : undefined)
  if (group !== undefined) return { kind: "group", value: group }
  const [identity] = [...phoneIdentity(status.recipient_id), ...idIdentity("bsuid", status.recipient_user_id)]
  return identity === undefined ? undefined : addressOf(identity)
}

/** @internal */
export const firstProblem = (errors: ReadonlyArray<unknown> | undefined): ProviderError | undefined => {
  const problem = errors?.[0] === undefined ? undefined : Option.getOrUndefined(decodeProblem(errors[0]))
  return problem === undefined ? undefined : providerError(problem)
}

const providerError = (problem: typeof Webhook.Problem.Type): ProviderError => ({
  code: problem.code ?? "unknown",
  title: problem.title ?? problem.message ?? "",
  ...optional("details", problem.error_data?.details)
})

/** @internal */
export const accountProblem: Decode = (raw) => {
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

/** @internal */
export const preference: Decode = (raw, contacts) => {
  const decoded = Option.getOrUndefined(decodePreference(raw))
  const [identity] = [...phoneIdentity(decoded?.wa_id), ...idIdentity("bsuid", decoded?.user_id)]
  const value = decoded?.value
  if (
    identity === undefined || decoded?.category !== "marketing_messages" || (value !== "stop" && value !== "resume")
  ) return [unknown("user_preferences", raw)]
  const base = baseOf(raw, decoded.timestamp)
  const contact = contacts.find(({ user_id, wa_id }) => wa_id === decoded.wa_id || user_id === decoded.user_id)
  const named = participant([
    ...phoneIdentity(decoded.wa_id),
    ...idIdentity("bsuid", decoded.user_id ?? contact?.user_id),
    ...phoneIdentity(contact?.wa_id)
  ], contact)
  return [
    { _tag: "MarketingPreferenceChanged", ...base, identity, value },
    ...(named === undefined || (named.displayName === undefined && named.identities.length === 1)
      ? []
      : [{ _tag: "ContactChanged" as const, ...base, participant: named }])
  ]
}

const contactOf = (
  message: Webhook.Message,
  contacts: ReadonlyArray<Webhook.Contact>
): Webhook.Contact | undefined =>
  contacts.find((contact) =>
    (message.from_user_id !== undefined && contact.user_id === message.from_user_id) ||
    (message.from !== undefined && contact.wa_id === message.from)
  ) ?? (contacts.length === 1 ? contacts[0] : undefined)

const senderOf = (message: Webhook.Message, contacts: ReadonlyArray<Webhook.Contact>): Participant | undefined => {
  const contact = contactOf(message, contacts)
  return participant([
    ...phoneIdentity(message.from),
    ...phoneIdentity(contact?.wa_id),
    ...idIdentity("bsuid", message.from_user_id ?? contact?.user_id ?? message.system?.user_id),
    ...idIdentity("parent_bsuid", message.from_parent_user_id)
  ], contact)
}
