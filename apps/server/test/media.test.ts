/** What customers say in voice notes and write in documents, from both emulated providers to the bot's answer. */
import { assert, layer } from "@effect/vitest"
import { AiProviders } from "@wicara/ai-providers/AiProviders"
import { Bots } from "@wicara/bots/Bots"
import { Settings } from "@wicara/core/Settings"
import { KnowledgeItems } from "@wicara/knowledge/KnowledgeItems"
import { transcription } from "@wicara/media/MediaReaders"
import { OpenAiEmulator } from "@wicara/testing/OpenAiEmulator"
import * as SampleFiles from "@wicara/testing/SampleFiles"
import { WahaEmulator } from "@wicara/testing/WahaEmulator"
import { WhatsAppCloudEmulator } from "@wicara/testing/WhatsAppCloudEmulator"
import { Effect, Layer, Redacted, Schedule } from "effect"
import * as Harness from "./harness.ts"

const openAi = OpenAiEmulator.layer({ apiKeys: ["sk-voice"], models: ["whisper-1"] })

/** An organization that knows when it opens and what a delivery costs, has what is said written down, and a bot. */
const makeShop = Effect.gen(function*() {
  const waha = yield* WahaEmulator
  const cloud = yield* WhatsAppCloudEmulator
  const { baseUrl } = yield* OpenAiEmulator
  const tenant = yield* Harness.newTenant("Shop")
  const token = yield* Harness.tokenOf(tenant, "owner")
  const session = yield* Harness.newWahaAccount(tenant)
  const number = yield* Harness.newCloudAccount(tenant)
  yield* Effect.gen(function*() {
    const items = yield* KnowledgeItems
    yield* items.create({
      kind: "question",
      title: "What are your opening hours?",
      body: "We are open from 8 to 17, Monday to Saturday.",
      language: "en"
    })
    yield* items.create({
      kind: "question",
      title: "How much does delivery cost?",
      body: "Delivery costs 12,000 rupiah within the city.",
      language: "en"
    })
    // The first one answers by itself.
    yield* AiProviders.use((providers) =>
      providers.create({ kind: "extractive", name: "Answers", model: "extractive", settings: {} })
    )
    const provider = yield* AiProviders.use((providers) =>
      providers.create({
        kind: "openai_compatible",
        name: "Voices",
        model: "gpt-4o-mini",
        settings: { baseUrl },
        secret: Redacted.make("sk-voice")
      })
    )
    yield* Settings.use((all) => all.set(transcription.key, { aiProviderId: provider.id, model: "whisper-1" }))
    yield* Bots.use((bots) =>
      bots.create({
        persona: { name: "Wira", languages: ["en"] },
        settings: { burstWindow: 0, burstMaximum: 0 },
        channelAccountIds: [session.id, number.id]
      })
    )
  }).pipe(Harness.within(tenant.id), Effect.orDie)
  return [
    { name: "WAHA", id: session.id, account: session.session, emulator: waha, token },
    { name: "WhatsApp Cloud", id: number.id, account: number.phoneNumberId, emulator: cloud, token }
  ] as const
})

for (const database of Harness.databases) {
  layer(Harness.layer(database).pipe(Layer.provideMerge(openAi)), {
    excludeTestServices: true,
    timeout: "60 seconds"
  })(`files of customers on ${database}`, (it) => {
    it.effect(
      "a voice note and a PDF are fetched, read and answered, whichever provider they come by",
      () =>
        Effect.gen(function*() {
          const ai = yield* OpenAiEmulator
          for (const { account, emulator, id, name, token } of yield* makeShop) {
            const phone = `62815${String(Harness.unique()).padStart(8, "0")}`
            const data = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64")
            const answered = (words: RegExp) =>
              Effect.sync(() => emulator.phones.chat(phone, account).some((bubble) => words.test(bubble.text))).pipe(
                Effect.repeat({ until: (found) => found, schedule: Schedule.spaced("50 millis") }),
                Effect.timeout("60 seconds"),
                Effect.catch(() => Effect.die(new Error(`${name}: ${JSON.stringify(emulator.phones.chat(phone))}`)))
              )
            ai.reply({ text: "What are your opening hours?" })
            yield* emulator.customerWrites({ account, from: { phone }, content: { type: "audio", voice: true } })
            yield* answered(/8 to 17/)
            yield* emulator.customerWrites({
              account,
              from: { phone },
              content: {
                type: "document",
                mimeType: "application/pdf",
                fileName: "question.pdf",
                data: data(SampleFiles.pdf(["How much does delivery cost?"]))
              }
            })
            yield* answered(/12,000/)

            const { body } = yield* Harness.request("/v1/conversations", { token })
            const conversation = body.data.find(({ channelAccountId }: any) => channelAccountId === id)
            const files = yield* Harness.request(`/v1/conversations/${conversation.id}/files`, { token })
            assert.deepStrictEqual(files.body.data.map(({ contentType, state }: any) => [contentType, state]), [
              ["application/pdf", "stored"],
              ["audio/ogg", "stored"]
            ])
            const texts = yield* Effect.forEach(
              files.body.data,
              ({ messageId }: any) => Harness.request(`/v1/messages/${messageId}/file/text`, { token })
            )
            assert.deepStrictEqual(texts.map(({ body: { kind, reader, text } }) => [kind, reader, text]), [
              ["document", "document", "How much does delivery cost?"],
              ["speech", "transcription", "What are your opening hours?"]
            ])
          }
          const heard = ai.ledger().filter(({ path }) => path === "/v1/audio/transcriptions")
          assert.deepStrictEqual(heard.map(({ model, outcome }) => [model, outcome]), [
            ["whisper-1", "answered"],
            ["whisper-1", "answered"]
          ])
        }),
      180_000
    )
  })
}
