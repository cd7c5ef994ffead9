/** A server that is killed again and again while it tells many people of many things, by list, mail and digest. */
import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { ChannelAccounts } from "@wicara/channels/ChannelAccounts"
import { Conversations } from "@wicara/conversations/Conversations"
import * as Id from "@wicara/core/Id"
import { NotificationPreferences } from "@wicara/notifications/NotificationPreferences"
import { Effect, Layer, Logger, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { SmtpCounterpart } from "../../../packages/notifications/test/SmtpCounterpart.ts"
import * as Smtp from "../../../packages/notifications/test/SmtpCounterpart.ts"
import * as Database from "../src/Database.ts"
import { ServerConfig } from "../src/ServerConfig.ts"
import * as Services from "../src/Services.ts"
import * as Harness from "./harness.ts"
import * as Program from "./program.ts"

const conversations = 16

interface MailRow {
  readonly id: Uint8Array
  readonly kind: string
  readonly to_user: Uint8Array
  readonly facts: string
  readonly state: string
}

const Facts = Schema.fromJsonString(Schema.Any)
const decode = Schema.decodeUnknownSync(Facts)

/** What there is to tell: conversations that wait, with who is to be told of them and how. */
const prepare = Effect.gen(function*() {
  const tenant = yield* Harness.newTenant("Busy")
  const within = Harness.within(tenant.id)
  const more = yield* Effect.forEach([1, 2, 3, 4], () => Harness.newMember(tenant, "agent"))
  const people = [...["owner", "admin", "manager", "agent"] as const].map((role) => tenant.users[role].id)
    .concat(more.map(({ id }) => id))
  const preferences = yield* NotificationPreferences
  const choose = (email: "at_once" | "hourly") => (userId: typeof people[number]) =>
    within(preferences.choose(userId, "conversation_waiting", { inApp: true, email, push: false }))
  const [atOnce, hourly] = [people.slice(0, 4), people.slice(4, 7)]
  yield* Effect.forEach(atOnce, choose("at_once"))
  yield* Effect.forEach(hourly, choose("hourly"))
  const account = yield* ChannelAccounts.use((accounts) =>
    accounts.create({
      channel: "whatsapp_cloud",
      name: "Cloud",
      settings: { phoneNumberId: "15550001111", businessAccountId: "915550001111" },
      secrets: { accessToken: "token", appSecret: "secret", verifyToken: "token" }
    })
  ).pipe(within)
  const all = yield* Conversations
  const ids: Array<string> = []
  for (let n = 0; n < conversations; n++) {
    const to = { kind: "phone", value: `+6281234500${String(n).padStart(3, "0")}` } as const
    const { id } = yield* within(all.start({ channelAccountId: account.id, to, displayName: `Customer ${n}` }))
    yield* within(all.assign(id, tenant.users.agent.id))
    yield* within(all.release(id))
    ids.push(id)
  }
  return { atOnce, hourly, ids, people }
}).pipe(Effect.orDie)

describe.concurrent.each(Harness.databases)("a server on %s that is killed while it tells people", (database) => {
  it.live(
    "tells each person of each thing once, and hands each mail to the mail server at most once",
    () =>
      Effect.gen(function*() {
        const smtp = yield* SmtpCounterpart
        const made = yield* Harness.makePlace(database)
        const place = {
          ...made,
          variables: {
            ...made.variables,
            WICARA_SMTP_URL: `smtp://127.0.0.1:${smtp.port}`,
            WICARA_MAIL_FROM: "no-reply@wicara.example"
          }
        }
        const config = ServerConfig.layer(place.variables)
        const tables = Database.layer.pipe(Layer.provide(config), Layer.provide(NodeServices.layer))
        const query = <Row extends object>(statement: string) =>
          SqlClient.SqlClient.pipe(
            Effect.flatMap((sql) => sql.unsafe<Row>(statement).unprepared),
            Effect.provide(tables),
            // The server that holds the file was just killed, or another one is about to open it.
            Effect.retry({ times: 5 }),
            Effect.orDie
          )
        const count = (table: string, condition = "1 = 1") =>
          Effect.map(
            query<{ readonly n: unknown }>(`SELECT COUNT(*) AS n FROM ${table} WHERE ${condition}`),
            ([row]) => Number(row?.n)
          )
        const until = (what: string, holds: Effect.Effect<boolean>) =>
          Effect.repeat(Effect.andThen(Effect.sleep("30 millis"), holds), { until: (yes) => yes }).pipe(
            Effect.timeout("6 minutes"),
            Effect.mapError(() => new Error(`never: ${what}`)),
            Effect.orDie
          )
        const waiting = "kind = 'conversation_waiting'"

        /** Runs a server until it is so, and kills it in the middle of what it does. */
        const killedWhen = (what: string, holds: Effect.Effect<boolean>) =>
          Effect.scoped(Effect.gen(function*() {
            const program = yield* Program.start(["serve"], place.variables)
            yield* program.prints(/listens on/)
            yield* until(what, holds)
            yield* program.kill("SIGKILL")
            const { signal } = yield* program.ended
            assert.strictEqual(signal, "SIGKILL")
          }))

        // What happened before the consumer was there is not told.
        yield* killedWhen(
          "a consumer",
          Effect.map(count("core_event_cursors", "consumer = 'conversations.notifications'"), (n) => n > 0)
        )
        const { atOnce, hourly, ids, people } = yield* prepare.pipe(
          Effect.provide(
            Services.layer.pipe(Layer.provide(Logger.layer([])), Layer.provide(config), Layer.orDie)
          )
        )
        const total = people.length * conversations
        const told = count("notifications_items", waiting)
        const mailed = Effect.sync(() => smtp.received.length)

        let kills = 1
        for (const part of [0.05, 0.3, 0.6]) {
          yield* killedWhen(`told ${part}`, Effect.map(told, (n) => n >= total * part))
          kills += 1
        }
        // It takes messages and does not say so: what the killed server has handed over is not known.
        const before = smtp.received.length
        smtp.plan = "silent"
        yield* killedWhen("a mail without an answer", Effect.map(mailed, (n) => n > before))
        smtp.plan = "accept"
        kills += 1
        yield* killedWhen("half of the mail", Effect.map(mailed, (n) => n >= atOnce.length * conversations / 2))
        kills += 1
        yield* killedWhen("all told", Effect.map(told, (n) => n >= total))
        kills += 1
        // The hour of the digests has come.
        yield* query("UPDATE notifications_due SET due_at = 1 WHERE frequency = 'hourly'")
        yield* query("UPDATE core_jobs SET visible_at = created_at WHERE queue_name = 'notifications.mail'")
        yield* killedWhen("a digest", Effect.map(count("notifications_mail", "kind = 'digest'"), (n) => n > 0))
        kills += 1
        yield* killedWhen(
          "nothing left",
          Effect.gen(function*() {
            const due = yield* count("notifications_due")
            const jobs = yield* count("core_jobs", "queue_name = 'notifications.mail' AND state = 'pending'")
            const mail = yield* count("notifications_mail", "state IN ('queued', 'sending')")
            return due + jobs + mail === 0
          })
        )
        kills += 1

        const items = yield* query<{ readonly user_id: Uint8Array; readonly facts: string }>(
          `SELECT user_id, facts FROM notifications_items WHERE ${waiting}`
        )
        const expected = people.flatMap((userId) => ids.map((id) => `${userId} ${id}`))
        assert.deepStrictEqual(
          items.map(({ facts, user_id }) => `${Id.fromBytes(user_id)} ${decode(facts).conversationId}`).toSorted(),
          expected.toSorted()
        )

        const mails = yield* query<MailRow>("SELECT id, kind, to_user, facts, state FROM notifications_mail")
        const titles = mails.filter(({ kind }) => kind === "notification").map(({ facts, to_user }) =>
          `${Id.fromBytes(to_user)} ${decode(facts).title}`
        )
        // The account is looked after meanwhile, and those who care for it are told that nobody answers there.
        const ofWaiting = titles.filter((title) => title.endsWith("waits for a person"))
        assert.strictEqual(new Set(titles).size, titles.length)
        assert.deepStrictEqual(
          ofWaiting.toSorted(),
          atOnce.flatMap((userId) => ids.map((_, n) => `${userId} Customer ${n} waits for a person`)).toSorted()
        )
        for (const userId of hourly) {
          const digests = mails.filter((mail) => mail.kind === "digest" && Id.fromBytes(mail.to_user) === userId)
          assert.strictEqual(digests.reduce((sum, { facts }) => sum + decode(facts).count, 0), conversations)
        }

        const handedOver = new Map<string, number>()
        for (const { source } of smtp.received) {
          const [, id = ""] = /^Message-ID: <([^@>]+)@/im.exec(source) ?? []
          handedOver.set(id, (handedOver.get(id) ?? 0) + 1)
        }
        assert.deepStrictEqual([...handedOver.values()].filter((times) => times > 1), [])
        const unknown = mails.filter(({ state }) => state === "unknown")
        for (const mail of mails) {
          const times = handedOver.get(Id.fromBytes(mail.id)) ?? 0
          if (mail.state === "sent") assert.strictEqual(times, 1)
          else assert.strictEqual(mail.state, "unknown")
        }
        // Four are on their way at a time.
        assert.isAtLeast(unknown.length, 1)
        assert.isAtMost(unknown.length, kills * 4)
        assert.isAtLeast(kills, 8)
      }).pipe(Effect.scoped, Effect.provide(Smtp.layer())),
    900_000
  )
})
