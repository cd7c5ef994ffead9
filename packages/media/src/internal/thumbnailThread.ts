import { Effect } from "effect"
import { Worker } from "node:worker_threads"

/** What the thread is given. */
export interface Drawing {
  readonly content: Uint8Array
  /** Pixels of the thumbnail's longer side, at most. */
  readonly longestSide: number
  /** As in EXIF, 1 to 8. */
  readonly orientation: number
}

/** What it answers. */
export interface Drawn {
  readonly width: number
  readonly height: number
  readonly contentType: "image/jpeg" | "image/png"
  readonly content: Uint8Array
}

/** The same module as source and as it is published. */
const entry = new URL(import.meta.url.replace(/thumbnailThread(\.[jt]s)$/, "thumbnailWorker$1"))

/**
 * Draws a thumbnail in a new thread; `undefined` when the decoder gave up. The thread ends with this effect, however that
 * ends, so that neither a picture that never ends nor one that breaks the decoder is left behind.
 */
export const draw = (drawing: Drawing): Effect.Effect<Drawn | undefined> =>
  Effect.callback<Drawn | undefined>((resume) => {
    const thread = new Worker(entry, {
      workerData: drawing,
      // It needs nothing of this process.
      env: {},
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: 64 },
      // A decoder that gives up writes why.
      stderr: true,
      stdout: true
    })
    thread.once("message", (drawn: Drawn) => resume(Effect.succeed(drawn)))
    thread.once("error", () => resume(Effect.succeed(undefined)))
    thread.once("exit", () => resume(Effect.succeed(undefined)))
    return Effect.promise(() => thread.terminate())
  })
