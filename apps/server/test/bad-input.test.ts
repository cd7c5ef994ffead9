import { assert, layer } from "@effect/vitest"
import { Bots } from "@wicara/bots/Bots"
import * as Id from "@wicara/core/Id"
import { PlatformAdmins } from "@wicara/core/PlatformAdmins"
import { CurrentActor, systemActor } from "@wicara/core/Tenancy"
import { WahaEmulator } from "@wicara/testing/WahaEmulator"
import { Arbitrary, Context, Effect, Layer, Schedule, Schema } from "effect"
import { SqlClient } from "effect/sql"
import * as Net from "node:net"
import * as Contract from "./contract.ts"
import type { Caller, Endpoint } from "./contract.ts"
import * as Harness from "./harness.ts"
import type { Answer, RequestOptions } from "./harness.ts"

/** Somebody who may everything, and an account on each channel. */
class Fixture extends Context.Service<Fixture>()("test/Fixture", {
  make: Effect.gen(function*() {
    const tenant = yield* Harness.newTenant("Acme")
    const { key } = yield* Harness.newApiKey(tenant)
    const owner: Caller = {
      tenant,
      user: tenant.users.owner,
      token: yield* Harness.tokenOf(tenant, "owner")
    }
    // Of another organization: what is done to all of the server is not to disturb this one.
    const running = yield* Harness.newTenant("Running")
    const admins = yield* PlatformAdmins
    yield* admins.grant(running.users.owner.id).pipe(
      Effect.provideService(CurrentActor, systemActor("test")),
      Effect.orDie
    )
    const platform: Caller = {
      tenant: running,
      user: running.users.owner,
      token: yield* Harness.tokenOf(running, "owner")
    }
    const widget = yield* Harness.newWidgetAccount(tenant)
    const visitor = yield* Harness.newVisitor(widget.id)
    const cloud = yield* Harness.newCloudAccount(tenant)
    const waha = yield* Harness.newWahaAccount(tenant)
    return { tenant, owner, platform, key, widget, visitor, cloud, waha }
  })
}) {
  static readonly layer = Layer.effect(Fixture, Fixture.make)
}

/** The token that an endpoint asks for, of somebody who may call it. */
const callerOf = Effect.fnUntraced(function*(endpoint: Endpoint) {
  const { owner, platform, visitor, widget } = yield* Fixture
  // This one ends the session that it is asked with.
  const token = endpoint.key === "widget.signOutVisitor" ? (yield* Harness.newVisitor(widget.id)).token : visitor.token
  const caller: Caller = endpoint.key.startsWith("platform.")
    ? platform
    : endpoint.credential === "visitor"
    ? { ...owner, token }
    : owner
  return caller
})

const webhook = (change: object = {}) => JSON.stringify({ object: "whatsapp_business_account", entry: [], ...change })

type Send = (options: RequestOptions) => Effect.Effect<Answer, never, Harness.TestServer>

/** Somewhere a JSON body can be sent to with every right. */
interface Target {
  readonly name: string
  readonly send: Effect.Effect<Send, never, Contract.Env | Fixture>
}

const withBody = Contract.endpoints.filter(({ payload }) => payload?.contentType === "application/json")

const targets: ReadonlyArray<Target> = [
  ...withBody.map((endpoint): Target => ({
    name: endpoint.key,
    send: Effect.gen(function*() {
      const caller = yield* callerOf(endpoint)
      const { options, path } = yield* Contract.requestFor(endpoint, caller)
      return ({ headers, ...rest }) =>
        Harness.request(path, { method: options.method, token: caller.token, headers, ...rest })
    })
  })),
  {
    name: "inbound of WhatsApp Cloud",
    send: Effect.map(Fixture, ({ cloud }): Send => ({ body = "", headers }) => {
      const signed = Harness.signedCloud(body, cloud.appSecret)
      return Harness.request(`/v1/inbound/${cloud.id}`, { ...signed, headers: { ...signed.headers, ...headers } })
    })
  },
  {
    name: "inbound of WAHA",
    send: Effect.map(Fixture, ({ waha }): Send => ({ body = "", headers }) => {
      const signed = Harness.signedWaha(body, waha.hmacKey)
      return Harness.request(`/v1/inbound/${waha.id}`, { ...signed, headers: { ...signed.headers, ...headers } })
    })
  }
]

const json = { "content-type": "application/json" }
const deep = 100_000
const bytes = (...parts: ReadonlyArray<string | ReadonlyArray<number>>) =>
  new Uint8Array(Buffer.concat(parts.map((part) => typeof part === "string" ? Buffer.from(part) : Buffer.from(part))))

