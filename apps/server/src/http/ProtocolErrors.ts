/**
 * Answers to what is no HTTP request at all: Node refuses it before any route is asked, and would do so without a body.
 *
 * @since 0.1.0
 */
import * as Languages from "@wicara/core/Languages"
import type { Language } from "@wicara/core/Languages"
import * as MessageCatalogue from "@wicara/core/MessageCatalogue"
import * as Problem from "@wicara/core/Problem"
import { details } from "@wicara/core/ProblemDetails"
import { titles } from "@wicara/core/ProblemTexts"
import * as SecurityHeaders from "@wicara/core/SecurityHeaders"
import type { Server } from "node:http"
import type { Duplex } from "node:stream"

interface Refusal {
  readonly status: number
  readonly reason: string
  readonly name: "malformed-request" | "headers-too-large" | "body-too-large" | "request-timeout"
  readonly detail: "notHttp" | "largeHeaders" | "chunkExtensions" | "requestTooSlow"
}

const malformed: Refusal = {
  status: 400,
  reason: "Bad Request",
  name: "malformed-request",
  detail: "notHttp"
}

const refusals: Readonly<Record<string, Refusal>> = {
  HPE_HEADER_OVERFLOW: {
    status: 431,
    reason: "Request Header Fields Too Large",
    name: "headers-too-large",
    detail: "largeHeaders"
  },
  HPE_CHUNK_EXTENSIONS_OVERFLOW: {
    status: 413,
    reason: "Content Too Large",
    name: "body-too-large",
    detail: "chunkExtensions"
  },
  ERR_HTTP_REQUEST_TIMEOUT: {
    status: 408,
    reason: "Request Timeout",
    name: "request-timeout",
    detail: "requestTooSlow"
  }
}

/** What was asked for before Node gave up; what it no longer has is answered in English. */
const languageOf = (packet: unknown): Language => {
  if (!Buffer.isBuffer(packet)) return "en"
  const [, header] = /^accept-language:[ \t]*(.{0,1000})$/im.exec(packet.toString("latin1", 0, 64 * 1024)) ?? []
  return Languages.negotiate(header)
}

const write = ({ detail, name, reason, status }: Refusal, language: Language): string => {
  const body = JSON.stringify({
    type: Problem.typeUri(name),
    title: MessageCatalogue.say(titles, language)(name),
    status,
    detail: MessageCatalogue.say(details, language)(detail)
  })
  return [
    `HTTP/1.1 ${status} ${reason}`,
    "Connection: close",
    "Content-Type: application/problem+json",
    ...(language === "en" ? [] : [`Content-Language: ${language}`]),
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
    const refusal = refusals[error.code ?? ""] ?? malformed
    socket.end(write(refusal, languageOf(Reflect.get(error, "rawPacket"))))
  })
