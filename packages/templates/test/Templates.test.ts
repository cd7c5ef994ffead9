import { assert, describe, layer } from "@effect/vitest"
import { Audit } from "@wicara/core/Audit"
import { Files } from "@wicara/files/Files"
import type { CreateTemplate } from "@wicara/templates/Template"
import { Templates } from "@wicara/templates/Templates"
import * as SampleFiles from "@wicara/testing/SampleFiles"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import { WhatsAppCloudEmulator } from "@wicara/testing/WhatsAppCloudEmulator"
import { Effect, Fiber, Result, Schedule, Stream } from "effect"
import * as support from "./support.ts"
import { as, connect, historyOf, list, makeDue, named, settle } from "./support.ts"

const bill = (account: support.Connected, name: string, more: Partial<CreateTemplate> = {}): CreateTemplate => ({
  channelAccountId: account.channelAccountId,
  name,
  language: "id",
  category: "UTILITY",
  components: [{
    type: "BODY",
    text: "Tagihan {{1}} sudah terbit, jatuh tempo {{2}}. Terima kasih.",
    example: { body_text: [["INV-1", "5 Mei"]] }
  }],
  ...more
})

const use = <A, E, R>(
  account: support.Connected,
  run: (templates: Templates["Service"]) => Effect.Effect<A, E, R>
) => Templates.use(run).pipe(as(account.organizationId))

const create = (account: support.Connected, name: string, more: Partial<CreateTemplate> = {}) =>
  use(account, (templates) => templates.create(bill(account, name, more)))

const creations = (account: support.Connected) =>
  Effect.map(WhatsAppCloudEmulator, (emulator) => [...emulator.templates.creations(account.business).values()])

