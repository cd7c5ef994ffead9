/**
 * Mail that is to be sent, kept in the database: the layer behind the core's `Mail`. A message is written in the caller's
 * transaction with its secrets sealed, and `MailSender` sends it after the commit.
 *
 * @since 0.1.0
 */
import * as Id from "@wicara/core/Id"
import { Mail } from "@wicara/core/Mail"
import type { MailRecipient } from "@wicara/core/Mail"
import { accounts, Secrets } from "@wicara/core/Secrets"
import { Signals } from "@wicara/core/Signals"
import { CurrentOrganization } from "@wicara/core/Tenancy"
import type { OrganizationId } from "@wicara/core/Tenancy"
import { Clock, Context, DateTime, Effect, Layer, Redacted } from "effect"
import { SqlClient } from "effect/sql"
import * as Facts from "./internal/facts.ts"
import type { StoredFacts } from "./internal/facts.ts"
import { encodeDraft, encodeFacts, encodeSecrets, mailSignal, sealedAt } from "./internal/mailRows.ts"
import { MailId } from "./MailRecord.ts"
import type { MailText } from "./MailTemplate.ts"

/**
 * A message whose facts are known already.
 *
 * @category models
 * @since 0.1.0
 */
export interface QueuedMail {
  readonly organizationId: OrganizationId | null
  readonly kind: string
  readonly to: MailRecipient
  readonly locale: string
  readonly facts: StoredFacts
  readonly secrets: Readonly<Record<string, Redacted.Redacted<string>>>
  readonly expiresAt?: DateTime.Utc | undefined
  /** A text that is tried out instead of the one that applies. */
  readonly draft?: MailText | undefined
}

/**
 * @category services
 * @since 0.1.0
 */
export class MailQueue extends Context.Service<MailQueue, {
  /** Appends within the ambient transaction. */
  readonly append: (mail: QueuedMail) => Effect.Effect<MailId>
}>()("@wicara/notifications/MailQueue") {
  /** @since 0.1.0 */
  static readonly layerSql: Layer.Layer<MailQueue, never, SqlClient.SqlClient | Secrets | Signals> = Layer.effect(
    MailQueue,
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const secrets = yield* Secrets
      const signals = yield* Signals
      return MailQueue.of({
        append: Effect.fn("MailQueue.append")(function*(mail) {
          const organizationId = mail.organizationId ?? accounts.id
          const id = yield* Id.next(MailId)
          const now = yield* Clock.currentTimeMillis
          const hidden = Object.entries(mail.secrets).map(([name, secret]) => [name, Redacted.value(secret)])
          const sealed = hidden.length === 0
            ? null
            : yield* secrets.seal(sealedAt(id), Redacted.make(encodeSecrets(Object.fromEntries(hidden)))).pipe(
              Effect.provideService(CurrentOrganization, { id: organizationId })
            )
          yield* Effect.orDie(sql`INSERT INTO notifications_mail ${
            sql.insert({
              organization_id: Id.toBytes(organizationId),
              id: Id.toBytes(id),
              kind: mail.kind,
              to_email: mail.to.email,
              to_name: mail.to.name,
              to_user: mail.to.userId === null ? null : Id.toBytes(mail.to.userId),
              locale: mail.locale.slice(0, 35),
              facts: encodeFacts(mail.facts),
              sealed,
              draft: mail.draft === undefined ? null : encodeDraft(mail.draft),
              state: "queued",
              attempts: 0,
              created_at: now,
              available_at: now,
              expires_at: mail.expiresAt === undefined ? null : DateTime.toEpochMillis(mail.expiresAt)
            })
          }`)
          yield* sql.afterCommit(signals.notify(mailSignal))
          return id
        })
      })
    })
  )
}

/**
 * The core's `Mail` over the queue.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerMail: Layer.Layer<Mail, never, MailQueue> = Layer.effect(
  Mail,
  Effect.map(MailQueue, (queue) =>
    Mail.of({
      send: (definition, message) =>
        Effect.asVoid(queue.append({
          organizationId: message.organizationId,
          kind: definition.kind,
          to: message.to,
          locale: message.locale,
          facts: Facts.store(message.values),
          secrets: message.secrets,
          expiresAt: message.expiresAt
        }))
    }))
)
