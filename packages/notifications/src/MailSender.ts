/**
 * Hands waiting mail to the mail server, so that none is lost and none is sent twice.
 *
 * Each attempt is marked in the database before the network is touched. A server that had all of a message and did not
 * say whether it took it, or a process that died meanwhile, leaves it `unknown`: a person may send it again, this does
 * not. What a server puts off, or refuses to anybody, is tried again later and later, for about a day.
 *
 * @since 0.1.0
 */
import { Events } from "@wicara/core/Events"
import * as Id from "@wicara/core/Id"
import { Organizations } from "@wicara/core/Organizations"
import { CurrentRunner, holds, leaseId as leaseIdOf } from "@wicara/core/Runners"
import type { RunnerId } from "@wicara/core/Runners"
import { accounts, Secrets } from "@wicara/core/Secrets"
import { Signals } from "@wicara/core/Signals"
import { affectedRows, rowLimit, transaction } from "@wicara/core/Sql"
import { CurrentOrganization } from "@wicara/core/Tenancy"
import { Users } from "@wicara/core/Users"
import type { UserId } from "@wicara/core/Tenancy"
import { Clock, Context, Duration, Effect, Layer, Metric, Option, Redacted, Schedule } from "effect"
import { SqlClient } from "effect/sql"
import { mailFailed } from "./events.ts"
import * as Facts from "./internal/facts.ts"
import type { StoredFact } from "./internal/facts.ts"
import {
  decodeDraft,
  decodeFacts,
  decodeSecrets,
  mailColumns,
  mailSignal,
  organizationOf,
  sealedAt
} from "./internal/mailRows.ts"
import type { MailRow } from "./internal/mailRows.ts"
import { render } from "./internal/render.ts"
import type { MailId } from "./MailRecord.ts"
import { nearestLocale } from "./MailTemplate.ts"
import { MailKinds } from "./MailKinds.ts"
import { MailTemplates } from "./MailTemplates.ts"
import { digest, notification } from "./NotificationMail.ts"
import { MailTransport } from "./MailTransport.ts"
import type { MailOutcome, MailServer } from "./MailTransport.ts"

/**
 * @category models
 * @since 0.1.0
 */
export interface MailSenderOptions {
  /** Messages in flight (4). */
  readonly concurrency?: number | undefined
  /** How long a claim holds (3 minutes); more than an attempt may take. */
  readonly leaseFor?: Duration.Input | undefined
  /** Attempts before a message fails that its server keeps putting off (14, which is about a day). */
  readonly maxAttempts?: number | undefined
  /** How often to look for work that no signal announced (5 seconds). */
  readonly pollInterval?: Duration.Input | undefined
  /** How long the log is kept (90 days). */
  readonly keepFor?: Duration.Input | undefined
}

const outcomes = Metric.counter("wicara_mail_outcomes", { incremental: true })

/**
 * @category services
 * @since 0.1.0
 */
export class MailSender extends Context.Service<MailSender, {
  /** Attempts what is due; returns how many messages that were. */
  readonly runOnce: Effect.Effect<number>
  /** Works without end. */
  readonly run: Effect.Effect<never>
  /** Ends what is worthless by now, forgets secrets that nobody sends any more, and what the log has kept long enough. */
  readonly cleanup: Effect.Effect<void>
  /** Ends the leases of a runner that is gone, or all: what it was sending is unknown then. */
  readonly releaseLeases: (of: RunnerId | "all") => Effect.Effect<void>
}>()("@wicara/notifications/MailSender") {
  /** @since 0.1.0 */
  static readonly layer = (
    options?: MailSenderOptions
  ): Layer.Layer<
    MailSender,
    never,
    SqlClient.SqlClient | MailTransport | MailTemplates | MailKinds | Secrets | Signals | Organizations | Users | Events
  > => Layer.effect(MailSender, make(options ?? {}))

  /**
   * Runs the sender in the background of the layer's scope.
   *
   * @since 0.1.0
   */
  static readonly layerWorker: Layer.Layer<never, never, MailSender> = Layer.effectDiscard(
    Effect.flatMap(MailSender, (sender) => Effect.forkScoped(sender.run))
  )
}

/** Half a minute, then twice as long each time, 6 hours at most. */
const retryDelay = (attempts: number) => Math.min(30_000 * 2 ** Math.max(attempts - 1, 0), 6 * 3_600_000)

/** How long a message that was not sent can still be sent by a person, unless it expires before. */
const keepSecretsFor = 24 * 3_600_000

/** What tells of news is none: that it failed is seen in the log, and not told by the way that failed. */
const isAboutNews = (kind: string) => kind === notification.kind || kind === digest.kind

const noServer = "No mail server is configured."

