/**
 * Interactive messages as the Cloud API takes them.
 *
 * @see https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/send-messages
 * @since 0.1.0
 */
import { Predicate, Result, Schema } from "effect"
import type { CloudAccount } from "./CloudAccount.ts"
import { atMost, check, Link, strict, upTo } from "./CloudChecks.ts"
import type { GraphFailure } from "./GraphFailure.ts"
import * as Failure from "./GraphFailure.ts"

const optional = Schema.optionalKey

const Body = Schema.Struct({ text: upTo(1024) })
const Footer = Schema.Struct({ text: upTo(60) })
const media = Schema.Union([
  Schema.Struct({ link: Link }),
  Schema.Struct({ id: Schema.NonEmptyString })
])
const sub_text = optional(Schema.String)
const TextHeader = Schema.Struct({ type: Schema.Literal("text"), text: upTo(60), sub_text })
const Header = Schema.Union([
  TextHeader,
  Schema.Struct({ type: Schema.Literal("image"), image: media, sub_text }),
  Schema.Struct({ type: Schema.Literal("video"), video: media, sub_text }),
  Schema.Struct({
    type: Schema.Literal("document"),
    sub_text,
    document: Schema.Struct({
      link: optional(Link),
      id: optional(Schema.NonEmptyString),
      filename: optional(Schema.String)
    })
  })
])
const type = { type: Schema.String }
const frame = { ...type, header: optional(Header), body: Body, footer: optional(Footer) }

const Button = Schema.Struct({
  type: Schema.Literal("reply"),
  reply: Schema.Struct({ id: upTo(256), title: upTo(20) })
})
const Row = Schema.Struct({ id: upTo(200), title: upTo(24), description: optional(atMost(72)) })
const Section = Schema.Struct({ title: optional(atMost(24)), rows: Schema.NonEmptyArray(Row) })
const UrlAction = Schema.Struct({
  name: Schema.Literal("cta_url"),
  parameters: Schema.Struct({ display_text: upTo(20), url: Link })
})

const titled = (sections: ReadonlyArray<{ readonly title?: string }>) =>
  sections.length < 2 || sections.every(({ title }) => title !== undefined && title !== "") ||
  "a title for every section when there are several"

const Product = Schema.Struct({ catalog_id: Schema.NonEmptyString, product_retailer_id: Schema.NonEmptyString })
const ProductSection = Schema.Struct({
  title: optional(atMost(24)),
  product_items: Schema.NonEmptyArray(Schema.Struct({ product_retailer_id: Schema.NonEmptyString }))
})

const card_index = optional(Schema.Int)
const MediaCard = Schema.Struct({
  card_index,
  type: Schema.Literal("cta_url"),
  header: Schema.Union([
    Schema.Struct({ type: Schema.Literal("image"), image: media }),
    Schema.Struct({ type: Schema.Literal("video"), video: media })
  ]),
  body: optional(Schema.Struct({ text: upTo(160) })),
  action: Schema.Union([
    UrlAction,
    Schema.Struct({
      buttons: Schema.NonEmptyArray(
        Schema.Struct({
          type: Schema.Literal("quick_reply"),
          quick_reply: Schema.Struct({ id: upTo(256), title: upTo(20) })
        })
      )
    })
  ])
})
const ProductCard = Schema.Struct({ card_index, type: Schema.Literal("product"), action: Product })

const buttonsOf = (card: typeof MediaCard.Type) => "buttons" in card.action ? card.action.buttons.length : 0

const cards = <S extends Schema.Constraint>(card: S) =>
  Schema.Array(card).check(Schema.isMinLength(2), Schema.isMaxLength(10))

const Flow = Schema.Struct({
  flow_message_version: Schema.String,
  flow_id: optional(Schema.NonEmptyString),
  flow_name: optional(Schema.NonEmptyString),
  flow_cta: upTo(30),
  flow_token: optional(Schema.String),
  mode: optional(Schema.Literals(["draft", "published"])),
  flow_action: optional(Schema.Literals(["navigate", "data_exchange"])),
  flow_action_payload: optional(Schema.Struct({
    screen: optional(Schema.NonEmptyString),
    data: optional(Schema.Record(Schema.String, Schema.Unknown))
  }))
}).check(
  Schema.makeFilter((flow) =>
    (flow.flow_id === undefined) !== (flow.flow_name === undefined) || "flow_id and flow_name exclude each other"
  ),
  Schema.makeFilter((flow) =>
    flow.flow_action !== "data_exchange" || flow.flow_action_payload === undefined ||
    "flow_action_payload goes with navigate only"
  )
)

