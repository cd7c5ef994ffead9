/**
 * The messages that this package sends.
 *
 * @since 0.1.0
 */
import * as Mail from "@wicara/core/Mail"
import { Schema } from "effect"
import { texts } from "./MailTexts.ts"

/**
 * One notification, for who wants each by mail.
 *
 * @category mail
 * @since 0.1.0
 */
export const notification = Mail.define("notification", {
  texts,
  values: Schema.Struct({
    /** What happened, in the recipient's language. */
    title: Schema.String,
    /** More of it; may be empty. */
    body: Schema.String,
    /** Where to see it; empty without a console. */
    url: Schema.String
  })
})

/**
 * What was not read of an hour or a day.
 *
 * @category mail
 * @since 0.1.0
 */
export const digest = Mail.define("digest", {
  texts,
  values: Schema.Struct({
    count: Schema.Int,
    /** Lines in the recipient's language. */
    items: Schema.Array(Schema.String),
    url: Schema.String
  })
})

/**
 * Somebody tries the mail server out.
 *
 * @category mail
 * @since 0.1.0
 */
export const test = Mail.define("test", { texts, values: Schema.Struct({}) })

/**
 * Every kind.
 *
 * @category mail
 * @since 0.1.0
 */
export const all = [notification, digest, test] as const
