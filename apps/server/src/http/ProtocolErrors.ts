/**
 * Answers to what is no HTTP request at all: Node refuses it before any route is asked, and would do so without a body.
 *
 * @since 0.1.0
 */
import * as Problem from "@wicara/core/Problem"
import * as ProblemType from "@wicara/core/ProblemType"
import * as SecurityHeaders from "@wicara/core/SecurityHeaders"
import type { Server } from "node:http"
import type { Duplex } from "node:stream"

interface Refusal {
  readonly status: number
  readonly reason: string
  readonly name: string
  readonly detail: string
}

/**
 * The types of problems that only these answers have.
 *
 * @category registry
 * @since 0.1.0
 */
export const problems = [
  ProblemType.define({
    name: "malformed-request",
    status: 400,
    title: "Bad Request",
    meaning: "What arrived is not a valid HTTP/1.1 request.",
    remedy: "Look at the client, or at a proxy between it and the server."
  }),
  ProblemType.define({
    name: "headers-too-large",
    status: 431,
    title: "Request Header Fields Too Large",
    meaning: "The request's headers are larger than the server reads.",
    remedy: "Send fewer or shorter headers; cookies of other sites on the same domain count too."
  }),
  ProblemType.define({
    name: "request-timeout",
    status: 408,
    title: "Request Timeout",
    meaning: "The request did not arrive in time.",
    remedy: "Send it again over a better line."
  })
] as const

const malformed: Refusal = {
  status: 400,
  reason: "Bad Request",
  name: "malformed-request",
  detail: "This is not a valid HTTP/1.1 request."
}

const refusals: Readonly<Record<string, Refusal>> = {
  HPE_HEADER_OVERFLOW: {
    status: 431,
    reason: "Request Header Fields Too Large",
    name: "headers-too-large",
    detail: "The request's headers are larger than 16 kB."
  },
  HPE_CHUNK_EXTENSIONS_OVERFLOW: {
    status: 413,
    reason: "Content Too Large",
    name: "body-too-large",
    detail: "The chunks of the body carry too many extensions."
  },
  ERR_HTTP_REQUEST_TIMEOUT: {
    status: 408,
    reason: "Request Timeout",
    name: "request-timeout",
    detail: "The request did not arrive in time."
  }
}

const write = ({ detail, name, reason, status }: Refusal): string => {
  const title = name === "body-too-large" ? "Body too large" : reason
  const body = JSON.stringify({ type: Problem.typeUri(name), title, status, detail })
  return [
    `HTTP/1.1 ${status} ${reason}`,
    "Connection: close",
    "Content-Type: application/problem+json",
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...Object.entries(SecurityHeaders.defaults).map(([name, value]) => `${name}: ${value}`),
    "",
    body
  ].join("\r\n")
}

/** Node keeps the response that a connection is busy with there. */
const isAnswering = (socket: Duplex): boolean => {
  const message: unknown = Reflect.get(socket, "_httpMessage")
  return typeof message === "object" && message !== null && Reflect.get(message, "headersSent") === true
}

/**
 * Makes the server answer them with a problem, and close the connection.
 *
 * @category running
 * @since 0.1.0
 */
export const answer = (server: Server): Server =>
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
    if (error.code === "ECONNRESET" || !socket.writable || isAnswering(socket)) {
      socket.destroy()
      return
    }
    socket.end(write(refusals[error.code ?? ""] ?? malformed))
  })
