/**
 * The organization's API keys.
 *
 * @since 0.1.0
 */
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { ApiKey, ApiKeyChange, CreatedApiKey, NewApiKey, Rotation } from "../ApiKey.ts"
import { Authentication } from "../Authentication.ts"
import { apiKeys as permissions } from "../CorePermissions.ts"
import * as Pagination from "../Pagination.ts"
import * as Sorting from "../Sorting.ts"
import * as Permissions from "../Permissions.ts"
import { Conflict, InvalidInput, NotFound } from "../Problem.ts"
import { ApiKeyId } from "../Tenancy.ts"

/**
 * @category api
 * @since 0.1.0
 */
export class ApiKeysApi extends HttpApiGroup.make("apiKeys")
  .add(
    HttpApiEndpoint.get("list", "/", {
      query: { ...Pagination.query, sort: Sorting.parameter(["createdAt"], "-createdAt") },
      success: Pagination.Page(ApiKey),
      error: InvalidInput
    })
      .annotate(Permissions.Access, Permissions.require(permissions.read))
      .annotate(OpenApi.Summary, "The API keys, the newest first"),
    HttpApiEndpoint.post("create", "/", {
      payload: NewApiKey,
      success: CreatedApiKey.pipe(HttpApiSchema.status(201)),
      error: InvalidInput
    })
      .annotate(Permissions.Access, Permissions.require(permissions.write))
      .annotate(OpenApi.Summary, "Create an API key, which is shown this once"),
    HttpApiEndpoint.patch("change", "/:apiKeyId", {
      params: { apiKeyId: ApiKeyId },
      payload: ApiKeyChange,
      success: ApiKey,
      error: [NotFound, InvalidInput]
    })
      .annotate(Permissions.Access, Permissions.require(permissions.write))
      .annotate(OpenApi.Summary, "Change an API key's name, networks or limit"),
    HttpApiEndpoint.post("rotate", "/:apiKeyId/rotate", {
      params: { apiKeyId: ApiKeyId },
      payload: Rotation,
      success: CreatedApiKey,
      error: [NotFound, Conflict]
    })
      .annotate(Permissions.Access, Permissions.require(permissions.write))
      .annotate(OpenApi.Summary, "Give an API key another secret, which is shown this once"),
    HttpApiEndpoint.delete("revoke", "/:apiKeyId", {
      params: { apiKeyId: ApiKeyId },
      success: HttpApiSchema.NoContent,
      error: NotFound
    })
      .annotate(Permissions.Access, Permissions.require(permissions.write))
      .annotate(OpenApi.Summary, "Revoke an API key")
  )
  .middleware(Authentication)
  .prefix("/v1/api-keys")
  .annotateMerge(OpenApi.annotations({ title: "API keys", description: "Keys by which programs act." }))
{}
