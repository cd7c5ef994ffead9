/** What the widget knows of visitors, asks them and takes from them, and what it leaves in their browser. */
import { build } from "esbuild"
import { createHmac } from "node:crypto"
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { chromium } from "playwright-core"
import type { Browser, BrowserContext, BrowserContextOptions, Page } from "playwright-core"
import { Redacted } from "effect"
import { afterAll, afterEach, assert, beforeAll, describe, it } from "vitest"
import type { InboundEvent } from "@wicara/channels/InboundEvent"
import { widget } from "../build.mjs"
import type { WicaraWidget } from "../src/WicaraWidget.tsx"
import { account, asking, makeTestServer } from "./TestServer.ts"
import type { TestServer } from "./TestServer.ts"
import { makeTestSite } from "./TestSite.ts"
import type { TestSite } from "./TestSite.ts"

const executablePath = [process.env["CHROMIUM_PATH"], "/usr/bin/chromium", "/usr/bin/chromium-browser"]
  .find((path) => path !== undefined && existsSync(path))
const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8")
/** Where pictures of every view are kept for looking at, if anywhere. */
const pictures = process.env["WIDGET_PICTURES"]

const png = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64"
)
const hashOf = (userId: string) =>
  createHmac("sha256", Redacted.value(asking.secrets.identityKey!)).update(`user:${userId}`).digest("hex")

