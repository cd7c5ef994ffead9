/**
 * Invites people by e-mail. The link in the message proves that they read the address; it can be used once, for seven
 * days unless the organization chose otherwise. Nobody invites to more than they may give themselves, and the invitation
 * of somebody who is no member any more is void.
 *
 * @since 0.1.0
 */
import { Clock, Context, DateTime, Effect, Layer, Option, Schema } from "effect"
import type { Redacted } from "effect"
import { SqlClient } from "effect/sql"
import { ApiKeys } from "./ApiKeys.ts"
import { Audit } from "./Audit.ts"
import * as CoreEvents from "./CoreEvents.ts"
import * as CoreMail from "./CoreMail.ts"
import { invitationDays, invitationDomains } from "./CoreSettings.ts"
import { Events } from "./Events.ts"
import * as Id from "./Id.ts"
import { Invitation, InvitationId, ReceivedInvitation } from "./Invitation.ts"
import type { InvitationState } from "./Invitation.ts"
import { Mail } from "./Mail.ts"
import { MemberAccess } from "./MemberAccess.ts"
import type { Member, RoleKey } from "./Membership.ts"
import { Memberships } from "./Memberships.ts"
import { Organizations } from "./Organizations.ts"
import type { Organization } from "./Organization.ts"
import * as Pagination from "./Pagination.ts"
import { Conflict, InvalidInput, NotFound, OrganizationInactive, TooManyRequests } from "./Problem.ts"
import type { Forbidden } from "./Problem.ts"
import * as ConsoleUrl from "./ConsoleUrl.ts"
import * as PublicUrl from "./PublicUrl.ts"
import { presets } from "./Roles.ts"
import { Settings } from "./Settings.ts"
import { affectedRows, orDieSql, orUnique, rowLimit, transaction } from "./Sql.ts"
import { allowances } from "./Standing.ts"
import { Actor, CurrentActor, CurrentOrganization, systemActor } from "./Tenancy.ts"
import type { OrganizationId, UserId } from "./Tenancy.ts"
import * as Tokens from "./Tokens.ts"
import { normalizeEmail, Users } from "./Users.ts"
import { english } from "./ProblemTexts.ts"

/**
 * Whom to invite.
 *
 * @category models
 * @since 0.1.0
 */
export interface NewInvitation {
  readonly email: string
  readonly role: RoleKey
  /** The language of the message; the organization's if absent. */
  readonly locale?: string | undefined
}

/**
 * Who takes an invitation without an account: they get one.
 *
 * @category models
 * @since 0.1.0
 */
export interface NewAccount {
  readonly name?: string | undefined
  readonly password?: Redacted.Redacted<string> | undefined
}

/**
 * What an accepted invitation made.
 *
 * @category models
 * @since 0.1.0
 */
export interface Accepted {
  readonly member: Member
  readonly organization: Organization
  readonly isNewAccount: boolean
}

type Acting = CurrentOrganization | CurrentActor

/**
 * @category services
 * @since 0.1.0
 */
export class Invitations extends Context.Service<Invitations, {
  /** The newest first. */
  readonly list: (
    query: Pagination.PageQuery
  ) => Effect.Effect<Pagination.Page<Invitation>, InvalidInput, CurrentOrganization>
  /** Sends the message; `Conflict` for a member, or where a pending invitation is out already. */
  readonly invite: (
    invitation: NewInvitation
  ) => Effect.Effect<Invitation, Conflict | InvalidInput | Forbidden, Acting>
  /** Sends the message again with another link, which holds as long as a new one; the earlier link is worthless. */
  readonly resend: (id: InvitationId) => Effect.Effect<Invitation, NotFound | Conflict | TooManyRequests, Acting>
  readonly revoke: (id: InvitationId) => Effect.Effect<void, NotFound | Conflict, Acting>
  /** What the link is for; it need not be used for that. */
  readonly received: (token: string) => Effect.Effect<ReceivedInvitation, InvalidInput>
  /** Makes the one with the link a member, and gives them an account if they have none. */
  readonly accept: (
    token: string,
    account: NewAccount
  ) => Effect.Effect<Accepted, InvalidInput | Conflict | OrganizationInactive>
  readonly decline: (token: string) => Effect.Effect<void, InvalidInput>
}>()("@wicara/core/Invitations") {
  /** @since 0.1.0 */
  static readonly layerSql: Layer.Layer<
    Invitations,
    never,
    | SqlClient.SqlClient
    | Users
    | Memberships
    | MemberAccess
    | ApiKeys
    | Organizations
    | Settings
    | Mail
    | Events
    | Audit
  > = Layer.suspend(() => Layer.effect(Invitations, make))
}

