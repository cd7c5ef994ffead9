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
  rejectedReason: Schema.optionalKey(Schema.String),
  /** Seconds in which the provider may deliver a message, where it says them; -1: as long as it can. */
  messageSendTtlSeconds: Schema.optionalKey(Schema.Int),
  /** The provider does not count the clicks on its links. */
  linkTrackingOptedOut: Schema.optionalKey(Schema.Boolean),
  /** The template of the provider's library that it was made of. */
  library: Schema.optionalKey(Schema.String)
})
/** @since 0.1.0 */
export type ProviderTemplate = typeof ProviderTemplate.Type

/**
 * A template that a provider has written and judged already: its text is fixed, and only its buttons are filled in. Words
 * of the provider stay as they are.
 *
 * @category models
 * @since 0.1.0
 */
export const LibraryTemplate = Schema.Struct({
  id: Schema.String,
  name: Schema.String,
  language: Schema.String,
  category: Schema.String,
  topic: Schema.NullOr(Schema.String),
  useCase: Schema.NullOr(Schema.String),
  industries: Schema.Array(Schema.String),
  header: Schema.NullOr(Schema.String),
  body: Schema.String,
  footer: Schema.NullOr(Schema.String),
  /** What stands in the place of each variable of the body, and of what kind it has to be: `TEXT`, `AMOUNT`, `DATE`, … */
  examples: Schema.Array(Schema.Struct({ example: Schema.String, type: Schema.NullOr(Schema.String) })),
  /** The provider's buttons, in their order. */
  buttons: Schema.Array(Schema.JsonObject)
}).annotate({ identifier: "LibraryTemplate" })
/** @since 0.1.0 */
export type LibraryTemplate = typeof LibraryTemplate.Type

/**
 * What to look for in a library: words anywhere in a template, and the provider's words for what it is about.
 *
 * @category models
 * @since 0.1.0
 */
export interface LibraryQuery {
  readonly search?: string | undefined
  /** The whole name. */
  readonly name?: string | undefined
  readonly language?: string | undefined
  readonly topic?: string | undefined
  readonly useCase?: string | undefined
  readonly industry?: string | undefined
  readonly after?: string | undefined
  readonly limit?: number | undefined
}

/**
 * Which template of the library, and what its buttons lead to, in the provider's words.
 *
 * @category models
 * @since 0.1.0
 */
export interface FromLibrary {
  readonly name: string
  readonly buttons?: ReadonlyArray<Schema.JsonObject>
  readonly body?: Schema.JsonObject
}

/** @category models @since 0.1.0 */
export interface NewTemplate {
  readonly name: string
  readonly language: string
  readonly category: TemplateCategory
  readonly parameterFormat: "POSITIONAL" | "NAMED"
  readonly components: ReadonlyArray<Schema.JsonObject>
  /** Its text is the provider's; then `components` say only what that text is. */
  readonly library?: FromLibrary | undefined
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
  readonly messageSendTtlSeconds?: number | undefined
  readonly linkTrackingOptedOut?: boolean | undefined
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
  /** A page of the provider's own library. Absent: it has none. */
  readonly library?:
    | ((
      query: LibraryQuery,
      account: Account<Settings, Secrets>
    ) => Effect.Effect<
      { readonly templates: ReadonlyArray<LibraryTemplate>; readonly next?: string | undefined },
      ProviderFailure,
      HttpClient.HttpClient
    >)
    | undefined
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
