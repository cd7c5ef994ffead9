/**
 * `wicara doctor`: looks for what is wrong before customers do.
 *
 * @since 0.1.0
 */
import { ChannelAccounts } from "@wicara/channels/ChannelAccounts"
import { ChannelConnections } from "@wicara/channels/ChannelConnections"
import { Organizations } from "@wicara/core/Organizations"
import { CurrentActor, CurrentOrganization } from "@wicara/core/Tenancy"
import { BlobStore } from "@wicara/files/BlobStore"
import { VirusScanner } from "@wicara/files/VirusScanner"
import { MailTransport } from "@wicara/notifications/MailTransport"
import { Effect, Option } from "effect"
import { Command } from "effect/cli"
import { Health } from "../../Health.ts"
import { ServerConfig } from "../../ServerConfig.ts"
import * as Addons from "../../Addons.ts"
import { actor } from "../Organization.ts"
import * as Output from "../Output.ts"
import { withServices } from "../WithServices.ts"

interface Finding {
  readonly name: string
  readonly status: "ok" | "warn" | "fail"
  readonly message: string
}

const settings = Effect.map(ServerConfig, (config): ReadonlyArray<Finding> => [
  { name: "settings", status: "ok", message: `database ${config.database.kind}, data in ${config.dataDir}` },
  Option.match(config.publicUrl, {
    onNone: (): Finding => ({
      name: "public address",
      status: "warn",
      message: "WICARA_PUBLIC_URL is not set: providers can't reach this server by the address it would tell them"
    }),
    onSome: (url): Finding => ({
      name: "public address",
      status: url.startsWith("https://") ? "ok" : "warn",
      message: url.startsWith("https://") ? url : `${url} is not https: Meta delivers webhooks to https only`
    })
  })
])

const health = Effect.flatMap(Health, (health) => health.check).pipe(
  Effect.map((report) => report.checks.map((check): Finding => check)),
  Effect.provide(Health.layer)
)

const accounts = Effect.gen(function*() {
  const organizations = yield* Organizations
  const channelAccounts = yield* ChannelAccounts
  const connections = yield* ChannelConnections
  const all = yield* organizations.list({ limit: 200 })
  const findings = yield* Effect.forEach(all.data, (organization) =>
    Effect.gen(function*() {
      const page = yield* channelAccounts.list({ limit: 200 })
      return yield* Effect.forEach(page.data, (account) => {
        const name = `${organization.slug} / ${account.name}`
        const tested = channelAccounts.test(account.id).pipe(
          Effect.match({
            onSuccess: (health): Finding => ({ name, ...health }),
            onFailure: (error): Finding => ({ name, status: "fail", message: error.detail ?? "it could not be tested" })
          })
        )
        const inspected = connections.inspect(account.id).pipe(
          Effect.match({
            onSuccess: ({ findings }) =>
              findings.map(({ message, repairable, severity }): Finding => ({
                name: `${name}, set-up`,
                status: severity,
                message: repairable ? `${message} (wicara channel repair ${account.id})` : message
              })),
            // What keeps it from being inspected keeps it from working, which its test says.
            onFailure: (): ReadonlyArray<Finding> => []
          })
        )
        return Effect.map(Effect.all([tested, inspected]), ([health, setup]) => [health, ...setup])
      }, { concurrency: 4 })
    }).pipe(
      Effect.provideService(CurrentOrganization, { id: organization.id }),
      Effect.provideService(CurrentActor, actor)
    ))
  return findings.flat(2)
})

const files = Effect.gen(function*() {
  const blobs = yield* BlobStore
  const scanner = yield* VirusScanner
  const { filesClamAv } = yield* ServerConfig
  const kept = yield* Effect.match(blobs.list(Option.none()), {
    onSuccess: (): Finding => ({
      name: "files",
      status: "ok",
      message: blobs.kind === "s3" ? "the bucket answers" : "kept in a folder"
    }),
    onFailure: (error): Finding => ({ name: "files", status: "fail", message: error.message })
  })
  if (Option.isNone(filesClamAv)) return [kept]
  const scanned = yield* Effect.match(scanner.check, {
    onSuccess: (message): Finding => ({ name: "virus scanner", status: "ok", message }),
    onFailure: (error): Finding => ({ name: "virus scanner", status: "fail", message: error.message })
  })
  return [kept, scanned]
})

const mail = Effect.gen(function*() {
  const { server } = yield* MailTransport
  if (Option.isNone(server)) {
    const message = "no mail server is configured (WICARA_SMTP_URL): mail stays in the log"
    return [{ name: "mail", status: "warn", message } satisfies Finding]
  }
  return [
    yield* Effect.match(server.value.check, {
      onSuccess: (where): Finding => ({ name: "mail", status: "ok", message: `${where} answers` }),
      onFailure: (message): Finding => ({ name: "mail", status: "fail", message })
    })
  ]
})

const mark = { ok: "ok  ", warn: "warn", fail: "FAIL" } as const

/** @category commands @since 0.1.0 */
export const command = Command.make("doctor", {}, () =>
  withServices(Effect.gen(function*() {
    const pending = yield* Addons.migrate
    const findings: ReadonlyArray<Finding> = [
      ...(yield* settings),
      {
        name: "tables",
        status: "ok",
        message: pending.length === 0 ? "up to date" : `${pending.length} migrations ran`
      },
      ...(yield* health),
      ...(yield* files),
      ...(yield* mail),
      ...(yield* accounts)
    ]
    const failed = findings.filter((finding) => finding.status === "fail").length
    yield* Output.result(
      { status: failed === 0 ? "ok" : "fail", findings },
      findings.map((finding) => `${mark[finding.status]}  ${finding.name}: ${finding.message}`)
    )
    if (failed > 0) return yield* Output.fail(`${failed} ${failed === 1 ? "thing does" : "things do"} not work`)
  }))).pipe(Command.withDescription("Check settings, database, work lists and every channel account"))
