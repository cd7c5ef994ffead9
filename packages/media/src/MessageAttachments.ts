/**
 * The stored files that messages are sent with: kept for as long as their message is there, and handed to a provider once
 * for as long as it keeps them.
 *
 * @since 0.1.0
 */
import { MediaUnavailable } from "@wicara/channels/ChannelAdapter"
import { MediaSource } from "@wicara/channels/MessageContent"
import type { Media } from "@wicara/channels/MessageContent"
import type { ResolvedAccount } from "@wicara/channels/ChannelAccounts"
import { noFile, OutboundFiles } from "@wicara/conversations/OutboundFiles"
import type { MessageWithFile } from "@wicara/conversations/OutboundFiles"
import * as Id from "@wicara/core/Id"
import * as Permissions from "@wicara/core/Permissions"
import { PublicUrl } from "@wicara/core/PublicUrl"
import { insertIfAbsent, orDieSql, transaction } from "@wicara/core/Sql"
import { CurrentActor, CurrentOrganization } from "@wicara/core/Tenancy"
import { FileId } from "@wicara/files/File"
import * as FileResponse from "@wicara/files/FileResponse"
import { Files } from "@wicara/files/Files"
import { permissions } from "@wicara/files/permissions"
import { attachStoredFile as attachStored } from "./internal/attachStored.ts"
import { Clock, Effect, Equal, Layer, Schema, Stream } from "effect"
import { SqlClient } from "effect/sql"

const SourceText = Schema.fromJsonString(MediaSource)
const encodeSource = Schema.encodeSync(SourceText)
const decodeSource = Schema.decodeUnknownSync(SourceText)
const isFileId = Schema.is(FileId)

/** What the provider will have forgotten by the time it is asked for is handed over anew. */
const margin = 3_600_000

const gone = new MediaUnavailable({ kind: "gone", code: "no_file", reason: "The file is not there any more." })

/**
 * Fills the port of `@wicara/conversations`: provide it to `Messages` and `OutboxSender`.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerSql: Layer.Layer<never, never, SqlClient.SqlClient | Files> = Layer.effect(
  OutboundFiles,
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    const files = yield* Files
    const publicUrl = yield* PublicUrl

    const attach = Effect.fn("MessageAttachments.attach")(
      function*({ channelAccountId, content, conversationId, id }: MessageWithFile, fileId: string) {
        if (!isFileId(fileId)) return yield* noFile
        const file = yield* Effect.catchTag(files.get(fileId), "NotFound", () => noFile)
        // Whoever may not read the organization's files still has those that they brought themselves.
        const caller = yield* CurrentActor
        if (!Permissions.holds(caller, permissions.read) && !Equal.equals(caller.actor, file.createdBy)) {
          return yield* noFile
        }
        yield* attachStored({ id, conversationId, channelAccountId, kind: content.type }, file).pipe(
          Effect.provideService(SqlClient.SqlClient, sql),
          Effect.provideService(Files, files),
          Effect.catchTag("NotFound", () => noFile)
        )
        return {
          source: { type: "file", id: fileId },
          mimeType: file.contentType,
          fileName: file.name,
          sizeBytes: file.size
        } satisfies Media
      }
    )

    const known = Effect.fnUntraced(function*(fileId: FileId, { id }: ResolvedAccount) {
      const organization = yield* CurrentOrganization
      const now = yield* Clock.currentTimeMillis
      const [row] = yield* Effect.orDie(sql<{ readonly source: string }>`SELECT source FROM media_uploads
        WHERE organization_id = ${Id.toBytes(organization.id)} AND channel_account_id = ${Id.toBytes(id)}
        AND file_id = ${Id.toBytes(fileId)} AND expires_at > ${now + margin}`)
      return row === undefined ? undefined : decodeSource(row.source)
    })

    const remember = Effect.fnUntraced(
      function*(fileId: FileId, { id }: ResolvedAccount, source: MediaSource, expiresAt: number) {
        const organization = yield* CurrentOrganization
        const now = yield* Clock.currentTimeMillis
        const ofAccount = sql`organization_id = ${Id.toBytes(organization.id)}
          AND channel_account_id = ${Id.toBytes(id)}`
        yield* orDieSql(transaction(
          sql,
          Effect.gen(function*() {
            // What the provider has forgotten goes when something new comes.
            yield* sql`DELETE FROM media_uploads WHERE ${ofAccount} AND expires_at <= ${now}`
            yield* insertIfAbsent(sql, "media_uploads", "file_id", [{
              organization_id: Id.toBytes(organization.id),
              channel_account_id: Id.toBytes(id),
              file_id: Id.toBytes(fileId),
              source: encodeSource(source),
              expires_at: expiresAt
            }])
            yield* sql`UPDATE media_uploads SET source = ${encodeSource(source)}, expires_at = ${expiresAt}
              WHERE ${ofAccount} AND file_id = ${Id.toBytes(fileId)}`
          })
        ))
      }
    )

    const handOver = Effect.fn("MessageAttachments.handOver")(
      function*(fileId: string, media: Media, account: ResolvedAccount) {
        if (!isFileId(fileId)) return yield* gone
        const { file, read } = yield* Effect.mapError(
          files.content(fileId),
          () => gone
        )
        const { readsFiles, uploadMedia } = account.adapter
        if (readsFiles === true) return media
        if (uploadMedia === undefined) {
          const link = yield* Effect.mapError(
            files.link(fileId, { expiresIn: "1 day", inline: true }),
            () => gone
          )
          return { ...media, source: { type: "url" as const, url: FileResponse.toLink(publicUrl, link).url } }
        }
        const before = yield* known(fileId, account)
        if (before !== undefined) return { ...media, source: before }
        const uploaded = yield* uploadMedia({
          name: media.fileName ?? file.name,
          mimeType: file.contentType,
          sizeBytes: file.size,
          content: Stream.mapError(
            read(),
            ({ detail }) => new MediaUnavailable({ kind: "later", code: "not_read", reason: detail ?? "" })
          )
        }, account.account)
        if (uploaded.expiresAt !== undefined) {
          yield* remember(fileId, account, uploaded.source, uploaded.expiresAt)
        }
        return { ...media, source: uploaded.source }
      }
    )

    return { attach, handOver }
  })
)
