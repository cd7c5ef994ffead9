import { assert, describe, it } from "@effect/vitest"
import * as AccessCondition from "@wicara/core/AccessCondition"
import * as AccessRules from "@wicara/core/AccessRules"
import * as Permissions from "@wicara/core/Permissions"
import * as Scope from "@wicara/core/Scope"
import { Option, Schema } from "effect"
import { allResources, askOf, judge, makeRandom, makeWorld, noon, reachOf } from "./accessWorlds.ts"

/** `ACCESS_CASES=1000000` asks a million. */
const cases = Number(process.env["ACCESS_CASES"] ?? 100_000)
const seed = Number(process.env["ACCESS_SEED"] ?? 20261121)
const perWorld = 40

/** The permission itself, which is asked for by its bit rather than by its name. */
const permissionOf = (name: string): Permissions.Permission => {
  const [resource = "", action = ""] = name.split(":")
  return Permissions.define(resource, { [action]: "" })[action]!
}

describe("AccessRules", () => {
  it(`agrees with an independent judge in ${cases} random cases`, () => {
    const random = makeRandom(seed)
    let allowed = 0
    let scoped = 0
    for (let asked = 0; asked < cases;) {
      const world = makeWorld(random)
      const member = AccessRules.resolve(AccessRules.makeCatalog(world), world.subject)
      for (let n = 0; n < perWorld && asked < cases; n++, asked++) {
        const question = askOf(random)
        const actor = member.holdings(question.circumstances)
        const expected = judge(world, question)
        const said = () => JSON.stringify({ seed, asked, question, world })
        if (Permissions.can(actor, question.permission, question.resource) !== expected) assert.fail(said())
        const permission = permissionOf(question.permission)
        if (Permissions.can(actor, permission, question.resource) !== expected) assert.fail(`by bit: ${said()}`)
        assert.strictEqual(Permissions.holds(actor, permission), Permissions.holds(actor, question.permission))
        if (Permissions.holds(actor, question.permission) && !expected) assert.fail(`held everywhere: ${said()}`)
        if (expected && !Permissions.holdsSomewhere(actor, question.permission)) assert.fail(`nowhere: ${said()}`)
        if (expected) allowed++
        if (expected && !Permissions.holds(actor, question.permission)) scoped++
      }
    }
    // Neither answer is the rare one.
    assert.isAbove(allowed, cases / 5)
    assert.isBelow(allowed, cases * 4 / 5)
    assert.isAbove(scoped, cases / 20)
  }, 600_000)

  it("covers a reach only if everything within it is allowed", () => {
    const random = makeRandom(seed + 1)
    let covered = 0
    for (let n = 0; n < 3000; n++) {
      const world = makeWorld(random)
      const { circumstances, permission } = askOf(random)
      const actor = AccessRules.resolve(AccessRules.makeCatalog(world), world.subject).holdings(circumstances)
      const reach = reachOf(random)
      if (!Permissions.covers(actor, permission, reach)) continue
      covered++
      for (const resource of allResources.filter((one) => Scope.includes(reach, one))) {
        assert.isTrue(judge(world, { permission, resource, circumstances }), JSON.stringify({ reach, resource, world }))
      }
    }
    assert.isAbove(covered, 300)
  })

  it("lets nobody give what ends, what has a condition, or what something denies at another time", () => {
    const random = makeRandom(seed + 2)
    let granted = 0
    for (let n = 0; n < 3000; n++) {
      const world = makeWorld(random)
      const { circumstances, permission, resource } = askOf(random)
      const member = AccessRules.resolve(AccessRules.makeCatalog(world), world.subject)
      if (!Permissions.can(member.grantable(circumstances), permission, resource)) continue
      granted++
      // A year of half hours later, from anywhere: they hold it still.
      for (let later = 0; later < 40; later++) {
        const at = {
          now: circumstances.now + random.below(17_000) * 1_800_000,
          address: askOf(random).circumstances.address
        }
        assert.isTrue(
          judge(world, { permission, resource, circumstances: at }),
          JSON.stringify({ at, permission, resource, world })
        )
      }
    }
    assert.isAbove(granted, 300)
  })

  it("finds what leads back to itself, however long the way", () => {
    const graph: Readonly<Record<string, ReadonlyArray<string>>> = {
      a: ["b", "c"],
      b: ["d"],
      c: ["d"],
      d: ["e"],
      e: [],
      x: ["y"],
      y: ["z"],
      z: ["x"],
      s: ["s"]
    }
    const next = (key: string) => graph[key] ?? []
    assert.isUndefined(AccessRules.cycleFrom("a", next))
    assert.deepStrictEqual(AccessRules.cycleFrom("x", next), ["x", "y", "z", "x"])
    assert.deepStrictEqual(AccessRules.cycleFrom("s", next), ["s", "s"])
    assert.isUndefined(AccessRules.cycleFrom("e", next))
  })
})

