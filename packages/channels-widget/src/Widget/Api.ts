/**
 * The HTTP contract of the widget. Safe in a browser.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import {
  HttpApiEndpoint,
  HttpApiError,
  HttpApiGroup,
  HttpApiMiddleware,
  HttpApiSchema,
  HttpApiSecurity,
  OpenApi
} from "effect/http-api"
import { ChannelAccountId } from "@wicara/channels/ChannelAdapter"
import * as Pagination from "@wicara/core/Pagination"
import * as Permissions from "@wicara/core/Permissions"
import { InvalidInput, NotFound, TooManyRequests, typeUri, Unauthorized, Unavailable } from "@wicara/core/Problem"
import type { CurrentOrganization } from "@wicara/core/Tenancy"
import type { CurrentVisitor } from "../Visitor.ts"
import { Locale, Page, VisitorId } from "../Visitor.ts"
import { EventCursor, WidgetEvent, WidgetMessage, WidgetMessageId } from "../WidgetMessage.ts"
import { PublicSettings } from "../WidgetSettings.ts"
import { titles } from "../ProblemTitles.ts"

/**
 * Characters in one message of a visitor.
 *
 * @category constants
 * @since 0.1.0
 */
export const maxTextLength = 4000

/**
 * Bytes in one request.
 *
 * @category constants
 * @since 0.1.0
 */
export const maxBodyBytes = 32 * 1024

/**
 * The account's settings do not allow its widget on the page that asked.
 *
 * @category errors
 * @since 0.1.0
 */
export class OriginNotAllowed extends HttpApiError.Problem<OriginNotAllowed>()("OriginNotAllowed", {
  type: typeUri("origin-not-allowed"),
  status: 403,
  title: titles.messages["origin-not-allowed"].en
}, { origin: Schema.String }) {
  /** An `OriginNotAllowed` with a detail sentence. */
  static of(origin: string): OriginNotAllowed {
    return new OriginNotAllowed({ origin, detail: `"${origin}" is not among the widget's allowed origins.` })
  }
}

/**
 * Proves the visitor by the token of their session: `Authorization: Bearer <token>`, never by the address, which
 * logs and histories keep: events are read with `fetch`, not with `EventSource`. Also checks that the page's origin is
 * still allowed.
 *
 * @category middleware
 * @since 0.1.0
 */
export class VisitorAuthentication extends HttpApiMiddleware.Service<VisitorAuthentication, {
  provides: CurrentVisitor | CurrentOrganization
}>()("@wicara/channels-widget/VisitorAuthentication", {
  requiredForClient: true,
  security: {
    visitorToken: HttpApiSecurity.bearer
  },
  error: [Unauthorized, OriginNotAllowed, Unavailable]
}) {}

/**
 * Bounds request bodies.
 *
 * @category middleware
 * @since 0.1.0
 */
export class BodyLimit extends HttpApiMiddleware.Service<BodyLimit>()("@wicara/channels-widget/BodyLimit") {}

/**
 * A visitor's session: who they are, how the widget looks, and what was said lately.
 *
 * @category schemas
 * @since 0.1.0
 */
export const WidgetSession = Schema.Struct({
  visitorId: VisitorId,
  /** For every other call; replaces the one sent. */
  token: Schema.String,
  expiresAt: Schema.DateTimeUtcFromString,
  settings: PublicSettings,
  /** Where the stream is now: open `events` after it. */
  lastEventId: EventCursor,
  /** The last messages of both sides, oldest first. */
  messages: Schema.Array(WidgetMessage),
  /** For `GET messages`, to read on into the past; `null` when this is all. */
  nextCursor: Schema.NullOr(Schema.String),
  /** How far the business has read the visitor's messages. */
  businessReadUpTo: EventCursor,
  /** How far the visitor has read. */
  visitorReadUpTo: EventCursor
}).annotate({ identifier: "WidgetSession" })
/** @since 0.1.0 */
export type WidgetSession = typeof WidgetSession.Type

/**
 * @category schemas
 * @since 0.1.0
 */
