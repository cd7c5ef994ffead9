import { Redacted, Schema } from "effect"
import { createECDH, createPrivateKey, sign } from "node:crypto"

/** What a server proves who it is with: both in base64url. */
export interface VapidPair {
  readonly publicKey: string
  readonly privateKey: Redacted.Redacted<string>
}

/** The pair of a private key: 32 bytes in base64url. */
export const pairOf = (privateKey: Redacted.Redacted<string>): VapidPair => {
  const ecdh = createECDH("prime256v1")
  ecdh.setPrivateKey(Buffer.from(Redacted.value(privateKey), "base64url"))
  return { publicKey: ecdh.getPublicKey().toString("base64url"), privateKey }
}

export const makePair = (): VapidPair => {
  const ecdh = createECDH("prime256v1")
  ecdh.generateKeys()
  // Node leaves leading zeros out.
  const bytes = Buffer.concat([Buffer.alloc(32), ecdh.getPrivateKey()]).subarray(-32)
  return pairOf(Redacted.make(bytes.toString("base64url"), { label: "VAPID key" }))
}

const encodeJson = Schema.encodeSync(Schema.fromJsonString(Schema.Record(Schema.String, Schema.Json)))
const part = (value: Record<string, Schema.Json>) => Buffer.from(encodeJson(value)).toString("base64url")

/** The `Authorization` of one request to a push service (RFC 8292); `now` in epoch milliseconds. */
export const authorization = (pair: VapidPair, endpoint: URL, subject: string, now: number): string => {
  const point = Buffer.from(pair.publicKey, "base64url")
  const key = createPrivateKey({
    format: "jwk",
    key: {
      kty: "EC",
      crv: "P-256",
      x: point.subarray(1, 33).toString("base64url"),
      y: point.subarray(33).toString("base64url"),
      d: Redacted.value(pair.privateKey)
    }
  })
  // Push services take at most a day.
  const claims = { aud: endpoint.origin, exp: Math.floor(now / 1000) + 12 * 3600, sub: subject }
  const signed = `${part({ typ: "JWT", alg: "ES256" })}.${part(claims)}`
  const signature = sign("sha256", Buffer.from(signed), { key, dsaEncoding: "ieee-p1363" }).toString("base64url")
  return `vapid t=${signed}.${signature}, k=${pair.publicKey}`
}
