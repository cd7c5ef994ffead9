/** Postbox in memory: two mailboxes, and everything that the conformance kit wants to see and do. */
import { Effect, Predicate, Redacted, Schema } from "effect"
import { HttpClient, HttpClientResponse } from "effect/http"
import type { HttpClientRequest } from "effect/http"
import { createHmac } from "node:crypto"
import { ChannelAccountId } from "@wicara/channels/ChannelAdapter"
import * as Id from "@wicara/core/Id"
import { OrganizationId } from "@wicara/core/Tenancy"
import type { ConnectedAccount, Refusal, Taken } from "@wicara/testing/testkit/channel/ChannelHarness"
import type { Subject } from "@wicara/testing/testkit/channel/ChannelKit"
import { adapter } from "../src/PostboxChannel.ts"
import type { PostboxAccount } from "../src/PostboxChannel.ts"

const json = Schema.encodeUnknownSync(Schema.fromJsonString(Schema.Unknown))
const parse = Schema.decodeUnknownSync(Schema.fromJsonString(Schema.Record(Schema.String, Schema.Unknown)))
const bytes = (value: unknown) => new TextEncoder().encode(json(value))

const open = Effect.gen(function*() {
  const letters = new Map<string, Map<string, Taken>>([["north", new Map()], ["south", new Map()]])
  const refusals = new Map<string, Refusal>()
  let deliveries = 0

  const answer = (status: number, body: object, headers: Record<string, string> = {}) =>
    new Response(json(body), { status, headers })

  const respond = (request: HttpClientRequest.HttpClientRequest, url: URL): Response => {
    const [, mailbox = "", , id] = url.pathname.split("/")
    const taken = letters.get(mailbox)
    if (taken === undefined || request.headers["authorization"] !== `Bearer token-of-${mailbox}`) {
      return answer(401, { error: "who are you?" })
    }
    if (request.method === "GET") {
      return id === undefined || taken.has(id) ? answer(200, { id }) : answer(404, { error: "no such letter" })
    }
    const refusal = refusals.get(mailbox)
    refusals.delete(mailbox)
    if (refusal !== undefined) return answer(refusal === "busy" ? 429 : 422, { error: refusal }, { "retry-after": "2" })
    const letter = parse(request.body._tag === "Uint8Array" ? new TextDecoder().decode(request.body.body) : "{}")
    if (Predicate.isString(letter["text"]) && letter["text"].length > 1_000) return answer(422, { error: "too long" })
    const letterId = String(letter["id"])
    if (!taken.has(letterId)) {
      taken.set(letterId, { id: letterId, kind: letter["kind"] === "picture" ? "image" : "text", raw: letter })
    }
    return answer(201, { id: letterId })
  }

  const connect = Effect.fnUntraced(function*(mailbox: string) {
    const account: PostboxAccount = {
      id: yield* Id.next(ChannelAccountId),
      organizationId: yield* Id.next(OrganizationId),
      settings: { baseUrl: "https://postbox.example", mailbox },
      secrets: { token: Redacted.make(`token-of-${mailbox}`), signingKey: Redacted.make(`signing-key-of-${mailbox}`) }
    }
    const envelope = (event: object) => bytes({ id: `${mailbox}-${++deliveries}`, events: [event] })
    const connected: ConnectedAccount = {
      account,
      customer: { kind: "external", value: "sari" },
      taken: Effect.sync(() => [...letters.get(mailbox)?.values() ?? []]),
      refuseNext: (refusal) =>
        Effect.sync(() => {
          refusals.set(mailbox, refusal)
        }),
      wrote: ({ at, id, text }) => envelope({ letter: { id, from: "sari", text, time: at / 1000 } }),
      unheardOf: (marker) => envelope({ parcel: marker }),
      statusOf: (status, { id }) =>
        envelope({ state: { id, is: status }, ...(status === "failed" ? { problem: "moved_away" } : {}) }),
      signed: (body) => ({
        headers: {
          "x-postbox-signature": createHmac("sha256", `signing-key-of-${mailbox}`).update(body).digest("hex")
        },
        query: {},
        body
      })
    }
    return { account, connected }
  })

  const north = yield* connect("north")
  const south = yield* connect("south")
  return {
    client: HttpClient.make((request, url) =>
      Effect.sync(() => HttpClientResponse.fromWeb(request, respond(request, url)))
    ),
    accounts: [north.connected, south.connected] as const,
    expired: { ...north.account, secrets: { ...north.account.secrets, token: Redacted.make("a-token-of-last-year") } },
    stranger: { kind: "phone", value: "6281234500001" } as const
  }
})

export const subject: Subject = { adapter, open }
