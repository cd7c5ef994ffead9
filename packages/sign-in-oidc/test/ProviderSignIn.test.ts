import { NodeHttpClient } from "@effect/platform-node"
import { assert, describe, layer } from "@effect/vitest"
import { AccountSecurity } from "@wicara/core/AccountSecurity"
import { IdentityProviders } from "@wicara/core/IdentityProviders"
import { module } from "@wicara/core/CoreModule"
import { Jobs } from "@wicara/core/Jobs"
import { Mail, SentMail } from "@wicara/core/Mail"
import { MasterKeys } from "@wicara/core/MasterKeys"
import * as Migrations from "@wicara/core/Migrations"
import { ModuleRegistry } from "@wicara/core/Module"
import { Organizations } from "@wicara/core/Organizations"
import { ProviderSignIn } from "@wicara/core/ProviderSignIn"
import { Sessions } from "@wicara/core/Sessions"
import { SignIn } from "@wicara/core/SignIn"
import { layerSignIn, layerSql } from "@wicara/core/sql/layer"
import { migrations } from "@wicara/core/sql/migrations"
import { CurrentActor, systemActor } from "@wicara/core/Tenancy"
import * as Totp from "@wicara/core/Totp"
import { Users } from "@wicara/core/Users"
import { WebAuthn } from "@wicara/core/WebAuthn"
import { FacebookProvider, GoogleProvider, OpenIdProvider } from "@wicara/sign-in-oidc"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import { Clock, Context, Effect, Layer, Redacted } from "effect"
import { SqlClient } from "effect/sql"
import { clientId, clientSecret, startProvider } from "./TestProvider.ts"
import type { Faults, Person } from "./TestProvider.ts"

const password = Redacted.make("correct horse battery")

class Provider extends Context.Service<Provider, Awaited<ReturnType<typeof startProvider>>>()("test/Provider") {
  static readonly layer = Layer.effect(
    Provider,
    Effect.acquireRelease(Effect.promise(startProvider), ({ stop }) => Effect.promise(stop))
  )
}

const layerProviders = Layer.effect(
  IdentityProviders,
  Effect.gen(function*() {
    const { state } = yield* Provider
    const secret = Redacted.make(clientSecret)
    const acme = { clientId, clientSecret: secret, issuer: state.url, allowInsecure: true }
    return [
      yield* OpenIdProvider.make({ ...acme, id: "acme", name: "Acme" }),
      yield* OpenIdProvider.make({ ...acme, id: "bravo", name: "Bravo" }),
      yield* OpenIdProvider.make({ ...acme, id: "wrong-secret", name: "W", clientSecret: Redacted.make("wrong") }),
      yield* OpenIdProvider.make({ ...acme, id: "wrong-issuer", name: "W", issuer: `${state.url}/other` }),
      yield* FacebookProvider.make({
        appId: clientId,
        appSecret: secret,
        dialogUrl: state.url,
        graphUrl: state.url
      })
    ]
  })
).pipe(Layer.provide(NodeHttpClient.layerUndici), Layer.provideMerge(Provider.layer))

const services = (database: TestDatabase.TestDatabase) =>
  layerSignIn.pipe(
    Layer.provideMerge(layerSql),
    Layer.provideMerge(Layer.mergeAll(ModuleRegistry.layer([module]), Mail.layerTest, Jobs.layerSql, layerProviders)),
    Layer.provide(Layer.mergeAll(MasterKeys.layerTest, WebAuthn.layerNone)),
    Layer.provideMerge(
      Layer.effectDiscard(Migrations.run([migrations])).pipe(Layer.provideMerge(database.layer))
    ),
    Layer.orDie
  )

let counter = 0

/** Somebody in an organization, whose address is proven. */
const newPerson = (options?: { readonly verified?: boolean; readonly password?: boolean }) =>
  Effect.gen(function*() {
    const email = `person${++counter}@example.com`
    const users = yield* Users
    const user = yield* users.create({ email, name: "Rani", ...(options?.password === false ? {} : { password }) })
    if (options?.verified !== false) yield* users.setVerifiedEmail(user.id, email)
    yield* Organizations.use((organizations) => organizations.create({ name: "Acme" }, user.id)).pipe(
      Effect.provideService(CurrentActor, systemActor("test"))
    )
    return { email, user }
  }).pipe(Effect.orDie)