describe("AccessCondition", () => {
  const decode = Schema.decodeUnknownOption(AccessCondition.AccessCondition)

  it("knows networks, and refuses what is none", () => {
    const from = (networks: ReadonlyArray<string>, address: string | undefined) =>
      AccessCondition.holds({ networks: networks as never }, { now: noon, address })
    assert.isTrue(from(["203.0.113.0/24"], "203.0.113.200"))
    assert.isFalse(from(["203.0.113.0/24"], "203.0.114.1"))
    assert.isTrue(from(["203.0.113.0/24"], "::ffff:203.0.113.9"))
    assert.isTrue(from(["2001:db8::/33", "::1"], "2001:db8:7fff::1"))
    assert.isFalse(from(["2001:db8::/33"], "2001:db8:8000::1"))
    assert.isTrue(from(["0.0.0.0/0"], "8.8.8.8"))
    assert.isFalse(from(["0.0.0.0/0"], "2001:db8::1"))
    assert.isFalse(from(["0.0.0.0/0", "::/0"], undefined))
    assert.isFalse(from(["0.0.0.0/0"], "not an address"))
    for (
      const text of [
        "",
        "10.0.0",
        "10.0.0.256",
        "10.0.0.0/33",
        "10.0.0.01",
        ":::",
        "1::2::3",
        "g::1",
        "::1/129",
        "a/b/c"
      ]
    ) {
      assert.isTrue(Option.isNone(decode({ networks: [text] })), text)
    }
    assert.isTrue(Option.isSome(decode({ networks: ["fe80::1", "::ffff:1.2.3.4", "2001:db8::/32"] })))
  })

  it("knows the hours of a week in a time zone, also past midnight and when the clocks change", () => {
    const within = (from: string, to: string, days: ReadonlyArray<string>, at: string, timezone = "Asia/Jakarta") =>
      AccessCondition.isWithinHours({ timezone, days: days as never, from, to }, Date.parse(at))
    // 02:00 UTC on a Monday is 09:00 in Jakarta.
    assert.isTrue(within("09:00", "17:00", ["mon"], "2026-11-23T02:00:00Z"))
    assert.isFalse(within("09:00", "17:00", ["mon"], "2026-11-23T01:59:00Z"))
    assert.isFalse(within("09:00", "17:00", ["mon"], "2026-11-23T10:00:00Z"))
    assert.isFalse(within("09:00", "17:00", ["tue"], "2026-11-23T02:00:00Z"))
    // Friday's night shift goes on until Saturday morning, and Saturday has none.
    assert.isTrue(within("22:00", "06:00", ["fri"], "2026-11-27T15:30:00Z"))
    assert.isTrue(within("22:00", "06:00", ["fri"], "2026-11-27T22:59:00Z"))
    assert.isFalse(within("22:00", "06:00", ["fri"], "2026-11-27T23:00:00Z"))
    assert.isFalse(within("22:00", "06:00", ["fri"], "2026-11-28T16:00:00Z"))
    // 09:30 in Berlin is 08:30 UTC in winter and 07:30 in summer.
    assert.isFalse(within("09:00", "10:00", ["mon"], "2026-01-05T07:30:00Z", "Europe/Berlin"))
    assert.isTrue(within("09:00", "10:00", ["mon"], "2026-07-06T07:30:00Z", "Europe/Berlin"))
    assert.isTrue(
      Option.isNone(decode({ hours: { timezone: "Mars/Olympus", days: ["mon"], from: "09:00", to: "10:00" } }))
    )
    assert.isTrue(Option.isNone(decode({ hours: { timezone: "UTC", days: [], from: "09:00", to: "10:00" } })))
    assert.isTrue(Option.isNone(decode({ hours: { timezone: "UTC", days: ["mon"], from: "24:00", to: "10:00" } })))
  })
})
