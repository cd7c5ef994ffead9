/**
 * Signing in, as one flow of steps. Each step that is not the last answers with a challenge, a random text that is good
 * for ten minutes and once, and dies with the fifth wrong answer:
 *
 * 1. who one is: password, passkey, or an account at a sign-in provider (which first has to be linked);
 * 2. the second factor, when the account has one and a passkey did not stand for both already;
 * 3. in which organization to act, for members of several who did not say.
 *
 * What a wrong attempt gets does not say whether there is such an account, and takes the same work: the same reads, one
 * password hash, the same records.
 *
 * @since 0.1.0
 */
import { Clock, Context, Effect, Layer, Option, Schema } from "effect"
import type { Redacted } from "effect"
import { SqlClient } from "effect/sql"
import * as AccountJobs from "./AccountJobs.ts"
import { AccountNotices } from "./AccountNotices.ts"
import { AuthenticationEvents } from "./AuthenticationEvents.ts"
import type { ClientInfo } from "./AuthenticationEvents.ts"
import * as Id from "./Id.ts"
import * as AccountTokens from "./internal/accountTokens.ts"
import * as Challenges from "./internal/challenges.ts"
import { Jobs } from "./Jobs.ts"
import { Organizations } from "./Organizations.ts"
import * as Pagination from "./Pagination.ts"
import { PasskeyRequest } from "./Passkey.ts"
import type { PasskeyResponse } from "./Passkey.ts"
import { Passkeys } from "./Passkeys.ts"
import { Forbidden, Unauthorized, Unavailable } from "./Problem.ts"
import type { TooManyRequests } from "./Problem.ts"
import {
  OrganizationRequired,
  ReauthenticationRequired,
  SecondFactorRequired,
  SessionId,
  SessionTransport
} from "./Session.ts"
import type { Refreshed, SignedIn, VerifiedSession } from "./Session.ts"
import { Sessions } from "./Sessions.ts"
import * as SignInLimits from "./SignInLimits.ts"
import type { ChallengeAnswer, Reauthentication } from "./SignInSteps.ts"
import { rowLimit } from "./Sql.ts"
import { OrganizationId } from "./Tenancy.ts"
import type { UserId } from "./Tenancy.ts"
import * as Tokens from "./Tokens.ts"
import { TwoFactor } from "./TwoFactor.ts"
import type { User } from "./User.ts"
import { normalizeEmail, Users } from "./Users.ts"
import { english } from "./ProblemTexts.ts"

/**
 * What a sign-in with a password begins with.
 *
 * @category models
 * @since 0.1.0
 */
export interface Credentials {
  readonly email: string
  readonly password: Redacted.Redacted<string>
  /** Which organization to act in, for members of several. */
  readonly organizationId?: OrganizationId | undefined
  /** `bearer` if absent. */
  readonly transport?: SessionTransport | undefined
}

/**
 * Somebody who proved who they are, with one factor or more.
 *
 * @category models
 * @since 0.1.0
 */
export interface Proven {
  readonly userId: UserId
  /** `password`, `passkey` or a sign-in provider's id. */
  readonly method: string
  readonly secondFactor: boolean
  readonly transport: SessionTransport
  readonly organizationId?: OrganizationId | undefined
}

/**
 * What may come of a step.
 *
 * @category errors
 * @since 0.1.0
 */
export type SignInError = Unauthorized | Forbidden | TooManyRequests | OrganizationRequired | SecondFactorRequired

/**
 * @category services
 * @since 0.1.0
 */
