import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { LexicalIndex } from "../src/internal/lexicalIndex.ts"
import type { IndexedItem } from "../src/internal/postings.ts"

const article = (itemId: string, title: string, text: string, language = "en"): IndexedItem => ({
  itemId,
  language,
  asks: false,
  titles: [title],
  chunks: [{ chunkId: `${itemId}.0`, ordinal: 0, headingPath: [], text }]
})

const question = (itemId: string, titles: ReadonlyArray<string>, text: string, language = "en"): IndexedItem => ({
  ...article(itemId, "", text, language),
  asks: true,
  titles
})

const indexOf = (items: ReadonlyArray<IndexedItem>): LexicalIndex => {
  const index = new LexicalIndex()
  for (const item of items) index.put(item)
  return index
}

const search = (index: LexicalIndex, text: string, language?: string) =>
  index.search({ text, language, limit: 10, perItem: 1 })

const found = (index: LexicalIndex, text: string, language?: string) =>
  search(index, text, language).map(({ itemId }) => itemId)

const Words = Schema.Array(
  Schema.Literals(["router", "bill", "pay", "paying", "refund", "wifi", "the", "is", "slow", "technician", "card"])
).check(Schema.isMinLength(1), Schema.isMaxLength(12))

const Place = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 9 }))

const Put = Schema.Struct({
  place: Place,
  asks: Schema.Boolean,
  language: Schema.Literals(["en", "id", "und"]),
  titles: Schema.Array(Words).check(Schema.isMinLength(1), Schema.isMaxLength(3)),
  texts: Schema.Array(Schema.Struct({ heading: Schema.NullOr(Words), text: Words })).check(Schema.isMaxLength(3))
})

const Steps = Schema.Array(Schema.Union([Put, Place])).check(Schema.isMaxLength(40))

const toItem = ({ asks, language, place, texts, titles }: typeof Put.Type): IndexedItem => ({
  itemId: `i${place}`,
  language,
  asks,
  titles: titles.map((words) => words.join(" ")),
  chunks: texts.map(({ heading, text }, ordinal) => ({
    chunkId: `i${place}.${ordinal}`,
    ordinal,
    headingPath: heading === null ? [] : [heading.join(" ")],
    text: text.join(" ")
  }))
})

