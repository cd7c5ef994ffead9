/** That nothing goes to another machine in the clear unless the operator says so, and that credentials can be replaced. */
import { NodeServices } from "@effect/platform-node"
import { MysqlClient } from "@effect/sql-mysql2"
import { assert, describe, it } from "@effect/vitest"
import * as HostList from "@wicara/core/HostList"
import * as OutboundAddresses from "@wicara/core/OutboundAddresses"
import { RateLimitStore } from "@wicara/core/RateLimitStore"
import { MailTransport } from "@wicara/notifications/MailTransport"
import { BlobStore } from "@wicara/files/BlobStore"
import { Effect, Layer, Option, Redacted, Schedule, Schema } from "effect"
import { SecureRandom } from "effect/crypto"
import { FetchHttpClient, HttpClient } from "effect/http"
import { SqlClient, SqlError } from "effect/sql"
import * as Fs from "node:fs/promises"
import * as Http from "node:http"
import * as Path from "node:path"
import * as Tls from "node:tls"
import * as Database from "../src/Database.ts"
import * as FileStorage from "../src/FileStorage.ts"
import * as MailServices from "../src/MailServices.ts"
import * as MysqlWire from "../src/MysqlWire.ts"
import * as OutboundClient from "../src/OutboundClient.ts"
import * as RateLimits from "../src/RateLimits.ts"
import * as ServerConfig from "../src/ServerConfig.ts"
import * as Harness from "./harness.ts"
import * as TestTls from "./tls.ts"

const write = (file: string, text: string) => Effect.promise(() => Fs.writeFile(file, text))

const refusalOf = (variables: Record<string, string>) =>
  Effect.map(
    Effect.result(ServerConfig.load(variables)),
    (result) => result._tag === "Failure" ? [result.failure.setting, result.failure.message] as const : undefined
  )

const s3 = {
  WICARA_FILES_S3_BUCKET: "files",
  WICARA_FILES_S3_ACCESS_KEY_ID: "id",
  WICARA_FILES_S3_SECRET_ACCESS_KEY: "key"
}

describe("a connection to another machine that would not be encrypted", () => {
  const plain: ReadonlyArray<readonly [string, string, Record<string, string>]> = [
    ["WICARA_REDIS_URL", "redis://cache.example:6379", {}],
    ["WICARA_FILES_S3_ENDPOINT", "http://minio.example:9000", s3],
    ["WICARA_KMS_ENDPOINT", "http://kms.example", {}],
    ["OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector.example:4318", {}],
    ["WICARA_OIDC_ISSUER", "http://login.example", {}],
    ["WICARA_BREACHED_PASSWORDS_URL", "http://passwords.example", {}],
    ["WICARA_FILES_CLAMAV", "clamd.example:3310", {}],
    ["WICARA_DATABASE_URL", "mysql://wicara@db.example/wicara", {
      WICARA_DATABASE_TLS: "false",
      WICARA_MASTER_KEY: Buffer.alloc(32).toString("base64")
    }]
  ]

  it.effect.each(plain)(
    "of %s ends the start with a line that names it",
    ([name, value, others]) =>
      Effect.gen(function*() {
        const refused = yield* refusalOf({ ...others, [name]: value })
        assert.strictEqual(refused?.[0], name)
        assert.match(refused?.[1] ?? "", /would not be encrypted: .+, or name the host in WICARA_PLAIN_HOSTS/)
        const host = /([a-z]+\.example)/.exec(value)?.[1] ?? ""
        assert.include(refused?.[1], host)
        // Unless the operator accepts it, or the host is this machine.
        assert.isUndefined(yield* refusalOf({ ...others, [name]: value, WICARA_PLAIN_HOSTS: "*.example" }))
        assert.isUndefined(yield* refusalOf({ ...others, [name]: value.replace(host, "127.0.0.1") }))
        assert.isUndefined(yield* refusalOf({ ...others, [name]: value.replace(host, "localhost") }))
        assert.isDefined(yield* refusalOf({ ...others, [name]: value, WICARA_PLAIN_HOSTS: "other.net, 10.0.0.0/8" }))
      })
  )

  it.effect("is never the way to MySQL: without a word of it, it is encrypted", () =>
    Effect.gen(function*() {
      const tls = (host: string, more: Record<string, string> = {}) =>
        Effect.map(
          ServerConfig.load({
            WICARA_DATABASE_URL: `mysql://wicara@${host}/wicara`,
            WICARA_MASTER_KEY: Buffer.alloc(32).toString("base64"),
            ...more
          }),
          ({ database }) => database.kind === "mysql" && database.tls
        )
      assert.deepStrictEqual(
        yield* Effect.all([
          tls("db.example"),
          tls("10.0.0.7"),
          tls("127.0.0.1"),
          tls("localhost"),
          tls("10.0.0.7", { WICARA_PLAIN_HOSTS: "10.0.0.0/8" }),
          tls("localhost", { WICARA_DATABASE_TLS: "true" })
        ]),
        [true, true, false, false, false, true]
      )
    }))

  it.live("is refused to organizations too", () =>
    Effect.gen(function*() {
      const list = (text: string) => Schema.decodeSync(HostList.HostList)(text)
      const get = (url: string, plain: string) =>
        Effect.flip(HttpClient.get(url)).pipe(
          Effect.provide(
            OutboundClient.layerWithin(OutboundAddresses.restrict(OutboundAddresses.publicOnly, { plain: list(plain) }))
          )
        )
      const refused = yield* get("http://waha.invalid/api", "none")
      assert.match(String((refused.reason as { readonly cause?: unknown }).cause), /WICARA_PLAIN_HOSTS/)
      // Only the name's look-up fails there.
      for (const [url, plain] of [["https://waha.invalid/", "none"], ["http://waha.invalid/", "*.invalid"]] as const) {
        const failed = yield* get(url, plain)
        assert.notMatch(String((failed.reason as { readonly cause?: unknown }).cause), /WICARA_PLAIN_HOSTS/)
      }
    }))
})

