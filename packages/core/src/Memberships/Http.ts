/**
 * Handlers of `MembersApi`.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import { HttpApi, HttpApiBuilder } from "effect/http-api"
import { Audit } from "../Audit.ts"
import { answer } from "../internal/exportAnswer.ts"
import { Memberships } from "../Memberships.ts"
import { PersonData } from "../PersonData.ts"
import { CurrentOrganization } from "../Tenancy.ts"
import { MembersApi } from "./Api.ts"

/**
 * @category handlers
 * @since 0.1.0
 */
export const layer = HttpApiBuilder.group(
  HttpApi.make("wicara").add(MembersApi),
  "members",
  Effect.fnUntraced(function*(handlers) {
    const members = yield* Memberships
    const data = yield* PersonData
    const audit = yield* Audit
    return handlers.handleAll({
      list: ({ query }) => members.list(query),
      add: ({ payload }) => members.add(payload),
      get: ({ params }) => members.get(params.userId),
      export: Effect.fnUntraced(function*({ params: { userId } }) {
        yield* members.get(userId)
        const { id } = yield* CurrentOrganization
        yield* audit.record({ action: "member.exported", target: { type: "user", id: userId } })
        return answer(data.export(userId, id), `member-${userId}`)
      }),
      change: ({ params, payload }) => members.change(params.userId, payload),
      remove: ({ params }) => members.remove(params.userId)
    })
  })
)
