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

const post = (shop: string, body: unknown) =>
  fetch(`${base}/articles`, {
    method: "POST",
    headers: { "x-shop": shop, "content-type": "application/json" },
    body: JSON.stringify(body)
  })

const ask = async (shop: string, question: string) => {
  const response = await fetch(`${base}/answers?q=${encodeURIComponent(question)}`, { headers: { "x-shop": shop } })
  assert.strictEqual(response.status, 200)
  return await response.json() as ReadonlyArray<{ title: string; text: string; version: number; coverage: number }>
}

describe("knowledge inside an Express application with a storage of its own", () => {
  it("finds what a shop wrote, best first, and nothing of it in another shop", async () => {
    const returns = await post("books", {
      kind: "article",
      title: "Returning a book",
      body: "Send the book back within 30 days. We refund the price once it has arrived."
    })
    assert.strictEqual(returns.status, 201)
    assert.deepInclude(await returns.json(), { version: 1 })
    await post("books", { kind: "question", title: "Which cards do you take?", body: "Visa and Mastercard." })
    await post("bikes", { kind: "question", title: "Do you rent bikes?", body: "Yes, by the day." })

    const [best] = await ask("books", "how can I return my book")
    assert.strictEqual(best?.title, "Returning a book")
    assert.include(best?.text, "30 days")
    assert.isAbove(best?.coverage ?? 0, 0)
    assert.deepStrictEqual((await ask("bikes", "how can I return my book")).map(({ title }) => title), [])
    assert.deepStrictEqual((await ask("bikes", "rent bikes")).map(({ title }) => title), ["Do you rent bikes?"])
  })

  it("finds an article from the moment it was written, also after the first search", async () => {
    assert.deepStrictEqual(await ask("bikes", "helmets"), [])
    await post("bikes", { kind: "article", title: "Helmets", body: "Helmets are free with every rental." })
    assert.deepStrictEqual((await ask("bikes", "helmets")).map(({ title }) => title), ["Helmets"])
  })

  it("refuses an article without a title, and a key that is taken, and keeps nothing of them", async () => {
    assert.strictEqual((await post("books", { kind: "article", title: " ", body: "Opening hours" })).status, 400)
    assert.strictEqual((await post("unknown", { kind: "article", title: "x", body: "x" })).status, 401)
    const keyed = { kind: "article", title: "Gift wrapping", body: "For two euros.", externalKey: "gift" }
    assert.strictEqual((await post("books", keyed)).status, 201)
    assert.strictEqual((await post("books", { ...keyed, title: "Parcel tape" })).status, 409)
    assert.deepStrictEqual(await ask("books", "parcel tape"), [])
  })
})
