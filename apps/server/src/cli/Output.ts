/**
 * How the `wicara` command speaks: results on standard output (a person's lines, or one JSON document with `--json`),
 * one line on standard error when something is wrong, exit code 1 for a failure and 2 for wrong usage or settings.
 *
 * @since 0.1.0
 */
import { Console, Effect, Layer, Runtime, Schema } from "effect"
import { CliOutput, GlobalFlag } from "effect/cli"
import { Flag } from "effect/cli"
import type { SqlError } from "effect/sql"

/**
 * A command that can't do what it was asked; `message` is the one line its user reads.
 *
 * @category errors
 * @since 0.1.0
 */
export class CommandFailure extends Schema.TaggedError<CommandFailure>()("CommandFailure", {
  message: Schema.String,
  /** 1: it failed. 2: the arguments or settings are wrong. */
  exitCode: Schema.Literals([1, 2])
}) {
  override readonly [Runtime.errorExitCode] = this.exitCode
  override readonly [Runtime.errorReported] = false
}

/**
 * @category constructors
 * @since 0.1.0
 */
export const fail = (message: string): CommandFailure => new CommandFailure({ message, exitCode: 1 })

/**
 * @category constructors
 * @since 0.1.0
 */
export const wrongUsage = (message: string): CommandFailure => new CommandFailure({ message, exitCode: 2 })

/**
 * What is said when the database is away.
 *
 * @category output
 * @since 0.1.0
 */
export const ofDatabase = (error: SqlError.SqlError): string => {
  const { cause } = error.reason
  const detail = cause instanceof Error && cause.message !== "" ? cause.message : error.message
  const hint = /secure connection/.test(detail) ? " (encrypt it there, or name its host in WICARA_PLAIN_HOSTS)" : ""
  return `The database does not answer as it should: ${detail.split("\n")[0]}${hint}`
}

/**
 * `--json`, understood by every command.
 *
 * @category flags
 * @since 0.1.0
 */
export const Json = GlobalFlag.Setting("json")({
  flag: Flag.Boolean("json").pipe(
    Flag.withDescription("Print one JSON document instead of lines for people"),
    Flag.withDefault(false)
  )
})

/**
 * Prints a result: `value` as JSON when `--json` was given, else the lines.
 *
 * @category output
 * @since 0.1.0
 */
export const result = Effect.fnUntraced(function*(value: unknown, lines: ReadonlyArray<string>) {
  const json = yield* Json
  if (json) return yield* Console.log(JSON.stringify(value, undefined, 2))
  if (lines.length > 0) yield* Console.log(lines.join("\n"))
})

/**
 * Rows as aligned columns under their headings.
 *
 * @category output
 * @since 0.1.0
 */
export const table = (headings: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>): Array<string> => {
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...rows.map((row) => (row[column] ?? "").length))
  )
  const line = (cells: ReadonlyArray<string>) =>
    cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ").trimEnd()
  return [line(headings), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)]
}

/**
 * Wrong usage is one line on standard error, not a page of help.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerPresenter: Layer.Layer<never> = Layer.succeed(CliOutput.Presenter, {
  present: (event) =>
    event._tag === "InvalidInvocation"
      ? Console.error(
        `${event.commandPath.join(" ")}: ${
          event.errors.map((error) => error.message.split("\n")[0] ?? "").join("; ")
        } (see ${event.commandPath.join(" ")} --help)`
      )
      : CliOutput.defaultPresenter.present(event)
})
