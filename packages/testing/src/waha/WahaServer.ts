/**
 * The emulated WAHA server, put together: its sessions, chats and webhooks, without HTTP.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import type { Scope } from "effect"
import { SecureRandom } from "effect/crypto"
import type { HttpClient } from "effect/http"
import * as Emulator from "../Emulator.ts"
import * as EmulatorFaults from "../EmulatorFaults.ts"
import * as EmulatorPhones from "../EmulatorPhones.ts"
import * as WebhookDelivery from "../WebhookDelivery.ts"
import * as Chats from "./WahaChats.ts"
import * as People from "./WahaPeople.ts"
import type { AccountInput } from "./WahaSession.ts"
import * as Sessions from "./WahaSessions.ts"
import * as Webhooks from "./WahaWebhooks.ts"

/**
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** Equal seeds give equal ids and faults; by default another one for every start, so that ids never meet again. */
  readonly seed?: string | undefined
  /** The server's own key, which opens every session; `waha-key` by default. */
  readonly apiKey?: string | undefined
  /** Sessions to start with, by name. */
  readonly accounts?: Readonly<Record<string, AccountInput>> | undefined
  readonly faults?: EmulatorFaults.FaultsInput | undefined
  /** The address in media links: where it listens, unless told otherwise. */
  readonly publicUrl?: string | undefined
  /** Milliseconds until a file is deleted; 180 s by default. */
  readonly mediaLifetime?: number | undefined
  /** Milliseconds that a session takes to start; 50 by default. */
  readonly startDelay?: number | undefined
  /** Milliseconds that each QR code lives; 60 s and then five times 20 s by default, after which the session fails. */
  readonly qrLifetimes?: ReadonlyArray<number> | undefined
  /** The wait before webhook attempt `n`, for webhooks without a policy of their own. */
  readonly retryAfter?: WebhookDelivery.Options["retryAfter"]
  readonly concurrency?: number | undefined
  /** Refuses what is not documented, as with `WAHA_HTTP_STRICT_MODE`; on by default. Off: it is ignored, as WAHA does. */
  readonly strict?: boolean | undefined
  /** What the server is started with: `WHATSAPP_HOOK_URL` adds a webhook to every session, as WAHA's does. */
  readonly environment?: Readonly<Record<string, string>> | undefined
}

/**
 * @category models
 * @since 0.1.0
 */
export interface WahaServer {
  readonly control: Emulator.Control
  readonly people: People.People
  readonly sessions: Sessions.WahaSessions
  readonly chats: Chats.WahaChats
  readonly webhooks: Webhooks.WahaWebhooks
  /** Milliseconds until a file is deleted. */
  readonly mediaLifetime: number
  readonly environment: Readonly<Record<string, string>>
  /** Whether what is not documented is refused. */
  readonly strict: boolean
  /** The address in media links from now on. */
  readonly listensAt: (url: string) => void
}

/**
 * @category constructors
 * @since 0.1.0
 */
export const make = Effect.fnUntraced(function*(
  options: Options = {}
): Effect.fn.Return<WahaServer, never, HttpClient.HttpClient | Scope.Scope> {
  const seed = options.seed ?? SecureRandom.uuidV7Unsafe()
  const random = EmulatorFaults.random(seed)
  const ledger = Emulator.makeLedger()
  const faults = EmulatorFaults.makeFaultState(random, options.faults)
  const phones = yield* EmulatorPhones.make
  const { concurrency, retryAfter } = options
  const deliveries = yield* WebhookDelivery.make({ faults, ledger, retryAfter, concurrency })
  const people = People.make()
  const environment = options.environment ?? {}
  const webhooks = Webhooks.make(deliveries, random, environment)
  const sessions = yield* Sessions.make(webhooks, people, {
    apiKey: options.apiKey ?? "waha-key",
    startDelay: options.startDelay ?? 50,
    qrLifetimes: options.qrLifetimes ?? [60_000, 20_000, 20_000, 20_000, 20_000, 20_000]
  })
  let url = options.publicUrl ?? "http://localhost:3000"
  const chats = yield* Chats.make({ seed, publicUrl: () => url, people, sessions, webhooks, faults, ledger, phones })
  yield* Effect.forEach(
    Object.entries(options.accounts ?? {}),
    ([name, input]) => Effect.orDie(sessions.configure(name, input)),
    { discard: true }
  )
  return {
    control: {
      name: "waha",
      customerWrites: chats.customerWrites,
      businessWrites: chats.businessWrites,
      configure: sessions.configure,
      faults,
      ledger,
      phones,
      deliveries: { ...deliveries, idle: Effect.andThen(chats.settled, deliveries.idle) }
    },
    people,
    sessions,
    chats,
    webhooks,
    environment,
    strict: options.strict ?? true,
    mediaLifetime: options.mediaLifetime ?? 180_000,
    listensAt: (address) => {
      url = options.publicUrl ?? address
    }
  }
})
