import { assert, it } from "@effect/vitest"
import { ChannelRegistry } from "@wicara/channels/ChannelRegistry"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import { Effect, Layer } from "effect"
import { HttpRouter, HttpServer } from "effect/http"
import { HttpApi, HttpApiBuilder } from "effect/http-api"
import { WidgetApi } from "../src/Widget/Api.ts"
import * as WidgetHttp from "../src/Widget/Http.ts"
import * as WidgetAdapter from "../src/WidgetAdapter.ts"
import { layerProcess, layerStore, site } from "./harness.ts"

const Registry = Layer.unwrap(
  Effect.map(WidgetAdapter.make, (widget) => ChannelRegistry.layer([widget]))
)

const Routes = HttpApiBuilder.layer(HttpApi.make("wicara").add(WidgetApi)).pipe(
  Layer.provide(WidgetHttp.layer),
  Layer.merge(WidgetHttp.layerCors)
)

const services = layerProcess().pipe(Layer.provideMerge(layerStore(TestDatabase.layerSqlite)))

it.live("the README's wiring serves the widget", () =>
  Effect.gen(function*() {
    const registry = yield* ChannelRegistry
    assert.deepStrictEqual(registry.all.map((adapter) => adapter.id), ["widget"])
    const web = HttpRouter.toWebHandler(
      Routes.pipe(Layer.provide(services), Layer.provide(HttpServer.layerServices)),
      { disableLogger: true }
    )
    yield* Effect.addFinalizer(() => Effect.promise(() => web.dispose()))
    const response = yield* Effect.promise(() =>
      web.handler(
        new Request(`http://localhost/v1/widget/${site.id}/sessions`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: "{}"
        })
      )
    )
    assert.strictEqual(response.status, 200)
  }).pipe(Effect.provide(Registry.pipe(Layer.provide(services))), Effect.scoped))
