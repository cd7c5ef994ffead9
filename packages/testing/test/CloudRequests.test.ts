import { NodeHttpClient } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Predicate, Schema, SchemaTransformation } from "effect"
import { HttpClient, HttpClientRequest } from "effect/http"
import { existsSync, readFileSync } from "node:fs"
import { parse } from "yaml"
import * as Requests from "@wicara/testing/whatsapp-cloud/CloudRequests"
import * as GraphFailure from "@wicara/testing/whatsapp-cloud/GraphFailure"
import * as SendRequests from "@wicara/testing/whatsapp-cloud/CloudSendRequests"
import * as TemplateRequests from "@wicara/testing/whatsapp-cloud/CloudTemplateRequests"
import { WhatsAppCloudEmulator } from "@wicara/testing/WhatsAppCloudEmulator"
import { differences } from "./described.ts"

const file = new URL(
  "../../../../shared/contracts/whatsapp-cloud/facebook-openapi-business-messaging-api_v23.0.yaml",
  import.meta.url
)
const present = existsSync(file)
if (!present) console.warn("skipped: the description of the Cloud API is not at hand")

const TestLayer = Layer.merge(
  WhatsAppCloudEmulator.layer({ seed: "requests", accounts: { "1001": { businessAccountId: "2001" } } }),
  NodeHttpClient.layerUndici
)

const ask = Effect.fnUntraced(function*(
  method: "GET" | "POST" | "DELETE" | "PUT",
  path: string,
  body?: object,
  token = "token-1001"
) {
  const { url } = yield* WhatsAppCloudEmulator
  const request = HttpClientRequest.make(method)(`${url}/v23.0${path}`).pipe(HttpClientRequest.bearerToken(token))
  const response = yield* HttpClient.execute(
    body === undefined ? request : HttpClientRequest.bodyJsonUnsafe(request, body)
  )
  const answer: any = yield* response.json
  return { status: response.status, error: answer.error }
})

const product = { messaging_product: "whatsapp" }

