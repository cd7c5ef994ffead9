import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import { TestClock } from "effect/testing"
import type { ConnectionState } from "@wicara/channels/ChannelLifecycle"
import * as ResumableUpload from "@wicara/channels-whatsapp-cloud/ResumableUpload"
import { adapter } from "@wicara/channels-whatsapp-cloud/WhatsAppCloud"
import * as CloudAccount from "@wicara/testing/whatsapp-cloud/CloudAccount"
import { businessAccountId, makeAccount, phoneNumberId } from "./fixtures/account.ts"
import { virtual } from "./fixtures/virtual.ts"

const start = 1_795_000_000_000
const hook = "https://wicara.example.com/v1/inbound/1"
const callbacks = { [hook]: "invented-verify-token" }
const graphBaseUrl = "https://graph.example.com"

const opened = Effect.fnUntraced(function*(options: Parameters<typeof virtual>[0] = {}) {
  yield* TestClock.setTime(start)
  return yield* virtual({ callbacks, ...options })
})

const lifecycle = adapter.lifecycle
assert(lifecycle !== undefined)
const { profile } = adapter
assert(profile !== undefined)
const { groups } = adapter
assert(groups !== undefined)

const request = { method: "credentials" as const, webhookUrl: hook }
const tagOf = (state: ConnectionState) => state._tag

