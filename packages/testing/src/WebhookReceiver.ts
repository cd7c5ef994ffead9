/**
 * A system that outgoing webhooks are posted to, on HTTP and with faults: it answers late, wrongly, with another
 * address, or cuts the connection after it has taken the request.
 *
 * @since 0.1.0
 */
import { Context, Effect, Layer } from "effect"
import { createHmac } from "node:crypto"
import * as Http from "node:http"
import type { AddressInfo } from "node:net"

/**
 * A request as it came.
 *
 * @category models
 * @since 0.1.0
 */
export interface ReceivedRequest {
  readonly path: string
  readonly headers: Http.IncomingHttpHeaders
  readonly body: string
}

/**
 * What is answered. `cut`: nothing, the connection ends; `silent`: nothing, and it does not end.
 *
 * @category models
 * @since 0.1.0
 */
export interface ReceiverAnswer {
  readonly status?: number | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly body?: string | undefined
  readonly after?: number | undefined
  readonly fault?: "cut" | "silent" | undefined
}

/**
 * @category services
 * @since 0.1.0
 */
export class WebhookReceiver extends Context.Service<WebhookReceiver, {
  /** Its address, without a path. */
  readonly url: string
  /** What came, oldest first. */
  readonly received: () => ReadonlyArray<ReceivedRequest>
  /** What came for a path. */
  readonly at: (path: string) => ReadonlyArray<ReceivedRequest>
  /** Says what the n-th request of a path is answered with, from 1; 204 where nothing is said. */
  readonly plan: (path: string, answer: (request: ReceivedRequest, n: number) => ReceiverAnswer) => void
}>()("@wicara/testing/WebhookReceiver") {
  /**
   * On a port of its own.
   *
   * @since 0.1.0
   */
  static readonly layer: Layer.Layer<WebhookReceiver> = Layer.effect(
    WebhookReceiver,
    Effect.gen(function*() {
      const received: Array<ReceivedRequest> = []
      const plans = new Map<string, (request: ReceivedRequest, n: number) => ReceiverAnswer>()
      const at = (path: string) => received.filter((request) => request.path === path)
      const server = Http.createServer((request, response) => {
        const chunks: Array<Buffer> = []
        request.on("data", (chunk: Buffer) => chunks.push(chunk))
        request.on("end", () => {
          const one = {
            path: request.url ?? "",
            headers: request.headers,
            body: Buffer.concat(chunks).toString("utf8")
          }
          received.push(one)
          const { after = 0, body, fault, headers, status = 204 } = plans.get(one.path)?.(one, at(one.path).length) ??
            {}
          setTimeout(() => {
            if (fault === "silent") return
            if (fault === "cut") {
              request.socket.destroy()
              return
            }
            response.writeHead(status, headers)
            response.end(body)
          }, after)
        })
      })
      yield* Effect.acquireRelease(
        Effect.callback<void>((resume) => {
          server.listen(0, "127.0.0.1", () => resume(Effect.void))
        }),
        () =>
          Effect.callback<void>((resume) => {
            server.closeAllConnections()
            server.close(() => resume(Effect.void))
          })
      )
      const { port } = server.address() as AddressInfo
      return WebhookReceiver.of({
        url: `http://127.0.0.1:${port}`,
        received: () => received,
        at,
        plan: (path, answer) => {
          plans.set(path, answer)
        }
      })
    })
  )
}

/**
 * Whether a request is signed with a secret after the Standard Webhooks scheme, as a receiver finds it out that has
 * nothing of the sender but its documentation.
 *
 * @category guards
 * @since 0.1.0
 */
export const isSigned = (request: ReceivedRequest, secret: string): boolean => {
  const { "webhook-id": id, "webhook-signature": signatures, "webhook-timestamp": timestamp } = request.headers
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64")
  const expected = createHmac("sha256", key).update(`${id}.${timestamp}.${request.body}`).digest("base64")
  return typeof signatures === "string" && signatures.split(" ").includes(`v1,${expected}`)
}
