import { assert, describe, it } from "@effect/vitest"
import { Effect, Result, Schema } from "effect"
import { InboundEvent } from "@wicara/channels/InboundEvent"
import * as Waha from "@wicara/channels-waha/Waha"
import { account, bytes, decode, decodeOne, dewi, dewiPhone, envelope, message, shop, shopLid } from "./fixtures.ts"

const received = (payload: unknown, event = "message") => {
  const decoded = decodeOne(envelope(event, payload))
  assert.strictEqual(decoded._tag, "MessageReceived")
  return decoded as Extract<InboundEvent, { _tag: "MessageReceived" }>
}

const valid = Schema.is(Schema.Array(InboundEvent))

describe("messages", () => {
  it("come from the address they are to be answered at, LID or phone", () => {
    const event = received(message())
    assert.deepStrictEqual(event.chat, { kind: "lid", value: "880000000000042" })
    assert.deepStrictEqual(event.sender.identities, [{ kind: "lid", value: "880000000000042" }])
    assert.strictEqual(event.providerMessageId, "3EB0D3W100000000000001")
    assert.strictEqual(event.timestamp, 1795200001000)
    assert.deepStrictEqual(event.content, { type: "text", text: "Jam berapa buka?" })
    const byPhone = received(message({ from: dewiPhone, id: `false_${dewiPhone}_3EB0D3W100000000000001` }))
    assert.deepStrictEqual(byPhone.chat, { kind: "phone", value: "6281300000042" })
  })

  it("carry every identity that the payload names for the sender", () => {
    const event = received(message({ from: dewiPhone }))
    assert.deepStrictEqual(event.chat, { kind: "phone", value: "6281300000042" })
    assert.deepStrictEqual(event.sender.identities, [
      { kind: "phone", value: "6281300000042" },
      { kind: "lid", value: "880000000000042" }
    ])
  })

  it("have one id under `message` and `message.any`, and under the LID and the phone", () => {
    const ids = [
      received(message()),
      received(message(), "message.any"),
      received(message({ from: dewiPhone, id: `false_${dewiPhone}_3EB0D3W100000000000001` }), "message.any")
    ].map((event) => event.providerMessageId)
    assert.deepStrictEqual(new Set(ids).size, 1)
  })

  it("of a group name the group as the chat and the participant as the sender", () => {
    const group = "120363000000000001@g.us"
    const event = received(message({ id: `false_${group}_3EB0D3W1_${dewi}`, from: group, participant: dewi }))
    assert.deepStrictEqual(event.chat, { kind: "group", value: "120363000000000001" })
    assert.deepStrictEqual(event.sender.identities, [{ kind: "lid", value: "880000000000042" }])
    const bare = received(message({ id: `false_${group}_3EB0D3W1_${dewi}`, from: group }))
    assert.deepStrictEqual(bare.sender.identities, [{ kind: "lid", value: "880000000000042" }])
  })

  it("written on the phone are a person's, those sent by the API are our own echo", () => {
    const own = (source: unknown) =>
      decodeOne(envelope("message.any", message({ id: `true_${dewi}_3EB0SH0P01`, fromMe: true, source })))
    const phone = own("app")
    const api = own("api")
    assert(phone._tag === "MessageEchoed" && api._tag === "MessageEchoed")
    assert.strictEqual(phone.source, "phone")
    assert.strictEqual(api.source, "api")
    assert.strictEqual(api.providerMessageId, "3EB0SH0P01")
    assert.deepStrictEqual(api.chat, { kind: "lid", value: "880000000000042" })
    const silent = own(undefined)
    assert(silent._tag === "MessageEchoed" && silent.source === "phone")
  })

  it("of browser engines, which write the session into `from`, still name the customer's chat", () => {
    const event = decodeOne(envelope(
      "message.any",
      message({
        id: `true_${dewiPhone}_3EB0SH0P02`,
        from: shop,
        to: dewiPhone,
        fromMe: true,
        source: "app"
      })
    ))
    assert(event._tag === "MessageEchoed")
    assert.deepStrictEqual(event.chat, { kind: "phone", value: "6281300000042" })
  })

  it("quote the message they answer by its bare id", () => {
    assert.strictEqual(received(message({ replyTo: { id: "3EB0SH0P01", participant: shopLid } })).replyTo, "3EB0SH0P01")
    assert.strictEqual(received(message({ replyTo: { id: `true_${dewi}_3EB0SH0P01` } })).replyTo, "3EB0SH0P01")
  })

  it("take fractional seconds, milliseconds, text and nonsense for a time", () => {
    assert.strictEqual(received(message({ timestamp: 1795200001.853 })).timestamp, 1795200001853)
    assert.strictEqual(received(message({ timestamp: 1795200001853 })).timestamp, 1795200001853)
    assert.strictEqual(received(message({ timestamp: "1795200001" })).timestamp, 1795200001000)
    for (const timestamp of [null, undefined, -5, 0, "soon", 1e300, {}]) {
      assert.strictEqual(received(message({ timestamp })).timestamp, 1795200001500)
    }
    const bare = decodeOne(envelope("message", message({ timestamp: null }), { timestamp: undefined }))
    assert.notProperty(bare, "timestamp")
  })

  it("with media point to the account's own server, whatever host WAHA believes to have", () => {
    const media = {
      url: "http://localhost:3000/api/files/lintang/3EB0D3W1.jpeg",
      mimetype: "image/jpeg",
      filename: null,
      error: null
    }
    const event = received(message({ hasMedia: true, media, body: "bukti" }))
    assert.deepStrictEqual(event.content, {
      type: "image",
      media: {
        source: { type: "url", url: "http://waha.test:3000/api/files/lintang/3EB0D3W1.jpeg" },
        mimeType: "image/jpeg"
      },
      caption: "bukti"
    })
    const bucket = received(message({ hasMedia: true, media: { ...media, url: "https://bucket.test/a.jpeg?sig=1" } }))
    assert(bucket.content.type === "image" && bucket.content.media.source.type === "url")
    assert.strictEqual(bucket.content.media.source.url, "https://bucket.test/a.jpeg?sig=1")
  })

  it("with media are of the kind that the MIME type names", () => {
    const kind = (mimetype: unknown) =>
      received(message({ hasMedia: true, body: null, media: { url: "https://f.test/x", mimetype } })).content
    assert.strictEqual(kind("image/png").type, "image")
    assert.strictEqual(kind("image/webp").type, "sticker")
    assert.strictEqual(kind("video/mp4").type, "video")
    assert.strictEqual(kind("application/pdf").type, "document")
    assert.strictEqual(kind(undefined).type, "document")
    assert.deepInclude(kind("audio/ogg; codecs=opus"), { type: "audio", voice: true })
    assert.deepInclude(kind("audio/mpeg"), { type: "audio", voice: false })
  })

  it("with media that WAHA does not offer say so", () => {
    for (const media of [null, { url: null, mimetype: "video/mp4", filename: null, error: null }]) {
      const { content } = received(message({ hasMedia: true, media }))
      assert("media" in content)
      assert.deepStrictEqual(content.media.source, { type: "none", reason: "WAHA did not download it" })
    }
    const { content } = received(message({ hasMedia: true, media: { url: null, error: "timed out" } }))
    assert("media" in content && content.media.source.type === "none")
    assert.strictEqual(content.media.source.reason, "timed out")
  })

  it("with a location read its degrees as text or numbers", () => {
    const location = { latitude: "-6.9", longitude: 107.61, live: false, name: "Alun-alun", address: null, url: null }
    assert.deepStrictEqual(received(message({ body: "", location })).content, {
      type: "location",
      latitude: -6.9,
      longitude: 107.61,
      name: "Alun-alun"
    })
    const broken = received(message({ body: "", location: { latitude: "", longitude: "x" } }))
    assert.strictEqual(broken.content.type, "unsupported")
  })

  it("with contact cards read their names and numbers", () => {
    const card = "BEGIN:VCARD\r\nVERSION:3.0\r\nN:Sari;Rina;;;\r\nFN:Rina Sari\r\nORG:Kopi\\, Lintang;\r\n" +
      "item1.TEL;type=CELL;waid=6281300000077:+62 813-0000-0077\r\nEMAIL:rina@kopi.test\r\nEND:VCARD"
    assert.deepStrictEqual(received(message({ body: null, vCards: [card] })).content, {
      type: "contacts",
      contacts: [{
        name: "Rina Sari",
        organization: "Kopi, Lintang",
        phones: [{ phone: "+62 813-0000-0077", waId: "6281300000077", type: "CELL" }],
        emails: ["rina@kopi.test"],
        card
      }]
    })
  })

  it("without any content are kept as unsupported", () => {
    assert.strictEqual(received(message({ body: null })).content.type, "unsupported")
  })

  it("without an id or a chat, and stories, are kept as unknown", () => {
    for (
      const [payload, kind] of [
        [message({ id: null }), "message"],
        [{ hasMedia: true }, "message"],
        [{}, "message"],
        [null, "message"],
        [message({ from: "status@broadcast", participant: dewi }), "status_broadcast"],
        [{ id: `false_status@broadcast_3EB0_${dewi}`, body: "x" }, "status_broadcast"]
      ] as const
    ) {
      const event = decodeOne(envelope("message", payload))
      assert(event._tag === "Unknown")
      assert.strictEqual(event.kind, kind)
      assert.deepStrictEqual(event.raw, payload)
    }
  })

  it("of channels name the channel", () => {
    const event = received({ id: "false_120363@newsletter_AA01", from: "120363@newsletter", body: "Promo" })
    assert.deepStrictEqual(event.chat, { kind: "newsletter", value: "120363" })
    assert.deepStrictEqual(event.sender.identities, [{ kind: "external", value: "120363@newsletter" }])
  })

  it("that could not be decrypted yet leave the place of their id free", () => {
    const waiting = decodeOne(envelope("message.waiting", message({ body: undefined })))
    assert.strictEqual(waiting._tag, "MessageWaiting")
  })

  it("show the sender's name where the engine adds it", () => {
    assert.strictEqual(received(message({ _data: { Info: { PushName: "Dewi" } } })).sender.displayName, "Dewi")
    assert.strictEqual(received(message({ _data: { notifyName: "Dewi" } })).sender.displayName, "Dewi")
    assert.notProperty(received(message({ _data: [7] })).sender, "displayName")
  })
})

