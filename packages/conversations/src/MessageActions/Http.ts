/**
 * The handlers of `MessageActionsApi`.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import { HttpApi, HttpApiBuilder } from "effect/http-api"
import type { MessageId } from "../Message.ts"
import { MessageActions } from "../MessageActions.ts"
import { MessageResends } from "../MessageResends.ts"
import { Messages } from "../Messages.ts"
import { MessageActionsApi } from "./Api.ts"

/**
 * @category layers
 * @since 0.1.0
 */
export const layer = HttpApiBuilder.group(
  HttpApi.make("wicara").add(MessageActionsApi),
  "messageActions",
  Effect.fn(function*(handlers) {
    const actions = yield* MessageActions
    const messages = yield* Messages
    const resends = yield* MessageResends
    const after = <E, R>(id: MessageId, action: Effect.Effect<void, E, R>) => Effect.andThen(action, messages.get(id))
    return handlers.handleAll({
      edit: ({ params, payload }) => after(params.id, actions.edit(params.id, payload.text)),
      remove: ({ params }) => after(params.id, actions.remove(params.id)),
      forward: ({ params, payload }) =>
        Effect.map(messages.forward(params.id, payload), (sent) => ({ data: sent.messages })),
      resend: ({ params }) => after(params.id, resends.resend(params.id)),
      resendAll: ({ payload: { from, to, ...asked } }) =>
        resends.resendAll({ ...asked, from: from?.epochMilliseconds, to: to?.epochMilliseconds }),
      pin: ({ params, payload }) => after(params.id, actions.pin(params.id, payload.days)),
      unpin: ({ params }) => after(params.id, actions.pin(params.id, null)),
      star: ({ params }) => after(params.id, actions.star(params.id, true)),
      unstar: ({ params }) => after(params.id, actions.star(params.id, false)),
      react: ({ params, payload }) => after(params.id, actions.react(params.id, payload.emoji)),
      takeBack: ({ params }) => after(params.id, actions.react(params.id, null)),
      vote: ({ params, payload }) => after(params.id, actions.vote(params.id, payload.options))
    })
  })
)
