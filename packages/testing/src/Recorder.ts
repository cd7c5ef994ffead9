/**
 * Stands between a provider and whoever speaks with it, passes everything on as it is, and writes down what passed, with
 * nobody in it any more: fixtures of what a provider really sends.
 *
 * Point the provider's webhook (or the channel account's base URL) at the recorder, and the recorder at the place that
 * address was before. Each exchange becomes one file in the folder, in the order in which they began. What is no JSON is
 * told of by its type and size only. Nothing is kept of credentials, signatures and cookies; what a signature is needed
 * for signs the fixture anew.
 *
 * @since 0.1.0
 */
import { NodeHttpClient, NodeHttpServer } from "@effect/platform-node"
import { Clock, Context, Effect, FileSystem, Layer, Option, Path, Ref, Schema, Semaphore } from "effect"
import {
  Headers,
  HttpBody,
  HttpClient,
  HttpClientRequest,
  HttpMethod,
  HttpServerRequest,
  HttpServerResponse
} from "effect/http"
import type { HttpServerError } from "effect/http"
import * as Http from "node:http"
import * as Anonymizer from "./Anonymizer.ts"

/**
 * What a body was: JSON without anybody in it, or how long it was and of which type.
 *
 * @category schemas
 * @since 0.1.0
 */
export const RecordedBody = Schema.Union([
  Schema.Struct({ json: Schema.Json }),
  Schema.Struct({ contentType: Schema.NullOr(Schema.String), bytes: Schema.Int }),
  Schema.Null
])
/** @since 0.1.0 */
export type RecordedBody = typeof RecordedBody.Type

/**
 * One request and its answer. `after` is how long after the recording's first one it began, milliseconds.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Exchange = Schema.Struct({
  after: Schema.Int,
  method: Schema.String,
  path: Schema.String,
  headers: Schema.Record(Schema.String, Schema.String),
  body: RecordedBody,
  response: Schema.Struct({
    status: Schema.Int,
    headers: Schema.Record(Schema.String, Schema.String),
    body: RecordedBody
  })
})
/** @since 0.1.0 */
export type Exchange = typeof Exchange.Type

/**
 * @category models
 * @since 0.1.0
 */
export interface Options extends Anonymizer.Options {
  /** Where everything is passed on to: an origin, or a URL that paths are appended to. */
  readonly target: string
  /** The folder of the fixtures; made when it is absent. Files that are there already stay, and are counted on from. */
  readonly folder: string
  /** Any free one by default. */
  readonly port?: number | undefined
  readonly host?: string | undefined
}

/**
 * @category services
 * @since 0.1.0
 */
export class Recorder extends Context.Service<Recorder, {
  /** Where it listens. */
  readonly url: string
  /** How many exchanges it wrote. */
  readonly written: Effect.Effect<number>
}>()("@wicara/testing/Recorder") {
  /** @since 0.1.0 */
  static readonly layer = (
    options: Options
  ): Layer.Layer<Recorder, HttpServerError.ServeError, FileSystem.FileSystem | Path.Path> =>
    Layer.effect(Recorder, make(options)).pipe(Layer.provide(NodeHttpClient.layerUndici))
}

/** What says how a request is meant, and nothing of who makes it. */
const keptHeaders = new Set([
  "content-type",
  "accept",
  "user-agent",
  "retry-after",
  "x-webhook-timestamp",
  "x-webhook-request-id",
  "x-webhook-hmac-algorithm"
])

/** What belongs to one connection and not to the message that passes. */
const ownHeaders = new Set([
  "host",
  "connection",
  "keep-alive",
  "transfer-encoding",
  "content-length",
  "content-encoding",
  "accept-encoding",
  "upgrade",
  "expect"
])

const passedOn = (headers: Headers.Headers) =>
  Headers.fromInput(Object.entries(headers).filter(([name]) => !ownHeaders.has(name)))

const decoder = new TextDecoder()
const decodeJson = Schema.decodeUnknownOption(Schema.fromJsonString(Schema.Json))
const encodeExchange = Schema.encodeSync(Exchange)
const decodeExchange = Schema.decodeUnknownEffect(Schema.fromJsonString(Exchange))

