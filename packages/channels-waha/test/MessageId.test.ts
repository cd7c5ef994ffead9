import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import * as ChatId from "@wicara/channels-waha/ChatId"
import * as MessageId from "@wicara/channels-waha/MessageId"

describe("MessageId", () => {
  it("gives the same canonical id to every form of one message", () => {
    for (
      const form of [
        "3EB0AA01",
        "false_880000000000042@lid_3EB0AA01",
        "true_6281300000042@c.us_3EB0AA01",
        "false_120363000000000001@g.us_3EB0AA01_880000000000042@lid",
        "true_6281300000001@c.us_3EB0AA01_out"
      ]
    ) assert.strictEqual(MessageId.canonical(form), "3EB0AA01", form)
  })

  it("names the writer of a group message", () => {
    assert.deepStrictEqual(MessageId.parse("true_1203@g.us_3EB0AA01_99@lid"), {
      bare: "3EB0AA01",
      fromMe: true,
      chatId: "1203@g.us",
      participant: "99@lid"
    })
  })

  it("finds no id in nothing, and none in what is too long to be one", () => {
    assert.isUndefined(MessageId.canonical(undefined))
    assert.isUndefined(MessageId.canonical(""))
    assert.isUndefined(MessageId.canonical("A".repeat(191)))
    assert.isUndefined(MessageId.canonical(`true_${"@".repeat(1_000_000)}`))
  })

  it.prop(
    "reads back what it writes",
    [Schema.String.check(Schema.isPattern(/^[0-9A-F]{1,40}$/)), Schema.Boolean],
    ([bare, fromMe]) => {
      const chatId = "880000000000042@lid"
      assert.deepStrictEqual(MessageId.parse(MessageId.serialize({ bare, fromMe, chatId })), { bare, fromMe, chatId })
    }
  )
})

describe("ChatId", () => {
  it("names people by their digits, without the device", () => {
    assert.deepStrictEqual(ChatId.parse("6281300000042:12@s.whatsapp.net"), {
      kind: "phone",
      user: "6281300000042",
      id: "6281300000042@c.us"
    })
    assert.strictEqual(ChatId.parse("880000000000042:3@lid")?.id, "880000000000042@lid")
  })

  it("tells every kind of chat apart", () => {
    const kinds = {
      "6281300000042@c.us": "phone",
      "880000000000042@lid": "lid",
      "120363000000000001@g.us": "group",
      "6281300000042-1600000000@g.us": "group",
      "120363000000000009@newsletter": "newsletter",
      "status@broadcast": "status",
      "1600000000@broadcast": "broadcast",
      "13135550002@bot": "unknown"
    }
    for (const [id, kind] of Object.entries(kinds)) assert.strictEqual(ChatId.parse(id)?.kind, kind, id)
    for (const id of ["", "me", "@c.us", "a b@c.us", "x@", undefined]) assert.isUndefined(ChatId.parse(id))
  })

  it("finds the way back from every address that it gives", () => {
    for (
      const id of [
        "6281300000042@c.us",
        "880000000000042@lid",
        "120363000000000001@g.us",
        "120363000000000009@newsletter",
        "1600000000@broadcast",
        "13135550002@bot"
      ]
    ) {
      const chat = ChatId.parse(id)
      assert.strictEqual(chat && ChatId.fromAddress(ChatId.toAddress(chat)), id)
    }
  })

  it("has no chat for identities of other channels", () => {
    for (const kind of ["bsuid", "username", "visitor", "email", "parent_bsuid"] as const) {
      assert.isUndefined(ChatId.fromAddress({ kind, value: "someone" }))
    }
    assert.isUndefined(ChatId.fromAddress({ kind: "phone", value: "+" }))
    assert.strictEqual(ChatId.fromAddress({ kind: "phone", value: "+62 813-0000" }), "628130000@c.us")
  })
})
