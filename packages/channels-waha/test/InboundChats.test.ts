/** What WAHA tells of chats and polls, in the form of each engine that tells it. */
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { MessageContent } from "@wicara/channels/MessageContent"
import { decode, decodeOne, dewi, dewiPhone, envelope, message, shop, shopLid } from "./fixtures.ts"

const at = 1795200001
const lid = { kind: "lid", value: "880000000000042" } as const
const phone = { kind: "phone", value: "6281300000042" } as const
const of = (engine: string) => ({ engine, environment: { version: "2026.7.1", engine, tier: "PLUS", browser: null } })

describe("a presence", () => {
  // Socket engines name people by their hidden id and give no time of what they did not see; browser engines by number.
  const forms = [
    ["GOWS", dewi, lid, null],
    ["NOWEB", dewi, lid, undefined],
    ["WEBJS", dewiPhone, phone, at],
    ["WPP", dewiPhone, phone, at]
  ] as const

  it.each(forms)("of %s says who writes, records, stopped, is there or left", (engine, id, address, lastSeen) => {
    for (const presence of ["typing", "recording", "paused", "online", "offline"] as const) {
      const event = decodeOne(
        envelope("presence.update", {
          id,
          presences: [{ participant: id, lastKnownPresence: presence, lastSeen }]
        }, of(engine))
      )
      assert(event._tag === "PresenceChanged")
      assert.deepStrictEqual(event.chat, address)
      assert.deepStrictEqual(event.people, [{
        person: { identities: [address] },
        presence,
        ...(typeof lastSeen === "number" ? { lastSeenAt: at * 1000 } : {})
      }])
    }
  })

  it("in a group names each member, and never the session itself", () => {
    const event = decodeOne(envelope("presence.update", {
      id: "120300000000000001@g.us",
      presences: [
        { participant: shopLid, lastKnownPresence: "online" },
        { participant: dewi, lastKnownPresence: "typing" },
        { participant: dewiPhone, lastKnownPresence: "asleep" }
      ]
    }))
    assert(event._tag === "PresenceChanged")
    assert.deepStrictEqual(event.chat, { kind: "group", value: "120300000000000001" })
    assert.deepStrictEqual(event.people.map(({ person }) => person.identities[0]), [lid])
  })
})

describe("a chat", () => {
  it.each([["WEBJS", dewiPhone, phone], ["NOWEB", dewi, lid], ["GOWS", dewi, lid]] as const)(
    "is put away and brought back, as %s tells it",
    (engine, id, chat) => {
      for (const archived of [true, false]) {
        const event = decodeOne(envelope("chat.archive", { id, archived, timestamp: at }, of(engine)))
        assert(event._tag === "ChatArchived")
        assert.deepStrictEqual([event.chat, event.archived, event.timestamp], [chat, archived, at * 1000])
      }
    }
  )

  it.each([
    // NOWEB often does not know the label any more; GOWS and WEBJS name it.
    ["NOWEB", dewiPhone, null, undefined],
    ["GOWS", dewi, { id: "6", name: "Lunas", color: 3, colorHex: "#ffd429" }, "Lunas"],
    ["WEBJS", { _serialized: dewiPhone }, { id: "6", name: "Lunas", color: 3, colorHex: "#ffd429" }, "Lunas"]
  ])("gets a label and loses it, as %s tells it", (engine, chatId, label, name) => {
    for (const [event, added] of [["label.chat.added", true], ["label.chat.deleted", false]] as const) {
      const changed = decodeOne(envelope(event, { labelId: "6", chatId, label }, of(engine)))
      assert(changed._tag === "ChatLabelChanged")
      assert.deepStrictEqual([changed.labelId, changed.name, changed.added], ["6", name, added])
    }
  })

  it.each(["GOWS", "NOWEB", "WEBJS"])("has labels that are made, changed and deleted, as %s tells it", (engine) => {
    const upsert = { id: "10", name: "Baru", color: 14, colorHex: "#00a0f2" }
    const made = decodeOne(envelope("label.upsert", upsert, of(engine)))
    assert.deepInclude(made, { _tag: "LabelChanged", labelId: "10", name: "Baru", color: "#00a0f2", deleted: false })
    const deleted = decodeOne(envelope("label.deleted", { ...upsert, name: "" }, of(engine)))
    assert(deleted._tag === "LabelChanged" && deleted.deleted && deleted.name === undefined)
  })
})

describe("a message that can't be read yet", () => {
  it.each([
    ["GOWS", message({ body: null, media: null, hasMedia: false })],
    ["NOWEB", message({ body: undefined, _data: { messageStubType: 2 } })],
    ["WEBJS", {
      id: `false_${dewiPhone}_3EB0D3W100000000000001`,
      timestamp: at,
      from: dewiPhone,
      fromMe: false,
      to: shop,
      _data: { type: "ciphertext" }
    }]
  ])("keeps the place of its id, as %s tells it", (engine, payload) => {
    const event = decodeOne(envelope("message.waiting", payload, of(engine)))
    assert(event._tag === "MessageWaiting")
    assert.deepStrictEqual([event.providerMessageId, event.timestamp], ["3EB0D3W100000000000001", at * 1000])
    assert.deepStrictEqual(event.chat, engine === "WEBJS" ? phone : lid)
  })

  it("of the session's own was written on the phone, and is none where WAHA sent it", () => {
    const payload = { id: `true_${dewi}_3EB0A`, timestamp: at, from: shop, fromMe: true, to: dewi }
    for (const source of [undefined, "app"]) {
      const own = decodeOne(envelope("message.waiting", { ...payload, source }))
      assert(own._tag === "MessageWaiting")
      assert.deepStrictEqual([own.providerMessageId, own.chat, own.fromBusiness], ["3EB0A", lid, true])
      assert.deepStrictEqual(own.sender, { identities: [lid] })
    }
    const sent = decodeOne(envelope("message.waiting", { ...payload, source: "api" }))
    assert(sent._tag === "Unknown" && sent.kind === "message.waiting.own")
  })
})

