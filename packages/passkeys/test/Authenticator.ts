import { createHash, generateKeyPairSync, randomBytes, sign } from "node:crypto"

/** The CBOR that authenticators write: unsigned and negative integers, bytes, text and maps. */
const cbor = (value: number | string | Uint8Array | ReadonlyMap<number | string, unknown>): Buffer => {
  const head = (major: number, length: number) =>
    length < 24
      ? Buffer.from([major << 5 | length])
      : length < 256
      ? Buffer.from([major << 5 | 24, length])
      : Buffer.from([major << 5 | 25, length >> 8, length & 255])
  if (typeof value === "number") return value >= 0 ? head(0, value) : head(1, -1 - value)
  if (typeof value === "string") return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)])
  if (value instanceof Uint8Array) return Buffer.concat([head(2, value.length), value])
  return Buffer.concat([head(5, value.size), ...[...value].flatMap(([key, one]) => [cbor(key), cbor(one as never)])])
}

const sha256 = (data: string | Uint8Array) => createHash("sha256").update(data).digest()

export interface Faults {
  readonly origin?: string
  readonly rpId?: string
  readonly challenge?: string
  /** Whether its user was verified; yes if absent. */
  readonly userVerified?: boolean
  readonly type?: string
  /** Signed with another key. */
  readonly forged?: boolean
}

interface Options {
  readonly challenge: string
  readonly rpId?: string
  readonly rp?: { readonly id: string }
}

/** An authenticator in software, as the protocol sees one: it makes an ES256 key and signs with it. */
export const makeAuthenticator = (origin: string, options: { readonly counts?: boolean } = {}) => {
  const id = randomBytes(32)
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" })
  const { privateKey: other } = generateKeyPairSync("ec", { namedCurve: "P-256" })
  const jwk = publicKey.export({ format: "jwk" })
  const coseKey = cbor(
    new Map<number, unknown>([
      [1, 2],
      [3, -7],
      [-1, 1],
      [-2, Buffer.from(jwk.x ?? "", "base64url")],
      [-3, Buffer.from(jwk.y ?? "", "base64url")]
    ])
  )
  let counter = 0

  const clientData = (type: string, challenge: string, faults: Faults) =>
    Buffer.from(JSON.stringify({
      type: faults.type ?? type,
      challenge: faults.challenge ?? challenge,
      origin: faults.origin ?? origin,
      crossOrigin: false
    }))

  const authenticatorData = (rpId: string, attested: Buffer | undefined, faults: Faults) => {
    if (options.counts !== false) counter += 1
    const flags = 1 | (faults.userVerified === false ? 0 : 4) | (attested === undefined ? 0 : 64)
    const count = Buffer.alloc(4)
    count.writeUInt32BE(counter)
    return Buffer.concat([sha256(faults.rpId ?? rpId), Buffer.from([flags]), count, attested ?? Buffer.alloc(0)])
  }

  const envelope = (response: Record<string, string | ReadonlyArray<string>>) => ({
    id: id.toString("base64url"),
    rawId: id.toString("base64url"),
    type: "public-key",
    response,
    clientExtensionResults: {}
  })

  return {
    id: id.toString("base64url"),
    /** Goes back to an earlier count, as a copy of the key would. */
    rewind: (to: number) => {
      counter = to
    },
    create: (request: unknown, faults: Faults = {}) => {
      const { challenge, rp } = request as Options
      const length = Buffer.from([id.length >> 8, id.length & 255])
      const attested = Buffer.concat([Buffer.alloc(16), length, id, coseKey])
      const authData = authenticatorData(rp?.id ?? "", attested, faults)
      const attestationObject = cbor(
        new Map<string, unknown>([["fmt", "none"], ["attStmt", new Map()], ["authData", authData]])
      )
      return envelope({
        clientDataJSON: clientData("webauthn.create", challenge, faults).toString("base64url"),
        attestationObject: attestationObject.toString("base64url"),
        transports: ["internal", "hybrid", "telepathy"]
      })
    },
    get: (request: unknown, faults: Faults = {}) => {
      const { challenge, rpId } = request as Options
      const data = authenticatorData(rpId ?? "", undefined, faults)
      const client = clientData("webauthn.get", challenge, faults)
      const signature = sign(
        "sha256",
        Buffer.concat([data, sha256(client)]),
        faults.forged === true ? other : privateKey
      )
      return envelope({
        clientDataJSON: client.toString("base64url"),
        authenticatorData: data.toString("base64url"),
        signature: signature.toString("base64url")
      })
    }
  }
}