const kinds = {
  button: Schema.Struct({
    ...frame,
    action: Schema.Struct({
      buttons: Schema.Array(Button).check(Schema.isMinLength(1), Schema.isMaxLength(3)).check(
        Schema.makeFilter((buttons) =>
          new Set(buttons.map((one) => one.reply.title)).size === buttons.length || "titles that differ"
        )
      )
    })
  }),
  list: Schema.Struct({
    ...type,
    header: optional(TextHeader),
    body: Schema.Struct({ text: upTo(4096) }),
    footer: optional(Footer),
    action: Schema.Struct({
      button: upTo(20),
      sections: Schema.Array(Section).check(Schema.isMinLength(1), Schema.isMaxLength(10)).check(
        Schema.makeFilter(titled),
        Schema.makeFilter((sections) =>
          sections.reduce((count, one) => count + one.rows.length, 0) <= 10 || "at most 10 rows in all"
        )
      )
    })
  }),
  cta_url: Schema.Struct({ ...frame, action: UrlAction }),
  flow: Schema.Struct({
    ...frame,
    action: Schema.Struct({ name: Schema.Literal("flow"), parameters: Flow })
  }),
  product: Schema.Struct({ ...type, body: optional(Body), footer: optional(Footer), action: Product }),
  product_list: Schema.Struct({
    ...type,
    header: TextHeader,
    body: Body,
    footer: optional(Footer),
    action: Schema.Struct({
      catalog_id: Schema.NonEmptyString,
      sections: Schema.Array(ProductSection).check(Schema.isMinLength(1), Schema.isMaxLength(10)).check(
        Schema.makeFilter(titled),
        Schema.makeFilter((sections) =>
          sections.reduce((count, one) => count + one.product_items.length, 0) <= 30 || "at most 30 products in all"
        )
      )
    })
  }),
  catalog_message: Schema.Struct({
    ...type,
    body: Body,
    footer: optional(Footer),
    action: Schema.Struct({
      name: Schema.Literal("catalog_message"),
      parameters: optional(Schema.Struct({ thumbnail_product_retailer_id: optional(Schema.NonEmptyString) }))
    })
  }),
  carousel: Schema.Struct({
    ...type,
    body: Body,
    action: Schema.Struct({
      cards: Schema.Union([
        cards(MediaCard).check(
          Schema.makeFilter((all) =>
            new Set(all.map((card) => `${card.header.type} ${buttonsOf(card)}`)).size === 1 ||
            "the same media and buttons on every card"
          )
        ),
        cards(ProductCard).check(
          Schema.makeFilter((all) =>
            new Set(all.map(({ action }) => action.catalog_id)).size === 1 || "products of one catalog"
          )
        )
      ])
    })
  }),
  address_message: Schema.Struct({
    ...frame,
    action: Schema.Struct({
      name: Schema.Literal("address_message"),
      parameters: Schema.Struct({
        country: Schema.Literals(["IN", "SG"]),
        values: optional(Schema.Record(Schema.String, Schema.String)),
        validation_errors: optional(Schema.Record(Schema.String, Schema.String)),
        saved_addresses: optional(
          Schema.Array(Schema.Struct({ id: upTo(200), value: Schema.Record(Schema.String, Schema.String) }))
        )
      })
    })
  }),
  location_request_message: Schema.Struct({
    ...type,
    body: Body,
    action: Schema.Struct({ name: Schema.Literal("send_location") })
  })
}

/** Every other kind: calls, contact information, order details … */
const Other = Schema.Struct({
  ...frame,
  body: optional(Body),
  action: Schema.Record(Schema.String, Schema.Unknown)
})

/**
 * Any of them.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Interactive = Schema.Union([...Object.values(kinds), Other])

const Titled = Schema.Struct({ body: optional(Body) })

const isKind = (type: string): type is keyof typeof kinds => Object.hasOwn(kinds, type)

/** Every product that is named, with the catalogue that it is said to be of; without one, it is of the connected one. */
const productsOf = (
  value: unknown,
  of?: string
): ReadonlyArray<{ readonly catalog: string | undefined; readonly product: string }> => {
  if (Array.isArray(value)) return value.flatMap((one) => productsOf(one, of))
  if (!Predicate.isObject(value)) return []
  const catalog = Predicate.isString(value.catalog_id) ? value.catalog_id : of
  return Object.entries(value).flatMap(([key, one]) =>
    key.endsWith("product_retailer_id") && Predicate.isString(one)
      ? [{ catalog, product: one }]
      : productsOf(one, catalog)
  )
}

/**
 * The text of an interactive message that passed, or the refusal of the API.
 *
 * @category decoding
 * @since 0.1.0
 */
export const decode = (
  part: unknown,
  { catalog }: CloudAccount
): Result.Result<{ readonly text: string }, GraphFailure> => {
  if (!Predicate.isObject(part)) return Result.fail(Failure.make(131008, "Parameter interactive is missing"))
  const { type } = part
  if (!Predicate.isString(type)) return Result.fail(Failure.make(131008, "Parameter type is missing"))
  const schema: Schema.Codec<unknown, unknown> = isKind(type) ? kinds[type] : Other
  return Result.flatMap(strict(schema, part, ["interactive"]), () => {
    if (type === "catalog_message" && catalog === null) {
      return Result.fail(Failure.make(131009, "No catalog is connected to the business account"))
    }
    const unknown = (isKind(type) ? productsOf(part) : []).find((named) =>
      catalog === null || (named.catalog !== undefined && named.catalog !== catalog.id) ||
      !catalog.products.some(({ retailer_id: known }) => known === named.product)
    )
    return unknown === undefined
      ? Result.map(check(Titled, part), ({ body }) => ({ text: body?.text ?? "" }))
      : Result.fail(Failure.make(131009, `Products not found in FB Catalog: ${unknown.product}`))
  })
}
