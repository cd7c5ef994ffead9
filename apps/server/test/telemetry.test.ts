/** The server with a collector beside it: traces from request to provider, and nothing of people in what it tells. */
import { assert, describe, it, layer } from "@effect/vitest"
import { ChannelAccountId } from "@wicara/channels/ChannelAdapter"
import { ChannelAccounts } from "@wicara/channels/ChannelAccounts"
import { WahaEmulator } from "@wicara/testing/WahaEmulator"
import { Context, Effect, Layer, Logger } from "effect"
import * as Http from "node:http"
import type { AddressInfo } from "node:net"
import { formatJson, scrub } from "../src/Telemetry.ts"
import * as Harness from "./harness.ts"

interface Received {
  readonly path: string
  readonly headers: Http.IncomingHttpHeaders
  readonly body: string
}

/** A server that remembers what it gets, and answers as `answer` says. */
const recorder = (answer: (request: Received) => Promise<{ readonly status: number; readonly body: string }>) =>
  Effect.acquireRelease(
    Effect.promise(() => {
      const received: Array<Received> = []
      const server = Http.createServer((request, response) => {
        const chunks: Array<Buffer> = []
        request.on("data", (chunk: Buffer) => chunks.push(chunk)).on("end", () => {
          const one = { path: request.url ?? "", headers: request.headers, body: Buffer.concat(chunks).toString() }
          received.push(one)
          void answer(one).then(({ body, status }) =>
            response.writeHead(status, { "content-type": "application/json" }).end(body)
          )
        })
      })
      return new Promise<{ url: string; received: ReadonlyArray<Received>; close: () => void }>((resolve) =>
        server.listen(0, "127.0.0.1", () =>
          resolve({
            url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
            received,
            close: () => {
              server.closeAllConnections()
              server.close()
            }
          }))
      )
    }),
    ({ close }) => Effect.sync(close)
  )

class World extends Context.Service<World, {
  readonly collected: ReadonlyArray<Received>
}>()("test/World") {}

const collectorToken = "collector-secret-93"

const serverLayer = (database: Harness.DatabaseName) =>
  Layer.unwrap(Effect.gen(function*() {
    const place = yield* Harness.makePlace(database)
    const collector = yield* recorder(() => Promise.resolve({ status: 200, body: "{}" }))
    const variables = {
      ...place.variables,
      WICARA_LOG_LEVEL: "debug",
      WICARA_LOG_FORMAT: "json",
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_HEADERS: `authorization=Bearer ${collectorToken}`,
      OTEL_SERVICE_NAME: "wicara-test"
    }
    return Layer.merge(
      Harness.layerAt({ ...place, variables }, { telemetry: true }),
      Layer.succeed(World, World.of({ collected: collector.received }))
    )
  })).pipe(Layer.provideMerge(Harness.layerEmulators))

/** A WAHA account whose requests pass a recorder on their way to the emulator. */
const watchedAccount = Effect.fnUntraced(function*(tenant: Harness.Tenant) {
  const emulator = yield* WahaEmulator
  const accounts = yield* ChannelAccounts
  const provider = yield* recorder(({ body, headers, path }) =>
    fetch(`${emulator.url}${path}`, {
      method: body === "" ? "GET" : "POST",
      headers: { "content-type": "application/json", "x-api-key": String(headers["x-api-key"] ?? "") },
      ...(body === "" ? {} : { body })
    }).then((response) => response.text().then((text) => ({ status: response.status, body: text })))
  )
  const account = yield* Harness.newWahaAccount(tenant)
  yield* accounts.update(ChannelAccountId.make(account.id), {
    settings: { baseUrl: provider.url, session: account.session }
  }).pipe(Harness.within(tenant.id))
  return { account, provider }
}, Effect.orDie)

const eventually = Effect.fnUntraced(function*<A>(what: string, look: () => A | undefined) {
  for (let round = 0; round < 200; round++) {
    const found = look()
    if (found !== undefined) return found
    yield* Effect.sleep("100 millis")
  }
  return yield* Effect.die(new Error(`${what} never came`))
})

