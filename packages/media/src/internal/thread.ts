import { Effect } from "effect"
import { Worker } from "node:worker_threads"

/**
 * Why a thread has no answer: it needed more memory than it had (`memory`), or gave up (`ended`).
 */
export type ThreadFailure = "memory" | "ended"

/**
 * What a thread runs lies beside this module: as source, as it is published, and where a server is bundled into few
 * files.
 */
const entryOf = (name: string): URL =>
  new URL(`${name}${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url)

const failureOf = (error: unknown): ThreadFailure =>
  error instanceof Error && "code" in error && error.code === "ERR_WORKER_OUT_OF_MEMORY" ? "memory" : "ended"

/**
 * Has a new thread answer. The thread ends with this effect, however that ends, so that neither what never ends nor what
 * breaks its reader is left behind.
 */
export const answerOf = <Question, Answer>(
  name: "documentWorker" | "thumbnailWorker",
  question: Question,
  { memory }: {
    /** Megabytes for JavaScript; WebAssembly has its own. */
    readonly memory: number
  }
): Effect.Effect<Answer, ThreadFailure> =>
  Effect.callback<Answer, ThreadFailure>((resume) => {
    const thread = new Worker(entryOf(name), {
      workerData: question,
      // It needs nothing of this process.
      env: {},
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: memory },
      // What gives up writes why.
      stderr: true,
      stdout: true
    })
    thread.once("message", (answer: Answer) => resume(Effect.succeed(answer)))
    thread.once("error", (error) => resume(Effect.fail(failureOf(error))))
    thread.once("exit", () => resume(Effect.fail("ended")))
    return Effect.promise(() => thread.terminate())
  })
