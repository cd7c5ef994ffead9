/**
 * The handlers of `WahaGroupsApi`.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import { HttpApi, HttpApiBuilder } from "effect/http-api"
import { WahaGroups } from "../WahaGroups.ts"
import { WahaGroupsApi } from "./Api.ts"

/**
 * @category layers
 * @since 0.1.0
 */
export const layer = HttpApiBuilder.group(
  HttpApi.make("wicara").add(WahaGroupsApi),
  "wahaGroups",
  Effect.fn(function*(handlers) {
    const groups = yield* WahaGroups
    return handlers.handleAll({
      invite: ({ params }) => groups.invite(params.id, params.code),
      join: ({ params }) => groups.join(params.id, params.code),
      refresh: ({ params }) => groups.refresh(params.id),
      picture: ({ params }) => groups.picture(params.id, params.groupId),
      setPicture: ({ params, payload }) => groups.setPicture(params.id, params.groupId, payload.data),
      removePicture: ({ params }) => groups.setPicture(params.id, params.groupId, null)
    })
  })
)
