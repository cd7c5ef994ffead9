/**
 * What people are told of templates.
 *
 * @since 0.1.0
 */
import * as MessageCatalogue from "@wicara/core/MessageCatalogue"
import * as Notification from "@wicara/core/Notification"
import { Schema } from "effect"
import { permissions } from "./permissions.ts"
import { TemplateId } from "./Template.ts"

/**
 * @category texts
 * @since 0.1.0
 */
export const notificationTexts = MessageCatalogue.define("templates-notifications", {
  template_unusable: {
    en: "A message template can't be used any more",
    id: "Sebuah templat pesan tidak dapat dipakai lagi",
    es: "Una plantilla de mensaje ya no se puede usar",
    pt: "Um modelo de mensagem já não pode ser usado"
  },
  template_unusable_title: {
    en: "The template {name} ({language}) is {status}",
    id: "Templat {name} ({language}) berstatus {status}",
    es: "La plantilla {name} ({language}) está en estado {status}",
    pt: "O modelo {name} ({language}) está em estado {status}"
  },
  template_unusable_body: {
    en: "Nothing is sent with it. Reason: {reason}",
    id: "Tidak ada yang dikirim dengannya. Alasan: {reason}",
    es: "No se envía nada con ella. Motivo: {reason}",
    pt: "Nada é enviado com ele. Motivo: {reason}"
  },
  template_category_changed: {
    en: "A message template is in another category",
    id: "Sebuah templat pesan berpindah kategori",
    es: "Una plantilla de mensaje está en otra categoría",
    pt: "Um modelo de mensagem está em outra categoria"
  },
  template_category_changed_title: {
    en: "The template {name} ({language}) is {to} now",
    id: "Templat {name} ({language}) kini {to}",
    es: "La plantilla {name} ({language}) ahora es {to}",
    pt: "O modelo {name} ({language}) agora é {to}"
  },
  template_category_changed_body: {
    en: "It was {from}. Messages with it are priced and allowed by the new category.",
    id: "Sebelumnya {from}. Harga dan izin pesannya mengikuti kategori baru.",
    es: "Era {from}. Sus mensajes se cobran y permiten según la nueva categoría.",
    pt: "Era {from}. As mensagens são cobradas e permitidas pela nova categoria."
  }
})

/** @category notifications @since 0.1.0 */
export const templateUnusable = Notification.define("template_unusable", {
  texts: notificationTexts,
  values: Schema.Struct({
    templateId: TemplateId,
    name: Schema.String,
    language: Schema.String,
    status: Schema.String,
    reason: Schema.String
  }),
  title: (say, { language, name, status }) => say("template_unusable_title", { name, language, status }),
  body: (say, { reason }) => say("template_unusable_body", { reason }),
  path: ({ templateId }) => `/templates/${templateId}`,
  channels: { email: "hourly", push: true },
  permission: permissions.write
})

/** @category notifications @since 0.1.0 */
export const templateCategoryChanged = Notification.define("template_category_changed", {
  texts: notificationTexts,
  values: Schema.Struct({
    templateId: TemplateId,
    name: Schema.String,
    language: Schema.String,
    from: Schema.String,
    to: Schema.String
  }),
  title: (say, { language, name, to }) => say("template_category_changed_title", { name, language, to }),
  body: (say, { from }) => say("template_category_changed_body", { from }),
  path: ({ templateId }) => `/templates/${templateId}`,
  channels: { email: "hourly", push: false },
  permission: permissions.write
})

/**
 * All of them.
 *
 * @category notifications
 * @since 0.1.0
 */
export const notifications = [templateUnusable, templateCategoryChanged] as const
