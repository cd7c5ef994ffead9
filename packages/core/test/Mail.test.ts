import { assert, describe, layer } from "@effect/vitest"
import * as Mail from "@wicara/core/Mail"
import * as MessageCatalogue from "@wicara/core/MessageCatalogue"
import * as PublicUrl from "@wicara/core/PublicUrl"
import { transaction } from "@wicara/core/Sql"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import { Effect, Layer, Redacted, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { migrated } from "./layers.ts"

const texts = MessageCatalogue.define("greeting-mail", {
  greeting_subject: { en: "Hello", id: "Halo", es: "Hola", pt: "Olá" },
  greeting_body: { en: "{name}: {link}", id: "{name}: {link}", es: "{name}: {link}", pt: "{name}: {link}" }
}, { use: "mail" })

const greeting = Mail.define("greeting", { texts, values: Schema.Struct({ name: Schema.String }), secrets: ["link"] })

describe.each(TestDatabase.all)("Mail on $name", (database) => {
  layer(Mail.Mail.layerTest.pipe(Layer.provideMerge(migrated(database))))((it) => {
    const send = (email: string) =>
      Mail.Mail.use((mail) =>
        mail.send(greeting, {
          organizationId: null,
          to: { email, name: null, userId: null },
          locale: "id",
          values: { name: "Rani" },
          secrets: { link: Redacted.make("https://example.com/#token=t") }
        })
      )

    it.effect("a message is sent with its transaction, or not at all", () =>
      Effect.gen(function*() {
        const sql = yield* SqlClient.SqlClient
        const sent = yield* Mail.SentMail
        yield* transaction(sql, Effect.andThen(send("taken-back@example.com"), Effect.fail("no"))).pipe(Effect.flip)
        assert.isEmpty(yield* sent.to("taken-back@example.com"))
        yield* transaction(
          sql,
          Effect.gen(function*() {
            yield* send("rani@example.com")
            assert.isEmpty(yield* sent.to("rani@example.com"))
          })
        )
        const [message, ...others] = yield* sent.to("rani@example.com")
        assert.isEmpty(others)
        assert.strictEqual(message?.kind, "greeting")
        assert.notInclude(JSON.stringify(message), "token=t")
      }))

    it.effect("a link keeps its token out of what a browser sends", () =>
      Effect.sync(() => {
        const link = Redacted.value(PublicUrl.link("https://chat.example.com/", "reset-password", Redacted.make("a+b")))
        assert.strictEqual(link, "https://chat.example.com/reset-password#token=a%2Bb")
        assert.strictEqual(new URL(link).pathname, "/reset-password")
      }))
  })
})
