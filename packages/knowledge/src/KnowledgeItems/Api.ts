/**
 * The HTTP contract of knowledge.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { Authentication } from "@wicara/core/Authentication"
import { Idempotency } from "@wicara/core/Idempotency"
import * as Pagination from "@wicara/core/Pagination"
import * as Permissions from "@wicara/core/Permissions"
import { Conflict, InvalidInput, NotFound } from "@wicara/core/Problem"
import { ImportReport } from "../ImportReport.ts"
import { KnowledgeHit } from "../KnowledgeHit.ts"
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
  RevisionMismatch,
  Tags
} from "../KnowledgeItem.ts"
import { LanguageTag } from "../Language.ts"
import { permissions } from "../permissions.ts"

const params = { id: KnowledgeItemId }

/** An item with its revision as `ETag`, which `If-Match` of a change takes. */
const Revised = HttpApiSchema.WithHeaders(KnowledgeItem, { etag: Schema.String })

/**
 * The `If-Match` header of a change: the item's `ETag`, or `*` for whatever revision it has.
 *
 * @category schemas
 * @since 0.1.0
 */
export const IfMatch = Schema.String.check(
  Schema.isPattern(/^(?:\*|(?:W\/)?"\d{1,9}")$/, { expected: "an ETag that this API gave, or *" })
).annotate({ description: "The item's ETag: the change is refused if somebody else changed the item since." })

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
        kind: Schema.optional(KnowledgeKind)
      },
      success: Pagination.Page(KnowledgeItem),
      error: InvalidInput
    }).annotate(Permissions.Access, Permissions.require(permissions.read)),
    HttpApiEndpoint.post("create", "/items", {
      payload: NewKnowledgeItem,
      success: KnowledgeItem.pipe(HttpApiSchema.status(201)),
      error: Conflict
    }).middleware(Idempotency).annotate(Permissions.Access, Permissions.require(permissions.write)),
    HttpApiEndpoint.get("get", "/items/:id", {
      params,
      success: Revised,
      error: NotFound
    }).annotate(Permissions.Access, Permissions.require(permissions.read)),
    HttpApiEndpoint.patch("update", "/items/:id", {
      params,
      headers: { "if-match": Schema.optional(IfMatch) },
      payload: KnowledgeItemChanges,
      success: Revised,
      error: [NotFound, RevisionMismatch]
    }).annotate(Permissions.Access, Permissions.require(permissions.write)),
    HttpApiEndpoint.delete("delete", "/items/:id", {
      params,
      success: HttpApiSchema.NoContent,
      error: NotFound
    }).annotate(Permissions.Access, Permissions.require(permissions.write)),
    HttpApiEndpoint.post("publish", "/items/:id/publish", {
      params,
      success: KnowledgeItem,
      error: NotFound
    }).middleware(Idempotency).annotate(Permissions.Access, Permissions.require(permissions.write)),
    HttpApiEndpoint.post("unpublish", "/items/:id/unpublish", {
      params,
      success: KnowledgeItem,
      error: NotFound
    }).middleware(Idempotency).annotate(Permissions.Access, Permissions.require(permissions.write)),
    HttpApiEndpoint.get("versions", "/items/:id/versions", {
      params,
      success: Schema.Struct({ data: Schema.Array(KnowledgeVersion) }),
      error: NotFound
    }).annotate(Permissions.Access, Permissions.require(permissions.read)),
    HttpApiEndpoint.get("chunk", "/chunks/:id", {
      params: { id: KnowledgeChunkId },
      success: KnowledgeChunk,
      error: NotFound
    }).annotate(Permissions.Access, Permissions.require(permissions.read)),
    HttpApiEndpoint.post("search", "/search", {
      payload: SearchRequest,
      success: Schema.Struct({ data: Schema.Array(KnowledgeHit) })
    }).annotate(Permissions.Access, Permissions.require(permissions.read)),
    HttpApiEndpoint.post("import", "/import", {
      payload: Schema.Struct({
        files: Schema.Array(ImportedFile).check(Schema.isMinLength(1), Schema.isMaxLength(500))
      }),
      success: ImportReport
    }).middleware(Idempotency).annotate(Permissions.Access, Permissions.require(permissions.write))
  )
  .middleware(Authentication)
  .prefix("/v1/knowledge")
  .annotateMerge(OpenApi.annotations({
    title: "Knowledge",
    description: "Articles and questions with their answers, their versions, import and search."
  }))
{}
