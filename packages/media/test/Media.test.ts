import { assert, describe, layer } from "@effect/vitest"
import type { InboundEvents } from "@wicara/channels/InboundEvents"
import { ChannelAccounts } from "@wicara/channels/ChannelAccounts"
import * as InboundHttp from "@wicara/channels/InboundHttp"
import * as WhatsAppCloud from "@wicara/channels-whatsapp-cloud/WhatsAppCloud"
import { Conversations } from "@wicara/conversations/Conversations"
import { InboundProcessor } from "@wicara/conversations/InboundProcessor"
import { Messages } from "@wicara/conversations/Messages"
import { EventConsumers } from "@wicara/core/EventConsumers"
import * as Id from "@wicara/core/Id"
import { CurrentRunner, RunnerId } from "@wicara/core/Runners"
import { OrganizationId, UserId } from "@wicara/core/Tenancy"
import { Files } from "@wicara/files/Files"
import { MediaFetcher } from "@wicara/media/MediaFetcher"
import { MessageFiles } from "@wicara/media/MessageFiles"
import * as Emulator from "@wicara/testing/Emulator"
import * as SampleFiles from "@wicara/testing/SampleFiles"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import { WhatsAppCloudEmulator } from "@wicara/testing/WhatsAppCloudEmulator"
import { Context, Deferred, Effect, Fiber, Layer, Stream } from "effect"
import { SqlClient } from "effect/sql"
import * as support from "./support.ts"
import { as, connect, file, read, sends, unavailable } from "./support.ts"

const picture = SampleFiles.png(40, 30)
const drain = MediaFetcher.use((fetcher) => fetcher.drain)
const stateOf = (account: support.Connected, id: Parameters<MessageFiles["Service"]["get"]>[0]) =>
  MessageFiles.use((files) => files.get(id)).pipe(as(account.organizationId))

const events = (type: string) =>
  Effect.flatMap(SqlClient.SqlClient, (sql) =>
    Effect.map(
      sql<{ readonly payload: string }>`SELECT payload FROM core_events WHERE type = ${type} ORDER BY id`,
      (rows) => rows.map(({ payload }) => JSON.parse(payload) as Record<string, unknown>)
    ))

/** Whatever waits for its next attempt is due. */
const makeDue = Effect.flatMap(
  SqlClient.SqlClient,
  (sql) => sql`UPDATE media_files SET due_at = 0 WHERE state = 'waiting' AND lease_id IS NULL`
)

const gates = new Map<string, Deferred.Deferred<void>>()
const gate = (name: string) => {
  const existing = gates.get(name)
  if (existing !== undefined) return existing
  const made = Deferred.makeUnsafe<void>()
  gates.set(name, made)
  return made
}

const plan: support.Plan = (id, _account, times) => {
  const [what = "", name = ""] = id.split(":")
  switch (what) {
    case "picture":
      return Effect.succeed(file(picture, { mimeType: "image/png", sizeBytes: picture.length }))
    case "hang":
      return Effect.never
    case "gate":
      return Effect.as(Deferred.await(gate(name)), file(picture))
    case "gated-once":
      return times === 1 ? Effect.as(Deferred.await(gate(name)), file(picture)) : Effect.succeed(file(picture))
    case "second-time":
      return times === 1
        ? unavailable("later", "busy")
        : Effect.succeed(file(picture, { fileName: "foto keluarga.png" }))
    case "breaks":
      return times === 1
        ? Effect.succeed(file(picture, {
          content: Stream.concat(
            Stream.make(picture.subarray(0, 20)),
            Stream.unwrap(Effect.map(Effect.flip(unavailable("later", "broken")), Stream.fail))
          )
        }))
        : Effect.succeed(file(picture))
    case "silent":
      return Effect.succeed(
        file(picture, { content: Stream.concat(Stream.make(picture.subarray(0, 20)), Stream.never) })
      )
    case "bug":
      return Effect.die(new Error("an adapter's bug"))
    case "large":
      return Effect.succeed(file(new Uint8Array(support.maxSize + 1)))
    case "program":
      return Effect.succeed(file(new Uint8Array([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0, 0, 0])))
    case "empty":
      return Effect.succeed(file(new Uint8Array(0)))
    case "account":
      return unavailable("account", "190")
    case "later":
      return unavailable("later", "busy")
    default:
      return unavailable("gone", "expired")
  }
}

