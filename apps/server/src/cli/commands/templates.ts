/**
 * `wicara templates`: message templates and what their provider says of them.
 *
 * @since 0.1.0
 */
import { ChannelAccountId } from "@wicara/channels/ChannelAdapter"
import { CreateFromLibrary, CreateTemplate, TemplateId, UpdateTemplate } from "@wicara/templates/Template"
import type { Template } from "@wicara/templates/Template"
import * as TemplateDefinition from "@wicara/templates/TemplateDefinition"
import * as TemplateParameters from "@wicara/templates/TemplateParameters"
import * as TemplateRules from "@wicara/templates/TemplateRules"
import { Templates } from "@wicara/templates/Templates"
import { TemplateSync } from "@wicara/templates/TemplateSync"
import { Clock, DateTime, Effect, Option, Schema, Stream } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { jsonFile, named } from "../Input.ts"
import { org, within } from "../Organization.ts"
import * as Output from "../Output.ts"
import { withServices } from "../WithServices.ts"

const file = (what: string) => Argument.String("file").pipe(Argument.withDescription(`A JSON file with ${what}`))
const id = Argument.String("id").pipe(Argument.withDescription("Its id (wicara templates list)"))

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

const show = Command.make("show", { id, org }, (flags) =>
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
      const startedAt = yield* Clock.currentTimeMillis
      yield* templateSync.request(yield* named("account", ChannelAccountId, flags.account))
      yield* templateSync.drain
      const { data: [latest] } = yield* Templates.use((templates) => templates.syncs({ limit: 1 }))
      // An older one says nothing of now: a server holds the work, and goes on with it.
      const run = latest !== undefined && DateTime.toEpochMillis(latest.finishedAt) >= startedAt ? latest : undefined
      if (run !== undefined && run.failure !== null) {
        const { code, reason } = run.failure
        return yield* Effect.fail(Output.fail(`The provider did not give them: ${reason} (${code})`))
      }
      yield* Output.result(run ?? null, [
        run === undefined
          ? "A server is looking at it"
          : `${run.listed} templates: ${run.created} new, ${run.changed} changed, ${run.deleted} deleted`
      ])
    }).pipe(within(flags.org))
  )).pipe(Command.withDescription("Look through all templates of a channel account's provider now"))

const { channelAccountId: _, ...ofDefinition } = CreateTemplate.fields
const Definition = Schema.Struct(ofDefinition)

const said = (template: Template) =>
  Output.result(template, [
    `${template.name} (${template.language}), ${template.category}: ${template.status}`,
    `Id: ${template.id}`
  ])

const create = Command.make("create", {
  file: file("its name, language, category and components"),
  account: Flag.String("account").pipe(Flag.withDescription("The channel account whose provider gets it (its id)")),
  org
}, (flags) =>
  withServices(
    Effect.gen(function*() {
      const channelAccountId = yield* named("--account", ChannelAccountId, flags.account)
      const definition = yield* jsonFile(flags.file, Definition)
      yield* said(yield* Templates.use((templates) => templates.create({ channelAccountId, ...definition })))
    }).pipe(within(flags.org))
  )).pipe(
    Command.withDescription("Create a template at a channel account's provider"),
    Command.withExamples([{
      command: "wicara templates create bill.json --account 019a... --org acme",
      description: "Hand in what wicara templates check finds nothing wrong with"
    }])
  )

const account = Argument.String("account").pipe(Argument.withDescription("A channel account's id"))

const library = Command.make("library", {
  account,
  search: Flag.String("search").pipe(Flag.withDescription("Words anywhere in a template"), Flag.optional),
  language: Flag.String("language").pipe(Flag.withDescription("id, en_US, ..."), Flag.optional),
  topic: Flag.String("topic").pipe(Flag.withDescription("PAYMENTS, ORDER_MANAGEMENT, ..."), Flag.optional),
  org
}, (flags) =>
  withServices(
    Effect.gen(function*() {
      const templates = yield* Templates
      const id = yield* named("account", ChannelAccountId, flags.account)
      const query = {
        limit: 100,
        search: Option.getOrUndefined(flags.search),
        language: Option.getOrUndefined(flags.language),
        topic: Option.getOrUndefined(flags.topic)
      }
      const data = yield* Stream.runCollect(
        Stream.paginate(undefined, (cursor: string | undefined) =>
          Effect.map(templates.library(id, { ...query, cursor }), (found) =>
            [found.data, Option.fromNullOr(found.nextCursor)] as const))
      )
      yield* Output.result(
        data,
        Output.table(
          ["NAME", "LANGUAGE", "CATEGORY", "TOPIC", "BUTTONS"],
          data.map((one) => [
            one.name,
            one.language,
            one.category,
            one.topic ?? "-",
            one.buttons.map(({ type }) =>
              String(type)
            ).join(",") || "-"
          ])
        )
      )
    }).pipe(within(flags.org))
  )).pipe(Command.withDescription("The templates that an account's provider has written and judged already"))

