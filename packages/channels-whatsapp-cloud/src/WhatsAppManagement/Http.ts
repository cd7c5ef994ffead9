/**
 * The handlers of `WhatsAppManagementApi`.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import { HttpApi, HttpApiBuilder } from "effect/http-api"
import { MessagingLimits } from "../MessagingLimits.ts"
import { WhatsAppCalls } from "../WhatsAppCalls.ts"
import { WhatsAppManagement } from "../WhatsAppManagement.ts"
import { WhatsAppManagementApi } from "./Api.ts"

/**
 * @category layers
 * @since 0.1.0
 */
export const layer = HttpApiBuilder.group(
  HttpApi.make("wicara").add(WhatsAppManagementApi),
  "whatsappManagement",
  Effect.fn(function*(handlers) {
    const management = yield* WhatsAppManagement
    const calls = yield* WhatsAppCalls
    const limits = yield* MessagingLimits
    return handlers.handleAll({
      number: ({ params }) => management.number(params.id),
      numbers: ({ params, query }) => management.numbers(params.id, query.cursor),
      register: ({ params, payload }) => management.register(params.id, payload.pin),
      deregister: ({ params }) => management.deregister(params.id),
      requestCode: ({ params, payload }) => management.requestCode(params.id, payload),
      verifyCode: ({ params, payload }) => management.verifyCode(params.id, payload.code),
      setDisplayName: ({ params, payload }) => management.setDisplayName(params.id, payload.name),
      setPin: ({ params, payload }) => management.setPin(params.id, payload.pin),
      blocked: ({ params, query }) => management.blocked(params.id, query.cursor),
      block: ({ params, payload }) => management.block(params.id, payload.people),
      unblock: ({ params }) => management.unblock(params.id, params.person),
      qrCodes: ({ params }) => Effect.map(management.qrCodes(params.id), (data) => ({ data })),
      createQrCode: ({ params, payload }) => management.writeQrCode(params.id, undefined, payload),
      updateQrCode: ({ params, payload }) => management.writeQrCode(params.id, params.code, payload),
      deleteQrCode: ({ params }) => management.deleteQrCode(params.id, params.code),
      starters: ({ params }) => management.starters(params.id),
      setStarters: ({ params, payload }) => management.setStarters(params.id, payload),
      analytics: ({ params, query }) => management.analytics(params.id, query),
      apps: ({ params }) => Effect.map(management.apps(params.id), (data) => ({ data })),
      calling: ({ params }) => management.calling(params.id),
      setCalling: ({ params, payload }) => management.setCalling(params.id, payload.enabled),
      rejectCall: ({ params, payload }) => calls.reject(params.id, params.callId, payload.from),
      endCall: ({ params }) => calls.end(params.id, params.callId),
      callPermission: ({ params }) => calls.permission(params.id, params.person),
      deleteMedia: ({ params }) => management.deleteMedia(params.id, params.mediaId),
      messagingLimit: ({ params }) => limits.status(params.id),
      catalogs: ({ params }) => Effect.map(management.catalogs(params.id), (data) => ({ data })),
      products: ({ params, query }) => management.products(params.id, params.catalog, query.cursor),
      commerce: ({ params }) => management.commerce(params.id),
      setCommerce: ({ params, payload }) => management.setCommerce(params.id, payload)
    })
  })
)
