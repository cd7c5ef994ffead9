/**
 * Contents in a bucket that speaks the S3 protocol (Amazon's, MinIO, Ceph, R2, Garage ...), with requests signed by
 * Signature Version 4. A content whose length nobody knows beforehand goes up in parts, of which one is in memory.
 *
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations.html
 *
 * @since 0.1.0
 */
import type { AwsCredentials } from "@wicara/core/AwsKms"
import { AwsV4Signer } from "aws4fetch"
import { Clock, DateTime, Effect, Layer, Option, Redacted, Schedule, Stream } from "effect"
import { HttpClient, HttpClientRequest } from "effect/http"
import type { HttpClientResponse } from "effect/http"
import { createHash } from "node:crypto"
import { BlobFailure, BlobStore, parseKey } from "./BlobStore.ts"

/**
 * @category models
 * @since 0.1.0
 */
export interface S3Options {
  /** Where the service answers: `https://s3.eu-central-1.amazonaws.com`, `http://127.0.0.1:9000`. */
  readonly endpoint: string
  readonly bucket: string
  /** `us-east-1` for most services that are not Amazon's. */
  readonly region: string
  readonly accessKeyId: string
  readonly secretAccessKey: Redacted.Redacted<string>
  /** Asked before every request, for credentials that are replaced; they come before the two above. */
  readonly credentials?: Effect.Effect<AwsCredentials, { readonly message: string }> | undefined
  /** The beginning of every key, such as `wicara/`; none if absent. */
  readonly prefix?: string | undefined
  /** Bytes of a part, 5 MiB at least (8 MiB). */
  readonly partSize?: number | undefined
}

type Operation = BlobFailure["operation"]

interface S3Request {
  readonly operation: Operation
  readonly method: "GET" | "PUT" | "POST" | "DELETE"
  readonly key?: string
  readonly query?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array<ArrayBuffer>
}

const textOf = (xml: string, element: string): string | undefined =>
  new RegExp(`<${element}>([^<]*)</${element}>`).exec(xml)?.[1]

const allOf = (xml: string, element: string): ReadonlyArray<string> =>
  [...xml.matchAll(new RegExp(`<${element}>([\\s\\S]*?)</${element}>`, "g"))].map(([, inside]) => inside ?? "")

const unescape = (text: string): string =>
  text.replace(/&quot;/g, "\"").replace(/&lt;/g, "<").replace(/&gt;/g, ">").replace(/&amp;/g, "&")

const escape = (text: string): string =>
  text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;").replace(/"/g, "&quot;")

const isTransient = (failure: S3Failure) =>
  failure.status === undefined || failure.status >= 500 || failure.status === 429

class S3Failure extends BlobFailure {
  readonly status: number | undefined
  constructor(operation: Operation, message: string, status?: number) {
    super({ operation, message })
    this.status = status
  }
}

const joined = (chunks: ReadonlyArray<Uint8Array>): Uint8Array<ArrayBuffer> => {
  const whole = new Uint8Array(chunks.reduce((total, chunk) => total + chunk.length, 0))
  let at = 0
  for (const chunk of chunks) {
    whole.set(chunk, at)
    at += chunk.length
  }
  return whole
}

const dayMillis = 24 * 3_600_000

/**
 * @category layers
 * @since 0.1.0
 */
