import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { FetchHttpClient } from "effect/http"
import { SqlClient } from "effect/sql"
import { AccountGroups } from "@wicara/channels/AccountGroups"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import { WahaEmulator } from "@wicara/testing/WahaEmulator"
import { connect, services } from "./support.ts"

describe.each(TestDatabase.all)("AccountGroups through WAHA on $name", (database) => {
  const layer = AccountGroups.layer.pipe(
    Layer.provideMerge(services(database.layer)),
    Layer.provideMerge(FetchHttpClient.layer),
    Layer.provideMerge(WahaEmulator.layer({ faults: { statuses: false }, startDelay: 1 }))
  )

  it.live("makes, shows, changes and leaves groups, and tells who did", () =>
    Effect.gen(function*() {
      const emulator = yield* WahaEmulator
      const groups = yield* AccountGroups
      const sql = yield* SqlClient.SqlClient
      yield* emulator.setAccount("neighbours", { engine: "GOWS", phone: "6281300000001" })
      const { id, within } = yield* connect({ baseUrl: emulator.url, session: "neighbours" })
      const stranger = yield* connect({ baseUrl: emulator.url })
      const dewi = { kind: "phone", value: "6281300000042" } as const
      const rina = { kind: "phone", value: "6281300000043" } as const
      const made = yield* within(groups.create(id, { subject: "RT 5", participants: [dewi] }))
      assert(made !== null)
      const { value } = made.address
      yield* within(groups.changeParticipants(id, value, { action: "add", participants: [rina] }))
      yield* within(groups.changeParticipants(id, value, { action: "promote", participants: [dewi] }))
      yield* within(groups.update(id, value, { subject: "RT 6", announceOnly: true, locked: true }))
      const changed = yield* within(groups.get(id, value))
      assert.deepInclude(changed, { subject: "RT 6", announceOnly: true, locked: true })
      assert.deepStrictEqual(changed.participants?.map(({ role }) => role), ["owner", "admin", "member"])
      assert.deepStrictEqual((yield* within(groups.list(id, {}))).data.map(({ address }) => address.value), [value])
      const link = yield* within(groups.inviteLink(id, value))
      assert.notStrictEqual(yield* within(groups.resetInviteLink(id, value)), link)
      assert.strictEqual((yield* Effect.flip(stranger.within(groups.get(id, value))))._tag, "NotFound")
      yield* within(groups.leave(id, value))
      const gone = yield* Effect.flip(within(groups.get(id, value)))
      assert.deepInclude(gone, { _tag: "NotFound", resource: "group", id: value })
      const rows = yield* sql<{ readonly action: string }>`SELECT action FROM core_audit
        WHERE action LIKE 'channel.group.%' ORDER BY sequence`
      assert.deepStrictEqual(rows.map(({ action }) => action.replace("channel.group.", "")), [
        "created",
        "participants_changed",
        "participants_changed",
        "changed",
        "invite_link_reset",
        "left"
      ])
    }).pipe(Effect.provide(layer)))
})
