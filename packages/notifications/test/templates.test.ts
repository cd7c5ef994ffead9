import { assert, describe, it } from "@effect/vitest"
import * as CoreMail from "@wicara/core/CoreMail"
import { MailLocale, nearestLocale } from "@wicara/notifications/MailTemplate"
import * as NotificationMail from "@wicara/notifications/NotificationMail"
import { Schema } from "effect"
import { placeholdersOf, render } from "../src/internal/render.ts"
import { builtIn, hasBuiltIn, wordsOf } from "../src/internal/templates/index.ts"

const kinds = [...CoreMail.all, ...NotificationMail.all]
const common = new Set(["recipient", "organization", "expiresAt"])

describe.each(MailLocale.literals)("Built-in mail in %s", (locale) => {
  it.each(kinds.map((kind) => [kind.kind, kind] as const))("says %s with the facts it has", (name, definition) => {
    assert.isTrue(hasBuiltIn(name, locale))
    const { body, subject } = builtIn(name, locale)
    const { ast } = Schema.toType(definition.values)
    const fields = ast._tag === "Objects" ? ast.propertySignatures.map(({ name }) => String(name)) : []
    const known = new Set([...common, ...fields, ...definition.secrets])
    for (const one of placeholdersOf(`${subject} ${body}`)) assert.isTrue(known.has(one), `{{${one}}}`)
    for (const secret of definition.secrets) {
      assert.include(placeholdersOf(body), secret)
      assert.notInclude(placeholdersOf(subject), secret)
    }
    for (const signature of ast._tag === "Objects" ? ast.propertySignatures : []) {
      const literals = signature.type._tag === "Union" ? signature.type.types : [signature.type]
      for (const literal of literals) {
        if (literal._tag === "Literal") {
          assert.isString(wordsOf(locale)[`${name}.${String(signature.name)}.${String(literal.literal)}`])
        }
      }
    }
  })

  it("has the same words as English", () => {
    assert.deepStrictEqual(Object.keys(wordsOf(locale)).toSorted(), Object.keys(wordsOf("en")).toSorted())
  })
})

describe("Rendering", () => {
  it("takes the structure from the template alone", () => {
    const { html, subject, text } = render({
      subject: "To {{name}}",
      body: "Hello {{name}}\n\n- one {{name}}\n- two\n\n[Open {{name}}]({{url}})\n\n[Never]({{evil}})"
    }, {
      name: "<b>[x](https://evil.example)</b>\r\nBcc: a@example.com",
      url: "https://example.com/?a=1&b=\"",
      evil: "javascript:alert(1)"
    }, "en")
    assert.strictEqual(subject, "To <b>[x](https://evil.example)</b> Bcc: a@example.com")
    assert.notInclude(html, "<b>")
    assert.notInclude(html, "href=\"https://evil")
    assert.notInclude(html, "javascript:")
    assert.include(html, "<ul")
    assert.include(html, "href=\"https://example.com/?a=1&amp;b=&quot;\"")
    assert.include(text, "https://example.com/?a=1&b=\"")
  })

  it.each([["pt-BR", "pt"], ["id", "id"], ["ES-419", "es"], ["fr", "en"], ["", "en"]])(
    "%s is read in %s",
    (tag, locale) => {
      assert.strictEqual(nearestLocale(tag), locale)
    }
  )
})
