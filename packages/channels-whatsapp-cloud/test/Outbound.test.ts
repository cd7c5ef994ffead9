import { assert, describe, it } from "@effect/vitest"
import { Effect, Option, Predicate, Result, Schema } from "effect"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { MessageContent } from "@wicara/channels"
import type { Media, OutboundContent } from "@wicara/channels/MessageContent"
import { decodeWebhook } from "@wicara/channels-whatsapp-cloud/DecodeWebhook"
import { encodeMessage, encodeReaction } from "@wicara/channels-whatsapp-cloud/EncodeMessage"
import { contentMessage, send, sends, withEmulator } from "./fixtures/emulator.ts"
import { account, jsonBytes } from "./fixtures/account.ts"
import { leaves } from "./fixtures/parts.ts"

const native = (interactive: Schema.JsonObject): OutboundContent => ({ type: "interactive", interactive })
const body = { text: "Pilih paket" }
const image = { type: "image", image: { link: "https://example.com/a.jpg" } }
const card = (index: number) => ({
  card_index: index,
  type: "cta_url",
  header: image,
  action: { name: "cta_url", parameters: { display_text: "Lihat", url: "https://example.com/a" } }
})
const flow = (over: Schema.JsonObject = {}) =>
  native({
    type: "flow",
    body,
    action: {
      name: "flow",
      parameters: { flow_message_version: "3", flow_id: "1", flow_cta: "Isi", flow_token: "t", ...over }
    }
  })
const products = (count: number) =>
  native({
    type: "product_list",
    header: { type: "text", text: "Katalog" },
    body,
    action: {
      catalog_id: "500100",
      sections: [{
        title: "Router",
        product_items: Array.from({ length: count }, (_, index) => ({ product_retailer_id: `r${index}` }))
      }]
    }
  })

const accepted: ReadonlyArray<readonly [string, OutboundContent]> = [
  [
    "buttons under a picture",
    native({
      type: "button",
      header: image,
      body,
      action: { buttons: [{ type: "reply", reply: { id: "a", title: "A" } }] }
    })
  ],
  ["a flow", flow()],
  ["a product", native({ type: "product", action: { catalog_id: "500100", product_retailer_id: "r1" } })],
  ["a list of products", products(30)],
  ["a catalog", native({ type: "catalog_message", body, action: { name: "catalog_message" } })],
  ["a carousel", native({ type: "carousel", body, action: { cards: [card(0), card(1)] } })],
  ["a request for a location", native({ type: "location_request_message", body, action: { name: "send_location" } })],
  [
    "a request for an address",
    native({
      type: "address_message",
      body,
      action: { name: "address_message", parameters: { country: "IN" } }
    })
  ],
  [
    "a call button",
    native({
      type: "voice_call",
      body,
      action: { name: "voice_call", parameters: { display_text: "Telepon", ttl_minutes: 60 } }
    })
  ],
  ["a request to be called", native({ type: "call_permission_request", action: { name: "call_permission_request" } })],
  [
    "a request for contact information",
    native({
      type: "request_contact_info",
      body,
      action: { name: "request_contact_info" }
    })
  ],
  [
    "an order's status",
    native({
      type: "order_status",
      body,
      action: { name: "review_order", parameters: { reference_id: "INV-1", order: { status: "shipped" } } }
    })
  ]
]

