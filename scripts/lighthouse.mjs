// Measures a sample page with the widget on it by Lighthouse, against the demo's server: `node scripts/with.mjs node
// scripts/lighthouse.mjs`. Fails below 95 in performance, accessibility or best practices. Needs a Chromium
// (`CHROME_PATH`), and fetches Lighthouse itself from the registry, at the version below.
import { spawn } from "node:child_process"
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { createServer } from "node:http"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { main, Refusal, root, say } from "./toolchain.mjs"

const lighthouse = "lighthouse@13.5.0"
const categories = ["performance", "accessibility", "best-practices"]
const wanted = 0.95

const chromium = () => {
  const found = [process.env.CHROME_PATH, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"]
    .find((path) => path !== undefined && existsSync(path))
  if (found === undefined) throw new Refusal("No Chromium was found: install one, or name it in CHROME_PATH.")
  return found
}

const page = (server, account) =>
  `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="description" content="A sample page with the widget."><title>A sample page</title>
<link rel="icon" href="data:,"></head>
<body><main><h1>A sample page</h1><p>It has a chat in its corner.</p></main>
<script src="${server}/widget.js" data-account="${account}" async></script></body></html>`

const listening = (server) =>
  new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server.address().port)))

const started = (child) =>
  new Promise((resolve, reject) => {
    child.once("exit", () => reject(new Refusal("The server did not start.")))
    let printed = ""
    child.stdout.on("data", (chunk) => {
      printed += chunk
      const url = /listens on (http:\/\/\S+)/.exec(printed)?.[1]
      if (url !== undefined) resolve(url)
    })
  })

const finished = (child) =>
  new Promise((resolve, reject) =>
    child.once("exit", (code) => code === 0 ? resolve() : reject(new Refusal(`Lighthouse ended with ${code}.`)))
  )

main(async () => {
  const folder = mkdtempSync(join(tmpdir(), "wicara-lighthouse-"))
  const chrome = chromium()
  const server = spawn(process.execPath, [
    "--disable-warning=ExperimentalWarning",
    "apps/server/src/main.ts",
    "serve",
    "--demo"
  ], {
    cwd: root,
    stdio: ["ignore", "pipe", "inherit"],
    env: {
      ...process.env,
      WICARA_HOST: "127.0.0.1",
      WICARA_PORT: "0",
      WICARA_DATA_DIR: folder,
      WICARA_LOG_LEVEL: "none"
    }
  })
  const site = createServer()
  try {
    const url = await started(server)
    const { widgetAccount } = await (await fetch(`${url}/demo/config.json`)).json()
    site.on("request", (_, response) => {
      response.writeHead(200, {
        "content-type": "text/html; charset=utf-8",
        "content-security-policy":
          `default-src 'none'; script-src ${url}; connect-src ${url}; img-src data: ${url}; require-trusted-types-for 'script'`
      })
      response.end(page(url, widgetAccount))
    })
    const output = join(folder, "report.json")
    await finished(spawn("npx", [
      "--yes",
      lighthouse,
      `http://127.0.0.1:${await listening(site)}/`,
      "--quiet",
      "--output=json",
      `--output-path=${output}`,
      `--only-categories=${categories.join(",")}`,
      "--chrome-flags=--headless=new --no-sandbox --disable-gpu"
    ], { stdio: ["ignore", "inherit", "inherit"], env: { ...process.env, CHROME_PATH: chrome } }))
    const report = JSON.parse(readFileSync(output, "utf8"))
    const low = []
    for (const name of categories) {
      const { score } = report.categories[name]
      say(`${name}: ${Math.round(score * 100)}`)
      if (score < wanted) {
        low.push(name)
        for (const { id } of report.categories[name].auditRefs) {
          const audit = report.audits[id]
          if (audit.score !== null && audit.score < 0.9) say(`  ${id}: ${audit.title} ${audit.displayValue ?? ""}`)
        }
      }
    }
    if (low.length > 0) throw new Refusal(`Below ${wanted * 100}: ${low.join(", ")}.`)
  } finally {
    site.close()
    server.kill()
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
  }
})
