import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import * as ChannelTemplates from "@wicara/channels/ChannelTemplates"
import type { NewTemplate } from "@wicara/channels/ChannelTemplates"
import * as WhatsAppCloud from "@wicara/channels-whatsapp-cloud/WhatsAppCloud"
import type { WhatsAppCloudEmulator } from "@wicara/testing/WhatsAppCloudEmulator"
import { businessAccountId, makeAccount, phoneNumberId } from "./fixtures/account.ts"
import { withEmulator } from "./fixtures/emulator.ts"

const { templates } = WhatsAppCloud.make({ timeout: "2 seconds" })
if (templates === undefined) throw new Error("the adapter has templates")

const bill = (name: string, more: Partial<NewTemplate> = {}): NewTemplate => ({
  name,
  language: "id",
  category: "UTILITY",
  parameterFormat: "POSITIONAL",
  components: [{
    type: "BODY",
    text: "Tagihan {{1}} sudah terbit, jatuh tempo {{2}}. Terima kasih.",
    example: { body_text: [["INV-1", "5 Mei"]] }
  }],
  ...more
})

const listed = (emulator: WhatsAppCloudEmulator["Service"], name?: string) =>
  Stream.runCollect(
    ChannelTemplates.list(
      templates,
      makeAccount({ graphBaseUrl: emulator.url }),
      name === undefined ? undefined : { name }
    )
  )

describe("templates", () => {
  it.live("are listed whole, however many pages they fill, and found by their name alone", () =>
    withEmulator((emulator) =>
      Effect.gen(function*() {
        const names = Array.from({ length: 230 }, (_, index) => `tagihan_${index}`)
        yield* emulator.setAccount(phoneNumberId, {
          templates: names.map((name) => ({
            name,
            language: "id",
            category: "UTILITY",
            status: "APPROVED",
            components: [{ type: "BODY", text: "Halo" }],
            quality_score: { score: "YELLOW" },
            rejected_reason: "NONE"
          }))
        })
        const all = yield* listed(emulator)
        assert.deepStrictEqual(all.map(({ name }) => name), names)
        assert.deepInclude(all[0], { parameterFormat: "POSITIONAL", quality: "YELLOW", status: "APPROVED" })
        assert.notProperty(all[0], "rejectedReason")
        // The API also finds tagihan_20 to tagihan_29 and tagihan_200 to tagihan_229.
        assert.deepStrictEqual((yield* listed(emulator, "tagihan_2")).map(({ name }) => name), ["tagihan_2"])
      })
    ))

  it.live("are created once, changed and deleted; their names are not free again for a time", () =>
    withEmulator((emulator) =>
      Effect.gen(function*() {
        const account = makeAccount({ graphBaseUrl: emulator.url })
        yield* emulator.setAccount(phoneNumberId, { templateReview: { after: 0, reject: ["buruk"] } })
        const created = yield* templates.create(bill("baru"), account)
        assert.deepInclude(created, { status: "PENDING", category: "UTILITY" })
        yield* templates.create(bill("buruk"), account)
        const again = yield* Effect.flip(templates.create(bill("baru"), account))
        assert.deepInclude({ ...again }, { kind: "refused", code: "2388024" })
        yield* Effect.sleep(50)
        const [approved] = yield* listed(emulator, "baru")
        assert.deepInclude(approved, { id: created.id, status: "APPROVED", language: "id" })
        assert.deepInclude((yield* listed(emulator, "buruk"))[0], {
          status: "REJECTED",
          rejectedReason: "INVALID_FORMAT"
        })
        const components = [{ type: "BODY", text: "Halo, terima kasih." }]
        yield* templates.edit(created.id, { components }, account)
        assert.deepStrictEqual((yield* listed(emulator, "baru"))[0]?.components, components)
        yield* Effect.sleep(50)
        const soon = yield* Effect.flip(templates.edit(created.id, { components }, account))
        assert.strictEqual(soon.kind, "refused")
        yield* templates.delete({ id: created.id, name: "baru" }, account)
        assert.deepStrictEqual(yield* listed(emulator, "baru"), [])
        const blocked = yield* Effect.flip(templates.create(bill("baru"), account))
        assert.deepInclude({ ...blocked }, { kind: "refused", code: "2388023" })
        assert.deepStrictEqual([...emulator.templates.creations(businessAccountId).values()], [1, 1])
      })
    ))

  it.live("that the API refuses say why by their own codes", () =>
    withEmulator((emulator) =>
      Effect.gen(function*() {
        const account = makeAccount({ graphBaseUrl: emulator.url })
        const codeOf = (components: NewTemplate["components"]) =>
          Effect.map(Effect.flip(templates.create(bill("salah", { components }), account)), ({ code, kind }) => [
            kind,
            code
          ])
        const body = { type: "BODY", text: "Halo, apa kabar?" }
        assert.deepStrictEqual(
          yield* Effect.forEach([
            [{ type: "BODY", text: "x".repeat(1025) }],
            [{ type: "HEADER", format: "TEXT", text: "{{1}} dan {{2}}" }, body],
            [{ type: "BODY", text: "Halo {{2}} apa kabar ini" }],
            [body, { type: "FOOTER", text: "Hai {{1}}" }],
            [{ type: "BODY", text: "Halo {{1}} a", example: { body_text: [["x"]] } }],
            [{ type: "BODY", text: "Halo apa kabar {{1}}", example: { body_text: [["x"]] } }]
          ], codeOf),
          [
            ["refused", "2388040"],
            ["refused", "2388047"],
            ["refused", "2388072"],
            ["refused", "2388073"],
            ["refused", "2388293"],
            ["refused", "2388299"]
          ]
        )
      })
    ))

  it.live("of an account with bad credentials wait for somebody; of a server that is away, for it", () =>
    withEmulator((emulator) =>
      Effect.gen(function*() {
        const kindOf = (account: WhatsAppCloud.WhatsAppCloudAccount) =>
          Effect.map(Effect.flip(Stream.runCollect(ChannelTemplates.list(templates, account))), ({ kind }) => kind)
        assert.strictEqual(
          yield* kindOf(makeAccount({ graphBaseUrl: emulator.url }, { accessToken: "another" })),
          "account"
        )
        assert.strictEqual(yield* kindOf(makeAccount({ graphBaseUrl: "http://127.0.0.1:9" })), "later")
        const lost = yield* Effect.flip(
          templates.edit("123", { components: [] }, makeAccount({ graphBaseUrl: emulator.url }))
        )
        assert.strictEqual(lost.kind, "missing")
        yield* emulator.setFaults({ closeAfterAcceptance: { next: 1 } })
        const unknown = yield* Effect.flip(
          templates.create(bill("hilang"), makeAccount({ graphBaseUrl: emulator.url }))
        )
        assert.strictEqual(unknown.kind, "later")
        assert.strictEqual((yield* listed(emulator, "hilang")).length, 1)
      })
    ))
})
