import type { QueryTerm } from "./understand.ts"

/** Which terms of the question stand in a text, and where, in the text's order. */
export interface Occurrences {
  readonly terms: ReadonlyArray<number>
  readonly positions: ReadonlyArray<number>
}

/** Words further apart than this are not near. */
const reach = 8

/**
 * What neighbours in the question that are near each other in the text add: the nearer the more, and twice as much in
 * the question's order. A term of no value is passed over.
 */
export const nearness = (
  { positions, terms: found }: Occurrences,
  terms: ReadonlyArray<QueryTerm>,
  value: (term: QueryTerm) => number
): number => {
  if (found.length < 2) return 0
  const values = terms.map(value)
  const previous: Array<number> = []
  let last = -1
  for (const [index, one] of values.entries()) {
    previous.push(last)
    if (one > 0) last = index
  }
  const closeness = new Float64Array(terms.length)
  for (let i = 0; i < found.length; i++) {
    const first = found[i] ?? 0
    for (let j = i + 1; j < found.length; j++) {
      const distance = (positions[j] ?? 0) - (positions[i] ?? 0)
      if (distance > reach) break
      const second = found[j] ?? 0
      if (previous[second] === first) closeness[second] = (closeness[second] ?? 0) + 1 / distance
      else if (previous[first] === second) closeness[first] = (closeness[first] ?? 0) + 0.5 / distance
    }
  }
  let bonus = 0
  for (const [index, one] of values.entries()) {
    const close = closeness[index] ?? 0
    const before = previous[index] ?? -1
    if (close > 0 && before >= 0 && one > 0) bonus += Math.min(values[before] ?? 0, one) * close * 2.2 / (1.2 + close)
  }
  return bonus
}
