/** What was written and what was answered, over networks that are slow, come and go, and machines that sleep. */
import { join } from "node:path"
import type { BrowserContext, CDPSession, Page } from "playwright-core"
import { afterAll, afterEach, assert, beforeAll, describe, it } from "vitest"
import type { MessageReceived } from "@wicara/channels/InboundEvent"
import { bubbles, closeAll, executablePath, field, launcher, makeTestBrowser, write } from "./TestBrowser.ts"
import type { TestBrowser } from "./TestBrowser.ts"
import { makeTestProxy } from "./TestProxy.ts"
import type { TestProxy } from "./TestProxy.ts"
import { account, makeTestServer } from "./TestServer.ts"
import type { TestServer } from "./TestServer.ts"
import { makeTestSite } from "./TestSite.ts"
import type { TestSite } from "./TestSite.ts"

const none = { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: -1 }
/** As browsers' own tools have it. */
const slow3G = { offline: false, latency: 2000, downloadThroughput: 50_000, uploadThroughput: 50_000 }
const offline = { ...none, offline: true }

describe.skipIf(executablePath === undefined)("a conversation over a bad network", () => {
  let browser: TestBrowser
  let server: TestServer
  let proxy: TestProxy
  let site: TestSite
  const contexts: Array<BrowserContext> = []

  beforeAll(async () => {
    browser = await makeTestBrowser()
    server = await makeTestServer({ database: join(browser.folder, "widget.db") })
    await server.start()
    proxy = await makeTestProxy(server.url)
    site = await makeTestSite({ script: browser.script, server: proxy.url })
  })

  afterEach(async () => {
    await closeAll(contexts)
    await server.heard()
  })

  afterAll(async () => {
    await browser?.stop()
    await site?.stop()
    await proxy?.stop()
    await server?.stop()
  })

  const visit = async (): Promise<{ readonly page: Page; readonly session: CDPSession }> => {
    const context = await browser.browser.newContext({ viewport: { width: 1000, height: 760 } })
    contexts.push(context)
    const page = await context.newPage()
    const session = await context.newCDPSession(page)
    await session.send("Network.enable")
    // The clock goes on while a machine sleeps, which no test waits for.
    await page.addInitScript(() => {
      const { now } = Date
      Object.assign(globalThis, { slept: 0 })
      Date.now = () => now() + (globalThis as unknown as { readonly slept: number }).slept
    })
    await page.goto(
      site.page(`<script src="/widget.js" data-account="${account.id}" data-server="${proxy.url}"></script>`)
    )
    await launcher(page).click()
    await field(page).waitFor()
    return { page, session }
  }

  const network = (session: CDPSession, conditions: typeof none) =>
    session.send("Network.emulateNetworkConditions", conditions)

  /** What visitors wrote, in the order in which it was taken in, from the first on. */
  const collector = () => {
    const all: Array<MessageReceived> = []
    const collect = async (count: number) => {
      for (let tries = 0; tries < 400 && all.length < count; tries++) {
        all.push(...await server.received())
        if (all.length < count) await new Promise((resolve) => setTimeout(resolve, 50))
      }
      return all
    }
    return collect
  }
  const textOf = ({ content }: MessageReceived) => content.type === "text" ? content.text : content.type
  const rows = (page: Page, state: "waiting" | "sent") => page.locator(`.row[data-from=visitor][data-state=${state}]`)
  const allSent = (page: Page, count: number) => rows(page, "sent").nth(count - 1).waitFor({ timeout: 60_000 })
  const texts = (prefix: string, count: number) => Array.from({ length: count }, (_, index) => `${prefix} ${index + 1}`)

  it("goes on when it is slow: all of it once, in order, and shown to be on its way", async () => {
    const { page, session } = await visit()
    const collect = collector()
    await write(page, "hello")
    const [first] = await collect(1)
    await network(session, slow3G)
    const written = texts("slow", 4)
    for (const text of written) await write(page, text)
    await rows(page, "waiting").nth(1).waitFor()
    const answers = texts("answer", 4)
    for (const answer of answers) await server.reply(first!, answer)
    await bubbles(page, "business").nth(3).waitFor({ timeout: 60_000 })
    await allSent(page, 5)
    assert.deepStrictEqual(await bubbles(page, "business").allTextContents(), answers)
    assert.deepStrictEqual(await bubbles(page, "visitor").allTextContents(), ["hello", ...written])
    assert.deepStrictEqual((await collect(5)).map(textOf), ["hello", ...written])
  }, 120_000)

  it("loses and doubles nothing when it comes and goes while both sides write", async () => {
    const { page, session } = await visit()
    const collect = collector()
    await write(page, "hello")
    const [first] = await collect(1)
    const written: Array<string> = []
    const answers: Array<string> = []
    for (let round = 1; round <= 6; round++) {
      await network(session, offline)
      await page.getByText("You are offline").waitFor()
      for (const part of ["a", "b"]) {
        written.push(`away ${round}${part}`)
        await write(page, `away ${round}${part}`)
      }
      answers.push(`answer ${round}`)
      await server.reply(first!, `answer ${round}`)
      await network(session, round % 2 === 0 ? none : { ...slow3G, latency: 300 })
      await page.getByText("You are offline").waitFor({ state: "detached" })
      // Away again as soon as something came through, or nothing did: in the middle of what goes on then.
      if (round % 3 === 0) await bubbles(page, "business").nth(round - 1).waitFor({ timeout: 60_000 })
    }
    await network(session, none)
    await allSent(page, 13)
    await bubbles(page, "business").nth(5).waitFor({ timeout: 60_000 })
    assert.deepStrictEqual(await bubbles(page, "visitor").allTextContents(), ["hello", ...written])
    assert.deepStrictEqual(await bubbles(page, "business").allTextContents(), answers)
    assert.deepStrictEqual((await collect(13)).map(textOf), ["hello", ...written])
    assert.strictEqual(await rows(page, "waiting").count(), 0)
  }, 180_000)

  it("takes in once what arrived while its answers were lost", async () => {
    const { page } = await visit()
    const collect = collector()
    let lost = 0
    await page.route("**/v1/widget/messages", async (route) => {
      if (lost++ % 2 === 1) return route.continue()
      await route.fetch()
      await route.abort()
    })
    const written = texts("unanswered", 4)
    for (const text of written) await write(page, text)
    await allSent(page, 4)
    assert.isAtLeast(lost, 7)
    assert.deepStrictEqual((await collect(4)).map(textOf), written)
    assert.deepStrictEqual(await bubbles(page, "visitor").allTextContents(), written)
  }, 60_000)

  it("goes on after the page was frozen while the server restarted", async () => {
    const { page, session } = await visit()
    const collect = collector()
    await write(page, "before the sleep")
    const [first] = await collect(1)
    await server.reply(first!, "answer before")
    await bubbles(page, "business").waitFor()
    await session.send("Page.setWebLifecycleState", { state: "frozen" })
    await server.stop()
    await server.start()
    const answers = texts("answer", 3)
    for (const answer of answers) await server.reply(first!, answer)
    await session.send("Page.setWebLifecycleState", { state: "active" })
    await bubbles(page, "business").nth(3).waitFor({ timeout: 30_000 })
    await write(page, "after the sleep")
    await allSent(page, 2)
    assert.deepStrictEqual(await bubbles(page, "business").allTextContents(), ["answer before", ...answers])
    assert.deepStrictEqual((await collect(2)).map(textOf), ["before the sleep", "after the sleep"])
  }, 60_000)

  it("notices after a sleep that its connection died without a word", async () => {
    const { page } = await visit()
    const collect = collector()
    await write(page, "before the night")
    const [first] = await collect(1)
    await page.locator(".dot[data-live=true]").waitFor()
    proxy.silence()
    await server.reply(first!, "answer of the night")
    await page.evaluate(() => Object.assign(globalThis, { slept: 8 * 3600 * 1000 }))
    // Sooner than the silence of 40 seconds would tell.
    await bubbles(page, "business").waitFor({ timeout: 25_000 })
    await page.locator(".dot[data-live=true]").waitFor()
    await write(page, "in the morning")
    await allSent(page, 2)
    assert.deepStrictEqual((await collect(2)).map(textOf), ["before the night", "in the morning"])
    assert.deepStrictEqual(await bubbles(page, "business").allTextContents(), ["answer of the night"])
  }, 60_000)
})
