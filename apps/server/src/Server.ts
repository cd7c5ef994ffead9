/**
 * The whole server: services, workers, HTTP and, when asked for, the demo.
 *
 * @since 0.1.0
 */
import { RemovedAddons } from "@wicara/core/RemovedAddons"
import { Console, Effect, Layer, Option, Redacted } from "effect"
import { HttpServer } from "effect/http"
import { Demo } from "./Demo.ts"
import { Health } from "./Health.ts"
import * as DemoRoutes from "./http/DemoRoutes.ts"
import * as Http from "./http/HttpServer.ts"
import { ServerConfig } from "./ServerConfig.ts"
import * as Services from "./Services.ts"
import * as Workers from "./Workers.ts"

const announce = Layer.effectDiscard(Effect.gen(function*() {
  const server = yield* HttpServer.HttpServer
  yield* Console.log(`Wicara listens on ${HttpServer.formatAddress(server.address)}`)
}))

const layerPlain = announce.pipe(Layer.provideMerge(Http.layer(Layer.empty)), Layer.merge(Workers.layer))

const announceDemo = Layer.effectDiscard(Effect.gen(function*() {
  const server = yield* HttpServer.HttpServer
  const demo = yield* Demo
  const url = HttpServer.formatAddress(server.address)
  yield* demo.connect(url)
  yield* Console.log([
    "",
    `  Wicara listens on ${url}`,
    "",
    `  Demo      ${url}/demo     (a site with the widget, and a customer's WhatsApp)`,
    `  API docs  ${url}/docs`,
    ...Option.match(demo.firstRun, {
      onNone: () => [],
      onSome: ({ apiKey, email, password }) => [
        "",
        "  Shown this once:",
        `  Owner     ${email}`,
        ...(Option.isSome(password) ? [`  Password  ${Redacted.value(password.value)}`] : []),
        `  API key   ${apiKey}`
      ]
    }),
    ""
  ].join("\n"))
}))

const layerDemo = announceDemo.pipe(
  Layer.provideMerge(Http.layer(DemoRoutes.layer)),
  Layer.provide(Demo.layer),
  Layer.merge(Workers.layer)
)

/**
 * @category layers
 * @since 0.1.0
 */
export const layer = Layer.unwrap(
  Effect.map(
    ServerConfig,
    (config) => config.demo ? Layer.effectDiscard(Layer.build(layerDemo)) : Layer.effectDiscard(Layer.build(layerPlain))
  )
).pipe(
  Layer.merge(RemovedAddons.layerWarning),
  Layer.provide(Health.layer),
  Layer.provide(Services.layer)
)
