/**
 * What people are told of webhook endpoints.
 *
 * @since 0.1.0
 */
import * as MessageCatalogue from "@wicara/core/MessageCatalogue"
import * as Notification from "@wicara/core/Notification"
import { Schema } from "effect"
import { permissions } from "./permissions.ts"
import { WebhookEndpointId } from "./WebhookEndpoint.ts"

/**
 * @category texts
 * @since 0.1.0
 */
export const notificationTexts = MessageCatalogue.define("webhooks-notifications", {
  webhook_stopped: {
    en: "Webhooks are not delivered to an endpoint any more",
    id: "Webhook tidak lagi dikirim ke sebuah endpoint",
    es: "Ya no se entregan webhooks a un destino",
    pt: "Os webhooks já não são entregues a um destino"
  },
  webhook_stopped_title_failing: {
    en: "Webhooks to {host} are paused",
    id: "Webhook ke {host} dijeda",
    es: "Los webhooks a {host} están en pausa",
    pt: "Os webhooks para {host} estão pausados"
  },
  webhook_stopped_body_failing: {
    en: "Nothing has arrived there for days. What happens is kept: enable the endpoint to deliver it.",
    id: "Berhari-hari tidak ada yang sampai di sana. Yang terjadi tetap disimpan: aktifkan endpoint untuk mengirimnya.",
    es: "Hace días que no llega nada allí. Lo que ocurre se guarda: active el destino para entregarlo.",
    pt: "Há dias que nada chega lá. O que acontece é guardado: ative o destino para entregá-lo."
  },
  webhook_stopped_title_gone: {
    en: "Webhooks to {host} are disabled",
    id: "Webhook ke {host} dinonaktifkan",
    es: "Los webhooks a {host} están desactivados",
    pt: "Os webhooks para {host} estão desativados"
  },
  webhook_stopped_body_gone: {
    en: "The receiver answered that it is gone (410). What happens is not kept for it.",
    id: "Penerima menjawab bahwa ia sudah tidak ada (410). Yang terjadi tidak disimpan untuknya.",
    es: "El receptor respondió que ya no existe (410). Lo que ocurre no se guarda para él.",
    pt: "O destinatário respondeu que já não existe (410). O que acontece não é guardado para ele."
  }
})

/** @category notifications @since 0.1.0 */
export const webhookStopped = Notification.define("webhook_stopped", {
  texts: notificationTexts,
  values: Schema.Struct({
    endpointId: WebhookEndpointId,
    host: Schema.String,
    reason: Schema.Literals(["failing", "gone"])
  }),
  title: (say, { host, reason }) => say(`webhook_stopped_title_${reason}`, { host }),
  body: (say, { reason }) => say(`webhook_stopped_body_${reason}`),
  path: ({ endpointId }) => `/webhooks/${endpointId}`,
  channels: { email: "at_once", push: false },
  permission: permissions.write
})
