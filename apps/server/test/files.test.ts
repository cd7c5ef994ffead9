import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import * as Harness from "./harness.ts"

const bytes = (text: string) => new TextEncoder().encode(text)

const png = Uint8Array.from([
  0x89,
  0x50,
  0x4e,
  0x47,
  0x0d,
  0x0a,
  0x1a,
  0x0a,
  ...Array.from({ length: 92 }, (_, n) => n)
])

const form = Effect.fnUntraced(function*(parts: ReadonlyArray<readonly [name: string, content: string | File]>) {
  const data = new FormData()
  for (const [name, content] of parts) data.append(name, content)
  const request = new Request("http://localhost", { method: "POST", body: data })
  const body = new Uint8Array(yield* Effect.promise(() => request.arrayBuffer()))
  return { body, headers: { "content-type": request.headers.get("content-type")! } }
})

const owner = Effect.gen(function*() {
  const tenant = yield* Harness.newTenant("Acme")
  return yield* Harness.tokenOf(tenant, "owner")
})

for (const database of Harness.databases) {
  layer(Harness.layer(database), { excludeTestServices: true, timeout: "60 seconds" })(`files on ${database}`, (it) => {
    it.effect("are sent as they are or in a form, and loaded whole, in ranges, or not at all when they are known", () =>
      Effect.gen(function*() {
        const token = yield* owner
        const raw = yield* Harness.request("/v1/files?name=..%2Flogo.txt", { token, body: png })
        yield* Harness.expectStatus(raw, 201)
        assert.deepInclude(raw.body, { name: "logo.txt", contentType: "image/png", size: 100 })
        const sent = yield* form([["note", "passed over"], [
          "file",
          new File([png], "logo.png", { type: "text/html" })
        ]])
        const formed = yield* Harness.request("/v1/files", { token, ...sent })
        yield* Harness.expectStatus(formed, 201)
        assert.deepInclude(formed.body, { name: "logo.png", contentType: "image/png", checksum: raw.body.checksum })

        const path = `/v1/files/${raw.body.id}/content`
        const whole = yield* Harness.request(path, { token })
        yield* Harness.expectStatus(whole, 200)
        assert.strictEqual(whole.headers.get("content-type"), "image/png")
        assert.strictEqual(whole.headers.get("content-length"), "100")
        assert.match(whole.headers.get("content-disposition")!, /^attachment; filename="logo.txt"/)
        assert.strictEqual(whole.headers.get("x-content-type-options"), "nosniff")
        assert.match(whole.headers.get("content-security-policy")!, /sandbox/)
        const etag = whole.headers.get("etag")!
        const part = yield* Harness.request(path, { token, headers: { range: "bytes=1-3", "if-range": etag } })
        yield* Harness.expectStatus(part, 206)
        assert.deepStrictEqual([part.text, part.headers.get("content-range")], ["PNG", "bytes 1-3/100"])
        const changed = yield* Harness.request(path, { token, headers: { range: "bytes=1-3", "if-range": "\"old\"" } })
        yield* Harness.expectStatus(changed, 200)
        const known = yield* Harness.request(path, { token, headers: { "if-none-match": etag } })
        assert.deepStrictEqual([known.status, known.text], [304, ""])
        yield* Harness.expectProblem(yield* Harness.request(path, { token, headers: { range: "bytes=100-" } }), 416)
        const shown = yield* Harness.request(`${path}?disposition=inline`, { token })
        assert.match(shown.headers.get("content-disposition")!, /^inline/)
      }))

    it.effect("larger than a request to the API may be pass through without being held in memory", () =>
      Effect.gen(function*() {
        const token = yield* owner
        const size = 20 * 1024 * 1024
        const stored = yield* Harness.request("/v1/files?name=large.txt", {
          token,
          body: new Uint8Array(size).fill(0x61),
          within: 20_000
        })
        yield* Harness.expectStatus(stored, 201)
        assert.strictEqual(stored.body.size, size)
        const end = yield* Harness.request(`/v1/files/${stored.body.id}/content`, {
          token,
          headers: { range: "bytes=-5" }
        })
        assert.strictEqual(end.text, "aaaaa")
        const usage = yield* Harness.request("/v1/files/usage", { token })
        assert.deepInclude(usage.body, { files: 1, bytes: size })
      }))

    it.effect("that are refused say why", () =>
      Effect.gen(function*() {
        const token = yield* owner
        const page = { token, body: bytes("<!DOCTYPE html><script>alert(1)</script>") }
        const refused = yield* Harness.request("/v1/files?name=logo.png", page)
        yield* Harness.expectProblem(refused, 415)
        assert.strictEqual(refused.body.contentType, "text/html")
        yield* Harness.expectProblem(
          yield* Harness.request("/v1/files", { token, body: bytes(""), method: "POST" }),
          422
        )
        const none = yield* form([["note", "no file"]])
        yield* Harness.expectProblem(yield* Harness.request("/v1/files", { token, ...none }), 422)
        const two = yield* form([["file", new File(["one"], "1.txt")], ["file", new File(["two"], "2.txt")]])
        yield* Harness.expectProblem(yield* Harness.request("/v1/files", { token, ...two }), 422)
        const broken = { ...(yield* form([["file", new File(["one"], "1.txt")]])), token }
        const cut = { ...broken, body: broken.body.slice(0, -20) }
        yield* Harness.expectProblem(yield* Harness.request("/v1/files", cut), 422)
        const { body } = yield* Harness.request("/v1/files", { token })
        assert.isEmpty(body.data)
      }))

    it.effect("are loaded by a link without a credential", () =>
      Effect.gen(function*() {
        const token = yield* owner
        const stored = yield* Harness.request("/v1/files?name=a.txt", { token, body: bytes("for everybody") })
        const made = yield* Harness.request(`/v1/files/${stored.body.id}/links`, {
          token,
          json: { expiresInSeconds: 60, inline: true }
        })
        yield* Harness.expectStatus(made, 201)
        const { pathname } = new URL(made.body.url)
        const opened = yield* Harness.request(pathname)
        assert.deepStrictEqual([opened.status, opened.text], [200, "for everybody"])
        assert.match(opened.headers.get("content-disposition")!, /^inline/)
        const last = pathname.at(-2) === "A" ? "B" : "A"
        yield* Harness.expectProblem(yield* Harness.request(`${pathname.slice(0, -2)}${last}${pathname.at(-1)}`), 404)
        yield* Harness.expectStatus(
          yield* Harness.request(`/v1/files/${stored.body.id}`, { method: "DELETE", token }),
          204
        )
        yield* Harness.expectProblem(yield* Harness.request(pathname), 404)
      }))

    it.effect("sent twice under one idempotency key are one file", () =>
      Effect.gen(function*() {
        const token = yield* owner
        const send = (text: string) =>
          Harness.request("/v1/files?name=a.txt", { token, body: bytes(text), headers: { "idempotency-key": "one" } })
        const first = yield* send("the same")
        assert.strictEqual((yield* send("the same")).body.id, first.body.id)
        yield* Harness.expectProblem(yield* send("another"), 422)
        assert.lengthOf((yield* Harness.request("/v1/files", { token })).body.data, 1)
      }))
  })
}
