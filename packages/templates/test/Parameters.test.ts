import { assert, describe, it } from "@effect/vitest"
import type { Schema } from "effect"
import { Result } from "effect"
import * as TemplateDefinition from "@wicara/templates/TemplateDefinition"
import * as TemplateMessage from "@wicara/templates/TemplateMessage"
import * as TemplateParameters from "@wicara/templates/TemplateParameters"
import * as Documented from "./documented.ts"

const define = (
  components: ReadonlyArray<Schema.JsonObject>,
  more: { readonly category?: string; readonly parameterFormat?: "POSITIONAL" | "NAMED" } = {}
) => TemplateDefinition.read({ category: "MARKETING", parameterFormat: "POSITIONAL", components, ...more })

const text = (value: string, name?: string) => ({
  type: "text",
  ...(name === undefined ? undefined : { parameter_name: name }),
  text: value
})

const cases: ReadonlyArray<{
  readonly name: string
  readonly definition: TemplateDefinition.DefinitionModel
  readonly parameters: unknown
  readonly components: ReadonlyArray<Schema.JsonObject>
  readonly text: string
}> = [
  {
    name: "no variables at all",
    definition: define([{ type: "BODY", text: "Halo" }, { type: "FOOTER", text: "Balas STOP" }]),
    parameters: {},
    components: [],
    text: "Halo\n\nBalas STOP"
  },
  {
    name: "positional variables in header and body",
    definition: define([
      { type: "HEADER", format: "TEXT", text: "Tagihan {{1}}" },
      { type: "BODY", text: "Halo {{1}}, bayar {{2}} sebelum {{3}} ya." }
    ]),
    parameters: {
      header: ["Mei"],
      body: [
        "Sari",
        { currency: { code: "IDR", amount_1000: 200_000_000, fallback_value: "Rp 200.000" } },
        { date_time: { fallback_value: "5 Mei" } }
      ]
    },
    components: [
      { type: "header", parameters: [text("Mei")] },
      {
        type: "body",
        parameters: [
          text("Sari"),
          {
            type: "currency",
            currency: { code: "IDR", amount_1000: 200_000_000, fallback_value: "Rp 200.000" }
          },
          { type: "date_time", date_time: { fallback_value: "5 Mei" } }
        ]
      }
    ],
    text: "Tagihan Mei\n\nHalo Sari, bayar Rp 200.000 sebelum 5 Mei ya."
  },
  {
    name: "named variables, in whatever order they are given",
    definition: define([{ type: "body", text: "Halo {{nama}}, kode {{kode}} dan lagi {{nama}}." }], {
      parameterFormat: "NAMED"
    }),
    parameters: { body: { kode: "A1", nama: "Budi" } },
    components: [{ type: "body", parameters: [text("Budi", "nama"), text("A1", "kode")] }],
    text: "Halo Budi, kode A1 dan lagi Budi."
  },
  {
    name: "a picture, a link, a coupon and an offer that ends",
    definition: define([
      { type: "HEADER", format: "IMAGE" },
      { type: "LIMITED_TIME_OFFER", limited_time_offer: { text: "Segera berakhir", has_expiration: true } },
      { type: "BODY", text: "Diskon untuk Anda" },
      {
        type: "BUTTONS",
        buttons: [
          { type: "COPY_CODE", example: "HEMAT" },
          { type: "URL", text: "Buka", url: "https://toko.example/{{1}}" },
          { type: "PHONE_NUMBER", text: "Telepon", phone_number: "+62215550000" }
        ]
      }
    ]),
    parameters: {
      header: { link: "https://toko.example/a.png" },
      buttons: { 0: "HEMAT25", 1: "promo/5" },
      offer: { expires_at: 1_800_000_000_000 }
    },
    components: [
      { type: "header", parameters: [{ type: "image", image: { link: "https://toko.example/a.png" } }] },
      {
        type: "button",
        sub_type: "copy_code",
        index: "0",
        parameters: [{ type: "coupon_code", coupon_code: "HEMAT25" }]
      },
      { type: "button", sub_type: "url", index: "1", parameters: [text("promo/5")] },
      {
        type: "limited_time_offer",
        parameters: [{
          type: "limited_time_offer",
          limited_time_offer: { expiration_time_ms: 1_800_000_000_000 }
        }]
      }
    ],
    text: "Diskon untuk Anda"
  },
  {
    name: "cards of a carousel",
    definition: define([
      { type: "BODY", text: "Pilih {{1}} ini ya" },
      {
        type: "CAROUSEL",
        cards: ["a", "b"].map(() => ({
          components: [
            { type: "HEADER", format: "IMAGE" },
            {
              type: "BUTTONS",
              buttons: [
                { type: "QUICK_REPLY", text: "Mau" },
                { type: "URL", text: "Buka", url: "https://toko.example/{{1}}" }
              ]
            }
          ]
        }))
      }
    ]),
    parameters: {
      body: ["salah satu"],
      cards: [
        { header: { id: "1" }, buttons: { 0: "mau-a", 1: "a" } },
        { header: { id: "2" }, buttons: { 1: "b" } }
      ]
    },
    components: [
      { type: "body", parameters: [text("salah satu")] },
      {
        type: "carousel",
        cards: [
          {
            card_index: 0,
            components: [
              { type: "header", parameters: [{ type: "image", image: { id: "1" } }] },
              {
                type: "button",
                sub_type: "quick_reply",
                index: "0",
                parameters: [{ type: "payload", payload: "mau-a" }]
              },
              { type: "button", sub_type: "url", index: "1", parameters: [text("a")] }
            ]
          },
          {
            card_index: 1,
            components: [
              { type: "header", parameters: [{ type: "image", image: { id: "2" } }] },
              { type: "button", sub_type: "url", index: "1", parameters: [text("b")] }
            ]
          }
        ]
      }
    ],
    text: "Pilih salah satu ini ya"
  },
  {
    name: "a place, a flow and products",
    definition: define([
      { type: "HEADER", format: "LOCATION" },
      { type: "BODY", text: "Ini tempatnya" },
      { type: "BUTTONS", buttons: [{ type: "FLOW", text: "Isi" }, { type: "MPM", text: "Lihat" }] }
    ]),
    parameters: {
      header: { latitude: -6.2, longitude: 106.8, name: "Kantor" },
      buttons: {
        0: { token: "t1", data: { langkah: 2 } },
        1: {
          thumbnail_product_retailer_id: "p1",
          sections: [{ title: "Semua", product_items: [{ product_retailer_id: "p1" }] }]
        }
      }
    },
    components: [
      {
        type: "header",
        parameters: [{ type: "location", location: { latitude: -6.2, longitude: 106.8, name: "Kantor" } }]
      },
      {
        type: "button",
        sub_type: "flow",
        index: "0",
        parameters: [{ type: "action", action: { flow_token: "t1", flow_action_data: { langkah: 2 } } }]
      },
      {
        type: "button",
        sub_type: "mpm",
        index: "1",
        parameters: [{
          type: "action",
          action: {
            thumbnail_product_retailer_id: "p1",
            sections: [{ title: "Semua", product_items: [{ product_retailer_id: "p1" }] }]
          }
        }]
      }
    ],
    text: "Ini tempatnya"
  },
  {
    name: "a code, which its button takes over",
    definition: define([
      { type: "BODY", add_security_recommendation: true },
      { type: "BUTTONS", buttons: [{ type: "OTP", otp_type: "COPY_CODE", text: "Salin" }] }
    ], { category: "AUTHENTICATION" }),
    parameters: { body: ["123456"] },
    components: [
      { type: "body", parameters: [text("123456")] },
      { type: "button", sub_type: "url", index: "0", parameters: [text("123456")] }
    ],
    text: "123456 is your verification code."
  }
]

