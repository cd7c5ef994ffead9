import { assert, describe, layer } from "@effect/vitest"
import type { Address } from "@wicara/channels/Address"
import { ChannelAccounts } from "@wicara/channels/ChannelAccounts"
import type { OutboundContent } from "@wicara/channels/MessageContent"
import * as Waha from "@wicara/channels-waha/Waha"
import * as WhatsAppCloud from "@wicara/channels-whatsapp-cloud/WhatsAppCloud"
import { Conversations } from "@wicara/conversations/Conversations"
import type { ConversationId } from "@wicara/conversations/Conversation"
import { Messages } from "@wicara/conversations/Messages"
import { OutboxSender } from "@wicara/conversations/OutboxSender"
import * as Id from "@wicara/core/Id"
import { CurrentActor, OrganizationId, UserId } from "@wicara/core/Tenancy"
import { Files } from "@wicara/files/Files"
import type { FileId } from "@wicara/files/File"
import { MessageFiles } from "@wicara/media/MessageFiles"
import * as SampleFiles from "@wicara/testing/SampleFiles"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import { WahaEmulator } from "@wicara/testing/WahaEmulator"
import { WhatsAppCloudEmulator } from "@wicara/testing/WhatsAppCloudEmulator"
import { Effect, Layer, Stream } from "effect"
import { SqlClient } from "effect/sql"
import * as support from "./support.ts"
import { as, read, taken } from "./support.ts"

const picture = SampleFiles.png(40, 30)
const customer: Address = { kind: "phone", value: "6281234500001" }

const image = (id: string, caption?: string): OutboundContent => ({
  type: "image",
  media: { source: { type: "file", id } },
  ...(caption === undefined ? {} : { caption })
})

const store = (organizationId: OrganizationId) =>
  Files.use((files) => files.upload({ name: "denah.png", content: Stream.make(picture), expiresIn: "1 hour" })).pipe(
    as(organizationId)
  )

const begin = (organizationId: OrganizationId, channelAccountId: support.Connected["channelAccountId"]) =>
  Conversations.use((conversations) => conversations.start({ channelAccountId, to: customer })).pipe(as(organizationId))

const send = (organizationId: OrganizationId, conversationId: ConversationId, content: OutboundContent, key?: string) =>
  Messages.use((messages) => messages.send({ conversationId, content, idempotencyKey: key })).pipe(as(organizationId))

const sendAll = OutboxSender.use((sender) => sender.drain)

const statusOf = (organizationId: OrganizationId, id: Parameters<Messages["Service"]["get"]>[0]) =>
  Messages.use((messages) => messages.get(id)).pipe(as(organizationId))