const make = Effect.fnUntraced(function*(options: Options) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const client = yield* HttpClient.HttpClient
  const anonymizer = Anonymizer.make(options)
  const target = options.target.replace(/\/+$/, "")
  yield* fs.makeDirectory(options.folder, { recursive: true }).pipe(Effect.orDie)
  const there = (yield* fs.readDirectory(options.folder).pipe(Effect.orDie)).filter((name) => name.endsWith(".json"))
  const order = yield* Ref.make(there.length)
  const written = yield* Ref.make(0)
  const writing = yield* Semaphore.make(4)
  const startedAt = yield* Clock.currentTimeMillis

  const bodyOf = (bytes: Uint8Array, contentType: string | undefined): RecordedBody => {
    if (bytes.byteLength === 0) return null
    return Option.match(decodeJson(decoder.decode(bytes)), {
      onSome: (json) => ({ json: anonymizer.json(json) }),
      onNone: () => ({ contentType: contentType?.split(";")[0] ?? null, bytes: bytes.byteLength })
    })
  }

  const kept = (headers: Headers.Headers): Record<string, string> =>
    Object.fromEntries(
      Object.entries(headers).flatMap(([name, value]) =>
        keptHeaders.has(name) && value !== undefined
          ? [[
            name,
            name.startsWith("x-webhook-") && name !== "x-webhook-hmac-algorithm" ? anonymizer.text(value) : value
          ]]
          : []
      )
    )

  /** Whole or not at all: a folder is never left with half a file. A disk that is full stops nothing that passes. */
  const write = (number: number, exchange: Exchange) =>
    Effect.gen(function*() {
      const words = exchange.path.split("?")[0]?.split("/").filter((part) => /^[A-Za-z_-]{2,32}$/.test(part)) ?? []
      const name = [String(number).padStart(5, "0"), exchange.method.toLowerCase(), ...words.slice(-2)].join("-")
      const file = path.join(options.folder, `${name}.json`)
      const text = JSON.stringify(encodeExchange(exchange), null, 2)
      yield* fs.writeFileString(`${file}.part`, `${text}\n`)
      yield* fs.rename(`${file}.part`, file)
      yield* Ref.update(written, (count) => count + 1)
    }).pipe(
      writing.withPermits(1),
      Effect.catch((error) => Effect.logWarning(`An exchange could not be written to ${options.folder}`, error))
    )

  const pass = Effect.gen(function*() {
    const request = yield* HttpServerRequest.HttpServerRequest
    const { method } = request
    if (!HttpMethod.isHttpMethod(method)) return HttpServerResponse.empty({ status: 501 })
    const number = yield* Ref.updateAndGet(order, (last) => last + 1)
    const after = (yield* Clock.currentTimeMillis) - startedAt
    const body = new Uint8Array(yield* request.arrayBuffer)
    const contentType = request.headers["content-type"]
    const outgoing = HttpClientRequest.make(method)(`${target}${request.url}`, {
      headers: passedOn(request.headers)
    }).pipe(
      body.byteLength === 0
        ? (same) => same
        : HttpClientRequest.setBody(HttpBody.uint8Array(body, contentType ?? "application/octet-stream"))
    )
    const answer = yield* client.execute(outgoing).pipe(
      Effect.flatMap((response) =>
        Effect.map(response.arrayBuffer, (buffer) => ({
          status: response.status,
          headers: response.headers,
          body: new Uint8Array(buffer)
        }))
      ),
      // The provider is told that it was not delivered, and tries again.
      Effect.catch((error) =>
        Effect.as(
          Effect.logWarning(`${target} can't be reached: ${error.message}`),
          { status: 502, headers: Headers.empty, body: new Uint8Array() }
        )
      )
    )
    yield* write(number, {
      after,
      method,
      path: anonymizer.path(request.url),
      headers: kept(request.headers),
      body: bodyOf(body, contentType),
      response: {
        status: answer.status,
        headers: kept(answer.headers),
        body: bodyOf(answer.body, answer.headers["content-type"])
      }
    })
    return HttpServerResponse.uint8Array(answer.body, {
      status: answer.status,
      headers: passedOn(answer.headers),
      contentType: answer.headers["content-type"]
    })
  })

  const host = options.host ?? "127.0.0.1"
  const server = yield* NodeHttpServer.make(() => Http.createServer(), { port: options.port ?? 0, host })
  yield* server.serve(pass)
  const port = "port" in server.address ? server.address.port : options.port
  return Recorder.of({ url: `http://${host.includes(":") ? `[${host}]` : host}:${port}`, written: Ref.get(written) })
})

/**
 * The exchanges of a folder, in their order. Fails with the name of a file that is none.
 *
 * @category getters
 * @since 0.1.0
 */
export const read = Effect.fnUntraced(function*(folder: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const names = (yield* fs.readDirectory(folder)).filter((name) => name.endsWith(".json")).toSorted()
  return yield* Effect.forEach(names, (name) =>
    fs.readFileString(path.join(folder, name)).pipe(
      Effect.flatMap(decodeExchange),
      Effect.mapError((cause) => new UnreadableRecording({ file: name, reason: cause.message }))
    ))
})

/**
 * A file of a recording that is not an exchange.
 *
 * @category errors
 * @since 0.1.0
 */
export class UnreadableRecording extends Schema.TaggedError<UnreadableRecording>()("UnreadableRecording", {
  file: Schema.String,
  reason: Schema.String
}) {}
