import { NodeHttpClient } from "@effect/platform-node"
import { Context, Effect, Layer, Option, Schema } from "effect"
import type { LanguageModel } from "effect/ai"
import type { SqlClient } from "effect/sql"
import { AiProviderRegistry } from "@wicara/ai-providers/AiProviderAdapter"
import { AiProviders } from "@wicara/ai-providers/AiProviders"
import { module as aiModule } from "@wicara/ai-providers/module"
import { migrations as aiMigrations } from "@wicara/ai-providers/sql/migrations"
import * as TextAnalysis from "@wicara/ai-providers/TextAnalysis"
import { Answering } from "@wicara/bots/Answering"
import * as BotConsumers from "@wicara/bots/BotConsumers"
import { BotPresence } from "@wicara/bots/BotPresence"
import type { BotPresenceOptions } from "@wicara/bots/BotPresence"
import { Bots } from "@wicara/bots/Bots"
import { BotTurns } from "@wicara/bots/BotTurns"
import { BotWorker } from "@wicara/bots/BotWorker"
import type { BotWorkerOptions } from "@wicara/bots/BotWorker"
import type { CreateBot, PartialBotSettings } from "@wicara/bots/Bot"
import { Retrieval } from "@wicara/bots/Retrieval"
import type { RetrievalQuery } from "@wicara/bots/Retrieval"
import { migrations } from "@wicara/bots/sql/migrations"
import { TurnLog } from "@wicara/bots/TurnLog"
import { ChannelAccounts } from "@wicara/channels/ChannelAccounts"
import * as ChannelAdapter from "@wicara/channels/ChannelAdapter"
import { ChannelRegistry } from "@wicara/channels/ChannelRegistry"
import { InboundEvent } from "@wicara/channels/InboundEvent"
import { InboundEvents } from "@wicara/channels/InboundEvents"
import type { MessageContent } from "@wicara/channels/MessageContent"
import { toText } from "@wicara/channels/MessageContent"
import { migrations as channelMigrations } from "@wicara/channels/sql/migrations"
import { Contacts } from "@wicara/contacts/Contacts"
import { migrations as contactMigrations } from "@wicara/contacts/sql/migrations"
import { Assignees } from "@wicara/conversations/Assignees"
import { Conversations } from "@wicara/conversations/Conversations"
import { InboundProcessor } from "@wicara/conversations/InboundProcessor"
import { MessageReadings } from "@wicara/conversations/MessageReadings"
import type { MessageReading } from "@wicara/conversations/MessageReadings"
import { Messages } from "@wicara/conversations/Messages"
import { migrations as conversationMigrations } from "@wicara/conversations/sql/migrations"
import { Audit } from "@wicara/core/Audit"
import { module as coreModule } from "@wicara/core/CoreModule"
import { EventConsumers } from "@wicara/core/EventConsumers"
import { EventLog } from "@wicara/core/EventLog"
import { Events } from "@wicara/core/Events"
import * as Id from "@wicara/core/Id"
import { MasterKeys } from "@wicara/core/MasterKeys"
import * as OutboundAddresses from "@wicara/core/OutboundAddresses"
import * as Migrations from "@wicara/core/Migrations"
import { MessageTexts } from "@wicara/core/MessageTexts"
import { ModuleRegistry } from "@wicara/core/Module"
import { Modules } from "@wicara/core/Modules"
import type { OrganizationStatus } from "@wicara/core/Organization"
import { Secrets } from "@wicara/core/Secrets"
import { Signals } from "@wicara/core/Signals"
import { Standing } from "@wicara/core/Standing"
import { migrations as coreMigrations } from "@wicara/core/sql/migrations"
import { CurrentActor, CurrentOrganization, OrganizationId, systemActor, UserId } from "@wicara/core/Tenancy"
import * as SupportKnowledge from "@wicara/testing/SupportKnowledge"

/** What the bots read, and what happens while they do. */
export class Library extends Context.Service<Library, {
  readonly asked: Array<RetrievalQuery & { readonly organizationId: OrganizationId }>
  /** Runs before a search answers. */
  during: (query: RetrievalQuery) => Effect.Effect<void>
  /** Entries of an organization instead of the support knowledge. */
  readonly own: Map<OrganizationId, ReadonlyArray<SupportKnowledge.SupportEntry>>
  /** Reads receipts and typing that the channel was told. */
  readonly shown: Array<string>
  /** Runs before the channel has shown it. */
  showing: Effect.Effect<void>
  /** Texts of files, by the provider's id of their message. */
  readonly readings: Map<string, MessageReading>
}>()("test/Library") {
  static readonly layer = Layer.sync(
    Library,
    () => ({
      asked: [],
      during: () => Effect.void,
      own: new Map(),
      shown: [],
      showing: Effect.void,
      readings: new Map()
    })
  )
}

