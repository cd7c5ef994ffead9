import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted, Schema } from "effect"
import { ChannelAccounts } from "@wicara/channels/ChannelAccounts"
import { NotFound } from "@wicara/core/Problem"
import { WidgetAccounts } from "../src/WidgetAccounts.ts"
import * as WidgetAdapter from "../src/WidgetAdapter.ts"
import { allowsOrigin, newSigningKey, toPublic, WidgetSecrets, WidgetSettings } from "../src/WidgetSettings.ts"
import { fenced, layerProcess, layerStore, site } from "./harness.ts"
import * as TestDatabase from "@wicara/testing/TestDatabase"

const decodeSettings = Schema.decodeUnknownSync(WidgetSettings)

describe("WidgetAccounts", () => {
  const found = (channel: string, status: "active" | "disabled") =>
    Effect.gen(function*() {
      const adapter = yield* WidgetAdapter.make
      const accounts = yield* WidgetAccounts.pipe(Effect.provide(WidgetAccounts.layer.pipe(Layer.provide(
        Layer.mock(ChannelAccounts, {
          lookup: (id) =>
            id === site.id
              ? Effect.succeed({
                id: site.id,
                organizationId: site.organizationId,
                name: "site",
                status,
                connection: "unknown",
                hold: null,
                limits: [],
                facts: {},
                adapter: { ...adapter, id: channel },
                account: site,
                webhookUrl: "https://chat.example/v1/inbound/site",
                urlKey: null,
                previous: null
              })
              : Effect.fail(NotFound.of("channel account", id))
        })
      ))))
      return accounts.find
    }).pipe(Effect.provide(layerProcess().pipe(Layer.provideMerge(layerStore(TestDatabase.layerSqlite)))))

  it.effect("finds active widget accounts, and nothing else", () =>
    Effect.gen(function*() {
      const active = yield* found("widget", "active")
      assert.strictEqual((yield* active(site.id)).organizationId, site.organizationId)
      assert.strictEqual((yield* Effect.flip(active(fenced.id)))._tag, "NotFound")
      const disabled = yield* found("widget", "disabled")
      assert.strictEqual((yield* Effect.flip(disabled(site.id)))._tag, "NotFound")
      const other = yield* found("waha", "active")
      assert.strictEqual((yield* Effect.flip(other(site.id)))._tag, "NotFound")
    }))
})

describe("WidgetSettings", () => {
  it("has a default for everything", () => {
    assert.deepStrictEqual(decodeSettings({}), {
      allowedOrigins: ["*"],
      title: {},
      greeting: {},
      color: "#0f766e",
      mode: "auto",
      position: "right",
      locale: "en",
      greetings: [],
      attachments: true,
      rating: true,
      unreadInTitle: true
    })
  })

  it("gives texts in the visitor's language, else in the account's, else none", () => {
    const settings = decodeSettings({
      locale: "id",
      greeting: { id: "Halo", "es-MX": "¡Hola!" },
      title: { en: "Help" }
    })
    assert.strictEqual(toPublic(settings, "es-mx").greeting, "¡Hola!")
    assert.strictEqual(toPublic(settings, "id-ID").greeting, "Halo")
    assert.strictEqual(toPublic(settings, "fr").greeting, "Halo")
    assert.strictEqual(toPublic(settings, undefined).greeting, "Halo")
    assert.strictEqual(toPublic(settings, "fr").title, null)
  })

  it("takes only origins, whole hosts and schemes", () => {
    for (const bad of ["shop.example", "https://shop.example/", "https://*", "javascript:alert(1)", "https://a b"]) {
      assert.throws(() => decodeSettings({ allowedOrigins: [bad] }), undefined, undefined, bad)
    }
    const settings = decodeSettings({ allowedOrigins: ["https://*.shop.example"] })
    assert.isTrue(allowsOrigin(settings, "https://www.shop.example"))
    assert.isTrue(allowsOrigin(settings, undefined))
    for (const other of ["https://shop.example", "https://evilshop.example", "http://www.shop.example", "null"]) {
      assert.isFalse(allowsOrigin(settings, other), other)
    }
  })

  it.effect("makes signing keys that its own schema accepts, and never prints them", () =>
    Effect.gen(function*() {
      const key = yield* newSigningKey
      const secrets = yield* Schema.decodeUnknownEffect(WidgetSecrets)({ signingKey: Redacted.value(key) })
      assert.notInclude(`${secrets.signingKey} ${JSON.stringify(secrets)}`, Redacted.value(key))
      assert.strictEqual(Redacted.value(key).length, 43)
    }))
})
