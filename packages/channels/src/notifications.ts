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

/**
 * All of them.
 *
 * @category notifications
 * @since 0.1.0
 */
export const notifications = [accountUnhealthy] as const
