import { NodeHttpClient } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer, Predicate, Schema } from "effect"
import { HttpClient, HttpClientRequest, HttpRouter } from "effect/http"
import { existsSync, readFileSync } from "node:fs"
import * as AuthRoutes from "@wicara/testing/waha/WahaAuthRoutes"
import * as Calls from "@wicara/testing/waha/WahaCalls"
import * as GroupRoutes from "@wicara/testing/waha/WahaGroupRoutes"
import * as ManageRoutes from "@wicara/testing/waha/WahaManageRoutes"
import * as ReadRoutes from "@wicara/testing/waha/WahaReadRoutes"
import * as Requests from "@wicara/testing/waha/WahaRequests"
import * as SendRoutes from "@wicara/testing/waha/WahaSendRoutes"
import * as WahaServer from "@wicara/testing/waha/WahaServer"
import { WahaEmulator } from "@wicara/testing/WahaEmulator"
import { differences } from "./described.ts"

const file = new URL("../../../../shared/contracts/waha/waha-openapi-2026-07.json", import.meta.url)
const present = existsSync(file)
if (!present) console.warn("skipped: WAHA's OpenAPI is not at hand")

const emulator = (options: WahaServer.Options = {}) =>
  Layer.merge(
    WahaEmulator.layer({ accounts: { shop: {} }, startDelay: 1, ...options }),
    NodeHttpClient.layerUndici
  )

const ask = Effect.fnUntraced(function*(
  method: "GET" | "POST" | "PUT" | "DELETE",
  path: string,
  body?: object,
  key = "waha-key"
) {
  const { url } = yield* WahaEmulator
  const request = HttpClientRequest.make(method)(`${url}${path}`, { headers: { "x-api-key": key } })
  const response = yield* HttpClient.execute(
    body === undefined ? request : HttpClientRequest.bodyJsonUnsafe(request, body)
  )
  return { status: response.status, body: yield* response.json }
})

const refused = (...message: ReadonlyArray<string>) => ({
  status: 400,
  body: { message, error: "Bad Request", statusCode: 400 }
})

const text = { session: "shop", chatId: "6281300000042@c.us", text: "Halo" }

describe("The emulated WAHA server", () => {
  it.live("refuses what its documentation does not allow, and says where", () =>
    Effect.gen(function*() {
      const { chatId: _, ...nobody } = text
      const send = (body: object) => ask("POST", "/api/sendText", body)
      assert.deepStrictEqual(yield* send(nobody), refused("chatId should not be null or undefined"))
      assert.deepStrictEqual(yield* send({ ...text, text: 7 }), refused("text must be a string"))
      assert.deepStrictEqual(yield* send({ ...text, replyTo: "x" }), refused("property replyTo should not exist"))
      assert.deepStrictEqual(
        yield* ask("POST", "/api/sendImage", {
          session: "shop",
          chatId: text.chatId,
          file: { mimetype: "image/png", url: "https://files.test/a", link: "https://files.test/a" }
        }),
        refused("file.property link should not exist")
      )
      assert.deepStrictEqual(
        yield* ask("GET", "/api/shop/chats?limit=1&page=2"),
        refused("property page should not exist")
      )
      // The key is looked at first, as by guards.
      assert.strictEqual((yield* ask("POST", "/api/sendText", nobody, "wrong")).status, 401)
      const { ledger } = yield* WahaEmulator
      assert.deepStrictEqual(ledger.all().filter(({ direction }) => direction === "send"), [])
      assert.strictEqual((yield* send(text)).status, 201)
    }).pipe(Effect.provide(emulator())))

  it.live("ignores unknown fields as WAHA does when it is not strict, and still refuses wrong ones", () =>
    Effect.gen(function*() {
      assert.strictEqual((yield* ask("POST", "/api/sendText", { ...text, replyTo: "x" })).status, 201)
      assert.deepStrictEqual(
        yield* ask("POST", "/api/sendText", { ...text, text: 7, more: 1 }),
        refused("text must be a string")
      )
    }).pipe(Effect.provide(emulator({ strict: false }))))

  it.live("has no other paths and methods", () =>
    Effect.gen(function*() {
      for (const [method, path] of [["GET", "/api/nothing"], ["POST", "/api/shop/chats?limit=1"]] as const) {
        assert.deepStrictEqual(yield* ask(method, path), {
          status: 404,
          body: { message: `Cannot ${method} ${path}`, error: "Not Found", statusCode: 404 }
        })
      }
    }).pipe(Effect.provide(emulator())))

  it.effect("knows the documentation of every route", () =>
    Effect.gen(function*() {
      const server = yield* WahaServer.make()
      const served: Array<string> = []
      const router = {
        add: (method: string, path: string) => Effect.sync(() => void served.push(Requests.keyOf(method, path)))
      } as unknown as HttpRouter.HttpRouter
      yield* Layer.build(
        Layer.mergeAll(
          ...[SendRoutes, ReadRoutes, AuthRoutes, GroupRoutes, ManageRoutes, Calls].map(({ routes }) =>
            routes(server)
          ) as [
            Layer.Layer<never, never, HttpRouter.HttpRouter>
          ]
        )
      ).pipe(
        Effect.provide(Context.make(HttpRouter.HttpRouter, router))
      )
      const known = new Set(Requests.requests.map(({ method, path }) => Requests.keyOf(method, path)))
      assert.isAbove(served.length, 60)
      assert.deepStrictEqual(served.filter((one) => !known.has(one)), ["GET /api/files/{}/{}"])
      assert.strictEqual(known.size, Requests.requests.length)
    }).pipe(Effect.scoped, Effect.provide(NodeHttpClient.layerUndici)))
})

