/**
 * The faults an emulator can be told to make, and the seeded randomness that they are drawn with.
 *
 * @since 0.1.0
 */
import { Effect, Schema } from "effect"

/**
 * How often a fault happens: surely for the `next` n times, and after that with the `probability` (0 to 1).
 *
 * @category models
 * @since 0.1.0
 */
export const Chance = Schema.Struct({
  next: Schema.Int.check(Schema.isGreaterThanOrEqualTo(0)).pipe(Schema.withDecodingDefaultKey(Effect.succeed(0))),
  probability: Schema.Number.check(Schema.isBetween({ minimum: 0, maximum: 1 })).pipe(
    Schema.withDecodingDefaultKey(Effect.succeed(0))
  )
})
/** @since 0.1.0 */
export type Chance = typeof Chance.Type

const chance = Chance.pipe(Schema.withDecodingDefaultKey(Effect.succeed({})))

const Millis = Schema.Number.check(Schema.isGreaterThanOrEqualTo(0))

const millis = (byDefault: number) => Millis.pipe(Schema.withDecodingDefaultKey(Effect.succeed(byDefault)))

/** Milliseconds, drawn evenly between the two. @category models @since 0.1.0 */
export const Range = Schema.Struct({ min: millis(0), max: millis(0) })
/** @since 0.1.0 */
export type Range = typeof Range.Type

const range = (min: number, max: number) => Range.pipe(Schema.withDecodingDefaultKey(Effect.succeed({ min, max })))

/**
 * Everything an emulator can be told to do wrong, and its timing. A knob that is left out has its default: nothing
 * wrong. Times are milliseconds.
 *
 * Webhooks:
 * - `duplicate`: deliver it `duplicateTimes` more times
 * - `reorder`: hold it back for `reorderHold`, so that later ones overtake it
 * - `delay`: between the event and the first attempt
 * - `drop`: an attempt is lost on the way; the provider retries
 * - `lose`: never delivered at all (no retry): what only reconciliation can find
 * - `batchMax`, `batchWindow`: how many updates one request may carry, where the provider batches
 *
 * Sends:
 * - `answerDelay`: before any answer
 * - `error`: refused with `errorCode` (a Graph code or an HTTP status, as the provider has it)
 * - `timeoutAfterAcceptance`: accepted, but the answer comes only after `answerAfter`, or never (`null`)
 * - `errorAfterAcceptance`: accepted, then HTTP 500 with a body that says nothing
 * - `closeAfterAcceptance`: accepted, then the connection is cut
 * - `closeBeforeAcceptance`: not accepted, and the connection is cut: to the caller the same as the former
 *
 * Statuses:
 * - `statuses: false`: none are sent
 * - `sentDelay`, `deliveredDelay`, `readDelay`: each after the one before; `read: false` leaves them unread
 *
 * @category models
 * @since 0.1.0
 */
export const Faults = Schema.Struct({
  duplicate: chance,
  duplicateTimes: Schema.Int.check(Schema.isGreaterThanOrEqualTo(1)).pipe(
    Schema.withDecodingDefaultKey(Effect.succeed(1))
  ),
  reorder: chance,
  reorderHold: range(50, 400),
  delay: range(0, 0),
  drop: chance,
  lose: chance,
  batchMax: Schema.Int.check(Schema.isGreaterThanOrEqualTo(1)).pipe(Schema.withDecodingDefaultKey(Effect.succeed(1))),
  batchWindow: millis(20),

  answerDelay: range(0, 0),
  error: chance,
  errorCode: Schema.String.pipe(Schema.withDecodingDefaultKey(Effect.succeed("131000"))),
  timeoutAfterAcceptance: chance,
  answerAfter: Schema.NullOr(Millis).pipe(Schema.withDecodingDefaultKey(Effect.succeed(null))),
  errorAfterAcceptance: chance,
  closeAfterAcceptance: chance,
  closeBeforeAcceptance: chance,

  statuses: Schema.Boolean.pipe(Schema.withDecodingDefaultKey(Effect.succeed(true))),
  read: Schema.Boolean.pipe(Schema.withDecodingDefaultKey(Effect.succeed(true))),
  sentDelay: range(5, 20),
  deliveredDelay: range(10, 60),
  readDelay: range(50, 300)
}).annotate({ identifier: "Faults" })
/** @since 0.1.0 */
export type Faults = typeof Faults.Type
/** Faults as they are written: every knob may be left out. @since 0.1.0 */
export type FaultsInput = typeof Faults.Encoded

