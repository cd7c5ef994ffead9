/**
 * What the API takes of a message, so that one that it would refuse is refused here, with a reason that says where.
 *
 * @see https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/send-messages
 * @since 0.1.0
 */
import { Predicate, Result, Schema, SchemaIssue } from "effect"

const upTo = (length: number) =>
  Schema.String.check(
    Schema.isMinLength(1, { expected: "at least one character" }),
    Schema.isMaxLength(length, { expected: `at most ${length} characters` })
  )
const atMost = (length: number) =>
  Schema.String.check(Schema.isMaxLength(length, { expected: `at most ${length} characters` }))
const list = <S extends Schema.Constraint>(item: S, least: number, most: number) =>
  Schema.Array(item).check(
    Schema.isMinLength(least, { expected: `at least ${least}` }),
    Schema.isMaxLength(most, { expected: `at most ${most}` })
  )
const Link = Schema.String.check(Schema.isPattern(/^https?:\/\/\S+$/, { expected: "an http(s) address" }))
const optional = Schema.optionalKey

const File = Schema.Struct({ id: optional(Schema.NonEmptyString), link: optional(Link) }).check(
  Schema.makeFilter((file) => (file.id === undefined) !== (file.link === undefined) || "either an id or a link")
)
const captioned = Schema.Struct({ caption: optional(atMost(1024)) })

const TextHeader = Schema.Struct({ type: Schema.Literal("text"), text: upTo(60) })
const CardHeader = Schema.Union([
  Schema.Struct({ type: Schema.Literal("image"), image: File }),
  Schema.Struct({ type: Schema.Literal("video"), video: File })
])
const Header = Schema.Union([
  TextHeader,
  ...CardHeader.members,
  Schema.Struct({ type: Schema.Literal("document"), document: File })
])
const Body = Schema.Struct({ text: upTo(1024) })
const Footer = Schema.Struct({ text: upTo(60) })

const frame = { header: optional(Header), body: Body, footer: optional(Footer) }

const differ = (what: string) => (values: ReadonlyArray<string>) =>
  new Set(values).size === values.length || `${what} that differ`

const titled = (sections: ReadonlyArray<{ readonly title?: string }>) =>
  sections.length < 2 || sections.every(({ title }) => title !== undefined && title !== "") ||
  "a title for every section when there are several"

const Row = Schema.Struct({ id: upTo(200), title: upTo(24), description: optional(atMost(72)) })
const Section = Schema.Struct({ title: optional(atMost(24)), rows: list(Row, 1, 10) })

const UrlAction = Schema.Struct({
  name: Schema.Literal("cta_url"),
  parameters: Schema.Struct({ display_text: upTo(20), url: Link })
})

const ProductSection = Schema.Struct({
  title: optional(atMost(24)),
  product_items: list(Schema.Struct({ product_retailer_id: Schema.NonEmptyString }), 1, 30)
})

const index = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 9 }))
const ProductCard = Schema.Struct({
  card_index: index,
  type: Schema.Literal("product"),
  action: Schema.Struct({ catalog_id: Schema.NonEmptyString, product_retailer_id: Schema.NonEmptyString })
})
const QuickReply = Schema.Struct({
  type: Schema.Literal("quick_reply"),
  quick_reply: Schema.Struct({ id: upTo(256), title: upTo(20) })
})
const CardText = upTo(160).check(
  Schema.makeFilter((text) => text.split("\n").length <= 3 || "at most 2 line breaks")
)
const MediaCard = Schema.Struct({
  card_index: index,
  type: Schema.Literal("cta_url"),
  header: CardHeader,
  body: optional(Schema.Struct({ text: CardText })),
  action: Schema.Union([UrlAction, Schema.Struct({ buttons: Schema.NonEmptyArray(QuickReply) })])
})
const Card = Schema.Union([MediaCard, ProductCard])

const buttonIds = (card: typeof Card.Type): ReadonlyArray<string> =>
  card.type === "cta_url" && "buttons" in card.action ? card.action.buttons.map((one) => one.quick_reply.id) : []

