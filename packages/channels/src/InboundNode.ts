/**
 * Providers' deliveries on Node's own HTTP server, beside any framework: a handler of the kind that Express, Connect and
 * `node:http` know. It does what `InboundHttp` does, by the same rules, for about half of what a delivery costs there.
 *
 * @since 0.1.0
 */
import { Cause, Clock, Effect, Exit, Fiber, Option, Tracer } from "effect"
import type { Scope } from "effect"
import type { IncomingHttpHeaders, IncomingMessage, RequestListener, Server, ServerResponse } from "node:http"
import * as Id from "@wicara/core/Id"
import { typeUri } from "@wicara/core/Problem"
import * as RequestId from "@wicara/core/RequestId"
import * as RequestOrigin from "@wicara/core/RequestOrigin"
import type { ChannelAccounts } from "./ChannelAccounts.ts"
import type { InboundEvents, IncomingEvent } from "./InboundEvents.ts"
import { makeEventIds } from "./internal/eventIds.ts"
import * as Delivery from "./internal/inboundDelivery.ts"
import { passOn } from "./internal/passedOn.ts"
import { arrived, fromNode, unwatch, watch } from "./internal/readBody.ts"

/**
 * Answers `GET` and `POST /v1/inbound/{channelAccountId}` and leaves every other request to `next`.
 *
 * @category models
 * @since 0.1.0
 */
export type Handler = (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void) => void

/**
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** What every answer has besides its own headers. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** The proxies whose word is taken for where a request came from (those on this machine). */
  readonly trustedProxies?: RequestOrigin.TrustedProxies | undefined
}

const idLength = 36
const query = 0x3f
const canonical = /^[0-9a-f-]+$/

/** The account that is named by a path in its one spelling. Whatever else leads somewhere is the router's business. */
const accountIdOf = (url: string): string | undefined => {
  const end = Delivery.prefix.length + idLength
  if (!url.startsWith(Delivery.prefix) || (url.length > end && url.charCodeAt(end) !== query)) return undefined
  const id = url.slice(Delivery.prefix.length, end)
  return id.length === idLength && canonical.test(id) ? id : undefined
}

/** Only cookies may come as a list. */
const isPlain = (
  headers: IncomingHttpHeaders
): headers is IncomingHttpHeaders & Readonly<Record<string, string | undefined>> => headers["set-cookie"] === undefined

const plain = (headers: IncomingHttpHeaders): Readonly<Record<string, string | undefined>> => {
  if (isPlain(headers)) return headers
  const { "set-cookie": _, ...rest } = headers
  return plain(rest)
}

interface Ways {
  /** What is not acknowledged. */
  readonly refuse: (
    request: IncomingMessage,
    response: ServerResponse,
    cause: Cause.Cause<Delivery.Refused>,
    next: (error?: unknown) => void
  ) => void
  readonly handshakes: boolean
}

const makeWith = Effect.fnUntraced(function*(options: Options, ways: Ways) {
  const delivery = yield* Delivery.make
  const clock = yield* Clock.Clock
  const run = Effect.runForkWith(yield* Effect.context<never>())
  const answers = makeAnswers(options, clock)
  const fibers = new Set<Fiber.Fiber<void, Delivery.Refused>>()
  let isClosed = false

  const begin = (
    request: IncomingMessage,
    response: ServerResponse,
    next: (error?: unknown) => void,
    effect: Effect.Effect<void, Delivery.Refused>
  ) => {
    const fiber = run(effect)
    const ended = (exit: Exit.Exit<void, Delivery.Refused>) => {
      fibers.delete(fiber)
      if (Exit.isSuccess(exit) || response.destroyed || response.headersSent) return
      if (Cause.hasInterruptsOnly(exit.cause)) answers.unavailable(request, response)
      else ways.refuse(request, response, exit.cause, next)
    }
    const exit = fiber.pollUnsafe()
    if (exit !== undefined) return ended(exit)
    fibers.add(fiber)
    fiber.addObserver(ended)
  }

  // Whoever stores it also acknowledges it: no interruption may come between.
  const store = (request: IncomingMessage, response: ServerResponse) => (event: IncomingEvent) =>
    Effect.uninterruptible(Effect.map(delivery.store(event), () => answers.acknowledge(request, response)))

  // Whose body is still on its way is told to come again; what is being stored is stored, and acknowledged.
  yield* Effect.addFinalizer(() =>
    Effect.suspend(() => {
      isClosed = true
      return Fiber.interruptAll([...fibers])
    })
  )

  const handler: Handler = (request, response, next) => {
    const { method, url = "" } = request
    const id = method === "POST" || (ways.handshakes && method === "GET") ? accountIdOf(url) : undefined
    if (id === undefined) return next()
    if (isClosed) return answers.unavailable(request, response)
    const headers = plain(request.headers)
    if (method === "GET") {
      return begin(
        request,
        response,
        next,
        Effect.map(delivery.handshake(id, { headers, url }), (text) => answers.text(request, response, text))
      )
    }
    if (request.readableDidRead) {
      return next(new Error("The body of a webhook was read before its signature was checked: put this handler first."))
    }
    process.nextTick(() => {
      if (isClosed) return answers.unavailable(request, response)
      const whole = arrived(request, Delivery.maxBodyBytes)
      const body = whole === undefined ? fromNode(request, Delivery.maxBodyBytes) : Effect.succeed(whole)
      const accepted = delivery.accept(id, { headers, url, body })
      begin(request, response, next, Effect.flatMap(accepted, store(request, response)))
    })
  }
  return { answers, handler }
})

