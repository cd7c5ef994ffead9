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
import * as ContentEndpoint from "@wicara/files/ContentEndpoint"
import {
  FileId,
  FileInfected,
  FileQuotaExceeded,
  FileTooLarge,
  FileTypeRefused,
  RangeNotSatisfiable
} from "@wicara/files/File"
import { IdempotencyKeyInFlight, IdempotencyKeyReused } from "@wicara/core/Idempotency"
import type { CurrentVisitor } from "../Visitor.ts"
import { Locale, Page, VisitorId } from "../Visitor.ts"
import { Attributes, IdentityProof } from "../IdentityProof.ts"
import { Answers } from "../WidgetForm.ts"
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
  /** The server's clock: the browser's may be hours off. */
  now: Schema.DateTimeUtcFromString,
  /**
   * Keys (256 bits, base64url) for what the browser keeps of this visitor, to be held in memory alone: the first one
   * seals, each may open.
   */
  storageKeys: Schema.Array(Schema.String),
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
  visitorReadUpTo: EventCursor,
  /** Whether the site's proof of who the visitor is was good; `none` when there was none. */
  identity: Schema.Literals(["none", "verified", "refused"]),
  /** The form has been answered, or is not asked of this visitor. */
  formDone: Schema.Boolean,
  /** What is said while nobody answers; `null` while somebody does. */
  offline: Schema.NullOr(Schema.Struct({ message: Schema.NullOr(Schema.String), askEmail: Schema.Boolean })),
  /** When that changes by the opening hours; `null` if it does not soon. */
  offlineChangesAt: Schema.NullOr(Schema.DateTimeUtcFromString),
  /** The conversation that the visitor is asked about. */
  ratingFor: Schema.NullOr(Schema.String)
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
  page: Schema.optionalKey(Page),
  /** Who is signed in at the site. One that proves nothing is answered with `refused`, and a visitor without a name. */
  identity: Schema.optionalKey(IdentityProof)
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
  /** Not blank, unless a file comes with it. */
  text: Schema.String.check(Schema.isMaxLength(maxTextLength)),
  /** A file that was uploaded before. */
  fileId: Schema.optionalKey(FileId),
  /** The button or list row that was picked; `text` is its title. */
  choice: Schema.optionalKey(Schema.Struct({
    type: Schema.Literals(["button", "list"]),
    id: Schema.String.check(Schema.isMaxLength(256))
  })),
  /** The id of the reply it answers. */
  replyTo: Schema.optionalKey(WidgetMessageId),
  locale: Schema.optionalKey(Locale),
  page: Schema.optionalKey(Page),
  /** The page on which the visit began, with what led there, where it is another one. */
  entry: Schema.optionalKey(Page)
}).check(
  Schema.makeFilter(({ fileId, text }) =>
    /\S/.test(text) || fileId !== undefined || { path: ["text"], issue: "Expected text that is not blank" }
  )
).annotate({ identifier: "PostWidgetMessage" })
/** @since 0.1.0 */
export type PostMessage = typeof PostMessage.Type

/**
 * What a visitor, or the page, says of them. The same `id` again changes nothing.
 *
 * @category schemas
 * @since 0.1.0
 */
export const PostProfile = Schema.Struct({
  id: WidgetMessageId,
  /** To the form, by the keys of its fields. */
  answers: Schema.optionalKey(Answers.check(Schema.isMaxProperties(20))),
  /** To what the form asks it for. */
  consent: Schema.optionalKey(Schema.Boolean),
  /** Where an answer reaches them while they are away. */
  email: Schema.optionalKey(Schema.String.check(Schema.isMaxLength(190))),
  /** Facts that the page adds. They are the visitor's word: anybody can change what a page sends. */
  attributes: Schema.optionalKey(Attributes),
  locale: Schema.optionalKey(Locale)
}).annotate({ identifier: "PostWidgetProfile" })
/** @since 0.1.0 */
export type PostProfile = typeof PostProfile.Type

