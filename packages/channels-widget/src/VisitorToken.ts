/**
 * Visitors' tokens: `wv1.<claims>.<HMAC-SHA256>`, both parts base64url. The key is the account's own and the claims name
 * organization, account and visitor, so that a token is worth nothing anywhere else.
 *
 * @since 0.1.0
 */
import { Clock, Effect, Option, Redacted, Result, Schema } from "effect"
import { Mac } from "effect/crypto"
import { Base64Url } from "effect/encoding"
import { ChannelAccountId } from "@wicara/channels/ChannelAdapter"
import { OrganizationId } from "@wicara/core/Tenancy"
import type { WidgetAccount } from "./Visitor.ts"
import { SessionId, VisitorId } from "./Visitor.ts"

/**
 * How long a token is valid, milliseconds: 30 days. Every session that begins with a valid one gets a new one.
 *
 * @category constants
 * @since 0.1.0
 */
export const lifetimeMillis = 30 * 24 * 60 * 60 * 1000

/**
 * How long a token of a visitor is valid for whom the site vouched, milliseconds: 12 hours. Only new proof makes it
 * longer.
 *
 * @category constants
 * @since 0.1.0
 */
export const verifiedMillis = 12 * 60 * 60 * 1000

/**
 * What a token says; instants are epoch milliseconds.
 *
 * @category models
 * @since 0.1.0
 */
export const Claims = Schema.Struct({
  organizationId: OrganizationId,
  channelAccountId: ChannelAccountId,
  visitorId: VisitorId,
  /** One browser's session; what was signed out is not believed any more. Older tokens have none. */
  sessionId: Schema.optionalKey(SessionId),
  /** The site proved who the visitor is. */
  verified: Schema.optionalKey(Schema.Boolean),
  issuedAt: Schema.Int,
  expiresAt: Schema.Int
}).pipe(Schema.encodeKeys({
  organizationId: "o",
  channelAccountId: "a",
  visitorId: "v",
  sessionId: "s",
  verified: "u",
  issuedAt: "i",
  expiresAt: "e"
}))
/** @since 0.1.0 */
export type Claims = typeof Claims.Type

/**
 * A token with when it ends, epoch milliseconds.
 *
 * @category models
 * @since 0.1.0
 */
export interface IssuedToken {
  readonly token: string
  readonly expiresAt: number
}

const ClaimsText = Schema.fromJsonString(Claims)
const encodeClaims = Schema.encodeEffect(ClaimsText)
const decodeClaims = Schema.decodeOption(ClaimsText)
const pattern = /^wv1\.([A-Za-z0-9_-]{1,600})\.([A-Za-z0-9_-]{43})$/
const utf8 = new TextEncoder()

const keyOf = (secret: Redacted.Redacted) => Effect.orDie(Mac.key(Mac.hmacSha256, utf8.encode(Redacted.value(secret))))

/**
 * Whose token it is, and of which session.
 *
 * @category models
 * @since 0.1.0
 */
export interface Subject {
  readonly visitorId: VisitorId
  readonly sessionId: SessionId
  /** The site proved who they are: their token ends then, epoch milliseconds. */
  readonly verifiedUntil: number | null
}

/**
 * A new token for the visitor.
 *
 * @category constructors
 * @since 0.1.0
 */
export const issue = Effect.fnUntraced(function*(
  account: WidgetAccount,
  subject: Subject
): Effect.fn.Return<IssuedToken, never, Mac.Mac> {
  const mac = yield* Mac.Mac
  const issuedAt = yield* Clock.currentTimeMillis
  const expiresAt = subject.verifiedUntil ?? issuedAt + lifetimeMillis
  const claims = yield* Effect.orDie(encodeClaims({
    organizationId: account.organizationId,
    channelAccountId: account.id,
    visitorId: subject.visitorId,
    sessionId: subject.sessionId,
    ...(subject.verifiedUntil === null ? {} : { verified: true }),
    issuedAt,
    expiresAt
  }))
  const signed = `wv1.${Base64Url.encode(claims)}`
  const tag = yield* Effect.orDie(mac.sign(yield* keyOf(account.secrets.signingKey), utf8.encode(signed)))
  return { token: `${signed}.${Base64Url.encode(tag)}`, expiresAt }
})

/**
 * What a token claims, unproved: only to find the account whose key proves it.
 *
 * @category getters
 * @since 0.1.0
 */
export const unverifiedClaims = (token: string): Option.Option<Claims> => {
  const claims = pattern.exec(token)?.[1]
  const text = claims === undefined ? undefined : Base64Url.decodeString(claims)
  return text === undefined || Result.isFailure(text) ? Option.none() : decodeClaims(text.success)
}

/**
 * The claims of a token that this account signed and that has not expired; the comparison takes constant time.
 *
 * @category constructors
 * @since 0.1.0
 */
export const verify = Effect.fnUntraced(function*(
  account: WidgetAccount,
  token: string
): Effect.fn.Return<Option.Option<Claims>, never, Mac.Mac> {
  const claims = unverifiedClaims(token)
  const tag = Base64Url.decode(token.slice(token.lastIndexOf(".") + 1))
  if (Option.isNone(claims) || Result.isFailure(tag)) return Option.none()
  const mac = yield* Mac.Mac
  const signed = utf8.encode(token.slice(0, token.lastIndexOf(".")))
  const { previousSigningKey, signingKey } = account.secrets
  let genuine = false
  for (const secret of [signingKey, ...(previousSigningKey === undefined ? [] : [previousSigningKey])]) {
    genuine = (yield* Effect.orDie(mac.verify(yield* keyOf(secret), tag.success, signed))) || genuine
  }
  const now = yield* Clock.currentTimeMillis
  const { channelAccountId, expiresAt, organizationId } = claims.value
  return genuine && organizationId === account.organizationId && channelAccountId === account.id && now < expiresAt
    ? claims
    : Option.none()
})
