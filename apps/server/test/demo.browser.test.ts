/** The demo as a person meets it: the real server, started as `npm start` starts it, and a real browser. */
import { chromium } from "playwright-core"
import type { Browser, BrowserContext, BrowserContextOptions, Locator, Page } from "playwright-core"
import { spawn, spawnSync } from "node:child_process"
import type { ChildProcess } from "node:child_process"
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll, afterEach, assert, beforeAll, describe, it } from "vitest"

const executablePath = [
  process.env["CHROMIUM_PATH"],
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome"
].find((path) => path !== undefined && existsSync(path))

const main = process.env["WICARA_TEST_SERVER"] ?? fileURLToPath(new URL("../src/main.ts", import.meta.url))
const widget = fileURLToPath(new URL("../../widget/", import.meta.url))
const images = fileURLToPath(new URL("../../../docs/images/", import.meta.url))

/** `WICARA_TEST_SCREENSHOTS=1` takes the pictures of the documentation anew. */
const screenshots = process.env["WICARA_TEST_SCREENSHOTS"] === "1"

const handedOver = {
  en: "passing your question on to a colleague",
  id: "saya teruskan ke rekan kami"
}

/** Notes every state that the phone shows, also those too short to be met by looking now and then. */
const watchPhone = `
  globalThis.phoneStates = []
  new MutationObserver(() => {
    const rows = [...document.querySelectorAll(".phone .bubble-row")]
    const typing = rows.some((row) => row.querySelector(".dots") !== null)
    const replies = rows.filter((row) => row.dataset.from === "business").length - (typing ? 1 : 0)
    const ticks = rows.findLast((row) => row.dataset.from === "customer")?.querySelector(".ticks")?.dataset.state
    const state = replies + " replies, " + (typing ? "typing" : "still") + ", " + ticks
    if (phoneStates.at(-1) !== state) phoneStates.push(state)
  }).observe(document, { subtree: true, childList: true, attributes: true })
`

const environment = (dataDir: string) => ({
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("WICARA_"))),
  WICARA_DATA_DIR: dataDir
})

/** Starts the server on a free port; resolves with its address once it says that it listens. */
const start = (dataDir: string) => {
  const child = spawn(process.execPath, [
    "--disable-warning=ExperimentalWarning",
    main,
    "serve",
    "--port",
    "0",
    "--demo"
  ], {
    env: environment(dataDir),
    stdio: ["ignore", "pipe", "pipe"]
  })
  let output = ""
  const url = new Promise<string>((resolve, reject) => {
    const read = (bytes: Buffer) => {
      output += bytes.toString()
      const address = /listens on (http:\/\/\S+)/.exec(output)?.[1]
      if (address !== undefined) resolve(address)
    }
    child.stdout.on("data", read)
    child.stderr.on("data", read)
    child.on("exit", (code) => reject(new Error(`The server ended with ${code}:\n${output}`)))
  })
  return { child, url }
}

const stop = (child: ChildProcess | undefined) =>
  new Promise<void>((resolve) => {
    if (child === undefined || child.exitCode !== null) return resolve()
    child.on("exit", () => resolve())
    child.kill("SIGTERM")
  })

