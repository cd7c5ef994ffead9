/** A small S3 service in memory. It checks every request's signature by itself, from the description of version 4. */
import { Context, Effect, Layer } from "effect"
import { createHash, createHmac, randomUUID } from "node:crypto"
import { createServer } from "node:http"
import type { IncomingMessage } from "node:http"

export const accessKeyId = "AKIDEXAMPLE"
export const secretAccessKey = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
export const region = "eu-test-1"

interface Upload {
  readonly key: string
  readonly initiated: string
  readonly parts: Map<number, Buffer>
}

export class S3Server extends Context.Service<S3Server, {
  readonly endpoint: string
  readonly objects: Map<string, Buffer>
  readonly uploads: Map<string, Upload>
  /** Answers so many of the next requests with 503. */
  failures: number
  /** The bodies of parts that came in, bytes. */
  readonly partSizes: Array<number>
}>()("test/S3Server") {}

const sha256 = (data: string | Buffer) => createHash("sha256").update(data).digest("hex")
const hmac = (key: string | Buffer, data: string) => createHmac("sha256", key).update(data).digest()
const encode = (text: string) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)

const isSigned = (request: IncomingMessage, url: URL, body: Buffer): boolean => {
  const [, scope, names, signature] =
    /^AWS4-HMAC-SHA256 Credential=([^,]+), SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/.exec(
      request.headers.authorization ?? ""
    ) ?? []
  const [id, date, at, service] = scope?.split("/") ?? []
  const stamp = String(request.headers["x-amz-date"])
  if (id !== accessKeyId || at !== region || service !== "s3" || !stamp.startsWith(String(date))) return false
  const payload = String(request.headers["x-amz-content-sha256"])
  if (payload !== sha256(body)) return false
  const query = [...url.searchParams].map(([name, value]) => `${encode(name)}=${encode(value)}`).toSorted().join("&")
  const headers = names!.split(";").map((name) => `${name}:${String(request.headers[name]).trim()}\n`).join("")
  const canonical = [request.method, url.pathname, query, headers, names, payload].join("\n")
  const toSign = ["AWS4-HMAC-SHA256", stamp, `${date}/${at}/s3/aws4_request`, sha256(canonical)].join("\n")
  const key = hmac(hmac(hmac(hmac(`AWS4${secretAccessKey}`, date!), at), "s3"), "aws4_request")
  return hmac(key, toSign).toString("hex") === signature
}

const pageSize = 3

export const layer: Layer.Layer<S3Server> = Layer.effect(
  S3Server,
  Effect.gen(function*() {
    const objects = new Map<string, Buffer>()
    const uploads = new Map<string, Upload>()
    const state = { failures: 0, partSizes: [] as Array<number> }

    const handle = (request: IncomingMessage, body: Buffer): [number, Record<string, string>, string | Buffer] => {
      const url = new URL(request.url!, "http://s3.test")
      if (state.failures > 0) {
        state.failures -= 1
        return [503, {}, "<Error><Code>SlowDown</Code></Error>"]
      }
      if (!isSigned(request, url, body)) return [403, {}, "<Error><Code>SignatureDoesNotMatch</Code></Error>"]
      const [, bucket, ...rest] = decodeURIComponent(url.pathname).split("/")
      if (bucket !== "bucket") return [404, {}, "<Error><Code>NoSuchBucket</Code></Error>"]
      const key = rest.join("/")
      const query = url.searchParams
      const upload = uploads.get(query.get("uploadId") ?? "")
      if (request.method === "GET" && query.get("list-type") === "2") {
        const keys = [...objects.keys()].filter((one) => one.startsWith(query.get("prefix") ?? "")).toSorted()
        const from = Number(query.get("continuation-token")?.replace("token&", "") ?? 0)
        const more = keys.length > from + pageSize
        const contents = keys.slice(from, from + pageSize).map((one) => `<Contents><Key>${one}</Key></Contents>`)
        const next = more ? `<NextContinuationToken>token&amp;${from + pageSize}</NextContinuationToken>` : ""
        return [200, {}, `<ListBucketResult>${contents.join("")}${next}</ListBucketResult>`]
      }
      if (request.method === "GET" && query.has("uploads")) {
        const listed = [...uploads].map(([id, one]) =>
          `<Upload><Key>${one.key}</Key><UploadId>${id}</UploadId><Initiated>${one.initiated}</Initiated></Upload>`
        )
        return [200, {}, `<ListMultipartUploadsResult>${listed.join("")}</ListMultipartUploadsResult>`]
      }
      if (request.method === "POST" && query.has("uploads")) {
        const id = randomUUID()
        uploads.set(id, { key, initiated: new Date().toISOString(), parts: new Map() })
        return [200, {}, `<InitiateMultipartUploadResult><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`]
      }
      if (query.has("uploadId") && upload === undefined) return [404, {}, "<Error><Code>NoSuchUpload</Code></Error>"]
      if (request.method === "PUT" && upload !== undefined) {
        upload.parts.set(Number(query.get("partNumber")), body)
        state.partSizes.push(body.length)
        return [200, { etag: `"${sha256(body)}"` }, ""]
      }
      if (request.method === "POST" && upload !== undefined) {
        const named = [...String(body).matchAll(/<PartNumber>(\d+)<\/PartNumber><ETag>&quot;(\w+)&quot;<\/ETag>/g)]
        const parts = named.map(([, number, tag]) => {
          const part = upload.parts.get(Number(number))
          return part !== undefined && sha256(part) === tag ? part : undefined
        })
        if (parts.length === 0 || parts.includes(undefined)) return [200, {}, "<Error><Code>InvalidPart</Code></Error>"]
        objects.set(upload.key, Buffer.concat(parts as Array<Buffer>))
        uploads.delete(query.get("uploadId")!)
        return [200, {}, "<CompleteMultipartUploadResult/>"]
      }
      if (request.method === "DELETE" && upload !== undefined) {
        uploads.delete(query.get("uploadId")!)
        return [204, {}, ""]
      }
      if (request.method === "PUT") {
        objects.set(key, body)
        return [200, {}, ""]
      }
      if (request.method === "DELETE") {
        objects.delete(key)
        return [204, {}, ""]
      }
      const object = objects.get(key)
      if (object === undefined) return [404, {}, "<Error><Code>NoSuchKey</Code></Error>"]
      const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "")
      return range === null
        ? [200, {}, object]
        : [206, {}, object.subarray(Number(range[1]), Number(range[2]) + 1)]
    }

    const server = createServer((request, response) => {
      const chunks: Array<Buffer> = []
      request.on("data", (chunk) => chunks.push(chunk))
      request.on("end", () => {
        const [status, headers, body] = handle(request, Buffer.concat(chunks))
        response.writeHead(status, headers).end(body)
      })
    })
    yield* Effect.acquireRelease(
      Effect.promise(() => new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))),
      () =>
        Effect.promise(() =>
          new Promise<void>((resolve) => {
            server.closeAllConnections()
            server.close(() => resolve())
          })
        )
    )
    const address = server.address()
    const port = typeof address === "object" && address !== null ? address.port : 0
    return Object.assign(state, { endpoint: `http://127.0.0.1:${port}`, objects, uploads })
  })
)
