/** What is read back from a session: its past, whether it lives, its groups and its profile, from every engine. */
import { NodeHttpClient } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted, Stream } from "effect"
import type { Group } from "@wicara/channels/ChannelGroups"
import type { InboundEvent } from "@wicara/channels/InboundEvent"
import { WahaEmulator } from "@wicara/testing/WahaEmulator"
import * as Waha from "@wicara/channels-waha/Waha"
import * as fixtures from "./fixtures.ts"

const emulator = Layer.mergeAll(
  WahaEmulator.layer({ faults: { statuses: false }, startDelay: 1 }),
  NodeHttpClient.layerUndici
)

const accountOf = (session: string) =>
  Effect.map(WahaEmulator, ({ url }): Waha.Account => ({
    ...fixtures.account({ baseUrl: url, session }),
    secrets: { apiKey: Redacted.make("waha-key"), hmacKey: Redacted.make("hmac") }
  }))

const { groups, history, lifecycle, profile } = Waha.adapter
if (groups === undefined || history === undefined || lifecycle?.restart === undefined || profile === undefined) {
  throw new Error("the adapter reads the past, groups and profiles")
}
const { restart } = lifecycle

const engines = ["GOWS", "NOWEB", "WEBJS", "WPP"] as const
const start = 1_795_200_000_000

describe("the past", () => {
  it.layer(emulator, { excludeTestServices: true })((it) => {
    it.effect.each(engines)(
      "of %s comes with the chats that are recent and every message of a span, by the same ids",
      (engine) =>
        Effect.gen(function*() {
          const emulator = yield* WahaEmulator
          const session = `past-${engine}`
          yield* emulator.setAccount(session, { engine })
          const account = yield* accountOf(session)
          const dewi = { phone: "6281300000042" }
          const rina = { phone: "6281300000043" }
          for (let index = 0; index < 240; index++) {
            const timestamp = start + index * 1000
            yield* emulator.customerWrites({ account: session, from: dewi, content: `${index}`, timestamp })
          }
          yield* emulator.customerWrites({ account: session, from: rina, content: "lama", timestamp: start - 9_000 })
          yield* emulator.businessWrites({
            account: session,
            to: dewi,
            content: "dari HP",
            timestamp: start + 500_000
          })
          const chats = yield* Stream.runCollect(history.chats(start, account))
          assert.deepStrictEqual(chats.map(({ lastMessageAt }) => lastMessageAt), [start + 500_000])
          const [chat] = chats
          assert.isDefined(chat)
          const found = yield* Stream.runCollect(
            history.messages({ chat: chat.chat, since: start + 10_000, until: start + 600_000 }, account)
          )
          assert.deepStrictEqual(
            found.map(({ content }) => content.type === "text" ? content.text : "").toReversed(),
            [...Array.from({ length: 230 }, (_, index) => `${index + 10}`), "dari HP"]
          )
          const known = emulator.account(session)?.messages
          assert.isTrue(found.every(({ providerMessageId }) => known?.has(providerMessageId)))
          const echo = found.find((event: InboundEvent) => event._tag === "MessageEchoed")
          assert.strictEqual(echo?.content.type === "text" && echo.content.text, "dari HP")
        })
    )

    it.effect("tells a session that only says that it works from one that does", () =>
      Effect.gen(function*() {
        const emulator = yield* WahaEmulator
        yield* emulator.setAccount("zombie", {})
        const account = yield* accountOf("zombie")
        assert.isTrue(yield* history.alive(account))
        yield* emulator.setAccount("zombie", { hangs: true })
        assert.strictEqual((yield* lifecycle.state(account))._tag, "Connected")
        assert.isFalse(yield* history.alive(account))
        yield* restart(account)
        yield* Effect.repeat(Effect.tap(history.alive(account), () => Effect.sleep("5 millis")), {
          until: (alive) => alive
        })
        yield* emulator.setAccount("zombie", { status: "STOPPED" })
        assert.isFalse(yield* history.alive(account))
        const gone = { ...account, settings: { ...account.settings, baseUrl: "http://127.0.0.1:9" } }
        assert.strictEqual((yield* Effect.flip(history.alive(gone))).kind, "later")
      }))
  })
})

const byId = (group: Group) => group.participants?.map(({ identities, role }) => [identities[0].value, role])

describe("groups", () => {
  it.layer(emulator, { excludeTestServices: true })((it) => {
    it.effect.each(engines)("of %s are made, read, changed and left", (engine) =>
      Effect.gen(function*() {
        const emulator = yield* WahaEmulator
        const session = `groups-${engine}`
        yield* emulator.setAccount(session, { engine, phone: "6281300000001" })
        const account = yield* accountOf(session)
        const dewi = { kind: "phone", value: "6281300000042" } as const
        const rina = { kind: "lid", value: "880000000000043" } as const
        const made = yield* groups.create({ subject: "Reseller", description: "Harga", participants: [dewi] }, account)
        assert.isNotNull(made)
        const { address } = made
        yield* groups.changeParticipants(address, { action: "add", participants: [rina] }, account)
        yield* groups.changeParticipants(address, { action: "promote", participants: [dewi] }, account)
        yield* groups.update(address, { subject: "Reseller 2", announceOnly: true, locked: true }, account)
        const group = yield* groups.get(address, account)
        assert.deepInclude(group, { subject: "Reseller 2", description: "Harga", announceOnly: true, locked: true })
        assert.deepStrictEqual(byId(group), [["6281300000001", "owner"], [dewi.value, "admin"], [rina.value, "member"]])
        const [listed] = yield* Stream.runCollect(groups.list(account))
        assert.isDefined(listed)
        assert.deepStrictEqual(byId(listed), byId(group))
        assert.strictEqual(listed.subject, "Reseller 2")
        const link = yield* groups.inviteLink(address, { reset: false }, account)
        assert.match(link, /^https:\/\/chat\.whatsapp\.com\/.+/)
        assert.notStrictEqual(yield* groups.inviteLink(address, { reset: true }, account), link)
        yield* groups.changeParticipants(address, { action: "remove", participants: [rina] }, account)
        assert.strictEqual((yield* groups.get(address, account)).participants?.length, 2)
        yield* groups.leave(address, account)
        assert.strictEqual((yield* Effect.flip(groups.get(address, account))).kind, "missing")
        const refused = yield* Effect.flip(groups.get(dewi, account))
        assert.strictEqual(refused.kind, "missing")
      }))
  })
})

describe("the profile", () => {
  it.layer(emulator, { excludeTestServices: true })((it) => {
    it.effect("is read and changed as far as WhatsApp lets it be", () =>
      Effect.gen(function*() {
        const emulator = yield* WahaEmulator
        yield* emulator.setAccount("profile", { name: "Kopi" })
        const account = yield* accountOf("profile")
        assert.deepStrictEqual(yield* profile.get(account), { name: "Kopi" })
        const picture = {
          name: "logo.png",
          mimeType: "image/png",
          sizeBytes: 3,
          content: Stream.make(new Uint8Array([1, 2, 3]))
        }
        yield* profile.update({ name: "Kopi Lintang", about: "Buka pukul 8", picture }, account)
        const changed = yield* profile.get(account)
        assert.strictEqual(changed.name, "Kopi Lintang")
        assert.isDefined(changed.pictureUrl)
        assert.strictEqual(changed.about, "Buka pukul 8")
        yield* profile.update({ picture: null }, account)
        assert.isUndefined((yield* profile.get(account)).pictureUrl)
        assert.strictEqual((yield* Effect.flip(profile.update({ email: "a@kopi.test" }, account))).kind, "refused")
      }))
  })
})
