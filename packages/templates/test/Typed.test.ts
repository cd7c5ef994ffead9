import { assert, describe, it } from "@effect/vitest"
import * as TemplateDefinition from "@wicara/templates/TemplateDefinition"
import type { TemplateParameters as AnyParameters } from "@wicara/templates/TemplateParameters"
import * as TemplateParameters from "@wicara/templates/TemplateParameters"
import { content, defineTemplate } from "@wicara/templates/TypedTemplate"
import type { Arguments, Definition, ParametersOf } from "@wicara/templates/TypedTemplate"
import { Result } from "effect"
import { expectTypeOf } from "vitest"

const plain = defineTemplate({
  name: "plain",
  language: "id",
  category: "MARKETING",
  components: [{ type: "BODY", text: "Halo semua" }, { type: "FOOTER", text: "Balas STOP" }]
})

const bill = {
  name: "bill",
  language: "id",
  category: "UTILITY",
  components: [
    { type: "HEADER", format: "TEXT", text: "Tagihan {{1}}" },
    { type: "BODY", text: "Halo {{1}}, bayar {{2}} sebelum {{ 3 }}, {{1}}." }
  ]
} as const satisfies Definition

const named = defineTemplate({
  name: "named",
  language: "id",
  category: "UTILITY",
  parameterFormat: "NAMED",
  components: [{ type: "BODY", text: "Halo {{nama}}, kode {{kode}} ya" }]
})

const offer = defineTemplate({
  name: "offer",
  language: "id",
  category: "MARKETING",
  components: [
    { type: "HEADER", format: "DOCUMENT" },
    { type: "LIMITED_TIME_OFFER", limited_time_offer: { text: "Segera", has_expiration: true } },
    { type: "BODY", text: "Diskon untuk Anda" },
    {
      type: "BUTTONS",
      buttons: [
        { type: "COPY_CODE", example: "HEMAT" },
        { type: "URL", text: "Buka", url: "https://toko.example/{{1}}" },
        { type: "URL", text: "Beranda", url: "https://toko.example/" },
        { type: "QUICK_REPLY", text: "Berhenti" }
      ]
    }
  ]
})

const survey = defineTemplate({
  name: "survey",
  language: "id",
  category: "MARKETING",
  components: [
    { type: "HEADER", format: "LOCATION" },
    { type: "BODY", text: "Ini tempatnya" },
    {
      type: "BUTTONS",
      buttons: [{ type: "FLOW", text: "Isi" }, { type: "QUICK_REPLY", text: "Ya" }, {
        type: "CATALOG",
        text: "Katalog"
      }]
    }
  ]
})

const cart = defineTemplate({
  name: "cart",
  language: "id",
  category: "MARKETING",
  components: [{ type: "BODY", text: "Masih mau?" }, { type: "BUTTONS", buttons: [{ type: "MPM", text: "Lihat" }] }]
})

const cards = defineTemplate({
  name: "cards",
  language: "id",
  category: "MARKETING",
  components: [
    { type: "BODY", text: "Pilih {{1}} ini ya" },
    {
      type: "CAROUSEL",
      cards: [
        {
          components: [
            { type: "HEADER", format: "IMAGE" },
            { type: "BODY", text: "Harga {{1}} saja" },
            { type: "BUTTONS", buttons: [{ type: "URL", text: "Buka", url: "https://toko.example/{{1}}" }] }
          ]
        },
        {
          components: [
            { type: "HEADER", format: "IMAGE" },
            { type: "BODY", text: "Baru" },
            { type: "BUTTONS", buttons: [{ type: "URL", text: "Buka", url: "https://toko.example/{{1}}" }] }
          ]
        }
      ]
    }
  ]
})

