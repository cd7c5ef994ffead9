import { assert, describe, layer } from "@effect/vitest"
import { ChannelAccounts } from "@wicara/channels/ChannelAccounts"
import { InboundProcessor } from "@wicara/conversations/InboundProcessor"
import { Templates } from "@wicara/templates/Templates"
import { TemplateSync } from "@wicara/templates/TemplateSync"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import { WhatsAppCloudEmulator } from "@wicara/testing/WhatsAppCloudEmulator"
import { Effect, Fiber, Schedule } from "effect"
import { SqlClient } from "effect/sql"
import * as support from "./support.ts"
import { as, connect, historyOf, list, makeDue, named, settle, told } from "./support.ts"

const body = [{ type: "BODY", text: "Halo" }]
const template = (name: string, status = "APPROVED", language = "id") => ({
  name,
  language,
  category: "UTILITY" as const,
  status,
  components: body
})

const until = <E, R>(condition: Effect.Effect<boolean, E, R>) =>
  Effect.repeat(condition, { until: (done) => done, schedule: Schedule.spaced("10 millis") })

const runs = (account: support.Connected) =>
  Templates.use((templates) => templates.syncs({})).pipe(Effect.map(({ data }) => data), as(account.organizationId))

const request = (account: support.Connected) =>
  TemplateSync.use((sync) => sync.request(account.channelAccountId)).pipe(as(account.organizationId))

