/**
 * Message templates through the Graph API: the `templates` facet of the adapter.
 *
 * @see https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/template-management
 * @since 0.1.0
 */
import { Effect, Schema } from "effect"
import type { Account } from "@wicara/channels/ChannelAdapter"
import type {
  ChannelTemplates,
  LibraryTemplate,
  NewTemplate,
  ProviderTemplate,
  TemplateChange
} from "@wicara/channels/ChannelTemplates"
import { ProviderFailure } from "@wicara/channels/ProviderFailure"
import * as GraphApi from "./GraphApi.ts"
import { failureOf } from "./internal/failureOf.ts"
import { optional } from "./internal/optional.ts"
import * as ResumableUpload from "./ResumableUpload.ts"

/** @category models @since 0.1.0 */
export interface TemplateSettings {
  readonly businessAccountId: string
}

const text = Schema.optional(Schema.NullOr(Schema.String))

/** A template in a list, as tolerantly as can be: one that can't be read would make the list a part of one. */
const Listed = Schema.Struct({
  id: Schema.Union([Schema.String, Schema.Number]),
  name: Schema.String,
  language: Schema.String,
  status: Schema.String,
  category: Schema.String,
  parameter_format: text,
  components: Schema.optional(Schema.NullOr(Schema.Array(Schema.JsonObject))),
  quality_score: Schema.optional(Schema.NullOr(Schema.Struct({ score: text }))),
  rejected_reason: text,
  message_send_ttl_seconds: Schema.optional(Schema.NullOr(Schema.Int)),
  cta_url_link_tracking_opted_out: Schema.optional(Schema.NullOr(Schema.Boolean)),
  library_template_name: text
})

const Page = Schema.Struct({ data: Schema.Array(Listed), paging: GraphApi.Paging })

const texts = Schema.optional(Schema.NullOr(Schema.Array(Schema.String)))

/** A template of the library; its header and footer are texts where it has any. */
const InLibrary = Schema.Struct({
  id: Schema.Union([Schema.String, Schema.Number]),
  name: Schema.String,
  language: Schema.String,
  category: Schema.String,
  topic: text,
  usecase: text,
  industry: texts,
  header: text,
  body: text,
  footer: text,
  body_params: texts,
  body_param_types: texts,
  buttons: Schema.optional(Schema.NullOr(Schema.Array(Schema.JsonObject)))
})

const Library = Schema.Struct({ data: Schema.Array(InLibrary), paging: GraphApi.Paging })

const Created = Schema.Struct({
  id: Schema.Union([Schema.String, Schema.Number]),
  status: text,
  category: text
})

const fields = Object.keys(Listed.fields).join(",")

const encodeJson = Schema.encodeSync(Schema.fromJsonString(Schema.Json))

/** What the API gives on one page; it allows more, and then takes longer than its clients wait. */
const pageSize = 100