const products = defineTemplate({
  name: "products",
  language: "id",
  category: "MARKETING",
  components: [
    { type: "BODY", text: "Pilihan kami" },
    {
      type: "CAROUSEL",
      cards: [
        {
          components: [{ type: "HEADER", format: "PRODUCT" }, {
            type: "BUTTONS",
            buttons: [{ type: "SPM", text: "a" }]
          }]
        },
        {
          components: [{ type: "HEADER", format: "PRODUCT" }, {
            type: "BUTTONS",
            buttons: [{ type: "SPM", text: "a" }]
          }]
        }
      ]
    }
  ]
})

const code = defineTemplate({
  name: "code",
  language: "id",
  category: "AUTHENTICATION",
  components: [
    { type: "BODY", add_security_recommendation: true },
    { type: "BUTTONS", buttons: [{ type: "OTP", otp_type: "COPY_CODE", text: "Salin" }] }
  ]
})

const product = { product_retailer_id: "p1", catalog_id: "c1" }

/** What the server says of the same parameters when it has this definition, after the compiler has let them pass. */
const fits = <const D extends Definition>(definition: D, ...given: Arguments<D>) => {
  const decoded = TemplateParameters.decode(
    TemplateDefinition.read({ parameterFormat: "POSITIONAL", ...definition }),
    content(definition, ...given).parameters
  )
  return Result.isSuccess(decoded) ? "fits" : decoded.failure.pointer
}

