import { assert, describe, layer } from "@effect/vitest"
import * as AccountMailWorker from "@wicara/core/AccountMailWorker"
import * as Id from "@wicara/core/Id"
import { SentMail } from "@wicara/core/Mail"
import { Memberships } from "@wicara/core/Memberships"
import { BreachedPasswords, check, rangeService } from "@wicara/core/PasswordPolicy"
import { PublicUrl } from "@wicara/core/PublicUrl"
import * as Totp from "@wicara/core/Totp"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import { Clock, Effect, Layer, Redacted } from "effect"
import { HttpClient, HttpClientResponse } from "effect/http"
import { SqlClient } from "effect/sql"
import { coreApi, coreHandlers, serve } from "./http.ts"
import type { Answer, RequestOptions } from "./http.ts"
import { as, core, migrated, newTenant, password } from "./layers.ts"

const cookieOf = (answer: Answer): string => answer.headers.getSetCookie().join("\n")
const valueOf = (answer: Answer): string => /^__Host-wicara=([^;]*)/.exec(cookieOf(answer))?.[1] ?? ""

describe.each(TestDatabase.all)("Signing in over HTTP on $name", (database) => {
  layer(core.pipe(Layer.provideMerge(migrated(database))), { excludeTestServices: true })((it) => {
    const inBrowser = Effect.gen(function*() {
      const tenant = yield* newTenant
      const fetch = yield* serve(coreApi, coreHandlers)
      const answer = yield* fetch("/v1/sessions", {
        json: { email: tenant.email, password, transport: "cookie" },
        headers: { "sec-fetch-site": "same-origin" }
      })
      assert.strictEqual(answer.status, 201)
      const cookie = valueOf(answer)
      const browse = (path: string, options: RequestOptions = {}) =>
        fetch(path, {
          ...options,
          headers: { cookie: `__Host-wicara=${cookie}`, "sec-fetch-site": "same-origin", ...options.headers }
        })
      return { ...tenant, fetch, answer, cookie, browse }
    })

    const signedIn = Effect.gen(function*() {
      const tenant = yield* newTenant
      const fetch = yield* serve(coreApi, coreHandlers)
      const { body } = yield* fetch("/v1/sessions", { json: { email: tenant.email, password } })
      return { ...tenant, fetch, token: body.token as string }
    })

    it.effect("a browser's session is in a cookie of this host that no script and no other site can use", () =>
      Effect.gen(function*() {
        const { answer, browse, cookie, fetch } = yield* inBrowser
        assert.strictEqual(answer.body.token, "")
        assert.notInclude(answer.text, cookie)
        assert.match(cookie, /^ws_[A-Za-z0-9_-]{43}$/)
        const attributes = cookieOf(answer).split("; ").slice(1).map((one) => one.toLowerCase())
        assert.includeMembers(attributes, ["path=/", "secure", "httponly", "samesite=strict"])
        assert.isFalse(attributes.some((one) => one.startsWith("domain")))
        assert.strictEqual((yield* browse("/v1/me")).status, 200)
        assert.strictEqual((yield* fetch("/v1/me", { token: cookie })).status, 401, "it is no bearer token")
        const { token } = yield* signedIn
        const planted = yield* browse("/v1/me", { headers: { cookie: `__Host-wicara=${token}` } })
        assert.strictEqual(planted.status, 401, "a bearer token is no cookie")
      }).pipe(Effect.scoped))

    it.effect("a request with the cookie from another site is refused, and does nothing", () =>
      Effect.gen(function*() {
        const { browse, email, fetch } = yield* inBrowser
        const json = { timezone: "Asia/Jakarta" }
        const foreign: ReadonlyArray<Record<string, string>> = [
          { "sec-fetch-site": "cross-site" },
          { "sec-fetch-site": "same-site" },
          { "sec-fetch-site": "none" },
          { "sec-fetch-site": "cross-site", origin: "http://localhost:3000" }
        ]
        for (const headers of foreign) {
          const answer = yield* browse("/v1/me", { method: "PATCH", json, headers })
          assert.strictEqual(answer.status, 403, JSON.stringify(headers))
        }
        assert.strictEqual((yield* browse("/v1/me", { headers: { "sec-fetch-site": "cross-site" } })).status, 403)
        assert.strictEqual((yield* browse("/v1/me", { headers: { "sec-fetch-site": "none" } })).status, 200)
        // A browser that does not say the site.
        const cookie = yield* Effect.map(
          fetch("/v1/sessions", {
            json: { email, password, transport: "cookie" },
            headers: { origin: "http://localhost:3000" }
          }),
          valueOf
        )
        const old = (headers: Record<string, string>) =>
          fetch("/v1/me", { method: "PATCH", json, headers: { cookie: `__Host-wicara=${cookie}`, ...headers } })
        assert.strictEqual((yield* old({})).status, 403)
        assert.strictEqual((yield* old({ origin: "https://evil.example" })).status, 403)
        assert.strictEqual((yield* old({ origin: "null" })).status, 403)
        assert.strictEqual((yield* browse("/v1/me")).body.user.timezone, null)
        assert.strictEqual((yield* old({ origin: "http://localhost:3000" })).status, 200)
      }).pipe(Effect.scoped))

    it.effect("a page of this server is one of its public address", () =>
      Effect.gen(function*() {
        const { email } = yield* newTenant
        const fetch = yield* serve(coreApi, coreHandlers)
        const login = (origin: string) =>
          fetch("/v1/sessions", { json: { email, password, transport: "cookie" }, headers: { origin } })
        assert.strictEqual((yield* login("http://localhost:3000")).status, 403)
        const answer = yield* login("https://chat.example.com")
        assert.strictEqual(answer.status, 201)
        const change = (origin: string) =>
          fetch("/v1/me", {
            method: "PATCH",
            json: {},
            headers: { origin, cookie: `__Host-wicara=${valueOf(answer)}` }
          })
        assert.strictEqual((yield* change("http://localhost:3000")).status, 403)
        assert.strictEqual((yield* change("https://chat.example.com")).status, 200)
      }).pipe(Effect.provideService(PublicUrl, "https://chat.example.com"), Effect.scoped))

    it.effect("another site's page can't sign anybody in with a cookie", () =>
      Effect.gen(function*() {
        const { email, fetch } = yield* signedIn
        for (const headers of [{ "sec-fetch-site": "cross-site" }, { origin: "https://evil.example" }, {}]) {
          const answer = yield* fetch("/v1/sessions", { json: { email, password, transport: "cookie" }, headers })
          assert.strictEqual(answer.status, 403)
          assert.strictEqual(cookieOf(answer), "")
        }
      }).pipe(Effect.scoped))

    it.effect("a cookie is renewed within the request that finds it old, and cleared when one signs out", () =>
      Effect.gen(function*() {
        const { browse, cookie, owner } = yield* inBrowser
        const sql = yield* SqlClient.SqlClient
        yield* sql`UPDATE core_sessions SET token_issued_at = token_issued_at - 3600000
          WHERE user_id = ${Id.toBytes(owner.id)}`
        const answers = yield* Effect.all([browse("/v1/me"), browse("/v1/me"), browse("/v1/sessions")], {
          concurrency: "unbounded"
        })
        for (const answer of answers) assert.strictEqual(answer.status, 200)
        const renewed = new Set(answers.map(valueOf).filter((value) => value !== ""))
        assert.strictEqual(renewed.size, 1, "requests at the same time get the same one")
        const [next = ""] = renewed
        assert.notStrictEqual(next, cookie)
        const headers = { cookie: `__Host-wicara=${next}` }
        assert.strictEqual((yield* browse("/v1/me", { headers })).status, 200)
        const out = yield* browse("/v1/sessions/current", { method: "DELETE", headers })
        assert.deepStrictEqual([out.status, valueOf(out)], [204, ""])
        assert.include(cookieOf(out).toLowerCase(), "max-age=0")
        assert.strictEqual((yield* browse("/v1/me", { headers })).status, 401)
      }).pipe(Effect.scoped))

    it.effect("a bearer token is refreshed after its hour", () =>
      Effect.gen(function*() {
        const { fetch, owner, token } = yield* signedIn
        const sql = yield* SqlClient.SqlClient
        yield* sql`UPDATE core_sessions SET token_issued_at = token_issued_at - 3600000
          WHERE user_id = ${Id.toBytes(owner.id)}`
        const stale = yield* fetch("/v1/me", { token })
        assert.deepStrictEqual([stale.status, stale.body.detail.includes("refresh")], [401, true])
        const refreshed = yield* fetch("/v1/sessions/refresh", { json: { token } })
        assert.strictEqual(refreshed.status, 200)
        assert.strictEqual((yield* fetch("/v1/me", { token: refreshed.body.token })).status, 200)
        assert.strictEqual((yield* fetch("/v1/sessions/refresh", { json: { token: "ws_x" } })).status, 401)
      }).pipe(Effect.scoped))

    it.effect("the second factor of an organization holds at the next request, and is set up from there", () =>
      Effect.gen(function*() {
        const { fetch, organization, owner, token } = yield* signedIn
        const email = `second-${owner.id}@example.com`
        yield* Memberships.use((members) =>
          members.add({ email, name: "M", role: "agent", password: Redacted.make(password) })
        ).pipe(as(organization.id, owner.id, "owner"), Effect.orDie)
        const member = (yield* fetch("/v1/sessions", { json: { email, password } })).body.token as string
        const policy = { json: { twoFactorRequired: true }, method: "PUT" } as const
        const path = "/v1/organizations/current/sign-in-policy"
        assert.strictEqual((yield* fetch(path, { token, ...policy })).status, 409, "nobody locks themselves out")
        assert.strictEqual((yield* fetch(path, { token: member, ...policy })).status, 403)
        const enable = Effect.fnUntraced(function*(token: string) {
          const { body: { key } } = yield* fetch("/v1/me/two-factor/setup", { token, method: "POST" })
          const now = yield* Clock.currentTimeMillis
          const code = Totp.code(Redacted.make(key), Totp.stepAt(now))
          const confirmed = yield* fetch("/v1/me/two-factor", { token, json: { code } })
          assert.deepStrictEqual([confirmed.status, confirmed.body.recoveryCodes.length], [200, 10])
        })
        yield* enable(token)
        assert.deepStrictEqual((yield* fetch(path, { token, ...policy })).body, { twoFactorRequired: true })
        const refused = yield* fetch("/v1/organizations/current", { token: member })
        assert.deepStrictEqual(
          [refused.status, refused.body.type],
          [403, "https://wicara.dev/problems/two-factor-setup-required"]
        )
        assert.strictEqual((yield* fetch("/v1/me", { token: member })).status, 200)
        yield* enable(member)
        assert.strictEqual((yield* fetch("/v1/organizations/current", { token: member })).status, 200)
        const login = yield* fetch("/v1/sessions", { json: { email, password } })
        assert.deepStrictEqual(
          [login.status, login.body.type, login.body.factors],
          [422, "https://wicara.dev/problems/second-factor-required", ["totp", "recovery_code"]]
        )
        const audit = yield* fetch("/v1/audit", { token })
        assert.deepStrictEqual(
          audit.body.data.filter(({ action }: { action: string }) => action === "organization.changed").length,
          1
        )
      }).pipe(Effect.scoped))

    it.effect("who lost the second factor asks with the challenge, an owner approves, and the person may stop it", () =>
      Effect.gen(function*() {
        const { email: ownersEmail, fetch, organization, owner, token } = yield* signedIn
        const email = `lost-${owner.id}@example.com`
        const added = Memberships.use((members) =>
          members.add({ email, name: "M", role: "admin", password: Redacted.make(password) })
        )
        yield* added.pipe(as(organization.id, owner.id, "owner"), Effect.orDie)
        const member = (yield* fetch("/v1/sessions", { json: { email, password } })).body.token as string
        const { body: { key } } = yield* fetch("/v1/me/two-factor/setup", { token: member, method: "POST" })
        const now = yield* Clock.currentTimeMillis
        const code = Totp.code(Redacted.make(key), Totp.stepAt(now))
        assert.strictEqual((yield* fetch("/v1/me/two-factor", { token: member, json: { code } })).status, 200)

        const asked = yield* fetch("/v1/sessions", { json: { email, password } })
        const { challenge } = asked.body
        assert.strictEqual((yield* fetch("/v1/factor-recoveries", { json: { challenge: "wc_guess" } })).status, 401)
        assert.strictEqual((yield* fetch("/v1/factor-recoveries", { json: { challenge } })).status, 202)
        assert.strictEqual((yield* fetch("/v1/factor-recoveries", { json: { challenge } })).status, 401)
        const sent = yield* SentMail
        const linkOf = (kind: string) =>
          Effect.map(sent.to(email), (all) => {
            const message = all.findLast((one) => one.kind === kind)?.message
            return new URL(Redacted.value(message!.secrets["link"]!))
          })
        const link = yield* linkOf("recover_factor")
        assert.strictEqual(link.pathname, "/recover-factor")
        const json = { token: decodeURIComponent(link.hash.slice(7)) }
        assert.strictEqual((yield* fetch("/v1/factor-recoveries/confirm", { json })).status, 204)
        assert.strictEqual((yield* fetch("/v1/factor-recoveries/confirm", { json })).status, 422)

        const { body: { data: [waiting] } } = yield* fetch("/v1/factor-recoveries", { token })
        assert.deepInclude(waiting, { email, state: "waiting", approvedHere: false, awaitsOthers: false })
        const path = `/v1/factor-recoveries/${waiting.id}/approve`
        const approval = { identifiedBy: "Called them back" }
        assert.strictEqual((yield* fetch(path, { token: member, json: approval })).status, 403, "their own")
        assert.strictEqual((yield* fetch(path, { token, json: { identifiedBy: " " } })).status, 400)
        const approved = yield* fetch(path, { token, json: approval })
        assert.deepStrictEqual([approved.status, approved.body.state], [200, "approved"], ownersEmail)

        const own = yield* fetch("/v1/me/two-factor/recovery", { token: member })
        assert.deepStrictEqual([own.status, own.body.id, own.body.dueAt], [200, waiting.id, approved.body.dueAt])
        const stop = { token: decodeURIComponent((yield* linkOf("factor_recovery")).hash.slice(7)) }
        assert.strictEqual((yield* fetch("/v1/factor-recoveries/stop", { json: stop })).status, 204)
        assert.strictEqual((yield* fetch("/v1/me/two-factor/recovery", { token: member })).status, 404)
        assert.deepStrictEqual((yield* fetch("/v1/factor-recoveries", { token })).body.data, [])
      }).pipe(Effect.scoped))

    it.effect("a forgotten password is replaced by a link, and the answers say nothing of who has an account", () =>
      Effect.gen(function*() {
        const { email, fetch, token } = yield* signedIn
        const sent = yield* SentMail
        yield* Layer.build(AccountMailWorker.layer)
        const answers = [
          yield* fetch("/v1/password-resets", { json: { email: `unknown-${email}` } }),
          yield* fetch("/v1/password-resets", { json: { email } })
        ].map(({ headers, status, text }) => ({
          status,
          text,
          headers: [...headers].filter(([name]) => name !== "x-request-id")
        }))
        assert.deepStrictEqual(answers[0], answers[1])
        assert.strictEqual(answers[0]?.status, 202)
        while ((yield* sent.to(email)).length === 0) yield* Effect.sleep("20 millis")
        const [message] = yield* sent.to(email)
        const link = new URL(Redacted.value(message!.message.secrets["link"]!))
        assert.strictEqual(link.pathname, "/reset-password")
        const json = { token: decodeURIComponent(link.hash.slice(7)), password: "another good password" }
        const other = yield* fetch("/v1/password-resets/complete", { json: { ...json, token: "wl_x" } })
        assert.deepStrictEqual([other.status, other.body.field], [422, "/token"])
        assert.strictEqual((yield* fetch("/v1/password-resets/complete", { json })).status, 204)
        assert.strictEqual((yield* fetch("/v1/password-resets/complete", { json })).status, 422)
        assert.strictEqual((yield* fetch("/v1/me", { token })).status, 401)
        assert.strictEqual((yield* fetch("/v1/sessions", { json: { email, password: json.password } })).status, 201)
        assert.isEmpty(yield* sent.to(`unknown-${email}`))
      }).pipe(Effect.scoped))

    it.effect("profile and preferences are one's own, and what happened is listed", () =>
      Effect.gen(function*() {
        const { fetch, token } = yield* signedIn
        const changed = yield* fetch("/v1/me", {
          token,
          method: "PATCH",
          json: { name: " Rani ", locale: "id-ID", timezone: "Asia/Jakarta" }
        })
        assert.deepStrictEqual(
          [changed.body.name, changed.body.locale, changed.body.timezone, changed.body.emailVerified],
          ["Rani", "id-ID", "Asia/Jakarta", false]
        )
        assert.strictEqual(
          (yield* fetch("/v1/me", { token, method: "PATCH", json: { locale: null } })).body.locale,
          null
        )
        const [, record] = (yield* fetch("/v1/audit", { token })).body.data
        assert.deepStrictEqual([record.action, record.after.name], ["user.profile_changed", "Rani"])
        const before = yield* fetch("/v1/me/preferences", { token })
        assert.deepStrictEqual(before.body, { theme: "system", newDeviceAlerts: true, console: {} })
        const json = { theme: "dark", newDeviceAlerts: false, console: { columns: ["name", 1, null] } }
        assert.strictEqual((yield* fetch("/v1/me/preferences", { token, method: "PUT", json })).status, 200)
        assert.deepStrictEqual((yield* fetch("/v1/me/preferences", { token })).body, json)
        const big = { ...json, console: { text: "x".repeat(20_000) } }
        assert.strictEqual((yield* fetch("/v1/me/preferences", { token, method: "PUT", json: big })).status, 400)
        const events = yield* fetch("/v1/me/security-events", { token })
        assert.strictEqual(events.body.data[0].type, "signed_in")
      }).pipe(Effect.scoped))

    it.effect("a picture is shown to the own organization, as a picture and nothing else", () =>
      Effect.gen(function*() {
        const { fetch, owner, token } = yield* signedIn
        const stranger = yield* signedIn
        const path = `/v1/members/${owner.id}/avatar`
        assert.strictEqual((yield* fetch(path, { token })).status, 404)
        const png = Buffer.concat([Buffer.from("\x89PNG\r\n\x1a\n", "latin1"), Buffer.from("<script>")])
        const set = (data: Buffer) =>
          fetch("/v1/me/avatar", { token, method: "PUT", json: { data: data.toString("base64") } })
        const html = yield* set(Buffer.from("<svg onload=alert(1)>"))
        assert.deepStrictEqual([html.status, html.body.field], [422, "/data"])
        assert.strictEqual((yield* set(Buffer.concat([png, Buffer.alloc(300_000)]))).status, 413)
        assert.strictEqual((yield* set(png)).status, 204)
        const shown = yield* fetch(path, { token })
        assert.deepStrictEqual(
          [shown.status, shown.headers.get("content-type"), shown.headers.get("x-content-type-options")],
          [200, "image/png", "nosniff"]
        )
        assert.include(shown.headers.get("content-security-policy") ?? "", "sandbox")
        assert.strictEqual((yield* stranger.fetch(path, { token: stranger.token })).status, 404)
        assert.strictEqual((yield* fetch("/v1/me/avatar", { token, method: "DELETE" })).status, 204)
        assert.strictEqual((yield* fetch(path, { token })).status, 404)
      }).pipe(Effect.scoped))
  })
})

