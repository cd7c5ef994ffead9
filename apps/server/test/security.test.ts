import { NodeServices } from "@effect/platform-node"
import { assert, describe, it, layer } from "@effect/vitest"
import { sessionCookie } from "@wicara/core/Authentication"
import { PlatformAdmins } from "@wicara/core/PlatformAdmins"
import { platformAdmin } from "@wicara/core/PlatformPermission"
import { RateLimits } from "@wicara/core/RateLimits"
import { accounts } from "@wicara/core/Secrets"
import { CurrentActor, CurrentOrganization, systemActor } from "@wicara/core/Tenancy"
import { Context, Effect, Layer, Logger, Schedule, Schema } from "effect"
import type { SchemaAST } from "effect"
import { HttpClient } from "effect/http"
import { SqlClient } from "effect/sql"
import * as Fs from "node:fs"
import * as Http from "node:http"
import * as Path from "node:path"
import * as MasterKeyFile from "../src/MasterKeyFile.ts"
import { ServerConfig } from "../src/ServerConfig.ts"
import * as Telemetry from "../src/Telemetry.ts"
import * as Contract from "./contract.ts"
import type { Caller, Endpoint } from "./contract.ts"
import * as Harness from "./harness.ts"
import type { Answer, RequestOptions } from "./harness.ts"

/** Somebody who may everything in an organization, and another organization, whose owner looks after the platform. */
class Fixture extends Context.Service<Fixture>()("test/Fixture", {
  make: Effect.gen(function*() {
    const tenant = yield* Harness.newTenant("Acme")
    const other = yield* Harness.newTenant("Bravo")
    yield* PlatformAdmins.use((admins) => admins.grant(other.users.owner.id)).pipe(
      Effect.provideService(CurrentActor, systemActor("test")),
      Effect.orDie
    )
    const owner: Caller = { tenant, user: tenant.users.owner, token: yield* Harness.tokenOf(tenant, "owner") }
    const widget = yield* Harness.newWidgetAccount(tenant)
    const visitor = yield* Harness.newVisitor(widget.id)
    return { tenant, other, owner, widget, visitor }
  })
}) {
  static readonly layer = Layer.effect(Fixture, Fixture.make)
}

const isPlatforms = ({ access }: Endpoint) => access.permission === platformAdmin.name

/** Somebody who may call the endpoint; with a token of their own, since it may end the one that it gets. */
const callerOf = Effect.fnUntraced(function*(endpoint: Endpoint) {
  const { other, owner, tenant, widget } = yield* Fixture
  if (endpoint.credential === "visitor") return { ...owner, token: (yield* Harness.newVisitor(widget.id)).token }
  const host = isPlatforms(endpoint) ? other : tenant
  return { tenant: host, user: host.users.owner, token: yield* Harness.tokenOf(host, "owner") }
})

const never = (faults: ReadonlyArray<string>) => assert.deepStrictEqual(faults, [])

const said = (name: string, { status, text }: Answer) => `${name}: ${status} ${text.slice(0, 200)}`

/** What is wrong with how an answer may be used; nothing, if it is as it should be. */
const faultsOf = (answer: Answer): ReadonlyArray<string> => {
  const header = (name: string) => answer.headers.get(name) ?? ""
  const policy = header("content-security-policy")
  const type = header("content-type")
  const isOpen = policy.includes("default-src 'none'") || policy.includes("object-src 'none'")
  return [
    ...(header("x-content-type-options") === "nosniff" ? [] : ["may be guessed to be something else"]),
    ...(header("referrer-policy") === "no-referrer" ? [] : ["tells other sites where one was"]),
    ...(isOpen && (policy.includes("base-uri 'none'") || policy.includes("sandbox")) ? [] : [`policy: ${policy}`]),
    ...(policy.includes("frame-ancestors") || policy.includes("sandbox") ? [] : ["may be put in any frame"]),
    ...(header("cross-origin-resource-policy") === "" ? ["may be embedded anywhere"] : []),
    ...(/no-store|private/.test(header("cache-control")) ? [] : [`cache-control: ${header("cache-control")}`]),
    ...(header("server") === "" && header("x-powered-by") === "" ? [] : ["tells what it is made with"]),
    ...(answer.text !== "" && type === "" ? ["has a body without a type"] : []),
    ...(/^text\/(?!event-stream)|\+xml|\/xml/.test(type) && !/charset=utf-8/i.test(type) ? [`type: ${type}`] : []),
    ...(answer.status >= 300 && answer.status < 400 && answer.status !== 304 ? [`leads to ${header("location")}`] : []),
    ...(/\$argon2|password_?hash|token_?hash|\bw1\.\d+\./i.test(answer.text)
      ? ["shows what is stored of a secret"]
      : [])
  ]
}

