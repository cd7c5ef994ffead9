/** What the visitor wrote, on its way to the server: in order, each until it is answered, under one id. */
import { delay, makeBackoff } from "./Backoff.ts"
import type { Message, NewMessage } from "./Contract.ts"
import { waitingEntry } from "./Entries.ts"
import type { Entry } from "./Entries.ts"
import { isClosed, isRefusal, RequestFailed } from "./Requests.ts"
import type { Requests } from "./Requests.ts"
import type { Sessions } from "./Sessions.ts"
import type { Waiting, WidgetStorage } from "./Storage.ts"

export interface Outbox {
  readonly add: (message: NewMessage, fileName?: string) => void
  /** Sends what waits; resolves when nothing does, or nothing is taken before the form is answered. */
  readonly flush: () => Promise<void>
  /** Whether anything waits to be sent. */
  readonly isWaiting: () => boolean
  readonly entries: () => ReadonlyArray<Entry>
  readonly retry: (id: string) => void
  readonly discard: (id: string) => void
  readonly clear: () => void
}

export const makeOutbox = (options: {
  readonly requests: Requests
  readonly storage: WidgetStorage
  readonly sessions: Sessions
  /** Whether the server takes nothing yet. */
  readonly isFormDue: () => boolean
  /** When it ends. */
  readonly running: () => AbortSignal
  /** When it is worth trying again at once, or it ends. */
  readonly wake: () => AbortSignal
  readonly onEntry: (entry: Entry) => void
  readonly onSent: (message: Message) => void
  readonly onClosed: () => void
}): Outbox => {
  const { requests, sessions, storage } = options
  const failed = new Set<string>()
  let flushing: Promise<void> | undefined

  const next = () => storage.waiting().find(({ message }) => !failed.has(message.id))

  const isWaiting = () => next() !== undefined || storage.hasLocked()

  const send = async (token: string, waiting: Waiting) => {
    const { message } = waiting
    const began = sessions.era()
    try {
      const sent = await requests.postMessage(token, message)
      storage.removeWaiting(message.id)
      if (began === sessions.era()) options.onSent(sent)
    } catch (error) {
      if (error instanceof RequestFailed && error.status === 401) sessions.forget(token)
      if (isClosed(error) || !isRefusal(error)) throw error
      failed.add(message.id)
      options.onEntry(waitingEntry(waiting, true))
    }
  }

  const run = async () => {
    const signal = options.running()
    const backoff = makeBackoff({ first: 500, longest: 15_000 })
    while (!signal.aborted) {
      try {
        if (!isWaiting()) return
        // With the session, what was kept is readable, and it is known whose it is.
        const token = await sessions.token()
        // In the order they were written: the next one goes when the one before has arrived.
        const one = next()
        // Nothing is taken before the form is answered; then it goes on.
        if (one === undefined || options.isFormDue()) return
        await send(token, one)
        backoff.reset()
      } catch (error) {
        if (isClosed(error)) return options.onClosed()
        const retryAfter = error instanceof RequestFailed ? error.retryAfter : undefined
        await (retryAfter === undefined
          ? delay(backoff.next(), options.wake())
          : delay(retryAfter * 1000, signal))
      }
    }
  }

  const flush = () => {
    flushing ??= Promise.resolve().then(async () => {
      try {
        await run()
      } finally {
        flushing = undefined
      }
    })
    return flushing
  }

  return {
    add: (message, fileName) => {
      // After the one before, also when the clock was put back.
      const writtenAt = Math.max(Date.now(), (storage.waiting().at(-1)?.writtenAt ?? 0) + 1)
      const waiting: Waiting = { message, writtenAt, ...(fileName === undefined ? {} : { fileName }) }
      storage.addWaiting(waiting)
      options.onEntry(waitingEntry(waiting))
      void flush()
    },
    flush,
    isWaiting,
    entries: () => storage.waiting().map((one) => waitingEntry(one, failed.has(one.message.id))),
    retry: (id) => {
      const waiting = storage.waiting().find(({ message }) => message.id === id)
      failed.delete(id)
      if (waiting !== undefined) options.onEntry(waitingEntry(waiting))
      void flush()
    },
    discard: (id) => {
      failed.delete(id)
      storage.removeWaiting(id)
    },
    clear: () => failed.clear()
  }
}
