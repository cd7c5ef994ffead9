/** What WAHA tells beside messages: calls, groups, votes and answers. */
import { assert, describe, it } from "@effect/vitest"
import { decode, decodeOne, dewi, dewiPhone, envelope, shop, shopLid } from "./fixtures.ts"

const group = "120300000000000001@g.us"
const at = 1795200001
const call = { id: "CALL1", from: dewi, timestamp: at, isVideo: true, isGroup: false, _data: {} }

describe("calls", () => {
  it("ring, are taken or refused, by whoever calls", () => {
    const statuses = { "call.received": "ringing", "call.accepted": "accepted", "call.rejected": "rejected" }
    for (const [name, status] of Object.entries(statuses)) {
      const event = decodeOne(envelope(name, call))
      assert(event._tag === "CallChanged")
      assert.deepStrictEqual([event.status, event.direction, event.video, event.callId], [
        status,
        "inbound",
        true,
        "CALL1"
      ])
      assert.deepStrictEqual(event.chat, { kind: "lid", value: dewi.split("@")[0] ?? "" })
      assert.strictEqual(event.timestamp, at * 1000)
    }
  })

  it("of a hidden caller are kept as they came", () => {
    const event = decodeOne(envelope("call.received", { ...call, from: null }))
    assert(event._tag === "Unknown" && event.kind === "call.received")
  })
})

describe("groups", () => {
  const whole = {
    id: group,
    subject: "Reseller",
    description: "Harga",
    participants: [{ id: dewiPhone, role: "admin" }]
  }

  it("name the members that joined, left, rose or fell, by each of their identities", () => {
    const kinds = { join: "joined", leave: "left", promote: "promoted", demote: "demoted" }
    for (const [type, kind] of Object.entries(kinds)) {
      const event = decodeOne(envelope("group.v2.participants", {
        type,
        group: { id: group },
        participants: [{ id: dewi, pn: dewiPhone, role: "participant" }],
        timestamp: at
      }))
      assert(event._tag === "GroupChanged")
      assert.strictEqual(event.kind, kind)
      assert.deepStrictEqual(event.participants, [{
        identities: [{ kind: "phone", value: "6281300000042" }, { kind: "lid", value: dewi.split("@")[0] ?? "" }]
      }])
    }
  })

  it("that the account joins or leaves are about the account itself", () => {
    for (const [name, kind] of [["group.v2.join", "joined"], ["group.v2.leave", "left"]] as const) {
      const event = decodeOne(envelope(name, { group: whole, timestamp: at, _data: {} }))
      assert(event._tag === "GroupChanged")
      assert.deepStrictEqual([event.kind, event.subject, event.group], [kind, "Reseller", {
        kind: "group",
        value: "120300000000000001"
      }])
      assert.deepStrictEqual(event.participants.map(({ identities }) => identities.map(({ value }) => value)), [
        [shop.split("@")[0] ?? "", shopLid.split("@")[0] ?? ""]
      ])
    }
  })

  it("that change say what they are now", () => {
    const event = decodeOne(envelope("group.v2.update", { group: { id: group, subject: "Baru" }, timestamp: at }))
    assert(event._tag === "GroupChanged" && event.kind === "updated" && event.subject === "Baru")
    assert.deepStrictEqual(event.participants, [])
  })

  it("of older versions are read as far as they say something", () => {
    const told = { chatId: group, recipientIds: [dewiPhone], type: "add" }
    const event = decodeOne(envelope("group.join", told))
    assert(event._tag === "GroupChanged" && event.kind === "joined" && event.participants.length === 1)
    assert.strictEqual(decodeOne(envelope("group.leave", {}))._tag, "Unknown")
  })
})

describe("answers", () => {
  const vote = { id: `false_${dewi}_3EB0V`, from: dewi, to: "me", fromMe: false, selectedOptions: [], timestamp: at }
  const poll = { id: `true_${dewi}_3EB0P`, fromMe: true }

  it("that could not be decrypted are told of, and never as an empty choice", () => {
    const event = decodeOne(envelope("poll.vote.failed", { vote, poll }))
    assert(event._tag === "MessageReceived" && event.content.type === "unsupported")
    assert.strictEqual(event.replyTo, "3EB0P")
    const withdrawn = decode(envelope("poll.vote", { vote, poll })).at(-1)
    assert(withdrawn?._tag === "MessageReceived" && withdrawn.content.type === "flow_reply")
  })

  it("to an invitation name the event and the guests", () => {
    const answer = {
      id: `false_${dewi}_3EB0E`,
      from: dewi,
      fromMe: false,
      timestamp: at,
      eventCreationKey: { id: `true_${dewi}_3EB0C` },
      eventResponse: { response: "GOING", timestampMs: at * 1000, extraGuestCount: 2 }
    }
    const event = decodeOne(envelope("event.response", answer))
    assert(event._tag === "MessageReceived" && event.content.type === "flow_reply")
    assert.deepStrictEqual(event.content.data, { eventId: "3EB0C", response: "GOING", extraGuestCount: 2 })
    const failed = decodeOne(envelope("event.response.failed", { ...answer, eventResponse: null }))
    assert(failed._tag === "MessageReceived" && failed.content.type === "unsupported")
  })
})
