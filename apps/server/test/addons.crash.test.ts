/** Add-ons as an operator meets them: the command in a process of its own. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { fileURLToPath } from "node:url"
import * as Harness from "./harness.ts"
import * as Program from "./program.ts"

const satisfaction = fileURLToPath(new URL("../../../examples/addon-satisfaction/src/index.ts", import.meta.url))
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
