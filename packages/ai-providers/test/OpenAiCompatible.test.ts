import { NodeHttpClient } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Layer, Redacted, Schema, Stream } from "effect"
import { LanguageModel, Prompt, Tool, Toolkit } from "effect/ai"
import type { AiError } from "effect/ai"
import { HttpClient, HttpClientResponse } from "effect/http"
import * as OpenAiCompatible from "@wicara/ai-providers/OpenAiCompatible"
import * as OutboundAddresses from "@wicara/core/OutboundAddresses"
import { OpenAiEmulator } from "@wicara/testing/OpenAiEmulator"
import type { OpenAiEmulatorOptions } from "@wicara/testing/OpenAiEmulator"
import { shared } from "./shared.ts"

const withEmulator = <A, E, R>(
  options: OpenAiEmulatorOptions,
  settings: Partial<OpenAiCompatible.Options>,
  effect: Effect.Effect<A, E, R>
) =>
  effect.pipe(
    Effect.provide(Layer.unwrap(Effect.map(OpenAiEmulator, (emulator) =>
      OpenAiCompatible.layer({
        baseUrl: emulator.baseUrl,
        model: "emulated-1",
        apiKey: Redacted.make("sk-test"),
        ...settings
      })))),
    Effect.provide([
      OpenAiEmulator.layer(options),
      NodeHttpClient.layerUndici,
      OutboundAddresses.layerAll
    ])
  )

const reasonOf = <A, R>(effect: Effect.Effect<A, AiError.AiError, R>) =>
  Effect.map(Effect.flip(effect), (error) => error.reason)

const Weather = Tool.make("weather", {
  description: "The weather of a city",
  parameters: Schema.Struct({ location: Schema.String }),
  success: Schema.Struct({ degrees: Schema.Number })
})
const Tools = Toolkit.make(Weather)
const toolsLayer = Tools.toLayer({ weather: ({ location }) => Effect.succeed({ degrees: location.length }) })

const Person = Schema.Struct({
  name: Schema.String,
  age: Schema.Int,
  nickname: Schema.optionalKey(Schema.String)
}).annotate({ identifier: "Person" })

/** A client that answers every request with one body. */
const canned = (body: string, contentType: string) =>
  Layer.succeed(
    HttpClient.HttpClient,
    HttpClient.make((request) =>
      Effect.succeed(
        HttpClientResponse.fromWeb(request, new Response(body, { headers: { "content-type": contentType } }))
      )
    )
  )

const overCanned = <A, E, R>(body: string, contentType: string, effect: Effect.Effect<A, E, R>) =>
  effect.pipe(
    Effect.provide(OpenAiCompatible.layer({ baseUrl: "https://models.example/v1", model: "m" })),
    Effect.provide(canned(body, contentType))
  )

