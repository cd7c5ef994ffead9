import { assert, describe, layer } from "@effect/vitest"
import { Conversations } from "@wicara/conversations/Conversations"
import { Messages } from "@wicara/conversations/Messages"
import { OutboxSender } from "@wicara/conversations/OutboxSender"
import { Audit } from "@wicara/core/Audit"
import type { CreateFromLibrary } from "@wicara/templates/Template"
import type { LibraryFilter } from "@wicara/templates/Templates"
import { Templates } from "@wicara/templates/Templates"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import { WhatsAppCloudEmulator } from "@wicara/testing/WhatsAppCloudEmulator"
import { Effect } from "effect"
import * as support from "./support.ts"
import { as, connect, makeDue, named, settle } from "./support.ts"

const use = <A, E, R>(
  account: support.Connected,
  run: (templates: Templates["Service"]) => Effect.Effect<A, E, R>
) => Templates.use(run).pipe(as(account.organizationId))

const look = (account: support.Connected, query: LibraryFilter = {}, through = account) =>
  use(account, (templates) => templates.library(through.channelAccountId, query))

const names = (account: support.Connected, query: LibraryFilter) =>
  Effect.map(look(account, query), ({ data }) => data.map(({ language, name }) => `${name} ${language}`))

const delivery = (account: support.Connected, more: Partial<CreateFromLibrary> = {}): CreateFromLibrary => ({
  channelAccountId: account.channelAccountId,
  library: "delivery_update_1",
  name: "kirim_paket",
  language: "id",
  buttons: [{
    type: "URL",
    url: { base_url: "https://kurir.example/{{1}}", url_suffix_example: "https://kurir.example/JKT-1" }
  }],
  ...more
})

const adopt = (account: support.Connected, more: Partial<CreateFromLibrary> = {}) =>
  use(account, (templates) => templates.createFromLibrary(delivery(account, more)))

describe.each(TestDatabase.all)("Templates of the provider's library on $name", (database) => {
  layer(support.layer(database.layer, "library"), { excludeTestServices: true })((it) => {
    it.effect("are found by their words, names and subjects, page by page, for one's own accounts", () =>
      Effect.gen(function*() {
        const account = yield* connect()
        const other = yield* connect()
        assert.deepStrictEqual(yield* names(account, { search: "parcel", language: "en_US" }), [
          "delivery_update_1 en_US",
          "delivery_failed_2_form en_US"
        ])
        assert.deepStrictEqual(yield* names(account, { useCase: "DELIVERY_UPDATE", language: "id" }), [
          "delivery_update_1 id"
        ])
        assert.deepStrictEqual(yield* names(account, { industry: "FINANCIAL_SERVICES", topic: "PAYMENTS" }), [
          "low_balance_warning_1 en_US"
        ])
        const { data: [found] } = yield* look(account, { name: "low_balance_warning_1" })
        assert.deepInclude(found, {
          category: "UTILITY",
          header: "Little is left",
          footer: null,
          examples: [
            { example: "Jim", type: "TEXT" },
            { example: "1234", type: "NUMBER" },
            { example: "$75.00", type: "AMOUNT" }
          ]
        })
        const first = yield* look(account, { limit: 4 })
        const rest = yield* look(account, { limit: 4, cursor: first.nextCursor! })
        const all = yield* look(account)
        assert.deepStrictEqual([...first.data, ...rest.data], all.data)
        assert.strictEqual(rest.nextCursor, null)
        assert.strictEqual((yield* Effect.flip(look(account, {}, other)))._tag, "InvalidInput")
      }).pipe(Effect.scoped))

    it.effect("are made under a name of one's own with what their buttons lead to, and can be sent at once", () =>
      Effect.gen(function*() {
        const emulator = yield* WhatsAppCloudEmulator
        const account = yield* connect()
        yield* settle
        const refused = (more: Partial<CreateFromLibrary>) =>
          Effect.map(
            Effect.flip(adopt(account, more)),
            (problem) => problem._tag === "InvalidInput" ? `${problem.field} ${problem.detail}` : problem._tag
          )
        const buttons = "/buttons Give what each of its buttons leads to, in their order: URL."
        const { buttons: _, ...without } = delivery(account)
        assert.deepStrictEqual([
          yield* Effect.flip(use(account, (templates) => templates.createFromLibrary(without))).pipe(
            Effect.map((problem) => problem._tag === "InvalidInput" ? `${problem.field} ${problem.detail}` : "")
          ),
          yield* refused({ buttons: [{ type: "PHONE_NUMBER", phone_number: "+62811" }] }),
          yield* refused({ language: "fr" }),
          yield* refused({ messageSendTtlSeconds: 5 })
        ], [
          buttons,
          buttons,
          "/library The library has no such template in this language.",
          "/messageSendTtlSeconds Give 30 to 43,200 seconds."
        ])
        const made = yield* adopt(account, { messageSendTtlSeconds: 3_600 })
        assert.deepInclude({ ...made }, {
          status: "APPROVED",
          usable: true,
          category: "UTILITY",
          library: "delivery_update_1",
          messageSendTtlSeconds: 3_600
        })
        const listed = emulator.templates.all(account.business).find(({ name }) => name === "kirim_paket")
        assert.deepStrictEqual(made.components as unknown, listed?.components)
        const conversation = yield* Conversations.use((conversations) =>
          conversations.start({
            channelAccountId: account.channelAccountId,
            to: { kind: "phone", value: "6281234500009" }
          })
        ).pipe(as(account.organizationId))
        yield* Messages.use((messages) =>
          messages.send({
            conversationId: conversation.id,
            content: {
              type: "template",
              name: "kirim_paket",
              language: "id",
              components: [],
              parameters: { body: ["Sari", "router", "21 November"], buttons: { 0: "JKT-7" } }
            }
          })
        ).pipe(as(account.organizationId))
        yield* OutboxSender.use((sender) => sender.drain)
        yield* settle
        const sent = emulator.ledger.all().filter(({ direction, outcome }) =>
          direction === "send" && outcome === "accepted"
        )
        assert.deepStrictEqual(sent.map(({ text }) => text), [
          "Sari, paket router berangkat pada 21 November. Ikuti dengan tombol di bawah."
        ])
        const audit = yield* Audit.use((log) => log.list({})).pipe(as(account.organizationId))
        assert.deepInclude(audit.data.find(({ action }) => action === "template.created")?.after, {
          library: "delivery_update_1"
        })
        assert.strictEqual((yield* Effect.flip(adopt(account)))._tag, "Conflict")
      }).pipe(Effect.scoped))

    it.effect("are made once though the answer is lost", () =>
      Effect.gen(function*() {
        const emulator = yield* WhatsAppCloudEmulator
        const account = yield* connect()
        yield* settle
        for (const fault of ["closeBeforeAcceptance", "closeAfterAcceptance"] as const) {
          yield* emulator.setFaults({ [fault]: { next: 1 } })
          const name = fault.toLowerCase()
          assert.strictEqual((yield* adopt(account, { name })).status, "SUBMITTING")
          // A slow machine may need more than one attempt to hear of it.
          const found = yield* Effect.repeat(
            makeDue.pipe(Effect.andThen(settle), Effect.andThen(named(account, name))),
            { until: ({ status }) => status === "APPROVED", times: 8 }
          )
          assert.deepInclude({ ...found }, { status: "APPROVED", library: "delivery_update_1" })
        }
        assert.deepStrictEqual([...emulator.templates.creations(account.business).values()], [1, 1])
      }).pipe(Effect.scoped))
  })
})