const at = (value: unknown, ...path: ReadonlyArray<string>): unknown =>
  path.reduce<unknown>((one, key) => Predicate.isObject(one) ? Reflect.get(one, key) : undefined, value)

/**
 * Mentions are described in the vendor's guide only; the others are listed as required though they have a default, or
 * another field stands in for them.
 */
const lenient = [
  "POST /api/sessions.config.noweb.markOnline is wanted by them only",
  "PUT /api/sessions/{session}.config.noweb.markOnline is wanted by them only",
  "POST /api/sendText.mentions is ours only",
  "POST /api/sendVoice.file.mimetype is wanted by them only",
  "POST /api/sendVideo.file.mimetype is wanted by them only",
  "POST /api/sendVideo.file.filename is wanted by them only",
  "POST /api/sendContactVcard.contacts[].vcard is wanted by them only"
]

describe.skipIf(!present)("WAHA's OpenAPI", () => {
  it("has every request of the emulator, with the same fields", () => {
    const description = Schema.decodeUnknownSync(Schema.fromJsonString(Schema.Unknown))(readFileSync(file, "utf8"))
    const paths = at(description, "paths")
    const found = Object.keys(Predicate.isObject(paths) ? paths : {}).flatMap((path) => {
      const operations = at(paths, path)
      return Object.entries(Predicate.isObject(operations) ? operations : {}).map(([method, operation]) =>
        [Requests.keyOf(method.toUpperCase(), path), operation] as const
      )
    })
    const operations = new Map<string, unknown>(found)
    const problems = Requests.requests.flatMap(({ body, method, path, query }) => {
      const where = `${method} ${path}`
      const operation = operations.get(Requests.keyOf(method, path))
      if (operation === undefined) return [`${where} is ours only`]
      const parameters = at(operation, "parameters")
      const names = (Array.isArray(parameters) ? parameters : []).filter((one) => at(one, "in") === "query")
        .map((one) => String(at(one, "name")))
      const schema = at(operation, "requestBody", "content", "application/json", "schema")
      return [
        ...names.filter((name) => !query.includes(name)).map((name) => `${where}?${name} is theirs only`),
        ...query.filter((name) => !names.includes(name)).map((name) => `${where}?${name} is ours only`),
        ...differences(body, description, schema ?? { type: "object", properties: {} }, where)
      ]
    })
    assert.deepStrictEqual(problems, lenient)
  })
})
