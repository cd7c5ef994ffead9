// The MySQL server of the tests: the one that is named, a private one for this run, or the one of this machine.
import { spawn, spawnSync } from "node:child_process"
import { existsSync, mkdtempSync, readFileSync, rmSync, statfsSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { delimiter, join } from "node:path"
import { Refusal } from "./toolchain.mjs"

const localUrl = "mysql://root@127.0.0.1:3306"

const delay = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds))

/** Logs in and makes sure that databases can be made: `{ product }`, or `{ problem }`. */
const probe = async (url) => {
  const { createConnection } = await import("mysql2/promise")
  let connection
  try {
    connection = await createConnection({ uri: url, connectTimeout: 5_000 })
    const [[{ version }]] = await connection.query("SELECT VERSION() AS version")
    const name = `wicara_test_probe_${process.pid}_${Date.now()}`
    await connection.query(`CREATE DATABASE ${name}`)
    await connection.query(`DROP DATABASE ${name}`)
    const isMariaDb = /mariadb/i.test(version)
    const [major, minor] = version.split(".").map(Number)
    const product = `${isMariaDb ? "MariaDB" : "MySQL"} ${version.split("-")[0]}`
    const isOld = isMariaDb ? major < 10 || (major === 10 && minor < 6) : major < 8
    return isOld ? { problem: `${product} is too old (MySQL 8 or MariaDB 10.6 is needed)` } : { product }
  } catch (error) {
    return { problem: error.message || error.code }
  } finally {
    await connection?.end().catch(() => {})
  }
}

const withoutPassword = (url) => {
  const shown = new URL(url)
  shown.password = shown.password === "" ? "" : "***"
  return shown.toString()
}

const serverPrograms = () => {
  const folders = [
    ...(process.env.PATH ?? "").split(delimiter),
    "/usr/sbin",
    "/usr/local/sbin",
    "/usr/local/bin",
    "/opt/homebrew/bin",
    "/usr/local/mysql/bin",
    "/usr/libexec"
  ]
  const found = ["mariadbd", "mysqld"].flatMap((name) => folders.map((folder) => join(folder, name)))
  return [...new Set(found)].filter((file) => existsSync(file))
}

const findProgram = (names, server) => {
  const folders = [join(server, ".."), ...(process.env.PATH ?? "").split(delimiter), "/usr/bin", "/usr/local/bin"]
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find((file) => existsSync(file))
}

const freePort = () =>
  new Promise((resolve, reject) => {
    const server = createServer()
    server.on("error", reject)
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })

const initialize = (server, isMariaDb, data, asRoot) => {
  if (!isMariaDb) {
    return spawnSync(server, ["--no-defaults", "--initialize-insecure", `--datadir=${data}`, ...asRoot], {
      encoding: "utf8"
    })
  }
  const install = findProgram(["mariadb-install-db", "mysql_install_db"], server)
  if (install === undefined) return { status: 1, stderr: "mariadb-install-db is not installed" }
  return spawnSync(install, [
    "--no-defaults",
    `--datadir=${data}`,
    "--auth-root-authentication-method=normal",
    "--skip-test-db",
    ...asRoot
  ], { encoding: "utf8" })
}

const gibibyte = 2 ** 30

/** Where a private server keeps its files: in memory where there is room, for each test makes and drops its own tables. */
const parentFolder = () => {
  const memory = "/dev/shm"
  try {
    const { bavail, bsize } = statfsSync(memory)
    return bavail * bsize >= 4 * gibibyte ? memory : tmpdir()
  } catch {
    return tmpdir()
  }
}

