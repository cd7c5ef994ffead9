/**
 * `wicara files`: what organizations store.
 *
 * @since 0.1.0
 */
import { Files } from "@wicara/files/Files"
import { ByteSize, Effect, Option } from "effect"
import { Command, Flag } from "effect/cli"
import { org, within } from "../Organization.ts"
import * as Output from "../Output.ts"
import { withServices } from "../WithServices.ts"

const inMebibytes = (bytes: number) => `${(bytes / (1024 * 1024)).toFixed(1)} MiB`

const usage = Command.make("usage", { org }, (flags) =>
  withServices(
    Effect.gen(function*() {
      const used = yield* Files.use((files) => files.usage)
      yield* Output.result(used, [
        `${used.files} files, ${inMebibytes(used.bytes)} of ${inMebibytes(used.quota)}`
      ])
    }).pipe(within(flags.org))
  )).pipe(Command.withDescription("How much of its quota an organization uses"))

const quota = Command.make("quota", {
  org,
  size: Flag.String("size").pipe(
    Flag.withDescription("How much it may store, such as 20GiB; the server's usual quota when absent"),
    Flag.optional
  )
}, (flags) =>
  withServices(
    Effect.gen(function*() {
      const size = Option.flatMap(flags.size, ByteSize.fromString)
      if (Option.isSome(flags.size) && Option.isNone(size)) {
        return yield* Output.wrongUsage(`"${flags.size.value}" is no size: write 500MiB or 20GiB`)
      }
      const used = yield* Files.use((files) => files.setQuota(Option.flatMap(size, ByteSize.toNumber)))
      yield* Output.result(used, [
        `The quota is ${inMebibytes(used.quota)}, of which ${inMebibytes(used.bytes)} is used`
      ])
    }).pipe(within(flags.org))
  )).pipe(Command.withDescription("Give an organization a quota of its own, or take it back"))

const sweep = Command.make("sweep", {}, () =>
  withServices(Effect.gen(function*() {
    const files = yield* Files
    const removed = (yield* files.cleanup(10_000)) + (yield* files.sweep)
    yield* Output.result({ removed }, [`${removed} contents that no file needs were cleared away`])
  }))).pipe(Command.withDescription("Clear away now what no file needs; the workers do it every day"))

/** @category commands @since 0.1.0 */
export const command = Command.make("files").pipe(
  Command.withDescription("What organizations store"),
  Command.withSubcommands([usage, quota, sweep])
)
