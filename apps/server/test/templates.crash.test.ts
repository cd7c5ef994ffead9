/** Message templates from the command line, at an emulated WhatsApp Cloud API. */
import { assert, it } from "@effect/vitest"
import { WhatsAppCloudEmulator } from "@wicara/testing/WhatsAppCloudEmulator"
import { Effect, Schedule, Schema } from "effect"
import { writeFileSync } from "node:fs"
import * as Path from "node:path"
import * as Harness from "./harness.ts"
import * as Program from "./program.ts"
import type { Ended } from "./program.ts"

const decode = Schema.decodeUnknownSync(Schema.fromJsonString(Schema.Any))

const number = "155500000001"

/** An organization with a number of the emulated provider. */
const makeAcme = Effect.gen(function*() {
  const emulator = yield* WhatsAppCloudEmulator
  const place = yield* Harness.makePlace("sqlite")
  const { WICARA_PORT: _, ...variables } = place.variables
  const run = (...args: ReadonlyArray<string>) => Program.run(args, variables)
  const succeeded = ({ code, stderr, stdout }: Ended): any => {
    assert.strictEqual(code, 0, stderr)
    return decode(stdout)
  }
  const secrets = { accessToken: "token", appSecret: "secret", verifyToken: "verify" }
  yield* emulator.setAccount(number, { ...secrets, businessAccountId: `9${number}` })
  succeeded(yield* run("org", "create", "--name", "Acme", "--owner", "ana@acme.example", "--json"))
  const json = (...args: ReadonlyArray<string>) => Effect.map(run(...args, "--org", "acme", "--json"), succeeded)
  const settings = { phoneNumberId: number, businessAccountId: `9${number}`, graphBaseUrl: emulator.url }
  const account = yield* json(
    "channel",
    "add",
    "whatsapp_cloud",
    "--name",
    "Cloud",
    ...Object.entries(settings).flatMap(([key, value]) => ["--setting", `${key}=${value}`]),
    ...Object.entries(secrets).flatMap(([key, value]) => ["--secret", `${key}=${value}`])
  )
  const file = (name: string, content: unknown) => {
    const path = Path.join(place.dataDir, name)
    writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content))
    return path
  }
  return { account: String(account.id), emulator, file, json, place, run }
})

const bill = {
  name: "tagihan",
  language: "id",
  category: "UTILITY",
  components: [
    { type: "BODY", text: "Halo {{1}}, tagihan {{2}} sudah terbit.", example: { body_text: [["Sari", "INV-7"]] } },
    {
      type: "BUTTONS",
      buttons: [{
        type: "URL",
        text: "Bayar",
        url: "https://bayar.example/{{1}}",
        example: ["https://bayar.example/7"]
      }]
    }
  ]
}

const broken = (body: object) => ({ ...bill, components: [{ type: "BODY", ...body }] })

