import { assert, describe, layer } from "@effect/vitest"
import { Effect, Layer, Schedule, Schema } from "effect"
import { HttpRouter, HttpServer } from "effect/http"
import { TestClock } from "effect/testing"
import { HttpApi, HttpApiBuilder } from "effect/http-api"
import { SqlClient } from "effect/sql"
import { ApiKeys } from "@wicara/core/ApiKeys"
import { verifyAccess } from "@wicara/core/Authentication/Http"
import { layerMiddleware } from "@wicara/core/Http"
import { JobBatches } from "@wicara/core/JobBatches"
import * as Jobs from "@wicara/core/Jobs"
import { MasterKeys } from "@wicara/core/MasterKeys"
import * as Migrations from "@wicara/core/Migrations"
import { Organizations } from "@wicara/core/Organizations"
import * as ProblemResponses from "@wicara/core/ProblemResponses"
import { RequestProblems } from "@wicara/core/RequestProblems"
import { module as coreModule } from "@wicara/core/CoreModule"
import { PermissionRegistry } from "@wicara/core/Roles"
import { ModuleRegistry } from "@wicara/core/Module"
import * as CoreSql from "@wicara/core/sql/layer"
import { migrations as coreMigrations } from "@wicara/core/sql/migrations"
import { CurrentActor, CurrentOrganization, systemActor } from "@wicara/core/Tenancy"
import { Users } from "@wicara/core/Users"
import { KnowledgeBatches } from "@wicara/knowledge/KnowledgeBatches"
import { KnowledgeApi } from "@wicara/knowledge/KnowledgeItems/Api"
import * as KnowledgeHttp from "@wicara/knowledge/KnowledgeItems/Http"
import { module } from "@wicara/knowledge/module"
import { layerSql } from "@wicara/knowledge/sql/layer"
import { migrations } from "@wicara/knowledge/sql/migrations"
import * as TestDatabase from "@wicara/testing/TestDatabase"

const api = HttpApi.make("wicara").add(KnowledgeApi).middleware(RequestProblems)

const handlers = KnowledgeHttp.layer.pipe(Layer.provideMerge(layerMiddleware))

