/**
 * Calls of the emulated API: customers ring, the business refuses or ends them, and may call whoever allowed it. No voice
 * is carried.
 *
 * @see https://developers.facebook.com/documentation/business-messaging/whatsapp/calling/reference
 * @since 0.1.0
 */
import { Clock, Effect, Predicate } from "effect"
import { HttpServerRequest, HttpServerResponse } from "effect/http"
import * as Emulator from "../Emulator.ts"
import * as EmulatorFaults from "../EmulatorFaults.ts"
import type { CloudAccount } from "./CloudAccount.ts"
import type { CloudCore } from "./CloudCore.ts"
import { read, success } from "./CloudHttp.ts"
import type { CloudHttp, Handler, Route } from "./CloudHttp.ts"
import * as CloudPayload from "./CloudPayload.ts"
import type { CloudSend } from "./CloudSend.ts"
import type { GraphFailure } from "./GraphFailure.ts"
import * as Requests from "./CloudRequests.ts"
import * as Failure from "./GraphFailure.ts"

const day = 24 * 60 * 60_000

/** How often somebody may be asked whether the business may call: in a day, and in seven. */
const asks = [{ period: "24h", span: day, most: 1 }, { period: "7d", span: 7 * day, most: 2 }] as const

/** @category models @since 0.1.0 */
export interface EmulatedCall {
  readonly id: string
  readonly account: string
  readonly customer: Emulator.Customer
  readonly direction: "USER_INITIATED" | "BUSINESS_INITIATED"
  readonly state: "ringing" | "accepted" | "rejected" | "ended"
  readonly startedAt: number
}

interface Permission {
  readonly askedAt: ReadonlyArray<number>
  readonly answer: "accept" | "reject" | null
  /** Epoch milliseconds. */
  readonly until: number
}

/**
 * @category constructors
 * @since 0.1.0
 */
