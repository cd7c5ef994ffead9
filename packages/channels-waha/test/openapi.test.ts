/** Every request that the adapter makes, held against WAHA's published OpenAPI where it is at hand beside the repository. */
import { NodeHttpClient } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Option, Redacted, Schema, Stream } from "effect"
import { HttpClient } from "effect/http"
import { existsSync, readFileSync } from "node:fs"
import type { OutboundContent } from "@wicara/channels/MessageContent"
import { WahaEmulator } from "@wicara/testing/WahaEmulator"
import * as Waha from "@wicara/channels-waha/Waha"
import * as fixtures from "./fixtures.ts"

const file = new URL("../../../../shared/contracts/waha/waha-openapi-2026-07.json", import.meta.url)
const present = existsSync(file)
if (!present) process.stderr.write("skipped: WAHA's OpenAPI is not at hand (../shared/contracts/waha)\n")

type Json = Schema.Json
type JsonObject = { readonly [name: string]: Json }
const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)
const at = (value: Json | undefined, ...path: ReadonlyArray<string>): Json | undefined =>
  path.reduce<Json | undefined>((inner, name) => isObject(inner) ? inner[name] : undefined, value)
const read = Schema.decodeUnknownSync(Schema.fromJsonString(Schema.Json))
const document: Json = present ? read(readFileSync(file, "utf8")) : {}

/** What is wrong with a value; the keywords that WAHA's document uses. Fields that it does not name are wrong too. */
const faults = (schema: Json | undefined, value: Json | undefined, where: string): ReadonlyArray<string> => {
  if (!isObject(schema)) return []
  const ref = schema["$ref"]
  if (typeof ref === "string") return faults(at(document, ...ref.slice(2).split("/")), value, where)
  const some = schema["oneOf"] ?? schema["anyOf"]
  if (Array.isArray(some)) {
    const each = some.map((one) => faults(one, value, where))
    return each.some((found) => found.length === 0) ? [] : each[0] ?? []
  }
  if (Array.isArray(schema["allOf"])) return schema["allOf"].flatMap((one) => faults(one, value, where))
  const { type } = schema
  if (value === null || value === undefined) return schema["nullable"] === true ? [] : [`${where} is null`]
  const properties = schema["properties"]
  if (isObject(properties)) {
    if (!isObject(value)) return [`${where} is no object`]
    const required = Array.isArray(schema["required"]) ? schema["required"].map(String) : []
    return [
      ...required.filter((name) => value[name] === undefined).map((name) => `${where}.${name} is missing`),
      ...Object.entries(value).flatMap(([name, inner]) =>
        properties[name] === undefined
          ? [`${where}.${name} is unknown`]
          : faults(properties[name], inner, `${where}.${name}`)
      )
    ]
  }
  if (type === "array") {
    return Array.isArray(value)
      ? value.flatMap((inner, index) => faults(schema["items"], inner, `${where}[${index}]`))
      : [`${where} is no array`]
  }
  return (type === "string" || type === "boolean" || type === "number") && typeof value !== type
    ? [`${where} is no ${type}`]
    : []
}

const paths = at(document, "paths")
const templates = Object.keys(isObject(paths) ? paths : {}).map((
  path
) => ({
  path,
  // What is spelled out goes before what may be anything.
  wildcards: path.split("{").length,
  pattern: new RegExp(`^${path.replaceAll(/\{[^}]+\}/g, "[^/]+")}$`)
})).toSorted((one, other) => one.wildcards - other.wildcards)

interface Made {
  readonly method: string
  readonly url: string
  readonly body: string | undefined
}

const faultsOf = ({ body, method, url }: Made): ReadonlyArray<string> => {
  const { pathname, searchParams } = new URL(url)
  const found = templates.find(({ path, pattern }) =>
    pattern.test(pathname) && at(document, "paths", path, method.toLowerCase()) !== undefined
  )
  if (found === undefined) return [`${method} ${pathname} does not exist`]
  const operation = at(document, "paths", found.path, method.toLowerCase())
  const parameters = at(operation, "parameters")
  const queries = Array.isArray(parameters) ? parameters.filter((one) => at(one, "in") === "query") : []
  const label = `${method} ${found.path}`
  return [
    ...queries.filter((one) => at(one, "required") === true && !searchParams.has(String(at(one, "name"))))
      .map((one) => `${label}: ${String(at(one, "name"))} is missing`),
    ...[...searchParams.keys()].filter((name) => !queries.some((one) => at(one, "name") === name))
      .map((name) => `${label}: ${name} is unknown`),
    ...(body === undefined || body === "{}"
      ? []
      : faults(at(operation, "requestBody", "content", "application/json", "schema"), read(body), label))
  ]
}

const url = "https://files.test/x"
const inline = "data:application/octet-stream;base64,aGFsbw=="
const media = (address: string) => ({ source: { type: "url", url: address } } as const)
const contents = (address: string): ReadonlyArray<OutboundContent> => [
  { type: "text", text: "Halo", previewUrl: false },
  {
    type: "text",
    text: "Menu: https://kopi.test",
    preview: { url: "https://kopi.test", title: "Kopi", description: "Menu", image: media(address) }
  },
  { type: "poll", question: "Kapan?", options: ["Senin", "Selasa"], multiple: false },
  { type: "buttons", body: "Aktif?", buttons: [{ id: "y", title: "Ya" }] },
  { type: "image", media: media(address), caption: "menu" },
  { type: "video", media: media(address) },
  { type: "audio", media: media(address), voice: true },
  { type: "audio", media: media(address), voice: false },
  { type: "document", media: { ...media(address), fileName: "menu.pdf" }, caption: "menu" },
  { type: "location", latitude: -6.9, longitude: 107.6, name: "Kedai" },
  { type: "contacts", contacts: [{ name: "Rina", phones: [{ phone: "+62 813" }], emails: [] }] },
  { type: "list", body: "Pilih", button: "Menu", sections: [{ rows: [{ id: "a", title: "Arabika" }] }] }
]