const sessionOf = ({ token }: { readonly token: string }) =>
  Effect.flatMap(Sessions, (sessions) => Effect.orDie(Effect.flatMap(sessions.verify(token), Effect.fromOption)))

/** Goes to a provider as somebody, and comes back. */
const goTo = Effect.fnUntraced(function*(provider: string, person: Person, faults: Faults = {}, refuse = false) {
  const providers = yield* ProviderSignIn
  const { consent, state } = yield* Provider
  state.person = person
  state.faults = faults
  const { flow, url } = yield* providers.start({ provider })
  return { flow, parameters: consent(url, refuse), url: new URL(url) }
})

const signInAs = Effect.fnUntraced(function*(provider: string, person: Person, faults?: Faults, refuse?: boolean) {
  const answer = yield* goTo(provider, person, faults, refuse)
  return yield* ProviderSignIn.use((providers) => providers.signIn(answer, {}))
})

/** Somebody who has linked their account elsewhere. */
const newLinked = Effect.fnUntraced(function*(provider: string, options?: { readonly password?: boolean }) {
  const one = yield* newPerson(options)
  const person: Person = { sub: `sub-${one.user.id}`, email: one.email, email_verified: true }
  const asked = yield* Effect.flip(signInAs(provider, person))
  if (asked._tag !== "LinkConfirmationRequired") return yield* Effect.die(asked)
  const signedIn = yield* ProviderSignIn.use((providers) => providers.confirmLink(asked.challenge, {}))
  return { ...one, person, signedIn, challenge: asked.challenge }
}, Effect.orDie)

