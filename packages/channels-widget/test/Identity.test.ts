import { assert, describe, it, layer } from "@effect/vitest"
import type { InboundEvent } from "@wicara/channels/InboundEvent"
import { InboundEvents } from "@wicara/channels/InboundEvents"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import { Clock, Effect, Option, Redacted } from "effect"
import { TestClock } from "effect/testing"
import { createHmac } from "node:crypto"
import type { IdentityProof } from "../src/IdentityProof.ts"
import type { WidgetAccount } from "../src/Visitor.ts"
import * as VisitorIdentity from "../src/VisitorIdentity.ts"
import * as WidgetAdapter from "../src/WidgetAdapter.ts"
import { asking, askingForeign, call, json, layerHttp, messageId, openSession, site, uuid } from "./harness.ts"

const key = Redacted.value(asking.secrets.identityKey!)
const previous = Redacted.value(asking.secrets.previousIdentityKey!)

const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url")
const sign = (secret: string, text: string) => createHmac("sha256", secret).update(text).digest()

/** A token as the libraries of sites make it. */
const jwt = (claims: object, secret = key, header: object = { alg: "HS256", typ: "JWT" }) => {
  const signed = `${base64(header)}.${base64(claims)}`
  return `${signed}.${sign(secret, signed).toString("base64url")}`
}
const hashOf = (userId: string, secret = key) => sign(secret, `user:${userId}`).toString("hex")
const soon = Effect.map(Clock.currentTimeMillis, (now) => Math.floor(now / 1000) + 600)

describe("VisitorIdentity", () => {
  const verified = (proof: IdentityProof, account: WidgetAccount = asking) =>
    Effect.map(VisitorIdentity.verify(account, proof), Option.getOrUndefined)

  it.effect("believes what is signed with the account's key, the one before included", () =>
    Effect.gen(function*() {
      for (const secret of [key, previous]) {
        const token = jwt({ sub: "u1", exp: 60, name: " Sari ", email: "sari@shop.example", aud: asking.id }, secret)
        assert.deepStrictEqual(yield* verified({ token }), {
          userId: "u1",
          name: "Sari",
          email: "sari@shop.example",
          expiresAt: 60_000
        })
        const byHash = yield* verified({ userId: "u1", hash: hashOf("u1", secret) })
        assert.deepStrictEqual(byHash, { userId: "u1", expiresAt: null })
      }
    }))

  it.effect("believes nothing else", () =>
    Effect.gen(function*() {
      const good = { sub: "u1", exp: 60 }
      const refused: ReadonlyArray<IdentityProof> = [
        { token: jwt(good, "another key, also long enough to be one") },
        { token: jwt(good, key, { alg: "none" }) },
        { token: jwt(good, key, { alg: "HS512" }) },
        { token: jwt(good, key, { alg: "HS256", crit: ["b64"] }) },
        { token: `${base64({ alg: "none" })}.${base64(good)}.` },
        { token: jwt({ sub: "u1" }) },
        { token: jwt({ ...good, sub: "" }) },
        { token: jwt({ ...good, exp: "60" }) },
        { token: jwt({ ...good, nbf: 3600 }) },
        { token: jwt({ ...good, aud: site.id }) },
        { token: `${jwt(good)}.x` },
        { token: "not a token" },
        { userId: "u2", hash: hashOf("u1") },
        { userId: "u1", hash: sign(key, "u1").toString("hex") },
        { userId: "u1", hash: "0".repeat(64) }
      ]
      for (const proof of refused) assert.isUndefined(yield* verified(proof), JSON.stringify(proof))
      // A user whose id reads like a token gets no token by having the id signed.
      const forged = `${base64({ alg: "HS256" })}.${base64({ sub: "admin", exp: 60 })}`
      const signature = Buffer.from(hashOf(forged), "hex").toString("base64url")
      assert.isUndefined(yield* verified({ token: `${forged}.${signature}` }))
      // Without a key nobody is believed, not even with the key that signs visitors' tokens.
      assert.isUndefined(yield* verified({ token: jwt(good, Redacted.value(site.secrets.signingKey)) }, site))
      yield* TestClock.adjust("1 minute")
      assert.isUndefined(yield* verified({ token: jwt(good) }))
    }))

  it.effect("can't be changed in any character", () =>
    Effect.gen(function*() {
      const token = jwt({ sub: "u1", exp: 60 })
      for (let index = 0; index < token.length - 1; index++) {
        const other = token[index] === "A" ? "B" : "A"
        assert.isUndefined(yield* verified({ token: `${token.slice(0, index)}${other}${token.slice(index + 1)}` }))
      }
    }))
})