/** Bodies that nobody should take, with the answers that are right. */
const unreadable: ReadonlyArray<{
  readonly name: string
  readonly body: string | Uint8Array<ArrayBuffer>
  readonly type?: string
  readonly statuses: ReadonlyArray<number>
}> = [
  { name: "cut-off JSON", body: "{\"a\":", statuses: [400] },
  { name: "no JSON at all", body: "hello", statuses: [400] },
  { name: "two documents", body: "{}{}", statuses: [400] },
  { name: "nothing", body: "", statuses: [400, 415] },
  { name: "a list", body: "[]", statuses: [400] },
  { name: "a text", body: "\"text\"", statuses: [400] },
  { name: "null", body: "null", statuses: [400] },
  { name: "invalid UTF-8", body: bytes("{\"name\":\"", [0xff, 0xfe, 0xc3, 0x28], "\"}"), statuses: [400] },
  { name: "UTF-16", body: bytes([0xff, 0xfe], [0x7b, 0, 0x7d, 0]), statuses: [400] },
  { name: "an overlong encoding", body: bytes("{\"name\":\"", [0xc0, 0x80], "\"}"), statuses: [400] },
  { name: "an encoded surrogate", body: bytes("{\"name\":\"", [0xed, 0xa0, 0x80], "\"}"), statuses: [400] },
  { name: "lists nested 100,000 deep", body: "[".repeat(deep) + "]".repeat(deep), statuses: [400] },
  { name: "lists opened 100,000 times", body: "[".repeat(deep), statuses: [400] },
  { name: "objects nested 100,000 deep", body: "{\"a\":".repeat(deep) + "1" + "}".repeat(deep), statuses: [400] },
  { name: "text", body: "{}", type: "text/plain", statuses: [415] },
  { name: "XML", body: "<a/>", type: "application/xml", statuses: [415] },
  { name: "a form", body: "a=1", type: "application/x-www-form-urlencoded", statuses: [415] },
  { name: "no content type", body: bytes("{}"), type: "", statuses: [415] }
]

/** Values that have no place anywhere; whatever is done with them, the server must not break. */
const absurd: ReadonlyArray<unknown> = [
  null,
  true,
  -1,
  0,
  1e308,
  2 ** 53,
  "",
  " ",
  "\u0000",
  "a\u0000b",
  "\ud800",
  "\udc00\ud800",
  "\u202e\u2066",
  "NaN",
  "-Infinity",
  "9223372036854775808",
  "+292278994-08-17T07:12:55.807Z",
  "-271821-04-20T00:00:00.000Z",
  "2026-02-30T25:61:61Z",
  "0000-00-00T00:00:00Z",
  "' OR 1=1 --",
  "%00%0a",
  "../../etc/passwd",
  "x".repeat(100_000),
  [],
  [[]],
  {},
  { a: 1 },
  { toString: 1, constructor: { prototype: 1 } }
]

const isRefusal = (answer: Answer, statuses: ReadonlyArray<number>) =>
  statuses.includes(answer.status) && Harness.problemFault(answer) === undefined

/** Neither a failure of the server, nor a refusal that is no problem. */
const isHarmless = (answer: Answer) =>
  answer.status < 400 || (answer.status < 500 && Harness.problemFault(answer) === undefined)

const said = (name: string, answer: Answer) => `${name}: ${answer.status} ${answer.text.slice(0, 200)}`

const never = (faults: ReadonlyArray<string>) => assert.deepStrictEqual(faults, [])

/** Every place in a value where another one could stand. */
const places = (value: unknown, at: ReadonlyArray<string> = []): ReadonlyArray<ReadonlyArray<string>> => [
  at,
  ...(typeof value === "object" && value !== null
    ? Object.entries(value).flatMap(([key, inner]) => places(inner, [...at, key]))
    : [])
]

const replaced = (value: unknown, at: ReadonlyArray<string>, by: unknown): unknown => {
  const [key, ...rest] = at
  if (key === undefined) return by
  if (Array.isArray(value)) {
    return value.map((inner, index) => String(index) === key ? replaced(inner, rest, by) : inner)
  }
  const object = value as Record<string, unknown>
  return { ...object, [key]: replaced(object[key], rest, by) }
}

