/** The real server for tests: in this process or as a child of it, on SQLite or on MySQL, with two organizations. */
import { MysqlClient } from "@effect/sql-mysql2"
import { ChannelAccounts } from "@wicara/channels/ChannelAccounts"
import { newSigningKey } from "@wicara/channels-widget/WidgetSettings"
import { ApiKeys } from "@wicara/core/ApiKeys"
import { Memberships } from "@wicara/core/Memberships"
import { Organizations } from "@wicara/core/Organizations"
import { Roles } from "@wicara/core/Roles"
import { Sessions } from "@wicara/core/Sessions"
import { CurrentActor, CurrentOrganization, systemActor } from "@wicara/core/Tenancy"
import type { OrganizationId, UserId } from "@wicara/core/Tenancy"
import { Users } from "@wicara/core/Users"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import { WahaEmulator } from "@wicara/testing/WahaEmulator"
import { WhatsAppCloudEmulator } from "@wicara/testing/WhatsAppCloudEmulator"
import { Cause, Config, Context, Effect, Layer, Logger, Redacted, Schedule, Schema } from "effect"
import { SecureRandom } from "effect/crypto"
import { TestConsole } from "effect/testing"
import { createHmac } from "node:crypto"
import * as Fs from "node:fs/promises"
import * as Os from "node:os"
import * as Path from "node:path"
import { problems } from "../src/http/ProblemRoutes.ts"
import * as Server from "../src/Server.ts"
import { ServerConfig } from "../src/ServerConfig.ts"
import * as Services from "../src/Services.ts"
import * as Telemetry from "../src/Telemetry.ts"

/** The databases that suites run on. */
export const databases = TestDatabase.all.map(({ name }) => name)
export type DatabaseName = typeof databases[number]

/** Where a server keeps its things; removed when the scope closes. */
export interface Place {
  readonly database: DatabaseName
  readonly dataDir: string
  readonly databaseUrl: string
  /** What a server there is configured with. */
  readonly variables: Readonly<Record<string, string>>
}

const masterKey = Buffer.alloc(32, 7).toString("base64")

const makeSchema = Effect.gen(function*() {
  const base = yield* Config.String("TEST_MYSQL_URL").pipe(Config.withDefault("mysql://root@127.0.0.1:3306"))
  const name = `wicara_test_${SecureRandom.uuidV7Unsafe().replaceAll("-", "")}`
  const onServer = (statement: string) =>
    MysqlClient.MysqlClient.pipe(
      Effect.flatMap((sql) => sql.unsafe(statement).unprepared),
      Effect.provide(MysqlClient.layer({ url: Redacted.make(new URL("/", base).toString()), maxConnections: 1 })),
      Effect.orDie
    )
  yield* Effect.acquireRelease(
    onServer(`CREATE DATABASE ${name} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`),
    () => onServer(`DROP DATABASE IF EXISTS ${name}`)
  )
  return new URL(`/${name}`, base).toString()
})

/** An empty place for a server. */
export const makePlace = Effect.fnUntraced(function*(database: DatabaseName) {
  const dataDir = yield* Effect.acquireRelease(
    Effect.promise(() => Fs.mkdtemp(Path.join(Os.tmpdir(), "wicara-test-"))),
    (path) => Effect.promise(() => Fs.rm(path, { recursive: true, force: true, maxRetries: 3 }))
  )
  const databaseUrl = database === "mysql"
    ? yield* Effect.orDie(makeSchema)
    : `file:${Path.join(dataDir, "wicara.db")}`
  const place: Place = {
    database,
    dataDir,
    databaseUrl,
    variables: {
      WICARA_HOST: "127.0.0.1",
      WICARA_PORT: "0",
      WICARA_CONSOLE_URL: "https://console.example.com",
      WICARA_OUTBOUND_ALLOW: "loopback",
      WICARA_DATA_DIR: dataDir,
      WICARA_DATABASE_URL: databaseUrl,
      WICARA_MASTER_KEY: masterKey,
      WICARA_LOG_LEVEL: "none"
    }
  }
  return place
})

/** A server that listens. */
export class TestServer extends Context.Service<TestServer, {
  readonly url: string
  readonly place: Place
  /** What the server logged as an error so far: each one is a bug. */
  readonly errors: ReadonlyArray<string>
  /** What it printed so far. */
  readonly printed: Effect.Effect<ReadonlyArray<unknown>>
}>()("@wicara/server/test/TestServer") {}

const decodeListening = /listens on (http:\/\/\S+)/