const dayMillis = 86_400_000
/** Between two messages of one invitation. */
const spacingMillis = 60_000

/** The beginning of the tokens in links. */
const tokenPrefix = "wi_"

const make = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const users = yield* Users
  const members = yield* Memberships
  const access = yield* MemberAccess
  const apiKeys = yield* ApiKeys
  const organizations = yield* Organizations
  const settings = yield* Settings
  const mail = yield* Mail
  const events = yield* Events
  const audit = yield* Audit
  const linkBase = yield* ConsoleUrl.orPublicUrl

  const columns = sql.literal(
    "organization_id, id, is_open, email, role, state, invited_by, sends, created_at, sent_at, expires_at, ended_at"
  )

  const find = Effect.fnUntraced(function*(id: InvitationId) {
    const organization = yield* CurrentOrganization
    const [row] = yield* sql<InvitationRow>`SELECT ${columns} FROM core_invitations
      WHERE organization_id = ${Id.toBytes(organization.id)} AND id = ${Id.toBytes(id)}`
    return row ?? (yield* NotFound.of("invitation", id))
  })

  const openOf = Effect.fnUntraced(function*(email: string) {
    const organization = yield* CurrentOrganization
    const [row] = yield* sql<InvitationRow>`SELECT ${columns} FROM core_invitations
      WHERE organization_id = ${Id.toBytes(organization.id)} AND email = ${email} AND is_open = 1`
    return row
  })

  /** The pending one that a link is for. */
  const ofToken = Effect.fnUntraced(function*(token: string) {
    const [row] = yield* sql<InvitationRow>`SELECT ${columns} FROM core_invitations
      WHERE token_hash = ${Tokens.hash(token)} AND is_open = 1`
    const now = yield* Clock.currentTimeMillis
    return row === undefined || Number(row.expires_at) <= now ? yield* spent : row
  })

  /** Ends one that is open; `false` when somebody was faster. */
  const end = (row: InvitationRow, state: InvitationState, now: number) =>
    Effect.map(
      affectedRows(sql`UPDATE core_invitations SET state = ${state}, is_open = NULL, ended_at = ${now}
        WHERE organization_id = ${row.organization_id} AND id = ${row.id} AND is_open = 1`),
      (rows) => rows > 0
    )

  const tell = Effect.fnUntraced(function*(
    row: Pick<InvitationRow, "id" | "email" | "role" | "invited_by">,
    action: "invited" | "resent" | "accepted" | "declined" | "revoked",
    userId?: UserId
  ) {
    const inviter = decodeActor(row.invited_by)
    const invitationId = Id.fromBytes<InvitationId>(row.id)
    yield* events.append(CoreEvents.invitationChanged, {
      aggregateId: invitationId,
      payload: {
        invitationId,
        change: action,
        invitedBy: inviter._tag === "User" ? inviter.id : null,
        ...(userId === undefined ? {} : { userId })
      }
    })
    yield* audit.record({
      action: `invitation.${action}`,
      target: { type: "invitation", id: invitationId },
      after: { email: row.email, role: row.role }
    })
  })

  const nameOf = Effect.fnUntraced(function*(actor: Actor) {
    const user = actor._tag === "User" ? yield* users.find(actor.id) : Option.none()
    return Option.getOrNull(Option.map(user, ({ name }) => name))
  })

  const send = Effect.fnUntraced(function*(
    to: { readonly email: string; readonly role: string; readonly locale: string | undefined; readonly by: Actor },
    token: Redacted.Redacted<string>,
    expiresAt: number
  ) {
    const organization = yield* organizations.current
    const user = yield* users.findByEmail(to.email)
    const until = DateTime.makeUnsafe(expiresAt)
    yield* mail.send(CoreMail.invitation, {
      organizationId: organization.id,
      to: {
        email: to.email,
        name: Option.getOrNull(Option.map(user, ({ name }) => name)),
        userId: Option.getOrNull(Option.map(user, ({ id }) => id))
      },
      locale: to.locale ?? organization.locale,
      values: {
        organization: organization.name,
        inviter: yield* nameOf(to.by),
        role: presets.find(({ key }) => key === to.role)?.name ?? to.role,
        expiresAt: until
      },
      secrets: { link: PublicUrl.link(linkBase, "invitation", token) },
      expiresAt: until
    })
  })

  const life = Effect.map(settings.get(invitationDays), (days) => days * dayMillis)

  const checkAddress = Effect.fnUntraced(function*(email: string) {
    const domains = yield* settings.get(invitationDomains)
    const domain = email.slice(email.lastIndexOf("@") + 1)
    if (domains.length > 0 && !domains.includes(domain)) {
      return yield* InvalidInput.of("/email", `This organization invites to ${domains.join(", ")} only.`)
    }
  })

  const inOrganization = (row: InvitationRow) => <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    effect.pipe(
      Effect.provideService(CurrentOrganization, { id: Id.fromBytes<OrganizationId>(row.organization_id) }),
      Effect.provideService(CurrentActor, systemActor("invitation"))
    )

  /** Who invited must still be able to give the role: what was taken from them does not come through a link of theirs. */
  const checkInviter = Effect.fnUntraced(function*({ invited_by, role }: InvitationRow) {
    const inviter = decodeActor(invited_by)
    if (inviter._tag === "System") return
    const actor = yield* (inviter._tag === "User" ? access.actor(inviter.id) : apiKeys.actor(inviter.id))
    if (Option.isNone(actor)) return yield* spent
    yield* access.checkGive({ role, scope: { _tag: "Organization" } }).pipe(
      Effect.provideService(CurrentActor, actor.value),
      Effect.catchTag("Forbidden", () => spent)
    )
  })

  const accept = Effect.fnUntraced(function*(token: string, account: NewAccount) {
    const row = yield* ofToken(token)
    return yield* Effect.gen(function*() {
      const organization = yield* organizations.current
      if (!allowances[organization.status].write) {
        return yield* new OrganizationInactive({
          organizationStatus: organization.status,
          detail: `${organization.name} takes no members now.`
        })
      }
      yield* checkInviter(row)
      const existing = yield* users.findByEmail(row.email)
      if (Option.isNone(existing) && account.name === undefined) {
        return yield* InvalidInput.of("/name", "There is no account with this address yet: it takes a name.")
      }
      if (Option.isNone(existing) && account.password === undefined) {
        return yield* InvalidInput.of("/password", "There is no account with this address yet: it takes a password.")
      }
      const now = yield* Clock.currentTimeMillis
      if (!(yield* end(row, "accepted", now))) return yield* spent
      const user = Option.isSome(existing)
        ? existing.value
        : yield* users.create({ email: row.email, name: account.name ?? "", password: account.password })
      // Whoever has the link reads the address.
      if (Option.isNone(existing)) yield* users.setVerifiedEmail(user.id, row.email)
      const member = yield* members.add({ email: row.email, role: row.role }).pipe(
        // Who invited them could give the role.
        Effect.catchTag("Forbidden", Effect.die)
      )
      yield* tell(row, "accepted", user.id).pipe(
        Effect.provideService(CurrentActor, { actor: { _tag: "User", id: user.id }, permissions: new Set<string>() })
      )
      return { member, organization, isNewAccount: Option.isNone(existing) } satisfies Accepted
    }).pipe(inOrganization(row))
  })

  return Invitations.of({
    list: Effect.fn("Invitations.list")(function*(query) {
      const { id } = yield* CurrentOrganization
      const before = yield* Pagination.position(InvitationId, query)
      const limit = Pagination.limit(query)
      const now = yield* Clock.currentTimeMillis
      const rows = yield* Effect.orDie(sql<InvitationRow>`SELECT ${columns} FROM core_invitations
        WHERE organization_id = ${Id.toBytes(id)}
        ${before === undefined ? sql.literal("") : sql`AND id < ${Id.toBytes(before)}`}
        ORDER BY id DESC LIMIT ${rowLimit(sql, limit + 1)}`)
      return Pagination.page(rows.map((row) => toInvitation(row, now)), limit, InvitationId, (one) => one.id)
    }),
    invite: Effect.fn("Invitations.invite")(function*({ locale, role, ...invitation }) {
      const organization = yield* CurrentOrganization
      const { actor } = yield* CurrentActor
      const email = normalizeEmail(invitation.email)
      const { roles } = yield* access.catalog
      if (!roles.has(role)) return yield* InvalidInput.of("/role", `There is no role "${role}".`)
      yield* access.checkGive({ role, scope: { _tag: "Organization" } })
      yield* checkAddress(email)
      const token = Tokens.makeWith(tokenPrefix, "invitation")
      const now = yield* Clock.currentTimeMillis
      const expiresAt = now + (yield* life)
      const id = yield* Id.next(InvitationId)
      const pending = new Conflict({ detail: english("invitedAlready", { email }) })
      return yield* transaction(
        sql,
        Effect.gen(function*() {
          const user = yield* users.findByEmail(email)
          if (Option.isSome(user) && Option.isSome(yield* members.find(organization.id, user.value.id))) {
            return yield* new Conflict({ detail: english("memberAlready", { email }) })
          }
          const earlier = yield* openOf(email)
          if (earlier !== undefined && Number(earlier.expires_at) > now) return yield* pending
          if (earlier !== undefined) yield* end(earlier, "revoked", now)
          const row = {
            organization_id: Id.toBytes(organization.id),
            id: Id.toBytes(id),
            is_open: 1,
            email,
            role,
            state: "pending",
            invited_by: encodeActor(actor),
            sends: 1,
            created_at: now,
            sent_at: now,
            expires_at: expiresAt,
            ended_at: null
          }
          yield* sql`INSERT INTO core_invitations ${sql.insert({ ...row, token_hash: Tokens.hash(token) })}`
          yield* send({ email, role, locale, by: actor }, token, expiresAt)
          yield* tell(row, "invited")
          return toInvitation(row, now)
        })
      ).pipe(orUnique(() => pending))
    }),
    resend: Effect.fn("Invitations.resend")(function*(id) {
      const { actor } = yield* CurrentActor
      const token = Tokens.makeWith(tokenPrefix, "invitation")
      const now = yield* Clock.currentTimeMillis
      const expiresAt = now + (yield* life)
      return yield* orDieSql(transaction(
        sql,
        Effect.gen(function*() {
          const row = yield* find(id)
          if (row.is_open === null) return yield* new Conflict({ detail: `This invitation was ${row.state}.` })
          const waited = now - Number(row.sent_at)
          if (waited < spacingMillis) {
            return yield* new TooManyRequests({
              retryAfterSeconds: Math.max(1, Math.ceil((spacingMillis - waited) / 1000)),
              detail: "It was sent a moment ago."
            })
          }
          yield* sql`UPDATE core_invitations
            SET token_hash = ${Tokens.hash(token)}, sends = sends + 1, sent_at = ${now}, expires_at = ${expiresAt}
            WHERE organization_id = ${row.organization_id} AND id = ${row.id} AND is_open = 1`
          yield* send({ email: row.email, role: row.role, locale: undefined, by: actor }, token, expiresAt)
          yield* tell(row, "resent")
          return toInvitation(yield* find(id), now)
        })
      ))
    }),
    revoke: Effect.fn("Invitations.revoke")(function*(id) {
      const now = yield* Clock.currentTimeMillis
      yield* orDieSql(transaction(
        sql,
        Effect.gen(function*() {
          const row = yield* find(id)
          if (!(yield* end(row, "revoked", now))) {
            return yield* new Conflict({ detail: `This invitation was ${(yield* find(id)).state}.` })
          }
          yield* tell(row, "revoked")
        })
      ))
    }),
    received: Effect.fn("Invitations.received")(function*(token) {
      const row = yield* orDieSql(ofToken(token))
      const { name, slug } = yield* organizations.current.pipe(inOrganization(row))
      return new ReceivedInvitation({
        organization: { name, slug },
        email: row.email,
        role: row.role,
        expiresAt: DateTime.makeUnsafe(Number(row.expires_at)),
        hasAccount: Option.isSome(yield* users.findByEmail(row.email))
      })
    }),
    accept: Effect.fn("Invitations.accept")((token, account) => orDieSql(transaction(sql, accept(token, account)))),
    decline: Effect.fn("Invitations.decline")(function*(token) {
      const now = yield* Clock.currentTimeMillis
      yield* orDieSql(transaction(
        sql,
        Effect.gen(function*() {
          const row = yield* ofToken(token)
          if (!(yield* end(row, "declined", now))) return yield* spent
          yield* tell(row, "declined").pipe(inOrganization(row))
        })
      ))
    })
  })
})

