import { DateTime } from "effect"
import type { HistoryMessage } from "@wicara/ai-providers/GroundedAnswer"
import { toText } from "@wicara/channels/MessageContent"
import type { Message } from "@wicara/conversations/Message"
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

/** What is to be answered, and what was said before. */
export interface Reading {
  readonly answering: ReadonlyArray<Message>
  /** Dealt with without an answer: a person answered it, or it is too old. */
  readonly settled: ReadonlyArray<Message>
  readonly history: ReadonlyArray<HistoryMessage>
}

/** Parts the messages of a conversation: what waits for an answer, what needs none, and what was said before. */
export const readTranscript = (
  waiting: ReadonlyArray<Message>,
  recent: ReadonlyArray<Message>,
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
  const history = before.map((message): HistoryMessage => ({
    role: roleOf(message),
    text: clip(toText(message.content))
  }))
    .filter((message) => message.text !== "")
  const handedBack = before.findLast((message) => message.direction === "outbound")
  return {
    answering,
    settled: waiting.filter((message) => !open.has(message.id)),
    history: handedBack !== undefined && isPerson(handedBack)
      ? [...history, { role: "note", text: "A colleague has handed the conversation back to you." }]
      : history
  }
}
