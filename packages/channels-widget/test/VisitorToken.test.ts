import { NodeCrypto } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import { Clock, Effect, Option, Redacted } from "effect"
import { TestClock } from "effect/testing"
import { Base64Url } from "effect/encoding"
import * as VisitorToken from "../src/VisitorToken.ts"
import { SessionId } from "../src/Visitor.ts"
import { fenced, foreign, site, uuid, visitor } from "./harness.ts"

const { visitorId } = visitor(1)
const sessionId = SessionId.make(uuid(9))
const subject = { visitorId, sessionId, verifiedUntil: null }

it.layer(NodeCrypto.layerMac)("VisitorToken", (it) => {
  it.effect("proves its visitor to the account that issued it", () =>
    Effect.gen(function*() {
      const { token } = yield* VisitorToken.issue(site, subject)
      const claims = Option.getOrThrow(yield* VisitorToken.verify(site, token))
      assert.deepStrictEqual([claims.visitorId, claims.sessionId, claims.verified], [visitorId, sessionId, undefined])
    }))

  it.effect("is worth nothing to another account, nor to another organization with the same key", () =>
    Effect.gen(function*() {
      const { token } = yield* VisitorToken.issue(site, subject)
      assert.strictEqual(Redacted.value(site.secrets.signingKey), Redacted.value(foreign.secrets.signingKey))
      assert.isTrue(Option.isNone(yield* VisitorToken.verify(fenced, token)))
      assert.isTrue(Option.isNone(yield* VisitorToken.verify(foreign, token)))
      // The account's id moved to another organization, say by a restored backup: still not the same visitor.
      assert.isTrue(
        Option.isNone(yield* VisitorToken.verify({ ...site, organizationId: foreign.organizationId }, token))
      )
    }))

  it.effect("ends after 30 days", () =>
    Effect.gen(function*() {
      const { token } = yield* VisitorToken.issue(site, subject)
      yield* TestClock.adjust("29 days")
      assert.isTrue(Option.isSome(yield* VisitorToken.verify(site, token)))
      yield* TestClock.adjust("1 day")
      assert.isTrue(Option.isNone(yield* VisitorToken.verify(site, token)))
    }))

  it.effect("ends when the proof ends of who the visitor is", () =>
    Effect.gen(function*() {
      const verifiedUntil = (yield* Clock.currentTimeMillis) + 60_000
      const { token } = yield* VisitorToken.issue(site, { ...subject, verifiedUntil })
      assert.isTrue(Option.getOrThrow(yield* VisitorToken.verify(site, token)).verified)
      yield* TestClock.adjust("1 minute")
      assert.isTrue(Option.isNone(yield* VisitorToken.verify(site, token)))
    }))

  it.effect("stays good while the key before is kept beside the new one", () =>
    Effect.gen(function*() {
      const { token } = yield* VisitorToken.issue(site, subject)
      const signingKey = Redacted.make("another key ".repeat(4))
      const rotated = { ...site, secrets: { signingKey, previousSigningKey: site.secrets.signingKey } }
      assert.isTrue(Option.isSome(yield* VisitorToken.verify(rotated, token)))
      assert.isTrue(Option.isNone(yield* VisitorToken.verify({ ...site, secrets: { signingKey } }, token)))
      const { token: fresh } = yield* VisitorToken.issue(rotated, subject)
      assert.isTrue(Option.isNone(yield* VisitorToken.verify(site, fresh)))
    }))

  it.effect("can't be changed in any character", () =>
    Effect.gen(function*() {
      const { token } = yield* VisitorToken.issue(site, subject)
      for (let index = 0; index < token.length; index++) {
        const other = token[index] === "A" ? "B" : "A"
        const forged = `${token.slice(0, index)}${other}${token.slice(index + 1)}`
        const verified = yield* VisitorToken.verify(site, forged)
        // The last character of a base64url text carries two bits that decoders may ignore.
        if (index < token.length - 1) assert.isTrue(Option.isNone(verified), `accepted with character ${index} changed`)
      }
    }))

  it.effect("refuses what is not a token", () =>
    Effect.gen(function*() {
      const { token } = yield* VisitorToken.issue(site, subject)
      const claims = token.split(".")[1] ?? ""
      const tag = token.split(".")[2] ?? ""
      for (
        const bad of [
          "",
          ".",
          "..",
          "wv1",
          `wv1.${claims}`,
          `wv1.${claims}.`,
          `wv2.${claims}.${tag}`,
          `wv1..${tag}`,
          `wv1.${claims}.${tag.slice(1)}`,
          `wv1.${Base64Url.encode("not json")}.${tag}`,
          `wv1.${Base64Url.encode("{}")}.${tag}`,
          `wv1.${Base64Url.encode("[".repeat(400))}.${tag}`,
          `wv1.${"A".repeat(5000)}.${tag}`,
          "💥".repeat(50)
        ]
      ) {
        assert.isTrue(Option.isNone(yield* VisitorToken.verify(site, bad)), bad.slice(0, 40))
      }
    }))
})
