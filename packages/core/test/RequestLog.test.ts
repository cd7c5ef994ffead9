import { assert, describe, it, layer } from "@effect/vitest"
import { Authentication } from "@wicara/core/Authentication"
import * as Id from "@wicara/core/Id"
import { PersonalData } from "@wicara/core/LoggedRequest"
import * as Permissions from "@wicara/core/Permissions"
import { RequestLog } from "@wicara/core/RequestLog"
import { CurrentOrganization, OrganizationId, UserId } from "@wicara/core/Tenancy"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import { Effect, Layer, Schema } from "effect"
import { HttpApi, HttpApiBuilder, HttpApiEndpoint, HttpApiGroup } from "effect/http-api"
import { TestClock } from "effect/testing"
import { layerMiddleware } from "@wicara/core/Http"
import { coreApi, coreHandlers, peerHeader, serve } from "./http.ts"
import { core, migrated, newTenant, password } from "./layers.ts"

class PeopleApi extends HttpApiGroup.make("people")
  .add(
    HttpApiEndpoint.get("get", "/v1/people/:id/notes", {
      params: { id: Schema.String },
      success: Schema.Struct({ ok: Schema.Boolean })
    })
      .annotate(Permissions.Access, Permissions.member)
      .annotate(PersonalData, { type: "person", parameter: "id", access: "read" })
  )
  .middleware(Authentication)
{}

const peopleApi = HttpApi.make("wicara").add(PeopleApi)
const people = HttpApiBuilder.group(
  peopleApi,
  "people",
  (handlers) => handlers.handle("get", () => Effect.succeed({ ok: true }))
).pipe(Layer.provideMerge(layerMiddleware))

describe.each(TestDatabase.all)("The request log on $name", (database) => {
  layer(core.pipe(Layer.provideMerge(migrated(database))), { excludeTestServices: true })((it) => {
    it.effect("tells who asked for what, how it ended, and whose personal data was read, each organization its own", () =>
      Effect.gen(function*() {
        const [one, two] = [yield* newTenant, yield* newTenant]
        const fetch = yield* serve(coreApi, coreHandlers)
        const other = yield* serve(peopleApi, people)
        const headers = { [peerHeader]: "203.0.113.31", "user-agent": "test", "x-request-id": "request-1" }
        const signIn = (email: string) =>
          Effect.map(fetch("/v1/sessions", { json: { email, password } }), ({ body }) => body.token as string)
        const [token, foreign] = [yield* signIn(one.email), yield* signIn(two.email)]
        assert.strictEqual((yield* fetch("/v1/members?limit=1", { token, headers })).status, 200)
        assert.strictEqual((yield* fetch("/v1/members", { token, json: {} })).status, 400)
        assert.strictEqual((yield* other("/v1/people/p-17/notes?x=1", { token, headers })).status, 200)
        yield* RequestLog.use((log) => log.flush)
        const { data } = (yield* fetch("/v1/requests", { token })).body
        assert.deepStrictEqual(
          data.map(({ endpoint, outcome, path, status }: any) => [endpoint, path, status, outcome]),
          [
            ["people.get", "/v1/people/p-17/notes", 200, "success"],
            ["members.add", "/v1/members", 400, "client_error"],
            ["members.list", "/v1/members", 200, "success"]
          ]
        )
        assert.deepInclude(data[2], {
          requestId: "request-1",
          address: "203.0.113.31",
          userAgent: "test",
          method: "GET"
        })
        assert.deepStrictEqual(data[2].actor, { _tag: "User", id: one.owner.id })
        const read = (yield* fetch("/v1/requests?subjectType=person&subjectId=p-17", { token })).body.data
        assert.deepStrictEqual(read.map(({ subject }: any) => subject), [{
          type: "person",
          id: "p-17",
          access: "read"
        }])
        assert.lengthOf((yield* fetch("/v1/requests?outcome=client_error", { token })).body.data, 1)
        assert.lengthOf((yield* fetch("/v1/requests?personalData=true", { token })).body.data, 1)
        assert.lengthOf((yield* fetch("/v1/requests", { token: foreign })).body.data, 0)
        for (const method of ["GET", "DELETE"]) {
          yield* fetch(`/v1/members/${two.owner.id}`, { token, method })
        }
        yield* RequestLog.use((log) => log.flush)
        const ofMember = yield* fetch(`/v1/requests?subjectType=member&subjectId=${two.owner.id}`, { token })
        assert.deepStrictEqual(
          ofMember.body.data.map(({ status, subject }: any) => [subject.access, status]),
          [["delete", 404], ["read", 404]]
        )
      }))
  })

  it.effect("requests are kept for a month, those about personal data for a year", () =>
    Effect.gen(function*() {
      const log = yield* RequestLog
      const organizationId = yield* Id.next(OrganizationId)
      const id = yield* Id.next(UserId)
      const request = {
        organizationId,
        actor: { _tag: "User", id } as const,
        requestId: undefined,
        method: "GET",
        path: "/v1/x",
        status: 200,
        durationMillis: 3,
        address: undefined,
        userAgent: undefined
      }
      yield* log.add(request)
      yield* log.add({ ...request, subject: { type: "contact", id: "1", access: "read" } })
      yield* log.flush
      const left = Effect.map(
        log.list({}).pipe(Effect.provideService(CurrentOrganization, { id: organizationId })),
        ({ data }) => data.map(({ subject }) => subject?.type)
      )
      assert.deepStrictEqual(yield* left, ["contact", undefined])
      assert.strictEqual(yield* log.cleanup(10), 0)
      yield* TestClock.adjust("31 days")
      assert.strictEqual(yield* log.cleanup(10), 1)
      assert.deepStrictEqual(yield* left, ["contact"])
      yield* TestClock.adjust("340 days")
      assert.strictEqual(yield* log.cleanup(10), 1)
      assert.deepStrictEqual(yield* left, [])
    }).pipe(Effect.provide(RequestLog.layerSql.pipe(Layer.provideMerge(migrated(database))))))
})
