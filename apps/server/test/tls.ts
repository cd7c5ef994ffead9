/** Servers that speak TLS with certificates of an authority of the tests' own. */
import { Effect } from "effect"
import * as Fs from "node:fs"
import * as Net from "node:net"
import * as Tls from "node:tls"
import { fileURLToPath } from "node:url"

const read = (name: string) => Fs.readFileSync(fileURLToPath(new URL(`tls/${name}`, import.meta.url)), "utf8")

/** Trusts the tests' authority as an operator does with `NODE_EXTRA_CA_CERTS`, until the scope closes. */
export const trusted = Effect.acquireRelease(
  Effect.sync(() => {
    const before = Tls.getCACertificates("default")
    Tls.setDefaultCACertificates([...before, read("ca.pem")])
    return before
  }),
  (before) => Effect.sync(() => Tls.setDefaultCACertificates(before))
)

export type Name = "localhost" | "other"

/** The certificate of `localhost`, or of another name. */
export const certificate = (name: Name) => ({ key: read(`${name}.key`), cert: read(`${name}.pem`) })

const listening = (server: Net.Server) =>
  Effect.callback<number>((resume) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : 0))
    })
  })

/** A server of plain TCP until the scope closes, with all its connections. */
export const serve = (accept: (socket: Net.Socket) => void) =>
  Effect.gen(function*() {
    const sockets = new Set<Net.Socket>()
    const server = yield* Effect.acquireRelease(
      Effect.sync(() =>
        Net.createServer((socket) => {
          sockets.add(socket)
          socket.on("error", () => {})
          socket.on("close", () => sockets.delete(socket))
          accept(socket)
        })
      ),
      (server) =>
        Effect.sync(() => {
          server.close()
          for (const socket of sockets) socket.destroy()
        })
    )
    return { port: yield* listening(server), sockets }
  })

const clientSsl = 0x0800

/** The packets in the bytes so far, and what is left. */
const packetsOf = (bytes: Buffer) => {
  const packets: Array<Buffer> = []
  let at = 0
  while (at + 4 <= bytes.length && at + 4 + bytes.readUIntLE(at, 3) <= bytes.length) {
    const end = at + 4 + bytes.readUIntLE(at, 3)
    packets.push(Buffer.from(bytes.subarray(at, end)))
    at = end
  }
  return { packets, rest: bytes.subarray(at) }
}

const withSequence = (packet: Buffer, by: number) => {
  packet[3] = packet[3]! + by
  return packet
}

/** Says that the server has TLS: the low half of what it can do is behind its version and its challenge. */
const offeringTls = (greeting: Buffer) => {
  const flags = greeting.indexOf(0, 5) + 1 + 4 + 8 + 1
  greeting.writeUInt16LE(greeting.readUInt16LE(flags) | clientSsl, flags)
  return greeting
}

/**
 * The MySQL server behind TLS, as one that has a certificate: who connects is asked to encrypt after the greeting, and
 * what follows is passed on. `state.isMute` swallows everything from then on.
 */
export const mysqlBehindTls = (url: URL, name: Name, state: { isMute: boolean; encrypted: number }) =>
  serve((client) => {
    const server = Net.connect(Number(url.port || 3306), url.hostname)
    server.on("error", () => client.destroy())
    client.on("close", () => server.destroy())
    server.on("close", () => client.destroy())
    let fromServer = Buffer.alloc(0)
    let secure: Tls.TLSSocket | undefined
    let isAuthenticated = false
    server.on("data", (data) => {
      if (state.isMute) return
      if (isAuthenticated) return void secure?.write(data)
      const { packets, rest } = packetsOf(Buffer.concat([fromServer, data]))
      fromServer = Buffer.from(rest)
      for (const packet of packets) {
        if (secure === undefined) {
          client.write(offeringTls(packet))
          continue
        }
        isAuthenticated ||= packet[4] === 0x00 || packet[4] === 0xff
        secure.write(withSequence(packet, 1))
      }
    })
    client.once("data", (data: Buffer) => {
      client.pause()
      // TLS may begin in the same breath.
      const [request = Buffer.alloc(0)] = packetsOf(data).packets
      if (data.length > request.length) client.unshift(data.subarray(request.length))
      const encrypted = new Tls.TLSSocket(client, { isServer: true, ...certificate(name) })
      secure = encrypted
      let login = Buffer.alloc(0)
      let isFirst = true
      encrypted.on("error", () => client.destroy())
      encrypted.on("data", (data: Buffer) => {
        state.encrypted += data.length
        if (state.isMute) return
        if (isAuthenticated) return void server.write(data)
        const { packets, rest } = packetsOf(Buffer.concat([login, data]))
        login = Buffer.from(rest)
        for (const packet of packets) {
          if (isFirst) packet.writeUInt16LE(packet.readUInt16LE(4) & ~clientSsl, 4)
          isFirst = false
          server.write(withSequence(packet, -1))
        }
      })
    })
  })
