import { ChannelAccounts } from "@wicara/channels/ChannelAccounts"
import type { ChannelAccountId } from "@wicara/channels/ChannelAdapter"
import * as Id from "@wicara/core/Id"
import * as Pagination from "@wicara/core/Pagination"
import { InvalidInput, NotFound } from "@wicara/core/Problem"
import { rowLimit } from "@wicara/core/Sql"
import { CurrentOrganization } from "@wicara/core/Tenancy"
import { DateTime, Effect, Result, Schema } from "effect"
import { SqlClient } from "effect/sql"
import type { HistoryKind } from "../Template.ts"
import { TemplateHistoryEntry, TemplateId, TemplateSyncId, TemplateSyncRun } from "../Template.ts"
import * as TemplateMessage from "../TemplateMessage.ts"
import * as TemplateParameters from "../TemplateParameters.ts"
import type { TemplateFilter } from "../Templates.ts"
import { sayProblem } from "./parameterProblems.ts"
import { scopeOf } from "./syncRequests.ts"
import { definitionOf, templateColumns, toTemplate } from "./templateRows.ts"
import type { TemplateRow } from "./templateRows.ts"

const Position = Schema.Struct({ id: TemplateId })
const SyncPosition = Schema.Struct({ id: TemplateSyncId })
const HistoryPosition = Schema.Struct({ at: Schema.Int, kind: Schema.String, to: Schema.String })

interface HistoryRow {
  readonly at: unknown
  readonly kind: HistoryKind
  readonly value_to: string
  readonly value_from: string | null
  readonly reason: string | null
  readonly source: "webhook" | "sync" | "here"
}

interface RunRow {
  readonly id: Uint8Array
  readonly channel: string
  readonly scope: string
  readonly started_at: unknown
  readonly finished_at: unknown
  readonly listed: unknown
  readonly created: unknown
  readonly changed: unknown
  readonly deleted: unknown
  readonly failure_code: string | null
  readonly failure_reason: string | null
}