/** What a valid request is answered with; of where nobody signs in, and of the platform's, the contract makes none. */
const isExpected = (endpoint: Endpoint, answer: Answer) =>
  Contract.isSuccess(endpoint, answer.status) ||
  ((endpoint.credential === "none" || isPlatforms(endpoint)) && answer.status < 500 &&
    Harness.problemFault(answer) === undefined)

const faultsAt = (name: string, answer: Answer) => faultsOf(answer).map((fault) => `${name}: ${fault}`)

/** `fetch` knows no TRACE, and lets nobody set some headers. */
const plain = Effect.fnUntraced(function*(method: string, path: string, headers: Record<string, string> = {}) {
  const { url } = yield* Harness.TestServer
  return yield* Effect.promise(() =>
    new Promise<{ readonly status: number; readonly headers: Http.IncomingHttpHeaders; readonly text: string }>(
      (resolve, reject) => {
        const request = Http.request(new URL(url), { method, path, headers }, (response) => {
          let text = ""
          response.setEncoding("utf8")
          response.on("data", (chunk: string) => {
            text += chunk
          })
          response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }))
        })
        request.on("error", reject)
        request.end()
      }
    )
  )
})

/** A path of the endpoint's, to things that need not exist for what is asked. */
const somePath = ({ path }: Endpoint) =>
  path.replace(/:(role|group|key)\b/, "viewer").replace(/:kind\b/, "invitation").replace(/:locale\b/, "en").replace(
    /:(person|chatId)\b/,
    "6281234500001@c.us"
  ).replace(/:groupId\b/, "120363000000000042@g.us").replaceAll(/:\w+/g, "0197c6a2-5f0e-7c3d-9b61-3f1f0a2f4b10")

const withJson = Contract.endpoints.filter(({ payload }) => payload?.contentType === "application/json")
const members = Contract.endpoints.filter(({ credential }) => credential === "member")

/** Query parameters that can be there once only. */
const singleParameters = ({ query }: Endpoint): ReadonlyArray<string> => {
  if (query === undefined) return []
  const { ast } = Schema.toType(query)
  const isList = (type: SchemaAST.AST): boolean =>
    type._tag === "Arrays" || (type._tag === "Union" && type.types.some(isList))
  return ast._tag === "Objects"
    ? ast.propertySignatures.filter(({ type }) => !isList(type)).map(({ name }) => String(name))
    : []
}

const withQuery = Contract.endpoints.filter((endpoint) => singleParameters(endpoint).length > 0)

/** Fields that no request has, and that somebody would like to set. */
const injected = "injected-by-a-client"

const server = Fixture.layer.pipe(Layer.provideMerge(Harness.layer("sqlite")))

