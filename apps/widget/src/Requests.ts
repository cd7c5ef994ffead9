/**
 * The calls of the contract. An answer that is not a success rejects with its status.
 */
import type { Message, MessagePage, NewMessage, NewSession, Session } from "./Contract.ts"

/** The server answered no. `retryAfter` is in seconds, where it said so. */
export class RequestFailed extends Error {
  readonly status: number
  readonly retryAfter: number | undefined
  constructor(status: number, retryAfter: number | undefined) {
    super(`answered with ${status}`)
    this.status = status
    this.retryAfter = retryAfter
  }
}

export interface Requests {
  readonly openSession: (session: NewSession) => Promise<Session>
  readonly postMessage: (token: string, message: NewMessage) => Promise<Message>
  readonly history: (token: string, cursor: string) => Promise<MessagePage>
  readonly setTyping: (token: string, on: boolean) => Promise<void>
  readonly markRead: (token: string, upTo: string) => Promise<void>
  readonly eventsUrl: string
}

/** A request that takes longer has failed: what it asked for is asked for again, under the same id. */
const timeoutMillis = 20_000

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
    eventsUrl: `${base}/events`
  }
}
