/**
 * What people are told of this package.
 *
 * @since 0.1.0
 */
import * as MessageCatalogue from "@wicara/core/MessageCatalogue"
import * as Notification from "@wicara/core/Notification"
import { Schema } from "effect"
import { permissions } from "./permissions.ts"

/**
 * @category texts
 * @since 0.1.0
 */
export const texts = MessageCatalogue.define("mail-notifications", {
  mail_failed: {
    en: "Mail could not be sent",
    id: "Email tidak dapat dikirim",
    es: "No se pudo enviar un correo",
    pt: "Não foi possível enviar um e-mail"
  },
  mail_failed_body: {
    en: "A \"{kind}\" message failed. The log of mail says why, and sends it again.",
    id: "Sebuah pesan \"{kind}\" gagal. Sebabnya ada di log email; dari sana dapat dikirim ulang.",
    es: "Falló un mensaje \"{kind}\". El registro de correo dice por qué y lo envía de nuevo.",
    pt: "Uma mensagem \"{kind}\" falhou. O registro de e-mails diz por quê e a reenvia."
  }
})

/**
 * Mail could not be sent. It is never mailed by itself: where mail fails, mail about it would too.
 *
 * @category notifications
 * @since 0.1.0
 */
export const mailFailed = Notification.define("mail_failed", {
  texts,
  values: Schema.Struct({ kind: Schema.String }),
  title: (say) => say("mail_failed"),
  body: (say, { kind }) => say("mail_failed_body", { kind }),
  path: () => "/settings/mail",
  permission: permissions.read
})

/**
 * All of them.
 *
 * @category notifications
 * @since 0.1.0
 */
export const all = [mailFailed] as const