describe.each(TestDatabase.all)("Sending stored files on $name", (database) => {
  const services = Layer.mergeAll(
    support.layer(database.layer, [
      WhatsAppCloud.make({ timeout: "5 seconds" }),
      Waha.adapter,
      support.provider(() => support.unavailable("gone"))
    ]),
    WhatsAppCloudEmulator.layer({ seed: "attachments" }),
    WahaEmulator.layer({ accounts: { lintang: {} } })
  )

  layer(services, { excludeTestServices: true })((it) => {
    it.effect("hands a file to WhatsApp Cloud once, however many messages it goes with", () =>
      Effect.gen(function*() {
        const emulator = yield* WhatsAppCloudEmulator
        const organizationId = yield* Id.next(OrganizationId)
        const account = yield* ChannelAccounts.use((accounts) =>
          accounts.create({
            channel: "whatsapp_cloud",
            name: "Cloud",
            settings: { phoneNumberId: "1001", businessAccountId: "2002", graphBaseUrl: emulator.url },
            secrets: { accessToken: "an access token", appSecret: "an app secret", verifyToken: "a verify token" }
          })
        ).pipe(as(organizationId))
        yield* emulator.setAccount("1001", {
          businessAccountId: "2002",
          displayPhoneNumber: "62215550100",
          accessToken: "an access token",
          appSecret: "an app secret",
          verifyToken: "a verify token",
          webhookUrl: null
        })
        yield* emulator.customerWrites({ account: "1001", from: { phone: customer.value }, content: "halo" })
        const conversation = yield* begin(organizationId, account.id)
        yield* openWindow(organizationId, conversation.id)
        const file = yield* store(organizationId)
        const first = yield* send(organizationId, conversation.id, image(file.id, "denah"), "once")
        const again = yield* send(organizationId, conversation.id, image(file.id, "denah"), "once")
        assert.isTrue(again.repeated)
        const second = yield* send(organizationId, conversation.id, image(file.id))
        yield* sendAll
        const handedOver = () =>
          emulator.ledger.all()
            .filter(({ direction, outcome }) => direction === "send" && outcome === "accepted")
            .map(({ raw }) => (raw as { readonly image: { readonly id: string } }).image.id)
        assert.lengthOf(handedOver(), 2)
        assert.lengthOf([...new Set(handedOver())], 1)
        // What Meta has forgotten is handed over anew, and remembered in the place of the old one.
        const sql = yield* SqlClient.SqlClient
        const ofAccount = sql`channel_account_id = ${Id.toBytes(account.id)}`
        yield* sql`UPDATE media_uploads SET expires_at = 1 WHERE ${ofAccount}`
        yield* send(organizationId, conversation.id, image(file.id))
        yield* sendAll
        assert.lengthOf(handedOver(), 3)
        assert.lengthOf([...new Set(handedOver())], 2)
        assert.lengthOf(yield* sql`SELECT file_id FROM media_uploads WHERE ${ofAccount}`, 1)
        const [message] = first.messages
        assert.deepInclude(message.content, {
          type: "image",
          caption: "denah",
          media: {
            source: { type: "file", id: file.id },
            mimeType: "image/png",
            fileName: "denah.png",
            sizeBytes: picture.length
          }
        })
        for (const one of [message, second.messages[0]]) {
          assert.isNotNull((yield* statusOf(organizationId, one.id)).providerMessageId)
        }
        // It stays for as long as the messages do, though it was to expire.
        const held = yield* Effect.flip(Files.use((files) => files.delete(file.id)).pipe(as(organizationId)))
        assert.strictEqual(held._tag, "Conflict")
        const { read: bytes } = yield* MessageFiles.use((files) => files.content(message.id)).pipe(as(organizationId))
        assert.isTrue((yield* read(bytes())).equals(picture))
      }))

    it.effect("puts a file into the request to WAHA, which need not reach this server", () =>
      Effect.gen(function*() {
        const emulator = yield* WahaEmulator
        const organizationId = yield* Id.next(OrganizationId)
        const account = yield* ChannelAccounts.use((accounts) =>
          accounts.create({
            channel: "waha",
            name: "WAHA",
            settings: { baseUrl: emulator.url, session: "lintang" },
            secrets: { apiKey: "key-lintang", hmacKey: "hmac-lintang" }
          })
        ).pipe(as(organizationId))
        const conversation = yield* begin(organizationId, account.id)
        const file = yield* store(organizationId)
        const { messages: [message] } = yield* send(organizationId, conversation.id, image(file.id))
        yield* sendAll
        const sent = emulator.ledger.all().filter(({ direction }) => direction === "send")
        assert.deepStrictEqual(sent.map(({ outcome }) => outcome), ["accepted"])
        const { body } = sent[0]!.raw as { readonly body: { readonly file: { readonly data: string } } }
        assert.isTrue(Buffer.from(body.file.data, "base64").equals(picture))
        assert.isNotNull((yield* statusOf(organizationId, message.id)).providerMessageId)
      }))

    it.effect("gives a provider that loads files itself a link that anybody can read for a while", () =>
      Effect.gen(function*() {
        const { channelAccountId, organizationId } = yield* support.connect()
        const conversation = yield* begin(organizationId, channelAccountId)
        const file = yield* store(organizationId)
        yield* send(organizationId, conversation.id, image(file.id))
        yield* sendAll
        const content = taken.at(-1)
        assert(content?.type === "image" && content.media.source.type === "url")
        const [, token] = /^https:\/\/chat\.example\.com\/v1\/file-links\/(.+)$/.exec(content.media.source.url) ?? []
        const opened = yield* Files.use((files) => files.openLink(token ?? ""))
        assert.isTrue((yield* read(opened.read())).equals(picture))
        assert.isTrue(opened.inline)
      }))

    it.effect("sends no file that is not there, is another organization's, or that the caller may not read", () =>
      Effect.gen(function*() {
        const { channelAccountId, organizationId } = yield* support.connect()
        const conversation = yield* begin(organizationId, channelAccountId)
        const refused = (id: string) =>
          Effect.map(Effect.flip(send(organizationId, conversation.id, image(id))), (problem) => [
            problem._tag,
            "field" in problem ? problem.field : ""
          ])
        const foreign = yield* store(yield* Id.next(OrganizationId))
        for (const id of ["nonsense", yield* Id.next(UserId), foreign.id]) {
          assert.deepStrictEqual(yield* refused(id), ["InvalidInput", "/content/media/source/id"])
        }
        const ours = yield* store(organizationId)
        const agent = {
          actor: { _tag: "User" as const, id: yield* Id.next(UserId) },
          permissions: new Set(
            ["conversations:read", "conversations:reply", "files:write"]
          )
        }
        const asAgent = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
          effect.pipe(Effect.provideService(CurrentActor, agent), as(organizationId))
        const sendTheirs = (id: FileId) =>
          asAgent(Messages.use((messages) => messages.send({ conversationId: conversation.id, content: image(id) })))
        assert.strictEqual((yield* Effect.flip(sendTheirs(ours.id)))._tag, "InvalidInput")
        const own = yield* asAgent(
          Files.use((files) => files.upload({ name: "own.png", content: Stream.make(picture) }))
        )
        assert.lengthOf((yield* sendTheirs(own.id)).messages, 1)
        assert.lengthOf(
          (yield* Messages.use((messages) => messages.list(conversation.id, {})).pipe(as(organizationId))).data,
          1
        )
      }))
  })
})

/** The customer has just written, as far as the conversation knows. */
const openWindow = Effect.fnUntraced(function*(organizationId: OrganizationId, conversationId: ConversationId) {
  const sql = yield* SqlClient.SqlClient
  yield* sql`UPDATE conversations_conversations SET last_inbound_at = ${Date.now()}
    WHERE organization_id = ${Id.toBytes(organizationId)} AND id = ${Id.toBytes(conversationId)}`
})
