/**
 * A content of every kind, and the words of it that have to reach the provider.
 *
 * @since 0.1.0
 */
import type { OutboundContent } from "@wicara/channels/MessageContent"

const media = (name: string, mimeType: string) => ({
  source: { type: "url", url: `https://files.example.com/${name}` } as const,
  mimeType,
  fileName: name
})

const card = (name: string) => ({
  media: { type: "image", url: `https://files.example.com/${name}.jpg` } as const,
  body: `${name} house`,
  link: { title: `See ${name}`, url: `https://example.com/${name}` }
})

/**
 * Every kind of content, with all of its parts.
 *
 * @category constants
 * @since 0.1.0
 */
export const samples: { readonly [Type in OutboundContent["type"]]: Extract<OutboundContent, { type: Type }> } = {
  text: { type: "text", text: "Kami buka pukul 8: \"kopi\" ☕ & roti." },
  image: { type: "image", media: media("menu.jpg", "image/jpeg"), caption: "the menu" },
  video: { type: "video", media: media("tour.mp4", "video/mp4"), caption: "the tour" },
  audio: { type: "audio", media: media("note.ogg", "audio/ogg; codecs=opus"), voice: true },
  document: { type: "document", media: media("bill.pdf", "application/pdf"), caption: "the bill" },
  sticker: { type: "sticker", media: media("smile.webp", "image/webp") },
  location: { type: "location", latitude: -6.25, longitude: 106.75, name: "Office", address: "Jl. Karet 1" },
  contacts: {
    type: "contacts",
    contacts: [{ name: "Rina Sari", phones: [{ phone: "+62 813 555" }], emails: ["rina@example.com"] }]
  },
  buttons: {
    type: "buttons",
    body: "Is it working?",
    buttons: [{ id: "answer-yes", title: "Yes" }, { id: "answer-no", title: "Not yet" }]
  },
  list: {
    type: "list",
    body: "Which plan?",
    button: "Plans",
    sections: [
      { title: "Home", rows: [{ id: "plan-20", title: "20 Mbps", description: "for two" }] },
      { title: "Office", rows: [{ id: "plan-100", title: "100 Mbps" }] }
    ]
  },
  poll: { type: "poll", question: "When shall we come?", options: ["Monday at 9", "Tuesday at 14"], multiple: false },
  link_button: { type: "link_button", body: "Your bill", title: "Pay", url: "https://example.com/pay/1" },
  flow: {
    type: "flow",
    header: "Coverage",
    body: "Where shall we install it?",
    footer: "Two minutes",
    button: "Fill in",
    flow: { id: "300100" },
    token: "coverage-1",
    screen: "ADDRESS",
    data: { city: "Bandung" }
  },
  product: {
    type: "product",
    body: "This one reaches two floors.",
    footer: "In stock",
    catalogId: "500100",
    product: { id: "router-ax", name: "Router AX" }
  },
  product_list: {
    type: "product_list",
    header: "Routers",
    body: "Which one?",
    footer: "Prices with tax",
    catalogId: "500100",
    sections: [
      { title: "Home", products: [{ id: "router-ax", name: "Router AX" }] },
      { title: "Office", products: [{ id: "router-pro", name: "Router Pro" }] }
    ]
  },
  catalog: { type: "catalog", body: "All that we have", footer: "Prices with tax", thumbnailProductId: "router-ax" },
  carousel: {
    type: "carousel",
    body: "Two houses nearby",
    cards: [card("Oak"), card("Elm")]
  },
  address_request: {
    type: "address_request",
    header: "Delivery",
    body: "Where do we deliver?",
    footer: "Nobody else sees it",
    country: "IN",
    values: { name: "Rina Sari", in_pin_code: "400063" },
    problems: { in_pin_code: "We don't deliver there." }
  },
  location_request: { type: "location_request", body: "Where are you?" },
  template: {
    type: "template",
    name: "hello_world",
    language: "en_US",
    components: [],
    text: "Hello, this is a test of the connection."
  },
  interactive: {
    type: "interactive",
    interactive: {
      type: "request_contact_info",
      body: { text: "Who are you?" },
      action: { name: "request_contact_info" }
    }
  }
}

const urlOf = (content: Extract<OutboundContent, { media: unknown }>): ReadonlyArray<string> =>
  content.media.source.type === "url" ? [content.media.source.url] : []

const some = (...words: ReadonlyArray<string | undefined>): ReadonlyArray<string> =>
  words.flatMap((word) => word === undefined || word === "" ? [] : [word])

const textsOf = (value: unknown): ReadonlyArray<string> =>
  typeof value === "string" ? [value] : typeof value === "object" && value !== null
    ? Object.values(value).flatMap(textsOf)
    : []

/**
 * The words, addresses and numbers that the provider must be given when content is sent as it is.
 *
 * @category getters
 * @since 0.1.0
 */
export const wordsOf = (content: OutboundContent): ReadonlyArray<string> => {
  switch (content.type) {
    case "text":
      return [content.text]
    case "image":
    case "video":
      return some(...urlOf(content), content.caption)
    case "document":
      return some(...urlOf(content), content.caption, content.media.fileName)
    case "audio":
    case "sticker":
      return urlOf(content)
    case "location":
      return some(String(content.latitude), String(content.longitude), content.name, content.address)
    case "contacts":
      return content.contacts.flatMap(({ emails, name, phones }) =>
        some(name, ...phones.map(({ phone }) => phone), ...emails)
      )
    case "buttons":
      return [content.body, ...content.buttons.flatMap(({ id, title }) => [id, title])]
    case "list":
      return [
        content.body,
        content.button,
        ...content.sections.flatMap(({ rows, title }) => [
          ...some(title),
          ...rows.flatMap((row) => some(row.id, row.title, row.description))
        ])
      ]
    case "poll":
      return [content.question, ...content.options]
    case "link_button":
      return [content.body, content.title, content.url]
    case "product":
      return some(content.body, content.footer, content.catalogId, content.product.id)
    case "product_list":
      return some(
        content.header,
        content.body,
        content.footer,
        content.catalogId,
        ...content.sections.flatMap(({ products, title }) => [title, ...products.map(({ id }) => id)])
      )
    case "flow":
    case "catalog":
    case "carousel":
    case "address_request":
    case "location_request": {
      const { type: _, ...rest } = content
      return textsOf(rest)
    }
    case "template":
      return [content.name, content.language]
    case "interactive":
      return textsOf(content.interactive)
  }
}
