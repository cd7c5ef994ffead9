import { assert, describe, layer } from "@effect/vitest"
import { Deletions } from "@wicara/core/Deletions"
import * as Id from "@wicara/core/Id"
import { Organizations } from "@wicara/core/Organizations"
import { Settings } from "@wicara/core/Settings"
import { CurrentActor, systemActor } from "@wicara/core/Tenancy"
import { TenantData } from "@wicara/core/TenantData"
import { Effect, Option, Stream } from "effect"
import { SqlClient } from "effect/sql"
import { builtIn as modules } from "../src/BuiltIn.ts"
import * as Contract from "./contract.ts"
import * as Harness from "./harness.ts"

/** Things of each kind, whatever package they are of. */
const brands = [
  "ApiKeyId",
  "TeamId",
  "RoleAssignmentId",
  "ContactMergeId",
  "AiProviderId",
  "MessageId",
  "BotTurnId",
  "KnowledgeChunkId",
  "FileId"
]

describe.each(Harness.databases)("Deletion of an organization on %s", (database) => {
  layer(Harness.layer(database), { timeout: "60 seconds" })((it) => {
    it.effect("every row of it is exported or internal, then erased or kept without people, and no other is touched", () =>
      Effect.gen(function*() {
        const sql = yield* SqlClient.SqlClient
        const data = yield* TenantData
        yield* data.verify
        const [gone, stays] = [yield* Harness.newTenant("Gone"), yield* Harness.newTenant("Stays")]
        for (const tenant of [gone, stays]) {
          const caller = { tenant, user: tenant.users.owner, token: yield* Harness.tokenOf(tenant, "owner") }
          for (const brand of brands) yield* Contract.make(brand, caller)
        }
        const count = (id: string) =>
          Effect.gen(function*() {
            const counts: Record<string, number> = {}
            for (const { table } of modules.flatMap((module) => module.data)) {
              const [row] = yield* sql<{ readonly n: unknown }>`SELECT COUNT(*) AS n FROM ${sql(table)}
                WHERE organization_id = ${Id.toBytes(id)}`
              counts[table] = Number(row?.n)
            }
            return counts
          })
        const [before, others] = [yield* count(gone.id), yield* count(stays.id)]
        assert.isAbove(Object.values(before).filter((n) => n > 0).length, 20)
        const exported = yield* Stream.runFold(
          data.export(gone.id as never),
          () => new Map<string, number>(),
          (tables, { table }) => tables.set(table, (tables.get(table) ?? 0) + 1)
        )
        for (const { export: columns, table } of modules.flatMap((module) => module.data)) {
          if (table === "core_audit" || table === "core_events" || columns === "none") continue
          assert.strictEqual(exported.get(table) ?? 0, before[table], table)
        }

        const deletions = yield* Deletions
        yield* Settings.use((settings) => settings.setPlatform("organizations.deletion_grace_days", 0)).pipe(
          Effect.provideService(CurrentActor, systemActor("test"))
        )
        const slug = Option.getOrThrow(yield* Organizations.use((all) => all.find(gone.id as never))).slug
        const deletion = yield* deletions.request({ confirm: slug }).pipe(Harness.within(gone.id))
        let steps = 0
        while (!(yield* deletions.step(deletion.id, deletion.organizationId, 20)) && steps < 1000) steps++
        const after = yield* count(gone.id)
        for (const { erase, table } of modules.flatMap((module) => module.data)) {
          if (erase === "delete") assert.strictEqual(after[table], 0, table)
        }
        assert.isAtLeast(after["core_audit"]!, before["core_audit"]!)
        assert.isTrue(Option.isNone(yield* Organizations.use((all) => all.find(gone.id as never))))
        const untouched = yield* count(stays.id)
        // Its work lists are worked on meanwhile.
        for (const { export: columns, table } of modules.flatMap((module) => module.data)) {
          if (columns !== "none") assert.isAtLeast(untouched[table]!, others[table]!, table)
        }
        yield* Harness.expectStatus(
          yield* Harness.request("/v1/members", { token: yield* Harness.tokenOf(stays, "owner") }),
          200
        )
      }).pipe(Effect.orDie))
  })
})
