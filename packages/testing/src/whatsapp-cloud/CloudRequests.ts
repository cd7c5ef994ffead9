/**
 * The bodies of the Cloud API's requests that are emulated, by its documentation, and what is answered to any other. Those
 * that send messages are in `CloudSendRequests`, those that define templates in `CloudTemplateRequests`.
 *
 * @see https://developers.facebook.com/documentation/business-messaging/whatsapp/reference
 * @since 0.1.0
 */
import { Schema, SchemaIssue } from "effect"
import type { GraphFailure } from "./GraphFailure.ts"
import * as Failure from "./GraphFailure.ts"

/** Documented, and without effect here. */
const unread = Schema.optionalKey(Schema.Unknown)
const product = { messaging_product: Schema.Literal("whatsapp") }
const upTo = (length: number) => Schema.String.check(Schema.isMaxLength(length))

/** @category schemas @since 0.1.0 */
export const Profile = Schema.Struct({
  ...product,
  about: Schema.optionalKey(upTo(139).check(Schema.isMinLength(1))),
  address: Schema.optionalKey(upTo(256)),
  description: Schema.optionalKey(upTo(512)),
  email: Schema.optionalKey(upTo(128)),
  websites: Schema.optionalKey(Schema.Array(upTo(256)).check(Schema.isMaxLength(2))),
  vertical: Schema.optionalKey(Schema.Literals([
    "UNDEFINED",
    "OTHER",
    "AUTO",
    "BEAUTY",
    "APPAREL",
    "EDU",
    "ENTERTAIN",
    "EVENT_PLAN",
    "FINANCE",
    "GROCERY",
    "GOVT",
    "HOTEL",
    "HEALTH",
    "NONPROFIT",
    "PROF_SERVICES",
    "RETAIL",
    "TRAVEL",
    "RESTAURANT",
    "ALCOHOL",
    "ONLINE_GAMBLING",
    "PHYSICAL_GAMBLING",
    "OTC_DRUGS"
  ])),
  profile_picture_handle: Schema.optionalKey(Schema.String)
})

/** @category schemas @since 0.1.0 */
export const Blocks = Schema.Struct({
  ...product,
  block_users: Schema.Array(Schema.Struct({ user: Schema.NonEmptyString })).check(Schema.isMinLength(1))
})

/** @category schemas @since 0.1.0 */
export const QrCode = Schema.Struct({
  code: Schema.optionalKey(Schema.String.check(Schema.isPattern(/^[A-Z2-7]{14}$/))),
  prefilled_message: upTo(140).check(Schema.isMinLength(1)),
  generate_qr_image: Schema.optionalKey(Schema.Literals(["PNG", "SVG", "png", "svg"]))
})

/** @category schemas @since 0.1.0 */
export const Automation = Schema.Struct({
  enable_welcome_message: Schema.optionalKey(Schema.Boolean),
  prompts: Schema.optionalKey(Schema.Array(upTo(80)).check(Schema.isMaxLength(4))),
  commands: Schema.optionalKey(
    Schema.Array(Schema.Struct({
      command_name: upTo(32).check(Schema.isPattern(/^[a-zA-Z0-9_]+$/)),
      command_description: upTo(256)
    })).check(Schema.isMaxLength(30)).check(
      Schema.makeFilter((commands) =>
        new Set(commands.map(({ command_name }) => command_name)).size === commands.length || "names that differ"
      )
    )
  )
})

/** @category schemas @since 0.1.0 */
export const Settings = Schema.Struct({
  calling: Schema.optionalKey(Schema.Struct({
    status: Schema.Literals(["ENABLED", "DISABLED", "enabled", "disabled"]),
    call_icon_visibility: Schema.optionalKey(Schema.String)
  })),
  user_identity_change: unread,
  payload_encryption: unread,
  storage_configuration: unread
})

/** @category schemas @since 0.1.0 */
export const CallAction = Schema.Struct({
  ...product,
  action: Schema.Literals(["connect", "pre_accept", "accept", "reject", "terminate"]),
  to: Schema.optionalKey(Schema.NonEmptyString),
  call_id: Schema.optionalKey(Schema.NonEmptyString),
  session: Schema.optionalKey(
    Schema.Struct({ sdp_type: Schema.Literals(["offer", "answer"]), sdp: Schema.NonEmptyString })
  ),
  biz_opaque_callback_data: Schema.optionalKey(upTo(512))
})

/** @category schemas @since 0.1.0 */
export const GroupProduct = Schema.Struct(product)

const Subject = Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(128))
const Description = Schema.String.check(Schema.isMaxLength(2048))

/** @category schemas @since 0.1.0 */
export const GroupCreation = Schema.Struct({
  ...product,
  subject: Subject,
  description: Schema.optionalKey(Description),
  join_approval_mode: Schema.optionalKey(Schema.Literals(["approval_required", "auto_approve"]))
})
/** @category schemas @since 0.1.0 */
export const GroupChange = Schema.Struct({
  ...product,
  subject: Schema.optionalKey(Subject),
  description: Schema.optionalKey(Description),
  profile_picture_file: unread
})
/** @category schemas @since 0.1.0 */
export const GroupMembers = Schema.Struct({
  ...product,
  participants: Schema.Array(Schema.Struct({ user: Schema.String })).check(Schema.isMinLength(1), Schema.isMaxLength(8))
})

