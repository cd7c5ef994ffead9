import { DateTime, Schema } from "effect"
import type { ChannelAccountId, HeldReason } from "@wicara/channels/ChannelAdapter"
import { AskedProduct, ProviderError } from "@wicara/channels/InboundEvent"
import { MessageTarget } from "@wicara/channels/MessageAction"
import { MessageContent } from "@wicara/channels/MessageContent"
import type { ContactId } from "@wicara/contacts/Contact"
import * as Id from "@wicara/core/Id"
import type { OrganizationId, UserId } from "@wicara/core/Tenancy"
import { Verdict } from "../CanSend.ts"
import type { Purpose } from "../CanSend.ts"
import type { ConversationId } from "../Conversation.ts"
import { Message } from "../Message.ts"
import type { Author, MessageId, PollVote, Reaction } from "../Message.ts"
import type * as MessageStatus from "../MessageStatus.ts"

/** A message as code works on it: ids as text, instants as epoch milliseconds. */
export interface MessageRow {
  readonly organizationId: OrganizationId
  readonly conversationId: ConversationId
  readonly id: MessageId
  readonly channelAccountId: ChannelAccountId
  readonly providerMessageId: string | null
  readonly idempotencyKey: string | null
  readonly direction: "inbound" | "outbound"
  readonly author: Author
  readonly authorId: UserId | null
  /** Who wrote it, in a group. */
  readonly contactId: ContactId | null
  readonly content: MessageContent
  readonly replyTo: string | null
  readonly forwarded: boolean
  readonly referral: Schema.Json | null
  readonly product: AskedProduct | null
  readonly sentAt: number
  readonly receivedAt: number
  readonly providerTime: number | null
  readonly status: MessageStatus.MessageStatus | null
  readonly deliveredAt: number | null
  readonly readAt: number | null
  readonly error: ProviderError | null
  readonly verdict: Verdict | null
  readonly purpose: Purpose | null
  readonly epoch: number | null
  readonly editedAt: number | null
  readonly revokedAt: number | null
  /** The message that it is, forwarded. */
  readonly forwardOf: MessageTarget | null
  readonly pinnedUntil: number | null
  readonly starred: boolean
  readonly historical: boolean
  readonly stalledAt: number | null
  readonly held: HeldReason | null
  /** When it failed without having been sent, for a reason that passes. */
  readonly resendableAt: number | null
}

export interface Stored {
  readonly organization_id: Uint8Array
  readonly conversation_id: Uint8Array
  readonly id: Uint8Array
  readonly channel_account_id: Uint8Array
  readonly provider_message_id: string | null
  readonly idempotency_key: string | null
  readonly direction: "inbound" | "outbound"
  readonly author: Author
  readonly author_id: Uint8Array | null
  readonly contact_id: Uint8Array | null
  readonly content: string
  readonly reply_to: string | null
  readonly forwarded: unknown
  readonly referral: string | null
  readonly product: string | null
  readonly sent_at: unknown
  readonly received_at: unknown
  readonly provider_time: unknown
  readonly status: MessageStatus.MessageStatus | null
  readonly delivered_at: unknown
  readonly read_at: unknown
  readonly error: string | null
  readonly verdict: string | null
  readonly purpose: Purpose | null
  readonly epoch: unknown
  readonly edited_at: unknown
  readonly revoked_at: unknown
  readonly forward_of: string | null
  readonly pinned_until: unknown
  readonly starred: unknown
  readonly historical: unknown
  readonly stalled_at: unknown
  readonly held: HeldReason | null
  readonly resendable_at: unknown
}

const deliveryFields = [
  "organization_id",
  "conversation_id",
  "id",
  "channel_account_id",
  "provider_message_id",
  "direction",
  "author",
  "status",
  "delivered_at",
  "read_at",
  "error",
  "stalled_at",
  "held"
] as const

export type StoredDelivery = Pick<Stored, (typeof deliveryFields)[number]>

/** How far a message is, without what it says. */
export type DeliveryRow = Pick<
  MessageRow,
  | "organizationId"
  | "conversationId"
  | "id"
  | "channelAccountId"
  | "providerMessageId"
  | "direction"
  | "author"
  | "status"
  | "deliveredAt"
  | "readAt"
  | "error"
  | "stalledAt"
  | "held"
>