const { channelAccountId: __, ...ofLibrary } = CreateFromLibrary.fields
const FromLibrary = Schema.Struct(ofLibrary)

const createFromLibrary = Command.make("create-from-library", {
  file: file("the library's name of it, a name of its own, its language and what its buttons lead to"),
  account: Flag.String("account").pipe(Flag.withDescription("The channel account whose provider gets it (its id)")),
  org
}, (flags) =>
  withServices(
    Effect.gen(function*() {
      const channelAccountId = yield* named("--account", ChannelAccountId, flags.account)
      const wanted = yield* jsonFile(flags.file, FromLibrary)
      yield* said(yield* Templates.use((templates) => templates.createFromLibrary({ channelAccountId, ...wanted })))
    }).pipe(within(flags.org))
  )).pipe(Command.withDescription("Create a template of the provider's library under a name of one's own"))

const edit = Command.make("edit", { id, file: file("its new components or category"), org }, (flags) =>
  withServices(
    Effect.gen(function*() {
      const templateId = yield* named("id", TemplateId, flags.id)
      const change = yield* jsonFile(flags.file, UpdateTemplate)
      yield* said(yield* Templates.use((templates) => templates.update(templateId, change)))
    }).pipe(within(flags.org))
  )).pipe(Command.withDescription("Change a template at its provider, which judges it again"))

const remove = Command.make("delete", { id, org }, (flags) =>
  withServices(
    Effect.gen(function*() {
      const templates = yield* Templates
      const template = yield* templates.get(yield* named("id", TemplateId, flags.id))
      yield* templates.delete(template.id)
      yield* Output.result({ id: template.id }, [`${template.name} (${template.language}) was deleted`])
    }).pipe(within(flags.org))
  )).pipe(Command.withDescription("Delete one language of a template at its provider"))

const check = Command.make(
  "check",
  { file: file("its name, language, category and components") },
  (flags) =>
    Effect.gen(function*() {
      const { parameterFormat = "POSITIONAL", ...definition } = yield* jsonFile(flags.file, Definition)
      const [problem] = TemplateRules.check({ ...definition, parameterFormat })
      if (problem !== undefined) {
        const at = `components${problem.pointer}`.replaceAll("/", ".")
        return yield* Effect.fail(Output.wrongUsage(`${flags.file}: ${at}: ${problem.detail}`))
      }
      const ttl = definition.messageSendTtlSeconds
      const wrong = ttl === undefined ? undefined : TemplateRules.checkTtl(definition.category, ttl)
      if (wrong !== undefined) {
        return yield* Effect.fail(Output.wrongUsage(`${flags.file}: messageSendTtlSeconds: ${wrong}`))
      }
      const parameters = TemplateParameters.jsonSchemaOf(TemplateDefinition.read({ ...definition, parameterFormat }))
      yield* Output.result({ parameters }, ["Nothing is wrong with it. It is filled with:", JSON.stringify(parameters)])
    })
).pipe(Command.withDescription("Say what the provider would refuse in a new template, without asking it"))

const preview = Command.make("preview", {
  id,
  file: Argument.String("file").pipe(
    Argument.withDescription("A JSON file with the parameters; none unless given"),
    Argument.optional
  ),
  org
}, (flags) =>
  withServices(
    Effect.gen(function*() {
      const templates = yield* Templates
      const templateId = yield* named("id", TemplateId, flags.id)
      const parameters = Option.isNone(flags.file) ? {} : yield* jsonFile(flags.file.value, Schema.JsonObject)
      const shown = yield* templates.preview(templateId, parameters)
      yield* Output.result(shown, [
        shown.text,
        ...shown.buttons.map(({ target, text, type }) => `[${text}] ${target ?? type}`)
      ])
    }).pipe(within(flags.org))
  )).pipe(Command.withDescription("What the customer reads of a message, or what is wrong with its parameters"))

/** @category commands @since 0.1.0 */
export const command = Command.make("templates").pipe(
  Command.withDescription("Message templates"),
  Command.withSubcommands([list, show, check, create, library, createFromLibrary, edit, remove, preview, sync])
)