describe("acknowledgements", () => {
  const ack = (more: Readonly<Record<string, unknown>>) => ({
    id: `true_${dewi}_3EB0SH0P01`,
    from: dewi,
    to: null,
    participant: null,
    fromMe: true,
    ackName: "x",
    ...more
  })

  it("map to how far the message came", () => {
    const statuses = [-1, 0, 1, 2, 3, 4].map((value) => {
      const event = decodeOne(envelope("message.ack", ack({ ack: value })))
      assert(event._tag === "StatusChanged")
      assert.strictEqual(event.providerMessageId, "3EB0SH0P01")
      assert.deepStrictEqual(event.recipient, { kind: "lid", value: "880000000000042" })
      assert.strictEqual(event.timestamp, 1795200001500)
      return event.status
    })
    assert.deepStrictEqual(statuses, ["failed", "accepted", "sent", "delivered", "read", "played"])
    const named = decodeOne(envelope("message.ack", ack({ ack: null, ackName: "READ" })))
    assert(named._tag === "StatusChanged" && named.status === "read")
  })

  it("of a group name the member", () => {
    const event = decodeOne(envelope(
      "message.ack.group",
      ack({
        id: `true_1203@g.us_3EB0SH0P01_${shopLid}`,
        from: "1203@g.us",
        participant: dewi,
        ack: 3
      })
    ))
    assert(event._tag === "StatusChanged")
    assert.deepStrictEqual(event.recipient, { kind: "lid", value: "880000000000042" })
    assert.strictEqual(event.providerMessageId, "3EB0SH0P01")
  })

  it("of a restricted account fail the message and tell about the account", () => {
    const events = decode(envelope(
      "message.ack",
      ack({
        ack: -1,
        error: {
          code: "463",
          blocked: true,
          reason: "account_restricted",
          until: "2026-12-01",
          enforcementType: "DEFAULT"
        }
      })
    ))
    const [status, changed] = events
    assert(status?._tag === "StatusChanged" && changed?._tag === "AccountChanged" && events.length === 2)
    assert.deepStrictEqual(status.error, {
      code: "463",
      title: "account_restricted",
      details: "DEFAULT until 2026-12-01"
    })
    assert.strictEqual(changed.kind, "account_restricted")
    assert.strictEqual(changed.state, "needs_action")
    const plain = decodeOne(envelope("message.ack", ack({ ack: -1, error: { code: null, blocked: false } })))
    assert(plain._tag === "StatusChanged" && plain.error?.code === "ack_error")
  })

  it("of the customer's own messages, and unreadable ones, are kept as unknown", () => {
    const incoming = decodeOne(envelope("message.ack", { id: `false_${dewi}_AA`, fromMe: false, ack: 3 }))
    assert(incoming._tag === "Unknown" && incoming.kind === "message.ack.incoming")
    for (const payload of [{}, ack({ ack: 9 }), ack({ id: null, ack: 1 }), ack({ ack: "" })]) {
      assert.strictEqual(decodeOne(envelope("message.ack", payload))._tag, "Unknown")
    }
  })
})

