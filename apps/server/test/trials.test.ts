import { assert, layer } from "@effect/vitest"
import { Organizations } from "@wicara/core/Organizations"
import { PlatformAdmins } from "@wicara/core/PlatformAdmins"
import { CurrentActor, systemActor } from "@wicara/core/Tenancy"
import { Trials } from "@wicara/core/Trials"
import { Clock, DateTime, Effect, Layer } from "effect"
import * as Harness from "./harness.ts"

const day = 86_400_000

for (const database of Harness.databases) {
  // The server's own process looks every five minutes; here nobody waits for that.
  const layers = Trials.layerSql.pipe(Layer.provideMerge(Harness.layer(database)))
  layer(layers, { excludeTestServices: true, timeout: "2 minutes" })(`a trial on ${database}`, (it) => {
    const begin = Effect.gen(function*() {
      const [tenant, platform] = [yield* Harness.newTenant("Trial"), yield* Harness.newTenant("Platform")]
      yield* PlatformAdmins.use((admins) => admins.grant(platform.users.owner.id)).pipe(
        Effect.provideService(CurrentActor, systemActor("test")),
        Effect.orDie
      )
      const admin = yield* Harness.tokenOf(platform, "owner")
      const token = yield* Harness.tokenOf(tenant, "owner")
      const setStatus = (json: object) =>
        Harness.request(`/v1/platform/organizations/${tenant.id}/status`, { method: "PUT", token: admin, json })
      const rename = (headers: Record<string, string> = {}) =>
        Harness.request("/v1/organizations/current", { method: "PATCH", token, json: { name: "Renamed" }, headers })
      const titles = Effect.map(
        Harness.request("/v1/notifications", { token }),
        ({ body }) => body.data.map(({ title }: { readonly title: string }) => title)
      )
      const sweep = Trials.use((trials) => trials.sweep)
      return { tenant, token, setStatus, rename, titles, sweep, now: yield* Clock.currentTimeMillis }
    })

    it.effect("takes 14 days unless its end is said, and allows what an active organization may do", () =>
      Effect.gen(function*() {
        const { now, rename, setStatus, token } = yield* begin
        const { body, status } = yield* setStatus({ status: "trial", reason: "They try it" })
        assert.deepStrictEqual([status, body.status], [200, "trial"])
        assert.closeTo(Date.parse(body.trialEndsAt), now + 14 * day, 60_000)
        assert.strictEqual((yield* rename()).status, 200)
        const until = new Date(now + 20 * day).toISOString()
        const longer = yield* setStatus({ status: "trial", reason: "They need longer", trialEndsAt: until })
        assert.strictEqual(longer.body.trialEndsAt, until)
        const current = yield* Harness.request("/v1/organizations/current", { token })
        assert.strictEqual(current.body.trialEndsAt, until)
        yield* Harness.expectProblem(
          yield* setStatus({ status: "trial", reason: "Too late", trialEndsAt: new Date(now - 1).toISOString() }),
          422
        )
        yield* Harness.expectProblem(
          yield* setStatus({ status: "active", reason: "No trial", trialEndsAt: until }),
          422
        )
        assert.isNull((yield* setStatus({ status: "active", reason: "They pay" })).body.trialEndsAt)
      }))

    it.effect("is told of three days before its end, once, and anew when it is made longer", () =>
      Effect.gen(function*() {
        const { now, setStatus, sweep, titles } = yield* begin
        const ends = (days: number) =>
          setStatus({ status: "trial", reason: "They try it", trialEndsAt: new Date(now + days * day).toISOString() })
        yield* ends(4)
        yield* sweep
        assert.deepStrictEqual(yield* titles, [])
        yield* ends(2.5)
        yield* Effect.all([sweep, sweep, sweep], { concurrency: "unbounded" })
        assert.deepStrictEqual(yield* titles, ["The trial ends within 3 days"])
        yield* ends(0.5)
        yield* sweep
        yield* sweep
        assert.deepStrictEqual(yield* titles, ["The trial ends within a day", "The trial ends within 3 days"])
      }))

    it.effect("that is over leaves an organization that can be read and not changed, and says so, until it is active", () =>
      Effect.gen(function*() {
        const { now, rename, setStatus, sweep, tenant, titles, token } = yield* begin
        yield* Organizations.use((all) => all.setStatus("trial", { trialEndsAt: DateTime.makeUnsafe(now - 1000) }))
          .pipe(
            Harness.within(tenant.id)
          )
        const swept = yield* Effect.all([sweep, sweep, sweep], { concurrency: "unbounded" })
        assert.strictEqual(swept.reduce((sum, { ended }) => sum + ended, 0), 1)
        assert.deepStrictEqual(yield* titles, ["The organization's trial has ended"])
        const current = yield* Harness.request("/v1/organizations/current", { token })
        assert.deepStrictEqual([current.status, current.body.status], [200, "suspended"])
        const refused = yield* rename()
        yield* Harness.expectProblem(refused, 403)
        assert.match(refused.body.detail, /^The trial has ended: until this organization is made active/)
        assert.match((yield* rename({ "accept-language": "id" })).body.detail, /^Masa percobaan telah berakhir/)
        const { body } = yield* Harness.request("/v1/audit", { token })
        assert.deepInclude(body.data[0], { action: "organization.changed", actor: { _tag: "System", name: "trials" } })
        assert.deepInclude(body.data[0].after, { status: "suspended", reason: "The trial ended." })

        yield* setStatus({ status: "active", reason: "They pay" })
        assert.strictEqual((yield* rename()).status, 200)
        // Who suspends an organization for another reason is not said to have ended a trial.
        yield* setStatus({ status: "suspended", reason: "They do not pay" })
        assert.notInclude((yield* rename()).body.detail, "trial")
      }))
  })
}
