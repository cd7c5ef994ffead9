/** Clocks are read in whole milliseconds: an instant may be this much later than it was read. */
const grain = 2

/**
 * At most so many messages in any span of `per` milliseconds, as who receives them sees it.
 *
 * How long a message is on its way is unknown, and differs. So it counts from before it is sent until `per` after its
 * answer came: whenever in between it arrived, the last one sent in any span was counted with all others in it.
 *
 * @internal
 */
export interface SendWindow {
  readonly per: number
  messages: number
  /** How many may be sent at an instant, now or soon, if none is begun and none ends until then. */
  readonly room: (now: number, at?: number) => number
  /** One is being sent. */
  readonly begin: () => void
  /** One that was begun has its answer, or will never have one. */
  readonly end: (now: number) => void
  /** When there will be room for so many, if nothing else is begun; infinite while that depends on what is on its way. */
  readonly roomAt: (now: number, places?: number) => number
  /** Whether nothing counts any more. */
  readonly isEmpty: (now: number) => boolean
}

/** @internal */
export const make = (per: number, messages: number): SendWindow => {
  let begun = 0
  let ended: Array<number> = []
  let first = 0
  const forget = (now: number) => {
    while (first < ended.length && ended[first]! + per + grain <= now) first++
    if (first > 1024 && first > ended.length / 2) {
      ended = ended.slice(first)
      first = 0
    }
  }
  const window: SendWindow = {
    per,
    messages,
    room: (now, at = now) => {
      forget(now)
      let counting = first
      while (counting < ended.length && ended[counting]! + per + grain <= at) counting++
      return window.messages - begun - (ended.length - counting)
    },
    begin: () => {
      begun++
    },
    end: (now) => {
      begun--
      // The clock of a machine may go back: what ended before this did not end later.
      ended.push(Math.max(now, ended.at(-1) ?? now))
    },
    roomAt: (now, places = 1) => {
      const missing = places - window.room(now)
      if (missing <= 0) return now
      const next = ended[first + missing - 1]
      return next === undefined ? Number.POSITIVE_INFINITY : next + per + grain
    },
    isEmpty: (now) => {
      forget(now)
      return begun === 0 && first === ended.length
    }
  }
  return window
}
