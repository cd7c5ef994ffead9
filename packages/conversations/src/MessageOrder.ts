/**
 * The order of messages in a conversation: by the time the provider gives, then by the time of arrival, then by the
 * place in the payload. A message's id carries it, so that the table is stored, and a page of history read, in this
 * order.
 *
 * @since 0.1.0
 */
import { SecureRandom } from "effect/crypto"
import * as Id from "@wicara/core/Id"
import type { MessageId } from "./Message.ts"

/** No messenger is older: 2009-01-01. */
const earliest = 1_230_768_000_000
const tolerance = 300_000

/**
 * When a message was written, epoch milliseconds: the provider's time if it can be true (after 2009, and at most 5
 * minutes after it arrived), else the time of arrival.
 *
 * @category accessors
 * @since 0.1.0
 */
export const effectiveTime = (providerTime: number | undefined, receivedAt: number): number =>
  providerTime !== undefined && Number.isSafeInteger(providerTime) && providerTime >= earliest &&
    providerTime <= receivedAt + tolerance
    ? providerTime
    : receivedAt

const random16 = (): number => {
  const bytes = SecureRandom.randomBytesUnsafe(2)
  return bytes[0]! * 256 + bytes[1]!
}

let counter = random16()

/**
 * A message id: a UUIDv7 whose time is that of the message, and whose next bits are the time of arrival and the place in
 * the payload. Ids of one conversation sort as its messages are read.
 *
 * @category constructors
 * @since 0.1.0
 */
export const makeId = (order: {
  /** Epoch milliseconds. */
  readonly sentAt: number
  /** Epoch milliseconds. */
  readonly receivedAt: number
  /** The place in the payload. */
  readonly index: number
}): MessageId => {
  const bytes = new Uint8Array(16)
  const view = new DataView(bytes.buffer)
  view.setUint16(0, Math.floor(order.sentAt / 2 ** 32) & 0xffff)
  view.setUint32(2, order.sentAt >>> 0)
  counter = (counter + 1) & 0xffff
  const arrival = BigInt(Math.floor(order.receivedAt) % 2 ** 32)
  const index = BigInt(Math.min(Math.max(order.index, 0), 1023))
  // 32 bits of arrival, 10 of place, 16 of a counter, 16 of chance: 74 bits, split by version and variant.
  const rest = (arrival << 42n) | (index << 32n) | (BigInt(counter) << 16n) | BigInt(random16())
  view.setUint16(6, 0x7000 | Number(rest >> 62n))
  view.setBigUint64(8, (0b10n << 62n) | (rest & ((1n << 62n) - 1n)))
  return Id.fromBytes<MessageId>(bytes)
}

/**
 * The time that a message id carries, epoch milliseconds.
 *
 * @category accessors
 * @since 0.1.0
 */
export const sentAt = (id: MessageId): number => Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16)