describe("changes to messages", () => {
  it("are reactions, set and removed, of both sides", () => {
    const reaction = (text: unknown, more = {}) =>
      decodeOne(envelope("message.reaction", {
        ...message({ id: `false_${dewi}_3EB0R1`, timestamp: 1795200001.5, ...more }),
        reaction: { text, messageId: `true_${dewi}_3EB0SH0P01` }
      }))
    const set = reaction("👍")
    const removed = reaction("")
    assert(set._tag === "ReactionChanged" && removed._tag === "ReactionChanged")
    assert.deepInclude(set, { emoji: "👍", targetProviderMessageId: "3EB0SH0P01", fromBusiness: false })
    assert.strictEqual(set.timestamp, 1795200001500)
    assert.isNull(removed.emoji)
    const own = reaction("🙏", { id: `true_${dewi}_3EB0R2`, fromMe: true })
    assert(own._tag === "ReactionChanged" && own.fromBusiness)
    assert.deepStrictEqual(own.sender.identities, [
      { kind: "phone", value: "6281300000001" },
      { kind: "lid", value: "880000000000001" }
    ])
    assert.strictEqual(decodeOne(envelope("message.reaction", message()))._tag, "Unknown")
  })

  it("are edits, which name the message by its bare id", () => {
    const event = decodeOne(envelope("message.edited", {
      id: `false_${dewi}_3EB0ED1T`,
      editedMessageId: "3EB0D3W100000000000001",
      body: "Jam berapa tutup?"
    }))
    assert(event._tag === "MessageEdited")
    assert.strictEqual(event.targetProviderMessageId, "3EB0D3W100000000000001")
    assert.deepStrictEqual(event.content, { type: "text", text: "Jam berapa tutup?" })
    assert.deepStrictEqual(event.chat, { kind: "lid", value: "880000000000042" })
    assert.isFalse(event.fromBusiness)
  })

  it("are revocations, with and without the message that was revoked", () => {
    const revoked = decodeOne(envelope("message.revoked", {
      revokedMessageId: "3EB0D3W1",
      after: { id: `false_${dewi}_3EB0N0T1CE`, timestamp: 1795200003, from: dewi },
      before: null
    }))
    assert(revoked._tag === "MessageRevoked")
    assert.deepInclude(revoked, { targetProviderMessageId: "3EB0D3W1", fromBusiness: false, timestamp: 1795200003000 })
    assert.deepStrictEqual(revoked.chat, { kind: "lid", value: "880000000000042" })
    const older = decodeOne(envelope("message.revoked", { before: { id: `true_${dewi}_3EB0SH0P01` } }))
    assert(older._tag === "MessageRevoked" && older.fromBusiness && older.targetProviderMessageId === "3EB0SH0P01")
    assert.strictEqual(decodeOne(envelope("message.revoked", {}))._tag, "Unknown")
  })

  it("are votes in polls, as the full current choice", () => {
    const vote = (selectedOptions: ReadonlyArray<string>) =>
      decode(envelope("poll.vote", {
        vote: {
          id: `false_${dewi}_3EB0V0TE`,
          to: "me",
          from: dewi,
          fromMe: false,
          selectedOptions,
          timestamp: 1795200002
        },
        poll: { id: `true_${dewi}_3EB0P0LL`, to: dewi, from: "me", fromMe: true }
      })).at(-1)
    const event = vote(["Arabika", "Robusta"])
    assert(event?._tag === "MessageReceived" && event.content.type === "flow_reply")
    assert.strictEqual(event.content.body, "Arabika, Robusta")
    assert.deepStrictEqual(event.content.data, { pollId: "3EB0P0LL", selected: ["Arabika", "Robusta"] })
    assert.strictEqual(event.replyTo, "3EB0P0LL")
    const none = vote([])
    assert(none?._tag === "MessageReceived" && none.content.type === "flow_reply" && none.content.body === "")
  })
})