interface RequestOptions {
  readonly method?: string
  readonly json?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

const decodeJson = Schema.decodeUnknownSync(Schema.fromJsonString(Schema.Any))

/** Asks the API by requests as they come over the wire. */
const serve = Effect.gen(function*() {
  const context = yield* Effect.context<Layer.Services<typeof handlers>>()
  const routes = Layer.merge(
    ProblemResponses.layer(api),
    HttpApiBuilder.layer(api).pipe(Layer.provide(handlers))
  ).pipe(Layer.provide(Layer.succeedContext(context)))
  const { dispose, handler } = HttpRouter.toWebHandler(
    routes.pipe(Layer.provide(HttpServer.layerServices)) as Layer.Layer<never>,
    { disableLogger: true }
  )
  yield* Effect.addFinalizer(() => Effect.promise(dispose))
  return (token: string) => (path: string, options: RequestOptions = {}) =>
    Effect.promise(() =>
      handler(
        new Request(`http://localhost/v1/knowledge${path}`, {
          method: options.method ?? (options.json === undefined ? "GET" : "POST"),
          headers: {
            authorization: `Bearer ${token}`,
            ...(options.json === undefined ? {} : { "content-type": "application/json" }),
            ...options.headers
          },
          ...(options.json === undefined ? {} : { body: JSON.stringify(options.json) })
        })
      ).then((response) =>
        response.text().then((text) => ({
          status: response.status,
          headers: response.headers,
          body: text === "" ? undefined : decodeJson(text)
        }))
      )
    )
})

let counter = 0

/** A new organization's API key with every permission, and one that can only read. */
const keys = Effect.gen(function*() {
  const n = ++counter
  const owner = yield* Users.use((users) => users.create({ email: `o${n}@example.com`, name: `Owner ${n}` }))
  const organization = yield* Organizations.use((all) => all.create({ name: `Company ${n}` }, owner.id)).pipe(
    Effect.provideService(CurrentActor, systemActor("test"))
  )
  const key = (...scopes: ReadonlyArray<string>) =>
    Effect.map(
      ApiKeys.use((all) => all.create({ name: "K", scopes })).pipe(
        Effect.provideService(CurrentOrganization, { id: organization.id }),
        Effect.provideService(CurrentActor, {
          actor: { _tag: "User", id: owner.id },
          permissions: new Set(["*"])
        })
      ),
      (made) => made.key
    )
  return {
    organizationId: organization.id,
    write: yield* key("knowledge:read", "knowledge:write"),
    read: yield* key("knowledge:read")
  }
})

const signedIn = Effect.gen(function*() {
  const { organizationId, read, write } = yield* keys
  const fetch = yield* serve
  return { organizationId, fetch: fetch(write), reading: fetch(read) }
})

const numbers = (count: number) => Array.from({ length: count }, (_, n) => n)

const question = { kind: "question", title: "How do I pay my bill?", body: "By bank transfer, before the 10th." }

describe.each(TestDatabase.all)("The HTTP API of knowledge on $name", (database) => {
  const services = KnowledgeBatches.layer.pipe(
    Layer.provideMerge(layerSql),
    Layer.provideMerge(JobBatches.layerSql),
    Layer.provideMerge(Layer.orDie(Jobs.Jobs.layerSql)),
    Layer.provideMerge(CoreSql.layerSql),
    Layer.provideMerge(Layer.orDie(ModuleRegistry.layer([coreModule, module]))),
    Layer.provideMerge(MasterKeys.layerTest),
    Layer.provideMerge(Layer.effectDiscard(Effect.orDie(Migrations.run([coreMigrations, migrations])))),
    Layer.provideMerge(database.layer)
  )

  layer(services)((it) => {
    it.effect("an item is created, read, listed, published, unpublished and deleted", () =>
      Effect.gen(function*() {
        const { fetch } = yield* signedIn
        const made = yield* fetch("/items", { json: { ...question, status: "draft", externalKey: "pay" } })
        assert.deepStrictEqual([made.status, made.body.status, made.body.version], [201, "draft", 0])
        const taken = yield* fetch("/items", { json: { ...question, externalKey: "pay" } })
        assert.deepStrictEqual([taken.status, taken.body.type], [409, "https://wicara.dev/problems/conflict"])
        const item = `/items/${made.body.id}`
        const published = yield* fetch(`${item}/publish`, { method: "POST" })
        assert.deepStrictEqual([published.status, published.body.status, published.body.version], [200, "published", 1])
        const listed = yield* fetch("/items?status=published&kind=question&language=en&limit=1")
        assert.deepStrictEqual([listed.body.data.length, listed.body.nextCursor], [1, null])
        assert.deepStrictEqual((yield* fetch("/items?status=draft")).body.data, [])
        assert.strictEqual((yield* fetch("/items?cursor=x")).status, 422)
        assert.strictEqual((yield* fetch("/items?status=unknown")).status, 400)
        const unpublished = yield* fetch(`${item}/unpublish`, { method: "POST" })
        assert.strictEqual(unpublished.body.status, "draft")
        assert.lengthOf((yield* fetch(`${item}/versions`)).body.data, 1)
        assert.strictEqual((yield* fetch(item, { method: "DELETE" })).status, 204)
        assert.strictEqual((yield* fetch(item)).status, 404)
        assert.lengthOf((yield* fetch(`${item}/versions`)).body.data, 1, "what was cited can still be read")
      }))

    it.effect("many items are published at once in the background, and what is written meanwhile is left alone", () =>
      Effect.gen(function*() {
        const { fetch, organizationId, reading } = yield* signedIn
        const draft = (n: number) => ({ json: { ...question, title: `Question ${n}`, status: "draft" } })
        for (let n = 0; n < 5; n++) yield* fetch("/items", draft(n))
        const article = yield* fetch("/items", { json: { ...question, kind: "article", status: "draft" } })
        const request = { json: { action: "publish", filter: { status: "draft", kind: "question" } } }
        assert.strictEqual((yield* reading("/items/batches", request)).status, 403)
        const started = yield* fetch("/items/batches", request)
        assert.deepStrictEqual([started.status, started.body.name, started.body.state], [
          202,
          "knowledge.publish",
          "filling"
        ])
        const late = yield* fetch("/items", draft(6))
        yield* Layer.build(KnowledgeBatches.layerWorker)
        const batch = yield* Effect.repeat(
          // Time passes: a worker that met another one waits a moment before it tries again.
          Effect.andThen(
            Effect.all([TestClock.adjust("100 millis"), TestClock.withLive(Effect.sleep("20 millis"))]),
            JobBatches.use((batches) => batches.get(started.body.id)).pipe(
              Effect.provideService(CurrentOrganization, { id: organizationId })
            )
          ),
          { until: ({ endedAt }) => endedAt !== null, times: 1000 }
        )
        assert.deepStrictEqual([batch.state, batch.total, batch.done], ["completed", 5, 5])
        const published = (yield* fetch("/items?status=published")).body.data
        assert.sameMembers(published.map(({ title }: any) => title), numbers(5).map((n) => `Question ${n}`))
        for (const { body } of [article, late]) {
          assert.strictEqual((yield* fetch(`/items/${body.id}`)).body.status, "draft")
        }
        const first = yield* fetch("/items?sort=createdAt&limit=4")
        const rest = yield* fetch(`/items?sort=createdAt&limit=4&cursor=${first.body.nextCursor}`)
        const ids = [...first.body.data, ...rest.body.data].map(({ id }: any) => id)
        assert.deepStrictEqual([ids.length, ids], [7, ids.toSorted()])
        const refused = yield* fetch("/items?sort=title")
        assert.strictEqual(refused.status, 400)
        assert.include(JSON.stringify(refused.body), "-createdAt")
        const none = yield* (yield* signedIn).fetch("/items/batches", { json: { action: "delete", filter: {} } })
        assert.deepStrictEqual([none.status, none.body.state, none.body.total], [202, "completed", 0])
      }))

    it.effect("a batch whose filler was given up has failed, and does what it was for when it is tried again", () =>
      Effect.gen(function*() {
        const { fetch, organizationId } = yield* signedIn
        const within = Effect.provideService(CurrentOrganization, { id: organizationId })
        const sql = yield* SqlClient.SqlClient
        const batches = yield* JobBatches
        const made = yield* fetch("/items", { json: { ...question, status: "draft" } })
        const request = { json: { action: "publish", filter: { ids: [made.body.id] } } }
        const { body } = yield* fetch("/items/batches", request)
        const [filler] = (yield* within(batches.jobs(body.id, {}))).data
        assert.strictEqual(filler?.queue, "knowledge.fill_batch")
        // Its process died in its last attempt.
        yield* sql`UPDATE core_jobs SET state = 'failed' WHERE id = ${filler?.id ?? ""}`
        yield* batches.sweep
        assert.deepInclude(yield* within(batches.get(body.id)), { state: "failed", total: 1, failed: 1 })
        assert.isNotNull((yield* within(batches.jobs(body.id, { state: "failed" }))).data[0]?.reason)
        yield* within(batches.retryFailed(body.id)).pipe(Effect.provideService(CurrentActor, systemActor("test")))
        yield* Layer.build(KnowledgeBatches.layerWorker)
        const batch = yield* TestClock.withLive(
          Effect.repeat(within(batches.get(body.id)), {
            until: ({ endedAt }) => endedAt !== null,
            schedule: Schedule.spaced("20 millis")
          }).pipe(Effect.timeout("20 seconds"))
        )
        assert.deepStrictEqual([batch.state, batch.total, batch.done], ["completed", 1, 1])
        assert.strictEqual((yield* fetch(`/items/${made.body.id}`)).body.status, "published")
      }))

    it.effect("a change names the revision it saw, and is refused when somebody else was faster", () =>
      Effect.gen(function*() {
        const { fetch } = yield* signedIn
        const made = yield* fetch("/items", { json: question })
        const path = `/items/${made.body.id}`
        const etag = (yield* fetch(path)).headers.get("etag") ?? ""
        assert.strictEqual(etag, `"${made.body.revision}"`)
        const patch = (body: string, ifMatch?: string) =>
          fetch(path, {
            method: "PATCH",
            json: { body },
            headers: ifMatch === undefined ? {} : { "if-match": ifMatch }
          })
        const answers = yield* Effect.forEach(["By card.", "By cash."], (body) => patch(body, etag), {
          concurrency: "unbounded"
        })
        assert.deepStrictEqual(answers.map(({ status }) => status).toSorted(), [200, 412])
        const changed = answers.find(({ status }) => status === 200)
        const refused = answers.find(({ status }) => status === 412)
        assert.strictEqual(refused?.body.type, "https://wicara.dev/problems/revision-mismatch")
        assert.strictEqual(refused?.body.currentRevision, changed?.body.revision)
        assert.strictEqual(changed?.headers.get("etag"), `"${changed?.body.revision}"`)
        assert.notStrictEqual(changed?.headers.get("etag"), etag)
        assert.strictEqual((yield* fetch(path)).body.body, changed?.body.body)
        assert.strictEqual((yield* patch("By any.", "*")).status, 200)
        assert.strictEqual((yield* patch("By hand.")).status, 200)
        assert.strictEqual((yield* patch("By whom?", "yesterday")).status, 400)
      }))

    it.effect("search answers with the parts that it found", () =>
      Effect.gen(function*() {
        const { fetch, reading } = yield* signedIn
        yield* fetch("/items", { json: question })
        yield* fetch("/items", { json: { ...question, title: "Where is the office?", body: "In Bandung." } })
        const found = yield* reading("/search", { json: { text: "paying the bill", limit: 1 } })
        assert.strictEqual(found.status, 200)
        assert.deepStrictEqual(
          found.body.data.map((hit: { readonly title: string }) => hit.title),
          ["How do I pay my bill?"]
        )
        assert.strictEqual((yield* reading("/search", { json: { text: "x", limit: 51 } })).status, 400)
        const [hit] = found.body.data
        const cited = yield* reading(`/chunks/${hit.chunkId}`)
        assert.deepStrictEqual([cited.status, cited.body.text, cited.body.version], [200, question.body, 1])
        yield* fetch(`/items/${hit.itemId}`, { method: "PATCH", json: { body: "By card." } })
        assert.strictEqual((yield* reading(`/chunks/${hit.chunkId}`)).body.text, question.body, "as of its version")
        assert.strictEqual((yield* (yield* signedIn).reading(`/chunks/${hit.chunkId}`)).status, 404)
      }))

    it.effect("an import answers with a report, and is repeated by its key without effect", () =>
      Effect.gen(function*() {
        const { fetch } = yield* signedIn
        const json = {
          files: [
            { path: "faq.csv", content: "question,answer\nWhere?,Bandung\nWhen?,\n" },
            { path: "hours.md", content: "# Hours\n\nFrom 8." }
          ]
        }
        const headers = { "idempotency-key": "import-1" }
        const report = yield* fetch("/import", { json, headers })
        assert.strictEqual(report.status, 200)
        assert.deepStrictEqual([report.body.imported, report.body.failed], [2, 1])
        assert.strictEqual(report.body.rows[1].line, 3)
        assert.deepStrictEqual((yield* fetch("/import", { json, headers })).body, report.body)
        assert.deepStrictEqual((yield* fetch("/import", { json })).body.skipped, 2)
        assert.lengthOf((yield* fetch("/items")).body.data, 2)
        assert.strictEqual((yield* fetch("/import", { json: { files: [] } })).status, 400)
      }))

    it.effect("the same creation with one key makes one item", () =>
      Effect.gen(function*() {
        const { fetch } = yield* signedIn
        const make = fetch("/items", { json: question, headers: { "idempotency-key": "once" } })
        const first = yield* make
        assert.strictEqual((yield* make).body.id, first.body.id)
        assert.lengthOf((yield* fetch("/items")).body.data, 1)
      }))

    it.effect("who may only read can't change; what belongs to others is not found", () =>
      Effect.gen(function*() {
        const { fetch, reading } = yield* signedIn
        const other = yield* signedIn
        const { id } = (yield* fetch("/items", { json: question })).body
        const changes: ReadonlyArray<readonly [string, RequestOptions]> = [
          [`/items/${id}`, { method: "PATCH", json: { body: "X" } }],
          [`/items/${id}`, { method: "DELETE" }],
          [`/items/${id}/publish`, { method: "POST" }],
          [`/items/${id}/unpublish`, { method: "POST" }]
        ]
        const additions: ReadonlyArray<readonly [string, RequestOptions]> = [
          ["/items", { json: question }],
          ["/import", { json: { files: [{ path: "a.md", content: "A" }] } }]
        ]
        for (const [path, options] of [...changes, ...additions]) {
          const answer = yield* reading(path, options)
          assert.deepStrictEqual([answer.status, answer.body.permission], [403, "knowledge:write"], path)
        }
        const reads: ReadonlyArray<readonly [string, RequestOptions]> = [[`/items/${id}`, {}], [
          `/items/${id}/versions`,
          {}
        ]]
        for (const [path, options] of [...changes, ...reads]) {
          assert.strictEqual((yield* other.fetch(path, options)).status, 404, path)
        }
        assert.deepStrictEqual((yield* other.fetch("/items")).body.data, [])
        assert.deepStrictEqual((yield* other.fetch("/search", { json: { text: "pay my bill" } })).body.data, [])
        assert.strictEqual((yield* reading(`/items/${id}`)).body.body, question.body)
      }))

    it.effect("every endpoint says who may call it", () =>
      Effect.flatMap(PermissionRegistry, (registry) => verifyAccess(api, registry)))
  })
})
