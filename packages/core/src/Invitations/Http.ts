/**
 * Handlers of `InvitationsApi` and `ReceivedInvitationsApi`.
 *
 * @since 0.1.0
 */
import { Effect, Layer, Redacted } from "effect"
import { HttpApi, HttpApiBuilder } from "effect/http-api"
import { Invitations } from "../Invitations.ts"
import { InvitationsApi, ReceivedInvitationsApi } from "./Api.ts"

const layerReceived = HttpApiBuilder.group(
  HttpApi.make("wicara").add(ReceivedInvitationsApi),
  "receivedInvitations",
  Effect.fnUntraced(function*(handlers) {
    const invitations = yield* Invitations
    return handlers.handleAll({
      received: ({ payload }) => invitations.received(Redacted.value(payload.token)),
      accept: Effect.fnUntraced(function*({ payload: { token, ...account } }) {
        const { isNewAccount, member, organization } = yield* invitations.accept(Redacted.value(token), account)
        const { name, slug } = organization
        return { email: member.email, role: member.role, organization: { name, slug }, isNewAccount }
      }),
      decline: ({ payload }) => invitations.decline(Redacted.value(payload.token))
    })
  })
)

/**
 * @category handlers
 * @since 0.1.0
 */
export const layer = HttpApiBuilder.group(
  HttpApi.make("wicara").add(InvitationsApi),
  "invitations",
  Effect.fnUntraced(function*(handlers) {
    const invitations = yield* Invitations
    return handlers.handleAll({
      list: ({ query }) => invitations.list(query),
      invite: ({ payload }) => invitations.invite(payload),
      resend: ({ params }) => invitations.resend(params.invitationId),
      revoke: ({ params }) => invitations.revoke(params.invitationId)
    })
  })
).pipe(Layer.merge(layerReceived))
