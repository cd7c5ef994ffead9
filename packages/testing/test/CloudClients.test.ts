import { WhatsAppClient } from "@kapso/whatsapp-cloud-api"
import { verifySignature } from "@kapso/whatsapp-cloud-api/server"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import type { Scope } from "effect"
import { HttpRouter, HttpServerRequest, HttpServerResponse } from "effect/http"
import { WhatsAppAPI } from "whatsapp-api-js"
import { Image, Template, Text } from "whatsapp-api-js/messages"
import * as Emulator from "@wicara/testing/Emulator"
import { WhatsAppCloudEmulator } from "@wicara/testing/WhatsAppCloudEmulator"

const id = "700100200300400"
const phone = "6281234500001"

/** A business that only keeps what it gets, as it came. */
const business = Effect.gen(function*() {
  const got: Array<{ readonly body: string; readonly signature: string | undefined }> = []
  const { url } = yield* Emulator.serve(HttpRouter.add(
    "POST",
    "/hook",
    Effect.gen(function*() {
      const request = yield* HttpServerRequest.HttpServerRequest
      got.push({
        body: yield* Effect.orDie(request.text),
        signature: request.headers["x-hub-signature-256"]
      })
      return HttpServerResponse.empty({ status: 200 })
    })
  ))
  return { got, hook: `${url}/hook` }
})

const withWorld = <A>(
  test: (world: {
    readonly emulator: WhatsAppCloudEmulator["Service"]
    readonly got: Effect.Success<typeof business>["got"]
    readonly received: string
  }) => Effect.Effect<A, unknown, Scope.Scope>
) =>
  Effect.gen(function*() {
    const emulator = yield* WhatsAppCloudEmulator
    const { got, hook } = yield* business
    yield* emulator.setAccount(id, { webhookUrl: hook })
    const { providerMessageId } = yield* emulator.customerWrites({ account: id, from: { phone }, content: "halo" })
    yield* emulator.idle
    return yield* test({ emulator, got, received: providerMessageId })
  }).pipe(
    Effect.scoped,
    Effect.provide(Layer.fresh(WhatsAppCloudEmulator.layer({ seed: "clients", accounts: { [id]: {} } })))
  )

const accepted = (emulator: WhatsAppCloudEmulator["Service"]) =>
  emulator.ledger.all().filter(({ outcome }) => outcome === "accepted").map(({ text }) => text)

const png = () => new Blob([new Uint8Array([137, 80, 78, 71])], { type: "image/png" })

describe("public client libraries, unchanged", () => {
  it.live("whatsapp-api-js sends, uploads, marks as read, manages QR codes and checks signatures", () =>
    withWorld(({ emulator, got, received }) =>
      Effect.promise(async () => {
        const api = new WhatsAppAPI({
          token: `token-${id}`,
          appSecret: `secret-${id}`,
          v: "v23.0",
          secure: true,
          // It only knows the vendor's own address.
          ponyfill: {
            fetch: (url, init) => fetch(String(url).replace("https://graph.facebook.com", emulator.url), init),
            subtle: globalThis.crypto.subtle
          }
        })
        const said = await api.sendMessage(id, phone, new Text("Selamat pagi"))
        assert.match(JSON.stringify(said), /wamid\./)
        await api.sendMessage(id, phone, new Template("hello_world", "en_US"))
        const form = new FormData()
        form.set("messaging_product", "whatsapp")
        form.set("file", png(), "a.png")
        form.set("type", "image/png")
        const uploaded = await api.uploadMedia(id, form)
        const file = "id" in uploaded ? uploaded.id : ""
        await api.sendMessage(id, phone, new Image(file, true, "Lampu"))
        assert.match(JSON.stringify(await api.retrieveMedia(file)), /image\/png/)
        assert.deepStrictEqual(JSON.parse(JSON.stringify(await api.markAsRead(id, received))), { success: true })
        assert.match(JSON.stringify(await api.createQR(id, "Halo", "png")), /wa\.me\/message/)
        assert.match(JSON.stringify(await api.deleteMedia(file)), /true/)
        const refused = await api.sendMessage(id, phone, new Template("nobody", "id"))
        assert.match(JSON.stringify(refused), /132001/)
        assert.deepStrictEqual(accepted(emulator), [
          "Selamat pagi",
          "Hello, this is a test of the connection.",
          "Lampu"
        ])
        const [delivery] = got
        assert.isTrue(await api.verifyRequestSignature(delivery?.body ?? "", delivery?.signature ?? ""))
        assert.isFalse(await api.verifyRequestSignature(`${delivery?.body} `, delivery?.signature ?? ""))
      })
    ))

  it.live("@kapso/whatsapp-cloud-api sends, uploads, marks as read and checks signatures", () =>
    withWorld(({ emulator, got, received }) =>
      Effect.promise(async () => {
        const client = new WhatsAppClient({
          accessToken: `token-${id}`,
          baseUrl: emulator.url,
          graphVersion: "v23.0"
        })
        const said = await client.messages.sendText({ phoneNumberId: id, to: phone, body: "Selamat sore" })
        assert.match(said.messages[0]?.id ?? "", /^wamid\./)
        await client.messages.sendTemplate({
          phoneNumberId: id,
          to: phone,
          template: { name: "hello_world", language: { code: "en_US" } }
        })
        const { id: file } = await client.media.upload({
          phoneNumberId: id,
          type: "image/png",
          file: png(),
          fileName: "a.png"
        })
        await client.messages.sendImage({ phoneNumberId: id, to: phone, image: { id: file, caption: "Lampu" } })
        await client.messages.markRead({ phoneNumberId: id, messageId: received, typingIndicator: { type: "text" } })
        const refusal = await client.messages.sendText({ phoneNumberId: id, to: "622150000999", body: "?" }).then(
          () => undefined,
          (error: unknown) => error
        )
        assert.match(String(refusal), /131047|24 hours|Re-engagement/)
        assert.deepStrictEqual(accepted(emulator), [
          "Selamat sore",
          "Hello, this is a test of the connection.",
          "Lampu"
        ])
        assert.isTrue(emulator.ledger.all().some(({ outcome }) => outcome === "read+typing"))
        const [delivery] = got
        const appSecret = `secret-${id}`
        assert.isTrue(
          verifySignature({ appSecret, rawBody: delivery?.body ?? "", signatureHeader: delivery?.signature ?? "" })
        )
        assert.isFalse(verifySignature({ appSecret, rawBody: "{}", signatureHeader: delivery?.signature ?? "" }))
      })
    ))
})
