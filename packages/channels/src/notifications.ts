/**
 * What people are told of channel accounts.
 *
 * @since 0.1.0
 */
import * as MessageCatalogue from "@wicara/core/MessageCatalogue"
import * as Notification from "@wicara/core/Notification"
import { Schema } from "effect"
import { ChannelAccountId } from "./ChannelAdapter.ts"
import { permissions } from "./permissions.ts"

/**
 * @category texts
 * @since 0.1.0
 */
export const notificationTexts = MessageCatalogue.define("channels-notifications", {
  account_unhealthy: {
    en: "A channel account is not connected",
    id: "Sebuah akun kanal tidak tersambung",
    es: "Una cuenta de canal no está conectada",
    pt: "Uma conta de canal não está conectada"
  },
  account_unhealthy_title: {
    en: "{name} is not connected",
    id: "{name} tidak tersambung",
    es: "{name} no está conectada",
    pt: "{name} não está conectada"
  },
  account_unhealthy_body: {
    en: "Customers are not answered there until somebody connects the account.",
    id: "Pelanggan tidak dijawab di sana sampai seseorang menyambungkan akun itu.",
    es: "Allí no se responde a los clientes hasta que alguien conecte la cuenta.",
    pt: "Os clientes não são respondidos ali até que alguém conecte a conta."
  },
  account_connected: {
    en: "A channel account is connected again",
    id: "Sebuah akun kanal tersambung kembali",
    es: "Una cuenta de canal vuelve a estar conectada",
    pt: "Uma conta de canal está conectada de novo"
  },
  account_connected_title: {
    en: "{name} is connected again",
    id: "{name} tersambung kembali",
    es: "{name} vuelve a estar conectada",
    pt: "{name} está conectada de novo"
  },
  account_connected_body: {
    en: "What waited there is sent now.",
    id: "Yang menunggu di sana dikirim sekarang.",
    es: "Lo que esperaba allí se envía ahora.",
    pt: "O que esperava ali é enviado agora."
  },
  account_unreachable: {
    en: "A channel account does not answer as it should",
    id: "Sebuah akun kanal tidak menjawab sebagaimana mestinya",
    es: "Una cuenta de canal no responde como debe",
    pt: "Uma conta de canal não responde como deveria"
  },
  account_unreachable_title: {
    en: "{name} does not work: {message}",
    id: "{name} tidak berfungsi: {message}",
    es: "{name} no funciona: {message}",
    pt: "{name} não funciona: {message}"
  },
  credentials_expiring: {
    en: "The credentials of a channel account are about to end",
    id: "Kredensial sebuah akun kanal segera berakhir",
    es: "Las credenciales de una cuenta de canal están por caducar",
    pt: "As credenciais de uma conta de canal estão para expirar"
  },
  credentials_expiring_title: {
    en: {
      one: "The credentials of {name} end within a day",
      other: "The credentials of {name} end within {count} days"
    },
    id: { other: "Kredensial {name} berakhir dalam {count} hari" },
    es: {
      one: "Las credenciales de {name} caducan en menos de un día",
      other: "Las credenciales de {name} caducan en {count} días como mucho"
    },
    pt: {
      one: "As credenciais de {name} expiram em menos de um dia",
      other: "As credenciais de {name} expiram em até {count} dias"
    }
  },
  credentials_expiring_body: {
    en: "Replace them before: messages wait once they have ended.",
    id: "Gantilah sebelum itu: pesan menunggu begitu kredensial berakhir.",
    es: "Reemplácelas antes: los mensajes esperan cuando han caducado.",
    pt: "Troque-as antes: as mensagens esperam quando elas expiram."
  },
  account_setup: {
    en: "Something is wrong with the set-up of a channel account",
    id: "Ada yang salah dengan penyiapan sebuah akun kanal",
    es: "Algo está mal en la configuración de una cuenta de canal",
    pt: "Algo está errado na configuração de uma conta de canal"
  },
  account_setup_title: {
    en: "The set-up of {name} loses or doubles messages",
    id: "Penyiapan {name} menghilangkan atau menggandakan pesan",
    es: "La configuración de {name} pierde o duplica mensajes",
    pt: "A configuração de {name} perde ou duplica mensagens"
  }
})

/**
 * An account can't receive or send until somebody looks after it.
 *
 * @category notifications
 * @since 0.1.0
 */
export const accountUnhealthy = Notification.define("account_unhealthy", {
  texts: notificationTexts,
  values: Schema.Struct({ channelAccountId: ChannelAccountId, name: Schema.String }),
  title: (say, { name }) => say("account_unhealthy_title", { name }),
  body: (say) => say("account_unhealthy_body"),
  path: ({ channelAccountId }) => `/settings/channels/${channelAccountId}`,
  channels: { email: "at_once", push: true },
  permission: permissions.write
})

const AboutAccount = Schema.Struct({ channelAccountId: ChannelAccountId, name: Schema.String })

const pathOf = ({ channelAccountId }: { readonly channelAccountId: ChannelAccountId }) =>
  `/settings/channels/${channelAccountId}`

/**
 * An account works again that did not.
 *
 * @category notifications
 * @since 0.1.0
 */
export const accountConnected = Notification.define("account_connected", {
  texts: notificationTexts,
  values: AboutAccount,
  title: (say, { name }) => say("account_connected_title", { name }),
  body: (say) => say("account_connected_body"),
  path: pathOf,
  channels: { email: "off", push: true },
  permission: permissions.write
})

/**
 * An account's round trips to its provider fail.
 *
 * @category notifications
 * @since 0.1.0
 */
export const accountUnreachable = Notification.define("account_unreachable", {
  texts: notificationTexts,
  values: Schema.Struct({ ...AboutAccount.fields, message: Schema.String }),
  title: (say, { message, name }) => say("account_unreachable_title", { message, name }),
  path: pathOf,
  channels: { email: "at_once", push: true },
  permission: permissions.write
})

/**
 * An account's credentials end soon.
 *
 * @category notifications
 * @since 0.1.0
 */
export const credentialsExpiring = Notification.define("credentials_expiring", {
  texts: notificationTexts,
  values: Schema.Struct({ ...AboutAccount.fields, days: Schema.Int }),
  title: (say, { days, name }) => say("credentials_expiring_title", { count: days, name }),
  body: (say) => say("credentials_expiring_body"),
  path: pathOf,
  channels: { email: "at_once", push: true },
  permission: permissions.write
})

/**
 * Something new is wrong with an account's set-up at its provider.
 *
 * @category notifications
 * @since 0.1.0
 */
export const accountSetup = Notification.define("account_setup", {
  texts: notificationTexts,
  values: AboutAccount,
  title: (say, { name }) => say("account_setup_title", { name }),
  path: pathOf,
  channels: { email: "at_once", push: false },
  permission: permissions.write
})

/**
 * All of them.
 *
 * @category notifications
 * @since 0.1.0
 */
export const notifications = [
  accountUnhealthy,
  accountConnected,
  accountUnreachable,
  credentialsExpiring,
  accountSetup
] as const
