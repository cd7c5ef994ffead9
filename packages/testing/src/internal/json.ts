/** Any JSON, and what a JSON value becomes when one of its parts is not as documented. */
import type { SeededRandom } from "../EmulatorFaults.ts"

const atoms: ReadonlyArray<unknown> = [
  null,
  true,
  false,
  0,
  -1,
  1e21,
  1795200001,
  "",
  "text",
  "1",
  "\u0000",
  "💥",
  [],
  {}
]

const names = ["id", "type", "event", "entry", "changes", "value", "payload", "text", "messages", "from", "__proto__"]

/**
 * Any JSON value: equal for equal subjects.
 *
 * @since 0.1.0
 */
export const arbitraryJson = (random: SeededRandom, subject: string, depth = 0): unknown => {
  const draw = random(`${subject}:kind`)
  const size = Math.floor(random(`${subject}:size`) * 4)
  if (depth > 3 || draw < 0.4) return atoms[Math.floor(random(`${subject}:atom`) * atoms.length)]
  const items = Array.from({ length: size }, (_, index) => arbitraryJson(random, `${subject}.${index}`, depth + 1))
  return draw < 0.6
    ? items
    : Object.fromEntries(
      items.map((item, index) => [names[Math.floor(random(`${subject}:name:${index}`) * names.length)] ?? "x", item])
    )
}

const wrong: ReadonlyArray<unknown> = [null, "text", -7, true, [], {}, [null], { id: 7 }]

/**
 * The value with each of its parts left out, and replaced by what it is not.
 *
 * @since 0.1.0
 */
export const mutations = (value: unknown): ReadonlyArray<unknown> => {
  if (typeof value !== "object" || value === null) return wrong
  if (Array.isArray(value)) {
    return [
      ...wrong,
      [...value, ...value],
      ...value.flatMap((item: unknown, index) =>
        mutations(item).map((changed) => value.map((one: unknown, place) => place === index ? changed : one))
      )
    ]
  }
  return [
    ...wrong,
    ...Object.entries(value).flatMap(([name, item]: readonly [string, unknown]) => [
      Object.fromEntries(Object.entries(value).filter(([other]) => other !== name)),
      ...mutations(item).map((changed) => ({ ...value, [name]: changed }))
    ])
  ]
}
