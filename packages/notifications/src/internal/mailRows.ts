import * as Id from "@wicara/core/Id"
import type { OrganizationId, UserId } from "@wicara/core/Tenancy"
import { DateTime, Schema } from "effect"
import type { SqlClient } from "effect/sql"
import { MailRecord } from "../MailRecord.ts"
import type { MailId, MailState } from "../MailRecord.ts"
import { MailText } from "../MailTemplate.ts"
import { StoredFacts } from "./facts.ts"

/** The topic of `Signals` that is raised when there is mail. */
export const mailSignal = "notifications.mail"

export interface MailRow {
  readonly organization_id: Uint8Array
  readonly id: Uint8Array
  readonly kind: string
  readonly to_email: string
  readonly to_name: string | null
  readonly to_user: Uint8Array | null
  readonly locale: string
  readonly facts: string
  readonly sealed: string | null
  readonly draft: string | null
  readonly subject: string | null
  readonly template_version: unknown
  readonly state: MailState
  readonly attempts: unknown
  readonly error: string | null
  readonly created_at: unknown
  readonly available_at: unknown
  readonly sent_at: unknown
  readonly expires_at: unknown
}

const FactsText = Schema.fromJsonString(StoredFacts)
export const encodeFacts = Schema.encodeSync(FactsText)
export const decodeFacts = Schema.decodeUnknownEffect(FactsText)
const DraftText = Schema.fromJsonString(MailText)
export const encodeDraft = Schema.encodeSync(DraftText)
export const decodeDraft = Schema.decodeUnknownEffect(DraftText)
const SecretsText = Schema.fromJsonString(Schema.Record(Schema.String, Schema.String))
export const encodeSecrets = Schema.encodeSync(SecretsText)
export const decodeSecrets = Schema.decodeUnknownEffect(SecretsText)

/** Where a message's secrets are sealed. */
export const sealedAt = (id: MailId) => ({ table: "notifications_mail", column: "sealed", id })

export const mailColumns = (sql: SqlClient.SqlClient) =>
  sql.literal(
    "organization_id, id, kind, to_email, to_name, to_user, locale, facts, sealed, draft, subject, template_version, " +
      "state, attempts, error, created_at, available_at, sent_at, expires_at"
  )

const instant = (value: unknown) => value === null ? null : DateTime.makeUnsafe(Number(value))

export const toRecord = (row: MailRow): MailRecord =>
  new MailRecord({
    id: Id.fromBytes<MailId>(row.id),
    kind: row.kind,
    to: {
      email: row.to_email,
      name: row.to_name,
      userId: row.to_user === null ? null : Id.fromBytes<UserId>(row.to_user)
    },
    locale: row.locale,
    subject: row.subject,
    state: row.state,
    attempts: Number(row.attempts),
    error: row.error,
    templateVersion: row.template_version === null ? null : Number(row.template_version),
    test: row.draft !== null,
    createdAt: DateTime.makeUnsafe(Number(row.created_at)),
    nextAttemptAt: row.state === "queued" ? instant(row.available_at) : null,
    sentAt: instant(row.sent_at),
    expiresAt: instant(row.expires_at)
  })

export const organizationOf = (row: Pick<MailRow, "organization_id">) => ({
  id: Id.fromBytes<OrganizationId>(row.organization_id)
})
