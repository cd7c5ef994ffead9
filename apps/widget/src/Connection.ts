/** The connection on which replies arrive: opened when somebody waits for them, and opened again whenever it is lost. */
import { delay, makeBackoff } from "./Backoff.ts"
import type { StreamEvent } from "./Contract.ts"
import { follow, Refused } from "./EventStream.ts"
import { isClosed } from "./Requests.ts"
import type { Sessions } from "./Sessions.ts"

export type ConnectionState = "none" | "connecting" | "live" | "lost"

export interface Connection {
  /** Follows until it ends. */
  readonly run: () => Promise<void>
  /** Gives up the present one. */
  readonly drop: () => void
  /** The page was hidden, or shown. */
  readonly visibility: () => void
  /** Gives up the present one if a heartbeat is missing: the network changed, or the machine slept. */
  readonly check: () => void
  readonly stop: () => void
}

/** Heartbeats come every 15 seconds. */
const silenceMillis = 40_000
/** Timers stand still while a machine sleeps, and clocks do not. */
const missedMillis = 25_000
const checkMillis = 10_000
/** A page in the background for this long gives its connection back: browsers allow six to one host. */
const hiddenMillis = 60_000
/** As long as a timer can be. */
const longMillis = 2 ** 31 - 1

export const makeConnection = (options: {
  readonly url: string
  readonly sessions: Sessions
  readonly running: () => AbortSignal
  readonly wake: () => AbortSignal
  /** Ends every wait for another try. */
  readonly nudge: () => void
  /** Whether somebody waits for replies. */
  readonly isWanted: () => boolean
  readonly cursor: () => number
  readonly onState: (state: ConnectionState) => void
  readonly onEvent: (event: StreamEvent) => void
  readonly onClosed: () => void
}): Connection => {
  const { sessions } = options
  let present = new AbortController()
  let hiddenTimer: ReturnType<typeof setTimeout> | undefined
  let lost = false
  let heardAt = Number.POSITIVE_INFINITY

  const check = () => {
    if (Date.now() - heardAt > missedMillis) present.abort()
  }

  const isAway = () => document.hidden && hiddenTimer === undefined

  const once = async (signal: AbortSignal, opened: () => void) => {
    let used: string | undefined
    try {
      used = await sessions.token()
      if (!options.isWanted() || isAway()) return
      options.onState(lost ? "lost" : "connecting")
      present = new AbortController()
      await follow({
        url: options.url,
        token: used,
        lastEventId: String(options.cursor()),
        silence: silenceMillis,
        signal: AbortSignal.any([signal, present.signal]),
        onAlive: () => {
          heardAt = Date.now()
        },
        onOpen: () => {
          lost = false
          opened()
          options.onState("live")
          options.nudge()
        },
        onEvent: options.onEvent
      })
    } catch (error) {
      if (signal.aborted) return
      if (error instanceof Refused && error.status === 401 && used !== undefined) sessions.forget(used)
      if (isClosed(error) || error instanceof Refused && error.status === 403) throw error
    } finally {
      heardAt = Number.POSITIVE_INFINITY
    }
  }

  return {
    run: async () => {
      const signal = options.running()
      const backoff = makeBackoff({ first: 500, longest: 30_000 })
      const checks = setInterval(check, checkMillis)
      signal.addEventListener("abort", () => clearInterval(checks))
      while (!signal.aborted) {
        try {
          await once(signal, backoff.reset)
        } catch {
          return options.onClosed()
        }
        if (signal.aborted) return
        // Nobody waits for replies yet, or nobody looks.
        const idle = !options.isWanted() || isAway()
        lost = !idle
        options.onState(idle ? "none" : "lost")
        await delay(idle && sessions.current() !== undefined ? longMillis : backoff.next(), options.wake())
      }
    },
    drop: () => present.abort(),
    check,
    visibility: () => {
      clearTimeout(hiddenTimer)
      hiddenTimer = undefined
      if (!document.hidden) {
        check()
        options.nudge()
      } else {
        hiddenTimer = setTimeout(() => {
          hiddenTimer = undefined
          present.abort()
        }, hiddenMillis)
      }
    },
    stop: () => clearTimeout(hiddenTimer)
  }
}
