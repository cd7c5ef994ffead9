import { Clock, Effect, Option, Result, Schema } from "effect"
import type { SqlClient } from "effect/sql"
import * as Id from "@wicara/core/Id"
import { NotFound, Unavailable } from "@wicara/core/Problem"
import type { Secrets } from "@wicara/core/Secrets"
import { CurrentOrganization } from "@wicara/core/Tenancy"
import type { OrganizationId } from "@wicara/core/Tenancy"
import type { ResolvedAccount } from "../ChannelAccounts.ts"
import type { ChannelAccountId } from "../ChannelAdapter.ts"
import type { ChannelRegistry } from "../ChannelRegistry.ts"
import { accountFacts } from "./accountFacts.ts"
import type { HoldRow } from "./accountHolds.ts"
import { makeAccountRows } from "./accountRows.ts"
import type { AccountRow } from "./accountRows.ts"
import { decodeObject, makeAccountSecrets } from "./accountSecrets.ts"
import { makeRotationRows } from "./rotationRows.ts"
import { limitsOf, sendLimits } from "./sendLimits.ts"
import { webhookUrl } from "./webhookUrl.ts"

/** Reads an account with all that is needed to receive and to send. */
export const makeResolveAccount = (
  sql: SqlClient.SqlClient,
  registry: ChannelRegistry["Service"],
  secrets: Secrets["Service"],
  publicUrl: string
) => {
  const { columns } = makeAccountRows(sql)
  const facts = accountFacts(sql)
  const { open } = makeAccountSecrets(secrets)
  const rotations = makeRotationRows(sql, secrets)

  return Effect.fnUntraced(function*(id: ChannelAccountId): Effect.fn.Return<
    ResolvedAccount,
    NotFound | Unavailable
  > {
    const rows = yield* Effect.orDie(sql<AccountRow & { readonly secrets: string | null }>`
      SELECT ${columns}, secrets FROM channels_accounts WHERE id = ${Id.toBytes(id)} AND deleted_at IS NULL`)
    const row = rows[0]
    if (row === undefined) return yield* NotFound.of("channel account", id)
    const holds = yield* Effect.orDie(sql<HoldRow>`SELECT code, reason, held_since, probe_at FROM channels_account_holds
      WHERE organization_id = ${row.organization_id} AND channel_account_id = ${row.id}`)
    const adapter = registry.get(row.channel)
    if (Option.isNone(adapter)) {
      yield* Effect.logWarning(`The channel account ${id} needs the channel "${row.channel}", which this process lacks`)
      return yield* new Unavailable({ detail: "This channel is not available now." })
    }
    const organizationId = Id.fromBytes<OrganizationId>(row.organization_id)
    const settings = yield* decodeObject(row.settings).pipe(
      Effect.flatMap(Schema.decodeUnknownEffect(Schema.toCodecJson(adapter.value.settings))),
      Effect.result
    )
    const decodeSecrets = Schema.decodeUnknownEffect(Schema.toCodecJson(adapter.value.secrets))
    const opened = yield* open(id, row.secrets ?? "").pipe(
      Effect.flatMap(decodeSecrets),
      Effect.provideService(CurrentOrganization, { id: organizationId }),
      Effect.result
    )
    const rotated = yield* Effect.gen(function*() {
      const { previous, urlKey } = yield* rotations.find(organizationId, id, yield* Clock.currentTimeMillis)
      return {
        urlKey,
        previous: previous === null ? null : { ...previous, secrets: yield* decodeSecrets(previous.secrets) }
      }
    }).pipe(Effect.provideService(CurrentOrganization, { id: organizationId }), Effect.result)
    if (Result.isFailure(settings) || Result.isFailure(opened) || Result.isFailure(rotated)) {
      // The reasons may quote credentials, so they are not logged.
      yield* Effect.logError(
        `The ${Result.isFailure(settings) ? "settings" : "credentials"} of channel account ${id} can't be read`
      )
      return yield* new Unavailable({ detail: "This channel account is not usable now." })
    }
    const known = yield* Effect.orDie(facts.get(organizationId, id))
    return {
      id,
      organizationId,
      name: row.name,
      status: row.status,
      connection: row.connection,
      hold: holds[0] === undefined ? null : {
        code: holds[0].code,
        reason: holds[0].reason,
        since: Number(holds[0].held_since),
        probeAt: Number(holds[0].probe_at)
      },
      limits: sendLimits(adapter.value, settings.success, known, yield* limitsOf(row)),
      facts: known,
      adapter: adapter.value,
      account: { id, organizationId, settings: settings.success, secrets: opened.success },
      webhookUrl: webhookUrl(publicUrl, id, rotated.success.urlKey),
      urlKey: rotated.success.urlKey,
      previous: rotated.success.previous === null ? null : {
        account: { id, organizationId, settings: settings.success, secrets: rotated.success.previous.secrets },
        urlKey: rotated.success.previous.urlKey,
        until: rotated.success.previous.until,
        takenOver: rotated.success.previous.takenOverAt !== null
      }
    }
  })
}
