import { assert, describe, it } from "@effect/vitest"
import * as CoreEvents from "@wicara/core/CoreEvents"
import { EventConsumers } from "@wicara/core/EventConsumers"
import { FactorRecoveryId } from "@wicara/core/FactorRecovery"
import * as Id from "@wicara/core/Id"
import { Invitations } from "@wicara/core/Invitations"
import * as Jobs from "@wicara/core/Jobs"
import { MessageTexts } from "@wicara/core/MessageTexts"
import { Memberships } from "@wicara/core/Memberships"
import { Notifier } from "@wicara/core/Notification"
import { OrganizationRoles } from "@wicara/core/OrganizationRoles"
import { PlatformAdmins } from "@wicara/core/PlatformAdmins"
import { RoleAssignments } from "@wicara/core/RoleAssignments"
import { Secrets } from "@wicara/core/Secrets"
import { transaction } from "@wicara/core/Sql"
import { Teams } from "@wicara/core/Teams"
import { TenantData } from "@wicara/core/TenantData"
import { CurrentActor, systemActor } from "@wicara/core/Tenancy"
import { Users } from "@wicara/core/Users"
import { mailFailed } from "@wicara/notifications/events"
import * as JobWatch from "@wicara/notifications/JobWatch"
import { MailId } from "@wicara/notifications/MailRecord"
import * as NotificationConsumers from "@wicara/notifications/NotificationConsumers"
import { NotificationPreferences } from "@wicara/notifications/NotificationPreferences"
import { Notifications } from "@wicara/notifications/Notifications"
import { cleanupJob } from "@wicara/notifications/NotificationJobs"
import { Events } from "@wicara/core/Events"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import { Effect, Option, Redacted, Stream } from "effect"
import { SqlClient } from "effect/sql"
import {
  alarm,
  as,
  at,
  inOrganization,
  layer,
  layerNoPush,
  mailTo,
  newMember,
  order,
  orders,
  seen,
  tell
} from "./notified.ts"
import { newTenant } from "./support.ts"

const rows = (table: string) =>
  Effect.flatMap(SqlClient.SqlClient, (sql) => Effect.orDie(sql`SELECT 1 FROM ${sql(table)}`)).pipe(
    Effect.map(({ length }) => length)
  )

/** Waits until it is so, for ten seconds. */
const until = <R>(check: Effect.Effect<boolean, never, R>) =>
  Effect.repeat(Effect.andThen(Effect.sleep("20 millis"), check), { until: (done) => done }).pipe(
    Effect.timeout("10 seconds"),
    Effect.orDie
  )

