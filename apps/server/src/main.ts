#!/usr/bin/env node
/**
 * The `wicara` command.
 *
 * @since 0.1.0
 */
import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { ConfigurationError } from "@wicara/core/Configuration"
import { MasterKeyInvalid } from "@wicara/core/MasterKeys"
import { InvalidInput } from "@wicara/core/Problem"
import { Cause, Console, Effect, Exit, Layer, Predicate, Runtime, Schema } from "effect"
import { CliError, Command } from "effect/cli"
import { HttpServerError } from "effect/http"
import { SqlError } from "effect/sql"
import * as Access from "./cli/commands/access.ts"
import * as Apikey from "./cli/commands/apikey.ts"
import * as Audit from "./cli/commands/audit.ts"
import * as Bot from "./cli/commands/bot.ts"
import * as Channel from "./cli/commands/channel.ts"
import * as Doctor from "./cli/commands/doctor.ts"
import * as Files from "./cli/commands/files.ts"
import * as Job from "./cli/commands/job.ts"
import * as Knowledge from "./cli/commands/knowledge.ts"
import * as Limits from "./cli/commands/limits.ts"
import * as Machine from "./cli/commands/machine.ts"
import * as Mail from "./cli/commands/mail.ts"
import * as Messages from "./cli/commands/messages.ts"
import * as Modules from "./cli/commands/modules.ts"
import * as Migrate from "./cli/commands/migrate.ts"
import * as OpenApi from "./cli/commands/openapi.ts"
import * as Org from "./cli/commands/org.ts"
import * as Platform from "./cli/commands/platform.ts"
import * as Role from "./cli/commands/role.ts"
import * as Secrets from "./cli/commands/secrets.ts"
import * as Serve from "./cli/commands/serve.ts"
import * as Record from "./cli/commands/record.ts"
import * as Simulate from "./cli/commands/simulate.ts"
import * as Templates from "./cli/commands/templates.ts"
import * as User from "./cli/commands/user.ts"
import * as Webhooks from "./cli/commands/webhooks.ts"
import * as Output from "./cli/Output.ts"
import { CommandFailure } from "./cli/Output.ts"
import { MasterKeyUnreadable } from "./MasterKeyFile.ts"
import { version } from "./Version.ts"

const wicara = Command.make("wicara").pipe(
  Command.withDescription("AI customer service on WhatsApp and the web, for many organizations at once"),
  Command.withSubcommands([
    Serve.command,
    Migrate.command,
    Modules.command,
    Doctor.command,
    OpenApi.command,
    Org.command,
    Platform.command,
    Job.command,
    User.command,
    Role.command,
    Access.command,
    Apikey.command,
    Machine.command,
    Bot.command,
    Channel.command,
    Messages.command,
    Knowledge.command,
    Files.command,
    Templates.command,
    Webhooks.command,
    Mail.command,
    Limits.command,
    Secrets.command,
    Audit.command,
    Simulate.command,
    Record.command
  ]),
  Command.withGlobalFlags([Output.Json])
)

/** A failure that was already said, with its exit code. */
class Ended extends Schema.TaggedError<Ended>()("Ended", { code: Schema.Int }) {
  override readonly [Runtime.errorExitCode] = this.code
  override readonly [Runtime.errorReported] = false
}

const end = (message: string, code: number) =>
  Effect.andThen(Console.error(`wicara: ${message}`), Effect.fail(new Ended({ code })))

/** Whatever went wrong becomes one line: 2 for wrong usage or settings, 1 for everything else. */
const report = (cause: Cause.Cause<unknown>): Effect.Effect<never, Ended> => {
  if (Cause.hasInterruptsOnly(cause)) return Effect.interrupt
  const error = Cause.squash(cause)
  if (error instanceof CommandFailure) return end(error.message, error.exitCode)
  if (error instanceof ConfigurationError) return end(error.message, 2)
  if (error instanceof MasterKeyInvalid || error instanceof MasterKeyUnreadable) return end(error.message, 2)
  if (CliError.isCliError(error)) {
    return Effect.fail(new Ended({ code: error._tag === "ShowHelp" && error.errors.length === 0 ? 0 : 2 }))
  }
  if (error instanceof SqlError.SqlError) return end(Output.ofDatabase(error), 1)
  if (error instanceof HttpServerError.ServeError) {
    const reason = error.cause instanceof Error ? error.cause.message : String(error.cause)
    return end(`WICARA_HOST and WICARA_PORT name no address to listen on: ${reason}`, 2)
  }
  if (error instanceof InvalidInput) {
    return end(`${error.field.replace(/^\//, "").replaceAll("/", ".")}: ${error.detail ?? error.title}`, 2)
  }
  if (Predicate.hasProperty(error, "detail") && Predicate.isString(error.detail)) return end(error.detail, 1)
  const message = error instanceof Error ? error.message : String(error)
  return Effect.andThen(Effect.logDebug(cause), end(message.split("\n")[0] ?? "it failed", 1))
}

Command.run(wicara, { version }).pipe(
  Effect.catchCause(report),
  Effect.provide(Layer.mergeAll(NodeServices.layer, Output.layerPresenter)),
  NodeRuntime.runMain({
    teardown: (exit, onExit) =>
      Runtime.defaultTeardown(
        exit,
        (code) =>
          onExit(Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause) ? Number(process.exitCode ?? code) : code)
      )
  })
)
