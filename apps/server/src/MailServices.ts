/**
 * Mail as it is configured: its queue, its templates and the way to the mail server.
 *
 * @since 0.1.0
 */
import { layerMail, MailQueue } from "@wicara/notifications/MailQueue"
import { MailTemplates } from "@wicara/notifications/MailTemplates"
import * as SmtpTransport from "@wicara/notifications/SmtpTransport"
import { Effect, Layer, Option } from "effect"
import { ServerConfig } from "./ServerConfig.ts"

const mailbox = (text: string) => {
  const [, name, address] = /^(.+) <(.+)>$/.exec(text) ?? []
  return name === undefined || address === undefined ? { name: null, address: text } : { name: name.trim(), address }
}

const layerTransport = Layer.unwrap(
  Effect.map(ServerConfig, ({ mailFrom, smtpUrl }) =>
    Option.isSome(smtpUrl) && Option.isSome(mailFrom)
      ? SmtpTransport.layer({ url: smtpUrl.value, from: mailbox(mailFrom.value) })
      : SmtpTransport.layerNone)
)

/**
 * @category layers
 * @since 0.1.0
 */
export const layer = Layer.mergeAll(layerMail, MailTemplates.layerSql, layerTransport).pipe(
  Layer.provideMerge(MailQueue.layerSql)
)
