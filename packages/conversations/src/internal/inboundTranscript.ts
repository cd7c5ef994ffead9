import { Array as Arr, Effect, Option, Schema } from "effect"
import { SqlClient } from "effect/sql"
import type { Identity } from "@wicara/channels/Address"
import type * as InboundEvent from "@wicara/channels/InboundEvent"
import { toText } from "@wicara/channels/MessageContent"
import type { MessageContent } from "@wicara/channels/MessageContent"
import type { ContactId } from "@wicara/contacts/Contact"
import * as Stated from "@wicara/contacts/Stated"
import { ConversationReopened, MessageBackfilled, MessageReceived, MessageSent } from "../events.ts"
import { MessageId } from "../Message.ts"
import * as MessageOrder from "../MessageOrder.ts"
import * as OptOutKeywords from "../OptOutKeywords.ts"
import { eventBase } from "./conversationRows.ts"
import type { ConversationRow } from "./conversationRows.ts"
import { makeGroupedChanges } from "./groupedChanges.ts"
import type { Told } from "./groupedChanges.ts"
import type { MessageRow } from "./messageRow.ts"
import { makeInboundStatements } from "./inboundStatements.ts"
import { lifecycleOf } from "./ownership.ts"
import { makeReactions } from "./reactions.ts"
import { makeTranscript } from "./transcript.ts"
import type { Arrival } from "./transcript.ts"

/** What the message says, whatever form a provider gave it on its way. */
const gist = (content: MessageContent): string => {
  const text = toText(content).replace(/\s+/g, " ").trim()
  return text === "" ? content.type : text
}

const decodeJson = Schema.decodeUnknownOption(Schema.Json)

const minute = 60_000
const echoWindow = 10 * minute
const day = 86_400_000

