/** The conversation as it is shown: what the server has, and what waits to be sent. */
import type { Content, Message, NewMessage } from "./Contract.ts"
import type { Waiting } from "./Storage.ts"

/** A message as it is shown. */
export interface Entry {
  readonly id: string
  readonly from: "visitor" | "business"
  readonly content: Content
  readonly replyTo: string | undefined
  /** Its place in the stream; none until the server has it. */
  readonly position: number | undefined
  /** Epoch milliseconds. */
  readonly at: number
  readonly state: "waiting" | "sent" | "failed"
}

/** What the server has. */
export const toEntry = (message: Message): Entry => ({
  id: message.id,
  from: message.from,
  content: message.content,
  replyTo: message.replyTo,
  position: Number(message.eventId),
  at: Date.parse(message.createdAt),
  state: "sent"
})

const contentOf = ({ choice, fileId, text }: NewMessage, fileName: string | undefined): Content =>
  fileId !== undefined
    ? {
      type: "document",
      media: { source: { type: "none", reason: "" }, ...(fileName === undefined ? {} : { fileName }) },
      ...(text === "" ? {} : { caption: text })
    }
    : choice === undefined
    ? { type: "text", text }
    : { type: choice.type === "button" ? "button_reply" : "list_reply", id: choice.id, title: text }

/** What it has not, or did not take. */
export const waitingEntry = ({ fileName, message, writtenAt: at }: Waiting, failed = false): Entry => ({
  id: message.id,
  from: "visitor",
  content: contentOf(message, fileName),
  replyTo: message.replyTo,
  position: undefined,
  at,
  state: failed ? "failed" : "waiting"
})

const inOrder = (a: Entry, b: Entry) =>
  (a.position ?? Number.MAX_SAFE_INTEGER) - (b.position ?? Number.MAX_SAFE_INTEGER) || a.at - b.at

/** The entries with these added; one with the same id and side takes the place of what was there. */
export const merge = (entries: ReadonlyArray<Entry>, added: ReadonlyArray<Entry>): ReadonlyArray<Entry> => {
  const byKey = new Map(entries.map((entry) => [`${entry.from}/${entry.id}`, entry]))
  for (const entry of added) {
    const key = `${entry.from}/${entry.id}`
    // What the server has confirmed never becomes unconfirmed again.
    if (entry.position !== undefined || byKey.get(key)?.position === undefined) byKey.set(key, entry)
  }
  return [...byKey.values()].sort(inOrder)
}
