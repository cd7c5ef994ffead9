import { describe, it } from "@effect/vitest"
import { Array as Arr, Effect, Fiber, Layer, Option, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { FetchHttpClient } from "effect/http"
import * as ChannelAdapter from "@wicara/channels/ChannelAdapter"
import { ChannelRegistry } from "@wicara/channels/ChannelRegistry"
import { InboundEvent } from "@wicara/channels/InboundEvent"
import { ConversationId } from "@wicara/conversations/Conversation"
import { MessageId } from "@wicara/conversations/Message"
import { Messages } from "@wicara/conversations/Messages"
import { OutboxSender } from "@wicara/conversations/OutboxSender"
import * as Id from "@wicara/core/Id"
import { CurrentRunner, RunnerId } from "@wicara/core/Runners"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import * as BroadcastScenarios from "@wicara/testing/testkit/complaints/BroadcastScenarios"
import { as, connect, count, deliver, layer, phone, process, textOnly, theConversation, wrote } from "./support.ts"

const Body = Schema.fromJsonString(Schema.Array(InboundEvent))

/** The scenarios' provider as a channel that sends so many a second, and asks about what it does not know. */
const adapterOf = (provider: BroadcastScenarios.Provider, messagesPerSecond: number) =>
  ChannelAdapter.make({
    id: "broadcast",
    name: "broadcast",
    capabilities: { ...textOnly, statuses: false, reconcile: "message_id", messagesPerSecond },
    settings: Schema.Struct({}),
    secrets: Schema.Struct({}),
    verify: () => Effect.void,
    identify: () => Effect.fail(new ChannelAdapter.MalformedInbound({ reason: "not used" })),
    decode: (body) => Effect.orDie(Schema.decodeUnknownEffect(Body)(new TextDecoder().decode(body))),
    reserveMessageId: ({ id }) => Effect.succeed(Option.some(id)),
    send: ({ id, to }) =>
      Effect.map(provider.send(to.value, id), (answer): ChannelAdapter.SendOutcome =>
        answer._tag === "Taken"
          ? { _tag: "Accepted", providerMessageId: id }
          : {
            _tag: "Retryable",
            code: answer.code,
            reason: "Too many.",
            retryAfter: answer.retryAfter,
            ...(answer.code === "429" ? { limit: "account" } : {})
          }),
    reconcile: ({ id }) =>
      Effect.map(provider.has(id), (has): ChannelAdapter.ReconcileResult =>
        has ? { _tag: "Found", providerMessageId: id } : { _tag: "Absent" }),
    test: () =>
      Effect.succeed({ status: "ok", message: "" })
  })

/** This package as what sends: each process with a runner's id of its own, on one database. */
const desk = Effect.fnUntraced(function*(provider: BroadcastScenarios.Provider, database: TestDatabase.TestDatabase) {
  const services = yield* Layer.build(layer(
    database.layer,
    {},
    ChannelRegistry.layer([adapterOf(provider, 400)]),
    FetchHttpClient.layer
  ))
  const run = <A, E, R extends Layer.Success<ReturnType<typeof layer>>>(effect: Effect.Effect<A, E, R>) =>
    Effect.orDie(Effect.provideContext(effect, services))
  return {
    queue: (recipients) =>
      run(Effect.gen(function*() {
        const account = yield* connect("broadcast")
        // One is written down as any is; the others are rows like it, at once.
        yield* deliver(account, [wrote("m0", "Hello", { from: phone(recipients[0]!) })])
        yield* process
        const { id } = yield* theConversation(account.organizationId)
        yield* Messages.use((messages) =>
          messages.send({ conversationId: id, content: { type: "text", text: "News" }, purpose: "marketing" })
        ).pipe(as(account.organizationId))
        const sql = yield* SqlClient.SqlClient
        const row = (table: string) =>
          Effect.map(
            sql<Record<string, unknown>>`SELECT * FROM ${sql(table)} ORDER BY ${sql("organization_id")} LIMIT 1`,
            ([first]) => first!
          )
        const conversation = yield* row("conversations_conversations")
        const outbox = yield* row("conversations_outbox")
        const [message] = yield* sql<Record<string, unknown>>`SELECT * FROM conversations_messages
          WHERE direction = 'outbound'`
        for (const some of Arr.chunksOf(recipients.slice(1), 200)) {
          const ids = yield* Effect.forEach(some, (to) =>
            Effect.map(
              Effect.all([Id.next(ConversationId), Id.next(MessageId)]),
              ([one, other]) => ({ to, conversation_id: Id.toBytes(one), message_id: Id.toBytes(other) })
            ))
          const insert = (table: string, rows: ReadonlyArray<Record<string, unknown>>) =>
            sql`INSERT INTO ${sql(table)} ${sql.insert(rows as never)}`.unprepared
          yield* insert(
            "conversations_conversations",
            ids.map(({ conversation_id: id, to }) => ({ ...conversation, id, chat_value: to }))
          )
          yield* insert(
            "conversations_messages",
            ids.map(({ conversation_id, message_id: id }) => ({ ...message, conversation_id, id }))
          )
          yield* insert(
            "conversations_outbox",
            ids.map(({ conversation_id, message_id }) => ({ ...outbox, conversation_id, message_id }))
          )
        }
      })),
    start: run(Effect.gen(function*() {
      const runner = yield* Id.next(RunnerId)
      const sender = yield* Effect.provide(OutboxSender, Layer.fresh(OutboxSender.layer({ stopTimeout: "1 millis" })))
        .pipe(
          Effect.provideService(CurrentRunner, runner)
        )
      const running = yield* Effect.forkDetach(sender.run)
      // What it holds is free as soon as others notice that it is gone.
      return run(Effect.andThen(Fiber.interrupt(running), sender.releaseLeases(runner)))
    })),
    waiting: run(count("conversations_outbox"))
  } satisfies BroadcastScenarios.Desk
})

describe.each(TestDatabase.all)("broadcasts on $name", (database) => {
  it.live.each(BroadcastScenarios.all.map((one) => [`${one.complaint}: ${one.title}`, one] as const))(
    "stand complaint %s",
    ([, { play }]) => play((provider) => desk(provider, database)).pipe(Effect.scoped),
    300_000
  )
})
