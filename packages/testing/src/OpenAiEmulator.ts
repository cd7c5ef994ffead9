/**
 * An OpenAI-compatible server for tests and demos: chat completions (streamed and not), models, embeddings, transcriptions. It refuses
 * what OpenAI refuses, in its words; answers with scripted replies or from the sources in the prompt; can be told to
 * fail; and keeps a ledger of what it was asked.
 *
 * @since 0.1.0
 */
import { Clock, Context, Effect, Layer, Option, Result, Schema, Stream } from "effect"
import { HttpRouter, HttpServerRequest, HttpServerResponse } from "effect/http"
import { serve } from "./Emulator.ts"
import type { Listening } from "./Emulator.ts"
import { Chance, hex, random, Range } from "./EmulatorFaults.ts"
import { answerFromSources, Reply } from "./openai/Behaviour.ts"
import * as ChatCompletions from "./openai/ChatCompletions.ts"
import * as Transcriptions from "./openai/Transcriptions.ts"

/**
 * What the server can be told to do wrong. A knob that is left out does nothing. Times are milliseconds.
 *
 * - `rateLimit`: 429 with `retry-after`; `quota`: 429 `insufficient_quota`; `serverError`: 500; `overloaded`: 503
 * - `delay`: before any answer; `hang`: no answer at all
 * - `malformedBody`: 200 with a body that is no JSON; `malformedChunk`: in the middle of a stream
 * - `cut`: the connection ends in the middle of a stream
 * - `refusal`: the model refuses; `contentFilter`: the provider does; `contextLength`: the prompt is too long
 * - `errorInBody`: 200 with an error object, as routers in front of models do
 * - `noUsage`, `emptyIds`: what lax servers leave out
 * - `noJsonSchema`, `noJsonObject`: 400 for that `response_format`, as older servers do
 *
 * @category models
 * @since 0.1.0
 */
export const OpenAiFaults = Schema.Struct({
  rateLimit: Schema.optionalKey(Chance),
  retryAfter: Schema.optionalKey(Schema.Number),
  quota: Schema.optionalKey(Chance),
  serverError: Schema.optionalKey(Chance),
  overloaded: Schema.optionalKey(Chance),
  delay: Schema.optionalKey(Range),
  hang: Schema.optionalKey(Chance),
  malformedBody: Schema.optionalKey(Chance),
  malformedChunk: Schema.optionalKey(Chance),
  cut: Schema.optionalKey(Chance),
  refusal: Schema.optionalKey(Chance),
  contentFilter: Schema.optionalKey(Chance),
  contextLength: Schema.optionalKey(Chance),
  errorInBody: Schema.optionalKey(Chance),
  noUsage: Schema.optionalKey(Schema.Boolean),
  emptyIds: Schema.optionalKey(Schema.Boolean),
  noJsonSchema: Schema.optionalKey(Schema.Boolean),
  noJsonObject: Schema.optionalKey(Schema.Boolean)
}).annotate({ identifier: "OpenAiFaults" })
/** @since 0.1.0 */
export type OpenAiFaults = typeof OpenAiFaults.Type
/** Faults as they are written. @since 0.1.0 */
export type OpenAiFaultsInput = typeof OpenAiFaults.Encoded

/** The faults that happen by chance. @category models @since 0.1.0 */
export type OpenAiFault = {
  readonly [K in keyof OpenAiFaults]-?: Chance extends OpenAiFaults[K] ? K : never
}[keyof OpenAiFaults]

/**
 * One request it received.
 *
 * @category models
 * @since 0.1.0
 */
export interface OpenAiLedgerEntry {
  readonly seq: number
  /** Epoch milliseconds. */
  readonly at: number
  readonly path: string
  readonly model: string
  readonly stream: boolean
  readonly status: number
  /** `answered`, `refused:<code>`, or the fault that happened. */
  readonly outcome: string
  readonly body: unknown
  readonly reply: unknown
}

/**
 * @category models
 * @since 0.1.0
 */
