import { Option, Schema } from "effect"
import type { Address } from "@wicara/channels/Address"
import type { InboundEvent, MessageEchoed, MessageReceived, ProviderStatus } from "@wicara/channels/InboundEvent"
import { decodeContent } from "../DecodeContent.ts"
import * as Webhook from "../Webhook.ts"
import { accountProblem, originOf } from "./decodeMessages.ts"
import { baseOf, unknown } from "./event.ts"
import type { Decode } from "./event.ts"
import { optional } from "./optional.ts"
import { addressOf, idIdentity, nonEmpty, phoneIdentity, username } from "./people.ts"

const decodeChunk = Schema.decodeUnknownOption(Webhook.HistoryChunk)
const decodeThread = Schema.decodeUnknownOption(Webhook.HistoryThread)
const decodeMessage = Schema.decodeUnknownOption(Webhook.HistoryMessage)
const decodeSync = Schema.decodeUnknownOption(Webhook.StateSync)

/** A chunk of the chats that the business had on its phone: how far it is, then every message as from the past. @internal */
export const historyChunk: Decode = (raw) => {
  const chunk = Option.getOrUndefined(decodeChunk(raw))
  if (chunk === undefined || (chunk.threads === undefined && chunk.errors === undefined)) {
    return [unknown("history", raw)]
  }
  const { chunk_order: order, phase, progress } = chunk.metadata ?? {}
  const detail = [
    phase === undefined ? undefined : `phase ${phase}`,
    order === undefined ? undefined : `chunk ${order}`,
    progress === undefined ? undefined : `${progress} %`
  ].filter((part) => part !== undefined).join(", ")
  return [
    ...(detail === "" ? [] : [{ _tag: "AccountChanged" as const, raw: chunk.metadata, kind: "history", detail }]),
    ...(chunk.errors ?? []).flatMap((error) => accountProblem(error, [])),
    ...(chunk.threads ?? []).flatMap(thread)
  ]
}

const thread = (raw: unknown): ReadonlyArray<InboundEvent> => {
  const decoded = Option.getOrUndefined(decodeThread(raw))
  const identities = nonEmpty([
    ...phoneIdentity(decoded?.id ?? decoded?.context?.wa_id),
    ...idIdentity("bsuid", decoded?.context?.user_id),
    ...username(decoded?.context?.username)
  ])
  if (decoded?.messages === undefined || identities === undefined) return [unknown("history", raw)]
  const chat = addressOf(identities[0])
  return decoded.messages.flatMap((message) => historical(message, { chat, identities }))
}

/** A message with its file, sent after the chunk that only kept a place for it. @internal */
export const historyMessage = (displayPhoneNumber: string | undefined): Decode => (raw) => {
  const message = Option.getOrUndefined(decodeMessage(raw))
  const own = message?.from !== undefined && message.from === displayPhoneNumber
  const identities = nonEmpty([
    ...phoneIdentity(own ? message.to : message?.from),
    ...idIdentity("bsuid", own ? message.to_user_id : message?.from_user_id)
  ])
  return identities === undefined
    ? [unknown("history", raw)]
    : historical(raw, { chat: addressOf(identities[0]), identities })
}

const historical = (
  raw: unknown,
  other: { readonly chat: Address; readonly identities: NonNullable<ReturnType<typeof nonEmpty>> }
): ReadonlyArray<InboundEvent> => {
  const message = Option.getOrUndefined(decodeMessage(raw))
  if (message?.id === undefined) return [unknown("history", raw)]
  const base = baseOf(raw, message.timestamp)
  const common = {
    ...base,
    providerMessageId: message.id,
    chat: other.chat,
    content: decodeContent(message),
    historical: true
  }
  const people = { identities: other.identities }
  const [sender] = [...phoneIdentity(message.from), ...idIdentity("bsuid", message.from_user_id)]
  const isTheirs = message.history_context?.from_me === undefined
    ? other.identities.some(({ kind, value }) => kind === sender?.kind && value === sender.value)
    : !message.history_context.from_me
  if (isTheirs) {
    return [{ _tag: "MessageReceived", ...common, ...originOf(message), sender: people } satisfies MessageReceived]
  }
  const status = statuses[message.history_context?.status?.toUpperCase() ?? ""]
  return [
    {
      _tag: "MessageEchoed",
      ...common,
      ...optional("replyTo", message.context?.id),
      recipient: people,
      source: "phone"
    } satisfies MessageEchoed,
    ...(status === undefined
      ? []
      : [{ _tag: "StatusChanged" as const, ...base, providerMessageId: message.id, status, recipient: other.chat }])
  ]
}

/** How far a message of the past came. */
const statuses: Readonly<Record<string, ProviderStatus>> = {
  SENT: "sent",
  DELIVERED: "delivered",
  READ: "read",
  PLAYED: "played",
  ERROR: "failed"
}

/** A change of the phone's address book. @internal */
export const stateSync: Decode = (raw) => {
  const sync = Option.getOrUndefined(decodeSync(raw))
  const identities = nonEmpty([
    ...phoneIdentity(sync?.contact?.phone_number),
    ...idIdentity("bsuid", sync?.contact?.user_id),
    ...username(sync?.contact?.username)
  ])
  if (sync?.type !== "contact" || identities === undefined) return [unknown("smb_app_state_sync", raw)]
  return [{
    _tag: "ContactChanged",
    ...baseOf(raw, sync.metadata?.timestamp),
    participant: { identities, ...optional("displayName", sync.contact?.full_name ?? sync.contact?.first_name) },
    ...(sync.action === "remove" ? { removed: true } : undefined)
  }]
}
