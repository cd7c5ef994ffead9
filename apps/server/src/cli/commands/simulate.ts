/**
 * `wicara simulate`: many customers at once against a running server, through the emulators.
 *
 * @since 0.1.0
 */
import { NodeHttpClient } from "@effect/platform-node"
import { Client } from "@wicara/client/Client"
import { permissions as contacts } from "@wicara/contacts/permissions"
import { permissions as conversations } from "@wicara/conversations/permissions"
import { ApiKeys } from "@wicara/core/ApiKeys"
import { Clock, Console, Effect, FileSystem, Option, Redacted, Schema } from "effect"
import { Command, Flag } from "effect/cli"
import { HttpClient, HttpClientResponse } from "effect/http"
import * as Simulation from "../../Simulation.ts"
import * as SimulationScenario from "../../SimulationScenario.ts"
import { within } from "../Organization.ts"
import * as Output from "../Output.ts"
import { withServices } from "../WithServices.ts"

const DemoConfig = Schema.Struct({
  cloud: Schema.Struct({ controlUrl: Schema.String, account: Schema.String }),
  waha: Schema.Struct({ controlUrl: Schema.String, account: Schema.String })
})

/** Where the emulators are: what `--target` says, or the demo's. */
const targets = Effect.fnUntraced(function*(url: string, named: ReadonlyArray<string>) {
  if (named.length > 0) {
    return yield* Effect.forEach(named, (text) => {
      const [name = "", account = "", ...controlUrl] = text.split(",")
      return controlUrl.length === 0
        ? Effect.fail(Output.wrongUsage(`--target "${text}" is not name,account,control URL`))
        : Effect.succeed<Simulation.Target>({ name, account, controlUrl: controlUrl.join(",") })
    })
  }
  const config = yield* HttpClient.get(`${url}/demo/config.json`).pipe(
    Effect.flatMap(HttpClientResponse.filterStatusOk),
    Effect.flatMap(HttpClientResponse.schemaBodyJson(DemoConfig)),
    Effect.mapError(() => Output.fail(`No demo answers at ${url}: start one with npm start, or name --url or --target`))
  )
  return [
    { name: "whatsapp_cloud", controlUrl: `${url}${config.cloud.controlUrl}`, account: config.cloud.account },
    { name: "waha", controlUrl: `${url}${config.waha.controlUrl}`, account: config.waha.account }
  ] satisfies ReadonlyArray<Simulation.Target>
})

/** The customers whose conversations people have to answer now, by the server's own API. */
const handedOver = (client: Client["Service"], since: number) => (phones: ReadonlySet<string>) =>
  Effect.gen(function*() {
    const byName = new Map(Array.from(phones, (phone) => [Simulation.customerName(phone), phone]))
    const found = new Set<string>()
    for (const ownership of ["nobody", "human"] as const) {
      let cursor: string | undefined
      for (;;) {
        const page = yield* client.conversations.list({
          query: { ownership, limit: 200, ...(cursor === undefined ? {} : { cursor }) }
        })
        const recent = page.data.filter((conversation) => conversation.lastMessageAt.epochMilliseconds >= since)
        const names = yield* Effect.forEach(
          recent,
          (conversation) => client.contacts.get({ params: { id: conversation.contactId } }),
          { concurrency: 8 }
        )
        for (const contact of names) {
          const phone = byName.get(contact.displayName ?? "")
          if (phone !== undefined) found.add(phone)
        }
        if (page.nextCursor === null || recent.length < page.data.length) break
        cursor = page.nextCursor
      }
    }
    return found
  }).pipe(Effect.mapError(() => Output.fail("The server's API did not tell who was handed over")))

const readScenario = Effect.fnUntraced(function*(file: string) {
  const fs = yield* FileSystem.FileSystem
  const text = yield* Effect.mapError(fs.readFileString(file), () => Output.wrongUsage(`${file} can't be read`))
  return yield* Effect.mapError(
    Schema.decodeUnknownEffect(Schema.fromJsonString(Simulation.Scenario))(text),
    (error) => Output.wrongUsage(`${file}: ${error.message.replaceAll(/\s+/g, " ")}`)
  )
})

