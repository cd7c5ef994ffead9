import { Effect, Schema } from "effect"
import { AccountLimits } from "../ChannelAccount.ts"
import type { SendLimit } from "../ChannelAdapter.ts"
import type { AnyChannelAdapter } from "../ChannelRegistry.ts"
import type { AccountFacts } from "../InboundEvent.ts"

const LimitsText = Schema.fromJsonString(Schema.toCodecJson(AccountLimits))
const decode = Schema.decodeUnknownEffect(LimitsText)
export const encodeLimits = Schema.encodeSync(LimitsText)

export const noLimits: AccountLimits = { messagesPerSecond: null, messagesPerDay: null }

export const limitsOf = (row: { readonly limits: string | null }) =>
  row.limits === null ? Effect.succeed(noLimits) : Effect.orDie(decode(row.limits))

const day = 86_400_000

/** Whole messages in a time that fits: half a message a second is one in two. */
const perSecond = (rate: number): SendLimit =>
  rate >= 1
    ? { scope: "account", messages: Math.floor(rate), per: Math.floor(rate) * 1000 / rate }
    : { scope: "account", messages: 1, per: 1000 / rate }

/** What the provider allows, and what the organization allows its account. */
export const sendLimits = (
  adapter: AnyChannelAdapter,
  settings: unknown,
  facts: AccountFacts,
  own: AccountLimits
): ReadonlyArray<SendLimit> => [
  ...(adapter.limits?.(settings, facts) ?? [perSecond(adapter.capabilities.messagesPerSecond)]),
  ...(own.messagesPerSecond === null ? [] : [perSecond(own.messagesPerSecond)]),
  ...(own.messagesPerDay === null
    ? []
    : [{ scope: "account", messages: own.messagesPerDay, per: day, burst: own.messagesPerDay } as const])
]
