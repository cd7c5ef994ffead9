/**
 * The files that a visitor picked: on their way to the server, there and waiting to be sent, or refused.
 */
import type { Uploaded } from "./Contract.ts"
import { delay } from "./Backoff.ts"
import { newId } from "./Ids.ts"
import { isRefusal, RequestFailed } from "./Requests.ts"
import type { Requests } from "./Requests.ts"
import type { Sessions } from "./Sessions.ts"

export interface Upload {
  readonly id: string
  readonly name: string
  /** From 0 to 1. */
  readonly share: number
  readonly state: "uploading" | "ready" | "refused"
  /** The last part of the problem's type, of one that was refused. */
  readonly problem: string | undefined
  readonly file: Uploaded | undefined
}

export interface Uploads {
  readonly list: () => ReadonlyArray<Upload>
  readonly add: (file: File) => void
  readonly remove: (id: string) => void
  /** Takes out those that are there. */
  readonly take: () => ReadonlyArray<Uploaded>
  readonly clear: () => void
}

/** Tries, of which each begins anew: what is refused for good is not tried again. */
const tries = 3
const waitMillis = 2000

export const makeUploads = (options: {
  readonly requests: Requests
  readonly sessions: Sessions
  readonly changed: () => void
}): Uploads => {
  let list: ReadonlyArray<Upload> = []
  const running = new Map<string, AbortController>()

  const set = (id: string, change: Partial<Upload>) => {
    list = list.map((one) => one.id === id ? { ...one, ...change } : one)
    options.changed()
  }

  const run = async (id: string, file: File, signal: AbortSignal) => {
    for (let attempt = 1; !signal.aborted; attempt++) {
      let token = ""
      try {
        token = await options.sessions.token()
        const uploaded = await options.requests.upload(token, id, file, {
          signal,
          onProgress: (share) => set(id, { share })
        })
        return set(id, { state: "ready", share: 1, file: uploaded })
      } catch (error) {
        if (signal.aborted) return
        const failed = error instanceof RequestFailed ? error : undefined
        if (failed?.status === 401) options.sessions.forget(token)
        if (attempt === tries || isRefusal(error)) {
          return set(id, { state: "refused", problem: failed?.problem })
        }
        await delay(waitMillis * attempt, signal)
      }
    }
  }

  const remove = (id: string) => {
    running.get(id)?.abort()
    running.delete(id)
    list = list.filter((one) => one.id !== id)
    options.changed()
  }

  return {
    list: () => list,
    add: (file) => {
      const id = newId()
      const abort = new AbortController()
      running.set(id, abort)
      const { name } = file
      list = [...list, { id, name, share: 0, state: "uploading", problem: undefined, file: undefined }]
      options.changed()
      void run(id, file, abort.signal)
    },
    remove,
    take: () => {
      const ready = list.flatMap(({ file }) => file ?? [])
      list = list.filter(({ state }) => state !== "ready")
      options.changed()
      return ready
    },
    clear: () => list.forEach(({ id }) => remove(id))
  }
}
