/**
 * Lets people back in who lost their second factor and all recovery codes, in steps that no single one of them can take
 * alone: they prove their password and that they read their address; somebody of **every** organization that they are a
 * member of (or a platform administrator for all) says how they made sure of who it is; then a day passes, in which the
 * person is told by mail and in the console and may stop it. Only then the factors are taken away and all sessions end.
 * An organization that asks for two factors asks for new ones at the next sign-in.
 *
 * @since 0.1.0
 */
import { Clock, Context, DateTime, Effect, Layer, Option, Schema } from "effect"
import type { Redacted } from "effect"
import { SqlClient } from "effect/sql"
import type { Statement } from "effect/sql"
import { AccountNotices } from "./AccountNotices.ts"
import { AccountSecurity } from "./AccountSecurity.ts"
import { Audit } from "./Audit.ts"
import { AuthenticationEvents } from "./AuthenticationEvents.ts"
import type { ClientInfo } from "./AuthenticationEvents.ts"
import * as ConsoleUrl from "./ConsoleUrl.ts"
import * as CoreEvents from "./CoreEvents.ts"
import * as CoreMail from "./CoreMail.ts"
import { Events } from "./Events.ts"
import { FactorRecovery, FactorRecoveryId, MemberFactorRecovery } from "./FactorRecovery.ts"
import * as Id from "./Id.ts"
import * as AccountTokens from "./internal/accountTokens.ts"
import * as Rows from "./internal/factorRecoveryRows.ts"
import { Mail } from "./Mail.ts"
import { MemberAccess } from "./MemberAccess.ts"
import * as Pagination from "./Pagination.ts"
import { onPlatform } from "./PlatformAdmins.ts"
import { Conflict, Forbidden, InvalidInput, NotFound } from "./Problem.ts"
import type { TooManyRequests, Unauthorized } from "./Problem.ts"
import { english } from "./ProblemTexts.ts"
import * as PublicUrl from "./PublicUrl.ts"
import type { ReauthenticationRequired, VerifiedSession } from "./Session.ts"
import { SignIn } from "./SignIn.ts"
import * as SignInLimits from "./SignInLimits.ts"
import { insertIfAbsent, orDieSql, rowLimit, transaction } from "./Sql.ts"
import { Actor, CurrentActor, CurrentOrganization, systemActor } from "./Tenancy.ts"
import type { OrganizationId, UserId } from "./Tenancy.ts"
import { TwoFactor } from "./TwoFactor.ts"
import type { User } from "./User.ts"
import { Users } from "./Users.ts"

type Acting = CurrentOrganization | CurrentActor

type Deciding = NotFound | Conflict | Forbidden | ReauthenticationRequired

/**
 * @category services
 * @since 0.1.0
 */
