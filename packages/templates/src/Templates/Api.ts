/**
 * The HTTP contract of message templates.
 *
 * @since 0.1.0
 */
import { ChannelAccountId } from "@wicara/channels/ChannelAdapter"
import { LibraryTemplate } from "@wicara/channels/ChannelTemplates"
import { Authentication } from "@wicara/core/Authentication"
import { Idempotency } from "@wicara/core/Idempotency"
import * as Pagination from "@wicara/core/Pagination"
import * as Permissions from "@wicara/core/Permissions"
import { Conflict, InvalidInput, NotFound, Unavailable } from "@wicara/core/Problem"
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { permissions } from "../permissions.ts"
import {
  CreateFromLibrary,
  CreateTemplate,
  DuplicateTemplate,
  HistoryKind,
  Template,
  TemplateHistoryEntry,
  TemplateId,
  TemplateSyncRun,
  UpdateTemplate
} from "../Template.ts"
import { TemplatePreview } from "../TemplateMessage.ts"

/**
 * The form of what a template is filled with.
 *
 * @category schemas
 * @since 0.1.0
 */
export const ParametersSchema = Schema.Struct({
  schema: Schema.JsonObject.annotate({ description: "JSON Schema, draft 2020-12." })
}).annotate({ identifier: "TemplateParametersSchema" })

/** @category schemas @since 0.1.0 */
export const PreviewTemplate = Schema.Struct({ parameters: Schema.JsonObject }).annotate({
  identifier: "PreviewTemplate"
})

/** @category schemas @since 0.1.0 */
export const RequestTemplateSync = Schema.Struct({ channelAccountId: ChannelAccountId }).annotate({
  identifier: "RequestTemplateSync"
})

const params = { id: TemplateId }
const read = Permissions.require(permissions.read)
const write = Permissions.require(permissions.write)
const filter = (length: number) => Schema.optional(Schema.String.check(Schema.isMaxLength(length)))
const described = (summary: string, description?: string) =>
  OpenApi.annotations(description === undefined ? { summary } : { summary, description })

/**
 * @category api
 * @since 0.1.0
 */
export class TemplatesApi extends HttpApiGroup.make("templates")
  .add(
    HttpApiEndpoint.get("list", "/templates", {
      query: {
        ...Pagination.query,
        status: filter(64),
        category: filter(64),
        language: filter(32),
        name: filter(512),
        channelAccountId: Schema.optional(ChannelAccountId)
      },
      success: Pagination.Page(Template),
      error: [NotFound, InvalidInput, Unavailable]
    }).annotate(Permissions.Access, read).annotateMerge(described(
      "The message templates",
      "Deleted ones are listed when asked for by their status; `name` is what the name begins with."
    )),
    HttpApiEndpoint.post("create", "/templates", {
      payload: CreateTemplate,
      success: Template.pipe(HttpApiSchema.status(201)),
      error: [NotFound, InvalidInput, Conflict, Unavailable]
    }).middleware(Idempotency).annotate(Permissions.Access, write).annotateMerge(described(
      "Create a template at the provider",
      "Its status is SUBMITTING while it is not known whether the provider has it; that is found out in the background."
    )),
    HttpApiEndpoint.get("library", "/library-templates", {
      query: {
        ...Pagination.query,
        channelAccountId: ChannelAccountId,
        search: filter(200),
        name: filter(512),
        language: filter(32),
        topic: filter(64),
        useCase: filter(64),
        industry: filter(64)
      },
      success: Pagination.Page(LibraryTemplate),
      error: [NotFound, InvalidInput, Conflict, Unavailable]
    }).annotate(Permissions.Access, read).annotateMerge(described(
      "The templates that an account's provider has written",
      "Judged already; `search` finds words anywhere in them, `name` is the whole name."
    )),
    HttpApiEndpoint.post("createFromLibrary", "/library-templates", {
      payload: CreateFromLibrary,
      success: Template.pipe(HttpApiSchema.status(201)),
      error: [NotFound, InvalidInput, Conflict, Unavailable]
    }).middleware(Idempotency).annotate(Permissions.Access, write).annotateMerge(described(
      "Create a template of the provider's library",
      "Under a name of one's own; its text is the provider's, its buttons lead where they are told to."
    )),
    HttpApiEndpoint.get("get", "/templates/:id", {
      params,
      success: Template,
      error: NotFound
    }).annotate(Permissions.Access, read).annotateMerge(described("One template")),
    HttpApiEndpoint.patch("update", "/templates/:id", {
      params,
      payload: UpdateTemplate,
      success: Template,
      error: [NotFound, InvalidInput, Conflict, Unavailable]
    }).annotate(Permissions.Access, write).annotateMerge(described(
      "Change a template at the provider",
      "Only one that is approved, rejected or paused; it is reviewed again."
    )),
    HttpApiEndpoint.delete("delete", "/templates/:id", {
      params,
      success: HttpApiSchema.NoContent,
      error: [NotFound, InvalidInput, Conflict, Unavailable]
    }).annotate(Permissions.Access, write).annotateMerge(described(
      "Delete a template at the provider",
      "The provider does not let its name be used again for 30 days."
    )),
    HttpApiEndpoint.post("duplicate", "/templates/:id/duplicate", {
      params,
      payload: DuplicateTemplate,
      success: Template.pipe(HttpApiSchema.status(201)),
      error: [NotFound, InvalidInput, Conflict, Unavailable]
    }).middleware(Idempotency).annotate(Permissions.Access, write).annotateMerge(
      described("Create the same template in another language")
    ),
    HttpApiEndpoint.get("parameters", "/templates/:id/parameters", {
      params,
      success: ParametersSchema,
      error: NotFound
    }).annotate(Permissions.Access, read).annotateMerge(described("What a template is filled with, as JSON Schema")),
    HttpApiEndpoint.post("preview", "/templates/:id/preview", {
      params,
      payload: PreviewTemplate,
      success: TemplatePreview,
      error: [NotFound, InvalidInput]
    }).annotate(Permissions.Access, read).annotateMerge(described("What the customer reads of a message with it")),
    HttpApiEndpoint.get("languages", "/templates/:id/languages", {
      params,
      success: Schema.Struct({ data: Schema.Array(Template) }),
      error: NotFound
    }).annotate(Permissions.Access, read).annotateMerge(described(
      "A template in all its languages",
      "Each has a status, a quality and a text of its own; deleted ones are left out."
    )),
    HttpApiEndpoint.get("history", "/templates/:id/history", {
      params,
      query: { ...Pagination.query, kind: Schema.optional(HistoryKind) },
      success: Pagination.Page(TemplateHistoryEntry),
      error: [NotFound, InvalidInput]
    }).annotate(Permissions.Access, read).annotateMerge(described("What became of a template, the latest first")),
    HttpApiEndpoint.post("sync", "/template-syncs", {
      payload: RequestTemplateSync,
      success: HttpApiSchema.Empty(202),
      error: [NotFound, InvalidInput, Unavailable]
    }).middleware(Idempotency).annotate(Permissions.Access, write).annotateMerge(
      described("Look through all templates of an account's provider soon")
    ),
    HttpApiEndpoint.get("syncs", "/template-syncs", {
      query: Pagination.query,
      success: Pagination.Page(TemplateSyncRun),
      error: InvalidInput
    }).annotate(Permissions.Access, read).annotateMerge(
      described("The looks through all templates that have ended, the latest first")
    )
  )
  .middleware(Authentication)
  .prefix("/v1")
  .annotateMerge(OpenApi.annotations({
    title: "Message templates",
    description:
      "What may be sent at any time: created at the provider, kept in step with it, checked before it is sent."
  }))
{}
