import { assert, describe, layer } from "@effect/vitest"
import { AccountSecurity } from "@wicara/core/AccountSecurity"
import { Audit } from "@wicara/core/Audit"
import { AuthenticationEvents } from "@wicara/core/AuthenticationEvents"
import { EmailVerification } from "@wicara/core/EmailVerification"
import * as Id from "@wicara/core/Id"
import { SentMail } from "@wicara/core/Mail"
import { Memberships } from "@wicara/core/Memberships"
import { Passwords } from "@wicara/core/Passwords"
import { PasswordReset } from "@wicara/core/PasswordReset"
import { Unavailable } from "@wicara/core/Problem"
import type { SecondFactorRequired, SignedIn, VerifiedSession } from "@wicara/core/Session"
import { Sessions } from "@wicara/core/Sessions"
import { SignIn } from "@wicara/core/SignIn"
import type { SignInError } from "@wicara/core/SignIn"
import * as SignInLimits from "@wicara/core/SignInLimits"
import { CurrentActor, systemActor } from "@wicara/core/Tenancy"
import * as Totp from "@wicara/core/Totp"
import { TwoFactor } from "@wicara/core/TwoFactor"
import { Preferences } from "@wicara/core/User"
import { Users } from "@wicara/core/Users"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import { Cause, Clock, Effect, Exit, Layer, Option, Redacted, Tracer } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { as, identity, identityWith, migrated, newTenant, password, Queued } from "./layers.ts"

const right = Redacted.make(password)
const wrong = Redacted.make("not the password")
const office = { ip: "203.0.113.7", userAgent: "Firefox on the office's machine" }

const verified = (signedIn: SignedIn) =>
  Effect.flatMap(
    Sessions,
    (sessions) => Effect.flatMap(sessions.verify(signedIn.token), Effect.fromOption).pipe(Effect.orDie)
  )

const isAlive = (token: string) =>
  Effect.flatMap(Sessions, (sessions) => Effect.map(sessions.verify(token), Option.isSome))

/** The code that the app of somebody shows. */
const codeNow = (key: string, stepsAgo = 0) =>
  Effect.map(Clock.currentTimeMillis, (now) => Totp.code(Redacted.make(key), Totp.stepAt(now) - stepsAgo))

/** Somebody with a second factor, and what their app and their drawer hold. */
const newTenantWithTwoFactor = Effect.gen(function*() {
  const tenant = yield* newTenant
  const signIn = yield* SignIn
  const security = yield* AccountSecurity
  const signedIn = yield* signIn.withPassword({ email: tenant.email, password: right })
  const session = yield* verified(signedIn)
  const { key } = yield* security.beginTwoFactor(session)
  const recoveryCodes = yield* security.confirmTwoFactor(session, yield* codeNow(key), {})
  yield* TestClock.adjust("30 seconds")
  return { ...tenant, key, recoveryCodes, signedIn }
}).pipe(Effect.orDie)

const challengeOf = (attempt: Effect.Effect<SignedIn, SignInError, SignIn>) =>
  Effect.flatMap(
    Effect.flip(attempt),
    (error): Effect.Effect<SecondFactorRequired> =>
      error._tag === "SecondFactorRequired" ? Effect.succeed(error) : Effect.die(error)
  ).pipe(Effect.orDie)

const withPassword = (email: string, secret = right, client = {}) =>
  SignIn.use((signIn) => signIn.withPassword({ email, password: secret }, client))

const tokenIn = (link: Redacted.Redacted<string> | undefined) =>
  Redacted.make(decodeURIComponent(new URL(Redacted.value(link ?? Redacted.make(""))).hash.slice("#token=".length)))

/** The token of the newest message of a kind. */
const mailed = (email: string, kind: string) =>
  Effect.flatMap(SentMail, (sent) =>
    Effect.map(sent.to(email), (all) => {
      const last = all.findLast((one) => one.kind === kind)
      assert.isDefined(last, `no ${kind} was sent to ${email}`)
      return tokenIn(last?.message.secrets["link"])
    }))

