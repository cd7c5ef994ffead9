/**
 * Answers to what is no HTTP request at all: Node refuses it before any route is asked, and would do so without a body.
 *
 * @since 0.1.0
 */
import * as Problem from "@wicara/core/Problem"
import type { Server } from "node:http"
import type { Duplex } from "node:stream"

interface Refusal {
  readonly status: number
  readonly reason: string
  readonly name: string
  readonly detail: string
}

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
  const body = JSON.stringify({ type: Problem.typeUri(name), title: reason, status, detail })
  return [
    `HTTP/1.1 ${status} ${reason}`,
    "Connection: close",
    "Content-Type: application/problem+json",
    `Content-Length: ${Buffer.byteLength(body)}`,
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
