/**
 * `wicara knowledge`: an organization's articles and questions with their answers.
 *
 * @since 0.1.0
 */
import * as KnowledgeImport from "@wicara/knowledge/KnowledgeImport"
import { KnowledgeSearch } from "@wicara/knowledge/KnowledgeSearch"
import { LanguageTag } from "@wicara/knowledge/Language"
import { Effect, Option, Schema } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { importableFiles } from "../Files.ts"
import { input } from "../Input.ts"
import * as Output from "../Output.ts"
import { org, within } from "../Organization.ts"
import { withServices } from "../WithServices.ts"

const importCommand = Command.make("import", {
  path: Argument.String("path").pipe(
    Argument.withDescription(
      `A file (${KnowledgeImport.extensions.map((one) => `.${one}`).join(", ")}) or a folder of them`
    )
  ),
  org
}, (flags) =>
  withServices(
    Effect.gen(function*() {
      const { files, others } = yield* importableFiles(flags.path)
      if (files.length === 0) {
        return yield* Effect.fail(Output.wrongUsage(`There is nothing to import in ${flags.path}`))
      }
      const imports = yield* KnowledgeImport.KnowledgeImport
      const report = yield* imports.importFiles(files)
      yield* Output.result({ ...report, filesNotRead: others }, [
        ...report.rows.filter(({ outcome }) => outcome === "failed").map((row) =>
          `${row.source}${row.line === undefined ? "" : `:${row.line}`}: ${row.reason ?? "failed"}${
            row.title === undefined ? "" : ` (${row.title})`
          }`
        ),
        ...report.warnings.map((warning) => `${warning.source}: ${warning.reason}`),
        ...(others === 0 ? [] : [`${others} other ${others === 1 ? "file was" : "files were"} not read`]),
        `${report.imported} imported, ${report.updated} updated, ${report.skipped} unchanged, ${report.failed} failed`
      ])
      if (report.failed > 0) return yield* Effect.fail(Output.fail(`${report.failed} could not be imported`))
    }).pipe(within(flags.org))
  )).pipe(
    Command.withDescription("Import articles and questions; importing again updates what changed"),
    Command.withExamples([{
      command: "wicara knowledge import ./help --org acme",
      description: "Import every Markdown, CSV and JSON file of a folder"
    }])
  )

const SearchFlags = Schema.Struct({
  language: Schema.UndefinedOr(LanguageTag),
  limit: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 50 }))
})

const search = Command.make("search", {
  query: Argument.String("query").pipe(Argument.withDescription("What a customer asks, or some words")),
  org,
  language: Flag.String("language").pipe(
    Flag.withDescription("ISO 639 code of the question; detected when absent"),
    Flag.optional
  ),
  limit: Flag.Int("limit").pipe(Flag.withDescription("How many parts to show, 1 to 50"), Flag.withDefault(5))
}, (flags) =>
  withServices(
    Effect.gen(function*() {
      const knowledge = yield* KnowledgeSearch
      const { language, limit } = yield* input(SearchFlags, {
        language: Option.getOrUndefined(flags.language),
        limit: flags.limit
      })
      const hits = yield* knowledge.search({ text: flags.query, language, limit })
      yield* Output.result(
        hits,
        hits.length === 0 ? ["Nothing was found"] : Output.table(
          ["SCORE", "COVERAGE", "LANGUAGE", "TITLE", "TEXT"],
          hits.map((hit) => [
            hit.score.toFixed(2),
            hit.coverage.toFixed(2),
            hit.language,
            short([hit.title, ...hit.headingPath.filter((heading) => heading !== hit.title)].join(" > "), 60),
            short(hit.text, 80)
          ])
        )
      )
    }).pipe(within(flags.org))
  )).pipe(Command.withDescription("Show what search finds for a question"))

const short = (text: string, length: number): string => {
  const line = text.replace(/\s+/g, " ").trim()
  return line.length <= length ? line : `${line.slice(0, length - 1)}…`
}

/** @category commands @since 0.1.0 */
export const command = Command.make("knowledge").pipe(
  Command.withDescription("Articles and questions with their answers"),
  Command.withSubcommands([importCommand, search])
)
