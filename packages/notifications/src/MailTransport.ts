/**
 * The port to a mail server: one message, and what became of it.
 *
 * @since 0.1.0
 */
import { Context } from "effect"
import type { Effect, Option } from "effect"

/**
 * A message that is ready to be sent.
 *
 * @category models
 * @since 0.1.0
 */
export interface OutgoingMail {
  /** Names it for good: the same at every attempt, so that a mail server may tell a repetition. */
  readonly messageId: string
  readonly from: { readonly name: string | null; readonly address: string }
  readonly to: { readonly name: string | null; readonly address: string }
  readonly subject: string
  readonly text: string
  readonly html: string
  readonly locale: string
}

/**
 * What became of a message. `Unknown`: the server had all of it and did not say whether it took it. Whoever sends it
 * again then may send it twice.
 *
 * @category models
 * @since 0.1.0
 */
export type MailOutcome =
  | { readonly _tag: "Accepted" }
  | { readonly _tag: "Rejected"; readonly reason: string }
  | { readonly _tag: "Retryable"; readonly reason: string }
  | { readonly _tag: "Unknown"; readonly reason: string }

/**
 * @category models
 * @since 0.1.0
 */
export interface MailServer {
  /** Whom messages come from. */
  readonly from: { readonly name: string | null; readonly address: string }
  readonly send: (mail: OutgoingMail) => Effect.Effect<MailOutcome>
  /** Connects and signs in, without sending anything; what goes wrong, in words. */
  readonly check: Effect.Effect<string, string>
}

/**
 * None: there is no mail server, and messages stay in the log.
 *
 * @category services
 * @since 0.1.0
 */
export class MailTransport extends Context.Service<MailTransport, {
  readonly server: Option.Option<MailServer>
}>()("@wicara/notifications/MailTransport") {}
