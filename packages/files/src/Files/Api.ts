/**
 * The HTTP contract of files.
 *
 * @since 0.1.0
 */
import { Authentication } from "@wicara/core/Authentication"
import { IdempotencyKeyInFlight, IdempotencyKeyReused } from "@wicara/core/Idempotency"
import * as Pagination from "@wicara/core/Pagination"
import * as Permissions from "@wicara/core/Permissions"
import { Conflict, InvalidInput, NotFound, Unavailable } from "@wicara/core/Problem"
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import {
  FileId,
  FileInfected,
  FileLink,
  FileQuotaExceeded,
  FileTooLarge,
  FileTypeRefused,
  FileUsage,
  NewFileLink,
  RangeNotSatisfiable,
  StoredFile,
  UpdateFile
} from "../File.ts"
import * as ContentEndpoint from "../ContentEndpoint.ts"
import { permissions } from "../permissions.ts"

const params = { id: FileId }

/**
 * @category api
 * @since 0.1.0
 */
export class FilesApi extends HttpApiGroup.make("files")
  .add(
    HttpApiEndpoint.get("list", "/files", {
      query: {
        ...Pagination.query,
        search: Schema.optional(
          Schema.String.check(Schema.isMaxLength(190)).annotate({
            description: "A part of a name, a title or a label."
          })
        )
      },
      success: Pagination.Page(StoredFile),
      error: InvalidInput
    }).annotate(Permissions.Access, Permissions.require(permissions.read))
      .annotate(OpenApi.Summary, "The files, the newest first, or those found"),
    HttpApiEndpoint.post("upload", "/files", {
      query: {
        name: Schema.optional(
          Schema.String.check(Schema.isMaxLength(1000)).annotate({
            description: "What the file is called, when the body is the content alone."
          })
        ),
        expiresInSeconds: Schema.optional(
          Schema.FiniteFromString.check(Schema.isInt(), Schema.isBetween({ minimum: 60, maximum: 31_536_000 })).pipe(
            Schema.annotateEncoded({
              description:
                "After how many seconds the file goes by itself, unless something needs it; never if absent.",
              examples: ["86400"]
            })
          )
        )
      },
      headers: {
        "idempotency-key": Schema.optional(
          Schema.String.check(Schema.isPattern(/^[!-~]{1,190}$/)).annotate({
            description: "Makes the request safe to repeat: the same content gives the same file."
          })
        )
      },
      payload: [
        HttpApiSchema.StreamUint8Array(),
        Schema.Struct({ file: Schema.Uint8Array.annotate({ contentEncoding: "binary" }) }).pipe(
          HttpApiSchema.asMultipartStream({ maxParts: 10, maxTotalSize: "1 TiB" })
        )
      ],
      success: StoredFile.pipe(HttpApiSchema.status(201)),
      error: [
        InvalidInput,
        FileTooLarge,
        FileTypeRefused,
        FileQuotaExceeded,
        FileInfected,
        IdempotencyKeyReused,
        IdempotencyKeyInFlight,
        Unavailable
      ]
    }).annotate(Permissions.Access, Permissions.require(permissions.write))
      .annotate(OpenApi.Summary, "Store a file")
      .annotate(
        OpenApi.Description,
        "The body is the content itself (`application/octet-stream`, with its name in the query) or a form with the file " +
          "in it (`multipart/form-data`). What it holds is told by its content."
      ),
    HttpApiEndpoint.get("usage", "/files/usage", {
      success: FileUsage
    }).annotate(Permissions.Access, Permissions.require(permissions.read))
      .annotate(OpenApi.Summary, "How much of its quota the organization uses"),
    HttpApiEndpoint.get("get", "/files/:id", {
      params,
      success: StoredFile,
      error: NotFound
    }).annotate(Permissions.Access, Permissions.require(permissions.read))
      .annotate(OpenApi.Summary, "What is known of a file"),
    HttpApiEndpoint.patch("update", "/files/:id", {
      params,
      payload: UpdateFile,
      success: StoredFile,
      error: NotFound
    }).annotate(Permissions.Access, Permissions.require(permissions.write))
      .annotate(OpenApi.Summary, "Rename or describe a file"),
    HttpApiEndpoint.delete("delete", "/files/:id", {
      params,
      success: HttpApiSchema.NoContent,
      error: [NotFound, Conflict]
    }).annotate(Permissions.Access, Permissions.require(permissions.write))
      .annotate(OpenApi.Summary, "Delete a file and its content"),
    HttpApiEndpoint.get("content", "/files/:id/content", {
      params,
      query: ContentEndpoint.query,
      headers: ContentEndpoint.headers,
      success: ContentEndpoint.content,
      error: [NotFound, RangeNotSatisfiable, Unavailable]
    }).annotate(Permissions.Access, Permissions.require(permissions.read))
      .annotate(OpenApi.Summary, "The content of a file")
      .annotate(OpenApi.Description, ContentEndpoint.rangesInWords),
    HttpApiEndpoint.post("link", "/files/:id/links", {
      params,
      payload: NewFileLink,
      success: FileLink.pipe(HttpApiSchema.status(201)),
      error: [NotFound, InvalidInput]
    }).annotate(Permissions.Access, Permissions.require(permissions.read))
      .annotate(OpenApi.Summary, "Make a link by which anybody may load a file until it expires"),
    HttpApiEndpoint.delete("revokeLinks", "/file-links", {
      success: HttpApiSchema.NoContent
    }).annotate(Permissions.Access, Permissions.require(permissions.write))
      .annotate(OpenApi.Summary, "Make all links of the organization worthless")
  )
  .middleware(Authentication)
  .prefix("/v1")
  .annotateMerge(OpenApi.annotations({
    title: "Files",
    description: "Files and documents, checked by their content and within a quota."
  }))
{}

/**
 * What needs no credential but the link itself.
 *
 * @category api
 * @since 0.1.0
 */
export class FileLinksApi extends HttpApiGroup.make("fileLinks")
  .add(
    HttpApiEndpoint.get("open", "/file-links/:token", {
      params: { token: Schema.String.check(Schema.isPattern(/^[A-Za-z0-9_-]{95}$/)) },
      headers: ContentEndpoint.headers,
      success: ContentEndpoint.content,
      error: [NotFound, RangeNotSatisfiable, Unavailable]
    }).annotate(Permissions.Access, Permissions.open)
      .annotate(OpenApi.Summary, "The content of a file, by a link to it")
      .annotate(OpenApi.Description, ContentEndpoint.rangesInWords)
  )
  .prefix("/v1")
  .annotateMerge(OpenApi.annotations({ title: "Links to files", description: "Files for who has a link to them." }))
{}
