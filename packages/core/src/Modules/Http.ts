/**
 * Handlers of `ModulesApi`.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import { HttpApi, HttpApiBuilder } from "effect/http-api"
import { Modules } from "../Modules.ts"
import { ModulesApi } from "./Api.ts"

/**
 * @category handlers
 * @since 0.1.0
 */
export const layer = HttpApiBuilder.group(
  HttpApi.make("wicara").add(ModulesApi),
  "modules",
  Effect.fnUntraced(function*(handlers) {
    const modules = yield* Modules
    return handlers.handleAll({
      list: () => Effect.map(modules.list, (data) => ({ data })),
      set: ({ params, payload }) => payload.enabled ? modules.enable(params.module) : modules.disable(params.module)
    })
  })
)