/** @category schemas @since 0.1.0 */
export const GroupJoins = Schema.Struct({
  ...product,
  join_requests: Schema.Array(Schema.NonEmptyString).check(Schema.isMinLength(1))
})

const Pin = Schema.String.check(Schema.isPattern(/^[0-9]{6}$/))

/** @category schemas @since 0.1.0 */
export const CallbackOverride = Schema.Struct({
  override_callback_uri: Schema.String,
  verify_token: Schema.optionalKey(Schema.String)
})

/** @category schemas @since 0.1.0 */
export const NumberChange = Schema.Struct({
  pin: Schema.optionalKey(Pin),
  webhook_configuration: Schema.optionalKey(CallbackOverride),
  connection_status: unread,
  webhook_url: unread,
  whatsapp_business_api_data: unread,
  search_visibility: unread,
  new_display_name: Schema.optionalKey(upTo(75).check(Schema.isMinLength(2))),
  username: unread
})

/** @category schemas @since 0.1.0 */
export const CodeRequest = Schema.Struct({
  code_method: Schema.Literals(["SMS", "VOICE"]),
  language: Schema.String.check(Schema.isPattern(/^[a-z]{2}_[A-Z]{2}$/))
})

/** @category schemas @since 0.1.0 */
export const CodeProof = Schema.Struct({ code: Pin })

/** @category schemas @since 0.1.0 */
export const Registration = Schema.Struct({
  messaging_product: Schema.Literal("whatsapp"),
  pin: Pin,
  data_localization_region: Schema.optionalKey(Schema.String),
  backup: unread,
  tier: unread,
  meta_store_retention_minutes: unread
})

/**
 * @category models
 * @since 0.1.0
 */
export interface CloudRequest {
  readonly method: "POST" | "DELETE"
  /** As the documentation has it. */
  readonly path: string
  readonly body: Schema.Codec<unknown, unknown>
}

const number = "/{Version}/{Phone-Number-ID}"
const group = "/{Version}/{group_id}"

/**
 * @category constants
 * @since 0.1.0
 */
export const requests: ReadonlyArray<CloudRequest> = [
  { method: "POST", path: number, body: NumberChange },
  { method: "POST", path: `${number}/register`, body: Registration },
  { method: "POST", path: `${number}/request_code`, body: CodeRequest },
  { method: "POST", path: `${number}/verify_code`, body: CodeProof },
  { method: "POST", path: "/{Version}/{WABA-ID}/subscribed_apps", body: CallbackOverride },
  { method: "POST", path: `${number}/whatsapp_business_profile`, body: Profile },
  { method: "POST", path: `${number}/block_users`, body: Blocks },
  { method: "DELETE", path: `${number}/block_users`, body: Blocks },
  { method: "POST", path: `${number}/message_qrdls`, body: QrCode },
  { method: "POST", path: `${number}/conversational_automation`, body: Automation },
  { method: "POST", path: `${number}/settings`, body: Settings },
  { method: "POST", path: `${number}/calls`, body: CallAction },
  { method: "POST", path: `${number}/groups`, body: GroupCreation },
  { method: "POST", path: group, body: GroupChange },
  { method: "POST", path: `${group}/participants`, body: GroupMembers },
  { method: "DELETE", path: `${group}/participants`, body: GroupMembers },
  { method: "POST", path: `${group}/join_requests`, body: GroupJoins },
  { method: "DELETE", path: `${group}/join_requests`, body: GroupJoins },
  { method: "POST", path: `${group}/invite_link`, body: GroupProduct },
  { method: "DELETE", path: `${group}/invite_link`, body: GroupProduct }
]

const issues = SchemaIssue.makeFormatterStandardSchemaV1({
  leafHook: (issue) => issue._tag === "UnexpectedKey" ? "unexpected" : SchemaIssue.defaultLeafHook(issue)
})

/**
 * The refusal of a body that does not fit, or of the part of one that stands at a place: the key that is unknown, the
 * parameter that is missing, or what is wrong.
 *
 * @category conversions
 * @since 0.1.0
 */
export const refusal = ({ issue }: Schema.SchemaError, at: ReadonlyArray<string> = []): GraphFailure => {
  const [first] = issues(issue).issues
  const keys = [...at, ...(first?.path ?? []).map(String)]
  const name = keys.at(-1) ?? ""
  if (first?.message === "unexpected") {
    const [head = "", ...rest] = keys.slice(0, -1)
    const parent = head + rest.map((key) => `[${key}]`).join("")
    return Failure.make(
      100,
      parent === "" ? `Unexpected key "${name}"` : `Unexpected key "${name}" on param "${parent}"`
    )
  }
  return Failure.make(
    100,
    first?.message === "Missing key"
      ? `The parameter ${keys.join(".")} is required.`
      : `Param ${keys.join(".")}: ${first?.message ?? ""}`
  )
}
