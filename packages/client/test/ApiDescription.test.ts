import { assert, describe, it } from "@effect/vitest"
import { Api } from "@wicara/client/Api"
import * as Pagination from "@wicara/core/Pagination"
import { OpenApi } from "effect/http-api"

const spec = OpenApi.fromApi(Api)
const methods = ["get", "post", "put", "patch", "delete"] as const
const operations = Object.entries(spec.paths).flatMap(([path, item]) =>
  methods.flatMap((method) => {
    const operation = item[method]
    return operation === undefined ? [] : [{ name: `${method.toUpperCase()} ${path}`, method, operation }]
  })
)
const text = (value: unknown) => JSON.stringify(value)

describe("the API's description", () => {
  it("says of every endpoint what it is and who may call it", () => {
    assert.isAbove(operations.length, 50)
    for (const { name, operation } of operations) {
      assert.isNotEmpty(operation.summary ?? "", name)
      assert.match(operation.description ?? "", /permission|member/, name)
    }
    assert.include(spec.paths["/v1/members"]?.get?.description, "`members:read`")
  })

  it("gives every endpoint an id of its own, and a tag that is described", () => {
    assert.strictEqual(new Set(operations.map(({ operation }) => operation.operationId)).size, operations.length)
    const described = spec.tags.filter(({ description }) => description !== undefined).map(({ name }) => name)
    for (const { name, operation } of operations) assert.includeMembers(described, operation.tags, name)
  })

  it("offers an idempotency key where the server honours one, and nowhere else", () => {
    const offering = operations.filter(({ operation }) =>
      /idempotency-?key/i.test(text([operation.parameters, operation.description]))
    )
    const answering = operations.filter(({ method, operation }) =>
      method === "post" && text(operation.responses).includes("/IdempotencyKeyReused")
    )
    assert.isNotEmpty(offering)
    assert.deepStrictEqual(offering.map(({ name }) => name), answering.map(({ name }) => name))
  })

  it("gives the size of a page as a number with its bounds", () => {
    const limits = operations.flatMap(({ operation }) => operation.parameters.filter(({ name }) => name === "limit"))
    assert.isAbove(limits.length, 10)
    for (const { schema } of limits) {
      assert.deepInclude(schema, {
        type: "integer",
        minimum: 1,
        maximum: Pagination.maximumLimit,
        default: Pagination.defaultLimit
      })
    }
  })

  it("says when to come back wherever the server is busy or away, and describes every refusal as a problem", () => {
    for (const { name, operation } of operations) {
      for (const [status, response] of Object.entries(operation.responses)) {
        assert.strictEqual(
          "Retry-After" in (response.headers ?? {}),
          status === "429" || status === "503",
          `${name} ${status}`
        )
        if (Number(status) >= 400) {
          assert.hasAllKeys(response.content, ["application/problem+json"], `${name} ${status}`)
        }
      }
    }
  })
})
