import { assert, describe, it } from "@effect/vitest"
import * as WebhookSignature from "@wicara/webhooks/WebhookSignature"
import * as WebhookVerifier from "@wicara/webhooks/WebhookVerifier"
import { Effect, Redacted } from "effect"
import { TestClock } from "effect/testing"

/** The constants of the reference libraries' own tests (standard-webhooks/standard-webhooks). */
const published = {
  secret: Redacted.make("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
  content: { id: "msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp: "1614265330", body: `{"test": 2432232314}` },
  signature: "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
}

const { content: { body, id, timestamp }, secret, signature } = published
const headers = { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": signature }
const at = Number(timestamp) * 1000

const refusal = (
  request: Partial<WebhookVerifier.ReceivedWebhook>,
  secrets: ReadonlyArray<Redacted.Redacted<string>> = [secret]
) => Effect.flip(WebhookVerifier.verify({ secrets }, { headers, body, ...request })).pipe(Effect.map((_) => _.reason))

describe("A signature", () => {
  it("is the published one", () => {
    assert.strictEqual(WebhookSignature.sign(published.content, secret), signature)
    const bare = Redacted.make(Redacted.value(secret).slice("whsec_".length))
    assert.strictEqual(WebhookSignature.sign(published.content, bare), signature)
  })

  it("comes with a secret of 32 random bytes", () => {
    const made = Redacted.value(WebhookSignature.newSecret())
    assert.match(made, /^whsec_[A-Za-z0-9+/]{43}=$/)
    assert.notStrictEqual(made, Redacted.value(WebhookSignature.newSecret()))
  })

  it.effect("is believed within five minutes, in both directions", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(at + 300_000)
      const verified = yield* WebhookVerifier.verify({ secrets: [secret] }, { headers, body })
      assert.deepStrictEqual(verified, { id, sentAt: at })
      yield* TestClock.setTime(at + 301_000)
      assert.strictEqual(yield* refusal({}), "too_old")
      yield* TestClock.setTime(at - 300_000)
      yield* WebhookVerifier.verify({ secrets: [secret] }, { headers, body })
      yield* TestClock.setTime(at - 301_000)
      assert.strictEqual(yield* refusal({}), "too_new")
    }))

  it.effect("is missing, malformed, of another secret, or of another version", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(at)
      for (const name of Object.keys(headers)) {
        assert.strictEqual(yield* refusal({ headers: { ...headers, [name]: undefined } }), "missing")
      }
      assert.strictEqual(yield* refusal({ headers: { ...headers, "webhook-timestamp": "hello" } }), "timestamp")
      const signed = (text: string) => refusal({ headers: { ...headers, "webhook-signature": text } })
      assert.strictEqual(yield* signed(signature.slice("v1,".length)), "signature")
      assert.strictEqual(yield* signed(signature.replace("v1", "v2")), "signature")
      assert.strictEqual(yield* refusal({}, [WebhookSignature.newSecret()]), "signature")
      assert.strictEqual(yield* refusal({ body: JSON.stringify(JSON.parse(body)) }), "signature")
    }))

  it.effect("is enough when it is one of several, with one of several secrets", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(at)
      const next = WebhookSignature.newSecret()
      const both = WebhookSignature.header(published.content, [next, secret])
      assert.lengthOf(both.split(" "), 2)
      const request = { headers: { ...headers, "webhook-signature": `v1a,bm8= ${both}` }, body }
      yield* WebhookVerifier.verify({ secrets: [secret] }, request)
      yield* WebhookVerifier.verify({ secrets: [next] }, request)
      yield* WebhookVerifier.verify({ secrets: [WebhookSignature.newSecret(), next] }, request)
    }))

  it.effect("is refused in 10,000 forms that differ from it in one character", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(at)
      const characters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=,. "
      const changed = (text: string, place: number, by: number) => {
        const from = characters.indexOf(text[place] ?? "")
        const to = characters[(from + 1 + by % (characters.length - 1)) % characters.length]
        return text.slice(0, place) + to + text.slice(place + 1)
      }
      let tried = 0
      for (let by = 0; tried < 10_000; by++) {
        for (const [name, text] of Object.entries({ ...headers, body })) {
          if (name === "webhook-timestamp") continue
          const wrong = changed(text, by % text.length, Math.floor(by / text.length))
          const request = name === "body"
            ? { body: wrong }
            : { headers: { ...headers, [name]: wrong } }
          assert.strictEqual(yield* refusal(request), "signature", `${name}: ${wrong}`)
          tried += 1
        }
      }
    }), 60_000)
})