describe("what a defined template is filled with", () => {
  it("compiles when it fits, and fits the definition that the server has", () => {
    const said = [
      fits(plain),
      fits(plain, {}),
      fits(bill, { header: ["Mei"], body: ["Sari", { date_time: { fallback_value: "5 Mei" } }, "besok"] }),
      fits(named, { body: { kode: "A1", nama: "Budi" } }),
      fits(offer, {
        header: { link: "https://toko.example/a.pdf", filename: "a.pdf" },
        buttons: { 0: "HEMAT", 1: "promo/5" },
        offer: { expires_at: 1_800_000_000_000 }
      }),
      fits(offer, {
        header: { id: "123" },
        buttons: { 0: "HEMAT", 1: "promo/5", 3: "stop" },
        offer: { expires_at: 1_800_000_000_000 }
      }),
      fits(offer, {
        header: { file: "0197c6a2-5f0e-7c3d-9b61-3f1f0a2f4b10", filename: "a.pdf" },
        buttons: { 0: "HEMAT", 1: "promo/5" },
        offer: { expires_at: 1_800_000_000_000 }
      }),
      fits(survey, { header: { latitude: -6.2, longitude: 106.8, name: "Kantor" } }),
      fits(survey, {
        header: { latitude: -6.2, longitude: 106.8 },
        buttons: { 0: { token: "t1", data: { langkah: 2 } }, 1: "ya", 2: { thumbnail_product_retailer_id: "p1" } }
      }),
      fits(cart, {
        buttons: {
          0: {
            thumbnail_product_retailer_id: "p1",
            sections: [{ title: "Semua", product_items: [{ product_retailer_id: "p1" }] }]
          }
        }
      }),
      fits(cards, {
        body: ["salah satu"],
        cards: [
          { header: { id: "1" }, body: ["Rp 5.000"], buttons: { 0: "a" } },
          { header: { link: "https://toko.example/b.png" }, buttons: { 0: "b" } }
        ]
      }),
      fits(products, { cards: [{ header: product }, { header: product }, { header: product }] }),
      fits(code, { body: ["123456"] })
    ]
    assert.deepStrictEqual(said, said.map(() => "fits"))
  })

  it("does not compile when something is missing, too much or of another kind, and is refused for it", () => {
    const header = { id: "123" }
    const buttons = { 0: "HEMAT", 1: "promo/5" }
    const card = { header, body: ["1"], buttons: { 0: "a" } } as const
    const other = { header, buttons: { 0: "b" } }
    const until = { expires_at: 1_800_000_000_000 }
    assert.deepStrictEqual([
      // @ts-expect-error nothing is filled in
      fits(plain, { body: ["x"] }),
      // @ts-expect-error the parameters are missing
      fits(bill),
      // @ts-expect-error the header is missing
      fits(bill, { body: ["a", "b", "c"] }),
      // @ts-expect-error a value is missing
      fits(bill, { header: ["Mei"], body: ["a", "b"] }),
      // @ts-expect-error a value is too much
      fits(bill, { header: ["Mei"], body: ["a", "b", "c", "d"] }),
      // @ts-expect-error a header has texts only
      fits(bill, { header: [{ date_time: { fallback_value: "5 Mei" } }], body: ["a", "b", "c"] }),
      // @ts-expect-error variables are numbered
      fits(bill, { header: ["Mei"], body: { 1: "a", 2: "b", 3: "c" } }),
      // @ts-expect-error there are no buttons
      fits(bill, { header: ["Mei"], body: ["a", "b", "c"], buttons: { 0: "x" } }),
      // @ts-expect-error a name is missing
      fits(named, { body: { nama: "Budi" } }),
      // @ts-expect-error there is no such name
      fits(named, { body: { nama: "Budi", kode: "A1", lain: "x" } }),
      // @ts-expect-error variables have names
      fits(named, { body: ["Budi", "A1"] }),
      // @ts-expect-error a file either by id or by link
      fits(offer, { header: { id: "1", link: "https://toko.example/a.pdf" }, buttons, offer: until }),
      // @ts-expect-error a place is no file
      fits(offer, { header: { latitude: 1, longitude: 1 }, buttons, offer: until }),
      // @ts-expect-error the end of the link is missing
      fits(offer, { header, buttons: { 0: "HEMAT" }, offer: until }),
      // @ts-expect-error this link has no variable
      fits(offer, { header, buttons: { ...buttons, 2: "x" }, offer: until }),
      // @ts-expect-error when the offer ends is missing
      fits(offer, { header, buttons }),
      // @ts-expect-error a flow is no text
      fits(survey, { header: { latitude: 1, longitude: 1 }, buttons: { 0: "x" } }),
      // @ts-expect-error the products are missing
      fits(cart, { buttons: { 0: {} } }),
      // @ts-expect-error a card is missing
      fits(cards, { body: ["x"], cards: [card] }),
      // @ts-expect-error only a document has a name
      fits(cards, { body: ["x"], cards: [{ ...card, header: { ...header, filename: "a" } }, other] }),
      // @ts-expect-error the file of a card either by id or by link
      fits(cards, { body: ["x"], cards: [card, { ...other, header: { ...header, file: "1" } }] }),
      // @ts-expect-error the second card has no variable
      fits(cards, { body: ["x"], cards: [card, card] }),
      // @ts-expect-error two products at least
      fits(products, { cards: [{ header: product }] }),
      // @ts-expect-error a code is a text
      fits(code, { body: [{ date_time: { fallback_value: "x" } }] }),
      // @ts-expect-error the code's button is filled by itself
      fits(code, { body: ["123456"], buttons: { 0: "123456" } })
    ], [
      "/body",
      "/header",
      "/header",
      "/body",
      "/body",
      "/header/0",
      "/body",
      "/buttons",
      "/body/kode",
      "/body/lain",
      "/body",
      "/header",
      "/header/latitude",
      "/buttons/1",
      "/buttons/2",
      "/offer",
      "/buttons/0",
      "/buttons/0/thumbnail_product_retailer_id",
      "/cards",
      "/cards/0/header/filename",
      "/cards/1/header",
      "/cards/1/body",
      "/cards",
      "/body/0",
      "/buttons"
    ])
  })

  it("is anything of the right form where the compiler does not know the definition", () => {
    const some: Definition = plain
    expectTypeOf<ParametersOf<typeof some>>().toEqualTypeOf<AnyParameters>()
    const text: string = "Halo {{1}}, apa kabar"
    const built = defineTemplate({
      name: "b",
      language: "id",
      category: "UTILITY",
      components: [{ type: "BODY", text }]
    })
    assert.strictEqual(fits(built, { body: ["Sari"] }), "fits")
    assert.strictEqual(fits(built), "/body")
  })
})
