/**
 * How long to wait before trying again: twice as long each time up to half a minute, at random within that span, so that
 * the browsers that lost one server do not all return at once.
 */
export interface Backoff {
  /** Milliseconds to wait before the next attempt. */
  readonly next: () => number
  /** It worked: the next wait is short again. */
  readonly reset: () => void
}

export const makeBackoff = (
  options: { readonly first: number; readonly longest: number; readonly random?: () => number }
): Backoff => {
  const random = options.random ?? Math.random
  let attempts = 0
  return {
    next: () => {
      const span = Math.min(options.longest, options.first * 2 ** attempts)
      attempts += 1
      return Math.round(span / 2 + random() * (span / 2))
    },
    reset: () => {
      attempts = 0
    }
  }
}

/** Waits, until the signal says not to. */
export const delay = (millis: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer)
      signal.removeEventListener("abort", done)
      resolve()
    }
    const timer = setTimeout(done, millis)
    signal.addEventListener("abort", done)
  })
