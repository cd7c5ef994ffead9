/** `wicara record` as a process, between an emulated provider and a server of the test's. */
import { NodeHttpClient, NodeServices } from "@effect/platform-node"
import { assert, layer } from "@effect/vitest"
import { ChannelAccountId } from "@wicara/channels/ChannelAdapter"
import * as Waha from "@wicara/channels-waha/Waha"
import * as Id from "@wicara/core/Id"
import { OrganizationId } from "@wicara/core/Tenancy"
import * as Emulator from "@wicara/testing/Emulator"
import * as Recorder from "@wicara/testing/Recorder"
import * as Replay from "@wicara/testing/testkit/channel/Replay"
import { WahaEmulator } from "@wicara/testing/WahaEmulator"
import { Effect, FileSystem, Layer, Predicate, Redacted } from "effect"
import { HttpRouter, HttpServerRequest, HttpServerResponse } from "effect/http"
import * as Program from "./program.ts"

const until = <E, R>(condition: Effect.Effect<boolean, E, R>): Effect.Effect<void, E, R> =>
  Effect.flatMap(condition, (met) => met ? Effect.void : Effect.andThen(Effect.sleep(20), until(condition)))

const services = Layer.mergeAll(
  WahaEmulator.layer({ seed: "record", accounts: { melati: {} }, startDelay: 5 }),
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
