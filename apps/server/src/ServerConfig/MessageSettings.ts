/**
 * How the server reaches people: mail and push messages.
 *
 * @since 0.1.0
 */
import * as Configuration from "@wicara/core/Configuration"
import { Schema } from "effect"
import { redacted } from "./Texts.ts"

const SmtpUrl = redacted(Schema.String.check(
  Schema.makeFilter((text) =>
    URL.canParse(text) && /^smtps?:$/.test(new URL(text).protocol) && new URL(text).hostname !== ""
      ? undefined
      : "expected smtp://user:password@host:port or smtps://..."
  )
))

const Mailbox = Schema.String.check(
  Schema.makeFilter((text) =>
    /^(?:[^<>@\r\n]{1,100} <[^\s@<>]+@[^\s@<>]+>|[^\s@<>]+@[^\s@<>]+)$/.test(text)
      ? undefined
      : "expected an address, or Name <address>"
  )
)

/** The order of P-256: a private key is below it. */
const curveOrder = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n

const isPrivateKey = (text: string): boolean => {
  if (!/^[A-Za-z0-9_-]{43}$/.test(text)) return false
  const key = BigInt(`0x${Buffer.from(text, "base64url").toString("hex")}`)
  return key > 0n && key < curveOrder
}

const VapidPrivateKey = redacted(Schema.String.check(
  Schema.makeFilter((text) => isPrivateKey(text) ? undefined : "expected a private key of P-256 in base64url")
))

const Contact = Schema.String.check(
  Schema.makeFilter((text) =>
    /^mailto:[^\s@<>]+@[^\s@<>]+$/.test(text) || (URL.canParse(text) && new URL(text).protocol === "https:")
      ? undefined
      : "expected mailto:<address> or https://..."
  )
)

/**
 * @category settings
 * @since 0.1.0
 */
export const messageSettings = {
  smtpUrl: Configuration.defineOptional({
    name: "WICARA_SMTP_URL",
    schema: SmtpUrl,
    secret: true,
    description:
      "The mail server: `smtp://user:password@host:587` (STARTTLS) or `smtps://...` (TLS). Without one mail stays in the log."
  }),
  smtpPasswordFile: Configuration.defineOptional({
    name: "WICARA_SMTP_PASSWORD_FILE",
    schema: Schema.NonEmptyString,
    description: "A file with the password of the mail server, instead of the one in its URL: read for every message."
  }),
  mailFrom: Configuration.defineOptional({
    name: "WICARA_MAIL_FROM",
    schema: Mailbox,
    description: "Whom mail comes from, `Wicara <no-reply@example.com>`; required when there is a mail server."
  }),
  vapidPrivateKey: Configuration.defineOptional({
    name: "WICARA_VAPID_PRIVATE_KEY",
    schema: VapidPrivateKey,
    defaultText: "made by itself",
    secret: true,
    description:
      "By which push services know the server: a private key of P-256, 32 bytes in base64url. Without one the server makes one, and keeps it sealed in the database."
  }),
  vapidSubject: Configuration.defineOptional({
    name: "WICARA_VAPID_SUBJECT",
    schema: Contact,
    defaultText: "WICARA_PUBLIC_URL, else WICARA_MAIL_FROM",
    description:
      "Whom a push service asks when something is wrong: `mailto:admin@example.com` or `https://example.com`."
  })
} as const
