/** What speaks clamd's protocol and knows one virus: the EICAR test file. */
import { Context, Effect, Layer } from "effect"
import { createServer } from "node:net"

export const eicar = ["X5O!P%@AP[4\\PZX54(P^)7CC)7}$", "EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"].join("")

export class Clamd extends Context.Service<Clamd, {
  readonly port: number
  /** The contents that came in, bytes. */
  readonly scanned: Array<number>
}>()("test/Clamd") {}

const streamMaxLength = 1024 * 1024

export const layer: Layer.Layer<Clamd> = Layer.effect(
  Clamd,
  Effect.gen(function*() {
    const scanned: Array<number> = []
    const server = createServer((socket) => {
      let pending = Buffer.alloc(0)
      let command = ""
      const content: Array<Buffer> = []
      let size = 0
      socket.on("error", () => {})
      socket.on("data", (data) => {
        pending = Buffer.concat([pending, data])
        if (command === "") {
          const end = pending.indexOf(0)
          if (end < 0) return
          command = pending.subarray(0, end).toString()
          pending = pending.subarray(end + 1)
          if (command === "zVERSION") socket.end("ClamAV 1.4.2/27500/Test\0")
        }
        while (command === "zINSTREAM" && pending.length >= 4) {
          const length = pending.readUInt32BE(0)
          if (length === 0) {
            scanned.push(size)
            const found = Buffer.concat(content).includes(eicar)
            socket.end(found ? "stream: Win.Test.EICAR_HDB-1 FOUND\0" : "stream: OK\0")
            command = "done"
            return
          }
          if (pending.length < 4 + length) return
          size += length
          content.push(pending.subarray(4, 4 + length))
          pending = pending.subarray(4 + length)
          if (size > streamMaxLength) {
            socket.end("INSTREAM size limit exceeded. ERROR\0")
            command = "done"
            return
          }
        }
      })
    })
    yield* Effect.acquireRelease(
      Effect.promise(() => new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))),
      () => Effect.sync(() => server.close())
    )
    const address = server.address()
    return { scanned, port: typeof address === "object" && address !== null ? address.port : 0 }
  })
)
