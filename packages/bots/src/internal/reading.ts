import { DateTime } from "effect"
import type { HistoryMessage } from "@wicara/ai-providers/GroundedAnswer"
import { toText } from "@wicara/channels/MessageContent"
import type { MessageContent } from "@wicara/channels/MessageContent"
import type { Message, MessageId } from "@wicara/conversations/Message"
import type { MessageReading } from "@wicara/conversations/MessageReadings"
import { answerWithin } from "../BotTurns.ts"

/** Earlier talk that is older belongs to another matter. Milliseconds. */
const historyWithin = 72 * 3_600_000

/**
 * The part of a message that is read: more than anyone types (WhatsApp's own limit), and little enough that looking at
 * it from all sides never keeps other customers waiting.
 */
export const clip = (text: string): string => text.length > 4096 ? text.slice(0, 4096).toWellFormed() : text

const isPerson = (message: Message): boolean => message.author === "user" || message.author === "phone"

const roleOf = (message: Message): HistoryMessage["role"] =>
  message.direction === "inbound" ? "customer" : message.author === "bot" ? "bot" : "agent"

/** Texts of files by their messages. */
type Readings = ReadonlyMap<MessageId, MessageReading>

/** A message as it is answered: what was spoken counts as written, and so does a document that came without a word. */
const contentOf = (message: Message, readings: Readings): MessageContent => {
  const reading = readings.get(message.id)
  if (reading?._tag !== "Read") return message.content
  return reading.kind === "speech" || toText(message.content) === ""
    ? { type: "text", text: reading.text }
    : message.content
}

/** The words of a document that something was written with: they are known, but not what is to be answered. */
const attached = (message: Message, readings: Readings): ReadonlyArray<HistoryMessage> => {
  const reading = readings.get(message.id)
  return reading?._tag === "Read" && reading.kind === "document" && toText(message.content) !== ""
    ? [{ role: "customer", text: clip(reading.text) }]
    : []
}

/** What is to be answered, and what was said before. */
export interface Reading {
  readonly answering: ReadonlyArray<Message>
  /** The same, with the texts of files. */
  readonly contents: ReadonlyArray<MessageContent>
  /** Something of it is still being read. */
  readonly isUnread: boolean
  /** Dealt with without an answer: a person answered it, or it is too old. */
  readonly settled: ReadonlyArray<Message>
  readonly history: ReadonlyArray<HistoryMessage>
}

/** Parts the messages of a conversation: what waits for an answer, what needs none, and what was said before. */
export const readTranscript = (
  waiting: ReadonlyArray<Message>,
  recent: ReadonlyArray<Message>,
  readings: Readings,
  now: number,
  historyLength: number
): Reading => {
  const lastPerson = recent.findLast((message) => message.direction === "outbound" && isPerson(message))
  const isOpen = (message: Message) =>
    (lastPerson === undefined || message.id > lastPerson.id) && message.revokedAt === null &&
    DateTime.toEpochMillis(message.receivedAt) > now - answerWithin
  const answering = waiting.filter(isOpen)
  const open = new Set(answering.map((message) => message.id))
  const before = recent.filter((message) =>
    !open.has(message.id) && message.revokedAt === null && DateTime.toEpochMillis(message.sentAt) > now - historyWithin
  ).slice(-historyLength)
  const said = before.map((message): HistoryMessage => ({
    role: roleOf(message),
    text: clip(toText(contentOf(message, readings)))
  }))
    .filter((message) => message.text !== "")
  const isSpoken = answering.some(({ id }) => {
    const reading = readings.get(id)
    return reading?._tag === "Read" && reading.kind === "speech"
  })
  const notes: ReadonlyArray<HistoryMessage> = isSpoken
    ? [{ role: "note", text: "The customer spoke: what you read of it was transcribed, and may be misheard." }]
    : []
  const history = [...said, ...answering.flatMap((message) => attached(message, readings)), ...notes]
  const handedBack = before.findLast((message) => message.direction === "outbound")
  return {
    answering,
    contents: answering.map((message) => contentOf(message, readings)),
    isUnread: answering.some(({ id }) => readings.get(id)?._tag === "Waiting"),
    settled: waiting.filter((message) => !open.has(message.id)),
    history: handedBack !== undefined && isPerson(handedBack)
      ? [...history, { role: "note", text: "A colleague has handed the conversation back to you." }]
      : history
  }
}