describe("account events", () => {
  it("tell what the session can do", () => {
    const states = {
      STARTING: "connecting",
      SCAN_QR_CODE: "needs_action",
      PASSKEY_REQUIRED: "needs_action",
      PASSKEY_CONFIRMATION_REQUIRED: "needs_action",
      WORKING: "connected",
      STOPPED: "disconnected",
      FAILED: "failed"
    } as const
    for (const [status, state] of Object.entries(states)) {
      const event = decodeOne(envelope("session.status", { name: "lintang", status, statuses: [], data: null }))
      assert(event._tag === "AccountChanged")
      assert.deepInclude(event, { kind: "session.status", state, detail: status })
    }
    const future = decodeOne(envelope("session.status", { status: "HIBERNATING" }))
    assert(future._tag === "AccountChanged" && future.detail === "HIBERNATING")
    assert.notProperty(future, "state")
  })

  it("take the time of the change from the history where the envelope has none", () => {
    const event = decodeOne(envelope("session.status", {
      status: "WORKING",
      statuses: [{ status: "WORKING", timestamp: 1 }, { status: "WORKING", timestamp: 1795200000777 }]
    }, { timestamp: undefined }))
    assert(event._tag === "AccountChanged")
    assert.strictEqual(event.timestamp, 1795200000777)
  })

  it("report WhatsApp's restrictions of the number", () => {
    const events = decode(envelope("session.status", { status: "WORKING" }, {
      me: {
        id: shop,
        reachoutTimelock: { isActive: true, enforcementType: "BIZ_QUALITY", timeEnforcementEnds: 1795300000 },
        messageCapping: { cappingStatus: "FIRST_WARNING", totalQuota: 100, usedQuota: 80 }
      }
    }))
    assert.deepStrictEqual(events.map((event) => event._tag === "AccountChanged" ? event.kind : ""), [
      "session.status",
      "reachout_timelock",
      "message_capping"
    ])
    const told = decode(envelope("session.status", {
      status: "WORKING",
      data: {
        reachoutTimelock: { isActive: true, enforcementType: "DEFAULT", timeEnforcementEnds: 1795300000 },
        messageCapping: { cappingStatus: "CAPPED", totalQuota: 100, usedQuota: 100, cycleEnd: 1795400000 }
      }
    }))
    assert.deepStrictEqual(
      told.map((event) => event._tag === "AccountChanged" ? [event.kind, event.state, event.until] : []),
      [
        ["session.status", "connected", undefined],
        ["reachout_timelock", "needs_action", 1_795_300_000_000],
        ["message_capping", "needs_action", 1_795_400_000_000]
      ]
    )
    const over = decode(envelope("session.status", {
      status: "WORKING",
      data: { reachoutTimelock: { isActive: false, enforcementType: "DEFAULT", timeEnforcementEnds: null } }
    }))
    assert.lengthOf(over, 1)
  })
})

