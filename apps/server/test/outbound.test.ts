import { NodeHttpServer } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import * as OutboundAddresses from "@wicara/core/OutboundAddresses"
import { Effect, Layer, Schema } from "effect"
import { HttpClient, HttpServer, HttpServerResponse } from "effect/http"
import { createServer } from "node:http"
import * as OutboundClient from "../src/OutboundClient.ts"
import * as Harness from "./harness.ts"

const parse = Schema.decodeSync(OutboundAddresses.OutboundAddresses)

const listening = Effect.gen(function*() {
  let requests = 0
  const served = yield* Layer.build(
    HttpServer.serve(Effect.sync(() => {
      requests += 1
      return HttpServerResponse.text("secret of the network")
    })).pipe(Layer.provideMerge(NodeHttpServer.layer(() => createServer(), { port: 0, host: "127.0.0.1" })))
  )
  const { address } = yield* Effect.provide(HttpServer.HttpServer, Layer.succeedContext(served))
  return { port: "port" in address ? address.port : 0, requests: () => requests }
})

const get = (url: string, allowed: string) =>
  Effect.flatMap(HttpClient.get(url), ({ text }) => text).pipe(
    Effect.provide(OutboundClient.layerWithin(parse(allowed)))
  )

describe("the client for what organizations name", () => {
  it.live("connects to nobody on the server's own network, whatever the name", () =>
    Effect.gen(function*() {
      const { port, requests } = yield* listening
      for (const host of ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]"]) {
        const error = yield* Effect.flip(get(`http://${host}:${port}/`, "none"))
        const { cause } = error.reason as { readonly cause?: unknown }
        assert.match(String(cause), /does not call/, host)
      }
      assert.strictEqual(requests(), 0)
    }).pipe(Effect.scoped))

  it.live("connects to what the operator allows", () =>
    Effect.gen(function*() {
      const { port, requests } = yield* listening
      for (
        const [host, allowed] of [["127.0.0.1", "loopback"], ["localhost", "127.0.0.0/8"], ["localhost", "localhost"]]
      ) {
        assert.strictEqual(yield* get(`http://${host}:${port}/`, allowed!), "secret of the network")
      }
      assert.strictEqual(requests(), 3)
    }).pipe(Effect.scoped))

  it.live("a WAHA server on the server's own network is reported as refused", () =>
    Effect.gen(function*() {
      const { port, requests } = yield* listening
      const place = yield* Harness.makePlace("sqlite")
      const { WICARA_OUTBOUND_ALLOW: _, ...variables } = place.variables
      yield* Effect.gen(function*() {
        const tenant = yield* Harness.newTenant("Acme")
        const token = yield* Harness.tokenOf(tenant, "owner")
        const made = yield* Harness.request("/v1/channel-accounts", {
          token,
          json: {
            channel: "waha",
            name: "Inside",
            settings: { baseUrl: `http://127.0.0.1:${port}`, session: "default" },
            secrets: { apiKey: "key", hmacKey: "k".repeat(32) }
          }
        })
        assert.strictEqual(made.status, 201, made.text)
        const tested = yield* Harness.request(`/v1/channel-accounts/${made.body.id}/test`, { token, json: {} })
        assert.strictEqual(tested.body.status, "fail", tested.text)
        assert.notInclude(tested.text, "secret of the network")
        assert.strictEqual(requests(), 0)
      }).pipe(Effect.provide(Harness.layerAt({ ...place, variables }).pipe(Layer.provideMerge(Harness.layerEmulators))))
    }).pipe(Effect.scoped))
})
