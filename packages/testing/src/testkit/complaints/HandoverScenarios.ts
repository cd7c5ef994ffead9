/**
 * What users say of bots that pass customers on to people (complaint 13), or answer other bots (15): each a scenario that an answering desk either
 * stands or not.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import { holds } from "../channel/ChannelLaw.ts"
import type { LawBroken } from "../channel/ChannelLaw.ts"
import * as SupportKnowledge from "../../SupportKnowledge.ts"

/**
 * A bot and a person who answer one customer, the bot from `SupportKnowledge` in English.
 *
 * @category models
 * @since 0.1.0
 */
export interface Desk {
  /** The customer writes, and the bot has said what it has to say. */
  readonly customerWrites: (words: string) => Effect.Effect<void>
  /** A person takes the conversation. */
  readonly takeOver: Effect.Effect<void>
  /** A person answers. */
  readonly personWrites: (words: string) => Effect.Effect<void>
  /** A person gives the conversation back to the bot. */
  readonly handBack: Effect.Effect<void>
  /** What the business said, oldest first. */
  readonly said: Effect.Effect<ReadonlyArray<string>>
  /** Whether the conversation waits for a person. */
  readonly waits: Effect.Effect<boolean>
}

/**
 * @category models
 * @since 0.1.0
 */
export interface Scenario {
  /** The number of the complaint in the list of those to beat. */
  readonly complaint: number
  /** What users say. */
  readonly title: string
  readonly play: (desk: Desk) => Effect.Effect<void, LawBroken>
}

const wish = "can I talk to a human please"
const question = "is the router included?"
const another = "what are your opening hours?"

const lastOf = (said: ReadonlyArray<string>) => said[said.length - 1] ?? ""

/**
 * @category scenarios
 * @since 0.1.0
 */
export const all: ReadonlyArray<Scenario> = [
  {
    complaint: 13,
    title: "the bot passes a customer on, and nobody knows",
    play: Effect.fnUntraced(function*(desk) {
      yield* desk.customerWrites(question)
      yield* desk.customerWrites(wish)
      yield* holds(yield* desk.waits, "the conversation waits for a person", yield* desk.said)
      const said = yield* desk.said
      yield* holds(said.length === 2 && !/[[\]{}]/.test(lastOf(said)), "and the customer is told, in words", said)
    })
  },
  {
    complaint: 13,
    title: "the bot passes on a customer who waits already, again and again",
    play: Effect.fnUntraced(function*(desk) {
      yield* desk.customerWrites(wish)
      yield* desk.customerWrites("hello?")
      yield* desk.customerWrites(question)
      const said = yield* desk.said
      yield* holds(said.length === 1, "the bot says it once, and is silent while the customer waits", said)
    })
  },
  {
    complaint: 13,
    title: "handed back to the bot, a customer is passed on at once for what was asked before",
    play: Effect.fnUntraced(function*(desk) {
      yield* desk.customerWrites(wish)
      yield* desk.takeOver
      yield* desk.handBack
      yield* desk.customerWrites(question)
      const said = yield* desk.said
      yield* holds(lastOf(said).includes("Wi-Fi 6 router"), "the bot answers what is asked now", said)
      yield* holds(!(yield* desk.waits), "and the conversation is the bot's")
    })
  },
  {
    complaint: 13,
    title: "handed back to the bot, a customer is answered by nobody",
    play: Effect.fnUntraced(function*(desk) {
      yield* desk.customerWrites(question)
      yield* desk.takeOver
      yield* desk.personWrites("It is, and I have sent you one.")
      yield* desk.customerWrites("thanks, that is all")
      const before = yield* desk.said
      yield* holds(before.length === 2, "the bot is silent while a person answers", before)
      yield* desk.handBack
      yield* desk.customerWrites(another)
      const said = yield* desk.said
      yield* holds(lastOf(said).includes("8:00 to 17:00"), "the bot speaks again", said)
    })
  },
  {
    complaint: 15,
    title: "another bot writes the same again and again, and the bot answers each time",
    play: Effect.fnUntraced(function*(desk) {
      for (let turn = 0; turn < 12; turn++) yield* desk.customerWrites(question)
      const said = yield* desk.said
      yield* holds(said.length <= 7, "the bot falls silent", said.length)
      yield* holds(yield* desk.waits, "and a person looks at it")
    })
  }
]

const marker = "[HANDOFF]"

/**
 * The desk that is written first: passing on is a word in the bot's answer, looked for in the exact form in which it was
 * agreed; and the bot reads the whole conversation, whoever it belonged to.
 *
 * @category constructors
 * @since 0.1.0
 */
export const naive: Effect.Effect<Desk> = Effect.sync(() => {
  const lines: Array<{ readonly by: "customer" | "bot" | "person"; readonly words: string }> = []
  let waits = false
  const answer = (): string | undefined => {
    if (lines.some(({ by }) => by === "person")) return undefined
    if (lines.some(({ by, words }) => by === "customer" && /\bhuman\b/.test(words))) {
      return `Of course, a colleague will help you. ${marker}`
    }
    const asked = new Set(lastOf(lines.map(({ words }) => words)).match(/\w{5,}/g))
    return SupportKnowledge.entries.find((entry) =>
      entry.language === "en" && entry.title.toLowerCase().split(/\W+/).some((word) => asked.has(word))
    )?.text
  }
  return {
    customerWrites: (words) =>
      Effect.sync(() => {
        lines.push({ by: "customer", words })
        const reply = answer()
        if (reply === undefined) return
        lines.push({ by: "bot", words: reply })
        waits = reply === marker
      }),
    takeOver: Effect.void,
    personWrites: (words) =>
      Effect.sync(() => {
        lines.push({ by: "person", words })
      }),
    handBack: Effect.sync(() => {
      waits = false
    }),
    said: Effect.sync(() => lines.filter(({ by }) => by !== "customer").map(({ words }) => words)),
    waits: Effect.sync(() => waits)
  }
})
