/**
 * The handlers of `ChannelChecksApi`.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import { HttpApi, HttpApiBuilder } from "effect/http-api"
import { ChannelChecks } from "../ChannelChecks.ts"
import { ChannelChecksApi } from "./Api.ts"

/**
 * @category layers
 * @since 0.1.0
 */
export const layer = HttpApiBuilder.group(
  HttpApi.make("wicara").add(ChannelChecksApi),
  "channelChecks",
  Effect.fn(function*(handlers) {
    const checks = yield* ChannelChecks
    return handlers.handleAll({
      list: ({ params, query }) => checks.list(params.id, query),
      uptime: ({ params }) => Effect.map(checks.uptime(params.id), (data) => ({ data }))
    })
  })
)
