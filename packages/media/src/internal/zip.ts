import * as Effect from "effect/Effect"
import { unzipSync } from "fflate"
import { Unreadable } from "./Unreadable.ts"

/**
 * Parts of a packed document, as text, by their names. What is said to unpack to more than `maxBytes` is not unpacked, and
 * nothing unpacks to more than it says.
 */
export const unpacked = Effect.fnUntraced(function*(content: Uint8Array, { main, maxBytes, wanted }: {
  readonly wanted: RegExp
  /** There must be such a one. */
  readonly main: RegExp
  readonly maxBytes: number
}) {
  let total = 0
  const parts = yield* Effect.try({
    try: () =>
      unzipSync(content, {
        filter: ({ name, originalSize }) => {
          if (!wanted.test(name)) return false
          total += originalSize
          return total <= maxBytes
        }
      }),
    catch: () => new Unreadable({ code: "broken" })
  })
  if (total > maxBytes) return yield* new Unreadable({ code: "too_large" })
  const decoder = new TextDecoder()
  const found = new Map(Object.entries(parts).map(([name, bytes]) => [name, decoder.decode(bytes)]))
  if (![...found.keys()].some((name) => main.test(name))) return yield* new Unreadable({ code: "broken" })
  return found
})
