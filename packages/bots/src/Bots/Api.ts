/**
 * The HTTP contract of bots and of the log of their turns.
 *
 * @since 0.1.0
 */
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { Authentication } from "@wicara/core/Authentication"
import { Idempotency } from "@wicara/core/Idempotency"
import * as Pagination from "@wicara/core/Pagination"
import * as Permissions from "@wicara/core/Permissions"
import { Conflict, InvalidInput, NotFound, Unavailable } from "@wicara/core/Problem"
import { AskBot, Bot, BotId, CreateBot, UpdateBot } from "../Bot.ts"
import { BotTurn, BotTurnDetail, BotTurnId, TurnQuery } from "../BotTurn.ts"
import { permissions } from "../permissions.ts"

const params = { id: BotId }

/**
 * @category api
 * @since 0.1.0
 */
export class BotsApi extends HttpApiGroup.make("bots")
  .add(
    HttpApiEndpoint.get("list", "/bots", {
      query: Pagination.query,
      success: Pagination.Page(Bot),
      error: InvalidInput
    }).annotate(Permissions.Access, Permissions.require(permissions.read))
      .annotate(OpenApi.Summary, "The bots"),
    HttpApiEndpoint.post("create", "/bots", {
      payload: CreateBot,
      success: Bot.pipe(HttpApiSchema.status(201)),
      error: [InvalidInput, Conflict]
    }).middleware(Idempotency).annotate(Permissions.Access, Permissions.require(permissions.write))
      .annotate(OpenApi.Summary, "Make a bot"),
    HttpApiEndpoint.get("get", "/bots/:id", {
      params,
      success: Bot,
      error: NotFound
    }).annotate(Permissions.Access, Permissions.require(permissions.read))
      .annotate(OpenApi.Summary, "One bot"),
    HttpApiEndpoint.patch("update", "/bots/:id", {
      params,
      payload: UpdateBot,
      success: Bot,
      error: [NotFound, InvalidInput, Conflict]
    }).annotate(Permissions.Access, Permissions.require(permissions.write))
      .annotate(OpenApi.Summary, "Change a bot"),
    HttpApiEndpoint.delete("delete", "/bots/:id", {
      params,
      success: HttpApiSchema.NoContent,
      error: NotFound
    }).annotate(Permissions.Access, Permissions.require(permissions.write))
      .annotate(OpenApi.Summary, "Delete a bot"),
    HttpApiEndpoint.post("ask", "/bots/ask", {
      payload: AskBot,
      success: BotTurnDetail,
      error: [NotFound, Unavailable]
    }).annotate(Permissions.Access, Permissions.require(permissions.write))
      .annotate(OpenApi.Summary, "Try a question")
      .annotate(
        OpenApi.Description,
        "Nothing is sent to anybody; the answer shows its sources and why it is what it is."
      ),
    HttpApiEndpoint.get("turns", "/bot-turns", {
      query: TurnQuery,
      success: Pagination.Page(BotTurn),
      error: InvalidInput
    }).annotate(Permissions.Access, Permissions.require(permissions.read))
      .annotate(OpenApi.Summary, "What the bots did, the latest first"),
    HttpApiEndpoint.get("turn", "/bot-turns/:id", {
      params: { id: BotTurnId },
      success: BotTurnDetail,
      error: NotFound
    }).annotate(Permissions.Access, Permissions.require(permissions.read))
      .annotate(OpenApi.Summary, "One turn with its prompt, sources and reasons")
  )
  .middleware(Authentication)
  .prefix("/v1")
  .annotateMerge(OpenApi.annotations({
    title: "Bots",
    description: "Who answers, from what knowledge and with which model; and what each answer rested on."
  }))
{}
