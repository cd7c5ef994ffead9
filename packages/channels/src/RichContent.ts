/**
 * Messages that open something in the customer's app: a form, products of a catalogue, cards, a question for an address
 * or a place.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"

const optional = Schema.optionalKey

/** The words around what is opened. */
const frame = { body: Schema.String, header: optional(Schema.String), footer: optional(Schema.String) }

/**
 * A product of a catalogue. `name` is for the transcript and for channels without catalogues: those that have them show
 * the catalogue's own.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Product = Schema.Struct({ id: Schema.String, name: optional(Schema.String) })

/**
 * A form of several screens, which is answered with `flow_reply`. `token` comes back in the answer. It begins with its
 * first screen, or with `screen` filled with `data`, or with what the form's own server says (`dynamic`).
 *
 * @see https://developers.facebook.com/docs/whatsapp/flows/guides/sendingaflow
 * @category schemas
 * @since 0.1.0
 */
export const FlowContent = Schema.Struct({
  type: Schema.Literal("flow"),
  ...frame,
  /** The label of the button that opens it. */
  button: Schema.String,
  flow: Schema.Union([Schema.Struct({ id: Schema.String }), Schema.Struct({ name: Schema.String })]),
  token: optional(Schema.String),
  /** It is not published yet: only people who test it can open it. */
  draft: optional(Schema.Boolean),
  screen: optional(Schema.String),
  data: optional(Schema.JsonObject),
  dynamic: optional(Schema.Boolean)
})

/** One product of a catalogue. @category schemas @since 0.1.0 */
export const ProductContent = Schema.Struct({
  type: Schema.Literal("product"),
  body: optional(Schema.String),
  footer: optional(Schema.String),
  catalogId: Schema.String,
  product: Product
})

/** Products of a catalogue to choose from, at most 30 on WhatsApp. @category schemas @since 0.1.0 */
export const ProductListContent = Schema.Struct({
  type: Schema.Literal("product_list"),
  ...frame,
  header: Schema.String,
  catalogId: Schema.String,
  sections: Schema.NonEmptyArray(
    Schema.Struct({ title: optional(Schema.String), products: Schema.NonEmptyArray(Product) })
  )
})

/** The whole catalogue that the account is connected with, under the picture of one product. @category schemas @since 0.1.0 */
export const CatalogContent = Schema.Struct({
  type: Schema.Literal("catalog"),
  body: Schema.String,
  footer: optional(Schema.String),
  thumbnailProductId: optional(Schema.String)
})

const media = {
  media: Schema.Struct({ type: Schema.Literals(["image", "video"]), url: Schema.String }),
  body: optional(Schema.String)
}

/**
 * Cards side by side, 2 to 10 on WhatsApp: all with a link, all with buttons, or all with a product.
 *
 * @category schemas
 * @since 0.1.0
 */
export const CarouselContent = Schema.Struct({
  type: Schema.Literal("carousel"),
  body: Schema.String,
  cards: Schema.NonEmptyArray(Schema.Union([
    Schema.Struct({ ...media, link: Schema.Struct({ title: Schema.String, url: Schema.String }) }),
    Schema.Struct({
      ...media,
      buttons: Schema.NonEmptyArray(Schema.Struct({ id: Schema.String, title: Schema.String }))
    }),
    Schema.Struct({ catalogId: Schema.String, product: Product })
  ]))
})

const address = Schema.Record(Schema.String, Schema.String)

/**
 * A question for an address, which is answered with `flow_reply`. `values` are filled in already, `problems` say what is
 * wrong with them, by the same names.
 *
 * @category schemas
 * @since 0.1.0
 */
export const AddressRequestContent = Schema.Struct({
  type: Schema.Literal("address_request"),
  ...frame,
  /** ISO 3166-1 alpha-2; WhatsApp knows the addresses of `IN` and `SG`. */
  country: Schema.String,
  values: optional(address),
  problems: optional(address),
  saved: optional(Schema.Array(Schema.Struct({ id: Schema.String, value: address })))
})

/** A question for where the customer is, which is answered with `location`. @category schemas @since 0.1.0 */
export const LocationRequestContent = Schema.Struct({ type: Schema.Literal("location_request"), body: Schema.String })

/**
 * @category schemas
 * @since 0.1.0
 */
export const RichContent = Schema.Union([
  FlowContent,
  ProductContent,
  ProductListContent,
  CatalogContent,
  CarouselContent,
  AddressRequestContent,
  LocationRequestContent
])
/** @since 0.1.0 */
export type RichContent = typeof RichContent.Type
