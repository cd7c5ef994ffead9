/**
 * The handlers of `ChannelAccountsApi`.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import { HttpApi, HttpApiBuilder } from "effect/http-api"
import { ChannelAccounts } from "../ChannelAccounts.ts"
import { ChannelProfiles } from "../ChannelProfiles.ts"
import { ChannelRotations } from "../ChannelRotations.ts"
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
    const rotations = yield* ChannelRotations
    const profiles = yield* ChannelProfiles
    return handlers.handleAll({
      list: ({ query }) => accounts.list(query),
      create: ({ payload }) => accounts.create(payload),
      get: ({ params }) => accounts.get(params.id),
      update: ({ params, payload }) => accounts.update(params.id, payload),
      delete: ({ params }) => accounts.delete(params.id),
      test: ({ params }) => accounts.test(params.id),
      rotate: ({ params, payload }) => rotations.rotate(params.id, payload),
      profile: ({ params }) => profiles.get(params.id),
      updateProfile: ({ params, payload }) => profiles.update(params.id, payload),
      setPicture: ({ params, payload }) => profiles.setPicture(params.id, payload.data),
      removePicture: ({ params }) => profiles.setPicture(params.id, null)
    })
  })
)