/** Starts a server of our own in a temporary folder: `{ url, product, stop }`, or `{ problem }`. */
const startPrivate = async (server) => {
  const isMariaDb = /mariadb/i.test(spawnSync(server, ["--version"], { encoding: "utf8" }).stdout ?? "")
  const folder = mkdtempSync(join(parentFolder(), "wicara-mysql-"))
  const data = join(folder, "data")
  const log = join(folder, "error.log")
  const asRoot = process.getuid?.() === 0 ? ["--user=root"] : []
  const remove = () => rmSync(folder, { recursive: true, force: true })

  const made = initialize(server, isMariaDb, data, asRoot)
  if (made.status !== 0) {
    remove()
    return { problem: `${server}: its data folder could not be made: ${made.stderr || made.error}` }
  }
  const port = await freePort()
  const child = spawn(server, [
    "--no-defaults",
    ...asRoot,
    `--datadir=${data}`,
    `--socket=${join(folder, "s.sock")}`,
    `--pid-file=${join(folder, "server.pid")}`,
    `--log-error=${log}`,
    "--bind-address=127.0.0.1",
    `--port=${port}`,
    "--skip-log-bin",
    "--max-connections=500",
    // It is thrown away after the run, so nothing need wait for the disk.
    "--innodb-flush-log-at-trx-commit=0",
    "--innodb-doublewrite=0",
    ...(isMariaDb ? ["--innodb-flush-method=nosync"] : ["--mysqlx=OFF"])
  ], { stdio: "ignore" })
  const exited = new Promise((resolve) => child.on("exit", resolve).on("error", resolve))
  const isRunning = () => child.exitCode === null && child.signalCode === null && child.pid !== undefined
  const kill = () => child.kill("SIGKILL")
  process.on("exit", kill)
  const stop = async () => {
    child.kill("SIGTERM")
    await Promise.race([exited, delay(20_000)])
    if (isRunning()) kill()
    await exited
    process.off("exit", kill)
    remove()
  }

  const url = `mysql://root@127.0.0.1:${port}`
  for (let tries = 0; tries < 300 && isRunning(); tries++) {
    const { product } = await probe(url)
    if (product !== undefined) return { url, product, stop }
    await delay(100)
  }
  const words = existsSync(log) ? readFileSync(log, "utf8").split("\n").slice(-8).join("\n") : ""
  await stop()
  return { problem: `${server} did not come up.\n${words}` }
}

const howToInstall = `
The tests run on SQLite and on a MySQL server, and no server was found. Do one of these:

  - install one: "apt-get install mariadb-server" (Debian, Ubuntu), "brew install mariadb" (macOS),
    "dnf install mariadb-server" (Fedora); it need not be running, a private one is started for the tests
  - name one where databases may be made and dropped: TEST_MYSQL_URL=mysql://user:password@host:3306 npm test
  - run the tests on SQLite alone: npm run test:embedded`

/** `{ url, description, stop }` of the server to test with; a `Refusal` when there is none. */
export const findMysql = async () => {
  const named = process.env.TEST_MYSQL_URL
  if (named !== undefined && named !== "") {
    if (!URL.canParse(named)) throw new Refusal("TEST_MYSQL_URL is not a URL: expected mysql://user:password@host:3306")
    const { problem, product } = await probe(named)
    if (product === undefined) {
      throw new Refusal(`TEST_MYSQL_URL (${withoutPassword(named)}) can't be used: ${problem}`)
    }
    return { url: named, description: `${product} at ${withoutPassword(named)} (TEST_MYSQL_URL)`, stop: async () => {} }
  }
  const problems = []
  for (const server of serverPrograms()) {
    const started = await startPrivate(server)
    if (started.problem === undefined) {
      return { ...started, description: `${started.product}, a private server of this run (${server})` }
    }
    problems.push(started.problem)
  }
  const local = await probe(localUrl)
  if (local.product !== undefined) {
    return { url: localUrl, description: `${local.product} at 127.0.0.1:3306`, stop: async () => {} }
  }
  problems.push(`127.0.0.1:3306 as root without a password: ${local.problem}`)
  throw new Refusal(`${howToInstall}\n\nTried:\n${problems.map((problem) => `  - ${problem}`).join("\n")}`)
}
