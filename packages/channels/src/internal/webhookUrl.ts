import type { ChannelAccountId } from "../ChannelAdapter.ts"

/** Where deliveries arrive, before the account's id. */
export const prefix = "/v1/inbound/"

/** The parameter of a webhook's address that has its key. */
export const urlKeyName = "key"

/** Where an account's provider is to deliver. */
export const webhookUrl = (publicUrl: string, id: ChannelAccountId, urlKey: string | null): string =>
  `${publicUrl.replace(/\/+$/, "")}${prefix}${id}${urlKey === null ? "" : `?${urlKeyName}=${urlKey}`}`
