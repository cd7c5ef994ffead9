import { NodeHttpClient } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Predicate } from "effect"
import { HttpClient, HttpClientRequest } from "effect/http"
import { existsSync, readFileSync } from "node:fs"
import { parse } from "yaml"
import * as Requests from "@wicara/testing/whatsapp-cloud/CloudRequests"
import { WhatsAppCloudEmulator } from "@wicara/testing/WhatsAppCloudEmulator"
import { differences } from "./described.ts"

const file = new URL(
  "../../../../shared/contracts/whatsapp-cloud/facebook-openapi-business-messaging-api_v23.0.yaml",
  import.meta.url
)
const present = existsSync(file)
if (!present) console.warn("skipped: the description of the Cloud API is not at hand")

const TestLayer = Layer.merge(
  WhatsAppCloudEmulator.layer({ seed: "requests", accounts: { "1001": {} } }),
  NodeHttpClient.layerUndici
)

const ask = Effect.fnUntraced(function*(
  method: "GET" | "POST" | "DELETE" | "PUT",
  path: string,
  body?: object,
  token = "token-1001"
) {
  const { url } = yield* WhatsAppCloudEmulator
  const request = HttpClientRequest.make(method)(`${url}/v23.0${path}`).pipe(HttpClientRequest.bearerToken(token))
  const response = yield* HttpClient.execute(
    body === undefined ? request : HttpClientRequest.bodyJsonUnsafe(request, body)
  )
  const answer: any = yield* response.json
  return { status: response.status, error: answer.error }
})

const product = { messaging_product: "whatsapp" }

describe("The emulated Cloud API", () => {
  it.layer(TestLayer, { excludeTestServices: true })((it) => {
    it.effect("refuses what its documentation does not allow, with its error and what is wrong", () =>
      Effect.gen(function*() {
        const refused = Effect.fnUntraced(function*(path: string, body: object) {
          const { error, status } = yield* ask("POST", path, body)
          assert.strictEqual(status, 400)
          assert.deepInclude(error, { type: "OAuthException", code: 100 })
          assert.match(error.fbtrace_id, /^[\w-]{5,}$/)
          return error.message
        })
        const profile = "/1001/whatsapp_business_profile"
        assert.strictEqual(
          yield* refused(profile, { about: "x" }),
          "(#100) The parameter messaging_product is required."
        )
        assert.strictEqual(yield* refused(profile, { ...product, abuot: "x" }), "(#100) Unexpected key \"abuot\"")
        assert.strictEqual(
          yield* refused("/1001/block_users", { ...product, block_users: [{ user: "628", name: "x" }] }),
          "(#100) Unexpected key \"name\" on param \"block_users[0]\""
        )
        assert.match(yield* refused("/1001/register", { ...product, pin: "12" }), /^\(#100\) Param pin: /)
        // Whoever has no token hears of that first.
        assert.strictEqual((yield* ask("POST", profile, {}, "wrong")).error.code, 190)
      }))

    it.effect("answers unknown paths and objects as it does", () =>
      Effect.gen(function*() {
        assert.deepInclude(yield* ask("GET", "/1001/nothing/more"), { status: 400 })
        const path = yield* ask("POST", "/1001/nothing", {})
        assert.deepInclude(path.error, { code: 2500, type: "OAuthException" })
        assert.include(path.error.message, "Unknown path components: /nothing")
        const object = yield* ask("GET", "/4711")
        assert.strictEqual(object.status, 400)
        assert.deepInclude(object.error, { code: 100, error_subcode: 33 })
      }))
  })
})

const at = (value: unknown, ...path: ReadonlyArray<string>): unknown =>
  path.reduce<unknown>((one, key) => Predicate.isObject(one) ? Reflect.get(one, key) : undefined, value)

/** Fields without which nothing works, though the description does not say so. */
const known = [
  "POST /{WABA-ID}/subscribed_apps.override_callback_uri is wanted by us only",
  ...["POST", "DELETE"].flatMap((method) => [
    `${method} /{Phone-Number-ID}/block_users.block_users[].user is wanted by us only`,
    `${method} /{Phone-Number-ID}/block_users.messaging_product is wanted by us only`,
    `${method} /{Phone-Number-ID}/block_users.block_users is wanted by us only`
  ])
]

describe.skipIf(!present)("the description of the Cloud API", () => {
  it("has every request of the emulator, with the same fields", () => {
    const description: unknown = parse(readFileSync(file, "utf8"))
    const problems = Requests.requests.flatMap(({ body, method, path }) => {
      const where = `${method} ${path.replace("/{Version}", "")}`
      const operation = at(description, "paths", path, method.toLowerCase())
      return operation === undefined ? [`${where} is ours only`] : differences(
        body,
        description,
        at(operation, "requestBody", "content", "application/json", "schema"),
        where
      )
    })
    assert.deepStrictEqual(problems, known)
  })
})
