import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema, Stream } from "effect"
import type { OutboundContent } from "@wicara/channels/MessageContent"
import * as GraphApi from "@wicara/channels-whatsapp-cloud/GraphApi"
import * as WhatsAppCloud from "@wicara/channels-whatsapp-cloud/WhatsAppCloud"
import { bytes, makeAccount, phoneNumberId } from "./fixtures/account.ts"
import { contentMessage, phone, send, sends, textMessage, withEmulator } from "./fixtures/emulator.ts"

const link = { source: { type: "url", url: "https://files.example.com/a" } } as const

const contents: ReadonlyArray<readonly [name: string, content: OutboundContent, native: object]> = [
  ["text", { type: "text", text: "Halo", previewUrl: true }, {
    type: "text",
    text: { body: "Halo", preview_url: true }
  }],
  ["text of the greatest length", { type: "text", text: "a".repeat(4096) }, { type: "text" }],
  ["image by link", { type: "image", media: link, caption: "ini" }, {
    image: { link: link.source.url, caption: "ini" }
  }],
  ["video by link", { type: "video", media: link }, { video: { link: link.source.url } }],
  ["voice note", { type: "audio", media: link, voice: true }, { audio: { link: link.source.url, voice: true } }],
  ["audio", { type: "audio", media: link, voice: false }, { audio: { link: link.source.url } }],
  [
    "document",
    { type: "document", media: { ...link, fileName: "tagihan.pdf" }, caption: "Mei" },
    { document: { link: link.source.url, caption: "Mei", filename: "tagihan.pdf" } }
  ],
  ["sticker", { type: "sticker", media: link }, { sticker: { link: link.source.url } }],
  [
    "location",
    { type: "location", latitude: -6.2, longitude: 106.8, name: "Kantor", address: "Jl. Karet 1" },
    { location: { latitude: -6.2, longitude: 106.8, name: "Kantor", address: "Jl. Karet 1" } }
  ],
  [
    "contacts",
    {
      type: "contacts",
      contacts: [{
        name: "Budi",
        phones: [{ phone: "+62 812", waId: "62812", type: "CELL" }],
        emails: ["b@example.com"],
        organization: "Toko"
      }]
    },
    {
      contacts: [{
        name: { formatted_name: "Budi", first_name: "Budi" },
        phones: [{ phone: "+62 812", wa_id: "62812", type: "CELL" }],
        emails: [{ email: "b@example.com" }],
        org: { company: "Toko" }
      }]
    }
  ],
  [
    "buttons",
    {
      type: "buttons",
      header: "Tagihan",
      body: "Bayar sekarang?",
      footer: "Nusa Net",
      buttons: [{ id: "yes", title: "Ya" }, { id: "no", title: "Tidak" }, { id: "human", title: "Bicara" }]
    },
    {
      type: "interactive",
      interactive: {
        type: "button",
        header: { type: "text", text: "Tagihan" },
        body: { text: "Bayar sekarang?" },
        footer: { text: "Nusa Net" },
        action: {
          buttons: [
            { type: "reply", reply: { id: "yes", title: "Ya" } },
            { type: "reply", reply: { id: "no", title: "Tidak" } },
            { type: "reply", reply: { id: "human", title: "Bicara" } }
          ]
        }
      }
    }
  ],
  [
    "list",
    {
      type: "list",
      body: "Pilih paket",
      button: "Paket",
      sections: [
        { title: "Rumah", rows: [{ id: "20", title: "20 Mbps", description: "Rp 200.000" }] },
        { title: "Kantor", rows: [{ id: "100", title: "100 Mbps" }] }
      ]
    },
    {
      interactive: {
        type: "list",
        body: { text: "Pilih paket" },
        action: {
          button: "Paket",
          sections: [
            { title: "Rumah", rows: [{ id: "20", title: "20 Mbps", description: "Rp 200.000" }] },
            { title: "Kantor", rows: [{ id: "100", title: "100 Mbps" }] }
          ]
        }
      }
    }
  ],
  [
    "link button",
    { type: "link_button", body: "Lihat tagihan", title: "Buka", url: "https://example.com/t/1" },
    {
      interactive: {
        type: "cta_url",
        body: { text: "Lihat tagihan" },
        action: { name: "cta_url", parameters: { display_text: "Buka", url: "https://example.com/t/1" } }
      }
    }
  ],
  [
    "flow",
    {
      type: "flow",
      header: "Pasang baru",
      body: "Isi alamat",
      button: "Mulai",
      flow: { id: "3001" },
      token: "t1",
      draft: true,
      screen: "ADDRESS",
      data: { city: "Bandung" }
    },
    {
      interactive: {
        type: "flow",
        header: { type: "text", text: "Pasang baru" },
        body: { text: "Isi alamat" },
        action: {
          name: "flow",
          parameters: {
            flow_message_version: "3",
            flow_id: "3001",
            flow_cta: "Mulai",
            flow_token: "t1",
            mode: "draft",
            flow_action: "navigate",
            flow_action_payload: { screen: "ADDRESS", data: { city: "Bandung" } }
          }
        }
      }
    }
  ],
  [
    "flow by name, from its own server",
    { type: "flow", body: "Isi", button: "Mulai", flow: { name: "coverage" }, dynamic: true },
    {
      interactive: {
        type: "flow",
        body: { text: "Isi" },
        action: {
          name: "flow",
          parameters: {
            flow_message_version: "3",
            flow_name: "coverage",
            flow_cta: "Mulai",
            flow_action: "data_exchange"
          }
        }
      }
    }
  ],
  [
    "product",
    { type: "product", catalogId: "500100", product: { id: "router-ax", name: "Router AX" } },
    { interactive: { type: "product", action: { catalog_id: "500100", product_retailer_id: "router-ax" } } }
  ],
  [
    "product list",
    {
      type: "product_list",
      header: "Router",
      body: "Yang mana?",
      footer: "Nusa",
      catalogId: "500100",
      sections: [
        { title: "Rumah", products: [{ id: "router-ax" }] },
        { title: "Kantor", products: [{ id: "router-pro", name: "Router Pro" }] }
      ]
    },
    {
      interactive: {
        type: "product_list",
        header: { type: "text", text: "Router" },
        body: { text: "Yang mana?" },
        footer: { text: "Nusa" },
        action: {
          catalog_id: "500100",
          sections: [
            { title: "Rumah", product_items: [{ product_retailer_id: "router-ax" }] },
            { title: "Kantor", product_items: [{ product_retailer_id: "router-pro" }] }
          ]
        }
      }
    }
  ],
  [
    "catalog",
    { type: "catalog", body: "Semua", thumbnailProductId: "router-ax" },
    {
      interactive: {
        type: "catalog_message",
        body: { text: "Semua" },
        action: { name: "catalog_message", parameters: { thumbnail_product_retailer_id: "router-ax" } }
      }
    }
  ],
  [
    "carousel with buttons",
    {
      type: "carousel",
      body: "Pilih",
      cards: [
        {
          media: { type: "image", url: "https://example.com/1.jpg" },
          body: "Satu",
          buttons: [{ id: "1", title: "Ya" }]
        },
        { media: { type: "image", url: "https://example.com/2.jpg" }, buttons: [{ id: "2", title: "Ya" }] }
      ]
    },
    {
      interactive: {
        type: "carousel",
        body: { text: "Pilih" },
        action: {
          cards: [
            {
              card_index: 0,
              type: "cta_url",
              header: { type: "image", image: { link: "https://example.com/1.jpg" } },
              body: { text: "Satu" },
              action: { buttons: [{ type: "quick_reply", quick_reply: { id: "1", title: "Ya" } }] }
            },
            {
              card_index: 1,
              type: "cta_url",
              header: { type: "image", image: { link: "https://example.com/2.jpg" } },
              action: { buttons: [{ type: "quick_reply", quick_reply: { id: "2", title: "Ya" } }] }
            }
          ]
        }
      }
    }
  ],
  [
    "carousel of products",
    {
      type: "carousel",
      body: "Pilih",
      cards: [
        { catalogId: "500100", product: { id: "router-ax" } },
        { catalogId: "500100", product: { id: "router-pro" } }
      ]
    },
    {
      interactive: {
        type: "carousel",
        body: { text: "Pilih" },
        action: {
          cards: ["router-ax", "router-pro"].map((id, index) => ({
            card_index: index,
            type: "product",
            action: { product_retailer_id: id, catalog_id: "500100" }
          }))
        }
      }
    }
  ],
  [
    "address request",
    {
      type: "address_request",
      body: "Alamat?",
      country: "SG",
      values: { name: "Sari" },
      problems: { city: "Tidak terjangkau" },
      saved: [{ id: "a1", value: { name: "Sari", city: "Singapore" } }]
    },
    {
      interactive: {
        type: "address_message",
        body: { text: "Alamat?" },
        action: {
          name: "address_message",
          parameters: {
            country: "SG",
            values: { name: "Sari" },
            validation_errors: { city: "Tidak terjangkau" },
            saved_addresses: [{ id: "a1", value: { name: "Sari", city: "Singapore" } }]
          }
        }
      }
    }
  ],
  [
    "location request",
    { type: "location_request", body: "Di mana?" },
    { interactive: { type: "location_request_message", body: { text: "Di mana?" }, action: { name: "send_location" } } }
  ],
  [
    "template",
    { type: "template", name: "hello_world", language: "en_US", components: [] },
    { type: "template", template: { name: "hello_world", language: { code: "en_US" } } }
  ],
  [
    "native interactive",
    {
      type: "interactive",
      interactive: { type: "request_contact_info", body: { text: "Siapa?" }, action: { name: "request_contact_info" } }
    },
    {
      interactive: { type: "request_contact_info", body: { text: "Siapa?" }, action: { name: "request_contact_info" } }
    }
  ]
]