const refused: ReadonlyArray<readonly [string, OutboundContent, string]> = [
  ["a footer that is too long", {
    type: "buttons",
    body: "x",
    footer: "f".repeat(61),
    buttons: [{ id: "a", title: "A" }]
  }, "interactive.footer.text"],
  ["buttons that read alike", {
    type: "buttons",
    body: "x",
    buttons: [{ id: "a", title: "A" }, { id: "b", title: "A" }]
  }, "interactive.action.buttons"],
  ["sections without titles", {
    type: "list",
    body: "x",
    button: "Pilih",
    sections: [{ rows: [{ id: "a", title: "A" }] }, { title: "B", rows: [{ id: "b", title: "B" }] }]
  }, "interactive.action.sections"],
  ["a row that says too much", {
    type: "list",
    body: "x",
    button: "Pilih",
    sections: [{ rows: [{ id: "a", title: "A", description: "d".repeat(73) }] }]
  }, "interactive.action.sections.0.rows.0.description"],
  [
    "a link that is none",
    { type: "link_button", body: "x", title: "Buka", url: "javascript:alert(1)" },
    "interactive.action.parameters.url"
  ],
  ["a caption that is too long", {
    type: "image",
    media: { source: { type: "provider_id", id: "1" } },
    caption: "c".repeat(1025)
  }, "image.caption"],
  ["a place that is nowhere", { type: "location", latitude: 91, longitude: 0 }, "location.latitude"],
  ["31 products", products(31), "interactive.action.sections.0.product_items"],
  ["a flow by two names", flow({ flow_name: "two" }), "interactive.action.parameters"],
  ["one card", native({ type: "carousel", body, action: { cards: [card(0)] } }), "interactive.action.cards"],
  [
    "a call button for too long",
    native({
      type: "voice_call",
      body,
      action: { name: "voice_call", parameters: { ttl_minutes: 43_201 } }
    }),
    "interactive.action.parameters.ttl_minutes"
  ],
  ["nothing in particular", native({ body }), "interactive.type"],
  [
    "a flow without a label",
    { type: "flow", body: "x", button: "", flow: { id: "1" } },
    "interactive.action.parameters.flow_cta"
  ],
  ["cards of two kinds", {
    type: "carousel",
    body: "x",
    cards: [
      { media: { type: "image", url: "https://example.com/1.jpg" }, link: { title: "A", url: "https://example.com" } },
      { media: { type: "video", url: "https://example.com/2.mp4" }, link: { title: "A", url: "https://example.com" } }
    ]
  }, "interactive.action.cards"],
  ["cards with as many buttons as they like", {
    type: "carousel",
    body: "x",
    cards: [
      { media: { type: "image", url: "https://example.com/1.jpg" }, buttons: [{ id: "a", title: "A" }] },
      {
        media: { type: "image", url: "https://example.com/2.jpg" },
        buttons: [{ id: "b", title: "A" }, { id: "c", title: "C" }]
      }
    ]
  }, "interactive.action.cards"],
  ["a card with three line breaks", {
    type: "carousel",
    body: "x",
    cards: [
      {
        media: { type: "image", url: "https://example.com/1.jpg" },
        body: "1\n2\n3\n4",
        buttons: [{ id: "a", title: "A" }]
      },
      { media: { type: "image", url: "https://example.com/2.jpg" }, buttons: [{ id: "b", title: "A" }] }
    ]
  }, "interactive.action.cards.0.body.text"],
  ["sections of products without titles", {
    type: "product_list",
    header: "x",
    body: "x",
    catalogId: "500100",
    sections: [{ products: [{ id: "r1" }] }, { products: [{ id: "r2" }] }]
  }, "interactive.action.sections"],
  ["258 contacts", {
    type: "contacts",
    contacts: Array.from({ length: 258 }, () => ({ name: "Sari", phones: [], emails: [] }))
  }, "contacts"]
]