describe("the connections to MySQL", () => {
  const make = Effect.fnUntraced(function*(name: TestTls.Name, more: Record<string, string> = {}) {
    const place = yield* Harness.makePlace("mysql")
    const state = { isMute: false, encrypted: 0 }
    const direct = new URL(place.databaseUrl)
    const { port } = yield* TestTls.mysqlBehindTls(direct, name, state)
    const url = new URL(place.databaseUrl)
    url.hostname = "localhost"
    url.port = String(port)
    const variables = {
      ...place.variables,
      WICARA_DATABASE_URL: url.href,
      WICARA_DATABASE_TLS: "true",
      WICARA_DATABASE_CONNECTIONS: "3",
      ...more
    }
    const layer = (which: typeof Database.layer | typeof Database.layerPatient) =>
      which.pipe(Layer.provide([ServerConfig.ServerConfig.layer(variables), NodeServices.layer]))
    return { layer, state, url, direct }
  })
  const causeOf = (error: unknown) => SqlError.isSqlError(error) ? String(error.reason.cause) : String(error)
  const select = Effect.flatMap(SqlClient.SqlClient, (sql) => sql`SELECT 1 AS one`)

  it.live("are encrypted, with the certificate verified, and work as others do", () =>
    Effect.gen(function*() {
      yield* TestTls.trusted
      const { layer, state } = yield* make("localhost")
      for (const which of [Database.layer, Database.layerPatient]) {
        const rows = yield* Effect.gen(function*() {
          const sql = yield* SqlClient.SqlClient
          yield* sql`CREATE TABLE IF NOT EXISTS things (id INTEGER PRIMARY KEY, text LONGTEXT)`
          yield* sql`INSERT INTO things ${sql.insert({ id: 1, text: "x".repeat(300_000) })}
            ON DUPLICATE KEY UPDATE id = 1`
          return yield* Effect.forEach(
            Array.from({ length: 20 }),
            () => sql<{ readonly text: string }>`SELECT text FROM things WHERE id = 1`,
            { concurrency: "unbounded" }
          )
        }).pipe(Effect.provide(layer(which)))
        assert.isTrue(rows.every(([row]) => row?.text.length === 300_000))
      }
      assert.isAbove(state.encrypted, 300_000)
    }).pipe(Effect.scoped))

  it.live("are not made to a server whose certificate is of another name, or signed by nobody who is trusted", () =>
    Effect.gen(function*() {
      const trustless = yield* make("localhost")
      const unknown = yield* Effect.flip(Effect.provide(select, trustless.layer(Database.layer)))
      assert.match(causeOf(unknown), /certificate|issuer/i)
      yield* TestTls.trusted
      const other = yield* make("other")
      const wrong = yield* Effect.flip(Effect.provide(select, other.layer(Database.layer)))
      assert.match(causeOf(wrong), /Hostname|altnames/i)
      assert.deepStrictEqual([trustless.state.encrypted, other.state.encrypted], [0, 0])
    }).pipe(Effect.scoped))

  it.live("are not made in the clear to a server that has no TLS", () =>
    Effect.gen(function*() {
      const { variables } = yield* Harness.makePlace("mysql")
      const greeting = yield* Effect.flip(
        select.pipe(
          Effect.provide(Database.layer),
          Effect.provide([
            ServerConfig.ServerConfig.layer({ ...variables, ...(yield* withoutTls(variables)) }),
            NodeServices.layer
          ])
        )
      )
      assert.match(causeOf(greeting), /secure connection/)
    }).pipe(Effect.scoped))

  /** A greeting that offers no TLS, whatever the test's server has. */
  const withoutTls = Effect.fnUntraced(function*(variables: Harness.Place["variables"]) {
    const url = new URL(variables["WICARA_DATABASE_URL"] ?? "")
    const greeting = Buffer.concat([
      Buffer.from([10]),
      Buffer.from("8.0.0\0", "latin1"),
      Buffer.alloc(4, 1),
      Buffer.alloc(8, 0x41),
      Buffer.from([0, 0xff, 0xf7, 0x2d, 2, 0, 0x08, 0, 21]),
      Buffer.alloc(10),
      Buffer.alloc(12, 0x42),
      Buffer.from("\0mysql_native_password\0", "latin1")
    ])
    const { port } = yield* TestTls.serve((socket) => {
      socket.write(Buffer.concat([Buffer.from([greeting.length, 0, 0, 0]), greeting]))
    })
    url.hostname = "127.0.0.1"
    url.port = String(port)
    return { WICARA_DATABASE_URL: url.href, WICARA_DATABASE_TLS: "true" }
  })

  it.live("notice silence behind TLS, and leave idle ones alone", () =>
    Effect.gen(function*() {
      yield* TestTls.trusted
      const { state, url } = yield* make("localhost")
      const millis = 600
      const layer = MysqlClient.layer({
        maxConnections: 2,
        poolConfig: {
          uri: url.href,
          ssl: { rejectUnauthorized: true, verifyIdentity: true },
          maxPreparedStatements: 1,
          stream: MysqlWire.streams({ silence: { greeting: 5000, answer: millis, pause: 100 } })
        }
      })
      yield* Effect.gen(function*() {
        const sql = yield* SqlClient.SqlClient
        const id = Effect.map(
          sql<{ readonly id: unknown }>`SELECT CONNECTION_ID() AS id`,
          ([row]) => String(row?.id)
        )
        const first = yield* id
        // Statements that are closed because others took their place are answered by nobody.
        for (const text of ["a", "b", "c"]) yield* sql`SELECT ${sql.literal(`'${text}'`)}`
        yield* id
        yield* Effect.sleep(millis * 2)
        assert.strictEqual(yield* id, first)
        state.isMute = true
        const silent = yield* Effect.flip(id)
        assert.strictEqual((silent.reason.cause as { readonly code?: string }).code, "ETIMEDOUT")
      }).pipe(Effect.provide(layer))
    }).pipe(Effect.scoped))

  it.live("take the password of a file, and the new one when it was replaced", () =>
    Effect.gen(function*() {
      const place = yield* Harness.makePlace("mysql")
      const file = Path.join(place.dataDir, "password")
      const user = `wicara_${SecureRandom.uuidV7Unsafe().replaceAll("-", "").slice(-20)}`
      const admin = yield* Layer.build(MysqlClient.layer({ url: Redacted.make(place.databaseUrl), maxConnections: 1 }))
      const onServer = (statement: string) =>
        Effect.orDie(
          Effect.provide(
            Effect.flatMap(SqlClient.SqlClient, (sql) => sql.unsafe(statement).unprepared),
            admin
          )
        )
      yield* Effect.acquireRelease(
        onServer(`CREATE USER '${user}'@'%' IDENTIFIED BY 'first-one'`),
        () => onServer(`DROP USER '${user}'@'%'`)
      )
      yield* onServer(`GRANT ALL ON ${new URL(place.databaseUrl).pathname.slice(1)}.* TO '${user}'@'%'`)
      yield* write(file, "first-one\n")
      const url = new URL(place.databaseUrl)
      url.username = user
      const variables = {
        ...place.variables,
        WICARA_DATABASE_URL: url.href,
        WICARA_DATABASE_PASSWORD_FILE: file,
        WICARA_DATABASE_CONNECTIONS: "2"
      }
      yield* Effect.gen(function*() {
        const sql = yield* SqlClient.SqlClient
        const [row] = yield* sql<{ readonly id: unknown }>`SELECT CONNECTION_ID() AS id`
        yield* onServer(`ALTER USER '${user}'@'%' IDENTIFIED BY 'second-one'`)
        yield* write(file, "second-one")
        yield* onServer(`KILL ${String(row?.id)}`)
        const again = yield* sql<{ readonly id: unknown }>`SELECT CONNECTION_ID() AS id`.pipe(
          Effect.retry({ schedule: Schedule.spaced("50 millis"), times: 100 })
        )
        assert.notStrictEqual(String(again[0]?.id), String(row?.id))
        // A file that is away is an error of that connection, and says nothing of what was in it.
        yield* Effect.promise(() => Fs.rm(file))
        yield* onServer(`KILL ${String(again[0]?.id)}`)
        const missing = yield* sql`SELECT 1`.pipe(
          Effect.repeat({ schedule: Schedule.spaced("50 millis"), times: 100 }),
          Effect.flip
        )
        assert.notInclude(JSON.stringify(missing) + String(missing.reason.cause), "second-one")
      }).pipe(
        Effect.provide(Database.layer.pipe(
          Layer.provide([ServerConfig.ServerConfig.layer(variables), NodeServices.layer])
        ))
      )
    }).pipe(Effect.scoped))
})

