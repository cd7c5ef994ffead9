/**
 * The bodies that define templates, as the documentation has them: a field that is not there is refused by its name.
 *
 * @see https://developers.facebook.com/documentation/business-messaging/whatsapp/reference/whatsapp-business-account/message-template-api
 * @since 0.1.0
 */
import { Predicate, Result, Schema } from "effect"
import type { CloudRequest } from "./CloudRequests.ts"
import { refusal } from "./CloudRequests.ts"
import type { GraphFailure } from "./GraphFailure.ts"
import * as Failure from "./GraphFailure.ts"

/** Documented, and without effect here. */
const unread = Schema.optionalKey(Schema.Unknown)
const text = Schema.optionalKey(Schema.String)
const texts = Schema.optionalKey(Schema.Array(Schema.String))
const flag = Schema.optionalKey(Schema.Boolean)
const named = Schema.optionalKey(
  Schema.Array(Schema.Struct({ param_name: Schema.String, example: Schema.String }))
)
const type = Schema.String

const Button = Schema.Struct({
  type,
  text,
  url: text,
  phone_number: text,
  example: Schema.optionalKey(Schema.Union([Schema.String, Schema.Array(Schema.String)])),
  otp_type: Schema.optionalKey(
    Schema.Literals(["COPY_CODE", "ONE_TAP", "ZERO_TAP", "copy_code", "one_tap", "zero_tap"])
  ),
  autofill_text: text,
  zero_tap_terms_accepted: flag,
  supported_apps: Schema.optionalKey(
    Schema.Array(Schema.Struct({ package_name: Schema.String, signature_hash: Schema.String }))
  ),
  package_name: text,
  signature_hash: text,
  flow_id: text,
  flow_name: text,
  flow_json: text,
  flow_action: Schema.optionalKey(Schema.Literals(["navigate", "data_exchange", "NAVIGATE", "DATA_EXCHANGE"])),
  navigate_screen: text,
  icon: unread,
  ttl_minutes: Schema.optionalKey(Schema.Int)
})

/** The components by their types; whose case does not matter. */
const components = {
  HEADER: Schema.Struct({
    type,
    format: Schema.String,
    text,
    example: Schema.optionalKey(Schema.Struct({
      header_text: Schema.optionalKey(Schema.Union([Schema.String, Schema.Array(Schema.String)])),
      header_text_named_params: named,
      header_handle: texts
    }))
  }),
  BODY: Schema.Struct({
    type,
    text,
    add_security_recommendation: flag,
    example: Schema.optionalKey(Schema.Struct({
      body_text: Schema.optionalKey(
        Schema.Union([Schema.Array(Schema.Array(Schema.String)), Schema.Array(Schema.String)])
      ),
      body_text_named_params: named
    }))
  }),
  FOOTER: Schema.Struct({ type, text, code_expiration_minutes: Schema.optionalKey(Schema.Int) }),
  BUTTONS: Schema.Struct({ type, buttons: Schema.Array(Button) }),
  CAROUSEL: Schema.Struct({
    type,
    cards: Schema.Array(Schema.Struct({ components: Schema.Array(Schema.Record(Schema.String, Schema.Unknown)) }))
  }),
  LIMITED_TIME_OFFER: Schema.Struct({
    type,
    limited_time_offer: Schema.Struct({ text: Schema.String, has_expiration: flag })
  }),
  CALL_PERMISSION_REQUEST: Schema.Struct({ type })
}

const isComponent = (word: string): word is keyof typeof components => Object.hasOwn(components, word)

const definition = {
  category: Schema.optionalKey(Schema.String),
  components: Schema.optionalKey(Schema.Array(Schema.Record(Schema.String, Schema.Unknown))),
  parameter_format: text,
  message_send_ttl_seconds: Schema.optionalKey(Schema.Int),
  cta_url_link_tracking_opted_out: flag,
  bid_spec: unread,
  creative_sourcing_spec: unread,
  degrees_of_freedom_spec: unread,
  display_format: unread
}

/** An object, or the text that says it, as this API takes both. */
const OrText = <S extends Schema.Constraint>(schema: S) => Schema.Union([schema, Schema.fromJsonString(schema)])

/** @category schemas @since 0.1.0 */
export const LibraryButtons = Schema.Array(Schema.Struct({
  type,
  url: Schema.optionalKey(Schema.Struct({ base_url: Schema.String, url_suffix_example: text })),
  phone_number: text,
  otp_type: text,
  zero_tap_terms_accepted: flag,
  supported_apps: Button.fields.supported_apps
}))

/** @category schemas @since 0.1.0 */
export const LibraryBody = Schema.Struct({
  add_contact_number: flag,
  add_learn_more_link: flag,
  add_security_recommendation: flag,
  add_track_package_link: flag,
  code_expiration_minutes: Schema.optionalKey(Schema.Int)
})

/** @category schemas @since 0.1.0 */
export const Creation = Schema.Struct({
  ...definition,
  name: Schema.String,
  language: Schema.String,
  category: Schema.String,
  allow_category_change: flag,
  sub_category: unread,
  library_template_name: text,
  library_template_button_inputs: Schema.optionalKey(OrText(LibraryButtons)),
  library_template_body_inputs: Schema.optionalKey(OrText(LibraryBody))
})
/** @since 0.1.0 */
export type Creation = typeof Creation.Type

/** Name and language may be said again. @category schemas @since 0.1.0 */
export const Edit = Schema.Struct({ ...definition, name: text, language: text })
/** @since 0.1.0 */
export type Edit = typeof Edit.Type

/**
 * @category constants
 * @since 0.1.0
 */
export const requests: ReadonlyArray<CloudRequest> = [
  { method: "POST", path: "/{Version}/{WABA-ID}/message_templates", body: Creation },
  { method: "POST", path: "/{Version}/{TEMPLATE_ID}", body: Edit }
]

const strictly = <A, I>(schema: Schema.Codec<A, I>, input: unknown, at: ReadonlyArray<string>) =>
  Result.mapError(
    Schema.decodeUnknownResult(schema, { onExcessProperty: "error" })(input),
    (error) => refusal(error, at)
  )

const checkComponents = (
  given: ReadonlyArray<unknown>,
  at: ReadonlyArray<string>
): Result.Result<void, GraphFailure> => {
  for (const [index, component] of given.entries()) {
    const here = [...at, String(index)]
    const word = Predicate.hasProperty(component, "type") ? String(component.type).toUpperCase() : ""
    if (!isComponent(word)) {
      return Result.fail(Failure.make(100, `Param ${here.join(".")}: a component can't have the type "${word}"`))
    }
    const checked = strictly<unknown, unknown>(components[word], component, here)
    if (Result.isFailure(checked)) return Result.fail(checked.failure)
    if (!Predicate.hasProperty(component, "cards") || !Array.isArray(component.cards)) continue
    for (const [card, one] of component.cards.entries()) {
      const parts = checkComponents(one.components, [...here, "cards", String(card), "components"])
      if (Result.isFailure(parts)) return parts
    }
  }
  return Result.void
}

/**
 * A body by its schema, with its components by theirs and no other fields; or the refusal of the API.
 *
 * @category decoding
 * @since 0.1.0
 */
export const decode = <A extends { readonly components?: ReadonlyArray<unknown> }, I>(
  schema: Schema.Codec<A, I>,
  body: unknown
): Result.Result<A, GraphFailure> =>
  Result.flatMap(
    strictly(schema, body, []),
    (read) => Result.map(checkComponents(read.components ?? [], ["components"]), () => read)
  )