describe("everything else", () => {
  it("is kept under its name with its payload", () => {
    for (
      const name of [
        "poll.vote.failed",
        "group.join",
        "group.leave",
        "group.v2.join",
        "group.v2.leave",
        "group.v2.update",
        "group.v2.participants",
        "presence.update",
        "chat.archive",
        "call.received",
        "call.accepted",
        "call.rejected",
        "label.upsert",
        "label.deleted",
        "label.chat.added",
        "label.chat.deleted",
        "event.response",
        "event.response.failed",
        "engine.event",
        "an.event.of.tomorrow"
      ]
    ) {
      const event = decodeOne(envelope(name, { anything: [1, { deep: true }] }))
      assert(event._tag === "Unknown")
      assert.strictEqual(event.kind, name)
      assert.deepStrictEqual(event.raw, { anything: [1, { deep: true }] })
    }
    assert.deepInclude(decodeOne(envelope("state.change", {})), { _tag: "AccountChanged", kind: "state.change" })
  })

  it("of another session is never taken for this account's", () => {
    const event = decodeOne({ ...envelope("message", message()), session: "neighbour" })
    assert(event._tag === "Unknown")
    assert.strictEqual(event.kind, "other_session:message")
    assert.strictEqual(decodeOne({ ...envelope("message", message()), session: undefined })._tag, "MessageReceived")
  })

  it("that is no envelope is kept as text, also invalid UTF-8 and deep nesting", () => {
    for (const body of ["", "null", "[]", "{", "\"text\"", "{\"event\":7}", "[".repeat(200_000)]) {
      const event = decodeOne(body)
      assert(event._tag === "Unknown" && event.kind === "malformed")
      assert.strictEqual(event.raw, body)
    }
    const invalid = Effect.runSync(Waha.adapter.decode(Uint8Array.from([0xff, 0xfe, 0x7b]), account()))
    assert.strictEqual(invalid[0]?._tag, "Unknown")
    const nested = `{"event":"message","session":"lintang","payload":${"[".repeat(5000)}${"]".repeat(5000)}}`
    assert.strictEqual(decodeOne(nested)._tag, "Unknown")
  })

  const names = Schema.Literals([
    "message",
    "message.any",
    "message.ack",
    "message.reaction",
    "message.edited",
    "message.revoked",
    "session.status",
    "poll.vote",
    "state.change",
    "x"
  ])

  it.prop(
    "never throws and always gives valid events, whatever JSON comes",
    [names, Schema.Json],
    ([event, payload]) => {
      const events = decode({ event, session: "lintang", payload })
      assert.isAbove(events.length, 0)
      assert.isTrue(valid(events))
    },
    { arbitrary: { runs: 500 } }
  )

  it.prop(
    "never throws when one field of a real message is anything at all",
    [names, Schema.Literals(Object.keys(message()) as [string, ...Array<string>]), Schema.Json],
    ([event, field, value]) => {
      const payload = {
        ...message({ reaction: { text: "x", messageId: "AA" }, editedMessageId: "BB" }),
        [field]: value
      }
      assert.isTrue(valid(decode(envelope(event, payload))))
    },
    { arbitrary: { runs: 500 } }
  )
})

