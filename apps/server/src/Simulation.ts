/**
 * Drives many customers against a running server through the provider emulators, and judges what came back by the
 * emulators' ledgers: no message lost, no answer doubled, every unknown question handed over.
 *
 * @since 0.1.0
 */
import * as Emulator from "@wicara/testing/Emulator"
import type { Duration } from "effect"
import { Clock, Deferred, Effect, Ref, Schedule, Schema, Semaphore } from "effect"
import { HttpClient, HttpClientRequest, HttpClientResponse } from "effect/http"

/**
 * One thing that a customer says. `answer`: the knowledge covers it (and the reply must contain one of `contains`, when
 * given). `handover`: it does not, or the customer asks for a person: the conversation must end with people.
 *
 * @category models
 * @since 0.1.0
 */
export const Line = Schema.Struct({
  say: Schema.NonEmptyString,
  expect: Schema.Literals(["answer", "handover"]),
  contains: Schema.optionalKey(Schema.Array(Schema.NonEmptyString))
})
/** @since 0.1.0 */
export type Line = typeof Line.Type

/**
 * What customers say: each one goes through a script, one line after the other's reply; customers take the scripts in
 * turn.
 *
 * @category models
 * @since 0.1.0
 */
export const Scenario = Schema.Struct({
  name: Schema.NonEmptyString,
  scripts: Schema.NonEmptyArray(Schema.Struct({ language: Schema.String, lines: Schema.NonEmptyArray(Line) }))
})
/** @since 0.1.0 */
export type Scenario = typeof Scenario.Type

/**
 * An emulated account to write to.
 *
 * @category models
 * @since 0.1.0
 */
export interface Target {
  /** Shown in the table: `whatsapp_cloud`, `waha`. */
  readonly name: string
  /** The emulator's base URL; its control routes are below `/_emulator`. */
  readonly controlUrl: string
  readonly account: string
}

/**
 * How a run ended.
 *
 * @category models
 * @since 0.1.0
 */
export interface Report {
  readonly customers: number
  readonly messages: number
  readonly answered: number
  readonly handedOver: number
  /** Lines without any reply when the run ended. Who got none in time says no more. */
  readonly lost: number
  /** The phone of each of these lines' customers. */
  readonly lostOf: ReadonlyArray<string>
  /** Accepted sends beyond one for each line. */
  readonly doubled: number
  /** Known questions whose reply lacks what it should contain. */
  readonly wrong: number
  /** Lines that should have ended with people and did not. */
  readonly notHandedOver: number
  readonly seconds: number
  readonly latencyMillis: { readonly p50: number; readonly p95: number; readonly max: number }
  readonly byTarget: ReadonlyArray<
    { readonly target: string; readonly customers: number; readonly messages: number; readonly replies: number }
  >
  /** The first few failures, as sentences. */
  readonly problems: ReadonlyArray<string>
}

/**
 * How far a run is, for the live line.
 *
 * @category models
 * @since 0.1.0
 */
export interface Progress {
  readonly customersDone: number
  readonly messages: number
  readonly replies: number
}

// The raw part of an entry can be large, and absent: only what is judged is read.
const { raw: _raw, ...judged } = Emulator.LedgerEntry.fields
const LedgerPage = Schema.Struct({ data: Schema.Array(Schema.Struct(judged)) })

interface Customer {
  readonly phone: string
  readonly target: Target
  readonly script: Scenario["scripts"][number]
  replies: Array<{ readonly text: string; readonly at: number; readonly id: string }>
  waiting: Deferred.Deferred<void> | undefined
  /** Lines so far. */
  said: number
}

/**
 * What the customer with this invented number is called.
 *
 * @category conversions
 * @since 0.1.0
 */
export const customerName = (phone: string): string => `Customer ${phone}`

/**
 * Follows one emulator's ledger and hands each accepted send to its customer.
 */
