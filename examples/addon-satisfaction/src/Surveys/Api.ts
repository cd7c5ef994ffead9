/** The add-on's endpoints. */
import { ConversationId } from "@wicara/conversations/Conversation"
import * as Addon from "@wicara/core/Addon"
import { Authentication } from "@wicara/core/Authentication"
import * as Permissions from "@wicara/core/Permissions"
import { InvalidInput, NotFound } from "@wicara/core/Problem"
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, OpenApi } from "effect/http-api"
import { permissions } from "../declarations.ts"
import { Answer, Summary, Survey } from "../Survey.ts"

export class SurveysApi extends HttpApiGroup.make("satisfaction")
  .add(
    HttpApiEndpoint.get("list", "/surveys", {
      success: Schema.Struct({ data: Schema.Array(Survey) })
    })
      .annotate(Permissions.Access, Permissions.require(permissions.read))
      .annotate(OpenApi.Summary, "The hundred latest surveys"),
    HttpApiEndpoint.get("summary", "/summary", { success: Summary })
      .annotate(Permissions.Access, Permissions.require(permissions.read))
      .annotate(OpenApi.Summary, "How people found it"),
    HttpApiEndpoint.put("answer", "/surveys/:conversationId/answer", {
      params: { conversationId: ConversationId },
      payload: Answer,
      success: Survey,
      error: [NotFound, InvalidInput]
    })
      .annotate(Permissions.Access, Permissions.require(permissions.write))
      .annotate(OpenApi.Summary, "Note what somebody answered")
  )
  .middleware(Authentication)
  .prefix(Addon.prefix("satisfaction"))
  .annotateMerge(OpenApi.annotations({ title: "Satisfaction", description: "How people found it." }))
{}