export class FactorRecoveries extends Context.Service<FactorRecoveries, {
  /** Sends a link to whoever is asked for a second factor, by that challenge: it says that the first one was right. */
  readonly request: (challenge: string, client: ClientInfo) => Effect.Effect<void, Unauthorized | TooManyRequests>
  /** Begins with the link's token, good for 30 minutes and once. One that is open already goes on. */
  readonly confirm: (token: Redacted.Redacted<string>, client: ClientInfo) => Effect.Effect<void, InvalidInput>
  /** Stops it with the token of a notice; no other proof is asked for, since nobody loses anything. */
  readonly stopWith: (token: Redacted.Redacted<string>, client: ClientInfo) => Effect.Effect<void, InvalidInput>
  /** Stops a person's own. */
  readonly stop: (userId: UserId, client: ClientInfo) => Effect.Effect<void, NotFound>
  /** A person's own that is open. */
  readonly own: (userId: UserId) => Effect.Effect<FactorRecovery, NotFound>
  /** Those of the organization's members that are open, the newest first. */
  readonly list: (
    query: Pagination.PageQuery
  ) => Effect.Effect<Pagination.Page<MemberFactorRecovery>, InvalidInput, CurrentOrganization>
  /** The organization's approval; it is approved when every organization of the person has given theirs. */
  readonly approve: (
    session: VerifiedSession,
    id: FactorRecoveryId,
    identifiedBy: string
  ) => Effect.Effect<MemberFactorRecovery, Deciding, Acting>
  /** Ends it for all organizations: the person has to ask again. */
  readonly refuse: (
    session: VerifiedSession,
    id: FactorRecoveryId,
    reason: string
  ) => Effect.Effect<void, Deciding, Acting>
  /** All that are open, the newest first; for the platform. */
  readonly listAll: (query: Pagination.PageQuery) => Effect.Effect<Pagination.Page<FactorRecovery>, InvalidInput>
  /** Approves it for all organizations; for the platform. `session` is absent for an operator at the server itself. */
  readonly approveForAll: (
    session: VerifiedSession | undefined,
    id: FactorRecoveryId,
    identifiedBy: string
  ) => Effect.Effect<FactorRecovery, NotFound | Conflict | ReauthenticationRequired, CurrentActor>
  /** For an operator: begins one that is approved, for who can't read their mail either. None for who has no factor. */
  readonly begin: (
    user: User,
    identifiedBy: string
  ) => Effect.Effect<Option.Option<FactorRecovery>, never, CurrentActor>
  /** Takes the factors of those away that are due, and ends what nobody decided on; returns how many changed. */
  readonly sweep: Effect.Effect<number>
}>()("@wicara/core/FactorRecoveries") {
  /** @since 0.1.0 */
  static readonly layerSql: Layer.Layer<
    FactorRecoveries,
    never,
    | SqlClient.SqlClient
    | Users
    | SignIn
    | SignInLimits.SignInLimits
    | TwoFactor
    | AccountSecurity
    | AccountNotices
    | AuthenticationEvents
    | MemberAccess
    | Events
    | Audit
    | Mail
  > = Layer.suspend(() => Layer.effect(FactorRecoveries, make))
}

const hourMillis = 3_600_000
const linkMillis = hourMillis / 2
/** For who decides. */
const openMillis = 7 * 24 * hourMillis
/** For the person, to notice and to stop it. */
const delayMillis = 24 * hourMillis
const keptMillis = 90 * 24 * hourMillis

type Step = typeof CoreEvents.factorRecoveryChanged.payload.Type["step"]