it.live("the command line checks, creates, shows, changes and deletes templates", () =>
  Effect.gen(function*() {
    const { account, emulator, file, json, run } = yield* makeAcme
    const definition = file("bill.json", bill)
    assert.deepStrictEqual(yield* json("templates", "list"), [])
    assert.deepStrictEqual(
      decode((yield* run("templates", "check", definition, "--json")).stdout).parameters.required,
      [
        "body",
        "buttons"
      ]
    )
    const { id, status } = yield* json("templates", "create", definition, "--account", account)
    assert.strictEqual(status, "PENDING")
    yield* emulator.template(number, { name: "tagihan", language: "id", event: "APPROVED", silent: true })
    assert.deepInclude(yield* json("templates", "sync", account), { listed: 2, created: 1, changed: 1, failure: null })
    assert.deepStrictEqual((yield* json("templates", "list", "--status", "APPROVED")).map(({ name }: any) => name), [
      "tagihan",
      "hello_world"
    ])
    const shown = yield* json("templates", "show", id)
    assert.deepStrictEqual(shown.history.map(({ to }: any) => to), ["APPROVED", "PENDING", "SUBMITTING"])
    const parameters = file("parameters.json", { body: ["Sari", "INV-7"], buttons: { 0: "inv-7" } })
    const told = yield* run("templates", "preview", id, parameters, "--org", "acme")
    assert.strictEqual(told.stdout, "Halo Sari, tagihan INV-7 sudah terbit.\n[Bayar] https://bayar.example/inv-7\n")
    const change = file("change.json", { components: [{ type: "BODY", text: "Tagihan Anda sudah terbit." }] })
    assert.deepInclude(yield* json("templates", "edit", id, change), { status: "PENDING", revision: 2 })
    assert.deepStrictEqual(yield* json("templates", "delete", id), { id })
    assert.deepStrictEqual((yield* json("templates", "list")).map(({ name }: any) => name), ["hello_world"])

    const creations = emulator.templates.creations(`9${number}`).size
    const into = ["--account", account, "--org", "acme"]
    const wrong: ReadonlyArray<readonly [ReadonlyArray<string>, 1 | 2, RegExp]> = [
      [["create", "/nowhere.json", ...into], 2, /\/nowhere\.json can't be read/],
      [["create", file("no.json", "{"), ...into], 2, /no\.json is not JSON/],
      [["create", file("none.json", {}), ...into], 2, /none\.json: name: /],
      [["create", file("typo.json", { ...bill, allow_category_change: true }), ...into], 2, /allow_category_change/],
      [["create", file("kind.json", broken({ type: "BDOY" })), ...into], 2, /kind\.json: components\.0/],
      [["create", file("edge.json", broken({ text: "Halo {{1}}" })), ...into], 2, /components\.0\.text: /],
      [["create", definition, "--account", "nope", "--org", "acme"], 2, /--account: /],
      [["create", definition, "--org", "acme"], 2, /--account/],
      [["check", file("edge.json", broken({ text: "Halo {{1}}" }))], 2, /edge\.json: components\.0\.text: /],
      [["edit", id, file("same.json", {}), "--org", "acme"], 2, /change/],
      [["edit", "nope", change, "--org", "acme"], 2, /id: /],
      [["delete", "019a0000-0000-7000-8000-000000000000", "--org", "acme"], 1, /template/],
      [["preview", id, file("less.json", { body: ["Sari"] }), "--org", "acme"], 2, /parameters\.body: /],
      [["sync", account, "--org", "nobody"], 1, /"nobody"/]
    ]
    yield* Effect.forEach(wrong, ([args, code, naming]) =>
      Effect.map(run("templates", ...args), (ended) => {
        assert.match(ended.stderr, /^wicara[^\n]*: [^\n]+\n$/)
        assert.match(ended.stderr, naming)
        assert.strictEqual(ended.code, code, ended.stderr)
      }), { concurrency: 3 })
    assert.strictEqual(emulator.templates.creations(`9${number}`).size, creations)

    yield* emulator.setAccount(number, { accessToken: "another" })
    const refused = yield* run("templates", "sync", account, "--org", "acme")
    assert.strictEqual(refused.code, 1)
    assert.match(refused.stderr, /^wicara: The provider did not give them: [^\n]+\n$/)
  }).pipe(Effect.scoped, Effect.provide(WhatsAppCloudEmulator.layer())))

it.live("the command line finds templates in the provider's library, and makes one of them under a name of its own", () =>
  Effect.gen(function*() {
    const { account, emulator, file, json, run } = yield* makeAcme
    const found = yield* json("templates", "library", account, "--search", "parcel", "--language", "en_US")
    assert.sameMembers(found.map(({ name }: any) => name), ["delivery_update_1", "delivery_failed_2_form"])
    const payments = yield* json("templates", "library", account, "--topic", "PAYMENTS")
    assert.isTrue(payments.length > 0 && payments.every(({ topic }: any) => topic === "PAYMENTS"))
    const table = yield* run("templates", "library", account, "--search", "paket", "--language", "id", "--org", "acme")
    assert.match(table.stdout, /^NAME[^\n]+\n[- ]+\ndelivery_update_1 +id +UTILITY +ORDER_MANAGEMENT +URL\n$/)
    const url = { base_url: "https://nusa.example/paket/{{1}}", url_suffix_example: "https://nusa.example/paket/7" }
    const wanted = {
      library: "delivery_update_1",
      name: "paket_dikirim",
      language: "id",
      buttons: [{ type: "URL", url }]
    }
    const definition = file("library.json", wanted)
    const made = yield* json("templates", "create-from-library", definition, "--account", account)
    assert.deepInclude(made, { name: "paket_dikirim", language: "id", library: "delivery_update_1" })
    const shown = yield* json("templates", "show", made.id)
    assert.include(JSON.stringify(shown), "paket {{2}} berangkat")
    assert.include(JSON.stringify(shown), "https://nusa.example/paket/")
    const creations = emulator.templates.creations(`9${number}`).size
    const into = ["--account", account, "--org", "acme"]
    const wrong: ReadonlyArray<readonly [ReadonlyArray<string>, 1 | 2, RegExp]> = [
      [["library", "nope", "--org", "acme"], 2, /account: /],
      [["library", account, "--org", "nobody"], 1, /"nobody"/],
      [["create-from-library", "/nowhere.json", ...into], 2, /\/nowhere\.json can't be read/],
      [["create-from-library", file("none.json", {}), ...into], 2, /none\.json: library: /],
      [["create-from-library", file("typo.json", { ...wanted, category: "UTILITY" }), ...into], 2, /category/],
      [["create-from-library", definition, "--org", "acme"], 2, /--account/],
      [["create-from-library", definition, ...into], 1, /There is a template with this name/],
      [
        ["create-from-library", file("no.json", { ...wanted, library: "no_such", name: "x" }), ...into],
        2,
        /no such template/
      ]
    ]
    yield* Effect.forEach(wrong, ([args, code, naming]) =>
      Effect.map(run("templates", ...args), (ended) => {
        assert.match(ended.stderr, /^wicara[^\n]*: [^\n]+\n$/)
        assert.match(ended.stderr, naming)
        assert.strictEqual(ended.code, code, ended.stderr)
      }), { concurrency: 3 })
    assert.strictEqual(emulator.templates.creations(`9${number}`).size, creations)
  }).pipe(Effect.scoped, Effect.provide(WhatsAppCloudEmulator.layer())))

it.live("a look at many templates goes on where the process that was killed had come to", () =>
  Effect.gen(function*() {
    const { account, emulator, json, place } = yield* makeAcme
    const templates = Array.from({ length: 250 }, (_, index) => ({
      name: `nama_${index}`,
      language: "id",
      category: "UTILITY" as const,
      status: "APPROVED",
      components: [{ type: "BODY", text: "Halo" }]
    }))
    yield* emulator.setAccount(number, { templates, templatePages: 2 })
    const asked = () => emulator.ledger.all().filter(({ outcome }) => outcome === "template:listed")
    yield* Effect.scoped(Effect.gen(function*() {
      const looking = yield* Program.start(["templates", "sync", account, "--org", "acme"], place.variables)
      yield* Effect.repeat(Effect.sync(() => asked().length), {
        until: (pages) => pages === 3,
        schedule: Schedule.spaced("20 millis")
      })
      yield* looking.kill("SIGKILL")
      yield* looking.ended
    }))
    assert.lengthOf(yield* json("templates", "list"), 200)
    yield* emulator.setAccount(number, { templatePages: null })
    // A server that is the only one takes over what was left.
    yield* Effect.scoped(Effect.gen(function*() {
      const server = yield* Program.start(["serve"], place.variables)
      yield* server.prints(/listens on/)
      yield* Effect.repeat(json("templates", "list"), {
        until: ({ length }) => length === 250,
        schedule: Schedule.spaced("20 millis")
      })
    }))
    const places = asked().map(({ raw }) => raw)
    assert.isNull(places[0])
    assert.strictEqual(places[3], places[2])
  }).pipe(Effect.scoped, Effect.provide(WhatsAppCloudEmulator.layer())))
