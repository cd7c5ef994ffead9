/**
 * Handlers of `MachineUsersApi`.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import { HttpApi, HttpApiBuilder } from "effect/http-api"
import { ApiKeys } from "../ApiKeys.ts"
import { Memberships } from "../Memberships.ts"
import { UserId } from "../Tenancy.ts"
import { MachineUsersApi } from "./Api.ts"

/**
 * @category handlers
 * @since 0.1.0
 */
export const layer = HttpApiBuilder.group(
  HttpApi.make("wicara").add(MachineUsersApi),
  "machineUsers",
  Effect.fnUntraced(function*(handlers) {
    const memberships = yield* Memberships
    const apiKeys = yield* ApiKeys
    return handlers.handleAll({
      create: ({ payload }) => memberships.addMachine(payload),
      listKeys: ({ params }) => Effect.map(apiKeys.listOf(UserId.make(params.machineUserId)), (data) => ({ data })),
      createKey: ({ params, payload }) => apiKeys.createOf(UserId.make(params.machineUserId), payload)
    })
  })
)