/** A key of the organization for the time of the run, from the local database. */
const temporaryKey = (slug: string) =>
  Effect.acquireRelease(
    Effect.flatMap(ApiKeys, (apiKeys) =>
      apiKeys.create({ name: "wicara simulate", scopes: [conversations.read.name, contacts.read.name] })),
    (created) =>
      Effect.flatMap(ApiKeys, (apiKeys) =>
        Effect.ignore(apiKeys.revoke(created.apiKey.id))).pipe(within(slug), Effect.ignore)
  ).pipe(
    within(slug),
    Effect.map((created) =>
      created.key
    )
  )

/** Whoever runs it calls the server wherever it is, also where organizations may not. */
const asOperator = Effect.provide(NodeHttpClient.layerUndici)

/** @category commands @since 0.1.0 */
export const command = Command.make("simulate", {
  customers: Flag.Int("customers").pipe(Flag.withDescription("How many customers write"), Flag.withDefault(200)),
  concurrency: Flag.Int("concurrency").pipe(
    Flag.withDescription("How many write at the same time"),
    Flag.withDefault(40)
  ),
  url: Flag.String("url").pipe(Flag.withDescription("The running server"), Flag.withDefault("http://127.0.0.1:3000")),
  org: Flag.String("org").pipe(Flag.withDescription("The organization's slug"), Flag.withDefault("lintas-fiber")),
  apiKey: Flag.Redacted("api-key").pipe(
    Flag.withDescription(
      "A key with conversations:read and contacts:read; one is made in the local database if absent"
    ),
    Flag.optional
  ),
  target: Flag.String("target").pipe(
    Flag.withDescription("name,account,control URL of an emulator; may be repeated; the demo's if absent"),
    Flag.atLeast(0)
  ),
  scenario: Flag.String("scenario").pipe(
    Flag.withDescription("A JSON file; the demo's questions if absent"),
    Flag.optional
  ),
  patience: Flag.Int("patience").pipe(
    Flag.withDescription("Seconds after which a message without a reply counts as lost"),
    Flag.withDefault(120)
  )
}, (flags) =>
  withServices(Effect.scoped(asOperator(Effect.gen(function*() {
    const url = flags.url.replace(/\/+$/, "")
    const json = yield* Output.Json
    const scenario = Option.isSome(flags.scenario) ? yield* readScenario(flags.scenario.value) : SimulationScenario.demo
    const emulators = yield* targets(url, flags.target)
    const key = Option.isSome(flags.apiKey) ? Redacted.value(flags.apiKey.value) : yield* temporaryKey(flags.org)
    const client = yield* Client.make({ baseUrl: url, token: Redacted.make(key) })
    const started = yield* Clock.currentTimeMillis
    const report = yield* Simulation.run({
      scenario,
      targets: emulators,
      customers: flags.customers,
      concurrency: flags.concurrency,
      patience: `${flags.patience} seconds`,
      // Another crowd at every run: a number of 62, five digits of the time, six of the customer.
      phonePrefix: `62${String(Math.floor(started / 1000)).slice(-5)}`,
      handedOver: handedOver(client, started),
      onProgress: (now) =>
        json ? Effect.void : Console.error(
          `${now.customersDone}/${flags.customers} customers done, ${now.messages} messages, ${now.replies} replies`
        )
    })
    yield* Output.result(report, [
      "",
      ...Output.table(
        ["CHANNEL", "CUSTOMERS", "MESSAGES", "REPLIES"],
        report.byTarget.map((row) => [
          row.target,
          String(row.customers),
          String(row.messages),
          String(row.replies)
        ])
      ),
      "",
      ...Output.table(["", ""], [
        ["messages", String(report.messages)],
        ["answered from the knowledge", String(report.answered)],
        ["handed over to people", String(report.handedOver)],
        ["lost", String(report.lost)],
        ["answered twice", String(report.doubled)],
        ["answered wrongly", String(report.wrong)],
        ["not handed over", String(report.notHandedOver)],
        ["seconds", String(report.seconds)],
        [
          "reply p50 / p95 / max (ms)",
          `${report.latencyMillis.p50} / ${report.latencyMillis.p95} / ${report.latencyMillis.max}`
        ]
      ]).slice(2),
      ...report.problems
    ])
    const bad = report.lost + report.doubled + report.wrong + report.notHandedOver
    if (bad > 0) return yield* Output.fail(`${bad} of ${report.messages} messages did not end as they should`)
  }))))).pipe(Command.withDescription("Drive many customers against a running server through the emulators"))