/** Runs a server in this process, with its services at hand, until the scope closes. */
export const layerAt = (place: Place, options: { readonly telemetry?: boolean } = {}) => {
  const errors: Array<string> = []
  const logger = Logger.make(({ cause, logLevel, message }) => {
    if (logLevel !== "Error" && logLevel !== "Fatal") return
    const texts = (Array.isArray(message) ? message : [message]).map((part) =>
      Cause.isCause(part) ? Cause.pretty(part) : part
    )
    errors.push([...texts, cause.reasons.length === 0 ? "" : Cause.pretty(cause)].join("\n"))
  })
  return Layer.effect(
    TestServer,
    Effect.gen(function*() {
      const lines = yield* TestConsole.logLines
      const context = yield* Effect.context<never>()
      const url = decodeListening.exec(lines.join("\n"))?.[1]
      if (url === undefined) {
        return yield* Effect.die(new Error(`The server does not say where it listens: ${lines.join("\n")}`))
      }
      return TestServer.of({ url, place, errors, printed: Effect.provideContext(TestConsole.logLines, context) })
    })
  ).pipe(
    Layer.provide(Server.layer),
    Layer.provideMerge(Services.layer),
    Layer.provide(options.telemetry === true ? Telemetry.layer : Logger.layer([logger])),
    Layer.provide(ServerConfig.layer(place.variables)),
    Layer.provide(TestConsole.layer)
  )
}

/** The emulators of both providers. */
export const layerEmulators = Layer.mergeAll(WhatsAppCloudEmulator.layer(), WahaEmulator.layer())

/** A server in this process on an empty database, its services, and the emulators of both providers. */
export const layer = (database: DatabaseName, variables: Place["variables"] = {}) =>
  Layer.unwrap(
    Effect.map(makePlace(database), (place) => layerAt({ ...place, variables: { ...place.variables, ...variables } }))
  ).pipe(Layer.provideMerge(layerEmulators))

/** An answer as a client sees it. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The JSON of the body, if it is some. */
  readonly body: any
  readonly millis: number
}

export interface RequestOptions {
  readonly method?: string | undefined
  readonly token?: string | undefined
  readonly json?: unknown
  readonly body?: string | Uint8Array<ArrayBuffer> | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Does not wait for the body of a good answer, which may have no end. */
  readonly stream?: boolean | undefined
  /** How long it may take, milliseconds; an answer that comes later fails the test. */
  readonly within?: number | undefined
}

const decodeJson = Schema.decodeUnknownOption(Schema.fromJsonString(Schema.Unknown))

/** Sends one request as it is, and reads all of the answer. */
export const requestTo = (base: string, path: string, options: RequestOptions = {}): Effect.Effect<Answer> =>
  Effect.promise((signal) => {
    const started = performance.now()
    const headers = new Headers(options.headers)
    if (options.token !== undefined) headers.set("authorization", `Bearer ${options.token}`)
    if (options.json !== undefined && !headers.has("content-type")) headers.set("content-type", "application/json")
    const body = options.json !== undefined ? JSON.stringify(options.json) : options.body
    const method = options.method ?? (body === undefined ? "GET" : "POST")
    const limit = AbortSignal.timeout(options.within ?? 5000)
    return fetch(`${base}${path}`, {
      method,
      headers,
      redirect: "manual",
      signal: AbortSignal.any([signal, limit]),
      ...(body === undefined ? {} : { body })
    }).then((response) =>
      (options.stream === true && response.ok
        ? (response.body?.cancel() ?? Promise.resolve()).then(() => "")
        : response.text()).then((text): Answer => {
          const parsed = decodeJson(text)
          return {
            status: response.status,
            headers: response.headers,
            text,
            body: parsed._tag === "Some" ? parsed.value : undefined,
            millis: performance.now() - started
          }
        })
    ).catch((error: unknown) => {
      throw new Error(`${method} ${path}: ${limit.aborted ? "no answer in time" : String(error)}`, { cause: error })
    })
  })

/** Sends one request to the test's server. */
export const request = Effect.fnUntraced(function*(path: string, options?: RequestOptions) {
  const { url } = yield* TestServer
  return yield* requestTo(url, path, options)
})

const documented = new Map(problems.map((problem) => [`https://wicara.dev/problems/${problem.name}`, problem]))

/** What is wrong with an answer that should be a problem; `undefined` when nothing is. */
export const problemFault = (answer: Answer, status?: number): string | undefined => {
  const type = answer.headers.get("content-type") ?? ""
  if (status !== undefined && answer.status !== status) return `status ${answer.status}, expected ${status}`
  if (answer.status < 400) return `status ${answer.status} is no problem`
  if (!type.startsWith("application/problem+json")) return `content type ${type || "absent"}`
  const { body } = answer
  if (typeof body !== "object" || body === null) return "the body is no JSON object"
  const known = documented.get(String(body.type))
  if (known === undefined) return `type ${body.type}, which has no page`
  if (body.status !== answer.status) return `status ${body.status} in the body, ${answer.status} outside`
  if (body.title !== known.title) return `title ${body.title}, on its page ${known.title}`
  if (body.status !== known.status) return `status ${body.status}, on its page ${known.status}`
  if (/node_modules|\bat .+:\d+:\d+|\.ts:\d+|SQLITE|ER_[A-Z]/.test(answer.text)) {
    return "it shows the inside of the server"
  }
  return undefined
}