describe.each(TestDatabase.all)("Sign-in with accounts elsewhere on $name", (database) => {
  layer(services(database), { excludeTestServices: true, timeout: "60 seconds" })((it) => {
    it.effect("an account elsewhere with the same proven address signs in once that was confirmed", () =>
      Effect.gen(function*() {
        const { challenge, email, person, signedIn, user } = yield* newLinked("acme")
        const providers = yield* ProviderSignIn
        assert.deepStrictEqual(
          [signedIn.user.id, signedIn.session.method, signedIn.session.secondFactor],
          [user.id, "acme", false]
        )
        const again = providers.confirmLink(challenge, {})
        assert.strictEqual((yield* Effect.flip(again))._tag, "Unauthorized", "a confirmation works once")
        const next = yield* signInAs("acme", { ...person, email: "changed@elsewhere.example", email_verified: false })
        assert.strictEqual(next.user.id, user.id, "known by its subject, not by its address")
        const told = yield* SentMail.use((sent) => sent.to(email))
        assert.isTrue(told.some(({ message }) => (message.values as { change?: string }).change === "identity_linked"))
        const [linked] = yield* providers.list(user.id)
        assert.deepStrictEqual([linked?.provider, linked?.email], ["acme", email])
        assert.isNotNull(linked?.lastUsedAt)
      }))

    it.effect("nobody is signed in by an address that the provider or the account has not proven", () =>
      Effect.gen(function*() {
        const proven = yield* newPerson()
        const unproven = yield* newPerson({ verified: false })
        const people: ReadonlyArray<Person> = [
          { sub: "a", email: proven.email, email_verified: false },
          { sub: "b", email: proven.email },
          { sub: "c", email: unproven.email, email_verified: true },
          { sub: "d", email: "nobody@example.com", email_verified: true },
          { sub: "e" }
        ]
        for (const person of people) {
          assert.strictEqual((yield* Effect.flip(signInAs("acme", person)))._tag, "Forbidden", person.sub)
        }
        const sql = yield* SqlClient.SqlClient
        assert.isEmpty(yield* sql`SELECT subject FROM core_user_identities WHERE subject IN ('a', 'b', 'c', 'd', 'e')`)
      }))

    it.effect("the same subject at another provider is somebody else", () =>
      Effect.gen(function*() {
        const { person } = yield* newLinked("acme")
        const other = signInAs("bravo", { sub: person.sub })
        assert.strictEqual((yield* Effect.flip(other))._tag, "Forbidden")
      }))

    it.effect.each<[string, Faults]>([
      ["issued by another", { issuer: "https://evil.example" }],
      ["for another client", { audience: "another" }],
      ["of another sign-in", { nonce: "replayed" }],
      ["that has expired", { expired: true }],
      ["signed with another key", { forged: true }],
      ["that is not signed", { algorithm: "none" }],
      ["after a mix-up of issuers", { wrongIss: true }]
    ])("an ID token does not count: %s", ([, faults]) =>
      Effect.gen(function*() {
        const { person } = yield* newLinked("acme")
        assert.strictEqual((yield* Effect.flip(signInAs("acme", person, faults)))._tag, "ProviderRefused")
        yield* signInAs("acme", person)
      }))

    it.effect("what a browser comes back with works once, of 16 at once, and only for the flow it began", () =>
      Effect.gen(function*() {
        const { person } = yield* newLinked("acme")
        const providers = yield* ProviderSignIn
        const mine = yield* goTo("acme", person)
        const theirs = yield* goTo("acme", person)
        const crossed = providers.signIn({ flow: theirs.flow, parameters: mine.parameters }, {})
        assert.strictEqual((yield* Effect.flip(crossed))._tag, "ProviderRefused", "the state is of another flow")
        const exits = yield* Effect.forEach(
          Array.from({ length: 16 }),
          () => Effect.exit(providers.signIn(mine, {})),
          { concurrency: "unbounded" }
        )
        assert.lengthOf(exits.filter((exit) => exit._tag === "Success"), 1)
        const late = providers.signIn({ ...theirs, flow: theirs.flow }, {})
        assert.strictEqual((yield* Effect.flip(late))._tag, "Unauthorized")
      }))

    it.effect("the way to a provider carries PKCE, state and nonce, and nothing of it is stored", () =>
      Effect.gen(function*() {
        const { flow, url } = yield* goTo("acme", { sub: "x" })
        const parameter = (name: string) => url.searchParams.get(name) ?? ""
        assert.deepStrictEqual(
          ["response_type", "scope", "client_id", "redirect_uri", "code_challenge_method"].map(parameter),
          ["code", "openid email profile", clientId, "http://localhost:3000/sign-in/callback", "S256"]
        )
        for (const name of ["state", "nonce", "code_challenge"]) assert.match(parameter(name), /^[\w-]{43}$/)
        const sql = yield* SqlClient.SqlClient
        const rows = JSON.stringify(yield* sql`SELECT step, state FROM core_sign_in_challenges`)
        for (const secret of [flow, parameter("state"), parameter("nonce")]) assert.notInclude(rows, secret)
      }))

    it.effect("a refusal, a wrong secret, a wrong issuer and a provider that is away are told apart from a bug", () =>
      Effect.gen(function*() {
        const { person } = yield* newLinked("acme")
        const providers = yield* ProviderSignIn
        const { state } = yield* Provider
        assert.strictEqual((yield* Effect.flip(signInAs("acme", person, {}, true)))._tag, "ProviderRefused")
        assert.strictEqual((yield* Effect.flip(signInAs("wrong-secret", person)))._tag, "ProviderRefused")
        assert.strictEqual((yield* Effect.flip(providers.start({ provider: "wrong-issuer" })))._tag, "ProviderRefused")
        assert.strictEqual((yield* Effect.flip(providers.start({ provider: "unknown" })))._tag, "NotFound")
        const answer = yield* goTo("acme", person)
        state.faults = { away: true }
        const away = yield* Effect.flip(providers.signIn(answer, {}))
        assert.match(away._tag === "ProviderRefused" ? away.detail ?? "" : "", /does not answer/)
        yield* signInAs("acme", person)
      }))

    it.effect("the second factor of the account is asked for after a provider too", () =>
      Effect.gen(function*() {
        const { person, signedIn } = yield* newLinked("acme")
        const security = yield* AccountSecurity
        const session = yield* sessionOf(signedIn)
        const { key } = yield* security.beginTwoFactor(session)
        const step = Totp.stepAt(yield* Clock.currentTimeMillis)
        yield* security.confirmTwoFactor(session, Totp.code(Redacted.make(key), step), {})
        assert.strictEqual((yield* Effect.flip(signInAs("acme", person)))._tag, "SecondFactorRequired")
      }))

    it.effect("who is signed in links an account elsewhere in their own session, and unlinks it", () =>
      Effect.gen(function*() {
        const { email, user } = yield* newPerson({ verified: false })
        const providers = yield* ProviderSignIn
        const signIn = yield* SignIn
        const { consent, state } = yield* Provider
        state.person = { sub: `link-${user.id}`, email: "elsewhere@example.com" }
        state.faults = {}
        const [here, there] = [
          yield* sessionOf(yield* signIn.withPassword({ email, password })),
          yield* sessionOf(yield* signIn.withPassword({ email, password }))
        ]
        const begun = yield* providers.startLink(here, "acme")
        const answer = { flow: begun.flow, parameters: consent(begun.url) }
        assert.strictEqual((yield* Effect.flip(providers.signIn(answer, {})))._tag, "Unauthorized")
        const again = yield* providers.startLink(here, "acme")
        const elsewhere = { flow: again.flow, parameters: consent(again.url) }
        assert.strictEqual((yield* Effect.flip(providers.link(there, elsewhere, {})))._tag, "Unauthorized")
        const last = yield* providers.startLink(here, "acme")
        yield* providers.link(here, { flow: last.flow, parameters: consent(last.url) }, {})
        assert.strictEqual((yield* signInAs("acme", state.person)).user.id, user.id)
        const stranger = yield* newPerson()
        const theirs = yield* sessionOf(yield* signIn.withPassword({ email: stranger.email, password }))
        const taken = yield* providers.startLink(theirs, "acme")
        const stolen = providers.link(theirs, { flow: taken.flow, parameters: consent(taken.url) }, {})
        assert.strictEqual((yield* Effect.flip(stolen))._tag, "Conflict")
        yield* providers.unlink(here, "acme", {})
        assert.strictEqual((yield* Effect.flip(signInAs("acme", state.person)))._tag, "Forbidden")
        const old = { ...here, authenticatedAt: here.authenticatedAt - 11 * 60_000 }
        assert.strictEqual((yield* Effect.flip(providers.startLink(old, "acme")))._tag, "ReauthenticationRequired")
      }))

    it.effect("the only way in can't be unlinked", () =>
      Effect.gen(function*() {
        const { signedIn } = yield* newLinked("acme", { password: false })
        const session = yield* sessionOf(signedIn)
        const unlink = ProviderSignIn.use((providers) => providers.unlink(session, "acme", {}))
        assert.strictEqual((yield* Effect.flip(unlink))._tag, "Conflict")
      }))

    it.effect("Facebook signs in accounts that were linked, and never by address", () =>
      Effect.gen(function*() {
        const { email, user } = yield* newPerson()
        const providers = yield* ProviderSignIn
        const { consent, state } = yield* Provider
        const person: Person = { sub: `fb-${user.id}`, email }
        assert.strictEqual((yield* Effect.flip(signInAs("facebook", person)))._tag, "Forbidden")
        const session = yield* sessionOf(
          yield* SignIn.use((signIn) => signIn.withPassword({ email, password }))
        )
        const { flow, url } = yield* providers.startLink(session, "facebook")
        assert.match(new URL(url).pathname, /^\/v\d+\.\d\/dialog\/oauth$/)
        yield* providers.link(session, { flow, parameters: consent(url) }, {})
        assert.strictEqual((yield* signInAs("facebook", person)).user.id, user.id)
        assert.strictEqual((yield* Effect.flip(signInAs("facebook", person, {}, true)))._tag, "ProviderRefused")
        const otherApp = signInAs("facebook", person, { otherApp: true })
        assert.strictEqual((yield* Effect.flip(otherApp))._tag, "ProviderRefused")
        const crossed = yield* goTo("facebook", person)
        const forged = { ...crossed, parameters: { ...crossed.parameters, state: "another" } }
        assert.strictEqual((yield* Effect.flip(providers.signIn(forged, {})))._tag, "ProviderRefused")
        state.faults = {}
      }))

    it.effect("providers are listed as they are configured", () =>
      Effect.gen(function*() {
        const { providers } = yield* ProviderSignIn
        assert.deepStrictEqual(providers.map(({ id }) => id), [
          "acme",
          "bravo",
          "wrong-secret",
          "wrong-issuer",
          "facebook"
        ])
        const google = yield* GoogleProvider.make({ clientId, clientSecret: Redacted.make(clientSecret) })
        assert.deepStrictEqual([google.id, google.name], ["google", "Google"])
      }))
  })
})