describe.each(TestDatabase.all)("Files of messages on $name", (database) => {
  const services = support.layer(database.layer, [support.provider(plan)], {
    concurrency: 6,
    concurrencyPerAccount: 2,
    idleTimeout: "300 millis",
    pollInterval: "20 millis"
  })

  layer(services, { excludeTestServices: true })((it) => {
    it.effect("are noted with their message, fetched and kept for as long as it is there", () =>
      Effect.gen(function*() {
        const account = yield* connect()
        const [id, text] = yield* sends(account, "picture", { type: "text", text: "lihat" })
        assert(id !== undefined && text !== undefined)
        const waiting = yield* stateOf(account, id)
        assert.deepInclude({ ...waiting }, { state: "waiting", kind: "image", fileId: null, attempts: 0 })
        yield* drain
        const stored = yield* stateOf(account, id)
        assert.deepInclude({ ...stored }, {
          state: "stored",
          contentType: "image/png",
          size: picture.length,
          name: "image.png",
          attempts: 1,
          failure: null
        })
        const files = yield* MessageFiles
        const { read: bytes } = yield* files.content(id).pipe(as(account.organizationId))
        assert.isTrue((yield* read(bytes())).equals(picture))
        const held = yield* Effect.flip(
          Files.use((all) => all.delete(stored.fileId!)).pipe(as(account.organizationId))
        )
        assert.strictEqual(held._tag, "Conflict")
        assert.strictEqual((yield* Effect.flip(stateOf(account, text)))._tag, "NotFound")
        const told = (yield* events("conversation.message.file_stored")).find(({ messageId }) => messageId === id)
        assert.deepInclude(told, { fileId: stored.fileId, size: picture.length })
        const link = yield* files.link(id, { expiresIn: "1 minute" }).pipe(as(account.organizationId))
        assert.isTrue((yield* read((yield* Files.use((all) => all.openLink(link.token))).read())).equals(picture))
      }))

    it.effect("are only there for who may read the conversation, and fetched again only for who may answer", () =>
      Effect.gen(function*() {
        const account = yield* connect()
        const [id] = yield* sends(account, "gone")
        assert(id !== undefined)
        yield* drain
        const files = yield* MessageFiles
        const other = as(yield* Id.next(OrganizationId))
        const tried = Effect.all([
          Effect.flip(files.get(id)),
          Effect.flip(files.content(id)),
          Effect.flip(files.retry(id)),
          Effect.flip(files.link(id, { expiresIn: 60_000 }))
        ])
        for (const { _tag } of yield* other(tried)) assert.strictEqual(_tag, "NotFound")
        const reader = as(account.organizationId, yield* Id.next(UserId))
        assert.strictEqual((yield* files.get(id).pipe(reader)).state, "failed")
        assert.strictEqual((yield* Effect.flip(files.retry(id).pipe(reader)))._tag, "Forbidden")
      }))

    it.effect("that come late, break off or fall silent are fetched again", () =>
      Effect.gen(function*() {
        const account = yield* connect()
        const ids = yield* sends(account, "second-time", "breaks", "silent", "bug", "later")
        yield* drain
        const codes = yield* Effect.forEach(ids, (id) => Effect.map(stateOf(account, id), (one) => one.failure?.code))
        assert.deepStrictEqual(codes, ["busy", "broken", "silent", "adapter", "busy"])
        for (const id of ids) {
          const one = yield* stateOf(account, id)
          assert.strictEqual(one.state, "waiting")
          assert.isNotNull(one.nextAttemptAt)
        }
        yield* makeDue
        yield* drain
        const [first, second, ...others] = yield* Effect.forEach(ids, (id) => stateOf(account, id))
        assert.deepInclude({ ...first }, { state: "stored", name: "foto keluarga.png", failure: null, attempts: 2 })
        assert.strictEqual(second?.state, "stored")
        for (const one of others) assert.deepInclude({ ...one }, { state: "waiting", attempts: 2 })
        const usage = yield* Files.use((files) => files.usage).pipe(as(account.organizationId))
        assert.strictEqual(usage.files, 2)
        assert.strictEqual(usage.bytes, 2 * picture.length)
      }))

    it.effect("that can't be had say why, once, and are fetched again when somebody asks", () =>
      Effect.gen(function*() {
        const account = yield* connect()
        const ids = yield* sends(account, "gone", "large", "program", "empty", "account")
        yield* drain
        const states = yield* Effect.forEach(ids, (id) => stateOf(account, id))
        assert.deepStrictEqual(states.map(({ failure, state }) => [state, failure?.code]), [
          ["failed", "gone"],
          ["failed", "too_large"],
          ["failed", "type_refused"],
          ["failed", "empty"],
          ["waiting", "account"]
        ])
        const failures = (yield* events("conversation.message.file_failed")).filter(({ messageId }) =>
          ids.some((id) => id === messageId)
        )
        assert.lengthOf(failures, 4)
        const again = yield* MessageFiles.use((files) => files.retry(ids[0]!)).pipe(as(account.organizationId))
        assert.strictEqual(again.state, "waiting")
        yield* drain
        assert.strictEqual((yield* stateOf(account, ids[0]!)).state, "failed")
      }))

    it.effect("of an account whose provider hangs do not hold up those of others", () =>
      Effect.gen(function*() {
        const stuck = yield* connect()
        const well = yield* connect()
        yield* sends(stuck, "hang:1", "hang:2", "hang:3", "hang:4", "hang:5", "hang:6", "hang:7")
        const running = yield* Effect.forkChild(MediaFetcher.use((fetcher) => fetcher.run))
        const ids = yield* sends(well, "picture", "picture", "picture", "picture", "picture")
        yield* Effect.forEach(ids, (id) => stateOf(well, id)).pipe(
          Effect.delay("20 millis"),
          Effect.repeat({ until: (all) => all.every(({ state }) => state === "stored") }),
          Effect.timeout("20 seconds")
        )
        yield* Fiber.interrupt(running)
        // What was in flight is due again at once, and the attempt did not count.
        const sql = yield* SqlClient.SqlClient
        const [{ leased } = { leased: 1 }] = yield* sql<{ readonly leased: unknown }>`SELECT COUNT(*) AS leased
          FROM media_files WHERE lease_id IS NOT NULL`
        assert.strictEqual(Number(leased), 0)
        yield* sql`DELETE FROM media_files WHERE channel_account_id = ${Id.toBytes(stuck.channelAccountId)}`
      }))

    it.effect("are stored once, whatever processes fetch them, and whichever of them is taken for dead", () =>
      Effect.gen(function*() {
        const account = yield* connect()
        const fetcherOf = Effect.gen(function*() {
          const runner = yield* Id.next(RunnerId)
          const context = yield* Layer.build(
            Layer.fresh(MediaFetcher.layer({ concurrency: 6, idleTimeout: "300 millis" })).pipe(
              Layer.provide(Layer.succeed(CurrentRunner, runner))
            )
          )
          return { runner, fetcher: Context.get(context, MediaFetcher) }
        })
        const one = yield* fetcherOf
        const other = yield* fetcherOf
        const [slow] = yield* sends(account, `gated-once:${database.name}`)
        assert(slow !== undefined)
        const hanging = yield* Effect.forkChild(one.fetcher.drain)
        const leased = Effect.flatMap(
          SqlClient.SqlClient,
          (sql) => sql`SELECT 1 FROM media_files WHERE message_id = ${Id.toBytes(slow)} AND lease_id IS NOT NULL`
        )
        yield* leased.pipe(Effect.delay("10 millis"), Effect.repeat({ until: (rows) => rows.length > 0 }))
        yield* other.fetcher.drain
        assert.strictEqual((yield* stateOf(account, slow)).state, "waiting")
        yield* other.fetcher.releaseLeases(one.runner)
        yield* other.fetcher.drain
        const stored = yield* stateOf(account, slow)
        assert.strictEqual(stored.state, "stored")
        // The first one was only slow: what it has now is nobody's, and expires.
        yield* Deferred.succeed(gate(database.name), undefined)
        yield* Fiber.join(hanging)
        assert.strictEqual((yield* stateOf(account, slow)).fileId, stored.fileId)
        const { data } = yield* Files.use((files) => files.list({})).pipe(as(account.organizationId))
        assert.deepStrictEqual(
          data.filter(({ id }) => id !== stored.fileId).map(({ expiresAt }) => expiresAt === null),
          [
            false
          ]
        )
        const told = (yield* events("conversation.message.file_stored")).filter(({ messageId }) => messageId === slow)
        assert.lengthOf(told, 1)

        const crowd = yield* connect()
        const ids = yield* sends(crowd, "picture", "picture", "picture", "picture", "picture", "picture", "picture")
        yield* Effect.all([one.fetcher.drain, other.fetcher.drain, drain], { concurrency: "unbounded" })
        for (const id of ids) assert.strictEqual((yield* stateOf(crowd, id)).state, "stored")
        const usage = yield* Files.use((files) => files.usage).pipe(as(crowd.organizationId))
        assert.strictEqual(usage.files, ids.length)
        assert.strictEqual(
          yield* MessageFiles.use((files) =>
            Effect.gen(function*() {
              const { conversationId } = yield* files.get(ids[0]!)
              const first = yield* files.list(conversationId, { limit: 4 })
              const rest = yield* files.list(conversationId, { limit: 4, cursor: first.nextCursor ?? "" })
              return new Set([...first.data, ...rest.data].map(({ messageId }) => messageId)).size
            })
          ).pipe(as(crowd.organizationId)),
          ids.length
        )
      }).pipe(Effect.scoped))
  })

  layer(support.layer(database.layer, [support.provider(plan)], { keepTrying: 0 }), { excludeTestServices: true })(
    (it) => {
      it.effect("are given up when they were tried for too long", () =>
        Effect.gen(function*() {
          const account = yield* connect()
          const [id] = yield* sends(account, "later")
          yield* drain
          assert.deepInclude({ ...(yield* stateOf(account, id!)) }, { state: "failed" })
          assert.strictEqual((yield* stateOf(account, id!)).failure?.code, "given_up")
        }))
    }
  )

  layer(
    Layer.merge(
      support.layer(database.layer, [WhatsAppCloud.make({ timeout: "5 seconds" })]),
      WhatsAppCloudEmulator.layer({ seed: "media" })
    ),
    { excludeTestServices: true }
  )((it) => {
    it.effect("come from a webhook of WhatsApp Cloud to the store", () =>
      Effect.gen(function*() {
        const emulator = yield* WhatsAppCloudEmulator
        const accounts = yield* ChannelAccounts
        const organizationId = yield* Id.next(OrganizationId)
        const { id } = yield* accounts.create({
          channel: "whatsapp_cloud",
          name: "Cloud",
          settings: { phoneNumberId: "1001", businessAccountId: "2002", graphBaseUrl: emulator.url },
          secrets: { accessToken: "an access token", appSecret: "an app secret", verifyToken: "a verify token" }
        }).pipe(as(organizationId))
        const context = yield* Effect.context<ChannelAccounts | InboundEvents>()
        const { url } = yield* Emulator.serve(InboundHttp.layer.pipe(Layer.provide(Layer.succeedContext(context))))
        yield* emulator.setAccount("1001", {
          businessAccountId: "2002",
          displayPhoneNumber: "62215550100",
          accessToken: "an access token",
          appSecret: "an app secret",
          verifyToken: "a verify token",
          webhookUrl: `${url}/v1/inbound/${id}`
        })
        yield* emulator.customerWrites({
          account: "1001",
          from: { phone: "6281234500001", name: "Sari" },
          content: {
            type: "image",
            data: Buffer.from(picture).toString("base64"),
            mimeType: "image/png",
            caption: "ini"
          }
        })
        yield* emulator.idle
        yield* InboundProcessor.use((processor) => processor.drain)
        yield* EventConsumers.use((consumers) => consumers.settled)
        yield* drain
        const found = yield* Effect.gen(function*() {
          const [conversation] = (yield* Conversations.use((conversations) => conversations.list({}))).data
          const [message] = (yield* Messages.use((messages) => messages.list(conversation!.id, {}))).data
          return yield* MessageFiles.use((files) => files.content(message!.id))
        }).pipe(as(organizationId))
        assert.isTrue((yield* read(found.read())).equals(picture))
        assert.strictEqual(found.file.contentType, "image/png")
      }).pipe(Effect.scoped))
  })
})
