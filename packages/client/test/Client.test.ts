import { assert, describe, it } from "@effect/vitest"
import { Client } from "@wicara/client/Client"
import type { Options } from "@wicara/client/Client"
import * as IdempotencyKey from "@wicara/client/IdempotencyKey"
import { Clock, Effect, Fiber, Redacted } from "effect"
import { HttpClient, HttpClientError, HttpClientResponse } from "effect/http"
import type { HttpClientRequest } from "effect/http"
import { TestClock } from "effect/testing"

interface Sent {
  readonly at: number
  readonly request: HttpClientRequest.HttpClientRequest
  readonly url: URL
}

type Answer = { readonly status: number; readonly headers?: Record<string, string>; readonly body?: unknown } | "away"

/** A client whose server gives the answers in turn, the last one for ever. */
const withAnswers = Effect.fnUntraced(function*(answers: ReadonlyArray<Answer>, options: Options = {}) {
  const sent: Array<Sent> = []
  const http = HttpClient.make((request, url) =>
    Effect.flatMap(Clock.currentTimeMillis, (at) => {
      const answer = answers[Math.min(sent.length, answers.length - 1)] ?? "away"
      sent.push({ at, request, url })
      if (answer === "away") {
        return Effect.fail(
          new HttpClientError.HttpClientError({ reason: new HttpClientError.TransportError({ request }) })
        )
      }
      const text = answer.body === undefined ? null : JSON.stringify(answer.body)
      const type = answer.status < 400 ? "application/json" : "application/problem+json"
      const headers = { ...(text === null ? {} : { "content-type": type }), ...answer.headers }
      return Effect.succeed(
        HttpClientResponse.fromWeb(request, new Response(text, { status: answer.status, headers }))
      )
    })
  )
  const client = yield* Client.make({ baseUrl: "https://wicara.example", ...options }).pipe(
    Effect.provideService(HttpClient.HttpClient, http)
  )
  return { client, sent }
})

/** Runs the call, passing the time it waits. */
const inTime = <A, E, R>(call: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const fiber = yield* Effect.forkChild(call)
    yield* TestClock.adjust("5 minutes")
    return yield* Fiber.join(fiber)
  })

const id = "0197c6a2-5f0e-7c3d-9b61-3f1f0a2f4b10"
const member = {
  userId: id,
  email: "sari@acme.example",
  name: "Sari",
  kind: "person",
  role: "agent",
  status: "active",
  createdAt: "2026-11-21T00:00:00.000Z"
}
const emptyPage: Answer = { status: 200, body: { data: [], nextCursor: null } }
const problem = (status: number, name: string, extra: object = {}, headers: Record<string, string> = {}): Answer => ({
  status,
  headers,
  body: { type: `https://wicara.dev/problems/${name}`, title: name, status, detail: "", ...extra }
})
const unavailable = problem(503, "unavailable", {}, { "retry-after": "2" })
const list = { query: {} }
const newMember = { payload: { email: "sari@acme.example", role: "agent" } }
const keyOf = ({ request }: Sent) => request.headers["idempotency-key"]

