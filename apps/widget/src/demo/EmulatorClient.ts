/**
 * One customer's phone on an emulator, through its control routes.
 */
import { makeBackoff } from "../Backoff.ts"
import { makeParser } from "../EventStream.ts"

export interface EmulatedAccount {
  readonly controlUrl: string
  readonly account: string
}

export interface PhoneBubble {
  readonly id: string
  readonly from: "customer" | "business"
  readonly source: "customer" | "api" | "phone"
  readonly kind: string
  readonly text: string
  /** Epoch milliseconds. */
  readonly at: number
  readonly status: string
  readonly edited?: boolean
  readonly revoked?: boolean
  readonly reactions: { readonly customer?: string; readonly business?: string }
  readonly native: unknown
}

export interface PhoneState {
  readonly connected: boolean
  readonly bubbles: ReadonlyArray<PhoneBubble>
  readonly typing: boolean
  readonly read: ReadonlySet<string>
  /** Written here and not yet taken by the emulator. */
  readonly outbox: ReadonlyArray<
    { readonly id: string; readonly text: string; readonly at: number; readonly failed: boolean }
  >
}

export interface Reply {
  readonly type: "button_reply" | "list_reply"
  readonly id: string
  readonly title: string
}

type PhoneEvent =
  | { readonly type: "bubble"; readonly bubble: PhoneBubble }
  | { readonly type: "typing"; readonly on: boolean }
  | { readonly type: "read"; readonly messageId: string }

export interface PhoneClient {
  readonly state: () => PhoneState
  readonly subscribe: (listener: () => void) => () => void
  readonly say: (text: string) => void
  readonly answer: (reply: Reply) => void
  readonly retry: (id: string) => void
  readonly stop: () => void
}

const empty: PhoneState = { connected: false, bubbles: [], typing: false, read: new Set(), outbox: [] }

/** How long typing shows at least, so that an answer of a few milliseconds does not make it flicker. */
const leastTypingMillis = 700

const withBubbles = (bubbles: ReadonlyArray<PhoneBubble>, added: ReadonlyArray<PhoneBubble>) =>
  [...new Map([...bubbles, ...added].map((bubble) => [bubble.id, bubble])).values()].sort((a, b) => a.at - b.at)

