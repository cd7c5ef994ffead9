/** What the adapter asks for, held against the vendor's own description of its API. */
import { assert, describe, it } from "@effect/vitest"
import { Ajv2020 } from "ajv/dist/2020.js"
import { Effect, Predicate, Redacted, Schema, Stream } from "effect"
import { TestClock } from "effect/testing"
import { existsSync, readFileSync } from "node:fs"
import { parse } from "yaml"
import type { OutboundContent } from "@wicara/channels/MessageContent"
import * as Catalog from "@wicara/channels-whatsapp-cloud/Catalog"
import * as GraphApi from "@wicara/channels-whatsapp-cloud/GraphApi"
import * as PhoneNumber from "@wicara/channels-whatsapp-cloud/PhoneNumber"
import { adapter } from "@wicara/channels-whatsapp-cloud/WhatsAppCloud"
import { samples } from "@wicara/testing/testkit/channel/ChannelSamples"
import { businessAccountId, phoneNumberId } from "./fixtures/account.ts"
import { catalog } from "./fixtures/catalog.ts"
import { textMessage } from "./fixtures/emulator.ts"
import { virtual } from "./fixtures/virtual.ts"

const document = new URL(
  "../../../../shared/contracts/whatsapp-cloud/facebook-openapi-business-messaging-api_v23.0.yaml",
  import.meta.url
)
const present = existsSync(document)
if (!present) console.warn(`skipped: no description of the vendor's API at ${document.pathname}`)

const at = (value: unknown, ...path: ReadonlyArray<string>): unknown =>
  path.reduce<unknown>((one, key) => Predicate.isObject(one) ? Reflect.get(one, key) : undefined, value)

/**
 * The description with two things mended that make it refuse its own examples: parts that are put together each forbid the
 * others' fields, and messages are told apart by their type, not by trying all.
 */
const mended = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(mended)
  if (!Predicate.isObject(value)) return value
  const entries = Object.entries(value).map(([key, one]) => [key, mended(one)] as const)
  const made: Record<string, unknown> = Object.fromEntries(entries)
  if (Array.isArray(made["allOf"])) {
    made["allOf"] = made["allOf"].map((part: unknown) =>
      Predicate.isObject(part)
        ? Object.fromEntries(Object.entries(part).filter(([key]) => key !== "additionalProperties"))
        : part
    )
  }
  return made
}

/** Where the description says otherwise than its own examples and the documentation. */
const contradicted = new Set([
  "/location/latitude must be string",
  "/location/longitude must be string",
  "/template/language must have required property 'policy'"
])

const hook = "https://wicara.example.com/v1/inbound/1"
const phone = "6281234500001"
const media = { source: { type: "url", url: "https://example.com/a" } } as const

const contents: ReadonlyArray<OutboundContent> = [
  { type: "text", text: "Halo", previewUrl: true },
  { type: "image", media, caption: "Lampu" },
  { type: "video", media },
  { type: "audio", media, voice: false },
  { type: "document", media: { ...media, fileName: "a.pdf" } },
  { type: "sticker", media },
  { type: "location", latitude: -6.9, longitude: 107.6, name: "Kantor" },
  { type: "contacts", contacts: [{ name: "Sari", phones: [{ phone: "+62 812" }], emails: [] }] },
  { type: "buttons", body: "Sudah?", footer: "Nusa", buttons: [{ id: "y", title: "Ya" }] },
  { type: "list", body: "Pilih", button: "Lihat", sections: [{ rows: [{ id: "a", title: "A" }] }] },
  samples.flow,
  samples.product,
  samples.product_list,
  // Carousels and the questions for an address or a place came after this description.
  samples.catalog,
  { type: "template", name: "hello_world", language: "en_US", components: [] }
]

/** Everything that the adapter can ask, once. */
const everything = Effect.gen(function*() {
  yield* TestClock.setTime(1_795_000_000_000)
  const { account, core, run } = yield* virtual({
    callbacks: { [hook]: "invented-verify-token" },
    account: { pin: "123456", catalog }
  })
  const { groups, lifecycle, profile, react } = adapter
  assert(groups !== undefined && lifecycle !== undefined && profile !== undefined && react !== undefined)
  const { providerMessageId } = yield* Effect.orDie(
    core.control.customerWrites({ account: phoneNumberId, from: { phone }, content: "halo" })
  )
  for (const [index, content] of contents.entries()) {
    const message = textMessage({ id: `m${index}`, content, replyTo: providerMessageId })
    assert.strictEqual((yield* run(adapter.send(message, account)))._tag, "Accepted", content.type)
  }
  const chat = { kind: "phone", value: phone } as const
  const promo = { name: "promo", language: "id", category: "MARKETING", status: "APPROVED" } as const
  yield* core.configure(phoneNumberId, { templates: [{ ...promo, components: [{ type: "BODY", text: "Diskon" }] }] })
  const marketing = textMessage({
    id: "promo",
    to: chat,
    content: { type: "template", name: "promo", language: "id", components: [], category: "MARKETING" }
  })
  const asking = { ...account, settings: { ...account.settings, marketingMessages: true } }
  assert.strictEqual((yield* run(adapter.send(marketing, asking)))._tag, "Accepted")
  assert.include(core.requests.at(-1)?.url, "/marketing_messages")
  yield* run(react({ chat, providerMessageId, emoji: "👍" }, account))
  yield* run(adapter.markRead?.({ chat, providerMessageId, typing: true }, account) ?? Effect.void)
  yield* run(lifecycle.connect({ method: "credentials", webhookUrl: hook }, account))
  yield* run(lifecycle.inspect(hook, account))
  yield* run(profile.update({ about: "Internet", websites: ["https://nusa.example.com"], vertical: "OTHER" }, account))
  yield* run(groups.create({ subject: "RT 5", participants: [], joinApproval: true }, account))
  const [group] = yield* run(Stream.runCollect(groups.list(account)))
  assert(group !== undefined)
  yield* run(groups.update(group.address, { subject: "RT 6" }, account))
  yield* run(groups.changeParticipants(group.address, { action: "add", participants: [chat] }, account))
  yield* Effect.forEach(
    [true, false],
    (approve) =>
      run(groups.joinRequests?.decide(group.address, { approve, requests: ["1000"] }, account) ?? Effect.void)
  )
  yield* run(groups.inviteLink(group.address, { reset: true }, account))
  const caller = {
    baseUrl: "https://graph.example.com",
    version: "v23.0",
    accessToken: account.secrets.accessToken,
    timeout: 1000
  }
  yield* core.configure(phoneNumberId, { codeStatus: "NOT_VERIFIED" })
  yield* run(PhoneNumber.requestCode(caller, phoneNumberId, { method: "VOICE", language: "id_ID" }))
  const code = core.account(phoneNumberId)?.sentCode?.code ?? ""
  yield* run(PhoneNumber.verifyCode(caller, phoneNumberId, Redacted.make(code)))
  yield* run(PhoneNumber.change(caller, phoneNumberId, { new_display_name: "Nusa Net" }))
  yield* run(PhoneNumber.register(caller, phoneNumberId, Redacted.make("123456")))
  yield* run(lifecycle.disconnect({ forget: true }, account))
  return { requests: core.requests, group: group.address.value }
}).pipe(Effect.scoped)

