/**
 * Calls on the emulated WAHA server: customers ring, and the session refuses.
 *
 * @since 0.1.0
 */
import { Clock, Effect } from "effect"
import type { Layer } from "effect"
import { HttpRouter } from "effect/http"
import * as Emulator from "../Emulator.ts"
import * as EmulatorFaults from "../EmulatorFaults.ts"
import * as Http from "./WahaHttp.ts"
import * as Requests from "./WahaRequests.ts"
import type { WahaServer } from "./WahaServer.ts"
import type { WahaCall, WahaSession } from "./WahaSession.ts"

/** @category models @since 0.1.0 */
export interface CustomerCall {
  readonly account: string
  readonly from: Emulator.Customer
  readonly video?: boolean | undefined
  /** When it began, epoch milliseconds; now by default. */
  readonly timestamp?: number | undefined
}

/** @category models @since 0.1.0 */
export interface WahaCalls {
  /** A customer calls: the session is told, and rings. */
  readonly customerCalls: (
    call: CustomerCall
  ) => Effect.Effect<{ readonly callId: string }, Emulator.UnknownAccount>
}

const tell = ({ webhooks }: WahaServer, session: WahaSession, event: string, call: WahaCall, at: number) =>
  webhooks.emitWhenWorking(session, event, {
    id: call.id,
    from: call.from,
    timestamp: at / 1000,
    isVideo: call.video,
    isGroup: false,
    _data: {}
  }, { lane: call.from })

/**
 * @category constructors
 * @since 0.1.0
 */
export const make = (server: WahaServer): WahaCalls => ({
  customerCalls: Effect.fnUntraced(function*({ account, from, timestamp, video = false }) {
    const session = server.sessions.get(account)
    if (session === undefined) return yield* new Emulator.UnknownAccount({ account })
    const { lid, phone } = server.people.ofCustomer(from)
    const id = EmulatorFaults.hex("call", server.chats.newMessageId(), 32).toUpperCase()
    const call: WahaCall = {
      id,
      from: session.addressing === "lid" || phone === undefined ? `${lid}@lid` : `${phone}@c.us`,
      video,
      status: "ringing"
    }
    session.calls.set(id, call)
    yield* tell(server, session, "call.received", call, timestamp ?? (yield* Clock.currentTimeMillis))
    return { callId: id }
  })
})

/**
 * `POST /api/{session}/calls/reject`. As WhatsApp itself, it takes whatever it is told, and nothing comes of what rings
 * no more.
 *
 * @category layers
 * @since 0.1.0
 */
export const routes = (server: WahaServer): Layer.Layer<never, never, HttpRouter.HttpRouter> =>
  HttpRouter.use(Effect.fnUntraced(function*(router) {
    const decode = Http.decode(Requests.bodies.call)
    yield* router.add(
      "POST",
      "/api/:session/calls/reject",
      Http.guarded(
        server,
        201,
        Effect.fnUntraced(function*(request) {
          const { from, id } = yield* decode(request)
          const session = yield* Http.workingSession(server, request)
          yield* server.control.ledger.append({
            account: session.name,
            direction: "other",
            to: server.chats.customerOf(from),
            outcome: "call_rejected",
            raw: request.body
          })
          const call = session.calls.get(id)
          if (call?.from !== from || call.status !== "ringing") return undefined
          session.calls.set(id, { ...call, status: "rejected" })
          yield* tell(server, session, "call.rejected", call, yield* Clock.currentTimeMillis)
          return undefined
        })
      )
    )
  }))
