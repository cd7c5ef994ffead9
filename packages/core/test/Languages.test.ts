import { assert, describe, it } from "@effect/vitest"
import { module } from "@wicara/core/CoreModule"
import { problems } from "@wicara/core/CoreProblems"
import * as Languages from "@wicara/core/Languages"
import * as MessageCatalogue from "@wicara/core/MessageCatalogue"
import { MessageTexts } from "@wicara/core/MessageTexts"
import * as Module from "@wicara/core/Module"
import { details, titles } from "@wicara/core/ProblemTexts"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import { Effect, Layer } from "effect"
import { standardTexts } from "../src/internal/standardTexts.ts"
import { coreApi, coreHandlers, serve } from "./http.ts"
import { as, core, migrated, newTenant, otherPermissions } from "./layers.ts"

const greetings = MessageCatalogue.define("greetings", {
  hello: { en: "Hello {name}", id: "Halo {name}", es: "Hola {name}", pt: "Olá {name}" },
  bye: { en: "Goodbye", id: "Sampai jumpa", es: "Adiós", pt: "Adeus" },
  waiting: {
    en: { one: "{name}, one person is before you", other: "{name}, {count} people are before you" },
    id: { other: "{name}, ada {count} orang sebelum Anda" },
    es: { one: "{name}, hay una persona antes", other: "{name}, hay {count} personas antes" },
    pt: { one: "{name}, há uma pessoa antes", other: "{name}, há {count} pessoas antes" }
  }
})

/** A package that adds a language, and one catalogue in it. */
const arabic = Module.make({
  id: "arabic",
  name: "Arabic",
  description: "Greetings in Arabic.",
  translations: [
    MessageCatalogue.translate("ar", greetings, {
      hello: "مرحبا {name}",
      bye: "مع السلامة",
      waiting: {
        zero: "{name}، لا أحد قبلك",
        one: "{name}، شخص واحد قبلك",
        two: "{name}، شخصان قبلك",
        few: "{name}، {count} أشخاص قبلك",
        many: "{name}، {count} شخصًا قبلك",
        other: "{name}، {count} شخص قبلك"
      }
    })
  ]
})

const modules = Module.ModuleRegistry.layer([
  module,
  Module.make({ id: "greetings", name: "Greetings", description: "Says hello.", messages: [greetings] }),
  Module.make({ id: "other", name: "Other", description: "Another package.", permissions: otherPermissions }),
  arabic
])

// Another one than that of the test's other services, which know fewer modules.
const texts = Layer.fresh(MessageTexts.layerSql).pipe(Layer.provide(modules), Layer.orDie)

const world = (database: TestDatabase.TestDatabase) =>
  texts.pipe(Layer.provideMerge(core), Layer.provideMerge(migrated(database)))

describe("Languages", () => {
  it("the language that a request asks for most is chosen among those there are", () => {
    for (
      const [header, expected] of [
        [undefined, "en"],
        ["pt-BR,pt;q=0.9,en;q=0.8", "pt"],
        ["fr, es-MX;q=0.8, en;q=0.5", "es"],
        ["en;q=0.1, id;q=0.7", "id"],
        ["id;q=0, es;q=0.1", "es"],
        ["*", "en"],
        ["in-ID", "id"],
        ["es;q=nonsense, id;q=0.2", "id"],
        [`${"x,".repeat(5000)}id`, "en"]
      ] as const
    ) assert.strictEqual(Languages.negotiate(header), expected, header)
  })

  it("a tag is looked up with its script and region, then without", () => {
    const known = ["en", "zh-Hant", "zh", "pt-PT", "pt"]
    assert.deepStrictEqual(
      [["zh-Hant-TW"], ["zh-CN"], ["pt-pt"], ["pt_BR"], ["fr"], [null, "fr", "zh"]].map((wanted) =>
        Languages.lookup(wanted, known)
      ),
      ["zh-Hant", "zh", "pt-PT", "pt", undefined, "zh"]
    )
  })

  it("says which languages are written from right to left", () => {
    assert.deepStrictEqual(
      ["ar-EG", "he", "fa", "ur-PK", "az-Arab", "en", "id", "ar-Latn", "pt-BR"].map(Languages.direction),
      ["rtl", "rtl", "rtl", "rtl", "rtl", "ltr", "ltr", "ltr", "ltr"]
    )
  })
})

