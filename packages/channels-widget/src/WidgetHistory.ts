/**
 * Reading a visitor's stream backwards, in the form the widget gets.
 *
 * @since 0.1.0
 */
import { DateTime, Effect, Schema } from "effect"
import * as Pagination from "@wicara/core/Pagination"
import type { InvalidInput } from "@wicara/core/Problem"
import type { OrganizationId } from "@wicara/core/Tenancy"
import { FileId } from "@wicara/files/File"
import type { VisitorRef } from "./Visitor.ts"
import type { WidgetContent, WidgetMessage } from "./WidgetMessage.ts"
import type { StoredMessage, WidgetStore } from "./WidgetStore.ts"

const Position = Schema.Struct({ seq: Schema.Int })

/**
 * Before which every message is.
 *
 * @category constants
 * @since 0.1.0
 */
export const newest = Number.MAX_SAFE_INTEGER

/**
 * The address at which a browser gets a stored file.
 *
 * @category models
 * @since 0.1.0
 */
export type LinkOf = (fileId: FileId) => string

const withLink = (content: WidgetContent, linkOf: LinkOf): WidgetContent => {
  if (!("media" in content) || content.media.source.type !== "file") return content
  const source = { type: "url", url: linkOf(FileId.make(content.media.source.id)) } as const
  return { ...content, media: { ...content.media, source } }
}

/**
 * A stored message as the widget gets it.
 *
 * @category conversions
 * @since 0.1.0
 */
export const toWidgetMessage = (linkOf: LinkOf) => (message: StoredMessage): WidgetMessage => ({
  id: message.id,
  eventId: String(message.seq),
  from: message.from,
  content: withLink(message.content, linkOf),
  ...(message.replyTo === null ? {} : { replyTo: message.replyTo }),
  createdAt: DateTime.makeUnsafe(message.createdAt)
})

/**
 * The sequence number that a page's cursor goes on before.
 *
 * @category queries
 * @since 0.1.0
 */
export const position = (query: Pagination.PageQuery): Effect.Effect<number, InvalidInput> =>
  Effect.map(Pagination.position(Position, query), (found) => found?.seq ?? newest)

/**
 * A page of history, newest first, before a sequence number.
 *
 * @category queries
 * @since 0.1.0
 */
export const page = Effect.fnUntraced(function*(
  store: WidgetStore["Service"],
  organizationId: OrganizationId,
  visitor: VisitorRef,
  options: { readonly before: number; readonly limit: number; readonly linkOf: LinkOf }
) {
  const rows = yield* store.before(organizationId, visitor, options.before, options.limit + 1)
  const { data, nextCursor } = Pagination.page(rows, options.limit, Position, ({ seq }) => ({ seq }))
  return { data: data.map(toWidgetMessage(options.linkOf)), nextCursor }
})
