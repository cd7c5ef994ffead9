/** Reads one document in a thread of its own, which ends with it and gives back all memory. */
import * as Effect from "effect/Effect"
import { parentPort, workerData } from "node:worker_threads"
import { documentText } from "./documentText.ts"
import type { DocumentAnswer, DocumentQuestion } from "./documentText.ts"

const question: DocumentQuestion = workerData

const answer = (one: DocumentAnswer) => Effect.sync(() => parentPort?.postMessage(one, []))

Effect.runFork(Effect.matchEffect(documentText(question), {
  onFailure: ({ code }) => answer({ _tag: "NoText", code }),
  onSuccess: ({ isTruncated, text }) => answer({ _tag: "Text", isTruncated, text })
}))