export const OpenSession = Schema.Struct({
  /** The last session's token: the visitor stays who they were. One that is invalid begins a new visitor. */
  token: Schema.optionalKey(Schema.String.check(Schema.isMaxLength(1024))),
  locale: Schema.optionalKey(Locale),
  /** All that the page and the browser prefer, best first: the server may know more languages than the widget. */
  languages: Schema.optionalKey(Schema.Array(Locale).check(Schema.isMaxLength(20))),
  page: Schema.optionalKey(Page)
}).annotate({ identifier: "OpenWidgetSession" })
/** @since 0.1.0 */
export type OpenSession = typeof OpenSession.Type

/**
 * What a visitor writes. The same `id` again is the same message: send it until it is answered.
 *
 * @category schemas
 * @since 0.1.0
 */
export const PostMessage = Schema.Struct({
  id: WidgetMessageId,
  text: Schema.String.check(
    Schema.isPattern(/\S/, { expected: "text that is not blank" }),
    Schema.isMaxLength(maxTextLength)
  ),
  /** The button or list row that was picked; `text` is its title. */
  choice: Schema.optionalKey(Schema.Struct({
    type: Schema.Literals(["button", "list"]),
    id: Schema.String.check(Schema.isMaxLength(256))
  })),
  /** The id of the reply it answers. */
  replyTo: Schema.optionalKey(WidgetMessageId),
  locale: Schema.optionalKey(Locale),
  page: Schema.optionalKey(Page)
}).annotate({ identifier: "PostWidgetMessage" })
/** @since 0.1.0 */
export type PostMessage = typeof PostMessage.Type

const described = (summary: string, description?: string) =>
  OpenApi.annotations(description === undefined ? { summary } : { summary, description })

/**
 * @category api
 * @since 0.1.0
 */
export class WidgetApi extends HttpApiGroup.make("widget")
  .add(
    HttpApiEndpoint.post("openSession", "/:channelAccountId/sessions", {
      params: { channelAccountId: ChannelAccountId },
      payload: OpenSession,
      success: WidgetSession,
      error: [NotFound, OriginNotAllowed, Unavailable]
    }).annotate(Permissions.Access, Permissions.open).annotateMerge(described(
      "Open a visitor session",
      "Begins a visit, or goes on with the one whose token is sent."
    )),
    HttpApiEndpoint.post("postMessage", "/messages", {
      payload: PostMessage,
      success: WidgetMessage.pipe(HttpApiSchema.status(202)),
      error: TooManyRequests
    }).middleware(VisitorAuthentication).annotate(Permissions.Access, Permissions.open).annotateMerge(described(
      "Write a message",
      "Answers once the message is durable. Repeating an id gives the first message again."
    )),
    HttpApiEndpoint.get("listMessages", "/messages", {
      query: Pagination.query,
      success: Pagination.Page(WidgetMessage),
      error: InvalidInput
    }).middleware(VisitorAuthentication).annotate(Permissions.Access, Permissions.open).annotateMerge(described(
      "Read the conversation backwards",
      "Messages of both sides, newest first."
    )),
    HttpApiEndpoint.get("streamEvents", "/events", {
      query: { lastEventId: Schema.optional(EventCursor) },
      headers: { "last-event-id": Schema.optional(Schema.String) },
      success: HttpApiSchema.StreamSse({ events: WidgetEvent })
    }).middleware(VisitorAuthentication).annotate(Permissions.Access, Permissions.open).annotateMerge(described(
      "Follow the conversation",
      "Server-sent events: every message after `Last-Event-ID`, once each and in order, then what comes. A connection ends after a quarter of an hour at the latest; open the next one where it stopped."
    )),
    HttpApiEndpoint.post("setTyping", "/typing", {
      payload: Schema.Struct({ on: Schema.Boolean }),
      success: HttpApiSchema.NoContent
    }).middleware(VisitorAuthentication).annotate(Permissions.Access, Permissions.open).annotateMerge(
      described("Say that the visitor writes, or stopped", "Repeat it while they write; it lapses after 10 seconds.")
    ),
    HttpApiEndpoint.post("markRead", "/read", {
      payload: Schema.Struct({ upTo: EventCursor }),
      success: HttpApiSchema.NoContent
    }).middleware(VisitorAuthentication).annotate(Permissions.Access, Permissions.open).annotateMerge(
      described("Say how far the visitor has read")
    )
  )
  .middleware(BodyLimit)
  .prefix("/v1/widget")
  .annotateMerge(OpenApi.annotations({
    title: "Widget",
    description: "What the chat element on a website calls, with a visitor's token."
  }))
{}
