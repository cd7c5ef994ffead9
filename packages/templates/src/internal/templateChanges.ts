import type { ProviderTemplate } from "@wicara/channels/ChannelTemplates"
import type { TemplateChanged } from "@wicara/channels/InboundEvent"
import { Events } from "@wicara/core/Events"
import * as Id from "@wicara/core/Id"
import { insertIfAbsent, varying } from "@wicara/core/Sql"
import { Clock, Effect } from "effect"
import { SqlClient } from "effect/sql"
import {
  TemplateCategoryAnnounced,
  TemplateCategoryChanged,
  TemplateDefinitionChanged,
  TemplateQualityChanged,
  TemplateStatusChanged
} from "../events.ts"
import type { HistoryKind } from "../Template.ts"
import { isUsable, TemplateId } from "../Template.ts"
import { requestSync } from "./syncRequests.ts"
import { encodeComponents, naturalKey, templateColumns } from "./templateRows.ts"
import type { ScopeKey, TemplateRow } from "./templateRows.ts"

export type Source = "webhook" | "sync" | "here"

/** What somebody says of a template; what is absent was not said. */
export interface Said {
  readonly status?: string | undefined
  readonly reason?: string | null | undefined
  readonly stage?: string | null | undefined
  readonly endsAt?: number | null | undefined
  readonly category?: string | undefined
  readonly nextCategory?: string | undefined
  readonly nextCategoryAt?: number | undefined
  readonly quality?: string | undefined
  readonly providerId?: string | undefined
  readonly parameterFormat?: TemplateRow["parameter_format"] | undefined
  readonly components?: string | undefined
  readonly ttlSeconds?: number | null | undefined
  readonly untracked?: boolean | null | undefined
  readonly library?: string | null | undefined
}

const second = 1000
const toSecond = (at: unknown) => Math.floor(Number(at) / second)
const cut = (text: string | null | undefined, length: number) => text == null ? null : text.slice(0, length)

export interface HistoryEntry {
  readonly kind: HistoryKind
  readonly at: number
  readonly from: string | null
  readonly to: string
  readonly reason?: string | null | undefined
  readonly source: Source
}

export type NewValues = Said & { readonly category: string; readonly status: string; readonly components: string }

const historyOf = (row: TemplateRow, entry: HistoryEntry) => ({
  organization_id: row.organization_id,
  template_id: row.id,
  at: entry.at,
  kind: entry.kind,
  value_to: entry.to.slice(0, 190),
  value_from: cut(entry.from, 190),
  reason: cut(entry.reason, 500),
  source: entry.source
})

const flagOf = (value: boolean | null | undefined) => value == null ? null : value ? 1 : 0

const handlingOf = (said: Said) => ({
  ttl_seconds: said.ttlSeconds ?? null,
  untracked: flagOf(said.untracked),
  library: cut(said.library, 512)
})

const rowOf = (
  key: ScopeKey,
  template: { readonly name: string; readonly language: string },
  values: NewValues,
  more: Readonly<Record<string, unknown>>,
  { at, id, now }: { readonly id: string; readonly at: number; readonly now: number }
) => ({
  organization_id: key.organizationId,
  id: Id.toBytes(id),
  channel: key.channel,
  scope: key.scope,
  natural_key: naturalKey(key, template),
  name: template.name,
  language: template.language,
  provider_id: values.providerId ?? null,
  category: values.category.slice(0, 64),
  status: values.status.slice(0, 64),
  status_at: at,
  pauses: values.status === "PAUSED" ? 1 : 0,
  quality: values.quality ?? null,
  quality_at: 0,
  category_at: 0,
  parameter_format: values.parameterFormat ?? "POSITIONAL",
  components: values.components,
  ...handlingOf(values),
  reason: cut(values.reason, 500),
  revision: 1,
  created_at: now,
  updated_at: now,
  ...more
})