describe("The emulated Cloud API", () => {
  it.layer(TestLayer, { excludeTestServices: true })((it) => {
    it.effect("refuses what its documentation does not allow, with its error and what is wrong", () =>
      Effect.gen(function*() {
        const refused = Effect.fnUntraced(function*(path: string, body: object) {
          const { error, status } = yield* ask("POST", path, body)
          assert.strictEqual(status, 400)
          assert.deepInclude(error, { type: "OAuthException", code: 100 })
          assert.match(error.fbtrace_id, /^[\w-]{5,}$/)
          return error.message
        })
        const profile = "/1001/whatsapp_business_profile"
        assert.strictEqual(
          yield* refused(profile, { about: "x" }),
          "(#100) The parameter messaging_product is required."
        )
        assert.strictEqual(yield* refused(profile, { ...product, abuot: "x" }), "(#100) Unexpected key \"abuot\"")
        assert.strictEqual(
          yield* refused("/1001/block_users", { ...product, block_users: [{ user: "628", name: "x" }] }),
          "(#100) Unexpected key \"name\" on param \"block_users[0]\""
        )
        assert.match(yield* refused("/1001/register", { ...product, pin: "12" }), /^\(#100\) Param pin: /)
        // Whoever has no token hears of that first.
        assert.strictEqual((yield* ask("POST", profile, {}, "wrong")).error.code, 190)
      }))

    it.effect("refuses sends with what is not documented, by its name and place, and what is wrong by its own codes", () =>
      Effect.gen(function*() {
        const send = Effect.fnUntraced(function*(body: object) {
          const { error } = yield* ask("POST", "/1001/messages", { ...product, to: "6281234500001", ...body })
          return `${error.code} ${error.code === 100 ? error.message : error.message.slice(0, 40)}`
        })
        const text = { type: "text", text: { body: "Halo" } }
        const template = (component: object) => ({
          type: "template",
          template: { name: "hello_world", language: { code: "en_US" }, components: [component] }
        })
        const action = { buttons: [{ type: "reply", reply: { id: "a", title: "A" } }] }
        const interactive = { type: "button", body: { text: "Pilih" }, action }
        assert.deepStrictEqual([
          yield* send({ ...text, previewUrl: true }),
          yield* send({ type: "text", text: { body: "Halo", preview: true } }),
          yield* send({ type: "image", image: { link: "https://example.com/a.png", filename: "a.png" } }),
          yield* send({ type: "contacts", contacts: [{ name: { formatted_name: "S", first_name: "S" }, mails: [] }] }),
          yield* send(template({ type: "body", params: [] })),
          yield* send({ ...text, context: { id: "wamid.1" } }),
          yield* send({ type: "interactive", interactive: { ...interactive, buttons: [] } }),
          yield* send({ type: "interactive", interactive: { ...interactive, action: { ...action, button: "x" } } }),
          yield* send({ type: "text", text: {} }),
          yield* send({ type: "text", text: { body: "x".repeat(4097) } })
        ], [
          "100 (#100) Unexpected key \"previewUrl\"",
          "100 (#100) Unexpected key \"preview\" on param \"text\"",
          "100 (#100) Unexpected key \"filename\" on param \"image\"",
          "100 (#100) Unexpected key \"mails\" on param \"contacts[0]\"",
          "100 (#100) Unexpected key \"params\" on param \"template[components][0]\"",
          "100 (#100) Unexpected key \"id\" on param \"context\"",
          "100 (#100) Unexpected key \"buttons\" on param \"interactive\"",
          "100 (#100) Unexpected key \"button\" on param \"interactive[action]\"",
          "131008 (#131008) Required parameter is missing",
          "131009 (#131009) Parameter value is not valid"
        ])
      }))

    it.effect("refuses definitions of templates with what is not documented", () =>
      Effect.gen(function*() {
        const body = { type: "BODY", text: "Halo" }
        const create = Effect.fnUntraced(function*(more: object) {
          const given = { name: "a", language: "id", category: "UTILITY", components: [body], ...more }
          const { error } = yield* ask("POST", "/2001/message_templates", given)
          return error === undefined ? "made" : error.message
        })
        assert.deepStrictEqual([
          yield* create({ ttl: 60 }),
          yield* create({ components: [{ ...body, examples: {} }] }),
          yield* create({ components: [body, { type: "BUTTONS", buttons: [{ type: "URL", text: "a", link: "b" }] }] }),
          yield* create({
            category: "MARKETING",
            components: [body, { type: "CAROUSEL", cards: [{ components: [{ ...body, txt: "" }] }] }]
          }),
          yield* create({ cta_url_link_tracking_opted_out: true })
        ], [
          "(#100) Unexpected key \"ttl\"",
          "(#100) Unexpected key \"examples\" on param \"components[0]\"",
          "(#100) Unexpected key \"link\" on param \"components[1][buttons][0]\"",
          "(#100) Unexpected key \"txt\" on param \"components[1][cards][0][components][0]\"",
          "made"
        ])
      }))

    it.effect("answers unknown paths and objects as it does", () =>
      Effect.gen(function*() {
        assert.deepInclude(yield* ask("GET", "/1001/nothing/more"), { status: 400 })
        const path = yield* ask("POST", "/1001/nothing", {})
        assert.deepInclude(path.error, { code: 2500, type: "OAuthException" })
        assert.include(path.error.message, "Unknown path components: /nothing")
        const object = yield* ask("GET", "/4711")
        assert.strictEqual(object.status, 400)
        assert.deepInclude(object.error, { code: 100, error_subcode: 33 })
      }))
  })
})

const errors = new URL("../../../../shared/contracts/whatsapp-cloud/error-codes.json", import.meta.url)
const ErrorTable = Schema.fromJsonString(Schema.Struct({
  errors: Schema.Array(Schema.Struct({
    code: Schema.Union([
      Schema.String,
      Schema.Number.pipe(
        Schema.decodeTo(Schema.String, SchemaTransformation.transform({ decode: String, encode: Number }))
      )
    ]),
    http: Schema.NullOr(Schema.Number)
  }))
}))

const at = (value: unknown, ...path: ReadonlyArray<string>): unknown =>
  path.reduce<unknown>((one, key) => Predicate.isObject(one) ? Reflect.get(one, key) : undefined, value)

/** Fields without which nothing works, though the description does not say so. */
const known = [
  "POST /{WABA-ID}/subscribed_apps.override_callback_uri is wanted by us only",
  ...["POST", "DELETE"].flatMap((method) => [
    `${method} /{Phone-Number-ID}/block_users.block_users[].user is wanted by us only`,
    `${method} /{Phone-Number-ID}/block_users.messaging_product is wanted by us only`,
    `${method} /{Phone-Number-ID}/block_users.block_users is wanted by us only`
  ])
]

/** What the pages of the documentation have, or its examples leave out, and the description does not know. */
const ofMessages = [
  "context.message_id is wanted by us only",
  "text.body is wanted by us only",
  "image.caption is ours only",
  "video.caption is ours only",
  "document.caption is ours only",
  "document.filename is ours only",
  "audio.voice is ours only",
  "location.latitude is wanted by us only",
  "location.longitude is wanted by us only",
  "contacts[].name.formatted_name is wanted by us only",
  "contacts[].name is wanted by us only",
  "reaction.message_id is wanted by us only",
  "reaction.emoji is wanted by us only",
  "template.language.policy is wanted by them only",
  "template.components[].cards is ours only",
  "interactive.header.document.filename is ours only",
  "interactive.action.parameters.display_text is ours only",
  "interactive.action.parameters.url is ours only",
  "interactive.action.parameters.country is ours only",
  "interactive.action.parameters.values is ours only",
  "interactive.action.parameters.validation_errors is ours only",
  "interactive.action.parameters.saved_addresses is ours only",
  "interactive.action.cards is ours only",
  "recipient is ours only",
  "biz_opaque_callback_data is ours only",
  "status is ours only",
  "message_id is ours only",
  "typing_indicator is ours only",
  "recipient_type is wanted by them only",
  "to is wanted by them only",
  "type is wanted by them only"
].map((one) => `POST /{Phone-Number-ID}/messages.${one}`)

/** The same of templates that are sent as marketing messages. */
const ofMarketing = [
  "template.language.policy is wanted by them only",
  "template.components[].cards is ours only"
].map((one) => `POST /{Phone-Number-ID}/marketing_messages.${one}`)

const unread = ["bid_spec", "creative_sourcing_spec", "degrees_of_freedom_spec", "display_format"]
const ofTemplates = ["parameter_format", "message_send_ttl_seconds", "cta_url_link_tracking_opted_out", ...unread]
const ofLibrary = ["name", "button_inputs", "body_inputs"].map((one) => `library_template_${one}`)

/** The description of these two has an example and little else. */
const ofDefinitions = [
  ...[...ofTemplates, "allow_category_change", "sub_category", ...ofLibrary].map((one) => `${one} is ours only`),
  ...["category", "name", "language"].map((one) => `${one} is wanted by us only`)
].map((one) => `POST /{WABA-ID}/message_templates.${one}`).concat(
  ofTemplates.map((one) => `POST /{TEMPLATE_ID}.${one} is ours only`)
)

describe.skipIf(!existsSync(errors))("the documented errors of the Cloud API", () => {
  it("are answered with their statuses", () => {
    const documented = Schema.decodeUnknownSync(ErrorTable)(readFileSync(errors, "utf8")).errors
    const stated = documented.flatMap(({ code, http }) =>
      http === null || /-/.test(code) ? [] : [[code, http] as const]
    )
    assert.isAbove(stated.length, 50)
    for (const [code, http] of stated) {
      const { status, title } = GraphFailure.make(Number(code))
      assert.strictEqual(status, http, code)
      assert.notStrictEqual(title, "Unknown error", code)
    }
  })
})

describe.skipIf(!present)("the description of the Cloud API", () => {
  it("has every request of the emulator, with the same fields", () => {
    const description: unknown = parse(readFileSync(file, "utf8"))
    const problems = [...Requests.requests, ...SendRequests.requests, ...TemplateRequests.requests].flatMap(
      ({ body, method, path }) => {
        const where = `${method} ${path.replace("/{Version}", "")}`
        const operation = at(description, "paths", path, method.toLowerCase())
        return operation === undefined ? [`${where} is ours only`] : differences(
          body,
          description,
          at(operation, "requestBody", "content", "application/json", "schema"),
          where
        )
      }
    )
    assert.deepStrictEqual(problems, [...known, ...ofMarketing, ...ofMessages, ...ofDefinitions])
  })
})
