/**
 * Keeps a paired number from behaving like a sender of advertisements (see `PacingRules`): asked before each message that
 * is no answer, counted in the database, so that all processes keep one pace.
 *
 * @since 0.1.0
 */
import { ChannelAccounts } from "@wicara/channels/ChannelAccounts"
import type { ResolvedAccount } from "@wicara/channels/ChannelAccounts"
import type { ChannelAccountId } from "@wicara/channels/ChannelAdapter"
import type { AccountChanged, MessageReceived } from "@wicara/channels/InboundEvent"
import * as InboundHandlers from "@wicara/channels/InboundHandlers"
import * as SendGate from "@wicara/channels/SendGate"
import { Audit } from "@wicara/core/Audit"
import { Events } from "@wicara/core/Events"
import * as Id from "@wicara/core/Id"
import type { Conflict, NotFound, Unavailable } from "@wicara/core/Problem"
import { affectedRows, insertIfAbsent, joinTransaction } from "@wicara/core/Sql"
import type { CurrentActor, CurrentOrganization } from "@wicara/core/Tenancy"
import { Clock, Context, DateTime, Effect, Layer, Option, Random } from "effect"
import { SqlClient } from "effect/sql"
import type { Statement } from "effect/sql"
import { AccountBraked, AccountReleased } from "./events.ts"
import { columnsOf as keyOf, isOf as isRowOf, ownAccount } from "./internal/ownAccount.ts"
import type { AccountKey } from "./internal/ownAccount.ts"
import * as Rules from "./PacingRules.ts"
import type { Settings } from "./Waha.ts"

/**
 * @category services
 * @since 0.1.0
 */
export class WahaPacing extends Context.Service<WahaPacing, {
  /** Whether a message may go now; a `Go` counts. */
  readonly ask: SendGate.SendGate["ask"]
  /** Why the number is braked now, and until when. */
  readonly held: NonNullable<SendGate.SendGate["held"]>
  readonly status: (
    id: ChannelAccountId
  ) => Effect.Effect<Rules.PacingStatus, NotFound | Conflict | Unavailable, CurrentOrganization>
  /** Takes the brake off, and counts anew who answers. */
  readonly release: (
    id: ChannelAccountId
  ) => Effect.Effect<void, NotFound | Conflict | Unavailable, CurrentOrganization | CurrentActor>
  /** Somebody wrote: whoever was written to under one of these identities has answered. */
  readonly answered: (
    key: AccountKey,
    identities: MessageReceived["sender"]["identities"],
    at: number
  ) => Effect.Effect<void>
  /** WhatsApp says that the number is restricted. */
  readonly restricted: (key: AccountKey, event: AccountChanged) => Effect.Effect<void, never, CurrentOrganization>
}>()("@wicara/channels-waha/WahaPacing") {
  /**
   * @since 0.1.0
   */
  static readonly layerSql: Layer.Layer<
    WahaPacing,
    never,
    SqlClient.SqlClient | ChannelAccounts | Events | Audit
  > = Layer.suspend(() => Layer.effect(WahaPacing, make))

  /**
   * The gate that the sender asks, and the handler that hears of answers and restrictions.
   *
   * @since 0.1.0
   */
  static readonly layerEnforced: Layer.Layer<never, never, WahaPacing> = InboundHandlers.layer(
    Effect.map(WahaPacing, (pacing) => ({
      handle: (event, { channelAccountId, organizationId, receivedAt }) => {
        const key = { organizationId, channelAccountId }
        if (event._tag === "MessageReceived" && event.historical !== true) {
          return pacing.answered(key, event.sender.identities, event.timestamp ?? receivedAt)
        }
        // The number of somebody who wrote has been found.
        if (event._tag === "ContactChanged") return pacing.answered(key, event.participant.identities, receivedAt)
        return event._tag === "AccountChanged" && event.state === "needs_action" && restrictions.has(event.kind)
          ? pacing.restricted(key, event)
          : Effect.void
      }
    }))
  ).pipe(
    Layer.provideMerge(SendGate.layer(Effect.map(WahaPacing, ({ ask, held }) => ({ channel: "waha", ask, held }))))
  )
}

