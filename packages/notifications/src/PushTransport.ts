/**
 * The port to push messages on people's devices.
 *
 * @since 0.1.0
 */
import { Context } from "effect"
import type { Effect, Redacted } from "effect"

/**
 * Where a device is reached, as its browser says it.
 *
 * @category models
 * @since 0.1.0
 */
export interface PushAddress {
  /** Whoever knows it can send there. */
  readonly endpoint: Redacted.Redacted<string>
  /** The device's public key, in base64url. */
  readonly p256dh: string
  /** The secret that it shares with the server, in base64url. */
  readonly auth: Redacted.Redacted<string>
}

/**
 * @category models
 * @since 0.1.0
 */
export interface PushMessage {
  /** At most 3,993 bytes of UTF-8. */
  readonly text: string
  /** How long the push service keeps it for a device that is away, in seconds. */
  readonly ttl: number
  readonly urgency: "very-low" | "low" | "normal" | "high"
  /** A message replaces an earlier one of the same topic that was not delivered yet: 32 characters of base64url. */
  readonly topic: string
}

/**
 * What became of it. `Gone`: the device is not reached there any more.
 *
 * @category models
 * @since 0.1.0
 */
export type PushOutcome =
  | { readonly _tag: "Accepted" }
  | { readonly _tag: "Gone" }
  | { readonly _tag: "Rejected"; readonly reason: string }
  | { readonly _tag: "Retryable"; readonly reason: string; readonly retryAfterSeconds: number | null }

/**
 * @category services
 * @since 0.1.0
 */
export class PushTransport extends Context.Service<PushTransport, {
  /** What browsers subscribe with, in base64url. */
  readonly publicKey: Effect.Effect<string>
  readonly send: (to: PushAddress, message: PushMessage) => Effect.Effect<PushOutcome>
}>()("@wicara/notifications/PushTransport") {}
