import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Net from "node:net"
import * as MysqlWire from "../src/MysqlWire.ts"

const options = { greeting: 400, answer: 400, pause: 300 }

/** A packet of the protocol with a command in it. */
const command = (code: number) => Uint8Array.of(1, 0, 0, 0, code)
const query = command(0x03)
const statementClose = command(0x19)

/** A server that greets if it is told to, and echoes what is written to the sockets that it answers. */
const makeServer = (behaviour: { greets: boolean; answers: boolean }) =>
  Effect.acquireRelease(
    Effect.callback<{ readonly server: Net.Server; readonly sockets: Set<Net.Socket>; readonly port: number }>(
      (resume) => {
        const sockets = new Set<Net.Socket>()
        const server = Net.createServer((socket) => {
          sockets.add(socket)
          socket.on("error", () => {})
          socket.on("data", (data) => behaviour.answers ? socket.write(data) : undefined)
          if (behaviour.greets) socket.write("hello")
        })
        server.listen(0, "127.0.0.1", () => {
          const { port } = server.address() as Net.AddressInfo
          resume(Effect.succeed({ server, sockets, port }))
        })
      }
    ),
    ({ server, sockets }) =>
      Effect.sync(() => {
        server.close()
        for (const socket of sockets) socket.destroy()
      })
  )

const greeted = (socket: Net.Socket) =>
  Effect.callback<void>((resume) => {
    socket.once("data", () => resume(Effect.void))
  })

/** The code that the socket will end with, listened for from now on. */
const end = (socket: Net.Socket) => {
  const ended = new Promise<string | undefined>((resolve) => {
    socket.once("error", (error: NodeJS.ErrnoException) => resolve(error.code))
  })
  return Effect.promise(() => ended)
}

/** Ways to such a server: a connection, and one that was greeted. */
const makeWays = Effect.fnUntraced(function*(behaviour: { greets: boolean; answers: boolean }) {
  const { port } = yield* makeServer(behaviour)
  const stream = MysqlWire.streams({ silence: options })
  const connect = Effect.acquireRelease(
    Effect.sync(() => stream({ config: { host: "127.0.0.1", port } }) as Net.Socket),
    (socket) => Effect.sync(() => socket.destroy())
  )
  return { connect, open: Effect.tap(connect, greeted) }
})

it.live("a server that never greets is given up, and asked again after a pause", () =>
  Effect.gen(function*() {
    const behaviour = { greets: false, answers: true }
    const { connect, open } = yield* makeWays(behaviour)
    assert.strictEqual(yield* end(yield* connect), "ETIMEDOUT")
    behaviour.greets = true
    assert.strictEqual(yield* end(yield* connect), "ETIMEDOUT")
    yield* Effect.sleep(options.pause + 50)
    yield* open
  }))

it.live("a server that answers nobody loses every connection at once", () =>
  Effect.gen(function*() {
    const { open } = yield* makeWays({ greets: true, answers: false })
    const [asking, idle] = [yield* open, yield* open]
    const ends = [end(asking), end(idle)]
    asking.write(query)
    assert.deepStrictEqual(yield* Effect.all(ends), ["ETIMEDOUT", "ETIMEDOUT"])
  }))

it.live("a packet that was written while another was on its way is waited for too", () =>
  Effect.gen(function*() {
    const { open } = yield* makeWays({ greets: true, answers: false })
    const asking = yield* open
    const ended = end(asking)
    asking.cork()
    asking.write(statementClose)
    asking.write(query)
    asking.uncork()
    assert.strictEqual(yield* ended, "ETIMEDOUT")
  }))

it.live("one slow statement costs its own connection only", () =>
  Effect.gen(function*() {
    const behaviour = { greets: true, answers: false }
    const { open } = yield* makeWays(behaviour)
    const [slow, lively] = [yield* open, yield* open]
    const ended = end(slow)
    slow.write(query)
    yield* Effect.sleep(options.answer / 4)
    behaviour.answers = true
    const talking = Effect.forever(Effect.andThen(Effect.sync(() => lively.write(query)), Effect.sleep(20)))
    assert.strictEqual(yield* Effect.raceFirst(ended, talking), "ETIMEDOUT")
    assert.isFalse(lively.destroyed)
    lively.write(query)
    yield* greeted(lively)
  }))

it.live("an idle connection, and one that closed a statement, are left alone", () =>
  Effect.gen(function*() {
    const { open } = yield* makeWays({ greets: true, answers: false })
    const [idle, closing] = [yield* open, yield* open]
    closing.write(statementClose)
    yield* Effect.sleep(options.answer * 2)
    assert.deepStrictEqual([idle.destroyed, closing.destroyed], [false, false])
  }))