describe("send", () => {
  it("has a test for every kind of content", () => {
    assert.sameMembers([...new Set(contents.map(([, content]) => content.type))], [
      ...WhatsAppCloud.adapter.capabilities.content
    ])
  })

  it.live.each(contents)(
    "%s is accepted as the API documents it",
    ([, content, native]) =>
      withEmulator((emulator) =>
        Effect.gen(function*() {
          const outcome = yield* send(emulator, contentMessage(content))
          const [entry, ...others] = sends(emulator)
          assert.deepStrictEqual(others, [])
          assert.strictEqual(entry?.outcome, "accepted")
          assert.deepStrictEqual(outcome, { _tag: "Accepted", providerMessageId: entry?.providerMessageId ?? "" })
          assert.deepNestedInclude(entry?.raw, {
            messaging_product: "whatsapp",
            recipient_type: "individual",
            to: phone,
            biz_opaque_callback_data: "0197c6a2-5f0e-7c3d-9b61-000000000001",
            ...native
          })
          assert.strictEqual(entry?.clientMessageId, "0197c6a2-5f0e-7c3d-9b61-000000000001")
        })
      )
  )

  it.live("answers a message, and writes to somebody without a phone number", () =>
    withEmulator((emulator) =>
      Effect.gen(function*() {
        const { providerMessageId } = yield* emulator.customerWrites({
          account: phoneNumberId,
          from: { id: "ID.77", name: "Dewi", username: "dewi" },
          content: "hai"
        })
        const outcome = yield* send(
          emulator,
          textMessage({ to: { kind: "bsuid", value: "ID.77" }, replyTo: providerMessageId })
        )
        assert.strictEqual(outcome._tag, "Accepted")
        assert.deepInclude(sends(emulator)[0]?.raw, { recipient: "ID.77", context: { message_id: providerMessageId } })
        assert.notProperty(sends(emulator)[0]?.raw, "to")
      })
    ))

  it.live("sends media that was uploaded, and reads back media that a customer sent", () =>
    withEmulator((emulator) =>
      Effect.gen(function*() {
        const account = makeAccount({ graphBaseUrl: emulator.url })
        const caller: GraphApi.Caller = {
          baseUrl: emulator.url,
          version: "v23.0",
          accessToken: account.secrets.accessToken,
          timeout: "2 seconds"
        }
        const id = yield* GraphApi.upload(caller, phoneNumberId, {
          bytes: bytes("%PDF"),
          mimeType: "application/pdf",
          fileName: "a.pdf"
        })
        const outcome = yield* send(
          emulator,
          contentMessage({ type: "document", media: { source: { type: "provider_id", id } } })
        )
        assert.strictEqual(outcome._tag, "Accepted")
        const file = yield* GraphApi.media(caller, phoneNumberId, id)
        assert.strictEqual(file.mime_type, "application/pdf")
        const content = yield* Effect.scoped(Effect.flatMap(GraphApi.download(caller, file.url), Stream.runCollect))
        assert.deepStrictEqual(new Uint8Array(Buffer.concat([...content])), bytes("%PDF"))
        yield* GraphApi.deleteMedia(caller, id)
        assert.strictEqual((yield* Effect.flip(GraphApi.media(caller, phoneNumberId, id)))._tag, "GraphError")
        const stolen = yield* Effect.flip(
          Effect.scoped(GraphApi.download({ ...caller, baseUrl: "https://graph.example.com" }, file.url))
        )
        assert.strictEqual(stolen._tag, "NotSent")
      })
    ))

  it.live("refuses, before any request, what has no form in this API", () =>
    withEmulator((emulator) =>
      Effect.gen(function*() {
        const address = yield* send(emulator, textMessage({ to: { kind: "visitor", value: "v1" } }))
        const media = yield* send(
          emulator,
          contentMessage({ type: "image", media: { source: { type: "none", reason: "expired" } } })
        )
        assert.deepInclude(address, { _tag: "Rejected", code: "address_unsupported" })
        assert.deepInclude(media, { _tag: "Rejected", code: "media_unavailable" })
        assert.deepStrictEqual(sends(emulator), [])
      })
    ))

  it.live.each(
    [
      ["a text that is too long", { type: "text", text: "a".repeat(4097) }, "invalid_message"],
      ["an empty text", { type: "text", text: "" }, "invalid_message"],
      ["four buttons", {
        type: "buttons",
        body: "?",
        buttons: [{ id: "1", title: "1" }, { id: "2", title: "2" }, { id: "3", title: "3" }, { id: "4", title: "4" }]
      }, "invalid_message"],
      ["a button whose title is too long", {
        type: "buttons",
        body: "?",
        buttons: [{ id: "1", title: "a title of more than twenty letters" }]
      }, "invalid_message"],
      ["eleven rows", {
        type: "list",
        body: "?",
        button: "b",
        sections: [{
          rows: [
            { id: "0", title: "0" },
            ...Array.from({ length: 10 }, (_, row) => ({ id: `${row + 1}`, title: `${row + 1}` }))
          ]
        }]
      }, "invalid_message"],
      ["a file that is not there", { type: "image", media: { source: { type: "provider_id", id: "1" } } }, "100"],
      ["a product that the catalogue does not have", {
        type: "product",
        catalogId: "500100",
        product: { id: "gone" }
      }, "131009"],
      [
        "a catalogue that is not connected",
        { type: "product", catalogId: "1", product: { id: "router-ax" } },
        "131009"
      ],
      ["an unknown template", { type: "template", name: "nope", language: "id", components: [] }, "132001"],
      ["too many parameters", {
        type: "template",
        name: "hello_world",
        language: "en_US",
        components: [{ type: "body", parameters: [{ type: "text", text: "x" }] }]
      }, "132000"]
    ] satisfies ReadonlyArray<readonly [string, OutboundContent, string]>
  )("is rejected: %s", ([, content, code]) =>
    withEmulator((emulator) =>
      Effect.gen(function*() {
        assert.deepInclude(yield* send(emulator, contentMessage(content)), { _tag: "Rejected", code })
        assert.strictEqual(sends(emulator)[0]?.outcome, code === "invalid_message" ? undefined : `refused:${code}`)
      })
    ))

  it.live("is rejected outside the window, except as a template", () =>
    withEmulator((emulator) =>
      Effect.gen(function*() {
        const to = { kind: "phone", value: "6289999999999" } as const
        assert.deepInclude(yield* send(emulator, textMessage({ to })), { _tag: "Rejected", code: "131047" })
        assert.strictEqual(
          (yield* send(
            emulator,
            textMessage({ to, content: { type: "template", name: "hello_world", language: "en_US", components: [] } })
          ))._tag,
          "Accepted"
        )
      })
    ))

  it.live("reacts, and takes the reaction back", () =>
    withEmulator((emulator) =>
      Effect.gen(function*() {
        const account = makeAccount({ graphBaseUrl: emulator.url })
        const [bubble] = emulator.phones.chat(phone)
        const react = (emoji: string | null) =>
          WhatsAppCloud.adapter.react?.({
            chat: { kind: "phone", value: phone },
            providerMessageId: bubble?.id ?? "",
            emoji
          }, account) ?? Effect.die("no react")
        assert.strictEqual((yield* react("🙏"))._tag, "Accepted")
        assert.deepStrictEqual(emulator.phones.chat(phone)[0]?.reactions, { business: "🙏" })
        yield* react(null)
        assert.deepStrictEqual(emulator.phones.chat(phone)[0]?.reactions, {})
      })
    ))

  it.live("marks as read with a typing indicator, and shrugs when that fails", () =>
    withEmulator((emulator) =>
      Effect.gen(function*() {
        const [bubble] = emulator.phones.chat(phone)
        const mark = (providerMessageId: string, graphBaseUrl: string, typing: boolean) =>
          WhatsAppCloud.adapter.markRead?.(
            { chat: { kind: "phone", value: phone }, providerMessageId, typing },
            makeAccount({ graphBaseUrl })
          ) ?? Effect.die("no markRead")
        yield* mark(bubble?.id ?? "", emulator.url, false)
        yield* mark(bubble?.id ?? "", emulator.url, true)
        yield* mark("wamid.unknown", emulator.url, true)
        yield* mark("wamid.unknown", "http://127.0.0.1:1", true)
        assert.deepStrictEqual(
          emulator.ledger.all().filter(({ outcome }) => outcome.startsWith("read")).map((
            { outcome, providerMessageId }
          ) => [
            outcome,
            providerMessageId
          ]),
          [["read", bubble?.id], ["read+typing", bubble?.id]]
        )
      })
    ))
})

