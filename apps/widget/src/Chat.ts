/**
 * One visitor's conversation: the session, what was said, what waits to be sent, and the connection that follows it.
 * It knows nothing of how it is shown.
 */
import { delay, makeBackoff } from "./Backoff.ts"
import { makeConnection } from "./Connection.ts"
import type { ConnectionState } from "./Connection.ts"
import type {
  Identity,
  NewMessage,
  NewProfile,
  NewRating,
  Session,
  Settings,
  StreamEvent,
  Uploaded
} from "./Contract.ts"
import { merge, toEntry } from "./Entries.ts"
import type { Entry } from "./Entries.ts"
import { newId } from "./Ids.ts"
import { makeOutbox } from "./Outbox.ts"
import { isRefusal, RequestFailed } from "./Requests.ts"
import type { Requests } from "./Requests.ts"
import { makeSessions } from "./Sessions.ts"
import type { Opened } from "./Sessions.ts"
import type { WidgetStorage } from "./Storage.ts"
import { makeUploads } from "./Uploads.ts"
import type { Upload } from "./Uploads.ts"

export interface ChatState {
  /** `closed`: this page may not use this widget, or there is no such widget. */
  readonly phase: "starting" | "ready" | "closed"
  /** Whether replies arrive now. */
  readonly connection: ConnectionState
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

const typingEveryMillis = 4_000

export const unread = (state: ChatState): number =>
  state.entries.filter((entry) => entry.from === "business" && (entry.position ?? 0) > state.visitorReadUpTo).length

export const makeChat = (options: {
  readonly requests: Requests
  readonly storage: WidgetStorage
  readonly locale: string
  /** What the page and the browser prefer, best first. */
  readonly languages: ReadonlyArray<string>
  readonly page: () => NewMessage["page"]
  /** The page on which the visit began, where it is another one. */
  readonly entry: () => NewMessage["entry"]
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

  let cursor = 0
  let earlier: string | null = null
  let wanted = false
  let running = new AbortController()
  running.abort()
  let waking = new AbortController()
  let typingTimer: ReturnType<typeof setTimeout> | undefined
  /** By the page's own clock, which nobody puts back. */
  let typingSentAt: number | undefined
  let hoursTimer: ReturnType<typeof setTimeout> | undefined
  let hoursChangeAt = Number.POSITIVE_INFINITY
  let readSent = 0

  const wake = () => AbortSignal.any([running.signal, waking.signal])
  /** Ends the waits of every retry: the network is back, or there is something new to do. */
  const nudge = () => {
    waking.abort()
    waking = new AbortController()
  }
  const onClosed = () => change({ phase: "closed", connection: "none" })

  const onOpened = ({ forgotten, same, session }: Opened) => {
    const entries = session.messages.map(toEntry)
    const own = forgotten ? [] : state.entries
    const kept = same ? own : own.filter((entry) => entry.position === undefined)
    const readHere = same ? state.visitorReadUpTo : 0
    if (kept.every((entry) => entry.position === undefined)) {
      earlier = session.nextCursor
      cursor = Number(session.lastEventId)
    }
    watchHours(session)
    readSent = Number(session.visitorReadUpTo)
    const waiting = outbox.entries()
    if (entries.length > 0 || waiting.length > 0) wanted = true
    change({
      phase: "ready",
      settings: session.settings,
      entries: merge(kept, [...waiting, ...entries]),
      businessReadUpTo: Number(session.businessReadUpTo),
      visitorReadUpTo: Math.max(Number(session.visitorReadUpTo), readHere),
      hasEarlier: earlier !== null,
      identity: session.identity,
      formDone: session.formDone,
      offline: session.offline,
      ratingFor: session.ratingFor
    })
  }

  const sessions = makeSessions({
    requests,
    storage,
    around: () => ({ locale: options.locale, languages: options.languages, ...aroundPage() }),
    onOpened
  })

  const aroundPage = () => {
    const page = options.page()
    return page === undefined ? {} : { page }
  }

  const refreshHours = () => {
    if (Date.now() > hoursChangeAt) sessions.refresh()
  }

  const watchHours = ({ now, offlineChangesAt: changesAt }: Pick<Session, "now" | "offlineChangesAt">) => {
    clearTimeout(hoursTimer)
    // By the server's clock: this machine's may be hours off.
    const millis = changesAt === null
      ? Number.POSITIVE_INFINITY
      : Math.max(0, Date.parse(changesAt) - Date.parse(now)) + 2000
    hoursChangeAt = Date.now() + millis
    // Timers end at 25 days.
    if (millis < 2 ** 31 - 1) hoursTimer = setTimeout(sessions.refresh, millis)
  }

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

  const connection = makeConnection({
    url: requests.eventsUrl,
    sessions,
    running: () => running.signal,
    wake,
    nudge,
    isWanted: () => wanted,
    cursor: () => cursor,
    onState: (next) => change({ connection: next, ...(next === "live" ? {} : { businessTyping: false }) }),
    onEvent,
    onClosed
  })

  const show = (entry: Entry) => change({ entries: merge(state.entries, [entry]) })

  const outbox = makeOutbox({
    requests,
    storage,
    sessions,
    isFormDue: () => !state.formDone && state.settings?.form?.required === true,
    running: () => running.signal,
    wake,
    onEntry: show,
    onSent: (message) => show(toEntry(message)),
    onClosed
  })

  const uploads = makeUploads({ requests, sessions, changed: () => change({ uploads: uploads.list() }) })

  const enqueue = (message: NewMessage, fileName?: string) => {
    typingSentAt = undefined
    outbox.add(message, fileName)
    chat.listen()
  }

  /** Asks until it is answered, or refused for good. */
  const persist = async (ask: (token: string) => Promise<void>): Promise<void> => {
    const backoff = makeBackoff({ first: 500, longest: 15_000 })
    for (let attempt = 1;; attempt++) {
      let used = ""
      try {
        used = await sessions.token()
        return await ask(used)
      } catch (error) {
        if (error instanceof RequestFailed && error.status === 401) sessions.forget(used)
        if (isRefusal(error) || attempt === 5) throw error
        await delay(backoff.next(), running.signal)
      }
    }
  }

  /** Another visitor from here on: what is under way for the one before ends. */
  const startOver = (identity: Identity | undefined) => {
    sessions.startOver(identity)
    connection.drop()
    nudge()
  }

  // The page around it

  const onOnline = () => {
    change({ online: true })
    connection.check()
    nudge()
  }
  const onOffline = () => change({ online: false })
  const onVisibility = () => {
    connection.visibility()
    refreshHours()
  }
  /** What became of the connection while the page was frozen, nobody tells. */
  const onThawed = () => {
    connection.drop()
    nudge()
    onVisibility()
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
      const { signal } = running
      addEventListener("online", onOnline, { signal })
      addEventListener("offline", onOffline, { signal })
      addEventListener("pageshow", ({ persisted }) => persisted && onThawed(), { signal })
      document.addEventListener("resume", onThawed, { signal })
      document.addEventListener("visibilitychange", onVisibility, { signal })
      if (outbox.isWaiting()) wanted = true
      change({ online: navigator.onLine, entries: merge(state.entries, outbox.entries()) })
      void connection.run()
      void outbox.flush()
    },
    stop: () => {
      running.abort()
      connection.stop()
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
      const entry = options.entry()
      const around = { locale: options.locale, ...aroundPage(), ...(entry === undefined ? {} : { entry }) }
      const files: ReadonlyArray<Uploaded> = choice === undefined ? uploads.take() : []
      // The words stand below the last of the files.
      for (const [index, { fileId, name }] of files.entries()) {
        const caption = index === files.length - 1 ? text : ""
        enqueue({ id: newId(), text: caption, fileId, ...around }, name)
      }
      if (files.length > 0) return
      enqueue({
        id: newId(),
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
      const began = sessions.era()
      // What was written is sent as whoever wrote it: the server may have it, and its answer been lost.
      if (!storage.isVerified() && outbox.isWaiting()) await outbox.flush()
      if (began !== sessions.era() || running.signal.aborted) return state.identity
      startOver(proof)
      await sessions.token()
      void outbox.flush()
      return state.identity
    },
    signOut: async () => {
      const ended = sessions.current() ?? storage.token()
      wanted = false
      storage.clear()
      uploads.clear()
      outbox.clear()
      sessions.forgetVisitor()
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
      startOver(undefined)
      if (ended !== undefined) await requests.signOut(ended).catch(() => {})
    },
    describe: async (profile) => {
      const id = newId()
      await persist((used) => requests.describe(used, { id, locale: options.locale, ...profile }))
      if (profile.answers !== undefined) {
        change({ formDone: true })
        void outbox.flush()
      }
    },
    rate: async (rating) => {
      const conversationId = state.ratingFor
      if (conversationId === null) return
      const id = newId()
      await persist((used) => requests.rate(used, { id, conversationId, ...rating }))
      change({ ratingFor: null })
    },
    dismissRating: () => change({ ratingFor: null }),
    retry: outbox.retry,
    discard: (id) => {
      outbox.discard(id)
      change({ entries: state.entries.filter((entry) => entry.id !== id || entry.position !== undefined) })
    },
    writing: (on) => {
      const now = performance.now()
      const token = sessions.current()
      if (token === undefined) return
      if (on ? now - (typingSentAt ?? -typingEveryMillis) < typingEveryMillis : typingSentAt === undefined) return
      typingSentAt = on ? now : undefined
      requests.setTyping(token, on).catch(() => {})
    },
    seen: () => {
      const last = state.entries.findLast((entry) => entry.from === "business")?.position ?? 0
      if (last > state.visitorReadUpTo) change({ visitorReadUpTo: last })
      const token = sessions.current()
      if (last <= readSent || token === undefined) return
      const before = readSent
      readSent = last
      requests.markRead(token, String(last)).catch(() => {
        readSent = Math.min(readSent, before)
      })
    },
    loadEarlier: () => {
      const from = earlier
      const token = sessions.current()
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