describe.skipIf(executablePath === undefined)("the demo in a browser", () => {
  let dataDir: string
  let server: ChildProcess
  let url: string
  let browser: Browser
  let context: BrowserContext | undefined
  let problems: Array<string> = []

  beforeAll(async () => {
    if (!existsSync(join(widget, "dist", "demo", "index.html"))) {
      spawnSync(process.execPath, [join(widget, "build.mjs")])
    }
    dataDir = mkdtempSync(join(tmpdir(), "wicara-demo-"))
    const started = start(dataDir)
    server = started.child
    url = await started.url
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
    await stop(server)
    rmSync(dataDir, { recursive: true, force: true })
  })

  /** A visit in a browser of its own; an error in its console or a request to another origin fails the test. */
  const visit = async (options: BrowserContextOptions = {}) => {
    context = await browser.newContext({
      viewport: { width: 1440, height: 900 },
      locale: "en-US",
      colorScheme: "light",
      ...options
    })
    await context.addInitScript(watchPhone)
    const page = await context.newPage()
    page.on("pageerror", (error) => problems.push(String(error)))
    page.on("console", (message) => message.type() === "error" && problems.push(message.text()))
    page.on("request", (request) => {
      const { origin, protocol } = new URL(request.url())
      if (protocol !== "data:" && origin !== url) problems.push(`a request to ${request.url()}`)
    })
    await page.goto(`${url}/demo`)
    await page.getByText("online", { exact: true }).waitFor()
    await page.locator(".launcher").waitFor()
    return page
  }

  /** Sends `question` in the widget; the row of the reply to it. */
  const askWidget = async (page: Page, question: string): Promise<Locator> => {
    const replies = page.locator("wicara-widget .row[data-from=business]:not(:has(.typing))")
    const before = await replies.count()
    const field = page.getByRole("textbox", { name: "Your message" })
    await field.fill(question)
    await field.press("Enter")
    const reply = replies.nth(before)
    await reply.waitFor()
    return reply
  }

  const rowsOnPhone = (page: Page) => page.locator(".phone .bubble-row[data-from=business]:not(:has(.dots))")

  /** Sends `question` on the phone; the row of the reply, before which the ticks turned read and typing showed. */
  const askPhone = async (page: Page, question: string): Promise<Locator> => {
    const replies = rowsOnPhone(page)
    const before = await replies.count()
    await page.evaluate("phoneStates = []")
    const field = page.getByRole("textbox", { name: "Message to Lintas Fiber" })
    await field.fill(question)
    await field.press("Enter")
    const own = page.locator(".phone .bubble-row[data-from=customer]", { hasText: question }).last()
    await own.waitFor()
    const reply = replies.nth(before)
    await reply.waitFor()
    await page.locator(".phone .dots").waitFor({ state: "detached" })
    const seen = await page.evaluate<ReadonlyArray<string>>("phoneStates")
    assert.include(seen, `${before} replies, typing, read`, seen.join(" | "))
    return reply
  }

  const text = async (row: Locator): Promise<string> => (await row.textContent()) ?? ""

  it("shows other settings of the widget on a page of their own", async () => {
    const page = await visit()
    await page.getByRole("link", { name: "The widget with other settings" }).click()
    await page.getByRole("button", { name: "Looking for a connection for your office?" }).click()
    await page.getByRole("dialog", { name: "Lintas Fiber for businesses" }).waitFor()
    assert.isFalse(await page.getByLabel("You may write to me about news.").isChecked())
    await page.getByLabel("Your name").fill("Rina")
    await page.getByRole("button", { name: "Start the chat" }).click()
    const reply = await askWidget(page, "How much is the cheapest plan?")
    assert.notStrictEqual(await text(reply), "")
    assert.strictEqual(await page.getByRole("button", { name: "Attach a file" }).count(), 0)
  })

  it("answers the customers of `wicara simulate`", async () => {
    const simulation = spawn(process.execPath, [
      "--disable-warning=ExperimentalWarning",
      main,
      "simulate",
      "--customers",
      "4",
      "--url",
      url,
      "--json"
    ], { env: environment(dataDir), stdio: ["ignore", "pipe", "inherit"] })
    let output = ""
    simulation.stdout.on("data", (bytes: Buffer) => {
      output += bytes.toString()
    })
    assert.strictEqual(await new Promise((resolve) => simulation.on("exit", resolve)), 0, output)
    const { answered, doubled, handedOver, lost, messages, notHandedOver, wrong } = JSON.parse(output)
    assert.deepStrictEqual([doubled, lost, notHandedOver, wrong], [0, 0, 0, 0])
    assert.strictEqual(answered + handedOver, messages)
  })

  it("answers in the widget, in the language of the question, and hands over what it does not know", async () => {
    const page = await visit()
    await page.getByRole("button", { name: "Open chat" }).click()
    assert.include(await text(await askWidget(page, "How much is the 100 Mbps plan?")), "Rp 349,000 per month")
    const indonesian = await text(await askWidget(page, "Berapa biaya pemasangan?"))
    assert.include(indonesian, "Biaya pemasangan Rp 150.000, sekali saja.")
    assert.include(await text(await askWidget(page, "What is the capital of France?")), handedOver.en)

    // A person owns the conversation from here on: the bot keeps quiet, also about what it knows.
    const replies = page.locator("wicara-widget .row[data-from=business]:not(:has(.typing))")
    const before = await replies.count()
    const field = page.getByRole("textbox", { name: "Your message" })
    await field.fill("When is my bill due?")
    await field.press("Enter")
    await page.locator("wicara-widget .row[data-state=sent]", { hasText: "When is my bill due?" }).waitFor()
    await page.waitForTimeout(4000)
    assert.strictEqual(await replies.count(), before)
  })

  it.each(
    [["Cloud API", "cloud"], ["WAHA", "waha"]] as const
  )("answers on the phone through %s: ticks turn read, typing shows, then the answer", async (name, channel) => {
    const page = await visit()
    await page.getByRole("radio", { name }).check()
    await page.getByText(channel === "cloud" ? "Meta's own interface" : "paired phone").waitFor()
    assert.include(
      await text(await askPhone(page, "The LOS light on my router is red")),
      "Check that the thin yellow cable is firmly plugged in"
    )
    assert.include(await text(await askPhone(page, "Kapan tagihan saya jatuh tempo?")), "tanggal 10")
    assert.include(await text(await askPhone(page, "Apakah kalian menjual laptop?")), handedOver.id)
  })

  it("keeps what was said on both channels of the phone apart, and all of it through a reload", async () => {
    const page = await visit()
    await askPhone(page, "How do I pay my bill?")
    await page.getByRole("radio", { name: "WAHA" }).check()
    await page.getByText("Say hello").waitFor()
    assert.strictEqual(await rowsOnPhone(page).count(), 0)
    await askPhone(page, "Can I pause my connection?")
    await page.getByRole("button", { name: "Open chat" }).click()
    const answer = await text(await askWidget(page, "How long does installation take?"))
    assert.include(answer, "The work takes 2 to 3 hours.")

    await page.reload()
    await page.locator(".phone .bubble-row", { hasText: "Can I pause my connection?" }).waitFor()
    await rowsOnPhone(page).first().waitFor()
    await page.getByRole("radio", { name: "Cloud API" }).check()
    await page.locator(".phone .bubble-row", { hasText: "How do I pay my bill?" }).waitFor()
    assert.include(await text(rowsOnPhone(page).first()), "virtual account")

    const history = page.locator("wicara-widget .row")
    if (await page.getByRole("button", { name: "Open chat" }).isVisible()) {
      await page.getByRole("button", { name: "Open chat" }).click()
    }
    await history.filter({ hasText: "How long does installation take?" }).waitFor()
    assert.strictEqual(await history.filter({ hasText: "The work takes 2 to 3 hours." }).count(), 1)
  })

  it.runIf(screenshots)("has its pictures taken for the documentation", async () => {
    mkdirSync(images, { recursive: true })
    const page = await visit({ reducedMotion: "reduce" })
    await askPhone(page, "What happens in a power cut?")
    await askPhone(page, "Berapa biaya pemasangan?")
    await page.getByRole("button", { name: "Open chat" }).click()
    await askWidget(page, "Can I upgrade to a bigger plan?")
    await askWidget(page, "Do you sell laptops?")
    await page.waitForTimeout(500)
    const taken = [
      await page.screenshot({ path: join(images, "demo.png") }),
      await page.locator("wicara-widget .panel").screenshot({ path: join(images, "widget.png") }),
      await page.locator(".phone").screenshot({ path: join(images, "phone.png") })
    ]
    assert.isTrue(taken.every((image) => image.length > 10_000))
  })
})
