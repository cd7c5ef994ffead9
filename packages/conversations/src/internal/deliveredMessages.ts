import type { ResolvedAccount } from "@wicara/channels/ChannelAccounts"
import type { InboundEventId, InboundEvents } from "@wicara/channels/InboundEvents"
import type { InboundEvent } from "@wicara/channels/InboundEvent"
import { Effect, Exit } from "effect"

/** Providers' ids of messages. */
export type Delivered = ReadonlySet<string>

const idOf = (event: InboundEvent): string | undefined =>
  event._tag === "MessageReceived" || event._tag === "MessageEchoed" ? event.providerMessageId : undefined

/**
 * The messages in deliveries to an account that are stored and wait for their work. Each look reads only what came since
 * the one before: a long backlog is decoded once.
 */
export const makeDelivered = (
  inbound: InboundEvents["Service"],
  account: ResolvedAccount
): Effect.Effect<Delivered> => {
  const ids = new Set<string>()
  const seen = new Set<InboundEventId>()
  const { adapter, id: channelAccountId, organizationId } = account
  return Effect.gen(function*() {
    while (true) {
      const some = yield* inbound.waiting({ organizationId, channelAccountId }, seen)
      if (some.length === 0) return ids
      for (const { body, id } of some) {
        seen.add(id)
        // What can't be decoded is no message until it can.
        const decoded = yield* Effect.exit(adapter.decode(body, account.account))
        if (Exit.isFailure(decoded)) continue
        for (const event of decoded.value) {
          const messageId = idOf(event)
          if (messageId !== undefined) ids.add(messageId)
        }
      }
    }
  })
}
