/**
 * `wicara templates`: message templates and what their provider says of them.
 *
 * @since 0.1.0
 */
import { ChannelAccountId } from "@wicara/channels/ChannelAdapter"
import { TemplateId } from "@wicara/templates/Template"
import { Templates } from "@wicara/templates/Templates"
import { TemplateSync } from "@wicara/templates/TemplateSync"
import { Effect, Option, Stream } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { named } from "../Input.ts"
import { org, within } from "../Organization.ts"
import * as Output from "../Output.ts"
import { withServices } from "../WithServices.ts"

const list = Command.make("list", {
  org,
  status: Flag.String("status").pipe(Flag.withDescription("APPROVED, PAUSED, REJECTED, ..."), Flag.optional)
}, (flags) =>
  withServices(
    Effect.gen(function*() {
      const templates = yield* Templates
      const status = Option.getOrUndefined(flags.status)
      const page = (cursor?: string) =>
        templates.list({ limit: 200, status, ...(cursor === undefined ? undefined : { cursor }) })
      const data = yield* Stream.runCollect(
        Stream.paginate(undefined, (cursor: string | undefined) =>
          Effect.map(page(cursor), (found) =>
            [
              found.data,
              found.nextCursor === null ? Option.none() : Option.some<string | undefined>(found.nextCursor)
            ] as const))
      )
      yield* Output.result(
        data,
        Output.table(
          ["ID", "NAME", "LANGUAGE", "CATEGORY", "STATUS", "QUALITY"],
          data.map((one) => [one.id, one.name, one.language, one.category, one.status, one.quality ?? "-"])
        )
      )
    }).pipe(within(flags.org))
  )).pipe(Command.withDescription("The templates of an organization"))

const show = Command.make("show", { id: Argument.String("id"), org }, (flags) =>
  withServices(
    Effect.gen(function*() {
      const templates = yield* Templates
      const id = yield* named("id", TemplateId, flags.id)
      const template = yield* templates.get(id)
      const { data: history } = yield* templates.history(id, { limit: 20 })
      const schema = yield* templates.parameters(id)
      yield* Output.result({ template, history, parameters: schema }, [
        `${template.name} (${template.language}), ${template.category}`,
        `Status      ${template.status}${template.reason === null ? "" : `: ${template.reason}`}`,
        `Quality     ${template.quality ?? "-"}`,
        "",
        JSON.stringify(template.components, undefined, 2),
        "",
        ...history.map(({ at, from, kind, source, to }) =>
          `${at.toString().slice(0, 24)}  ${kind} ${from === null ? "" : `${from} -> `}${to} (${source})`
        )
      ])
    }).pipe(within(flags.org))
  )).pipe(Command.withDescription("One template, what it is filled with, and what became of it"))

const sync = Command.make("sync", { account: Argument.String("account"), org }, (flags) =>
  withServices(
    Effect.gen(function*() {
      const templateSync = yield* TemplateSync
      yield* templateSync.request(yield* named("account", ChannelAccountId, flags.account))
      yield* templateSync.drain
      const { data: [run] } = yield* Templates.use((templates) => templates.syncs({ limit: 1 }))
      yield* Output.result(run ?? null, [
        run === undefined
          ? "A server is looking at it"
          : run.failure === null
          ? `${run.listed} templates: ${run.created} new, ${run.changed} changed, ${run.deleted} deleted`
          : `The provider did not give them: ${run.failure.reason} (${run.failure.code})`
      ])
    }).pipe(within(flags.org))
  )).pipe(Command.withDescription("Look through all templates of a channel account's provider now"))

/** @category commands @since 0.1.0 */
export const command = Command.make("templates").pipe(
  Command.withDescription("Message templates"),
  Command.withSubcommands([list, sync, show])
)
