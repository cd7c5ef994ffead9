/**
 * @since 0.1.0
 */
export * as Address from "./Address.ts"
export * as ChannelAccount from "./ChannelAccount.ts"
export * as ChannelAccounts from "./ChannelAccounts.ts"
export * as ChannelAccountsApi from "./ChannelAccounts/Api.ts"
export * as ChannelAccountsHttp from "./ChannelAccounts/Http.ts"
export * as ChannelAdapter from "./ChannelAdapter.ts"
export * as ChannelRegistry from "./ChannelRegistry.ts"
export * as Fallback from "./Fallback.ts"
export * as InboundEvent from "./InboundEvent.ts"
export * as InboundEvents from "./InboundEvents.ts"
export * as InboundHttp from "./InboundHttp.ts"
export * as LeaseLost from "./LeaseLost.ts"
export * as MessageContent from "./MessageContent.ts"
export * as events from "./events.ts"
export * as migrations from "./sql/migrations.ts"
export * as permissions from "./permissions.ts"