/** All cards have the same parts. */
const look = (card: typeof Card.Type): string =>
  card.type === "product"
    ? `product of ${card.action.catalog_id}`
    : `${card.header.type} ${"name" in card.action ? "link" : `${card.action.buttons.length} buttons`}`

const named = <const Name extends string, S extends Schema.Constraint>(name: Name, parameters: S) =>
  Schema.Struct({ name: Schema.Literal(name), parameters })

/** The interactive messages by their types. */
const interactive = {
  button: Schema.Struct({
    ...frame,
    action: Schema.Struct({
      buttons: list(
        Schema.Struct({
          type: Schema.Literal("reply"),
          reply: Schema.Struct({ id: upTo(256), title: upTo(20) })
        }),
        1,
        3
      ).check(
        Schema.makeFilter((buttons) => differ("titles")(buttons.map(({ reply }) => reply.title))),
        Schema.makeFilter((buttons) => differ("ids")(buttons.map(({ reply }) => reply.id)))
      )
    })
  }),
  list: Schema.Struct({
    header: optional(TextHeader),
    body: Schema.Struct({ text: upTo(4096) }),
    footer: optional(Footer),
    action: Schema.Struct({
      button: upTo(20),
      sections: list(Section, 1, 10).check(
        Schema.makeFilter(titled),
        Schema.makeFilter((sections) =>
          sections.reduce((count, { rows }) => count + rows.length, 0) <= 10 || "at most 10 rows in all sections"
        ),
        Schema.makeFilter((sections) => differ("row ids")(sections.flatMap(({ rows }) => rows.map(({ id }) => id))))
      )
    })
  }),
  cta_url: Schema.Struct({ ...frame, action: UrlAction }),
  flow: Schema.Struct({
    ...frame,
    action: named(
      "flow",
      Schema.Struct({
        flow_message_version: Schema.Literals(["3", "4", "5", "6", "7"]),
        flow_id: optional(Schema.NonEmptyString),
        flow_name: optional(Schema.NonEmptyString),
        flow_cta: upTo(30),
        flow_token: optional(Schema.String),
        mode: optional(Schema.Literals(["draft", "published"])),
        flow_action: optional(Schema.Literals(["navigate", "data_exchange"]))
      }).check(
        Schema.makeFilter((flow) =>
          (flow.flow_id === undefined) !== (flow.flow_name === undefined) || "either flow_id or flow_name"
        )
      )
    )
  }),
  product: Schema.Struct({
    body: optional(Body),
    footer: optional(Footer),
    action: Schema.Struct({ catalog_id: Schema.NonEmptyString, product_retailer_id: Schema.NonEmptyString })
  }),
  product_list: Schema.Struct({
    ...frame,
    header: TextHeader,
    action: Schema.Struct({
      catalog_id: Schema.NonEmptyString,
      sections: list(ProductSection, 1, 10).check(
        Schema.makeFilter(titled),
        Schema.makeFilter((sections) =>
          sections.reduce((count, { product_items: items }) => count + items.length, 0) <= 30 ||
          "at most 30 products in all sections"
        )
      )
    })
  }),
  catalog_message: Schema.Struct({
    body: Body,
    footer: optional(Footer),
    action: Schema.Struct({
      name: Schema.Literal("catalog_message"),
      parameters: optional(Schema.Struct({ thumbnail_product_retailer_id: optional(Schema.NonEmptyString) }))
    })
  }),
  carousel: Schema.Struct({
    body: Body,
    action: Schema.Struct({
      cards: list(Card, 2, 10).check(
        Schema.makeFilter((cards) => differ("card indexes")(cards.map((card) => String(card.card_index)))),
        Schema.makeFilter((cards) => differ("button ids")(cards.flatMap(buttonIds))),
        Schema.makeFilter((cards) =>
          new Set(cards.map(look)).size === 1 ||
          "cards that are alike: the same kind of media and buttons, or products of one catalogue"
        )
      )
    })
  }),
  location_request_message: Schema.Struct({
    body: Body,
    action: Schema.Struct({ name: Schema.Literal("send_location") })
  }),
  address_message: Schema.Struct({
    ...frame,
    action: named("address_message", Schema.Struct({ country: Schema.NonEmptyString }))
  }),
  voice_call: Schema.Struct({
    ...frame,
    action: Schema.Struct({
      name: Schema.Literal("voice_call"),
      parameters: optional(Schema.Struct({
        display_text: optional(upTo(20)),
        ttl_minutes: optional(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 43_200 }))),
        payload: optional(atMost(512))
      }))
    })
  }),
  call_permission_request: Schema.Struct({
    body: optional(Body),
    action: Schema.Struct({ name: Schema.Literal("call_permission_request") })
  }),
  request_contact_info: Schema.Struct({
    body: Body,
    footer: optional(Footer),
    action: Schema.Struct({ name: Schema.Literal("request_contact_info") })
  }),
  order_details: Schema.Struct({
    ...frame,
    action: named(
      "review_and_pay",
      Schema.Struct({ reference_id: upTo(60), currency: Schema.NonEmptyString, order: Schema.Unknown })
    )
  }),
  order_status: Schema.Struct({
    ...frame,
    action: named("review_order", Schema.Struct({ reference_id: upTo(60), order: Schema.Unknown }))
  })
}

