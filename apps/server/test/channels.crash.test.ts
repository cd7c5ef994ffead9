/** Accounts connected and looked after from the command line, at an emulated WAHA server. */
import { assert, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { decodeQR } from "qr/decode.js"
import * as WahaEmulator from "@wicara/testing/WahaEmulator"
import * as Harness from "./harness.ts"
import * as Program from "./program.ts"
import type { Ended } from "./program.ts"

const decode = Schema.decodeUnknownSync(Schema.fromJsonString(Schema.Any))

const succeeded = ({ code, stderr, stdout }: Ended): any => {
  assert.strictEqual(code, 0, stderr)
  return decode(stdout)
}

/** What a phone reads from the blocks on a screen. */
const scanned = (printed: string): string => {
  const lines = printed.split("\n").filter((line) => /^[█▀▄ ]+$/.test(line) && line.includes("█"))
  const size = Math.max(...lines.map((line) => line.length)) * 4
  const data = new Uint8Array(size * size * 4)
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const sign = lines[y >> 3]?.[x >> 2] ?? "█"
      const isLight = sign === "█" || sign === (((y >> 2) & 1) === 0 ? "▀" : "▄")
      data.set([isLight ? 255 : 0, isLight ? 255 : 0, isLight ? 255 : 0, 255], (y * size + x) * 4)
    }
  }
  return decodeQR({ width: size, height: size, data })
}

it.live(
  "connects a WAHA session by the QR code in the terminal and by a code, and looks after it",
  () =>
    Effect.gen(function*() {
      const waha = yield* WahaEmulator.WahaEmulator
      const place = yield* Harness.makePlace("sqlite")
      const { WICARA_PORT: _, ...variables } = place.variables
      const run = (...args: ReadonlyArray<string>) => Program.run(args, variables)
      succeeded(yield* run("org", "create", "--name", "Acme", "--owner", "ana@acme.example", "--json"))
      const acme = ["--org", "acme"]
      const at = [...acme, "--setting", `baseUrl=${waha.url}`, "--secret", "apiKey=waha-key"]

      // What is missing is named, and nothing was made.
      const missing = yield* run("channel", "connect", "waha", ...acme, "--setting", `baseUrl=${waha.url}`)
      assert.deepInclude(missing, { code: 2, stdout: "" })
      assert.match(missing.stderr, /--setting session=\.\.\. is missing/)
      const unheardOf = yield* run("channel", "connect", "fax", ...acme)
      assert.strictEqual(unheardOf.code, 2)
      const wrongMethod = yield* run("channels", "connect", "waha", ...at, "--method", "credentials")
      assert.strictEqual(wrongMethod.code, 2)
      assert.deepStrictEqual(succeeded(yield* run("channels", "list", ...acme, "--json")), [])

      const printed = yield* Effect.scoped(Effect.gen(function*() {
        const connecting = yield* Program.start(
          ["channel", "connect", "waha", ...at, "--setting", "session=front"],
          variables
        )
        const [screen] = yield* connecting.prints(/█[\s\S]+\n\n/)
        assert.strictEqual(scanned(screen), `2@front,${waha.account("front")?.generation}`)
        yield* waha.setAccount("front", { paired: true })
        const ended = yield* connecting.ended
        assert.strictEqual(ended.code, 0, ended.stderr)
        return ended.stdout
      }))
      const [, id = ""] = /The account's id: (\S+)/.exec(printed) ?? []
      assert.match(printed, /Connected as \d+/)
      const hook = () => waha.account("front")?.config.webhooks?.[0]
      assert.include(hook()?.url, `/v1/inbound/${id}`)

      const status = succeeded(yield* run("channel", "status", id, ...acme, "--json"))
      assert.strictEqual(status.connection.state._tag, "Connected")
      const key = hook()?.hmac?.key
      const rotated = succeeded(yield* run("channel", "rotate", id, ...acme, "--generate", "--url", "--json"))
      assert.isTrue(rotated.registered, JSON.stringify(rotated))
      assert.strictEqual(hook()?.url, rotated.webhookUrl)
      assert.notStrictEqual(hook()?.hmac?.key, key)

      // Somebody changed it by hand.
      yield* waha.setAccount("front", { webhookUrl: "https://elsewhere.example/hook" })
      const found = yield* run("channel", "inspect", id, ...acme, "--json")
      assert.strictEqual(found.code, 1)
      assert.notDeepEqual(decode(found.stdout).findings, [])
      const doctor = yield* run("doctor", "--json")
      assert.isTrue(decode(doctor.stdout).findings.some(({ name }: any) => /set-up/.test(name)), doctor.stdout)
      succeeded(yield* run("channel", "repair", id, ...acme, "--json"))
      assert.strictEqual(hook()?.url, rotated.webhookUrl)

      // Another one, from a script.
      const second = yield* Effect.scoped(Effect.gen(function*() {
        const connecting = yield* Program.start([
          "channel",
          "connect",
          "waha",
          ...at,
          "--setting",
          "session=back",
          "--phone",
          "+62 813-0000-0099"
        ], variables)
        yield* connecting.prints(/Type this on the phone[^\n]*: \S+/)
        yield* waha.setAccount("back", { paired: true })
        const ended = yield* connecting.ended
        assert.strictEqual(ended.code, 0, ended.stderr)
        return /The account's id: (\S+)/.exec(ended.stdout)?.[1] ?? ""
      }))
      const moved = succeeded(yield* run("channel", "move", second, ...acme, "--to", id, "--json"))
      assert.deepInclude(moved, { state: "done", moved: 0, left: 0 })
      const listed = succeeded(yield* run("channels", "list", ...acme, "--json"))
      assert.strictEqual(listed.find((one: any) => one.id === second).status, "disabled")

      succeeded(yield* run("channel", "disconnect", id, ...acme, "--forget", "--json"))
      assert.isUndefined(waha.account("front"))
      assert.strictEqual((yield* run("channel", "status", id, ...acme)).code, 1)
    }).pipe(Effect.scoped, Effect.provide(WahaEmulator.WahaEmulator.layer())),
  240_000
)