const make = Effect.fnUntraced(function*(options: MailSenderOptions) {
  const sql = yield* SqlClient.SqlClient
  const transport = yield* MailTransport
  const templates = yield* MailTemplates
  const kinds = yield* MailKinds
  const secrets = yield* Secrets
  const signals = yield* Signals
  const organizations = yield* Organizations
  const users = yield* Users
  const events = yield* Events
  const runner = yield* CurrentRunner
  const columns = mailColumns(sql)
  const millis = (input: Duration.Input | undefined, fallback: number) =>
    input === undefined ? fallback : Duration.toMillis(input)
  const leaseFor = millis(options.leaseFor, 180_000)
  const keepFor = millis(options.keepFor, 90 * 24 * 3_600_000)
  const maxAttempts = options.maxAttempts ?? 14
  const concurrency = options.concurrency ?? 4

  interface Claimed extends MailRow {
    readonly lease: Uint8Array
  }

  const ours = (row: Claimed) =>
    sql`organization_id = ${row.organization_id} AND id = ${row.id} AND state = 'sending' AND lease_id = ${row.lease}`

  /** Marks a due message as being sent; nothing if somebody else was faster. */
  const claim = Effect.fnUntraced(function*(row: MailRow) {
    const now = yield* Clock.currentTimeMillis
    const lease = leaseIdOf(runner)
    const claimed = yield* affectedRows(sql`UPDATE notifications_mail SET state = 'sending', attempts = attempts + 1,
      lease_id = ${lease}, lease_until = ${now + leaseFor}
      WHERE organization_id = ${row.organization_id} AND id = ${row.id} AND state = 'queued' AND available_at <= ${now}`)
    return claimed === 0
      ? Option.none<Claimed>()
      : Option.some<Claimed>({ ...row, attempts: Number(row.attempts) + 1, lease })
  })

  const compose = Effect.fnUntraced(function*(row: Claimed, server: MailServer) {
    const organization = organizationOf(row)
    const within = Effect.provideService(CurrentOrganization, organization)
    const id = Id.fromBytes<MailId>(row.id)
    const locale = nearestLocale(row.locale)
    const known = organization.id === accounts.id
      ? Option.none()
      : yield* organizations.find(organization.id)
    const user = row.to_user === null
      ? Option.none()
      : yield* users.find(Id.fromBytes<UserId>(row.to_user))
    const timezone = Option.getOrUndefined(user)?.timezone ?? Option.getOrUndefined(known)?.timezone ?? "UTC"
    const { text, version } = row.draft === null
      ? yield* templates.effective({ kind: row.kind, locale }).pipe(within)
      : { text: yield* Effect.orDie(decodeDraft(row.draft)), version: null }
    const common: Record<string, StoredFact> = {
      recipient: row.to_name ?? row.to_email,
      organization: Option.getOrUndefined(known)?.name ?? server.from.name ?? "Wicara",
      ...(row.expires_at === null ? {} : { expiresAt: { at: Number(row.expires_at) } })
    }
    const hidden = row.sealed === null
      ? {}
      : yield* secrets.open(sealedAt(id), row.sealed).pipe(
        Effect.flatMap((opened) => decodeSecrets(Redacted.value(opened))),
        Effect.orDie,
        within
      )
    const facts = Facts.format(
      { ...common, ...(yield* Effect.orDie(decodeFacts(row.facts))) },
      kinds.find(row.kind),
      locale,
      timezone
    )
    // The subject is kept in the log: it never sees what is secret.
    const { subject } = render({ ...text, body: "" }, facts, locale)
    const { html, text: plain } = render(text, { ...facts, ...hidden }, locale)
    return {
      version,
      mail: {
        messageId: `<${id}@${server.from.address.split("@")[1] ?? "wicara.invalid"}>`,
        from: { ...server.from, name: Option.getOrUndefined(known)?.name ?? server.from.name },
        to: { name: row.to_name, address: row.to_email },
        subject,
        text: plain,
        html,
        locale
      }
    }
  })

  /** Marks a message as failed and tells so; a message about an account is nobody's but its own. */
  const giveUp = <E>(row: Claimed, mark: Effect.Effect<unknown, E>) => {
    const organization = organizationOf(row)
    if (organization.id === accounts.id || isAboutNews(row.kind)) return mark
    const mailId = Id.fromBytes<MailId>(row.id)
    return transaction(
      sql,
      Effect.andThen(mark, events.append(mailFailed, { aggregateId: mailId, payload: { mailId, kind: row.kind } }))
    ).pipe(Effect.provideService(CurrentOrganization, organization))
  }

  const settle = (row: Claimed, outcome: MailOutcome) =>
    Effect.gen(function*() {
      const now = yield* Clock.currentTimeMillis
      const done = (state: string, error: string | null, forget: boolean) =>
        sql`UPDATE notifications_mail SET state = ${state}, error = ${error}, lease_id = NULL, lease_until = NULL,
          sent_at = ${state === "sent" ? now : null} ${forget ? sql`, sealed = NULL` : sql.literal("")} WHERE ${
          ours(row)
        }`
      yield* Metric.update(Metric.withAttributes(outcomes, { outcome: outcome._tag.toLowerCase() }), 1)
      switch (outcome._tag) {
        case "Accepted":
          return yield* done("sent", null, true)
        case "Rejected":
          return yield* giveUp(row, done("failed", outcome.reason, false))
        case "Unknown":
          return yield* done("unknown", outcome.reason, false)
        case "Retryable": {
          const attempts = Number(row.attempts)
          if (attempts >= maxAttempts) return yield* giveUp(row, done("failed", outcome.reason, false))
          const next = now + retryDelay(attempts)
          return yield* sql`UPDATE notifications_mail SET state = 'queued', error = ${outcome.reason},
            available_at = ${next}, lease_id = NULL, lease_until = NULL WHERE ${ours(row)}`
        }
      }
    }).pipe(
      Effect.retry({ times: 6, schedule: Schedule.exponential("100 millis") }),
      Effect.orDie,
      Effect.uninterruptible
    )

  const attempt = Effect.fnUntraced(function*(due: MailRow, server: MailServer) {
    const claimed = yield* Effect.orDie(claim(due))
    if (Option.isNone(claimed)) return
    const row = claimed.value
    let handed = false
    yield* Effect.gen(function*() {
      const { mail, version } = yield* compose(row, server)
      yield* Effect.orDie(sql`UPDATE notifications_mail SET subject = ${mail.subject}, template_version = ${version}
        WHERE ${ours(row)}`)
      handed = true
      yield* settle(row, yield* server.send(mail))
    }).pipe(
      // What stops it before the mail server is asked has sent nothing.
      Effect.onInterrupt(() =>
        handed ? Effect.void : settle(row, { _tag: "Retryable", reason: "The process stopped." })
      ),
      Effect.catchDefect((defect) =>
        Effect.andThen(
          Effect.logError(`Message ${Id.fromBytes(row.id)} could not be sent`, defect),
          settle(
            row,
            handed
              ? { _tag: "Unknown", reason: "Something went wrong while it was sent." }
              : { _tag: "Retryable", reason: "It could not be written." }
          )
        )
      )
    )
  })

  /** Whoever was sending these can't tell any more how it ended. */
  const loseLeases = (condition: ReturnType<typeof holds>) =>
    Effect.asVoid(Effect.orDie(sql`UPDATE notifications_mail SET state = 'unknown', lease_id = NULL, lease_until = NULL,
      error = ${"The process that sent it died meanwhile."} WHERE state = 'sending' AND ${condition}`))

  const cleanup = Effect.gen(function*() {
    const now = yield* Clock.currentTimeMillis
    yield* loseLeases(sql`lease_until <= ${now}`)
    yield* Effect.orDie(sql`UPDATE notifications_mail SET state = 'expired', sealed = NULL
      WHERE state IN ('queued', 'not_configured') AND expires_at <= ${now}`)
    yield* Effect.orDie(
      sql`UPDATE notifications_mail SET sealed = NULL WHERE state IN ('failed', 'unknown', 'not_configured')
      AND sealed IS NOT NULL AND (created_at <= ${now - keepSecretsFor} OR expires_at <= ${now})`
    )
    yield* Effect.orDie(sql`DELETE FROM notifications_mail WHERE created_at <= ${now - keepFor} AND state <> 'sending'`)
  }).pipe(Effect.withSpan("MailSender.cleanup"))

  let cleanedAt = 0
  const runOnce = Effect.gen(function*() {
    const now = yield* Clock.currentTimeMillis
    if (now - cleanedAt >= 60_000) {
      yield* cleanup
      cleanedAt = now
    }
    if (Option.isNone(transport.server)) {
      return yield* Effect.orDie(
        affectedRows(sql`UPDATE notifications_mail SET state = 'not_configured', error = ${noServer}
        WHERE state = 'queued' AND available_at <= ${now}`)
      )
    }
    const server = transport.server.value
    const due = yield* Effect.orDie(sql<MailRow>`SELECT ${columns} FROM notifications_mail
      WHERE state = 'queued' AND available_at <= ${now} AND (expires_at IS NULL OR expires_at > ${now}) ORDER BY available_at LIMIT ${
      rowLimit(sql, concurrency * 8)
    }`)
    yield* Effect.forEach(due, (row) => attempt(row, server), { concurrency, discard: true })
    return due.length
  }).pipe(Effect.withSpan("MailSender.runOnce"))

  const run = Effect.gen(function*() {
    if ((yield* runOnce) === 0) yield* signals.wait(mailSignal, options.pollInterval ?? "5 seconds")
  }).pipe(
    Effect.catchCause((cause) =>
      Effect.andThen(Effect.logWarning("Mail could not be looked for; trying again", cause), Effect.sleep("5 seconds"))
    ),
    Effect.forever
  )

  return MailSender.of({ runOnce, run, cleanup, releaseLeases: (of) => loseLeases(holds(sql, of)) })
})
