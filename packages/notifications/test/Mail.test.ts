import { assert, describe, layer } from "@effect/vitest"
import { Audit } from "@wicara/core/Audit"
import * as CoreMail from "@wicara/core/CoreMail"
import { Mail } from "@wicara/core/Mail"
import { transaction } from "@wicara/core/Sql"
import { accounts } from "@wicara/core/Secrets"
import type { OrganizationId } from "@wicara/core/Tenancy"
import { MailLog } from "@wicara/notifications/MailLog"
import { MailSender } from "@wicara/notifications/MailSender"
import { MailTemplates } from "@wicara/notifications/MailTemplates"
import type { MailState } from "@wicara/notifications/MailRecord"
import { MailTransport } from "@wicara/notifications/MailTransport"
import * as SmtpTransport from "@wicara/notifications/SmtpTransport"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import { DateTime, Effect, Layer, Redacted } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import * as Smtp from "./SmtpCounterpart.ts"
import { partOf } from "./SmtpCounterpart.ts"
import { layer as layerMail, layerSmtp, newTenant, within } from "./support.ts"

const secret = "https://chat.example.com/reset-password#token=very-secret-token"
const inHours = (hours: number) => Effect.map(DateTime.now, (now) => DateTime.add(now, { hours }))

/** Asks for a new password, for an organization or for nobody. */
const reset = (options: {
  readonly email?: string
  readonly locale?: string
  readonly organizationId?: OrganizationId
  readonly name?: string
} = {}) =>
  Effect.gen(function*() {
    const mail = yield* Mail
    const expiresAt = yield* inHours(1)
    yield* mail.send(CoreMail.resetPassword, {
      organizationId: options.organizationId ?? null,
      to: { email: options.email ?? "rani@example.com", name: options.name ?? "Rani", userId: null },
      locale: options.locale ?? "en",
      values: { expiresAt },
      secrets: { link: Redacted.make(secret) },
      expiresAt
    })
  })

const runSender = MailSender.use((sender) => sender.runOnce)
const log = (organizationId: OrganizationId = accounts.id) =>
  Effect.map(MailLog.use((log) => log.list({ limit: 100 })).pipe(within(organizationId)), ({ data }) => data)
const latest = (organizationId?: OrganizationId) => Effect.map(log(organizationId), ([record]) => record!)

/** All of the table, as who reads the database sees it. */
const dump = Effect.flatMap(
  SqlClient.SqlClient,
  (sql) => Effect.map(sql`SELECT * FROM notifications_mail`, (rows) => JSON.stringify(rows))
)

const plan = (plan: Smtp.Plan) => Effect.map(Smtp.SmtpCounterpart, (server) => Object.assign(server, { plan }))

