/**
 * What every provider emulator shares: the ledger of what it received, what a customer can do, and the control routes
 * under `/_emulator` through which tests, the demo and simulations drive it. The faults it can be told to make are in
 * `EmulatorFaults`, the customers' phones in `EmulatorPhones`, its webhooks in `WebhookDelivery`.
 *
 * An emulator implements `Control`; `routes` puts it on HTTP, and `serve` listens in a way that can be killed.
 *
 * @since 0.1.0
 */
import { NodeHttpServer, NodeWS } from "@effect/platform-node"
import { Clock, Effect, Layer, Result, Schema, Stream } from "effect"
import type { Scope } from "effect"
import { Sse } from "effect/encoding"
import {
  HttpClient,
  HttpClientRequest,
  HttpClientResponse,
  HttpRouter,
  HttpServerError,
  HttpServerRequest,
  HttpServerResponse
} from "effect/http"
import * as Http from "node:http"
import type { AddressInfo } from "node:net"
import { Faults } from "./EmulatorFaults.ts"
import type { FaultState } from "./EmulatorFaults.ts"
import type { PhoneEvent, Phones } from "./EmulatorPhones.ts"
import type { WebhookDelivery } from "./WebhookDelivery.ts"

/**
 * One thing the emulator saw or did, in order. `send`: a message it was asked to send, accepted or refused; `webhook`:
 * one attempt to deliver; `other`: read receipts, typing, control.
 *
 * @category models
 * @since 0.1.0
 */
export const LedgerEntry = Schema.Struct({
  seq: Schema.Int,
  /** Epoch milliseconds. */
  at: Schema.Int,
  account: Schema.String,
  direction: Schema.Literals(["send", "webhook", "other"]),
  to: Schema.optionalKey(Schema.String),
  text: Schema.optionalKey(Schema.String),
  /** The id the sender gave: callback data, or the reserved message id. */
  clientMessageId: Schema.optionalKey(Schema.String),
  providerMessageId: Schema.optionalKey(Schema.String),
  /** `accepted`, `refused:<code>`, `delivered`, `dropped`, `lost`, `failed:<status or reason>`, `read`, `typing` … */
  outcome: Schema.String,
  raw: Schema.Unknown
}).annotate({ identifier: "LedgerEntry" })
/** @since 0.1.0 */
export type LedgerEntry = typeof LedgerEntry.Type

/**
 * @category models
 * @since 0.1.0
 */
export interface Ledger {
  readonly append: (entry: Omit<LedgerEntry, "seq" | "at">) => Effect.Effect<LedgerEntry>
  /** Entries after the sequence number, oldest first. */
  readonly after: (seq: number, limit: number) => ReadonlyArray<LedgerEntry>
  /** Every entry, oldest first. */
  readonly all: () => ReadonlyArray<LedgerEntry>
}

/**
 * @category constructors
 * @since 0.1.0
 */
export const makeLedger = (): Ledger => {
  const entries: Array<LedgerEntry> = []
  return {
    append: (entry) =>
      Effect.map(Clock.currentTimeMillis, (at) => {
        const made: LedgerEntry = { seq: entries.length + 1, at, ...entry }
        entries.push(made)
        return made
      }),
    after: (seq, limit) => entries.slice(Math.max(0, seq), Math.max(0, seq) + limit),
    all: () => entries
  }
}

/**
 * The customer who writes: by phone number (digits), by another id of the provider (BSUID, LID), or both.
 *
 * @category models
 * @since 0.1.0
 */
export const Customer = Schema.Struct({
  phone: Schema.optionalKey(Schema.String),
  id: Schema.optionalKey(Schema.String),
  name: Schema.optionalKey(Schema.String),
  username: Schema.optionalKey(Schema.String)
}).check(
  Schema.makeFilter((customer) => customer.phone !== undefined || customer.id !== undefined || "a phone or an id")
)
/** @since 0.1.0 */
export type Customer = typeof Customer.Type

/** What a customer is filed under: their phone number, else their id. @category getters @since 0.1.0 */
export const customerKey = (customer: Customer): string => customer.phone ?? customer.id ?? ""

const fileFields = {
  mimeType: Schema.optionalKey(Schema.String),
  fileName: Schema.optionalKey(Schema.String),
  caption: Schema.optionalKey(Schema.String),
  /** The bytes, base64; a few invented ones when absent. */
  data: Schema.optionalKey(Schema.String)
}

/**
 * What a customer can do on the phone. `native` is the provider's own message object, for kinds not named here.
 *
 * @category models
 * @since 0.1.0
 */
