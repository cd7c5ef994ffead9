import { ChannelAccounts } from "@wicara/channels/ChannelAccounts"
import type { ChannelAccountId } from "@wicara/channels/ChannelAdapter"
import type { ProviderFailure } from "@wicara/channels/ProviderFailure"
import { Audit } from "@wicara/core/Audit"
import { Conflict, InvalidInput, NotFound, Unavailable } from "@wicara/core/Problem"
import type { TooManyRequests } from "@wicara/core/Problem"
import { joinTransaction, orDieSql } from "@wicara/core/Sql"
import type { CurrentActor, CurrentOrganization } from "@wicara/core/Tenancy"
import { Effect, Schema } from "effect"
import { HttpClient } from "effect/http"
import { SqlClient } from "effect/sql"
import * as Failure from "../Failure.ts"
import type { Account } from "../Waha.ts"
import { WahaLimits } from "../WahaLimits.ts"
import { ownAccount } from "./ownAccount.ts"

export type Refusal = NotFound | Conflict | InvalidInput | TooManyRequests | Unavailable
export type Reads<A> = Effect.Effect<A, Refusal, CurrentOrganization>
export type Changes<A> = Effect.Effect<A, Refusal, CurrentOrganization | CurrentActor>

const refusalOf = ({ code, kind, reason }: ProviderFailure): Refusal => {
  if (code === "not_supported") return new Conflict({ detail: "The engine of this session can't do this." })
  switch (kind) {
    case "later":
      return new Unavailable({ detail: "WAHA does not answer now." })
    case "account":
      return new Conflict({ detail: `WAHA refuses this account: ${reason}` })
    case "missing":
      return NotFound.of("WAHA object", code)
    case "refused":
      return InvalidInput.of("", `WAHA does not take this: ${reason}`)
  }
}

/** What people ask of WAHA about an account of theirs: counted, and its failures told as problems. */
export const makeManaged = Effect.gen(function*() {
  const accounts = yield* ChannelAccounts
  const audit = yield* Audit
  const limits = yield* WahaLimits
  const sql = yield* SqlClient.SqlClient
  const http = yield* HttpClient.HttpClient

  const client = <A, E>(effect: Effect.Effect<A, E, HttpClient.HttpClient>) =>
    Effect.provideService(effect, HttpClient.HttpClient, http)
  const provided = <A>(effect: Effect.Effect<A, ProviderFailure, HttpClient.HttpClient>) =>
    Effect.mapError(client(effect), refusalOf)

  const own = Effect.fnUntraced(function*(id: ChannelAccountId) {
    const { account: resolved, organizationId } = yield* ownAccount(accounts, id)
    const account: Account = resolved
    yield* limits.take({ organizationId, channelAccountId: id }, "management_requests")
    return account
  })

  return {
    accounts,
    own,
    limits,
    client,
    provided,
    reply: (account: Account, options: Failure.Options) => client(Failure.reply(account, options)),
    call: (account: Account, options: Failure.Options) => provided(Failure.call(account, options)),
    ask: <A, I>(account: Account, schema: Schema.Codec<A, I>, options: Failure.Options) =>
      provided(Failure.ask(account, options, Schema.decodeUnknownEffect(schema))),
    audited: (id: ChannelAccountId, action: string, after?: unknown) =>
      orDieSql(joinTransaction(
        sql,
        audit.record({
          action: `channel.waha.${action}`,
          target: { type: "channel_account", id },
          ...(after === undefined ? {} : { after })
        })
      ))
  }
})
