import { assert, describe, it } from "@effect/vitest"
import type { TemplateCategory } from "@wicara/channels/ChannelTemplates"
import type { TemplateComponent } from "@wicara/templates/TemplateDefinition"
import * as TemplateRules from "@wicara/templates/TemplateRules"
import * as CloudDefinition from "@wicara/testing/whatsapp-cloud/CloudDefinition"
import { Result } from "effect"

type Buttons = Extract<TemplateComponent, { readonly type: "BUTTONS" }>["buttons"]

const body = { type: "BODY", text: "Halo, apa kabar?" } as const
const footer = { type: "FOOTER", text: "Balas STOP" } as const
const header = (format: "IMAGE" | "VIDEO" | "DOCUMENT" | "GIF") =>
  ({ type: "HEADER", format, example: { header_handle: ["4::x"] } }) as const
const location = { type: "HEADER", format: "LOCATION" } as const
const product = { type: "HEADER", format: "PRODUCT" } as const
const title = { type: "HEADER", format: "TEXT", text: "Kabar" } as const
const buttons = (...list: Buttons) => ({ type: "BUTTONS" as const, buttons: list })
const reply = { type: "QUICK_REPLY", text: "Ya" } as const
const coupon = { type: "COPY_CODE", example: "HEMAT" } as const
const url = { type: "URL", text: "Buka", url: "https://toko.example/" } as const
const offer = {
  type: "LIMITED_TIME_OFFER",
  limited_time_offer: { text: "Segera berakhir", has_expiration: true }
} as const
const code = { type: "BODY", add_security_recommendation: true } as const
const otp = (more: Partial<Buttons[number]>) => buttons({ type: "OTP", text: "Salin", ...more })
const app = { package_name: "com.example.app", signature_hash: "K8a/AINcGX7" }
const card = (...components: ReadonlyArray<TemplateComponent>) => ({
  type: "CAROUSEL" as const,
  cards: [{ components }, { components }] as never
})

const good: ReadonlyArray<readonly [string, TemplateCategory, ReadonlyArray<TemplateComponent>]> = [
  ["a text with header and footer", "MARKETING", [title, body, footer]],
  ["a picture", "UTILITY", [header("IMAGE"), body]],
  ["a video", "UTILITY", [header("VIDEO"), body]],
  ["a document", "UTILITY", [header("DOCUMENT"), body]],
  ["an animation", "MARKETING", [header("GIF"), body]],
  ["a place", "UTILITY", [location, body]],
  ["an offer", "MARKETING", [header("IMAGE"), offer, body, buttons(coupon, url)]],
  ["a coupon", "MARKETING", [body, buttons(coupon)]],
  ["a catalogue", "MARKETING", [body, buttons({ type: "CATALOG", text: "Lihat" })]],
  ["several products", "MARKETING", [title, body, buttons({ type: "MPM", text: "Lihat" })]],
  ["one product", "MARKETING", [product, body, buttons({ type: "SPM", text: "Lihat" })]],
  ["cards with pictures", "MARKETING", [body, card(header("IMAGE"), buttons(reply, url))]],
  ["cards with products", "MARKETING", [body, card(product, buttons({ type: "SPM", text: "Lihat" }))]],
  ["a flow", "UTILITY", [body, buttons({ type: "FLOW", text: "Isi", flow_id: "1" })]],
  ["an order to pay", "UTILITY", [body, buttons({ type: "ORDER_DETAILS", text: "Bayar" })]],
  ["a question for a call", "UTILITY", [body, { type: "CALL_PERMISSION_REQUEST" }]],
  ["a call", "UTILITY", [body, buttons({ type: "VOICE_CALL", text: "Telepon", ttl_minutes: 1440 })]],
  ["a question for the number", "UTILITY", [body, buttons({ type: "REQUEST_CONTACT_INFO" })]],
  ["a code to copy", "AUTHENTICATION", [code, otp({ otp_type: "COPY_CODE" })]],
  ["a code with one tap", "AUTHENTICATION", [code, otp({ otp_type: "ONE_TAP", supported_apps: [app] })]],
  [
    "a code without a tap",
    "AUTHENTICATION",
    [
      code,
      { type: "FOOTER", code_expiration_minutes: 5 },
      otp({ otp_type: "ZERO_TAP", supported_apps: [app], zero_tap_terms_accepted: true })
    ]
  ]
]

