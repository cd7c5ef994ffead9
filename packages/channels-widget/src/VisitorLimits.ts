/**
 * How fast one visitor may write.
 *
 * @since 0.1.0
 */
import { Clock, Context, Effect, Layer } from "effect"
import { TooManyRequests } from "@wicara/core/Problem"
import { RateLimits } from "@wicara/core/RateLimits"
import type { OrganizationId } from "@wicara/core/Tenancy"
import type { VisitorRef } from "./Visitor.ts"

interface Bucket {
  tokens: number
  filledAt: number
}

/**
 * @category services
 * @since 0.1.0
 */
export class VisitorLimits extends Context.Service<VisitorLimits, {
  /** Counts a message of the visitor, or fails with the seconds until one may come. */
  readonly take: (organizationId: OrganizationId, visitor: VisitorRef) => Effect.Effect<void, TooManyRequests>
}>()("@wicara/channels-widget/VisitorLimits") {
  /** The server's rate limit of visitors, shared by its processes. */
  static readonly layer: Layer.Layer<VisitorLimits, never, RateLimits> = Layer.effect(
    VisitorLimits,
    Effect.map(RateLimits, (limits) =>
      VisitorLimits.of({
        take: (organizationId, visitor) => limits.take([{ scope: "visitor", subject: keyOf(visitor), organizationId }])
      }))
  )

  /** A token bucket per visitor, in this process: for who has one, and no `RateLimits`. */
  static readonly layerMemory = (options: {
    /** Messages at once. */
    readonly burst: number
    /** Messages a second, on average. */
    readonly perSecond: number
  } = { burst: 20, perSecond: 1 }): Layer.Layer<VisitorLimits> =>
    Layer.sync(VisitorLimits, () => {
      const buckets = new Map<string, Bucket>()
      const fullAfter = (options.burst / options.perSecond) * 1000
      let sweepAt = 0

      // A bucket that is full again says nothing, so only visitors of the last seconds are remembered.
      const sweep = (now: number) => {
        if (now < sweepAt) return
        sweepAt = now + fullAfter
        for (const [visitor, bucket] of buckets) {
          if (now - bucket.filledAt >= fullAfter) buckets.delete(visitor)
        }
      }

      return VisitorLimits.of({
        take: Effect.fnUntraced(function*(_organizationId, of) {
          const visitor = keyOf(of)
          const now = yield* Clock.currentTimeMillis
          sweep(now)
          const bucket = buckets.get(visitor) ?? { tokens: options.burst, filledAt: now }
          buckets.set(visitor, bucket)
          bucket.tokens = Math.min(options.burst, bucket.tokens + ((now - bucket.filledAt) / 1000) * options.perSecond)
          bucket.filledAt = now
          if (bucket.tokens < 1) {
            return yield* new TooManyRequests({
              retryAfterSeconds: Math.ceil((1 - bucket.tokens) / options.perSecond),
              detail: "You are writing faster than messages can be taken."
            })
          }
          bucket.tokens -= 1
        })
      })
    })
}

const keyOf = ({ channelAccountId, visitorId }: VisitorRef) => `${channelAccountId}/${visitorId}`
