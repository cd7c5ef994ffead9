import type { SendLimit } from "@wicara/channels/ChannelAdapter"

const spacing = ({ messages, per }: SendLimit): number => per / messages

/** When the next message to a recipient may be sent, if what was sent to them is paid for until an instant. */
export const dueAt = (limit: SendLimit, paidUntil: number): number =>
  Math.ceil(paidUntil - ((limit.burst ?? 1) - 1) * spacing(limit))

/** Until when it is paid for after one more: what goes at once is borrowed from what follows. */
export const pay = (limit: SendLimit, paidUntil: number, now: number): number =>
  Math.ceil(Math.max(paidUntil, now) + spacing(limit))
