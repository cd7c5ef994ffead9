/**
 * Wakes workers of this process as soon as there may be work. Only a hint: workers also poll, so a lost signal (or one
 * raised in another process) costs latency, never work.
 *
 * @since 0.1.0
 */
import { Context, Effect, Latch, Layer } from "effect"
import type { Duration } from "effect"

/**
 * @category services
 * @since 0.1.0
 */
export class Signals extends Context.Service<Signals, {
  /** Wakes everyone who waits for the topic. */
  readonly notify: (topic: string) => Effect.Effect<void>
  /** Waits for the next signal of the topic, at most `atMost`. A signal raised since the last wait counts. */
  readonly wait: (topic: string, atMost: Duration.Input) => Effect.Effect<void>
}>()("@wicara/core/Signals") {
  static readonly layer = Layer.sync(Signals, () => {
    const latches = new Map<string, Latch.Latch>()
    const latch = (topic: string) => {
      const existing = latches.get(topic)
      if (existing !== undefined) return existing
      const made = Latch.makeUnsafe(false)
      latches.set(topic, made)
      return made
    }
    return Signals.of({
      notify: (topic) => Effect.asVoid(latch(topic).open),
      wait: (topic, atMost) =>
        latch(topic).await.pipe(
          Effect.timeoutOption(atMost),
          Effect.andThen(latch(topic).close),
          Effect.asVoid
        )
    })
  })
}
