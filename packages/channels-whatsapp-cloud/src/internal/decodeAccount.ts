import { DateTime, Option, Predicate, Schema } from "effect"
import type { AccountChanged, AccountFacts, InboundEvent } from "@wicara/channels/InboundEvent"
import * as Webhook from "../Webhook.ts"
import { unknown } from "./event.ts"
import type { Change } from "./event.ts"
import { optional } from "./optional.ts"

const decodeTemplate = Schema.decodeUnknownOption(Webhook.TemplateNews)
const decodeNews = Schema.decodeUnknownOption(Webhook.AccountNews)

const ofTemplates = new Set([
  "message_template_status_update",
  "message_template_quality_update",
  "message_template_components_update",
  "template_category_update",
  "template_correct_category_detection"
])

/** Fields about a template or number of one business account: its id is the entry's. @internal */
export const ofOneBusinessAccount = new Set([
  ...ofTemplates,
  "phone_number_quality_update",
  "phone_number_name_update",
  "flows"
])

/** Fields whose value as a whole is news of the account or of one of its templates. @internal */
export const accountFields = new Set([
  ...ofOneBusinessAccount,
  "account_update",
  "account_review_update",
  "account_alerts",
  "account_settings_update",
  "business_capability_update",
  "business_status_update",
  "business_username_update",
  "partner_solutions",
  "payment_configuration_update",
  "security"
])

/** @internal */
export const accountNews = (change: Change): InboundEvent =>
  ofTemplates.has(change.field) ? templateChanged(change) : accountChanged(change)

const templateChanged = (change: Change): InboundEvent => {
  const news = Option.getOrUndefined(decodeTemplate(change.value))
  const { message_template_id: id, message_template_language: language, message_template_name: name } = news ?? {}
  if (news === undefined || id === undefined || name === undefined || language === undefined) {
    return unknown(change.field, change.raw)
  }
  return {
    _tag: "TemplateChanged",
    raw: change.raw,
    ...optional("timestamp", change.time),
    templateId: id,
    name,
    // Some of these webhooks write `en-US` where the template itself has `en_US`.
    language: language.replace("-", "_"),
    ...optional("status", news.event),
    ...optional("reason", reasonOf(news)),
    ...optional("category", news.new_category ?? news.message_template_category ?? news.category),
    ...optional("nextCategory", news.correct_category),
    ...optional("nextCategoryAt", millisOf(news.category_update_timestamp)),
    ...optional("quality", news.new_quality_score),
    ...optional("stage", news.other_info?.title),
    ...optional("endsAt", millisOf(news.disable_info?.disable_date)),
    ...(change.field === "message_template_components_update" ? { componentsChanged: true } : undefined)
  }
}

/** Of a date, or of seconds since the epoch. */
const millisOf = (date: string | undefined): number | undefined =>
  date === undefined
    ? undefined
    : /^[0-9]+$/.test(date)
    ? Number(date) * 1000
    : Option.getOrUndefined(Option.map(DateTime.make(date), DateTime.toEpochMillis))

const reasonOf = (news: typeof Webhook.TemplateNews.Type): string | undefined => {
  const said = [
    news.reason,
    news.rejection_info?.reason,
    news.rejection_info?.recommendation,
    news.other_info?.title,
    news.other_info?.description,
    news.correct_category === undefined ? undefined : `the correct category is ${news.correct_category}`,
    news.disable_info?.disable_date === undefined ? undefined : `disabled on ${news.disable_info.disable_date}`
  ].filter((part) => part !== undefined && part !== "" && part !== "NONE")
  return said.length === 0 ? undefined : said.join(": ")
}

const accountChanged = (change: Change): AccountChanged => {
  const news = Option.getOrElse(decodeNews(change.value), (): typeof Webhook.AccountNews.Type => ({}))
  const facts = factsOf(change.field, news)
  const detail = detailOf(change.value)
  return {
    _tag: "AccountChanged",
    raw: change.raw,
    ...optional("timestamp", change.time),
    kind: change.field,
    ...optional("state", stateOf(change.field, news)),
    ...optional("detail", detail === "" ? undefined : detail),
    ...(Object.keys(facts).length === 0 ? undefined : { facts })
  }
}

/** The tiers of people that a business may write to first in 24 hours: `TIER_250`, `TIER_2K`. */
const tierName = /^TIER_([0-9]+)(K?)$/

/**
 * How many people one tier allows, `null` without a limit; Meta gives its name, a number, or -1 for none. `undefined`
 * when it is none of these.
 *
 * @internal
 */
export const dailyRecipients = (tier: string | undefined): number | null | undefined => {
  if (tier === undefined) return undefined
  if (tier === "-1" || tier === "TIER_UNLIMITED") return null
  const [, count, thousands] = tierName.exec(tier) ?? []
  const value = Number(count ?? tier) * (thousands === "K" ? 1_000 : 1)
  return Number.isSafeInteger(value) && value > 0 ? value : undefined
}

const factsOf = (field: string, news: typeof Webhook.AccountNews.Type): AccountFacts => {
  if (field !== "phone_number_quality_update" && field !== "business_capability_update") return {}
  return {
    ...optional("dailyRecipients", dailyRecipients(news.max_daily_conversations_per_business ?? news.current_limit)),
    ...(news.event === "THROUGHPUT_UPGRADE" ? { messagesPerSecond: 1_000 } : undefined),
    ...(news.event === "FLAGGED" ? { quality: "RED" } : undefined)
  }
}

const stateOf = (field: string, news: typeof Webhook.AccountNews.Type): AccountChanged["state"] => {
  if (field === "account_review_update") return news.decision === "REJECTED" ? "needs_action" : undefined
  if (field === "phone_number_name_update") return news.decision === "REJECTED" ? "needs_action" : undefined
  if (field !== "account_update") return undefined
  switch (news.event) {
    case "ACCOUNT_DELETED":
      return "disconnected"
    case "ACCOUNT_RESTRICTION":
    case "ACCOUNT_VIOLATION":
    case "PARTNER_APP_UNINSTALLED":
    case "PARTNER_REMOVED":
      return "needs_action"
    case "DISABLED_UPDATE":
      return news.ban_info?.waba_ban_state === "REINSTATE"
        ? "connected"
        : news.ban_info?.waba_ban_state === "SCHEDULE_FOR_DISABLE"
        ? "needs_action"
        : "failed"
    default:
      return undefined
  }
}

/** Where the gist of a change stands; it comes first. */
const heads = ["event", "decision", "status"]

const mostWords = 40

/** The change in words: what happened, then every value under its name. */
const detailOf = (value: Change["value"]): string => {
  const head = heads.flatMap((key) => Predicate.isString(value[key]) ? [value[key]] : [])
  const words: Array<string> = []
  const walk = (name: string, one: unknown, depth: number): void => {
    if (words.length >= mostWords || one === null || one === undefined || one === "" || one === "NONE") return
    if (Array.isArray(one)) { for (const element of one) walk(name, element, depth) }
    else if (Predicate.isObject(one)) {
      if (depth < 6) { for (const [key, inner] of Object.entries(one)) walk(key, inner, depth + 1) }
    } else words.push(`${name} ${String(one)}`)
  }
  for (const [key, one] of Object.entries(value)) {
    if (!notNews.has(key) && !(heads.includes(key) && Predicate.isString(one))) walk(key, one, 0)
  }
  return [head.join(" "), words.join(", ")].filter((part) => part !== "").join(": ").slice(0, 1_000)
}

const notNews = new Set(["messaging_product", "metadata"])