export class SignIn extends Context.Service<SignIn, {
  readonly withPassword: (credentials: Credentials, client?: ClientInfo) => Effect.Effect<SignedIn, SignInError>
  /** Goes on after the first step; for sign-in providers. */
  readonly proceed: (proven: Proven, client: ClientInfo) => Effect.Effect<SignedIn, SignInError>
  /** What to ask the browser for: to sign in with any passkey, or to answer a challenge with one of the account's. */
  readonly requestPasskey: (options: {
    readonly challenge?: string | undefined
    readonly transport?: SessionTransport | undefined
    readonly organizationId?: OrganizationId | undefined
  }) => Effect.Effect<PasskeyRequest, Unauthorized>
  readonly continueWith: (
    challenge: string,
    answer: ChallengeAnswer,
    client?: ClientInfo
  ) => Effect.Effect<SignedIn, SignInError>
  /** Whose first factor was right, by the challenge that asked for the second one, which is used up. */
  readonly firstFactorOf: (challenge: string) => Effect.Effect<User, Unauthorized>
  /** What to ask the browser for to prove it once more with a passkey. */
  readonly requestReauthentication: (session: VerifiedSession) => Effect.Effect<PasskeyRequest>
  /** Proves it once more, and gives the session a new token. */
  readonly reauthenticate: (
    session: VerifiedSession,
    proof: Reauthentication,
    client?: ClientInfo
  ) => Effect.Effect<Refreshed, Unauthorized | TooManyRequests>
  /** Fails unless the person proved who they are within the last ten minutes. */
  readonly requireRecent: (session: VerifiedSession) => Effect.Effect<void, ReauthenticationRequired>
  /** Forgets the steps that somebody is at, and what failed: for a new password, or a suspension. */
  readonly reset: (user: User) => Effect.Effect<void>
  /** Deletes what has expired, at most so many rows of each kind; returns how many. */
  readonly cleanup: (limit: number) => Effect.Effect<number>
}>()("@wicara/core/SignIn") {
  /** @since 0.1.0 */
  static readonly layerSql: Layer.Layer<
    SignIn,
    never,
    | SqlClient.SqlClient
    | Users
    | Organizations
    | Sessions
    | SignInLimits.SignInLimits
    | TwoFactor
    | Passkeys
    | AuthenticationEvents
    | AccountNotices
    | Jobs
  > = Layer.effect(
    SignIn,
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const users = yield* Users
      const organizations = yield* Organizations
      const sessions = yield* Sessions
      const limits = yield* SignInLimits.SignInLimits
      const twoFactor = yield* TwoFactor
      const passkeys = yield* Passkeys
      const events = yield* AuthenticationEvents
      const notices = yield* AccountNotices
      const jobs = yield* Jobs
      const challenges = Challenges.make(sql)
      const tokens = AccountTokens.make(sql)

      /** Whether somebody with the address signed in from here before: asked the same way when nobody has it. */
      const isKnownPlace = (email: string, place: Uint8Array) =>
        Effect.map(
          Effect.orDie(sql`SELECT p.place FROM core_users u JOIN core_user_places p ON p.user_id = u.id
            WHERE u.email = ${email} AND p.place = ${place}`),
          (rows) => rows.length > 0
        )

      const limitsOf = Effect.fnUntraced(function*(email: string, client: ClientInfo) {
        const place = placeOf(client)
        const known = place !== undefined && (yield* isKnownPlace(email, place))
        const account = known ? SignInLimits.ofPlace(email, place) : SignInLimits.ofAccount(email)
        return { attempted: [account, ...SignInLimits.ofAddress(client.ip)], forgiven: [account] }
      })

      /** Recorded and told in the same way whether the address is somebody's or not. */
      const failed = Effect.fnUntraced(function*(email: string, client: ClientInfo, locks: boolean) {
        const user = yield* users.findByEmail(email)
        const account = { userId: Option.getOrUndefined(Option.map(user, ({ id }) => id)), email }
        yield* events.record({ type: "sign_in_failed", account, method: "password", client })
        if (!locks) return
        yield* events.record({ type: "locked", account, suspicious: true, client })
        yield* jobs.enqueueSystem(AccountJobs.accountMail, {
          kind: "locked",
          email,
          ip: client.ip ?? null,
          userAgent: client.userAgent ?? null,
          at: yield* Clock.currentTimeMillis
        })
      })

      const rememberPlace = Effect.fnUntraced(function*(user: User, client: ClientInfo) {
        const place = placeOf(client)
        if (place === undefined) return { isNew: false, isFirst: false }
        const now = yield* Clock.currentTimeMillis
        const userId = Id.toBytes(user.id)
        const places = yield* Effect.orDie(
          sql<{ readonly place: Uint8Array }>`SELECT place FROM core_user_places WHERE user_id = ${userId}
            ORDER BY last_seen_at DESC LIMIT ${rowLimit(sql, maximumPlaces + 1)}`
        )
        const isNew = !places.some((row) => Tokens.isSameHash(row.place, place))
        yield* Effect.orDie(sql.onDialectOrElse({
          mysql: () =>
            sql`INSERT INTO core_user_places (user_id, place, last_seen_at) VALUES (${userId}, ${place}, ${now})
              ON DUPLICATE KEY UPDATE last_seen_at = ${now}`,
          orElse: () =>
            sql`INSERT INTO core_user_places (user_id, place, last_seen_at) VALUES (${userId}, ${place}, ${now})
              ON CONFLICT (user_id, place) DO UPDATE SET last_seen_at = ${now}`
        }))
        for (const old of places.slice(maximumPlaces)) {
          yield* Effect.orDie(sql`DELETE FROM core_user_places WHERE user_id = ${userId} AND place = ${old.place}`)
        }
        return { isNew, isFirst: places.length === 0 }
      })

      const finish = Effect.fnUntraced(
        function*(
          user: User,
          proven: Proven,
          membership: Parameters<Sessions["Service"]["begin"]>[0]["membership"],
          client: ClientInfo
        ) {
          const { method, secondFactor, transport } = proven
          const signedIn = yield* sessions.begin({ user, membership, method, secondFactor, transport }, client)
          const { isFirst, isNew } = yield* rememberPlace(user, client)
          const suspicious = isNew && !isFirst
          yield* events.record({
            type: "signed_in",
            account: { userId: user.id, email: user.email },
            organizationId: membership.organization.id,
            method,
            suspicious,
            client
          })
          if (suspicious && (yield* users.preferences(user.id)).newDeviceAlerts) {
            yield* notices.alert(user, "new_device", client)
          }
          return signedIn
        }
      )

      const proceed = Effect.fnUntraced(function*(proven: Proven, client: ClientInfo) {
        const found = yield* users.find(proven.userId)
        if (Option.isNone(found) || found.value.status !== "active") return yield* wrongPassword
        const user = found.value
        if (!proven.secondFactor && (yield* twoFactor.isEnabled(user.id))) {
          const owned = yield* passkeys.list(user.id)
          return yield* new SecondFactorRequired({
            detail: english("secondFactor"),
            challenge: yield* challenges.create(secondFactorStep, { userId: user.id, state: stateOf(proven) }),
            factors: ["totp", "recovery_code", ...(owned.length > 0 ? ["passkey" as const] : [])]
          })
        }
        if (proven.organizationId !== undefined) {
          const membership = yield* sessions.membershipOf(user.id, proven.organizationId)
          if (Option.isSome(membership)) return yield* finish(user, proven, membership.value, client)
          return yield* new Forbidden({ permission: "", detail: english("notMember") })
        }
        const { data } = yield* Effect.orDie(organizations.listOf(user.id, { limit: Pagination.maximumLimit }))
        const [first] = data
        if (first === undefined) {
          return yield* new Forbidden({ permission: "", detail: "You are not a member of an organization." })
        }
        if (data.length === 1) return yield* finish(user, proven, first, client)
        return yield* new OrganizationRequired({
          detail: "Say which organization to sign in to.",
          challenge: yield* challenges.create(organizationStep, {
            userId: user.id,
            state: { ...stateOf(proven), secondFactor: proven.secondFactor }
          }),
          organizations: data.map(({ organization: { id, name, slug } }) => ({ id, name, slug }))
        })
      })

      /** Whether the factor is right, which uses it up. */
      const useFactor = Effect.fnUntraced(
        function*(user: User, answer: ChallengeAnswer, passkeyChallenge: string | null, client: ClientInfo) {
          switch (answer.type) {
            case "totp":
              return yield* twoFactor.useCode(user.id, answer.code)
            case "recovery_code": {
              const result = yield* twoFactor.useRecoveryCode(user.id, answer.code)
              if (result === "accepted") yield* notices.changed({ type: "recovery_code_used", user, client })
              return result
            }
            case "passkey": {
              if (passkeyChallenge === null) return "wrong"
              const owner = yield* passkeys.verify(passkeyChallenge, answer.response)
              return Option.isSome(owner) && owner.value === user.id ? "accepted" : "wrong"
            }
            case "organization":
              return "wrong"
          }
        }
      )

      const continueSecondFactor = Effect.fnUntraced(
        function*(challenge: string, answer: ChallengeAnswer, client: ClientInfo) {
          const attempted = yield* challenges.attempt(secondFactorStep, challenge)
          if (Option.isNone(attempted) || attempted.value.userId === undefined) return yield* overdue
          const { state, userId } = attempted.value
          const user = Option.getOrUndefined(yield* users.find(userId))
          if (user === undefined || user.status !== "active") return yield* overdue
          const guarded = [SignInLimits.ofSecondFactor(userId), ...SignInLimits.ofAddress(client.ip)]
          const { locks } = yield* limits.attempt(guarded)
          const result = yield* useFactor(user, answer, state.passkeyChallenge, client)
          if (result !== "accepted") {
            yield* events.record({
              type: "second_factor_failed",
              account: { userId, email: user.email },
              method: answer.type,
              suspicious: true,
              client
            })
            if (locks) yield* notices.alert(user, "locked", client)
            return yield* new Unauthorized({ detail: detailOf(result) })
          }
          // The code is used up by now: of two requests with two good codes for one challenge, one goes on.
          if (!(yield* challenges.consume(challenge))) return yield* overdue
          yield* limits.succeeded({ attempted: guarded, forgiven: [SignInLimits.ofSecondFactor(userId)] })
          return yield* proceed(provenBy(state, userId, true), client)
        }
      )

      const continueOrganization = Effect.fnUntraced(
        function*(challenge: string, organizationId: OrganizationId, client: ClientInfo) {
          const attempted = yield* challenges.attempt(organizationStep, challenge)
          if (Option.isNone(attempted) || attempted.value.userId === undefined) return yield* overdue
          const { state, userId } = attempted.value
          if (Option.isNone(yield* sessions.membershipOf(userId, organizationId))) {
            return yield* new Forbidden({ permission: "", detail: english("notMember") })
          }
          if (!(yield* challenges.consume(challenge))) return yield* overdue
          return yield* proceed({ ...provenBy(state, userId, state.secondFactor), organizationId }, client)
        }
      )

      const continuePasskey = Effect.fnUntraced(
        function*(challenge: string, response: PasskeyResponse, client: ClientInfo) {
          const attempted = yield* challenges.attempt(passkeyStep, challenge)
          const passkeyChallenge = Option.getOrUndefined(attempted)?.state.passkeyChallenge ?? null
          if (Option.isNone(attempted) || passkeyChallenge === null) return yield* overdue
          yield* limits.attempt(SignInLimits.ofAddress(client.ip))
          const owner = yield* passkeys.verify(passkeyChallenge, response)
          if (Option.isNone(owner)) return yield* new Unauthorized({ detail: "This passkey is not known here." })
          if (!(yield* challenges.consume(challenge))) return yield* overdue
          yield* limits.succeeded({ attempted: SignInLimits.ofAddress(client.ip), forgiven: [] })
          return yield* proceed(provenBy(attempted.value.state, owner.value, true), client)
        }
      )

      const isSigned = Effect.fnUntraced(
        function*(session: VerifiedSession, proof: NonNullable<Reauthentication["passkey"]>) {
          const pending = yield* challenges.attempt(reauthenticationStep, proof.challenge)
          if (Option.isNone(pending) || pending.value.state.sessionId !== session.sessionId) return false
          if (!(yield* challenges.consume(proof.challenge))) return false
          const owner = yield* passkeys.verify(pending.value.state.passkeyChallenge, proof.response)
          return Option.isSome(owner) && owner.value === session.userId
        }
      )

      /** Whoever is told to come again, since too many passwords are being checked, has not guessed. */
      const uncountedIfTurnedAway = <A, E, R>(
        check: Effect.Effect<A, E, R>,
        attempted: ReadonlyArray<SignInLimits.SignInLimit>
      ) =>
        Effect.tapDefect(
          check,
          (defect) => defect instanceof Unavailable ? limits.succeeded({ attempted, forgiven: [] }) : Effect.void
        )

      const isProvenAgain = Effect.fnUntraced(function*(user: User, { code, password }: Reauthentication) {
        if (password === undefined || !(yield* users.isPassword(user.id, password))) return false
        if (!(yield* twoFactor.isEnabled(user.id))) return true
        return code !== undefined && (yield* twoFactor.useCode(user.id, code)) === "accepted"
      })

      return SignIn.of({
        withPassword: Effect.fn("SignIn.withPassword")(function*(credentials, client = {}) {
          const email = normalizeEmail(credentials.email)
          const guarded = yield* limitsOf(email, client)
          const { failures, locks } = yield* limits.attempt(guarded.attempted)
          const user = yield* uncountedIfTurnedAway(users.verify(email, credentials.password), guarded.attempted)
          if (Option.isNone(user)) {
            yield* failed(email, client, locks)
            return yield* wrongPassword
          }
          yield* limits.succeeded(guarded)
          if (failures >= manyFailures) yield* notices.alert(user.value, "after_failures", client)
          return yield* proceed({
            userId: user.value.id,
            method: "password",
            secondFactor: false,
            transport: credentials.transport ?? "bearer",
            organizationId: credentials.organizationId
          }, client)
        }),
        proceed: Effect.fn("SignIn.proceed")(proceed),
        requestPasskey: Effect.fn("SignIn.requestPasskey")(function*({ challenge, organizationId, transport }) {
          if (challenge === undefined) {
            const { challenge: passkeyChallenge, options } = yield* passkeys.requestOptions(undefined)
            const state: State = {
              method: "passkey",
              transport: transport ?? "bearer",
              organizationId: organizationId ?? null,
              passkeyChallenge
            }
            return new PasskeyRequest({
              challenge: yield* challenges.create(passkeyStep, { userId: undefined, state }),
              options
            })
          }
          const pending = yield* challenges.attempt(secondFactorStep, challenge)
          if (Option.isNone(pending) || pending.value.userId === undefined) return yield* overdue
          if (!(yield* challenges.consume(challenge))) return yield* overdue
          const { state, userId } = pending.value
          const { challenge: passkeyChallenge, options } = yield* passkeys.requestOptions(userId)
          return new PasskeyRequest({
            challenge: yield* challenges.create(secondFactorStep, { userId, state: { ...state, passkeyChallenge } }),
            options
          })
        }),
        continueWith: Effect.fn("SignIn.continueWith")(function*(challenge, answer, client = {}) {
          const step = yield* challenges.stepOf(challenge)
          if (step === secondFactorStep.name) return yield* continueSecondFactor(challenge, answer, client)
          if (step === passkeyStep.name && answer.type === "passkey") {
            return yield* continuePasskey(challenge, answer.response, client)
          }
          if (step === organizationStep.name && answer.type === "organization") {
            return yield* continueOrganization(challenge, answer.organizationId, client)
          }
          return yield* overdue
        }),
        firstFactorOf: Effect.fn("SignIn.firstFactorOf")(function*(challenge) {
          const pending = Option.getOrUndefined(yield* challenges.attempt(secondFactorStep, challenge))
          if (pending?.userId === undefined || !(yield* challenges.consume(challenge))) return yield* overdue
          const user = Option.getOrUndefined(yield* users.find(pending.userId))
          return user === undefined || user.status !== "active" ? yield* overdue : user
        }),
        requestReauthentication: Effect.fn("SignIn.requestReauthentication")(function*(session) {
          const { challenge: passkeyChallenge, options } = yield* passkeys.requestOptions(session.userId)
          return new PasskeyRequest({
            challenge: yield* challenges.create(reauthenticationStep, {
              userId: session.userId,
              state: { sessionId: session.sessionId, passkeyChallenge }
            }),
            options
          })
        }),
        reauthenticate: Effect.fn("SignIn.reauthenticate")(function*(session, proof, client = {}) {
          const user = Option.getOrUndefined(yield* users.find(session.userId))
          if (user === undefined) return yield* overdue
          const guarded = yield* limitsOf(user.email, client)
          const attempted = [...guarded.attempted, SignInLimits.ofSecondFactor(user.id)]
          yield* limits.attempt(attempted)
          const byPasskey = proof.passkey !== undefined
          const hasTwo = byPasskey || (yield* twoFactor.isEnabled(user.id))
          const isProven = proof.passkey === undefined
            ? yield* uncountedIfTurnedAway(isProvenAgain(user, proof), attempted)
            : yield* isSigned(session, proof.passkey)
          if (!isProven) {
            yield* events.record({
              type: "second_factor_failed",
              account: { userId: user.id, email: user.email },
              organizationId: session.organizationId,
              method: byPasskey ? "passkey" : "password",
              suspicious: true,
              client
            })
            return yield* new Unauthorized({ detail: "This does not prove who you are." })
          }
          yield* limits.succeeded({ attempted, forgiven: [...guarded.forgiven, SignInLimits.ofSecondFactor(user.id)] })
          const renewed = yield* sessions.renew(session, { secondFactor: hasTwo })
          if (Option.isNone(renewed)) return yield* overdue
          yield* events.record({
            type: "reauthenticated",
            account: { userId: user.id, email: user.email },
            organizationId: session.organizationId,
            method: byPasskey ? "passkey" : "password",
            client
          })
          return renewed.value
        }),
        requireRecent: Effect.fn("SignIn.requireRecent")(function*(session) {
          const now = yield* Clock.currentTimeMillis
          if (now - session.authenticatedAt <= recentMillis) return
          return yield* new ReauthenticationRequired({
            detail: "Prove who you are once more (POST /v1/sessions/current/reauthenticate), and repeat this."
          })
        }),
        reset: Effect.fn("SignIn.reset")(function*(user) {
          yield* challenges.forget(user.id)
          yield* limits.succeeded({
            attempted: [],
            forgiven: [SignInLimits.ofAccount(user.email), SignInLimits.ofSecondFactor(user.id)]
          })
        }),
        cleanup: Effect.fn("SignIn.cleanup")(function*(limit) {
          const steps = [challenges.cleanup, tokens.cleanup, limits.cleanup, events.cleanup]
          const removed = yield* Effect.forEach(steps, (step) => step(limit))
          return Math.max(...removed)
        })
      })
    })
  )
}