/**
 * The facet, over whatever says how an account calls the API.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = <Settings extends TemplateSettings, Secrets>(
  callerOf: (account: Account<Settings, Secrets>) => GraphApi.Caller
): ChannelTemplates<Settings, Secrets> => {
  const page = (account: Account<Settings, Secrets>, name: string | undefined, after: string | undefined) =>
    GraphApi.call(callerOf(account), Page, {
      method: "GET",
      path: `${account.settings.businessAccountId}/message_templates`,
      query: {
        fields,
        limit: String(pageSize),
        ...(name === undefined ? undefined : { name }),
        ...(after === undefined ? undefined : { after })
      }
    }).pipe(Effect.mapError(failureOf))

  return {
    scope: ({ businessAccountId }) => businessAccountId,

    page: ({ after, name }, account) =>
      Effect.flatMap(page(account, name, after), ({ data, paging }) => {
        // The API also finds names that only begin alike.
        const templates = data.map(toTemplate).filter((one) => name === undefined || one.name === name)
        if (paging?.next == null) return Effect.succeed({ templates })
        const next = paging.cursors?.after
        return next == null || next === after
          ? Effect.fail(
            new ProviderFailure({ kind: "later", code: "no_cursor", reason: "The list goes on, but not where" })
          )
          : Effect.succeed({ templates, next })
      }),

    library: ({ after, industry, language, limit, name, search, topic, useCase }, account) =>
      GraphApi.call(callerOf(account), Library, {
        method: "GET",
        path: "message_template_library",
        query: {
          limit: String(Math.min(limit ?? pageSize, pageSize)),
          ...optional("search", search),
          ...optional("name", name),
          ...optional("language", language),
          ...optional("topic", topic),
          ...optional("usecase", useCase),
          ...optional("industry", industry),
          ...optional("after", after)
        }
      }).pipe(
        Effect.map(({ data, paging }) => ({
          templates: data.map(toLibraryTemplate),
          ...optional("next", GraphApi.nextOf(paging) ?? undefined)
        })),
        Effect.mapError(failureOf)
      ),

    create: (template, account) =>
      GraphApi.call(callerOf(account), Created, {
        method: "POST",
        path: `${account.settings.businessAccountId}/message_templates`,
        body: encode(template)
      }).pipe(
        Effect.map(({ category, id, status }) => ({
          id: String(id),
          status: status ?? "PENDING",
          category: category ?? template.category
        })),
        Effect.mapError(failureOf)
      ),

    edit: (id, change, account) =>
      GraphApi.call(callerOf(account), Schema.Unknown, {
        method: "POST",
        path: encodeURIComponent(id),
        body: encodeChange(change)
      }).pipe(Effect.asVoid, Effect.mapError(failureOf)),

    uploadSample: (file, account) => ResumableUpload.uploadMedia(callerOf(account), file),

    delete: ({ id, name }, account) =>
      GraphApi.call(callerOf(account), Schema.Unknown, {
        method: "DELETE",
        path: `${account.settings.businessAccountId}/message_templates`,
        query: { name, hsm_id: id }
      }).pipe(Effect.asVoid, Effect.mapError(failureOf))
  }
}

const encode = (template: NewTemplate) => ({
  name: template.name,
  language: template.language,
  category: template.category,
  ...(template.library === undefined
    ? { parameter_format: template.parameterFormat, components: template.components }
    : {
      library_template_name: template.library.name,
      // Documented as texts with JSON in them.
      ...optional("library_template_button_inputs", template.library.buttons && encodeJson(template.library.buttons)),
      ...optional("library_template_body_inputs", template.library.body && encodeJson(template.library.body))
    }),
  ...optional("allow_category_change", template.allowCategoryChange),
  ...optional("message_send_ttl_seconds", template.messageSendTtlSeconds),
  ...optional("cta_url_link_tracking_opted_out", template.linkTrackingOptedOut)
})

const encodeChange = (change: TemplateChange) => ({
  ...optional("category", change.category),
  ...optional("components", change.components),
  ...optional("message_send_ttl_seconds", change.messageSendTtlSeconds),
  ...optional("cta_url_link_tracking_opted_out", change.linkTrackingOptedOut)
})

const toLibraryTemplate = (listed: typeof InLibrary.Type): LibraryTemplate => ({
  id: String(listed.id),
  name: listed.name,
  language: listed.language,
  category: listed.category,
  topic: listed.topic ?? null,
  useCase: listed.usecase ?? null,
  industries: listed.industry ?? [],
  header: listed.header ?? null,
  body: listed.body ?? "",
  footer: listed.footer ?? null,
  examples: (listed.body_params ?? []).map((example, index) => ({
    example,
    type: listed.body_param_types?.[index] ?? null
  })),
  buttons: listed.buttons ?? []
})

const toTemplate = (listed: typeof Listed.Type): ProviderTemplate => ({
  id: String(listed.id),
  name: listed.name,
  language: listed.language,
  category: listed.category,
  status: listed.status,
  parameterFormat: listed.parameter_format?.toUpperCase() === "NAMED" ? "NAMED" : "POSITIONAL",
  components: listed.components ?? [],
  ...(listed.quality_score?.score == null ? undefined : { quality: listed.quality_score.score }),
  ...(listed.rejected_reason == null || listed.rejected_reason === "NONE"
    ? undefined
    : { rejectedReason: listed.rejected_reason }),
  ...optional("messageSendTtlSeconds", listed.message_send_ttl_seconds ?? undefined),
  ...optional("linkTrackingOptedOut", listed.cta_url_link_tracking_opted_out ?? undefined),
  ...optional("library", listed.library_template_name ?? undefined)
})
