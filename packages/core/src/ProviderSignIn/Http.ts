/**
 * Handlers of `ProviderSignInApi`.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import { HttpApi, HttpApiBuilder } from "effect/http-api"
import * as Caller from "../internal/caller.ts"
import { handOver } from "../internal/handOver.ts"
import * as OrganizationHost from "../OrganizationHost.ts"
import { ProviderSignIn } from "../ProviderSignIn.ts"
import { ProviderSignInApi } from "./Api.ts"

/**
 * @category handlers
 * @since 0.1.0
 */
export const layer = HttpApiBuilder.group(
  HttpApi.make("wicara").add(ProviderSignInApi),
  "providers",
  Effect.fnUntraced(function*(handlers) {
    const providers = yield* ProviderSignIn
    return handlers.handleAll({
      listLinked: () =>
        Effect.map(Effect.flatMap(Caller.session, ({ userId }) => providers.list(userId)), (data) => ({ data })),
      startLink: ({ params }) =>
        Effect.flatMap(Caller.session, (session) => providers.startLink(session, params.provider)),
      link: Effect.fnUntraced(function*({ payload }) {
        return yield* providers.link(yield* Caller.session, payload, yield* Caller.clientInfo)
      }),
      unlink: Effect.fnUntraced(function*({ params }) {
        yield* providers.unlink(yield* Caller.session, params.provider, yield* Caller.clientInfo)
      }),
      list: () => Effect.succeed({ data: providers.providers }),
      start: Effect.fnUntraced(function*({ params, payload }) {
        yield* Caller.checkTransport(payload.transport)
        const organizationId = yield* OrganizationHost.meant(payload.organizationId)
        return yield* providers.start({ ...payload, organizationId, provider: params.provider })
      }),
      signIn: Effect.fnUntraced(function*({ payload }) {
        yield* Caller.checkSite
        return yield* handOver(yield* providers.signIn(payload, yield* Caller.clientInfo))
      }),
      confirmLink: Effect.fnUntraced(function*({ payload }) {
        yield* Caller.checkSite
        return yield* handOver(yield* providers.confirmLink(payload.challenge, yield* Caller.clientInfo))
      })
    })
  })
)
