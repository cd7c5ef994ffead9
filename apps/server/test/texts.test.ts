import { assert, layer } from "@effect/vitest"
import { Users } from "@wicara/core/Users"
import { Effect } from "effect"
import * as Harness from "./harness.ts"

const greeting = "/v1/texts/widget/greeting/id"

const sessionOf = Effect.fnUntraced(function*(tenant: Harness.Tenant, languages: ReadonlyArray<string>) {
  const account = yield* Harness.newWidgetAccount(tenant)
  const json = { languages }
  return (yield* Harness.request(`/v1/widget/${account.id}/sessions`, { method: "POST", json })).body.settings
})

for (const database of Harness.databases) {
  layer(Harness.layer(database), { excludeTestServices: true, timeout: "60 seconds" })(`texts on ${database}`, (it) => {
    it.effect("an organization's own words reach the widget of that organization and of no other", () =>
      Effect.gen(function*() {
        const [acme, other] = [yield* Harness.newTenant("Acme"), yield* Harness.newTenant("Other")]
        const token = yield* Harness.tokenOf(acme, "owner")
        const before = yield* Harness.request(greeting, { token })
        assert.deepInclude(before.body, { customized: false, revision: 0, standard: "Halo! Ada yang bisa kami bantu?" })
        const put = (text: unknown, headers: Readonly<Record<string, string>> = {}) =>
          Harness.request(greeting, { method: "PUT", token, json: { text }, headers })
        const set = yield* put("Selamat datang di Acme!", { "if-match": before.headers.get("etag") ?? "" })
        yield* Harness.expectStatus(set, 200)
        assert.strictEqual(set.headers.get("etag"), "\"1\"")
        yield* Harness.expectProblem(yield* put("Lagi", { "if-match": "\"0\"" }), 412)
        const refused = yield* put("Halo {nama}")
        yield* Harness.expectProblem(refused, 422)
        assert.deepInclude(refused.body, { field: "/text", detail: "There is no {nama} here; this message has none." })

        assert.deepInclude(yield* sessionOf(acme, ["fr", "id-ID"]), {
          language: "id",
          direction: "ltr",
          texts: { greeting: "Selamat datang di Acme!" }
        })
        assert.deepInclude(yield* sessionOf(other, ["id-ID"]), { language: "id", texts: {} })
        assert.deepInclude(yield* sessionOf(acme, ["es"]), { language: "es", texts: {} })

        const listed = yield* Harness.request("/v1/texts?language=id&catalogue=widget", { token })
        assert.deepInclude(listed.body.data.find((one: { key: string }) => one.key === "greeting"), {
          text: "Selamat datang di Acme!",
          customized: true
        })
        const audit = yield* Harness.request("/v1/audit", { token })
        assert.include(audit.text, "message_text.changed")
        yield* Harness.expectStatus(yield* Harness.request(greeting, { method: "DELETE", token }), 200)
        assert.deepInclude(yield* sessionOf(acme, ["id"]), { texts: {} })
      }))

    it.effect("what the request accepts comes before what the member prefers, and that before the organization's language", () =>
      Effect.gen(function*() {
        const users = yield* Users
        const tenant = yield* Harness.newTenant("Acme")
        const token = yield* Harness.tokenOf(tenant, "owner")
        const languages = (header: string) =>
          Effect.map(
            Harness.request("/v1/languages", { token, headers: { "accept-language": header } }),
            ({ body }) => body.language
          )
        const missing = (header: string) =>
          Effect.map(
            Harness.request(`/v1/contacts/${tenant.id}`, { token, headers: { "accept-language": header } }),
            ({ body }) => [body.title, body.detail]
          )
        yield* Harness.request("/v1/organizations/current", { method: "PATCH", token, json: { locale: "es-MX" } })
        assert.deepStrictEqual([yield* languages("*"), yield* languages("fr"), yield* languages("pt-BR")], [
          "es",
          "es",
          "pt"
        ])
        assert.deepStrictEqual(yield* missing("*"), [
          "No encontrado",
          `No hay contacto "${tenant.id}" en esta organización.`
        ])
        yield* users.update(tenant.users.owner.id, { locale: "id" })
        assert.deepStrictEqual([yield* languages("*"), yield* languages("en")], ["id", "en"])
        assert.deepStrictEqual((yield* missing("*"))[0], "Tidak ditemukan")
        const listed = yield* Harness.request("/v1/languages", { token })
        assert.deepStrictEqual(
          listed.body.data.map((
            one: { tag: string; name: string; direction: string }
          ) => [one.tag, one.name, one.direction]),
          [["en", "English", "ltr"], ["id", "Indonesia", "ltr"], ["es", "español", "ltr"], ["pt", "português", "ltr"]]
        )
      }).pipe(Effect.orDie))
  })
}
