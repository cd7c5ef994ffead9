import { build } from "esbuild"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "vitest"
import { demo, gzippedBytes, maxGzippedBytes, widget } from "../build.mjs"
import { makeBackoff } from "../src/Backoff.ts"
import type { Session } from "../src/Contract.ts"
import { merge } from "../src/Entries.ts"
import type { Entry } from "../src/Entries.ts"
import { contrast, ground, readableOn, textOn } from "@wicara/channels-widget/WidgetColor"
import { makeParser } from "../src/EventStream.ts"
import { parse, toPlainText } from "../src/RichText.ts"
import type { Part } from "../src/RichText.ts"
import { isOn, matches } from "../src/Greetings.ts"
import { makeRequests } from "../src/Requests.ts"
import { makeSessions } from "../src/Sessions.ts"
import { makeStorage } from "../src/Storage.ts"
import { textsFor } from "../src/Texts.ts"
import { makeTitleCount } from "../src/TitleCount.ts"

/** Repeatable: the same numbers every time. */
const numbers = (seed: number) => {
  let state = seed
  return () => {
    state = (state * 1103515245 + 12345) % 2147483648
    return state / 2147483648
  }
}

const shared = new Set([
  "../../packages/channels-widget/src/WidgetAnswers.ts",
  "../../packages/channels-widget/src/WidgetColor.ts",
  "../../packages/channels-widget/src/WidgetTexts.ts",
  "../../packages/core/src/Languages.ts",
  "../../packages/core/src/MessageCatalogue.ts"
])

