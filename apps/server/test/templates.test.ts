import { assert, layer } from "@effect/vitest"
import { Client } from "@wicara/client/Client"
import { content, defineTemplate } from "@wicara/templates/TypedTemplate"
import * as Id from "@wicara/core/Id"
import { Files } from "@wicara/files/Files"
import * as SampleFiles from "@wicara/testing/SampleFiles"
import { WhatsAppCloudEmulator } from "@wicara/testing/WhatsAppCloudEmulator"
import { Effect, Predicate, Redacted, Schedule, Stream } from "effect"
import { FetchHttpClient } from "effect/http"
import { SqlClient } from "effect/sql"
import * as Harness from "./harness.ts"

const pictured = defineTemplate({
  name: "bergambar",
  language: "id",
  category: "UTILITY",
  components: [{ type: "HEADER", format: "IMAGE" }, { type: "BODY", text: "Halo {{1}}, ini denahnya." }]
})

const shelf = defineTemplate({
  name: "rak",
  language: "id",
  category: "MARKETING",
  components: [
    { type: "BODY", text: "Pilihan hari ini" },
    {
      type: "CAROUSEL",
      cards: [
        { components: [{ type: "HEADER", format: "IMAGE" }, { type: "BODY", text: "Lama" }] },
        { components: [{ type: "HEADER", format: "IMAGE" }, { type: "BODY", text: "Baru" }] }
      ]
    }
  ]
})

