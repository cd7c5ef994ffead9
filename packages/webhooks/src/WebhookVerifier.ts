/**
 * For those who receive webhooks: whether a request comes from who has the secret, and is of now.
 *
 * @since 0.1.0
 */
import { Clock, Data, Duration, Effect } from "effect"
import type { Redacted } from "effect"
import { timingSafeEqual } from "node:crypto"
import * as WebhookSignature from "./WebhookSignature.ts"

/**
 * The request is not to be believed: a header is `missing`, the `timestamp` is no number, it is `too_old` or `too_new`, or
 * none of its `signature`s is one with a secret that is known.
 *
 * @category errors
 * @since 0.1.0
 */
export class WebhookRefused extends Data.TaggedError("WebhookRefused")<{
  readonly reason: "missing" | "timestamp" | "too_old" | "too_new" | "signature"
}> {
  override get message(): string {
    return `The webhook is not to be believed: ${this.reason}`
  }
}

/**
 * @category models
 * @since 0.1.0
 */
export interface VerifierOptions {
  /** As it was shown, `whsec_...`; while it is being replaced, the old one and the new one. */
  readonly secrets: ReadonlyArray<Redacted.Redacted<string>>
  /** How far the request's clock may be away, in both directions (5 minutes). */
  readonly tolerance?: Duration.Input | undefined
}

/**
 * A request as it came.
 *
 * @category models
 * @since 0.1.0
 */
export interface ReceivedWebhook {
  /** By their names in lower case. */
  readonly headers: Readonly<Record<string, string | ReadonlyArray<string> | undefined>>
  /** The raw body: what is parsed and written again is another one. */
  readonly body: string | Uint8Array
}

/**
 * What a request that is to be believed says of itself.
 *
 * @category models
 * @since 0.1.0
 */
export interface VerifiedWebhook {
  /** The same whenever the same event is delivered again: what was done for it is not to be done twice. */
  readonly id: string
  /** When it was sent, epoch milliseconds. */
  readonly sentAt: number
}

const equals = (one: string, other: string): boolean => {
  const left = Buffer.from(one)
  const right = Buffer.from(other)
  return left.length === right.length && timingSafeEqual(left, right)
}

/**
 * Verifies a request.
 *
 * @category verifying
 * @since 0.1.0
 * @example
 * const secrets = [Redacted.make("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")]
 * const verified = WebhookVerifier.verify({ secrets }, { headers: request.headers, body })
 */
export const verify = Effect.fnUntraced(function*(options: VerifierOptions, { body, headers }: ReceivedWebhook) {
  const { "webhook-id": id, "webhook-signature": signatures, "webhook-timestamp": timestamp } = headers
  if (
    typeof id !== "string" || id === "" || typeof signatures !== "string" || signatures === "" ||
    typeof timestamp !== "string"
  ) return yield* new WebhookRefused({ reason: "missing" })
  if (!/^\d{1,12}$/.test(timestamp)) return yield* new WebhookRefused({ reason: "timestamp" })
  const sentAt = Number(timestamp) * 1000
  const tolerance = Duration.toMillis(options.tolerance ?? "5 minutes")
  const age = (yield* Clock.currentTimeMillis) - sentAt
  if (age > tolerance) return yield* new WebhookRefused({ reason: "too_old" })
  if (age < -tolerance) return yield* new WebhookRefused({ reason: "too_new" })
  const expected = options.secrets.map((secret) => WebhookSignature.sign({ id, timestamp, body }, secret))
  // The texts are compared: several texts of base64 stand for the same bytes.
  const isKnown = signatures.split(" ").some((signature) => expected.some((one) => equals(one, signature)))
  if (!isKnown) return yield* new WebhookRefused({ reason: "signature" })
  return { id, sentAt } satisfies VerifiedWebhook
})