describe.each(TestDatabase.all)("Templates in step with their provider on $name", (database) => {
  layer(support.layer(database.layer, "sync"), { excludeTestServices: true })((it) => {
    it.effect("complaint 18: are all there however many there are, with their status, as soon as an account is", () =>
      Effect.gen(function*() {
        const emulator = yield* WhatsAppCloudEmulator
        const account = yield* connect()
        const names = Array.from({ length: 230 }, (_, index) => `t_${String(index).padStart(3, "0")}`)
        yield* emulator.setAccount(account.number, {
          templates: names.map((name, index) => template(name, index === 7 ? "PAUSED" : "APPROVED"))
        })
        yield* settle
        const first = yield* Templates.use((templates) => templates.list({ limit: 200 })).pipe(
          as(account.organizationId)
        )
        const second = yield* Templates.use((templates) =>
          templates.list({ limit: 200, cursor: first.nextCursor ?? "" })
        ).pipe(as(account.organizationId))
        assert.deepStrictEqual([...first.data, ...second.data].map(({ name }) => name), names)
        assert.deepStrictEqual((yield* list(account, { status: "PAUSED" })).map(({ name, usable }) => [name, usable]), [
          ["t_007", false]
        ])
        assert.deepInclude({ ...(yield* runs(account))[0] }, { listed: 230, created: 230, failure: null })
        // A look that finds nothing new changes nothing.
        yield* request(account)
        yield* settle
        assert.deepInclude({ ...(yield* runs(account))[0] }, { listed: 230, created: 0, changed: 0, deleted: 0 })
        assert.lengthOf(yield* historyOf(account, "t_007", "PAUSED"), 1)
      }).pipe(Effect.scoped))

    it.effect("complaint 18: follow webhooks at once, tell who looks after them once, and are whole again after lost ones", () =>
      Effect.gen(function*() {
        const emulator = yield* WhatsAppCloudEmulator
        const account = yield* connect()
        yield* emulator.setAccount(account.number, {
          templates: [template("tagihan"), template("promo"), template("lama")]
        })
        yield* settle
        told.clear()
        const change = (name: string, more: object) =>
          emulator.template(account.number, { name, language: "id", ...more })
        yield* change("tagihan", { event: "PAUSED", stage: "FIRST_PAUSE" })
        yield* change("promo", { correctCategory: "MARKETING" })
        yield* settle
        assert.deepInclude({ ...(yield* named(account, "promo")) }, { category: "UTILITY", nextCategory: "MARKETING" })
        yield* change("promo", { correctCategory: "MARKETING" })
        yield* change("promo", { category: "MARKETING" })
        yield* change("promo", { quality: "RED" })
        yield* emulator.idle
        // Only what the webhooks said: nobody has looked through the list since.
        yield* settle
        assert.deepInclude({ ...(yield* named(account, "tagihan")) }, {
          status: "PAUSED",
          usable: false,
          stage: "FIRST_PAUSE",
          pauses: 1
        })
        assert.deepInclude({ ...(yield* named(account, "promo")) }, {
          category: "MARKETING",
          nextCategory: null,
          quality: "RED"
        })
        assert.deepStrictEqual([...told.values()].sort(), [
          "template_category_announced",
          "template_category_changed",
          "template_quality_low",
          "template_unusable"
        ])
        const { id } = yield* named(account, "promo")
        const ofQuality = yield* Templates.use((templates) => templates.history(id, { kind: "quality" })).pipe(
          as(account.organizationId)
        )
        assert.deepStrictEqual(ofQuality.data.map(({ from, to }) => [from, to]), [[null, "RED"]])
        yield* change("tagihan", { event: "APPROVED", stage: "UNPAUSE", silent: true })
        yield* change("lama", { event: "DELETED", silent: true })
        yield* request(account)
        yield* settle
        assert.deepStrictEqual((yield* list(account)).map(({ name, status }) => [name, status]), [
          ["tagihan", "APPROVED"],
          ["promo", "APPROVED"]
        ])
        assert.deepStrictEqual((yield* historyOf(account, "tagihan")).map(({ source, to }) => [source, to]), [
          ["sync", "APPROVED"],
          ["webhook", "PAUSED"],
          ["sync", "APPROVED"]
        ])
        assert.strictEqual((yield* named(account, "lama", "DELETED")).usable, false)
        assert.lengthOf([...told.values()], 4)
      }).pipe(Effect.scoped))

    it.effect("take webhooks in any order and more than once, and ask for what a webhook names and nobody knows", () =>
      Effect.gen(function*() {
        const emulator = yield* WhatsAppCloudEmulator
        const account = yield* connect()
        yield* emulator.setAccount(account.number, { templates: [template("satu")] })
        yield* settle
        const { providerId } = yield* named(account, "satu")
        const sql = yield* SqlClient.SqlClient
        // What is known is from long ago, by the provider's clock.
        yield* sql`UPDATE templates_templates SET status_at = 0`
        const tell = (event: string, seconds: number) =>
          emulator.webhook(account.number, "message_template_status_update", {
            event,
            message_template_id: Number(providerId),
            message_template_name: "satu",
            message_template_language: "id",
            reason: "NONE",
            at: seconds
          })
        const states = () => Effect.map(named(account, "satu"), ({ status }) => status)
        yield* tell("DISABLED", 2)
        yield* settle
        yield* tell("DISABLED", 2)
        yield* settle
        assert.strictEqual(yield* states(), "DISABLED")
        assert.lengthOf((yield* historyOf(account, "satu")).filter(({ to }) => to === "DISABLED"), 1)
        const before = (yield* runs(account)).length
        yield* emulator.setAccount(account.number, { templates: [template("satu"), template("dua")] })
        yield* emulator.template(account.number, { name: "dua", language: "id", event: "APPROVED" })
        yield* settle
        assert.strictEqual((yield* named(account, "dua")).status, "APPROVED")
        assert.strictEqual((yield* runs(account)).length, before + 1)
      }).pipe(Effect.scoped))

    it.effect("are never a part of them: a list that breaks off changes nothing, and is read again", () =>
      Effect.gen(function*() {
        const emulator = yield* WhatsAppCloudEmulator
        const account = yield* connect()
        yield* emulator.setAccount(account.number, { templates: [template("a"), template("b")] })
        yield* settle
        // The provider refuses the account while the templates there are others.
        yield* emulator.setAccount(account.number, { accessToken: "another", templates: [template("c")] })
        yield* request(account)
        yield* settle
        assert.deepStrictEqual((yield* list(account)).map(({ name }) => name), ["a", "b"])
        assert.strictEqual((yield* runs(account))[0]?.failure?.code, "190")
        yield* emulator.setAccount(account.number, { accessToken: `token-${account.number}` })
        yield* makeDue
        yield* settle
        assert.deepStrictEqual((yield* list(account)).map(({ name }) => name), ["c"])
      }).pipe(Effect.scoped))

    it.effect("are read on from the page that was reached, by another process or after the provider was away", () =>
      Effect.gen(function*() {
        const emulator = yield* WhatsAppCloudEmulator
        const account = yield* connect()
        yield* emulator.setAccount(account.number, { templates: [template("lama")] })
        yield* settle
        const names = Array.from({ length: 250 }, (_, index) => `h_${String(index).padStart(3, "0")}`)
        yield* emulator.setAccount(account.number, { templates: names.map((name) => template(name)), templatePages: 2 })
        const from = emulator.ledger.all().length
        const asked = () =>
          emulator.ledger.all().slice(from).filter(({ account: owner, outcome }) =>
            outcome === "template:listed" && owner === account.number
          ).map(({ raw }) => raw)
        yield* request(account)
        const sync = yield* TemplateSync
        // It dies while it waits for the third page.
        const fiber = yield* Effect.forkChild(sync.drain)
        yield* until(Effect.sync(() => asked().length === 3))
        yield* Fiber.interrupt(fiber)
        // What was read is there; nothing was deleted, and nobody says that a name is not there.
        assert.lengthOf(yield* list(account, { name: "h_" }), 200)
        assert.strictEqual((yield* named(account, "lama")).status, "APPROVED")
        yield* emulator.setFaults({ closeBeforeAcceptance: { probability: 1 } })
        yield* emulator.setAccount(account.number, { templatePages: null })
        yield* makeDue
        yield* settle
        yield* emulator.setFaults({})
        assert.deepInclude({ ...(yield* runs(account))[0] }, { listed: 200, created: 200, deleted: 0 })
        yield* makeDue
        yield* settle
        assert.deepInclude({ ...(yield* runs(account))[0] }, { listed: 250, created: 250, deleted: 1, failure: null })
        assert.strictEqual((yield* named(account, "lama", "DELETED")).usable, false)
        const [first, second, third, ...again] = asked()
        assert.isNull(first)
        assert.isString(second)
        assert.notStrictEqual(second, third)
        assert.isAtLeast(again.length, 2)
        assert.isTrue(again.every((place) => place === third))
      }).pipe(Effect.scoped))

    it.effect("are read from the beginning when the provider has forgotten the place", () =>
      Effect.gen(function*() {
        const emulator = yield* WhatsAppCloudEmulator
        const account = yield* connect()
        yield* settle
        const many = (prefix: string) =>
          Array.from({ length: 150 }, (_, index) => template(`${prefix}_${String(index).padStart(3, "0")}`))
        yield* emulator.setAccount(account.number, { templates: many("dulu"), templatePages: 1 })
        yield* request(account)
        const sync = yield* TemplateSync
        const fiber = yield* Effect.forkChild(sync.drain)
        yield* until(Effect.map(list(account, { name: "dulu" }), (found) => found.length === 100))
        yield* Fiber.interrupt(fiber)
        // The place was behind one that is there no more.
        yield* emulator.setAccount(account.number, { templates: many("kini"), templatePages: null })
        yield* makeDue
        yield* settle
        assert.deepInclude({ ...(yield* runs(account))[0] }, { listed: 150, created: 150, failure: null })
        assert.deepStrictEqual((yield* list(account)).map(({ name }) => name.slice(0, 4)), Array(150).fill("kini"))
      }).pipe(Effect.scoped))

    it.effect("keep what a webhook tells while a list is on its way that was read before, and are looked at again", () =>
      Effect.gen(function*() {
        const emulator = yield* WhatsAppCloudEmulator
        const account = yield* connect()
        yield* emulator.setAccount(account.number, { templates: [template("lomba"), template("tetap")] })
        yield* settle
        yield* emulator.setAccount(account.number, { templatePages: 0 })
        const from = emulator.ledger.all().length
        const before = (yield* runs(account)).length
        yield* request(account)
        const sync = yield* TemplateSync
        const fiber = yield* Effect.forkChild(sync.drain)
        yield* until(
          Effect.sync(() => emulator.ledger.all().slice(from).some(({ outcome }) => outcome === "template:listed"))
        )
        yield* emulator.template(account.number, {
          name: "lomba",
          language: "id",
          event: "PAUSED",
          stage: "FIRST_PAUSE"
        })
        yield* emulator.idle
        yield* InboundProcessor.use((processor) => processor.drain)
        assert.strictEqual((yield* named(account, "lomba")).status, "PAUSED")
        yield* emulator.setAccount(account.number, { templatePages: null })
        yield* Fiber.join(fiber)
        yield* settle
        assert.strictEqual((yield* named(account, "lomba")).status, "PAUSED")
        assert.deepStrictEqual((yield* historyOf(account, "lomba")).map(({ to }) => to), ["PAUSED", "APPROVED"])
        assert.strictEqual((yield* runs(account)).length, before + 2)
      }).pipe(Effect.scoped))

    it.effect("are shared by the numbers of a business account, and by no two organizations", () =>
      Effect.gen(function*() {
        const emulator = yield* WhatsAppCloudEmulator
        const one = yield* connect()
        const same = yield* connect({ organizationId: one.organizationId, business: one.business })
        const other = yield* connect({ business: one.business })
        yield* emulator.setAccount(one.number, { templates: [template("bersama")] })
        yield* settle
        for (const account of [one, same, other]) {
          assert.lengthOf(yield* list(account, { channelAccountId: account.channelAccountId }), 1)
        }
        assert.lengthOf(yield* list(one), 1)
        assert.notStrictEqual((yield* named(one, "bersama")).id, (yield* named(other, "bersama")).id)
        const foreign = yield* Effect.flip(
          Templates.use((templates) => templates.get("0197c6a2-5f0e-7c3d-9b61-3f1f0a2f4b10" as never)).pipe(
            as(other.organizationId)
          )
        )
        assert.strictEqual(foreign._tag, "NotFound")
        const { id } = yield* named(one, "bersama")
        assert.strictEqual(
          (yield* Effect.flip(Templates.use((templates) => templates.get(id)).pipe(as(other.organizationId))))._tag,
          "NotFound"
        )
        // The account that spoke for them goes; the other one does from now on.
        yield* ChannelAccounts.use((accounts) => accounts.delete(one.channelAccountId)).pipe(as(one.organizationId))
        yield* emulator.setAccount(one.number, { templates: [template("bersama"), template("baru")] })
        yield* request(same)
        yield* settle
        assert.lengthOf(yield* list(same), 2)
      }).pipe(Effect.scoped))

    it.effect("are looked at by one process at a time; what one that died held goes on", () =>
      Effect.gen(function*() {
        const emulator = yield* WhatsAppCloudEmulator
        const account = yield* connect()
        yield* emulator.setAccount(account.number, { templates: [template("x")] })
        yield* settle
        const before = (yield* runs(account)).length
        yield* request(account)
        const sync = yield* TemplateSync
        const done = yield* Effect.all([sync.runOnce, sync.runOnce, sync.runOnce], { concurrency: "unbounded" })
        assert.strictEqual(done.reduce((sum, one) => sum + one, 0), 1)
        assert.strictEqual((yield* runs(account)).length, before + 1)
        const sql = yield* SqlClient.SqlClient
        yield* request(account)
        // A process claimed it and was killed.
        yield* sql`UPDATE templates_scopes SET lease_id = ${new Uint8Array(16).fill(7)}, due_at = 99999999999999`
        assert.strictEqual(yield* sync.runOnce, 0)
        yield* sync.releaseLeases("all")
        yield* sync.drain
        assert.isAtLeast((yield* runs(account)).length, before + 2)
      }).pipe(Effect.scoped))
  })
})
