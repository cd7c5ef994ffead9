import { assert, describe, it } from "@effect/vitest"
import * as Pagination from "@wicara/core/Pagination"
import * as Permissions from "@wicara/core/Permissions"
import { NotFound } from "@wicara/core/Problem"
import { PublicUrl } from "@wicara/core/PublicUrl"
import { RequestId } from "@wicara/core/RequestId"
import { RequestProblems } from "@wicara/core/RequestProblems"
import * as Secret from "@wicara/core/Secret"
import { Effect, Layer, Schema } from "effect"
import { HttpServerResponse } from "effect/http"
import { HttpApi, HttpApiBuilder, HttpApiEndpoint, HttpApiGroup, OpenApi } from "effect/http-api"
import { SqlError } from "effect/sql"
import { serve } from "./http.ts"

const api = HttpApi.make("wicara").add(
  HttpApiGroup.make("things").add(
    HttpApiEndpoint.post("make", "/v1/things", {
      payload: Schema.Struct({
        "a/b": Schema.Struct({ list: Schema.Array(Schema.Int) }),
        secret: Secret.Input,
        any: Schema.optionalKey(Schema.Json)
      }),
      success: Schema.Struct({ requestId: Schema.String })
    }),
    HttpApiEndpoint.get("list", "/v1/things", { query: Pagination.query, success: Schema.Int }),
    HttpApiEndpoint.get("fail", "/v1/fail/:how", {
      params: { how: Schema.Literals(["defect", "database", "busy", "contract", "known", "bare"]) },
      success: Schema.Int
    })
  ).annotateEndpoints(Permissions.Access, Permissions.open)
).middleware(RequestProblems)

const lost = new SqlError.SqlError({
  reason: new SqlError.ConnectionError({
    message: "connect ECONNREFUSED 10.1.2.3:3306",
    cause: new Error("x"),
    operation: "connect"
  })
})
const busy = new SqlError.SqlError({
  reason: new SqlError.UnknownError({
    message: "x",
    cause: Object.assign(new Error("x"), { code: "PROTOCOL_CONNECTION_LOST" }),
    operation: "execute"
  })
})

const handlers = HttpApiBuilder.group(api, "things", (handlers) =>
  handlers.handleAll({
    make: () => Effect.map(RequestId, (requestId) => ({ requestId: requestId ?? "" })),
    list: () => Effect.succeed(1),
    fail: ({ params: { how } }) => {
      switch (how) {
        case "defect":
          return Effect.die(new Error("secret detail at /srv/x.ts"))
        case "database":
          return Effect.die(lost)
        case "busy":
          return Effect.die(busy)
        case "contract":
          return Effect.succeed(1.5 as never as "x" as never)
        case "known":
          return Effect.die(NotFound.of("thing", "1"))
        case "bare":
          return Effect.die(HttpServerResponse.empty({ status: 404 }))
      }
    }
  })).pipe(Layer.provideMerge(RequestProblems.layer))

const good = { "a/b": { list: [1] }, secret: "s" }

