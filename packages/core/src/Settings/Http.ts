/**
 * Handlers of `SettingsApi`.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import { HttpApi, HttpApiBuilder } from "effect/http-api"
import { Settings } from "../Settings.ts"
import { SettingsApi } from "./Api.ts"

/**
 * @category handlers
 * @since 0.1.0
 */
export const layer = HttpApiBuilder.group(
  HttpApi.make("wicara").add(SettingsApi),
  "settings",
  Effect.fnUntraced(function*(handlers) {
    const settings = yield* Settings
    return handlers.handleAll({
      list: () => Effect.map(settings.list, (data) => ({ data })),
      get: ({ params }) => settings.find(params.key),
      set: ({ params, payload }) => settings.set(params.key, payload.value),
      reset: ({ params }) => settings.reset(params.key)
    })
  })
)
