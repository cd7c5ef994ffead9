/**
 * Which mail was sent to whom for an organization, and what became of it.
 *
 * @since 0.1.0
 */
import { Audit } from "@wicara/core/Audit"
import * as Id from "@wicara/core/Id"
import * as Pagination from "@wicara/core/Pagination"
import { Conflict, Forbidden, NotFound } from "@wicara/core/Problem"
import type { InvalidInput } from "@wicara/core/Problem"
import { Signals } from "@wicara/core/Signals"
import { orDieSql, rowLimit, transaction } from "@wicara/core/Sql"
import { CurrentActor, CurrentOrganization } from "@wicara/core/Tenancy"
import { Users } from "@wicara/core/Users"
import { Clock, Context, Effect, Layer, Option, Redacted } from "effect"
import { SqlClient } from "effect/sql"
import { mailColumns, mailSignal, toRecord } from "./internal/mailRows.ts"
import type { MailRow } from "./internal/mailRows.ts"
import { MailQueue } from "./MailQueue.ts"
import { MailId } from "./MailRecord.ts"
import type { MailRecord, MailState } from "./MailRecord.ts"
import type { MailText } from "./MailTemplate.ts"
import { MailTemplates } from "./MailTemplates.ts"
import type { TemplateName } from "./MailTemplates.ts"

/**
 * @category services
 * @since 0.1.0
 */
export class MailLog extends Context.Service<MailLog, {
  /** The newest first. */
  readonly list: (
    query: Pagination.PageQuery & { readonly state?: MailState | undefined }
  ) => Effect.Effect<Pagination.Page<MailRecord>, InvalidInput, CurrentOrganization>
  readonly get: (id: MailId) => Effect.Effect<MailRecord, NotFound, CurrentOrganization>
  /** Sends a message again that was not sent, or of which nobody knows whether it was. */
  readonly sendAgain: (
    id: MailId
  ) => Effect.Effect<MailRecord, NotFound | Conflict, CurrentOrganization | CurrentActor>
  /** Sends a message with made-up facts to the acting person's own address. */
  readonly sendTest: (name: TemplateName, text?: MailText) => Effect.Effect<
    MailRecord,
    NotFound | InvalidInput | Forbidden,
    CurrentOrganization | CurrentActor
  >
}>()("@wicara/notifications/MailLog") {
  /** @since 0.1.0 */
  static readonly layerSql: Layer.Layer<
    MailLog,
    never,
    SqlClient.SqlClient | Audit | Signals | MailQueue | MailTemplates | Users
  > = Layer.suspend(() => Layer.effect(MailLog, make))
}

const make = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const audit = yield* Audit
  const signals = yield* Signals
  const queue = yield* MailQueue
  const templates = yield* MailTemplates
  const users = yield* Users
  const columns = mailColumns(sql)
  const forUpdate = sql.onDialectOrElse({ mysql: () => sql.literal("FOR UPDATE"), orElse: () => sql.literal("") })

  const found = Effect.fnUntraced(function*(id: MailId, lock = false) {
    const organization = yield* CurrentOrganization
    const [row] = yield* sql<MailRow>`SELECT ${columns} FROM notifications_mail
      WHERE organization_id = ${Id.toBytes(organization.id)} AND id = ${Id.toBytes(id)} ${
      lock ? forUpdate : sql.literal("")
    }`
    return row === undefined ? yield* NotFound.of("message", id) : row
  })

  const get = Effect.fn("MailLog.get")(function*(id: MailId) {
    return toRecord(yield* orDieSql(found(id)))
  })

  return MailLog.of({
    get,
    list: Effect.fn("MailLog.list")(function*(query) {
      const organization = yield* CurrentOrganization
      const before = yield* Pagination.position(MailId, query)
      const limit = Pagination.limit(query)
      const rows = yield* Effect.orDie(sql<MailRow>`SELECT ${columns} FROM notifications_mail
        WHERE organization_id = ${Id.toBytes(organization.id)}
        ${before === undefined ? sql.literal("") : sql`AND id < ${Id.toBytes(before)}`}
        ${query.state === undefined ? sql.literal("") : sql`AND state = ${query.state}`}
        ORDER BY id DESC LIMIT ${rowLimit(sql, limit + 1)}`)
      return Pagination.page(rows.map(toRecord), limit, MailId, ({ id }) => id)
    }),
    sendAgain: Effect.fn("MailLog.sendAgain")(function*(id) {
      return yield* orDieSql(transaction(
        sql,
        Effect.gen(function*() {
          const row = yield* found(id, true)
          if (row.state !== "failed" && row.state !== "unknown" && row.state !== "not_configured") {
            return yield* new Conflict({ detail: `This message is ${row.state}: there is nothing to send again.` })
          }
          const needed = yield* templates.get({ kind: row.kind, locale: "en" }).pipe(
            Effect.match({ onSuccess: ({ required }) => required.length, onFailure: () => 0 })
          )
          if (needed > 0 && row.sealed === null) {
            return yield* new Conflict({
              detail: "What this message has to say is forgotten by now: ask for a new one."
            })
          }
          const now = yield* Clock.currentTimeMillis
          yield* sql`UPDATE notifications_mail SET state = 'queued', attempts = 0, error = NULL, available_at = ${now}
            WHERE organization_id = ${row.organization_id} AND id = ${row.id}`
          yield* audit.record({
            action: "mail.sent_again",
            target: { type: "mail", id },
            before: { state: row.state },
            after: { state: "queued" }
          })
          yield* sql.afterCommit(signals.notify(mailSignal))
          return toRecord(yield* found(id))
        })
      ))
    }),
    sendTest: Effect.fn("MailLog.sendTest")(function*(name, text) {
      const organization = yield* CurrentOrganization
      const { actor } = yield* CurrentActor
      const user = actor._tag === "User" ? yield* users.find(actor.id) : Option.none()
      if (Option.isNone(user)) {
        return yield* new Forbidden({
          permission: "",
          detail: "A test goes to the person who asks for it; a key is nobody."
        })
      }
      if (text !== undefined) yield* templates.check(name, text)
      const { required, ...template } = yield* templates.get(name)
      const samples = yield* templates.samples(name.kind)
      const hidden = new Set(required)
      const id = yield* orDieSql(transaction(
        sql,
        Effect.gen(function*() {
          const facts = Object.entries(samples).filter(([fact]) => !hidden.has(fact))
          const id = yield* queue.append({
            organizationId: organization.id,
            kind: name.kind,
            to: { email: user.value.email, name: user.value.name, userId: user.value.id },
            locale: name.locale,
            facts: Object.fromEntries(facts),
            secrets: Object.fromEntries(required.map((secret) => [secret, Redacted.make(String(samples[secret]))])),
            draft: { subject: (text ?? template).subject, body: (text ?? template).body }
          })
          yield* audit.record({
            action: "mail.test_sent",
            target: { type: "mail_template", id: `${name.kind}/${name.locale}` }
          })
          return id
        })
      ))
      return yield* get(id).pipe(Effect.catchTag("NotFound", Effect.die))
    })
  })
})
