import { Effect, Option } from "effect"
import { SqlClient } from "effect/sql"
import type { Address } from "@wicara/channels/Address"
import type { ChannelAccountId } from "@wicara/channels/ChannelAdapter"
import type * as InboundEvent from "@wicara/channels/InboundEvent"
import { toText } from "@wicara/channels/MessageContent"
import type { MessageContent } from "@wicara/channels/MessageContent"
import type { ContactId } from "@wicara/contacts/Contact"
import { Contacts } from "@wicara/contacts/Contacts"
import { Events } from "@wicara/core/Events"
import * as Id from "@wicara/core/Id"
import { Signals } from "@wicara/core/Signals"
import type { OrganizationId } from "@wicara/core/Tenancy"
import { ConversationId } from "../Conversation.ts"
import { ConversationPolicy } from "../ConversationPolicy.ts"
import { ConversationOpened, MessageEdited, MessageRevoked, MessageSent, MessageStatusChanged } from "../events.ts"
import * as MessageStatus from "../MessageStatus.ts"
import { eventBase, makeConversationRows } from "./conversationRows.ts"
import type { ConversationRow } from "./conversationRows.ts"
import { makeAccountMoveRows } from "./accountMoveRows.ts"
import { makeEarlyChanges } from "./earlyChanges.ts"
import type { Change } from "./earlyChanges.ts"
import { encodeContent } from "./messageRow.ts"
import { makeMessageRows } from "./messageRows.ts"
import type { MessageRow } from "./messageRow.ts"
import { addressOn } from "./movedAddress.ts"
import { makeOutboxRows, outboxSignal } from "./outboxRows.ts"
import { lifecycleOf, makeOwnership } from "./ownership.ts"

/** The account an event came to, and when. */
export interface Arrival {
  readonly organizationId: OrganizationId
  readonly channelAccountId: ChannelAccountId
  /** Epoch milliseconds. */
  readonly receivedAt: number
  /** The event's place in its payload. */
  readonly index: number
}

const isGroupChat = (chat: Address): boolean =>
  chat.kind === "group" || chat.kind === "newsletter" || chat.kind === "broadcast"

/** Why a conversation stands resolved that began with messages from the past. */
const fromHistory = "history"

const previewLength = 200

/** The beginning of a message, for lists. */
export const previewOf = (content: MessageContent): string => {
  const text = toText(content).replace(/\s+/g, " ").trim()
  return text.length <= previewLength ? text : `${text.slice(0, previewLength - 1).toWellFormed()}…`
}

/** Of what was said under a file providers tell the new words alone: the file stays. */
const edited = (before: MessageContent, after: MessageContent): MessageContent => {
  switch (before.type) {
    case "image":
    case "video":
    case "document":
      return after.type === "text" ? { ...before, caption: after.text } : after
    default:
      return after
  }
}

