/**
 * Recorded webhooks, tried on an adapter: what a provider really sent is recognized, read without failing, and read the
 * same again.
 *
 * @since 0.1.0
 */
import { Effect, Exit, Schema } from "effect"
import type { Account } from "@wicara/channels/ChannelAdapter"
import type { AnyChannelAdapter } from "@wicara/channels/ChannelRegistry"
import type { InboundEvent } from "@wicara/channels/InboundEvent"
import type { Exchange } from "../../Recorder.ts"
import { holds, LawBroken, show } from "./ChannelLaw.ts"

/**
 * What a recording said.
 *
 * @category models
 * @since 0.1.0
 */
export interface Replayed {
  /** How many webhooks with JSON in them there were. */
  readonly deliveries: number
  readonly events: ReadonlyArray<InboundEvent>
  /** The kinds of what the adapter has no word for, each once. */
  readonly unknown: ReadonlyArray<string>
}

const encode = Schema.encodeSync(Schema.fromJsonString(Schema.Json))

/**
 * Gives every recorded webhook to the adapter. Fails where it is refused as no delivery, fails to be read, or is read
 * otherwise the second time. Signatures are not recorded, and not checked.
 *
 * @category running
 * @since 0.1.0
 */
export const webhooks = Effect.fnUntraced(function*(
  adapter: AnyChannelAdapter,
  account: Account<unknown, unknown>,
  exchanges: ReadonlyArray<Exchange>
): Effect.fn.Return<Replayed, LawBroken> {
  const events: Array<InboundEvent> = []
  const unknown = new Set<string>()
  let deliveries = 0
  for (const { body: recorded, method, path } of exchanges) {
    if (method !== "POST" || recorded === null || !("json" in recorded)) continue
    deliveries++
    const body = new TextEncoder().encode(encode(recorded.json))
    const named = yield* Effect.exit(adapter.identify({ headers: {}, query: {}, body }))
    yield* holds(Exit.isSuccess(named), `${path}: it is a delivery`, recorded.json)
    const read = Effect.catchDefect(
      adapter.decode(body, account),
      (defect) => Effect.fail(new LawBroken({ because: `${path}: it can be read`, saw: show(String(defect)) }))
    )
    const first = yield* read
    yield* holds(show(yield* read) === show(first), `${path}: it says the same again`, first)
    for (const event of first) {
      events.push(event)
      if (event._tag === "Unknown") unknown.add(event.kind)
    }
  }
  return { deliveries, events, unknown: [...unknown].toSorted() }
})
