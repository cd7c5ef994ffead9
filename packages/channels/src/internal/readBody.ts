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
  isUnread(request.source) ? fromNode(request.source, maxBytes) : fromRequest(request, maxBytes)

const sweepMillis = 5000
const patience = 12
/** The bodies that are being read, and how many sweeps they outlasted: a timer for each would cost as much as a body. */
const reading = new Map<IncomingMessage, number>()
let sweeping: NodeJS.Timeout | undefined

/** What has not come within a minute is no webhook, and its connection is closed. */
const watch = (source: IncomingMessage) => {
  reading.set(source, 0)
  sweeping ??= setInterval(sweep, sweepMillis).unref()
}

const sweep = () => {
  for (const [source, sweeps] of reading) {
    if (sweeps >= patience) source.destroy()
    else reading.set(source, sweeps + 1)
  }
  if (reading.size > 0) return
  clearInterval(sweeping)
  sweeping = undefined
}

const isUnread = (source: object): source is IncomingMessage =>
  source instanceof IncomingMessage && !source.readableEnded && !source.readableFlowing && !source.destroyed

const fromRequest = (request: HttpServerRequest.HttpServerRequest, maxBytes: number) =>
  Effect.provideService(request.arrayBuffer, HttpIncomingMessage.MaxBodySize, ByteSize.bytes(maxBytes)).pipe(
    Effect.map((buffer): Uint8Array | typeof tooLarge => new Uint8Array(buffer)),
    Effect.catchIf(
      (error) => Predicate.isTagged(error.reason, "RequestParseError") && error.reason.reason === "BodyTooLarge",
      () => Effect.succeed(tooLarge)
    )
  )

const fromNode = (source: IncomingMessage, maxBytes: number): Effect.Effect<Uint8Array | typeof tooLarge> =>
  Effect.callback((resume) => {
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
      reading.delete(source)
      source.off("data", onData)
      source.off("end", onEnd)
      source.off("close", onClose)
    }
    source.on("end", onEnd)
    source.on("close", onClose)
    source.on("data", onData)
    watch(source)
    return Effect.sync(stop)
  })
