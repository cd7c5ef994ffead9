/**
 * The HTTP contract of mail: its log and its templates.
 *
 * @since 0.1.0
 */
import { Authentication } from "@wicara/core/Authentication"
import { Idempotency } from "@wicara/core/Idempotency"
import * as Pagination from "@wicara/core/Pagination"
import * as Permissions from "@wicara/core/Permissions"
import { Conflict, Forbidden, InvalidInput, NotFound } from "@wicara/core/Problem"
import * as Revision from "@wicara/core/Revision"
import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { MailId, MailRecord, MailState } from "../MailRecord.ts"
import { MailKindName, MailLocale, MailPreview, MailTemplate, MailTemplateVersion, MailText } from "../MailTemplate.ts"
import { permissions } from "../permissions.ts"

const params = { id: MailId }
const template = { kind: MailKindName, locale: MailLocale }
const draft = Schema.Struct({
  text: Schema.optionalKey(
    MailText.annotate({ description: "A text that was not saved; the one that applies if absent." })
  )
})

/**
 * @category api
 * @since 0.1.0
 */
export class MailApi extends HttpApiGroup.make("mail")
  .add(
    HttpApiEndpoint.get("list", "/mail/messages", {
      query: { ...Pagination.query, state: Schema.optional(MailState) },
      success: Pagination.Page(MailRecord),
      error: InvalidInput
    }).annotate(Permissions.Access, Permissions.require(permissions.read))
      .annotate(OpenApi.Summary, "What was sent to whom, the newest first"),
    HttpApiEndpoint.get("get", "/mail/messages/:id", {
      params,
      success: MailRecord,
      error: NotFound
    }).annotate(Permissions.Access, Permissions.require(permissions.read))
      .annotate(OpenApi.Summary, "What became of one message"),
    HttpApiEndpoint.post("sendAgain", "/mail/messages/:id/send", {
      params,
      success: MailRecord,
      error: [NotFound, Conflict]
    }).middleware(Idempotency)
      .annotate(Permissions.Access, Permissions.require(permissions.write))
      .annotate(OpenApi.Summary, "Send a message again that was not sent, or of which nobody knows"),
    HttpApiEndpoint.get("templates", "/mail/templates", {
      success: Schema.Struct({ data: Schema.Array(MailTemplate) })
    }).annotate(Permissions.Access, Permissions.require(permissions.read))
      .annotate(OpenApi.Summary, "Every kind of mail in every language, as it applies"),
    HttpApiEndpoint.get("template", "/mail/templates/:kind/:locale", {
      params: template,
      success: Revision.Revised(MailTemplate),
      error: NotFound
    }).annotate(Permissions.Access, Permissions.require(permissions.read))
      .annotate(OpenApi.Summary, "One kind of mail in one language"),
    HttpApiEndpoint.get("versions", "/mail/templates/:kind/:locale/versions", {
      params: template,
      success: Schema.Struct({ data: Schema.Array(MailTemplateVersion) }),
      error: NotFound
    }).annotate(Permissions.Access, Permissions.require(permissions.read))
      .annotate(OpenApi.Summary, "How a text was changed, the latest change first"),
    HttpApiEndpoint.put("saveTemplate", "/mail/templates/:kind/:locale", {
      params: template,
      headers: Revision.headers,
      payload: MailText,
      success: Revision.Revised(MailTemplate),
      error: [NotFound, InvalidInput, Revision.RevisionMismatch]
    }).annotate(Permissions.Access, Permissions.require(permissions.write))
      .annotate(OpenApi.Summary, "Give the organization a text of its own"),
    HttpApiEndpoint.delete("resetTemplate", "/mail/templates/:kind/:locale", {
      params: template,
      headers: Revision.headers,
      success: Revision.Revised(MailTemplate),
      error: [NotFound, Revision.RevisionMismatch]
    }).annotate(Permissions.Access, Permissions.require(permissions.write))
      .annotate(OpenApi.Summary, "Take the organization's text back"),
    HttpApiEndpoint.post("preview", "/mail/templates/:kind/:locale/preview", {
      params: template,
      payload: draft,
      success: MailPreview,
      error: [NotFound, InvalidInput]
    }).annotate(Permissions.Access, Permissions.require(permissions.read))
      .annotate(OpenApi.Summary, "A message with made-up facts, as its reader would see it"),
    HttpApiEndpoint.post("sendTest", "/mail/templates/:kind/:locale/test", {
      params: template,
      payload: draft,
      success: MailRecord.pipe(HttpApiSchema.status(202)),
      error: [NotFound, InvalidInput, Forbidden]
    }).middleware(Idempotency)
      .annotate(Permissions.Access, Permissions.require(permissions.write))
      .annotate(OpenApi.Summary, "Send a message with made-up facts to oneself")
  )
  .middleware(Authentication)
  .prefix("/v1")
  .annotateMerge(OpenApi.annotations({
    title: "Mail",
    description: "What was sent to whom, and what it says."
  }))
{}
