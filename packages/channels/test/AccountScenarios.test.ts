import { describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { ChannelAccounts } from "@wicara/channels/ChannelAccounts"
import { ChannelChecks } from "@wicara/channels/ChannelChecks"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import * as AccountScenarios from "@wicara/testing/testkit/complaints/AccountScenarios"
import { account, onBench } from "./memory.ts"

const told: Readonly<Record<string, AccountScenarios.Told>> = { needs_action: "refused", failed: "failed" }

/** This package as the desk of the scenarios. */
const desk = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const checks = yield* ChannelChecks
  const accounts = yield* ChannelAccounts
  const { acting, id } = yield* account()
  const eventsOf = (type: string) =>
    Effect.orDie(sql<{ readonly payload: string }>`SELECT payload FROM core_events WHERE type = ${type} ORDER BY id`)
  return {
    work: Effect.asVoid(checks.runOnce),
    told: Effect.gen(function*() {
      const changes = yield* eventsOf("channel.account.connection_changed")
      const expiring = yield* eventsOf("channel.account.credentials_expiring")
      return [
        ...changes.flatMap(({ payload }) => told[JSON.parse(payload).connection] ?? []),
        ...expiring.map(() => "expiring" as const)
      ]
    }),
    connected: accounts.get(id).pipe(acting, Effect.orDie, Effect.map(({ connection }) => connection === "connected"))
  } satisfies AccountScenarios.Desk
})

describe.each(TestDatabase.all)("accounts on $name", (database) => {
  it.effect.each(AccountScenarios.all.map((one) => [`${one.complaint}: ${one.title}`, one] as const))(
    "stand complaint %s",
    ([, { play }]) => onBench(database, ({ provider }) => Effect.flatMap(desk, (desk) => play(desk, provider))),
    60_000
  )
})
