/**
 * Server-sent events over fetch, which unlike `EventSource` can send headers, tell why a connection was refused, and be
 * given up when it has gone silent.
 */
import type { StreamEvent } from "./Contract.ts"

export interface RawEvent {
  readonly id: string | undefined
  readonly event: string
  readonly data: string
}

/** Takes text as it arrives, in pieces of any size, and gives the events completed by each piece. */
export const makeParser = (): (text: string) => ReadonlyArray<RawEvent> => {
  let rest = ""
  let id: string | undefined
  let event = ""
  let data: Array<string> = []
  const line = (text: string): RawEvent | undefined => {
    if (text === "") {
      const made = data.length === 0
        ? undefined
        : { id, event: event === "" ? "message" : event, data: data.join("\n") }
      event = ""
      data = []
      return made
    }
    const colon = text.indexOf(":")
    const field = colon === -1 ? text : text.slice(0, colon)
    const value = colon === -1 ? "" : text.slice(colon + 1).replace(/^ /, "")
    if (field === "id") id = value
    if (field === "event") event = value
    if (field === "data") data.push(value)
    return undefined
  }
  return (text) => {
    // A carriage return at the very end may be the first half of a line break.
    const all = rest + text
    const held = all.endsWith("\r") ? 1 : 0
    const lines = all.slice(0, all.length - held).split(/\r\n|\r|\n/)
    rest = (lines.pop() ?? "") + all.slice(all.length - held)
    return lines.flatMap((one) => line(one) ?? [])
  }
}

const toStreamEvent = ({ data, event, id }: RawEvent): StreamEvent | undefined => {
  try {
    switch (event) {
      case "message":
        return id === undefined ? undefined : { event, id, data: JSON.parse(data) }
      case "typing":
      case "read":
      case "rating":
        return { event, data: JSON.parse(data) }
      default:
        return { event: "ping" }
    }
  } catch {
    return undefined
  }
}

/** The connection was refused with this status. */
export class Refused extends Error {
  readonly status: number
  constructor(status: number) {
    super(`refused with ${status}`)
    this.status = status
  }
}

/**
 * Follows the stream until it ends, breaks, stays silent for `silence` milliseconds, or the signal says stop. Resolves
 * on the first two of these when the server closed in order, rejects otherwise.
 */
export const follow = async (options: {
  readonly url: string
  readonly token: string
  readonly lastEventId: string
  readonly silence: number
  readonly signal: AbortSignal
  /** Something arrived, if only a part of an event. */
  readonly onAlive: () => void
  readonly onOpen: () => void
  readonly onEvent: (event: StreamEvent) => void
}): Promise<void> => {
  const abort = new AbortController()
  const stop = () => abort.abort()
  options.signal.addEventListener("abort", stop)
  let timer: ReturnType<typeof setTimeout> | undefined
  const alive = () => {
    clearTimeout(timer)
    timer = setTimeout(stop, options.silence)
  }
  try {
    alive()
    const response = await fetch(options.url, {
      headers: { authorization: `Bearer ${options.token}`, "last-event-id": options.lastEventId },
      cache: "no-store",
      credentials: "omit",
      signal: abort.signal
    })
    if (!response.ok || response.body === null) throw new Refused(response.status)
    options.onAlive()
    options.onOpen()
    const parse = makeParser()
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
    while (true) {
      const { done, value } = await reader.read()
      if (done) return
      alive()
      options.onAlive()
      for (const raw of parse(value)) {
        const event = toStreamEvent(raw)
        if (event !== undefined) options.onEvent(event)
      }
    }
  } finally {
    clearTimeout(timer)
    options.signal.removeEventListener("abort", stop)
    abort.abort()
  }
}