describe("what an engine says of itself", () => {
  it("is named and kept as it came", () => {
    const payload = { event: "messages.upsert", data: { messages: [{ key: "x" }], type: "notify" } }
    assert.deepStrictEqual(decodeOne(envelope("engine.event", payload, of("NOWEB"))), {
      _tag: "AccountChanged",
      kind: "engine.event",
      detail: "messages.upsert",
      raw: payload,
      timestamp: 1795200001500
    })
    const nameless = decodeOne(envelope("engine.event", { data: 1 }))
    assert(nameless._tag === "Unknown" && nameless.kind === "engine.event")
  })
})

describe("a poll", () => {
  const question = "Kapan kami datang?"
  const options = ["Senin", "Selasa", "Rabu"]
  const native = (selectableOptionsCount?: number) => ({
    name: question,
    options: options.map((optionName) => ({ optionName, optionHash: null })),
    selectableOptionsCount
  })
  const inBrowser = (pollSelectableOptionsCount: number) => ({
    type: "poll_creation",
    pollName: question,
    pollOptions: options.map((name, localId) => ({ name, localId })),
    pollSelectableOptionsCount
  })
  const forms: ReadonlyArray<readonly [string, object, boolean]> = [
    ["GOWS", { Info: { PushName: "Dewi" }, Message: { pollCreationMessageV3: native(1) } }, false],
    ["GOWS", { Message: { pollCreationMessage: native(0) } }, true],
    ["NOWEB", { pushName: "Dewi", message: { pollCreationMessageV3: native(1) } }, false],
    ["NOWEB", { message: { ephemeralMessage: { message: { pollCreationMessage: native(3) } } } }, true],
    ["NOWEB", { message: { pollCreationMessageV2: native() } }, true],
    ["WEBJS", inBrowser(1), false],
    ["WPP", inBrowser(0), true]
  ]

  it.each(forms)("comes with its question and answers, as %s tells it", (engine, _data, multiple) => {
    const body = engine === "WEBJS" ? question : null
    const received = decodeOne(envelope("message.any", message({ body, _data }), of(engine)))
    assert(received._tag === "MessageReceived")
    assert.deepStrictEqual(received.content, { type: "poll", question, options, multiple })
    assert.isTrue(Schema.is(MessageContent)(received.content))
    const id = `true_${dewi}_3EB0P`
    const own = decodeOne(envelope("message.any", message({ id, fromMe: true, body, _data }), of(engine)))
    assert(own._tag === "MessageEchoed")
    assert.strictEqual(own.content.type, "poll")
  })

  it("of more or longer words than fit is cut, and is a text where nothing can be chosen", () => {
    const of = (name: string, names: ReadonlyArray<string>) => {
      const poll = { name, options: names.map((optionName) => ({ optionName })), selectableOptionsCount: 1 }
      const event = decodeOne(
        envelope("message.any", message({ body: name, _data: { Message: { pollCreationMessageV3: poll } } }))
      )
      assert(event._tag === "MessageReceived" && Schema.is(MessageContent)(event.content))
      return event.content
    }
    const long = of("x".repeat(300), [...Array.from({ length: 20 }, (_, one) => `${one}`), "3", "y".repeat(200)])
    assert(long.type === "poll")
    assert.deepStrictEqual([long.question.length, long.options.length], [255, 12])
    assert.deepStrictEqual(of("Datang?", ["Ya", "Ya", ""]), { type: "text", text: "Datang?" })
  })
})

describe("a vote", () => {
  const vote = (engine: string, more: object, pollId: string) =>
    decode(
      envelope("poll.vote", {
        vote: { id: `false_${dewi}_3EB0V`, from: dewi, to: "me", fromMe: false, timestamp: at, ...more },
        poll: { id: pollId, from: "me", to: dewi, fromMe: true }
      }, of(engine))
    )

  it.each([["NOWEB", `true_${dewi}_3EB0P`], ["GOWS", "3EB0P"], ["WEBJS", `true_${dewiPhone}_3EB0P`]])(
    "is a vote in its poll and a message, as %s tells it",
    (engine, pollId) => {
      const [voted, said, ...others] = vote(engine, { selectedOptions: ["Senin"] }, pollId)
      assert(voted?._tag === "PollVoted" && said?._tag === "MessageReceived" && others.length === 0)
      assert.deepStrictEqual([voted.targetProviderMessageId, voted.options, voted.fromBusiness], [
        "3EB0P",
        ["Senin"],
        false
      ])
      assert.deepStrictEqual(voted.sender.identities, [lid])
      assert.deepStrictEqual(said.content, {
        type: "flow_reply",
        name: "poll_vote",
        body: "Senin",
        data: { pollId: "3EB0P", selected: ["Senin"] }
      })
    }
  )

  it("of the business on its own phone is a vote, and no message", () => {
    const [voted, ...others] = vote("NOWEB", {
      id: `true_${dewi}_3EB0V`,
      from: "me",
      to: dewi,
      fromMe: true,
      selectedOptions: []
    }, `true_${dewi}_3EB0P`)
    assert(voted?._tag === "PollVoted" && voted.fromBusiness && others.length === 0)
    assert.deepStrictEqual(voted.options, [])
  })
})
