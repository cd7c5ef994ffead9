/**
 * How often somebody may ask, what is recorded of those who ask too often, and how long they are kept out.
 *
 * @since 0.1.0
 */
import { Context, Duration, Option, Schema, SchemaTransformation } from "effect"
import * as Id from "./Id.ts"
import { Instant } from "./Instant.ts"

/**
 * @category ids
 * @since 0.1.0
 */
export const ViolationId = Id.make("RateLimitViolationId", "A record of a limit that somebody broke.")
/** @since 0.1.0 */
export type ViolationId = typeof ViolationId.Type

/**
 * @category ids
 * @since 0.1.0
 */
export const BlockId = Id.make("BlockId", "A sender that is kept out for a time.")
/** @since 0.1.0 */
export type BlockId = typeof BlockId.Type

/**
 * `limit` requests at once, and as many again in each `window` (milliseconds), continuously refilled.
 *
 * @category models
 * @since 0.1.0
 */
export interface RateLimit {
  readonly limit: number
  readonly windowMillis: number
}

const pattern = /^([1-9]\d{0,8})\/(\d{0,4})\s*(s|second|seconds|m|minute|minutes|h|hour|hours|d|day|days)$/
const units: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

const parse = (text: string): RateLimit | undefined => {
  const [, limit, count, unit] = pattern.exec(text.trim()) ?? []
  if (limit === undefined || unit === undefined) return undefined
  const windowMillis = (count === undefined || count === "" ? 1 : Number(count)) * (units[unit.charAt(0)] ?? 0)
  return windowMillis > 0 && windowMillis <= 31 * 86_400_000 ? { limit: Number(limit), windowMillis } : undefined
}

/**
 * A limit as text: `600/minute`, `20/10s`, or `off`.
 *
 * @category schemas
 * @since 0.1.0
 */
export const FromText: Schema.Codec<Option.Option<RateLimit>, string> = Schema.String.check(
  Schema.makeFilter((text) =>
    text === "off" || parse(text) !== undefined ? undefined : "expected a limit such as 600/minute or 20/10s, or off"
  )
).pipe(
  Schema.decodeTo(
    Schema.declare((value): value is Option.Option<RateLimit> => Option.isOption(value)),
    SchemaTransformation.transform({
      decode: (text) => Option.fromUndefinedOr(parse(text)),
      encode: (limit: Option.Option<RateLimit>) => Option.match(limit, { onNone: () => "off", onSome: toText })
    })
  )
)

/**
 * The limit as `FromText` reads it.
 *
 * @category conversions
 * @since 0.1.0
 */
export const toText = ({ limit, windowMillis }: RateLimit): string => {
  const [unit, millis] = Object.entries(units).toReversed().find(([, millis]) => windowMillis % millis === 0) ??
    ["s", 1000]
  const count = windowMillis / millis
  return `${limit}/${count === 1 ? "" : count}${unit}`
}

/**
 * What a limit counts: requests of an `address`, attempts to sign in of one (`sign-in`), requests of a `user`, an
 * `api-key` or a whole `organization`, what a caller asks of the server that costs it much (`heavy`), and messages of a
 * `visitor` of a website.
 *
 * @category models
 * @since 0.1.0
 */
export const Scope = Schema.Literals(["address", "sign-in", "user", "api-key", "organization", "heavy", "visitor"])
/** @since 0.1.0 */
export type Scope = typeof Scope.Type

/**
 * The class of an endpoint, which says what more is counted of its requests: `sign-in` those of each address, `heavy`
 * those of each caller. `endpoint.annotate(RateLimit.EndpointClass, "sign-in")`.
 *
 * @category annotations
 * @since 0.1.0
 */
export const EndpointClass = Context.Reference<"standard" | "sign-in" | "heavy">(
  "@wicara/core/RateLimit/EndpointClass",
  {
    defaultValue: () => "standard"
  }
)

/**
 * The server's limits; `none` is no limit.
 *
 * @category models
 * @since 0.1.0
 */
export interface Policy extends Readonly<Record<Scope, Option.Option<RateLimit>>> {
  /** Who breaks a limit so often within ten minutes is kept out for a time; 0 never. */
  readonly blockAfter: number
  readonly blockFor: Duration.Duration
}

const minute = (limit: number): Option.Option<RateLimit> => Option.some({ limit, windowMillis: 60_000 })

/**
 * What holds when nothing is configured: far above what people and well-behaved programs need.
 *
 * @category constants
 * @since 0.1.0
 */
export const defaultPolicy: Policy = {
  address: minute(6000),
  "sign-in": minute(60),
  user: minute(3000),
  "api-key": minute(3000),
  organization: minute(30_000),
  heavy: minute(30),
  visitor: Option.some({ limit: 20, windowMillis: 20_000 }),
  blockAfter: 3000,
  blockFor: Duration.minutes(15)
}

/**
 * The policy in force.
 *
 * @category references
 * @since 0.1.0
 */
export const CurrentPolicy = Context.Reference<Policy>("@wicara/core/RateLimit/CurrentPolicy", {
  defaultValue: () => defaultPolicy
})

/**
 * Somebody asked more often than a limit allows: one record for as long as they go on, at most an hour.
 *
 * @category models
 * @since 0.1.0
 */
export class RateLimitViolation extends Schema.Class<RateLimitViolation>("RateLimitViolation")({
  id: ViolationId,
  scope: Scope,
  subject: Schema.String.annotate({ description: "Whose requests were counted: an address, or the id of who asked." }),
  limit: Schema.Int.annotate({ description: "Requests allowed in each window." }),
  windowSeconds: Schema.Finite,
  refused: Schema.Int.annotate({ description: "Requests that were refused." }),
  firstAt: Instant,
  lastAt: Instant
}, { description: "Somebody asked more often than a limit allows." }) {}

/**
 * A sender that is kept out.
 *
 * @category models
 * @since 0.1.0
 */
export class Block extends Schema.Class<Block>("Block")({
  id: BlockId,
  scope: Scope,
  subject: Schema.String.annotate({ description: "Who is kept out: an address, or the id of who asked." }),
  reason: Schema.String,
  createdAt: Instant,
  expiresAt: Schema.NullOr(Instant).annotate({ description: "When it ends by itself; null if never." })
}, { description: "A sender that is kept out." }) {}

/**
 * What a limit said to one request.
 *
 * @category models
 * @since 0.1.0
 */
export interface Decision {
  readonly scope: Scope
  readonly isAllowed: boolean
  readonly rateLimit: RateLimit
  /** Requests that may follow at once. */
  readonly remaining: number
  /** Until all of them may, milliseconds. */
  readonly resetMillis: number
  /** Until the next one may, milliseconds; 0 when it was allowed. */
  readonly retryAfterMillis: number
}
