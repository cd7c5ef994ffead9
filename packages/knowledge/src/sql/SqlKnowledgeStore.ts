/**
 * Knowledge in SQL, on SQLite and on MySQL.
 *
 * @since 0.1.0
 */
import { Array as Arr, Effect, Layer, Schema } from "effect"
import { SqlClient } from "effect/sql"
import * as Id from "@wicara/core/Id"
import { affectedRows, insertIfAbsent, transaction, varying } from "@wicara/core/Sql"
import * as Sorting from "@wicara/core/Sorting"
import { Actor } from "@wicara/core/Tenancy"
import type { OrganizationId } from "@wicara/core/Tenancy"
import { KnowledgeChunk, KnowledgeChunkId, KnowledgeItem, KnowledgeItemId, KnowledgeVersion } from "../KnowledgeItem.ts"
import { KnowledgeStore } from "../KnowledgeStore.ts"
import type { PublishedChunk } from "../KnowledgeStore.ts"

const Texts = Schema.fromJsonString(Schema.Array(Schema.String))
const ActorText = Schema.fromJsonString(Actor)
const encodeTexts = Schema.encodeSync(Texts)
const encodeActor = Schema.encodeSync(ActorText)

const content = {
  kind: KnowledgeItem.fields.kind,
  title: Schema.String,
  variations: Texts,
  body: Schema.String,
  language: Schema.String
}

const ItemRow = Schema.Struct({
  ...content,
  id: Id.column(KnowledgeItemId),
  category: Schema.NullOr(Schema.String),
  tags: Texts,
  status: KnowledgeItem.fields.status,
  version: Schema.Number,
  revision: Schema.Number,
  external_key: Schema.NullOr(Schema.String),
  created_at: Schema.DateTimeUtcFromMillis,
  updated_at: Schema.DateTimeUtcFromMillis
})
const decodeItem = Schema.decodeUnknownEffect(ItemRow)
const encodeItem = Schema.encodeSync(ItemRow)

const VersionRow = Schema.Struct({
  ...content,
  item_id: Id.column(KnowledgeItemId),
  version: Schema.Number,
  content_hash: Schema.String,
  published_at: Schema.DateTimeUtcFromMillis,
  published_by: ActorText
})
const decodeVersion = Schema.decodeUnknownEffect(VersionRow)

const chunkFields = {
  id: Id.column(KnowledgeChunkId),
  item_id: Id.column(KnowledgeItemId),
  version: Schema.Number,
  ordinal: Schema.Number,
  content_hash: Schema.String,
  heading_path: Texts,
  text: Schema.String
}
const decodeChunk = Schema.decodeUnknownEffect(Schema.Struct(chunkFields))
const decodeTexts = Schema.decodeUnknownSync(Texts)

interface PublishedRow {
  readonly id: Uint8Array
  readonly item_id: Uint8Array
  readonly version: number
  readonly ordinal: number
  readonly content_hash: string
  readonly heading_path: string
  readonly text: string
  readonly kind: KnowledgeItem["kind"]
  readonly title: string
  readonly variations: string
  readonly language: string
  readonly category: string | null
  readonly tags: string
}

const textsOf = (json: string): ReadonlyArray<string> => json === "[]" ? [] : decodeTexts(json)

/** By hand: an organization's knowledge is read as a whole, and decoding thousands of rows by a schema takes half a second. */
const toPublished = (row: PublishedRow): PublishedChunk => ({
  chunk: new KnowledgeChunk({
    id: Id.fromBytes(row.id),
    itemId: Id.fromBytes(row.item_id),
    version: row.version,
    ordinal: row.ordinal,
    contentHash: row.content_hash,
    headingPath: textsOf(row.heading_path),
    text: row.text
  }, { disableChecks: true }),
  kind: row.kind,
  title: row.title,
  variations: textsOf(row.variations),
  language: row.language,
  category: row.category,
  tags: textsOf(row.tags)
})

const toItem = (row: typeof ItemRow.Type): KnowledgeItem => {
  const { created_at, external_key, updated_at, ...rest } = row
  return new KnowledgeItem({ ...rest, externalKey: external_key, createdAt: created_at, updatedAt: updated_at })
}

