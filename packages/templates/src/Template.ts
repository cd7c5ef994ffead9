/**
 * A message template as its organization sees it.
 *
 * @since 0.1.0
 */
import { TemplateCategory } from "@wicara/channels/ChannelTemplates"
import { ChannelAccountId } from "@wicara/channels/ChannelAdapter"
import * as Id from "@wicara/core/Id"
import { Schema } from "effect"
import { ParameterFormat, TemplateComponent } from "./TemplateDefinition.ts"

/** @category ids @since 0.1.0 */
export const TemplateId = Id.make("TemplateId", "A message template in one language.")
/** @since 0.1.0 */
export type TemplateId = typeof TemplateId.Type

/**
 * The statuses that are known: the provider's, and of this server `SUBMITTING` (asked for, and not known yet whether the
 * provider has it) and `REFUSED` (the provider did not take it). An unknown word of the provider is kept as it is.
 *
 * @category constants
 * @since 0.1.0
 */
export const knownStatuses = [
  "SUBMITTING",
  "REFUSED",
  "PENDING",
  "APPROVED",
  "REJECTED",
  "IN_APPEAL",
  "PAUSED",
  "FLAGGED",
  "DISABLED",
  "LOCKED",
  "LIMIT_EXCEEDED",
  "ARCHIVED",
  "PENDING_DELETION",
  "DELETED"
] as const

/** @category schemas @since 0.1.0 */
export const TemplateStatus = Schema.String.annotate({
  description: `One of ${knownStatuses.join(", ")}, or a newer word of the provider.`,
  examples: ["APPROVED"]
})

/** A message can be sent with it. One that is flagged still works, and may soon not. @category guards @since 0.1.0 */
export const isUsable = (status: string): boolean => status === "APPROVED" || status === "FLAGGED"

/** What the provider lets be changed. @category guards @since 0.1.0 */
export const isEditable = (status: string): boolean =>
  status === "APPROVED" || status === "REJECTED" || status === "PAUSED"

/**
 * @category models
 * @since 0.1.0
 */
export class Template extends Schema.Class<Template>("Template")({
  id: TemplateId,
  channel: Schema.String,
  scope: Schema.String.annotate({
    description: "What the template belongs to at the provider: a WhatsApp business account. Its numbers share it."
  }),
  providerId: Schema.NullOr(Schema.String),
  name: Schema.String,
  language: Schema.String,
  category: Schema.String,
  nextCategory: Schema.NullOr(Schema.String).annotate({
    description: "The category that the provider finds correct, and will put it into."
  }),
  nextCategoryAt: Schema.NullOr(Schema.DateTimeUtcFromString),
  status: TemplateStatus,
  usable: Schema.Boolean.annotate({ description: "A message can be sent with it now." }),
  pauses: Schema.Int.annotate({ description: "How often it was paused; the provider disables it after some." }),
  quality: Schema.NullOr(Schema.String).annotate({ description: "GREEN, YELLOW, RED or UNKNOWN." }),
  parameterFormat: ParameterFormat,
  components: Schema.Array(Schema.JsonObject).annotate({ description: "As the provider has them." }),
  messageSendTtlSeconds: Schema.NullOr(Schema.Int).annotate({
    description: "Seconds in which the provider may deliver a message; -1: as long as it can; null: its usual time."
  }),
  linkTrackingOptedOut: Schema.NullOr(Schema.Boolean).annotate({
    description: "Whether the provider leaves the clicks on its links uncounted; null: it does not say."
  }),
  library: Schema.NullOr(Schema.String).annotate({
    description: "The template of the provider's library that it was made of."
  }),
  reason: Schema.NullOr(Schema.String).annotate({ description: "Why it was rejected, refused, paused or disabled." }),
  stage: Schema.NullOr(Schema.String).annotate({ description: "Which pause it is: FIRST_PAUSE, SECOND_PAUSE, ..." }),
  endsAt: Schema.NullOr(Schema.DateTimeUtcFromString).annotate({ description: "When the provider disables it." }),
  revision: Schema.Int.annotate({ description: "Counts the changes of its text." }),
  createdAt: Schema.DateTimeUtcFromString,
  updatedAt: Schema.DateTimeUtcFromString
}) {}

const Name = Schema.String.check(
  Schema.isPattern(/^[a-z0-9_]{1,512}$/, { expected: "1 to 512 lower-case letters, digits and underscores" })
)

/** @category schemas @since 0.1.0 */
export const TemplateLanguage = Schema.String.check(
  Schema.isPattern(/^[a-z]{2,3}(_[A-Za-z]{2,4})?$/, { expected: "a language such as id, en_US or zh_CN" })
)

/** How its messages are handled. */
const handling = {
  messageSendTtlSeconds: Schema.optionalKey(Schema.Int.annotate({
    description:
      "Seconds in which the provider may deliver a message: 30 to 900 of a code, 30 to 43200 of UTILITY, 43200 to 2592000 of MARKETING; -1, but for MARKETING: as long as it can."
  })),
  linkTrackingOptedOut: Schema.optionalKey(Schema.Boolean.annotate({
    description: "The provider does not count the clicks on its links."
  }))
}

