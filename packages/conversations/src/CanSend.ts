/**
 * Whether a message may be sent now: one decision for people, bots, campaigns and the API, on a snapshot of what it
 * depends on. The verdict is stored with the message.
 *
 * @since 0.1.0
 */
import { Option, Schema } from "effect"
import type { AccountConnection, AccountStatus } from "@wicara/channels/ChannelAccount"
import type { ChannelCapabilities } from "@wicara/channels/ChannelAdapter"
import * as Fallback from "@wicara/channels/Fallback"
import type { OutboundContent } from "@wicara/channels/MessageContent"
import { OrganizationStatus } from "@wicara/core/Organization"
import { allowances } from "@wicara/core/Standing"
import type { TemplateCheck } from "./OutboundTemplates.ts"

/**
 * Why a message is sent: an answer or a notice about the customer's own business (`service`), or promotion
 * (`marketing`).
 *
 * @category schemas
 * @since 0.1.0
 */
export const Purpose = Schema.Literals(["service", "marketing"])
/** @since 0.1.0 */
export type Purpose = typeof Purpose.Type

/**
 * The decision with its reason:
 *
 * - `Allowed`
 * - `OrganizationInactive`: the organization is suspended or cancelled
 * - `NeedsTemplate`: the customer's last message is older than the channel's service window, so that only a template may
 *   be sent; `windowClosedAt` is `null` when they never wrote
 * - `OptedOut`: the customer refused this kind of message
 * - `AccountDown`: the account is disabled, or its provider says that it is not connected
 * - `Unsupported`: the channel can carry neither the content nor a text that says the same
 * - `TemplateUnusable`: there is no such template (`status` is `missing`), or its status does not allow it to be used
 * - `TemplateMismatch`: what the template is filled with is not what it wants, and where
 *
 * @category schemas
 * @since 0.1.0
 */
export const Verdict = Schema.Union([
  Schema.TaggedStruct("Allowed", {}),
  Schema.TaggedStruct("OrganizationInactive", { status: OrganizationStatus }),
  Schema.TaggedStruct("NeedsTemplate", { windowClosedAt: Schema.NullOr(Schema.Int) }),
  Schema.TaggedStruct("OptedOut", { purpose: Schema.Literals(["marketing", "all"]), since: Schema.Int }),
  Schema.TaggedStruct("AccountDown", { state: Schema.String }),
  Schema.TaggedStruct("Unsupported", { content: Schema.String }),
  Schema.TaggedStruct("TemplateUnusable", {
    name: Schema.String,
    language: Schema.String,
    status: Schema.String,
    reason: Schema.NullOr(Schema.String)
  }),
  Schema.TaggedStruct("TemplateMismatch", { field: Schema.String, detail: Schema.String })
]).annotate({ identifier: "SendVerdict" })
/** @since 0.1.0 */
export type Verdict = typeof Verdict.Type

/**
 * Everything the decision depends on. Instants are epoch milliseconds.
 *
 * @category models
 * @since 0.1.0
 */
export interface Snapshot {
  readonly organization: OrganizationStatus
  readonly content: OutboundContent
  readonly purpose: Purpose
  readonly now: number
  /** When the customer last wrote in this conversation. */
  readonly lastInboundAt: number | null
  readonly capabilities: Pick<
    ChannelCapabilities,
    "content" | "maxTextLength" | "maxButtons" | "maxListRows" | "serviceWindowHours"
  >
  readonly optOuts: {
    readonly marketing: Option.Option<number>
    readonly all: Option.Option<number>
  }
  readonly account: { readonly status: AccountStatus; readonly connection: AccountConnection }
  /** What is known of a template message's template; absent: nothing. */
  readonly template?: TemplateCheck | undefined
}

const hour = 3_600_000

/**
 * What stands for a forwarded message in the decision: its kind is one that the channel has.
 *
 * @category constants
 * @since 0.1.0
 */
export const forwarded: OutboundContent = { type: "text", text: "→" }

/**
 * The decision.
 *
 * @category decisions
 * @since 0.1.0
 */
export const canSend = (snapshot: Snapshot): Verdict => {
  const { account, capabilities, content, lastInboundAt, now, optOuts, organization, purpose, template } = snapshot
  if (!allowances[organization].send) return { _tag: "OrganizationInactive", status: organization }
  if (account.status === "disabled") return { _tag: "AccountDown", state: "disabled" }
  if (downConnections.has(account.connection)) return { _tag: "AccountDown", state: account.connection }
  if (purpose === "marketing" && Option.isSome(optOuts.marketing)) {
    return { _tag: "OptedOut", purpose: "marketing", since: optOuts.marketing.value }
  }
  // Who writes again after refusing everything has asked a question and may get its answer, but no promotion.
  if (Option.isSome(optOuts.all)) {
    const wroteSince = lastInboundAt !== null && lastInboundAt > optOuts.all.value
    if (purpose === "marketing" || !wroteSince) {
      return { _tag: "OptedOut", purpose: "all", since: optOuts.all.value }
    }
  }
  if (Option.isNone(Fallback.plan(content, capabilities))) return { _tag: "Unsupported", content: content.type }
  const window = capabilities.serviceWindowHours
  if (window !== null && content.type !== "template") {
    const closesAt = lastInboundAt === null ? null : lastInboundAt + window * hour
    if (closesAt === null || now >= closesAt) return { _tag: "NeedsTemplate", windowClosedAt: closesAt }
  }
  if (content.type === "template" && template?._tag === "Unusable") {
    const { name, language } = content
    return { _tag: "TemplateUnusable", name, language, status: template.status, reason: template.reason }
  }
  if (template?._tag === "Misfit") {
    return { _tag: "TemplateMismatch", field: template.field, detail: template.detail }
  }
  return { _tag: "Allowed" }
}

const downConnections: ReadonlySet<AccountConnection> = new Set(["needs_action", "disconnected", "failed"])

/**
 * A verdict as a sentence for people.
 *
 * @category conversions
 * @since 0.1.0
 */
export const describe = (verdict: Verdict): string => {
  switch (verdict._tag) {
    case "Allowed":
      return "This message can be sent."
    case "OrganizationInactive":
      return `The organization is ${verdict.status}: nothing is sent.`
    case "NeedsTemplate":
      return "The customer's last message is too long ago: only a template can be sent now."
    case "OptedOut":
      return verdict.purpose === "marketing"
        ? "The customer refused marketing messages."
        : "The customer refused further messages."
    case "AccountDown":
      return `The channel account can't send now: ${verdict.state}.`
    case "Unsupported":
      return `This channel can't carry content of the type "${verdict.content}".`
    case "TemplateUnusable":
      return verdict.status === "missing"
        ? `There is no template "${verdict.name}" in the language ${verdict.language}.`
        : `The template "${verdict.name}" in the language ${verdict.language} can't be used: it is ${verdict.status}.`
    case "TemplateMismatch":
      return verdict.detail
  }
}
