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
  },
  template_category_announced: {
    en: "A message template will be put into another category",
    id: "Sebuah templat pesan akan dipindahkan ke kategori lain",
    es: "Una plantilla de mensaje pasará a otra categoría",
    pt: "Um modelo de mensagem passará a outra categoria"
  },
  template_category_announced_title: {
    en: "The template {name} ({language}) will be {to}",
    id: "Templat {name} ({language}) akan menjadi {to}",
    es: "La plantilla {name} ({language}) será {to}",
    pt: "O modelo {name} ({language}) será {to}"
  },
  template_category_announced_body: {
    en: "It is {from} now. Change its text if it should stay so.",
    id: "Sekarang {from}. Ubah teksnya bila kategorinya harus tetap.",
    es: "Ahora es {from}. Cambie su texto si debe seguir así.",
    pt: "Agora é {from}. Altere o texto se deve continuar assim."
  },
  template_quality_low: {
    en: "Customers don't like a message template",
    id: "Pelanggan tidak menyukai sebuah templat pesan",
    es: "A los clientes no les gusta una plantilla de mensaje",
    pt: "Os clientes não gostam de um modelo de mensagem"
  },
  template_quality_low_title: {
    en: "The quality of the template {name} ({language}) is low",
    id: "Mutu templat {name} ({language}) rendah",
    es: "La calidad de la plantilla {name} ({language}) es baja",
    pt: "A qualidade do modelo {name} ({language}) é baixa"
  },
  template_quality_low_body: {
    en: "The provider pauses it if that goes on.",
    id: "Penyedia akan menjedanya bila ini berlanjut.",
    es: "El proveedor la pausará si esto continúa.",
    pt: "O provedor vai pausá-lo se isso continuar."
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

/** The category that a template is in, or will be. */
const ofCategory = {
  texts: notificationTexts,
  values: Schema.Struct({
    templateId: TemplateId,
    name: Schema.String,
    language: Schema.String,
    from: Schema.String,
    to: Schema.String
  }),
  path: ({ templateId }: { readonly templateId: TemplateId }) => `/templates/${templateId}`,
  channels: { email: "hourly", push: false },
  permission: permissions.write
} as const

/** @category notifications @since 0.1.0 */
export const templateCategoryChanged = Notification.define("template_category_changed", {
  ...ofCategory,
  title: (say, { language, name, to }) => say("template_category_changed_title", { name, language, to }),
  body: (say, { from }) => say("template_category_changed_body", { from })
})

/** @category notifications @since 0.1.0 */
export const templateCategoryAnnounced = Notification.define("template_category_announced", {
  ...ofCategory,
  title: (say, { language, name, to }) => say("template_category_announced_title", { name, language, to }),
  body: (say, { from }) => say("template_category_announced_body", { from })
})

/** @category notifications @since 0.1.0 */
export const templateQualityLow = Notification.define("template_quality_low", {
  texts: notificationTexts,
  values: Schema.Struct({ templateId: TemplateId, name: Schema.String, language: Schema.String }),
  title: (say, { language, name }) => say("template_quality_low_title", { name, language }),
  body: (say) => say("template_quality_low_body"),
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
export const notifications = [
  templateUnusable,
  templateCategoryChanged,
  templateCategoryAnnounced,
  templateQualityLow
] as const
