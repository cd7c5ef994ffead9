/**
 * What a bot reads before it answers.
 *
 * @since 0.1.0
 */
import { Context } from "effect"
import type { Effect } from "effect"
import type { Source } from "@wicara/ai-providers/GroundedAnswer"
import type { CurrentOrganization } from "@wicara/core/Tenancy"
import type { BotKnowledge } from "./Bot.ts"

/**
 * What to look for.
 *
 * @category models
 * @since 0.1.0
 */
export interface RetrievalQuery {
  readonly text: string
  /** BCP 47, where it can be told. */
  readonly language: string | undefined
  readonly limit: number
  readonly knowledge: BotKnowledge
}

/** A source without its number in the prompt. @category models @since 0.1.0 */
export type Retrieved = Omit<Source, "source">

/**
 * The search of a bot.
 *
 * @category services
 * @since 0.1.0
 */
export class Retrieval extends Context.Service<Retrieval, {
  /** The best first. */
  readonly search: (query: RetrievalQuery) => Effect.Effect<ReadonlyArray<Retrieved>, never, CurrentOrganization>
}>()("@wicara/bots/Retrieval") {}
