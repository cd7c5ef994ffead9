import { assert, describe, layer } from "@effect/vitest"
import type { TemplateContent } from "@wicara/channels/MessageContent"
import { Conversations } from "@wicara/conversations/Conversations"
import { Messages } from "@wicara/conversations/Messages"
import { OutboxSender } from "@wicara/conversations/OutboxSender"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import { Templates } from "@wicara/templates/Templates"
import * as TypedTemplate from "@wicara/templates/TypedTemplate"
import { WhatsAppCloudEmulator } from "@wicara/testing/WhatsAppCloudEmulator"
import { Effect, Result } from "effect"
import * as support from "./support.ts"
import { as, connect, settle } from "./support.ts"

const text = "Halo {{1}}, tagihan {{2}} sudah terbit ya."
const definitions = [
  {
    name: "tagihan",
    language: "id",
    category: "UTILITY" as const,
    status: "APPROVED",
    components: [
      { type: "HEADER", format: "DOCUMENT" },
      { type: "BODY", text },
      { type: "BUTTONS", buttons: [{ type: "URL", text: "Bayar", url: "https://bayar.example/{{1}}" }] }
    ]
  },
  {
    name: "salam",
    language: "id",
    category: "UTILITY" as const,
    status: "APPROVED",
    parameter_format: "NAMED" as const,
    components: [{ type: "BODY", text: "Halo {{nama}} apa kabar" }]
  },
  ...["PAUSED", "DISABLED", "REJECTED", "PENDING"].map((status) => ({
    name: status.toLowerCase(),
    language: "id",
    category: "UTILITY" as const,
    status,
    components: [{ type: "BODY", text: "Halo" }]
  }))
]

const content = (name: string, more: Partial<TemplateContent> = {}): TemplateContent => ({
  type: "template",
  name,
  language: "id",
  components: [],
  ...more
})

const good = {
  header: { link: "https://bayar.example/a.pdf", filename: "tagihan.pdf" },
  body: ["Sari", "INV-7"],
  buttons: { 0: "inv-7" }
}

const start = Effect.fnUntraced(function*(account: support.Connected) {
  const conversation = yield* Conversations.use((conversations) =>
    conversations.start({ channelAccountId: account.channelAccountId, to: { kind: "phone", value: "6281234500001" } })
  ).pipe(as(account.organizationId))
  const send = (one: TemplateContent) =>
    Messages.use((messages) => messages.send({ conversationId: conversation.id, content: one })).pipe(
      as(account.organizationId)
    )
  const canSend = (one: TemplateContent) =>
    Messages.use((messages) => messages.canSend({ conversationId: conversation.id, content: one })).pipe(
      as(account.organizationId)
    )
  return { canSend, conversation, send }
})

const accepted = (outcome: string) =>
  Effect.map(
    WhatsAppCloudEmulator,
    (emulator) =>
      emulator.ledger.all().filter((entry) => entry.direction === "send" && entry.outcome.startsWith(outcome))
  )

