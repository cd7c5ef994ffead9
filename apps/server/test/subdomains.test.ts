import { assert, describe, it, layer } from "@effect/vitest"
import { Memberships } from "@wicara/core/Memberships"
import { Organizations } from "@wicara/core/Organizations"
import { Effect, Schema } from "effect"
import * as Http from "node:http"
import * as Harness from "./harness.ts"

const domain = "chat.example.com"
const variables = {
  WICARA_ORGANIZATIONS_DOMAIN: domain,
  WICARA_PUBLIC_URL: `https://app.${domain}`
}

const decodeJson = Schema.decodeUnknownSync(Schema.fromJsonString(Schema.Any))

interface Options {
  readonly method?: string
  readonly token?: string
  readonly json?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** A request to a host, which `fetch` does not let anybody choose. */
const at = (host: string, path: string, { headers, json, method, token }: Options = {}) =>
  Effect.flatMap(
    Harness.TestServer,
    ({ url }) =>
      Effect.promise(() =>
        new Promise<{ readonly status: number; readonly type: string; readonly body: any }>((resolve, reject) => {
          const request = Http.request(new URL(path, url), {
            method: method ?? (json === undefined ? "GET" : "POST"),
            headers: {
              host,
              ...(json === undefined ? {} : { "content-type": "application/json" }),
              ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
              ...headers
            }
          }, (response) => {
            const parts: Array<Buffer> = []
            response.on("data", (part: Buffer) => parts.push(part))
            response.on("end", () => {
              const text = Buffer.concat(parts).toString()
              const type = response.headers["content-type"] ?? ""
              resolve({ status: response.statusCode ?? 0, type, body: type.includes("json") ? decodeJson(text) : text })
            })
          })
          request.on("error", reject)
          request.end(json === undefined ? undefined : JSON.stringify(json))
        })
      )
  )

const signIn = (host: string, email: string, more: object = {}) =>
  at(host, "/v1/sessions", { json: { email, password: Harness.password, ...more } })

for (const database of Harness.databases) {
  layer(Harness.layer(database, variables), { excludeTestServices: true, timeout: "2 minutes" })(
    `an organization's own address on ${database}`,
    (it) => {
      const two = Effect.gen(function*() {
        const [one, other] = [yield* Harness.newTenant("One"), yield* Harness.newTenant("Two")]
        return { one, other, host: `${one.slug}.${domain}`, otherHost: `${other.slug}.${domain}` }
      })

      it.effect("is that organization, to everybody who asks who it is", () =>
        Effect.gen(function*() {
          const { host, one, other, otherHost } = yield* two
          for (const [name, slug] of [[host, one.slug], [otherHost, other.slug]] as const) {
            const { body, status } = yield* at(name, "/v1/public/organization")
            assert.deepStrictEqual([status, body.slug], [200, slug])
          }
          for (const spelling of [host.toUpperCase(), `${host}:8443`, `${host}.`]) {
            assert.strictEqual((yield* at(spelling, "/v1/public/organization")).body.slug, one.slug, spelling)
          }
        }))

      it.effect("takes its own credentials and refuses those of another, whatever else the request names", () =>
        Effect.gen(function*() {
          const { host, one, other, otherHost } = yield* two
          const token = yield* Harness.tokenOf(one, "owner")
          const { key } = yield* Harness.newApiKey(one)
          for (const credential of [token, key]) {
            const own = yield* at(host, "/v1/organizations/current", { token: credential })
            assert.deepStrictEqual([own.status, own.body.id], [200, one.id])
            const foreign = yield* at(otherHost, "/v1/organizations/current", { token: credential })
            assert.strictEqual(foreign.status, 403)
            assert.strictEqual(foreign.body.detail, "This is another organization's address.")
            assert.notInclude(JSON.stringify(foreign.body), other.id)
            const named = yield* at(otherHost, "/v1/organizations/current", {
              token: credential,
              headers: { "wicara-organization": other.id, "wicara-reason": "to look at it" }
            })
            assert.strictEqual(named.status, 403)
          }
          const changed = yield* at(otherHost, "/v1/organizations/current", {
            method: "PATCH",
            json: { name: "Taken" },
            token
          })
          assert.strictEqual(changed.status, 403)
          // Without a credential the address opens nothing.
          assert.strictEqual((yield* at(host, "/v1/organizations/current")).status, 401)
          // At the server's own address both work as ever.
          for (const name of [`app.${domain}`, domain, "127.0.0.1", "somewhere.else.example"]) {
            assert.strictEqual((yield* at(name, "/v1/organizations/current", { token })).status, 200, name)
          }
        }))

      it.effect("is signed in to there, by its members alone", () =>
        Effect.gen(function*() {
          const { host, one, other, otherHost } = yield* two
          const { email } = one.users.owner
          yield* Memberships.use((all) => all.add({ email, role: "agent" })).pipe(Harness.within(other.id))
          // Of two organizations, the one is meant whose address it is.
          assert.strictEqual(
            (yield* signIn(`app.${domain}`, email)).body.type.split("/").at(-1),
            "organization-required"
          )
          for (const [name, id] of [[host, one.id], [otherHost, other.id]] as const) {
            const { body, status } = yield* signIn(name, email)
            assert.strictEqual(status, 201)
            const own = yield* at(name, "/v1/organizations/current", { token: body.token })
            assert.strictEqual(own.body.id, id)
            const elsewhere = { organizationId: id === one.id ? other.id : one.id }
            const switched = yield* at(name, "/v1/sessions/switch", { json: elsewhere, token: body.token })
            assert.strictEqual(switched.status, 403)
          }
          assert.strictEqual((yield* signIn(host, email, { organizationId: other.id })).status, 403)
          const stranger = yield* signIn(otherHost, one.users.agent.email)
          assert.strictEqual(stranger.status, 403)
          // A page of that address may have the session in a cookie; a page of another organization's may not.
          const json = { email, password: Harness.password, transport: "cookie" }
          const page = (origin: string) => at(host, "/v1/sessions", { json, headers: { origin } })
          assert.strictEqual((yield* page(`https://${host}`)).status, 201)
          assert.strictEqual((yield* page(`https://${otherHost}`)).status, 403)
          assert.strictEqual((yield* page(`https://app.${domain}`)).status, 403)
        }))

      it.effect("that nobody has, or that the product itself needs, is told so in the reader's language", () =>
        Effect.gen(function*() {
          const { host, one } = yield* two
          const token = yield* Harness.tokenOf(one, "owner")
          for (const name of [`nobody-at-all.${domain}`, `www.${domain}`, `a.${host}`]) {
            for (const path of ["/v1/public/organization", "/v1/organizations/current", "/docs", "/"]) {
              const { body, status, type } = yield* at(name, path, { token })
              assert.deepStrictEqual([status, type], [404, "application/problem+json"], `${name}${path}`)
              assert.strictEqual(body.detail, "There is nobody here.")
            }
            assert.strictEqual((yield* at(name, "/health/live")).status, 200)
          }
          const spanish = yield* at(`www.${domain}`, "/v1/me", { headers: { "accept-language": "es" } })
          assert.strictEqual(spanish.body.detail, "Aquí no hay nadie.")
          assert.strictEqual((yield* at(`app.${domain}`, "/v1/public/organization")).status, 404)

          yield* Organizations.use((all) => all.update({ slug: `${one.slug}-moved` })).pipe(Harness.within(one.id))
          assert.strictEqual((yield* at(host, "/v1/public/organization")).status, 404)
          assert.strictEqual((yield* at(`${one.slug}-moved.${domain}`, "/v1/me", { token })).status, 200)
        }))

      it.effect("is believed of a proxy that is trusted, by the last one's word", () =>
        Effect.gen(function*() {
          const { host, one, otherHost } = yield* two
          const forwarded = (value: string) =>
            at(otherHost, "/v1/public/organization", { headers: { "x-forwarded-host": value } })
          assert.strictEqual((yield* forwarded(host)).body.slug, one.slug)
          assert.strictEqual((yield* forwarded(`${otherHost}, ${host}`)).body.slug, one.slug)
        }))
    }
  )

  layer(Harness.layer(database, { ...variables, WICARA_TRUSTED_PROXIES: "none" }), { excludeTestServices: true })(
    `an address behind nobody who is trusted, on ${database}`,
    (it) => {
      it.effect("is the one that the server itself was asked for", () =>
        Effect.gen(function*() {
          const [one, other] = [yield* Harness.newTenant("One"), yield* Harness.newTenant("Two")]
          const { body } = yield* at(`${one.slug}.${domain}`, "/v1/public/organization", {
            headers: { "x-forwarded-host": `${other.slug}.${domain}` }
          })
          assert.strictEqual(body.slug, one.slug)
        }))
    }
  )

  layer(Harness.layer(database), { excludeTestServices: true })(
    `a server whose organizations have no addresses, on ${database}`,
    (it) => {
      it.effect("answers at any host as at its own", () =>
        Effect.gen(function*() {
          const one = yield* Harness.newTenant("One")
          const token = yield* Harness.tokenOf(one, "owner")
          for (const host of [`nobody.${domain}`, `${one.slug}.${domain}`]) {
            assert.strictEqual((yield* at(host, "/v1/me", { token })).status, 200)
            assert.strictEqual((yield* at(host, "/v1/public/organization")).status, 404)
          }
        }))
    }
  )
}

describe("the domain of organizations", () => {
  it("is refused at the start if it is none", async () => {
    const { ServerConfig } = await import("../src/ServerConfig.ts")
    for (
      const wrong of ["https://chat.example.com", "Chat.example.com", "*.example.com", "chat.example.com:8443", ".a"]
    ) {
      const exit = await Effect.runPromiseExit(
        Effect.scoped(Effect.provide(ServerConfig, ServerConfig.layer({ WICARA_ORGANIZATIONS_DOMAIN: wrong })))
      )
      assert.strictEqual(exit._tag, "Failure", wrong)
    }
  })
})
