/**
 * Which versions a range allows, as package managers write it: `^0.1.0`, `~1.2.0`, `>=0.1.0 <0.3.0`, `1.2.3`, `*`.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"

type Version = readonly [major: number, minor: number, patch: number]

const comparator = /^(\^|~|>=|<=|>|<|=)?(\d+)\.(\d+)\.(\d+)$/

/**
 * @category schemas
 * @since 0.1.0
 */
export const VersionRange = Schema.String.check(
  Schema.makeFilter(
    (range: string) => range === "*" || range.split(/\s+/).every((part) => comparator.test(part)),
    { expected: "a range of versions such as ^0.1.0" }
  )
)

const compare = (one: Version, other: Version): number => one[0] - other[0] || one[1] - other[1] || one[2] - other[2]

/** What the next version is that breaks what `^` allows: the first number that is not 0 changes. */
const nextBreaking = ([major, minor, patch]: Version): Version =>
  major > 0 ? [major + 1, 0, 0] : minor > 0 ? [0, minor + 1, 0] : [0, 0, patch + 1]

const holds = (version: Version, part: string): boolean => {
  const match = comparator.exec(part)
  if (match === null) return false
  const bound: Version = [Number(match[2]), Number(match[3]), Number(match[4])]
  const order = compare(version, bound)
  switch (match[1]) {
    case "^":
      return order >= 0 && compare(version, nextBreaking(bound)) < 0
    case "~":
      return order >= 0 && compare(version, [bound[0], bound[1] + 1, 0]) < 0
    case ">=":
      return order >= 0
    case "<=":
      return order <= 0
    case ">":
      return order > 0
    case "<":
      return order < 0
    default:
      return order === 0
  }
}

/**
 * Whether a version is one that the range allows; what is no range allows none.
 *
 * @category guards
 * @since 0.1.0
 * @example
 * VersionRange.allows("^0.1.0", "0.1.7") // => true
 */
export const allows = (range: string, version: string): boolean => {
  const match = comparator.exec(version)
  if (match === null) return false
  const parsed: Version = [Number(match[2]), Number(match[3]), Number(match[4])]
  return range === "*" || range.trim().split(/\s+/).every((part) => holds(parsed, part))
}
