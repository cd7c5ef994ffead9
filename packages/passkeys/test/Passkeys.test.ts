import { assert, describe, layer } from "@effect/vitest"
import { AccountSecurity } from "@wicara/core/AccountSecurity"
import { module } from "@wicara/core/CoreModule"
import { Jobs } from "@wicara/core/Jobs"
import { Mail, SentMail } from "@wicara/core/Mail"
import { MasterKeys } from "@wicara/core/MasterKeys"
import { Memberships } from "@wicara/core/Memberships"
import * as Migrations from "@wicara/core/Migrations"
import { ModuleRegistry } from "@wicara/core/Module"
import { Organizations } from "@wicara/core/Organizations"
import { Passkeys } from "@wicara/core/Passkeys"
import { PublicUrl } from "@wicara/core/PublicUrl"
import type { SignedIn } from "@wicara/core/Session"
import { Sessions } from "@wicara/core/Sessions"
import { SignIn } from "@wicara/core/SignIn"
import { layerSignIn, layerSql } from "@wicara/core/sql/layer"
import { migrations } from "@wicara/core/sql/migrations"
import { CurrentActor, CurrentOrganization, systemActor } from "@wicara/core/Tenancy"
import * as Totp from "@wicara/core/Totp"
import { Users } from "@wicara/core/Users"
import { PasskeyVerifier } from "@wicara/passkeys"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import { Clock, Effect, Layer, Option, Redacted } from "effect"
import { makeAuthenticator } from "./Authenticator.ts"
import type { Faults } from "./Authenticator.ts"

const origin = "https://chat.example.com"
const password = Redacted.make("correct horse battery")

const services = (database: TestDatabase.TestDatabase) =>
  layerSignIn.pipe(
    Layer.provideMerge(layerSql),
    Layer.provideMerge(Layer.mergeAll(ModuleRegistry.layer([module]), Mail.layerTest, Jobs.layerSql)),
    Layer.provide(Layer.mergeAll(MasterKeys.layerTest, PasskeyVerifier.layer, Layer.succeed(PublicUrl, origin))),
    Layer.provideMerge(
      Layer.effectDiscard(Migrations.run([migrations])).pipe(Layer.provideMerge(database.layer))
    ),
    Layer.orDie
  )

let counter = 0

/** Somebody in an organization, signed in with a password, with a passkey. */
const newPerson = Effect.gen(function*() {
  const email = `person${++counter}@example.com`
  const user = yield* Users.use((users) => users.create({ email, name: "Rani", password }))
  const organization = yield* Organizations.use((organizations) => organizations.create({ name: "Acme" }, user.id))
    .pipe(Effect.provideService(CurrentActor, systemActor("test")))
  const signedIn = yield* SignIn.use((signIn) => signIn.withPassword({ email, password }))
  const session = yield* sessionOf(signedIn)
  const security = yield* AccountSecurity
  const authenticator = makeAuthenticator(origin)
  const { challenge, options } = yield* security.beginPasskey(session)
  const response = authenticator.create(options)
  const passkey = yield* security.addPasskey(session, { challenge, response, name: "Phone" }, {})
  return { email, user, organization, session, authenticator, passkey, registration: { challenge, response } }
}).pipe(Effect.orDie)

const sessionOf = ({ token }: Pick<SignedIn, "token">) =>
  Effect.flatMap(Sessions, (sessions) => Effect.orDie(Effect.flatMap(sessions.verify(token), Effect.fromOption)))

