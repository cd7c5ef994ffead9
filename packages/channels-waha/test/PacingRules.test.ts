import { assert, describe, it } from "@effect/vitest"
import * as Rules from "@wicara/channels-waha/PacingRules"

const day = 86_400_000
const start = 20_000 * day

const ask = (state: Rules.PacingState, question: Partial<Rules.PacingQuestion>, settings: Rules.PacingSettings = {}) =>
  Rules.decide(Rules.withDefaults(settings), state, {
    now: start,
    to: "stranger",
    week: { contacted: 0, answered: 0 },
    draw: 0.5,
    ...question
  })

/** Asks again and again through a day; how many went. */
const throughDay = (state: Rules.PacingState, from: number, to: Rules.PacingQuestion["to"] = "stranger") => {
  let current = state
  let went = 0
  for (let now = from; now < from + day; now += 15_000) {
    const decision = ask(current, { now, to })
    if (decision._tag === "Go") went++
    current = decision.state
  }
  return { state: current, went }
}

describe("a new number", () => {
  it("reaches one more new person every day until it may reach as many as the settings say", () => {
    let state = Rules.initial(start)
    const reached: Array<number> = []
    for (let index = 0; index < 16; index++) {
      const today = throughDay(state, start + index * day)
      state = today.state
      reached.push(today.went)
    }
    assert.deepStrictEqual(reached, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 15])
  })

  it("says that it is warming up, and when to ask again: tomorrow, not all at once", () => {
    const { state } = throughDay(Rules.initial(start), start)
    const first = ask(state, { now: start + day - 1_000, draw: 0 })
    const last = ask(state, { now: start + day - 1_000, draw: 1 })
    assert(first._tag === "Wait" && last._tag === "Wait" && first.code === "warm_up")
    assert.strictEqual(first.until, start + day)
    assert.strictEqual(last.until, start + day + 3_600_000)
  })

  it("that has been in use is not warmed up", () => {
    assert.strictEqual(Rules.allowed(15, 0, 0), 15)
    assert.strictEqual(Rules.allowed(0, 14, 0), 0)
  })
})

describe("the pace", () => {
  it("keeps distances that vary by half around what the settings say", () => {
    const distances = [0, 0.5, 1].map((draw) => {
      const decision = ask(Rules.initial(start), { draw, to: "known" })
      return decision._tag === "Go" ? decision.state.nextAt - start : 0
    })
    assert.deepStrictEqual(distances, [3_000, 6_000, 9_000])
  })

  it("lets nobody go before the distance is over", () => {
    const first = ask(Rules.initial(start), { to: "known" })
    const second = ask(first.state, { to: "known", now: start + 5_999 })
    assert(second._tag === "Wait" && second.code === "pace" && second.until >= start + 6_000)
    assert.strictEqual(ask(first.state, { to: "known", now: start + 6_000 })._tag, "Go")
  })

  it("stops at what a day may see", () => {
    const settings = { warmUpDays: 0, messagesPerDay: 2 }
    const state = { ...Rules.initial(start), messages: 2 }
    const decision = ask(state, { to: "known" }, settings)
    assert(decision._tag === "Wait" && decision.code === "daily_cap")
    assert.strictEqual(ask(state, { to: "known", now: start + day }, settings)._tag, "Go")
  })
})

describe("the brake", () => {
  it("is put on when too many of enough people leave the number unanswered, and holds for everybody", () => {
    assert.strictEqual(ask(Rules.initial(start), { week: { contacted: 9, answered: 0 } })._tag, "Go")
    assert.strictEqual(ask(Rules.initial(start), { week: { contacted: 10, answered: 2 } })._tag, "Go")
    const decision = ask(Rules.initial(start), { week: { contacted: 10, answered: 1 } })
    assert(decision._tag === "Wait" && decision.code === "unanswered_ratio")
    assert.strictEqual(decision.until, start + day)
    const known = ask(decision.state, { to: "known", now: start + day - 1 })
    assert(known._tag === "Wait" && known.code === "unanswered_ratio")
    assert.strictEqual(ask(decision.state, { to: "known", now: start + day })._tag, "Go")
  })

  it("is not put on by those who are written to again", () => {
    assert.strictEqual(ask(Rules.initial(start), { to: "known", week: { contacted: 50, answered: 0 } })._tag, "Go")
  })
})
