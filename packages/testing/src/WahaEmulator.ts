/**
 * An emulator of a WAHA server (WhatsApp HTTP API): its REST API, its sessions with their states, its signed webhooks,
 * the phones of the customers, and faults on demand. Everything is in memory. An account of the control routes is a
 * session.
 *
 * As WAHA does, it shows customers under their hidden LID, takes a reserved message id once however often it is sent,
 * and drops the id where the API documents none.
 *
 * @since 0.1.0
 */
import { NodeHttpClient } from "@effect/platform-node"
import { Context, Effect, Layer } from "effect"
import * as Emulator from "./Emulator.ts"
import * as EmulatorFaults from "./EmulatorFaults.ts"
import * as AuthRoutes from "./waha/WahaAuthRoutes.ts"
import * as Calls from "./waha/WahaCalls.ts"
import * as GroupRoutes from "./waha/WahaGroupRoutes.ts"
import * as ManageRoutes from "./waha/WahaManageRoutes.ts"
import * as ReadRoutes from "./waha/WahaReadRoutes.ts"
import * as SendRoutes from "./waha/WahaSendRoutes.ts"
import * as SocketRoutes from "./waha/WahaSocketRoutes.ts"
import * as Http from "./waha/WahaHttp.ts"
import * as WahaServer from "./waha/WahaServer.ts"
import type { AccountInput, WahaSession } from "./waha/WahaSession.ts"

/**
 * @category models
 * @since 0.1.0
 */
export interface Options extends WahaServer.Options {
  /** Any free one by default. */
  readonly port?: number | undefined
  readonly host?: string | undefined
}

/**
 * The running emulator: also a `Control`, as on HTTP under `/_emulator`.
 *
 * @category services
 * @since 0.1.0
 */
export class WahaEmulator extends Context.Service<
  WahaEmulator,
  & Emulator.Control
  & Pick<Emulator.Listening, "url" | "port" | "kill" | "revive">
  & {
    /** Configures the session; what is left out stays as it was. */
    readonly setAccount: (session: string, input: AccountInput) => Effect.Effect<void>
    readonly account: (session: string) => WahaSession | undefined
    readonly customerCalls: Calls.WahaCalls["customerCalls"]
    /** A customer begins to write, or stops: whoever follows them is told. */
    readonly customerTypes: WahaServer.WahaServer["chats"]["customerTypes"]
    /** Puts faults in force; what is left out goes back to its default. */
    readonly setFaults: (faults: EmulatorFaults.FaultsInput) => Effect.Effect<void>
    /** Waits until every acknowledgement was made and every webhook answered. */
    readonly idle: Effect.Effect<void>
  }
>()("@wicara/testing/WahaEmulator") {
  static readonly layer = (options: Options = {}): Layer.Layer<WahaEmulator> =>
    Layer.effect(WahaEmulator, make(options)).pipe(Layer.provide(NodeHttpClient.layerUndici))
}

const make = Effect.fnUntraced(function*(options: Options) {
  const server = yield* WahaServer.make(options)
  const { control, sessions } = server
  const listening = yield* Emulator.serve(
    Layer.mergeAll(
      SendRoutes.routes(server),
      ReadRoutes.routes(server),
      ManageRoutes.routes(server),
      AuthRoutes.routes(server),
      Calls.routes(server),
      GroupRoutes.routes(server),
      SocketRoutes.routes(server),
      Http.unknownPath,
      Emulator.routes(control)
    ),
    options
  )
  server.listensAt(listening.url)
  return WahaEmulator.of({
    ...control,
    ...listening,
    setAccount: (session, input) => Effect.orDie(sessions.configure(session, input)),
    account: sessions.get,
    customerCalls: Calls.make(server).customerCalls,
    customerTypes: server.chats.customerTypes,
    setFaults: (faults) => Effect.sync(() => control.faults.set(EmulatorFaults.faults(faults))),
    idle: control.deliveries.idle
  })
})
