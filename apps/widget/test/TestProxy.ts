/** A network between browser and server that can go silent: connections that are open stay open, and nothing comes. */
import { connect, createServer } from "node:net"
import type { AddressInfo, Socket } from "node:net"

export interface TestProxy {
  readonly url: string
  /** As a machine finds its connections that slept: those that are open now are dead, and nobody says so. */
  readonly silence: () => void
  readonly stop: () => Promise<void>
}

export const makeTestProxy = (target: string): Promise<TestProxy> =>
  new Promise((resolve) => {
    const port = Number(new URL(target).port)
    const open = new Set<readonly [Socket, Socket]>()
    const server = createServer((near) => {
      const far = connect(port, "127.0.0.1")
      const pair = [near, far] as const
      open.add(pair)
      for (const socket of pair) {
        socket.on("error", () => {})
        socket.on("close", () => {
          for (const one of pair) one.destroy()
          open.delete(pair)
        })
      }
      near.pipe(far)
      far.pipe(near)
    })
    server.listen(0, "127.0.0.1", () =>
      resolve({
        url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
        silence: () => {
          for (const [near, far] of open) {
            near.unpipe(far)
            far.unpipe(near)
            for (const socket of [near, far]) socket.pause()
          }
        },
        stop: () =>
          new Promise((stopped) => {
            server.close(() => stopped())
            for (const pair of open) for (const socket of pair) socket.destroy()
          })
      }))
  })
