import { assert, describe, layer } from "@effect/vitest"
import { AiProviderRegistry } from "@wicara/ai-providers/AiProviderAdapter"
import { AiProviders } from "@wicara/ai-providers/AiProviders"
import { migrations as aiMigrations } from "@wicara/ai-providers/sql/migrations"
import type { MessageContent } from "@wicara/channels/MessageContent"
import { MessageReadings } from "@wicara/conversations/MessageReadings"
import { Messages } from "@wicara/conversations/Messages"
import { EventConsumers } from "@wicara/core/EventConsumers"
import * as Id from "@wicara/core/Id"
import * as Migrations from "@wicara/core/Migrations"
import { ModuleRegistry } from "@wicara/core/Module"
import * as OutboundAddresses from "@wicara/core/OutboundAddresses"
import { Settings } from "@wicara/core/Settings"
import { OrganizationId } from "@wicara/core/Tenancy"
import { MediaFetcher } from "@wicara/media/MediaFetcher"
import { MediaReaders, transcription } from "@wicara/media/MediaReaders"
import type { MediaReader } from "@wicara/media/MediaReader"
import * as MessageReading from "@wicara/media/MessageReading"
import { MessageFiles } from "@wicara/media/MessageFiles"
import type { MessageText } from "@wicara/media/MessageText"
import { module } from "@wicara/media/module"
import { OpenAiEmulator } from "@wicara/testing/OpenAiEmulator"
import * as SampleFiles from "@wicara/testing/SampleFiles"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import { Effect, Layer, Redacted } from "effect"
import { SqlClient } from "effect/sql"
import * as support from "./support.ts"
import { as, connect, file, sends } from "./support.ts"

type MessageId = Parameters<MessageFiles["Service"]["get"]>[0]

/** What begins as a voice note does. */
const recording = new Uint8Array(Buffer.concat([
  Buffer.from("OggS\0\u0002", "latin1"),
  Buffer.alloc(22),
  Buffer.from("OpusHead", "latin1"),
  Buffer.alloc(4000, 7)
]))

const voice: MessageContent = {
  type: "audio",
  voice: true,
  media: { source: { type: "provider_id", id: "voice" }, mimeType: "audio/ogg; codecs=opus" }
}
const document = (id: string, mimeType = "text/plain"): MessageContent => ({
  type: "document",
  media: { source: { type: "provider_id", id }, mimeType, fileName: "catatan.txt" }
})

const plan: support.Plan = (id) => {
  switch (id) {
    case "voice":
      return Effect.succeed(file(recording))
    case "card":
      return Effect.succeed(file(new TextEncoder().encode("BEGIN:VCARD\nEND:VCARD"), { fileName: "sari.vcf" }))
    case "bill":
      return Effect.succeed(file(SampleFiles.pdf(["Tagihan Maret: Rp 250.000"]), { fileName: "tagihan.pdf" }))
    case "locked":
      return Effect.succeed(file(SampleFiles.pdf(["Rahasia"], { encrypted: true })))
    case "gone":
      return support.unavailable("gone")
    default:
      return Effect.succeed(file(new TextEncoder().encode("  Alamat: Jalan Braga 12\n")))
  }
}

/** What no file is to do to a reader. */
const breaking: MediaReader = {
  id: "breaking",
  kind: "document",
  takes: (contentType) => contentType === "text/vcard",
  maxBytes: 1000,
  isOn: Effect.succeed(true),
  read: () => Effect.die(new Error("broken by plan"))
}