describe("what a template is filled with", () => {
  it.each(cases)("$name: becomes the provider's components, and the text that is read", (one) => {
    const decoded = TemplateParameters.decode(one.definition, one.parameters)
    assert.isTrue(Result.isSuccess(decoded), JSON.stringify(decoded))
    if (Result.isFailure(decoded)) return
    assert.deepStrictEqual(TemplateMessage.toComponents(one.definition, decoded.success), one.components)
    assert.strictEqual(TemplateMessage.render(one.definition, decoded.success).text, one.text)
    // And back: what the provider's components say is what they were made of.
    const back = TemplateParameters.decode(
      one.definition,
      TemplateMessage.fromComponents(one.definition, one.components)
    )
    assert.deepStrictEqual(Result.getOrUndefined(back), decoded.success)
  })

  const positional = cases[1]!.definition
  const offer = cases[3]!.definition
  const problem = (definition: TemplateDefinition.DefinitionModel, parameters: unknown) => {
    const decoded = TemplateParameters.decode(definition, parameters)
    return Result.isFailure(decoded) ? [decoded.failure.pointer, decoded.failure.problem] : "fits"
  }

  it("is refused where it does not fit, with the place", () => {
    assert.deepStrictEqual([
      problem(positional, { header: ["Mei"], body: ["Sari"] }),
      problem(positional, { header: ["Mei"] }),
      problem(positional, { header: ["Mei"], body: ["Sari", "x", ""] }),
      problem(positional, { header: ["Mei"], body: ["Sari", "x", "dua\nbaris"] }),
      problem(positional, { header: ["Mei"], body: ["Sari", "x", "lima     spasi"] }),
      problem(positional, { header: ["Mei"], body: ["Sari", "x", "y"], buttons: { 0: "z" } }),
      problem(cases[2]!.definition, { body: { nama: "Budi" } }),
      problem(cases[0]!.definition, { body: ["x"] }),
      problem(offer, { header: { link: "ftp://x" }, buttons: { 0: "A", 1: "b" }, offer: { expires_at: 1 } }),
      problem(offer, { buttons: { 0: "A", 1: "b" }, offer: { expires_at: 1 } }),
      problem(offer, { header: { id: "1" }, buttons: { 0: "A" }, offer: { expires_at: 1 } }),
      problem(cases[4]!.definition, { body: ["x"], cards: [{ header: { id: "1" }, buttons: { 1: "a" } }] })
    ], [
      ["/body", "count"],
      ["/body", "missing"],
      ["/body/2", "invalid"],
      ["/body/2", "invalid"],
      ["/body/2", "invalid"],
      ["/buttons", "unexpected"],
      ["/body/kode", "missing"],
      ["/body", "count"],
      ["/header/link", "invalid"],
      ["/header", "missing"],
      ["/buttons/1", "missing"],
      ["/cards", "count"]
    ])
  })

  it("is described as JSON Schema, for forms", () => {
    const schema = TemplateParameters.jsonSchemaOf(offer)
    assert.deepStrictEqual(schema["required"], ["header", "buttons", "offer"])
    const json = JSON.stringify(schema)
    assert.include(json, "\"maxLength\":20")
    assert.include(json, "Buka")
  })

  it("shows the preview's links, and what is not filled in yet", () => {
    const preview = TemplateMessage.render(offer, { buttons: { 1: "promo/5" } })
    assert.deepStrictEqual(preview.buttons.map(({ target }) => target), [
      null,
      "https://toko.example/promo/5",
      "+62215550000"
    ])
    assert.strictEqual(
      TemplateMessage.render(positional, {}).text,
      "Tagihan {{1}}\n\nHalo {{1}}, bayar {{2}} sebelum {{3}} ya."
    )
  })
})

describe.skipIf(!Documented.present)("the documented templates", () => {
  const pairs = Documented.pairs()

  it("are there", () => assert.isAtLeast(pairs.length, 5))

  it.each(pairs)("$name: what the documentation sends fits what it creates", ({ created, sent }) => {
    const definition = TemplateDefinition.read(created)
    const parameters = TemplateMessage.fromComponents(definition, sent)
    const decoded = TemplateParameters.decode(definition, parameters)
    assert.isTrue(Result.isSuccess(decoded), JSON.stringify(decoded))
  })
})
