/**
 * The catalogue that a business account is connected with, its products, and whether people see it and can fill a cart.
 *
 * @see https://developers.facebook.com/documentation/business-messaging/whatsapp/catalogs/sell-products-and-services
 * @since 0.1.0
 */
import { Effect, Schema } from "effect"
import type { HttpClient } from "effect/http"
import * as GraphApi from "./GraphApi.ts"
import { optional } from "./internal/optional.ts"

/** @category models @since 0.1.0 */
export const Catalog = Schema.Struct({ id: Schema.String, name: Schema.String }).annotate({
  identifier: "WhatsAppCatalog"
})
/** @since 0.1.0 */
export type Catalog = typeof Catalog.Type

/** A catalogue's id at the provider: digits. @category ids @since 0.1.0 */
export const CatalogNumber = Schema.String.check(Schema.isPattern(/^[0-9]{1,32}$/, { expected: "an id of digits" }))

/**
 * A product as the catalogue has it. `id` is what messages and orders name; `price` is in the provider's words.
 *
 * @category models
 * @since 0.1.0
 */
export const CatalogProduct = Schema.Struct({
  /** The seller's own id (`retailer_id`). */
  id: Schema.String,
  name: Schema.String,
  description: Schema.NullOr(Schema.String),
  price: Schema.NullOr(Schema.String),
  currency: Schema.NullOr(Schema.String),
  /** `in stock`, `out of stock`, `preorder`, … */
  availability: Schema.NullOr(Schema.String),
  imageUrl: Schema.NullOr(Schema.String),
  url: Schema.NullOr(Schema.String)
}).annotate({ identifier: "WhatsAppCatalogProduct" })
/** @since 0.1.0 */
export type CatalogProduct = typeof CatalogProduct.Type

/** What people see of the catalogue. @category models @since 0.1.0 */
export const CommerceSettings = Schema.Struct({
  catalogVisible: Schema.Boolean,
  cartEnabled: Schema.Boolean
}).annotate({ identifier: "WhatsAppCommerceSettings" })
/** @since 0.1.0 */
export type CommerceSettings = typeof CommerceSettings.Type

const text = Schema.optional(Schema.NullOr(Schema.String))
const flag = Schema.optional(Schema.NullOr(Schema.Boolean))

const Catalogs = Schema.Struct({ data: Schema.Array(Schema.Struct({ id: Schema.String, name: text })) })

const Products = Schema.Struct({
  data: Schema.Array(Schema.Struct({
    retailer_id: text,
    name: text,
    description: text,
    price: text,
    currency: text,
    availability: text,
    image_url: text,
    url: text
  })),
  paging: GraphApi.Paging
})

const Commerce = Schema.Struct({
  data: Schema.Array(Schema.Struct({ is_catalog_visible: flag, is_cart_enabled: flag }))
})

type Asked<A> = Effect.Effect<A, GraphApi.Failure, HttpClient.HttpClient>

/** @category requests @since 0.1.0 */
export const list = (caller: GraphApi.Caller, businessAccountId: string): Asked<ReadonlyArray<Catalog>> =>
  Effect.map(
    GraphApi.call(caller, Catalogs, {
      method: "GET",
      path: `${businessAccountId}/product_catalogs`,
      query: { fields: "id,name" }
    }),
    ({ data }) => data.map(({ id, name }) => ({ id, name: name ?? "" }))
  )

/** One page; what has no id of the seller's can't be named in a message, and is left out. @category requests @since 0.1.0 */
export const products = (
  caller: GraphApi.Caller,
  catalogId: string,
  after?: string
): Asked<{ readonly products: ReadonlyArray<CatalogProduct>; readonly after: string | null }> =>
  Effect.map(
    GraphApi.call(caller, Products, {
      method: "GET",
      path: `${catalogId}/products`,
      query: {
        fields: "retailer_id,name,description,price,currency,availability,image_url,url",
        limit: "100",
        ...optional("after", after)
      }
    }),
    ({ data, paging }) => ({
      products: data.flatMap((product) =>
        product.retailer_id == null ? [] : [{
          id: product.retailer_id,
          name: product.name ?? "",
          description: product.description ?? null,
          price: product.price ?? null,
          currency: product.currency ?? null,
          availability: product.availability ?? null,
          imageUrl: product.image_url ?? null,
          url: product.url ?? null
        }]
      ),
      after: GraphApi.nextOf(paging)
    })
  )

/** @category requests @since 0.1.0 */
export const commerce = (caller: GraphApi.Caller, phoneNumberId: string): Asked<CommerceSettings> =>
  Effect.map(
    GraphApi.call(caller, Commerce, { method: "GET", path: `${phoneNumberId}/whatsapp_commerce_settings` }),
    // Until it is set, a cart can be filled, and the catalogue is not shown.
    ({ data: [settings] }) => ({
      catalogVisible: settings?.is_catalog_visible ?? false,
      cartEnabled: settings?.is_cart_enabled ?? true
    })
  )

const Success = Schema.Struct({ success: Schema.Literal(true) })

/** @category requests @since 0.1.0 */
export const setCommerce = (
  caller: GraphApi.Caller,
  phoneNumberId: string,
  { cartEnabled, catalogVisible }: CommerceSettings
): Asked<void> =>
  Effect.asVoid(GraphApi.call(caller, Success, {
    method: "POST",
    path: `${phoneNumberId}/whatsapp_commerce_settings`,
    query: { is_cart_enabled: String(cartEnabled), is_catalog_visible: String(catalogVisible) }
  }))
