/**
 * Handlers of `MemberAccessApi`.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import { HttpApi, HttpApiBuilder } from "effect/http-api"
import { MemberAccess } from "../MemberAccess.ts"
import { MemberAccessApi } from "./Api.ts"

/**
 * @category handlers
 * @since 0.1.0
 */
export const layer = HttpApiBuilder.group(
  HttpApi.make("wicara").add(MemberAccessApi),
  "memberAccess",
  Effect.fnUntraced(function*(handlers) {
    const access = yield* MemberAccess
    return handlers.handleAll({
      effective: ({ params }) => access.effective(params.userId),
      explain: ({ params, query: { address, permission, ...resource } }) =>
        access.explain({ userId: params.userId, permission, resource, address })
    })
  })
)