describe.skipIf(!present)("every request of the adapter", () => {
  it.effect("asks and sets what people see of the catalogue as the vendor describes it", () =>
    Effect.gen(function*() {
      const { account, core, run } = yield* virtual({ account: { catalog } })
      const caller = {
        baseUrl: "https://graph.example.com",
        version: "v23.0",
        accessToken: account.secrets.accessToken,
        timeout: 1000
      }
      yield* run(Catalog.setCommerce(caller, phoneNumberId, { catalogVisible: true, cartEnabled: false }))
      const described = parse(readFileSync(document, "utf8"))
      const endpoint = (method: string) =>
        at(described, "paths", "/{Version}/{Phone-Number-ID}/whatsapp_commerce_settings", method)
      const named = at(endpoint("post"), "parameters")
      assert(Array.isArray(named))
      const names = named.map((parameter: unknown) => at(parameter, "name"))
      const sent = core.requests.flatMap((
        { url }
      ) => [...new URL(url, "https://graph.example.com").searchParams.keys()])
      assert.sameMembers(sent, ["is_cart_enabled", "is_catalog_visible"])
      assert.includeMembers(names, sent)
      const answer = at(endpoint("get"), "responses", "200", "content", "application/json", "schema")
      assert(Predicate.isObject(answer))
      const ajv = new Ajv2020({ strict: false, validateFormats: false })
      const raw = yield* run(GraphApi.call(caller, Schema.Unknown, {
        method: "GET",
        path: `${phoneNumberId}/whatsapp_commerce_settings`
      }))
      assert.isTrue(ajv.validate(answer, raw))
      assert.deepStrictEqual(yield* run(Catalog.commerce(caller, phoneNumberId)), {
        catalogVisible: true,
        cartEnabled: false
      })
    }).pipe(Effect.scoped))

  it.effect("has a body as the vendor describes it", () =>
    Effect.gen(function*() {
      const described = mended(parse(readFileSync(document, "utf8")))
      const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true })
      ajv.addSchema(Object.assign({}, described, { $id: "vendor" }))
      const { group, requests } = yield* everything
      const template = (path: string) =>
        path.replace("/v23.0", "/{Version}").replace(phoneNumberId, "{Phone-Number-ID}")
          .replace(businessAccountId, "{WABA-ID}").replace(group, "{group_id}")
      const problems: Array<unknown> = []
      let checked = 0
      for (const { body, method, status, url } of requests) {
        if (body === undefined || !Predicate.isObject(body) || status >= 300) continue
        const path = template(new URL(url, "https://graph.example.com").pathname)
        const schema = at(
          described,
          "paths",
          path,
          method.toLowerCase(),
          "requestBody",
          "content",
          "application/json",
          "schema"
        )
        if (schema === undefined) continue
        const pointer = ["paths", path, method.toLowerCase(), "requestBody", "content", "application/json", "schema"]
          .map((part) => encodeURIComponent(part.replaceAll("~", "~0").replaceAll("/", "~1"))).join("/")
        const name = at(schema, "$ref")
        const shape = typeof name === "string" ? at(described, ...name.split("/").slice(1)) : schema
        const mapping = at(shape, "discriminator", "mapping")
        const chosen = mapping === undefined ? `#/${pointer}` : at(mapping, String(at(body, "type")))
        // Read receipts are described in words only.
        if (typeof chosen !== "string") continue
        const validate = ajv.compile({ $ref: `vendor${chosen}` })
        checked++
        if (validate(body)) continue
        const errors = (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`)
        const unexpected = errors.filter((error) => !contradicted.has(error))
        if (unexpected.length > 0) problems.push({ path, body, errors: unexpected })
      }
      assert.deepStrictEqual(problems, [])
      assert.isAtLeast(checked, 25)
    }))
})
