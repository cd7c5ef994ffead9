import { NodeHttpClient } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted, Stream } from "effect"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import type { MediaRequest } from "@wicara/channels/ChannelAdapter"
import type { MediaSource } from "@wicara/channels/MessageContent"
import * as SampleFiles from "@wicara/testing/SampleFiles"
import { WahaEmulator } from "@wicara/testing/WahaEmulator"
import { fetchMedia } from "@wicara/channels-waha/MediaFile"
import type * as Waha from "@wicara/channels-waha/Waha"
import * as fixtures from "./fixtures.ts"

const picture = SampleFiles.png(40, 30)

const emulator = (mediaLifetime: number) =>
  Layer.merge(WahaEmulator.layer({ accounts: { lintang: {} }, mediaLifetime }), NodeHttpClient.layerUndici)

const current = Effect.map(WahaEmulator, ({ url }): Waha.Account => ({
  ...fixtures.account({ baseUrl: url }),
  secrets: { apiKey: Redacted.make("key-lintang"), hmacKey: Redacted.make("hmac-lintang") }
}))

/** A customer sends a picture; what its webhook says of it. */
const pictured = Effect.gen(function*() {
  const { account, customerWrites } = yield* WahaEmulator
  const { providerMessageId } = yield* customerWrites({
    account: "lintang",
    from: { phone: "6281300000042", name: "Dewi" },
    content: { type: "image", data: Buffer.from(picture).toString("base64"), mimeType: "image/png" }
  })
  const message = [...account("lintang")?.messages.values() ?? []].find(({ id }) => providerMessageId.includes(id))
  return {
    url: message?.media?.url ?? "",
    request: (source: MediaSource): MediaRequest => ({
      media: { source },
      chat: { kind: "phone", value: "6281300000042" },
      providerMessageId: message?.id ?? null
    })
  }
})

const read = (request: MediaRequest, account: Waha.Account) =>
  Effect.scoped(Effect.gen(function*() {
    const { content, mimeType, sizeBytes } = yield* fetchMedia(request, account)
    return { bytes: Buffer.concat([...(yield* Stream.runCollect(content))]), mimeType, sizeBytes }
  }))

describe("a customer's file", () => {
  it.layer(emulator(60_000), { excludeTestServices: true })((it) => {
    it.effect("is read with the account's key", () =>
      Effect.gen(function*() {
        const account = yield* current
        const { request, url } = yield* pictured
        const file = yield* read(request({ type: "url", url }), account)
        assert.isTrue(file.bytes.equals(picture))
        assert.strictEqual(file.mimeType, "image/png")
        assert.strictEqual(file.sizeBytes, picture.length)
      }))

    it.effect("that WAHA did not load at first is loaded when it is asked for", () =>
      Effect.gen(function*() {
        const account = yield* current
        const { request } = yield* pictured
        const file = yield* read(request({ type: "none", reason: "WAHA did not download it" }), account)
        assert.isTrue(file.bytes.equals(picture))
      }))

    it.effect("that nobody has is gone, and with a wrong key the account is to blame", () =>
      Effect.gen(function*() {
        const account = yield* current
        const { request, url } = yield* pictured
        const lost = yield* Effect.flip(
          read({ ...request({ type: "url", url: `${url}x` }), providerMessageId: "3EB0NOBODY" }, account)
        )
        assert.strictEqual(lost.kind, "gone")
        const locked = { ...account, secrets: { ...account.secrets, apiKey: Redacted.make("wrong") } }
        assert.strictEqual((yield* Effect.flip(read(request({ type: "url", url }), locked))).kind, "account")
      }))

    it.effect("of a server that is away, or that breaks off, is tried again later", () =>
      Effect.gen(function*() {
        const account = yield* current
        const { request } = yield* pictured
        const away = { ...account, settings: { ...account.settings, baseUrl: "http://127.0.0.1:9" } }
        const failure = yield* Effect.flip(read(request({ type: "url", url: "http://127.0.0.1:9/api/files/a" }), away))
        assert.strictEqual(failure.kind, "later")
        const keys: Array<string | undefined> = []
        const server = createServer((incoming, response) => {
          keys.push(incoming.headers["x-api-key"] as string | undefined)
          response.writeHead(200, { "content-length": "1000" })
          response.write("half")
          setTimeout(() => response.destroy(), 20)
        })
        yield* Effect.acquireRelease(
          Effect.promise(() => new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))),
          () => Effect.sync(() => server.close())
        )
        // A store of the operator's own, behind WAHA: the key is not for it.
        const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/bucket/a`
        const broken = yield* Effect.flip(read(request({ type: "url", url }), account))
        assert.strictEqual(broken.kind, "later")
        assert.deepStrictEqual(keys, [undefined])
      }).pipe(Effect.scoped))
  })

  it.layer(emulator(-1), { excludeTestServices: true })((it) => {
    it.effect("that WAHA has deleted meanwhile is loaded from the phone again, and gone when that is of no use", () =>
      Effect.gen(function*() {
        const account = yield* current
        const { request, url } = yield* pictured
        const failure = yield* Effect.flip(read(request({ type: "url", url }), account))
        assert.strictEqual(failure.kind, "gone")
        assert.strictEqual(failure.code, "file_not_found")
      }))
  })
})
