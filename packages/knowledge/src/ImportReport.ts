/**
 * What came of an import, row by row.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import { KnowledgeItemId } from "./KnowledgeItem.ts"

/**
 * `skipped`: the item was imported before and says the same. `failed`: nothing of the row was stored.
 *
 * @category schemas
 * @since 0.1.0
 */
export const ImportOutcome = Schema.Literals(["imported", "updated", "skipped", "failed"]).annotate({
  identifier: "KnowledgeImportOutcome"
})
/** @since 0.1.0 */
export type ImportOutcome = typeof ImportOutcome.Type

/**
 * One row of a file, or a whole file that is one item or can't be read.
 *
 * @category schemas
 * @since 0.1.0
 */
export const ImportRow = Schema.Struct({
  source: Schema.String.annotate({ description: "The file's path as it was given." }),
  line: Schema.optionalKey(Schema.Int).annotate({ description: "Where the row begins in the file, from 1." }),
  outcome: ImportOutcome,
  title: Schema.optionalKey(Schema.String),
  itemId: Schema.optionalKey(KnowledgeItemId),
  reason: Schema.optionalKey(Schema.String).annotate({ description: "Why it failed." })
}).annotate({ identifier: "KnowledgeImportRow" })
/** @since 0.1.0 */
export type ImportRow = typeof ImportRow.Type

/**
 * The counts, and every row in the order of the files.
 *
 * @category schemas
 * @since 0.1.0
 */
export const ImportReport = Schema.Struct({
  imported: Schema.Int,
  updated: Schema.Int,
  skipped: Schema.Int,
  failed: Schema.Int,
  rows: Schema.Array(ImportRow),
  warnings: Schema.Array(Schema.Struct({ source: Schema.String, reason: Schema.String })).annotate({
    description: "What was not taken over although no row failed: columns or keys that mean nothing here."
  })
}).annotate({ identifier: "KnowledgeImportReport" })
/** @since 0.1.0 */
export type ImportReport = typeof ImportReport.Type
