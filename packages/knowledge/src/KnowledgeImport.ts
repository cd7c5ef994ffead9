/**
 * Import of knowledge from files: Markdown with front matter (a file is an item), CSV, JSON and JSON Lines (a row is an
 * item). Importing the same files again changes nothing; importing changed files updates what they made.
 *
 * @since 0.1.0
 */
import { Context, Effect, Layer } from "effect"
import type { CurrentActor, CurrentOrganization } from "@wicara/core/Tenancy"
import type { ImportReport, ImportRow } from "./ImportReport.ts"
import * as Files from "./internal/importFiles.ts"
import type { BadRow, ReadRow } from "./internal/importFields.ts"
import { KnowledgeItems } from "./KnowledgeItems.ts"

/**
 * The most that one file holds: `file` in bytes, `rows` in rows.
 *
 * @category constants
 * @since 0.1.0
 */
export const limits: { readonly file: number; readonly rows: number } = Files.limits

/**
 * The extensions of files that can be imported, without their dot.
 *
 * @category constants
 * @since 0.1.0
 */
export const extensions: ReadonlyArray<string> = Files.formats

/**
 * A file to import. Its path names it in the report, tells its format by the extension, and is part of the key under
 * which its rows are found again: keep it the same from one import to the next, best relative to a folder.
 *
 * @category models
 * @since 0.1.0
 */
export interface ImportFile {
  readonly path: string
  /** UTF-8 text, with or without a byte order mark. */
  readonly bytes: Uint8Array
}

/**
 * Each row names a `title` and `content`, or a `question` and its `answer`; it may have `variations` (parted by `|`),
 * `language`, `category`, `tags`, `kind`, `status`, and a `key` of its own (else its file and question make one). In
 * Markdown these stand in the front matter. Rows that can't be imported are reported with their reason, and keep no
 * other row from being imported.
 *
 * @category services
 * @since 0.1.0
 */
export class KnowledgeImport extends Context.Service<KnowledgeImport, {
  /** Imports the files in their order, an item at a time. */
  readonly importFiles: (
    files: ReadonlyArray<ImportFile>
  ) => Effect.Effect<ImportReport, never, CurrentOrganization | CurrentActor>
}>()("@wicara/knowledge/KnowledgeImport") {
  static readonly layer: Layer.Layer<KnowledgeImport, never, KnowledgeItems> = Layer.effect(
    KnowledgeImport,
    Effect.suspend(() => make)
  )
}

const make = Effect.gen(function*() {
  const items = yield* KnowledgeItems

  const store = (source: string, row: ReadRow): Effect.Effect<ImportRow, never, CurrentOrganization | CurrentActor> =>
    Effect.map(
      items.upsert(row.externalKey, row.item),
      ({ item, outcome }) => ({ ...place(source, row), outcome, title: item.title, itemId: item.id })
    )

  return KnowledgeImport.of({
    importFiles: Effect.fn("KnowledgeImport.importFiles")(function*(files) {
      const rows: Array<ImportRow> = []
      const warnings: Array<ImportReport["warnings"][number]> = []
      const seen = new Map<string, string>()
      for (const file of files) {
        const path = file.path.replaceAll("\\", "/").replace(/^(?:\.\/)+/, "")
        const read = yield* Files.read(path, file.bytes)
        if (read.ignored.length > 0) {
          warnings.push({ source: file.path, reason: `Not taken over: ${names(read.ignored)}` })
        }
        for (const row of read.rows) {
          if (row._tag === "Bad") {
            rows.push(failure(file.path, row, row.title, row.reason))
            continue
          }
          // Two rows with one key would take turns at each import.
          const before = seen.get(row.externalKey)
          if (before !== undefined) {
            rows.push(failure(file.path, row, row.item.title, `The same item stands in ${before} already`))
            continue
          }
          seen.set(row.externalKey, row.line === undefined ? file.path : `${file.path}, line ${row.line}`)
          rows.push(yield* store(file.path, row))
        }
      }
      const count = (outcome: ImportRow["outcome"]) => rows.filter((row) => row.outcome === outcome).length
      return {
        imported: count("imported"),
        updated: count("updated"),
        skipped: count("skipped"),
        failed: count("failed"),
        rows,
        warnings
      }
    })
  })
})

const place = (source: string, { line }: ReadRow | BadRow) => ({ source, ...(line === undefined ? {} : { line }) })

const failure = (source: string, row: ReadRow | BadRow, title: string | undefined, reason: string): ImportRow => ({
  ...place(source, row),
  outcome: "failed",
  ...(title === undefined ? {} : { title }),
  reason
})

const names = (all: ReadonlyArray<string>): string =>
  `${all.slice(0, 20).map((name) => `"${name.slice(0, 60)}"`).join(", ")}${
    all.length > 20 ? ` and ${all.length - 20} more` : ""
  }`
