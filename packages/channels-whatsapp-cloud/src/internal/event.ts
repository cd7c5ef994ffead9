import type { InboundEvent } from "@wicara/channels/InboundEvent"
import type * as Webhook from "../Webhook.ts"
import { optional } from "./optional.ts"

/** What has no meaning here, kept under the provider's word for it. @internal */
export const unknown = (kind: string, raw: unknown): InboundEvent => ({ _tag: "Unknown", raw, kind })

/** @internal */
export const baseOf = (raw: unknown, timestamp: string | undefined) => ({
  raw,
  ...optional("timestamp", instant(timestamp))
})

/** Before WhatsApp, or after this century: not a time that a message was written. */
const earliest = 1_230_768_000
const latest = 4_102_444_800

/** Seconds as epoch milliseconds. @internal */
export const instant = (seconds: string | undefined): number | undefined => {
  if (seconds === undefined || seconds.trim() === "") return undefined
  const value = Number(seconds)
  return value >= earliest && value < latest ? Math.floor(value * 1000) : undefined
}

/** A change of a webhook, with the time of its entry. @internal */
export interface Change {
  readonly raw: unknown
  readonly time: number | undefined
  readonly field: string
  readonly value: { readonly [key: string]: unknown }
}

/** The meaning of one element of a list, with the people that its webhook names. @internal */
export type Decode = (raw: unknown, contacts: ReadonlyArray<Webhook.Contact>) => ReadonlyArray<InboundEvent>
