import { Context, Effect, Fiber, Layer, Option, Schema } from "effect"
import { FetchHttpClient } from "effect/http"
import type { HttpClient } from "effect/http"
import { SqlClient, SqlError, Statement } from "effect/sql"
import { TestClock } from "effect/testing"
import type { Address, Identity } from "@wicara/channels/Address"
import { ChannelAccounts } from "@wicara/channels/ChannelAccounts"
import * as ChannelAdapter from "@wicara/channels/ChannelAdapter"
import type { ChannelAccountId, HeldReason, OutboundMessage, SendOutcome } from "@wicara/channels/ChannelAdapter"
import { ChannelRegistry } from "@wicara/channels/ChannelRegistry"
import { InboundEvent } from "@wicara/channels/InboundEvent"
import type { AskedProduct } from "@wicara/channels/InboundEvent"
import { InboundEvents } from "@wicara/channels/InboundEvents"
import type { MessageAction, MessageTarget } from "@wicara/channels/MessageAction"
import type { MessageContent, OutboundContent } from "@wicara/channels/MessageContent"
import { migrations as channelMigrations } from "@wicara/channels/sql/migrations"
import { Contacts } from "@wicara/contacts/Contacts"
import { migrations as contactMigrations } from "@wicara/contacts/sql/migrations"
import { Assignees } from "@wicara/conversations/Assignees"
import { MessageActions } from "@wicara/conversations/MessageActions"
import { MessageResends } from "@wicara/conversations/MessageResends"
import { CustomerPresences } from "@wicara/conversations/CustomerPresences"
import { Feedbacks } from "@wicara/conversations/Feedbacks"
import { Conversations } from "@wicara/conversations/Conversations"
import { InboundProcessor } from "@wicara/conversations/InboundProcessor"
import { Messages } from "@wicara/conversations/Messages"
import { OutboxSender } from "@wicara/conversations/OutboxSender"
import type { OutboxSenderOptions } from "@wicara/conversations/OutboxSender"
import { migrations } from "@wicara/conversations/sql/migrations"
import { Audit } from "@wicara/core/Audit"
import { Events } from "@wicara/core/Events"
import * as Id from "@wicara/core/Id"
import { MasterKeys } from "@wicara/core/MasterKeys"
import * as Migrations from "@wicara/core/Migrations"
import type { OrganizationStatus } from "@wicara/core/Organization"
import { Secrets } from "@wicara/core/Secrets"
import { Signals } from "@wicara/core/Signals"
import { Standing } from "@wicara/core/Standing"
import { migrations as coreMigrations } from "@wicara/core/sql/migrations"
import { CurrentActor, CurrentOrganization, OrganizationId, systemActor, UserId } from "@wicara/core/Tenancy"

/** What a channel of texts can do, and nothing else. */
export const textOnly: ChannelAdapter.ChannelCapabilities = {
  content: new Set(["text"] as const),
  maxTextLength: 100,
  maxButtons: 0,
  maxListRows: 0,
  readReceipts: false,
  typing: false,
  reactions: false,
  statuses: true,
  serviceWindowHours: null,
  reconcile: "none",
  messagesPerSecond: 1000
}

/** How a send goes: before or after the provider took the message, and what the caller hears. */
export type Plan =
  | "accept"
  | "accept-without-id"
  | "lose-answer"
  | "lose-request"
  | "hang"
  | "die-after"
  | { readonly reject: string }
  | { readonly hold: HeldReason }
  | { readonly refuse: string }
  | { readonly retry: number }

export interface LedgerEntry {
  readonly messageId: string
  readonly providerMessageId: string
  readonly account: ChannelAccountId
  readonly to: Address
  readonly content: OutboundContent
}

/** What a provider took, and how it is told to behave. */
export class Provider extends Context.Service<Provider, {
  readonly ledger: Array<LedgerEntry>
  /** Every time `send` was called. */
  readonly calls: Array<OutboundMessage>
  plan: (message: OutboundMessage, call: number, account: ChannelAccountId) => Plan
  /** Runs while a send is at the provider, before it answers. */
  during: (message: OutboundMessage) => Effect.Effect<void>
  reconcilable: boolean
  /** What was asked to be done to messages, and how that ends. */
  readonly acts: Array<{ readonly target: MessageTarget; readonly action: MessageAction }>
  act: SendOutcome
  /** Runs before a webhook is decoded. */
  decoding: Effect.Effect<void>
}>()("test/Provider") {
  static readonly layer = Layer.sync(Provider, () => ({
    ledger: [],
    calls: [],
    plan: () => "accept" as const,
    during: () => Effect.void,
    reconcilable: true,
    acts: [],
    act: { _tag: "Accepted", providerMessageId: null } as const,
    decoding: Effect.void
  }))
}