describe("Client", () => {
  it.effect("calls the server at its address with the token", () =>
    Effect.gen(function*() {
      const { client, sent } = yield* withAnswers([emptyPage], { token: Redacted.make("wk_secret") })
      assert.deepStrictEqual(yield* client.members.list({ query: { limit: 2 } }), { data: [], nextCursor: null })
      assert.strictEqual(sent[0]?.url.href, "https://wicara.example/v1/members?limit=2")
      assert.strictEqual(sent[0]?.request.headers["authorization"], "Bearer wk_secret")
    }))

  it.effect("reads the token again before each call", () =>
    Effect.gen(function*() {
      let current = "ws_one"
      const token = Effect.sync(() => Redacted.make(current))
      const { client, sent } = yield* withAnswers([emptyPage], { token })
      yield* client.members.list(list)
      current = "ws_two"
      yield* client.members.list(list)
      assert.deepStrictEqual(sent.map(({ request }) => request.headers["authorization"]), [
        "Bearer ws_one",
        "Bearer ws_two"
      ])
    }))

  it.effect("fails with the endpoint's problem by its tag", () =>
    Effect.gen(function*() {
      const { client } = yield* withAnswers([problem(404, "not-found", { resource: "member", id })])
      const failure = yield* Effect.flip(client.members.get({ params: { userId: id as never } }))
      assert.strictEqual(failure._tag, "NotFound")
    }))

  it.effect("repeats what reads, waiting as long as Retry-After asks", () =>
    Effect.gen(function*() {
      const { client, sent } = yield* withAnswers([unavailable, unavailable, emptyPage])
      yield* inTime(client.members.list(list))
      const [first, second, third] = sent.map(({ at }) => at)
      assert.strictEqual(sent.length, 3)
      assert.strictEqual(Number(second) - Number(first), 2000)
      assert.strictEqual(Number(third) - Number(second), 2000)
    }))

  it.effect("understands a Retry-After that is a date", () =>
    Effect.gen(function*() {
      const until = problem(503, "unavailable", {}, { "retry-after": "Thu, 01 Jan 1970 00:00:07 GMT" })
      const { client, sent } = yield* withAnswers([until, emptyPage])
      yield* inTime(client.members.list(list))
      assert.deepStrictEqual(sent.map(({ at }) => at), [0, 7000])
    }))

  it.effect("repeats what reads when nobody answers, and says so when nobody ever does", () =>
    Effect.gen(function*() {
      const recovered = yield* withAnswers(["away", "away", emptyPage])
      yield* inTime(recovered.client.members.list(list))
      assert.strictEqual(recovered.sent.length, 3)
      const lost = yield* withAnswers(["away"])
      const failure = yield* Effect.flip(inTime(lost.client.members.list(list)))
      assert.strictEqual(failure._tag, "HttpClientError")
      assert.strictEqual(lost.sent.length, 5)
    }))

  it.effect("does not wait longer than allowed", () =>
    Effect.gen(function*() {
      const later = problem(503, "unavailable", {}, { "retry-after": "3600" })
      const { client, sent } = yield* withAnswers([later, emptyPage])
      const failure = yield* Effect.flip(client.members.list(list))
      assert.strictEqual(failure._tag, "Unavailable")
      assert.strictEqual(sent.length, 1)
    }))

  it.effect("never repeats a change that could happen twice", () =>
    Effect.gen(function*() {
      const change = { params: { userId: id as never }, payload: { role: "viewer" } }
      for (const answer of [unavailable, "away"] as const) {
        const { client, sent } = yield* withAnswers([answer])
        yield* Effect.flip(inTime(client.members.change(change)))
        assert.strictEqual(sent.length, 1)
      }
      const { client, sent } = yield* withAnswers(["away"])
      yield* Effect.flip(inTime(client.apiKeys.create({ payload: { name: "Key", scopes: ["members:read"] } })))
      assert.strictEqual(sent.length, 1)
      assert.strictEqual(sent[0] && keyOf(sent[0]), undefined)
    }))

  it.effect("sends one idempotency key with all repetitions of a call, and another one with the next call", () =>
    Effect.gen(function*() {
      const { client, sent } = yield* withAnswers(["away", unavailable, { status: 201, body: member }])
      yield* inTime(client.members.add(newMember))
      yield* client.members.add(newMember)
      const keys = sent.map(keyOf)
      assert.strictEqual(keys.length, 4)
      assert.match(String(keys[0]), /^[0-9a-f-]{36}$/)
      assert.strictEqual(new Set(keys.slice(0, 3)).size, 1)
      assert.notStrictEqual(keys[3], keys[0])
    }))

  it.effect("sends the key that it is given", () =>
    Effect.gen(function*() {
      const { client, sent } = yield* withAnswers([{ status: 201, body: member }])
      yield* client.members.add(newMember).pipe(IdempotencyKey.withKey("invite-17"))
      assert.deepStrictEqual(sent.map(keyOf), ["invite-17"])
    }))

  it.effect("comes back for the answer of a request that is still in flight", () =>
    Effect.gen(function*() {
      const inFlight = problem(409, "idempotency-key-in-flight", { key: "k" })
      const { client, sent } = yield* withAnswers([inFlight, { status: 201, body: member }])
      yield* inTime(client.members.add(newMember))
      assert.strictEqual(sent.length, 2)
      const conflict = yield* withAnswers([problem(409, "conflict")])
      const failure = yield* Effect.flip(inTime(conflict.client.members.add(newMember)))
      assert.strictEqual(failure._tag, "Conflict")
      assert.strictEqual(conflict.sent.length, 1)
    }))
})
