/**
 * Who a visitor is, as their site proves it with the account's `identityKey`: by a JSON Web Token (HS256) that says it
 * and until when it holds, or by the HMAC-SHA256 of `user:` and the user's id alone (the prefix keeps an id that reads like
 * a token from becoming one). Whatever is not proved is not believed.
 *
 * @since 0.1.0
 */
import { Clock, Effect, Option, Redacted, Result, Schema } from "effect"
import { Base64Url } from "effect/encoding"
import { createHash, createHmac, timingSafeEqual } from "node:crypto"
import { VisitorId } from "./Visitor.ts"
import type { WidgetAccount } from "./Visitor.ts"
import { Attributes, UserKey } from "./IdentityProof.ts"
import type { IdentityProof } from "./IdentityProof.ts"
import { isEmail } from "./WidgetAnswers.ts"

const Header = Schema.fromJsonString(Schema.Struct({
  alg: Schema.Literal("HS256"),
  // What a reader must understand and this one does not makes the token worthless.
  crit: Schema.optionalKey(Schema.Undefined)
}))

const Payload = Schema.fromJsonString(Schema.Struct({
  sub: UserKey,
  exp: Schema.Finite,
  nbf: Schema.optionalKey(Schema.Finite),
  aud: Schema.optionalKey(Schema.Union([Schema.String, Schema.Array(Schema.String)])),
  name: Schema.optionalKey(Schema.String.check(Schema.isMaxLength(500))),
  email: Schema.optionalKey(Schema.String),
  locale: Schema.optionalKey(Schema.String.check(Schema.isMaxLength(35))),
  attributes: Schema.optionalKey(Attributes)
}))

const decodeHeader = Schema.decodeOption(Header)
const decodePayload = Schema.decodeOption(Payload)

/**
 * A user of the site, proved.
 *
 * @category models
 * @since 0.1.0
 */
export interface VerifiedIdentity {
  readonly userId: string
  readonly name?: string
  readonly email?: string
  readonly locale?: string
  readonly attributes?: Attributes
  /** Until when the proof holds, epoch milliseconds; null when it does not say. */
  readonly expiresAt: number | null
}

/** Seconds by which the site's clock may be off. */
const leeway = 60

const hmac = (secret: Redacted.Redacted, text: string) =>
  createHmac("sha256", Redacted.value(secret)).update(text).digest()

const isSigned = (account: WidgetAccount, text: string, tag: Uint8Array): boolean => {
  const { identityKey, previousIdentityKey } = account.secrets
  const keys = [identityKey, previousIdentityKey].filter((one) => one !== undefined)
  // Each is compared: how long it takes says nothing of which one fits.
  return keys.map((key) => hmac(key, text)).filter((own) => own.length === tag.length && timingSafeEqual(own, tag))
    .length > 0
}

const text = (part: string | undefined): string | undefined => {
  const decoded = part === undefined ? undefined : Base64Url.decodeString(part)
  return decoded === undefined || Result.isFailure(decoded) ? undefined : decoded.success
}

const fromToken = (account: WidgetAccount, token: string, now: number): Option.Option<VerifiedIdentity> => {
  const parts = token.split(".")
  const [header, payload, signature] = parts
  const tag = signature === undefined ? undefined : Base64Url.decode(signature)
  if (parts.length !== 3 || tag === undefined || Result.isFailure(tag)) return Option.none()
  if (!isSigned(account, `${header}.${payload}`, tag.success)) return Option.none()
  const claims = Option.flatMap(decodeHeader(text(header) ?? ""), () => decodePayload(text(payload) ?? ""))
  return Option.flatMap(claims, ({ attributes, aud, email, exp, locale, name, nbf, sub }) => {
    const audience = aud === undefined || [aud].flat().includes(account.id)
    if (!audience || exp * 1000 <= now || (nbf !== undefined && (nbf - leeway) * 1000 > now)) return Option.none()
    return Option.some({
      userId: sub,
      ...(name === undefined || name.trim() === "" ? {} : { name: name.trim() }),
      ...(email === undefined || !isEmail(email) ? {} : { email }),
      ...(locale === undefined ? {} : { locale }),
      ...(attributes === undefined ? {} : { attributes }),
      expiresAt: exp * 1000
    })
  })
}

/**
 * The user whom the proof is of; none when it proves nothing, or the account has no key to prove it with.
 *
 * @category constructors
 * @since 0.1.0
 */
export const verify = (account: WidgetAccount, proof: IdentityProof): Effect.Effect<Option.Option<VerifiedIdentity>> =>
  Effect.map(Clock.currentTimeMillis, (now) =>
    "token" in proof
      ? fromToken(account, proof.token, now)
      : isSigned(account, `user:${proof.userId}`, Buffer.from(proof.hash, "hex"))
      ? Option.some({ userId: proof.userId, expiresAt: null })
      : Option.none())

/**
 * The visitor that a user of the site is on every device. It follows from the account and the user's id, so that two
 * devices that come at once are the same visitor; it is no secret.
 *
 * @category conversions
 * @since 0.1.0
 */
export const visitorIdOf = (account: WidgetAccount, userId: string): VisitorId => {
  const bytes = createHash("sha256").update("wicara widget visitor\0")
    .update(`${account.organizationId}\0${account.id}\0${userId}`).digest().subarray(0, 16)
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  const hex = bytes.toString("hex")
  return VisitorId.make(
    `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
  )
}