/** Sends bytes as they are, and reads until the server closes or the time is over. */
const raw = Effect.fnUntraced(function*(
  chunks: ReadonlyArray<string | number>,
  options: { readonly end?: boolean; readonly within?: number } = {}
) {
  const { url } = yield* Harness.TestServer
  const { hostname, port } = new URL(url)
  return yield* Effect.callback<string>((resume) => {
    let received = ""
    const socket = Net.connect(Number(port), hostname)
    const done = () => {
      clearTimeout(timer)
      socket.destroy()
      resume(Effect.succeed(received))
    }
    const timer = setTimeout(done, options.within ?? 3000)
    socket.on("data", (data) => {
      received += data.toString("latin1")
    })
    socket.on("error", done)
    socket.on("close", done)
    const write = (index: number): void => {
      const chunk = chunks[index]
      if (socket.destroyed) return
      if (chunk === undefined) {
        if (options.end === true) socket.end()
      } else if (typeof chunk === "number") setTimeout(() => write(index + 1), chunk)
      else socket.write(chunk, () => write(index + 1))
    }
    socket.on("connect", () => write(0))
  })
})

const statusOf = (text: string) => Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1])

/** `TEST_INPUT=1` sends everything there is: some minutes on a busy machine. */
const isThorough = process.env["TEST_INPUT"] === "1"
const randomRuns = isThorough ? 5000 : 250

/** A request as nobody would think of it. */
interface RandomRequest {
  readonly endpoint: Endpoint | "cloud" | "waha"
  readonly valid: unknown
  readonly json: Schema.Json
  readonly text: string
  readonly bodyKind: "valid" | "json" | "text" | "none"
  readonly contentType: string
  readonly id: string
  readonly query: Readonly<Record<string, string>>
  readonly list: { readonly limit?: number; readonly cursor?: string }
  readonly key: string
  readonly credential: "right" | "none" | "wrong"
}

const Id7 = Schema.String.check(
  Schema.isPattern(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
)
const Visible = Schema.String.check(Schema.isPattern(/^[!-~]{0,200}$/))

// A stream has no end to wait for.
const random: ReadonlyArray<RandomRequest["endpoint"]> = [
  ...Contract.endpoints.filter(({ stream }) => !stream),
  "cloud",
  "waha"
]

/** One of the values. Random integers prefer the ends of their range, so they are scattered first. */
const oneOf = <A>(values: ReadonlyArray<A>): Arbitrary.Arbitrary<A> =>
  Arbitrary.schema(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 2 ** 30 }))).pipe(
    Arbitrary.map((n) => values[(Math.imul(n, 2_654_435_761) >>> 8) % values.length] as A)
  )

/** One of the names, as often as its number says. */
const weighted = <const Weights extends Record<string, number>>(weights: Weights) =>
  oneOf(
    Object.entries(weights).flatMap(([name, weight]) =>
      Array.from({ length: weight }, () => name as keyof Weights & string)
    )
  )

const randomRequest = oneOf(random).pipe(
  Arbitrary.flatMap((endpoint) => {
    const payload = typeof endpoint === "string" ? undefined : endpoint.payload?.schema
    return Arbitrary.all({
      endpoint: Arbitrary.Constant(endpoint),
      valid: Arbitrary.schema(payload ?? Schema.Null),
      json: Arbitrary.schema(Schema.Json),
      text: Arbitrary.schema(Schema.String),
      bodyKind: Arbitrary.schema(Schema.Literals(["valid", "valid", "json", "text", "none"])),
      contentType: Arbitrary.schema(
        Schema.Literals(["application/json", "application/json", "application/json; charset=utf-8", "text/plain", ""])
      ),
      id: Arbitrary.schema(Schema.Union([Id7, Id7, Schema.String])),
      query: Arbitrary.schema(Schema.Record(Schema.String, Schema.String)),
      list: Arbitrary.schema(Schema.Struct({
        limit: Schema.optionalKey(Schema.Number),
        cursor: Schema.optionalKey(Schema.String)
      })),
      key: Arbitrary.schema(Visible),
      credential: weighted({ right: 18, none: 1, wrong: 1 })
    }) as Arbitrary.Arbitrary<RandomRequest>
  })
)

