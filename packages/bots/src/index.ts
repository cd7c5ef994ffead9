/**
 * @since 0.1.0
 */
export * as Answering from "./Answering.ts"
export * as Bot from "./Bot.ts"
export * as BotConsumers from "./BotConsumers.ts"
export * as BotTools from "./BotTools.ts"
export * as BotTurn from "./BotTurn.ts"
export * as BotTurns from "./BotTurns.ts"
export * as BotWorker from "./BotWorker.ts"
export * as Bots from "./Bots.ts"
export * as BotsApi from "./Bots/Api.ts"
export * as BotsHttp from "./Bots/Http.ts"
export * as Retrieval from "./Retrieval.ts"
export * as TurnLog from "./TurnLog.ts"
export * as TurnMemory from "./TurnMemory.ts"
export * as events from "./events.ts"
export * as migrations from "./sql/migrations.ts"
export * as permissions from "./permissions.ts"