describe("LexicalIndex", () => {
  it.prop(
    "finds the same, with the same scores, whatever was put in and taken out before, and in which order",
    [Steps, Schema.Array(Words).check(Schema.isMinLength(1), Schema.isMaxLength(4))],
    ([steps, questions]) => {
      const lived = new LexicalIndex()
      const items = new Map<string, IndexedItem>()
      for (const step of steps) {
        if (typeof step === "number") {
          lived.remove(`i${step}`)
          items.delete(`i${step}`)
        } else {
          const item = toItem(step)
          lived.put(item)
          items.set(item.itemId, item)
        }
      }
      const fresh = indexOf([...items.values()].reverse())
      assert.strictEqual(lived.size, fresh.size)
      for (const words of questions) {
        const query = { text: words.join(" "), limit: 50, perItem: 50 }
        assert.deepStrictEqual(lived.search(query), fresh.search(query))
      }
    },
    { arbitrary: { runs: 300 } }
  )

  it("is built anew when most of it was replaced, and finds the same as before", () => {
    const index = indexOf([article("kept", "Kept", "A lighthouse keeper")])
    for (let round = 0; round < 3000; round++) index.put(article("changed", `Round ${round}`, `Text of round ${round}`))
    assert.deepStrictEqual(found(index, "lighthouse"), ["kept"])
    assert.deepStrictEqual(found(index, "round 2999"), ["changed"])
    assert.deepStrictEqual(search(index, "round 17")[0]?.terms, ["round"])
    assert.strictEqual(index.size, 2)
  })

  it("compares what kind of question it is: what something is, and how it spreads", () => {
    const index = indexOf([
      question("what", ["What is the flu?"], "An illness."),
      question("how", ["How does the flu spread?"], "By the air."),
      question("when", ["When does the flu season begin?"], "In autumn.")
    ])
    assert.strictEqual(found(index, "what is flu")[0], "what")
    assert.strictEqual(found(index, "how does flu spread?")[0], "how")
    assert.strictEqual(found(index, "when is the flu season")[0], "when")
  })

  it("a variation that fits counts as much as the question itself, among however many others", () => {
    const many = Array.from({ length: 40 }, (_, n) => `Another way number ${n} to say it`)
    const index = indexOf([
      question("a", ["Reset the modem", ...many, "My box blinks red"], "Hold the button."),
      question("b", ["Red letter days"], "None."),
      question("c", ["Blinking lights of other devices"], "Ask their makers.")
    ])
    assert.strictEqual(found(index, "the box is blinking red")[0], "a")
  })

  it("joins and splits words as the texts do", () => {
    const index = indexOf([
      article("hyphen", "Wireless", "Change the Wi-Fi name. About COVID-19."),
      article("joined", "Homepage", "Your hotspot and the helpdesk.")
    ])
    for (const text of ["wifi", "wi fi", "Wi-Fi", "covid19", "covid 19"]) {
      assert.strictEqual(found(index, text)[0], "hyphen", text)
    }
    for (const text of ["hot spot", "help desk"]) assert.strictEqual(found(index, text)[0], "joined", text)
  })

  it("takes a word that nothing has for one that is spelled alike or begins with it, and a short one for nothing", () => {
    const index = indexOf([
      article("refund", "Refunds", "We refund within three days."),
      article("plan", "Installation", "The installation takes two hours. Tape the cable.")
    ])
    assert.deepStrictEqual(found(index, "refnud"), ["refund"])
    assert.deepStrictEqual(found(index, "instalation"), ["plan"])
    assert.deepStrictEqual(found(index, "installat"), ["plan"])
    assert.deepStrictEqual(found(index, "take"), ["plan"])
    assert.deepStrictEqual(found(index, "tale"), [])
    const [misspelt] = search(index, "refnud")
    const [right] = search(index, "refund")
    assert.isBelow(misspelt?.coverage ?? 1, right?.coverage ?? 0)
  })

  it("prefers knowledge in the language of the question, and has the other where there is none", () => {
    const index = indexOf([
      article("en", "Router", "The router blinks.", "en"),
      article("id", "Router", "Lampu router berkedip.", "id"),
      article("only", "Modem", "The modem has four lights.", "en")
    ])
    assert.deepStrictEqual(found(index, "router", "id").slice(0, 2), ["id", "en"])
    assert.deepStrictEqual(found(index, "router", "en").slice(0, 2), ["en", "id"])
    assert.deepStrictEqual(found(index, "apa itu modem?"), ["only"])
  })

  it("reads scripts without spaces, right-to-left text and accents", () => {
    const index = indexOf([
      article("zh", "账单", "您可以通过银行转账支付账单。", "und"),
      article("th", "ใบแจ้งหนี้", "ชำระค่าบริการผ่านธนาคาร", "und"),
      article("ar", "الفاتورة", "يمكنك دفع الفاتورة عن طريق البنك.", "und"),
      article("es", "Factura", "Puede pagar la factura en el banco más próximo.", "es"),
      article("emoji", "👍🏽", "🙂🙃", "und")
    ])
    assert.strictEqual(found(index, "怎么支付账单？")[0], "zh")
    assert.strictEqual(found(index, "ชำระค่าบริการ")[0], "th")
    assert.strictEqual(found(index, "دَفْعُ الفَاتُورَة")[0], "ar")
    assert.strictEqual(found(index, "banco mas proximo")[0], "es")
    assert.deepStrictEqual(found(index, "👍🏽 🙂"), [])
  })

  it("gives parts of one item as often as it is asked to, and only what is accepted", () => {
    const index = indexOf([{
      ...article("long", "Router", ""),
      chunks: [1, 2, 3].map((n) => ({
        chunkId: `long.${n}`,
        ordinal: n,
        headingPath: [`Router part ${n}`],
        text: `Router number ${n}`
      }))
    }, article("short", "Router", "Another router")])
    const query = { text: "router", limit: 10 }
    assert.lengthOf(index.search({ ...query, perItem: 10 }), 4)
    assert.lengthOf(index.search({ ...query, perItem: 2 }), 3)
    assert.deepStrictEqual(
      index.search({ ...query, perItem: 10, accept: (chunkId) => chunkId.endsWith("3") }).map((one) => one.chunkId),
      ["long.3"]
    )
  })

  it("is sure of what is written down word for word, and not of what shares a word", () => {
    const index = indexOf([
      question("pay", ["How do I pay my bill?"], "By bank transfer before the 10th."),
      question("move", ["Can I move my connection to another house?"], "Yes, for a fee."),
      article("hours", "Opening hours", "The office in Bandung is open from 8 to 17 on working days.")
    ])
    const sure = search(index, "how do i pay my bill")[0]
    assert.isAbove(sure?.confidence ?? 0, 0.9)
    assert.strictEqual(sure?.coverage, 1)
    assert.isBelow(search(index, "my grandmother's house has a nice garden with tulips")[0]?.confidence ?? 1, 0.5)
    for (const { confidence, coverage } of search(index, "is the office open on sunday")) {
      assert.isTrue(confidence >= 0 && confidence <= 1 && coverage >= 0 && coverage <= 1)
    }
  })

  it("takes a page that somebody pastes for its rarest words", () => {
    const index = indexOf([
      article("a", "Fibre", "The optical network terminal shows LOS."),
      ...Array.from(
        { length: 30 },
        (_, n) => article(`b${n}`, `Page ${n}`, "internet connection router customer service")
      )
    ])
    const page = `${"internet connection router customer service hello ".repeat(300)} terminal LOS`
    const late = `LOS terminal ${"internet connection router customer service hello ".repeat(300)}`
    assert.strictEqual(found(index, late)[0], "a")
    assert.isAbove(found(index, page).length, 0)
  })
})