const ContentText = Schema.fromJsonString(MessageContent)
export const encodeContent = Schema.encodeSync(ContentText)
export const decodeContent = Schema.decodeUnknownSync(ContentText)
const ErrorText = Schema.fromJsonString(ProviderError)
export const encodeError = Schema.encodeSync(ErrorText)
const decodeError = Schema.decodeUnknownSync(ErrorText)
const VerdictText = Schema.fromJsonString(Verdict)
export const encodeVerdict = Schema.encodeSync(VerdictText)
const decodeVerdict = Schema.decodeUnknownSync(VerdictText)
const decodeJson = Schema.decodeUnknownSync(Schema.fromJsonString(Schema.Json))
const ProductText = Schema.fromJsonString(AskedProduct)
export const encodeProduct = Schema.encodeSync(ProductText)
const decodeProduct = Schema.decodeUnknownSync(ProductText)
const TargetText = Schema.fromJsonString(MessageTarget)
export const encodeTarget = Schema.encodeSync(TargetText)
const decodeTarget = Schema.decodeUnknownSync(TargetText)
const OptionsText = Schema.fromJsonString(Schema.Array(Schema.String))
export const encodeOptions = Schema.encodeSync(OptionsText)
export const decodeOptions = Schema.decodeUnknownSync(OptionsText)
export const encodeJson = Schema.encodeSync(Schema.fromJsonString(Schema.Unknown))

const nullableNumber = (value: unknown): number | null => value === null ? null : Number(value)

export const decodeDelivery = (row: StoredDelivery): DeliveryRow => ({
  organizationId: Id.fromBytes(row.organization_id),
  conversationId: Id.fromBytes(row.conversation_id),
  id: Id.fromBytes(row.id),
  channelAccountId: Id.fromBytes(row.channel_account_id),
  providerMessageId: row.provider_message_id,
  direction: row.direction,
  author: row.author,
  status: row.status,
  deliveredAt: nullableNumber(row.delivered_at),
  readAt: nullableNumber(row.read_at),
  error: row.error === null ? null : decodeError(row.error),
  stalledAt: nullableNumber(row.stalled_at),
  held: row.held
})

export const decode = (row: Stored): MessageRow => ({
  ...decodeDelivery(row),
  idempotencyKey: row.idempotency_key,
  authorId: row.author_id === null ? null : Id.fromBytes(row.author_id),
  contactId: row.contact_id === null ? null : Id.fromBytes(row.contact_id),
  content: decodeContent(row.content),
  replyTo: row.reply_to,
  forwarded: Number(row.forwarded) === 1,
  referral: row.referral === null ? null : decodeJson(row.referral),
  product: row.product === null ? null : decodeProduct(row.product),
  sentAt: Number(row.sent_at),
  receivedAt: Number(row.received_at),
  providerTime: nullableNumber(row.provider_time),
  verdict: row.verdict === null ? null : decodeVerdict(row.verdict),
  purpose: row.purpose,
  epoch: nullableNumber(row.epoch),
  editedAt: nullableNumber(row.edited_at),
  revokedAt: nullableNumber(row.revoked_at),
  forwardOf: row.forward_of === null ? null : decodeTarget(row.forward_of),
  pinnedUntil: nullableNumber(row.pinned_until),
  starred: Number(row.starred) === 1,
  historical: Number(row.historical) === 1,
  resendableAt: nullableNumber(row.resendable_at)
})

const instant = (value: number | null) => value === null ? null : DateTime.makeUnsafe(value)

export const toMessage = (
  row: MessageRow,
  reactions: ReadonlyArray<Reaction>,
  votes: ReadonlyArray<PollVote> = []
): Message =>
  new Message({
    id: row.id,
    conversationId: row.conversationId,
    direction: row.direction,
    author: row.author,
    authorId: row.authorId,
    content: row.content,
    providerMessageId: row.providerMessageId,
    replyTo: row.replyTo,
    referral: row.referral,
    product: row.product,
    status: row.status,
    error: row.error,
    reactions,
    votes,
    forwarded: row.forwarded,
    sentAt: DateTime.makeUnsafe(row.sentAt),
    receivedAt: DateTime.makeUnsafe(row.receivedAt),
    deliveredAt: instant(row.deliveredAt),
    readAt: instant(row.readAt),
    editedAt: instant(row.editedAt),
    revokedAt: instant(row.revokedAt),
    pinnedUntil: instant(row.pinnedUntil),
    starred: row.starred,
    verdict: row.verdict,
    historical: row.historical,
    stalledAt: instant(row.stalledAt),
    held: row.held
  })

export const deliveryNames = deliveryFields.join(", ")
export const columnNames =
  `${deliveryNames}, idempotency_key, author_id, contact_id, content, reply_to, forwarded, referral, ` +
  "product, sent_at, received_at, provider_time, verdict, purpose, epoch, edited_at, revoked_at, historical, " +
  "forward_of, pinned_until, starred, resendable_at"

/** Where a message is in its table. */
export type MessageKey = Pick<MessageRow, "organizationId" | "conversationId" | "id">
