/**
 * Calls to paired numbers. WAHA takes none: they ring on the phone, and can be refused here, one at a time or all of them
 * where the account says so.
 *
 * @since 0.1.0
 */
import type { ChannelAccounts } from "@wicara/channels/ChannelAccounts"
import { ChannelAccountId } from "@wicara/channels/ChannelAdapter"
import type { CallChanged } from "@wicara/channels/InboundEvent"
import { InboundEvents } from "@wicara/channels/InboundEvents"
import * as InboundHandlers from "@wicara/channels/InboundHandlers"
import type { InboundArrival } from "@wicara/channels/InboundHandlers"
import type { ProviderFailure } from "@wicara/channels/ProviderFailure"
import type { Audit } from "@wicara/core/Audit"
import * as Jobs from "@wicara/core/Jobs"
import type { Unavailable } from "@wicara/core/Problem"
import type { CurrentActor, CurrentOrganization } from "@wicara/core/Tenancy"
import { Clock, Context, Effect, Layer, Option, Schema } from "effect"
import type { HttpClient } from "effect/http"
import type { SqlClient } from "effect/sql"
import * as ChatId from "./ChatId.ts"
import * as Failure from "./Failure.ts"
import { makeManaged } from "./internal/managed.ts"
import type { Changes } from "./internal/managed.ts"
import { ownAccount } from "./internal/ownAccount.ts"
import type { Account } from "./Waha.ts"
import * as WahaApi from "./WahaApi.ts"
import type { WahaLimits } from "./WahaLimits.ts"

/**
 * Refuses one call.
 *
 * @category jobs
 * @since 0.1.0
 */
export const rejectJob = Jobs.define({
  name: "waha.reject-call",
  payload: Schema.Struct({
    channelAccountId: ChannelAccountId,
    callId: Schema.String,
    from: Schema.String,
    /** Epoch milliseconds. */
    rangAt: Schema.Number
  }),
  maxAttempts: 4
})

/**
 * Fails as `WahaManagement` does.
 *
 * @category services
 * @since 0.1.0
 */
export class WahaCalls extends Context.Service<WahaCalls, {
  /** Refuses a call of somebody, as WAHA told of it. Audited. */
  readonly reject: (id: ChannelAccountId, callId: string, from: string) => Changes<void>
  /** A call began: it is refused, in the background, where the account takes none. Call it in the event's transaction. */
  readonly rang: (
    arrival: InboundArrival,
    call: CallChanged
  ) => Effect.Effect<void, never, CurrentOrganization | CurrentActor>
  /** Refuses a call unless it surely rings no more; fails where WAHA may answer later. */
  readonly refuse: (
    call: typeof rejectJob.payload.Type
  ) => Effect.Effect<void, ProviderFailure | Unavailable, CurrentOrganization>
}>()("@wicara/channels-waha/WahaCalls") {
  /**
   * Over the organization's accounts.
   *
   * @since 0.1.0
   */
  static readonly layer: Layer.Layer<
    WahaCalls,
    never,
    | ChannelAccounts
    | InboundEvents
    | Jobs.Jobs
    | Audit
    | WahaLimits
    | SqlClient.SqlClient
    | HttpClient.HttpClient
  > = Layer.suspend(() => Layer.effect(WahaCalls, make))

  /**
   * Hears of calls.
   *
   * @since 0.1.0
   */
  static readonly layerHandler: Layer.Layer<never, never, WahaCalls> = InboundHandlers.layer(
    Effect.map(WahaCalls, (calls) => InboundHandlers.on(["CallChanged"], (call, arrival) => calls.rang(arrival, call)))
  )

  /**
   * Does the jobs in the background of the layer's scope.
   *
   * @since 0.1.0
   */
  static readonly layerWorker: Layer.Layer<never, never, WahaCalls | Jobs.Jobs> = Jobs.worker(rejectJob, {
    handle: ({ payload }) => Effect.flatMap(WahaCalls, ({ refuse }) => refuse(payload)),
    concurrency: 4
  })
}

/** The event that tells that a call was refused here: not every engine says so. @category constants @since 0.1.0 */
export const rejectedEvent = "wicara.call.rejected"

/** WhatsApp lets a phone ring no longer. */
const ringsFor = 60_000

const encodeJson = Schema.encodeSync(Schema.fromJsonString(Schema.Json))
const utf8 = new TextEncoder()

const make = Effect.gen(function*() {
  const { accounts, audited, client, own, provided } = yield* makeManaged
  const events = yield* InboundEvents
  const jobs = yield* Jobs.Jobs

  const ask = ({ settings }: Account, callId: string, from: string): Failure.Options => ({
    method: "POST",
    path: WahaApi.path`/api/${settings.session}/calls/reject`,
    body: { from, id: callId }
  })

  const tell = Effect.fnUntraced(function*(account: Account, callId: string, from: string) {
    const timestamp = Math.floor((yield* Clock.currentTimeMillis) / 1000)
    const { id: channelAccountId, organizationId, settings } = account
    yield* events.ingest({
      organizationId,
      channelAccountId,
      dedupeKey: `${rejectedEvent}:${callId}`.slice(0, 190),
      body: utf8.encode(encodeJson({
        event: rejectedEvent,
        session: settings.session,
        payload: { id: callId, from, timestamp }
      }))
    })
  })

  return WahaCalls.of({
    reject: Effect.fn("WahaCalls.reject")(function*(id, callId, from) {
      const account = yield* own(id)
      yield* provided(Failure.call(account, ask(account, callId, from)))
      yield* audited(id, "call_rejected", { callId, from })
      yield* tell(account, callId, from)
    }),
    rang: Effect.fnUntraced(
      function*({ channelAccountId, receivedAt }, { callId, chat, direction, status, timestamp }) {
        const from = ChatId.fromAddress(chat)
        const rangAt = timestamp ?? receivedAt
        if (status !== "ringing" || direction !== "inbound" || from === undefined || receivedAt - rangAt > ringsFor) {
          return
        }
        const found = yield* Effect.option(accounts.lookup(channelAccountId))
        if (Option.isNone(found) || found.value.adapter.id !== "waha") return
        const account: Account = found.value.account
        if (account.settings.rejectCalls !== true) return
        yield* jobs.enqueue(rejectJob, { channelAccountId, callId, from, rangAt }, {
          id: `${channelAccountId}/${callId}`
        })
      }
    ),
    refuse: Effect.fn("WahaCalls.refuse")(function*({ callId, channelAccountId, from, rangAt }) {
      if ((yield* Clock.currentTimeMillis) - rangAt > ringsFor) return
      const resolved = yield* Effect.result(ownAccount(accounts, channelAccountId))
      if (resolved._tag === "Failure") {
        if (resolved.failure._tag === "Unavailable") return yield* resolved.failure
        return
      }
      const account: Account = resolved.success.account
      if (account.settings.rejectCalls !== true) return
      const told = yield* Effect.result(client(Failure.call(account, ask(account, callId, from))))
      if (told._tag === "Success") return yield* tell(account, callId, from)
      // What an engine can't do it can't do a second later.
      if (told.failure.kind === "later") return yield* told.failure
    })
  })
})
