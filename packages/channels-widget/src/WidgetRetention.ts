/**
 * Deletes old messages of visitors, and visitors who have not come back.
 *
 * @since 0.1.0
 */
import { Clock, Context, Duration, Effect, Layer } from "effect"
import { WidgetStore } from "./WidgetStore.ts"
import type { TrimCursor } from "./WidgetStore.ts"

/**
 * How long the widget remembers; the conversations themselves are kept elsewhere.
 *
 * @category models
 * @since 0.1.0
 */
export interface RetentionOptions {
  /** Messages older than this go (90 days). Longer than a token lives, so that no visitor is forgotten who can return. */
  readonly keepFor?: Duration.Input | undefined
  /** How often to look (6 hours). */
  readonly every?: Duration.Input | undefined
  /** Visitors in one step (200); the steps of one round are a tenth of a second apart. */
  readonly batchSize?: number | undefined
}

/**
 * @category services
 * @since 0.1.0
 */
export class WidgetRetention extends Context.Service<WidgetRetention, {
  /** One round over all visitors. */
  readonly run: Effect.Effect<{ readonly messages: number; readonly visitors: number }>
}>()("@wicara/channels-widget/WidgetRetention") {
  /** Runs a round now and then for as long as the layer lives. Several processes may: their rounds only delete. */
  static readonly layerWith = (options: RetentionOptions): Layer.Layer<WidgetRetention, never, WidgetStore> =>
    Layer.effect(
      WidgetRetention,
      Effect.gen(function*() {
        const store = yield* WidgetStore
        const keepFor = Duration.toMillis(Duration.fromInputUnsafe(options.keepFor ?? "90 days"))
        const limit = options.batchSize ?? 200

        const run = Effect.gen(function*() {
          const now = yield* Clock.currentTimeMillis
          const before = now - keepFor
          yield* store.forgetSignOuts(now)
          let messages = 0
          let visitors = 0
          let after: TrimCursor | null = null
          do {
            const step: Effect.Success<ReturnType<typeof store.trim>> = yield* store.trim({ before, after, limit })
            messages += step.messages
            visitors += step.visitors
            after = step.next
            if (after !== null) yield* Effect.sleep("100 millis")
          } while (after !== null)
          return { messages, visitors }
        }).pipe(Effect.withSpan("WidgetRetention.run"))

        yield* run.pipe(
          Effect.catchCause((cause) => Effect.logWarning("Old widget messages could not be deleted", cause)),
          Effect.delay(options.every ?? "6 hours"),
          Effect.forever,
          Effect.forkScoped
        )
        return WidgetRetention.of({ run })
      })
    )

  static readonly layer: Layer.Layer<WidgetRetention, never, WidgetStore> = this.layerWith({})
}