describe("OpenAiCompatible", () => {
  it.live("generates text and reports usage", () =>
    withEmulator(
      { apiKeys: ["sk-test"], models: ["emulated-1"] },
      {},
      Effect.gen(function*() {
        const emulator = yield* OpenAiEmulator
        emulator.reply({ text: "Hello there" })
        const response = yield* LanguageModel.generateText({ prompt: "Say hello" })
        assert.strictEqual(response.text, "Hello there")
        assert.strictEqual(response.finishReason, "stop")
        assert.strictEqual(response.usage.outputTokens.total, 3)
        const [request] = emulator.ledger()
        assert.strictEqual(request?.model, "emulated-1")
      })
    ))

  it.live("streams text in pieces with usage at the end", () =>
    withEmulator(
      {},
      {},
      Effect.gen(function*() {
        const emulator = yield* OpenAiEmulator
        const said = "A somewhat longer text, sent in pieces of a few characters — with é and 🙂."
        emulator.reply({ text: said, reasoning: "Let me think" })
        const parts = yield* Stream.runCollect(LanguageModel.streamText({ prompt: "Go" }))
        const deltas = parts.filter((part) => part.type === "text-delta")
        assert.isAbove(deltas.length, 3)
        assert.strictEqual(deltas.map((part) => part.delta).join(""), said)
        assert.deepStrictEqual(
          parts.map((part) => part.type).filter((type, at, all) => type !== all[at - 1]),
          [
            "response-metadata",
            "reasoning-start",
            "reasoning-delta",
            "reasoning-end",
            "text-start",
            "text-delta",
            "text-end",
            "finish"
          ]
        )
        const finish = parts.find((part) => part.type === "finish")
        assert.isNumber(finish?.usage.inputTokens.total)
      })
    ))

  it.live("calls tools and sends their results back", () =>
    withEmulator(
      {},
      {},
      Effect.gen(function*() {
        const emulator = yield* OpenAiEmulator
        emulator.reply({ toolCalls: [{ name: "weather", arguments: { location: "Bandung" } }] }, {
          text: "It is 7 degrees"
        })
        const first = yield* LanguageModel.generateText({ prompt: "Weather in Bandung?", toolkit: Tools })
        assert.deepStrictEqual(first.toolResults.map((result) => result.encodedResult), [{ degrees: 7 }])
        const prompt = Prompt.concat(Prompt.make("Weather in Bandung?"), Prompt.fromResponseParts(first.content))
        const second = yield* LanguageModel.generateText({ prompt, toolkit: Tools })
        assert.strictEqual(second.text, "It is 7 degrees")
        assert.deepStrictEqual(emulator.ledger().map((entry) => entry.outcome), ["answered", "answered"])
      })
    ).pipe(Effect.provide(toolsLayer)))

  it.live("streams tool calls", () =>
    withEmulator(
      {},
      {},
      Effect.gen(function*() {
        const emulator = yield* OpenAiEmulator
        emulator.reply({ toolCalls: [{ name: "weather", arguments: { location: "Garut" } }] })
        const parts = yield* Stream.runCollect(LanguageModel.streamText({ prompt: "Weather?", toolkit: Tools }))
        const result = parts.find((part) => part.type === "tool-result")
        assert.deepStrictEqual(result?.encodedResult, { degrees: 5 })
      })
    ).pipe(Effect.provide(toolsLayer)))

  it.live("asks for structured output with a strict schema", () =>
    withEmulator(
      {},
      {},
      Effect.gen(function*() {
        const emulator = yield* OpenAiEmulator
        emulator.reply({ json: { name: "Sari", age: 31, nickname: null } })
        const response = yield* LanguageModel.generateObject({ prompt: "Who?", schema: Person })
        assert.deepStrictEqual(response.value, { name: "Sari", age: 31 })
      })
    ))

  it.live("steps down to JSON mode and to plain words when the server refuses schemas, and remembers it", () =>
    withEmulator(
      { faults: { noJsonSchema: true, noJsonObject: true } },
      {},
      Effect.gen(function*() {
        const emulator = yield* OpenAiEmulator
        // Optional members may be missing and fences around the JSON are tolerated.
        emulator.reply({ text: "Here it is:\n```json\n{\"name\":\"Sari\",\"age\":31}\n```" })
        const response = yield* LanguageModel.generateObject({ prompt: "Who?", schema: Person })
        assert.deepStrictEqual(response.value, { name: "Sari", age: 31 })
        assert.strictEqual(emulator.ledger().length, 3)
        emulator.reply({ json: { name: "Budi", age: 40 } })
        yield* LanguageModel.generateObject({ prompt: "Who?", schema: Person })
        assert.strictEqual(emulator.ledger().length, 4)
      })
    ))

  it.live("leaves out parameters that a reasoning model refuses", () =>
    withEmulator(
      {},
      { model: "o4-mini", temperature: 0.2, maxOutputTokens: 100 },
      Effect.gen(function*() {
        const emulator = yield* OpenAiEmulator
        const response = yield* LanguageModel.generateText({ prompt: "Hi" })
        assert.strictEqual(response.text, "You said: Hi")
        assert.deepStrictEqual(emulator.ledger().map((entry) => entry.status), [400, 200])
      })
    ))

  it.live("maps each failure to its reason", () =>
    withEmulator(
      { apiKeys: ["sk-test"], models: ["emulated-1"] },
      { timeout: 300 },
      Effect.gen(function*() {
        const emulator = yield* OpenAiEmulator
        const ask = reasonOf(LanguageModel.generateText({ prompt: "Hi" }))
        const once = { next: 1 }

        emulator.setFaults({ rateLimit: once, retryAfter: 7 })
        const limited = yield* ask
        assert.strictEqual(limited._tag, "RateLimitError")
        assert.strictEqual(
          limited._tag === "RateLimitError" && limited.retryAfter !== undefined &&
            Duration.toMillis(limited.retryAfter),
          7000
        )

        const cases: ReadonlyArray<
          readonly [Parameters<typeof emulator.setFaults>[0], AiError.AiErrorReason["_tag"], boolean]
        > = [
          [{ quota: once }, "QuotaExhaustedError", false],
          [{ serverError: once }, "InternalProviderError", true],
          [{ overloaded: once }, "InternalProviderError", true],
          [{ contextLength: once }, "InvalidRequestError", false],
          [{ malformedBody: once }, "InvalidResponseError", false],
          [{ refusal: once }, "ContentPolicyError", false],
          [{ contentFilter: once }, "ContentPolicyError", false],
          [{ errorInBody: once }, "InternalProviderError", true],
          [{ hang: once }, "NetworkError", true]
        ]
        for (const [faults, tag, retryable] of cases) {
          emulator.setFaults(faults)
          const reason = yield* ask
          assert.strictEqual(reason._tag, tag, JSON.stringify(faults))
          assert.strictEqual(reason.isRetryable, retryable, tag)
        }
        yield* emulator.listening.kill
        assert.strictEqual((yield* ask)._tag, "NetworkError")
      })
    ))

  it.live("maps a wrong key and an unknown model", () =>
    withEmulator(
      { apiKeys: ["sk-other"], models: ["other"] },
      {},
      Effect.gen(function*() {
        assert.strictEqual((yield* reasonOf(LanguageModel.generateText({ prompt: "Hi" })))._tag, "AuthenticationError")
      })
    ).pipe(Effect.andThen(withEmulator(
      { models: ["other"] },
      {},
      Effect.gen(function*() {
        const reason = yield* reasonOf(LanguageModel.generateText({ prompt: "Hi" }))
        assert.strictEqual(reason._tag, "InvalidRequestError")
        assert.strictEqual(reason._tag === "InvalidRequestError" && reason.constraint, "model_not_found")
      })
    ))))

  it.live("fails a stream that breaks in the middle", () =>
    withEmulator(
      {},
      {},
      Effect.gen(function*() {
        const emulator = yield* OpenAiEmulator
        const run = reasonOf(Stream.runDrain(LanguageModel.streamText({ prompt: "a text of some length to cut" })))
        emulator.setFaults({ malformedChunk: { next: 1 } })
        assert.strictEqual((yield* run)._tag, "InvalidResponseError")
        emulator.setFaults({ errorInBody: { next: 1 } })
        assert.strictEqual((yield* run)._tag, "InternalProviderError")
        emulator.setFaults({ cut: { next: 1 } })
        assert.isTrue(["NetworkError", "InvalidResponseError"].includes((yield* run)._tag))
        emulator.setFaults({ rateLimit: { next: 1 } })
        assert.strictEqual((yield* run)._tag, "RateLimitError")
      })
    ))

  it.live("tolerates missing usage and empty ids", () =>
    withEmulator(
      { faults: { noUsage: true, emptyIds: true } },
      {},
      Effect.gen(function*() {
        const emulator = yield* OpenAiEmulator
        emulator.reply({
          toolCalls: [{ name: "weather", arguments: { location: "A" } }, {
            name: "weather",
            arguments: { location: "AB" }
          }]
        })
        const response = yield* LanguageModel.generateText({ prompt: "Weather?", toolkit: Tools })
        assert.deepStrictEqual(response.toolResults.map((result) => result.encodedResult), [{ degrees: 1 }, {
          degrees: 2
        }])
        assert.strictEqual(new Set(response.toolCalls.map((call) => call.id)).size, 2)
        assert.isUndefined(response.usage.inputTokens.total)
        const parts = yield* Stream.runCollect(LanguageModel.streamText({ prompt: "Hello" }))
        assert.strictEqual(
          parts.filter((part) => part.type === "text-delta").map((part) => part.delta).join(""),
          "You said: Hello"
        )
      })
    ).pipe(Effect.provide(toolsLayer)))

  it.effect("does not call private addresses unless it is allowed to", () =>
    Effect.gen(function*() {
      for (
        const baseUrl of [
          "http://127.0.0.1:1/v1",
          "http://localhost/v1",
          "http://169.254.169.254/latest",
          "http://[::1]:8080/v1",
          "http://10.1.2.3/v1",
          "http://intranet/v1"
        ]
      ) {
        const reason = yield* reasonOf(LanguageModel.generateText({ prompt: "Hi" })).pipe(
          Effect.provide(OpenAiCompatible.layer({ baseUrl, model: "m" })),
          Effect.provide(canned("{}", "application/json"))
        )
        assert.strictEqual(reason._tag, "InvalidRequestError", baseUrl)
      }
    }))
})