describe("what is sent", () => {
  it.live.each(accepted)("%s is taken", ([, content]) =>
    withEmulator((emulator) =>
      Effect.gen(function*() {
        assert.strictEqual((yield* send(emulator, contentMessage(content)))._tag, "Accepted")
      })
    ))

  it.live.each(refused)(
    "%s is refused before it is sent, and says where",
    ([, content, where]) =>
      withEmulator((emulator) =>
        Effect.gen(function*() {
          const outcome = yield* send(emulator, contentMessage(content))
          assert.deepInclude(outcome, { _tag: "Rejected", code: "invalid_message" })
          assert.isTrue(outcome._tag === "Rejected" && outcome.reason.startsWith(`${where}: `), JSON.stringify(outcome))
          assert.strictEqual(sends(emulator).length, 0)
        })
      )
  )

  it("passes a kind of interactive message that came later on to the API", () => {
    assert.isTrue(Result.isSuccess(encodeMessage(contentMessage(native({ type: "hologram" })))))
  })

  it("puts a file that was handed over into a template's header", () => {
    const given = { type: "body", parameters: [{ type: "text", text: "Sari" }] }
    const header = (document: Schema.JsonObject) => ({ type: "header", parameters: [{ type: "document", document }] })
    const template = (media: Media) =>
      encodeMessage(contentMessage({
        type: "template",
        name: "denah",
        language: "id",
        components: [header({ filename: "denah.pdf" }), given],
        media
      }))
    assert.deepInclude(Result.getOrThrow(template({ source: { type: "provider_id", id: "123" } })), {
      template: {
        name: "denah",
        language: { code: "id" },
        components: [header({ filename: "denah.pdf", id: "123" }), given]
      }
    })
    const kept = template({ source: { type: "file", id: "1" } })
    assert.strictEqual(Result.isFailure(kept) && kept.failure.code, "media_unavailable")
  })

  it("passes a contact card that was received on without loss", () => {
    const contact = {
      name: { formatted_name: "Sari Dewi", first_name: "Sari", suffix: "S.Kom" },
      addresses: [{ street: "Jl. Merdeka 1", city: "Bandung", country_code: "id", type: "HOME" }],
      birthday: "1990-05-01",
      emails: [{ email: "sari@example.com", type: "WORK" }],
      org: { company: "Nusa Net", department: "NOC", title: "Lead" },
      phones: [{ phone: "+62 812", wa_id: "62812", type: "CELL" }],
      urls: [{ url: "https://example.com", type: "WORK" }]
    }
    const [event] = decodeWebhook(
      jsonBytes({
        object: "whatsapp_business_account",
        entry: [{
          id: "1",
          changes: [{
            field: "messages",
            value: { messages: [{ from: "62811", id: "wamid.1", type: "contacts", contacts: [contact] }] }
          }]
        }]
      }),
      account.settings
    )
    assert(event?._tag === "MessageReceived" && event.content.type === "contacts")
    assert.deepInclude(Result.getOrThrow(encodeMessage(contentMessage(event.content))), { contacts: [contact] })
  })
})

const contracts = new URL("../../../../shared/contracts/whatsapp-cloud/", import.meta.url)
const present = existsSync(contracts)
if (!present) console.warn(`skipped: no documented messages at ${contracts.pathname}`)

const Sent = Schema.Struct({ messaging_product: Schema.Literal("whatsapp"), to: Schema.String, type: Schema.String })
const isSent = Schema.is(Sent)

/** Every message for the endpoint for messages, among the documented requests; some files hold several under names. */
const documented = present
  ? ["send-examples/", "openapi-examples/"].flatMap((folder) =>
    readdirSync(new URL(folder, contracts)).filter((name) =>
      // Marketing messages have an endpoint of their own, with settings of their own.
      name.endsWith(".json") && !name.includes("marketing_messages")
    ).flatMap((name) => {
      const parsed: unknown = JSON.parse(readFileSync(new URL(folder + name, contracts), "utf8"))
      const inner = Predicate.isObject(parsed)
        ? Object.values(parsed).map((one) => Predicate.hasProperty(one, "value") ? one.value : undefined)
        : []
      return [parsed, ...inner].filter(isSent).map((message) => ({ name, message }))
    })
  )
  : []

const isOutbound = Schema.is(MessageContent.OutboundContent)

const Text = Schema.Struct({ text: Schema.String })
const Documented = Schema.Struct({
  type: Schema.String,
  header: Schema.optionalKey(Schema.Struct({ type: Schema.Literal("text"), text: Schema.String })),
  body: Schema.optionalKey(Text),
  footer: Schema.optionalKey(Text),
  action: Schema.Record(Schema.String, Schema.Any)
})
const readDocumented = Schema.decodeUnknownOption(Documented)

