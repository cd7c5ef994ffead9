/** The emulated WAHA server as a harness of the conformance kit: two sessions, and Dewi, whose number WhatsApp hides. */
import { NodeHttpClient } from "@effect/platform-node"
import { Clock, Context, Effect, Layer, Redacted, Schema } from "effect"
import type { Scope } from "effect"
import { HttpClient, HttpClientResponse } from "effect/http"
import type { HttpRouter } from "effect/http"
import { createHmac } from "node:crypto"
import { ChannelAccountId } from "@wicara/channels/ChannelAdapter"
import type { ProviderStatus } from "@wicara/channels/InboundEvent"
import type { OutboundContent } from "@wicara/channels/MessageContent"
import * as Id from "@wicara/core/Id"
import { OrganizationId } from "@wicara/core/Tenancy"
import * as Waha from "@wicara/channels-waha/Waha"
import * as Emulator from "@wicara/testing/Emulator"
import * as EmulatorFaults from "@wicara/testing/EmulatorFaults"
import type { ConnectedAccount } from "@wicara/testing/testkit/channel/ChannelHarness"
import type { Subject } from "@wicara/testing/testkit/channel/ChannelKit"
import * as AuthRoutes from "@wicara/testing/waha/WahaAuthRoutes"
import * as GroupRoutes from "@wicara/testing/waha/WahaGroupRoutes"
import * as ReadRoutes from "@wicara/testing/waha/WahaReadRoutes"
import * as SendRoutes from "@wicara/testing/waha/WahaSendRoutes"
import * as WahaServer from "@wicara/testing/waha/WahaServer"
import { bytes, dewi, envelope, message } from "./fixtures.ts"

const kinds: Readonly<Record<string, OutboundContent["type"]>> = {
  "/api/sendText": "text",
  "/api/sendImage": "image",
  "/api/sendVideo": "video",
  "/api/sendVoice": "audio",
  "/api/sendFile": "document",
  "/api/sendLocation": "location",
  "/api/sendContactVcard": "contacts",
  "/api/sendList": "list",
  "/api/sendButtons": "buttons",
  "/api/sendPoll": "poll",
  "/api/forwardMessage": "text"
}

const readRequest = Schema.decodeUnknownSync(Schema.Struct({ path: Schema.String, body: Schema.Unknown }))

const acks: Readonly<Record<ProviderStatus, number>> = {
  failed: -1,
  accepted: 0,
  sent: 1,
  delivered: 2,
  read: 3,
  played: 4
}

// The one that has all of it: lists, buttons and stars.
const engine = "NOWEB"

type Reach = (
  routes: Layer.Layer<never, never, HttpRouter.HttpRouter>
) => Effect.Effect<{ readonly client: HttpClient.HttpClient; readonly url: string }, never, Scope.Scope>

const inProcess: Reach = (routes) =>
  Effect.map(Emulator.inProcess(routes), (client) => ({ client, url: "http://waha.test:3000" }))

const throughSockets: Reach = Effect.fnUntraced(function*(routes) {
  const { url } = yield* Emulator.serve(routes)
  const services = yield* Layer.build(NodeHttpClient.layerUndici)
  return { client: Context.get(services, HttpClient.HttpClient), url }
})

const open = (reach: Reach) =>
  Effect.gen(function*() {
    const server = yield* WahaServer.make({
      seed: "kit",
      faults: { statuses: false },
      accounts: { lintang: { phone: "6281300000001", engine }, senja: { phone: "6281300000002", engine } }
    }).pipe(
      // Its webhooks are made below instead, so that each is at hand.
      Effect.provideService(
        HttpClient.HttpClient,
        HttpClient.make((request) => Effect.succeed(HttpClientResponse.fromWeb(request, new Response())))
      )
    )
    const { faults, ledger } = server.control
    const { client, url } = yield* reach(Layer.mergeAll(
      SendRoutes.routes(server),
      ReadRoutes.routes(server),
      AuthRoutes.routes(server),
      GroupRoutes.routes(server)
    ))

    const connect = Effect.fnUntraced(function*(session: string) {
      const account: Waha.Account = {
        id: yield* Id.next(ChannelAccountId),
        organizationId: yield* Id.next(OrganizationId),
        settings: { baseUrl: url, session, buttons: "native" },
        secrets: { apiKey: Redacted.make(`key-${session}`), hmacKey: Redacted.make(`hmac-${session}`) }
      }
      let delivery = 0
      const body = (event: string, payload: unknown) =>
        bytes(envelope(event, payload, { session, id: `evt_${session}_${++delivery}` }))
      const connected: ConnectedAccount = {
        account,
        customer: { kind: "lid", value: dewi.split("@")[0] ?? "" },
        taken: Effect.sync(() =>
          ledger.all().flatMap((entry) => {
            if (entry.account !== session || entry.direction !== "send" || entry.outcome !== "accepted") return []
            const raw = readRequest(entry.raw)
            return [{ id: entry.providerMessageId ?? "", kind: kinds[raw.path] ?? "interactive", raw: raw.body }]
          })
        ),
        refuseNext: (refusal) =>
          Effect.sync(() =>
            faults.set(EmulatorFaults.faults({
              statuses: false,
              error: { next: 1 },
              errorCode: refusal === "busy" ? "429" : "400"
            }))
          ),
        wrote: ({ at, id, text }) =>
          body("message.any", message({ id: `false_${dewi}_${id}`, timestamp: at / 1000, body: text })),
        unheard: Effect.fnUntraced(function*(words) {
          const { providerMessageId } = yield* Effect.orDie(
            server.control.customerWrites({ account: session, from: { id: dewi.replace("@lid", "") }, content: words })
          )
          const timestamp = Math.floor((yield* Clock.currentTimeMillis) / 1000)
          return body("message.any", message({ id: `false_${dewi}_${providerMessageId}`, timestamp, body: words }))
        }),
        shown: ({ id }) => Effect.sync(() => server.control.phones.find(session, id)?.text ?? ""),
        unheardOf: (marker) => body("smoke.signal", { marker }),
        statusOf: (status, { id }) =>
          body("message.ack", {
            id: `true_${dewi}_${id}`,
            from: dewi,
            to: null,
            participant: null,
            fromMe: true,
            ack: acks[status],
            ackName: status.toUpperCase(),
            _data: {}
          }),
        signed: (body) => ({
          headers: {
            "x-webhook-hmac": createHmac("sha512", `hmac-${session}`).update(body).digest("hex"),
            "x-webhook-hmac-algorithm": "sha512"
          },
          query: {},
          body
        })
      }
      return { account, connected }
    })

    const lintang = yield* connect("lintang")
    const senja = yield* connect("senja")
    const fajar = yield* connect("fajar")
    return {
      client,
      accounts: [lintang.connected, senja.connected] as const,
      expired: {
        ...lintang.account,
        secrets: { ...lintang.account.secrets, apiKey: Redacted.make("a-key-that-was-replaced") }
      },
      pairing: {
        // Only the server's own key makes sessions.
        account: { ...fajar.account, secrets: { ...fajar.account.secrets, apiKey: Redacted.make("waha-key") } },
        accept: Effect.orDie(server.sessions.configure("fajar", { paired: true }))
      },
      stranger: { kind: "email", value: "dewi@example.com" } as const,
      statuses: ["sent", "delivered", "read", "played", "failed"] as const
    }
  })

/** The adapter with the emulator. */
export const subject: Subject = { adapter: Waha.adapter, open: open(inProcess) }

/** The same through sockets. */
export const remote: Subject = { adapter: Waha.adapter, open: open(throughSockets) }