const Body = Schema.fromJsonString(Schema.Array(InboundEvent))
export const encodeBody = (events: ReadonlyArray<InboundEvent>): Uint8Array =>
  new TextEncoder().encode(Schema.encodeSync(Body)(events))

const adapter = (
  id: string,
  reconcile: "message_id" | "callback" | "none",
  provider: Provider["Service"],
  capabilities: Partial<ChannelAdapter.ChannelCapabilities> = {}
) => {
  let next = 0
  const take = (message: OutboundMessage, account: ChannelAccountId): string => {
    const existing = provider.ledger.find((entry) =>
      entry.account === account && message.providerMessageId !== undefined &&
      entry.providerMessageId === message.providerMessageId
    )
    if (existing !== undefined) return existing.providerMessageId
    const providerMessageId = message.providerMessageId ?? `${id}-${account.slice(-6)}-${++next}`
    provider.ledger.push({
      messageId: message.id,
      providerMessageId,
      account,
      to: message.to,
      content: message.content
    })
    return providerMessageId
  }
  return ChannelAdapter.make({
    id,
    name: id,
    capabilities: {
      ...textOnly,
      content: new Set(["text", "template", "image"] as const),
      serviceWindowHours: reconcile === "callback" ? 24 : null,
      reconcile,
      ...capabilities
    },
    settings: Schema.Struct({}),
    secrets: Schema.Struct({}),
    verify: () => Effect.void,
    identify: () => Effect.fail(new ChannelAdapter.MalformedInbound({ reason: "not used" })),
    decode: (body) =>
      Effect.andThen(
        Effect.suspend(() => provider.decoding),
        Effect.orDie(Schema.decodeUnknownEffect(Body)(new TextDecoder().decode(body)))
      ),
    ...(reconcile === "message_id"
      ? { reserveMessageId: (message: OutboundMessage) => Effect.succeed(Option.some(`r-${message.id}`)) }
      : {}),
    send: (message, account) =>
      Effect.suspend(() => {
        const call = provider.calls.push(message)
        const plan = provider.plan(message, call, account.id)
        const answer = (): Effect.Effect<SendOutcome> => {
          if (plan === "accept") {
            return Effect.succeed({ _tag: "Accepted", providerMessageId: take(message, account.id) })
          }
          if (plan === "accept-without-id") {
            take(message, account.id)
            return Effect.succeed({ _tag: "Accepted", providerMessageId: null })
          }
          if (plan === "lose-answer") {
            take(message, account.id)
            return Effect.succeed({ _tag: "Unknown", reason: "time-out after acceptance" })
          }
          if (plan === "die-after") {
            take(message, account.id)
            return Effect.die("adapter bug")
          }
          if (plan === "lose-request") return Effect.succeed({ _tag: "Unknown", reason: "time-out" })
          if (plan === "hang") return Effect.never
          if ("hold" in plan) {
            return Effect.succeed({
              _tag: "Accepted",
              providerMessageId: take(message, account.id),
              held: plan.hold
            })
          }
          if ("refuse" in plan) {
            return Effect.succeed({ _tag: "AccountRefused", code: plan.refuse, reason: "The token has expired." })
          }
          return Effect.succeed(
            "reject" in plan
              ? { _tag: "Rejected", code: plan.reject, reason: "refused" }
              : { _tag: "Retryable", code: "busy", reason: "busy", retryAfter: plan.retry }
          )
        }
        return Effect.andThen(provider.during(message), Effect.suspend(answer))
      }),
    ...(reconcile === "message_id"
      ? {
        reconcile: (message: OutboundMessage) =>
          Effect.sync(() => {
            if (!provider.reconcilable) return { _tag: "Undecided" as const }
            const entry = provider.ledger.find((one) => one.providerMessageId === message.providerMessageId)
            return entry === undefined
              ? { _tag: "Absent" as const }
              : { _tag: "Found" as const, providerMessageId: entry.providerMessageId }
          })
      }
      : {}),
    ...(capabilities.actions === undefined ? {} : {
      act: (target: MessageTarget, action: MessageAction) =>
        Effect.sync(() => {
          provider.acts.push({ target, action })
          return provider.act
        }),
      react: () => Effect.sync(() => provider.act)
    }),
    test: () => Effect.succeed({ status: "ok", message: "" })
  })
}

const actions: NonNullable<ChannelAdapter.ChannelCapabilities["actions"]> = new Set([
  "edit",
  "delete",
  "pin",
  "star",
  "vote",
  "forward"
])