const fail = (what: string, answer: Answer) =>
  Effect.die(new Error(`${what}: ${answer.status} ${answer.text.slice(0, 500)}`))

/** Fails unless the answer is a problem with the status. */
export const expectProblem = (answer: Answer, status: number, what = "the answer"): Effect.Effect<void> => {
  const fault = problemFault(answer, status)
  return fault === undefined ? Effect.void : fail(`${what}: ${fault}`, answer)
}

/** Fails unless the answer has the status. */
export const expectStatus = (answer: Answer, status: number, what = "the answer"): Effect.Effect<void> =>
  answer.status === status ? Effect.void : fail(`${what}: expected ${status}`, answer)

/** Repeats the request until its answer is as it should be, for at most 15 seconds. */
export const eventually = <R>(answer: Effect.Effect<Answer, never, R>, holds: (answer: Answer) => boolean) =>
  answer.pipe(
    Effect.filterOrFail(holds, (last) => last),
    Effect.retry({ schedule: Schedule.spaced("50 millis"), times: 300 }),
    Effect.catch((last) => fail("it never became as it should be", last))
  )

export const roles = ["owner", "admin", "manager", "agent", "viewer"] as const
export type Role = typeof roles[number]

export const password = "correct horse battery"

/** An organization with a member of each role. */
export interface Tenant {
  readonly id: OrganizationId
  readonly slug: string
  readonly users: Readonly<Record<Role, { readonly id: UserId; readonly email: string }>>
}

/** Acts for an organization as the system itself. */
export const within = (organizationId: OrganizationId) => <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  effect.pipe(
    Effect.provideService(CurrentOrganization, { id: organizationId }),
    Effect.provideService(CurrentActor, systemActor("test"))
  )

let counter = 0
/** A number that no other call in this process gets. */
export const unique = (): number => ++counter

const newUser = Effect.fnUntraced(function*(name: string, withPassword: boolean) {
  const users = yield* Users
  const email = `${name.toLowerCase()}-${unique()}@wicara.example`
  const user = yield* users.create({ email, name, ...(withPassword ? { password: Redacted.make(password) } : {}) })
  return { id: user.id, email: user.email }
})

/** A new member with the role; a password costs tens of milliseconds. */
export const newMember = Effect.fnUntraced(function*(tenant: Pick<Tenant, "id">, role: Role, withPassword = false) {
  const memberships = yield* Memberships
  const user = yield* newUser(role, withPassword)
  yield* memberships.add({ email: user.email, role }).pipe(within(tenant.id))
  return user
}, Effect.orDie)

/** A new organization with a member of each role, all with the same password. */
export const newTenant = Effect.fnUntraced(function*(name: string) {
  const organizations = yield* Organizations
  const owner = yield* newUser("owner", true)
  const organization = yield* organizations.create({ name, slug: `${name.toLowerCase()}-${unique()}` }, owner.id).pipe(
    Effect.provideService(CurrentActor, systemActor("test"))
  )
  const tenant: Tenant = {
    id: organization.id,
    slug: organization.slug,
    users: {
      owner,
      admin: yield* newMember(organization, "admin", true),
      manager: yield* newMember(organization, "manager", true),
      agent: yield* newMember(organization, "agent", true),
      viewer: yield* newMember(organization, "viewer", true)
    }
  }
  return tenant
}, Effect.orDie)

/** The token of a new session of the member. */
export const newSession = Effect.fnUntraced(function*(tenant: Tenant, user: { readonly id: UserId }) {
  const sessions = yield* Sessions
  return yield* Effect.orDie(sessions.switchTo(user.id, tenant.id))
})

/** A token of the organization's member with the role. */
export const tokenOf = (tenant: Tenant, role: Role) =>
  Effect.map(newSession(tenant, tenant.users[role]), ({ token }) => token)

/** A new API key with the scopes; all of the admin's by default. */
export const newApiKey = Effect.fnUntraced(function*(tenant: Tenant, scopes?: ReadonlyArray<string>) {
  const apiKeys = yield* ApiKeys
  const granted = scopes ?? [...(yield* Roles).permissions("admin")]
  return yield* apiKeys.create({ name: `Key ${unique()}`, scopes: granted }).pipe(within(tenant.id), Effect.orDie)
})

