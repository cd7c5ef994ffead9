import { Clock, Effect } from "effect"
import type { SqlClient } from "effect/sql"
import type { Events } from "@wicara/core/Events"
import { joinTransaction } from "@wicara/core/Sql"
import type { CurrentOrganization } from "@wicara/core/Tenancy"
import type { ChannelAccounts, ResolvedAccount } from "../ChannelAccounts.ts"
import type { ConnectionState, SetupFinding } from "../ChannelLifecycle.ts"
import { AccountCredentialsExpiring, AccountSetupChanged } from "../events.ts"
import type { ProviderFailure } from "../ProviderFailure.ts"
import type { ConnectionRow } from "./connectionRows.ts"
import { makeConnectionRows } from "./connectionRows.ts"
import { connectionOf, reasonOf } from "./providerCalls.ts"

const plain = (state: ConnectionState) => JSON.stringify("expiresAt" in state ? { ...state, expiresAt: null } : state)

/** A QR code lives on from one look to the next, and providers that do not say since when count from the look. */
const isSame = (one: ConnectionState | null, other: ConnectionState): boolean => {
  if (one === null || one._tag !== other._tag) return false
  return plain(one) === plain(other)
}

/** How long a code to type is shown where the provider does not say how long it lives, in milliseconds. */
const codeLifetime = 180_000

/** A provider that forgets the code it gave goes on to show a QR code: whoever chose the code still types it. */
const keepsCode = (row: ConnectionRow, state: ConnectionState, now: number): boolean =>
  row.method === "code" && row.state?._tag === "EnterCode" && state._tag === "ScanQr" &&
  now < (row.state.expiresAt ?? (row.changedAt ?? 0) + codeLifetime)

const dayMillis = 86_400_000

/** Of which of these many days before the end of credentials is told. */
const warnings = [1, 7] as const

/** Writes what was learned of an account: in its row, its connection and, where that is news, in the event log. */
export const makeObserve = (
  sql: SqlClient.SqlClient,
  accounts: ChannelAccounts["Service"],
  events: Events["Service"]
) => {
  const rows = makeConnectionRows(sql)

  const row = Effect.fnUntraced(function*({ id, organizationId }: Pick<ResolvedAccount, "id" | "organizationId">) {
    const known = yield* rows.find(organizationId, id, true)
    if (known !== undefined) return known
    yield* rows.begin(organizationId, id, yield* Clock.currentTimeMillis)
    return (yield* rows.find(organizationId, id, true))!
  })

  /** What a round trip that began at `askedAt` told. An older one than is known already tells nothing. */
  const state = Effect.fn("ChannelConnections.observe")(function*(
    account: ResolvedAccount,
    askedAt: number,
    told: ConnectionState | ProviderFailure
  ): Effect.fn.Return<ConnectionRow, never, CurrentOrganization> {
    return yield* Effect.orDie(joinTransaction(
      sql,
      Effect.gen(function*() {
        const before = yield* row(account)
        if (before.askedAt !== null && before.askedAt > askedAt) return before
        const now = yield* Clock.currentTimeMillis
        if (told._tag === "ProviderFailure" && told.kind !== "account") {
          const change = { askedAt, failure: { code: told.code, reason: told.reason } }
          yield* rows.change(account.organizationId, account.id, change)
          return { ...before, ...change }
        }
        const said: ConnectionState = told._tag === "ProviderFailure"
          ? { _tag: "Reauthorize", reason: told.reason }
          : told
        const next = keepsCode(before, said, now) && before.state !== null ? before.state : said
        const isNew = !isSame(before.state, next)
        const change = {
          state: next,
          askedAt,
          failure: null,
          ...(isNew ? { revision: before.revision + 1, changedAt: now } : {}),
          // What is wrong with the set-up shows when it begins to work.
          ...(isNew && next._tag === "Connected"
            ? {
              connectedAt: now,
              inspectedAt: null,
              nextCheckAt: now,
              // Whoever connected it sees that it is.
              ...(before.connectingUntil === null
                ? {}
                : { connectingUntil: Math.min(before.connectingUntil, now + 5_000) })
            }
            : {})
        }
        yield* rows.change(account.organizationId, account.id, change)
        if (next._tag === "Reauthorize") {
          yield* accounts.hold(account.id, { code: "reauthorize", reason: next.reason })
        } else {
          yield* accounts.recordConnection(account.id, {
            connection: connectionOf(next),
            kind: next._tag.replace(/(?<=[a-z])[A-Z]/g, (letter) => `_${letter}`).toLowerCase(),
            detail: reasonOf(next)
          })
        }
        return { ...before, ...change }
      })
    ))
  })

  /** What an inspection found. Tells when there is something that was not there before, or nothing any more. */
  const findings = Effect.fnUntraced(function*(
    account: ResolvedAccount,
    found: ReadonlyArray<SetupFinding>
  ): Effect.fn.Return<void, never, CurrentOrganization> {
    yield* Effect.orDie(joinTransaction(
      sql,
      Effect.gen(function*() {
        const before = yield* row(account)
        const known = new Set((before.findings ?? []).map(({ code }) => code))
        yield* rows.change(account.organizationId, account.id, {
          findings: found,
          inspectedAt: yield* Clock.currentTimeMillis
        })
        const added = found.filter(({ code }) => !known.has(code))
        if (added.length === 0 && found.length === known.size) return
        yield* events.append(AccountSetupChanged, {
          aggregateId: account.id,
          payload: {
            channelAccountId: account.id,
            findings: found.map(({ code, severity }) => ({ code, severity })),
            added: added.map(({ code }) => code)
          }
        })
      })
    ))
  })

  /** When the credentials end. Tells once of each of the days before that. */
  const expiry = Effect.fnUntraced(function*(
    account: ResolvedAccount,
    expiresAt: number | null
  ): Effect.fn.Return<void, never, CurrentOrganization> {
    yield* Effect.orDie(joinTransaction(
      sql,
      Effect.gen(function*() {
        const before = yield* row(account)
        const now = yield* Clock.currentTimeMillis
        const days = expiresAt === null || expiresAt <= now
          ? undefined
          : warnings.find((days) => expiresAt - now <= days * dayMillis)
        // Other credentials have another end, of which everything is still to be told.
        const told = before.expiresAt === expiresAt ? before.expiryTold : 0
        const isNew = days !== undefined && (told === 0 || days < told)
        yield* rows.change(account.organizationId, account.id, { expiresAt, expiryTold: isNew ? days : told })
        if (!isNew || expiresAt === null) return
        yield* events.append(AccountCredentialsExpiring, {
          aggregateId: account.id,
          payload: { channelAccountId: account.id, days, expiresAt }
        })
      })
    ))
  })

  return { rows, row, state, findings, expiry }
}