describe.each(TestDatabase.all)("Messages with templates on $name", (database) => {
  layer(support.layer(database.layer, `sending-${database.name}`), { excludeTestServices: true })((it) => {
    it.effect("complaint 17: whatever the provider would refuse is refused before it is stored, with the place", () =>
      Effect.gen(function*() {
        const emulator = yield* WhatsAppCloudEmulator
        const account = yield* connect()
        yield* emulator.setAccount(account.number, { templates: definitions })
        yield* settle
        const { canSend, send } = yield* start(account)
        const refused = (one: TemplateContent) =>
          Effect.map(Effect.flip(send(one)), (problem) =>
            problem._tag === "InvalidInput"
              ? problem.field
              : problem._tag === "CannotSend" && problem.verdict._tag === "TemplateUnusable"
              ? problem.verdict.status
              : problem._tag)
        const broken = (more: object) => content("tagihan", { parameters: { ...good, ...more } })
        assert.deepStrictEqual([
          yield* refused(broken({ body: ["Sari"] })),
          yield* refused(broken({ body: ["Sari", "dua\nbaris"] })),
          yield* refused(broken({ body: ["Sari", ""] })),
          yield* refused(broken({ header: { latitude: 1, longitude: 2 } })),
          yield* refused(content("tagihan", { parameters: { header: good.header, body: good.body } })),
          yield* refused(broken({ extra: true })),
          yield* refused(content("tagihan")),
          yield* refused(content("tagihan", {
            components: [{ type: "body", parameters: [{ type: "text", text: "Sari" }] }]
          })),
          yield* refused(content("salam", { parameters: { body: {} } })),
          yield* refused(content("paused")),
          yield* refused(content("disabled")),
          yield* refused(content("rejected")),
          yield* refused(content("pending")),
          yield* refused(content("tidak_ada")),
          yield* refused(content("tagihan", { language: "en", parameters: good }))
        ], [
          "/content/parameters/body",
          "/content/parameters/body/1",
          "/content/parameters/body/1",
          "/content/parameters/header/latitude",
          "/content/parameters/buttons",
          "/content/parameters/extra",
          "/content/components",
          "/content/components",
          "/content/parameters/body/nama",
          "PAUSED",
          "DISABLED",
          "REJECTED",
          "PENDING",
          "missing",
          "missing"
        ])
        assert.deepInclude(yield* canSend(content("paused")), { _tag: "TemplateUnusable", status: "PAUSED" })
        assert.deepInclude(yield* canSend(broken({ body: ["Sari"] })), {
          _tag: "TemplateMismatch",
          field: "/content/parameters/body",
          detail: "The template wants 2 values here, 1 were given."
        })
        yield* OutboxSender.use((sender) => sender.drain)
        assert.lengthOf(yield* accepted(""), 0)
        // The same, sent as it is, is what the provider refuses: the emulator knows its errors.
        for (
          const [name, components, code] of [
            ["tagihan", [], "132000"],
            ["paused", [], "132015"],
            ["disabled", [], "132016"],
            ["tidak_ada", [], "132001"]
          ] as const
        ) {
          const answer = yield* Effect.promise(() =>
            fetch(`${emulator.url}/v23.0/${account.number}/messages`, {
              method: "POST",
              headers: { authorization: `Bearer token-${account.number}`, "content-type": "application/json" },
              body: JSON.stringify({
                messaging_product: "whatsapp",
                to: "6281234500001",
                type: "template",
                template: { name, language: { code: "id" }, components }
              })
            }).then((response) => response.json() as Promise<{ readonly error: { readonly code: number } }>)
          )
          assert.strictEqual(String(answer.error.code), code)
        }
      }).pipe(Effect.scoped))

    it.effect("are the provider's components and the text that is read, from parameters or as they are", () =>
      Effect.gen(function*() {
        const emulator = yield* WhatsAppCloudEmulator
        const account = yield* connect()
        yield* emulator.setAccount(account.number, { templates: definitions })
        yield* settle
        const { send } = yield* start(account)
        const { messages: [message] } = yield* send(content("tagihan", { parameters: good }))
        assert.isTrue(message.content.type === "template")
        if (message.content.type !== "template") return
        assert.strictEqual(message.content.text, "Halo Sari, tagihan INV-7 sudah terbit ya.")
        assert.notProperty(message.content, "parameters")
        const { messages: [named] } = yield* send(content("salam", { parameters: { body: { nama: "Budi" } } }))
        assert.deepInclude(named.content, { text: "Halo Budi apa kabar" })
        // What was made of the parameters is taken again as it is.
        yield* send(content("tagihan", { components: message.content.components }))
        yield* OutboxSender.use((sender) => sender.drain)
        const sent = yield* accepted("accepted")
        assert.deepStrictEqual(sent.map((entry) => entry.text), [
          "Halo Sari, tagihan INV-7 sudah terbit ya.",
          "Halo Budi apa kabar",
          "Halo Sari, tagihan INV-7 sudah terbit ya."
        ])
        // Their statuses arrive before the server that takes them goes.
        yield* settle
      }).pipe(Effect.scoped))

    it.effect("are created and filled from one definition in the code, and refused when the provider has another by now", () =>
      Effect.gen(function*() {
        const emulator = yield* WhatsAppCloudEmulator
        const account = yield* connect()
        yield* settle
        const { send } = yield* start(account)
        const greeting = TypedTemplate.defineTemplate({
          name: "sapa",
          language: "id",
          category: "UTILITY",
          components: [{
            type: "BODY",
            text: "Halo {{1}}, pesanan {{2}} siap diambil.",
            example: { body_text: [["Sari", "A-1"]] }
          }]
        })
        yield* Templates.use((templates) =>
          templates.create({ channelAccountId: account.channelAccountId, ...greeting })
        ).pipe(as(account.organizationId))
        const change = (more: object) => emulator.template(account.number, { name: "sapa", language: "id", ...more })
        yield* change({ event: "APPROVED" })
        yield* settle
        const { messages: [message] } = yield* send(TypedTemplate.content(greeting, { body: ["Sari", "A-7"] }))
        assert.deepInclude(message.content, { text: "Halo Sari, pesanan A-7 siap diambil." })
        yield* change({ components: [{ type: "BODY", text: "Halo {{1}}, sudah siap ya." }] })
        yield* settle
        const problem = yield* Effect.flip(send(TypedTemplate.content(greeting, { body: ["Sari", "A-7"] })))
        assert.deepInclude({ ...problem }, { field: "/content/parameters/body" })
      }).pipe(Effect.scoped))

    it.effect("that wait while their template is paused, disabled, deleted or changed fail with the reason, and ask for nothing", () =>
      Effect.gen(function*() {
        const emulator = yield* WhatsAppCloudEmulator
        const account = yield* connect()
        const names = ["jeda", "mati", "hapus", "ubah", "baik"]
        yield* emulator.setAccount(account.number, {
          templates: names.map((name) => ({
            name,
            language: "id",
            category: "UTILITY" as const,
            status: "APPROVED",
            components: [{ type: "BODY", text: "Halo" }]
          }))
        })
        yield* settle
        const { conversation, send } = yield* start(account)
        yield* Effect.forEach(names, (name) => send(content(name, { parameters: {} })))
        const change = (name: string, more: object) =>
          emulator.template(account.number, { name, language: "id", ...more })
        yield* change("jeda", { event: "PAUSED", stage: "FIRST_PAUSE" })
        yield* change("mati", { event: "DISABLED", reason: "ABUSIVE_CONTENT" })
        yield* change("hapus", { event: "DELETED" })
        yield* change("ubah", { components: [{ type: "BODY", text: "Halo {{1}} apa kabar" }] })
        yield* settle
        const before = (yield* accepted("")).length
        yield* OutboxSender.use((sender) => sender.drain)
        yield* settle
        assert.strictEqual((yield* accepted("")).length, before + 1)
        const { data } = yield* Messages.use((messages) => messages.list(conversation.id, {})).pipe(
          as(account.organizationId)
        )
        const told = data.map(({ content, error, status }) =>
          [content.type === "template" ? content.name : "", status, error?.code, error?.title].slice(
            0,
            error === null ? 1 : 4
          )
        )
        assert.deepStrictEqual(told.toSorted(([a = ""], [b = ""]) => String(a).localeCompare(String(b))), [
          ["baik"],
          [
            "hapus",
            "failed",
            "template_unusable",
            "The template \"hapus\" in the language id can't be used: it is DELETED."
          ],
          [
            "jeda",
            "failed",
            "template_unusable",
            "The template \"jeda\" in the language id can't be used: it is PAUSED. FIRST_PAUSE: FIRST_PAUSE"
          ],
          [
            "mati",
            "failed",
            "template_unusable",
            "The template \"mati\" in the language id can't be used: it is DISABLED. ABUSIVE_CONTENT"
          ],
          [
            "ubah",
            "failed",
            "template_mismatch",
            "The template was changed since. body: The template wants a value here."
          ]
        ])
      }).pipe(Effect.scoped))

    it.effect("go as they are while nobody knows the templates yet, but need them to be filled by parameters", () =>
      Effect.gen(function*() {
        const account = yield* connect()
        const { send } = yield* start(account)
        assert.isTrue(Result.isSuccess(yield* Effect.result(send(content("hello_world", { language: "en_US" })))))
        const early = yield* Effect.flip(send(content("hello_world", { language: "en_US", parameters: {} })))
        assert.deepInclude({ ...early }, { field: "/content/parameters" })
        yield* settle
        const { messages: [message] } = yield* send(content("hello_world", { language: "en_US", parameters: {} }))
        assert.deepInclude(message.content, { text: "Hello, this is a test of the connection." })
      }).pipe(Effect.scoped))
  })
})