/** What is asked of the tables alone. */
export const makeTemplateReads = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const accounts = yield* ChannelAccounts
  const columns = templateColumns(sql)

  const find = Effect.fnUntraced(function*(id: TemplateId) {
    const organization = yield* CurrentOrganization
    const [row] = yield* Effect.orDie(sql<TemplateRow>`SELECT ${columns} FROM templates_templates
      WHERE organization_id = ${Id.toBytes(organization.id)} AND id = ${Id.toBytes(id)}`)
    return row === undefined ? yield* NotFound.of("template", id) : row
  })

  const scopeFilter = Effect.fnUntraced(function*(id: ChannelAccountId) {
    const key = scopeOf(yield* accounts.resolve(id))
    // An account whose channel has no templates has none.
    return key === undefined ? sql`AND 1 = 0` : sql`AND channel = ${key.channel} AND scope = ${key.scope}`
  })

  const list = Effect.fn("Templates.list")(function*(query: Pagination.PageQuery & TemplateFilter) {
    const organization = yield* CurrentOrganization
    const after = yield* Pagination.position(Position, query)
    const limit = Pagination.limit(query)
    const none = sql.literal("")
    const scope = query.channelAccountId === undefined ? none : yield* scopeFilter(query.channelAccountId)
    const rows = yield* Effect.orDie(sql<TemplateRow>`SELECT ${columns} FROM templates_templates
      WHERE organization_id = ${Id.toBytes(organization.id)} ${scope}
        ${query.status === undefined ? sql`AND NOT status = 'DELETED'` : sql`AND status = ${query.status}`}
        ${query.category === undefined ? none : sql`AND category = ${query.category}`}
        ${query.language === undefined ? none : sql`AND language = ${query.language}`}
        ${query.name === undefined ? none : sql`AND name >= ${query.name} AND name < ${`${query.name}\uffff`}`}
        ${after === undefined ? none : sql`AND id > ${Id.toBytes(after.id)}`}
      ORDER BY id LIMIT ${rowLimit(sql, limit + 1)}`)
    return Pagination.page(rows.map(toTemplate), limit, Position, ({ id }) => ({ id }))
  })

  const languages = Effect.fn("Templates.languages")(function*(id: TemplateId) {
    const { channel, name, organization_id, scope } = yield* find(id)
    const rows = yield* Effect.orDie(sql<TemplateRow>`SELECT ${columns} FROM templates_templates
      WHERE organization_id = ${organization_id} AND channel = ${channel} AND scope = ${scope} AND name = ${name}
        AND NOT status = 'DELETED' ORDER BY language`)
    return rows.map(toTemplate)
  })

  const history = Effect.fn("Templates.history")(function*(
    id: TemplateId,
    query: Pagination.PageQuery & { readonly kind?: HistoryKind | undefined }
  ) {
    const row = yield* find(id)
    const before = yield* Pagination.position(HistoryPosition, query)
    const limit = Pagination.limit(query)
    const rows = yield* Effect.orDie(sql<HistoryRow>`SELECT at, kind, value_to, value_from, reason, source
      FROM templates_history
      WHERE organization_id = ${row.organization_id} AND template_id = ${row.id}
        ${query.kind === undefined ? sql.literal("") : sql`AND kind = ${query.kind}`}
        ${
      before === undefined
        ? sql.literal("")
        : sql`AND at <= ${before.at} AND (at < ${before.at} OR kind < ${before.kind}
            OR (kind = ${before.kind} AND value_to < ${before.to}))`
    }
      ORDER BY at DESC, kind DESC, value_to DESC LIMIT ${rowLimit(sql, limit + 1)}`)
    const page = Pagination.page(rows, limit, HistoryPosition, (one) => ({
      at: Number(one.at),
      kind: one.kind,
      to: one.value_to
    }))
    return {
      ...page,
      data: page.data.map((one) =>
        new TemplateHistoryEntry({
          at: DateTime.makeUnsafe(Number(one.at)),
          kind: one.kind,
          from: one.value_from,
          to: one.value_to,
          reason: one.reason,
          source: one.source
        })
      )
    }
  })

  const syncs = Effect.fn("Templates.syncs")(function*(query: Pagination.PageQuery) {
    const organization = yield* CurrentOrganization
    const before = yield* Pagination.position(SyncPosition, query)
    const limit = Pagination.limit(query)
    const rows = yield* Effect.orDie(sql<RunRow>`SELECT id, channel, scope, started_at, finished_at, listed, created,
        changed, deleted, failure_code, failure_reason FROM templates_runs
      WHERE organization_id = ${Id.toBytes(organization.id)}
        ${before === undefined ? sql.literal("") : sql`AND id < ${Id.toBytes(before.id)}`}
      ORDER BY id DESC LIMIT ${rowLimit(sql, limit + 1)}`)
    return Pagination.page(rows.map(toRun), limit, SyncPosition, ({ id }) => ({ id }))
  })

  return {
    find,
    list,
    get: Effect.fn("Templates.get")((id: TemplateId) => Effect.map(find(id), toTemplate)),
    parameters: Effect.fn("Templates.parameters")((id: TemplateId) =>
      Effect.map(find(id), (row) => TemplateParameters.jsonSchemaOf(definitionOf(row)))
    ),
    preview: Effect.fn("Templates.preview")(function*(id: TemplateId, parameters: Schema.JsonObject) {
      const definition = definitionOf(yield* find(id))
      const decoded = TemplateParameters.decode(definition, parameters)
      if (Result.isSuccess(decoded)) return TemplateMessage.render(definition, decoded.success)
      const { detail, pointer } = sayProblem(decoded.failure)
      return yield* InvalidInput.of(`/parameters${pointer}`, detail)
    }),
    history,
    languages,
    syncs
  }
})

const toRun = (row: RunRow) =>
  new TemplateSyncRun({
    id: Id.fromBytes<TemplateSyncId>(row.id),
    channel: row.channel,
    scope: row.scope,
    startedAt: DateTime.makeUnsafe(Number(row.started_at)),
    finishedAt: DateTime.makeUnsafe(Number(row.finished_at)),
    listed: Number(row.listed),
    created: Number(row.created),
    changed: Number(row.changed),
    deleted: Number(row.deleted),
    failure: row.failure_code === null ? null : { code: row.failure_code, reason: row.failure_reason ?? "" }
  })
