import { NodeHttpClient } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { FetchHttpClient, HttpClient, HttpClientResponse, HttpRouter, HttpServerResponse } from "effect/http"
import { TestClock } from "effect/testing"
import type { SendOutcome } from "@wicara/channels/ChannelAdapter"
import * as ErrorTable from "@wicara/channels-whatsapp-cloud/ErrorTable"
import * as GraphApi from "@wicara/channels-whatsapp-cloud/GraphApi"
import * as WhatsAppCloud from "@wicara/channels-whatsapp-cloud/WhatsAppCloud"
import * as Emulator from "@wicara/testing/Emulator"
import type * as EmulatorFaults from "@wicara/testing/EmulatorFaults"
import { makeAccount } from "./fixtures/account.ts"
import { phone, send, sends, textMessage, withEmulator } from "./fixtures/emulator.ts"

describe.each(
  [
    ["undici", NodeHttpClient.layerUndici],
    ["fetch", FetchHttpClient.layer],
    ["node:http", NodeHttpClient.layerNodeHttp]
  ] as const
)("a send through %s", (_, client) => {
  const cases: ReadonlyArray<
    readonly [name: string, faults: EmulatorFaults.FaultsInput, outcome: SendOutcome["_tag"], ledger: string]
  > = [
    ["nothing wrong", {}, "Accepted", "accepted"],
    ["no answer after acceptance", { timeoutAfterAcceptance: { next: 1 } }, "Unknown", "accepted"],
    ["an answer that comes too late", { timeoutAfterAcceptance: { next: 1 }, answerAfter: 700 }, "Unknown", "accepted"],
    ["a connection cut after acceptance", { closeAfterAcceptance: { next: 1 } }, "Unknown", "accepted"],
    ["a connection cut before acceptance", { closeBeforeAcceptance: { next: 1 } }, "Unknown", "dropped"],
    ["HTTP 500 after acceptance", { errorAfterAcceptance: { next: 1 } }, "Unknown", "accepted"],
    ["HTTP 502 of a proxy", { error: { next: 1 }, errorCode: "502" }, "Unknown", "refused:502"],
    ["HTTP 403 of a proxy", { error: { next: 1 }, errorCode: "403" }, "Rejected", "refused:403"],
    ["HTTP 429 of a proxy", { error: { next: 1 }, errorCode: "429" }, "Retryable", "refused:429"],
    ["a slow answer", { answerDelay: { min: 50, max: 100 } }, "Accepted", "accepted"]
  ]

  it.live.each(cases)("with %s", ([, faults, tag, ledger]) =>
    withEmulator((emulator) =>
      Effect.gen(function*() {
        const outcome = yield* send(emulator, textMessage(), { timeout: "300 millis" })
        assert.strictEqual(outcome._tag, tag)
        assert.deepStrictEqual(sends(emulator).map(({ outcome }) => outcome), [ledger])
        assert.strictEqual((yield* send(emulator, textMessage()))._tag, "Accepted", "the next one passes")
      }).pipe(Effect.provide(client)), { faults }))

  it.live("to a server that is not there can be retried: the request never left", () =>
    withEmulator((emulator) =>
      Effect.gen(function*() {
        yield* emulator.kill
        const away = yield* send(emulator, textMessage())
        assert.deepInclude(away, { _tag: "Retryable", code: "not_sent" })
        yield* emulator.revive
        assert.strictEqual((yield* send(emulator, textMessage()))._tag, "Accepted")
      }).pipe(Effect.provide(client))
    ))

  it.live("to a name that does not exist can be retried", () =>
    Effect.gen(function*() {
      const outcome = yield* WhatsAppCloud.adapter.send(
        textMessage(),
        makeAccount({ graphBaseUrl: "http://graph.invalid" })
      )
      assert.deepInclude(outcome, { _tag: "Retryable", code: "not_sent" })
    }).pipe(Effect.provide(client)))
})