/** Channels that can ask by id, that echo our id in statuses, that can do neither, and a slow one. */
const registry = Layer.unwrap(Effect.map(Provider, (provider) =>
  ChannelRegistry.layer([
    adapter("by-id", "message_id", provider),
    adapter("callback", "callback", provider),
    adapter("none", "none", provider),
    adapter("acting", "message_id", provider, {
      actions: new Set([...actions, "editCaption"]),
      content: new Set(["text", "image", "poll"]),
      reactions: true
    }),
    adapter("wordless", "message_id", provider, { actions, content: new Set(["text", "image"]) }),
    adapter("impatient", "message_id", provider, { actions, editWithin: 0 }),
    adapter("slow", "message_id", provider, { messagesPerSecond: 10 })
  ])))

/** The states of organizations; those that are not here are active. */
export const statuses = new Map<OrganizationId, OrganizationStatus>()
const standing = Layer.succeed(Standing, {
  of: (organizationId) => Effect.sync(() => statuses.get(organizationId) ?? "active")
})

/** People who can be given conversations: all but this one. */
export const stranger = UserId.make("0197c6a2-5f0e-7c3d-9b61-3f1f0a2f4b10")

export const layer = <E, R>(
  database: Layer.Layer<SqlClient.SqlClient, E, R>,
  sender: OutboxSenderOptions = {},
  channels: Layer.Layer<ChannelRegistry, never, Provider> = registry,
  client: Layer.Layer<HttpClient.HttpClient> = FetchHttpClient.layer
) =>
  Layer.mergeAll(
    Layer.mergeAll(Feedbacks.layerSql, CustomerPresences.layer).pipe(Layer.provideMerge(Conversations.layerSql)),
    Messages.layerSql,
    MessageActions.layerSql,
    MessageResends.layerSql,
    InboundProcessor.layer(),
    OutboxSender.layer(sender)
  ).pipe(
    Layer.provideMerge(Layer.mergeAll(
      Contacts.layerSql,
      ChannelAccounts.layerSql,
      InboundEvents.layerSql,
      Layer.succeed(Assignees, {
        includes: (userId: UserId) => Effect.succeed(userId !== stranger),
        hasTeam: (teamId: string) => Effect.succeed(teamId !== stranger)
      })
    )),
    Layer.provideMerge(channels),
    Layer.provideMerge(standing),
    Layer.provideMerge(Provider.layer),
    Layer.provideMerge(Layer.mergeAll(Secrets.layerSql, Events.layerSql, Audit.layerSql)),
    Layer.provideMerge(MasterKeys.layerTest),
    Layer.provideMerge(client),
    Layer.provideMerge(Layer.effectDiscard(Effect.orDie(
      Migrations.run([coreMigrations, channelMigrations, contactMigrations, migrations])
    ))),
    Layer.provideMerge(database),
    Layer.provideMerge(Signals.layer)
  )

export const as = (organizationId: OrganizationId, userId?: UserId) => <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  effect.pipe(
    Effect.provideService(CurrentOrganization, { id: organizationId }),
    Effect.provideService(
      CurrentActor,
      userId === undefined
        ? systemActor("test")
        : { actor: { _tag: "User", id: userId }, permissions: new Set(["*"]) }
    )
  )

/** A connected account of a new organization, or of a given one. */
export const connect = Effect.fnUntraced(function*(channel = "by-id", organization?: OrganizationId) {
  const accounts = yield* ChannelAccounts
  const organizationId = organization ?? (yield* Id.next(OrganizationId))
  const { id } = yield* accounts.create({ channel, name: channel, settings: {}, secrets: {} }).pipe(as(organizationId))
  return { organizationId, channelAccountId: id }
})
export type Connected = Effect.Success<ReturnType<typeof connect>>

let delivery = 0
/** Stores one webhook that means these events; each call is a delivery of its own unless it is given a key. */
export const deliver = (account: Connected, events: ReadonlyArray<InboundEvent>, dedupeKey?: string) =>
  Effect.flatMap(
    InboundEvents,
    (inbound) => inbound.ingest({ ...account, dedupeKey: dedupeKey ?? `d${++delivery}`, body: encodeBody(events) })
  )

/** Stores webhooks and works them off. */
export const happen = Effect.fnUntraced(function*(account: Connected, ...events: ReadonlyArray<InboundEvent>) {
  for (const event of events) yield* deliver(account, [event])
  yield* process
})

export const process = Effect.flatMap(InboundProcessor, (processor) => processor.drain)
export const sendAll = Effect.flatMap(OutboxSender, (sender) => sender.drain)