const toChunk = (row: { readonly [K in keyof typeof chunkFields]: (typeof chunkFields)[K]["Type"] }): KnowledgeChunk =>
  new KnowledgeChunk({
    id: row.id,
    itemId: row.item_id,
    version: row.version,
    ordinal: row.ordinal,
    contentHash: row.content_hash,
    headingPath: row.heading_path,
    text: row.text
  })

const columns = (organizationId: OrganizationId, item: KnowledgeItem) => {
  const { createdAt, externalKey, updatedAt, ...rest } = item
  return {
    organization_id: Id.toBytes(organizationId),
    ...encodeItem({ ...rest, external_key: externalKey, created_at: createdAt, updated_at: updatedAt })
  }
}

/** Numbers come as strings or bigints from some drivers. */
const numeric = <Row extends object>(row: Row): Row =>
  Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, name.endsWith("_at") ? Number(value) : value])
  ) as Row

/**
 * @category layers
 * @since 0.1.0
 */
export const layer: Layer.Layer<KnowledgeStore, never, SqlClient.SqlClient> = Layer.effect(
  KnowledgeStore,
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    const itemColumns = sql.literal(
      "id, kind, title, variations, body, language, category, tags, status, version, revision, external_key, created_at, updated_at"
    )
    const one = (rows: ReadonlyArray<object>) =>
      rows[0] === undefined
        ? Effect.succeedNone
        : Effect.asSome(Effect.map(decodeItem(numeric(rows[0])), toItem))

    return KnowledgeStore.of({
      atomically: (effect) => Effect.catchTag(transaction(sql, effect), "SqlError", Effect.die) as typeof effect,
      find: (organizationId, id) =>
        sql`SELECT ${itemColumns} FROM knowledge_items
          WHERE organization_id = ${Id.toBytes(organizationId)} AND id = ${Id.toBytes(id)}`.pipe(
          Effect.flatMap(one),
          Effect.orDie
        ),
      findByExternalKey: (organizationId, externalKey) =>
        sql`SELECT ${itemColumns} FROM knowledge_items
          WHERE organization_id = ${Id.toBytes(organizationId)} AND external_key = ${externalKey}`.pipe(
          Effect.flatMap(one),
          Effect.orDie
        ),
      list: (organizationId, { filter, limit, ...position }) => {
        const isDescending = "before" in position
        const id = isDescending ? position.before : position.after
        const after = id === undefined ? undefined : { key: null, id: Id.toBytes(id) }
        const page = Sorting.read(
          sql,
          { column: undefined, id: "id", isDescending, after },
          limit,
          (where, rest) =>
            sql`SELECT ${itemColumns} FROM knowledge_items WHERE ${
              sql.and([
                sql`organization_id = ${Id.toBytes(organizationId)}`,
                where,
                ...(filter.status === undefined ? [] : [sql`status = ${filter.status}`]),
                ...(filter.language === undefined ? [] : [sql`language = ${filter.language}`]),
                ...(filter.kind === undefined ? [] : [sql`kind = ${filter.kind}`])
              ])
            } ${rest}`
        )
        return page.pipe(
          Effect.flatMap(Effect.forEach((row) => Effect.map(decodeItem(numeric(row)), toItem))),
          Effect.orDie
        )
      },
      insert: (organizationId, item) =>
        sql`INSERT INTO knowledge_items ${sql.insert(columns(organizationId, item))}`.pipe(
          Effect.as(true),
          Effect.catchTag(
            "SqlError",
            (error) => error.reason._tag === "UniqueViolation" ? Effect.succeed(false) : Effect.die(error)
          )
        ),
      replace: (organizationId, item, revision) => {
        const { id, organization_id, ...rest } = columns(organizationId, item)
        return affectedRows(
          sql`UPDATE knowledge_items SET ${sql.update(rest)}
            WHERE organization_id = ${organization_id} AND id = ${id} AND revision = ${revision}`
        ).pipe(Effect.map((count) => count > 0), Effect.orDie)
      },
      remove: (organizationId, id) =>
        affectedRows(
          sql`DELETE FROM knowledge_items WHERE organization_id = ${Id.toBytes(organizationId)} AND id = ${
            Id.toBytes(id)
          }`
        ).pipe(Effect.map((count) => count > 0), Effect.orDie),
      addVersion: (organizationId, version, chunks) =>
        Effect.gen(function*() {
          yield* sql`INSERT INTO knowledge_versions ${
            sql.insert({
              organization_id: Id.toBytes(organizationId),
              item_id: Id.toBytes(version.itemId),
              version: version.version,
              kind: version.kind,
              title: version.title,
              variations: encodeTexts(version.variations),
              body: version.body,
              language: version.language,
              content_hash: version.contentHash,
              published_at: version.publishedAt.epochMilliseconds,
              published_by: encodeActor(version.publishedBy)
            })
          }`
          // A statement holds so many parameters, and a packet so many bytes; a long article has more chunks than that.
          for (const some of Arr.chunksOf(chunks, 500)) {
            yield* varying(
              sql,
              sql`INSERT INTO knowledge_chunks ${
                sql.insert(Arr.map(some, (chunk) => ({
                  organization_id: Id.toBytes(organizationId),
                  item_id: Id.toBytes(chunk.itemId),
                  version: chunk.version,
                  ordinal: chunk.ordinal,
                  id: Id.toBytes(chunk.id),
                  content_hash: chunk.contentHash,
                  heading_path: encodeTexts(chunk.headingPath),
                  text: chunk.text
                })))
              }`
            )
          }
        }).pipe(Effect.orDie),
      versions: (organizationId, id) =>
        sql`SELECT item_id, version, kind, title, variations, body, language, content_hash, published_at, published_by
          FROM knowledge_versions WHERE organization_id = ${Id.toBytes(organizationId)} AND item_id = ${Id.toBytes(id)}
          ORDER BY version DESC`.pipe(
          Effect.flatMap(
            Effect.forEach((row) =>
              Effect.map(
                decodeVersion(numeric(row)),
                ({ content_hash, item_id, published_at, published_by, ...rest }) =>
                  new KnowledgeVersion({
                    ...rest,
                    itemId: item_id,
                    contentHash: content_hash,
                    publishedAt: published_at,
                    publishedBy: published_by
                  })
              )
            )
          ),
          Effect.orDie
        ),
      chunk: (organizationId, id) =>
        sql`SELECT id, item_id, version, ordinal, content_hash, heading_path, text FROM knowledge_chunks
          WHERE organization_id = ${Id.toBytes(organizationId)} AND id = ${Id.toBytes(id)}`.pipe(
          Effect.flatMap((rows) =>
            rows[0] === undefined ? Effect.succeedNone : Effect.asSome(Effect.map(decodeChunk(rows[0]), toChunk))
          ),
          Effect.orDie
        ),
      published: (organizationId) =>
        sql<PublishedRow>`SELECT c.id, c.item_id, c.version, c.ordinal, c.content_hash, c.heading_path, c.text,
            v.kind, v.title, v.variations, v.language, i.category, i.tags
          FROM knowledge_items i
          JOIN knowledge_versions v
            ON v.organization_id = i.organization_id AND v.item_id = i.id AND v.version = i.version
          JOIN knowledge_chunks c
            ON c.organization_id = i.organization_id AND c.item_id = i.id AND c.version = i.version
          WHERE i.organization_id = ${Id.toBytes(organizationId)} AND i.status = 'published'
          ORDER BY c.item_id, c.ordinal`.pipe(
          Effect.map((rows) => rows.map(toPublished)),
          Effect.orDie
        ),
      revision: (organizationId) =>
        sql<{ readonly revision: unknown }>`SELECT revision FROM knowledge_revisions
          WHERE organization_id = ${Id.toBytes(organizationId)}`.pipe(
          Effect.map((rows) => Number(rows[0]?.revision ?? 0)),
          Effect.orDie
        ),
      touch: (organizationId) =>
        insertIfAbsent(sql, "knowledge_revisions", "revision", [{
          organization_id: Id.toBytes(organizationId),
          revision: 0
        }]).pipe(
          Effect.andThen(
            sql`UPDATE knowledge_revisions SET revision = revision + 1 WHERE organization_id = ${
              Id.toBytes(organizationId)
            }`
          ),
          Effect.asVoid,
          Effect.orDie
        )
    })
  })
)
