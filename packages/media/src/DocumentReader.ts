/**
 * Reads documents: PDF, Word, Excel, PowerPoint (since 2007), OpenDocument, HTML.
 *
 * Strangers send them: each is read in a thread of its own, with so much memory and time and no more, and what it unpacks
 * to is bounded before it is unpacked.
 *
 * @since 0.1.0
 */
import { Duration, Effect, Semaphore } from "effect"
import type { DocumentAnswer, DocumentQuestion } from "./internal/documentText.ts"
import { isDocument } from "./internal/documentTypes.ts"
import { answerOf } from "./internal/thread.ts"
import { ReadingFailed } from "./MediaReader.ts"
import type { MediaReader } from "./MediaReader.ts"
import { maxLength } from "./MessageText.ts"

/**
 * @category models
 * @since 0.1.0
 */
export interface DocumentReaderOptions {
  /** Bytes of the largest document (16 MiB). */
  readonly maxBytes?: number | undefined
  /** Bytes that the text of a document may unpack to (48 MiB). */
  readonly maxUnpackedBytes?: number | undefined
  /** Pages, slides or sheets that are read (200); the others are left out. */
  readonly maxPages?: number | undefined
  /** How long one document may take (30 seconds). */
  readonly timeout?: Duration.Input | undefined
  /** Megabytes that one document may take (256). */
  readonly memory?: number | undefined
  /** Documents at a time (1). */
  readonly concurrency?: number | undefined
}

/**
 * The reader `document`. What it can't read it tells as what it is: `encrypted`, `no_text`, `old_format`, `too_large`,
 * `timeout`, `broken`.
 *
 * @category readers
 * @since 0.1.0
 */
export const make = Effect.fnUntraced(function*(options: DocumentReaderOptions = {}) {
  const seats = yield* Semaphore.make(options.concurrency ?? 1)
  const timeout = options.timeout ?? Duration.seconds(30)
  const failed = (code: string) => new ReadingFailed({ again: false, code })
  const reader: MediaReader = {
    id: "document",
    kind: "document",
    takes: isDocument,
    maxBytes: options.maxBytes ?? 16 * 1024 * 1024,
    isOn: Effect.succeed(true),
    read: Effect.fn("DocumentReader.read")(function*({ content, contentType }) {
      const question: DocumentQuestion = {
        content,
        contentType,
        maxLength,
        maxPages: options.maxPages ?? 200,
        maxUnpackedBytes: options.maxUnpackedBytes ?? 48 * 1024 * 1024
      }
      const answer = yield* answerOf<DocumentQuestion, DocumentAnswer>("documentWorker", question, {
        memory: options.memory ?? 256
      }).pipe(
        Effect.mapError((failure) => failed(failure === "memory" ? "too_large" : "broken")),
        Effect.timeoutOrElse({ duration: timeout, orElse: () => failed("timeout") }),
        seats.withPermits(1)
      )
      return answer._tag === "Text"
        ? { text: answer.text, language: null, isTruncated: answer.isTruncated }
        : yield* failed(answer.code)
    })
  }
  return reader
})
