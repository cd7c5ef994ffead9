import { assert, describe, it } from "@effect/vitest"
import type { ChannelCapabilities } from "@wicara/channels/ChannelAdapter"
import * as ChannelKit from "@wicara/testing/testkit/channel/ChannelKit"
import * as ChannelScenarios from "@wicara/testing/testkit/channel/ChannelScenarios"
import * as MemoryChannel from "@wicara/testing/testkit/channel/MemoryChannel"

/**
 * The laws that hold an adapter to each of its flags, or the number of the complaint whose scenario holds the pipeline to
 * it. A new flag doesn't compile until it is listed here.
 */
const provedBy: Readonly<Record<keyof ChannelCapabilities, ReadonlyArray<string | number>>> = {
  content: ["content.declared", "content.undeclared", "content.fallback"],
  maxTextLength: ["limits.text", "declaration.flags"],
  maxButtons: ["limits.choices", "declaration.flags"],
  maxListRows: ["limits.choices", "declaration.flags"],
  readReceipts: ["extras.reading", "declaration.flags"],
  typing: ["extras.typing", "declaration.flags"],
  reactions: ["extras.reactions", "declaration.flags"],
  actions: [
    "actions.edit",
    "actions.edit_caption",
    "actions.delete",
    "actions.forward",
    "actions.pin",
    "actions.star",
    "actions.vote",
    "actions.outcomes"
  ],
  statuses: ["status.order", "status.names", "status.failed"],
  editWithin: ["actions.edit_within", "declaration.flags"],
  acknowledgedWithin: [8],
  serviceWindowHours: [16],
  reconcile: ["reconcile.reserves", "reconcile.found", "reconcile.absent", "reconcile.undecided", "status.callback"],
  messagesPerSecond: [22, "declaration.flags"]
}

const laws = new Map(ChannelKit.laws.map((law) => [law.id, law]))
const complaints = new Set(ChannelScenarios.all.map(({ complaint }) => complaint))
const adapter = MemoryChannel.make()

const exempt = (change: Partial<ChannelCapabilities>) => {
  const changed = { ...adapter, capabilities: { ...adapter.capabilities, ...change } }
  return ChannelKit.laws.filter((law) => law.exempt(changed) !== undefined).map(({ id }) => id)
}

/** The parts of an adapter that are made of several functions. */
type Part = "templates" | "profile" | "groups" | "history" | "lifecycle"
const lawsOf: Readonly<Record<Part, ReadonlyArray<string>>> = {
  templates: ["templates.complete", "templates.change", "templates.faults"],
  profile: ["profile.change", "profile.unchangeable", "profile.faults"],
  groups: ["groups.complete", "groups.change", "groups.members", "groups.invite", "groups.faults"],
  history: [
    "history.names",
    "history.span",
    "history.complete",
    "history.chats",
    "history.alive",
    "history.faults"
  ],
  lifecycle: ["lifecycle.state", "lifecycle.faults", "lifecycle.repeated", "lifecycle.repair", "lifecycle.disconnect"]
}

describe("every part of an adapter", () => {
  it.each(Object.entries(lawsOf))("has laws, which apply where there is one: %s", (part, ids) => {
    const none = { ...adapter, [part]: undefined }
    for (const id of ids) {
      const law = laws.get(id)
      assert.isUndefined(law?.exempt(adapter), id)
      assert.isString(law?.exempt(none), id)
    }
  })
})

describe("every flag of an adapter", () => {
  it("is proved by laws of the kit, or by a scenario", () => {
    const unproved = Object.entries(provedBy).filter(([, proofs]) => proofs.length === 0).map(([flag]) => flag)
    assert.deepStrictEqual(unproved, [])
    for (const [flag, proofs] of Object.entries(provedBy)) {
      for (const proof of proofs) {
        assert.isTrue(typeof proof === "number" ? complaints.has(proof) : laws.has(proof), `${flag}: ${proof}`)
      }
    }
  })

  const without: ReadonlyArray<readonly [Partial<ChannelCapabilities>, string]> = [
    [{ readReceipts: false }, "extras.reading"],
    [{ reactions: false }, "extras.reactions"],
    [{ statuses: false }, "status.order"],
    [{ reconcile: "none" }, "reconcile.found"],
    [{ actions: new Set() }, "actions.edit"],
    [{ editWithin: undefined }, "actions.edit_within"],
    [{ maxButtons: 0, maxListRows: 0, content: new Set(["text"]) }, "limits.choices"]
  ]
  it.each(without)(
    "%o frees an adapter from the laws that follow from it, and without it they apply",
    (change, law) => {
      assert.notInclude(exempt({}), law)
      assert.include(exempt(change), law)
    }
  )
})
