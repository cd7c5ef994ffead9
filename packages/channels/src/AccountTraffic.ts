/**
 * What went through an account in a span of time, in figures: a port that whoever stores messages fills.
 *
 * @since 0.1.0
 */
import { Context } from "effect"
import type { Effect } from "effect"
import type { CurrentOrganization } from "@wicara/core/Tenancy"
import type { ChannelAccountId } from "./ChannelAdapter.ts"

/**
 * Messages by when they were written; how far they came is what is known by now.
 *
 * @category models
 * @since 0.1.0
 */
export interface Traffic {
  readonly received: number
  /** Those that the provider took. */
  readonly sent: number
  readonly delivered: number
  readonly read: number
  readonly failed: number
  /** People whose first conversation through the account began. */
  readonly newContacts: number
}

/**
 * @category services
 * @since 0.1.0
 */
export class AccountTraffic extends Context.Service<AccountTraffic, {
  /** From `from` until before `to`, epoch milliseconds. */
  readonly between: (
    id: ChannelAccountId,
    from: number,
    to: number
  ) => Effect.Effect<Traffic, never, CurrentOrganization>
}>()("@wicara/channels/AccountTraffic") {}