describe("the connections to Redis", () => {
  /** As much of Redis as it takes to connect. */
  const redis = (seen: Array<string>) => (socket: Tls.TLSSocket) => {
    socket.on("error", () => {})
    socket.on("data", (data: Buffer) => {
      const words = data.toString().split("\r\n")
      for (const [index, word] of words.entries()) {
        if (word.toUpperCase() === "AUTH") seen.push(`${words[index + 2]}:${words[index + 4]}`)
        if (word.startsWith("*")) socket.write("+OK\r\n")
      }
    })
  }

  it.live("are encrypted with rediss, verified, and take the password of a file that may be replaced", () =>
    Effect.gen(function*() {
      const { dataDir, variables } = yield* Harness.makePlace("sqlite")
      const file = Path.join(dataDir, "redis-password")
      yield* write(file, "first\n")
      const seen: Array<string> = []
      const answer = redis(seen)
      const { port, sockets } = yield* TestTls.serve((socket) => {
        const secure = new Tls.TLSSocket(socket, { isServer: true, ...TestTls.certificate("localhost") })
        answer(secure)
      })
      const layer = RateLimits.layer.pipe(
        Layer.provide(Database.layer),
        Layer.provide([
          ServerConfig.ServerConfig.layer({
            ...variables,
            WICARA_REDIS_URL: `rediss://limits@localhost:${port}`,
            WICARA_REDIS_PASSWORD_FILE: file
          }),
          NodeServices.layer
        ]),
        Layer.provide(NodeServices.layer)
      )
      const refused = yield* Effect.exit(Effect.scoped(Layer.build(layer)))
      assert.strictEqual(refused._tag, "Failure")
      assert.deepStrictEqual(seen, [])
      yield* TestTls.trusted
      const built = yield* Layer.build(layer)
      assert.isDefined(yield* Effect.provide(RateLimitStore, built))
      assert.deepStrictEqual(seen, ["limits:first"])
      yield* write(file, "second\n")
      for (const socket of sockets) socket.destroy()
      yield* Effect.sync(() => seen.length).pipe(
        Effect.repeat({ until: (count) => count > 1, schedule: Schedule.spaced("20 millis"), times: 500 })
      )
      assert.strictEqual(seen.at(-1), "limits:second")
    }).pipe(Effect.scoped))
})