describe.each(TestDatabase.all)("Templates on $name", (database) => {
  layer(support.layer(database.layer, "templates"), { excludeTestServices: true })((it) => {
    it.effect("are created, judged, changed and deleted at the provider, with every step in their history and the audit log", () =>
      Effect.gen(function*() {
        const emulator = yield* WhatsAppCloudEmulator
        const account = yield* connect()
        yield* settle
        yield* emulator.setAccount(account.number, { templateReview: { after: 60_000, reject: [] } })
        const made = yield* create(account, "tagihan")
        assert.deepInclude({ ...made }, {
          status: "PENDING",
          usable: false,
          revision: 1,
          parameterFormat: "POSITIONAL"
        })
        const early = yield* Effect.flip(use(account, (templates) => templates.update(made.id, { components: [] })))
        assert.strictEqual(early._tag, "Conflict")
        yield* emulator.template(account.number, { name: "tagihan", language: "id", event: "APPROVED" })
        yield* settle
        assert.isTrue((yield* named(account, "tagihan")).usable)
        const components = [{ type: "BODY" as const, text: "Halo, terima kasih." }]
        const changed = yield* use(account, (templates) => templates.update(made.id, { components }))
        assert.deepInclude({ ...changed }, { status: "PENDING", revision: 2, components })
        yield* emulator.template(account.number, { name: "tagihan", language: "id", event: "REJECTED", reason: "SCAM" })
        yield* settle
        assert.deepInclude({ ...(yield* named(account, "tagihan")) }, { status: "REJECTED", reason: "SCAM" })
        yield* use(account, (templates) => templates.delete(made.id))
        yield* settle
        assert.deepStrictEqual((yield* list(account)).map(({ name }) => name), ["hello_world"])
        assert.deepStrictEqual(
          (yield* historyOf(account, "tagihan", "DELETED")).filter(({ kind }) => kind === "status").map(({ to }) => to)
            .toReversed().slice(0, 6),
          ["SUBMITTING", "PENDING", "APPROVED", "PENDING", "REJECTED", "DELETED"]
        )
        const audit = yield* Audit.use((log) => log.list({})).pipe(as(account.organizationId))
        assert.includeMembers(audit.data.map(({ action }) => action), [
          "template.created",
          "template.updated",
          "template.deleted"
        ])
      }).pipe(Effect.scoped))

    it.effect("show a file of the organization in their header, and of no other", () =>
      Effect.gen(function*() {
        const account = yield* connect()
        const other = yield* connect()
        yield* settle
        const file = yield* Files.use((files) =>
          files.upload({ name: "struk.png", content: Stream.make(SampleFiles.png(4, 4)) })
        ).pipe(as(account.organizationId))
        const pictured = (of: support.Connected) =>
          create(of, "bergambar", {
            components: [
              { type: "HEADER", format: "IMAGE", example: { header_file: file.id } },
              { type: "BODY", text: "Terima kasih atas pembayarannya." }
            ]
          })
        const refused = yield* Effect.flip(pictured(other))
        assert.strictEqual(refused._tag, "InvalidInput")
        const { components } = yield* pictured(account)
        assert.match(JSON.stringify(components[0]), /"example":\{"header_handle":\["4:/)
        assert.deepStrictEqual(yield* creations(account), [1])
        assert.deepStrictEqual(yield* creations(other), [])
      }).pipe(Effect.scoped))

    it.effect("are created once, whatever becomes of the answer", () =>
      Effect.gen(function*() {
        const emulator = yield* WhatsAppCloudEmulator
        const account = yield* connect()
        yield* settle
        const faults = ["closeBeforeAcceptance", "closeAfterAcceptance", "errorAfterAcceptance"] as const
        for (const fault of faults) {
          yield* emulator.setFaults({ [fault]: { next: 1 } })
          const made = yield* create(account, fault.toLowerCase())
          assert.strictEqual(made.status, "SUBMITTING")
          yield* makeDue
          yield* settle
          assert.strictEqual((yield* named(account, fault.toLowerCase())).status, "PENDING")
        }
        assert.deepStrictEqual(yield* creations(account), [1, 1, 1])
        // Many at once: one of them takes the name.
        const results = yield* Effect.all(
          Array.from({ length: 5 }, () => Effect.result(create(account, "berebut"))),
          { concurrency: "unbounded" }
        )
        assert.lengthOf(results.filter(Result.isSuccess), 1)
        assert.isTrue(results.filter(Result.isFailure).every(({ failure }) => failure._tag === "Conflict"))
        assert.deepStrictEqual(yield* creations(account), [1, 1, 1, 1])
      }).pipe(Effect.scoped))

    it.effect("that a process began to create and did not live to finish are finished by another", () =>
      Effect.gen(function*() {
        const emulator = yield* WhatsAppCloudEmulator
        const account = yield* connect()
        yield* settle
        yield* emulator.setFaults({ timeoutAfterAcceptance: { next: 1 } })
        const creating = yield* Effect.forkChild(create(account, "yatim"))
        yield* Effect.repeat(creations(account), {
          until: (made) => made.length > 0,
          schedule: Schedule.spaced("10 millis")
        })
        yield* Fiber.interrupt(creating)
        assert.strictEqual((yield* named(account, "yatim")).status, "SUBMITTING")
        yield* makeDue
        yield* settle
        assert.strictEqual((yield* named(account, "yatim")).status, "PENDING")
        assert.deepStrictEqual(yield* creations(account), [1])
      }).pipe(Effect.scoped))

    it.effect("that the provider would refuse are refused before it is asked, with the field", () =>
      Effect.gen(function*() {
        const emulator = yield* WhatsAppCloudEmulator
        const account = yield* connect()
        yield* settle
        const before = emulator.ledger.all().length
        const problemOf = (components: CreateTemplate["components"], more: Partial<CreateTemplate> = {}) =>
          Effect.map(
            Effect.flip(create(account, "salah", { components, ...more })),
            (problem) => problem._tag === "InvalidInput" ? problem.field : problem._tag
          )
        const body = { type: "BODY" as const, text: "Halo, apa kabar?" }
        const buttons = (...list: Extract<CreateTemplate["components"][number], { type: "BUTTONS" }>["buttons"]) => [
          body,
          { type: "BUTTONS" as const, buttons: list }
        ]
        assert.deepStrictEqual([
          yield* problemOf([{ type: "BODY", text: "x".repeat(1025) }]),
          yield* problemOf([{ type: "BODY", text: "Halo {{1}}", example: { body_text: [["x"]] } }]),
          yield* problemOf([{ type: "BODY", text: "Halo {{1}} apa kabar ya" }]),
          yield* problemOf([{ type: "BODY", text: "Halo {{2}} apa kabar ya", example: { body_text: [["x"]] } }]),
          yield* problemOf([body, { type: "FOOTER", text: "x".repeat(61) }]),
          yield* problemOf([{ type: "HEADER", format: "TEXT", text: "x".repeat(61) }, body]),
          yield* problemOf([{ type: "HEADER", format: "IMAGE" }, body]),
          yield* problemOf(buttons({ type: "QUICK_REPLY", text: "x".repeat(26) })),
          yield* problemOf(buttons({ type: "URL", text: "Buka", url: "ftp://x" })),
          yield* problemOf(buttons({ type: "URL", text: "Buka", url: "https://x.example/{{1}}" })),
          yield* problemOf(buttons(
            { type: "QUICK_REPLY", text: "a" },
            { type: "PHONE_NUMBER", text: "b", phone_number: "+6221555" },
            { type: "QUICK_REPLY", text: "c" }
          )),
          yield* problemOf([{ type: "FOOTER", text: "x" }]),
          yield* problemOf([body], { category: "AUTHENTICATION" }),
          yield* problemOf([{ type: "BODY", text: "Halo {{nama}} apa kabar", example: { body_text: [["x"]] } }], {
            parameterFormat: "NAMED"
          })
        ], [
          "/components/0/text",
          "/components/0/text",
          "/components/0/example",
          "/components/0/text",
          "/components/1/text",
          "/components/0/text",
          "/components/0/example",
          "/components/1/buttons/0/text",
          "/components/1/buttons/0/url",
          "/components/1/buttons/0/example",
          "/components/1/buttons",
          "/components",
          "/components/0/text",
          "/components/0/example"
        ])
        assert.strictEqual(emulator.ledger.all().length, before)
      }).pipe(Effect.scoped))

    it.effect("that only the provider knows to refuse are there no more, and their names free", () =>
      Effect.gen(function*() {
        const account = yield* connect()
        yield* settle
        yield* create(account, "sekali")
        const { id } = yield* named(account, "sekali")
        const emulator = yield* WhatsAppCloudEmulator
        yield* emulator.template(account.number, { name: "sekali", language: "id", event: "APPROVED", silent: true })
        yield* use(account, (templates) => templates.delete(id))
        // The provider holds the name for 30 days.
        const refused = yield* Effect.flip(create(account, "sekali"))
        assert.strictEqual(refused._tag, "InvalidInput")
        assert.match(refused.detail ?? "", /^The provider refuses the template: /)
        assert.deepStrictEqual((yield* list(account, { status: "REFUSED" })).map(({ name }) => name), ["sekali"])
        const again = yield* Effect.flip(create(account, "sekali"))
        assert.strictEqual(again._tag, "InvalidInput")
      }).pipe(Effect.scoped))

    it.effect("are copied to another language, and are told apart by language", () =>
      Effect.gen(function*() {
        const account = yield* connect()
        yield* settle
        const made = yield* create(account, "salam")
        const copy = yield* use(account, (templates) => templates.duplicate(made.id, { language: "en_US" }))
        assert.deepInclude({ ...copy }, { name: "salam", language: "en_US", components: made.components })
        const twice = yield* Effect.flip(
          use(account, (templates) => templates.duplicate(made.id, { language: "en_US" }))
        )
        assert.strictEqual(twice._tag, "Conflict")
        assert.lengthOf(yield* list(account, { name: "salam", language: "en_US" }), 1)
        const variants = yield* use(account, (templates) => templates.languages(made.id))
        assert.deepStrictEqual(variants.map(({ id, language }) => [id, language]), [[copy.id, "en_US"], [
          made.id,
          "id"
        ]])
        const preview = yield* use(account, (templates) => templates.preview(copy.id, { body: ["INV-9", "6 Mei"] }))
        assert.strictEqual(preview.text, "Tagihan INV-9 sudah terbit, jatuh tempo 6 Mei. Terima kasih.")
        const wrong = yield* Effect.flip(use(account, (templates) => templates.preview(copy.id, { body: ["INV-9"] })))
        assert.deepInclude({ ...wrong }, { field: "/parameters/body" })
        const schema = yield* use(account, (templates) => templates.parameters(copy.id))
        assert.deepStrictEqual(schema["required"], ["body"])
      }).pipe(Effect.scoped))
  })
})