const secret = () => Buffer.from(SecureRandom.randomBytesUnsafe(24)).toString("base64url")

/** A new WhatsApp Cloud account that the emulator knows and delivers webhooks of. */
export const newCloudAccount = Effect.fnUntraced(
  function*(tenant: Tenant, phoneNumberId = `1555${String(unique()).padStart(8, "0")}`) {
    const accounts = yield* ChannelAccounts
    const emulator = yield* WhatsAppCloudEmulator
    const { url } = yield* TestServer
    const secrets = { accessToken: secret(), appSecret: secret(), verifyToken: secret() }
    const account = yield* accounts.create({
      channel: "whatsapp_cloud",
      name: `Cloud ${unique()}`,
      settings: { phoneNumberId, businessAccountId: `9${phoneNumberId}`, graphBaseUrl: emulator.url },
      secrets
    }).pipe(within(tenant.id))
    yield* emulator.setAccount(phoneNumberId, { ...secrets, webhookUrl: `${url}/v1/inbound/${account.id}` })
    return { id: account.id, phoneNumberId, ...secrets }
  },
  Effect.orDie
)

/** What opens every session of the emulated WAHA server, and the list of its keys. */
export const wahaServerKey = "waha-key"

/** A new WAHA account that the emulator knows and delivers webhooks of. */
export const newWahaAccount = Effect.fnUntraced(function*(
  tenant: Tenant,
  session = `session_${unique()}`,
  /** Its own key, which opens that session alone, or that of the server. */
  apiKey = secret()
) {
  const accounts = yield* ChannelAccounts
  const emulator = yield* WahaEmulator
  const { url } = yield* TestServer
  const secrets = { apiKey, hmacKey: secret() }
  const account = yield* accounts.create({
    channel: "waha",
    name: `Waha ${unique()}`,
    settings: { baseUrl: emulator.url, session },
    secrets
  }).pipe(within(tenant.id))
  yield* emulator.setAccount(session, {
    ...(apiKey === wahaServerKey ? {} : { apiKey }),
    hmacKey: secrets.hmacKey,
    webhookUrl: `${url}/v1/inbound/${account.id}`
  })
  return { id: account.id, session, ...secrets }
}, Effect.orDie)

/** A new widget account. */
export const newWidgetAccount = Effect.fnUntraced(function*(tenant: Tenant) {
  const accounts = yield* ChannelAccounts
  const signingKey = Redacted.value(yield* newSigningKey)
  const account = yield* accounts.create({
    channel: "widget",
    name: `Widget ${unique()}`,
    settings: {},
    secrets: { signingKey }
  }).pipe(within(tenant.id))
  return { id: account.id, signingKey }
}, Effect.orDie)

/** A new visitor of the widget, with their token. */
export const newVisitor = Effect.fnUntraced(function*(accountId: string) {
  const answer = yield* request(`/v1/widget/${accountId}/sessions`, { json: {} })
  if (answer.status !== 200) return yield* fail("opening a visitor's session", answer)
  return answer.body as { readonly visitorId: string; readonly token: string }
})

/** A webhook's body with its signature, as WhatsApp Cloud sends it. */
export const signedCloud = (body: string | Uint8Array<ArrayBuffer>, appSecret: string): RequestOptions => ({
  body,
  headers: {
    "content-type": "application/json",
    "x-hub-signature-256": `sha256=${createHmac("sha256", appSecret).update(body).digest("hex")}`
  }
})

/** A webhook's body with its signature, as WAHA sends it. */
export const signedWaha = (body: string | Uint8Array<ArrayBuffer>, hmacKey: string): RequestOptions => ({
  body,
  headers: {
    "content-type": "application/json",
    "x-webhook-hmac": createHmac("sha512", hmacKey).update(body).digest("hex"),
    "x-webhook-hmac-algorithm": "sha512"
  }
})

/** A text message's webhook. */
export const cloudText = (options: {
  readonly phoneNumberId: string
  readonly from: string
  readonly id: string
  readonly text: string
  readonly timestamp?: unknown
}): string =>
  JSON.stringify({
    object: "whatsapp_business_account",
    entry: [{
      id: `9${options.phoneNumberId}`,
      changes: [{
        field: "messages",
        value: {
          messaging_product: "whatsapp",
          metadata: { display_phone_number: options.phoneNumberId, phone_number_id: options.phoneNumberId },
          contacts: [{ profile: { name: "Sari" }, wa_id: options.from }],
          messages: [{
            from: options.from,
            id: options.id,
            timestamp: options.timestamp ?? "1763700000",
            type: "text",
            text: { body: options.text }
          }]
        }
      }]
    }]
  })