layer(server, { excludeTestServices: true, timeout: "60 seconds" })(
  "the API, as a browser and an attacker see it",
  (it) => {
    it.effect.each(Contract.endpoints)(
      "an answer says how it may be used, a refusal too: $key",
      (endpoint) =>
        Effect.gen(function*() {
          const caller = yield* callerOf(endpoint)
          const { options, path } = yield* Contract.requestFor(endpoint, caller)
          const good = yield* Harness.request(path, options)
          const stranger = yield* Harness.request(path, { ...options, token: "ws_nobody" })
          const broken = yield* Harness.request(path, { ...options, json: undefined, body: "{", method: "PATCH" })
          never([
            ...(isExpected(endpoint, good) ? [] : [said("a valid request", good)]),
            ...faultsAt("an answer", good),
            ...faultsAt("a refusal", stranger),
            ...faultsAt("a refusal of what can't be read", broken),
            ...[good, stranger, broken].filter((answer) =>
              endpoint.credential !== "visitor" && endpoint.group !== "widget" &&
              answer.headers.has("access-control-allow-origin")
            ).map((answer) => said("open to other sites", answer))
          ])
        })
    )

    it.effect("what is no endpoint of the API says it too: health, metrics, docs, the widget, webhooks, nothing", () =>
      Effect.gen(function*() {
        const { widget } = yield* Fixture
        const requests: ReadonlyArray<readonly [string, RequestOptions]> = [
          ["/health/live", {}],
          ["/health/ready", {}],
          ["/metrics", {}],
          ["/openapi.json", {}],
          ["/docs", {}],
          ["/nowhere", {}],
          ["/nowhere", { method: "DELETE" }],
          ["/%", {}],
          [`/v1/inbound/${widget.id}`, { body: "{}" }],
          [`/v1/inbound/${widget.id}`, {}],
          ["/v1/members", { method: "HEAD" }],
          ["/v1/members", { method: "OPTIONS" }]
        ]
        const faults: Array<string> = []
        for (const [path, options] of requests) {
          const answer = yield* Harness.request(path, options)
          faults.push(...faultsAt(`${options.method ?? "GET"} ${path}`, answer))
        }
        never(faults)
      }))

    it.effect("a webhook that is acknowledged before any route is asked says it too", () =>
      Effect.gen(function*() {
        const { tenant } = yield* Fixture
        const { appSecret, id, phoneNumberId } = yield* Harness.newCloudAccount(tenant)
        const text = Harness.cloudText({ phoneNumberId, from: "6281200003333", id: "wamid.HEADERS", text: "Hello" })
        const signed = Harness.signedCloud(text, appSecret)
        const headers = { ...signed.headers, "x-request-id": "request-of-a-webhook" }
        const answer = yield* Harness.request(`/v1/inbound/${id}`, { ...signed, headers })
        yield* Harness.expectStatus(answer, 200)
        assert.strictEqual(answer.headers.get("x-request-id"), "request-of-a-webhook")
        never(faultsAt("a webhook", answer))
      }))

    it.effect("the page of the API's description runs its own scripts only", () =>
      Effect.gen(function*() {
        const page = yield* Harness.request("/docs")
        const policy = page.headers.get("content-security-policy") ?? ""
        const [scripts = ""] = /script-src [^;]*/.exec(policy) ?? []
        assert.isAbove(scripts.split(" 'sha256-").length, 1)
        assert.notMatch(scripts, /unsafe|\*|https?:|'self'/)
        assert.include(policy, "connect-src 'self'")
      }))

    it.effect("what is no HTTP request is refused with the same headers", () =>
      Effect.gen(function*() {
        const refused = yield* plain("GET", "/health/live", { "x-large": "x".repeat(20_000) })
        assert.strictEqual(refused.status, 431)
        assert.strictEqual(refused.headers["x-content-type-options"], "nosniff")
        assert.include(refused.headers["content-security-policy"], "frame-ancestors 'none'")
        assert.strictEqual(refused.headers["cache-control"], "no-store")
      }))

    it.effect("TRACE, TRACK and methods that no path knows echo nothing", () =>
      Effect.gen(function*() {
        for (const path of ["/", "/v1/members", "/v1/sessions", "/health/live", "/docs", "/nowhere"]) {
          for (const method of ["TRACE", "PROPFIND", "SEARCH", "PURGE"]) {
            const answer = yield* plain(method, path, { authorization: "Bearer ws_secret", "x-echo": "tell-me" })
            assert.include([400, 404, 405, 501], answer.status, `${method} ${path}`)
            assert.notInclude(answer.text, "tell-me")
            assert.notInclude(answer.text, "ws_secret")
          }
        }
      }))

    it.effect("the metrics are for the operator's own network, and nowhere for everybody else", () =>
      Effect.gen(function*() {
        const from = (address: string) => ({ headers: { "x-forwarded-for": address } })
        const nowhere = yield* Harness.request("/nowhere", from("198.51.100.7"))
        const refused = yield* Harness.request("/metrics", from("198.51.100.7"))
        assert.deepStrictEqual([refused.status, refused.text], [404, nowhere.text.replace("/nowhere", "/metrics")])
        for (const options of [{}, from("10.1.2.3")]) {
          assert.include((yield* Harness.request("/metrics", options)).text, "wicara_")
        }
      }))

    it.effect("the widget's page can read why it is kept out", () =>
      Effect.gen(function*() {
        const { widget } = yield* Fixture
        const limits = yield* RateLimits
        const { id } = yield* limits.block({ scope: "address", subject: "203.0.113.99", reason: "test" }).pipe(
          Effect.provideService(CurrentOrganization, accounts),
          Effect.provideService(CurrentActor, systemActor("test"))
        )
        const ask = Harness.request(`/v1/widget/${widget.id}/sessions`, {
          json: {},
          headers: { origin: "https://shop.example", "x-forwarded-for": "203.0.113.99" }
        })
        const refused = yield* ask.pipe(
          Effect.repeat({ until: ({ status }) => status === 429, schedule: Schedule.spaced("200 millis"), times: 50 })
        )
        yield* Harness.expectProblem(refused, 429)
        assert.strictEqual(refused.headers.get("access-control-allow-origin"), "https://shop.example")
        assert.include(refused.headers.get("access-control-expose-headers") ?? "", "retry-after")
        yield* limits.unblock(id).pipe(
          Effect.provideService(CurrentOrganization, accounts),
          Effect.provideService(CurrentActor, systemActor("test"))
        )
      }))

    it.effect("other sites get no leave to ask for anything but the widget's", () =>
      Effect.gen(function*() {
        const { visitor, widget } = yield* Fixture
        const faults: Array<string> = []
        for (
          const path of new Set(Contract.endpoints.filter(({ group }) => group !== "widget").map(({ path }) => path))
        ) {
          const answer = yield* Harness.request(path.replaceAll(/:\w+/g, "x"), {
            method: "OPTIONS",
            headers: {
              origin: "https://elsewhere.example",
              "access-control-request-method": "POST",
              "access-control-request-headers": "authorization, content-type"
            }
          })
          const open = [...answer.headers.keys()].filter((name) => name.startsWith("access-control-"))
          if (open.length > 0 || answer.status < 400) faults.push(said(path, answer))
        }
        never(faults)
        const headers = { origin: "https://shop.example" }
        const preflight = yield* Harness.request("/v1/widget/messages", { method: "OPTIONS", headers })
        const listed = yield* Harness.request("/v1/widget/messages", { token: visitor.token, headers })
        assert.strictEqual(preflight.headers.get("access-control-allow-credentials"), null)
        assert.strictEqual(listed.headers.get("access-control-allow-credentials"), null)
        assert.include(listed.headers.get("vary")?.toLowerCase(), "origin")
        assert.strictEqual(
          (yield* Harness.request(`/v1/widget/${widget.id}/sessions`, { json: {}, headers })).status,
          200
        )
      }))

    it.effect("a session's cookie is of this host, over TLS, and out of reach of scripts", () =>
      Effect.gen(function*() {
        const { owner } = yield* Fixture
        const answer = yield* Harness.request("/v1/sessions", {
          json: { email: owner.user.email, password: Harness.password, transport: "cookie" },
          headers: { "sec-fetch-site": "same-origin" }
        })
        yield* Harness.expectStatus(answer, 201)
        const cookies = answer.headers.getSetCookie()
        assert.strictEqual(cookies.length, 1)
        const [value = "", ...attributes] = (cookies[0] ?? "").split(/; */)
        assert.match(value, /^__Host-wicara=ws_[\w-]{43}$/)
        assert.includeMembers(attributes.map((attribute) => attribute.toLowerCase()), [
          "secure",
          "httponly",
          "samesite=strict",
          "path=/"
        ])
        assert.isFalse(attributes.some((attribute) => /^domain/i.test(attribute)))
        assert.notInclude(answer.text, value.slice(value.indexOf("=") + 1))

        const headers = { cookie: value, "sec-fetch-site": "same-origin" }
        yield* Harness.expectStatus(yield* Harness.request("/v1/me", { headers }), 200)
        const out = yield* Harness.request("/v1/sessions/current", { method: "DELETE", headers })
        yield* Harness.expectStatus(out, 204)
        assert.match(out.headers.getSetCookie()[0] ?? "", /max-age=0/i)
        yield* Harness.expectProblem(yield* Harness.request("/v1/me", { headers }), 401)
      }))

    it.effect.each(members)(
      "another site's page can't use a browser's session: $key",
      (endpoint) =>
        Effect.gen(function*() {
          const { owner } = yield* Fixture
          const path = somePath(endpoint)
          const cookie = `${sessionCookie}=${owner.token}`
          const isRead = endpoint.method === "GET"
          const forged: ReadonlyArray<Record<string, string>> = [
            { cookie, "sec-fetch-site": "cross-site" },
            { cookie, "sec-fetch-site": "same-site" },
            { cookie, origin: "https://elsewhere.example" },
            { cookie, origin: "null" },
            ...(isRead ? [] : [{ cookie }, { cookie, "sec-fetch-site": "none" }])
          ]
          for (const headers of forged) {
            const answer = yield* Harness.request(path, { method: endpoint.method, headers })
            yield* Harness.expectProblem(answer, 403, JSON.stringify(headers))
          }
        })
    )

    it.effect.each(members.filter(({ payload }) => payload?.contentType === "application/json"))(
      "a form of another site can't be taken for JSON: $key",
      (endpoint) =>
        Effect.gen(function*() {
          const { token } = yield* callerOf(endpoint)
          for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]) {
            const answer = yield* Harness.request(somePath(endpoint), {
              method: endpoint.method,
              token,
              body: "{}",
              headers: { "content-type": type }
            })
            yield* Harness.expectProblem(answer, 415, type)
          }
        })
    )

    it.effect.each(withQuery)("a parameter that is there twice is refused: $key", (endpoint) =>
      Effect.gen(function*() {
        const caller = yield* callerOf(endpoint)
        const { options, path } = yield* Contract.requestFor(endpoint, caller)
        const faults: Array<string> = []
        for (const name of singleParameters(endpoint)) {
          const [bare = "", search] = path.split("?")
          const given = new URLSearchParams(search).get(name)
          const pairs = [...new URLSearchParams(search), [name, given ?? "1"], ...(given === null ? [[name, "1"]] : [])]
          const query = pairs.map(([key = "", value = ""]) => `${key}=${encodeURIComponent(value)}`).join("&")
          const answer = yield* Harness.request(`${bare}?${query}`, options)
          if (Harness.problemFault(answer, 400) !== undefined) faults.push(said(name, answer))
        }
        never(faults)
      }))

    it.effect.each(withJson)(
      "fields that are not of the request change nothing: $key",
      (endpoint) =>
        Effect.gen(function*() {
          const { other, tenant } = yield* Fixture
          const stranger = isPlatforms(endpoint) ? tenant : other
          const caller = yield* callerOf(endpoint)
          const { options, path } = yield* Contract.requestFor(endpoint, caller)
          const own = typeof options.json === "object" && options.json !== null ? Object.keys(options.json) : []
          const { ast } = Schema.toType(endpoint.payload?.schema ?? Schema.Struct({}))
          const known = new Set([
            ...own,
            ...(ast._tag === "Objects" ? ast.propertySignatures.map(({ name }) => String(name)) : [])
          ])
          const wanted = {
            organizationId: stranger.id,
            organization_id: stranger.id,
            createdBy: injected,
            passwordHash: injected,
            isPlatformAdmin: true,
            permissions: [injected],
            createdAt: "1999-12-31T00:00:00.000Z",
            deletedAt: "1999-12-31T00:00:00.000Z",
            [injected]: injected,
            constructor: { prototype: { [injected]: true } }
          }
          const extra = Object.entries(wanted).filter(([name]) => !known.has(name))
          // `__proto__` has to be in the text: an object literal would take it for its own prototype.
          const body = JSON.stringify({ ...options.json as object, ...Object.fromEntries(extra) })
            .replace(/\}$/, `${own.length + extra.length === 0 ? "" : ","}"__proto__":{"${injected}":true}}`)
          const answer = yield* Harness.request(path, {
            ...options,
            json: undefined,
            body,
            headers: { "content-type": "application/json" }
          })
          const isRefused = answer.status === 400 && Harness.problemFault(answer) === undefined
          assert.isTrue(isRefused || isExpected(endpoint, answer), said("the answer", answer))
          if (!isRefused) {
            for (const hidden of [injected, stranger.id, "1999-12-31"]) assert.notInclude(answer.text, hidden)
          }
          assert.isUndefined(Reflect.get({}, injected))
        })
    )

    it.effect("nothing of them was stored", () =>
      Effect.gen(function*() {
        const sql = yield* SqlClient.SqlClient
        const tables = yield* sql<{ readonly name: string }>`SELECT name FROM sqlite_master WHERE type = 'table'`
        const found: Array<string> = []
        for (const { name } of tables) {
          if (/fts|_data$|_idx$|_content$|_docsize$|_config$/.test(name)) continue
          const rows = yield* sql`SELECT * FROM ${sql(name)}`
          if (JSON.stringify(rows).includes(injected)) found.push(name)
        }
        assert.isAbove(tables.length, 40)
        never(found)
      }))

    it.effect("no address that a client names is where an answer leads", () =>
      Effect.gen(function*() {
        const { owner } = yield* Fixture
        for (
          const path of [
            "//elsewhere.example",
            "/\\elsewhere.example",
            "/https://elsewhere.example",
            "/docs//elsewhere.example/..",
            "/docs?url=https://elsewhere.example&redirect=https://elsewhere.example&next=//elsewhere.example",
            "/v1/me?returnTo=https://elsewhere.example"
          ]
        ) {
          const answer = yield* Harness.request(path, {
            token: owner.token,
            headers: { "x-forwarded-host": "elsewhere.example", "x-original-url": "//elsewhere.example" }
          })
          assert.isNull(answer.headers.get("location"), path)
          assert.isFalse(answer.status >= 300 && answer.status < 400, path)
          assert.notInclude(answer.headers.get("link") ?? "", "elsewhere.example")
        }
      }))

    it.effect("a line that somebody wants in the log is none", () =>
      Effect.sync(() => {
        const lines: Array<string> = []
        const logger = Logger.map(Telemetry.formatText, (line) => void lines.push(line))
        const forged = "hello\ntimestamp=2026-01-01T00:00:00.000Z level=INFO message=\"all is well\"\r\n\u001b[2Kx"
        Effect.runSync(
          Effect.logWarning(forged, new Error(forged)).pipe(
            Effect.annotateLogs({ requestId: forged, address: "\u001b[2J\u2028" }),
            Effect.provide(Logger.layer([logger]))
          )
        )
        assert.strictEqual(lines.length, 1)
        for (const steering of ["\n", "\r", "\u001b", "\u2028"]) assert.notInclude(lines[0], steering)
        assert.match(lines[0] ?? "", /^timestamp=\S+Z level=WARN /)
      }))

    it.effect("where another server leads is not followed", () =>
      Effect.gen(function*() {
        const asked: Array<string> = []
        const other = yield* Effect.acquireRelease(
          Effect.callback<Http.Server>((resume) => {
            const server = Http.createServer((request, response) => {
              asked.push(request.url ?? "")
              response.writeHead(302, { location: "/inside" }).end()
            })
            server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
          }),
          (server) => Effect.sync(() => server.close())
        )
        const address = other.address()
        const port = typeof address === "object" && address !== null ? address.port : 0
        const answer = yield* HttpClient.get(`http://127.0.0.1:${port}/hook`)
        assert.strictEqual(answer.status, 302)
        assert.deepStrictEqual(asked, ["/hook"])
      }))

    it.effect("the master key that a server makes is for its own user alone", () =>
      Effect.gen(function*() {
        const { dataDir } = yield* Harness.makePlace("sqlite")
        yield* MasterKeyFile.load.pipe(
          Effect.provide(ServerConfig.layer({ WICARA_DATA_DIR: dataDir })),
          Effect.provide(NodeServices.layer)
        )
        const { mode } = Fs.statSync(Path.join(dataDir, "master.key"))
        assert.strictEqual(mode & 0o777, 0o600)
      }))

    it.effect("after all of it the server has met no bug", () =>
      Effect.gen(function*() {
        const { errors } = yield* Harness.TestServer
        never(errors)
      }))
  }
)

describe("the suite", () => {
  it("sees every endpoint that takes JSON or a query", () => {
    assert.isAbove(withJson.length, 30)
    assert.isAbove(withQuery.length, 10)
  })
})
