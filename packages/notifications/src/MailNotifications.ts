/**
 * What people are told of this package.
 *
 * @since 0.1.0
 */
import * as Notification from "@wicara/core/Notification"
import { Schema } from "effect"
import { permissions } from "./permissions.ts"

/**
 * Mail could not be sent. It is never mailed by itself: where mail fails, mail about it would too.
 *
 * @category notifications
 * @since 0.1.0
 */
export const mailFailed = Notification.define("mail_failed", {
  names: {
    en: "Mail could not be sent",
    id: "Email tidak dapat dikirim",
    es: "No se pudo enviar un correo",
    pt: "Não foi possível enviar um e-mail"
  },
  values: Schema.Struct({ kind: Schema.String }),
  texts: {
    en: {
      title: () => "Mail could not be sent",
      body: ({ kind }) => `A "${kind}" message failed. The log of mail says why, and sends it again.`
    },
    id: {
      title: () => "Email tidak dapat dikirim",
      body: ({ kind }) => `Sebuah pesan "${kind}" gagal. Sebabnya ada di log email; dari sana dapat dikirim ulang.`
    },
    es: {
      title: () => "No se pudo enviar un correo",
      body: ({ kind }) => `Falló un mensaje "${kind}". El registro de correo dice por qué y lo envía de nuevo.`
    },
    pt: {
      title: () => "Não foi possível enviar um e-mail",
      body: ({ kind }) => `Uma mensagem "${kind}" falhou. O registro de e-mails diz por quê e a reenvia.`
    }
  },
  link: () => "/settings/mail",
  permission: permissions.read
})

/**
 * All of them.
 *
 * @category notifications
 * @since 0.1.0
 */
export const all = [mailFailed] as const
