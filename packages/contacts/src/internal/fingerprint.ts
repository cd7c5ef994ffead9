import { createHash } from "node:crypto"

const maxLength = 190

/** A key that fits its column: long ones are replaced by a digest that keeps their start readable. */
export const fingerprint = (key: string): string =>
  key.length <= maxLength
    ? key
    : `${key.slice(0, 100)}#${createHash("sha256").update(key).digest("hex")}`
