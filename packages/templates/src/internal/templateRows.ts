import { createHash } from "node:crypto"
import * as Id from "@wicara/core/Id"
import { DateTime, Schema } from "effect"
import type { SqlClient } from "effect/sql"
import { isUsable, Template } from "../Template.ts"
import type { TemplateId } from "../Template.ts"
import * as TemplateDefinition from "../TemplateDefinition.ts"
import type { ParameterFormat } from "../TemplateDefinition.ts"

export interface TemplateRow {
  readonly organization_id: Uint8Array
  readonly id: Uint8Array
  readonly channel: string
  readonly scope: string
  readonly name: string
  readonly language: string
  readonly provider_id: string | null
  readonly category: string
  readonly status: string
  readonly status_at: unknown
  readonly quality: string | null
  readonly quality_at: unknown
  readonly category_at: unknown
  readonly next_category: string | null
  readonly next_category_at: unknown
  readonly pauses: unknown
  readonly ttl_seconds: unknown
  readonly untracked: unknown
  readonly library: string | null
  readonly parameter_format: ParameterFormat
  readonly components: string
  readonly reason: string | null
  readonly stage: string | null
  readonly ends_at: unknown
  readonly revision: unknown
  readonly listed_by: Uint8Array | null
  readonly submission: string | null
  readonly due_at: unknown
  readonly lease_id: Uint8Array | null
  readonly created_at: unknown
  readonly updated_at: unknown
}

export const templateColumns = (sql: SqlClient.SqlClient) =>
  sql.literal(
    "organization_id, id, channel, scope, name, language, provider_id, category, status, status_at, quality, quality_at, " +
      "category_at, parameter_format, components, reason, stage, ends_at, revision, listed_by, submission, due_at, " +
      "lease_id, created_at, updated_at, next_category, next_category_at, pauses, ttl_seconds, untracked, library"
  )

/** What has templates at a provider: a channel's account there. */
export interface ScopeKey {
  readonly organizationId: Uint8Array
  readonly channel: string
  readonly scope: string
}

/** One for each name and language of a scope. */
export const naturalKey = (
  key: { readonly channel: string; readonly scope: string },
  template: { readonly name: string; readonly language: string }
): Uint8Array =>
  Uint8Array.from(
    createHash("sha256").update([key.channel, key.scope, template.name, template.language].join("\u0000")).digest()
  )

const Components = Schema.fromJsonString(Schema.Array(Schema.JsonObject))
export const encodeComponents = Schema.encodeSync(Components)
export const decodeComponents = Schema.decodeUnknownSync(Components)

/** The signal that is raised when there is something to ask a provider for. */
export const syncSignal = "templates"

const instant = (value: unknown) => value === null ? null : DateTime.makeUnsafe(Number(value))

export const toTemplate = (row: TemplateRow): Template =>
  new Template({
    id: Id.fromBytes<TemplateId>(row.id),
    channel: row.channel,
    scope: row.scope,
    providerId: row.provider_id,
    name: row.name,
    language: row.language,
    category: row.category,
    nextCategory: row.next_category,
    nextCategoryAt: instant(row.next_category_at),
    status: row.status,
    usable: isUsable(row.status),
    pauses: Number(row.pauses ?? 0),
    quality: row.quality,
    parameterFormat: row.parameter_format,
    components: decodeComponents(row.components),
    messageSendTtlSeconds: row.ttl_seconds === null ? null : Number(row.ttl_seconds),
    linkTrackingOptedOut: row.untracked === null ? null : Number(row.untracked) === 1,
    library: row.library,
    reason: row.reason,
    stage: row.stage,
    endsAt: instant(row.ends_at),
    revision: Number(row.revision),
    createdAt: DateTime.makeUnsafe(Number(row.created_at)),
    updatedAt: DateTime.makeUnsafe(Number(row.updated_at))
  })

export const definitionOf = (row: TemplateRow): TemplateDefinition.DefinitionModel =>
  TemplateDefinition.read({
    category: row.category,
    parameterFormat: row.parameter_format,
    components: decodeComponents(row.components)
  })