describe.each(TestDatabase.all)("How the provider handles a template's messages on $name", (database) => {
  layer(support.layer(database.layer, "handling"), { excludeTestServices: true })((it) => {
    it.effect("is said when it is made and changed, shown, and kept to what the category allows", () =>
      Effect.gen(function*() {
        const emulator = yield* WhatsAppCloudEmulator
        const account = yield* connect()
        const twin = yield* connect({ business: account.business })
        yield* settle
        const make = (more: object) =>
          use(account, (templates) =>
            templates.create({
              channelAccountId: account.channelAccountId,
              name: "pengingat",
              language: "id",
              category: "UTILITY",
              components: [{ type: "BODY", text: "Tagihan Anda sudah terbit." }],
              ...more
            }))
        const { id } = yield* make({ messageSendTtlSeconds: 600, linkTrackingOptedOut: true })
        const shown = (one: support.Connected) =>
          Effect.map(named(one, "pengingat"), ({ linkTrackingOptedOut, messageSendTtlSeconds }) => [
            messageSendTtlSeconds,
            linkTrackingOptedOut
          ])
        assert.deepStrictEqual(yield* shown(account), [600, true])
        yield* emulator.template(account.number, { name: "pengingat", language: "id", event: "APPROVED" })
        // Another organization with the same business account sees what the provider lists.
        yield* makeDue
        yield* settle
        assert.deepStrictEqual(yield* shown(twin), [600, true])
        const update = (change: object) => use(account, (templates) => templates.update(id, change))
        const problem = yield* Effect.flip(update({ messageSendTtlSeconds: 86_400 }))
        assert.deepInclude({ ...problem }, { field: "/messageSendTtlSeconds" })
        const changed = yield* update({ messageSendTtlSeconds: -1, linkTrackingOptedOut: false })
        assert.deepInclude({ ...changed }, {
          messageSendTtlSeconds: -1,
          linkTrackingOptedOut: false,
          status: "PENDING",
          revision: 1
        })
        assert.strictEqual((yield* Effect.flip(update({})))._tag, "InvalidInput")
        // The next category has to allow it, too.
        yield* emulator.template(account.number, { name: "pengingat", language: "id", event: "REJECTED" })
        yield* settle
        assert.deepInclude({ ...(yield* Effect.flip(update({ category: "MARKETING" }))) }, {
          field: "/messageSendTtlSeconds"
        })
        assert.deepInclude({ ...(yield* update({ category: "MARKETING", messageSendTtlSeconds: 43_200 })) }, {
          category: "MARKETING",
          messageSendTtlSeconds: 43_200
        })
        // What is not checked here the provider refuses.
        const answer: any = yield* Effect.promise(() =>
          fetch(`${emulator.url}/v23.0/${account.business}/message_templates`, {
            method: "POST",
            headers: { authorization: `Bearer token-${account.number}`, "content-type": "application/json" },
            body: JSON.stringify({
              name: "x",
              language: "id",
              category: "MARKETING",
              message_send_ttl_seconds: 60,
              components: [{ type: "BODY", text: "Halo" }]
            })
          }).then((response) => response.json())
        )
        assert.deepInclude(answer.error, { code: 100 })
        assert.include(answer.error.message, "message_send_ttl_seconds")
      }).pipe(Effect.scoped))
  })
})
