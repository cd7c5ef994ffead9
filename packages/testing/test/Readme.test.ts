import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { createHmac } from "node:crypto"
import { readFileSync, rmSync, writeFileSync } from "node:fs"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8")
const file = new URL("./.readme-example.mts", import.meta.url)

describe("The README", () => {
  it.live("has an example that runs", () =>
    Effect.gen(function*() {
      const [, code] = /```ts\n([\s\S]*?)```/.exec(readme) ?? []
      writeFileSync(file, code ?? "")
      yield* Effect.addFinalizer(() => Effect.sync(() => rmSync(file)))
      const { program } = yield* Effect.promise(() => import(file.href))
      const bodies: Array<string> = []
      const server = createServer((request, response) => {
        const chunks: Array<Buffer> = []
        request.on("data", (chunk: Buffer) => chunks.push(chunk))
        request.on("end", () => {
          const body = Buffer.concat(chunks)
          const signature = `sha256=${createHmac("sha256", "secret").update(body).digest("hex")}`
          assert.strictEqual(request.headers["x-hub-signature-256"], signature)
          bodies.push(body.toString())
          response.end()
        })
      })
      yield* Effect.promise(() => new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve)))
      yield* Effect.addFinalizer(() => Effect.sync(() => server.close()))
      const { port } = server.address() as AddressInfo
      const chat = yield* program(`http://127.0.0.1:${port}/hook`) as Effect.Effect<unknown>
      assert.isNotEmpty(bodies)
      assert.isTrue(bodies.every((body) => body.includes("Hello")))
      assert.include(JSON.stringify(chat), "Hello")
    }).pipe(Effect.scoped))

  it("fits on a page", () => {
    assert.isBelow(readme.split("\n").length, 41)
  })
})
