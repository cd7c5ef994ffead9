/**
 * What survives a reload. Where the browser keeps nothing (private windows, sandboxed frames), memory has to do.
 *
 * Beyond the tab (`localStorage`) lasts no more than the token of a visitor without a name, by which they are known when
 * they come back, and which greetings they have seen. In the tab (`sessionStorage`) is what it needs over a reload: the
 * token of a visitor for whom the site vouches, the page on which the visit began, whether the panel is open, and until it
 * is sent, what they wrote, sealed under a key that the server gives to their session and that is in memory alone. All of it goes when they sign out; what
 * was written also when the session ends in which it was.
 */
import type { NewMessage } from "./Contract.ts"
import { makeSealedStore } from "./Sealed.ts"

export interface TextStore {
  readonly get: (key: string) => string | null
  readonly set: (key: string, value: string) => void
  readonly remove: (key: string) => void
  readonly keys: () => ReadonlyArray<string>
}

const memory = (): TextStore => {
  const values = new Map<string, string>()
  return {
    get: (key) => values.get(key) ?? null,
    set: (key, value) => void values.set(key, value),
    remove: (key) => void values.delete(key),
    keys: () => [...values.keys()]
  }
}

/** Falls back to memory when the browser refuses (also later: a full disk, a revoked permission). */
const persistent = (open: () => Storage): TextStore => {
  const fallback = memory()
  const attempt = <A>(use: (storage: Storage) => A, otherwise: () => A): A => {
    try {
      return use(open())
    } catch {
      return otherwise()
    }
  }
  return {
    get: (key) => fallback.get(key) ?? attempt((storage) => storage.getItem(key), () => null),
    set: (key, value) => attempt((storage) => storage.setItem(key, value), () => fallback.set(key, value)),
    remove: (key) => {
      fallback.remove(key)
      attempt((storage) => storage.removeItem(key), () => {})
    },
    keys: () => [
      ...fallback.keys(),
      ...attempt((storage) => Array.from({ length: storage.length }, (_, index) => storage.key(index) ?? ""), () => [])
    ]
  }
}

/** A message that the server has not confirmed yet. */
export interface Waiting {
  readonly message: NewMessage
  /** Epoch milliseconds. */
  readonly writtenAt: number
  /** The file that goes with it. */
  readonly fileName?: string
}

export interface WidgetStorage {
  readonly token: () => string | undefined
  /** Whether the token is that of a visitor for whom the site vouches. */
  readonly isVerified: () => boolean
  readonly setToken: (token: string, verified: boolean) => void
  /** Makes readable what was written before the page was loaded, by the keys of the session (`Session.storageKeys`). */
  readonly unlock: (keys: ReadonlyArray<string>) => Promise<void>
  /** Whether something may wait that is not readable yet. */
  readonly hasLocked: () => boolean
  /** What waits to be sent, oldest first. */
  readonly waiting: () => ReadonlyArray<Waiting>
  readonly addWaiting: (waiting: Waiting) => void
  readonly removeWaiting: (id: string) => void
  /** Where the visit began, of this tab: the first that is told. */
  readonly entry: (now: string) => string
  /** Whether this tab had the panel open. */
  readonly wasOpen: () => boolean
  readonly setOpen: (open: boolean) => void
  readonly draft: () => string
  readonly setDraft: (text: string) => void
  readonly hasSeen: (greeting: string) => boolean
  readonly setSeen: (greeting: string) => void
  /** What was written and is not sent, the draft included. */
  readonly forgetWritten: () => void
  /** All of it. */
  readonly clear: () => void
}

const isWaiting = (value: unknown): value is Waiting => {
  if (typeof value !== "object" || value === null || !("message" in value) || !("writtenAt" in value)) return false
  const { message, writtenAt } = value
  return typeof writtenAt === "number" && typeof message === "object" && message !== null && "id" in message &&
    typeof message.id === "string" && "text" in message && typeof message.text === "string"
}

const parseWaiting = (text: string): Waiting | undefined => {
  try {
    const value: unknown = JSON.parse(text)
    return isWaiting(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** Storage of one widget: another server or account on the same site has its own. */
export const makeStorage = (server: string, account: string): WidgetStorage => {
  const prefix = `wicara:${server}:${account}:`
  const lasting = persistent(() => globalThis.localStorage)
  const ofTab = persistent(() => globalThis.sessionStorage)
  const written = makeSealedStore(ofTab, `${prefix}written:`)
  const outbox = "waiting:"
  const keysOf = (store: TextStore) => [...new Set(store.keys())]
  return {
    token: () => ofTab.get(`${prefix}token`) ?? lasting.get(`${prefix}token`) ?? undefined,
    isVerified: () => ofTab.get(`${prefix}token`) !== null,
    setToken: (token, verified) => {
      const [here, there] = verified ? [ofTab, lasting] : [lasting, ofTab]
      here.set(`${prefix}token`, token)
      there.remove(`${prefix}token`)
    },
    unlock: written.unlock,
    hasLocked: () => written.locked().some((name) => name.startsWith(outbox)),
    waiting: () =>
      written.names().filter((name) => name.startsWith(outbox)).flatMap((name) => {
        const waiting = parseWaiting(written.get(name) ?? "")
        if (waiting === undefined) written.remove(name)
        return waiting === undefined ? [] : [waiting]
      }).sort((a, b) => a.writtenAt - b.writtenAt),
    addWaiting: (waiting) => written.set(`${outbox}${waiting.message.id}`, JSON.stringify(waiting)),
    removeWaiting: (id) => written.remove(`${outbox}${id}`),
    entry: (now) => {
      const known = ofTab.get(`${prefix}entry`)
      if (known === null) ofTab.set(`${prefix}entry`, now)
      return known ?? now
    },
    wasOpen: () => ofTab.get(`${prefix}open`) === "1",
    setOpen: (open) => open ? ofTab.set(`${prefix}open`, "1") : ofTab.remove(`${prefix}open`),
    draft: () => written.get("draft") ?? "",
    setDraft: (text) => text === "" ? written.remove("draft") : written.set("draft", text),
    hasSeen: (greeting) => lasting.get(`${prefix}seen:${greeting}`) !== null,
    setSeen: (greeting) => lasting.set(`${prefix}seen:${greeting}`, "1"),
    forgetWritten: written.clear,
    clear: () => {
      written.clear()
      for (const store of [lasting, ofTab]) {
        for (const key of keysOf(store)) if (key.startsWith(prefix)) store.remove(key)
      }
    }
  }
}
