/**
 * Push by the browsers' own services (RFC 8030), encrypted for the device (RFC 8291) and signed by the server (RFC 8292).
 * What people register is where this server sends requests to: it calls public addresses by https only, looks at what a
 * name stands for when it connects, and follows no redirect.
 *
 * @since 0.1.0
 */
import * as OutboundAddresses from "@wicara/core/OutboundAddresses"
import { Clock, Duration, Effect, Layer, Redacted } from "effect"
import { SecureRandom } from "effect/crypto"
import { createECDH } from "node:crypto"
import * as Http from "node:http"
import * as Https from "node:https"
import { refusalOf } from "./internal/pushAddress.ts"
import { encrypt } from "./internal/pushEncryption.ts"
import { authorization } from "./internal/vapid.ts"
import { PushTransport } from "./PushTransport.ts"
import type { PushOutcome } from "./PushTransport.ts"
import { VapidKeys } from "./VapidKeys.ts"

/**
 * @category models
 * @since 0.1.0
 */
export interface WebPushOptions {
  /** Whom a push service asks when something is wrong: `mailto:admin@example.com` or `https://example.com`. */
  readonly subject: string
  /** How long a push service may take to answer (10 seconds). */
  readonly timeout?: Duration.Input | undefined
}

const outcomeOf = (status: number, retryAfter: string | undefined): PushOutcome => {
  if (status >= 200 && status < 300) return { _tag: "Accepted" }
  if (status === 404 || status === 410) return { _tag: "Gone" }
  const reason = `The push service answered ${status}.`
  if (status !== 408 && status !== 429 && status < 500) return { _tag: "Rejected", reason }
  const seconds = /^\d{1,6}$/.test(retryAfter ?? "") ? Number(retryAfter) : null
  return { _tag: "Retryable", reason, retryAfterSeconds: seconds }
}

const retryable = (reason: string): PushOutcome => ({ _tag: "Retryable", reason, retryAfterSeconds: null })

/**
 * @category layers
 * @since 0.1.0
 */
export const layer = (options: WebPushOptions): Layer.Layer<PushTransport, never, VapidKeys> =>
  Layer.effect(
    PushTransport,
    Effect.gen(function*() {
      const keys = yield* VapidKeys
      const addresses = yield* OutboundAddresses.CurrentOutboundAddresses
      const timeout = Duration.toMillis(options.timeout ?? "10 seconds")

      const post = (url: URL, headers: Readonly<Record<string, string>>, body: Uint8Array) =>
        Effect.callback<PushOutcome>((resume, signal) => {
          const { request: open } = url.protocol === "https:" ? Https : Http
          const request = open(url, {
            method: "POST",
            headers: { ...headers, "content-length": body.length },
            signal,
            lookup: OutboundAddresses.lookupWithin(addresses)
          }, (response) => {
            response.resume()
            resume(Effect.succeed(outcomeOf(response.statusCode ?? 0, response.headers["retry-after"])))
          })
          request.on("error", ({ message }) => resume(Effect.succeed(retryable(message))))
          request.end(body)
        }).pipe(
          Effect.timeoutOrElse({
            duration: timeout,
            orElse: () => Effect.succeed(retryable("The push service did not answer in time."))
          })
        )

      return PushTransport.of({
        publicKey: Effect.map(keys.pair, ({ publicKey }) => publicKey),
        send: Effect.fn("WebPush.send")(function*(to, message) {
          const endpoint = Redacted.value(to.endpoint)
          const refusal = refusalOf(addresses, endpoint)
          if (refusal !== undefined) return { _tag: "Rejected", reason: refusal } satisfies PushOutcome
          const url = new URL(endpoint)
          const ephemeral = createECDH("prime256v1")
          ephemeral.generateKeys()
          const body = encrypt({
            plaintext: Buffer.from(message.text),
            p256dh: Buffer.from(to.p256dh, "base64url"),
            auth: Buffer.from(Redacted.value(to.auth), "base64url"),
            privateKey: ephemeral.getPrivateKey(),
            salt: SecureRandom.randomBytesUnsafe(16)
          })
          const now = yield* Clock.currentTimeMillis
          return yield* post(url, {
            authorization: authorization(yield* keys.pair, url, options.subject, now),
            "content-type": "application/octet-stream",
            "content-encoding": "aes128gcm",
            ttl: String(message.ttl),
            urgency: message.urgency,
            topic: message.topic
          }, body)
        })
      })
    })
  )