describe("OpenAiCompatible on recorded answers", () => {
  const recorded = (name: string) => shared(`contracts/ai-recorded/${name}`)
  const sse = (chunks: string) =>
    chunks.split("\n").filter((line) => line.trim() !== "").map((line) => `data: ${line}\n\n`).join("")

  const streams: ReadonlyArray<
    readonly [
      string,
      {
        readonly text?: string
        readonly params?: unknown
        readonly reasoning: boolean
        readonly input: number | undefined
      }
    ]
  > = [
    ["openai-compatible/alibaba-tool-call.chunks.txt", {
      params: { location: "San Francisco" },
      reasoning: false,
      input: 295
    }],
    ["openai-compatible/deepseek-tool-call.chunks.txt", {
      params: { location: "San Francisco" },
      reasoning: true,
      input: 339
    }],
    ["openai-compatible/anthropic-fallback-tool-call.sse", {
      text: "Reading it.",
      params: { path: "a.txt" },
      reasoning: false,
      input: undefined
    }],
    ["openai/openai-chat-text.head-tail.chunks.txt", { text: "**Holiday Name respect.", reasoning: false, input: 16 }]
  ]
  for (const [name, expected] of streams) {
    it.effect(`reads the stream ${name}`, () =>
      Effect.gen(function*() {
        const body = recorded(name)
        if (body === undefined) return
        // A stop without [DONE] and without a last blank line is a complete answer too.
        for (
          const text of [
            name.endsWith(".sse") ? body : `${sse(body)}data: [DONE]\n\n`,
            name.endsWith(".sse") ? body : sse(body).trimEnd()
          ]
        ) {
          const parts = yield* overCanned(
            text,
            "text/event-stream",
            Stream.runCollect(LanguageModel.streamText({
              prompt: "?",
              toolkit: Toolkit.make(
                Weather,
                Tool.make("read_file", { parameters: Schema.Struct({ path: Schema.String }), success: Schema.String })
              ),
              disableToolCallResolution: true
            }))
          ).pipe(Effect.provide([
            toolsLayer,
            Toolkit.make(
              Tool.make("read_file", { parameters: Schema.Struct({ path: Schema.String }), success: Schema.String })
            )
              .toLayer({ read_file: () => Effect.succeed("") })
          ]))
          assert.strictEqual(
            parts.filter((part) => part.type === "text-delta").map((part) => part.delta).join(""),
            expected.text ?? ""
          )
          const call = parts.find((part) => part.type === "tool-call")
          assert.deepStrictEqual<unknown>(call?.params, expected.params)
          assert.strictEqual(parts.some((part) => part.type === "reasoning-delta"), expected.reasoning)
          const finish = parts.find((part) => part.type === "finish")
          assert.strictEqual(finish?.reason, expected.params === undefined ? "stop" : "tool-calls")
          assert.strictEqual(finish?.usage.inputTokens.total, expected.input)
        }
      }))
  }

  it.effect("reads whole answers", () =>
    Effect.gen(function*() {
      for (const name of ["openai-compatible/alibaba-tool-call.json", "openai-compatible/xai-tool-call.json"]) {
        const body = recorded(name)
        if (body === undefined) continue
        const response = yield* overCanned(
          body,
          "application/json",
          LanguageModel.generateText({ prompt: "?", toolkit: Tools })
        )
        assert.deepStrictEqual(response.toolResults.map((result) => result.encodedResult), [{ degrees: 13 }], name)
        assert.strictEqual(response.finishReason, "tool-calls")
      }
      const text = recorded("openai-compatible/xai-text.json")
      if (text !== undefined) {
        const response = yield* overCanned(text, "application/json", LanguageModel.generateText({ prompt: "?" }))
        assert.strictEqual(response.text, "Grok")
        assert.strictEqual(response.usage.outputTokens.reasoning, 320)
        assert.include(response.reasoningText, "single word")
      }
      const openai = recorded("openai/openai-text.json")
      if (openai !== undefined) {
        const response = yield* overCanned(openai, "application/json", LanguageModel.generateText({ prompt: "?" }))
        assert.include(response.text, "Galaxy Day")
      }
    }).pipe(Effect.provide(toolsLayer)))

  it.effect("reads error bodies", () =>
    Effect.gen(function*() {
      const quota = recorded("openai/openai-error.1.json")
      if (quota === undefined) return
      const failing = (body: string, status: number) =>
        reasonOf(LanguageModel.generateText({ prompt: "?" })).pipe(
          Effect.provide(OpenAiCompatible.layer({ baseUrl: "https://models.example/v1", model: "m" })),
          Effect.provide(Layer.succeed(
            HttpClient.HttpClient,
            HttpClient.make((request) =>
              Effect.succeed(HttpClientResponse.fromWeb(request, new Response(body, { status })))
            )
          ))
        )
      assert.strictEqual((yield* failing(quota, 429))._tag, "QuotaExhaustedError")
      const parameter = recorded("openai/reasoning-model-legacy-parameter-error.json") ?? ""
      const reason = yield* failing(parameter, 400)
      assert.strictEqual(reason._tag === "InvalidRequestError" && reason.parameter, "max_tokens")
      assert.strictEqual((yield* failing("<html>bad gateway</html>", 502))._tag, "InternalProviderError")
    }))
})