describe("a catalogue", () => {
  it("says a message with its values, in the form that the number asks for", () => {
    const english = MessageCatalogue.say(greetings, "en")
    assert.strictEqual(english("hello", { name: "Sari" }), "Hello Sari")
    assert.strictEqual(english("bye"), "Goodbye")
    assert.strictEqual(english("waiting", { name: "Sari", count: 1 }), "Sari, one person is before you")
    assert.strictEqual(english("waiting", { name: "Sari", count: 1200 }), "Sari, 1,200 people are before you")
    assert.strictEqual(
      MessageCatalogue.say(greetings, "id")("waiting", { name: "Sari", count: 1200 }),
      "Sari, ada 1.200 orang sebelum Anda"
    )
  })

  it("does not compile with a missing language, an unknown place, or a missing value", () => {
    // @ts-expect-error: no Portuguese
    MessageCatalogue.define("x", { hello: { en: "Hello", id: "Halo", es: "Hola" } })
    MessageCatalogue.define("x", {
      // @ts-expect-error: the English text has no {nama}
      hello: { en: "Hello {name}", id: "Halo {nama}", es: "Hola {name}", pt: "Olá {name}" }
    })
    // @ts-expect-error: "bye" and "waiting" are missing
    MessageCatalogue.translate("fr", greetings, { hello: "Bonjour {name}" })
    const say = MessageCatalogue.say(greetings, "en")
    // @ts-expect-error: a value for {name}
    const without = () => say("hello")
    // @ts-expect-error: no such message
    const unknown = () => say("welcome")
    assert.strictEqual(without(), "Hello {name}")
    assert.throws(unknown)
  })

  it("what does not compile from elsewhere is refused when the server starts", () => {
    const french = { catalogue: "greetings", language: "fr", texts: { hello: "Bonjour {nom}", welcome: "Bienvenue" } }
    assert.deepStrictEqual(MessageCatalogue.problemsOf([greetings], [french]), [
      "the message greetings/bye is missing in fr",
      "the message greetings/waiting is missing in fr",
      "the message greetings/hello in fr: There is no {nom} here; known are {name}.",
      "there is no message greetings/welcome to translate to fr"
    ])
    assert.deepStrictEqual(MessageCatalogue.problemsOf([greetings], arabic.translations), [])
  })

  it("every problem of this package has a title in every language, and in no two the same by mistake", () => {
    assert.sameMembers(Object.keys(titles.messages), problems.map(({ name }) => name))
    for (const [key, title] of Object.entries(titles.messages)) assert.notStrictEqual<string>(title.en, title.id, key)
  })
})

describe("details of problems", () => {
  it("are written in one way only: none is taken for another", () => {
    const { problemDetail } = standardTexts([module])
    for (const [key, { en, es }] of Object.entries(details.messages)) {
      const values = Object.fromEntries(MessageCatalogue.places(en).map((place, n) => [place, `${place} ${n}`]))
      assert.strictEqual(
        problemDetail(MessageCatalogue.render(en, "en", values), "es"),
        MessageCatalogue.render(es, "es", values),
        key
      )
    }
    assert.isUndefined(problemDetail("Something that nobody translated.", "es"))
    assert.isUndefined(problemDetail("x".repeat(100_000), "es"))
  })
})

