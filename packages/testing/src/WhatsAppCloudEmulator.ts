/**
 * An emulator of the WhatsApp Cloud API: the Graph endpoints that a business calls, the webhooks that it gets, the phones
 * of its customers, and faults on demand. Everything is in memory; one seed gives one run.
 *
 * @since 0.1.0
 */
import { NodeHttpClient } from "@effect/platform-node"
import { Context, Effect, Layer } from "effect"
import { SecureRandom } from "effect/crypto"
import * as Emulator from "./Emulator.ts"
import * as EmulatorFaults from "./EmulatorFaults.ts"
import type { AccountInput } from "./whatsapp-cloud/CloudAccount.ts"
import * as CloudCore from "./whatsapp-cloud/CloudCore.ts"
import * as CloudRoutes from "./whatsapp-cloud/CloudRoutes.ts"

/**
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** Any free one by default. */
  readonly port?: number | undefined
  readonly host?: string | undefined
  /** Equal seeds give equal ids and faults; by default another one for every start, so that ids never meet again. */
  readonly seed?: string | undefined
  /** By phone number id. */
  readonly accounts?: Readonly<Record<string, AccountInput>> | undefined
  readonly faults?: EmulatorFaults.FaultsInput | undefined
  readonly delivery?: CloudCore.Options["delivery"]
}

/**
 * The running emulator: also a `Control`, as on HTTP under `/_emulator`.
 *
 * @category services
 * @since 0.1.0
 */
export class WhatsAppCloudEmulator extends Context.Service<
  WhatsAppCloudEmulator,
  & Emulator.Control
  & Pick<
    CloudCore.CloudCore,
    "account" | "handshake" | "webhook" | "preference" | "requests" | "template" | "templates"
  >
  & Pick<Emulator.Listening, "url" | "port" | "kill" | "revive">
  & {
    /** Configures the account with the phone number id; what is left out stays as it was. */
    readonly setAccount: (id: string, input: AccountInput) => Effect.Effect<void>
    /** Puts faults in force; what is left out goes back to its default. */
    readonly setFaults: (faults: EmulatorFaults.FaultsInput) => Effect.Effect<void>
    /** Waits until every status was sent and every webhook acknowledged. */
    readonly idle: Effect.Effect<void>
  }
>()("@wicara/testing/WhatsAppCloudEmulator") {
  static readonly layer = (options: Options = {}): Layer.Layer<WhatsAppCloudEmulator> =>
    Layer.effect(WhatsAppCloudEmulator, make(options)).pipe(Layer.provide(NodeHttpClient.layerUndici))
}

const make = Effect.fnUntraced(function*(options: Options) {
  const core = yield* CloudCore.make({
    seed: options.seed ?? SecureRandom.uuidV7Unsafe(),
    faults: options.faults,
    delivery: options.delivery
  })
  for (const [id, input] of Object.entries(options.accounts ?? {})) yield* core.configure(id, input)
  const listening = yield* Emulator.serve(CloudRoutes.layer(core), options)
  core.listensAt(listening.url)
  return WhatsAppCloudEmulator.of({
    ...core.control,
    ...listening,
    account: core.account,
    handshake: core.handshake,
    webhook: core.webhook,
    preference: core.preference,
    requests: core.requests,
    template: core.template,
    templates: core.templates,
    setAccount: (id, input) => Effect.asVoid(core.configure(id, input)),
    setFaults: (faults) => Effect.sync(() => core.control.faults.set(EmulatorFaults.faults(faults))),
    idle: core.control.deliveries.idle
  })
})