describe.each(TestDatabase.all)("Notifications on $name", (database) => {
  const TestLayer = layer(database.layer, layerNoPush)

  it.live("are told once, to each in their language, and are nobody else's", () =>
    Effect.gen(function*() {
      const { organization: { id } } = yield* newTenant
      const other = yield* newTenant
      const [rani, budi] = [yield* newMember(id), yield* newMember(id)]
      yield* Users.use((users) => users.update(budi, { locale: "id-ID" }))
      yield* tell(id, [rani, budi, rani, other.owner.id], 7, "once")
      yield* tell(id, [rani, budi], 7, "once")
      const [first, ...more] = yield* seen(id, rani)
      assert.strictEqual(more.length, 0)
      assert.deepInclude(first, {
        kind: "news",
        title: "News 7",
        body: "There are some.",
        link: "https://console.example.com/app/news/7",
        readAt: null
      })
      assert.deepStrictEqual((yield* seen(id, budi)).map(({ title }) => title), ["Kabar 7"])
      // Who is no member of the organization is told nothing, there or in their own.
      assert.deepStrictEqual(yield* seen(other.organization.id, other.owner.id), [])
      const theirs = yield* Notifications.use((all) => all.get(first!.id)).pipe(as(id, budi), Effect.flip)
      assert.strictEqual(theirs._tag, "NotFound")
      const elsewhere = yield* Notifications.use((all) => all.get(first!.id)).pipe(
        as(other.organization.id, rani),
        Effect.flip
      )
      assert.strictEqual(elsewhere._tag, "NotFound")
    }).pipe(Effect.provide(TestLayer)))

  it.live("are said in the organization's own words, in the list and in the kinds to choose from", () =>
    Effect.gen(function*() {
      const { organization: { id } } = yield* newTenant
      const other = yield* newTenant
      const [rani, theirs] = [yield* newMember(id), yield* newMember(other.organization.id)]
      const texts = yield* MessageTexts
      const name = { catalogue: "test-notifications", language: "en" }
      yield* texts.set({ ...name, key: "news_title" }, "Extra, extra: {n}").pipe(inOrganization(id))
      yield* texts.set({ ...name, key: "news" }, "Headlines").pipe(inOrganization(id))
      yield* tell(id, [rani], 3)
      yield* tell(other.organization.id, [theirs], 3)
      assert.deepStrictEqual((yield* seen(id, rani)).map(({ title }) => title), ["Extra, extra: 3"])
      assert.deepStrictEqual((yield* seen(other.organization.id, theirs)).map(({ title }) => title), ["News 3"])
      const { kinds } = yield* NotificationPreferences.use((all) => all.get(rani)).pipe(inOrganization(id))
      assert.strictEqual(kinds.find(({ kind }) => kind === "news")?.name, "Headlines")
      const foreign = yield* texts.set({ ...name, key: "news_title" }, "{n} {secret}").pipe(
        inOrganization(id),
        Effect.flip
      )
      assert.strictEqual(foreign._tag, "InvalidInput")
      const mail = { catalogue: "mail", language: "en", key: "digest_subject" }
      const refused = yield* texts.set(mail, "Read!").pipe(inOrganization(id), Effect.flip)
      assert.include(String(refused.detail), "/v1/mail/templates")
    }).pipe(Effect.provide(TestLayer)))

  it.live("are told to no machine, by name, by what it may do, or in a team", () =>
    Effect.gen(function*() {
      const { organization: { id }, owner } = yield* newTenant
      const memberships = yield* Memberships
      const { userId: machine } = yield* memberships.addMachine({ name: "CRM", role: "admin" }).pipe(inOrganization(id))
      const rani = yield* newMember(id)
      const teams = yield* Teams
      const team = yield* teams.create({ name: "Shop" }).pipe(inOrganization(id))
      yield* Effect.forEach([machine, rani], (userId) => teams.addMember(team.id, userId)).pipe(inOrganization(id))
      yield* tell(id, [machine, rani])
      const notifier = yield* Notifier
      yield* notifier.notify(order, {
        to: { _tag: "Holders", permission: orders.read },
        values: {},
        dedupeKey: "holders"
      }).pipe(inOrganization(id))
      yield* notifier.notify(alarm, { to: { _tag: "Team", teamId: team.id }, values: {}, dedupeKey: "team" }).pipe(
        inOrganization(id)
      )
      const sql = yield* SqlClient.SqlClient
      for (const table of ["notifications_items", "notifications_due"]) {
        const told = yield* sql<{ readonly user_id: Uint8Array }>`SELECT user_id FROM ${sql(table)}`
        assert.notInclude(told.map((row) => Id.fromBytes(row.user_id)), machine, table)
      }
      assert.deepStrictEqual((yield* seen(id, rani)).map(({ kind }) => kind).toSorted(), ["alarm", "news"])
      assert.deepStrictEqual((yield* seen(id, owner.id)).map(({ kind }) => kind), ["order"])
      assert.deepStrictEqual(yield* mailTo(id, machine), [])
    }).pipe(Effect.provide(TestLayer)))

  it.live("tell of a lost second factor to the person in each organization, and to who decides there", () =>
    Effect.gen(function*() {
      const [first, second] = [yield* newTenant, yield* newTenant]
      const rani = yield* newMember(first.organization.id)
      const { email } = yield* Users.use((users) => Effect.flatMap(users.find(rani), Effect.fromOption))
      yield* Memberships.use((members) => members.add({ email, role: "agent" })).pipe(
        inOrganization(second.organization.id)
      )
      const agent = yield* newMember(first.organization.id)
      const consumers = yield* EventConsumers
      const recoveryId = yield* Id.next(FactorRecoveryId)
      const changed = (step: "requested" | "approved") =>
        Effect.forEach(
          [first, second],
          ({ organization }) =>
            Events.use((events) =>
              events.append(CoreEvents.factorRecoveryChanged, {
                aggregateId: rani,
                payload: { recoveryId, userId: rani, step }
              })
            ).pipe(inOrganization(organization.id))
        )
      yield* Effect.gen(function*() {
        yield* consumers.settled
        yield* changed("requested")
        yield* changed("approved")
        yield* consumers.settled
        for (const { organization, owner } of [first, second]) {
          assert.deepStrictEqual((yield* seen(organization.id, rani)).map(({ kind }) => kind), [
            "factor_recovery",
            "factor_recovery"
          ])
          assert.deepStrictEqual((yield* seen(organization.id, owner.id)).map(({ title }) => title), [
            `${email} lost their second factor`
          ])
        }
        assert.deepStrictEqual(yield* seen(first.organization.id, agent), [])
      }).pipe(Effect.provide(NotificationConsumers.layer))
    }).pipe(Effect.provide(TestLayer)))

  it.live("have no link where there is no console", () =>
    Effect.gen(function*() {
      const { organization: { id } } = yield* newTenant
      const rani = yield* newMember(id)
      yield* tell(id, [rani])
      assert.deepStrictEqual((yield* seen(id, rani)).map(({ link }) => link), [null])
    }).pipe(Effect.provide(layer(database.layer, layerNoPush, Option.none()))))

  it.live("of two processes that tell the same at once one does", () =>
    Effect.gen(function*() {
      const { organization: { id } } = yield* newTenant
      const rani = yield* newMember(id)
      yield* Effect.all(Array.from({ length: 8 }, () => tell(id, [rani], 1, "same")), { concurrency: "unbounded" })
      assert.strictEqual((yield* seen(id, rani)).length, 1)
    }).pipe(Effect.provide(TestLayer)))

  it.live("are part of what they tell of: when that is rolled back nothing is left", () =>
    Effect.gen(function*() {
      const { organization: { id } } = yield* newTenant
      const rani = yield* newMember(id, "owner")
      const sql = yield* SqlClient.SqlClient
      const notifier = yield* Notifier
      const told = notifier.notify(order, { to: { _tag: "Users", userIds: [rani] }, values: {}, dedupeKey: "a" }).pipe(
        inOrganization(id)
      )
      yield* Effect.exit(transaction(sql, Effect.andThen(told, Effect.fail("no"))))
      assert.deepStrictEqual(yield* seen(id, rani), [])
      for (const table of ["notifications_items", "notifications_due", "notifications_told", "core_jobs"]) {
        assert.strictEqual(yield* rows(table), 0, table)
      }
      yield* told
      assert.strictEqual((yield* seen(id, rani)).length, 1)
    }).pipe(Effect.provide(TestLayer)))

  it.live("come page by page, are counted, read, read again and deleted", () =>
    Effect.gen(function*() {
      const { organization: { id } } = yield* newTenant
      const notifications = yield* Notifications
      const rani = yield* newMember(id)
      for (const n of [1, 2, 3, 4, 5]) yield* tell(id, [rani], n)
      const me = as(id, rani)
      const first = yield* notifications.list({ limit: 2 }).pipe(me)
      assert.deepStrictEqual(first.data.map(({ title }) => title), ["News 5", "News 4"])
      const second = yield* notifications.list({ limit: 2, cursor: first.nextCursor! }).pipe(me)
      assert.deepStrictEqual(second.data.map(({ title }) => title), ["News 3", "News 2"])
      const third = yield* notifications.list({ limit: 2, cursor: second.nextCursor! }).pipe(me)
      assert.deepStrictEqual([third.data.map(({ title }) => title), third.nextCursor], [["News 1"], null])
      assert.strictEqual(yield* notifications.unread.pipe(me), 5)
      // What came after what one has seen stays unread.
      assert.strictEqual(yield* notifications.markAllRead(second.data[0]!.id).pipe(me), 3)
      assert.strictEqual(yield* notifications.unread.pipe(me), 2)
      assert.deepStrictEqual((yield* seen(id, rani, true)).map(({ title }) => title), ["News 5", "News 4"])
      const read = yield* notifications.markRead(first.data[0]!.id).pipe(me)
      assert.isNotNull(read.readAt)
      assert.deepStrictEqual((yield* notifications.markRead(read.id).pipe(me)).readAt, read.readAt)
      assert.isNull((yield* notifications.markUnread(read.id).pipe(me)).readAt)
      yield* notifications.remove(read.id).pipe(me)
      assert.strictEqual(yield* notifications.unread.pipe(me), 1)
      assert.strictEqual((yield* notifications.remove(read.id).pipe(me, Effect.flip))._tag, "NotFound")
      assert.strictEqual(yield* notifications.markAllRead().pipe(me), 1)
      assert.strictEqual(yield* notifications.markAllRead().pipe(me), 0)
      assert.strictEqual((yield* seen(id, rani, false)).length, 4)
    }).pipe(Effect.provide(TestLayer)))

  it.live("reach who may see what they are about, and are gone from who may no longer", () =>
    Effect.gen(function*() {
      const { organization: { id }, owner } = yield* newTenant
      const notifier = yield* Notifier
      const teams = yield* Teams
      const roles = yield* OrganizationRoles
      const assignments = yield* RoleAssignments
      const [rani, budi, sari] = [yield* newMember(id, "viewer"), yield* newMember(id, "viewer"), yield* newMember(id)]
      yield* Effect.gen(function*() {
        const team = yield* teams.create({ name: "Orders" })
        const role = yield* roles.create({
          key: "orders",
          name: "Orders",
          rules: [{ effect: "allow", scope: "organization", permissions: ["orders:read"], groups: [] }]
        })
        const scope = { _tag: "Team", teamId: team.id } as const
        const given = yield* assignments.give({ userId: rani, role: role.key, scope })
        yield* teams.addMember(team.id, rani)
        yield* teams.addMember(team.id, budi)
        const about = { values: {}, resource: { teamId: team.id } }
        yield* notifier.notify(order, { ...about, to: { _tag: "Holders", permission: orders.read }, dedupeKey: "1" })
        yield* notifier.notify(order, { ...about, to: { _tag: "Team", teamId: team.id }, dedupeKey: "2" })
        // Of another team's orders they learn nothing.
        yield* notifier.notify(order, {
          to: { _tag: "Holders", permission: orders.read },
          values: {},
          resource: { teamId: null },
          dedupeKey: "3",
          except: owner.id
        })
        assert.strictEqual((yield* seen(id, rani)).length, 2)
        assert.strictEqual((yield* seen(id, owner.id)).length, 1)
        for (const nobody of [budi, sari]) assert.deepStrictEqual(yield* seen(id, nobody), [])
        assert.strictEqual(yield* Notifications.use((all) => all.unread).pipe(as(id, rani)), 2)
        yield* assignments.take(given.id)
        assert.deepStrictEqual(yield* seen(id, rani), [])
        assert.strictEqual(yield* Notifications.use((all) => all.unread).pipe(as(id, rani)), 0)
      }).pipe(inOrganization(id))
    }).pipe(Effect.provide(TestLayer)))

  it.live("are wanted in other ways by each, but for what concerns security", () =>
    Effect.gen(function*() {
      const { organization: { id } } = yield* newTenant
      const preferences = yield* NotificationPreferences
      const rani = yield* newMember(id)
      const within = inOrganization(id)
      const initial = yield* preferences.get(rani).pipe(within)
      assert.deepStrictEqual([initial.digestHour, initial.timezone], [8, "UTC"])
      assert.includeMembers(initial.kinds.map(({ kind }) => kind), [
        "news",
        "alarm",
        "order",
        "mail_failed",
        "invitation_accepted"
      ])
      const off = { inApp: false, email: "off", push: false } as const
      const chosen = yield* preferences.choose(rani, "news", off).pipe(within)
      assert.deepInclude(chosen, { kind: "news", chosen: true, channels: off, security: false })
      yield* tell(id, [rani])
      assert.deepStrictEqual(yield* seen(id, rani), [])
      assert.strictEqual(yield* rows("notifications_items"), 0)
      for (const email of ["off", "hourly", "daily"] as const) {
        const refused = yield* preferences.choose(rani, "alarm", { inApp: true, email, push: false }).pipe(
          within,
          Effect.flip
        )
        assert.deepInclude(refused, { _tag: "InvalidInput", field: "/email" })
      }
      yield* preferences.choose(rani, "alarm", { inApp: false, email: "at_once", push: true }).pipe(within)
      assert.isFalse((yield* preferences.reset(rani, "news").pipe(within)).chosen)
      yield* tell(id, [rani])
      assert.strictEqual((yield* seen(id, rani)).length, 1)
      assert.strictEqual((yield* preferences.choose(rani, "nothing", off).pipe(within, Effect.flip))._tag, "NotFound")
      assert.strictEqual((yield* preferences.chooseDigestHour(rani, 17).pipe(within)).digestHour, 17)
    }).pipe(Effect.provide(TestLayer)))

  it.live("are forgotten after 90 days, and with whoever is no longer a member", () =>
    Effect.gen(function*() {
      const { organization: { id } } = yield* newTenant
      const notifications = yield* Notifications
      const [rani, budi] = [yield* newMember(id), yield* newMember(id)]
      const day = 86_400_000
      const now = Date.now()
      yield* tell(id, [rani], 1).pipe(at(now - 91 * day))
      yield* tell(id, [rani, budi], 2)
      yield* notifications.cleanup(100)
      assert.deepStrictEqual((yield* seen(id, rani)).map(({ title }) => title), ["News 2"])
      assert.strictEqual(yield* rows("notifications_told"), 1)
      yield* NotificationPreferences.use((all) => all.chooseDigestHour(budi, 3)).pipe(inOrganization(id))
      const exported = yield* TenantData.use((data) => Stream.runCollect(data.export(id)))
      assert.strictEqual(exported.filter(({ table }) => table === "notifications_items").length, 2)
      yield* Effect.gen(function*() {
        yield* Memberships.use((all) => all.remove(budi)).pipe(inOrganization(id))
        yield* until(Effect.map(rows("notifications_items"), (left) => left === 1))
        assert.strictEqual(yield* rows("notifications_digest_hours"), 0)
      }).pipe(Effect.provide(NotificationConsumers.layer))
    }).pipe(Effect.provide(TestLayer)))

  it.live("tell of an invitation that was accepted once, also when its event is handled again", () =>
    Effect.gen(function*() {
      const { organization: { id }, owner } = yield* newTenant
      const invitations = yield* Invitations
      const consumers = yield* EventConsumers
      const sql = yield* SqlClient.SqlClient
      yield* Effect.gen(function*() {
        yield* consumers.settled
        yield* invitations.invite({ email: "new@example.com", role: "agent" }).pipe(as(id, owner.id, "owner"))
        const [mail] = yield* sql<{ readonly id: Uint8Array; readonly sealed: string }>`SELECT id, sealed
          FROM notifications_mail WHERE kind = 'invitation'`
        const place = { table: "notifications_mail", column: "sealed", id: Id.fromBytes(mail!.id) }
        const link = yield* Secrets.use((secrets) => secrets.open(place, mail!.sealed)).pipe(inOrganization(id))
        const [, token = ""] = /token=([^"]+)/.exec(Redacted.value(link)) ?? []
        const account = { name: "New", password: Redacted.make("correct horse battery") }
        yield* invitations.accept(decodeURIComponent(token), account)
        yield* consumers.settled
        const expected = ["new@example.com accepted your invitation"]
        assert.deepStrictEqual((yield* seen(id, owner.id)).map(({ title }) => title), expected)
        yield* consumers.replay("notifications.people", 0)
        yield* consumers.settled
        assert.deepStrictEqual((yield* seen(id, owner.id)).map(({ title }) => title), expected)
        // What somebody deleted is not told again either.
        yield* Notifications.use((all) => Effect.flatMap(all.list({}), ({ data }) => all.remove(data[0]!.id))).pipe(
          as(id, owner.id, "owner")
        )
        yield* consumers.replay("notifications.people", 0)
        yield* consumers.settled
        assert.deepStrictEqual(yield* seen(id, owner.id), [])
      }).pipe(Effect.provide(NotificationConsumers.layer))
    }).pipe(Effect.provide(TestLayer)))

  it.live("tell who sees the log of mail that mail failed, once an hour and never by mail", () =>
    Effect.gen(function*() {
      const { organization: { id }, owner } = yield* newTenant
      const agent = yield* newMember(id)
      const consumers = yield* EventConsumers
      yield* Effect.gen(function*() {
        yield* consumers.settled
        const fail = Effect.gen(function*() {
          const mailId = yield* Id.next(MailId)
          yield* Events.use((events) =>
            events.append(mailFailed, { aggregateId: mailId, payload: { mailId, kind: "invitation" } })
          )
        }).pipe(inOrganization(id), at("2026-03-01T10:10:00Z"))
        yield* fail
        yield* fail
        yield* consumers.settled
        assert.deepStrictEqual((yield* seen(id, owner.id)).map(({ kind }) => kind), ["mail_failed"])
        assert.deepStrictEqual(yield* seen(id, agent), [])
        assert.deepStrictEqual(yield* mailTo(id, owner.id), [])
      }).pipe(Effect.provide(NotificationConsumers.layer))
    }).pipe(Effect.provide(TestLayer)))

  it.live("tell those who run the server of a job that was given up, once each time", () =>
    Effect.gen(function*() {
      const { organization: { id }, owner } = yield* newTenant
      const other = yield* newTenant
      yield* PlatformAdmins.use((admins) => admins.grant(owner.id)).pipe(
        Effect.provideService(CurrentActor, systemActor("test"))
      )
      const jobs = yield* Jobs.Jobs
      yield* jobs.enqueueSystem(cleanupJob, {}, { id: "doomed" })
      const sql = yield* SqlClient.SqlClient
      yield* sql`UPDATE core_jobs SET state = 'failed', attempts = 3 WHERE id = 'doomed'`
      yield* JobWatch.watch()
      yield* JobWatch.watch()
      const [told, ...more] = yield* seen(id, owner.id)
      assert.deepStrictEqual([told?.kind, told?.title, more.length], [
        "job_given_up",
        "A notifications.cleanup job was given up",
        0
      ])
      assert.deepStrictEqual(yield* seen(other.organization.id, other.owner.id), [])
      // Who no longer runs the server no longer sees it.
      yield* PlatformAdmins.use((admins) => admins.revoke(owner.id)).pipe(
        Effect.provideService(CurrentActor, systemActor("test"))
      )
      assert.deepStrictEqual(yield* seen(id, owner.id), [])
    }).pipe(Effect.provide(TestLayer)))
})
