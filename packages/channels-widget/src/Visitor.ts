/**
 * A visitor of a website with the widget: anonymous until they say who they are, and known again by their token.
 *
 * @since 0.1.0
 */
import { Context, Schema } from "effect"
import type { Account, ChannelAccountId } from "@wicara/channels/ChannelAdapter"
import * as Id from "@wicara/core/Id"
import type { WidgetSecrets, WidgetSettings } from "./WidgetSettings.ts"

/**
 * @category ids
 * @since 0.1.0
 */
export const VisitorId = Id.make("VisitorId", "One visitor of one website; the value of an identity of kind `visitor`.")
/** @since 0.1.0 */
export type VisitorId = typeof VisitorId.Type

/**
 * @category ids
 * @since 0.1.0
 */
export const SessionId = Id.make(
  "WidgetSessionId",
  "One browser's session with a widget, from its first visit to signing out."
)
/** @since 0.1.0 */
export type SessionId = typeof SessionId.Type

/**
 * Names one visitor within an organization: visitors of two accounts never share a stream, whatever their ids.
 *
 * @category models
 * @since 0.1.0
 */
export interface VisitorRef {
  readonly channelAccountId: ChannelAccountId
  readonly visitorId: VisitorId
}

/**
 * The account of a widget with its settings and secrets.
 *
 * @category models
 * @since 0.1.0
 */
export type WidgetAccount = Account<WidgetSettings, WidgetSecrets>

/**
 * The visitor whose token came with the request.
 *
 * @category services
 * @since 0.1.0
 */
export class CurrentVisitor extends Context.Service<CurrentVisitor, {
  readonly account: WidgetAccount
  readonly visitorId: VisitorId
  /** None of tokens from before there were sessions. */
  readonly sessionId: SessionId | undefined
  /** The site proved who they are. */
  readonly verified: boolean
  /** When their token ends, epoch milliseconds. */
  readonly expiresAt: number
}>()("@wicara/channels-widget/CurrentVisitor") {}

/** People who answer open it: it is no address of another kind. */
const WebAddress = Schema.String.check(
  Schema.isPattern(/^https?:\/\//, { expected: "an address that begins with http:// or https://" }),
  Schema.isMaxLength(2048)
)

/**
 * The page the visitor is on, and the one that led there.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Page = Schema.Struct({
  url: WebAddress,
  title: Schema.optionalKey(Schema.String.check(Schema.isMaxLength(300))),
  referrer: Schema.optionalKey(WebAddress)
}).annotate({ identifier: "WidgetPage" })
/** @since 0.1.0 */
export type Page = typeof Page.Type

/**
 * A BCP 47 language tag as browsers report it: `id`, `es-MX`.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Locale = Schema.String.check(
  Schema.isPattern(/^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,4}$/, {
    title: "Locale",
    expected: "a language tag such as id or es-MX"
  }),
  Schema.isMaxLength(35)
).annotate({ identifier: "WidgetLocale", examples: ["id", "es-MX"] })
/** @since 0.1.0 */
export type Locale = typeof Locale.Type
