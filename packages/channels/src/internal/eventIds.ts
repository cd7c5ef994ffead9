import { SecureRandom } from "effect/crypto"

const poolBytes = 8192

/**
 * Makes UUIDv7 bytes that sort in the order they were made, with random bytes drawn in bulk: drawing them one id at a
 * time is a noticeable part of what a webhook costs.
 */
export const makeEventIds = () => {
  let pool: Uint8Array = new Uint8Array(0)
  let at = 0
  let last = 0
  let sequence = 0
  return (now: number): Uint8Array => {
    if (at + 8 > pool.length) {
      pool = SecureRandom.randomBytesUnsafe(poolBytes)
      at = 0
    }
    if (now > last) {
      last = now
      // Half of the range is left to count on within a millisecond.
      sequence = (pool[at]! << 3) | (pool[at + 1]! & 0x07)
    } else if (sequence < 0xfff) {
      sequence += 1
    } else {
      last += 1
      sequence = 0
    }
    const id = new Uint8Array(16)
    const high = Math.floor(last / 2 ** 32)
    id[0] = high >>> 8
    id[1] = high
    id[2] = last >>> 24
    id[3] = last >>> 16
    id[4] = last >>> 8
    id[5] = last
    id[6] = 0x70 | (sequence >>> 8)
    id[7] = sequence
    id.set(pool.subarray(at, at + 8), 8)
    id[8] = 0x80 | (id[8]! & 0x3f)
    at += 8
    return id
  }
}
