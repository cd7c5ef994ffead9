import { assert, describe, it } from "@effect/vitest"
import { EventConsumers } from "@wicara/core/EventConsumers"
import { Invitations } from "@wicara/core/Invitations"
import { Memberships } from "@wicara/core/Memberships"
import type { EmailFrequency } from "@wicara/core/Notification"
import { Notifier } from "@wicara/core/Notification"
import { Organizations } from "@wicara/core/Organizations"
import type { OrganizationId, UserId } from "@wicara/core/Tenancy"
import { Users } from "@wicara/core/Users"
import { MailSender } from "@wicara/notifications/MailSender"
import { mailJob } from "@wicara/notifications/NotificationJobs"
import * as NotificationConsumers from "@wicara/notifications/NotificationConsumers"
import { NotificationMailer } from "@wicara/notifications/NotificationMailer"
import { NotificationPreferences } from "@wicara/notifications/NotificationPreferences"
import { Notifications } from "@wicara/notifications/Notifications"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import { Effect, Layer, Option } from "effect"
import { SqlClient } from "effect/sql"
import { alarm, as, at, inOrganization, layer, layerNoPush, mailTo, newMember, order, seen, tell } from "./notified.ts"
import * as Smtp from "./SmtpCounterpart.ts"
import { layerSmtp, newTenant } from "./support.ts"

const wants = (id: OrganizationId, userId: UserId, email: EmailFrequency, inApp = true) =>
  NotificationPreferences.use((all) => all.choose(userId, "news", { inApp, email, push: false })).pipe(
    inOrganization(id)
  )

const send = (id: OrganizationId, userId: UserId, frequency: "at_once" | "hourly" | "daily") =>
  NotificationMailer.use((mailer) => mailer.send(userId, frequency)).pipe(inOrganization(id))

/** When something is mailed to somebody next, in UTC. */
const due = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql<{ readonly due_at: unknown }>`SELECT due_at FROM notifications_due ORDER BY due_at`
  return rows.map((row) => new Date(Number(row.due_at)).toISOString())
})