export const makePhoneClient = (
  emulator: EmulatedAccount,
  customer: { readonly phone: string; readonly name: string }
): PhoneClient => {
  const base = `${emulator.controlUrl}/_emulator`
  const listeners = new Set<() => void>()
  const stopped = new AbortController()
  let state = empty
  const change = (next: Partial<PhoneState>) => {
    state = { ...state, ...next }
    for (const listener of listeners) listener()
  }

  const apply = (event: PhoneEvent) => {
    switch (event.type) {
      case "bubble":
        return change({
          bubbles: withBubbles(state.bubbles, [event.bubble]),
          outbox: state.outbox.filter(({ id }) => id !== event.bubble.id),
          ...(event.bubble.from === "business" && !state.bubbles.some(({ id }) => id === event.bubble.id)
            ? { typing: false }
            : {})
        })
      case "typing":
        return change({ typing: event.on })
      case "read":
        return change({ read: new Set([...state.read, event.messageId]) })
    }
  }

  let typingSince = 0
  let held: ReadonlyArray<PhoneEvent> = []
  const release = () => {
    const events = held
    held = []
    if (!stopped.signal.aborted) events.forEach(apply)
  }

  /** While typing has not shown long enough, what the business does next waits, in its order. */
  const onEvent = (event: PhoneEvent) => {
    if (event.type === "read" || (event.type === "bubble" && event.bubble.from === "customer")) return apply(event)
    if (held.length > 0) {
      held = [...held, event]
      return
    }
    const rest = typingSince + leastTypingMillis - Date.now()
    if (state.typing && rest > 0) {
      held = [event]
      setTimeout(release, rest)
      return
    }
    if (event.type === "typing" && event.on && !state.typing) typingSince = Date.now()
    apply(event)
  }

  const load = async () => {
    const response = await fetch(
      `${base}/chats/${customer.phone}?account=${encodeURIComponent(emulator.account)}`,
      { signal: stopped.signal }
    )
    if (!response.ok) throw new Error(`answered with ${response.status}`)
    const { bubbles } = await response.json() as { readonly bubbles: ReadonlyArray<PhoneBubble> }
    change({ bubbles: withBubbles(state.bubbles, bubbles) })
  }

  const follow = async () => {
    const response = await fetch(
      `${base}/events?account=${encodeURIComponent(emulator.account)}&customer=${customer.phone}`,
      { signal: stopped.signal }
    )
    if (!response.ok || response.body === null) throw new Error(`answered with ${response.status}`)
    const parse = makeParser()
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
    while (true) {
      const { done, value } = await reader.read()
      if (done) return
      for (const { data, event } of parse(value)) {
        if (event === "ready") {
          // What happened before the first event is read only now, so that nothing falls in between.
          await load()
          change({ connected: true })
        } else onEvent(JSON.parse(data))
      }
    }
  }

  const connect = async () => {
    const backoff = makeBackoff({ first: 400, longest: 8000 })
    while (!stopped.signal.aborted) {
      try {
        await follow()
        backoff.reset()
      } catch {
        // Tried again below.
      }
      if (stopped.signal.aborted) return
      change({ connected: false, typing: false })
      await new Promise((resolve) => setTimeout(resolve, backoff.next()))
    }
  }

  const post = (id: string, content: string | Reply, text: string) => {
    change({
      outbox: [...state.outbox.filter((one) => one.id !== id), { id, text, at: Date.now(), failed: false }]
    })
    const failed = () => change({ outbox: state.outbox.map((one) => one.id === id ? { ...one, failed: true } : one) })
    fetch(`${base}/messages`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ account: emulator.account, from: customer, content })
    }).then(async (response) => {
      if (!response.ok) return failed()
      const { providerMessageId } = await response.json() as { readonly providerMessageId: string }
      // The bubble itself comes with the events; until then it stays here under the provider's id.
      const known = state.bubbles.some((bubble) => bubble.id === providerMessageId)
      change({
        outbox: state.outbox.flatMap((one) => one.id !== id ? [one] : known ? [] : [{ ...one, id: providerMessageId }])
      })
    }).catch(failed)
  }

  void connect()

  return {
    state: () => state,
    subscribe: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    say: (text) => post(crypto.randomUUID(), text, text),
    answer: (reply) => post(crypto.randomUUID(), reply, reply.title),
    retry: (id) => {
      const waiting = state.outbox.find((one) => one.id === id)
      if (waiting !== undefined) post(id, waiting.text, waiting.text)
    },
    stop: () => {
      stopped.abort()
      listeners.clear()
    }
  }
}

const record = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null ? value as Readonly<Record<string, unknown>> : {}
const list = (value: unknown): ReadonlyArray<unknown> => Array.isArray(value) ? value : []
const string = (value: unknown): string => typeof value === "string" ? value : ""

/** The buttons and rows of a message of the Cloud API, which a customer can answer with. */
export const choicesOf = (bubble: PhoneBubble): ReadonlyArray<Reply> => {
  const action = record(record(record(bubble.native)["interactive"])["action"])
  const buttons = list(action["buttons"]).map((button) => record(record(button)["reply"]))
    .map(({ id, title }): Reply => ({ type: "button_reply", id: string(id), title: string(title) }))
  const rows = list(action["sections"]).flatMap((section) => list(record(section)["rows"])).map(record)
    .map(({ id, title }): Reply => ({ type: "list_reply", id: string(id), title: string(title) }))
  return [...buttons, ...rows].filter(({ id, title }) => id !== "" && title !== "")
}
