import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import type { MediaSource } from "@wicara/channels/MessageContent"
import * as GraphApi from "@wicara/channels-whatsapp-cloud/GraphApi"
import * as WhatsAppCloud from "@wicara/channels-whatsapp-cloud/WhatsAppCloud"
import * as SampleFiles from "@wicara/testing/SampleFiles"
import { makeAccount, phoneNumberId } from "./fixtures/account.ts"
import { phone, withEmulator } from "./fixtures/emulator.ts"

const { fetchMedia } = WhatsAppCloud.make({ timeout: "2 seconds" })
if (fetchMedia === undefined) throw new Error("the adapter fetches media")

const picture = SampleFiles.png(40, 30)

const read = (source: MediaSource, account: WhatsAppCloud.WhatsAppCloudAccount) =>
  Effect.scoped(Effect.gen(function*() {
    const file = yield* fetchMedia({
      media: { source, fileName: "foto.png" },
      chat: { kind: "phone", value: phone },
      providerMessageId: "wamid.x"
    }, account)
    return { ...file, bytes: Buffer.concat([...(yield* Stream.runCollect(file.content))]) }
  }))

const uploaded = (url: string) => {
  const account = makeAccount({ graphBaseUrl: url })
  const caller: GraphApi.Caller = {
    baseUrl: url,
    version: "v23.0",
    accessToken: account.secrets.accessToken,
    timeout: "2 seconds"
  }
  return Effect.map(
    GraphApi.upload(caller, phoneNumberId, { bytes: picture, mimeType: "image/png", fileName: "foto.png" }),
    (id) => ({ account, caller, id })
  )
}

describe("a customer's file", () => {
  it.live("is asked for by its id, and read from the address that is good now", () =>
    withEmulator((emulator) =>
      Effect.gen(function*() {
        const { account, id } = yield* uploaded(emulator.url)
        const file = yield* read({ type: "provider_id", id, url: "https://lookaside.fbsbx.com/expired" }, account)
        assert.isTrue(file.bytes.equals(picture))
        assert.strictEqual(file.mimeType, "image/png")
        assert.strictEqual(file.sizeBytes, picture.length)
        assert.strictEqual(file.fileName, "foto.png")
      })
    ))

  it.live("that was deleted is gone; a token that expired is the account's fault; a server that is away may come back", () =>
    withEmulator((emulator) =>
      Effect.gen(function*() {
        const { account, caller, id } = yield* uploaded(emulator.url)
        const source = { type: "provider_id", id } as const
        const kindOf = (one: WhatsAppCloud.WhatsAppCloudAccount) =>
          Effect.map(Effect.flip(read(source, one)), ({ kind }) => kind)
        assert.strictEqual(
          yield* kindOf(makeAccount({ graphBaseUrl: emulator.url }, { accessToken: "another" })),
          "account"
        )
        assert.strictEqual(yield* kindOf(makeAccount({ graphBaseUrl: "http://127.0.0.1:9" })), "later")
        yield* GraphApi.deleteMedia(caller, id)
        assert.strictEqual(yield* kindOf(account), "gone")
        assert.strictEqual((yield* Effect.flip(read({ type: "none", reason: "" }, account))).kind, "gone")
      })
    ))
})