describe.skipIf(executablePath === undefined)("a visitor in a browser", () => {
  let folder: string
  let server: TestServer
  let site: TestSite
  let browser: Browser
  let contexts: Array<BrowserContext> = []
  let problems: Array<string> = []
  let requested = new Set<string>()

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "wicara-widget-"))
    const outfile = join(folder, "widget.js")
    await build({ ...widget, outfile })
    server = await makeTestServer({ database: join(folder, "widget.db") })
    await server.start()
    site = await makeTestSite({ script: readFileSync(outfile, "utf8"), server: server.url })
    browser = await chromium.launch({
      ...(executablePath === undefined ? {} : { executablePath }),
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--no-first-run",
        "--disable-background-networking",
        "--host-resolver-rules=MAP plain.example 127.0.0.1"
      ]
    })
    if (pictures !== undefined) mkdirSync(pictures, { recursive: true })
  })

  afterEach(async () => {
    for (const context of contexts) await context.close()
    contexts = []
    await server.heard()
    const met = problems
    const origins = requested
    problems = []
    requested = new Set()
    assert.deepStrictEqual(met, [])
    // Nobody hears of a visitor but the site and the server.
    const own = [site.url, site.url.replace("127.0.0.1", "plain.example"), server.url]
    for (const origin of origins) assert.include(own, origin)
  })

  afterAll(async () => {
    await browser?.close()
    await site?.stop()
    await server?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  const script = (of = account, attributes = "") =>
    `<script src="/widget.js" data-account="${of.id}" data-server="${server.url}" ${attributes}></script>`

  const visit = async (
    html = script(),
    options: BrowserContextOptions & {
      readonly path?: string
      readonly failing?: boolean
      readonly in?: BrowserContext
      /** Another name of the site, which is no secure context. */
      readonly host?: string
    } = {}
  ) => {
    const { failing = false, host, in: known, path, ...rest } = options
    const context = known ?? await browser.newContext({ viewport: { width: 1000, height: 760 }, ...rest })
    if (known === undefined) contexts.push(context)
    const page = await context.newPage()
    page.on("pageerror", (error) => problems.push(String(error)))
    page.on("console", (message) => {
      if (message.type() !== "error") return
      if (!(failing && message.text().startsWith("Failed to load resource"))) problems.push(message.text())
    })
    page.on("request", (request) => {
      const { origin, protocol } = new URL(request.url())
      if (protocol.startsWith("http")) requested.add(origin)
    })
    const url = new URL(site.page(html, path))
    if (host !== undefined) url.hostname = host
    await page.goto(url.href, { referer: "https://search.example/" })
    return page
  }

  const launcher = (page: Page) => page.locator(".launcher")
  const field = (page: Page) => page.getByRole("textbox", { name: "Your message" })
  const write = async (page: Page, text: string) => {
    await field(page).fill(text)
    await field(page).press("Enter")
  }
  const bubbles = (page: Page, from: "visitor" | "business") =>
    page.locator(`.row[data-state][data-from=${from}] .bubble`)
  const element = (page: Page) => page.locator("wicara-widget")
  const identify = (page: Page, userId: string, hash = hashOf(userId)) =>
    element(page).evaluate(
      (widget, proof) => (widget as WicaraWidget).identify(proof),
      { userId, hash }
    )
  const stored = (page: Page) => page.evaluate(() => ({ local: { ...localStorage }, tab: { ...sessionStorage } }))

  /** What came of this kind since the last call; what a site vouches for is not what is waited for. */
  const heard = async <Tag extends InboundEvent["_tag"]>(tag: Tag) => {
    for (let tries = 0; tries < 100; tries++) {
      const found = (await server.heard()).find((one): one is Extract<InboundEvent, { readonly _tag: Tag }> =>
        one._tag === tag && !(one._tag === "ProfileStated" && one.verified)
      )
      if (found !== undefined) return found
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    throw new Error(`no ${tag} came`)
  }

  const look = async (page: Page, name: string) => {
    if (pictures !== undefined) await page.screenshot({ path: join(pictures, `${name}.png`) })
  }

  const accessible = async (page: Page, name: string) => {
    await page.evaluate(() => Promise.all(document.getAnimations().map((animation) => animation.finished)))
    await page.waitForTimeout(300)
    await look(page, name)
    const session = await page.context().newCDPSession(page)
    await session.send("Runtime.evaluate", { expression: axeSource })
    const { result } = await session.send("Runtime.evaluate", {
      expression: `axe.run("wicara-widget", { resultTypes: ["violations"] }).then(({ violations, passes }) =>
        JSON.stringify({ passes: passes.length, violations: violations.map(({ id, nodes }) => [id, nodes.map((node) => node.target + " " + node.failureSummary)]) }))`,
      awaitPromise: true,
      returnByValue: true
    })
    const { passes, violations } = JSON.parse(String(result.value))
    assert.deepStrictEqual(violations, [], name)
    assert.isAbove(passes, 5)
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth)
    assert.isFalse(overflow, `${name} scrolls sideways`)
  }

  it("finds the conversation again on another device, and leaves nothing behind on signing out", async () => {
    const phone = await visit(script(asking))
    await launcher(phone).waitFor()
    assert.strictEqual(await identify(phone, "sari"), "verified")
    await launcher(phone).click()
    await write(phone, "from my phone")
    await phone.locator(".row[data-state=sent]").waitFor()
    const kept = await stored(phone)
    assert.notInclude(JSON.stringify(kept.local), "token")
    assert.include(JSON.stringify(kept.tab), "token")

    const laptop = await visit(script(asking))
    await launcher(laptop).waitFor()
    assert.strictEqual(await identify(laptop, "sari"), "verified")
    await launcher(laptop).click()
    await bubbles(laptop, "visitor").waitFor()
    assert.deepStrictEqual(await bubbles(laptop, "visitor").allTextContents(), ["from my phone"])
    await field(laptop).fill("half a sentence, and a secret one")

    await element(laptop).evaluate((widget) => (widget as WicaraWidget).signOut())
    await launcher(laptop).waitFor()
    const left = await stored(laptop)
    assert.notInclude(JSON.stringify(left), "secret")
    assert.deepStrictEqual(Object.keys(left.tab), [])
    await laptop.reload()
    await launcher(laptop).click()
    await laptop.getByRole("button", { name: "Start the chat" }).waitFor()
    assert.strictEqual(await bubbles(laptop, "visitor").count(), 0)
    // The other device is signed in still.
    await phone.reload()
    await bubbles(phone, "visitor").waitFor()
  })

  it("keeps what is written sealed, shows it after a reload, and forgets it when its session ends", async () => {
    const page = await visit(script(asking), { failing: true })
    await launcher(page).waitFor()
    await identify(page, "budi")
    await launcher(page).click()
    await field(page).waitFor()
    const isSealed = (count: number) =>
      page.waitForFunction(
        (wanted) => Object.keys(sessionStorage).filter((key) => key.includes(":written:")).length === wanted,
        count
      )
    const assertUnreadable = async () => {
      const kept = JSON.stringify(await stored(page))
      assert.notInclude(kept, "not sent yet")
      assert.notInclude(kept, "a draft")
    }
    await page.route("**/v1/widget/messages", (route) => route.abort())
    await write(page, "not sent yet")
    await field(page).fill("a draft")
    await isSealed(2)
    await assertUnreadable()
    await page.reload()
    await page.locator(".row[data-state=waiting]").getByText("not sent yet").waitFor()
    assert.strictEqual(await field(page).inputValue(), "a draft")
    await assertUnreadable()
    // What would be the token of an ended session when the browser comes back.
    await page.evaluate(() => {
      for (const key of Object.keys(sessionStorage)) {
        if (key.endsWith(":token")) sessionStorage.setItem(key, "ended")
      }
    })
    await page.reload()
    await page.getByRole("button", { name: "Start the chat" }).waitFor()
    await isSealed(0)
  })

  it("works on pages that did not come over https, and keeps nothing there that is written", async () => {
    const page = await visit(script(), { host: "plain.example", failing: true })
    await launcher(page).click()
    assert.isFalse(await page.evaluate(() => isSecureContext))
    await write(page, "by plain http")
    await page.locator(".row[data-state=sent]").waitFor()
    await page.context().setOffline(true)
    await write(page, "not sent yet")
    await field(page).fill("a draft")
    const kept = await stored(page)
    assert.deepStrictEqual(Object.keys(kept.tab).map((key) => key.split(":").at(-1)).sort(), ["entry", "open"])
    assert.deepStrictEqual(Object.keys(kept.local).map((key) => key.split(":").at(-1)), ["token"])
    await page.context().setOffline(false)
    await page.locator(".row[data-state=sent]").nth(1).waitFor()
  })

  it("asks again as who wrote it, when they sign in before the answer has come", async () => {
    const page = await visit(script(asking), { failing: true })
    await launcher(page).click()
    await page.getByLabel("Your name").fill("Dewi")
    await page.getByLabel("Your e-mail").fill("dewi@home.example")
    await page.getByLabel("Keep what I say here.").check()
    await page.getByRole("button", { name: "Start the chat" }).click()
    await field(page).waitFor()
    const requests: Array<string> = []
    let lost = 0
    await page.route("**/v1/widget/**", async (route) => {
      const request = route.request()
      const kind = new URL(request.url()).pathname.split("/").at(-1) ?? ""
      if (kind === "messages") {
        const claims = Buffer.from((request.headers()["authorization"] ?? "").split(".")[1] ?? "", "base64url")
        requests.push(`message of ${(JSON.parse(claims.toString()) as { readonly v: string }).v}`)
        if (lost++ === 0) {
          await route.fetch()
          return route.abort()
        }
      }
      if (kind === "sessions" && request.postData()?.includes(`"identity"`) === true) requests.push("signs in")
      return route.continue()
    })
    await write(page, "is it taken?")
    assert.strictEqual(await identify(page, "dewi"), "verified")
    await page.locator(".row[data-state=sent]").waitFor()
    assert.deepStrictEqual(requests, [requests[0], requests[0], "signs in"])
    await heard("MessageReceived")
    assert.strictEqual(await bubbles(page, "visitor").count(), 1)
  })

  it("believes no claim that is not proved", async () => {
    const page = await visit(script(asking))
    await launcher(page).waitFor()
    const told = element(page).evaluate((widget) =>
      new Promise((resolve) => (widget as WicaraWidget).on("identity", resolve))
    )
    assert.strictEqual(await identify(page, "sari", "0".repeat(64)), "refused")
    assert.deepStrictEqual(await told, { identity: "refused" })
    await launcher(page).click()
    await page.getByRole("button", { name: "Start the chat" }).waitFor()
  })

  it("asks the form before the first message, says what is wrong with it, and that nobody is there", async () => {
    const page = await visit(script(asking))
    await launcher(page).click()
    const start = page.getByRole("button", { name: "Start the chat" })
    await start.waitFor()
    await accessible(page, "form")
    await start.click()
    assert.strictEqual(
      await page.evaluate(() => document.activeElement?.shadowRoot?.activeElement?.id),
      "field-name"
    )
    await accessible(page, "form-errors")
    await page.getByLabel("Your name").fill("Budi")
    await page.getByLabel("Your e-mail").fill("budi")
    await page.getByLabel("What is it about?").selectOption("bill")
    await start.click()
    await page.getByText("Please enter an e-mail address").waitFor()
    await page.getByLabel("Your e-mail").fill("budi@home.example")
    await start.click()
    await page.getByText("Please agree to this").waitFor()
    await page.getByLabel("Keep what I say here.").check()
    await start.click()
    await field(page).waitFor()
    const profile = await heard("ProfileStated")
    assert.deepStrictEqual(profile.attributes, { name: "Budi", address: "budi@home.example", topic: "bill" })
    assert.deepStrictEqual(profile.consent, { purpose: "data", text: "Keep what I say here." })

    await page.getByText("We are back on Monday.").waitFor()
    await page.getByText("We are away right now").waitFor()
    const email = page.getByRole("textbox", { name: "Your e-mail address" })
    await email.fill("nothing")
    await page.getByRole("button", { name: "Save" }).click()
    await page.getByText("Please enter an e-mail address").waitFor()
    await accessible(page, "away-error")
    await email.fill("budi@work.example")
    await page.getByRole("button", { name: "Save" }).click()
    await page.getByText("We will answer there, too").waitFor()
    assert.strictEqual((await heard("ProfileStated")).email, "budi@work.example")
    await write(page, "Hello?")
    await page.locator(".row[data-state=sent]").waitFor()
    await page.reload()
    await field(page).waitFor()
  })

  it("asks again when the hours change by the server's clock, whatever the machine's says", async () => {
    const context = await browser.newContext()
    contexts.push(context)
    await context.addInitScript(() => {
      const { now } = Date
      Date.now = () => now() + 2 * 3_600_000
    })
    let asked = 0
    await context.route("**/sessions", async (route) => {
      asked += 1
      const response = await route.fetch()
      const session = await response.json()
      const changesAt = new Date(Date.parse(session.now) + (asked === 1 ? 3_600_000 : 1000)).toISOString()
      await route.fulfill({ response, json: { ...session, offlineChangesAt: changesAt } })
    })
    const page = await visit(script(asking), { in: context })
    await launcher(page).waitFor()
    await page.waitForTimeout(5000)
    assert.strictEqual(asked, 1)
    const again = page.waitForResponse("**/sessions")
    await page.reload()
    await again
    await page.waitForResponse("**/sessions")
    await context.unrouteAll({ behavior: "wait" })
    assert.isAtLeast(asked, 3)
  })

  it("says where the visit began when somebody writes on another page", async () => {
    const page = await visit(script(), { path: "/spring" })
    await launcher(page).waitFor()
    const first = page.url()
    await page.goto(site.page(script(), "/plans"))
    await launcher(page).click()
    await write(page, "Which one?")
    const message = await heard("MessageReceived")
    const { title: _, ...entry } = (message.stated as any).visit.entry
    assert.deepStrictEqual(entry, { url: first, referrer: "https://search.example/" })
    await element(page).evaluate((widget) => (widget as WicaraWidget).signOut())
    assert.deepStrictEqual(Object.keys((await stored(page)).tab).filter((key) => key.endsWith(":entry")), [])
  })

  it("greets by itself where it should, once", async () => {
    const page = await visit(script(asking), { path: "/plans" })
    await page.getByText("Looking for a plan?").waitFor()
    assert.strictEqual(await page.getByText("Can we help you?").count(), 0)
    await accessible(page, "greeting")
    await page.reload()
    await launcher(page).waitFor()
    await page.waitForTimeout(300)
    assert.strictEqual(await page.locator(".greeting").count(), 0)
    const other = await visit(script(asking))
    await other.getByRole("button", { name: "Can we help you?" }).click()
    await other.getByRole("dialog").waitFor()
  })

  it("sends files, shows how they fare and why they are refused, and shows those of the business", async () => {
    const page = await visit(script(), { failing: true })
    await launcher(page).click()
    await field(page).waitFor()
    const choose = async (name: string, buffer: Buffer) => {
      const chooser = page.waitForEvent("filechooser")
      await page.getByRole("button", { name: "Attach a file" }).click()
      await (await chooser).setFiles({ name, mimeType: "application/octet-stream", buffer })
    }
    await choose("huge.txt", Buffer.alloc(300 * 1024, "a"))
    await page.getByText("huge.txt is too large.").waitFor()
    await choose("page.txt", Buffer.from("<!doctype html><script>alert(1)</script>"))
    await page.getByText("Files such as page.txt are not taken.").waitFor()
    await choose("photo.dat", png)
    await page.locator(".chip[data-state=ready]").waitFor()
    await accessible(page, "files")
    for (const name of ["huge.txt", "page.txt"]) await page.getByRole("button", { name: `Remove ${name}` }).click()
    await write(page, "My router")
    await page.locator(".row[data-state=sent] img").waitFor()
    const message = await heard("MessageReceived")
    assert.deepInclude(message.content, { type: "image", caption: "My router" })

    const fileId = await server.store("faktur.pdf", Buffer.from("%PDF-1.7 an invoice"))
    await server.reply(message, {
      type: "document",
      media: { source: { type: "file", id: fileId }, fileName: "faktur.pdf" }
    })
    const link = page.getByRole("link", { name: /faktur.pdf/ })
    await link.waitFor()
    const href = await link.getAttribute("href") ?? ""
    assert.isTrue(href.startsWith(`${server.url}/v1/widget/files/`))
    const download = await fetch(href)
    assert.strictEqual(await download.text(), "%PDF-1.7 an invoice")
    assert.include(download.headers.get("content-disposition") ?? "", "faktur.pdf")
    await page.locator(".row[data-state=sent] img").evaluate((image) =>
      (image as HTMLImageElement).complete || new Promise((loaded) => image.addEventListener("load", loaded))
    )
    assert.strictEqual(
      await page.locator(".row[data-state=sent] img").evaluate((image) => (image as HTMLImageElement).naturalWidth),
      1
    )
    await accessible(page, "files-sent")
  })

  it("asks how it was when it is over", async () => {
    const page = await visit()
    await launcher(page).click()
    await write(page, "Thanks, that was it")
    const message = await heard("MessageReceived")
    const conversationId = "0197c6a2-0000-7000-8000-00000000c0c0"
    await server.askRating(message.chat, conversationId)
    await page.getByText("How was this conversation?").waitFor()
    await page.getByRole("radio", { name: "Good", exact: true }).check({ force: true })
    await page.getByLabel("My question was answered").check()
    await page.getByLabel("Anything else?").fill("Quick")
    await accessible(page, "rating")
    await page.getByRole("button", { name: "Send the rating" }).click()
    await page.getByText("Thank you for your rating.").waitFor()
    const rated = await heard("ConversationRated")
    assert.deepStrictEqual(
      [rated.conversationId, rated.score, rated.solved, rated.comment],
      [conversationId, 4, true, "Quick"]
    )
    await page.reload()
    await field(page).waitFor()
    assert.strictEqual(await page.getByText("How was this conversation?").count(), 0)
  })

  it("is driven and heard by the page, and counts in its title", async () => {
    const page = await visit()
    await launcher(page).waitFor()
    await element(page).evaluate((widget) => {
      const heard: Array<unknown> = []
      Object.assign(globalThis, { heard })
      const it = widget as WicaraWidget
      for (const name of ["open", "close", "message", "unread"] as const) {
        it.on(name, (detail) => heard.push([name, detail]))
      }
      document.addEventListener("wicara-open", () => heard.push("in the page"))
      it.on("close", () => heard.push("never"))()
      it.open()
      it.send("  said by the page ")
      it.close()
      return it.setAttributes({ cart: 3 })
    })
    const all: Array<InboundEvent> = []
    while (all.length < 3) {
      all.push(...await server.heard())
      // Else the server, which runs here too, never comes to take in what is awaited.
      await page.waitForTimeout(20)
    }
    const message = all.find((one) => one._tag === "MessageReceived")!
    assert.deepStrictEqual(message.content, { type: "text", text: "said by the page" })
    const said = Object.assign({}, ...all.map((one) => one._tag === "ProfileStated" ? one.attributes : {}))
    const { title, ...where } = said.visit
    assert.deepStrictEqual(said, { cart: 3, visit: said.visit })
    assert.deepStrictEqual(where, { url: page.url(), referrer: "https://search.example/", locale: "en" })
    assert.match(title, /A site$/)
    await server.reply(message, "one")
    await server.reply(message, "two")
    await page.waitForFunction(() => document.title === "(2) A site")
    assert.strictEqual(await element(page).evaluate((widget) => (widget as WicaraWidget).unreadCount), 2)
    await page.evaluate(() => {
      document.title = "Another page"
    })
    await server.reply(message, "three")
    await page.waitForFunction(() => document.title === "(3) Another page")
    await element(page).evaluate((widget) => (widget as WicaraWidget).toggle())
    await page.waitForFunction(() => document.title === "Another page")
    const events = await page.evaluate(() => JSON.stringify((globalThis as unknown as { heard: unknown }).heard))
    for (
      const one of [`["open",{}]`, `"in the page"`, `["close",{}]`, `["unread",{"count":3}]`, `{"from":"business"}`]
    ) {
      assert.include(events, one)
    }
    assert.notInclude(events, "never")
    assert.notInclude(events, "said by the page")
  })

  it("shows a file as a link where the site's policy lets no picture in", async () => {
    const page = await visit(script(), { path: "/without-pictures" })
    await launcher(page).click()
    await write(page, "send me a picture")
    const message = await heard("MessageReceived")
    const fileId = await server.store("map.png", png)
    await server.reply(message, { type: "image", media: { source: { type: "file", id: fileId }, fileName: "map.png" } })
    await page.locator("a.file", { hasText: "map.png" }).waitFor()
    assert.strictEqual(await page.locator(".bubble img").count(), 0)
    // The browser says so itself; it is what was asked of it.
    problems = problems.filter((one) => !one.includes("img-src"))
  })

  describe.each(
    [
      { name: "a narrow window", options: { viewport: { width: 320, height: 640 } } },
      { name: "twice the size", options: { viewport: { width: 500, height: 380 }, deviceScaleFactor: 2 } },
      { name: "the dark", options: { colorScheme: "dark" } },
      { name: "a language from right to left", options: {} }
    ] as const
  )("in $name", ({ name, options }) => {
    it("is accessible and fits", async () => {
      const page = await visit(script(asking), options)
      await launcher(page).waitFor()
      await page.locator(".greeting").waitFor()
      if (name.endsWith("left")) {
        // As the server says it of such a language (`Languages.direction`).
        await page.locator(".root").evaluate((root) => root.setAttribute("dir", "rtl"))
      }
      await accessible(page, `${name}, closed`)
      await launcher(page).click()
      await page.getByRole("button", { name: "Start the chat" }).click()
      await accessible(page, `${name}, form`)
      // What a label says and what is said of it stand apart, whichever way they are read.
      const gap = await page.locator("label[for=field-name]").evaluate((label) => {
        const [said, ofIt] = Array.from(label.children, (part) => part.getBoundingClientRect())
        if (said === undefined || ofIt === undefined) return 0
        return getComputedStyle(label).direction === "rtl" ? said.left - ofIt.right : ofIt.left - said.right
      })
      assert.isAbove(gap, 2)
      await identify(page, `in ${name}`)
      await field(page).waitFor()
      await write(page, "averylongwordthatgoesonandonwithoutanyspaceinitatallforquiteawhileindeed")
      await page.locator(".row[data-state=sent]").waitFor()
      assert.strictEqual(await bubbles(page, "visitor").count(), 1)
      await accessible(page, `${name}, open`)
    })
  })
})
