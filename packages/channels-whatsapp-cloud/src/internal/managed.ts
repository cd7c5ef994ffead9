import { Effect } from "effect"
import { HttpClient } from "effect/http"
import { SqlClient } from "effect/sql"
import { ChannelAccounts } from "@wicara/channels/ChannelAccounts"
import type { ChannelAccountId } from "@wicara/channels/ChannelAdapter"
import { Audit } from "@wicara/core/Audit"
import { Conflict, InvalidInput, NotFound, Unavailable } from "@wicara/core/Problem"
import { joinTransaction, orDieSql } from "@wicara/core/Sql"
import type { CurrentActor, CurrentOrganization } from "@wicara/core/Tenancy"
import type * as GraphApi from "../GraphApi.ts"
import { cloudAccount } from "./cloudAccount.ts"
import { failureOf } from "./failureOf.ts"
import { optional } from "./optional.ts"

/** Why nothing was read or changed. */
export type Refusal = NotFound | Conflict | InvalidInput | Unavailable
/** What an organization may read. */
export type Reads<A> = Effect.Effect<A, Refusal, CurrentOrganization>
/** What somebody changes. */
export type Changes<A> = Effect.Effect<A, Refusal, CurrentOrganization | CurrentActor>

const refusalOf = (failure: GraphApi.Failure): Refusal => {
  const { code, kind, reason } = failureOf(failure)
  switch (kind) {
    case "later":
      return new Unavailable({ detail: "WhatsApp does not answer now." })
    case "account":
      return new Conflict({ detail: `WhatsApp refuses this account: ${reason}` })
    case "missing":
      return NotFound.of("WhatsApp object", code)
    case "refused":
      return InvalidInput.of("", `WhatsApp does not take this: ${reason}`)
  }
}

/** How services ask for an organization's accounts of this API, and record who changed what. @internal */
export const makeManaged = Effect.gen(function*() {
  const accounts = yield* ChannelAccounts
  const audit = yield* Audit
  const sql = yield* SqlClient.SqlClient
  const client = yield* HttpClient.HttpClient

  const own = Effect.fnUntraced(function*(id: ChannelAccountId) {
    const resolved = yield* accounts.resolve(id)
    return cloudAccount(resolved) ??
      (yield* new Conflict({ detail: "This account is not connected through the WhatsApp Cloud API." }))
  })

  const provided = <A, E>(effect: Effect.Effect<A, E, HttpClient.HttpClient>) =>
    Effect.provideService(effect, HttpClient.HttpClient, client)

  const asked = <A>(effect: Effect.Effect<A, GraphApi.Failure, HttpClient.HttpClient>) =>
    Effect.mapError(provided(effect), refusalOf)

  const audited = (id: ChannelAccountId, action: string, after?: unknown) =>
    joinTransaction(
      sql,
      audit.record({
        action: `channel.whatsapp.${action}`,
        target: { type: "channel_account", id },
        ...optional("after", after)
      })
    ).pipe(orDieSql)

  return { accounts, own, provided, asked, audited }
})
