import { assert, describe, layer } from "@effect/vitest"
import { AccountSecurity } from "@wicara/core/AccountSecurity"
import { Audit } from "@wicara/core/Audit"
import { FactorRecoveries } from "@wicara/core/FactorRecoveries"
import * as Id from "@wicara/core/Id"
import { SentMail } from "@wicara/core/Mail"
import { Memberships } from "@wicara/core/Memberships"
import { platform } from "@wicara/core/PlatformAdmins"
import type { SecondFactorRequired, SignedIn, VerifiedSession } from "@wicara/core/Session"
import { Sessions } from "@wicara/core/Sessions"
import { SignIn } from "@wicara/core/SignIn"
import { SignInPolicies } from "@wicara/core/SignInPolicies"
import { CurrentActor, CurrentOrganization, systemActor } from "@wicara/core/Tenancy"
import type { OrganizationId } from "@wicara/core/Tenancy"
import * as Totp from "@wicara/core/Totp"
import { TwoFactor } from "@wicara/core/TwoFactor"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import { Clock, Effect, Layer, Option, Redacted } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { as, identity, migrated, newTenant, password } from "./layers.ts"

const right = Redacted.make(password)
const phone = { ip: "203.0.113.9", userAgent: "A borrowed phone" }
const known = "Called back on the number in the staff list"

const verified = (signedIn: SignedIn) =>
  Effect.orDie(Effect.flatMap(Sessions.use((sessions) => sessions.verify(signedIn.token)), Effect.fromOption))

const isAlive = (signedIn: SignedIn) =>
  Effect.map(Sessions.use((sessions) => sessions.verify(signedIn.token)), Option.isSome)

const withPassword = (email: string, organizationId?: OrganizationId) =>
  SignIn.use((signIn) => signIn.withPassword({ email, password: right, organizationId }))

const codeNow = (key: string) =>
  Effect.map(Clock.currentTimeMillis, (now) => Totp.code(Redacted.make(key), Totp.stepAt(now)))

const challengeOf = (email: string) =>
  Effect.flatMap(
    Effect.flip(withPassword(email)),
    (error): Effect.Effect<SecondFactorRequired> =>
      error._tag === "SecondFactorRequired" ? Effect.succeed(error) : Effect.die(error)
  ).pipe(Effect.map(({ challenge }) => challenge), Effect.orDie)

/** The tokens of all messages of a kind, the oldest first. */
const mailed = (email: string, kind: string) =>
  Effect.flatMap(
    SentMail,
    (sent) =>
      Effect.map(sent.to(email), (all) =>
        all.filter((one) => one.kind === kind).map(({ message }) => {
          const link = message.secrets["link"] ?? Redacted.make("https://nowhere.example/#token=")
          return Redacted.make(decodeURIComponent(new URL(Redacted.value(link)).hash.slice("#token=".length)))
        }))
  )

const steps = (email: string) =>
  Effect.flatMap(SentMail, (sent) =>
    Effect.map(
      sent.to(email),
      (all) =>
        all.filter(({ kind }) => kind.startsWith("factor_recovery")).map(({ message }) =>
          (message.values as { readonly step: string }).step
        )
    ))

const recoveries = FactorRecoveries

/** Somebody with a second factor, and somebody else who owns the organization beside them. */
const newWorld = Effect.gen(function*() {
  const tenant = yield* newTenant
  const colleague = yield* newTenant
  yield* Memberships.use((members) => members.add({ email: colleague.email, role: "owner" })).pipe(
    as(tenant.organization.id, tenant.owner.id, "owner")
  )
  // They own nothing else here: an organization of their own would have to decide on nobody.
  const session = yield* verified(yield* withPassword(colleague.email, tenant.organization.id))
  const signedIn = yield* withPassword(tenant.email)
  const own = yield* verified(signedIn)
  const { key } = yield* AccountSecurity.use((security) => security.beginTwoFactor(own))
  const recoveryCodes = yield* AccountSecurity.use((security) =>
    Effect.flatMap(codeNow(key), (code) => security.confirmTwoFactor(own, code, {}))
  )
  yield* TestClock.adjust("1 minute")
  return { ...tenant, colleague, session, signedIn, key, recoveryCodes }
}).pipe(Effect.orDie)

