/**
 * Handlers of `AccountApi`.
 *
 * @since 0.1.0
 */
import { Effect, Option } from "effect"
import { HttpServerResponse } from "effect/http"
import { HttpApi, HttpApiBuilder } from "effect/http-api"
import { AccountSecurity } from "../AccountSecurity.ts"
import { AuthenticationEvents } from "../AuthenticationEvents.ts"
import { Audit } from "../Audit.ts"
import { Avatars } from "../Avatars.ts"
import type { Avatar } from "../Avatars.ts"
import { EmailVerification } from "../EmailVerification.ts"
import * as Caller from "../internal/caller.ts"
import { Memberships } from "../Memberships.ts"
import { Passkeys } from "../Passkeys.ts"
import { NotFound } from "../Problem.ts"
import { PersonData } from "../PersonData.ts"
import { CurrentRequest } from "../RequestLog.ts"
import { answer } from "../internal/exportAnswer.ts"
import { PasswordReset } from "../PasswordReset.ts"
import type { VerifiedSession } from "../Session.ts"
import { Sessions } from "../Sessions.ts"
import { SignInPolicies } from "../SignInPolicies.ts"
import type { UserId } from "../Tenancy.ts"
import { TwoFactor } from "../TwoFactor.ts"
import type { ClientInfo } from "../AuthenticationEvents.ts"
import { Users } from "../Users.ts"
import { AccountApi } from "./Api.ts"

/** As a picture and nothing else, whatever is in it. */
const picture = ({ body, contentType, digest }: Avatar) =>
  HttpServerResponse.uint8Array(body, {
    contentType,
    headers: {
      etag: `"${digest}"`,
      "cache-control": "private, max-age=300",
      "x-content-type-options": "nosniff",
      "content-security-policy": "default-src 'none'; sandbox"
    }
  })

/**
 * @category handlers
 * @since 0.1.0
 */
export const layer = HttpApiBuilder.group(
  HttpApi.make("wicara").add(AccountApi),
  "account",
  Effect.fnUntraced(function*(handlers) {
    const users = yield* Users
    const avatars = yield* Avatars
    const audit = yield* Audit
    const security = yield* AccountSecurity
    const twoFactor = yield* TwoFactor
    const passkeys = yield* Passkeys
    const events = yield* AuthenticationEvents
    const reset = yield* PasswordReset
    const verification = yield* EmailVerification
    const policies = yield* SignInPolicies
    const memberships = yield* Memberships
    const sessions = yield* Sessions
    const data = yield* PersonData

    const person = Effect.flatMap(
      Caller.session,
      ({ userId }) => Effect.orDie(Effect.flatMap(users.find(userId), Effect.fromOption))
    )
    /** In the audit log of the organization that it was done in. */
    const audited = <A, E, R>(action: string, after: unknown, change: (userId: UserId) => Effect.Effect<A, E, R>) =>
      Effect.gen(function*() {
        const { userId } = yield* Caller.session
        yield* change(userId)
        yield* audit.record({ action, target: { type: "user", id: userId }, after })
      })
    const acting = <A, E, R>(use: (session: VerifiedSession, client: ClientInfo) => Effect.Effect<A, E, R>) =>
      Effect.flatMap(Effect.all([Caller.session, Caller.clientInfo]), ([session, client]) => use(session, client))

    return handlers.handleAll({
      updateProfile: ({ payload }) =>
        Effect.andThen(audited("user.profile_changed", payload, (userId) => users.update(userId, payload)), person),
      export: Effect.fnUntraced(function*() {
        const { userId } = yield* Caller.session
        const known = yield* CurrentRequest
        if (known !== undefined) known.subject = { type: "user", id: userId, access: "export" }
        yield* audit.record({ action: "user.exported", target: { type: "user", id: userId } })
        return answer(data.export(userId), `person-${userId}`)
      }),
      preferences: () => Effect.flatMap(Caller.session, ({ userId }) => users.preferences(userId)),
      setPreferences: ({ payload }) =>
        Effect.as(Effect.flatMap(Caller.session, ({ userId }) => users.setPreferences(userId, payload)), payload),
      setAvatar: ({ payload }) =>
        audited("user.avatar_changed", undefined, (userId) => avatars.set(userId, payload.data)),
      removeAvatar: () => audited("user.avatar_removed", undefined, avatars.remove),
      avatar: Effect.fnUntraced(function*({ params }) {
        yield* memberships.get(params.userId)
        const avatar = Option.getOrUndefined(yield* avatars.find(params.userId))
        return avatar === undefined ? yield* NotFound.of("avatar", params.userId) : picture(avatar)
      }),
      changePassword: ({ payload }) => acting((session, client) => security.changePassword(session, payload, client)),
      changeEmail: ({ payload }) => acting((session, client) => security.changeEmail(session, payload.email, client)),
      requestVerification: () => acting(security.requestVerification),
      twoFactor: () => Effect.flatMap(Caller.session, ({ userId }) => twoFactor.status(userId)),
      beginTwoFactor: () => acting(security.beginTwoFactor),
      confirmTwoFactor: ({ payload }) =>
        Effect.map(
          acting((session, client) => security.confirmTwoFactor(session, payload.code, client)),
          (recoveryCodes) => ({ recoveryCodes })
        ),
      disableTwoFactor: () => acting(security.disableTwoFactor),
      renewRecoveryCodes: () => Effect.map(acting(security.renewRecoveryCodes), (recoveryCodes) => ({ recoveryCodes })),
      listPasskeys: () =>
        Effect.map(Effect.flatMap(Caller.session, ({ userId }) => passkeys.list(userId)), (data) => ({ data })),
      beginPasskey: () => acting(security.beginPasskey),
      addPasskey: ({ payload }) => acting((session, client) => security.addPasskey(session, payload, client)),
      removePasskey: ({ params }) =>
        acting((session, client) => security.removePasskey(session, params.passkeyId, client)),
      events: ({ query }) => Effect.flatMap(Caller.session, ({ userId }) => events.list(userId, query)),
      signInPolicy: () => policies.current,
      setSignInPolicy: ({ payload }) => policies.set(payload),
      endMemberSessions: ({ params }) =>
        Effect.andThen(memberships.get(params.userId), sessions.revokeMember(params.userId)).pipe(Effect.asVoid),
      requestPasswordReset: ({ payload }) =>
        Effect.flatMap(Caller.clientInfo, (client) => reset.request(payload.email, client)),
      resetPassword: ({ payload }) => Effect.flatMap(Caller.clientInfo, (client) => reset.reset(payload, client)),
      verifyEmail: ({ payload }) =>
        Effect.flatMap(Caller.clientInfo, (client) => verification.verify(payload.token, client))
    })
  })
)
