import { createCipheriv, createECDH, hkdfSync } from "node:crypto"

const curve = "prime256v1"
const recordSize = 4096

/** Whether the bytes are a point of the curve, as browsers write it. */
export const isPublicKey = (bytes: Uint8Array): boolean => {
  if (bytes.length !== 65 || bytes[0] !== 4) return false
  const [x, y] = [bytes.subarray(1, 33), bytes.subarray(33)].map((part) =>
    BigInt(`0x${Buffer.from(part).toString("hex")}`)
  )
  return x !== undefined && y !== undefined && x < prime && y < prime &&
    (y * y) % prime === (x * x * x - 3n * x + b) % prime
}

// The curve P-256: y² = x³ - 3x + b.
const prime = 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn
const b = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn

const derive = (secret: Uint8Array, salt: Uint8Array, info: Uint8Array | string, length: number) =>
  Buffer.from(hkdfSync("sha256", secret, salt, info, length))

/**
 * A message that only the browser can read which has the private key (RFC 8291), in one record of `aes128gcm`
 * (RFC 8188). `privateKey` and `salt` are for this message alone.
 */
export const encrypt = (options: {
  readonly plaintext: Uint8Array
  /** The browser's public key and secret. */
  readonly p256dh: Uint8Array
  readonly auth: Uint8Array
  readonly privateKey: Uint8Array
  readonly salt: Uint8Array
}): Uint8Array => {
  const ecdh = createECDH(curve)
  ecdh.setPrivateKey(options.privateKey)
  const publicKey = ecdh.getPublicKey()
  const keyInfo = Buffer.concat([Buffer.from("WebPush: info\0"), options.p256dh, publicKey])
  const secret = derive(ecdh.computeSecret(options.p256dh), options.auth, keyInfo, 32)
  const key = derive(secret, options.salt, "Content-Encoding: aes128gcm\0", 16)
  const nonce = derive(secret, options.salt, "Content-Encoding: nonce\0", 12)
  const size = Buffer.alloc(4)
  size.writeUInt32BE(recordSize)
  const cipher = createCipheriv("aes-128-gcm", key, nonce)
  return Buffer.concat([
    options.salt,
    size,
    Buffer.from([publicKey.length]),
    publicKey,
    cipher.update(options.plaintext),
    // The delimiter of the last record.
    cipher.update(Buffer.from([2])),
    cipher.final(),
    cipher.getAuthTag()
  ])
}
