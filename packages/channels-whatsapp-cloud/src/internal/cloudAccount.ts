import { Duration, Schema } from "effect"
import type { ResolvedAccount } from "@wicara/channels/ChannelAccounts"
import type * as GraphApi from "../GraphApi.ts"
import { Secrets, Settings } from "../WhatsAppCloud.ts"

const timeout = Duration.seconds(20)

const isCloud = Schema.is(Schema.Struct({
  settings: Schema.toType(Settings),
  secrets: Schema.toType(Secrets)
}))

/** How the API is called for an account; `undefined` for one of another channel. @internal */
export const cloudAccount = ({ account, adapter }: Pick<ResolvedAccount, "account" | "adapter">) => {
  if (adapter.id !== "whatsapp_cloud" || !isCloud(account)) return undefined
  const { secrets, settings } = account
  const caller: GraphApi.Caller = {
    baseUrl: settings.graphBaseUrl,
    version: settings.apiVersion,
    accessToken: secrets.accessToken,
    timeout
  }
  return { account, settings, caller, number: settings.phoneNumberId, business: settings.businessAccountId }
}
