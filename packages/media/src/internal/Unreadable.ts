import * as Data from "effect/Data"

/** What a document is told to be that gives no text. */
export type NoText = "broken" | "encrypted" | "no_text" | "old_format" | "too_large"

export class Unreadable extends Data.TaggedError("Unreadable")<{ readonly code: NoText }> {}
