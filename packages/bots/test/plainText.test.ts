import { assert, describe, it } from "@effect/vitest"
import { plainText } from "../src/internal/plainText.ts"

describe("plainText", () => {
  it("takes the marks of Markdown away and keeps what they mark", () => {
    assert.strictEqual(
      plainText(
        "## Prices\n\n**Lintas 50** costs _Rp 259,000_ a month, see [our page](https://x.example \"t\") or <help@x.example>.\n\n`my_wifi_name` stays."
      ),
      "Prices\n\nLintas 50 costs Rp 259,000 a month, see our page (https://x.example) or help@x.example.\n\nmy_wifi_name stays."
    )
  })

  it("joins wrapped lines and keeps lists, tables, code and hard breaks", () => {
    assert.strictEqual(
      plainText(
        "A line that\nis wrapped.\n\n1. One\n   goes on\n2. Two\n* Star\n\n| Plan | Price |\n|---|---|\n| 30 | Rp 1 |\n\n```\nping  x\n```\nfirst  \nsecond"
      ),
      "A line that is wrapped.\n\n1. One goes on\n2. Two\n- Star\n\nPlan · Price\n30 · Rp 1\n\nping  x\nfirst\nsecond"
    )
  })
})
