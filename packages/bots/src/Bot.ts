/**
 * A bot: who it is, where it answers, from what knowledge and with which model.
 *
 * @since 0.1.0
 */
import { Schema, Struct } from "effect"
import { AiProviderId } from "@wicara/ai-providers/AiProvider"
import { Persona } from "@wicara/ai-providers/Persona"
import { ChannelAccountId } from "@wicara/channels/ChannelAdapter"
import * as Id from "@wicara/core/Id"
import { Category, Tags } from "@wicara/knowledge/KnowledgeItem"

/**
 * @category ids
 * @since 0.1.0
 */
export const BotId = Id.make("BotId", "A bot of an organization.")
/** @since 0.1.0 */
export type BotId = typeof BotId.Type

const millis = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))

/**
 * How a bot works. Times are milliseconds.
 *
 * @category schemas
 * @since 0.1.0
 */
export const BotSettings = Schema.Struct({
  /** A turn starts when the customer was silent for this long. */
  burstWindow: millis(0, 60_000),
  /** … or this long after their first message. */
  burstMaximum: millis(0, 300_000),
  /** Sources given to the model. */
  sources: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 30 })),
  /** Earlier messages given to the model. */
  history: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 50 })),
  /** An answer below this confidence, 0 to 1, is handed over. */
  threshold: Schema.Number.check(Schema.isBetween({ minimum: 0, maximum: 1 })),
  /** Ask back once before handing over. */
  clarifyFirst: Schema.Boolean,
  /** What to do with questions that have nothing to do with the business. */
  offTopic: Schema.Literals(["handover", "decline"]),
  /** Words and phrases that hand over at once, whatever else is said: compared without case, accents and punctuation. */
  handoverPhrases: Schema.Array(Schema.String.check(Schema.isMinLength(2), Schema.isMaxLength(200))).check(
    Schema.isMaxLength(200)
  ),
  /** A model that has not answered for this long has failed. */
  timeLimit: millis(100, 300_000),
  /** Attempts before a failing model's turn is handed over. */
  attempts: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 10 })),
  /** Turns without anything new from the other side after which the bot stops: it may talk to another bot. */
  maximumRepeats: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 100 })),
  /** Equal replies in a row after which it stops. */
  maximumIdenticalReplies: Schema.Int.check(Schema.isBetween({ minimum: 2, maximum: 100 }))
}).annotate({ identifier: "BotSettings" })
/** @since 0.1.0 */
export type BotSettings = typeof BotSettings.Type

/**
 * @category constants
 * @since 0.1.0
 */
export const defaultSettings: BotSettings = {
  burstWindow: 1500,
  burstMaximum: 8000,
  sources: 8,
  history: 12,
  threshold: 0.55,
  clarifyFirst: false,
  offTopic: "handover",
  handoverPhrases: [],
  timeLimit: 30_000,
  attempts: 3,
  maximumRepeats: 6,
  maximumIdenticalReplies: 3
}

/**
 * Which knowledge a bot may use; an absent part restricts nothing.
 *
 * @category schemas
 * @since 0.1.0
 */
export const BotKnowledge = Schema.Struct({
  categories: Schema.optionalKey(Schema.Array(Category)),
  tags: Schema.optionalKey(Tags)
}).annotate({ identifier: "BotKnowledge" })
/** @since 0.1.0 */
export type BotKnowledge = typeof BotKnowledge.Type

/**
 * A paused bot answers nothing; what customers write waits for people.
 *
 * @category schemas
 * @since 0.1.0
 */
export const BotStatus = Schema.Literals(["active", "paused"])
/** @since 0.1.0 */
export type BotStatus = typeof BotStatus.Type

/**
 * @category models
 * @since 0.1.0
 */
export class Bot extends Schema.Class<Bot>("Bot")({
  id: BotId,
  status: BotStatus,
  persona: Persona,
  /** The channel accounts it answers on; `null`: every account that no other bot answers on. */
  channelAccountIds: Schema.NullOr(Schema.Array(ChannelAccountId)),
  knowledge: BotKnowledge,
  /** `null`: the organization's default model. */
  aiProviderId: Schema.NullOr(AiProviderId),
  settings: BotSettings,
  createdAt: Schema.DateTimeUtcFromString,
  updatedAt: Schema.DateTimeUtcFromString
}) {}

const changeable = {
  persona: Persona,
  channelAccountIds: Schema.NullOr(Schema.Array(ChannelAccountId).check(Schema.isMaxLength(1000))),
  knowledge: BotKnowledge,
  aiProviderId: Schema.NullOr(AiProviderId)
}

/** Some settings; the others keep their values. @category schemas @since 0.1.0 */
export const PartialBotSettings = BotSettings.mapFields(Struct.map(Schema.optionalKey)).annotate({
  identifier: "PartialBotSettings"
})
/** @since 0.1.0 */
export type PartialBotSettings = typeof PartialBotSettings.Type

/**
 * What a new bot is. It answers on every free account, from all knowledge and with the default model unless it says
 * otherwise.
 *
 * @category models
 * @since 0.1.0
 */
export const CreateBot = Schema.Struct({
  persona: Persona,
  channelAccountIds: Schema.optionalKey(changeable.channelAccountIds),
  knowledge: Schema.optionalKey(changeable.knowledge),
  aiProviderId: Schema.optionalKey(changeable.aiProviderId),
  settings: Schema.optionalKey(PartialBotSettings)
}).annotate({ identifier: "CreateBot" })
/** @since 0.1.0 */
export type CreateBot = typeof CreateBot.Type

/**
 * What to change; absent fields stay.
 *
 * @category models
 * @since 0.1.0
 */
export const UpdateBot = Schema.Struct({
  persona: Schema.optionalKey(changeable.persona),
  channelAccountIds: Schema.optionalKey(changeable.channelAccountIds),
  knowledge: Schema.optionalKey(changeable.knowledge),
  aiProviderId: Schema.optionalKey(changeable.aiProviderId),
  settings: Schema.optionalKey(PartialBotSettings),
  status: Schema.optionalKey(BotStatus)
}).annotate({ identifier: "UpdateBot" })
/** @since 0.1.0 */
export type UpdateBot = typeof UpdateBot.Type

/**
 * A trial question.
 *
 * @category models
 * @since 0.1.0
 */
export const AskBot = Schema.Struct({
  question: Schema.String.check(Schema.isPattern(/\S/, { expected: "a question" }), Schema.isMaxLength(4000)),
  /** BCP 47; told from the question if absent. */
  language: Schema.optionalKey(Schema.String.check(Schema.isMaxLength(35))),
  botId: Schema.optionalKey(BotId)
}).annotate({ identifier: "AskBot" })
/** @since 0.1.0 */
export type AskBot = typeof AskBot.Type
