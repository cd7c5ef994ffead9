/** `wicara record` as a process, between an emulated provider and a server. */
import { NodeHttpClient, NodeServices } from "@effect/platform-node"
import { assert, layer } from "@effect/vitest"
import { ChannelAccountId } from "@wicara/channels/ChannelAdapter"
import * as Waha from "@wicara/channels-waha/Waha"
import * as WhatsAppCloud from "@wicara/channels-whatsapp-cloud/WhatsAppCloud"
import * as Id from "@wicara/core/Id"
import { OrganizationId } from "@wicara/core/Tenancy"
import * as Emulator from "@wicara/testing/Emulator"
import * as Recorder from "@wicara/testing/Recorder"
import * as Replay from "@wicara/testing/testkit/channel/Replay"
import { WahaEmulator } from "@wicara/testing/WahaEmulator"
import { WhatsAppCloudEmulator } from "@wicara/testing/WhatsAppCloudEmulator"
import { Effect, FileSystem, Layer, Predicate, Redacted, Schema } from "effect"
import { HttpRouter, HttpServerRequest, HttpServerResponse } from "effect/http"
import * as Harness from "./harness.ts"
import * as Program from "./program.ts"

const until = <E, R>(condition: Effect.Effect<boolean, E, R>): Effect.Effect<void, E, R> =>
  Effect.flatMap(condition, (met) => met ? Effect.void : Effect.andThen(Effect.sleep(20), until(condition)))

const settingsOf = Schema.decodeUnknownSync(WhatsAppCloud.Settings)
const secretsOf = Schema.decodeUnknownSync(WhatsAppCloud.Secrets)

const services = Layer.mergeAll(
  WahaEmulator.layer({ seed: "record", accounts: { melati: {} }, startDelay: 5 }),
  WhatsAppCloudEmulator.layer(),
  Layer.unwrap(Effect.map(Harness.makePlace(Harness.databases[0] ?? "sqlite"), (place) => Harness.layerAt(place))),
  NodeHttpClient.layerUndici,
  NodeServices.layer
)

