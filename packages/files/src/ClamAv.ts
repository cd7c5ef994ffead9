/**
 * ClamAV's daemon as the virus scanner, over TCP by its `INSTREAM` command: the content in chunks, each behind its length
 * in 4 bytes, and a length of zero at the end.
 *
 * https://docs.clamav.net/manual/Usage/Scanning.html#clamd
 *
 * @since 0.1.0
 */
import { Effect, Layer, Stream } from "effect"
import type { Duration, Scope } from "effect"
import { createConnection } from "node:net"
import type { Socket } from "node:net"
import { ScanFailure, VirusScanner } from "./VirusScanner.ts"
import type { ScanVerdict } from "./VirusScanner.ts"

/**
 * @category models
 * @since 0.1.0
 */
export interface ClamAvOptions {
  readonly host: string
  /** 3310 unless clamd is configured otherwise. */
  readonly port: number
  /** How long a scan may take (2 minutes). */
  readonly timeout?: Duration.Input | undefined
}

const chunkSize = 64 * 1024

const connect = (options: ClamAvOptions): Effect.Effect<Socket, ScanFailure, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.callback<Socket, ScanFailure>((resume) => {
      const socket = createConnection({ host: options.host, port: options.port })
      socket.once("connect", () => resume(Effect.succeed(socket)))
      socket.once("error", (error) => resume(Effect.fail(new ScanFailure({ message: error.message }))))
      return Effect.sync(() => socket.destroy())
    }),
    (socket) => Effect.sync(() => socket.destroy())
  )

/** All that the daemon says until it ends the connection. */
const answerOf = (socket: Socket): Effect.Effect<string, ScanFailure> =>
  Effect.callback((resume) => {
    let text = ""
    socket.setEncoding("utf8")
    socket.on("data", (data) => {
      text += String(data)
    })
    socket.once("end", () => resume(Effect.succeed(text.replaceAll("\0", "").trim())))
    socket.on("error", (error) =>
      // It may hang up on a content that is too long for it after it has said so.
      resume(text === "" ? Effect.fail(new ScanFailure({ message: error.message })) : Effect.succeed(text.trim())))
    socket.once("close", () =>
      resume(
        text === "" ? Effect.fail(new ScanFailure({ message: "clamd hung up" })) : Effect.succeed(text.trim())
      ))
  })

const write = (socket: Socket, bytes: Uint8Array): Effect.Effect<void, ScanFailure> =>
  Effect.callback((resume) => {
    socket.write(bytes, (error) =>
      resume(error == null ? Effect.void : Effect.fail(new ScanFailure({ message: error.message }))))
  })

const length = (bytes: number): Uint8Array => {
  const prefix = new Uint8Array(4)
  new DataView(prefix.buffer).setUint32(0, bytes)
  return prefix
}

const verdictOf = (answer: string): Effect.Effect<ScanVerdict, ScanFailure> => {
  const said = answer.replaceAll("\0", "").replace(/^stream: /, "").trim()
  if (said === "OK") return Effect.succeed({ _tag: "Clean" })
  const found = /^(.+) FOUND$/.exec(said)?.[1]
  return found === undefined
    ? Effect.fail(new ScanFailure({ message: `clamd says: ${said.slice(0, 200)}` }))
    : Effect.succeed({ _tag: "Infected", signature: found })
}

/**
 * @category layers
 * @since 0.1.0
 */
export const layer = (options: ClamAvOptions): Layer.Layer<VirusScanner> => {
  const limited = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    Effect.timeoutOrElse(effect, {
      duration: options.timeout ?? "2 minutes",
      orElse: () => Effect.fail(new ScanFailure({ message: "clamd does not answer in time" }))
    })

  const scan = Effect.fnUntraced(function*<E, R>(content: Stream.Stream<Uint8Array, E, R>) {
    const socket = yield* connect(options)
    const sent = Effect.gen(function*() {
      yield* write(socket, new TextEncoder().encode("zINSTREAM\0"))
      yield* Stream.runForEach(content, (chunk) =>
        Effect.gen(function*() {
          for (let at = 0; at < chunk.length; at += chunkSize) {
            const part = chunk.subarray(at, at + chunkSize)
            yield* write(socket, length(part.length))
            yield* write(socket, part)
          }
        }))
      yield* write(socket, length(0))
    })
    // An answer may come before the end: the content is too long for it.
    const sentAll = Effect.catch(
      sent,
      (error): Effect.Effect<void, E> => error instanceof ScanFailure ? Effect.void : Effect.fail(error)
    )
    const [answer] = yield* Effect.all([answerOf(socket), sentAll], { concurrency: 2 })
    return yield* verdictOf(answer)
  })

  return Layer.succeed(
    VirusScanner,
    VirusScanner.of({
      scan: (content) => limited(Effect.scoped(scan(content))),
      check: limited(Effect.scoped(Effect.gen(function*() {
        const socket = yield* connect(options)
        const [answer] = yield* Effect.all([answerOf(socket), write(socket, new TextEncoder().encode("zVERSION\0"))], {
          concurrency: 2
        })
        return answer.replaceAll("\0", "").trim()
      })))
    })
  )
}
