/**
 * Calls to and from numbers of the Cloud API. None is taken here; one can be refused, or all of them where the account
 * says so, and whether somebody may be called can be asked.
 *
 * @see https://developers.facebook.com/documentation/business-messaging/whatsapp/calling/reference
 * @since 0.1.0
 */
import { Clock, Context, DateTime, Effect, Layer, Option, Schema } from "effect"
import type { HttpClient } from "effect/http"
import type { SqlClient } from "effect/sql"
import type { ChannelAccounts } from "@wicara/channels/ChannelAccounts"
import { ChannelAccountId } from "@wicara/channels/ChannelAdapter"
import type { CallChanged } from "@wicara/channels/InboundEvent"
import { InboundEvents } from "@wicara/channels/InboundEvents"
import * as InboundHandlers from "@wicara/channels/InboundHandlers"
import type { InboundArrival } from "@wicara/channels/InboundHandlers"
import type { ProviderFailure } from "@wicara/channels/ProviderFailure"
import type { Audit } from "@wicara/core/Audit"
import * as Jobs from "@wicara/core/Jobs"
import type { CurrentActor, CurrentOrganization } from "@wicara/core/Tenancy"
import type { Unavailable } from "@wicara/core/Problem"
import * as GraphApi from "./GraphApi.ts"
import { cloudAccount } from "./internal/cloudAccount.ts"
import { failureOf } from "./internal/failureOf.ts"
import { makeManaged } from "./internal/managed.ts"
import type { Changes, Reads } from "./internal/managed.ts"
import type { CallPermission } from "./ManagedNumber.ts"
import * as PhoneNumber from "./PhoneNumber.ts"

/**
 * Refuses one call.
 *
 * @category jobs
 * @since 0.1.0
 */