/** An interactive message in our own words, where we have some. */
const richOf = (part: unknown): object | undefined => {
  const read = Option.getOrUndefined(readDocumented(part))
  if (read === undefined) return undefined
  const { action, type } = read
  const { parameters } = action
  const given = (fields: object) => Object.fromEntries(Object.entries(fields).filter(([, one]) => one !== undefined))
  const frame = given({ header: read.header?.text, body: read.body?.text, footer: read.footer?.text })
  switch (type) {
    case "flow":
      return {
        type,
        ...frame,
        button: parameters.flow_cta,
        flow: parameters.flow_id === undefined ? { name: parameters.flow_name } : { id: parameters.flow_id },
        ...given({
          token: parameters.flow_token,
          draft: parameters.mode === "draft" ? true : undefined,
          screen: parameters.flow_action_payload?.screen,
          data: parameters.flow_action_payload?.data
        })
      }
    case "product":
      return { type, ...frame, catalogId: action.catalog_id, product: { id: action.product_retailer_id } }
    case "product_list":
      return {
        type,
        ...frame,
        catalogId: action.catalog_id,
        sections: action.sections.map((section: any) => ({
          title: section.title,
          products: section.product_items.map((item: any) => ({ id: item.product_retailer_id }))
        }))
      }
    case "catalog_message":
      return {
        type: "catalog",
        ...frame,
        ...given({ thumbnailProductId: parameters?.thumbnail_product_retailer_id })
      }
    case "carousel":
      return {
        type,
        ...frame,
        cards: action.cards.map((card: any) =>
          card.type === "product"
            ? { catalogId: card.action.catalog_id, product: { id: card.action.product_retailer_id } }
            : {
              media: { type: card.header.type, url: card.header[card.header.type].link },
              ...given({ body: card.body?.text }),
              ...(card.action.buttons === undefined
                ? { link: { title: card.action.parameters.display_text, url: card.action.parameters.url } }
                : { buttons: card.action.buttons.map((button: any) => button.quick_reply) })
            }
        )
      }
    case "address_message":
      return typeof parameters === "object"
        ? {
          type: "address_request",
          ...frame,
          country: parameters.country,
          ...given({
            values: parameters.values,
            problems: parameters.validation_errors,
            saved: parameters.saved_addresses
          })
        }
        : undefined
    case "location_request_message":
      return { type: "location_request", ...frame }
    default:
      return undefined
  }
}

/** What a sender of ours would have asked for, to have this sent. */
const contentOf = (message: object): unknown => {
  const one = new Map<string, unknown>(Object.entries(message))
  const type = String(one.get("type"))
  const part = one.get(type)
  const at = (key: string): unknown => Predicate.hasProperty(part, key) ? part[key] : undefined
  const present = (fields: object) =>
    Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
  const media = present({
    source: at("id") === undefined ? { type: "url", url: at("link") } : { type: "provider_id", id: at("id") },
    fileName: at("filename")
  })
  switch (type) {
    case "text":
      return present({ type, text: at("body"), previewUrl: at("preview_url") })
    case "image":
    case "video":
    case "document":
      return present({ type, media, caption: at("caption") })
    case "audio":
      return { type, media, voice: at("voice") === true }
    case "sticker":
      return { type, media }
    case "location":
      return present({
        type,
        latitude: Number(at("latitude")),
        longitude: Number(at("longitude")),
        name: at("name"),
        address: at("address")
      })
    case "contacts":
      return {
        type,
        contacts: Array.isArray(part)
          ? part.map((card: unknown) => ({ name: "", phones: [], emails: [], card }))
          : []
      }
    case "template":
      return {
        type,
        name: at("name"),
        language: Predicate.hasProperty(at("language"), "code") ? Reflect.get(Object(at("language")), "code") : "",
        components: at("components") ?? []
      }
    case "interactive":
      return richOf(part) ?? { type, interactive: part }
    default:
      return { type, interactive: part }
  }
}

/** Its own words only: words that stand for a value, and the language's policy, which has one value. */
const saidBy = (message: unknown) => leaves(message).filter((leaf) => leaf !== "deterministic")

describe.skipIf(!present)("the documented messages", () => {
  it("are there", () => assert.isAtLeast(documented.length, 70))

  it.each(documented)("$name can be sent, and says the same", ({ message }) => {
    const content = contentOf(message)
    const encoded = message.type === "reaction"
      ? encodeReaction({
        chat: { kind: "phone", value: message.to },
        providerMessageId: String(Reflect.get(Object(Reflect.get(message, "reaction")), "message_id")),
        emoji: String(Reflect.get(Object(Reflect.get(message, "reaction")), "emoji"))
      })
      : isOutbound(content)
      ? encodeMessage({
        id: "",
        to: {
          kind: "recipient_type" in message && message.recipient_type === "group" ? "group" : "phone",
          value: message.to
        },
        content
      })
      : undefined
    assert(encoded !== undefined, "it has a form")
    if (Result.isFailure(encoded)) {
      // Words in the place of values are longer than the values would be.
      assert.match(JSON.stringify(message), /[<{]|your-|YOUR_|http\(s\)/, encoded.failure.reason)
      return
    }
    const said = new Set(saidBy(encoded.success))
    const context = Predicate.hasProperty(message, "context") ? new Set(leaves(message.context)) : new Set<string>()
    assert.deepStrictEqual(saidBy(message).filter((leaf) => !said.has(leaf) && !context.has(leaf)), [])
  })
})