/** What providers tell, applied to conversations and messages. */
export const makeInboundTranscript = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const transcript = yield* makeTranscript
  const {
    accepted,
    advance,
    applyEarly,
    change,
    contacts,
    conversations,
    emptyMessage,
    events,
    goingOn,
    learnProviderId,
    messages,
    open,
    ownership,
    withMessage
  } = transcript

  const statements = yield* makeInboundStatements(transcript)
  const grouped = makeGroupedChanges(transcript)
  const reactions = makeReactions(sql, transcript)

  const resolveContact = (arrival: Arrival, person: InboundEvent.Participant) =>
    contacts.resolve({
      channelAccountId: arrival.channelAccountId,
      identities: person.identities,
      displayName: person.displayName
    })

  const keywords = Effect.fnUntraced(function*(contactId: ContactId, content: MessageContent, occurredAt: number) {
    const text = content.type === "text" ? content.text : content.type === "button_reply" ? content.title : ""
    const keyword = OptOutKeywords.match(text)
    if (Option.isNone(keyword)) return
    const change = { contactId, purpose: "all", source: "keyword", evidence: text, occurredAt } as const
    if (keyword.value === "stop") {
      yield* Effect.orDie(contacts.changeConsent({ ...change, state: "denied" }))
    } else if (Option.isSome((yield* contacts.optOuts(contactId)).all)) {
      // Words like "start" are also how people begin: they mean something only to those who had stopped.
      yield* Effect.orDie(contacts.changeConsent({ ...change, state: "granted" }))
    }
  })

  /** A customer wrote. Says whether that was stored now. */
  const receive = Effect.fnUntraced(function*(arrival: Arrival, event: InboundEvent.MessageReceived) {
    const { channelAccountId, organizationId, receivedAt } = arrival
    const historical = event.historical === true
    const known = yield* messages.findByProviderId(organizationId, channelAccountId, event.providerMessageId, false)
    if (Option.isSome(known)) {
      const filled = yield* fillIn(known.value, event.content)
      if (!historical) yield* becomesNew(filled)
      return false
    }
    const contact = yield* resolveContact(arrival, event.sender)
    const sentAt = MessageOrder.effectiveTime(event.timestamp, receivedAt)
    const row = yield* open({
      organizationId,
      channelAccountId,
      chat: event.chat,
      contactId: contact.id,
      sentAt,
      by: "contact",
      historical
    })
    const message: MessageRow = {
      ...emptyMessage,
      organizationId,
      conversationId: row.id,
      id: MessageOrder.makeId({ sentAt, receivedAt, index: arrival.index }),
      channelAccountId,
      providerMessageId: event.providerMessageId,
      direction: "inbound",
      author: "contact",
      contactId: contact.id,
      content: event.content,
      replyTo: event.replyTo ?? null,
      forwarded: event.forwarded === true,
      referral: Option.getOrElse(decodeJson(event.referral), () => null),
      product: event.product ?? null,
      sentAt,
      receivedAt,
      providerTime: event.timestamp !== undefined && Number.isSafeInteger(event.timestamp) ? event.timestamp : null,
      historical
    }
    yield* messages.insert(message)
    // Who said stop said so, whenever it becomes known here.
    yield* keywords(contact.id, event.content, sentAt)
    const told = event.stated === undefined ? row : { ...row, attributes: Stated.add(row.attributes, event.stated) }
    yield* historical ? backfilled(told, message, contact.id) : arrived(told, message, contact.id)
    yield* applyEarly(organizationId, channelAccountId, event.providerMessageId)
    return true
  })

  /** A message of a customer for whom somebody has to be there. */
  const arrived = Effect.fnUntraced(function*(row: ConversationRow, message: MessageRow, contactId: ContactId) {
    yield* conversations.save({
      ...goingOn(withMessage(row, message)),
      // A window for free answers is open at the account that the customer wrote to.
      lastInboundAt: row.channelAccountId === message.channelAccountId
        ? Math.max(row.lastInboundAt ?? 0, message.sentAt)
        : row.lastInboundAt,
      unread: row.unread + 1
    })
    const payload = { ...eventBase(row), contactId }
    if (row.lifecycle === "resolved") yield* events.append(ConversationReopened, { aggregateId: row.id, payload })
    yield* events.append(MessageReceived, {
      aggregateId: row.id,
      // Its provider has its file, wherever the conversation is.
      payload: { ...payload, channelAccountId: message.channelAccountId, messageId: message.id }
    })
  })

  /** A message from the past: in its place, and nothing follows from it. */
  const backfilled = Effect.fnUntraced(function*(row: ConversationRow, message: MessageRow, contactId: ContactId) {
    yield* conversations.save(withMessage(row, message))
    yield* events.append(MessageBackfilled, {
      aggregateId: row.id,
      payload: { ...eventBase(row), contactId, messageId: message.id, author: message.author }
    })
  })

  /** The past may come with a place kept for a file, which comes later: it is told again, so that it is fetched. */
  const fillIn = Effect.fnUntraced(function*(message: MessageRow, content: MessageContent) {
    if (message.content.type !== "unsupported" || content.type === "unsupported") return message
    if (!message.historical && message.content.kind !== waitingContent.kind) return message
    const filled = { ...message, content }
    yield* messages.replaceContent(message, content)
    const row = yield* conversations.find(message.organizationId, message.conversationId, true)
    if (Option.isSome(row)) yield* backfilled(row.value, filled, message.contactId ?? row.value.contactId)
    return filled
  })

  /** What was taken for the past is delivered as new: somebody has to be there for it after all. */
  const becomesNew = Effect.fnUntraced(function*(message: MessageRow) {
    if (!message.historical || message.direction === "outbound") return
    const row = yield* conversations.find(message.organizationId, message.conversationId, true)
    if (Option.isNone(row) || !(yield* messages.becomeNew(message))) return
    yield* arrived(row.value, message, message.contactId ?? row.value.contactId)
  })

  /** A message of the business: ours, told back to us, or written elsewhere. Says whether it was stored now. */
  const echo = Effect.fnUntraced(function*(arrival: Arrival, event: InboundEvent.MessageEchoed) {
    const { channelAccountId, organizationId, receivedAt } = arrival
    const known = yield* messages.findByProviderId(organizationId, channelAccountId, event.providerMessageId, true)
    if (Option.isSome(known)) {
      yield* fillIn(known.value, event.content)
      if (known.value.direction === "outbound") yield* accepted(known.value, null, receivedAt)
      return false
    }
    const historical = event.historical === true
    const contact = yield* resolveContact(arrival, event.recipient)
    const sentAt = MessageOrder.effectiveTime(event.timestamp, receivedAt)
    const row = yield* open({
      organizationId,
      channelAccountId,
      chat: event.chat,
      contactId: contact.id,
      sentAt,
      by: "business",
      historical
    })
    const own = yield* ownMessage(row, event, sentAt)
    if (own !== undefined) {
      // With another id already, it is the provider's second name for the same message.
      if (own.providerMessageId === null) yield* accepted(own, event.providerMessageId, receivedAt)
      return false
    }
    const message: MessageRow = {
      ...emptyMessage,
      organizationId,
      conversationId: row.id,
      id: MessageOrder.makeId({ sentAt, receivedAt, index: arrival.index }),
      channelAccountId,
      providerMessageId: event.providerMessageId,
      direction: "outbound",
      author: event.source === "phone" ? "phone" : "system",
      content: event.content,
      replyTo: event.replyTo ?? null,
      sentAt,
      receivedAt,
      providerTime: event.timestamp !== undefined && Number.isSafeInteger(event.timestamp) ? event.timestamp : null,
      status: "sent",
      historical
    }
    yield* messages.insert(message)
    if (historical) {
      yield* backfilled(row, message, contact.id)
      yield* applyEarly(organizationId, channelAccountId, event.providerMessageId)
      return true
    }
    const saved: ConversationRow = {
      ...goingOn(withMessage(row, message)),
      unread: event.source === "phone" ? 0 : row.unread
    }
    yield* conversations.save(saved)
    if (row.lifecycle === "resolved") {
      yield* events.append(ConversationReopened, { aggregateId: row.id, payload: eventBase(row) })
    }
    yield* events.append(MessageSent, {
      aggregateId: row.id,
      payload: { ...eventBase(row), messageId: message.id, author: message.author }
    })
    if (event.source === "phone" && row.ownership !== "human" && !isOldNews(row, sentAt, receivedAt)) {
      yield* ownership.change(saved, {
        ownership: "human",
        ownerId: null,
        reason: "phone",
        lifecycle: lifecycleOf("human")
      }, receivedAt)
    }
    yield* applyEarly(organizationId, channelAccountId, event.providerMessageId)
    return true
  })

  /** The message of ours that an echo with an id of its own tells about. */
  const ownMessage = Effect.fnUntraced(function*(
    row: ConversationRow,
    event: InboundEvent.MessageEchoed,
    sentAt: number
  ) {
    const since = MessageOrder.makeId({ sentAt: sentAt - echoWindow, receivedAt: 0, index: 0 })
    const text = gist(event.content)
    const alike = (yield* messages.outboundSince(row.organizationId, row.id, since)).filter((message) =>
      message.author !== "phone" && message.author !== "system" && gist(message.content) === text
    )
    const inFlight = alike.find((message) =>
      message.providerMessageId === null &&
      (message.status === "sending" || message.status === "unknown" || message.status === "accepted")
    )
    if (inFlight !== undefined || event.source === "phone") return inFlight
    return alike.find((message) => message.status !== "queued" && message.status !== "failed")
  })

  const toldOf = ([arrival, event]: readonly [Arrival, InboundEvent.StatusChanged]): Told => ({
    arrival,
    providerMessageId: event.providerMessageId,
    update: {
      _tag: "Status",
      status: event.status,
      at: MessageOrder.effectiveTime(event.timestamp, arrival.receivedAt),
      ...(event.error === undefined ? {} : { error: event.error }),
      ...(event.pricing === undefined ? {} : { pricing: event.pricing })
    },
    ownId: event.callbackData !== undefined && isMessageId(event.callbackData) ? event.callbackData : undefined
  })

  /** A status of one of our messages, named by our own id where the provider echoes it. */
  const status = Effect.fnUntraced(function*({ arrival, ownId, providerMessageId, update }: Told) {
    if (ownId !== undefined) {
      const own = yield* messages.findById(arrival.organizationId, ownId, true)
      if (Option.isSome(own) && own.value.channelAccountId === arrival.channelAccountId) {
        yield* learnProviderId(own.value, providerMessageId)
        const current = yield* messages.find(own.value, true)
        return yield* advance(Option.getOrElse(current, () => own.value), update)
      }
    }
    yield* change(arrival, providerMessageId, update)
  })

  /** Statuses of messages of one account, in the order in which they came. */
  const statuses = Effect.fnUntraced(function*(
    changes: Arr.NonEmptyReadonlyArray<readonly [Arrival, InboundEvent.StatusChanged]>
  ) {
    // SQLite takes conditions of at most 1,000 parts.
    for (const some of Arr.chunksOf(Arr.map(changes, toldOf), 250)) {
      for (const one of yield* grouped.statuses(some)) yield* status(one)
    }
  })

  const said = Effect.fnUntraced(function*(
    arrival: Arrival,
    event: InboundEvent.ReactionChanged | InboundEvent.PollVoted
  ) {
    return {
      organizationId: arrival.organizationId,
      channelAccountId: arrival.channelAccountId,
      targetProviderMessageId: event.targetProviderMessageId,
      reactor: event.fromBusiness ? "business" as const : (yield* resolveContact(arrival, event.sender)).id,
      at: MessageOrder.effectiveTime(event.timestamp, arrival.receivedAt)
    }
  })

  /** A reaction was set or taken back. */
  const react = Effect.fnUntraced(function*(arrival: Arrival, event: InboundEvent.ReactionChanged) {
    yield* reactions.set({ ...(yield* said(arrival, event)), emoji: event.emoji })
  })

  /** Somebody chose in a poll, or chose anew. */
  const vote = Effect.fnUntraced(function*(arrival: Arrival, event: InboundEvent.PollVoted) {
    yield* reactions.vote({ ...(yield* said(arrival, event)), options: event.options })
  })

  /**
   * The customer wrote what can't be read yet: its place is kept, and nobody is told before the words come. Somebody of
   * the business who did has taken over, whatever it says.
   */
  const waiting = Effect.fnUntraced(function*(
    arrival: Arrival,
    { fromBusiness, ...event }: InboundEvent.MessageWaiting
  ) {
    if (fromBusiness === true) {
      const { sender: recipient, ...rest } = event
      yield* echo(arrival, { ...rest, _tag: "MessageEchoed", recipient, source: "phone", content: waitingContent })
      return
    }
    yield* receive(arrival, { ...event, _tag: "MessageReceived", content: waitingContent, historical: true })
  })

  /** One identity became another: the same contact, and the same conversation under its new address. */
  const identityChanged = Effect.fnUntraced(function*(arrival: Arrival, from: Identity, to: Identity) {
    const { channelAccountId, organizationId } = arrival
    yield* contacts.identityChanged({ channelAccountId, from, to })
    const current = yield* conversations.currentByChat(organizationId, channelAccountId, from)
    if (Option.isNone(current)) return
    const taken = yield* conversations.currentByChat(organizationId, channelAccountId, to)
    if (Option.isNone(taken)) yield* conversations.save({ ...current.value, chat: to })
  })

  return {
    ...transcript,
    ...statements,
    receive,
    echo,
    statuses,
    react,
    vote,
    waiting,
    identityChanged
  }
})

const isMessageId = Schema.is(MessageId)

const waitingContent = {
  type: "unsupported" as const,
  kind: "waiting",
  reason: "The message can't be read yet."
}

/** An echo that tells of a time before someone decided who owns the conversation, or of long ago. */
const isOldNews = (row: ConversationRow, sentAt: number, receivedAt: number): boolean =>
  sentAt < receivedAt - day || (row.epoch > 0 && sentAt < row.ownershipChangedAt - minute)
