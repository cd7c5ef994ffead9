/**
 * One visitor's conversation: the session, what was said, what waits to be sent, and the connection that follows it.
 * It knows nothing of how it is shown.
 */
import { makeBackoff } from "./Backoff.ts"
import type {
  Content,
  Identity,
  Message,
  NewMessage,
  NewProfile,
  NewRating,
  Session,
  Settings,
  StreamEvent,
  Uploaded
} from "./Contract.ts"
import { follow, Refused } from "./EventStream.ts"
import { RequestFailed } from "./Requests.ts"
import type { Requests } from "./Requests.ts"
import type { Waiting, WidgetStorage } from "./Storage.ts"
import { makeUploads } from "./Uploads.ts"
import type { Upload } from "./Uploads.ts"

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

export interface ChatState {
  /** `closed`: this page may not use this widget, or there is no such widget. */
  readonly phase: "starting" | "ready" | "closed"
  /** Whether replies arrive now. */
  readonly connection: "none" | "connecting" | "live" | "lost"
  readonly online: boolean
  readonly settings: Settings | undefined
  /** Oldest first. */
  readonly entries: ReadonlyArray<Entry>
  readonly businessTyping: boolean
  readonly businessReadUpTo: number
  readonly visitorReadUpTo: number
  readonly hasEarlier: boolean
  readonly loadingEarlier: boolean
  readonly identity: Session["identity"]
  /** The form was answered, or is not asked. */
  readonly formDone: boolean
  /** Nobody answers now. */
  readonly offline: Session["offline"]
  /** The conversation that the visitor is asked about. */
  readonly ratingFor: string | null
  readonly uploads: ReadonlyArray<Upload>
}

export interface Chat {
  readonly state: () => ChatState
  readonly subscribe: (listener: () => void) => () => void
  readonly start: () => void
  readonly stop: () => void
  /** Connects, for a visitor who may get replies: one who opened the panel or wrote before. */
  readonly listen: () => void
  readonly send: (
    text: string,
    choice?: { readonly type: "button" | "list"; readonly id: string; readonly replyTo: string }
  ) => void
  /** Uploads a file, to be sent with the next message. */
  readonly attach: (file: File) => void
  readonly detach: (id: string) => void
  /** Who is signed in at the site; resolves when the server believes it, or does not. */
  readonly identify: (identity: Identity) => Promise<Session["identity"]>
  /** Forgets the visitor: here, and the server their session. */
  readonly signOut: () => Promise<void>
  readonly describe: (profile: Omit<NewProfile, "id">) => Promise<void>
  readonly rate: (rating: Omit<NewRating, "id" | "conversationId">) => Promise<void>
  readonly dismissRating: () => void
  /** The address of something that a message names. */
  readonly resolve: (url: string) => string
  readonly retry: (id: string) => void
  readonly discard: (id: string) => void
  readonly writing: (on: boolean) => void
  readonly seen: () => void
  readonly loadEarlier: () => void
}

/** Heartbeats come every 15 seconds. */
const silenceMillis = 40_000
/** A page in the background for this long gives its connection back: browsers allow six to one host. */
const hiddenMillis = 60_000
const typingEveryMillis = 4_000

const delay = (millis: number, signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    const done = () => {
      clearTimeout(timer)
      signal.removeEventListener("abort", done)
      resolve()
    }
    const timer = setTimeout(done, millis)
    signal.addEventListener("abort", done)
  })

