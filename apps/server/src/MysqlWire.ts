/**
 * Connections to MySQL that notice silence. A database that is paused, or a network that swallows packets, would keep
 * everyone who asks waiting for as long as TCP hopes, and each connection of the pool with them.
 *
 * @since 0.1.0
 */
import * as Net from "node:net"

/**
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** How long the server may take to greet a new connection, milliseconds. */
  readonly greeting: number
  /** How long it may take to begin an answer, milliseconds. */
  readonly answer: number
  /** How long nobody asks again after a silence, milliseconds: whoever waits for a connection is refused at once. */
  readonly pause: number
}

/** What the driver tells of the connection that it wants. */
interface Target {
  readonly config: { readonly host?: string; readonly port?: number; readonly socketPath?: string }
}

const stmtClose = 0x19
const quit = 0x01

/** Nobody answers these two commands. */
const isAnswered = (packet: Uint8Array): boolean => packet[3] !== 0 || (packet[4] !== stmtClose && packet[4] !== quit)

const silent = () => Object.assign(new Error("The database does not answer"), { code: "ETIMEDOUT" })

/** All connections to one server. */
interface Line {
  /** How often anything came over any of them. */
  heard: number
  readonly giveUp: () => void
}

class Wire extends Net.Socket {
  #timer: NodeJS.Timeout | undefined
  readonly #options: Options
  readonly #line: Line

  constructor(options: Options, line: Line) {
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
    if (isAnswered(packet)) this.#wait(this.#options.answer)
    super._write(packet, encoding, done)
  }

  /** What was written while an earlier packet was on its way. */
  override _writev(
    packets: Array<{ chunk: Uint8Array; encoding: BufferEncoding }>,
    done: (error?: Error | null) => void
  ) {
    if (packets.some(({ chunk }) => isAnswered(chunk))) this.#wait(this.#options.answer)
    super._writev?.(packets, done)
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

/**
 * The driver's `stream` option. A connection that meets silence is given up with `ETIMEDOUT`; all of them are, when
 * nothing comes over any.
 *
 * @category constructors
 * @since 0.1.0
 */
export const streams = (options: Options): (target: Target) => Net.Socket => {
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
  return ({ config }) => {
    const wire = new Wire(options, line)
    if (isPausing) {
      // The driver listens for the error when it has the socket.
      setImmediate(() => wire.destroy(silent()))
      return wire
    }
    open.add(wire)
    wire.once("close", () => open.delete(wire))
    return wire.open(config)
  }
}
