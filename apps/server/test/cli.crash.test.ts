/** Every command in a process of its own, on an embedded database. */
import { assert, layer } from "@effect/vitest"
import { Context, Effect, Layer, Schema } from "effect"
import * as Fs from "node:fs/promises"
import { createServer } from "node:net"
import { readFileSync } from "node:fs"
import * as Path from "node:path"
import * as Harness from "./harness.ts"
import * as Program from "./program.ts"
import type { Ended } from "./program.ts"

const decode = Schema.decodeUnknownSync(Schema.fromJsonString(Schema.Any))

/** A migrated database with the organization `acme`, and files to import. */
class Fixture extends Context.Service<Fixture>()("test/Fixture", {
  make: Effect.gen(function*() {
    const place = yield* Harness.makePlace("sqlite")
    const file = (name: string) => Path.join(place.dataDir, name)
    const { WICARA_PORT: _, ...variables } = place.variables
    const run = (args: ReadonlyArray<string>, more: Readonly<Record<string, string>> = {}) =>
      Program.run(args, { ...variables, ...more })
    const made = yield* run(["org", "create", "--name", "Acme", "--owner", "ana@acme.example", "--json"])
    assert.strictEqual(made.code, 0, made.stderr)
    yield* Effect.promise(() => Fs.mkdir(file("help")))
    yield* Effect.promise(() => Fs.writeFile(file("help/hours.md"), "# Opening hours\n\nWe are open from 9 to 5.\n"))
    yield* Effect.promise(() => Fs.writeFile(file("bad.csv"), "question,answer\n,\n"))
    yield* Effect.promise(() => Fs.writeFile(file("junk.db"), "no database ".repeat(1000)))
    return { file, run, organization: decode(made.stdout) }
  })
}) {
  static readonly layer = Layer.effect(Fixture, Fixture.make)
}

/** A port where nobody listens. */
const closedPort = Effect.callback<number>((resume) => {
  const server = createServer().listen(0, "127.0.0.1", () => {
    const address = server.address()
    server.close(() => resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : 0)))
  })
})

const succeeded = ({ code, stderr, stdout }: Ended): any => {
  assert.strictEqual(code, 0, stderr)
  assert.strictEqual(stderr, "")
  return decode(stdout)
}

/** One line that names what is wrong, and nothing of the program's inside. */
const failed = ({ code, stderr }: Ended, expected: 1 | 2, naming: string | RegExp) => {
  assert.match(stderr, /^wicara[^\n]*: [^\n]+\n$/)
  if (typeof naming === "string") assert.include(stderr, naming)
  else assert.match(stderr, naming)
  assert.notMatch(stderr, /node_modules|\.ts:\d|\bat .+:\d+:\d+/)
  assert.strictEqual(code, expected, stderr)
}

const commands: Readonly<Record<string, ReadonlyArray<string>>> = {
  serve: [],
  migrate: [],
  modules: ["removed", "keep", "drop"],
  doctor: [],
  openapi: [],
  org: ["create", "list", "suspend", "activate", "trial", "export", "delete", "undelete"],
  job: [
    "queues",
    "failed",
    "retry",
    "retry-all",
    "discard",
    "batches",
    "batch-failed",
    "cancel-batch",
    "retry-batch",
    "pause-queue",
    "resume-queue",
    "schedules",
    "pause",
    "resume",
    "run"
  ],
  platform: ["grant", "revoke", "admins", "settings", "set", "reset"],
  user: ["create", "list", "reset-password", "disable-2fa", "sign-out", "export", "suspend", "activate"],
  apikey: ["create", "list", "rotate", "revoke"],
  machine: ["create", "list", "key", "suspend", "resume", "remove"],
  bot: ["create", "ask"],
  channel: [
    "connect",
    "add",
    "list",
    "test",
    "status",
    "restart",
    "disconnect",
    "inspect",
    "repair",
    "rotate",
    "profile",
    "move"
  ],
  messages: ["resend"],
  knowledge: ["import", "search"],
  access: ["explain", "show"],
  audit: ["verify", "export"],
  files: ["usage", "quota", "sweep"],
  limits: ["violations", "blocks", "block", "unblock"],
  mail: ["list", "test"],
  role: ["list"],
  secrets: ["status", "rotate"],
  templates: ["list", "show", "check", "create", "edit", "delete", "preview", "sync", "library", "create-from-library"],
  webhooks: ["list", "deliveries", "replay", "verify"],
  simulate: [],
  record: []
}