export const phone = (value: string): Identity => ({ kind: "phone", value })
const text = (content: string): MessageContent => ({ type: "text", text: content })

export const wrote = (
  providerMessageId: string,
  content: string | MessageContent,
  options: {
    readonly from?: Identity
    readonly also?: ReadonlyArray<Identity>
    readonly chat?: Address
    readonly at?: number
    readonly replyTo?: string
    readonly historical?: boolean
    readonly referral?: unknown
    readonly product?: AskedProduct
    readonly stated?: Schema.JsonObject
  } = {}
): InboundEvent => {
  const { also = [], at: timestamp, chat, from: _, ...more } = options
  const from = options.from ?? phone("628111")
  return {
    _tag: "MessageReceived",
    raw: {},
    providerMessageId,
    chat: chat ?? from,
    sender: { identities: [from, ...also], displayName: "Sari" },
    content: typeof content === "string" ? text(content) : content,
    ...(timestamp === undefined ? {} : { timestamp }),
    ...more
  }
}

export const echoed = (
  providerMessageId: string,
  content: string | MessageContent,
  source: "phone" | "api",
  options: { readonly to?: Identity; readonly at?: number; readonly historical?: boolean } = {}
): InboundEvent => {
  const to = options.to ?? phone("628111")
  return {
    _tag: "MessageEchoed",
    raw: {},
    providerMessageId,
    chat: to,
    recipient: { identities: [to] },
    source,
    content: typeof content === "string" ? text(content) : content,
    ...(options.at === undefined ? {} : { timestamp: options.at }),
    ...(options.historical === true ? { historical: true } : {})
  }
}

export const statusOf = (
  providerMessageId: string,
  status: "accepted" | "sent" | "delivered" | "read" | "played" | "failed",
  callbackData?: string
): InboundEvent => ({
  _tag: "StatusChanged",
  raw: {},
  providerMessageId,
  status,
  ...(callbackData === undefined ? {} : { callbackData }),
  ...(status === "failed" ? { error: { code: "131026", title: "Undeliverable" } } : {})
})

/** The only conversation of an organization. */
export const theConversation = Effect.fnUntraced(function*(organizationId: OrganizationId) {
  const conversations = yield* Conversations
  const page = yield* conversations.list({}).pipe(as(organizationId))
  if (page.data.length !== 1) return yield* Effect.die(`expected one conversation, found ${page.data.length}`)
  return page.data[0]!
})

/** The messages of an organization's only conversation, the oldest first. */
export const transcriptOf = Effect.fnUntraced(function*(organizationId: OrganizationId) {
  const messages = yield* Messages
  const conversation = yield* theConversation(organizationId)
  const page = yield* messages.list(conversation.id, { limit: 200 }).pipe(as(organizationId))
  return [...page.data].reverse()
})

export const textOf = (message: { readonly content: MessageContent }): string =>
  message.content.type === "text" ? message.content.text : `[${message.content.type}]`

export const count = (table: string) =>
  Effect.flatMap(SqlClient.SqlClient, (sql) =>
    Effect.map(
      sql<{ readonly total: unknown }>`SELECT COUNT(*) AS total FROM ${sql(table)}`,
      (rows) => Number(rows[0]!.total)
    ))

export const eventsOf = (type: string) =>
  Effect.flatMap(SqlClient.SqlClient, (sql) =>
    Effect.map(
      sql<{ readonly payload: string }>`SELECT payload FROM core_events WHERE type = ${type} ORDER BY id`,
      (rows) => rows.map((row) => JSON.parse(row.payload) as Record<string, unknown>)
    ))

/** A database that is lost after a number of statements: everything later fails, as in a process that is being killed. */
export const losingDatabaseAfter = (statements: number) => {
  let left = statements
  return <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    Effect.provideService(effect, Statement.CurrentTransformer, (statement) => {
      left -= 1
      return left >= 0 ? Effect.succeed(statement) : Effect.die(
        new SqlError.SqlError({
          reason: new SqlError.ConnectionError({ message: "lost", operation: "execute", cause: new Error("lost") })
        })
      )
    })
}

/**
 * Lets a fiber end under the test's clock, whatever it sleeps for and whatever real input it waits for. The clock goes no
 * faster than a slow database can follow: else leases would end while they are being written.
 */
export const finish = Effect.fnUntraced(function*<A, E>(fiber: Fiber.Fiber<A, E>) {
  while (fiber.pollUnsafe() === undefined) {
    yield* TestClock.adjust("500 millis")
    yield* Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 10)))
  }
  return yield* Fiber.await(fiber)
})