export const CustomerContent = Schema.Union([
  Schema.Struct({ type: Schema.Literal("text"), text: Schema.String }),
  Schema.Struct({ type: Schema.Literals(["image", "video", "document", "sticker"]), ...fileFields }),
  Schema.Struct({ type: Schema.Literal("audio"), voice: Schema.optionalKey(Schema.Boolean), ...fileFields }),
  Schema.Struct({
    type: Schema.Literal("location"),
    latitude: Schema.Number,
    longitude: Schema.Number,
    name: Schema.optionalKey(Schema.String),
    address: Schema.optionalKey(Schema.String)
  }),
  Schema.Struct({
    type: Schema.Literal("contacts"),
    contacts: Schema.Array(Schema.Struct({ name: Schema.String, phone: Schema.String }))
  }),
  Schema.Struct({ type: Schema.Literal("button_reply"), id: Schema.String, title: Schema.String }),
  Schema.Struct({
    type: Schema.Literal("list_reply"),
    id: Schema.String,
    title: Schema.String,
    description: Schema.optionalKey(Schema.String)
  }),
  Schema.Struct({
    type: Schema.Literal("reaction"),
    messageId: Schema.String,
    emoji: Schema.NullOr(Schema.String)
  }),
  Schema.Struct({ type: Schema.Literal("edit"), messageId: Schema.String, text: Schema.String }),
  Schema.Struct({ type: Schema.Literal("revoke"), messageId: Schema.String }),
  Schema.Struct({
    type: Schema.Literal("poll"),
    question: Schema.String,
    options: Schema.Array(Schema.String),
    multiple: Schema.optionalKey(Schema.Boolean)
  }),
  // The whole choice in a poll; none takes it back.
  Schema.Struct({ type: Schema.Literal("vote"), messageId: Schema.String, options: Schema.Array(Schema.String) }),
  Schema.Struct({ type: Schema.Literal("native"), message: Schema.Record(Schema.String, Schema.Unknown) })
])
/** @since 0.1.0 */
export type CustomerContent = typeof CustomerContent.Type

const said = {
  account: Schema.String,
  content: Schema.Union([Schema.String, CustomerContent]),
  /** The provider's id for the message; made when absent. The same id again is the same message again. */
  messageId: Schema.optionalKey(Schema.String),
  /** Epoch milliseconds; now when absent. */
  timestamp: Schema.optionalKey(Schema.Int),
  replyTo: Schema.optionalKey(Schema.String)
}

/** A customer writes to an account. @category models @since 0.1.0 */
export const CustomerMessage = Schema.Struct({ ...said, from: Customer })
/** @since 0.1.0 */
export type CustomerMessage = typeof CustomerMessage.Type

/** Someone of the business writes on its own phone. @category models @since 0.1.0 */
export const EchoMessage = Schema.Struct({ ...said, to: Customer })
/** @since 0.1.0 */
export type EchoMessage = typeof EchoMessage.Type

/** What was said, as content. @category conversions @since 0.1.0 */
export const contentOf = (message: CustomerMessage | EchoMessage): CustomerContent =>
  typeof message.content === "string" ? { type: "text", text: message.content } : message.content

/** What a content says in words, empty when it has none. @category conversions @since 0.1.0 */
export const textOf = (content: CustomerContent): string => {
  switch (content.type) {
    case "text":
    case "edit":
      return content.text
    case "button_reply":
    case "list_reply":
      return content.title
    case "reaction":
      return content.emoji ?? ""
    case "location":
      return content.name ?? ""
    case "contacts":
      return content.contacts.map(({ name }) => name).join(", ")
    case "vote":
      return content.options.join(", ")
    case "poll":
      return content.question
    case "revoke":
    case "native":
      return ""
    default:
      return content.caption ?? ""
  }
}

/** The account is not configured here. @category errors @since 0.1.0 */
export class UnknownAccount extends Schema.TaggedError<UnknownAccount>()("UnknownAccount", {
  account: Schema.String
}) {}

/** The request to the emulator makes no sense. @category errors @since 0.1.0 */
export class InvalidControl extends Schema.TaggedError<InvalidControl>()("InvalidControl", {
  reason: Schema.String
}) {}

/**
 * What the control routes drive: implemented by each emulator.
 *
 * @category models
 * @since 0.1.0
 */
export interface Control {
  /** `whatsapp_cloud`, `waha`. */
  readonly name: string
  /** A customer writes; gives the provider's id of the message. */
  readonly customerWrites: (
    message: CustomerMessage
  ) => Effect.Effect<{ readonly providerMessageId: string }, UnknownAccount | InvalidControl>
  /** The business writes on its own phone. */
  readonly businessWrites: (
    message: EchoMessage
  ) => Effect.Effect<{ readonly providerMessageId: string }, UnknownAccount | InvalidControl>
  /** Configures an account; the body is the emulator's own (token, secret, webhook address). */
  readonly configure: (account: string, body: unknown) => Effect.Effect<void, InvalidControl>
  readonly faults: FaultState
  readonly ledger: Ledger
  readonly phones: Phones
  readonly deliveries: WebhookDelivery
}