const retrieval = Layer.effect(
  Retrieval,
  Effect.map(Library, (library) =>
    Retrieval.of({
      search: (query) =>
        Effect.gen(function*() {
          const organization = yield* CurrentOrganization
          library.asked.push({ ...query, organizationId: organization.id })
          yield* library.during(query)
          const language = query.language === "id" ? "id" : "en"
          const terms = TextAnalysis.terms(query.text, language)
          return (library.own.get(organization.id) ?? SupportKnowledge.entries).filter((entry) =>
            entry.language === language
          )
            .map((entry) => {
              const index = TextAnalysis.index([entry.title, ...entry.questions, entry.text].join(" "), language)
              return {
                entry,
                score: terms.reduce(
                  (sum, term) => sum + term.weight * TextAnalysis.containment(term, language, index),
                  0
                )
              }
            })
            .filter(({ score }) => score > 0)
            .sort((a, b) => b.score - a.score)
            .slice(0, query.limit)
            .map(({ entry, score }) => ({
              kind: "knowledge" as const,
              itemId: entry.id,
              chunkId: `${entry.id}-0`,
              version: 2,
              hash: "abc",
              title: entry.title,
              text: entry.text,
              questions: entry.questions,
              language: entry.language,
              score
            }))
        })
    }))
)

const readings: Layer.Layer<never, never, Library> = Layer.effect(
  MessageReadings,
  Effect.map(Library, (library) => ({
    of: (messages) =>
      Effect.sync(() =>
        new Map(messages.flatMap(({ id, providerMessageId }) => {
          const reading = library.readings.get(providerMessageId ?? "")
          return reading === undefined ? [] : [[id, reading] as const]
        }))
      )
  }))
)

const Body = Schema.fromJsonString(Schema.Array(InboundEvent))

const registry = Layer.unwrap(Effect.map(Library, (library) =>
  ChannelRegistry.layer([ChannelAdapter.make({
    id: "test",
    name: "Test",
    capabilities: {
      content: new Set(["text"] as const),
      maxTextLength: 4096,
      maxButtons: 0,
      maxListRows: 0,
      readReceipts: true,
      typing: true,
      reactions: false,
      statuses: false,
      serviceWindowHours: 24,
      reconcile: "none",
      messagesPerSecond: 1000
    },
    settings: Schema.Struct({}),
    secrets: Schema.Struct({}),
    verify: () => Effect.void,
    identify: () => Effect.fail(new ChannelAdapter.MalformedInbound({ reason: "not used" })),
    decode: (body) => Effect.orDie(Schema.decodeUnknownEffect(Body)(new TextDecoder().decode(body))),
    send: () => Effect.succeed({ _tag: "Accepted", providerMessageId: null }),
    markRead: ({ providerMessageId, typing }) =>
      Effect.suspend(() => {
        library.shown.push(`${providerMessageId}${typing ? " typing" : ""}`)
        return library.showing
      }),
    typing: ({ on }) => Effect.sync(() => library.shown.push(on ? "typing" : "not typing")),
    test: () => Effect.succeed({ status: "ok", message: "" })
  })])))

/** The states of organizations; those that are not here are active. */
export const statuses = new Map<OrganizationId, OrganizationStatus>()
const standing = Layer.succeed(Standing, {
  of: (organizationId) => Effect.sync(() => statuses.get(organizationId) ?? "active")
})

/** Organizations that don't use bots. */
export const withoutBots = new Set<OrganizationId>()
const switches = Layer.effect(
  Modules,
  Effect.map(Modules, (all) => ({
    ...all,
    isEnabled: (organizationId: OrganizationId) => Effect.sync(() => !withoutBots.has(organizationId))
  }))
).pipe(Layer.provide(Modules.layerAll))

/** Everything a bot stands on; the worker runs when a test says so. */
export const layer = <E, R>(
  database: Layer.Layer<SqlClient.SqlClient, E, R>,
  options: {
    readonly worker?: BotWorkerOptions
    readonly presence?: BotPresenceOptions
    readonly models?: Layer.Layer<LanguageModel.LanguageModel>
  } = {}
) =>
  Layer.mergeAll(BotWorker.layer(options.worker), BotConsumers.layer).pipe(
    Layer.provideMerge(BotPresence.layer(options.presence)),
    Layer.provideMerge(switches),
    Layer.provideMerge(Bots.layerSql),
    Layer.provideMerge(Answering.layer),
    Layer.provideMerge(Layer.mergeAll(BotTurns.layerSql, TurnLog.layerSql, retrieval)),
    Layer.provideMerge(AiProviders.layerSql),
    Layer.provideMerge(AiProviderRegistry.layer()),
    Layer.provideMerge(Layer.mergeAll(Conversations.layerSql, Messages.layerSql, InboundProcessor.layer())),
    Layer.provideMerge(Layer.mergeAll(
      Contacts.layerSql,
      ChannelAccounts.layerSql,
      InboundEvents.layerSql,
      Layer.succeed(Assignees, { includes: () => Effect.succeed(true), hasTeam: () => Effect.succeed(true) })
    )),
    Layer.provideMerge(Layer.merge(registry, readings)),
    Layer.provideMerge(standing),
    Layer.provideMerge(Library.layer),
    Layer.provideMerge(EventConsumers.layerSql),
    Layer.provideMerge(EventLog.layerSql),
    Layer.provideMerge(
      MessageTexts.layerSql.pipe(Layer.provide(ModuleRegistry.layer([coreModule, aiModule])), Layer.orDie)
    ),
    Layer.provideMerge(Layer.mergeAll(Secrets.layerSql, Events.layerSql, Audit.layerSql)),
    Layer.provideMerge(Layer.mergeAll(MasterKeys.layerTest, NodeHttpClient.layerUndici, OutboundAddresses.layerAll)),
    Layer.provideMerge(Layer.effectDiscard(Effect.orDie(
      Migrations.run([
        coreMigrations,
        channelMigrations,
        contactMigrations,
        conversationMigrations,
        aiMigrations,
        migrations
      ])
    ))),
    Layer.provideMerge(database),
    Layer.provideMerge(Signals.layer)
  )

