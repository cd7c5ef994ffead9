/** What the server says to people by itself, in every language: notifications, mail, problems. */
import { assert, describe, it } from "@effect/vitest"
import * as Languages from "@wicara/core/Languages"
import * as MessageCatalogue from "@wicara/core/MessageCatalogue"
import * as Module from "@wicara/core/Module"
import * as MailKinds from "@wicara/notifications/MailKinds"
import { MailLocale } from "@wicara/notifications/MailTemplate"
import { builtIn } from "../src/BuiltIn.ts"

const catalogues = builtIn.flatMap(({ messages }) => messages)
const notifications = builtIn.flatMap((module) => module.notifications)
const mails = builtIn.flatMap((module) => module.mails)

describe("what is said by itself", () => {
  it("is in the catalogues of the modules, in every language", () => {
    assert.deepStrictEqual(Module.problemsOf(builtIn), [])
    for (const { id, messages } of catalogues) {
      for (const [key, definition] of Object.entries(messages)) {
        for (const language of Languages.complete) {
          const forms = typeof definition[language] === "string"
            ? [definition[language]]
            : Object.values(definition[language])
          for (const form of forms) assert.isNotEmpty(String(form).trim(), `${id}/${key} in ${language}`)
        }
      }
    }
  })

  it("names every kind of notification in four languages, and has its texts from a catalogue that organizations replace", () => {
    assert.isAbove(notifications.length, 7)
    for (const definition of notifications) {
      const names = Languages.complete.map((language) => definition.name(MessageCatalogue.voice(language)))
      assert.strictEqual(new Set(names).size, names.length, `${definition.kind}: ${names.join(" / ")}`)
      assert.strictEqual(catalogues.find(({ id }) => id === definition.texts.id), definition.texts)
      assert.strictEqual(definition.texts.use, "texts")
    }
  })

  it("has a text of every kind of mail in every language of mail", () => {
    assert.isAbove(mails.length, 7)
    assert.deepStrictEqual([...MailLocale.literals], [...Languages.complete])
    assert.deepStrictEqual(
      mails.flatMap((kind) => MailLocale.literals.flatMap((locale) => MailKinds.problemsOf(kind, locale))),
      []
    )
  })

  it("does not start with a kind whose catalogue no module lists", () => {
    const first = builtIn.find((module) => module.notifications.length > 0)
    const silent = builtIn.map((module) => module === first ? { ...module, messages: [] } : module)
    assert.include(Module.problemsOf(silent).join("\n"), "which no module lists")
  })
})
