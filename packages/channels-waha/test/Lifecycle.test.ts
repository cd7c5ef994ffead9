/** Pairing, stopping and mending a session, against the emulator. */
import { NodeHttpClient } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted } from "effect"
import { WahaEmulator } from "@wicara/testing/WahaEmulator"
import type { Webhook } from "@wicara/testing/waha/WahaSession"
import * as Waha from "@wicara/channels-waha/Waha"
import * as fixtures from "./fixtures.ts"

const hook = "https://wicara.test/v1/inbound/0190"

const emulator = (options: Parameters<typeof WahaEmulator.layer>[0] = {}) =>
  Layer.mergeAll(
    WahaEmulator.layer({ faults: { statuses: false }, startDelay: 1, ...options }),
    NodeHttpClient.layerUndici
  )

const accountOf = (session: string, settings: Partial<Waha.Settings> = {}) =>
  Effect.map(WahaEmulator, ({ url }): Waha.Account => ({
    ...fixtures.account({ baseUrl: url, session, ...settings }),
    secrets: { apiKey: Redacted.make("waha-key"), hmacKey: Redacted.make("hmac of the shop") }
  }))

const { lifecycle } = Waha.adapter
if (lifecycle?.restart === undefined) throw new Error("the adapter has a life cycle")
const { restart } = lifecycle

const stateIs = (account: Waha.Account, tag: string) =>
  lifecycle.state(account).pipe(
    Effect.tap(() => Effect.sleep("5 millis")),
    Effect.repeat({ until: (state) => state._tag === tag })
  )

const codes = (account: Waha.Account) =>
  Effect.map(lifecycle.inspect(hook, account), (found) => found.map(({ code }) => code))

const withWebhooks = (session: string, webhooks: ReadonlyArray<Webhook>) =>
  Effect.map(WahaEmulator, (emulator) => {
    const known = emulator.account(session)
    if (known === undefined) throw new Error("no such session")
    known.config = { ...known.config, webhooks }
  })

const webhook = (more: Partial<Webhook> = {}): Webhook => ({
  url: hook,
  events: ["session.status", "message.any", "message.ack", "message.edited", "message.revoked"],
  hmac: { key: "hmac of the shop" },
  ...more
})

