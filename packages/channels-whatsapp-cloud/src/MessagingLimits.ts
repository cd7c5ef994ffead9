/**
 * Keeps a business portfolio within its messaging limit: so many people may be written to first within any 24 hours,
 * through all of its numbers together. Asked before each message that is no answer, counted in the database, so that all
 * processes and accounts keep one limit.
 *
 * @see https://developers.facebook.com/documentation/business-messaging/whatsapp/messaging-limits
 * @since 0.1.0
 */
import { createHash } from "node:crypto"
import { Cache, Clock, Context, DateTime, Effect, Layer } from "effect"
import { HttpClient } from "effect/http"
import { SqlClient } from "effect/sql"
import type { Address } from "@wicara/channels/Address"
import { ChannelAccounts } from "@wicara/channels/ChannelAccounts"
import type { ResolvedAccount } from "@wicara/channels/ChannelAccounts"
import type { ChannelAccountId } from "@wicara/channels/ChannelAdapter"
import * as InboundHandlers from "@wicara/channels/InboundHandlers"
import * as SendGate from "@wicara/channels/SendGate"
import * as Id from "@wicara/core/Id"
import { Conflict, Unavailable } from "@wicara/core/Problem"
import type { NotFound } from "@wicara/core/Problem"
import { affectedRows, insertIfAbsent, joinTransaction, rowLimit } from "@wicara/core/Sql"
import { CurrentOrganization } from "@wicara/core/Tenancy"
import type { OrganizationId } from "@wicara/core/Tenancy"
import { cloudAccount } from "./internal/cloudAccount.ts"
import type { MessagingLimit } from "./MessagingLimit.ts"
import * as PhoneNumber from "./PhoneNumber.ts"

/**
 * @category services
 * @since 0.1.0
 */
export class MessagingLimits extends Context.Service<MessagingLimits, {
  /** Whether a message may go now; a `Go` counts. */
  readonly ask: SendGate.SendGate["ask"]
  /** The message did not reach anybody: the place that it took is free again, if no other has taken it since. */
  readonly giveBack: (organizationId: OrganizationId, messageId: string) => Effect.Effect<void>
  /** `Conflict`: the account is of another channel; `Unavailable`: WhatsApp does not say the limit now. */
  readonly status: (
    id: ChannelAccountId
  ) => Effect.Effect<MessagingLimit, NotFound | Conflict | Unavailable, CurrentOrganization>
  /** WhatsApp says (at `at`, epoch milliseconds) how many people the account's portfolio may write to; `null`: any number. */
  readonly told: (
    account: { readonly organizationId: OrganizationId; readonly channelAccountId: ChannelAccountId },
    said: { readonly dailyRecipients: number | null; readonly at: number }
  ) => Effect.Effect<void>
  /** The account is removed. With the last one of a portfolio it is forgotten whom that wrote to. */
  readonly forget: (
    account: { readonly organizationId: OrganizationId; readonly channelAccountId: ChannelAccountId }
  ) => Effect.Effect<void>
}>()("@wicara/channels-whatsapp-cloud/MessagingLimits") {
  /** @since 0.1.0 */
  static readonly layerSql: Layer.Layer<
    MessagingLimits,
    never,
    SqlClient.SqlClient | ChannelAccounts | HttpClient.HttpClient
  > = Layer.suspend(() => Layer.effect(MessagingLimits, make))

  /**
   * The gate that the sender asks, and the handler that hears of another limit, and of what was not delivered after all.
   *
   * @since 0.1.0
   */
  static readonly layerEnforced: Layer.Layer<never, never, MessagingLimits> = InboundHandlers.layer(
    Effect.map(MessagingLimits, ({ giveBack, told }) => ({
      handle: (event, { channelAccountId, organizationId, receivedAt }) => {
        if (event._tag === "StatusChanged" && event.status === "failed" && event.callbackData !== undefined) {
          return giveBack(organizationId, event.callbackData)
        }
        return event._tag !== "AccountChanged" || event.facts?.dailyRecipients === undefined ? Effect.void : told(
          { organizationId, channelAccountId },
          { dailyRecipients: event.facts.dailyRecipients, at: event.timestamp ?? receivedAt }
        )
      }
    }))
  ).pipe(
    Layer.provideMerge(SendGate.layer(Effect.map(MessagingLimits, ({ ask, giveBack }) => ({
      channel: "whatsapp_cloud",
      ask,
      unsent: ({ account, message }) => giveBack(account.organizationId, message.id)
    }))))
  )
}

