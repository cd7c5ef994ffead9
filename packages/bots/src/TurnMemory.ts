/**
 * What a bot remembers of a conversation between its turns, to notice that it talks to another bot or in circles.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import * as TextAnalysis from "@wicara/ai-providers/TextAnalysis"
import type { BotSettings } from "./Bot.ts"

/**
 * @category schemas
 * @since 0.1.0
 */
export const TurnMemory = Schema.Struct({
  /** What the other side said in its last turns, normalized. */
  heard: Schema.Array(Schema.String),
  /** Turns in a row in which it said nothing new. */
  repeats: Schema.Int,
  /** The last reply, normalized, and how often it was given in a row. */
  lastReply: Schema.String,
  identicalReplies: Schema.Int,
  /** Epoch milliseconds of the last turn. */
  at: Schema.Int,
  /** The bot asked back and waits for the answer. */
  clarifying: Schema.Boolean
}).annotate({ identifier: "TurnMemory" })
/** @since 0.1.0 */
export type TurnMemory = typeof TurnMemory.Type

/**
 * @category constants
 * @since 0.1.0
 */
export const empty: TurnMemory = { heard: [], repeats: 0, lastReply: "", identicalReplies: 0, at: 0, clarifying: false }

/** Machines answer each other at once; who writes the same half an hour later is a person. Milliseconds. */
const forgetAfter = 30 * 60_000
const remembered = 6
const keptLength = 200

const normalize = (text: string): string => TextAnalysis.words(text).join(" ").slice(0, keptLength)

/**
 * What the memory is after a turn that would give the reply.
 *
 * @category transitions
 * @since 0.1.0
 */
export const next = (memory: TurnMemory, turn: {
  readonly heard: string
  readonly reply: string
  readonly now: number
  readonly clarifying: boolean
}): TurnMemory => {
  const before = turn.now - memory.at > forgetAfter ? empty : memory
  const heard = normalize(turn.heard)
  const reply = normalize(turn.reply)
  return {
    heard: [...before.heard.filter((one) => one !== heard), heard].slice(-remembered),
    repeats: before.heard.includes(heard) ? before.repeats + 1 : 0,
    lastReply: reply,
    identicalReplies: reply !== "" && reply === before.lastReply ? before.identicalReplies + 1 : 1,
    at: turn.now,
    clarifying: turn.clarifying
  }
}

/**
 * Whether a turn that led to this memory must not reply any more.
 *
 * @category decisions
 * @since 0.1.0
 */
export const isLoop = (
  memory: TurnMemory,
  settings: Pick<BotSettings, "maximumRepeats" | "maximumIdenticalReplies">
): boolean => memory.repeats >= settings.maximumRepeats || memory.identicalReplies >= settings.maximumIdenticalReplies