describe.skipIf(!present)("WAHA's OpenAPI", () => {
  const layer = Layer.mergeAll(
    WahaEmulator.layer({ faults: { statuses: false }, startDelay: 1 }),
    NodeHttpClient.layerUndici
  )
  it.layer(layer, { excludeTestServices: true })((it) => {
    it.effect("knows every request that the adapter makes", () =>
      Effect.gen(function*() {
        const emulator = yield* WahaEmulator
        yield* emulator.setAccount("api", { phone: "6281300000001" })
        const account: Waha.Account = {
          ...fixtures.account({ baseUrl: emulator.url, session: "api", buttons: "native" }),
          secrets: { apiKey: Redacted.make("waha-key"), hmacKey: Redacted.make("hmac") }
        }
        const made: Array<Made> = []
        const client = HttpClient.mapRequest(yield* HttpClient.HttpClient, (request) => {
          const address = new URL(request.url)
          for (const [name, value] of request.urlParams) {
            address.searchParams.append(name, Redacted.isRedacted(value) ? Redacted.value(value) : value)
          }
          made.push({
            method: request.method,
            url: address.toString(),
            body: request.body._tag === "Uint8Array" ? new TextDecoder().decode(request.body.body) : undefined
          })
          return request
        })
        const { adapter } = Waha
        const { act, groups, history, lifecycle, markRead, profile, react, reconcile, reserveMessageId, typing } =
          adapter
        assert(
          act && groups && history && lifecycle && markRead && profile && react && reconcile && reserveMessageId &&
            typing
        )
        const dewi = { kind: "phone", value: "6281300000042" } as const
        const hook = "https://wicara.test/v1/inbound/1"
        yield* Effect.gen(function*() {
          for (const content of [...contents(url), ...contents(inline)]) {
            const message = { id: "1", to: dewi, content, replyTo: "3EB0AAAAAAAAAAAAAAAA" }
            const providerMessageId = Option.getOrUndefined(yield* reserveMessageId(message, account))
            yield* adapter.send({ ...message, providerMessageId }, account)
            yield* reconcile({ ...message, providerMessageId }, account)
          }
          const target = { chat: dewi, providerMessageId: "3EB0AAAAAAAAAAAAAAAA" }
          yield* react({ ...target, emoji: "👍" }, account)
          const own = { ...target, fromBusiness: true }
          yield* act(own, { type: "edit", text: "Halo!" }, account)
          yield* act(own, { type: "pin", seconds: 86_400 }, account)
          yield* act(own, { type: "pin", seconds: null }, account)
          yield* act(own, { type: "star", on: true }, account)
          yield* act(own, { type: "delete" }, account)
          const forwarded = { id: "2", to: dewi, content: { type: "text", text: "Halo" }, forwardOf: own } as const
          yield* adapter.send(
            { ...forwarded, providerMessageId: Option.getOrUndefined(yield* reserveMessageId(forwarded, account)) },
            account
          )
          yield* markRead({ ...target, typing: true }, account)
          yield* typing({ chat: dewi, on: false }, account)
          yield* adapter.test(account)
          yield* history.alive(account)
          yield* Stream.runDrain(history.chats(0, account))
          yield* Stream.runDrain(history.messages({ chat: dewi, since: 0, until: 9_000_000_000_000 }, account))
          const group = yield* groups.create({ subject: "Grup", description: "Isi", participants: [dewi] }, account)
          assert.isNotNull(group)
          const { address } = group
          yield* groups.update(address, { subject: "G", announceOnly: true, locked: false }, account)
          for (const action of ["add", "remove", "promote", "demote"] as const) {
            yield* groups.changeParticipants(address, { action, participants: [dewi] }, account)
          }
          yield* groups.get(address, account)
          yield* Stream.runDrain(groups.list(account))
          yield* groups.inviteLink(address, { reset: false }, account)
          yield* groups.inviteLink(address, { reset: true }, account)
          yield* groups.leave(address, account)
          yield* profile.get(account)
          const picture = {
            name: "a.png",
            mimeType: "image/png",
            sizeBytes: 1,
            content: Stream.make(new Uint8Array(1))
          }
          yield* profile.update({ name: "Kopi", about: "Halo", picture }, account)
          yield* profile.update({ picture: null }, account)
          yield* lifecycle.inspect(hook, account)
          yield* lifecycle.repair(hook, account)
          yield* lifecycle.disconnect({ forget: true }, account)
          yield* lifecycle.connect({ method: "qr", webhookUrl: hook }, account)
          yield* Effect.repeat(lifecycle.state(account), { until: ({ _tag }) => _tag === "ScanQr" })
          yield* lifecycle.connect({ method: "code", phone: "6281300000001", webhookUrl: hook }, account)
          yield* lifecycle.disconnect({ forget: false }, account)
        }).pipe(Effect.provideService(HttpClient.HttpClient, client))
        assert.deepStrictEqual([...new Set(made.flatMap(faultsOf))], [])
        assert.isAtLeast(new Set(made.map(({ method, url }) => `${method} ${new URL(url).pathname}`)).size, 40)
      }))
  })
})