for (const database of Harness.databases) {
  layer(Harness.layer(database), { excludeTestServices: true, timeout: "60 seconds" })(
    `template messages on ${database}`,
    (it) => {
      it.effect("show a stored file in their header, which the provider gets once", () =>
        Effect.gen(function*() {
          const { url } = yield* Harness.TestServer
          const emulator = yield* WhatsAppCloudEmulator
          const tenant = yield* Harness.newTenant("Acme")
          const account = yield* Harness.newCloudAccount(tenant)
          const { key } = yield* Harness.newApiKey(tenant)
          const client = yield* Client.make({ baseUrl: url, token: Redacted.make(key) })
          yield* emulator.setAccount(account.phoneNumberId, { templates: [{ ...pictured, status: "APPROVED" }] })
          yield* client.templates.sync({ payload: { channelAccountId: account.id } })
          yield* Effect.repeat(client.templates.list({ query: { name: "bergambar" } }), {
            until: ({ data }) => data.length === 1,
            schedule: Schedule.spaced("20 millis")
          })
          const store = (name: string, bytes: Uint8Array) =>
            Files.use((files) => files.upload({ name, content: Stream.make(bytes) })).pipe(Harness.within(tenant.id))
          const picture = yield* store("denah.png", SampleFiles.png(40, 30))
          const document = yield* store("denah.pdf", SampleFiles.sample("document").bytes)
          const { id } = yield* client.conversations.start({
            payload: { channelAccountId: account.id, to: { kind: "phone", value: "6281234500001" } }
          })
          const send = (file: string) =>
            client.conversations.send({
              params: { id },
              payload: { content: content(pictured, { header: { file }, body: ["Sari"] }) }
            })
          const { data: [first] } = yield* send(picture.id)
          yield* send(picture.id)
          const sent = () =>
            emulator.ledger.all().filter((entry) =>
              entry.account === account.phoneNumberId && entry.direction === "send" && entry.outcome === "accepted"
            )
          const untilSent = (many: number) =>
            Effect.repeat(Effect.sync(() => sent().length), {
              until: (count) => count === many,
              schedule: Schedule.spaced("20 millis")
            })
          yield* untilSent(2)
          // What the provider has forgotten is handed over anew.
          const sql = yield* SqlClient.SqlClient
          yield* sql`UPDATE media_uploads SET expires_at = 1 WHERE channel_account_id = ${Id.toBytes(account.id)}`
          yield* send(picture.id)
          yield* untilSent(3)
          const headers = sent().map(({ raw }) => JSON.stringify(raw).match(/"image":(\{[^}]*\})/)?.[1] ?? "")
          assert.match(headers[0] ?? "", /^\{"id":"[^"]+"\}$/)
          assert.strictEqual(headers[1], headers[0])
          assert.notStrictEqual(headers[2], headers[0])
          // People see the file beside the text.
          assert.deepInclude(first.content, { type: "template", text: "Halo Sari, ini denahnya." })
          assert.isTrue(Predicate.hasProperty(first.content, "media"))
          const attached = yield* client.media.get({ params: { id: first.id } })
          assert.strictEqual(attached.fileId, picture.id)
          const refused = (file: string) =>
            Effect.map(Effect.flip(send(file)), (problem) =>
              problem._tag === "InvalidInput" ? [problem.field, problem.detail] : problem._tag)
          assert.deepStrictEqual(yield* refused(document.id), [
            "/content/parameters/header/file",
            "The header shows image/jpeg, image/png, and this file is application/pdf."
          ])
          const foreign = yield* Files.use((files) =>
            files.upload({ name: "x.png", content: Stream.make(SampleFiles.png(1, 1)) })
          ).pipe(Harness.within((yield* Harness.newTenant("Other")).id))
          const missing = ["/content/parameters/header/file", "There is no such file."]
          assert.deepStrictEqual(yield* refused(foreign.id), missing)
          assert.deepStrictEqual(yield* refused("nonsense"), missing)
        }).pipe(Effect.provide(FetchHttpClient.layer), Effect.orDie))

      it.effect("show stored files in the cards of a carousel, each handed over once", () =>
        Effect.gen(function*() {
          const { url } = yield* Harness.TestServer
          const emulator = yield* WhatsAppCloudEmulator
          const tenant = yield* Harness.newTenant("Rak")
          const account = yield* Harness.newCloudAccount(tenant)
          const { key } = yield* Harness.newApiKey(tenant)
          const client = yield* Client.make({ baseUrl: url, token: Redacted.make(key) })
          yield* emulator.setAccount(account.phoneNumberId, { templates: [{ ...shelf, status: "APPROVED" }] })
          yield* client.templates.sync({ payload: { channelAccountId: account.id } })
          yield* Effect.repeat(client.templates.list({ query: { name: "rak" } }), {
            until: ({ data }) => data.length === 1,
            schedule: Schedule.spaced("20 millis")
          })
          const store = (name: string, bytes: Uint8Array) =>
            Files.use((files) => files.upload({ name, content: Stream.make(bytes) })).pipe(Harness.within(tenant.id))
          const [one, two] = [
            yield* store("satu.png", SampleFiles.png(40, 30)),
            yield* store("dua.png", SampleFiles.png(30, 40))
          ]
          const document = yield* store("rak.pdf", SampleFiles.sample("document").bytes)
          const { id } = yield* client.conversations.start({
            payload: { channelAccountId: account.id, to: { kind: "phone", value: "6281234500002" } }
          })
          const send = (first: string, second: string) =>
            client.conversations.send({
              params: { id },
              payload: {
                content: content(shelf, { cards: [{ header: { file: first } }, { header: { file: second } }] })
              }
            })
          const { data: [message] } = yield* send(one.id, two.id)
          yield* send(two.id, one.id)
          const sent = () =>
            emulator.ledger.all().filter((entry) =>
              entry.account === account.phoneNumberId && entry.direction === "send" && entry.outcome === "accepted"
            )
          yield* Effect.repeat(Effect.sync(() => sent().length), {
            until: (count) => count === 2,
            schedule: Schedule.spaced("20 millis")
          })
          const ids = sent().map(({ raw }) =>
            [...JSON.stringify(raw).matchAll(/"image":\{"id":"([^"]+)"\}/g)].map(([, found]) => found)
          )
          assert.lengthOf(new Set(ids[0]), 2)
          assert.deepStrictEqual(ids[1], ids[0]?.toReversed())
          assert.isTrue(Predicate.hasProperty(message.content, "cardMedia"))
          const refused = yield* Effect.flip(send(one.id, document.id))
          assert.deepInclude({ ...refused }, {
            field: "/content/parameters/cards/1/header/file",
            detail: "The header shows image/jpeg, image/png, and this file is application/pdf."
          })
          // Both are kept for as long as the messages that show them.
          for (const { id: fileId } of [one, two]) {
            const kept = yield* Effect.flip(Files.use((files) => files.delete(fileId)).pipe(Harness.within(tenant.id)))
            assert.strictEqual(kept._tag, "Conflict")
          }
        }).pipe(Effect.provide(FetchHttpClient.layer), Effect.orDie))
    }
  )
}
