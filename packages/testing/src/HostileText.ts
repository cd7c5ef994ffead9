/**
 * Texts that are made to be slow to read: a reader that begins again at every place takes the square of their length.
 *
 * @since 0.1.0
 */

/**
 * What the texts for any reader are made of.
 *
 * @category constants
 * @since 0.1.0
 */
export const units: ReadonlyArray<string> = [
  "x",
  "9",
  "1,234",
  "!",
  "\u2026",
  "\u0e01",
  "\u4e2d",
  " ",
  "\n",
  "a-",
  "["
]

/**
 * Ten times and more what it takes on a slow machine; in the square of the length it would take minutes. Milliseconds.
 *
 * @category constants
 * @since 0.1.0
 */
export const limit = 3000

/**
 * How long the slowest of the texts takes that are made of nothing but the unit, milliseconds.
 *
 * @category running
 * @since 0.1.0
 * @example
 * it.each([...HostileText.units, "a@"])("a text of nothing but %j is read in time", (unit) =>
 *   assert.isBelow(HostileText.slowest(unit, parse), HostileText.limit))
 */
export const slowest = (unit: string, read: (text: string) => void): number => {
  const run = unit.repeat(60_000 / unit.length)
  const times = [run, `Hello ${run}.`, `${run}a1`].map((text) => {
    const started = performance.now() // house-rules: clock it is the time of this machine that is measured
    read(text)
    return performance.now() - started // house-rules: clock it is the time of this machine that is measured
  })
  return Math.max(...times)
}
