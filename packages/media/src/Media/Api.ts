/**
 * The HTTP contract of the files of messages.
 *
 * @since 0.1.0
 */
import { ConversationId } from "@wicara/conversations/Conversation"
import { MessageId } from "@wicara/conversations/Message"
import { permissions } from "@wicara/conversations/permissions"
import { Authentication } from "@wicara/core/Authentication"
import { Idempotency } from "@wicara/core/Idempotency"
import { PersonalData } from "@wicara/core/LoggedRequest"
import * as Pagination from "@wicara/core/Pagination"
import * as Permissions from "@wicara/core/Permissions"
import { InvalidInput, NotFound, Unavailable } from "@wicara/core/Problem"
import { FileLink, NewFileLink, RangeNotSatisfiable } from "@wicara/files/File"
import * as ContentEndpoint from "@wicara/files/ContentEndpoint"
import { HttpApiEndpoint, HttpApiGroup, HttpApiSchema, OpenApi } from "effect/http-api"
import { MessageFile } from "../MessageFile.ts"
import { MessageText } from "../MessageText.ts"

const params = { id: MessageId }
const read = Permissions.requireScoped(permissions.read)
const reply = Permissions.requireScoped(permissions.reply)
const described = (summary: string, description?: string) =>
  OpenApi.annotations(description === undefined ? { summary } : { summary, description })

/**
 * @category api
 * @since 0.1.0
 */
export class MediaApi extends HttpApiGroup.make("media")
  .add(
    HttpApiEndpoint.get("list", "/conversations/:id/files", {
      params: { id: ConversationId },
      query: Pagination.query,
      success: Pagination.Page(MessageFile),
      error: [NotFound, InvalidInput]
    }).annotate(PersonalData, { type: "conversation", parameter: "id", access: "read" }).annotate(
      Permissions.Access,
      read
    ).annotateMerge(described("The files of a conversation, the latest message first")),
    HttpApiEndpoint.get("get", "/messages/:id/file", {
      params,
      success: MessageFile,
      error: NotFound
    }).annotate(Permissions.Access, read).annotateMerge(described(
      "Where the file of a message stands",
      "It is fetched from the provider in the background; it is not found when the message has none."
    )),
    HttpApiEndpoint.get("content", "/messages/:id/file/content", {
      params,
      query: ContentEndpoint.query,
      headers: ContentEndpoint.headers,
      success: ContentEndpoint.content,
      error: [NotFound, RangeNotSatisfiable, Unavailable]
    }).annotate(Permissions.Access, read).annotateMerge(described(
      "The content of a message's file",
      ContentEndpoint.rangesInWords
    )),
    HttpApiEndpoint.get("text", "/messages/:id/file/text", {
      params,
      success: MessageText,
      error: NotFound
    }).annotate(Permissions.Access, read).annotateMerge(described(
      "What is said or written in a message's file",
      "Plain text is read as it is, and what is written in PDF, Word, Excel, PowerPoint, OpenDocument and HTML; " +
        "`failure` says what a document is that gives no text. Recordings are transcribed by the model of the setting `media.transcription`. It " +
        "is not found when nothing reads files of its kind."
    )),
    HttpApiEndpoint.post("link", "/messages/:id/file/links", {
      params,
      payload: NewFileLink,
      success: FileLink.pipe(HttpApiSchema.status(201)),
      error: [NotFound, InvalidInput]
    }).annotate(Permissions.Access, read).annotateMerge(
      described("Make a link by which anybody may load the file until it expires")
    ),
    HttpApiEndpoint.post("retry", "/messages/:id/file/retry", {
      params,
      success: MessageFile,
      error: NotFound
    }).middleware(Idempotency).annotate(Permissions.Access, reply).annotateMerge(
      described("Fetch a file again that could not be had")
    )
  )
  .middleware(Authentication)
  .prefix("/v1")
  .annotateMerge(OpenApi.annotations({
    title: "Files of messages",
    description: "Pictures, voice notes and documents that customers sent."
  }))
{}
