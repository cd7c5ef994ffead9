/** The page of the API's description in a real browser, under its policy. */
import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { existsSync } from "node:fs"
import { chromium } from "playwright-core"
import * as Harness from "./harness.ts"

const executablePath = [
  process.env["CHROMIUM_PATH"],
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome"
].find((path) => path !== undefined && existsSync(path))

const open = (url: string) =>
  Effect.acquireRelease(
    Effect.promise(() =>
      chromium.launch({
        args: ["--no-sandbox"],
        ...(executablePath === undefined ? {} : { executablePath })
      })
    ),
    (browser) => Effect.promise(() => browser.close())
  ).pipe(
    Effect.flatMap((browser) => Effect.promise(() => browser.newPage())),
    Effect.flatMap((page) =>
      Effect.promise(async () => {
        const refused: Array<string> = []
        const foreign: Array<string> = []
        page.on("console", (message) => {
          if (/content security policy/i.test(message.text())) refused.push(message.text())
        })
        page.on("request", (request) => {
          if (!request.url().startsWith(url) && /^https?:/.test(request.url())) foreign.push(request.url())
        })
        await page.goto(`${url}/docs`)
        await page.getByRole("heading", { name: "Sessions" }).first().waitFor({ timeout: 20_000 })
        return { refused, foreign }
      })
    )
  )

layer(Harness.layer("sqlite"), { excludeTestServices: true, timeout: "60 seconds" })("the docs", (it) => {
  it.effect(
    "are shown under a policy that lets the page run its own scripts and ask this server only",
    (context) =>
      Effect.gen(function*() {
        if (executablePath === undefined) return context.skip()
        const { url } = yield* Harness.TestServer
        const { foreign, refused } = yield* open(url)
        assert.deepStrictEqual(foreign, [])
        assert.deepStrictEqual(refused, [])
      }),
    60_000
  )
})
