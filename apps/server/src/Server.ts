/**
 * The whole server: services, workers, HTTP and, when asked for, the demo.
 *
 * @since 0.1.0
 */
import { Console, Effect, Layer } from "effect"
import { HttpServer } from "effect/http"
import { Health } from "./Health.ts"
import * as Http from "./http/HttpServer.ts"
import * as Services from "./Services.ts"

const announce = Layer.effectDiscard(Effect.gen(function*() {
  const server = yield* HttpServer.HttpServer
  yield* Console.log(`Wicara listens on ${HttpServer.formatAddress(server.address)}`)
}))

/**
 * @category layers
 * @since 0.1.0
 */
export const layer = announce.pipe(
  Layer.provideMerge(Http.layer(Layer.empty)),
  Layer.provide(Health.layer),
  Layer.provide(Services.layer)
)
