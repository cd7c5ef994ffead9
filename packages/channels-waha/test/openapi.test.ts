/** Every request that the adapter makes, held against WAHA's published OpenAPI where it is at hand beside the repository. */
import { NodeHttpClient } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Option, Redacted, Stream } from "effect"
import { HttpClient } from "effect/http"
import type { OutboundContent } from "@wicara/channels/MessageContent"
import { WahaEmulator } from "@wicara/testing/WahaEmulator"
import * as Waha from "@wicara/channels-waha/Waha"
import * as fixtures from "./fixtures.ts"
import { faultsOf, present, recording } from "./openapi.ts"

const url = "https://files.test/x"
const inline = "data:application/octet-stream;base64,aGFsbw=="
const media = (address: string) => ({ source: { type: "url", url: address } } as const)
const contents = (address: string): ReadonlyArray<OutboundContent> => [
  { type: "text", text: "Halo", previewUrl: false },
  {
    type: "text",
    text: "Menu: https://kopi.test",
    preview: { url: "https://kopi.test", title: "Kopi", description: "Menu", image: media(address) }
  },
  { type: "poll", question: "Kapan?", options: ["Senin", "Selasa"], multiple: false },
  { type: "buttons", body: "Aktif?", buttons: [{ id: "y", title: "Ya" }] },
  { type: "image", media: media(address), caption: "menu" },
  { type: "video", media: media(address) },
  { type: "audio", media: media(address), voice: true },
  { type: "audio", media: media(address), voice: false },
  { type: "document", media: { ...media(address), fileName: "menu.pdf" }, caption: "menu" },
  { type: "location", latitude: -6.9, longitude: 107.6, name: "Kedai" },
  { type: "contacts", contacts: [{ name: "Rina", phones: [{ phone: "+62 813" }], emails: [] }] },
  { type: "list", body: "Pilih", button: "Menu", sections: [{ rows: [{ id: "a", title: "Arabika" }] }] }
]

describe.skipIf(!present)("WAHA's OpenAPI", () => {
  const layer = Layer.mergeAll(
    WahaEmulator.layer({ faults: { statuses: false }, startDelay: 1 }),
    NodeHttpClient.layerUndici
  )
  it.layer(layer, { excludeTestServices: true })((it) => {
    it.effect("knows every request that the adapter makes", () =>
      Effect.gen(function*() {
        const emulator = yield* WahaEmulator
        yield* emulator.setAccount("api-session", { phone: "6281300000001" })
        const account: Waha.Account = {
          ...fixtures.account({ baseUrl: emulator.url, session: "api-session", buttons: "native" }),
          secrets: { apiKey: Redacted.make("waha-key"), hmacKey: Redacted.make("hmac") }
        }
        const { client, made } = yield* recording
        const { adapter } = Waha
        const { act, groups, history, lifecycle, markRead, profile, react, reconcile, reserveMessageId, typing } =
          adapter
        assert(
          act && groups && history && lifecycle && markRead && profile && react && reconcile && reserveMessageId &&
            typing
        )
        const dewi = { kind: "phone", value: "6281300000042" } as const
        const hook = "https://wicara.test/v1/inbound/1"
        yield* Effect.gen(function*() {
          for (const content of [...contents(url), ...contents(inline)]) {
            const message = { id: "1", to: dewi, content, replyTo: "3EB0AAAAAAAAAAAAAAAA" }
            const providerMessageId = Option.getOrUndefined(yield* reserveMessageId(message, account))
            yield* adapter.send({ ...message, providerMessageId }, account)
            yield* reconcile({ ...message, providerMessageId }, account)
          }
          const target = { chat: dewi, providerMessageId: "3EB0AAAAAAAAAAAAAAAA" }
          yield* react({ ...target, emoji: "👍" }, account)
          const own = { ...target, fromBusiness: true }
          yield* act(own, { type: "edit", text: "Halo!" }, account)
          yield* act(own, { type: "pin", seconds: 86_400 }, account)
          yield* act(own, { type: "pin", seconds: null }, account)
          yield* act(own, { type: "star", on: true }, account)
          yield* act(own, { type: "delete" }, account)
          const forwarded = { id: "2", to: dewi, content: { type: "text", text: "Halo" }, forwardOf: own } as const
          yield* adapter.send(
            { ...forwarded, providerMessageId: Option.getOrUndefined(yield* reserveMessageId(forwarded, account)) },
            account
          )
          yield* markRead({ ...target, typing: true }, account)
          yield* typing({ chat: dewi, on: false }, account)
          yield* adapter.test(account)
          yield* history.alive(account)
          yield* Stream.runDrain(history.chats(0, account))
          yield* Stream.runDrain(history.messages({ chat: dewi, since: 0, until: 9_000_000_000_000 }, account))
          const group = yield* groups.create({ subject: "Grup", description: "Isi", participants: [dewi] }, account)
          assert.isNotNull(group)
          const { address } = group
          yield* groups.update(address, { subject: "G", announceOnly: true, locked: false }, account)
          for (const action of ["add", "remove", "promote", "demote"] as const) {
            yield* groups.changeParticipants(address, { action, participants: [dewi] }, account)
          }
          yield* groups.get(address, account)
          yield* Stream.runDrain(groups.list(account))
          yield* groups.inviteLink(address, { reset: false }, account)
          yield* groups.inviteLink(address, { reset: true }, account)
          yield* groups.leave(address, account)
          yield* profile.get(account)
          const picture = {
            name: "a.png",
            mimeType: "image/png",
            sizeBytes: 1,
            content: Stream.make(new Uint8Array(1))
          }
          yield* profile.update({ name: "Kopi", about: "Halo", picture }, account)
          yield* profile.update({ picture: null }, account)
          yield* lifecycle.inspect(hook, account)
          yield* lifecycle.repair(hook, account)
          yield* lifecycle.disconnect({ forget: true }, account)
          yield* lifecycle.connect({ method: "qr", webhookUrl: hook }, account)
          yield* Effect.repeat(lifecycle.state(account), { until: ({ _tag }) => _tag === "ScanQr" })
          yield* lifecycle.connect({ method: "code", phone: "6281300000001", webhookUrl: hook }, account)
          yield* lifecycle.disconnect({ forget: false }, account)
        }).pipe(Effect.provideService(HttpClient.HttpClient, client))
        assert.deepStrictEqual([...new Set(made.flatMap(faultsOf("api-session")))], [])
        assert.isAtLeast(new Set(made.map(({ method, url }) => `${method} ${new URL(url).pathname}`)).size, 40)
      }))
  })
})
