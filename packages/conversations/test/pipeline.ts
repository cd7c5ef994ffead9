/** This package as a pipeline of the channel scenarios: an account, its conversations and its sender, on a database. */
import { DateTime, Effect, Layer, Result, Schema } from "effect"
import { HttpClient } from "effect/http"
import type { SqlClient } from "effect/sql"
import { ChannelAccounts } from "@wicara/channels/ChannelAccounts"
import { ChannelRegistry } from "@wicara/channels/ChannelRegistry"
import { InboundEvents } from "@wicara/channels/InboundEvents"
import * as MessageContent from "@wicara/channels/MessageContent"
import { Conversations } from "@wicara/conversations/Conversations"
import { HistoryChecks } from "@wicara/conversations/HistoryChecks"
import { Messages } from "@wicara/conversations/Messages"
import * as Id from "@wicara/core/Id"
import { OrganizationId, UserId } from "@wicara/core/Tenancy"
import type { Line, MakePipeline } from "@wicara/testing/testkit/channel/ChannelPipeline"
import { as, layer, process, sendAll } from "./support.ts"

const toObject = Schema.decodeUnknownSync(Schema.JsonObject)

export const pipeline = <E>(database: Layer.Layer<SqlClient.SqlClient, E>): MakePipeline =>
  Effect.fnUntraced(function*(adapter, account) {
    const client = yield* HttpClient.HttpClient
    const services = yield* Effect.orDie(Layer.build(layer(
      database,
      {},
      ChannelRegistry.layer([adapter]),
      Layer.succeed(HttpClient.HttpClient, client)
    )))
    const run = <A, E2, R extends Layer.Success<ReturnType<typeof layer>>>(effect: Effect.Effect<A, E2, R>) =>
      Effect.provideContext(effect, services)
    const organizationId = yield* Id.next(OrganizationId)
    const person = yield* Id.next(UserId)
    const encoded = (schema: typeof adapter.settings, value: unknown) =>
      toObject(Schema.encodeUnknownSync(Schema.toCodecJson(schema))(value))
    const connected = yield* run(
      Effect.flatMap(ChannelAccounts, (accounts) =>
        accounts.create({
          channel: adapter.id,
          name: adapter.name,
          settings: encoded(adapter.settings, account.settings),
          secrets: encoded(adapter.secrets, account.secrets)
        })).pipe(as(organizationId), Effect.orDie)
    )

    const all = run(
      Effect.flatMap(Conversations, (conversations) => conversations.list({ limit: 200 })).pipe(
        as(organizationId),
        Effect.map(({ data }) => data),
        Effect.orDie
      )
    )

    return {
      receive: (request) =>
        run(Effect.gen(function*() {
          const resolved = yield* Effect.flatMap(ChannelAccounts, (accounts) => accounts.lookup(connected.id))
          yield* adapter.verify(request, resolved.account)
          const { dedupeKey } = yield* adapter.identify(request)
          const inbound = yield* InboundEvents
          yield* inbound.ingest({
            organizationId,
            channelAccountId: connected.id,
            dedupeKey,
            body: request.body
          })
        })).pipe(Effect.result, Effect.map(Result.isSuccess)),
      reconnected: run(
        Effect.flatMap(HistoryChecks, (checks) => checks.check(connected.id)).pipe(
          Effect.provide(HistoryChecks.layerSql),
          as(organizationId),
          Effect.orDie,
          Effect.asVoid
        )
      ),
      work: run(Effect.andThen(process, sendAll)),
      answer: (words, { by, purpose } = {}) =>
        Effect.gen(function*() {
          const [conversation] = yield* all
          if (conversation === undefined) return false
          const said = {
            conversationId: conversation.id,
            content: { type: "text", text: words } as const,
            ...(purpose === undefined ? {} : { purpose })
          }
          const messages = yield* run(Messages)
          const stored = by === "bot"
            ? messages.sendAsBot({ ...said, epoch: conversation.epoch, idempotencyKey: words }).pipe(
              as(organizationId),
              Effect.isSuccess
            )
            : messages.send(said).pipe(as(organizationId, person), Effect.isSuccess)
          return yield* stored
        }),
      conversations: Effect.flatMap(
        all,
        (found) =>
          Effect.forEach(found, ({ id }) =>
            run(
              Effect.flatMap(Messages, (messages) => messages.list(id, { limit: 200 })).pipe(
                as(organizationId),
                Effect.orDie,
                Effect.map(({ data }) =>
                  [...data].reverse().map((message): Line => ({
                    from: message.direction === "inbound" ? "customer" : "business",
                    words: MessageContent.toText(message.content),
                    at: DateTime.toEpochMillis(message.sentAt),
                    status: message.status,
                    code: message.error?.code ?? null,
                    stalled: message.stalledAt !== null
                  }))
                )
              )
            ))
      ),
      health: run(
        Effect.flatMap(ChannelAccounts, (accounts) => accounts.test(connected.id)).pipe(
          as(organizationId),
          Effect.map(({ status }) => status),
          Effect.orDie
        )
      )
    }
  })
