import { assert, describe, it } from "@effect/vitest"
import * as CoreMail from "@wicara/core/CoreMail"
import * as Mail from "@wicara/core/Mail"
import * as MessageCatalogue from "@wicara/core/MessageCatalogue"
import { MailLocale, nearestLocale } from "@wicara/notifications/MailTemplate"
import { problemsOf } from "@wicara/notifications/MailKinds"
import * as NotificationMail from "@wicara/notifications/NotificationMail"
import { Schema } from "effect"
import { render } from "../src/internal/render.ts"

const kinds = [...CoreMail.all, ...NotificationMail.all]

describe.each(MailLocale.literals)("Built-in mail in %s", (locale) => {
  it.each(kinds.map((kind) => [kind.kind, kind] as const))("says %s with the facts it has", (_, definition) => {
    assert.deepStrictEqual(problemsOf(definition, locale), [])
  })
})

describe("Built-in mail", () => {
  const texts = MessageCatalogue.define("flawed-mail", {
    flawed_subject: { en: "{link}", id: "{link}", es: "{link}", pt: "{link}" },
    flawed_body: { en: "{nobody}", id: "", es: "", pt: "" }
  }, { use: "mail" })
  const flawed = Mail.define("flawed", {
    texts,
    values: Schema.Struct({ reason: Schema.Literals(["late"]) }),
    secrets: ["link"]
  })

  it("misses nothing that a kind needs without that being said", () => {
    assert.deepStrictEqual(problemsOf(flawed, "en"), [
      "flawed in en names {{nobody}}, which it does not have",
      "flawed in en has {{link}} in its subject, and not only in its body",
      "flawed in en has no words for reason = late"
    ])
    assert.include(problemsOf(flawed, "es"), "flawed in es says nothing")
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
