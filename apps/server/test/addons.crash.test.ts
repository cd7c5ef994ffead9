/** Add-ons as an operator meets them: the command in a process of its own. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import * as Fs from "node:fs/promises"
import * as Path from "node:path"
import { fileURLToPath } from "node:url"
import * as Harness from "./harness.ts"
import * as Program from "./program.ts"

const source = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url))
const satisfaction = source("examples/addon-satisfaction/src/index.ts")

/** An add-on as its package is published: JavaScript that asks for its peers by their names. */
const books = `import * as Addon from "@wicara/core/Addon"
import * as Migrations from "@wicara/core/Migrations"
import * as Module from "@wicara/core/Module"
import * as TenantData from "@wicara/core/TenantData"
import { Layer } from "effect"

export const addon = Addon.make({
  wicara: "^0.1.0",
  module: Module.make({
    id: "books",
    name: "Books",
    description: "Keeps books.",
    version: "3.0.0",
    optional: { enabledByDefault: false },
    migrations: [Migrations.make("books", [{
      name: "books_shelves",
      run: (sql, types) => sql\`CREATE TABLE IF NOT EXISTS books_shelves (
        organization_id \${types.id} NOT NULL, id \${types.id} NOT NULL, PRIMARY KEY (organization_id, id)
      ) \${types.tableOptions}\`
    }])],
    data: [TenantData.table("books_shelves")]
  }),
  workers: Layer.empty
})
`
const decode = Schema.decodeUnknownSync(Schema.fromJsonString(Schema.Any))

describe("add-ons on the command line", () => {
  it.live("are listed with the rest, and part of the API's description", () =>
    Effect.gen(function*() {
      const variables = { WICARA_ADDONS: satisfaction }
      const listed = yield* Program.run(["modules", "--json"], variables)
      assert.strictEqual(listed.code, 0, listed.stderr)
      const modules: ReadonlyArray<{ readonly id: string; readonly addon: boolean }> = decode(listed.stdout)
      assert.deepStrictEqual<unknown>(modules.find(({ id }) => id === "satisfaction"), {
        id: "satisfaction",
        name: "Satisfaction",
        description: "Asks how a conversation was.",
        version: "1.0.0",
        addon: true,
        requires: ["conversations"],
        optional: true,
        permissions: ["satisfaction:read", "satisfaction:write"],
        events: ["satisfaction.answered"],
        jobs: [],
        settings: ["satisfaction.scale"],
        routes: ["satisfaction"],
        tables: ["satisfaction_surveys"]
      })
      assert.deepStrictEqual(modules.filter(({ addon }) => addon).length, 1)
      const described = yield* Program.run(["openapi"], variables)
      assert.containsAllKeys(decode(described.stdout).paths, ["/v1/addons/satisfaction/surveys", "/v1/modules"])
    }))

  it.live(
    "are found by the name of a package that is installed where the server starts, and listed when they left",
    () =>
      Effect.gen(function*() {
        const { dataDir, variables } = yield* Harness.makePlace("sqlite")
        // As a package registry would leave it there.
        const folder = Path.join(dataDir, "operator")
        const installed = Path.join(folder, "node_modules", "@example", "wicara-addon-books")
        yield* Effect.promise(async () => {
          await Fs.mkdir(Path.join(folder, "node_modules", "@wicara"), { recursive: true })
          await Fs.mkdir(installed, { recursive: true })
          await Fs.symlink(source("packages/core"), Path.join(folder, "node_modules/@wicara/core"))
          await Fs.symlink(source("packages/core/node_modules/effect"), Path.join(folder, "node_modules/effect"))
          await Fs.writeFile(
            Path.join(installed, "package.json"),
            JSON.stringify({ name: "@example/wicara-addon-books", type: "module", exports: "./main.js" })
          )
          await Fs.writeFile(Path.join(installed, "main.js"), books)
        })
        const named = { ...variables, WICARA_ADDONS: "@example/wicara-addon-books" }
        const listed = yield* Program.run(["modules", "--json"], named, folder)
        assert.strictEqual(listed.code, 0, listed.stderr)
        assert.deepInclude(decode(listed.stdout).find(({ id }: { id: string }) => id === "books"), {
          version: "3.0.0",
          addon: true,
          tables: ["books_shelves"]
        })
        const elsewhere = yield* Program.run(["modules"], named, dataDir)
        assert.deepStrictEqual([elsewhere.code, elsewhere.stderr], [
          2,
          "wicara: WICARA_ADDONS: @example/wicara-addon-books can't be found: install it where the server starts, or give its path\n"
        ])

        assert.strictEqual((yield* Program.run(["migrate"], named, folder)).code, 0)
        const removed = yield* Program.run(["modules", "removed", "--json"], variables)
        assert.deepStrictEqual(decode(removed.stdout), [
          { id: "books", version: "3.0.0", tables: ["books_shelves"], kept: false }
        ])
        const serve = Effect.fnUntraced(function*() {
          const server = yield* Program.start(["serve"], { ...variables, WICARA_LOG_LEVEL: "warn" })
          yield* server.prints(/listens on/)
          yield* server.kill("SIGTERM")
          const { stderr, stdout } = yield* server.ended
          return stdout + stderr
        }, Effect.scoped)
        assert.include(yield* serve(), "The add-on books was removed")
        assert.strictEqual((yield* Program.run(["modules", "keep", "books"], variables)).code, 0)
        assert.notInclude(yield* serve(), "books")
        const unconfirmed = yield* Program.run(["modules", "drop", "books", "--confirm", "boks"], variables)
        assert.deepStrictEqual([unconfirmed.code, unconfirmed.stderr], [2, "wicara: --confirm: repeat books\n"])
        const dropped = yield* Program.run(["modules", "drop", "books", "--confirm", "books", "--json"], variables)
        assert.sameMembers(decode(dropped.stdout).dropped, ["books_shelves", "books_migrations"])
        const none = yield* Program.run(["modules", "removed"], variables)
        assert.strictEqual(none.stdout, "No add-on left anything behind.\n")
      }),
    120_000
  )

  it.live("that can't be used end the server at once, with one line and code 2", () =>
    Effect.gen(function*() {
      const { variables } = yield* Harness.makePlace("sqlite")
      for (const command of ["serve", "migrate", "modules"]) {
        const { code, stderr, stdout } = yield* Program.run([command], {
          ...variables,
          WICARA_ADDONS: `${satisfaction}, no-such-addon`
        })
        assert.deepStrictEqual([code, stdout, stderr], [
          2,
          "",
          "wicara: WICARA_ADDONS: no-such-addon can't be found: install it where the server starts, or give its path\n"
        ])
      }
    }))
})
