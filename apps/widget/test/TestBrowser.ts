/** A browser with the built widget on a site, for tests; where there is none, `executablePath` is undefined. */
import { build } from "esbuild"
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { chromium } from "playwright-core"
import type { Browser, BrowserContext, Page } from "playwright-core"
import { widget } from "../build.mjs"

export const executablePath = [process.env["CHROMIUM_PATH"], "/usr/bin/chromium", "/usr/bin/chromium-browser"]
  .find((path) => path !== undefined && existsSync(path))

export interface TestBrowser {
  readonly folder: string
  /** The built widget. */
  readonly script: string
  readonly browser: Browser
  readonly stop: () => Promise<void>
}

export const makeTestBrowser = async (): Promise<TestBrowser> => {
  const folder = mkdtempSync(join(tmpdir(), "wicara-widget-"))
  const outfile = join(folder, "widget.js")
  await build({ ...widget, outfile })
  const browser = await chromium.launch({
    ...(executablePath === undefined ? {} : { executablePath }),
    args: ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
  })
  return {
    folder,
    script: readFileSync(outfile, "utf8"),
    browser,
    stop: async () => {
      await browser.close()
      rmSync(folder, { recursive: true, force: true })
    }
  }
}

/** Closes the contexts, also of a test that failed. */
export const closeAll = async (contexts: Array<BrowserContext>): Promise<void> => {
  for (const context of contexts.splice(0)) await context.close()
}

export const launcher = (page: Page) => page.locator(".launcher")
export const field = (page: Page) => page.getByRole("textbox", { name: "Your message" })
export const write = async (page: Page, text: string): Promise<void> => {
  await field(page).fill(text)
  await field(page).press("Enter")
}
/** What either side said, oldest first. */
export const bubbles = (page: Page, from: "visitor" | "business") =>
  page.locator(`.row[data-state][data-from=${from}] .bubble`)