describe("mail", () => {
  /** A mail server without TLS that notes what it is told. */
  const smtp = (seen: Array<string>) =>
    TestTls.serve((socket) => {
      socket.write("220 mail.example ESMTP\r\n")
      let isData = false
      socket.on("data", (data) => {
        for (const line of data.toString().split("\r\n").filter((line) => line !== "")) {
          if (isData) {
            if (line === ".") {
              isData = false
              socket.write("250 2.0.0 taken\r\n")
            }
            continue
          }
          seen.push(line)
          if (/^EHLO/i.test(line)) socket.write("250-mail.example\r\n250 AUTH PLAIN\r\n")
          else if (/^STARTTLS/i.test(line)) socket.write("502 5.5.1 not here\r\n")
          else if (/^AUTH/i.test(line)) socket.write("235 2.7.0 fine\r\n")
          else if (/^DATA/i.test(line)) {
            isData = true
            socket.write("354 go on\r\n")
          } else socket.write("250 fine\r\n")
        }
      })
    })

  const check = (variables: Record<string, string>) =>
    Effect.flatMap(MailTransport, ({ server }) => Option.getOrThrow(server).check).pipe(
      Effect.provide(MailServices.layerTransport),
      Effect.provide([ServerConfig.ServerConfig.layer(variables), NodeServices.layer])
    )

  it.live("goes to no other machine whose server has no TLS, and its password may be replaced", () =>
    Effect.gen(function*() {
      const { dataDir } = yield* Harness.makePlace("sqlite")
      const file = Path.join(dataDir, "mail-password")
      const seen: Array<string> = []
      const { port } = yield* smtp(seen)
      const from = { WICARA_MAIL_FROM: "no-reply@wicara.example" }
      const file1 = { WICARA_SMTP_PASSWORD_FILE: file }
      // Another name of this machine, which does not say that it is this machine.
      const elsewhere = { ...from, WICARA_SMTP_URL: `smtp://0.0.0.0:${port}` }
      const refused = yield* Effect.flip(check(elsewhere))
      assert.strictEqual(String(refused), "502 5.5.1 not here")
      assert.isFalse(seen.some((line) => /^(AUTH|MAIL)/i.test(line)))
      yield* check({ ...elsewhere, WICARA_PLAIN_HOSTS: "all" })
      const here = { ...from, ...file1, WICARA_SMTP_URL: `smtp://wicara@127.0.0.1:${port}` }
      yield* write(file, "first\n")
      yield* check(here)
      yield* write(file, "second\n")
      yield* check(here)
      const given = seen.filter((line) => /^AUTH PLAIN /i.test(line)).map((line) =>
        Buffer.from(line.slice("AUTH PLAIN ".length), "base64").toString().split("\0").slice(1).join(":")
      )
      assert.deepStrictEqual(given, ["wicara:first", "wicara:second"])
      yield* Effect.promise(() => Fs.rm(file))
      assert.match(String(yield* Effect.flip(check(here))), /can't be read/)
    }).pipe(Effect.scoped))
})

it.live("the bucket's credentials are those of a file that an agent replaces, of a short time too", () =>
  Effect.gen(function*() {
    const { dataDir, variables } = yield* Harness.makePlace("sqlite")
    const file = Path.join(dataDir, "bucket.json")
    const seen: Array<string> = []
    const server = yield* Effect.acquireRelease(
      Effect.callback<Http.Server>((resume) => {
        const server = Http.createServer((request, response) => {
          const id = /Credential=([^/]+)\//.exec(request.headers.authorization ?? "")?.[1]
          seen.push(`${id} ${request.headers["x-amz-security-token"] ?? "none"}`)
          response.end("<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>")
        })
        server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
      }),
      (server) => Effect.sync(() => server.close())
    )
    const address = server.address()
    const port = typeof address === "object" && address !== null ? address.port : 0
    const list = Effect.flatMap(BlobStore, (blobs) => blobs.list(Option.none())).pipe(
      Effect.provide(FileStorage.layerBlobs),
      Effect.provide([
        ServerConfig.ServerConfig.layer({
          ...variables,
          WICARA_FILES_S3_BUCKET: "files",
          WICARA_FILES_S3_ENDPOINT: `http://127.0.0.1:${port}`,
          WICARA_FILES_S3_CREDENTIALS_FILE: file
        }),
        NodeServices.layer,
        FetchHttpClient.layer
      ])
    )
    const keys = (id: string, token?: string) =>
      write(file, JSON.stringify({ Version: 1, AccessKeyId: id, SecretAccessKey: "secret", SessionToken: token }))
    yield* keys("first")
    yield* list
    yield* keys("second", "token-of-an-hour")
    yield* list
    assert.deepStrictEqual(seen, ["first none", "second token-of-an-hour"])
    yield* write(file, "{\"AccessKeyId\": \"half")
    const failed = yield* Effect.flip(list)
    assert.match(String((failed as { readonly message: string }).message), /can't be read/)
    assert.notInclude(String((failed as { readonly message: string }).message), "half")
  }).pipe(Effect.scoped))