describe.each(TestDatabase.all)("Mail on $name", (database) => {
  layer(layerMail(database.layer, layerSmtp))((it) => {
    it.effect("is sent after the commit of what it tells of, or not at all", () =>
      Effect.gen(function*() {
        const sql = yield* SqlClient.SqlClient
        const server = yield* plan("accept")
        yield* transaction(sql, Effect.andThen(reset({ email: "back@example.com" }), Effect.fail("no"))).pipe(
          Effect.flip
        )
        yield* transaction(sql, reset({ email: "rani@example.com" }))
        assert.strictEqual(yield* runSender, 1)
        assert.strictEqual(yield* runSender, 0)
        assert.deepStrictEqual(server.received.map(({ to }) => to), [["rani@example.com"]])
        assert.deepInclude(yield* latest(), { state: "sent", attempts: 1, templateVersion: 0, error: null })
      }))

    it.effect("keeps what proves who one is sealed until it is sent, and then nowhere", () =>
      Effect.gen(function*() {
        const server = yield* plan("accept")
        yield* reset()
        assert.notInclude(yield* dump, "very-secret-token")
        yield* runSender
        assert.notInclude(yield* dump, "very-secret-token")
        const { source } = server.received.at(-1)!
        assert.include(partOf(source, "text/plain"), secret)
        assert.include(partOf(source, "text/html"), `href="${secret}"`)
        const { id, subject } = yield* latest()
        assert.strictEqual(subject, "Choose a new password")
        const [row] = yield* SqlClient.SqlClient.use((sql) =>
          sql<{ readonly sealed: string | null }>`SELECT sealed FROM notifications_mail ORDER BY id DESC LIMIT 1`
        )
        assert.isNull(row!.sealed)
        assert.match(source, new RegExp(`^Message-ID: <${id}@wicara\\.example>`, "im"))
      }))

    it.effect("has the headers that it was given and no others, whatever a name holds", () =>
      Effect.gen(function*() {
        const server = yield* plan("accept")
        for (const name of ["Eve\r\nBcc: all@example.com", "Eve\" <all@example.com>, \"x", "=?utf-8?q?=0ABcc:_x?="]) {
          yield* reset({ name })
          yield* runSender
          const { source, to } = server.received.at(-1)!
          assert.deepStrictEqual(to, ["rani@example.com"])
          const [head = ""] = source.split("\r\n\r\n")
          assert.notMatch(head, /^bcc:/im)
          assert.match(head, /^To: .*<rani@example\.com>$/im)
          assert.lengthOf(head.match(/^to:/gim) ?? [], 1)
        }
      }))

    it.effect("is in the recipient's language, the nearest there is", () =>
      Effect.gen(function*() {
        const server = yield* plan("accept")
        for (const locale of ["id-ID", "es", "pt-BR", "fr"]) {
          yield* reset({ locale })
          yield* runSender
        }
        const subjects = (yield* log()).slice(0, 4).map(({ subject }) => subject).reverse()
        assert.deepStrictEqual(subjects, [
          "Buat kata sandi baru",
          "Elige una contraseña nueva",
          "Escolha uma nova senha",
          "Choose a new password"
        ])
        const { source } = server.received.at(-2)!
        assert.include(partOf(source, "text/plain"), "O link funciona uma vez, até 1 de janeiro de 1970 às")
        assert.match(source, /^Content-Language: pt/im)
      }))

    it.effect("that the server refuses fails, and what it puts off is tried again, later each time", () =>
      Effect.gen(function*() {
        const server = yield* plan("refuse-recipient")
        yield* reset()
        yield* runSender
        assert.deepInclude(yield* latest(), { state: "failed", error: "550 No such mailbox" })
        server.plan = "refuse-content"
        yield* reset()
        yield* runSender
        assert.deepInclude(yield* latest(), { state: "failed", error: "554 We do not like it" })
        for (const later of ["put-off", "hang-up-early"] as const) {
          server.plan = later
          yield* reset()
          yield* runSender
          assert.deepInclude(yield* latest(), { state: "queued", attempts: 1 })
          assert.strictEqual(yield* runSender, 0, "not before half a minute")
          yield* TestClock.adjust("30 seconds")
          assert.strictEqual(yield* runSender, 1)
          assert.deepInclude(yield* latest(), { state: "queued", attempts: 2 })
          server.plan = "accept"
          yield* TestClock.adjust("1 minute")
          yield* runSender
          assert.deepInclude(yield* latest(), { state: "sent", attempts: 3, error: null })
        }
      }))

    it.effect("of which nobody knows whether the server took it is not sent again by itself, but by a person", () =>
      Effect.gen(function*() {
        const server = yield* plan("hang-up-after-data")
        const { organization } = yield* newTenant
        const before = server.received.length
        yield* reset({ organizationId: organization.id })
        yield* runSender
        const record = yield* latest(organization.id)
        assert.strictEqual(record.state, "unknown")
        assert.match(record.error ?? "", /did not say whether it took the message/)
        server.plan = "accept"
        yield* TestClock.adjust("40 minutes")
        yield* runSender
        assert.strictEqual(server.received.length, before + 1, "what the server took, and never said so")
        yield* Effect.gen(function*() {
          const log = yield* MailLog
          yield* log.sendAgain(record.id)
          yield* runSender
          assert.deepInclude(yield* log.get(record.id), { state: "sent", attempts: 1 })
          assert.strictEqual((yield* Effect.flip(log.sendAgain(record.id)))._tag, "Conflict")
          const audited = yield* Audit.use((audit) => audit.list({}))
          assert.strictEqual(audited.data[0]?.action, "mail.sent_again")
        }).pipe(within(organization.id))
        const ids = server.received.slice(-2).map(({ source }) => /^Message-ID: (\S+)/im.exec(source)?.[1])
        assert.strictEqual(ids[0], ids[1], "a mail server may tell the repetition by it")
      }))

    it.effect("whose process died while sending it is unknown, not lost and not doubled", () =>
      Effect.gen(function*() {
        const server = yield* plan("accept")
        const sql = yield* SqlClient.SqlClient
        yield* reset()
        const { id } = yield* latest()
        yield* sql`UPDATE notifications_mail SET state = 'sending', lease_until = 0, lease_id = ${new Uint8Array(16)}
          WHERE state = 'queued'`
        const before = server.received.length
        yield* MailSender.use((sender) => sender.cleanup)
        assert.strictEqual(yield* runSender, 0)
        assert.deepInclude(yield* latest(), { id, state: "unknown" })
        assert.strictEqual(server.received.length, before)
      }))

    it.effect("is sent once however many senders there are", () =>
      Effect.gen(function*() {
        const server = yield* plan("accept")
        const before = server.received.length
        const addresses = Array.from({ length: 12 }, (_, n) => `many-${n}@example.com`)
        yield* Effect.forEach(addresses, (email) => reset({ email }))
        yield* Effect.all(Array.from({ length: 4 }, () => runSender), { concurrency: "unbounded" })
        const sent = server.received.slice(before).map(({ to }) => to[0])
        assert.deepStrictEqual(sent.toSorted(), addresses.toSorted())
      }))

    it.effect("that came too late is not sent, and its secret is gone", () =>
      Effect.gen(function*() {
        const server = yield* plan("put-off")
        yield* reset({ email: "late@example.com" })
        yield* runSender
        server.plan = "accept"
        yield* TestClock.adjust("2 hours")
        const before = server.received.length
        yield* runSender
        const record = (yield* log()).find(({ to }) => to.email === "late@example.com")
        assert.strictEqual(record?.state, "expired")
        assert.strictEqual(server.received.length, before)
        const [row] = yield* SqlClient.SqlClient.use((sql) =>
          sql<{ readonly total: unknown }>`SELECT COUNT(*) AS total FROM notifications_mail WHERE sealed IS NOT NULL
            AND state = 'expired'`
        )
        assert.strictEqual(Number(row!.total), 0)
      }))

    it.effect("says what an organization wants it to say, version by version, until it takes that back", () =>
      Effect.gen(function*() {
        const server = yield* plan("accept")
        const { organization, owner } = yield* newTenant
        const other = yield* newTenant
        const name = { kind: "reset_password", locale: "en" } as const
        yield* Effect.gen(function*() {
          const templates = yield* MailTemplates
          const first = yield* templates.save(name, { subject: "Key for {{recipient}}", body: "Here: {{link}}" }, 0)
          assert.deepInclude(first, { revision: 1, customized: true, required: ["link"] })
          const late = yield* Effect.flip(templates.save(name, { subject: "x", body: "{{link}}" }, 0))
          assert.strictEqual(late._tag, "RevisionMismatch")
          yield* templates.save(name, { subject: "Second for {{recipient}}", body: "There:\n\n[Go]({{link}})" }, 1)
          yield* reset({ organizationId: organization.id, name: "Sari" })
          yield* reset({ organizationId: other.organization.id })
          yield* reset()
          yield* runSender
          assert.deepInclude(yield* latest(organization.id), { subject: "Second for Sari", templateVersion: 2 })
          assert.deepInclude(yield* latest(other.organization.id), { templateVersion: 0 })
          assert.deepInclude(yield* latest(), { templateVersion: 0 })
          const sent = server.received.find(({ source }) => /^Subject: Second/im.test(source))!
          assert.match(sent.source, new RegExp(`^From: ${organization.name} <no-reply@wicara.example>`, "im"))
          assert.include(partOf(sent.source, "text/html"), `href="${secret}"`)
          assert.deepInclude(yield* templates.reset(name, 2), { revision: 3, customized: false })
          const versions = yield* templates.versions(name)
          assert.deepStrictEqual(versions.map(({ text, version }) => [version, text?.subject]), [
            [3, undefined],
            [2, "Second for {{recipient}}"],
            [1, "Key for {{recipient}}"]
          ])
          const audited = yield* Audit.use((audit) => audit.list({}))
          assert.deepStrictEqual(audited.data.slice(0, 3).map(({ action }) => action), [
            "mail_template.reset",
            "mail_template.changed",
            "mail_template.changed"
          ])
        }).pipe(within(organization.id, owner.id))
      }))

    it.effect("changed by two people at once is changed by one of them", () =>
      Effect.gen(function*() {
        const { organization } = yield* newTenant
        const save = (subject: string) =>
          MailTemplates.use((templates) =>
            templates.save({ kind: "digest", locale: "id" }, { subject, body: "{{items}}" }, 0)
          ).pipe(Effect.result)
        const results = yield* Effect.all([save("a"), save("b"), save("c")], { concurrency: "unbounded" }).pipe(
          within(organization.id)
        )
        assert.strictEqual(results.filter(({ _tag }) => _tag === "Success").length, 1)
      }))

    it.effect("can't be given a text that is worth nothing, or that tells a secret to the log", () =>
      Effect.gen(function*() {
        const { organization } = yield* newTenant
        const name = { kind: "reset_password", locale: "es" } as const
        yield* Effect.gen(function*() {
          const templates = yield* MailTemplates
          const fault = (subject: string, body: string) =>
            Effect.map(
              Effect.flip(templates.save(name, { subject, body })),
              (error) => error._tag === "InvalidInput" ? error.field : error._tag
            )
          assert.strictEqual(yield* fault("Hola", "Nada"), "/body")
          assert.strictEqual(yield* fault("{{link}}", "{{link}}"), "/subject")
          assert.strictEqual(yield* fault("Hola", "{{link}} {{password}}"), "/body")
          const unknown = yield* Effect.flip(templates.get({ kind: "nonsense", locale: "en" }))
          assert.strictEqual(unknown._tag, "NotFound")
        }).pipe(within(organization.id))
      }))

    it.effect("is previewed with made-up facts and tried out on whoever asks", () =>
      Effect.gen(function*() {
        const server = yield* plan("accept")
        const { organization, owner } = yield* newTenant
        const name = { kind: "account_changed", locale: "pt" } as const
        yield* Effect.gen(function*() {
          const templates = yield* MailTemplates
          const log = yield* MailLog
          const preview = yield* templates.preview(name)
          assert.strictEqual(preview.subject, "Sua conta: a senha foi alterada")
          assert.include(preview.text, "203.0.113.7")
          const draft = { subject: "Rascunho", body: "Olá {{recipient}} <b>&</b>" }
          assert.include((yield* templates.preview(name, draft)).html, "Olá Rani &lt;b&gt;&amp;&lt;/b&gt;")
          const sent = yield* log.sendTest(name, draft)
          assert.deepInclude(sent, { test: true, state: "queued" })
          yield* runSender
          assert.deepStrictEqual(server.received.at(-1)?.to, [owner.email])
          assert.match(server.received.at(-1)?.source ?? "", /^Subject: Rascunho/im)
        }).pipe(within(organization.id, owner.id))
        const nobody = yield* Effect.flip(MailLog.use((log) => log.sendTest(name))).pipe(within(organization.id))
        assert.strictEqual(nobody._tag, "Forbidden")
      }))

    it.effect("of one organization is nothing to another", () =>
      Effect.gen(function*() {
        const [mine, other] = [yield* newTenant, yield* newTenant]
        yield* plan("refuse-recipient")
        yield* reset({ organizationId: mine.organization.id })
        yield* runSender
        const { id } = yield* latest(mine.organization.id)
        yield* Effect.gen(function*() {
          const log = yield* MailLog
          assert.isEmpty((yield* log.list({})).data)
          assert.strictEqual((yield* Effect.flip(log.get(id)))._tag, "NotFound")
          assert.strictEqual((yield* Effect.flip(log.sendAgain(id)))._tag, "NotFound")
        }).pipe(within(other.organization.id))
      }))
  })

  layer(layerMail(database.layer, SmtpTransport.layerNone))("without a mail server", (it) => {
    it.effect("stays in the log and says why, and can be sent when there is one", () =>
      Effect.gen(function*() {
        const { organization } = yield* newTenant
        yield* reset({ organizationId: organization.id })
        yield* runSender
        const record = yield* latest(organization.id)
        assert.deepInclude(record, {
          state: "not_configured" satisfies MailState,
          error: "No mail server is configured."
        })
        const again = yield* MailLog.use((log) => log.sendAgain(record.id)).pipe(within(organization.id))
        assert.strictEqual(again.state, "queued")
      }))
  })
})

