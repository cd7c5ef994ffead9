/**
 * The emulated library of templates that the platform has written, and those that are made of them.
 *
 * @see https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/template-library
 * @since 0.1.0
 */
import { Result } from "effect"
import type { Template } from "./CloudAccount.ts"
import type { Creation, LibraryBody, LibraryButtons } from "./CloudTemplateRequests.ts"
import type { GraphFailure } from "./GraphFailure.ts"
import * as Failure from "./GraphFailure.ts"

/** @category models @since 0.1.0 */
export interface LibraryTemplate {
  readonly id: string
  readonly name: string
  readonly language: string
  readonly category: "UTILITY" | "AUTHENTICATION"
  readonly topic: string
  readonly usecase: string
  readonly industry: ReadonlyArray<string>
  readonly header?: string
  readonly body: string
  readonly body_params?: ReadonlyArray<string>
  readonly body_param_types?: ReadonlyArray<string>
  readonly buttons?: ReadonlyArray<Readonly<Record<string, string>>>
}

const english = { language: "en_US", category: "UTILITY" } as const
const shops = { industry: ["E_COMMERCE"], topic: "ORDER_MANAGEMENT" }

/**
 * Some invented ones, of every form that the documentation shows.
 *
 * @category constants
 * @since 0.1.0
 */
export const templates: ReadonlyArray<LibraryTemplate> = [
  {
    ...english,
    ...shops,
    id: "7000000000000001",
    name: "delivery_update_1",
    usecase: "DELIVERY_UPDATE",
    header: "On its way",
    body: "{{1}}, your parcel {{2}} left our shop on {{3}}. Follow it with the button.",
    body_params: ["Jim", "12 paper towels", "2026-11-20"],
    body_param_types: ["TEXT", "TEXT", "DATE"],
    buttons: [{ type: "URL", text: "Follow it", url: "https://www.example.com/" }]
  },
  {
    ...english,
    ...shops,
    id: "7000000000000002",
    name: "delivery_update_1",
    language: "id",
    usecase: "DELIVERY_UPDATE",
    header: "Sedang dikirim",
    body: "{{1}}, paket {{2}} berangkat pada {{3}}. Ikuti dengan tombol di bawah.",
    body_params: ["Sari", "12 tisu dapur", "2026-11-20"],
    body_param_types: ["TEXT", "TEXT", "DATE"],
    buttons: [{ type: "URL", text: "Ikuti", url: "https://www.example.com/" }]
  },
  {
    ...english,
    id: "7000000000000003",
    name: "low_balance_warning_1",
    topic: "PAYMENTS",
    usecase: "LOW_BALANCE_WARNING",
    industry: ["FINANCIAL_SERVICES"],
    header: "Little is left",
    body: "Hello {{1}}, your account {{2}} holds less than {{3}} now. Add to it or call us.",
    body_params: ["Jim", "1234", "$75.00"],
    body_param_types: ["TEXT", "NUMBER", "AMOUNT"],
    buttons: [
      { type: "URL", text: "Add to it", url: "https://www.example.com/" },
      { type: "PHONE_NUMBER", text: "Call us", phone_number: "+18005551234" }
    ]
  },
  {
    ...english,
    ...shops,
    id: "7000000000000004",
    name: "delivery_failed_2_form",
    usecase: "DELIVERY_FAILED",
    body: "The parcel {{1}} could not be handed over. Please {{2}} with the form.",
    body_params: ["#12345", "choose another day"],
    body_param_types: ["TEXT", "TEXT"],
    buttons: [{ type: "FLOW", text: "Choose" }]
  },
  {
    ...english,
    id: "7000000000000005",
    name: "order_confirmation_plain",
    ...shops,
    usecase: "ORDER_CONFIRMATION",
    body: "Thank you, {{1}}: we have your order {{2}} and get it ready.",
    body_params: ["Jim", "#12345"],
    body_param_types: ["TEXT", "TEXT"]
  },
  {
    id: "7000000000000006",
    name: "verify_otp_usecase",
    language: "en_US",
    category: "AUTHENTICATION",
    topic: "IDENTITY_VERIFICATION",
    usecase: "VERIFY_OTP",
    industry: [],
    body: "{{1}} is your code.",
    buttons: [{ type: "OTP", text: "Copy code", otp_type: "COPY_CODE" }]
  }
]

const documented = new Set(["search", "name", "language", "topic", "usecase", "industry", "limit", "after", "before"])

/**
 * Those that a query asks for, or the refusal of one that is not documented.
 *
 * @category getters
 * @since 0.1.0
 */