describe("connecting", () => {
  it.layer(emulator(), { excludeTestServices: true })((it) => {
    it.effect("creates the session with a signed webhook and shows its code as text until a phone scans it", () =>
      Effect.gen(function*() {
        const account = yield* accountOf("fajar")
        yield* lifecycle.connect({ method: "qr", webhookUrl: hook }, account)
        const shown = yield* stateIs(account, "ScanQr")
        assert.isTrue(shown._tag === "ScanQr" && shown.qr.startsWith("2@fajar") && shown.expiresAt !== null)
        const emulator = yield* WahaEmulator
        const [registered, ...others] = emulator.account("fajar")?.config.webhooks ?? []
        assert.strictEqual(others.length, 0)
        assert.strictEqual(registered?.url, hook)
        assert.deepStrictEqual(registered?.hmac, { key: "hmac of the shop" })
        assert.deepStrictEqual(registered?.retries, { policy: "exponential", delaySeconds: 2, attempts: 15 })
        assert.isTrue(registered?.events.includes("message.any"))
        assert.isFalse(registered?.events.includes("message"))
        assert.deepStrictEqual(yield* codes(account), [])
        yield* emulator.setAccount("fajar", { paired: true, phone: "6281300000009" })
        assert.deepStrictEqual(yield* lifecycle.state(account), { _tag: "Connected", as: "6281300000009" })
        const generation = emulator.account("fajar")?.generation
        const again = yield* lifecycle.connect({ method: "qr", webhookUrl: hook }, account)
        assert.strictEqual(again._tag, "Connected")
        assert.strictEqual(emulator.account("fajar")?.generation, generation)
      }))

    it.effect("gives a code to type for a phone number, and says when the number is missing", () =>
      Effect.gen(function*() {
        const account = yield* accountOf("gita")
        yield* lifecycle.connect({ method: "qr", webhookUrl: hook }, account)
        yield* stateIs(account, "ScanQr")
        const state = yield* lifecycle.connect({ method: "code", phone: "+62 813-0000", webhookUrl: hook }, account)
        assert(state._tag === "EnterCode" && state.code === "ABCD-ABCD")
        assert.deepStrictEqual(yield* lifecycle.state(account), state)
        const refused = yield* Effect.flip(lifecycle.connect({ method: "code", webhookUrl: hook }, account))
        assert.strictEqual(refused.code, "phone_missing")
      }))

    it.effect("asks for a person where WhatsApp wants a passkey", () =>
      Effect.gen(function*() {
        const account = yield* accountOf("hana")
        const emulator = yield* WahaEmulator
        yield* emulator.setAccount("hana", { paired: false, status: "PASSKEY_REQUIRED" })
        const required = yield* lifecycle.state(account)
        assert.isTrue(required._tag === "Confirm" && required.action === "passkey")
        yield* emulator.setAccount("hana", { status: "PASSKEY_CONFIRMATION_REQUIRED" })
        const confirmation = yield* lifecycle.state(account)
        assert.isTrue(confirmation._tag === "Confirm" && confirmation.reason.includes("1234"))
      }))

    it.effect("starts what was stopped and restarts what failed, without a new pairing", () =>
      Effect.gen(function*() {
        const account = yield* accountOf("indah")
        const emulator = yield* WahaEmulator
        yield* emulator.setAccount("indah", { webhookUrl: hook, hmacKey: "hmac of the shop" })
        yield* lifecycle.disconnect({ forget: false }, account)
        assert.strictEqual((yield* lifecycle.state(account))._tag, "Disconnected")
        yield* lifecycle.connect({ method: "qr", webhookUrl: hook }, account)
        yield* stateIs(account, "Connected")
        yield* emulator.setAccount("indah", { status: "FAILED" })
        assert.strictEqual((yield* lifecycle.state(account))._tag, "Failed")
        yield* restart(account)
        yield* stateIs(account, "Connected")
      }))

    it.effect("forgets the pairing and the session, twice without harm", () =>
      Effect.gen(function*() {
        const account = yield* accountOf("joko")
        const emulator = yield* WahaEmulator
        yield* emulator.setAccount("joko", { webhookUrl: hook })
        yield* lifecycle.disconnect({ forget: true }, account)
        assert.isUndefined(emulator.account("joko"))
        yield* lifecycle.disconnect({ forget: true }, account)
        assert.strictEqual((yield* lifecycle.state(account))._tag, "Disconnected")
        assert.deepStrictEqual(yield* codes(account), ["session_missing"])
      }))

    it.effect("tells a refused key from a server that is no WAHA", () =>
      Effect.gen(function*() {
        const account = yield* accountOf("kartika")
        const refused = { ...account, secrets: { ...account.secrets, apiKey: Redacted.make("another") } }
        assert.strictEqual((yield* lifecycle.state(refused))._tag, "Reauthorize")
        const elsewhere = { ...account, settings: { ...account.settings, baseUrl: `${account.settings.baseUrl}/not` } }
        assert.strictEqual((yield* Effect.flip(lifecycle.state(elsewhere))).kind, "refused")
      }))
  })

  it.layer(emulator({ qrLifetimes: [5, 5, 5, 5, 5, 5] }), { excludeTestServices: true })((it) => {
    it.effect("has failed after six codes that nobody scanned, and begins anew when asked to", () =>
      Effect.gen(function*() {
        const account = yield* accountOf("lestari")
        yield* lifecycle.connect({ method: "qr", webhookUrl: hook }, account)
        yield* stateIs(account, "Failed")
        const emulator = yield* WahaEmulator
        const codes = emulator.account("lestari")?.history.filter(({ status }) => status === "SCAN_QR_CODE")
        assert.strictEqual(codes?.length, 6)
        const state = yield* lifecycle.connect({ method: "qr", webhookUrl: hook }, account)
        assert.include(["Starting", "ScanQr", "Failed"], state._tag)
      }))
  })
})