describe.each(TestDatabase.all)("texts on $name", (database) => {
  const name = { catalogue: "greetings", key: "hello", language: "id" }

  it.effect("an organization's own words are said from their next use on, in every process, and in no other organization", () =>
    Effect.gen(function*() {
      const { organization, owner } = yield* newTenant
      const other = yield* newTenant
      const one = yield* MessageTexts
      const another = yield* MessageTexts.pipe(Effect.provide(Layer.fresh(texts)))
      const say = (service: MessageTexts["Service"], of: typeof organization) =>
        Effect.map(service.speak(greetings, "id-ID"), (spoken) => spoken.say("hello", { name: "Sari" })).pipe(
          as(of.id, owner.id, "owner")
        )
      assert.deepStrictEqual([yield* say(one, organization), yield* say(another, organization)], [
        "Halo Sari",
        "Halo Sari"
      ])
      const own = yield* one.set(name, "Selamat datang, {name}!").pipe(as(organization.id, owner.id, "owner"))
      assert.deepStrictEqual([own.customized, own.revision, own.standard], [true, 1, "Halo {name}"])
      assert.deepStrictEqual(
        [yield* say(one, organization), yield* say(another, organization), yield* say(another, other.organization)],
        ["Selamat datang, Sari!", "Selamat datang, Sari!", "Halo Sari"]
      )
      const back = yield* another.reset(name).pipe(as(organization.id, owner.id, "owner"))
      assert.deepStrictEqual([back.customized, back.revision], [false, 2])
      assert.strictEqual(yield* say(one, organization), "Halo Sari")
      assert.deepStrictEqual(
        yield* Effect.flip(one.set(name, "Hai", 1).pipe(as(organization.id, owner.id, "owner"))).pipe(
          Effect.map(({ _tag }) => _tag)
        ),
        "RevisionMismatch"
      )
    }).pipe(Effect.provide(world(database))))

  it.effect("a text that names a place which nobody fills is refused, and says where", () =>
    Effect.gen(function*() {
      const { organization, owner } = yield* newTenant
      const service = yield* MessageTexts
      const refusal = (key: string, text: MessageCatalogue.Text, language = "en") =>
        service.set({ catalogue: "greetings", key, language }, text).pipe(
          as(organization.id, owner.id, "owner"),
          Effect.flip,
          Effect.map((error) => error._tag === "InvalidInput" ? [error.field, error.detail] : [error._tag])
        )
      assert.deepStrictEqual(yield* refusal("hello", "Hi {nome}"), [
        "/text",
        "There is no {nome} here; known are {name}."
      ])
      assert.deepStrictEqual(yield* refusal("bye", "Bye {name}"), [
        "/text",
        "There is no {name} here; this message has none."
      ])
      assert.deepStrictEqual(yield* refusal("waiting", { one: "You are next", other: "{persons} before you" }), [
        "/text/other",
        "There is no {persons} here; known are {name}, {count}."
      ])
      assert.deepStrictEqual(yield* refusal("waiting", { two: "Two", other: "{count}" }), [
        "/text/two",
        "en has no such form; it has one, other."
      ])
      assert.deepStrictEqual(yield* refusal("hello", { other: "Hi" }), [
        "/text",
        "This message has no forms by number."
      ])
      assert.deepStrictEqual(yield* refusal("hello", "Hi {name"), [
        "/text",
        "A brace belongs to a place such as {name}."
      ])
      assert.deepStrictEqual(yield* refusal("hello", "Salut", "fr"), ["NotFound"])
    }).pipe(Effect.provide(world(database))))

  it.effect("a package adds a language, with its direction; what it does not translate is said in English", () =>
    Effect.gen(function*() {
      const { organization, owner } = yield* newTenant
      const service = yield* MessageTexts
      assert.deepStrictEqual(
        service.languages.map(({ complete, direction, tag }) => [tag, direction, complete]),
        [["en", "ltr", true], ["id", "ltr", true], ["es", "ltr", true], ["pt", "ltr", true], ["ar", "rtl", false]]
      )
      const spoken = yield* service.speak(greetings, "ar-EG").pipe(as(organization.id, owner.id, "owner"))
      assert.deepStrictEqual(
        [spoken.language, spoken.direction, spoken.say("waiting", { name: "سارة", count: 2 })],
        ["ar", "rtl", "سارة، شخصان قبلك"]
      )
      const own = MessageCatalogue.define("own", { hi: { en: "Hi", id: "Hai", es: "Hola", pt: "Oi" } })
      const english = yield* service.speak(own, "ar").pipe(as(organization.id, owner.id, "owner"))
      assert.deepStrictEqual([english.language, english.direction, english.say("hi")], ["en", "ltr", "Hi"])
    }).pipe(Effect.provide(world(database))))
})

describe("problems", () => {
  const served = core.pipe(Layer.provideMerge(migrated(TestDatabase.all[0]!)))

  it.effect("a problem's title and detail are in the language of the request, its type always the same", () =>
    Effect.gen(function*() {
      const fetch = yield* serve(coreApi, coreHandlers)
      const ask = (language: string) => fetch("/v1/me", { headers: { "accept-language": language } })
      const [english, spanish] = [yield* ask("en"), yield* ask("es-AR, en;q=0.5")]
      assert.deepStrictEqual(
        [english, spanish].map(({ body, headers, status }) => [
          status,
          body.type,
          body.title,
          body.detail,
          headers.get("content-language")
        ]),
        [
          [
            401,
            "https://wicara.dev/problems/unauthorized",
            "Authentication required",
            "This needs a bearer token.",
            null
          ],
          [
            401,
            "https://wicara.dev/problems/unauthorized",
            "Es necesario iniciar sesión",
            "Esto necesita un token (bearer).",
            "es"
          ]
        ]
      )
      assert.strictEqual(spanish.headers.get("content-type"), "application/problem+json")
      const wrong = yield* fetch("/v1/sessions", { json: { email: 1 }, headers: { "accept-language": "id" } })
      assert.deepInclude(wrong.body, { title: "Permintaan tidak valid", detail: "body/email: Harus berupa teks" })
      assert.deepStrictEqual(wrong.body.errors[0], { in: "body", pointer: "/email", detail: "Harus berupa teks" })
      const missing = yield* fetch("/v1/nothing-here", { headers: { "accept-language": "id" } })
      assert.deepStrictEqual([missing.body.title, missing.body.detail], [
        "Alamat tidak ada",
        "Tidak ada GET /v1/nothing-here."
      ])
    }).pipe(Effect.provide(served)))
})