describe.each(TestDatabase.all)("Passkeys on $name", (database) => {
  layer(services(database), { excludeTestServices: true, timeout: "60 seconds" })((it) => {
    const signInWith = Effect.fnUntraced(
      function*(authenticator: ReturnType<typeof makeAuthenticator>, faults?: Faults) {
        const signIn = yield* SignIn
        const { challenge, options } = yield* signIn.requestPasskey({})
        const answer = { type: "passkey", response: authenticator.get(options, faults) } as const
        return yield* signIn.continueWith(challenge, answer)
      }
    )

    it.effect("one signs in with a passkey alone, which stands for both factors", () =>
      Effect.gen(function*() {
        const { authenticator, email, organization, user } = yield* newPerson
        const signedIn = yield* signInWith(authenticator)
        assert.deepStrictEqual([signedIn.user.id, signedIn.organization.id], [user.id, organization.id])
        assert.deepStrictEqual([signedIn.session.method, signedIn.session.secondFactor], ["passkey", true])
        const [listed] = yield* Passkeys.use((passkeys) => passkeys.list(user.id))
        assert.strictEqual(listed?.name, "Phone")
        assert.isNotNull(listed?.lastUsedAt)
        const told = yield* SentMail.use((sent) => sent.to(email))
        assert.isTrue(told.some(({ message }) => (message.values as { change?: string }).change === "passkey_added"))
      }))

    it.effect.each<[string, Faults]>([
      ["made for another origin", { origin: "https://evil.example" }],
      ["made for another relying party", { rpId: "evil.example" }],
      ["to another challenge", { challenge: "AAAA" }],
      ["without its user verified", { userVerified: false }],
      ["made for a registration", { type: "webauthn.create" }],
      ["by another key", { forged: true }]
    ])("a signature is refused: %s", ([, faults]) =>
      Effect.gen(function*() {
        const { authenticator } = yield* newPerson
        assert.strictEqual((yield* Effect.flip(signInWith(authenticator, faults)))._tag, "Unauthorized")
        yield* signInWith(authenticator)
      }))

    it.effect("a signed answer works once, of 16 at once, and for its own challenge", () =>
      Effect.gen(function*() {
        const { authenticator } = yield* newPerson
        const signIn = yield* SignIn
        const { challenge, options } = yield* signIn.requestPasskey({})
        const other = yield* signIn.requestPasskey({})
        const answer = { type: "passkey", response: authenticator.get(options) } as const
        assert.strictEqual((yield* Effect.flip(signIn.continueWith(other.challenge, answer)))._tag, "Unauthorized")
        const exits = yield* Effect.forEach(
          Array.from({ length: 16 }),
          () => Effect.exit(signIn.continueWith(challenge, answer)),
          { concurrency: "unbounded" }
        )
        assert.lengthOf(exits.filter((exit) => exit._tag === "Success"), 1)
      }))

    it.effect("a copy of a key betrays itself by its count; keys that do not count work", () =>
      Effect.gen(function*() {
        const { authenticator, session } = yield* newPerson
        for (let n = 0; n < 3; n++) yield* signInWith(authenticator)
        authenticator.rewind(1)
        assert.strictEqual((yield* Effect.flip(signInWith(authenticator)))._tag, "Unauthorized")
        const synced = makeAuthenticator(origin, { counts: false })
        const security = yield* AccountSecurity
        const { challenge, options } = yield* security.beginPasskey(session)
        yield* security.addPasskey(session, { challenge, response: synced.create(options), name: "Manager" }, {})
        for (let n = 0; n < 3; n++) yield* signInWith(synced)
      }))

    it.effect("a passkey is registered once, for the person and the challenge it was made for", () =>
      Effect.gen(function*() {
        const { authenticator, registration, session } = yield* newPerson
        const other = yield* newPerson
        const security = yield* AccountSecurity
        const again = security.addPasskey(session, { ...registration, name: "Again" }, {})
        assert.strictEqual((yield* Effect.flip(again))._tag, "InvalidInput")
        const mine = yield* security.beginPasskey(session)
        const stolen = security.addPasskey(other.session, {
          challenge: mine.challenge,
          response: makeAuthenticator(origin).create(mine.options),
          name: "Theirs"
        }, {})
        assert.strictEqual((yield* Effect.flip(stolen))._tag, "InvalidInput")
        const theirs = yield* security.beginPasskey(other.session)
        const taken = security.addPasskey(other.session, {
          challenge: theirs.challenge,
          response: authenticator.create(theirs.options),
          name: "Mine"
        }, {})
        assert.strictEqual((yield* Effect.flip(taken))._tag, "Conflict")
        for (const faults of [{ origin: "https://evil.example" }, { userVerified: false }, { rpId: "evil.example" }]) {
          const asked = yield* security.beginPasskey(session)
          const refused = security.addPasskey(session, {
            challenge: asked.challenge,
            response: makeAuthenticator(origin).create(asked.options, faults),
            name: "Bad"
          }, {})
          assert.strictEqual((yield* Effect.flip(refused))._tag, "InvalidInput")
        }
        const removed = security.removePasskey(other.session, (yield* newPerson).passkey.id, {})
        assert.strictEqual((yield* Effect.flip(removed))._tag, "NotFound")
      }))

    it.effect("a removed passkey signs nobody in", () =>
      Effect.gen(function*() {
        const { authenticator, passkey, session } = yield* newPerson
        yield* AccountSecurity.use((security) => security.removePasskey(session, passkey.id, {}))
        assert.strictEqual((yield* Effect.flip(signInWith(authenticator)))._tag, "Unauthorized")
      }))

    it.effect("a passkey answers for the second factor of a password, and only the account's own", () =>
      Effect.gen(function*() {
        const { authenticator, email, session } = yield* newPerson
        const stranger = yield* newPerson
        const signIn = yield* SignIn
        const security = yield* AccountSecurity
        const { key } = yield* security.beginTwoFactor(session)
        const now = yield* Clock.currentTimeMillis
        yield* security.confirmTwoFactor(session, Totp.code(Redacted.make(key), Totp.stepAt(now)), {})
        const asked = yield* Effect.flip(signIn.withPassword({ email, password }))
        if (asked._tag !== "SecondFactorRequired") return assert.fail(asked._tag)
        assert.deepStrictEqual(asked.factors, ["totp", "recovery_code", "passkey"])
        const { challenge, options } = yield* signIn.requestPasskey({ challenge: asked.challenge })
        const allowed = (options as unknown as { allowCredentials: ReadonlyArray<{ id: string }> }).allowCredentials
        assert.deepStrictEqual(allowed.map(({ id }) => id), [authenticator.id])
        const foreign = { type: "passkey", response: stranger.authenticator.get(options) } as const
        assert.strictEqual((yield* Effect.flip(signIn.continueWith(challenge, foreign)))._tag, "Unauthorized")
        const signedIn = yield* signIn.continueWith(challenge, {
          type: "passkey",
          response: authenticator.get(options)
        })
        assert.isTrue(signedIn.session.secondFactor)
      }))

    it.effect("a passkey proves once more who one is, in its own session", () =>
      Effect.gen(function*() {
        const { authenticator, email, session } = yield* newPerson
        const signIn = yield* SignIn
        const sessions = yield* Sessions
        const elsewhere = yield* sessionOf(yield* signIn.withPassword({ email, password }))
        assert.isFalse(elsewhere.hasSecondFactor)
        const { challenge, options } = yield* signIn.requestReauthentication(elsewhere)
        const response = authenticator.get(options)
        const wrong = signIn.reauthenticate(session, { passkey: { challenge, response } })
        assert.strictEqual((yield* Effect.flip(wrong))._tag, "Unauthorized")
        const renewed = yield* signIn.reauthenticate(elsewhere, { passkey: { challenge, response } })
        const proven = Option.getOrThrow(yield* sessions.verify(renewed.token))
        assert.isTrue(proven.hasSecondFactor)
        const again = signIn.reauthenticate(proven, { passkey: { challenge, response } })
        assert.strictEqual((yield* Effect.flip(again))._tag, "Unauthorized")
      }))

    it.effect("nobody is signed in to an account that was suspended or has no organization", () =>
      Effect.gen(function*() {
        const one = yield* newPerson
        yield* AccountSecurity.use((security) => security.setStatus(one.user, "suspended"))
        assert.strictEqual((yield* Effect.flip(signInWith(one.authenticator)))._tag, "Unauthorized")
        const two = yield* newPerson
        yield* Memberships.use((members) =>
          Effect.andThen(
            members.add({ email: `next-${two.email}`, name: "Next", role: "owner" }),
            members.remove(two.user.id)
          )
        ).pipe(
          Effect.provideService(CurrentOrganization, { id: two.organization.id }),
          Effect.provideService(CurrentActor, systemActor("test"))
        )
        assert.strictEqual((yield* Effect.flip(signInWith(two.authenticator)))._tag, "Forbidden")
      }))
  })
})