const saidBy = (template: ProviderTemplate) => ({
  status: template.status,
  category: template.category,
  providerId: template.id,
  parameterFormat: template.parameterFormat,
  components: encodeComponents(template.components),
  reason: template.rejectedReason ?? null,
  ttlSeconds: template.messageSendTtlSeconds ?? null,
  untracked: template.linkTrackingOptedOut ?? null,
  library: template.library ?? null,
  ...(template.quality === undefined ? undefined : { quality: template.quality })
})

/** What is said of how its messages are handled that was not known; what is absent was not said. */
const handlingNews = (row: TemplateRow, said: Said): Record<string, unknown> => {
  const now = handlingOf(said)
  return {
    ...(said.ttlSeconds !== undefined && now.ttl_seconds !== numberOf(row.ttl_seconds)
      ? { ttl_seconds: now.ttl_seconds }
      : undefined),
    ...(said.untracked !== undefined && now.untracked !== numberOf(row.untracked)
      ? { untracked: now.untracked }
      : undefined),
    ...(said.library !== undefined && now.library !== row.library ? { library: now.library } : undefined)
  }
}

const numberOf = (value: unknown) => value === null ? null : Number(value)

const differs = (row: TemplateRow, said: ReturnType<typeof saidBy>): boolean =>
  said.status !== row.status || said.category !== row.category || said.components !== row.components ||
  said.quality !== undefined && said.quality !== row.quality || Object.keys(handlingNews(row, said)).length > 0

const about = (row: TemplateRow) => {
  const templateId = Id.fromBytes<TemplateId>(row.id)
  return {
    aggregateId: templateId,
    base: { templateId, channel: row.channel, scope: row.scope, name: row.name, language: row.language }
  }
}

/**
 * What is written of templates, always within the caller's transaction and after the row was locked. Each change leaves
 * one row of history and one event; what was said before, and what is older than what is known, changes nothing.
 */