export interface OpenAiEmulatorOptions {
  /** Any free port if absent. */
  readonly port?: number | undefined
  readonly host?: string | undefined
  /** Accepted bearer tokens; any if absent. */
  readonly apiKeys?: ReadonlyArray<string> | undefined
  /** Known models; any if absent. */
  readonly models?: ReadonlyArray<string> | undefined
  /** Tokens that a prompt may have; 128,000 if absent. */
  readonly contextTokens?: number | undefined
  readonly faults?: OpenAiFaultsInput | undefined
  readonly seed?: string | undefined
}

/**
 * @category services
 * @since 0.1.0
 */
export class OpenAiEmulator extends Context.Service<OpenAiEmulator, {
  /** The base URL that clients are given, up to and including `/v1`. */
  readonly baseUrl: string
  readonly listening: Listening
  /** Queues replies: each answers one request, then it answers from sources again. */
  readonly reply: (...replies: ReadonlyArray<Reply>) => void
  readonly setFaults: (faults: OpenAiFaultsInput) => void
  /** Every request to chat completions, embeddings and transcriptions, oldest first. */
  readonly ledger: () => ReadonlyArray<OpenAiLedgerEntry>
}>()("@wicara/testing/OpenAiEmulator") {
  /** A server on a port of its own, until the layer closes. */
  static readonly layer = (options: OpenAiEmulatorOptions = {}): Layer.Layer<OpenAiEmulator> =>
    Layer.effect(OpenAiEmulator, make(options))
}

const decodeFaults = Schema.decodeSync(OpenAiFaults)
const decodeJson = Schema.decodeUnknownOption(Schema.fromJsonString(Schema.Unknown))
const decodeRequest = Schema.decodeUnknownResult(ChatCompletions.Request)
const encodeJson = Schema.encodeSync(Schema.fromJsonString(Schema.Unknown))
const decodeEmbedding = Schema.decodeUnknownResult(Schema.Struct({
  model: Schema.String,
  input: Schema.Union([Schema.String, Schema.Array(Schema.String)]),
  dimensions: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 4096 })))
}))

/** The replies' queue as it is put over HTTP. */
const Script = Schema.Struct({ replies: Schema.Array(Reply) })

