/**
 * Message templates at a provider: the part of an adapter that lists, creates, changes and deletes them.
 *
 * @since 0.1.0
 */
import { Effect, Option, Schema, Stream } from "effect"
import type { HttpClient } from "effect/http"
import type { Account, MediaUpload } from "./ChannelAdapter.ts"
import type { ProviderFailure } from "./ProviderFailure.ts"

/** @category schemas @since 0.1.0 */
export const TemplateCategory = Schema.Literals(["MARKETING", "UTILITY", "AUTHENTICATION"])
/** @since 0.1.0 */
export type TemplateCategory = typeof TemplateCategory.Type

/**
 * A template as its provider has it. `status` is the provider's word (`APPROVED`, `PAUSED`, …); an unknown one is kept.
 *
 * @category models
 * @since 0.1.0
 */
export const ProviderTemplate = Schema.Struct({
  id: Schema.String,
  name: Schema.String,
  language: Schema.String,
  category: Schema.String,
  status: Schema.String,
  parameterFormat: Schema.Literals(["POSITIONAL", "NAMED"]),
  /** The provider's definition components (`HEADER`, `BODY`, `FOOTER`, `BUTTONS`, …). */
  components: Schema.Array(Schema.JsonObject),
  /** `GREEN`, `YELLOW`, `RED` or `UNKNOWN`, where the provider says it. */
  quality: Schema.optionalKey(Schema.String),
  rejectedReason: Schema.optionalKey(Schema.String)
})
/** @since 0.1.0 */
export type ProviderTemplate = typeof ProviderTemplate.Type

/** @category models @since 0.1.0 */
export interface NewTemplate {
  readonly name: string
  readonly language: string
  readonly category: TemplateCategory
  readonly parameterFormat: "POSITIONAL" | "NAMED"
  readonly components: ReadonlyArray<Schema.JsonObject>
  readonly allowCategoryChange?: boolean | undefined
  /** Seconds in which the provider may deliver a message; -1: as long as it can. */
  readonly messageSendTtlSeconds?: number | undefined
  /** The provider does not count the clicks on its links. */
  readonly linkTrackingOptedOut?: boolean | undefined
}

/** What to change in a template; absent fields stay. @category models @since 0.1.0 */
export interface TemplateChange {
  readonly category?: TemplateCategory | undefined
  readonly components?: ReadonlyArray<Schema.JsonObject> | undefined
}

/**
 * What to list: templates of one name, in all languages, or all; from a cursor of an earlier page.
 *
 * @category models
 * @since 0.1.0
 */
export interface TemplateQuery {
  readonly name?: string | undefined
  readonly after?: string | undefined
}

/**
 * Some of the templates, and the cursor of those after them; none: the list has ended.
 *
 * @category models
 * @since 0.1.0
 */
export interface TemplatePage {
  readonly templates: ReadonlyArray<ProviderTemplate>
  readonly next?: string | undefined
}

/**
 * @category models
 * @since 0.1.0
 */
export interface ChannelTemplates<Settings, Secrets> {
  /** Accounts with the same scope share their templates (a WhatsApp Business Account id). At most 190 characters. */
  readonly scope: (settings: Settings) => string
  /**
   * One page of them. Fails rather than leaving any out; as `refused` or `missing` when the provider knows the cursor no
   * more.
   */
  readonly page: (
    query: TemplateQuery,
    account: Account<Settings, Secrets>
  ) => Effect.Effect<TemplatePage, ProviderFailure, HttpClient.HttpClient>
  readonly create: (
    template: NewTemplate,
    account: Account<Settings, Secrets>
  ) => Effect.Effect<
    { readonly id: string; readonly status: string; readonly category: string },
    ProviderFailure,
    HttpClient.HttpClient
  >
  readonly edit: (
    id: string,
    change: TemplateChange,
    account: Account<Settings, Secrets>
  ) => Effect.Effect<void, ProviderFailure, HttpClient.HttpClient>
  /**
   * Hands over the file that a header shows as its example; what is given back stands in the definition's
   * `example.header_handle`. Absent: the provider takes no files.
   */
  readonly uploadSample?:
    | ((
      file: MediaUpload,
      account: Account<Settings, Secrets>
    ) => Effect.Effect<string, ProviderFailure, HttpClient.HttpClient>)
    | undefined
  /** One language of it, by its id. */
  readonly delete: (
    template: { readonly id: string; readonly name: string },
    account: Account<Settings, Secrets>
  ) => Effect.Effect<void, ProviderFailure, HttpClient.HttpClient>
}

/**
 * All templates, or those with the name in all languages, page by page. Fails rather than leaving any out.
 *
 * @category running
 * @since 0.1.0
 */
export const list = <Settings, Secrets>(
  templates: ChannelTemplates<Settings, Secrets>,
  account: Account<Settings, Secrets>,
  filter?: { readonly name?: string | undefined }
): Stream.Stream<ProviderTemplate, ProviderFailure, HttpClient.HttpClient> =>
  Stream.paginate(undefined, (after: string | undefined) =>
    Effect.map(
      templates.page({ ...filter, after }, account),
      (page) => [page.templates, Option.fromUndefinedOr(page.next)] as const
    ))
