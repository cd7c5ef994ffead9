import type { ResolvedAccount } from "@wicara/channels/ChannelAccounts"
import { ProviderFailure } from "@wicara/channels/ProviderFailure"
import { Effect } from "effect"
import type { Duration } from "effect"
import { HttpClient } from "effect/http"

/** Calls an adapter: one that breaks, or takes too long, has not answered. */
export const makeCall = (client: HttpClient.HttpClient, timeout: Duration.Input) =>
<A>(
  account: ResolvedAccount,
  effect: Effect.Effect<A, ProviderFailure, HttpClient.HttpClient>
): Effect.Effect<A, ProviderFailure> =>
  effect.pipe(
    Effect.timeoutOrElse({
      duration: timeout,
      orElse: () => Effect.fail(new ProviderFailure({ kind: "later", code: "no_answer", reason: "No answer in time." }))
    }),
    Effect.catchDefect((defect) =>
      Effect.andThen(
        Effect.logError(`The channel ${account.adapter.id} failed with its templates`, defect),
        Effect.fail(new ProviderFailure({ kind: "later", code: "adapter", reason: "The adapter failed." }))
      )
    ),
    Effect.provideService(HttpClient.HttpClient, client)
  )
