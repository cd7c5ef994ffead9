/**
 * The calls of the contract. An answer that is not a success rejects with its status.
 */
import type {
  Message,
  MessagePage,
  NewMessage,
  NewProfile,
  NewRating,
  NewSession,
  Session,
  Uploaded
} from "./Contract.ts"

/** The server answered no. `retryAfter` is in seconds, where it said so. */
export class RequestFailed extends Error {
  readonly status: number
  readonly retryAfter: number | undefined
  /** The last part of the problem's type: `file-too-large`. */
  readonly problem: string | undefined
  constructor(status: number, retryAfter: number | undefined, problem?: string) {
    super(`answered with ${status}`)
    this.status = status
    this.retryAfter = retryAfter
    this.problem = problem
  }
}

/** This page may not use this widget, or there is no such widget. */
export const isClosed = (error: unknown): boolean =>
  error instanceof RequestFailed && (error.status === 403 || error.status === 404)

/** What asking again does not change. */
export const isRefusal = (error: unknown): boolean =>
  error instanceof RequestFailed && error.status >= 400 && error.status < 500 &&
  ![401, 408, 409, 425, 429].includes(error.status)

export interface Requests {
  readonly openSession: (session: NewSession) => Promise<Session>
  readonly postMessage: (token: string, message: NewMessage) => Promise<Message>
  readonly history: (token: string, cursor: string) => Promise<MessagePage>
  readonly setTyping: (token: string, on: boolean) => Promise<void>
  readonly markRead: (token: string, upTo: string) => Promise<void>
  readonly describe: (token: string, profile: NewProfile) => Promise<void>
  readonly rate: (token: string, rating: NewRating) => Promise<void>
  readonly signOut: (token: string) => Promise<void>
  /** Tells how much of the file has gone, from 0 to 1. */
  readonly upload: (token: string, id: string, file: File, options: {
    readonly signal: AbortSignal
    readonly onProgress: (share: number) => void
  }) => Promise<Uploaded>
  /** The address of what the server has: addresses in messages may be paths there. */
  readonly resolve: (url: string) => string
  readonly eventsUrl: string
}

/** A request that takes longer has failed: what it asked for is asked for again, under the same id. */
const timeoutMillis = 20_000

const problemOf = (text: string): string | undefined => {
  try {
    const { type } = JSON.parse(text) as { readonly type?: unknown }
    return typeof type === "string" ? type.slice(type.lastIndexOf("/") + 1) : undefined
  } catch {
    return undefined
  }
}

/** `fetch` does not tell how much of a body has gone. */
const upload = (options: {
  readonly url: string
  readonly token: string
  readonly file: File
  readonly signal: AbortSignal
  readonly onProgress: (share: number) => void
}): Promise<Uploaded> =>
  new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    const abort = () => request.abort()
    const fail = () => {
      options.signal.removeEventListener("abort", abort)
      reject(new RequestFailed(request.status, undefined, problemOf(request.responseText)))
    }
    options.signal.addEventListener("abort", abort)
    request.upload.addEventListener(
      "progress",
      ({ loaded, total }) => options.onProgress(total === 0 ? 0 : loaded / total)
    )
    request.addEventListener("error", fail)
    request.addEventListener("abort", fail)
    request.addEventListener("load", () => {
      if (request.status !== 201) return fail()
      options.signal.removeEventListener("abort", abort)
      resolve(JSON.parse(request.responseText) as Uploaded)
    })
    request.open("POST", options.url)
    request.setRequestHeader("content-type", "application/octet-stream")
    request.setRequestHeader("authorization", `Bearer ${options.token}`)
    request.send(options.file)
  })

export const makeRequests = (server: string, account: string): Requests => {
  const base = `${server}/v1/widget`
  const call = async (path: string, options: { readonly token?: string; readonly body?: unknown }) => {
    const response = await fetch(`${base}${path}`, {
      method: options.body === undefined ? "GET" : "POST",
      headers: {
        ...(options.body === undefined ? {} : { "content-type": "application/json" }),
        ...(options.token === undefined ? {} : { authorization: `Bearer ${options.token}` })
      },
      ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
      cache: "no-store",
      credentials: "omit",
      signal: AbortSignal.timeout(timeoutMillis)
    })
    if (response.ok) return response
    const retryAfter = Number(response.headers.get("retry-after") ?? Number.NaN)
    throw new RequestFailed(response.status, Number.isFinite(retryAfter) ? retryAfter : undefined)
  }
  const json = async <A>(response: Promise<Response>): Promise<A> => (await response).json() as Promise<A>
  return {
    openSession: (body) => json(call(`/${encodeURIComponent(account)}/sessions`, { body })),
    postMessage: (token, body) => json(call("/messages", { token, body })),
    history: (token, cursor) => json(call(`/messages?limit=30&cursor=${encodeURIComponent(cursor)}`, { token })),
    setTyping: async (token, on) => void await call("/typing", { token, body: { on } }),
    markRead: async (token, upTo) => void await call("/read", { token, body: { upTo } }),
    describe: async (token, body) => void await call("/profile", { token, body }),
    rate: async (token, body) => void await call("/rating", { token, body }),
    signOut: async (token) => void await call("/sign-out", { token, body: {} }),
    upload: (token, id, file, { onProgress, signal }) =>
      upload({ url: `${base}/files?id=${id}&name=${encodeURIComponent(file.name)}`, token, file, signal, onProgress }),
    resolve: (url) => url.startsWith("/v1/widget/") ? server + url : url,
    eventsUrl: `${base}/events`
  }
}
