import { assert, describe, it, layer } from "@effect/vitest"
import { Duration, Effect, Exit, Fiber, Layer, Option, Queue, Scope, Stream } from "effect"
import { Base64Url } from "effect/encoding"
import { TestClock } from "effect/testing"
import { InboundEvents } from "@wicara/channels/InboundEvents"
import * as TestDatabase from "@wicara/testing/TestDatabase"
import { VisitorLimits } from "../src/VisitorLimits.ts"
import type { WidgetAccount } from "../src/Visitor.ts"
import { SessionId, VisitorId } from "../src/Visitor.ts"
import * as VisitorToken from "../src/VisitorToken.ts"
import * as WidgetAdapter from "../src/WidgetAdapter.ts"
import * as WidgetInbound from "../src/WidgetInbound.ts"
import { WidgetStore } from "../src/WidgetStore.ts"
import { call, events, fenced, foreign, json, layerHttp, messageId, openSession, site, uuid } from "./harness.ts"

const write = (token: string, n: number, text = `message ${n}`) =>
  call("POST", "/v1/widget/messages", { token, body: { id: uuid(n), text } })

const reply = Effect.fnUntraced(function*(of: WidgetAccount, visitorId: string, n: number, text = `reply ${n}`) {
  const adapter = yield* WidgetAdapter.make
  return yield* adapter.send(
    { id: messageId(n), to: { kind: "visitor", value: visitorId }, content: { type: "text", text } },
    of
  )
})

const stored = Effect.gen(function*() {
  const inbound = yield* InboundEvents
  const claimed = yield* inbound.claim({ limit: 1000, leaseFor: "1 minute" })
  const adapter = yield* WidgetAdapter.make
  return yield* Effect.forEach(
    claimed,
    (event) =>
      Effect.map(adapter.decode(event.body, site), ([decoded]) => ({ organizationId: event.organizationId, decoded }))
  )
})