interface ExportedSpan {
  readonly name: string
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly kind: number
}

const spansOf = (collected: ReadonlyArray<Received>): ReadonlyArray<ExportedSpan> =>
  collected.filter(({ path }) => path === "/v1/traces").flatMap(({ body }) =>
    JSON.parse(body).resourceSpans.flatMap((resource: any) => resource.scopeSpans.flatMap((scope: any) => scope.spans))
  )

describe("what a text says of people", () => {
  it.each([
    ["Sari writes from +62 812-9988-7766 or 6281299887766@c.us", /\d{4}|c\.us/],
    ["the account sari.w+test@shop.example.co.id is taken", /sari|shop/],
    ["Authorization: Bearer abc.def-123", /abc/],
    ["key wk_0123456789abcdef and session ws_AAAAAAAAAAAA", /0123|AAAA/],
    ["{\"password\":\"hunter2 2\",\"accessToken\":'EAAJxyz1234567'}", /hunter2|EAAJ/],
    ["mysql://wicara:geheim@db:3306/wicara", /geheim/],
    ["GET https://host/a/b?search=Sari%20W&x=1 failed", /Sari/],
    ["Duplicate entry 'Sari W' for key 'a'", /Sari/],
    ["Expected string, got \"Where is my parcel?\"", /parcel/]
  ])("is taken out of: %s", (text, leftover) => {
    assert.notMatch(scrub(text), leftover)
  })

  it("is all that is taken out: ids, paths, places in the source and small numbers stay", () => {
    const text = "Message 0197c6a2-5f0e-7c3d-9b61-3f1f0a2f4b10 at /v1/contacts failed after 12345 ms (Outbox.ts:123:45)"
    assert.strictEqual(scrub(text), text)
  })
})

describe("a log line", () => {
  it.effect("is one JSON object with the request's id, without what objects and errors say of people", () =>
    Effect.gen(function*() {
      const lines: Array<string> = []
      const collect = Logger.map(formatJson, (line) => {
        lines.push(line)
      })
      yield* Effect.logError("It failed", { phone: "6281299887766" }, new Error("sari@shop.example has 6281299887766"))
        .pipe(
          Effect.annotateLogs({ requestId: "request-1", to: "+62 812 9988 7766" }),
          Effect.withSpan("test"),
          Effect.provide(Logger.layer([collect]))
        )
      const { level, message, requestId, spanId, to, traceId } = JSON.parse(lines[0] ?? "")
      assert.deepStrictEqual([lines.length, level, requestId, to], [1, "ERROR", "request-1", "[number]"])
      assert.match(message, /^It failed \(object\) Error: \[address\] has \[number\]/)
      assert.match(`${traceId} ${spanId}`, /^[0-9a-f]{32} [0-9a-f]{16}$/)
    }))
})

