/**
 * The HTTP contract of knowledge.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { Authentication } from "@wicara/core/Authentication"
import { Idempotency } from "@wicara/core/Idempotency"
import { JobBatch } from "@wicara/core/JobBatch"
import * as Pagination from "@wicara/core/Pagination"
import * as Permissions from "@wicara/core/Permissions"
import { Conflict, InvalidInput, NotFound } from "@wicara/core/Problem"
import * as Revision from "@wicara/core/Revision"
import * as Sorting from "@wicara/core/Sorting"
import { ImportReport } from "../ImportReport.ts"
import { KnowledgeHit } from "../KnowledgeHit.ts"
import { KnowledgeBatchRequest } from "../KnowledgeBatch.ts"
import {
  Category,
  KnowledgeChunk,
  KnowledgeChunkId,
  KnowledgeItem,
  KnowledgeItemChanges,
  KnowledgeItemId,
  KnowledgeKind,
  KnowledgeStatus,
  KnowledgeVersion,
  NewKnowledgeItem,
  Tags
} from "../KnowledgeItem.ts"
import { LanguageTag } from "../Language.ts"
import { permissions } from "../permissions.ts"

const params = { id: KnowledgeItemId }

/** An item with its revision as `ETag`, which `If-Match` of a change takes. */
const Revised = Revision.Revised(KnowledgeItem)

/**
 * A file in the body of an import.
 *
 * @category schemas
 * @since 0.1.0
 */
export const ImportedFile = Schema.Struct({
  path: Schema.String.check(Schema.isPattern(/\S/, { expected: "a path" }), Schema.isMaxLength(500)).annotate({
    description: "Its extension tells the format; importing the same path again updates what it made.",
    examples: ["faq/billing.csv"]
  }),
  content: Schema.String
}).annotate({ identifier: "KnowledgeImportFile" })

/**
 * @category schemas
 * @since 0.1.0
 */
export const SearchRequest = Schema.Struct({
  text: Schema.String.check(Schema.isMaxLength(4000)).annotate({ description: "What a customer asks, or some words." }),
  language: Schema.optionalKey(LanguageTag).annotate({ description: "Detected from the text when absent." }),
  limit: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 50 }))),
  perItem: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 50 }))).annotate({
    description: "Parts of one item at most; as many as are found when absent."
  }),
  tags: Schema.optionalKey(Tags),
  categories: Schema.optionalKey(Schema.Array(Category).check(Schema.isMaxLength(50))).annotate({
    description: "Only items of one of these categories, or of those below it."
  })
}).annotate({ identifier: "KnowledgeSearchRequest" })

/**
 * @category api
 * @since 0.1.0
 */
export class KnowledgeApi extends HttpApiGroup.make("knowledge")
  .add(
    HttpApiEndpoint.get("list", "/items", {
      query: {
        ...Pagination.query,
        status: Schema.optional(KnowledgeStatus),
        language: Schema.optional(LanguageTag),
        kind: Schema.optional(KnowledgeKind),
        sort: Sorting.parameter(["createdAt"], "-createdAt")
      },
      success: Pagination.Page(KnowledgeItem),
      error: InvalidInput
    }).annotate(Permissions.Access, Permissions.require(permissions.read))
      .annotate(OpenApi.Summary, "The items"),
    HttpApiEndpoint.post("create", "/items", {
      payload: NewKnowledgeItem,
      success: KnowledgeItem.pipe(HttpApiSchema.status(201)),
      error: Conflict
    }).middleware(Idempotency).annotate(Permissions.Access, Permissions.require(permissions.write))
      .annotate(OpenApi.Summary, "Write an item")
      .annotate(OpenApi.Description, "It is a draft until it is published."),
    HttpApiEndpoint.get("get", "/items/:id", {
      params,
      success: Revised,
      error: NotFound
    }).annotate(Permissions.Access, Permissions.require(permissions.read))
      .annotate(OpenApi.Summary, "One item"),
    HttpApiEndpoint.patch("update", "/items/:id", {
      params,
      headers: Revision.headers,
      payload: KnowledgeItemChanges,
      success: Revised,
      error: [NotFound, Revision.RevisionMismatch]
    }).annotate(Permissions.Access, Permissions.require(permissions.write))
      .annotate(OpenApi.Summary, "Change an item")
      .annotate(OpenApi.Description, "Every change makes a version."),
    HttpApiEndpoint.delete("delete", "/items/:id", {
      params,
      success: HttpApiSchema.NoContent,
      error: NotFound
    }).annotate(Permissions.Access, Permissions.require(permissions.write))
      .annotate(OpenApi.Summary, "Delete an item"),
    HttpApiEndpoint.post("publish", "/items/:id/publish", {
      params,
      success: KnowledgeItem,
      error: NotFound
    }).middleware(Idempotency).annotate(Permissions.Access, Permissions.require(permissions.write))
      .annotate(OpenApi.Summary, "Let the bots answer from the item"),
    HttpApiEndpoint.post("unpublish", "/items/:id/unpublish", {
      params,
      success: KnowledgeItem,
      error: NotFound
    }).middleware(Idempotency).annotate(Permissions.Access, Permissions.require(permissions.write))
      .annotate(OpenApi.Summary, "Keep the item from the bots"),
    HttpApiEndpoint.post("changeMany", "/items/batches", {
      payload: KnowledgeBatchRequest,
      success: JobBatch.pipe(HttpApiSchema.status(202)),
      error: NotFound
    }).middleware(Idempotency).annotate(Permissions.Access, Permissions.require(permissions.write))
      .annotate(OpenApi.Summary, "Publish, unpublish or delete many items")
      .annotate(
        OpenApi.Description,
        "Every item that there is now and that the filter lets through, one after the other in the background. How far it " +
          "is, and what failed, is at `/v1/batches/{id}`, where it can be cancelled."
      ),
    HttpApiEndpoint.get("versions", "/items/:id/versions", {
      params,
      success: Schema.Struct({ data: Schema.Array(KnowledgeVersion) }),
      error: NotFound
    }).annotate(Permissions.Access, Permissions.require(permissions.read))
      .annotate(OpenApi.Summary, "The versions of an item, the newest first"),
    HttpApiEndpoint.get("chunk", "/chunks/:id", {
      params: { id: KnowledgeChunkId },
      success: KnowledgeChunk,
      error: NotFound
    }).annotate(Permissions.Access, Permissions.require(permissions.read))
      .annotate(OpenApi.Summary, "The part of an item that an answer cites"),
    HttpApiEndpoint.post("search", "/search", {
      payload: SearchRequest,
      success: Schema.Struct({ data: Schema.Array(KnowledgeHit) })
    }).annotate(Permissions.Access, Permissions.require(permissions.read))
      .annotate(OpenApi.Summary, "Search as a bot does, the best first"),
    HttpApiEndpoint.post("import", "/import", {
      payload: Schema.Struct({
        files: Schema.Array(ImportedFile).check(Schema.isMinLength(1), Schema.isMaxLength(500))
      }),
      success: ImportReport
    }).middleware(Idempotency).annotate(Permissions.Access, Permissions.require(permissions.write))
      .annotate(OpenApi.Summary, "Import files")
      .annotate(OpenApi.Description, "Repeating it updates what it made before.")
  )
  .middleware(Authentication)
  .prefix("/v1/knowledge")
  .annotateMerge(OpenApi.annotations({
    title: "Knowledge",
    description: "Articles and questions with their answers, their versions, import and search."
  }))
{}