export const find = (
  query: Readonly<Record<string, string | ReadonlyArray<string> | undefined>>
): Result.Result<ReadonlyArray<LibraryTemplate>, GraphFailure> => {
  const unknown = Object.keys(query).find((key) => !documented.has(key) && key !== "fields")
  if (unknown !== undefined) return Result.fail(Failure.make(100, `Unexpected key "${unknown}"`))
  const asked = (key: string) => query[key] === undefined ? undefined : String(query[key])
  const isOf = (key: "name" | "language" | "topic" | "usecase", one: LibraryTemplate) =>
    asked(key) === undefined || asked(key) === one[key]
  const words = asked("search")?.toLowerCase() ?? ""
  const industry = asked("industry")
  return Result.succeed(
    templates.filter((one) =>
      isOf("name", one) && isOf("language", one) && isOf("topic", one) && isOf("usecase", one) &&
      (industry === undefined || one.industry.includes(industry)) &&
      [one.name, one.header ?? "", one.body, ...(one.buttons ?? []).map(({ text }) => text ?? "")]
        .some((text) => text.toLowerCase().includes(words))
    )
  )
}

type Buttons = typeof LibraryButtons.Type

const buttonsOf = (
  library: LibraryTemplate,
  given: Buttons | undefined
): Result.Result<ReadonlyArray<Readonly<Record<string, unknown>>>, GraphFailure> => {
  const wanted = library.buttons ?? []
  const isFilled = wanted.some(({ type }) => type === "URL" || type === "PHONE_NUMBER" || type === "OTP")
  if (!isFilled && given === undefined) return Result.succeed(wanted)
  if (given?.length !== wanted.length || given.some(({ type }, index) => type !== wanted[index]?.["type"])) {
    return Result.fail(Failure.make(100, "library_template_button_inputs do not fit the buttons of the template."))
  }
  const made: Array<Readonly<Record<string, unknown>>> = []
  for (const [index, { phone_number, url, ...rest }] of given.entries()) {
    if (rest.type === "PHONE_NUMBER" && phone_number === undefined) {
      return Result.fail(Failure.make(100, "A phone number is missing in library_template_button_inputs."))
    }
    if (
      rest.type === "URL" && (url === undefined || url.base_url.includes("{{") && url.url_suffix_example === undefined)
    ) {
      return Result.fail(Failure.make(100, "A link or its example is missing in library_template_button_inputs."))
    }
    made.push({
      ...wanted[index],
      ...rest,
      ...(phone_number === undefined ? undefined : { phone_number }),
      ...(url === undefined ? undefined : {
        url: url.base_url,
        ...(url.url_suffix_example === undefined ? undefined : { example: [url.url_suffix_example] })
      })
    })
  }
  return Result.succeed(made)
}

const footerOf = (body: typeof LibraryBody.Type | undefined) =>
  body?.code_expiration_minutes === undefined
    ? []
    : [{ type: "FOOTER", code_expiration_minutes: body.code_expiration_minutes }]

/** What it says when it is made of the library, with what the business added. */
const componentsOf = (
  library: LibraryTemplate,
  body: typeof LibraryBody.Type | undefined,
  buttons: ReadonlyArray<Readonly<Record<string, unknown>>>
) => [
  ...(library.header === undefined ? [] : [{ type: "HEADER", format: "TEXT", text: library.header }]),
  {
    type: "BODY",
    text: body?.add_contact_number === true ? `${library.body} Call us if anything is unclear.` : library.body,
    ...(library.body_params === undefined ? undefined : { example: { body_text: [library.body_params] } }),
    ...(body?.add_security_recommendation === undefined
      ? undefined
      : { add_security_recommendation: body.add_security_recommendation })
  },
  ...footerOf(body),
  ...(buttons.length === 0 ? [] : [{ type: "BUTTONS", buttons }])
]

/**
 * The template that a body asks for, judged already; or the refusal.
 *
 * @category decoding
 * @since 0.1.0
 */
export const decode = (body: Creation): Result.Result<Template, GraphFailure> => {
  const library = templates.find((one) => one.name === body.library_template_name && one.language === body.language)
  if (library === undefined) {
    return Result.fail(Failure.make(100, `There is no template "${body.library_template_name}" in the library.`))
  }
  if (body.components !== undefined) {
    return Result.fail(Failure.make(100, "The text of a library's template can't be given."))
  }
  if (body.category.toUpperCase() !== library.category) {
    return Result.fail(Failure.make(100, `The category of this template is ${library.category}.`))
  }
  return Result.map(buttonsOf(library, body.library_template_button_inputs), (buttons) => ({
    name: body.name,
    language: body.language,
    category: library.category,
    status: "APPROVED",
    parameter_format: "POSITIONAL" as const,
    components: componentsOf(library, body.library_template_body_inputs, buttons),
    library_template_name: library.name,
    ...(body.message_send_ttl_seconds === undefined
      ? undefined
      : { message_send_ttl_seconds: body.message_send_ttl_seconds }),
    ...(body.cta_url_link_tracking_opted_out === undefined
      ? undefined
      : { cta_url_link_tracking_opted_out: body.cta_url_link_tracking_opted_out })
  }))
}