/**
 * The handler for an application of one's own: it answers everything at its addresses itself. Put it before whatever
 * reads bodies. When the scope closes it answers 503, and waits for what is being stored.
 *
 * **Details**
 *
 * A path has one spelling (`/v1/inbound/` and an id in its canonical form); every other one, and every other method,
 * goes to `next`.
 *
 * **Example** (in Express)
 *
 * ```ts
 * class Inbound extends Context.Service<Inbound, InboundNode.Handler>()("app/Inbound") {
 *   static readonly layer = Layer.effect(Inbound, InboundNode.make())
 * }
 * const runtime = ManagedRuntime.make(Inbound.layer.pipe(Layer.provide(services)))
 * const app = express().use(await runtime.runPromise(Inbound)).use(express.json())
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (
  options: Options = {}
): Effect.Effect<Handler, never, ChannelAccounts | InboundEvents | Scope.Scope> =>
  Effect.gen(function*() {
    const run = Effect.runForkWith(yield* Effect.context<never>())
    const proxies = options.trustedProxies ?? RequestOrigin.loopback
    const { answers, handler } = yield* makeWith(options, {
      handshakes: true,
      refuse: (request, response, cause) => {
        const refused = Option.getOrUndefined(Cause.findErrorOption(cause))
        if (refused === undefined) {
          run(Effect.logError("A webhook failed unexpectedly", cause))
          return answers.problem(request, response, internalError)
        }
        if (refused.unsigned !== undefined) {
          const { address } = RequestOrigin.of(request.socket.remoteAddress, plain(request.headers), proxies)
          run(Delivery.noteUnsigned(refused, address))
        }
        answers.problem(request, response, refused)
      }
    })
    return handler
  })

/**
 * The handler for a server whose routes behind it include `InboundHttp.layer`: it acknowledges, and leaves to these what
 * has to be refused, together with the reason, so that all of the server's problems are told in one way. They also get
 * all requests while there is a tracer, whose spans are theirs to begin.
 *
 * @category constructors
 * @since 0.1.0
 */
export const makeBefore = (
  options: Options = {}
): Effect.Effect<Handler, never, ChannelAccounts | InboundEvents | Scope.Scope> =>
  Effect.gen(function*() {
    if ((yield* Tracer.Tracer) !== Tracer.nativeTracer) return (_request, _response, next) => next()
    const { handler } = yield* makeWith(options, {
      handshakes: false,
      refuse: (request, _response, cause, next) => {
        passOn(request, cause)
        next()
      }
    })
    return handler
  })

/**
 * Puts a handler before those that the server has now, until the scope closes.
 *
 * @category running
 * @since 0.1.0
 */
export const putBefore = (server: Server, handler: Handler): Effect.Effect<void, never, Scope.Scope> =>
  Effect.asVoid(Effect.acquireRelease(
    Effect.sync(() => {
      const behind = server.listeners("request").filter((one): one is RequestListener => typeof one === "function")
      const first: RequestListener = (request, response) =>
        handler(request, response, () => {
          for (const listener of behind) listener.call(server, request, response)
        })
      server.removeAllListeners("request").on("request", first)
      return { behind, first }
    }),
    ({ behind, first }) =>
      Effect.sync(() => {
        server.off("request", first)
        for (const listener of behind) server.on("request", listener)
      })
  ))

const internalError = new Delivery.Refused({
  type: typeUri("internal-error"),
  title: "Internal error",
  status: 500,
  detail: "Something went wrong here. Deliver it again later."
})

/** The answers, their heads prepared as far as they are the same each time. */
const makeAnswers = (options: Options, clock: Clock.Clock) => {
  const common = Object.entries(options.headers ?? {}).flat()
  const nextId = makeEventIds()
  const requestId = (request: IncomingMessage): string => {
    const given = request.headers[RequestId.header]
    return RequestId.isAcceptable(given) ? given : Id.fromBytes(nextId(clock.currentTimeMillisUnsafe()))
  }
  const acknowledgement = [...common, "content-length", "0", RequestId.header, ""]
  const isAnswered = (response: ServerResponse) => response.headersSent || response.destroyed

  const write = (
    request: IncomingMessage,
    response: ServerResponse,
    status: number,
    headers: Readonly<Record<string, string>>,
    text: string
  ) => {
    if (isAnswered(response)) return
    const body = Buffer.from(text)
    const head = [
      ...common,
      ...Object.entries(headers).flat(),
      "content-length",
      String(body.length),
      RequestId.header,
      requestId(request)
    ]
    if (!request.complete) {
      // Nobody wants the rest: it is read for as long as a body may take, and thrown away. To close the connection now
      // could take the answer from who is still sending.
      watch(request)
      request.once("close", () => unwatch(request)).resume()
    }
    response.writeHead(status, head).end(body)
  }
  const problem = (request: IncomingMessage, response: ServerResponse, refused: Delivery.Refused) =>
    write(
      request,
      response,
      refused.problem.status,
      { "content-type": "application/problem+json", ...refused.headers },
      JSON.stringify(refused.problem)
    )

  return {
    acknowledge: (request: IncomingMessage, response: ServerResponse) => {
      if (isAnswered(response)) return
      acknowledgement[acknowledgement.length - 1] = requestId(request)
      response.writeHead(200, acknowledgement).end()
    },
    text: (request: IncomingMessage, response: ServerResponse, text: string) =>
      write(request, response, 200, { "content-type": "text/plain" }, text),
    problem,
    unavailable: (request: IncomingMessage, response: ServerResponse) =>
      problem(request, response, Delivery.unavailable)
  }
}
