/**
 * Handlers of `SessionsApi`.
 *
 * @since 0.1.0
 */
import { Effect, Option } from "effect"
import { HttpApi, HttpApiBuilder } from "effect/http-api"
import { AccountSecurity } from "../AccountSecurity.ts"
import { AuthenticationEvents } from "../AuthenticationEvents.ts"
import * as Caller from "../internal/caller.ts"
import { handOver } from "../internal/handOver.ts"
import * as SessionCookie from "../internal/sessionCookie.ts"
import { Memberships } from "../Memberships.ts"
import * as OrganizationHost from "../OrganizationHost.ts"
import { Organizations } from "../Organizations.ts"
import { Unauthorized } from "../Problem.ts"
import { Refreshed } from "../Session.ts"
import type { SessionTransport } from "../Session.ts"
import { Sessions } from "../Sessions.ts"
import { SignIn } from "../SignIn.ts"
import { CurrentActor, CurrentOrganization } from "../Tenancy.ts"
import { Users } from "../Users.ts"
import { Me, SessionsApi } from "./Api.ts"
import { english } from "../ProblemTexts.ts"

const handOverRefreshed = Effect.fnUntraced(function*(refreshed: Refreshed, transport: SessionTransport) {
  if (transport !== "cookie") return refreshed
  yield* SessionCookie.set(refreshed.token)
  return new Refreshed({ ...refreshed, token: "" })
})

/**
 * @category handlers
 * @since 0.1.0
 */
export const layer = HttpApiBuilder.group(
  HttpApi.make("wicara").add(SessionsApi),
  "sessions",
  Effect.fnUntraced(function*(handlers) {
    const sessions = yield* Sessions
    const signIn = yield* SignIn
    const security = yield* AccountSecurity
    const events = yield* AuthenticationEvents
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
      login: Effect.fnUntraced(function*({ payload }) {
        yield* Caller.checkTransport(payload.transport)
        const organizationId = yield* OrganizationHost.meant(payload.organizationId)
        return yield* handOver(yield* signIn.withPassword({ ...payload, organizationId }, yield* Caller.clientInfo))
      }),
      continue: Effect.fnUntraced(function*({ payload }) {
        yield* Caller.checkSite
        return yield* handOver(yield* signIn.continueWith(payload.challenge, payload.answer, yield* Caller.clientInfo))
      }),
      requestPasskey: Effect.fnUntraced(function*({ payload }) {
        yield* Caller.checkTransport(payload.transport)
        const organizationId = yield* OrganizationHost.meant(payload.organizationId)
        return yield* signIn.requestPasskey({ ...payload, organizationId })
      }),
      refresh: Effect.fnUntraced(function*({ payload }) {
        const refreshed = yield* sessions.refresh(payload.token, "bearer")
        if (Option.isSome(refreshed)) return refreshed.value
        return yield* new Unauthorized({ detail: english("unknownToken") })
      }),
      list: ({ query }) => Effect.flatMap(Caller.session, ({ userId }) => sessions.list(userId, query)),
      switchOrganization: Effect.fnUntraced(function*({ payload }) {
        const from = yield* Caller.session
        yield* OrganizationHost.check(payload.organizationId)
        return yield* handOver(
          yield* sessions.switchTo(from.userId, payload.organizationId, yield* Caller.clientInfo, from)
        )
      }),
      requestReauthentication: () => Effect.flatMap(Caller.session, signIn.requestReauthentication),
      reauthenticate: Effect.fnUntraced(function*({ payload }) {
        const session = yield* Caller.session
        const renewed = yield* signIn.reauthenticate(session, payload, yield* Caller.clientInfo)
        return yield* handOverRefreshed(renewed, session.transport)
      }),
      logout: Effect.fnUntraced(function*() {
        const session = yield* Caller.session
        const user = yield* Effect.orDie(Effect.flatMap(users.find(session.userId), Effect.fromOption))
        yield* Effect.ignore(sessions.revoke(session.userId, session.sessionId))
        yield* events.record({
          type: "signed_out",
          account: { userId: user.id, email: user.email },
          organizationId: session.organizationId,
          client: yield* Caller.clientInfo
        })
        if (session.transport === "cookie") yield* SessionCookie.clear
      }),
      logoutEverywhere: Effect.fnUntraced(function*({ query }) {
        const session = yield* Caller.session
        const user = yield* Effect.orDie(Effect.flatMap(users.find(session.userId), Effect.fromOption))
        const except = query.keepCurrent === "true" ? session : undefined
        yield* security.signOutEverywhere(user, { except, client: yield* Caller.clientInfo })
        if (except === undefined && session.transport === "cookie") yield* SessionCookie.clear
      }),
      revoke: ({ params }) => Effect.flatMap(Caller.session, ({ userId }) => sessions.revoke(userId, params.sessionId))
    })
  })
)