describe.each(TestDatabase.all)("visitors whom their site vouches for on $name", (database) => {
  layer(layerHttp(database.layer), { excludeTestServices: true, timeout: 60_000 })((it) => {
    let users = 0
    const user = () => `user-${++users}`
    const proofOf = (userId: string, more: object = {}) =>
      Effect.map(soon, (exp) => ({ token: jwt({ sub: userId, exp, ...more }) }))
    const open = (of: WidgetAccount, identity?: IdentityProof, token?: string) =>
      openSession(of, {
        body: { ...(identity === undefined ? {} : { identity }), ...(token === undefined ? {} : { token }) }
      })
    const write = (token: string, n: number, text = `message ${n}`) =>
      call("POST", "/v1/widget/messages", { token, body: { id: uuid(n), text } })
    const texts = (session: { readonly messages: ReadonlyArray<{ readonly content: object }> }) =>
      session.messages.map(({ content }) => "text" in content ? content.text : undefined)
    const meant = Effect.gen(function*() {
      const inbound = yield* InboundEvents
      const claimed = yield* inbound.claim({ limit: 1000, leaseFor: "1 minute" })
      const adapter = yield* WidgetAdapter.make
      const all = yield* Effect.forEach(
        claimed,
        (event) =>
          Effect.map(
            adapter.decode(event.body, asking),
            (events) => events.map((one): [string, InboundEvent] => [event.organizationId, one])
          )
      )
      return all.flat()
    })

    it.effect("have one conversation on every device, and no other organization's", () =>
      Effect.gen(function*() {
        const id = user()
        const proof = yield* proofOf(id)
        const phone = yield* open(asking, proof)
        assert.strictEqual(phone.identity, "verified")
        assert.strictEqual((yield* write(phone.token, 1, "from the phone")).status, 202)
        const laptop = yield* open(asking, { userId: id, hash: hashOf(id) })
        assert.strictEqual(laptop.visitorId, phone.visitorId)
        assert.deepStrictEqual(texts(laptop), ["from the phone"])
        const elsewhere = yield* open(askingForeign, proof)
        assert.strictEqual(elsewhere.identity, "verified")
        assert.notStrictEqual(elsewhere.visitorId, phone.visitorId)
        assert.deepStrictEqual(elsewhere.messages, [])
        const other = yield* open(asking, yield* proofOf(user()))
        assert.deepStrictEqual(other.messages, [])
      }))

    it.effect("are given keys for what their browser keeps, which no other visitor has", () =>
      Effect.gen(function*() {
        const stranger = yield* open(asking)
        const [own = ""] = stranger.storageKeys
        assert.strictEqual(Buffer.from(own, "base64url").length, 32)
        assert.deepStrictEqual((yield* open(asking, undefined, stranger.token)).storageKeys, [own])
        const proof = yield* proofOf(user())
        const signedIn = yield* open(asking, proof, stranger.token)
        const [first = "", ...opening] = signedIn.storageKeys
        // What they wrote before they signed in can be opened still.
        assert.deepStrictEqual(opening, [own])
        const others = [
          yield* open(asking),
          yield* open(askingForeign, proof),
          yield* open(asking, yield* proofOf(user()))
        ]
        const keys = [own, first, ...others.flatMap((one) => one.storageKeys)]
        assert.strictEqual(new Set(keys).size, 5)
        // Another user at the same browser opens nothing of the one before.
        const next = yield* open(asking, yield* proofOf(user()), signedIn.token)
        assert.strictEqual(next.storageKeys.length, 1)
        assert.notStrictEqual(next.storageKeys[0], first)
        const refused = yield* open(asking, { userId: "somebody", hash: "0".repeat(64) }, signedIn.token)
        assert.notInclude(refused.storageKeys, first)
      }))

    it.effect("are nobody when the proof is none, least of all who was signed in before", () =>
      Effect.gen(function*() {
        const id = user()
        const session = yield* open(asking, yield* proofOf(id))
        yield* write(session.token, 1, "private")
        for (const proof of [{ userId: id, hash: "0".repeat(64) }, { token: jwt({ sub: id, exp: 1 }) }]) {
          const refused = yield* open(asking, proof, session.token)
          assert.strictEqual(refused.identity, "refused")
          assert.notStrictEqual(refused.visitorId, session.visitorId)
          assert.deepStrictEqual(refused.messages, [])
        }
        // Who was anonymous stays who they were.
        const anonymous = yield* open(askingForeign)
        const still = yield* open(askingForeign, { userId: id, hash: "0".repeat(64) }, anonymous.token)
        assert.deepStrictEqual([still.identity, still.visitorId], ["refused", anonymous.visitorId])
      }))

    it.effect("take along what they said before they signed in, once, whatever comes meanwhile", () =>
      Effect.gen(function*() {
        const id = user()
        const known = yield* open(askingForeign, yield* proofOf(id))
        yield* write(known.token, 50, "of last week")
        const anonymous = yield* open(askingForeign)
        yield* write(anonymous.token, 51, "I can't sign in")
        const adapter = yield* WidgetAdapter.make
        const reply = (n: number, text: string) =>
          adapter.send({
            id: messageId(n),
            to: { kind: "visitor", value: anonymous.visitorId },
            content: { type: "text", text }
          }, askingForeign)
        yield* reply(52, "Try again")
        const proof = yield* proofOf(id)
        const [signedIn] = yield* Effect.all(
          [
            open(askingForeign, proof, anonymous.token),
            open(askingForeign, proof, anonymous.token),
            reply(53, "Did it work?"),
            write(anonymous.token, 54, "It did")
          ],
          { concurrency: "unbounded" }
        )
        assert.strictEqual(signedIn.visitorId, known.visitorId)
        yield* reply(55, "Good")
        yield* reply(53, "Did it work?")
        const after = yield* open(askingForeign, undefined, signedIn.token)
        assert.deepStrictEqual(texts(after).toSorted(), [
          "Did it work?",
          "Good",
          "I can't sign in",
          "It did",
          "Try again",
          "of last week"
        ])
        assert.deepStrictEqual(texts(after).slice(0, 3), ["of last week", "I can't sign in", "Try again"])
        assert.strictEqual(
          (yield* adapter.reconcile!({
            id: messageId(53),
            to: { kind: "visitor", value: anonymous.visitorId },
            content: { type: "text", text: "" }
          }, askingForeign))._tag,
          "Found"
        )
        const events = (yield* meant).filter(([, event]) => JSON.stringify(event).includes(anonymous.visitorId))
        assert.deepStrictEqual(
          events.flatMap(([organization, event]) =>
            event._tag === "IdentityChanged" ? [[organization, event.to.value]] : []
          ),
          [[askingForeign.organizationId, known.visitorId]]
        )
      }))

    it.effect("take over nobody else's session", () =>
      Effect.gen(function*() {
        const one = yield* open(asking, yield* proofOf(user()))
        yield* write(one.token, 1, "of the first")
        const two = yield* open(asking, yield* proofOf(user()), one.token)
        assert.notStrictEqual(two.visitorId, one.visitorId)
        assert.deepStrictEqual(two.messages, [])
        assert.deepStrictEqual(texts(yield* open(asking, undefined, one.token)), ["of the first"])
      }))

    it.effect("are forgotten when they sign out, by every token of their session", () =>
      Effect.gen(function*() {
        const proof = yield* proofOf(user())
        const first = yield* open(asking, proof)
        const renewed = yield* open(asking, proof, first.token)
        const elsewhere = yield* open(asking, proof)
        assert.strictEqual((yield* call("POST", "/v1/widget/sign-out", { token: renewed.token })).status, 204)
        for (const token of [first.token, renewed.token]) {
          assert.strictEqual((yield* call("GET", "/v1/widget/messages", { token })).status, 401)
          const next = yield* open(asking, undefined, token)
          assert.notStrictEqual(next.visitorId, first.visitorId)
          assert.strictEqual(next.identity, "none")
        }
        assert.strictEqual((yield* call("GET", "/v1/widget/messages", { token: elsewhere.token })).status, 200)
        assert.strictEqual((yield* open(asking, proof, renewed.token)).visitorId, first.visitorId)
      }))

    it.effect("are told to the business as its site knows them, once as long as nothing changes", () =>
      Effect.gen(function*() {
        const id = user()
        const claims = { name: "Sari", email: "sari@shop.example", attributes: { plan: "gold" } }
        const session = yield* open(asking, yield* proofOf(id, claims))
        yield* open(asking, yield* proofOf(id, claims))
        yield* open(asking, yield* proofOf(id, { ...claims, attributes: { plan: "silver" } }))
        yield* write(session.token, 1)
        const events = (yield* meant).map(([, event]) => event).filter((one) =>
          JSON.stringify(one).includes(session.visitorId)
        )
        const identities = [{ kind: "visitor", value: session.visitorId }, { kind: "external", value: id }] as const
        const profiles = events.flatMap((event) => event._tag === "ProfileStated" ? [event] : [])
        assert.deepStrictEqual(profiles.map(({ attributes }) => attributes), [{ plan: "gold" }, { plan: "silver" }])
        for (const { email, person, verified } of profiles) {
          assert.deepStrictEqual([email, verified, person], [
            "sari@shop.example",
            true,
            { identities, displayName: "Sari" }
          ])
        }
        const [message] = events.flatMap((event) => event._tag === "MessageReceived" ? [event] : [])
        assert.deepStrictEqual(message?.sender.identities, identities)
      }))

    it.effect("are asked no form, while others are", () =>
      Effect.gen(function*() {
        const anonymous = yield* open(asking)
        assert.isFalse(anonymous.formDone)
        const refused = yield* write(anonymous.token, 1)
        assert.strictEqual(refused.status, 422)
        assert.include(JSON.stringify(yield* json(refused)), "/form")
        const verified = yield* open(asking, yield* proofOf(user()))
        assert.isTrue(verified.formDone)
        assert.strictEqual((yield* write(verified.token, 1)).status, 202)
      }))
  })
})