export const rejectJob = Jobs.define({
  name: "whatsapp.reject-call",
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
 * Fails as `WhatsAppManagement` does.
 *
 * @category services
 * @since 0.1.0
 */
export class WhatsAppCalls extends Context.Service<WhatsAppCalls, {
  /** Refuses a call of somebody that rings. Audited. */
  readonly reject: (id: ChannelAccountId, callId: string, from: string) => Changes<void>
  /** Ends a call that was taken. Audited. */
  readonly end: (id: ChannelAccountId, callId: string) => Changes<void>
  readonly permission: (id: ChannelAccountId, person: string) => Reads<CallPermission>
  /** A call began: it is refused, in the background, where the account takes none. Call it in the event's transaction. */
  readonly rang: (
    arrival: InboundArrival,
    call: CallChanged
  ) => Effect.Effect<void, never, CurrentOrganization | CurrentActor>
  /** Refuses a call unless it surely rings no more; fails where WhatsApp may answer later. */
  readonly refuse: (
    call: typeof rejectJob.payload.Type
  ) => Effect.Effect<void, ProviderFailure | Unavailable, CurrentOrganization>
}>()("@wicara/channels-whatsapp-cloud/WhatsAppCalls") {
  /**
   * Over the organization's accounts.
   *
   * @since 0.1.0
   */
  static readonly layer: Layer.Layer<
    WhatsAppCalls,
    never,
    ChannelAccounts | InboundEvents | Jobs.Jobs | Audit | SqlClient.SqlClient | HttpClient.HttpClient
  > = Layer.suspend(() => Layer.effect(WhatsAppCalls, make))

  /**
   * Hears of calls.
   *
   * @since 0.1.0
   */
  static readonly layerHandler: Layer.Layer<never, never, WhatsAppCalls> = InboundHandlers.layer(
    Effect.map(
      WhatsAppCalls,
      (calls) => InboundHandlers.on(["CallChanged"], (call, arrival) => calls.rang(arrival, call))
    )
  )

  /**
   * Does the jobs in the background of the layer's scope.
   *
   * @since 0.1.0
   */
  static readonly layerWorker: Layer.Layer<never, never, WhatsAppCalls | Jobs.Jobs> = Jobs.worker(rejectJob, {
    handle: ({ payload }) => Effect.flatMap(WhatsAppCalls, ({ refuse }) => refuse(payload)),
    concurrency: 4
  })
}

/** WhatsApp lets a phone ring no longer. */
const ringsFor = 60_000

const encodeJson = Schema.encodeSync(Schema.fromJsonString(Schema.Json))
const utf8 = new TextEncoder()

const Permission = Schema.Struct({
  permission: Schema.Struct({
    status: Schema.String,
    expiration_time: Schema.optional(Schema.NullOr(Schema.Number))
  }),
  actions: Schema.optional(Schema.NullOr(Schema.Array(Schema.Struct({
    action_name: Schema.String,
    can_perform_action: Schema.Boolean
  }))))
})

type Own = NonNullable<ReturnType<typeof cloudAccount>>

const act = ({ caller, number }: Own, action: object) =>
  PhoneNumber.change(caller, `${number}/calls`, { messaging_product: "whatsapp", ...action })

// The description wants who called, the pages which call it was.
const refusing = (own: Own, callId: string, from: string) => act(own, { call_id: callId, to: from, action: "reject" })

const make = Effect.gen(function*() {
  const { accounts, asked, audited, own, provided } = yield* makeManaged
  const events = yield* InboundEvents
  const jobs = yield* Jobs.Jobs

  /** What WhatsApp tells of a refused call looks like one that nobody took: that it was refused is told here. */
  const tell = Effect.fnUntraced(function*({ account, business, number }: Own, callId: string, from: string) {
    const timestamp = String(Math.floor((yield* Clock.currentTimeMillis) / 1000))
    const call = { id: callId, from, event: "terminate", direction: "USER_INITIATED", status: "REJECTED", timestamp }
    const value = { messaging_product: "whatsapp", metadata: { phone_number_id: number }, calls: [call] }
    yield* events.ingest({
      organizationId: account.organizationId,
      channelAccountId: account.id,
      dedupeKey: `wicara.call.rejected:${callId}`.slice(0, 190),
      body: utf8.encode(encodeJson({
        object: "whatsapp_business_account",
        entry: [{ id: business, changes: [{ field: "calls", value }] }]
      }))
    })
  })

  return WhatsAppCalls.of({
    reject: Effect.fn("WhatsAppCalls.reject")(function*(id, callId, from) {
      const account = yield* own(id)
      yield* asked(refusing(account, callId, from))
      yield* audited(id, "call_rejected", { callId, from })
      yield* tell(account, callId, from)
    }),
    end: Effect.fn("WhatsAppCalls.end")(function*(id, callId) {
      yield* asked(act(yield* own(id), { call_id: callId, action: "terminate" }))
      yield* audited(id, "call_ended", { callId })
    }),
    permission: Effect.fn("WhatsAppCalls.permission")(function*(id, person) {
      const { caller, number } = yield* own(id)
      const { actions, permission } = yield* asked(GraphApi.call(caller, Permission, {
        method: "GET",
        path: `${number}/call_permissions`,
        query: { user_wa_id: person }
      }))
      const may = (action: string) =>
        actions?.some((one) => one.action_name === action && one.can_perform_action) ?? false
      const end = permission.expiration_time
      return {
        status: permission.status,
        expiresAt: end == null ? null : DateTime.makeUnsafe(end * 1000),
        mayCall: may("start_call"),
        mayAsk: may("send_call_permission_request")
      }
    }),
    rang: Effect.fnUntraced(
      function*({ channelAccountId, receivedAt }, { callId, chat, direction, status, timestamp }) {
        const rangAt = timestamp ?? receivedAt
        if (
          status !== "ringing" || direction !== "inbound" || chat.kind !== "phone" || receivedAt - rangAt > ringsFor
        ) return
        const found = yield* Effect.option(accounts.lookup(channelAccountId))
        const account = Option.isNone(found) ? undefined : cloudAccount(found.value)
        if (account?.settings.rejectCalls !== true) return
        yield* jobs.enqueue(rejectJob, { channelAccountId, callId, from: chat.value, rangAt }, {
          id: `${channelAccountId}/${callId}`
        })
      }
    ),
    refuse: Effect.fn("WhatsAppCalls.refuse")(function*({ callId, channelAccountId, from, rangAt }) {
      if ((yield* Clock.currentTimeMillis) - rangAt > ringsFor) return
      const resolved = yield* Effect.result(own(channelAccountId))
      if (resolved._tag === "Failure") {
        if (resolved.failure._tag === "Unavailable") return yield* resolved.failure
        return
      }
      const account = resolved.success
      if (account.settings.rejectCalls !== true) return
      const told = yield* Effect.result(provided(Effect.mapError(refusing(account, callId, from), failureOf)))
      if (told._tag === "Success") return yield* tell(account, callId, from)
      // It was taken elsewhere, or rings no more.
      if (told.failure.kind === "later") return yield* told.failure
    })
  })
})
