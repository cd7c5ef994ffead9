/** How the widget's script reaches the pages that embed it. */
import { assert, it } from "@effect/vitest"
import { NodeHttpServer, NodeServices } from "@effect/platform-node"
import { Effect, FileSystem, Layer } from "effect"
import { HttpRouter, HttpServer } from "effect/http"
import { request } from "node:http"
import type { IncomingMessage } from "node:http"
import { brotliDecompressSync, gunzipSync } from "node:zlib"
import * as Assets from "../src/http/Assets.ts"

const source = "/* the widget */".repeat(2000)

/** As it comes over the wire: `fetch` would decompress it. */
const get = Effect.fnUntraced(function*(headers: Readonly<Record<string, string>> = {}) {
  const { address } = yield* HttpServer.HttpServer
  const port = "port" in address ? address.port : 0
  return yield* Effect.promise(() =>
    new Promise<{ readonly answer: IncomingMessage; readonly body: Buffer }>((resolve, reject) => {
      request({ host: "127.0.0.1", port, path: "/widget.js", headers }, (answer) => {
        const chunks: Array<Buffer> = []
        answer.on("data", (chunk: Buffer) => chunks.push(chunk))
        answer.on("end", () => resolve({ answer, body: Buffer.concat(chunks) }))
      }).on("error", reject).end()
    })
  )
})

const layerRoute = HttpRouter.serve(HttpRouter.use(Effect.fnUntraced(function*(router) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* fs.makeTempFileScoped()
  yield* fs.writeFileString(path, source)
  yield* router.add("GET", "/widget.js", yield* Assets.script(path))
}, Effect.orDie)))

it.layer(layerRoute.pipe(Layer.provideMerge(NodeHttpServer.layerTest), Layer.provideMerge(NodeServices.layer)))(
  "the widget's script",
  (it) => {
    it.effect("is sent compressed as the browser takes it", () =>
      Effect.gen(function*() {
        const ways = [
          ["gzip, deflate, br", "br", brotliDecompressSync],
          ["gzip;q=1.0, br;q=0", "gzip", gunzipSync],
          ["identity", undefined, (body: Buffer) => body],
          [undefined, undefined, (body: Buffer) => body]
        ] as const
        const tags = new Set<string | undefined>()
        for (const [accepted, coding, decode] of ways) {
          const { answer, body } = yield* get(accepted === undefined ? {} : { "accept-encoding": accepted })
          assert.strictEqual(answer.headers["content-encoding"], coding)
          assert.strictEqual(answer.headers.vary, "Accept-Encoding")
          assert.strictEqual(decode(body).toString(), source)
          tags.add(answer.headers.etag)
          if (coding !== undefined) assert.isBelow(body.length, source.length / 10)
        }
        assert.strictEqual(tags.size, 3)
      }))

    it.effect("is not sent again to who has it", () =>
      Effect.gen(function*() {
        const taken = { "accept-encoding": "br" }
        const { answer } = yield* get(taken)
        const again = yield* get({ ...taken, "if-none-match": `"other", ${answer.headers.etag}` })
        assert.deepStrictEqual([again.answer.statusCode, again.body.length], [304, 0])
        assert.strictEqual(again.answer.headers.etag, answer.headers.etag)
        const other = yield* get({ "accept-encoding": "gzip", "if-none-match": answer.headers.etag ?? "" })
        assert.strictEqual(other.answer.statusCode, 200)
      }))
  }
)