describe("the set-up", () => {
  it.layer(emulator(), { excludeTestServices: true })((it) => {
    const traps: ReadonlyArray<readonly [string, ReadonlyArray<Webhook>]> = [
      ["webhook_missing", []],
      ["webhook_missing", [webhook({ url: "https://other.test/hook" })]],
      ["webhook_elsewhere", [webhook({ url: "http://10.0.0.1:3000/v1/inbound/0190" })]],
      ["webhook_doubled", [webhook(), webhook({ url: "http://10.0.0.1:3000/v1/inbound/0190" })]],
      ["events_doubled", [webhook({ events: [...webhook().events, "message"] })]],
      ["events_doubled", [webhook({ events: ["*"] })]],
      ["events_missing", [webhook({ events: ["message", "session.status"] })]],
      ["hmac_key_wrong", [webhook({ hmac: { key: "an old one" } })]],
      ["hmac_key_wrong", [webhook({ hmac: null })]]
    ]
    it.effect("finds each known trap, and mends it without touching other people's webhooks", () =>
      Effect.gen(function*() {
        const account = yield* accountOf("mawar")
        const emulator = yield* WahaEmulator
        yield* emulator.setAccount("mawar", {})
        const foreign = { url: "https://crm.test/hook", events: ["message"] }
        for (const [code, webhooks] of traps) {
          yield* withWebhooks("mawar", [...webhooks, foreign])
          assert.deepStrictEqual([code, yield* codes(account)], [code, [code]])
          yield* lifecycle.repair(hook, account)
          assert.deepStrictEqual(yield* codes(account), [])
          assert.deepStrictEqual(emulator.account("mawar")?.config.webhooks?.at(-1), foreign)
          yield* stateIs(account, "Connected")
        }
        const generation = emulator.account("mawar")?.generation
        yield* lifecycle.repair(hook, account)
        assert.strictEqual(emulator.account("mawar")?.generation, generation)
      }))

    it.effect("finds an engine that forgets, and turns its store on", () =>
      Effect.gen(function*() {
        const account = yield* accountOf("nanda")
        const emulator = yield* WahaEmulator
        yield* emulator.setAccount("nanda", { engine: "NOWEB" })
        yield* withWebhooks("nanda", [webhook()])
        assert.deepStrictEqual(yield* codes(account), ["store_disabled"])
        yield* lifecycle.repair(hook, account)
        assert.deepStrictEqual(yield* codes(account), [])
      }))

    it.effect("sets proxy, ignored chats and device name as the account says, and keeps what it does not name", () =>
      Effect.gen(function*() {
        const emulator = yield* WahaEmulator
        const plain = yield* accountOf("surya")
        yield* emulator.setAccount("surya", {})
        yield* withWebhooks("surya", [webhook()])
        const config = () => emulator.account("surya")?.config
        emulator.account("surya")!.config = { ...config(), ignore: { status: true, channels: null }, debug: false }
        assert.deepStrictEqual(yield* codes(plain), [])
        const base = yield* accountOf("surya", {
          proxy: { server: "proxy.test:3128", username: "kopi" },
          ignore: { groups: true },
          client: { deviceName: "Kedai", browserName: "Firefox" }
        })
        const account = { ...base, secrets: { ...base.secrets, proxyPassword: Redacted.make("rahasia") } }
        const found = yield* lifecycle.inspect(hook, account)
        assert.deepStrictEqual(found.map(({ code, repairable }) => [code, repairable]), [["config_differs", true]])
        assert.include(found[0]?.message, "proxy, ignore, client")
        assert.notInclude(JSON.stringify(found), "rahasia")
        yield* lifecycle.repair(hook, account)
        assert.deepInclude(config(), {
          proxy: { server: "proxy.test:3128", username: "kopi", password: "rahasia" },
          ignore: { status: true, channels: null, groups: true },
          client: { deviceName: "Kedai", browserName: "Firefox" },
          debug: false
        })
        assert.deepStrictEqual(yield* codes(account), [])
        // What the account says no more stays, and a new password is set.
        assert.deepStrictEqual(yield* codes(plain), [])
        const renewed = { ...base, secrets: { ...base.secrets, proxyPassword: Redacted.make("baru") } }
        assert.deepStrictEqual(yield* codes(renewed), ["config_differs"])
        yield* lifecycle.repair(hook, renewed)
        yield* stateIs(renewed, "Connected")
        assert.deepStrictEqual(yield* codes(renewed), [])
      }))

    it.effect("gives them to a session that it makes", () =>
      Effect.gen(function*() {
        const emulator = yield* WahaEmulator
        const account = yield* accountOf("teguh", { proxy: { server: "10.0.0.1:8080" }, ignore: { status: true } })
        yield* lifecycle.connect({ method: "qr", webhookUrl: hook }, account)
        assert.deepInclude(emulator.account("teguh")?.config, {
          proxy: { server: "10.0.0.1:8080" },
          ignore: { status: true }
        })
      }))

    it.effect("wants no webhook where the socket is read", () =>
      Effect.gen(function*() {
        const account = yield* accountOf("oktavia", { transport: "websocket" })
        const emulator = yield* WahaEmulator
        yield* emulator.setAccount("oktavia", {})
        yield* withWebhooks("oktavia", [webhook()])
        assert.deepStrictEqual(yield* codes(account), ["webhook_beside_socket"])
        yield* lifecycle.repair(hook, account)
        assert.deepStrictEqual(yield* codes(account), [])
        assert.deepStrictEqual(emulator.account("oktavia")?.config.webhooks, [])
      }))

    it.effect("makes a session again that a restart lost", () =>
      Effect.gen(function*() {
        const account = yield* accountOf("putri")
        assert.deepStrictEqual(yield* codes(account), ["session_missing"])
        yield* lifecycle.repair(hook, account)
        assert.deepStrictEqual(yield* codes(account), [])
      }))
  })

  const environment = { WHATSAPP_HOOK_URL: "http://wicara:8080/v1/inbound/0190", WHATSAPP_DOWNLOAD_MEDIA: "false" }
  it.layer(emulator({ environment }), { excludeTestServices: true })((it) => {
    it.effect("reports what only the server's operator can mend", () =>
      Effect.gen(function*() {
        const account = yield* accountOf("ratna")
        const emulator = yield* WahaEmulator
        yield* emulator.setAccount("ratna", {})
        yield* withWebhooks("ratna", [webhook()])
        const found = yield* lifecycle.inspect(hook, account)
        assert.deepStrictEqual(found.map(({ code }) => code), ["global_webhook", "media_not_downloaded"])
        assert.isTrue(found.every(({ repairable }) => !repairable))
        const { generation } = emulator.account("ratna") ?? {}
        yield* lifecycle.repair(hook, account)
        assert.strictEqual(emulator.account("ratna")?.generation, generation)
        const limited = { ...account, secrets: { ...account.secrets, apiKey: Redacted.make("key-ratna") } }
        assert.deepStrictEqual(yield* codes(limited), [])
      }))
  })
})
