import { Effect } from "effect"
import type { Duration } from "effect"
import { HttpClient } from "effect/http"
import { Conflict, Unavailable } from "@wicara/core/Problem"
import type { AccountConnection } from "../ChannelAccount.ts"
import type { ResolvedAccount } from "../ChannelAccounts.ts"
import type { AccountHealth } from "../ChannelAdapter.ts"
import type { ConnectionState } from "../ChannelLifecycle.ts"
import { ProviderFailure } from "../ProviderFailure.ts"

const silent = new ProviderFailure({ kind: "later", code: "no_answer", reason: "The provider does not answer." })
const broken = new ProviderFailure({ kind: "later", code: "adapter", reason: "The channel's adapter failed." })

/** A channel without a life cycle has accounts that work or do not. */
export const stateOf = ({ message, status }: AccountHealth): ConnectionState =>
  status === "fail" ? { _tag: "Failed", reason: message } : { _tag: "Connected", as: null }

/** What is asked of a provider ends: in time, and never as a defect. */
export const makeProviderCalls = (httpClient: HttpClient.HttpClient) => {
  const ask = <A>(
    account: ResolvedAccount,
    effect: Effect.Effect<A, ProviderFailure, HttpClient.HttpClient>,
    timeout: Duration.Input = "30 seconds"
  ): Effect.Effect<A, ProviderFailure> =>
    effect.pipe(
      Effect.provideService(HttpClient.HttpClient, httpClient),
      Effect.timeoutOrElse({ duration: timeout, orElse: () => Effect.fail(silent) }),
      Effect.catchDefect((defect) =>
        Effect.andThen(Effect.logError(`The channel ${account.adapter.id} failed about an account`, defect), broken)
      )
    )

  const test = (account: ResolvedAccount): Effect.Effect<AccountHealth, ProviderFailure> =>
    ask(account, account.adapter.test(account.account))

  return {
    ask,
    test,
    /** Where the account stands, by a round trip. */
    state: (account: ResolvedAccount): Effect.Effect<ConnectionState, ProviderFailure> => {
      const { lifecycle } = account.adapter
      return lifecycle === undefined
        ? Effect.map(test(account), stateOf)
        : ask(account, lifecycle.state(account.account))
    }
  }
}

/** What an account's state means for its messages. */
export const connectionOf = (state: ConnectionState): AccountConnection => {
  switch (state._tag) {
    case "Connected":
      return "connected"
    case "Starting":
      return "connecting"
    case "Disconnected":
      return "disconnected"
    case "Failed":
      return "failed"
    default:
      return "needs_action"
  }
}

/** One line about a state, without codes. */
export const reasonOf = (state: ConnectionState): string | undefined => {
  switch (state._tag) {
    case "Connected":
      return undefined
    case "ScanQr":
      return "A QR code waits to be scanned."
    case "EnterCode":
      return "A code waits to be typed on the phone."
    default:
      return state.reason
  }
}

/** What somebody who asked for it is told. */
export const toProblem = ({ kind, reason }: ProviderFailure): Conflict | Unavailable =>
  kind === "later"
    ? new Unavailable({ detail: `The provider did not answer as it should: ${reason}` })
    : new Conflict({ detail: `The provider refuses this: ${reason}` })
