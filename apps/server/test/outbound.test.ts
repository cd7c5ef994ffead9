import { NodeHttpClient, NodeHttpServer } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import * as HostList from "@wicara/core/HostList"
import * as OutboundAddresses from "@wicara/core/OutboundAddresses"
import { Context, Effect, Exit, Layer, Schema } from "effect"
import type { Scope } from "effect"
import { HttpClient, HttpServer, HttpServerResponse } from "effect/http"
import { Socket } from "effect/socket"
import Dns from "node:dns"
import { createServer } from "node:http"
import { syncBuiltinESMExports } from "node:module"
import { createServer as createTcpServer } from "node:net"
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

/** A name that stands for this machine, whatever it looks like, until the scope closes. */
const namedHere = (name: string) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const { lookup } = Dns
      const lookupHere: typeof lookup = Object.assign(
        (host: string, ...rest: ReadonlyArray<unknown>) =>
          Reflect.apply(lookup, Dns, [host === name ? "127.0.0.1" : host, ...rest]),
        { __promisify__: lookup.__promisify__ }
      )
      Dns.lookup = lookupHere
      syncBuiltinESMExports()
      return lookup
    }),
    (lookup) =>
      Effect.sync(() => {
        Dns.lookup = lookup
        syncBuiltinESMExports()
      })
  )

