import { ByteSize, Effect, Predicate } from "effect"
import { HttpIncomingMessage } from "effect/http"
import type { HttpServerError, HttpServerRequest } from "effect/http"
import { IncomingMessage } from "node:http"

/** The body has more bytes than may be read. */
export const tooLarge = Symbol("tooLarge")

/**
 * The bytes of a request's body, at most `maxBytes`.
 *
 * On Node they are read from its own stream: for a body that arrives with its headers, the general way through Effect's
 * streams costs as much as everything else that a webhook's request does.
 */
export const readBody = (
  request: HttpServerRequest.HttpServerRequest,
  maxBytes: number
): Effect.Effect<Uint8Array | typeof tooLarge, HttpServerError.HttpServerError> =>
  request.source instanceof IncomingMessage && isUnread(request.source) && !isExpecting(request.source)
    ? fromNode(request.source, maxBytes)
    : fromRequest(request, maxBytes)

/** Whoever waits to be told to go on is told so by Effect's own reader. */
const isExpecting = (source: IncomingMessage): boolean => source.headers.expect !== undefined

const sweepMillis = 5000
const patience = 12
/** The bodies that are being read, and how many sweeps they outlasted: a timer for each would cost as much as a body. */
const reading = new Map<IncomingMessage, number>()
let sweeping: NodeJS.Timeout | undefined

/** What has not come within a minute is no webhook, and its connection is closed. */
export const watch = (source: IncomingMessage) => {
  reading.set(source, 0)
  sweeping ??= setInterval(sweep, sweepMillis).unref()
}

export const unwatch = (source: IncomingMessage): void => void reading.delete(source)

const sweep = () => {
  for (const [source, sweeps] of reading) {
    if (sweeps >= patience) source.destroy()
    else reading.set(source, sweeps + 1)
  }
  if (reading.size > 0) return
  clearInterval(sweeping)
  sweeping = undefined
}

/** Whether nobody has begun to read the body. */
export const isUnread = (source: IncomingMessage): boolean =>
  !source.readableEnded && !source.readableFlowing && !source.destroyed

const fromRequest = (request: HttpServerRequest.HttpServerRequest, maxBytes: number) =>
  Effect.provideService(request.arrayBuffer, HttpIncomingMessage.MaxBodySize, ByteSize.bytes(maxBytes)).pipe(
    Effect.map((buffer): Uint8Array | typeof tooLarge => new Uint8Array(buffer)),
    Effect.catchIf(
      (error) => Predicate.isTagged(error.reason, "RequestParseError") && error.reason.reason === "BodyTooLarge",
      () => Effect.succeed(tooLarge)
    )
  )

/**
 * The body, if all of it came with the headers: then it is there once what arrived has been parsed, which is before the
 * next tick, and no listener is needed.
 */
export const arrived = (source: IncomingMessage, maxBytes: number): Uint8Array | undefined => {
  const announced = source.headers["content-length"]
  const bytes = source.readableLength
  if (bytes === 0 || bytes > maxBytes || String(bytes) !== announced || !isUnread(source)) return undefined
  const body: unknown = source.read()
  return body instanceof Uint8Array ? body : undefined
}

/** Like `readBody`, of Node's own request. */
export const fromNode = (source: IncomingMessage, maxBytes: number): Effect.Effect<Uint8Array | typeof tooLarge> =>
  Effect.callback((resume) => {
    const stop = listen(source, maxBytes, resume)
    return stop === undefined ? undefined : Effect.sync(stop)
  })

const listen = (
  source: IncomingMessage,
  maxBytes: number,
  resume: (effect: Effect.Effect<Uint8Array | typeof tooLarge>) => void
): (() => void) | undefined => {
  if (source.destroyed) return void resume(Effect.interrupt)
  const chunks: Array<Buffer> = []
  let bytes = 0
  const onData = (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes <= maxBytes) {
      chunks.push(chunk)
      return
    }
    stop()
    // The rest is not read here; the server drains or closes it after the answer.
    source.pause()
    resume(Effect.succeed(tooLarge))
  }
  const onEnd = () => {
    stop()
    resume(Effect.succeed(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, bytes)))
  }
  // The client is gone: nobody waits for an answer, and the request's fiber is about to be interrupted.
  const onClose = () => {
    stop()
    resume(Effect.interrupt)
  }
  const stop = () => {
    unwatch(source)
    source.off("data", onData)
    source.off("end", onEnd)
    source.off("close", onClose)
  }
  source.on("end", onEnd)
  source.on("close", onClose)
  source.on("data", onData)
  watch(source)
  return stop
}