const toEntry = (message: Message): Entry => ({
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

export const unread = (state: ChatState): number =>
  state.entries.filter((entry) => entry.from === "business" && (entry.position ?? 0) > state.visitorReadUpTo).length

export const makeChat = (options: {
  readonly requests: Requests
  readonly storage: WidgetStorage
  readonly locale: string
  /** What the page and the browser prefer, best first. */
  readonly languages: ReadonlyArray<string>
  readonly page: () => NewMessage["page"]
}): Chat => {
  const { requests, storage } = options
  let state: ChatState = {
    phase: "starting",
    connection: "none",
    online: navigator.onLine,
    settings: undefined,
    entries: [],
    businessTyping: false,
    businessReadUpTo: 0,
    visitorReadUpTo: 0,
    hasEarlier: false,
    loadingEarlier: false,
    identity: "none",
    formDone: true,
    offline: null,
    ratingFor: null,
    uploads: []
  }
  const listeners = new Set<() => void>()
  const change = (next: Partial<ChatState>) => {
    state = { ...state, ...next }
    for (const listener of listeners) listener()
  }

  let token: string | undefined
  let visitorId: string | undefined
  let cursor = 0
  let earlier: string | null = null
  let wanted = false
  let running = new AbortController()
  running.abort()
  let wake = new AbortController()
  let connection = new AbortController()
  let typingTimer: ReturnType<typeof setTimeout> | undefined
  let hiddenTimer: ReturnType<typeof setTimeout> | undefined
  let typingSentAt = 0
  let hoursTimer: ReturnType<typeof setTimeout> | undefined
  let readSent = 0
  let identity: Identity | undefined
  /** Grows with every visitor: what was asked for another one says nothing here. */
  let era = 0

  /** Ends the waits of every retry: the network is back, or there is something new to do. */
  const nudge = () => {
    wake.abort()
    wake = new AbortController()
  }

  const entryOf = ({ fileName, message, writtenAt: at }: Waiting, failed = false): Entry => ({
    id: message.id,
    from: "visitor",
    content: contentOf(message, fileName),
    replyTo: message.replyTo,
    position: undefined,
    at,
    state: failed ? "failed" : "waiting"
  })

  // Sessions

  const openSession = async (): Promise<string> => {
    const began = era
    const known = storage.token()
    const wasVerified = storage.isVerified()
    const page = options.page()
    const session = await requests.openSession({
      ...(known === undefined ? {} : { token: known }),
      locale: options.locale,
      languages: options.languages,
      ...(page === undefined ? {} : { page }),
      ...(identity === undefined ? {} : { identity })
    })
    // They signed in or out meanwhile: this answer is not theirs any more.
    if (began !== era) return openSession()
    const entries = session.messages.map(toEntry)
    // Another visitor, where the token was too old: the old conversation is not theirs to see.
    const same = visitorId === session.visitorId
    // What somebody wrote who was signed in is not sent for whoever is here now.
    if (wasVerified && (session.identity !== "verified" || visitorId !== undefined && !same)) {
      storage.forgetWritten()
      change({ entries: [] })
    }
    const kept = same ? state.entries : state.entries.filter((entry) => entry.position === undefined)
    const readHere = same ? state.visitorReadUpTo : 0
    if (kept.every((entry) => entry.position === undefined)) {
      earlier = session.nextCursor
      cursor = Number(session.lastEventId)
    }
    token = session.token
    visitorId = session.visitorId
    storage.setToken(session.token, session.identity === "verified")
    clearTimeout(hoursTimer)
    if (session.offlineChangesAt !== null) {
      const millis = Date.parse(session.offlineChangesAt) - Date.now()
      // Timers end at 25 days, and clocks differ.
      if (millis < 2 ** 31 - 1) hoursTimer = setTimeout(refresh, Math.max(millis, 0) + 2000)
    }
    readSent = Number(session.visitorReadUpTo)
    change({
      phase: "ready",
      settings: session.settings,
      entries: merge(kept, entries),
      businessReadUpTo: Number(session.businessReadUpTo),
      visitorReadUpTo: Math.max(Number(session.visitorReadUpTo), readHere),
      hasEarlier: earlier !== null,
      identity: session.identity,
      formDone: session.formDone,
      offline: session.offline,
      ratingFor: session.ratingFor
    })
    if (entries.length > 0) wanted = true
    return session.token
  }

  /** Runs one session request at a time. */
  let opening: Promise<string> | undefined
  const session = (): Promise<string> => {
    if (token !== undefined) return Promise.resolve(token)
    if (opening === undefined) {
      const mine = openSession().finally(() => {
        if (opening === mine) opening = undefined
      })
      opening = mine
    }
    return opening
  }

  const refresh = () => {
    token = undefined
    session().catch(() => {})
  }

  /** Another visitor from here on: what is under way for the one before ends. */
  const startOver = () => {
    era += 1
    token = undefined
    opening = undefined
    connection.abort()
    nudge()
  }

  const forget = (used: string) => {
    if (token === used) token = undefined
  }

  const isFinal = (error: unknown) => error instanceof RequestFailed && (error.status === 403 || error.status === 404)

  // Following

  const onEvent = (event: StreamEvent) => {
    switch (event.event) {
      case "message": {
        const entry = toEntry(event.data)
        cursor = Math.max(cursor, Number(event.id))
        change({
          entries: merge(state.entries, [entry]),
          ...(entry.from === "business" ? { businessTyping: false } : {})
        })
        return
      }
      case "typing": {
        clearTimeout(typingTimer)
        if (event.data.on) typingTimer = setTimeout(() => change({ businessTyping: false }), event.data.forMillis)
        change({ businessTyping: event.data.on })
        return
      }
      case "read": {
        change({ businessReadUpTo: Math.max(state.businessReadUpTo, Number(event.data.upTo)) })
        return
      }
      case "rating": {
        change({ ratingFor: event.data.conversationId })
        return
      }
      case "ping":
        return
    }
  }

  const connect = async (signal: AbortSignal) => {
    const backoff = makeBackoff({ first: 500, longest: 30_000 })
    while (!signal.aborted) {
      let used: string | undefined
      try {
        used = await session()
        if (!wanted) {
          // Nobody waits for replies yet.
          await delay(2 ** 31 - 1, AbortSignal.any([signal, wake.signal]))
          continue
        }
        if (document.hidden && hiddenTimer === undefined) {
          change({ connection: "none", businessTyping: false })
          await delay(2 ** 31 - 1, AbortSignal.any([signal, wake.signal]))
          continue
        }
        change({ connection: state.connection === "lost" ? "lost" : "connecting" })
        connection = new AbortController()
        await follow({
          url: requests.eventsUrl,
          token: used,
          lastEventId: String(cursor),
          silence: silenceMillis,
          signal: AbortSignal.any([signal, connection.signal]),
          onOpen: () => {
            backoff.reset()
            change({ connection: "live" })
            nudge()
          },
          onEvent
        })
      } catch (error) {
        if (signal.aborted) return
        if (error instanceof Refused && error.status === 401 && used !== undefined) forget(used)
        else if (isFinal(error) || error instanceof Refused && error.status === 403) {
          change({ phase: "closed", connection: "none" })
          return
        }
      }
      if (signal.aborted) return
      if (document.hidden && hiddenTimer === undefined) continue
      change({ connection: wanted ? "lost" : "none", businessTyping: false })
      await delay(backoff.next(), AbortSignal.any([signal, wake.signal]))
    }
  }
  // Sending

  let flushing = false
  const failed = new Set<string>()

  const post = async (message: NewMessage) => {
    const used = await session()
    try {
      return await requests.postMessage(used, message)
    } catch (error) {
      if (error instanceof RequestFailed && error.status === 401) forget(used)
      throw error
    }
  }

  const flush = async (signal: AbortSignal) => {
    if (flushing) return
    flushing = true
    const backoff = makeBackoff({ first: 500, longest: 15_000 })
    try {
      while (!signal.aborted) {
        // In the order they were written: the next one goes when the one before has arrived.
        const next = storage.waiting().find(({ message }) => !failed.has(message.id))
        if (next === undefined) return
        // Nothing is taken before the form is answered; then it goes on.
        await session().catch(() => {})
        if (!state.formDone && state.settings?.form?.required === true) return
        try {
          const message = await post(next.message)
          backoff.reset()
          storage.removeWaiting(next.message.id)
          change({ entries: merge(state.entries, [toEntry(message)]) })
        } catch (error) {
          const status = error instanceof RequestFailed ? error.status : undefined
          if (status === 403 || status === 404) {
            change({ phase: "closed", connection: "none" })
            return
          }
          if (status !== undefined && status >= 400 && status < 500 && ![401, 408, 425, 429].includes(status)) {
            failed.add(next.message.id)
            change({ entries: merge(state.entries, [entryOf(next, true)]) })
            continue
          }
          const retryAfter = error instanceof RequestFailed ? error.retryAfter : undefined
          await (retryAfter === undefined
            ? delay(backoff.next(), AbortSignal.any([signal, wake.signal]))
            : delay(retryAfter * 1000, signal))
        }
      }
    } finally {
      flushing = false
    }
  }

  const enqueue = (message: NewMessage, fileName?: string) => {
    const waiting: Waiting = { message, writtenAt: Date.now(), ...(fileName === undefined ? {} : { fileName }) }
    storage.addWaiting(waiting)
    change({ entries: merge(state.entries, [entryOf(waiting)]) })
    typingSentAt = 0
    chat.listen()
    void flush(running.signal)
  }

  const uploads = makeUploads({
    requests,
    token: session,
    forget,
    changed: () => change({ uploads: uploads.list() })
  })

  /** Asks until it is answered, or refused for good. */
  const persist = async <A>(ask: (token: string) => Promise<A>): Promise<A> => {
    const backoff = makeBackoff({ first: 500, longest: 15_000 })
    for (let attempt = 1;; attempt++) {
      let used = ""
      try {
        used = await session()
        return await ask(used)
      } catch (error) {
        const status = error instanceof RequestFailed ? error.status : 0
        if (status === 401) forget(used)
        else if (status >= 400 && status < 500 && status !== 429 || attempt === 5) throw error
        await delay(backoff.next(), running.signal)
      }
    }
  }

  // The page around it

  const onOnline = () => {
    change({ online: true })
    nudge()
  }
  const onOffline = () => change({ online: false })
  const onVisibility = () => {
    clearTimeout(hiddenTimer)
    hiddenTimer = undefined
    if (!document.hidden) nudge()
    else {
      hiddenTimer = setTimeout(() => {
        hiddenTimer = undefined
        connection.abort()
      }, hiddenMillis)
    }
  }

  const chat: Chat = {
    state: () => state,
    subscribe: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    start: () => {
      if (!running.signal.aborted) return
      running = new AbortController()
      addEventListener("online", onOnline)
      addEventListener("offline", onOffline)
      document.addEventListener("visibilitychange", onVisibility)
      const waiting = storage.waiting()
      if (waiting.length > 0) wanted = true
      change({
        online: navigator.onLine,
        entries: merge(state.entries, waiting.map((one) => entryOf(one)))
      })
      void connect(running.signal)
      void flush(running.signal)
    },
    stop: () => {
      running.abort()
      removeEventListener("online", onOnline)
      removeEventListener("offline", onOffline)
      document.removeEventListener("visibilitychange", onVisibility)
      clearTimeout(hiddenTimer)
      clearTimeout(typingTimer)
      clearTimeout(hoursTimer)
      uploads.clear()
    },
    listen: () => {
      if (wanted) return
      wanted = true
      nudge()
    },
    send: (text, choice) => {
      const page = options.page()
      const around = { locale: options.locale, ...(page === undefined ? {} : { page }) }
      const files: ReadonlyArray<Uploaded> = choice === undefined ? uploads.take() : []
      // The words stand below the last of the files.
      for (const [index, { fileId, name }] of files.entries()) {
        const caption = index === files.length - 1 ? text : ""
        enqueue({ id: crypto.randomUUID(), text: caption, fileId, ...around }, name)
      }
      if (files.length > 0) return
      enqueue({
        id: crypto.randomUUID(),
        text,
        ...(choice === undefined
          ? {}
          : { choice: { type: choice.type, id: choice.id }, replyTo: choice.replyTo }),
        ...around
      })
    },
    attach: uploads.add,
    detach: uploads.remove,
    resolve: requests.resolve,
    identify: async (proof) => {
      identity = proof
      startOver()
      await session()
      void flush(running.signal)
      return state.identity
    },
    signOut: async () => {
      const ended = token ?? storage.token()
      identity = undefined
      wanted = false
      storage.clear()
      uploads.clear()
      failed.clear()
      visitorId = undefined
      cursor = 0
      earlier = null
      readSent = 0
      change({
        entries: [],
        businessTyping: false,
        businessReadUpTo: 0,
        visitorReadUpTo: 0,
        hasEarlier: false,
        identity: "none",
        ratingFor: null
      })
      startOver()
      if (ended !== undefined) await requests.signOut(ended).catch(() => {})
    },
    describe: async (profile) => {
      const id = crypto.randomUUID()
      await persist((used) => requests.describe(used, { id, locale: options.locale, ...profile }))
      if (profile.answers !== undefined) {
        change({ formDone: true })
        void flush(running.signal)
      }
    },
    rate: async (rating) => {
      const conversationId = state.ratingFor
      if (conversationId === null) return
      const id = crypto.randomUUID()
      await persist((used) => requests.rate(used, { id, conversationId, ...rating }))
      change({ ratingFor: null })
    },
    dismissRating: () => change({ ratingFor: null }),
    retry: (id) => {
      const waiting = storage.waiting().find(({ message }) => message.id === id)
      failed.delete(id)
      if (waiting !== undefined) {
        change({ entries: merge(state.entries, [entryOf(waiting)]) })
      }
      void flush(running.signal)
    },
    discard: (id) => {
      failed.delete(id)
      storage.removeWaiting(id)
      change({ entries: state.entries.filter((entry) => entry.id !== id || entry.position !== undefined) })
    },
    writing: (on) => {
      const now = Date.now()
      if (token === undefined || (on ? now - typingSentAt < typingEveryMillis : typingSentAt === 0)) return
      typingSentAt = on ? now : 0
      requests.setTyping(token, on).catch(() => {})
    },
    seen: () => {
      const last = state.entries.findLast((entry) => entry.from === "business")?.position ?? 0
      if (last > state.visitorReadUpTo) change({ visitorReadUpTo: last })
      if (last <= readSent || token === undefined) return
      const before = readSent
      readSent = last
      requests.markRead(token, String(last)).catch(() => {
        readSent = Math.min(readSent, before)
      })
    },
    loadEarlier: () => {
      const from = earlier
      if (from === null || token === undefined || state.loadingEarlier) return
      change({ loadingEarlier: true })
      requests.history(token, from).then((page) => {
        earlier = page.nextCursor
        change({
          entries: merge(state.entries, page.data.map(toEntry)),
          hasEarlier: page.nextCursor !== null,
          loadingEarlier: false
        })
      }).catch(() => change({ loadingEarlier: false }))
    }
  }
  return chat
}
