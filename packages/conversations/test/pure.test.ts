import { assert, describe, it } from "@effect/vitest"
import { Option, Schema } from "effect"
import type { ChannelCapabilities } from "@wicara/channels/ChannelAdapter"
import * as CanSend from "@wicara/conversations/CanSend"
import * as MessageOrder from "@wicara/conversations/MessageOrder"
import * as MessageStatus from "@wicara/conversations/MessageStatus"
import * as OptOutKeywords from "@wicara/conversations/OptOutKeywords"

const { join, rank } = MessageStatus
const Status = MessageStatus.MessageStatus

describe("MessageStatus", () => {
  it.prop(
    "ends the same whatever the order and however often statuses come",
    [Schema.Array(Status), Schema.Int],
    ([statuses, seed]) => {
      const fold = (list: ReadonlyArray<MessageStatus.MessageStatus>) => list.reduce(join, "queued")
      const rotated = statuses.map((_, index) =>
        statuses[(index + Math.abs(seed % (statuses.length || 1))) % statuses.length]!
      )
      assert.strictEqual(fold([...statuses].reverse()), fold(statuses))
      assert.strictEqual(fold([...rotated, ...statuses]), fold(statuses))
    }
  )

  it.prop(
    "joins associatively, commutatively, idempotently and never backwards",
    [Status, Status, Status],
    ([a, b, c]) => {
      assert.strictEqual(join(a, b), join(b, a))
      assert.strictEqual(join(join(a, b), c), join(a, join(b, c)))
      assert.strictEqual(join(a, a), a)
      assert.isAtLeast(rank(join(a, b)), rank(a))
    }
  )

  it("lets a proof of delivery win over a failure, and a failure over a mere acceptance", () => {
    assert.strictEqual(join("failed", "delivered"), "delivered")
    assert.strictEqual(join("sent", "failed"), "failed")
    assert.strictEqual(join("read", "failed"), "read")
  })
})

describe("CanSend", () => {
  const hour = 3_600_000
  const now = 1_800_000_000_000
  const capabilities: CanSend.Snapshot["capabilities"] = {
    content: new Set<ChannelCapabilities["content"] extends ReadonlySet<infer T> ? T : never>(["text", "template"]),
    maxTextLength: 4096,
    maxButtons: 0,
    maxListRows: 0,
    serviceWindowHours: 24
  }
  const snapshot: CanSend.Snapshot = {
    organization: "active",
    content: { type: "text", text: "Hello" },
    purpose: "service",
    now,
    lastInboundAt: now - hour,
    capabilities,
    optOuts: { marketing: Option.none(), all: Option.none() },
    account: { status: "active", connection: "unknown" }
  }
  const template = { type: "template", name: "due", language: "en", components: [] } as const
  const verdict = (change: Partial<CanSend.Snapshot>) => CanSend.canSend({ ...snapshot, ...change })._tag

  it("allows an answer within the service window", () => {
    assert.strictEqual(verdict({}), "Allowed")
    assert.strictEqual(verdict({ lastInboundAt: now - 24 * hour + 1 }), "Allowed")
  })

  it("needs a template when the window is closed or was never open, unless the channel has none", () => {
    assert.deepStrictEqual(CanSend.canSend({ ...snapshot, lastInboundAt: now - 24 * hour }), {
      _tag: "NeedsTemplate",
      windowClosedAt: now
    })
    assert.strictEqual(verdict({ lastInboundAt: null }), "NeedsTemplate")
    assert.strictEqual(verdict({ lastInboundAt: null, content: template }), "Allowed")
    assert.strictEqual(
      verdict({ lastInboundAt: null, capabilities: { ...capabilities, serviceWindowHours: null } }),
      "Allowed"
    )
  })

  it("sends no marketing to who refused it, and answers who asks again after refusing everything", () => {
    const marketing = { marketing: Option.some(now - hour), all: Option.none() }
    assert.strictEqual(verdict({ optOuts: marketing, purpose: "marketing", content: template }), "OptedOut")
    assert.strictEqual(verdict({ optOuts: marketing }), "Allowed")
    const all = { marketing: Option.none(), all: Option.some(now - hour) }
    assert.strictEqual(verdict({ optOuts: all }), "OptedOut")
    assert.strictEqual(verdict({ optOuts: all, lastInboundAt: now - hour + 1 }), "Allowed")
    assert.strictEqual(verdict({ optOuts: all, lastInboundAt: now - 1, purpose: "marketing" }), "OptedOut")
  })

  it("sends nothing through an account that is down", () => {
    assert.strictEqual(verdict({ account: { status: "disabled", connection: "connected" } }), "AccountDown")
    assert.strictEqual(verdict({ account: { status: "active", connection: "needs_action" } }), "AccountDown")
    assert.strictEqual(verdict({ account: { status: "active", connection: "connecting" } }), "Allowed")
  })

  it("sends nothing for an organization that is suspended or cancelled", () => {
    for (const organization of ["suspended", "cancelled"] as const) {
      assert.deepStrictEqual(CanSend.canSend({ ...snapshot, organization }), {
        _tag: "OrganizationInactive",
        status: organization
      })
    }
    assert.strictEqual(verdict({ organization: "trial" }), "Allowed")
  })

  it("refuses what the channel can't carry in any form", () => {
    assert.strictEqual(verdict({ content: { type: "interactive", interactive: {} } }), "Unsupported")
    assert.strictEqual(
      verdict({ content: { type: "buttons", body: "Which?", buttons: [{ id: "a", title: "A" }] } }),
      "Allowed"
    )
  })
})