describe("settings and secrets", () => {
  it("are read from JSON, with the defaults of the real API", () => {
    const settings = Schema.decodeUnknownSync(Schema.toCodecJson(WhatsAppCloud.Settings))({
      phoneNumberId: "1",
      businessAccountId: "2"
    })
    assert.deepStrictEqual(settings, {
      phoneNumberId: "1",
      businessAccountId: "2",
      graphBaseUrl: "https://graph.facebook.com",
      apiVersion: "v23.0"
    })
    assert.strictEqual(WhatsAppCloud.adapter.accountKey?.(settings), "1")
  })

  it("survive the way into the store and back, and refuse what can't be", () => {
    const codec = Schema.toCodecJson(WhatsAppCloud.Secrets)
    const stored = { accessToken: "a", appSecret: "b", verifyToken: "c" }
    assert.deepStrictEqual(Schema.encodeSync(codec)(Schema.decodeUnknownSync(codec)(stored)), stored)
    assert.throws(() => Schema.decodeUnknownSync(codec)({ ...stored, appSecret: "" }))
    const settings = Schema.decodeUnknownExit(WhatsAppCloud.Settings)
    for (const wrong of [{ phoneNumberId: "../me" }, { graphBaseUrl: "ftp://x" }, { apiVersion: "23" }]) {
      assert.strictEqual(settings({ phoneNumberId: "1", businessAccountId: "2", ...wrong })._tag, "Failure")
    }
  })
})

describe("test", () => {
  const test = (graphBaseUrl: string, accessToken = "invented-access-token", id = phoneNumberId) =>
    WhatsAppCloud.make({ timeout: "1 second" }).test(makeAccount({ graphBaseUrl, phoneNumberId: id }, { accessToken }))

  it.live("tells how the number is", () =>
    withEmulator((emulator) =>
      Effect.gen(function*() {
        assert.deepStrictEqual(yield* test(emulator.url), {
          status: "ok",
          message: "+622150000111 (Emulated business), quality GREEN"
        })
        yield* emulator.setAccount(phoneNumberId, { quality: "RED" })
        assert.strictEqual((yield* test(emulator.url)).status, "warn")
        const token = yield* test(emulator.url, "expired")
        assert.strictEqual(token.status, "fail")
        assert.match(token.message, /access token is invalid or has expired \(190/)
        assert.strictEqual((yield* test(emulator.url, undefined, "12345")).status, "fail")
        assert.deepStrictEqual(yield* test("http://127.0.0.1:1"), {
          status: "fail",
          message: "no connection (ECONNREFUSED)"
        })
      })
    ))
})