describe("the build", () => {
  it("is one file of less than 30 KiB compressed, without any of the server's code", async () => {
    const folder = mkdtempSync(join(tmpdir(), "wicara-widget-"))
    const built = { ...widget, outfile: join(folder, "widget.js") }
    const { metafile } = await build({ ...built, metafile: true })
    assert.isBelow(gzippedBytes(built.outfile), maxGzippedBytes)
    for (const input of Object.keys(metafile.inputs)) {
      // The texts are data, and what renders them needs nothing else.
      if (shared.has(input)) continue
      assert.match(input, /^src\/|\/node_modules\/preact\//)
      if (!input.startsWith("src/")) continue
      assert.notMatch(readFileSync(new URL(`../${input}`, import.meta.url), "utf8"), /inner(HTML)|eval\(|new Function/i)
    }
    await build({ ...demo, outfile: join(folder, "demo.js") })
    rmSync(folder, { recursive: true })
  })
})

describe("RichText", () => {
  const shape = (parts: ReadonlyArray<Part>): unknown =>
    parts.map((part) =>
      part.type === "text"
        ? part.text
        : part.type === "link"
        ? { [part.href]: part.text }
        : { [part.type]: shape(part.parts) }
    )

  it.each([
    ["plain", ["plain"]],
    ["*bold*, _italic_ and ~gone~", [{ strong: ["bold"] }, ", ", { em: ["italic"] }, " and ", { del: ["gone"] }]],
    ["*bold _and italic_*", [{ strong: ["bold ", { em: ["and italic"] }] }]],
    ["2*3*4 and snake_case_name and a ~ b ~ c", ["2*3*4 and snake_case_name and a ~ b ~ c"]],
    ["* not a list *", ["* not a list *"]],
    ["*not\nbold*", ["*not\nbold*"]],
    ["a **bold _word_**, 2**3**4 and **open", ["a ", { strong: ["bold ", { em: ["word"] }] }, ", 2**3**4 and **open"]],
    ["** not bold ** *** ****", ["** not bold ** *** ****"]],
    ["`a_b_c *d*`", [{ code: ["a_b_c *d*"] }]],
    ["see https://a.example/x_y_z?q=1*2*3.", ["see ", {
      "https://a.example/x_y_z?q=1*2*3": "https://a.example/x_y_z?q=1*2*3"
    }, "."]],
    ["(https://a.example/b)", ["(", { "https://a.example/b": "https://a.example/b" }, ")"]],
    ["https://a.example/b_(c)", [{ "https://a.example/b_(c)": "https://a.example/b_(c)" }]],
    ["*https://a.example*", [{ strong: [{ "https://a.example": "https://a.example" }] }]],
    ["www.a.example, or mail a.b+c@d.example.", [{ "https://www.a.example": "www.a.example" }, ", or mail ", {
      "mailto:a.b+c@d.example": "a.b+c@d.example"
    }, "."]],
    ["javascript:alert(1) data:text/html,x file:///etc", ["javascript:alert(1) data:text/html,x file:///etc"]]
  ])("reads %j", (text, expected) => {
    assert.deepStrictEqual(shape(parse(text)), expected)
  })

  it("loses no character but the marks, and makes no address that is not http, https or mail", () => {
    const random = numbers(7)
    const alphabet = [
      "*",
      "_",
      "~",
      "`",
      " ",
      "\n",
      "a",
      "b",
      ".",
      "(",
      ")",
      "https://",
      "www.",
      "@",
      "x.yz",
      "<",
      "é",
      "👍"
    ]
    for (let run = 0; run < 3000; run++) {
      const text = Array.from(
        { length: 1 + Math.floor(random() * 24) },
        () => alphabet[Math.floor(random() * alphabet.length)]
      ).join("")
      const parts = parse(text)
      const bare = (value: string) => value.replaceAll(/[*_~`]/g, "")
      assert.strictEqual(bare(toPlainText(parts)), bare(text), text)
      const walk = (list: ReadonlyArray<Part>): void =>
        list.forEach((part) => {
          if (part.type === "link") assert.match(part.href, /^(https?:\/\/|mailto:)/i)
          if ("parts" in part) walk(part.parts)
        })
      walk(parts)
    }
  })

  it("takes no longer for a text made to be slow", () => {
    for (const text of ["(*a", "_a ", "a@", "a", "www.", "https://", ")", "`*~_", "a.", "@a.a"]) {
      const started = performance.now()
      parse(text.repeat(16_000 / text.length))
      assert.isBelow(performance.now() - started, 1500, text)
    }
  })
})

describe("EventStream", () => {
  it("gives the same events however the stream is cut", () => {
    const stream =
      "id: 1\nevent: message\ndata: {\"a\":1}\n\n: a comment\n\ndata: one\r\ndata: two\r\n\r\nevent: ping\rdata:x\r\rid\nid: 9\ndata:\n\nevent: lost\n\n"
    const whole = makeParser()(stream + "\n")
    assert.deepStrictEqual(whole, [
      { id: "1", event: "message", data: "{\"a\":1}" },
      { id: "1", event: "message", data: "one\ntwo" },
      { id: "1", event: "ping", data: "x" },
      { id: "9", event: "message", data: "" }
    ])
    const random = numbers(3)
    for (let run = 0; run < 500; run++) {
      const parser = makeParser()
      const events = []
      let at = 0
      while (at < stream.length) {
        const size = 1 + Math.floor(random() * 9)
        events.push(...parser(stream.slice(at, at + size)))
        at += size
      }
      events.push(...parser("\n"))
      assert.deepStrictEqual(events, whole)
    }
  })
})

describe("Backoff", () => {
  it("doubles up to its longest wait, at random in the upper half, and begins again after a success", () => {
    const low = makeBackoff({ first: 100, longest: 1000, random: () => 0 })
    assert.deepStrictEqual([1, 2, 3, 4, 5, 6].map(low.next), [50, 100, 200, 400, 500, 500])
    const high = makeBackoff({ first: 100, longest: 1000, random: () => 0.999 })
    assert.deepStrictEqual([1, 2, 3].map(high.next), [100, 200, 400])
    high.reset()
    assert.strictEqual(high.next(), 100)
  })
})

describe("Color", () => {
  it("gives every brand colour a text that can be read on it, and an ink that can be read on the panel", () => {
    const random = numbers(11)
    for (let run = 0; run < 2000; run++) {
      const color = `#${Math.floor(random() * 0x1000000).toString(16).padStart(6, "0")}`
      const brand = ground(color)
      assert.isAtLeast(contrast(textOn(brand), brand), 4.5, color)
      for (const panel of ["#ffffff", "#1d2838"]) {
        assert.isAtLeast(contrast(readableOn(color, panel, 4.5), panel), 4.5, `${color} on ${panel}`)
      }
    }
    assert.strictEqual(ground("#0f766e"), "#0f766e")
  })
})

describe("Texts", () => {
  it("says everything in every language", () => {
    const english = textsFor(["en"], undefined).texts
    for (const tag of ["id", "es", "pt"]) {
      const { texts } = textsFor([tag], undefined)
      for (const [key, value] of Object.entries(texts)) {
        const original = english[key as keyof typeof english]
        assert.strictEqual(typeof value, typeof original)
        const said = typeof value === "function" ? value(3 as never) : value
        assert.notStrictEqual(said, typeof original === "function" ? original(3 as never) : original, `${tag} ${key}`)
      }
    }
  })

  it("follows the first language it knows", () => {
    assert.strictEqual(textsFor([undefined, "fr", "es-MX", "id"], undefined).tag, "es-MX")
    assert.strictEqual(textsFor(["fr"], undefined).tag, "en")
    assert.strictEqual(textsFor(["in"], undefined).texts.send, "Kirim")
  })
})

describe("Texts of numbers", () => {
  it("look up how a language says them when one is said, and not before", () => {
    const { PluralRules } = Intl
    const made: Array<unknown> = []
    class Counted extends PluralRules {
      constructor(language: string) {
        super(language)
        made.push(language)
      }
    }
    Object.assign(Intl, { PluralRules: Counted })
    try {
      const unread = { one: "{count} message", other: "{count} messages" }
      const { texts } = textsFor(["fr"], { locale: "en", language: "fr", direction: "ltr", texts: { unread } })
      assert.deepStrictEqual(made, [])
      assert.deepStrictEqual([texts.unread(1), texts.unread(2), made], ["1 message", "2 messages", ["fr"]])
    } finally {
      Object.assign(Intl, { PluralRules })
    }
  })
})

describe("Texts that the server tells", () => {
  const told = {
    locale: "en",
    language: "ar",
    direction: "rtl",
    texts: { send: "إرسال", unread: { two: "رسالتان", other: "{count} رسالة" } }
  } as const

  it("hold in place of the widget's own, in their direction", () => {
    const spoken = textsFor(["ar-EG", "en"], told)
    assert.deepStrictEqual(
      [spoken.tag, spoken.direction, spoken.texts.send, spoken.texts.unread(2)],
      ["ar-EG", "rtl", "إرسال", "رسالتان"]
    )
    const own = textsFor(["id"], { locale: "en", language: "id", direction: "ltr", texts: { send: "Kirimkan" } })
    assert.deepStrictEqual([own.texts.send, own.texts.retry], ["Kirimkan", "Coba lagi"])
  })
})

describe("Sessions", () => {
  it("are opened one at a time: who asked for the visitor before gets the one of whoever is here now", async () => {
    const asked: Array<{ readonly identity: unknown; readonly answer: (session: Session) => void }> = []
    const opened: Array<string> = []
    const sessions = makeSessions({
      requests: {
        ...makeRequests("https://server.example", "account"),
        openSession: ({ identity }) => new Promise((answer) => asked.push({ identity, answer }))
      },
      storage: makeStorage("https://server.example", "sessions"),
      around: () => ({ locale: "en" }),
      onOpened: ({ session }) => opened.push(session.token)
    })
    const session = (token: string) =>
      ({ token, visitorId: token, identity: "none", storageKeys: [] }) as unknown as Session
    const before = sessions.token()
    sessions.startOver({ token: "a proof" })
    const now = sessions.token()
    asked[0]?.answer(session("before"))
    await Promise.resolve()
    asked[1]?.answer(session("now"))
    await new Promise((resolve) => setTimeout(resolve, 20))
    assert.deepStrictEqual(asked.map(({ identity }) => identity), [undefined, { token: "a proof" }])
    assert.deepStrictEqual([await before, await now, opened], ["now", "now", ["now"]])
  })
})

describe("Chat", () => {
  const entry = (id: string, position: number | undefined, at: number, from: Entry["from"] = "visitor"): Entry => ({
    id,
    from,
    content: { type: "text", text: id },
    replyTo: undefined,
    position,
    at,
    state: position === undefined ? "waiting" : "sent"
  })

  it("keeps one entry a message, in the server's order, what waits at the end", () => {
    const entries = merge([entry("w2", undefined, 9), entry("b", 7, 5)], [
      entry("w1", undefined, 8),
      entry("a", 3, 6),
      entry("b", 7, 5),
      entry("b", 8, 5, "business"),
      entry("w2", 9, 9)
    ])
    assert.deepStrictEqual(entries.map(({ from, id, position }) => [id, from, position]), [
      ["a", "visitor", 3],
      ["b", "visitor", 7],
      ["b", "business", 8],
      ["w2", "visitor", 9],
      ["w1", "visitor", undefined]
    ])
    // A late copy from the outbox does not undo what the server confirmed.
    assert.strictEqual(merge(entries, [entry("w2", undefined, 9)])[3]?.state, "sent")
  })
})

describe("Storage", () => {
  const stub = (storage: Partial<Storage> | undefined) =>
    ["localStorage", "sessionStorage"].forEach((name) =>
      Object.defineProperty(globalThis, name, { value: storage, configurable: true })
    )
  const over = (values: Map<string, string>): Partial<Storage> => ({
    getItem: (key) => values.get(key) ?? null,
    setItem: (key, value) => void values.set(key, value),
    removeItem: (key) => void values.delete(key),
    key: (index) => [...values.keys()][index] ?? null,
    get length() {
      return values.size
    }
  })
  const message = (id: string) => ({ message: { id, text: `text ${id}` }, writtenAt: Number(id), fileName: "scan.pdf" })
  const [mine, theirs, older] = [1, 2, 3].map((byte) => Buffer.alloc(32, byte).toString("base64url")) as [
    string,
    string,
    string
  ]
  const widget = () => makeStorage("https://s.example", "a")
  const until = async (condition: () => boolean) => {
    for (let turn = 0; turn < 1000 && !condition(); turn++) await new Promise((resolve) => setImmediate(resolve))
    assert.isTrue(condition())
  }
  /** Whether the store has as many texts as this, none of which can be read there. */
  const isSealed = (values: Map<string, string>, count: number) =>
    [...values.keys()].filter((key) => key.includes(":written:")).length === count &&
    !/text|draft of|scan/.test([...values.values()].join())

  it("seals what is written, gives it back to the visitor alone, and survives what it can't read", async () => {
    const values = new Map<string, string>()
    stub(over(values))
    const before = widget()
    before.addWaiting(message("2"))
    assert.isTrue(isSealed(values, 0))
    await before.unlock([mine])
    before.addWaiting(message("1"))
    before.setDraft("a draft of mine")
    await until(() => isSealed(values, 3))

    const after = widget()
    assert.isTrue(after.hasLocked())
    assert.deepStrictEqual([after.waiting(), after.draft()], [[], ""])
    values.set("wicara:https://s.example:a:written:waiting:3", "{broken")
    values.set(
      "wicara:https://s.example:a:written:waiting:4",
      values.get("wicara:https://s.example:a:written:waiting:2")!
    )
    await after.unlock([mine])
    assert.deepStrictEqual([after.waiting(), after.draft()], [[message("1"), message("2")], "a draft of mine"])
    assert.isFalse(after.hasLocked())
    after.removeWaiting("1")
    assert.deepStrictEqual(after.waiting(), [message("2")])
    assert.isTrue(isSealed(values, 2))

    const ofAnother = makeStorage("https://s.example", "b")
    await ofAnother.unlock([mine])
    assert.deepStrictEqual(ofAnother.waiting(), [])
    const stranger = widget()
    await stranger.unlock([theirs])
    assert.deepStrictEqual([stranger.waiting(), stranger.draft()], [[], ""])
    assert.isTrue(isSealed(values, 0))
  })

  it("opens what was sealed under an older key, and seals it anew", async () => {
    const values = new Map<string, string>()
    stub(over(values))
    const before = widget()
    await before.unlock([older])
    before.setDraft("a draft of mine")
    await until(() => isSealed(values, 1))
    const [sealed] = values.values()
    const after = widget()
    await after.unlock([mine, older])
    assert.strictEqual(after.draft(), "a draft of mine")
    await until(() => isSealed(values, 1) && [...values.values()][0] !== sealed)
    const later = widget()
    await later.unlock([mine])
    assert.strictEqual(later.draft(), "a draft of mine")
    later.clear()
    assert.deepStrictEqual([later.draft(), values.size], ["", 0])
  })

  it("keeps nothing that is written where the page can't seal it", async () => {
    const values = new Map<string, string>()
    stub(over(values))
    const { subtle } = crypto
    Object.defineProperty(crypto, "subtle", { value: undefined, configurable: true })
    const plain = widget()
    await plain.unlock([mine])
    plain.addWaiting(message("1"))
    plain.setDraft("a draft of mine")
    assert.deepStrictEqual([plain.waiting(), plain.draft()], [[message("1")], "a draft of mine"])
    await new Promise((resolve) => setImmediate(resolve))
    Object.defineProperty(crypto, "subtle", { value: subtle, configurable: true })
    assert.strictEqual(values.size, 0)
  })

  it("works from memory where the browser refuses, also in the middle", async () => {
    stub(undefined)
    const refused = widget()
    refused.setToken("t", false)
    await refused.unlock([mine])
    refused.addWaiting(message("1"))
    assert.strictEqual(refused.token(), "t")
    assert.deepStrictEqual(refused.waiting(), [message("1")])
    stub({
      getItem: () => null,
      setItem: () => {
        throw new DOMException("full", "QuotaExceededError")
      },
      removeItem: () => {},
      key: () => null,
      length: 0
    })
    refused.addWaiting(message("2"))
    assert.deepStrictEqual(refused.waiting(), [message("1"), message("2")])
    refused.removeWaiting("1")
    assert.deepStrictEqual(refused.waiting(), [message("2")])
  })
})

describe("greetings", () => {
  it.each(
    [
      ["https://shop.example/plans", ["https://shop.example/plans"], true],
      ["https://shop.example/plans/?utm=1#top", ["https://shop.example/plans"], true],
      ["https://shop.example/plans/gold", ["https://shop.example/plans"], false],
      ["https://shop.example/plans/gold", ["https://shop.example/plans/*"], true],
      ["https://shop.example/id/plans", ["/id/*"], true],
      ["https://shop.example/en/plans", ["/id/*", "*/cart"], false],
      ["https://shop.example/a/b/c", ["*/a/*/c"], true],
      ["https://shop.example/ab", ["https://shop.example/ab*b"], false],
      ["https://shop.example/", null, true],
      ["https://shop.example/", [], false]
    ] as const
  )("on %s by %j: %s", (href, patterns, expected) => {
    assert.strictEqual(isOn(href, patterns), expected)
  })

  it("come to an end with a pattern made to be slow", () => {
    assert.isFalse(matches("a".repeat(2000), `${"*a".repeat(200)}*b`))
  })
})

describe("the count in the title", () => {
  it("goes where it was put, whatever the page calls itself meanwhile", () => {
    const page = { title: "Shop" }
    const title = makeTitleCount(page)
    const titles = [2, 120, 0].map((count) => {
      title.set(count)
      return page.title
    })
    assert.deepStrictEqual(titles, ["(2) Shop", "(99+) Shop", "Shop"])
    title.set(1)
    page.title = "Cart"
    title.set(3)
    assert.strictEqual(page.title, "(3) Cart")
    title.set(0)
    assert.strictEqual(page.title, "Cart")
  })
})