const manyFailures = 5
const recentMillis = 10 * 60_000
const maximumPlaces = 50

const wrongPassword = new Unauthorized({ detail: english("wrongPassword") })
const overdue = new Unauthorized({ detail: "This sign-in has expired or failed too often: begin again." })

const detailOf = (result: "wrong" | "used" | "stale"): string => {
  switch (result) {
    case "wrong":
      return "This code is wrong."
    case "used":
      return "This code was used already: wait for the next one."
    case "stale":
      return "This code is no longer shown: enter the one that is."
  }
}

const State = Schema.Struct({
  method: Schema.String,
  transport: SessionTransport,
  organizationId: Schema.NullOr(OrganizationId),
  passkeyChallenge: Schema.NullOr(Schema.String)
})
type State = typeof State.Type

const stateOf = ({ method, organizationId, transport }: Proven): State => ({
  method,
  transport,
  organizationId: organizationId ?? null,
  passkeyChallenge: null
})

const provenBy = (
  { method, organizationId, transport }: State,
  userId: UserId,
  secondFactor: boolean
): Proven => ({ method, transport, organizationId: organizationId ?? undefined, userId, secondFactor })

const secondFactorStep: Challenges.Step<State> = { name: "second_factor", state: State }
const organizationStep: Challenges.Step<State & { readonly secondFactor: boolean }> = {
  name: "organization",
  state: Schema.Struct({ ...State.fields, secondFactor: Schema.Boolean })
}
const passkeyStep: Challenges.Step<State> = { name: "passkey", state: State }
const reauthenticationStep: Challenges.Step<{ readonly sessionId: SessionId; readonly passkeyChallenge: string }> = {
  name: "reauthentication",
  state: Schema.Struct({ sessionId: SessionId, passkeyChallenge: Schema.String })
}

/** An address of the network and a browser, as far as both are known. */
const placeOf = (client: ClientInfo): Uint8Array | undefined => {
  const network = SignInLimits.networkOf(client.ip)
  return network === undefined || client.userAgent === undefined
    ? undefined
    : Tokens.hash(`${network}\n${client.userAgent}`)
}
