import { NodeHttpClient } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { HttpClient, HttpClientRequest } from "effect/http"
import { OpenAiEmulator } from "@wicara/testing/OpenAiEmulator"

const post = Effect.fnUntraced(function*(path: string, body: unknown, key = "sk-test") {
  const { listening } = yield* OpenAiEmulator
  const response = yield* HttpClient.execute(
    HttpClientRequest.post(`${listening.url}${path}`).pipe(
      HttpClientRequest.bearerToken(key),
      HttpClientRequest.bodyJsonUnsafe(body)
    )
  )
  return { status: response.status, headers: response.headers, body: (yield* response.json) as Record<string, any> }
})

const user = (content: string) => ({ role: "user", content })

const run = <A, E>(effect: Effect.Effect<A, E, OpenAiEmulator | HttpClient.HttpClient>) =>
  effect.pipe(Effect.provide([
    OpenAiEmulator.layer({ apiKeys: ["sk-test"], models: ["emulated-1", "o4-mini"], contextTokens: 50 }),
    NodeHttpClient.layerUndici
  ]))

describe("OpenAiEmulator", () => {
  it.live("answers in OpenAI's shape with its headers", () =>
    run(Effect.gen(function*() {
      const answer = yield* post("/v1/chat/completions", { model: "emulated-1", messages: [user("Hi")] })
      assert.strictEqual(answer.status, 200)
      assert.strictEqual(answer.body["object"], "chat.completion")
      assert.strictEqual(answer.body["choices"][0].message.content, "You said: Hi")
      assert.isDefined(answer.headers["x-request-id"])
      assert.isDefined(answer.headers["x-ratelimit-remaining-requests"])
    })))

  it.live("refuses what OpenAI refuses, in its words", () =>
    run(Effect.gen(function*() {
      const emulator = yield* OpenAiEmulator
      const chat = (body: unknown, key?: string) =>
        Effect.map(post("/v1/chat/completions", body, key), ({ body, status }) => ({ status, ...body["error"] }))
      assert.strictEqual(
        (yield* chat({ model: "emulated-1", messages: [user("Hi")] }, "sk-wrong")).code,
        "invalid_api_key"
      )
      assert.strictEqual((yield* chat({ model: "gpt-9", messages: [user("Hi")] })).code, "model_not_found")
      assert.strictEqual((yield* chat({ model: "emulated-1", messages: [] })).status, 400)
      assert.strictEqual(
        (yield* chat({ model: "emulated-1", messages: [user("x".repeat(400))] })).code,
        "context_length_exceeded"
      )
      assert.strictEqual((yield* chat({ model: "o4-mini", messages: [user("Hi")], max_tokens: 5 })).param, "max_tokens")
      assert.strictEqual(
        (yield* chat({
          model: "emulated-1",
          messages: [user("Hi"), { role: "tool", content: "1", tool_call_id: "call_1" }]
        })).param,
        "messages.[1].role"
      )
      const schema = { type: "object", properties: { a: { type: "string" } }, additionalProperties: false }
      const strict = { type: "json_schema", json_schema: { name: "x", schema, strict: true } }
      assert.include(
        (yield* chat({ model: "emulated-1", messages: [user("Hi")], response_format: strict })).message,
        "Missing 'a'"
      )
      assert.strictEqual(
        (yield* chat({ model: "emulated-1", messages: [user("Hi")], response_format: { type: "json_object" } })).param,
        "messages"
      )
      assert.isTrue(emulator.ledger().every((entry) => entry.outcome.startsWith("refused:")))
    })))

  it.live("can be told over HTTP what to answer and how to fail", () =>
    run(Effect.gen(function*() {
      const { listening } = yield* OpenAiEmulator
      yield* post("/_emulator/replies", { replies: [{ text: "One" }] })
      const ask = post("/v1/chat/completions", { model: "emulated-1", messages: [user("Hi")] })
      assert.strictEqual((yield* ask).body["choices"][0].message.content, "One")
      yield* HttpClient.put(`${listening.url}/_emulator/faults`, {
        body:
          HttpClientRequest.bodyJsonUnsafe(HttpClientRequest.put(""), { rateLimit: { next: 1 }, retryAfter: 3 }).body
      })
      const limited = yield* ask
      assert.strictEqual(limited.status, 429)
      assert.strictEqual(limited.headers["retry-after"], "3")
      assert.strictEqual((yield* ask).status, 200)
    })))

  it.live("embeds texts so that like ones are near", () =>
    run(Effect.gen(function*() {
      const { body } = yield* post("/v1/embeddings", {
        model: "text-embedding-3-small",
        input: ["pay the bill", "how to pay the bill", "red light blinking"],
        dimensions: 64
      })
      const [one, two, three] = body["data"].map((row: { readonly embedding: ReadonlyArray<number> }) =>
        row.embedding
      ) as ReadonlyArray<ReadonlyArray<number>>
      const dot = (a: ReadonlyArray<number> = [], b: ReadonlyArray<number> = []) =>
        a.reduce((sum, value, at) => sum + value * (b[at] ?? 0), 0)
      assert.isAbove(dot(one, two), dot(one, three))
      assert.strictEqual(body["usage"].prompt_tokens, 13)
    })))
})