const decodeBody = <A, I>(schema: Schema.Codec<A, I>) =>
  HttpServerRequest.schemaBodyJson(schema).pipe(
    Effect.mapError((error) => new InvalidControl({ reason: error.message }))
  )

/**
 * A control route's answer: JSON, 204 without a body, 404 for an unknown account, 400 for a request without sense.
 *
 * @category conversions
 * @since 0.1.0
 */
export const answered = <R>(effect: Effect.Effect<unknown, UnknownAccount | InvalidControl, R>) =>
  effect.pipe(
    Effect.map((body) => body === undefined ? HttpServerResponse.empty() : HttpServerResponse.jsonUnsafe(body)),
    Effect.catchTags({
      UnknownAccount: ({ account }) =>
        Effect.succeed(HttpServerResponse.jsonUnsafe({ error: `no account "${account}"` }, { status: 404 })),
      InvalidControl: ({ reason }) => Effect.succeed(HttpServerResponse.jsonUnsafe({ error: reason }, { status: 400 }))
    })
  )

const query = Effect.map(HttpServerRequest.ParsedSearchParams, (params) => (name: string) => {
  const value = params[name]
  return Array.isArray(value) ? value[0] : value
})

const integer = (text: string | undefined, byDefault: number) => {
  const value = Number(text ?? byDefault)
  return Number.isSafeInteger(value) && value >= 0 ? value : byDefault
}

/**
 * The control routes of an emulator, under `/_emulator`:
 *
 * - `POST messages` a customer writes; `POST echoes` the business writes on its phone; both answer `{ providerMessageId }`
 * - `GET ledger?after=&limit=&account=&direction=` → `{ data, next }`
 * - `GET chats/{customer}?account=` → `{ customer, bubbles }`
 * - `GET events?account=&customer=` server-sent `PhoneEvent`s, starting with `ready`
 * - `GET faults`, `PUT faults` (what is left out goes back to its default)
 * - `PUT accounts/{id}`
 * - `GET deliveries` the counts of webhook deliveries; `POST idle` answers when none is pending
 *
 * @category layers
 * @since 0.1.0
 */
export const routes = (control: Control): Layer.Layer<never, never, HttpRouter.HttpRouter> =>
  HttpRouter.use(Effect.fnUntraced(function*(router) {
    yield* router.add(
      "POST",
      "/_emulator/messages",
      answered(Effect.flatMap(decodeBody(CustomerMessage), control.customerWrites))
    )
    yield* router.add(
      "POST",
      "/_emulator/echoes",
      answered(Effect.flatMap(decodeBody(EchoMessage), control.businessWrites))
    )
    yield* router.add(
      "GET",
      "/_emulator/ledger",
      answered(Effect.map(query, (param) => {
        const limit = Math.min(integer(param("limit"), 1000), 10_000)
        const page = control.ledger.after(integer(param("after"), 0), limit)
        const account = param("account")
        const direction = param("direction")
        return {
          data: page.filter((entry) =>
            (account === undefined || entry.account === account) &&
            (direction === undefined || entry.direction === direction)
          ),
          next: page.length < limit ? null : page[page.length - 1]?.seq ?? null
        }
      }))
    )
    yield* router.add(
      "GET",
      "/_emulator/chats/:customer",
      answered(Effect.gen(function*() {
        const param = yield* query
        const { customer = "" } = yield* HttpRouter.params
        return { customer, bubbles: control.phones.chat(customer, param("account")) }
      }))
    )
    yield* router.add(
      "GET",
      "/_emulator/events",
      Effect.map(query, (param) => {
        const account = param("account")
        const customer = param("customer")
        const events = Stream.fromPubSub(control.phones.events).pipe(
          Stream.filter((event) =>
            (account === undefined || event.account === account) &&
            (customer === undefined || event.customer === customer)
          ),
          Stream.map((event) =>
            Sse.encoder.write({ _tag: "Event", id: undefined, event: event.type, data: toJson(event) })
          )
        )
        return HttpServerResponse.stream(
          Stream.merge(
            Stream.make(Sse.encoder.write({ _tag: "Event", id: undefined, event: "ready", data: "{}" })),
            events
          )
            .pipe(Stream.encodeText),
          { contentType: "text/event-stream", headers: { "cache-control": "no-store" } }
        )
      })
    )
    yield* router.add("GET", "/_emulator/faults", answered(Effect.sync(() => control.faults.current())))
    yield* router.add(
      "PUT",
      "/_emulator/faults",
      answered(Effect.map(decodeBody(Faults), (next) => {
        control.faults.set(next)
        return next
      }))
    )
    yield* router.add(
      "PUT",
      "/_emulator/accounts/:id",
      answered(Effect.gen(function*() {
        const { id = "" } = yield* HttpRouter.params
        return yield* control.configure(id, yield* decodeBody(Schema.Unknown))
      }))
    )
    yield* router.add("GET", "/_emulator/deliveries", answered(Effect.sync(() => control.deliveries.stats())))
    yield* router.add("POST", "/_emulator/idle", answered(Effect.as(control.deliveries.idle, { idle: true })))
  }))