const wireOf = Effect.fnUntraced(function*(request: RandomRequest, { cloud, key, visitor, waha }: Fixture["Service"]) {
  const { bodyKind, contentType, credential, endpoint, id, list, text } = request
  if (typeof endpoint === "string") {
    const body = JSON.stringify(
      endpoint === "cloud"
        ? { object: "whatsapp_business_account", entry: bodyKind === "json" ? request.json : [request.json] }
        : { id: text, event: bodyKind === "json" ? text : "message", session: waha.session, payload: request.json }
    )
    const signed = endpoint === "cloud"
      ? Harness.signedCloud(body, credential === "wrong" ? "wrong" : cloud.appSecret)
      : Harness.signedWaha(body, credential === "wrong" ? "wrong" : waha.hmacKey)
    const path = `/v1/inbound/${endpoint === "cloud" ? cloud.id : waha.id}`
    return { path, options: { ...signed, method: "POST" } }
  }
  const { method, payload } = endpoint
  // Somebody new each time for what ends a session.
  const right = endpoint.credential === "visitor"
    ? visitor.token
    : endpoint.group === "sessions"
    ? (yield* callerOf(endpoint)).token
    : key
  const body = method === "GET" || bodyKind === "none"
    ? undefined
    : bodyKind === "text"
    ? text
    : bodyKind === "valid" && payload !== undefined
    ? JSON.stringify(yield* Contract.encode(payload.schema, request.valid))
    : JSON.stringify(request.json)
  const search = new URLSearchParams(
    Object.entries({ ...request.query, ...list }).map(([name, value]): [string, string] => [name, String(value)])
  ).toString()
  const path = endpoint.path.replaceAll(/:\w+/g, () => encodeURIComponent(id.toWellFormed()) || "0")
  return {
    path: search === "" ? path : `${path}?${search}`,
    options: {
      method,
      body,
      token: credential === "none" ? undefined : credential === "wrong" ? `wk_${request.key}` : right,
      headers: {
        "content-type": contentType,
        ...(request.key === "" ? {} : { "idempotency-key": request.key, "x-request-id": request.key })
      }
    }
  }
})

/** A fast machine asks more in a minute than anybody may. */
const unlimited = {
  WICARA_RATE_LIMIT_ADDRESS: "off",
  WICARA_RATE_LIMIT_USER: "off",
  WICARA_RATE_LIMIT_ORGANIZATION: "off"
}

