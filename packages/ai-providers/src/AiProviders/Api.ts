/**
 * The HTTP contract of configured language models.
 *
 * @since 0.1.0
 */
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { Authentication } from "@wicara/core/Authentication"
import { Idempotency } from "@wicara/core/Idempotency"
import * as Pagination from "@wicara/core/Pagination"
import * as Permissions from "@wicara/core/Permissions"
import { InvalidInput, NotFound } from "@wicara/core/Problem"
import { AiProvider, AiProviderCheck, AiProviderId, CreateAiProvider, UpdateAiProvider } from "../AiProvider.ts"
import { permissions } from "../permissions.ts"

const params = { id: AiProviderId }

/**
 * @category api
 * @since 0.1.0
 */
export class AiProvidersApi extends HttpApiGroup.make("aiProviders")
  .add(
    HttpApiEndpoint.get("list", "/", {
      query: Pagination.query,
      success: Pagination.Page(AiProvider),
      error: InvalidInput
    }).annotate(Permissions.Access, Permissions.require(permissions.read))
      .annotate(OpenApi.Summary, "The configured models"),
    HttpApiEndpoint.post("create", "/", {
      payload: CreateAiProvider,
      success: AiProvider.pipe(HttpApiSchema.status(201)),
      error: InvalidInput
    }).middleware(Idempotency).annotate(Permissions.Access, Permissions.require(permissions.write))
      .annotate(OpenApi.Summary, "Configure a model"),
    HttpApiEndpoint.get("get", "/:id", {
      params,
      success: AiProvider,
      error: NotFound
    }).annotate(Permissions.Access, Permissions.require(permissions.read))
      .annotate(OpenApi.Summary, "One configured model"),
    HttpApiEndpoint.patch("update", "/:id", {
      params,
      payload: UpdateAiProvider,
      success: AiProvider,
      error: [NotFound, InvalidInput]
    }).annotate(Permissions.Access, Permissions.require(permissions.write))
      .annotate(OpenApi.Summary, "Change a configured model"),
    HttpApiEndpoint.delete("delete", "/:id", {
      params,
      success: HttpApiSchema.NoContent,
      error: NotFound
    }).annotate(Permissions.Access, Permissions.require(permissions.write))
      .annotate(OpenApi.Summary, "Remove a configured model"),
    HttpApiEndpoint.post("test", "/:id/test", {
      params,
      success: AiProviderCheck,
      error: NotFound
    }).annotate(Permissions.Access, Permissions.require(permissions.write))
      .annotate(OpenApi.Summary, "Ask the model something small")
  )
  .middleware(Authentication)
  .prefix("/v1/ai-providers")
  .annotateMerge(OpenApi.annotations({
    title: "Language models",
    description: "The models that bots answer with. Keys go in and never come back."
  }))
{}