/**
 * Faults from the knobs that matter; the others have their defaults.
 *
 * @category constructors
 * @since 0.1.0
 */
export const faults = (input: FaultsInput): Faults => Schema.decodeSync(Faults)(input)

/** The faults that happen by chance. @category models @since 0.1.0 */
export type FaultName =
  | "duplicate"
  | "reorder"
  | "drop"
  | "lose"
  | "error"
  | "timeoutAfterAcceptance"
  | "errorAfterAcceptance"
  | "closeAfterAcceptance"
  | "closeBeforeAcceptance"

/**
 * A number in [0, 1) for every subject: equal for equal seeds and subjects, whatever the order of asking, so that a run
 * makes the same faults to the same messages however its fibers are scheduled.
 *
 * @category models
 * @since 0.1.0
 */
export type SeededRandom = (subject: string) => number

/**
 * @category constructors
 * @since 0.1.0
 */
export const random = (seed: string): SeededRandom => (subject) => {
  const words = hash(`${seed}\u0000${subject}`)
  return (words[0] * 2097152 + (words[1] & 2097151)) / 9007199254740992
}

/**
 * Hexadecimal characters that look random, equal for equal seeds and subjects.
 *
 * @category constructors
 * @since 0.1.0
 */
export const hex = (seed: string, subject: string, length: number): string => {
  let out = ""
  for (let part = 0; out.length < length; part++) {
    const words = hash(`${seed}\u0000${part}\u0000${subject}`)
    out += words[0].toString(16).padStart(8, "0") + words[1].toString(16).padStart(8, "0")
  }
  return out.slice(0, length)
}

const hash = (text: string): readonly [number, number] => {
  let one = 0xdeadbeef
  let two = 0x41c6ce57
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    one = Math.imul(one ^ code, 2654435761)
    two = Math.imul(two ^ code, 1597334677)
  }
  one = Math.imul(one ^ (one >>> 16), 2246822507) ^ Math.imul(two ^ (two >>> 13), 3266489909)
  two = Math.imul(two ^ (two >>> 16), 2246822507) ^ Math.imul(one ^ (one >>> 13), 3266489909)
  return [one >>> 0, two >>> 0]
}

/**
 * The faults in force, and the decisions they lead to.
 *
 * @category models
 * @since 0.1.0
 */
export interface FaultState {
  readonly current: () => Faults
  readonly set: (faults: Faults) => void
  /** Whether the fault happens to this subject; uses up one of its `next`. */
  readonly hit: (fault: FaultName, subject: string) => boolean
  /** Milliseconds within the range, for this subject. */
  readonly between: (range: Range, subject: string) => number
}

/**
 * @category constructors
 * @since 0.1.0
 */
export const makeFaultState = (random: SeededRandom, initial: FaultsInput = {}): FaultState => {
  let current = faults(initial)
  return {
    current: () => current,
    set: (next) => {
      current = next
    },
    hit: (fault, subject) => {
      const { next, probability } = current[fault]
      if (next > 0) {
        current = { ...current, [fault]: { next: next - 1, probability } }
        return true
      }
      return probability > 0 && random(`${fault}:${subject}`) < probability
    },
    between: ({ max, min }, subject) => min >= max ? min : min + random(`between:${subject}`) * (max - min)
  }
}
