import { Effect, Layer } from "effect"
import { HttpClient } from "effect/http"
import type { SqlClient } from "effect/sql"
import { ChannelAccounts } from "@wicara/channels/ChannelAccounts"
import type { ChannelAccountId } from "@wicara/channels/ChannelAdapter"
import { ChannelChecks } from "@wicara/channels/ChannelChecks"
import type { ChannelChecksOptions } from "@wicara/channels/ChannelChecks"
import { ChannelConnections } from "@wicara/channels/ChannelConnections"
import { ChannelProfiles } from "@wicara/channels/ChannelProfiles"
import { ChannelRegistry } from "@wicara/channels/ChannelRegistry"
import { ChannelRotations } from "@wicara/channels/ChannelRotations"
import { Audit } from "@wicara/core/Audit"
import { Events } from "@wicara/core/Events"
import * as Id from "@wicara/core/Id"
import { MasterKeys } from "@wicara/core/MasterKeys"
import { Secrets } from "@wicara/core/Secrets"
import { OrganizationId } from "@wicara/core/Tenancy"
import type { TestDatabase } from "@wicara/testing/TestDatabase"
import * as MemoryChannel from "@wicara/testing/testkit/channel/MemoryChannel"
import { actingFor, migrated } from "./support.ts"

/** The provider in memory with what lies between it and the services. */
export interface Bench {
  readonly provider: MemoryChannel.MemoryProvider
  /** Requests that reached the network. */
  requests: number
  /** Numbers that never answer. */
  readonly hanging: Set<string>
  /** What a request waits for before it is answered. */
  before: Effect.Effect<void>
  /** Another process over the same database. */
  readonly elsewhere: Layer.Layer<Services, never, Shared>
}

type Services = ChannelAccounts | ChannelConnections | ChannelChecks | ChannelRotations | ChannelProfiles
type Shared = SqlClient.SqlClient | ChannelRegistry | Events | Audit | Secrets

const services = (client: HttpClient.HttpClient, checks: ChannelChecksOptions): Layer.Layer<Services, never, Shared> =>
  Layer.mergeAll(
    ChannelConnections.layerSql,
    ChannelChecks.layer(checks),
    ChannelRotations.layerSql,
    ChannelProfiles.layer
  ).pipe(
    Layer.provideMerge(ChannelAccounts.layerSql),
    Layer.provide(Layer.succeed(HttpClient.HttpClient, client))
  )

/** Runs a test with a provider, a database and the services over both. */
export const onBench = <A, E, R>(
  database: TestDatabase,
  use: (bench: Bench) => Effect.Effect<A, E, R>,
  checks: ChannelChecksOptions = {},
  adapter: MemoryChannel.MemoryAdapter = MemoryChannel.make()
) =>
  Effect.gen(function*() {
    const provider = yield* MemoryChannel.open
    const client = HttpClient.make((request, url) =>
      Effect.suspend(() => {
        bench.requests++
        const [, number = ""] = url.pathname.split("/")
        if (bench.hanging.has(number)) return Effect.never
        return Effect.flatMap(provider.client.execute(request), (response) => Effect.as(bench.before, response))
      })
    )
    const bench: Bench = {
      provider,
      requests: 0,
      hanging: new Set(),
      before: Effect.void,
      elsewhere: Layer.fresh(services(client, checks))
    }
    const shared = Layer.mergeAll(
      ChannelRegistry.layer([adapter]),
      Layer.mergeAll(Secrets.layerSql, Events.layerSql, Audit.layerSql)
    ).pipe(Layer.provideMerge(MasterKeys.layerTest), Layer.provideMerge(migrated(database.layer)))
    return yield* Effect.provide(use(bench), services(client, checks).pipe(Layer.provideMerge(shared)))
  })

/** An account of the provider's first number, or of another one, in an organization of its own. */
export const account = Effect.fnUntraced(function*(
  number: "1001" | "2002" = "1001",
  organizationId?: OrganizationId
): Effect.fn.Return<
  {
    readonly id: ChannelAccountId
    readonly organizationId: OrganizationId
    readonly acting: ReturnType<typeof actingFor>
  },
  never,
  ChannelAccounts
> {
  const accounts = yield* ChannelAccounts
  const organization = organizationId ?? (yield* Id.next(OrganizationId))
  const { id } = yield* accounts.create({
    channel: "memory",
    name: `Number ${number}`,
    settings: { number },
    secrets: { key: `key-of-${number}-3f9d`, hookKey: `hook-of-${number}-77ab` }
  }).pipe(actingFor(organization), Effect.orDie)
  return { id, organizationId: organization, acting: actingFor(organization) }
})
