/**
 * What this package hears: accounts that are connected, changed or removed, whose templates are looked at; and its own
 * changes, of which those who look after templates are told.
 *
 * @since 0.1.0
 */
import { ChannelAccounts } from "@wicara/channels/ChannelAccounts"
import * as ChannelEvents from "@wicara/channels/events"
import * as EventConsumers from "@wicara/core/EventConsumers"
import * as Events from "@wicara/core/Events"
import type { StoredEvent } from "@wicara/core/Events"
import { Notifier } from "@wicara/core/Notification"
import { Signals } from "@wicara/core/Signals"
import { orDieSql, transaction } from "@wicara/core/Sql"
import { Effect, Layer, Result } from "effect"
import { SqlClient } from "effect/sql"
import {
  TemplateCategoryAnnounced,
  TemplateCategoryChanged,
  TemplateQualityChanged,
  TemplateStatusChanged
} from "./events.ts"
import { forgetAccount, noteAccount, requestSync } from "./internal/syncRequests.ts"
import { syncSignal } from "./internal/templateRows.ts"
import {
  templateCategoryAnnounced,
  templateCategoryChanged,
  templateQualityLow,
  templateUnusable
} from "./notifications.ts"
import { permissions } from "./permissions.ts"

const heard = Effect.fnUntraced(function*(event: StoredEvent) {
  const sql = yield* SqlClient.SqlClient
  const accounts = yield* ChannelAccounts
  const { channelAccountId } = yield* event.type === ChannelEvents.AccountDeleted.type
    ? Events.payload(ChannelEvents.AccountDeleted, event)
    : event.type === ChannelEvents.AccountCreated.type
    ? Events.payload(ChannelEvents.AccountCreated, event)
    : Events.payload(ChannelEvents.AccountUpdated, event)
  const account = yield* Effect.result(accounts.resolve(channelAccountId))
  const isGone = event.type === ChannelEvents.AccountDeleted.type
  if (isGone || Result.isFailure(account)) {
    if (!isGone && Result.isFailure(account) && account.failure._tag === "Unavailable") return
    return yield* orDieSql(Effect.asVoid(forgetAccount(sql, event.organizationId, channelAccountId)))
  }
  yield* orDieSql(transaction(
    sql,
    Effect.gen(function*() {
      const { key } = yield* noteAccount(sql, account.success)
      // What was changed may be what kept the last look from its end.
      if (key !== undefined) yield* requestSync(sql, key)
    })
  ))
  yield* Signals.use((signals) => signals.notify(syncSignal))
})

/** What people have to act on; a template that somebody deletes is no surprise. */
const told = new Set(["PAUSED", "DISABLED", "REJECTED", "LOCKED", "LIMIT_EXCEEDED", "REFUSED"])

const tell = Effect.fnUntraced(function*(event: StoredEvent) {
  const notifier = yield* Notifier
  const to = { _tag: "Holders", permission: permissions.write } as const
  if (event.type === TemplateCategoryChanged.type) {
    const { from, language, name, templateId, to: category } = yield* Events.payload(TemplateCategoryChanged, event)
    return yield* notifier.notify(templateCategoryChanged, {
      to,
      values: { templateId, name, language, from, to: category },
      dedupeKey: event.id
    })
  }
  if (event.type === TemplateCategoryAnnounced.type) {
    const { from, language, name, templateId, to: category } = yield* Events.payload(TemplateCategoryAnnounced, event)
    return yield* notifier.notify(templateCategoryAnnounced, {
      to,
      values: { templateId, name, language, from, to: category },
      dedupeKey: event.id
    })
  }
  if (event.type === TemplateQualityChanged.type) {
    const { language, name, templateId, to: quality } = yield* Events.payload(TemplateQualityChanged, event)
    if (quality !== "RED") return
    return yield* notifier.notify(templateQualityLow, {
      to,
      values: { templateId, name, language },
      dedupeKey: event.id
    })
  }
  const payload = yield* Events.payload(TemplateStatusChanged, event)
  // Those that a first look finds are old news.
  if (payload.from === null || !told.has(payload.to)) return
  const { language, name, reason, templateId, to: status } = payload
  yield* notifier.notify(templateUnusable, {
    to,
    values: { templateId, name, language, status, reason: reason ?? "-" },
    dedupeKey: event.id
  })
})

/**
 * The consumers, in the background of the layer's scope.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer: Layer.Layer<
  never,
  never,
  EventConsumers.EventConsumers | ChannelAccounts | Notifier | Signals | SqlClient.SqlClient
> = Layer.merge(
  EventConsumers.consume({
    name: "templates.accounts",
    types: [
      ChannelEvents.AccountCreated.type,
      ChannelEvents.AccountUpdated.type,
      ChannelEvents.AccountDeleted.type
    ],
    handle: heard
  }),
  EventConsumers.consume({
    name: "templates.notifications",
    types: [
      TemplateStatusChanged.type,
      TemplateCategoryChanged.type,
      TemplateCategoryAnnounced.type,
      TemplateQualityChanged.type
    ],
    startAt: "now",
    handle: tell
  })
)