describe("PasswordPolicy", () => {
  layer(Layer.empty)((it) => {
    const judge = (text: string) =>
      Effect.match(
        check({ password: Redacted.make(text), words: ["rani.putri@example.com", "Rani Putri"], field: "/p" }),
        {
          onSuccess: () => "good" as const,
          onFailure: ({ detail }) => detail ?? ""
        }
      )

    it.effect("refuses what attackers try first, and nothing for how it is composed", () =>
      Effect.gen(function*() {
        const bad = [
          "short",
          "password123",
          "PASSWORD-2024",
          "qwertyuiop",
          "1234567890",
          "dragon12345",
          "aaaaaaaaaaaa",
          "abcabcabcabc",
          "rani.putri",
          "RaniPutri2024",
          "wicara-2026!",
          "example.com"
        ]
        for (const text of bad) assert.notStrictEqual(yield* judge(text), "good", text)
        const good = [
          "correct horse battery",
          "katasandi panjang sekali",
          "                 x y z",
          "ßðđŋħĸłþøæ",
          "密码密码安全吗我不知道",
          "n0t-in-any-list-7",
          "a".repeat(3) + " long enough " + "b".repeat(200)
        ]
        for (const text of good) assert.strictEqual(yield* judge(text), "good", text)
      }))

    it.effect("asks a range service by five digits, and goes on without it when it is away", () =>
      Effect.gen(function*() {
        const asked: Array<string> = []
        // SHA-1 of "breached by somebody else".
        const digest = Array.from(
          new Uint8Array(
            yield* Effect.promise(() =>
              crypto.subtle.digest("SHA-1", new TextEncoder().encode("breached by somebody else"))
            )
          ),
          (byte) => byte.toString(16).padStart(2, "0")
        ).join("").toUpperCase()
        const service = (status: number) =>
          HttpClient.make((request) => {
            asked.push(request.url)
            const body = `0000000000000000000000000000000000A:3\r\n${digest.slice(5)}:12\r\n`
            return Effect.succeed(HttpClientResponse.fromWeb(request, new Response(body, { status })))
          })
        const judgeBy = (status: number, text: string) =>
          rangeService("https://range.example/").pipe(
            Effect.provideService(HttpClient.HttpClient, service(status)),
            Effect.flatMap((isBreached) => Effect.provideService(judge(text), BreachedPasswords, isBreached))
          )
        assert.include(yield* judgeBy(200, "breached by somebody else"), "breach")
        assert.strictEqual(yield* judgeBy(200, "known to nobody at all"), "good")
        assert.strictEqual(yield* judgeBy(503, "breached by somebody else"), "good")
        assert.strictEqual(asked[0] ?? "", `https://range.example/range/${digest.slice(0, 5)}`)
      }))
  })
})
