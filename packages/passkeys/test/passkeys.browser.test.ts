import { assert, describe, it } from "@effect/vitest"
import { AccountSecurity } from "@wicara/core/AccountSecurity"
import { module } from "@wicara/core/CoreModule"
import { Jobs } from "@wicara/core/Jobs"
import { Mail } from "@wicara/core/Mail"
import { MasterKeys } from "@wicara/core/MasterKeys"
import * as Migrations from "@wicara/core/Migrations"
import { ModuleRegistry } from "@wicara/core/Module"
import { Organizations } from "@wicara/core/Organizations"
import { PublicUrl } from "@wicara/core/PublicUrl"
import { Sessions } from "@wicara/core/Sessions"
import { SignIn } from "@wicara/core/SignIn"
import { layerSignIn, layerSql } from "@wicara/core/sql/layer"
import { migrations } from "@wicara/core/sql/migrations"
import { CurrentActor, systemActor } from "@wicara/core/Tenancy"
import { Users } from "@wicara/core/Users"
import { PasskeyVerifier } from "@wicara/passkeys"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import { Effect, Layer, Redacted } from "effect"
import { existsSync } from "node:fs"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { chromium } from "playwright-core"
import type { Page } from "playwright-core"

const executablePath = [
  process.env["CHROMIUM_PATH"],
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome"
].find((path) => path !== undefined && existsSync(path))

const password = Redacted.make("correct horse battery")

/** An empty page of a secure context. */
const site = Effect.acquireRelease(
  Effect.callback<{ readonly origin: string; readonly stop: () => void }>((resume) => {
    const server = createServer((_request, response) => {
      response.writeHead(200, { "content-type": "text/html" }).end("<!doctype html><title>Wicara</title>")
    })
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo
      resume(Effect.succeed({ origin: `http://localhost:${port}`, stop: () => server.close() }))
    })
  }),
  ({ stop }) => Effect.sync(stop)
)

/** A browser on the page, with an authenticator that verifies its user. */
const pageOf = Effect.fnUntraced(function*(origin: string) {
  const browser = yield* Effect.acquireRelease(
    Effect.promise(() =>
      chromium.launch({
        ...(executablePath === undefined ? {} : { executablePath }),
        args: ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
      })
    ),
    (browser) => Effect.promise(() => browser.close())
  )
  return yield* Effect.promise(async () => {
    const context = await browser.newContext()
    const page = await context.newPage()
    await page.goto(origin)
    const devtools = await context.newCDPSession(page)
    await devtools.send("WebAuthn.enable")
    await devtools.send("WebAuthn.addVirtualAuthenticator", {
      options: {
        protocol: "ctap2",
        transport: "internal",
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: true
      }
    })
    return page
  })
})

/** What the page does with the options, as the API describes it. */
const ask = (page: Page, kind: "create" | "get", options: unknown) =>
  Effect.promise(() =>
    page.evaluate(`(async () => {
      const options = ${JSON.stringify(options)}
      const credential = ${JSON.stringify(kind)} === "create"
        ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) })
        : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) })
      return credential.toJSON()
    })()`)
  ) as Effect.Effect<never>

describe.skipIf(executablePath === undefined)("Passkeys in Chromium", () => {
  it.live("a browser's own authenticator makes a passkey and signs in with it", () =>
    Effect.gen(function*() {
      const { origin } = yield* site
      const page = yield* pageOf(origin)
      const services = layerSignIn.pipe(
        Layer.provideMerge(layerSql),
        Layer.provideMerge(Layer.mergeAll(ModuleRegistry.layer([module]), Mail.layerTest, Jobs.layerSql)),
        Layer.provide(Layer.mergeAll(MasterKeys.layerTest, PasskeyVerifier.layer, Layer.succeed(PublicUrl, origin))),
        Layer.provideMerge(
          Layer.effectDiscard(Migrations.run([migrations])).pipe(Layer.provideMerge(TestDatabase.all[0]!.layer))
        )
      )
      yield* Effect.gen(function*() {
        const email = "rani@example.com"
        const signIn = yield* SignIn
        const security = yield* AccountSecurity
        const user = yield* Users.use((users) => users.create({ email, name: "Rani", password }))
        yield* Organizations.use((organizations) => organizations.create({ name: "Acme" }, user.id)).pipe(
          Effect.provideService(CurrentActor, systemActor("test"))
        )
        const first = yield* signIn.withPassword({ email, password })
        const session = yield* Effect.flatMap(
          Sessions.use((sessions) => sessions.verify(first.token)),
          Effect.fromOption
        )
        const making = yield* security.beginPasskey(session)
        const made = yield* ask(page, "create", making.options)
        yield* security.addPasskey(session, { challenge: making.challenge, response: made, name: "Chromium" }, {})
        const { challenge, options } = yield* signIn.requestPasskey({})
        const signedIn = yield* signIn.continueWith(challenge, {
          type: "passkey",
          response: yield* ask(page, "get", options)
        })
        assert.deepStrictEqual([signedIn.user.id, signedIn.session.secondFactor], [user.id, true])
      }).pipe(Effect.provide(services))
    }).pipe(Effect.scoped), 60_000)
})
