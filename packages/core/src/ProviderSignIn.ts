/**
 * Sign-in with an account elsewhere, and which accounts elsewhere belong to whom.
 *
 * An account elsewhere is known by provider and subject, never by its address. It is linked by somebody who is signed in
 * and proves it, or, when the provider vouches for an address that the person here has proven too, by their explicit
 * confirmation. Nobody gets an account by signing in: accounts are made by invitation.
 *
 * What a sign-in is bound to (state, nonce, the secret of PKCE) is derived from the random flow that the page keeps until
 * the browser comes back: nothing of it is stored, and another browser's answer is worth nothing.
 *
 * @since 0.1.0
 */
import { Clock, Context, DateTime, Effect, Layer, Option, Redacted, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { createHash } from "node:crypto"
import { AccountNotices } from "./AccountNotices.ts"
import type { ClientInfo } from "./AuthenticationEvents.ts"
import * as Id from "./Id.ts"
import { IdentityProviders } from "./IdentityProviders.ts"
import type { IdentityProvider, IdentityTransaction } from "./IdentityProviders.ts"
import * as Challenges from "./internal/challenges.ts"
import { LinkConfirmationRequired, LinkedIdentity, ProviderRefused } from "./LinkedIdentity.ts"
import type { ProviderStart } from "./LinkedIdentity.ts"
import { Passkeys } from "./Passkeys.ts"
import { Conflict, Forbidden, NotFound, Unauthorized } from "./Problem.ts"
import { PublicUrl } from "./PublicUrl.ts"
import { SessionId, SessionTransport } from "./Session.ts"
import type { ReauthenticationRequired, SignedIn, VerifiedSession } from "./Session.ts"
import { SignIn } from "./SignIn.ts"
import type { SignInError } from "./SignIn.ts"
import { affectedRows, orDieSql, orUnique, transaction } from "./Sql.ts"
import { OrganizationId } from "./Tenancy.ts"
import type { UserId } from "./Tenancy.ts"
import type { User } from "./User.ts"
import { Users } from "./Users.ts"

/**
 * What the browser came back with.
 *
 * @category models
 * @since 0.1.0
 */
export interface ProviderAnswer {
  /** As `start` gave it. */
  readonly flow: string
  /** All parameters of the address that the provider sent the browser to. */
  readonly parameters: Readonly<Record<string, string>>
}

/**
 * @category services
 * @since 0.1.0
 */
export class ProviderSignIn extends Context.Service<ProviderSignIn, {
  readonly providers: ReadonlyArray<Pick<IdentityProvider, "id" | "name">>
  /** Where to send the browser to sign in. */
  readonly start: (options: {
    readonly provider: string
    readonly transport?: SessionTransport | undefined
    readonly organizationId?: OrganizationId | undefined
  }) => Effect.Effect<ProviderStart, NotFound | ProviderRefused>
  readonly signIn: (
    answer: ProviderAnswer,
    client: ClientInfo
  ) => Effect.Effect<SignedIn, SignInError | ProviderRefused | LinkConfirmationRequired>
  /** Links the account elsewhere as `signIn` asked to confirm, and signs in. */
  readonly confirmLink: (
    challenge: string,
    client: ClientInfo
  ) => Effect.Effect<SignedIn, SignInError | Conflict>
  /** Where to send the browser to link an account elsewhere. */
  readonly startLink: (
    session: VerifiedSession,
    provider: string
  ) => Effect.Effect<ProviderStart, NotFound | ProviderRefused | ReauthenticationRequired>
  readonly link: (
    session: VerifiedSession,
    answer: ProviderAnswer,
    client: ClientInfo
  ) => Effect.Effect<LinkedIdentity, Conflict | Unauthorized | ProviderRefused | ReauthenticationRequired>
  readonly list: (userId: UserId) => Effect.Effect<ReadonlyArray<LinkedIdentity>>
  /** `Conflict`: it is the only way in. */
  readonly unlink: (
    session: VerifiedSession,
    provider: string,
    client: ClientInfo
  ) => Effect.Effect<void, NotFound | Conflict | ReauthenticationRequired>
}>()("@wicara/core/ProviderSignIn") {
  /** @since 0.1.0 */
  static readonly layerSql: Layer.Layer<
    ProviderSignIn,
    never,
    SqlClient.SqlClient | Users | SignIn | Passkeys | AccountNotices
  > = Layer.effect(
    ProviderSignIn,
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const users = yield* Users
      const signIn = yield* SignIn
      const passkeys = yield* Passkeys
      const notices = yield* AccountNotices
      const publicUrl = yield* PublicUrl
      const providers = yield* IdentityProviders
      const challenges = Challenges.make(sql)
      const redirectUri = new URL("/sign-in/callback", publicUrl).href

      const userOf = (userId: UserId) => Effect.orDie(Effect.flatMap(users.find(userId), Effect.fromOption))

      const transactionOf = (flow: string): IdentityTransaction => ({
        state: derive("state", flow),
        nonce: derive("nonce", flow),
        codeVerifier: derive("pkce", flow),
        redirectUri
      })

      const begin = Effect.fnUntraced(function*(state: Omit<FlowState, "provider">, id: string) {
        const provider = providers.find((provider) => provider.id === id)
        if (provider === undefined) {
          return yield* new NotFound({ resource: "provider", id, detail: `There is no sign-in provider "${id}".` })
        }
        const flow = yield* challenges.create(flowStep, { userId: undefined, state: { ...state, provider: id } })
        const url = yield* provider.authorizationUrl(transactionOf(flow)).pipe(Effect.catch(refused))
        return { flow, url }
      })

      /** Who came back, from a flow that is used up by it. */
      const identify = Effect.fnUntraced(function*({ flow, parameters }: ProviderAnswer) {
        const attempted = yield* challenges.attempt(flowStep, flow)
        if (Option.isNone(attempted) || !(yield* challenges.consume(flow))) return yield* overdue
        const { state } = attempted.value
        const provider = providers.find(({ id }) => id === state.provider)
        if (provider === undefined) return yield* overdue
        const secret = Object.fromEntries(
          Object.entries(parameters).map(([name, value]) => [name, Redacted.make(value)])
        )
        const identity = yield* provider.identify(secret, transactionOf(flow)).pipe(Effect.catch(refused))
        return { identity, state, provider }
      })

      const ownerOf = (provider: string, subject: string) =>
        Effect.map(
          Effect.orDie(
            sql<{ readonly user_id: Uint8Array }>`SELECT user_id FROM core_user_identities
              WHERE provider = ${provider} AND subject = ${subject}`
          ),
          ([row]) => row === undefined ? Option.none<UserId>() : Option.some(Id.fromBytes<UserId>(row.user_id))
        )

      const listOf = (userId: UserId) =>
        Effect.map(
          Effect.orDie(sql<IdentityRow>`SELECT provider, email, created_at, last_used_at FROM core_user_identities
            WHERE user_id = ${Id.toBytes(userId)} ORDER BY provider`),
          (rows) => rows.map(toIdentity)
        )

      const insert = Effect.fnUntraced(
        function*(user: User, identity: LinkState, client: ClientInfo) {
          const linked = yield* listOf(user.id)
          if (linked.some(({ provider }) => provider === identity.provider)) {
            return yield* new Conflict({ detail: "Another account of this provider is linked: unlink it first." })
          }
          const now = yield* Clock.currentTimeMillis
          yield* sql`INSERT INTO core_user_identities ${
            sql.insert({
              provider: identity.provider,
              subject: identity.subject,
              user_id: Id.toBytes(user.id),
              email: identity.email?.slice(0, 190) ?? null,
              created_at: now,
              last_used_at: null
            })
          }`.pipe(orUnique(() => new Conflict({ detail: "This account elsewhere is linked to somebody else." })))
          yield* notices.changed({ type: "identity_linked", user, method: identity.provider, client })
          return new LinkedIdentity({
            provider: identity.provider,
            email: identity.email ?? null,
            createdAt: DateTime.makeUnsafe(now),
            lastUsedAt: null
          })
        }
      )

      const proceed = Effect.fnUntraced(
        function*(
          userId: UserId,
          identity: Pick<LinkState, "provider" | "subject">,
          state: Wanted,
          client: ClientInfo
        ) {
          const now = yield* Clock.currentTimeMillis
          yield* Effect.orDie(sql`UPDATE core_user_identities SET last_used_at = ${now}
            WHERE provider = ${identity.provider} AND subject = ${identity.subject}`)
          // However strong the provider's own sign-in was, it says nothing that one could rely on: it is one factor.
          return yield* signIn.proceed({
            userId,
            method: identity.provider,
            secondFactor: false,
            transport: state.transport,
            organizationId: state.organizationId ?? undefined
          }, client)
        }
      )

      return ProviderSignIn.of({
        providers: providers.map(({ id, name }) => ({ id, name })),
        start: Effect.fn("ProviderSignIn.start")(({ organizationId, provider, transport }) =>
          begin({
            sessionId: null,
            transport: transport ?? "bearer",
            organizationId: organizationId ?? null
          }, provider)
        ),
        signIn: Effect.fn("ProviderSignIn.signIn")(function*(answer, client) {
          const { identity, provider, state } = yield* identify(answer)
          if (state.sessionId !== null) return yield* overdue
          const { email, emailVerified, subject } = identity
          const owner = yield* ownerOf(provider.id, subject)
          if (Option.isSome(owner)) {
            return yield* proceed(owner.value, { provider: provider.id, subject }, state, client)
          }
          const known = email === undefined || !emailVerified
            ? Option.none<User>()
            : Option.filter(yield* users.findByEmail(email), (user) => user.emailVerified && user.status === "active")
          if (Option.isNone(known)) {
            return yield* new Forbidden({
              permission: "",
              detail: `No account here is linked to this one at ${provider.name}. Sign in another way and link it.`
            })
          }
          const { organizationId, transport } = state
          return yield* new LinkConfirmationRequired({
            detail: `Confirm that your account at ${provider.name} may sign in to the one here from now on.`,
            provider: provider.id,
            email: known.value.email,
            challenge: yield* challenges.create(linkStep, {
              userId: known.value.id,
              state: { provider: provider.id, subject, email: email ?? null, transport, organizationId }
            })
          })
        }),
        confirmLink: Effect.fn("ProviderSignIn.confirmLink")(function*(challenge, client) {
          const attempted = yield* challenges.attempt(linkStep, challenge)
          if (Option.isNone(attempted) || attempted.value.userId === undefined) return yield* overdue
          if (!(yield* challenges.consume(challenge))) return yield* overdue
          const { state, userId } = attempted.value
          const user = yield* userOf(userId)
          yield* orDieSql(transaction(sql, insert(user, state, client)))
          return yield* proceed(userId, state, state, client)
        }),
        startLink: Effect.fn("ProviderSignIn.startLink")(function*(session, provider) {
          yield* signIn.requireRecent(session)
          return yield* begin({
            sessionId: session.sessionId,
            transport: session.transport,
            organizationId: null
          }, provider)
        }),
        link: Effect.fn("ProviderSignIn.link")(function*(session, answer, client) {
          yield* signIn.requireRecent(session)
          const { identity, provider, state } = yield* identify(answer)
          if (state.sessionId !== session.sessionId) return yield* overdue
          const user = yield* userOf(session.userId)
          const linked = {
            ...state,
            provider: provider.id,
            subject: identity.subject,
            email: identity.email ?? null
          }
          return yield* orDieSql(transaction(sql, insert(user, linked, client)))
        }),
        list: Effect.fn("ProviderSignIn.list")(listOf),
        unlink: Effect.fn("ProviderSignIn.unlink")(function*(session, provider, client) {
          yield* signIn.requireRecent(session)
          const user = yield* userOf(session.userId)
          const linked = yield* listOf(user.id)
          if (!linked.some((identity) => identity.provider === provider)) {
            return yield* new NotFound({
              resource: "identity",
              id: provider,
              detail: `You have linked no account of "${provider}".`
            })
          }
          const others = linked.length > 1 || (yield* users.hasPassword(user.id)) ||
            (yield* passkeys.list(user.id)).length > 0
          if (!others) {
            return yield* new Conflict({ detail: "This is your only way in: set a password or add a passkey first." })
          }
          yield* orDieSql(transaction(
            sql,
            Effect.gen(function*() {
              yield* affectedRows(sql`DELETE FROM core_user_identities
                WHERE user_id = ${Id.toBytes(user.id)} AND provider = ${provider}`)
              yield* notices.changed({ type: "identity_unlinked", user, method: provider, client })
            })
          ))
        })
      })
    })
  )
}

