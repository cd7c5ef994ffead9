import { ConsoleUrl } from "@wicara/core/ConsoleUrl"
import { Memberships } from "@wicara/core/Memberships"
import * as MessageCatalogue from "@wicara/core/MessageCatalogue"
import * as Module from "@wicara/core/Module"
import * as Notification from "@wicara/core/Notification"
import { Notifier } from "@wicara/core/Notification"
import * as Permissions from "@wicara/core/Permissions"
import { Roles } from "@wicara/core/Roles"
import * as CoreSql from "@wicara/core/sql/layer"
import { CurrentActor, CurrentOrganization, systemActor } from "@wicara/core/Tenancy"
import type { OrganizationId, UserId } from "@wicara/core/Tenancy"
import { layerMail, MailQueue } from "@wicara/notifications/MailQueue"
import { MailLog } from "@wicara/notifications/MailLog"
import { MailTemplates } from "@wicara/notifications/MailTemplates"
import { Notifications } from "@wicara/notifications/Notifications"
import { PushTransport } from "@wicara/notifications/PushTransport"
import { layerNotifications } from "@wicara/notifications/sql/layer"
import { Clock, Effect, Layer, Option, Schema } from "effect"
import type { SqlClient } from "effect/sql"
import * as Support from "./support.ts"

export const orders = Permissions.define("orders", { read: "See orders" }, { scopes: ["team", "own"] })

export const texts = MessageCatalogue.define("test-notifications", {
  news: { en: "News", id: "Kabar", es: "Noticias", pt: "Notícias" },
  news_title: { en: "News {n}", id: "Kabar {n}", es: "Noticia {n}", pt: "Notícia {n}" },
  news_body: { en: "There are some.", id: "Ada kabar.", es: "Hay noticias.", pt: "Há notícias." },
  alarm: { en: "Alarm", id: "Alarm", es: "Alarma", pt: "Alarme" },
  alarm_body: { en: "Look.", id: "Lihat.", es: "Mira.", pt: "Veja." },
  order: { en: "Order", id: "Pesanan", es: "Pedido", pt: "Pedido" }
})

/** In the console, unless somebody wants it elsewhere too. */
export const news = Notification.define("news", {
  texts,
  values: Schema.Struct({ n: Schema.Int }),
  title: (say, { n }) => say("news_title", { n }),
  body: (say) => say("news_body"),
  path: ({ n }) => `/news/${n}`
})

/** Concerns security. */
export const alarm = Notification.define("alarm", {
  texts,
  values: Schema.Struct({}),
  title: (say) => say("alarm"),
  body: (say) => say("alarm_body"),
  path: () => "/alarm",
  security: true
})

/** For who may see orders. */
export const order = Notification.define("order", {
  texts,
  values: Schema.Struct({}),
  title: (say) => say("order"),
  path: () => "/orders",
  permission: orders.read,
  channels: { email: "at_once", push: true }
})

const others = Module.make({
  id: "test",
  name: "Test",
  description: "Kinds to try out.",
  permissions: [orders],
  notifications: [news, alarm, order],
  messages: [texts]
})

export const layerNoPush = Layer.succeed(
  PushTransport,
  PushTransport.of({ publicKey: Effect.succeed("none"), send: () => Effect.die(new Error("nothing is pushed here")) })
)

/** Where the console of the tests is. */
export const consoleUrl = "https://console.example.com/app/"

/** Notifications on a database, with the real queues of mail and jobs; nobody works on them unless a test does. */
export const layer = <E, R, A, E2, R2>(
  database: Layer.Layer<SqlClient.SqlClient, E, R>,
  push: Layer.Layer<PushTransport | A, E2, R2>,
  console = Option.some(consoleUrl)
) =>
  Layer.mergeAll(layerNotifications, MailLog.layerSql, CoreSql.layerOrganizations).pipe(
    Layer.provideMerge(layerMail),
    Layer.provideMerge(Layer.mergeAll(MailQueue.layerSql, MailTemplates.layerSql)),
    Layer.provideMerge(push),
    Layer.provide(Layer.succeed(ConsoleUrl, console)),
    Layer.provideMerge(Support.core(database, [others]))
  )

/** Runs it at a time that is given. */
export const at = (time: string | number) => <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.flatMap(Clock.Clock, (live) => {
    const millis = typeof time === "number" ? time : new Date(time).getTime()
    const fixed: Clock.Clock = Object.assign(Object.create(live), {
      currentTimeMillisUnsafe: () => millis,
      currentTimeMillis: Effect.succeed(millis)
    })
    return Effect.provideService(effect, Clock.Clock, fixed)
  })

let counter = 0

/** A new member. */
export const newMember = Effect.fnUntraced(function*(id: OrganizationId, role = "agent") {
  const memberships = yield* Memberships
  const email = `member${++counter}@example.com`
  const { userId } = yield* memberships.add({ email, name: `Member ${counter}`, role }).pipe(inOrganization(id))
  return userId
}, Effect.orDie)

/** As the system. */
export const inOrganization = (id: OrganizationId) => <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  effect.pipe(
    Effect.provideService(CurrentOrganization, { id }),
    Effect.provideService(CurrentActor, systemActor("test"))
  )

/** As somebody with a role. */
export const as = (id: OrganizationId, userId: UserId, role = "agent") => <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.flatMap(Roles, (roles) =>
    effect.pipe(
      Effect.provideService(CurrentOrganization, { id }),
      Effect.provideService(CurrentActor, {
        actor: { _tag: "User", id: userId },
        permissions: roles.permissions(role)
      })
    ))

let told = 0

/** Tells these people some news. */
export const tell = Effect.fnUntraced(function*(
  id: OrganizationId,
  userIds: ReadonlyArray<UserId>,
  n = 1,
  dedupeKey = `told-${++told}`
) {
  const notifier = yield* Notifier
  yield* notifier.notify(news, { to: { _tag: "Users", userIds }, values: { n }, dedupeKey }).pipe(inOrganization(id))
})

/** What somebody sees in their list. */
export const seen = Effect.fnUntraced(function*(id: OrganizationId, userId: UserId, unread?: boolean) {
  const notifications = yield* Notifications
  const page = yield* notifications.list(unread === undefined ? {} : { unread }).pipe(as(id, userId))
  return page.data
})

/** The mail that was queued to somebody, the oldest first. */
export const mailTo = Effect.fnUntraced(function*(id: OrganizationId, userId: UserId) {
  const log = yield* MailLog
  const { data } = yield* log.list({ limit: 200 }).pipe(inOrganization(id))
  return data.filter(({ to }) => to.userId === userId).reverse()
})
