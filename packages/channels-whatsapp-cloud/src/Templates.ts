/**
 * Message templates through the Graph API: the `templates` facet of the adapter.
 *
 * @see https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/template-management
 * @since 0.1.0
 */
import { Effect, Schema } from "effect"
import type { Account } from "@wicara/channels/ChannelAdapter"
import type { ChannelTemplates, NewTemplate, ProviderTemplate, TemplateChange } from "@wicara/channels/ChannelTemplates"
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
  rejected_reason: text
})

const Page = Schema.Struct({
  data: Schema.Array(Listed),
  paging: Schema.optional(Schema.NullOr(Schema.Struct({
    cursors: Schema.optional(Schema.NullOr(Schema.Struct({ after: text }))),
    next: text
  })))
})

const Created = Schema.Struct({
  id: Schema.Union([Schema.String, Schema.Number]),
  status: text,
  category: text
})

const fields = "id,name,language,status,category,parameter_format,components,quality_score,rejected_reason"

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
  parameter_format: template.parameterFormat,
  components: template.components,
  ...optional("allow_category_change", template.allowCategoryChange),
  ...optional("message_send_ttl_seconds", template.messageSendTtlSeconds),
  ...optional("cta_url_link_tracking_opted_out", template.linkTrackingOptedOut)
})

const encodeChange = ({ category, components }: TemplateChange) => ({
  ...(category === undefined ? undefined : { category }),
  ...(components === undefined ? undefined : { components })
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
    : { rejectedReason: listed.rejected_reason })
})
