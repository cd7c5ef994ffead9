/**
 * `wicara audit`: is the audit log whole, and what does it say.
 *
 * @since 0.1.0
 */
import { Audit } from "@wicara/core/Audit"
import * as AuditExport from "@wicara/core/AuditExport"
import { DateTime, Effect, Option, Stream } from "effect"
import { Command, Flag } from "effect/cli"
import { FileSystem } from "effect"
import { org, within } from "../Organization.ts"
import * as Output from "../Output.ts"
import { withServices } from "../WithServices.ts"

const anchorOf = (text: string) => {
  const [, sequence, hash] = /^(\d{1,15}):([0-9a-f]{64})$/.exec(text) ?? []
  return sequence === undefined || hash === undefined
    ? Effect.fail(Output.wrongUsage(`--anchor: expected <number>:<hash>, as a verification prints it`))
    : Effect.succeed({ sequence: Number(sequence), hash })
}

const verify = Command.make("verify", {
  org,
  anchor: Flag.String("anchor").pipe(
    Flag.withDescription("An end of the chain that an earlier verification printed"),
    Flag.optional
  )
}, (flags) =>
  withServices(
    Effect.gen(function*() {
      const audit = yield* Audit
      const anchor = Option.isNone(flags.anchor) ? undefined : yield* anchorOf(flags.anchor.value)
      const found = yield* audit.verify(anchor)
      const { erased, head, isIntact, problems, records, unchained } = found
      yield* Output.result(found, [
        ...problems.map(({ detail, kind }) => `${kind.toUpperCase()}: ${detail}`),
        `${records} records in the chain, ${unchained} from before it, ${erased} erased`,
        ...(head === null ? [] : [`Its end, to be kept elsewhere: ${head.sequence}:${head.hash}`])
      ])
      if (!isIntact) return yield* Output.fail(`The audit log of "${flags.org}" is not what was written`)
    }).pipe(within(flags.org))
  )).pipe(Command.withDescription("Look whether records were changed, removed or put in"))

const instant = (name: string, description: string) =>
  Flag.String(name).pipe(Flag.withDescription(description), Flag.optional)

const instantOf = (name: string, text: Option.Option<string>) =>
  Option.match(text, {
    onNone: () => Effect.succeed(undefined),
    onSome: (text) =>
      Option.match(DateTime.make(text), {
        onNone: () => Effect.fail(Output.wrongUsage(`--${name}: "${text}" is not a time (2026-11-21T08:30:00Z)`)),
        onSome: (at) => Effect.succeed(DateTime.toUtc(at))
      })
  })

const exportTo = Command.make("export", {
  org,
  out: Flag.String("out").pipe(Flag.withDescription("The file to write")),
  format: Flag.Literals("format", ["jsonl", "csv"]).pipe(
    Flag.withDescription("JSON lines or CSV"),
    Flag.withDefault("jsonl" as const)
  ),
  from: instant("from", "Records not before this time"),
  to: instant("to", "Records before this time")
}, (flags) =>
  withServices(
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const from = yield* instantOf("from", flags.from)
      const to = yield* instantOf("to", flags.to)
      const text = yield* AuditExport.text(flags.format, { from, to })
      yield* Stream.run(Stream.encodeText(text), fs.sink(flags.out, { flag: "w", mode: 0o600 }))
      yield* Output.result({ file: flags.out }, [`Written: ${flags.out}`])
    }).pipe(within(flags.org))
  )).pipe(Command.withDescription("Write the audit log to a file"))

/** @category commands @since 0.1.0 */
export const command = Command.make("audit").pipe(
  Command.withDescription("Is the audit log whole, and what does it say"),
  Command.withSubcommands([verify, exportTo])
)