for (const database of Harness.databases) {
  const server = Fixture.layer.pipe(Layer.provideMerge(Harness.layer(database, unlimited)))

  layer(server, { excludeTestServices: true, timeout: "60 seconds" })(`bad input on ${database}`, (it) => {
    it.effect.each(targets)("bodies that can't be read are refused: $name", (target) =>
      Effect.gen(function*() {
        const send = yield* target.send
        const faults: Array<string> = []
        for (const { body, name, statuses, type = "application/json" } of unreadable) {
          const answer = yield* send({ body, headers: { "content-type": type } })
          if (!isRefusal(answer, statuses)) faults.push(said(name, answer))
        }
        never(faults)
      }))

    it.effect.each(withBody)("absurd values do no harm: $key", (endpoint) =>
      Effect.gen(function*() {
        const caller = yield* callerOf(endpoint)
        const { options, path } = yield* Contract.requestFor(endpoint, caller)
        const body = options.json
        const faults: Array<string> = []
        yield* Effect.forEach(
          places(body).flatMap((at, place) =>
            absurd.filter((_, index) => isThorough || (index + place) % 4 === 0).map((value) => ({ at, value }))
          ),
          Effect.fnUntraced(function*({ at, value }) {
            const answer = yield* Harness.request(path, { ...options, json: replaced(body, at, value) })
            if (!isHarmless(answer)) {
              faults.push(said(`${at.join(".")} = ${JSON.stringify(value).slice(0, 60)}`, answer))
            }
          }),
          { concurrency: 4 }
        )
        never(faults)
      }))

    it.effect("bodies of 10 MB are refused, announced or not", () =>
      Effect.gen(function*() {
        const { cloud, key, visitor, widget } = yield* Fixture
        const large = `{"name":"${"x".repeat(10_000_000)}"}`
        const paths: ReadonlyArray<readonly [string, string | undefined]> = [
          ["/v1/members", key],
          ["/v1/sessions", undefined],
          [`/v1/inbound/${cloud.id}`, undefined],
          [`/v1/widget/${widget.id}/sessions`, undefined],
          ["/v1/widget/messages", visitor.token]
        ]
        for (const [path, token] of paths) {
          const announced = yield* Harness.request(path, { body: large, token, headers: json })
          yield* Harness.expectProblem(announced, 413, path)
          const authorization = token === undefined ? "" : `Authorization: Bearer ${token}\r\n`
          const head = `POST ${path} HTTP/1.1\r\nHost: x\r\n${authorization}Content-Type: application/json\r\n`
          const chunk = `${(100_000).toString(16)}\r\n${"x".repeat(100_000)}\r\n`
          const chunked = yield* raw([
            `${head}Transfer-Encoding: chunked\r\n\r\n`,
            ...Array.from({ length: 100 }, () => chunk),
            "0\r\n\r\n"
          ])
          assert.strictEqual(statusOf(chunked), 413, `${path}, chunked: ${chunked.slice(0, 300)}`)
          assert.include(chunked, "application/problem+json")
        }
      }))

    it.effect("webhooks with a wrong signature are refused and not stored", () =>
      Effect.gen(function*() {
        const { cloud, waha } = yield* Fixture
        const sql = yield* SqlClient.SqlClient
        const stored = Effect.map(
          sql`SELECT id FROM channels_inbound_events WHERE channel_account_id = ${Id.toBytes(cloud.id)}
            OR channel_account_id = ${Id.toBytes(waha.id)}`,
          (rows) => rows.length
        )
        const before = yield* stored
        const body = webhook({ marker: "forged" })
        const right = Harness.signedCloud(body, cloud.appSecret)
        const signature = right.headers?.["x-hub-signature-256"] ?? ""
        const forged: ReadonlyArray<RequestOptions> = [
          { body, headers: json },
          { body, headers: { ...json, "x-hub-signature-256": "" } },
          { body, headers: { ...json, "x-hub-signature-256": "sha256=" } },
          { body, headers: { ...json, "x-hub-signature-256": signature.slice(0, -1) } },
          { body, headers: { ...json, "x-hub-signature-256": signature.replace("sha256", "sha1") } },
          { body, headers: { ...json, "x-hub-signature-256": `sha256=${"é".repeat(64)}` } },
          { body: `${body} `, headers: right.headers },
          Harness.signedCloud(body, "another secret")
        ]
        for (const options of forged) {
          yield* Harness.expectProblem(yield* Harness.request(`/v1/inbound/${cloud.id}`, options), 401)
        }
        const event = JSON.stringify({ id: "evt_1", event: "message", session: waha.session, payload: {} })
        const ofWaha = Harness.signedWaha(event, waha.hmacKey)
        for (
          const options of [
            { body: event, headers: json },
            { body: event, headers: { ...ofWaha.headers, "x-webhook-hmac": "00" } },
            { body: event, headers: { ...ofWaha.headers, "x-webhook-hmac-algorithm": "none" } },
            Harness.signedWaha(event, "another key"),
            { ...ofWaha, body: `${event} ` }
          ]
        ) {
          yield* Harness.expectProblem(yield* Harness.request(`/v1/inbound/${waha.id}`, options), 401)
        }
        assert.strictEqual(yield* stored, before)
      }))

    it.effect("webhooks to addresses that are no account are refused", () =>
      Effect.gen(function*() {
        const { cloud, widget } = yield* Fixture
        const body = webhook()
        const signed = Harness.signedCloud(body, cloud.appSecret)
        for (
          const id of ["0197c6a2-5f0e-7c3d-9b61-3f1f0a2f4b10", "x", "%00", "..%2f", "' OR 1=1", "é", "x".repeat(5000)]
        ) {
          yield* Harness.expectProblem(yield* Harness.request(`/v1/inbound/${encodeURIComponent(id)}`, signed), 404, id)
        }
        // A widget has no provider that could deliver: whatever is sent to its address is no webhook.
        const ofWidget = yield* Harness.request(`/v1/inbound/${widget.id}`, signed)
        assert.isTrue(isRefusal(ofWidget, [401, 404]), said("a widget account", ofWidget))
        const handshake = yield* Harness.request(
          `/v1/inbound/${cloud.id}?hub.mode=subscribe&hub.verify_token=wrong&hub.challenge=1`
        )
        yield* Harness.expectProblem(handshake, 401)
      }))

    it.effect("signed webhooks with absurd contents are stored, and the server lives on", () =>
      Effect.gen(function*() {
        const { cloud, waha } = yield* Fixture
        const timestamps = ["292278994", "9223372036854775807", "-1", "NaN", "", null, 1e308, {}, [], "1e999", "\u0000"]
        const contents = ["\u0000", "\ud800", "x".repeat(500_000), "\u202e"]
        const bodies = [
          ...timestamps.map((timestamp) => ({ timestamp, text: "Hello" })),
          ...contents.map((text) => ({ timestamp: "1763700000", text }))
        ].map((message, index) =>
          Harness.cloudText({
            phoneNumberId: cloud.phoneNumberId,
            from: "6281234500099",
            id: `wamid.ABSURD${index}`,
            ...message
          })
        )
        const shapes = [[{}], [null], [{ changes: [null] }], [{ changes: [{ field: 1, value: "x" }] }]].map((entry) =>
          webhook({ entry })
        )
        for (const body of [...bodies, ...shapes]) {
          const answer = yield* Harness.request(`/v1/inbound/${cloud.id}`, Harness.signedCloud(body, cloud.appSecret))
          assert.isTrue(answer.status === 200 || isRefusal(answer, [400]), said(body.slice(0, 100), answer))
        }
        for (const timestamp of timestamps) {
          const id = `evt_absurd_${timestamps.indexOf(timestamp)}`
          const payload = { id: `false_62812@c.us_${id}`, timestamp, from: "62812@c.us", body: "\u0000\ud800" }
          const body = JSON.stringify({ id, timestamp, event: "message", session: waha.session, payload })
          const answer = yield* Harness.request(`/v1/inbound/${waha.id}`, Harness.signedWaha(body, waha.hmacKey))
          assert.isTrue(answer.status === 200 || isRefusal(answer, [400]), said(body.slice(0, 100), answer))
        }
      }))

    it.effect("texts that are made to be slow to read keep nobody waiting", () =>
      Effect.gen(function*() {
        const { key, tenant, waha } = yield* Fixture
        const bots = yield* Bots
        const emulator = yield* WahaEmulator
        const persona = { name: "Wira", languages: ["en"] } as const
        const settings = { burstWindow: 0, burstMaximum: 0 }
        yield* bots.create({ persona, settings, channelAccountIds: [waha.id] }).pipe(
          Harness.within(tenant.id),
          Effect.orDie
        )
        const repeated = [
          "x",
          "9",
          "1.0",
          "!",
          " ",
          "\n",
          " \n",
          "#",
          "# ",
          "a-",
          "[",
          "](",
          "'",
          "1,",
          "é",
          "\u0301",
          "\ud83d\ude00",
          "*_",
          "|",
          "\t#"
        ]
        const texts = repeated.flatMap((
          text
        ) => [`Hello ${text.repeat(60_000 / text.length)}.`, `${text.repeat(60_000 / text.length)}a1`])
        // Every customer was read by the bot, whatever it made of it.
        const isThrough = Effect.gen(function*() {
          const turns = yield* Harness.request("/v1/bot-turns?limit=200", { token: key })
          return turns.body.data.filter((turn: any) => turn.conversationId !== null).length >= texts.length
        })
        const writing = Effect.gen(function*() {
          for (const [index, text] of texts.entries()) {
            yield* emulator.customerWrites({
              account: waha.session,
              from: { phone: `62812345${index + 10000}` },
              content: text
            })
            const item = { kind: "article", title: `Slow ${index}`, body: text }
            const stored = yield* Harness.request("/v1/knowledge/items", { token: key, json: item })
            assert.isTrue(isHarmless(stored), said(text.slice(0, 20), stored))
          }
          yield* Effect.repeat(isThrough, { until: (through) => through, schedule: Schedule.spaced("100 millis") })
        })
        const watching = Effect.forever(
          Effect.gen(function*() {
            const answer = yield* Harness.request("/health/live", { within: 2500 })
            yield* Harness.expectStatus(answer, 200)
            yield* Effect.sleep("50 millis")
          })
        )
        yield* Effect.raceFirst(writing, watching)
      }), 60_000)

    it.effect("a method that a path does not know is 405 and says which it does, an unknown path 404", () =>
      Effect.gen(function*() {
        const { owner } = yield* Fixture
        const byPath = Map.groupBy(Contract.endpoints, ({ path }) => path)
        const faults: Array<string> = []
        for (const [path, known] of byPath) {
          const [endpoint] = known
          const caller = endpoint === undefined ? owner : yield* callerOf(endpoint)
          const concrete = path.replaceAll(/:\w+/g, "0197c6a2-5f0e-7c3d-9b61-3f1f0a2f4b10")
          // `/sessions/current` is also a `/sessions/:sessionId`.
          const allowed = Contract.endpoints.filter((one) =>
            new RegExp(`^${one.path.replaceAll(/:\w+/g, "[^/]+")}$`).test(concrete)
          ).map(({ method }) => method)
          for (
            const method of ["GET", "POST", "PUT", "PATCH", "DELETE"].filter((method) => !allowed.includes(method))
          ) {
            const answer = yield* Harness.request(concrete, { method, token: caller.token })
            const allow = answer.headers.get("allow")?.split(", ") ?? []
            if (!isRefusal(answer, [405]) || allowed.some((one) => !allow.includes(one))) {
              faults.push(said(`${method} ${concrete}`, answer))
            }
          }
        }
        const nowhere = [
          "/",
          "/v1",
          "/v1/",
          "/v1/nothing",
          "/v1/members/0197c6a2-5f0e-7c3d-9b61-3f1f0a2f4b10/nothing",
          "/v1/inbound",
          "/v1/inbound/a/b",
          "/v1/widget",
          "/V1/MEMBERS",
          "//v1/members",
          "/v1//members",
          "/v1/members/..%2f..%2fapi-keys",
          "/.env",
          "/v1/%",
          "/v1/%E0%A4%A",
          `/${"a".repeat(10_000)}`
        ]
        for (const path of nowhere) {
          for (const method of ["GET", "POST", "DELETE"]) {
            const answer = yield* Harness.request(path, { method, token: owner.token })
            if (!isRefusal(answer, [400, 404, 405])) faults.push(said(`${method} ${path.slice(0, 60)}`, answer))
          }
        }
        for (const path of ["/health/live", "/health/ready", "/metrics", "/openapi.json", "/docs"]) {
          const answer = yield* Harness.request(path, { method: "POST", token: owner.token, json: {} })
          if (!isRefusal(answer, [404, 405])) faults.push(said(`POST ${path}`, answer))
        }
        never(faults)
      }))

    const withIds = Contract.endpoints.filter(({ ids }) => ids.some(({ slot }) => slot === "path"))
    it.effect.each(withIds)("what is no id is refused: $key", (endpoint) =>
      Effect.gen(function*() {
        const caller = yield* callerOf(endpoint)
        const slots = endpoint.ids.filter(({ slot }) => slot === "path")
        const faults: Array<string> = []
        for (
          const id of [
            "x",
            "0",
            "-1",
            "null",
            "%00",
            "%20",
            "%FF",
            "%",
            "..%2f",
            "'%20OR%201=1",
            "{id}",
            "0197C6A2-5F0E-7C3D-9B61-3F1F0A2F4B10",
            "0197c6a25f0e7c3d9b613f1f0a2f4b10",
            "é",
            "x".repeat(5000)
          ]
        ) {
          const { options, path } = yield* Contract.requestFor(
            endpoint,
            caller,
            new Map(slots.map((slot) => [slot, id]))
          )
          const answer = yield* Harness.request(path, options)
          if (!isRefusal(answer, [400, 404])) faults.push(said(id.slice(0, 40), answer))
        }
        never(faults)
      }))

    const lists = Contract.endpoints.filter(({ query }) => Contract.takesLimit(query))
    it.effect.each(lists)(
      "limits and cursors that make no sense are refused: $key",
      (endpoint) =>
        Effect.gen(function*() {
          const caller = yield* callerOf(endpoint)
          const { options, path } = yield* Contract.requestFor(endpoint, caller)
          const faults: Array<string> = []
          const ask = Effect.fnUntraced(function*(name: string, value: string) {
            const answer = yield* Harness.request(
              `${path}${path.includes("?") ? "&" : "?"}${name}=${encodeURIComponent(value)}`,
              options
            )
            if (!isRefusal(answer, [400, 422])) faults.push(said(`${name}=${value.slice(0, 40)}`, answer))
          })
          for (
            const limit of [
              "0",
              "-1",
              "201",
              "1e9",
              "1.5",
              "NaN",
              "Infinity",
              "abc",
              "",
              "99999999999999999999",
              "\u0000"
            ]
          ) {
            yield* ask("limit", limit)
          }
          const cursor = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url")
          for (
            const text of [
              "x",
              "%%%",
              "é",
              "\u0000",
              cursor(null),
              cursor([]),
              cursor({}),
              cursor({ id: "x" }),
              cursor(["x", 1]),
              cursor({ id: "' OR 1=1", createdAt: "NaN", at: -1 }),
              "A".repeat(2049)
            ]
          ) {
            yield* ask("cursor", text)
          }
          const twice = yield* Harness.request(`${path}${path.includes("?") ? "&" : "?"}limit=1&limit=2`, options)
          if (!isHarmless(twice)) faults.push(said("limit twice", twice))
          never(faults)
        })
    )

    it.effect("requests that are no HTTP, or cut off, harm nobody", () =>
      Effect.gen(function*() {
        const { key } = yield* Fixture
        const authorization = `Authorization: Bearer ${key}\r\n`
        const post = `POST /v1/members HTTP/1.1\r\nHost: x\r\n${authorization}Content-Type: application/json\r\n`
        const get = "GET /v1/members HTTP/1.1\r\nHost: x\r\n"
        const broken: ReadonlyArray<readonly [string, ReadonlyArray<string | number>, ReadonlyArray<number>]> = [
          ["headers of 100 kB", [`${get}X-Large: ${"x".repeat(100_000)}\r\n\r\n`], [431]],
          ["5,000 headers", [`${get}${"X-Many: 1\r\n".repeat(5000)}\r\n`], [401, 431]],
          ["no HTTP", ["hello\r\n\r\n"], [400]],
          ["a method that does not exist", ["BREW /v1/members HTTP/1.1\r\nHost: x\r\n\r\n"], [400]],
          ["a length that is none", [`${post}Content-Length: abc\r\n\r\n`], [400]],
          ["two lengths", [`${post}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`], [400]],
          ["length and chunks", [`${post}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}`], [400]],
          ["chunks that are none", [`${post}Transfer-Encoding: chunked\r\n\r\nZZ\r\n{}\r\n0\r\n\r\n`], [400]],
          ["a line break in a header", [`${get}X-Bad: a\rb\r\n\r\n`], [400]]
        ]
        const faults: Array<string> = []
        for (const [name, chunks, statuses] of broken) {
          const text = yield* raw(chunks)
          const isProblem = /content-type: application\/problem\+json/i.test(text)
          if (!statuses.includes(statusOf(text)) || !isProblem) faults.push(`${name}: ${text.slice(0, 200)}`)
        }
        never(faults)
        // What never comes to its end has no answer; what counts is that nothing is waiting for it.
        yield* raw([`${post}Content-Length: 100\r\n\r\n{"email":`], { within: 300 })
        yield* raw([`${post}Content-Length: 100\r\n\r\n{"email":`], { end: true })
        yield* raw([`${post}Transfer-Encoding: chunked\r\n\r\n5\r\n{"ema`], { end: true })
        yield* Harness.expectStatus(yield* Harness.request("/health/ready"), 200)
      }))

    it.effect("slow senders get their answer and keep nobody waiting", () =>
      Effect.gen(function*() {
        const { key } = yield* Fixture
        const body = "{\"email\":1}"
        const head = `POST /v1/members HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${key}\r\n` +
          `Content-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n`
        const slow = Effect.all(
          Array.from({ length: 50 }, () => raw([head, ...[...body].flatMap((byte) => [50, byte])], { within: 5000 })),
          { concurrency: "unbounded" }
        )
        const quick = Effect.gen(function*() {
          yield* Effect.sleep("100 millis")
          return yield* Effect.forEach(Array.from({ length: 10 }), () => Harness.request("/v1/members", { token: key }))
        })
        const [slowly, quickly] = yield* Effect.all([slow, quick], { concurrency: 2 })
        assert.deepStrictEqual([...new Set(slowly.map(statusOf))], [400])
        for (const answer of quickly) yield* Harness.expectStatus(answer, 200)
      }))

    it.effect("another spelling of a path is no way around the limits", () =>
      Effect.gen(function*() {
        const faults: Array<string> = []
        for (
          const path of [
            "/V1/sessions",
            "//v1/sessions",
            "/v1//sessions",
            "/%761/sessions",
            "/v1/%73essions",
            "/v1/sessions/"
          ]
        ) {
          for (const { body, name } of unreadable.filter(({ type }) => type === undefined)) {
            const answer = yield* Harness.request(path, { body, headers: json })
            if (!isRefusal(answer, [400, 404, 415])) faults.push(said(`${path}, ${name}`, answer))
          }
          const large = yield* Harness.request(path, { body: `{"email":"${"x".repeat(9_000_000)}"}`, headers: json })
          if (!isRefusal(large, [404, 413])) faults.push(said(`${path}, 9 MB`, large))
        }
        never(faults)
      }))

    it.effect(`${randomRuns} random requests do no harm`, () =>
      Effect.gen(function*() {
        const fixture = yield* Fixture
        const { url } = yield* Harness.TestServer
        const context = yield* Effect.context<Contract.Env | Fixture>()
        const property = (random: RandomRequest) =>
          Effect.gen(function*() {
            const { options, path } = yield* wireOf(random, fixture)
            const answer = yield* Harness.requestTo(url, path, options)
            return isHarmless(answer) ? true : yield* Effect.fail(said(`${options.method} ${path}`, answer))
          }).pipe(Effect.provide(context))
        const result = yield* Arbitrary.checkEffect(randomRequest, property, {
          runs: randomRuns,
          concurrency: 8,
          size: 12,
          maxShrinks: 200,
          seed: process.env["WICARA_TEST_SEED"] ?? "wicara"
        })
        assert.isUndefined(Arbitrary.formatCheckFailure(result))
      }), 300_000)

    it.effect("after all of it the server is ready, and has met no bug", () =>
      Effect.gen(function*() {
        const { errors } = yield* Harness.TestServer
        yield* Harness.expectStatus(yield* Harness.request("/health/ready"), 200)
        assert.deepStrictEqual(errors, [])
      }))
  })
}