const isInteractive = (type: string): type is keyof typeof interactive => Object.hasOwn(interactive, type)

const ContactName = Schema.Struct({ formatted_name: Schema.NonEmptyString })

const Component = Schema.Struct({
  type: Schema.String,
  parameters: optional(Schema.Array(Schema.Record(Schema.String, Schema.Unknown)))
})

/** The other messages by their types. */
const parts = {
  text: Schema.Struct({ body: upTo(4096) }),
  image: captioned,
  video: captioned,
  document: Schema.Struct({ caption: optional(atMost(1024)), filename: optional(atMost(240)) }),
  location: Schema.Struct({
    latitude: Schema.Number.check(Schema.isBetween({ minimum: -90, maximum: 90 })),
    longitude: Schema.Number.check(Schema.isBetween({ minimum: -180, maximum: 180 })),
    name: optional(atMost(1000)),
    address: optional(atMost(1000))
  }),
  contacts: list(Schema.Struct({ name: ContactName }), 1, 257),
  template: Schema.Struct({
    name: upTo(512),
    language: Schema.Struct({ code: Schema.NonEmptyString }),
    components: optional(Schema.Array(Component))
  })
}

const isPart = (type: string): type is keyof typeof parts => Object.hasOwn(parts, type)

const issues = SchemaIssue.makeFormatterStandardSchemaV1()

/**
 * Why the API would refuse the body of a send; `undefined` when it looks as documented. A kind of interactive message that
 * is not known here passes: the API decides.
 *
 * @category decoding
 * @since 0.1.0
 */
export const refusalOf = (body: object): string | undefined => {
  if (!Predicate.hasProperty(body, "type") || typeof body.type !== "string") return undefined
  const part: unknown = new Map<string, unknown>(Object.entries(body)).get(body.type)
  if (body.type === "interactive") {
    const type = Predicate.hasProperty(part, "type") ? part.type : undefined
    if (typeof type !== "string") return "interactive.type: is missing"
    return isInteractive(type) ? firstIssue("interactive", interactive[type], part) : undefined
  }
  return isPart(body.type) ? firstIssue(body.type, parts[body.type], part) : undefined
}

const firstIssue = (name: string, schema: Schema.Codec<unknown, unknown>, part: unknown): string | undefined => {
  const checked = Schema.decodeUnknownResult(schema)(part)
  if (Result.isSuccess(checked)) return undefined
  const [first] = issues(checked.failure.issue).issues
  const path = (first?.path ?? []).map((segment) => String(typeof segment === "object" ? segment.key : segment))
  return `${[name, ...path].join(".")}: ${first?.message ?? "not as documented"}`
}