export const makeTemplateChanges = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const events = yield* Events
  const columns = templateColumns(sql)
  const forUpdate = sql.onDialectOrElse({ mysql: () => sql.literal("FOR UPDATE"), orElse: () => sql.literal("") })

  const findNamed = (key: ScopeKey, template: { readonly name: string; readonly language: string }) =>
    Effect.map(
      sql<TemplateRow>`SELECT ${columns} FROM templates_templates
        WHERE organization_id = ${key.organizationId} AND natural_key = ${naturalKey(key, template)} ${forUpdate}`,
      ([row]) => row
    )

  /** By the provider's id, or by its name: webhooks write languages in another way. */
  const findTold = Effect.fnUntraced(function*(key: ScopeKey, event: TemplateChanged) {
    const inScope = sql`organization_id = ${key.organizationId} AND channel = ${key.channel} AND scope = ${key.scope}`
    const rows = yield* sql<TemplateRow>`SELECT ${columns} FROM templates_templates
      WHERE ${inScope} AND (provider_id = ${event.templateId} OR (provider_id IS NULL AND name = ${event.name}))
      ${forUpdate}`
    const language = event.language.replace("-", "_").toLowerCase()
    return rows.find((row) => row.provider_id === event.templateId) ??
      rows.find((row) => row.language.toLowerCase() === language)
  })

  const remember = (row: TemplateRow, entry: HistoryEntry) =>
    insertIfAbsent(sql, "templates_history", "source", [historyOf(row, entry)])

  /** Whether anything changed. */
  const apply = Effect.fnUntraced(function*(row: TemplateRow, said: Said, at: number, source: Source) {
    const set = handlingNews(row, said)
    const { aggregateId, base } = about(row)
    // The provider counts in seconds: within one, what is told later came later. A list says what is so when it is read.
    const isNews = (knownAt: unknown) => source === "sync" || toSecond(at) >= toSecond(knownAt)
    const after = (knownAt: unknown) => isNews(knownAt) ? Math.max(at, Number(knownAt) + 1) : at

    if (said.providerId !== undefined && said.providerId !== row.provider_id) set["provider_id"] = said.providerId
    if (said.status !== undefined) {
      if (said.status !== row.status) {
        yield* remember(row, {
          kind: "status",
          at: after(row.status_at),
          from: row.status,
          to: said.status,
          reason: said.reason,
          source
        })
      }
      if (isNews(row.status_at) && said.status !== row.status) {
        Object.assign(set, {
          status: said.status.slice(0, 64),
          status_at: after(row.status_at),
          reason: cut(said.reason, 500),
          stage: cut(said.stage, 64),
          ends_at: said.endsAt ?? null,
          ...(said.status === "PAUSED" ? { pauses: Number(row.pauses ?? 0) + 1 } : undefined)
        })
        yield* events.append(TemplateStatusChanged, {
          aggregateId,
          payload: {
            ...base,
            from: row.status,
            to: said.status,
            usable: isUsable(said.status),
            reason: said.reason ?? null
          }
        })
      } else if (isNews(row.status_at) && said.reason != null && said.reason !== row.reason) {
        Object.assign(set, { reason: cut(said.reason, 500) })
      }
    }
    if (said.category !== undefined && said.category !== row.category) {
      yield* remember(row, { kind: "category", at, from: row.category, to: said.category, source })
      if (isNews(row.category_at)) {
        Object.assign(set, {
          category: said.category.slice(0, 64),
          category_at: at,
          next_category: null,
          next_category_at: null
        })
        yield* events.append(TemplateCategoryChanged, {
          aggregateId,
          payload: { ...base, from: row.category, to: said.category }
        })
      }
    }
    const { nextCategory } = said
    const isAnnounced = nextCategory !== undefined && nextCategory !== row.next_category
    if (isAnnounced && nextCategory !== row.category && isNews(row.category_at)) {
      yield* remember(row, { kind: "next_category", at, from: row.category, to: nextCategory, source })
      Object.assign(set, { next_category: nextCategory.slice(0, 64), next_category_at: said.nextCategoryAt ?? null })
      yield* events.append(TemplateCategoryAnnounced, {
        aggregateId,
        payload: { ...base, from: row.category, to: nextCategory, at: said.nextCategoryAt ?? null }
      })
    }
    if (said.quality !== undefined && said.quality !== row.quality) {
      // That nothing is known yet is no news.
      const isFirst = row.quality === null && said.quality === "UNKNOWN"
      if (!isFirst) yield* remember(row, { kind: "quality", at, from: row.quality, to: said.quality, source })
      if (isNews(row.quality_at)) {
        Object.assign(set, { quality: said.quality.slice(0, 32), quality_at: at })
        if (!isFirst) {
          yield* events.append(TemplateQualityChanged, {
            aggregateId,
            payload: { ...base, from: row.quality, to: said.quality }
          })
        }
      }
    }
    if (
      said.components !== undefined &&
      (said.components !== row.components ||
        (said.parameterFormat !== undefined && said.parameterFormat !== row.parameter_format))
    ) {
      const revision = Number(row.revision) + 1
      Object.assign(set, {
        components: said.components,
        parameter_format: said.parameterFormat ?? row.parameter_format,
        revision
      })
      yield* remember(row, { kind: "components", at, from: null, to: String(revision), source })
      yield* events.append(TemplateDefinitionChanged, { aggregateId, payload: { ...base, revision } })
    }
    if (Object.keys(set).length === 0) return false
    const now = yield* Clock.currentTimeMillis
    yield* sql`UPDATE templates_templates SET ${sql.update({ ...set, updated_at: now })}
      WHERE organization_id = ${row.organization_id} AND id = ${row.id}`
    return true
  })

  const insert = Effect.fnUntraced(function*(
    key: ScopeKey,
    template: { readonly name: string; readonly language: string },
    values: NewValues,
    more: Readonly<Record<string, unknown>>,
    at: number
  ) {
    const now = yield* Clock.currentTimeMillis
    const id = yield* Id.next(TemplateId)
    yield* insertIfAbsent(sql, "templates_templates", "name", [rowOf(key, template, values, more, { id, at, now })])
    const row = yield* findNamed(key, template)
    if (row === undefined) return yield* Effect.die(new Error("a template is not there after it was inserted"))
    return { row, isNew: Id.fromBytes(row.id) === id }
  })

  const inKeys = (key: ScopeKey, templates: ReadonlyArray<{ readonly name: string; readonly language: string }>) =>
    varying(
      sql,
      sql<TemplateRow & { readonly natural_key: Uint8Array }>`SELECT natural_key, ${columns} FROM templates_templates
        WHERE organization_id = ${key.organizationId}
          AND ${sql.in("natural_key", templates.map((template) => naturalKey(key, template)))} ${forUpdate}`
    )

  const byKey = (rows: ReadonlyArray<TemplateRow>) =>
    new Map(rows.map((row) => [`${row.name}\u0000${row.language}`, row]))

  /** Those that are new, with their history and events, in few statements. */
  const insertListed = Effect.fnUntraced(function*(
    key: ScopeKey,
    templates: ReadonlyArray<ProviderTemplate>,
    at: number,
    run: Uint8Array | null
  ) {
    const now = yield* Clock.currentTimeMillis
    const ids = new Set<string>()
    const rows = yield* Effect.forEach(templates, (template) =>
      Effect.map(Id.next(TemplateId), (id) => {
        ids.add(id)
        return rowOf(key, template, saidBy(template), { listed_by: run }, { id, at, now })
      }))
    yield* insertIfAbsent(sql, "templates_templates", "name", rows)
    const found = yield* inKeys(key, templates)
    const fresh = found.filter((row) => ids.has(Id.fromBytes(row.id)))
    yield* insertIfAbsent(
      sql,
      "templates_history",
      "source",
      fresh.map((row) => historyOf(row, { kind: "status", at, from: null, to: row.status, source: "sync" }))
    )
    yield* events.appendAll(
      TemplateStatusChanged,
      fresh.map((row) => {
        const { aggregateId, base } = about(row)
        const { reason, status } = row
        return { aggregateId, payload: { ...base, from: null, to: status, usable: isUsable(status), reason } }
      })
    )
    return { fresh: fresh.length, others: found.filter((row) => !ids.has(Id.fromBytes(row.id))) }
  })

  /** What a list said that was asked for at a time. */
  const applyListed = Effect.fnUntraced(function*(
    key: ScopeKey,
    templates: ReadonlyArray<ProviderTemplate>,
    at: number,
    run: Uint8Array | null
  ) {
    if (templates.length === 0) return { created: 0, changed: 0 }
    const known = yield* inKeys(key, templates)
    const isKnown = byKey(known)
    const missing = templates.filter((one) => !isKnown.has(`${one.name}\u0000${one.language}`))
    const inserted = missing.length === 0
      ? { fresh: 0, others: [] }
      : yield* insertListed(key, missing, at, run)
    const rows = byKey([...known, ...inserted.others])
    let changed = 0
    let isUnclear = false
    for (const template of templates) {
      const row = rows.get(`${template.name}\u0000${template.language}`)
      if (row === undefined) continue
      // Somebody told of it meanwhile: what the list says may be from before.
      if (Number(row.updated_at) >= at) {
        isUnclear ||= differs(row, saidBy(template))
        continue
      }
      // What was asked for here is there.
      if (row.due_at !== null && row.status === "SUBMITTING") yield* settled(row)
      if (yield* apply(row, saidBy(template), at, "sync")) changed += 1
    }
    if (isUnclear) yield* requestSync(sql, key)
    if (run !== null && rows.size > 0) {
      yield* varying(
        sql,
        sql`UPDATE templates_templates SET listed_by = ${run} WHERE organization_id = ${key.organizationId}
          AND ${sql.in("id", [...rows.values()].map(({ id }) => id))}`
      )
    }
    return { created: inserted.fresh, changed }
  })

  /** Nothing is asked of the provider for it any more. */
  const settled = (row: TemplateRow) =>
    sql`UPDATE templates_templates SET due_at = NULL, lease_id = NULL, submission = NULL
      WHERE organization_id = ${row.organization_id} AND id = ${row.id}`

  return { sql, columns, forUpdate, findNamed, findTold, apply, applyListed, insert, remember, settled }
})