describe.each(TestDatabase.all)("the widget's HTTP API on $name", (database) => {
  layer(layerHttp(database.layer), { excludeTestServices: true, timeout: 60_000 })((it) => {
    it.effect("takes a message once, however often and however concurrently it is sent", () =>
      Effect.gen(function*() {
        const session = yield* openSession(site)
        assert.deepStrictEqual(session.messages, [])
        assert.strictEqual(session.lastEventId, "0")
        const answers = yield* Effect.all(Array.from({ length: 10 }, () => write(session.token, 1, "Hello?")), {
          concurrency: "unbounded"
        })
        assert.deepStrictEqual(answers.map((answer) => answer.status), answers.map(() => 202))
        const bodies = yield* Effect.forEach(answers, json)
        assert.strictEqual(new Set(bodies.map((body) => body["eventId"])).size, 1)
        assert.strictEqual(bodies[0]!["id"], uuid(1))
        const again = yield* write(session.token, 1, "something else")
        assert.strictEqual((yield* json(again))["content"].text, "Hello?")

        const ingested = (yield* stored).filter(({ decoded }) =>
          decoded?._tag === "MessageReceived" && decoded.chat.value === session.visitorId
        )
        assert.strictEqual(ingested.length, 1)
        const event = ingested[0]!.decoded
        assert.strictEqual(ingested[0]!.organizationId, site.organizationId)
        assert(event?._tag === "MessageReceived")
        assert.deepStrictEqual(event.content, { type: "text", text: "Hello?" })
        assert.deepStrictEqual(event.sender.identities, [{ kind: "visitor", value: session.visitorId }])
        assert.isTrue(event.providerMessageId.endsWith(uuid(1)))
      }))

    it.effect("finishes what a crash cut short between taking a message in and showing it", () =>
      Effect.gen(function*() {
        const session = yield* openSession(site)
        const inbound = yield* InboundEvents
        const event: WidgetInbound.VisitorWrote = {
          type: "message",
          visitorId: session.visitorId,
          id: messageId(1),
          text: "half done",
          at: 1
        }
        yield* inbound.ingest({
          organizationId: site.organizationId,
          channelAccountId: site.id,
          dedupeKey: WidgetInbound.dedupeKey(event),
          body: WidgetInbound.toBody(event)
        })
        assert.strictEqual((yield* write(session.token, 1, "half done")).status, 202)
        const history = yield* json(yield* call("GET", "/v1/widget/messages", { token: session.token }))
        assert.strictEqual(history["data"].length, 1)
        const taken = (yield* stored).filter(({ decoded }) =>
          decoded?._tag === "MessageReceived" && decoded.chat.value === session.visitorId
        )
        assert.strictEqual(taken.length, 1)
      }))

    it.effect("keeps equal message ids of two visitors apart", () =>
      Effect.gen(function*() {
        const one = yield* openSession(site)
        const two = yield* openSession(site)
        yield* write(one.token, 5, "from one")
        const second = yield* json(yield* write(two.token, 5, "from two"))
        assert.strictEqual(second["content"].text, "from two")
        const ids = (yield* stored).flatMap(({ decoded }) =>
          decoded?._tag === "MessageReceived" && decoded.providerMessageId.endsWith(uuid(5))
            ? [decoded.providerMessageId]
            : []
        )
        assert.strictEqual(new Set(ids).size, 2)
      }))

    it.effect("goes on with a visitor whose token is good, with both sides' history", () =>
      Effect.gen(function*() {
        const first = yield* openSession(site)
        yield* write(first.token, 1)
        yield* reply(site, first.visitorId, 2)
        const again = yield* openSession(site, { body: { token: first.token, locale: "id-ID" } })
        assert.strictEqual(again.visitorId, first.visitorId)
        assert.strictEqual(again.settings.greeting, "Halo!")
        assert.strictEqual(again.settings.title, "Chat with us")
        assert.deepStrictEqual(
          again.messages.map((message) => [message.from, message.content]),
          [["visitor", { type: "text", text: "message 1" }], ["business", { type: "text", text: "reply 2" }]]
        )
        assert.strictEqual(again.lastEventId, again.messages[1]!.eventId)
        assert.strictEqual(again.nextCursor, null)
      }))

    it.effect("begins a new visitor for a token that is forged, of another account, or of another organization", () =>
      Effect.gen(function*() {
        const victim = yield* openSession(site)
        yield* write(victim.token, 1, "secret")
        const [version, claims, tag] = victim.token.split(".")
        const moved = Base64Url.encode(
          (Base64Url.decodeString(claims!) as any).success.replace(site.id, foreign.id).replace(
            site.organizationId,
            foreign.organizationId
          )
        )
        for (
          const [of, token] of [
            [site, `${version}.${claims}.${"A".repeat(43)}`],
            [fenced, victim.token],
            [foreign, victim.token],
            [foreign, `${version}.${moved}.${tag}`]
          ] as const
        ) {
          const session = yield* openSession(of, { body: { token } })
          assert.notStrictEqual(session.visitorId, victim.visitorId)
          assert.deepStrictEqual(session.messages, [])
        }
        for (const token of [`${version}.${claims}.${"A".repeat(43)}`, `${version}.${moved}.${tag}`, "x", ""]) {
          for (
            const response of [
              yield* write(token, 9),
              yield* call("GET", "/v1/widget/messages", { token }),
              yield* call("GET", "/v1/widget/events", { token }),
              yield* call("POST", "/v1/widget/typing", { token, body: { on: true } }),
              yield* call("POST", "/v1/widget/read", { token, body: { upTo: "1" } })
            ]
          ) {
            assert.strictEqual(response.status, 401)
            assert.strictEqual((yield* json(response))["type"], "https://wicara.dev/problems/unauthorized")
          }
        }
      }))

    it.effect("refuses expired tokens and unknown accounts", () =>
      Effect.gen(function*() {
        const expired = yield* VisitorToken.issue(site, {
          visitorId: VisitorId.make(uuid(77)),
          sessionId: SessionId.make(uuid(78)),
          verifiedUntil: null
        }).pipe(
          Effect.provide(TestClock.layer())
        )
        const response = yield* write(expired.token, 1)
        assert.strictEqual(response.status, 401)
        const unknown = yield* call("POST", `/v1/widget/${uuid(4)}/sessions`, { body: {} })
        assert.strictEqual(unknown.status, 404)
        assert.strictEqual((yield* json(unknown))["type"], "https://wicara.dev/problems/not-found")
      }))

    it.effect("is for allowed origins, also with a token from elsewhere", () =>
      Effect.gen(function*() {
        const path = `/v1/widget/${fenced.id}/sessions`
        for (
          const origin of [
            "https://evil.example",
            "https://shop.example.evil.example",
            "http://shop.example",
            "null",
            "https://apps.example"
          ]
        ) {
          const response = yield* call("POST", path, { origin, body: {} })
          assert.strictEqual(response.status, 403, origin)
          assert.strictEqual((yield* json(response))["type"], "https://wicara.dev/problems/origin-not-allowed")
        }
        for (const origin of ["https://shop.example", "https://a.apps.example", "https://a.b.apps.example"]) {
          const response = yield* call("POST", path, { origin, body: {} })
          assert.strictEqual(response.status, 200, origin)
          assert.strictEqual(response.headers["access-control-allow-origin"], origin)
        }
        const { token } = yield* openSession(fenced, { origin: "https://shop.example" })
        const stolen = yield* call("GET", "/v1/widget/messages", { token, origin: "https://evil.example" })
        assert.strictEqual(stolen.status, 403)
        const preflight = yield* call("OPTIONS", "/v1/widget/messages", {
          origin: "https://shop.example",
          headers: {
            "access-control-request-method": "POST",
            "access-control-request-headers": "authorization,content-type"
          }
        })
        assert.strictEqual(preflight.status, 204)
        assert.include(preflight.headers["access-control-allow-headers"] ?? "", "authorization")
        assert.strictEqual(preflight.headers["access-control-allow-origin"], "https://shop.example")
      }))

    it.effect("answers bad input with a client error, and stores nothing of it", () =>
      Effect.gen(function*() {
        const { token, visitorId } = yield* openSession(site)
        const bodies: ReadonlyArray<unknown> = [
          {},
          { id: "not-a-uuid", text: "x" },
          { id: uuid(1), text: "" },
          { id: uuid(1), text: " \n " },
          { id: uuid(1), text: "x".repeat(4001) },
          { id: uuid(1), text: 5 },
          { id: uuid(1), text: "x", choice: { type: "other", id: "1" } },
          []
        ]
        for (const body of bodies) {
          const response = yield* call("POST", "/v1/widget/messages", { token, body })
          assert.strictEqual(response.status, 400)
        }
        const large = yield* call("POST", "/v1/widget/messages", {
          token,
          body: { id: uuid(1), text: "x", pad: "y".repeat(100_000) }
        })
        assert.strictEqual(large.status, 413)
        const badCursor = yield* call("GET", "/v1/widget/messages?cursor=zzz", { token })
        assert.strictEqual(badCursor.status, 422)
        const history = yield* json(yield* call("GET", "/v1/widget/messages", { token }))
        assert.deepStrictEqual(history["data"], [])
        assert.isFalse((yield* stored).some(({ decoded }) => JSON.stringify(decoded).includes(visitorId)))
      }))

    it.effect("pages through the history, newest first", () =>
      Effect.gen(function*() {
        const session = yield* openSession(site)
        for (let n = 1; n <= 35; n++) yield* reply(site, session.visitorId, n)
        const again = yield* openSession(site, { body: { token: session.token } })
        assert.strictEqual(again.messages.length, 30)
        assert.strictEqual(again.messages[29]!.id, messageId(35))
        const rest = yield* json(
          yield* call("GET", `/v1/widget/messages?limit=3&cursor=${again.nextCursor}`, { token: again.token })
        )
        assert.deepStrictEqual(rest["data"].map((message: any) => message.id), [5, 4, 3].map(uuid))
        const last = yield* json(
          yield* call("GET", `/v1/widget/messages?limit=3&cursor=${rest["nextCursor"]}`, { token: again.token })
        )
        assert.deepStrictEqual(last["data"].map((message: any) => message.id), [2, 1].map(uuid))
        assert.strictEqual(last["nextCursor"], null)
      }))

    it.effect("streams messages, read marks, typing and heartbeats", () =>
      Effect.gen(function*() {
        const session = yield* openSession(site)
        const adapter = yield* WidgetAdapter.make
        const chat = { kind: "visitor", value: session.visitorId } as const
        const seen = yield* Queue.unbounded<
          { readonly event: string; readonly id: string | undefined; readonly data: any }
        >()
        const follower = yield* events(session.token, "0").pipe(
          Stream.runForEach((event) => Queue.offer(seen, { ...event, data: JSON.parse(event.data) })),
          Effect.forkChild
        )
        assert.strictEqual((yield* Queue.take(seen)).event, "ping")
        const take = (wanted: string): Effect.Effect<{ readonly id: string | undefined; readonly data: any }> =>
          Effect.flatMap(Queue.take(seen), (event) => event.event === wanted ? Effect.succeed(event) : take(wanted))

        const posted = yield* json(yield* write(session.token, 1, "hi"))
        const own = yield* take("message")
        assert.strictEqual(own.id, posted["eventId"])
        assert.strictEqual(own.data.from, "visitor")

        const received = (yield* stored).flatMap(({ decoded }) =>
          decoded?._tag === "MessageReceived" && decoded.chat.value === session.visitorId ? [decoded] : []
        )[0]!
        yield* adapter.markRead!({ chat, providerMessageId: received.providerMessageId, typing: true }, site)
        assert.deepStrictEqual((yield* take("read")).data, { upTo: posted["eventId"] })
        const typing = yield* take("typing")
        assert.strictEqual(typing.data.on, true)
        assert.isAbove(typing.data.forMillis, 20_000)

        yield* reply(site, session.visitorId, 2, "hello")
        const answer = yield* take("message")
        assert.deepStrictEqual(answer.data.content, { type: "text", text: "hello" })
        assert.deepStrictEqual((yield* take("typing")).data, { on: false, forMillis: 0 })

        yield* adapter.typing!({ chat, on: true }, site)
        assert.strictEqual((yield* take("typing")).data.on, true)
        yield* adapter.typing!({ chat, on: false }, site)
        assert.strictEqual((yield* take("typing")).data.on, false)
        yield* Fiber.interrupt(follower)
      }))

    it.effect(
      "resumes after Last-Event-ID without loss or doubles, while both sides write and connections break",
      () =>
        Effect.gen(function*() {
          const session = yield* openSession(site)
          const total = 120
          const seen: Array<string> = []
          let cursor = "0"
          let connections = 0
          const follow = Effect.gen(function*() {
            while (seen.length < total) {
              connections += 1
              // Each connection is cut in the middle of things.
              yield* events(session.token, cursor).pipe(
                Stream.filter((event) => event.event === "message"),
                Stream.take(1 + (connections * 7) % 11),
                Stream.runForEach((event) =>
                  Effect.sync(() => {
                    seen.push(JSON.parse(event.data).id)
                    cursor = event.id ?? cursor
                  })
                ),
                Effect.timeoutOption(`${30 + (connections * 13) % 90} millis`)
              )
            }
          })
          const follower = yield* Effect.forkChild(follow)
          yield* Effect.forEach(
            Array.from({ length: total }, (_, n) => n + 1),
            Effect.fnUntraced(function*(n) {
              if (n % 10 === 0) yield* write(session.token, n)
              else yield* reply(site, session.visitorId, n)
              yield* Effect.sleep(n % 4)
            }),
            { concurrency: 6, discard: true }
          )
          yield* Fiber.join(follower)
          assert.strictEqual(seen.length, total)
          assert.strictEqual(new Set(seen).size, total)
          assert.isAbove(connections, 10)
          const history = yield* json(yield* call("GET", "/v1/widget/messages?limit=200", { token: session.token }))
          assert.deepStrictEqual(seen, history["data"].map((message: any) => message.id).toReversed())
        }),
      60_000
    )

    it.effect("streams what another process appended, which woke nobody here", () =>
      Effect.gen(function*() {
        const session = yield* openSession(site)
        const store = yield* WidgetStore
        const follower = yield* events(session.token, "0").pipe(
          Stream.filter((event) => event.event === "message"),
          Stream.take(1),
          Stream.runCollect,
          Effect.forkChild
        )
        yield* Effect.sleep("100 millis")
        yield* store.append(site.organizationId, { channelAccountId: site.id, visitorId: session.visitorId }, {
          id: messageId(1),
          from: "business",
          content: { type: "text", text: "from elsewhere" },
          replyTo: null,
          createdAt: 1
        })
        const [event] = yield* Fiber.join(follower).pipe(Effect.timeout("2 seconds"))
        assert.include(event!.data, "from elsewhere")
      }))

    it.effect("streams everything to a cursor from beyond the end", () =>
      Effect.gen(function*() {
        const session = yield* openSession(site)
        yield* reply(site, session.visitorId, 1)
        const [first] = yield* events(session.token, "999999").pipe(
          Stream.filter((event) => event.event === "message"),
          Stream.take(1),
          Stream.runCollect
        )
        assert.strictEqual(JSON.parse(first!.data).id, uuid(1))
      }))

    it.effect("takes the cursor from the query too, and no token", () =>
      Effect.gen(function*() {
        const session = yield* openSession(site)
        yield* reply(site, session.visitorId, 1)
        yield* reply(site, session.visitorId, 2)
        const { token } = session
        assert.strictEqual((yield* call("GET", `/v1/widget/events?token=${token}&lastEventId=1`)).status, 401)
        const response = yield* call("GET", "/v1/widget/events?lastEventId=1", { token })
        assert.strictEqual(response.status, 200)
        assert.include(response.headers["content-type"] ?? "", "text/event-stream")
        assert.include(response.headers["cache-control"] ?? "", "no-store")
        const text = yield* response.stream.pipe(
          Stream.decodeText,
          Stream.takeUntil((piece) => piece.includes("reply 2")),
          Stream.mkString
        )
        assert.match(text, /^event: ping\ndata: \{\}\n\nid: 2\ndata: \{.*reply 2.*\}\n\n/)
      }))

    it.effect("tells the conversation what the visitor has read, once", () =>
      Effect.gen(function*() {
        const session = yield* openSession(site)
        for (let n = 1; n <= 3; n++) yield* reply(site, session.visitorId, n)
        for (const upTo of ["2", "2", "1", "99"]) {
          const response = yield* call("POST", "/v1/widget/read", { token: session.token, body: { upTo } })
          assert.strictEqual(response.status, 204)
        }
        const inbound = yield* InboundEvents
        const adapter = yield* WidgetAdapter.make
        const claimed = yield* inbound.claim({ limit: 1000, leaseFor: "1 minute" })
        const decoded = (yield* Effect.forEach(claimed, (event) => adapter.decode(event.body, site))).flat()
        const statuses = decoded.flatMap((event) =>
          event._tag === "StatusChanged" && event.recipient?.value === session.visitorId
            ? [[event.providerMessageId, event.status]]
            : []
        )
        assert.deepStrictEqual(statuses.sort(), [1, 2, 3].map((n) => [uuid(n), "read"]))
        const again = yield* openSession(site, { body: { token: session.token } })
        assert.strictEqual(again.visitorReadUpTo, "3")
      }))

    it.effect("shows the people who answer that a visitor is there and writes", () =>
      Effect.gen(function*() {
        const session = yield* openSession(site)
        yield* write(session.token, 1)
        yield* call("POST", "/v1/widget/typing", { token: session.token, body: { on: true } })
        const adapter = yield* WidgetAdapter.make
        const presence = (of: WidgetAccount) =>
          Effect.map(adapter.presence!({ kind: "visitor", value: session.visitorId }, of), Option.getOrUndefined)
        assert.strictEqual((yield* presence(site))?.typing, true)
        assert.isUndefined(yield* presence(foreign))
        yield* call("POST", "/v1/widget/typing", { token: session.token, body: { on: false } })
        assert.strictEqual((yield* presence(site))?.typing, false)
      }))

    it.effect("tells the people who answer when a visitor begins to write, goes on and stops, and no more", () =>
      Effect.gen(function*() {
        const session = yield* openSession(site)
        const type = (on: boolean, token = session.token) => call("POST", "/v1/widget/typing", { token, body: { on } })
        const told = Effect.map(
          stored,
          (all) =>
            all.flatMap(({ decoded }) =>
              decoded?._tag === "TypingChanged" && decoded.chat.value === session.visitorId ? [decoded.until] : []
            )
        )
        // There is no conversation yet in which it could be shown.
        assert.strictEqual((yield* type(true)).status, 204)
        yield* write(session.token, 1)
        yield* type(false)
        assert.deepStrictEqual(yield* told, [])

        const before = Date.now()
        for (let n = 0; n < 10; n++) yield* type(true)
        const going = yield* told
        assert.isAtLeast(going.length, 1)
        // One when it begins, and one in 20 seconds while it goes on.
        assert.isAtMost(going.length, 3)
        for (const until of going) assert.isAbove(until ?? 0, before + 20_000)
        yield* type(false)
        yield* type(false)
        assert.deepStrictEqual(yield* told, [null])
        // What they write ends it by itself.
        yield* type(true)
        yield* write(session.token, 2)
        yield* told
        yield* type(false)
        assert.deepStrictEqual(yield* told, [])
      }))

    it.effect("takes a picked button as the choice it is", () =>
      Effect.gen(function*() {
        const session = yield* openSession(site)
        yield* call("POST", "/v1/widget/messages", {
          token: session.token,
          body: { id: uuid(1), text: "Pay now", choice: { type: "button", id: "pay" }, replyTo: uuid(9) }
        })
        const event = (yield* stored).flatMap(({ decoded }) =>
          decoded?._tag === "MessageReceived" && decoded.chat.value === session.visitorId ? [decoded] : []
        )[0]!
        assert.deepStrictEqual(event.content, { type: "button_reply", id: "pay", title: "Pay now" })
        assert.strictEqual(event.replyTo, uuid(9))
      }))

    it.effect("sends an outbound message once, and knows afterwards whether it was sent", () =>
      Effect.gen(function*() {
        const session = yield* openSession(site)
        const adapter = yield* WidgetAdapter.make
        const message = {
          id: messageId(1),
          to: { kind: "visitor" as const, value: session.visitorId },
          content: { type: "text" as const, text: "once" }
        }
        assert.strictEqual((yield* adapter.reconcile!(message, site))._tag, "Absent")
        const outcomes = yield* Effect.all(Array.from({ length: 8 }, () => adapter.send(message, site)), {
          concurrency: "unbounded"
        })
        for (const outcome of outcomes) {
          assert.deepStrictEqual(outcome, { _tag: "Accepted", providerMessageId: message.id })
        }
        assert.strictEqual((yield* adapter.reconcile!(message, site))._tag, "Found")
        assert.strictEqual((yield* adapter.reconcile!(message, foreign))._tag, "Absent")
        const history = yield* json(yield* call("GET", "/v1/widget/messages", { token: session.token }))
        assert.strictEqual(history["data"].length, 1)
        const refused = yield* adapter.send({ ...message, to: { kind: "phone", value: "620000" } }, site)
        assert.strictEqual(refused._tag, "Rejected")
        const scripted = yield* adapter.send({
          ...message,
          id: messageId(2),
          content: { type: "link_button", body: "x", title: "y", url: "javascript:alert(1)" }
        }, site)
        assert.strictEqual(scripted._tag, "Rejected")
      }))
  })

  it.live("lets the server stop while streams are open", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const context = yield* Layer.buildWithScope(layerHttp(database.layer), scope)
      const follower = yield* Effect.gen(function*() {
        const { token } = yield* openSession(site)
        return yield* Effect.forkChild(Stream.runDrain(events(token, "0")))
      }).pipe(Effect.provideContext(context))
      yield* Effect.sleep("200 millis")
      const [stopped] = yield* Effect.timed(Scope.close(scope, Exit.void))
      yield* Fiber.join(follower)
      assert.isBelow(Duration.toMillis(stopped), 5000)
    }))

  layer(layerHttp(database.layer, { limits: VisitorLimits.layerMemory({ burst: 3, perSecond: 1 }) }), {
    excludeTestServices: true
  })("with a limit of three", (it) => {
    it.effect("limits each visitor by itself, and lets repeats of what was taken through", () =>
      Effect.gen(function*() {
        const one = yield* openSession(site)
        const two = yield* openSession(site)
        for (let n = 1; n <= 3; n++) assert.strictEqual((yield* write(one.token, n)).status, 202)
        const limited = yield* write(one.token, 4)
        assert.strictEqual(limited.status, 429)
        assert.strictEqual(limited.headers["retry-after"], "1")
        assert.strictEqual((yield* json(limited))["retryAfterSeconds"], 1)
        assert.strictEqual((yield* write(one.token, 3)).status, 202)
        assert.strictEqual((yield* write(two.token, 1)).status, 202)
        yield* Effect.sleep("1100 millis")
        assert.strictEqual((yield* write(one.token, 4)).status, 202)
      }))
  })
})
