import { ProviderFailure } from "@wicara/channels/ProviderFailure"
import * as ErrorTable from "../ErrorTable.ts"
import type * as GraphApi from "../GraphApi.ts"

const busy = new Set([408, 425, 429])

/** Of a name that was deleted less than 30 days ago, and of a name and language that is there. */
const definite = new Set(["2388023", "2388024", "2388025", "2388019"])

/** What a refused or unanswered request means for who asked. The subcode says more than the code, where there is one. */
export const failureOf = (failure: GraphApi.Failure): ProviderFailure => {
  switch (failure._tag) {
    case "NotSent":
      return new ProviderFailure({ kind: "later", code: "not_sent", reason: failure.reason })
    case "NoAnswer":
      return new ProviderFailure({ kind: "later", code: "no_answer", reason: failure.reason })
    case "HttpFailure": {
      const base = { code: `http_${failure.status}`, reason: `HTTP ${failure.status} without an error of the API` }
      const wait = failure.retryAfter === undefined ? undefined : { retryAfter: failure.retryAfter }
      if (failure.status >= 500 || busy.has(failure.status)) {
        return new ProviderFailure({ kind: "later", ...base, ...wait })
      }
      return new ProviderFailure({ kind: failure.status === 401 ? "account" : "refused", ...base })
    }
    case "GraphError": {
      const { retryAfter, subcode } = failure
      const reason = failure.details ?? failure.message
      if (subcode === "33" || failure.code === "803") {
        return new ProviderFailure({ kind: "missing", code: failure.code, reason })
      }
      const meaning = (subcode === undefined ? undefined : ErrorTable.lookup(subcode)) ??
        ErrorTable.lookup(failure.code)
      const code = subcode !== undefined && subcode.startsWith("2388") ? subcode : failure.code
      const isLater = !definite.has(code) && (meaning === undefined
        ? failure.transient || failure.status >= 500 || busy.has(failure.status)
        : meaning.outcome === "retryable")
      if (isLater) {
        const wait = Math.max(retryAfter ?? 0, meaning?.retryAfter ?? 0)
        return new ProviderFailure({ kind: "later", code, reason, ...(wait === 0 ? undefined : { retryAfter: wait }) })
      }
      return new ProviderFailure({ kind: meaning?.scope === "account" ? "account" : "refused", code, reason })
    }
  }
}