type World = Effect.Success<typeof newWorld>

/** Up to where others decide. */
const lost = Effect.fnUntraced(function*({ email, owner }: World) {
  const challenge = yield* challengeOf(email)
  yield* recoveries.use((service) => service.request(challenge, phone))
  const token = (yield* mailed(email, "recover_factor")).at(-1)
  assert.isDefined(token)
  yield* recoveries.use((service) => service.confirm(token ?? right, phone))
  return yield* recoveries.use((service) => service.own(owner.id))
}, Effect.orDie)

const asColleague = ({ colleague, organization }: World) => as(organization.id, colleague.owner.id, "owner")

const recent = Effect.fnUntraced(function*(session: VerifiedSession) {
  return { ...session, authenticatedAt: yield* Clock.currentTimeMillis }
})

const approve = Effect.fnUntraced(function*(world: World, id: Parameters<FactorRecoveries["Service"]["approve"]>[1]) {
  const session = yield* recent(world.session)
  return yield* recoveries.use((service) => service.approve(session, id, known)).pipe(asColleague(world))
})

const sweep = recoveries.use((service) => service.sweep)
const isEnabled = (world: World) => TwoFactor.use((twoFactor) => twoFactor.isEnabled(world.owner.id))

const actionsOf = (organizationId: OrganizationId) =>
  Effect.orDie(Audit.use((audit) => audit.list({ limit: 200 }))).pipe(
    Effect.map(({ data }) => data.filter(({ action }) => action.includes("factor_recovery")).toReversed()),
    Effect.provideService(CurrentOrganization, { id: organizationId })
  )

