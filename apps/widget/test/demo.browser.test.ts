import { build } from "esbuild"
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { chromium } from "playwright-core"
import type { Browser, BrowserContext, BrowserContextOptions, Page } from "playwright-core"
import { afterAll, afterEach, assert, beforeAll, describe, it } from "vitest"
import { demo as demoBuild, settings as settingsBuild, widget } from "../build.mjs"
import { makeTestDemo } from "./TestDemo.ts"
import type { TestDemo } from "./TestDemo.ts"
import { makeTestServer } from "./TestServer.ts"
import type { TestServer } from "./TestServer.ts"

const executablePath = [
  process.env["CHROMIUM_PATH"],
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome"
].find((path) => path !== undefined && existsSync(path))

const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8")
/** Where pictures are kept for looking at, if anywhere. */
const pictures = process.env["WIDGET_PICTURES"]
const sources = fileURLToPath(new URL("../src/demo/", import.meta.url))

describe.skipIf(executablePath === undefined)("the demo page in a browser", () => {
  let folder: string
  let server: TestServer
  let demo: TestDemo
  let browser: Browser
  let context: BrowserContext | undefined
  let problems: Array<string> = []

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "wicara-demo-"))
    await build({ ...widget, outfile: join(folder, "widget.js") })
    await build({ ...demoBuild, outfile: join(folder, "demo", "demo.js") })
    await build({ ...settingsBuild, outfile: join(folder, "demo", "settings.js") })
    for (const file of ["index.html", "settings.html", "demo.css"]) {
      cpSync(join(sources, file), join(folder, "demo", file))
    }
    server = await makeTestServer({ database: ":memory:" })
    await server.start()
    demo = await makeTestDemo({ folder, api: server.url })
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
    await demo?.stop()
    await server?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  const visit = async (options: BrowserContextOptions = {}, path = "") => {
    context = await browser.newContext({ viewport: { width: 1440, height: 960 }, locale: "en-US", ...options })
    const page = await context.newPage()
    page.on("pageerror", (error) => problems.push(String(error)))
    page.on("console", (message) => message.type() === "error" && problems.push(message.text()))
    await page.goto(`${demo.url}${path}`)
    await page.locator(".launcher").waitFor()
    return page
  }

  /** What axe-core finds, and whether the page scrolls sideways. */
  const faults = async (page: Page): Promise<ReadonlyArray<unknown>> => {
    const session = await page.context().newCDPSession(page)
    await session.send("Runtime.evaluate", { expression: axeSource })
    const { result } = await session.send("Runtime.evaluate", {
      expression: `axe.run({ resultTypes: ["violations"] }).then(({ violations }) =>
        JSON.stringify(violations.map(({ id, nodes }) => [id, nodes.map((node) => node.target + " " + node.failureSummary)])))`,
      awaitPromise: true,
      returnByValue: true
    })
    const wider = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
    return [...JSON.parse(String(result.value)), ...(wider > 0 ? [`${wider} pixels too wide`] : [])]
  }

  const customerOf = (page: Page): Promise<string> =>
    page.evaluate(() => JSON.parse(localStorage.getItem("demo:customer") ?? "{}").phone)

  const write = async (page: Page, text: string) => {
    const field = page.getByRole("textbox", { name: "Message to Lintas Fiber" })
    await field.fill(text)
    await field.press("Enter")
    await page.locator(".bubble-row .when time").last().waitFor()
  }

  it.each(["cloud", "waha"] as const)("is a customer's phone on %s: bubbles, ticks and typing", async (channel) => {
    const page = await visit()
    if (channel === "waha") await page.getByRole("radio", { name: "WAHA" }).check()
    const customer = await customerOf(page)
    const chat = page.getByRole("log", { name: "Chat with Lintas Fiber" })
    await page.getByText("online", { exact: true }).waitFor()
    await write(page, "Is my street covered?")
    const [written] = demo.chat(channel, customer)
    assert.strictEqual(written?.text, "Is my street covered?")
    assert.strictEqual(await page.locator(".ticks[data-state=read]").count(), 0)
    await demo.read(channel, customer, written?.id ?? "")
    await page.locator(".ticks[data-state=read]").waitFor()
    await demo.typing(channel, customer, true)
    await page.locator(".dots").waitFor()
    assert.strictEqual(await page.locator(".chat-header [role=status]").textContent(), "typing…")
    await demo.reply(channel, customer, "Yes, *it is*.")
    await chat.getByText("Yes,").waitFor()
    await page.locator(".dots").waitFor({ state: "detached" })
    assert.strictEqual(await chat.locator("strong").textContent(), "it is")

    // The other channel is another chat of the same person, and this one is still there afterwards.
    await page.getByRole("radio", { name: channel === "cloud" ? "WAHA" : "Cloud API" }).check()
    await chat.getByText("Say hello").waitFor()
    await page.reload()
    await page.getByRole("radio", { name: channel === "cloud" ? "Cloud API" : "WAHA" }).check()
    await chat.getByText("Is my street covered?").waitFor()
  })

  it("asks in the widget what was picked on the site", async () => {
    const page = await visit()
    await page.getByRole("button", { name: "I am moving house. What now?" }).click()
    const field = page.getByRole("textbox", { name: "Your message" })
    assert.strictEqual(await field.inputValue(), "I am moving house. What now?")
    await page.keyboard.press("Enter")
    await page.locator(".row[data-state=sent]").waitFor()
    const [message] = await server.received()
    assert.deepStrictEqual(message?.content, { type: "text", text: "I am moving house. What now?" })
    await page.getByRole("button", { name: /^Ask about it.*Lintas 100$/ }).click()
    await page.waitForFunction(() =>
      document.querySelector("wicara-widget")?.shadowRoot?.querySelector("textarea")?.value ===
        "Tell me about the Lintas 100 plan"
    )
  })

  it("speaks Indonesian throughout when asked to, and remembers it", async () => {
    const page = await visit()
    await page.getByRole("radio", { name: "Indonesia" }).check()
    await page.getByRole("heading", { name: "Empat paket. Semuanya tanpa batas." }).waitFor()
    await page.getByRole("button", { name: "Buka obrolan" }).waitFor()
    await page.reload()
    await page.getByRole("heading", { name: "Ponsel pelanggan" }).waitFor()
    assert.strictEqual(await page.locator("html").getAttribute("lang"), "id")
    const chosen = await page.evaluate(() => getComputedStyle(document.body).backgroundColor)
    await page.getByRole("radio", { name: "Gelap" }).check()
    await page.waitForFunction(() =>
      document.querySelector("wicara-widget")?.shadowRoot?.querySelector(".root")?.getAttribute("data-mode") === "dark"
    )
    assert.notStrictEqual(await page.evaluate(() => getComputedStyle(document.body).backgroundColor), chosen)
  })

  it("begins again as another customer", async () => {
    const page = await visit()
    await write(page, "from the first")
    const first = await customerOf(page)
    await page.getByRole("button", { name: "New customer" }).click()
    await page.getByRole("log", { name: "Chat with Lintas Fiber" }).getByText("Say hello").waitFor()
    assert.notStrictEqual(await customerOf(page), first)
  })

  it.each(
    [
      ["in the light", { colorScheme: "light" }],
      ["in the dark", { colorScheme: "dark" }],
      ["on a phone", { viewport: { width: 390, height: 780 }, hasTouch: true, isMobile: true }]
    ] as const
  )("has no accessibility violation that axe-core finds, %s", async (_name, options) => {
    const page = await visit({ reducedMotion: "reduce", ...options })
    const customer = await customerOf(page)
    await write(page, "Hello, see https://example.net")
    await demo.reply("cloud", customer, "Hello *you*")
    await demo.typing("cloud", customer, true)
    await page.locator(".dots").waitFor()
    await page.waitForTimeout(300)
    assert.deepStrictEqual(await faults(page), [])
  })

  it.each(
    [
      ["in the light", { colorScheme: "light" }],
      ["in the dark", { colorScheme: "dark" }],
      ["on a phone", { viewport: { width: 390, height: 780 }, hasTouch: true, isMobile: true }]
    ] as const
  )("shows the widget with other settings, and what a page does with it, %s", async (name, options) => {
    const page = await visit({ reducedMotion: "reduce", ...options }, "settings.html")
    await page.locator(".greeting").waitFor()
    assert.isBelow((await page.locator(".launcher").boundingBox())?.x ?? 999, 60)
    if (pictures !== undefined) await page.screenshot({ path: join(pictures, `settings ${name}.png`) })
    assert.deepStrictEqual(await faults(page), [])
    await page.getByRole("button", { name: "Add attributes" }).click()
    await page.getByText("attributes are kept").waitFor()
    const [said] = (await server.heard()).flatMap((event) => event._tag === "ProfileStated" ? [event.attributes] : [])
    assert.deepStrictEqual(said, { plan: "Lintas 100", cart: 2 })
    await page.getByRole("button", { name: "Open with a draft" }).click()
    await page.getByRole("button", { name: "Start the chat" }).waitFor()
    if (pictures !== undefined) await page.screenshot({ path: join(pictures, `settings form ${name}.png`) })
    const told = await page.locator(".events").textContent() ?? ""
    for (const event of ["ready", "greeting", "open"]) assert.include(told, event)
  })
})
