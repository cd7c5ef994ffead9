import type { AddressInfo } from "node:net"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { make } from "../src/app.ts"

const { app, close } = make()
const server = app.listen(0, "127.0.0.1")
let base = ""

beforeAll(async () => {
  if (!server.listening) await new Promise((resolve) => server.once("listening", resolve))
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})

afterAll(async () => {
  server.close()
  await close()
})

const open = (name: string, email: string) =>
  fetch(`${base}/shops`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ name, email, password: "correct horse battery" })
  })

const members = (token: string) => fetch(`${base}/members`, { headers: { authorization: `Bearer ${token}` } })

describe("core inside an Express application", () => {
  it("shows those who signed in the members of their own organization, and nobody else any", async () => {
    const books = await (await open("Books", "ann@books.example")).json() as { token: string }
    const bikes = await (await open("Bikes", "bob@bikes.example")).json() as { token: string }
    assert.deepStrictEqual(await (await members(books.token)).json(), [{ email: "ann@books.example", role: "owner" }])
    assert.deepStrictEqual(await (await members(bikes.token)).json(), [{ email: "bob@bikes.example", role: "owner" }])
    assert.strictEqual((await members("ws_unknown")).status, 401)
  })

  it("answers what core refuses with the status that it names", async () => {
    assert.strictEqual((await open("Books", "cy@books.example")).status, 409)
  })
})
