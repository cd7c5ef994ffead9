import { assert, describe, it } from "vitest"
import { byName } from "../modules-by-name.mjs"

describe("imports of Effect's indexes", () => {
  it("become imports of the modules, on the lines where they were", () => {
    assert.strictEqual(
      byName(`import {\n  Effect,\n  Schema as S\n} from "effect"\nconst one = 1\n`),
      `import * as Effect from "effect/Effect"; import * as S from "effect/Schema"\n\n\n\nconst one = 1\n`
    )
    assert.strictEqual(
      byName(`import { HttpClient } from "effect/http"`),
      `import * as HttpClient from "effect/http/HttpClient"`
    )
  })

  it("stay as they are where they are of functions or types, or of other packages", () => {
    for (
      const source of [
        `import { pipe } from "effect"`,
        `import { type Scope } from "effect"`,
        `import type { Effect } from "effect"`,
        ` * import { Effect } from "effect"`,
        `import { Id } from "@wicara/core"`
      ]
    ) assert.strictEqual(byName(source), source)
  })
})