export const make = (
  core: CloudCore,
  { accountWith, jsonBody }: CloudHttp,
  isCalling: (account: string) => boolean
) => {
  const number = accountWith("whatsapp_business_messaging")
  const calls = new Map<string, EmulatedCall>()
  const permissions = new Map<string, Permission>()
  const keyOf = (account: string, person: string) => `${account}\u0000${person}`
  const permissionOf = (account: string, person: string): Permission =>
    permissions.get(keyOf(account, person)) ?? { askedAt: [], answer: null, until: 0 }
  const newCallId = () => `wacid.${EmulatorFaults.hex("call", core.newId("call"), 32).toUpperCase()}`

  const tell = Effect.fnUntraced(function*(call: EmulatedCall, news: Readonly<Record<string, unknown>>) {
    const { displayPhoneNumber = "" } = core.account(call.account) ?? {}
    const { phone } = call.customer
    const isInbound = call.direction === "USER_INITIATED"
    yield* core.emit(call.account, {
      field: "calls",
      key: "calls",
      element: {
        id: call.id,
        ...(isInbound ? { from: phone, to: displayPhoneNumber } : { from: displayPhoneNumber, to: phone }),
        direction: call.direction,
        timestamp: String(Math.floor((yield* Clock.currentTimeMillis) / 1000)),
        ...news
      },
      contact: CloudPayload.contact(call.customer)
    })
  })

  const statusOf = (account: string, person: string, now: number) => {
    const { answer, askedAt, until } = permissionOf(account, person)
    if (answer === "accept") return until > now ? "granted" : "expired"
    return answer === null && askedAt.some((at) => now - at < 7 * day) ? "pending" : "denied"
  }

  const used = ({ askedAt }: Permission, now: number, span: number) => askedAt.filter((at) => now - at < span).length

  const mayAsk = (permission: Permission, now: number) =>
    asks.every(({ most, span }) => used(permission, now, span) < most)

  const readPermission: Handler = Effect.gen(function*() {
    const account = yield* number
    const { user_wa_id: person } = yield* HttpServerRequest.ParsedSearchParams
    if (!Predicate.isString(person) || person === "") {
      return yield* Effect.fail(Failure.make(100, "The parameter user_wa_id is required."))
    }
    if (!isCalling(account.id)) return yield* Effect.fail(Failure.make(10, "Not supported"))
    const now = yield* Clock.currentTimeMillis
    const permission = permissionOf(account.id, person)
    const status = statusOf(account.id, person, now)
    return HttpServerResponse.jsonUnsafe({
      messaging_product: "whatsapp",
      permission: {
        status,
        ...(status === "granted" ? { expiration_time: Math.floor(permission.until / 1000) } : undefined)
      },
      actions: [
        { action_name: "start_call", can_perform_action: status === "granted" },
        {
          action_name: "send_call_permission_request",
          can_perform_action: status !== "granted" && status !== "pending" && mayAsk(permission, now),
          limits: asks.map(({ most, period, span }) => ({
            time_period: period,
            current_usage: used(permission, now, span),
            max_allowed: most
          }))
        }
      ]
    })
  })

  const end = (call: EmulatedCall, state: "rejected" | "ended") =>
    Effect.gen(function*() {
      calls.set(call.id, { ...call, state })
      const seconds = Math.floor(((yield* Clock.currentTimeMillis) - call.startedAt) / 1000)
      yield* tell(call, {
        event: "terminate",
        status: call.state === "accepted" ? "COMPLETED" : "FAILED",
        ...(call.state === "accepted" ? { duration: Math.max(1, seconds) } : undefined)
      })
      return success
    })

  const connect = Effect.fnUntraced(function*(account: CloudAccount, to: string) {
    const now = yield* Clock.currentTimeMillis
    if (statusOf(account.id, to, now) !== "granted") {
      return yield* Effect.fail(Failure.make(138006, "No approved call permission from the recipient"))
    }
    const customer = { phone: to }
    const call: EmulatedCall = {
      id: newCallId(),
      account: account.id,
      customer,
      direction: "BUSINESS_INITIATED",
      state: "ringing",
      startedAt: now
    }
    calls.set(call.id, call)
    return HttpServerResponse.jsonUnsafe({ messaging_product: "whatsapp", calls: [{ id: call.id }] })
  })

  const manage: Handler = Effect.gen(function*() {
    const account = yield* number
    const { action, call_id: id, session, to } = yield* read(Requests.CallAction, yield* jsonBody)
    if (!isCalling(account.id)) return yield* Effect.fail(Failure.make(138000, "Calling is not enabled"))
    const required = (name: string) => Effect.fail(Failure.make(100, `The parameter ${name} is required.`))
    if (action !== "reject" && action !== "terminate" && session === undefined) return yield* required("session")
    if (action === "connect") return to === undefined ? yield* required("to") : yield* connect(account, to)
    if (id === undefined) return yield* required("call_id")
    const call = calls.get(id)
    const isOpen = call?.account === account.id && (call.state === "ringing" || call.state === "accepted")
    if (call === undefined || !isOpen) return yield* Effect.fail(Failure.make(100, "Invalid call id"))
    if (to !== undefined && to !== call.customer.phone) return yield* Effect.fail(Failure.make(100, "Invalid call id"))
    if (action === "terminate") return yield* end(call, "ended")
    if (call.state !== "ringing" || call.direction === "BUSINESS_INITIATED") {
      return yield* Effect.fail(Failure.make(100, "The call does not ring any more"))
    }
    if (action === "reject") return yield* end(call, "rejected")
    if (action === "accept") calls.set(id, { ...call, state: "accepted", startedAt: yield* Clock.currentTimeMillis })
    return success
  })

  /** Somebody calls a number that takes calls. */
  const customerCalls = Effect.fnUntraced(function*(account: string, customer: Emulator.Customer) {
    if (core.account(account) === undefined) return yield* Effect.fail(new Emulator.UnknownAccount({ account }))
    if (!isCalling(account)) {
      return yield* Effect.fail(new Emulator.InvalidControl({ reason: "The number takes no calls" }))
    }
    const startedAt = yield* Clock.currentTimeMillis
    const call: EmulatedCall = {
      id: newCallId(),
      account,
      customer,
      direction: "USER_INITIATED",
      state: "ringing",
      startedAt
    }
    calls.set(call.id, call)
    yield* tell(call, { event: "connect", session: { sdp_type: "offer", sdp: "v=0\r\n" } })
    return { callId: call.id }
  })

  /** Somebody who was asked answers whether the business may call. */
  const answers = Effect.fnUntraced(
    function*(account: string, customer: Emulator.Customer, response: "accept" | "reject") {
      const person = Emulator.customerKey(customer)
      const before = permissionOf(account, person)
      const now = yield* Clock.currentTimeMillis
      const until = now + 7 * day
      permissions.set(keyOf(account, person), { ...before, answer: response, until: response === "accept" ? until : 0 })
      yield* core.control.customerWrites({
        account,
        from: customer,
        content: {
          type: "native",
          message: {
            type: "interactive",
            interactive: {
              type: "call_permission_reply",
              call_permission_reply: {
                response,
                ...(response === "accept" ? { expiration_timestamp: Math.floor(until / 1000) } : undefined),
                response_source: "user_action"
              }
            }
          }
        }
      })
    }
  )

  /** A message that asks for calls, which may not come too often. */
  const ask = (account: CloudAccount, { native, to }: CloudSend, now: number): GraphFailure | undefined => {
    if (!Predicate.hasProperty(native["interactive"], "type")) return undefined
    if (native["interactive"].type !== "call_permission_request") return undefined
    if (!isCalling(account.id)) return Failure.make(138000, "Calling is not enabled")
    const permission = permissionOf(account.id, to.value)
    if (!mayAsk(permission, now)) return Failure.make(138009, "The person was asked too often")
    permissions.set(keyOf(account.id, to.value), {
      ...permission,
      askedAt: [...permission.askedAt, now],
      answer: permission.answer === "reject" ? null : permission.answer
    })
    return undefined
  }

  const routes: ReadonlyArray<Route> = [
    ["GET", "/:version/:id/call_permissions", readPermission],
    ["POST", "/:version/:id/calls", manage]
  ]

  return { routes, customerCalls, answers, ask, call: (id: string) => calls.get(id) }
}
