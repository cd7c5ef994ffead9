/**
 * `wicara bot`: bots, and trial questions.
 *
 * @since 0.1.0
 */
import { Bots } from "@wicara/bots/Bots"
import { Array as Arr, Effect, Option } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { ChannelAccountId } from "@wicara/channels/ChannelAdapter"
import { named } from "../Input.ts"
import { org, within } from "../Organization.ts"
import * as Output from "../Output.ts"
import { withServices } from "../WithServices.ts"

const create = Command.make("create", {
  org,
  name: Flag.String("name").pipe(Flag.withDescription("What the bot is called")),
  language: Flag.String("language").pipe(
    Flag.withDescription("A language it speaks, the main one first; may be repeated; en and id if absent"),
    Flag.atLeast(0)
  ),
  channel: Flag.String("channel").pipe(
    Flag.withDescription("The id of an account it answers on; may be repeated; every account if absent"),
    Flag.atLeast(0)
  )
}, (flags) =>
  withServices(
    Effect.gen(function*() {
      const bots = yield* Bots
      const channelAccountIds = yield* Effect.forEach(flags.channel, (id) => named("--channel", ChannelAccountId, id))
      const bot = yield* bots.create({
        persona: {
          name: flags.name,
          languages: Arr.isReadonlyArrayNonEmpty(flags.language) ? flags.language : ["en", "id"]
        },
        ...(channelAccountIds.length === 0 ? {} : { channelAccountIds })
      })
      yield* Output.result({ id: bot.id, name: bot.persona.name }, [`Created ${bot.persona.name}, id ${bot.id}`])
    }).pipe(within(flags.org))
  )).pipe(Command.withDescription("Create a bot that answers from the organization's knowledge"))

const ask = Command.make("ask", {
  question: Argument.String("question").pipe(Argument.withDescription("What a customer would ask")),
  org,
  language: Flag.String("language").pipe(
    Flag.withDescription("en, id, es or pt; told from the question if absent"),
    Flag.optional
  )
}, (flags) =>
  withServices(
    Effect.gen(function*() {
      const bots = yield* Bots
      const turn = yield* bots.ask({
        question: flags.question,
        ...Option.match(flags.language, { onNone: () => ({}), onSome: (language) => ({ language }) })
      })
      yield* Output.result(turn, [
        turn.reply ?? "(no reply)",
        "",
        `Outcome     ${turn.outcome}, verdict ${turn.verdict ?? "-"}, confidence ${turn.confidence?.toFixed(2) ?? "-"}`,
        `Why         ${turn.explanation}`,
        `Model       ${turn.model ?? "-"}, ${turn.latency} ms`,
        ...turn.sources.map((source) =>
          `Source      ${source.cited ? "[cited] " : ""}${source.title} (version ${source.version}, score ${
            source.score.toFixed(2)
          })`
        )
      ])
    }).pipe(within(flags.org))
  )).pipe(
    Command.withDescription("Ask a trial question: shows the answer, its sources and why"),
    Command.withExamples([{
      command: "wicara bot ask \"How do I pay?\" --org lintas-fiber",
      description: "A trial question"
    }])
  )

/** @category commands @since 0.1.0 */
export const command = Command.make("bot").pipe(
  Command.withDescription("Bots, and trial questions"),
  Command.withSubcommands([create, ask])
)