it.live.skipIf(!Program.hasTerminal)(
  "asks at a terminal for what is missing, shows the QR code there, and leaves nothing half-made when it is broken off",
  () =>
    Effect.gen(function*() {
      const waha = yield* WahaEmulator.WahaEmulator
      const place = yield* Harness.makePlace("sqlite")
      const { WICARA_PORT: _, ...variables } = place.variables
      const run = (...args: ReadonlyArray<string>) => Program.run(args, variables)
      succeeded(yield* run("org", "create", "--name", "Acme", "--owner", "ana@acme.example", "--json"))
      const listed = Effect.map(run("channels", "list", "--org", "acme", "--json"), succeeded)
      const wizard = (...more: ReadonlyArray<string>) =>
        Program.atTerminal(["channel", "connect", "waha", "--org", "acme", ...more], variables)
      const enter = "\r"
      const interrupt = "\u0003"
      const answers = (terminal: Program.Terminal, baseUrl: string) =>
        Effect.gen(function*() {
          yield* terminal.shows(/How to connect[\s\S]*scan a QR code/)
          yield* terminal.types(enter)
          yield* terminal.shows(/baseUrl/)
          yield* terminal.types(`${baseUrl}${enter}`)
          yield* terminal.shows(/session/)
          yield* terminal.types(`desk${enter}`)
          yield* terminal.shows(/apiKey/)
        })

      // Broken off at a question: as if nothing had been asked.
      yield* Effect.scoped(Effect.gen(function*() {
        const terminal = yield* wizard()
        yield* answers(terminal, waha.url)
        yield* terminal.types(interrupt)
        assert.notStrictEqual(yield* terminal.ended, 0)
      }))
      assert.deepStrictEqual(yield* listed, [])
      assert.isUndefined(waha.account("desk"))

      // What can't be right is named, and nothing was made.
      yield* Effect.scoped(Effect.gen(function*() {
        const terminal = yield* wizard()
        yield* answers(terminal, "nowhere")
        yield* terminal.types(`waha-key${enter}`)
        yield* terminal.shows(/What people call the account/)
        yield* terminal.types(enter)
        yield* terminal.shows(/baseUrl/)
        assert.notStrictEqual(yield* terminal.ended, 0)
      }))
      assert.deepStrictEqual(yield* listed, [])

      // Broken off while the code is shown: the account is whole, and goes on where it was.
      yield* Effect.scoped(Effect.gen(function*() {
        const terminal = yield* wizard()
        yield* answers(terminal, waha.url)
        yield* terminal.types(`waha-key${enter}`)
        yield* terminal.shows(/What people call the account/)
        yield* terminal.types(`Front desk${enter}`)
        yield* terminal.shows(/Scan this[\s\S]*█/)
        yield* terminal.types(interrupt)
        assert.notStrictEqual(yield* terminal.ended, 0)
      }))
      const [made, ...others] = yield* listed
      assert.deepStrictEqual(others, [])
      assert.deepInclude(made, { name: "Front desk", channel: "waha", status: "active" })

      yield* Effect.scoped(Effect.gen(function*() {
        const terminal = yield* wizard("--account", made.id)
        yield* terminal.shows(/How to connect/)
        yield* terminal.types(enter)
        const [screen] = yield* terminal.shows(/█[\s\S]+\r\n\r\n/)
        assert.strictEqual(scanned(screen.replaceAll("\r", "")), `2@desk,${waha.account("desk")?.generation}`)
        yield* waha.setAccount("desk", { paired: true })
        yield* terminal.shows(/Connected as \d+/)
        assert.strictEqual(yield* terminal.ended, 0)
      }))
      assert.strictEqual((yield* listed)[0].connection, "connected")
    }).pipe(Effect.scoped, Effect.provide(WahaEmulator.WahaEmulator.layer())),
  240_000
)