/** Counts who connects, and cuts them off. */
const counting = Effect.callback<{ readonly port: number; readonly connections: () => number }, never, Scope.Scope>(
  (resume) => {
    let connections = 0
    const server = createTcpServer((socket) => {
      connections += 1
      socket.destroy()
    }).listen(0, "127.0.0.1", () => {
      const address = server.address()
      const port = typeof address === "object" && address !== null ? address.port : 0
      resume(Effect.as(
        Effect.addFinalizer(() => Effect.sync(() => server.close())),
        { port, connections: () => connections }
      ))
    })
  }
)

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

  it.live("is not the operator's of the same server, nor is the operator's this one, whichever comes first", () =>
    Effect.gen(function*() {
      const { port, requests } = yield* listening
      class Operators extends Context.Service<Operators, HttpClient.HttpClient>()("test/Operators") {}
      const operators = Layer.effect(Operators, HttpClient.HttpClient).pipe(Layer.provide(NodeHttpClient.layerUndici))
      const guarded = OutboundClient.layerWithin(parse("none"))
      const url = `http://localhost:${port}/`
      for (const layers of [Layer.provideMerge(operators, guarded), Layer.provideMerge(guarded, operators)]) {
        yield* Effect.gen(function*() {
          const error = yield* Effect.flip(HttpClient.get(url))
          assert.match(String(error.reason.cause), /does not call/)
          assert.strictEqual((yield* Operators.use((client) => client.get(url))).status, 200)
        }).pipe(Effect.provide(layers))
      }
      assert.strictEqual(requests(), 2)
    }).pipe(Effect.scoped))

  it.live("connects to nobody beyond the list of all that may be called", () =>
    Effect.gen(function*() {
      const { port, requests } = yield* listening
      const list = Schema.decodeSync(HostList.HostList)
      const get = (host: string, allowed: string, only: string) =>
        Effect.flatMap(HttpClient.get(`http://${host}:${port}/`), ({ text }) => text).pipe(
          Effect.provide(
            OutboundClient.layerWithin(OutboundAddresses.restrict(parse(allowed), { only: list(only) }))
          )
        )
      for (
        const [host, allowed, only] of [
          ["127.0.0.1", "loopback", "graph.facebook.com"],
          ["localhost", "loopback", "*.facebook.com, 10.0.0.0/8"],
          ["localhost", "localhost", "none"],
          // Being on it makes nothing public.
          ["localhost", "none", "localhost"],
          ["127.0.0.1", "none", "127.0.0.1"]
        ] as const
      ) {
        const error = yield* Effect.flip(get(host, allowed, only))
        const { cause } = error.reason as { readonly cause?: unknown }
        assert.match(
          String(cause),
          allowed === "none" ? /nor in WICARA_OUTBOUND_ALLOW/ : /not in WICARA_OUTBOUND_ONLY/,
          `${host} ${only}`
        )
      }
      assert.strictEqual(requests(), 0)
      for (
        const [host, allowed, only] of [
          ["127.0.0.1", "loopback", "127.0.0.0/8"],
          ["localhost", "loopback", "localhost"],
          ["localhost", "loopback", "loopback"]
        ] as const
      ) assert.strictEqual(yield* get(host, allowed, only), "secret of the network")
    }).pipe(Effect.scoped))

  it.live("a server whose operator wrote the list calls nobody else, and says why", () =>
    Effect.gen(function*() {
      const { port, requests } = yield* listening
      const place = yield* Harness.makePlace("sqlite")
      const variables = { ...place.variables, WICARA_OUTBOUND_ONLY: "graph.facebook.com" }
      yield* Effect.gen(function*() {
        const tenant = yield* Harness.newTenant("Acme")
        const token = yield* Harness.tokenOf(tenant, "owner")
        const made = yield* Harness.request("/v1/channel-accounts", {
          token,
          json: {
            channel: "waha",
            name: "Beside",
            settings: { baseUrl: `http://127.0.0.1:${port}`, session: "default" },
            secrets: { apiKey: "key", hmacKey: "k".repeat(32) }
          }
        })
        const tested = yield* Harness.request(`/v1/channel-accounts/${made.body.id}/test`, { token, json: {} })
        assert.strictEqual(tested.body.status, "fail", tested.text)
        assert.strictEqual(requests(), 0)
      }).pipe(Effect.provide(Harness.layerAt({ ...place, variables }).pipe(Layer.provideMerge(Harness.layerEmulators))))
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

  for (const database of Harness.databases) {
    it.live(
      `a webhook's name that stands for the server's own network is refused as it is sent, on ${database}`,
      () =>
        Effect.gen(function*() {
          const { connections, port } = yield* counting
          yield* namedHere("hooks.example.com")
          const place = yield* Harness.makePlace(database)
          const delivered = (allowed: string) =>
            Effect.gen(function*() {
              const tenant = yield* Harness.newTenant("Acme")
              const token = yield* Harness.tokenOf(tenant, "owner")
              const url = `https://hooks.example.com:${port}/hooks`
              const made = yield* Harness.request("/v1/webhook-endpoints", { token, json: { url, events: ["team.*"] } })
              assert.strictEqual(made.status, 201, made.text)
              assert.strictEqual(
                (yield* Harness.request("/v1/teams", { token, json: { name: "Support" } })).status,
                201
              )
              const { body } = yield* Harness.eventually(
                Harness.request("/v1/webhook-deliveries", { token }),
                ({ body }) => body.data[0]?.attempts === 1
              )
              return body.data[0].lastError
            }).pipe(
              Effect.provide(
                Harness.layerAt({ ...place, variables: { ...place.variables, WICARA_OUTBOUND_ALLOW: allowed } })
              )
            )
          assert.strictEqual(yield* delivered("none"), "refused_address")
          assert.strictEqual(connections(), 0)
          assert.strictEqual(yield* delivered("loopback"), "connection")
          assert.strictEqual(connections(), 1)
        }).pipe(Effect.scoped),
      90_000
    )
  }
})

describe("the sockets to what organizations name", () => {
  const opened = (address: string, allowed: string) =>
    Effect.scoped(Effect.flatMap(Socket.makeWebSocket(address), ({ reader }) => reader)).pipe(
      Effect.provide(OutboundClient.layerWebSockets(parse(allowed))),
      Effect.exit
    )

  it.live("lead to nobody on the server's own network, whatever the name", () =>
    Effect.gen(function*() {
      const { port, requests } = yield* listening
      for (const host of ["127.0.0.1", "localhost", "2130706433", "[::ffff:127.0.0.1]"]) {
        assert.isTrue(Exit.isFailure(yield* opened(`ws://${host}:${port}/ws`, "none")), host)
      }
      assert.strictEqual(requests(), 0)
      yield* opened(`ws://localhost:${port}/ws`, "loopback")
      assert.strictEqual(requests(), 1)
    }).pipe(Effect.scoped))
})