/**
 * How a conversation was.
 *
 * @category schemas
 * @since 0.1.0
 */
export const PostRating = Schema.Struct({
  id: WidgetMessageId,
  /** The one that the visitor is asked about. */
  conversationId: Schema.String.check(Schema.isMaxLength(36)),
  /** 1 is the worst, 5 the best. */
  score: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 5 })),
  solved: Schema.optionalKey(Schema.Boolean),
  comment: Schema.optionalKey(Schema.String.check(Schema.isMaxLength(2000)))
}).annotate({ identifier: "PostWidgetRating" })
/** @since 0.1.0 */
export type PostRating = typeof PostRating.Type

/**
 * A file that was taken, to be sent with a message.
 *
 * @category schemas
 * @since 0.1.0
 */
export const UploadedFile = Schema.Struct({
  fileId: FileId,
  name: Schema.String,
  /** What it was found to be. */
  contentType: Schema.String,
  /** Bytes. */
  size: Schema.Int
}).annotate({ identifier: "WidgetUploadedFile" })

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
      error: [TooManyRequests, InvalidInput]
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
    ),
    HttpApiEndpoint.post("describeVisitor", "/profile", {
      payload: PostProfile,
      success: HttpApiSchema.NoContent,
      error: [InvalidInput, TooManyRequests]
    }).middleware(VisitorAuthentication).annotate(Permissions.Access, Permissions.open).annotateMerge(described(
      "Say something of the visitor",
      "Answers to the form, an e-mail address, facts. They are kept as the visitor's word."
    )),
    HttpApiEndpoint.post("rateConversation", "/rating", {
      payload: PostRating,
      success: HttpApiSchema.NoContent,
      error: [NotFound, TooManyRequests]
    }).middleware(VisitorAuthentication).annotate(Permissions.Access, Permissions.open).annotateMerge(
      described("Say how the conversation was", "The one that the visitor is asked about; said again, it is changed.")
    ),
    HttpApiEndpoint.post("signOutVisitor", "/sign-out", {
      success: HttpApiSchema.NoContent
    }).middleware(VisitorAuthentication).annotate(Permissions.Access, Permissions.open).annotateMerge(
      described("End the visitor's session", "None of its tokens is believed any more. The conversation stays.")
    ),
    HttpApiEndpoint.post("uploadFile", "/files", {
      query: {
        id: WidgetMessageId,
        name: Schema.String.check(Schema.isMaxLength(1000))
      },
      payload: HttpApiSchema.StreamUint8Array(),
      success: UploadedFile.pipe(HttpApiSchema.status(201)),
      error: [
        InvalidInput,
        TooManyRequests,
        FileTooLarge,
        FileTypeRefused,
        FileQuotaExceeded,
        FileInfected,
        IdempotencyKeyReused,
        IdempotencyKeyInFlight
      ]
    }).middleware(VisitorAuthentication).annotate(Permissions.Access, Permissions.open).annotateMerge(described(
      "Store a file for a message",
      "The body is the content itself, the `id` stands for an `Idempotency-Key`: the same again is the same file. " +
        "What it holds is told by its content; what no message takes goes after a day."
    )),
    HttpApiEndpoint.get("openFile", "/files/:token/content", {
      params: { token: Schema.String.check(Schema.isMaxLength(200)) },
      headers: ContentEndpoint.headers,
      success: ContentEndpoint.content,
      error: [NotFound, RangeNotSatisfiable, Unavailable]
    }).annotate(Permissions.Access, Permissions.open).annotateMerge(described(
      "The content of a file of the conversation",
      `By the address that is in its message; it holds for a day. ${ContentEndpoint.rangesInWords}`
    ))
  )
  .middleware(BodyLimit)
  .prefix("/v1/widget")
  .annotateMerge(OpenApi.annotations({
    title: "Widget",
    description: "What the chat element on a website calls, with a visitor's token."
  }))
{}