describe("identify", () => {
  const identify = (body: unknown) =>
    Effect.runSync(Effect.result(Waha.adapter.identify({ headers: {}, query: {}, body: bytes(body) })))

  it("names a delivery by the envelope's id, so that a repetition has the same name", () => {
    const one = identify(envelope("message", message()))
    const again = identify(envelope("message", message({ ack: 3 })))
    assert(Result.isSuccess(one) && Result.isSuccess(again))
    assert.strictEqual(one.success.dedupeKey, "message:evt_01k9lintang0000000000000001")
    assert.deepStrictEqual(again.success, one.success)
  })

  it("keeps two events apart that share an id", () => {
    const one = identify(envelope("message", message()))
    const any = identify(envelope("message.any", message()))
    assert(Result.isSuccess(one) && Result.isSuccess(any))
    assert.notStrictEqual(one.success.dedupeKey, any.success.dedupeKey)
  })

  it("falls back on the body's hash where there is no usable id", () => {
    for (const id of [undefined, null, 7, "", "x".repeat(500), "line\nbreak"]) {
      const result = identify({ ...envelope("message", message()), id })
      assert(Result.isSuccess(result))
      assert.match(result.success.dedupeKey, /^sha256:[0-9a-f]{64}$/)
    }
  })

  it("refuses what is no envelope", () => {
    for (const body of ["", "[]", "7", "{}", "{\"event\":null}", "{\"event\":\"message\""]) {
      const result = identify(body)
      assert(Result.isFailure(result))
      assert.strictEqual(result.failure._tag, "MalformedInbound")
    }
  })

  it.prop("never names a delivery in more than 190 characters", [Schema.String, Schema.String], ([event, id]) => {
    const result = identify({ event, id })
    assert(Result.isSuccess(result))
    assert.isAtMost(result.success.dedupeKey.length, 190)
  })
})
