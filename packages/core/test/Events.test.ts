import { assert, describe, it, layer } from "@effect/vitest"
import * as EventConsumers from "@wicara/core/EventConsumers"
import { EventLog } from "@wicara/core/EventLog"
import * as Events from "@wicara/core/Events"
import * as Id from "@wicara/core/Id"
import { transaction } from "@wicara/core/Sql"
import { CurrentActor, CurrentOrganization, OrganizationId } from "@wicara/core/Tenancy"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import { Clock, Context, Deferred, Effect, Fiber, Layer, Schema, Stream } from "effect"
import { SqlClient } from "effect/sql"
import { events, migrated } from "./layers.ts"

const counted = Events.define(
  "counter.counted",
  Schema.Struct({ n: Schema.Int, at: Schema.optionalKey(Schema.DateTimeUtc) })
)
const named = Events.define("counter.named", Schema.Struct({ name: Schema.String }))

const organization = Effect.map(Id.next(OrganizationId), (id) => ({ id }))
const within = (current: { readonly id: OrganizationId }) => Effect.provideService(CurrentOrganization, current)

const append = (aggregateId: string, n: number) =>
  Events.Events.use((events) => events.append(counted, { aggregateId, payload: { n } }))

describe.each(TestDatabase.all)("Events on $name", (database) => {
  layer(events.pipe(Layer.provideMerge(migrated(database))))((it) => {
    it.effect("an event appended in a transaction is read back with its payload and position", () =>
      Effect.gen(function*() {
        const current = yield* organization
        const log = yield* EventLog
        const sql = yield* SqlClient.SqlClient
        yield* transaction(sql, append("a", 1)).pipe(within(current))
        yield* log.flush
        const [event] = yield* log.read({ organizationId: current.id, after: 0, limit: 10 })
        assert.strictEqual(event?.type, "counter.counted")
        assert.strictEqual(event?.aggregateId, "a")
        assert.deepStrictEqual(yield* Events.payload(counted, event!), { n: 1 })
      }))

    it.effect("a rolled back transaction leaves no event", () =>
      Effect.gen(function*() {
        const current = yield* organization
        const log = yield* EventLog
        const sql = yield* SqlClient.SqlClient
        yield* transaction(sql, Effect.andThen(append("a", 1), Effect.fail("no" as const))).pipe(
          within(current),
          Effect.flip
        )
        yield* log.flush
        assert.lengthOf(yield* log.read({ organizationId: current.id, after: 0, limit: 10 }), 0)
      }))

    it.effect("an organization reads only its own events, filtered by type", () =>
      Effect.gen(function*() {
        const [one, two] = [yield* organization, yield* organization]
        const log = yield* EventLog
        yield* append("same", 1).pipe(within(one))
        yield* append("same", 2).pipe(within(two))
        yield* Events.Events.use((events) => events.append(named, { aggregateId: "same", payload: { name: "x" } }))
          .pipe(within(one))
        yield* log.flush
        const ofOne = yield* log.read({ organizationId: one.id, after: 0, limit: 10 })
        assert.deepStrictEqual(ofOne.map((event) => event.type), ["counter.counted", "counter.named"])
        const typed = yield* log.read({ organizationId: one.id, after: 0, limit: 10, types: [named.type] })
        assert.lengthOf(typed, 1)
        assert.lengthOf(yield* log.read({ organizationId: one.id, after: 0, limit: 10, types: [] }), 0)
        assert.lengthOf(yield* log.read({ organizationId: two.id, after: ofOne[0]!.position, limit: 10 }), 1)
      }))

    it.effect("a live stream gives what was missed and then what is committed, of one organization", () =>
      Effect.gen(function*() {
        const [one, two] = [yield* organization, yield* organization]
        const log = yield* EventLog
        const after = yield* log.flush
        yield* append("a", 1).pipe(within(one))
        yield* append("a", 99).pipe(within(two))
        const fiber = yield* log.stream({ after }).pipe(
          Stream.take(3),
          Stream.mapEffect((event) => Events.payload(counted, event)),
          Stream.runCollect,
          within(one),
          Effect.forkChild({ startImmediately: true })
        )
        yield* append("a", 2).pipe(within(one))
        yield* log.flush
        yield* append("a", 3).pipe(within(one))
        yield* log.flush
        assert.deepStrictEqual((yield* Fiber.join(fiber)).map((payload) => payload.n), [1, 2, 3])
      }))

    it.effect("a stream that is far behind catches up from the log without a gap", () =>
      Effect.gen(function*() {
        const current = yield* organization
        const log = yield* EventLog
        const after = yield* log.flush
        const service = yield* Events.Events
        const numbers = Array.from({ length: 2300 }, (_, n) => n)
        yield* service.appendAll(counted, numbers.map((n) => ({ aggregateId: "a", payload: { n } }))).pipe(
          within(current)
        )
        yield* log.flush
        const read = yield* log.stream({ after }).pipe(
          Stream.take(numbers.length),
          Stream.mapEffect((event) => Events.payload(counted, event)),
          Stream.runCollect,
          within(current)
        )
        assert.deepStrictEqual(read.map((payload) => payload.n), numbers)
      }))
  })

  layer(events.pipe(Layer.provideMerge(migrated(database))))((it) => {
    it.effect("a consumer handles each event of its types once, in order, for the event's organization", () =>
      Effect.gen(function*() {
        const [one, two] = [yield* organization, yield* organization]
        const handled: Array<readonly [string, number, string]> = []
        const consumer = EventConsumers.consume({
          name: "in-order",
          types: [counted.type],
          handle: (event) =>
            Effect.gen(function*() {
              const { id } = yield* CurrentOrganization
              const { actor } = yield* CurrentActor
              const { n } = yield* Events.payload(counted, event)
              handled.push([id, n, actor._tag])
            })
        })
        yield* Layer.build(consumer)
        const consumers = yield* EventConsumers.EventConsumers
        for (let n = 0; n < 20; n++) yield* append("a", n).pipe(within(n % 2 === 0 ? one : two))
        yield* Events.Events.use((events) => events.append(named, { aggregateId: "b", payload: { name: "x" } })).pipe(
          within(one)
        )
        yield* consumers.settled
        assert.deepStrictEqual(
          handled,
          Array.from({ length: 20 }, (_, n) => [n % 2 === 0 ? one.id : two.id, n, "System"])
        )
        const status = (yield* consumers.status).find((status) => status.name === "in-order")
        assert.strictEqual(status?.failures, 0)
      }))

    it.effect("an event that keeps failing is set aside, the others go on, and it can be retried later", () =>
      Effect.gen(function*() {
        const current = yield* organization
        const handled: Array<number> = []
        let broken = true
        const log = yield* EventLog
        const consumer = EventConsumers.consume({
          name: "with-failure",
          types: [counted.type],
          startAt: "now",
          attempts: 3,
          handle: (event) =>
            Effect.gen(function*() {
              const { n } = yield* Events.payload(counted, event)
              if (n === 2 && broken) return yield* Effect.fail("broken")
              handled.push(n)
            })
        })
        yield* log.flush
        yield* Layer.build(consumer)
        const consumers = yield* EventConsumers.EventConsumers
        for (let n = 1; n <= 3; n++) yield* append("a", n).pipe(within(current))
        yield* consumers.settled
        assert.deepStrictEqual(handled, [1, 3])
        const [failure] = yield* consumers.failures("with-failure", 10)
        assert.strictEqual(failure?.attempts, 3)
        assert.include(failure?.error, "broken")
        broken = false
        assert.strictEqual(yield* consumers.retryFailures("with-failure"), 1)
        assert.deepStrictEqual(handled, [1, 3, 2])
        assert.lengthOf(yield* consumers.failures("with-failure", 10), 0)
        // Leases are a matter of real time: a clock that is moved on would outrun the database.
      }).pipe(Effect.provideService(Clock.Clock, Clock.Clock.defaultValue())))

    it.effect("a batch consumer sets aside only the bad event of a batch", () =>
      Effect.gen(function*() {
        const current = yield* organization
        const batches: Array<ReadonlyArray<number>> = []
        const log = yield* EventLog
        yield* log.flush
        yield* Layer.build(EventConsumers.consumeBatches({
          name: "batches",
          types: [counted.type],
          startAt: "now",
          attempts: 1,
          handleBatch: Effect.fnUntraced(function*(events) {
            const payloads = yield* Effect.forEach(events, (event) => Events.payload(counted, event))
            if (payloads.some(({ n }) => n === 5)) return yield* Effect.fail("broken")
            batches.push(payloads.map(({ n }) => n))
          })
        }))
        const consumers = yield* EventConsumers.EventConsumers
        const service = yield* Events.Events
        yield* consumers.settled
        yield* service.appendAll(counted, [1, 2, 3].map((n) => ({ aggregateId: "a", payload: { n } }))).pipe(
          within(current)
        )
        yield* consumers.settled
        yield* service.appendAll(counted, [4, 5, 6].map((n) => ({ aggregateId: "a", payload: { n } }))).pipe(
          within(current)
        )
        yield* consumers.settled
        assert.deepStrictEqual(batches, [[1, 2, 3], [4], [6]])
        assert.lengthOf(yield* consumers.failures("batches", 10), 1)
      }))

    it.effect("a replay handles everything after the position again", () =>
      Effect.gen(function*() {
        const current = yield* organization
        const handled: Array<number> = []
        const log = yield* EventLog
        const after = yield* log.flush
        yield* Layer.build(EventConsumers.consume({
          name: "replayed",
          types: "all",
          startAt: "now",
          handle: (event) => Effect.map(Events.payload(counted, event), ({ n }) => handled.push(n))
        }))
        const consumers = yield* EventConsumers.EventConsumers
        yield* consumers.settled
        yield* append("a", 1).pipe(within(current))
        yield* append("a", 2).pipe(within(current))
        yield* consumers.settled
        yield* consumers.replay("replayed", after)
        yield* consumers.settled
        assert.deepStrictEqual(handled, [1, 2, 1, 2])
      }))
  })

  it.live("a consumer of which nothing happens goes on with the log, and sees that another process had it replayed", () =>
    Effect.gen(function*() {
      const current = yield* organization
      const handled: Array<number> = []
      const quiet = { name: "quiet", types: [counted.type] } as const
      const sql = yield* SqlClient.SqlClient
      yield* Effect.gen(function*() {
        const [consumers, service] = [yield* EventConsumers.EventConsumers, yield* Events.Events]
        yield* append("a", 1).pipe(within(current))
        yield* Layer.build(EventConsumers.consume({
          ...quiet,
          handle: (event) => Effect.map(Events.payload(counted, event), ({ n }) => handled.push(n))
        }))
        yield* consumers.settled
        const cursor = Effect.map(
          sql<{ readonly position: unknown }>`SELECT position FROM core_event_cursors WHERE consumer = ${quiet.name}`,
          ([row]) => Number(row?.position)
        )
        const before = yield* cursor
        const others = service.append(named, { aggregateId: "b", payload: { name: "b" } }).pipe(within(current))
        for (const _ of [1, 2, 3]) yield* Effect.andThen(others, consumers.settled)
        assert.deepStrictEqual([handled, yield* cursor], [[1], before])
        // As another process writes it.
        yield* sql`UPDATE core_event_cursors SET position = 0, lease_id = NULL, lease_until = 0`
        // It is noticed however much of others happens.
        while (handled.length < 2) yield* Effect.andThen(others, Effect.sleep("100 millis"))
        assert.deepStrictEqual(handled, [1, 1])
      }).pipe(Effect.scoped, Effect.provide(events))
    }).pipe(Effect.provide(migrated(database))))

  it.live("an event handled before a crash but not yet marked is delivered again, by the next process", () =>
    Effect.gen(function*() {
      const current = yield* organization
      const handled: Array<string> = []
      const reached = yield* Deferred.make<void>()
      const handler = (process: string, hang: boolean) =>
        EventConsumers.consume({
          name: "crashing",
          types: [counted.type],
          handle: (event) =>
            Effect.gen(function*() {
              handled.push(`${process}${event.position}`)
              if (hang) {
                yield* Deferred.succeed(reached, undefined)
                return yield* Effect.never
              }
            })
        })
      const sql = yield* SqlClient.SqlClient
      yield* Effect.gen(function*() {
        yield* append("a", 1).pipe(within(current))
        yield* Layer.build(handler("first", true))
        yield* Deferred.await(reached)
        // A killed process releases nothing: its lease stays until it runs out.
      }).pipe(Effect.scoped, Effect.provide(Layer.fresh(events)))
      yield* sql`UPDATE core_event_cursors SET lease_id = ${Id.toBytes(current.id)}, lease_until = 0`
      yield* Effect.gen(function*() {
        yield* Layer.build(handler("second", false))
        yield* EventConsumers.EventConsumers.use((consumers) => consumers.settled)
      }).pipe(Effect.scoped, Effect.provide(Layer.fresh(events)))
      assert.deepStrictEqual(handled, ["first1", "second1"])
    }).pipe(Effect.provide(migrated(database))))

  it.live("a process that lost its lease while it worked does not move the cursor: the event is delivered again", () =>
    Effect.gen(function*() {
      const current = yield* organization
      const handled: Array<number> = []
      const sql = yield* SqlClient.SqlClient
      yield* Effect.gen(function*() {
        yield* append("a", 1).pipe(within(current))
        yield* Layer.build(EventConsumers.consume({
          name: "fenced",
          types: "all",
          handle: (event) =>
            Effect.gen(function*() {
              handled.push(event.position)
              if (handled.length > 1) return
              yield* sql`UPDATE core_event_cursors SET lease_id = ${Id.toBytes(current.id)}, lease_until = 0`
            })
        }))
        yield* EventConsumers.EventConsumers.use((consumers) => consumers.settled)
        while (handled.length < 2) yield* Effect.sleep("20 millis")
      }).pipe(Effect.scoped, Effect.provide(events))
      assert.deepStrictEqual(handled, [1, 1])
    }).pipe(Effect.provide(migrated(database))))

  it.live("a handler that takes longer than a lease keeps it, and no other process handles its event", () =>
    Effect.gen(function*() {
      const current = yield* organization
      const handled: Array<string> = []
      const process = (name: string) =>
        Layer.fresh(
          EventConsumers.consume({
            name: "slow",
            types: "all",
            handle: () =>
              Effect.andThen(
                Effect.sync(() => handled.push(name)),
                Effect.sleep("3600 millis")
              )
          }).pipe(Layer.provideMerge(events))
        )
      const one = yield* Layer.build(process("one"))
      yield* Layer.build(process("two"))
      yield* append("a", 1).pipe(within(current), Effect.provideContext(one))
      yield* Effect.sleep("4400 millis")
      assert.lengthOf(handled, 1)
    }).pipe(Effect.scoped, Effect.provide(migrated(database))))

  it.live("two processes that append, sequence and consume lose nothing, leave no gap and keep each aggregate's order", () =>
    Effect.gen(function*() {
      const perWriter = 60
      const writers = 8
      const current = yield* organization
      const handled: Array<readonly [string, number, number]> = []
      const sql = yield* SqlClient.SqlClient
      yield* sql`CREATE TABLE counters (name VARCHAR(20) NOT NULL PRIMARY KEY, n INTEGER NOT NULL)`
      yield* Effect.forEach([0, 1, 2, 3], (name) => sql`INSERT INTO counters VALUES (${`c${name}`}, 0)`)

      const process = Layer.fresh(
        EventConsumers.consume({
          name: "counting",
          types: [counted.type],
          batchSize: 50,
          handle: (event) =>
            Effect.map(Events.payload(counted, event), ({ n }) => {
              handled.push([event.aggregateId, n, event.position])
            })
        }).pipe(Layer.provideMerge(events))
      )
      const one = yield* Layer.build(process)
      const two = yield* Layer.build(process)

      // Writers of both processes raise the same four counters under a row lock.
      const write = (writer: number) =>
        Effect.gen(function*() {
          for (let n = 0; n < perWriter; n++) {
            const name = `c${(writer + n) % 4}`
            yield* transaction(
              sql,
              Effect.gen(function*() {
                yield* sql`UPDATE counters SET n = n + 1 WHERE name = ${name}`
                const [row] = yield* sql<{ readonly n: number }>`SELECT n FROM counters WHERE name = ${name}`
                yield* append(name, Number(row!.n))
              })
            )
          }
        }).pipe(within(current), Effect.provideContext(writer % 2 === 0 ? one : two))
      yield* Effect.forEach(Array.from({ length: writers }, (_, i) => i), write, {
        concurrency: "unbounded",
        discard: true
      })

      const log = Context.get(one, EventLog)
      const head = yield* log.flush
      assert.strictEqual(head, writers * perWriter)
      while (handled.length < head) yield* Effect.sleep("20 millis")
      yield* Effect.sleep("50 millis")

      const rows = yield* log.read({ organizationId: current.id, after: 0, limit: 1000 })
      assert.deepStrictEqual(rows.map((row) => row.position), Array.from({ length: head }, (_, i) => i + 1))
      assert.deepStrictEqual(handled.map(([, , position]) => position), rows.map((row) => row.position))
      for (const name of ["c0", "c1", "c2", "c3"]) {
        const order = handled.filter(([aggregate]) => aggregate === name).map(([, n]) => n)
        assert.deepStrictEqual(order, order.map((_, index) => index + 1))
      }
    }).pipe(Effect.scoped, Effect.provide(migrated(database))))

  it.live("a thousand events a second and more pass from append to handler", () =>
    Effect.gen(function*() {
      const total = 3000
      const current = yield* organization
      let handled = 0
      yield* Effect.gen(function*() {
        yield* Layer.build(EventConsumers.consumeBatches({
          name: "fast",
          types: "all",
          handleBatch: (events) => Effect.sync(() => (handled += events.length))
        }))
        const sql = yield* SqlClient.SqlClient
        const service = yield* Events.Events
        const started = performance.now()
        // Thirty changes a transaction, as the ingest worker commits them.
        yield* Effect.forEach(
          Array.from({ length: total / 30 }),
          () =>
            transaction(
              sql,
              Effect.forEach(
                Array.from({ length: 30 }, (_, n) => n),
                (n) => service.append(counted, { aggregateId: `a${n}`, payload: { n } }),
                { discard: true }
              )
            ),
          { concurrency: 4, discard: true }
        )
        yield* EventConsumers.EventConsumers.use((consumers) => consumers.settled)
        const perSecond = total / ((performance.now() - started) / 1000)
        assert.strictEqual(handled, total)
        assert.isAbove(perSecond, database.name === "sqlite" ? 1000 : 300)
      }).pipe(within(current), Effect.scoped, Effect.provide(events))
    }).pipe(Effect.provide(migrated(database))))
})
