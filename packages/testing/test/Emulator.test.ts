import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect } from "effect"
import { HttpBody, HttpRouter, HttpServerRequest, HttpServerResponse } from "effect/http"
import { TestClock } from "effect/testing"
import * as Emulator from "@wicara/testing/Emulator"

describe("inProcess", () => {
  const routes = HttpRouter.use(Effect.fnUntraced(function*(router) {
    yield* router.add(
      "POST",
      "/echo",
      Effect.flatMap(
        HttpServerRequest.HttpServerRequest,
        (request) => Effect.map(Effect.orDie(request.text), (text) => HttpServerResponse.text(text, { status: 201 }))
      )
    )
    yield* router.add("GET", "/time", Effect.map(Clock.currentTimeMillis, (now) => HttpServerResponse.text(`${now}`)))
    yield* router.add("GET", "/broken", Effect.die("broken"))
  }))

  it.effect("calls routes without a socket, under the caller's clock", () =>
    Effect.gen(function*() {
      const client = yield* Emulator.inProcess(routes)
      const echoed = yield* client.post("http://any.test/echo", { body: HttpBody.text("halo") })
      assert.deepStrictEqual([echoed.status, yield* echoed.text], [201, "halo"])
      yield* TestClock.setTime(1_790_000_000_000)
      assert.strictEqual(yield* Effect.flatMap(client.get("http://any.test/time"), ({ text }) => text), "1790000000000")
    }))

  it.effect("answers what it has no route for, and what fails, as a server does", () =>
    Effect.gen(function*() {
      const client = yield* Emulator.inProcess(routes)
      assert.strictEqual((yield* client.get("http://any.test/nothing")).status, 404)
      assert.strictEqual((yield* client.get("http://any.test/broken")).status, 500)
    }))
})
