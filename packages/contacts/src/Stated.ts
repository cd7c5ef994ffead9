/**
 * What people say of themselves, kept beside what is known: under `stated` of a record's attributes, and of no more names
 * than any form has.
 *
 * @since 0.1.0
 */
import type { Schema } from "effect"

/** What strangers can add to a record ends somewhere. @category constants @since 0.1.0 */
export const maximum = 100

const isObject = (value: unknown): value is Schema.JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/**
 * The attributes with what is said now: in the place of what was said by that name, and of none that is known.
 *
 * @category combinators
 * @since 0.1.0
 */
export const add = (before: Schema.JsonObject, said: Schema.JsonObject): Schema.JsonObject => {
  const stated = before["stated"]
  const known = isObject(stated) ? stated : {}
  const room = maximum - Object.keys(known).length
  const added = Object.entries(said).filter(([key]) => !(key in known)).slice(0, Math.max(0, room))
  const changed = Object.entries(said).filter(([key]) => key in known)
  return { ...before, stated: { ...known, ...Object.fromEntries([...changed, ...added]) } }
}
