import * as Id from "@wicara/core/Id"
import { PublicUrl } from "@wicara/core/PublicUrl"
import { varying } from "@wicara/core/Sql"
import type { FileId } from "@wicara/files/File"
import * as FileResponse from "@wicara/files/FileResponse"
import { Files } from "@wicara/files/Files"
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import type { MessageThumbnail } from "../MessageFile.ts"
import type { FileRow, Shown } from "./fileRows.ts"

interface ThumbnailRow {
  readonly message_id: Uint8Array
  readonly state: MessageThumbnail["state"]
  readonly file_id: Uint8Array | null
  readonly picture_width: number | null
  readonly picture_height: number | null
  readonly width: number | null
  readonly height: number | null
  readonly failure: string | null
}

/** The thumbnails of pictures, with addresses that show them for a while. */
export const makeShown = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const files = yield* Files
  const publicUrl = yield* PublicUrl

  const noLink = { url: null, expiresAt: null }

  /** Of rows of one organization; those that have none are left out. */
  return Effect.fnUntraced(function*(rows: ReadonlyArray<FileRow>) {
    const all = new Map<FileRow, Shown>()
    const [first] = rows
    if (first === undefined) return all
    const found = yield* Effect.orDie(varying(
      sql,
      sql<ThumbnailRow>`SELECT message_id, state, file_id, picture_width, picture_height, width, height, failure
        FROM media_thumbnails WHERE organization_id = ${first.organization_id}
        AND conversation_id = ${first.conversation_id}
        AND ${sql.in("message_id", rows.map(({ message_id }) => message_id))}`
    ))
    const ids = found.flatMap(({ file_id }) => file_id === null ? [] : [Id.fromBytes<FileId>(file_id)])
    const links = yield* files.shownLinks(ids, { expiresIn: "1 hour" })
    const byMessage = new Map(found.map((row) => [Id.fromBytes(row.message_id), row]))
    for (const row of rows) {
      const thumbnail = byMessage.get(Id.fromBytes(row.message_id))
      if (thumbnail === undefined) continue
      const { failure, file_id, height, picture_height, picture_width, state, width } = thumbnail
      const link = file_id === null ? undefined : links.get(Id.fromBytes<FileId>(file_id))
      const shown = link === undefined ? noLink : FileResponse.toLink(publicUrl, link)
      all.set(row, {
        width: picture_width,
        height: picture_height,
        thumbnail: { state, width, height, failure, ...shown }
      })
    }
    return all
  })
})