const derive = (label: string, flow: string): string =>
  createHash("sha256").update(`${label}\n${flow}`).digest("base64url")

const overdue = new Unauthorized({ detail: "This sign-in has expired, was used, or began elsewhere: begin again." })

const refused = (error: { readonly provider: string; readonly reason: string; readonly message: string }) =>
  Effect.andThen(
    Effect.logInfo(`Sign-in with ${error.provider} failed: ${error.message}`),
    Effect.fail(
      new ProviderRefused({
        provider: error.provider,
        detail: error.reason === "unavailable"
          ? "The sign-in provider does not answer. Try again later, or sign in another way."
          : "The sign-in provider did not say who you are. Begin again, or sign in another way."
      })
    )
  )

const Wanted = { transport: SessionTransport, organizationId: Schema.NullOr(OrganizationId) }
interface Wanted {
  readonly transport: SessionTransport
  readonly organizationId: OrganizationId | null
}

interface FlowState extends Wanted {
  readonly provider: string
  readonly sessionId: SessionId | null
}

interface LinkState extends Wanted {
  readonly provider: string
  readonly subject: string
  readonly email: string | null
}

const flowStep: Challenges.Step<FlowState> = {
  name: "provider",
  state: Schema.Struct({ ...Wanted, provider: Schema.String, sessionId: Schema.NullOr(SessionId) })
}

const linkStep: Challenges.Step<LinkState> = {
  name: "link",
  state: Schema.Struct({
    ...Wanted,
    provider: Schema.String,
    subject: Schema.String,
    email: Schema.NullOr(Schema.String)
  })
}

interface IdentityRow {
  readonly provider: string
  readonly email: string | null
  readonly created_at: unknown
  readonly last_used_at: unknown
}

const toIdentity = (row: IdentityRow): LinkedIdentity =>
  new LinkedIdentity({
    provider: row.provider,
    email: row.email,
    createdAt: DateTime.makeUnsafe(Number(row.created_at)),
    lastUsedAt: row.last_used_at === null ? null : DateTime.makeUnsafe(Number(row.last_used_at))
  })