/**
 * Starts a server; the program runs it too.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = Effect.fnUntraced(function*(options: OpenAiEmulatorOptions) {
  const seed = options.seed ?? "openai"
  const draw = random(seed)
  let faults: OpenAiFaults = decodeFaults(options.faults ?? {})
  const script: Array<Reply> = []
  const entries: Array<OpenAiLedgerEntry> = []
  let asked = 0

  const hit = (fault: OpenAiFault, subject: string): boolean => {
    const chance = faults[fault]
    if (chance === undefined) return false
    if (chance.next > 0) {
      faults = { ...faults, [fault]: { ...chance, next: chance.next - 1 } }
      return true
    }
    return chance.probability > 0 && draw(`${fault}:${subject}`) < chance.probability
  }

  const record = (entry: Omit<OpenAiLedgerEntry, "seq" | "at">) =>
    Effect.map(Clock.currentTimeMillis, (at) => {
      entries.push({ seq: entries.length + 1, at, ...entry })
    })

  const headers = (id: string): Record<string, string> => ({
    "x-request-id": `req_${hex(seed, id, 24)}`,
    "openai-processing-ms": "12",
    "x-ratelimit-limit-requests": "10000",
    "x-ratelimit-remaining-requests": String(Math.max(0, 9999 - asked)),
    "x-ratelimit-reset-requests": "6ms",
    "x-ratelimit-limit-tokens": "2000000",
    "x-ratelimit-remaining-tokens": "1999000",
    "x-ratelimit-reset-tokens": "30ms"
  })

  const refuse = (id: string, refusal: ChatCompletions.Refusal) =>
    HttpServerResponse.jsonUnsafe(ChatCompletions.errorBody(refusal), {
      status: refusal.status,
      headers: { ...headers(id), ...refusal.headers }
    })

  const authorized = (authorization: string | undefined): ChatCompletions.Refusal | undefined => {
    if (options.apiKeys === undefined) return undefined
    const key = /^Bearer\s+(.+)$/i.exec(authorization ?? "")?.[1]
    if (key === undefined) {
      return {
        status: 401,
        message:
          "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY).",
        type: "invalid_request_error",
        param: null,
        code: null
      }
    }
    return options.apiKeys.includes(key) ? undefined : {
      status: 401,
      message: `Incorrect API key provided: ${key.slice(0, 3)}***.`,
      type: "invalid_request_error",
      param: null,
      code: "invalid_api_key"
    }
  }

  const faultBefore = (
    id: string
  ): { readonly name: string; readonly refusal: ChatCompletions.Refusal } | undefined => {
    if (hit("rateLimit", id)) {
      return {
        name: "rateLimit",
        refusal: {
          status: 429,
          message: "Rate limit reached for requests.",
          type: "requests",
          param: null,
          code: "rate_limit_exceeded",
          headers: { "retry-after": String(faults.retryAfter ?? 1), "x-ratelimit-remaining-requests": "0" }
        }
      }
    }
    if (hit("quota", id)) {
      return {
        name: "quota",
        refusal: {
          status: 429,
          message: "You exceeded your current quota, please check your plan and billing details.",
          type: "insufficient_quota",
          param: null,
          code: "insufficient_quota"
        }
      }
    }
    if (hit("serverError", id)) {
      return {
        name: "serverError",
        refusal: {
          status: 500,
          message: "The server had an error while processing your request.",
          type: "server_error",
          param: null,
          code: null
        }
      }
    }
    if (hit("overloaded", id)) {
      return {
        name: "overloaded",
        refusal: {
          status: 503,
          message: "The engine is currently overloaded, please try again later.",
          type: "server_error",
          param: null,
          code: null
        }
      }
    }
    if (hit("contextLength", id)) {
      return {
        name: "contextLength",
        refusal: ChatCompletions.badRequest(
          "This model's maximum context length is 8192 tokens.",
          "messages",
          "context_length_exceeded"
        )
      }
    }
    return undefined
  }

  const formatProblem = (request: ChatCompletions.Request): ChatCompletions.Refusal | undefined => {
    const type = request.response_format?.type
    return (type === "json_schema" && faults.noJsonSchema === true) ||
        (type === "json_object" && faults.noJsonObject === true)
      ? ChatCompletions.badRequest(
        `Invalid parameter: 'response_format' of type '${type}' is not supported with this model.`,
        "response_format"
      )
      : undefined
  }

  const usageOf = (request: ChatCompletions.Request, said: string) => {
    const prompt = request.messages.reduce(
      (sum, message) => sum + ChatCompletions.tokensOf(ChatCompletions.textOf(message)),
      0
    )
    const completion = ChatCompletions.tokensOf(said)
    return {
      prompt_tokens: prompt,
      completion_tokens: completion,
      total_tokens: prompt + completion,
      prompt_tokens_details: { cached_tokens: 0 },
      completion_tokens_details: { reasoning_tokens: 0 }
    }
  }

  const messageOf = (reply: Reply, id: string) => {
    const text = reply.json !== undefined ? encodeJson(reply.json) : reply.text ?? null
    const calls = (reply.toolCalls ?? []).map((call, at) => ({
      id: faults.emptyIds === true ? "" : `call_${hex(seed, `${id}/${at}`, 24)}`,
      type: "function" as const,
      function: { name: call.name, arguments: encodeJson(call.arguments) }
    }))
    return {
      content: reply.refusal === undefined ? text : null,
      refusal: reply.refusal ?? null,
      calls,
      finish: reply.finishReason ?? (calls.length > 0 ? "tool_calls" : "stop")
    }
  }

  const streamOf = (request: ChatCompletions.Request, reply: Reply, id: string, created: number) => {
    const message = messageOf(reply, id)
    const base = {
      id: faults.emptyIds === true ? "" : `chatcmpl-${hex(seed, id, 24)}`,
      object: "chat.completion.chunk",
      created,
      model: request.model,
      system_fingerprint: "fp_emulated"
    }
    const chunk = (delta: unknown, finish: string | null = null) =>
      encodeJson({ ...base, choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }], usage: null })
    const events: Array<string> = [chunk({ role: "assistant", content: "", refusal: null })]
    if (reply.reasoning !== undefined) events.push(chunk({ reasoning_content: reply.reasoning }))
    if (message.refusal !== null) events.push(chunk({ refusal: message.refusal }))
    for (const piece of message.content?.match(/[\s\S]{1,12}/gu) ?? []) events.push(chunk({ content: piece }))
    message.calls.forEach((call, index) => {
      events.push(
        chunk({
          tool_calls: [{ index, id: call.id, type: "function", function: { name: call.function.name, arguments: "" } }]
        })
      )
      for (const piece of call.function.arguments.match(/[\s\S]{1,8}/gu) ?? []) {
        events.push(chunk({ tool_calls: [{ index, function: { arguments: piece } }] }))
      }
    })
    events.push(chunk({}, message.finish))
    if (request.stream_options?.include_usage === true && faults.noUsage !== true) {
      events.push(encodeJson({ ...base, choices: [], usage: usageOf(request, message.content ?? "") }))
    }
    return events
  }

  const complete = Effect.gen(function*() {
    const http = yield* HttpServerRequest.HttpServerRequest
    const id = String(++asked)
    const path = "/v1/chat/completions"
    const text = yield* Effect.orElseSucceed(http.text, () => "")
    const body = Option.getOrUndefined(decodeJson(text))
    const decoded = decodeRequest(body)
    const model = Result.isSuccess(decoded) ? decoded.success.model : ""
    const stream = Result.isSuccess(decoded) && decoded.success.stream === true
    const answer = (refusal: ChatCompletions.Refusal, outcome: string) =>
      Effect.as(
        record({ path, model, stream, status: refusal.status, outcome, body, reply: null }),
        refuse(id, refusal)
      )

    const unauthorized = authorized(http.headers["authorization"])
    if (unauthorized !== undefined) return yield* answer(unauthorized, `refused:${unauthorized.code ?? 401}`)
    if (body === undefined) {
      const problem = ChatCompletions.badRequest("We could not parse the JSON body of your request.")
      return yield* answer(problem, "refused:json")
    }
    if (Result.isFailure(decoded)) {
      const problem = ChatCompletions.badRequest(`Invalid request: ${decoded.failure.message}`)
      return yield* answer(problem, "refused:invalid_request_error")
    }
    const request = decoded.success
    const delay = faults.delay
    if (delay !== undefined) yield* Effect.sleep(delay.min + draw(`delay:${id}`) * Math.max(0, delay.max - delay.min))
    if (hit("hang", id)) {
      yield* record({ path, model, stream, status: 0, outcome: "hang", body, reply: null })
      return yield* Effect.never
    }
    const fault = faultBefore(id)
    if (fault !== undefined) return yield* answer(fault.refusal, fault.name)
    const problem =
      ChatCompletions.check(request, { models: options.models, contextTokens: options.contextTokens ?? 128_000 }) ??
        formatProblem(request)
    if (problem !== undefined) return yield* answer(problem, `refused:${problem.code ?? problem.type}`)

    const reply: Reply = hit("refusal", id)
      ? { refusal: "I'm sorry, I can't help with that." }
      : hit("contentFilter", id)
      ? { text: "", finishReason: "content_filter" }
      : script.shift() ?? answerFromSources(request)
    if (reply.delay !== undefined) yield* Effect.sleep(reply.delay)
    const created = Math.floor((yield* Clock.currentTimeMillis) / 1000)
    const errorInBody = hit("errorInBody", id)
    const malformed = stream ? hit("malformedChunk", id) : hit("malformedBody", id)
    const cut = stream && hit("cut", id)
    yield* record({
      path,
      model,
      stream,
      status: 200,
      outcome: errorInBody ? "errorInBody" : malformed ? "malformed" : cut ? "cut" : "answered",
      body,
      reply
    })
    if (errorInBody && !stream) {
      return HttpServerResponse.jsonUnsafe({ error: { message: "Provider returned error", code: 502 } }, {
        headers: headers(id)
      })
    }
    if (!stream) {
      if (malformed) {
        return HttpServerResponse.text("{\"id\":\"chatcmpl-", { contentType: "application/json", headers: headers(id) })
      }
      const message = messageOf(reply, id)
      return HttpServerResponse.jsonUnsafe({
        id: faults.emptyIds === true ? "" : `chatcmpl-${hex(seed, id, 24)}`,
        object: "chat.completion",
        created,
        model: request.model,
        choices: [{
          index: 0,
          message: {
            role: "assistant",
            content: message.content,
            refusal: message.refusal,
            ...(reply.reasoning === undefined ? {} : { reasoning_content: reply.reasoning }),
            ...(message.calls.length === 0 ? {} : { tool_calls: message.calls }),
            annotations: []
          },
          logprobs: null,
          finish_reason: message.finish
        }],
        ...(faults.noUsage === true ? {} : { usage: usageOf(request, message.content ?? "") }),
        service_tier: "default",
        system_fingerprint: "fp_emulated"
      }, { headers: headers(id) })
    }
    const whole = streamOf(request, reply, id, created)
    const half = whole.slice(0, Math.max(1, Math.floor(whole.length / 2)))
    const events: ReadonlyArray<string> = errorInBody
      ? [...half, encodeJson({ error: { message: "Provider returned error", code: 502 } })]
      : malformed
      ? [...half, "{\"id\":"]
      : cut
      ? half
      : [...whole, "[DONE]"]
    const sent = Stream.fromIterable(events.map((event) => `data: ${event}\n\n`)).pipe(Stream.encodeText)
    return HttpServerResponse.stream(
      cut ? Stream.concat(sent, Stream.fail(new Error("The connection is cut"))) : sent,
      { contentType: "text/event-stream", headers: { ...headers(id), "cache-control": "no-cache" } }
    )
  })

  const embed = Effect.gen(function*() {
    const http = yield* HttpServerRequest.HttpServerRequest
    const id = String(++asked)
    const unauthorized = authorized(http.headers["authorization"])
    if (unauthorized !== undefined) return refuse(id, unauthorized)
    const decoded = decodeEmbedding(Option.getOrUndefined(decodeJson(yield* Effect.orElseSucceed(http.text, () => ""))))
    if (Result.isFailure(decoded)) {
      return refuse(id, ChatCompletions.badRequest(`Invalid request: ${decoded.failure.message}`))
    }
    const fault = faultBefore(id)
    if (fault !== undefined) return refuse(id, fault.refusal)
    const { dimensions = 16, input, model } = decoded.success
    const inputs = typeof input === "string" ? [input] : input
    const tokens = inputs.reduce((sum, text) => sum + ChatCompletions.tokensOf(text), 0)
    yield* record({
      path: "/v1/embeddings",
      model,
      stream: false,
      status: 200,
      outcome: "answered",
      body: decoded.success,
      reply: null
    })
    return HttpServerResponse.jsonUnsafe({
      object: "list",
      data: inputs.map((text, index) => ({ object: "embedding", index, embedding: vectorOf(text, dimensions) })),
      model,
      usage: { prompt_tokens: tokens, total_tokens: tokens }
    }, { headers: headers(id) })
  })

  const transcribe = Effect.gen(function*() {
    const http = yield* HttpServerRequest.HttpServerRequest
    const id = String(++asked)
    const path = "/v1/audio/transcriptions"
    const unauthorized = authorized(http.headers["authorization"])
    if (unauthorized !== undefined) return refuse(id, unauthorized)
    const form = yield* Transcriptions.read(http)
    const answer = (refusal: ChatCompletions.Refusal, outcome: string) =>
      Effect.as(
        record({ path, model: form.model, stream: false, status: refusal.status, outcome, body: form, reply: null }),
        refuse(id, refusal)
      )
    if (hit("hang", id)) {
      yield* record({ path, model: form.model, stream: false, status: 0, outcome: "hang", body: form, reply: null })
      return yield* Effect.never
    }
    const fault = faultBefore(id)
    if (fault !== undefined) return yield* answer(fault.refusal, fault.name)
    const problem = Transcriptions.check(form, options.models)
    if (problem !== undefined) return yield* answer(problem, `refused:${problem.code ?? problem.type}`)
    const reply = script.shift() ?? { text: `Words of ${form.file?.name}` }
    yield* record({ path, model: form.model, stream: false, status: 200, outcome: "answered", body: form, reply })
    return HttpServerResponse.jsonUnsafe({
      text: reply.text ?? "",
      usage: { type: "duration", seconds: Math.max(1, Math.round((form.file?.size ?? 0) / 2000)) }
    }, { headers: headers(id) })
  })

  const routes = HttpRouter.use(Effect.fnUntraced(function*(router) {
    yield* router.add("POST", "/v1/chat/completions", complete)
    yield* router.add("POST", "/v1/embeddings", embed)
    yield* router.add("POST", "/v1/audio/transcriptions", transcribe)
    yield* router.add(
      "GET",
      "/v1/models",
      Effect.map(HttpServerRequest.HttpServerRequest, (http) => {
        const unauthorized = authorized(http.headers["authorization"])
        if (unauthorized !== undefined) return refuse("models", unauthorized)
        return HttpServerResponse.jsonUnsafe({
          object: "list",
          data: (options.models ?? ["emulated-1"]).map((model) => ({
            id: model,
            object: "model",
            created: 1_700_000_000,
            owned_by: "emulator"
          }))
        })
      })
    )
    yield* router.add("GET", "/_emulator/ledger", Effect.sync(() => HttpServerResponse.jsonUnsafe({ data: entries })))
    yield* router.add("GET", "/_emulator/faults", Effect.sync(() => HttpServerResponse.jsonUnsafe(faults)))
    yield* router.add(
      "PUT",
      "/_emulator/faults",
      HttpServerRequest.schemaBodyJson(OpenAiFaults).pipe(
        Effect.map((next) => {
          faults = next
          return HttpServerResponse.jsonUnsafe(next)
        }),
        Effect.catch((error) =>
          Effect.succeed(HttpServerResponse.jsonUnsafe({ error: error.message }, { status: 400 }))
        )
      )
    )
    yield* router.add(
      "POST",
      "/_emulator/replies",
      HttpServerRequest.schemaBodyJson(Script).pipe(
        Effect.map(({ replies }) => {
          script.push(...replies)
          return HttpServerResponse.jsonUnsafe({ queued: script.length })
        }),
        Effect.catch((error) =>
          Effect.succeed(HttpServerResponse.jsonUnsafe({ error: error.message }, { status: 400 }))
        )
      )
    )
  }))

  const listening = yield* serve(routes, { port: options.port, host: options.host })
  return OpenAiEmulator.of({
    baseUrl: `${listening.url}/v1`,
    listening,
    reply: (...replies) => {
      script.push(...replies)
    },
    setFaults: (next) => {
      faults = decodeFaults(next)
    },
    ledger: () => entries
  })
})

/** A unit vector in which texts that share words are near each other. */
const vectorOf = (text: string, dimensions: number): ReadonlyArray<number> => {
  const vector = Array.from({ length: dimensions }, () => 0)
  for (const word of text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []) {
    const place = Math.floor(random(word)("place") * dimensions)
    vector[place] = (vector[place] ?? 0) + (random(word)("sign") < 0.5 ? -1 : 1)
  }
  const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0)) || 1
  return vector.map((value) => value / length)
}