describe("the outcome of a send", () => {
  it.live.each(
    ["1", "2", "4", "80007", "130429", "131000", "131016", "131048", "131056", "131057", "132069", "133004"]
  )("error %s can be retried, after a while", (errorCode) =>
    withEmulator((emulator) =>
      Effect.gen(function*() {
        const outcome = yield* send(emulator, textMessage())
        assert.deepInclude(outcome, { _tag: "Retryable", code: errorCode })
        assert.isTrue(outcome._tag === "Retryable" && (outcome.retryAfter ?? 0) >= 1_000)
      }), { faults: { error: { next: 1 }, errorCode } }))

  it.live.each([
    "100",
    "130472",
    "130497",
    "131008",
    "131009",
    "131021",
    "131026",
    "131047",
    "131049",
    "131050",
    "131051",
    "131053",
    "131062",
    "132000",
    "132001",
    "132005",
    "132007",
    "132012",
    "132015",
    "132016",
    "132068"
  ])("error %s is final", (errorCode) =>
    withEmulator((emulator) =>
      Effect.gen(function*() {
        assert.deepInclude(yield* send(emulator, textMessage()), { _tag: "Rejected", code: errorCode })
      }), { faults: { error: { next: 1 }, errorCode } }))

  it.live.each(["0", "3", "10", "33", "190", "200", "368", "131005", "131031", "131042", "131045", "133010"])(
    "error %s holds the account",
    (errorCode) =>
      withEmulator((emulator) =>
        Effect.gen(function*() {
          assert.deepInclude(yield* send(emulator, textMessage()), { _tag: "AccountRefused", code: errorCode })
        }), { faults: { error: { next: 1 }, errorCode } })
  )

  it.live("a wrong token holds the account", () =>
    withEmulator((emulator) =>
      Effect.gen(function*() {
        const outcome = yield* send(emulator, textMessage(), { accessToken: "expired" })
        assert.deepInclude(outcome, { _tag: "AccountRefused", code: "190" })
        assert.strictEqual(ErrorTable.lookup("190")?.scope, "account")
        assert.strictEqual((yield* send(emulator, textMessage(), { phoneNumberId: "123" }))._tag, "Rejected")
      })
    ))

  it.live("the pair limit asks to wait", () =>
    withEmulator((emulator) =>
      Effect.gen(function*() {
        yield* emulator.setAccount(makeAccount().settings.phoneNumberId, { pairLimit: true })
        const outcomes = yield* Effect.forEach(Array.from({ length: 46 }), () => send(emulator, textMessage()))
        assert.strictEqual(outcomes.filter(({ _tag }) => _tag === "Accepted").length, 45)
        assert.deepInclude(outcomes[45], { _tag: "Retryable", code: "131056", retryAfter: 6_000 })
      })
    ))

  const answering = (response: () => Response) =>
    Effect.provideService(
      WhatsAppCloud.adapter.send(textMessage(), makeAccount()),
      HttpClient.HttpClient,
      HttpClient.make((request) => Effect.succeed(HttpClientResponse.fromWeb(request, response())))
    )

  const json = (status: number, body: string, headers: Record<string, string> = {}) => () =>
    new Response(body, { status, headers: { "content-type": "application/json", ...headers } })

  const graph = (code: number, extra = "") =>
    `{"error":{"message":"m","type":"OAuthException","code":${code},"fbtrace_id":"A"${extra}}}`

  it.effect.each(
    [
      ["200 that is no JSON", json(200, "<html>"), "Unknown"],
      ["200 without a message id", json(200, "{\"messages\":[]}"), "Unknown"],
      ["200 with an empty id", json(200, "{\"messages\":[{\"id\":\"\"}]}"), "Unknown"],
      ["200 with nothing", json(200, ""), "Unknown"],
      ["201 with an id", json(201, "{\"messages\":[{\"id\":\"wamid.1\"}]}"), "Accepted"],
      [
        "200 with more than documented",
        json(200, "{\"x\":1,\"messages\":[{\"id\":\"wamid.1\",\"message_status\":\"paused\"}]}"),
        "Accepted"
      ],
      ["an unknown code with 400", json(400, graph(999_999)), "Rejected"],
      ["an unknown code with 500", json(500, graph(999_999)), "Retryable"],
      [
        "an unknown code that is said to be transient",
        json(400, graph(999_999, ",\"is_transient\":true")),
        "Retryable"
      ],
      ["a permission code with 500", json(500, graph(3)), "AccountRefused"],
      ["a code as text", json(400, "{\"error\":{\"code\":\"131047\"}}"), "Rejected"],
      ["500 with another error object", json(500, "{\"error\":\"boom\"}"), "Unknown"],
      ["301", json(301, ""), "Unknown"],
      ["404 of something else", json(404, "not found"), "AccountRefused"],
      ["401 of something else", json(401, ""), "AccountRefused"],
      ["413", json(413, ""), "Rejected"]
    ] as const
  )("%s", ([, response, tag]) =>
    Effect.gen(function*() {
      assert.strictEqual((yield* answering(response))._tag, tag)
    }))

  it.effect("waits as long as the server asks, when that is longer", () =>
    Effect.gen(function*() {
      const outcome = yield* answering(json(400, graph(130429), { "retry-after": "90" }))
      assert.deepInclude(outcome, { _tag: "Retryable", retryAfter: 90_000 })
      const soon = yield* answering(json(400, graph(4), { "retry-after": "1" }))
      assert.deepInclude(soon, { _tag: "Retryable", retryAfter: 60_000 })
    }))

  it.effect("says in the reason what the API said", () =>
    Effect.gen(function*() {
      const outcome = yield* answering(json(400, graph(132001, ",\"error_data\":{\"details\":\"no tagihan in id\"}")))
      assert.deepStrictEqual(outcome, {
        _tag: "Rejected",
        code: "132001",
        reason: "The template does not exist in this language, or is not approved (132001: no tagihan in id)"
      })
    }))

  it.effect("is unknown after 20 s without an answer", () =>
    Effect.gen(function*() {
      const fiber = yield* Effect.forkChild(Effect.provideService(
        WhatsAppCloud.adapter.send(textMessage(), makeAccount()),
        HttpClient.HttpClient,
        HttpClient.make(() => Effect.never)
      ))
      yield* TestClock.adjust("19 seconds")
      assert.isUndefined(fiber.pollUnsafe())
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* Fiber.join(fiber), {
        _tag: "Unknown",
        reason: "no answer in 20s"
      })
    }))

  it("and the account carry no secret when they are logged", () => {
    const failures: ReadonlyArray<GraphApi.Failure> = [
      new GraphApi.NotSent({ reason: "x" }),
      new GraphApi.NoAnswer({ reason: "x" }),
      new GraphApi.HttpFailure({ status: 500 })
    ]
    for (const failure of failures) {
      assert.notInclude(JSON.stringify([failure, WhatsAppCloud.outcomeOf(failure)]), "invented-access-token")
    }
    assert.notInclude(JSON.stringify(makeAccount()), "invented-access-token")
  })
})

describe("an answer that breaks off", () => {
  it.live("leaves the outcome unknown", () =>
    Effect.gen(function*() {
      const server = yield* Emulator.serve(HttpRouter.add(
        "POST",
        "/*",
        Effect.succeed(HttpServerResponse.text("{\"messages\":[{\"id\":", { headers: { "content-length": "100" } }))
      ))
      const outcome = yield* WhatsAppCloud.make({ timeout: "300 millis" }).send(
        textMessage({ to: { kind: "phone", value: phone } }),
        makeAccount({ graphBaseUrl: server.url })
      )
      assert.strictEqual(outcome._tag, "Unknown")
    }).pipe(Effect.scoped, Effect.provide(NodeHttpClient.layerUndici)))
})