/** What happens to conversations and messages, on rows; shared by everything that writes them. */
export const makeTranscript = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const events = yield* Events
  const contacts = yield* Contacts
  const signals = yield* Signals
  const policy = yield* ConversationPolicy
  const conversations = makeConversationRows(sql)
  const messages = makeMessageRows(sql)
  const outbox = makeOutboxRows(sql)
  const early = makeEarlyChanges(sql)
  const moves = makeAccountMoveRows(sql)
  const ownership = makeOwnership({ sql, events, conversations, messages, outbox })

  const wakeSender = sql.afterCommit(signals.notify(outboxSignal))

  /**
   * The conversation that a message of this chat belongs to, locked. A person is in one conversation an account, also
   * when the provider names the chat now by their number and now by a hidden id.
   */
  const open = Effect.fnUntraced(function*(at: {
    readonly organizationId: OrganizationId
    readonly channelAccountId: ChannelAccountId
    readonly chat: Address
    readonly contactId: ContactId
    /** When the message was written, epoch milliseconds. */
    readonly sentAt: number
    readonly by: "contact" | "business"
    /** It is from the past: it opens nothing again and sends no answer elsewhere. */
    readonly historical?: boolean | undefined
  }) {
    const { contactId, organizationId, sentAt } = at
    const historical = at.historical === true
    let { channelAccountId, chat } = at
    let found = yield* conversations.currentByChat(organizationId, channelAccountId, chat)
    let wrote = at.by === "contact"
    if (Option.isNone(found)) {
      // What comes to an account whose conversations were moved goes on where they are.
      const moved = yield* moves.target(organizationId, channelAccountId)
      const address = moved === undefined ? undefined : yield* addressOn(chat, contactId, contacts)
      if (moved !== undefined && address !== undefined) {
        channelAccountId = moved
        chat = address
        wrote = false
        found = yield* conversations.currentByChat(organizationId, channelAccountId, chat)
      }
    }
    if (Option.isNone(found) && !isGroupChat(chat)) {
      const family = yield* contacts.family(contactId)
      found = Option.map(
        yield* conversations.latestByContacts(organizationId, channelAccountId, family, historical ? "any" : "current"),
        // Answers go to the address that the customer last wrote from.
        (row) => wrote && !historical ? { ...row, chat } : row
      )
    }
    if (Option.isSome(found)) {
      const row = found.value
      // What is known only from the past was never resolved by anybody: it goes on, however old it is.
      const over = row.lifecycle === "closed" ||
        (row.lifecycle === "resolved" && row.ownershipReason !== fromHistory &&
          sentAt > (row.resolvedAt ?? 0) + policy.reopenWithin)
      if (!over || historical) return row
      yield* conversations.save({ ...row, isCurrent: false })
    }
    const fresh: ConversationRow = {
      organizationId,
      id: yield* Id.next(ConversationId),
      channelAccountId,
      contactId,
      chat,
      isCurrent: true,
      lifecycle: historical ? "resolved" : "new",
      ownership: isGroupChat(chat) ? policy.groupOwnership : policy.initialOwnership,
      ownerId: null,
      teamId: null,
      epoch: 0,
      ownershipReason: historical ? fromHistory : null,
      ownershipChangedAt: sentAt,
      lastMessageAt: sentAt,
      lastInboundAt: null,
      preview: "",
      previewDirection: at.by === "contact" ? "inbound" : "outbound",
      unread: 0,
      attributes: {},
      openedAt: sentAt,
      resolvedAt: historical ? sentAt : null
    }
    yield* conversations.insertIfAbsent(fresh)
    const current = Option.getOrThrow(yield* conversations.currentByChat(organizationId, channelAccountId, chat))
    if (current.id === fresh.id) {
      yield* events.append(ConversationOpened, { aggregateId: fresh.id, payload: eventBase(fresh) })
    }
    return current
  })

  const emptyMessage = {
    idempotencyKey: null,
    authorId: null,
    contactId: null,
    replyTo: null,
    forwarded: false,
    referral: null,
    product: null,
    status: null,
    deliveredAt: null,
    readAt: null,
    error: null,
    verdict: null,
    purpose: null,
    epoch: null,
    editedAt: null,
    revokedAt: null,
    forwardOf: null,
    pinnedUntil: null,
    starred: false,
    historical: false,
    stalledAt: null,
    held: null,
    resendableAt: null
  } as const

  /** The row of a conversation after a message in it. */
  const withMessage = (
    row: ConversationRow,
    message: Pick<MessageRow, "sentAt" | "content" | "direction">
  ): ConversationRow => {
    const latest = message.sentAt >= row.lastMessageAt || row.preview === ""
    return {
      ...row,
      lastMessageAt: Math.max(row.lastMessageAt, message.sentAt),
      preview: latest ? previewOf(message.content) : row.preview,
      previewDirection: latest ? message.direction : row.previewDirection
    }
  }

  /** The row of a conversation that somebody wrote in, which is no longer resolved. */
  const goingOn = (row: ConversationRow): ConversationRow =>
    row.lifecycle === "resolved"
      ? {
        ...row,
        lifecycle: lifecycleOf(row.ownership),
        resolvedAt: null,
        ownershipReason: row.ownershipReason === fromHistory ? null : row.ownershipReason
      }
      : row

  /** Moves a message's status forward and tells about it. */
  const advance = Effect.fnUntraced(function*(
    message: MessageRow,
    change: Extract<Change, { readonly _tag: "Status" }>
  ) {
    if (message.direction !== "outbound") return
    if (change.pricing !== undefined) yield* messages.setPricing(message, change.pricing)
    const before = message.status ?? "queued"
    const moved = yield* messages.advance(message, { status: change.status, at: change.at, error: change.error })
    if (!moved) return
    const row = yield* conversations.find(message.organizationId, message.conversationId, false)
    if (Option.isNone(row)) return
    const base = { ...eventBase(row.value), messageId: message.id }
    if (!MessageStatus.isHandedOver(before) && change.status !== "failed") {
      yield* events.append(MessageSent, { aggregateId: row.value.id, payload: { ...base, author: message.author } })
    }
    if (change.status !== "accepted") {
      yield* events.append(MessageStatusChanged, {
        aggregateId: row.value.id,
        payload: { ...base, status: change.status, errorCode: change.error?.code ?? null }
      })
    }
    if (yield* outbox.deleteUnknown([message])) yield* wakeSender
  })

  const edit = Effect.fnUntraced(function*(message: MessageRow, told: Extract<Change, { readonly _tag: "Edit" }>) {
    const change = { ...told, content: edited(message.content, told.content) }
    const key = {
      organization_id: Id.toBytes(message.organizationId),
      conversation_id: Id.toBytes(message.conversationId),
      message_id: Id.toBytes(message.id)
    }
    // Told back by the provider, what was edited here is no news.
    if (message.editedAt !== null && encodeContent(message.content) === encodeContent(change.content)) {
      if (change.at > message.editedAt) yield* messages.setContent(message, change.content, change.at)
      return
    }
    const versions = [{ at: change.at, content: encodeContent(change.content) }]
    // The first edit keeps the original beside it; it is older than any edit, whatever the clocks say.
    if (message.editedAt === null) {
      versions.unshift({ at: Math.min(message.sentAt, change.at - 1), content: encodeContent(message.content) })
    }
    for (const version of versions) {
      const exists = yield* sql`SELECT 1 FROM conversations_edits WHERE ${
        sql.and(
          Object.entries({ ...key, written_at: version.at }).map(([column, value]) => sql`${sql(column)} = ${value}`)
        )
      }`
      if (exists.length === 0) {
        yield* sql`INSERT INTO conversations_edits ${
          sql.insert({ ...key, written_at: version.at, content: version.content })
        }`
      }
    }
    if (message.editedAt !== null && message.editedAt >= change.at) return
    yield* messages.setContent(message, change.content, change.at)
    const row = yield* conversations.find(message.organizationId, message.conversationId, true)
    if (Option.isNone(row)) return
    if (row.value.lastMessageAt === message.sentAt) {
      yield* conversations.save({ ...row.value, preview: previewOf(change.content) })
    }
    yield* events.append(MessageEdited, {
      aggregateId: row.value.id,
      payload: { ...eventBase(row.value), messageId: message.id }
    })
  })

  const apply = Effect.fnUntraced(function*(message: MessageRow, change: Change) {
    switch (change._tag) {
      case "Status":
        return yield* advance(message, change)
      case "Edit":
        return yield* edit(message, change)
      case "Revoke": {
        if (!(yield* messages.revoke(message, change.at))) return
        const row = yield* conversations.find(message.organizationId, message.conversationId, false)
        if (Option.isNone(row)) return
        yield* events.append(MessageRevoked, {
          aggregateId: row.value.id,
          payload: { ...eventBase(row.value), messageId: message.id }
        })
      }
    }
  })

  /** Applies what came before the message's provider id was known. */
  const applyEarly = Effect.fnUntraced(function*(
    organizationId: OrganizationId,
    channelAccountId: ChannelAccountId,
    providerMessageId: string
  ) {
    const changes = yield* early.take(organizationId, channelAccountId, providerMessageId)
    for (const change of changes) {
      const message = yield* messages.findByProviderId(organizationId, channelAccountId, providerMessageId, true)
      if (Option.isSome(message)) yield* apply(message.value, change)
    }
  })

  /** Applies a change of a message known by its provider id, or keeps it until it is known. */
  const change = Effect.fnUntraced(function*(arrival: Arrival, providerMessageId: string, change: Change) {
    const { channelAccountId, organizationId } = arrival
    const message = yield* messages.findByProviderId(organizationId, channelAccountId, providerMessageId, true)
    if (Option.isSome(message)) return yield* apply(message.value, change)
    yield* early.keep([{ organizationId, channelAccountId, providerMessageId, change, receivedAt: arrival.receivedAt }])
  })

  /**
   * Links one of our messages to the provider's id of it. When an echo was stored under that id as someone else's
   * message, the two are one: ours stays.
   */
  const learnProviderId = Effect.fnUntraced(function*(message: MessageRow, providerMessageId: string) {
    const { channelAccountId, organizationId } = message
    if (message.providerMessageId === providerMessageId) return
    const other = yield* messages.findByProviderId(organizationId, channelAccountId, providerMessageId, true)
    if (Option.isSome(other)) {
      const echo = other.value
      if (echo.id === message.id || (echo.author !== "phone" && echo.author !== "system")) return
      yield* messages.delete(echo)
      yield* messages.replaceProviderId(message, providerMessageId)
      if (echo.status !== null) {
        yield* advance(message, { _tag: "Status", status: providerStatus(echo.status), at: echo.sentAt })
      }
    } else {
      yield* messages.replaceProviderId(message, providerMessageId)
    }
    yield* applyEarly(organizationId, channelAccountId, providerMessageId)
  })

  /** The provider has one of our messages. */
  const accepted = Effect.fnUntraced(function*(message: MessageRow, providerMessageId: string | null, at: number) {
    yield* advance(message, { _tag: "Status", status: "accepted", at })
    if (providerMessageId !== null) {
      const current = yield* messages.find(message, true)
      if (Option.isSome(current)) yield* learnProviderId(current.value, providerMessageId)
    }
  })

  return {
    events,
    contacts,
    conversations,
    messages,
    outbox,
    early,
    ownership,
    wakeSender,
    open,
    withMessage,
    goingOn,
    emptyMessage,
    advance,
    accepted,
    learnProviderId,
    apply,
    applyEarly,
    change
  }
})

export type Transcript = Effect.Success<typeof makeTranscript>

const providerStatus = (status: MessageStatus.MessageStatus): InboundEvent.ProviderStatus =>
  status === "queued" || status === "sending" || status === "unknown" ? "accepted" : status