describe.each(TestDatabase.all)("Signing in on $name", (database) => {
  const busy = identityWith(Passwords.layerWith({ concurrency: 1, waiting: 1 }))
  layer(busy.pipe(Layer.provideMerge(migrated(database))), { timeout: "60 seconds" })((it) => {
    it.effect("whoever is turned away, since too many sign in at once, has not guessed wrong", () =>
      Effect.gen(function*() {
        const { email } = yield* newTenant
        const exits = yield* Effect.forEach(
          Array.from({ length: 9 }),
          () => Effect.exit(withPassword(email, right, office)),
          { concurrency: "unbounded" }
        )
        const turnedAway = exits.filter(Exit.isFailure)
        assert.isNotEmpty(turnedAway)
        for (const { cause } of turnedAway) assert.instanceOf(Cause.squash(cause), Unavailable)
        const sql = yield* SqlClient.SqlClient
        const counted = yield* sql<{ readonly failures: unknown }>`SELECT failures FROM core_sign_in_limits`
        assert.deepStrictEqual([...new Set(counted.map(({ failures }) => Number(failures)))].filter((n) => n > 0), [])
        const guessed = yield* Effect.flip(withPassword(email, wrong, office))
        assert.strictEqual(guessed._tag, "Unauthorized")
      }))
  })

  layer(identity.pipe(Layer.provideMerge(migrated(database))), { timeout: "60 seconds" })((it) => {
    it.effect("an account with a second factor is signed in to with both, in one flow", () =>
      Effect.gen(function*() {
        const { email, key, owner } = yield* newTenantWithTwoFactor
        const signIn = yield* SignIn
        const asked = yield* challengeOf(withPassword(email))
        assert.deepStrictEqual(asked.factors, ["totp", "recovery_code"])
        const refused = yield* Effect.flip(signIn.continueWith(asked.challenge, { type: "totp", code: "000000" }))
        assert.strictEqual(refused._tag, "Unauthorized")
        const signedIn = yield* signIn.continueWith(asked.challenge, { type: "totp", code: yield* codeNow(key) })
        assert.isTrue(signedIn.session.secondFactor)
        assert.isTrue((yield* verified(signedIn)).hasSecondFactor)
        const again = signIn.continueWith(asked.challenge, { type: "totp", code: yield* codeNow(key) })
        assert.strictEqual((yield* Effect.flip(again))._tag, "Unauthorized", "a challenge works once")
        const sql = yield* SqlClient.SqlClient
        const [stored] = yield* sql<{ readonly sealed_key: string }>`SELECT sealed_key FROM core_totp
          WHERE user_id = ${Id.toBytes(owner.id)}`
        assert.notInclude(stored?.sealed_key, key)
      }))

    it.effect("of many who send the same one-time code at once, one is let in", () =>
      Effect.gen(function*() {
        const { email, key } = yield* newTenantWithTwoFactor
        const signIn = yield* SignIn
        // Five at once are what the limit of wrong codes lets through.
        const asked = yield* Effect.forEach(Array.from({ length: 5 }), () => challengeOf(withPassword(email)))
        const code = yield* codeNow(key)
        const exits = yield* Effect.forEach(
          asked,
          ({ challenge }) => Effect.exit(signIn.continueWith(challenge, { type: "totp", code })),
          { concurrency: "unbounded" }
        )
        assert.lengthOf(exits.filter((exit) => exit._tag === "Success"), 1)
      }))

    it.effect("a one-time code is used up by whichever of 16 uses comes first", () =>
      Effect.gen(function*() {
        const { key, owner } = yield* newTenantWithTwoFactor
        const twoFactor = yield* TwoFactor
        const code = yield* codeNow(key)
        const results = yield* Effect.forEach(
          Array.from({ length: 16 }),
          () => twoFactor.useCode(owner.id, code),
          { concurrency: "unbounded" }
        )
        assert.lengthOf(results.filter((result) => result === "accepted"), 1)
        assert.lengthOf(results.filter((result) => result === "used"), 15)
      }))

    it.effect("a one-time code is good for the 30 seconds that it is shown, and says when it was until a moment ago", () =>
      Effect.gen(function*() {
        const { key, owner } = yield* newTenantWithTwoFactor
        const twoFactor = yield* TwoFactor
        const code = yield* codeNow(key)
        yield* TestClock.adjust("30 seconds")
        assert.strictEqual(yield* twoFactor.useCode(owner.id, code), "stale")
        yield* TestClock.adjust("30 seconds")
        assert.strictEqual(yield* twoFactor.useCode(owner.id, code), "wrong")
        assert.strictEqual(yield* twoFactor.useCode(owner.id, yield* codeNow(key, -1)), "wrong")
        assert.strictEqual(yield* twoFactor.useCode(owner.id, yield* codeNow(key)), "accepted")
      }))

    it.effect("each recovery code works once, however many try at once, and new ones end the old", () =>
      Effect.gen(function*() {
        const { email, owner, recoveryCodes, signedIn } = yield* newTenantWithTwoFactor
        const twoFactor = yield* TwoFactor
        const security = yield* AccountSecurity
        const signIn = yield* SignIn
        assert.lengthOf(new Set(recoveryCodes), 10)
        for (const code of recoveryCodes) assert.match(code, /^(?:[a-z2-7]{4}-){5}[a-z2-7]{4}$/)
        const [first = "", second = "", third = ""] = recoveryCodes
        const results = yield* Effect.forEach(
          Array.from({ length: 32 }),
          () => twoFactor.useRecoveryCode(owner.id, first),
          { concurrency: "unbounded" }
        )
        assert.lengthOf(results.filter((result) => result === "accepted"), 1)
        const { challenge } = yield* challengeOf(withPassword(email))
        const spelled = second.toUpperCase().replaceAll("-", " ")
        yield* signIn.continueWith(challenge, { type: "recovery_code", code: spelled })
        assert.strictEqual((yield* twoFactor.status(owner.id)).recoveryCodesLeft, 8)
        const told = yield* SentMail.use((sent) => sent.to(email))
        assert.isTrue(
          told.some(({ message }) => (message.values as { change?: string }).change === "recovery_code_used")
        )
        yield* security.renewRecoveryCodes(yield* verified(signedIn), {})
        assert.strictEqual(yield* twoFactor.useRecoveryCode(owner.id, third), "wrong")
      }))

    it.effect("a challenge dies with the fifth wrong answer, and after ten minutes", () =>
      Effect.gen(function*() {
        const one = yield* newTenantWithTwoFactor
        const signIn = yield* SignIn
        const { challenge } = yield* challengeOf(withPassword(one.email))
        for (let n = 0; n < 5; n++) {
          yield* Effect.flip(signIn.continueWith(challenge, { type: "recovery_code", code: `wrong ${n}` }))
        }
        const late = signIn.continueWith(challenge, { type: "totp", code: yield* codeNow(one.key) })
        assert.strictEqual((yield* Effect.flip(late))._tag, "Unauthorized")
        const two = yield* newTenantWithTwoFactor
        const asked = yield* challengeOf(withPassword(two.email))
        yield* TestClock.adjust("10 minutes")
        const expired = signIn.continueWith(asked.challenge, { type: "totp", code: yield* codeNow(two.key) })
        assert.strictEqual((yield* Effect.flip(expired))._tag, "Unauthorized")
      }))

    it.effect("who knows the password can't guess codes: each lock is longer than the one before", () =>
      Effect.gen(function*() {
        const { email, key } = yield* newTenantWithTwoFactor
        const signIn = yield* SignIn
        const guess = Effect.gen(function*() {
          const { challenge } = yield* challengeOf(withPassword(email))
          return yield* Effect.flip(signIn.continueWith(challenge, { type: "totp", code: "000000" }))
        })
        for (let n = 0; n < 5; n++) assert.strictEqual((yield* guess)._tag, "Unauthorized")
        const waits: Array<number> = []
        for (let round = 0; round < 3; round++) {
          const locked = yield* guess
          assert.strictEqual(locked._tag, "TooManyRequests")
          if (locked._tag !== "TooManyRequests") return
          waits.push(locked.retryAfterSeconds)
          yield* TestClock.adjust(`${locked.retryAfterSeconds} seconds`)
          for (let n = 0; n < 5; n++) yield* guess
        }
        assert.deepStrictEqual(waits, [900, 1800, 3600])
        yield* TestClock.adjust("1 day")
        const { challenge } = yield* challengeOf(withPassword(email))
        yield* signIn.continueWith(challenge, { type: "totp", code: yield* codeNow(key) })
      }))

    it.effect("the locks of an account grow to a day, and a success forgets them", () =>
      Effect.gen(function*() {
        const { email } = yield* newTenant
        const minutes = Array.from({ length: 60 }, (_, n) => SignInLimits.lockAfter(n, 10) / 60_000)
        assert.deepStrictEqual(minutes.filter((lock) => lock > 0), [15, 30, 60, 120, 240, 480, 960, 1440, 1440, 1440])
        const waits: Array<number> = []
        for (let n = 0; n < 10; n++) yield* Effect.flip(withPassword(email, wrong))
        for (let round = 0; round < 2; round++) {
          const locked = yield* Effect.flip(withPassword(email))
          if (locked._tag === "TooManyRequests") waits.push(locked.retryAfterSeconds)
          yield* TestClock.adjust(`${waits.at(-1) ?? 0} seconds`)
          for (let n = 0; n < 5; n++) yield* Effect.flip(withPassword(email, wrong))
        }
        assert.deepStrictEqual(waits, [900, 1800])
        yield* TestClock.adjust("1 hour")
        yield* withPassword(email)
        for (let n = 0; n < 9; n++) yield* Effect.flip(withPassword(email, wrong))
        yield* withPassword(email)
      }))

    it.effect("who tries one password on many accounts is locked out by address, and others are not", () =>
      Effect.gen(function*() {
        const { email } = yield* newTenant
        const stranger = { ip: "198.51.100.9", userAgent: "a script" }
        for (let n = 0; n < 50; n++) yield* Effect.flip(withPassword(`nobody${n}@spray.example`, wrong, stranger))
        assert.strictEqual((yield* Effect.flip(withPassword(email, right, stranger)))._tag, "TooManyRequests")
        yield* withPassword(email, right, { ...stranger, ip: "198.51.100.10" })
        assert.strictEqual(SignInLimits.networkOf("2001:db8:1:2::5"), SignInLimits.networkOf("2001:db8:1:2:ffff::1"))
        assert.notStrictEqual(SignInLimits.networkOf("2001:db8:1:2::5"), SignInLimits.networkOf("2001:db8:1:3::5"))
        for (const ip of ["127.0.0.1", "::1", "10.1.2.3", "::ffff:192.168.0.1", "fd00::1", undefined]) {
          assert.isUndefined(SignInLimits.networkOf(ip), "a proxy's address says nothing of who calls")
        }
      }))

    it.effect("strangers who lock an account do not lock its person out at their own desk", () =>
      Effect.gen(function*() {
        const { email } = yield* newTenant
        yield* withPassword(email, right, office)
        for (let n = 0; n < 12; n++) yield* Effect.flip(withPassword(email, wrong))
        assert.strictEqual((yield* Effect.flip(withPassword(email)))._tag, "TooManyRequests")
        yield* withPassword(email, right, office)
        for (let n = 0; n < 10; n++) yield* Effect.flip(withPassword(email, wrong, office))
        assert.strictEqual((yield* Effect.flip(withPassword(email, right, office)))._tag, "TooManyRequests")
      }))

    it.effect("a wrong password and an unknown address get the same answer for the same work", () =>
      Effect.gen(function*() {
        const { email } = yield* newTenant
        const queued = yield* Queued
        const passwordless = `none-${email}`
        yield* Users.use((users) => users.create({ email: passwordless, name: "No password" }))
        const attempts = (address: string) =>
          Effect.gen(function*() {
            const work: Array<string> = []
            const before = queued.length
            const tracer = Tracer.make({
              span: (options) => {
                work.push(options.kind === "client" ? "a statement" : options.name)
                return new Tracer.NativeSpan(options)
              }
            })
            const answers: Array<unknown> = []
            // Up to the lock and beyond it.
            for (let n = 0; n < 11; n++) {
              const error = yield* Effect.flip(withPassword(address, wrong, office)).pipe(Effect.withTracer(tracer))
              answers.push({ ...error })
            }
            const jobs = queued.slice(before).map(({ name, payload }) => [name, (payload as { kind: string }).kind])
            return { answers, jobs, work }
          })
        const [known, unknown, without] = [
          yield* attempts(email),
          yield* attempts(`unknown-${email}`),
          yield* attempts(passwordless)
        ]
        assert.isAbove(known.work.filter((name) => name === "a statement").length, 30)
        assert.include(known.work, "Passwords.verify")
        assert.deepStrictEqual(unknown, known)
        assert.deepStrictEqual(without, known)
        assert.deepStrictEqual(known.jobs, [["core.account-mail", "locked"]])
      }))

    it.effect("asking for a new password does the same for every address, a few times", () =>
      Effect.gen(function*() {
        const { email } = yield* newTenant
        const queued = yield* Queued
        const reset = yield* PasswordReset
        const before = queued.length
        for (const address of [email.toUpperCase(), `unknown-${email}`]) {
          for (let n = 0; n < 7; n++) yield* reset.request(address, {})
        }
        const addresses = queued.slice(before).map(({ payload }) => (payload as { email: string }).email)
        assert.deepStrictEqual(addresses, [
          ...Array.from({ length: 5 }, () => email),
          ...Array.from({ length: 5 }, () => `unknown-${email}`)
        ])
      }))

    it.effect("a link sets a new password once, of 32 who follow it at once, and ends all sessions", () =>
      Effect.gen(function*() {
        const { email, owner } = yield* newTenant
        const reset = yield* PasswordReset
        const { token: session } = yield* withPassword(email)
        for (let n = 0; n < 11; n++) yield* Effect.flip(withPassword(email, wrong))
        yield* reset.send(owner, office)
        const token = yield* mailed(email, "reset_password")
        const sql = yield* SqlClient.SqlClient
        const stored = yield* sql`SELECT * FROM core_account_tokens WHERE user_id = ${Id.toBytes(owner.id)}`
        assert.lengthOf(stored, 1)
        assert.notInclude(JSON.stringify(stored), Redacted.value(token))
        const weak = yield* Effect.flip(reset.reset({ token, password: Redacted.make("qwertyuiop") }, {}))
        assert.strictEqual(weak.field, "/password", "a password that is refused does not use the link up")
        const exits = yield* Effect.forEach(
          Array.from({ length: 32 }, (_, n) => Redacted.make(`another good password ${n}`)),
          (password) => Effect.exit(Effect.as(reset.reset({ token, password }, office), password)),
          { concurrency: 32 }
        )
        const set = exits.flatMap((exit) => exit._tag === "Success" ? [exit.value] : [])
        assert.lengthOf(set, 1)
        assert.isFalse(yield* isAlive(session))
        yield* withPassword(email, set[0])
        assert.isTrue(Option.getOrThrow(yield* Users.use((users) => users.find(owner.id))).emailVerified)
        const told = yield* SentMail.use((sent) => sent.to(email))
        assert.deepStrictEqual(told.at(-1)?.message.values, {
          change: "password_reset",
          ip: office.ip,
          userAgent: office.userAgent,
          at: (told.at(-1)!.message.values as { at: unknown }).at
        })
      }))

    it.effect("a link for a new password works for 30 minutes, and only the newest one", () =>
      Effect.gen(function*() {
        const { email, owner } = yield* newTenant
        const reset = yield* PasswordReset
        const next = Redacted.make("another good password")
        yield* reset.send(owner, {})
        const first = yield* mailed(email, "reset_password")
        yield* reset.send(owner, {})
        assert.strictEqual((yield* Effect.flip(reset.reset({ token: first, password: next }, {}))).field, "/token")
        const second = yield* mailed(email, "reset_password")
        yield* TestClock.adjust("30 minutes")
        assert.strictEqual((yield* Effect.flip(reset.reset({ token: second, password: next }, {}))).field, "/token")
        const third = tokenIn(yield* reset.link(owner))
        const verify = EmailVerification.use((verification) => verification.verify(third, {}))
        assert.strictEqual((yield* Effect.flip(verify)).field, "/token", "a link is good for one purpose")
        yield* TestClock.adjust("29 minutes")
        yield* reset.reset({ token: third, password: next }, {})
        yield* withPassword(email, next)
      }))

    it.effect("an address is proven by its link, and a new one becomes the account's by its own", () =>
      Effect.gen(function*() {
        const [one, two] = [yield* newTenant, yield* newTenant]
        const verification = yield* EmailVerification
        const security = yield* AccountSecurity
        const users = yield* Users
        const session = yield* verified(yield* withPassword(one.email))
        yield* security.requestVerification(session, {})
        const token = yield* mailed(one.email, "verify_email")
        yield* verification.verify(token, {})
        assert.strictEqual((yield* Effect.flip(verification.verify(token, {}))).field, "/token")
        assert.isTrue(Option.getOrThrow(yield* users.find(one.owner.id)).emailVerified)
        const changed = `changed-${one.email}`
        yield* security.changeEmail(session, changed.toUpperCase(), {})
        assert.strictEqual(Option.getOrThrow(yield* users.find(one.owner.id)).email, one.email)
        yield* verification.verify(yield* mailed(changed, "verify_email"), {})
        assert.strictEqual(Option.getOrThrow(yield* users.find(one.owner.id)).email, changed)
        const told = yield* SentMail.use((sent) => sent.to(one.email))
        assert.strictEqual((told.at(-1)!.message.values as { change: string }).change, "email_changed")
        // Somebody else's address: the same answer, a link that does nothing.
        yield* security.changeEmail(session, two.email, {})
        const theirs = yield* mailed(two.email, "verify_email")
        assert.strictEqual((yield* Effect.flip(verification.verify(theirs, {}))).field, "/token")
        assert.strictEqual(Option.getOrThrow(yield* users.findByEmail(two.email)).id, two.owner.id)
      }))

    it.effect("a session goes on with a new token, one for all who ask at once", () =>
      Effect.gen(function*() {
        const { email } = yield* newTenant
        const sessions = yield* Sessions
        const first = yield* withPassword(email)
        assert.isFalse((yield* verified(first)).isStale)
        yield* TestClock.adjust("1 hour")
        assert.isTrue((yield* verified(first)).isStale, "a token lasts an hour")
        const refreshed = yield* Effect.forEach(
          Array.from({ length: 16 }),
          () => sessions.refresh(first.token, "bearer"),
          { concurrency: "unbounded" }
        )
        const tokens = new Set(refreshed.map((one) => Option.getOrThrow(one).token))
        assert.strictEqual(tokens.size, 1)
        const [second = ""] = tokens
        assert.notStrictEqual(second, first.token)
        const session = Option.getOrThrow(yield* sessions.verify(second))
        assert.strictEqual(session.sessionId, first.session.id)
        assert.isFalse(session.isStale)
        assert.isTrue(Option.isNone(yield* sessions.refresh(second, "cookie")), "it works only as it was given out")
        yield* TestClock.adjust("30 seconds")
        assert.isTrue(yield* isAlive(first.token), "requests that were on their way are answered")
        assert.isTrue(yield* isAlive(second))
        const sql = yield* SqlClient.SqlClient
        const stored = yield* sql<{ readonly successor: Uint8Array }>`SELECT successor FROM core_session_used_tokens
          WHERE session_id = ${Id.toBytes(first.session.id)}`
        assert.lengthOf(stored, 1)
        assert.notInclude(Buffer.from(stored[0]!.successor).toString("latin1"), second.slice(3))
      }))

    it.effect.each(["verify", "refresh"] as const)(
      "a token that was replaced betrays a copy, and ends the session: $0",
      (by) =>
        Effect.gen(function*() {
          const { email, organization, owner } = yield* newTenant
          const sessions = yield* Sessions
          const stolen = yield* withPassword(email)
          const { token } = Option.getOrThrow(yield* sessions.refresh(stolen.token, "bearer"))
          yield* TestClock.adjust("31 seconds")
          assert.isTrue(yield* isAlive(token))
          if (by === "verify") assert.isFalse(yield* isAlive(stolen.token))
          else assert.isTrue(Option.isNone(yield* sessions.refresh(stolen.token, "bearer")))
          assert.isFalse(yield* isAlive(token), "nobody can tell which of the two is the thief")
          const events = yield* AuthenticationEvents.use((events) => events.list(owner.id, {}))
          assert.deepStrictEqual([events.data[0]?.type, events.data[0]?.suspicious], ["session_reused", true])
          const audit = yield* Audit.use((audit) => audit.list({})).pipe(as(organization.id, owner.id, "owner"))
          assert.strictEqual(audit.data[0]?.action, "session.reused")
        })
    )

    it.effect("whatever takes somebody's access away ends their sessions for good", () =>
      Effect.gen(function*() {
        const security = yield* AccountSecurity
        const memberships = yield* Memberships
        const sessions = yield* Sessions
        const users = yield* Users
        const tenant = yield* newTenant
        const byOwner = as(tenant.organization.id, tenant.owner.id, "owner")
        let n = 0
        const member = Effect.gen(function*() {
          const email = `member${n++}-${tenant.owner.id}@example.com`
          const { userId } = yield* memberships.add({ email, name: "M", role: "agent", password: right }).pipe(byOwner)
          const user = Option.getOrThrow(yield* users.find(userId))
          const [here, there] = [yield* withPassword(email), yield* withPassword(email)]
          return { email, user, here, there, session: yield* verified(here) }
        })
        const alive = (of: { readonly here: SignedIn; readonly there: SignedIn }) =>
          Effect.all([isAlive(of.here.token), isAlive(of.there.token)])

        const changed = yield* member
        const next = Redacted.make("another good password")
        yield* security.changePassword(changed.session, { current: right, next }, {})
        assert.deepStrictEqual(yield* alive(changed), [true, false], "a new password")

        const suspended = yield* member
        yield* security.setStatus(suspended.user, "suspended")
        assert.strictEqual((yield* Effect.flip(withPassword(suspended.email)))._tag, "Unauthorized")
        yield* security.setStatus(suspended.user, "active")
        assert.deepStrictEqual(yield* alive(suspended), [false, false], "a suspension, also when it is over")
        yield* withPassword(suspended.email)

        const paused = yield* member
        yield* memberships.change(paused.user.id, { status: "suspended" }).pipe(byOwner)
        yield* memberships.change(paused.user.id, { status: "active" }).pipe(byOwner)
        assert.deepStrictEqual(yield* alive(paused), [false, false], "a suspended membership")

        const removed = yield* member
        yield* memberships.remove(removed.user.id).pipe(byOwner)
        assert.deepStrictEqual(yield* alive(removed), [false, false], "the end of a membership")

        const everywhere = yield* member
        yield* security.signOutEverywhere(everywhere.user, {})
        assert.deepStrictEqual(yield* alive(everywhere), [false, false], "signing out everywhere")

        const elsewhere = yield* member
        yield* security.signOutEverywhere(elsewhere.user, { except: elsewhere.session })
        assert.deepStrictEqual(yield* alive(elsewhere), [true, false], "signing out everywhere but here")

        const ended = yield* member
        assert.strictEqual(yield* sessions.revokeMember(ended.user.id).pipe(byOwner), 2)
        assert.deepStrictEqual(yield* alive(ended), [false, false], "an administrator")

        const stronger = yield* member
        const { key } = yield* security.beginTwoFactor(stronger.session)
        yield* security.confirmTwoFactor(stronger.session, yield* codeNow(key), {})
        assert.deepStrictEqual(yield* alive(stronger), [true, false], "a second factor")
        assert.isTrue(
          yield* security.resetSecondFactor(stronger.user).pipe(
            Effect.provideService(CurrentActor, systemActor("cli"))
          )
        )
        const [record] = (yield* Audit.use((audit) => audit.list({})).pipe(byOwner)).data
        assert.deepStrictEqual([record?.action, record?.actor], [
          "user.two_factor_disabled",
          { _tag: "System", name: "cli" }
        ])
        assert.deepStrictEqual(yield* alive(stronger), [false, false], "an operator who takes it away")
        yield* withPassword(stronger.email)
      }))

    it.effect("what changes how one signs in asks for a proof that is not older than ten minutes", () =>
      Effect.gen(function*() {
        const { email, key, signedIn } = yield* newTenantWithTwoFactor
        const security = yield* AccountSecurity
        const signIn = yield* SignIn
        yield* TestClock.adjust("11 minutes")
        const session = yield* verified(signedIn)
        const changes: ReadonlyArray<(session: VerifiedSession) => Effect.Effect<unknown, { readonly _tag: string }>> =
          [
            (session) => security.changeEmail(session, `new-${email}`, {}),
            (session) => security.beginTwoFactor(session),
            (session) => security.renewRecoveryCodes(session, {}),
            (session) => security.beginPasskey(session),
            (session) => security.disableTwoFactor(session, {})
          ]
        for (const change of changes) {
          assert.strictEqual((yield* Effect.flip(change(session)))._tag, "ReauthenticationRequired")
        }
        const code = yield* codeNow(key)
        for (const proof of [{ password: right }, { code }, { password: wrong, code }, {}]) {
          assert.strictEqual((yield* Effect.flip(signIn.reauthenticate(session, proof)))._tag, "Unauthorized")
        }
        const renewed = yield* signIn.reauthenticate(session, { password: right, code })
        assert.isFalse(yield* isAlive(signedIn.token), "and gives the session a new token")
        const proven = yield* verified({ ...signedIn, token: renewed.token } as SignedIn)
        assert.strictEqual(proven.sessionId, session.sessionId)
        yield* security.disableTwoFactor(proven, {})
        yield* withPassword(email)
      }))

    it.effect("a sign-in from a new place is told to its person, the first one and known ones are not", () =>
      Effect.gen(function*() {
        const { email, owner } = yield* newTenant
        const alerts = SentMail.use((sent) =>
          Effect.map(sent.to(email), (all) => all.filter(({ kind }) => kind === "sign_in_alert").length)
        )
        yield* withPassword(email, right, office)
        yield* withPassword(email, right, office)
        assert.strictEqual(yield* alerts, 0)
        yield* withPassword(email, right, { ...office, ip: "198.51.100.77" })
        assert.strictEqual(yield* alerts, 1)
        yield* Users.use((users) =>
          Effect.flatMap(
            users.preferences(owner.id),
            (preferences) => users.setPreferences(owner.id, new Preferences({ ...preferences, newDeviceAlerts: false }))
          )
        )
        yield* withPassword(email, right, { ...office, ip: "198.51.100.78" })
        assert.strictEqual(yield* alerts, 1)
      }))

    it.effect("a sign-in after many failures is told to its person", () =>
      Effect.gen(function*() {
        const { email } = yield* newTenant
        const reasons = SentMail.use((sent) =>
          Effect.map(sent.to(email), (all) => all.map(({ message }) => (message.values as { reason?: string }).reason))
        )
        for (let n = 0; n < 4; n++) yield* Effect.flip(withPassword(email, wrong))
        yield* withPassword(email)
        assert.isEmpty(yield* reasons)
        for (let n = 0; n < 5; n++) yield* Effect.flip(withPassword(email, wrong))
        yield* withPassword(email)
        assert.deepStrictEqual(yield* reasons, ["after_failures"])
      }))

    it.effect("attempts, locks and sign-ins are recorded with where they came from", () =>
      Effect.gen(function*() {
        const { email, organization, owner } = yield* newTenant
        const events = yield* AuthenticationEvents
        yield* withPassword(email, right, office)
        for (let n = 0; n < 10; n++) yield* Effect.flip(withPassword(email, wrong, office))
        const first = yield* events.list(owner.id, { limit: 2 })
        assert.deepStrictEqual(first.data.map(({ suspicious, type }) => [type, suspicious]), [
          ["locked", true],
          ["sign_in_failed", false]
        ])
        const rest = yield* events.list(owner.id, { limit: 50, cursor: first.nextCursor ?? "" })
        const signedIn = rest.data.at(-1)
        assert.lengthOf(rest.data, 10)
        assert.deepStrictEqual(
          [signedIn?.type, signedIn?.organizationId, signedIn?.method, signedIn?.ip, signedIn?.userAgent],
          ["signed_in", organization.id, "password", office.ip, office.userAgent]
        )
        yield* TestClock.adjust("91 days")
        assert.isAbove(yield* events.cleanup(1000), 11)
        assert.isEmpty((yield* events.list(owner.id, {})).data)
      }))

    it.effect("a member of several organizations goes on from the challenge, with the second factor given once", () =>
      Effect.gen(function*() {
        const one = yield* newTenantWithTwoFactor
        const two = yield* newTenant
        const signIn = yield* SignIn
        const sessions = yield* Sessions
        yield* Memberships.use((members) => members.add({ email: one.email, role: "agent" })).pipe(
          as(two.organization.id, two.owner.id, "owner")
        )
        const asked = yield* challengeOf(withPassword(one.email))
        const choice = yield* Effect.flip(
          signIn.continueWith(asked.challenge, { type: "totp", code: yield* codeNow(one.key) })
        )
        assert.strictEqual(choice._tag, "OrganizationRequired")
        if (choice._tag !== "OrganizationRequired") return
        const three = yield* newTenant
        const foreign = signIn.continueWith(choice.challenge, {
          type: "organization",
          organizationId: three.organization.id
        })
        assert.strictEqual((yield* Effect.flip(foreign))._tag, "Forbidden")
        const signedIn = yield* signIn.continueWith(choice.challenge, {
          type: "organization",
          organizationId: two.organization.id
        })
        assert.deepStrictEqual([signedIn.role, signedIn.session.secondFactor], ["agent", true])
        const session = yield* verified(signedIn)
        const switched = yield* sessions.switchTo(one.owner.id, one.organization.id, {}, session)
        assert.isTrue((yield* verified(switched)).hasSecondFactor, "switching asks for nothing again")
        assert.isTrue(yield* isAlive(signedIn.token))
      }))
  })
})