export const layer = (options: S3Options): Layer.Layer<BlobStore, never, HttpClient.HttpClient> =>
  Layer.effect(
    BlobStore,
    Effect.gen(function*() {
      const client = yield* HttpClient.HttpClient
      const prefix = options.prefix ?? ""
      const partSize = Math.max(options.partSize ?? 8 * 1024 * 1024, 5 * 1024 * 1024)
      const base = `${options.endpoint.replace(/\/+$/, "")}/${options.bucket}`
      const signingKeys = new Map<string, ArrayBuffer>()

      const send = Effect.fnUntraced(function*(request: S3Request) {
        const now = DateTime.formatIso(yield* DateTime.now)
        const url = new URL(request.key === undefined ? base : `${base}/${prefix}${request.key}`)
        for (const [name, value] of Object.entries(request.query ?? {})) url.searchParams.set(name, value)
        const credentials: AwsCredentials = options.credentials === undefined
          ? options
          : yield* Effect.mapError(options.credentials, ({ message }) => new S3Failure(request.operation, message))
        const signed = yield* Effect.promise(() =>
          new AwsV4Signer({
            method: request.method,
            url: url.toString(),
            headers: {
              ...request.headers,
              "x-amz-content-sha256": createHash("sha256").update(request.body ?? new Uint8Array(0)).digest("hex")
            },
            body: request.body ?? null,
            accessKeyId: credentials.accessKeyId,
            secretAccessKey: Redacted.value(credentials.secretAccessKey),
            ...(credentials.sessionToken === undefined ? {} : { sessionToken: credentials.sessionToken }),
            service: "s3",
            region: options.region,
            datetime: now.replace(/[:-]|\.\d{3}/g, ""),
            cache: signingKeys
          }).sign()
        )
        const outgoing = HttpClientRequest.make(request.method)(signed.url.toString(), {
          headers: Object.fromEntries(signed.headers)
        }).pipe(
          request.body === undefined
            ? (same) => same
            : HttpClientRequest.bodyUint8Array(request.body, "application/octet-stream")
        )
        const response = yield* Effect.mapError(
          client.execute(outgoing),
          (error) => new S3Failure(request.operation, error.message)
        )
        if (response.status < 300) return response
        const body = yield* Effect.orElseSucceed(response.text, () => "")
        const said = textOf(body, "Code") ?? `status ${response.status}`
        return yield* Effect.fail(
          new S3Failure(request.operation, `The bucket answers ${said} to ${request.method}`, response.status)
        )
      })

      /** What may be asked again without harm; all of it may. */
      const ask = (request: S3Request) =>
        Effect.retry(send(request), {
          while: isTransient,
          times: 4,
          schedule: Schedule.jittered(Schedule.exponential("200 millis"))
        })

      const read = (operation: Operation, response: HttpClientResponse.HttpClientResponse) =>
        Effect.mapError(response.text, (error) => new S3Failure(operation, error.message))

      const putWhole = (key: string, body: Uint8Array<ArrayBuffer>) =>
        Effect.flatMap(ask({ operation: "put", method: "PUT", key, body }), (response) => read("put", response))

      const begin = Effect.fnUntraced(function*(key: string) {
        const response = yield* ask({ operation: "put", method: "POST", key, query: { uploads: "" } })
        const id = textOf(yield* read("put", response), "UploadId")
        return id === undefined
          ? yield* Effect.fail(new S3Failure("put", "The bucket names no upload"))
          : unescape(id)
      })

      const putPart = Effect.fnUntraced(
        function*(key: string, uploadId: string, number: number, body: Uint8Array<ArrayBuffer>) {
          const query = { partNumber: String(number), uploadId }
          const response = yield* ask({ operation: "put", method: "PUT", key, query, body })
          yield* read("put", response)
          const tag = response.headers["etag"]
          return tag === undefined ? yield* Effect.fail(new S3Failure("put", "The bucket names no part")) : tag
        }
      )

      const complete = Effect.fnUntraced(function*(key: string, uploadId: string, tags: ReadonlyArray<string>) {
        const parts = tags.map((tag, index) =>
          `<Part><PartNumber>${index + 1}</PartNumber><ETag>${escape(tag)}</ETag></Part>`
        )
        const body = new TextEncoder().encode(
          `<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${
            parts.join("")
          }</CompleteMultipartUpload>`
        )
        const answer = yield* read(
          "put",
          yield* ask({ operation: "put", method: "POST", key, query: { uploadId }, body })
        )
        // The status is sent before the parts are put together: an error may follow it.
        if (answer.includes("<Error>")) {
          return yield* Effect.fail(
            new S3Failure("put", `The bucket answers ${textOf(answer, "Code")} to the last part`)
          )
        }
      })

      const abort = (key: string, uploadId: string) =>
        Effect.asVoid(send({ operation: "put", method: "DELETE", key, query: { uploadId } }))

      const put = Effect.fnUntraced(function*<E, R>(key: string, content: Stream.Stream<Uint8Array, E, R>) {
        let chunks: Array<Uint8Array> = []
        let size = 0
        let uploadId: string | undefined
        const tags: Array<string> = []
        const flush = Effect.fnUntraced(function*() {
          const body = joined(chunks)
          chunks = []
          size = 0
          uploadId ??= yield* begin(key)
          tags.push(yield* putPart(key, uploadId, tags.length + 1, body))
        })
        yield* Effect.gen(function*() {
          yield* Stream.runForEach(content, (chunk) => {
            chunks.push(chunk)
            size += chunk.length
            return size >= partSize ? flush() : Effect.void
          })
          if (uploadId === undefined) {
            yield* putWhole(key, joined(chunks))
            return
          }
          if (size > 0) yield* flush()
          yield* complete(key, uploadId, tags)
        }).pipe(
          Effect.onError(() => uploadId === undefined ? Effect.void : Effect.ignore(abort(key, uploadId)))
        )
      })

      return BlobStore.of({
        kind: "s3",
        put: (key, content) => Effect.asVoid(put(key, content)),
        get: (key, range) =>
          ask({
            operation: "get",
            method: "GET",
            key,
            ...(range === undefined ? {} : { headers: { range: `bytes=${range.start}-${range.end}` } })
          }).pipe(
            Effect.map((response) => Stream.mapError(response.stream, (error) => new S3Failure("get", error.message))),
            Stream.unwrap
          ),
        delete: (key) =>
          ask({ operation: "delete", method: "DELETE", key }).pipe(
            Effect.flatMap((response) => read("delete", response)),
            Effect.catchIf((error) => error.status === 404, () => Effect.succeed("")),
            Effect.asVoid
          ),
        list: Effect.fnUntraced(function*(after, of) {
          const response = yield* ask({
            operation: "list",
            method: "GET",
            query: {
              "list-type": "2",
              prefix: of === undefined ? prefix : `${prefix}${of}/`,
              ...(Option.isSome(after) ? { "continuation-token": after.value } : {})
            }
          })
          const xml = yield* read("list", response)
          const next = textOf(xml, "NextContinuationToken")
          return {
            keys: allOf(xml, "Key").map((key) => unescape(key).slice(prefix.length)),
            next: next === undefined ? Option.none() : Option.some(unescape(next))
          }
        }),
        cleanup: Effect.gen(function*() {
          const now = yield* Clock.currentTimeMillis
          const response = yield* ask({ operation: "list", method: "GET", query: { uploads: "", prefix } })
          let removed = 0
          for (const upload of allOf(yield* read("list", response), "Upload")) {
            const key = textOf(upload, "Key")?.slice(prefix.length) ?? ""
            const begun = Option.map(DateTime.make(textOf(upload, "Initiated") ?? ""), DateTime.toEpochMillis)
            const uploadId = textOf(upload, "UploadId")
            // Others may use the bucket too; and a slow sender gets a day.
            if (uploadId === undefined || parseKey(key) === undefined || Option.isNone(begun)) continue
            if (begun.value > now - dayMillis) continue
            yield* abort(key, unescape(uploadId))
            removed += 1
          }
          return removed
        })
      })
    })
  )