export const agent = UserId.make("0197c6a2-5f0e-7c3d-9b61-3f1f0a2f4b10")

export const as = (organizationId: OrganizationId, userId?: UserId) => <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  effect.pipe(
    Effect.provideService(CurrentOrganization, { id: organizationId }),
    Effect.provideService(
      CurrentActor,
      userId === undefined ? systemActor("test") : { actor: { _tag: "User", id: userId }, permissions: new Set(["*"]) }
    )
  )

/** Answers at once and tries again at once. */
export const quick: PartialBotSettings = { burstWindow: 0, burstMaximum: 0 }

/** An organization with one account and one bot. */
export const setUp = Effect.fnUntraced(function*(bot: Partial<CreateBot> = {}) {
  const accounts = yield* ChannelAccounts
  const bots = yield* Bots
  const organizationId = yield* Id.next(OrganizationId)
  return yield* Effect.gen(function*() {
    const account = yield* accounts.create({ channel: "test", name: "Test", settings: {}, secrets: {} })
    const created = yield* bots.create({
      persona: { name: "Lina", languages: ["en", "id"] },
      ...bot,
      settings: { ...quick, ...bot.settings }
    })
    return { organizationId, channelAccountId: account.id, botId: created.id }
  }).pipe(as(organizationId))
})
export type Setup = Effect.Success<ReturnType<typeof setUp>>

let delivery = 0
let messageNumber = 0

export interface Said {
  readonly from?: string
  readonly at?: number
  readonly id?: string
}

export const received = (said: string | MessageContent, options: Said = {}): InboundEvent => {
  const from = { kind: "phone" as const, value: options.from ?? "628111" }
  return {
    _tag: "MessageReceived",
    raw: {},
    providerMessageId: options.id ?? `m${++messageNumber}`,
    chat: from,
    sender: { identities: [from], displayName: "Sari" },
    content: typeof said === "string" ? { type: "text", text: said } : said,
    ...(options.at === undefined ? {} : { timestamp: options.at })
  }
}

/** Stores webhooks and works them off, until their turns are scheduled. */
export const happen = Effect.fnUntraced(function*(setup: Setup, ...events: ReadonlyArray<InboundEvent>) {
  const inbound = yield* InboundEvents
  for (const event of events) {
    yield* inbound.ingest({
      organizationId: setup.organizationId,
      channelAccountId: setup.channelAccountId,
      dedupeKey: `d${++delivery}`,
      body: new TextEncoder().encode(Schema.encodeSync(Body)([event]))
    })
  }
  yield* Effect.flatMap(InboundProcessor, (processor) => processor.drain)
  yield* Effect.flatMap(EventConsumers, (consumers) => consumers.settled)
})

/** The customer writes, and the bot's turns that are due are worked off. */
export const say = Effect.fnUntraced(function*(setup: Setup, text: string | MessageContent, options: Said = {}) {
  yield* happen(setup, received(text, options))
  yield* answer
})

export const answer = Effect.flatMap(BotWorker, (worker) => worker.drain)

export const conversationsOf = Effect.fnUntraced(function*(setup: Setup) {
  const conversations = yield* Conversations
  return (yield* conversations.list({ limit: 200 }).pipe(as(setup.organizationId))).data
})

export const theConversation = Effect.fnUntraced(function*(setup: Setup) {
  const all = yield* conversationsOf(setup)
  const [first] = all
  if (first === undefined || all.length !== 1) {
    return yield* Effect.die(`expected one conversation, found ${all.length}`)
  }
  return first
})

/** What the business said in the organization's only conversation, oldest first. */
export const repliesOf = Effect.fnUntraced(function*(setup: Setup) {
  const messages = yield* Messages
  const conversation = yield* theConversation(setup)
  const page = yield* messages.list(conversation.id, { limit: 200 }).pipe(as(setup.organizationId))
  return page.data.toReversed().filter((message) => message.direction === "outbound").map((message) =>
    toText(message.content)
  )
})

/** The log, oldest first. */
export const turnsOf = Effect.fnUntraced(function*(setup: Setup) {
  const log = yield* TurnLog
  return (yield* log.list({ limit: 200 }).pipe(as(setup.organizationId))).data.toReversed()
})

export const lastTurn = Effect.fnUntraced(function*(setup: Setup) {
  const turns = yield* turnsOf(setup)
  return Option.getOrThrow(Option.fromUndefinedOr(turns[turns.length - 1]))
})