const restrictions = new Set(["account_restricted", "reachout_timelock", "message_capping"])

interface Row {
  readonly since: unknown
  readonly counted_day: unknown
  readonly messages: unknown
  readonly new_contacts: unknown
  readonly next_at: unknown
  readonly brake_code: Rules.Brake["code"] | null
  readonly brake_reason: string | null
  readonly braked_until: unknown
  readonly revision: unknown
}

const toState = (row: Row): Rules.PacingState => ({
  since: Number(row.since),
  day: Number(row.counted_day),
  messages: Number(row.messages),
  newContacts: Number(row.new_contacts),
  nextAt: Number(row.next_at),
  brake: row.brake_code === null
    ? null
    : { code: row.brake_code, reason: row.brake_reason ?? "", until: Number(row.braked_until) }
})

const columnsOf = ({ brake, day, messages, newContacts, nextAt, since }: Rules.PacingState) => ({
  since,
  counted_day: day,
  messages,
  new_contacts: newContacts,
  next_at: nextAt,
  brake_code: brake?.code ?? null,
  brake_reason: brake?.reason ?? null,
  braked_until: brake?.until ?? null
})

const day = 86_400_000

const settingsOf = (account: ResolvedAccount): Settings => account.account.settings

const make = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const accounts = yield* ChannelAccounts
  const events = yield* Events
  const audit = yield* Audit

  const isOf = (key: AccountKey) => isRowOf(sql, key)

  const columns = sql.literal(
    "since, counted_day, messages, new_contacts, next_at, brake_code, brake_reason, braked_until, revision"
  )

  const load = Effect.fnUntraced(function*(key: AccountKey, now: number) {
    const known = yield* sql`SELECT revision FROM waha_pacing WHERE ${isOf(key)}`
    yield* insertIfAbsent(
      sql,
      "waha_pacing",
      "revision",
      known.length > 0 ? [] : [{
        ...keyOf(key),
        ...columnsOf(Rules.initial(now)),
        revision: 0
      }]
    )
    const [row] = yield* sql<Row>`SELECT ${columns} FROM waha_pacing WHERE ${isOf(key)}
      ${sql.onDialectOrElse({ mysql: () => sql.literal("FOR UPDATE"), orElse: () => sql.literal("") })}`
    return row === undefined
      ? yield* Effect.die(new Error("The row that was just made is not there"))
      : { state: toState(row), revision: Number(row.revision) }
  })

  /** Whether nobody else has counted in between. */
  const store = (key: AccountKey, state: Rules.PacingState, revision: number) =>
    Effect.map(
      affectedRows(sql`UPDATE waha_pacing SET ${sql.update({ ...columnsOf(state), revision: revision + 1 })}
        WHERE ${isOf(key)} AND revision = ${revision}`),
      (rows) => rows === 1
    )

  const lastWeek = Effect.fnUntraced(function*(key: AccountKey, now: number, since: number) {
    const [row] = yield* sql<{ readonly contacted: unknown; readonly answered: unknown }>`
      SELECT COUNT(*) AS contacted, COUNT(answered_at) AS answered FROM waha_first_contacts
      WHERE ${isOf(key)} AND contacted_at >= ${Math.max(now - 7 * day, since)} AND contacted_at < ${now - day}`
    return { contacted: Number(row?.contacted ?? 0), answered: Number(row?.answered ?? 0) }
  })

  const brakeAppended = (key: AccountKey, { code, reason, until }: Rules.Brake) =>
    events.append(AccountBraked, {
      aggregateId: key.channelAccountId,
      payload: { channelAccountId: key.channelAccountId, code, reason, until }
    })

  const tryOnce = Effect.fnUntraced(
    function*(key: AccountKey, { account, conversationId, message }: SendGate.GatedMessage) {
      const now = yield* Clock.currentTimeMillis
      const draw = yield* Random.next
      const settings = Rules.withDefaults(settingsOf(account).pacing)
      const { revision, state } = yield* load(key, now)
      const conversation = Id.toBytes(conversationId)
      const known = yield* sql`SELECT conversation_id FROM waha_first_contacts
      WHERE ${isOf(key)} AND conversation_id = ${conversation}`
      const decision = Rules.decide(settings, state, {
        now,
        draw,
        to: known.length === 0 ? "stranger" : "known",
        week: yield* lastWeek(key, now, state.since)
      })
      const isBraked = decision._tag === "Wait" && decision.state.brake !== null && decision.state.brake !== state.brake
      if (decision._tag === "Go" || isBraked) {
        if (!(yield* store(key, decision.state, revision))) return Option.none()
      }
      if (isBraked && decision.state.brake !== null) yield* brakeAppended(key, decision.state.brake)
      if (decision._tag === "Wait") {
        const { code, reason, until } = decision
        return Option.some<SendGate.SendDecision>({ _tag: "Wait", code, reason, until })
      }
      yield* insertIfAbsent(
        sql,
        "waha_first_contacts",
        "conversation_id",
        known.length > 0 ? [] : [{
          ...keyOf(key),
          conversation_id: conversation,
          address_kind: message.to.kind,
          address: message.to.value.slice(0, 190),
          contacted_at: now,
          answered_at: null
        }]
      )
      return Option.some(SendGate.go)
    }
  )

  const ask = Effect.fn("WahaPacing.ask")(function*(message: SendGate.GatedMessage) {
    const now = yield* Clock.currentTimeMillis
    const { account, lastInboundAt } = message
    const isAnswer = lastInboundAt !== null && now - lastInboundAt < day
    if (isAnswer || settingsOf(account).pacing?.enabled === false) return SendGate.go
    const key = { organizationId: account.organizationId, channelAccountId: account.id }
    for (let attempt = 0; attempt < 10; attempt++) {
      const decision = yield* Effect.orDie(joinTransaction(sql, tryOnce(key, message)))
      if (Option.isSome(decision)) return decision.value
    }
    // Many processes count at once: what could not be counted does not go.
    return { _tag: "Wait" as const, code: "pace", reason: "Other messages are being counted", until: now + 1_000 }
  })

  const find = (id: ChannelAccountId) =>
    Effect.map(ownAccount(accounts, id), (account) => ({
      account,
      key: { organizationId: account.organizationId, channelAccountId: id }
    }))

  const status = Effect.fn("WahaPacing.status")(function*(id: ChannelAccountId) {
    const { account, key } = yield* find(id)
    const now = yield* Clock.currentTimeMillis
    const settings = Rules.withDefaults(settingsOf(account).pacing)
    const [row] = yield* Effect.orDie(sql<Row>`SELECT ${columns} FROM waha_pacing WHERE ${isOf(key)}`)
    const state = Rules.today(row === undefined ? Rules.initial(now) : toState(row), now)
    const age = now - state.since
    const { enabled, messagesPerDay, newContactsPerDay, warmUpDays } = settings
    return {
      enabled,
      warmUp: { day: Math.min(Math.floor(age / day), warmUpDays), days: warmUpDays },
      messages: { sent: state.messages, allowed: Rules.allowed(messagesPerDay, warmUpDays, age) },
      newContacts: { reached: state.newContacts, allowed: Rules.allowed(newContactsPerDay, warmUpDays, age) },
      lastWeek: yield* Effect.orDie(lastWeek(key, now, state.since)),
      brake: state.brake === null || state.brake.until <= now ? null : {
        code: state.brake.code,
        reason: state.brake.reason,
        until: DateTime.makeUnsafe(state.brake.until)
      }
    }
  })

  const release = Effect.fn("WahaPacing.release")(function*(id: ChannelAccountId) {
    const { key } = yield* find(id)
    yield* Effect.orDie(joinTransaction(
      sql,
      Effect.gen(function*() {
        const before = yield* sql<Row>`SELECT ${columns} FROM waha_pacing WHERE ${isOf(key)}`
        const [row] = before
        if (row === undefined || row.brake_code === null) return
        yield* sql`UPDATE waha_pacing
          SET brake_code = NULL, brake_reason = NULL, braked_until = NULL, revision = revision + 1 WHERE ${isOf(key)}`
        // Those who did not answer stay known, and count no more.
        yield* sql`UPDATE waha_first_contacts SET contacted_at = 0 WHERE ${isOf(key)} AND answered_at IS NULL`
        yield* events.append(AccountReleased, { aggregateId: id, payload: { channelAccountId: id } })
        yield* audit.record({
          action: "waha.account.released",
          target: { type: "channel_account", id },
          before: { code: row.brake_code, until: Number(row.braked_until) }
        })
      })
    ))
  })

  const answered = Effect.fnUntraced(function*(
    key: AccountKey,
    identities: MessageReceived["sender"]["identities"],
    at: number
  ) {
    const answer = (kind: string, address: Statement.Fragment) =>
      sql`UPDATE waha_first_contacts SET answered_at = ${at}
        WHERE ${isOf(key)} AND address_kind = ${kind} AND address IN (${address}) AND answered_at IS NULL`
    yield* Effect.orDie(Effect.forEach(identities, ({ kind, value }) =>
      Effect.gen(function*() {
        yield* answer(kind, sql`${value.slice(0, 190)}`)
        if (kind !== "lid") return
        // Written to by number, people answer under their hidden id.
        yield* answer("phone", sql`SELECT phone FROM waha_lids WHERE ${isOf(key)} AND lid = ${value.slice(0, 40)}`)
      }), { discard: true }))
  })

  const restricted = Effect.fn("WahaPacing.restricted")(function*(key: AccountKey, { detail, until }: AccountChanged) {
    const account = yield* Effect.option(accounts.lookup(key.channelAccountId))
    if (Option.isNone(account) || account.value.adapter.id !== "waha") return
    const { pacing } = settingsOf(account.value)
    if (pacing?.enabled === false) return
    const now = yield* Clock.currentTimeMillis
    // What comes late may be over.
    if (until !== undefined && until <= now) return
    const change = Effect.gen(function*() {
      const { revision, state } = yield* load(key, now)
      const held = state.brake?.code === "account_restricted" ? state.brake.until : 0
      // Said again while it holds, it is no news, unless it holds for longer.
      if (held > now && (until === undefined || until <= held)) return true
      const settings = Rules.withDefaults(pacing)
      const reason = `WhatsApp restricts the number${detail === undefined ? "" : `: ${detail}`}`
      const changed = Rules.braked(state, "account_restricted", reason, now, settings, until)
      if (!(yield* store(key, changed, revision))) return false
      if (changed.brake !== null) yield* brakeAppended(key, changed.brake)
      return true
    })
    yield* Effect.orDie(joinTransaction(sql, Effect.repeat(change, { until: (done) => done, times: 10 })))
  })

  const held = Effect.fn("WahaPacing.held")(function*(account: ResolvedAccount) {
    if (settingsOf(account).pacing?.enabled === false) return Option.none()
    const key = { organizationId: account.organizationId, channelAccountId: account.id }
    const [row] = yield* Effect.orDie(sql<Row>`SELECT ${columns} FROM waha_pacing WHERE ${isOf(key)}`)
    const brake = row === undefined ? null : toState(row).brake
    return brake === null || brake.until <= (yield* Clock.currentTimeMillis)
      ? Option.none()
      : Option.some(
        `The number writes to nobody who did not write to it until ${
          DateTime.formatIso(DateTime.makeUnsafe(brake.until))
        }: ${brake.reason}`
      )
  })

  return WahaPacing.of({ ask, held, status, release, answered, restricted })
})