/** @category models @since 0.1.0 */
export const CreateTemplate = Schema.Struct({
  channelAccountId: ChannelAccountId,
  name: Name,
  language: TemplateLanguage,
  category: TemplateCategory,
  parameterFormat: Schema.optionalKey(ParameterFormat),
  components: Schema.Array(TemplateComponent),
  allowCategoryChange: Schema.optionalKey(Schema.Boolean.annotate({
    description: "The provider may put it into another category instead of rejecting it."
  })),
  ...handling
}).annotate({ identifier: "CreateTemplate" })
/** @since 0.1.0 */
export type CreateTemplate = typeof CreateTemplate.Type

const Text = Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(2000))

/** What a button of a library's template leads to. @category models @since 0.1.0 */
export const LibraryButton = Schema.Union([
  Schema.Struct({
    type: Schema.Literal("URL"),
    url: Schema.Struct({
      base_url: Text.annotate({ description: "The link; {{1}} at its end is filled in when a message is sent." }),
      url_suffix_example: Schema.optionalKey(Text.annotate({ description: "The whole link of an example." }))
    })
  }),
  Schema.Struct({ type: Schema.Literal("PHONE_NUMBER"), phone_number: Text }),
  Schema.Struct({ type: Schema.Literals(["QUICK_REPLY", "FLOW"]) }),
  Schema.Struct({
    type: Schema.Literal("OTP"),
    otp_type: Schema.Literals(["COPY_CODE", "ONE_TAP", "ZERO_TAP"]),
    zero_tap_terms_accepted: Schema.optionalKey(Schema.Boolean),
    supported_apps: Schema.optionalKey(
      Schema.Array(Schema.Struct({ package_name: Text, signature_hash: Text })).check(Schema.isMaxLength(5))
    )
  })
]).annotate({ identifier: "LibraryTemplateButton" })
/** @since 0.1.0 */
export type LibraryButton = typeof LibraryButton.Type

/**
 * A template of the provider's library under a name of one's own.
 *
 * @category models
 * @since 0.1.0
 */
export const CreateFromLibrary = Schema.Struct({
  channelAccountId: ChannelAccountId,
  library: Name.annotate({ description: "Its name in the library." }),
  name: Name,
  language: TemplateLanguage,
  buttons: Schema.optionalKey(
    Schema.Array(LibraryButton).check(Schema.isMaxLength(10)).annotate({
      description: "What its buttons lead to, one for each of them, in their order."
    })
  ),
  body: Schema.optionalKey(
    Schema.Struct({
      add_contact_number: Schema.optionalKey(Schema.Boolean),
      add_learn_more_link: Schema.optionalKey(Schema.Boolean),
      add_security_recommendation: Schema.optionalKey(Schema.Boolean),
      add_track_package_link: Schema.optionalKey(Schema.Boolean),
      code_expiration_minutes: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 90 })))
    }).annotate({ description: "Sentences that the provider adds." })
  ),
  ...handling
}).annotate({ identifier: "CreateTemplateFromLibrary" })
/** @since 0.1.0 */
export type CreateFromLibrary = typeof CreateFromLibrary.Type

/** What to change; absent fields stay. `components` replaces all of them. @category models @since 0.1.0 */
export const UpdateTemplate = Schema.Struct({
  category: Schema.optionalKey(TemplateCategory),
  components: Schema.optionalKey(Schema.Array(TemplateComponent)),
  ...handling
}).annotate({ identifier: "UpdateTemplate" })
/** @since 0.1.0 */
export type UpdateTemplate = typeof UpdateTemplate.Type

/** The same template in another language; without `components` its text is the same. @category models @since 0.1.0 */
export const DuplicateTemplate = Schema.Struct({
  language: TemplateLanguage,
  components: Schema.optionalKey(Schema.Array(TemplateComponent))
}).annotate({ identifier: "DuplicateTemplate" })
/** @since 0.1.0 */
export type DuplicateTemplate = typeof DuplicateTemplate.Type

/** `next_category`: another category was announced. @category schemas @since 0.1.0 */
export const HistoryKind = Schema.Literals(["status", "category", "next_category", "quality", "components"])
/** @since 0.1.0 */
export type HistoryKind = typeof HistoryKind.Type

/**
 * A change of a template, and who told of it.
 *
 * @category models
 * @since 0.1.0
 */
export class TemplateHistoryEntry extends Schema.Class<TemplateHistoryEntry>("TemplateHistoryEntry")({
  at: Schema.DateTimeUtcFromString,
  kind: HistoryKind,
  from: Schema.NullOr(Schema.String),
  to: Schema.String,
  reason: Schema.NullOr(Schema.String),
  source: Schema.Literals(["webhook", "sync", "here"])
}) {}

/** @category ids @since 0.1.0 */
export const TemplateSyncId = Id.make("TemplateSyncId", "A look through all templates of a provider's account.")
/** @since 0.1.0 */
export type TemplateSyncId = typeof TemplateSyncId.Type

/**
 * A look through all templates of a provider's account, when it has ended. One that failed goes on later from the page that
 * it had reached; what it counts is what it had read until then.
 *
 * @category models
 * @since 0.1.0
 */
export class TemplateSyncRun extends Schema.Class<TemplateSyncRun>("TemplateSyncRun")({
  id: TemplateSyncId,
  channel: Schema.String,
  scope: Schema.String,
  startedAt: Schema.DateTimeUtcFromString,
  finishedAt: Schema.DateTimeUtcFromString,
  listed: Schema.Int,
  created: Schema.Int,
  changed: Schema.Int,
  deleted: Schema.Int,
  failure: Schema.NullOr(Schema.Struct({ code: Schema.String, reason: Schema.String }))
}) {}