describe.each(TestDatabase.all)("Texts of messages' files on $name", (database) => {
  const services = Layer.mergeAll(MessageReading.layer, MessageReading.layerReadings).pipe(
    Layer.provideMerge(MediaReaders.layer([breaking])),
    Layer.provideMerge(Layer.mergeAll(
      AiProviders.layerSql.pipe(Layer.provide(AiProviderRegistry.layer())),
      Settings.layerSql.pipe(Layer.provide(ModuleRegistry.layer([{ ...module, requires: [] }])))
    )),
    Layer.provide(Layer.effectDiscard(Effect.orDie(Migrations.run([aiMigrations])))),
    Layer.provideMerge(support.layer(database.layer, [support.provider(plan)])),
    Layer.provideMerge(OpenAiEmulator.layer({ apiKeys: ["sk-voice"], models: ["whisper-1"] })),
    Layer.provideMerge(OutboundAddresses.layerAll)
  )

  const textOf = (account: support.Connected, id: MessageId) =>
    MessageFiles.use((files) => files.text(id)).pipe(as(account.organizationId))

  const readingOf = (account: support.Connected, id: MessageId) =>
    Effect.gen(function*() {
      const message = yield* Messages.use((messages) => messages.get(id))
      return (yield* (yield* MessageReadings).of([message])).get(id)
    }).pipe(as(account.organizationId))

  /** When nothing is being read any more. */
  const settled = (account: support.Connected, id: MessageId) =>
    Effect.gen(function*() {
      yield* MediaFetcher.use((fetcher) => fetcher.drain)
      yield* EventConsumers.use((consumers) => consumers.settled)
      return yield* textOf(account, id).pipe(
        Effect.delay("20 millis"),
        Effect.repeat({ until: (one: MessageText) => one.state !== "waiting" }),
        Effect.timeout("30 seconds")
      )
    })

  const switchOn = (account: support.Connected, key = "sk-voice") =>
    Effect.gen(function*() {
      const { baseUrl } = yield* OpenAiEmulator
      const provider = yield* AiProviders.use((providers) =>
        providers.create({
          kind: "openai_compatible",
          name: "Voices",
          model: "gpt-4o-mini",
          settings: { baseUrl },
          secret: Redacted.make(key)
        })
      )
      yield* Settings.use((settings) =>
        settings.set(transcription.key, { aiProviderId: provider.id, model: "whisper-1", language: "id" })
      )
      return provider
    }).pipe(as(account.organizationId))

  const asked = Effect.map(
    OpenAiEmulator,
    (emulator) => emulator.ledger().filter(({ path }) => path === "/v1/audio/transcriptions")
  )

  layer(services, { excludeTestServices: true })((it) => {
    it.effect("are nobody's business until an organization switches transcription on", () =>
      Effect.gen(function*() {
        const account = yield* connect()
        const before = (yield* asked).length
        const [id] = yield* sends(account, voice)
        assert(id !== undefined)
        assert.isUndefined(yield* readingOf(account, id))
        yield* MediaFetcher.use((fetcher) => fetcher.drain)
        yield* EventConsumers.use((consumers) => consumers.settled)
        assert.strictEqual((yield* Effect.flip(textOf(account, id)))._tag, "NotFound")
        assert.lengthOf(yield* asked, before)
      }))

    it.effect("are what was said in a voice note, paid for once, and only the organization's", () =>
      Effect.gen(function*() {
        const emulator = yield* OpenAiEmulator
        const account = yield* connect()
        yield* switchOn(account)
        const before = (yield* asked).length
        emulator.reply({ text: " Berapa harga paketnya? " })
        const [id] = yield* sends(account, voice)
        assert(id !== undefined)
        assert.deepStrictEqual(yield* readingOf(account, id), { _tag: "Waiting" })
        const text = yield* settled(account, id)
        assert.deepInclude({ ...text }, {
          state: "ready",
          kind: "speech",
          reader: "transcription",
          text: "Berapa harga paketnya?",
          isTruncated: false,
          failure: null
        })
        assert.deepStrictEqual(yield* readingOf(account, id), {
          _tag: "Read",
          kind: "speech",
          text: "Berapa harga paketnya?"
        })
        yield* EventConsumers.use((consumers) => consumers.replay("media.readings", 0))
        yield* EventConsumers.use((consumers) => consumers.settled)
        const requests = (yield* asked).slice(before)
        assert.deepStrictEqual(requests.map(({ body, model, outcome }) => [model, outcome, body]), [[
          "whisper-1",
          "answered",
          {
            model: "whisper-1",
            language: "id",
            responseFormat: "json",
            file: { name: "recording.ogg", mimeType: "audio/ogg", size: recording.length }
          }
        ]])
        const other = { ...account, organizationId: yield* Id.next(OrganizationId) }
        assert.strictEqual((yield* Effect.flip(textOf(other, id)))._tag, "NotFound")
      }))

    it.effect("come when the provider is well again, and say why when it never takes them", () =>
      Effect.gen(function*() {
        const emulator = yield* OpenAiEmulator
        const account = yield* connect()
        yield* switchOn(account)
        emulator.setFaults({ serverError: { next: 1 } })
        const [late] = yield* sends(account, voice)
        assert.deepInclude({ ...(yield* settled(account, late!)) }, { failure: null, state: "ready" })
        emulator.setFaults({ quota: { next: 1 } })
        const [refused] = yield* sends(account, voice)
        assert.deepInclude({ ...(yield* settled(account, refused!)) }, { state: "failed", failure: "quota_exceeded" })
        assert.isUndefined(yield* readingOf(account, refused!))
        emulator.setFaults({})
        emulator.reply({ text: "  " })
        const [silent] = yield* sends(account, voice)
        assert.deepInclude({ ...(yield* settled(account, silent!)) }, { state: "failed", failure: "empty" })
        const stranger = yield* connect()
        const provider = yield* switchOn(stranger, "sk-wrong")
        const [locked] = yield* sends(stranger, voice)
        assert.deepInclude({ ...(yield* settled(stranger, locked!)) }, {
          state: "failed",
          failure: "AuthenticationError"
        })
        yield* AiProviders.use((providers) => providers.delete(provider.id)).pipe(as(stranger.organizationId))
        const [orphaned] = yield* sends(stranger, voice)
        assert.deepInclude({ ...(yield* settled(stranger, orphaned!)) }, { state: "failed", failure: "no_provider" })
      }))

    it.effect("are waited for no longer when all attempts broke", () =>
      Effect.gen(function*() {
        const sql = yield* SqlClient.SqlClient
        const account = yield* connect()
        const [card] = yield* sends(account, document("card"))
        yield* MediaFetcher.use((fetcher) => fetcher.drain)
        yield* EventConsumers.use((consumers) => consumers.settled)
        yield* sql<{ readonly attempts: unknown }>`SELECT attempts FROM core_jobs WHERE id = ${`text/${card}`}`.pipe(
          Effect.delay("20 millis"),
          Effect.repeat({ until: ([job]) => Number(job?.attempts) > 0 })
        )
        yield* sql`UPDATE core_jobs SET attempts = 7 WHERE id = ${`text/${card}`}`
        assert.deepInclude({ ...(yield* settled(account, card!)) }, { state: "failed", failure: "given_up" })
      }))

    it.effect("are what is written in a PDF, or why nobody can read it", () =>
      Effect.gen(function*() {
        const account = yield* connect()
        const pdf = "application/pdf"
        const [bill, locked] = yield* sends(account, document("bill", pdf), document("locked", pdf))
        assert.deepStrictEqual(yield* readingOf(account, bill!), { _tag: "Waiting" })
        assert.deepInclude({ ...(yield* settled(account, bill!)) }, {
          state: "ready",
          kind: "document",
          reader: "document",
          text: "Tagihan Maret: Rp 250.000",
          isTruncated: false
        })
        assert.deepStrictEqual(yield* readingOf(account, bill!), {
          _tag: "Read",
          kind: "document",
          text: "Tagihan Maret: Rp 250.000"
        })
        assert.deepInclude({ ...(yield* settled(account, locked!)) }, { state: "failed", failure: "encrypted" })
        assert.isUndefined(yield* readingOf(account, locked!))
      }))

    it.effect("are those of text files, as they are; of what can't be had there is none", () =>
      Effect.gen(function*() {
        const account = yield* connect()
        const [note, gone] = yield* sends(account, document("note"), document("gone"))
        assert.deepStrictEqual(yield* readingOf(account, note!), { _tag: "Waiting" })
        assert.deepInclude({ ...(yield* settled(account, note!)) }, {
          kind: "document",
          reader: "text",
          text: "Alamat: Jalan Braga 12"
        })
        assert.isUndefined(yield* readingOf(account, gone!))
        const sql = yield* SqlClient.SqlClient
        // What was read long ago in vain is not waited for.
        yield* sql`UPDATE media_texts SET state = 'waiting' WHERE message_id = ${Id.toBytes(note!)}`
        yield* sql`UPDATE conversations_messages SET received_at = 0 WHERE id = ${Id.toBytes(note!)}`
        assert.isUndefined(yield* readingOf(account, note!))
      }))
  })
})