/** The portfolio of an organization. */
interface Key {
  readonly organizationId: OrganizationId
  readonly portfolioId: string
}

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

/** A limit is read again so often, though webhooks tell of others. */
const readEvery = 6 * hour
/** What can't be read, or holds messages back, is read again no sooner. */
const readAgain = 5 * minute
/** What is held back asks again after so long: the limit may have been raised. */
const askAgain = 15 * minute

/** The table's word for no limit, and the platform's. */
const unlimited = -1

const digestOf = ({ kind, value }: Address): Uint8Array =>
  new Uint8Array(createHash("sha256").update(`${kind}:${value}`).digest())

interface Portfolio {
  readonly daily_recipients: unknown
  readonly reached: unknown
}

const make = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const accounts = yield* ChannelAccounts
  const client = yield* HttpClient.HttpClient

  const keyOf = ({ organizationId, portfolioId }: Key) => ({
    organization_id: Id.toBytes(organizationId),
    portfolio_id: portfolioId
  })
  const isOf = (key: Key) =>
    sql`organization_id = ${Id.toBytes(key.organizationId)} AND portfolio_id = ${key.portfolioId}`

  const membership = Effect.fnUntraced(function*(organizationId: OrganizationId, id: ChannelAccountId) {
    const [row] = yield* sql<{ readonly portfolio_id: string; readonly read_at: unknown }>`
      SELECT portfolio_id, read_at FROM whatsapp_cloud_accounts
      WHERE organization_id = ${Id.toBytes(organizationId)} AND channel_account_id = ${Id.toBytes(id)}`
    return row === undefined ? undefined : { portfolioId: row.portfolio_id, readAt: Number(row.read_at) }
  })

  const ensure = (key: Key) =>
    insertIfAbsent(sql, "whatsapp_cloud_portfolios", "revision", [{
      ...keyOf(key),
      daily_recipients: null,
      said_at: 0,
      reached: 0,
      revision: 0
    }])

  const say = (key: Key, dailyRecipients: number | null, at: number) =>
    sql`UPDATE whatsapp_cloud_portfolios SET daily_recipients = ${dailyRecipients ?? unlimited}, said_at = ${at}
      WHERE ${isOf(key)} AND said_at <= ${at}`

  /** Asks WhatsApp for the account's portfolio and its limit. */
  const read = Effect.fnUntraced(function*(id: ChannelAccountId) {
    const account = yield* accounts.lookup(id)
    const own = cloudAccount(account)
    if (own === undefined) return
    const { organizationId } = account
    const facts = PhoneNumber.factsOf(yield* PhoneNumber.get(own.caller, own.number))
    const portfolioId = yield* PhoneNumber.portfolio(own.caller, own.business)
    const key = { organizationId, portfolioId: portfolioId ?? own.business }
    const now = yield* Clock.currentTimeMillis
    yield* accounts.recordFacts(id, { facts, at: now }).pipe(
      Effect.provideService(CurrentOrganization, { id: organizationId })
    )
    yield* ensure(key)
    if (facts.dailyRecipients !== undefined) yield* say(key, facts.dailyRecipients, now)
    const member = { organization_id: Id.toBytes(organizationId), channel_account_id: Id.toBytes(id) }
    const said = { portfolio_id: key.portfolioId, read_at: now }
    yield* insertIfAbsent(sql, "whatsapp_cloud_accounts", "read_at", [{ ...member, ...said }])
    yield* sql`UPDATE whatsapp_cloud_accounts SET ${sql.update(said)}
      WHERE organization_id = ${member.organization_id} AND channel_account_id = ${member.channel_account_id}`
  })

  const readings = yield* Cache.make({
    capacity: 10_000,
    timeToLive: readAgain,
    lookup: (id: ChannelAccountId) =>
      read(id).pipe(
        Effect.catchTag("SqlError", Effect.die),
        Effect.provideService(HttpClient.HttpClient, client),
        Effect.catch((failure) => Effect.logWarning(`The messaging limit of account ${id} could not be read`, failure))
      )
  })

  const portfolioOf = Effect.fnUntraced(function*(account: ResolvedAccount, business: string) {
    const now = yield* Clock.currentTimeMillis
    const known = yield* membership(account.organizationId, account.id)
    if (known !== undefined && now - known.readAt < readEvery) return known.portfolioId
    yield* Cache.get(readings, account.id)
    // All numbers of a business account are of one portfolio, whichever that is.
    return (yield* membership(account.organizationId, account.id))?.portfolioId ?? business
  })

  /** When there is room again, with so many too many. */
  const freeAt = Effect.fnUntraced(function*(key: Key, over: number, now: number) {
    const rows = yield* sql<{ readonly reached_at: unknown }>`SELECT reached_at FROM whatsapp_cloud_reached
      WHERE ${isOf(key)} AND reached_at > ${now - day} ORDER BY reached_at LIMIT ${rowLimit(sql, over + 1)}`
    return Number(rows.at(-1)?.reached_at ?? 0) + day
  })

  /** Where the portfolio stands when those are forgotten whose day is over. Whoever counts waits for whoever counts before. */
  const tidied = Effect.fnUntraced(function*(key: Key, now: number) {
    const lock = affectedRows(sql`UPDATE whatsapp_cloud_portfolios SET revision = revision + 1 WHERE ${isOf(key)}`)
    if ((yield* lock) === 0) {
      yield* ensure(key)
      yield* lock
    }
    const [portfolio] = yield* sql<Portfolio>`SELECT daily_recipients, reached FROM whatsapp_cloud_portfolios
      WHERE ${isOf(key)}`
    const over = yield* affectedRows(sql`DELETE FROM whatsapp_cloud_reached
      WHERE ${isOf(key)} AND reached_at <= ${now - day}`)
    const reached = Number(portfolio?.reached ?? 0) - over
    if (over > 0) yield* setReached(key, reached)
    return { limit: limitOf(portfolio), reached }
  })

  const setReached = (key: Key, reached: number) =>
    sql`UPDATE whatsapp_cloud_portfolios SET reached = ${reached} WHERE ${isOf(key)}`

  const limitOf = (portfolio: Portfolio | undefined) =>
    portfolio?.daily_recipients == null ? null : Number(portfolio.daily_recipients)

  const count = Effect.fnUntraced(function*(key: Key, customer: Uint8Array, messageId: string, now: number) {
    const { limit, reached } = yield* tidied(key, now)
    const isTheirs = sql`${isOf(key)} AND customer = ${customer}`
    const [known] = yield* sql<{ readonly reached_at: unknown; readonly message_id: string | null }>`
      SELECT reached_at, message_id FROM whatsapp_cloud_reached WHERE ${isTheirs}`
    if (known !== undefined) {
      // Asked again, it stands where it stood.
      const before = known.message_id === messageId ? sql`` : sql`, before_at = ${Number(known.reached_at)}`
      yield* sql`UPDATE whatsapp_cloud_reached SET reached_at = ${now}, message_id = ${messageId}${before}
        WHERE ${isTheirs}`
      return SendGate.go
    }
    if (limit === null || reached < limit) {
      yield* sql`INSERT INTO whatsapp_cloud_reached ${
        sql.insert({ ...keyOf(key), customer, reached_at: now, message_id: messageId, before_at: null })
      }`
      yield* setReached(key, reached + 1)
      return SendGate.go
    }
    const next = yield* freeAt(key, reached - limit, now)
    return {
      _tag: "Wait",
      until: Math.min(next, now + askAgain),
      code: "messaging_limit",
      reason: `The business may write first to ${limit} people in 24 hours, and did; to the next one at ${
        DateTime.formatIso(DateTime.makeUnsafe(next))
      }`
    } satisfies SendGate.SendDecision
  })

  const giveBack = Effect.fn("MessagingLimits.giveBack")(function*(organizationId: OrganizationId, messageId: string) {
    const isIts = sql`organization_id = ${Id.toBytes(organizationId)} AND message_id = ${messageId}`
    const portfolios = yield* sql<{ readonly portfolio_id: string }>`SELECT portfolio_id FROM whatsapp_cloud_reached
      WHERE ${isIts}`
    for (const { portfolio_id: portfolioId } of portfolios) {
      const key = { organizationId, portfolioId }
      yield* joinTransaction(
        sql,
        Effect.gen(function*() {
          yield* sql`UPDATE whatsapp_cloud_portfolios SET revision = revision + 1 WHERE ${isOf(key)}`
          const gone = yield* affectedRows(sql`DELETE FROM whatsapp_cloud_reached
            WHERE ${isIts} AND portfolio_id = ${portfolioId} AND before_at IS NULL`)
          yield* sql`UPDATE whatsapp_cloud_portfolios SET reached = reached - ${gone} WHERE ${isOf(key)}`
          // Somebody was written to before it: they count since then.
          yield* sql`UPDATE whatsapp_cloud_reached SET reached_at = before_at, message_id = NULL
            WHERE ${isIts} AND portfolio_id = ${portfolioId}`
        })
      )
    }
  }, Effect.orDie)

  const ask = Effect.fn("MessagingLimits.ask")(function*({ account, lastInboundAt, message }: SendGate.GatedMessage) {
    const now = yield* Clock.currentTimeMillis
    const isAnswer = lastInboundAt !== null && now - lastInboundAt < day
    const own = cloudAccount(account)
    if (isAnswer || own === undefined || message.to.kind === "group") return SendGate.go
    const customer = digestOf(message.to)
    const once = Effect.gen(function*() {
      const portfolioId = yield* portfolioOf(account, own.business)
      const key = { organizationId: account.organizationId, portfolioId }
      const [portfolio] = yield* sql<Portfolio>`SELECT daily_recipients, reached FROM whatsapp_cloud_portfolios
        WHERE ${isOf(key)}`
      // Where there is no limit nobody waits for the others.
      return limitOf(portfolio) === unlimited
        ? SendGate.go
        : yield* joinTransaction(sql, count(key, customer, message.id, now))
    })
    const decision = yield* once
    if (decision._tag === "Go") return decision
    // It may have been raised, and no webhook told of it.
    yield* Cache.get(readings, account.id)
    return yield* once
  }, Effect.orDie)

  const status = Effect.fn("MessagingLimits.status")(function*(id: ChannelAccountId) {
    const account = yield* accounts.resolve(id)
    const own = cloudAccount(account)
    if (own === undefined) {
      return yield* new Conflict({ detail: "This account is not connected through the WhatsApp Cloud API." })
    }
    return yield* Effect.gen(function*() {
      const portfolioId = yield* portfolioOf(account, own.business)
      const key = { organizationId: account.organizationId, portfolioId }
      const now = yield* Clock.currentTimeMillis
      const { limit, reached } = yield* joinTransaction(sql, tidied(key, now))
      if (limit === null) return undefined
      if (limit === unlimited) return { portfolioId, dailyRecipients: null, reached: 0, nextAt: null }
      return {
        portfolioId,
        dailyRecipients: limit,
        reached,
        nextAt: reached < limit ? null : DateTime.makeUnsafe(yield* freeAt(key, reached - limit, now))
      }
    }).pipe(
      Effect.orDie,
      Effect.filterOrFail(
        (found) => found !== undefined,
        () => new Unavailable({ detail: "WhatsApp does not answer now." })
      )
    )
  })

  const forget = Effect.fn("MessagingLimits.forget")(function*({
    channelAccountId,
    organizationId
  }: Parameters<MessagingLimits["Service"]["forget"]>[0]) {
    const known = yield* membership(organizationId, channelAccountId)
    if (known === undefined) return
    const key = { organizationId, portfolioId: known.portfolioId }
    yield* joinTransaction(
      sql,
      Effect.gen(function*() {
        yield* sql`UPDATE whatsapp_cloud_portfolios SET revision = revision + 1 WHERE ${isOf(key)}`
        yield* sql`DELETE FROM whatsapp_cloud_accounts
          WHERE ${isOf(key)} AND channel_account_id = ${Id.toBytes(channelAccountId)}`
        const others = yield* sql`SELECT 1 FROM whatsapp_cloud_accounts WHERE ${isOf(key)}`
        if (others.length > 0) return
        yield* sql`DELETE FROM whatsapp_cloud_reached WHERE ${isOf(key)}`
        yield* sql`DELETE FROM whatsapp_cloud_portfolios WHERE ${isOf(key)}`
      })
    )
  }, Effect.orDie)

  return MessagingLimits.of({
    ask,
    forget,
    giveBack,
    status,
    told: ({ channelAccountId, organizationId }, { at, dailyRecipients }) =>
      Effect.gen(function*() {
        const known = yield* membership(organizationId, channelAccountId)
        if (known !== undefined) yield* say({ organizationId, portfolioId: known.portfolioId }, dailyRecipients, at)
      }).pipe(Effect.orDie)
  })
})