layer(Fixture.layer, { excludeTestServices: true, timeout: "120 seconds" })("wicara", (it) => {
  it.effect("tells of every command and what it takes with --help", () =>
    Effect.gen(function*() {
      const { run } = yield* Fixture
      const subcommandsOf = (help: string) =>
        Array.from(
          help.slice(help.indexOf("SUBCOMMANDS")).matchAll(/^ +([a-z\d-]+)(?:, [a-z-]+)* +\S/gm),
          ([, name]) => name
        )
      const helpOf = (path: ReadonlyArray<string>) =>
        Effect.map(run([...path, "--help"]), ({ code, stderr, stdout }) => {
          assert.strictEqual(code, 0, stderr)
          assert.include(stdout, `wicara ${path.join(" ")}`.trimEnd())
          assert.include(stdout, "--json")
          return stdout
        })
      assert.sameMembers(subcommandsOf(yield* helpOf([])), Object.keys(commands))
      yield* Effect.forEach(
        Object.entries(commands),
        Effect.fnUntraced(function*([name, parts]) {
          const help = yield* helpOf([name])
          assert.sameMembers(parts.length === 0 ? [] : subcommandsOf(help), [...parts])
          // One of each group; all are described by the same library.
          if (parts.length > 0) yield* helpOf([name, parts[0]!])
        }),
        { concurrency: 3 }
      )
    }))

  it.effect("says its version", () =>
    Effect.gen(function*() {
      const { run } = yield* Fixture
      const { code, stdout } = yield* run(["--version"])
      assert.strictEqual(code, 0)
      assert.match(stdout, /^wicara v\d+\.\d+\.\d+/)
    }))

  it.effect("makes the tables once", () =>
    Effect.gen(function*() {
      const { file, run } = yield* Fixture
      const fresh = { WICARA_DATABASE_URL: `file:${file("fresh.db")}` }
      const first = succeeded(yield* run(["migrate", "--json"], fresh))
      assert.include(first.ran, "core/core_organizations")
      assert.deepStrictEqual(succeeded(yield* run(["migrate", "--json"], fresh)), { ran: [] })
    }))

  it.effect("makes organizations, people, keys, accounts and bots, and lists them", () =>
    Effect.gen(function*() {
      const { organization, run } = yield* Fixture
      const json = (...args: ReadonlyArray<string>) => Effect.map(run([...args, "--json"]), succeeded)
      const inAcme = (...args: ReadonlyArray<string>) => json(...args, "--org", "acme")
      assert.strictEqual(organization.slug, "acme")
      assert.match(organization.ownerPassword, /^(?:[\w-]{4}-){3}[\w-]{4}$/)
      assert.deepStrictEqual((yield* json("org", "list")).map(({ slug }: any) => slug), ["acme"])

      const user = yield* inAcme("user", "create", "--email", "Bo@acme.example", "--role", "agent")
      assert.strictEqual(user.email, "bo@acme.example")
      const people = yield* inAcme("user", "list")
      assert.deepStrictEqual(people.map(({ email, role }: any) => [email, role]).toSorted(), [
        ["ana@acme.example", "owner"],
        ["bo@acme.example", "agent"]
      ])

      const roles = yield* inAcme("role", "list")
      assert.includeMembers(roles.map(({ key }: any) => key), ["owner", "admin", "manager", "agent", "viewer"])
      const why = yield* inAcme("access", "explain", "--user", "bo@acme.example", "--permission", "channels:write")
      assert.deepStrictEqual([why.allowed, why.sentence], [false, "No: none of their roles allows it."])
      const shown = yield* inAcme("access", "show", "--user", user.id)
      assert.deepStrictEqual(shown.roles.map(({ role }: any) => role), ["agent"])
      assert.include(shown.permissions.map(({ permission }: any) => permission), "conversations:reply")

      const { key, ...made } = yield* inAcme("apikey", "create", "--name", "Site", "--scope", "knowledge:read")
      assert.match(key, /^wk_/)
      assert.deepStrictEqual(made.scopes, ["knowledge:read"])
      const keys = yield* run(["apikey", "list", "--org", "acme", "--json"])
      assert.deepStrictEqual(succeeded(keys).map(({ id }: any) => id), [made.id])
      assert.notInclude(keys.stdout, key)

      const account = yield* inAcme("channel", "add", "widget", "--name", "Site")
      assert.deepStrictEqual((yield* inAcme("channel", "list")).map(({ id }: any) => id), [account.id])
      assert.strictEqual((yield* inAcme("channel", "test", account.id)).status, "warn")
      const bot = yield* inAcme("bot", "create", "--name", "Wira", "--channel", account.id)
      assert.strictEqual(bot.name, "Wira")
      assert.strictEqual((yield* json("doctor")).status, "ok")
    }))

  it.effect("suspends an organization, exports it, deletes it and calls that off", () =>
    Effect.gen(function*() {
      const { file, run } = yield* Fixture
      const json = (...args: ReadonlyArray<string>) => Effect.map(run([...args, "--json"]), succeeded)
      const created = yield* json("org", "create", "--name", "Leaving", "--owner", "leo@leaving.example")
      const inLeaving = (...args: ReadonlyArray<string>) => json("org", ...args, "--org", "leaving")
      assert.strictEqual((yield* inLeaving("suspend", "--reason", "Not paid")).status, "suspended")
      assert.strictEqual((yield* inLeaving("activate", "--reason", "Paid")).status, "active")
      const daysOf = (trialEndsAt: string) => Math.round((Date.parse(trialEndsAt) - Date.now()) / 86_400_000)
      const tried = yield* inLeaving("trial", "--reason", "They try it")
      assert.deepStrictEqual([tried.status, daysOf(tried.trialEndsAt)], ["trial", 14])
      assert.strictEqual(daysOf((yield* inLeaving("trial", "--days", "30", "--reason", "Longer")).trialEndsAt), 30)
      const until = "2099-01-02T03:04:05.000Z"
      assert.strictEqual(
        (yield* inLeaving("trial", "--until", until, "--reason", "For long")).trialEndsAt,
        until
      )
      const audit = file("leaving-audit.ndjson")
      yield* json("audit", "export", "--org", "leaving", "--out", audit)
      const changes = readFileSync(audit, "utf8").trimEnd().split("\n").map((line) => decode(line)).filter((entry) =>
        entry.action === "organization.changed"
      )
      assert.deepInclude(changes.find(({ after }) => after.trialEndsAt === until), {
        actor: { _tag: "System", name: "cli" },
        after: { reason: "For long", trialEndsAt: until }
      })
      assert.strictEqual((yield* inLeaving("activate", "--reason", "Paid")).status, "active")
      const output = file("leaving.ndjson")
      const exported = yield* inLeaving("export", "--output", output)
      const lines = readFileSync(output, "utf8").trimEnd().split("\n")
      assert.strictEqual(lines.length, exported.rows)
      assert.isTrue(lines.some((line) => line.includes("core_memberships")))
      failed(
        yield* run(["org", "delete", "--org", "leaving", "--confirm", "acme", "--json"]),
        2,
        "leaving"
      )
      assert.strictEqual((yield* inLeaving("delete", "--confirm", "leaving")).state, "scheduled")
      assert.strictEqual((yield* inLeaving("undelete")).status, "active")
      assert.strictEqual((yield* json("platform", "grant", "--email", "leo@leaving.example")).email, created.owner)
      assert.lengthOf(yield* json("platform", "admins"), 1)
      assert.strictEqual((yield* json("platform", "set", "invitations.days", "14")).value, 14)
      assert.strictEqual((yield* json("platform", "reset", "invitations.days")).value, 7)
      assert.include((yield* json("modules")).map(({ id }: any) => id), "conversations")
      yield* json("platform", "revoke", "--email", "leo@leaving.example")
      assert.strictEqual((yield* json("job", "pause", "core.cleanup"))[0].paused, true)
      assert.strictEqual((yield* json("job", "resume", "core.cleanup"))[0].paused, false)
      assert.deepStrictEqual(yield* json("job", "batches"), [])
      assert.isString((yield* json("job", "pause-queue", "core.cleanup")).pausedAt)
      assert.isNull((yield* json("job", "resume-queue", "core.cleanup")).pausedAt)
      yield* json("job", "run", "core.cleanup")
      const queues = yield* json("job", "queues")
      assert.strictEqual(queues.find(({ name }: any) => name === "core.cleanup").pending, 1)
      assert.deepStrictEqual(yield* json("job", "failed"), [])
    }))

  it.effect("helps people who can't sign in, and keeps others out", () =>
    Effect.gen(function*() {
      const { file, run } = yield* Fixture
      const email = ["--email", "Ana@acme.example"]
      const json = (...args: ReadonlyArray<string>) => Effect.map(run(["user", ...args, "--json"]), succeeded)
      const { link } = yield* json("reset-password", ...email)
      assert.match(link, /^https:\/\/console\.example\.com\/reset-password#token=wl_[\w-]{43}$/)
      const told = yield* run(["user", "reset-password", ...email])
      assert.match(told.stdout, /30 minutes:\nhttps:/)
      failed(yield* run(["user", "disable-2fa", ...email, "--identified-by", "  "]), 2, "--identified-by")
      const known = ["--identified-by", "Came to the desk"]
      assert.deepStrictEqual(yield* json("disable-2fa", ...email, ...known), { email: "ana@acme.example", dueAt: null })
      assert.deepStrictEqual(
        yield* json("disable-2fa", ...email, ...known, "--now"),
        { email: "ana@acme.example", removed: false }
      )
      assert.deepStrictEqual(yield* json("sign-out", ...email), { email: "ana@acme.example", sessions: 0 })
      const exported = yield* json("export", ...email, "--output", file("ana.ndjson"))
      assert.isAbove(exported.rows, 1)
      const lines = (yield* Effect.promise(() => Fs.readFile(file("ana.ndjson"), "utf8"))).trimEnd().split("\n")
      assert.deepStrictEqual([lines.length, decode(lines.at(-1) ?? "")], [exported.rows + 1, { complete: true }])
      assert.include(lines[0], "ana@acme.example")
      assert.strictEqual((yield* json("suspend", ...email)).status, "suspended")
      assert.strictEqual((yield* json("activate", ...email)).status, "active")
      failed(yield* run(["user", "sign-out", "--email", "nobody@acme.example"]), 1, "nobody@acme.example")
    }))

  it.effect("imports knowledge, finds it, and answers from it", () =>
    Effect.gen(function*() {
      const { file, run } = yield* Fixture
      const inAcme = (...args: ReadonlyArray<string>) => run([...args, "--org", "acme", "--json"])
      assert.strictEqual(succeeded(yield* inAcme("knowledge", "import", file("help"))).imported, 1)
      assert.strictEqual(succeeded(yield* inAcme("knowledge", "import", file("help"))).skipped, 1)
      const partly = yield* inAcme("knowledge", "import", file("bad.csv"))
      failed(partly, 1, "1 could not be imported")
      assert.strictEqual(decode(partly.stdout).rows[0].source, "bad.csv")
      const [hit] = succeeded(yield* inAcme("knowledge", "search", "opening hours"))
      assert.strictEqual(hit.title, "Opening hours")
      succeeded(yield* inAcme("bot", "create", "--name", "Sari"))
      const turn = succeeded(yield* inAcme("bot", "ask", "What are your opening hours?"))
      assert.deepStrictEqual([turn.outcome, turn.verdict], ["test", "answer"])
      assert.include(turn.reply, "9 to 5")
    }))

  it.effect("prints the API's description, or writes it", () =>
    Effect.gen(function*() {
      const { file, run } = yield* Fixture
      const printed = succeeded(yield* run(["openapi"]))
      assert.strictEqual(printed.openapi, "3.1.0")
      const at = file("openapi.json")
      assert.deepStrictEqual(succeeded(yield* run(["openapi", "--output", at, "--json"])), { file: at })
      assert.deepStrictEqual(decode(yield* Effect.promise(() => Fs.readFile(at, "utf8"))), printed)
    }))

  it.effect("speaks to people in lines", () =>
    Effect.gen(function*() {
      const { run } = yield* Fixture
      const { code, stdout } = yield* run(["org", "list"])
      assert.strictEqual(code, 0)
      assert.match(stdout, /^SLUG +NAME +STATUS +ID\n-+ [- ]+\n(?:.+\n)*acme +Acme +active +[0-9a-f-]{36}\n/)
    }))

  const acme = ["--org", "acme"]
  const wrong: ReadonlyArray<readonly [ReadonlyArray<string>, string]> = [
    [["bogus"], "\"bogus\""],
    [["org", "create", "--owner", "a@acme.example"], "--name"],
    [["org", "create", "--name", "B", "--owner", "nonsense"], "--owner"],
    [["org", "create", "--name", "B", "--owner", "a@b.example", "--timezone", "Mars/X"], "--timezone"],
    [["org", "trial", ...acme, "--reason", "Why", "--until", "tomorrow"], "--until: "],
    [["org", "trial", ...acme, "--reason", "Why", "--until", "2020-01-01T00:00:00Z"], "later than now"],
    [["org", "trial", ...acme, "--reason", "Why", "--days", "0"], "--days: "],
    [
      ["org", "trial", ...acme, "--reason", "Why", "--days", "3", "--until", "2099-01-01T00:00:00Z"],
      "--until and --days"
    ],
    [["user", "create", ...acme, "--email", "b@acme.example", "--role", "king"], "--role: There is no role \"king\""],
    [["user", "create", ...acme, "--email", "b@acme.example", "--password", "short"], "--password"],
    [["apikey", "create", ...acme, "--name", "K", "--role", "king"], "--role: There is no role \"king\""],
    [["apikey", "create", ...acme, "--name", "K", "--scope", "a:b"], "\"a:b\""],
    [["channel", "add", "fax", ...acme, "--name", "F"], "\"fax\""],
    [["channel", "add", "waha", ...acme, "--name", "F", "--setting", "baseUrl"], "\"baseUrl\" is not key=value"],
    [["channel", "add", "waha", ...acme, "--name", "F", "--setting", "baseUrl=x"], "settings.baseUrl"],
    [["channel", "test", "nope", ...acme], "id: "],
    [["messages", "resend", ...acme], "--account"],
    [["messages", "resend", "nope", ...acme], "id: "],
    [["messages", "resend", "--account", "nope", ...acme], "--account: "],
    [["bot", "create", ...acme, "--name", "B", "--channel", "nope"], "--channel: "],
    [["knowledge", "import", "/nowhere", ...acme], "/nowhere"],
    [["knowledge", "search", "x", ...acme, "--limit", "999"], "--limit"],
    [["openapi", "--output", "/nowhere/x.json"], "/nowhere/x.json"],
    [["serve", "--port", "99999"], "WICARA_PORT"],
    [["simulate", "--customers", "many"], "--customers"],
    [["simulate", "--scenario", "/nowhere"], "/nowhere"],
    [["simulate", "--target", "x"], "--target \"x\""]
  ]

  it.effect("wrong usage ends with 2 and one line that names what is wrong", () =>
    Effect.gen(function*() {
      const { run } = yield* Fixture
      yield* Effect.forEach(wrong, ([args, naming]) => Effect.map(run(args), (ended) => failed(ended, 2, naming)), {
        concurrency: 3
      })
      const people = succeeded(yield* run(["user", "list", ...acme, "--json"]))
      assert.isFalse(people.some(({ email }: any) => email === "b@acme.example"))
    }))

  it.effect("what can't be done ends with 1 and one line", () =>
    Effect.gen(function*() {
      const { run } = yield* Fixture
      const port = yield* closedPort
      failed(yield* run(["user", "list", "--org", "nobody", "--json"]), 1, "\"nobody\"")
      failed(yield* run(["user", "create", ...acme, "--email", "ana@acme.example"]), 1, "ana@acme.example")
      failed(yield* run(["simulate", "--url", `http://127.0.0.1:${port}`]), 1, `http://127.0.0.1:${port}`)
      const away = {
        WICARA_DATABASE_URL: `mysql://root@127.0.0.1:${port}/x`,
        WICARA_MASTER_KEY: Buffer.alloc(32, 1).toString("base64")
      }
      for (const command of [["org", "list"], ["migrate"], ["serve", "--port", "0"]]) {
        failed(yield* run(command, away), 1, "database")
      }
    }))

  it.effect("wrong settings stop the start with 2 and one line that names the setting", () =>
    Effect.gen(function*() {
      const { file, run } = yield* Fixture
      const settings: ReadonlyArray<readonly [string, string]> = [
        ["WICARA_PORT", "abc"],
        ["WICARA_HOST", "no.such.host.invalid"],
        ["WICARA_PUBLIC_URL", "ftp://x"],
        ["WICARA_DATABASE_URL", "postgres://x"],
        ["WICARA_DATABASE_URL", `file:${file("junk.db")}`],
        ["WICARA_DATABASE_URL", `file:${file("bad.csv")}/x.db`],
        ["WICARA_DATABASE_CONNECTIONS", "0"],
        ["WICARA_MASTER_KEY", "short"],
        ["WICARA_LOG_LEVEL", "loud"],
        ["WICARA_WORKERS", "maybe"],
        ["WICARA_DEMO", "perhaps"],
        ["WICARA_PROT", "1"]
      ]
      yield* Effect.forEach(
        settings,
        ([name, value]) =>
          Effect.map(
            run(["serve"], { WICARA_PORT: "0", [name]: value }),
            (ended) => {
              failed(ended, 2, name)
              if (name === "WICARA_MASTER_KEY") assert.notInclude(ended.stderr, value)
            }
          ),
        { concurrency: 3 }
      )
      const mysql = { WICARA_DATABASE_URL: "mysql://root@127.0.0.1/x", WICARA_MASTER_KEY: "" }
      failed(yield* run(["org", "list"], mysql), 2, "WICARA_MASTER_KEY")
    }))
})