layer(services, { excludeTestServices: true, timeout: "120 seconds" })("wicara record", (it) => {
  it.effect("writes down what passes both ways, with nobody in it, and an adapter reads it again", () =>
    Effect.scoped(Effect.gen(function*() {
      const emulator = yield* WahaEmulator
      const fs = yield* FileSystem.FileSystem
      const folder = yield* fs.makeTempDirectoryScoped()
      const arrived: Array<Uint8Array> = []
      const server = yield* Emulator.serve(HttpRouter.add(
        "POST",
        "/v1/inbound/melati",
        Effect.gen(function*() {
          const request = yield* HttpServerRequest.HttpServerRequest
          assert.isDefined(request.headers["x-webhook-hmac"])
          arrived.push(new Uint8Array(yield* request.arrayBuffer))
          return HttpServerResponse.empty()
        }).pipe(Effect.orDie)
      ))
      const directions = {
        "--listen": "127.0.0.1:0",
        "--forward": server.url,
        "--api-listen": "127.0.0.1:0",
        "--api": emulator.url
      }
      const program = yield* Program.start(
        ["record", "--channel", "waha", "--out", folder, ...Object.entries(directions).flat()],
        {}
      )
      const [, webhooks] = yield* program.prints(/^Webhooks at (\S+)/m)
      const [, api = ""] = yield* program.prints(/^API at (\S+)/m)

      const account: Waha.Account = {
        id: yield* Id.next(ChannelAccountId),
        organizationId: yield* Id.next(OrganizationId),
        settings: { baseUrl: api, session: "melati" },
        secrets: { apiKey: Redacted.make("waha-key"), hmacKey: Redacted.make("hmac-melati") }
      }
      const received = Effect.map(
        Effect.forEach(arrived, (body) => Waha.adapter.decode(body, account)),
        (events) => events.flat().find((event) => event._tag === "MessageReceived")
      )
      yield* emulator.setAccount("melati", { webhookUrl: `${webhooks}/v1/inbound/melati` })
      const customer = { phone: "6281300000042", name: "Dewi Kartika" }
      yield* emulator.customerWrites({ account: "melati", from: customer, content: "Tagihan bulan ini?" })
      yield* until(Effect.map(received, (event) => event !== undefined))
      const message = yield* received
      assert(message?._tag === "MessageReceived")
      const answer = { type: "text", text: "Sudah lunas, Bu Dewi." } as const
      const outcome = yield* Waha.adapter.send({ id: "answer", to: message.chat, content: answer }, account)
      assert.strictEqual(outcome._tag, "Accepted")
      yield* emulator.idle
      const files = (name: string) => Effect.map(fs.readDirectory(`${folder}/${name}`), (found) => found.length)
      yield* until(Effect.map(files("webhooks"), (count) => count >= arrived.length))
      yield* program.kill("SIGTERM")
      yield* program.ended

      const told = yield* Recorder.read(`${folder}/webhooks`)
      const asked = yield* Recorder.read(`${folder}/api`)
      const text = JSON.stringify([told, asked])
      for (const personal of [customer.phone, "Dewi", "Kartika", "Tagihan", "lunas", "waha-key", message.chat.value]) {
        assert.notInclude(text, personal)
      }
      const sent = asked.find(({ path }) => path.startsWith("/api/sendText"))
      assert.strictEqual(sent?.response.status, 201)
      // The session's name is somebody's too: the account of a replay has the recorded one.
      const sessions = told.flatMap(({ body }) =>
        body !== null && "json" in body && Predicate.hasProperty(body.json, "session")
          ? [String(body.json.session)]
          : []
      )
      const recorded: Waha.Account = { ...account, settings: { baseUrl: api, session: sessions[0] ?? "" } }
      const replayed = yield* Replay.webhooks(Waha.adapter, recorded, told)
      assert.strictEqual(replayed.deliveries, told.length)
      assert.deepStrictEqual(replayed.unknown, [])
      const again = replayed.events.find((event) => event._tag === "MessageReceived")
      assert(again?._tag === "MessageReceived")
      assert.strictEqual(again.chat.kind, message.chat.kind)
      // Who wrote is the same one to whom the answer went.
      assert.include(JSON.stringify(sent?.body), again.chat.value)
      const broken = yield* Effect.flip(Replay.webhooks(
        { ...Waha.adapter, decode: () => Effect.die("unexpected") },
        recorded,
        told
      ))
      assert.include(broken.because, "it can be read")
    })))

  it.effect("stands between the Cloud API and a server that checks every signature and every answer", () =>
    Effect.scoped(Effect.gen(function*() {
      const emulator = yield* WhatsAppCloudEmulator
      const { url } = yield* Harness.TestServer
      const fs = yield* FileSystem.FileSystem
      const folder = yield* fs.makeTempDirectoryScoped()
      const listening = ["--listen", "127.0.0.1:0", "--api-listen", "127.0.0.1:0"]
      const program = yield* Program.start(
        [
          "record",
          "--channel",
          "whatsapp_cloud",
          "--out",
          folder,
          "--forward",
          url,
          "--api",
          emulator.url,
          ...listening
        ],
        {}
      )
      const [, webhooks] = yield* program.prints(/^Webhooks at (\S+)/m)
      const [, api = ""] = yield* program.prints(/^API at (\S+)/m)

      const tenant = yield* Harness.newTenant("Melati")
      const token = yield* Harness.tokenOf(tenant, "owner")
      const number = "628120000077701"
      const business = "628120000077702"
      const secrets = { accessToken: "EAAGcloudtoken", appSecret: "app-secret-of-melati", verifyToken: "verify-melati" }
      const made = yield* Harness.request("/v1/channel-accounts", {
        token,
        json: {
          channel: "whatsapp_cloud",
          name: "Melati",
          settings: { phoneNumberId: number, businessAccountId: business, graphBaseUrl: api },
          secrets
        }
      })
      assert.strictEqual(made.status, 201, made.text)
      yield* emulator.setAccount(number, {
        ...secrets,
        businessAccountId: business,
        webhookUrl: `${webhooks}/v1/inbound/${made.body.id}`
      })
      // What Meta asks before it delivers, and is answered with its own challenge.
      assert.isTrue(yield* emulator.handshake(number))
      const customer = { phone: "6281300000042", name: "Dewi Kartika" }
      yield* emulator.customerWrites({ account: number, from: customer, content: "Tagihan bulan ini?" })
      const found = yield* Harness.eventually(
        Harness.request("/v1/conversations", { token }),
        ({ body }) => body.data.length === 1
      )
      const messages = `/v1/conversations/${found.body.data[0].id}/messages`
      const answer = { content: { type: "text", text: "Sudah lunas, Bu Dewi." } }
      yield* Harness.expectStatus(yield* Harness.request(messages, { token, json: answer }), 201)
      yield* Harness.eventually(
        Harness.request(messages, { token }),
        ({ body }) => body.data.some(({ status }: { readonly status: string }) => status === "read")
      )
      yield* emulator.idle
      yield* program.kill("SIGTERM")
      yield* program.ended

      const told = yield* Recorder.read(`${folder}/webhooks`)
      const asked = yield* Recorder.read(`${folder}/api`)
      assert.isTrue(told.every(({ response }) => response.status === 200))
      assert.strictEqual(told[0]?.method, "GET")
      const text = JSON.stringify([told, asked])
      const said = [customer.phone, "Dewi", "Kartika", "Tagihan", "lunas"]
      for (const personal of [...said, number, business, "sha256=", "Bearer", ...Object.values(secrets)]) {
        assert.notInclude(text, personal)
      }
      const sent = asked.find(({ method, path }) => method === "POST" && path.endsWith("/messages"))
      assert.strictEqual(sent?.response.status, 200)

      // The ids of the number are replaced, too: the account of a replay has the recorded ones.
      const [, phoneNumberId = ""] = /"phone_number_id":"(\d+)"/.exec(text) ?? []
      const [, businessAccountId = ""] = /"entry":\[\{"id":"(\d+)"/.exec(text) ?? []
      assert.include(sent?.path, `/${phoneNumberId}/`)
      const recorded: WhatsAppCloud.WhatsAppCloudAccount = {
        id: yield* Id.next(ChannelAccountId),
        organizationId: tenant.id,
        settings: settingsOf({ phoneNumberId, businessAccountId }),
        secrets: secretsOf(secrets)
      }
      const replayed = yield* Replay.webhooks(WhatsAppCloud.adapter, recorded, told)
      assert.deepStrictEqual(replayed.unknown, [])
      const message = replayed.events.find((event) => event._tag === "MessageReceived")
      assert(message?._tag === "MessageReceived")
      // Who wrote is the same one to whom the answer went, and the states are those of that answer.
      assert.include(JSON.stringify(sent?.body), message.chat.value)
      const ids = replayed.events.flatMap((event) => event._tag === "StatusChanged" ? [event.providerMessageId] : [])
      assert.isAbove(ids.length, 0)
      assert.isTrue(ids.every((id) => JSON.stringify(sent?.response.body).includes(id)))
    })))

  it.effect("knows where Meta's own API is", () =>
    Effect.scoped(Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const folder = yield* fs.makeTempDirectoryScoped()
      const places = ["--forward", "http://127.0.0.1:9", "--listen", "127.0.0.1:0", "--api-listen", "127.0.0.1:0"]
      const program = yield* Program.start(["record", "--channel", "whatsapp_cloud", "--out", folder, ...places], {})
      yield* program.prints(/^API at \S+ on its way to https:\/\/graph\.facebook\.com$/m)
      yield* program.kill("SIGTERM")
      yield* program.ended
    })))

  it.effect("says in one line what is wrong with its arguments", () =>
    Effect.gen(function*() {
      const wrong = [
        [["--channel", "waha", "--forward", "nowhere", "--out", "x"], "--forward"],
        [["--channel", "waha", "--forward", "http://127.0.0.1:9", "--listen", "here", "--out", "x"], "--listen"],
        [["--channel", "W A", "--forward", "http://127.0.0.1:9", "--out", "x"], "--channel"]
      ] as const
      for (const [args, named] of wrong) {
        const { code, stderr } = yield* Program.run(["record", ...args], {})
        assert.strictEqual(code, 2, stderr)
        assert.match(stderr, new RegExp(`^wicara[^\\n]*: ${named}[^\\n]+\\n$`))
      }
    }))
})