const spent = InvalidInput.of("/token", "This invitation was used, revoked or has expired: ask for a new one.")

const encodeActor = Schema.encodeSync(Schema.fromJsonString(Actor))
const decodeActor = Schema.decodeUnknownSync(Schema.fromJsonString(Actor))

interface InvitationRow {
  readonly organization_id: Uint8Array
  readonly id: Uint8Array
  readonly is_open: unknown
  readonly email: string
  readonly role: string
  readonly state: string
  readonly invited_by: string
  readonly sends: unknown
  readonly created_at: unknown
  readonly sent_at: unknown
  readonly expires_at: unknown
  readonly ended_at: unknown
}

const instant = (value: unknown) => DateTime.makeUnsafe(Number(value))

const toInvitation = (row: InvitationRow, now: number): Invitation =>
  new Invitation({
    id: Id.fromBytes<InvitationId>(row.id),
    email: row.email,
    role: row.role,
    state: row.is_open !== null && Number(row.expires_at) <= now ? "expired" : row.state as InvitationState,
    invitedBy: decodeActor(row.invited_by),
    sends: Number(row.sends),
    createdAt: instant(row.created_at),
    sentAt: instant(row.sent_at),
    expiresAt: instant(row.expires_at),
    endedAt: row.ended_at === null ? null : instant(row.ended_at)
  })