describe.each(TestDatabase.all)("Mail of notifications on $name", (database) => {
  const TestLayer = layer(database.layer, layerNoPush)

  it.live("is sent at once to who wants it so, by whichever of many workers, once", () =>
    Effect.gen(function*() {
      const { organization: { id } } = yield* newTenant
      const rani = yield* newMember(id)
      yield* Users.use((users) => users.update(rani, { locale: "pt-BR" }))
      yield* wants(id, rani, "at_once")
      yield* tell(id, [rani], 1)
      yield* tell(id, [rani], 2)
      const sent = yield* Effect.all(Array.from({ length: 6 }, () => send(id, rani, "at_once")), {
        concurrency: "unbounded"
      })
      assert.strictEqual(sent.reduce((sum, n) => sum + n, 0), 2)
      assert.deepStrictEqual((yield* mailTo(id, rani)).map(({ kind, locale }) => `${kind} ${locale}`), [
        "notification pt",
        "notification pt"
      ])
      assert.strictEqual(yield* send(id, rani, "at_once"), 0)
    }).pipe(Effect.provide(TestLayer)))

  it.live("goes all the way to the mail server by the jobs of two processes, each message once", () =>
    Effect.gen(function*() {
      const { organization: { id } } = yield* newTenant
      const counterpart = yield* Smtp.SmtpCounterpart
      const people = yield* Effect.forEach([1, 2, 3, 4, 5], () => newMember(id))
      yield* Effect.forEach(people, (userId) => wants(id, userId, "at_once"))
      yield* Effect.gen(function*() {
        for (const n of [1, 2, 3]) yield* tell(id, people, n)
        yield* Effect.repeat(
          Effect.andThen(MailSender.use((sender) => sender.runOnce), Effect.sleep("50 millis")),
          { until: () => counterpart.received.length >= 15 }
        ).pipe(Effect.timeout("20 seconds"))
        yield* Effect.sleep("300 millis")
        yield* MailSender.use((sender) => sender.runOnce)
      }).pipe(
        Effect.provide(Layer.mergeAll(NotificationMailer.layerWorker, Layer.fresh(NotificationMailer.layerWorker)))
      )
      const messages = counterpart.received.map(({ source, to }) =>
        `${to.join()} ${/^Subject: (.+)$/m.exec(source)?.[1] ?? ""}`
      )
      assert.strictEqual(messages.length, 15)
      assert.strictEqual(new Set(messages).size, 15)
      const text = Smtp.partOf(counterpart.received[0]?.source ?? "", "text/plain")
      assert.include(text, "https://console.example.com/app/news/")
      assert.include(text, "There are some.")
    }).pipe(Effect.provide(
      MailSender.layer().pipe(Layer.provideMerge(layerSmtp), Layer.provideMerge(TestLayer))
    )))

  const consoles: ReadonlyArray<readonly [string, Option.Option<string>, boolean]> = [
    ["a button where there is a console", Option.some("https://console.example.com/app"), true],
    ["no button where there is no console", Option.none(), false]
  ]
  it.live.each(consoles)("has %s", ([, url, hasButton]) =>
    Effect.gen(function*() {
      const { organization: { id } } = yield* newTenant
      const counterpart = yield* Smtp.SmtpCounterpart
      const rani = yield* newMember(id)
      yield* wants(id, rani, "at_once")
      yield* tell(id, [rani], 7)
      assert.strictEqual(yield* send(id, rani, "at_once"), 1)
      yield* MailSender.use((sender) => sender.runOnce)
      const [message] = counterpart.received
      const html = Smtp.partOf(message?.source ?? "", "text/html")
      const plain = Smtp.partOf(message?.source ?? "", "text/plain")
      assert.include(plain, "There are some.")
      assert.strictEqual(html.includes("<a "), hasButton)
      assert.strictEqual(plain.includes("/news/7"), hasButton)
      assert.notMatch(html, /href="(?!https:\/\/console\.example\.com\/)/)
    }).pipe(Effect.provide(
      MailSender.layer().pipe(
        Layer.provideMerge(layerSmtp),
        Layer.provideMerge(layer(database.layer, layerNoPush, url))
      )
    )))

  it.live("waits for the hour, or for the person's own hour of the day wherever they are", () =>
    Effect.gen(function*() {
      const { organization: { id } } = yield* newTenant
      const rani = yield* newMember(id)
      yield* Organizations.use((all) => all.update({ timezone: "America/New_York" })).pipe(inOrganization(id))
      const told = (time: string) =>
        Effect.gen(function*() {
          const sql = yield* SqlClient.SqlClient
          yield* sql`DELETE FROM notifications_due`
          yield* tell(id, [rani]).pipe(at(time))
          return yield* due
        })
      yield* wants(id, rani, "hourly")
      assert.deepStrictEqual(yield* told("2026-05-01T10:20:00Z"), ["2026-05-01T11:00:00.000Z"])
      yield* wants(id, rani, "daily")
      // The organization's time zone, in summer and in winter.
      assert.deepStrictEqual(yield* told("2026-07-01T10:20:00Z"), ["2026-07-01T12:00:00.000Z"])
      assert.deepStrictEqual(yield* told("2026-12-01T14:00:00Z"), ["2026-12-02T13:00:00.000Z"])
      yield* Users.use((users) => users.update(rani, { timezone: "Asia/Jakarta" }))
      yield* NotificationPreferences.use((all) => all.chooseDigestHour(rani, 6)).pipe(inOrganization(id))
      assert.deepStrictEqual(yield* told("2026-07-01T10:20:00Z"), ["2026-07-01T23:00:00.000Z"])
    }).pipe(Effect.provide(TestLayer)))

  it.live("is one digest of what was not read, however many workers come to it", () =>
    Effect.gen(function*() {
      const { organization: { id } } = yield* newTenant
      const rani = yield* newMember(id)
      yield* wants(id, rani, "daily")
      for (const n of [1, 2, 3]) yield* tell(id, [rani], n).pipe(at("2026-05-01T10:00:00Z"))
      const sql = yield* SqlClient.SqlClient
      const jobs = yield* sql<{ readonly id: string }>`SELECT id FROM core_jobs WHERE queue_name = ${mailJob.name}`
      assert.strictEqual(jobs.length, 1)
      const [, second] = yield* seen(id, rani)
      yield* Notifications.use((all) => all.markRead(second!.id)).pipe(as(id, rani))
      assert.strictEqual(yield* send(id, rani, "daily").pipe(at("2026-05-02T07:59:00Z")), 0)
      const sent = yield* Effect.all(
        // A moment early, as a job may come by the database's clock.
        Array.from({ length: 4 }, () => send(id, rani, "daily").pipe(at("2026-05-02T07:59:59Z"))),
        { concurrency: "unbounded" }
      )
      assert.deepStrictEqual(sent.toSorted(), [0, 0, 0, 1])
      const [digest, ...more] = yield* mailTo(id, rani)
      assert.deepStrictEqual([digest?.kind, more.length], ["digest", 0])
      const [row] = yield* sql<{ readonly facts: string }>`SELECT facts FROM notifications_mail`
      assert.include(row?.facts, "\"count\":2")
      assert.include(row?.facts, "News 1")
      assert.notInclude(row?.facts, "News 2")
      // Nothing new, no mail.
      assert.strictEqual(yield* send(id, rani, "daily").pipe(at("2026-05-03T08:00:00Z")), 0)
    }).pipe(Effect.provide(TestLayer)))

  it.live("is not sent to who is suspended or may no longer see it by then, nor of what was read", () =>
    Effect.gen(function*() {
      const { organization: { id }, owner } = yield* newTenant
      const memberships = yield* Memberships
      const [rani, budi, sari, dewi] = [
        yield* newMember(id),
        yield* newMember(id),
        yield* newMember(id, "owner"),
        yield* newMember(id)
      ]
      const all = [rani, budi, dewi]
      yield* Effect.forEach(all, (userId) => wants(id, userId, "at_once"))
      yield* tell(id, all)
      yield* Notifier.use((notifier) =>
        notifier.notify(order, { to: { _tag: "Users", userIds: [sari] }, values: {}, dedupeKey: "order" })
      ).pipe(inOrganization(id))
      yield* Effect.gen(function*() {
        yield* memberships.change(rani, { status: "suspended" })
        yield* memberships.change(sari, { role: "viewer" })
      }).pipe(inOrganization(id))
      yield* Users.use((users) => users.setStatus(budi, "suspended"))
      yield* Notifications.use((notifications) => notifications.markAllRead()).pipe(as(id, dewi))
      for (const userId of [rani, budi, sari, dewi]) {
        assert.strictEqual(yield* send(id, userId, "at_once"), 0)
        assert.deepStrictEqual(yield* mailTo(id, userId), [])
      }
      // What concerns security is mailed also when it was read.
      yield* Notifier.use((notifier) =>
        notifier.notify(alarm, { to: { _tag: "Users", userIds: [owner.id] }, values: {}, dedupeKey: "alarm" })
      ).pipe(inOrganization(id))
      yield* Notifications.use((notifications) => notifications.markAllRead()).pipe(as(id, owner.id, "owner"))
      assert.strictEqual(yield* send(id, owner.id, "at_once"), 1)
    }).pipe(Effect.provide(TestLayer)))

  it.live("that failed is told to those who see the log, but not when it was itself such news", () =>
    Effect.gen(function*() {
      const { organization: { id }, owner } = yield* newTenant
      const counterpart = yield* Smtp.SmtpCounterpart
      const consumers = yield* EventConsumers
      counterpart.plan = "refuse-content"
      yield* Effect.gen(function*() {
        yield* consumers.settled
        yield* wants(id, owner.id, "at_once")
        yield* tell(id, [owner.id])
        assert.strictEqual(yield* send(id, owner.id, "at_once"), 1)
        yield* MailSender.use((sender) => sender.runOnce)
        yield* consumers.settled
        assert.deepStrictEqual((yield* mailTo(id, owner.id)).map(({ state }) => state), ["failed"])
        assert.deepStrictEqual((yield* seen(id, owner.id)).map(({ kind }) => kind), ["news"])
        yield* Invitations.use((all) => all.invite({ email: "new@example.com", role: "agent" })).pipe(
          as(id, owner.id, "owner")
        )
        yield* MailSender.use((sender) => sender.runOnce)
        yield* consumers.settled
        assert.deepStrictEqual((yield* seen(id, owner.id)).map(({ kind }) => kind), ["mail_failed", "news"])
      }).pipe(Effect.provide(NotificationConsumers.layer))
    }).pipe(Effect.provide(
      MailSender.layer().pipe(Layer.provideMerge(layerSmtp), Layer.provideMerge(TestLayer))
    )))

  it.live("comes also to who wants it nowhere else", () =>
    Effect.gen(function*() {
      const { organization: { id } } = yield* newTenant
      const rani = yield* newMember(id)
      yield* wants(id, rani, "at_once", false)
      yield* tell(id, [rani])
      assert.deepStrictEqual(yield* seen(id, rani), [])
      assert.strictEqual(yield* send(id, rani, "at_once"), 1)
    }).pipe(Effect.provide(TestLayer)))
})