const follow = (target: Target, customers: ReadonlyMap<string, Customer>, since: Ref.Ref<number>) =>
  Effect.gen(function*() {
    const after = yield* Ref.get(since)
    const page = yield* HttpClient.get(`${target.controlUrl}/_emulator/ledger`, {
      urlParams: { after, limit: 10_000 }
    }).pipe(
      Effect.flatMap(HttpClientResponse.filterStatusOk),
      Effect.flatMap(HttpClientResponse.schemaBodyJson(LedgerPage))
    )
    const last = page.data.at(-1)
    if (last !== undefined) yield* Ref.set(since, last.seq)
    for (const entry of page.data) {
      if (entry.direction !== "send" || entry.outcome !== "accepted" || entry.account !== target.account) continue
      const customer = customers.get(digits(entry.to ?? ""))
      if (customer === undefined || customer.target !== target) continue
      customer.replies.push({ text: entry.text ?? "", at: entry.at, id: entry.providerMessageId ?? "" })
      if (customer.waiting !== undefined) yield* Deferred.succeed(customer.waiting, undefined)
    }
  })

const digits = (address: string): string => address.replace(/@.*$/, "").replaceAll(/\D/g, "")

const percentile = (sorted: ReadonlyArray<number>, share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0

/**
 * Runs the scenario. `handedOver` tells which of the customers' conversations are no longer the bot's (by phone); it is
 * asked once, at the end.
 *
 * @category running
 * @since 0.1.0
 */
export const run = Effect.fn("Simulation.run")(function*<E, R>(options: {
  readonly scenario: Scenario
  readonly targets: ReadonlyArray<Target>
  readonly customers: number
  /** Customers who write at the same time. */
  readonly concurrency: number
  /** How long a reply may take. */
  readonly patience: Duration.Input
  /** Who needs to wait no longer, by phone: asked every two seconds. */
  readonly hopeless?: Effect.Effect<ReadonlySet<string>>
  /** The first digits of the customers' invented phone numbers: another one is another crowd. */
  readonly phonePrefix: string
  readonly handedOver: (phones: ReadonlySet<string>) => Effect.Effect<ReadonlySet<string>, E, R>
  readonly onProgress: (progress: Progress) => Effect.Effect<void>
}) {
  const started = yield* Clock.currentTimeMillis
  const customers = new Map<string, Customer>()
  for (let index = 0; index < options.customers; index++) {
    const target = options.targets[index % options.targets.length]
    const script =
      options.scenario.scripts[Math.floor(index / options.targets.length) % options.scenario.scripts.length]
    if (target === undefined || script === undefined) continue
    const phone = `${options.phonePrefix}${String(index).padStart(6, "0")}`
    customers.set(phone, { phone, target, script, replies: [], waiting: undefined, said: 0 })
  }

  let messages = 0
  let customersDone = 0
  const latencies: Array<number> = []
  const problems: Array<string> = []
  const unanswered: Array<{ readonly customer: Customer; readonly line: Line }> = []
  let answered = 0
  let wrong = 0
  const report = Effect.suspend(() =>
    options.onProgress({
      customersDone,
      messages,
      replies: Array.from(customers.values()).reduce((sum, customer) => sum + customer.replies.length, 0)
    })
  )

  const say = Effect.fnUntraced(function*(customer: Customer, line: Line) {
    const before = customer.replies.length
    const waiting = yield* Deferred.make<void>()
    customer.waiting = waiting
    const at = yield* Clock.currentTimeMillis
    messages++
    customer.said++
    yield* HttpClientRequest.post(`${customer.target.controlUrl}/_emulator/messages`).pipe(
      HttpClientRequest.bodyJsonUnsafe({
        account: customer.target.account,
        from: { phone: customer.phone, name: customerName(customer.phone) },
        content: line.say
      }),
      HttpClient.execute,
      Effect.flatMap(HttpClientResponse.filterStatusOk)
    )
    const inTime = yield* Effect.timeoutOption(Deferred.await(waiting), options.patience)
    customer.waiting = undefined
    const reply = customer.replies[before]
    if (inTime._tag === "None" || reply === undefined) {
      unanswered.push({ customer, line })
      return false
    }
    latencies.push((yield* Clock.currentTimeMillis) - at)
    if (line.expect === "handover") return true
    if (
      line.contains !== undefined &&
      !line.contains.some((part) => reply.text.toLowerCase().includes(part.toLowerCase()))
    ) {
      wrong++
      problems.push(`${customer.phone} asked "${line.say}" and read "${reply.text.slice(0, 160)}"`)
    } else {
      answered++
    }
    return true
  })

  const talkOf = Effect.fnUntraced(function*(customer: Customer) {
    for (const line of customer.script.lines) {
      if (!(yield* say(customer, line))) return
    }
  })
  const giveUp = Effect.gen(function*() {
    for (const phone of yield* options.hopeless ?? Effect.succeed(new Set<string>())) {
      const waiting = customers.get(phone)?.waiting
      if (waiting !== undefined) yield* Deferred.succeed(waiting, undefined)
    }
  })

  const cursors = yield* Effect.forEach(
    options.targets,
    (target) => Effect.map(Ref.make(0), (since) => ({ target, since }))
  )
  // What earlier runs left in the ledgers is not ours.
  yield* Effect.forEach(cursors, ({ since, target }) => drain(target, new Map(), since), { discard: true })
  const followAll = Effect.forEach(
    cursors,
    ({ since, target }) => Effect.repeat(follow(target, customers, since), Schedule.spaced("100 millis")),
    { concurrency: "unbounded", discard: true }
  )
  const lane = yield* Semaphore.make(options.concurrency)
  const talk = Effect.forEach(
    customers.values(),
    (customer) =>
      lane.withPermits(1)(
        talkOf(customer).pipe(
          Effect.ensuring(Effect.sync(() => {
            customersDone++
          }))
        )
      ),
    { concurrency: "unbounded", discard: true }
  )
  yield* talk.pipe(
    Effect.raceFirst(Effect.repeat(report, Schedule.spaced("500 millis"))),
    Effect.raceFirst(Effect.repeat(giveUp, Schedule.spaced("2 seconds"))),
    Effect.raceFirst(followAll)
  )
  // A doubled answer may come late: give it the time to show.
  yield* Effect.sleep("3 seconds")
  yield* Effect.forEach(cursors, ({ since, target }) => drain(target, customers, since), { discard: true })
  yield* report

  // What came after the customer had given up waiting was late, not lost.
  const lost = unanswered.filter(({ customer }) => customer.replies.length < customer.said)
  for (const { customer, line } of lost) {
    problems.push(`${customer.phone} (${customer.target.name}) got no reply to "${line.say}"`)
  }
  let doubled = 0
  for (const customer of customers.values()) {
    const surplus = customer.replies.length - customer.said
    if (surplus > 0) {
      doubled += surplus
      problems.push(
        `${customer.phone} (${customer.target.name}) got ${customer.replies.length} replies to ${customer.said} messages: ${
          customer.replies.map((reply) => `"${reply.text.slice(0, 60)}"`).join(", ")
        }`
      )
    }
  }
  const expected = Array.from(customers.values()).filter((customer) =>
    customer.script.lines.some((line) => line.expect === "handover")
  )
  const withPeople = yield* options.handedOver(new Set(customers.keys()))
  const missing = expected.filter((customer) => !withPeople.has(customer.phone))
  for (const customer of missing) {
    problems.push(`${customer.phone} (${customer.target.name}) was not handed over`)
  }
  const early = Array.from(customers.values()).filter((customer) =>
    withPeople.has(customer.phone) && !expected.includes(customer)
  )
  for (const customer of early) {
    problems.push(`${customer.phone} was handed over though the knowledge covers everything asked`)
  }
  latencies.sort((one, other) => one - other)
  const ended = yield* Clock.currentTimeMillis
  const result: Report = {
    customers: customers.size,
    messages,
    answered,
    handedOver: expected.length - missing.length,
    lost: lost.length,
    lostOf: lost.map(({ customer }) => customer.phone),
    doubled,
    wrong: wrong + early.length,
    notHandedOver: missing.length,
    seconds: Math.round((ended - started) / 100) / 10,
    latencyMillis: {
      p50: percentile(latencies, 0.5),
      p95: percentile(latencies, 0.95),
      max: latencies.at(-1) ?? 0
    },
    byTarget: options.targets.map((target) => {
      const own = Array.from(customers.values()).filter((customer) => customer.target === target)
      return {
        target: target.name,
        customers: own.length,
        messages: own.reduce((sum, customer) => sum + customer.script.lines.length, 0),
        replies: own.reduce((sum, customer) => sum + customer.replies.length, 0)
      }
    }),
    problems: problems.slice(0, 20)
  }
  return result
})

/** Reads a ledger to its end. */
const drain = (target: Target, customers: ReadonlyMap<string, Customer>, since: Ref.Ref<number>) =>
  Effect.gen(function*() {
    let before = -1
    while ((yield* Ref.get(since)) !== before) {
      before = yield* Ref.get(since)
      yield* follow(target, customers, since)
    }
  })
