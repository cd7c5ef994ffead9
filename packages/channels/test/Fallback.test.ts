import { assert, describe, it } from "@effect/vitest"
import { Option, Schema } from "effect"
import * as Fallback from "@wicara/channels/Fallback"
import { OutboundContent } from "@wicara/channels/MessageContent"

const textOnly: Fallback.ContentCapabilities = {
  content: new Set(["text"]),
  maxTextLength: 4096,
  maxButtons: 0,
  maxListRows: 0
}
const whatsApp: Fallback.ContentCapabilities = {
  content: new Set(["text", "image", "buttons", "list", "link_button"]),
  maxTextLength: 4096,
  maxButtons: 3,
  maxListRows: 10
}

const buttons: OutboundContent = {
  type: "buttons",
  header: "Internet",
  body: "Which plan?",
  footer: "Prices in August",
  buttons: [{ id: "a", title: "Home" }, { id: "b", title: "Office" }]
}

const texts = (planned: ReturnType<typeof Fallback.plan>) =>
  Option.getOrThrow(planned).map((content) => content.type === "text" ? content.text : content.type)

describe("Fallback", () => {
  it("sends what the channel can send as it is", () => {
    assert.deepStrictEqual(Fallback.plan(buttons, whatsApp), Option.some([buttons]))
  })

  it("turns buttons into a numbered text that keeps every word", () => {
    assert.deepStrictEqual(texts(Fallback.plan(buttons, textOnly)), [
      "Internet\n\nWhich plan?\n\n1. Home\n2. Office\n\nPrices in August"
    ])
  })

  it("turns buttons into text when there are more than the channel shows", () => {
    const four: OutboundContent = {
      ...buttons,
      buttons: [{ id: "a", title: "A" }, { id: "b", title: "B" }, { id: "c", title: "C" }, { id: "d", title: "D" }]
    }
    assert.match(texts(Fallback.plan(four, whatsApp))[0]!, /4\. D/)
  })

  it("numbers the rows of a list through its sections", () => {
    const list: OutboundContent = {
      type: "list",
      body: "Pick one",
      button: "Open",
      sections: [
        { title: "Fibre", rows: [{ id: "1", title: "50", description: "50 Mbit/s" }] },
        { title: "Radio", rows: [{ id: "2", title: "10" }] }
      ]
    }
    assert.deepStrictEqual(texts(Fallback.plan(list, textOnly)), [
      "Pick one\n\nFibre\n1. 50 – 50 Mbit/s\n\nRadio\n2. 10"
    ])
  })

  it("writes a link button's address out", () => {
    const link: OutboundContent = {
      type: "link_button",
      body: "Your bill",
      title: "Pay",
      url: "https://example.com/p/1"
    }
    assert.deepStrictEqual(texts(Fallback.plan(link, textOnly)), ["Your bill\n\nPay: https://example.com/p/1"])
  })

  it("keeps a template's words, a position's address and a card's numbers", () => {
    assert.deepStrictEqual(
      texts(
        Fallback.plan({ type: "template", name: "due", language: "en", components: [], text: "Due on 3 May" }, textOnly)
      ),
      ["Due on 3 May"]
    )
    assert.deepStrictEqual(
      texts(Fallback.plan({ type: "location", latitude: -6.2, longitude: 106.8, name: "Office" }, textOnly)),
      ["Office\nhttps://www.openstreetmap.org/?mlat=-6.2&mlon=106.8"]
    )
    assert.deepStrictEqual(
      texts(Fallback.plan({
        type: "contacts",
        contacts: [{ name: "Support", phones: [{ phone: "+62 21 555 0101" }], emails: ["help@example.com"] }]
      }, textOnly)),
      ["Support\n+62 21 555 0101\nhelp@example.com"]
    )
  })

  it("refuses what has nothing readable in it", () => {
    assert.deepStrictEqual(
      Fallback.plan({ type: "sticker", media: { source: { type: "provider_id", id: "1" } } }, textOnly),
      Option.none()
    )
    assert.deepStrictEqual(Fallback.plan({ type: "interactive", interactive: {} }, textOnly), Option.none())
    assert.deepStrictEqual(Fallback.plan({ type: "text", text: "" }, textOnly), Option.none())
  })

  it("cuts long texts between paragraphs, then sentences, then words", () => {
    assert.deepStrictEqual(Fallback.splitText("One two three.\n\nFour five six.", 20), [
      "One two three.",
      "Four five six."
    ])
    assert.deepStrictEqual(Fallback.splitText("One two three. Four five six.", 20), [
      "One two three.",
      "Four five six."
    ])
    assert.deepStrictEqual(Fallback.splitText("one two three four", 9), ["one two", "three", "four"])
  })

  const family = "👨‍👩‍👧‍👦"
  const Piece = Schema.Union([
    Schema.Literals([family, " ", "\n\n", ". ", "日本語", "word", "a\u0301"]),
    Schema.String.check(Schema.isMaxLength(10))
  ])
  const Limit = Schema.Int.check(Schema.isBetween({ minimum: 12, maximum: 60 }))

  it.prop(
    "never cuts a character and loses nothing but white space at the cuts",
    [Schema.Array(Piece), Limit],
    ([pieces, limit]) => {
      const text = pieces.join("").toWellFormed()
      const parts = Fallback.splitText(text, limit)
      assert.strictEqual(parts.join("").replace(/\s/g, ""), text.replace(/\s/g, ""))
      for (const part of parts) {
        assert.isAtMost(part.length, limit)
        assert.isTrue(part.isWellFormed())
      }
    }
  )

  it.prop("plans only what the channel takes, within its limits, for any content", [OutboundContent], ([content]) => {
    for (const capabilities of [textOnly, { ...whatsApp, maxTextLength: 50 }]) {
      const planned = Fallback.plan(content, capabilities)
      for (const part of Option.getOrElse(planned, (): ReadonlyArray<OutboundContent> => [])) {
        assert.isTrue(capabilities.content.has(part.type))
        if (part.type === "text") assert.isAtMost(part.text.length, capabilities.maxTextLength)
      }
    }
  })

  it.each(
    [
      [{
        type: "flow",
        header: "Coverage",
        body: "Where?",
        footer: "Two minutes",
        button: "Fill in",
        flow: { id: "1" }
      }, "Coverage\n\nWhere?\n\nTwo minutes"],
      [
        { type: "product", body: "For two floors.", catalogId: "1", product: { id: "r", name: "Router" } },
        "Router\n\nFor two floors."
      ],
      [{
        type: "product_list",
        header: "Routers",
        body: "Which?",
        catalogId: "1",
        sections: [{ title: "Home", products: [{ id: "a", name: "AX" }, { id: "b" }] }]
      }, "Routers\n\nWhich?\n\nHome\nAX"],
      [{ type: "catalog", body: "All", footer: "With tax" }, "All\n\nWith tax"],
      [
        {
          type: "carousel",
          body: "Houses",
          cards: [
            {
              media: { type: "image", url: "https://example.com/1.jpg" },
              body: "Oak",
              link: { title: "See", url: "https://example.com/1" }
            },
            {
              media: { type: "image", url: "https://example.com/2.jpg" },
              buttons: [{ id: "b", title: "Take it" }]
            },
            { catalogId: "1", product: { id: "r", name: "Elm" } }
          ]
        },
        "Houses\n\nOak\nhttps://example.com/1.jpg\nSee: https://example.com/1\n\nhttps://example.com/2.jpg\n– Take it\n\nElm"
      ],
      [{ type: "address_request", body: "Where to?", country: "IN" }, "Where to?"],
      [{ type: "location_request", body: "Where are you?" }, "Where are you?"]
    ] satisfies ReadonlyArray<readonly [OutboundContent, string]>
  )("says %o in words", (content, words) => {
    assert.deepStrictEqual(texts(Fallback.plan(content, textOnly)), [words])
    assert.deepStrictEqual(
      Fallback.plan(content, { ...textOnly, content: new Set([content.type]) }),
      Option.some([content])
    )
  })

  it("has nothing to say of a product without words", () => {
    const product: OutboundContent = { type: "product", catalogId: "1", product: { id: "r" } }
    assert.isTrue(Option.isNone(Fallback.plan(product, textOnly)))
  })
})