describe("lifecycle", () => {
  it.effect("connects: subscribes the app, leads the number's webhooks here, and says who it is", () =>
    Effect.gen(function*() {
      const { account, core, run } = yield* opened({
        account: { subscribed: false, webhookUrl: "https://old.example.com" }
      })
      const state = yield* run(lifecycle.connect(request, account))
      assert.deepStrictEqual(state, { _tag: "Connected", as: "+622150000111" })
      const emulated = core.account(phoneNumberId)
      assert.isTrue(emulated?.subscribed)
      assert.strictEqual(emulated === undefined ? null : CloudAccount.callbackOf(emulated), hook)
      assert.deepStrictEqual(yield* run(lifecycle.inspect(hook, account)), [{
        code: "two_step_off",
        severity: "warn",
        message: "The number has no two-step PIN: whoever gets its text messages can take it over",
        repairable: false
      }])
      assert.deepStrictEqual(yield* run(lifecycle.connect(request, account)), state, "repeated, it changes nothing")
    }).pipe(Effect.scoped))

  it.effect("does not lead webhooks to an address that does not know the verify token", () =>
    Effect.gen(function*() {
      const { account, core, run } = yield* opened({ callbacks: { [hook]: "another" } })
      const failure = yield* Effect.flip(run(lifecycle.connect(request, account)))
      assert.deepInclude(failure, { kind: "refused", code: "2200" })
      assert.isNull(core.account(phoneNumberId)?.callbacks.number)
    }).pipe(Effect.scoped))

  it.effect("wants a number that is not registered to be, and does it when it has the PIN", () =>
    Effect.gen(function*() {
      const { account, core, run } = yield* opened({ account: { registered: false, pin: "123456" } })
      const state = yield* run(lifecycle.connect(request, account))
      assert.deepInclude(state, { _tag: "Confirm", action: "register" })
      const withPin = (pin: string) => makeAccount({ graphBaseUrl }, { pin })
      assert.deepInclude(yield* Effect.flip(run(lifecycle.repair(hook, withPin("654321")))), { code: "133005" })
      assert.isTrue(
        (yield* run(lifecycle.inspect(hook, withPin("123456")))).some(({ code, repairable }) =>
          code === "not_registered" && repairable
        )
      )
      yield* run(lifecycle.repair(hook, withPin("123456")))
      assert.strictEqual(tagOf(yield* run(lifecycle.state(account))), "Connected")
      assert.isTrue(core.account(phoneNumberId)?.registered)
    }).pipe(Effect.scoped))

  it.effect("asks for another token when it ended, is another's, or lacks a permission", () =>
    Effect.gen(function*() {
      const { account, core, run } = yield* opened({ account: { tokenExpiresAt: start + 3 * 86_400_000 } })
      assert.strictEqual(
        yield* run(lifecycle.credentialsExpireAt?.(account) ?? Effect.succeed(0)),
        start + 3 * 86_400_000
      )
      assert.isTrue((yield* run(lifecycle.inspect(hook, account))).some(({ code }) => code === "token_expires"))
      yield* TestClock.adjust("4 days")
      assert.strictEqual(tagOf(yield* run(lifecycle.connect(request, account))), "Reauthorize")
      assert.strictEqual(tagOf(yield* run(lifecycle.state(account))), "Reauthorize")
      assert.deepStrictEqual((yield* run(lifecycle.inspect(hook, account))).map(({ code }) => code), ["token_invalid"])
      yield* core.configure(phoneNumberId, { tokenExpiresAt: null, permissions: ["whatsapp_business_management"] })
      assert.deepStrictEqual(yield* run(lifecycle.connect(request, account)), {
        _tag: "Reauthorize",
        reason: "The access token lacks the permission whatsapp_business_messaging"
      })
      assert.isTrue((yield* run(lifecycle.inspect(hook, account))).some(({ code }) => code === "permission_missing"))
    }).pipe(Effect.scoped))

  it.effect("finds what loses messages, and mends what it can", () =>
    Effect.gen(function*() {
      const { account, run } = yield* opened({
        account: {
          subscribed: false,
          webhookUrl: "https://elsewhere.example.com",
          quality: "RED",
          throughput: 20,
          pin: "123456"
        }
      })
      const fast = makeAccount({ graphBaseUrl, messagesPerSecond: 80 })
      const found = yield* run(lifecycle.inspect(hook, fast))
      assert.deepStrictEqual(found.map(({ code, repairable }) => [code, repairable]), [
        ["not_subscribed", true],
        ["webhook_elsewhere", true],
        ["quality_low", false],
        ["throughput_too_high", false]
      ])
      yield* run(lifecycle.repair(hook, account))
      assert.deepStrictEqual((yield* run(lifecycle.inspect(hook, account))).map(({ code }) => code), ["quality_low"])
    }).pipe(Effect.scoped))

  it.effect("lets go of its own number only, and of the subscription when nobody else needs it", () =>
    Effect.gen(function*() {
      const { account, core, run } = yield* opened()
      const other = "700100200300999"
      yield* core.configure(other, { businessAccountId, accessToken: "token-of-another" })
      yield* run(lifecycle.connect(request, account))
      core.amend(other, {
        callbacks: { number: { url: "https://wicara.example.com/2", verifyToken: "" }, business: null }
      })
      yield* run(lifecycle.disconnect({ forget: true }, account))
      assert.isNull(core.account(phoneNumberId)?.callbacks.number)
      assert.isTrue(core.account(other)?.subscribed, "the other number still needs it")
      core.amend(other, { callbacks: { number: null, business: null } })
      yield* run(lifecycle.disconnect({ forget: true }, account))
      assert.isFalse(core.account(other)?.subscribed)
    }).pipe(Effect.scoped))
})

describe("profile", () => {
  it.effect("is read and changed, a picture too", () =>
    Effect.gen(function*() {
      const { account, run } = yield* opened()
      yield* run(profile.update({
        about: "Internet untuk semua",
        websites: ["https://nusa.example.com"],
        vertical: "PROF_SERVICES",
        picture: {
          name: "logo.png",
          mimeType: "image/png",
          sizeBytes: 3,
          content: Stream.make(Uint8Array.of(1, 2), Uint8Array.of(3))
        }
      }, account))
      yield* run(profile.update({ email: "cs@nusa.example.com" }, account))
      const { pictureUrl, ...rest } = yield* run(profile.get(account))
      assert.isString(pictureUrl)
      assert.deepStrictEqual(rest, {
        name: "Emulated business",
        about: "Internet untuk semua",
        email: "cs@nusa.example.com",
        websites: ["https://nusa.example.com"],
        vertical: "PROF_SERVICES"
      })
    }).pipe(Effect.scoped))

  it.effect.each(
    [
      [{ name: "Nusa" }, "not_supported"],
      [{ picture: null }, "not_supported"],
      [{ about: "" }, "too_short"],
      [{ about: "a".repeat(140) }, "too_long"],
      [{ websites: ["https://a.example", "https://b.example", "https://c.example"] }, "too_many"],
      [{ vertical: "PIRACY" }, "100"]
    ] as const
  )("does not take %j", ([change, code]) =>
    Effect.gen(function*() {
      const { account, run } = yield* opened()
      assert.deepInclude(yield* Effect.flip(run(profile.update(change, account))), { kind: "refused", code })
    }).pipe(Effect.scoped))

  it.effect("hands a large file over in parts", () =>
    Effect.gen(function*() {
      const { account, core, run } = yield* opened()
      const handle = yield* run(ResumableUpload.upload({
        baseUrl: graphBaseUrl,
        version: "v23.0",
        accessToken: account.secrets.accessToken,
        timeout: "5 seconds"
      }, { bytes: new Uint8Array(9 * 1024 * 1024), mimeType: "video/mp4", fileName: "sample.mp4" }))
      assert.match(handle, /^4::/)
      assert.strictEqual(core.requests.filter(({ method, url }) => method === "POST" && /upload:/.test(url)).length, 3)
    }).pipe(Effect.scoped))
})