describe.each(TestDatabase.all)("A lost second factor on $name", (database) => {
  layer(identity.pipe(Layer.provideMerge(migrated(database))), { timeout: "60 seconds" })((it) => {
    it.effect("is taken away a day after password, mail and a colleague said so, and new ones are asked for", () =>
      Effect.gen(function*() {
        const world = yield* newWorld
        const { colleague, email, organization, owner, signedIn } = world
        const secured = yield* recent({ ...world.session, hasSecondFactor: true })
        yield* SignInPolicies.use((policies) => policies.set({ twoFactorRequired: true })).pipe(asColleague(world))
        assert.isTrue(secured.hasSecondFactor)

        const { id, state } = yield* lost(world)
        assert.strictEqual(state, "waiting")
        const listed = yield* recoveries.use((service) => service.list({})).pipe(asColleague(world))
        assert.deepStrictEqual(
          listed.data.map(({ approvedHere, awaitsOthers, email, ip }) => ({ approvedHere, awaitsOthers, email, ip })),
          [{ approvedHere: false, awaitsOthers: false, email, ip: phone.ip }]
        )
        const approved = yield* approve(world, id)
        assert.deepStrictEqual([approved.state, approved.approvedHere], ["approved", true])

        yield* TestClock.adjust("23 hours")
        assert.strictEqual(yield* sweep, 0)
        assert.isTrue(yield* isEnabled(world))
        yield* TestClock.adjust("1 hours")
        assert.strictEqual(yield* sweep, 1)
        assert.strictEqual(yield* sweep, 0)
        assert.isFalse(yield* isEnabled(world))
        assert.isFalse(yield* isAlive(signedIn), "all sessions have ended")
        const sql = yield* SqlClient.SqlClient
        assert.lengthOf(yield* sql`SELECT user_id FROM core_recovery_codes WHERE user_id = ${Id.toBytes(owner.id)}`, 0)

        const again = yield* verified(yield* withPassword(email))
        assert.deepStrictEqual([again.hasSecondFactor, again.needsSecondFactor], [false, true])
        assert.deepStrictEqual(yield* steps(email), ["requested", "approved"])
        const trail = yield* actionsOf(organization.id)
        assert.deepStrictEqual(
          trail.map(({ action, actor }) => [action, actor._tag === "User" ? actor.id : actor._tag]),
          [
            ["user.factor_recovery_requested", owner.id],
            ["user.factor_recovery_approved", colleague.owner.id],
            ["user.factor_recovery_done", "System"]
          ]
        )
        assert.deepStrictEqual(trail[1]?.after, { identifiedBy: known })
      }))

    it.effect("each organization of the person has to approve, and one says nothing for another", () =>
      Effect.gen(function*() {
        const world = yield* newWorld
        const other = yield* newTenant
        yield* Memberships.use((members) => members.add({ email: world.email, role: "agent" })).pipe(
          as(other.organization.id, other.owner.id, "owner")
        )
        const stranger = yield* newTenant
        const { id } = yield* lost(world)
        const here = yield* approve(world, id)
        assert.deepStrictEqual([here.state, here.approvedHere, here.awaitsOthers], ["waiting", true, true])
        yield* TestClock.adjust("2 days")
        assert.strictEqual(yield* sweep, 0)

        const elsewhere = yield* recent(yield* verified(yield* withPassword(stranger.email)))
        const foreign = yield* Effect.flip(
          recoveries.use((service) => service.approve(elsewhere, id, known)).pipe(
            as(stranger.organization.id, stranger.owner.id, "owner")
          )
        )
        assert.strictEqual(foreign._tag, "NotFound")
        const nothing = yield* recoveries.use((service) => service.list({})).pipe(
          as(stranger.organization.id, stranger.owner.id, "owner")
        )
        assert.deepStrictEqual(nothing.data, [])

        const theirs = yield* recent(yield* verified(yield* withPassword(other.email)))
        const last = yield* recoveries.use((service) => service.approve(theirs, id, "Came to the desk")).pipe(
          as(other.organization.id, other.owner.id, "owner")
        )
        assert.deepStrictEqual([last.state, last.awaitsOthers], ["approved", false])
        const vouched = (yield* actionsOf(world.organization.id)).find(({ action }) => action.endsWith("_vouched"))
        assert.deepStrictEqual(vouched?.after, { identifiedBy: known })
        const told = (yield* actionsOf(world.organization.id)).find(({ action }) => action.endsWith("_approved"))
        assert.notProperty(told ?? {}, "identifiedBy")
        assert.notInclude(JSON.stringify(told), "Came to the desk")

        // Whoever adds them meanwhile has to approve as well.
        yield* Memberships.use((members) => members.add({ email: world.email, role: "agent" })).pipe(
          as(stranger.organization.id, stranger.owner.id, "owner")
        )
        yield* TestClock.adjust("25 hours")
        yield* sweep
        assert.isTrue(yield* isEnabled(world))
        assert.strictEqual((yield* recoveries.use((service) => service.own(world.owner.id))).state, "waiting")
      }))

    it.effect("nobody decides on their own, nor on who may do more, nor long after they proved who they are", () =>
      Effect.gen(function*() {
        const world = yield* newWorld
        const { email, organization, owner, session, signedIn } = world
        const { id } = yield* lost(world)
        const own = yield* Effect.flip(
          Effect.flatMap(
            Effect.flatMap(verified(signedIn), recent),
            (mine) => recoveries.use((service) => service.approve(mine, id, known))
          ).pipe(as(organization.id, owner.id, "owner"))
        )
        assert.strictEqual(own._tag, "Forbidden")
        const admin = yield* Effect.flip(
          Effect.flatMap(
            recent(session),
            (fresh) => recoveries.use((service) => service.approve(fresh, id, known))
          ).pipe(as(organization.id, world.colleague.owner.id, "admin"))
        )
        assert.strictEqual(admin._tag, "Forbidden", `${email} is an owner`)
        yield* TestClock.adjust("11 minutes")
        const late = yield* Effect.flip(
          recoveries.use((service) => service.approve(session, id, known)).pipe(asColleague(world))
        )
        assert.strictEqual(late._tag, "ReauthenticationRequired")
      }))

    it.effect("a challenge and a link work once, expire, and begin one recovery however many follow them", () =>
      Effect.gen(function*() {
        const world = yield* newWorld
        const { email, owner } = world
        const challenge = yield* challengeOf(email)
        yield* recoveries.use((service) => service.request(challenge, phone))
        const replayed = yield* Effect.flip(recoveries.use((service) => service.request(challenge, phone)))
        assert.strictEqual(replayed._tag, "Unauthorized")
        const unknown = yield* Effect.flip(recoveries.use((service) => service.request("wc_unknown", phone)))
        assert.deepStrictEqual(unknown, replayed)

        const [late] = yield* mailed(email, "recover_factor")
        yield* TestClock.adjust("31 minutes")
        const expired = yield* Effect.flip(recoveries.use((service) => service.confirm(late ?? right, phone)))
        assert.strictEqual(expired._tag, "InvalidInput")
        const next = yield* challengeOf(email)
        yield* recoveries.use((service) => service.request(next, phone))
        const token = (yield* mailed(email, "recover_factor")).at(-1) ?? right
        const exits = yield* Effect.forEach(
          Array.from({ length: 8 }),
          () => Effect.exit(recoveries.use((service) => service.confirm(token, phone))),
          { concurrency: "unbounded" }
        )
        assert.lengthOf(exits.filter((exit) => exit._tag === "Success"), 1)
        const sql = yield* SqlClient.SqlClient
        const rows = yield* sql`SELECT id FROM core_factor_recoveries WHERE user_id = ${Id.toBytes(owner.id)}`
        assert.lengthOf(rows, 1)
        const stored = yield* sql`SELECT token_hash FROM core_account_tokens WHERE user_id = ${Id.toBytes(owner.id)}`
        assert.notInclude(JSON.stringify(stored), Redacted.value(token))

        yield* lost(world)
        assert.lengthOf(
          yield* sql`SELECT id FROM core_factor_recoveries WHERE user_id = ${Id.toBytes(owner.id)}`,
          1,
          "one that is open goes on"
        )
        yield* TestClock.adjust("7 days")
        yield* sweep
        assert.deepStrictEqual((yield* steps(email)).at(-1), "expired")
        assert.isTrue(yield* isEnabled(world))
      }))

    it.effect("many who approve at once approve it once", () =>
      Effect.gen(function*() {
        const world = yield* newWorld
        const { id } = yield* lost(world)
        const all = yield* Effect.forEach(Array.from({ length: 8 }), () => approve(world, id), {
          concurrency: "unbounded"
        })
        assert.strictEqual(new Set(all.map(({ dueAt }) => String(dueAt))).size, 1)
        assert.lengthOf(
          (yield* actionsOf(world.organization.id)).filter(({ action }) => action.endsWith("_approved")),
          1
        )
        yield* TestClock.adjust("24 hours")
        const changed = yield* Effect.all([sweep, sweep, sweep, sweep], { concurrency: "unbounded" })
        assert.strictEqual(changed.reduce((sum, one) => sum + one, 0), 1)
        assert.lengthOf((yield* actionsOf(world.organization.id)).filter(({ action }) => action.endsWith("_done")), 1)
      }))

    it.effect("the person stops it by any message about it, from where they are signed in, or by using the factor", () =>
      Effect.gen(function*() {
        const world = yield* newWorld
        const { email, key, owner } = world
        const first = yield* lost(world)
        yield* approve(world, first.id)
        const [requested] = yield* mailed(email, "factor_recovery")
        yield* recoveries.use((service) => service.stopWith(requested ?? right, {}))
        const again = yield* Effect.flip(recoveries.use((service) => service.stopWith(requested ?? right, {})))
        assert.strictEqual(again._tag, "InvalidInput")
        yield* TestClock.adjust("25 hours")
        assert.strictEqual(yield* sweep, 0)
        const gone = yield* Effect.flip(approve(world, first.id))
        assert.strictEqual(gone._tag, "NotFound")

        const second = yield* lost(world)
        yield* recoveries.use((service) => service.stop(owner.id, {}))
        assert.notStrictEqual(second.id, first.id)
        assert.isTrue(yield* isEnabled(world))

        const third = yield* lost(world)
        yield* approve(world, third.id)
        yield* TestClock.adjust("1 minute")
        const challenge = yield* challengeOf(email)
        const code = yield* codeNow(key)
        yield* SignIn.use((signIn) => signIn.continueWith(challenge, { type: "totp", code }))
        yield* TestClock.adjust("25 hours")
        assert.strictEqual(yield* sweep, 1)
        assert.isTrue(yield* isEnabled(world), "it is not lost")
        assert.deepStrictEqual((yield* steps(email)).at(-1), "stopped")
      }))

    it.effect("an organization refuses for all, and the person is told", () =>
      Effect.gen(function*() {
        const world = yield* newWorld
        const { id } = yield* lost(world)
        yield* approve(world, id)
        const session = yield* recent(world.session)
        yield* recoveries.use((service) => service.refuse(session, id, "They did not call")).pipe(asColleague(world))
        yield* TestClock.adjust("25 hours")
        assert.strictEqual(yield* sweep, 0)
        assert.isTrue(yield* isEnabled(world))
        assert.deepStrictEqual((yield* steps(world.email)).at(-1), "refused")
      }))

    it.effect("a platform administrator approves for all, with the reason in the platform's log", () =>
      Effect.gen(function*() {
        const world = yield* newWorld
        const other = yield* newTenant
        yield* Memberships.use((members) => members.add({ email: world.email, role: "agent" })).pipe(
          as(other.organization.id, other.owner.id, "owner")
        )
        const { id } = yield* lost(world)
        const approved = yield* recoveries.use((service) => service.approveForAll(undefined, id, known)).pipe(
          Effect.provideService(CurrentActor, systemActor("cli"))
        )
        assert.strictEqual(approved.state, "approved")
        const log = yield* actionsOf(platform)
        assert.deepInclude(log.at(-1)?.after, { identifiedBy: known })
        yield* TestClock.adjust("24 hours")
        assert.strictEqual(yield* sweep, 1)
        assert.isFalse(yield* isEnabled(world))

        const none = yield* recoveries.use((service) => service.begin(world.owner, known)).pipe(
          Effect.provideService(CurrentActor, systemActor("cli"))
        )
        assert.isTrue(Option.isNone(none), "there is no factor left")
      }))

    it.effect("asking is limited, and says when the password was reset just before", () =>
      Effect.gen(function*() {
        const world = yield* newWorld
        const sql = yield* SqlClient.SqlClient
        yield* sql`UPDATE core_authentication_events SET type = 'password_reset'
          WHERE user_id = ${Id.toBytes(world.owner.id)} AND type = 'two_factor_enabled'`
        const { credentialsChangedAt } = yield* lost(world)
        assert.isNotNull(credentialsChangedAt)
        const refusals: Array<string> = []
        for (let i = 0; i < 6; i++) {
          const challenge = yield* challengeOf(world.email)
          const outcome = yield* Effect.result(recoveries.use((service) => service.request(challenge, phone)))
          if (outcome._tag === "Failure") refusals.push(outcome.failure._tag)
        }
        assert.include(refusals, "TooManyRequests")
      }))

    it.effect("what ended is forgotten after 90 days, with who approved it", () =>
      Effect.gen(function*() {
        const world = yield* newWorld
        const { id } = yield* lost(world)
        yield* approve(world, id)
        yield* TestClock.adjust("24 hours")
        yield* sweep
        yield* TestClock.adjust("91 days")
        yield* sweep
        const sql = yield* SqlClient.SqlClient
        assert.deepStrictEqual([
          yield* sql`SELECT id FROM core_factor_recoveries WHERE id = ${Id.toBytes(id)}`,
          yield* sql`SELECT recovery_id FROM core_factor_recovery_approvals WHERE recovery_id = ${Id.toBytes(id)}`
        ], [[], []])
      }))
  })
})
