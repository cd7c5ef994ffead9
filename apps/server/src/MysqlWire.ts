/**
 * Connections to MySQL that notice silence. A database that is paused, or a network that swallows packets, would keep
 * everyone who asks waiting for as long as TCP hopes, and each connection of the pool with them.
 *
 * @since 0.1.0
 */
import { Effect, Result } from "effect"
import * as Net from "node:net"
import { Duplex } from "node:stream"

/**
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** When silence is given up; never if absent. */
  readonly silence: Silence | undefined
  /** The password instead of the one that the driver has, asked for every connection. */
  readonly password?: Effect.Effect<string, Error> | undefined
}

/**
 * @category models
 * @since 0.1.0
 */
export interface Silence {
  /** How long the server may take to greet a new connection, milliseconds. */
  readonly greeting: number
  /** How long it may take to begin an answer, milliseconds. */
  readonly answer: number
  /** How long nobody asks again after a silence, milliseconds: whoever waits for a connection is refused at once. */
  readonly pause: number
}

/** What the driver tells of the connection that it wants. */
interface Target {
  readonly config: {
    readonly host?: string
    readonly port?: number
    readonly socketPath?: string
    readonly ssl?: unknown
    /** Read after the greeting. */
    password?: string
  }
}

const stmtClose = 0x19
const quit = 0x01

/** Nobody answers these two commands. */
const isAnswered = (packet: Uint8Array): boolean => packet[3] !== 0 || (packet[4] !== stmtClose && packet[4] !== quit)

/**
 * The same of what is encrypted, by the length of its records: packets of 9 and 5 bytes with what each way of encryption
 * adds (TLS 1.3; 1.2 with AES-GCM and with ChaCha20), and alerts. `SELECT 1` and `COMMIT` are longer.
 */
const unansweredLengths = new Set([26, 33, 25, 22, 29, 21, 19])

const isAnsweredRecord = (bytes: Uint8Array): boolean => {
  for (let at = 0; at + 5 <= bytes.length;) {
    const length = bytes[at + 3]! * 256 + bytes[at + 4]!
    if (bytes[at] !== 0x15 && !(bytes[at] === 0x17 && unansweredLengths.has(length))) return true
    at += 5 + length
  }
  return false
}

const silent = () => Object.assign(new Error("The database does not answer"), { code: "ETIMEDOUT" })

/** All connections to one server. */
interface Line {
  /** How often anything came over any of them. */
  heard: number
  readonly giveUp: () => void
}

class Wire extends Net.Socket {
  #timer: NodeJS.Timeout | undefined
  readonly #options: Silence
  readonly #line: Line
  /** Whether what is written is encrypted already. */
  isSealed = false

  constructor(options: Silence, line: Line) {
    super()
    this.#options = options
    this.#line = line
    this.on("data", () => {
      line.heard++
      this.#rest()
    })
    this.on("close", () => this.#rest())
  }

  open({ host, port, socketPath }: Target["config"]) {
    this.#wait(this.#options.greeting)
    if (socketPath !== undefined) return this.connect(socketPath)
    this.setNoDelay(true).setKeepAlive(true)
    return this.connect(port ?? 3306, host ?? "localhost")
  }

  override _write(packet: Uint8Array, encoding: BufferEncoding, done: (error?: Error | null) => void) {
    if (this.#isAnswered(packet)) this.#wait(this.#options.answer)
    super._write(packet, encoding, done)
  }

  /** What was written while an earlier packet was on its way. */
  override _writev(
    packets: Array<{ chunk: Uint8Array; encoding: BufferEncoding }>,
    done: (error?: Error | null) => void
  ) {
    if (packets.some(({ chunk }) => this.#isAnswered(chunk))) this.#wait(this.#options.answer)
    super._writev?.(packets, done)
  }

  #isAnswered(bytes: Uint8Array): boolean {
    return this.isSealed ? isAnsweredRecord(bytes) : isAnswered(bytes)
  }

  /** A server that said something to others in the second half of the time lives: only this statement takes too long. */
  #wait(millis: number) {
    this.#timer ??= setTimeout(() => {
      const { heard } = this.#line
      this.#timer = setTimeout(
        () => this.#line.heard === heard ? this.#line.giveUp() : this.destroy(silent()),
        millis / 2
      )
    }, millis / 2)
  }

  #rest() {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }
}

/** A socket that TLS does not take out of the hands of who watches over it. */
class Watched extends Duplex {
  readonly #wire: Wire
  #failure: Error | undefined

  constructor(wire: Wire) {
    super()
    this.#wire = wire
    wire.on("data", (chunk) => {
      if (!this.push(chunk)) wire.pause()
    })
    wire.once("end", () => this.push(null))
    wire.once("error", (error) => {
      this.#failure = error
      this.destroy(error)
    })
    wire.once("close", () => this.destroy())
  }

  override _read() {
    this.#wire.resume()
  }

  override _write(chunk: Uint8Array, encoding: BufferEncoding, done: (error?: Error | null) => void) {
    // The driver writes one packet in the clear, by which it asks for TLS.
    this.#wire.isSealed ||= chunk[0] === 0x16 && chunk[1] === 3
    this.#wire.write(chunk, encoding, done)
  }

  override _final(done: () => void) {
    this.#wire.end(done)
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void) {
    this.#wire.destroy()
    if (error !== null && error === this.#failure) return done(error)
    // TLS tells the driver of its own failure first: the driver throws what it is told twice.
    setImmediate(() => done(null))
  }
}

/** The driver listens for the error when it has the socket. */
const failed = (error: Error): Net.Socket => {
  const socket = new Net.Socket()
  setImmediate(() => socket.destroy(error))
  return socket
}

const unwatched = ({ host, port, socketPath }: Target["config"]): Net.Socket =>
  socketPath !== undefined
    ? Net.connect(socketPath)
    : Net.connect(port ?? 3306, host ?? "localhost").setNoDelay(true).setKeepAlive(true)

const watching = (options: Silence): (config: Target["config"]) => Duplex => {
  const open = new Set<Wire>()
  let isPausing = false
  const line: Line = {
    heard: 0,
    giveUp: () => {
      isPausing = true
      setTimeout(() => {
        isPausing = false
      }, options.pause).unref()
      for (const wire of open) wire.destroy(silent())
    }
  }
  return (config) => {
    if (isPausing) return failed(silent())
    const wire = new Wire(options, line)
    open.add(wire)
    wire.once("close", () => open.delete(wire))
    wire.open(config)
    return config.ssl === undefined || config.ssl === false ? wire : new Watched(wire)
  }
}

/**
 * The driver's `stream` option. A connection that meets silence is given up with `ETIMEDOUT`; all of them are, when
 * nothing comes over any.
 *
 * @category constructors
 * @since 0.1.0
 */
export const streams = ({ password, silence }: Options): (target: Target) => Duplex => {
  const connect = silence === undefined ? unwatched : watching(silence)
  return ({ config }) => {
    if (password !== undefined) {
      const read = Effect.runSync(Effect.result(password))
      if (Result.isFailure(read)) return failed(read.failure)
      config.password = read.success
    }
    return connect(config)
  }
}
