/**
 * Handlers of `SessionsApi`.
 *
 * @since 0.1.0
 */
import { Effect, Option } from "effect"
import { HttpServerRequest } from "effect/http"
import { HttpApi, HttpApiBuilder } from "effect/http-api"
import { Memberships } from "../Memberships.ts"
import { Organizations } from "../Organizations.ts"
import { Forbidden } from "../Problem.ts"
import { CurrentSession } from "../Session.ts"
import { Sessions } from "../Sessions.ts"
import type { ClientInfo } from "../Sessions.ts"
import { CurrentActor, CurrentOrganization } from "../Tenancy.ts"
import { Users } from "../Users.ts"
import { Me, SessionsApi } from "./Api.ts"

const api = HttpApi.make("wicara").add(SessionsApi)

const clientInfo = Effect.map(HttpServerRequest.HttpServerRequest, (request): ClientInfo => ({
  ip: Option.getOrUndefined(request.remoteAddress),
  userAgent: request.headers["user-agent"]
}))

/** The person who calls; keys have no sessions. */
const currentUser = Effect.flatMap(CurrentActor, ({ actor }) =>
  actor._tag === "User"
    ? Effect.succeed(actor.id)
    : Effect.fail(new Forbidden({ permission: "", detail: "This is for people, not for API keys." })))

/**
 * @category handlers
 * @since 0.1.0
 */
export const layer = HttpApiBuilder.group(
  api,
  "sessions",
  Effect.fnUntraced(function*(handlers) {
    const sessions = yield* Sessions
    const users = yield* Users
    const organizations = yield* Organizations
    const memberships = yield* Memberships
    return handlers.handleAll({
      me: Effect.fnUntraced(function*() {
        const { actor, permissions } = yield* CurrentActor
        const { id } = yield* CurrentOrganization
        const user = actor._tag === "User" ? yield* users.find(actor.id) : Option.none()
        const membership = actor._tag === "User" ? yield* memberships.find(id, actor.id) : Option.none()
        const role = Option.getOrNull(Option.map(membership, ({ role }) => role))
        const organization = yield* organizations.current
        return new Me({
          actor,
          user: Option.getOrNull(user),
          role,
          organization,
          permissions: [...permissions].toSorted()
        })
      }),
      login: ({ payload }) => Effect.flatMap(clientInfo, (client) => sessions.login(payload, client)),
      list: ({ query }) => Effect.flatMap(currentUser, (user) => sessions.list(user, query)),
      switchOrganization: Effect.fnUntraced(function*({ payload }) {
        return yield* sessions.switchTo(yield* currentUser, payload.organizationId, yield* clientInfo)
      }),
      logout: Effect.fnUntraced(function*() {
        const user = yield* currentUser
        const session = yield* CurrentSession
        if (session !== undefined) yield* Effect.ignore(sessions.revoke(user, session))
      }),
      revoke: ({ params }) => Effect.flatMap(currentUser, (user) => sessions.revoke(user, params.sessionId)),
      changePassword: Effect.fnUntraced(function*({ payload }) {
        const user = yield* currentUser
        yield* users.changePassword(user, payload)
        yield* sessions.revokeOthers(user, yield* CurrentSession)
      })
    })
  })
)