const unwrapped = Layer.mergeAll(Smtp.layer({ auth: true }))

layer(unwrapped, { excludeTestServices: true })("A mail server", (it) => {
  it.effect("that asks for a password gets it; a wrong one is no message's fault, and silence is unknown", () =>
    Effect.gen(function*() {
      const server = yield* Smtp.SmtpCounterpart
      const url = (password: string) =>
        Redacted.make(`smtp://${Smtp.user.name}:${encodeURIComponent(password)}@127.0.0.1:${server.port}`)
      const through = <A, E>(password: string, effect: Effect.Effect<A, E, MailTransport>) =>
        Effect.provide(
          effect,
          SmtpTransport.layer({ url: url(password), from: { name: null, address: "a@example.com" } })
        )
      const mail = {
        messageId: "<1@example.com>",
        from: { name: null, address: "a@example.com" },
        to: { name: null, address: "b@example.com" },
        subject: "Hello",
        text: "Hello",
        html: "<p>Hello</p>",
        locale: "en"
      }
      const send = MailTransport.use(({ server }) =>
        Effect.flatMap(Effect.fromOption(server), (one) => Effect.all([Effect.result(one.check), one.send(mail)]))
      )
      const [checked, outcome] = yield* through(Smtp.user.password, send)
      assert.strictEqual(checked._tag, "Success")
      assert.strictEqual(outcome._tag, "Accepted")
      assert.lengthOf(server.received, 1)
      const [refused, put] = yield* through("wrong", send)
      assert.strictEqual(refused._tag, "Failure")
      assert.strictEqual(put._tag, "Retryable", "a wrong password is the operator's fault, not the message's")
      server.plan = "silent"
      const patient = SmtpTransport.layer({
        url: url(Smtp.user.password),
        from: mail.from,
        timeout: "1500 millis"
      })
      const silent = yield* Effect.provide(send, patient)
      assert.strictEqual(silent[1]._tag, "Unknown")
    }).pipe(Effect.orDie))
})

layer(Smtp.layer({ secure: true }), { excludeTestServices: true })(
  "A mail server with a certificate that nobody signed",
  (it) => {
    it.effect("gets neither password nor message", () =>
      Effect.gen(function*() {
        const server = yield* Smtp.SmtpCounterpart
        const url = Redacted.make(`smtps://${Smtp.user.name}:secret@127.0.0.1:${server.port}`)
        const transport = SmtpTransport.layer({ url, from: { name: null, address: "a@example.com" } })
        const check = MailTransport.use(({ server }) => Effect.flatMap(Effect.fromOption(server), (one) => one.check))
        assert.match(String(yield* Effect.flip(Effect.provide(check, transport))), /certificate/i)
        assert.strictEqual(server.attempts, 0)
      }))
  }
)