for (const database of Harness.databases) {
  layer(serverLayer(database), { excludeTestServices: true, timeout: "60 seconds" })(
    `a server on ${database} that tells of itself`,
    (it) => {
      it.effect(
        "one trace and one request id lead from a request to what it makes the provider do",
        () =>
          Effect.gen(function*() {
            const { collected } = yield* World
            const tenant = yield* Harness.newTenant("Acme")
            const { account, provider } = yield* watchedAccount(tenant)
            const token = yield* Harness.tokenOf(tenant, "admin")
            const started = yield* Harness.request("/v1/conversations", {
              token,
              json: { channelAccountId: account.id, to: { kind: "phone", value: "6281200001111" } }
            })
            yield* Harness.expectStatus(started, 201)
            const traceId = "4bf92f3577b34da6a3ce929d0e0e4736"
            const sent = yield* Harness.request(`/v1/conversations/${started.body.id}/messages`, {
              token,
              json: { content: { type: "text", text: "On its way" } },
              headers: { traceparent: `00-${traceId}-00f067aa0ba902b7-01`, "x-request-id": "request-of-the-test" }
            })
            assert.isTrue(sent.status >= 200 && sent.status < 300, sent.text)
            assert.strictEqual(sent.headers.get("x-request-id"), "request-of-the-test")
            const outgoing = yield* eventually(
              "the message",
              () => provider.received.find(({ path }) => path.startsWith("/api/sendText"))
            )
            assert.match(String(outgoing.headers["traceparent"]), new RegExp(`^00-${traceId}-[0-9a-f]{16}-01$`))
            assert.strictEqual(outgoing.headers["x-request-id"], "request-of-the-test")

            const spans = yield* eventually("the trace", () => {
              const ours = spansOf(collected).filter((span) => span.traceId === traceId)
              return ours.some(({ name }) => name === "OutboxSender.process") ? ours : undefined
            })
            const parent = String(outgoing.headers["traceparent"]).split("-")[2]
            const client = spans.find(({ spanId }) => spanId === parent)
            assert.strictEqual(client?.kind, 3, "the provider was told a span of a client")
            assert.isTrue(spans.some(({ kind, parentSpanId }) => kind === 2 && parentSpanId === "00f067aa0ba902b7"))
          }),
        60_000
      )

      it.effect(
        "a webhook has its trace, too",
        () =>
          Effect.gen(function*() {
            const { collected } = yield* World
            const tenant = yield* Harness.newTenant("Webhooks")
            const { appSecret, id, phoneNumberId } = yield* Harness.newCloudAccount(tenant)
            const text = Harness.cloudText({ phoneNumberId, from: "6281200002222", id: "wamid.TRACE", text: "Hello" })
            const signed = Harness.signedCloud(text, appSecret)
            const traceId = "7bf92f3577b34da6a3ce929d0e0e4736"
            const headers = { ...signed.headers, traceparent: `00-${traceId}-00f067aa0ba902b8-01` }
            const answer = yield* Harness.request(`/v1/inbound/${id}`, { ...signed, headers })
            yield* Harness.expectStatus(answer, 200)
            yield* eventually("the trace", () =>
              spansOf(collected).find((span) =>
                span.traceId === traceId && span.kind === 2 && span.parentSpanId === "00f067aa0ba902b8"
              ))
          }),
        60_000
      )

      it.effect(
        "the collector gets traces, metrics and logs, with the headers that it asks for",
        () =>
          Effect.gen(function*() {
            const { collected } = yield* World
            for (const signal of ["traces", "metrics", "logs"]) {
              const one = yield* eventually(signal, () => collected.find(({ path }) => path === `/v1/${signal}`))
              assert.strictEqual(one.headers["authorization"], `Bearer ${collectorToken}`)
              assert.include(one.body, "wicara-test")
            }
          }),
        60_000
      )

      it.effect(
        "nothing of people and no secret is in log lines, traces or exported logs",
        () =>
          Effect.gen(function*() {
            const { collected } = yield* World
            const server = yield* Harness.TestServer
            const emulator = yield* WahaEmulator
            const tenant = yield* Harness.newTenant("Bravo")
            const token = yield* Harness.tokenOf(tenant, "admin")
            const { key } = yield* Harness.newApiKey(tenant)
            const phone = "6281299887766"
            const email = "geheime.person@privat.example"
            const text = "Xylophonkonzert um Mitternacht"
            const password = "Tausend-Zitronen-42"
            const cloud = yield* Harness.newCloudAccount(tenant)
            const { account } = yield* watchedAccount(tenant)
            const widget = yield* Harness.newWidgetAccount(tenant)
            const visitor = yield* Harness.newVisitor(widget.id)
            const send = (path: string, options: Harness.RequestOptions) => Harness.request(path, { token, ...options })

            yield* send("/v1/sessions", { token: undefined, json: { email, password } })
            yield* send("/v1/password-resets", { token: undefined, json: { email } })
            yield* send("/v1/members", { json: { email, name: "Geheime Person", role: "agent" } })
            yield* send("/v1/members", { json: { email, name: text, role: "nobody" } })
            yield* send(`/v1/contacts?search=${phone}`, {})
            yield* send(`/v1/contacts?search=${encodeURIComponent(email)}`, { token: key })
            yield* send("/v1/knowledge/items", { json: { kind: "article", title: text, body: `${phone} ${email}` } })
            yield* send("/v1/knowledge/search", { json: { text } })
            yield* send("/v1/bots/ask", { json: { question: text } })
            yield* send("/v1/conversations", {
              body: `{"to": "${phone}`,
              headers: { "content-type": "application/json" }
            })
            const inbound = Harness.cloudText({ phoneNumberId: cloud.phoneNumberId, from: phone, id: "wamid.P", text })
            yield* send(`/v1/inbound/${cloud.id}`, Harness.signedCloud(inbound, cloud.appSecret))
            yield* send(`/v1/inbound/${cloud.id}`, Harness.signedCloud(inbound, "wrong"))
            const odd = JSON.stringify({
              object: "whatsapp_business_account",
              entry: [{ id: phone, changes: [{ text }] }]
            })
            yield* send(`/v1/inbound/${cloud.id}`, Harness.signedCloud(odd, cloud.appSecret))
            yield* send("/v1/widget/messages", { token: visitor.token, json: { id: crypto.randomUUID(), text } })
            const started = yield* send("/v1/conversations", {
              json: { channelAccountId: account.id, to: { kind: "phone", value: phone }, displayName: "Geheime Person" }
            })
            yield* Harness.expectStatus(started, 201)
            const message = yield* send(`/v1/conversations/${started.body.id}/messages`, {
              json: { content: { type: "text", text } }
            })
            // A provider that can't be reached is logged, too.
            const dead = yield* Harness.newWahaAccount(tenant)
            const accounts = yield* ChannelAccounts
            yield* accounts.update(ChannelAccountId.make(dead.id), {
              settings: { baseUrl: "http://127.0.0.1:9", session: dead.session }
            }).pipe(Harness.within(tenant.id), Effect.orDie)
            const lost = yield* send("/v1/conversations", {
              json: { channelAccountId: dead.id, to: { kind: "phone", value: phone } }
            })
            yield* send(`/v1/conversations/${lost.body.id}/messages`, { json: { content: { type: "text", text } } })
            yield* Harness.eventually(
              send(`/v1/conversations?channelAccountId=${cloud.id}`, {}),
              ({ body }) => body.data.length === 1
            )
            yield* Effect.logError("A bug of the test's", { phone, text }, new Error(`${email} has ${phone}`))
            assert.isTrue(message.status < 300, message.text)
            assert.isNotEmpty(emulator.url)
            yield* Effect.sleep("6 seconds")

            const lines = (yield* server.printed).map(String)
            const logs = lines.filter((line) => line.startsWith("{"))
            assert.isNotEmpty(logs)
            for (const line of logs) {
              const parsed = JSON.parse(line)
              assert.isString(parsed.timestamp)
              assert.isString(parsed.level)
              assert.isString(parsed.message)
            }
            assert.isAbove(spansOf(collected).length, 20)
            const told = [...lines, ...collected.map(({ body }) => body)].join("\n")
            const secrets = {
              phone,
              email,
              "part of the e-mail": "geheime.person",
              "the encoded e-mail": encodeURIComponent(email),
              text,
              "the encoded text": encodeURIComponent(text),
              password,
              name: "Geheime Person",
              "the session's token": token,
              "the API key": key,
              "the visitor's token": visitor.token,
              "the access token": cloud.accessToken,
              "the app secret": cloud.appSecret,
              "the provider's key": account.apiKey,
              "the collector's token": collectorToken,
              "the master key": String(server.place.variables["WICARA_MASTER_KEY"])
            }
            for (const [name, value] of Object.entries(secrets)) {
              const at = told.indexOf(value)
              assert.strictEqual(at, -1, `${name}: ${told.slice(Math.max(0, at - 300), at + 100)}`)
            }
          }),
        60_000
      )
    }
  )
}
