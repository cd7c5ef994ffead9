/** A mail server in this process that does as it is told, and keeps what it took. */
import { Context, Effect, Layer } from "effect"
import { SMTPServer } from "smtp-server"

/** What happens to the next message: taken, refused at one of the steps, or cut off before or after all of it was sent. */
export type Plan =
  | "accept"
  | "refuse-recipient"
  | "put-off"
  | "refuse-content"
  | "hang-up-early"
  | "hang-up-after-data"
  | "silent"

export interface Received {
  readonly from: string
  readonly to: ReadonlyArray<string>
  readonly source: string
  readonly secure: boolean
}

export class SmtpCounterpart extends Context.Service<SmtpCounterpart, {
  readonly port: number
  readonly received: Array<Received>
  /** How many messages were begun. */
  attempts: number
  plan: Plan
}>()("test/SmtpCounterpart") {}

export const user = { name: "wicara", password: "p@ss:word/%" }

const refusal = (message: string, responseCode: number) => Object.assign(new Error(message), { responseCode })

export const layer = (
  options: { readonly auth?: boolean; readonly secure?: boolean } = {}
): Layer.Layer<SmtpCounterpart> =>
  Layer.effect(
    SmtpCounterpart,
    Effect.gen(function*() {
      const received: Array<Received> = []
      const state = { received, plan: "accept" as Plan, attempts: 0, port: 0 }
      const sockets = new Map<string, { destroy: () => void }>()
      const server = new SMTPServer({
        authOptional: options.auth !== true,
        allowInsecureAuth: true,
        // With a certificate that nobody signed.
        secure: options.secure === true,
        disabledCommands: options.auth === true ? [] : ["AUTH"],
        logger: false,
        onAuth: (auth, _session, callback) =>
          auth.username === user.name && auth.password === user.password
            ? callback(null, { user: user.name })
            : callback(refusal("Wrong name or password", 535)),
        onMailFrom: (_address, session, callback) => {
          state.attempts += 1
          if (state.plan === "hang-up-early") return void sockets.get(session.id)?.destroy()
          callback(state.plan === "put-off" ? refusal("Try again later", 451) : null)
        },
        onRcptTo: (_address, _session, callback) =>
          callback(state.plan === "refuse-recipient" ? refusal("No such mailbox", 550) : null),
        onData: (stream, session, callback) => {
          const chunks: Array<Buffer> = []
          stream.on("data", (chunk: Buffer) => chunks.push(chunk))
          stream.on("end", () => {
            if (state.plan === "refuse-content") return callback(refusal("We do not like it", 554))
            received.push({
              from: session.envelope.mailFrom === false ? "" : session.envelope.mailFrom?.address ?? "",
              to: session.envelope.rcptTo.map(({ address }) => address),
              source: Buffer.concat(chunks).toString(),
              secure: session.secure
            })
            if (state.plan === "hang-up-after-data") return void sockets.get(session.id)?.destroy()
            if (state.plan !== "silent") callback(null)
          })
        }
      })
      server.on("connect", () => {})
      server.on("error", () => {})
      const internal = server as unknown as { connections: Set<{ id: string; _socket: { destroy: () => void } }> }
      sockets.get = (id: string) => {
        for (const connection of internal.connections) if (connection.id === id) return connection._socket
        return undefined
      }
      yield* Effect.acquireRelease(
        Effect.promise(() => new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", () => resolve()))),
        () =>
          Effect.promise(() =>
            new Promise<void>((resolve) => {
              for (const connection of internal.connections) connection._socket.destroy()
              server.close(() => resolve())
            })
          )
      )
      const address = server.server.address()
      state.port = typeof address === "object" && address !== null ? address.port : 0
      return state
    })
  )

/** The decoded body of a part of a message, and a header. */
export const partOf = (source: string, type: "text/plain" | "text/html"): string => {
  const part = source.split(/\r\n--[^\r\n]+\r\n/).find((one) => new RegExp(`^Content-Type: ${type}`, "im").test(one)) ??
    ""
  const [head = "", ...body] = part.split("\r\n\r\n")
  const text = body.join("\r\n\r\n")
  if (/base64/i.test(head)) return Buffer.from(text, "base64").toString()
  if (!/quoted-printable/i.test(head)) return text
  const bytes = text.replace(/=\r\n/g, "").replace(
    /=([0-9A-F]{2})/g,
    (_, hex) => String.fromCharCode(Number.parseInt(hex, 16))
  )
  return Buffer.from(bytes, "latin1").toString()
}
