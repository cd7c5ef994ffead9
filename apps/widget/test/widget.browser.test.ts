import { build } from "esbuild"
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { chromium } from "playwright-core"
import type { Browser, BrowserContext, BrowserContextOptions, Page } from "playwright-core"
import { afterAll, afterEach, assert, beforeAll, describe, it } from "vitest"
import { widget } from "../build.mjs"
import { account, makeTestServer } from "./TestServer.ts"
import type { TestServer } from "./TestServer.ts"
import { makeTestSite } from "./TestSite.ts"
import type { TestSite } from "./TestSite.ts"

const executablePath = [
  process.env["CHROMIUM_PATH"],
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome"
].find((path) => path !== undefined && existsSync(path))

const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8")

describe.skipIf(executablePath === undefined)("the widget in a browser", () => {
  let folder: string
  let server: TestServer
  let site: TestSite
  let browser: Browser
  let context: BrowserContext | undefined
  let problems: Array<string> = []

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
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync"
      ]
    })
  })

  afterEach(async () => {
    await context?.close()
    context = undefined
    const met = problems
    problems = []
    assert.deepStrictEqual(met, [])
  })

  afterAll(async () => {
    await browser?.close()
    await site?.stop()
    await server?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  const script = (attributes = "") =>
    `<script src="/widget.js" data-account="${account.id}" data-server="${server.url}" ${attributes}></script>`

  /** A visit in a browser of its own. Errors in the page fail the test, but for requests that it lets fail. */
  const visit = async (html = script(), options: BrowserContextOptions & { readonly failing?: boolean } = {}) => {
    const { failing = false, ...rest } = options
    context = await browser.newContext({ viewport: { width: 1000, height: 760 }, ...rest })
    const page = await context.newPage()
    page.on("pageerror", (error) => problems.push(String(error)))
    page.on("console", (message) => {
      if (message.type() !== "error") return
      if (!(failing && message.text().startsWith("Failed to load resource"))) problems.push(message.text())
    })
    await page.goto(site.page(html))
    return page
  }

  const launcher = (page: Page) => page.getByRole("button", { name: /^Open chat/ })
  const log = (page: Page) => page.getByRole("log")
  const field = (page: Page) => page.getByRole("textbox", { name: "Your message" })
  const write = async (page: Page, text: string) => {
    await field(page).fill(text)
    await field(page).press("Enter")
  }
  const bubbles = (page: Page, from: "visitor" | "business") =>
    page.locator(`.row[data-state][data-from=${from}] .bubble`)

  const message = async (text: string) => {
    for (let tries = 0; tries < 100; tries++) {
      const found = (await server.received()).find((one) => one.content.type === "text" && one.content.text === text)
      if (found !== undefined) return found
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    throw new Error(`"${text}" never arrived`)
  }

  const active = (page: Page) =>
    page.evaluate(() => document.activeElement?.shadowRoot?.activeElement?.tagName ?? document.activeElement?.tagName)

  const accessible = async (page: Page) => {
    await page.evaluate(() => Promise.all(document.getAnimations().map((animation) => animation.finished)))
    await page.waitForTimeout(300)
    // As the browser's own tools do: past the page's content security policy.
    const session = await page.context().newCDPSession(page)
    await session.send("Runtime.evaluate", { expression: axeSource })
    const { result } = await session.send("Runtime.evaluate", {
      expression: `axe.run("wicara-widget", { resultTypes: ["violations"] }).then(({ violations, passes }) =>
        JSON.stringify({ passes: passes.length, violations: violations.map(({ id, nodes }) => [id, nodes.map((node) => node.target + " " + node.failureSummary)]) }))`,
      awaitPromise: true,
      returnByValue: true
    })
    const { passes, violations } = JSON.parse(String(result.value))
    assert.deepStrictEqual(violations, [])
    assert.isAbove(passes, 5)
  }

  it("is opened, used and closed by keyboard alone, on a site with a strict policy", async () => {
    const page = await visit()
    await launcher(page).waitFor()
    await page.keyboard.press("Tab")
    assert.strictEqual(await active(page), "BUTTON")
    await page.keyboard.press("Enter")
    await field(page).waitFor()
    assert.strictEqual(await active(page), "TEXTAREA")
    await page.keyboard.type("Is there an outage?")
    await page.keyboard.press("Enter")
    const written = await message("Is there an outage?")
    await page.locator(".row[data-state=sent]").getByText("Sent").waitFor({ state: "attached" })

    await server.read(written)
    await page.locator(".row").getByText("Read").waitFor({ state: "attached" })
    await server.typing(written, true)
    await page.locator(".typing").waitFor()
    await server.reply(written, "No, *all* is well. See https://status.example.net/now.")
    await bubbles(page, "business").waitFor()
    await page.locator(".typing").waitFor({ state: "detached" })
    const link = log(page).getByRole("link")
    assert.strictEqual(await link.getAttribute("href"), "https://status.example.net/now")
    assert.include(await link.getAttribute("rel") ?? "", "noopener")
    assert.strictEqual(await log(page).locator("strong").textContent(), "all")

    await page.keyboard.press("Escape")
    await page.getByRole("dialog").waitFor({ state: "detached" })
    await page.waitForFunction(() => document.activeElement?.shadowRoot?.activeElement?.className === "launcher")
  })

  it("counts what came while it was closed, and tells the business when it was read", async () => {
    const page = await visit()
    await launcher(page).click()
    await write(page, "count this")
    const written = await message("count this")
    await page.getByRole("button", { name: "Close chat" }).first().click()
    await server.reply(written, "one")
    await server.reply(written, "two")
    await page.getByRole("button", { name: "Open chat, 2 new messages" }).waitFor()
    assert.strictEqual(await page.locator(".badge").textContent(), "2")
    const read = page.waitForResponse((response) => response.url().endsWith("/v1/widget/read"))
    await launcher(page).click()
    assert.strictEqual((await read).status(), 204)
    await page.locator(".badge").waitFor({ state: "detached" })
    await page.reload()
    await bubbles(page, "business").nth(1).waitFor()
    assert.strictEqual(await page.locator(".badge").count(), 0)
  })

  it("keeps the conversation, the open panel and the draft over a reload", async () => {
    const page = await visit()
    await launcher(page).click()
    await write(page, "remember me")
    await server.reply(await message("remember me"), "I do")
    await bubbles(page, "business").waitFor()
    await field(page).fill("half a sen")
    await page.reload()
    await field(page).waitFor()
    assert.deepStrictEqual(await bubbles(page, "visitor").allTextContents(), ["remember me"])
    assert.deepStrictEqual(await bubbles(page, "business").allTextContents(), ["I do"])
    assert.strictEqual(await field(page).inputValue(), "half a sen")
    // Found open, it does not take the focus from the page.
    assert.strictEqual(await active(page), "BODY")
  })

  it("sends what was written while the server was down, once, over reloads, and gets what it missed", async () => {
    const page = await visit(script(), { failing: true })
    await launcher(page).click()
    await write(page, "before the restart")
    const written = await message("before the restart")
    await page.locator(".dot[data-live=true]").waitFor()
    await server.stop()
    await write(page, "first, while it was down")
    await write(page, "second, while it was down")
    await page.getByText("Connection lost").waitFor()
    assert.strictEqual(await page.locator(".row[data-state=waiting]").count(), 2)
    await page.reload()
    await page.waitForTimeout(500)
    await server.start()
    await server.reply(written, "sent after the restart")
    await bubbles(page, "business").waitFor({ timeout: 20_000 })
    await page.waitForFunction(
      () =>
        document.querySelector("wicara-widget")?.shadowRoot?.querySelectorAll(
          ".row[data-state=sent][data-from=visitor]"
        ).length === 3,
      undefined,
      { timeout: 20_000 }
    )
    const texts = (await server.received()).map((one) => one.content.type === "text" ? one.content.text : "")
    assert.deepStrictEqual(texts, ["first, while it was down", "second, while it was down"])
    await page.reload()
    await bubbles(page, "visitor").nth(2).waitFor()
    assert.deepStrictEqual(await bubbles(page, "visitor").allTextContents(), [
      "before the restart",
      "first, while it was down",
      "second, while it was down"
    ])
  })

  it("reconnects by itself after a restart, without loss or doubles", async () => {
    const page = await visit(script(), { failing: true })
    await launcher(page).click()
    await write(page, "follow me")
    const written = await message("follow me")
    for (let round = 0; round < 3; round++) {
      await server.reply(written, `before ${round}`)
      await server.stop()
      await server.start()
      await server.reply(written, `after ${round}`)
    }
    await bubbles(page, "business").nth(5).waitFor({ timeout: 30_000 })
    await page.locator(".dot[data-live=true]").waitFor()
    await server.reply(written, "live again")
    await bubbles(page, "business").nth(6).waitFor()
    assert.deepStrictEqual(await bubbles(page, "business").allTextContents(), [
      "before 0",
      "after 0",
      "before 1",
      "after 1",
      "before 2",
      "after 2",
      "live again"
    ])
  })

  it("shows the same conversation in two tabs", async () => {
    const one = await visit()
    await launcher(one).click()
    await write(one, "from the first tab")
    const written = await message("from the first tab")
    const two = await one.context().newPage()
    await two.goto(one.url())
    await launcher(two).click()
    await bubbles(two, "visitor").waitFor()
    await write(two, "from the second tab")
    await bubbles(one, "visitor").nth(1).waitFor()
    await server.reply(written, "to both")
    for (const page of [one, two]) {
      await bubbles(page, "business").waitFor()
      assert.deepStrictEqual(await page.locator(".bubble").allTextContents().then((texts) => texts.slice(1)), [
        "from the first tab",
        "from the second tab",
        "to both"
      ])
    }
  })

  it("shows as text whatever was written", async () => {
    const page = await visit()
    await launcher(page).click()
    const evil = `<img src=x onerror="alert(1)"><script>alert(2)</script> javascript:alert(3) "https://a.example/<b>"`
    await write(page, evil)
    const written = await message(evil)
    await server.reply(written, evil)
    await bubbles(page, "business").waitFor()
    assert.include(await bubbles(page, "visitor").textContent() ?? "", `<img src=x onerror="alert(1)">`)
    assert.strictEqual(await log(page).locator("img, script").count(), 0)
    const hrefs = await log(page).getByRole("link").evaluateAll((links) =>
      links.map((link) => (link as HTMLAnchorElement).href)
    )
    assert.deepStrictEqual([...new Set(hrefs)], ["https://a.example/"])
  })

  it("answers a question by its buttons", async () => {
    const page = await visit()
    await launcher(page).click()
    await write(page, "ask me")
    const written = await message("ask me")
    await server.reply(written, {
      type: "buttons",
      body: "Which plan?",
      buttons: [{ id: "s", title: "Small" }, { id: "l", title: "Large" }]
    })
    await page.getByRole("button", { name: "Large" }).click()
    await bubbles(page, "visitor").nth(1).waitFor()
    let picked = (await server.received()).at(0)
    for (let tries = 0; tries < 40 && picked === undefined; tries++) {
      await page.waitForTimeout(50)
      picked = (await server.received()).at(0)
    }
    assert.deepStrictEqual(picked?.content, { type: "button_reply", id: "l", title: "Large" })
    assert.isTrue(await page.getByRole("button", { name: "Small" }).isDisabled())
  })

  it("reads on into the past without losing the place", async () => {
    const page = await visit()
    await launcher(page).click()
    await write(page, "fill the log")
    const written = await message("fill the log")
    for (let n = 1; n <= 45; n++) await server.reply(written, `line ${n}`)
    await page.getByText("line 45", { exact: true }).waitFor()
    await page.reload()
    await page.getByText("line 45", { exact: true }).waitFor()
    assert.strictEqual(await bubbles(page, "business").count(), 30)
    const earlier = page.getByRole("button", { name: "Show earlier messages" })
    await log(page).evaluate((element) => element.scrollTo(0, 0))
    await page.getByRole("button", { name: "Go to the newest message" }).waitFor()
    await log(page).evaluate((element) => element.scrollTo(0, 0))
    await page.waitForTimeout(300)
    const before = await page.getByText("line 16", { exact: true }).boundingBox()
    await earlier.click()
    await page.getByText("line 1", { exact: true }).waitFor({ state: "attached" })
    assert.strictEqual(await bubbles(page, "business").count(), 45)
    const after = await page.getByText("line 16", { exact: true }).boundingBox()
    assert.isBelow(Math.abs((after?.y ?? 0) - (before?.y ?? 0)), 60)
    await page.getByRole("button", { name: "Go to the newest message" }).click()
    await page.waitForFunction(() => {
      const element = document.querySelector("wicara-widget")?.shadowRoot?.querySelector(".log")
      return element !== null && element !== undefined &&
        element.scrollHeight - element.scrollTop - element.clientHeight < 5
    })
  })

  it("says when the browser is offline, and sends when it is back", async () => {
    const page = await visit(script(), { failing: true })
    await launcher(page).click()
    await page.locator(".dot[data-live=true]").waitFor()
    await page.context().setOffline(true)
    await page.getByText("You are offline").waitFor()
    await write(page, "written in a tunnel")
    await page.locator(".row[data-state=waiting]").waitFor()
    await page.context().setOffline(false)
    await page.locator(".row[data-state=sent]").waitFor()
    await page.getByText("You are offline").waitFor({ state: "detached" })
    assert.deepStrictEqual((await message("written in a tunnel")).content, {
      type: "text",
      text: "written in a tunnel"
    })
  })

  it("speaks the visitor's language", async () => {
    const page = await visit(script(`data-locale="id"`))
    await page.getByRole("button", { name: "Buka obrolan" }).click()
    await page.getByText("Tanyakan apa saja").waitFor()
    assert.strictEqual(await page.getByRole("textbox", { name: "Pesan Anda" }).count(), 1)
  })

  it("shows nothing where there is no such widget", async () => {
    const page = await visit(
      `<script src="/widget.js" data-account="0197c6a2-0000-7000-8000-0000000000ff" data-server="${server.url}"></script>`,
      { failing: true }
    )
    // The answer may have come before anyone waits for it.
    await page.waitForFunction(() =>
      performance.getEntriesByType("resource").some((entry) => entry.name.includes("/sessions"))
    )
    await page.waitForTimeout(300)
    assert.strictEqual(await page.locator(".launcher").count(), 0)
  })

  it("can be placed as an element, driven by the page, and taken away", async () => {
    const page = await visit(
      `<script src="/widget.js"></script><wicara-widget account="${account.id}" server="${server.url}" theme="dark"></wicara-widget>`
    )
    await launcher(page).waitFor()
    const element = page.locator("wicara-widget")
    await element.evaluate((widget) => (widget as HTMLElement & { open: () => void }).open())
    await page.getByRole("dialog").waitFor()
    assert.strictEqual(await page.locator(".root").getAttribute("data-mode"), "dark")
    await element.evaluate((widget) => widget.remove())
    assert.strictEqual(await page.locator(".root").count(), 0)
  })

  describe.each(
    [
      { name: "in the light", options: { colorScheme: "light" } },
      { name: "in the dark", options: { colorScheme: "dark" } },
      { name: "on a phone", options: { viewport: { width: 390, height: 780 }, hasTouch: true, isMobile: true } },
      { name: "with reduced motion", options: { reducedMotion: "reduce" } },
      { name: "with forced colours", options: { forcedColors: "active" } }
    ] as const
  )("$name", ({ name, options }) => {
    it("has no accessibility violation that axe-core finds", async () => {
      const page = await visit(script(), options)
      await launcher(page).waitFor()
      await accessible(page)
      await launcher(page).click()
      await accessible(page)
      await write(page, `Hello ${name}, see https://example.net`)
      const written = await message(`Hello ${name}, see https://example.net`)
      await server.read(written)
      await server.reply(written, {
        type: "list",
        body: "Pick *one*, or write to help@example.net",
        header: "Topics",
        footer: "We are here",
        button: "Topics",
        sections: [{
          title: "Money",
          rows: [{ id: "1", title: "Bills", description: "What you pay" }, { id: "2", title: "Refunds" }]
        }]
      })
      await bubbles(page, "business").waitFor()
      await server.typing(written, true)
      await page.locator(".typing").waitFor()
      await accessible(page)
      const dark = (await page.locator(".root").getAttribute("data-mode")) === "dark"
      assert.strictEqual(dark, name === "in the dark")
      const background = await page.locator(".log").evaluate((element) =>
        getComputedStyle(element.parentElement!).backgroundColor
      )
      if (name === "in the dark") assert.strictEqual(background, "rgb(12, 19, 29)")
      if (name === "on a phone") {
        const box = await page.getByRole("dialog").boundingBox()
        assert.deepStrictEqual([box?.width, box?.x, box?.y], [390, 0, 0])
      }
    })
  })
})
