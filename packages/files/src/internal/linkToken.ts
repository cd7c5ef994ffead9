import { createHmac, timingSafeEqual } from "node:crypto"

/** What a link says; its signature covers all of it. */
export interface LinkClaims {
  readonly organizationId: Uint8Array
  readonly fileId: Uint8Array
  /** Epoch milliseconds. */
  readonly expiresAt: number
  readonly inline: boolean
}

const claimsLength = 16 + 16 + 6 + 1
const signatureLength = 32

const signatureOf = (key: Uint8Array, claims: Uint8Array): Uint8Array =>
  createHmac("sha256", key).update("wicara file link\0").update(claims).digest()

export const sign = (key: Uint8Array, claims: LinkClaims): string => {
  const bytes = Buffer.alloc(claimsLength)
  bytes.set(claims.organizationId, 0)
  bytes.set(claims.fileId, 16)
  bytes.writeUIntBE(claims.expiresAt, 32, 6)
  bytes[38] = claims.inline ? 1 : 0
  return Buffer.concat([bytes, signatureOf(key, bytes)]).toString("base64url")
}

/** The claims of a token of the right form; whether they are true only `isSigned` says. */
export const parse = (token: string): LinkClaims | undefined => {
  const bytes = Buffer.from(token, "base64url")
  if (bytes.length !== claimsLength + signatureLength || bytes.toString("base64url") !== token) return undefined
  return {
    organizationId: new Uint8Array(bytes.subarray(0, 16)),
    fileId: new Uint8Array(bytes.subarray(16, 32)),
    expiresAt: bytes.readUIntBE(32, 6),
    inline: bytes[38] === 1
  }
}

export const isSigned = (key: Uint8Array, token: string): boolean => {
  const bytes = Buffer.from(token, "base64url")
  return timingSafeEqual(bytes.subarray(claimsLength), signatureOf(key, bytes.subarray(0, claimsLength)))
}
