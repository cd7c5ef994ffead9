/**
 * The emulated catalogue of a business account, and what people see of it.
 *
 * @see https://developers.facebook.com/documentation/business-messaging/whatsapp/catalogs/sell-products-and-services
 * @since 0.1.0
 */
import { Effect } from "effect"
import { HttpServerRequest, HttpServerResponse } from "effect/http"
import type { CloudCore } from "./CloudCore.ts"
import { paged, success } from "./CloudHttp.ts"
import type { CloudHttp, Handler, Route } from "./CloudHttp.ts"
import * as Failure from "./GraphFailure.ts"

const flags: ReadonlyMap<string, boolean> = new Map([["true", true], ["false", false]])

/**
 * @category constructors
 * @since 0.1.0
 */
export const make = (core: CloudCore, { accountWith, authorized, business, missing, path }: CloudHttp) => {
  const settings = new Map<string, { readonly is_cart_enabled: boolean; readonly is_catalog_visible: boolean }>()
  const settingsOf = (id: string) => settings.get(id) ?? { is_cart_enabled: true, is_catalog_visible: false }
  const number = accountWith("whatsapp_business_management")

  const catalogs: Handler = Effect.gen(function*() {
    const { catalog, permissions } = yield* business
    if (!permissions.includes("catalog_management")) {
      return yield* Effect.fail(Failure.make(200, "The token lacks the permission catalog_management"))
    }
    return HttpServerResponse.jsonUnsafe({ data: catalog === null ? [] : [{ id: catalog.id, name: catalog.name }] })
  })

  const products: Handler = Effect.gen(function*() {
    const id = yield* path
    const owners = core.accounts().filter(({ catalog }) => catalog?.id === id)
    if (owners.length === 0) return yield* Effect.fail(missing(id))
    const { catalog } = yield* authorized(owners, "catalog_management")
    const query = yield* HttpServerRequest.ParsedSearchParams
    const wanted = String(query["fields"] ?? "id,name,retailer_id").split(",")
    return paged(catalog?.products ?? [], query, (product) => ({
      id: product.id,
      ...Object.fromEntries(Object.entries(product).filter(([name]) => wanted.includes(name)))
    }))
  })

  const readSettings: Handler = Effect.gen(function*() {
    const { id } = yield* number
    return HttpServerResponse.jsonUnsafe({ data: [{ id: `5${id}`, ...settingsOf(id) }] })
  })

  const changeSettings: Handler = Effect.gen(function*() {
    const { id } = yield* number
    const given = yield* HttpServerRequest.ParsedSearchParams
    const change: Record<string, boolean> = {}
    for (const name of ["is_cart_enabled", "is_catalog_visible"]) {
      if (given[name] === undefined) continue
      const flag = flags.get(String(given[name]))
      if (flag === undefined) return yield* Effect.fail(Failure.make(100, `Param ${name} must be a boolean`))
      change[name] = flag
    }
    settings.set(id, { ...settingsOf(id), ...change })
    return success
  })

  const routes: ReadonlyArray<Route> = [
    ["GET", "/:version/:id/product_catalogs", catalogs],
    ["GET", "/:version/:id/products", products],
    ["GET", "/:version/:id/whatsapp_commerce_settings", readSettings],
    ["POST", "/:version/:id/whatsapp_commerce_settings", changeSettings]
  ]
  return { routes }
}