const toJson = (event: PhoneEvent): string =>
  Result.getOrElse(Schema.encodeUnknownResult(Schema.fromJsonString(Schema.Unknown))(event), () => "{}")

/**
 * A client that calls routes in this process, without a socket: in virtual time, and many times faster. Faults that cut the
 * connection have no connection to cut here; make them in the client.
 *
 * @category constructors
 * @since 0.1.0
 */
export const inProcess = Effect.fnUntraced(function*(
  routes: Layer.Layer<never, never, HttpRouter.HttpRouter>
): Effect.fn.Return<HttpClient.HttpClient, never, Scope.Scope> {
  const app = yield* HttpRouter.toHttpEffect(routes)
  return HttpClient.make((request) =>
    Effect.gen(function*() {
      const incoming = yield* Effect.orDie(HttpClientRequest.toWeb(request))
      const response = yield* app.pipe(
        Effect.provideService(HttpServerRequest.HttpServerRequest, HttpServerRequest.fromWeb(incoming)),
        Effect.catchCause((cause) => Effect.map(HttpServerError.causeResponse(cause), ([response]) => response)),
        Effect.scoped
      )
      return HttpClientResponse.fromWeb(request, HttpServerResponse.toWeb(response))
    })
  )
})

const Kill = Schema.Struct({ forMillis: Schema.Number.check(Schema.isGreaterThanOrEqualTo(0)) })

/**
 * A listening emulator.
 *
 * @category models
 * @since 0.1.0
 */
export interface Listening {
  readonly port: number
  /** Without a trailing slash. */
  readonly url: string
  /** Stops listening and cuts every connection, like a process that was killed; what was received stays. */
  readonly kill: Effect.Effect<void>
  /** Listens again on the same port. */
  readonly revive: Effect.Effect<void>
}

/**
 * Serves routes on a port of its own (any free one by default), so that it can be killed and revived: from the inside,
 * or with `POST /_emulator/kill` and `{ "forMillis": n }`.
 *
 * @category constructors
 * @since 0.1.0
 */
export const serve = Effect.fnUntraced(function*(
  routes: Layer.Layer<never, never, HttpRouter.HttpRouter>,
  options: { readonly port?: number | undefined; readonly host?: string | undefined } = {}
): Effect.fn.Return<Listening, never, Scope.Scope> {
  const host = options.host ?? "127.0.0.1"
  const scope = yield* Effect.scope
  let server: Http.Server | undefined
  const listen = (port: number) =>
    Effect.callback<number>((resume) => {
      const made = Http.createServer({ keepAliveTimeout: 30_000 }, handler)
      server = made
      made.on("upgrade", upgraded)
      made.once("error", (error) => resume(Effect.die(error)))
      made.listen(port, host, () => resume(Effect.succeed((made.address() as AddressInfo).port)))
    })
  const kill = Effect.callback<void>((resume) => {
    const running = server
    server = undefined
    if (running === undefined) return resume(Effect.void)
    running.close(() => resume(Effect.void))
    running.closeAllConnections()
    // Those are no connections of the server's any more.
    for (const socket of sockets.clients) socket.terminate()
  })
  const revive = Effect.suspend(() => server === undefined ? Effect.asVoid(listen(port)) : Effect.void)
  const away = HttpRouter.add(
    "POST",
    "/_emulator/kill",
    answered(Effect.flatMap(decodeBody(Kill), ({ forMillis }) =>
      // A moment later, so that this answer still leaves.
      Effect.sleep(20).pipe(
        Effect.andThen(kill),
        Effect.andThen(Effect.sleep(forMillis)),
        Effect.andThen(revive),
        Effect.forkIn(scope),
        Effect.as({ killedFor: forMillis })
      )))
  )
  const app = yield* HttpRouter.toHttpEffect(Layer.merge(routes, away))
  const handler = yield* NodeHttpServer.makeHandler(app, { scope })
  const sockets = new NodeWS.WebSocketServer({ noServer: true })
  const upgraded = yield* NodeHttpServer.makeUpgradeHandler(Effect.succeed(sockets), app, { scope })
  const port = yield* listen(options.port ?? 0)
  yield* Effect.addFinalizer(() => kill)
  return {
    port,
    url: `http://${host.includes(":") ? `[${host}]` : host}:${port}`,
    kill,
    revive
  }
})
