import { assert, describe, layer } from "@effect/vitest"
import * as Id from "@wicara/core/Id"
import * as MasterKeys from "@wicara/core/MasterKeys"
import * as Secret from "@wicara/core/Secret"
import * as Secrets from "@wicara/core/Secrets"
import { transaction } from "@wicara/core/Sql"
import { CurrentOrganization, OrganizationId } from "@wicara/core/Tenancy"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import { Context, Effect, Layer, Redacted, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { migrated } from "./layers.ts"

const location = { table: "channels", column: "token", id: "1" }
const newOrganization = Effect.map(Id.next(OrganizationId), (id) => ({ id }))
const within = (current: { readonly id: OrganizationId }) => Effect.provideService(CurrentOrganization, current)
const seal = (text: string, at = location) => Secrets.Secrets.use((secrets) => secrets.seal(at, Redacted.make(text)))
const open = (sealed: string, at = location) =>
  Secrets.Secrets.use((secrets) => Effect.map(secrets.open(at, sealed), Redacted.value))

describe.each(TestDatabase.all)("Secrets on $name", (database) => {
  layer(
    Secrets.Secrets.layerSql.pipe(
      Layer.provide(MasterKeys.MasterKeys.layerTest),
      Layer.provideMerge(migrated(database))
    )
  )((it) => {
    it.effect.prop(
      "what is sealed opens again, and does not show the secret",
      { text: Schema.String },
      ({ text }) =>
        Effect.gen(function*() {
          const current = yield* newOrganization
          const sealed = yield* seal(text).pipe(within(current))
          assert.strictEqual(yield* open(sealed).pipe(within(current)), text.toWellFormed())
          if (text.length > 3) assert.notInclude(sealed, text)
          assert.notStrictEqual(yield* seal(text).pipe(within(current)), sealed)
        }),
      { arbitrary: { runs: 20 } }
    )

    it.effect("a sealed secret opens in no other row, column or organization", () =>
      Effect.gen(function*() {
        const [one, two] = [yield* newOrganization, yield* newOrganization]
        const sealed = yield* seal("token").pipe(within(one))
        yield* seal("of two").pipe(within(two))
        for (
          const elsewhere of [{ ...location, id: "2" }, { ...location, column: "key" }, { ...location, table: "x" }]
        ) {
          const error = yield* open(sealed, elsewhere).pipe(within(one), Effect.flip)
          assert.strictEqual(error.reason, "tampered")
        }
        assert.strictEqual((yield* open(sealed).pipe(within(two), Effect.flip)).reason, "tampered")
      }))

    it.effect("changed or foreign text fails with a reason", () =>
      Effect.gen(function*() {
        const current = yield* newOrganization
        const sealed = yield* seal("token").pipe(within(current))
        const flipped = sealed.slice(0, -3) + (sealed.at(-3) === "A" ? "B" : "A") + sealed.slice(-2)
        assert.strictEqual((yield* open(flipped).pipe(within(current), Effect.flip)).reason, "tampered")
        assert.strictEqual(
          (yield* open(sealed.replace("w1.1.", "w1.7.")).pipe(within(current), Effect.flip)).reason,
          "unknown-key"
        )
        for (const text of ["", "token", "w1.1", "w1.x.abc", "w1.1.!", "w1.1."]) {
          assert.strictEqual((yield* open(text).pipe(within(current), Effect.flip)).reason, "malformed")
        }
      }))

    it.effect("a data key made in a transaction that is rolled back is not used afterwards", () =>
      Effect.gen(function*() {
        const current = yield* newOrganization
        const sql = yield* SqlClient.SqlClient
        yield* transaction(sql, Effect.andThen(seal("lost"), Effect.fail("no" as const))).pipe(
          within(current),
          Effect.flip
        )
        const sealed = yield* seal("kept").pipe(within(current))
        assert.strictEqual(yield* open(sealed).pipe(within(current)), "kept")
        const rows = yield* sql`SELECT version FROM core_data_keys WHERE organization_id = ${Id.toBytes(current.id)}`
        assert.lengthOf(rows, 1)
      }))

    it.effect("first secrets sealed at once share one data key", () =>
      Effect.gen(function*() {
        const current = yield* newOrganization
        const sealed = yield* Effect.forEach(Array.from({ length: 16 }, (_, n) => `s${n}`), (text) => seal(text), {
          concurrency: "unbounded"
        }).pipe(within(current))
        const opened = yield* Effect.forEach(sealed, (text) => open(text)).pipe(within(current))
        assert.deepStrictEqual(opened, Array.from({ length: 16 }, (_, n) => `s${n}`))
      }))

    it.effect("after a rotation old secrets open and new ones use the new key", () =>
      Effect.gen(function*() {
        const current = yield* newOrganization
        const before = yield* seal("before").pipe(within(current))
        yield* Secrets.Secrets.use((secrets) => secrets.rotate).pipe(within(current))
        const after = yield* seal("after").pipe(within(current))
        assert.match(after, /^w1\.2\./)
        assert.strictEqual(yield* open(before).pipe(within(current)), "before")
        assert.strictEqual(yield* open(after).pipe(within(current)), "after")
      }))
  })

  layer(migrated(database))((it) => {
    it.effect("a new master key takes over the data keys, and without the old one secrets still open", () =>
      Effect.gen(function*() {
        const current = yield* newOrganization
        const [first, second] = [yield* MasterKeys.generate, yield* MasterKeys.generate]
        const using = (current: string, keys: Readonly<Record<string, Redacted.Redacted<string>>>) =>
          Effect.provide(
            Layer.fresh(Secrets.Secrets.layerSql.pipe(Layer.provide(MasterKeys.MasterKeys.layer({ current, keys }))))
          )
        const sealed = yield* seal("token").pipe(within(current), using("first", { first }))
        const missing = yield* open(sealed).pipe(within(current), using("second", { second }), Effect.flip)
        assert.strictEqual(missing._tag === "SecretUnreadable" && missing.reason, "unknown-key")
        const rewrapped = yield* Secrets.Secrets.use((secrets) => secrets.rewrap).pipe(
          using("second", { first, second })
        )
        assert.strictEqual(rewrapped, 1)
        assert.strictEqual(yield* open(sealed).pipe(within(current), using("second", { second })), "token")
      }))
  })

  layer(migrated(database))((it) => {
    it.effect("a rotation needs no restart: a running process reads the keys again when it meets a new one", () =>
      Effect.gen(function*() {
        const current = yield* newOrganization
        const [first, second] = [yield* MasterKeys.generate, yield* MasterKeys.generate]
        let ring = MasterKeys.ring(first)
        const running = Context.get(
          yield* Layer.build(Layer.fresh(Secrets.Secrets.layerSql.pipe(
            Layer.provide(MasterKeys.MasterKeys.layerFrom(Effect.sync(() => ring)))
          ))),
          Secrets.Secrets
        )
        const sealed = yield* running.seal(location, Redacted.make("token")).pipe(within(current))
        yield* TestClock.adjust("2 seconds")
        ring = MasterKeys.ring(second, [first])
        // Another process rotates, twice at once, and makes a data key for an organization that the first one sees later.
        const rotating = Layer.fresh(Secrets.Secrets.layerSql.pipe(Layer.provide(MasterKeys.MasterKeys.layer(ring))))
        const other = yield* newOrganization
        const later = yield* Effect.gen(function*() {
          const secrets = yield* Secrets.Secrets
          yield* Effect.all([secrets.rewrap, secrets.rewrap], { concurrency: "unbounded" })
          const mine = (yield* secrets.status).filter(({ keyId }) => keyId.startsWith("k"))
          assert.deepStrictEqual(mine.map(({ keyId }) => keyId), [MasterKeys.idOf(second)])
          return yield* secrets.seal(location, Redacted.make("later")).pipe(within(other))
        }).pipe(Effect.provide(rotating))
        assert.strictEqual(Redacted.value(yield* running.open(location, later).pipe(within(other))), "later")
        assert.strictEqual(Redacted.value(yield* running.open(location, sealed).pipe(within(current))), "token")
        assert.strictEqual(
          yield* open(sealed).pipe(
            within(current),
            Effect.provide(Layer.fresh(Secrets.Secrets.layerSql.pipe(
              Layer.provide(MasterKeys.MasterKeys.layer(MasterKeys.ring(second)))
            )))
          ),
          "token"
        )
      }))

    it.effect("what was wrapped when keys had no ids opens with the oldest key of a ring", () =>
      Effect.gen(function*() {
        const current = yield* newOrganization
        const [first, second] = [yield* MasterKeys.generate, yield* MasterKeys.generate]
        const using = (keys: MasterKeys.KeyRing) =>
          Effect.provide(Layer.fresh(Secrets.Secrets.layerSql.pipe(Layer.provide(MasterKeys.MasterKeys.layer(keys)))))
        const sealed = yield* seal("old").pipe(within(current), using({ current: "master", keys: { master: first } }))
        for (const ring of [MasterKeys.ring(first), MasterKeys.ring(second, [first])]) {
          assert.strictEqual(yield* open(sealed).pipe(within(current), using(ring)), "old")
        }
      }))

    it.effect("a master key that is not 32 bytes is refused without being shown", () =>
      Effect.gen(function*() {
        const bad = MasterKeys.MasterKeys.layer({ current: "k", keys: { k: Redacted.make("c2hvcnQ=") } })
        const error = yield* Effect.flip(Layer.build(bad))
        assert.strictEqual(error.message, "Master key \"k\" is not 32 bytes in base64")
        const absent = MasterKeys.MasterKeys.layer({ current: "x", keys: {} })
        assert.include((yield* Effect.flip(Layer.build(absent))).message, "\"x\"")
      }))
  })
})

describe("Secret", () => {
  layer(Layer.empty)((it) => {
    it.effect("a secret is not printed and a response that holds one does not encode", () =>
      Effect.gen(function*() {
        const Model = Schema.Struct({ name: Schema.String, token: Secret.Secret })
        const value = { name: "x", token: Redacted.make("s3cret") }
        assert.notInclude(`${value.token}${JSON.stringify(value)}`, "s3cret")
        const error = yield* Effect.flip(Schema.encodeEffect(Schema.toCodecJson(Model))(value))
        assert.notInclude(String(error), "s3cret")
        const decoded = yield* Schema.decodeUnknownEffect(Schema.toCodecJson(Secret.Input))("s3cret")
        assert.strictEqual(Redacted.value(decoded), "s3cret")
      }))
  })
})
