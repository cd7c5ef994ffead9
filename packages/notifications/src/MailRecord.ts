/**
 * A message to somebody and what became of it.
 *
 * @since 0.1.0
 */
import * as Id from "@wicara/core/Id"
import { Instant } from "@wicara/core/Instant"
import { UserId } from "@wicara/core/Tenancy"
import { Schema } from "effect"

/**
 * @category ids
 * @since 0.1.0
 */
export const MailId = Id.make("MailId", "A message to somebody.")
/** @since 0.1.0 */
export type MailId = typeof MailId.Type

/**
 * Where a message is: it waits (`queued`), is being handed to the mail server (`sending`), was taken by it (`sent`) or
 * refused by it (`failed`); nobody knows whether the server took it (`unknown`: it is not sent again by itself); it came
 * too late to be worth anything (`expired`); or there is no mail server (`not_configured`).
 *
 * @category schemas
 * @since 0.1.0
 */
export const MailState = Schema.Literals([
  "queued",
  "sending",
  "sent",
  "failed",
  "unknown",
  "expired",
  "not_configured"
])
/** @since 0.1.0 */
export type MailState = typeof MailState.Type

/**
 * A message as the log keeps it: never its text, which may hold what proves who somebody is.
 *
 * @category models
 * @since 0.1.0
 */
export class MailRecord extends Schema.Class<MailRecord>("MailRecord")({
  id: MailId,
  /** What it is about: the name of its template. */
  kind: Schema.String,
  to: Schema.Struct({
    email: Schema.String,
    name: Schema.NullOr(Schema.String),
    userId: Schema.NullOr(UserId)
  }),
  locale: Schema.String,
  subject: Schema.NullOr(Schema.String).annotate({ description: "Null until it was first attempted." }),
  state: MailState,
  attempts: Schema.Int,
  /** Why it is not sent, in words. */
  error: Schema.NullOr(Schema.String),
  /** The version of the organization's template; 0 for the one that comes with the server, null until it was rendered. */
  templateVersion: Schema.NullOr(Schema.Int),
  /** Whether somebody tried a template out with it. */
  test: Schema.Boolean,
  createdAt: Instant,
  /** When it is attempted next; null if it is not. */
  nextAttemptAt: Schema.NullOr(Instant),
  sentAt: Schema.NullOr(Instant),
  expiresAt: Schema.NullOr(Instant)
}) {}