describe("groups", () => {
  it.effect("are made, described, changed, listed page by page, and left", () =>
    Effect.gen(function*() {
      const { account, core, run, told } = yield* opened({ account: { webhookUrl: hook } })
      assert.isNull(yield* run(groups.create({ subject: "Pelanggan RT 5", participants: [] }, account)))
      yield* run(groups.create({ subject: "Pelanggan RT 6", participants: [] }, account))
      const [group, ...others] = yield* run(Stream.runCollect(groups.list(account)))
      assert(group !== undefined && others.length === 1)
      yield* run(groups.update(group.address, { subject: "RT 5", description: "Gangguan" }, account))
      const people = [{ kind: "phone", value: "6281" }, { kind: "phone", value: "6282" }] as const
      yield* run(groups.changeParticipants(group.address, { action: "add", participants: people }, account))
      yield* run(groups.changeParticipants(group.address, { action: "remove", participants: [people[0]] }, account))
      assert.deepStrictEqual(yield* run(groups.get(group.address, account)), {
        address: group.address,
        subject: "RT 5",
        description: "Gangguan",
        participants: [{ identities: [people[1]], role: "member" }],
        joinApproval: false
      })
      const link = yield* run(groups.inviteLink(group.address, { reset: false }, account))
      assert.strictEqual(yield* run(groups.inviteLink(group.address, { reset: false }, account)), link)
      assert.notStrictEqual(yield* run(groups.inviteLink(group.address, { reset: true }, account)), link)
      yield* run(groups.leave(group.address, account))
      assert.deepInclude(yield* Effect.flip(run(groups.get(group.address, account))), { kind: "missing" })
      yield* TestClock.adjust("1 second")
      yield* core.control.deliveries.idle
      const events = yield* Effect.forEach(told, ({ body }) => adapter.decode(new TextEncoder().encode(body), account))
      assert.deepStrictEqual(
        events.flat().flatMap((event) => event._tag === "GroupChanged" ? [event.kind] : [event._tag]).sort(),
        ["created", "created", "deleted", "joined", "left", "updated"]
      )
    }).pipe(Effect.scoped))

  it.effect("are not what WhatsApp does not let them be", () =>
    Effect.gen(function*() {
      const { account, run } = yield* opened()
      const address = { kind: "group", value: "1" } as const
      const code = (effect: Effect.Effect<unknown, { readonly code: string }>) =>
        Effect.map(Effect.flip(effect), (failure) => failure.code)
      assert.deepStrictEqual([
        yield* code(run(groups.create({ subject: "x", participants: [{ kind: "phone", value: "1" }] }, account))),
        yield* code(run(groups.update(address, { locked: true }, account))),
        yield* code(run(groups.changeParticipants(address, { action: "promote", participants: [] }, account))),
        yield* code(run(groups.get({ kind: "phone", value: "1" }, account)))
      ], ["not_supported", "not_supported", "not_supported", "unsupported_address"])
    }).pipe(Effect.scoped))
})