describe("ProblemResponses", () => {
  const problem = (name: string) => `https://wicara.dev/problems/${name}`

  it.effect("a body of the wrong shape is 400, says where, and does not repeat what was sent", () =>
    Effect.gen(function*() {
      const fetch = yield* serve(api, handlers)
      const answer = yield* fetch("/v1/things", { json: { "a/b": { list: [1, "hunter2"] }, secret: 12345678 } })
      assert.strictEqual(answer.status, 400)
      assert.strictEqual(answer.headers.get("content-type"), "application/problem+json")
      assert.strictEqual(answer.body.type, problem("invalid-request"))
      assert.deepStrictEqual([answer.body.errors[0].in, answer.body.errors[0].pointer], ["body", "/a~1b/list/1"])
      assert.notInclude(answer.text, "hunter2")
      assert.notInclude(answer.text, "12345678")
      const query = yield* fetch("/v1/things?limit=500")
      assert.deepStrictEqual([query.status, query.body.errors[0].in, query.body.errors[0].pointer], [
        400,
        "query",
        "/limit"
      ])
      const path = yield* fetch("/v1/fail/nothing")
      assert.deepStrictEqual([path.status, path.body.errors[0].in, path.body.errors[0].pointer], [400, "path", "/how"])
    }))

  it.effect("bodies that can't be read are 400, 413 or 415, never 500", () =>
    Effect.gen(function*() {
      const fetch = yield* serve(api, handlers)
      const headers = { "content-type": "application/json" }
      const cases: ReadonlyArray<readonly [string, number, Parameters<typeof fetch>[1]]> = [
        ["malformed", 400, { body: "{\"a\":", headers }],
        ["empty", 400, { body: "", headers, method: "POST" }],
        ["not UTF-8", 400, { body: new Uint8Array([0x22, 0xff, 0xfe, 0x22]), headers }],
        ["nested", 400, { body: `${"[".repeat(20_000)}${"]".repeat(20_000)}`, headers }],
        ["large", 413, { body: JSON.stringify({ ...good, any: "x".repeat(70_000) }), headers }],
        ["text", 415, { body: "hello", headers: { "content-type": "text/plain" } }],
        ["form", 415, { body: "a=1", headers: { "content-type": "application/x-www-form-urlencoded" } }]
      ]
      for (const [name, status, options] of cases) {
        const answer = yield* fetch("/v1/things", options)
        assert.strictEqual(answer.status, status, `${name}: ${answer.text}`)
        assert.strictEqual(answer.headers.get("content-type"), "application/problem+json", name)
        assert.strictEqual(answer.body.status, status, name)
      }
    }))

  it.effect("an unknown route is 404, a known one with another method 405 with what it allows", () =>
    Effect.gen(function*() {
      const fetch = yield* serve(api, handlers)
      const unknown = yield* fetch("/v1/nothing?x=1")
      assert.deepStrictEqual([unknown.status, unknown.body.type], [404, problem("no-such-route")])
      const method = yield* fetch("/v1/things", { method: "DELETE" })
      assert.deepStrictEqual([method.status, method.headers.get("allow")], [405, "GET, POST"])
      const withParameter = yield* fetch("/v1/fail/known", { method: "PUT" })
      assert.deepStrictEqual([withParameter.status, withParameter.headers.get("allow")], [405, "GET"])
      const bare = yield* fetch("/v1/fail/bare")
      assert.deepStrictEqual([bare.status, bare.body.type], [404, problem("no-such-route")])
    }))

  it.effect("the database away is 503 and says to come back, a bug is 500 and says nothing", () =>
    Effect.gen(function*() {
      const fetch = yield* serve(api, handlers)
      for (const how of ["database", "busy"]) {
        const away = yield* fetch(`/v1/fail/${how}`)
        assert.deepStrictEqual([away.status, away.body.type], [503, problem("unavailable")])
        assert.isNotNull(away.headers.get("retry-after"))
        assert.notInclude(away.text, "10.1.2.3")
      }
      for (const how of ["defect", "contract"]) {
        const bug = yield* fetch(`/v1/fail/${how}`)
        assert.deepStrictEqual([bug.status, bug.body.type], [500, problem("internal-error")])
        assert.strictEqual(bug.body.requestId, bug.headers.get("x-request-id"))
        assert.notInclude(bug.text, "secret")
      }
      assert.strictEqual((yield* fetch("/v1/fail/known")).status, 404)
    }))

  it.effect("behind TLS every answer has browsers come back over TLS for a year, and without it none does", () =>
    Effect.gen(function*() {
      const plain = yield* serve(api, handlers)
      const secure = yield* Effect.provideService(serve(api, handlers), PublicUrl, "https://chat.example.com")
      const asked: ReadonlyArray<readonly [string, number]> = [["/v1/things", 200], ["/v1/nothing", 404], [
        "/v1/fail/defect",
        500
      ]]
      for (const [path, status] of asked) {
        const answer = yield* secure(path)
        assert.strictEqual(answer.status, status)
        assert.strictEqual(answer.headers.get("strict-transport-security"), "max-age=31536000; includeSubDomains")
        assert.strictEqual(answer.headers.get("x-content-type-options"), "nosniff")
        assert.strictEqual(answer.headers.get("cache-control"), "no-store")
        assert.isNull((yield* plain(path)).headers.get("strict-transport-security"))
      }
    }))

  it.effect("a request keeps the id it came with, if that is one", () =>
    Effect.gen(function*() {
      const fetch = yield* serve(api, handlers)
      const given = yield* fetch("/v1/things", { json: good, headers: { "x-request-id": "req-12345678" } })
      assert.deepStrictEqual([given.body.requestId, given.headers.get("x-request-id")], [
        "req-12345678",
        "req-12345678"
      ])
      const made = yield* fetch("/v1/things", { json: good, headers: { "x-request-id": "a b" } })
      assert.match(made.body.requestId, /^[0-9a-f-]{36}$/)
    }))

  it("the API's description declares the problems of every endpoint", () => {
    const { paths } = OpenApi.fromApi(api)
    for (const path of Object.values(paths)) {
      for (const operation of Object.values(path as Record<string, { readonly responses: object }>)) {
        assert.containsAllKeys(operation.responses, ["400", "500", "503"])
      }
    }
  })
})