const make = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const users = yield* Users
  const signIn = yield* SignIn
  const limits = yield* SignInLimits.SignInLimits
  const twoFactor = yield* TwoFactor
  const security = yield* AccountSecurity
  const notices = yield* AccountNotices
  const log = yield* AuthenticationEvents
  const access = yield* MemberAccess
  const events = yield* Events
  const audit = yield* Audit
  const mail = yield* Mail
  const linkBase = yield* ConsoleUrl.orPublicUrl
  const tokens = AccountTokens.make(sql)
  const rows = Rows.make(sql)

  /** In the log of the account, in the audit log and the events of each of its organizations, and to its address. */
  const tell = Effect.fnUntraced(function*(row: Rows.RecoveryRow, step: Step, options: {
    readonly client?: ClientInfo | undefined
    /** The one that decided, and what it said, which is not for the others. */
    readonly organizationId?: OrganizationId | undefined
    readonly after?: unknown
  } = {}) {
    const userId = Id.fromBytes<UserId>(row.user_id)
    const recoveryId = Id.fromBytes<FactorRecoveryId>(row.id)
    const actor = Option.getOrElse(
      yield* Effect.serviceOption(CurrentActor),
      (): CurrentActor["Service"] => ({ actor: { _tag: "User", id: userId }, permissions: new Set<string>() })
    )
    yield* log.record({
      type: `factor_recovery_${step}`,
      account: { userId, email: row.email },
      organizationId: options.organizationId,
      suspicious: step === "requested",
      client: options.client
    }).pipe(Effect.provideService(CurrentActor, actor))
    for (const id of yield* rows.organizationsOf(userId)) {
      yield* events.append(CoreEvents.factorRecoveryChanged, {
        aggregateId: userId,
        payload: { recoveryId, userId, step }
      }).pipe(Effect.provideService(CurrentOrganization, { id }))
      yield* audit.record({
        action: `user.factor_recovery_${step}`,
        target: { type: "user", id: userId },
        after: options.organizationId === id ? options.after : undefined
      }).pipe(Effect.provideService(CurrentOrganization, { id }), Effect.provideService(CurrentActor, actor))
    }
    const user = Option.getOrUndefined(yield* users.find(userId))
    if (user === undefined) return
    const to = {
      organizationId: null,
      to: { email: user.email, name: user.name, userId },
      locale: yield* notices.localeOf(user)
    }
    if (step === "requested" || step === "approved") {
      const until = Number(row.due_at ?? row.expires_at)
      const lifetime = until - (yield* Clock.currentTimeMillis) + hourMillis
      const { token } = yield* tokens.add("stop_recovery", { userId, email: user.email }, lifetime)
      yield* mail.send(CoreMail.factorRecovery, {
        ...to,
        values: { step, until: DateTime.makeUnsafe(until) },
        secrets: { link: PublicUrl.link(linkBase, "stop-factor-recovery", token) }
      })
    } else if (step !== "done") {
      yield* mail.send(CoreMail.factorRecoveryEnded, { ...to, values: { step }, secrets: {} })
    }
  })

  const remaining = Effect.fnUntraced(function*(row: Rows.RecoveryRow) {
    const approved = yield* rows.approvals(Id.fromBytes<FactorRecoveryId>(row.id))
    const deciding = yield* rows.organizationsOf(Id.fromBytes<UserId>(row.user_id))
    return { approved, missing: deciding.filter((id) => !approved.has(id)), nobody: deciding.length === 0 }
  })

  const insert = Effect.fnUntraced(function*(user: User, client: ClientInfo) {
    const id = yield* Id.next(FactorRecoveryId)
    const now = yield* Clock.currentTimeMillis
    yield* insertIfAbsent(sql, "core_factor_recoveries", "id", [{
      id: Id.toBytes(id),
      user_id: Id.toBytes(user.id),
      is_open: 1,
      state: "waiting",
      requested_at: now,
      expires_at: now + openMillis,
      due_at: null,
      ended_at: null,
      ip: client.ip?.slice(0, 64) ?? null,
      user_agent: client.userAgent?.slice(0, 255) ?? null,
      credentials_changed_at: yield* rows.credentialsChangedAt(user.id),
      by_platform: 0
    }])
    return { id, isNew: (yield* rows.find(id)) !== undefined }
  })

  const found = (id: FactorRecoveryId) =>
    Effect.flatMap(
      rows.find(id),
      (row) => row === undefined ? Effect.die(new Error("A recovery is gone")) : Effect.succeed(row)
    )

  const approveNow = Effect.fnUntraced(function*(id: FactorRecoveryId, options: {
    readonly byPlatform: boolean
    readonly organizationId?: OrganizationId | undefined
    readonly after?: unknown
  }) {
    const now = yield* Clock.currentTimeMillis
    yield* sql`UPDATE core_factor_recoveries SET state = 'approved', due_at = ${now + delayMillis},
      by_platform = ${options.byPlatform ? 1 : 0} WHERE id = ${Id.toBytes(id)} AND is_open = 1`
    const row = yield* found(id)
    yield* tell(row, "approved", options)
    return row
  })

  const forAll = Effect.fnUntraced(function*(row: Rows.RecoveryRow, identifiedBy: string) {
    yield* onPlatform(audit.record({
      action: "user.factor_recovery_approved",
      target: { type: "user", id: Id.fromBytes<UserId>(row.user_id) },
      after: { identifiedBy }
    }))
    return yield* approveNow(Id.fromBytes<FactorRecoveryId>(row.id), { byPlatform: true })
  })

  /** One of a member, held until the commit: what is of nobody here is not found. */
  const toDecide = Effect.fnUntraced(function*(id: FactorRecoveryId, session: VerifiedSession) {
    const organization = yield* CurrentOrganization
    const row = yield* rows.lock(id)
    if (row === undefined) return yield* NotFound.of("factor recovery", id)
    const userId = Id.fromBytes<UserId>(row.user_id)
    const deciding = yield* rows.organizationsOf(userId)
    if (!deciding.includes(organization.id)) return yield* NotFound.of("factor recovery", id)
    if (userId === session.userId) {
      return yield* new Forbidden({ permission: "", detail: english("notOwnRecovery") })
    }
    yield* access.checkManage(userId)
    return row
  })

  const notExpired = Effect.fnUntraced(function*(row: Rows.RecoveryRow) {
    const now = yield* Clock.currentTimeMillis
    if (row.state === "waiting" && Number(row.expires_at) <= now) {
      return yield* new Conflict({ detail: english("recoveryExpired") })
    }
  })

  const asSeenHere = Effect.fnUntraced(function*(row: Rows.RecoveryRow, here: OrganizationId) {
    const { approved, missing } = yield* remaining(row)
    const isDecided = Number(row.by_platform) === 1
    return new MemberFactorRecovery({
      ...Rows.fieldsOf(row),
      approvedHere: isDecided || approved.has(here),
      awaitsOthers: !isDecided && missing.some((id) => id !== here)
    })
  })

  const stopOf = Effect.fnUntraced(function*(userId: UserId, client: ClientInfo) {
    const row = yield* rows.openOf(userId)
    const now = yield* Clock.currentTimeMillis
    if (row === undefined || !(yield* rows.endOf(userId, "stopped", now))) return false
    yield* tell(row, "stopped", { client })
    return true
  })

  /** Takes the factors away, unless an organization came to it that has not approved. */
  const complete = Effect.fnUntraced(function*(id: FactorRecoveryId) {
    const row = yield* rows.lock(id)
    const now = yield* Clock.currentTimeMillis
    if (row === undefined) return false
    const userId = Id.fromBytes<UserId>(row.user_id)
    if (row.state === "waiting") {
      if (Number(row.expires_at) > now || !(yield* rows.end(id, "expired", now))) return false
      yield* tell(row, "expired")
      return true
    }
    if (Number(row.due_at) > now) return false
    const user = Option.getOrUndefined(yield* users.find(userId))
    if (user === undefined || user.status !== "active") return yield* rows.end(id, "stopped", now)
    if (yield* rows.isFoundAgain(row)) return yield* stopOf(userId, {})
    const { missing, nobody } = yield* remaining(row)
    if (Number(row.by_platform) === 0 && (nobody || missing.length > 0)) {
      yield* sql`UPDATE core_factor_recoveries SET state = 'waiting', due_at = NULL, expires_at = ${now + openMillis}
        WHERE id = ${Id.toBytes(id)}`
      return true
    }
    yield* rows.end(id, "done", now)
    yield* security.resetSecondFactor(user)
    yield* tell(row, "done")
    return true
  })

  const listed = Effect.fnUntraced(function*(query: Pagination.PageQuery, where: Statement.Fragment) {
    const before = yield* Pagination.position(FactorRecoveryId, query)
    const limit = Pagination.limit(query)
    const read = yield* Effect.orDie(sql<Rows.RecoveryRow>`${rows.select} WHERE r.is_open = 1 AND ${where}
      ${before === undefined ? sql.literal("") : sql`AND r.id < ${Id.toBytes(before)}`}
      ORDER BY r.id DESC LIMIT ${rowLimit(sql, limit + 1)}`)
    return { read, limit }
  })

  const pageOf = <A extends FactorRecovery>(data: ReadonlyArray<A>, limit: number) =>
    Pagination.page(data, limit, FactorRecoveryId, ({ id }) => id)

  const inTransaction = <A, E, R>(effect: Effect.Effect<A, E, R>) => orDieSql(transaction(sql, effect))

  return FactorRecoveries.of({
    request: Effect.fn("FactorRecoveries.request")(function*(challenge, client) {
      const user = yield* signIn.firstFactorOf(challenge)
      yield* limits.attempt(SignInLimits.ofMessages(user.email, client.ip))
      yield* inTransaction(Effect.gen(function*() {
        const { expiresAt, token } = yield* tokens.create(
          "recover_factor",
          { userId: user.id, email: user.email },
          linkMillis
        )
        const until = DateTime.makeUnsafe(expiresAt)
        yield* mail.send(CoreMail.recoverFactor, {
          organizationId: null,
          to: { email: user.email, name: user.name, userId: user.id },
          locale: yield* notices.localeOf(user),
          values: { expiresAt: until },
          secrets: { link: PublicUrl.link(linkBase, "recover-factor", token) },
          expiresAt: until
        })
      }))
    }),
    confirm: Effect.fn("FactorRecoveries.confirm")(function*(token, client) {
      const wanted = Option.getOrUndefined(yield* tokens.peek("recover_factor", token))
      const user = wanted === undefined ? undefined : Option.getOrUndefined(yield* users.find(wanted.userId))
      if (wanted === undefined || user?.email !== wanted.email || user.status !== "active") return yield* spent
      if (!(yield* twoFactor.isEnabled(user.id))) return yield* spent
      yield* inTransaction(Effect.gen(function*() {
        if (!(yield* tokens.use("recover_factor", token))) return yield* spent
        const { id, isNew } = yield* insert(user, client)
        if (isNew) yield* tell(yield* found(id), "requested", { client })
      }))
    }),
    stopWith: Effect.fn("FactorRecoveries.stopWith")(function*(token, client) {
      const wanted = Option.getOrUndefined(yield* tokens.peek("stop_recovery", token))
      if (wanted === undefined) return yield* spent
      yield* inTransaction(Effect.gen(function*() {
        if (!(yield* tokens.use("stop_recovery", token))) return yield* spent
        if (!(yield* stopOf(wanted.userId, client))) return yield* spent
      }))
    }),
    stop: Effect.fn("FactorRecoveries.stop")(function*(userId, client) {
      if (!(yield* inTransaction(stopOf(userId, client)))) return yield* NotFound.of("factor recovery", userId)
    }),
    own: Effect.fn("FactorRecoveries.own")(function*(userId) {
      const row = yield* Effect.orDie(rows.openOf(userId))
      return row === undefined
        ? yield* NotFound.of("factor recovery", userId)
        : new FactorRecovery(Rows.fieldsOf(row))
    }),
    list: Effect.fn("FactorRecoveries.list")(function*(query) {
      const { id } = yield* CurrentOrganization
      const { limit, read } = yield* listed(
        query,
        sql`r.user_id IN (SELECT user_id FROM core_memberships WHERE organization_id = ${Id.toBytes(id)})`
      )
      return pageOf(yield* Effect.orDie(Effect.forEach(read, (row) => asSeenHere(row, id))), limit)
    }),
    approve: Effect.fn("FactorRecoveries.approve")(function*(session, id, identifiedBy) {
      const organization = yield* CurrentOrganization
      const { actor } = yield* CurrentActor
      yield* signIn.requireRecent(session)
      return yield* inTransaction(Effect.gen(function*() {
        const row = yield* toDecide(id, session)
        yield* notExpired(row)
        const before = yield* remaining(row)
        if (before.approved.has(organization.id) || row.state !== "waiting") {
          return yield* asSeenHere(row, organization.id)
        }
        yield* sql`INSERT INTO core_factor_recovery_approvals ${
          sql.insert({
            organization_id: Id.toBytes(organization.id),
            recovery_id: Id.toBytes(id),
            approved_by: encodeActor(actor),
            identified_by: identifiedBy,
            approved_at: yield* Clock.currentTimeMillis
          })
        }`
        const { missing } = yield* remaining(row)
        if (missing.length > 0) {
          yield* audit.record({
            action: "user.factor_recovery_vouched",
            target: { type: "user", id: Id.fromBytes<UserId>(row.user_id) },
            after: { identifiedBy }
          })
          return yield* asSeenHere(row, organization.id)
        }
        return yield* asSeenHere(
          yield* approveNow(id, { byPlatform: false, organizationId: organization.id, after: { identifiedBy } }),
          organization.id
        )
      }))
    }),
    refuse: Effect.fn("FactorRecoveries.refuse")(function*(session, id, reason) {
      const { id: organizationId } = yield* CurrentOrganization
      yield* signIn.requireRecent(session)
      yield* inTransaction(Effect.gen(function*() {
        const row = yield* toDecide(id, session)
        yield* rows.end(id, "refused", yield* Clock.currentTimeMillis)
        yield* tell(row, "refused", { organizationId, after: { reason } })
      }))
    }),
    listAll: Effect.fn("FactorRecoveries.listAll")(function*(query) {
      const { limit, read } = yield* listed(query, sql`1 = 1`)
      return pageOf(read.map((row) => new FactorRecovery(Rows.fieldsOf(row))), limit)
    }),
    approveForAll: Effect.fn("FactorRecoveries.approveForAll")(function*(session, id, identifiedBy) {
      if (session !== undefined) yield* signIn.requireRecent(session)
      return yield* inTransaction(Effect.gen(function*() {
        const row = yield* rows.lock(id)
        if (row === undefined) return yield* NotFound.of("factor recovery", id)
        yield* notExpired(row)
        if (row.state !== "waiting") return new FactorRecovery(Rows.fieldsOf(row))
        return new FactorRecovery(Rows.fieldsOf(yield* forAll(row, identifiedBy)))
      }))
    }),
    begin: Effect.fn("FactorRecoveries.begin")(function*(user, identifiedBy) {
      if (!(yield* twoFactor.isEnabled(user.id))) return Option.none()
      return yield* inTransaction(Effect.gen(function*() {
        yield* insert(user, {})
        const open = yield* rows.openOf(user.id)
        const row = open === undefined ? undefined : yield* rows.lock(Id.fromBytes<FactorRecoveryId>(open.id))
        if (row === undefined) return Option.none()
        return Option.some(
          new FactorRecovery(Rows.fieldsOf(row.state === "waiting" ? yield* forAll(row, identifiedBy) : row))
        )
      }))
    }),
    sweep: Effect.gen(function*() {
      const now = yield* Clock.currentTimeMillis
      const ripe = yield* Effect.orDie(sql<{ readonly id: Uint8Array }>`SELECT id FROM core_factor_recoveries
        WHERE is_open = 1 AND ((state = 'approved' AND due_at <= ${now}) OR (state = 'waiting' AND expires_at <= ${now}))
        ORDER BY requested_at LIMIT ${rowLimit(sql, 500)}`)
      let changed = 0
      for (const { id } of ripe) {
        if (yield* inTransaction(complete(Id.fromBytes<FactorRecoveryId>(id)))) changed++
      }
      const old = yield* Effect.orDie(sql<{ readonly id: Uint8Array }>`SELECT id FROM core_factor_recoveries
        WHERE is_open IS NULL AND requested_at < ${now - keptMillis} ORDER BY requested_at LIMIT ${rowLimit(sql, 500)}`)
      for (const { id } of old) {
        yield* inTransaction(Effect.gen(function*() {
          yield* sql`DELETE FROM core_factor_recovery_approvals WHERE recovery_id = ${id}`
          yield* sql`DELETE FROM core_factor_recoveries WHERE id = ${id} AND is_open IS NULL`
        }))
      }
      return changed
    }).pipe(
      Effect.provideService(CurrentActor, systemActor("factor-recovery")),
      Effect.withSpan("FactorRecoveries.sweep")
    )
  })
})

const spent = InvalidInput.of("/token", english("linkUsed"))
const encodeActor = Schema.encodeSync(Schema.fromJsonString(Actor))
