/**
 * The accounts that visitors may write to: a small port, with the accounts of `@wicara/channels` behind it as a rule.
 *
 * @since 0.1.0
 */
import { Context, Effect, Layer } from "effect"
import { ChannelAccounts } from "@wicara/channels/ChannelAccounts"
import type { ChannelAccountId } from "@wicara/channels/ChannelAdapter"
import { NotFound } from "@wicara/core/Problem"
import type { Unavailable } from "@wicara/core/Problem"
import type { WidgetAccount } from "./Visitor.ts"
import * as WidgetAdapter from "./WidgetAdapter.ts"

/**
 * @category services
 * @since 0.1.0
 */
export class WidgetAccounts extends Context.Service<WidgetAccounts, {
  /** The active widget account with this id, of whatever organization: the organization follows from it. */
  readonly find: (id: ChannelAccountId) => Effect.Effect<WidgetAccount, NotFound | Unavailable>
}>()("@wicara/channels-widget/WidgetAccounts") {
  static readonly layer: Layer.Layer<WidgetAccounts, never, ChannelAccounts> = Layer.effect(
    WidgetAccounts,
    Effect.gen(function*() {
      const accounts = yield* ChannelAccounts
      return WidgetAccounts.of({
        find: Effect.fnUntraced(function*(id) {
          const found = yield* accounts.lookup(id)
          return found.adapter.id === WidgetAdapter.id && found.status === "active"
            ? found.account
            : yield* NotFound.of("widget", id)
        })
      })
    })
  )
}