describe("OptOutKeywords", () => {
  it("knows the words of four languages as whole messages, in any case, with accents and marks", () => {
    for (
      const text of [
        "STOP",
        " stop! ",
        "Stop.",
        "unsubscribe",
        "BERHENTI",
        "baja",
        "Cancelar suscripción",
        "sair",
        "parar"
      ]
    ) {
      assert.deepStrictEqual(OptOutKeywords.match(text), Option.some("stop"), text)
    }
    for (const text of ["start", "MULAI", "alta", "voltar"]) {
      assert.deepStrictEqual(OptOutKeywords.match(text), Option.some("start"), text)
    }
  })

  it("does not take a sentence for a word", () => {
    for (const text of ["don't stop", "the bus stop", "bagaimana cara berhenti?", "", "stop".repeat(30)]) {
      assert.deepStrictEqual(OptOutKeywords.match(text), Option.none(), text)
    }
  })
})

describe("MessageOrder", () => {
  const receivedAt = 1_790_000_000_000

  it("believes the provider's time only when it can be true", () => {
    assert.strictEqual(MessageOrder.effectiveTime(receivedAt - 5000, receivedAt), receivedAt - 5000)
    assert.strictEqual(MessageOrder.effectiveTime(receivedAt + 60_000, receivedAt), receivedAt + 60_000)
    for (
      const absurd of [
        undefined,
        -1,
        0,
        1,
        Number.NaN,
        Infinity,
        1.5,
        8.64e18,
        receivedAt + 600_000,
        Number.MAX_VALUE
      ]
    ) {
      assert.strictEqual(MessageOrder.effectiveTime(absurd, receivedAt), receivedAt)
    }
  })

  it.prop(
    "gives ids that sort by time, then arrival, then place, and are UUIDv7",
    [
      Schema.Array(Schema.Struct({
        sentAt: Schema.Int.check(Schema.isBetween({ minimum: receivedAt - 3, maximum: receivedAt })),
        receivedAt: Schema.Int.check(Schema.isBetween({ minimum: receivedAt, maximum: receivedAt + 3 })),
        index: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 3 }))
      }))
    ],
    ([orders]) => {
      const key = (order: (typeof orders)[number]) =>
        [order.sentAt, order.receivedAt, order.index].map((part) => String(part).padStart(20, "0")).join()
      const made = orders.map((order) => ({ key: key(order), id: MessageOrder.makeId(order), order }))
      for (const one of made) {
        assert.match(one.id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
        assert.strictEqual(MessageOrder.sentAt(one.id), one.order.sentAt)
        for (const other of made) if (one.key < other.key) assert.isTrue(one.id < other.id)
      }
      assert.strictEqual(new Set(made.map((one) => one.id)).size, made.length)
    }
  )
})
