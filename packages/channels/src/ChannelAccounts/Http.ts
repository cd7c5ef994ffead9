/**
 * The handlers of `ChannelAccountsApi`.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import { HttpApi, HttpApiBuilder } from "effect/http-api"
import { ChannelAccounts } from "../ChannelAccounts.ts"
import { ChannelAccountsApi } from "./Api.ts"

/**
 * @category layers
 * @since 0.1.0
 */
export const layer = HttpApiBuilder.group(
  HttpApi.make("wicara").add(ChannelAccountsApi),
  "channelAccounts",
  Effect.fn(function*(handlers) {
    const accounts = yield* ChannelAccounts
    return handlers.handleAll({
      list: ({ query }) => accounts.list(query),
      create: ({ payload }) => accounts.create(payload),
      get: ({ params }) => accounts.get(params.id),
      update: ({ params, payload }) => accounts.update(params.id, payload),
      delete: ({ params }) => accounts.delete(params.id),
      test: ({ params }) => accounts.test(params.id)
    })
  })
)