const bad: ReadonlyArray<readonly [string, TemplateCategory, ReadonlyArray<TemplateComponent>, string]> = [
  ["cards of a useful message", "UTILITY", [body, card(header("IMAGE"), buttons(reply))], "/1"],
  ["an offer of a useful message", "UTILITY", [offer, body], "/0"],
  ["an animation of a useful message", "UTILITY", [header("GIF"), body], "/0/format"],
  ["a catalogue of a useful message", "UTILITY", [body, buttons({ type: "CATALOG", text: "a" })], "/1/buttons/0/type"],
  ["products of a useful message", "UTILITY", [body, buttons({ type: "MPM", text: "a" })], "/1/buttons/0/type"],
  ["a code's button of another category", "UTILITY", [body, otp({ otp_type: "COPY_CODE" })], "/1/buttons/0/type"],
  [
    "a product's button without the product",
    "MARKETING",
    [body, buttons({ type: "SPM", text: "a" })],
    "/1/buttons/0/type"
  ],
  ["an offer with a document", "MARKETING", [header("DOCUMENT"), offer, body], "/0/format"],
  ["an offer with a footer", "MARKETING", [offer, body, footer], "/2"],
  ["an offer with a long text", "MARKETING", [offer, { type: "BODY", text: "x".repeat(601) }], "/1/text"],
  ["an offer whose code comes second", "MARKETING", [offer, body, buttons(url, coupon)], "/2/buttons"],
  ["cards beside a header", "MARKETING", [title, body, card(header("IMAGE"), buttons(reply))], "/0"],
  ["cards beside a footer", "MARKETING", [body, footer, card(header("IMAGE"), buttons(reply))], "/1"],
  ["cards without a header", "MARKETING", [body, card(body, buttons(reply))], "/1/cards/0/components"],
  ["cards with a document", "MARKETING", [body, card(header("DOCUMENT"), buttons(reply))], "/1/cards/0/components"],
  [
    "cards with three buttons",
    "MARKETING",
    [body, card(header("IMAGE"), buttons(reply, reply, url))],
    "/1/cards/0/components/1/buttons"
  ],
  [
    "cards with a coupon",
    "MARKETING",
    [body, card(header("IMAGE"), buttons(coupon))],
    "/1/cards/0/components/1/buttons/0/type"
  ],
  ["a code with a header", "AUTHENTICATION", [title, code, otp({ otp_type: "COPY_CODE" })], "/0"],
  ["a code with a link", "AUTHENTICATION", [code, buttons(url)], "/1/buttons"]
]

const envelope = (category: TemplateCategory, components: ReadonlyArray<TemplateComponent>, more: object = {}) => ({
  name: "x",
  language: "id",
  category,
  components,
  ...more
})

const provider = (...args: Parameters<typeof envelope>) =>
  Result.isSuccess(CloudDefinition.decode(envelope(...args))) ? "takes" : "refuses"

const pointers = (category: TemplateCategory, components: ReadonlyArray<TemplateComponent>) =>
  TemplateRules.check({ category, parameterFormat: "POSITIONAL", components }).map(({ pointer }) => pointer)

describe("the definition of a template", () => {
  it.each(good)("with %s passes, and the provider takes it", (_, category, components) => {
    assert.deepStrictEqual(pointers(category, components), [])
    assert.strictEqual(provider(category, components), "takes")
  })

  it.each(bad)(
    "with %s is refused where it is wrong, and the provider refuses it",
    (_, category, components, pointer) => {
      assert.include(pointers(category, components), pointer)
      assert.strictEqual(provider(category, components), "refuses")
    }
  )

  it.each(
    [
      ["AUTHENTICATION", 30, true],
      ["AUTHENTICATION", 29, false],
      ["AUTHENTICATION", 901, false],
      ["AUTHENTICATION", -1, true],
      ["UTILITY", 43_200, true],
      ["UTILITY", 43_201, false],
      ["MARKETING", 43_200, true],
      ["MARKETING", 2_592_001, false],
      ["MARKETING", 60, false],
      ["MARKETING", -1, false]
    ] as const
  )("of the category %s is delivered within %i seconds: %s", (category, seconds, isFine) => {
    const components = category === "AUTHENTICATION" ? [code, otp({ otp_type: "COPY_CODE" })] : [body]
    assert.strictEqual(TemplateRules.checkTtl(category, seconds) === undefined, isFine)
    assert.strictEqual(
      provider(category, components, { message_send_ttl_seconds: seconds }),
      isFine ? "takes" : "refuses"
    )
  })
})
