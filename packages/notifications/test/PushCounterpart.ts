/** A push service, and a browser that reads what it delivers. */
import { Context, Effect, Layer } from "effect"
import { createDecipheriv, createECDH, createPublicKey, hkdfSync, randomBytes, verify } from "node:crypto"
import * as Http from "node:http"
import type { AddressInfo } from "node:net"

export interface Pushed {
  readonly path: string
  readonly headers: Http.IncomingHttpHeaders
  readonly body: Buffer
}

export class PushCounterpart extends Context.Service<PushCounterpart, {
  readonly url: string
  readonly received: Array<Pushed>
  /** What it answers to the n-th request, from 1. */
  plan: (pushed: Pushed, n: number) => { readonly status: number; readonly retryAfter?: string }
}>()("test/PushCounterpart") {
  static readonly layer = Layer.effect(
    PushCounterpart,
    Effect.gen(function*() {
      const received: Array<Pushed> = []
      const server = Http.createServer((request, response) => {
        const chunks: Array<Buffer> = []
        request.on("data", (chunk: Buffer) => chunks.push(chunk))
        request.on("end", () => {
          const pushed = { path: request.url ?? "", headers: request.headers, body: Buffer.concat(chunks) }
          const { retryAfter, status } = service.plan(pushed, received.push(pushed))
          response.writeHead(status, retryAfter === undefined ? {} : { "retry-after": retryAfter })
          response.end()
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
      const service: PushCounterpart["Service"] = {
        url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
        received,
        plan: () => ({ status: 201 })
      }
      return service
    })
  )
}

/** A browser's subscription, and how it reads a message. */
export const newBrowser = (endpoint: string) => {
  const ecdh = createECDH("prime256v1")
  const p256dh = ecdh.generateKeys()
  const auth = randomBytes(16)
  return {
    endpoint,
    keys: { p256dh: p256dh.toString("base64url"), auth: auth.toString("base64url") },
    read: (body: Buffer) => decrypt(body, ecdh.getPrivateKey(), auth)
  }
}

/** RFC 8291, from the browser's side. */
export const decrypt = (body: Buffer, privateKey: Buffer, auth: Buffer): string => {
  const ecdh = createECDH("prime256v1")
  ecdh.setPrivateKey(privateKey)
  const salt = body.subarray(0, 16)
  const length = body.readUInt8(20)
  const sender = body.subarray(21, 21 + length)
  const derive = (secret: Uint8Array, salt: Uint8Array, info: Uint8Array | string, size: number) =>
    Buffer.from(hkdfSync("sha256", secret, salt, info, size))
  const info = Buffer.concat([Buffer.from("WebPush: info\0"), ecdh.getPublicKey(), sender])
  const secret = derive(ecdh.computeSecret(sender), auth, info, 32)
  const key = derive(secret, salt, "Content-Encoding: aes128gcm\0", 16)
  const nonce = derive(secret, salt, "Content-Encoding: nonce\0", 12)
  const sealed = body.subarray(21 + length)
  const decipher = createDecipheriv("aes-128-gcm", key, nonce)
  decipher.setAuthTag(sealed.subarray(-16))
  const plain = Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()])
  if (plain.at(-1) !== 2) throw new Error("the record is not the last one")
  return plain.subarray(0, -1).toString("utf8")
}

/** The claims of a request whose signature is the server's (RFC 8292). */
export const claimsOf = (header: string | undefined) => {
  const [, token = "", key = ""] = /^vapid t=([^,]+), k=(\S+)$/.exec(header ?? "") ?? []
  const [head = "", body = "", signature = ""] = token.split(".")
  const point = Buffer.from(key, "base64url")
  const publicKey = createPublicKey({
    format: "jwk",
    key: {
      kty: "EC",
      crv: "P-256",
      x: point.subarray(1, 33).toString("base64url"),
      y: point.subarray(33).toString("base64url")
    }
  })
  const isSigned = verify(
    "sha256",
    Buffer.from(`${head}.${body}`),
    { key: publicKey, dsaEncoding: "ieee-p1363" },
    Buffer.from(signature, "base64url")
  )
  return {
    isSigned,
    key,
    head: JSON.parse(Buffer.from(head, "base64url").toString()) as unknown,
    claims: JSON.parse(Buffer.from(body, "base64url").toString()) as Record<string, unknown>
  }
}
